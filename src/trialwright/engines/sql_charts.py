"""Every patient's chart on one day, as a query: which occurrences are there, for how long, what overrules them, and when events were.

What `chart` and `courses` do with the facts of one patient: the index date and the concepts asked for come in, a query of occurrence rows
goes out that atoms aggregate by person. Rows carry their columns under the alias ROW.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple

from sqlglot import exp

from trialwright.codes.concepts import Concept
from trialwright.codes.vocabulary import Vocabulary
from trialwright.criteria.nodes import Window
from trialwright.patients.facts import Complete, Domain

from .chart import Anchor, Group, anchors
from .flat_facts import CLOSED, CONFIRMED, GOES_ON, OWN, PLANNED, POINT
from .matching import Names
from .sql_days import DayTerms, SpanTerms, constant_span, no_later
from .sql_days import bounds as moved_bounds
from .sql_names import NARROWER, SAME, AskedNames, related
from .sql_terms import (
    Join,
    Term,
    at_least,
    at_most,
    below,
    both,
    case,
    column,
    day,
    either,
    equal,
    filled,
    holds,
    is_missing,
    is_there,
    latest_of,
    least,
    most,
    no,
    number,
    opposite,
    select,
    words,
    yes,
)
from .windows import Days, bounds

ROW = "o"
OVERRULED_LATER, OVERRULED_UNCLEAR = 1, 2
PERIODS = "observed"
_RELAPSES = ("recurrence", "disease-progression")


def it(name: str) -> exp.Column:
    """A column of the row that is being judged."""
    return column(name, ROW)


def event_concept(name: str) -> Concept:
    return Concept(name.replace("-", " "), "event", id=name)


class PlacedTerms(NamedTuple):
    """As `chart.Placed`: where a window lies. is_known: whether its anchor is on record; span is None where it never has one."""

    span: SpanTerms | None
    is_known: Term
    later: bool = False
    now: bool = False


class Scan:
    """One reading of a fact table: what is asked of it, as one row of aggregates a person."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.aggregates: dict[str, Term] = {}
        self._asked: dict[Term, str] = {}
        self.relations: set[str] = set()
        self.aspects: set[tuple[str, str]] = set()

    def ask(self, aggregate: Term) -> Term:
        """The column of the person that holds the aggregate; NULL for persons without a row."""
        name = self._asked.setdefault(aggregate, f"{self.name}_{len(self.aggregates)}")
        self.aggregates.setdefault(name, aggregate)
        return column(name, self.name)


class Terms(NamedTuple):
    """What a query goes by. has_periods: whether periods of observation must be looked at; without any, they cost nothing."""

    index_date: date
    complete: Complete
    vocabulary: Vocabulary
    has_periods: bool


