"""How a chart's words and codes become concepts, and how its answers ("positive", "none", SNOMED 260385009) are read.

Codes and words are both looked up; where the words name something narrower than the code does, the words win (a code for nasopharyngeal
carcinoma beside the words "recurrent nasopharyngeal carcinoma"). What the vocabulary does not know keeps its words and its codes.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from trialwright.codes.concepts import Code, Concept, Kind
from trialwright.codes.tables import rows
from trialwright.codes.vocabulary import Entry, Vocabulary, normalise

from .facts import Occurrence

Answer = Literal["present", "absent", "unknown"]
DATA = Path(__file__).parent / "data"
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\ufeff"))
_TAG = re.compile(
    r"\s*\((?:disorder|finding|procedure|situation|qualifier value|observable entity|substance|product|morphologic abnormality)\)$"
)
_ALLERGY_TO = re.compile(
    r"^(?:allergy|allergic|hypersensitivity|intolerance|allergic reaction) to (?:the )?", re.IGNORECASE
)
# How a disease stands is no part of its name; it is read apart.
_STANDING = re.compile(
    r"^(?:(?:locally|regionally|loco-?regionally) )?"
    r"(?:recurrent|relapsed|relapsing|refractory|residual|metastatic|newly diagnosed|active|known|previous|prior) ",
    re.IGNORECASE,
)
_NEOPLASM = re.compile(
    r"(?P<order>primary|secondary)?\s*malignant (?:neoplasm|tumou?r) of (?:the )?(?P<site>[\w ]+?)(?:, unspecified)?",
    re.IGNORECASE,
)
_OF_PLACE = re.compile(r"(?P<what>[\w -]+?) of (?:the )?(?P<place>\w+)", re.IGNORECASE)
_NO_PROCEDURE = re.compile(
    r"\b(?:screen|history|counsel|educat|refer|consult|planning|refus|declin|risk|prevent|no\b|not\b)", re.IGNORECASE
)
_PARENTHESIS = re.compile(r"\s*\(([^()]*)\)")
# What follows says how it was seen, how it stands or what is to come of it, and is kept in the fact's words.
_TRAILING = re.compile(
    r"\s*(?::|;|,|\s-\s|\bon (?:endoscopy|imaging|biopsy|examination|mri|ct|pet)\b|\bat (?:first )?diagnosis\b).*$"
)


class Namer:
    """The vocabulary as a loader asks it."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._opposites: dict[str, list[tuple[Concept, bool]]] | None = None

    def concept(self, words: str, kind: Kind, codes: Iterable[Code] = ()) -> Concept:
        """The concept that a chart's row names. An entry of another kind is taken when there is none of `kind`."""
        words, codes = _TAG.sub("", words.translate(_INVISIBLE)), tuple(codes)
        words = _ALLERGY_TO.sub("", words) if kind == "allergy" else words
        entry = self.entry(words, kind, codes)
        if entry is None:
            return Concept(
                text=normalise(words) or " ".join(f"{c.system} {c.code}" for c in codes), kind=kind, codes=codes
            )
        found = self._vocabulary.concept(entry)
        return (
            found if entry.kind == kind or kind != "allergy" else Concept(found.text, "allergy", found.id, found.codes)
        )

    def drugs(self, words: str, codes: Iterable[Code] = ()) -> list[Concept]:
        """The drug of a product's name, strength and form left aside; of a combination, every ingredient that is known."""
        whole = self.concept(words, "drug", codes)
        return [whole] if whole.id else self.inside(words, "drug") or [whole]

    def procedure(self, words: str, codes: Iterable[Code] = ()) -> Concept:
        """The procedure of a longer name ("MRI of nasopharynx and neck"): the narrowest one named in it, the whole where there is none."""
        whole = self.concept(words, "procedure", codes)
        if whole.id or _NO_PROCEDURE.search(words):
            return whole
        named = self.inside(words, "procedure")
        return next(
            (c for c in named if all(o.id == c.id or self.is_a(c, o.id or "") for o in named)), next(iter(named), whole)
        )

    def entry(self, words: str, kind: Kind, codes: Iterable[Code] = ()) -> Entry | None:
        """The narrowest entry that the words or one of the codes name; None when the vocabulary knows neither."""
        best: Entry | None = None
        for found in (*self._by_codes(codes), *self._by_words(words.translate(_INVISIBLE), kind)):
            if best is None or (found.id != best.id and self._vocabulary.is_a(found.id, best.id)):
                best = found
        return best

    def known(self, words: str, kind: Kind | None = None) -> Concept | None:
        """The concept of exactly these words, in any of their spellings; None when they are not listed."""
        entry = self._vocabulary.find(words, kind) or self._vocabulary.find(words)
        return self._vocabulary.concept(entry) if entry else None

    def inside(self, words: str, kind: Kind) -> list[Concept]:
        """All concepts of one kind that stand anywhere in the words, in order, the longest name at each place."""
        tokens = re.findall(r"[\w+]+(?:[-/][\w+]+)*|[^\w\s]", words.lower())
        found, place = list[Concept](), 0
        while place < len(tokens):
            match = self._vocabulary.longest(tokens, place, kind)
            if match:
                found.append(self._vocabulary.concept(match[0]))
            place += match[1] if match else 1
        return found

    def finding(self, words: str, codes: Iterable[Code] = (), *, is_test: bool = False) -> Concept:
        """What a positive answer to a question means: "HBsAg positive" for HBsAg, the question itself where it names a finding."""
        codes = tuple(codes)
        for form in forms(words):
            for positive in (f"{form} positive", f"positive {form}"):
                if found := self.known(positive, "finding"):
                    return found
        if self.entry(words, "finding", codes) or not is_test:
            return self.concept(words, "finding", codes)
        return self.concept(f"{words} positive", "finding", codes)

    def with_opposite(self, fact: Occurrence) -> Iterator[Occurrence]:
        """The finding, and what it says of its opposite: what is resectable is not unresectable."""
        yield fact
        if self._opposites is None:
            self._opposites = self._read_opposites()
        for other, both in self._opposites.get(fact.concept.id or "", ()):
            if fact.certainty == "confirmed" or (both and fact.certainty == "refuted"):
                yield msgspec.structs.replace(
                    fact, concept=other, certainty="refuted" if fact.certainty == "confirmed" else "confirmed"
                )

    def _read_opposites(self) -> dict[str, list[tuple[Concept, bool]]]:
        found: dict[str, list[tuple[Concept, bool]]] = {}
        for row in rows("opposites", DATA):
            one, other, both = (
                self.known(row["name"], "finding"),
                self.known(row["opposite"], "finding"),
                row["both"] == "yes",
            )
            if one and other and one.id and other.id:
                found.setdefault(one.id, []).append((other, both))
                if both:
                    found.setdefault(other.id, []).append((one, both))
        return found

    def is_a(self, concept: Concept | None, ancestor: str) -> bool:
        return concept is not None and concept.id is not None and self._vocabulary.is_a(concept.id, ancestor)

    def _by_codes(self, codes: Iterable[Code]) -> Iterator[Entry]:
        for code in codes:
            if entry := self._vocabulary.by_code(code.system, code.code):
                yield entry

    def _by_words(self, words: str, kind: Kind) -> Iterator[Entry]:
        for form in forms(words):
            if entry := self._vocabulary.find(form, kind) or self._vocabulary.find(form):
                yield entry
                return


