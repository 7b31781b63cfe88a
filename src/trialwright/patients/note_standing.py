"""How a thing stands that a sentence names: the patient's or a relative's, there or not, surely or perhaps, now, over or yet to come.

Cues come from `data/note_cues.tsv`. A denial reaches over the list that follows it and ends where the sentence turns ("but", a verb of
its own); what cannot be told stays open, and what a sentence only supposes ("if", "risk of", "to rule out") is no fact at all.
"""

import re
from dataclasses import dataclass
from functools import cache

from trialwright.codes.tables import rows

from .facts import Certainty
from .naming import DATA

_VERB = re.compile(
    r"\b(?:has|have|had|is|was|are|were|takes?|agrees?|wants?|presents?|complains?|reports?|developed|shows?|showed|reveals?|revealed"
    r"|continues?|started|received|underwent)\b|^\s*on\b"
)
_BESIDE = re.compile(
    r"\bto\s+$|\band (?:his|her|the)\s+$|\b(?:liv(?:es|ing|ed)|came|comes|attend(?:s|ed)|accompanied|here|seen|brought)\b[^,;]{0,15}"
    r"\b(?:with|by) (?:his |her |the )?$"
)
_TURN = re.compile(
    r"\s[-–—]\s|\b(?:and|or)\s+(?:he |she |they )?(?:is|was|has|had|takes|remains|continues|presents|reports)\b"
)
"""Where another statement begins: a dash that stands alone, or a verb of its own behind "and"."""
_FOR_WHAT = re.compile(
    r"(?<!\bevidence)(?<!\bconcern)(?<!\bsuspicion)(?<!\bpositive)(?<!\bindication)(?<!\bsigns)\s+(?:for|because of)\s"
)
_GIVEN_IN_VAIN = re.compile(
    r"\s*(?:\w+ )?(?:compliant|adherent|controlled|relieved|alleviated|responsive|respond(?:ed|ing)?|improv(?:ed|ing)|helped"
    r"|tolerat(?:e|ed|ing))\b"
)
_UNABLE = re.compile(r"\b(?:unable|not able|could not|cannot|failed) (?:to )?\w+\s*$")
_OF_ONE = frozenset({"no", "not", "without", "w/o", "never", "nor", "neither", "nil"})
_NEAR = 70
_LONGEST_ITEM = 6
_FURTHEST = 160


@dataclass(frozen=True, slots=True)
class Standing:
    """supposed, unknown: no fact at all. given_too: what is planned or not was also said of the past ("given or planned").

    not_done  of a procedure: denied itself, and not its result ("MRI negative")
    over_at   where the words for its being over end in what follows; None where they stand before it
    """

    certainty: Certainty = "confirmed"
    family: bool = False
    planned: bool = False
    given_too: bool = False
    supposed: bool = False
    past: bool = False
    over: str | None = None
    present: bool = False
    status: str | None = None
    over_at: int | None = None
    unknown: bool = False
    not_done: bool = False


@cache
def cue(role: str) -> re.Pattern[str]:
    """Any of the words of one role, the longest first."""
    words = sorted({row["words"] for row in rows("note_cues", DATA) if row["role"] == role}, key=len, reverse=True)
    return re.compile(rf"(?<![\w-])(?:{'|'.join(re.escape(word) for word in words)})(?![\w-])")


@cache
def values(role: str) -> dict[str, str]:
    return {row["words"]: row["value"] for row in rows("note_cues", DATA) if row["role"] == role}


def standing(before: str, after: str) -> Standing:
    """How what is named stands.

    before, after  the rest of its sentence, up to what else the sentence names being still in it
    """
    before, after = before.lower(), after.lower()
    piece = re.split(r"[,:]\s|\s(?:and|but|with)\s|\(|\)", after, maxsplit=1)[0]
    reach = _denial(before, after)
    denied = reach is True or bool(_starts(cue("denies_after"), piece))
    suspected = bool(_last(cue("suspects"), before)) or bool(_starts(cue("suspects_after"), piece))
    ended, at = _over(before, after)
    return Standing(
        certainty="refuted" if denied else "suspected" if suspected else "confirmed",
        family=_is_of_family(before, after),
        planned=bool(_last(cue("plans"), before) or _starts(cue("plans_after"), piece)) and not _UNABLE.search(before),
        given_too=bool(_starts(cue("given"), piece)),
        supposed=bool(_last(cue("hypothetical"), before)),
        past=bool(_last(cue("past"), before)),
        over=ended,
        over_at=at,
        present=bool(_last(cue("present"), before[-_NEAR:])),
        status=_status(before, piece, after),
        unknown=reach is None or bool(_last(cue("unknown"), before) or _starts(cue("unknown_after"), piece)),
        not_done=reach is True or bool(_starts(cue("not_done"), piece)),
    )


