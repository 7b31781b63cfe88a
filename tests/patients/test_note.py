"""Clinic notes: what a sentence says of the patient, each fact with its words; what it only supposes is no fact."""

from contextlib import suppress
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialwright.codes.dates import PartialDate
from trialwright.codes.vocabulary import default_vocabulary
from trialwright.patients.facts import Measurement, Occurrence, Patient, Rating, Staging, Statement
from trialwright.patients.loading import read_patients
from trialwright.patients.note import read_note
from trialwright.patients.note_dates import dates_in
from trialwright.patients.note_text import other_language, sentences, written_on
from trialwright.patients.remarks import ChartError

from .charts import codes, named, of, ucum

DAY = date(2026, 3, 2)
HEAD = "Clinic 2 Mar 2026. 52M.\n"


def read(text: str, head: str = HEAD) -> Patient:
    return read_note((head + text).encode(), "note.txt", default_vocabulary(), DAY)


def standing(fact: Occurrence) -> str:
    parts = [fact.certainty if fact.certainty != "confirmed" else ""]
    parts += ["family" if fact.family else "", "planned" if fact.planned else ""]
    parts += [{True: "ongoing", False: "over", None: ""}[fact.ongoing]]
    return " ".join(part for part in parts if part)


STANDINGS = {
    "Hypertension and asthma.": {"hypertension": "ongoing", "asthma": "ongoing"},
    "She denies smoking, diabetes, hyperlipidemia, or chest pain.": {
        "smoking": "refuted", "diabetes": "refuted", "hyperlipidemia": "refuted", "chest-pain": "refuted",
    },
    "No fever but cough for 3 days.": {"fever": "refuted", "cough": "ongoing"},
    "Prior stroke (no residual weakness), hypertension.": {"stroke": "", "hypertension": "ongoing"},
    "Mother had breast cancer.": {"breast-cancer": "family"},
    "Family history of colon cancer.": {"colon-cancer": "family"},
    "His daughter reports cough.": {"cough": "ongoing"},
    "CT to rule out pulmonary embolism.": {"ct": ""},
    "Return if fever develops.": {},
    "At risk for falls and stroke.": {},
    "Possible tuberculosis.": {"tuberculosis": "suspected ongoing"},
    "Pneumonia was ruled out.": {"pneumonia": "refuted"},
    "Hepatitis C 2017, cured in 2019.": {"hepatitis-c": "over"},
    "HIV has not been tested.": {},
    "HBsAg neg, anti-HCV POS.": {"hbsag": "refuted", "hcv-antibody": "confirmed"},
    "HCV antibody pending.": {},
    "Past Medical History:\nasthma\nCOPD": {"asthma": "", "copd": ""},
    "Colonoscopy is booked for 20 Mar 2026.": {"colonoscopy": "planned"},
    "No live vaccines given or planned.": {"live-vaccine": "refuted planned"},
    "MRI negative.": {"mri": ""},
    "Non-smoker, afebrile.": {"smoking": "refuted", "fever": "refuted"},
    "Colon cancer in remission.": {"colon-cancer": "over"},
    "Unable to undergo thyroidectomy.": {"thyroidectomy": "refuted"},
    "Stroke in 2010 without residual deficit, asthma, epilepsy.": {"stroke": "", "asthma": "ongoing", "epilepsy": "ongoing"},
    "Seen without fever, cough, or dyspnea.": {"fever": "refuted", "cough": "refuted", "dyspnea": "refuted"},
    "COPD, GERD, deep vein thrombosis 2016 (resolved), asthma.": {"copd": "ongoing", "gerd": "ongoing", "dvt": "over", "asthma": "ongoing"},
    "He lives with his wife and has asthma.": {"asthma": "ongoing"},
    "COVID-19 booster Oct 2025.": {"covid-vaccine": ""},
    "Medications: atorvastatin, omeprazole.": {"atorvastatin": "ongoing", "omeprazole": "ongoing"},
    "Pembrolizumab stopped for pneumonitis 5 Feb 2026.": {"pneumonitis": ""},
    "No brain metastases on MRI brain 12 Feb 2026.": {"brain-metastases": "refuted", "brain-mri": ""},
    "CKD stage 3a.": {"ckd-stage-3": "ongoing"},
    "Allergies: none known.": {"allergy": "refuted"},
    "Enzalutamide (July 2020 - Nov 2022).": {"enzalutamide": "over"},
}  # fmt: skip


