"""Regimens and visits in plain words: one sentence for a step, one line for a visit."""

from collections.abc import Iterator

from trialwright.codes.places import Diagnostic
from trialwright.regimen.calendar import Activity, Calendar, Visit
from trialwright.regimen.courses import detail, radiation_detail
from trialwright.regimen.endpoints import Endpoint
from trialwright.regimen.nodes import Choice, Count, Gap, Give, Operate, Part, Phase, Radiate, Stated, Step, Stop

_STOPS = {"lost": "loss to follow-up", "investigator": "the investigator's decision", "response": "complete response"}
FLAGS = {"after-completion": "after the trial's completion date"}


def part_words(part: Part) -> tuple[str, ...]:
    """A step in one sentence; of a choice, one for each option."""
    if isinstance(part, Choice):
        return tuple(" + ".join(step_words(step) for step in option) for option in part.options)
    return (step_words(part),)


def step_words(step: Step) -> str:
    if isinstance(step, Operate):
        return step.name
    if isinstance(step, Radiate):
        return f"{step.name}: {radiation_detail(step)}"
    return "; ".join(_give_words(step))


def _give_words(step: Give) -> Iterator[str]:
    yield f"{step.name} {detail(step)}"
    rhythm = [f"on day{'s' if len(step.days.value) > 1 else ''} {days_words(step.days.value)}"] if step.days else []
    rhythm += [f"at {', '.join(map(str, step.at.value))}"] if step.at else []
    rhythm += [f"every {step.every.value}"] if step.every else []
    if rhythm:
        yield " ".join(rhythm)
    if step.cycles:
        yield _counted(step.cycles, "cycle")
    if step.doses:
        yield _counted(step.doses, "dose")
    if step.total:
        yield f"{_counted(step.total, 'cycle')} in all"
    if step.duration:
        yield f"for at most {step.duration.value}" if not step.cycles else f"within {step.duration.value}"
    if step.stops:
        yield f"until {', '.join(stop_words(stop.value) for stop in step.stops)}"


def _counted(count: Stated[Count], noun: str) -> str:
    words = str(count.value)
    return f"{words} {noun}{'' if words == '1' else 's'}"


def stop_words(stop: Stop) -> str:
    words = _STOPS.get(stop.kind, stop.kind)
    return f"{words} ({stop.criteria})" if stop.criteria else words


def days_words(days: tuple[int, ...]) -> str:
    """`1 and 8`, `1–14`."""
    if len(days) > 2 and days == tuple(range(days[0], days[-1] + 1)):
        return f"{days[0]}–{days[-1]}"
    return " and ".join(filter(None, (", ".join(map(str, days[:-1])), str(days[-1]))))


def phase_words(phase: Phase) -> str:
    """When a phase begins."""
    words = [phase.role.value.replace("-", " ")] if phase.role else []
    if phase.condition:
        words.append(f"only if {phase.condition.value.words}")
        words += [f"then {phase.condition.value.continues}"] if phase.condition.value.continues else []
    if phase.start:
        words.append(gap_words(phase.start.value))
    return "; ".join(words)


def gap_words(gap: Gap) -> str:
    span = f"{gap.low} to {gap.high}" if gap.low and gap.high else f"up to {gap.high}" if gap.high else f"{gap.low}"
    return f"{span} {gap.side} {gap.event}"


def activity_words(activity: Activity) -> str:
    words = f"{activity.name} {activity.detail}".strip()
    words += f" [one of: {activity.choice}]" if activity.choice else ""
    return f"{words} ({activity.note})" if activity.note else words


def visit_lines(visit: Visit) -> Iterator[str]:
    """What happens at a visit, a line for each activity; alternatives of one choice stand in one line."""
    told: set[str] = set()
    for activity in visit.activities:
        members = [one for one in visit.activities if activity.choice and one.choice == activity.choice]
        if len(members) != len(activity.choice.split(" or ")) or any(one.note for one in members):
            yield activity_words(activity)
        elif activity.choice not in told:
            told.add(activity.choice)
            yield f"one of: {' or '.join(f'{one.name} {one.detail}'.strip() for one in members)}"


def visit_dates(visit: Visit) -> str:
    if visit.last is not None:
        return f"{visit.earliest} to {visit.last}"
    return str(visit.earliest) if visit.is_exact else f"{visit.earliest} – {visit.latest}"


def visit_days(calendar: Calendar, visit: Visit) -> str:
    """Days after the first dose, whose own day is 0."""
    first, last = calendar.offset(visit.earliest), calendar.offset(visit.last or visit.latest)
    return str(first) if first == last else f"{first}–{last}"


def flag_words(visit: Visit) -> str:
    return ", ".join(FLAGS.get(flag, flag) for flag in visit.flags)


def reading_words(calendar: Calendar) -> str:
    """Which reading of "after cycle n" a calendar follows; "" where the text leaves none open."""
    if calendar.reading is None:
        return ""
    end = "last" if calendar.reading == "cycle-end" else "first"
    return f'"after cycle n" read as after its {end} day ({calendar.reading})'


def place_words(remark: Diagnostic) -> str:
    """Where in the record a remark has its words: `armGroups[0].description, characters 12-20`; "" where it has none."""
    home = remark.where.rpartition("Module.")[2]
    span = f", characters {remark.span.start}-{remark.span.end}" if remark.span else ""
    return f"{home}{span}" if home else ""


def endpoint_words(endpoint: Endpoint) -> str:
    words = [endpoint.kind.replace("-", " ")]
    words += [f"until {' or '.join(endpoint.events)}"] if endpoint.events else []
    words += [f"from {endpoint.origin.value}"] if endpoint.origin else []
    words += [f"at {', '.join(str(one.value) for one in endpoint.landmarks)}"] if endpoint.landmarks else []
    words += [f"followed up to {endpoint.horizon.value}"] if endpoint.horizon else []
    words += [f"by {endpoint.criteria.value}"] if endpoint.criteria else []
    return "; ".join(words)
