"""`Has`: names, certainty, time, status, details, exceptions and silence, each as a table of charts and answers."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from trialwright.codes.quantities import Quantity
from trialwright.criteria.nodes import Dose, Has, Severity
from trialwright.patients.facts import Fact

from .charts import (
    ALL_LISTS,
    F,
    T,
    U,
    check,
    has,
    judge,
    no,
    not_within,
    on,
    rated,
    staged,
    thing,
)

Row = tuple[Has, tuple[Fact, ...], Any, Any]


NAMES: dict[str, Row] = {
    "the-thing-itself": (has("vitiligo"), (on("vitiligo"),), (), T),
    "a-kind-of-it": (has("autoimmune-disease"), (on("vitiligo"),), (), T),
    "something-wider": (has("vitiligo"), (on("autoimmune-disease"),), (), U),
    "something-wider-complete": (has("vitiligo"), (on("autoimmune-disease"),), ALL_LISTS, U),
    "something-wider-in-a-row-that-says-which": (
        has("basal-cell-carcinoma"),
        (on("skin-cancer", "2020", source="r"), on("vitiligo", "2020", source="r")),
        ALL_LISTS,
        F,
    ),
    "something-wider-in-a-row-of-its-own": (
        has("basal-cell-carcinoma"),
        (on("skin-cancer", "2020", source="r"), on("vitiligo", "2020", source="s")),
        ALL_LISTS,
        U,
    ),
    "something-wider-twice-in-a-row": (
        has("basal-cell-carcinoma"),
        (on("skin-cancer", "2020", source="r"), on("skin-cancer", "2020", source="r", site="liver")),
        ALL_LISTS,
        U,
    ),
    "something-else": (has("vitiligo"), (on("hypertension"),), (), U),
    "something-else-complete": (has("vitiligo"), (on("hypertension"),), ALL_LISTS, F),
    "unknown-words-equal": (has("Kimura disease"), (on("kimura  Disease"),), (), T),
    "unknown-words-contained": (has("kimura disease"), (on("kimura"),), ALL_LISTS, U),
    "unknown-words-containing": (has("kimura"), (on("kimura disease of the neck"),), ALL_LISTS, U),
    "unknown-words-other": (has("kimura disease"), (on("castleman disease"),), ALL_LISTS, U),
    "allergy-is-not-the-drug": (has("pembrolizumab"), (on("allergy:pembrolizumab"),), ALL_LISTS, F),
    "drug-is-not-the-allergy": (has("allergy:pembrolizumab"), (on("pembrolizumab"),), ALL_LISTS, F),
    "allergy-to-a-kind": (has("allergy:checkpoint-inhibitor"), (on("allergy:pembrolizumab"),), (), T),
    "drug-of-a-wide-class": (has("antitumour-therapy"), (on("pembrolizumab", "2025"),), (), T),
}

CERTAINTY: dict[str, Row] = {
    "suspected": (has("vitiligo"), (on("vitiligo", certainty="suspected"),), ALL_LISTS, U),
    "suspected-beside-confirmed": (has("vitiligo"), (on("vitiligo", certainty="suspected"), on("vitiligo")), (), T),
    "suspected-asked": (has("vitiligo", "suspected"), (on("vitiligo", certainty="suspected"),), (), T),
    "known-or-suspected": (has("vitiligo", "known", "suspected"), (on("vitiligo", certainty="suspected"),), (), T),
    "suspected-asked-known": (has("vitiligo", "known"), (on("vitiligo", certainty="suspected"),), ALL_LISTS, F),
    "suspected-asked-confirmed": (has("vitiligo", "confirmed"), (on("vitiligo", certainty="suspected"),), ALL_LISTS, U),
    "refuted": (has("vitiligo"), (no("vitiligo"),), (), F),
    "refuted-wider": (has("vitiligo"), (no("autoimmune-disease"),), (), F),
    "refuted-narrower-says-nothing": (has("autoimmune-disease"), (no("vitiligo"),), (), U),
    "refuted-elsewhere": (has("cancer"), (no("cancer", site="liver"),), (), U),
    "refuted-in-the-place-asked": (has("cancer", site="liver"), (no("cancer", site="liver"),), (), F),
    "refuted-earlier": (has("vitiligo"), (no("vitiligo", "2020"), on("vitiligo", "2021")), (), T),
    "refuted-later": (has("vitiligo"), (no("vitiligo", "2021"), on("vitiligo", "2020")), (), F),
    "refuted-later-history": (has("vitiligo", "history"), (no("vitiligo", "2021"), on("vitiligo", "2020")), (), T),
    "refuted-later-drug": (has("cisplatin"), (no("cisplatin", "2021"), on("cisplatin", "2020")), (), T),
    "refuted-later-drug-now": (has("cisplatin", "current"), (no("cisplatin", "2021"), on("cisplatin", "2020")), (), F),
    "refuted-the-same-day": (has("vitiligo"), (no("vitiligo", "2021-05-01"), on("vitiligo", "2021-05-01")), (), U),
    "refuted-without-a-day": (has("vitiligo"), (no("vitiligo"), on("vitiligo", "2021")), ALL_LISTS, U),
    "refuted-while-ongoing": (has("vitiligo"), (no("vitiligo", "2021"), on("vitiligo", "2020", ongoing=True)), (), U),
    "refuted-after-index": (has("vitiligo"), (no("vitiligo", "2027"), on("vitiligo", "2020")), (), T),
}

TIME: dict[str, Row] = {
    "after-the-index-date": (has("cisplatin"), (on("cisplatin", "2026-03-03"),), (), U),
    "after-the-index-date-complete": (has("cisplatin"), (on("cisplatin", "2026-03-03"),), ALL_LISTS, F),
    "on-the-index-date": (has("cisplatin"), (on("cisplatin", "2026-03-02"),), (), T),
    "this-year-may-be-later": (has("cisplatin"), (on("cisplatin", "2026"),), ALL_LISTS, U),
    "last-year": (has("cisplatin"), (on("cisplatin", "2025"),), (), T),
    "planned-is-not-past": (has("surgery"), (on("surgery", "2026-03-20", planned=True),), ALL_LISTS, F),
    "planned-asked": (has("surgery", "planned"), (on("surgery", "2026-03-20", planned=True),), (), T),
    "planned-never-presumed": (has("surgery", "planned"), (), ALL_LISTS, U),
    "planned-refuted": (has("live-vaccine", "planned"), (no("live-vaccine", planned=True),), (), F),
    "past-is-not-planned": (has("surgery", "planned"), (on("surgery", "2020"),), ALL_LISTS, U),
    "family-is-not-own": (has("vitiligo"), (on("vitiligo", family=True),), ALL_LISTS, F),
    "family-asked": (has("vitiligo", "family_history"), (on("vitiligo", family=True),), (), T),
    "family-never-presumed": (has("vitiligo", "family_history"), (on("vitiligo"),), ALL_LISTS, U),
    "own-or-family": (has("vitiligo", "history", "family_history"), (on("vitiligo", family=True),), (), T),
    "own-or-family-one-denied": (has("vitiligo", "history", "family_history"), (no("vitiligo"),), ALL_LISTS, U),
    "own-or-family-both-denied": (
        has("vitiligo", "history", "family_history"),
        (no("vitiligo"), no("vitiligo", family=True)),
        (),
        F,
    ),
    "own-or-family-silent": (has("vitiligo", "history", "family_history"), (), ALL_LISTS, U),
}

STATUS: dict[str, Row] = {
    "over": (has("vitiligo"), (on("vitiligo", "2010", "2012"),), (), F),
    "over-by-status": (has("vitiligo"), (on("vitiligo", status="resolved"),), (), F),
    "over-by-flag": (has("vitiligo"), (on("vitiligo", ongoing=False),), (), F),
    "over-but-a-kind-only": (has("autoimmune-disease"), (on("vitiligo", ongoing=False),), (), U),
    "over-but-a-kind-only-complete": (has("autoimmune-disease"), (on("vitiligo", ongoing=False),), ALL_LISTS, F),
    "over-beside-present": (has("vitiligo"), (on("vitiligo", ongoing=False), on("vitiligo", "2025")), (), T),
    "over-is-history": (has("vitiligo", "history"), (on("vitiligo", ongoing=False),), (), T),
    "drug-over-is-on-record": (has("cisplatin"), (on("cisplatin", "2020", "2021"),), (), T),
    "current-drug-over": (has("cisplatin", "current"), (on("cisplatin", "2020", "2021"),), ALL_LISTS, F),
    "current-drug-ends-today": (has("cisplatin", "current"), (on("cisplatin", "2020", "2026-03-02"),), (), T),
    "current-drug-ended-yesterday": (
        has("cisplatin", "current"),
        (on("cisplatin", "2020", "2026-03-01"),),
        ALL_LISTS,
        F,
    ),
    "current-drug-ongoing": (has("cisplatin", "current"), (on("cisplatin", "2020", ongoing=True),), (), T),
    "current-drug-silent": (has("cisplatin", "current"), (on("cisplatin", "2020"),), ALL_LISTS, U),
    "active-by-status": (has("vitiligo", "active"), (on("vitiligo", status="active"),), (), T),
    "active-not-recorded": (has("vitiligo", "active"), (on("vitiligo", "2010"),), (), U),
    "active-but-inactive": (has("vitiligo", "active"), (on("vitiligo", status="inactive"),), (), F),
    "resolved": (has("vitiligo", "resolved"), (on("vitiligo", status="resolved"),), (), T),
    "resolved-but-active": (has("vitiligo", "resolved"), (on("vitiligo", status="active"),), (), F),
    "recurrent": (has("cancer", "recurrent"), (on("cancer", status="recurrence"),), (), T),
    "recurrent-not-recorded": (has("cancer", "recurrent"), (on("cancer", status="active"),), (), U),
    "uncontrolled": (has("hypertension", "uncontrolled"), (on("hypertension", status="poorly-controlled"),), (), T),
    "uncontrolled-but-controlled": (
        has("hypertension", "uncontrolled"),
        (on("hypertension", status="controlled"),),
        (),
        F,
    ),
    "uncontrolled-but-over": (has("hypertension", "uncontrolled"), (on("hypertension", ongoing=False),), (), F),
    "uncontrolled-not-recorded": (
        has("hypertension", "uncontrolled"),
        (on("hypertension", ongoing=True),),
        ALL_LISTS,
        U,
    ),
    "active-and-uncontrolled": (
        has("hypertension", "active", "uncontrolled"),
        (on("hypertension", ongoing=True),),
        (),
        U,
    ),
    "history-or-active": (has("vitiligo", "history", "active"), (on("vitiligo", ongoing=False),), (), T),
    "symptomatic-not-recorded": (has("vitiligo", "symptomatic"), (on("vitiligo"),), (), U),
    "known-lifts-open": (has("hiv-infection", "known"), (), ALL_LISTS, F),
    "open-stays-open": (has("hiv-infection"), (), ALL_LISTS, U),
    "finding-is-its-latest": (
        has("hbsag-positive"),
        (on("hbsag-positive", "2020"), no("hbsag-positive", "2025")),
        (),
        F,
    ),
    "finding-is-its-latest-positive": (
        has("hbsag-positive"),
        (no("hbsag-positive", "2020"), on("hbsag-positive", "2025")),
        (),
        T,
    ),
}

_GRADE = Severity(op=">=", grade=Decimal(2))
_CTCAE = Severity(op=">=", grade=Decimal(2), scale="CTCAE", version="5.0")
_NYHA = Severity(op=">=", grade=Decimal(2), scale="nyha")
_TEN = Dose(op=">", quantity=Quantity(Decimal(10), "mg/d"))
_TEN_EQUIVALENT = msgspec.structs.replace(_TEN, equivalent="prednisone")


def _dose(value: str, unit: str = "mg/d") -> Quantity:
    return Quantity(Decimal(value), unit)


DETAILS: dict[str, Row] = {
    "grade-at-the-limit": (has("neuropathy", severity=_GRADE), (on("neuropathy", grade=Decimal(2)),), (), T),
    "grade-below": (has("neuropathy", severity=_GRADE), (on("neuropathy", grade=Decimal(1)),), (), F),
    "grade-missing": (has("neuropathy", severity=_GRADE), (on("neuropathy"),), ALL_LISTS, U),
    "grade-in-words": (has("neuropathy", severity=_GRADE), (on("neuropathy", severity="severe"),), (), T),
    "grade-in-words-below": (has("neuropathy", severity=_GRADE), (on("neuropathy", severity="mild"),), (), F),
    "grade-in-words-may-be-4": (
        has("neuropathy", severity=Severity(op=">=", grade=Decimal(4))),
        (on("neuropathy", severity="severe"),),
        (),
        U,
    ),
    "grade-of-another-scale": (
        has("neuropathy", severity=_CTCAE),
        (on("neuropathy", grade=Decimal(3), grade_scale="rtog"),),
        (),
        U,
    ),
    "grade-of-another-version": (
        has("neuropathy", severity=_CTCAE),
        (on("neuropathy", grade=Decimal(3), grade_scale="ctcae", grade_version="4.0"),),
        (),
        U,
    ),
    "grade-of-the-version": (
        has("neuropathy", severity=_CTCAE),
        (on("neuropathy", grade=Decimal(3), grade_scale="ctcae", grade_version="5.0"),),
        (),
        T,
    ),
    "grade-by-the-scale-s-rating": (
        has("heart-failure", severity=_NYHA),
        (on("heart-failure"), rated("NYHA", "3")),
        (),
        T,
    ),
    "grade-by-ratings-that-differ": (
        has("heart-failure", severity=_NYHA),
        (on("heart-failure"), rated("nyha", "3"), rated("nyha", "1")),
        (),
        U,
    ),
    "site": (has("cancer", site="head-and-neck"), (on("cancer", site="nasopharynx"),), (), T),
    "site-other": (has("cancer", site="nasopharynx"), (on("cancer", site="liver"),), ALL_LISTS, F),
    "site-wider": (has("cancer", site="nasopharynx"), (on("cancer", site="head-and-neck"),), ALL_LISTS, U),
    "site-missing": (has("cancer", site="nasopharynx"), (on("cancer"),), ALL_LISTS, U),
    "dose-at-the-limit": (has("prednisone", dose=_TEN), (on("prednisone", dose=_dose("10")),), ALL_LISTS, F),
    "dose-above": (has("prednisone", dose=_TEN), (on("prednisone", dose=_dose("10.5")),), (), T),
    "dose-in-another-unit": (has("prednisone", dose=_TEN), (on("prednisone", dose=_dose("0.012", "g/d")),), (), T),
    "dose-a-time": (has("prednisone", dose=_TEN), (on("prednisone", dose=_dose("12", "mg")),), ALL_LISTS, U),
    "dose-missing": (has("prednisone", dose=_TEN), (on("prednisone"),), ALL_LISTS, U),
    "dose-of-the-named-drug": (has("prednisone", dose=_TEN_EQUIVALENT), (on("prednisone", dose=_dose("12")),), (), T),
    "dose-equivalent-below": (
        has("steroid", dose=_TEN_EQUIVALENT),
        (on("dexamethasone", dose=_dose("1.5")),),
        ALL_LISTS,
        F,
    ),
    "dose-equivalent-above": (has("steroid", dose=_TEN_EQUIVALENT), (on("dexamethasone", dose=_dose("1.6")),), (), T),
    "dose-as-prednisone-for-dexamethasone": (
        has("steroid", dose=Dose(op=">", quantity=_dose("4"), equivalent="dexamethasone")),
        (on("prednisone", dose=_dose("12")),),
        ALL_LISTS,
        F,
    ),
    "dose-equivalent-unknown": (has("cisplatin", dose=_TEN_EQUIVALENT), (on("cisplatin", dose=_dose("12")),), (), U),
    "words-present": (has("vitiligo", qualifiers=("clinically significant",)), (on("vitiligo"),), ALL_LISTS, U),
    "words-absent": (has("vitiligo", qualifiers=("clinically significant",)), (), ALL_LISTS, F),
    "words-silent": (has("vitiligo", qualifiers=("clinically significant",)), (), (), U),
    "words-recorded": (
        has("mri", qualifiers=("with contrast",)),
        (on("mri", "2026-02", details=("With contrast",)),),
        (),
        T,
    ),
    "words-severe": (has("vitiligo", qualifiers=("severe",)), (on("vitiligo", severity="severe"),), (), T),
    "words-severe-but-mild": (has("vitiligo", qualifiers=("severe",)), (on("vitiligo", severity="mild"),), (), F),
    "evidence": (
        has("cancer", evidence=(thing("histology"), thing("mri"))),
        (on("cancer", evidence=(thing("mri"),)),),
        (),
        T,
    ),
    "evidence-missing": (
        has("cancer", evidence=(thing("histology"),)),
        (on("cancer", evidence=(thing("mri"),)),),
        ALL_LISTS,
        U,
    ),
    "reason": (has("cisplatin", reason=thing("cancer")), (on("cisplatin", reason="colon-cancer"),), (), T),
    "reason-other": (
        has("cisplatin", reason=thing("colon-cancer")),
        (on("cisplatin", reason="skin-cancer"),),
        ALL_LISTS,
        F,
    ),
    "reason-missing": (has("cisplatin", reason=thing("cancer")), (on("cisplatin"),), ALL_LISTS, U),
    "cause": (has("neuropathy", cause=thing("chemotherapy")), (on("neuropathy", cause="cisplatin"),), (), T),
}

EXCEPTIONS: dict[str, Row] = {
    "only-the-excepted": (
        has("cancer", unless=(has("basal-cell-carcinoma"),)),
        (on("basal-cell-carcinoma"),),
        ALL_LISTS,
        F,
    ),
    "only-the-excepted-silent": (
        has("cancer", unless=(has("basal-cell-carcinoma"),)),
        (on("basal-cell-carcinoma"),),
        (),
        U,
    ),
    "another-beside-it": (
        has("cancer", unless=(has("basal-cell-carcinoma"),)),
        (on("basal-cell-carcinoma"), on("colon-cancer")),
        ALL_LISTS,
        T,
    ),
    "excepted-if-treated": (
        has("cancer", unless=(has("basal-cell-carcinoma", "treated"),)),
        (on("basal-cell-carcinoma"),),
        ALL_LISTS,
        U,
    ),
    "excepted-if-treated-untreated": (
        has("cancer", unless=(has("basal-cell-carcinoma", "treated"),)),
        (on("basal-cell-carcinoma", status="untreated"),),
        (),
        T,
    ),
    "wider-than-the-excepted": (
        has("cancer", unless=(has("basal-cell-carcinoma"),)),
        (on("skin-cancer"),),
        ALL_LISTS,
        U,
    ),
    "excepted-though-over": (
        has("cancer", "history", unless=(has("basal-cell-carcinoma"),)),
        (on("basal-cell-carcinoma", ongoing=False),),
        ALL_LISTS,
        F,
    ),
    "the-exception-s-own-window": (
        has("cancer", "history", unless=(has("cancer", when=not_within("5 years", edge="end")),)),
        (on("colon-cancer", "2015", "2016"), on("skin-cancer", "2022", "2023")),
        ALL_LISTS,
        T,
    ),
    "the-exception-s-own-window-alone": (
        has("cancer", "history", unless=(has("cancer", when=not_within("5 years", edge="end")),)),
        (on("colon-cancer", "2015", "2016"),),
        ALL_LISTS,
        F,
    ),
}

OTHER = has("second-malignancy", "history")
SILENCE: dict[str, Row] = {
    "another-malignancy-one-disease": (OTHER, (on("nasopharyngeal-carcinoma", "2014"),), ALL_LISTS, F),
    "another-malignancy-and-its-metastasis": (
        OTHER,
        (on("colon-cancer", "2014"), on("liver-metastasis", "2020")),
        ALL_LISTS,
        F,
    ),
    "another-malignancy-two-diseases": (
        OTHER,
        (on("nasopharyngeal-carcinoma", "2014"), on("colon-cancer", "2020")),
        ALL_LISTS,
        U,
    ),
    "another-malignancy-than-the-trial-s": (
        has("malignancy", "history", unless=(has("nasopharyngeal-carcinoma"),)),
        (on("nasopharyngeal-carcinoma", "2014"), on("colon-cancer", "2020")),
        ALL_LISTS,
        T,
    ),
    "condition": (has("vitiligo"), (), (), U),
    "condition-complete": (has("vitiligo"), (), ("conditions",), F),
    "condition-other-list-complete": (has("vitiligo"), (), ("drugs",), U),
    "unknown-words-complete": (has("kimura disease"), (), ("conditions",), U),
    "class-needs-all-its-lists": (has("antitumour-therapy"), (), ("procedures",), U),
    "class-with-all-its-lists": (has("antitumour-therapy"), (), ("procedures", "drugs"), F),
    "allergy-complete": (has("allergy:pembrolizumab"), (), ("allergies",), F),
    "vaccine-complete": (has("live-vaccine"), (), ("vaccines",), F),
    "finding-never": (has("hbsag-positive"), (), ALL_LISTS, U),
    "event-never": (has("recurrence"), (), ALL_LISTS, U),
    "behaviour-never": (has("smoking"), (), ALL_LISTS, U),
    "device-never": (has("pacemaker"), (), ALL_LISTS, U),
    "metastasis-never": (has("liver-metastasis"), (), ALL_LISTS, U),
    "metastasis-by-m0": (has("liver-metastasis"), (staged("M", "M0"),), (), F),
    "metastasis-by-m1": (has("distant-metastasis"), (staged("M", "M1a"),), (), T),
    "metastasis-by-m1-which": (has("liver-metastasis"), (staged("M", "M1"),), (), U),
    "metastasis-by-mx": (has("distant-metastasis"), (staged("M", "MX"),), ALL_LISTS, U),
    "metastasis-by-m0-then-m1": (
        has("distant-metastasis"),
        (staged("M", "M0", "2020"), staged("M", "M1", "2025")),
        (),
        T,
    ),
    "metastasis-by-m0-before-recurrence": (
        has("distant-metastasis"),
        (staged("M", "M0", "2020"), on("recurrence", "2025")),
        (),
        U,
    ),
    "metastasis-denied": (has("liver-metastasis"), (no("distant-metastasis", "2026-01"),), (), F),
    "metastasis-denied-before-recurrence": (
        has("liver-metastasis"),
        (no("distant-metastasis", "2020"), on("recurrence", "2025")),
        (),
        U,
    ),
    "metastasis-recorded-after-m0": (
        has("liver-metastasis"),
        (staged("M", "M0", "2020"), on("liver-metastasis", "2025")),
        (),
        T,
    ),
}


@pytest.mark.parametrize(
    ("node", "facts", "lists", "expected"),
    [
        pytest.param(*row, id=f"{table}-{name}")
        for table, found in (
            ("name", NAMES),
            ("certainty", CERTAINTY),
            ("time", TIME),
            ("status", STATUS),
            ("detail", DETAILS),
            ("exception", EXCEPTIONS),
            ("silence", SILENCE),
        )
        for name, row in found.items()
    ],
)
def test_has(node: Has, facts: tuple[Fact, ...], lists: Any, expected: Any) -> None:
    check(node, facts, lists, expected)


@pytest.mark.parametrize(
    ("sex", "facts", "name", "expected"),
    [
        pytest.param("male", (), "pregnancy", F, id="a-man-is-not-pregnant"),
        pytest.param("male", (), "breastfeeding", F, id="a-man-does-not-breastfeed"),
        pytest.param("female", (), "pregnancy", U, id="a-woman-may-be"),
        pytest.param(None, (), "pregnancy", U, id="sex-not-recorded"),
        pytest.param("female", (on("postmenopausal"),), "pregnancy", F, id="postmenopausal"),
        pytest.param("female", (on("hysterectomy", "2010"),), "pregnancy", F, id="no-womb"),
        pytest.param(
            "female", (on("postmenopausal"),), "breastfeeding", U, id="postmenopausal-says-nothing-of-breastfeeding"
        ),
        pytest.param("male", (on("pregnancy", "2026-02"),), "pregnancy", T, id="what-is-recorded-wins"),
    ],
)
def test_what_sex_settles(sex: Any, facts: tuple[Fact, ...], name: str, expected: Any) -> None:
    check(has(name), facts, ALL_LISTS, expected, sex=sex)


def test_presumption_is_said() -> None:
    finding = judge(has("vitiligo"), complete=("conditions",))
    assert finding.presumed
    assert finding.why == "presumed: nothing recorded of vitiligo (conditions declared complete)"
    assert not judge(has("vitiligo"), no("vitiligo"), complete=("conditions",)).presumed