def forms(words: str) -> Iterator[str]:
    """The words as they stand, then without parentheses and what trails, then what stands in parentheses."""
    yield words
    bare = _PARENTHESIS.sub("", words).strip()
    if bare != words:
        yield bare
    if (short := _TRAILING.sub("", bare.lower()).strip()) != bare.lower() and short:
        yield short
    for form in (bare, short):
        if (disease := _STANDING.sub("", form)) != form:
            yield disease
    yield from (inner for inner in _PARENTHESIS.findall(words) if inner.strip())
    yield from _reworded(bare)


def _reworded(words: str) -> Iterator[str]:
    """SNOMED CT and ICD say "malignant neoplasm of X" and "polyp of X" where people say "X cancer" and "X polyp"."""
    if match := _NEOPLASM.fullmatch(words):
        yield f"{match['site']} {'metastases' if (match['order'] or '').lower() == 'secondary' else 'cancer'}"
    elif match := _OF_PLACE.fullmatch(words):
        yield f"{match['place']} {match['what']}"


def details(words: str) -> tuple[str, ...]:
    """What stands in parentheses, or after a comma, colon or semicolon, piece by piece, in lower case."""
    inner = [piece for group in _PARENTHESIS.findall(words) for piece in group.split(",")]
    trailing = re.split(r"[,;:]\s+", _PARENTHESIS.sub("", words))[1:]
    return tuple(dict.fromkeys(found for piece in (*inner, *trailing) if (found := normalise(piece))))


def answer(words: str, codes: Iterable[Code] = ()) -> Answer | None:
    """What a coded or worded result says about what was looked for; None when it is no such answer."""
    table = _answers()
    for code in codes:
        if found := table.get((code.system, code.code)):
            return found
    return table.get(("", normalise(words.translate(_INVISIBLE))))


@cache
def _answers() -> dict[tuple[str, str], Answer]:
    meanings: dict[str, Answer] = {"present": "present", "absent": "absent", "unknown": "unknown"}
    return {(row["system"], row["words"]): meanings[row["answer"]] for row in rows("answers", DATA)}


@cache
def code_systems() -> dict[str, str]:
    """Short names of code systems by the URL that FHIR gives them."""
    return {row["url"]: row["system"] for row in rows("code_systems", DATA)}
