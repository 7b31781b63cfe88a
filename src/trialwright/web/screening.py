"""A posted chart and the terms to judge it on in, the report on the library's trials out. It runs in a process of its own.

Nothing of the chart is kept, and no error repeats its words.
"""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from itertools import islice
from pathlib import Path

import msgspec

from trialwright.export.report import Report, State
from trialwright.export.screening import Compiled, Terms, screen_patient
from trialwright.library import Library, View
from trialwright.patients.facts import Domain, Patient
from trialwright.patients.form import SECTIONS
from trialwright.web.problems import ProblemError

MOST_TRIALS = 25_000
_BATCH = 100
_QUOTED = re.compile(r"'([^']+)'|\"([^\"]+)\"")


class ScreenTerms(msgspec.Struct, frozen=True, kw_only=True):
    """On what terms to screen, and for which trials.

    as_of     the day eligibility is judged
    complete  lists of the chart that leave nothing out
    without   criteria not to count, such as `I3` or `NCT05350891:I3`
    trials    their ids; () = those that `query` finds, or all trials of the library
    query     a search of the library; "" = none
    limit     how many reports to give back, those nearest to eligible
    """

    as_of: date
    complete: frozenset[Domain] = frozenset()
    without: frozenset[str] = frozenset()
    trials: tuple[str, ...] = ()
    query: str = ""
    limit: int = 20


class Screened(msgspec.Struct, frozen=True, kw_only=True):
    """The report on the nearest trials, how many were judged in all, and how they stand."""

    report: Report
    judged: int
    standing: dict[State, int]


def read_chart(chart: bytes, as_of: date) -> Patient:
    """The one patient of a chart: FHIR R4 JSON, or the built-in form as YAML or JSON.

    raises  ProblemError (422), without the chart's words
    """
    from trialwright.patients.loading import read_patients
    from trialwright.patients.remarks import ChartError

    try:
        found = list(islice(read_patients(chart, as_of=as_of), 2))
    except ChartError as error:
        raise ProblemError(422, without_words(_placed(str(error)), chart), kind="chart") from None
    except (RecursionError, MemoryError):
        raise ProblemError(422, "the chart is nested too deeply", kind="chart") from None
    if len(found) != 1:
        raise ProblemError(422, "the chart holds several patients; expected one", kind="chart")
    return found[0]


_KEYS = frozenset((*SECTIONS, "id", "sex", "birth", "death", "note", "patients"))
_PLACE = re.compile(r"input:(\d+): (?:(?!no )((?:[^:,]+, )*[^:,]+): )?")


def _placed(message: str) -> str:
    """The line instead of the name of a file that there is not, and of the keys that lead there those that every form has."""
    found = _PLACE.match(message)
    if found is None:
        return message.removeprefix("input: ")
    keys = [key for key in (found[2] or "").split(", ") if key in _KEYS or re.fullmatch(r"item \d+", key)]
    return f"{', '.join((f'line {found[1]}', *keys))}: {message[found.end() :]}"


def without_words(message: str, chart: bytes) -> str:
    """The message without what it quotes of the chart; the names that it suggests stay."""
    text = chart.decode("utf-8", "replace")

    def shown(match: "re.Match[str]") -> str:
        return "'…'" if (match[1] or match[2]) in text else match[0]

    return _QUOTED.sub(shown, message)


def screen_chart(home: Path, chart: bytes, terms: ScreenTerms) -> Screened:
    """raises  ProblemError (422) for a chart that cannot be read, (400) for too many trials; LibraryError for ids that are not held"""
    patient = read_chart(chart, terms.as_of)
    judged_on = Terms(as_of=terms.as_of, complete=terms.complete, without=terms.without)
    standing: Counter[State] = Counter()
    with Library(home).view() as view:
        versions = _chosen(view, terms)
        trials = (Compiled(trial=view.store.record(one), criteria=view.store.criteria(one)) for one in versions)
        report = screen_patient(patient, (), judged_on)
        for batch in _batches(trials):
            found = screen_patient(patient, batch, judged_on)
            standing.update(one.state for one in found.trials)
            nearest = (*report.trials, *found.trials)
            report = msgspec.structs.replace(report, trials=nearest).nearest(terms.limit)
    return Screened(
        report=msgspec.structs.replace(report, trials=report.by_verdict()),
        judged=len(versions),
        standing=dict(standing),
    )


def _chosen(view: View, terms: ScreenTerms) -> list[int]:
    if terms.trials:
        versions = [view.version(trial).id for trial in dict.fromkeys(terms.trials)]
    elif terms.query.strip():
        from trialwright.library.searching import Search, search

        found = search(view, Search(text=terms.query, limit=MOST_TRIALS, snippets=False))
        versions = [view.version(hit.trial).id for hit in found.hits]
    else:
        versions = list(view.store.current_versions())
    if len(versions) > MOST_TRIALS:
        detail = f"{len(versions)} trials are too many for one chart; name trials or a query that finds at most {MOST_TRIALS}"
        raise ProblemError(400, detail, parameter="query", kind="too-many")
    return versions


def _batches(trials: Iterator[Compiled]) -> Iterator[tuple[Compiled, ...]]:
    while batch := tuple(islice(trials, _BATCH)):
        yield batch
