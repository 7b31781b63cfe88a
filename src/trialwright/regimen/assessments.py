"""Visit prose to assessments: what is looked at, and when. Sentences in, `Assessment`s with their places out."""

import re
from collections.abc import Iterable, Iterator
from functools import cache

import msgspec

from trialwright.codes.concepts import Concept
from trialwright.codes.dates import Duration
from trialwright.codes.places import Span
from trialwright.codes.vocabulary import Vocabulary, default_vocabulary
from trialwright.trial import Trial

from .lexicon import either, expression, phrases
from .marks import Board
from .moments import Rule, read_rules
from .nodes import Quote, Stated, Text
from .sources import ARMS, DESCRIPTION, INTERVENTIONS, SUMMARY
from .timing import duration
from .words import clean, sentences

_LONGEST_SENTENCE = 1200
"""Characters; what is longer is a table or a list that lost its line breaks, and its times belong to nothing in particular."""


class Assessment(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What is done at one set of moments.

    tolerance  how far a visit may lie from its day, either way; None: not stated
    outcome    the outcome whose time frame says so, by its API v2 path; "" where visit prose does
    """

    activities: tuple[Stated[Concept], ...]
    rules: tuple[Stated[Rule], ...]
    tolerance: Stated[Duration] | None = None
    outcome: str = ""

    @property
    def name(self) -> str:
        return ", ".join(activity.value.text for activity in self.activities)


def compile_assessments(trial: Trial, vocabulary: Vocabulary | None = None) -> tuple[Assessment, ...]:
    """The assessments that the record's prose schedules, in its order; what a broader word says twice stands once."""
    known = vocabulary or default_vocabulary()
    found = [assessment for text in _texts(trial) for assessment in read_assessments(text, known)]
    return tuple(_without_repeats(found, known))


def _texts(trial: Trial) -> Iterator[Text]:
    module = trial.protocol.description
    if module and module.detailed_description:
        yield Text(DESCRIPTION, module.detailed_description)
    if module and module.brief_summary:
        yield Text(SUMMARY, module.brief_summary)
    for place, arm in enumerate(trial.arms):
        if arm.description:
            yield Text(f"{ARMS}[{place}].description", arm.description)
    for place, intervention in enumerate(trial.interventions):
        if intervention.description:
            yield Text(f"{INTERVENTIONS}[{place}].description", intervention.description)


def read_assessments(text: Text, vocabulary: Vocabulary) -> Iterator[Assessment]:
    """The assessments of one text: for each sentence that names an activity and a time, one."""
    cleaned = clean(text.text)
    for span in sentences(cleaned):
        words = span.of(cleaned)
        if expression("not-now").search(words) or expression("dosed").search(words) or len(words) > _LONGEST_SENTENCE:
            continue
        activities = tuple(_activities(words, span.start, text.where, vocabulary))
        if not activities:
            continue
        rules = read_rules(words, text.where, span.start)
        if rules:
            yield Assessment(activities=activities, rules=rules, tolerance=_tolerance(words, span.start, text.where))


def _tolerance(words: str, offset: int, where: str) -> Stated[Duration] | None:
    found = expression("tolerance").search(words)
    if found is None:
        return None
    return Stated(duration(found["n"], found["unit"]), Quote(where, Span(*found.span()).shift(offset)))


# what ---------------------------------------------------------------------------------------------------------------------------


@cache
def _activity_words() -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?:{either(list(phrases('activities', 'activity')))})(?![\w-])", re.IGNORECASE)


_TREATMENTS = ("surgery", "radiotherapy", "transplantation", "stem-cell-transplant", "blood-transfusion")
_GENERAL = frozenset({"assessment", "visit", "follow-up", "imaging"})
"""Words that say nothing beside a more particular one."""
_TOKEN = re.compile(r"[^\W_]+(?:[-/'][^\W_]+)*")


