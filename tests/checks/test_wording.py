"""Checks on wording: for each a sentence that sets it off and its neighbour that does not."""

from collections.abc import Callable

import pytest

from trialwright.checks import Check
from trialwright.checks.duplicates import duplicates
from trialwright.checks.polarity import excluding_words, polarity
from trialwright.checks.schedule import anchors
from trialwright.checks.wording import ambiguous_units, future_conduct, open_lists, references, scale_versions
from trialwright.criteria.nodes import Criteria
from trialwright.trial import Outcome, Outcomes, Trial

Made = Callable[..., tuple[Trial, Criteria]]

SENTENCES: list[tuple[Check, str, str | None]] = [
    (references, "Kidney function as in Table 3.2", "unresolved-reference"),
    (references, "Contraception as described in the protocol", "unresolved-reference"),
    (references, "Able to follow the protocol", None),
    (references, "Sits at a table in section", None),
    (open_lists, "Heart disease, such as angina", "open-list"),
    (open_lists, "Strong inhibitors (ketoconazole, ritonavir, etc.)", "open-list"),
    (open_lists, "Heart disease: angina or infarction", None),
    (open_lists, "Such assessments as the visit needs", None),
    (future_conduct, "Pregnant, breastfeeding or planning a pregnancy", "future-conduct"),
    (future_conduct, "Pregnant, or planning to become pregnant", "future-conduct"),
    (future_conduct, "Live vaccine within 4 weeks before the first dose or during the study", "future-conduct"),
    (future_conduct, "Agrees to use contraception during the study", None),
    (future_conduct, "Pregnant or breastfeeding", None),
    (ambiguous_units, "HBV DNA above 1000 copies/mL", "ambiguous-unit"),
    (ambiguous_units, "HBV DNA above 200 IU/mL (1000 copies/mL)", None),
    (ambiguous_units, "INR or PT at most 1.5 × ULN", "ambiguous-unit"),
    (ambiguous_units, "INR at most 1.5 × ULN", None),
    (ambiguous_units, "Creatinine clearance or eGFR at least 60 mL/min", "ambiguous-unit"),
    (ambiguous_units, "Creatinine clearance or eGFR at least 60 mL/min/1.73 m2", None),
    (scale_versions, "Stage III by AJCC", "scale-without-version"),
    (scale_versions, "Stage III by AJCC 8th edition", None),
    (scale_versions, "No toxicity above CTCAE grade 1", "scale-without-version"),
    (scale_versions, "No toxicity above CTCAE v5.0 grade 1", None),
    (scale_versions, "Measurable lesion by RECIST", "scale-without-version"),
    (scale_versions, "Measurable lesion by RECIST 1.1", None),
    (scale_versions, "Toxicity of grade 2 or higher", "scale-missing"),
    (scale_versions, "Toxicity of CTCAE v5.0 grade 2 or higher", None),
    (scale_versions, "Spondylolisthesis of grade 2 or higher", None),
]


def case_id(case: tuple[Check, str, str | None]) -> str:
    return f"{case[0].__name__}: {case[1]}"


@pytest.mark.parametrize(("check", "sentence", "code"), SENTENCES, ids=map(case_id, SENTENCES))
def test_a_sentence(made: Made, check: Check, sentence: str, code: str | None) -> None:
    trial, criteria = made(f"Exclusion Criteria:\n\n* {sentence}\n")
    assert {remark.code for remark in check(trial, criteria)} == ({code} if code else set())


POLARITY = [
    ("Pregnant or breastfeeding women", "lung cancer", True),
    ("Women who are pregnant", "lung cancer", True),
    ("Pregnant women from 20 weeks of gestation", "lung cancer", False),
    ("Pregnant or breastfeeding women", "iron in pregnancy", False),
    ("Women of childbearing potential must not be pregnant", "lung cancer", False),
    ("Not pregnant", "lung cancer", False),
    ("Pregnant women:", "lung cancer", False),
    ("Known hypersensitivity to any component of the study drug", "asthma", True),
    ("Allergy to house dust mite", "asthma", False),
    ("Participation in another clinical trial", "asthma", True),
    ("History of allogeneic organ transplantation", "lung cancer", True),
    ("History of kidney transplantation", "kidney transplant rejection", False),
    ("Mean QTcF above 470 ms", "lung cancer", False),  # "above" is not among the words; ">" is
    ("Mean QTcF >= 470 ms", "lung cancer", True),
    ("Mean QTcF < 470 ms", "lung cancer", False),
    ("Major surgery within 28 days before the first dose", "lung cancer", True),
    ("Major surgery at least 28 days before the first dose", "lung cancer", False),
    ("Alcohol abuse", "asthma", True),
    ("Alcohol abuse", "alcohol use disorder", False),
    ("Children will be excluded", "asthma", True),
    ("Patients who are ineligible for surgery", "lung cancer", False),
    ("Life expectancy less than 3 months", "lung cancer", True),
    ("Life expectancy of at least 3 months", "lung cancer", False),
    ("HIV positive", "lung cancer", True),
    ("HIV positive", "hiv infections", False),
    ("Age 18 or over", "lung cancer", False),
]


