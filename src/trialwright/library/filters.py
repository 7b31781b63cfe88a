"""Filters as written in, the search engine's queries out. A trial that does not state a value passes the filter on it, and the
result says so; a filter on criteria keeps the trials whose criteria do not settle it.

A name that does not exist and a value that a filter cannot have are errors that name the nearest.
"""

import math
import re
from collections.abc import Callable, Iterator, Sequence
from difflib import get_close_matches
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from trialwright.codes.tables import parts, rows
from trialwright.codes.vocabulary import Vocabulary
from trialwright.library.asking import CRITERIA_FILTERS, FilterText
from trialwright.library.demands import scale_values
from trialwright.library.describing import Concepts
from trialwright.library.errors import QueryError
from trialwright.library.index import Index
from trialwright.library.lowering import Lowering
from trialwright.library.store import Store

if TYPE_CHECKING:
    import tantivy

STATUSES = (
    "RECRUITING", "NOT_YET_RECRUITING", "ENROLLING_BY_INVITATION", "ACTIVE_NOT_RECRUITING", "COMPLETED", "SUSPENDED", "TERMINATED",
    "WITHDRAWN", "UNKNOWN", "AVAILABLE", "NO_LONGER_AVAILABLE", "TEMPORARILY_NOT_AVAILABLE", "APPROVED_FOR_MARKETING", "WITHHELD",
)  # fmt: skip
PHASES = ("EARLY_PHASE1", "PHASE1", "PHASE2", "PHASE3", "PHASE4", "NA")
TYPES = ("INTERVENTIONAL", "OBSERVATIONAL", "EXPANDED_ACCESS")
WORDED = ("condition", "intervention", "sponsor")
_CLOSED = {"status": STATUSES, "phase": PHASES, "type": TYPES}
_KM_OF_DEGREE = 111.195
_DATA = Path(__file__).parent / "data"
_EARTH_KM = 6371.0088


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """One filter, ready to be used.

    name     as written; words: how it was understood
    query    what passes
    stated   what passes and states the value; None where the question does not arise
    """

    name: str
    words: str
    query: "tantivy.Query"
    stated: "tantivy.Query | None" = None


def lower_filters(texts: Sequence[FilterText], index: Index, store: Store, concepts: Concepts) -> tuple[Filter, ...]:
    """raises  QueryError for a value that a filter cannot have, with the nearest it can"""
    makers: dict[str, Callable[[str], Filter]] = {
        "sex": lambda value: _sex(value, index),
        "age": lambda value: _age(value, index),
        "near": lambda value: _near(value, index, store),
    }
    makers |= {name: partial(_choice, name, index=index) for name in ("status", "phase", "type", "country")}
    makers |= {name: partial(_worded, name, index=index, concepts=concepts) for name in WORDED}
    makers |= {
        name: partial(_on_criteria, name, index=index, vocabulary=concepts.vocabulary) for name in CRITERIA_FILTERS
    }
    found = []
    for text in texts:
        if text.name not in makers:
            near = get_close_matches(text.name, makers, n=1)
            raise QueryError(f"there is no filter {text.name!r}{f'; did you mean {near[0]!r}?' if near else ''}")
        found.append(makers[text.name](text.value))
    return tuple(found)


def _choice(name: str, value: str, index: Index) -> Filter:
    wanted = [one for part in _listed(name, value, index) for one in _chosen(name, part, index)]
    if not wanted:
        raise QueryError(f"{name}: needs a value")
    stated = _any_term(index, name, wanted)
    return Filter(
        name=name,
        words=f"{'' if name == 'phase' else f'{name} '}{' or '.join(map(readable, wanted))}",
        query=_or_unstated(index, stated, name),
        stated=stated,
    )


def _worded(name: str, value: str, index: Index, concepts: Concepts) -> Filter:
    """Words that stand together in one field, or another name of the same thing."""
    import tantivy

    words = " ".join(value.replace('"', " ").split())
    lowered = Lowering(index, concepts).named(words, name)
    stated = lowered.query or tantivy.Query.empty_query()
    return Filter(name=name, words=f"{lowered.words or words}", query=_or_unstated(index, stated, name), stated=stated)


