"""The patient form: each line as its page says, every mistake with its line and what was expected."""

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from trialwright.codes.quantities import Quantity
from trialwright.patients.facts import Measurement, Occurrence, Patient, Rating, Staging, Statement
from trialwright.patients.form import SECTIONS
from trialwright.patients.form_facts import STATEMENTS
from trialwright.patients.form_lines import LineError, read_line, read_value
from trialwright.patients.loading import read_patients
from trialwright.patients.remarks import ChartError, FormError

from .charts import codes, named, occurrence, of, ucum

PAGE = (Path(__file__).resolve().parents[2] / "docs/patient-form.md").read_text(encoding="utf-8")


def form(text: str) -> Patient:
    (patient,) = read_patients(text.encode())
    return patient


def line(words: str) -> dict[str, Any]:
    """What a line says beyond the defaults."""
    read, empty = read_line(words), read_line("x")
    fields = read.__slots__
    return {
        name: getattr(read, name) for name in fields if getattr(read, name) != getattr(empty, name) or name == "name"
    }


def as_words(said: dict[str, Any]) -> dict[str, str]:
    return {name: ucum(value) if isinstance(value, Quantity) else str(value) for name, value in said.items()}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("asthma", {"name": "asthma"}),
        ("asthma since 2020", {"name": "asthma", "start": "2020", "ongoing": "True"}),
        ("asthma on 2020-03", {"name": "asthma", "start": "2020-03"}),
        ("asthma 2020-03-04", {"name": "asthma", "start": "2020-03-04"}),
        (
            "colon cancer 2015-05-12 to 2015-12-20",
            {"name": "colon cancer", "start": "2015-05-12", "end": "2015-12-20", "ongoing": "False"},
        ),
        ("radiotherapy until 2019", {"name": "radiotherapy", "end": "2019", "ongoing": "False"}),
        ("no diabetes", {"name": "diabetes", "certainty": "refuted"}),
        ("not breastfeeding", {"name": "breastfeeding", "certainty": "refuted"}),
        ("suspected tuberculosis", {"name": "tuberculosis", "certainty": "suspected"}),
        ("family history of breast cancer", {"name": "breast cancer", "family": "True"}),
        ("planned major surgery on 2026-03-20", {"name": "major surgery", "start": "2026-03-20", "planned": "True"}),
        ("prednisone 12 mg daily", {"name": "prednisone", "dose": "12 mg/d"}),
        ("5-FU 1000 mg/m2", {"name": "5-FU", "dose": "1000 mg/m2"}),
        (
            "metformin 2000 mg daily since 2020",
            {"name": "metformin", "dose": "2000 mg/d", "start": "2020", "ongoing": "True"},
        ),
        ("IMRT, 70 Gy, curative", {"name": "IMRT", "dose": "70 Gy", "purpose": "curative"}),
        ("COVID-19 in 2021", {"name": "COVID-19", "start": "2021"}),
        (
            "asthma, severe, controlled",
            {"name": "asthma", "severity": "severe", "status": "controlled", "ongoing": "True"},
        ),
        ("gemcitabine, 6 cycles, line 2", {"name": "gemcitabine", "cycles": "6", "line": "2"}),
        ("gemcitabine, second line, for recurrence", {"name": "gemcitabine", "line": "2", "reason": "recurrence"}),
        ("neuropathy, caused by cisplatin", {"name": "neuropathy", "cause": "cisplatin"}),
        ("NPC, site nasopharynx and neck", {"name": "NPC", "sites": "('nasopharynx', 'neck')"}),
        ("NPC, confirmed by biopsy and MRI", {"name": "NPC", "evidence": "('biopsy', 'MRI')"}),
        ("resectable, assessed by MDT", {"name": "resectable", "details": "('assessed by mdt',)"}),
    ],
)
def test_a_line(words: str, expected: dict[str, str]) -> None:
    assert as_words(line(words)) == expected


def test_a_dose_range_is_no_dose_and_is_kept() -> None:
    read = read_line("cisplatin 80-100 mg/m2, 2025")
    assert (read.name, read.dose, read.details, str(read.start)) == ("cisplatin", None, ("80-100 mg/m2",), "2025")


@pytest.mark.parametrize(
    "words", ["asthma since 2020-13", "asthma on 2021-02-30", "asthma from 2021-05-01 to 2020-01-01", "since 2020"]
)
def test_a_line_that_cannot_be(words: str) -> None:
    with pytest.raises(LineError):
        read_line(words)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("90 g/L on 2026-02-16 (115-150)", ("90", "g/L", "2026-02-16", "115", "150")),
        ("30 umol/L (ULN 20)", ("30", "umol/L", None, None, "20")),
        ("1450 /uL 2026-02-23", ("1450", "/uL", "2026-02-23", None, None)),
        ("2000 IU/mL on 2026", ("2000", "[IU]/mL", "2026", None, None)),
        ("5.4 x 10^9/L", ("5.4", "10*9/L", None, None, None)),
        ("1.8 on 2026-02-16 (0.8-1.2)", ("1.8", None, "2026-02-16", "0.8", "1.2")),
        ("1,450 /uL", ("1450", "/uL", None, None, None)),
    ],
)
def test_a_result(words: str, expected: tuple[str | None, ...]) -> None:
    read = read_value(words)
    assert read.amount is not None
    found = (read.amount.value, read.amount.unit, read.start, read.low, read.high)
    assert tuple(None if part is None else str(part) for part in found) == expected


