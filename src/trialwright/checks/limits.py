"""Limits on one thing held against each other: of measures, scales and age, of the record's own fields, of steroid doses."""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import cache
from itertools import pairwise

import msgspec

from trialwright.checks.claims import Claim, words_of
from trialwright.checks.record import on
from trialwright.codes.places import Diagnostic, Span
from trialwright.codes.quantities import Op, Quantity, UnitError
from trialwright.codes.tables import rows
from trialwright.codes.units import convert
from trialwright.criteria.nodes import Compare, Criteria, Criterion, Person, Score, Window
from trialwright.trial import Trial

_OPPOSITE: dict[Op, Op] = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "=": "!=", "!=": "="}
_FIELD = re.compile(r"(\d+) (Year|Month|Week|Day)s?")
_OF_SOME = re.compile(
    r"menopaus|menses|amenorrh|child-?\s?bearing|guardian|parent|consent|assent|\bif\b"
    r"|\bfor (?:participants|patients|subjects|adults|those|women|men)\b|\bor aged?\b"
    r"|\b(?:wom[ae]n|m[ae]n|females?|males?) (?:with|who|must|should)\b"
    r"|\b(?:group|cohort|arm|part|control|stage|children|adolescent|donor|partner)s?\b",
    re.IGNORECASE,
)
_MEN = re.compile(r"\bm[ae]n\b|\bmales?\b|\bboys?\b", re.IGNORECASE)
_WOMEN = re.compile(r"\bwom[ae]n\b|\bfemales?\b|\bgirls?\b", re.IGNORECASE)
_STEROID_LIMIT = re.compile(
    r"(?P<amount>\d+(?:\.\d+)?|\\?<\s?\\?>)\s*(?:mg)?\s*(?:/|per|a|of)?\s*(?:d|day|daily|kg)?\b[\s/]*(?:or less )?"
    r"(?:of )?(?:oral |systemic )?"
    r"(?P<drug>prednisone|prednisolone|dexamethasone|methylprednisolone|hydrocortisone)\b",
    re.IGNORECASE,
)


class _Bound(msgspec.Struct, frozen=True, kw_only=True):
    claim: Claim
    op: Op
    value: Decimal
    unit: str


def bounds(found: Sequence[Claim]) -> Iterator[Diagnostic]:
    """For each measure or scale, the greatest lower and the least upper bound of all claims on it."""
    grouped: dict[tuple[object, ...], list[_Bound]] = {}
    for claim in found:
        named = _bound(claim)
        if named is not None:
            grouped.setdefault(named[0], []).append(named[1])
    for bounds in grouped.values():
        if len(bounds) > 1:
            yield from _empty_or_unequal(bounds)


def _bound(claim: Claim) -> tuple[tuple[object, ...], _Bound] | None:
    atom = claim.atom
    match atom:
        case Compare(qualifiers=()) if atom.statistic is None and _looks_back(atom.when):
            key: tuple[object, ...] = (atom.measure.id or atom.measure.text.lower(), atom.relative_to, atom.step)
            op, value, unit = atom.op, atom.quantity.value, atom.quantity.unit
        case Score():
            key, unit = (atom.scale, atom.version, atom.step), "1"
            op, value = _whole(atom.op if claim.wanted else _OPPOSITE[atom.op], atom.value)
            return key, _Bound(claim=claim, op=op, value=value, unit=unit)
        case Person(age=(age_op, age)) if not _OF_SOME.search(claim.criterion.text):
            op, value = _whole(age_op if claim.wanted else _OPPOSITE[age_op], age.value)
            return ("age", atom.step), _Bound(claim=claim, op=op, value=value, unit=age.unit)
        case _:
            return None
    return key, _Bound(claim=claim, op=op if claim.wanted else _OPPOSITE[op], value=value, unit=unit)


def _whole(op: Op, value: Decimal) -> tuple[Op, Decimal]:
    """A scale has whole steps, and so has age: above 21 is 22 and more."""
    if op == ">" and value % 1 == 0:
        return ">=", value + 1
    return ("<=", value - 1) if op == "<" and value % 1 == 0 else (op, value)


def _empty_or_unequal(bounds: Sequence[_Bound]) -> Iterator[Diagnostic]:
    first = bounds[0]
    same = [scaled for bound in bounds if (scaled := _in_unit(bound, first)) is not None]
    lower = sorted(
        (bound for bound in same if bound.op in (">", ">=")), key=lambda bound: (bound.value, bound.op == ">")
    )
    upper = sorted(
        (bound for bound in same if bound.op in ("<", "<=")), key=lambda bound: (bound.value, bound.op == "<=")
    )
    if lower and upper and _is_empty(lower[-1], upper[0]) and not _is_misread(lower[-1], upper[0]):
        low, high = lower[-1], upper[0]
        message = f"{words_of(low.claim)!r} and {words_of(high.claim)!r} of {high.claim.criterion.id} leave no value between them"
        yield on(low.claim.criterion, "contradiction", message, low.claim.span)
        return
    for side in (lower, upper):
        # Two inclusions with two limits are, as a rule, of two groups or two steps; one in each list is a slip.
        if len(side) > 1 and _differ(side[0], side[-1]):
            one, other = sorted((side[0].claim, side[-1].claim), key=lambda claim: claim.criterion.span)
            message = f"{words_of(one)!r} and {words_of(other)!r} of {other.criterion.id} set different limits on the same thing"
            yield on(one.criterion, "limits-disagree", message, one.span)


