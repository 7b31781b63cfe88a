"""Screens patients from their clinic notes alone, against verdicts that people wrote; the figures go to bench/results/notes.csv.

Usage: python bench/notes.py [--only NAME …] [--examples N] [--date YYYY-MM-DD] [--dry]

npc    the shared recurrent-NPC notes: a verdict on each criterion of five trials, as from the FHIR charts of the same patients
pairs  663 pairs of a case report and a criterion, with an expert's label

The pairs know six labels. An inclusion that only silence decides is "not enough information"; an exclusion that the note is silent on is
"not excluded", as the experts take it: a case report names what matters. (In a report on a patient it stays unknown, unless the list is
declared complete.) What was not understood is "not enough information" under both. What the patient's sex rules out, and a criterion for
people that the patient is not one of, is "not applicable". Wrong in direction: met said for not met or the reverse; met for not met is
counted apart, as included or not excluded said of what the expert calls the opposite.
"""

import argparse
import datetime as dt
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from criteria_corpora import DATA, Figure, Score, append, share
from trialwright.codes.vocabulary import default_vocabulary
from trialwright.criteria.compiler import compile_criteria, compile_text
from trialwright.criteria.logic import Truth, all_of, any_of
from trialwright.criteria.nodes import All, Criteria, If, Not, Unread
from trialwright.criteria.nodes import Any as AnyOf
from trialwright.engines.findings import Finding
from trialwright.engines.memory import Chart, evaluate_node, evaluate_on
from trialwright.patients.facts import Complete, Domain, Patient
from trialwright.patients.loading import read_patients
from trialwright.patients.note import read_note
from trialwright.registries.files import read_trials
from trialwright.trial import Trial

LISTS: frozenset[Domain] = frozenset({"conditions", "procedures", "drugs", "allergies", "vaccines"})
INDEX = dt.date(2026, 3, 2)
PAIRS_DAY = dt.date(2021, 6, 1)
"""The case reports give no day: any will do, since what they date they date from the visit."""
LABELS = ("included", "not included", "excluded", "not excluded", "not enough information", "not applicable")
OPPOSITES = {
    "included": "not included",
    "not included": "included",
    "excluded": "not excluded",
    "not excluded": "excluded",
}


class Said(NamedTuple):
    """One verdict beside the expected one. where: what it is on, for people; why: the engine's reason."""

    where: str
    expected: str
    found: str
    why: str


def npc() -> tuple[list[Said], list[Said]]:
    """The verdicts from the notes, and those from the FHIR charts of the same patients."""
    trials = _npc_trials()
    rows = _lines("npc/expected.jsonl")
    by_form = []
    for form in ("notes", "fhir"):
        found: dict[tuple[str, str, str], tuple[str, str]] = {}
        for name in sorted({row["patient"] for row in rows}):
            patient = _npc_patient(form, name)
            chart = Chart(patient, index_date=INDEX, complete=Complete(LISTS), vocabulary=default_vocabulary())
            for trial, criteria in trials.items():
                for one in evaluate_on(criteria, chart).criteria:
                    found[name, trial, one.criterion.id] = (one.verdict, one.finding.why)
        by_form.append([_said(row, found) for row in rows])
    return by_form[0], by_form[1]


def _said(row: dict[str, str], found: dict[tuple[str, str, str], tuple[str, str]]) -> Said:
    key = (row["patient"], row["trial"], row["criterion"])
    verdict, why = found.get(key, ("no such criterion", ""))
    return Said(" ".join(key), row["verdict"], verdict, why)


def _npc_patient(form: str, name: str) -> Patient:
    if form == "fhir":
        return next(iter(read_patients(DATA / "npc/fhir" / f"{name}.json")))
    path = DATA / "npc/notes" / f"{name}.txt"
    return read_note(path.read_bytes(), path.name, default_vocabulary(), INDEX)


def _npc_trials() -> dict[str, Criteria]:
    wanted = {row["trial"] for row in _lines("npc/expected.jsonl")}
    found = {}
    for path in sorted((DATA.parent / "seeds").glob("*.txt")):
        for trial in read_trials(path):
            if isinstance(trial, Trial) and trial.nct_id in wanted:
                found[trial.nct_id] = compile_criteria(trial, default_vocabulary())
    for row in _lines("records/npc_full.jsonl"):
        if row["nct_id"] in wanted and row["nct_id"] not in found:
            conditions = row["conditions"] if isinstance(row["conditions"], list) else [row["conditions"]]
            found[row["nct_id"]] = compile_text(row["eligibility"], trial=row["nct_id"], conditions=conditions)
    return found


def pairs() -> list[Said]:
    charts: dict[tuple[str, bool], Chart] = {}
    said = []
    for row in _lines("criteria/patient_criterion_pairs.jsonl"):
        closed = row["criterion_type"] == "exclusion"
        key = (row["patient_id"], closed)
        if key not in charts:
            patient = read_note(row["note"].encode(), "note.txt", default_vocabulary(), PAIRS_DAY)
            complete = Complete(LISTS if closed else frozenset())
            charts[key] = Chart(patient, index_date=PAIRS_DAY, complete=complete, vocabulary=default_vocabulary())
        found, why = _label(row["criterion_text"], charts[key], is_exclusion=closed)
        said.append(
            Said(
                f"{row['annotation_id']} {row['patient_id']}: {(row['criterion_text'] or '')[:150]}",
                row["expert_eligibility"],
                found,
                why,
            )
        )
    return said


