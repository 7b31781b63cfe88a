"""Outcomes to typed endpoints: what is measured, from when, until what event or day, judged by which criteria.

A measure that no row of `data/endpoints.tsv` knows is kept with its words and the kind `other`. "Up to 2 years" is a horizon,
"at 2 years" a landmark; they are never taken for each other.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Literal, NamedTuple

import msgspec

from trialwright.codes.dates import Duration
from trialwright.codes.places import Diagnostic, Span
from trialwright.trial import Outcome, Trial

from .lexicon import expression, table_rows
from .nodes import Event, Quote, Stated
from .timing import duration, event_in
from .words import NUMBER, clean

_LISTS = {"primary": "primaryOutcomes", "secondary": "secondaryOutcomes", "other": "otherOutcomes"}
_HOME = "protocolSection.outcomesModule"
Rank = Literal["primary", "secondary", "other"]


class Criteria(msgspec.Struct, frozen=True):
    """The set of criteria that judges an endpoint. version: as printed; "" where none is."""

    name: str
    version: str = ""

    def __str__(self) -> str:
        return f"{self.name} {self.version}".strip()


class Endpoint(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One outcome as a computer can work with it.

    kind       `progression-free-survival`, `objective-response` …; `other` where the measure is none of the table's
    events     what ends a time to an event
    origin     from when it is counted; None: not stated
    horizon    how long it is followed at most ("up to 2 years"); None: not stated
    landmarks  the times it is taken at ("at 12 and 24 weeks", "2-year survival")
    where      the outcome's API v2 path
    """

    rank: Rank
    measure: str
    where: str
    kind: str = "other"
    events: tuple[str, ...] = ()
    origin: Stated[Event] | None = None
    horizon: Stated[Duration] | None = None
    landmarks: tuple[Stated[Duration], ...] = ()
    criteria: Stated[Criteria] | None = None
    diagnostics: tuple[Diagnostic, ...] = ()


class _Row(NamedTuple):
    kind: str
    pattern: re.Pattern[str]
    events: tuple[str, ...]
    is_time: bool


class _Part(NamedTuple):
    """One text of an outcome with its path."""

    where: str
    text: str


_SURVIVAL = (
    "survival",
    "overall-survival",
    "progression-free-survival",
    "disease-free-survival",
    "event-free-survival",
    "local-control",
)


def compile_endpoints(trial: Trial) -> tuple[Endpoint, ...]:
    """The trial's outcomes in the record's order, each with the remarks that belong to it."""
    design = _Design.of(trial)
    seen = dict.fromkeys(_LISTS, 0)
    found = []
    for rank, outcome in trial.outcomes():
        where = f"{_HOME}.{_LISTS[rank]}[{seen[rank]}]"
        seen[rank] += 1
        endpoint = read_endpoint(outcome, rank, where)
        found.append(msgspec.structs.replace(endpoint, diagnostics=tuple(_remarks(endpoint, design))))
    return tuple(found)


def read_endpoint(outcome: Outcome, rank: Rank, where: str) -> Endpoint:
    """One outcome without regard to the trial it stands in."""
    frame = _Part(f"{where}.timeFrame", clean(outcome.time_frame or ""))
    measure = _Part(f"{where}.measure", clean(outcome.measure or ""))
    description = _Part(f"{where}.description", clean(outcome.description or ""))
    row = next((row for row in _rows() if row.pattern.search(measure.text)), None)
    horizon = _horizon(frame)
    return Endpoint(
        rank=rank,
        measure=outcome.measure or "",
        where=where,
        kind=row.kind if row else "other",
        events=row.events if row else (),
        origin=_origin(frame) or (_origin(description) if row and row.is_time else None),
        horizon=horizon,
        landmarks=tuple(_landmarks(frame, horizon)) or tuple(_in_measure(measure)),
        criteria=_criteria(measure) or _criteria(description) or _criteria(frame),
    )


@cache
def _rows() -> tuple[_Row, ...]:
    return tuple(
        _Row(
            row["kind"],
            re.compile(_insensitive(row["pattern"])),
            tuple(row["events"].split("|")) if row["events"] else (),
            row["time_to_event"] == "yes",
        )
        for row in table_rows("endpoints")
    )


def _insensitive(pattern: str) -> str:
    """Words in any case, abbreviations in capitals only: `OS` is no `os`."""
    return "|".join(part if re.search(r"\\b[?(\[A-Z]", part) else f"(?i:{part})" for part in _alternatives(pattern))


def _alternatives(pattern: str) -> Iterator[str]:
    depth, start = 0, 0
    for place, sign in enumerate(pattern):
        depth += (sign == "(") - (sign == ")")
        if sign == "|" and depth == 0:
            yield pattern[start:place]
            start = place + 1
    yield pattern[start:]


def _quote(part: _Part, start: int, end: int) -> Quote:
    return Quote(part.where, Span(start, end))


def _origin(part: _Part) -> Stated[Event] | None:
    found = expression("origin").search(part.text)
    event = event_in(found) if found else None
    return Stated(event, _quote(part, *found.span())) if found and event else None


def _horizon(part: _Part) -> Stated[Duration] | None:
    """The longest time that the frame runs to; the last where several are as long."""
    best: Stated[Duration] | None = None
    for found in expression("horizon").finditer(part.text):
        length = duration(found["n"] or found["n1"], found["unit"] or found["unit1"])
        if best is None or _days(length) >= _days(best.value):
            best = Stated(length, _quote(part, *found.span()))
    return best


