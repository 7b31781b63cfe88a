"""A note or a chart in, a patient's problems out: what to search trials by, one problem at a time.

A problem is a disease, a finding or a treatment that is affirmed of the patient. What is denied, what runs in the family and what
is only planned is kept apart, so that it is not searched for. Names are those of the vocabulary, and the conditions and keywords
that the library's own trials are filed under.
"""

import math
import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from trialwright.codes.concepts import Concept
from trialwright.codes.dates import PartialDate
from trialwright.codes.places import Span
from trialwright.codes.tables import rows
from trialwright.codes.vocabulary import KINDS
from trialwright.library.describing import Concepts
from trialwright.library.everyday import function_words
from trialwright.library.index import Index, analyzer, key_of
from trialwright.patients.facts import Occurrence, Patient

Sex = Literal["female", "male"]
Standing = Literal["affirmed", "denied", "family", "planned"]
_DATA = Path(__file__).parent / "data"
_LONGEST_NAME = 6
_LONGEST_UNIT = 3
_MOST_READ = 40_000
_KIND_WEIGHT = {
    "condition": 1.0,
    "finding": 0.5,
    "procedure": 0.35,
    "drug": 0.35,
    "vaccine": 0.3,
    "device": 0.3,
    "behaviour": 0.2,
}
_NAMED_WEIGHT = 0.8
_CANCER_WEIGHT = 1.5
"""Whoever has a cancer and a thyroid disease is in a clinic, and in search of a trial, for the cancer."""

_SYMPTOM_WEIGHT = 0.35
_IMAGING_WEIGHT = 0.1
_LEAST_USED_AS_NAME = 0.15
"""A single word is a name when at least this share of the trials that hold it are filed under it: `acromegaly` is, `clinic` is not."""
_WORD = re.compile(r"[^\W_]+(?:['’/-][^\W_]+)*")
_SENTENCE = re.compile(r"(?<=[.!?;])\s+(?=[A-Z\d(\[])|\n\s*\n|\n(?=\s*(?:[-*•]|\d+[.)])\s)|(?<=:)\s*\n")
_DENIED_AFTER = re.compile(
    r"(?:\s+(?:[a-z]{1,3}/?[a-z]{0,3}|antibod\w+|antigen|test|serology|screen|was|is|were|are)){0,3}\s*[:-]?\s*"
    r"(?:neg\b|negative|absent|not (?:present|detected|seen|found)|ruled out|\(-\)|non-?reactive)"
)
_CLAUSE = re.compile(r"[,;:]\s|\.\s|\n")


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to search by.

    name       as the note or chart says it
    concept    the vocabulary's id; None when only the library's trials know the name
    weight     how much it should count, relative to the others
    narrowed   words in the same sentence that narrow it: stage, line, histology, course
    """

    name: str
    concept: str | None
    kind: str
    weight: float
    narrowed: tuple[str, ...] = ()


class LeftOut(msgspec.Struct, frozen=True):
    """A name that is not searched for, and why."""

    name: str
    why: Standing


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A patient as a searcher sees one.

    problems  the weightiest first
    age       in completed years; None when not said
    patient   the facts that criteria are judged on
    text      of a note, to be searched by as well, without the names of what is left out; "" for a chart

    `repr` shows no words of the chart.
    """

    problems: tuple[Problem, ...]
    left_out: tuple[LeftOut, ...] = ()
    age: int | None = None
    sex: Sex | None = None
    patient: Patient
    text: str = ""

    def __repr__(self) -> str:
        return f"<Case with {len(self.problems)} problems>"


