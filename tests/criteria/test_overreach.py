"""Members of a list beside unread words: what those may say of them too stays open."""

import pytest

from trialwright.codes.vocabulary import default_vocabulary
from trialwright.criteria.compiler import compile_text
from trialwright.criteria.nodes import All, Has, If, Node, Unread, walk
from trialwright.criteria.nodes import Any as AnyOf


def tree(words: str, kind: str = "Exclusion") -> Node:
    return compile_text(f"{kind} Criteria:\n* {words}", vocabulary=default_vocabulary()).criteria[0].node


def certain(node: Node) -> set[str]:
    """The ids whose presence alone makes the list true."""
    match node:
        case AnyOf(parts=parts):
            return {name for part in parts for name in certain(part)}
        case Has(concept=concept):
            return {concept.id or concept.text}
        case _:
            return set()


@pytest.mark.parametrize(
    ("words", "open_to"),
    [
        ("Radiotherapy, surgery or any other zorbing of the bones within 4 weeks before enrolment", {"radiotherapy", "surgery"}),
        ("Diabetes that, in the view of the zorbing team, would expose them to danger", {"diabetes"}),
        ("Severe zorbing of the knees, gastritis or epistaxis", {"gastritis", "epistaxis"}),
        ("Any of the following in the previous 6 months: zorbing of the knees, gastritis", {"gastritis"}),
    ],
)  # fmt: skip
def test_what_unread_words_may_narrow_excludes_nobody_for_certain(words: str, open_to: set[str]) -> None:
    node = tree(words)
    named = {part.concept.id for part in walk(node) if isinstance(part, Has)}
    assert any(isinstance(part, Unread) for part in walk(node))
    assert not certain(node) & open_to
    assert open_to <= named


def test_items_and_members_with_a_time_of_their_own_are_left_alone() -> None:
    assert certain(tree("Gastritis; severe zorbing of the knees")) == {"gastritis"}
    timed = tree("Surgery within 2 weeks, or zorbing of the bones within 4 weeks before enrolment")
    assert certain(timed) == {"surgery"}


def test_an_exclusion_of_some_people_excludes_nobody_else() -> None:
    text = "Inclusion Criteria:\n* Asthma\n\nExclusion Criteria for healthy volunteers:\n* Asthma"
    own = [one for one in compile_text(text, vocabulary=default_vocabulary()).criteria if one.kind == "exclusion"]
    assert isinstance(own[0].node, All)
    assert not any(isinstance(part, If) for part in walk(own[0].node))
    assert any(isinstance(part, Unread) for part in walk(own[0].node))
