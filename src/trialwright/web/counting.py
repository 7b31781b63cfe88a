"""Charts and one trial in, the funnel out: for the API and for the page. It runs in a process of its own; nothing of the charts is kept."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from trialwright.codes.vocabulary import default_vocabulary
from trialwright.criteria.nodes import Criteria
from trialwright.engines.counts import count_patients, criteria_names
from trialwright.engines.thresholds import ThresholdError
from trialwright.export.funnels.counting import Counted, FunnelTerms, report_funnel, with_variants
from trialwright.export.funnels.report import FunnelReport
from trialwright.library import Library
from trialwright.patients.facts import Complete, Patient
from trialwright.patients.loading import read_patients
from trialwright.patients.remarks import ChartError
from trialwright.trial import Trial
from trialwright.web.problems import ProblemError

_MOST_DIGITS = 12


class Funnelled(msgspec.Struct, frozen=True):
    """report: None when no chart could be read; unread: of each that could not, its place and why, in words for whoever sent it."""

    report: FunnelReport | None
    unread: tuple[str, ...]


def count_charts(home: Path, trial: str, charts: tuple[bytes, ...], terms: FunnelTerms) -> FunnelReport:
    """charts: each of one patient or several; one that cannot be read is counted as that
    raises  ProblemError (400) as `funnelled`, (422) when no chart can be read; NotHeldError
    """
    with Library(home).view() as view:
        record, criteria = view.trial(trial), view.criteria(trial)
    report = funnelled(record, criteria, charts, terms).report
    if report is None:
        raise ProblemError(422, f"none of the {len(charts)} charts could be read", kind="chart")
    return report


def funnelled(record: Trial, criteria: Criteria, charts: tuple[bytes, ...], terms: FunnelTerms) -> Funnelled:
    """raises  ProblemError (400) for a criterion or a limit that the trial does not have"""
    _check(criteria, terms)
    try:
        judged = with_variants(criteria, terms)
    except ThresholdError as error:
        raise ProblemError(400, str(error), parameter="whatIf", kind="bad-value") from None
    unread: list[str] = []
    counts = count_patients(
        _patients(charts, terms, unread),
        judged,
        index_date=terms.as_of,
        complete=Complete(terms.complete),
        vocabulary=default_vocabulary(),
    )
    if not counts.people:
        return Funnelled(None, tuple(unread))
    counted = Counted(counts=counts, engine="memory", given=counts.people + len(unread), unread=len(unread))
    return Funnelled(report_funnel(record, criteria, counted, terms), tuple(unread))


def _check(criteria: Criteria, terms: FunnelTerms) -> None:
    known = criteria_names(criteria)
    named = {"order": terms.order, "without": sorted(terms.without), "whatIf": [one.criterion for one in terms.what_if]}
    for parameter, ids in named.items():
        for one in ids:
            if one not in known:
                detail = f"this trial has no criterion {one[:20]!r}; it has {', '.join(known[:60]) or 'none'}"
                raise ProblemError(400, detail, parameter=parameter, kind="unknown-name")
    for asked in terms.what_if:
        # An exponent of many digits would be written out.
        if not asked.value.is_finite() or asked.value < 0 or abs(asked.value.adjusted()) > _MOST_DIGITS:
            raise ProblemError(400, "a limit is a number from 0 on", parameter="whatIf", kind="bad-value")


def _patients(charts: tuple[bytes, ...], terms: FunnelTerms, unread: list[str]) -> Iterator[Patient]:
    for number, chart in enumerate(charts, 1):
        try:
            yield from read_patients(chart, as_of=terms.as_of)
        except ChartError as error:
            unread.append(f"File {number}: {str(error).removeprefix('input: ')}")
        except RecursionError:
            unread.append(f"File {number}: nested too deeply")
