"""`trialwright criteria`: the criteria of trials as they were read: tree, plain words, coverage."""

from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from trialwright.cli import inputs, options
from trialwright.cli.output import Messages, Sink, sink

if TYPE_CHECKING:
    from trialwright.criteria.nodes import Criteria
    from trialwright.export.screening import Compiled

FORMATS = ("table", "json", "jsonl", "csv", "md")
COLUMNS = ("trial", "id", "kind", "reading", "text", "understood", "remarks")
FOUND = ("unread", "remarks")


@click.command("criteria")
@click.argument("sources", nargs=-1, required=True, metavar="PATH|ID…")
@options.format_option(*FORMATS)
@options.output_option
@options.limit_option
@options.fail_on_option(*FOUND)
@options.quiet_option
@click.pass_obj
def criteria_command(
    library: Path | None,
    /,
    *,
    sources: tuple[str, ...],
    form: str | None,
    output: Path | None,
    limit: int | None,
    fail_on: tuple[str, ...],
    quiet: bool,
) -> int:
    """Show the criteria of each trial as published, as a tree and in plain words, and how much was understood.

    PATH is a file or folder, `-` is stdin, ID is a trial of the library or a built-in sample.
    """
    form = options.chosen_format(form, output, FORMATS)
    given = inputs.Inputs(messages=Messages(quiet=quiet), library=library)
    found: set[str] = set()

    def compiled() -> Iterator["Compiled"]:
        from trialwright.export.screening import compile_trials

        for one in compile_trials(given.messages.counting(islice(given.trials(sources), limit), "records")):
            found.update(_found(one.criteria))
            yield one

    with sink(output) as place:
        _WRITERS[form](place, compiled())
    return given.exit_code(found=bool(found.intersection(fail_on)))


def _found(criteria: "Criteria") -> Iterator[str]:
    if any(criterion.reading != "whole" for criterion in criteria.criteria):
        yield "unread"
    if criteria.diagnostics or any(criterion.diagnostics for criterion in criteria.criteria):
        yield "remarks"


def _table(place: Sink, trials: Iterator["Compiled"]) -> None:
    from trialwright.export.criteria_text import layout

    for number, one in enumerate(trials):
        if number:
            place.line()
        place.paragraphs(layout(one.trial, one.criteria))


def _json(place: Sink, trials: Iterator["Compiled"]) -> None:
    """One trial's criteria as they are, several as an array."""
    import msgspec

    from trialwright.criteria.codec import to_json

    first = list(islice(trials, 2))
    if len(first) == 1:
        place.line(msgspec.json.format(to_json(first[0].criteria), indent=2))
        return
    place.write("[")
    for number, one in enumerate(chain(first, trials)):
        place.write(("," if number else "") + "\n")
        place.write(to_json(one.criteria))
    place.line("\n]")


def _jsonl(place: Sink, trials: Iterator["Compiled"]) -> None:
    from trialwright.criteria.codec import to_json

    for one in trials:
        place.line(to_json(one.criteria))


def _csv(place: Sink, trials: Iterator["Compiled"]) -> None:
    from trialwright.export.to_csv import lines

    for line in lines(COLUMNS, (row for one in trials for row in _rows(one))):
        place.write(line)


def _rows(one: "Compiled") -> Iterator[tuple[str, ...]]:
    from trialwright.criteria.render import plain
    from trialwright.export.record_text import as_read

    for criterion in one.criteria.criteria:
        remarks = "; ".join(f"{remark.message} [{remark.code}]" for remark in criterion.diagnostics)
        text = as_read(criterion.text)
        yield (
            one.trial.nct_id or "",
            criterion.id,
            criterion.kind,
            criterion.reading,
            text,
            plain(criterion.node),
            remarks,
        )


def _md(place: Sink, trials: Iterator["Compiled"]) -> None:
    from trialwright.export.criteria_text import to_markdown

    for one in trials:
        place.write(to_markdown(one.trial, one.criteria))


_WRITERS = {"table": _table, "json": _json, "jsonl": _jsonl, "csv": _csv, "md": _md}
