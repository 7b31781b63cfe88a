"""A query and an order in, one page of trials out, with a token for the next that says nothing to its reader.

A token holds for the library's state and the question it was made for; the page after the last has none.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping

import msgspec

from trialwright.library import View
from trialwright.library.index import count_of, damage_said
from trialwright.web.api.asking import Asked, listed
from trialwright.web.api.columns import Columns
from trialwright.web.api.pieces import piece_of
from trialwright.web.problems import ProblemError

DEFAULT_SIZE, LARGEST_SIZE = 10, 1000
_MOST_ORDERS = 2
_MOST = 2**31


class Order(msgspec.Struct, frozen=True):
    """name: a field with dates or numbers, or `@relevance`"""

    name: str
    is_falling: bool


class Page(msgspec.Struct, frozen=True):
    """versions: of the trials on it, in order; after: where the next page begins, None on the last"""

    versions: tuple[int, ...]
    total: int
    after: int | None


def orders(text: str) -> tuple[Order, ...]:
    """raises  ProblemError (400)"""
    found = []
    for part in listed(text):
        name, colon, way = part.partition(":")
        if colon and way not in ("asc", "desc"):
            detail = f"{part[:60]!r}: expected :asc or :desc behind the colon"
            raise ProblemError(400, detail, parameter="sort", kind="bad-value")
        if name == "@relevance":
            if way == "asc":
                raise ProblemError(400, "@relevance goes down only", parameter="sort", kind="not-supported")
            found.append(Order(name, is_falling=True))
            continue
        piece = piece_of(name, "sort")
        if piece.searched not in ("date", "number"):
            detail = f"{piece.name} cannot be sorted by; dates and numbers can"
            raise ProblemError(400, detail, parameter="sort", kind="not-supported")
        found.append(Order(piece.name, is_falling=way == "desc" if way else piece.searched == "date"))
    if len(found) > _MOST_ORDERS:
        raise ProblemError(400, f"at most {_MOST_ORDERS} orders", parameter="sort", kind="bad-value")
    return tuple(found)


def page(
    view: View,
    asked: Asked | None,
    order: tuple[Order, ...],
    piece: tuple[int, int],
    *,
    columns: Callable[[], Columns],
) -> Page:
    """asked: None = every trial; piece: where it begins and its size from 1 on; columns: for orders other than relevance"""
    import tantivy

    start, size = piece
    if not len(view):
        return Page((), 0, None)
    query = (asked.query if asked else None) or tantivy.Query.all_query()
    by_value = [one for one in order if one.name != "@relevance"]
    with damage_said(view.index.path):
        searcher = view.index.searcher
        wanted = len(view) if by_value else min(start + size, _MOST)
        found = searcher.search(query, max(1, wanted))
        total = count_of(found)
        versions = view.index.versions([address for _, address in found.hits])
    if by_value:
        scores = [float(score) if isinstance(score, float) else 0.0 for score, _ in found.hits]
        versions = _sorted(versions, scores, order, columns())
    after = start + size
    return Page(tuple(versions[start:after]), total, after if after < total else None)


def _sorted(versions: list[int], scores: list[float], order: tuple[Order, ...], columns: Columns) -> list[int]:
    """By each order in turn; trials that do not state a value come last, ties stay as they were found."""
    at = {version: number for number, version in enumerate(columns.versions)}
    rows = list(range(len(versions)))
    for one in reversed(order):
        if one.name == "@relevance":
            rows.sort(key=lambda row: -scores[row])
            continue
        values = columns.values[one.name]
        keys = [values[at[version]] if version in at else None for version in versions]
        sign = -1.0 if one.is_falling else 1.0
        rows.sort(key=lambda row: (keys[row] is None, sign * (keys[row] or 0.0)))  # type: ignore[operator]
    return [versions[row] for row in rows]


class _Token(msgspec.Struct, frozen=True, array_like=True):
    start: int
    question: str


def token(start: int, question: str, key: bytes) -> str:
    """Of the page that begins at `start` of this question. key: of this run of the server; it signs"""
    data = msgspec.json.encode(_Token(start, question))
    return base64.urlsafe_b64encode(_seal(data, key) + data).decode().rstrip("=")


def start_of(given: str, question: str, key: bytes) -> int:
    """raises  ProblemError (400) for a token that was not made here, or for another question or an older state of the library"""
    try:
        raw = base64.b64decode(given + "=" * (-len(given) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    sealed, data = raw[:16], raw[16:]
    if not data or not hmac.compare_digest(sealed, _seal(data, key)):
        raise ProblemError(
            400,
            "this page token was not made by this server; begin with the first page",
            parameter="pageToken",
            kind="page-token",
        )
    read = msgspec.json.decode(data, type=_Token)
    if read.question != question:
        detail = (
            "this page token belongs to another question, or the library has changed since; begin with the first page"
        )
        raise ProblemError(400, detail, parameter="pageToken", kind="page-token")
    return read.start


def _seal(data: bytes, key: bytes) -> bytes:
    return hmac.digest(key, data, "sha256")[:16]


def question_of(given: Mapping[str, str], state: str) -> str:
    """A mark of what is asked, of which moment of the library; what may differ from page to page is left out."""
    kept = sorted((name, value) for name, value in given.items() if name not in ("pageToken", "pageSize", "countTotal"))
    return hashlib.blake2b(msgspec.json.encode((state, kept)), digest_size=12).hexdigest()
