"""One trial on a large population in DuckDB: seconds and memory for all criteria at once, three-valued.

Three trials: five rules and a real one with 25 criteria on 1,000,000 persons, and ten windowed laboratory limits on 100,000. The
population is drawn by `population.py` (seeded; its distributions and gaps are stated there), written as fact tables in parts and kept in a
folder, so that a second run, or one after a crash, draws only what is missing. Each trial is timed in a process of its own, from compiled
criteria to the table of verdicts (Parquet is read within the time), then counted for a funnel. A sample of the same people is judged by
the memory engine too: both must give the same verdicts, or nothing is written. Appends to results/population.csv; exits with 1 over a
limit at full size.

    python bench/bench_population.py [--persons 1000000] [--folder DIR] [--threads 2] [--jobs 1]
"""

import argparse
import csv
import json
import multiprocessing
import os
import platform
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import trialwright
from population import LAST_DAY, Population
from trialwright.codes.vocabulary import default_vocabulary
from trialwright.criteria.compiler import compile_criteria
from trialwright.criteria.nodes import Criteria
from trialwright.engines import duckdb as engine
from trialwright.engines.memory import evaluate
from trialwright.engines.sql import gaps, verdict_columns
from trialwright.engines.tables import fingerprint, part_names, write_tables
from trialwright.patients.facts import Complete, Domain, Patient
from trialwright.registries import ctgov
from trialwright.registries.files import read_trials

ROOT = Path(__file__).resolve().parents[1]
SEEDS = ROOT.parent / "shared/seeds"
RESULTS = Path(__file__).parent / "results/population.csv"
FULL, PART, SAMPLE = 1_000_000, 100_000, 1_000
LISTS: frozenset[Domain] = frozenset({"conditions", "procedures", "drugs", "allergies", "vaccines"})
MEMORY_MB = 4000
FIVE_RULES = """Inclusion Criteria:
* Age 18 years or older
* ECOG performance status 0-1
* Hemoglobin >= 90 g/L
Exclusion Criteria:
* Prior treatment with checkpoint inhibitors
* Radiotherapy within 4 weeks before enrollment
"""
WINDOWED_LABS = """Inclusion Criteria:
* Hemoglobin >= 90 g/L within 14 days before enrollment
* Absolute neutrophil count >= 1.5 x 10^9/L within 14 days before enrollment
* Platelets >= 100 x 10^9/L within 14 days before enrollment
* AST <= 2.5 x ULN within 28 days before enrollment
* ALT <= 2.5 x ULN within 28 days before enrollment
* Total bilirubin <= 1.5 x ULN within 28 days before enrollment
* Serum creatinine <= 1.5 mg/dL within 14 days before enrollment
* Creatinine clearance >= 60 mL/min within 14 days before enrollment
* Albumin >= 30 g/L within 28 days before enrollment
* INR <= 1.5 within 28 days before enrollment
"""


class Task(NamedTuple):
    """One trial and how many persons it is asked about at full size, with the seconds that are allowed."""

    name: str
    persons: int
    seconds: float


