"""Chunks of limits that the words print in pieces: a minus sign, a litre's L, "no" apart from "more than", a lesion for its size."""

import re
from collections.abc import Callable
from decimal import Decimal

import msgspec

from trialwright.codes.quantities import Op
from trialwright.codes.units import fits
from trialwright.codes.vocabulary import Entry, Vocabulary
from trialwright.criteria.chunks import Bound, Chunk

_LITRES = frozenset({"fev1", "fvc", "vital-capacity", "post-bronchodilator-fev1", "pre-bronchodilator-fev1"})
_LESIONS = frozenset({"tumor", "tumors", "tumour", "tumours", "lesion", "lesions", "mass", "nodule", "nodules"})
_SIZED = frozenset({"measuring", "measures", "size", "sized", "diameter", "is", "are", "of", "with"})
_COUNTER: dict[Op, Op] = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "=": "!=", "!=": "="}
_NO_MORE = re.compile(r"(?:more|greater|less|fewer|higher|lower|larger|longer)\s+than\b", re.IGNORECASE)
_EXTENT = re.compile(
    r"(?:in|at)\s+(?:its\s+|the\s+|their\s+)?(?:(?:longest|greatest|largest|maximum|maximal|max|long|short|any)\s+)?"
    r"(?:axial\s+|transverse\s+)?(?:diameters?|dimensions?|axis|size)\b",
    re.IGNORECASE,
)


def with_whole_limits(chunks: list[Chunk], text: str, vocabulary: Vocabulary) -> list[Chunk]:
    """The chunks of one text with each limit in one piece."""
    cats = "".join(chunk.cat for chunk in chunks)
    if "Q" not in cats and "c-#" not in cats:
        return chunks
    for mend, sign in _MENDS:
        if sign.search(cats):
            chunks = mend(chunks, text, vocabulary)
            cats = "".join(chunk.cat for chunk in chunks)
    return chunks


def _negative(chunks: list[Chunk], _text: str, _vocabulary: Vocabulary) -> list[Chunk]:
    """`T-score ≤ -2.5`."""
    kept: list[Chunk] = []
    place = 0
    while place < len(chunks):
        run = chunks[place : place + 3]
        touching = len(run) == 3 and run[1].end == run[2].start and run[0].end < run[2].start
        if [one.cat for one in run] == ["c", "-", "#"] and touching and isinstance(run[2].value.low, Decimal):
            op: Op = run[0].value
            value = -run[2].value.low
            bound = Bound(None, ">=", value, op, None) if op in ("<", "<=") else Bound(value, op, None, "<=", None)
            kept.append(Chunk("Q", bound, run[0].start, run[2].end))
            place += 3
        else:
            kept.append(chunks[place])
            place += 1
    return kept


def _powers(chunks: list[Chunk], _text: str, _vocabulary: Vocabulary) -> list[Chunk]:
    """`≥ 10^4 IU/mL`: ten to a power is one number."""
    kept: list[Chunk] = []
    place = 0
    while place < len(chunks):
        run = chunks[place : place + 3]
        power = _power(run) if len(run) == 3 and run[1].cat == "^" and run[0].end == run[1].start else None
        if power is None:
            kept.append(chunks[place])
            place += 1
        else:
            kept.append(power)
            place += 3
    return kept


def _power(run: list[Chunk]) -> Chunk | None:
    base, exponent = run[0].value, run[2].value
    if run[0].cat not in "Q#" or run[2].cat not in "Q#" or base.unit or exponent.stated or exponent.low is None:
        return None
    low, high = base.low, base.high
    if {low, high} != {Decimal(10), None} or exponent.low % 1 or not 0 < exponent.low < _MOST_DIGITS:
        return None
    value = Decimal(10) ** int(exponent.low)
    bound = msgspec.structs.replace(
        base, low=None if low is None else value, high=None if high is None else value, unit=exponent.unit
    )
    return Chunk("Q" if base.stated or bound.unit else "#", bound, run[0].start, run[2].end)


_MOST_DIGITS = 16


def _no_more(chunks: list[Chunk], text: str, _vocabulary: Vocabulary) -> list[Chunk]:
    """`Has no more than 3 …`: "no" belongs to the limit and denies nothing."""
    kept: list[Chunk] = []
    for chunk in chunks:
        before = kept[-1] if kept else None
        denies = before is not None and before.cat == "N" and text[before.start : before.end].lower().endswith("no")
        if denies and before and chunk.cat == "Q" and _NO_MORE.match(text, chunk.start):
            kept[-1] = Chunk("Q", _countered(chunk.value), before.start, chunk.end)
        else:
            kept.append(chunk)
    return kept


def _countered(bound: Bound) -> Bound:
    if bound.high is None:
        return msgspec.structs.replace(bound, low=None, low_op=">=", high=bound.low, high_op=_COUNTER[bound.low_op])
    return msgspec.structs.replace(bound, low=bound.high, low_op=_COUNTER[bound.high_op], high=None, high_op="<=")