def _label(text: str | None, chart: Chart, *, is_exclusion: bool) -> tuple[str, str]:
    heading = "Exclusion Criteria:" if is_exclusion else "Inclusion Criteria:"
    criteria = compile_text(f"{heading}\n\n* {text}").criteria if text else ()
    labels = []
    for criterion in criteria:
        finding = evaluate_node(criterion.node, chart)
        labels.append(
            (
                _of(finding, is_exclusion=is_exclusion, turned=(criterion.kind == "exclusion") != is_exclusion),
                finding.why,
            )
        )
    order = ("excluded", "not included", "not enough information", "not applicable", "included", "not excluded")
    return min(labels, key=lambda label: order.index(label[0]), default=("not enough information", "no criterion"))


def _of(finding: Finding, *, is_exclusion: bool, turned: bool) -> str:
    truth = _with_silence(finding) if is_exclusion and not turned else finding.truth
    if truth in (Truth.TRUE, Truth.FALSE):
        holds = (truth is Truth.TRUE) != turned
        if (not holds and is_exclusion and "recorded sex is" in finding.why) or _is_for_others(finding):
            return "not applicable"
        if is_exclusion:
            return "excluded" if holds else "not excluded"
        return "included" if holds else "not included"
    return "not enough information"


def _with_silence(finding: Finding) -> Truth:
    """The truth when what a case report is silent on is not there. What was not understood, or is half known, stays open."""
    match finding.node:
        case Not() | If():
            return finding.truth
        case All():
            return all_of(_with_silence(part) for part in finding.parts)
        case AnyOf():
            return any_of(_with_silence(part) for part in finding.parts)
        case Unread():
            return Truth.UNKNOWN
        case _:
            is_open = finding.truth in (Truth.UNKNOWN, Truth.PERSON)
            return Truth.FALSE if is_open and not finding.evidence and not finding.parts else finding.truth


def _is_for_others(finding: Finding) -> bool:
    return isinstance(finding.node, If) and bool(finding.parts) and finding.parts[0].truth is Truth.FALSE


def _lines(name: str) -> list[dict[str, Any]]:
    with (DATA / name).open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def measure(name: str, examples: int) -> Iterator[Figure]:
    if name == "npc":
        notes, charts = npc()
        yield from _verdict_figures("npc notes", notes)
        yield from _verdict_figures("npc fhir", charts)
        same = sum(one.found == other.found for one, other in zip(notes, charts, strict=True))
        yield share("npc notes", "same verdict as from FHIR", same, len(notes))
        _show([one for one in notes if {one.expected, one.found} == {"pass", "fail"}], examples, "wrong in direction")
        return
    said = pairs()
    right = sum(one.expected == one.found for one in said)
    yield share("pairs", "right", right, len(said))
    for label in LABELS:
        mine = [one for one in said if one.expected == label]
        yield share("pairs", f"right of {label}", sum(one.found == label for one in mine), len(mine))
    scores = [_score(said, label) for label in LABELS]
    yield Figure("pairs", "macro-F1", sum(score.f1 for score in scores) / len(scores))
    wrong = [one for one in said if OPPOSITES.get(one.expected) == one.found]
    yield share("pairs", "wrong in direction", len(wrong), len(said))
    yield share(
        "pairs", "met said for not met", sum(one.found in ("included", "not excluded") for one in wrong), len(said)
    )
    _show(wrong, examples, "wrong in direction")
    for pair, count in Counter((one.expected, one.found) for one in said if one.expected != one.found).most_common(8):
        print(f"  {count:>4}  {pair[0]} read as {pair[1]}")


def _verdict_figures(name: str, said: list[Said]) -> Iterator[Figure]:
    yield share(name, "right", sum(one.expected == one.found for one in said), len(said))
    yield share(
        name, "wrong in direction", sum({one.expected, one.found} == {"pass", "fail"} for one in said), len(said)
    )


def _score(said: list[Said], label: str) -> Score:
    hit = sum(one.expected == label == one.found for one in said)
    return Score(hit, sum(one.found == label for one in said), hit, sum(one.expected == label for one in said))


def _show(said: list[Said], most: int, title: str) -> None:
    if said and most:
        print(f"\n{title}: {len(said)}")
    for one in said[:most]:
        print(f"  {one.where}\n      expected {one.expected}, found {one.found}: {one.why[:160]}")


def main() -> int:
    given = _arguments()
    if not DATA.exists():
        print(f"there is no {DATA}: the benchmark reads the notes from it", file=sys.stderr)
        return 2
    figures = [figure for name in given.only for figure in measure(name, given.examples)]
    print("\n# all figures")
    for figure in figures:
        print(f"  {figure.measure:<12} {figure}")
    if not given.dry:
        append(figures, given.date, None, Path(__file__).parent / "results/notes.csv")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=("npc", "pairs"), default=("npc", "pairs"))
    parser.add_argument("--examples", type=int, default=3, help="cases shown for each kind of error")
    parser.add_argument("--date", default=dt.datetime.now(tz=dt.UTC).date().isoformat())
    parser.add_argument("--dry", action="store_true", help="print, do not append to the results")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
