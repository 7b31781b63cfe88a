"""`trialwright check`: what is odd in the records and in their trees, each remark with its place and its words."""

from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from trialwright.cli import inputs, options
from trialwright.cli.output import Messages, Sink, sink

if TYPE_CHECKING:
    from trialwright.codes.places import Severity
    from trialwright.export.checking import Checked, Remark
    from trialwright.trial import Trial

    Pairs = Iterator[tuple[Trial, Checked]]

FORMATS = ("table", "json", "jsonl", "csv", "md")
SEVERITIES: "tuple[Severity, ...]" = ("error", "warning", "note")


@click.command("check")
@click.argument("sources", nargs=-1, required=True, metavar="PATH|ID…")
@options.format_option(*FORMATS)
@options.output_option
@options.limit_option
@options.fail_on_option(*SEVERITIES)
@options.quiet_option
@click.pass_obj
def check_command(
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
    """Say what is odd in each record and in its criteria: what was lost, what contradicts itself, what cannot be checked.

    PATH is a file or folder, `-` is stdin, ID is a trial of the library or a built-in sample. A severity given to
    --fail-on stands for the worse ones too.
    """
    form = options.chosen_format(form, output, FORMATS)
    given = inputs.Inputs(messages=Messages(quiet=quiet), library=library)
    enough = max(map(SEVERITIES.index, fail_on), default=-1)
    found = False

    def checked() -> "Pairs":
        nonlocal found
        from trialwright.export.checking import check
        from trialwright.export.screening import compile_trials

        for one in compile_trials(given.messages.counting(islice(given.trials(sources), limit), "records")):
            done = check(one.trial, one.criteria)
            found = found or any(done.counts[severity] for severity in SEVERITIES[: enough + 1])
            yield one.trial, done

    with sink(output) as place:
        _WRITERS[form](place, checked())
    return given.exit_code(found=found)


def _table(place: Sink, pairs: "Pairs") -> None:
    from trialwright.export.checking import layout

    for number, (trial, checked) in enumerate(pairs):
        if number:
            place.line()
        place.paragraphs(layout(trial, checked))


def _json(place: Sink, pairs: "Pairs") -> None:
    """One trial's remarks with their counts, several as an array."""
    import msgspec

    first = list(islice(pairs, 2))
    if len(first) == 1:
        place.line(msgspec.json.format(msgspec.json.encode(first[0][1]), indent=2))
        return
    place.write("[")
    for number, (_, checked) in enumerate(chain(first, pairs)):
        place.write(("," if number else "") + "\n")
        place.write(msgspec.json.encode(checked))
    place.line("\n]")


def _jsonl(place: Sink, pairs: "Pairs") -> None:
    import msgspec

    for remark in _remarks(pairs):
        place.line(msgspec.json.encode(remark))


def _csv(place: Sink, pairs: "Pairs") -> None:
    from trialwright.export.checking import COLUMNS, row
    from trialwright.export.to_csv import lines

    for line in lines(COLUMNS, map(row, _remarks(pairs))):
        place.write(line)


def _remarks(pairs: "Pairs") -> Iterator["Remark"]:
    for _, checked in pairs:
        yield from checked.remarks


def _md(place: Sink, pairs: "Pairs") -> None:
    from trialwright.export.checking import to_markdown

    for _, checked in pairs:
        place.write(to_markdown(checked))


_WRITERS = {"table": _table, "json": _json, "jsonl": _jsonl, "csv": _csv, "md": _md}
