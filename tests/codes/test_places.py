"""Spans and the remarks drawn under them."""

import msgspec
import pytest

from trialwright.codes.places import Diagnostic, Span, draw


def test_a_span_cuts_moves_and_joins() -> None:
    span = Span(2, 5)
    assert span.of("abcdefg") == "cde"
    assert span.shift(10) == Span(12, 15)
    assert span.cover(Span(8, 9)) == Span(2, 9)
    assert msgspec.json.encode(span) == b"[2,5]"


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (3, 2)])
def test_a_span_runs_forward(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="runs forward"):
        Span(start, end)


def test_a_remark_is_drawn_under_its_words() -> None:
    remark = Diagnostic("unit-mismatch", "'mg' is no unit of platelets", "NCT00000000 E3", Span(16, 18))
    assert draw(remark, "Platelets < 100 mg within 14 days").splitlines() == [
        "NCT00000000 E3: 'mg' is no unit of platelets [unit-mismatch]",
        "    Platelets < 100 mg within 14 days",
        "                    ^^",
    ]


def test_only_the_line_in_question_is_drawn() -> None:
    text = "first line\nsecond line\nthird"
    lines = draw(Diagnostic("odd", "odd word", span=Span(18, 22)), text).splitlines()
    assert lines == ["odd word [odd]", "    second line", "           ^^^^"]


def test_a_long_line_is_cut_around_the_place() -> None:
    text = "x" * 300 + "HERE" + "y" * 300
    _, shown, carets = draw(Diagnostic("odd", "here", span=Span(300, 304)), text, width=60).splitlines()
    assert len(shown) <= 64
    assert shown[carets.index("^") : carets.rindex("^") + 1] == "HERE"


def test_a_remark_without_a_place_is_its_message() -> None:
    assert draw(Diagnostic("odd", "something", "X"), "text") == "X: something [odd]"
