"""The calendar file: read back by the library it is made with, and by a strict reading of RFC 5545 of our own."""

import re
from collections.abc import Callable
from datetime import date, timedelta

import icalendar
import pytest

from trialwright.export.plans.planning import PlanReport
from trialwright.export.plans.to_ics import to_ics
from trialwright.regimen.calendar import PlanError, Visit

Planned = Callable[..., PlanReport]
MADE = date(2026, 2, 28)
Event = dict[str, str]
_ESCAPED = {r"\n": "\n", r"\N": "\n", r"\,": ",", r"\;": ";", r"\\": "\\"}


def unfolded(file: bytes) -> list[str]:
    """Content lines: CRLF at each end, no line over 75 octets, continued lines joined (RFC 5545, 3.1)."""
    text = file.decode("utf-8")
    assert text.endswith("\r\n")
    assert "\n" not in text.replace("\r\n", "")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    return text.replace("\r\n ", "").removesuffix("\r\n").split("\r\n")


def events(file: bytes) -> list[Event]:
    """Strictly: one VCALENDAR, VEVENTs within it and nothing else, each property once."""
    lines = unfolded(file)
    assert (lines[0], lines[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR")
    found: list[Event] = []
    current: Event | None = None
    for line in lines[1:-1]:
        name, value = re.fullmatch(r"([A-Z-]+(?:;[A-Z-]+=[^:;\"]+)*):(.*)", line, re.DOTALL).groups()  # type: ignore[union-attr]
        if line == "BEGIN:VEVENT":
            assert current is None
            current = {}
        elif line == "END:VEVENT":
            assert current is not None
            found.append(current)
            current = None
        elif current is not None:
            assert name not in current
            assert not re.search(r"(?<!\\)(?:\\\\)*[,;]", value) or name.startswith(("DT", "X-"))
            current[name] = re.sub(r"\\[nN,;\\]", lambda sign: _ESCAPED[sign[0]], value)
    return found


def visits(report: PlanReport) -> tuple[Visit, ...]:
    return report.arms[0].plan.calendars[0].visits


def test_a_strict_reading_finds_every_visit_on_its_days(chosen: PlanReport) -> None:
    found = events(to_ics(chosen, stamped=MADE))
    assert len(found) == len(visits(chosen)) > 5
    for event, visit in zip(found, visits(chosen), strict=True):
        assert event["DTSTART;VALUE=DATE"] == f"{visit.earliest:%Y%m%d}"
        end = (visit.last or visit.latest) + timedelta(days=1)  # the day after: DTEND is not part of an event
        assert event["DTEND;VALUE=DATE"] == f"{end:%Y%m%d}"
        assert event["DTSTAMP"] == "20260228T000000Z"
        assert visit.label in event["SUMMARY"]
        assert "decides nothing" in event["DESCRIPTION"]
        assert "As published: " in event["DESCRIPTION"]


def test_the_library_reads_the_same(chosen: PlanReport) -> None:
    file = to_ics(chosen, stamped=MADE)
    read = icalendar.Calendar.from_ical(file)
    assert [str(event["SUMMARY"]) for event in read.walk("VEVENT")] == [event["SUMMARY"] for event in events(file)]
    assert [event["DTSTART"].dt for event in read.walk("VEVENT")] == [visit.earliest for visit in visits(chosen)]


def test_uids_are_unique_and_stay_the_same(chosen: PlanReport) -> None:
    uids = [event["UID"] for event in events(to_ics(chosen, stamped=MADE))]
    assert len(set(uids)) == len(uids)
    assert uids == [event["UID"] for event in events(to_ics(chosen, stamped=date(2027, 1, 1)))]


def test_nobody_is_named_unless_asked(planned: Planned) -> None:
    choices = ("cisplatin", "cycle-start")
    assert b"Maria" not in to_ics(planned(*choices, arm="1"), stamped=MADE)
    assert b"Maria Muster" in to_ics(planned(*choices, arm="1", name="Maria Muster"), stamped=MADE)


@pytest.mark.parametrize(
    ("choices", "arm", "message"),
    [
        ((), None, "holds one arm"),
        (("cisplatin",), "1", "holds one reading of the text; choose cycle-start or cycle-end"),
    ],
)
def test_two_plans_in_one_file_are_refused(
    planned: Planned, choices: tuple[str, ...], arm: str | None, message: str
) -> None:
    with pytest.raises(PlanError, match=message):
        to_ics(planned(*choices, arm=arm) if arm else planned(), stamped=MADE)
