"""Assessments on the calendar: rules and the dates of treatment in, dated rounds out, and what no date is known for."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from trialwright.codes.dates import Duration

from .assessments import Assessment
from .courses import Dated, Loose, PhaseDates, Start
from .moments import AfterCycles, AtEvent, AtTimes, EveryCycles, Repeat, Rule
from .nodes import Event, Operate, Quote

MOST_ROUNDS = 400
_NO_ANCHOR = "from when it counts is not stated; drawn from the first dose"


class Context(NamedTuple):
    """What assessments are dated by.

    actual     event -> the day it happened
    is_edge    whether `drawn_to` is a limit of its own choosing, and not the trial's completion: then nothing is drawn beyond it
    """

    start: Start
    phases: tuple[PhaseDates, ...]
    drawn_to: date
    actual: Mapping[str, date]
    is_edge: bool

    def when(self, event: Event) -> Start | None:
        """When an event is; None where the plan does not date it."""
        if event.kind in self.actual:
            return Start(self.actual[event.kind], self.actual[event.kind])
        if event.kind == "start":
            return self.start
        if event.kind == "cycle":
            return next((found for phase in self.phases if (found := phase.cycle_start(event.number))), None)
        if event.kind == "surgery":
            return next(
                (phase.start for phase in self.phases if any(isinstance(part, Operate) for part in phase.phase.parts)),
                None,
            )
        if event.kind == "end-of-treatment":
            return self._last_dose()
        return None

    def _last_dose(self) -> Start | None:
        given = [one for phase in self.phases for one in phase.dated if one.kind == "give"]
        if not given or not all(phase.bounded for phase in self.phases):
            return None
        return Start(max(one.last or one.earliest for one in given), max(one.last or one.latest for one in given))

    def after_cycle(self, number: int) -> Start | None:
        """From the day after the last dose of a cycle to the day on which the next one begins."""
        for phase in self.phases:
            end = phase.cycle_end(number)
            begun = phase.cycle_start(number)
            if end is not None and begun is not None:
                within = [
                    one for one in phase.dated if one.kind == "give" and begun.earliest <= one.earliest < end.earliest
                ]
                last = max((one.earliest for one in within), default=begun.earliest)
                return Start(last + timedelta(days=1), end.latest)
        return None

    def cycle_numbers(self) -> tuple[int, ...]:
        return tuple(number for phase in self.phases for number in phase.cycles)


def date_assessments(assessments: Iterable[Assessment], context: Context) -> tuple[list[Dated], list[Loose]]:
    """Every round of every assessment, and those that no known date settles."""
    dated: list[Dated] = []
    loose: list[Loose] = []
    for assessment in assessments:
        for rule in assessment.rules:
            quotes = (*(activity.quote for activity in assessment.activities[:3]), rule.quote)
            found = list(_rounds(rule.value, context))
            if not found:
                loose.append(Loose(assessment.name, _needs(rule.value), quotes))
            tolerance = assessment.tolerance.value if assessment.tolerance else None
            dated += [_dated(assessment, one, quotes, tolerance) for one in found]
    return dated, loose


class _Round(NamedTuple):
    start: Start
    label: str
    note: str = ""
    last: date | None = None


def _dated(assessment: Assessment, one: _Round, quotes: tuple[Quote, ...], tolerance: Duration | None) -> Dated:
    start, note = one.start, one.note
    if tolerance is not None and start.earliest == start.latest:
        start = Start(tolerance.before(start.earliest), tolerance.after(start.latest))
        note = "; ".join(filter(None, (note, f"± {tolerance}")))
    return Dated(
        "outcome" if assessment.outcome else "assess",
        assessment.name,
        start.earliest,
        start.latest,
        one.label,
        quotes=quotes,
        note=note,
        last=one.last,
    )


def _rounds(rule: Rule, context: Context) -> Iterator[_Round]:
    match rule:
        case AtEvent():
            yield from _at_event(rule, context)
        case AfterCycles():
            for number in rule.numbers:
                if found := context.after_cycle(number):
                    yield _Round(found, f"after C{number}")
        case EveryCycles():
            for number in context.cycle_numbers():
                if number % rule.number == 0 and (found := context.after_cycle(number)):
                    yield _Round(found, f"after C{number}")
        case AtTimes():
            yield from _at_times(rule, context)
        case Repeat():
            yield from _repeat(rule, context)


def _at_event(rule: AtEvent, context: Context) -> Iterator[_Round]:
    anchor = context.when(rule.event)
    if anchor is None:
        return
    if rule.side == "before":
        earliest = rule.within.before(anchor.earliest) if rule.within else anchor.earliest
        latest = rule.least.before(anchor.latest) if rule.least else anchor.latest
        name = "baseline" if rule.event.kind == "start" else f"before {rule.event}"
        yield _Round(Start(earliest, latest), name, "" if rule.within else "how long before is not stated")
    elif rule.side == "after":
        earliest = rule.least.after(anchor.earliest) if rule.least else anchor.earliest
        yield _Round(
            Start(earliest, rule.within.after(anchor.latest) if rule.within else anchor.latest), f"after {rule.event}"
        )
    else:
        yield _Round(anchor, f"at {rule.event}")


def _anchored(event: Event | None, context: Context) -> tuple[Start | None, str]:
    return (context.start, _NO_ANCHOR) if event is None else (context.when(event), "")


def _at_times(rule: AtTimes, context: Context) -> Iterator[_Round]:
    anchor, note = _anchored(rule.event, context)
    if anchor is None:
        return
    for length in rule.times:
        if rule.side == "before":
            yield _Round(
                Start(length.before(anchor.earliest), length.before(anchor.latest)),
                f"{length} before {rule.event}",
                note,
            )
        else:
            after = f" after {rule.event}" if rule.event and rule.event.kind != "start" else ""
            yield _Round(Start(length.after(anchor.earliest), length.after(anchor.latest)), f"{length}{after}", note)


def _repeat(rule: Repeat, context: Context) -> Iterator[_Round]:
    """One interval after the stretch's beginning, and so on; its end counts. Without an end, to the edge of what is drawn."""
    anchor, note = _anchored(rule.event, context)
    if anchor is None:
        return
    after = f" after {rule.event}" if rule.event and rule.event.kind != "start" else ""
    if rule.until is not None:
        note = "; ".join(filter(None, (note, f"until {rule.until}")))
    if rule.every == _DAILY:
        yield _daily(rule, anchor, note, context)
        return
    ended = context.when(rule.until) if rule.until and rule.until.kind != "end-of-treatment" else None
    for count in range(1, MOST_ROUNDS + 1):
        found = Start(*(_after(bound, rule.begins, rule.every, count) for bound in anchor))
        is_beyond = found.earliest > context.drawn_to
        if date.max in found or (ended is not None and found.earliest > ended.latest):
            return
        if rule.ends and found.earliest > _after(anchor.earliest, rule.ends):
            return
        if not rule.ends and is_beyond and context.is_edge:
            return
        yield _Round(found, f"{_elapsed(rule, count)}{after}", note)
        if not rule.ends and is_beyond:
            return


