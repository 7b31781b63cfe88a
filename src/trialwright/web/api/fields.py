"""`/api/v2/studies/metadata` and `/stats/field/values`: which fields there are, and what the library's trials state in them.

Of what the public API says about its own data model and this program does not know, the addresses are there and say so.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from trialwright.web.api.asking import listed
from trialwright.web.api.columns import Columns
from trialwright.web.api.parameters import choice, parameters
from trialwright.web.api.pieces import Piece, piece_of, pieces
from trialwright.web.api.studies import columns_of
from trialwright.web.problems import ProblemError, json_response

STATISTICS = {"choice": "ENUM", "flag": "BOOLEAN", "number": "INTEGER"}
"""What can be counted, by how a field is searched, and the public API's word for it."""

TYPES = ("ENUM", "STRING", "DATE", "INTEGER", "NUMBER", "BOOLEAN")
NOT_HERE = ("/studies/enums", "/studies/search-areas", "/stats/field/sizes")
_MOST_VALUES = 100
_KINDS = {
    "part": "STRUCT",
    "text": "TEXT",
    "markup": "MARKUP",
    "date": "DATE",
    "flag": "BOOLEAN",
    "number": "NUMERIC",
    "place": "POINT",
}


def counted_names() -> tuple[str, ...]:
    """The fields whose values are counted."""
    return tuple(piece.name for piece in pieces().values() if piece.searched in STATISTICS)


def metadata(request: Request) -> Response:
    """The tree of fields. A type is that of this program's readers; a field with a closed list of values says so."""
    given = parameters(request, ("includeIndexedOnly", "includeHistoricOnly"))
    for name in given:
        if choice(given, name, ("false", "true")) == "true":
            raise ProblemError(400, f"{name}: there are no such fields here", parameter=name, kind="not-supported")
    inner: dict[tuple[str, ...], list[Piece]] = {}
    for piece in pieces().values():
        inner.setdefault(piece.path[:-1], []).append(piece)
    return json_response([_node(piece, inner) for piece in inner[()]])


def _node(piece: Piece, inner: dict[tuple[str, ...], list[Piece]]) -> dict[str, Any]:
    children = [_node(one, inner) for one in inner.get(piece.path, ())]
    node: dict[str, Any] = {
        "name": piece.path[-1],
        "piece": piece.name,
        "sourceType": _KINDS.get(piece.kind, "TEXT"),
        "type": piece.name if piece.kind == "part" else piece.kind,
    }
    return (
        node | ({"isEnum": True} if piece.searched == "choice" else {}) | ({"children": children} if children else {})
    )


def values(request: Request) -> Response:
    """How often the library's trials state which value."""
    given = parameters(request, ("types", "fields"), ("types", "fields"))
    kinds = listed(given.get("types", "")) or list(TYPES)
    for kind in kinds:
        if kind not in TYPES:
            raise ProblemError(
                400, f"{kind[:40]!r} is no type; expected {', '.join(TYPES)}", parameter="types", kind="bad-value"
            )
    wanted = _asked(given.get("fields", "|".join(counted_names())))
    wanted = [piece for piece in wanted if STATISTICS[piece.searched] in kinds]
    with request.app.state.library.view() as view:
        columns = columns_of(request.app, view)() if len(view) else None
        return json_response([_statistics(piece, columns) for piece in wanted])


def _asked(text: str) -> list[Piece]:
    found = [piece_of(name, "fields") for name in listed(text)]
    if not found:
        raise ProblemError(400, "at least one field is expected, such as Phase", parameter="fields", kind="bad-value")
    for piece in found:
        if piece.searched not in STATISTICS:
            detail = f"the values of {piece.name} are not counted here; those of choices, numbers and flags are"
            raise ProblemError(400, detail, parameter="fields", kind="not-supported")
    return found


def _statistics(piece: Piece, columns: Columns | None) -> dict[str, Any]:
    column = columns.values[piece.name] if columns else []
    told: dict[str, Callable[[list[Any]], dict[str, Any]]] = {"choice": _choices, "flag": _flags, "number": _numbers}
    return {
        "field": ".".join(piece.path),
        "piece": piece.name,
        "type": STATISTICS[piece.searched],
        "missingStudiesCount": sum(value is None for value in column),
        **told[piece.searched]([value for value in column if value is not None]),
    }


def _choices(stated: list[frozenset[str]]) -> dict[str, Any]:
    counted = Counter(one for value in stated for one in value)
    most = sorted(counted.items(), key=lambda one: (-one[1], one[0]))[:_MOST_VALUES]
    return {
        "uniqueValuesCount": len(counted),
        "topValues": [{"value": value, "studiesCount": number} for value, number in most],
    }


def _flags(stated: list[float]) -> dict[str, Any]:
    yes = sum(value == 1.0 for value in stated)
    return {"trueCount": yes, "falseCount": len(stated) - yes}


def _numbers(stated: list[float]) -> dict[str, Any]:
    return {"min": int(min(stated)), "max": int(max(stated)), "avg": sum(stated) / len(stated)} if stated else {}


def not_here(request: Request) -> Response:
    """raises  ProblemError (404)"""
    address = request.url.path.removeprefix("/api/v2")
    raise ProblemError(404, f"{address} is not supported here; docs/api.md lists what is", kind="not-supported")
