"""The words of a reason: facts, days and windows as a sentence names them. What is found stands first, what was asked after it."""

from decimal import Decimal

from trialwright.codes.concepts import Concept
from trialwright.codes.quantities import Op
from trialwright.criteria.nodes import Severity, Window
from trialwright.patients.facts import Fact, Measurement, Occurrence, Rating, Staging, Statement

OPS: dict[Op, str] = {"<": "<", "<=": "<=", ">": ">", ">=": ">=", "=": "=", "!=": "other than"}


def number(value: Decimal) -> str:
    """Without trailing zeros, and with six digits at most behind the point of a converted value."""
    text = f"{value:.6f}" if value.is_finite() else "no number"
    return text.rstrip("0").rstrip(".") if "." in text else text


def dated(fact: Fact) -> str:
    if fact.start and fact.end and fact.start != fact.end:
        return f"{fact.start} to {fact.end}"
    if fact.start:
        tail = ", ongoing" if isinstance(fact, Occurrence) and fact.ongoing else ""
        return f"{fact.start}{tail}"
    return f"until {fact.end}" if fact.end else "no date"


def thing(concept: Concept) -> str:
    """A concept as a sentence names it: an allergy to cisplatin is no cisplatin."""
    if concept.kind != "allergy" or "allerg" in concept.text.lower() or "hypersensitiv" in concept.text.lower():
        return concept.text
    return f"allergy to {concept.text}"


def named(fact: Fact) -> str:
    match fact:
        case Occurrence():
            parts = [thing(fact.concept)]
            if fact.grade is not None:
                parts.append(f"grade {number(fact.grade)}")
            if fact.severity:
                parts.insert(0, fact.severity)
            if fact.dose:
                parts.append(str(fact.dose))
            if fact.site:
                parts.append(f"of {fact.site.text}")
            return " ".join(parts)
        case Measurement():
            return (
                f"{fact.concept.text} {fact.comparator or ''}{number(fact.quantity.value)}{_unit(fact.quantity.unit)}"
            )
        case Rating():
            return f"{fact.scale.upper()} {number(fact.value)}"
        case Staging():
            return f"{fact.prefix or ''}{fact.value}"
        case Statement():
            return fact.kind.replace("_", " ")


def _unit(unit: str) -> str:
    return "" if unit == "1" else f" {unit}"


def said(fact: Fact) -> str:
    """A fact with its day: `prednisone 12 mg/d (2025-10-01, ongoing)`."""
    return f"{named(fact)} ({dated(fact)})"


def window_words(window: Window) -> str:
    anchor = (window.anchor or "index date").replace("_", " ")
    if window.side == "during":
        return f"during {anchor}"
    than = "less than" if window.strict else "at most"
    more = "more than" if window.strict else "at least"
    parts = [
        f"{than} {window.at_most}" if window.at_most else "",
        f"{more} {window.at_least}" if window.at_least else "",
    ]
    asked = " and ".join(part for part in parts if part)
    edge = {"any": "", "start": "begun ", "end": "ended "}[window.edge]
    lasting = f", for at least {window.lasting}" if window.lasting else ""
    return f"{edge}{asked}{' ' if asked else ''}{window.side} {anchor}{lasting}"


def severity_words(severity: Severity) -> str:
    scale = " ".join(filter(None, (severity.scale, severity.version)))
    return f"grade {OPS[severity.op]} {number(severity.grade)}{f' ({scale})' if scale else ''}"
