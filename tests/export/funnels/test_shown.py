"""What a funnel shows: no number from 1 to 9, none that a subtraction gives, the same in every format."""

import csv
import io
import re
from datetime import date
from itertools import pairwise
from xml.etree import ElementTree as ET

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialwright.criteria.logic import Verdict
from trialwright.criteria.nodes import All, Criteria, Criterion, Span
from trialwright.engines.attrition import attrition
from trialwright.engines.counts import Cell, Counts, masks
from trialwright.export.funnels.counting import Counted, FunnelTerms, report_funnel
from trialwright.export.funnels.drawing import to_svg
from trialwright.export.funnels.report import FunnelReport, share
from trialwright.export.funnels.shown import Nested, Shown, between, by_itself, column, difference, exactly
from trialwright.export.funnels.to_html import to_html
from trialwright.export.funnels.to_rows import step_rows, to_csv
from trialwright.registries import ctgov
from trialwright.trial import Trial

NAMES = ("I1", "I2", "E1")
VERDICTS: tuple[Verdict, ...] = ("pass", "fail", "unknown", "person")


def criteria() -> Criteria:
    return Criteria(
        trial="NCT00000001",
        criteria=tuple(
            Criterion(
                id=name,
                kind="inclusion",
                heading="",
                number="",
                span=Span(0, 0),
                text=f"words of <{name}> & more",
                reading="whole",
                node=All(),
            )
            for name in NAMES
        ),
    )


def trial() -> Trial:
    found = ctgov.read(
        b'{"protocolSection": {"identificationModule": {"nctId": "NCT00000001", "briefTitle": "A <trial>"}}}'
    )
    assert isinstance(found, Trial)
    return found


def report(cells: list[Cell]) -> FunnelReport:
    counts = Counts(NAMES, tuple(cells))
    counted = Counted(counts=counts, engine="memory", given=counts.people, unread=0)
    return report_funnel(trial(), criteria(), counted, FunnelTerms(as_of=date(2026, 3, 2)))


@st.composite
def populations(draw: st.DrawFn) -> list[Cell]:
    verdicts = draw(st.lists(st.tuples(*(st.sampled_from(VERDICTS) for _ in NAMES)), min_size=1, max_size=12))
    sizes = st.sampled_from((1, 2, 5, 9, 10, 11, 19, 40, 300))
    sexes, ages = st.sampled_from(("female", "male")), st.sampled_from(("18-39", "65-74"))
    return [Cell(*masks(one), draw(ages), draw(sexes), draw(sizes)) for one in verdicts]


def numbers(found: FunnelReport) -> list[Shown]:
    shown = [found.people]
    for step in found.steps:
        shown += [step.remain, step.possible, step.excluded, step.unknown, step.alone, step.gained]
    for group in found.groups:
        shown += [group.people, group.remain, group.possible]
    return shown


def far(one: Shown, other: Shown) -> bool:
    """Whether subtracting one from the other gives no small number."""
    return not (one.is_exact and other.is_exact) or not 0 < abs(one.least - other.least) < 10


@settings(max_examples=60)
@given(cells=populations())
def test_no_small_number_is_shown_or_given_away_by_a_difference(cells: list[Cell]) -> None:
    found = report(cells)
    assert all(not (one.is_exact and 0 < one.least < 10) for one in numbers(found))
    nested = [found.people, *(one for step in found.steps for one in (step.possible, step.remain))]
    assert all(far(one, other) for one in nested for other in nested)
    for before, step in pairwise([None, *found.steps]):
        assert step is not None
        start = before.possible if before else found.people
        if step.excluded.is_exact and step.excluded.least:
            # What is excluded here joins two numbers of the chain: it may be exact only when both of these are.
            assert start.is_exact
            assert step.possible.is_exact or step.possible.most < 10
        assert far(step.excluded, step.alone)
        assert far(step.alone, step.gained)
    for by in ("sex", "age"):
        groups = [group for group in found.groups if group.by == by]
        for name, total in (("people", found.people), ("remain", found.steps[-1].remain if found.steps else None)):
            hidden = sum(not getattr(group, name).is_exact for group in groups)
            positive = [group for group in groups if getattr(group, name).most]
            if total is not None and total.is_exact and len(positive) > 1:
                assert hidden != 1
        assert all(far(group.people, group.possible) and far(group.possible, group.remain) for group in groups)


