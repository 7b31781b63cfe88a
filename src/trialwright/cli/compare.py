"""`trialwright compare`: two trials of the library side by side, in fields and in what their criteria mean."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from trialwright.cli import options
from trialwright.cli.library import opened
from trialwright.cli.output import Messages, sink

if TYPE_CHECKING:
    from trialwright.library.comparing import Comparison

FORMATS = ("table", "json", "csv")


@click.command("compare")
@click.argument("trials", nargs=2, metavar="ID ID")
@options.format_option(*FORMATS)
@options.output_option
@options.quiet_option
@click.pass_obj
def compare_command(
    library: Path | None, /, *, trials: tuple[str, str], form: str | None, output: Path | None, quiet: bool
) -> int:
    """Set two trials side by side: fields, and criteria by what they mean: in both, or in one alone."""
    import msgspec

    from trialwright.export.to_csv import lines
    from trialwright.library.comparing import compare

    form = options.chosen_format(form, output, FORMATS)
    with opened(library, Messages(quiet=quiet)) as held, held.view() as view:
        found = compare(view, *trials)
    columns = ("what", found.left, found.right, "same")
    with sink(output) as place:
        match form:
            case "json":
                place.line(msgspec.json.format(msgspec.json.encode(found), indent=2))
            case "csv":
                for line in lines(columns, _rows(found)):
                    place.write(line)
            case _:
                place.table(columns, _rows(found))
    return 0


def _rows(found: "Comparison") -> Iterator[tuple[str, ...]]:
    from trialwright.export.record_text import as_read

    for row in found.rows:
        yield row.what, as_read(row.left), as_read(row.right), "yes" if row.same else "no"
    for words in found.shared:
        yield "criterion", as_read(words), as_read(words), "yes"
    for words in found.only_left:
        yield "criterion", as_read(words), "", "no"
    for words in found.only_right:
        yield "criterion", "", as_read(words), "no"
