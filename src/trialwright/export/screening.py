"""A patient and trials in, a `Report` out: compiles each trial's criteria, judges them, and arranges what was found.

What is unknown stays unknown here: this module only sorts, groups and words what the engine found.
"""

from collections.abc import Iterable, Iterator
from datetime import date

import msgspec

from trialwright import __version__
from trialwright.codes.dates import completed_years
from trialwright.criteria.logic import Truth, negate
from trialwright.criteria.nodes import Criteria, If, Not, Unread
from trialwright.criteria.render import plain
from trialwright.engines.findings import CriterionFinding, Finding, TrialFinding
from trialwright.patients.facts import Complete, Domain, Patient
from trialwright.trial import Trial

from .report import Answer, Change, Coverage, PartLine, Question, Report, Row, State, TrialReport
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
    """

    as_of: date
    complete: frozenset[Domain] = frozenset()
    without: frozenset[str] = frozenset()

    def drops(self, trial: str, criterion: str) -> bool:
        return criterion in self.without or f"{trial}:{criterion}" in self.without


class Compiled(msgspec.Struct, frozen=True, kw_only=True):
    """A trial with its criteria, so that many patients share one compilation."""

    trial: Trial
    criteria: Criteria


def compile_trials(trials: Iterable[Trial]) -> Iterator[Compiled]:
    from trialwright.codes.vocabulary import default_vocabulary
    from trialwright.criteria.compiler import compile_criteria

    vocabulary = default_vocabulary()
    for trial in trials:
        yield Compiled(trial=trial, criteria=compile_criteria(trial, vocabulary))


def screen_patient(patient: Patient, trials: Iterable[Compiled], terms: Terms) -> Report:
    """The report on one patient; trials stay in the order they came in."""
    from trialwright.codes.vocabulary import default_vocabulary
    from trialwright.engines.memory import Chart, evaluate_on

    # Outside the periods in which a database observed the person, and of a chart that could not be read, no list is complete.
    complete = Complete(terms.complete if patient.is_observed(terms.as_of) else frozenset())
    chart = Chart(patient, index_date=terms.as_of, complete=complete, vocabulary=default_vocabulary())
    reports = [report_trial(one.trial, evaluate_on(one.criteria, chart), terms) for one in trials]
    return Report(
        patient=patient.id,
        as_of=terms.as_of,
        software=f"trialwright {__version__}",
        age=_age(patient, terms.as_of),
        birth=str(patient.birth) if patient.birth else "",
        sex=patient.sex,
        entries=len({fact.source or number for number, fact in enumerate(patient.facts)}),
        complete=tuple(sorted(complete.domains)),
        remarks=tuple(
            f"{place_words(remark.where)}: {remark.message}".removeprefix(": ") for remark in patient.diagnostics
        ),
        trials=tuple(reports),
    )


def report_trial(trial: Trial, finding: TrialFinding, terms: Terms) -> TrialReport:
    """What the engine found for one trial, arranged; criteria that `terms` drops are set apart and count nowhere."""
    rows: dict[bool, list[Row]] = {True: [], False: []}
    kept = []
    identity = trial.nct_id or finding.trial
    for found in finding.criteria:
        dropped = terms.drops(identity, found.criterion.id)
        rows[dropped].append(report_row(found, terms.as_of))
        if not dropped:
            kept.append(found)
    counted_in = msgspec.structs.replace(finding, criteria=tuple(kept))
    criteria = tuple(rows[False])
    on_criteria = headline(criteria)
    is_closed = trial.overall_status in CLOSED
    return TrialReport(
        trial=identity,
        title=trial.title or "",
        status=trial.overall_status or "",
        record_date=_record_date(trial),
        source=trial.source.name,
        verdict=counted_in.overall,
        state="closed" if is_closed else on_criteria[0],
        headline="trial closed" if is_closed else on_criteria[1],
        on_criteria=on_criteria[1],
        coverage=_coverage(criteria),
        criteria=criteria,
        questions=questions(criteria),
        changes=tuple(_changes(criteria)),
        without=tuple(rows[True]),
    )


def headline(rows: tuple[Row, ...]) -> tuple[State, str]:
    """The verdict in at most five words; cannot assess when there is no criterion, or none that was understood."""
    count = {verdict: sum(row.verdict == verdict for row in rows) for verdict in ("pass", "fail", "unknown", "person")}
    if count["fail"]:
        return "not", f"not eligible, {count['fail']} failed"
    if all(row.answer == "not understood" for row in rows):
        return "cannot", "cannot assess"
    if count["unknown"]:
        return "possibly", f"possibly, {count['unknown']} unknown"
    if count["person"]:
        return "possibly", f"possibly, {count['person']} for a person"
    return "likely", "likely eligible"


def report_row(found: CriterionFinding, as_of: date) -> Row:
    criterion, finding = found.criterion, found.finding
    deciding = tuple(_deciding(finding))
    undecided = [leaf for leaf in deciding if leaf.truth is Truth.UNKNOWN]
    is_blind = bool(undecided) and all(isinstance(leaf.node, Unread) for leaf in undecided)
    parts = tuple(_part(leaf, criterion.text, as_of, decides=leaf in deciding) for leaf in _leaves(finding))
    return Row(
        id=criterion.id,
        kind=criterion.kind,
        verdict=found.verdict,
        answer="not understood" if found.verdict == "unknown" and is_blind else _answer(finding),
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
