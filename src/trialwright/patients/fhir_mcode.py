"""What mCODE and other oncology charts code in ways of their own: TNM, stage groups, histology, ordinal scales, radiotherapy courses.

source  HL7 mCODE Implementation Guide (STU 1 to 4); LOINC 21899-0 to 21908-9 for TNM
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from trialwright.codes.concepts import Code, Concept
from trialwright.codes.dates import PartialDate
from trialwright.codes.quantities import Quantity
from trialwright.codes.tables import rows

from .facts import Certainty, Fact, Occurrence, Staging
from .fhir_parts import Chart, certainty, codes, dates, extension, quantity
from .fhir_types import CodeableConcept, Condition, Observation, Procedure
from .naming import DATA, Namer

_LETTER = re.compile(r"(?P<prefix>y[cp]?|[cpar])?(?P<letter>[TNM])(?P<rest>[0-4X](?:[a-d]\d?)?|is|a(?=\b|[A-Z]))")
_LETTERS = re.compile(
    rf"(?:{_LETTER.pattern.replace('?P<prefix>', '?:').replace('?P<letter>', '?:').replace('?P<rest>', '?:')})+"
)
_GROUP = re.compile(
    r"(?:stage\s*)?(?P<prefix>y[cp]?|[cpar])?(?P<value>0|IV|I{1,3}|[1-4])(?P<sub>[A-D]\d?)?", re.IGNORECASE
)
_NAMED_GROUP = re.compile(rf"\b(?=stage){_GROUP.pattern}(?![A-Za-z0-9])", re.IGNORECASE)
_ROMAN = {"1": "I", "2": "II", "3": "III", "4": "IV"}
_EDITION = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th)?\s*(?:ed\b|edition|version)|(?:edition|version|ajcc|uicc|v\.?)\s*(\d{1,2})\b",
    re.IGNORECASE,
)
_WHO_TYPE = re.compile(r"\bWHO\s*(?:type|grade)?\s*(III|II|I|[1-3])(?:[ab])?\b", re.IGNORECASE)


class Staged(NamedTuple):
    """One letter or group as printed: `rT2` is system T, value T2, prefix r."""

    system: str
    value: str
    prefix: str | None = None


def read_stage(words: str) -> tuple[Staged, ...]:
    """All stages in words such as `rT2`, `cT1N0M0`, `Stage rII`, `IVA`; empty when there are none. One prefix rules what follows it."""
    found, prefix = list[Staged](), None
    for token in re.split(r"[\s,;/]+", words.strip()):
        if not _LETTERS.fullmatch(token):
            continue
        for match in _LETTER.finditer(token):
            prefix = match["prefix"] or prefix
            rest = match["rest"] if match["rest"] in ("is", "a") else match["rest"][0].upper() + match["rest"][1:]
            found.append(Staged(match["letter"], match["letter"] + rest, prefix))
    group = _GROUP.fullmatch(words.strip()) or _NAMED_GROUP.search(words)
    if group:
        value = _ROMAN.get(group["value"], group["value"].upper())
        found.append(Staged("group", value + (group["sub"] or "").upper(), (group["prefix"] or "").lower() or prefix))
    return tuple(found)


def edition(words: str) -> str | None:
    """The staging manual's edition that words name: `8` in "AJCC 8th edition"; None when they name none."""
    match = _EDITION.search(words)
    return (match.group(1) or match.group(2)) if match else None


def is_staging(row: Observation) -> bool:
    if any(profile.startswith("mcode-tnm-") for profile in row.profiles()):
        return True
    return row.code is not None and any(code in _staging_codes() for code in codes(row.code))


def staging(row: Observation, where: str, chart: Chart) -> Iterator[Fact]:
    """The stages that one observation gives; M also says whether there is a distant metastasis."""
    value = row.value_codeable_concept
    words = _stage_words(value) if value else row.value_string or ""
    found = read_stage(words)
    if not found:
        chart.remarks.add(
            "unused-resource", where, "a stage that is not read; expected a form such as T2, N0, M1 or IVA"
        )
        return
    named = row.code.words if row.code else ""
    day = dates(chart, where, row.effective_date_time or row.effective_instant, row.effective_period).start
    concept = next((chart.concept(focus.code, "condition") for focus in _focus(row, where, chart)), None)
    method = row.method.words if row.method else ""
    for stage in found:
        prefix = stage.prefix or _prefix(row.code, named)
        yield Staging(
            system=stage.system, value=stage.value, prefix=prefix, edition=edition(method), concept=concept, start=day, source=where,
            words=f"{named}: {words}" if named else words,
        )  # fmt: skip
        yield from metastasis(stage, day, where, chart.namer)


def _stage_words(value: CodeableConcept) -> str:
    """The first of text, displays and codes that reads as a stage."""
    given = [value.text, *(c.display for c in value.coding), *(c.code for c in value.coding)]
    shown = [words for words in given if words]
    return next((words for words in shown if read_stage(words)), shown[0] if shown else "")


