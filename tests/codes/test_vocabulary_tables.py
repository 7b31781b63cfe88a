"""The tables themselves: unique ids and spellings, sources, a hierarchy without cycles, codes that exist."""

import importlib
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path
from typing import get_args

import pytest

from trialwright.codes.concepts import Kind
from trialwright.codes.spelling import fold
from trialwright.codes.tables import names, parts, rows
from trialwright.codes.vocabulary import TABLES, default_vocabulary

SYSTEMS = {"icd10cm", "loinc", "rxnorm", "ncit", "mesh", "snomed", "cvx"}
ROWS = [(table, row) for table in TABLES for row in rows(table)]


def folded(words: str) -> tuple[str, ...]:
    return tuple(part for word in words.lower().split() for part in fold(word))


def test_the_vocabulary_is_broad() -> None:
    sizes = Counter(table for table, _ in ROWS)
    assert sizes["labs"] > 150
    assert sizes["conditions"] > 1000
    assert sizes["drugs"] > 1000
    assert sizes["procedures"] > 250
    assert sizes["scales"] > 80


@pytest.mark.parametrize("table", names())
def test_every_row_has_a_source(table: str) -> None:
    found = list(rows(table))
    assert found
    assert [row for row in found if not row["source"]] == []


def test_every_table_of_the_vocabulary_has_the_same_first_columns() -> None:
    for table, row in ROWS:
        assert list(row)[:6] == ["id", "kind", "name", "synonyms", "parents", "codes"], table
        assert row["kind"] in get_args(Kind), row
        assert row["name"], row
        assert row["open"] in ("", "open"), row


def test_no_id_twice() -> None:
    counted = Counter(row["id"] for _, row in ROWS)
    assert {name: count for name, count in counted.items() if count > 1} == {}
    assert [name for name in counted if name != name.lower() or " " in name] == []


def test_no_spelling_means_two_things_of_one_kind() -> None:
    owners: dict[tuple[str, tuple[str, ...]], set[str]] = defaultdict(set)
    for _, row in ROWS:
        for words in (row["name"], *parts(row["synonyms"])):
            owners[row["kind"], folded(words)].add(row["id"])
    assert {key: ids for key, ids in owners.items() if len(ids) > 1} == {}


KNOWN_HOMONYMS = {("testosterone",)}


def test_homonyms_across_kinds_are_meant() -> None:
    owners: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for _, row in ROWS:
        for words in (row["name"], *parts(row["synonyms"])):
            owners[folded(words)].add(row["id"])
    assert {key for key, ids in owners.items() if len(ids) > 1} == KNOWN_HOMONYMS


def test_every_parent_exists_and_nothing_is_its_own_ancestor() -> None:
    words = default_vocabulary()
    for entry in words:
        for parent in entry.parents:
            assert words.get(parent).id == parent
    # `ancestors` recurses over parents, so a cycle would not have ended.
    assert [entry.id for entry in words if entry.id in words.ancestors(entry.id)] == []


def test_no_code_names_two_entries() -> None:
    owners: dict[str, list[str]] = defaultdict(list)
    for _, row in ROWS:
        for code in parts(row["codes"]):
            owners[code].append(row["id"])
    assert {code: ids for code, ids in owners.items() if len(ids) > 1} == {}


def test_every_code_names_a_system() -> None:
    for _, row in ROWS:
        for code in parts(row["codes"]):
            system, _, value = code.partition(":")
            assert system in SYSTEMS, row
            assert value, row


def loinc_check_digit(number: str) -> int:
    """Mod 10: every second digit from the right is doubled, digit sums are added (LOINC Users' Guide, appendix C)."""
    total = sum(
        sum(map(int, str(int(digit) * (2 if place % 2 == 0 else 1)))) for place, digit in enumerate(reversed(number))
    )
    return -total % 10


def test_the_check_digit_itself() -> None:
    assert [loinc_check_digit(number) for number in ("6690", "718", "2160", "76634")] == [2, 7, 0, 5]


def test_every_loinc_code_has_its_check_digit() -> None:
    codes = [
        code.removeprefix("loinc:") for _, row in ROWS for code in parts(row["codes"]) if code.startswith("loinc:")
    ]
    assert len(codes) > 150
    for code in codes:
        number, _, digit = code.partition("-")
        assert int(digit) == loinc_check_digit(number), code


def test_every_icd_code_exists() -> None:
    icd = importlib.import_module("simple_icd_10_cm")
    codes = [
        code.removeprefix("icd10cm:") for _, row in ROWS for code in parts(row["codes"]) if code.startswith("icd10cm:")
    ]
    assert len(codes) > 500
    assert [code for code in codes if not icd.is_valid_item(code)] == []


def test_identifiers_of_other_systems_are_well_formed() -> None:
    for _, row in ROWS:
        for code in parts(row["codes"]):
            system, _, value = code.partition(":")
            if system == "ncit":
                assert value[0] == "C", row
                assert value[1:].isdigit(), row
            if system in ("rxnorm", "snomed", "cvx"):
                assert value.isdigit(), row


def test_steroid_equivalents() -> None:
    """Milligrams that equal prednisone 5 mg, as in the prescribing tables: prednisone 5, dexamethasone 0.75 …"""
    found = {row["id"]: Decimal(row["prednisone_mg"]) for row in rows("drugs") if row["prednisone_mg"]}
    assert found["prednisone"] == 5
    assert found["dexamethasone"] == Decimal("0.75")
    assert found["methylprednisolone"] == 4
    assert found["hydrocortisone"] == 20


def test_scales_run_from_low_to_high() -> None:
    for row in rows("scales"):
        assert row["direction"] in ("", "worse-high", "worse-low"), row["id"]
        if row["low"]:
            assert Decimal(row["low"]) < Decimal(row["high"]), row["id"]
    by_id = {row["id"]: (row["direction"], row["low"], row["high"]) for row in rows("scales")}
    assert by_id["ecog"] == ("worse-high", "0", "5")
    assert by_id["kps"] == ("worse-low", "0", "100")
    assert by_id["mmse"] == ("worse-low", "0", "30")


def test_a_row_with_too_many_cells_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.tsv").write_text("# remark\nid\tsource\na\tb\nc\n\nd\te\tf\n", encoding="utf-8")
    read = rows("x", tmp_path)
    assert [next(read), next(read)] == [{"id": "a", "source": "b"}, {"id": "c", "source": ""}]
    with pytest.raises(ValueError, match=r"x\.tsv line 6: 3 cells under 2 columns"):
        next(read)
