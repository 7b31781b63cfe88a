"""Whether a thing is on record, as a query: `Has`.

As `presence` judges it: a row that fits makes the answer true, one that is open makes it unknown, and without either something must say
no. A node goes in, a claim about the person comes out; what it aggregates is asked of the scan.
"""

from collections.abc import Iterator

from sqlglot import exp

from trialwright.codes.concepts import Concept
from trialwright.criteria.nodes import Has, Times

from .flat_facts import CONFIRMED, OWN, REFUTED
from .presence import MALIGNANCY, METASTATIC, STATES, impossible_rows
from .sql_charts import ROW, Day, Scan, it, occurrence_rows, placed_claim
from .sql_days import DayTerms, no_later
from .sql_names import ANOTHER_KIND, BROADER, NARROWER, NONE, PERHAPS, SAME, related
from .sql_occurrences import Asked, asked_of, aspect_relation, checks, relation_of
from .sql_terms import (
    Term,
    above,
    at_least,
    at_most,
    below,
    bits,
    both,
    case,
    column,
    count_different,
    earliest_of,
    either,
    equal,
    fails,
    filled,
    holds,
    integer,
    is_missing,
    is_there,
    is_yes,
    latest_of,
    most,
    no,
    number,
    one_of,
    opposite,
    plus,
    select,
    small,
    times,
    unequal,
    unknown,
    yes,
)
from .sql_terms import words as quoted

FITS, OPEN, SAYS_NO = 3, 2, 1
"""What a row says, the greatest first: it is what is asked for; it may be; it, or its denial, says that the thing is not there."""


def judge_has(node: Has, day: Day, scan: Scan) -> Term:
    """The claim about the person; `scan` must have events and ratings beside its rows where the node needs them."""
    asked = asked_of(node, day)
    relation = relation_of(node.concept, day, scan)
    found = scan.ask(most(_among(asked, relation, _said(asked, relation, day, scan))))
    if node.concept.id == "second-malignancy":
        found = latest_of(found, *_other_malignancies(asked, day, scan))
    says_no = holds(equal(found, number(SAYS_NO))) if asked.is_own else _all_deny(asked, relation, day, scan)
    silence = _silence(asked, day)
    return case(
        (equal(found, number(FITS)), yes()),
        (equal(found, number(OPEN)), unknown()),
        (either(silence, says_no, *_impossible(node, day, scan)), no()),
    )


def _among(asked: Asked, relation: Term, said: Term) -> Term:
    return case((both(above(relation, number(NONE)), one_of(it("whose"), asked.whose)), small(said)))


def _said(asked: Asked, relation: Term, day: Day, scan: Scan) -> Term:
    """What one row says."""
    parts = list(checks(asked, relation, day, scan))
    # One mention of the claim: 3 for true, 0 for false, 2 for NULL.
    said = filled(times(number(FITS), integer(both(*(part.claim for part in parts)))), number(OPEN))
    denial = number(0)
    if asked.is_own and not is_yes(_silence(asked, day)):
        denial = case((_denies(asked, OWN, relation, (day, scan)), number(SAYS_NO)), other=number(0))
        states = [part.claim for part in parts if part.part in ("status", "severity")]
        if asked.node.concept.kind in STATES:
            rest = both(*(part.claim for part in parts if part.part not in ("status", "severity")))
            is_own_state = both(equal(relation, number(SAME)), holds(rest), fails(both(*states)))
            said = case((is_own_state, number(SAYS_NO)), other=said)
    return case(
        (equal(it("certainty"), number(REFUTED)), denial),
        (equal(relation, number(ANOTHER_KIND)), number(0)),
        other=said,
    )


def _silence(asked: Asked, day: Day) -> Term:
    """Whether silence is an answer: the lists are complete, and the thing is one that lists answer."""
    node = asked.node
    return day.silence_on(node.concept) if asked.is_own and day.names.is_listed(node) else no()


def _other_malignancies(asked: Asked, day: Day, scan: Scan) -> Iterator[Term]:
    """With two diseases on record, either may be the other one."""
    malignancy, metastatic = (relation_of(concept, day, scan) for concept in (MALIGNANCY, METASTATIC))
    is_one = both(equal(malignancy, number(NARROWER)), opposite(related(metastatic, SAME, NARROWER)))
    is_one = both(is_one, unequal(it("certainty"), number(REFUTED)))
    said = _said(asked, number(PERHAPS), day, scan)
    for whose in asked.whose:
        found = scan.ask(most(case((both(is_one, equal(it("whose"), number(whose))), small(said)))))
        yield case((above(bits(column("malignancies", "p"), 1 << whose), number(0)), found))


def _denies(asked: Asked, whose: int, relation: Term, where: tuple[Day, Scan]) -> Term:
    """Whether a refutation answers: of the thing or something wider, of its place, on or after the window's first day."""
    day, scan = where
    site = asked.node.site
    of_place = is_missing(it("site"))
    if site is not None:
        of_place = either(of_place, related(aspect_relation("site", site, day, scan), SAME, BROADER))
    of_it = [related(relation, SAME, BROADER), is_missing(it("grade")), is_missing(it("dose")), holds(of_place)]
    if whose == OWN:
        of_it.append(holds(it("begun")))
        if asked.placed and not asked.placed.now:
            of_it.append(either(opposite(it("is_dated")), _is_late_enough(asked)))
    return both(*of_it)