_MEAN_DAYS = {"minute": 1 / 1440, "hour": 1 / 24, "day": 1.0, "week": 7.0, "month": 30.4375, "year": 365.25}


def _days(length: Duration) -> float:
    """To order lengths only; dates are never computed with it."""
    return float(length.value) * _MEAN_DAYS[length.unit]


def _landmarks(part: _Part, horizon: Stated[Duration] | None) -> Iterator[Stated[Duration]]:
    for found in expression("landmark").finditer(part.text):
        span = Span(*found.span())
        if horizon is not None and horizon.quote.span.start <= span.start < horizon.quote.span.end:
            continue
        unit = found["unit"] or found["unit1"]
        for piece in re.findall(NUMBER, found["list"] or found["list1"], re.IGNORECASE):
            yield Stated(duration(piece, unit), Quote(part.where, span))


def _in_measure(part: _Part) -> Iterator[Stated[Duration]]:
    for found in expression("landmark-in-measure").finditer(part.text):
        yield Stated(duration(found["n"], found["unit"]), _quote(part, *found.span()))


@cache
def _names() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((row["name"], re.compile(row["pattern"], re.IGNORECASE)) for row in table_rows("criteria_names"))


@cache
def _versioned() -> frozenset[str]:
    return frozenset(row["name"] for row in table_rows("criteria_names") if row["needs_version"] == "yes")


def _criteria(part: _Part) -> Stated[Criteria] | None:
    for name, pattern in _names():
        found = pattern.search(part.text)
        if found:
            version = expression("version").match(part.text[found.end() : found.end() + 40])
            end = found.end() + (version.end() if version else 0)
            return Stated(Criteria(name, version["version"] if version else ""), _quote(part, found.start(), end))
    return None


# what belongs to an endpoint ----------------------------------------------------------------------------------------------------


class _Design(NamedTuple):
    """What the remarks ask of a trial. randomised: None where the record does not say."""

    randomised: bool | None
    measurable: bool
    confirmed: bool

    @classmethod
    def of(cls, trial: Trial) -> "_Design":
        design = trial.protocol.design
        info = design.design_info if design else None
        titles = trial.protocol.identification
        said = f"{titles.brief_title or ''} {titles.official_title or ''}" if titles else ""
        single = bool(re.search(r"\b(?:single|one)[\s-]+(?:arm|group)\b", said, re.IGNORECASE)) or bool(
            info and info.intervention_model == "SINGLE_GROUP"
        )
        randomised = info.allocation == "RANDOMIZED" if info and info.allocation else False if single else None
        outcomes = " ".join(
            part for _, outcome in trial.outcomes() for part in (outcome.measure, outcome.description) if part
        )
        everything = f"{outcomes} {trial.eligibility.eligibility_criteria or ''}"
        return cls(
            randomised,
            bool(re.search(r"measurable|evaluable|target lesion", everything, re.IGNORECASE)),
            bool(re.search(r"\bconfirm", outcomes, re.IGNORECASE)),
        )


def _remarks(endpoint: Endpoint, design: _Design) -> Iterator[Diagnostic]:
    if endpoint.origin is not None:
        yield from _of_origin(endpoint, endpoint.origin, design)
    if endpoint.kind == "objective-response" and endpoint.rank == "primary":
        if not design.measurable:
            yield _on(
                endpoint,
                "endpoint-underspecified",
                "a response rate needs patients with measurable disease; no criterion asks for it",
            )
        if not design.confirmed and design.randomised is not True:
            yield _on(
                endpoint,
                "endpoint-underspecified",
                "a response rate without randomisation needs a second scan that confirms it, at least 4 weeks later",
            )
    if endpoint.kind in ("objective-response", "disease-control", "duration-of-response") and endpoint.criteria is None:
        yield _on(
            endpoint,
            "endpoint-underspecified",
            "which response criteria are used is not named; expected RECIST 1.1 or another set",
        )
    if (
        endpoint.kind == "toxicity"
        and endpoint.criteria is None
        and re.search(r"adverse|toxicit", endpoint.measure, re.IGNORECASE)
    ):
        yield _on(
            endpoint,
            "endpoint-underspecified",
            "no scale of severity is named; expected CTCAE with its version, or another",
        )
    if (
        endpoint.criteria is not None
        and not endpoint.criteria.value.version
        and endpoint.criteria.value.name in _versioned()
    ):
        name, quote = endpoint.criteria.value.name, endpoint.criteria.quote
        yield Diagnostic(
            "endpoint-underspecified", f"{endpoint.measure!r}: {name} without its version", quote.where, quote.span
        )


def _of_origin(endpoint: Endpoint, origin: Stated[Event], design: _Design) -> Iterator[Diagnostic]:
    if origin.value.kind == "randomisation" and design.randomised is False:
        message = (
            f"{endpoint.measure!r} is counted from randomisation, and the trial is not randomised; which day is meant?"
        )
        yield Diagnostic("time-zero-design", message, origin.quote.where, origin.quote.span)
    if origin.value.kind == "end-of-treatment" and endpoint.kind in _SURVIVAL:
        message = (
            f"{endpoint.measure!r} is counted from the end of treatment: whoever died under treatment never enters it"
        )
        yield Diagnostic("time-zero-after-treatment", message, origin.quote.where, origin.quote.span)


def _on(endpoint: Endpoint, code: str, message: str) -> Diagnostic:
    return Diagnostic(
        code, f"{endpoint.measure!r}: {message}", f"{endpoint.where}.measure", Span(0, len(endpoint.measure))
    )
