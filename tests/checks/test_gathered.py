"""All remarks on a trial together: each once, the worst first, each about the criterion whose words it means."""

from collections.abc import Callable
from itertools import pairwise

import msgspec

from trialwright.checks import check_trial, explain
from trialwright.checks.gathered import all_remarks, criterion_at
from trialwright.checks.record import ELIGIBILITY
from trialwright.codes.places import Diagnostic, Span
from trialwright.criteria.nodes import Criteria
from trialwright.trial import Trial

Compiled = tuple[Trial, Criteria]
Made = Callable[..., Compiled]
ORDER = ("error", "warning", "note")


def test_every_remark_on_the_seeds_stands_once_and_the_worst_first(compiled: dict[str, Compiled]) -> None:
    for trial, criteria in compiled.values():
        found = all_remarks(trial, criteria)
        assert len(found) == len(set(found))
        assert set(found) >= {*trial.diagnostics, *check_trial(trial, criteria)}
        severities = [ORDER.index(explain(remark.code).severity) for remark in found]
        assert severities == sorted(severities)
        codes = [remark.code for remark in found]
        turns = sum(one != other for one, other in pairwise(codes))
        assert turns == len(set(codes)) - 1, "remarks of one code stand together"


def test_what_compiler_and_checks_both_see_is_said_once(compiled: dict[str, Compiled]) -> None:
    trial, criteria = compiled["004"]
    twice = [remark for one in criteria.criteria for remark in one.diagnostics if remark.code == "polarity"]
    assert len(twice) == 6
    assert len([remark for remark in all_remarks(trial, criteria) if remark.code == "polarity"]) == 6


def test_what_only_the_compiler_says_is_told_in_places_of_the_eligibility_text(made: Made) -> None:
    text = "Inclusion Criteria for Part B only:\n\n* Adults\n* Hemoglobin ≥ 9 g/dL"
    trial, criteria = made(text)
    found = [remark for remark in all_remarks(trial, criteria) if remark.code == "heading-condition"]
    assert [remark.where for remark in found] == [ELIGIBILITY] * 2
    assert [remark.span.of(text) for remark in found if remark.span] == ["Adults", "Hemoglobin ≥ 9 g/dL"]
    assert [remark.message.partition(":")[0] for remark in found] == ["I1", "I2"]


def test_words_that_were_not_understood_are_left_to_coverage(made: Made) -> None:
    trial, criteria = made("Inclusion Criteria:\n\n* Flurbs the wug ≥ under 3 of it")
    assert [remark.code for one in criteria.criteria for remark in one.diagnostics] == ["unread"]
    assert "unread" not in {remark.code for remark in all_remarks(trial, criteria)}
    assert criteria.coverage()["whole"] == 0


def test_a_record_without_criteria_says_so(made: Made) -> None:
    assert "no-criteria" in {remark.code for remark in all_remarks(*made(""))}


def test_a_remark_of_the_reader_finds_its_criterion(compiled: dict[str, Compiled]) -> None:
    trial, criteria = compiled["001"]
    lost = [remark for remark in trial.diagnostics if remark.code == "lost-superscript"]
    assert {criterion_at(criteria, remark) for remark in lost} == {"I8"}
    elsewhere = msgspec.structs.replace(lost[0], where="protocolSection.descriptionModule.briefSummary")
    assert criterion_at(criteria, elsewhere) == ""
    assert criterion_at(criteria, Diagnostic("x", "y", ELIGIBILITY)) == ""
    assert criterion_at(criteria, Diagnostic("x", "y", ELIGIBILITY, Span(10**6, 10**6))) == ""
