"""The small parts of FHIR resources as the loader's own types: codes, dates, amounts, notes, references. Used by the `fhir_*` readers."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from trialwright.codes.concepts import Code, Concept, Kind
from trialwright.codes.dates import PartialDate
from trialwright.codes.quantities import Quantity, UnitError
from trialwright.codes.ucum import worth
from trialwright.codes.units import convert, fits, parse_unit
from trialwright.codes.vocabulary import normalise

from .course import says_recurrent
from .facts import Certainty
from .fhir_types import (
    Amount,
    CodeableConcept,
    Condition,
    Extension,
    Medicating,
    Period,
    Procedure,
    Reference,
    ReferenceRange,
    Resource,
)
from .naming import Namer, code_systems, details
from .readings import unitless
from .remarks import Remarks

_CERTAINTY: dict[str, Certainty] = {
    "refuted": "refuted",
    "unconfirmed": "suspected",
    "provisional": "suspected",
    "differential": "suspected",
}


@dataclass(frozen=True, slots=True)
class Chart:
    """What the readers of one patient's resources share.

    rows   the resources by every reference that may name them: `Type/id`, the entry's full URL, `Type/id#contained`
    """

    namer: Namer
    remarks: Remarks
    rows: Mapping[str, Resource] = field(default_factory=dict)

    def find(self, reference: Reference, where: str) -> Resource | None:
        """The resource meant; None, with a `dangling-reference` remark, when the input does not hold it."""
        target = reference.reference or ""
        key = f"{where}{target}" if target.startswith("#") else target
        found = self.rows.get(key) or self.rows.get("/".join(key.split("/_history")[0].split("/")[-2:]))
        if found is None and target:
            kind = target.split("/")[-2] if "/" in target else "row"
            self.remarks.add("dangling-reference", where, f"refers to a {kind} that is not in the input")
        return found

    def concept(self, coded: CodeableConcept | None, kind: Kind) -> Concept | None:
        """The concept named; None when neither words nor codes are given."""
        if coded is None or not (coded.words or coded.coding):
            return None
        known = codes(coded)
        if kind == "procedure":
            return self.namer.procedure(coded.words, known)
        return self.namer.concept(coded.words, kind, known)

    def sites(self, coded: Iterable[CodeableConcept]) -> tuple[Concept, ...]:
        """Every body site named, in words or code, each once."""
        found: dict[str, Concept] = {}
        for part in coded:
            named = self.namer.inside(part.words, "site") or [c for c in [self.concept(part, "site")] if c]
            found |= {site.id or site.text: site for site in named}
        return tuple(found.values())


class Dates(NamedTuple):
    start: PartialDate | None = None
    end: PartialDate | None = None


def dates(chart: Chart, where: str, single: str | None, period: Period | None = None) -> Dates:
    """When a row was: its one day, or its period. A period that ends before it starts is read as not recorded."""
    if period is None:
        return Dates(chart.remarks.date(single, where))
    start, end = chart.remarks.date(period.start, where, "start"), chart.remarks.date(period.end, where, "end")
    if start and end and end.before(start):
        chart.remarks.add("bad-date", where, "the period ends before it starts; both dates are read as not recorded")
        return Dates()
    return Dates(start, end)


def codes(coded: CodeableConcept) -> tuple[Code, ...]:
    """The codes under their short system names; codes of systems without one are left out."""
    systems = code_systems()
    return tuple(
        Code(systems[coding.system], coding.code) for coding in coded.coding if coding.code and coding.system in systems
    )


def code_of(coded: CodeableConcept | None) -> str:
    """The first code, of a concept whose one code system is fixed by FHIR; "" when absent."""
    return next((coding.code for coding in coded.coding if coding.code), "") if coded else ""


def certainty(verification: CodeableConcept | None) -> Certainty:
    return _CERTAINTY.get(code_of(verification), "confirmed")


def quantity(chart: Chart, where: str, amount: Amount, measure: str | None) -> Quantity | None:
    """The amount with its UCUM unit. None, with a remark, without a number or without a unit that could be left out.

    A unit that is not known is kept as it is written: nothing converts it, so that nothing is concluded from it.
    """
    if amount.value is None:
        chart.remarks.add("unused-resource", where, "an amount without a number")
        return None
    unit = _unit(amount, measure)
    if unit is None:
        unit = unitless(measure)
        if unit is None:
            chart.remarks.add(
                "unknown-unit", where, "a number without a unit; expected a UCUM unit; the row is not used"
            )
            return None
    elif not is_unit(unit):
        chart.remarks.add("unknown-unit", where, "the unit is not known; kept as written, and never compared")
    elif measure and not fits(unit, measure):
        chart.remarks.add("unit-mismatch", where, f"the unit does not measure {measure}; kept as written")
    return Quantity(amount.value, unit)


def is_unit(unit: str) -> bool:
    try:
        worth(unit)
    except UnitError:
        return False
    return True


def _unit(amount: Amount, measure: str | None) -> str | None:
    if amount.code and is_unit(amount.code):
        return amount.code
    for words in (amount.code, amount.unit):
        if words and (found := parse_unit(words, measure)):
            return found
    return amount.unit or amount.code


class Bounds(NamedTuple):
    low: Decimal | None = None
    high: Decimal | None = None


def bounds(chart: Chart, where: str, ranges: Iterable[ReferenceRange], of: Quantity) -> Bounds:
    """The normal range printed with a value, in the value's unit; a range in a unit that does not convert is left out with a remark."""
    for found in ranges:
        is_normal = found.type is None or found.type.has("normal") or not found.type.coding
        if is_normal and (found.low or found.high):
            return Bounds(*(_bound(chart, where, end, of) for end in (found.low, found.high)))
    return Bounds()