TASKS = (
    Task("five rules", FULL, 2.0),
    Task("NCT07332247", FULL, 10.0),
    Task("windowed labs", FULL // 10, 1.0),
)


def criteria_of(name: str) -> Criteria:
    texts = {"five rules": FIVE_RULES, "windowed labs": WINDOWED_LABS}
    if name in texts:
        module = {"eligibilityModule": {"eligibilityCriteria": texts[name]}}
        record = {"protocolSection": {"identificationModule": {"nctId": "NCT00000000"}, **module}}
        return compile_criteria(ctgov.read(json.dumps(record).encode()), default_vocabulary())
    trials = (trial for path in sorted(SEEDS.glob("*.txt")) for trial in read_trials(path))
    trial = next(one for one in trials if getattr(one, "nct_id", None) == name)
    return compile_criteria(trial, default_vocabulary())


def draw_part(folder: Path, part: int, persons: int) -> int:
    vocabulary = default_vocabulary()
    patients = Population(vocabulary).patients(part * PART, persons)
    return write_tables(patients, folder, vocabulary=vocabulary, part=part)


def draw(folder: Path, persons: int, jobs: int) -> None:
    """The parts that are not there yet."""
    there = set(part_names(folder))
    wanted = [
        (part, min(PART, persons - part * PART))
        for part in range(-(-persons // PART))
        if f"part-{part:05d}.parquet" not in there
    ]
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        for number, done in enumerate([pool.submit(draw_part, folder, *one) for one in wanted], 1):
            done.result()
            print(f"\rdrawn: {number} of {len(wanted)} parts", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)


def measure(name: str, folder: Path, parts: Sequence[str], threads: int) -> dict[str, float]:
    """Seconds to verdicts and to a funnel's counts, and the most memory used; in a process of its own."""
    criteria = criteria_of(name)
    vocabulary, complete = default_vocabulary(), Complete(LISTS)
    found: dict[str, float] = {}
    with engine.connect(threads=threads) as database:
        start, cpu = time.perf_counter(), time.process_time()
        table = engine.evaluate(
            folder,
            criteria,
            index_date=LAST_DAY,
            complete=complete,
            vocabulary=vocabulary,
            connection=database,
            parts=parts,
        )
        found["seconds"] = round(time.perf_counter() - start, 2)
        found["cpu_seconds"] = round(time.process_time() - cpu, 2)
        found["persons"] = len(table)
    (peak,) = (line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line)
    found["peak_mb"] = int(peak) // 1024
    del table
    with engine.connect(threads=threads) as database:
        start = time.perf_counter()
        counts = engine.count(
            folder,
            criteria,
            index_date=LAST_DAY,
            complete=complete,
            vocabulary=vocabulary,
            connection=database,
            parts=parts,
        )
        found["count_seconds"] = round(time.perf_counter() - start, 2)
        found["cells"] = len(counts.cells)
    return found


def facts_in(folder: Path, parts: Sequence[str]) -> int:
    """Facts as the charts have them; what an M stage says of metastasis stands in the tables beside it and is not counted."""
    import pyarrow.parquet as pq

    total = 0
    for name in ("occurrences", "measurements", "ratings", "stagings", "statements"):
        for part in parts:
            path = folder / name / part
            total += pq.ParquetFile(path).metadata.num_rows
            if name == "occurrences":
                total -= sum(pq.read_table(path, columns=["is_staged"]).column(0).to_pylist())
    return total


def sample_differences(name: str) -> int:
    """How many verdicts of a sample DuckDB and memory do not share."""
    vocabulary, complete, criteria = default_vocabulary(), Complete(LISTS), criteria_of(name)
    people: list[Patient] = list(Population(vocabulary).patients(0, SAMPLE))
    with tempfile.TemporaryDirectory() as folder:
        write_tables(people, Path(folder), vocabulary=vocabulary)
        table = engine.evaluate(
            Path(folder), criteria, index_date=LAST_DAY, complete=complete, vocabulary=vocabulary
        ).to_pylist()
    rows = {row["patient"]: row for row in table}
    left_out = {gap.criterion for gap in gaps(criteria)}
    wrong = 0
    for one in people:
        found = evaluate(criteria, one, index_date=LAST_DAY, complete=complete, vocabulary=vocabulary)
        for column, judged in zip(verdict_columns(criteria), found.criteria, strict=True):
            wrong += column not in left_out and rows[one.id][column] != judged.verdict
    return wrong


def append(rows: list[dict[str, object]]) -> None:
    is_new = not RESULTS.exists()
    with RESULTS.open("a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        if is_new:
            writer.writeheader()
        writer.writerows(rows)


def row_of(task: Task, folder: Path, given: argparse.Namespace) -> dict[str, object]:
    share = min(given.persons, task.persons * given.persons // FULL)
    parts = part_names(folder)[: max(1, share // PART)]
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        found = pool.submit(measure, task.name, folder, parts, given.threads).result()
        wrong = pool.submit(sample_differences, task.name).result()
    about = {
        "date": datetime.now(UTC).date().isoformat(),
        "version": trialwright.__version__,
        "python": platform.python_version(),
    }
    rest = {"facts": facts_in(folder, parts), "trial": task.name, "criteria": len(criteria_of(task.name).criteria)}
    how = {"threads": given.threads, "load": round(os.getloadavg()[0], 1)}
    return {**about, **rest, **how, **found, "asked_seconds": task.seconds, "sample_differences": wrong}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--persons", type=int, default=FULL)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--jobs", type=int, default=1)
    given = parser.parse_args()
    name = f"trialwright-population-{given.persons}-{fingerprint(default_vocabulary())[:12]}"
    folder = given.folder or Path(tempfile.gettempdir()) / name
    draw(folder, given.persons, given.jobs)
    rows = [row_of(task, folder, given) for task in TASKS]
    for row in rows:
        print(", ".join(f"{key} {value}" for key, value in row.items()))
    if any(row["sample_differences"] for row in rows):
        print("the engines do not agree: nothing is written", file=sys.stderr)
        return 1
    append(rows)
    is_full = given.persons >= FULL
    is_over = any(row["seconds"] > row["asked_seconds"] or row["peak_mb"] > MEMORY_MB for row in rows)  # type: ignore[operator]
    return int(is_full and is_over)


if __name__ == "__main__":
    sys.exit(main())
