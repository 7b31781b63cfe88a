"""What sentences compile to. Every sentence here is invented; every kind of sentence is real.

A row is polarity, sentence, tree in the notation of `notation.py`.
"""

import pytest
from notation import line

from trialwright.criteria.compiler import compile_text
from trialwright.criteria.nodes import Criterion

IN, EX = "Inclusion Criteria", "Exclusion Criteria"
SENTENCES = {
    "people": [
        (IN, "Age ≥ 18 years", "age >= 18 years"),
        (IN, "Male or female, 18 to 75 years of age, inclusive", "all(age >= 18 years, age <= 75 years)"),
        (IN, "Aged eighteen years or older", "age >= 18 years"),
        (IN, "Between the ages of 30 and 65", "all(age >= 30 years, age <= 65 years)"),
        (IN, "Age 6 months to 12 years", "all(age >= 6 months, age <= 144 months)"),
        (IN, "Any gender", "all()"),
        (IN, "Female patients only", "female"),
        (IN, "Male patients with gout", "all(male, gout)"),
        (IN, "Adults aged 18 to 65 with asthma", "all(all(age >= 18 years, age <= 65 years), asthma)"),
        (EX, "Age < 18 and > 45 years", "any(age < 18 years, age > 45 years)"),
    ],
    "numbers": [
        (IN, "Hemoglobin ≥ 9.0 g/dL", "hemoglobin >= 9.0 g/dL"),
        (IN, "AST and ALT ≤ 3 x ULN", "all(ast <= 3×ULN, alt <= 3×ULN)"),
        (IN, "Platelets ≥ 100 x 10^9/L (100,000/mm3)", "platelets >= 100 ×10⁹/L"),
        (EX, "AST or ALT > 3 times the upper limit of normal", "any(ast > 3×ULN, alt > 3×ULN)"),
        (IN, "LVEF ≥ 50% by MUGA or echocardiogram", "lvef >= 50 %"),
        (EX, "Potassium < 3.5 or > 5.1 mmol/L", "any(potassium < 3.5 mmol/L, potassium > 5.1 mmol/L)"),
        (
            IN,
            "Creatinine ≤ 1.5 x ULN, or creatinine clearance ≥ 60 mL/min",
            "any(creatinine <= 1.5×ULN, creatinine-clearance >= 60 mL/min)",
        ),
        (
            IN,
            "AST ≤ 2.5 × ULN, or ≤ 5 × ULN in the presence of liver metastases",
            "all(ast <= 5×ULN, if(not(liver-metastases) then ast <= 2.5×ULN))",
        ),
        (IN, "Blood pressure < 160/90 mmHg", "all(sbp < 160 mmHg, dbp < 90 mmHg)"),
        (IN, "ANC ≥ 1.5 x 10^9/L Platelets ≥ 100 x 10^9/L", "all(anc >= 1.5 ×10⁹/L, platelets >= 100 ×10⁹/L)"),
        (EX, "Obesity (BMI > 35 kg/m2)", "bmi > 35 kg/m²"),
    ],
    "scales": [
        (IN, "ECOG performance status of 0 or 1", "ecog <= 1"),
        (IN, "Karnofsky performance status ≥ 70", "kps >= 70"),
        (EX, "NYHA class III or IV heart failure", "heart-failure nyha grade >= 3"),
        (EX, "History of pneumonitis of grade 2 or higher", "pneumonitis[history] grade >= 2"),
        (IN, "Stage III or IV ovarian cancer", "all(stage III/IV, ovarian-cancer)"),
    ],
    "logic": [
        (IN, "No history of stroke or seizure disorder", None),
        (EX, "Pregnant or breastfeeding women", "any(pregnancy, breastfeeding)"),
        (EX, "HBsAg positive and HBV DNA ≥ 1000 IU/mL", "all(hbsag, hbv-dna >= 1000 IU/mL)"),
        (IN, "Females must not be breastfeeding", "if(female then not(breastfeeding))"),
        (IN, "Patients with brain metastases are excluded", "not(brain-metastases)"),
        (
            EX,
            "Autoimmune disease, except vitiligo or hypothyroidism",
            "autoimmune-disease unless(vitiligo, hypothyroidism)",
        ),
        (EX, "Infections such as pneumonia", "any(infection, pneumonia)"),
        (EX, "Dementia, psychosis, etc.", None),
    ],
    "time": [
        (EX, "Major surgery within 4 weeks before enrolment", "major-surgery @≤4 weeks enrolment"),
        (IN, "At least 4 weeks since prior chemotherapy", "not(chemotherapy @≤!4 weeks)"),
        (EX, "Live vaccine 30 days prior to the first dose of pembrolizumab", "live-vaccine @≤30 days first_dose"),
        (EX, "Myocardial infarction in the past 6 months", "myocardial-infarction @≤6 months"),
        (
            IN,
            "≥ 6 months from the end of radiotherapy to recurrence",
            "radiotherapy.end→recurrence >= 6 months",
        ),
    ],
    "for a person": [
        (IN, "Signed informed consent", "<consent>"),
        (IN, "Life expectancy of at least 12 weeks", "<life_expectancy 12 weeks>"),
        (EX, "Unable to comply with study procedures", "not(<compliance>)"),
        (EX, "Any condition that, in the investigator's opinion, would interfere with the trial", "<judgement>"),
        (IN, "≥ 18 years of age, and able to give informed consent", "all(age >= 18 years, <consent>)"),
    ],
    "never guessed": [
        (EX, "No prior chemotherapy", "unread[No prior chemotherapy]"),
        (IN, "Hemoglobin of the usual kind on 3 of 5 days", None),
        (EX, "Toxicity with prior radiation or chemotherapy", None),
    ],
}
ROWS = [(kind, *row) for kind, rows in SENTENCES.items() for row in rows]


def compiled(heading: str, sentence: str) -> Criterion:
    (criterion,) = compile_text(f"{heading}:\n* {sentence}").criteria
    return criterion


@pytest.mark.parametrize(("kind", "heading", "sentence", "tree"), [row for row in ROWS if row[3]], ids=lambda _: None)
def test_sentence(kind: str, heading: str, sentence: str, tree: str) -> None:
    assert line(compiled(heading, sentence).node) == tree, kind


def test_a_denial_denies_each_member() -> None:
    assert line(compiled(IN, "No history of stroke or epilepsy").node) == "not(any(stroke[history], epilepsy[history]))"


def test_an_open_list_stays_open() -> None:
    assert line(compiled(EX, "Dementia, psychosis, etc.").node).startswith("any…(dementia")


def test_a_treatment_behind_a_toxicity_is_no_exclusion_of_its_own() -> None:
    """Read as a list, everybody who had chemotherapy would be kept out."""
    tree = line(compiled(EX, "Toxicity with prior radiation or chemotherapy").node)
    assert not tree.startswith("any(")
    assert "chemotherapy[" not in tree


def test_a_number_without_a_place_leaves_the_words_unread() -> None:
    assert compiled(IN, "Hemoglobin of the usual kind on 3 of 5 days").reading == "none"


@pytest.mark.parametrize(("kind", "heading", "sentence", "tree"), [row for row in ROWS if row[3]], ids=lambda _: None)
def test_spans_lie_in_the_words(kind: str, heading: str, sentence: str, tree: str) -> None:
    from trialwright.criteria.nodes import walk

    criterion = compiled(heading, sentence)
    for node in walk(criterion.node):
        assert node.span is not None, (kind, tree)
        assert node.span.end <= len(criterion.text)
