"""The second engine: compiled criteria lowered to one SQL query over fact tables, as a sqlglot tree and never as text.

Criteria and a day come in, one SELECT goes out: a row a patient, a verdict column a criterion. Its meaning is that of `memory`, which
says why; a node that cannot be lowered is named by `gaps`, and its criterion is then unknown for everybody.
"""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple, assert_never

import msgspec
from sqlglot import exp

from trialwright.codes.vocabulary import Vocabulary
from trialwright.criteria.nodes import (
    All,
    Any,
    AtLeast,
    Atom,
    Attest,
    Compare,
    Criteria,
    Criterion,
    Has,
    If,
    Interval,
    Node,
    Not,
    Person,
    Score,
    Stage,
    Unread,
    Window,
    walk,
    without_spans,
)
from trialwright.patients.facts import Complete

from .chart import anchors
from .counts import criteria_names
from .presence import is_judged
from .sql_charts import PERIODS, ROW, Day, Scan, Terms, ask_relapses, it, occurrence_rows, preparing
from .sql_counts import age_column, cells_of, sex_column
from .sql_events import judge_interval
from .sql_gaps import Gap, gap_of, gaps
from .sql_latest import MEASUREMENTS, RATINGS, STAGINGS, STATEMENTS, Latest, rated
from .sql_names import NARROWER, SAME, related
from .sql_numbers import judge_compare, judge_score
from .sql_persons import judge_attest, judge_person
from .sql_presence import Counted, judge_has
from .sql_stages import judge_stage
from .sql_terms import (
    Join,
    Term,
    at_least,
    below,
    both,
    case,
    column,
    either,
    equal,
    fails,
    holds,
    is_missing,
    most,
    no,
    number,
    opposite,
    plus,
    select,
    unknown,
    words,
    yes,
)

__all__ = ["Gap", "gaps", "lower", "lower_counts", "verdict_columns"]


def lower(
    criteria: Criteria, *, index_date: date, complete: Complete, vocabulary: Vocabulary, has_periods: bool = True
) -> exp.Select:
    """The query that judges every patient of the fact tables (see `tables`) on one day.

    index_date  the day eligibility is judged; facts dated later have not happened
    complete    the lists in which what is not recorded did not happen; silence elsewhere is unknown
    has_periods whether somebody has periods of observation (see `tables.has_periods`): outside them silence is unknown
    returns     columns: `patient`, then one a criterion, named by `verdict_columns`, with pass, fail, unknown or person
    """
    terms = Terms(index_date, complete, vocabulary, has_periods)
    return _query(criteria, terms, {"patient": column("patient", "p")})


def lower_counts(
    criteria: Criteria, *, index_date: date, complete: Complete, vocabulary: Vocabulary, has_periods: bool = True
) -> exp.Select:
    """As `lower`, counted: a row for each set of answers with how many people gave it (`sql_counts.read_cells` reads them)."""
    beside: dict[str, Term] = {"age": age_column(index_date), "sex": sex_column()}
    verdicts = _query(criteria, Terms(index_date, complete, vocabulary, has_periods), beside)
    return cells_of(verdicts, tuple(verdict_columns(criteria)))


def verdict_columns(criteria: Criteria) -> dict[str, Criterion]:
    """The criteria by the name of their column: the id, and `id (2)` for the second of one id."""
    return dict(zip(criteria_names(criteria), criteria.criteria, strict=True))


def _query(criteria: Criteria, terms: Terms, beside: dict[str, Term]) -> exp.Select:
    """A row a person: what stands beside it in `persons`, then the verdicts."""
    lowering = _Lowering(Day(terms))
    columns: dict[str, Term] = {name: column(name, "a") for name in beside}
    for name, criterion in verdict_columns(criteria).items():
        columns[name] = _verdict(criterion, lowering)
    query = select(columns, ("atoms", "a"))
    for name, part in lowering.ctes(beside):
        query.with_(name, as_=part, copy=False)
    return query


