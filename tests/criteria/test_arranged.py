"""Alternatives printed as items, and lines that ran together. All texts here are invented."""

import pytest
from notation import line

from trialwright.criteria.compiler import compile_text

CASES = {
    "items that end in or": (
        "Inclusion Criteria:\n* Gout, or\n* Psoriasis; OR\n* Asthma\n* Age 18 or older",
        [("I1", "any(gout, psoriasis, asthma)"), ("I4", "age >= 18 years")],
    ),
    "an or with nothing behind it": (
        "Inclusion Criteria:\n* Age 18 or older\n* Gout or",
        [("I1", "age >= 18 years"), ("I2", "unread[Gout or]")],
    ),
    "labels and denials in one line": (
        "Inclusion Criteria:\n* Radiotherapy: No prior radiotherapy Surgery: No prior splenectomy No concurrent warfarin",
        [
            ("I1.1", "not(radiotherapy[history])"),
            ("I2.1", "not(splenectomy[history])"),
            ("I2.2", "not(warfarin[current])"),
        ],
    ),
    "a heading before the first label": (
        "Inclusion Criteria:\n* PATIENT CHARACTERISTICS: Age: 18 and over Performance status: ECOG 0-2 Renal: Creatinine < 2 mg/dL",
        [("I1.1", "age >= 18 years"), ("I2.1", "ecog <= 2"), ("I3.1", "creatinine < 2 mg/dL")],
    ),
    "no is no start behind a preposition": (
        "Inclusion Criteria:\n* Asthma with No prior intubation",
        [("I1", "all(asthma, not(intubation[history]))")],
    ),
    "a time in a heading": (
        "Prior Medication:\n\nExcluded within 2 weeks of study entry:\n\n* Aspirin\n* Warfarin",
        [("E1", "aspirin @≤2 weeks enrolment"), ("E2", "warfarin @≤2 weeks enrolment")],
    ),
    "what a sub-heading allows": (
        "Inclusion Criteria:\n\nConcurrent Medication: Allowed:\n\n* Aspirin\n* Warfarin if stable",
        [("I1.1", "all()"), ("I1.2", "unread[Warfarin if stable]")],
    ),
    "a label that says whom": (
        "Inclusion Criteria:\n* Arm B:\n  * Prior cetuximab",
        [("I1.1", "if(unread[Arm B] then cetuximab[history])")],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_arranged(name: str) -> None:
    text, expected = CASES[name]
    assert [(one.id, line(one.node)) for one in compile_text(text).criteria] == expected
