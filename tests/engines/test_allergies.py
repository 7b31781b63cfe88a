"""What a chart says of allergies as such, held against a single one: "none known" denies each, and takes back none that is named."""

from typing import Any

import msgspec
import pytest

from trialwright.codes.concepts import Concept
from trialwright.codes.vocabulary import default_vocabulary
from trialwright.criteria.compiler import compile_text
from trialwright.engines.memory import Chart, evaluate_criterion
from trialwright.patients.facts import Complete, Fact, Occurrence, Patient
from trialwright.patients.loading import read_patients

from .charts import INDEX, day

VOCABULARY = default_vocabulary()


def _allergy(name: str, **rest: Any) -> Occurrence:
    entry = VOCABULARY.find(name)
    return Occurrence(
        concept=Concept(name, "allergy", id=entry.id if entry else None), source="AllergyIntolerance/1", **rest
    )


NONE = _allergy("allergy", certainty="refuted")
NO_DRUG = _allergy("drug allergy", certainty="refuted")
CISPLATIN = "Known allergy to cisplatin"
ROWS = [
    ("none known, a drug", CISPLATIN, [NONE], "pass"),
    ("none known, a class of drugs", "Hypersensitivity to monoclonal antibodies", [NONE], "pass"),
    ("none known, a food", "Allergy to eggs", [NONE], "pass"),
    ("none known, words of no list", "Allergy to any component of the study drug", [NONE], "pass"),
    ("none known, drug allergy as such", "Known drug allergy", [NONE], "pass"),
    ("none known, an illness of the same kind", "Allergic rhinitis", [NONE], "unknown"),
    ("none known, a reaction", "History of anaphylaxis", [NONE], "unknown"),
    ("none known, the drug itself", "Prior treatment with cisplatin", [NONE], "unknown"),
    ("no drug, a drug", CISPLATIN, [NO_DRUG], "pass"),
    ("no drug, a food", "Peanut allergy", [NO_DRUG], "unknown"),
    ("no drug, words of no list", "Allergy to any component of XYZ-17", [NO_DRUG], "unknown"),
    ("none known, and the one asked for", CISPLATIN, [_allergy("cisplatin"), NONE], "fail"),
    (
        "none known later, and the one asked for",
        CISPLATIN,
        [
            _allergy("cisplatin", start=day("2020-01-01")),
            _allergy("allergy", certainty="refuted", start=day("2026-01-01")),
        ],
        "fail",
    ),
    ("none known, and another", CISPLATIN, [_allergy("penicillin"), NONE], "pass"),
    ("one that is not named", CISPLATIN, [_allergy("allergy")], "unknown"),
    ("silence", CISPLATIN, [], "unknown"),
]


@pytest.mark.parametrize(("text", "facts", "verdict"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_an_exclusion(text: str, facts: list[Fact], verdict: str) -> None:
    (criterion,) = compile_text(f"Exclusion Criteria:\n* {text}", vocabulary=VOCABULARY).criteria
    patient = Patient(id="T", facts=tuple(facts))
    chart = Chart(patient, index_date=INDEX, complete=Complete(), vocabulary=VOCABULARY)
    found = evaluate_criterion(criterion, chart)
    assert found.verdict == verdict, found.finding.why
    if verdict == "pass":
        assert "recorded as not present" in found.finding.why


FHIR = {
    "resourceType": "Bundle",
    "type": "collection",
    "entry": [
        {"resource": {"resourceType": "Patient", "id": "p"}},
        {
            "resource": {
                "resourceType": "AllergyIntolerance",
                "id": "a",
                "patient": {"reference": "Patient/p"},
                "code": {"coding": [{"system": "http://snomed.info/sct", "code": "716186003"}]},
            }
        },
    ],
}


@pytest.mark.parametrize(
    "chart",
    [msgspec.json.encode(FHIR), b"id: p\nallergies: [none known]\n", b"Clinic note, 2026-02-01. Allergies: none known.\n"],
    ids=["FHIR", "form", "note"],
)  # fmt: skip
def test_every_loader_says_it_with_its_evidence(chart: bytes) -> None:
    (criterion,) = compile_text(f"Exclusion Criteria:\n* {CISPLATIN}", vocabulary=VOCABULARY).criteria
    (patient,) = read_patients(chart)
    made = Chart(patient, index_date=INDEX, complete=Complete(), vocabulary=VOCABULARY)
    found = evaluate_criterion(criterion, made)
    assert found.verdict == "pass"
    (evidence,) = found.finding.evidence
    assert evidence.fact.source
