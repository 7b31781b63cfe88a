"""A plan as an iCalendar file: all-day events, one for each visit, window or course.

Nothing names the patient unless the caller asked for it. Two readings of a text, or two arms, are two plans: a file that held both
would put one person in two places, so it is refused.
"""

import hashlib
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from trialwright.export.record_text import as_read
from trialwright.regimen.calendar import Calendar, PlanError, Visit

from .planning import ArmPlan, PlanReport
from .to_rows import quoted
from .wording import activity_words, flag_words

if TYPE_CHECKING:
    from icalendar import Event


def to_ics(report: PlanReport, *, stamped: date) -> bytes:
    """The file.

    stamped  the day it is made, written into every event
    raises   PlanError when there is more than one arm, or a reading is still to choose
    """
    import icalendar

    arm, calendar = _only(report)
    file = icalendar.Calendar()
    file.add("prodid", f"-//Trialwright//{report.software}//EN")
    file.add("version", "2.0")
    file.add("x-wr-calname", " ".join(filter(None, (report.trial, as_read(arm.plan.arm)[:60], report.name))))
    for visit in calendar.visits:
        file.add_component(_event(report, arm, visit, stamped))
    return bytes(file.to_ical())


def _only(report: PlanReport) -> tuple[ArmPlan, Calendar]:
    if len(report.arms) != 1:
        labels = ", ".join(repr(arm.plan.arm) for arm in report.arms)
        raise PlanError(f"a calendar file holds one arm; choose one of {labels}" if labels else "no arm was read")
    (arm,) = report.arms
    if len(arm.plan.calendars) != 1:
        readings = " or ".join(calendar.reading or "" for calendar in arm.plan.calendars)
        raise PlanError(f"a calendar file holds one reading of the text; choose {readings}")
    return arm, arm.plan.calendars[0]


def _event(report: PlanReport, arm: ArmPlan, visit: Visit, stamped: date) -> "Event":
    import icalendar

    event = icalendar.Event()
    names = dict.fromkeys(as_read(activity.name) for activity in visit.activities)
    event.add("summary", f"{report.trial or 'Trial'} {visit.label}: {', '.join(names)}")
    event.add("dtstart", visit.earliest)
    event.add("dtend", (visit.last or visit.latest) + timedelta(days=1))  # the day after: RFC 5545, 3.6.1
    event.add("dtstamp", datetime.combine(stamped, time(), UTC))
    event.add("uid", _uid(report, arm, visit))
    event.add("transp", "TRANSPARENT")
    event.add("description", _description(report, arm, visit))
    return event


def _uid(report: PlanReport, arm: ArmPlan, visit: Visit) -> str:
    """The same visit of the same plan has the same uid, so that a new file replaces the old one."""
    key = "|".join((report.trial, arm.plan.arm, visit.label, str(report.start), str(visit.last)))
    return f"{hashlib.sha256(key.encode()).hexdigest()[:32]}@trialwright"


def _description(report: PlanReport, arm: ArmPlan, visit: Visit) -> str:
    lines = [as_read(activity_words(activity)) for activity in visit.activities]
    if not visit.is_exact:
        lines.append(f"Window {visit.earliest} to {visit.latest}")
    lines += [flag_words(visit)] if visit.flags else []
    words = dict.fromkeys(quoted(arm.plan, activity) for activity in visit.activities)
    lines += [f"As published: {found}" for found in words if found]
    return "\n".join([*lines, report.disclaimer])
