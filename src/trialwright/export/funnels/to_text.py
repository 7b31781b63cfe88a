"""What stands around a funnel's table of steps, as lines for a terminal or a pipe."""

from collections.abc import Iterator

from trialwright.export.record_text import as_read
from trialwright.export.to_terminal import Line

from .report import FunnelReport, WhatIfRow
from .to_rows import short


def head(report: FunnelReport) -> Iterator[Line]:
    yield Line(f"{report.trial or 'no id'}  {as_read(report.title)}", "title")
    complete = f"complete lists: {', '.join(report.complete)}" if report.complete else "no list declared complete"
    yield Line(f"As of {report.as_of} · {complete} · judged by {report.engine} · {report.software}", "quiet")
    yield Line(report.disclaimer, "quiet")
    yield Line("")


def foot(report: FunnelReport) -> Iterator[Line]:
    """What was set aside, the other limits, and the groups."""
    if report.aside:
        yield Line("")
        yield Line("Set aside: counted in no step, and still open for everybody", "heading")
    for one in report.aside:
        yield Line(f"{one.id}: {one.why}: {short(one.text)}", "text", 2, 4)
    if report.what_if:
        yield Line("")
        yield Line("What if", "heading")
    for what in report.what_if:
        yield Line(what_if_words(what), "text", 2, 4)
    yield Line("")
    yield Line("By sex and age: people, possible at the end, remain at the end", "heading")
    for group in report.groups:
        yield Line(f"{group.by} {group.group}: {group.people}, {group.possible}, {group.remain}", "text", 2, 4)


def what_if_words(what: WhatIfRow) -> str:
    """`I3 hemoglobin >= 90 g/L, at 80: 38 more remain, 0 fewer; …`"""
    remain = f"{what.adds} more remain, {what.loses} fewer"
    return f"{what.id}: {what.limit}, at {what.value}: {remain}; {what.may_add} more possible, {what.may_lose} fewer"
