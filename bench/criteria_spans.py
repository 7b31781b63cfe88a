"""Entity spans of our front end against Chia's, type by type.

Two readings are measured. `front end`: the lexer's chunks, whose spans cover their own words alone; a concept is joined with
the unknown words beside it, and what the vocabulary does not know at all is taken from the tree's concepts. `trees`: the spans
of the compiled atoms as they stand, which also cover the words of status, time and number, so that strict figures say little.

The map, ours -> Chia's:

    condition, finding, allergy, behaviour, event; a site before one    Condition
    drug, vaccine                                                       Drug
    procedure                                                           Procedure
    device                                                              Device
    lab, measurement, scale, stage, grade                               Measurement
    a bound that is no time (age ranges are values); positive, negative Value
    window, other durations, current, past                              Temporal
    qualities and the other statuses                                    Qualifier
    no, not, without; except                                            Negation
    age, sex                                                            Person
    planned, suspected, required                                        Mood
    a dose; a count of one or two                                       Multiplier

Chia's Observation, Visit and Reference_point have no steady counterpart and count as missed. Where Chia draws a line that the
compiler does not (a quality that is part of a name, the trial's own moments), the line was learnt from the train set.

Relaxed: a span is right when one of the same type overlaps it. Strict: when one of the same type begins and ends where it does.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from criteria_corpora import DATA, Figure, Score, criteria_of, drawn, rows
from trialwright.codes.concepts import Kind
from trialwright.codes.vocabulary import Vocabulary, default_vocabulary
from trialwright.criteria.chunks import Chunk
from trialwright.criteria.lexer import Lexer
from trialwright.criteria.nodes import Compare, Has, Node, Person, Stage, walk
from trialwright.criteria.nodes import Score as ScaleScore

_KINDS: dict[Kind, str] = {
    "condition": "Condition", "finding": "Condition", "allergy": "Condition", "behaviour": "Condition", "event": "Condition",
    "site": "Condition", "drug": "Drug", "vaccine": "Drug", "procedure": "Procedure", "device": "Device",
    "lab": "Measurement", "measurement": "Measurement", "scale": "Measurement",
}  # fmt: skip
_LETTERS = {
    "L": "Condition", "t": "Measurement", "k": "Measurement", "j": "Value", "r": "Value", "W": "Temporal", "s": "Temporal",
    "h": "Temporal", "X": "Negation", "g": "Person", "m": "Person", "f": "Person", "x": "Person", "A": "Person",
}  # fmt: skip
_CONCEPTS = frozenset("CROMKB")
# Chia marks what a patient has, not what the trial does: its own moments and papers carry no entity there.
_TRIALS_OWN = re.compile(
    r"consent|screening|enrol|language|capacity|contracepti|dose|randomi|trial|study|visit|complian|diagnosis$"
)
_TESTED = re.compile(r"\b(?:test|antigen|antibod|hb[sec]ag|anti-hb|rna|dna|titer)", re.IGNORECASE)
_TEMPORAL = re.compile(r"\b(?:histor|current|previous|prior|past|ongoing|recent|concomitant|concurrent|pre-?operative)")
_MOOD = re.compile(r"\b(?:plan|schedul|expect|intend|candidate|suspect|need for|requir)")
_SILENT = re.compile(r"\b(?:known|documented|had|evidence|family|present|confirmed)\b")
_MARKED = re.compile(
    r"\b(?:severe|significant|relevant|serious|unstable|moderate|mild|major|primary|acute|investigational|measurable|advanced|elective|adequate|poor|uncontrolled)\b"
)
_VALUED = re.compile(r"^(?:normal|abnormal|elevated|increased|low|high)$")
_REPEATED = re.compile(r"^(?:daily|multiple|regular)$")
_UNMARKED = re.compile(r"^(?:other|another|any other|approved|specific|standard|suitable|oral)$")
_DOSES = frozenset({"mg", "mg/d", "g", "mL", "ug", "ug/d", "mg/wk"})
_SMOKING = re.compile(r"smok|tobacco|life-expectancy|right-handed|cooperat")
# The last word of a name settles what Chia calls it, known to the vocabulary or not: "estrogen therapy" is a Procedure there.
_LAST_WORDS = (
    (
        "Procedure",
        re.compile(
            r"(?:therap(?:y|ies)|treatments?|regimens?|injections?|surger(?:y|ies)|ectomy|scopy|biops(?:y|ies)|transplant\w*)$"
        ),
    ),
    (
        "Drug",
        re.compile(
            r"(?:medications?|drugs?|agents?|inhibitors?|vaccines?|antibiotics?|agonists?|antagonists?|blockers?)$"
        ),
    ),
    (
        "Measurement",
        re.compile(r"(?:tests?|antigen|antibod(?:y|ies)|scores?|scale|index|levels?|questionnaire|count|dna|rna)$"),
    ),
    (
        "Condition",
        re.compile(
            r"(?:diseases?|disorders?|illness(?:es)?|conditions?|syndromes?|infections?|lesions?|injur(?:y|ies)|tumou?rs?|complications?|"
            r"(?:contra)?indications?|ulcers?|abnormalit(?:y|ies)|impairments?|defects?|deficienc(?:y|ies)|dysfunction|inflammation|"
            r"failure|loss|symptoms?|patholog(?:y|ies)|itis|osis|[ae]mia|oma|pathy|algia)$"
        ),
    ),
)
_ARTICLES = re.compile(r"^(?:the|a|an|any|other|of|study)\s+", re.IGNORECASE)


class Entity(NamedTuple):
    type: str
    start: int
    end: int


def measure(sample: int | None, split: str = "val") -> list[Figure]:
    vocabulary = default_vocabulary()
    items = drawn(list(rows(DATA / f"criteria/chia_{split}.jsonl")), sample)
    gold = [[Entity(found["type"], found["start"], found["end"]) for found in item["entities"]] for item in items]
    figures: list[Figure] = []
    readings: tuple[tuple[str, Callable[[str, Vocabulary], list[Entity]]], ...] = (
        ("front end", front_end),
        ("trees", trees),
    )
    for name, read in readings:
        ours = [read(item["text"], vocabulary) for item in items]
        for way, same in (("relaxed", overlaps), ("strict", coincides)):
            scores = by_type(gold, ours, same)
            total = sum(scores.values(), start=Score(0, 0, 0, 0))
            figures += total.figures(f"chia-{split}", f"{name} {way}")
            _print(f"chia {split}: {name}, {way}", scores, total)
    return figures


def _print(title: str, scores: dict[str, Score], total: Score) -> None:
    print(f"\n# {title}")
    print(total.row("all types"))
    for kind, score in sorted(scores.items(), key=lambda entry: -entry[1].sought):
        print(score.row(kind))


def overlaps(one: Entity, other: Entity) -> bool:
    return one.type == other.type and one.start < other.end and other.start < one.end


def coincides(one: Entity, other: Entity) -> bool:
    return one == other


def by_type(
    gold: Sequence[Sequence[Entity]], ours: Sequence[Sequence[Entity]], same: Callable[[Entity, Entity], bool]
) -> dict[str, Score]:
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for wanted, found in zip(gold, ours, strict=True):
        for entity in found:
            counts[entity.type][0] += any(same(entity, other) for other in wanted)
            counts[entity.type][1] += 1
        for entity in wanted:
            counts[entity.type][2] += any(same(entity, other) for other in found)
            counts[entity.type][3] += 1
    return {kind: Score(*four) for kind, four in counts.items()}


def front_end(text: str, vocabulary: Vocabulary) -> list[Entity]:
    chunks = Lexer(text, vocabulary).chunks()
    entities = [*_phrases(text, chunks), *_closed(text, chunks)]
    for entity in _unknown_concepts(text):
        if not any(entity.start < other.end and other.start < entity.end for other in entities):
            entities.append(entity)
    return sorted(set(entities), key=lambda entity: entity.start)


def _phrases(text: str, chunks: Sequence[Chunk]) -> Iterator[Entity]:
    """Runs of concepts and the words of their names beside them; the last concept says what the phrase is."""
    run: list[Chunk] = []
    for chunk in [*chunks, Chunk(".", None, 0, 0)]:
        words = text[chunk.start : chunk.end].lower()
        if chunk.cat in _CONCEPTS or chunk.cat == "U" or (chunk.cat == "q" and _quality(words) is None):
            run.append(chunk)
            continue
        if run:
            yield from _phrase(text, run)
        run = []


def _phrase(text: str, run: Sequence[Chunk]) -> Iterator[Entity]:
    start, end = run[0].start, run[-1].end
    skipped = _ARTICLES.match(text[start:end])
    start += skipped.end() if skipped else 0
    known = [chunk for chunk in run if chunk.cat in _CONCEPTS]
    heads = [chunk for chunk in known if chunk.cat != "B"] or known
    kinds = [_concept_kind(text, head) for head in heads]
    named = _by_last_word(text[start:end].lower())
    if named and (not kinds or kinds[-1]):
        yield Entity(named, start, end)
    elif len(set(kinds)) > 1:
        yield from (Entity(kind, head.start, head.end) for kind, head in zip(kinds, heads, strict=True) if kind)
    elif kinds and kinds[-1]:
        yield Entity(kinds[-1], start, end)


def _by_last_word(words: str) -> str | None:
    return next((kind for kind, pattern in _LAST_WORDS if pattern.search(words)), None)


def _concept_kind(text: str, chunk: Chunk) -> str | None:
    entry = chunk.value
    if entry.kind in ("finding", "event", "behaviour", "procedure") and _TRIALS_OWN.search(entry.id):
        return None
    if _SMOKING.search(entry.id):
        return "Observation"
    if entry.kind == "finding" and _TESTED.search(text[chunk.start : chunk.end]):
        return "Measurement"
    return _KINDS[entry.kind]


def _closed(text: str, chunks: Sequence[Chunk]) -> Iterator[Entity]:
    """Everything but concepts: numbers, times, statuses, signs of negation, people."""
    aged = value_before = False
    for place, chunk in enumerate(chunks):
        words = text[chunk.start : chunk.end].lower()
        aged = aged or chunk.cat in "gAo"
        kind = _closed_kind(chunk, words, aged, value_before)
        if chunk.cat == "N" and not _denies(chunks[place + 1 : place + 5]):
            kind = None
        if kind:
            yield Entity(kind, chunk.start, chunk.end)
        if chunk.cat not in ",|&-/()F":
            value_before = chunk.cat in "MK" or kind == "Value"


def _closed_kind(chunk: Chunk, words: str, aged: bool, value_before: bool) -> str | None:
    match chunk.cat:
        case "Q":
            return _number(chunk, aged, value_before)
        case "#" | "k" | "t" if value_before:
            return "Value"
        case "J":
            return "Observation" if "expectancy" in words else None
        case "N":
            return "Negation"
        case "S" | "T":
            return _status(chunk, words)
        case "q":
            return _quality(words)
        case _:
            return _LETTERS.get(chunk.cat)


def _number(chunk: Chunk, aged: bool, value_before: bool) -> str:
    if chunk.value.time is not None:
        return "Value" if aged or chunk.value.time == "year" else "Temporal"
    if chunk.value.unit in _DOSES or (chunk.value.unit is None and not value_before and chunk.value.low in (1, 2)):
        return "Multiplier"
    return "Value"


def _status(chunk: Chunk, words: str) -> str | None:
    if _MOOD.search(words):
        return "Mood"
    if _TEMPORAL.search(words):
        return "Temporal"
    return None if chunk.cat == "T" or _SILENT.search(words) else "Qualifier"


def _quality(words: str) -> str | None:
    """What a word of quality is to Chia; None when it is part of the name beside it, or nothing."""
    if _UNMARKED.match(words):
        return ""
    for kind, pattern in (
        ("Temporal", _TEMPORAL),
        ("Qualifier", _MARKED),
        ("Value", _VALUED),
        ("Multiplier", _REPEATED),
    ):
        if pattern.search(words):
            return kind
    return None


def _denies(following: Sequence[Chunk]) -> bool:
    """Whether something that can be had follows soon; "not able to" denies nothing on record."""
    return any(chunk.cat in "CROMKLjU" for chunk in following)


def _unknown_concepts(text: str) -> Iterator[Entity]:
    for node, offset in _atoms(text):
        if isinstance(node, Has) and node.concept.id is None and node.span is not None:
            start, end = node.span.start + offset, node.span.end + offset
            yield from _located(text, (start, end), _KINDS[node.concept.kind], node.concept.text)


def _located(text: str, bounds: tuple[int, int], kind: str, words: str) -> Iterator[Entity]:
    """Where the words of a concept stand inside its node."""
    start, end = bounds
    loose = r"\W+".join(re.escape(word) for word in re.findall(r"\w+", words))
    found = re.search(loose, text[start:end], re.IGNORECASE) if loose else None
    if found is not None:
        yield Entity(kind, start + found.start(), start + found.end())


def _atoms(text: str) -> Iterator[tuple[Node, int]]:
    for criterion in criteria_of(text):
        for node in walk(criterion.node):
            if node.span is not None:
                yield node, criterion.span.start


def trees(text: str, _vocabulary: Vocabulary) -> list[Entity]:
    """What the compiled trees alone can say, by the spans that their nodes carry."""
    return sorted({entity for node, offset in _atoms(text) for entity in _of_node(node, offset)})


def _of_node(node: Node, offset: int) -> Iterable[Entity]:
    assert node.span is not None
    start, end = node.span.start + offset, node.span.end + offset
    match node:
        case Has(concept=concept, when=when):
            yield Entity(_KINDS[concept.kind], start, end)
            if when is not None and when.span is not None:
                yield Entity("Temporal", when.span.start + offset, when.span.end + offset)
        case Compare() | ScaleScore() | Stage():
            yield Entity("Measurement", start, end)
            yield Entity("Value", start, end)
        case Person(age=(_, _)):
            yield from (Entity("Person", start, end), Entity("Value", start, end))
        case Person(sex="female" | "male"):
            yield Entity("Person", start, end)
        case _:
            return


def missed(split: str, count: int, sample: int = 2_000) -> None:
    """The commonest spans missed, invented and mistyped, for the work on the compiler; never run on the val set."""
    if split == "val":
        raise ValueError("the val set is for measuring, not for looking")
    vocabulary = default_vocabulary()
    kinds: dict[str, Counter[str]] = defaultdict(Counter)
    for item in drawn(list(rows(DATA / f"criteria/chia_{split}.jsonl")), sample):
        text = item["text"]
        wanted = [Entity(found["type"], found["start"], found["end"]) for found in item["entities"]]
        found = front_end(text, vocabulary)
        for entity in wanted:
            others = [other.type for other in found if other.start < entity.end and entity.start < other.end]
            if entity.type not in others:
                why = f"{entity.type} read as {others[0]}" if others else f"{entity.type} missed"
                kinds[why][text[entity.start : entity.end].lower()] += 1
        for entity in found:
            if not any(other.start < entity.end and entity.start < other.end for other in wanted):
                kinds[f"{entity.type} invented"][text[entity.start : entity.end].lower()] += 1
    for why, words in sorted(kinds.items(), key=lambda entry: -entry[1].total())[:count]:
        print(f"{words.total():>5} {why}: " + "; ".join(f"{word} {times}" for word, times in words.most_common(14)))
