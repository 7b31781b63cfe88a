"""The tables that the readers run on: every way of saying a time has an example that it reads, every phrase is said once."""

import re
from collections import Counter

import pytest

from trialwright.codes.tables import parts
from trialwright.codes.vocabulary import default_vocabulary
from trialwright.regimen.agents import Agents
from trialwright.regimen.lexicon import compiled, table_rows
from trialwright.regimen.marks import Board
from trialwright.regimen.timing import time_patterns
from trialwright.regimen.words import clean
from trialwright.trial import Protocol, Record, Trial

ROWS = list(table_rows("time_patterns"))
PHRASES = ("dose_units", "dose_divisors", "frequencies", "routes", "roles", "stops", "activities")


@pytest.mark.parametrize("row", ROWS, ids=[f"{row['kind']}: {row['example']}" for row in ROWS])
def test_every_way_of_saying_a_time_reads_its_example(row: dict[str, str]) -> None:
    assert re.search(compiled(row["expression"]), clean(row["example"])), row["example"]
    board = Board(clean(row["example"]))
    board.try_all(time_patterns(row["group"]))
    assert row["kind"] in {mark.kind for mark in board.marks}


@pytest.mark.parametrize("table", PHRASES)
def test_no_phrase_stands_in_two_rows(table: str) -> None:
    said = Counter(
        phrase.lower() for row in table_rows(table) for phrase in {one.lower() for one in parts(row["words"])}
    )
    assert said
    assert {phrase for phrase, count in said.items() if count > 1} == set()


@pytest.mark.parametrize(
    "name",
    [
        "cisplatin",
        "carboplatin",
        "oxaliplatin",
        "gemcitabine",
        "fluorouracil",
        "5-FU",
        "leucovorin",
        "capecitabine",
        "cytarabine",
        "docetaxel",
        "paclitaxel",
        "pembrolizumab",
        "nivolumab",
        "toripalimab",
        "rituximab",
        "prednisone",
        "budesonide",
        "omalizumab",
        "insulin",
    ],
)
def test_drugs_of_the_vocabulary_are_found_however_many_combinations_they_are_in(name: str) -> None:
    board = Board(clean(f"Patients receive {name} 10 mg daily"))
    Agents(Trial(record=Record(protocol=Protocol()))).mark(board)
    assert [mark.value.text for mark in board.marks if mark.kind == "drug"] == [name]


@pytest.mark.parametrize(
    "name", ["chemotherapy", "antibiotics", "platinum", "checkpoint inhibitor", "FOLFOX", "corticosteroids"]
)
def test_a_class_or_a_combination_is_no_drug(name: str) -> None:
    board = Board(clean(f"Patients receive {name} daily"))
    Agents(Trial(record=Record(protocol=Protocol())), default_vocabulary()).mark(board)
    assert [mark for mark in board.marks if mark.kind == "drug"] == []
