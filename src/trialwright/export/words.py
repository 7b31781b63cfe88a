"""Plain words for what reports show: facts as recorded, windows as days of the calendar, counts, statuses."""

from datetime import date
from decimal import Decimal
from pathlib import PurePath
from typing import assert_never

from trialwright.codes.dates import Duration
from trialwright.criteria.nodes import Compare, Has, Node, Score, Window
from trialwright.engines.findings import Evidence
from trialwright.patients.facts import Fact, Measurement, Occurrence, Rating, Staging, Statement

from .report import EvidenceLine


def number(value: Decimal) -> str:
    return f"{value:f}"


def counted(count: int, one: str, many: str = "") -> str:
    return f"{count} {one if count == 1 else many or one + 's'}"


def status_words(status: str) -> str:
    """A registry's status as words: NOT_YET_RECRUITING -> not yet recruiting."""
    return status.replace("_", " ").lower() if status else "status not stated"


def evidence_line(evidence: Evidence, why: str) -> EvidenceLine:
    """The fact used; a note that only repeats the reason is left out."""
    fact = evidence.fact
    converted = str(evidence.converted) if evidence.converted is not None else ""
    recorded = recorded_words(fact)
    return EvidenceLine(
        fact=subject_words(fact),
        recorded=recorded,
        converted="" if converted and recorded.startswith(converted) else converted,
        date=_dates(fact),
        source=place_words(fact.source),
        words=fact.words,
        note="" if evidence.note in why else evidence.note,
    )


def place_words(place: str) -> str:
    """Where a row stands; of a file's whole path the name is enough for whoever has the chart."""
    return PurePath(place).name if PurePath(place).is_absolute() else place


def subject_words(fact: Fact) -> str:
    match fact:
        case Occurrence() | Measurement():
            return fact.concept.text
        case Rating():
            version = f" (version {fact.version})" if fact.version else ""
            return fact.scale.upper() + version
        case Staging():
            return f"{fact.system} stage"
        case Statement():
            return fact.kind.replace("_", " ")
        case _:
            assert_never(fact)


def recorded_words(fact: Fact) -> str:
    match fact:
        case Occurrence():
            return ", ".join(_occurrence(fact)) or "on record"
        case Measurement():
            derived = f", computed: {fact.derived}" if fact.derived else ""
            return f"{fact.comparator or ''}{fact.quantity}{_range(fact)}{derived}"
        case Rating():
            return number(fact.value) + (f", computed: {fact.derived}" if fact.derived else "")
        case Staging():
            edition = f", edition {fact.edition}" if fact.edition else ""
            return f"{fact.prefix or ''}{fact.value}{edition}"
        case Statement():
            length = f", at least {number(fact.at_least_months)} months" if fact.at_least_months is not None else ""
            return ("stated" if fact.holds else "denied") + length
        case _:
            assert_never(fact)


def _occurrence(fact: Occurrence) -> list[str]:
    said: tuple[str | None, ...] = (
        {"confirmed": None, "suspected": "suspected", "refuted": "not present"}[fact.certainty],
        "in the family" if fact.family else None,
        "planned" if fact.planned else None,
        fact.status,
        None if fact.ongoing is None else ("ongoing" if fact.ongoing else "over"),
        fact.severity,
        f"grade {number(fact.grade)}{_scale(fact)}" if fact.grade is not None else None,
        fact.site.text if fact.site else None,
        str(fact.dose) if fact.dose else None,
        fact.purpose,
        f"line {fact.line}" if fact.line is not None else None,
        counted(fact.cycles, "cycle") if fact.cycles is not None else None,
        f"for {fact.reason.text}" if fact.reason else None,
        f"caused by {fact.cause.text}" if fact.cause else None,
        f"confirmed by {', '.join(concept.text for concept in fact.evidence)}" if fact.evidence else None,
        *fact.details,
    )
    return [part for part in said if part]


def _scale(fact: Occurrence) -> str:
    named = " ".join(filter(None, (fact.grade_scale, fact.grade_version)))
    return f" ({named})" if named else ""


def _range(fact: Measurement) -> str:
    low, high = fact.low, fact.high
    if low is not None and high is not None:
        return f" (range {number(low)}–{number(high)})"
    if high is not None:
        return f" (upper limit {number(high)})"
    return "" if low is None else f" (lower limit {number(low)})"


def _dates(fact: Fact) -> str:
    if fact.start is None:
        return f"until {fact.end}" if fact.end else ""
    return f"{fact.start} to {fact.end}" if fact.end and fact.end != fact.start else str(fact.start)


def rule_words(node: Node, index_date: date) -> str:
    """The window of an atom as days of the calendar, counted from the index date."""
    window = node.when if isinstance(node, Has | Compare | Score) else None
    return window_words(window, index_date) if window else ""


def window_words(window: Window, index_date: date) -> str:
    anchor = (window.anchor or "").replace("_", " ")
    lasting = f"lasting at least {window.lasting}" if window.lasting else ""
    if window.side == "during":
        return _joined(f"during {'the trial' if anchor in ('', 'trial') else anchor}", lasting)
    days = _days(window, index_date)
    counted_from = f"counted from {anchor}, taken as {index_date}" if anchor else f"counted from {index_date}"
    return _joined(days, counted_from if days else (f"{window.side} {anchor}" if anchor else ""), lasting)


def _days(window: Window, index_date: date) -> str:
    move = Duration.before if window.side == "before" else Duration.after
    far = str(move(window.at_most, index_date)) if window.at_most else ""
    near = str(move(window.at_least, index_date)) if window.at_least else ""
    first, last = (far, near or str(index_date)) if window.side == "before" else (near or str(index_date), far)
    if far:
        return f"{first} to {last}" + (" (bounds not included)" if window.strict else "")
    if near:
        bound = "before" if window.side == "before" else "after"
        return f"{bound} {near}" if window.strict else f"{near} or {'earlier' if bound == 'before' else 'later'}"
    return ""


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def evidence_words(line: EvidenceLine) -> str:
    """`hemoglobin: 8.4 g/dL = 84 g/L, 2026-02-16 [Observation/12]`."""
    value = f"{line.recorded} = {line.converted}" if line.converted else line.recorded
    dated = f", {line.date}" if line.date else ""
    source = f" [{line.source}]" if line.source else ""
    return f"{line.fact}: {value}{dated}{source}{' – ' + line.note if line.note else ''}"
