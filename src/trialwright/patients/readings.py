"""Single values as charts write them: ranks on a scale, amounts with units, life expectancy, what a person has said."""

import re
from decimal import Decimal
from typing import Literal, NamedTuple

import msgspec

from trialwright.codes.dates import Duration, PartialDate, TimeUnit
from trialwright.codes.measures import measure_of
from trialwright.codes.quantities import Quantity
from trialwright.codes.ucum import worth
from trialwright.codes.units import find_unit

from .facts import Statement
from .naming import Answer

_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5}
_NUMBER = r"(?P<value>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
_AMOUNT = re.compile(rf"\s*(?P<comparator><=|>=|≤|≥|<|>)?\s*{_NUMBER}")
_TIME: dict[str, TimeUnit] = {"d": "day", "wk": "week", "mo": "month", "a": "year"}
_DAYS = {"day": Decimal(1), "week": Decimal(7)}
Severity = Literal["mild", "moderate", "severe"]
SEVERITIES: tuple[Severity, ...] = ("mild", "moderate", "severe")
_MEAN_MONTH = Decimal("30.4375")
_GRADE = re.compile(r"\bgrade\D{0,3}([0-5]|I{1,3}|IV|V)\b", re.IGNORECASE)
_SCALES = (
    ("ctcae", re.compile(r"\bctcae\b|common terminology criteria", re.IGNORECASE)),
    ("rtog", re.compile(r"\brtog\b", re.IGNORECASE)),
)
_VERSION = re.compile(r"\b(?:v(?:ersion)?\.?\s*)(\d+(?:\.\d+)?)", re.IGNORECASE)


def denied_allergy(words: str) -> str:
    """What a chart denies that says "no known drug allergies", or the same of allergies as such."""
    return "drug allergy" if re.search(r"\b(?:nkda|drug|drugs|medications?|medicines?)\b", words.lower()) else "allergy"


class Rank(NamedTuple):
    """A place on an ordinal scale; letters and Roman numerals are their rank from 1."""

    value: Decimal


def rank(words: str) -> Rank | None:
    """The rank that words give: `1`, `ECOG 1`, `class III`, `B`, `90 %`; None when they give none, or a range."""
    numbers = re.findall(r"(?<![\w.-])\d+(?:\.\d+)?(?![\w-])", words)
    if len(numbers) == 1:
        return Rank(Decimal(numbers[0]))
    if len(numbers) > 1:
        return None
    last = re.findall(r"[A-Za-z]+", words)[-1:]
    if last and last[0].lower() in _ROMAN:
        return Rank(Decimal(_ROMAN[last[0].lower()]))
    if last and re.fullmatch(r"[A-E]", last[0]):
        return Rank(Decimal(ord(last[0]) - ord("A") + 1))
    return None


class Amount(NamedTuple):
    """A number with what stands around it; unit None where none is written."""

    value: Decimal
    comparator: str | None
    unit: str | None
    rest: str


def amount(words: str, measure: str | None = None) -> Amount | None:
    """The number that words begin with, its comparator, its unit in UCUM and what follows; None when they begin with no number."""
    match = _AMOUNT.match(words)
    if match is None:
        return None
    comparator = {"≤": "<=", "≥": ">="}.get(match["comparator"] or "", match["comparator"])
    value = Decimal(match["value"].replace(",", ""))
    found = find_unit(words, match.end(), measure)
    return Amount(value, comparator, found[0] if found else None, words[found[1] if found else match.end() :].strip())


def read_quantity(words: str, measure: str | None) -> Quantity | None:
    """The words as a number and its unit, whole; without a unit only where the measure has none (INR, pH)."""
    found = amount(words, measure)
    if found is None or found.rest:
        return None
    if found.unit:
        return Quantity(found.value, found.unit)
    unit = unitless(measure)
    return Quantity(found.value, unit) if unit else None


def unitless(measure: str | None) -> str | None:
    """The unit of a measure that is a pure number (INR, pH) and may be written without one; None for any other."""
    fact = measure_of(measure) if measure else None
    if fact is None or not fact.unit:
        return None
    found = worth(fact.unit)
    return fact.unit if not found.dimension and found.factor == 1 else None


def life_expectancy(value: str, asked: str = "") -> Statement | None:
    """A judgement such as `12 months`, `> 6 months`, or a yes or no to "life expectancy of at least 12 weeks".

    A bound from above ("< 3 months") says that no length is reached and is not affirmed.
    """
    found = amount(value)
    said = value.strip().lower()
    if found is None and said in ("yes", "no", "true", "false"):
        start = re.search(r"\d", asked)
        found = amount(asked[start.start() :]) if start else None
    if found is None or found.unit not in _TIME:
        return None
    length = Duration(found.value, _TIME[found.unit])
    holds = said not in ("no", "false") and found.comparator not in ("<", "<=")
    return Statement(kind="life_expectancy", holds=holds, at_least_months=months(length), at_least=length)


def months(length: Duration) -> Decimal:
    """A length in months; days and weeks by the mean month of 30.4375 days."""
    if length.unit in _DAYS:
        return length.value * _DAYS[length.unit] / _MEAN_MONTH
    return length.value * (12 if length.unit == "year" else 1)


def statement(kind: str, said: Answer | None) -> Statement | None:
    return Statement(kind=kind, holds=said == "present") if said in ("present", "absent") else None


def dated(found: Statement, start: PartialDate | None, source: str, words: str) -> Statement:
    return msgspec.structs.replace(found, start=start, source=source, words=words)


class Grade(NamedTuple):
    """A severity grade; scale and version None where the chart names none."""

    value: Decimal
    scale: str | None = None
    version: str | None = None


def grade_in(words: str) -> Grade | None:
    """The grade that words give, with the scale and version they name."""
    match = _GRADE.search(words)
    if match is None:
        return None
    text = match.group(1).lower()
    scale = next((name for name, pattern in _SCALES if pattern.search(words)), None)
    version = _VERSION.search(words)
    return Grade(
        Decimal(_ROMAN.get(text) or int(text)), scale, version.group(1).removesuffix(".0") if version else None
    )


def severity_in(words: str) -> Severity | None:
    """The severity that words name and nothing else: `Severe`, `moderate degree`; None for any other words."""
    match = re.fullmatch(r"(mild|moderate|severe)(?: (?:degree|intensity|severity))?", words.strip().lower())
    return next((known for known in SEVERITIES if match and known == match.group(1)), None)
