"""`trialwright plan`: a trial and the day of the first dose in, a dated calendar with doses out."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from trialwright.cli import inputs, options
from trialwright.cli.output import Messages, Sink, sink

if TYPE_CHECKING:
    from trialwright.codes.formulas import BsaFormula
    from trialwright.export.plans.planning import PlanReport
    from trialwright.regimen.doses import Body, DoseRules, Rounding, WeightRule
    from trialwright.trial import Trial

FORMATS = ("table", "json", "csv", "html", "ics", "xlsx")
_BY_SUFFIX = {".ics": "ics", ".xlsx": "xlsx"}
BSA = ("mosteller", "dubois", "haycock", "gehan-george", "fujimoto", "takahira", "boyd")


def _amount(value: str) -> Decimal:
    """A positive number."""
    try:
        number = Decimal(value)
    except InvalidOperation:
        number = Decimal(-1)
    if not number.is_finite() or number < 0:
        raise click.BadParameter(f"{value!r} is no amount; expected a number such as 125")
    return number


def _cap(value: str) -> Decimal:
    """A positive number, or `none` where the protocol sets no cap."""
    return Decimal("Infinity") if value.lower() == "none" else _amount(value)


def _happened(value: str) -> tuple[str, date]:
    """`C3D1=2026-03-10`, `surgery=2026-05-02`."""
    name, sign, day = value.partition("=")
    if not sign or not name.strip():
        raise click.BadParameter(f"{value!r} names no event and day; expected a form such as C3D1=2026-03-10")
    return name.strip(), options.day(day.strip())


@click.command("plan")
@click.argument("source", metavar="PATH|ID")
@click.option("--start", type=options.day, required=True, metavar="DATE", help="The day of the first dose.")
@click.option("--arm", metavar="NAME", help="One arm: its label, a part of it, or its number from 1.")
@click.option(
    "--choose", "choices", multiple=True, metavar="NAME", help="Settle what the text leaves open; may be given again."
)
@click.option(
    "--actual",
    "actual",
    multiple=True,
    type=_happened,
    metavar="EVENT=DATE",
    help="What has happened: C3D1, surgery, progression …; may be given again.",
)
@click.option("--delays", type=click.Choice(("shift", "keep")), help="What a late cycle does to those after it.")
@click.option(
    "--until",
    type=options.day,
    metavar="DATE",
    help="How far to draw what has no end.  [default: the trial's completion date]",
)
@click.option("--without-outcomes", is_flag=True, help="Leave out the times at which outcomes are taken.")
@click.option("--patient", metavar="CHART", help="Compute the doses for this patient.")
@click.option(
    "--name", default="", metavar="TEXT", help="Put a name into the output; without it no output names anybody."
)
@click.option("--bsa", type=click.Choice(BSA), help="Body surface formula.")
@click.option("--bsa-cap", type=_cap, metavar="M2", help="Largest body surface used, or none.")
@click.option("--weight", type=click.Choice(("actual", "ideal", "adjusted")), help="Weight in Cockcroft-Gault.")
@click.option("--gfr-cap", type=_cap, metavar="ML/MIN", help="Largest clearance used for carboplatin, or none.")
@click.option("--creatinine-floor", type=_amount, metavar="MG/DL", help="Smallest creatinine used; 0 for none.")
@click.option("--round-to", type=_amount, metavar="STEP", help="Round doses to this step.")
@click.option("--rounding", type=click.Choice(("nearest", "down", "up")), default="nearest", help="How to round.")
@options.format_option(*FORMATS)
@options.output_option
@options.quiet_option
@click.pass_obj
def plan_command(
    library: Path | None,
    /,
    *,
    source: str,
    start: date,
    arm: str | None,
    choices: tuple[str, ...],
    actual: tuple[tuple[str, date], ...],
    delays: str | None,
    until: date | None,
    without_outcomes: bool,
    patient: str | None,
    name: str,
    form: str | None,
    output: Path | None,
    quiet: bool,
    **rules: object,
) -> int:
    """Plan a trial from the day of the first dose: visits with windows, doses, assessments, as the record states them.

    What the text leaves open is shown side by side until --choose settles it; what it leaves out is said and never filled in.
    """
    from trialwright.export.plans.planning import ArmError, Request, plan_trial
    from trialwright.regimen.calendar import PlanError, Terms
    from trialwright.regimen.choices import ChoiceError

    form = form or (_BY_SUFFIX.get(output.suffix.lower()) if output else None)
    form = options.chosen_format(form, output, FORMATS)
    given = inputs.Inputs(messages=Messages(quiet=quiet), library=library)
    trial = _only(given.trials((source,)), source)
    if trial is None:
        return inputs.UNREADABLE
    terms = Terms(start=start, actual=dict(actual), delays=delays, choices=choices, until=until)  # type: ignore[arg-type]
    body = _body(given, patient, start) if patient else None
    if patient and body is None:
        return inputs.UNREADABLE
    request = Request(terms=terms, arm=arm, body=body, rules=_rules(rules), outcomes=not without_outcomes, name=name)
    try:
        report = plan_trial(trial, request)
        with sink(output) as place:
            _WRITERS[form](place, report)
    except (ArmError, ChoiceError, PlanError) as error:
        raise click.UsageError(str(error)) from error
    return given.exit_code(found=False)


def _only(trials: "Iterator[Trial]", source: str) -> "Trial | None":
    """The one trial of an input; None when nothing could be read, which has been said.

    raises  click.UsageError when there are several
    """
    first = next(trials, None)
    if first is not None and next(trials, None) is not None:
        raise click.UsageError(f"{source}: holds several trials; a plan is made for one")
    return first


def _body(given: inputs.Inputs, patient: str, start: date) -> "Body | None":
    from trialwright.export.plans.body import body_of

    found = list(given.patients((patient,), start))
    if len(found) > 1:
        raise click.UsageError(f"{patient}: holds several patients; doses are computed for one")
    return body_of(found[0], start) if found else None


def _rules(rules: dict[str, object]) -> "DoseRules":
    from trialwright.regimen.doses import DoseRules

    return DoseRules(
        bsa_formula=cast("BsaFormula | None", rules["bsa"]),
        bsa_cap=cast("Decimal | None", rules["bsa_cap"]),
        weight=cast("WeightRule | None", rules["weight"]),
        gfr_cap=cast("Decimal | None", rules["gfr_cap"]),
        creatinine_floor=cast("Decimal | None", rules["creatinine_floor"]),
        round_to=cast("Decimal | None", rules["round_to"]),
        rounding=cast("Rounding", rules["rounding"]),
    )


def _table(place: Sink, report: "PlanReport") -> None:
    from trialwright.export.plans.to_text import layout

    place.paragraphs(layout(report))


def _json(place: Sink, report: "PlanReport") -> None:
    import msgspec

    place.line(msgspec.json.format(msgspec.json.encode(report), indent=2))


def _csv(place: Sink, report: "PlanReport") -> None:
    from trialwright.export.plans.to_rows import to_csv

    for line in to_csv(report):
        place.write(line)


def _html(place: Sink, report: "PlanReport") -> None:
    from trialwright.export.plans.to_html import to_html

    place.write(to_html(report))


def _ics(place: Sink, report: "PlanReport") -> None:
    from trialwright.export.plans.to_ics import to_ics

    place.write(to_ics(report, stamped=options.today()))


def _xlsx(place: Sink, report: "PlanReport") -> None:
    from trialwright.export.plans.to_xlsx import to_xlsx

    place.write(to_xlsx(report))


_WRITERS = {"table": _table, "json": _json, "csv": _csv, "html": _html, "ics": _ics, "xlsx": _xlsx}