def _listed(name: str, value: str, index: Index) -> Iterator[str]:
    """The items of a list joined by commas; a country's own comma (Korea, Republic of) parts nothing."""
    left = [part.strip() for part in value.split(",") if part.strip()]
    if name != "country":
        yield from left
        return
    known = {_plain(one) for one in (*_countries(index), *_same_country())}
    while left:
        taken = next((number for number in (3, 2) if _plain(", ".join(left[:number])) in known), 1)
        yield ", ".join(left[:taken])
        left = left[taken:]


def _plain(text: str) -> str:
    return re.sub(r"[\s_-]+", "_", text.strip()).upper()


def _chosen(name: str, value: str, index: Index) -> tuple[str, ...]:
    """The registry's words for what was written: any case, blanks or hyphens, `2` or `phase2`; several for a country that it names
    in several ways."""
    plain = _plain(value)
    if name == "phase":
        plain = re.sub(r"^(EARLY_)?(?:PHASE)?_?(\d|I{1,3}V?|IV)$", lambda m: f"{m[1] or ''}PHASE{_digit(m[2])}", plain)
        plain = {"N/A": "NA"}.get(plain, plain)
    allowed = _CLOSED.get(name) or tuple(_countries(index))
    by_plain = {_plain(one): one for one in allowed}
    names = _same_country().get(plain, (plain,)) if name == "country" else (plain,)
    found = tuple(by_plain[one] for one in names if one in by_plain)
    if found:
        return found
    near = get_close_matches(plain, by_plain, n=1, cutoff=0.5)
    expected = (
        f"; did you mean {readable(by_plain[near[0]])!r}?"
        if near
        else f"; expected one of {', '.join(map(readable, allowed[:14]))}"
    )
    raise QueryError(f"{name}: {value.strip()!r} is none that the library knows{expected}")


@cache
def _same_country() -> dict[str, tuple[str, ...]]:
    """Each name of a country with all of them."""
    named = (tuple(map(_plain, (row["country"], *parts(row["names"])))) for row in rows("countries", _DATA))
    return {name: names for names in named for name in names}


def _digit(text: str) -> str:
    return {"I": "1", "II": "2", "III": "3", "IV": "4"}.get(text, text)


def _countries(index: Index) -> Iterator[str]:
    for name, _ in index.searcher.terms_with_prefix("country", "", limit=400):
        yield name


def _sex(value: str, index: Index) -> Filter:
    sexes = {"FEMALE": "FEMALE", "F": "FEMALE", "WOMAN": "FEMALE", "MALE": "MALE", "M": "MALE", "MAN": "MALE"}
    wanted = sexes.get(value.strip().upper())
    if wanted is None:
        raise QueryError(f"sex: {value!r} is neither female nor male")
    stated = _any_term(index, "sex", [wanted, "ALL"])
    return Filter(
        name="sex", words=f"open to {wanted.lower()} patients", query=_or_unstated(index, stated, "sex"), stated=stated
    )


def _age(value: str, index: Index) -> Filter:
    """A trial without a limit has none: registries leave out what does not limit."""
    import tantivy

    if not re.fullmatch(r"\d{1,3}", value.strip()) or int(value) > 120:
        raise QueryError(f"age: {value!r} is no age in completed years, such as 45")
    years = int(value)
    bounds = (("youngest", None, years * 12 + 11.99), ("oldest", years * 12.0, None))
    ranges = [
        tantivy.Query.range_query(index.schema, field, tantivy.FieldType.Float, low, high)
        for field, low, high in bounds
    ]
    query = tantivy.Query.boolean_query([(tantivy.Occur.Must, one) for one in ranges])
    stated = tantivy.Query.boolean_query(
        [(tantivy.Occur.Must, query), (tantivy.Occur.MustNot, _any_term(index, "unstated", ["age"]))]
    )
    return Filter(name="age", words=f"open to age {years}", query=query, stated=stated)


def _near(value: str, index: Index, store: Store) -> Filter:
    import tantivy

    parts = value.split(",")
    try:
        lat, lon, km = (float(part) for part in parts)
    except ValueError:
        raise QueryError(f"near: {value!r} is no place; expected LAT,LON,KM such as 23.13,113.26,100") from None
    if not (-90 <= lat <= 90 and -180 <= lon <= 180 and 0 < km <= 20_100):
        raise QueryError(f"near: {value!r} is not on earth; expected LAT,LON,KM such as 23.13,113.26,100")
    versions = sorted(
        {
            version
            for box in _boxes(lat, lon, km)
            for version, site_lat, site_lon in store.near(box)
            if distance_km((lat, lon), (site_lat, site_lon)) <= km
        }
    )
    stated = (
        tantivy.Query.term_set_query(index.schema, "version", versions) if versions else tantivy.Query.empty_query()
    )
    return Filter(
        name="near",
        words=f"a recruiting site within {km:g} km of {lat:g}, {lon:g}",
        query=_or_unstated(index, stated, "near"),
        stated=stated,
    )


