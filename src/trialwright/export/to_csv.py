"""Tables as CSV: one row for each criterion of each trial of each patient, or any rows that a command has.

A cell that a spreadsheet would take for a formula gets an apostrophe in front: record text is not trusted.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from .record_text import as_read, shown
from .report import Report

COLUMNS = (
    "patient", "as_of", "trial", "trial_verdict", "headline", "criterion", "kind", "verdict", "answer",
    "why", "missing", "presumed", "near", "evidence", "text", "understood",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def to_csv(reports: Iterable[Report]) -> Iterator[str]:
    """Lines, the header first."""
    return lines(COLUMNS, (row for report in reports for row in _rows(report)))


def lines(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """CSV line by line, each with its line end as RFC 4180 has it; the header first."""
    held = io.StringIO()
    writer = csv.writer(held)
    for row in chain((columns,), rows):
        writer.writerow([_safe(cell) for cell in row])
        yield held.getvalue()
        held.seek(0)
        held.truncate()


def _rows(report: Report) -> Iterator[tuple[str, ...]]:
    for trial in report.trials:
        for row in trial.criteria:
            evidence = "; ".join(
                " ".join(filter(None, (line.fact, line.recorded, line.date, f"[{line.source}]" if line.source else "")))
                for line in row.evidence
            )
            yield (
                report.patient, str(report.as_of), trial.trial, trial.verdict, trial.headline, row.id, row.kind,
                row.verdict, row.answer, row.why, "; ".join(row.missing), str(row.presumed).lower(),
                str(row.near).lower(), evidence, as_read(row.text), row.understood,
            )  # fmt: skip


def _safe(cell: str) -> str:
    text = shown(cell)
    return f"'{text}" if text.startswith(_FORMULA) else text
