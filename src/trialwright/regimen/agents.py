"""The drugs a trial may speak of: a trial in, a finder of drug names in its texts out.

Names come from the record's interventions first (name, other names, what stands in brackets), then from the vocabulary.
A class ("chemotherapy", "antibiotics") is no drug: it has no dose of its own.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from trialwright.codes.concepts import Concept
from trialwright.codes.tables import parts
from trialwright.codes.vocabulary import Vocabulary, default_vocabulary
from trialwright.trial import Intervention, Trial

from .marks import Board, phrases, table_rows
from .words import clean

_TREATING = {"DRUG", "BIOLOGICAL", "COMBINATION_PRODUCT", "GENETIC", "DIETARY_SUPPLEMENT", None, "OTHER", "RADIATION"}
_PREFIX = re.compile(
    r"^(?:drug|biological|dietary supplement|combination product|genetic|other|radiation|device|procedure|behavioral|diagnostic test)\s?:\s?", re.IGNORECASE
)
_DOSE_WORDS = re.compile(
    r"[\s,(-]*(?<![\w])(?:\d[\d.,]*(?:\s?[-/x^]\s?\d[\d.,]*)*\s?(?:mg|mcg|µg|ug|g|ml|iu|u|units?|%|gy|mci|mbq|weeks?|days?|hours?|months?)\b|\d[\d,]*\s?iu|AUC\s?\d|(?:once|twice)\s(?:daily|weekly|a day)|q\d*[dwh]\b|daily\b|bid\b|qd\b|day 1\b).*$",
    re.IGNORECASE,
)
_FORM_WORDS = re.compile(
    r"(?:[\s,(-]+(?:oral|tablets?|capsules?|injections?|infusions?|inj\.?|intravenous|iv|sc|im|subcutaneous|cream|gel|ointment|solution|suspension|powder for.*|granules?|pill|immunotherapy|treatment|therapy|regimen|group|arm|supplementation|supplement|extended release|er|xr|sr|orodispersible|film|gummy|goal.*|dose.*|dosage.*|monotherapy|schedule.*|nasal spray|inhaler|administration|protocol|vaccination|product|for injection|maintenance|\(|\)))+$",
    re.IGNORECASE,
)
_PARTED = re.compile(
    r"\s*(?:\+|/|,|;|&|，|\bplus\b|\band\b|\bor\b|\bwith\b|\bcombined with\b|\bin combination with\b|\bfollowed by\b|\bthen\b|\bversus\b|\bvs\.?\b|->)\s*", re.IGNORECASE
)
_IN_BRACKETS = re.compile(r"\s?[(\[]([^()\[\]]{2,60})[)\]]")
_NO_NAME = frozenset(
    "drug oral placebo-controlled standard care control treatment therapy therapies regimen combination intervention group active comparator agent dose doses low high "
    "the of and or as blood sample samples sampling test tests usual study arm cohort part phase injection tablet capsule tablets capsules protocol only alone no none other "
    "chemotherapy immunotherapy radiotherapy radiation surgery vaccine extract solution product maximum half needed daily weekly single multiple mg ml biological once a day per "
    "week hours prn maximal open label experimental therapist physical exercise training diet food control-group infusion powder water cream gel "
    "medication medications matching supplement supplements medicine pill pills".split()
)
_PLACEBO = re.compile(r"(?<![\w-])(?:matching\s)?(?:placebo|vehicle)(?![\w-])", re.IGNORECASE)
_STOPWORDS = frozenset(
    "time times twice once thrice orally intravenously subcutaneously the a an of to and or for in on at by with without from receive receives received dose doses dosage dosing given taken take takes administered treatment treated patients participants "
    "subjects patient daily weekly single maximum total each every plus arm between ages age are made is standard group cohort level levels is was were be will started start starting tablet tablets capsule capsules oral "
    "intravenous subcutaneous injection injections infusion solution fixed flat approximately about up loading initial first second third low high medium then followed per least "
    "either both one two three four tab tabs caps pill pills study drug drugs active starting target goal mean escalating increasing that which this these who weeks days months years week day "
    "month year cycle cycles who if not than into over under before after receiving consisting using use used including concentration strength ml mg".split()
)


class Agents:
    """Finds drug names. Built for one trial.

    arm_drugs  names to fall back on where an arm's text gives a dose without one
    """

    def __init__(self, trial: Trial, vocabulary: Vocabulary | None = None) -> None:
        self.vocabulary = vocabulary or default_vocabulary()
        self._names: dict[str, Concept] = {}
        for intervention in trial.interventions:
            if intervention.type in _TREATING:
                for name, concept in self._named(intervention):
                    self._names.setdefault(name, concept)
        self._pattern = _names_pattern(self._names)
        self._letters = self._regimen_letters(trial)

    def _named(self, intervention: Intervention) -> Iterator[tuple[str, Concept]]:
        for words in (intervention.name, *(intervention.other_names or ())):
            for name in split_names(words or ""):
                yield name.lower(), self.concept(name)

    def concept(self, name: str) -> Concept:
        """The concept of a name as printed; with id and codes where the vocabulary knows exactly this drug."""
        entry = self.vocabulary.find(name.lower(), "drug")
        text = " ".join(name.split())
        if entry is None:
            return Concept(text, "drug")
        return self.vocabulary.concept(entry, text)

    def _regimen_letters(self, trial: Trial) -> Mapping[str, str]:
        text = " ".join(text for _, text in _described(trial))
        for name, letters in _lettered_regimens().items():
            if letters and re.search(rf"(?<!\w){name}(?!\w)", text):
                return letters
        return {}

    def of_letter(self, letter: str) -> Concept | None:
        """The drug that a single capital stands for in a named regimen (G and P of GP); None where the record names none."""
        name = self._letters.get(letter)
        return self.concept(name) if name else None

    def mark(self, board: Board) -> None:
        """Marks the drugs of a text: those of the record's interventions first, then those of the vocabulary."""
        if self._pattern is not None:
            for found in self._pattern.finditer(board.text):
                concept = self._names[" ".join(found[0].lower().split())]
                board.put("drug", _as_printed(concept, found[0]), found.start(), found.end())
        for found in _PLACEBO.finditer(board.text):
            board.put("drug", Concept("placebo", "drug"), found.start(), found.end())
        for start, end, concept in self._known(board.text):
            board.put("drug", concept, start, end)
        for found in re.finditer(r"(?<![\w-])([A-Z])(?=\s?[:=]\s?\d)", board.text):
            concept = self.of_letter(found[1])
            if concept is not None:
                board.put("drug", concept, found.start(), found.end())

    def _known(self, text: str) -> Iterator[tuple[int, int, Concept]]:
        tokens = [(found[0].lower(), found.start(), found.end()) for found in _TOKEN.finditer(text)]
        words = [token[0] for token in tokens]
        at = 0
        while at < len(words):
            found = self.vocabulary.longest(words, at, "drug") if len(words[at]) > 3 or words[at] in _SHORT_NAMES else None
            if found is None or _is_regimen(words[at]) or found[0].id in _CLASSES or self._is_class(found[0].id):
                at += 1
                continue
            start, end = tokens[at][1], tokens[at + found[1] - 1][2]
            yield start, end, self.vocabulary.concept(found[0], text[start:end])
            at += found[1]

    def _is_class(self, identity: str) -> bool:
        return bool(self.vocabulary.descendants(identity))

    def only(self, interventions: Iterable[Intervention]) -> Concept | None:
        """The one drug of these interventions; None when they name none or several."""
        names = {
            name.lower(): name
            for intervention in interventions
            if intervention.type in _TREATING - {"RADIATION"}
            for name in split_names(intervention.name or "")[:1]
        }
        several = any(len(split_names(intervention.name or "", parted=True)) > 1 for intervention in interventions)
        return self.concept(next(iter(names.values()))) if len(names) == 1 and not several else None