def test_the_example_of_the_page_is_read_whole() -> None:
    patient = form(re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[0])
    assert (patient.id, patient.sex, str(patient.birth)) == ("A-17", "female", "1974-06-11")
    assert set(codes(patient)) <= {"lab-without-range"}
    facts = {named(fact)[0] for fact in patient.facts if named(fact)}
    assert facts >= {
        "nasopharyngeal-carcinoma",
        "peripheral-neuropathy",
        "colon-cancer",
        "diabetes",
        "tuberculosis",
        "prednisone",
        "cisplatin",
    }
    assert facts >= {
        "hemoglobin",
        "ast",
        "hbv-dna",
        "hbsag",
        "qtcf",
        "weight",
        "measurable-disease",
        "resectable",
        "breastfeeding",
        "cetuximab",
    }
    assert [ucum(fact.quantity) for fact in of(patient, Measurement, "qtcf")] == ["467 ms", "469 ms", "471 ms"]
    assert occurrence(patient, "diabetes").certainty == "refuted"
    assert occurrence(patient, "breastfeeding").certainty == "refuted"
    assert [(fact.kind, fact.holds) for fact in of(patient, Statement)] == [
        ("contraception", True),
        ("life_expectancy", True),
    ]
    assert occurrence(patient, "breast-cancer").family
    assert str(occurrence(patient, "recurrence").start) == "2026-01-20"
    assert str(occurrence(patient, "diagnosis").start) == "2021-01-15"


def test_the_spelled_out_example_says_what_its_line_says() -> None:
    spelled = form(re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[1])
    lined = form(
        "conditions: ['recurrent nasopharyngeal carcinoma since 2026-01-20, site nasopharynx and cervical lymph node,"
        " confirmed by biopsy and MRI']"
    )
    assert [(named(one), one.start, one.site, one.evidence) for one in of(spelled, Occurrence)] == [
        (named(one), one.start, one.site, one.evidence) for one in of(lined, Occurrence)
    ]


def test_every_section_key_and_statement_stands_on_the_page() -> None:
    for word in (*SECTIONS, *STATEMENTS):
        assert word in PAGE, word


def test_json_says_the_same_as_yaml() -> None:
    text = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[0]
    plain = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - the loader that makes strings alone
    as_json = form(json.dumps(plain, indent="\t"))
    assert [(type(one), named(one), one.start) for one in as_json.facts] == [
        (type(one), named(one), one.start) for one in form(text).facts
    ]


def test_stages_carry_prefix_and_edition_and_say_whether_there_are_metastases() -> None:
    patient = form("stage: rT2 N1 M0, stage II, AJCC 8, on 2026-01-20")
    found = [(one.system, one.value, one.prefix, one.edition, str(one.start)) for one in of(patient, Staging)]
    assert found == [
        ("T", "T2", "r", "8", "2026-01-20"),
        ("N", "N1", "r", "8", "2026-01-20"),
        ("M", "M0", "r", "8", "2026-01-20"),
        ("group", "II", "r", "8", "2026-01-20"),
    ]
    assert occurrence(patient, "distant-metastasis").certainty == "refuted"


def test_the_stage_of_a_recurrence_says_where_it_is() -> None:
    patient = form("stage: rT0 N2 M0, AJCC 8, on 2026-01-20")
    where = {fact.concept.id: fact.certainty for fact in patient.facts if isinstance(fact, Occurrence)}
    assert where["local-recurrence"] == "refuted"
    assert where["regional-recurrence"] == "confirmed"


def test_scores_with_their_version() -> None:
    patient = form("scores: {ECOG: 1 on 2026-02-23, 'charlson (modified)': 0, NYHA: class III}")
    ratings = {
        one.scale.removeprefix("charlson-comorbidity-index"): (one.value, one.version) for one in of(patient, Rating)
    }
    assert list(ratings.values()) == [(1, None), (0, "modified"), (3, None)]


def test_an_unknown_unit_is_kept_and_reported_and_a_missing_one_is_a_mistake() -> None:
    patient = form("labs: {hemoglobin: 90 blobs}")
    assert of(patient, Measurement)[0].quantity == Quantity(Decimal(90), "blobs")
    assert codes(patient)[0] == "unknown-unit"
    assert of(form("labs: {INR: 1.8}"), Measurement)[0].quantity.value == Decimal("1.8")
    with pytest.raises(FormError, match="the number has no unit"):
        form("labs: {hemoglobin: 90}")


def test_a_pending_result_gives_no_fact() -> None:
    patient = form("labs: {HCV RNA: pending}")
    assert (patient.facts, codes(patient)) == ((), ["no-result"])


