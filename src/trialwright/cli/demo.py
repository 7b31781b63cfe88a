"""`trialwright demo`: the built-in patients screened for the built-in trials."""

from datetime import date
from pathlib import Path

import click

from trialwright.cli import inputs, options
from trialwright.cli.output import Messages, sink
from trialwright.cli.reports import FORMATS, write_reports


@click.command("demo")
@click.option(
    "--as-of",
    type=options.day,
    metavar="DATE",
    help="The day eligibility is judged.  [default: 2026-03-02, the day the built-in charts were made for]",
)
@options.format_option(*FORMATS)
@options.output_option
@options.quiet_option
@click.pass_obj
def demo_command(
    library: Path | None, /, *, as_of: date | None, form: str | None, output: Path | None, quiet: bool
) -> int:
    """Screen the built-in patients for the built-in trials. With -o the full report goes there, a short one to stdout.

    The patients are invented; the trials restate facts of real ones and are not the registry's records.
    """
    from trialwright import samples
    from trialwright.export.screening import Terms, compile_trials, screen_patient
    from trialwright.export.to_terminal import short_layout

    file_form = options.chosen_format(form, output, FORMATS)
    given = inputs.Inputs(messages=Messages(quiet=quiet), library=library)
    compiled = tuple(compile_trials(given.trials(tuple(str(path) for path in samples.trial_paths()))))
    silent = Terms(as_of=as_of or samples.SCREENED_ON)
    listed = Terms(as_of=silent.as_of, complete=frozenset(options.domains()))
    paths = tuple(str(path) for path in samples.patient_paths())
    reports = [
        screen_patient(patient, compiled, silent if patient.id in samples.WITHOUT_COMPLETE_LISTS else listed)
        for patient in given.patients(paths, silent.as_of)
    ]
    if output is None and form:
        with sink(None) as place:
            write_reports(place, form, iter(reports))
        return given.exit_code(found=False)
    with sink(None) as place:
        for report in reports:
            place.paragraphs(short_layout(report))
    if output is not None:
        with sink(output) as place:
            write_reports(place, file_form, iter(reports))
        given.messages.note(f"the full report: {output}")
    return given.exit_code(found=False)
