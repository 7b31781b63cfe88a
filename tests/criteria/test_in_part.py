"""What is kept of a sentence that cannot be read whole follows from its words; what might not follow stays unread."""

import pytest

from trialwright.criteria.compiler import compile_text
from trialwright.criteria.nodes import All, Attest, Compare, Has, If, Node, Not, Unread, walk


def read(words: str, heading: str = "Exclusion") -> tuple[str, Node]:
    [criterion] = compile_text(f"{heading} Criteria:\n* {words}").criteria
    return criterion.reading, criterion.node


@pytest.mark.parametrize("heading", ["Inclusion", "Exclusion"])
def test_a_thing_with_words_that_narrow_it_is_kept_beside_them(heading: str) -> None:
    reading, node = read("Epilepsy (gloomy form) requiring 3 gargles and a moonlit stroll of 4 kg", heading)
    assert reading == "part"
    assert isinstance(node, All)
    assert {type(part) for part in node.parts} == {Has, Unread}


@pytest.mark.parametrize(
    "words",
    [
        "Epilepsy in the mother, as the 4 kg almanac tells",
        "Epilepsy may be quuxed with 3 gargles",
        "Epilepsy is quuxed with 3 gargles",
        "Epilepsy risk score of the 4 kg almanac",
        "Interval from epilepsy to the 3 gargles quuxed",
    ],
)
def test_words_that_may_turn_the_sense_keep_all_unread(words: str) -> None:
    reading, node = read(words, "Inclusion")
    things = [part for part in walk(node) if isinstance(part, Has) and part.concept.id == "epilepsy"]
    assert not things or reading == "whole", node


def test_an_exception_that_is_not_understood_widens_an_inclusion() -> None:
    reading, _node = read("Haemoglobin of at least 9 g/dL, unless the 3 gargles were quuxed on 4 kg", "Inclusion")
    assert reading == "none"


def test_a_member_of_a_list_is_not_taken_for_words_that_narrow() -> None:
    _reading, node = read("Asthma with 3 gargles of 4 kg quux, or epilepsy")
    unread = [part.text for part in walk(node) if isinstance(part, Unread)]
    assert all("epilepsy" not in text for text in unread) or isinstance(node, Unread)


def test_who_is_not_concerned_is_answered() -> None:
    reading, node = read("Women of childbearing potential must quux 3 gargles of 4 kg", "Inclusion")
    assert reading == "part"
    assert isinstance(node, If)


def test_an_allowance_asks_nothing_of_anybody() -> None:
    reading, node = read("Prior quuxing of the gargles is allowed", "Inclusion")
    assert (reading, node) == ("whole", All(span=node.span))


@pytest.mark.parametrize(
    ("words", "denied"),
    [
        ("Inability to follow the written instructions", True),
        ("Not able to climb the tower of the church", True),
        ("Refuses to have the calls recorded", True),
        ("Able to drink 6 glasses of water a day", False),
        ("Unable to read Danish", True),
        ("Fluent in spoken and written Danish", False),
    ],
)
def test_abilities_are_for_a_person_and_keep_their_denial(words: str, *, denied: bool) -> None:
    reading, node = read(words)
    assert reading == "whole"
    claims = [part for part in walk(node) if isinstance(part, Attest)]
    assert claims
    assert isinstance(node, Not) == denied


def test_lines_run_together_are_no_promise() -> None:
    _reading, node = read("Refuses to have the calls recorded - Known allergy to aspirin")
    assert not isinstance(node, Not | Attest)


def test_an_age_behind_an_ability_is_not_lost() -> None:
    reading, _node = read("Able to swallow pills >= 18 years", "Inclusion")
    assert reading != "whole"


def test_a_measure_that_nobody_knows_keeps_its_name_and_its_limit() -> None:
    reading, node = read("Smith Itch score of at least 12", "Inclusion")
    assert reading == "whole"
    assert isinstance(node, Compare)
    assert (node.measure.text, node.op, int(node.quantity.value)) == ("smith itch score", ">=", 12)


def test_other_trials_in_any_words() -> None:
    for words in (
        "Participation in another ongoing clinical research",
        "Simultaneous participation in another intervention trial",
    ):
        _reading, node = read(words)
        assert isinstance(node, Has)
        assert node.concept.id == "trial-participation"
    _reading, node = read("Participation in this trial before")
    assert not (isinstance(node, Has) and node.concept.id == "trial-participation")


def test_an_exception_that_only_allows_is_read_without_error() -> None:
    words = "No other cancer\n\n  * Exceptions:\n\n    * Prior quuxing of the gargles allowed"
    [criterion] = compile_text(f"Inclusion Criteria:\n\n* {words}").criteria
    assert criterion.reading in ("whole", "part", "none")
