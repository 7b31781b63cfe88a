"""`trialwright load`: records in any published form into the local library, new and changed ones told apart."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from trialwright.cli import inputs, options
from trialwright.cli.library import opened
from trialwright.cli.output import Messages, Sink, sink

if TYPE_CHECKING:
    from trialwright.library.loading import Counts

FORMATS = ("table", "json")
FOUND = ("new", "changed", "unchanged", "older", "unreadable")


@click.command("load")
@click.argument("sources", nargs=-1, metavar="PATH…")
@click.option(
    "--rebuild", is_flag=True, help="Compile the criteria and make the search index anew from the records held."
)
@options.format_option(*FORMATS)
@options.output_option
@options.fail_on_option(*FOUND)
@options.quiet_option
@click.pass_obj
def load_command(
    library: Path | None,
    /,
    *,
    sources: tuple[str, ...],
    rebuild: bool,
    form: str | None,
    output: Path | None,
    fail_on: tuple[str, ...],
    quiet: bool,
) -> int:
    """Take records into the library: all of them or, when something stops it, none.

    PATH is a file or folder in any published form, `-` is stdin. A trial that is held already is updated when the record is
    of the same day or later; earlier versions are kept.
    """
    form = options.chosen_format(form, output, FORMATS)
    if not sources and not rebuild:
        raise click.UsageError("nothing to load; expected PATH, or --rebuild")
    messages = Messages(quiet=quiet)
    given = inputs.Inputs(messages=messages, library=library)
    with opened(library, messages, create=True) as held, sink(output) as place:
        from trialwright.library.loading import Terms

        if rebuild:
            messages.note(f"made anew: {held.rebuild(recompile=True, workers=None)} trials")
        elif not held.is_of_this_compiler():
            messages.note(
                "the criteria held were read by another version; `trialwright load --rebuild` reads them anew"
            )
        if not sources:
            return 0
        trials = messages.counting(given.trials(sources), "records")
        terms = Terms(today=options.today(), concepts=held.concepts, workers=None, told=_telling(messages))
        counts = held.load(trials, terms)
        write_counts(place, form, counts, given.unread)
    unread = counts.unreadable + given.unread
    found = any(getattr(counts, name) for name in fail_on if name != "unreadable") or (
        "unreadable" in fail_on and unread
    )
    return given.exit_code(found=bool(found), others_unread=counts.unreadable)


def _telling(messages: Messages) -> "Callable[[str, str], None]":
    from trialwright.library.store import LOCAL

    def told(outcome: str, said: str) -> None:
        if outcome == "unreadable":
            messages.error(said)
        elif said.startswith(LOCAL):
            messages.note(f"{said}: {outcome}; the record has no id, so the library knows it by this one")

    return told


def write_counts(place: Sink, form: str, counts: "Counts", unread: int) -> None:
    """unread: what could not be read before it came to the library"""
    import msgspec

    numbers = msgspec.structs.asdict(counts) | {"unreadable": counts.unreadable + unread}
    if form == "json":
        place.line(msgspec.json.encode(numbers))
    else:
        place.table(("outcome", "records"), _rows(numbers))


def _rows(numbers: dict[str, int]) -> Iterator[tuple[str, str]]:
    yield from ((outcome, str(number)) for outcome, number in numbers.items())
