"""What a person put into the form of the page in, a chart out, as bytes in the built-in patient form or as they were uploaded.

A mistake is said by the place in the form and by what was expected, never by what the chart holds.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Literal, get_args

import msgspec

from trialwright.patients.facts import Domain
from trialwright.patients.remarks import ChartError

How = Literal["form", "note", "file", "sample"]
HOWS: tuple[How, ...] = get_args(How)
DOMAINS: tuple[Domain, ...] = get_args(Domain)
MOST_TRIALS = 25
LONGEST_NOTE = 40_000

_NAME = re.compile(r"[^\w .-]+")


class Box(msgspec.Struct, frozen=True, kw_only=True):
    """A box of the form with one entry a line. section: of the patient form"""

    section: str
    label: str
    example: str
    is_first: bool = False


BOXES = (
    Box(section="conditions", label="Illnesses", example="nasopharyngeal carcinoma since 2021-01-15", is_first=True),
    Box(section="drugs", label="Drugs", example="cisplatin from 2021-02-01 to 2021-03-15, 3 cycles", is_first=True),
    Box(section="procedures", label="Surgery, radiation and other treatment",
        example="radiotherapy 70 Gy from 2021-02-01 to 2021-03-19, site nasopharynx", is_first=True),
    Box(section="labs", label="Blood and other tests", example="hemoglobin: 90 g/L on 2026-02-16 (115-150)", is_first=True),
    Box(section="stage", label="Stage of the tumour", example="rT2 rN0 M0, AJCC 8, on 2026-01-20", is_first=True),
    Box(section="measurements", label="Weight, height and other measures", example="body weight: 62 kg on 2026-02-16"),
    Box(section="scores", label="Scores", example="NYHA: 1 on 2026-02-23"),
    Box(section="findings", label="What was found", example="measurable disease on 2026-02-03"),
    Box(section="allergies", label="Allergies", example="cetuximab, anaphylaxis, severe, 2014-04-07"),
    Box(section="vaccines", label="Vaccines", example="zoster vaccine (live) on 2026-02-09"),
    Box(section="statements", label="What the person has said or agreed to", example="consent: yes on 2026-03-02"),
    Box(section="plans", label="What is yet to come", example="no live vaccine on 2026-03-02"),
)  # fmt: skip
"""The boxes in their order; those that come first are open, the others folded."""

_NAMED = frozenset(("labs", "measurements", "scores", "statements"))
"""Sections whose lines are a name, a colon and a value."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One screening as it was asked for.

    data      the chart, or the note
    trials    ids; empty = the library is searched for those that fit best
    is_open   only trials that take people now or soon
    is_saved  the report is wanted as a file
    """

    how: How
    data: bytes
    as_of: date
    trials: tuple[str, ...] = ()
    complete: frozenset[Domain] = frozenset()
    without: frozenset[str] = frozenset()
    limit: int = 10
    is_open: bool = True
    is_saved: bool = False

    def __repr__(self) -> str:
        return f"<Asked by {self.how}>"


def chart_of(given: Mapping[str, str]) -> bytes:
    """The boxes of the form as a chart in the built-in patient form, JSON.

    raises  ChartError for a line that lacks its name, and for a form in which nothing stands
    """
    chart: dict[str, object] = {"id": _NAME.sub("", given.get("name", "")).strip()[:40] or "patient"}
    chart |= {name: given[name].strip() for name in ("sex", "birth") if given.get(name, "").strip()}
    for box in BOXES:
        lines = [line.strip() for line in given.get(box.section, "").splitlines() if line.strip()]
        if lines:
            chart[box.section] = dict(_named(box, lines)) if box.section in _NAMED else lines
    if given.get("ecog", "").strip():
        held = chart.get("scores")
        chart["scores"] = {"ECOG": _on(given["ecog"].strip(), given)} | (held if isinstance(held, dict) else {})
    if len(chart) == 1:
        raise ChartError("nothing is filled in; write what is known into at least one box")
    return json.dumps(chart).encode()


def _on(value: str, given: Mapping[str, str]) -> str:
    day = given.get("ecog_day", "").strip()
    return f"{value} on {day}" if day else value


def _named(box: Box, lines: list[str]) -> Iterator[tuple[str, object]]:
    found: dict[str, list[str]] = {}
    for number, line in enumerate(lines, 1):
        name, colon, rest = line.partition(":")
        if not colon or not name.strip() or not rest.strip():
            raise ChartError(f"{box.label}, line {number}: expected a name, a colon and a value, as in “{box.example}”")
        found.setdefault(name.strip(), []).append(rest.strip())
    for name, values in found.items():
        yield name, values[0] if len(values) == 1 else values


def said(error: ChartError) -> str:
    """A loader's message in the words of the page: `input:1: conditions, item 2: …` as Illnesses, line 2."""
    words = re.sub(r"^(?:input|chart)(?::\d+)?: ", "", str(error))
    for box in BOXES:
        words = re.sub(rf"^{box.section}, item (\d+)", rf"{box.label}, line \1", words)
        words = re.sub(rf"^{box.section}\b", box.label, words)
    return words
