"""One trial on a large population in DuckDB: seconds and memory for all criteria at once, three-valued, and for five rules.

The population is drawn by `population.py` (seeded, its gaps stated there), written once as fact tables and kept in a folder. The trial is a
real one with 25 criteria, compiled from its text. A sample of the same people is judged by the memory engine too: both must give the same
verdicts, or the figures are not written. Appends to results/population.csv; exits with 1 over a limit at full size.

    python bench/bench_population.py [--persons 100000] [--folder DIR] [--threads 2]
"""

from pathlib import Path

from trialwright.patients.facts import Domain

ROOT = Path(__file__).resolve().parents[1]
SEED_TRIAL = ROOT.parent / "shared/seeds"
RESULTS = Path(__file__).parent / "results/population.csv"
COLUMNS = (
    "date",
    "version",
    "python",
    "persons",
    "facts",
    "trial",
    "criteria",
    "lists",
    "threads",
    "seconds",
    "peak_mb",
    "sample_differences",
)
FULL, PART, SAMPLE = 1_000_000, 25_000, 1_000
LIMITS = {"five rules": 2.0, "NCT07332247": 10.0}
LISTS: frozenset[Domain] = frozenset({"conditions", "procedures", "drugs", "allergies", "vaccines"})
FIVE_RULES = """Inclusion Criteria:
* Age 18 years or older
* ECOG performance status 0-1
* Hemoglobin >= 90 g/L
Exclusion Criteria:
* Prior treatment with checkpoint inhibitors
* Radiotherapy within 4 weeks before enrollment
"""
