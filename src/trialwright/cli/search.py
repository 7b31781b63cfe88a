"""`trialwright search`: trials of the local library for words and filters, the query echoed, each result with why it is there."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from trialwright.cli import options
from trialwright.cli.library import filter_options, filters_of, opened
from trialwright.cli.output import Messages, Sink, sink
from trialwright.cli.results import Block, write_blocks

if TYPE_CHECKING:
    from trialwright.library.searching import Found, Hit

FORMATS = ("table", "json", "jsonl", "csv")
COLUMNS = ("id", "status", "phase", "score", "title", "why", "snippet")
ORDERS = ("relevance", "updated", "started", "enrollment")


@click.command("search")
@click.argument("words", nargs=-1, metavar="[QUERY]…")
@filter_options
@click.option(
    "--sort", type=click.Choice(ORDERS), default="relevance", help="The order of the results, largest or latest first."
)
@click.option("--facets", is_flag=True, help="Count the results by status, phase, type, sex and country.")
@click.option("--start", type=click.IntRange(min=0), default=0, metavar="N", help="Leave out the first N.")
@options.format_option(*FORMATS)
@options.output_option
@options.limit_option
@options.quiet_option
@click.pass_obj
def search_command(library: Path | None, /, *, words: tuple[str, ...], quiet: bool, **given: Any) -> int:
    """Search the library. The query is echoed as it was understood.

    QUERY is words, "phrases", beginnings*, -without, AND, OR, NOT, brackets, field:word, and filters such as status:recruiting
    or accepts:prior-pd1. A trial that does not state what a filter is about is kept, and says so.
    """
    from trialwright.library.searching import Search, search

    form, output = options.chosen_format(given["form"], given["output"], FORMATS), given["output"]
    asked = Search(
        text=" ".join(words),
        filters=filters_of(given),
        order=given["sort"],
        limit=given["limit"] or 20,
        start=given["start"],
        facets=given["facets"],
    )
    messages = Messages(quiet=quiet)
    with opened(library, messages) as held, held.view() as view:
        found = search(view, asked)
    _tell(messages, found)
    with sink(output) as place:
        _WRITERS[form](place, found)
    return 0


def _tell(messages: Messages, found: "Found") -> None:
    from trialwright.export.record_text import shown

    messages.note(shown(f"understood as: {found.understood}"))
    for note in found.notes:
        messages.note(shown(note))
    messages.note(f"{found.total} {'trial' if found.total == 1 else 'trials'}")
    for removed in found.removed:
        messages.note(shown(f"without {removed.filter}: {removed.trials}"))


def _table(place: Sink, found: "Found") -> None:
    write_blocks(place, map(_block, found.hits), COLUMNS, (_row(hit, ("[", "]")) for hit in found.hits))
    for name, counted in found.facets.items():
        if counted:
            place.line()
            place.table((name, "trials"), ((value, str(number)) for value, number in counted))


def _block(hit: "Hit") -> Block:
    shown = hit.snippet.marked("[", "]") if hit.snippet and hit.snippet.field != "title" else ""
    return Block(
        trial=hit.trial,
        facts=(hit.status, *hit.phases, _score(hit)),
        title=hit.title,
        lines=(("why", "; ".join(hit.why)), ("", shown)),
    )


def _score(hit: "Hit") -> str:
    """ "" when the order is not by relevance."""
    return f"{hit.score:.2f}" if hit.score else ""


def _csv(place: Sink, found: "Found") -> None:
    from trialwright.export.to_csv import lines

    for line in lines(COLUMNS, (_row(hit, ("", "")) for hit in found.hits)):
        place.write(line)


def _json(place: Sink, found: "Found") -> None:
    import msgspec

    document = {
        "understood": found.understood,
        "notes": found.notes,
        "total": found.total,
        "hits": [_object(hit) for hit in found.hits],
        "removed": [{"filter": one.filter, "without": one.trials} for one in found.removed],
        "facets": {name: dict(counted) for name, counted in found.facets.items()},
    }
    place.line(msgspec.json.format(msgspec.json.encode(document), indent=2))


def _jsonl(place: Sink, found: "Found") -> None:
    import msgspec

    for hit in found.hits:
        place.line(msgspec.json.encode(_object(hit)))


def _object(hit: "Hit") -> dict[str, object]:
    snippet = hit.snippet
    shown = {"field": snippet.field, "text": snippet.text, "hits": snippet.hits} if snippet else None
    return {
        "nctId": hit.trial,
        "score": hit.score,
        "why": hit.why,
        "title": hit.title,
        "status": hit.status,
        "phases": hit.phases,
        "conditions": hit.conditions,
        "unstated": hit.unstated,
        "snippet": shown,
    }


def _row(hit: "Hit", marks: tuple[str, str]) -> tuple[str, ...]:
    from trialwright.export.record_text import as_read

    return (
        as_read(hit.trial),
        hit.status or "",
        "/".join(hit.phases),
        _score(hit),
        as_read(hit.title),
        as_read("; ".join(hit.why)),
        as_read(hit.snippet.marked(*marks)) if hit.snippet else "",
    )


_WRITERS = {"table": _table, "json": _json, "jsonl": _jsonl, "csv": _csv}
