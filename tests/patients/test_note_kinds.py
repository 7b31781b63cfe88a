"""Notes as clinicians write them: letters, lists, tables and shorthand; what a sentence denies, supposes, plans or tells of others."""

from datetime import date

import pytest

from trialwright.codes.vocabulary import default_vocabulary
from trialwright.patients.facts import Fact, Measurement, Occurrence, Patient, Rating, Staging
from trialwright.patients.note import read_note
from trialwright.patients.note_dates import dates_in
from trialwright.patients.note_text import sentences, written_on

from .charts import codes, of, ucum

DAY = date(2026, 3, 2)
HEAD = "Clinic 2 Mar 2026. 52M.\n"


def read(text: str, head: str = HEAD) -> Patient:
    return read_note((head + text).encode(), "note.txt", default_vocabulary(), DAY)


def standings(patient: Patient) -> dict[str, str]:
    """How each thing stands that the note names, by its concept."""
    found: dict[str, str] = {}
    for fact in patient.facts:
        if isinstance(fact, Occurrence) and fact.concept.id and fact.concept.kind != "event":
            parts = [
                fact.certainty if fact.certainty != "confirmed" else "",
                fact.concept.kind == "allergy" and "allergy",
            ]
            parts += [
                fact.family and "family",
                fact.planned and "planned",
                {True: "ongoing", False: "over"}.get(fact.ongoing),
            ]
            found.setdefault(fact.concept.id, " ".join(part for part in parts if part))
    return found


DENIALS = {
    "Not compliant with metformin.": {"metformin": "ongoing"},
    "Back pain not relieved by ibuprofen.": {"ibuprofen": ""},
    "Not admitted for heart failure this year.": {},
    "No complaints and is in general good health.": {"good-health": ""},
    "Blood pressure not at goal - add amlodipine.": {"amlodipine": "planned"},
    "Not on dialysis.": {"dialysis": "refuted"},
    "Not a surgical candidate owing to severe COPD.": {"copd": "ongoing"},
    "HIV, hepatitis B and C serology are negative.": {"hiv": "refuted", "hepatitis-b": "refuted"},
    "Hepatitis B/C and HIV negative.": {"hepatitis-b": "refuted", "hiv": "refuted"},
    "HIV positive, hepatitis B negative.": {"hiv": "ongoing", "hepatitis-b": "refuted"},
    "Cough, -fever, -chest pain.": {"cough": "ongoing", "fever": "refuted", "chest-pain": "refuted"},
    "-asthma\n-COPD": {"asthma": "ongoing", "copd": "ongoing"},
    "Abstinent from alcohol since July 2024.": {"alcohol-use": "refuted"},
    "ADT not started.": {"adt": "refuted"},
    "Renal biopsy not indicated.": {},
}

SUPPOSED = {
    "He is keen on radical prostatectomy.": {},
    "She was offered a hysterectomy.": {},
    "Interested in a clinical trial.": {},
    "HCC surveillance every six months.": {},
    "Seen in the transplant clinic.": {},
    "Options of radical prostatectomy vs brachytherapy discussed.": {},
    "Alcohol-related cirrhosis.": {"cirrhosis": "ongoing"},
    "Weighing radical prostatectomy versus brachytherapy.": {},
    "Vaccinated against influenza in October 2025.": {"influenza-vaccine": ""},
    "Listed for colonoscopy on 15 April 2026.": {"colonoscopy": "planned"},
    "PE: chest clear.": {},
    "Trouble swallowing progressed.": {},
}

ENDINGS = {
    "Two brain metastases, asymptomatic, off steroids.": {"brain-metastases": "ongoing", "corticosteroid": "over"},
    "Former smoker (quit 2010) and drinks alcohol.": {"alcohol-use": "ongoing"},
    "Colitis (treated with infliximab, fully recovered).": {"colitis": "over"},
    "Hypertension, aspirin stopped.": {"hypertension": "ongoing", "aspirin": "over"},
    "Deep vein thrombosis on tinzaparin, resolved.": {"dvt": "over", "tinzaparin": "ongoing"},
    "Methotrexate (hepatotoxicity) was followed by leflunomide.": {"hepatotoxicity": ""},
    "Was treated with ceftriaxone for 5 days.": {"ceftriaxone": ""},
}

