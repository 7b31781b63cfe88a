"""The real texts that the criteria benchmarks read, and the figures they write.

Paths go in, rows and counted figures come out. Nothing of the data is copied: it is read from `../shared/data` at run time.
"""

import csv
import gzip
import json
import random
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from trialwright.criteria.compiler import compile_text
from trialwright.criteria.nodes import Criterion

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared/data"
RESULTS = ROOT / "bench/results/criteria.csv"
_SEED = 20_250_101
_COLUMNS = ("date", "commit", "sample", "measure", "figure", "value", "count", "of")


class Figure(NamedTuple):
    """One measured number. count, of: what it is a share of; 0, 0 for a plain amount."""

    measure: str
    name: str
    value: float
    count: int = 0
    of: int = 0

    def __str__(self) -> str:
        if self.of:
            return f"{self.name:<46} {self.value:8.2%}  {self.count:>8,} of {self.of:,}"
        shown = f"{self.value:.3f}" if self.name.endswith("F1") else f"{self.value:,.0f}"
        return f"{self.name:<46} {shown:>8}"


def share(measure: str, name: str, count: int, of: int) -> Figure:
    return Figure(measure, name, count / of if of else 0.0, count, of)


class Score(NamedTuple):
    """found  what was found and is right · said: all that was found · hit: what was sought and found · sought: all that was"""

    right: int
    said: int
    hit: int
    sought: int

    @property
    def precision(self) -> float:
        return self.right / self.said if self.said else 0.0

    @property
    def recall(self) -> float:
        return self.hit / self.sought if self.sought else 0.0

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0

    def __add__(self, other: "Score") -> "Score":  # type: ignore[override]
        return Score(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))

    def figures(self, measure: str, name: str) -> tuple[Figure, ...]:
        return (
            share(measure, f"{name} precision", self.right, self.said),
            share(measure, f"{name} recall", self.hit, self.sought),
            Figure(measure, f"{name} F1", self.f1),
        )

    def row(self, name: str) -> str:
        return (
            f"  {name:<18} P {self.precision:6.3f} ({self.right}/{self.said})".ljust(46)
            + f"R {self.recall:6.3f} ({self.hit}/{self.sought})".ljust(26)
            + f"F1 {self.f1:6.3f}"
        )


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """The JSON objects of a file with one a line, gzipped or not."""
    with path.open("rb") as packed:
        for line in gzip.GzipFile(fileobj=packed) if path.suffix == ".gz" else packed:
            if line.strip():
                yield json.loads(line)


def drawn(found: Sequence[Any], sample: int | None) -> list[Any]:
    """All of it, or `sample` of it at random, the same ones on every run."""
    if sample is None or sample >= len(found):
        return list(found)
    return random.Random(_SEED).sample(list(found), sample)


class Record(NamedTuple):
    """A trial's text and, where the set has them, the registry's own fields (None = the record does not hold it)."""

    trial: str
    text: str
    minimum_age: str | None = None
    maximum_age: str | None = None
    sex: str | None = None


def registry_records() -> list[Record]:
    """The full registry records that hold an eligibility text."""
    found = []
    for row in rows(DATA / "records/ctgov_v2.jsonl.gz"):
        section = row["protocolSection"]
        module = section.get("eligibilityModule", {})
        text = module.get("eligibilityCriteria", "")
        if text.strip():
            ages = module.get("minimumAge"), module.get("maximumAge")
            found.append(Record(section["identificationModule"]["nctId"], text, *ages, module.get("sex")))
    return found


def eligibility_texts() -> list[Record]:
    return [Record(row["nct_id"] or "", row["eligibility"]) for row in rows(DATA / "records/eligibility.jsonl.gz")]


def criteria_of(text: str, trial: str = "") -> tuple[Criterion, ...]:
    """The compiled criteria; none when the compiler raised, which the coverage measure counts."""
    try:
        return compile_text(text, trial=trial).criteria
    except Exception:  # noqa: BLE001 - registry text must never raise; a benchmark must go on when it does
        return ()


def commit() -> str:
    """The short name of the commit the figures belong to; `+` when the tree holds more than it."""
    try:
        name = _git("rev-parse", "--short", "HEAD")
        return name + ("+" if _git("status", "--porcelain", "--", "src") else "")
    except (OSError, subprocess.CalledProcessError):
        return ""


def _git(*words: str) -> str:
    done = subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def append(figures: Iterable[Figure], date: str, sample: int | None, results: Path = RESULTS) -> None:
    """Adds the figures to the results, one a line."""
    results.parent.mkdir(parents=True, exist_ok=True)
    fresh = not results.exists()
    name = commit()
    with results.open("a", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if fresh:
            writer.writerow(_COLUMNS)
        for figure in figures:
            value = f"{figure.value:.4f}"
            writer.writerow([date, name, sample or "all", figure.measure, figure.name, value, figure.count, figure.of])