def _verdict(criterion: Criterion, lowering: "_Lowering") -> Term:
    if any(gap_of(node) for node in walk(criterion.node)):
        return words("unknown")
    truth = lowering.node(criterion.node)
    passes, fails_ = ("pass", "fail") if criterion.kind == "inclusion" else ("fail", "pass")
    return case(
        (truth.holds, words(passes)),
        (opposite(truth.holds), words(fails_)),
        (truth.is_plain, words("unknown")),
        other=words("person"),
    )


class Truth(NamedTuple):
    """A node's truth.

    holds           NULL when it is not known
    is_plain        whether it is not known, and that is not for a person to say
    is_for_persons  whether there is anything in it that only a person can say
    """

    holds: Term
    is_plain: Term
    is_for_persons: bool = False


class _Lowering:
    """The atoms of one query, each lowered once, and the readings of the tables that they ask for."""

    def __init__(self, day: Day) -> None:
        self._day = day
        self._atoms: dict[Atom, str] = {}
        self._claims: dict[str, Term] = {}
        self._has, self._has_beside = Scan("has"), Scan("has_beside")
        self._counted: list[tuple[Counted, bool]] = []
        self._numbers = Latest("numbers", MEASUREMENTS), Latest("numbers_beside", MEASUREMENTS, beside=True)
        self._scores = Latest("scores", RATINGS), Latest("scores_beside", RATINGS, beside=True)
        self._stages, self._statements = Latest("stages", STAGINGS), Latest("said", STATEMENTS)

    def node(self, node: Node) -> Truth:
        match node:
            case Has() | Compare() | Score() | Stage() | Interval() | Person() | Attest():
                return self._atom(node)
            case All(parts=parts):
                found = [self.node(part) for part in parts]
                return _open(both(*(truth.holds for truth in found)), found)
            case Any(parts=parts):
                return _any(node, [self.node(part) for part in parts])
            case AtLeast(count=count, parts=parts):
                found = [self.node(part) for part in parts]
                return _open(_at_least(count, [truth.holds for truth in found]), found)
            case Not(part=part):
                truth = self.node(part)
                return truth._replace(holds=opposite(truth.holds))
            case If(condition=condition, then=then):
                first, second = self.node(condition), self.node(then)
                return _open(either(opposite(first.holds), second.holds), [first, second])
            case Unread():
                return Truth(unknown(), yes())
            case _:
                assert_never(node)

    def _atom(self, node: Atom) -> Truth:
        bare = without_spans(node)
        assert isinstance(bare, Has | Compare | Score | Stage | Interval | Person | Attest)  # noqa: S101
        timeless = msgspec.structs.replace(bare, step=None)
        name = self._atoms.get(timeless)
        if name is None:
            name = self._atoms[timeless] = f"a{len(self._atoms)}"
            self._claims[name] = self._judge(timeless)
        claim = column(name, "a")
        is_attest = isinstance(node, Attest) or is_judged(node)
        if node.step is None or node.step == "entry":
            return Truth(claim, no() if is_attest else is_missing(claim), is_attest)
        # What must hold only later in the trial, and does not hold yet, is open: it may come to hold.
        return Truth(case((claim, yes())), fails(claim) if is_attest else opposite(holds(claim)), is_attest)

    def _judge(self, node: Atom) -> Term:
        day = self._day
        match node:
            case Has(times=None):
                return judge_has(node, day, self._has_beside if _looks_beside(node) else self._has)
            case Has():
                counted = Counted(f"counted_{len(self._counted)}", node, day)
                self._counted.append((counted, _looks_beside(node)))
                return counted.claim()
            case Compare():
                return judge_compare(node, day, self._numbers[_is_from_event(node.when)])
            case Score():
                return judge_score(node, day, self._scores[_is_from_event(node.when)])
            case Stage():
                return judge_stage(node, day, self._stages)
            case Interval():
                return judge_interval(node, day, self._has)
            case Person():
                return judge_person(node, day, self._has)
            case Attest():
                return judge_attest(node, self._statements)
            case _:
                assert_never(node)

    def ctes(self, beside: dict[str, Term]) -> Iterator[tuple[str, exp.Select]]:
        """The queries that the verdicts read, by name, each after those it reads."""
        day = self._day
        ask_relapses(day)
        readings = list(self._readings())
        prepared = list(preparing(day))
        yield from day.asked.ctes()
        yield from prepared
        yield from _hits(day)
        if day.scales:
            yield from rated(day)
        yield from readings
        columns: dict[str, Term] = {**beside, **self._claims}
        names = [name for name, _ in readings if not name.endswith("_bars")]
        joins = [Join(name, name, equal(column("person", name), column("person", "p"))) for name in names]
        if day.asks_periods:
            yield PERIODS, day.periods()
            joins.append(Join(PERIODS, PERIODS, equal(column("person", PERIODS), column("person", "p"))))
        yield "atoms", select(columns, ("persons", "p"), joins)

    def _readings(self) -> Iterator[tuple[str, exp.Select]]:
        for scan, beside in ((self._has, False), (self._has_beside, True)):
            if scan.aggregates:
                columns = {"person": it("person"), **scan.aggregates}
                yield (
                    scan.name,
                    select(columns, (occurrence_rows(self._day, scan, beside=beside), ROW), by=(it("person"),)),
                )
        for counted, beside in self._counted:
            yield counted.name, counted.query(beside=beside)
        for latest in (*self._numbers, *self._scores, self._stages, self._statements):
            if latest:
                yield from latest.ctes(self._day)


