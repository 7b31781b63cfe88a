"""FHIR R4 conditions and observations, one rule at a time: what becomes a fact, and what a loader must never make of it."""

from decimal import Decimal
from typing import Any

import pytest

from trialwright.codes.quantities import Quantity
from trialwright.patients.facts import Measurement, Occurrence, Statement
from trialwright.patients.loading import read_patients

from .charts import (
    ICD,
    LOINC,
    PERSON,
    SNOMED,
    amount,
    answered,
    at,
    bundle,
    coded,
    codes,
    condition,
    day,
    lab,
    named,
    occurrence,
    of,
    read,
    row,
)

# Conditions


@pytest.mark.parametrize(
    ("status", "ongoing"),
    [
        ("active", True),
        ("recurrence", True),
        ("relapse", True),
        ("inactive", False),
        ("resolved", False),
        ("remission", None),
        (None, None),
    ],
)
def test_a_clinical_status_says_whether_it_goes_on(status: str | None, ongoing: bool | None) -> None:
    given = (
        {"clinicalStatus": coded("", ("http://terminology.hl7.org/CodeSystem/condition-clinical", status))}
        if status
        else {}
    )
    fact = occurrence(read(condition(**given)), "rheumatoid-arthritis")
    assert (fact.status, fact.ongoing) == (status, ongoing)


@pytest.mark.parametrize(
    ("status", "certainty"),
    [
        ("confirmed", "confirmed"),
        ("provisional", "suspected"),
        ("unconfirmed", "suspected"),
        ("differential", "suspected"),
        ("refuted", "refuted"),
    ],
)
def test_a_verification_status_says_how_surely(status: str, certainty: str) -> None:
    verification = coded("", ("http://terminology.hl7.org/CodeSystem/condition-ver-status", status))
    assert occurrence(read(condition(verificationStatus=verification)), "rheumatoid-arthritis").certainty == certainty


def test_a_row_entered_in_error_is_counted_and_gives_no_fact() -> None:
    verification = coded("", ("x", "entered-in-error"))
    patient = read(
        condition(verificationStatus=verification), lab("Haemoglobin", amount(9, "g/dL"), status="entered-in-error")
    )
    assert patient.facts == ()
    assert at(patient, "withdrawn-row") == ["Condition", "Observation"]


def test_onset_abatement_severity_site_and_evidence() -> None:
    patient = read(
        condition(
            "Colon adenocarcinoma",
            onsetDateTime="2015-05",
            abatementDateTime="2015-12-20",
            severity=coded("", (SNOMED, "24484000")),
            evidence=[{"code": [coded("Histopathology test")]}],
        )
    )
    fact = occurrence(patient, "colon-adenocarcinoma")
    assert (fact.start, fact.end, fact.ongoing, fact.severity) == (day("2015-05"), day("2015-12-20"), False, "severe")
    assert [one.text.lower() for one in fact.evidence] != []
    assert fact.source == "Condition/condition-1"


def test_a_recorded_date_is_no_onset() -> None:
    fact = occurrence(read(condition(recordedDate="2020-01-01")), "rheumatoid-arthritis")
    assert fact.start is None


def test_an_onset_in_words_is_reported_and_not_guessed() -> None:
    patient = read(condition(onsetString="in childhood"))
    assert occurrence(patient, "rheumatoid-arthritis").start is None
    assert at(patient, "unused-resource") == ["Condition/condition-1"]


def test_a_grade_keeps_its_scale_and_version_or_has_none() -> None:
    def graded(type_words: str, summary: str) -> Occurrence:
        stage = [{"type": {"text": type_words}, "summary": {"text": summary}}]
        return occurrence(read(condition("Peripheral neuropathy", stage=stage)), "peripheral-neuropathy")

    known, bare = graded("CTCAE v5.0 grade", "Grade 3"), graded("Toxicity grade", "Grade 1")
    assert (known.grade, known.grade_scale, known.grade_version) == (3, "ctcae", "5")
    assert (bare.grade, bare.grade_scale, bare.grade_version) == (1, None, None)


def test_a_note_names_the_cause_and_what_else_it_is() -> None:
    note = [{"text": "cause: radiotherapy; late radiation toxicity; grade not documented"}]
    patient = read(condition("Hearing loss", note=note, onsetDateTime="2025-12-20"))
    fact = occurrence(patient, "hearing-loss")
    assert fact.cause is not None
    assert fact.cause.text == "radiotherapy"
    assert fact.grade is None
    assert {one.start for one in of(patient, Occurrence, "radiation-toxicity")} == {fact.start}
    assert occurrence(patient, "toxicity").cause == fact.cause


