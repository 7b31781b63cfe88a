"""The built-in samples: marked as such, in words of their own, and screened to the outcomes they stand for."""

import re

import msgspec
import pytest

import trialwright
from trialwright import samples
from trialwright.export.report import Report
from trialwright.export.screening import Compiled, Terms, compile_trials, screen_patient
from trialwright.patients.facts import Domain
from trialwright.trial import Trial

ALL: frozenset[Domain] = frozenset({"conditions", "procedures", "drugs", "allergies", "vaccines"})
REAL = {"SAMPLE-001": "NCT05350891", "SAMPLE-002": "NCT07332247", "SAMPLE-004": "NCT07129772"}
RUN = 8


@pytest.fixture(scope="module")
def trials() -> list[Trial]:
    return [trialwright.read(path) for path in samples.trial_paths()]


@pytest.fixture(scope="module")
def compiled(trials: list[Trial]) -> tuple[Compiled, ...]:
    return tuple(compile_trials(trials))


def screened(name: str, compiled: tuple[Compiled, ...], complete: frozenset[Domain] = ALL) -> Report:
    (path,) = [path for path in samples.patient_paths() if path.stem == name]
    patient = trialwright.read_patient(path, as_of=samples.SCREENED_ON)
    return screen_patient(patient, compiled, Terms(as_of=samples.SCREENED_ON, complete=complete))


def verdicts(report: Report) -> dict[str, str]:
    return {trial.trial: trial.verdict for trial in report.trials}


def test_there_are_five_trials_and_four_patients() -> None:
    assert [path.stem for path in samples.trial_paths()] == [f"sample-{number:03d}" for number in range(5)]
    assert [path.stem for path in samples.patient_paths()] == ["patient-a", "patient-b", "patient-c", "patient-d"]
    assert samples.trial_path("SAMPLE-003") == samples.trial_paths()[3]
    assert samples.trial_path("SAMPLE-009") is None


def test_nobody_mistakes_a_sample_for_the_registrys_record(trials: list[Trial]) -> None:
    for trial in trials:
        identification, conditions = trial.protocol.identification, trial.protocol.conditions
        assert identification is not None
        assert conditions is not None
        assert re.fullmatch(r"SAMPLE-00\d", trial.nct_id or "")
        assert identification.acronym == "SAMPLE"
        assert conditions.keywords == ("Trialwright sample",)
        seconds = [second.id for second in identification.secondary_id_infos or ()]
        assert seconds[:1] == [REAL[trial.nct_id]] if trial.nct_id in REAL else not seconds


def test_a_sample_has_the_remarks_of_its_model_and_no_others(trials: list[Trial]) -> None:
    assert {trial.nct_id: {remark.code for remark in trial.diagnostics} for trial in trials} == {
        "SAMPLE-000": {"markdown-escape"},
        "SAMPLE-001": {"markdown-escape"},
        "SAMPLE-002": {"repeated-text"},
        "SAMPLE-003": set(),
        "SAMPLE-004": {"markdown-escape", "lost-angle-text", "numbering-gap", "repeated-text"},
    }


def test_a_sample_shares_no_sentence_with_its_model(trials: list[Trial], seeds: dict[str, bytes]) -> None:
    def runs(text: str) -> set[tuple[str, ...]]:
        words = re.findall(r"[a-z0-9]+", text.lower())
        return {tuple(words[at : at + RUN]) for at in range(len(words) - RUN + 1)}

    known = set().union(*(runs(text.decode()) for text in seeds.values()))
    assert known
    names = set().union(*(runs(f"{name} {number}") for name, number in NAMES))
    for path in samples.trial_paths():
        shared = {run for text in strings(msgspec.json.decode(path.read_bytes())) for run in runs(text)} & known
        assert shared - names == set(), path.name


NAMES = [
    ("Department of Clinical Oncology, The University of Hong Kong", ""),
    ("≤ 5 x ULN with liver metastases 10. INR or PT", "1.5"),
]


def strings(value: object) -> list[str]:
    match value:
        case str():
            return [value]
        case dict():
            return [text for part in value.values() for text in strings(part)]
        case list():
            return [text for part in value for text in strings(part)]
        case _:
            return []


@pytest.mark.parametrize(("sample", "count"), [("SAMPLE-001", 25), ("SAMPLE-002", 25), ("SAMPLE-004", 35)])
def test_every_criterion_of_the_model_is_there(compiled: tuple[Compiled, ...], sample: str, count: int) -> None:
    (one,) = [one for one in compiled if one.trial.nct_id == sample]
    assert len(one.criteria.criteria) == count


def test_patient_a_is_eligible_for_one_trial(compiled: tuple[Compiled, ...]) -> None:
    report = screened("patient-a", compiled)
    assert verdicts(report)["SAMPLE-003"] == "eligible"
    assert report.by_verdict()[0].headline == "likely eligible"
    assert verdicts(report)["SAMPLE-001"] == "ineligible"


def test_patient_b_is_not_eligible_and_every_reason_is_named(compiled: tuple[Compiled, ...]) -> None:
    report = screened("patient-b", compiled)
    (trial,) = [trial for trial in report.trials if trial.trial == "SAMPLE-001"]
    assert trial.verdict == "ineligible"
    assert {"I8", "E6", "E10"} <= {row.id for row in trial.blockers}
    kinds = {(change.criterion, change.kind) for change in trial.changes}
    assert {("I8", "near"), ("E10", "time")} <= kinds


def test_patient_c_is_open(compiled: tuple[Compiled, ...]) -> None:
    report = screened("patient-c", compiled)
    (trial,) = [trial for trial in report.trials if trial.trial == "SAMPLE-001"]
    assert trial.verdict == "open"
    assert trial.blockers == ()
    assert trial.rows("person")


def test_patient_d_is_nearly_empty_and_nothing_is_held_against_silence(compiled: tuple[Compiled, ...]) -> None:
    report = screened("patient-d", compiled, frozenset())
    assert set(verdicts(report).values()) == {"open"}
    assert report.entries == 1
    for trial in report.trials:
        assert trial.blockers == ()