def _looks_beside(node: Has) -> bool:
    """Whether its rows need what other facts of the person say: events, ratings, sets of words."""
    by_scale = node.severity is not None and node.severity.scale is not None
    own = by_scale or bool(node.qualifiers or node.evidence) or _is_from_event(node.when)
    return own or any(_looks_beside(exception) for exception in node.unless)


def _is_from_event(window: Window | None) -> bool:
    return window is not None and window.anchor is not None and anchors()[window.anchor].when == "event"


def _hits(day: Day) -> Iterator[tuple[str, exp.Select]]:
    """Which sets of words and of concepts hold what is asked."""
    if day.details:
        found = {
            name: most(case((equal(column("words", "d"), words(asked)), number(1))))
            for asked, name in day.details.items()
        }
        columns = {"details": column("details", "d"), **found}
        yield "details_hits", select(columns, ("details", "d"), by=(column("details", "d"),))
    if day.evidence:
        found = {}
        for asked_for, name in day.evidence.items():
            relations = [column(day.asked.relation(one), "n") for one in asked_for]
            found[name] = most(case((either(*(_is_kind(one) for one in relations)), number(1))))
        join = Join("asked", "n", equal(column("name", "n"), column("name", "e")), keep=False)
        columns = {"evidence": column("evidence", "e"), **found}
        yield "evidence_hits", select(columns, ("evidence", "e"), [join], by=(column("evidence", "e"),))


def _is_kind(relation: Term) -> Term:
    return related(relation, SAME, NARROWER)


def _open(holds_: Term, parts: list[Truth]) -> Truth:
    """A node of several: where it is not known, one plain unknown among the parts makes it plain."""
    for_persons = any(part.is_for_persons for part in parts)
    is_plain = is_missing(holds_)
    if for_persons:
        is_plain = both(is_plain, either(*(part.is_plain for part in parts)))
    return Truth(holds_, is_plain, for_persons)


def _any(node: Any, parts: list[Truth]) -> Truth:
    joined = either(*(part.holds for part in parts))
    truth = _open(joined, parts)
    if not node.open:
        return truth
    # The list goes on: that none of the listed holds does not say that none holds.
    return Truth(case((joined, yes())), either(fails(joined), truth.is_plain), truth.is_for_persons)


def _at_least(count: int, claims: list[Term]) -> Term:
    certain = plus(*(case((claim, number(1)), other=number(0)) for claim in claims))
    possible = plus(*(case((fails(claim), number(0)), other=number(1)) for claim in claims))
    return case((at_least(certain, number(count)), yes()), (below(possible, number(count)), no()))
