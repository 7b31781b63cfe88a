"""All that is odd in a record and in its tree: a trial and its criteria in, each remark once out, the worst first.

Three speak about a record: whoever read it, whoever compiled its criteria, and the checks. Where two say the same, the
one who looked closer is heard.
"""

from collections.abc import Iterator
from typing import get_args

from trialwright.checks import check_trial
from trialwright.checks.explanations import explain
from trialwright.checks.record import ELIGIBILITY, on
from trialwright.codes.places import Diagnostic, Severity
from trialwright.criteria.nodes import Criteria
from trialwright.trial import Trial

# The checks look at the same places as the compiler, and at the words around them.
_LEFT_TO_CHECKS = frozenset(("polarity", "anchor-missing", "open-list"))
# Coverage counts what was not understood, and the criteria quote it: it is odd in us, not in the record.
_COUNTED_ELSEWHERE = frozenset(("unread",))
_WORST_FIRST = tuple(reversed(get_args(Severity)))


def all_remarks(trial: Trial, criteria: Criteria) -> tuple[Diagnostic, ...]:
    """The remarks of reading, of compiling and of every check, once each: errors, warnings, notes; one code after another.

    criteria  compiled from this trial's eligibility text
    returns   spans are in the text that `where` names: for criteria, the eligibility text. Words that were not understood
              (`unread`) are not among them; `Criteria.coverage` counts them
    """
    said = dict.fromkeys((*trial.diagnostics, *_compiling(criteria), *check_trial(trial, criteria)))
    codes = list(dict.fromkeys(remark.code for remark in said))
    codes.sort(key=lambda code: _WORST_FIRST.index(explain(code).severity))
    return tuple(sorted(said, key=lambda remark: codes.index(remark.code)))


def criterion_at(criteria: Criteria, remark: Diagnostic) -> str:
    """The id of the criterion in whose words the remark's begin; "" when it is about no criterion."""
    if remark.where != ELIGIBILITY or remark.span is None:
        return ""
    start = remark.span.start
    return next((one.id for one in criteria.criteria if one.span.start <= start < one.span.end), "")


def _compiling(criteria: Criteria) -> Iterator[Diagnostic]:
    yield from criteria.diagnostics
    for criterion in criteria.criteria:
        for remark in criterion.diagnostics:
            if remark.code not in _LEFT_TO_CHECKS | _COUNTED_ELSEWHERE:
                yield on(criterion, remark.code, remark.message, remark.span)
