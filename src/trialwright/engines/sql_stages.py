"""Stages against allowed ones, as a query: `Stage`. As `ratings` judges it; a node goes in, a claim about the person comes out."""

from sqlglot import exp

from trialwright.criteria.nodes import Stage

from .ratings import parsed_stage
from .sql_charts import Day, is_stale, it
from .sql_latest import Latest
from .sql_names import NONE
from .sql_terms import (
    Term,
    above,
    at_least,
    both,
    case,
    either,
    equal,
    fails,
    flags,
    holds,
    is_missing,
    is_there,
    loose,
    most,
    no,
    number,
    one_of,
    opposite,
    unequal,
    unknown,
    yes,
)
from .sql_terms import words as quoted
from .sql_values import agreed, flag


def judge_stage(node: Stage, day: Day, latest: Latest) -> Term:
    latest.wanted.add(node.system.lower())
    concerns = _concerns(node, day, latest)
    bar = latest.bars.beside(most(case((concerns, it("day_from")))))
    chosen = both(concerns, holds(at_least(it("day_to"), bar)))
    return agreed(latest.scan.ask(flags(case((chosen, flag(_staged(node)))))))


def _concerns(node: Stage, day: Day, latest: Latest) -> Term:
    """Whether it is a stage of the tumour asked for, with a prefix that does not say another moment."""
    parts = [
        equal(it("system"), quoted(node.system.lower())),
        opposite(fails(it("begun"))),
        opposite(fails(_prefix(node.prefix))),
    ]
    if node.concept is not None:
        name = day.asked.relation(node.concept)
        latest.scan.relations.add(name)
        parts.append(either(is_missing(it(name)), above(it(name), number(NONE))))
    return both(*parts)


def _prefix(asked: str | None) -> Term:
    if not asked:
        return yes()
    wanted = set(asked.lower())
    fits = [_holds_letter(letter) for letter in sorted(wanted)]
    if "y" not in wanted:
        fits.append(opposite(_holds_letter("y")))
    none = yes() if asked.lower() == "c" else unknown()
    return case((is_missing(it("prefix")), none), other=both(*fits))


def _holds_letter(letter: str) -> Term:
    return above(exp.StrPosition(this=it("prefix"), substr=quoted(letter)), number(0))


def _staged(node: Stage) -> Term:
    branches: list[tuple[Term, Term]] = [(opposite(holds(it("begun"))), unknown())]
    if node.edition:
        branches.append((opposite(holds(equal(it("edition"), quoted(node.edition)))), unknown()))
    prefix = _prefix(node.prefix)
    branches.append((is_missing(prefix), unknown()))
    says_when = is_there(it("prefix")) if node.prefix else no()
    branches.append((both(opposite(says_when), is_stale(it("day_to"), it("stale_from"))), unknown()))
    return case(*branches, other=either(*(_fits(allowed) for allowed in node.allowed)))


def _fits(allowed: str) -> Term:
    """Whether a stage is the allowed one or a part of it, as `ratings.fits`."""
    same_words = case((equal(it("value"), quoted(allowed.strip().lower())), yes()))
    parsed = parsed_stage(allowed)
    if parsed is None:
        return same_words
    letter, head, tail = parsed
    same_head = equal(it("head"), quoted(head))
    same = both(same_head, equal(it("tail"), quoted(tail)))
    other_letter = both(unequal(it("letter"), quoted("")), unequal(it("letter"), quoted(letter))) if letter else no()
    if head == "x":
        return case((is_missing(it("head")), same_words), (other_letter, unknown()), (same, yes()))
    starts = exp.StartsWith(this=loose(it("tail")), expression=quoted(tail)) if tail else yes()
    wider = [tail[:end] for end in range(len(tail))]
    return case(
        (is_missing(it("head")), same_words),
        (other_letter, unknown()),
        (equal(it("head"), quoted("x")), unknown()),
        (opposite(same_head), no()),
        (starts, yes()),
        (one_of(it("tail"), wider), unknown()),
        other=no(),
    )
