"""One thing that a note names as an occurrence: its days, how bad it is, what showed it, how much of it was given."""

import re
from typing import Any

from trialwright.codes.concepts import Concept
from trialwright.codes.dates import PartialDate
from trialwright.codes.quantities import Quantity

from .dosage import read_dose
from .facts import Certainty, Occurrence
from .fhir_treatments import cycles, line, purpose
from .note_dates import Dated
from .note_mentions import Mention
from .note_parts import Part
from .note_standing import Standing
from .readings import SEVERITIES, Severity, grade_in

_EVIDENCE = frozenset({"imaging", "biopsy", "histology", "endoscopy", "cytology"})
_TIMES = re.compile(r"^[^,;.]{0,25}?\bx\s?(?P<count>\d{1,2})\b(?!\s*10)")
_GRADE = re.compile(r"\b(?:G(?=[1-5])|(?i:gr(?:ade)?)\.?\s?)(?P<grade>[1-5]|I{1,3}|IV|V)\b(?![\w/])")
_TAKES = re.compile(r"\b(?:on|takes|taking|continues|remains on|maintained on|receiving)\s+(?:\w+\s+)?$", re.IGNORECASE)
_IS_REASON = re.compile(r"\bfor\s+(?:the\s+|his\s+|her\s+|an?\s+)?(?:\w+\s+)?$", re.IGNORECASE)
_ENDINGS = {
    ("condition", "cured"): "resolved", ("condition", "resolved"): "resolved", ("condition", "remission"): "remission",
    ("behaviour", "cured"): "resolved", ("behaviour", "resolved"): "resolved", ("behaviour", "remission"): "remission",
    ("behaviour", "stopped"): "resolved", ("drug", "stopped"): "resolved", ("drug", "resolved"): "resolved",
}  # fmt: skip
"""What the words for being over say of each kind: an illness is not stopped, and a drug is not cured."""
_ROMAN = {"I": "1", "II": "2", "III": "3", "IV": "4", "V": "5"}


def occurrence_of(part: Part, mention: Mention, stands: Standing, *, denied: bool) -> Occurrence:
    certainty: Certainty = "refuted" if denied else "suspected" if stands.certainty == "suspected" else "confirmed"
    ongoing, start, end = _course(part, mention, stands, denied=denied)
    grade, severity = degree_of(part, mention) if mention.kind not in ("drug", "device") else (None, None)
    end_of_words = mention.end
    return Occurrence(
        concept=mention.concept,
        start=start,
        end=end,
        source=part.source(mention.start, end_of_words),
        words=part.words(mention.start, end_of_words),
        certainty=certainty,
        status=None if denied else _ending(mention, stands) or _standing_as(part, mention, stands),
        ongoing=None if denied or stands.planned else ongoing,
        grade=grade.value if grade else None,
        grade_scale=grade.scale if grade else None,
        grade_version=grade.version if grade else None,
        severity=severity,
        planned=stands.planned,
        family=stands.family,
        evidence=evidence_of(part, mention),
        details=_details(part, mention),
        **(_treatment(part, mention) if mention.kind in ("drug", "procedure") else {}),
    )


def _course(
    part: Part, mention: Mention, stands: Standing, *, denied: bool
) -> tuple[bool | None, PartialDate | None, PartialDate | None]:
    """Whether it goes on, when it began and when it ended, as far as the sentence says."""
    found = _day(part, mention, stands)
    if stands.family or (found and found.role == "on" and _is_reason(part, mention, found.start)):
        # "Transplant in 2019 for diabetes": the day is that of the transplant.
        return None, None, None
    if stands.planned:
        return None, found.first if found else None, None
    if denied:
        on = (found.last or found.first) if found and found.role != "for" else part.note.seen or part.note.day
        return None, on, None
    first, last = (found.first, found.last) if found else (None, None)
    if found and found.role == "until":
        first, last = _begun_before(part, found.start), found.first
    over = _ending(mention, stands)
    if over and stands.over_at is not None and last is None:
        last = _ended(part, mention, stands.over_at) or last
    if over:
        return False, first if first != last else None, last
    if found is None and mention.kind == "finding" and not stands.past:
        first = part.note.seen or part.note.day
    return _goes_on(part, mention, stands, found), first, last


