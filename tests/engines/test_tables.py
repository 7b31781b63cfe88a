"""The engines' own tables name only what the vocabulary and the tree know, and say where each row comes from."""

from collections.abc import Iterator
from decimal import Decimal
from typing import get_args

import pytest

from trialwright.codes.tables import rows
from trialwright.codes.vocabulary import default_vocabulary
from trialwright.criteria.nodes import Anchor, Status
from trialwright.engines.chart import anchors
from trialwright.engines.courses import DATA, METASTASIS, implications
from trialwright.engines.occurrences import status_rules, steroids

TABLES = sorted(path.stem for path in DATA.glob("*.tsv"))
_ID_COLUMNS = {
    "anchors": ("event",),
    "childbearing": ("recorded",),
    "implications": ("recorded", "implies"),
    "impossible": ("concept", "recorded"),
}


@pytest.mark.parametrize("table", TABLES)
def test_every_row_has_its_source(table: str) -> None:
    found = list(rows(table, DATA))
    assert found
    assert all(row["source"] for row in found)


def _ids() -> Iterator[tuple[str, str]]:
    for name in (METASTASIS.id or "", "malignancy", "second-malignancy", "metastatic-cancer"):
        yield "code", name
    for table, columns in _ID_COLUMNS.items():
        for row in rows(table, DATA):
            for column in columns:
                if row[column]:
                    yield table, row[column]


@pytest.mark.parametrize(("table", "name"), sorted(set(_ids())))
def test_every_id_is_in_the_vocabulary(table: str, name: str) -> None:
    assert default_vocabulary().get(name).id == name


def test_implied_concepts_have_the_vocabulary_s_kind() -> None:
    for rule in implications():
        assert default_vocabulary().get(rule.implies.id or "").kind == rule.implies.kind


def test_every_anchor_and_every_status_has_its_row() -> None:
    assert set(anchors()) == set(get_args(Anchor))
    assert set(status_rules()) == set(get_args(Status))


def test_steroid_equivalents() -> None:
    """source  Meikle and Tyler, Am J Med 1977;63:200-207: prednisone 5 = dexamethasone 0.75 = methylprednisolone 4 = hydrocortisone 20"""
    known = {name: steroids()[name] for name in ("prednisone", "dexamethasone", "methylprednisolone", "hydrocortisone")}
    assert known == {
        "prednisone": Decimal(5),
        "dexamethasone": Decimal("0.75"),
        "methylprednisolone": Decimal(4),
        "hydrocortisone": Decimal(20),
    }
