"""Screening reports in the format asked for: one after the other, so that many patients need no more memory than one."""

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import TYPE_CHECKING

from trialwright.cli.output import Sink

if TYPE_CHECKING:
    from trialwright.export.report import Report

FORMATS = ("table", "json", "jsonl", "csv", "md", "html")


def write_reports(place: Sink, form: str, reports: Iterator["Report"]) -> None:
    _WRITERS[form](place, reports)


def _table(place: Sink, reports: Iterable["Report"]) -> None:
    from trialwright.export.to_terminal import layout

    for number, report in enumerate(reports):
        if number:
            place.line()
            place.line("=" * 80)
            place.line()
        place.paragraphs(layout(report))


def _json(place: Sink, reports: Iterator["Report"]) -> None:
    """One report as it is, several as an array."""
    from trialwright.export.to_json import indented, to_jsonl

    first = list(islice(reports, 2))
    if len(first) == 1:
        place.line(indented(first[0]))
        return
    place.write("[")
    for number, report in enumerate(chain(first, reports)):
        place.write(("," if number else "") + "\n")
        place.write(to_jsonl(report))
    place.line("\n]")


def _jsonl(place: Sink, reports: Iterable["Report"]) -> None:
    from trialwright.export.to_json import to_jsonl

    for report in reports:
        place.line(to_jsonl(report))


def _csv(place: Sink, reports: Iterable["Report"]) -> None:
    from trialwright.export.to_csv import to_csv

    for line in to_csv(reports):
        place.write(line)


def _md(place: Sink, reports: Iterable["Report"]) -> None:
    from trialwright.export.to_markdown import to_markdown

    place.write(to_markdown(reports))


def _html(place: Sink, reports: Iterable["Report"]) -> None:
    from trialwright.export.to_html import to_html

    place.write(to_html(reports))


def _review(place: Sink, reports: Iterable["Report"]) -> None:
    from trialwright.export.reviews import review_form

    for lines in review_form(reports):
        place.write(lines)


_WRITERS = {
    "table": _table, "json": _json, "jsonl": _jsonl, "csv": _csv, "md": _md, "html": _html, "review": _review,
}  # fmt: skip
