"""What the text leaves open, and what somebody chose: a regimen and choices in, a regimen with those settled out.

A choice is an option's name (`cisplatin`), an amount (`gemcitabine=1000`), an interval (`omalizumab every 2 weeks`) or a reading
(`cycle-start`, `cycle-end`). What nobody chose stays open and is shown side by side.
"""

import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Literal

import msgspec

from .missing import missing
from .nodes import Amount, Choice, Give, Interval, Part, Phase, Regimen, Stated, Step
from .timing import duration

Reading = Literal["cycle-start", "cycle-end"]
READINGS: tuple[Reading, ...] = ("cycle-start", "cycle-end")
_EVERY = re.compile(r"(?P<name>.+?)\s+every\s+(?P<n>\d+)\s*(?P<unit>days?|weeks?|months?)$", re.IGNORECASE)


class ChoiceError(ValueError):
    """A choice that the regimen does not offer. The message names what it does offer."""


class OpenChoice(msgspec.Struct, frozen=True):
    """Something still to choose. names: what can be chosen, as `choose` takes it."""

    what: str
    names: tuple[str, ...]


def choose(regimen: Regimen, names: Iterable[str]) -> tuple[Regimen, Reading | None]:
    """The regimen with these choices made, and the reading chosen of "after cycle n"; None where none was.

    raises  ChoiceError for a name that no open choice has
    """
    reading: Reading | None = None
    for name in names:
        wanted = name.strip()
        if wanted.lower() in READINGS:
            reading = READINGS[READINGS.index(wanted.lower())]
            continue
        settled = _settle(regimen, wanted)
        if settled == regimen and not _is_settled(regimen, wanted):
            raise ChoiceError(_refusal(regimen, wanted))
        regimen = settled
    kept = tuple(remark for remark in regimen.diagnostics if remark.code == "regimen-contradiction")
    return msgspec.structs.replace(regimen, diagnostics=(*kept, *missing(regimen))), reading


def open_choices(regimen: Regimen) -> tuple[OpenChoice, ...]:
    """What is left to choose, in the order of treatment."""
    found: list[OpenChoice] = []
    for phase in regimen.phases:
        choices = (part for part in phase.parts if isinstance(part, Choice))
        found += [OpenChoice(" or ".join(_labels(part)), _labels(part)) for part in choices]
        found += [one for step in phase.steps() if isinstance(step, Give) for one in _open_values(step)]
        found += _open_reading(phase)
    return tuple(dict.fromkeys(found))


def _open_reading(phase: Phase) -> list[OpenChoice]:
    return [OpenChoice(f"after {phase.start.value.event}", READINGS)] if phase.start and _has_readings(phase) else []


def has_readings(regimen: Regimen) -> bool:
    """Whether a phase begins after a cycle, so that from its first or its last day makes a difference."""
    return any(_has_readings(phase) for phase in regimen.phases)


def _has_readings(phase: Phase) -> bool:
    return phase.start is not None and phase.start.value.event.kind == "cycle" and phase.start.value.side == "after"


def _labels(part: Choice) -> tuple[str, ...]:
    """The options' names; with the amount where the names are one and the same."""
    names = part.names
    if len(set(names)) == len(names):
        return names
    return tuple(f"{name}={_bare(option[0])}" for name, option in zip(names, part.options, strict=True))


def _bare(step: Step) -> str:
    amount = step.amount.value if isinstance(step, Give) and step.amount else None
    return "|".join(f"{value:f}" for value in amount.values) if amount else "?"


def _open_values(step: Give) -> Iterable[OpenChoice]:
    if step.amount and step.amount.value.shape != "one":
        values = step.amount.value.values
        yield OpenChoice(f"{step.name}: {step.amount.value}", tuple(f"{step.name}={value:f}" for value in values))
    if step.every and step.every.value.shape == "levels":
        yield OpenChoice(
            f"{step.name}: every {step.every.value}",
            tuple(f"{step.name} every {value}" for value in step.every.value.values),
        )


def _settle(regimen: Regimen, wanted: str) -> Regimen:
    phases = tuple(
        msgspec.structs.replace(phase, parts=tuple(new for part in phase.parts for new in _settle_part(part, wanted)))
        for phase in regimen.phases
    )
    return msgspec.structs.replace(regimen, phases=phases)


def _settle_part(part: Part, wanted: str) -> tuple[Part, ...]:
    if isinstance(part, Choice):
        fitting = [
            option for option, label in zip(part.options, _labels(part), strict=True) if _is_named(label, wanted)
        ]
        if len(fitting) == 1:
            return fitting[0]
        return (
            msgspec.structs.replace(
                part, options=tuple(tuple(_settle_step(step, wanted) for step in option) for option in part.options)
            ),
        )
    return (_settle_step(part, wanted),)


def _is_named(label: str, wanted: str) -> bool:
    return wanted.lower() == label.lower() or ("=" not in wanted and wanted.lower() in label.lower().split(" + "))


def _settle_step(step: Step, wanted: str) -> Step:
    if not isinstance(step, Give):
        return step
    if found := _EVERY.fullmatch(wanted):
        length = duration(found["n"], found["unit"])
        if step.name.lower() == found["name"].lower() and step.every and length in step.every.value.values:
            return msgspec.structs.replace(step, every=Stated(Interval((length,)), step.every.quote))
        return step
    name, sign, value = wanted.partition("=")
    if not sign or name.strip().lower() != step.name.lower() or step.amount is None:
        return step
    amount = _amount(step.amount.value, value.strip())
    return msgspec.structs.replace(step, amount=Stated(amount, step.amount.quote)) if amount else step


def _amount(amount: Amount, words: str) -> Amount | None:
    """The amount fixed at a value that it allows; None where it does not."""
    try:
        value = Decimal(words.split()[0]) if words else None
    except InvalidOperation:
        return None
    if value is None or amount.shape == "one":
        return None
    is_allowed = amount.values[0] <= value <= amount.values[-1] if amount.shape == "range" else value in amount.values
    return Amount((value,), amount.unit) if is_allowed else None


def _is_settled(regimen: Regimen, wanted: str) -> bool:
    """Whether a name is of a step that is given anyway: choosing it twice is no mistake."""
    return any(step.name.lower() == wanted.lower() for step in regimen.steps())


def _refusal(regimen: Regimen, wanted: str) -> str:
    offered = [name for choice in open_choices(regimen) for name in choice.names]
    near = get_close_matches(wanted, offered, n=1)
    hint = (
        f"; did you mean {near[0]!r}?"
        if near
        else f"; open are: {', '.join(offered)}"
        if offered
        else "; nothing is open"
    )
    return f"{regimen.label!r} leaves no choice {wanted!r}{hint}"
