"""Sharing atoms between trials changes no finding: with it and without it, trees and charts give the same to the last word."""

import gzip
import json
import random
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialwright.codes.concepts import Concept
from trialwright.codes.places import Span
from trialwright.codes.vocabulary import default_vocabulary
from trialwright.criteria.compiler import compile_text
from trialwright.criteria.nodes import Criteria, Criterion, Node, Unread, rebuild
from trialwright.engines.memory import Chart, Sharing, evaluate_on
from trialwright.engines.sharing import AskedCriterion
from trialwright.patients.facts import Complete, Domain, Fact, Patient
from trialwright.patients.loading import read_patients

from .charts import ALL_LISTS, VOCABULARY, chart, has, lab, limit, on, thing
from .test_memory import _FACTS_DRAWN, _TERMS, TREES

DATA = Path(__file__).parents[3] / "shared/data"
LISTS: frozenset[Domain] = frozenset({"conditions", "procedures", "drugs", "allergies", "vaccines"})


def _trial(*nodes: Node) -> Criteria:
    return Criteria(
        trial="NCT00000000",
        criteria=tuple(
            Criterion(
                id=f"I{number}", kind="inclusion", heading="", number="", span=Span(0, 1), text="x", reading="whole", node=node
            )
            for number, node in enumerate(nodes, 1)
        ),
    )  # fmt: skip


def _respanned(node: Node) -> Node:
    return rebuild(node, lambda part: msgspec.structs.replace(part, span=Span(3, 9)))


SHARING = Sharing(VOCABULARY)
"""Kept over all examples, as a server keeps it: what one chart was told must not reach another."""


@settings(max_examples=250)
@given(st.lists(TREES, min_size=1, max_size=3), _FACTS_DRAWN, _TERMS)
def test_sharing_changes_nothing(nodes: list[Node], facts: list[Fact], terms: Any) -> None:
    trial = _trial(*nodes, *map(_respanned, nodes))
    asked = SHARING.of(trial)
    assert evaluate_on(asked, chart(*facts, **terms)) == evaluate_on(trial, chart(*facts, **terms))


@pytest.mark.parametrize("sex", [None, "female", "male"])
def test_real_trials_on_real_charts(sex: Any) -> None:
    with gzip.open(DATA / "records/eligibility.jsonl.gz", "rt", encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    vocabulary = default_vocabulary()
    trials = [compile_text(one["eligibility"], vocabulary=vocabulary) for one in random.Random(4).sample(records, 60)]
    sharing = Sharing(vocabulary)
    asked = [sharing.of(trial) for trial in trials]
    patients = [one for path in sorted((DATA / "npc/fhir").glob("*.json")) for one in read_patients(path)]
    assert len(patients) == 8
    for number, patient in enumerate(patients):
        # Every second chart without complete lists, so that both kinds of silence are kept side by side.
        complete = Complete(LISTS if number % 2 else frozenset())
        someone = msgspec.structs.replace(patient, sex=sex)
        shared, alone = (
            Chart(someone, index_date=date(2026, 3, 2), complete=complete, vocabulary=vocabulary) for _ in range(2)
        )
        for trial, ready in zip(trials, asked, strict=True):
            assert evaluate_on(ready, shared) == evaluate_on(trial, alone)


def test_an_atom_of_two_trials_is_judged_once_and_keeps_its_own_place() -> None:
    node = msgspec.structs.replace(has("vitiligo"), span=Span(0, 8))
    other = msgspec.structs.replace(has("vitiligo"), span=Span(20, 28))
    sharing = Sharing(VOCABULARY)
    made = chart(on("vitiligo"))
    one, two = (evaluate_on(sharing.of(_trial(part)), made).criteria[0].finding for part in (node, other))
    assert (one.node, two.node) == (node, other)
    assert one.evidence is two.evidence
    assert len(made.memo) == 1


def test_a_limit_is_quoted_as_it_is_written() -> None:
    sharing = Sharing(VOCABULARY)
    made = chart(lab("hemoglobin", "95", "g/L", "2026-02-20"))
    found = [
        evaluate_on(sharing.of(_trial(limit("hemoglobin", ">=", number, "g/dL"))), made).criteria[0].finding
        for number in ("9", "9.0")
    ]
    assert ["asked >= 9.0 g/dL" in one.why for one in found] == [False, True]


def test_silence_is_kept_once_for_all_charts_that_say_nothing() -> None:
    (criterion,) = SHARING.of(_trial(has("vitiligo"))).criteria
    assert isinstance(criterion, AskedCriterion)
    silent, other = chart(on("hypertension"), complete=ALL_LISTS), chart(on("neuropathy"), complete=ALL_LISTS)
    trial = SHARING.of(_trial(has("vitiligo")))
    assert evaluate_on(trial, silent).criteria[0] is evaluate_on(trial, other).criteria[0]


NEVER_LESS = [
    ("the same id", thing("vitiligo"), thing("vitiligo")),
    ("a kind of it", thing("autoimmune-disease"), thing("vitiligo")),
    ("something wider", thing("vitiligo"), thing("autoimmune-disease")),
    ("words that lie in the chart's", Concept("sarcoma", "condition"), Concept("old clear sarcoma", "condition")),
    ("words that hold the chart's", Concept("old clear sarcoma", "condition"), Concept("clear sarcoma", "condition")),
    ("a known thing by words alone", thing("vitiligo"), Concept("segmental vitiligo", "condition")),
    ("words of a known thing", Concept("vitiligo of the face", "condition"), thing("vitiligo")),
    ("words in another script", Concept("白癜风", "condition"), Concept("白癜风", "condition")),
    ("no words at all", Concept("-", "condition"), Concept("…", "condition")),
]


@pytest.mark.parametrize(("asked", "found"), [row[1:] for row in NEVER_LESS], ids=[row[0] for row in NEVER_LESS])
def test_whatever_is_related_shares_a_key(asked: Concept, found: Concept) -> None:
    made = chart(on("vitiligo"))
    assert made.names.relation(asked, found) is not None
    assert not frozenset(made.names.keys_asked(asked)).isdisjoint(made.names.keys_recorded(found))


def test_words_of_other_scripts_are_told_apart() -> None:
    names = chart().names
    assert names.relation(Concept("白癜风", "condition"), Concept("鼻咽癌", "condition")) is None


def test_what_was_not_understood_is_the_same_for_everybody() -> None:
    trial = SHARING.of(_trial(Unread(text="not read")))
    assert evaluate_on(trial, chart()).criteria[0].verdict == "unknown"


def test_outside_the_days_observed_no_list_is_complete() -> None:
    patient = Patient(id="T", unread=True)
    made = Chart(patient, index_date=date(2026, 3, 2), complete=Complete(LISTS), vocabulary=VOCABULARY)
    assert made.complete == Complete()
    assert evaluate_on(_trial(has("vitiligo")), made).criteria[0].verdict == "unknown"
