"""Counted once, asked in any order: cells and steps against a second, naive way of counting people one by one."""

from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialwright.codes.dates import PartialDate
from trialwright.criteria.logic import Verdict
from trialwright.criteria.nodes import All, Criteria, Criterion, Person, Span
from trialwright.engines import duckdb
from trialwright.engines.attrition import attrition, bits_of, remaining, undecided
from trialwright.engines.counts import Cell, Counts, age_band, count_patients, criteria_names, masks, merged
from trialwright.engines.tables import part_names, write_tables
from trialwright.patients.facts import Complete, Patient

from .charts import VOCABULARY

INDEX = date(2026, 3, 2)
NAMES = ("I1", "I2", "E1", "E2")
VERDICTS: tuple[Verdict, ...] = ("pass", "fail", "unknown", "person")
PEOPLE = st.lists(st.tuples(*(st.sampled_from(VERDICTS) for _ in NAMES)), max_size=30)


def counted(people: list[tuple[Verdict, ...]]) -> Counts:
    cells = tuple(Cell(*masks(one), "18-39", "female", 1) for one in people)
    return Counts(NAMES, cells)


def is_open(verdict: Verdict) -> bool:
    return verdict in ("unknown", "person")


@settings(max_examples=40)
@given(people=PEOPLE, order=st.permutations(range(len(NAMES))), length=st.integers(1, len(NAMES)))
def test_steps_in_any_order_are_what_counting_by_hand_gives(
    people: list[tuple[Verdict, ...]], order: list[int], length: int
) -> None:
    order = order[:length]
    for number, step in enumerate(attrition(counted(people), [NAMES[place] for place in order])):
        place, so_far, before = order[number], order[: number + 1], order[:number]
        others = [other for other in order if other != place]
        can = [one for one in people if all(one[at] != "fail" for at in so_far)]
        could = [one for one in people if all(one[at] != "fail" for at in before)]
        assert step.remain == sum(all(one[at] == "pass" for at in so_far) for one in people)
        assert step.possible == len(can)
        assert step.excluded == len(could) - len(can)
        assert step.unknown == sum(is_open(one[place]) for one in can)
        assert step.alone == sum(one[place] == "fail" and all(one[at] != "fail" for at in others) for one in people)
        assert step.gained == sum(one[place] != "pass" and all(one[at] == "pass" for at in others) for one in people)


@settings(max_examples=40)
@given(people=PEOPLE)
def test_the_end_does_not_depend_on_the_order(people: list[tuple[Verdict, ...]]) -> None:
    counts = counted(people)
    ends = {(step.remain, step.possible) for order in (NAMES, NAMES[::-1]) for step in attrition(counts, order)[-1:]}
    assert ends == {remaining(counts.cells, bits_of(counts, NAMES))}


def test_what_nobody_answers_is_named() -> None:
    counts = counted([("pass", "unknown", "person", "fail"), ("fail", "person", "person", "pass")])
    assert undecided(counts) == ("I2", "E1")


BIRTHS = (
    ("18-39", PartialDate(2008, 3, 2)), ("under 18", PartialDate(2008, 3, 3)), ("not recorded", PartialDate(2008)),
    ("40-64", PartialDate(1961, 3, 3)), ("65-74", PartialDate(1961, 3, 2)), ("75 and over", PartialDate(1951, 3, 2)),
    ("under 18", PartialDate(2026)), ("under 18", PartialDate(2026, 3, 2)), ("not recorded", PartialDate(2027)),
    ("not recorded", None), ("75 and over", PartialDate(1900)), ("40-64", PartialDate(1970, 5)),
)  # fmt: skip


@pytest.mark.parametrize(("band", "birth"), BIRTHS)
def test_age_bands(band: str, birth: PartialDate | None) -> None:
    assert age_band(Patient(id="p", birth=birth), INDEX) == band


def trial(number: int) -> Criteria:
    """So many criteria that the masks do not fit into one word of a database."""
    nodes = (Person(sex="female"), Person(sex="male"), All())
    return Criteria(
        trial="T",
        criteria=tuple(
            Criterion(
                id=f"I{place % 40}",
                kind="inclusion" if place % 2 else "exclusion",
                heading="",
                number="",
                span=Span(0, 0),
                text="",
                reading="whole",
                node=nodes[place % 3],
            )
            for place in range(number)
        ),
    )


def people(number: int) -> list[Patient]:
    sexes = ("female", "male", None)
    births = [birth for _, birth in BIRTHS]
    return [
        Patient(id=str(place), sex=sexes[place % 3], birth=births[place % len(births)])  # type: ignore[arg-type]
        for place in range(number)
    ]


def test_fact_tables_give_the_same_cells_as_charts_in_whole_and_in_parts(tmp_path: Path) -> None:
    terms = {"index_date": INDEX, "complete": Complete(), "vocabulary": VOCABULARY}
    criteria, everybody = trial(70), people(50)
    write_tables(everybody[:20], tmp_path, vocabulary=VOCABULARY, part=0)
    write_tables(everybody[20:], tmp_path, vocabulary=VOCABULARY, part=3)
    expected = count_patients(everybody, criteria, **terms)  # type: ignore[arg-type]
    assert expected.people == 50
    assert len(expected.cells) == 10
    assert duckdb.count(tmp_path, criteria, **terms) == expected  # type: ignore[arg-type]
    parts = [duckdb.count(tmp_path, criteria, parts=(part,), **terms) for part in part_names(tmp_path)]  # type: ignore[arg-type]
    assert [part.people for part in parts] == [20, 30]
    assert merged(parts) == expected


def test_each_criterion_has_a_name_of_its_own() -> None:
    names = criteria_names(trial(70))
    assert len(set(names)) == 70
    assert names[0] == "I0"
    assert names[40] == "I0 (2)"


def test_counts_of_different_criteria_are_not_added() -> None:
    with pytest.raises(ValueError, match="same criteria"):
        merged([Counts(("I1",), ()), Counts(("I2",), ())])


def test_bands_have_no_hole() -> None:
    from trialwright.engines.counts import BAND_STARTS

    assert all(one < other for (one, _), (other, _) in pairwise(BAND_STARTS))
    assert BAND_STARTS[0][0] == 0
