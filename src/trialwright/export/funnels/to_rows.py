"""A funnel as rows: the steps, and everything else it holds; as CSV, and as the columns that a terminal shows."""

from collections.abc import Iterable, Iterator

from trialwright.export.record_text import as_read
from trialwright.export.to_csv import lines

from .report import FunnelReport, StepRow, share

COLUMNS = (
    "step",
    "id",
    "criterion",
    "remain",
    "possible",
    "excluded",
    "unknown",
    "% remain",
    "% possible",
    "alone",
    "gained",
)
CSV_COLUMNS = ("table", "number", "id", "kind", "name", "people", "remain", "possible", "excluded", "unknown", "remain_share", "possible_share", "excluded_alone", "gained_if_dropped", "note")  # fmt: skip # noqa: E501
_SHORT = 56


def step_rows(report: FunnelReport) -> Iterator[tuple[str, ...]]:
    """The steps, the top row first, with the criterion's words cut short."""
    if report.unread:
        yield ("", "", f"given: {report.given}, not read: {report.unread}", *[""] * 8)
    people = str(report.people)
    yield ("0", "", "people whose charts could be read", people, people, "", "", "", "", "", "")
    for step in report.steps:
        yield (str(step.number), step.id, short(step.text), *_numbers(step, report))


def _numbers(step: StepRow, report: FunnelReport) -> tuple[str, ...]:
    remain, possible = share(step.remain, report.people), share(step.possible, report.people)
    found = (str(step.remain), str(step.possible), str(step.excluded), str(step.unknown), remain, possible)
    return (*found, str(step.alone), str(step.gained))


def short(text: str) -> str:
    words = " ".join(as_read(text).split())
    return words if len(words) <= _SHORT else words[: _SHORT - 1].rsplit(" ", 1)[0] + "…"


def to_csv(report: FunnelReport) -> Iterable[str]:
    """All of it in one table; the column `table` says what a row is: input, step, aside, sex, age or what-if."""
    return lines(CSV_COLUMNS, _all(report))


def _all(report: FunnelReport) -> Iterator[tuple[str, ...]]:
    about = f"{report.trial} as of {report.as_of}; complete: {', '.join(report.complete) or 'none'}"
    yield _row("input", name="given", people=str(report.given), note=about)
    yield _row("input", name="not read", people=str(report.unread))
    yield _row("input", name="people", people=str(report.people))
    for step in report.steps:
        numbers = dict(zip(CSV_COLUMNS[6:14], _numbers(step, report), strict=True))
        yield _row("step", number=str(step.number), id=step.id, kind=step.kind, name=as_read(step.text), **numbers)
    for one in report.aside:
        yield _row("aside", id=one.id, kind=one.kind, name=as_read(one.text), note=one.why)
    for group in report.groups:
        numbers = {"people": str(group.people), "remain": str(group.remain), "possible": str(group.possible)}
        yield _row(group.by, name=group.group, **numbers)
    for what in report.what_if:
        numbers = {"remain": f"+{what.adds} -{what.loses}", "possible": f"+{what.may_add} -{what.may_lose}"}
        yield _row("what-if", id=what.id, name=f"{what.limit}: {what.value}", **numbers)


def _row(table: str, **cells: str) -> tuple[str, ...]:
    return tuple(table if name == "table" else cells.get(name, "") for name in CSV_COLUMNS)