_TOKEN = re.compile(r"[^\W_]+(?:[-'][^\W_]+)*")
_SHORT_NAMES = frozenset({"5fu", "gcsf", "bcg", "atg", "ivig"})
_CLASSES = frozenset({"pde5-inhibitor-class", "opioid", "supplement", "herbal"})


def split_names(words: str, *, parted: bool = False) -> list[str]:
    """The drug names within an intervention's name: the whole without dose and form, its parts, what stands in brackets.

    parted  only the parts of a combination
    """
    words = _PREFIX.sub("", clean(words).strip())
    bracketed = [found[1] for found in _IN_BRACKETS.finditer(words)]
    bare = _stripped(_IN_BRACKETS.sub(" ", words))
    members = [_stripped(part) for part in _PARTED.split(_IN_BRACKETS.sub(" ", words))]
    members = [member for member in members if _is_name(member)]
    if parted:
        return members
    found = [bare, *members, *(_stripped(name) for name in bracketed)]
    return list(dict.fromkeys(name for name in found if _is_name(name)))


def _stripped(words: str) -> str:
    words = _DOSE_WORDS.sub("", words.strip())
    words = re.sub(r"^(?:\d[\d.,]*\s?(?:mg|mcg|g|ml|iu)\s|oral\s|intravenous\s|subcutaneous\s|low[\s-]dose\s|high[\s-]dose\s|active\s|us-licensed\s|eu-approved\s|\d+\.\s)+", "", words, flags=re.IGNORECASE)
    return " ".join(_FORM_WORDS.sub("", words).strip(" -,:;.()[]").split())


