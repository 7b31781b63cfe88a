"""The trials of a library in, their searchable values by field out, so that a query on a field reads no record.

A column is made for one state of the library, in a process of its own where there are many trials, and kept until the library changes.
"""

import re
import threading
import unicodedata
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from trialwright.library import Library, View
from trialwright.library.describing import months
from trialwright.registries import write_record
from trialwright.trial import Record as TrialRecord
from trialwright.trial import Trial, part_fields
from trialwright.web.api.pieces import Piece, pieces

_WORD = re.compile(r"[^\W_]+")
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?")
FEW = 1500
"""Up to so many trials the columns are made where they are asked for."""

Value = str | float | frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Columns:
    """versions: the numbers of all trials; values: for each field one value a trial, None where it is not stated.

    words are one text with blanks around each word; choices a set; dates numbers such as 20240203; ages months; flags true or false
    sizes   bytes of each trial as one study of JSON
    places  latitude, longitude and position in `versions` of every site, by latitude
    loaded  the newest day on which a record was loaded, as YYYY-MM-DD; None for an empty library
    """

    versions: "array[int]"
    values: dict[str, list[Value]]
    places: "tuple[array[float], array[float], array[int]]"
    sizes: "array[int]"
    loaded: str | None

    def where(self, name: str, holds: Callable[[Any], bool]) -> set[int]:
        """Positions of the trials that state the field and whose value holds."""
        return {at for at, value in enumerate(self.values[name]) if value is not None and holds(value)}

    def missing(self, name: str) -> set[int]:
        return {at for at, value in enumerate(self.values[name]) if value is None}

    def near(self, south: float, north: float) -> Iterator[tuple[float, float, int]]:
        lats, lons, at = self.places
        for number in range(bisect_left(lats, south), bisect_right(lats, north)):
            yield lats[number], lons[number], at[number]


class Held:
    """The columns of the library's newest state that was asked for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._state: str | None = None
        self._columns: Columns | None = None

    def of(self, view: View, make: Callable[[], Columns]) -> Columns:
        """Those of the view's moment. make: makes them for a library of many trials."""
        state = view.store.state("index") or ""
        with self._lock:
            if self._columns is None or self._state != state:
                made = read_columns(view) if len(view) <= FEW else make()
                # Another process may have written meanwhile: then what was made is of a later moment than this view.
                if len(view) > FEW and list(view.store.current_versions()) != sorted(made.versions):
                    made = read_columns(view)
                self._columns, self._state = made, state
            return self._columns


def columns_at(home: Path) -> Columns:
    """For a process of its own."""
    with Library(home).view() as view:
        return read_columns(view)


def read_columns(view: View) -> Columns:
    wanted = [(piece.name, *_getter(piece)) for piece in pieces().values() if piece.searched]
    versions, sizes = array("q"), array("q")
    values: dict[str, list[Value]] = {name: [] for name, _, _ in wanted}
    places: list[tuple[float, float, int]] = []
    for number, version in enumerate(view.store.current_versions()):
        trial = view.store.record(version)
        versions.append(version)
        sizes.append(len(write_record(trial)))
        for name, get, read in wanted:
            values[name].append(read(get(trial.record)))
        places += _places(trial, number)
    places.sort()
    flat = (array("d", (p[0] for p in places)), array("d", (p[1] for p in places)), array("q", (p[2] for p in places)))
    return Columns(versions, values, flat, sizes, _loaded(view))


def _loaded(view: View) -> str | None:
    days = {held.loaded for id_ in view.store.ids() if (held := view.store.current(id_)) is not None}
    return max(days, default=None)


def _places(trial: Trial, number: int) -> Iterator[tuple[float, float, int]]:
    for site in trial.sites:
        point = site.geo_point
        if point is not None and point.lat is not None and point.lon is not None:
            yield point.lat, point.lon, number


def _getter(piece: Piece) -> tuple[Callable[[Any], list[Any]], Callable[[list[Any]], Value]]:
    part: type = TrialRecord
    names = []
    for key in piece.path:
        name, part = part_fields(part)[key]
        names.append(name)
    readers: dict[str, Callable[[list[Any]], Value]] = {
        "choice": _choices,
        "words": _words,
        "date": lambda found: _first(found, first_day),
        "number": lambda found: _first(found, float),
        "age": lambda found: _first(found, months),
        "flag": lambda found: _first(found, float),
    }
    path = tuple(names)
    return (lambda record: list(_at(record, path))), readers[piece.searched]


def _at(value: Any, path: tuple[str, ...]) -> Iterator[Any]:
    for number, name in enumerate(path):
        value = getattr(value, name)
        if value is None:
            return
        if type(value) is tuple:
            for member in value:
                yield from _at(member, path[number + 1 :])
            return
    yield value


def _first(found: list[Any], read: Callable[[Any], float | None]) -> float | None:
    return read(found[0]) if found else None


def _choices(found: list[Any]) -> frozenset[str] | None:
    return _kept(frozenset(found)) if found else None


def _words(found: list[Any]) -> str | None:
    return " ; ".join(("", *dict.fromkeys(map(normal, found)), "")) if found else None


@lru_cache(maxsize=10_000)
def _kept(choices: frozenset[str]) -> frozenset[str]:
    return choices


def normal(text: str) -> str:
    """Words without case, accents and marks, one blank between."""
    plain = unicodedata.normalize("NFKD", text.casefold()) if not text.isascii() else text.lower()
    return " ".join(_WORD.findall("".join(char for char in plain if not unicodedata.combining(char))))


def first_day(text: str) -> float | None:
    """A date as a number such as 20240203; of a month or a year the first day."""
    found = day_range(text)
    return found[0] if found else None


def day_range(text: str) -> tuple[float, float] | None:
    """The first and the last day that a date can mean, as numbers; None when it is no date."""
    match = _DATE.fullmatch(text.strip())
    if match is None:
        return None
    year, month, day = int(match[1]), int(match[2] or 0), int(match[3] or 0)
    if month > 12 or day > 31:
        return None
    low = year * 10000 + (month or 1) * 100 + (day or 1)
    high = year * 10000 + (month or 12) * 100 + (day or 31)
    return float(low), float(high)


def distinct(columns: Columns, name: str) -> Iterable[str]:
    """The choices that the library's trials make, sorted."""
    found = {choice for value in columns.values[name] if isinstance(value, frozenset) for choice in value}
    return sorted(found)
