"""Charts on many trials in memory: patient–trial pairs a second with reasons, and one patient on 1,850 trials.

Eight charts (FHIR) and 1,850 eligibility texts drawn with a fixed seed. The trials share their atoms (`engines.sharing`); the peer of
the same run judges each trial on its own, once with the chart kept and once with a chart arranged for each pair. All times are processor
time after loading, which is compiling the criteria, making them ready and asking them of nobody of each sex. Whether sharing changes a
finding is looked at too: then nothing is written. Appends to results/screen.csv; exits with 1 over a limit on a quiet machine.

    python bench/bench_screen.py [--trials 1850] [--dry]
"""

import argparse
import csv
import datetime as dt
import gzip
import json
import os
import platform
import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import trialwright
from trialwright.codes.vocabulary import default_vocabulary
from trialwright.criteria.compiler import compile_text
from trialwright.criteria.nodes import Criteria
from trialwright.engines.memory import Chart, Sharing, evaluate, evaluate_on
from trialwright.export.screening import Compiled, Terms, screen_patient
from trialwright.patients.facts import Complete, Domain, Patient
from trialwright.patients.loading import read_patients
from trialwright.trial import Record, Trial

DATA = Path(__file__).resolve().parents[2] / "shared/data"
RESULTS = Path(__file__).parent / "results/screen.csv"
LISTS: frozenset[Domain] = frozenset({"conditions", "procedures", "drugs", "allergies", "vaccines"})
INDEX = dt.date(2026, 3, 2)
SEED, TRIALS, COLD, SHOWN = 5, 1850, 100, 20
ASKED_PAIRS, ASKED_SECONDS = 10_000, 0.3
SEXES = ("female", "male", None)


class Figure(NamedTuple):
    name: str
    value: float
    asked: str = ""


def drawn(number: int) -> list[Criteria]:
    with gzip.open(DATA / "records/eligibility.jsonl.gz", "rt", encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    chosen = random.Random(SEED).sample([one for one in records if one["eligibility"]], number)
    vocabulary = default_vocabulary()
    return [compile_text(one["eligibility"], trial=one["nct_id"], vocabulary=vocabulary) for one in chosen]


def ready(trials: Sequence[Criteria], terms: Terms) -> list[Compiled]:
    sharing = Sharing(default_vocabulary())
    pool = [Compiled(trial=Trial(record=Record()), criteria=one, asked=sharing.of(one)) for one in trials]
    for sex in SEXES:
        screen_patient(Patient(id="nobody", sex=sex), pool, terms, limit=0)
    return pool


def seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def chart_of(patient: Patient) -> Chart:
    return Chart(patient, index_date=INDEX, complete=Complete(LISTS), vocabulary=default_vocabulary())


def on_chart(patient: Patient, trials: Sequence[Compiled], *, is_shared: bool) -> None:
    chart = chart_of(patient)
    for one in trials:
        evaluate_on(one.asked if is_shared and one.asked else one.criteria, chart)


def anew(patient: Patient, trials: Sequence[Compiled]) -> None:
    vocabulary, complete = default_vocabulary(), Complete(LISTS)
    for one in trials:
        evaluate(one.criteria, patient, index_date=INDEX, complete=complete, vocabulary=vocabulary)


def differences(patients: Sequence[Patient], trials: Sequence[Compiled]) -> int:
    """How many findings sharing changes, in anything: truth, words, evidence, days."""
    wrong = 0
    for patient in patients:
        shared, alone = chart_of(patient), chart_of(patient)
        for one in trials:
            found = evaluate_on(one.asked or one.criteria, shared).criteria
            wrong += sum(a != b for a, b in zip(found, evaluate_on(one.criteria, alone).criteria, strict=True))
    return wrong


def measured(patients: Sequence[Patient], trials: Sequence[Criteria]) -> list[Figure]:
    terms = Terms(as_of=INDEX, complete=LISTS)
    pool: list[Compiled] = []
    loading = seconds(lambda: pool.extend(ready(trials, terms)))
    shared = [seconds(lambda patient=patient: on_chart(patient, pool, is_shared=True)) for patient in patients]
    alone = [seconds(lambda patient=patient: on_chart(patient, pool, is_shared=False)) for patient in patients]
    cold = [seconds(lambda patient=patient: anew(patient, pool[:COLD])) for patient in patients]
    nearest = [
        seconds(lambda patient=patient: screen_patient(patient, pool, terms, limit=SHOWN)) for patient in patients
    ]
    pairs, one_on_all = len(patients) * len(pool), f"one patient on {len(pool)} trials"
    verdicts, report = f"{one_on_all}, verdicts with reasons", f"{one_on_all}, report on the nearest {SHOWN}"
    return [
        Figure("making the trials ready, seconds", loading),
        Figure("pairs a second, atoms shared", pairs / sum(shared), f">= {ASKED_PAIRS}"),
        Figure("pairs a second, each trial on its own, chart kept", pairs / sum(alone)),
        Figure("pairs a second, chart arranged for each pair", len(patients) * min(COLD, len(pool)) / sum(cold)),
        Figure("times faster than each trial on its own", sum(alone) / sum(shared)),
        Figure(f"{verdicts}, median seconds", statistics.median(shared), f"<= {ASKED_SECONDS}"),
        Figure(f"{report}, median seconds", statistics.median(nearest), f"<= {ASKED_SECONDS}"),
        Figure("findings that sharing changes", differences(patients, pool[:COLD]), "<= 0"),
    ]  # fmt: skip


def append(figures: Sequence[Figure], trials: int, pairs: int) -> None:
    about = (dt.datetime.now(dt.UTC).date().isoformat(), trialwright.__version__, platform.python_version())
    is_new = not RESULTS.exists()
    with RESULTS.open("a", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        if is_new:
            writer.writerow(("date", "version", "python", "load_average", "trials", "pairs", "what", "figure", "asked"))
        for one in figures:
            load = f"{os.getloadavg()[0]:.1f}"
            writer.writerow((*about, load, trials, pairs, one.name, f"{one.value:.4g}", one.asked))


def is_over(figure: Figure) -> bool:
    if not figure.asked:
        return False
    way, limit = figure.asked.split()
    return figure.value < float(limit) if way == ">=" else figure.value > float(limit)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--trials", type=int, default=TRIALS)
    parser.add_argument("--dry", action="store_true", help="measure, write nothing")
    given = parser.parse_args()
    patients = [one for path in sorted((DATA / "npc/fhir").glob("*.json")) for one in read_patients(path)]
    figures = measured(patients, drawn(given.trials))
    for one in figures:
        print(f"{one.name}: {one.value:.4g}{f' (asked {one.asked})' if one.asked else ''}")
    if figures[-1].value:
        print("sharing changes findings: nothing is written", file=sys.stderr)
        return 1
    if not given.dry:
        append(figures, given.trials, len(patients) * given.trials)
    return int(given.trials >= TRIALS and any(map(is_over, figures)))


if __name__ == "__main__":
    sys.exit(main())
