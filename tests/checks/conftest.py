"""The five seeds read and compiled, and small trials made of one text."""

from collections.abc import Callable
from pathlib import Path

import pytest

from trialwright.codes.places import Span
from trialwright.criteria.compiler import compile_criteria
from trialwright.criteria.nodes import Criteria, Criterion, CriterionKind, Node
from trialwright.registries import read_trial
from trialwright.trial import EligibilityText, Identification, Protocol, Record, Trial

Compiled = tuple[Trial, Criteria]
Made = Callable[..., Compiled]
Item = tuple[CriterionKind, str, Node]


@pytest.fixture(scope="session")
def compiled(shared: Path) -> dict[str, Compiled]:
    """Seed number -> its trial and criteria."""
    trials = {path.name[:3]: read_trial(path) for path in sorted((shared / "seeds").glob("*.txt"))}
    assert len(trials) == 5
    return {number: (trial, compile_criteria(trial)) for number, trial in trials.items()}


@pytest.fixture(scope="session")
def made() -> Made:
    """A trial of one eligibility text, a title and other modules, read as the compiler reads it."""

    def make(text: str = "", title: str = "A trial", **modules: object) -> Compiled:
        eligibility = modules.pop("eligibility", None) or EligibilityText(eligibility_criteria=text)
        protocol = Protocol(identification=Identification(brief_title=title), eligibility=eligibility, **modules)  # type: ignore[arg-type]
        trial = Trial(record=Record(protocol=protocol))
        return trial, compile_criteria(trial)

    return make


@pytest.fixture(scope="session")
def treed() -> Made:
    """A trial whose criteria are given as trees: what a check makes of a tree, whatever the compiler makes of words."""

    def make(*items: Item, title: str = "A trial", **eligibility: object) -> Compiled:
        text = "\n".join(words for _, words, _ in items)
        starts = [sum(len(words) + 1 for _, words, _ in items[:place]) for place in range(len(items))]
        criteria = tuple(
            Criterion(
                id=f"{kind[0].upper()}{place}",
                kind=kind,
                heading="",
                number=str(place),
                span=Span(start, start + len(words)),
                text=words,
                reading="whole",
                node=node,
            )
            for place, ((kind, words, node), start) in enumerate(zip(items, starts, strict=True), 1)
        )
        module = EligibilityText(eligibility_criteria=text, **eligibility)  # type: ignore[arg-type]
        protocol = Protocol(identification=Identification(brief_title=title), eligibility=module)
        return Trial(record=Record(protocol=protocol)), Criteria(trial="", criteria=criteria)

    return make
