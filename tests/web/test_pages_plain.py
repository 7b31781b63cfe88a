"""Plain sentences are plain: the reading grade is measured, of our own words and of what is made for real records.

The grade is Flesch and Kincaid's (Navy Research Branch Report 8-75, 1975). Names of illnesses, treatments and tests are the
record's and cannot be changed: each counts as one short word.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import pytest

from trialwright.codes.tables import rows
from trialwright.codes.vocabulary import default_vocabulary
from trialwright.criteria.compiler import compile_criteria
from trialwright.criteria.nodes import Compare, Criteria, Has, Node, Score, rebuild
from trialwright.registries import read_trial
from trialwright.trial import Trial
from trialwright.web.pages import criteria as criteria_pages
from trialwright.web.pages import plainly
from trialwright.web.pages.sections import how_to_join
from trialwright.web.pages.words import DATA

TEMPLATES = DATA.parents[1] / "templates"
HIGHEST = 8.0
_SENTENCE = re.compile(r"[.!?:;]+(?=\s|$)")
_WORD = re.compile(r"[A-Za-z]+(?:['’][A-Za-z]+)?|\d+")


def syllables(word: str) -> int:
    """By groups of vowels; a last e is silent, and so is that of a last -ed or -es."""
    word = word.lower()
    if word.isdigit():
        return 1
    bare = re.sub(r"(?<=[^aeiouy])(?:e|(?<![td])ed|(?<![sxz])(?<!ch)(?<!sh)es)$", "", word)
    if re.search(r"[^aeiouy]le$", word):
        bare = word[:-1] + "el"
    return max(1, len(re.findall(r"[aeiouy]+", bare or word)))


def grade(sentences: Iterable[str]) -> float:
    """The school year in which all of it together is read with ease."""
    lengths = [_WORD.findall(part) for text in sentences for part in _SENTENCE.split(text) if _WORD.search(part)]
    words = [word for part in lengths for word in part]
    assert len(words) > 100, "too little to measure"
    return 0.39 * len(words) / len(lengths) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


def named_shortly(trial: Trial) -> Trial:
    """The same trial with short names for its illnesses and treatments."""
    protocol = trial.protocol
    conditions = (
        msgspec.structs.replace(protocol.conditions, conditions=("flu",) * len(trial.conditions))
        if protocol.conditions
        else None
    )
    arms = protocol.arms_interventions
    if arms is not None:
        short = tuple(msgspec.structs.replace(one, name="tea") for one in trial.interventions)
        arms = msgspec.structs.replace(arms, interventions=short)
    changed = msgspec.structs.replace(protocol, conditions=conditions, arms_interventions=arms)
    return msgspec.structs.replace(trial, record=msgspec.structs.replace(trial.record, protocol=changed))


def with_short_names(criteria: Criteria) -> Criteria:
    def short(node: Node) -> Node:
        match node:
            case Has():
                bare = msgspec.structs.replace(node.concept, text="flu")
                return msgspec.structs.replace(node, concept=bare, site=None, qualifiers=())
            case Compare():
                return msgspec.structs.replace(
                    node, measure=msgspec.structs.replace(node.measure, text="count"), qualifiers=()
                )
            case Score():
                return msgspec.structs.replace(node, scale="work")
            case _:
                return node

    changed = tuple(msgspec.structs.replace(one, node=rebuild(one.node, short)) for one in criteria.criteria)
    return msgspec.structs.replace(criteria, criteria=changed)


@pytest.fixture(scope="module")
def some(records: Iterable[bytes]) -> list[Trial]:
    """Every fifth of the first 1,000 registry records."""
    return [read_trial(line) for line in islice(records, 0, 1000, 5)]


def test_the_meanings_of_fields_sections_and_values_are_plain() -> None:
    assert grade(row["meaning"] for row in rows("fields", DATA)) <= HIGHEST
    assert grade(row["meaning"] for row in rows("values", DATA) if row["meaning"]) <= HIGHEST


def test_sentences_made_for_real_records_are_plain(some: list[Trial]) -> None:
    made = [
        sentence
        for trial in map(named_shortly, some)
        for sentence in (plainly.opening(trial), *plainly.more(trial), plainly.standing(trial), *how_to_join(trial))
    ]
    assert len(made) > 1000
    assert grade(made) <= HIGHEST
    assert grade(plainly.opening(trial) for trial in map(named_shortly, some)) <= HIGHEST


def test_what_speaks_for_and_against_a_fit_is_plain(some: list[Trial]) -> None:
    vocabulary = default_vocabulary()
    lines = [
        line.words
        for trial in some[:100]
        for fit in [criteria_pages.fit(with_short_names(compile_criteria(trial, vocabulary)))]
        for line in (*fit.good, *fit.bad)
    ]
    assert len(lines) > 300
    assert grade(f"{line}." for line in lines) <= HIGHEST


def words_of(template: Path) -> Iterator[str]:
    """What a template says of itself; what it is given counts as one short word."""
    text = re.sub(r"\{%.*?%\}|\{#.*?#\}", " ", template.read_text(encoding="utf-8"), flags=re.DOTALL)
    text = re.sub(r"\{\{.*?\}\}", " it ", text, flags=re.DOTALL)
    for block in re.split(r"</?(?:p|li|h\d|td|th|dt|dd|label|legend|summary|button|option|div|section)[^>]*>", text):
        words = " ".join(re.sub(r"<[^>]+>", " ", block).split())
        if len(words.split()) > 4:
            yield words if words.endswith((".", "?", "!", ":")) else f"{words}."


def test_what_pages_say_of_themselves_is_plain() -> None:
    said = [words for template in sorted(TEMPLATES.glob("*.html")) for words in words_of(template)]
    assert len(said) > 100
    assert grade(said) <= HIGHEST


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("trial", 1),
        ("table", 2),
        ("stopped", 1),
        ("treated", 2),
        ("places", 2),
        ("gene", 1),
        ("study", 2),
        ("18", 1),
        ("people", 2),
    ],
)
def test_syllables_are_counted(word: str, count: int) -> None:
    assert abs(syllables(word) - count) <= (1 if word in ("trial", "places") else 0)


def test_a_hard_text_is_found_out() -> None:
    hard = "The investigational administration of immunomodulatory pharmaceuticals necessitates histopathological confirmation. "
    assert grade([hard * 20]) > 16
    assert grade(["The cat sat on the mat. It was glad. " * 15]) < 2


def test_opening_says_what_the_record_says() -> None:
    def opening(**given: Any) -> str:
        return plainly.opening(read_trial(msgspec.json.encode({"protocolSection": given})))

    drug = {"armsInterventionsModule": {"interventions": [{"type": "DRUG", "name": "Drug A"}, {"name": "Drug B"}]}}
    flu = {"conditionsModule": {"conditions": ["Flu", "Cold"]}}
    treats = {"designModule": {"studyType": "INTERVENTIONAL", "designInfo": {"primaryPurpose": "TREATMENT"}}}
    looks = {"designModule": {"studyType": "OBSERVATIONAL"}}
    healthy = {"conditionsModule": {"conditions": ["Healthy Volunteers"]}}
    assert opening(**drug, **flu, **treats) == "This trial tests Drug A and Drug B as a way to treat Flu or Cold."
    assert opening(**drug, **flu) == "This trial tests Drug A and Drug B in people with Flu or Cold."
    assert (
        opening(**drug, **flu, **looks) == "This trial watches people with Flu or Cold. It looks at Drug A and Drug B."
    )
    assert opening(**drug, **healthy, **treats) == "This trial tests Drug A and Drug B in healthy people."
    assert opening(**flu) == "This trial is about Flu and Cold."
    assert opening(identificationModule={"briefTitle": "x"}).startswith("The record does not say")