SECTIONS = {
    "MEDICATIONS ON ADMISSION\n- Metformin 500 mg\n- Lisinopril 10 mg": {"metformin": "ongoing", "lisinopril": "ongoing"},
    "Family history\nHypertension\nFather: stroke\n\nAsthma.": {"hypertension": "family", "stroke": "family", "asthma": "ongoing"},
    "Family history: mother had stroke. He has asthma.": {"stroke": "family", "asthma": "ongoing"},
    "Lives with his wife who has dementia.": {"dementia": "family"},
    "Plan\nChest X-ray in 6 weeks\nStart rifaximin 550 mg\nContinue metformin": {
        "chest-x-ray": "planned", "rifaximin": "planned", "metformin": "ongoing",
    },
    "Allergies\n- Penicillin: hives\n- sulfa\n\nTakes aspirin.": {
        "penicillin": "allergy", "sulfa-drug": "allergy", "aspirin": "ongoing",
    },
    "Allergies: PCN -> hives.": {"penicillin": "allergy", "urticaria": ""},
}  # fmt: skip


@pytest.mark.parametrize("text", [*DENIALS, *SUPPOSED, *ENDINGS, *SECTIONS])
def test_how_a_thing_stands(text: str) -> None:
    found, expected = standings(read(text)), (DENIALS | SUPPOSED | ENDINGS | SECTIONS)[text]
    assert {name: found.get(name) for name in expected} == expected
    assert expected or not found


DATES = {
    "Visit date: 18-Feb-2026\nAsthma.": "2026-02-18",
    "DISCHARGE SUMMARY\nAdmission date: 12/02/2026   Discharge date: 19/02/2026\nAsthma.": "2026-02-19",
    "Dictated letter. Date of review: March 1, 2026. Asthma.": "2026-03-01",
    "Seen 20/2/26\nAsthma.": "2026-02-20",
    "Tumour board 11.02.2026\nSurgery 20.09.2024. Asthma.": "2026-02-11",
    "Dear colleague,\nThank you for seeing this man with asthma.\n14 January 2026": "2026-01-14",
    "Pre-op assessment 08/Jan/2026: 70 yr old woman who is to have her right hip replaced on 22/01/2026 for arthritis.": "2026-01-08",
}


@pytest.mark.parametrize("text", DATES)
def test_the_day_of_a_note(text: str) -> None:
    assert str(written_on(text)) == DATES[text]


def test_a_day_that_two_orders_can_be_is_not_taken() -> None:
    assert written_on("Date: 02/03/2026\nAsthma.") is None


STARTS = {
    "IgA nephropathy proven in 2020, on ramipril.": ("ramipril", "None"),
    "Diffuse large B-cell lymphoma, stage IV, diagnosed June 2024.": ("dlbcl", "2024-06"),
    "Osteoporosis (alendronate), previous hip fracture 2018.": ("osteoporosis", "None"),
    "HIV (CD4 320, viral load undetectable Jan 2026).": ("hiv", "None"),
    "Kidney transplant in August 2019 for diabetic nephropathy.": ("diabetic-nephropathy", "None"),
    "Course of prednisone for 6 months in 2021.": ("prednisone", "2021"),
    "Asked to stop aspirin a week before surgery.": ("aspirin", "None"),
}


@pytest.mark.parametrize("text", STARTS)
def test_a_day_goes_with_its_own_thing(text: str) -> None:
    name, start = STARTS[text]
    (found,) = [
        fact
        for fact in read(text).facts
        if isinstance(fact, Occurrence) and fact.concept.id == name and fact.concept.kind != "event"
    ]
    assert str(found.start) == start


def test_a_number_of_results_with_a_planned_day_before_them_is_of_the_note() -> None:
    patient = read("Operation on 22 Mar 2026. BMI 33, Hb 121.")
    assert {str(fact.start) for fact in of(patient, Measurement)} == {"2026-03-02"}


TABLE = """Test            Result   Unit        Ref range
Hemoglobin      9.8 L    g/dL        13.0-17.0
WBC             3.1      10^9/L      4.0-11.0
ALT             22       U/L         <50
"""


def test_a_printed_table_of_results() -> None:
    found = {fact.concept.id: (ucum(fact.quantity), fact.low, fact.high) for fact in of(read(TABLE), Measurement)}
    assert {name: [str(part) for part in value] for name, value in found.items()} == {
        "hemoglobin": ["9.8 g/dL", "13.0", "17.0"],
        "wbc": ["3.1 10*9/L", "4.0", "11.0"],
        "alt": ["22 U/L", "None", "50"],
    }


RESULTS = {
    "EF 30-35%.": ["30 %", "35 %"],
    "CA-125 rising: 35 -> 120 -> 410 U/mL.": ["410 U/mL"],
    "Creatinine 0.9.": ["0.9 mg/dL"],
    "Creatinine 142.": ["142 umol/L"],
    "Creatinine 20.": [],
    "WBC 4.2, platelets 148.": ["4.2 10*9/L", "148 10*9/L"],
    "Pulse is irregular at 110bpm.": ["110 /min"],
}


