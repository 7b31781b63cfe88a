"""`trialwright changes`: two saved screenings in; what changed between them, and why, out."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from trialwright.cli import options
from trialwright.cli.output import sink

if TYPE_CHECKING:
    from trialwright.export.changes import Changes, CriterionChange, TrialChange
    from trialwright.export.report import Report
    from trialwright.export.to_terminal import Line

FORMATS = ("table", "json")
_SAVED = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("changes")
@click.argument("before", type=_SAVED, metavar="BEFORE")
@click.argument("after", type=_SAVED, metavar="AFTER")
@options.format_option(*FORMATS)
@options.output_option
@options.fail_on_option("changed")
def changes_command(
    *, before: Path, after: Path, form: str | None, output: Path | None, fail_on: tuple[str, ...]
) -> int:
    """Say what changed between two saved screenings (`screen --format json`): of a patient's chart or a trial's version.

    Each changed verdict is shown with what the reports say has changed: the published words, what is on record, a
    reviewer's decision, the day, the lists declared complete.
    """
    import msgspec

    from trialwright.export.changes import changes

    form = options.chosen_format(form, output, FORMATS)
    found = changes(_saved(before), _saved(after))
    with sink(output) as place:
        if form == "json":
            place.line(msgspec.json.format(msgspec.json.encode(found), indent=2))
        else:
            place.paragraphs(_layout(found))
    return int(bool(fail_on) and bool(found.trials))


def _saved(path: Path) -> tuple["Report", ...]:
    from trialwright.export.changes import ChangesError, read_saved

    try:
        return read_saved(path.read_bytes(), str(path))
    except ChangesError as error:
        raise click.UsageError(str(error)) from None


def _layout(found: "Changes") -> Iterator["Line"]:
    from trialwright.export.to_terminal import Line
    from trialwright.export.words import counted

    for words in found.terms:
        yield Line(words[:1].upper() + words[1:] + ".", "quiet")
    for trial in found.trials:
        yield from _trial(trial)
    yield Line("")
    alike = counted(found.alike, "trial")
    yield Line(f"Nothing changed in {alike}." if found.alike or not found.trials else "No trial is as it was.", "quiet")


def _trial(trial: "TrialChange") -> Iterator["Line"]:
    from trialwright.export.record_text import as_read
    from trialwright.export.to_terminal import Line

    yield Line("")
    yield Line(f"Patient {trial.patient} · {trial.trial or 'no id'} · {as_read(trial.title)}", "heading", 0, 2)
    yield Line(f"{trial.before or 'not screened for'} → {trial.after or 'not screened for'}", "title")
    for one in trial.criteria:
        yield from _criterion(one)


def _criterion(one: "CriterionChange") -> Iterator["Line"]:
    from trialwright.export.to_terminal import Line

    if one.before is None or one.after is None:
        yield Line(f"{one.criterion:<4} {one.kind}: {one.after or one.before}", "item", 2, 5)
    elif one.before == one.after:
        yield Line(f"{one.criterion:<4} {one.after}, as before", "item", 2, 5)
    else:
        yield Line(f"{one.criterion:<4} {one.before} → {one.after}", "item", 2, 5)
    for reason in one.reasons:
        yield Line(f"{reason.cause}: {reason.says}", "text", 7, 2)
    if one.before != one.after:
        if one.why[0]:
            yield Line(f"before: {one.why[0]}", "quiet", 7, 2)
        if one.why[1]:
            yield Line(f"after: {one.why[1]}", "quiet", 7, 2)
