"""`trialwright history`: what changed between the held versions of a trial, in fields and in the meaning of its criteria."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from trialwright.cli import options
from trialwright.cli.library import opened
from trialwright.cli.output import Messages, sink

if TYPE_CHECKING:
    from trialwright.library.comparing import Step
    from trialwright.library.store import Version

FORMATS = ("table", "json", "csv")
COLUMNS = ("from", "to", "change", "what", "before", "after")


@click.command("history")
@click.argument("trial", metavar="ID")
@options.format_option(*FORMATS)
@options.output_option
@options.fail_on_option("changes")
@options.quiet_option
@click.pass_obj
def history_command(
    library: Path | None,
    /,
    *,
    trial: str,
    form: str | None,
    output: Path | None,
    fail_on: tuple[str, ...],
    quiet: bool,
) -> int:
    """Say what changed from each version of a trial to the next. A criterion that only reads differently is told apart."""
    import msgspec

    from trialwright.export.to_csv import lines
    from trialwright.library.comparing import history

    form = options.chosen_format(form, output, FORMATS)
    messages = Messages(quiet=quiet)
    with opened(library, messages) as held, held.view() as view:
        steps = history(view, trial)
        versions = view.store.versions(trial.upper())
    messages.note(
        f"{len(versions)} {'version' if len(versions) == 1 else 'versions'} held: {', '.join(map(_named, versions))}"
    )
    with sink(output) as place:
        match form:
            case "json":
                place.line(msgspec.json.format(msgspec.json.encode(steps), indent=2))
            case "csv":
                for line in lines(COLUMNS, _rows(steps)):
                    place.write(line)
            case _:
                place.table(COLUMNS, _rows(steps))
    return 1 if fail_on and any(step.fields or step.criteria for step in steps) else 0


def _named(version: "Version") -> str:
    return version.dated or f"no date, loaded {version.loaded}"


def _rows(steps: "tuple[Step, ...]") -> Iterator[tuple[str, ...]]:
    from trialwright.export.record_text import as_read

    for step in steps:
        between = _named(step.earlier), _named(step.later)
        for field in step.fields:
            yield (*between, "field", as_read(field.path), as_read(field.before), as_read(field.after))
        for one in step.criteria:
            before, after = one.meant if one.kind == "changed" else (one.before, one.after)
            yield (*between, f"criterion {one.kind}", one.id, as_read(before), as_read(after))
