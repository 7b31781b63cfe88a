"""Limits in awkward print, and limits kept from clauses that are not read whole; where that could turn a verdict, nothing is kept.

Every sentence is invented. A row is polarity, sentence, tree in the notation of `notation.py`.
"""

import pytest
from notation import line

from trialwright.criteria.compiler import compile_text
from trialwright.criteria.outline import outline

IN, EX = "Inclusion Criteria", "Exclusion Criteria"
ROWS = [
    (IN, "HCV RNA ≥ 10^4 IU/mL", "hcv-rna >= 10000 IU/mL"),
    (IN, "Hip T-score ≤ -1.5", "bmd-t-score <= -1.5"),
    (IN, "FEV1 ≥ 1.2 L", "fev1 >= 1.2 L"),
    (IN, "Creatinine clearance at least 45\n        mL/min", "creatinine-clearance >= 45 mL/min"),
    (IN, "Creatinine clearance (CrCl) ≥ 45 mL/min (Cockcroft-Gault formula)", "creatinine-clearance >= 45 mL/min"),
    (IN, "Corrected QT interval (QTcF) ≤ 460 ms", "qtcf <= 460 ms"),
    (IN, "Performance status of 0-1 (ECOG)", "ecog <= 1"),
    (EX, "Blood pressure > 170 mmHg systolic or > 105 mmHg diastolic", "any(sbp > 170 mmHg, dbp > 105 mmHg)"),
    (
        IN,
        "ALT ≤ 3 × ULN or ≤ 6 × ULN (liver metastases)",
        "all(alt <= 6×ULN, if(not(liver-metastases) then alt <= 3×ULN))",
    ),
    (IN, "Tumors must be at least 3 cm in longest diameter", "tumor-size >= 3 cm"),
    (IN, "Oxygen saturation ≥ 93 % on room air", "spo2 >= 93 %"),
    (
        IN,
        "Zyphlox reserve as shown by albumin ≥ 3 g/dL",
        "all('zyphlox reserve', all(unread[as shown by], albumin >= 3 g/dL))",
    ),
    (
        IN,
        "Creatinine ≤ 1.5 mg/dL unless blorped by the tumor",
        "any(creatinine <= 1.5 mg/dL, unread[blorped by the tumor])",
    ),
    (IN, "Albumin ≥ 3 g/dL if grimbled", "if('grimbled' then albumin >= 3 g/dL)"),
    (EX, "Unsteady flurbing with platelets < 40,000/mm3", "all('unsteady flurbing', platelets < 40000 /uL)"),
    (EX, "Flurbed grackle or history of INR > 1.7", "unread[Flurbed grackle or history of INR > 1.7]"),
    (IN, "Increase in PSA > 2 ng/mL beyond the grackle", "unread[Increase in PSA > 2 ng/mL beyond the grackle]"),
    (EX, "PTT > 5 seconds above the ULN", "unread[PTT > 5 seconds above the ULN]"),
    (
        EX,
        "Women who are pregnant or women/men planning a pregnancy",
        "any(pregnancy, unread[women], unread[men planning a pregnancy])",
    ),
]


@pytest.mark.parametrize(("section", "sentence", "tree"), ROWS, ids=[row[1][:40] for row in ROWS])
def test_limit(section: str, sentence: str, tree: str) -> None:
    (criterion,) = compile_text(f"{section}:\n* {sentence}").criteria
    assert line(criterion.node) == tree


FLOWED = (
    "PATIENT CHARACTERISTICS: Age: 21 and over Performance status: ECOG 0-1 Life\nexpectancy: At least 5 months "
    "Hematopoietic: WBC at least 2,500/mm3 Platelet count at least 90,000/mm3 Hepatic: Bilirubin normal No active hepatitis"
)


def test_a_flowed_paragraph_is_cut_at_its_labels() -> None:
    (section,) = outline(FLOWED)
    labels = [item.span.of(FLOWED) for item in section.items]
    assert labels == ["Age:", "Performance status:", "Life\nexpectancy:", "Hematopoietic:", "Hepatic:"]
    assert [len(item.children) for item in section.items] == [1, 1, 1, 1, 2]
    assert [criterion.reading for criterion in compile_text(FLOWED).criteria] == ["whole"] * 6


def test_a_paragraph_with_one_label_stays() -> None:
    text = "Renal: Creatinine less than 2 mg/dL"
    assert [item.span.of(text) for item in outline(text)[0].items] == [text]
