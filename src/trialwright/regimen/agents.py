"""The drugs a trial may speak of: a trial in, a finder of drug names in its texts out.

Names come from the record's interventions first (name, other names, what stands in brackets), then from the vocabulary.
A class ("chemotherapy", "antibiotics") is no drug: it has no dose of its own.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from trialwright.codes.concepts import Concept
from trialwright.codes.vocabulary import Entry, Vocabulary, default_vocabulary
from trialwright.trial import Intervention, Trial

from .drug_names import is_name, is_regimen, lettered_regimens, split_names
from .lexicon import either, expression, word_list
from .marks import Board

_GIVEN = {"DRUG", "BIOLOGICAL", "COMBINATION_PRODUCT", "GENETIC", "DIETARY_SUPPLEMENT", None, "OTHER"}
_TOKEN = re.compile(r"[^\W_]+(?:[-'][^\W_]+)*")
_LETTER = re.compile(r"(?<![\w-])([A-Z])(?=\s?[:=]\s?\d)")
_SHORT_FOR = re.compile(r"\s?\(([A-Z][A-Za-z0-9-]{0,5})\)")
_RADIATION = re.compile(r"radi(?:ation|otherapy)|\w*RT\b|Gy\b|[Pp]roton|[Bb]eam|[Bb]rachy")
_SHORTEST_NAME = 6
_PREFIXED = re.compile(r"(?!(?:anti|non|pre|post)-)[a-z]+-([a-z]{6,})")


class Agents:
    """Finds drug names. Built for one trial."""

    def __init__(self, trial: Trial, vocabulary: Vocabulary | None = None) -> None:
        self.vocabulary = vocabulary or default_vocabulary()
        self._names = {name.lower(): self.concept(name) for name in reversed(list(_names(trial.interventions)))}
        self._pattern = (
            re.compile(rf"(?<![\w-])(?:{either(list(self._names))})(?![A-Za-z0-9])", re.IGNORECASE)
            if self._names
            else None
        )
        self._letters = _letters(trial)

    def concept(self, name: str) -> Concept:
        """The concept of a name as printed; with id and codes where the vocabulary knows exactly this drug."""
        entry = self.vocabulary.find(name.lower(), "drug")
        text = " ".join(name.split())
        return self.vocabulary.concept(entry, text) if entry else Concept(text, "drug")

    def mark(self, board: Board) -> None:
        """Marks the drugs of a text: those of the record's interventions first, then those of the vocabulary."""
        for found in self._pattern.finditer(board.text) if self._pattern else ():
            known = self._names[" ".join(found[0].lower().split())]
            printed = Concept(" ".join(found[0].split()), known.kind, known.id, known.codes)
            is_denied = expression("without").search(board.text, max(0, found.start() - 8), found.start())
            board.put("no-drug" if is_denied else "drug", printed, found.start(), found.end())
        for found in expression("placebo").finditer(board.text):
            board.put("drug", Concept("placebo", "drug"), found.start(), found.end())
        for start, end, concept in self._listed(board.text):
            board.put("drug", concept, start, end)
        for found in _LETTER.finditer(board.text):
            if name := self._letters.get(found[1]):
                board.put("drug", self.concept(name), found.start(), found.end())
        for short, drug in self._abbreviated(board).items():
            for found in re.finditer(rf"(?<![\w(-]){re.escape(short)}(?=\s\d)", board.text):
                board.put("drug", drug, found.start(), found.end())

        for found in _combinations().finditer(board.text):
            board.put("combination", found[0], found.start(), found.end())

    @staticmethod
    def _abbreviated(board: Board) -> Mapping[str, Concept]:
        """What stands in brackets behind one drug alone: "tislelizumab (T) 200 mg … T 200 mg"."""
        meant: dict[str, set[Concept]] = {}
        for mark in board.in_order():
            if mark.kind == "drug" and (found := _SHORT_FOR.match(board.text, mark.end)):
                meant.setdefault(found[1], set()).add(mark.value)
        return {short: drugs.pop() for short, drugs in meant.items() if len(drugs) == 1}

    def _listed(self, text: str) -> Iterator[tuple[int, int, Concept]]:
        """Drugs that the vocabulary lists, none of them a class."""
        tokens = [(found[0].lower(), found.start(), found.end()) for found in _TOKEN.finditer(text)]
        words = [token[0] for token in tokens]
        at = 0
        while at < len(words):
            long_enough = len(words[at]) > 3 or words[at] in word_list("short-names")
            found = self.vocabulary.longest(words, at, "drug") if long_enough else None
            if found is None and (within := _PREFIXED.fullmatch(words[at])):
                found = self.vocabulary.longest([within[1]], 0, "drug")  # SUBA-itraconazole
            if (
                found is None
                and len(words[at]) > _SHORTEST_NAME
                and words[at].endswith(tuple(word_list("sure-endings")))
            ):
                yield tokens[at][1], tokens[at][2], Concept(text[tokens[at][1] : tokens[at][2]], "drug")
            if found is None or is_regimen(words[at]) or self._is_class(found[0]):
                at += 1
                continue
            start, end = tokens[at][1], tokens[at + found[1] - 1][2]
            if not is_name(text[start:end]):
                at += found[1]
                continue
            yield start, end, self.vocabulary.concept(found[0], text[start:end])
            at += found[1]

    def _is_class(self, entry: Entry) -> bool:
        """Whether drugs are kinds of it, other than its own forms and combinations."""
        if any(code.system == "rxnorm" for code in entry.codes):
            return False
        first = entry.name.lower().split()[0]
        below = (self.vocabulary.get(name) for name in self.vocabulary.descendants(entry.id))
        return any(first not in other.name.lower() and not self._is_combination(other) for other in below)

    def _is_combination(self, entry: Entry) -> bool:
        parents = (self.vocabulary.get(name) for name in entry.parents)
        return sum(any(code.system == "rxnorm" for code in parent.codes) for parent in parents) > 0

    def only(self, interventions: Iterable[Intervention]) -> Concept | None:
        """The one drug of these interventions; None when they name none or several."""
        named = [split_names(one.name or "") for one in interventions if one.type in _GIVEN]
        if not all(named):
            return None  # "611" is a drug without a name: what else is given is not the only one
        several = any(len(split_names(one.name or "", parted=True)) > 1 for one in interventions)
        first = {names[0].lower(): names[0] for names in named if names}
        return self.concept(next(iter(first.values()))) if len(first) == 1 and not several else None


@cache
def _combinations() -> re.Pattern[str]:
    """Named combinations as they are printed: AC, FOLFOX; no `ac` of a small-letter word."""
    return re.compile(rf"(?<![\w-])(?:{either(list(lettered_regimens()))})(?![\w-])")


def _names(interventions: Iterable[Intervention]) -> Iterator[str]:
    for intervention in interventions:
        if intervention.type in _GIVEN or intervention.type == "RADIATION":
            for words in (intervention.name, *(intervention.other_names or ())):
                if intervention.type != "RADIATION" or not _RADIATION.search(words or ""):
                    yield from split_names(words or "")


def _letters(trial: Trial) -> Mapping[str, str]:
    """What single capitals stand for, where the record names a regimen by its letters (G and P of GP)."""
    module = trial.protocol.description
    text = f"{module.detailed_description or ''} {module.brief_summary or ''}" if module else ""
    for name, letters in lettered_regimens().items():
        if letters and re.search(rf"(?<!\w){name}(?!\w)", text):
            return letters
    return {}