@pytest.mark.parametrize("text", STANDINGS)
def test_how_a_thing_stands(text: str) -> None:
    found: dict[str, str] = {}
    for fact in read(text).facts:
        if isinstance(fact, Occurrence) and fact.concept.id and fact.concept.kind != "event":
            found.setdefault(fact.concept.id, standing(fact))
    expected = STANDINGS[text]
    for name, how in expected.items():
        assert name in found, (name, found)
        assert how == "confirmed" or found[name] == how, (name, found[name])
    assert expected or not found


VALUES = {
    "Hb 90 g/L (115-150)": ("hemoglobin", "90 g/L", "115", "150"),
    "TBIL 30.0 umol/L (ULN 20)": ("bilirubin-total", "30.0 umol/L", None, "20"),
    "INR 1.8 (ULN 1.2)": ("inr", "1.8 1", None, "1.2"),
    "ANC 1450 /uL": ("anc", "1450 /uL", None, None),
    "CrCl (C-G) 56 mL/min": ("creatinine-clearance", "56 mL/min", None, None),
    "Wt 78 kg": ("weight", "78 kg", None, None),
    "T 36.6": ("temperature", "36.6 Cel", None, None),
    "fever up to 39.2 C": ("temperature", "39.2 Cel", None, None),
    "white blood cell count of 17,580/uL": ("wbc", "17580 /uL", None, None),
    "EF of 25%": ("lvef", "25 %", None, None),
}


@pytest.mark.parametrize("text", VALUES)
def test_a_result_with_its_unit_and_range(text: str) -> None:
    (found,) = [fact for fact in read(f"Bloods 16 Feb 2026: {text}.").facts if isinstance(fact, Measurement)]
    name, quantity, low, high = VALUES[text]
    assert found.concept.id == name
    assert ucum(found.quantity) in (quantity, quantity.replace(" 1", " {INR}"))
    assert (found.low, found.high) == tuple(Decimal(end) if end else None for end in (low, high))
    assert str(found.start) == "2026-02-16"


def test_several_values_with_one_unit_are_several_facts() -> None:
    for words in ("QTcF 467, 469, 471 ms", "QTcF 467/469/471 ms"):
        assert [int(fact.quantity.value) for fact in of(read(words), Measurement, "qtcf")] == [467, 469, 471]


def test_two_tests_with_two_values() -> None:
    patient = read("AST/ALT 45/52 U/L; creatinine 0.7 mg/dL.")
    assert {named(fact)[0]: ucum(fact.quantity) for fact in of(patient, Measurement)} == {
        "ast": "45 U/L", "alt": "52 U/L", "creatinine": "0.7 mg/dL",
    }  # fmt: skip


def test_ordinary_words_are_no_illness() -> None:
    patient = read("Ms K, on room air: SpO2 99% RA, right heart art line.")
    assert [named(fact)[0] for fact in of(patient, Occurrence)] == []


def test_an_allergy_by_its_word() -> None:
    for text in ("Allergic to sulfa - rash.", "ALLERGIES: Sulfa (rash)."):
        found = {
            (fact.concept.id, fact.concept.kind, fact.cause.id if fact.cause else None)
            for fact in of(read(text), Occurrence)
        }
        assert found == {("sulfa-drug", "allergy", None), ("rash", "condition", "sulfa-drug")} or found == {
            ("sulfa-drug", "allergy", None), ("allergy", "condition", "sulfa-drug"), ("rash", "condition", None),
        }, text  # fmt: skip


def test_blood_pressure_is_two_facts() -> None:
    patient = read("BP 122/76.")
    assert [int(of(patient, Measurement, name)[0].quantity.value) for name in ("sbp", "dbp")] == [122, 76]


def test_a_number_without_a_unit_is_no_fact_and_is_named() -> None:
    # 9 g/dL is severe anaemia, 9 mmol/L is health.
    patient = read("Hb 9.0.")
    assert of(patient, Measurement) == []
    assert "unknown-unit" in codes(patient)