@pytest.mark.parametrize(("item", "about", "excludes"), POLARITY)
def test_words_that_exclude(item: str, about: str, excludes: bool) -> None:
    found = excluding_words(item, about)
    assert (found is not None) is excludes
    assert found is None or found.of(item)


def test_an_exclusion_filed_under_inclusion_is_reported_once(made: Made) -> None:
    trial, criteria = made(
        "Inclusion Criteria:\n\n* Age 18 or over\n* Alcohol abuse\n\nExclusion Criteria:\n\n* Asthma\n"
    )
    (remark,) = polarity(trial, criteria)
    assert remark.code == "polarity"
    assert remark.message.startswith("I2:")


def test_a_heading_inside_an_inclusion_is_reported(made: Made) -> None:
    trial, criteria = made("Inclusion Criteria:\n\n* Age 18 or over. Exclusion Criteria\n* Asthma of any grade\n")
    assert any("stands inside an inclusion" in remark.message for remark in polarity(trial, criteria))


DUPLICATES = [
    ("the same but for words that come and go", "Has a history of severe asthma", "History of severe asthma", 1),
    (
        "a hyphen",
        "Known non-infectious lung disease with steroids",
        "Known noninfectious lung disease with steroids",
        1,
    ),
    ("another number", "At least 2 doses of the first vaccine", "At least 3 doses of the first vaccine", 0),
    ("another sign", "Platelet count in blood > 100", "Platelet count in blood < 100", 0),
    ("another word", "History of severe heart disease", "History of severe lung disease", 0),
    ("too short to say", "Asthma attack", "Asthma attack", 0),
]


@pytest.mark.parametrize(
    ("one", "other", "count"), [case[1:] for case in DUPLICATES], ids=[case[0] for case in DUPLICATES]
)
def test_near_duplicates(made: Made, one: str, other: str, count: int) -> None:
    trial, criteria = made(f"Exclusion Criteria:\n\n* {one}\n* {other}\n")
    found = [remark for remark in duplicates(trial, criteria) if remark.code == "duplicate-criterion"]
    assert len(found) == count


def test_lists_of_several_groups_are_one_remark(made: Made) -> None:
    items = [f"* History of severe {word} disease\n" for word in ("heart", "lung", "liver", "kidney", "bone")]
    trial, criteria = made("Exclusion Criteria:\n\n" + "".join(items) + "".join(items))
    (remark,) = duplicates(trial, criteria)
    assert "4 more" in remark.message


def test_a_rule_in_both_lists(made: Made) -> None:
    trial, criteria = made(
        "Inclusion Criteria:\n\n* Age 18 years or older\n\nExclusion Criteria:\n\n* Age under 18 years\n"
    )
    assert [remark.code for remark in duplicates(trial, criteria)] == ["same-rule-twice"]


@pytest.mark.parametrize(
    ("sentence", "missing"),
    [
        ("Chemotherapy within the past 4 weeks", True),
        ("Chemotherapy within 4 weeks before the first dose", False),
        ("Something nobody can read in the past 6 months, as it were", True),
    ],
)
def test_a_window_needs_an_anchor(made: Made, sentence: str, missing: bool) -> None:
    trial, criteria = made(f"Exclusion Criteria:\n\n* {sentence}\n")
    assert [remark.code for remark in anchors(trial, criteria)] == (["anchor-missing"] if missing else [])


@pytest.mark.parametrize(
    ("measure", "frame", "missing"),
    [
        ("Overall survival", "up to 2 years", True),
        ("Overall survival", "from enrolment, up to 2 years", False),
        ("Body weight", "2 years", False),
    ],
)
def test_a_time_to_an_event_needs_an_origin(made: Made, measure: str, frame: str, missing: bool) -> None:
    outcomes = Outcomes(primary_outcomes=(Outcome(measure=measure, time_frame=frame),))
    trial, criteria = made("Inclusion Criteria:\n\n* Adults\n", outcomes=outcomes)
    assert any(remark.code == "anchor-missing" for remark in anchors(trial, criteria)) is missing
