"""The words of the query: small builders of sqlglot terms, so that no part of it is ever written as text.

A claim is a boolean term and may be NULL: SQL's AND, OR and NOT are Kleene's, as the engines need them. Builders fold what is constant and
take terms that already stand elsewhere (they are copied), so that a term can be used twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple, cast

from sqlglot import exp

from .amounts import PLACES

Term = exp.Expression
_BARE = (
    exp.Column,
    exp.Literal,
    exp.Boolean,
    exp.Null,
    exp.Func,
    exp.Paren,
    exp.Case,
    exp.Cast,
    exp.Is,
    exp.In,
    exp.Neg,
)


def column(name: str, table: str | None = None) -> exp.Column:
    return exp.Column(this=exp.Identifier(this=name, quoted=True), table=exp.Identifier(this=table) if table else None)


def yes() -> Term:
    return exp.Boolean(this=True)


def no() -> Term:
    return exp.Boolean(this=False)


def unknown() -> Term:
    """A claim that is not known. Spark takes no NULL without a type for a condition."""
    return exp.Cast(this=exp.Null(), to=exp.DataType.build("BOOLEAN"))


def nothing() -> Term:
    """No day, no number, no words."""
    return exp.Null()


def claim(value: bool | None) -> Term:
    return unknown() if value is None else exp.Boolean(this=value)


def number(value: int) -> Term:
    return exp.Neg(this=exp.Literal.number(-value)) if value < 0 else exp.Literal.number(value)


def words(text: str) -> Term:
    return exp.Literal.string(text)


def day(value: date) -> Term:
    return exp.Cast(this=exp.Literal.string(value.isoformat()), to=exp.DataType.build("DATE"))


def decimal(value: Decimal) -> Term:
    kind = exp.DataType.build(f"DECIMAL(38, {PLACES})")
    return exp.Cast(this=exp.Literal.string(f"{value:f}"), to=kind)


def is_yes(term: Term) -> bool:
    return isinstance(term, exp.Boolean) and bool(term.this)


def is_no(term: Term) -> bool:
    return isinstance(term, exp.Boolean) and not term.this


def is_unknown(term: Term) -> bool:
    return isinstance(term, exp.Cast) and isinstance(term.this, exp.Null)


def both(*claims: Term) -> Term:
    """All of them hold; nothing to hold is true."""
    if any(map(is_no, claims)):
        return no()
    return _chain(exp.And, [one for one in claims if not is_yes(one)]) or yes()


def either(*claims: Term) -> Term:
    """One of them holds; nothing to hold is false."""
    if any(map(is_yes, claims)):
        return yes()
    return _chain(exp.Or, [one for one in claims if not is_no(one)]) or no()


def opposite(term: Term) -> Term:
    if isinstance(term, exp.Boolean):
        return exp.Boolean(this=not term.this)
    return unknown() if is_unknown(term) else exp.Not(this=_bound(term))


def _chain(joint: type[exp.Connector], claims: Sequence[Term]) -> Term | None:
    joined: Term | None = None
    for one in claims:
        # Left-deep and without parentheses between equals: a long list of parts stays flat.
        right = _bound(one)
        joined = right if joined is None else cast(Term, joint(this=joined, expression=right))  # noqa: TC006
    return joined


def _bound(term: Term) -> Term:
    """The term to stand beside an operator: by itself where it was used already, in parentheses where it needs them."""
    own = loose(term)
    is_bare = isinstance(own, _BARE) and not isinstance(own, exp.Connector)
    return own if is_bare else exp.Paren(this=own)


def loose(term: Term) -> Term:
    return term.copy() if term.parent else term


def _compared(kind: type[exp.Binary], one: Term, other: Term) -> Term:
    return cast(Term, kind(this=_bound(one), expression=_bound(other)))  # noqa: TC006


def equal(one: Term, other: Term) -> Term:
    return _compared(exp.EQ, one, other)


def unequal(one: Term, other: Term) -> Term:
    return _compared(exp.NEQ, one, other)


def below(one: Term, other: Term) -> Term:
    return _compared(exp.LT, one, other)


def at_most(one: Term, other: Term) -> Term:
    return _compared(exp.LTE, one, other)


def above(one: Term, other: Term) -> Term:
    return _compared(exp.GT, one, other)


def at_least(one: Term, other: Term) -> Term:
    return _compared(exp.GTE, one, other)


def plus(*terms: Term) -> Term:
    joined = _bound(terms[0])
    for one in terms[1:]:
        joined = exp.Add(this=joined, expression=_bound(one))
    return joined


def minus(one: Term, other: Term) -> Term:
    return exp.Sub(this=_bound(one), expression=_bound(other))


def times(one: Term, other: Term) -> Term:
    return exp.Mul(this=_bound(one), expression=_bound(other))


def bits(one: Term, mask: int) -> Term:
    return exp.Paren(this=exp.BitwiseAnd(this=_bound(one), expression=number(mask)))


def one_of(term: Term, values: Iterable[str] | Iterable[int]) -> Term:
    """Whether the term is one of the values; false for no values."""
    listed = [words(value) if isinstance(value, str) else number(value) for value in values]
    if not listed:
        return no()
    return equal(term, listed[0]) if len(listed) == 1 else exp.In(this=_bound(term), expressions=listed)


def is_missing(term: Term) -> Term:
    if is_unknown(term):
        return yes()
    return exp.Is(this=_bound(term), expression=exp.Null())


def is_there(term: Term) -> Term:
    return exp.Not(this=is_missing(term))


def holds(term: Term) -> Term:
    """Whether a claim is true, as a claim that is never NULL."""
    if is_unknown(term):
        return no()
    return term if isinstance(term, exp.Boolean) else filled(term, no())


def fails(term: Term) -> Term:
    """Whether a claim is false, as a claim that is never NULL."""
    if is_unknown(term):
        return no()
    return opposite(term) if isinstance(term, exp.Boolean) else opposite(filled(term, yes()))


def filled(term: Term, instead: Term) -> Term:
    return exp.Coalesce(this=loose(term), expressions=[loose(instead)])


def case(*branches: tuple[Term, Term], other: Term | None = None) -> Term:
    """The value of the first branch whose condition holds; NULL when none does and there is no other."""
    kept = [(condition, value) for condition, value in branches if not (is_no(condition) or is_unknown(condition))]
    if not kept:
        return unknown() if other is None else other
    if is_yes(kept[0][0]):
        return kept[0][1]
    ifs = [exp.If(this=loose(condition), true=loose(value)) for condition, value in kept]
    return exp.Case(ifs=ifs, default=None if other is None else loose(other))


def integer(term: Term) -> Term:
    return exp.Cast(this=loose(term), to=exp.DataType.build("INT"))


def small(term: Term) -> Term:
    return exp.Cast(this=loose(term), to=exp.DataType.build("TINYINT"))


def latest_of(*terms: Term) -> Term:
    """The greatest that is not NULL."""
    return exp.Greatest(this=loose(terms[0]), expressions=[loose(one) for one in terms[1:]], ignore_nulls=True)


def earliest_of(*terms: Term) -> Term:
    """The least that is not NULL."""
    return exp.Least(this=loose(terms[0]), expressions=[loose(one) for one in terms[1:]], ignore_nulls=True)


def most(term: Term) -> Term:
    return exp.Max(this=loose(term))


def least(term: Term) -> Term:
    return exp.Min(this=loose(term))


def total(term: Term) -> Term:
    return exp.Sum(this=loose(term))


def flags(term: Term) -> Term:
    """All bits that any row has set."""
    return exp.BitwiseOrAgg(this=loose(term))


def count(term: Term) -> Term:
    return exp.Count(this=loose(term))


def count_different(term: Term) -> Term:
    return exp.Count(this=exp.Distinct(expressions=[loose(term)]))


class Join(NamedTuple):
    """A table or query under a name, and the condition on which its rows stand beside the others.

    keep  rows without a partner are kept, with NULL in its columns
    """

    source: exp.Expression | str
    name: str
    on: Term
    keep: bool = True


def select(
    columns: Mapping[str, Term],
    source: tuple[exp.Expression | str, str],
    joins: Iterable[Join] = (),
    *,
    where: Term | None = None,
    by: Sequence[Term] = (),
) -> exp.Select:
    """A query. source: a table or query and its name; by: what its rows are grouped by."""
    listed = [
        exp.Alias(this=loose(term), alias=exp.Identifier(this=name, quoted=True)) for name, term in columns.items()
    ]
    query = exp.Select(expressions=listed).from_(_named(*source), copy=False)
    for join in joins:
        side = {"side": "LEFT"} if join.keep else {"kind": "INNER"}
        query.append("joins", exp.Join(this=_named(join.source, join.name), on=loose(join.on), **side))
    if where is not None and not is_yes(where):
        query.set("where", exp.Where(this=loose(where)))
    if by:
        query.set("group", exp.Group(expressions=[loose(one) for one in by]))
    return query


def _named(source: exp.Expression | str, name: str) -> exp.Expression:
    if isinstance(source, exp.Values):
        return source
    alias = exp.TableAlias(this=exp.Identifier(this=name))
    if isinstance(source, str):
        return exp.Table(this=exp.Identifier(this=source), alias=alias)
    return exp.Subquery(this=source, alias=alias)
