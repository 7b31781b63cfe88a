"""Reports as Markdown: for a note, a ticket or a wiki. Record text is escaped: words, never markup."""

import re
from collections.abc import Iterable, Iterator

from .record_text import as_read
from .report import DISCLAIMER, Report, Row, TrialReport
from .to_terminal import (
    complete_words,
    marks,
    most_useful,
    off_words,
    question_words,
    review_words,
    unknown_words,
    version_words,
)
from .words import evidence_words

_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~!&$])")
_LEADING = re.compile(r"^(\s*)([-+]|\d+[.)])(?=\s)")


def to_markdown(reports: Iterable[Report]) -> str:
    return "\n\n---\n\n".join("\n".join(_report(report)) for report in reports) + "\n"


def escaped(text: str) -> str:
    """Words on one line that no Markdown reader takes for markup."""
    said = _MARKUP.sub(r"\\\1", as_read(text))
    return _LEADING.sub(lambda match: f"{match[1]}{match[2][:-1]}\\{match[2][-1]}", said)


def _report(report: Report) -> Iterator[str]:
    yield f"# Patient {escaped(report.patient)}"
    yield ""
    yield f"{report.person}. As of {report.as_of}; {complete_words(report)}; {report.software}."
    yield ""
    if report.remarks:
        yield from (f"- On the chart: {escaped(remark)}" for remark in report.remarks)
        yield ""
    yield "| Verdict | Trial | Title |"
    yield "| --- | --- | --- |"
    for trial in report.by_verdict():
        yield f"| **{trial.headline}** | {escaped(trial.trial)} | {escaped(trial.title)} |"
    if useful := most_useful(report):
        yield from ("", "Most useful to find out, over these trials:", "")
        yield from (f"- {escaped(unknown_words(one))}" for one in useful)
    for trial in report.by_verdict():
        yield from _trial(report, trial)
    yield ""
    yield f"*{DISCLAIMER}*"


def _trial(report: Report, trial: TrialReport) -> Iterator[str]:
    name = escaped(trial.trial) or "no id"
    yield ""
    yield f"## {f'[{name}]({trial.address})' if trial.address else name}: {escaped(trial.title)}"
    yield ""
    alone = f" On the criteria alone: {trial.on_criteria}." if trial.headline != trial.on_criteria else ""
    yield f"**{trial.headline}.**{alone} As of {report.as_of}; {version_words(trial)}; {report.software}."
    yield ""
    yield f"Coverage: {trial.coverage}."
    if trial.without:
        yield ""
        yield f"Switched off, not counted: {escaped(off_words(trial))}."
    if trial.reviewed:
        yield ""
        yield f"Decided by a reviewer: {escaped(review_words(trial))}."
    yield from _table("What stands in the way", trial.blockers)
    unknown = tuple(row for _, rows in trial.asked() for row in rows) + trial.unasked
    yield from _table("To find out", unknown)
    if trial.questions:
        yield ""
        yield from (f"- {escaped(question_words(q.datum, q.settles, q.helps))}" for q in trial.questions)
    yield from _table("For a person to say", trial.rows("person"))
    yield from _table("Not understood", trial.not_understood)
    if trial.changes:
        yield from ("", "### What would change it", "")
        yield from (f"- {escaped(change.criterion)}: {escaped(change.says)}" for change in trial.changes)
    yield from _table("What passes", trial.rows("pass"))


def _table(title: str, rows: tuple[Row, ...]) -> Iterator[str]:
    if not rows:
        return
    yield from ("", f"### {title} ({len(rows)})", "")
    yield "| Criterion | As published | Read as | Holds | Why | Evidence |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for row in rows:
        evidence = "; ".join(escaped(evidence_words(line)) for line in row.evidence)
        holds = f"{row.question} **{row.answer}**{marks(row)}"
        cells = (escaped(row.id), escaped(row.text), escaped(row.understood), holds, escaped(row.why), evidence)
        yield f"| {' | '.join(cells)} |"
