"""What checks ask of a record more than once: its texts with their addresses, its design, and remarks that point into it."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from trialwright.codes.places import Diagnostic, Span
from trialwright.codes.tables import rows
from trialwright.criteria.nodes import Criteria, Criterion
from trialwright.trial import Outcome, Trial

DATA = Path(__file__).parent / "data"
ELIGIBILITY = "protocolSection.eligibilityModule.eligibilityCriteria"
SUMMARY = "protocolSection.descriptionModule.briefSummary"
DESCRIPTION = "protocolSection.descriptionModule.detailedDescription"
OUTCOMES = "protocolSection.outcomesModule"
INTERVENTIONS = "protocolSection.armsInterventionsModule.interventions"
_LISTS = {"primary": "primaryOutcomes", "secondary": "secondaryOutcomes", "other": "otherOutcomes"}
_ONCOLOGY = (
    "cancer", "carcinom", "tumor", "tumour", "neoplas", "lymphom", "leukemi", "leukaemi", "melanom", "sarcom", "myelom", "gliom",
    "blastom",
    "malignan", "metasta", "oncolog",
)  # fmt: skip
_SINGLE = re.compile(r"\bsingle[\s-]+(?:arm|group)\b|\bone[\s-]arm\b", re.IGNORECASE)


def on(criterion: Criterion, code: str, message: str, span: Span | None = None) -> Diagnostic:
    """A remark about one criterion.

    span  the words meant, in the criterion's own text; None for all of it. The remark's span is in the eligibility text
    """
    place = criterion.span if span is None else span.shift(criterion.span.start)
    return Diagnostic(code, f"{criterion.id}: {message}", ELIGIBILITY, place)


def mentioning(criteria: Criteria, *words: str) -> Iterator[Criterion]:
    """The criteria in whose text any of the words stands, in lower case: cheap, before a costly pattern is tried."""
    for criterion in criteria.criteria:
        text = criterion.text.lower()
        if any(word in text for word in words):
            yield criterion


def described(trial: Trial) -> Iterator[tuple[str, str]]:
    """Summary and description, each with its address; none that is absent."""
    texts = trial.protocol.description
    if texts is not None:
        if texts.brief_summary:
            yield SUMMARY, texts.brief_summary
        if texts.detailed_description:
            yield DESCRIPTION, texts.detailed_description


def outcomes(trial: Trial) -> Iterator[tuple[str, Outcome]]:
    """Every outcome with its address."""
    seen = dict.fromkeys(_LISTS, 0)
    for kind, outcome in trial.outcomes():
        yield f"{OUTCOMES}.{_LISTS[kind]}[{seen[kind]}]", outcome
        seen[kind] += 1


def titles(trial: Trial) -> str:
    """The brief and the official title, in lower case, with a line break between them."""
    module = trial.protocol.identification
    words = (module.brief_title, module.official_title) if module else ()
    return "\n".join(title for title in words if title).lower()


def is_interventional(trial: Trial) -> bool:
    """False only where the record says that nobody is treated by plan; a record that says nothing counts."""
    design = trial.protocol.design
    return design is None or design.study_type in (None, "", "INTERVENTIONAL")


def is_randomised(trial: Trial) -> bool | None:
    """None where the record does not say: no allocation, one arm by no word."""
    design = trial.protocol.design
    info = design.design_info if design else None
    if design and design.study_type == "OBSERVATIONAL":
        return False
    if info and info.allocation:
        return info.allocation == "RANDOMIZED"
    if info and info.intervention_model == "SINGLE_GROUP":
        return False
    return False if _SINGLE.search(titles(trial)) else None


def is_oncological(trial: Trial) -> bool:
    about = f"{titles(trial)} {' '.join(trial.conditions).lower()}"
    return any(word in about for word in _ONCOLOGY)


pattern = cache(re.compile)
"""A table's regular expression, compiled once."""


@cache
def table(name: str) -> tuple[dict[str, str], ...]:
    """The rows of one of this package's own tables."""
    return tuple(dict(row) for row in rows(name, DATA))