def _litres(chunks: list[Chunk], text: str, _vocabulary: Vocabulary) -> list[Chunk]:
    """`FEV1 ≥ 0.8 L`: an L alone is a litre where the measure is one of volume."""
    kept: list[Chunk] = []
    measured = ""
    for chunk in chunks:
        measured = _id_of(chunk) if chunk.cat == "M" else measured
        before = kept[-1] if kept else None
        if (
            before is not None
            and before.cat == "Q"
            and before.value.unit is None
            and measured in _LITRES
            and text[chunk.start : chunk.end] in ("L", "l")
        ):
            kept[-1] = before._replace(value=msgspec.structs.replace(before.value, unit="L"), end=chunk.end)
        else:
            kept.append(chunk)
    return kept


def _per_volume(chunks: list[Chunk], _text: str, _vocabulary: Vocabulary) -> list[Chunk]:
    """`lymphocytes ≥ 1,000 mm³`: cells are counted in a volume, whose stroke a form lost."""
    kept: list[Chunk] = []
    measured = ""
    for chunk in chunks:
        measured = _id_of(chunk) if chunk.cat == "M" else measured
        unit = chunk.value.unit if chunk.cat == "Q" else None
        if unit in _VOLUMES and measured and not fits(unit, measured) and fits(f"/{unit}", measured):
            chunk = chunk._replace(value=msgspec.structs.replace(chunk.value, unit=f"/{unit}"))
        kept.append(chunk)
    return kept


_VOLUMES = frozenset({"uL", "mm3"})


def _sizes(chunks: list[Chunk], text: str, vocabulary: Vocabulary) -> list[Chunk]:
    """`Lesions measuring ≥ 10 mm in longest diameter`: the size of the lesion."""
    kept: list[Chunk] = []
    skip = -1
    for place, chunk in enumerate(chunks):
        if chunk.start < skip:
            continue
        kept.append(chunk)
        if chunk.cat != "Q" or chunk.value.unit not in ("cm", "mm"):
            continue
        behind = chunks[place + 1].start if place + 1 < len(chunks) else len(text)
        extent = _EXTENT.match(text, behind)
        at = len(kept) - 2
        while at >= 0 and len(kept) - at < 5 and (kept[at].cat in "Fp" or str(kept[at].value) in _SIZED):
            at -= 1
        if at >= 0 and kept[at].cat == "U" and kept[at].value in _LESIONS:
            kept[at:-1] = [kept[at]._replace(cat="M", value=vocabulary.get("tumor-size"))]
            skip = extent.end() if extent else skip
        elif at >= 0 and _id_of(kept[at]) == "tumor-size":
            skip = extent.end() if extent else skip
    return kept


def _versions(chunks: list[Chunk], text: str, _vocabulary: Vocabulary) -> list[Chunk]:
    """`Depression Scale-15 score of 7`: the number of a scale's questions is part of its name."""
    kept: list[Chunk] = []
    for place, chunk in enumerate(chunks):
        behind = text[chunk.end : chunk.end + 8].lower().split()
        joined = place and chunks[place - 1].cat == "K" and text[chunk.start - 1 : chunk.start] in "- "
        if chunk.cat == "#" and joined and behind and behind[0] in ("score", "scores", "total"):
            kept[-1] = kept[-1]._replace(end=chunk.end)
        else:
            kept.append(chunk)
    return kept


def _tiers(chunks: list[Chunk], text: str, _vocabulary: Vocabulary) -> list[Chunk]:
    """`≤ 2.5 × ULN or ≤ 5 × ULN (liver metastases)`, `(≥ 150 mmHg for diabetics)`: whom the second limit is for."""
    cats = "".join(chunk.cat for chunk in chunks)
    marked = list(chunks)
    for match in _TIER_BEHIND.finditer(cats):
        opening, closing = match.start("open"), match.end() - 1
        marked[opening] = chunks[opening]._replace(cat="I", value="if")
        marked[closing] = chunks[closing]._replace(cat="F", value="")
    for match in _TIER_INSIDE.finditer(cats):
        place = match.start("for")
        if text[chunks[place].start : chunks[place].end].lower() in ("for", "in", "with"):
            marked[place] = chunks[place]._replace(cat="I", value="if")
    return marked


_TIER_BEHIND = re.compile(r"Q[,;]?\|Q(?P<open>\()[SHF]*C\)")
_TIER_INSIDE = re.compile(r"Q[,;]?\(\|?Q(?P<for>p)[SHFbT]*[CRm]\)")


def _id_of(chunk: Chunk) -> str:
    return chunk.value.id if isinstance(chunk.value, Entry) else ""


_Mend = Callable[[list[Chunk], str, Vocabulary], list[Chunk]]
_MENDS: tuple[tuple[_Mend, re.Pattern[str]], ...] = (
    (_powers, re.compile(r"\^")),
    (_negative, re.compile("c-#")),
    (_no_more, re.compile("NQ")),
    (_litres, re.compile("M.*QU")),
    (_per_volume, re.compile("M.*Q")),
    (_sizes, re.compile("[UM].*Q")),
    (_versions, re.compile("K.*Q")),
    (_tiers, re.compile(r"Q.*\(")),
)
