"""Trials found, as a person reads them on a terminal: a block each, with why it is there; a pipe gets a table instead."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec

from trialwright.cli.output import Sink

if TYPE_CHECKING:
    from trialwright.export.to_terminal import Line


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """One trial. facts: beside its id; lines: below its title, each with what it says first, such as `why`"""

    trial: str
    facts: Sequence[str | None]
    title: str
    lines: Sequence[tuple[str, str]]


def write_blocks(place: Sink, blocks: Iterable[Block], columns: Sequence[str], rows: Iterator[Sequence[str]]) -> None:
    """The blocks on a terminal, the table of `columns` and `rows` elsewhere."""
    if place.is_terminal:
        place.paragraphs(_drawn(blocks))
    else:
        place.table(columns, rows)


def _drawn(blocks: Iterable[Block]) -> "Iterator[Line]":
    from trialwright.export.record_text import as_read
    from trialwright.export.to_terminal import Line

    for block in blocks:
        facts = " · ".join(_words(fact) for fact in block.facts if fact)
        yield Line(as_read(f"{block.trial}  {facts}"), "item")
        yield Line(as_read(block.title), "text", 2, 2)
        for name, words in block.lines:
            if words:
                yield Line(as_read(f"{name}: {words}" if name else words), "quiet", 2, 2)
        yield Line("")


def _words(fact: str) -> str:
    """`NOT_YET_RECRUITING` as people write it."""
    from trialwright.library.filters import readable

    return readable(fact)