@settings(max_examples=30)
@given(cells=populations())
def test_what_is_shown_holds_the_true_number(cells: list[Cell]) -> None:
    counts, found = Counts(NAMES, tuple(cells)), report(cells)
    steps = attrition(counts, [step.id for step in found.steps])
    for step, row in zip(steps, found.steps, strict=True):
        for name in ("remain", "possible", "excluded", "unknown", "alone", "gained"):
            shown, true = getattr(row, name), getattr(step, name)
            assert shown.least <= true <= shown.most, (name, shown, true)
            assert not (true and shown.text == "0")


@pytest.mark.parametrize(("people", "text"), [(0, "0"), (1, "<10"), (9, "<10"), (10, "10"), (1234567, "1,234,567")])
def test_small_numbers_have_one_text(people: int, text: str) -> None:
    assert str(by_itself(people)) == text


def test_a_number_near_one_already_shown_is_a_range() -> None:
    nested = Nested()
    assert [str(nested.show(people)) for people in (100, 95, 85, 84, 3, 0)] == [
        "100",
        "91–99",
        "85",
        "76–84",
        "<10",
        "0",
    ]


def test_a_range_of_one_number_is_wider() -> None:
    nested = Nested()
    assert [str(nested.show(people)) for people in (11, 10)] == ["11", "<11"]


def test_a_difference_is_no_closer_than_what_it_joins() -> None:
    assert str(difference(exactly(100), exactly(60), 40)) == "40"
    assert str(difference(between(91, 99), exactly(60), 35)) == "31–39"
    assert str(difference(exactly(100), between(91, 99), 4)) == "<10"


def test_one_hidden_part_of_a_known_total_does_not_stand_alone() -> None:
    shown = column(exactly(345), [by_itself(5), exactly(40), exactly(300)])
    assert [str(one) for one in shown] == ["<10", "10 or more", "300"]


CELLS = [
    Cell(*masks(("pass", "pass", "pass")), "18-39", "female", 7),
    Cell(*masks(("pass", "unknown", "pass")), "65-74", "male", 4),
    Cell(*masks(("pass", "fail", "pass")), "65-74", "male", 150),
    Cell(*masks(("fail", "fail", "pass")), "18-39", "female", 2),
]


def test_every_format_says_the_same() -> None:
    found = report(CELLS)
    drawn = ET.fromstring(to_svg(found))  # what was drawn here, and well-formed
    words = " ".join(drawn.itertext())
    rows = list(csv.DictReader(io.StringIO("".join(to_csv(found)))))
    json = msgspec.json.decode(msgspec.json.encode(found))
    page = to_html(found)
    for step, plain in zip(found.steps, list(step_rows(found))[1:], strict=True):
        (row,) = [row for row in rows if row["id"] == step.id]
        assert (row["remain"], row["possible"]) == (str(step.remain), str(step.possible)) == plain[3:5]
        assert f"{step.remain} / {step.possible}" in words
        assert json["steps"][step.number - 1]["remain"]["text"] == str(step.remain)
        assert str(step.gained).replace("<", "&lt;") in page
    assert "words of <I1> & more" in words
    assert "words of &lt;I1&gt; &amp; more" in page
    shown = re.sub(r"<style>.*?</style>|<svg.*?</svg>", "", page, flags=re.DOTALL)
    cells = re.findall(r"<td>([^<]*)</td>", shown)
    assert cells
    assert not [cell for cell in cells[2:] if re.fullmatch(r"[2-9]", cell.strip()) and cell not in "123"]


def test_a_share_needs_two_numbers_that_may_be_shown() -> None:
    assert share(exactly(50), exactly(200)) == "25.0 %"
    assert share(by_itself(5), exactly(200)) == ""
    assert share(exactly(0), exactly(0)) == ""


def test_what_is_set_aside_says_why() -> None:
    cells = [Cell(*masks(("pass", "unknown", "person")), "18-39", "female", 20)]
    found = report(cells)
    assert [step.id for step in found.steps] == ["I1"]
    assert {one.id: one.why for one in found.aside} == {"I2": "no chart answers it", "E1": "for a person to say"}
