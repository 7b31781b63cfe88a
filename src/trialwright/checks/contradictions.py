"""Criteria that cannot all hold: a thing asked for and ruled out, bounds that leave nothing between them.

Each claim is held against each other one of the same thing. Two claims contradict only when whatever meets the one
necessarily breaks the other; a window, a grade, a site or an exception that leaves a way out is no contradiction.
"""

import re
from collections.abc import Iterator, Sequence

from trialwright.checks.claims import Claim, claims, words_of
from trialwright.checks.limits import bounds, fields, steroid_limits
from trialwright.checks.record import mentioning, on, titles
from trialwright.codes.concepts import Concept
from trialwright.codes.places import Diagnostic, Span
from trialwright.codes.spelling import fold
from trialwright.codes.vocabulary import Entry, default_vocabulary
from trialwright.criteria.nodes import Compare, Criteria, Criterion, Has, Score, Window, walk
from trialwright.trial import Trial

_EARLIER = re.compile(r"\b(?:previous|prior|past|earlier)\b", re.IGNORECASE)
_NOT_YET = {"planned", "family_history", "suspected"}
# Words that an atom on record meets whatever they say: that it is or was there is all they ask.
_OF_DISEASE = ("recurrent", "newly_diagnosed", "progressive")
_ANYHOW = {"history", "known"}
_RESPONSES = (
    "achiev",
    "respon",
    "remission",
    "progress",
    "refractory",
    "resist",
    "intoleran",
    "fail",
    "relaps",
    "recurr",
)
_RESPONDED = re.compile(
    r"\b(?:achiev\w+|respon\w+|complete remission|partial remission|progress\w*|refractory|resistan\w+|intoleran\w+|fail\w*|relaps\w+"
    r"|recurr\w+)\b"
    r"[^.;:]{0,60}?\b(?:after|following|to|on|of|with)\b(?P<treatment>[^.;:]{3,90})",
    re.IGNORECASE,
)
_VAGUE = ("event", "site", "measurement", "lab", "scale", "behaviour")
_OTHER = re.compile(r"\b(?:other|another|different|additional|allergy|allergies)\b", re.IGNORECASE)
_PLAIN = frozenset(
    (
        "prior",
        "previou",
        "any",
        "known",
        "history",
        "diagnosi",
        "treatment",
        "therapy",
        "disease",
        "of",
        "with",
        "inhibitor",
    )
)
_CONDITIONAL = re.compile(
    r"\bnon-?\b|na[iï]ve\b|\b(?:except|uncontrolled|unstable|poorly)\b|\bmust (?:have|be|not)\b|\bif\b"
    r"|\b(?:group|cohort|arm|control)s?\b|:\s*$|-\s*$",
    re.IGNORECASE,
)
_UNLESS = re.compile(
    r"\b(?:no|not|without|never|if|unless|except|either|or|when|whether|may|allowed|permitted|planned|na[iï]ve)\b",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*")


def contradictions(trial: Trial, criteria: Criteria) -> Iterator[Diagnostic]:
    """V7: what no patient can meet, and limits on one thing that disagree."""
    found = claims(criteria)
    yield from _impossible(trial, found)
    yield from _treated_and_untreated(trial, criteria, found)
    yield from bounds(found)
    yield from fields(trial, found)
    yield from steroid_limits(criteria)


def _impossible(trial: Trial, found: Sequence[Claim]) -> Iterator[Diagnostic]:
    read = [claim for claim in found if isinstance(claim.atom, Has) and _is_certain(claim.criterion)]
    asked = [claim for claim in read if claim.wanted]
    barred = [claim for claim in read if not claim.wanted]
    said = set()
    for one in asked:
        for other in barred:
            pair = (one.criterion.id, other.criterion.id)
            if pair not in said and _are_two_rules(one.criterion, other.criterion) and _breaks(one, other, trial):
                said.add(pair)
                yield _remark(one, other)


def _is_certain(criterion: Criterion) -> bool:
    """Read whole, and no label, group or condition on some patients that the tree may have missed; `_` marks a second list."""
    return criterion.reading == "whole" and "_" not in criterion.id and not _CONDITIONAL.search(criterion.text)


def _are_two_rules(one: Criterion, other: Criterion) -> bool:
    """Of two inclusions each may be of another group; the same words in both lists are a label over a group."""
    return one.kind != other.kind and one.text.strip(" .:") != other.text.strip(" .:")


def _remark(one: Claim, other: Claim) -> Diagnostic:
    asked, barred = words_of(one), words_of(other)
    if one.atom.step and other.atom.step and one.atom.step != other.atom.step:
        message = (
            f"asks for {asked!r} and {other.criterion.id} rules out {barred!r}; both hold only because one is judged at "
            f"{one.atom.step}, the other at {other.atom.step}, which the text does not say"
        )
        return on(one.criterion, "two-steps", message, one.span)
    message = f"asks for {asked!r} and {other.criterion.id} rules out {barred!r}; nobody meets both at one time"
    return on(one.criterion, "contradiction", message, one.span)


def _breaks(one: Claim, other: Claim, trial: Trial) -> bool:
    """Whether whatever meets the first atom meets the second, which is barred."""
    asked, barred = one.atom, other.atom
    if not isinstance(asked, Has) or not isinstance(barred, Has) or not _is_kind_of(asked.concept, barred.concept):
        return False
    about = titles(trial)
    qualified = [words for words in barred.qualifiers if not _is_own_disease(words, trial)]
    narrowed = barred.unless or barred.times or barred.dose or qualified or barred.evidence
    if narrowed or (barred.severity is not None and barred.severity != asked.severity):
        return False
    if barred.site is not None and barred.site != asked.site:
        return False
    reason = barred.reason
    # A treatment barred for the trial's own disease is barred for all whom the trial takes.
    if reason is not None and reason != asked.reason and not _is_own_disease(reason.text, trial):
        return False
    if barred.concept.kind == "condition" and _EARLIER.search(words_of(other)):
        return False
    if barred.cause is not None and barred.cause != asked.cause:
        return False
    own = {status for status in _OF_DISEASE if status in about}
    if set(asked.status) & _NOT_YET or not set(barred.status) <= {*asked.status, *_ANYHOW, *own}:
        return False
    if _is_since_the_disease(barred.when) and "recurren" in about:
        return asked.when is None
    return _lies_within(asked.when, barred.when)


def _is_kind_of(one: Concept, other: Concept) -> bool:
    """Whether the first is the second or a kind of it, by the vocabulary and by the words.

    The vocabulary files near relatives under one id ("smouldering myeloma" with myeloma): the barred words must be the id's own
    name, or say nothing that the asked ones do not.
    """
    if not one.id or not other.id or one.kind != other.kind or one.kind in _VAGUE:
        return False
    words = default_vocabulary()
    if not words.is_a(one.id, other.id):
        return False
    barred = _stems(other.text)
    if _OTHER.search(other.text):
        return False
    return barred <= _stems(one.text) or barred == _stems(words.get(other.id).name)


def _stems(words: str) -> frozenset[str]:
    return frozenset(stem for token in _TOKEN.findall(words.lower()) for stem in fold(token)) - _PLAIN


def _is_own_disease(words: str, trial: Trial) -> bool:
    """Whether words name what the trial is about, by the letter or by the vocabulary ("NPC")."""
    about = "\n".join((titles(trial), *trial.conditions)).lower()
    entry = default_vocabulary().find(words)
    if words.lower() in about or entry is None:
        return words.lower() in about
    tokens = _TOKEN.findall(about)
    found = (default_vocabulary().longest(tokens, at) for at in range(len(tokens)))
    return any(named is not None and named[0].id == entry.id for named in found)


def _is_since_the_disease(window: Window | None) -> bool:
    """Treatment "for recurrent disease": all that a trial of recurrence speaks of when it asks for a response."""
    return window is not None and window.side == "after" and window.anchor == "recurrence" and window.at_most is None


def _lies_within(asked: Window | None, barred: Window | None) -> bool:
    if asked is not None and asked.side != "before":
        return False
    if barred is None:
        return True
    if barred.side != "before" or barred.at_least is not None or barred.lasting is not None:
        return False
    if barred.at_most is None:
        return True
    return asked is not None and asked.at_most == barred.at_most and asked.anchor == barred.anchor


def _treated_and_untreated(trial: Trial, criteria: Criteria, found: Sequence[Claim]) -> Iterator[Diagnostic]:
    """Who has responded to a treatment or failed on it has had it, whatever the tree makes of the sentence."""
    barred = [
        claim for claim in found if not claim.wanted and isinstance(claim.atom, Has) and "_" not in claim.criterion.id
    ]
    for criterion in mentioning(criteria, *_RESPONSES) if barred else ():
        if criterion.kind != "inclusion" or "_" in criterion.id:
            continue
        had = [
            Claim(criterion=criterion, atom=_on_record(entry, span, criterion), wanted=True)
            for entry, span in _treatments_had(criterion.text)
        ]
        against = [
            (one, other)
            for one in had
            for other in barred
            if other.criterion is not criterion and _breaks(one, other, trial)
        ]
        if against:
            yield _had_and_barred(criterion, against)


def _on_record(entry: Entry, span: Span, criterion: Criterion) -> Has:
    step = next(
        (node.step for node in walk(criterion.node) if isinstance(node, Has | Compare | Score) and node.step), None
    )
    return Has(concept=default_vocabulary().concept(entry), status=("history",), span=span, step=step)


def _had_and_barred(criterion: Criterion, against: Sequence[tuple[Claim, Claim]]) -> Diagnostic:
    treatments = " and ".join(dict.fromkeys(repr(words_of(one)) for one, _ in against))
    barring = tuple(dict.fromkeys(other.criterion.id for _, other in against))
    stepped = all(one.atom.step and other.atom.step and one.atom.step != other.atom.step for one, other in against)
    rule_out = f"{', '.join(barring)} {'rules' if len(barring) == 1 else 'rule'} out"
    message = (
        f"asks for patients who have had {treatments}, which {rule_out}; expected the step at which each is judged"
    )
    return on(criterion, "two-steps" if stepped else "contradiction", message, against[0][0].span)


def _treatments_had(text: str) -> Iterator[tuple[Entry, Span]]:
    match = _RESPONDED.search(text)
    if match is None or _UNLESS.search(text[: match.end()].replace(" or partial", "").replace(") or partial", "")):
        return
    offset = match.start("treatment")
    tokens = list(_TOKEN.finditer(match["treatment"]))
    words = [token[0].lower() for token in tokens]
    at = 0
    while at < len(words):
        named = default_vocabulary().longest(words, at)
        if named is None or named[0].kind not in ("drug", "procedure"):
            at += 1
            continue
        entry, width = named
        yield entry, Span(tokens[at].start(), tokens[at + width - 1].end()).shift(offset)
        at += width
