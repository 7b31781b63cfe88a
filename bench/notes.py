"""Screens patients from their clinic notes alone, against verdicts that people wrote; the figures go to bench/results/notes.csv.

Usage: python bench/notes.py [--only NAME …] [--examples N] [--date YYYY-MM-DD] [--dry]

npc    the shared recurrent-NPC notes: a verdict on each criterion of five trials, as from the FHIR charts of the same patients
pairs  663 pairs of a case report and a criterion, with an expert's label

How a verdict and silence become one of the six labels of the pairs. It follows from what the notes are: short reports of a case, whose
diagnosis is what the reader is to find, and a last sentence that grants consent and compliance. (In a report on a patient all of this
stays unknown, unless a list is declared complete.)

- Illnesses, treatments, habits and events that a case report does not name were not there: it names what matters. So an exclusion that only
  silence decides is "not excluded", and an inclusion that asks for an absence is "included". An illness that an inclusion asks for may be
  the diagnosis that is left out: "not enough information". A treatment that it asks for was not given: "not included".
- What only a test or a question tells (values, scores, stages, and what the vocabulary marks so: pregnancy, serology) stays open.
- What a trial asks of a patient's conduct is answered by the last sentence.
- What was not understood is "not enough information"; in an exclusion it is silence, too, where nothing that its words name is in the note.
  This part of the figure says nothing of reading, so that the figure without it is given beside it.
- What the patient's sex rules out, and a criterion for people that the patient is not one of, is "not applicable".

Wrong in direction: met said for not met or the reverse; met for not met is counted apart, as included or not excluded said of what the
expert calls the opposite.
"""

import argparse
import datetime as dt
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from criteria_corpora import DATA, Figure, Score, append, share
from trialwright.codes.concepts import Concept
from trialwright.codes.vocabulary import default_vocabulary
from trialwright.criteria.compiler import compile_criteria, compile_text
from trialwright.criteria.logic import Truth, all_of, any_of
from trialwright.criteria.nodes import All, Attest, Compare, Criteria, Has, If, Node, Not, Stage, Unread
from trialwright.criteria.nodes import Any as AnyOf
from trialwright.criteria.nodes import Score as Rank
from trialwright.engines.findings import Finding
from trialwright.engines.memory import Chart, evaluate_node, evaluate_on
from trialwright.patients.facts import Complete, Domain, Measurement, Occurrence, Patient
from trialwright.patients.loading import read_patients
from trialwright.patients.naming import Namer
from trialwright.patients.note import read_note
from trialwright.patients.note_mentions import read_mentions
from trialwright.registries.files import read_trials
from trialwright.trial import Trial

LISTS: frozenset[Domain] = frozenset({"conditions", "procedures", "drugs", "allergies", "vaccines"})
INDEX = dt.date(2026, 3, 2)
PAIRS_DAY = dt.date(2021, 6, 1)
"""The case reports give no day: any will do, since what they date they date from the visit."""
_SMALL = """
patient patients subject subjects participant participants individual individuals person persons people study studies trial trials
criteria included excluded inclusion exclusion investigator protocol medical clinical history within prior before after during
since with without that this these those which from have been were will would could should must than less more most least other
others their into over also such known current currently previous previously present presents presenting disease diseases
condition conditions treatment years year months month weeks week days hours time age aged older
"""
SMALL_WORDS = frozenset(_SMALL.split())
"""Words that stand in any criterion and any note."""
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


class Case(NamedTuple):
    """A case report as a chart, with what it names. closed: lists that are complete · treated: those of treatments alone · open: none."""

    open: Chart
    treated: Chart
    closed: Chart
    named: tuple[Concept, ...]
    words: frozenset[str]


def pairs(*, unread_is_open: bool = False) -> list[Said]:
    """unread_is_open: whether what was not understood stays open whatever the note holds."""
    cases: dict[str, Case] = {}
    said = []
    for row in _lines("criteria/patient_criterion_pairs.jsonl"):
        if row["patient_id"] not in cases:
            cases[row["patient_id"]] = _case(row["note"])
        is_exclusion = row["criterion_type"] == "exclusion"
        label = Labels(cases[row["patient_id"]], is_exclusion=is_exclusion, unread_is_open=unread_is_open)
        found, why = label.of(row["criterion_text"])
        where = f"{row['annotation_id']} {row['patient_id']}: {(row['criterion_text'] or '')[:150]}"
        said.append(Said(where, row["expert_eligibility"], found, why))
    return said


def _case(note: str) -> Case:
    vocabulary = default_vocabulary()
    patient = read_note(note.encode(), "note.txt", vocabulary, PAIRS_DAY)
    charts = (
        Chart(patient, index_date=PAIRS_DAY, complete=Complete(lists), vocabulary=vocabulary)
        for lists in (frozenset[Domain](), LISTS - {"conditions"}, LISTS)
    )
    own = [
        fact.concept
        for fact in patient.facts
        if isinstance(fact, Measurement)
        or (isinstance(fact, Occurrence) and fact.certainty != "refuted" and not fact.family)
    ]
    return Case(*charts, named=tuple(dict.fromkeys(own)), words=_words(note.rstrip().rpartition("\n")[0]))


