"""A patient's chart to the measures that doses are computed from: the last recorded on or before the first day."""

import re
from datetime import date

from trialwright.patients.derive import age_on
from trialwright.patients.facts import Measurement, Patient
from trialwright.regimen.doses import Body, Reading


def body_of(patient: Patient, day: date) -> Body:
    """What the chart holds on `day`; a value without a date is taken where there is no dated one.

    A bound (`< 0.3 mg/dL`) is no value, and a clearance that was computed and not measured is left out.
    """
    return Body(
        weight=_last(patient, "weight", day),
        height=_last(patient, "height", day),
        creatinine=_last(patient, "creatinine", day),
        clearance=_last(patient, "creatinine-clearance", day),
        age_years=age_on(patient, day),
        sex=patient.sex,
    )


def _row(source: str) -> str:
    """Where in the chart a value stands, without the chart's file name, which may be somebody's: `line 17`, `Observation/123`."""
    found = re.search(r":(\d+(?:-\d+)?)$", source)
    if found is not None:
        return f"{'characters' if '-' in found[1] else 'line'} {found[1]}"
    return source if re.fullmatch(r"[A-Z][A-Za-z]+/[\w.-]+", source) else ""


def _last(patient: Patient, measure: str, day: date) -> Reading | None:
    known = [
        fact
        for fact in patient.facts
        if isinstance(fact, Measurement)
        and fact.concept.id == measure
        and fact.comparator is None
        and not fact.derived
        and (fact.start is None or fact.start.latest <= day)
    ]
    fact = max(known, key=lambda one: one.start.latest if one.start else date.min, default=None)
    if fact is None:
        return None
    words = ", ".join(filter(None, (str(fact.start) if fact.start else "no date", _row(fact.source))))
    return Reading(fact.quantity, words)
