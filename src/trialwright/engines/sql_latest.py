"""Measurements, ratings, stages and statements as a query: the rows of which the latest decide.

Reads each table twice: once for the day of the latest row that counts, by person, and once for the rows that may be of that day. Rows carry
their columns under the alias ROW, the bars beside them.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from sqlglot import exp

from .sql_charts import ROW, Day, Scan, event_columns, it, start_of
from .sql_days import DayTerms, SpanTerms, no_later
from .sql_terms import (
    Join,
    Term,
    at_least,
    both,
    case,
    column,
    count,
    either,
    equal,
    holds,
    least,
    most,
    no,
    number,
    one_of,
    select,
    words,
)

BARS = "bar"


class Bars(Scan):
    """The first reading: aggregates that stand beside the rows of the second, by person and whatever else rows are grouped by."""

    def beside(self, aggregate: Term) -> Term:
        """The column that holds the aggregate beside each row of the second reading."""
        return column(self.ask(aggregate).name, BARS)


class DatedTable(NamedTuple):
    """One table of dated rows.

    keep  its columns
    kind  the column that says what a row is about; "" where its name does
    by    what a latest row is looked for in, beside the person
    """

    table: str
    keep: Sequence[str]
    kind: str = ""
    by: Sequence[str] = ()


MEASUREMENTS = DatedTable(
    "measurements",
    ("has_start", "value", "unit", "recorded_unit", "is_exact", "comparator", "of_upper", "upper_sign", "of_lower", "lower_sign", "derived"),  # noqa: E501
)  # fmt: skip
RATINGS = DatedTable("ratings", ("scale", "value", "version", "derived"), kind="scale")
STAGINGS = DatedTable(
    "stagings", ("system", "value", "letter", "head", "tail", "prefix", "edition", "tumour"), "system", ("tumour",)
)
STATEMENTS = DatedTable("statements", ("kind", "holds", "months", "said"), kind="kind")


class Latest:
    """The two readings of one table. beside: with the person's events at each row."""

    def __init__(self, name: str, dated: DatedTable, *, beside: bool = False) -> None:
        self.dated, self.is_beside = dated, beside
        self.bars, self.scan = Bars(f"{name}_bars"), Scan(name)
        self.wanted: set[str] = set()

    def __bool__(self) -> bool:
        return bool(self.scan.aggregates)

    def rows(self, day: Day, relations: Sequence[str]) -> exp.Select:
        raw = column("day_from", "f"), column("day_to", "f")
        days = start_of(raw, no(), day.today)
        columns: dict[str, Term] = {"person": column("person", "f"), "day_from": days.earliest, "day_to": days.latest}
        columns["begun"] = no_later(days, day.today_days())
        columns |= {name: column(name, "f") for name in self.dated.keep}
        joins: list[Join] = []
        if relations:
            found = equal(column("name", "n"), column("name", "f"))
            if self.dated.table == "measurements":
                group = day.asked.any_of(frozenset(relations))
                joins.append(Join("asked", "n", both(found, column(group, "n")), keep=False))
            else:
                joins.append(Join("asked", "n", found))
            columns |= {name: column(name, "n") for name in ("id", "text", "is_coded", *relations)}
        if self.is_beside:
            joins.append(Join("events", "events", equal(column("person", "events"), column("person", "f"))))
            columns |= {name: column(name, "events") for name in event_columns(day)}
        if self.dated.table == "stagings":
            joins.append(Join("relapses", "relapses", equal(column("person", "relapses"), column("person", "f"))))
            columns["stale_from"] = column("stale_from", "relapses")
        where = one_of(column(self.dated.kind, "f"), sorted(self.wanted)) if self.dated.kind else None
        return select(columns, (self.dated.table, "f"), joins, where=where)

    def ctes(self, day: Day) -> Iterator[tuple[str, exp.Select]]:
        relations = sorted(self.scan.relations)
        person: Mapping[str, Term] = {name: it(name) for name in ("person", *self.dated.by)}
        joins = []
        if self.bars.aggregates:
            columns = {**person, **self.bars.aggregates}
            yield self.bars.name, select(columns, (self.rows(day, relations), ROW), by=tuple(person.values()))
            on = both(*(equal(column(name, BARS), it(name)) for name in person))
            joins = [Join(self.bars.name, BARS, on, keep=False)]
        columns = {"person": it("person"), **self.scan.aggregates}
        yield self.scan.name, select(columns, (self.rows(day, relations), ROW), joins, by=(it("person"),))


def row_days() -> DayTerms:
    return DayTerms(it("day_from"), it("day_to"))


def row_span() -> SpanTerms:
    return SpanTerms(row_days(), row_days())


def rated(day: Day) -> Iterator[tuple[str, exp.Select]]:
    """The latest rating on each scale that a grade is asked on, by person, where there is one that all rows of its day agree on."""
    latest = Latest("rated", RATINGS)
    for scale, mark in day.scales.items():
        latest.wanted.add(scale)
        is_it = both(equal(it("scale"), words(scale)), holds(it("begun")))
        bar = latest.bars.beside(most(case((is_it, it("day_from")))))
        chosen = both(is_it, holds(at_least(it("day_to"), bar)))
        value, version = (case((chosen, it(name))) for name in ("value", "version"))
        rows, versions = count(case((chosen, number(1)))), count(version)
        is_version = either(
            equal(versions, number(0)), both(equal(versions, rows), equal(least(version), most(version)))
        )
        is_one = both(equal(count(value), rows), equal(least(value), most(value)), is_version)
        latest.scan.aggregates[f"{mark}_value"] = least(value)
        latest.scan.aggregates[f"{mark}_version"] = least(version)
        latest.scan.aggregates[f"{mark}_is_one"] = case((is_one, number(1)))
    yield from latest.ctes(day)
