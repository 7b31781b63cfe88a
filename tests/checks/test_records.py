"""Checks on the record around the criteria, and all checks over real records."""

import time
from collections import Counter
from collections.abc import Callable, Iterable

import pytest

from trialwright.checks import CHECKS, Check, check_trial, explain
from trialwright.checks.endpoints import endpoint_needs, time_zero
from trialwright.checks.forwarded import contacts
from trialwright.checks.population import population_conditions, title_claims
from trialwright.checks.record import ELIGIBILITY
from trialwright.checks.schedule import dates, doses
from trialwright.codes.places import Diagnostic, Span
from trialwright.criteria.compiler import compile_criteria
from trialwright.criteria.nodes import Criteria
from trialwright.registries import read_trial
from trialwright.trial import (
    Arm,
    ArmsInterventions,
    Contact,
    ContactsLocations,
    DatedStruct,
    Description,
    Design,
    DesignInfo,
    EligibilityText,
    Intervention,
    Outcome,
    Outcomes,
    Record,
    Status,
    Trial,
)

Made = Callable[..., tuple[Trial, Criteria]]
ADULTS = "Inclusion Criteria:\n\n* Adults\n"


def codes(check: Check, compiled: tuple[Trial, Criteria]) -> list[str]:
    return [remark.code for remark in check(*compiled)]


def design(allocation: str | None = None, kind: str = "INTERVENTIONAL") -> Design:
    return Design(study_type=kind, design_info=DesignInfo(allocation=allocation))


def primary(measure: str, time_frame: str | None = None, description: str | None = None) -> Outcomes:
    return Outcomes(primary_outcomes=(Outcome(measure=measure, time_frame=time_frame, description=description),))


@pytest.mark.parametrize(
    ("allocation", "frame", "expected"),
    [
        ("NA", "from the date of randomization to death", ["time-zero-design"]),
        ("RANDOMIZED", "from the date of randomization to death", []),
        (None, "from the date of randomization to death", []),
        ("NA", "from enrolment to death", []),
        ("RANDOMIZED", "2 years after the end of treatment", ["time-zero-after-treatment"]),
        ("RANDOMIZED", "up to 2 years after the end of treatment", []),
    ],
)
def test_time_zero(made: Made, allocation: str | None, frame: str, expected: list[str]) -> None:
    outcomes = primary("Overall survival", frame)
    assert codes(time_zero, made(ADULTS, design=design(allocation), outcomes=outcomes)) == expected


def test_a_single_arm_is_told_from_the_title_where_the_design_is_silent(made: Made) -> None:
    outcomes = primary("Overall survival", "from randomisation")
    assert codes(time_zero, made(ADULTS, title="A single-arm trial", outcomes=outcomes)) == ["time-zero-design"]
    assert codes(time_zero, made(ADULTS, title="A trial", outcomes=outcomes)) == []


@pytest.mark.parametrize(
    ("title", "allocation", "text", "measure", "description", "expected"),
    [
        ("Lung cancer", "NA", "Measurable disease", "Objective response rate", "RECIST 1.1, confirmed", 0),
        ("Lung cancer", "NA", "Measurable disease", "Objective response rate", "RECIST 1.1", 1),
        ("Lung cancer", "RANDOMIZED", "Measurable disease", "Objective response rate", "RECIST 1.1", 0),
        ("Lung cancer", "NA", "Adults", "Objective response rate", "confirmed by RECIST 1.1", 1),
        ("Lung cancer", "NA", "Adults", "Objective response rate", "as told", 3),
        ("Lymphoma", "NA", "Adults", "Objective response rate", "Lugano", 0),
        ("Lung cancer", "RANDOMIZED", "Adults", "Progression-free survival", "as told", 1),
        ("Lung cancer", "RANDOMIZED", "Adults", "Overall survival", "as told", 0),
        ("A vaccine", "NA", "Adults", "Overall response rate", "as told", 0),
    ],
)
def test_what_endpoints_need(
    made: Made, *, title: str, allocation: str, text: str, measure: str, description: str, expected: int
) -> None:
    outcomes = primary(measure, "2 years", description)
    compiled = made(f"Inclusion Criteria:\n\n* {text}\n", title=title, design=design(allocation), outcomes=outcomes)
    assert codes(endpoint_needs, compiled) == ["endpoint-underspecified"] * expected


