"""The vocabulary: words that registries and charts use, to entries with an id, an is-a path and standard codes.

Words or tokens come in, entries go out. A word that is not listed is never guessed at: `find` and `longest` know spelling
variants of listed words (case, hyphens, plurals, British and American, digits set apart), and `typo` is asked for apart
and answers only when one entry is near.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import product
from typing import get_args

import msgspec

from .concepts import Code, Concept, Kind
from .measures import Measure, measure_of
from .spelling import fold, nearest, normalise
from .tables import parts, rows

__all__ = ["Entry", "Vocabulary", "default_vocabulary", "normalise"]

TABLES = (
    "labs", "scales", "findings", "conditions", "drugs", "vaccines", "procedures", "behaviours", "events", "sites", "devices",
)  # fmt: skip
"""In this order: of several entries with one spelling, the earlier table's is the one that `find` and `longest` give."""


class Entry(msgspec.Struct, frozen=True):
    """One thing the vocabulary knows.

    synonyms     other names, as printed; `name` is not repeated
    parents      ids of what it is a kind of, directly
    open_domain  silence in a chart never answers it, even where the chart's lists are complete (pregnancy, serology, stage)
    """

    id: str
    kind: Kind
    name: str
    synonyms: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    codes: tuple[Code, ...] = ()
    open_domain: bool = False


_MOST_WAYS = 16
"""A phrase that can be repaired in more ways than this is not repaired."""


class _Node:
    """A place in the tree of folded words: what may follow, and the entries that end here."""

    __slots__ = ("entries", "following")

    def __init__(self) -> None:
        self.following: dict[str, _Node] = {}
        self.entries: tuple[Entry, ...] = ()

    def plant(self, parts: Sequence[str], entry: Entry) -> None:
        node = self
        for part in parts:
            following = node.following.get(part)
            if following is None:
                following = node.following[part] = _Node()
            node = following
        if all(entry is not other for other in node.entries):
            node.entries = (*node.entries, entry)


