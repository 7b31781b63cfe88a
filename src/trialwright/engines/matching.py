"""By which names a fact answers to what a criterion asks: the same thing, a kind of it, something wider, or perhaps the same words.

Concepts that the vocabulary knows are matched by id along its is-a paths; others by a shared standard code or by their words alone.
An allergy to a drug is never the drug.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Generic, Literal, TypeVar

from trialwright.codes.concepts import Code, Concept, Kind
from trialwright.codes.vocabulary import Entry, Vocabulary
from trialwright.criteria.nodes import Has
from trialwright.patients.facts import Domain

Relation = Literal["same", "narrower", "broader", "perhaps"]
"""How a thing on record stands to the thing asked for. `broader`: a cancer, asked for a lymphoma · `perhaps`: one's words contain
the other's and the vocabulary does not know both."""

DOMAINS: dict[Kind, Domain] = {
    "condition": "conditions",
    "procedure": "procedures",
    "drug": "drugs",
    "allergy": "allergies",
    "vaccine": "vaccines",
}
ALL_ALLERGIES: dict[str, frozenset[Kind] | None] = {"allergy": None, "drug-allergy": frozenset({"drug"})}
"""Records of an allergy to nothing in particular, as "no known allergies" is one: they speak of each that there is, or of each to a thing
of these kinds."""

_OF_SUBSTANCES = frozenset({"drug-allergy", "food-allergy"})
"""Diseases that a list of allergies names. A runny nose in spring is not among them: who has it may well have "no known allergies"."""

_AT_LEAST = frozenset({">=", ">", "="})
_SEVERE = 3
"""The lowest CTCAE grade called severe: https://ctep.cancer.gov (CTCAE v5.0, page 1)."""

_NAMED_IN_MANY_WAYS = frozenset({"condition", "procedure"})

_WORD = re.compile(r"[\w+]+")

Item = TypeVar("Item")


class Names:
    """The vocabulary's is-a paths as the engines ask for them. What they answer never changes, so that charts share them."""

    __slots__ = ("_domains", "_keys", "vocabulary")

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self._domains: dict[tuple[Kind, str | None], frozenset[Domain] | None] = {}
        self._keys: dict[tuple[str, str | None, tuple[Code, ...]], frozenset[str]] = {}

    def entry(self, concept: Concept) -> Entry | None:
        if concept.id is None:
            return None
        try:
            return self.vocabulary.get(concept.id)
        except KeyError:
            return None

    def ancestors(self, id: str) -> frozenset[str]:  # noqa: A002 - the vocabulary's word
        return self.vocabulary.ancestors(id)

    def relation(self, asked: Concept, found: Concept) -> Relation | None:
        """None when the two are different things."""
        if found.kind == "allergy" and found.id in self.allergies_above(asked):
            return "broader"
        if (asked.kind == "allergy") != (found.kind == "allergy"):
            return None
        if asked.id is not None and found.id is not None:
            if asked.id == found.id:
                return "same"
            if asked.id in self.ancestors(found.id):
                return "narrower"
            return "broader" if found.id in self.ancestors(asked.id) else None
        return _by_words(asked, found)

    def allergies_above(self, asked: Concept) -> frozenset[str]:
        """The ids of the records of an allergy to nothing in particular that speak of what is asked, an allergy or a class of them."""
        if asked.kind == "allergy":
            entry = self.entry(asked)
            wider = {
                name
                for name, kinds in ALL_ALLERGIES.items()
                if name != asked.id and (kinds is None or (entry is not None and entry.kind in kinds))
            }
            return frozenset(wider)
        if asked.kind == "condition" and asked.id is not None:
            lineage = self.ancestors(asked.id) | {asked.id}
            return frozenset(ALL_ALLERGIES) & lineage if not lineage.isdisjoint(_OF_SUBSTANCES) else frozenset()
        return frozenset()

    def domains(self, concept: Concept) -> frozenset[Domain] | None:
        """The lists on which the concept and all kinds of it would stand; None when silence never answers it."""
        asked = (concept.kind, concept.id)
        if asked not in self._domains:
            self._domains[asked] = self._find_domains(concept)
        return self._domains[asked]

    def _find_domains(self, concept: Concept) -> frozenset[Domain] | None:
        own = DOMAINS.get(concept.kind)
        if own is None:
            return None
        entry = self.entry(concept)
        if entry is None or concept.kind == "allergy":
            return frozenset({own})
        kinds = {self.vocabulary.get(name).kind for name in self.vocabulary.descendants(entry.id)}
        return frozenset({own} | {DOMAINS[kind] for kind in kinds if kind in DOMAINS})

    def is_listed(self, node: Has) -> bool:
        """Whether a complete list would hold it: what is `known` is on the problem list, and so is a toxicity of grade 3 or more."""
        concept = node.concept
        if concept.id is None and not concept.codes and concept.kind in _NAMED_IN_MANY_WAYS:
            # A list may hold it in other words.
            return False
        if "known" in node.status or not self.is_open(concept):
            return True
        severe = node.severity is not None and node.severity.op in _AT_LEAST and node.severity.grade >= _SEVERE
        return severe and node.concept.id is not None and self.vocabulary.is_a(node.concept.id, "adverse-event")

    def is_open(self, concept: Concept) -> bool:
        """Whether the vocabulary says that no list answers it: metastasis, serology, pregnancy."""
        entry = self.entry(concept)
        return entry is not None and entry.open_domain

    def wider(self, concept: Concept) -> list[str]:
        """The ids of all that is wider than the concept, in order."""
        above = self.ancestors(concept.id) if concept.id is not None else frozenset()
        return sorted(above | self.allergies_above(concept))

    def keys_asked(self, concept: Concept) -> Iterator[str]:
        """One of these is among the keys of everything on record that stands in a relation to the concept."""
        for name in self.wider(concept):
            yield f"<{name}"
        if concept.id is None:
            yield from _words_asked(concept, "")
            return
        yield f"={concept.id}"
        yield f"<{concept.id}"
        yield from _words_asked(concept, _UNCODED)

    def keys_recorded(self, concept: Concept) -> frozenset[str]:
        """By which keys a thing on record is found."""
        fact = (concept.text, concept.id, concept.codes)
        known = self._keys.get(fact)
        if known is None:
            known = self._keys[fact] = frozenset(self._find_keys(concept))
        return known

    def _find_keys(self, concept: Concept) -> Iterator[str]:
        yield from _words_recorded(concept, "")
        if concept.id is None:
            yield from _words_recorded(concept, _UNCODED)
            return
        yield f"<{concept.id}"
        for name in (concept.id, *self.ancestors(concept.id)):
            yield f"={name}"


