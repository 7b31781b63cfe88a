"""What a query asks for in, the search engine's query out, with what it was understood as.

Each word or concept is one unit, and counts where it counts most: in one field, by that field's weight. A concept is found
by the vocabulary's names for it and for every kind of it; words beside each other are read as one concept where they name one.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import takewhile
from typing import TYPE_CHECKING, assert_never

import msgspec

from trialwright.codes.vocabulary import Entry
from trialwright.library.asking import AnyOf, Asked, Every, Phrase, Required, Where, Without, Word
from trialwright.library.describing import Concepts
from trialwright.library.everyday import asking_words, function_words, meant_by
from trialwright.library.index import Index, analyzer

if TYPE_CHECKING:
    import tantivy

WEIGHTS = {
    "title": 3.0,
    "conditions": 3.0,
    "interventions": 2.0,
    "summary": 1.2,
    "inclusion": 1.0,
    "description": 0.8,
    "outcomes": 0.6,
    "people": 0.5,
}
"""The default fields. `exclusion` is none of them: what rules people out is not what a trial is about."""

CONCEPT_WEIGHT = 5.0
ASKING_WEIGHT = 0.3
"""Of a word that asks and names no topic, such as `treatment`, beside words that do."""

MEANT_WEIGHT = 0.8
"""Of what an everyday word may mean, beside the word itself."""

_ID_SCORE = 100.0
"""More than any words can count: whoever writes a trial's id wants that trial first."""

_TIE = 0.3
_FIELD_OF = {
    "title": ("title",),
    "condition": ("conditions",),
    "intervention": ("interventions",),
    "summary": ("summary",),
    "description": ("description",),
    "inclusion": ("inclusion",),
    "exclusion": ("exclusion",),
    "outcome": ("outcomes",),
    "sponsor": ("people",),
}
_RUNNING = ("summary", "inclusion", "description")
_MOST_NAMES = 4
CONCEPT_FIELDS = ("", "condition", "intervention")
NOT_ASKED_FOR = ("event", "site", "scale", "lab", "measurement")
"""Kinds that no trial is filed under: their names are searched as words."""

_NAMES = ("sponsor", "id")


class Understood(msgspec.Struct, frozen=True, kw_only=True):
    """A lowered query. query: None when nothing is asked.

    words  how it was understood, for people
    marks  words and phrases that a snippet marks, in lower case
    in_exclusion  whether exclusion text was asked about
    """

    query: "tantivy.Query | None"
    words: str
    marks: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    in_exclusion: bool = False


class _Meant(msgspec.Struct, frozen=True):
    """Words as people say them, and what records may have instead."""

    words: tuple[Word, ...]
    means: tuple[str, ...]


_Unit = Word | _Meant | tuple[Entry, tuple[Word, ...]]


