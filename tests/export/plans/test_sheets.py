"""The spreadsheet and the rows: the schedule of activities opens again, and nothing in it is a formula."""

import csv
import io
from collections.abc import Callable

import openpyxl

from trialwright.export.plans.planning import PlanReport
from trialwright.export.plans.to_rows import COLUMNS, to_csv
from trialwright.export.plans.to_xlsx import to_xlsx

Planned = Callable[..., PlanReport]


def test_activities_stand_down_and_visits_across(chosen: PlanReport) -> None:
    book = openpyxl.load_workbook(io.BytesIO(to_xlsx(chosen)))
    sheet = book.worksheets[0]
    visits = chosen.arms[0].plan.calendars[0].visits
    assert [cell.value for cell in sheet[3]][1:] == [visit.label for visit in visits]
    names = {sheet.cell(row, 1).value: row for row in range(6, sheet.max_row + 1)}
    marks = [sheet.cell(names["Cisplatin 75 mg/m2, iv"], column).value for column in range(2, len(visits) + 2)]
    given = [any(one.name == "Cisplatin" for one in visit.activities) for visit in visits]
    assert [bool(mark) for mark in marks] == given
    assert {"Treatment", "Procedures", "Assessments", "Outcomes"} <= set(names)
    assert sheet.freeze_panes == "B6"
    assert sheet.page_setup.orientation == "landscape"


def test_no_cell_is_a_formula(planned: Planned) -> None:
    book = openpyxl.load_workbook(io.BytesIO(to_xlsx(planned())))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert len(cells) > 100
    assert {cell.data_type for cell in cells} == {"s"}
    assert any("=1+1" in cell.value for cell in cells)


def test_there_is_a_sheet_for_each_arm_and_reading_then_remarks_doses_source(
    chosen: PlanReport, planned: Planned
) -> None:
    one = openpyxl.load_workbook(io.BytesIO(to_xlsx(chosen))).sheetnames
    assert one[1:] == ["Remarks", "Doses", "Source"]
    several = openpyxl.load_workbook(io.BytesIO(to_xlsx(planned()))).sheetnames
    assert len(several) == len(set(several)) == 5  # two readings of the first arm, the second arm, remarks, source
    assert all(len(name) <= 31 for name in several)


def test_the_audit_of_a_dose_stands_beside_it(chosen: PlanReport) -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(to_xlsx(chosen)))["Doses"]
    (row,) = [row for row in sheet.iter_rows(values_only=True) if row[0] == "Cisplatin"]
    assert row[2] == "141.15 mg"
    assert "body surface by mosteller" in str(row[3])


def test_csv_has_a_row_for_each_activity_of_each_visit(chosen: PlanReport) -> None:
    rows = list(csv.DictReader(io.StringIO("".join(to_csv(chosen)))))
    assert tuple(rows[0]) == COLUMNS
    visits = chosen.arms[0].plan.calendars[0].visits
    assert len(rows) == sum(len(visit.activities) for visit in visits)
    assert [row["earliest"] for row in rows] == [str(visit.earliest) for visit in visits for _ in visit.activities]
    assert all(row["source"] and row["disclaimer"] for row in rows)
    assert {row["arm"][0] for row in rows} == {"'"}  # a spreadsheet takes no formula from it