def test_plans_and_their_findings() -> None:
    patient = form("plans: [no live vaccine on 2026-03-02, major surgery on 2026-03-20]")
    assert occurrence(patient, "vaccination-planned").certainty == "refuted"
    assert (
        occurrence(patient, "major-surgery-planned").certainty,
        str(occurrence(patient, "major-surgery-planned").start),
    ) == (
        "confirmed",
        "2026-03-20",
    )
    assert [one.planned for one in of(patient, Occurrence)].count(True) == 2


def test_allergies_with_reactions_and_none_known() -> None:
    patient = form("allergies: ['cetuximab, anaphylaxis, severe, 2014-04-07']")
    assert [(named(one)[0], one.concept.kind, one.severity) for one in of(patient, Occurrence)] == [
        ("cetuximab", "allergy", "severe"),
        ("anaphylaxis", "condition", "severe"),
    ]
    assert occurrence(form("allergies: [none known]"), "allergy").certainty == "refuted"


def test_several_patients_in_each_of_three_ways() -> None:
    expected = ["a", "b"]
    for text in ("- id: a\n- id: b\n", "id: a\n---\nid: b\n", "patients:\n  - id: a\n  - id: b\n"):
        assert [one.id for one in read_patients(text.encode())] == expected


def test_a_patient_without_an_id_is_numbered_by_the_file(tmp_path: Path) -> None:
    (tmp_path / "ward.yaml").write_text("- sex: male\n- sex: female\n", encoding="utf-8")
    assert [one.id for one in read_patients(tmp_path / "ward.yaml")] == ["ward-1", "ward-2"]


def test_each_fact_points_to_its_line(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("id: a\n\nconditions:\n  - asthma\n  - name: gout\n", encoding="utf-8")
    (patient,) = read_patients(tmp_path / "x.yaml")
    assert [one.source.rsplit("/", 1)[-1] for one in patient.facts] == ["x.yaml:4", "x.yaml:5"]


MISTAKES = {
    "conditons: []": "input:1: conditons: there is no key 'conditons'; did you mean 'conditions'?",
    "id: x\nsex: x": "input:2: sex: expected female or male; leave it out when it is not recorded",
    "birth: 2026-13-01": "input:1: birth: no such date; expected a form such as 2026, 2026-02 or 2026-02-03",
    "labs:\n  hemoglobin: 90": "input:2: labs, hemoglobin: the number has no unit; expected one such as g/dL",
    "labs: [a]": "input:1: labs: found a list; expected results by name, such as hemoglobin: 90 g/L on 2026-02-16",
    "drugs:\n - prednisone since 2020-02-30": "input:2: drugs, item 1: no such date; expected a form such as 2026, 2026-02 or 2026-02-03",
    "conditions:\n - name: x\n   sinc: 2020": "input:3: conditions, item 1, sinc: there is no key 'sinc'; did you mean 'since'?",
    "conditions: [[a]]": "input:1: conditions, item 1: found a list; expected one line of words, or keys such as name, since, site",
    "conditions:\n - since: 2020\n   site: x": "input:2: conditions, item 1: the entry names nothing; expected a key 'name'",
    "statements: {consnt: yes}": "input:1: statements, consnt: there is no key 'consnt'; did you mean 'consent'?",
    "scores: {ECOG: maybe}": "input:1: scores, ECOG: expected one value of the scale, such as 1 on 2026-02-23",
    "stage: resectable": "input:1: stage: expected a stage such as rT2 N0 M0 or stage IVA, then its edition and date",
    "sex: male\nsex: male": "input:2: the key 'sex' stands twice",
    "id: &a x\nnote: *a": "input:2: an alias (*name) is not read in a form",
    "--- just words": "input:1: found a single value; expected a patient: keys such as id, sex, birth, conditions",
    "[3]": "input:1: item 1: found a single value; expected a patient: keys such as id, sex, birth, conditions",
    "conditions:\n - {name: x, code: C11}": "input:2: conditions, item 1, code: "
    "expected a code with its system, such as snomed:449248000 or icd10cm:C11.9",
}


@pytest.mark.parametrize(("text", "message"), MISTAKES.items(), ids=MISTAKES.keys())
def test_a_mistake_names_its_line_and_what_was_expected(text: str, message: str) -> None:
    with pytest.raises(FormError) as caught:
        form(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "text", ["labs: {HbA1c: secret}", "birth: secret", "sex: secret", "drugs: [aspirin since 2026-99]", "stage: secret"]
)
def test_no_mistake_repeats_a_value(text: str) -> None:
    with pytest.raises(FormError) as caught:
        form(text)
    assert "secret" not in str(caught.value)
    assert "99" not in str(caught.value)


@pytest.mark.parametrize(
    "data", [b"a: [", b"a: \x01", b"\xff\xfe\xfa", b"[" * 100_000, b"{" * 5000, b"? ? ?", b"a: 'b"]
)
def test_what_is_no_yaml_is_one_line(data: bytes) -> None:
    with pytest.raises(ChartError) as caught:
        list(read_patients(data))
    assert "\n" not in str(caught.value)
