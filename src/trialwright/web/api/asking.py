"""The parameters of a question in, one query of the search engine and the order of its answers out.

What a trial does not state it does not match: here the public API's rule holds, not that of `trialwright search`.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, assert_never

from trialwright.library import View
from trialwright.library.asking import AnyOf, Phrase, Word
from trialwright.library.describing import months
from trialwright.library.filters import STATUSES, distance_km
from trialwright.library.index import analyzer
from trialwright.library.lowering import CONCEPT_FIELDS, NOT_ASKED_FOR, Lowering
from trialwright.web.api import essie
from trialwright.web.api.columns import Columns, day_range, distinct, normal
from trialwright.web.api.pieces import Area, aggregates, area_of, area_of_parameter, pieces
from trialwright.web.problems import ProblemError

if TYPE_CHECKING:
    import tantivy

_NCT = re.compile(r"NCT0*[1-9]\d{0,7}", re.IGNORECASE)
_GEO = re.compile(r"distance\(\s*(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)\s*,\s*(\d+(?:\.\d+)?)\s*(km|mi)?\s*\)")
_KM_OF_MILE = 1.609344
_KM_OF_DEGREE = 111.195
_YES = {"true": 1.0, "yes": 1.0, "y": 1.0, "1": 1.0, "false": 0.0, "no": 0.0, "n": 0.0, "0": 0.0}
Read = Callable[[str], "tuple[float, float] | None"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for. query: None = every trial; is_ranked: whether words give the answers an order."""

    query: "tantivy.Query | None"
    is_ranked: bool


