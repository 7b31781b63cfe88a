"""The Python outlet: read records and charts, compile criteria, screen a patient, count a population, each in one call.

Clock and completeness are arguments; nothing is read from the environment.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from trialwright.criteria.nodes import Criteria
from trialwright.patients.facts import Domain, Patient
from trialwright.trial import Trial

from .report import Report
from .screening import Compiled, Terms, compile_trials, screen_patient

if TYPE_CHECKING:
    from .funnels.report import FunnelReport


def read(source: Path | str | bytes) -> Trial:
    """The one trial of a file or of its bytes, in any published form; the form is known by its content.

    raises  ReadError when the source holds none, more than one, or one that cannot be read
    """
    from trialwright.registries import read_trial

    return read_trial(source)


def read_all(source: Path | str | bytes) -> Iterator[Trial]:
    """The trials of a file, an archive, a folder or a file's bytes, in order.

    raises  ReadError for an input that cannot be read, and for the first record that cannot
    """
    from trialwright.registries import ReadError, Unreadable, read_trials

    for found in read_trials(source):
        if isinstance(found, Unreadable):
            raise ReadError(found.message)
        yield found


def read_patient(source: Path | str | bytes, *, as_of: date | None = None, mapping: Path | None = None) -> Patient:
    """The one patient of a chart in any form: FHIR R4, the built-in form, an OMOP database, a table, a clinic note in plain English.

    as_of   the day the chart is looked at, to remark on future dates and to read a note without a day
    mapping what the columns of a table are; None: the mapping that lies beside it
    raises  ChartError when it cannot be read; ValueError when it holds several patients
    """
    from trialwright.patients.loading import read_patients

    patients = list(read_patients(source, as_of=as_of, mapping=mapping))
    if len(patients) != 1:
        raise ValueError(f"expected one patient, found {len(patients)}")
    return patients[0]


def compile(trial: Trial) -> Criteria:  # noqa: A001 - the word for it; the built-in is not used here
    """The eligibility text of a trial as criteria; empty, with a diagnostic, when the record has none."""
    (compiled,) = compile_trials([trial])
    return compiled.criteria


def screen(
    patient: Patient,
    trials: Trial | Iterable[Trial],
    *,
    as_of: date,
    complete: Iterable[Domain] = (),
    without: Iterable[str] = (),
) -> Report:
    """One patient judged for one trial or several.

    as_of     the day eligibility is judged
    complete  lists of the chart that are complete: what they do not name did not happen
    without   criteria not to count, such as `I3` or `NCT05350891:I3`
    """
    several = (trials,) if isinstance(trials, Trial) else trials
    compiled: Iterable[Compiled] = compile_trials(several)
    terms = Terms(as_of=as_of, complete=frozenset(complete), without=frozenset(without))
    return screen_patient(patient, compiled, terms)


def funnel(
    trial: Trial,
    population: Iterable[Patient] | Path,
    *,
    as_of: date,
    complete: Iterable[Domain] = (),
    order: Iterable[str] = (),
    without: Iterable[str] = (),
) -> "FunnelReport":
    """A population counted through a trial's criteria; fewer than 10 people are shown as <10.

    population  charts, or a folder of fact tables
    as_of, complete, without  as for `screen`
    order       ids of criteria that come first
    raises      TableError for a folder that holds no fact tables
    """
    from .funnels.counting import FunnelTerms, count_population, report_funnel

    terms = FunnelTerms(as_of=as_of, complete=frozenset(complete), order=tuple(order), without=frozenset(without))
    criteria = compile(trial)
    return report_funnel(trial, criteria, count_population(population, criteria, terms), terms)