_DAILY = Duration(Decimal(1), "day")


def _daily(rule: Repeat, anchor: Start, note: str, context: Context) -> _Round:
    """A diary that is kept every day is one line, not a visit a day."""
    first = Start(*(_after(bound, rule.begins) for bound in anchor))
    last = _after(anchor.earliest, rule.ends) if rule.ends else max(context.drawn_to, first.earliest)
    return _Round(Start(first.earliest, first.earliest), "every day", note, last)


def _after(start: date, lengths: tuple[Duration, ...], every: Duration | None = None, count: int = 0) -> date:
    """`start`, then the lengths, then `count` intervals; calendar months are added in one step, so that no clamp adds up."""
    steps = _joined((*lengths, Duration(every.value * count, every.unit))) if every is not None else _joined(lengths)
    for step in steps:
        start = step.after(start)
    return start


def _joined(lengths: tuple[Duration, ...]) -> tuple[Duration, ...]:
    found: list[Duration] = []
    for length in lengths:
        plain = (
            Duration(length.value * 12, "month")
            if length.unit == "year"
            else Duration(length.value * 7, "day")
            if length.unit == "week"
            else length
        )
        if found and found[-1].unit == plain.unit:
            found[-1] = Duration(found[-1].value + plain.value, plain.unit)
        else:
            found.append(plain)
    return tuple(found)


def _elapsed(rule: Repeat, count: int) -> str:
    total = _joined((*rule.begins, Duration(rule.every.value * count, rule.every.unit)))
    words = [_in_weeks(length) for length in total]
    return " + ".join(str(length) for length in words)


def _in_weeks(length: Duration) -> Duration:
    if length.unit == "day" and length.value % 7 == 0 and length.value > 0:
        return Duration(length.value / Decimal(7), "week")
    return length


def _needs(rule: Rule) -> str:
    match rule:
        case AfterCycles():
            return f"cycle {', '.join(map(str, rule.numbers))}: the plan has no such cycle"
        case EveryCycles():
            return "the cycles of treatment"
        case AtEvent():
            return f"the date of {rule.event}"
        case AtTimes() | Repeat():
            return f"the date of {rule.event}" if rule.event else "when it begins"