def _words(text: str) -> frozenset[str]:
    """The words that mean something, in small letters, cut short so that "smoker" meets "smokes"."""
    found = re.findall(r"[a-z]{4,}", text.lower())
    return frozenset(word[:6] for word in found if word not in SMALL_WORDS)


class Labels(NamedTuple):
    """The label of a criterion on one case."""

    case: Case
    is_exclusion: bool
    unread_is_open: bool

    def of(self, text: str | None) -> tuple[str, str]:
        """The label and why; of several criteria in one text, the gravest."""
        heading = "Exclusion Criteria:" if self.is_exclusion else "Inclusion Criteria:"
        criteria = compile_text(f"{heading}\n\n* {text}").criteria if text else ()
        labels = [self._one(one.node, turned=(one.kind == "exclusion") != self.is_exclusion) for one in criteria]
        order = ("excluded", "not included", "not enough information", "not applicable", "included", "not excluded")
        return min(labels, key=lambda label: order.index(label[0]), default=("not enough information", "no criterion"))

    def _one(self, node: Node, *, turned: bool) -> tuple[str, str]:
        truth, finding = self._excludes(node, turned=turned) if self.is_exclusion else self._includes(node)
        if truth not in (Truth.TRUE, Truth.FALSE):
            return "not enough information", finding.why
        holds = (truth is Truth.TRUE) != turned
        if (not holds and self.is_exclusion and "recorded sex is" in finding.why) or _is_for_others(finding):
            return "not applicable", finding.why
        if self.is_exclusion:
            return "excluded" if holds else "not excluded", finding.why
        return "included" if holds else "not included", finding.why

    def _includes(self, node: Node) -> tuple[Truth, Finding]:
        finding = evaluate_node(node, self.case.open)
        if finding.truth in (Truth.UNKNOWN, Truth.PERSON):
            closed, treated = evaluate_node(node, self.case.closed), evaluate_node(node, self.case.treated)
            if closed.truth is Truth.TRUE:
                return Truth.TRUE, closed
            if treated.truth is Truth.FALSE:
                return Truth.FALSE, treated
            return self._promised(finding), finding
        return finding.truth, finding

    def _excludes(self, node: Node, *, turned: bool) -> tuple[Truth, Finding]:
        finding = evaluate_node(node, self.case.closed)
        truth = finding.truth if turned else self._with_silence(finding)
        keeps_out = truth is (Truth.FALSE if turned else Truth.TRUE)
        if keeps_out and evaluate_node(node, self.case.open).truth is not truth:
            return Truth.UNKNOWN, finding
        return truth, finding

    def _promised(self, finding: Finding) -> Truth:
        """The truth when the patient will do what a trial asks of everybody."""
        match finding.node:
            case Attest(kind="consent" | "compliance" | "conduct" | "availability" | "contraception" | "capacity"):
                return Truth.TRUE if finding.truth is Truth.PERSON else finding.truth
            case All():
                return all_of(self._promised(part) for part in finding.parts)
            case _:
                return finding.truth

    def _with_silence(self, finding: Finding) -> Truth:
        """The truth when what a case report is silent on is not there."""
        match finding.node:
            case Not() | If():
                return finding.truth
            case All():
                return all_of(self._with_silence(part) for part in finding.parts)
            case AnyOf():
                return any_of(self._with_silence(part) for part in finding.parts)
            case Unread():
                is_silent = not self.unread_is_open and self._names_nothing(finding.node.text)
                return Truth.FALSE if is_silent else Truth.UNKNOWN
            case Compare() | Rank() | Stage():
                return finding.truth
            case Has() if _is_open(finding.node.concept):
                return finding.truth
            case _:
                is_open = finding.truth in (Truth.UNKNOWN, Truth.PERSON)
                return Truth.FALSE if is_open and not finding.evidence and not finding.parts else finding.truth

    def _names_nothing(self, text: str) -> bool:
        """Whether words that were not understood name nothing that the note names: no thing, or where they name none, no word."""
        vocabulary = default_vocabulary()
        things = [one.concept for one in read_mentions(text, (0, len(text)), vocabulary, []).mentions]
        things = [one for one in things if one.kind != "site"]
        namer = Namer(vocabulary)
        if things:
            return not any(
                namer.is_a(one, other.id or "") or namer.is_a(other, one.id or "")
                for one in things
                for other in self.case.named
            )
        return not _words(text) & self.case.words


def _is_open(concept: Concept) -> bool:
    """Whether the vocabulary has silence on it never answer."""
    return concept.id is not None and default_vocabulary().get(concept.id).open_domain


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
    left_open = pairs(unread_is_open=True)
    said = pairs()
    right = sum(one.expected == one.found for one in said)
    yield share("pairs", "right", right, len(said))
    sure = sum(one.expected == one.found for one in left_open)
    yield share("pairs", "right, what was not understood left open", sure, len(said))
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