class Lowering:
    """Lowers queries for one index."""

    def __init__(self, index: Index, concepts: Concepts) -> None:
        self._index = index
        self._concepts = concepts
        self._marks: dict[str, None] = {}
        self._notes: list[str] = []
        self._is_about_exclusion = False

    def understood(self, asked: Asked | None) -> Understood:
        if asked is None:
            return Understood(query=None, words="everything")
        query, words = self._lower(asked)
        return Understood(
            query=query,
            words=words,
            marks=tuple(self._marks),
            notes=tuple(dict.fromkeys(self._notes)),
            in_exclusion=self._is_about_exclusion,
        )

    def named(self, name: str, where: Where) -> Understood:
        """A name as a whole: a concept by all its names, or the words as a phrase."""
        entry = self._concepts.vocabulary.find(name) if where in CONCEPT_FIELDS else None
        if entry is None:
            return self.understood(Phrase(name, where) if " " in name else Word(name, where))
        query, words = self._concept(entry, (Word(name, where),))
        return Understood(query=query, words=words, marks=tuple(self._marks))

    def _lower(self, asked: Asked) -> "tuple[tantivy.Query | None, str]":
        match asked:
            case Word():
                return self._beside((asked,))
            case Phrase(text=text, where="id"):
                return self._lower(AnyOf(tuple(Word(word, "id") for word in text.split())))
            case Phrase(text=text, where=where):
                self._mark(text)
                return self._phrase(analyzer("stems").analyze(text), where), f'"{text}"{_placed(where)}'
            case Required(part=part):
                query, words = self._lower(part)
                return query, f"+{words}"
            case Every(parts=parts):
                return self._joined(parts, is_every=True)
            case AnyOf(parts=parts):
                return self._joined(parts, is_every=False)
            case Without(part=part):
                kept = dict(self._marks)
                query, words = self._lower(part)
                self._marks = kept
                return query, f"NOT {words}"
            case _:
                assert_never(asked)

    def _joined(self, parts: Sequence[Asked], *, is_every: bool) -> "tuple[tantivy.Query | None, str]":
        import tantivy

        clauses: list[tuple[tantivy.Occur, tantivy.Query]] = []
        said: list[str] = []
        for part in parts if is_every else _runs(parts):
            query, words = self._beside(part) if isinstance(part, tuple) else self._lower(part)
            if query is None:
                continue
            said.append(words if isinstance(part, tuple | Word | Phrase | Without | Required) else f"({words})")
            if isinstance(part, Without):
                clauses.append((tantivy.Occur.MustNot, query))
            else:
                must = is_every or isinstance(part, Required)
                clauses.append((tantivy.Occur.Must if must else tantivy.Occur.Should, query))
        if not clauses:
            return None, ""
        if all(occur == tantivy.Occur.MustNot for occur, _ in clauses):
            clauses.append((tantivy.Occur.Must, tantivy.Query.const_score_query(tantivy.Query.all_query(), 0.0)))
        query = clauses[0][1] if len(clauses) == 1 else tantivy.Query.boolean_query(clauses)
        return query, (" AND " if is_every else " · ").join(said)

    def _beside(self, words: "tuple[Word, ...]") -> "tuple[tantivy.Query | None, str]":
        """Words beside each other: concepts where they name some, single words elsewhere."""
        import tantivy

        units: list[tantivy.Query] = []
        said: list[str] = []
        is_topic = [not _asks(word) for word in words]
        for unit in self._units(tuple(map(self._spelled, words))):
            query, shown = self._unit(unit)
            if query is None:
                continue
            is_light = isinstance(unit, Word) and _asks(unit) and any(is_topic)
            units.append(tantivy.Query.boost_query(query, ASKING_WEIGHT) if is_light else query)
            said.append(shown)
        if not units:
            return None, ""
        if len(units) == 1:
            return units[0], said[0]
        return tantivy.Query.boolean_query([(tantivy.Occur.Should, unit) for unit in units]), " · ".join(said)

    def _unit(self, unit: _Unit) -> "tuple[tantivy.Query | None, str]":
        match unit:
            case Word():
                return self._word(unit)
            case _Meant():
                return self._meant(unit)
            case (entry, words):
                return self._concept(entry, words)
            case _:
                assert_never(unit)

    def _units(self, words: "tuple[Word, ...]") -> Iterator[_Unit]:
        """A concept where words name one, what people mean by them where a table says so, single words elsewhere."""
        where = words[0].where
        at = 0
        while at < len(words):
            plain = [word.text.lower() for word in takewhile(lambda word: not word.is_start, words[at:])]
            found = self._named(plain) if where in CONCEPT_FIELDS else None
            means, length = meant_by(plain, 0) if where not in _NAMES else ((), 0)
            if means and (found is None or length > found[1]):
                yield _Meant(words[at : at + length], means)
                at += length
            elif found is not None:
                yield found[0], words[at : at + found[1]]
                at += found[1]
            else:
                if words[at].text.lower() not in function_words() or len(words) == 1:
                    yield words[at]
                at += 1

    def _named(self, words: Sequence[str]) -> tuple[Entry, int] | None:
        """The concept that the words begin with."""
        found = self._concepts.vocabulary.longest(words, 0) if words else None
        return None if found is None or found[0].kind in NOT_ASKED_FOR else found

    def _meant(self, unit: _Meant) -> "tuple[tantivy.Query | None, str]":
        """The words, or what they may mean: concepts by all their names."""
        import tantivy

        where = unit.words[0].where
        said = " ".join(word.text for word in unit.words)
        parts = [self._text(said, where)]
        shown = []
        for name in unit.means:
            entry = self._concepts.vocabulary.find(name) if where in CONCEPT_FIELDS else None
            if entry is not None and entry.kind not in NOT_ASKED_FOR:
                query: tantivy.Query | None = self._concept(entry, (Word(name, where),))[0]
            else:
                query = self._text(name, where)
            if query is not None:
                shown.append(name)
                parts.append(tantivy.Query.boost_query(query, MEANT_WEIGHT))
        found = [part for part in parts if part is not None]
        if not found:
            return None, ""
        words = f"{said} (or {', '.join(shown)}){_placed(where)}" if shown else f"{said}{_placed(where)}"
        return tantivy.Query.disjunction_max_query(found, _TIE), words

    def _text(self, words: str, where: Where) -> "tantivy.Query | None":
        """The words as they stand; None when the library does not hold them."""
        stems = analyzer("stems").analyze(words)
        if not stems or not all(self._occurs(stem, where) for stem in stems):
            return None
        self._mark(words)
        return self._in_all(where, stems)

    def _concept(self, entry: Entry, words: "tuple[Word, ...]") -> "tuple[tantivy.Query, str]":
        import tantivy

        where = words[0].where
        text = " ".join(word.text for word in words)
        for name in (text, entry.name, *entry.synonyms):
            self._mark(name)
        stems = [stem for word in words for stem in analyzer("stems").analyze(word.text)]
        parts = [tantivy.Query.boost_query(self._id_query("concepts", entry.id), CONCEPT_WEIGHT)]
        parts += self._in_fields(where, lambda field: self._phrase_in(field, stems))
        if not where:
            parts += self._by_other_names(entry, stems)
        query = tantivy.Query.disjunction_max_query(parts, _TIE)
        if len(stems) > 1:
            single = [self._in_all(where, [stem]) for stem in dict.fromkeys(stems)]
            weaker = tantivy.Query.boolean_query([(tantivy.Occur.Should, part) for part in single])
            query = tantivy.Query.boolean_query(
                [(tantivy.Occur.Must, query), (tantivy.Occur.Should, tantivy.Query.boost_query(weaker, 0.3))]
            )
        return query, f"{entry.name}{_placed(where)}{self._reach(entry)}"

    def _reach(self, entry: Entry) -> str:
        """What else than the name itself is found."""
        number = len({name.lower() for name in (entry.name, *entry.synonyms)})
        found = [f"any of its {number} names"] if number > 1 else []
        if self._concepts.vocabulary.descendants(entry.id):
            found.append("any kind of it")
        return f" [{', '.join(found)}]" if found else ""

    def _by_other_names(self, entry: Entry, stems: list[str]) -> "list[tantivy.Query]":
        """The concept in running text, where only its names tell; titles, conditions and interventions hold its id."""
        import tantivy

        names = {tuple(analyzer("stems").analyze(name)) for name in (entry.name, *entry.synonyms[:_MOST_NAMES])}
        return [
            tantivy.Query.boost_query(self._phrase_in(field, list(name)), WEIGHTS[field])
            for name in sorted(names - {tuple(stems), ()})
            for field in _RUNNING
        ]

    def _word(self, word: Word) -> "tuple[tantivy.Query | None, str]":
        if word.where == "id" or self._is_id(word.text):
            return self._by_id(word)
        stems = analyzer("stems").analyze(word.text)
        if not stems:
            return None, ""
        if word.is_start:
            self._mark(f"{word.text}*")
            return self._starting(word), f"{word.text}*{_placed(word.where)}"
        self._mark(word.text)
        if len(stems) > 1:
            return self._phrase(stems, word.where), f"{word.text}{_placed(word.where)}"
        if not self._occurs(stems[0], word.where):
            if word.where:
                self._notes.append(f"{word.text!r} stands in no {word.where} of the library")
            return None, ""
        return self._in_all(word.where, stems), f"{word.text}{_placed(word.where)}"

    def _is_id(self, text: str) -> bool:
        return bool(self._index.searcher.doc_freq("id", text.upper()))

    def _by_id(self, word: Word) -> "tuple[tantivy.Query | None, str]":
        import tantivy

        start, shown = word.text.upper(), f"{word.text.upper()}{'*' if word.is_start else ''}"
        if not word.is_start and not self._is_id(start):
            self._notes.append(f"the library holds no trial {start}")
            return None, ""
        found = self._index.searcher.terms_with_prefix("id", start, limit=1000) if word.is_start else [(start, 1)]
        self._mark(shown)
        query = tantivy.Query.term_set_query(self._index.schema, "id", [id_ for id_, _ in found])
        return tantivy.Query.const_score_query(query, _ID_SCORE), f"trial {shown}"

    def _spelled(self, word: Word) -> Word:
        """The word, or the one that it was meant for when it is nowhere in the library."""
        stems = analyzer("stems").analyze(word.text)
        if word.is_start or word.where == "id" or len(stems) != 1 or self._occurs(stems[0], ""):
            return word
        if self._is_id(word.text):
            return word
        if self._concepts.vocabulary.meanings(word.text) or meant_by((word.text.lower(),), 0)[0]:
            return word
        from trialwright.library.near_words import near_words

        near = near_words(self._index, word.text)
        if not near and (entry := self._concepts.vocabulary.typo(word.text)) is not None:
            near = (entry.name,)
        if not near:
            self._notes.append(f"{word.text!r} is nowhere in the library")
            return word
        others = f" (also near: {', '.join(near[1:])})" if near[1:] else ""
        self._notes.append(f"{word.text!r} is nowhere in the library; searched for {near[0]!r}{others}")
        return msgspec.structs.replace(word, text=near[0])

    def _starting(self, word: Word) -> "tantivy.Query":
        """Any word that begins so: by the unstemmed names, and by the stems of every field."""
        import tantivy

        start = "".join(analyzer("words").analyze(word.text))
        found = self._index.searcher.terms_with_prefix("names", start, limit=200)
        stems = dict.fromkeys(stem for name, _ in found for stem in analyzer("stems").analyze(name))
        stems[start] = None
        parts = self._in_fields(
            word.where, lambda field: tantivy.Query.term_set_query(self._index.schema, field, list(stems))
        )
        return tantivy.Query.disjunction_max_query(parts, _TIE)

    def _occurs(self, stem: str, where: Where) -> bool:
        fields = (*_FIELD_OF[where],) if where else (*WEIGHTS, "exclusion")
        return any(self._index.searcher.doc_freq(field, stem) for field in fields)

    def _phrase(self, stems: list[str], where: Where) -> "tantivy.Query":
        import tantivy

        return tantivy.Query.disjunction_max_query(
            self._in_fields(where, lambda field: self._phrase_in(field, stems)), _TIE
        )

    def _phrase_in(self, field: str, stems: list[str]) -> "tantivy.Query":
        import tantivy

        if len(stems) == 1:
            return tantivy.Query.term_query(self._index.schema, field, stems[0])
        return tantivy.Query.phrase_query(self._index.schema, field, list(stems))

    def _in_all(self, where: Where, stems: list[str]) -> "tantivy.Query":
        import tantivy

        parts = self._in_fields(where, lambda field: self._phrase_in(field, stems))
        return parts[0] if len(parts) == 1 else tantivy.Query.disjunction_max_query(parts, _TIE)

    def _in_fields(self, where: Where, made: "Callable[[str], tantivy.Query]") -> "list[tantivy.Query]":
        import tantivy

        self._is_about_exclusion = self._is_about_exclusion or where == "exclusion"
        weights = dict.fromkeys(_FIELD_OF[where], 1.0) if where else WEIGHTS
        return [tantivy.Query.boost_query(made(field), weight) for field, weight in weights.items()]

    def _id_query(self, field: str, value: str) -> "tantivy.Query":
        import tantivy

        return tantivy.Query.term_query(self._index.schema, field, value, "basic")

    def _mark(self, text: str) -> None:
        self._marks[text.lower()] = None


def _runs(parts: Iterable[Asked]) -> "Iterator[Asked | tuple[Word, ...]]":
    """Words that stand beside each other in one place as one run, everything else by itself."""
    run: list[Word] = []
    for part in parts:
        if isinstance(part, Word) and (not run or run[-1].where == part.where):
            run.append(part)
            continue
        if run:
            yield tuple(run)
        run = [part] if isinstance(part, Word) else []
        if not run:
            yield part
    if run:
        yield tuple(run)


def _asks(word: Word) -> bool:
    return not word.where and word.text.lower() in asking_words()


def _placed(where: Where) -> str:
    return f" (in {where})" if where else ""