class Vocabulary:
    """Entries by words, by id and by code. Built once from entries; what it answers never changes after."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._by_id = {entry.id: entry for entry in entries}
        self._folded: dict[str, tuple[str, ...]] = {}
        # Names wait under their first part until somebody asks for a word that begins so: most are never asked for.
        self._names: dict[str, list[tuple[str, Entry]]] = {}
        self._trees: dict[str, _Node] = {}
        self._ancestors: dict[str, frozenset[str]] = {}
        self._descendants: dict[str, frozenset[str]] = {}
        self._children: dict[str, list[str]] | None = None
        self._codes: dict[tuple[str, str], Entry] | None = None
        self._words: frozenset[str] | None = None
        names = self._names
        for entry in entries:
            for words in (entry.name, *entry.synonyms):
                first = self._fold(words.lower().split(" ", 1)[0])[0]
                waiting = names.get(first)
                if waiting is None:
                    names[first] = [(words, entry)]
                else:
                    waiting.append((words, entry))

    def _tree(self, first: str) -> _Node | None:
        tree = self._trees.get(first)
        if tree is None and first in self._names:
            tree = _Node()
            for words, entry in self._names[first]:
                tree.plant(self._fold_all(words.lower().split())[1:], entry)
            self._trees[first] = tree
        return tree

    def _fold(self, token: str) -> tuple[str, ...]:
        known = self._folded.get(token)
        if known is None:
            known = self._folded[token] = fold(token)
        return known

    def _fold_all(self, tokens: Sequence[str]) -> list[str]:
        return [part for token in tokens for part in self._fold(token)]

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._by_id.values())

    def meanings(self, words: str) -> tuple[Entry, ...]:
        """Every entry these words name, of whatever kind; the usual one first."""
        return self._meanings(self._fold_all(words.lower().split()))

    def _meanings(self, parts: Sequence[str]) -> tuple[Entry, ...]:
        node = self._tree(parts[0]) if parts else None
        for part in parts[1:]:
            node = node.following.get(part) if node else None
        return node.entries if node else ()

    def find(self, words: str, kind: Kind | None = None) -> Entry | None:
        """The entry that `words`, whole, name; of `kind` where given; None when they are not listed."""
        return next((entry for entry in self.meanings(words) if kind is None or entry.kind == kind), None)

    def get(self, id: str) -> Entry:  # noqa: A002 - the vocabulary's word
        """The entry with this id.

        raises  KeyError that names the nearest ids
        """
        try:
            return self._by_id[id]
        except KeyError:
            import difflib

            near = difflib.get_close_matches(id, self._by_id, n=3)
            hint = f"; near it: {', '.join(near)}" if near else ""
            raise KeyError(f"the vocabulary has no {id!r}{hint}") from None

    def longest(self, words: Sequence[str], at: int, kind: Kind | None = None) -> tuple[Entry, int] | None:
        """The longest listed name that begins at token `at`, and how many tokens it takes; None when none begins there.

        words  lower-cased tokens; a hyphen may stand inside a token or be one of its own
        """
        node: _Node | None = None
        best: tuple[Entry, int] | None = None
        for place in range(at, len(words)):
            parts = self._folded.get(words[place]) or self._fold(words[place])
            if not parts and node is None:
                return None
            for part in parts:
                node = self._tree(part) if node is None else node.following.get(part)
                if node is None:
                    return best
            if parts and node and node.entries:
                entry = next((entry for entry in node.entries if kind is None or entry.kind == kind), None)
                best = (entry, place - at + 1) if entry else best
        return best

    def ancestors(self, id: str) -> frozenset[str]:  # noqa: A002 - the vocabulary's word
        """The ids of all that `id` is a kind of, itself left out. An unknown id has none."""
        known = self._ancestors.get(id)
        if known is None:
            entry = self._by_id.get(id)
            parents = entry.parents if entry else ()
            known = self._ancestors[id] = frozenset(parents).union(*(self.ancestors(parent) for parent in parents))
        return known

    def is_a(self, id: str, ancestor: str) -> bool:  # noqa: A002 - the vocabulary's word
        """Whether `id` is `ancestor` or a kind of it."""
        return id == ancestor or ancestor in self.ancestors(id)

    def descendants(self, id: str) -> frozenset[str]:  # noqa: A002 - the vocabulary's word
        """The ids of all that are a kind of `id`, itself left out."""
        known = self._descendants.get(id)
        if known is not None:
            return known
        if self._children is None:
            self._children = {}
            for entry in self._by_id.values():
                for parent in entry.parents:
                    self._children.setdefault(parent, []).append(entry.id)
        children = self._children.get(id, [])
        found = frozenset(children).union(*(self.descendants(child) for child in children))
        self._descendants[id] = found
        return found

    def concept(self, entry: Entry, text: str | None = None) -> Concept:
        """The concept that criteria and facts carry; `text` is how it was named there, None for the entry's own name."""
        return Concept(text=text if text is not None else entry.name, kind=entry.kind, id=entry.id, codes=entry.codes)

    def by_code(self, system: str, code: str) -> Entry | None:
        """The entry with this standard code; an ICD-10-CM code falls back to the category above it (C11.9 to C11)."""
        if self._codes is None:
            self._codes = {}
            for entry in self._by_id.values():
                for known in entry.codes:
                    self._codes.setdefault((known.system, known.code), entry)
        found = self._codes.get((system, code))
        while found is None and system == "icd10cm" and len(code) > 3:
            code = code[:-1].rstrip(".")
            found = self._codes.get((system, code))
        return found

    def measure(self, id: str) -> Measure | None:  # noqa: A002 - the vocabulary's word
        """The usual unit and conversion constants of a lab value or measurement; None for anything else."""
        return measure_of(id)

    def typo(self, words: str) -> Entry | None:
        """The one entry that `words` misspell: words of seven letters or more with one letter wrong, two from ten letters on.

        None when nothing is near, when two words are equally near, or when it is an ordinary word that only looks alike.
        """
        tokens = words.lower().split()
        if self._words is None:
            self._words = frozenset(part for first in self._names for part in (first, *self._parts_below(first)))
        repaired = [nearest(token, self._words) for token in tokens]
        ways = math.prod(len(choices) for choices in repaired)
        if not 0 < ways <= _MOST_WAYS or [choices[0] for choices in repaired] == [
            self._fold(token) for token in tokens
        ]:
            return None
        meant = (self._meanings([part for parts in way for part in parts]) for way in product(*repaired))
        found = {entries[0].id: entries[0] for entries in meant if entries}
        return next(iter(found.values())) if len(found) == 1 else None

    def _parts_below(self, first: str) -> set[str]:
        found: set[str] = set()
        waiting = [self._tree(first) or _Node()]
        while waiting:
            here = waiting.pop()
            found.update(here.following)
            waiting += here.following.values()
        return found


@cache
def default_vocabulary() -> Vocabulary:
    """The vocabulary that ships with the package; loaded on first use, then shared, and never changed by its callers."""
    return Vocabulary([_entry(row) for table in TABLES for row in rows(table)])


KINDS: dict[str, Kind] = {kind: kind for kind in get_args(Kind)}


def _entry(row: Mapping[str, str]) -> Entry:
    return Entry(
        id=row["id"],
        kind=KINDS[row["kind"]],
        name=row["name"],
        synonyms=parts(row["synonyms"]),
        parents=parts(row["parents"]),
        codes=tuple(Code(*code.split(":", 1)) for code in parts(row["codes"])),
        open_domain=row["open"] == "open",
    )
