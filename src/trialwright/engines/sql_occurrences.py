"""One row of `occurrences` against one `Has`, as query terms: does it fit, part by part.

The checks are those of `occurrences`, in its order; each is a claim about the row under the alias ROW, NULL where the chart leaves it open.
"""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from trialwright.codes.concepts import Concept
from trialwright.criteria.nodes import Dose, Has, Severity, Status

from .amounts import limits, on_grid
from .courses import plain
from .flat_facts import FAMILY, OWN, PLANNED, SUSPECTED
from .occurrences import EVER, WORD_GRADES, status_rules, steroids
from .sql_charts import OVERRULED_LATER, OVERRULED_UNCLEAR, Day, PlacedTerms, Scan, it, placed_claim
from .sql_days import DayTerms, SpanTerms, inside, lasts
from .sql_names import BROADER, NARROWER, NONE, SAME, related
from .sql_terms import (
    Term,
    above,
    below,
    both,
    case,
    claim,
    decimal,
    either,
    equal,
    fails,
    filled,
    holds,
    is_there,
    no,
    number,
    one_of,
    opposite,
    unequal,
    yes,
)
from .sql_terms import words as quoted
from .sql_values import compare, within_units
from .values import Value
from .values import compare as compare_value


class Part(NamedTuple):
    """One part of the question, as `occurrences.Check`."""

    part: str
    claim: Term


class Asked(NamedTuple):
    """A `Has` with what does not change from row to row.

    whose         whose facts can answer: OWN, PLANNED, FAMILY
    is_exception  asked as an exception of another one
    """

    node: Has
    placed: PlacedTerms | None
    whose: tuple[int, ...]
    is_exception: bool = False

    @property
    def is_own(self) -> bool:
        return self.whose == (OWN,)

    def is_plan(self) -> Term:
        return it("planned") if PLANNED in self.whose or FAMILY in self.whose else no()

    def is_relative_s(self) -> Term:
        return it("family") if FAMILY in self.whose else no()

    def is_apart(self) -> Term:
        """Whether the row is a plan or a relative's, and so no part of the patient's own past."""
        return either(self.is_plan(), self.is_relative_s())


def asked_of(node: Has, day: Day) -> Asked:
    placed = day.place(node.when) if node.when else None
    if placed and placed.later:
        return Asked(node, placed, (PLANNED,))
    whose = [OWN] if not node.status or set(node.status) - {"planned", "family_history"} else []
    whose += [PLANNED] if "planned" in node.status else []
    whose += [FAMILY] if "family_history" in node.status else []
    return Asked(node, placed, tuple(whose))


def relation_of(concept: Concept, day: Day, scan: Scan) -> Term:
    """How the row's name stands to the concept."""
    name = day.asked.relation(concept)
    scan.relations.add(name)
    return it(name)


def checks(asked: Asked, relation: Term, day: Day, scan: Scan) -> Iterator[Part]:
    node = asked.node
    yield Part("name", case((below(relation, number(BROADER)), yes())))
    if "suspected" not in node.status:
        is_sure = unequal(it("certainty"), number(SUSPECTED))
        is_known = "known" in node.status and "confirmed" not in node.status
        yield Part("certainty", is_sure if is_known else case((is_sure, yes())))
    yield Part("date", case((asked.is_apart(), yes()), other=it("begun")))
    yield from _statuses(asked)
    if node.severity:
        yield Part("severity", _severity(node.severity, day))
    for aspect, concept in (("site", node.site), ("reason", node.reason), ("cause", node.cause)):
        if concept is not None:
            yield Part(aspect, _aspect(aspect, concept, day, scan))
    if node.evidence:
        yield Part("evidence", case((equal(it(day.any_evidence(node.evidence)), number(1)), yes())))
    if node.dose:
        yield Part("dose", _dose(node.dose))
    for words in node.qualifiers:
        yield from _qualifier(plain(words), day)
    if node.unless:
        yield Part("unless", _unless(asked, day, scan))
    if node.when and asked.placed:
        yield from _window(asked, asked.placed)


def _statuses(asked: Asked) -> Iterator[Part]:
    node, overruled = asked.node, it("overruled")
    yield Part("status", case((unequal(overruled, number(OVERRULED_UNCLEAR)), yes())))
    facets: dict[str, list[Status]] = {}
    for status in node.status:
        facets.setdefault(status_rules()[status].facet, []).append(status)
    for facet, statuses in facets.items():
        if facet != "certainty":
            yield Part("status", either(*(_status(status, asked) for status in statuses)))
    if "course" in facets or asked.is_exception or node.concept.kind in EVER:
        return
    placed = asked.placed
    is_overruled = equal(overruled, number(OVERRULED_LATER))
    if placed is None or placed.now:
        counts = opposite(either(is_overruled, fails(it("present"))))
    elif node.concept.kind == "finding":
        counts = opposite(is_overruled)
    else:
        return
    yield Part("status", either(asked.is_apart(), counts))


