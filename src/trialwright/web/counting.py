"""Posted charts and one trial of the library in, the funnel out. It runs in a process of its own; nothing of the charts is kept."""

from collections.abc import Iterator
from pathlib import Path

from trialwright.codes.vocabulary import default_vocabulary
from trialwright.engines.counts import count_patients, criteria_names
from trialwright.engines.thresholds import ThresholdError
from trialwright.export.funnels.counting import Counted, FunnelTerms, report_funnel, with_variants
from trialwright.export.funnels.report import FunnelReport
from trialwright.library import Library
from trialwright.patients.facts import Complete, Patient
from trialwright.patients.loading import read_patients
from trialwright.patients.remarks import ChartError
from trialwright.web.problems import ProblemError

_MOST_DIGITS = 12


def count_charts(home: Path, trial: str, charts: tuple[bytes, ...], terms: FunnelTerms) -> FunnelReport:
    """charts: each of one patient or several; one that cannot be read is counted as that
    raises  ProblemError (400) for a criterion or a limit that the trial does not have, (422) when no chart can be read;
            NotHeldError
    """
    with Library(home).view() as view:
        record, criteria = view.trial(trial), view.criteria(trial)
    known = criteria_names(criteria)
    named = {"order": terms.order, "without": sorted(terms.without), "whatIf": [one.criterion for one in terms.what_if]}
    for parameter, ids in named.items():
        for one in ids:
            if one not in known:
                detail = f"the trial has no criterion {one[:20]!r}; it has {', '.join(known[:60]) or 'none'}"
                raise ProblemError(400, detail, parameter=parameter, kind="unknown-name")
    for asked in terms.what_if:
        # An exponent of many digits would be written out.
        if not asked.value.is_finite() or asked.value < 0 or abs(asked.value.adjusted()) > _MOST_DIGITS:
            raise ProblemError(400, "a limit is a number from 0 on", parameter="whatIf", kind="bad-value")
    try:
        judged = with_variants(criteria, terms)
    except ThresholdError as error:
        raise ProblemError(400, str(error), parameter="whatIf", kind="bad-value") from None
    unread: list[int] = []
    counts = count_patients(
        _patients(charts, terms, unread),
        judged,
        index_date=terms.as_of,
        complete=Complete(terms.complete),
        vocabulary=default_vocabulary(),
    )
    if not counts.people:
        raise ProblemError(422, f"none of the {len(charts)} charts could be read", kind="chart")
    counted = Counted(counts=counts, engine="memory", given=counts.people + len(unread), unread=len(unread))
    return report_funnel(record, criteria, counted, terms)


def _patients(charts: tuple[bytes, ...], terms: FunnelTerms, unread: list[int]) -> Iterator[Patient]:
    for number, chart in enumerate(charts):
        try:
            yield from read_patients(chart, as_of=terms.as_of)
        except (ChartError, RecursionError):
            unread.append(number)
