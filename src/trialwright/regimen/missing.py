"""What a regimen does not say, and what it leaves open: a remark for each, never a default in its place."""

from collections.abc import Iterator

from trialwright.codes.places import Diagnostic

from .nodes import Choice, Give, Operate, Phase, Quote, Radiate, Regimen

_PLACEBOS = ("placebo", "vehicle")


def missing(regimen: Regimen) -> Iterator[Diagnostic]:
    """Remarks on one regimen, in the order of treatment."""
    if not regimen.phases:
        yield Diagnostic(
            "regimen-unread",
            f"no dose, procedure or radiation was read for {regimen.label!r}; expected what is given, and how",
            _place(regimen),
        )
    for number, phase in enumerate(regimen.phases):
        for part in phase.parts:
            if isinstance(part, Choice):
                names = " or ".join(part.names)
                yield _remark("regimen-choice", f"{names}: the text leaves the choice open", _quote(part.options[0][0]))
        for step in phase.steps():
            yield from _of_step(step)
            if isinstance(step, Operate) and len(phase.steps()) > 1:
                yield _remark(
                    "regimen-gap",
                    f"when {step.name!r} takes place, before or after the rest, is not stated",
                    step.procedure.quote,
                )
        if number and phase.start is None and phase.condition is None:
            name = phase.steps()[0].name
            yield _remark(
                "regimen-gap",
                f"when {name!r} begins after what comes before it is not stated",
                _quote(phase.steps()[0]),
            )
        yield from _readings(phase)


def _of_step(step: Give | Radiate | Operate) -> Iterator[Diagnostic]:
    if isinstance(step, Operate):
        return
    lacking = list(_lacking(step))
    if lacking:
        yield _remark(
            "regimen-gap", f"{step.name!r}: {', '.join(lacking)} not stated; the protocol has to say", _quote(step)
        )
    if isinstance(step, Give) and step.amount and step.amount.value.shape != "one":
        what = "a range" if step.amount.value.shape == "range" else "several amounts"
        yield _remark(
            "regimen-choice",
            f"{step.name!r} has {what}, {step.amount.value}; the protocol has to fix one",
            step.amount.quote,
        )


def _lacking(step: Give | Radiate) -> Iterator[str]:
    if isinstance(step, Radiate):
        if step.total is None and step.fraction is None:
            yield "dose"
        if step.fractions is None:
            yield "number of fractions"
        return
    if step.drug is None:
        yield "drug"
    if step.amount is None:
        yield "dose"
    if step.route is None:
        yield "route"
    if not (step.days or step.at or step.times or step.every or step.doses or step.as_needed or _is_daily(step)):
        yield "day or interval"
    if not (
        step.cycles
        or step.doses
        or step.duration
        or step.total
        or step.stops
        or (step.days and not step.every)
        or step.at
    ):
        yield "end"
    if step.every and not step.days and step.cycles:
        yield "day of the cycle"


def _is_daily(step: Give) -> bool:
    return step.amount is not None and step.amount.value.unit.endswith(("/d", "/wk"))


def _readings(phase: Phase) -> Iterator[Diagnostic]:
    if phase.start is not None and phase.start.value.event.kind == "cycle" and phase.start.value.side == "after":
        message = f"after {phase.start.value.event} can mean after its first day or after its last; both are offered"
        yield _remark("regimen-ambiguous", message, phase.start.quote)


def _quote(step: Give | Radiate | Operate) -> Quote | None:
    if isinstance(step, Operate):
        return step.procedure.quote
    if isinstance(step, Radiate):
        return step.words.quote
    found = step.drug or step.amount
    return found.quote if found else None


def _remark(code: str, message: str, quote: Quote | None) -> Diagnostic:
    return Diagnostic(code, message, quote.where if quote else "", quote.span if quote else None)


def _place(regimen: Regimen) -> str:
    home = "protocolSection.armsInterventionsModule"
    return home if regimen.arm is None else f"{home}.armGroups[{regimen.arm}]"
