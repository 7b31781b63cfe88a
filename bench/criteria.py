"""Measures the criteria compiler on real data, prints every figure with its counts and appends them to bench/results/criteria.csv.

Usage: python bench/criteria.py [--sample N] [--only NAME …] [--examples N] [--date YYYY-MM-DD] [--dry]

coverage  criteria read whole, in part, not at all; speed, growth, memory
people    ages and sex from the trees against the registry's own fields
spans     entity spans against Chia's val set
forms     atoms against the Leaf Clinical Trials logical forms
numbers   numeric comparisons against the hand-made set
losses    numbers, concepts and words that readings called whole leave out
whole     readings called whole against a hand-made judgement of each
"""

import argparse
import datetime as dt
import sys

import criteria_coverage
import criteria_forms
import criteria_losses
import criteria_numbers
import criteria_people
import criteria_spans
import criteria_whole
from criteria_corpora import DATA, Figure, append

_NAMES = ("coverage", "people", "spans", "forms", "numbers", "losses", "whole")


def measure(name: str, sample: int | None, examples: int) -> list[Figure]:
    """The figures of one measure. sample: trials or items to draw; the hand-made sets are always read whole."""
    match name:
        case "coverage":
            return criteria_coverage.measure(sample)
        case "people":
            return criteria_people.measure(sample, examples)
        case "spans":
            return criteria_spans.measure(sample)
        case "forms":
            return criteria_forms.measure(sample, examples)
        case "numbers":
            return criteria_numbers.measure(examples)
        case "losses":
            return criteria_losses.measure(sample, examples)
        case "whole":
            return criteria_whole.measure(examples)
        case _:
            raise ValueError(f"no measure {name!r}; there are {', '.join(_NAMES)}")


def main() -> int:
    given = _arguments()
    if not DATA.exists():
        print(f"there is no {DATA}: the benchmark reads the real records from it", file=sys.stderr)
        return 2
    figures = [figure for name in given.only for figure in measure(name, given.sample, given.examples)]
    print("\n# all figures")
    for figure in figures:
        print(f"  {figure.measure:<18} {figure}")
    if not given.dry:
        append(figures, given.date, given.sample)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, default=None, help="draw so many trials or items; default all")
    parser.add_argument("--only", nargs="+", choices=_NAMES, default=_NAMES)
    parser.add_argument("--examples", type=int, default=3, help="cases shown for each kind of error")
    parser.add_argument("--date", default=dt.datetime.now(tz=dt.UTC).date().isoformat())
    parser.add_argument("--dry", action="store_true", help="print, do not append to the results")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