def test_a_unit_that_does_not_fit_is_no_fact_and_is_named() -> None:
    patient = read("Platelets 100 mg.")
    assert of(patient, Measurement) == []
    assert "unit-mismatch" in codes(patient)


def test_ranks_stages_and_histology() -> None:
    patient = read("NPC 4 Mar 2025, WHO III, cT1N2M0 stage III (AJCC 8). ECOG 1 on 12 Feb 2026, modified Charlson 0.")
    ratings = {(fact.scale, str(fact.value), fact.version) for fact in of(patient, Rating)}
    assert ratings == {("ecog", "1", None), ("charlson", "0", "modified")}
    stages = {(fact.system, fact.value, fact.prefix, fact.edition) for fact in of(patient, Staging)}
    assert stages >= {("T", "T1", "c", "8"), ("N", "N2", "c", "8"), ("M", "M0", "c", "8"), ("group", "III", "c", "8")}
    assert any(
        fact.concept.id == "npc-undifferentiated" or fact.concept.id == "npc-nonkeratinizing"
        for fact in of(patient, Occurrence)
    )


def test_the_sequences_of_an_mri_are_no_stages() -> None:
    patient = read("NPC 2025. MRI 3 Feb 2026 (T1, T2, T1+C): measurable lesion.")
    assert [fact.value for fact in of(patient, Staging)] == []
    (mri,) = of(patient, Occurrence, "mri")
    assert mri.details == ("t1", "t2", "t1 with contrast")


def test_a_course_of_treatment() -> None:
    patient = read(
        "NPC 2020. Radical IMRT 70 Gy to nasopharynx + neck, 11 Jan - 1 Mar 2021, with cisplatin 100 mg/m2 x2 (11 Jan - 22 Feb 2021)."
    )
    imrt, *_ = of(patient, Occurrence, "imrt")
    assert (str(imrt.start), str(imrt.end), imrt.purpose, imrt.ongoing) == (
        "2021-01-11",
        "2021-03-01",
        "curative",
        False,
    )
    (cisplatin,) = of(patient, Occurrence, "cisplatin")
    assert (str(cisplatin.end), cisplatin.cycles, ucum(cisplatin.dose)) == ("2021-02-22", 2, "100 mg/m2")


def test_the_stage_of_another_illness_is_not_that_of_the_cancer() -> None:
    patient = read("NPC 2020, cT3N0M0. CKD stage 3a.")
    assert [fact.value for fact in of(patient, Staging) if fact.system == "group"] == []


def test_the_day_of_one_illness_is_not_that_of_the_next() -> None:
    patient = read("COPD, stroke 2010, deep vein thrombosis 2016, asthma.")
    days = {named(fact)[0]: str(fact.start) for fact in of(patient, Occurrence)}
    assert days == {"copd": "None", "stroke": "2010", "dvt": "2016", "asthma": "None"}


def test_a_drug_that_is_taken() -> None:
    (found,) = of(read("On prednisone 12 mg od since 1 Oct 2025 for rheumatoid arthritis."), Occurrence, "prednisone")
    assert (found.ongoing, str(found.start), ucum(found.dose)) == (True, "2025-10-01", "12 mg/d")
    assert found.reason is not None
    assert found.reason.id == "rheumatoid-arthritis"


def test_an_allergy_and_its_reaction() -> None:
    patient = read("Cetuximab 400 mg/m2 on 7 Apr 2014 -> anaphylaxis (severe).")
    (allergy,) = [fact for fact in of(patient, Occurrence) if fact.concept.kind == "allergy"]
    assert (allergy.concept.id, allergy.severity) == ("cetuximab", "severe")
    (reaction,) = of(patient, Occurrence, "anaphylaxis")
    assert reaction.cause is not None
    assert [fact.certainty for fact in of(read("NKDA."), Occurrence, "drug-allergy")] == ["refuted"]


def test_a_recurrence_has_its_day_place_and_proof() -> None:
    patient = read(
        "NPC dx 15 Dec 2020.\nRecurrence on MRI 30 Jan 2026, confirmed by PET-CT. Nasopharynx + neck node, rT1N1M0, stage II."
    )
    found = {fact.site.id for fact in of(patient, Occurrence, "recurrence") if fact.site}
    assert found == {"site-nasopharynx", "site-cervical-node"}
    again = of(patient, Occurrence, "recurrence")
    assert {str(fact.start) for fact in again} == {"2026-01-30"}
    assert {one.id for fact in again for one in fact.evidence} == {"mri", "pet-ct"}