def _focus(row: Observation, where: str, chart: Chart) -> Iterator[Condition]:
    for reference in row.focus:
        found = chart.find(reference, where)
        if isinstance(found, Condition):
            yield found


def _prefix(code: CodeableConcept | None, named: str) -> str | None:
    """The prefix that the question holds and the answer leaves out."""
    if re.search(r"\brecurren", named, re.IGNORECASE):
        return "r"
    known = _staging_codes()
    return next((known[found] for found in codes(code) if known.get(found)), None) if code else None


@cache
def _staging_codes() -> dict[Code, str]:
    return {Code(row["system"], row["code"]): row["prefix"] for row in rows("staging_codes", DATA)}


def metastasis(stage: Staged, day: PartialDate | None, where: str, namer: Namer) -> Iterator[Fact]:
    """What N0 to N3, M0 and M1 say of metastases themselves; nothing for any other stage."""
    if stage.system not in ("N", "M") or not stage.value[1:2].isdigit():
        return
    is_there = stage.value[1] != "0"
    names = ["lymph node metastases"] if stage.system == "N" else ["distant metastasis"]
    if stage.system == "M" and not is_there:
        # Being free of distant metastases rules out metastatic disease, of which they are the narrower concept.
        names.append("metastatic disease")
    certain: Certainty = "confirmed" if is_there else "refuted"
    for name in names:
        yield Occurrence(
            concept=namer.concept(name, "condition"), certainty=certain, start=day, source=where, words=stage.value
        )


def stages(summary: CodeableConcept, kind: CodeableConcept | None, of: Occurrence, chart: Chart) -> Iterator[Fact]:
    """The stage that a condition carries itself, dated by the condition."""
    words = _stage_words(summary)
    for stage in read_stage(words):
        prefix = stage.prefix or (
            "r" if of.status in ("recurrence", "relapse") and "recurr" in of.words.lower() else None
        )
        named = f"{kind.words if kind else ''} {summary.words}"
        yield Staging(
            system=stage.system, value=stage.value, prefix=prefix, edition=edition(named), concept=of.concept, start=of.start,
            source=of.source, words=words,
        )  # fmt: skip
        yield from metastasis(stage, of.start, of.source, chart.namer)


def histology_of(row: Condition, where: str, chart: Chart) -> Iterator[Fact]:
    """The histology that a cancer condition carries as an extension."""
    found = extension(row.extension, "mcode-histology-morphology-behavior")
    if found and found.value_codeable_concept:
        start = dates(chart, where, row.onset_date_time, row.onset_period).start
        yield from histology(
            found.value_codeable_concept, start, where, chart, certain=certainty(row.verification_status) == "confirmed"
        )


def histology(
    value: CodeableConcept, day: PartialDate | None, where: str, chart: Chart, *, certain: bool = True
) -> Iterator[Fact]:
    """What a tumour is under the microscope; the WHO type, where the words give one, is a stage of the system `who`."""
    concept = chart.concept(value, "condition")
    if concept is None:
        return
    yield Occurrence(
        concept=concept, start=day, source=where, words=value.words or concept.text, certainty="confirmed" if certain else "suspected",
        evidence=(chart.namer.concept("histology", "procedure"),),
    )  # fmt: skip
    if match := _WHO_TYPE.search(value.words):
        kind = match.group(1).upper()
        yield Staging(
            system="who", value=_ROMAN.get(kind, kind), concept=concept, start=day, source=where, words=value.words
        )


class Course(NamedTuple):
    """What a radiotherapy course says of itself beside its dates and site."""

    technique: Concept | None
    purpose: str | None
    dose: Quantity | None


def radiotherapy(row: Procedure, where: str, chart: Chart) -> Course:
    """Technique, intent and dose of an mCODE radiotherapy course; of several volumes, the highest dose."""
    intent = extension(row.extension, "mcode-procedure-intent") or extension(row.extension, "mcode-treatment-intent")
    technique = extension(row.extension, "mcode-radiotherapy-technique")
    modality = extension(row.extension, "mcode-radiotherapy-modality")
    found = next((e.value_codeable_concept for e in (technique, modality) if e and e.value_codeable_concept), None)
    named = chart.concept(found, "procedure")
    return Course(
        technique=named if named and named.id else None,
        purpose=_purpose(intent.value_codeable_concept) if intent else None,
        dose=max(_doses(row, where, chart), key=lambda dose: dose.value, default=None),
    )


def _purpose(coded: CodeableConcept | None) -> str | None:
    words = (coded.words if coded else "").lower()
    return next(
        (word for word in ("curative", "palliative", "neoadjuvant", "adjuvant", "diagnostic") if word in words), None
    )


def _doses(row: Procedure, where: str, chart: Chart) -> Iterator[Quantity]:
    for part in row.extension:
        if part.name.startswith("mcode-radiotherapy-dose-delivered"):
            total = extension(part.extension, "totalDoseDelivered")
            if total and total.value_quantity and (dose := quantity(chart, where, total.value_quantity, None)):
                yield dose
