"""The page, the terminal and JSON: everything of the plan stands there, with its source, and nothing of it is markup."""

import html
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from datetime import date

import msgspec

from trialwright.export.plans.drawing import strips
from trialwright.export.plans.planning import PlanReport, remarks
from trialwright.export.plans.to_html import pieces, to_html
from trialwright.export.plans.to_text import layout
from trialwright.export.plans.wording import visit_lines

Planned = Callable[..., PlanReport]


def text_of(report: PlanReport) -> str:
    return "\n".join(line.text for line in layout(report))


def test_the_page_escapes_what_the_record_says_and_fetches_nothing(planned: Planned) -> None:
    page = to_html(planned())
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "<b>A trial</b>" not in page
    assert not re.search(r"(?:src|href)=\"(?!#)", page)
    assert "default-src 'none'" in html.unescape(page)
    assert "decides nothing" in page


def test_the_page_marks_the_words_that_were_read(chosen: PlanReport) -> None:
    (arm,) = chosen.arms
    text = arm.plan.texts[0]
    cut = pieces(arm, text)
    assert "".join(piece.words for piece in cut) == text.text
    marked = {piece.words for piece in cut if piece.is_read}
    assert {"75 mg/m2", "on day 1", "every 3 weeks"} <= marked


def test_the_page_holds_every_visit_and_remark(chosen: PlanReport) -> None:
    page = to_html(chosen)
    for visit in chosen.arms[0].plan.calendars[0].visits:
        assert f'<th scope="row" data-label="Visit">{visit.label}' in page
    for remark in remarks(chosen.arms[0]):
        assert f"<code>{remark.code}</code>" in page


def test_every_drawing_is_well_formed_and_within_its_frame(planned: Planned) -> None:
    page = to_html(planned())
    drawings = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert drawings
    for drawing in drawings:
        root = ET.fromstring(drawing)
        height = float(root.attrib["viewBox"].split()[3])
        for shape in root.iter("rect"):
            assert 0 <= float(shape.attrib["x"]) <= 340
            assert float(shape.attrib["x"]) + float(shape.attrib["width"]) <= 340
            assert float(shape.attrib["y"]) + float(shape.attrib["height"]) <= height


def test_strips_hold_every_visit_of_their_year(chosen: PlanReport) -> None:
    calendar = chosen.arms[0].plan.calendars[0]
    drawn = strips(calendar, date(2026, 5, 31))
    assert drawn[0].title == "Year 1: 2026-03-02 to 2027-03-01"
    assert drawn[0].end_x is not None
    assert sum(len(lane.marks) for strip in drawn for lane in strip.lanes) >= len(calendar.visits)
    assert any(mark.is_late for strip in drawn for lane in strip.lanes for mark in lane.marks)


def test_the_terminal_says_what_is_open_missing_and_published(planned: Planned) -> None:
    words = text_of(planned(arm="1"))
    assert "choose Cisplatin | carboplatin" in words
    assert 'Reading: "after cycle n" read as after its first day (cycle-start)' in words
    assert "What the text leaves out or contradicts" in words
    assert re.search(r"armGroups\[0\].description, characters \d+-\d+: 'Capecitabine'|not stated", words)
    assert "As published (armGroups[0].description)" in words
    assert "decides nothing" in words


def test_alternatives_stand_in_one_line(planned: Planned) -> None:
    first = planned(arm="1").arms[0].plan.calendars[0].visits[0]
    assert next(visit_lines(first)) == "one of: Cisplatin 75 mg/m2, iv or carboplatin AUC 5, iv"


def test_a_remark_stands_once(planned: Planned) -> None:
    found = [(remark.code, remark.message) for remark in remarks(planned(arm="1").arms[0])]
    assert len(found) == len(set(found)) > 0


def test_json_is_the_report_and_reads_back(chosen: PlanReport) -> None:
    read = msgspec.json.decode(msgspec.json.encode(chosen), type=PlanReport)
    assert read == chosen
    assert read.schema == "trialwright.plan/1"


def test_nobody_is_named_unless_asked(planned: Planned) -> None:
    for form in (to_html, text_of):
        assert "Maria" not in form(planned())
        assert "Maria Muster" in form(planned(name="Maria Muster"))