def _is_late_enough(asked: Asked) -> Term:
    placed = asked.placed
    if placed is None or placed.span is None:
        return no()
    first, start = placed.span.start, DayTerms(it("start_from"), it("start_to"))
    return holds(placed_claim(placed, yes() if first is None else no_later(first, start)))


def _all_deny(asked: Asked, relation: Term, day: Day, scan: Scan) -> Term:
    """Whether plans, relatives and the own past, each that is asked, hold a refutation."""
    found = []
    for whose in asked.whose:
        denies = both(equal(it("certainty"), number(REFUTED)), _denies(asked, whose, relation, (day, scan)))
        is_one = both(above(relation, number(NONE)), equal(it("whose"), number(whose)), denies)
        found.append(is_there(scan.ask(most(case((is_one, number(1)))))))
    return both(*found)


def _impossible(node: Has, day: Day, scan: Scan) -> Iterator[Term]:
    """What rules it out: the patient's sex, or another state on record."""
    if "family_history" in node.status or node.concept.id is None:
        return
    for concept, sex, recorded in impossible_rows():
        if not day.vocabulary.is_a(node.concept.id, concept):
            continue
        if sex:
            yield holds(equal(column("sex", "p"), quoted(sex)))
        if recorded:
            is_one = _is_certain(relation_of(Concept(recorded.replace("-", " "), "event", id=recorded), day, scan))
            yield is_there(scan.ask(most(case((is_one, number(1))))))


def _is_certain(relation: Term) -> Term:
    is_one = both(related(relation, SAME, NARROWER), equal(it("certainty"), number(CONFIRMED)))
    return both(is_one, equal(it("whose"), number(OWN)), holds(it("begun")))


class Counted:
    """How many times a thing is on record: a reading of its own, since rows of one source and of one line must be told apart."""

    def __init__(self, name: str, node: Has, day: Day) -> None:
        self.name, self._scan, self._day = name, Scan(name), day
        self._asked = asked_of(node, day)
        relation = relation_of(node.concept, day, self._scan)
        fits = both(*(part.claim for part in checks(self._asked, relation, day, self._scan)))
        counts = both(above(relation, number(NONE)), one_of(it("whose"), self._asked.whose))
        counts = both(counts, unequal(relation, number(ANOTHER_KIND)), unequal(it("certainty"), number(REFUTED)))
        self._said = case((counts, filled(times(number(FITS), integer(fits)), number(OPEN))))
        self._denials = {f"no_{whose}": self._denial(whose, relation) for whose in self._asked.whose}

    def _denial(self, whose: int, relation: Term) -> Term:
        denies = _denies(self._asked, whose, relation, (self._day, self._scan))
        is_one = both(equal(it("certainty"), number(REFUTED)), equal(it("whose"), number(whose)), denies)
        return case((is_one, number(1)))

    def query(self, *, beside: bool) -> exp.Select:
        kept: dict[str, Term] = {name: it(name) for name in ("person", "line", "chart_row")}
        rows = (occurrence_rows(self._day, self._scan, beside=beside), ROW)
        said = select({**kept, "said": self._said, **self._denials}, rows)
        fits, is_open = (equal(column("said", "s"), number(code)) for code in (FITS, OPEN))
        line, row = column("line", "s"), column("chart_row", "s")
        columns: dict[str, Term] = {
            "person": column("person", "s"),
            "lines": count_different(case((fits, line))),
            "loose": count_different(case((both(fits, is_missing(line)), row))),
            "maybe": count_different(case((is_open, row))),
            **{name: most(column(name, "s")) for name in self._denials},
        }
        return select(columns, (said, "s"), by=(column("person", "s"),))

    def claim(self) -> Term:
        lines, loose, maybe = (filled(column(name, self.name), number(0)) for name in ("lines", "loose", "maybe"))
        least = plus(lines, loose)
        if self._asked.node.concept.kind == "drug":
            least = case((above(lines, number(0)), lines), other=earliest_of(number(1), loose))
        none = equal(plus(lines, loose), number(0))
        is_denied = both(none, *(is_there(column(name, self.name)) for name in self._denials))
        has_end = either(_silence(self._asked, self._day), is_denied)
        return _counted(self._asked.node.times, least, case((has_end, plus(lines, loose, maybe))))


def _counted(asked: Times | None, least: Term, top: Term) -> Term:
    """Whether a number from `least` to `top` is as asked; top: NULL without an end."""
    assert asked is not None  # noqa: S101
    limit = number(asked.count)
    is_below = case((below(top, limit), yes()), (at_least(least, limit), no()))
    is_above = case((above(least, limit), yes()), (at_most(top, limit), no()))
    is_it = both(opposite(is_below), opposite(is_above))
    claims = {
        "<": is_below,
        ">=": opposite(is_below),
        ">": is_above,
        "<=": opposite(is_above),
        "=": is_it,
        "!=": opposite(is_it),
    }
    return claims[asked.op]