def _boxes(lat: float, lon: float, km: float) -> Iterator[tuple[float, float, float, float]]:
    """South, west, north, east around a place; two boxes across the date line, all longitudes near a pole."""
    high = km / _KM_OF_DEGREE
    south, north = lat - high, lat + high
    if south <= -89.9 or north >= 89.9:
        yield max(south, -90.0), -180.0, min(north, 90.0), 180.0
        return
    wide = min(180.0, high / math.cos(math.radians(max(abs(south), abs(north)))))
    west, east = lon - wide, lon + wide
    yield south, max(west, -180.0), north, min(east, 180.0)
    if west < -180:
        yield south, west + 360, north, 180.0
    if east > 180:
        yield south, -180.0, north, east - 360


def distance_km(one: tuple[float, float], other: tuple[float, float]) -> float:
    """On the great circle, degrees in."""
    lat1, lon1, lat2, lon2 = map(math.radians, (*one, *other))
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * _EARTH_KM * math.asin(min(1.0, math.sqrt(half)))


def _on_criteria(name: str, value: str, index: Index, vocabulary: Vocabulary) -> Filter:
    import tantivy

    key, _, scored = value.partition("=")
    if scored and (scale := _scale(key, vocabulary)) is not None:
        return _on_scale(name, scale, scored, index)
    if scored and key.lower() == "stage":
        return _on_stage(name, scored, index)
    if name == "allows":
        name = "accepts"
    word, found = _concept(scored or value, index, vocabulary)
    ids = [word, *sorted(vocabulary.ancestors(word))] if found else [word]
    narrower = sorted(vocabulary.descendants(word)) if found else []
    shown = vocabulary.get(word).name if found else word.replace("_", " ")
    everything = tantivy.Query.all_query()
    ruled_out = _any_term(index, "criteria", [f"excludes:{id_}" for id_ in ids])
    unstated = _any_term(index, "unstated", ["criteria"])
    if name == "excludes":
        limited = _any_term(index, "criteria", [f"limits:{id_}" for id_ in ids])
        query = tantivy.Query.boolean_query([(tantivy.Occur.Should, ruled_out), (tantivy.Occur.Should, limited)])
        return Filter(name=f"excludes:{value}", words=f"rules out {shown}, always or in some cases", query=query)
    if name == "requires":
        wanted = [f"{kind}:{id_}" for kind in ("requires", "one-of") for id_ in (word, *narrower)]
        return Filter(
            name=f"requires:{value}",
            words=f"asks for {shown}, alone or among others",
            query=_any_term(index, "criteria", wanted),
        )
    query = tantivy.Query.boolean_query([(tantivy.Occur.Must, everything), (tantivy.Occur.MustNot, ruled_out)])
    stated = tantivy.Query.boolean_query([(tantivy.Occur.Must, query), (tantivy.Occur.MustNot, unstated)])
    return Filter(name=f"accepts:{value}", words=f"does not rule out {shown} outright", query=query, stated=stated)


def _on_scale(name: str, scale: str, value: str, index: Index) -> Filter:
    import tantivy

    values = [f"{one:g}" for one in map(float, scale_values(scale))]
    if value not in values:
        raise QueryError(f"{name}: {scale} has no value {value!r}; expected one of {', '.join(values) or 'none'}")
    forbidden = _any_term(index, "criteria", [f"forbids:{scale}={value}"])
    if name == "excludes":
        return Filter(name=f"{name}:{scale}={value}", words=f"rules out {scale} {value}", query=forbidden)
    if name == "requires":
        others = [f"forbids:{scale}={other}" for other in values if other != value]
        needs = [(tantivy.Occur.Must, _any_term(index, "criteria", [other])) for other in others]
        query = tantivy.Query.boolean_query([*needs, (tantivy.Occur.MustNot, forbidden)])
        return Filter(name=f"{name}:{scale}={value}", words=f"asks for {scale} {value} alone", query=query)
    query = tantivy.Query.boolean_query(
        [(tantivy.Occur.Must, tantivy.Query.all_query()), (tantivy.Occur.MustNot, forbidden)]
    )
    limited = _any_term(index, "criteria", [f"forbids:{scale}={other}" for other in values])
    stated = tantivy.Query.boolean_query([(tantivy.Occur.Must, query), (tantivy.Occur.Must, limited)])
    return Filter(
        name=f"{name}:{scale}={value}", words=f"does not rule out {scale} {value}", query=query, stated=stated
    )


