"""By which names a fact answers to what a criterion asks: the same thing, a kind of it, something wider, or perhaps the same words.

Concepts that the vocabulary knows are matched by id along its is-a paths; others by a shared standard code or by their words alone.
An allergy to a drug is never the drug.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Generic, Literal, TypeVar

from trialwright.codes.concepts import Concept, Kind
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
_AT_LEAST = frozenset({">=", ">", "="})
_SEVERE = 3
"""The lowest CTCAE grade called severe: https://ctep.cancer.gov (CTCAE v5.0, page 1)."""

_WORD = re.compile(r"[a-z0-9+]+")

Item = TypeVar("Item")


class Names:
    """The vocabulary's is-a paths as the engines ask for them."""

    __slots__ = ("_domains", "_vocabulary")

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._domains: dict[Concept, frozenset[Domain] | None] = {}

    def entry(self, concept: Concept) -> Entry | None:
        if concept.id is None:
            return None
        try:
            return self._vocabulary.get(concept.id)
        except KeyError:
            return None

    def ancestors(self, id: str) -> frozenset[str]:  # noqa: A002 - the vocabulary's word
        return self._vocabulary.ancestors(id)

    def relation(self, asked: Concept, found: Concept) -> Relation | None:
        """None when the two are different things."""
        if (asked.kind == "allergy") != (found.kind == "allergy"):
            return None
        if asked.id is not None and found.id is not None:
            if asked.id == found.id:
                return "same"
            if asked.id in self.ancestors(found.id):
                return "narrower"
            return "broader" if found.id in self.ancestors(asked.id) else None
        return _by_words(asked, found)

    def domains(self, concept: Concept) -> frozenset[Domain] | None:
        """The lists on which the concept and all kinds of it would stand; None when silence never answers it."""
        if concept not in self._domains:
            self._domains[concept] = self._find_domains(concept)
        return self._domains[concept]

    def _find_domains(self, concept: Concept) -> frozenset[Domain] | None:
        own = DOMAINS.get(concept.kind)
        if own is None:
            return None
        entry = self.entry(concept)
        if entry is None or concept.kind == "allergy":
            return frozenset({own})
        kinds = {self._vocabulary.get(name).kind for name in self._vocabulary.descendants(entry.id)}
        return frozenset({own} | {DOMAINS[kind] for kind in kinds if kind in DOMAINS})

    def is_listed(self, node: Has) -> bool:
        """Whether a complete list would hold it: what is `known` is on the problem list, and so is a toxicity of grade 3 or more."""
        if "known" in node.status or not self.is_open(node.concept):
            return True
        severe = node.severity is not None and node.severity.op in _AT_LEAST and node.severity.grade >= _SEVERE
        return severe and node.concept.id is not None and self._vocabulary.is_a(node.concept.id, "adverse-event")

    def is_open(self, concept: Concept) -> bool:
        """Whether the vocabulary says that no list answers it: metastasis, serology, pregnancy."""
        entry = self.entry(concept)
        return entry is not None and entry.open_domain


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
            for ancestor in sorted(self._names.ancestors(concept.id)):
                rows += self._by_id.get(ancestor, ())
        for found, item in rows:
            relation = self._names.relation(concept, found)
            if relation is not None:
                yield item, relation
