"""One line of the patient form, as a coordinator writes it: `prednisone 12 mg daily since 2025-10-01, for rheumatoid arthritis`.

A line names a thing, then says more about it in clauses: dates (`since`, `on`, `from … to …`), a dose, a grade, a site, what confirmed it.
A clause that is not known is kept among the fact's details.
"""

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from trialwright.codes.dates import DateError, PartialDate
from trialwright.codes.quantities import Quantity

from .dosage import read_dose
from .facts import Certainty
from .fhir_treatments import cycles, line, purpose
from .readings import Amount, Grade, Severity, amount, grade_in

_DATE = r"(?:19|20)\d{2}(?:-\d{1,2}(?:-\d{1,2})?)?(?![\d.]|-\d| ?(?:m[gl]|g|u|c?gy|iu|ms|mm|kg|cm|%|x))"
_PERIOD = re.compile(rf"\b(?:from )?({_DATE}) ?(?:to|until|till|–|—) ?({_DATE})", re.IGNORECASE)
_WHEN = re.compile(
    rf"(?:(?<=\s)|(?<=^)|(?<=,))(?:(?P<word>since|from|on|in|until|till|to|ended|stopped|at|dated) )?(?P<date>{_DATE})(?=$|[\s,;)])",
    re.IGNORECASE,
)
# A result may look like a year (1450 /uL): a year alone is a date there only after "on" or "in".
_RESULT_DAY = re.compile(
    rf"(?<=\s)(?:(?:on|in|at|dated) {_DATE}|(?:19|20)\d{{2}}-\d{{1,2}}(?:-\d{{1,2}})?)(?=$|[\s,;)])", re.IGNORECASE
)
_LEADING: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), what)
    for pattern, what in (
        (r"(?:no|not|never had|never|without|denies)\s+(?!known\b)", "refuted"),
        (r"(?:suspected|possible|probable|query)\s+", "suspected"),
        (r"planned:?\s+", "planned"),
        (r"family history of\s+", "family"),
    )
)
_STATUSES = {
    "active": True, "ongoing": True, "current": True, "controlled": True, "stable": True, "recurrence": True, "recurrent": True,
    "resolved": False, "inactive": False, "cured": False, "stopped": False, "completed": False, "over": False, "remission": None,
}  # fmt: skip
_RANGE = re.compile(
    r"\(\s*(?:normal\s*)?(?:(?P<low>\d+(?:\.\d+)?)\s*(?:-|–|to)\s*(?P<high>\d+(?:\.\d+)?)"
    r"|(?P<side><=?|≤|>=?|≥|uln|lln)\s*(?P<end>\d+(?:\.\d+)?))[^()]*\)",
    re.IGNORECASE,
)


class LineError(ValueError):
    """A line that cannot be what it should be; the message says what was expected."""


@dataclass(frozen=True, slots=True)
class Line:
    """What one line says. Everything but the name may be missing."""

    name: str = ""
    start: PartialDate | None = None
    end: PartialDate | None = None
    certainty: Certainty = "confirmed"
    status: str | None = None
    ongoing: bool | None = None
    grade: Grade | None = None
    severity: Severity | None = None
    sites: tuple[str, ...] = ()
    dose: Quantity | None = None
    purpose: str | None = None
    line: int | None = None
    cycles: int | None = None
    reason: str | None = None
    cause: str | None = None
    evidence: tuple[str, ...] = ()
    family: bool = False
    planned: bool = False
    details: tuple[str, ...] = ()


def read_line(words: str) -> Line:
    """One line, read.

    raises  LineError for a date that cannot be, and for a line that names nothing
    """
    found, text = _leading(Line(), words.strip())
    found, text = _dates(found, text)
    head, *clauses = [part.strip() for part in re.split(r"[,;](?![^()]*\))", text)]
    found, name = _dose(found, head)
    for clause in clauses:
        if clause:
            found = _clause(found, clause)
    if not name:
        raise LineError("the line names nothing; expected a name first, then its dates and the rest")
    return replace(found, name=name)


def date_of(words: str) -> PartialDate:
    """raises  LineError when the words are no date that can be"""
    try:
        return PartialDate.parse(words)
    except DateError:
        raise LineError("no such date; expected a form such as 2026, 2026-02 or 2026-02-03") from None


def _leading(found: Line, text: str) -> tuple[Line, str]:
    for pattern, what in _LEADING:
        if match := pattern.match(text):
            text = text[match.end() :]
            certainty: dict[str, Certainty] = {"refuted": "refuted", "suspected": "suspected"}
            found = replace(
                found,
                certainty=certainty.get(what, found.certainty),
                planned=found.planned or what == "planned",
                family=found.family or what == "family",
            )
    return found, text