class _Mention(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    key: str
    concept: str | None
    kind: str
    standing: Standing
    emphasis: float
    narrowed: tuple[str, ...]
    sentence: int
    span: Span

    @property
    def place(self) -> str:
        return f"note, sentence {self.sentence + 1}"


def case_of_note(text: str, index: Index, concepts: Concepts, as_of: date) -> Case:
    """A patient from a note in running words.

    text   what goes beyond 40,000 characters is not read
    as_of  the day the note speaks of
    """
    text = text[:_MOST_READ]
    names = _Names(index, concepts)
    sentences = _sentences(text)
    mentions = [mention for number, sentence in enumerate(sentences) for mention in _mentions(sentence, number, names)]
    age, sex = age_of(text), sex_of(text)
    return Case(
        problems=_problems([mention for mention in mentions if mention.standing == "affirmed"], index, concepts),
        left_out=_left_out(mentions),
        age=age,
        sex=sex,
        patient=_patient(mentions, age, sex, as_of),
        text=_asked_with(sentences, mentions),
    )


def _asked_with(sentences: list[str], mentions: list[_Mention]) -> str:
    """The note without the names of what the patient does not have, of what runs in the family and of what is planned."""
    kept = list(sentences)
    for mention in reversed(mentions):
        if mention.standing != "affirmed":
            sentence = kept[mention.sentence]
            kept[mention.sentence] = f"{sentence[: mention.span.start]} {sentence[mention.span.end :]}"
    return "\n".join(kept)


def _patient(mentions: list[_Mention], age: int | None, sex: Sex | None, as_of: date) -> Patient:
    # A finding or a habit that a note names in passing ("two pregnancies", "illicit drugs: none") is no fact to judge by.
    told = [mention for mention in mentions if mention.kind not in ("finding", "behaviour")]
    return Patient(id="note", birth=_birth(age, as_of), sex=sex, facts=tuple(map(_fact, told)))


def _birth(age: int | None, as_of: date) -> PartialDate | None:
    """A month that gives this age on that day, whichever of its days; none for infants, whose months matter."""
    if not age:
        return None
    year, month = (as_of.year, as_of.month - 6) if as_of.month > 6 else (as_of.year - 1, as_of.month + 6)
    return PartialDate(year - age, month)


def _fact(mention: _Mention) -> Occurrence:
    kind = KINDS.get(mention.kind, "condition")
    return Occurrence(
        concept=Concept(text=" ".join(mention.name.lower().split()), kind=kind, id=mention.concept),
        certainty="refuted" if mention.standing == "denied" else "confirmed",
        family=mention.standing == "family",
        planned=mention.standing == "planned",
        source=mention.place,
        words=mention.name,
    )


def _sentences(text: str) -> list[str]:
    return [part for part in (found.strip() for found in _SENTENCE.split(text)) if part]


class _Names:
    """What names a stretch of words: the vocabulary first, then what the library's trials are filed under."""

    def __init__(self, index: Index, concepts: Concepts) -> None:
        self.index = index
        self.concepts = concepts

    def found(self, sentence: str) -> Iterator[tuple[str, str, str | None, str, int, int]]:
        """Name, key, concept, kind, first and last character; the longest where several begin, none within another."""
        every = [(s, e, entry) for entry, s, e in self.concepts.spans(sentence)]
        spans = [span for span in every if span[2].kind in _KIND_WEIGHT and not _is_unit(sentence, span[0], span[1])]
        scales = {
            s: e for s, e, entry in every if entry.kind == "scale"
        }  # "ECOG 1" is a score, though trials have it as keyword
        words = [(match[0], match.start(), match.end()) for match in _WORD.finditer(sentence)]
        taken = 0
        for at, (_, start, _) in enumerate(words):
            if start < taken:
                continue
            if start in scales:
                taken = scales[start]
                continue
            named = self._named(words, at)
            known = next((span for span in spans if span[0] == start), None)
            if known is not None and (named is None or known[1] >= named[1]):
                taken = known[1]
                text = sentence[start:taken]
                yield text, known[2].id, known[2].id, known[2].kind, start, taken
            elif named is not None:
                taken = named[1]
                yield sentence[start:taken], named[0], None, "named", start, taken

    def _named(self, words: list[tuple[str, int, int]], at: int) -> tuple[str, int] | None:
        if words[at][0].lower() in function_words():
            return None
        for length in range(min(_LONGEST_NAME, len(words) - at), 0, -1):
            part = words[at : at + length]
            text = " ".join(word for word, _, _ in part)
            if part[-1][0].lower() in function_words() or len(text) < 4:
                continue
            key = key_of(text)
            if key and self._is_name(key, is_single=length == 1):
                return key, part[-1][2]
        return None

    def _is_name(self, key: str, *, is_single: bool) -> bool:
        frequency = self.index.searcher.doc_freq
        filed = frequency("named", key)
        if not filed or not is_single or " " in key:
            return bool(filed)
        held = max(frequency(field, key) for field in ("title", "conditions", "summary", "inclusion", "exclusion"))
        return filed >= _LEAST_USED_AS_NAME * held


def _is_unit(sentence: str, start: int, end: int) -> bool:
    """`420 ms` is a time and no multiple sclerosis."""
    text = sentence[start:end]
    return len(text) <= _LONGEST_UNIT and text.islower() and sentence[:start].rstrip()[-1:].isdigit()


def _mentions(sentence: str, number: int, names: _Names) -> Iterator[_Mention]:
    lowered = sentence.lower()
    is_of_family = bool(cue("family").search(lowered))
    narrowed = tuple(dict.fromkeys(match[0] for match in cue("narrows").finditer(lowered)))
    emphasis = 1.3 if number < 2 else 1.0
    if cue("main").search(lowered):
        emphasis *= 1.3
    for name, key, concept, kind, start, end in names.found(sentence):
        before = lowered[:start]
        standing: Standing = "affirmed"
        if is_of_family:
            standing = "family"
        elif _is_denied(before) or _DENIED_AFTER.match(lowered[end:]):
            standing = "denied"
        elif cue("planned").search(before):
            standing = "planned"
        is_past = bool(cue("past").search(before))
        yield _Mention(
            name=name,
            key=key,
            concept=concept,
            kind=kind,
            standing=standing,
            emphasis=emphasis * (0.6 if is_past and number > 1 else 1.0),
            narrowed=narrowed,
            sentence=number,
            span=Span(start, end),
        )


def _is_denied(before: str) -> bool:
    """Whether a denial reaches the words that follow: none of the words that end it stands between."""
    last = None
    for match in cue("denies").finditer(before):
        last = match
    if last is None:
        return False
    between = before[last.end() :]
    if cue("ends").search(between) or len(between) > 160:
        return False
    clauses = _CLAUSE.split(between)
    # A comma goes on with the list of what is denied as long as its items are short.
    return all(len(clause.split()) <= 6 for clause in clauses[1:])


def _problems(mentions: list[_Mention], index: Index, concepts: Concepts) -> tuple[Problem, ...]:
    by_key: dict[str, list[_Mention]] = {}
    for mention in mentions:
        by_key.setdefault(mention.key, []).append(mention)
    found = []
    for group in by_key.values():
        first = max(group, key=lambda mention: mention.emphasis)
        weight = weight_of(first.key, first.concept, first.kind, (index, concepts))
        if not weight:
            continue
        repeats = min(1 + 0.3 * (len(group) - 1), 2.0)
        narrowed = tuple(dict.fromkeys(word for mention in group for word in mention.narrowed))
        found.append(
            Problem(
                name=first.name,
                concept=first.concept,
                kind=first.kind,
                weight=weight * repeats * first.emphasis,
                narrowed=narrowed,
            )
        )
    return tuple(sorted(found, key=lambda problem: (-problem.weight, problem.name)))


def weight_of(key: str, concept: str | None, kind: str, within: tuple[Index, Concepts]) -> float:
    """How much a thing says about which trials to look for: diseases more than symptoms and treatments, rare more than
    common ones. 0 when no trial is about it.

    key  the concept's id, or the name's key where it has none
    """
    index, concepts = within
    searcher = index.searcher
    known = searcher.doc_freq("concepts", concept) if concept else searcher.doc_freq("named", key_of(key))
    if not known:
        return 0.0
    number = max(searcher.num_docs, 2)
    specific = max(math.log(number / known) / math.log(number), 0.05)
    is_symptom = concept is not None and concepts.is_symptom(concept)
    if concept is not None and concepts.vocabulary.is_a(concept, "imaging"):
        return specific * _IMAGING_WEIGHT
    if concept is not None and concepts.vocabulary.is_a(concept, "malignancy"):
        return specific * _CANCER_WEIGHT
    return specific * (_SYMPTOM_WEIGHT if is_symptom else _KIND_WEIGHT.get(kind, _NAMED_WEIGHT))


def _left_out(mentions: list[_Mention]) -> tuple[LeftOut, ...]:
    affirmed = {mention.key for mention in mentions if mention.standing == "affirmed"}
    found = {
        mention.key: LeftOut(mention.name, mention.standing)
        for mention in reversed(mentions)
        if mention.standing != "affirmed" and mention.key not in affirmed
    }
    return tuple(reversed(found.values()))


_AGE = re.compile(
    r"\b(\d{1,3})\s*[- ]?\s*(?:years?|yrs?|y)[- ./]*(?:old|o)\b|\b(\d{1,3})\s*(?:yo|y/o|y\.o\.)(?=\W|$)|\bage[d:]?\s+(?:of\s+)?(\d{1,3})\b"
    r"|\b(\d{1,3})\s*[- ]?(?=(?:[MF]|male|female|man|woman)\b)",
    re.IGNORECASE,
)
_YOUNG = re.compile(
    r"\b(\d{1,2})\s*[- ]?\s*(months?|weeks?|days?)[- ]*old\b|\b(newborn|neonate|infant)\b", re.IGNORECASE
)
_FEMALE = re.compile(
    r"\b(?:she|her|woman|female|girl|lady|mother of|pregnant|(?-i:\d+\s*-?\s*(?:yo|y/o|y\.o\.|years?[- ]old)?\s*F))\b",
    re.IGNORECASE,
)
_MALE = re.compile(
    r"\b(?:he|his|him|man|male|boy|gentleman|(?-i:\d+\s*-?\s*(?:yo|y/o|y\.o\.|years?[- ]old)?\s*M))\b", re.IGNORECASE
)


def age_of(text: str) -> int | None:
    """Completed years, by the first age that the note gives; None when it gives none."""
    young, found = _YOUNG.search(text), _AGE.search(text)
    if young is not None and (found is None or young.start() < found.start()):
        if young[3] or young[2].lower().startswith(("week", "day")):
            return 0
        return int(young[1]) // 12
    if found is None:
        return None
    age = int(next(filter(None, found.groups())))
    return age if age <= 120 else None


def sex_of(text: str) -> Sex | None:
    """By the first word that tells; None when none does."""
    female, male = _FEMALE.search(text), _MALE.search(text)
    if female is None or male is None:
        return "female" if female else "male" if male else None
    return "female" if female.start() <= male.start() else "male"


@cache
def cue(role: str) -> re.Pattern[str]:
    words = sorted((row["words"] for row in rows("cues", _DATA) if row["role"] == role), key=len, reverse=True)
    return re.compile(rf"(?<![\w-])(?:{'|'.join(re.escape(word) for word in words)})(?![\w-])", re.IGNORECASE)


def stems_of(name: str) -> list[str]:
    return [
        stem
        for word in _WORD.findall(name)
        if word.lower() not in function_words()
        for stem in analyzer("stems").analyze(word)
    ]