def test_a_cancer_called_metastatic_is_metastatic_disease_too() -> None:
    patient = read(condition("Metastatic breast cancer", onsetDateTime="2024"))
    assert str(occurrence(patient, "breast-cancer").start) == "2024"
    assert str(occurrence(patient, "metastatic-cancer").start) == "2024"
    assert of(read(condition("Non-metastatic breast cancer")), Occurrence, "metastatic-cancer") == []


def test_words_that_are_narrower_than_the_code_win() -> None:
    given = {"text": "Liver metastases of colon cancer", "coding": [{"system": ICD, "code": "C79.9"}]}
    metastases = {"text": "Liver metastases", "coding": [{"system": ICD, "code": "C79.9"}]}
    assert named(of(read(row("Condition", code=metastases)), Occurrence)[0])[0] == "liver-metastases"
    assert named(of(read(row("Condition", code=given)), Occurrence)[0])[0] == "metastatic-cancer"


def test_a_code_that_is_listed_by_its_category_is_found() -> None:
    patient = read(row("Condition", code=coded("Tumor of rhinopharynx NOS", (ICD, "C11.3"))))
    assert named(patient.facts[0])[0] == "nasopharyngeal-carcinoma"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Malignant neoplasm of breast (disorder)", "breast-cancer"),
        ("Primary malignant neoplasm of breast", "breast-cancer"),
        ("Secondary malignant neoplasm of bone (disorder)", "bone-metastases"),
    ],
)
def test_the_wording_of_snomed_ct_is_read(words: str, expected: str) -> None:
    assert named(read(condition(words)).facts[0])[0] == expected


def test_unknown_words_stay_words_with_their_codes() -> None:
    patient = read(row("Condition", code=coded("Sleepy foot disease (disorder)", (SNOMED, "123"))))
    concept = occurrence(patient, "sleepy foot disease").concept
    assert (concept.id, [str(code.code) for code in concept.codes]) == (None, ["123"])


# Recurrence


def test_a_recurrent_disease_is_an_event_at_each_of_its_sites() -> None:
    first = condition("Nasopharyngeal carcinoma", onsetDateTime="2020-01-01", bodySite=[coded("Nasopharynx")])
    again = row(
        "Condition",
        2,
        code=coded("Recurrent nasopharyngeal carcinoma"),
        onsetDateTime="2026-01-20",
        bodySite=[coded("Nasopharynx"), coded("Cervical lymph node"), coded("Liver")],
    )
    patient = read(first, again)
    events = of(patient, Occurrence, "recurrence")
    near = of(patient, Occurrence, "local-recurrence")
    assert {str(fact.start) for fact in events} == {"2026-01-20"}
    assert sorted(fact.site.text.lower() for fact in events if fact.site) == [
        "cervical lymph node",
        "liver",
        "nasopharynx",
    ]
    regional = of(patient, Occurrence, "regional-recurrence")
    assert [fact.site.text.lower() for fact in near if fact.site] == ["nasopharynx"]
    assert [fact.site.text.lower() for fact in regional if fact.site] == ["cervical lymph node"]
    assert {fact.reason.id for fact in events if fact.reason} == {"nasopharyngeal-carcinoma"}


def test_a_disease_said_to_have_recurred_without_a_row_for_it_recurred_on_an_unknown_day() -> None:
    status = coded("", ("http://terminology.hl7.org/CodeSystem/condition-clinical", "recurrence"))
    patient = read(condition("Nasopharyngeal carcinoma", onsetDateTime="2020-01-01", clinicalStatus=status))
    assert occurrence(patient, "recurrence").start is None


def test_no_recurrence_is_made_up() -> None:
    patient = read(condition("Nasopharyngeal carcinoma", onsetDateTime="2020-01-01"))
    assert of(patient, Occurrence, "recurrence") == []


def test_the_diagnosis_of_the_one_cancer_is_an_event_and_of_two_it_is_none() -> None:
    npc = condition("Nasopharyngeal carcinoma", onsetDateTime="2020-01-01")
    colon = condition("Colon cancer", id="c2", onsetDateTime="2015")
    assert str(occurrence(read(npc), "diagnosis").start) == "2020-01-01"
    assert of(read(npc, colon), Occurrence, "diagnosis") == []
    assert of(read(condition("Asthma", onsetDateTime="1990")), Occurrence, "diagnosis") == []
    again = condition("Recurrent nasopharyngeal carcinoma", id="c3", onsetDateTime="2026-01-20")
    event = occurrence(read(npc, colon, again), "diagnosis")
    assert (str(event.start), event.reason and event.reason.id) == ("2020-01-01", "nasopharyngeal-carcinoma")


