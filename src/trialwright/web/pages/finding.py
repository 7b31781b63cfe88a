"""Home and search: words and filters of an address in, pages of results out, with what each filter takes away."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from trialwright.export.words import counted
from trialwright.library import View
from trialwright.library.asking import CRITERIA_FILTERS, FILTERS, FilterText, understand
from trialwright.library.errors import QueryError
from trialwright.library.filters import PHASES, STATUSES, TYPES, WORDED
from trialwright.library.searching import NOT_STATED, Found, Hit, Order, Search, search
from trialwright.trial import Trial

from . import plainly
from .drawing import page, query_url
from .held import sample_trials, view_of
from .words import value

PAGE = 20
_MOST_PAGES = 50
ORDERS: dict[Order, str] = {
    "relevance": "best match", "updated": "last changed", "started": "last started", "enrollment": "most people",
}  # fmt: skip
NAMES = (*FILTERS, *WORDED, *CRITERIA_FILTERS)
_CHOICES = {"status": STATUSES, "phase": PHASES, "type": TYPES}
_NUMBER = re.compile(r"NCT\d{8}", re.IGNORECASE)


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """A box to tick. count: None where the results were not counted by it"""

    value: str
    words: str
    count: int | None
    is_chosen: bool


class Active(msgspec.Struct, frozen=True, kw_only=True):
    """A filter that is on, with the address without it."""

    words: str
    without: str


class HitView(msgspec.Struct, frozen=True, kw_only=True):
    hit: Hit
    sentence: str
    where: str
    pieces: tuple[tuple[str, bool], ...]


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What a filter took away. address: the search without it; "" for one that stands in the words"""

    words: str
    trials: int
    address: str


def home(request: Request) -> Response:
    with view_of(request) as view:
        number = len(view) if view is not None else 0
        recent = _recent(view) if view is not None and number else ()
    return page("home.html", number=number, recent=recent, samples=sample_trials(), has_library=view is not None)


def _recent(view: View) -> tuple[Hit, ...]:
    asked = Search(filters=(FilterText("status", "RECRUITING"),), order="updated", limit=5, snippets=False)
    return search(view, asked).hits


def results(request: Request) -> Response:
    given = request.query_params
    words, filters = given.get("q", "").strip(), filters_of(given)
    with view_of(request) as view:
        if _NUMBER.fullmatch(words) and not filters and view is not None and view.holds(words):
            return RedirectResponse(f"/trial/{words.upper()}", 303)
        if view is None or not len(view):
            return page("empty.html", samples=sample_trials())
        try:
            number = _page_number(given)
            asked = Search(
                text=words, filters=filters, order=_order(given), limit=PAGE, start=(number - 1) * PAGE, facets=True
            )
            found = search(view, asked)
        except QueryError as error:
            return _results(given, None, status=400, problem=str(error))
        hits = tuple(_hit(view.trial(hit.trial), hit) for hit in found.hits)
    taken = tuple(_taken(given, found, len(understand(words).filters)))
    return _results(given, found, hits=hits, number=number, taken=taken)


