"""Names of the API's fields in, where they stand in a record and how they can be searched out.

source  the names are those of the ClinicalTrials.gov data structure; `data/pieces.tsv`, `areas.tsv` and `aggregates.tsv` list them
"""

from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from trialwright.codes.tables import parts, rows
from trialwright.web.problems import ProblemError

Searched = Literal["", "choice", "words", "date", "number", "age", "flag"]
_DATA = Path(__file__).parent / "data"


class Piece(msgspec.Struct, frozen=True):
    """One field. path: keys from the record's top; searched: how a query can ask for it, "" when it cannot."""

    name: str
    path: tuple[str, ...]
    kind: str
    searched: Searched


class Area(msgspec.Struct, frozen=True):
    """Where words are looked for. fields: of the search index, `default` for those it looks in by itself; pieces: kept columns."""

    name: str
    parameter: str
    fields: tuple[str, ...]
    pieces: tuple[str, ...]


@cache
def pieces() -> dict[str, Piece]:
    """By name."""
    return {
        row["piece"]: Piece(row["piece"], tuple(row["path"].split(".")), row["kind"], row["searched"])  # type: ignore[arg-type]
        for row in rows("pieces", _DATA)
    }


@cache
def areas() -> dict[str, Area]:
    """By name: the search areas, and every searchable field as an area of its own."""
    own = {piece.name: Area(piece.name, "", (), (piece.name,)) for piece in pieces().values() if piece.searched}
    return own | {
        row["area"]: Area(row["area"], row["parameter"], parts(row["fields"]), parts(row["pieces"]))
        for row in rows("areas", _DATA)
    }


@cache
def area_of_parameter() -> dict[str, Area]:
    """The area of each `query.…` parameter."""
    return {area.parameter: area for area in areas().values() if area.parameter}


@cache
def aggregates() -> dict[tuple[str, str], str]:
    """What an option of `aggFilters` stands for, as an expression: by the filter's and the option's name."""
    return {(row["filter"], row["option"]): row["expression"] for row in rows("aggregates", _DATA)}


@cache
def _by_path() -> dict[tuple[str, ...], Piece]:
    return {piece.path: piece for piece in pieces().values()}


@cache
def _by_lower() -> dict[str, Piece]:
    return {name.lower(): piece for name, piece in pieces().items()}


def piece_of(name: str, parameter: str) -> Piece:
    """A field by its name, or by its path with dots.

    raises  ProblemError (400) with the nearest name
    """
    name = name.strip()
    found = pieces().get(name) or _by_path().get(tuple(name.split("."))) or _by_lower().get(name.lower())
    if found is None:
        raise unknown("field", name, pieces(), parameter)
    return found


def area_of(name: str, parameter: str) -> Area:
    """raises  ProblemError (400) for one that does not exist, and for a field that cannot be searched here"""
    name = name.strip()
    if name in areas():
        return areas()[name]
    if name in pieces():
        detail = f"the field {name} cannot be searched here, only shown; fields that can: {_shown(areas())}"
        raise ProblemError(400, detail, parameter=parameter, kind="not-supported")
    raise unknown("search area", name, areas(), parameter)


def unknown(what: str, name: str, known: Iterable[str], parameter: str) -> ProblemError:
    near = get_close_matches(name, list(known), n=1, cutoff=0.6)
    hint = f"did you mean {near[0]}?" if near else "docs/api.md lists those there are"
    return ProblemError(400, f"there is no {what} {name[:80]!r}; {hint}", parameter=parameter, kind="unknown-name")


def _shown(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