def _is_name(words: str) -> bool:
    lower = words.lower()
    if lower in phrases("frequencies", "times") or lower in phrases("routes", "route") or _is_regimen(words):
        return False
    if not 2 <= len(words) <= 60 or lower in _NO_NAME or not re.search(r"[A-Za-z]", words):
        return False
    return not all(word in _NO_NAME or word.isdigit() for word in re.findall(r"[a-z0-9]+", lower)) and len(lower) > 2


def _names_pattern(names: Iterable[str]) -> re.Pattern[str] | None:
    listed = sorted(names, key=len, reverse=True)
    if not listed:
        return None
    joined = "|".join(re.escape(name).replace(r"\ ", r"\s+") for name in listed)
    return re.compile(rf"(?<![\w-])(?:{joined})(?![A-Za-z0-9])", re.IGNORECASE)


def named_behind(text: str, end: int) -> tuple[str, int, int] | None:
    """The words behind an amount and "of", as a drug's name: "5 g of maltodextrin"."""
    found = re.match(r"\s?(?:of|doses? of)\s(?:the\s|of\s)*((?:[A-Za-z][\w-]*\s?){1,4})", text[end : end + 60])
    words = _until_stopword(found[1]) if found else ""
    return (words, end + found.start(1), end + found.start(1) + len(words)) if found and words else None


def guessed_name(text: str, start: int, end: int) -> tuple[str, int, int] | None:
    """The words that stand for a drug beside an amount: those behind it ("5 mg of X"), or the one before it ("X 5 mg")."""
    if behind := named_behind(text, end):
        return behind
    before = text[max(0, start - 50) : start]
    if found := re.search(r"(?:^|[\s(+,;:])([A-Za-z][\w-]*[\w])\s?(?::|,)?\s?\(?$", before):
        word = found[1]
        if word.lower() not in _STOPWORDS and word.lower() not in _NO_NAME and (len(word) > 3 or word[-1].isdigit()):
            at = max(0, start - 50) + found.start(1)
            return word, at, at + len(word)
    if found := re.match(r"\s((?:[A-Za-z][\w-]*\s?){1,3})", text[end : end + 50]):
        words = _until_stopword(found[1])
        if words and len(words) > 3:
            return words, end + found.start(1), end + found.start(1) + len(words)
    return None


_SUFFIXES = (
    "mab nib stat lib limus azole pril sartan statin cillin mycin platin taxel rubicin ciclib afil parib tide cept gliptin gliflozin olol azepam oxacin vir zumab tinib leucel dronate triptan"
)
_SUFFIX = re.compile(rf"(?:{'|'.join(_SUFFIXES.split())})$")


def named_before(text: str, start: int) -> tuple[str, int, int] | None:
    """The one word right before an amount that can only be a drug's name: "Bu 3.2 mg/kg", "ociperlimab 900 mg"."""
    found = re.search(r"(?:^|[\s(+,;:/])([A-Za-z][A-Za-z0-9-]*[A-Za-z0-9])[\s:]{1,2}\(?$", text[max(0, start - 40) : start])
    if found is None:
        return None
    word = found[1]
    if word.lower() in _STOPWORDS or word.lower() in _NO_NAME or not (word[0].isupper() or _SUFFIX.search(word)):
        return None
    at = max(0, start - 40) + found.start(1)
    return word, at, at + len(word)


def _until_stopword(words: str) -> str:
    kept: list[str] = []
    for word in words.split():
        if word.lower() in _STOPWORDS or (word.lower() in _NO_NAME and word.lower() != "placebo"):
            break
        kept.append(word)
    found = " ".join(kept)
    return found if found and words.startswith(found) else ""


def _as_printed(concept: Concept, text: str) -> Concept:
    """The same concept under the name that the text prints."""
    return Concept(" ".join(text.split()), concept.kind, concept.id, concept.codes)


def _is_regimen(words: str) -> bool:
    """Whether the words name a combination, whose parts have doses and not itself: FOLFOX, XELOX."""
    return words.upper().replace("MFOLFOX", "mFOLFOX") in _lettered_regimens()


@cache
def _lettered_regimens() -> dict[str, dict[str, str]]:
    return {row["regimen"]: dict(pair.split("=") for pair in parts(row["letters"])) for row in table_rows("named_regimens")}


def _described(trial: Trial) -> Iterator[tuple[str, str]]:
    texts = trial.protocol.description
    if texts:
        if texts.detailed_description:
            yield "protocolSection.descriptionModule.detailedDescription", texts.detailed_description
        if texts.brief_summary:
            yield "protocolSection.descriptionModule.briefSummary", texts.brief_summary