def _day(part: Part, mention: Mention, stands: Standing) -> Dated | None:
    """The date of a thing. That somebody "was treated for 5 days" does not end today."""
    is_illness = mention.kind in ("condition", "behaviour") and not part.note.namer.is_a(mention.concept, "malignancy")
    found = part.when(mention.start, mention.end, is_illness=is_illness)
    is_bygone = found is not None and found.role == "for" and stands.past and mention.kind in ("drug", "procedure")
    return None if is_bygone and stands.certainty != "refuted" else found


def _goes_on(part: Part, mention: Mention, stands: Standing, found: Dated | None) -> bool | None:
    """Whether a thing that is not said to be over goes on. A note speaks in the present of what it gives no day for."""
    ongoing = {"until": False, "period": False, "since": True, "for": True}.get(found.role) if found else None
    if ongoing is None and mention.kind in ("condition", "behaviour", "device") and found is None and not stands.past:
        ongoing = True
    if (found is None or found.role == "on") and mention.kind == "drug" and _is_taken(part, mention):
        ongoing = True
    if ongoing is None and stands.present and mention.kind in ("condition", "drug") and not stands.past:
        ongoing = True if found is None or found.role != "on" else None
    if ongoing is None and not stands.past and part.note.namer.is_a(mention.concept, "malignancy"):
        # A cancer is there until the note says that it is gone.
        ongoing = True
    return ongoing


def _is_reason(part: Part, mention: Mention, start: int) -> bool:
    """Whether an illness is named as what the thing before it, which has a day, was done for."""
    before = part.words(start, mention.start) if start < mention.start else ""
    return mention.kind == "condition" and bool(_IS_REASON.search(before))


def _is_taken(part: Part, mention: Mention) -> bool:
    """ "On metformin": it is being taken, whatever else the sentence dates."""
    return bool(_TAKES.search(part.words(max(part.start, mention.start - 30), mention.start)))


def _standing_as(part: Part, mention: Mention, stands: Standing) -> str | None:
    """The status in words. An infection that comes again and again has no recurrence as a cancer has one."""
    is_again = stands.status == "recurrence" and not part.note.namer.is_a(mention.concept, "malignancy")
    return None if is_again or mention.kind in ("drug", "procedure") else stands.status


def _ending(mention: Mention, stands: Standing) -> str | None:
    """That it is over, of what can be: an illness, a habit, a drug that is taken."""
    if re.match(r"(?:ex|former)\b", mention.concept.text.lower()):
        return None
    return _ENDINGS.get((mention.kind, stands.over or ""))


def _begun_before(part: Part, place: int) -> PartialDate | None:
    """What ended on a day may have begun with the course that the sentence dates before it ("IMRT 3 May - 6 June, cisplatin to 1 June")."""
    return next(
        (one.first for one in reversed(part.dates) if one.end <= place and one.role in ("period", "since")), None
    )


def _ended(part: Part, mention: Mention, over_at: int) -> PartialDate | None:
    """The date behind the words for its being over, or directly before them."""
    place = mention.end + over_at
    behind = next((one for one in part.dates if one.start >= place - 1), None)
    if behind and len(part.words(place, behind.start).split()) <= 4:
        return behind.first
    return next((one.first for one in part.dates if one.role == "until" and mention.end <= one.start < place + 1), None)


def degree_of(part: Part, mention: Mention) -> tuple[Any, Severity | None]:
    """Grade and severity: words directly before the name, or behind it in the same piece."""
    before = part.words(max(part.start, mention.start - 25), mention.start)
    behind = re.split(r"[,;.](?!\d)|\sand\s", part.after(mention.end, upto=40))[0]
    grade = None
    for words in (behind, before):
        if (match := _GRADE.search(words)) and not re.search(
            r"[,;.]\s", words[match.end() :] if words is before else ""
        ):
            number = _ROMAN.get(match["grade"].upper(), match["grade"])
            grade = grade_in(f"grade {number} {part.text[:200] if 'ctcae' in part.text.lower() else ''}")
            break
    found = [level for level in SEVERITIES if re.search(rf"\b{level}(?:ly)?\s+(?:\w+\s+)?$", before, re.IGNORECASE)]
    found += [level for level in SEVERITIES if re.match(rf"\s*[,(]?\s*{level}\b", behind, re.IGNORECASE)]
    return grade, found[0] if found else None


