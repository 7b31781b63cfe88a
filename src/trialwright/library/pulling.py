"""From a live registry into a library: pages are put aside as they come, then loaded in one step.

A kill at any moment loses at most one page: the next pull goes on after the last page that was put aside. What was pulled
once is asked for again only from the day of the server's data on.
"""

import hashlib
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from trialwright.library.errors import LibraryError
from trialwright.library.loading import Counts, Terms
from trialwright.library.store import Store
from trialwright.registries import Unreadable, read_trials
from trialwright.registries.client import Asked, Client, ClientError, Page, TokenExpiredError
from trialwright.trial import Trial

if TYPE_CHECKING:
    from trialwright.library.opened import Library

_ASIDE = "pull"
_PLAN = "plan.json"
_RESTARTS = 3


class Progress(msgspec.Struct, frozen=True):
    """done: studies put aside so far; total: None when the server does not say"""

    done: int
    total: int | None


class Pulled(msgspec.Struct, frozen=True, kw_only=True):
    """since: only what was updated from that day on was asked for, None = everything; upto: the day of the server's data"""

    counts: Counts
    since: str | None
    upto: str


class _Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a pull that was begun asks for; it stays the same until the pull is done."""

    query: str
    asked: Asked
    upto: str


class _Token(msgspec.Struct, rename="camel"):
    studies: list[msgspec.Raw]
    next_page_token: str | None = None
    total_count: int | None = None


def pull(
    library: "Library",
    client: Client,
    asked: Asked,
    terms: Terms,
    *,
    progress: Callable[[Progress], None] | None = None,
) -> Pulled:
    """Brings what the server has on a condition into the library.

    asked   its `since` is taken when given; otherwise the day up to which this was pulled before, if it was
    terms   how to load; `today` stands for the day of the data when the server does not name one
    raises  ClientError when the server will not answer (what came is kept for the next time); LibraryError
    """
    query = f"{client.base_url} condition={asked.condition} term={asked.term}"
    aside = library.home / _ASIDE / hashlib.blake2b(query.encode(), digest_size=8).hexdigest()
    for _ in range(_RESTARTS):
        plan = _plan(library, client, asked, (aside, query, terms.today.isoformat()))
        try:
            _fetch(client, plan, aside, progress)
        except TokenExpiredError:
            shutil.rmtree(aside, ignore_errors=True)
            continue
        loading = msgspec.structs.replace(terms, after=partial(_note_day, plan=plan))
        counts = library.load(_read(aside, client.base_url), loading)
        shutil.rmtree(aside, ignore_errors=True)
        return Pulled(counts=counts, since=plan.asked.since, upto=plan.upto)
    raise ClientError(f"{client.base_url}: the server forgets its pages before they can be asked for")


def _note_day(store: Store, plan: _Plan) -> None:
    store.set_pulled_up_to(plan.query, plan.upto)


def _plan(library: "Library", client: Client, asked: Asked, begun: tuple[Path, str, str]) -> _Plan:
    aside, query, today = begun
    path = aside / _PLAN
    if path.exists():
        try:
            held = msgspec.json.decode(path.read_bytes(), type=_Plan)
        except msgspec.DecodeError:
            held = None
        is_same = held is not None and (asked.since is None or held.asked.since == asked.since)
        if held is not None and is_same and held.query == query:
            return held
        shutil.rmtree(aside, ignore_errors=True)
    with library.view() as view:
        since = asked.since or view.store.pulled_up_to(query)
    plan = _Plan(query=query, asked=msgspec.structs.replace(asked, since=since), upto=client.data_day() or today)
    try:
        aside.mkdir(parents=True, exist_ok=True)
        _write(path, msgspec.json.encode(plan))
    except OSError as error:
        raise LibraryError(f"{aside}: cannot be written: {error.strerror or error}") from None
    return plan


def _fetch(client: Client, plan: _Plan, aside: Path, progress: Callable[[Progress], None] | None) -> None:
    held = _whole(_pages(aside))
    last = held[-1] if held else None
    done = sum(len(head.studies) for head in held)
    total = held[0].total_count if held else None
    if last is not None and last.next_page_token is None:
        return
    number = len(held)
    for page in client.pages(plan.asked, last.next_page_token if last else None):
        number, done = number + 1, done + page.count
        total = page.total if page.total is not None else total
        _put_aside(aside / _name(number), page)
        if progress:
            progress(Progress(done, total))


def _put_aside(path: Path, page: Page) -> None:
    try:
        _write(path, page.body)
    except OSError as error:
        raise LibraryError(f"{path}: cannot be written: {error.strerror or error}; what came before is kept") from None


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all."""
    part = path.with_suffix(".part")
    part.write_bytes(data)
    part.replace(path)


def _pages(aside: Path) -> list[Path]:
    return sorted(path for path in aside.glob("[0-9]*.json"))


def _whole(paths: list[Path]) -> list[_Token]:
    """The pages up to the first that is missing or damaged; those after it are removed and asked for again."""
    found = []
    for number, path in enumerate(paths, 1):
        try:
            if path.name != _name(number):
                raise msgspec.DecodeError
            found.append(_head(path))
        except msgspec.DecodeError:
            for rest in paths[number - 1 :]:
                rest.unlink()
            break
    return found


def _name(number: int) -> str:
    return f"{number:06d}.json"


def _head(path: Path) -> _Token:
    return msgspec.json.decode(path.read_bytes(), type=_Token)


def _read(aside: Path, name: str) -> Iterator[Trial | Unreadable]:
    for path in _pages(aside):
        if _head(path).studies:
            yield from read_trials(path.read_bytes(), name)
