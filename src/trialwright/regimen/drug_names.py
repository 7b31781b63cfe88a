"""Words to drug names: what an intervention's name names, and which words beside an amount stand for a drug.

A name is never guessed from words that are listed as none: better a dose without its drug, and a remark, than a wrong one.
"""

import re
from functools import cache
from typing import NamedTuple

from trialwright.codes.tables import parts

from .lexicon import expression, phrases, table_rows, word_list
from .words import clean

_LONGEST_NAME = 300
"""Characters; registries allow 200."""


class Named(NamedTuple):
    """A name and where it stands."""

    name: str
    start: int
    end: int


def split_names(words: str, *, parted: bool = False) -> list[str]:
    """The drug names within an intervention's name: the whole without dose and form, its parts, what stands in brackets.

    parted  only the parts of a combination
    """
    words = expression("intervention-type").sub("", clean(words).strip())
    bare = expression("in-brackets").sub(" ", words)
    members = [member for part in expression("between-names").split(bare) if is_name(member := _stripped(part))]
    if parted:
        return members
    bracketed = [_stripped(found[1]) for found in expression("in-brackets").finditer(words)]
    return list(dict.fromkeys(name for name in (_stripped(bare), *members, *bracketed) if is_name(name)))


def _stripped(words: str) -> str:
    words = expression("lead-in-name").sub("", expression("dose-in-name").sub("", words.strip()[:_LONGEST_NAME]))
    return " ".join(expression("form-in-name").sub("", words).strip(" -,:;.()[]").split())


def is_name(words: str) -> bool:
    """Whether words can name a drug: no frequency, no route, no named regimen, and not only words that name nothing."""
    lower = words.lower()
    if not 2 < len(words) <= 60 or not re.search(r"[A-Za-z]", words) or "%" in words or is_regimen(words):
        return False
    if lower.split()[0] in phrases("dose_divisors", "kind"):
        return False  # the half behind the slash of "150 mg/day, by mouth"
    if lower in phrases("frequencies", "times") or {lower, f"{lower}."} & phrases("routes", "route").keys():
        return False
    return not all(word in word_list("no-name") or word.isdigit() for word in re.findall(r"[a-z0-9]+", lower))


def is_regimen(words: str) -> bool:
    """Whether the words name a combination, whose parts have doses and not itself: FOLFOX, XELOX."""
    return words.lower() in {name.lower() for name in lettered_regimens()}


@cache
def lettered_regimens() -> dict[str, dict[str, str]]:
    """Named regimens, and the drug that each of their letters stands for, where the table says so."""
    return {
        row["regimen"]: dict(pair.split("=") for pair in parts(row["letters"])) for row in table_rows("named_regimens")
    }


# beside an amount ---------------------------------------------------------------------------------------------------------------


def named_behind(text: str, end: int) -> Named | None:
    """The words behind an amount and "of": "5 g of maltodextrin"."""
    found = re.match(r"\s?(?:of|doses? of)\s(?:the\s|of\s)*((?:[A-Za-z][\w-]*\s?){1,4})", text[end : end + 60])
    words = _until_none(found[1]) if found else ""
    return Named(words, end + found.start(1), end + found.start(1) + len(words)) if found and words else None


def named_before(text: str, start: int) -> Named | None:
    """The one word right before an amount that can only be a drug's name: "Bu 3.2 mg/kg", "ociperlimab 900 mg"."""
    base = max(0, start - 40)
    found = re.search(r"(?:^|[\s(+,;:/])([A-Za-z][A-Za-z0-9-]*[A-Za-z0-9])[\s:]{1,2}\(?$", text[base:start])
    if found is None or not _can_name(found[1]) or not (found[1][0].isupper() or _has_drug_ending(found[1])):
        return None
    return Named(found[1], base + found.start(1), base + found.end(1))


def named_beside(text: str, start: int, end: int) -> Named | None:
    """The words that most likely stand for a drug beside an amount, where nothing better is known."""
    if behind := named_behind(text, end):
        return behind
    base = max(0, start - 50)
    found = re.search(r"(?:^|[\s(+,;:])([A-Za-z][\w-]*[\w])\s?(?::|,)?\s?\(?$", text[base:start])
    if found and _can_name(found[1]) and (len(found[1]) > 3 or found[1][-1].isdigit()):
        return Named(found[1], base + found.start(1), base + found.end(1))
    found = re.match(r"\s((?:[A-Za-z][\w-]*\s?){1,3})", text[end : end + 50])
    words = _until_none(found[1]) if found else ""
    return Named(words, end + 1, end + 1 + len(words)) if len(words) > 3 else None


def _can_name(word: str) -> bool:
    return word.lower() not in word_list("not-beside") and word.lower() not in word_list("no-name")


def _has_drug_ending(word: str) -> bool:
    return word.endswith(tuple(word_list("drug-endings")))


def _until_none(words: str) -> str:
    """The leading words that can be part of a name."""
    kept: list[str] = []
    for word in words.split():
        if not _can_name(word) and word.lower() != "placebo":
            break
        kept.append(word)
    found = " ".join(kept)
    return found if words.startswith(found) else ""
