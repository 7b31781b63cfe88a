"""Who the patient is, and what people have said: `Person` and `Attest`.

Age is counted in completed years, months, weeks or days on the calendar; a birth known only to the year leaves the limit year open.
What only a person can say stays `person` until the chart holds what a person said.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import cache
from typing import assert_never

from trialwright.codes.concepts import Concept
from trialwright.codes.dates import Duration, completed_years
from trialwright.codes.quantities import Op, holds
from trialwright.codes.tables import rows
from trialwright.criteria.logic import Truth, negate
from trialwright.criteria.nodes import Attest, Person
from trialwright.patients.facts import Occurrence, Statement

from .chart import Chart
from .courses import DATA
from .findings import Evidence, Finding
from .matching import words
from .reasons import OPS, dated, number, said
from .windows import Claim, agreed

GENERAL = frozenset({"consent", "compliance", "capacity", "contraception"})
"""Kinds of which one statement in the chart answers every question; a judgement or a plan answers only the one it was made on."""


def judge_person(node: Person, chart: Chart) -> Finding:
    if node.age is not None:
        return _age(node, *node.age, chart)
    if node.sex is not None:
        return _sex(node, chart)
    finding = _childbearing(node, chart)
    return finding if node.childbearing else _turned(finding)


def _turned(finding: Finding) -> Finding:
    return Finding(
        node=finding.node, truth=negate(finding.truth), why=finding.why, evidence=finding.evidence, missing=finding.missing,
        presumed=finding.presumed,
    )  # fmt: skip


def _sex(node: Person, chart: Chart) -> Finding:
    sex = chart.patient.sex
    if sex is None:
        return Finding(node=node, truth=Truth.UNKNOWN, why="sex is not recorded", missing="sex")
    return Finding(node=node, truth=Truth.of(sex == node.sex), why=f"recorded sex is {sex}, asked {node.sex}")


def _age(node: Person, op: Op, limit: Duration, chart: Chart) -> Finding:
    birth, today = chart.patient.birth, chart.index_date
    if limit.unit == "year" and limit.value % 1:
        limit = Duration(limit.value * 12, "month")
    if birth is None:
        return Finding(node=node, truth=Truth.UNKNOWN, why="date of birth is not recorded", missing="date of birth")
    if birth.earliest > today:
        why = f"date of birth {birth} is after {today}"
        return Finding(node=node, truth=Truth.UNKNOWN, why=why, missing="date of birth")
    oldest, youngest = age(birth.earliest, today, limit), age(min(birth.latest, today), today, limit)
    claim = agreed(holds(years, op, limit.value) for years in _possible(youngest, oldest, limit.value))
    shown = number(youngest) if youngest == oldest else f"{number(youngest)} to {number(oldest)}"
    why = f"age {shown} {limit.unit}s on {today}, asked {OPS[op]} {limit}"
    if claim is None:
        return Finding(node=node, truth=Truth.UNKNOWN, why=why, missing="exact date of birth")
    until = _birthday(birth.earliest, op, limit, today) if birth.is_exact else None
    return Finding(node=node, truth=Truth.of(claim), why=why, until=until)


def _possible(youngest: Decimal, oldest: Decimal, limit: Decimal) -> Iterator[Decimal]:
    """Ages that between them give every answer there is: the ends, and the limit where it lies between."""
    yield youngest
    yield oldest
    if youngest < limit < oldest:
        yield limit


def age(birth: date, today: date, limit: Duration) -> Decimal:
    """Completed units of the limit's own unit."""
    match limit.unit:
        case "year":
            return Decimal(completed_years(birth, today))
        case "month":
            return Decimal(_months(birth, today))
        case "week":
            return Decimal((today - birth).days // 7)
        case "day":
            return Decimal((today - birth).days)
        case "hour":
            return Decimal((today - birth).days * 24)
        case "minute":
            return Decimal((today - birth).days * 1440)
        case _:
            assert_never(limit.unit)


def _months(birth: date, today: date) -> int:
    return (today.year - birth.year) * 12 + today.month - birth.month - (today.day < birth.day)


def _birthday(birth: date, op: Op, limit: Duration, today: date) -> date | None:
    """The day on which the answer turns: the one on which the limit, or one more than it, is completed."""
    now = holds(age(birth, today, limit), op, limit.value)
    for more in (0, 1):
        near = Duration(limit.value + more, limit.unit).after(birth)
        for by in range(-1, 3):
            try:
                day = date.fromordinal(near.toordinal() + by)
            except (ValueError, OverflowError):
                return None
            if day > today and holds(age(birth, day, limit), op, limit.value) != now:
                return day
    return None


def _childbearing(node: Person, chart: Chart) -> Finding:
    """Whether the patient can become pregnant. Age alone never says."""
    if chart.patient.sex == "male":
        return Finding(node=node, truth=Truth.FALSE, why="recorded sex is male")
    found: dict[str, Occurrence] = {}
    for claim, concept in childbearing_rows():
        for course, relation in chart.recorded(Concept(concept, "finding", id=concept)):
            stands = course.begun and course.present is not False and not course.overruled
            if stands and relation in ("same", "narrower") and course.fact.certainty == "confirmed":
                found.setdefault(claim, course.fact)
            elif course.is_refuted and relation == "same" and concept == "childbearing-potential":
                found.setdefault("no", course.fact)
    if ("yes" in found) != ("no" in found):
        fact = found["yes" if "yes" in found else "no"]
        evidence = (Evidence(fact=fact),)
        return Finding(node=node, truth=Truth.of("yes" in found), why=f"{said(fact)} is on record", evidence=evidence)
    if not found.keys() - {"perhaps"} and "perhaps" in found and "procedures" in chart.complete.domains:
        fact = found["perhaps"]
        why = f"{said(fact)}; presumed: nothing recorded of a sterilisation (procedures declared complete)"
        return Finding(node=node, truth=Truth.TRUE, why=why, evidence=(Evidence(fact=fact),), presumed=True)
    missing = "childbearing potential" if chart.patient.sex else "sex"
    return Finding(node=node, truth=Truth.UNKNOWN, why=f"{missing} is not recorded", missing=missing)


@cache
def childbearing_rows() -> tuple[tuple[str, str], ...]:
    return tuple((row["claim"], row["recorded"]) for row in rows("childbearing", DATA))


def judge_attest(node: Attest, chart: Chart) -> Finding:
    made = [row for row in chart.statements if row.begun is not False and _is_on(node, row.fact)]
    bar = max((row.day.earliest for row in made), default=date.min)
    statements = [row.fact for row in made if row.day.latest >= bar]
    claim = agreed(_answers(node, fact) for fact in statements)
    words_of_kind = node.kind.replace("_", " ")
    if claim is None:
        why = f"for a person to say: {node.text or words_of_kind}"
        evidence = tuple(Evidence(fact=fact) for fact in statements)
        return Finding(node=node, truth=Truth.PERSON, why=why, missing=node.text or words_of_kind, evidence=evidence)
    fact = statements[0]
    why = f"recorded{f' on {dated(fact)}' if fact.start else ''}: {fact.words or words_of_kind} {'yes' if fact.holds else 'no'}"
    return Finding(node=node, truth=Truth.of(claim), why=why, evidence=tuple(Evidence(fact=x) for x in statements))


def _is_on(node: Attest, fact: Statement) -> bool:
    if fact.kind != node.kind:
        return False
    if node.kind in GENERAL or node.kind == "life_expectancy":
        return True
    return bool(fact.words) and words(fact.words) == words(node.text)


def _answers(node: Attest, fact: Statement) -> Claim:
    if node.kind != "life_expectancy" or node.at_least is None:
        return fact.holds
    if fact.at_least_months is None:
        return None
    asked = in_months(node.at_least)
    if fact.holds:
        return True if fact.at_least_months >= asked else None
    return False if fact.at_least_months <= asked else None


def in_months(length: Duration) -> Decimal:
    """Weeks and days as the mean month of 30.4375 days: an estimate by a person is no finer."""
    match length.unit:
        case "year":
            return length.value * 12
        case "month":
            return length.value
        case "week":
            return length.value * 7 / Decimal("30.4375")
        case _:
            return length.value / Decimal("30.4375")
