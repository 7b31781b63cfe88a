"""Readings that must not be given: each sentence was met in kind, and its naive tree says something else."""

import pytest

from trialwright.criteria.compiler import compile_text
from trialwright.criteria.nodes import All, Any, Attest, Has, Node, Not, walk


def read(words: str, heading: str = "Exclusion") -> tuple[str, Node]:
    [criterion] = compile_text(f"{heading} Criteria:\n* {words}").criteria
    return criterion.reading, criterion.node


@pytest.mark.parametrize(
    "words",
    [
        "Unable to speak and understand Dutch",
        "Allergic reaction to clarithromycin",
        "Severe vaccine reaction in the past",
        "Clinically relevant impairment of liver or renal function",
        "Heart: No angina Lung: No asthma No emphysema Kidney: No dialysis",
        "Evidence of stroke, in the opinion of the physician, taking into account symptoms",
        "Chronic illness including asthma, lung, or heart disease",
        "Excessive smoking and alcohol use",
        "Being treated for pneumonia",
        "Chemotherapy, radiotherapy, or immunotherapy within 4 weeks of the lead-in dose",
    ],
)
def test_doubtful_words_are_not_read_as_a_thing_on_record(words: str) -> None:
    reading, node = read(words)
    said = reading != "whole" or any(isinstance(part, Attest) for part in walk(node))
    assert said or _is_an_allergy(node), node


def _is_an_allergy(node: Node) -> bool:
    return isinstance(node, Has) and node.concept.kind == "allergy"


@pytest.mark.parametrize("words", ["Agrees not to drink grapefruit juice"])
def test_what_is_agreed_to_may_hold_a_not(words: str) -> None:
    _, node = read(words, "Inclusion")
    assert isinstance(node, Attest)


@pytest.mark.parametrize(
    "words",
    [
        "Unable to give informed consent",
        "Unable or unwilling to comply with the visits",
    ],
)
def test_who_cannot_comply_is_kept_out_and_not_who_complies(words: str) -> None:
    _, node = read(words)
    assert isinstance(node, Not)
    assert isinstance(node.part, Attest)


def test_both_of_two_enzymes_with_a_slash_must_stay_below_the_limit() -> None:
    _, node = read("AST/ALT below 3 times ULN", "Inclusion")
    assert isinstance(node, All)


def test_a_course_that_ended_within_the_window_was_taken() -> None:
    _, node = read("Currently taking antibiotics within the past 4 weeks")
    assert isinstance(node, Has)
    assert node.when is not None
    assert "current" not in node.status


def test_excipients_beside_an_allergy_are_what_one_is_allergic_to() -> None:
    _, node = read("Known hypersensitivity to docetaxel or any of its excipients")
    assert isinstance(node, Any)
    assert all(isinstance(part, Has) and part.concept.kind == "allergy" for part in node.parts)


def test_a_malignancy_that_is_not_another_one_may_be_the_only_one() -> None:
    _, node = read("History of malignancy")
    assert isinstance(node, Has)
    assert node.concept.id == "malignancy"


@pytest.mark.parametrize("words", ["Severe, active co-morbidity", "Uncontrolled medical conditions"])
def test_some_illness_or_other_is_for_a_person_to_judge(words: str) -> None:
    _, node = read(words)
    assert isinstance(node, Attest)
    assert node.kind == "judgement"
