"""Permissions with a condition, alone, behind what they are taken from, and in parentheses."""

import pytest

from trialwright.codes.vocabulary import default_vocabulary
from trialwright.criteria.compiler import compile_text
from trialwright.criteria.nodes import All, Has, If, Not

_COMPLETED = "adjuvant chemotherapy is allowed if completed at least 6 months before enrolment"


def first(words: str, kind: str) -> object:
    return compile_text(f"{kind} Criteria:\n* {words}", vocabulary=default_vocabulary()).criteria[0].node


@pytest.mark.parametrize(
    "words", [f"Prior chemotherapy. {_COMPLETED.capitalize()}.", f"Prior chemotherapy ({_COMPLETED})"]
)
def test_what_is_permitted_is_taken_from_what_stands_before(words: str) -> None:
    node = first(words, "Exclusion")
    assert isinstance(node, Has)
    (held,) = node.unless
    assert isinstance(held, Has)
    assert held.qualifiers == ("adjuvant",)
    assert held.when is not None
    assert str(held.when.at_least) == "6 months"


def test_a_permission_alone_excludes_what_is_not_as_it_says() -> None:
    words = "Prior radiotherapy is allowed if completed at least 4 weeks before enrolment"
    asked, refused = first(words, "Inclusion"), first(words, "Exclusion")
    assert isinstance(asked, Not)
    assert asked.part == refused
    assert isinstance(refused, Has)
    assert len(refused.unless) == 1


def test_a_permission_may_ask_for_something_else() -> None:
    words = "Patients with HIV infection are eligible if CD4 count > 200/uL"
    assert isinstance(first(words, "Inclusion"), If)
    refused = first(words, "Exclusion")
    assert isinstance(refused, All)
    assert isinstance(refused.parts[1], Not)


def test_completed_long_enough_ago_is_let_through() -> None:
    node = first("Prior chemotherapy unless completed > 6 months prior to study entry", "Exclusion")
    assert isinstance(node, Has)
    assert node.unless[0].when is not None