def test_what_people_have_agreed_to() -> None:
    agreed = read(
        "Agrees to contraception. The patient will provide informed consent, and will comply with the protocol."
    )
    assert {(fact.kind, fact.holds) for fact in of(agreed, Statement)} == {
        ("contraception", True), ("consent", True), ("compliance", True),
    }  # fmt: skip
    assert [fact.holds for fact in of(read("He declines contraception."), Statement)] == [False]


PEOPLE = {
    "A 58-year-old woman presents with cough.": ("female", "1967-03-03 to 1968-03-02"),
    "74M hx of CAD.": ("male", "1951-03-03 to 1952-03-02"),
    "71M, birthday today.": ("male", "1955-03-02"),
    "55M (DOB 30 Nov 1970).": ("male", "1970-11-30"),
    "6-month-old boy.": ("male", "2025-08-03 to 2025-09-02"),
    "75 yo M with cough.": ("male", "1950-03-03 to 1951-03-02"),
    "Cough.": (None, "None"),
    "Her mother is 80 years old; the patient is a man.": ("female", "1945-03-03 to 1946-03-02"),
}


@pytest.mark.parametrize("text", list(PEOPLE)[:-1])
def test_age_and_sex(text: str) -> None:
    patient = read(text, head="Seen 2 Mar 2026. ")
    assert (patient.sex, str(patient.birth)) == PEOPLE[text]


def test_every_fact_points_to_its_words(shared: object) -> None:
    from pathlib import Path

    for path in sorted((Path(str(shared)) / "data/npc/notes").glob("*.txt")):
        text = path.read_text(encoding="utf-8")
        patient = read_note(path.read_bytes(), path.name, default_vocabulary(), DAY)
        assert len(patient.facts) > 5
        for fact in patient.facts:
            name, _, place = fact.source.rpartition(":")
            start, end = map(int, place.split("-"))
            assert name == path.name
            assert fact.words
            assert fact.words in text[start:end], fact


def test_the_notes_say_what_the_fhir_charts_say(shared: object) -> None:
    """The same patients in two forms: every value, rank and stage of the note is one of the chart, and hardly one is missing."""
    from pathlib import Path

    folder = Path(str(shared)) / "data/npc"
    lost = total = 0
    for path in sorted((folder / "notes").glob("*.txt")):
        note = read_note(path.read_bytes(), path.name, default_vocabulary(), DAY)
        (chart,) = read_patients(folder / "fhir" / f"{path.stem}.json")
        assert note.sex == chart.sex
        assert note.birth is not None
        assert chart.birth is not None
        assert note.birth.earliest <= chart.birth.earliest <= note.birth.latest
        said, known = _figures(note), _figures(chart)
        # The chart keeps the Gleason score, the PSA and the stage of another cancer in words.
        odd = {
            one
            for one in said - known
            if one[1] not in ("gleason", "psa") and not (one[0] == "staging" and one[3] in ("who", "group"))
        }
        assert odd <= {("staging", "T1", "c", "T")}, path.name
        lost += len({one for one in known - said if "distance" not in str(one[1])})
        total += len(known)
    assert total > 150
    assert lost <= 0.06 * total


def _figures(patient: Patient) -> set[tuple[str, ...]]:
    found: set[tuple[str, ...]] = set()
    for fact in patient.facts:
        if isinstance(fact, Measurement):
            found.add(("measured", str(fact.concept.id), ucum(fact.quantity), str(fact.start)))
        elif isinstance(fact, Rating):
            found.add(("rated", fact.scale, str(fact.value), str(fact.start)))
        elif isinstance(fact, Staging):
            found.add(("staging", fact.value[:2] if fact.system == "T" else fact.value, str(fact.prefix), fact.system))
    return found