@lru_cache(maxsize=8)
def names_of(vocabulary: Vocabulary) -> Names:
    return Names(vocabulary)


_UNCODED = "uncoded "


def _words_asked(concept: Concept, among: str) -> Iterator[str]:
    """Words that lie in others share their longest: so one key is enough for what lies within, and each word for what holds it."""
    found = words(concept.text)
    yield f"{among}in {_longest(found)}"
    for word in found or ("",):
        yield f"{among}has {word}"
    for code in concept.codes:
        yield f"{among}code {code.system} {code.code}"


def _words_recorded(concept: Concept, among: str) -> Iterator[str]:
    found = words(concept.text)
    yield f"{among}has {_longest(found)}"
    for word in found or ("",):
        yield f"{among}in {word}"
    for code in concept.codes:
        yield f"{among}code {code.system} {code.code}"


def _longest(found: frozenset[str]) -> str:
    return max(found, key=lambda word: (len(word), word), default="")


def _by_words(asked: Concept, found: Concept) -> Relation | None:
    if asked.codes and not set(asked.codes).isdisjoint(found.codes):
        return "same"
    one, other = words(asked.text), words(found.text)
    if one == other:
        return "same"
    return "perhaps" if one and other and (one <= other or other <= one) else None


@lru_cache(maxsize=100_000)
def words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.lower()))


class Register(Generic[Item]):
    """Facts by the names they answer to, kept in the chart's order."""

    __slots__ = ("_all", "_by_id", "_by_lineage", "_found", "_names", "_uncoded")

    def __init__(self, names: Names) -> None:
        self._names = names
        self._all: list[tuple[Concept, Item]] = []
        self._uncoded: list[tuple[Concept, Item]] = []
        self._by_id: dict[str, list[tuple[Concept, Item]]] = {}
        self._by_lineage: dict[str, list[tuple[Concept, Item]]] = {}
        self._found: dict[Concept, tuple[tuple[Item, Relation], ...]] = {}

    def __bool__(self) -> bool:
        return bool(self._all)

    def __iter__(self) -> Iterator[Item]:
        return (item for _, item in self._all)

    def add(self, concept: Concept, item: Item) -> None:
        row = (concept, item)
        self._all.append(row)
        if concept.id is None:
            self._uncoded.append(row)
            return
        self._by_id.setdefault(concept.id, []).append(row)
        for name in (concept.id, *self._names.ancestors(concept.id)):
            self._by_lineage.setdefault(name, []).append(row)

    def find(self, concept: Concept) -> tuple[tuple[Item, Relation], ...]:
        known = self._found.get(concept)
        if known is None:
            known = self._found[concept] = tuple(self._search(concept))
        return known

    def _search(self, concept: Concept) -> Iterator[tuple[Item, Relation]]:
        if concept.id is None:
            rows = self._all
        else:
            rows = [*self._by_lineage.get(concept.id, ()), *self._uncoded]
            for ancestor in self._names.wider(concept):
                rows += self._by_id.get(ancestor, ())
        for found, item in rows:
            relation = self._names.relation(concept, found)
            if relation is not None:
                yield item, relation