def _activities(words: str, offset: int, where: str, vocabulary: Vocabulary) -> Iterator[Stated[Concept]]:
    board = Board(words)
    for start, end, concept in _procedures(words, vocabulary):
        board.put("activity", concept, start, end)
    named = phrases("activities", "activity")
    for found in _activity_words().finditer(words):
        entry = vocabulary.find(found[0].lower())
        board.put(
            "activity",
            Concept(named[" ".join(found[0].lower().split())], "procedure", entry.id if entry else None),
            found.start(),
            found.end(),
        )
    marks = board.in_order()
    ids = {mark.value.id for mark in marks if mark.value.id}
    above = {ancestor for identity in ids for ancestor in vocabulary.ancestors(identity)}
    seen: set[str] = set()
    is_specific = any(mark.value.text not in _GENERAL for mark in marks)
    for mark in marks:
        key = mark.value.id or mark.value.text.lower()
        if key in seen or mark.value.id in above or (is_specific and mark.value.text in _GENERAL):
            continue
        seen.add(key)
        yield Stated(mark.value, Quote(where, Span(mark.start + offset, mark.end + offset)))


def _procedures(words: str, vocabulary: Vocabulary) -> Iterator[tuple[int, int, Concept]]:
    tokens = [(found[0].lower(), found.start(), found.end()) for found in _TOKEN.finditer(words)]
    names = [token[0] for token in tokens]
    at = 0
    while at < len(names):
        found = vocabulary.longest(names, at, "procedure")
        if found is None or any(vocabulary.is_a(found[0].id, kind) for kind in _TREATMENTS):
            at += 1
            continue
        start, end = tokens[at][1], tokens[at + found[1] - 1][2]
        start, end = _within_brackets(words, start, end)
        end = _with_site(words, end, vocabulary)
        yield start, end, vocabulary.concept(found[0], " ".join(words[start:end].split()))
        at += found[1]


def _within_brackets(words: str, start: int, end: int) -> tuple[int, int]:
    """A name without what stands across a bracket: "Magnetic resonance imaging (MRI" is its first part."""
    cut = re.search(r"\s?[()]", words[start:end])
    return (start, start + cut.start()) if cut and cut.start() else (start, end)


def _with_site(words: str, end: int, vocabulary: Vocabulary) -> int:
    """Where "MRI" ends when "of the head and neck" follows."""
    found = re.match(r"(?:\s?\([\w-]{2,10}\))?(?:\sscans?)?\sof\s(?:the\s)?", words[end:], re.IGNORECASE)
    if found is None:
        return end
    at, last = end + found.end(), end
    while True:
        tokens = [(token[0].lower(), token.end()) for token in _TOKEN.finditer(words, at, min(len(words), at + 60))]
        site = vocabulary.longest([token[0] for token in tokens], 0, "site")
        if site is None:
            return last
        last = tokens[site[1] - 1][1]
        more = re.match(r"(?:,\s?|\s)?(?:and\s)(?:the\s)?", words[last:])
        if more is None:
            return last
        at = last + more.end()


def _without_repeats(found: list[Assessment], vocabulary: Vocabulary) -> Iterator[Assessment]:
    for place, one in enumerate(found):
        rules = {rule.value for rule in one.rules}
        if not any(
            rules <= {rule.value for rule in other.rules}
            and (at < place or rules != {rule.value for rule in other.rules})
            and _covers(other, one, vocabulary)
            for at, other in enumerate(found)
            if at != place
        ):
            yield one


def _covers(one: Assessment, other: Assessment, vocabulary: Vocabulary) -> bool:
    """Whether each activity of `other` is one of, or a broader word for one of, those of `one`."""
    return all(
        any(_is_same_or_broader(mine.value, theirs.value, vocabulary) for mine in one.activities)
        for theirs in other.activities
    )


def _is_same_or_broader(mine: Concept, theirs: Concept, vocabulary: Vocabulary) -> bool:
    if mine.text.lower() == theirs.text.lower() or theirs.text in _GENERAL:
        return True
    return mine.id is not None and theirs.id is not None and vocabulary.is_a(mine.id, theirs.id)


def quoted_texts(trial: Trial, assessments: Iterable[Assessment]) -> tuple[Text, ...]:
    """The texts that the assessments point into."""
    wanted = {activity.quote.where for one in assessments for activity in one.activities}
    return tuple(text for text in _texts(trial) if text.where in wanted)
