"""`Score` and `Stage`."""

from decimal import Decimal
from typing import Any

import pytest

from trialwright.criteria.nodes import Score, Stage
from trialwright.engines.ratings import fits, scale_map
from trialwright.patients.facts import Fact

from .charts import F, T, U, judge, on, rated, staged, thing, within


def score(scale: str, op: Any, value: str, **rest: Any) -> Score:
    return Score(scale=scale, op=op, value=Decimal(value), **rest)


ECOG = score("ecog", "<=", "1")
SCORES: dict[str, tuple[Score, tuple[Fact, ...], Any]] = {
    "at-the-limit": (ECOG, (rated("ECOG", "1"),), T),
    "above": (ECOG, (rated("ecog", "2"),), F),
    "below": (ECOG, (rated("ecog", "0"),), T),
    "nothing": (ECOG, (), U),
    "latest": (ECOG, (rated("ecog", "2", "2026-01-01"), rated("ecog", "1", "2026-02-01")), T),
    "contradiction-of-one-day": (ECOG, (rated("ecog", "2"), rated("ecog", "1")), U),
    "of-one-day-but-agreed": (ECOG, (rated("ecog", "0"), rated("ecog", "1")), T),
    "future": (ECOG, (rated("ecog", "1", "2026-04-01"),), U),
    "in-the-window": (score("ecog", "<=", "1", when=within("7 days")), (rated("ecog", "1", "2026-02-23"),), T),
    "too-old": (score("ecog", "<=", "1", when=within("7 days")), (rated("ecog", "1", "2026-02-22"),), U),
    "version": (score("charlson", "<", "2", version="1987"), (rated("charlson", "1", version="1987"),), T),
    "version-other": (score("charlson", "<", "2", version="1987"), (rated("charlson", "1", version="2011"),), U),
    "version-not-recorded": (score("charlson", "<", "2", version="1987"), (rated("charlson", "1"),), U),
    "version-not-asked": (score("charlson", "<", "2"), (rated("charlson", "1", version="2011"),), T),
    "kps-80-is-ecog-0-or-1": (ECOG, (rated("kps", "80"),), T),
    "kps-70-is-ecog-1-or-2": (ECOG, (rated("kps", "70"),), U),
    "kps-70-is-at-most-2": (score("ecog", "<=", "2"), (rated("kps", "70"),), T),
    "kps-60-is-2": (ECOG, (rated("kps", "60"),), F),
    "kps-90-for-ecog-0": (score("ecog", "=", "0"), (rated("kps", "90"),), U),
    "kps-75-is-on-no-map": (ECOG, (rated("kps", "75"),), U),
    "ecog-1-is-kps-at-least-70": (score("kps", ">=", "70"), (rated("ecog", "1"),), T),
    "ecog-1-for-kps-80": (score("kps", ">=", "80"), (rated("ecog", "1"),), U),
    "ecog-itself-first": (ECOG, (rated("kps", "60", "2026-02-28"), rated("ecog", "1", "2026-02-01")), T),
    "converted-by-the-loader-gives-way-to-the-maps": (
        ECOG,
        (rated("kps", "70"), rated("ecog", "1", derived="from KPS")),
        U,
    ),
}


@pytest.mark.parametrize(("node", "facts", "expected"), [pytest.param(*row, id=name) for name, row in SCORES.items()])
def test_score(node: Score, facts: tuple[Fact, ...], expected: Any) -> None:
    finding = judge(node, *facts)
    assert finding.truth is expected, finding.why
    assert bool(finding.missing) == (expected is U)


def test_a_mapped_score_says_so() -> None:
    why = judge(ECOG, rated("kps", "80")).why
    assert why == "KPS 80 on 2026-02-23, asked ECOG <= 1; the maps from one scale to the other lose detail"


@pytest.mark.parametrize("value", range(0, 101, 10))
def test_both_maps_hold_every_karnofsky_step(value: int) -> None:
    assert len(scale_map("kps", "ecog", Decimal(value))) == 2


