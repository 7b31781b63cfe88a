"""Built-in samples: five trial records and four patients, to try things with.

The records restate the facts of real trials in this project's own words, under ids of their own (`SAMPLE-000` …); they are
not the registry's records. The patients are invented.
"""

from datetime import date
from pathlib import Path

SCREENED_ON = date(2026, 3, 2)
"""The day the sample charts were made for: later, their laboratory values are too old for some criteria."""

WITHOUT_COMPLETE_LISTS = frozenset({"SAMPLE-D"})
"""Charts of which so little is known that their silence must not count as an answer; the lists of the others are complete."""

_HOME = Path(__file__).parent


def trial_paths() -> tuple[Path, ...]:
    """The sample records, by id."""
    return tuple(sorted((_HOME / "trials").glob("*.json")))


def patient_paths() -> tuple[Path, ...]:
    """The sample charts, by id."""
    return tuple(sorted((_HOME / "patients").glob("*.yaml")))


def trial_path(identity: str) -> Path | None:
    """The record of a sample's id, such as `SAMPLE-001`, in any case; None when there is none."""
    return next((path for path in trial_paths() if path.stem.upper() == identity.upper()), None)
