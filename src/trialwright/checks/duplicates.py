"""The same thing said twice: items whose words are the same, rules that stand in two places, a summary repeated as description."""

import re
from collections.abc import Iterator
from functools import lru_cache

from trialwright.checks.claims import Claim, claims, words_of
from trialwright.checks.record import DESCRIPTION, on
from trialwright.codes.places import Diagnostic
from trialwright.codes.quantities import Op
from trialwright.criteria.nodes import Compare, Criteria, Criterion, Has, Person, Score
from trialwright.trial import Trial

_TOKEN = re.compile(r"[A-Za-z]+|\d+(?:[.,]\d+)*|[<>≤≥=＜＞]+|[^\x00-\x7f\s]")
# Words that come and go between two copies of one rule; "known" and "history" are not among them where nothing else is left.
_EMPTY = frozenset(re.findall(r"\w+", """
    a an the of or and any has have had is are be been with who that patient subject participant individual person to in for on at
    by as he she they their ha i
"""))  # fmt: skip
_NEGATIONS = frozenset(("no", "not", "without", "never", "non", "none", "except", "unless"))
_LABEL = re.compile(r"[^\W\d_]{3}")
_LABEL_WITHIN = re.compile(r"\n\s*\n[ \t]*[A-Z]")
_LEAST_WORDS = 3
_ALIKE = 0.9
_MOST_TWINS = 3
_OPPOSITE: dict[Op, Op] = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "=": "!=", "!=": "="}


def duplicates(trial: Trial, criteria: Criteria) -> Iterator[Diagnostic]:
    """V3: near-duplicate items, one rule in two items, and the summary repeated as description."""
    yield from (
        remark for remark in trial.diagnostics if remark.code == "repeated-text" and remark.where == DESCRIPTION
    )
    groups = _groups(trial.eligibility.eligibility_criteria or "", criteria)
    twins = [(one, other) for one, other in _same_words(criteria) if groups[one.id] == groups[other.id]]
    pairs = {(one.id, other.id) for one, other in twins}
    # Groups and parts of a trial each print their list; that is one remark, not one for each item.
    for one, other in twins if len(twins) <= _MOST_TWINS else twins[:1]:
        more = (
            f", and {len(twins) - 1} more items repeat earlier ones: lists for several groups?"
            if len(twins) > _MOST_TWINS
            else ""
        )
        yield on(other, "duplicate-criterion", f"says the same as {one.id}; one of them would do{more}")
    for one, other, first in _same_rules(criteria):
        if (one.id, other.id) not in pairs:
            pairs.add((one.id, other.id))
            message = f"{words_of(first)!r} repeats a rule of {one.id}; one of them would do"
            yield on(other, "same-rule-twice", message, first.span)


def _groups(text: str, criteria: Criteria) -> dict[str, tuple[str, int]]:
    """Which list each item stands in: words between two items that belong to neither label the list of another group."""
    found: dict[str, tuple[str, int]] = {}
    number, end = 0, 0
    for criterion in criteria.criteria:
        number += bool(_LABEL.search(text[end : criterion.span.start])) or "_" in criterion.id
        end = criterion.span.end
        found[criterion.id] = (criterion.id.rpartition(".")[0], number)
        number += bool(_LABEL_WITHIN.search(criterion.text))
    return found


def _same_words(criteria: Criteria) -> Iterator[tuple[Criterion, Criterion]]:
    """Items of one list, under one heading, that differ by next to nothing and in no number."""
    seen: dict[tuple[str, str, tuple[str, ...]], list[tuple[frozenset[str], Criterion]]] = {}
    for criterion in criteria.criteria:
        words, numbers = _content(criterion.text)
        if len(words) < _LEAST_WORDS:
            continue
        before = seen.setdefault((criterion.kind, criterion.heading, numbers), [])
        twin = next((other for known, other in before if len(words & known) >= _ALIKE * len(words | known)), None)
        if twin is not None:
            yield twin, criterion
        before.append((words, criterion))


@lru_cache(maxsize=20_000)
def _content(text: str) -> tuple[frozenset[str], tuple[str, ...]]:
    """The words that carry a text, without the s of a plural, and its numbers, signs and negations in order."""
    tokens = _TOKEN.findall(text.lower().replace("-", ""))
    numbers = tuple(token for token in tokens if not token[0].isalpha() or token in _NEGATIONS)
    return frozenset(token.rstrip("s") for token in tokens if token[0].isalpha()) - _EMPTY, numbers


def _same_rules(criteria: Criteria) -> Iterator[tuple[Criterion, Criterion, Claim]]:
    seen: dict[tuple[object, ...], Claim] = {}
    for claim in claims(criteria):
        rule = _rule(claim)
        if rule is None:
            continue
        first = seen.setdefault(rule, claim)
        if first.criterion is not claim.criterion and first.criterion.kind != claim.criterion.kind:
            yield first.criterion, claim.criterion, claim


def _rule(claim: Claim) -> tuple[object, ...] | None:
    """What the claim asks for, whichever list it stands in; None where too much hangs on words that were not read."""
    atom = claim.atom
    match atom:
        case Has(unless=()) if not (claim.wanted and claim.criterion.kind == "exclusion"):
            concept = atom.concept.id or atom.concept.text.lower()
            named = (
                concept,
                frozenset(atom.status) - {"history", "known"},
                atom.severity,
                atom.site,
                atom.times,
                atom.dose,
            )
            return (claim.wanted, atom.concept.kind, *named, atom.cause, atom.qualifiers, _reach(atom))
        case Compare(qualifiers=()):
            op = atom.op if claim.wanted else _OPPOSITE[atom.op]
            return ("compare", atom.measure.id or atom.measure.text.lower(), op, atom.quantity, atom.relative_to)
        case Score():
            return ("score", atom.scale, atom.op if claim.wanted else _OPPOSITE[atom.op], atom.value)
        case Person(age=(op, age)):
            return ("age", op if claim.wanted else _OPPOSITE[op], age)
        case _:
            return None


def _reach(atom: Has) -> tuple[object, ...] | None:
    window = atom.when
    return None if window is None else (window.side, window.at_most, window.at_least, window.anchor)