def test_a_disease_confirmed_by_histology_was_examined_on_a_day_not_said() -> None:
    evidence = [{"code": [coded("Histopathology test")]}]
    patient = read(condition("Nasopharyngeal carcinoma", onsetDateTime="2020-01-01", evidence=evidence))
    fact = occurrence(patient, "histology")
    assert (fact.start, fact.reason and fact.reason.id) == (None, "nasopharyngeal-carcinoma")


# Observations


def test_a_measurement_is_exact_and_keeps_its_range_in_its_own_unit() -> None:
    low, high = {"value": 115, "unit": "g/L", "code": "g/L"}, {"value": 15.0, "unit": "g/dL", "code": "g/dL"}
    patient = read(lab("Haemoglobin", amount(8.4, "g/dL"), referenceRange=[{"low": low, "high": high}]))
    (fact,) = of(patient, Measurement, "hemoglobin")
    assert (fact.quantity, fact.low, fact.high) == (Quantity(Decimal("8.4"), "g/dL"), Decimal("11.5"), Decimal("15.0"))
    assert fact.start == day("2026-02-16")


def test_decimals_come_through_as_they_are_written() -> None:
    text = bundle(PERSON, lab("INR", amount(0, "{INR}"))).replace(b'"value": 0', b'"value": 1.80')
    (patient,) = read_patients(text)
    assert str(of(patient, Measurement, "inr")[0].quantity.value) == "1.80"


def test_a_comparator_makes_a_bound() -> None:
    fact = of(read(lab("HBV DNA", amount(20, "[IU]/mL") | {"comparator": "<"})), Measurement, "hbv-dna")[0]
    assert fact.comparator == "<"


def test_a_range_in_another_dimension_is_left_out_with_a_remark() -> None:
    patient = read(lab("Haemoglobin", amount(90, "g/L"), referenceRange=[{"low": {"value": 5, "code": "mmol"}}]))
    assert of(patient, Measurement, "hemoglobin")[0].low is None
    assert at(patient, "unit-mismatch") == ["Observation/observation-1"]


def test_a_number_without_a_unit_is_no_measurement_unless_it_has_none() -> None:
    patient = read(lab("Haemoglobin", {"value": 9}), lab("INR", {"value": 1.1}, id="inr"))
    assert [named(fact)[0] for fact in of(patient, Measurement)] == ["inr"]
    assert at(patient, "unknown-unit") == ["Observation/observation-1"]


def test_a_unit_in_words_is_read_and_an_unknown_one_is_kept_and_never_compared() -> None:
    from trialwright.codes.quantities import UnitError
    from trialwright.codes.units import convert

    patient = read(
        lab("Platelet count", {"value": 162, "unit": "x10^9/L"}),
        lab("Haemoglobin", {"value": 9, "unit": "blobs"}, id="b"),
    )
    platelets, odd = of(patient, Measurement)
    assert platelets.quantity == Quantity(Decimal(162), "10*9/L")
    assert odd.quantity.unit == "blobs"
    assert at(patient, "unknown-unit") == ["Observation/b"]
    with pytest.raises(UnitError):
        convert(odd.quantity, "g/L", "hemoglobin")


def test_a_unit_that_does_not_fit_is_reported() -> None:
    assert at(read(lab("Platelet count", amount(162, "mg"))), "unit-mismatch") == ["Observation/observation-1"]


def test_components_are_measurements_of_their_own() -> None:
    parts = [
        {"code": coded("Systolic blood pressure", (LOINC, "8480-6")), "valueQuantity": amount(122, "mm[Hg]")},
        {"code": coded("Diastolic blood pressure", (LOINC, "8462-4")), "valueQuantity": amount(76, "mm[Hg]")},
    ]
    patient = read(
        row(
            "Observation", status="final", code=coded("Blood pressure"), component=parts, effectiveDateTime="2026-02-23"
        )
    )
    assert {named(fact)[0]: fact.quantity.value for fact in of(patient, Measurement)} == {"sbp": 122, "dbp": 76}
    assert {fact.start for fact in of(patient, Measurement)} == {day("2026-02-23")}


@pytest.mark.parametrize(
    ("value", "certainty"),
    [
        (coded("Positive", (SNOMED, "10828004")), "confirmed"),
        (coded("", (SNOMED, "260385009")), "refuted"),
        (coded("Not detected"), "refuted"),
        (coded("Reactive"), "confirmed"),
        ("negative", "refuted"),
        (True, "confirmed"),
        (False, "refuted"),
    ],
)
def test_an_answer_says_whether_the_thing_is_there(value: Any, certainty: str) -> None:
    assert occurrence(read(answered("HBsAg", value, "5196-1")), "hbsag").certainty == certainty


