"""`trialwright screen`: patients and trials in, one report for each patient out."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from trialwright.cli import inputs, options
from trialwright.cli.output import Messages, sink
from trialwright.cli.reports import FORMATS, write_reports

if TYPE_CHECKING:
    from trialwright.export.report import Decision, Report
    from trialwright.export.screening import Compiled
    from trialwright.patients.facts import Domain

FOUND = ("eligible", "ineligible", "open")


@click.command("screen")
@click.argument("patients", nargs=-1, required=True, metavar="PATIENT…")
@click.option(
    "--trial",
    "trials",
    multiple=True,
    metavar="PATH|ID",
    help="A file of trial records, or a trial of the library or the built-in samples; may be given again.",
)
@options.as_of_option
@click.option(
    "--complete",
    type=options.some_of(options.domains),
    default="",
    metavar="NAMES",
    help="Lists of the charts that are complete, so that what they do not name did not happen: "
    "conditions, procedures, drugs, allergies, vaccines.",
)
@click.option(
    "--mapping",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="What the columns of a table are (TSV or YAML); without it, NAME.mapping.tsv beside the table.",
)
@click.option(
    "--without",
    type=options.names,
    default="",
    metavar="IDS",
    help="Criteria to switch off, such as I3 or NCT05350891:I3; the report says so.",
)
@click.option(
    "--review",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="A reviewer's decisions (TSV): criteria switched off, verdicts given, each with a reason.",
)
@options.format_option(*FORMATS, "review")
@options.output_option
@options.limit_option
@options.fail_on_option(*FOUND)
@options.quiet_option
@click.pass_obj
def screen_command(
    library: Path | None,
    /,
    *,
    patients: tuple[str, ...],
    trials: tuple[str, ...],
    as_of: date | None,
    complete: tuple[str, ...],
    mapping: Path | None,
    without: tuple[str, ...],
    review: Path | None,
    form: str | None,
    output: Path | None,
    limit: int | None,
    fail_on: tuple[str, ...],
    quiet: bool,
) -> int:
    """Screen patients for trials: a verdict on each criterion, with the words it was read from and the evidence.

    PATIENT is a chart: the built-in form (YAML or JSON), FHIR R4, an OMOP database, a table, or a clinic note in plain
    English; `-` is stdin. What it is, is told from its content. An ineligible patient is no error.
    """
    from trialwright.export.screening import Terms, compile_trials, screen_patient
    from trialwright.export.words import counted

    form = options.chosen_format(form, output, (*FORMATS, "review"))
    messages = Messages(quiet=quiet)
    records, charts = inputs.Inputs(messages=messages, library=library), inputs.Inputs(messages=messages)
    if not trials:
        raise click.UsageError(f"no trials to screen for: name them with --trial; {inputs.library_words(library)}")
    if [*patients, *trials].count("-") > 1:
        raise click.UsageError("stdin (`-`) can be read once only")
    compiled = tuple(compile_trials(records.trials(trials)))
    if not compiled:
        return inputs.UNREADABLE
    decisions = _decisions(review) if review else ()
    _check_ids("--without", without, compiled)
    _check_ids("--review", tuple(_name(one) for one in decisions), compiled)
    terms = Terms(
        as_of=as_of or options.today(),
        complete=frozenset(cast("tuple[Domain, ...]", complete)),
        without=frozenset(without),
        review=decisions,
    )
    found: set[str] = set()

    def reports() -> Iterator["Report"]:
        for patient in messages.counting(charts.patients(patients, terms.as_of, mapping), "patients"):
            report = screen_patient(patient, compiled, terms, limit=None if fail_on else limit)
            found.update(trial.verdict for trial in report.trials)
            yield report.nearest(limit)

    messages.note(f"as of {terms.as_of}, {counted(len(compiled), 'trial')}")
    with sink(output) as place:
        write_reports(place, form, reports())
    return charts.exit_code(found=bool(found.intersection(fail_on)), others_unread=records.unread)


def _decisions(path: Path) -> tuple["Decision", ...]:
    from trialwright.export.reviews import ReviewError, read_review

    try:
        return read_review(path.read_bytes(), str(path))
    except ReviewError as error:
        raise click.UsageError(str(error)) from None


def _name(one: "Decision") -> str:
    return f"{one.trial}:{one.criterion}" if one.trial else one.criterion


def _check_ids(option: str, asked: tuple[str, ...], compiled: tuple["Compiled", ...]) -> None:
    known: set[str] = set()
    for one in compiled:
        ids = {criterion.id for criterion in one.criteria.criteria}
        known |= ids | {f"{one.trial.nct_id or one.criteria.trial}:{identity}" for identity in ids}
    for identity in asked:
        if identity not in known:
            hint = inputs.did_you_mean(identity, sorted(known))
            raise click.UsageError(f"{option}: no criterion {identity!r} in these trials{hint}")
