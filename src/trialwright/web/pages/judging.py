"""A chart and what was asked in, a report out: this runs in a process of its own, so that no other page waits for it.

Nothing is written anywhere: the chart lives as long as the answer takes.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import msgspec

from trialwright import samples
from trialwright.export.report import Report
from trialwright.export.screening import Compiled, Terms, screen_patient
from trialwright.export.to_html import body, to_html
from trialwright.export.to_terminal import tally
from trialwright.library import Library, View
from trialwright.library.asking import FilterText
from trialwright.library.charts import case_of_patient
from trialwright.library.describing import RECRUITING
from trialwright.library.errors import LibraryError
from trialwright.library.problems import Case, LeftOut, case_of_note
from trialwright.library.ranking import JUDGED, RankTerms, rank
from trialwright.library.searching import Search, search
from trialwright.patients.facts import Complete, Patient
from trialwright.patients.remarks import ChartError

from .charts import Asked, said
from .held import Held, held, sample_trials

MOST_PATIENTS = 10
_MOST_NAMED = 12
_MOST_ILLNESSES = 4
_MOST_ABOUT = 500


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a screening.

    problem   why there is no report; "" when there is one
    body      the report, HTML that may stand in a page
    whole     the same as a page of its own, where that was asked for
    looked    the words the library was searched by; empty when the trials were named
    left_out  what the chart names and no trial was looked for by, each with why
    is_widened  no trial of the library names the patient's illnesses; those shown come nearest
    has_samples  the built-in trials are shown beside those of the library
    """

    problem: str = ""
    body: str = ""
    whole: str = ""
    tally: str = ""
    looked: tuple[str, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()
    is_widened: bool = False
    has_samples: bool = False


class _Pool(msgspec.Struct, frozen=True, kw_only=True):
    trials: tuple[Compiled, ...]
    looked: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    is_widened: bool = False


def judged(home: Path, asked: Asked) -> Judged:
    """The report that was asked for. home: the folder of the library"""
    try:
        with library_at(home).view() as view:
            return _judged(view, asked)
    except ChartError as error:
        return Judged(problem=said(error))
    except LibraryError as error:
        return Judged(problem=str(error).replace(f" at {home}", ""))


def _judged(view: View, asked: Asked) -> Judged:
    terms = Terms(as_of=asked.as_of, complete=asked.complete, without=asked.without)
    reports: list[Report] = []
    pools: list[_Pool] = []
    for patient, case in _cases(view, asked):
        pools.append(_pool(view, case, asked))
        reports.append(screen_patient(patient, pools[-1].trials, terms))
    if not any(report.trials for report in reports):
        return Judged(problem=_nothing_found(asked), looked=pools[0].looked if pools else ())
    return Judged(
        body=body(reports, pages="/trial/"),
        whole=to_html(reports) if asked.is_saved else "",
        tally="; ".join(tally(report) for report in reports),
        looked=tuple(dict.fromkeys(name for pool in pools for name in pool.looked)),
        left_out=tuple(dict.fromkeys((one.name, one.why) for pool in pools for one in pool.left_out)),
        is_widened=any(pool.is_widened for pool in pools),
        has_samples=asked.how == "sample" and not asked.trials,
    )


def _nothing_found(asked: Asked) -> str:
    if asked.trials:
        return "none of these trials is on this computer"
    words = "no trial of the library is about what the chart names"
    return f"{words}; try it without “only trials that take people now or soon”" if asked.is_open else words


def _cases(view: View, asked: Asked) -> Iterator[tuple[Patient, Case | None]]:
    """The patients, each as a searcher sees one; None where the library holds nothing to search.

    raises  ChartError
    """
    has_index = len(view) > 0
    if asked.how == "note":
        yield _from_note(view, asked) if has_index else _no_note()
        return
    from trialwright.patients.loading import read_patients

    for number, patient in enumerate(read_patients(asked.data, as_of=asked.as_of)):
        if number == MOST_PATIENTS:
            raise ChartError(f"the file holds more than {MOST_PATIENTS} patients; the command line takes any number")
        yield patient, case_of_patient(patient, view.index, view.concepts, asked.as_of) if has_index else None


def _from_note(view: View, asked: Asked) -> tuple[Patient, Case]:
    """What was read from the note says what to look for and is what is judged; a note of which little was read is
    searched by its words."""
    from trialwright.patients.note import read_note

    patient = read_note(asked.data, "note", view.vocabulary, asked.as_of)
    case = case_of_patient(patient, view.index, view.concepts, asked.as_of)
    if not any(problem.kind == "condition" for problem in case.problems):
        case = case_of_note(asked.data.decode(errors="replace"), view.index, view.concepts, asked.as_of)
    return patient, msgspec.structs.replace(case, patient=patient)


def _no_note() -> tuple[Patient, Case]:
    raise ChartError("a note can be read only when the library holds trials; fill in the form, or load trials first")


def _pool(view: View, case: Case | None, asked: Asked) -> _Pool:
    """The trials to judge: those named, else those of the library that are about what the chart says."""
    extra = [one for one in sample_trials() if asked.how == "sample" or case is None]
    if asked.trials:
        named = (held(view, name) for name in asked.trials)
        return _Pool(trials=tuple(_compiled(one) for one in named if one is not None))
    if case is None:
        return _Pool(trials=tuple(map(_compiled, extra)))
    filters = (FilterText("status", ",".join(RECRUITING)),) if asked.is_open else ()
    terms = RankTerms(as_of=asked.as_of, complete=Complete(asked.complete), filters=filters, limit=JUDGED)
    ranked = [one.trial for one in rank(view, case, terms)]
    about = _about(view, case)
    near = [name for name in ranked if name in about][: asked.limit]
    shown = [name for name in near or ranked[: asked.limit] if name not in {one.id for one in extra}]
    found = [_compiled(one) for one in (held(view, name) for name in shown) if one is not None]
    return _Pool(
        trials=(*map(_compiled, extra), *found),
        looked=tuple(problem.name for problem in case.problems[:_MOST_NAMED]),
        left_out=case.left_out[:_MOST_NAMED],
        is_widened=bool(found) and not near,
    )


def _about(view: View, case: Case) -> frozenset[str]:
    """The trials that name one of the patient's weightiest illnesses: a chart's other words alone find anything."""
    illnesses = [problem.name for problem in case.problems if problem.kind in ("condition", "named")][:_MOST_ILLNESSES]
    found: set[str] = set()
    for name in illnesses:
        hits = search(view, Search(text=name, limit=_MOST_ABOUT, snippets=False)).hits
        found.update(hit.trial for hit in hits)
    return frozenset(found)


def _compiled(found: Held) -> Compiled:
    return Compiled(trial=found.trial, criteria=found.criteria)


def sample_chart(name: str) -> bytes | None:
    """The built-in chart of that id, such as SAMPLE-A; None when there is none."""
    stem = name.upper().replace("SAMPLE-", "PATIENT-")
    path = next((path for path in samples.patient_paths() if path.stem.upper() == stem), None)
    return None if path is None else path.read_bytes()


@cache
def library_at(home: Path) -> Library:
    """The library of a worker: opened once in each process."""
    return Library(home, create=True)
