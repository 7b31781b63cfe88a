"""Measures the library: how well it finds, how fast and how large it is; prints every figure and appends it to bench/results/search.csv.

Usage: python bench/search.py [--only quality scale] [--trials N …] [--library DIR] [--date YYYY-MM-DD] [--dry]

quality  ranking against plain BM25 on the same trials, with the judgments of the shared sets
scale    build time, size, memory and 95th percentiles, with real trials perturbed until there are N
"""

import argparse
import csv
import datetime as dt
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import search_quality
import search_scale
from search_corpora import DATA, ROOT
from search_quality import Figure

RESULTS = ROOT / "bench/results/search.csv"
_COLUMNS = ("date", "commit", "figure", "value", "of", "asked")
_PARTS = ("quality", "scale")


def measure(given: argparse.Namespace) -> Iterator[Figure]:
    with search_quality.whole_library(given.library) as library, library.view() as view:
        if "quality" in given.only:
            yield from search_quality.measure(view)
        if "scale" in given.only:
            real = search_scale.base(view)
            for number in given.trials:
                yield from search_scale.measure(number, real)


def append(figure: Figure, date: str) -> None:
    is_new = not RESULTS.exists()
    with RESULTS.open("a", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        if is_new:
            writer.writerow(_COLUMNS)
        writer.writerow((date, _commit(), figure.name, f"{figure.value:.4f}", figure.of, figure.asked))


@cache
def _commit() -> str:
    """`+` behind it when the tree holds changes."""
    told = subprocess.run(
        ["git", "describe", "--always", "--dirty=+"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return told.stdout.strip() or "none"


def main() -> int:
    given = _arguments()
    if not DATA.exists():
        print(f"there is no {DATA}: the benchmark reads the real records from it", file=sys.stderr)
        return 2
    for figure in measure(given):
        print(figure, flush=True)
        if not given.dry:
            append(figure, given.date)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=_PARTS, default=_PARTS)
    parser.add_argument("--trials", nargs="+", type=int, default=[100_000], help="how many for `scale`")
    parser.add_argument("--library", type=Path, help="a library of the real trials to keep; made where it is not there")
    parser.add_argument("--date", default=dt.datetime.now(tz=dt.UTC).date().isoformat())
    parser.add_argument("--dry", action="store_true", help="print, do not append to the results")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
