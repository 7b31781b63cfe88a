"""What people type, as it is understood: words, phrases, operators, fields and filters; nothing that is odd raises."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialwright.library.asking import (
    LONGEST,
    MOST_WORDS,
    AnyOf,
    Asked,
    Every,
    FilterText,
    Phrase,
    Required,
    Without,
    Word,
    understand,
)
from trialwright.library.errors import QueryError

A, B, C = Word("a"), Word("b"), Word("c")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", A),
        ("a b", AnyOf((A, B))),
        ('"a b"', Phrase("a b")),
        ('"a"', A),
        ("a AND b", Every((A, B))),
        ("a and b", AnyOf((A, Word("and"), B))),
        ("a OR b AND c", AnyOf((A, Every((B, C))))),
        ("(a OR b) AND c", Every((AnyOf((A, B)), C))),
        ("a && b || c", AnyOf((Every((A, B)), C))),
        ("+a b", AnyOf((Required(A), B))),
        ("a -b", AnyOf((A, Without(B)))),
        ("a NOT b", AnyOf((A, Without(B)))),
        ("-a", AnyOf((Without(A),))),
        ("NOT (a OR b)", AnyOf((Without(AnyOf((A, B))),))),
        ("tori*", Word("tori", is_start=True)),
        ("pd-1", Word("pd-1")),
        ("title:a", Word("a", "title")),
        ('title:"a b"', Phrase("a b", "title")),
        ("title:(a b)", AnyOf((Word("a", "title"), Word("b", "title")))),
        ("TITLE:a", Word("a", "title")),
        ("exclusion:tori*", Word("tori", "exclusion", is_start=True)),
        ("a\n\tb", AnyOf((A, B))),
        ("", None),
        ("   ", None),
    ],
)
def test_meanings(text: str, expected: Asked | None) -> None:
    found = understand(text)
    assert (found.asked, found.filters, found.notes) == (expected, (), ())


@pytest.mark.parametrize(
    ("text", "filters"),
    [
        ("status:recruiting", (FilterText("status", "recruiting"),)),
        ("country:france,china", (FilterText("country", "france,china"),)),
        ('country:"United States"', (FilterText("country", "United States"),)),
        ("allows:ecog=2 excludes:hbv", (FilterText("allows", "ecog=2"), FilterText("excludes", "hbv"))),
        ("Near:23.1,113.2,50", (FilterText("near", "23.1,113.2,50"),)),
    ],
)
def test_filters_among_words(text: str, filters: tuple[FilterText, ...]) -> None:
    assert understand(text) == understand(text)
    assert (understand(text).asked, understand(text).filters) == (None, filters)
    mixed = understand(f"a {text} b")
    assert (mixed.asked, mixed.filters) == (AnyOf((A, B)), filters)


@pytest.mark.parametrize(
    ("text", "asked", "note"),
    [
        ('a "b c', AnyOf((A, Phrase("b c"))), "a quotation mark was never closed"),
        ('"', None, "a quotation mark was never closed"),
        ("(a", A, "a bracket was never closed"),
        ("a)", A, ") stands alone"),
        ("AND", None, "AND has nothing on one side"),
        ("a AND", A, "AND has nothing on one side"),
        ("OR a", A, "OR has nothing on one side"),
        ("NOT", None, "NOT stands alone"),
        ("a NOT", A, "NOT stands alone"),
        ("!!! ???", None, "the query holds no word to search for"),
        ("/neo.*plasm/", AnyOf((Word("neo"), Word("plasm"))), "regular expressions are not read"),
        ("http://a", AnyOf((Word("http"), A)), "http: is no filter and was searched as a word"),
    ],
)
def test_odd_text_is_read_as_far_as_it_goes(text: str, asked: Asked | None, note: str) -> None:
    found = understand(text)
    assert found.asked == asked
    assert any(note in said for said in found.notes), found.notes


@pytest.mark.parametrize(
    ("text", "near"),
    [("statuss:recruiting", "status"), ("excludse:hbv", "excludes"), ("titel:a", "title"), ("phases:3", "phase")],
)
def test_a_filter_that_does_not_exist_names_the_nearest(text: str, near: str) -> None:
    with pytest.raises(QueryError, match=rf"there is no filter .*; did you mean '{near}'\?"):
        understand(text)


def test_a_filter_without_a_value_shows_one() -> None:
    with pytest.raises(QueryError, match="status: needs a value, such as status:recruiting"):
        understand('status:""')


def test_a_very_long_query_is_cut_and_says_so() -> None:
    found = understand("word " * 2000)
    assert found.notes == (
        f"the query has 10000 characters; the first {LONGEST} were read",
        f"the query has {LONGEST // 5} words; the first {MOST_WORDS} were searched for",
    )
    assert isinstance(found.asked, AnyOf)
    assert len(found.asked.parts) == MOST_WORDS


def test_many_brackets_do_not_go_deep() -> None:
    assert understand("(" * 900 + "a" + ")" * 900).notes


_PIECES = st.sampled_from(
    [
        "a",
        '"',
        "(",
        ")",
        "AND",
        "OR",
        "NOT",
        "-",
        "+",
        ":",
        "title:",
        "*",
        "/",
        "\\",
        "\0",
        "é",
        "🙂",
        " ",
        "x:y",
        "|",
        "!",
    ]
)


@given(st.one_of(st.text(max_size=60), st.lists(_PIECES, max_size=30).map("".join), st.lists(_PIECES).map(" ".join)))
def test_nothing_raises(text: str) -> None:
    with suppress(QueryError):
        found = understand(text)
        assert all("\n" not in note for note in found.notes)
