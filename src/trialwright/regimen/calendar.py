"""Regimen, assessments and a start date to dated visits. Dates are computed on the calendar, never from mean months.

A visit has an earliest and a latest day: a window that the text gives, or the spread that windows before it leave. What the text
does not date is listed with what would date it, and never gets a date of its own.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from typing import Literal, get_args

import msgspec

from trialwright.codes.dates import Duration, PartialDate
from trialwright.codes.places import Diagnostic

from .assessments import Assessment
from .choices import READINGS, OpenChoice, Reading, choose, has_readings, open_choices
from .compiler import quotes
from .courses import Dated, Happened, Loose, PhaseDates, Start, date_phase
from .nodes import Event, EventKind, Gap, Give, Operate, Phase, Quote, Regimen, Text
from .rounds import Context, date_assessments

Delays = Literal["shift", "keep"]
"""shift: the next cycle comes one interval after the day the last one really began · keep: every cycle stays where it was planned."""

DISCLAIMER = "Made from the published record. It decides nothing: the protocol and the treating team do."
_CYCLE_DAY = re.compile(r"c\d+\s?d\d+$")


class PlanError(ValueError):
    """A plan that cannot be made as asked; the message says what is missing or wrong."""


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What a calendar is made for.

    start       the day of the first dose (cycle 1 day 1)
    actual      what has happened: `C3D1`, `surgery`, `progression`, `end-of-treatment` … -> day
    delays      what a late cycle does to those after it; None: not chosen, and then a late cycle is refused
    choices     as `choices.choose` takes them
    until       how far to draw what has no end; None: to the trial's completion, or a year where that is not known
    completion  the trial's completion date; None: not stated
    """

    start: date
    actual: Mapping[str, date] = {}
    delays: Delays | None = None
    choices: tuple[str, ...] = ()
    until: date | None = None
    completion: PartialDate | None = None


