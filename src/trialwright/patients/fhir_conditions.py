"""Condition, AllergyIntolerance and FamilyMemberHistory resources in, occurrences (and the stages and events they hold) out."""

import re
from collections.abc import Iterator

import msgspec

from trialwright.codes.concepts import Concept, Kind
from trialwright.codes.vocabulary import normalise

from . import fhir_mcode
from .course import key, recurrence
from .facts import Fact, Occurrence
from .fhir_parts import Chart, Dates, certainty, code_of, dates, extension, is_recurrence, noted, pieces, segments
from .fhir_types import AllergyIntolerance, CodeableConcept, Condition, FamilyMemberHistory, Reaction, Stage
from .readings import SEVERITIES, Grade, Severity, denied_allergy, grade_in

_SEVERITY: dict[str, Severity] = {
    "255604002": "mild",
    "6736007": "moderate",
    "24484000": "severe",
    "mild": "mild",
    "moderate": "moderate",
    "severe": "severe",
}
_ONGOING = {"active": True, "recurrence": True, "relapse": True, "inactive": False, "resolved": False}


def condition(row: Condition, where: str, chart: Chart) -> Iterator[Fact]:
    concept = chart.concept(row.code, "condition")
    if concept is None:
        chart.remarks.add("unused-resource", where, "a condition without words or a code")
        return
    fact = _occurrence(row, where, chart, concept)
    sites = chart.sites(row.body_site) or _tissue(row, chart)
    yield from _at_sites(fact, sites)
    if is_recurrence(row):
        began = {key(site) for first in _first_rows(concept, chart) for site in chart.sites(first.body_site[:1])}
        for at_site in _at_sites(fact, sites):
            yield from recurrence(at_site, chart.namer, began)
    yield from _beside(msgspec.structs.replace(fact, site=next(iter(sites), None)), chart)
    yield from _examined(fact, chart)
    yield from fhir_mcode.histology_of(row, where, chart)
    for stage in row.stage:
        yield from _stage(stage, fact, chart)


def _occurrence(row: Condition, where: str, chart: Chart, concept: Concept) -> Occurrence:
    seen, status, grade = _course(row, where, chart), code_of(row.clinical_status) or None, _grade(row)
    words = row.code.words if row.code else ""
    evidence = tuple(c for part in row.evidence for code in part.code if (c := chart.concept(code, "procedure")))
    return Occurrence(
        concept=concept,
        start=seen.start,
        end=seen.end,
        source=where,
        words=words or concept.text,
        certainty=certainty(row.verification_status),
        status=status,
        ongoing=False if seen.end else _ONGOING.get(status or ""),
        grade=grade.value if grade else None,
        grade_scale=grade.scale if grade else None,
        grade_version=grade.version if grade else None,
        severity=severity(row.severity),
        evidence=evidence,
        cause=_cause(row, chart),
        details=(*pieces(words, row.notes), *_graded_as(row)),
    )


def _course(row: Condition, where: str, chart: Chart) -> Dates:
    start = dates(chart, where, row.onset_date_time, row.onset_period).start
    if start is None and (row.onset_age or row.onset_string):
        chart.remarks.add("unused-resource", where, "an onset in words or as an age is read as not recorded")
    period = row.abatement_period
    end = chart.remarks.date(row.abatement_date_time or (period.end if period else None), where, "end")
    if start and end and end.before(start):
        chart.remarks.add("bad-date", where, "the end lies before the start; both dates are read as not recorded")
        return Dates()
    return Dates(start, end)


def severity(coded: CodeableConcept | None) -> Severity | None:
    if coded is None:
        return None
    found = [
        _SEVERITY[code] for code in (*(c.code or "" for c in coded.coding), coded.words.lower()) if code in _SEVERITY
    ]
    return found[0] if found else None


def _grade(row: Condition) -> Grade | None:
    for stage in row.stage:
        words = " ".join(part.words for part in (stage.type, stage.summary) if part)
        if found := grade_in(words):
            return found
    return grade_in(row.notes)


def _graded_as(row: Condition) -> tuple[str, ...]:
    return tuple(
        normalise(stage.type.words) for stage in row.stage if stage.type and "toxicity" in stage.type.words.lower()
    )


def _tissue(row: Condition, chart: Chart) -> tuple[Concept, ...]:
    """Where a toxicity is, as a note says it."""
    words = noted(segments(row.notes), "tissue")
    return (chart.namer.concept(words, "site"),) if words else ()


def _cause(row: Condition, chart: Chart) -> Concept | None:
    due = extension(row.extension, "condition-dueTo")
    if due and due.value_codeable_concept:
        return chart.concept(due.value_codeable_concept, "condition")
    words = noted(segments(row.notes), "cause")
    if not words:
        return None
    return chart.namer.known(words) or chart.namer.concept(words, "condition")


def _at_sites(fact: Occurrence, sites: tuple[Concept, ...]) -> Iterator[Occurrence]:
    if not sites:
        yield fact
    for site in sites:
        yield msgspec.structs.replace(fact, site=site)


