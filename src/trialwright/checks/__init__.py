"""What is odd in a record or in its tree: a trial and its criteria in, diagnostics out. One small function per check.

A check reads and never changes; it holds the record against itself, not against other records or the world's knowledge.
"""

from collections.abc import Callable, Iterator

from trialwright.checks.contradictions import contradictions
from trialwright.checks.duplicates import duplicates
from trialwright.checks.endpoints import endpoint_needs, time_zero
from trialwright.checks.explanations import Explanation, explain
from trialwright.checks.forwarded import contacts, contamination, lost_signs, numbering, scraped_interventions
from trialwright.checks.polarity import polarity
from trialwright.checks.population import population_conditions, title_claims
from trialwright.checks.schedule import anchors, dates, doses
from trialwright.checks.wording import ambiguous_units, future_conduct, open_lists, references, scale_versions
from trialwright.codes.places import Diagnostic
from trialwright.criteria.nodes import Criteria
from trialwright.trial import Trial

__all__ = ["CHECKS", "Check", "Explanation", "check_trial", "explain"]

Check = Callable[[Trial, Criteria], Iterator[Diagnostic]]

CHECKS: tuple[Check, ...] = (
    time_zero,
    polarity,
    duplicates,
    numbering,
    lost_signs,
    references,
    contradictions,
    population_conditions,
    anchors,
    open_lists,
    endpoint_needs,
    doses,
    dates,
    title_claims,
    ambiguous_units,
    scale_versions,
    contamination,
    future_conduct,
    scraped_interventions,
    contacts,
)
"""V1 to V20, in that order."""


def check_trial(trial: Trial, criteria: Criteria) -> tuple[Diagnostic, ...]:
    """Every remark of every check, in the order of the checks; a remark that two checks make stands once.

    criteria  compiled from this trial's eligibility text
    returns   spans are in the text that `where` names: for criteria, the eligibility text. Remarks that reading the record
              has already made (gaps, lost signs, a portal's words) come again, unchanged
    """
    return tuple(dict.fromkeys(remark for check in CHECKS for remark in check(trial, criteria)))