def _denial(before: str, after: str) -> bool | None:
    """Whether a denial before a name holds for it; None where it may hold: "no A, B" in the middle of a sentence."""
    if re.search(r"\bnon[\s-]*$", before):
        return True
    last = next(iter(reversed(list(cue("denies").finditer(before)))), None)
    if last is None or re.search(r"\b(?:not|no) only\s*$", before):
        return False
    between = before[last.end() :]
    if between.lstrip().startswith("only") or re.match(r"\s*(?:longer\s+has|change|increase)\b", between):
        return False
    if not _reaches(between) or _GIVEN_IN_VAIN.match(between):
        # "Not compliant with metformin", "not relieved by ibuprofen": it was given.
        return False
    if _FOR_WHAT.search(between):
        # "Not admitted for heart failure" denies the admission.
        return None
    if (
        "," not in between
        or last[0] not in _OF_ONE
        or re.search(r",?\s(?:or|nor)\s", between + after[:_FURTHEST].split(".")[0])
    ):
        return True
    if last[0] in ("without", "w/o"):
        # "Stroke without deficit, hypertension" goes on with the next illness.
        return False
    return True if not before[: last.start()].strip(" -:") or before[: last.start()].rstrip().endswith(":") else None


def _reaches(between: str) -> bool:
    """Whether a cue still holds behind these words: no turn of the sentence, and nothing longer than the items of a list."""
    is_turned = cue("ends").search(between) or _TURN.search(between)
    if len(between) > _FURTHEST or is_turned or between.count(")") > between.count("("):
        return False
    first, *clauses = re.split(r"[,:]\s|\.\s|\)", between)
    is_list = all(len(clause.split()) <= _LONGEST_ITEM and not _VERB.search(clause) for clause in clauses)
    return len(first.split()) <= _LONGEST_ITEM + 2 and is_list


def _last(pattern: re.Pattern[str], before: str) -> bool:
    """Whether a cue stands before and reaches the end of the words."""
    last = None
    for match in pattern.finditer(before):
        last = match
    if last is None:
        return False
    between = before[last.end() :]
    return _reaches(between) and "(" not in between


def _starts(pattern: re.Pattern[str], piece: str) -> re.Match[str] | None:
    """A cue at most a few words behind the name, in the same piece of the sentence."""
    found = pattern.search(piece[:60])
    if found is None or len(piece[: found.start()].split()) > 4:
        return None
    return found


def _is_of_family(before: str, after: str) -> bool:
    last = None
    for match in cue("family").finditer(before):
        # "to father a child" is no father.
        is_beside = _BESIDE.search(before[: match.start()]) and not re.match(r",?\s+who\b", before[match.end() :])
        if not is_beside and not re.match(r"\s+(?:an?\s+)?child", before[match.end() :]):
            last = match
    if last is None:
        found = re.match(r"\s*(?:in|of|on)\s+(?:the\s+|his\s+|her\s+)?", after)
        return bool(found and cue("family").match(after[found.end() :]))
    between = before[last.end() :]
    is_told_of = re.match(r",?\s+who\b", between)
    speaks = cue("speaks").search(before[max(0, last.start() - 12) : last.start()])
    if cue("speaks").search(between[:40]) or (speaks and not is_told_of):
        return False
    return not re.search(r"\b(?:but|however|patient|she|he)\b|[.;]\s", between) and len(between) <= _FURTHEST


def _over(before: str, after: str) -> tuple[str | None, int | None]:
    """That it is over, and where the words for it end in `after`; words that stand before it close by count too."""
    found = next(
        (one for one in cue("over").finditer(after[:_FURTHEST]) if not _is_of_next(one[0], after[one.end() :])), None
    )
    if found and not re.search(r"\b(?:not|never|no)\s*$", after[: found.start()]):
        skipped = after[: found.start()]
        if len(re.split(r"[,(]\s?", skipped)) <= 4 and not re.search(r"\b(?:but|and|with|after|for)\s+\w+", skipped):
            return values("over")[found[0]], found.end()
    aside = re.match(r"\s*\([^()]*?(?:[,;]\s*|\()?(?:\w+ly |now )?(?P<end>[\w -]+)\)", after)
    if aside and (last := cue("over").fullmatch(aside["end"].strip())):
        return values("over")[last[0]], None
    near = next(iter(reversed(list(cue("over").finditer(before[-_NEAR:])))), None)
    between = before[-_NEAR:][near.end() :] if near else ""
    if (
        near
        and len(between.split()) <= 3
        and not re.search(r",|\)|\b(?:for|due to|because of|after|by|with)\b", between)
    ):
        return values("over")[near[0]], None
    return None, None


def _is_of_next(words: str, behind: str) -> bool:
    """Whether words say of what follows them that it is over: "asymptomatic, off steroids"."""
    looks_on = words in ("off", "weaned off", "stopped taking", "resolution of", "recovered from", "cured of", "ex-")
    return looks_on and not re.match(r"\s*(?:since|for|in|now|today|after|\d|[,;.)]|$)", behind)


def _status(before: str, piece: str, after: str) -> str | None:
    """The nearest word for how it stands: directly before it, behind it, or in the next piece alone ("since 2005, stable, …")."""
    words = before.split()[-3:]
    found = None
    for match in cue("status").finditer(" ".join(words)):
        found = match
    if found and "," not in " ".join(words)[found.end() :]:
        return values("status")[found[0]]
    if behind := _starts(cue("status"), piece):
        return values("status")[behind[0]]
    for clause in re.split(r",\s+", after)[1:3]:
        if alone := cue("status").match(clause):
            return values("status")[alone[0]]
    return None