def _status(status: Status, asked: Asked) -> Term:
    if status == "planned":
        return asked.is_plan()
    if status == "family_history":
        return asked.is_relative_s()
    rule = status_rules()[status]
    branches = [(asked.is_apart(), no())]
    if status not in ("current", "active", "resolved"):
        branches += [(one_of(it("status"), sorted(rule.yes)), yes()), (one_of(it("status"), sorted(rule.no)), no())]
    if rule.over is not None and rule.over == rule.present:
        return case(*branches, other=claim(rule.over))
    is_over = either(equal(it("overruled"), number(OVERRULED_LATER)), fails(it("present")))
    branches += [(is_over, claim(rule.over)), (holds(it("present")), claim(rule.present))]
    return case(*branches)


def _severity(asked: Severity, day: Day) -> Term:
    scale = asked.scale.lower() if asked.scale else None
    limit = decimal(on_grid(asked.grade) or asked.grade)
    graded = compare(it("grade"), asked.op, (limit, limit))
    if scale:
        graded = case((holds(equal(it("grade_scale"), quoted(scale))), graded))
    if asked.version:
        graded = case((holds(equal(it("grade_version"), quoted(asked.version))), graded))
    branches = [(is_there(it("grade")), graded)]
    if scale in (None, "ctcae"):
        branches += [(equal(it("severity"), quoted(word)), _in_words(word, asked)) for word in WORD_GRADES]
    if scale:
        mark = day.scale(scale)
        rated = compare(it(f"{mark}_value"), asked.op, (limit, limit))
        if asked.version:
            rated = case((holds(equal(it(f"{mark}_version"), quoted(asked.version))), rated))
        branches.append((equal(it(f"{mark}_is_one"), number(1)), rated))
    return case(*branches)


def _in_words(word: str, asked: Severity) -> Term:
    low, high = WORD_GRADES[word]
    return claim(compare_value(Value(Decimal(low), Decimal(high)), asked.op, asked.grade))


def aspect_relation(aspect: str, asked: Concept, day: Day, scan: Scan) -> Term:
    """How the name of the row's site, reason or cause stands to the concept; NULL when it has none."""
    name = day.asked.relation(asked)
    scan.aspects.add((aspect, name))
    return it(f"{aspect}_{name}")


def _aspect(aspect: str, asked: Concept, day: Day, scan: Scan) -> Term:
    found = aspect_relation(aspect, asked, day, scan)
    apart = both(equal(found, number(NONE)), it(f"{aspect}_coded")) if asked.id is not None else no()
    return case((related(found, SAME, NARROWER), yes()), (apart, no()))


def _dose(asked: Dose) -> Term:
    value, unit = it("dose"), it("dose_unit")
    at_home = limits(asked.quantity, None)

    def compared(mine: Decimal, theirs: Decimal) -> Term:
        factor = Fraction(mine) / Fraction(theirs)
        scaled = {home: tuple(_scaled(one, factor) for one in pair) for home, pair in at_home.items()}
        return within_units(unit, value, (asked.op, {home: (low, high) for home, (low, high) in scaled.items()}))

    if asked.equivalent is None:
        return compared(Decimal(1), Decimal(1))
    is_it = either(equal(it("id"), quoted(asked.equivalent)), equal(it("text"), quoted(asked.equivalent)))
    branches = [(holds(is_it), compared(Decimal(1), Decimal(1)))]
    wanted = steroids().get(asked.equivalent)
    if wanted is not None:
        name = filled(it("id"), it("text"))
        branches += [(equal(name, quoted(drug)), compared(given, wanted)) for drug, given in steroids().items()]
    return case(*branches)


def _scaled(limit: Decimal, factor: Fraction) -> Decimal:
    return limit if factor == 1 else on_grid(Fraction(limit) * factor) or limit


def _qualifier(asked: str, day: Day) -> Iterator[Part]:
    said = either(holds(equal(it(day.detail(asked)), number(1))), holds(equal(it("purpose"), quoted(asked))))
    if asked in WORD_GRADES:
        # Where the chart has words for the severity they answer, and then it is the severity that answers.
        in_words = is_there(it("severity"))
        yield Part("severity", case((in_words, equal(it("severity"), quoted(asked))), other=yes()))
        said = either(in_words, said)
    yield Part("words", case((said, yes())))


def _unless(asked: Asked, day: Day, scan: Scan) -> Term:
    excepted = []
    for exception in asked.node.unless:
        relation = relation_of(exception.concept, day, scan)
        placed = day.place(exception.when) if exception.when else None
        inner = Asked(exception, placed, asked.whose, is_exception=True)
        fits = both(*(part.claim for part in checks(inner, relation, day, scan)))
        excepted.append(case((above(relation, number(NONE)), fits), other=no()))
    return opposite(either(*excepted))


def _window(asked: Asked, placed: PlacedTerms) -> Iterator[Part]:
    window = asked.node.when
    if window is None or placed.now or placed.span is None:
        return
    extent = SpanTerms(DayTerms(it("start_from"), it("start_to")), DayTerms(it("end_from"), it("end_to")))
    lies = inside(extent, placed.span, window.edge)
    if window.lasting:
        lies = both(lies, lasts(extent, placed.span, window.lasting))
    lies = placed_claim(placed, lies)
    is_bounded = window.at_least or window.at_most or window.lasting
    if window.anchor == "recurrence" and window.side != "before" and not is_bounded:
        lies = case((is_there(it("for_recurrence")), it("for_recurrence")), other=lies)
    yield Part("when", lies)
