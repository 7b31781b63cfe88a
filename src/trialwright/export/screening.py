"""A patient and trials in, a `Report` out: compiles each trial's criteria, judges them, and arranges what was found.

What is unknown stays unknown here: this module only sorts, groups and words what the engine found.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

import msgspec

from trialwright import __version__
from trialwright.codes.dates import completed_years
from trialwright.criteria.logic import Truth, negate
from trialwright.criteria.nodes import Criteria, CriterionKind, If, Not, Unread
from trialwright.criteria.render import plain
from trialwright.engines.chart import observed
from trialwright.engines.findings import CriterionFinding, Finding, TrialFinding
from trialwright.engines.sharing import Asked, Sharing
from trialwright.patients.facts import Complete, Domain, Patient
from trialwright.trial import Trial

from .report import (
    Answer,
    Change,
    Coverage,
    Decided,
    Decision,
    PartLine,
    Question,
    Report,
    Row,
    State,
    TrialReport,
    nearness,
)
from .reviews import decided
from .words import evidence_line, place_words, rule_words

CLOSED = frozenset(
    (
        "ACTIVE_NOT_RECRUITING",
        "APPROVED_FOR_MARKETING",
        "COMPLETED",
        "NO_LONGER_AVAILABLE",
        "SUSPENDED",
        "TERMINATED",
        "WITHDRAWN",
    )
)
"""Registry statuses under which nobody is taken on."""


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """On what terms to screen.

    as_of     the day eligibility is judged
    complete  lists that are complete: what they do not name did not happen
    without   criteria not to count: an id for every trial (`I3`), or one trial's (`NCT05350891:I3`)
    review    a reviewer's decisions; of several on one criterion the last
    """

    as_of: date
    complete: frozenset[Domain] = frozenset()
    without: frozenset[str] = frozenset()
    review: tuple[Decision, ...] = ()

    def decision(self, patient: str, trial: str, criterion: str) -> Decision | None:
        return decided(self.review, patient, trial, criterion)

    def drops(self, trial: str, criterion: str) -> bool:
        return criterion in self.without or f"{trial}:{criterion}" in self.without


class Compiled(msgspec.Struct, frozen=True, kw_only=True):
    """A trial with its criteria, so that many patients share one compilation.

    asked  the criteria made ready, so that the trials of one pool share their atoms; None: judged on their own
    """

    trial: Trial
    criteria: Criteria
    asked: Asked | None = None


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """One trial judged.

    finding   of the criteria that count; without: of those switched off
    decisions by a reviewer, by criterion, and what was judged of these criteria without them
    nearness  sorts the trials, nearest to eligible first
    """

    trial: Trial
    finding: TrialFinding
    without: tuple[CriterionFinding, ...]
    decisions: Mapping[str, Decision]
    judged: Mapping[str, CriterionFinding]
    state: State
    on_criteria: str
    nearness: tuple[int, ...]


def compile_trials(trials: Iterable[Trial]) -> Iterator[Compiled]:
    from trialwright.codes.vocabulary import default_vocabulary
    from trialwright.criteria.compiler import compile_criteria

    vocabulary = default_vocabulary()
    sharing = Sharing(vocabulary)
    for trial in trials:
        criteria = compile_criteria(trial, vocabulary)
        yield Compiled(trial=trial, criteria=criteria, asked=sharing.of(criteria))


def screen_patient(patient: Patient, trials: Iterable[Compiled], terms: Terms, *, limit: int | None = None) -> Report:
    """The report on one patient. Trials stay in the order they came in; with a limit, those nearest to eligible, nearest first."""
    complete = Complete(terms.complete)
    standings = list(stand(patient, trials, terms))
    if limit is not None and limit < len(standings):
        standings = sorted(standings, key=lambda one: one.nearness)[:limit]
    return Report(
        patient=patient.id,
        as_of=terms.as_of,
        software=f"trialwright {__version__}",
        age=_age(patient, terms.as_of),
        birth=str(patient.birth) if patient.birth else "",
        sex=patient.sex,
        entries=len({fact.source or number for number, fact in enumerate(patient.facts)}),
        complete=tuple(sorted(observed(patient, complete, terms.as_of).domains)),
        remarks=tuple(
            f"{place_words(remark.where)}: {remark.message}".removeprefix(": ") for remark in patient.diagnostics
        ),
        trials=tuple(report_standing(one, terms) for one in standings),
    )


def stand(patient: Patient, trials: Iterable[Compiled], terms: Terms) -> Iterator[Standing]:
    """How the trials stand for one patient, one after the other: judged, not yet arranged for a reader."""
    from trialwright.codes.vocabulary import default_vocabulary
    from trialwright.engines.memory import Chart, evaluate_on

    complete = Complete(terms.complete)
    chart = Chart(patient, index_date=terms.as_of, complete=complete, vocabulary=default_vocabulary())
    for one in trials:
        yield standing(one.trial, evaluate_on(one.asked or one.criteria, chart), terms)


def standing(trial: Trial, finding: TrialFinding, terms: Terms) -> Standing:
    """Criteria that `terms` drops are set apart and count nowhere."""
    identity = trial.nct_id or finding.trial
    kept: list[CriterionFinding] = []
    dropped: list[CriterionFinding] = []
    decisions: dict[str, Decision] = {}
    judged: dict[str, CriterionFinding] = {}
    for found in finding.criteria:
        name = found.criterion.id
        decision = terms.decision(finding.patient, identity, name) if terms.review else None
        if decision is not None:
            decisions[name], judged[name] = decision, found
            if decision.decision != "off":
                found = msgspec.structs.replace(found, verdict=decision.decision)
        is_off = decision is not None and decision.decision == "off"
        (dropped if is_off or terms.drops(identity, name) else kept).append(found)
    state, words = headline(kept)
    state = "closed" if trial.overall_status in CLOSED else state
    verdicts = [found.verdict for found in kept]
    return Standing(
        trial=trial,
        finding=msgspec.structs.replace(finding, criteria=tuple(kept)),
        without=tuple(dropped),
        decisions=decisions,
        judged=judged,
        state=state,
        on_criteria=words,
        nearness=nearness(state, verdicts),
    )


def report_trial(trial: Trial, finding: TrialFinding, terms: Terms) -> TrialReport:
    return report_standing(standing(trial, finding, terms), terms)


def report_standing(found: Standing, terms: Terms) -> TrialReport:
    """What the engine found for one trial, arranged."""
    trial = found.trial
    criteria = tuple(_reviewed(one, found, terms) for one in found.finding.criteria)
    return TrialReport(
        trial=trial.nct_id or found.finding.trial,
        title=trial.title or "",
        status=trial.overall_status or "",
        record_date=_record_date(trial),
        source=trial.source.name,
        verdict=found.finding.overall,
        state=found.state,
        headline="trial closed" if found.state == "closed" else found.on_criteria,
        on_criteria=found.on_criteria,
        coverage=_coverage(criteria),
        criteria=criteria,
        questions=questions(criteria),
        changes=tuple(_changes(criteria)),
        without=tuple(_reviewed(one, found, terms) for one in found.without),
    )


def _reviewed(one: CriterionFinding, found: Standing, terms: Terms) -> Row:
    """The row of a criterion; where a reviewer decided, with the decision, and what was found without it."""
    decision = found.decisions.get(one.criterion.id)
    if decision is None:
        return report_row(one, terms.as_of)
    row = report_row(found.judged[one.criterion.id], terms.as_of)
    if decision.decision in ("off", row.verdict):
        return msgspec.structs.replace(row, decision=decision)
    return msgspec.structs.replace(
        row,
        verdict=decision.decision,
        answer=_answer_of(decision.decision, row.kind),
        why=f"decided by {decision.words}; from the chart alone: {row.verdict}, {row.why}",
        missing=(),
        presumed=False,
        near=False,
        parts=(),
        decision=decision,
        judged=row.verdict,
    )


def _answer_of(decision: Decided, kind: CriterionKind) -> Answer:
    match decision:
        case "pass" | "fail":
            return "yes" if (decision == "pass") == (kind == "inclusion") else "no"
        case "person":
            return "for a person"
        case _:
            return "unknown"


def headline(found: Sequence[CriterionFinding]) -> tuple[State, str]:
    """The verdict in at most five words; cannot assess when there is no criterion, or none that was understood."""
    verdicts = [one.verdict for one in found]
    if failed := verdicts.count("fail"):
        return "not", f"not eligible, {failed} failed"
    if all(_is_blind(one) for one in found):
        return "cannot", "cannot assess"
    if unknown := verdicts.count("unknown"):
        return "possibly", f"possibly, {unknown} unknown"
    if people := verdicts.count("person"):
        return "possibly", f"possibly, {people} for a person"
    return "likely", "likely eligible"


def _is_blind(found: CriterionFinding) -> bool:
    """Whether it is unknown for no other reason than that its words were not understood."""
    if found.verdict != "unknown":
        return False
    undecided = [leaf for leaf in _deciding(found.finding) if leaf.truth is Truth.UNKNOWN]
    return bool(undecided) and all(isinstance(leaf.node, Unread) for leaf in undecided)


def report_row(found: CriterionFinding, as_of: date) -> Row:
    criterion, finding = found.criterion, found.finding
    deciding = tuple(_deciding(finding))
    parts = tuple(_part(leaf, criterion.text, as_of, decides=leaf in deciding) for leaf in _leaves(finding))
    return Row(
        id=criterion.id,
        kind=criterion.kind,
        verdict=found.verdict,
        answer="not understood" if _is_blind(found) else _answer(finding),
        why=finding.why,
        text=criterion.text,
        understood=plain(criterion.node),
        reading=criterion.reading,
        missing=tuple(dict.fromkeys(part.missing for part in parts if part.missing)),
        presumed=finding.presumed and found.verdict in ("pass", "fail"),
        near=finding.near and found.verdict in ("pass", "fail"),
        evidence=tuple(dict.fromkeys(line for part in parts for line in part.evidence)),
        parts=parts,
    )


def _part(leaf: Finding, text: str, as_of: date, *, decides: bool) -> PartLine:
    is_missing = decides and leaf.truth is Truth.UNKNOWN and not isinstance(leaf.node, Unread)
    return PartLine(
        quoted=leaf.node.span.of(text) if leaf.node.span else "",
        understood=plain(leaf.node),
        answer=_answer(leaf),
        why=leaf.why,
        evidence=tuple(dict.fromkeys(evidence_line(evidence, leaf.why) for evidence in leaf.evidence)),
        rule=rule_words(leaf.node, as_of),
        missing=leaf.missing if is_missing else "",
        decides=decides,
        presumed=leaf.presumed,
        near=leaf.near,
        until=leaf.until,
    )


def _answer(finding: Finding) -> Answer:
    match finding.truth:
        case Truth.TRUE:
            return "yes"
        case Truth.FALSE:
            return "no"
        case Truth.PERSON:
            return "for a person"
        case Truth.UNKNOWN:
            return "not understood" if isinstance(finding.node, Unread) else "unknown"


def _leaves(finding: Finding) -> Iterator[Finding]:
    if not finding.parts:
        yield finding
    for part in finding.parts:
        yield from _leaves(part)


def _deciding(finding: Finding) -> Iterator[Finding]:
    """The leaves that make the whole what it is: those that say the same, the other way round under a negation."""
    match finding.node:
        case Not():
            deciding = finding.parts
        case If():
            condition, then = finding.parts
            pairs = ((condition, negate(condition.truth)), (then, then.truth))
            deciding = tuple(part for part, truth in pairs if truth is finding.truth)
        case _:
            deciding = tuple(part for part in finding.parts if part.truth is finding.truth)
    if not finding.parts:
        yield finding
    for part in deciding or finding.parts:
        yield from _deciding(part)


def questions(rows: tuple[Row, ...]) -> tuple[Question, ...]:
    """Each missing datum with what it settles: the datum that settles most comes first, each criterion counts once."""
    open_rows = [row for row in rows if row.verdict == "unknown" and row.missing]
    order = list(dict.fromkeys(datum for row in open_rows for datum in row.missing))
    asked = []
    while order:
        best = max(order, key=lambda datum: (len(_settled(open_rows, datum)), len(_helped(open_rows, datum))))
        order.remove(best)
        question = Question(datum=best, settles=_settled(open_rows, best), helps=_helped(open_rows, best))
        asked.append(question)
    return tuple(asked)


def _settled(rows: list[Row], datum: str) -> tuple[str, ...]:
    return tuple(row.id for row in rows if row.missing == (datum,) and not _is_blocked(row))


def _helped(rows: list[Row], datum: str) -> tuple[str, ...]:
    return tuple(row.id for row in rows if datum in row.missing and (row.missing != (datum,) or _is_blocked(row)))


def _is_blocked(row: Row) -> bool:
    """No datum settles it alone: a part of it was not understood or is for a person."""
    return any(part.answer in ("not understood", "for a person") for part in row.parts)


def _changes(rows: tuple[Row, ...]) -> Iterator[Change]:
    """What would change the verdict: while something stands in the way, only what would clear it."""
    blockers = [row for row in rows if row.verdict == "fail"]
    for row in blockers or rows:
        if row.verdict == "pass":
            continue
        for part in row.deciding:
            if part.until is not None:
                says = f"from {part.until} the answer changes by itself ({part.why})"
                yield Change(criterion=row.id, kind="time", day=part.until, says=says)
            elif part.near and row.verdict == "fail":
                yield Change(criterion=row.id, kind="near", says=f"near miss, a repeat may differ: {part.why}")
    for question in () if blockers else questions(rows):
        if question.settles:
            settled = " and ".join(question.settles) if len(question.settles) > 1 else "it"
            says = f"{question.datum} on record settles {settled}"
            yield Change(criterion=question.settles[0], kind="datum", says=says)


def _coverage(rows: tuple[Row, ...]) -> Coverage:
    person = sum(row.verdict == "person" for row in rows)
    blind = sum(row.answer == "not understood" for row in rows)
    lacking = sum(row.answer == "unknown" for row in rows)
    return Coverage(
        total=len(rows), computed=len(rows) - person - blind, person=person, not_understood=blind, lacking=lacking
    )


def _age(patient: Patient, as_of: date) -> int | None:
    if patient.birth is None or patient.birth.earliest > as_of:
        return None
    oldest = completed_years(patient.birth.earliest, as_of)
    return oldest if oldest == completed_years(patient.birth.latest, as_of) else None


def _record_date(trial: Trial) -> str:
    status = trial.protocol.status
    updated = status.last_update_post_date_struct if status else None
    return (updated.date if updated else None) or (status.last_update_submit_date if status else None) or ""
