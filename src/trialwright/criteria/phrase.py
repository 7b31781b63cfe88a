"""A phrase: a run of chunks read in one context, and the pieces that all readers of phrases share."""

import re
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

import msgspec

from trialwright.codes.concepts import Concept, Kind
from trialwright.codes.places import Span
from trialwright.codes.quantities import Op
from trialwright.codes.vocabulary import Entry, Vocabulary, normalise
from trialwright.criteria.chunks import Bound, Chunk
from trialwright.criteria.nodes import All, CriterionKind, Node, Window
from trialwright.criteria.nodes import Any as AnyOf
from trialwright.criteria.phrases import word_set

_DROPPED = frozenset("FH")


PROCEDURE_WORDS = re.compile(
    r"(?:surgery|surgeries|ectomy|plasty|ostomy|scopy|graft|implant\w*|transplant\w*|procedures?|catheteri[sz]ation|ablation|resection|insertion|repair|drainage|"
    r"intubation|emboli[sz]ation|ligation|stenting|biops(?:y|ies)|irradiation|dialysis)$"
)


DRUG_WORDS = re.compile(
    r"(?:[a-z]{3,}(?:mab|nib|statin|prazole|cillin|mycin|azole|vir|platin|taxel|sartan|olol|pril|tide|gliptin|gliflozin)s?|inhibitors?|"
    r"antagonists?|agonists?|agents?|drugs?|medications?|medicines?|therap(?:y|ies)|treatments?|vaccines?|blockers?|antibod(?:y|ies)|"
    r"antibiotics?|supplements?|products?|steroids?|hormones?|analogs?|analogues?|inducers?|substrates?|contraceptives?|"
    r"chemotherap(?:y|ies))$"
)


CONDITION_WORDS = re.compile(
    r"(?:diseases?|disorders?|syndromes?|conditions?|illness(?:es)?|cancers?|tumou?rs?|[a-z]+itis|[a-z]+osis|[a-z]+emia|[a-z]+aemia|"
    r"[a-z]+oma|[a-z]+omas|[a-z]+pathy|[a-z]+pathies|[a-z]+uria|[a-z]+algia|[a-z]+plegia|[a-z]+penia|[a-z]+rrhea|[a-z]+megaly|[a-z]+trophy|"
    r"[a-z]+sclerosis|infections?|deficienc(?:y|ies)|failure|injur(?:y|ies)|insufficiency|dysfunction|impairments?|abnormalit(?:y|ies)|"
    r"bleeding|hemorrhage|fractures?|ulcers?|lesions?|symptoms?|defects?|malformations?|obstruction|stenosis|dependence|abuse|addiction|"
    r"disabilit(?:y|ies)|arrhythmias?|seizures?|pain|edema|toxicity|toxicities|metastas[ei]s|malignanc(?:y|ies)|effusions?|events?|"
    r"complications?|anomal(?:y|ies)|attacks?|wounds?|reactions?|thrombosis|embolism|episodes?|dementia|delirium|psychosis|depression)$"
)


VERBISH = word_set("clause")


class Source(NamedTuple):
    """Where a phrase stands: the text, the polarity it is read under, the vocabulary, and the readers that are tried on it, in order,
    by the categories of its chunks."""

    text: str
    kind: CriterionKind
    vocabulary: Vocabulary
    readers: "Callable[[frozenset[str]], tuple[Callable[[Phrase], Node | None], ...]]"


class Phrase:
    """A run of chunks of one text, read in one context."""

    def __init__(self, chunks: Sequence[Chunk], source: Source) -> None:
        self.all = list(chunks)
        self.source = source
        self.text, self.kind, self.vocabulary = source.text, source.kind, source.vocabulary
        self.chunks = trimmed([chunk for chunk in chunks if chunk.cat not in _DROPPED])
        self.cats = "".join(chunk.cat for chunk in self.chunks)

    @property
    def span(self) -> Span:
        return Span(self.all[0].start, self.all[-1].end)

    def words(self, chunks: Sequence[Chunk] | None = None) -> str:
        """The text of the chunks, as printed, in one line."""
        run = self.all if chunks is None else chunks
        return " ".join(self.text[run[0].start : run[-1].end].split()) if run else ""

    def part(self, chunks: Sequence[Chunk]) -> "Phrase":
        return Phrase(chunks, self.source)

    def atom(self) -> Node | None:
        """The one atom that these words are, whole; None when they are none or more than one."""
        if not self.chunks:
            return None
        for read in self.source.readers(frozenset(self.cats)):
            node = read(self)
            if node is not None:
                return node
        return None


def pairs_of(bound: Bound) -> list[tuple[Op, Decimal]]:
    pairs: list[tuple[Op, Decimal]] = []
    if bound.low is not None and not (bound.high is not None and bound.low == 0):
        pairs.append((bound.low_op, bound.low))
    if bound.high is not None:
        pairs.append((bound.high_op, bound.high))
    return pairs


def limits_of(bound: Bound) -> list[tuple[Op, Decimal]]:
    """As `pairs_of`; a number without a comparator is meant exactly."""
    return pairs_of(bound) if bound.stated or bound.low is None else [("=", bound.low)]


def only(chunks: Iterable[Chunk], cats: str) -> bool:
    return all(chunk.cat in cats for chunk in chunks)


def single_window(chunks: Sequence[Chunk]) -> Window | None:
    windows = [chunk.value for chunk in chunks if chunk.cat == "W"]
    return merge_windows(windows)


def merge_windows(windows: list[Window]) -> Window | None:
    """Two windows on one thing complete each other ("for 3 days" · "within 1 week of treatment")."""
    if not windows:
        return None
    first = windows[0]
    for other in windows[1:]:
        if other.side != first.side:
            return None
        merged = {}
        for name in ("at_most", "at_least", "anchor", "lasting"):
            mine, theirs = getattr(first, name), getattr(other, name)
            if mine is not None and theirs is not None and mine != theirs:
                return None
            merged[name] = mine if mine is not None else theirs
        span = first.span.cover(other.span) if first.span and other.span else first.span
        first = msgspec.structs.replace(first, strict=first.strict or other.strict, span=span, **merged)
    return first


def concept_of(phrase: Phrase, chunk: Chunk, kind: Kind) -> Concept:
    """The vocabulary's concept for a chunk, under the words it was printed with."""
    text = phrase.words([chunk])
    if isinstance(chunk.value, Concept):
        return chunk.value
    if isinstance(chunk.value, Entry):
        return Concept(text=text, kind=chunk.value.kind, id=chunk.value.id)
    return Concept(text=normalise(text), kind=kind)


def distinct(chunks: list[Chunk]) -> list[Chunk]:
    """Without restatements of the same entry ("alanine aminotransferase (ALT)")."""
    seen: dict[str, Chunk] = {}
    for chunk in chunks:
        seen.setdefault(chunk.value.id if isinstance(chunk.value, Entry) else str(chunk.start), chunk)
    return list(seen.values())


def trimmed(chunks: list[Chunk]) -> list[Chunk]:
    start, end = 0, len(chunks)
    while start < end and chunks[start].cat in ".,;:-*&|p/'\"?!":
        start += 1
    while end > start and chunks[end - 1].cat in ".,;:-*&|p/'\"?!":
        end -= 1
    return chunks[start:end]


def all_of(parts: Sequence[Node], span: Span) -> Node:
    return parts[0] if len(parts) == 1 else All(parts=tuple(parts), span=span)


def any_of(parts: Sequence[Node], span: Span) -> Node:
    return parts[0] if len(parts) == 1 else AnyOf(parts=tuple(parts), span=span)
