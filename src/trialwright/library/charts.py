"""A patient's facts in, the same patient as a searcher sees one out: problems from what the chart says is so."""

from datetime import date

from trialwright.codes.dates import completed_years
from trialwright.library.describing import Concepts
from trialwright.library.index import Index
from trialwright.library.problems import Case, LeftOut, Problem, weight_of
from trialwright.patients.facts import Occurrence, Patient, Staging


def case_of_patient(patient: Patient, index: Index, concepts: Concepts, as_of: date) -> Case:
    """Diseases, findings and treatments of the chart; stages and lines narrow the diseases.

    as_of  the day ages are counted on
    """
    told = [fact for fact in patient.facts if isinstance(fact, Occurrence)]
    narrowed = tuple(dict.fromkeys((*_stages(patient), *_courses(told))))
    by_name: dict[str, Problem] = {}
    for fact in told:
        if _left_out(fact) is not None:
            continue
        concept = fact.concept
        weight = weight_of(concept.id or concept.text, concept.id, concept.kind, (index, concepts))
        if weight and concept.text not in by_name:
            is_disease = concept.kind == "condition"
            by_name[concept.text] = Problem(
                name=concept.text,
                concept=concept.id,
                kind=concept.kind,
                weight=weight,
                narrowed=narrowed if is_disease else (),
            )
    return Case(
        problems=tuple(sorted(by_name.values(), key=lambda problem: (-problem.weight, problem.name))),
        left_out=tuple(dict.fromkeys(left for fact in told if (left := _left_out(fact)) is not None)),
        age=_age(patient, as_of),
        sex=patient.sex,
        patient=patient,
    )


def _left_out(fact: Occurrence) -> LeftOut | None:
    if fact.certainty == "refuted":
        return LeftOut(fact.concept.text, "denied")
    if fact.family:
        return LeftOut(fact.concept.text, "family")
    return LeftOut(fact.concept.text, "planned") if fact.planned else None


def _stages(patient: Patient) -> list[str]:
    return [
        f"stage {fact.value.lower()}"
        for fact in patient.facts
        if isinstance(fact, Staging) and fact.system == "group" and fact.value
    ]


def _courses(told: list[Occurrence]) -> list[str]:
    """Words for the course of the disease: recurrence, and how many lines of treatment there were."""
    words = [fact.status for fact in told if fact.status in ("recurrence", "relapse", "remission")]
    lines = [fact.line for fact in told if fact.line]
    later = {2: "second line", 3: "third line"}
    return [*(word for word in words if word), *([later[max(lines) + 1]] if lines and max(lines) + 1 in later else [])]


def _age(patient: Patient, as_of: date) -> int | None:
    birth = patient.birth
    if birth is None or birth.earliest > as_of:
        return None
    return completed_years(birth.latest if birth.latest <= as_of else birth.earliest, as_of)