@pytest.mark.parametrize("value", ["pending", "indeterminate", "not done", coded("Unknown")])
def test_an_answer_that_is_none_gives_no_fact(value: Any) -> None:
    patient = read(answered("HBsAg", value, "5196-1"))
    assert patient.facts == ()
    assert codes(patient) == ["no-result"]


@pytest.mark.parametrize(
    ("value", "resectable", "unresectable"),
    [("Resectable", "confirmed", "refuted"), ("Unresectable", "refuted", "confirmed")],
)
def test_unresectable_is_the_opposite_of_resectable(value: str, resectable: str, unresectable: str) -> None:
    patient = read(answered("Surgical resectability of the tumour (multidisciplinary team)", coded(value)))
    assert occurrence(patient, "resectable").certainty == resectable
    assert occurrence(patient, "unresectable").certainty == unresectable


@pytest.mark.parametrize(
    ("value", "grade", "severity"), [("Severe", None, "severe"), ("Grade 2 (RTOG)", 2, None), ("Present", None, None)]
)
def test_an_answer_that_says_how_bad_says_that_it_is_there(value: str, grade: int | None, severity: str | None) -> None:
    fact = occurrence(read(answered("Necrosis of the nasopharyngeal mucosa", coded(value))), "nasopharyngeal-necrosis")
    assert (fact.certainty, fact.grade, fact.severity) == ("confirmed", grade, severity)


def test_menopause_breastfeeding_and_plans() -> None:
    patient = read(
        answered("Menopausal status", coded("Premenopausal"), id="a"),
        answered("Breastfeeding status", coded("Not currently breastfeeding"), id="b"),
        answered("Live vaccination planned during the study period", False, id="c"),
        answered("Plans to conceive or father a child", True, id="d"),
    )
    assert occurrence(patient, "premenopausal").certainty == "confirmed"
    assert occurrence(patient, "postmenopausal").certainty == "refuted"
    assert occurrence(patient, "breastfeeding").certainty == "refuted"
    assert occurrence(patient, "vaccination-planned").certainty == "refuted"
    assert (occurrence(patient, "pregnancy").planned, occurrence(patient, "planned-pregnancy").planned) == (True, False)


def test_a_negative_pregnancy_test_says_not_pregnant_on_its_day() -> None:
    patient = read(answered("Pregnancy test, serum", coded("Negative"), "2110-5", effectiveDateTime="2026-02-26"))
    assert {(named(fact)[0], fact.certainty, str(fact.start)) for fact in of(patient, Occurrence)} == {
        ("pregnancy-test", "refuted", "2026-02-26"),
        ("pregnancy", "refuted", "2026-02-26"),
    }


def test_what_a_person_has_said_is_a_statement() -> None:
    patient = read(
        answered("Agrees to use effective contraception", False, id="a"),
        lab("Life expectancy", amount(12, "wk"), id="b"),
        answered("Life expectancy of at least 6 months", True, id="c"),
    )
    contraception, weeks, months = of(patient, Statement)
    assert (contraception.kind, contraception.holds) == ("contraception", False)
    assert (weeks.kind, weeks.holds, str(weeks.at_least)) == ("life_expectancy", True, "12 weeks")
    assert weeks.at_least_months == Decimal(84) / Decimal("30.4375")
    assert months.at_least_months == 6


def test_a_life_expectancy_from_above_is_not_affirmed() -> None:
    (found,) = of(read(answered("Life expectancy", "< 3 months")), Statement)
    assert (found.holds, found.at_least_months) == (False, 3)


def test_a_cancelled_or_empty_observation_is_counted() -> None:
    patient = read(
        lab("Haemoglobin", amount(9, "g/dL"), status="cancelled"),
        row("Observation", 2, status="final", code=coded("HBsAg")),
    )
    assert patient.facts == ()
    assert sorted(codes(patient)) == ["no-result", "withdrawn-row"]


def test_a_genetic_variant_is_named_by_its_gene() -> None:
    gene = {"code": coded("Gene studied", (LOINC, "48018-6")), "valueCodeableConcept": coded("BRAF")}
    present = answered("Genetic variant assessment", coded("Present"), "69548-6", component=[gene])
    assert occurrence(read(present), "braf-mutation").certainty == "confirmed"
    absent = answered("Genetic variant assessment", coded("Absent"), "69548-6", component=[gene])
    assert occurrence(read(absent), "braf-mutation").certainty == "refuted"
