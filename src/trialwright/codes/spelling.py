"""Spelling variants: one folded form for all the ways a word is written, and the listed word that a misspelt one meant.

Folded forms are keys, not words to show: `metastases` and `metastasis` both fold to `metastas`.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache

from .tables import rows

_GREEK = {"α": " alpha ", "β": " beta ", "γ": " gamma ", "δ": " delta ", "κ": " kappa ", "λ": " lambda ", "ß": " beta "}
_PARTS = re.compile(r"[a-z]+|\d+|\+")
_EMPTY = frozenset({"-", "–", "—", "‐", "‑", "−", "'", "’", "'s", "’s", "®", "™", "(r)"})
# Short for something, not the plural of it.
_NOT_PLURAL = frozenset({
    "aids", "mets", "ards", "crps", "sars", "mers", "kras", "nras", "hras", "pancreas", "does", "this",
})  # fmt: skip
# What must be in the word for the pattern to be worth trying, the pattern, and the American letters.
_BRITISH = (
    ("ae", re.compile(r"ae"), "e"),
    ("oe", re.compile(r"oe"), "e"),
    ("our", re.compile(r"our(?=s?$|al|ed|ing|able|ism)"), "or"),
    ("is", re.compile(r"is(?=e[ds]?$|ing$|ation)"), "iz"),
    ("ys", re.compile(r"ys(?=e[ds]?$|ing$)"), "yz"),
    ("sulph", re.compile(r"sulph"), "sulf"),
    ("leuco", re.compile(r"leuco(?=c|p|e)"), "leuko"),
)


def normalise(words: str) -> str:
    """Lower case, single spaces, plain hyphens and quotes, no marks around it: how unknown words are kept and matched."""
    text = unicodedata.normalize("NFKC", words).lower()
    text = re.sub(r"[‐‑‒–—−]", "-", text).replace("’", "'").replace("®", "").replace("™", "")
    return " ".join(text.split()).strip(" .,;:!?\"'-*•")


@lru_cache(maxsize=200_000)
def fold(token: str) -> tuple[str, ...]:
    """The parts of one lower-cased token, split at hyphens, slashes and between letters and digits, each in folded form.

    returns  no part for a hyphen or a possessive ending that stands alone; the token itself for other punctuation
    """
    if token.isascii() and token.isalpha():
        return (_fold_word(token),)
    if token in _EMPTY:
        return ()
    for letter, name in _GREEK.items():
        token = token.replace(letter, name)
    plain = "".join(c for c in unicodedata.normalize("NFKD", token) if not unicodedata.combining(c))
    plain = re.sub(r"['’]s\b|['’]", "", plain)
    return tuple(_fold_word(part) for part in _PARTS.findall(plain)) or (token,)


def _fold_word(word: str) -> str:
    if len(word) <= 3 or word in _NOT_PLURAL:
        return word
    if len(word) >= 5:
        for sign, pattern, american in _BRITISH:
            if sign in word:
                word = pattern.sub(american, word)
    return _singular(word)


def _singular(word: str) -> str:
    last = word[-1]
    if last == "e":
        return word[:-1] if word.endswith(("se", "ze")) else word
    if last != "s":
        return word
    if word.endswith(("ses", "sis", "zes", "xes", "ches", "shes")):
        return word[:-2]
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word if word.endswith(("ss", "us", "is")) else word[:-1]


def nearest(word: str, known: frozenset[str]) -> tuple[tuple[str, ...], ...]:
    """What a lower-cased `word` stands for, each in folded parts: itself when they are listed, else the nearest that it misspells.

    returns  empty when nothing is near, when the word is too short to judge, or an ordinary word that only looks alike
    """
    folded = fold(word)
    if all(part in known for part in folded):
        return (folded,)
    if len(folded) != 1 or len(word) < 7 or folded[0] in _plain_words():
        return ()
    return tuple((repaired,) for repaired in _repairs(word, folded[0], known))


@lru_cache(maxsize=50_000)
def _repairs(word: str, folded: str, known: frozenset[str]) -> tuple[str, ...]:
    limit = 2 if len(word) > 9 and not _DRUG.search(word) else 1
    starts, ends = _index(known)
    near: dict[int, set[str]] = {}
    for candidate in {*starts.get(word[:4], ()), *ends.get(word[-4:], ()), *ends.get(folded[-4:], ())}:
        if abs(len(candidate) - len(word)) > limit + 1 or candidate[0] != word[0]:
            continue
        distance = min(_distance(one, candidate, limit) for one in {word, folded})
        if distance <= limit and not _opposite(candidate, word) and not _same_stem(candidate, folded):
            near.setdefault(distance, set()).add(candidate)
    return tuple(sorted(near[min(near)])) if near else ()


_PREFIXES = ("hyper", "hypo", "inter", "intra", "un", "non", "pre", "pro", "post", "anti")


def _opposite(one: str, other: str) -> bool:
    """hyper- and hypo-, inter- and intra- are near in letters and opposite in meaning."""
    return any(one.startswith(prefix) != other.startswith(prefix) for prefix in _PREFIXES)


# Stems of drug names: two letters apart is another drug, not a slip.
_DRUG = re.compile(
    r"(?:mab|nib|lib|vir|pril|sartan|olol|azole|mycin|cillin|floxacin|gliptin|gliflozin|tide|parib|lisib|zomib|limus|setron|statin"
    r"|triptan|dronate|platin|rubicin|taxel|pine|done|pam|lam|cept|oxetine|azine|tidine|terol|sone|lone|cycline|dipine|cef\w+)$"
)
_ENDING = re.compile(
    r"(?:ly|ed|e|ing|ion|ive|al|ical|ic|ity|er|or|ist|ian|ant|ent|ance|ence|anc|enc|able|ible|ate|ated|ous|us|ment|ful|y|ia|a|os|as|as|in|ing|sis|al|o)?s?"
)


def _same_stem(one: str, other: str) -> bool:
    """Two words of one family (participate, participant): what differs is an ending each may have, so neither is a slip."""
    shared = 0
    while shared < min(len(one), len(other)) and one[shared] == other[shared]:
        shared += 1
    return any(
        one[cut:].rstrip("s") != other[cut:].rstrip("s")
        and _ENDING.fullmatch(one[cut:])
        and _ENDING.fullmatch(other[cut:])
        for cut in range(shared, max(shared - 4, 4), -1)
    )


@lru_cache(maxsize=4)
def _index(known: frozenset[str]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    starts: dict[str, list[str]] = {}
    ends: dict[str, list[str]] = {}
    for word in sorted(known):
        if len(word) >= 6:
            starts.setdefault(word[:4], []).append(word)
            ends.setdefault(word[-4:], []).append(word)
    return starts, ends


def _distance(one: str, other: str, limit: int) -> int:
    """Letters to insert, drop, change or swap with the next (optimal string alignment); at most `limit` + 1."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        here = [row]
        for column, target in enumerate(other, 1):
            cost = min(last[column] + 1, here[-1] + 1, last[column - 1] + (letter != target))
            if before and column > 1 and letter == other[column - 2] and one[row - 2] == target:
                cost = min(cost, before[column - 2] + 1)
            here.append(cost)
        if min(here) > limit:
            return limit + 1
        before, last = last, here
    return last[-1]


@cache
def _plain_words() -> frozenset[str]:
    """Ordinary words that lie one or two letters from a listed one and mean something else."""
    return _folded(row["word"] for row in rows("plain_words"))


def _folded(words: Iterable[str]) -> frozenset[str]:
    return frozenset(part for word in words for part in fold(word))
