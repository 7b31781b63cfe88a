"""Readings beside words that were not understood: what those words may say of them too, they must not outrun.

In "radiotherapy, surgery or any other treatment within 4 weeks" the time may belong to all three. Where the last member stays unread,
the others have lost it, and a surgery of long ago would exclude for certain. Such members are joined with the unread words: their
absence still answers, their presence leaves the answer open. Members are of one list where only commas, slashes, "or" and "and" part
them; items and sentences say each their own.
"""

import re
from collections.abc import Iterator, Sequence

from trialwright.criteria.nodes import All, Compare, Has, Node, Score, Unread, rebuild
from trialwright.criteria.nodes import Any as AnyOf

_BETWEEN = re.compile(
    r"[\s,/]*(?:\(?and\)?\s?/?\s?or|or|and)?[\s,/]*(?:a|an|the|any|with|to|of|for)?\s*$", re.IGNORECASE
)
_CLAUSE = re.compile(
    r"^\W*(?:that|which|who|whose|despite|would|could|may|might|in the (?:opinion|judge?ment)|as (?:judged|determined|assessed))\b|"
    r"\b(?:that|which|who)\b.{0,80}\bwould\b|\b(?:are|is|be) (?:eligible|allowed|permitted|acceptable)\b|\bexceptions?\b",
    re.IGNORECASE,
)
"""A clause cut off at its commas, or an exception: it may be said of every member."""
_LEAD = re.compile(r"^[^:]{2,80}:\s|\bfollowing\b|:$", re.IGNORECASE)
"""What introduces the members: its label, time and adjectives are theirs."""
_DEFINING = re.compile(r"\b(?:defined (?:as|by)|measurements?|readings?|consecutive|average|mean)\b|:$", re.IGNORECASE)
_TIME = re.compile(
    r"\b(?:within|during|before|prior to|preceding|since|ago|in the (?:last|past|previous)|"
    r"(?:past|last|previous) (?:\d+|\w+ (?:days|weeks|months|years))|at (?:screening|baseline))\b[^,()]*$",
    re.IGNORECASE,
)
_ADJECTIVE = re.compile(
    r"^\W*(?:(?:any|other|history of|known|diagnosis of|presence of|an?|evidence of|current|or|have|has|had|with|patients?|subjects?)\s+)*"
    r"(?:clinically|significant|active|severe|serious|uncontrolled|recent|major|acute|chronic|symptomatic|unstable|decompensated|"
    r"untreated|moderate|advanced|persistent|recurrent|poorly)\b",
    re.IGNORECASE,
)
_STATES = frozenset({"pregnancy", "breastfeeding"})
_NOW = frozenset({"current", "active", "newly_diagnosed", "planned"})


def kept_open(node: Node, words: str) -> Node:
    """The tree, in which no member of a list that holds unread words says more than these may.

    words  what the node's spans count in
    """

    def guard(part: Node) -> Node:
        if isinstance(part, All) and part.span and _loses_a_time(part.parts):
            return Unread(text=" ".join(part.span.of(words).split()), span=part.span)
        if not isinstance(part, AnyOf) or not any(isinstance(one, Unread) for one in part.parts):
            return part
        parts = tuple(one for run in _lists(part.parts, words) for one in _guarded(run))
        return part if parts == part.parts else AnyOf(parts=parts, open=part.open, span=part.span)

    return rebuild(node, guard)


_BEGINS_WITH_TIME = re.compile(
    r"\W*(?:within|during|in the (?:last|past|previous)|at (?:the )?(?:time of )?(?:screening|baseline|enrol\w+|entry)|before|prior to|"
    r"(?:obtained|measured|performed|taken|done|determined|documented) (?:within|during|in|at|before|prior))\b",
    re.IGNORECASE,
)


def _loses_a_time(parts: Sequence[Node]) -> bool:
    """A number whose window was not understood: an older value would be held against the patient."""
    return any(isinstance(one, Unread) and _BEGINS_WITH_TIME.match(one.text) for one in parts) and any(
        isinstance(one, Compare | Score) and one.when is None for one in parts
    )


def _lists(parts: Sequence[Node], words: str) -> Iterator[list[Node]]:
    run: list[Node] = []
    for part in parts:
        before = run[-1].span if run else None
        between = words[before.end : part.span.start] if before and part.span else "."
        if run and isinstance(run[0], Unread) and ":" in run[0].text:
            # "History within 6 months of: a; b": the lead is of all of them.
            between = between.replace(";", ",")
        if run and not _BETWEEN.match(between):
            yield run
            run = []
        run.append(part)
    yield run


def _guarded(run: Sequence[Node]) -> Iterator[Node]:
    for place, member in enumerate(run):
        unread = None if isinstance(member, Unread) else next(_said_of(member, run, place), None)
        yield member if unread is None else All(parts=(member, unread), span=member.span)


def _said_of(member: Node, run: Sequence[Node], place: int) -> Iterator[Unread]:
    first = run[0]
    if (
        place
        and isinstance(first, All)
        and first.parts
        and isinstance(first.parts[0], Unread)
        and _DEFINING.search(first.parts[0].text)
    ):
        yield first.parts[0]
    for at, other in enumerate(run):
        if not isinstance(other, Unread):
            continue
        clause = _CLAUSE.search(other.text) is not None
        if at < place:
            lead = _LEAD.search(other.text) is not None
            adjective = _ADJECTIVE.match(other.text) is not None and _is_bare(member)
            reaches = clause or lead or adjective
        else:
            reaches = clause or (_TIME.search(other.text) is not None and _is_untimed(member))
        if reaches:
            yield other


def _is_untimed(node: Node) -> bool:
    match node:
        case Has(when=when, status=status, concept=concept):
            return when is None and _NOW.isdisjoint(status) and concept.id not in _STATES
        case Compare(when=when) | Score(when=when):
            return when is None
        case AnyOf(parts=parts) | All(parts=parts):
            return any(map(_is_untimed, parts))
        case _:
            return False


def _is_bare(node: Node) -> bool:
    """Without an adjective of its own."""
    match node:
        case Has():
            return not node.status and not node.qualifiers and node.severity is None
        case AnyOf(parts=parts) | All(parts=parts):
            return any(map(_is_bare, parts))
        case _:
            return False