class Day:
    """The day and what the caller declared complete, with all that one query asks of the charts."""

    def __init__(self, terms: Terms) -> None:
        self.index_date, self.complete, self.vocabulary, self.has_periods = terms
        self.today = day(self.index_date)
        self.names = Names(self.vocabulary)
        self.asked = AskedNames(self.vocabulary)
        self.events: dict[tuple[str, bool, Group], str] = {}
        self.evidence: dict[tuple[Concept, ...], str] = {}
        self.details: dict[str, str] = {}
        self.scales: dict[str, str] = {}
        self.asks_periods = False

    def today_days(self) -> DayTerms:
        return DayTerms(self.today, self.today)

    def silence(self, domains: frozenset[Domain] | None) -> Term:
        """Whether what these lists do not hold did not happen: they are complete, and the person was looked at on the day."""
        if domains is None or not domains <= self.complete.domains:
            return no()
        if not self.has_periods:
            return yes()
        self.asks_periods = True
        return either(is_missing(column("person", PERIODS)), is_there(column("is_now", PERIODS)))

    def silence_on(self, concept: Concept) -> Term:
        """Whether silence answers the concept: all lists on which it and its kinds would stand are complete."""
        return self.silence(self.names.domains(concept))

    def periods(self) -> exp.Select:
        """Who has periods of observation, and whether one of them holds the day."""
        is_now = both(at_most(column("day_from", "x"), self.today), at_least(column("day_to", "x"), self.today))
        columns = {"person": column("person", "x"), "is_now": most(case((is_now, number(1))))}
        return select(columns, ("periods", "x"), by=(column("person", "x"),))

    def place(self, window: Window) -> PlacedTerms:
        anchor = anchors()[window.anchor] if window.anchor else None
        if anchor is None:
            anchor = Anchor(when="later" if window.side == "during" else "index")
        if anchor.when == "index" and window.side == "during":
            return PlacedTerms(None, yes(), now=True)
        if anchor.when == "later":
            return PlacedTerms(None, no(), later=True)
        if anchor.when == "index":
            span = constant_span(bounds(window, Days.on(self.index_date)))
            return PlacedTerms(span, yes(), later=window.side == "after")
        group: Group = "planned" if window.side == "before" and anchor.is_ahead else "own"
        extent, is_known = self.event(anchor.event, first=anchor.first, group=group)
        return PlacedTerms(moved_bounds(window, extent), is_known)

    def event(self, name: str, *, first: bool, group: Group) -> tuple[SpanTerms, Term]:
        """The columns of an event's extent beside each row, and whether there is one."""
        mark = self.events.setdefault((name, first, group), f"k{len(self.events)}")
        extent = SpanTerms(
            *(DayTerms(*(it(f"{mark}_{part}_{end}") for end in ("from", "to"))) for part in ("start", "end"))
        )
        return extent, is_there(it(f"{mark}_start_from"))

    def any_evidence(self, concepts: tuple[Concept, ...]) -> str:
        """The column beside each row that is 1 where one of the methods is recorded as its evidence."""
        for concept in concepts:
            self.asked.relation(concept)
        return self.evidence.setdefault(concepts, f"e{len(self.evidence)}")

    def detail(self, words: str) -> str:
        """The column beside each row that is 1 where the words are among its details."""
        return self.details.setdefault(words, f"q{len(self.details)}")

    def scale(self, name: str) -> str:
        """The prefix of the columns that hold the latest rating on a scale beside each row."""
        return self.scales.setdefault(name, f"g{len(self.scales)}")


def placed_claim(placed: PlacedTerms, claim: Term) -> Term:
    """A claim about a window, unknown where its anchor is not on record."""
    return claim if isinstance(placed.is_known, exp.Boolean) else case((placed.is_known, claim))


# What a row of `occurrences` is on the index date.

_KEPT = (
    "fact", "person", "whose", "planned", "family", "certainty", "ongoing", "status", "grade", "grade_scale", "grade_version",
    "severity", "site", "dose", "dose_unit", "purpose", "line", "for_recurrence", "chart_row",
)  # fmt: skip
_RAW = "f"


def _raw(name: str) -> exp.Column:
    return column(name, _RAW)


def start_of(first: tuple[Term, Term], planned: Term, today: Term) -> DayTerms:
    """The days of a start; what is not dated began on some day up to the index date, what is planned begins on some day from it on."""
    no_day = (case((planned, today), other=day(date.min)), case((planned, day(date.max)), other=today))
    return DayTerms(*(filled(one, instead) for one, instead in zip(first, no_day, strict=True)))


def _course(today: Term) -> Mapping[str, Term]:
    planned = both(_raw("planned"), at_most(_raw("certainty"), number(1)))
    start = start_of((_raw("first_from"), _raw("first_to")), planned, today)
    tail = _raw("tail")
    goes_on = both(equal(tail, number(GOES_ON)), at_most(start.earliest, today))
    end_from = case((equal(tail, number(CLOSED)), _raw("last_from")), (goes_on, today), other=start.earliest)
    end_to = case(
        (equal(tail, number(CLOSED)), _raw("last_to")),
        (equal(tail, number(POINT)), start.latest),
        other=latest_of(today, start.latest),
    )
    present = case(
        (equal(tail, number(CLOSED)), no_later(DayTerms(today, today), DayTerms(_raw("last_from"), _raw("last_to")))),
        other=_raw("present"),
    )
    is_dated = is_there(_raw("first_from"))
    begun = case((opposite(is_dated), yes()), other=no_later(start, DayTerms(today, today)))
    return {
        "is_dated": is_dated, "start_from": start.earliest, "start_to": start.latest, "end_from": end_from, "end_to": end_to,
        "begun": begun, "present": present,
    }  # fmt: skip