def _results(given: QueryParams, found: Found | None, *, status: int = 200, **values: Any) -> Response:
    total = found.total if found else 0
    pages = min(_MOST_PAGES, -(-total // PAGE))
    shown: dict[str, Any] = {"hits": (), "number": 1, "taken": (), "problem": ""} | values
    number: int = shown["number"]
    steps = {step: _address(given, page=str(step)) for step in (number - 1, number + 1) if 1 <= step <= pages}
    return page(
        "results.html",
        status=status,
        found=found,
        given=given,
        active=tuple(_active(given)),
        choices=_choices(given, found),
        countries=_countries(found),
        orders=ORDERS,
        total_words=counted(total, "trial"),
        pages=pages,
        steps=steps,
        **shown,
    )


def filters_of(given: QueryParams) -> tuple[FilterText, ...]:
    """The filters of an address: values of one name that may be chosen together are joined, all others must all hold."""
    found = []
    for name in NAMES:
        held = [text.strip() for text in given.getlist(name) if text.strip()]
        if name in ("status", "phase", "type", "country") and held:
            held = [",".join(held)]
        found += [FilterText(name, text) for text in held]
    return tuple(found)


def _order(given: QueryParams) -> Order:
    return next((order for order in ORDERS if order == given.get("sort")), "relevance")


def _page_number(given: QueryParams) -> int:
    text = given.get("page", "1")
    return min(max(int(text), 1), _MOST_PAGES) if text.isdecimal() and len(text) < 6 else 1


def _pairs(given: QueryParams) -> list[tuple[str, str]]:
    return [(name, text) for name, text in given.multi_items() if text.strip() and name in ("q", "sort", *NAMES)]


def _address(given: QueryParams, *, page: str = "") -> str:
    return query_url("/search", _pairs(given) + ([("page", page)] if page and page != "1" else []))


def _active(given: QueryParams) -> Iterator[Active]:
    pairs = _pairs(given)
    for place, (name, text) in enumerate(pairs):
        if name in NAMES:
            yield Active(
                words=_filter_words(name, text), without=query_url("/search", pairs[:place] + pairs[place + 1 :])
            )


def _filter_words(name: str, text: str) -> str:
    if name in _CHOICES:
        return ", ".join(value(name, part.strip().upper()).words for part in text.split(","))
    labels = {"sex": "open to", "age": "open to age", "near": "near", "country": "in"}
    return f"{labels.get(name, name)} {text}"


def _choices(given: QueryParams, found: Found | None) -> dict[str, tuple[Choice, ...]]:
    """For each list of values: those that the results have, and those that are chosen."""
    shown = {}
    for name, values in _CHOICES.items():
        counts = dict(found.facets.get(name, ())) if found else {}
        chosen = {part.strip().upper() for text in given.getlist(name) for part in text.split(",")}
        shown[name] = tuple(
            Choice(value=code, words=value(name, code).words, count=counts.get(code), is_chosen=code in chosen)
            for code in values
            if code in counts or code in chosen or found is None
        )
    return shown


def _countries(found: Found | None) -> tuple[tuple[str, int], ...]:
    counted = found.facets.get("country", ()) if found else ()
    return tuple(one for one in counted if one[0] != NOT_STATED)


def _taken(given: QueryParams, found: Found, in_words: int) -> Iterator[Taken]:
    """Each filter with what there would be without it: those in the words come first, then those of the form."""
    pairs = [pair for pair in _pairs(given) if pair[0] not in NAMES]
    filters = filters_of(given)
    for place, removed in enumerate(found.removed):
        if place < in_words:
            yield Taken(words=removed.filter, trials=removed.trials, address="")
        elif place - in_words < len(filters):
            left = [one for one in filters if one is not filters[place - in_words]]
            address = query_url("/search", pairs + [(one.name, one.value) for one in left])
            yield Taken(words=removed.filter, trials=removed.trials, address=address)
        else:
            yield Taken(words=removed.filter, trials=removed.trials, address=query_url("/search", pairs))


def _hit(trial: Trial, hit: Hit) -> HitView:
    places = list(dict.fromkeys(site.country for site in trial.sites if site.country))
    where = f"{counted(len(trial.sites), 'site')} in {', '.join(places[:3])}{' and more' if len(places) > 3 else ''}"
    return HitView(
        hit=hit,
        sentence=plainly.opening(trial),
        where=where if places else "",
        pieces=tuple(_pieces(hit)),
    )


def _pieces(hit: Hit) -> Iterator[tuple[str, bool]]:
    """The snippet in stretches, each with whether it is a hit."""
    if hit.snippet is None:
        return
    text, at = hit.snippet.text, 0
    for span in hit.snippet.hits:
        if span.start > at:
            yield text[at : span.start], False
        yield span.of(text), True
        at = span.end
    if at < len(text):
        yield text[at:], False
