"""A plan as a spreadsheet: the schedule of activities as protocols print it, activities down, visits across.

One sheet for each arm and reading, then the remarks, the patient's doses and the record's own texts. Every cell is text: what a
record says is never taken for a formula.
"""

import io
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from trialwright.export.record_text import as_read, shown
from trialwright.regimen.calendar import Activity, Calendar

from .planning import ArmPlan, PlanReport, remarks
from .wording import flag_words, place_words, reading_words, visit_dates, visit_days

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

_ORDER = ("give", "radiate", "operate", "assess", "outcome")
_HEADINGS = {
    "give": "Treatment", "radiate": "Radiotherapy", "operate": "Procedures", "assess": "Assessments", "outcome": "Outcomes",
}  # fmt: skip
_FIRST_ROW = 5


def to_xlsx(report: PlanReport) -> bytes:
    """The workbook's bytes."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.worksheets[0])
    for number, arm in enumerate(report.arms, 1):
        for calendar in arm.plan.calendars:
            name = f"{number} {calendar.reading or ''} {arm.plan.arm}"
            _schedule(_sheet(book, name), report, arm, calendar)
    _listing(_sheet(book, "Remarks"), ("arm", "code", "remark", "place"), _remark_rows(report))
    if any(arm.doses for arm in report.arms):
        _listing(_sheet(book, "Doses"), ("drug", "stated", "dose", "how"), _dose_rows(report))
    _listing(_sheet(book, "Source"), ("where", "as published"), _source_rows(report))
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def _sheet(book: "Workbook", name: str) -> "Worksheet":
    """A new sheet; its name without the signs that Excel refuses, within its 31 characters."""
    plain = re.sub(r"[\[\]:*?/\\']", " ", as_read(name))
    sheet: Worksheet = book.create_sheet(" ".join(plain.split())[:31] or "Plan")
    return sheet


def _put(sheet: "Worksheet", row: int, column: int, words: str, *, bold: bool = False, wrapped: bool = True) -> None:
    from openpyxl.styles import Alignment, Font

    cell = sheet.cell(row, column, _allowed(shown(words)))
    cell.data_type = "s"
    cell.alignment = Alignment(wrap_text=wrapped, vertical="top", horizontal="left" if column == 1 else "center")
    cell.font = Font(bold=bold)


def _allowed(words: str) -> str:
    """Without what XML cannot hold, and within a cell's 32,767 characters."""
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "", words)[:32_000]


def _schedule(sheet: "Worksheet", report: PlanReport, arm: ArmPlan, calendar: Calendar) -> None:
    _put(sheet, 1, 1, f"{report.trial} {as_read(arm.plan.arm)}", bold=True, wrapped=False)
    _put(sheet, 2, 1, " · ".join(filter(None, (reading_words(calendar), report.disclaimer))), wrapped=False)
    for row, head in enumerate(("Visit", "Date", "Day (first dose = 0)"), _FIRST_ROW - 2):
        _put(sheet, row, 1, head, bold=True)
    rows = _activity_rows(sheet, calendar)
    for column, visit in enumerate(calendar.visits, 2):
        _put(sheet, _FIRST_ROW - 2, column, visit.label, bold=True)
        _put(sheet, _FIRST_ROW - 1, column, visit_dates(visit))
        _put(sheet, _FIRST_ROW, column, visit_days(calendar, visit))
        for activity in visit.activities:
            _put(sheet, rows[_key(activity)], column, f"X* ({activity.note})" if activity.note else "X")
        if visit.flags:
            _put(sheet, max(rows.values(), default=_FIRST_ROW) + 1, column, flag_words(visit))
    _undated(sheet, calendar, max(rows.values(), default=_FIRST_ROW) + 3)
    _set_up(sheet, len(calendar.visits))


def _activity_rows(sheet: "Worksheet", calendar: Calendar) -> dict[tuple[str, str, str, str], int]:
    """The row of each activity, under the heading of its kind."""
    found = dict.fromkeys(_key(activity) for visit in calendar.visits for activity in visit.activities)
    rows: dict[tuple[str, str, str, str], int] = {}
    row = _FIRST_ROW + 1
    for kind in _ORDER:
        members = [key for key in found if key[0] == kind]
        if not members:
            continue
        _put(sheet, row, 1, _HEADINGS[kind], bold=True)
        for place, key in enumerate(members, row + 1):
            rows[key] = place
            choice = f" [one of: {key[3]}]" if key[3] else ""
            _put(sheet, place, 1, f"{as_read(key[1])} {key[2]}".strip() + choice)
        row += len(members) + 1
    return rows


def _key(activity: Activity) -> tuple[str, str, str, str]:
    return activity.kind, activity.name, activity.detail, activity.choice


def _undated(sheet: "Worksheet", calendar: Calendar, row: int) -> None:
    for place, undated in enumerate(calendar.undated, row):
        _put(sheet, place, 1, f"Not dated: {as_read(undated.name)}: needs {as_read(undated.needs)}")


def _set_up(sheet: "Worksheet", visits: int) -> None:
    """Frozen heads, and a landscape page that repeats them."""
    from openpyxl.utils import get_column_letter

    sheet.column_dimensions["A"].width = 44
    for column in range(2, visits + 2):
        sheet.column_dimensions[get_column_letter(column)].width = 13
    sheet.freeze_panes = f"B{_FIRST_ROW + 1}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9  # A4
    sheet.sheet_properties.pageSetUpPr.fitToPage = True  # type: ignore[union-attr]
    sheet.page_setup.fitToHeight = 0
    sheet.page_setup.fitToWidth = max(1, -(-visits // 12))
    sheet.print_title_cols, sheet.print_title_rows = "A:A", f"1:{_FIRST_ROW}"


def _listing(sheet: "Worksheet", columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    for column, head in enumerate(columns, 1):
        _put(sheet, 1, column, head, bold=True)
    for place, row in enumerate(rows, 2):
        for column, words in enumerate(row, 1):
            _put(sheet, place, column, words)
    sheet.freeze_panes = "A2"
    for letter, width in zip("ABCD", (30, 24, 90, 60), strict=True):
        sheet.column_dimensions[letter].width = width


def _remark_rows(report: PlanReport) -> Iterable[Sequence[str]]:
    for arm in report.arms:
        for remark in remarks(arm):
            yield as_read(arm.plan.arm), remark.code, as_read(remark.message), place_words(remark)
    for endpoint in report.endpoints:
        for remark in endpoint.diagnostics:
            yield "outcomes", remark.code, as_read(remark.message), place_words(remark)


def _dose_rows(report: PlanReport) -> Iterable[Sequence[str]]:
    for arm in report.arms:
        for dose in arm.doses:
            amounts = " – ".join(str(amount) for amount in dose.amounts) or f"not computed: {dose.refusal}"
            yield dose.drug, dose.stated, amounts, "\n".join(f"{line.kind}: {line.words}" for line in dose.audit)


def _source_rows(report: PlanReport) -> Iterable[Sequence[str]]:
    texts = {text.where: text.text for arm in report.arms for text in arm.plan.texts}
    yield from texts.items()