class Asking:
    """Lowers the parameters for one moment of the library."""

    def __init__(self, view: View, columns: Callable[[], Columns]) -> None:
        self._view = view
        self._columns_of = columns
        self._held: Columns | None = None

    @property
    def columns(self) -> Columns:
        """Made when a parameter first needs them."""
        if self._held is None:
            self._held = self._columns_of()
        return self._held

    def asked(self, given: "dict[str, str]") -> Asked:
        """given: by name, those of `query.…` and `filter.…` that were asked; empty ones are none

        raises  ProblemError (400) that names the parameter
        """
        queries = {name: text for name, text in given.items() if name.startswith("query.") and text.strip()}
        only_ids = [ids for text in queries.values() if (ids := _only_ids(text)) is not None]
        clauses: list[tantivy.Query] = []
        for name, text in queries.items():
            ids = _only_ids(text)
            clauses.append(self._ids(ids) if ids is not None else self._parsed(text, name, area_of_parameter()[name]))
        if not only_ids:
            clauses += self._filters(given)
        return Asked(_every(clauses), is_ranked=len(only_ids) < len(queries))

    def _filters(self, given: "dict[str, str]") -> "list[tantivy.Query]":
        found = []
        makers: dict[str, Callable[[str, str], tantivy.Query]] = {
            "overallStatus": self._statuses,
            "geo": self._near,
            "ids": lambda text, name: self._ids(id_list(text, name)),
            "advanced": lambda text, name: self._parsed(text, name, area_of("BasicSearch", name)),
        }
        if "aggFilters" in given:
            found.append(
                _unscored(self._parsed(expression_of(given["aggFilters"]), "aggFilters", area_of("BasicSearch", "")))
            )
        for name, text in given.items():
            group, _, kind = name.partition(".")
            if group in ("filter", "postFilter") and (text.strip() or kind != "advanced"):
                found.append(_unscored(makers[kind](text, name)))
        return found

    def _parsed(self, text: str, parameter: str, area: Area) -> "tantivy.Query":
        import tantivy

        node = essie.parse(text, parameter)
        return tantivy.Query.all_query() if node is None else self._lower(node, area, parameter)

    def _lower(self, node: essie.Node, area: Area, parameter: str) -> "tantivy.Query":
        import tantivy

        lower = partial(self._lower, area=area, parameter=parameter)
        match node:
            case essie.And(parts=parts):
                return _every([lower(part) for part in parts]) or tantivy.Query.all_query()
            case essie.Or(parts=parts):
                return _either([lower(part) for part in parts])
            case essie.Not(part=part):
                return _without(lower(part))
            case essie.Everything():
                return tantivy.Query.const_score_query(tantivy.Query.all_query(), 0.0)
            case essie.Within(name=name, part=part):
                return self._lower(part, area_of(name, parameter), parameter)
            case essie.Words(words=words, cover=cover) if cover:
                return self._covered(words[0], cover, area, parameter)
            case essie.Words(words=words, phrase=phrase):
                return self._words(words, area, parameter, phrase=phrase)
            case essie.Range() | essie.Missing():
                return self._on_value(node, area, parameter)
            case _:
                assert_never(node)

    def _words(self, words: tuple[str, ...], area: Area, parameter: str, *, phrase: bool) -> "tantivy.Query":
        kinds = {pieces()[name].searched for name in area.pieces}
        if not area.fields and kinds - {"words"}:
            return self._versions(self._on_column(area.pieces[0], " ".join(words), parameter))
        text = " ".join(words)
        units = [_Unit(text, is_phrase=True)] if phrase else self._units(words)
        if not units:
            raise ProblemError(400, f"{text[:60]!r} holds no word to search for", parameter=parameter, kind="syntax")
        return _every([self._unit(unit, area) for unit in units]) or tantivy_nothing()

    def _covered(self, text: str, cover: essie.Cover, area: Area, parameter: str) -> "tantivy.Query":
        """One whole value of a field, or how one begins or ends."""
        if area.fields or len(area.pieces) != 1 or pieces()[area.pieces[0]].searched != "words":
            detail = f"COVERAGE[…] needs a field of words before it, such as AREA[Condition]; it does not work on {area.name}"
            raise ProblemError(400, detail, parameter=parameter, kind="not-supported")
        wanted = f" {normal(text)} "
        wanted = f" ;{wanted}" if cover != "end" else wanted
        wanted = f"{wanted}; " if cover != "start" else wanted
        return self._versions(self.columns.where(area.pieces[0], lambda value: wanted in value))

    def _units(self, words: Sequence[str]) -> "list[_Unit]":
        """Words beside each other that name one concept stay together."""
        vocabulary = self._view.vocabulary
        plain = [word for word in words if normal(word)]
        found, at = [], 0
        while at < len(plain):
            named = vocabulary.longest([word.lower() for word in plain[at:]], 0)
            is_name = named is not None and named[0].kind not in NOT_ASKED_FOR and not plain[at].endswith("*")
            taken = max(1, named[1]) if named is not None and is_name else 1
            found.append(_Unit(" ".join(plain[at : at + taken])))
            at += taken
        return found

    def _unit(self, unit: "_Unit", area: Area) -> "tantivy.Query":
        ways = [query for field in area.fields if (query := self._in_index(unit, field)) is not None]
        if area.pieces:
            wanted = f" {normal(unit.text)} "
            if wanted.strip():
                at = {
                    number for name in area.pieces for number in self.columns.where(name, lambda value: wanted in value)
                }
                ways.append(self._versions(at))
        return _either(ways) if ways else tantivy_nothing()

    def _in_index(self, unit: "_Unit", field: str) -> "tantivy.Query | None":
        where = "" if field == "default" else field
        if unit.is_phrase and len(unit.text.split()) > 1:
            asked: AnyOf | Phrase | Word = Phrase(unit.text, where)
        else:
            # A word with marks in it is several to the index, and all of them are meant.
            parts = [Word(word.removesuffix("*"), where, word.endswith("*")) for word in unit.text.split()]
            if len(parts) > 1 and where not in CONCEPT_FIELDS:
                return self._each_word(unit.text.split(), field)
            asked = AnyOf(tuple(parts)) if len(parts) > 1 else parts[0]
            stems = analyzer("stems").analyze(unit.text.removesuffix("*"))
            if len(parts) == 1 and len(stems) > 1 and self._view.vocabulary.find(unit.text) is None:
                asked = Phrase(unit.text, where)
        return Lowering(self._view.index, self._view.concepts).understood(asked).query

    def _each_word(self, words: list[str], field: str) -> "tantivy.Query | None":
        """All of a name's words, where the index knows no names; None when the library lacks one of them."""
        ways = [self._in_index(_Unit(word), field) for word in words]
        found = [way for way in ways if way is not None]
        return _every(found) if len(found) == len(ways) else None

    def _on_value(self, node: essie.Range | essie.Missing, area: Area, parameter: str) -> "tantivy.Query":
        if len(area.pieces) != 1 or area.fields:
            word = "RANGE[…]" if isinstance(node, essie.Range) else "MISSING"
            detail = f"{word} needs a field before it, such as AREA[StartDate]; it does not work on {area.name}"
            raise ProblemError(400, detail, parameter=parameter, kind="not-supported")
        (name,) = area.pieces
        if isinstance(node, essie.Missing):
            return self._versions(self.columns.missing(name))
        read = _READERS.get(pieces()[name].searched)
        if read is None:
            detail = f"RANGE[…] works on dates, numbers and ages; {name} is none"
            raise ProblemError(400, detail, parameter=parameter, kind="not-supported")
        low = _bound(read, node.low, name, parameter)
        high = _bound(read, node.high, name, parameter)
        least, most = low[0] if low else float("-inf"), high[1] if high else float("inf")
        return self._versions(self.columns.where(name, lambda value: least <= value <= most))

    def _on_column(self, name: str, text: str, parameter: str) -> set[int]:
        searched = pieces()[name].searched
        if searched == "choice":
            return self._chosen(name, text, parameter)
        if searched == "flag":
            wanted = _YES.get(text.strip().lower())
            if wanted is None:
                raise _no_value(name, text, "true or false", parameter)
            return self.columns.where(name, lambda value: value == wanted)
        bounds = _bound(_READERS[searched], text, name, parameter)
        least, most = bounds or (float("-inf"), float("inf"))
        return self.columns.where(name, lambda value: least <= value <= most)

    def _chosen(self, name: str, text: str, parameter: str) -> set[int]:
        """Trials with one of the choices written, each as the registry has it in any case, blanks for underscores."""
        known = {_plain(choice): choice for choice in distinct(self.columns, name)}
        wanted = known.get(_plain(text))
        if wanted is None:
            if not re.fullmatch(r"[\w /,.-]{1,60}", text):
                raise _no_value(name, text, f"one of {', '.join(sorted(known)[:12]) or 'none'}", parameter)
            return set()
        return self.columns.where(name, lambda value: wanted in value)

    def _statuses(self, text: str, parameter: str) -> "tantivy.Query":
        import tantivy

        known = {_plain(status): status for status in STATUSES}
        wanted: list[str] = []
        for part in listed(text) or [text]:
            if _plain(part) not in known:
                raise _no_value("status", part, f"one of {', '.join(STATUSES)}", parameter)
            wanted.append(known[_plain(part)])
        return tantivy.Query.term_set_query(self._view.index.schema, "status", wanted)

    def _near(self, text: str, parameter: str) -> "tantivy.Query":
        match = _GEO.fullmatch(text.strip())
        if match is None:
            raise _no_value(
                "place", text, "distance(LAT,LON,RADIUS) with km or mi, such as distance(23.1,113.3,50km)", parameter
            )
        lat, lon, radius = float(match[1]), float(match[2]), float(match[3])
        km = radius if match[4] == "km" else radius * _KM_OF_MILE
        if not (-90 <= lat <= 90 and -180 <= lon <= 180):
            raise _no_value("place", text, "a latitude from -90 to 90 and a longitude from -180 to 180", parameter)
        high = km / _KM_OF_DEGREE + 0.01
        at = {
            number
            for site_lat, site_lon, number in self.columns.near(lat - high, lat + high)
            if distance_km((lat, lon), (site_lat, site_lon)) <= km
        }
        return self._versions(at)

    def _ids(self, ids: Iterable[str]) -> "tantivy.Query":
        wanted = {f" nct{int(id_[3:]):08d} " for id_ in ids}
        holds: Callable[[str], bool] = lambda value: any(one in value for one in wanted)  # noqa: E731
        return self._versions(self.columns.where("NCTId", holds) | self.columns.where("NCTIdAlias", holds))

    def _versions(self, at: Iterable[int]) -> "tantivy.Query":
        import tantivy

        versions = sorted({self.columns.versions[number] for number in at})
        if not versions:
            return tantivy_nothing()
        return _unscored(tantivy.Query.term_set_query(self._view.index.schema, "version", versions))


