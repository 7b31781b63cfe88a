"""People counted by what they meet and what is not known of them, as a query: the cells of `counts`, from verdict columns.

Verdicts of one row a person come in; one row a cell goes out. Masks are split into words of 32 criteria, since a whole number of a
database has 63 bits.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlglot import exp

from trialwright.codes.dates import Duration

from .counts import BAND_STARTS, NOT_RECORDED, Counts, Key, of_counter
from .sql_persons import born_by
from .sql_terms import (
    Term,
    above,
    at_most,
    both,
    case,
    column,
    count,
    day,
    earliest_of,
    equal,
    filled,
    number,
    plus,
    select,
    words,
)

WORD = 32
_KINDS = (("met", ("pass",)), ("unknown", ("unknown", "person")), ("person", ("person",)))


def cells_of(verdicts: exp.Select, names: Sequence[str]) -> exp.Select:
    """The cells of a query that has a verdict column for each name, `age` and `sex`."""
    keys: dict[str, Term] = {"age": column("age", "v"), "sex": column("sex", "v")}
    for first in range(0, len(names), WORD):
        for kind, wanted in _KINDS:
            keys[f"{kind}_{first // WORD}"] = _mask(names[first : first + WORD], wanted)
    query = select({**keys, "people": count(number(1))}, (verdicts, "v"), by=tuple(keys.values()))
    for part in list(verdicts.ctes):
        query.with_(part.alias, as_=part.this, copy=False)
    verdicts.set("with_", None)
    return query


def _mask(names: Sequence[str], wanted: Sequence[str]) -> Term:
    bits = []
    for place, name in enumerate(names):
        branches = [(equal(column(name, "v"), words(verdict)), number(1 << place)) for verdict in wanted]
        bits.append(case(*branches, other=number(0)))
    return exp.Cast(this=plus(*bits), to=exp.DataType.build("BIGINT"))


def age_column(index_date: date) -> Term:
    """The age band of a row of `persons`, as `counts.age_band`."""
    today = day(index_date)
    born_from, born_to = column("birth_from", "p"), earliest_of(column("birth_to", "p"), today)
    # Born on or before which day somebody is at least so old.
    days = [born_by(Duration(Decimal(start), "year"), index_date, or_more=True) for start, _ in BAND_STARTS] + [None]
    branches = []
    for (_, name), oldest, younger in zip(BAND_STARTS, days, days[1:], strict=False):
        is_old = at_most(born_to, day(oldest)) if oldest else at_most(born_from, today)
        is_young = above(born_from, day(younger)) if younger else None
        branches.append((both(is_old, is_young) if is_young is not None else is_old, words(name)))
    return case((at_most(born_from, today), case(*branches, other=words(NOT_RECORDED))), other=words(NOT_RECORDED))


def sex_column() -> Term:
    return filled(column("sex", "p"), words("not recorded"))


def read_cells(names: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Counts:
    """The counts from the query's rows."""
    found: Counter[Key] = Counter()
    words_ = range((len(names) + WORD - 1) // WORD)
    for row in rows:
        met, unknown, person = (
            sum(int(row[f"{kind}_{place}"]) << (place * WORD) for place in words_) for kind, _ in _KINDS
        )
        found[met, unknown, person, str(row["age"]), str(row["sex"])] += int(row["people"])
    return of_counter(names, found)