class Activity(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What happens at a visit.

    detail  dose, route, times a day, as the text has them; "" where it has none
    choice  the alternatives it is one of, such as `cisplatin or carboplatin`; "" where it is given in any case
    quotes  the words of the record that it rests on
    note    what a reader has to know: not stated, optional, beyond a cap
    """

    kind: Literal["give", "radiate", "operate", "assess", "outcome"]
    name: str
    detail: str = ""
    choice: str = ""
    quotes: tuple[Quote, ...] = ()
    note: str = ""


class Visit(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One day or window.

    label  `C1 D1`, `surgery`, `3 months after surgery`
    last   the last day of a course that is taken without visits; None for a visit
    flags  `after-completion`: it lies behind the trial's completion date
    """

    earliest: date
    latest: date
    label: str
    activities: tuple[Activity, ...]
    last: date | None = None
    flags: tuple[str, ...] = ()

    @property
    def is_exact(self) -> bool:
        return self.earliest == self.latest


class Undated(msgspec.Struct, frozen=True, kw_only=True):
    """What cannot be dated. needs: what would date it."""

    name: str
    needs: str
    quotes: tuple[Quote, ...] = ()


class Calendar(msgspec.Struct, frozen=True, kw_only=True):
    """The visits of one arm under one reading of the text.

    reading  which reading of "after cycle n" was used; None where the text leaves none open
    drawn_to how far treatment or visits without an end are drawn
    """

    start: date
    reading: Reading | None
    drawn_to: date
    visits: tuple[Visit, ...]
    undated: tuple[Undated, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()

    def offset(self, day: date) -> int:
        """Days after the first dose; the day of the first dose is 0."""
        return (day - self.start).days


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Calendars of one arm: one, or one for each reading that nobody chose between. open: what is left to choose."""

    trial: str | None
    arm: str
    calendars: tuple[Calendar, ...]
    open: tuple[OpenChoice, ...]
    regimen: Regimen
    texts: tuple[Text, ...]
    disclaimer: str = DISCLAIMER


def plan(regimen: Regimen, assessments: Iterable[Assessment], terms: Terms, texts: Iterable[Text] = ()) -> Plan:
    """The plan of one arm.

    texts   further texts that the assessments quote
    raises  ChoiceError for a choice that is not offered; PlanError for an actual date that fits nothing, or for a late cycle
            without a rule
    """
    settled, chosen = choose(regimen, terms.choices)
    listed = tuple(assessments)
    readings: tuple[Reading | None, ...] = (chosen,) if chosen else READINGS if has_readings(settled) else (None,)
    calendars = tuple(_calendar(settled, listed, terms, reading) for reading in readings)
    _refuse_unknown(terms, settled, calendars)
    if len(calendars) == 2 and calendars[0].visits == calendars[1].visits:
        calendars = (msgspec.structs.replace(calendars[0], reading=None),)
    known = {text.where: text for text in (*regimen.texts, *texts)}
    left = tuple(choice for choice in open_choices(settled) if not (chosen and choice.names == READINGS))
    return Plan(
        trial=regimen.trial,
        arm=regimen.label,
        calendars=calendars,
        open=left,
        regimen=settled,
        texts=tuple(known.values()),
    )


def _calendar(regimen: Regimen, assessments: tuple[Assessment, ...], terms: Terms, reading: Reading | None) -> Calendar:
    drawn_to = _drawn_to(terms)
    phases, loose, remarks = _date_phases(regimen, terms, reading, drawn_to)
    context = Context(
        Start(terms.start, terms.start),
        tuple(phases),
        drawn_to,
        _happened(terms, drawn_to).actual,
        terms.until is not None,
    )
    rounds, unknown = date_assessments(assessments, context)
    visits = _visits([*(one for phase in phases for one in phase.dated), *rounds], terms)
    return Calendar(
        start=terms.start,
        reading=reading,
        drawn_to=drawn_to,
        visits=visits,
        undated=tuple(Undated(name=one.name, needs=one.needs, quotes=one.quotes) for one in (*loose, *unknown)),
        diagnostics=tuple(dict.fromkeys((*remarks, *_late(visits, terms)))),
    )


def _drawn_to(terms: Terms) -> date:
    if terms.until is not None:
        return terms.until
    ends = terms.completion.latest if terms.completion else None
    return ends if ends is not None and ends > terms.start else Duration(Decimal(1), "year").after(terms.start)


def _happened(terms: Terms, drawn_to: date) -> Happened:
    return Happened({_key(name): day for name, day in terms.actual.items()}, terms.delays, drawn_to)


def _key(name: str) -> str:
    """`C3 D1` and `c3d1` are one; the names of events keep their hyphens."""
    plain = name.strip().lower()
    return plain.replace(" ", "") if _CYCLE_DAY.search(plain) else plain


# phases -------------------------------------------------------------------------------------------------------------------------


def _date_phases(
    regimen: Regimen, terms: Terms, reading: Reading | None, drawn_to: date
) -> tuple[list[PhaseDates], list[Loose], list[Diagnostic]]:
    dated: list[PhaseDates] = []
    loose: list[Loose] = []
    remarks: list[Diagnostic] = []
    happened = _happened(terms, drawn_to)
    for number, phase in enumerate(regimen.phases):
        first = Start(terms.start, terms.start) if number == 0 and not _waits(phase) else None
        start = first or _phase_start(phase, dated, happened.actual, reading)
        if start is None:
            loose.append(_undated(phase, dated))
            continue
        found = date_phase(phase, start, dated, happened)
        if found.refusal:
            raise PlanError(found.refusal)
        if phase.start is not None and dated:
            dated[-1] = _cut_at(dated[-1], start)
        dated.append(found)
        loose += found.loose
        remarks += found.remarks
    return dated, loose, remarks


def _cut_at(phase: PhaseDates, next_start: Start) -> PhaseDates:
    """A phase of which the text does not say when it ends, drawn no further than to where the next one begins."""
    if phase.bounded or next_start.earliest <= phase.start.earliest:
        return phase
    kept = tuple(one for one in phase.dated if one.earliest < next_start.earliest)
    cycles = {number: begun for number, begun in phase.cycles.items() if begun.earliest < next_start.earliest}
    return replace(phase, dated=kept, cycles=cycles)


def _waits(phase: Phase) -> bool:
    """Whether a first phase does not begin with the first dose: it has a condition, or is an operation alone."""
    return phase.condition is not None or all(isinstance(part, Operate) for part in phase.parts)


def _phase_start(
    phase: Phase, before: list[PhaseDates], actual: Mapping[str, date], reading: Reading | None
) -> Start | None:
    """The window in which a phase begins: the real day, or the stated gap after what comes before; None where neither is known."""
    known = next((actual[key] for key in _names(phase) if key in actual), None)
    if known is not None:
        return Start(known, known)
    if phase.condition is not None:
        return None
    if phase.start is not None:
        anchor = _anchor(phase.start.value.event, before, actual, reading)
        return _after(anchor, phase.start.value) if anchor else None
    last = before[-1] if before else None
    return last.run_out if last is not None and _goes_on(phase, last) else None


def _names(phase: Phase) -> tuple[str, ...]:
    """What an actual date may call a phase: its first step, its role, what it waits for."""
    found = [phase.steps()[0].name.lower()]
    if any(isinstance(part, Operate) for part in phase.parts):
        found.append("surgery")
    if phase.condition is not None:
        found.append(phase.condition.value.event)
    if phase.role is not None:
        found.append(phase.role.value)
    return tuple(found)


def _goes_on(phase: Phase, last: PhaseDates) -> bool:
    """Whether the phase gives a drug of the phase before it, which has run its stated time: a taper, a titration, a next period."""
    before = {step.name.lower() for step in last.phase.steps()}
    return any(isinstance(step, Give) and step.name.lower() in before for step in phase.steps())


def _anchor(
    event: Event, before: list[PhaseDates], actual: Mapping[str, date], reading: Reading | None
) -> Start | None:
    if event.kind in actual:
        return Start(actual[event.kind], actual[event.kind])
    if event.kind == "start":
        return before[0].start if before else None
    if event.kind == "surgery":
        return next(
            (phase.start for phase in before if any(isinstance(part, Operate) for part in phase.phase.parts)), None
        )
    if event.kind == "cycle":
        ends = (
            phase.cycle_end(event.number) if reading == "cycle-end" else phase.cycle_start(event.number)
            for phase in before
        )
        return next((found for found in ends if found is not None), None)
    return None


def _after(anchor: Start, gap: Gap) -> Start:
    low, high = gap.low, gap.high or gap.low
    if gap.side == "before":
        return Start(
            high.before(anchor.earliest) if high else anchor.earliest,
            low.before(anchor.latest) if low else anchor.latest,
        )
    return Start(
        low.after(anchor.earliest) if low else anchor.earliest, high.after(anchor.latest) if high else anchor.latest
    )


def _undated(phase: Phase, before: list[PhaseDates]) -> Loose:
    names = " + ".join(dict.fromkeys(step.name for step in phase.steps()))
    found = tuple(quote for step in phase.steps() for quote in quotes(step))[:3]
    if phase.condition is not None:
        return Loose(names, f"only if {phase.condition.value.words}", (phase.condition.quote, *found))
    if phase.start is not None:
        return Loose(names, f"the date of {phase.start.value.event}", (phase.start.quote, *found))
    after = f" after {before[-1].phase.steps()[0].name}" if before else ""
    return Loose(names, f"when it begins{after}: the text does not say", found)


# visits -------------------------------------------------------------------------------------------------------------------------


def _visits(found: Iterable[Dated], terms: Terms) -> tuple[Visit, ...]:
    """One visit for each window; a course that is taken at home stays by itself."""
    together: dict[tuple[date, date, date | None], list[Dated]] = {}
    for one in found:
        together.setdefault((one.earliest, one.latest, one.last), []).append(one)
    visits = [
        Visit(
            earliest=earliest, latest=latest, last=last, label=" · ".join(dict.fromkeys(one.label for one in members)),
            activities=tuple(dict.fromkeys(_activity(one) for one in members)), flags=tuple(_flags(earliest, terms)),
        )
        for (earliest, latest, last), members in together.items()
    ]  # fmt: skip
    return tuple(sorted(visits, key=lambda visit: (visit.earliest, visit.latest, visit.last or date.min)))


def _activity(one: Dated) -> Activity:
    return Activity(
        kind=one.kind, name=one.name, detail=one.detail, choice=one.choice, quotes=one.quotes, note=one.note
    )


def _flags(day: date, terms: Terms) -> Iterable[str]:
    if terms.completion is not None and day > terms.completion.latest:
        yield "after-completion"


def _late(visits: Iterable[Visit], terms: Terms) -> Iterable[Diagnostic]:
    late = [visit for visit in visits if "after-completion" in visit.flags]
    if late and terms.completion is not None:
        quote = next((quote for activity in late[0].activities for quote in activity.quotes), None)
        names = ", ".join(activity.name for activity in late[0].activities)
        count = "1 visit lies" if len(late) == 1 else f"{len(late)} visits lie"
        message = (
            f"{count} after {terms.completion}, the trial's completion date; the first is {late[0].earliest} ({names})"
        )
        yield Diagnostic("plan-past-end", message, quote.where if quote else "", quote.span if quote else None)


def _refuse_unknown(terms: Terms, regimen: Regimen, calendars: Iterable[Calendar]) -> None:
    """Refuses an actual date for something that the plan does not hold."""
    known = {_key(label) for calendar in calendars for visit in calendar.visits for label in visit.label.split(" · ")}
    known |= {name for phase in regimen.phases for name in _names(phase)} | set(get_args(EventKind)) - {
        "cycle",
        "visit",
    }
    for name in terms.actual:
        if _key(name) not in known:
            near = get_close_matches(_key(name), sorted(known), n=1)
            hint = (
                f"; did you mean {near[0]!r}?"
                if near
                else "; expected a cycle such as C2D1, a step's name, surgery or progression"
            )
            raise PlanError(f"the plan holds no {name!r}{hint}")