@dataclass(frozen=True, slots=True)
class _Unit:
    text: str
    is_phrase: bool = False


def listed(text: str) -> list[str]:
    """The items of a list joined by commas or bars."""
    return [part.strip() for part in re.split(r"[,|]", text) if part.strip()]


def expression_of(text: str) -> str:
    """The expression that filters such as `phase:2 3,results:with` stand for: any of the options of each.

    raises  ProblemError (400)
    """
    known = aggregates()
    clauses = []
    for part in listed(text):
        name, _, options = part.partition(":")
        given = options.split()
        for option in given or [""]:
            if (name.strip(), option) not in known:
                shown = ", ".join(f"{one}:{two}" for one, two in known)
                detail = f"{part[:60]!r} is not supported here; expected {shown}"
                raise ProblemError(400, detail, parameter="aggFilters", kind="not-supported")
        clauses.append(f"({' OR '.join(known[name.strip(), option] for option in given)})")
    return " AND ".join(clauses)


def id_list(text: str, parameter: str) -> list[str]:
    """raises  ProblemError (400) for an item that is no id"""
    ids = listed(text)
    if not ids:
        # A list that a program left empty must not mean every trial.
        raise _no_value("list of ids", text, "at least one, such as NCT05350891", parameter)
    for id_ in ids:
        if not _NCT.fullmatch(id_):
            raise _no_value("id", id_, "ids such as NCT05350891", parameter)
    return ids


