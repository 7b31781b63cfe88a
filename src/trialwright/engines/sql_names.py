"""By which names facts answer, in the query: the relation of each concept asked for to each name in the tables.

The concepts that a trial asks for come in one by one, each gets a column; one small query over the names goes out, which holds in that
column how the name stands to the concept (see `matching`). Facts join it by the key of their name, so that words and is-a paths are looked
at once a name and not once a fact.
"""

from collections.abc import Iterator

from sqlglot import exp

from trialwright.codes.concepts import Concept
from trialwright.codes.vocabulary import Vocabulary

from .matching import names_of, words
from .sql_terms import (
    Join,
    Term,
    above,
    both,
    case,
    column,
    either,
    equal,
    filled,
    is_missing,
    is_there,
    most,
    no,
    number,
    one_of,
    select,
    total,
    unequal,
)
from .sql_terms import words as quoted

NONE, SAME, NARROWER, BROADER, PERHAPS, ANOTHER_KIND = range(6)
"""Codes of the relation, as `matching.Relation`; ANOTHER_KIND is BROADER where the same row of the chart names a kind that is not asked for."""  # noqa: E501

_BETWEEN = "|"


class AskedNames:
    """The concepts that one query asks for."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._asked: dict[Concept, str] = {}
        self._by_words: dict[frozenset[str], str] = {}
        self._groups: dict[frozenset[str], str] = {}

    def relation(self, concept: Concept) -> str:
        """The column of a concept, in the query that `query` gives."""
        known = self._asked.get(concept)
        if known is None:
            known = self._asked[concept] = f"r{len(self._asked)}"
            self._by_words.setdefault(words(concept.text), f"w{len(self._by_words)}")
        return known

    def any_of(self, columns: frozenset[str]) -> str:
        """The column that says whether a name has any of these relations."""
        return self._groups.setdefault(columns, f"any{len(self._groups)}")

    def ctes(self) -> Iterator[tuple[str, exp.Select]]:
        """The queries, by name, each after those it reads; the last is `asked`."""
        if self._by_words:
            yield "word_hits", self._word_hits()
        if any(concept.codes for concept in self._asked):
            yield "code_hits", self._code_hits()
        if self._kin():
            yield "kin", self._kin_of_ids()
        yield "related", self._related()
        if self._asked:
            yield "related_beside", self._beside()
        yield "asked", self._asked_names()

    def _word_hits(self) -> exp.Select:
        """How many of the asked words each name has."""
        once = select(
            {"name": column("name"), "word": column("word")},
            ("name_words", "w"),
            where=one_of(column("word"), sorted(frozenset().union(*self._by_words))),
            by=(column("name"), column("word")),
        )
        hits = {
            name: total(case((one_of(column("word"), sorted(asked)), number(1)), other=number(0)))
            for asked, name in self._by_words.items()
        }
        return select({"name": column("name"), **hits}, (once, "once"), by=(column("name"),))

    def _code_hits(self) -> exp.Select:
        hits: dict[str, Term] = {}
        for concept, name in self._asked.items():
            if concept.codes:
                hit = either(
                    *(
                        both(equal(column("system"), quoted(code.system)), equal(column("code"), quoted(code.code)))
                        for code in concept.codes
                    )
                )
                hits[f"c{name}"] = most(case((hit, number(1)), other=number(0)))
        return select({"name": column("name"), **hits}, ("name_codes", "c"), by=(column("name"),))

    def _related(self) -> exp.Select:
        # Parts written by several processes may name one thing each.
        first = ("id", "kind", "text", "word_count")
        once = select(
            {"name": column("name"), **{name: most(column(name)) for name in first}},
            ("names", "n"),
            by=(column("name"),),
        )
        joins = [
            Join(name, name, equal(column("name", name), column("name", "n")))
            for name, wanted in (
                ("word_hits", bool(self._by_words)),
                ("code_hits", any(concept.codes for concept in self._asked)),
            )
            if wanted
        ]
        if self._kin():
            joins.append(Join("kin", "kin", equal(column("id", "kin"), column("id", "n"))))
        columns: dict[str, Term] = {
            "name": column("name", "n"),
            "id": column("id", "n"),
            "text": column("text", "n"),
            "is_coded": is_there(column("id", "n")),
        }
        for concept, name in self._asked.items():
            columns[name] = self._relation(concept, name)
        return select(columns, (once, "n"), joins)

    def _relation(self, concept: Concept, name: str) -> Term:
        by_words = self._by_words_alone(concept, name)
        by_id = by_words if concept.id is None else filled(column(name, "kin"), number(NONE))
        related = case((is_missing(column("id", "n")), by_words), other=by_id)
        is_allergy = equal(column("kind", "n"), quoted("allergy"))
        is_like = is_allergy if concept.kind == "allergy" else unequal(column("kind", "n"), quoted("allergy"))
        above = sorted(names_of(self._vocabulary).allergies_above(concept))
        speaks_of_all = [(both(is_allergy, one_of(column("id", "n"), above)), number(BROADER))] if above else []
        return case(*speaks_of_all, (is_like, related), other=number(NONE))

    def _kin(self) -> list[tuple[str, int, str]]:
        """For each column of a concept with an id: the ids that stand in each relation to it, the id itself among them."""
        found = []
        for concept, name in self._asked.items():
            if concept.id is not None:
                narrower, broader = (
                    of(concept.id) for of in (self._vocabulary.descendants, self._vocabulary.ancestors)
                )
                groups = (
                    ({concept.id}, SAME),
                    (narrower - {concept.id}, NARROWER),
                    (broader - narrower - {concept.id}, BROADER),
                )
                found += [(name, code, _BETWEEN.join(sorted(ids))) for ids, code in groups if ids]
        return found

    def _kin_of_ids(self) -> exp.Select:
        """By id, how it stands to each concept. The ids are written as words of one text: a query that lists thousands is slow to read."""
        listed = exp.values(self._kin(), alias="listed", columns=["asked", "code", "ids"])
        apart = exp.Explode(this=exp.Split(this=column("ids", "listed"), expression=quoted(_BETWEEN)))
        single = select(
            {"asked": column("asked", "listed"), "code": column("code", "listed"), "id": apart}, (listed, "listed")
        )
        columns = {
            name: most(case((equal(column("asked", "one"), quoted(name)), column("code", "one"))))
            for concept, name in self._asked.items()
            if concept.id is not None
        }
        return select({"id": column("id", "one"), **columns}, (single, "one"), by=(column("id", "one"),))

    def _by_words_alone(self, concept: Concept, name: str) -> Term:
        asked = words(concept.text)
        hits = filled(column(self._by_words[asked], "word_hits"), number(0))
        theirs = column("word_count", "n")
        shared = equal(filled(column(f"c{name}", "code_hits"), number(0)), number(1)) if concept.codes else no()
        has_all, is_within = equal(hits, number(len(asked))), equal(hits, theirs)
        perhaps = both(above(theirs, number(0)), either(has_all, is_within)) if asked else no()
        return case(
            (shared, number(SAME)),
            (both(has_all, is_within), number(SAME)),
            (perhaps, number(PERHAPS)),
            other=number(NONE),
        )

    def _beside(self) -> exp.Select:
        """Whether anything else that the same row of a chart is called stands in a relation to what is asked."""
        best = {name: most(column(name, "r")) for name in self._asked.values()}
        join = Join("related", "r", equal(column("name", "r"), column("beside", "b")), keep=False)
        return select({"name": column("name", "b"), **best}, ("names_beside", "b"), [join], by=(column("name", "b"),))

    def _asked_names(self) -> exp.Select:
        columns: dict[str, Term] = {name: column(name, "r") for name in ("name", "id", "text", "is_coded")}
        for name in self._asked.values():
            is_another = both(equal(column(name, "r"), number(BROADER)), equal(column(name, "b"), number(NONE)))
            columns[name] = case((is_another, number(ANOTHER_KIND)), other=column(name, "r"))
        for group, name in self._groups.items():
            columns[name] = either(*(above(column(one, "r"), number(NONE)) for one in sorted(group)))
        joins = [Join("related_beside", "b", equal(column("name", "b"), column("name", "r")))] if self._asked else []
        return select(columns, ("related", "r"), joins)


def related(relation: Term, *codes: int) -> Term:
    """Whether a relation is one of the codes; BROADER is also what the row's other names rule out."""
    wanted = (*codes, ANOTHER_KIND) if BROADER in codes else codes
    return one_of(relation, wanted)