def occurrence_rows(day_: Day, scan: Scan, *, beside: bool) -> exp.Select:
    """The rows that a scan's relations name, with their course; beside: with the person's events and ratings at each row."""
    joins = [_names_join(day_, scan)]
    columns: dict[str, Term] = {name: _raw(name) for name in _KEPT}
    columns |= _course(day_.today)
    columns |= {name: column(name, "n") for name in ("id", "text", *sorted(scan.relations))}
    columns["overruled"] = filled(column("code", "d"), number(0))
    joins += [
        Join("overruled", "d", equal(column("fact", "d"), _raw("fact"))),
        Join("gone", "g", equal(column("fact", "g"), _raw("fact"))),
    ]
    for aspect in sorted({aspect for aspect, _ in scan.aspects}):
        joins.append(Join("asked", aspect, equal(column("name", aspect), _raw(aspect))))
        columns[f"{aspect}_coded"] = column("is_coded", aspect)
    columns |= {f"{aspect}_{name}": column(name, aspect) for aspect, name in sorted(scan.aspects)}
    for table, wanted in (("evidence", day_.evidence), ("details", day_.details)):
        if beside and wanted:
            joins.append(Join(f"{table}_hits", table, equal(column(table, table), _raw(table))))
            columns |= {name: column(name, table) for name in wanted.values()}
    if beside:
        for table, names in (("events", event_columns(day_)), ("rated", rating_columns(day_))):
            if names:
                joins.append(Join(table, table, equal(column("person", table), _raw("person"))))
                columns |= {name: column(name, table) for name in names}
    return select(columns, ("occurrences", _RAW), joins, where=is_missing(column("fact", "g")))


def _names_join(day_: Day, scan: Scan) -> Join:
    group = day_.asked.any_of(frozenset(scan.relations))
    return Join("asked", "n", both(equal(column("name", "n"), _raw("name")), column(group, "n")), keep=False)


def event_columns(day_: Day) -> list[str]:
    ends = ("start_from", "start_to", "end_from", "end_to")
    return [f"{mark}_{end}" for mark in day_.events.values() for end in ends]


def rating_columns(day_: Day) -> list[str]:
    return [f"{mark}_{part}" for mark in day_.scales.values() for part in ("value", "version", "is_one")]


# What must be known of all charts before any row can be judged.


def preparing(day_: Day) -> Iterator[tuple[str, exp.Select]]:
    """The queries that the occurrence rows read, by name, each after those it reads."""
    yield "relapses", _relapses(day_)
    yield "newest_m", _newest_m(day_)
    yield "gone", _gone(day_)
    yield "overruled", _overruled(day_)
    if day_.events:
        yield "events", _events(day_)


def ask_relapses(day_: Day) -> None:
    """The relations that `preparing` reads; to be asked before the names are."""
    for name in _RELAPSES:
        day_.asked.relation(event_concept(name))
    for name, _, _ in day_.events:
        day_.asked.relation(event_concept(name))


def is_stale(day_to: Term, stale_from: Term) -> Term:
    """Whether a recurrence or progression is on record since that day."""
    return holds(below(day_to, stale_from))


def _plain_rows(day_: Day, relations: set[str], where: Term) -> exp.Select:
    scan = Scan("rows")
    scan.relations = relations
    columns: dict[str, Term] = {name: _raw(name) for name in ("fact", "person", "whose", "certainty", "is_staged")}
    columns |= _course(day_.today)
    columns |= {name: column(name, "n") for name in sorted(relations)}
    return select(columns, ("occurrences", _RAW), [_names_join(day_, scan)], where=where)


def _is_event(day_: Day, name: str, group: Group) -> Term:
    relation = it(day_.asked.relation(event_concept(name)))
    is_certain = both(related(relation, SAME, NARROWER), equal(it("certainty"), number(CONFIRMED)))
    if group == "own":
        return both(is_certain, equal(it("whose"), number(OWN)), holds(it("begun")))
    return both(is_certain, equal(it("whose"), number(PLANNED)))