def _bound(chart: Chart, where: str, end: Amount | None, of: Quantity) -> Decimal | None:
    if end is None or end.value is None:
        return None
    unit = _unit(end, None) or of.unit
    try:
        return convert(Quantity(end.value, unit), of.unit).value
    except UnitError:
        chart.remarks.add("unit-mismatch", where, "the reference range has another unit than the value; range not used")
        return None


def segments(notes: str) -> tuple[str, ...]:
    """The pieces of a note, in lower case, cut at semicolons."""
    return tuple(piece for part in notes.split(";") if (piece := normalise(part)))


def noted(notes: Iterable[str], key: str) -> str | None:
    """What a note says after `key:`; None when it does not."""
    return next((note.split(":", 1)[1].strip() for note in notes if note.startswith(f"{key}:")), None)


def pieces(words: str, notes: str) -> tuple[str, ...]:
    """A fact's details: parentheses in its words, then the pieces of its notes, each once."""
    return tuple(dict.fromkeys((*details(words), *segments(notes))))


def extension(extensions: Iterable[Extension], name: str) -> Extension | None:
    """The extension with this last part of its URL, at any depth."""
    return next((found for found in _walk(extensions) if found.name == name), None)


def _walk(extensions: Iterable[Extension]) -> Iterator[Extension]:
    for found in extensions:
        yield found
        yield from _walk(found.extension)


def is_recurrence(row: Condition) -> bool:
    """Whether a condition is a recurrence in itself, and not a disease that has since recurred (FHIR's status says both)."""
    if row.code is None:
        return False
    return any(says_recurrent(words) for words in (row.code.words, *(c.display or "" for c in row.code.coding)))


class Reason(NamedTuple):
    concept: Concept | None = None
    for_recurrence: bool | None = None


def reason(chart: Chart, where: str, row: Procedure | Medicating, notes: Iterable[str]) -> Reason:
    """What a treatment was for, and whether that was a recurrence."""
    for reference in row.reason_reference:
        found = chart.find(reference, where)
        if isinstance(found, Condition):
            return Reason(chart.concept(found.code, "condition"), _was_for_recurrence(chart, found))
    for part in row.reason_code:
        return Reason(chart.concept(part, "condition"), says_recurrent(part.words) or None)
    if words := noted(notes, "treatment of"):
        return Reason(chart.namer.concept(words, "condition"), says_recurrent(words))
    return Reason()


def _was_for_recurrence(chart: Chart, row: Condition) -> bool | None:
    """A disease that has recurred, with no row for the recurrence itself, leaves open which of the two was treated."""
    if is_recurrence(row):
        return True
    if code_of(row.clinical_status) not in ("recurrence", "relapse"):
        return False
    return (
        False if any(isinstance(other, Condition) and is_recurrence(other) for other in chart.rows.values()) else None
    )