def test_a_record_without_outcomes(made: Made) -> None:
    assert codes(endpoint_needs, made(ADULTS)) == ["no-outcomes"]
    assert codes(endpoint_needs, made(ADULTS, design=design(kind="OBSERVATIONAL"))) == []


DOSES = [
    ("DRUG", "Aspirin", "100 mg by mouth once a day for 12 weeks", ""),
    ("DRUG", "Aspirin", "100 mg once a day for 12 weeks", "a route"),
    ("DRUG", "Aspirin", "by mouth", "an amount, a day or interval, an end"),
    ("DRUG", "Placebo", "as it looks", ""),
    ("RADIATION", "Radiotherapy", "60 Gy in 30 fractions", ""),
    ("RADIATION", "Radiotherapy", "60 Gy", "its fractions"),
    ("DRUG", "Whole-brain radiotherapy", "as usual", "a dose in Gy, its fractions"),
    ("DEVICE", "Splint", "worn", ""),
]


@pytest.mark.parametrize(("kind", "name", "description", "lacking"), DOSES)
def test_doses(made: Made, *, kind: str, name: str, description: str, lacking: str) -> None:
    given = Intervention(type=kind, name=name, description=description)
    compiled = made(ADULTS, arms_interventions=ArmsInterventions(interventions=(given,)))
    messages = [remark.message for remark in doses(*compiled)]
    assert messages == ([f"{name!r} is given without {lacking}; the protocol has to say"] if lacking else [])


def test_a_dose_may_stand_with_the_arm_or_in_the_description(made: Made) -> None:
    given = ArmsInterventions(
        interventions=(Intervention(type="DRUG", name="Aspirin", description="a drug"),),
        arm_groups=(Arm(label="A", description="by mouth", intervention_names=("Drug: Aspirin",)),),
    )
    told = Description(detailed_description="Aspirin is given at 100 mg once a day for 12 weeks. Then nothing.")
    assert codes(doses, made(ADULTS, arms_interventions=given)) == ["dose-incomplete"]
    assert codes(doses, made(ADULTS, arms_interventions=given, description=told)) == []


def test_a_record_without_interventions(made: Made) -> None:
    assert codes(doses, made(ADULTS)) == ["no-interventions"]
    assert codes(doses, made(ADULTS, design=design(kind="OBSERVATIONAL"))) == []


@pytest.mark.parametrize(
    ("end", "frame", "late"),
    [
        ("2027-01", "2 years", True),
        ("2028-01", "2 years", False),
        ("2027-01", "12 months", False),
        ("2027-01", "children of 5 years of age", False),
        (None, "2 years", False),
    ],
)
def test_outcomes_later_than_the_end(made: Made, end: str | None, frame: str, late: bool) -> None:
    struct = DatedStruct(date=end) if end else None
    status = Status(
        start_date_struct=DatedStruct(date="2026-01"),
        completion_date_struct=struct,
        primary_completion_date_struct=struct,
    )
    compiled = made(ADULTS, status=status, outcomes=primary("Pain", frame))
    assert codes(dates, compiled) == (["schedule-past-end"] if late else [])


@pytest.mark.parametrize(
    ("told", "late"),
    [
        ("Scans every year until year 5", True),
        ("Scans every year until year 2", False),
        ("Follow-up visits from the 4th year on", True),
        ("Children in the 5th year of age are seen at follow-up", False),
    ],
)
def test_visits_later_than_the_end(made: Made, told: str, late: bool) -> None:
    status = Status(start_date_struct=DatedStruct(date="2026-01"), completion_date_struct=DatedStruct(date="2028-01"))
    compiled = made(ADULTS, status=status, description=Description(detailed_description=told))
    assert codes(dates, compiled) == (["schedule-past-end"] if late else [])


@pytest.mark.parametrize(
    ("title", "text", "fires"),
    [
        ("Locally advanced lung cancer", "Lung cancer", True),
        ("Locally advanced lung cancer", "Stage III lung cancer", False),
        ("Elderly with asthma", "Asthma", True),
        ("Elderly with asthma", "Asthma from 65 years on", False),
        ("Children with asthma", "Asthma", True),
        ("Children and adults with asthma", "Asthma", False),
        ("HER2-positive breast cancer", "Breast cancer", True),
        ("HER2-positive breast cancer", "Breast cancer, ERBB2 amplified", False),
        ("Asthma", "Asthma", False),
    ],
)
def test_title_claims(made: Made, title: str, text: str, fires: bool) -> None:
    compiled = made(f"Inclusion Criteria:\n\n* {text}\n", title=title)
    assert codes(title_claims, compiled) == (["title-not-enforced"] if fires else [])


