"""Checks on outcomes: what time is counted from, and what an endpoint needs that the record does not give."""

import re
from collections.abc import Iterator, Mapping

from trialwright.checks.record import (
    OUTCOMES,
    described,
    is_interventional,
    is_oncological,
    is_randomised,
    outcomes,
    pattern,
    table,
    titles,
)
from trialwright.codes.places import Diagnostic, Span
from trialwright.criteria.nodes import Criteria
from trialwright.trial import Outcome, Trial

FROM_RANDOMISATION = re.compile(
    r"\b(?:from|since|after|post)\W+(?:(?:the|date|time|day|start|moment|beginning|point|of)\W+){0,4}randomi[sz]ation\b",
    re.IGNORECASE,
)
TO_EVENT = re.compile(
    r"\bsurvival\b|\b(?:PFS|OS|DFS|EFS|RFS|DOR|DoR|TTP)\b|\btime[\s-]to[\s-](?!C ?max|peak|max|reach)"
    r"|\bduration of (?:response|remission)\b"
)
_SURVIVAL = re.compile(r"\bsurvival\b|\b(?:PFS|OS|DFS|EFS|RFS)\b", re.IGNORECASE)
# "up to 3 years after treatment" is how long patients are followed; without "up to" it is where counting begins.
_AFTER_TREATMENT = re.compile(
    r"\b(?:after|from|since|following|post)\W+(?:the )?"
    r"(?:(?:end|completion|cessation) of (?:the )?(?:\w+ )?(?:treatment|therapy|chemotherapy|radiotherapy|BNCT|surgery)"
    r"|(?:treatment|therapy) (?:has |is |was )?(?:finish|complet|end)\w*)",
    re.IGNORECASE,
)
_HORIZON = re.compile(r"\bup to\b[^,;.]{0,30}$", re.IGNORECASE)
_BLOOD = re.compile(r"leuk(?:a)?emi|lymphom|myelom|myelodysplas|hematolog|haematolog|myeloprolif", re.IGNORECASE)


def time_zero(trial: Trial, _: Criteria) -> Iterator[Diagnostic]:
    """V1: survival counted from randomisation in a trial without any, or from the end of the treatment it judges."""
    yield from from_randomisation(trial)
    for where, outcome in outcomes(trial):
        frame = outcome.time_frame or ""
        found = _AFTER_TREATMENT.search(frame)
        if found and _SURVIVAL.search(outcome.measure or "") and not _HORIZON.search(frame[: found.start()]):
            message = (
                f"{outcome.measure!r} is counted from the end of treatment: whoever died or progressed under treatment "
                "never enters it; expected a count from enrolment or first treatment"
            )
            yield Diagnostic("time-zero-after-treatment", message, f"{where}.timeFrame", Span(*found.span()))


def from_randomisation(trial: Trial) -> Iterator[Diagnostic]:
    """One remark when outcomes are counted from a randomisation that the design does not have."""
    if not is_interventional(trial) or is_randomised(trial) is not False:
        return
    found = list(_randomisation_places(trial))
    if found:
        where, span = found[0]
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        message = (
            f"an outcome is counted from randomisation{more}, and the trial is not randomised; which day is meant?"
        )
        yield Diagnostic("time-zero-design", message, where, span)


def _randomisation_places(trial: Trial) -> Iterator[tuple[str, Span]]:
    for where, outcome in outcomes(trial):
        for key, text in texts_of(outcome):
            found = FROM_RANDOMISATION.search(text)
            if found:
                yield f"{where}.{key}", Span(*found.span())
                break


def texts_of(outcome: Outcome) -> Iterator[tuple[str, str]]:
    """The outcome's texts by their keys, the time frame first; none that is absent or empty."""
    for key, text in (
        ("timeFrame", outcome.time_frame),
        ("description", outcome.description),
        ("measure", outcome.measure),
    ):
        if text:
            yield key, text


def endpoint_needs(trial: Trial, _: Criteria) -> Iterator[Diagnostic]:
    """V11: no outcome at all; or an endpoint whose criteria, or whose patients with something to measure, are not named."""
    if not any(True for _ in trial.outcomes()):
        if is_interventional(trial):
            yield Diagnostic("no-outcomes", "the record names no outcome; expected at least a primary one", OUTCOMES)
        return
    if not is_oncological(trial):
        return
    for row in table("endpoint_needs"):
        found = _first_asking(trial, row)
        if found is not None and not _said(trial, row):
            where, measure = found
            message = f"{measure!r} needs {row['needs']}; expected {row['expected']} in the record"
            yield Diagnostic("endpoint-underspecified", message, f"{where}.measure", Span(0, len(measure)))


def _first_asking(trial: Trial, row: Mapping[str, str]) -> tuple[str, str] | None:
    if (row["design"] == "not randomised" and is_randomised(trial) is True) or (
        row["tumour"] == "solid" and _BLOOD.search(titles(trial) + " ".join(trial.conditions))
    ):
        return None
    asked = pattern(row["endpoint"])
    for where, outcome in outcomes(trial):
        if outcome.measure and asked.search(outcome.measure) and row["list"] in where:
            return where, outcome.measure
    return None


def _said(trial: Trial, row: Mapping[str, str]) -> bool:
    said = pattern(row["words"])
    of_outcomes = (text for _, outcome in outcomes(trial) for _, text in texts_of(outcome))
    if any(said.search(text) for text in of_outcomes):
        return True
    return row["scope"] == "record" and any(said.search(text) for text in _other_texts(trial))


def _other_texts(trial: Trial) -> Iterator[str]:
    yield titles(trial)
    yield trial.eligibility.eligibility_criteria or ""
    yield from (text for _, text in described(trial))
    yield from (arm.description for arm in trial.arms if arm.description)
    yield from (intervention.description for intervention in trial.interventions if intervention.description)