def _on_stage(name: str, value: str, index: Index) -> Filter:
    import tantivy

    wanted = _any_term(index, "criteria", [f"stage:{value.lower()}"])
    unwanted = _any_term(index, "criteria", [f"stage:not-{value.lower()}"])
    if name == "excludes":
        return Filter(name=f"{name}:stage={value}", words=f"rules out stage {value}", query=unwanted)
    query = tantivy.Query.boolean_query([(tantivy.Occur.Must, wanted), (tantivy.Occur.MustNot, unwanted)])
    return Filter(name=f"{name}:stage={value}", words=f"names stage {value} among those it takes", query=query)


def _scale(key: str, vocabulary: Vocabulary) -> str | None:
    entry = vocabulary.find(key.replace("-", " "), "scale") or vocabulary.find(key, "scale")
    if entry is not None:
        return entry.id
    return key.lower() if scale_values(key.lower()) else None


_LEADS = re.compile(r"^(?:prior|previous|past|history[- ]of|active|current|known)[-_ ]+", re.IGNORECASE)


def _concept(value: str, index: Index, vocabulary: Vocabulary) -> tuple[str, bool]:
    """The id that a value names, or its words as criteria hold them; whether the vocabulary knows it.

    raises  QueryError with the nearest name
    """
    bare = _LEADS.sub("", value.strip().strip('"'))
    ways = dict.fromkeys((value, bare, bare.replace("-", " "), bare.replace("_", " ")))
    known = _ids(vocabulary)
    for way in ways:
        if way.lower() in known:
            return way.lower(), True
        entry = next((one for one in vocabulary.meanings(way) if one.kind not in ("scale", "site", "event")), None)
        if entry is not None:
            return entry.id, True
    words = "_".join(bare.lower().replace("-", " ").split())
    if any(
        index.searcher.doc_freq("criteria", f"{kind}:{words}") for kind in ("excludes", "limits", "requires", "one-of")
    ):
        return words, False
    typo = vocabulary.typo(bare.replace("-", " "))
    near = (
        [typo.name] if typo else get_close_matches(bare.lower(), _names_like(bare.lower(), vocabulary), n=1, cutoff=0.6)
    )
    hint = (
        f"; did you mean {near[0]!r}?"
        if near
        else "; expected a disease, a drug, a procedure or a finding, or SCALE=VALUE"
    )
    raise QueryError(f"{value!r}: no criterion of the library names it{hint}")


def _names_like(word: str, vocabulary: Vocabulary) -> list[str]:
    """Names that begin as the word does and are about as long; the shortest first, since abbreviations are what is mistyped."""
    names = (name.lower() for entry in vocabulary for name in (entry.id, entry.name, *entry.synonyms))
    near = {name for name in names if name[:1] == word[:1] and abs(len(name) - len(word)) <= 2}
    return sorted(near, key=lambda name: (name[:2] != word[:2], len(name), name))


@cache
def _ids(vocabulary: Vocabulary) -> frozenset[str]:
    return frozenset(entry.id for entry in vocabulary)


def _any_term(index: Index, field: str, values: Sequence[str]) -> "tantivy.Query":
    import tantivy

    if len(values) == 1:
        return tantivy.Query.term_query(index.schema, field, values[0], "basic")
    return tantivy.Query.term_set_query(index.schema, field, list(values))


def _or_unstated(index: Index, stated: "tantivy.Query", name: str) -> "tantivy.Query":
    import tantivy

    return tantivy.Query.boolean_query(
        [(tantivy.Occur.Should, stated), (tantivy.Occur.Should, _any_term(index, "unstated", [name]))]
    )


def readable(word: str) -> str:
    return re.sub(r"phase(\d)", r"phase \1", word.lower().replace("_", " ")) if word.isupper() else word