def test_a_title_is_not_held_against_a_text_with_gaps(made: Made) -> None:
    trial, criteria = made("Inclusion Criteria:\n\n2. Lung cancer\n", title="Locally advanced lung cancer")
    gap = Diagnostic("numbering-gap", "item 1 is missing before 2", ELIGIBILITY, Span(21, 22))
    damaged = Trial(record=trial.record, diagnostics=(gap,))
    assert list(title_claims(damaged, criteria)) == []


@pytest.mark.parametrize(
    ("title", "text", "fields", "fires"),
    [
        ("Resectable lung cancer", "ALT at most 5 × ULN with liver metastases", {}, True),
        ("Metastatic lung cancer after local treatment", "ALT at most 5 × ULN with liver metastases", {}, False),
        ("Resectable lung cancer", "Resectable or metastatic; ALT at most 5 × ULN with liver metastases", {}, False),
        ("Prostate pain", "Women of childbearing potential: test", {"sex": "MALE"}, True),
        ("Prostate pain", "Female partners of childbearing potential", {"sex": "MALE"}, False),
        ("Pain", "Lansky at least 50", {"minimum_age": "18 Years"}, True),
        ("Pain", "Lansky at least 50", {"minimum_age": "16 Years"}, False),
    ],
)
def test_conditions_outside_the_population(
    made: Made, *, title: str, text: str, fields: dict[str, str], fires: bool
) -> None:
    module = EligibilityText(eligibility_criteria=f"Inclusion Criteria:\n\n* {text}\n", **fields)
    compiled = made(title=title, eligibility=module)
    assert codes(population_conditions, compiled) == (["condition-outside-population"] if fires else [])


def test_contacts_are_counted_and_never_repeated(made: Made) -> None:
    people = (Contact(name="A. Person", phone="555 0100"), Contact(name="B. Person"))
    found = list(contacts(*made(ADULTS, contacts_locations=ContactsLocations(central_contacts=people))))
    assert [remark.code for remark in found] == ["personal-contact"]
    assert "1 person" in found[0].message
    assert "555" not in found[0].message
    assert "A. Person" not in found[0].message


def test_an_address_in_running_text(made: Made) -> None:
    told = Description(brief_summary="Write to someone@example.org.")
    (remark,) = contacts(*made(ADULTS, description=told))
    assert remark.span
    assert remark.span.of(told.brief_summary or "") == "someone@example.org"
    assert "example" not in remark.message


def test_there_are_twenty_checks_and_each_says_what_it_is() -> None:
    assert len(CHECKS) == len(set(CHECKS)) == 20
    for number, check in enumerate(CHECKS, 1):
        assert (check.__doc__ or "").startswith(f"V{number}:")


def test_an_empty_record() -> None:
    found = check_trial(Trial(record=Record()), Criteria(trial="", criteria=()))
    assert [remark.code for remark in found] == ["no-outcomes", "no-interventions"]


def test_an_unknown_code_names_its_neighbours() -> None:
    with pytest.raises(KeyError, match="open-list"):
        explain("open-lists")


def test_real_records(records: Iterable[bytes]) -> None:
    """Every tenth of them: no exception, every code explained, every span inside its text, and few contradictions."""
    seen: Counter[str] = Counter()
    spent, count = 0.0, 0
    for place, line in enumerate(records):
        if place % 10:
            continue
        trial = read_trial(line)
        criteria = compile_criteria(trial)
        start = time.process_time()
        found = check_trial(trial, criteria)
        spent += time.process_time() - start
        count += 1
        text = trial.eligibility.eligibility_criteria or ""
        for remark in found:
            assert explain(remark.code)
            assert remark.message
            if remark.where == ELIGIBILITY and remark.span:
                assert remark.span.end <= len(text), remark
        seen.update({remark.code for remark in found})
    assert count == 185
    assert spent / count < 0.02
    assert sum(seen[code] for code in ("contradiction", "two-steps", "limits-disagree")) <= 0.05 * count
    assert seen["open-list"] > 0.2 * count