FITS: dict[str, tuple[str, str, bool | None]] = {
    "same": ("T2", "T2", True),
    "part": ("T2a", "T2", True),
    "whole": ("T2", "T2a", None),
    "another-part": ("T2b", "T2a", False),
    "other": ("T3", "T2", False),
    "not-assessed": ("TX", "T2", None),
    "in-situ": ("Tis", "T1", False),
    "lower-case": ("t2A", "T2", True),
    "roman-iv-is-not-i": ("IV", "I", False),
    "roman-iva-is-iv": ("IVA", "IV", True),
    "roman-iv-may-be-iva": ("IV", "IVA", None),
    "roman-iii-is-not-ii": ("III", "II", False),
    "ia2-is-ia": ("IA2", "IA", True),
    "arabic-group": ("4", "IV", True),
    "with-the-word": ("Stage IIIB", "III", True),
    "m1c": ("M1c", "M1", True),
    "n2-against-m": ("N2", "M1", None),
    "own-words": ("limited", "Limited", True),
    "own-words-other": ("limited", "extensive", None),
}


@pytest.mark.parametrize(("found", "allowed", "expected"), [pytest.param(*row, id=name) for name, row in FITS.items()])
def test_a_stage_fits(found: str, allowed: str, expected: bool | None) -> None:
    assert fits(found, allowed) is expected


T123 = Stage(system="T", allowed=("T1", "T2", "T3"))
RT123 = Stage(system="T", allowed=("T1", "T2", "T3"), prefix="r")
M0 = Stage(system="M", allowed=("M0",))
STAGES: dict[str, tuple[Stage, tuple[Fact, ...], Any]] = {
    "allowed": (T123, (staged("T", "T2"),), T),
    "not-allowed": (T123, (staged("T", "T4"),), F),
    "nothing": (T123, (), U),
    "m-not-recorded": (M0, (staged("T", "T2"), staged("N", "N0")), U),
    "m0": (M0, (staged("M", "M0"),), T),
    "m1": (M0, (staged("M", "M1"),), F),
    "prefix-agrees": (RT123, (staged("T", "T2", prefix="r"),), T),
    "prefix-other": (RT123, (staged("T", "T2", prefix="c"),), U),
    "prefix-not-recorded": (RT123, (staged("T", "T2"),), U),
    "prefix-beside-the-first-stage": (RT123, (staged("T", "T4", "2014", prefix="c"), staged("T", "T3", prefix="r")), T),
    "clinical-is-the-default": (Stage(system="T", allowed=("T2",), prefix="c"), (staged("T", "T2"),), T),
    "pathological-is-not": (Stage(system="T", allowed=("T2",), prefix="p"), (staged("T", "T2"),), U),
    "after-treatment-is-not-before": (
        Stage(system="T", allowed=("T2",), prefix="p"),
        (staged("T", "T2", prefix="yp"),),
        U,
    ),
    "latest": (T123, (staged("T", "T4", "2014"), staged("T", "T2")), T),
    "contradiction": (T123, (staged("T", "T4"), staged("T", "T2")), U),
    "before-a-recurrence": (M0, (staged("M", "M0", "2014"), on("recurrence", "2025-12")), U),
    "at-the-recurrence": (M0, (staged("M", "M0", "2025-12-02"), on("recurrence", "2025-12-02")), T),
    "edition": (Stage(system="T", allowed=("T2",), edition="8"), (staged("T", "T2", edition="8"),), T),
    "edition-other": (Stage(system="T", allowed=("T2",), edition="8"), (staged("T", "T2", edition="7"),), U),
    "edition-not-recorded": (Stage(system="T", allowed=("T2",), edition="8"), (staged("T", "T2"),), U),
    "of-the-tumour": (
        Stage(system="T", allowed=("T2",), concept=thing("nasopharyngeal-carcinoma")),
        (
            staged("T", "T2", concept=thing("nasopharyngeal-carcinoma")),
            staged("T", "T1", "2026-02-01", concept=thing("colon-cancer")),
        ),
        T,
    ),
    "of-which-tumour": (
        Stage(system="T", allowed=("T2",)),
        (
            staged("T", "T2", concept=thing("nasopharyngeal-carcinoma")),
            staged("T", "T1", "2026-02-01", concept=thing("colon-cancer")),
        ),
        U,
    ),
    "group": (Stage(system="group", allowed=("III", "IV")), (staged("group", "IVA"),), T),
}


@pytest.mark.parametrize(("node", "facts", "expected"), [pytest.param(*row, id=name) for name, row in STAGES.items()])
def test_stage(node: Stage, facts: tuple[Fact, ...], expected: Any) -> None:
    finding = judge(node, *facts)
    assert finding.truth is expected, finding.why
    assert bool(finding.missing) == (expected is U)
