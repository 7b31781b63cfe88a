"""Where a command's data goes: stdout or a file; and where its messages go: stderr."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeVar

import click

if TYPE_CHECKING:
    from rich.console import Console

    from trialwright.export.to_terminal import Line

PLAIN_WIDTH = 100
_Item = TypeVar("_Item")


class Sink:
    """Takes a command's data. `is_terminal` when a person looks on: then, and only then, Rich draws."""

    def __init__(self, stream: IO[bytes], *, is_terminal: bool) -> None:
        self.stream = stream
        self.is_terminal = is_terminal

    def write(self, data: str | bytes) -> None:
        self.stream.write(data.encode("utf-8", "replace") if isinstance(data, str) else data)

    def line(self, data: str | bytes = "") -> None:
        self.write(data)
        self.write("\n")

    def draw(self, paint: "Callable[[Console], None]") -> None:
        """Lets Rich draw on the terminal."""
        from rich.console import Console

        self.stream.flush()
        paint(Console(highlight=False, markup=False, emoji=False))

    def paragraphs(self, lines: "Iterable[Line]") -> None:
        """Wrapped text: in colour on a terminal, plain elsewhere."""
        from trialwright.export import to_terminal

        if self.is_terminal:
            self.draw(lambda console: to_terminal.draw(lines, console))
        else:
            self.write(to_terminal.plain(lines, PLAIN_WIDTH))

    def lines(self, lines: "Iterable[str]") -> None:
        for line in lines:
            self.line(line)

    def table(self, columns: Sequence[str], rows: Iterator[Sequence[str]]) -> None:
        """A drawn table on a terminal; tab-separated lines with a header elsewhere; nothing without a row."""
        first = next(rows, None)
        if first is None:
            return
        rows = chain((first,), rows)
        if self.is_terminal:
            self.draw(lambda console: console.print(_drawn(columns, rows)))
            return
        self.line("\t".join(columns))
        for row in rows:
            self.line("\t".join(" ".join(cell.split()) for cell in row))


def _drawn(columns: Sequence[str], rows: Iterator[Sequence[str]]) -> object:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for position, column in enumerate(columns):
        table.add_column(column, overflow="fold", no_wrap=position == 0)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return table


@contextmanager
def sink(output: Path | None) -> Iterator[Sink]:
    """The place to write to. A file appears whole or not at all: not when nothing was written, not after an error.

    raises  click.UsageError when the file cannot be written
    """
    if output is None:
        stream = sys.stdout.buffer
        yield Sink(stream, is_terminal=sys.stdout.isatty())
        stream.flush()
    elif output.exists() and not output.is_file():
        with _opened(output, output) as stream:  # a device or a pipe, which nothing can take the place of
            yield Sink(stream, is_terminal=False)
    else:
        part = output.with_name(f".{output.name}.part")
        stream = _opened(part, output)
        try:
            with stream:
                yield Sink(stream, is_terminal=False)
            if part.stat().st_size:
                part.replace(output)
        finally:
            part.unlink(missing_ok=True)


def _opened(path: Path, named: Path) -> IO[bytes]:
    try:
        return path.open("wb")
    except OSError as error:
        raise click.UsageError(f"{named}: cannot be written: {error.strerror or error}") from error


class Messages:
    """What goes to stderr. Errors are always said; notes not with --quiet."""

    def __init__(self, *, quiet: bool) -> None:
        self.quiet = quiet

    def note(self, text: str) -> None:
        if not self.quiet:
            click.echo(text, err=True)

    def counting(self, items: Iterator[_Item], noun: str) -> Iterator[_Item]:
        """The items; while they pass, their number on a terminal that shows nothing else."""
        if self.quiet or not sys.stderr.isatty() or sys.stdout.isatty():
            yield from items
            return
        for number, item in enumerate(items, 1):
            if number % 20 == 0:
                click.echo(f"\r{number} {noun} ", err=True, nl=False)
            yield item
        click.echo("\r\x1b[K", err=True, nl=False)

    def error(self, text: str) -> None:
        """One line; a file's name may hold anything, so what could rewrite a screen is left out."""
        from trialwright.export.record_text import shown

        click.echo(f"error: {shown(' '.join(text.split()))}", err=True)