def _first_rows(disease: Concept, chart: Chart) -> Iterator[Condition]:
    """The rows of the same disease that are no recurrence themselves."""
    for row in chart.rows.values():
        if isinstance(row, Condition) and not is_recurrence(row):
            found = chart.concept(row.code, "condition")
            if found and (found.id or found.text) == (disease.id or disease.text):
                yield row


def _examined(fact: Occurrence, chart: Chart) -> Iterator[Occurrence]:
    """A disease confirmed under the microscope was examined so; the row does not say on which day."""
    for found in fact.evidence:
        if chart.namer.is_a(found, "histology") and fact.certainty == "confirmed":
            yield Occurrence(concept=found, source=fact.source, words=fact.words, site=fact.site, reason=fact.concept)


def _beside(fact: Occurrence, chart: Chart) -> Iterator[Occurrence]:
    """What a note names beside the condition itself, where a whole piece of it is a condition ("late radiation toxicity")."""
    for piece in fact.details:
        entry = chart.namer.known(piece, "condition")
        if entry and entry.kind == "condition" and not chart.namer.is_a(fact.concept, entry.id or ""):
            yield msgspec.structs.replace(fact, concept=entry)


def _stage(stage: Stage, fact: Occurrence, chart: Chart) -> Iterator[Fact]:
    if stage.summary is None or grade_in(" ".join(part.words for part in (stage.type, stage.summary) if part)):
        return
    yield from fhir_mcode.stages(stage.summary, stage.type, fact, chart)


_DENIED = {
    "716186003": "no known allergy",
    "409137002": "no known drug allergy",
    "429625007": "no known food allergy",
    "428607008": "no known environmental allergy",
}
"""SNOMED CT's codes of allergies denied, as their own names say."""


def allergy(row: AllergyIntolerance, where: str, chart: Chart) -> Iterator[Fact]:
    """The allergy, and each reaction as a condition of its own that the substance caused."""
    substance = chart.concept(row.code, "allergy")
    if substance is None or row.code is None:
        chart.remarks.add("unused-resource", where, "an allergy without a substance")
        return
    coded = [said for code, said in _DENIED.items() if row.code.has(code)]
    words = row.code.words or next(iter(coded), substance.text)
    denied = bool(coded) or words.lower().startswith("no known")
    levels = [_SEVERITY[reaction.severity] for reaction in row.reaction if reaction.severity in _SEVERITY]
    status = code_of(row.clinical_status) or None
    fact = Occurrence(
        concept=chart.namer.concept(denied_allergy(words), "allergy") if denied and _is_general(words) else substance,
        start=chart.remarks.date(row.onset_date_time or row.last_occurrence, where, "onset"),
        source=where,
        words=words,
        certainty="refuted" if denied else certainty(row.verification_status),
        status=status,
        ongoing=_ONGOING.get(status or ""),
        severity=max(levels, key=SEVERITIES.index, default=None),
        details=_reactions(row),
    )
    yield fact
    shown = [shown for reaction in row.reaction for shown in _manifestations(reaction, fact, chart)]
    yield from shown or _unnamed_reaction(fact, chart)


def _is_general(words: str) -> bool:
    return bool(re.search(r"no known (?:drug )?allerg", words.lower())) or not words


def _reactions(row: AllergyIntolerance) -> tuple[str, ...]:
    shown = [part.words.lower() for reaction in row.reaction for part in reaction.manifestation if part.words]
    risk = [f"criticality: {row.criticality}"] if row.criticality else []
    return tuple(dict.fromkeys((*shown, *risk, *segments(row.notes))))


def _manifestations(reaction: Reaction, fact: Occurrence, chart: Chart) -> Iterator[Occurrence]:
    day = chart.remarks.date(reaction.onset, fact.source, "onset of the reaction") or fact.start
    kind: Kind = "condition"
    for part in reaction.manifestation:
        if concept := chart.concept(part, kind):
            yield Occurrence(
                concept=concept,
                start=day,
                source=fact.source,
                words=part.words or concept.text,
                certainty=fact.certainty,
                severity=_SEVERITY.get(reaction.severity or ""),
                cause=fact.concept,
            )


def _unnamed_reaction(fact: Occurrence, chart: Chart) -> Iterator[Occurrence]:
    """An allergy without a reaction is one all the same, for a question that names no substance."""
    if fact.concept.id != "allergy":
        concept = chart.namer.concept("allergy", "condition")
        yield msgspec.structs.replace(fact, concept=concept, cause=fact.concept, details=())


def family(row: FamilyMemberHistory, where: str, chart: Chart) -> Iterator[Fact]:
    relation = row.relationship.words.lower() if row.relationship else ""
    for part in row.condition:
        concept = chart.concept(part.code, "condition")
        if concept and part.code:
            yield Occurrence(
                concept=concept,
                source=where,
                words=part.code.words or concept.text,
                family=True,
                details=(relation,) if relation else (),
            )