def _dates(found: Line, text: str) -> tuple[Line, str]:
    if match := _PERIOD.search(text):
        start, end = (date_of(part) for part in match.groups())
        if end.before(start):
            raise LineError("the period ends before it starts")
        return replace(found, start=start, end=end, ongoing=False), _without(text, match)
    while match := _WHEN.search(text):
        day, word = date_of(match["date"]), (match["word"] or "on").lower()
        if word in ("until", "till", "to", "ended", "stopped"):
            found = replace(found, end=day, ongoing=False)
        else:
            found = replace(found, start=day, ongoing=True if word == "since" else found.ongoing)
        text = _without(text, match)
    return found, text


def _without(text: str, match: re.Match[str]) -> str:
    left, right = text[: match.start()].rstrip(), text[match.end() :].lstrip()
    return f"{left} {right}".strip() if left and right and right[0] not in ",;)" else f"{left}{right}".strip()


def _dose(found: Line, head: str) -> tuple[Line, str]:
    """A dose that follows the name without a comma: `prednisone 12 mg daily`."""
    for match in re.finditer(r"(?<=\s)\d", head):
        dose = read_dose(head[match.start() :])
        if dose.amount is not None or re.match(r"\d[\d.]*\s*(?:-|–|to)\s*\d", dose.words):
            details = found.details if dose.amount else (*found.details, dose.words)
            return replace(found, dose=dose.amount, details=details), head[: match.start()].strip()
    return found, head.strip()


def _clause(found: Line, clause: str) -> Line:
    text = clause.lower()
    if grade := grade_in(text):
        return replace(found, grade=grade)
    if text in ("mild", "moderate", "severe"):
        severity: dict[str, Severity] = {"mild": "mild", "moderate": "moderate", "severe": "severe"}
        return replace(found, severity=severity[text])
    if text in _STATUSES:
        return replace(found, status=text, ongoing=_STATUSES[text] if found.ongoing is None else found.ongoing)
    for pattern, name in _NAMED:
        if match := pattern.match(clause):
            return _named(found, name, clause[match.end() :].strip())
    return _course(found, clause)


_NAMED: tuple[tuple[re.Pattern[str], Literal["sites", "reason", "cause", "evidence"]], ...] = (
    (re.compile(r"(?:site:?|at|in|of)\s+(?:the\s+)?", re.IGNORECASE), "sites"),
    (re.compile(r"(?:for|to treat|treatment of|indication:?)\s+", re.IGNORECASE), "reason"),
    (re.compile(r"(?:caused by|due to|because of|after|cause:?)\s+", re.IGNORECASE), "cause"),
    (re.compile(r"(?:confirmed|proven|proved|shown|seen)\s+(?:by|on)\s+", re.IGNORECASE), "evidence"),
)


def _named(found: Line, name: Literal["sites", "reason", "cause", "evidence"], rest: str) -> Line:
    listed = tuple(part for part in re.split(r"\s+and\s+|\s*/\s*|\s*\+\s*", rest) if part)
    match name:
        case "sites":
            return replace(found, sites=(*found.sites, *listed))
        case "evidence":
            return replace(found, evidence=(*found.evidence, *listed))
        case "reason":
            return replace(found, reason=rest)
        case "cause":
            return replace(found, cause=rest)


def _course(found: Line, clause: str) -> Line:
    """Cycles, line of therapy, purpose, dose; whatever else it says stays a detail."""
    text = (clause.lower(),)
    number = re.fullmatch(r"line (\d{1,2})", text[0])
    read = replace(
        found,
        cycles=cycles(text) or found.cycles,
        line=(int(number.group(1)) if number else line(text)) or found.line,
        purpose=purpose(text) or found.purpose,
        dose=found.dose or (read_dose(clause).amount if clause[:1].isdigit() else None),
    )
    return read if read != found else replace(found, details=(*found.details, clause.lower()))


@dataclass(frozen=True, slots=True)
class Value:
    """A result: a number with its unit and range, or the words of an answer."""

    amount: Amount | None
    words: str
    start: PartialDate | None = None
    low: Decimal | None = None
    high: Decimal | None = None


def read_value(words: str, measure: str | None = None) -> Value:
    """A result such as `90 g/L on 2026-02-16 (115-150)`, `<20 IU/mL`, `positive on 2026-02-25`.

    raises  LineError for a date that cannot be
    """
    text, day = words.strip(), None
    if match := _RESULT_DAY.search(text):
        day, text = date_of(match.group().split(" ")[-1]), _without(text, match)
    low, high = None, None
    if match := _RANGE.search(text):
        low, high = _ends(match)
        text = _without(text, match)
    text = text.strip(" ,;")
    return Value(amount=amount(text, measure), words=text, start=day, low=low, high=high)


def _ends(match: re.Match[str]) -> tuple[Decimal | None, Decimal | None]:
    if match["low"] is not None:
        return Decimal(match["low"]), Decimal(match["high"])
    end = Decimal(match["end"])
    return (end, None) if match["side"].lower() in (">", ">=", "≥", "lln") else (None, end)
