"""Who the patient is, and what people have said, as a query: `Person` and `Attest`.

As `persons` judges them. An age on one day is a bound on the birth date: it is found here, once, with `persons.age` itself, and the query
compares dates.
"""

from datetime import date
from decimal import Decimal

from trialwright.codes.concepts import Concept
from trialwright.codes.dates import Duration
from trialwright.codes.quantities import Op
from trialwright.criteria.nodes import Attest, Person

from .amounts import on_grid
from .flat_facts import CONFIRMED, OWN, REFUTED, said_words
from .persons import GENERAL, age, childbearing_rows, in_months
from .sql_charts import Day, Scan, it
from .sql_latest import Latest
from .sql_names import NARROWER, SAME, related
from .sql_occurrences import relation_of
from .sql_terms import (
    Term,
    above,
    at_least,
    at_most,
    both,
    case,
    column,
    day,
    decimal,
    either,
    equal,
    fails,
    flags,
    holds,
    is_there,
    most,
    no,
    number,
    opposite,
    unknown,
    yes,
)
from .sql_terms import earliest_of as sooner
from .sql_terms import words as quoted
from .sql_values import agreed, flag


def judge_person(node: Person, day_: Day, scan: Scan) -> Term:
    if node.age is not None:
        return _age(*node.age, day_)
    if node.sex is not None:
        return equal(column("sex", "p"), quoted(node.sex))
    claim = _childbearing(day_, scan)
    return claim if node.childbearing else opposite(claim)


def _age(op: Op, limit: Duration, day_: Day) -> Term:
    if limit.unit == "year" and limit.value % 1:
        limit = Duration(limit.value * 12, "month")
    born_from, born_to = column("birth_from", "p"), sooner(column("birth_to", "p"), day_.today)
    reached = born_by(limit, day_.index_date, or_more=True)
    passed = born_by(limit, day_.index_date, or_more=False)
    at_least_, more = (_older(born_from, born_to, bound) for bound in (reached, passed))
    same = case(
        (both(holds(at_least_), fails(more)), yes()),
        (either(holds(more), fails(at_least_)), no()),
    )
    claims: dict[Op, Term] = {
        ">=": at_least_, "<": opposite(at_least_), ">": more, "<=": opposite(more), "=": same, "!=": opposite(same),
    }  # fmt: skip
    return case((at_most(born_from, day_.today), claims[op]))


def _older(born_from: Term, born_to: Term, bound: date | None) -> Term:
    """Whether the birth, some day between two, is on or before the bound."""
    if bound is None:
        return no()
    return case((at_most(born_to, day(bound)), yes()), (above(born_from, day(bound)), no()))


def born_by(limit: Duration, today: date, *, or_more: bool) -> date | None:
    """The last birth date of those who are that old on the day, or older; None when nobody is."""

    def is_old(ordinal: int) -> bool:
        years = age(date.fromordinal(ordinal), today, limit)
        return years >= limit.value if or_more else years > limit.value

    if not is_old(1):
        return None
    low, high = 1, today.toordinal() + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if is_old(middle) else (low, middle)
    return date.fromordinal(low)


def _childbearing(day_: Day, scan: Scan) -> Term:
    """Whether the patient can become pregnant. Age alone never says."""
    signs: dict[str, list[Term]] = {"yes": [], "no": [], "perhaps": []}
    for claim, name in childbearing_rows():
        relation = relation_of(Concept(name, "finding", id=name), day_, scan)
        stands = both(
            related(relation, SAME, NARROWER),
            equal(it("certainty"), number(CONFIRMED)),
            holds(it("begun")),
            opposite(fails(it("present"))),
            equal(it("overruled"), number(0)),
        )
        signs[claim].append(stands)
        if name == "childbearing-potential":
            signs["no"].append(both(equal(it("certainty"), number(REFUTED)), equal(relation, number(SAME))))
    own = equal(it("whose"), number(OWN))
    can, cannot, might = (
        is_there(scan.ask(most(case((both(own, either(*signs[claim])), number(1))))))
        for claim in ("yes", "no", "perhaps")
    )
    presumed = both(might, day_.silence(frozenset({"procedures"})))
    return case(
        (holds(equal(column("sex", "p"), quoted("male"))), no()),
        (both(can, cannot), unknown()),
        (can, yes()),
        (cannot, no()),
        (presumed, yes()),
    )


def judge_attest(node: Attest, latest: Latest) -> Term:
    """What has been said, as a claim; NULL leaves it to a person."""
    latest.wanted.add(node.kind)
    made = both(equal(it("kind"), quoted(node.kind)), opposite(fails(it("begun"))))
    if node.kind not in GENERAL and node.kind != "life_expectancy":
        made = both(made, holds(equal(it("said"), quoted(said_words(node.text)))))
    bar = latest.bars.beside(most(case((made, it("day_from")))))
    chosen = both(made, holds(at_least(it("day_to"), bar)))
    return agreed(latest.scan.ask(flags(case((chosen, flag(_answer(node)))))))


def _answer(node: Attest) -> Term:
    if node.kind != "life_expectancy" or node.at_least is None:
        return it("holds")
    asked = decimal(on_grid(in_months(node.at_least)) or Decimal(0))
    months = it("months")
    return case((it("holds"), case((at_least(months, asked), yes()))), other=case((at_most(months, asked), no())))