def _relapses(day_: Day) -> exp.Select:
    relations = {day_.asked.relation(event_concept(name)) for name in _RELAPSES}
    rows = _plain_rows(day_, relations, opposite(_raw("is_staged")))
    is_relapse = either(*(_is_event(day_, name, "own") for name in _RELAPSES))
    columns = {"person": it("person"), "stale_from": most(it("start_from"))}
    return select(columns, (rows, ROW), where=is_relapse, by=(it("person"),))


def _newest_m(day_: Day) -> exp.Select:
    """The earliest day of the latest M stage that still describes the disease."""
    days = start_of((_raw("day_from"), _raw("day_to")), no(), day_.today)
    still = both(
        equal(_raw("system"), words("m")),
        at_most(days.latest, day_.today),
        opposite(is_stale(days.latest, column("stale_from", "r"))),
    )
    columns = {"person": _raw("person"), "bar": most(days.earliest)}
    return select(columns, ("stagings", _RAW), [_relapse_join()], where=still, by=(_raw("person"),))


def _relapse_join() -> Join:
    return Join("relapses", "r", equal(column("person", "r"), _raw("person")))


def _gone(day_: Day) -> exp.Select:
    """What the tables hold and this day does not: M stages that are not the latest, denials that a relapse has overtaken."""
    staged = start_of((_raw("staged_from"), _raw("staged_to")), no(), day_.today)
    stale_from = column("stale_from", "r")
    stands = both(
        at_most(staged.latest, day_.today),
        opposite(is_stale(staged.latest, stale_from)),
        holds(at_least(staged.latest, column("bar", "m"))),
    )
    overtaken = both(_raw("denies_spread"), equal(_raw("whose"), number(OWN)), is_stale(_raw("first_to"), stale_from))
    where = either(both(_raw("is_staged"), opposite(stands)), overtaken)
    joins = [_relapse_join(), Join("newest_m", "m", equal(column("person", "m"), _raw("person")))]
    # Read by itself, the column lets a database pass over all other rows.
    return select({"fact": _raw("fact")}, ("occurrences", _RAW), joins, where=both(_raw("may_be_gone"), where))


def _overruled(day_: Day) -> exp.Select:
    """A later "no X" ends X, an earlier one has been overtaken by it; in no certain order: unclear."""
    start = start_of((_raw("first_from"), _raw("first_to")), _raw("planned"), day_.today)
    denial = start_of((_raw("no_from"), _raw("no_to")), no(), day_.today)
    code = case(
        (below(denial.latest, start.earliest), number(0)),
        (both(below(start.latest, denial.earliest), fails_or_open(_raw("ongoing"))), number(OVERRULED_LATER)),
        other=number(OVERRULED_UNCLEAR),
    )
    stands = both(is_missing(column("fact", "g")), at_most(denial.earliest, day_.today))
    join = Join("gone", "g", equal(column("fact", "g"), _raw("denial")))
    columns = {"fact": _raw("fact"), "code": most(code)}
    return select(columns, ("denials", _RAW), [join], where=stands, by=(_raw("fact"),))


def fails_or_open(claim: Term) -> Term:
    return opposite(holds(claim))


def _events(day_: Day) -> exp.Select:
    """The first or the last extent of each event, by person."""
    relations = {day_.asked.relation(event_concept(name)) for name, _, _ in day_.events}
    join = Join("gone", "g", equal(column("fact", "g"), it("fact")))
    columns: dict[str, Term] = {"person": it("person")}
    for (name, first, group), mark in day_.events.items():
        pick = least if first else most
        is_event = _is_event(day_, name, group)
        for end in ("start_from", "start_to", "end_from", "end_to"):
            columns[f"{mark}_{end}"] = pick(case((is_event, it(end))))
    rows = _plain_rows(day_, relations, yes())
    return select(columns, (rows, ROW), [join], where=is_missing(column("fact", "g")), by=(it("person"),))