def evidence_of(part: Part, mention: Mention) -> tuple[Concept, ...]:
    """What the sentence names as having shown a disease: imaging, biopsies, histology."""
    if mention.kind != "condition":
        return ()
    namer = part.note.namer
    shown = [
        one.concept
        for one, stands in zip(part.mentions, part.standings, strict=True)
        if one.kind == "procedure"
        and not (stands.not_done or stands.planned or stands.supposed)
        and any(namer.is_a(one.concept, kind) for kind in _EVIDENCE)
    ]
    under_microscope = re.search(
        r"\bWHO\s*(?:type\s*)?I{1,3}\b|\bhistolog|\bpatholog|\bbiops", part.text, re.IGNORECASE
    )
    histology = namer.known("histology", "procedure")
    if under_microscope and histology and namer.is_a(mention.concept, "malignancy"):
        shown.append(histology)
    return tuple(dict.fromkeys(shown))


def _details(part: Part, mention: Mention) -> tuple[str, ...]:
    """Words directly before the name that narrow it, and what stands in parentheses behind it."""
    found, place = list[str](), mention.start
    for start, end in reversed([span for span in part.unknown if span[1] <= mention.start]):
        if part.words(end, place).strip(" -"):
            break
        found.insert(0, part.words(start, end).lower())
        place = start
    behind = re.match(r"\s*(?:\d+\s+\w+\s+\d{4}\s*)?\((?P<inner>[^()]{1,80})\)", part.words(mention.end, part.end))
    if behind:
        found += [
            re.sub(r"\+\s*c\b", " with contrast", piece.strip().lower()) for piece in re.split(r"[,;]", behind["inner"])
        ]
    manner = re.match(
        r"\s*(?:lesion\s+)?(?:by|on|per)\s+(?P<how>[\w. ]{2,30}?)(?=\s+(?:and|per)\b|[,;.(]\s|[,;.(]?$)",
        part.words(mention.end, part.end),
    )
    if mention.kind == "finding" and manner:
        found.append(manner["how"].strip().lower())
    return tuple(dict.fromkeys(piece for piece in found if len(piece) > 1))


def _treatment(part: Part, mention: Mention) -> dict[str, Any]:
    """Dose, purpose, cycles and line: in the words up to the next thing named, and the few words before."""
    after, before = part.after(mention.end), part.words(max(part.start, mention.start - 40), mention.start)
    before = re.split(r"[,;(]|\bthen\b|\bfollowed by\b", before)[-1].lower()
    near = re.split(r"[;]|,(?=\s*\d{1,2}\s\w+\s\d{4})", after)[0].lower()
    read = read_dose(_up_to_dose(after)) if re.match(r"\s*(?:at\s+|of\s+|dose\s+|\()?\d", after) else None
    times = _TIMES.match(after)
    return {
        "dose": _at_least(read.amount) if read else None,
        "purpose": purpose((before, near.split(",")[0])),
        "cycles": int(times["count"]) if times else cycles((near,)) or cycles((before,)),
        "line": line((part.text.lower(),)) if part.note.namer.is_a(mention.concept, "anticancer-therapy") else None,
    }


def _up_to_dose(after: str) -> str:
    """The words of a dose: up to the next piece, a date, or what was given beside it."""
    return re.split(
        r"[,;(](?!\d)|\.\s|\b(?:from|since|then|with|and|plus)\b|\s\+|\b\d{1,2} [A-Z][a-z]{2}", after.lstrip(" (")
    )[0]


def _at_least(dose: Quantity | None) -> Quantity | None:
    return dose if dose and dose.value > 0 else None