DATES = {
    "11 Jan - 1 Mar 2021": ("2021-01-11", "2021-03-01", "period"),
    "8 and 29 Nov 2021": ("2021-11-08", "2021-11-29", "period"),
    "since Feb 2018": ("2018-02", None, "since"),
    "until 8 May 2025": ("2025-05-08", None, "until"),
    "May 3, 2020": ("2020-05-03", None, "on"),
    "13/2/2021": ("2021-02-13", None, "on"),
    "02/03/2020": ("2020", None, "on"),
    "(20 Feb)": ("2026-02-20", None, "on"),
    "(20 Apr)": ("2025-04-20", None, "on"),
    "two days earlier": ("2026-02-28", None, "on"),
    "3 weeks ago": ("2026-02-05 to 2026-02-13", None, "on"),
    "for 2 days": ("2026-02-27 to 2026-03-01", None, "for"),
    "in 2019": ("2019", None, "on"),
}


@pytest.mark.parametrize("text", DATES)
def test_a_date_in_running_words(text: str) -> None:
    (found,) = dates_in(f"Seen {text}, well.", PartialDate.of(DAY))
    assert (str(found.first), str(found.last) if found.last else None, found.role) == DATES[text]


@pytest.mark.parametrize("text", ["PSA 2000 ng/mL", "2026 mg", "no. 2019-AB", "1450 /uL"])
def test_a_number_that_is_no_date(text: str) -> None:
    assert dates_in(text, PartialDate.of(DAY)) == []


def test_sentences_keep_their_places() -> None:
    text = "1. Seen by Dr. Smith, Hb 8.4 g/dL. rT1N1M0; well.\n- no pain"
    assert [text[one.start : one.end] for one in sentences(text)] == [
        "Seen by Dr. Smith, Hb 8.4 g/dL.", "rT1N1M0;", "well.", "no pain",
    ]  # fmt: skip


def test_the_day_of_a_note() -> None:
    assert str(written_on("Clinic 2 Mar 2026. 52M.")) == "2026-03-02"
    assert written_on("DOB 30 Nov 1970. Cough since 2 Mar 2026.") is None
    undated = read("Cough.", head="")
    assert "note-undated" in codes(undated)


FOREIGN = {
    "German": "Die Patientin ist 54 Jahre alt und hat einen Diabetes. Keine Allergien, seit 2019 mit Metformin.",
    "French": "Femme de 54 ans avec un diabète depuis 2010, sans allergie. Elle est traitée par metformine pour le diabète.",
    "Spanish": "Paciente de 54 años con diabetes desde 2010, sin alergias. Se trata con metformina por la diabetes y el dolor.",
    "no language in Latin letters": "患者54歳女性、糖尿病。アレルギーなし。",
}


@pytest.mark.parametrize("language", FOREIGN)
def test_a_note_in_another_language_gives_no_facts(language: str) -> None:
    assert other_language(FOREIGN[language]) == language
    (patient,) = read_patients(FOREIGN[language].encode(), as_of=DAY)
    assert patient.facts == ()
    assert patient.birth is None
    assert codes(patient) == ["other-language"]


def test_what_is_no_note_is_refused_in_one_line() -> None:
    for data, words in ((b"hello there", "nothing of a patient"), (b"Cough \xff\xfe", "no text in UTF-8")):
        with pytest.raises(ChartError, match=words) as caught:
            list(read_patients(data))
        assert "\n" not in str(caught.value)
        assert "Cough" not in str(caught.value)


PIECES = [
    "no ", "denies ", "history of ", "(", ")", ", ", ". ", "; ", "\n", "52M", "Hb ", "90 g/L", "ECOG 1", "rT2N0M0", "stage IV",
    "12 Feb 2026",
    "since 2019", "NPC ", "recurrence ", "cisplatin ", "100 mg/m2 ", "MRI ", "-> anaphylaxis", "neg", "POS", "31 Feb 2026", "mother had ",
    "cancer", "PMH:\n", "3 weeks ago", "\ufeff", "²", "x3", "/", "467, 469", "BP 120/80", "WHO III", "planned", "and ", "in the neck ",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=25))
@settings(max_examples=150)
def test_no_arrangement_of_words_raises(pieces: list[str]) -> None:
    text = "".join(pieces)
    patient = read_note(text.encode(), "note.txt", default_vocabulary(), DAY)
    for fact in patient.facts:
        start, end = map(int, fact.source.rpartition(":")[2].split("-"))
        assert 0 <= start < end <= len(text)


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_but_a_chart_error(data: bytes) -> None:
    with suppress(ChartError):
        assert list(read_patients(data, as_of=DAY))
