"""The doses of one phase on the calendar: cycles, days, caps by count and by time, and what has really happened.

Both ends of a phase's start window are carried through, so that every dose has an earliest and a latest day. Weeks and days are
exact; months are calendar months from the last fixed day, clamped to the month's end, never added up from clamped days.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal, NamedTuple

from trialwright.codes.dates import Duration
from trialwright.codes.places import Diagnostic

from .nodes import Choice, Give, Operate, Phase, Quote, Radiate, Stated, Step

MOST_CYCLES = 600
"""Cycles that a calendar draws; a text that asks for more gets a remark and not a file of a thousand pages."""
_UNSTATED_DAY = "day of the cycle not stated; drawn on its first day"


class Start(NamedTuple):
    """When something begins: not before `earliest`, not after `latest`."""

    earliest: date
    latest: date


class Dated(NamedTuple):
    """One thing on one day or in one window. last: the last day of a course that needs no visits; None for a visit."""

    kind: Literal["give", "radiate", "operate", "assess", "outcome"]
    name: str
    earliest: date
    latest: date
    label: str
    detail: str = ""
    choice: str = ""
    quotes: tuple[Quote, ...] = ()
    note: str = ""
    last: date | None = None


class Loose(NamedTuple):
    """What cannot be dated, and what would date it."""

    name: str
    needs: str
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class PhaseDates:
    """A phase with its dates.

    cycles   cycle number -> when its first day is; empty where the phase has no cycles
    length   of a cycle
    run_out  the day after the last one that a stated duration allows; None where none is stated
    bounded  whether the text says when the phase ends
    refusal  why the phase cannot be dated as asked; "" when it can
    """

    phase: Phase
    start: Start
    dated: tuple[Dated, ...] = ()
    cycles: Mapping[int, Start] = field(default_factory=dict)
    length: Duration | None = None
    run_out: Start | None = None
    bounded: bool = False
    loose: tuple[Loose, ...] = ()
    remarks: tuple[Diagnostic, ...] = ()
    refusal: str = ""

    def cycle_start(self, number: int | None) -> Start | None:
        """The first day of a cycle; of the last one for None."""
        number = max(self.cycles, default=None) if number is None else number
        return self.cycles.get(number) if number is not None else None

    def cycle_end(self, number: int | None) -> Start | None:
        """The day after the last day of a cycle, which is when the next one would begin."""
        begun = self.cycle_start(number)
        if begun is None or self.length is None:
            return None
        return Start(self.length.after(begun.earliest), self.length.after(begun.latest))


@dataclass(frozen=True, slots=True)
class Happened:
    """What is known of the real course. delays: what a late cycle does to those after it; None: nobody said."""

    actual: Mapping[str, date]
    delays: Literal["shift", "keep"] | None
    drawn_to: date


def date_phase(phase: Phase, start: Start, before: Iterable[PhaseDates], happened: Happened) -> PhaseDates:
    """The phase with every dose dated, from the window in which it begins."""
    return _Phase(phase, start, tuple(before), happened).dates()


class _Phase:
    """Dates one phase; used once."""

    def __init__(self, phase: Phase, start: Start, before: tuple[PhaseDates, ...], happened: Happened) -> None:
        self.phase, self.start, self.before, self.happened = phase, start, before, happened
        self.remarks: list[Diagnostic] = []
        self.loose: list[Loose] = []
        self.refusal = ""
        self.cycles: dict[int, Start] = {}
        self.length: Duration | None = None
        self.first, self.prefix = self._numbering()

    def dates(self) -> PhaseDates:
        dated: list[Dated] = []
        for part in self.phase.parts:
            if isinstance(part, Choice):
                words = " or ".join(part.names)
                dated += [
                    one._replace(choice=words) for option in part.options for step in option for one in self._step(step)
                ]
            else:
                dated += self._step(part)
        given = [step for step in self.phase.steps() if isinstance(step, Give)]
        return PhaseDates(
            self.phase, self.start, tuple(dated), self.cycles, self.length, self._run_out(given), all(_is_bounded(step) for step in given),
            tuple(self.loose), tuple(self.remarks), self.refusal,
        )  # fmt: skip

    def _numbering(self) -> tuple[int, str]:
        """The number of the first cycle, and what stands before it: cycles go on counting where the text counts a total."""
        counted = [step for step in self.phase.steps() if isinstance(step, Give) and step.total]
        earlier = [number for phase in self.before for number in phase.cycles]
        if counted and earlier:
            return _first_of_total(counted[0]) or max(earlier) + 1, ""
        if not earlier:
            return 1, ""
        return 1, f"{self.phase.role.value} " if self.phase.role else f"part {len(self.before) + 1} "

    def _run_out(self, given: list[Give]) -> Start | None:
        lengths = [step.duration.value.only for step in given if step.duration]
        if not given or len(lengths) < len(given) or None in lengths:
            return None
        ends = [(length.after(self.start.earliest), length.after(self.start.latest)) for length in lengths if length]
        return Start(max(end[0] for end in ends), max(end[1] for end in ends))

    def _step(self, step: Step) -> Iterator[Dated]:
        if isinstance(step, Give):
            yield from self._give(step)
        elif isinstance(step, Operate):
            if len(self.phase.parts) > 1:
                self.loose.append(
                    Loose(step.name, "when it takes place: the text does not say", (step.procedure.quote,))
                )
                return
            yield Dated(
                "operate", step.name, *self.start, label="surgery", quotes=(step.procedure.quote, *self._start_quote())
            )
        elif self.phase.start is None and step.name.lower() not in self.happened.actual:
            self.loose.append(Loose(step.name, "the day it begins: the text gives no window", (step.words.quote,)))
        else:
            real = self.happened.actual.get(step.name.lower())
            yield Dated(
                "radiate",
                step.name,
                *(Start(real, real) if real else self.start),
                label="radiotherapy",
                detail=radiation_detail(step),
                quotes=(step.words.quote, *self._start_quote()),
            )

    def _start_quote(self) -> tuple[Quote, ...]:
        return (self.phase.start.quote,) if self.phase.start else ()

    # doses ------------------------------------------------------------------------------------------------------------------

    def _give(self, step: Give) -> Iterator[Dated]:
        if step.at is not None:
            yield from self._moments(step, step.at.value)
        elif step.every is not None and step.every.value.shape != "levels" and not _is_course(step):
            yield from self._cycles(step)
        elif step.every is not None and step.every.value.shape == "levels":
            note = f"every {step.every.value}: which of them is not settled, so later doses are not dated"
            yield self._dose(step, self.start, f"{self.prefix}start", note)
        elif step.days is not None:
            yield from self._on_days(step, step.days.value, self.start, cycle=None)
        elif _is_course(step):
            yield self._course(step)
        else:
            repeated = "" if step.doses and step.doses.value.high == 1 else "when it is repeated is not stated"
            yield self._dose(step, self.start, f"{self.prefix}start", repeated)

    def _moments(self, step: Give, moments: Iterable[Duration]) -> Iterator[Dated]:
        for moment in moments:
            yield self._dose(
                step,
                Start(moment.after(self.start.earliest), moment.after(self.start.latest)),
                f"{self.prefix}{moment.unit} {moment.value:f}",
            )

    def _dose(self, step: Give, start: Start, label: str, note: str = "") -> Dated:
        return Dated(
            "give",
            step.name,
            start.earliest,
            start.latest,
            label,
            detail(step),
            quotes=tuple(give_quotes(step)),
            note=note,
        )

    def _course(self, step: Give) -> Dated:
        """Taken at home day by day: one line from its first to its last day."""
        length = step.duration.value.values[-1] if step.duration else None
        if length is not None:
            last, note = length.after(self.start.earliest) - timedelta(days=1), ""
        else:
            last, note = (
                max(self.happened.drawn_to, self.start.earliest),
                "no end is stated; drawn to the edge of the calendar",
            )
        return self._dose(step, self.start, f"{self.prefix}course", note)._replace(last=last)

    def _cycles(self, step: Give) -> Iterator[Dated]:
        assert step.every is not None  # noqa: S101 - asked by the caller
        low, high = step.every.value.values[0], step.every.value.values[-1]
        is_counted = step.cycles is not None or step.days is not None or self.length is None
        self.length = low if self.length is None else self.length
        limit, certain = self._limit(step)
        given, most = 0, step.doses.value.high if step.doses and step.days else None
        days = step.days.value if step.days else (1,)
        for place in range(limit):
            begun = self._cycle_start(place, low, high)
            if begun is None or self._is_over(step, begun, place):
                break
            number = self.first + place
            if is_counted and low == self.length:
                self.cycles.setdefault(number, begun)
            note = "" if place < certain else f"only if more than {certain} are given"
            for one in self._on_days(step, days, begun, cycle=number):
                if most is not None and given >= most:
                    return
                given += 1
                yield one._replace(
                    note="; ".join(filter(None, (one.note, note, "" if step.days or place else _UNSTATED_DAY)))
                )
        self._check_cap(step, limit)

    def _limit(self, step: Give) -> tuple[int, int]:
        """How many cycles there are at most, and how many in any case."""
        stated = step.cycles or (step.doses if not (step.days and len(step.days.value) > 1) else None)
        limit = stated.value.high if stated else MOST_CYCLES
        certain = stated.value.low if stated else MOST_CYCLES
        if step.total is not None and stated is None:
            earlier = sum(1 for phase in self.before for _ in phase.cycles)
            limit = certain = max(0, step.total.value.high - earlier)
        source = stated or step.total
        if limit > MOST_CYCLES and source is not None:
            message = f"{step.name!r} is given {limit} times; only the first {MOST_CYCLES} are drawn"
            self.remarks.append(Diagnostic("plan-too-long", message, source.quote.where, source.quote.span))
        return min(limit, MOST_CYCLES), certain

    def _cycle_start(self, place: int, low: Duration, high: Duration) -> Start | None:
        """The first day of a cycle: counted from the last real one where later cycles shift, from the phase's start where not."""
        base, at = self.start, 0
        for earlier in range(place + 1):
            real = self._real(earlier)
            if real is None:
                continue
            planned = _multiplied(low, earlier - at, base.earliest), _multiplied(high, earlier - at, base.latest)
            if earlier == place:
                return Start(real, real)
            if not planned[0] <= real <= planned[1] and self.happened.delays is None:
                self.refusal = (
                    f"{self.prefix}C{self.first + earlier}D1 was on {real} and not on {planned[0]}; "
                    "say whether later cycles shift with it or keep their days"
                )
                return None
            if self.happened.delays != "keep":
                base, at = Start(real, real), earlier
        found = Start(_multiplied(low, place - at, base.earliest), _multiplied(high, place - at, base.latest))
        return None if date.max in found else found

    def _real(self, place: int) -> date | None:
        return self.happened.actual.get(f"{self.prefix.replace(' ', '')}c{self.first + place}d1")

    def _is_over(self, step: Give, begun: Start, place: int) -> bool:
        """Whether a cap by time, or the edge of what is drawn, lies before a cycle. A count that is stated exactly outlasts a cap."""
        if step.duration is not None and not _has_exact_count(step):
            return begun.earliest >= step.duration.value.values[-1].after(self.start.earliest)
        return not _is_bounded(step) and place > 0 and begun.earliest > self.happened.drawn_to

    def _check_cap(self, step: Give, limit: int) -> None:
        if step.duration is None or not _has_exact_count(step) or not self.cycles:
            return
        first = self._first_dose(step) if step.total else self.start
        last = max((begun for begun in self.cycles.values()), key=lambda begun: begun.latest)
        cap = step.duration.value.values[-1]
        if last.earliest >= cap.after(first.earliest):
            days = f"{(last.earliest - first.earliest).days}–{(last.latest - first.earliest).days}"
            message = (
                f"{step.name!r}: dose {self.first + limit - 1} falls on day {days} after the first, and the text caps treatment at {cap}; "
                "both cannot hold, and the count was followed"
            )
            self.remarks.append(
                Diagnostic("plan-cap-conflict", message, step.duration.quote.where, step.duration.quote.span)
            )

    def _first_dose(self, step: Give) -> Start:
        for phase in self.before:
            if any(other.name.lower() == step.name.lower() for other in phase.phase.steps()):
                return phase.start
        return self.start

    def _on_days(self, step: Give, days: tuple[int, ...], begun: Start, cycle: int | None) -> Iterator[Dated]:
        """The doses on the days of one cycle; days in a row that are taken at home make one course."""
        zero = 0 if min(days) <= 0 else 1
        for run in _runs(days, together=_is_home(step)):
            start = Start(begun.earliest + timedelta(days=run[0] - zero), begun.latest + timedelta(days=run[0] - zero))
            label = f"{self.prefix}C{cycle} D{run[0]}" if cycle is not None else f"{self.prefix}day {run[0]}"
            last = start.earliest + timedelta(days=run[-1] - run[0]) if len(run) > 1 else None
            span = f"–{run[-1]}" if last else ""
            yield self._dose(step, start, label + span)._replace(last=last)


