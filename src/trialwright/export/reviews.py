"""A reviewer's hand, kept in a plain file: which criteria do not count, and which verdicts a person gives, each with a reason.

A tab-separated table comes in and `Decision`s go out; a form to fill in comes out of reports. What the engine found is never lost: a
decision stands beside it.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import get_args

from trialwright.criteria.logic import Verdict

from .record_text import as_read
from .report import Decided, Decision, Report

COLUMNS = ("patient", "trial", "criterion", "decision", "reason", "by", "day")
FOUND = ("found", "why", "text")
"""What a form shows besides; a table that is read may have any further columns."""

_NEEDED = ("criterion", "decision", "reason")
_DECISIONS: dict[str, Decided] = {name: name for name in (*get_args(Verdict), "off")}


class ReviewError(ValueError):
    """A review that cannot be read. One line, with the file and the place."""


def read_review(data: bytes, name: str) -> tuple[Decision, ...]:
    """The decisions of a table, in its order; rows without a decision are left out, so that a form may be filled in bit by bit.

    raises  ReviewError for what is no such table, for a decision that there is not, and for one without a reason
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ReviewError(f"{name}: no text in UTF-8") from None
    table = csv.DictReader(io.StringIO(text), delimiter="\t")
    lacking = [column for column in _NEEDED if column not in (table.fieldnames or ())]
    if lacking:
        raise ReviewError(f"{name}: no column {lacking[0]!r}; expected a table with tabs and {', '.join(_NEEDED)}")
    return tuple(_decision(row, f"{name}: line {table.line_num}") for row in table if (row["decision"] or "").strip())


def _decision(row: dict[str, str | None], where: str) -> Decision:
    cells = {column: (row.get(column) or "").strip() for column in COLUMNS}
    decision = _DECISIONS.get(cells["decision"].lower())
    if decision is None:
        raise ReviewError(f"{where}: no decision {cells['decision']!r}; expected {', '.join(_DECISIONS)}")
    for column in ("criterion", "reason"):
        if not cells[column]:
            raise ReviewError(f"{where}: a decision without a {column}")
    return Decision(
        criterion=cells["criterion"], decision=decision, reason=cells["reason"],
        patient=cells["patient"], trial=cells["trial"], by=cells["by"], day=cells["day"],
    )  # fmt: skip


def decided(decisions: Iterable[Decision], patient: str, trial: str, criterion: str) -> Decision | None:
    """The decision on a criterion: the last one that speaks of it."""
    found = [one for one in decisions if one.is_on(patient, trial, criterion)]
    return found[-1] if found else None


def review_form(reports: Iterable[Report]) -> Iterator[str]:
    """A review to fill in: a line for each criterion that fails or is open, and for each that was decided before."""
    held = io.StringIO()
    writer = csv.writer(held, delimiter="\t", lineterminator="\n")
    writer.writerow((*COLUMNS, *FOUND))
    for report in reports:
        for trial in report.trials:
            for row in (*trial.criteria, *trial.without):
                if row.verdict == "pass" and row.decision is None:
                    continue
                one = row.decision
                kept = (one.decision, one.reason, one.by, one.day) if one else ("", "", "", "")
                found = row.judged or row.verdict
                writer.writerow(
                    (report.patient, trial.trial, row.id, *kept, found, as_read(row.why), as_read(row.text))
                )
        yield held.getvalue()
        held.seek(0)
        held.truncate()
