"""From counted cells to a funnel that may be shown: the order, what is set aside, groups, other limits.

Exact counts come in (`engines.counts`), a `FunnelReport` goes out, in which small numbers are hidden.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path

import msgspec

from trialwright import __version__
from trialwright.criteria.nodes import Criteria, Criterion
from trialwright.criteria.render import plain
from trialwright.engines.attrition import Step, attrition, bits_of, is_for_persons, remaining, undecided
from trialwright.engines.counts import BAND_STARTS, NOT_RECORDED, SEXES, Cell, Counts, count_patients, criteria_names
from trialwright.engines.thresholds import WhatIf, changed, limit_of
from trialwright.patients.facts import Complete, Domain, Patient
from trialwright.trial import Trial

from .report import Aside, FunnelReport, GroupRow, StepRow, WhatIfRow
from .shown import Nested, Shown, among, column, difference


class FunnelTerms(msgspec.Struct, frozen=True, kw_only=True):
    """On what terms a population is counted.

    order    ids of criteria that come first, in this order; the others follow as printed
    without  ids of criteria that are switched off
    what_if  limits to try at another value
    """

    as_of: date
    complete: frozenset[Domain] = frozenset()
    order: tuple[str, ...] = ()
    without: frozenset[str] = frozenset()
    what_if: tuple[WhatIf, ...] = ()


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """What was counted: of whom, by which engine, how many inputs were given and not read; gaps: criteria an engine cannot judge."""

    counts: Counts
    engine: str
    given: int
    unread: int
    gaps: dict[str, str] = {}


def count_population(population: Iterable[Patient] | Path, criteria: Criteria, terms: FunnelTerms) -> Counted:
    """Everybody judged once. population: charts, or a folder of fact tables.

    raises  TableError for a folder that holds no such tables; as `with_variants`
    """
    from trialwright.codes.vocabulary import default_vocabulary
    from trialwright.engines.sql import gaps

    judged, complete, vocabulary = with_variants(criteria, terms), Complete(terms.complete), default_vocabulary()
    if not isinstance(population, Path):
        counts = count_patients(population, judged, index_date=terms.as_of, complete=complete, vocabulary=vocabulary)
        return Counted(counts=counts, engine="memory", given=counts.people, unread=0)
    from trialwright.engines import duckdb

    counts = duckdb.count(population, judged, index_date=terms.as_of, complete=complete, vocabulary=vocabulary)
    known = {gap.criterion: gap.reason for gap in gaps(judged)}
    return Counted(counts=counts, engine="duckdb", given=counts.people, unread=0, gaps=known)


def with_variants(criteria: Criteria, terms: FunnelTerms) -> Criteria:
    """The criteria to judge: those of the trial, and behind them each with another limit.

    raises  ThresholdError for a limit that is not there; KeyError for an id that is not
    """
    by_name = dict(zip(criteria_names(criteria), criteria.criteria, strict=True))
    variants = tuple(changed(by_name[asked.criterion], asked) for asked in terms.what_if)
    return msgspec.structs.replace(criteria, criteria=(*criteria.criteria, *variants))


def report_funnel(trial: Trial, criteria: Criteria, counted: Counted, terms: FunnelTerms) -> FunnelReport:
    """The funnel of a trial over what was counted; `criteria` are the trial's own."""
    by_name = dict(zip(criteria_names(criteria), criteria.criteria, strict=True))
    aside = dict(_aside(by_name, counted, terms))
    order = [name for name in (*terms.order, *by_name) if name not in aside]
    order = list(dict.fromkeys(order))
    steps = attrition(counted.counts, order)
    nested = Nested()
    people = nested.show(counted.counts.people)
    rows = tuple(_rows(steps, by_name, people, nested))
    last = (rows[-1].possible, rows[-1].remain) if rows else (people, people)
    return FunnelReport(
        trial=trial.nct_id or "",
        title=trial.title or "",
        as_of=terms.as_of,
        software=f"trialwright {__version__}",
        engine=counted.engine,
        complete=tuple(sorted(terms.complete)),
        given=counted.given,
        unread=counted.unread,
        people=people,
        steps=rows,
        aside=tuple(_aside_row(by_name[name], name, why) for name, why in aside.items()),
        groups=tuple(_groups(counted.counts, bits_of(counted.counts, order), (people, *last))),
        what_if=tuple(_what_if(counted.counts, order, by_name, asked) for asked in terms.what_if),
    )