def _differ(low: _Bound, high: _Bound) -> bool:
    """ "Older than 45" beside "not younger than 45" differs by one birthday, and no author means to say so."""
    slack = 1 if isinstance(low.claim.atom, Person) else 0
    return high.value - low.value > slack and low.claim.criterion.kind != high.claim.criterion.kind


def _is_misread(low: _Bound, high: _Bound) -> bool:
    """Two bounds of one measure in one item are oftener a list misread than a slip of its author; so are the same words twice."""
    if words_of(low.claim) == words_of(high.claim):
        return True
    return low.claim.criterion is high.claim.criterion and isinstance(low.claim.atom, Compare)


def _in_unit(bound: _Bound, first: _Bound) -> _Bound | None:
    if bound.unit == first.unit:
        return bound
    atom = bound.claim.atom
    if not isinstance(atom, Compare):
        return None
    try:
        quantity = convert(Quantity(bound.value, bound.unit), first.unit, atom.measure.id)
    except UnitError:
        return None
    return msgspec.structs.replace(bound, value=quantity.value, unit=first.unit)


def _is_empty(low: _Bound, high: _Bound) -> bool:
    return low.value > high.value or (low.value == high.value and (low.op, high.op) != (">=", "<="))


def _looks_back(window: Window | None) -> bool:
    return window is None or (window.side == "before" and window.at_least is None)


def fields(trial: Trial, found: Sequence[Claim]) -> Iterator[Diagnostic]:
    """Age and sex in the text against the record's own fields."""
    eligibility = trial.eligibility
    limits = [limit for claim in found if (limit := _age_limit(claim)) is not None and _speaks_of_all(claim)]
    for field, text, signs in (
        ("minimumAge", eligibility.minimum_age, (">", ">=")),
        ("maximumAge", eligibility.maximum_age, ("<", "<=")),
    ):
        said = [limit for limit in limits if limit.op in signs]
        printed = _FIELD.fullmatch(text or "")
        if len(said) == 1 and printed and _disagrees(said[0], Decimal(printed[1]), printed[2].lower()):
            claim = said[0].claim
            message = f"{words_of(claim)!r}, and the record's {field} is {text}"
            yield on(claim.criterion, "field-disagrees", message, claim.span)
    for claim in found:
        atom = claim.atom
        if (
            isinstance(atom, Person)
            and atom.sex
            and claim.wanted
            and _is_other_sex(claim, atom.sex, eligibility.sex, found)
        ):
            message = f"{words_of(claim)!r}, and the record's sex is {eligibility.sex}"
            yield on(claim.criterion, "field-disagrees", message, claim.span)


def _age_limit(claim: Claim) -> _Bound | None:
    if not isinstance(claim.atom, Person) or claim.atom.age is None:
        return None
    op, age = claim.atom.age
    return _Bound(claim=claim, op=op if claim.wanted else _OPPOSITE[op], value=age.value, unit=age.unit)


def _speaks_of_all(claim: Claim) -> bool:
    text = f"{claim.criterion.heading} {claim.criterion.text}"
    return (
        claim.criterion.reading == "whole"
        and "." not in claim.criterion.id
        and any(map(str.isdigit, words_of(claim)))
        and not _OF_SOME.search(text)
    )


def _is_other_sex(claim: Claim, sex: str, field: str | None, found: Sequence[Claim]) -> bool:
    others = _WOMEN if sex == "male" else _MEN
    both = any(others.search(one.criterion.text) for one in found)
    of_some = _OF_SOME.search(f"{claim.criterion.heading} {claim.criterion.text}")
    return bool(field) and field != sex.upper() and not both and not of_some and claim.criterion.reading == "whole"


def _disagrees(bound: _Bound, value: Decimal, unit: str) -> bool:
    """An age that is left out ("over 17", "under 66") counts as the next whole one too, and "to 18" as until the 18th birthday."""
    next_to_it = {">": bound.value + 1, "<": bound.value - 1, "<=": bound.value - 1}.get(bound.op, bound.value)
    return bound.unit == unit and value not in (bound.value, next_to_it)


def steroid_limits(criteria: Criteria) -> Iterator[Diagnostic]:
    """Two criteria that limit systemic steroids at doses that are not the same as prednisone, or one that lost its number."""
    found = [(criterion, *limit) for criterion in criteria.criteria if (limit := _steroid_limit(criterion)) is not None]
    for (one, dose, span), (other, other_dose, _) in pairwise(found):
        if dose != other_dose:
            message = f"allows {_as_prednisone(dose)}, {other.id} {_as_prednisone(other_dose)}; expected one limit on steroids"
            yield on(one, "limits-disagree", message, span)
            return


def _as_prednisone(dose: Decimal | None) -> str:
    return "a dose that the text has lost" if dose is None else f"the equivalent of prednisone {dose:.4g} mg a day"


def _steroid_limit(criterion: Criterion) -> tuple[Decimal | None, Span] | None:
    match = _STEROID_LIMIT.search(criterion.text) if "one" in criterion.text else None
    if match is None or "/kg" in match[0]:
        return None
    amount = match["amount"]
    if not amount[0].isdigit():
        return None, Span(*match.span())
    return Decimal(amount) * 5 / _steroids()[match["drug"].lower()], Span(*match.span())


@cache
def _steroids() -> dict[str, Decimal]:
    """Milligrams that stand for prednisone 5 mg, by the drug's name."""
    return {row["name"]: Decimal(row["prednisone_mg"]) for row in rows("drugs") if row["prednisone_mg"]}