def _first_of_total(step: Give) -> int | None:
    """The first cycle's number where the text says how many there are in this phase and in all; None where it does not."""
    if step.total is None or step.cycles is None:
        return None
    first = step.total.value.high - step.cycles.value.high + 1
    return first if first >= 1 else None


def _runs(days: tuple[int, ...], *, together: bool) -> Iterator[tuple[int, ...]]:
    run: list[int] = []
    for day in days:
        if run and not (together and day == run[-1] + 1):
            yield tuple(run)
            run = []
        run.append(day)
    if run:
        yield tuple(run)


def _multiplied(length: Duration, count: int, start: date) -> date:
    return Duration(length.value * count, length.unit).after(start)


def _has_exact_count(step: Give) -> bool:
    counted = step.cycles or step.doses
    return counted is not None and not counted.value.at_most and counted.value.low == counted.value.high


def _is_bounded(step: Give) -> bool:
    if step.every is None and (step.days or step.at or step.doses):
        return True
    return bool(step.cycles or step.doses or step.duration or step.total)


def _is_home(step: Give) -> bool:
    """Taken without a visit: by mouth, several times a day, or by inhaler."""
    return step.times is not None or (
        step.route is not None
        and step.route.value in ("oral", "inhaled", "intranasal", "topical", "sublingual", "buccal")
    )


def _is_course(step: Give) -> bool:
    """Whether a drug is taken day by day, without days of a cycle."""
    if step.days is not None:
        return False
    each_day = step.every is not None and step.every.value.values[0] == Duration(Decimal(1), "day")
    per_day = step.amount is not None and step.amount.value.unit.endswith(("/d", "/wk"))
    return each_day or (step.every is None and (step.times is not None or step.as_needed is not None or per_day))


# words --------------------------------------------------------------------------------------------------------------------------


def detail(step: Give) -> str:
    """Amount, route and times a day as the text has them."""
    words = [str(step.amount.value) if step.amount else "dose not stated"]
    words += [step.route.value] if step.route else []
    words += [str(step.times.value)] if step.times else []
    words += ["as needed"] if step.as_needed else []
    return ", ".join(words)


def radiation_detail(step: Radiate) -> str:
    words = [str(step.total.value)] if step.total else []
    words += [f"{step.fractions.value} fractions"] if step.fractions else []
    words += [str(step.fraction.value)] if step.fraction else []
    return ", ".join(words) or "dose not stated"


def give_quotes(step: Give) -> Iterator[Quote]:
    for stated in (step.drug, step.amount, step.days, step.every, step.at):
        if isinstance(stated, Stated):
            yield stated.quote
