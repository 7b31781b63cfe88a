"""`trialwright similar`: the trials of the library most like one, each with the reasons that count most and what differs."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from trialwright.cli import options
from trialwright.cli.library import opened
from trialwright.cli.output import Messages, sink
from trialwright.cli.results import Block, write_blocks

if TYPE_CHECKING:
    from trialwright.library.similarity import Similar

FORMATS = ("table", "json", "jsonl", "csv")
COLUMNS = ("id", "status", "score", "title", "why", "differs")


@click.command("similar")
@click.argument("trial", metavar="ID")
@options.format_option(*FORMATS)
@options.output_option
@options.limit_option
@options.quiet_option
@click.pass_obj
def similar_command(
    library: Path | None, /, *, trial: str, form: str | None, output: Path | None, limit: int | None, quiet: bool
) -> int:
    """Find the trials most like ID: by condition, setting, intervention and class, design, criteria and text."""
    import msgspec

    from trialwright.export.to_csv import lines
    from trialwright.library.similarity import similar

    form = options.chosen_format(form, output, FORMATS)
    with opened(library, Messages(quiet=quiet)) as held, held.view() as view:
        found = similar(view, trial, limit=limit or 10)
    with sink(output) as place:
        match form:
            case "json":
                place.line(msgspec.json.format(msgspec.json.encode([_object(one) for one in found]), indent=2))
            case "jsonl":
                for one in found:
                    place.line(msgspec.json.encode(_object(one)))
            case "csv":
                for line in lines(COLUMNS, map(_row, found)):
                    place.write(line)
            case _:
                write_blocks(place, map(_block, found), COLUMNS, map(_row, found))
    return 0


def _object(one: "Similar") -> dict[str, object]:
    return {
        "nctId": one.trial,
        "score": one.score,
        "why": [{"kind": reason.kind, "words": reason.words, "counts": reason.counts} for reason in one.reasons],
        "differs": one.differs,
        "title": one.title,
        "status": one.status,
    }


def _block(one: "Similar") -> Block:
    return Block(
        trial=one.trial,
        facts=(one.status, f"{one.score:.2f}"),
        title=one.title,
        lines=(("why", _why(one)), ("differs", "; ".join(one.differs))),
    )


def _why(one: "Similar") -> str:
    return "; ".join(f"{reason.words} ({reason.counts:.2f})" for reason in one.reasons)


def _row(one: "Similar") -> tuple[str, ...]:
    from trialwright.export.record_text import as_read

    return (
        as_read(one.trial),
        one.status or "",
        f"{one.score:.2f}",
        as_read(one.title),
        as_read(_why(one)),
        as_read("; ".join(one.differs)),
    )
