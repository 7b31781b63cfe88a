"""The library's own tables of words: whole, and of use."""

from pathlib import Path

import pytest

from trialwright import library
from trialwright.codes.tables import parts, rows
from trialwright.library import View
from trialwright.library.everyday import asking_words, function_words, meant_by
from trialwright.library.near_words import distance
from trialwright.library.searching import Search, search

DATA = Path(library.__file__).parent / "data"


@pytest.mark.parametrize("name", [path.stem for path in sorted(DATA.glob("*.tsv"))])
def test_every_row_has_its_words_once_and_a_source(name: str) -> None:
    table = list(rows(name, DATA))
    assert table
    assert all(row["source"] for row in table)
    keys = [tuple(cell for column, cell in row.items() if column not in ("source", "means")) for row in table]
    assert len(keys) == len(set(keys))


def test_words_and_meanings_are_as_they_are_looked_up() -> None:
    for row in rows("everyday_words", DATA):
        words = row["words"].split()
        assert row["words"] == row["words"].lower()
        assert meant_by(words, 0) == (parts(row["means"]), len(words))
        assert row["words"] not in parts(row["means"])
    assert not asking_words() & function_words()


@pytest.mark.parametrize(
    ("words", "at", "expected"),
    [
        ("loose stools", 0, (("diarrhea",), 2)),
        ("severe loose stools", 1, (("diarrhea",), 2)),
        ("loose", 0, ((), 0)),
        ("zebra", 0, ((), 0)),
    ],
)
def test_the_longest_saying_is_taken(words: str, at: int, expected: tuple[tuple[str, ...], int]) -> None:
    assert meant_by(words.split(), at) == expected


def test_words_that_ask_count_little_beside_a_topic(view: View) -> None:
    scores = [search(view, Search(text=text)).hits[0].score for text in ("yoga", "best yoga", "yoga treatment options")]
    assert max(scores) - min(scores) < 0.2 * min(scores)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("asthma", "asthma", 0),
        ("asthma", "astma", 1),
        ("asthma", "ashtma", 1),
        ("asthma", "athsma", 2),
        ("asthma", "astmah", 2),
        ("asthma", "zebra", 3),
        ("", "", 0),
    ],
)
def test_distances_of_words(one: str, other: str, expected: int) -> None:
    assert distance(one, other, 2) == expected
    assert distance(other, one, 2) == expected
