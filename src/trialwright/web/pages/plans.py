"""A trial in, what happens in it out: the steps of each arm in words, and its days drawn as if it began on a given day."""

from datetime import date

import msgspec

from trialwright.export.plans.drawing import Strip, strips
from trialwright.export.plans.planning import Request, plan_trial
from trialwright.export.plans.wording import (
    activity_words,
    flag_words,
    part_words,
    phase_words,
    visit_dates,
    visit_days,
)
from trialwright.regimen.calendar import Calendar, PlanError, Terms
from trialwright.regimen.choices import ChoiceError
from trialwright.regimen.compiler import compile_regimens
from trialwright.regimen.nodes import Regimen
from trialwright.trial import Trial

MOST_DRAWN = 4
"""Arms that are drawn; the words of all are shown."""


class PhaseView(msgspec.Struct, frozen=True):
    """when: "" where the text does not say. parts: each with its options, more than one where there is a choice"""

    when: str
    parts: tuple[tuple[str, ...], ...]


class VisitView(msgspec.Struct, frozen=True, kw_only=True):
    dates: str
    days: str
    label: str
    flags: str
    what: tuple[str, ...]


class ArmView(msgspec.Struct, frozen=True, kw_only=True):
    """strips, visits: empty where no day can be counted"""

    name: str
    phases: tuple[PhaseView, ...]
    strips: tuple[Strip, ...] = ()
    visits: tuple[VisitView, ...] = ()


class PlanView(msgspec.Struct, frozen=True, kw_only=True):
    """start: the day from which the drawing counts; is_stated: the record gives it"""

    arms: tuple[ArmView, ...]
    start: date
    is_stated: bool


def plan_of(trial: Trial, today: date) -> PlanView | None:
    """None where the record says nothing of what is given."""
    stated = stated_start(trial)
    start = stated or today
    arms = [_arm(arm, number) for number, arm in enumerate(_arms(trial, start))]
    arms = [arm for arm in arms if any(phase.parts for phase in arm.phases)]
    return PlanView(arms=tuple(arms), start=start, is_stated=stated is not None) if arms else None


def stated_start(trial: Trial) -> date | None:
    """The first day that the record's start can mean; None when it gives none. Without it, a plan counts from the day it is asked for."""
    status = trial.protocol.status
    day = status.start_date_struct.day if status and status.start_date_struct else None
    return day.earliest if day else None


def _arms(trial: Trial, start: date) -> list[tuple[Regimen, Calendar | None]]:
    """Each arm with its first calendar; without any where what was read cannot be put on days."""
    try:
        made = plan_trial(trial, Request(terms=Terms(start=start))).arms
    except (ChoiceError, PlanError):
        return [(regimen, None) for regimen in compile_regimens(trial)]
    return [(arm.plan.regimen, arm.plan.calendars[0] if arm.plan.calendars else None) for arm in made]


def _arm(arm: tuple[Regimen, Calendar | None], number: int) -> ArmView:
    regimen, calendar = arm
    is_drawn = calendar is not None and number < MOST_DRAWN
    return ArmView(
        name=regimen.label,
        phases=tuple(PhaseView(phase_words(phase), tuple(map(part_words, phase.parts))) for phase in regimen.phases),
        strips=strips(calendar) if calendar and is_drawn else (),
        visits=_visits(calendar) if calendar and is_drawn else (),
    )


def _visits(calendar: Calendar) -> tuple[VisitView, ...]:
    return tuple(
        VisitView(
            dates=visit_dates(visit),
            days=visit_days(calendar, visit),
            label=visit.label,
            flags=flag_words(visit),
            what=tuple(map(activity_words, visit.activities)),
        )
        for visit in calendar.visits
    )
