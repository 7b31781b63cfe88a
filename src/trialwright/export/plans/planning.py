"""A trial, a start date and, if wanted, a patient to a plan report: what every plan outlet draws.

The types are the JSON form too (`trialwright.plan/1`). A report decides nothing and says so; every dose and date keeps the
place of the words it was read from, and those texts come with it.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from difflib import get_close_matches

import msgspec

from trialwright import __version__
from trialwright.codes.concepts import Concept
from trialwright.codes.dates import PartialDate
from trialwright.codes.places import Diagnostic
from trialwright.regimen.assessments import Assessment, compile_assessments, quoted_texts
from trialwright.regimen.calendar import DISCLAIMER, Plan, Terms, plan
from trialwright.regimen.compiler import compile_regimens
from trialwright.regimen.doses import Body, DoseRules, PatientDose, doses_for
from trialwright.regimen.endpoints import Endpoint, compile_endpoints
from trialwright.regimen.moments import AtTimes
from trialwright.regimen.nodes import Event, Give, Quote, Regimen, Stated, Text
from trialwright.trial import Trial

SCHEMA = "trialwright.plan/1"


class ArmError(ValueError):
    """An arm that the trial does not have."""


class ArmPlan(msgspec.Struct, frozen=True, kw_only=True):
    """One arm: its calendars, and the doses of one patient where one was given."""

    plan: Plan
    doses: tuple[PatientDose, ...] = ()


class PlanReport(msgspec.Struct, frozen=True, kw_only=True):
    """The plan of one trial.

    trial    its id; "" where the record has none
    name     whom it is for, only where the caller asked for a name in the output
    """

    schema: str = SCHEMA
    trial: str
    title: str
    software: str
    start: date
    completion: str
    arms: tuple[ArmPlan, ...]
    endpoints: tuple[Endpoint, ...]
    name: str = ""
    disclaimer: str = DISCLAIMER


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for.

    terms     what a calendar is made for; its completion date is the record's
    arm       a label or a part of one, or its number from 1; None: every arm
    body      the patient's measures; None: doses are not computed
    outcomes  whether the times of outcomes are drawn as visits too
    """

    terms: Terms
    arm: str | None = None
    body: Body | None = None
    rules: DoseRules = DoseRules()
    outcomes: bool = True
    name: str = ""


def plan_trial(trial: Trial, request: Request) -> PlanReport:
    """The plan of the arms asked for.

    raises  ArmError for an arm that the trial does not have; ChoiceError and PlanError as `regimen.calendar.plan` does
    """
    assessments = compile_assessments(trial)
    endpoints = compile_endpoints(trial)
    measured = tuple(_measured(endpoints)) if request.outcomes else ()
    texts = (*quoted_texts(trial, assessments), *_outcome_texts(trial, endpoints))
    completion = _completion(trial)
    terms = msgspec.structs.replace(request.terms, completion=completion)
    chosen = _arms(compile_regimens(trial), request.arm)
    arms = tuple(_arm(plan(regimen, (*assessments, *measured), terms, texts), request) for regimen in chosen)
    return PlanReport(
        trial=trial.nct_id or "",
        title=trial.title or "",
        software=f"trialwright {__version__}",
        start=terms.start,
        completion=str(completion or ""),
        arms=arms,
        endpoints=endpoints,
        name=request.name,
    )


def _arm(made: Plan, request: Request) -> ArmPlan:
    if request.body is None:
        return ArmPlan(plan=made)
    given = tuple(step for step in made.regimen.steps() if isinstance(step, Give))
    return ArmPlan(plan=made, doses=tuple(doses_for(given, request.body, request.rules)))


def _arms(regimens: tuple[Regimen, ...], wanted: str | None) -> tuple[Regimen, ...]:
    if wanted is None:
        return regimens
    if wanted.isdigit() and 1 <= int(wanted) <= len(regimens):
        return (regimens[int(wanted) - 1],)
    exact = [regimen for regimen in regimens if regimen.label.lower() == wanted.lower()]
    found = exact or [regimen for regimen in regimens if wanted.lower() in regimen.label.lower()]
    if len(found) == 1:
        return (found[0],)
    labels = [regimen.label for regimen in regimens]
    near = get_close_matches(wanted, labels, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else f"; the arms are {', '.join(map(repr, labels)) or 'none'}"
    raise ArmError(f"{'several arms fit' if found else 'there is no arm'} {wanted!r}{hint}")


def _completion(trial: Trial) -> PartialDate | None:
    status = trial.protocol.status
    stated = status.completion_date_struct if status else None
    return stated.day if stated else None


def _measured(endpoints: Iterable[Endpoint]) -> Iterator[Assessment]:
    """Outcomes that are taken at stated times; a horizon is no visit."""
    for endpoint in endpoints:
        framed = [stated for stated in endpoint.landmarks if stated.quote.where.endswith(".timeFrame")]
        if not framed or endpoint.rank == "other":
            continue
        event: Event | None = endpoint.origin.value if endpoint.origin else None
        quote = framed[0].quote
        rule = AtTimes(tuple(dict.fromkeys(stated.value for stated in framed if stated.value.value > 0)), event)
        if rule.times:
            activity = Stated(Concept(endpoint.measure, "procedure"), Quote(quote.where, quote.span))
            yield Assessment(activities=(activity,), rules=(Stated(rule, quote),), outcome=endpoint.where)


def _outcome_texts(trial: Trial, endpoints: Iterable[Endpoint]) -> Iterator[Text]:
    for endpoint, (_, outcome) in zip(endpoints, trial.outcomes(), strict=True):
        if outcome.time_frame:
            yield Text(f"{endpoint.where}.timeFrame", outcome.time_frame)


def remarks(arm: ArmPlan) -> tuple[Diagnostic, ...]:
    """What is missing, open or cannot be in one arm and its calendars, each once, with the first place that says it."""
    of_calendars = (remark for calendar in arm.plan.calendars for remark in calendar.diagnostics)
    found: dict[tuple[str, str], Diagnostic] = {}
    for remark in (*arm.plan.regimen.diagnostics, *of_calendars):
        found.setdefault((remark.code, remark.message), remark)
    return tuple(found.values())