def _only_ids(text: str) -> list[str] | None:
    parts = [part for part in re.split(r"[\s,]+", text) if part]
    return parts if parts and all(_NCT.fullmatch(part) for part in parts) else None


def _plain(text: str) -> str:
    return re.sub(r"[^A-Z0-9]+", "", text.upper())


def _number(text: str) -> tuple[float, float] | None:
    return (float(text), float(text)) if re.fullmatch(r"-?\d{1,15}(?:\.\d{1,9})?", text.strip()) else None


def _months(text: str) -> tuple[float, float] | None:
    found = months(text.strip())
    return None if found is None else (found, found)


_READERS: dict[str, Read] = {"date": day_range, "number": _number, "age": _months}
_EXAMPLES = {
    "date": "a date such as 2024-02-03, 2024-02 or 2024",
    "number": "a number",
    "age": "an age such as 18 years",
}


def _bound(read: Read, text: str | None, name: str, parameter: str) -> tuple[float, float] | None:
    if text is None:
        return None
    found = read(text)
    if found is None:
        raise _no_value(name, text, _EXAMPLES[pieces()[name].searched], parameter)
    return found


def _no_value(name: str, text: str, expected: str, parameter: str) -> ProblemError:
    return ProblemError(400, f"{text[:80]!r} is no {name}; expected {expected}", parameter=parameter, kind="bad-value")


def tantivy_nothing() -> "tantivy.Query":
    import tantivy

    return tantivy.Query.empty_query()


def _unscored(query: "tantivy.Query") -> "tantivy.Query":
    import tantivy

    return tantivy.Query.const_score_query(query, 0.0)


def _every(queries: "Sequence[tantivy.Query]") -> "tantivy.Query | None":
    import tantivy

    if len(queries) < 2:
        return queries[0] if queries else None
    return tantivy.Query.boolean_query([(tantivy.Occur.Must, query) for query in queries])


def _either(queries: "Sequence[tantivy.Query]") -> "tantivy.Query":
    import tantivy

    if len(queries) == 1:
        return queries[0]
    return tantivy.Query.boolean_query([(tantivy.Occur.Should, query) for query in queries])


def _without(query: "tantivy.Query") -> "tantivy.Query":
    import tantivy

    everything = tantivy.Query.const_score_query(tantivy.Query.all_query(), 0.0)
    return tantivy.Query.boolean_query([(tantivy.Occur.Must, everything), (tantivy.Occur.MustNot, query)])