def _aside(by_name: dict[str, Criterion], counted: Counted, terms: FunnelTerms) -> Iterator[tuple[str, str]]:
    nobody = set(undecided(counted.counts))
    for name, criterion in by_name.items():
        if name in terms.without:
            yield name, "switched off"
        elif name in counted.gaps:
            yield name, f"not judged by this engine: {counted.gaps[name]}"
        elif name in nobody:
            if criterion.reading == "none":
                yield name, "not understood"
            elif is_for_persons(counted.counts, name):
                yield name, "for a person to say"
            else:
                yield name, "no chart answers it"


def _aside_row(criterion: Criterion, name: str, why: str) -> Aside:
    return Aside(id=name, kind=criterion.kind, text=criterion.text, why=why)


def _rows(steps: Sequence[Step], by_name: dict[str, Criterion], people: Shown, nested: Nested) -> Iterator[StepRow]:
    before = people
    for number, step in enumerate(steps, 1):
        criterion = by_name[step.criterion]
        possible, remain = nested.show(step.possible), nested.show(step.remain)
        excluded = difference(before, possible, step.excluded)
        # Whom this criterion alone excludes is among those excluded here, and most who would be gained are among these.
        alone, gained = among(excluded, (step.alone, step.gained))
        yield StepRow(
            number=number,
            id=step.criterion,
            kind=criterion.kind,
            text=criterion.text,
            understood=plain(criterion.node),
            remain=remain,
            possible=possible,
            excluded=excluded,
            unknown=_unknown(step, number, possible, remain),
            alone=alone,
            gained=gained,
        )
        before = possible


def _unknown(step: Step, number: int, possible: Shown, remain: Shown) -> Shown:
    """At the first step those who are possible remain or are unknown; later ones mix with what was not known before."""
    if number == 1:
        return difference(possible, remain, step.unknown)
    return among(possible, (step.unknown,))[0]


_Totals = tuple[Shown, Shown, Shown]


def _groups(counts: Counts, bits: int, totals: _Totals) -> Iterator[GroupRow]:
    """Each sex and each age band that there is. totals: people, possible, remain, as they are shown."""
    bands = [*(name for _, name in BAND_STARTS), NOT_RECORDED]
    for by, names in (("sex", SEXES), ("age", bands)):
        members = {name: [cell for cell in counts.cells if _value(cell, by) == name] for name in names}
        present = [name for name in names if members[name]]
        shown = []
        for name in present:
            remain, possible = remaining(members[name], bits)
            nested = Nested()
            shown.append([nested.show(n) for n in (sum(cell.people for cell in members[name]), possible, remain)])
        columns = [column(total, [row[place] for row in shown]) for place, total in enumerate(totals)]
        for name, people, possible_, remain_ in zip(present, *columns, strict=True):
            yield GroupRow(by=by, group=name, people=people, remain=remain_, possible=possible_)


def _value(cell: Cell, by: str) -> str:
    return cell.sex if by == "sex" else cell.age


def _what_if(counts: Counts, order: Sequence[str], by_name: dict[str, Criterion], asked: WhatIf) -> WhatIfRow:
    """Who comes in and who goes, with the limit at its other value in the criterion's place."""
    others = bits_of(counts, (name for name in order if name != asked.criterion))
    old, new = (bits_of(counts, (name,)) for name in (asked.criterion, asked.name))
    adds = loses = may_add = may_lose = 0
    for cell in counts.cells:
        can = cell.met | cell.unknown
        if cell.met & others == others:
            adds += cell.people if cell.met & new and not cell.met & old else 0
            loses += cell.people if cell.met & old and not cell.met & new else 0
        if can & others == others:
            may_add += cell.people if can & new and not can & old else 0
            may_lose += cell.people if can & old and not can & new else 0
    more, fewer = among(None, (may_add, adds)), among(None, (may_lose, loses))
    return WhatIfRow(
        id=asked.criterion,
        limit=limit_of(by_name[asked.criterion], asked.measure),
        value=f"{asked.value:f}",
        adds=more[1],
        loses=fewer[1],
        may_add=more[0],
        may_lose=fewer[0],
    )