@pytest.mark.parametrize("text", RESULTS)
def test_results(text: str) -> None:
    patient = read(text)
    assert [ucum(fact.quantity) for fact in of(patient, Measurement)] == RESULTS[text]
    assert RESULTS[text] or "unknown-unit" in codes(patient)


def test_a_sum_of_two_grades_in_words() -> None:
    assert [
        int(fact.value) for fact in of(read("Adenocarcinoma of the prostate, Gleason 4 plus 3 equals 7."), Rating)
    ] == [7]


def test_letters_that_are_a_scale_and_a_drug() -> None:
    assert [fact.scale for fact in of(read("ASA III."), Rating)] == ["asa"]
    assert standings(read("Takes asa 81 mg."))["aspirin"] == "ongoing"


def test_a_stage_is_of_the_cancer_and_not_of_its_histology() -> None:
    found = of(read("Non-small cell lung cancer (adenocarcinoma), stage IVB."), Staging)
    assert [fact.concept.id for fact in found if isinstance(fact, Staging)] == ["nsclc"]


PEOPLE = {
    "This seventy-two year old lady has asthma.": ("1953-03-03 to 1954-03-02", "female"),
    "Patient 63 yrs, asthma.": ("1962-03-03 to 1963-03-02", None),
    "Mr. K., asthma.": (None, "male"),
    "Asthma. " * 90 + "She is well.": (None, "female"),
}


@pytest.mark.parametrize("text", PEOPLE)
def test_who_the_note_is_about(text: str) -> None:
    patient = read(text, "Clinic 2 Mar 2026. ")
    assert (patient.birth and str(patient.birth), patient.sex) == PEOPLE[text]


def test_one_reaction_is_of_one_substance() -> None:
    found = {fact.concept.id: fact.severity for fact in read("Allergies: penicillin (rash), sulfa (anaphylaxis).").facts
             if isinstance(fact, Occurrence) and fact.concept.kind == "allergy"}  # fmt: skip
    assert found == {"penicillin": None, "sulfa-drug": "severe"}


def test_short_lines_are_lines_and_wrapped_ones_are_not() -> None:
    short = "here for review of asthma, diagnosed long ago and well controlled.\nmeds aspirin\nbp 150/92"
    assert [short[one.start : one.end] for one in sentences(short)][1:] == ["meds aspirin", "bp 150/92"]
    wrapped = "she has had a cough for three weeks and she takes\nsalbutamol when she needs it, which is often in the\nevening"
    assert len(sentences(wrapped)) == 1


def test_days_with_two_digits_of_the_year() -> None:
    assert [str(one.first) for one in dates_in("Seen 20/2/26 and 3/14/51.", None)] == [
        "2026-02-20", "1951-03-14",
    ]  # fmt: skip
    assert [str(one.first) for one in dates_in("Seen 20/2/26.", None)] == ["2026-02-20"]


def test_every_fact_points_to_its_words() -> None:
    for text in (*DENIALS, *SUPPOSED, *ENDINGS, *SECTIONS, TABLE):
        whole = HEAD + text
        for fact in read(text).facts:
            _points(fact, whole)


def _points(fact: Fact, text: str) -> None:
    words = getattr(fact, "words", "")
    start, end = map(int, (fact.source or "").rpartition(":")[2].split("-"))
    assert words in text[start:end]


def test_words_without_a_stop_are_cut_and_lose_nothing() -> None:
    text = "he has asthma and takes aspirin, no fever, and was on metformin " * 200
    spans = sentences(text)
    assert max(one.end - one.start for one in spans) <= 1200
    assert " ".join(text[one.start : one.end] for one in spans).split() == text.split()
    assert {fact.concept.id for fact in of(read(text), Occurrence)} >= {"asthma", "aspirin", "fever", "metformin"}


def test_what_gave_nothing_is_listed_by_its_characters() -> None:
    text = "Asthma. CT to rule out stroke if worse. The quick brown fox jumps over it."
    (known, unknown) = [
        one.message for one in read("Colitis pending result.\n" + text, "").diagnostics if one.code == "note-unread"
    ]
    whole = "Colitis pending result.\n" + text
    assert "name nothing that is known" in unknown
    start, end = map(int, unknown.rpartition(" ")[2].split("-"))
    assert whole[start:end].startswith("The quick brown fox")
    assert known.startswith("1 sentence")
