"""Reports as lines for a terminal or a pipe: one layout, drawn plain here and in colour by Rich.

Styles name what a line is, never a colour; without colour every line still says in words what it is.
"""

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Literal, NamedTuple

from .record_text import as_printed, as_read, shown
from .report import DISCLAIMER, EvidenceLine, PartLine, Report, Row, State, TrialReport, Unknown
from .words import counted, evidence_words, status_words

if TYPE_CHECKING:
    from rich.console import Console

Style = Literal[
    "title", "heading", "likely", "possibly", "cannot", "closed", "not", "item", "quote", "text", "quiet", "drawing"
]
_COLOURS: dict[Style, str] = {
    "title": "bold", "heading": "bold underline", "item": "bold", "quote": "italic", "text": "", "quiet": "dim",
    "likely": "bold green", "possibly": "bold yellow", "cannot": "bold magenta", "closed": "bold magenta",
    "not": "bold red",
    "drawing": "",
}  # fmt: skip
_MARKS: dict[State, str] = {"likely": "+", "possibly": "?", "cannot": "~", "closed": "#", "not": "-"}


_MOST_ASKED, _MOST_NAMED = 8, 4


class Line(NamedTuple):
    """One paragraph; a drawing is not wrapped. hang: columns by which its later lines are set in further."""

    text: str
    style: Style = "text"
    indent: int = 0
    hang: int = 0


def plain(lines: Iterable[Line], width: int = 100) -> str:
    """The lines as text of at most `width` columns; a longer word stands alone."""
    return "".join(f"{text}\n" for text, _ in _wrapped(lines, width))


def draw(lines: Iterable[Line], console: "Console") -> None:
    from rich.text import Text

    for text, style in _wrapped(lines, min(console.width, 120)):
        console.print(Text(text, style=_COLOURS[style]), soft_wrap=True)


def _wrapped(lines: Iterable[Line], width: int) -> Iterator[tuple[str, Style]]:
    for line in lines:
        text = shown(line.text)
        if line.style == "drawing":
            yield " " * line.indent + text, line.style
            continue
        if not text.strip():
            yield "", "text"
            continue
        for part in textwrap.wrap(
            text.strip(),
            max(width, 40),
            initial_indent=" " * line.indent,
            subsequent_indent=" " * (line.indent + line.hang),
            break_on_hyphens=False,
        ):
            yield part, line.style


def layout(report: Report) -> Iterator[Line]:
    yield Line(f"Patient {report.patient}: {report.person}", "title")
    yield Line(f"As of {report.as_of} · {complete_words(report)} · {report.software}", "quiet")
    for remark in report.remarks:
        yield Line(f"On the chart: {remark}", "quiet", 2, 2)
    yield Line("")
    width = max((len(trial.headline) for trial in report.trials), default=0)
    for trial in report.by_verdict():
        name = f"{trial.trial or 'no id'}  {as_read(trial.title)}"
        yield Line(f"{_MARKS[trial.state]} {trial.headline:<{width}}  {name}", trial.state, 0, width + 4)
    yield from _useful(report)
    for trial in report.by_verdict():
        yield from _trial(report, trial)
    yield Line("")
    yield Line(DISCLAIMER, "quiet")


def _useful(report: Report) -> Iterator[Line]:
    told = most_useful(report)
    if told:
        yield Line("")
        yield Line("Most useful to find out, over these trials", "title")
    for one in told:
        yield Line(f"> {unknown_words(one)}", "possibly", 1, 2)


def most_useful(report: Report) -> tuple[Unknown, ...]:
    """What to find out first; none where no datum says anything of more than one criterion."""
    return tuple(one for one in report.unknowns if len(one.trials) > 1 or one.settles > 1)[:_MOST_ASKED]


def unknown_words(one: Unknown) -> str:
    """`HBV DNA settles 2 criteria, helps with 1 (NCT00000001, NCT00000002)`."""
    says = [f"settles {counted(one.settles, 'criterion', 'criteria')}"] if one.settles else []
    says += (
        [f"helps with {one.helps}" if says else f"helps with {counted(one.helps, 'criterion', 'criteria')}"]
        if one.helps
        else []
    )
    rest = len(one.trials) - _MOST_NAMED
    more = f" and {rest} more" if rest > 0 else ""
    return f"{one.datum} {', '.join(says)} ({', '.join(one.trials[:_MOST_NAMED])}{more})"


def off_words(trial: TrialReport) -> str:
    return ", ".join(f"{row.id} ({row.decision.words})" if row.decision else row.id for row in trial.without)


def review_words(trial: TrialReport) -> str:
    return ", ".join(
        f"{row.id} {row.verdict}{f', found {row.judged}' if row.judged else ', as found'}" for row in trial.reviewed
    )


def short_layout(report: Report) -> Iterator[Line]:
    """The patient and, for each trial, the verdict with what it hangs on."""
    yield Line(f"Patient {report.patient}: {report.person}", "title")
    yield Line(f"As of {report.as_of} · {complete_words(report)} · {report.software}", "quiet", 0, 2)
    for trial in report.by_verdict():
        yield Line(f"{_MARKS[trial.state]} {trial.headline} · {trial.trial} {as_read(trial.title)}", trial.state, 0, 4)
        for row in trial.blockers:
            yield Line(f"{row.id:<4} {row.question} {row.answer.upper()}. {row.why}", "text", 4, 5)
        if trial.blockers:
            continue
        for question in trial.questions[:3]:
            yield Line(f"To find out: {question_words(question.datum, question.settles, question.helps)}", "text", 4, 2)
        said = [f"{len(trial.rows('person'))} for a person"] if trial.rows("person") else []
        said += [f"{len(trial.not_understood)} not understood"] if trial.not_understood else []
        if said:
            yield Line(f"Also open: {', '.join(said)}", "quiet", 4, 2)
    yield Line("")


def complete_words(report: Report) -> str:
    if not report.complete:
        return "no list declared complete: silence is unknown"
    return f"lists declared complete: {', '.join(report.complete)}"


def _trial(report: Report, trial: TrialReport) -> Iterator[Line]:
    yield Line("")
    yield Line(f"{trial.trial or 'no id'} · {as_read(trial.title)}", "heading", 0, 2)
    yield Line(trial.headline.upper(), trial.state)
    if trial.headline != trial.on_criteria:
        yield Line(f"On the criteria alone: {trial.on_criteria}.")
    yield Line(f"As of {report.as_of} · {version_words(trial)} · {report.software}", "quiet", 0, 2)
    yield Line(f"Coverage: {trial.coverage}.", "quiet", 0, 2)
    if trial.without:
        yield Line(f"Switched off, not counted: {off_words(trial)}.", "possibly", 0, 2)
    if trial.reviewed:
        yield Line(f"Decided by a reviewer: {review_words(trial)}.", "possibly", 0, 2)
    yield from _section("What stands in the way", trial.blockers)
    yield from _unknowns(trial)
    yield from _section("For a person to say", trial.rows("person"), brief=True)
    yield from _section("Not understood, read it yourself", trial.not_understood, brief=True)
    yield from _changes(trial)
    yield from _passes(trial)


def version_words(trial: TrialReport) -> str:
    dated = f"record of {trial.record_date}" if trial.record_date else "record without a date"
    return f"{dated}, {status_words(trial.status)}"


def _section(title: str, rows: tuple[Row, ...], *, brief: bool = False) -> Iterator[Line]:
    if not rows:
        return
    yield Line("")
    yield Line(f"{title} ({len(rows)})", "title")
    for row in rows:
        yield from _brief(row) if brief else _row(row)


def _unknowns(trial: TrialReport) -> Iterator[Line]:
    asked, unasked = list(trial.asked()), trial.unasked
    if not asked and not unasked:
        return
    yield Line("")
    yield Line(f"To find out ({sum(len(rows) for _, rows in asked) + len(unasked)})", "title")
    for question, rows in asked:
        yield Line(f"> {question_words(question.datum, question.settles, question.helps)}", "possibly", 1, 2)
        for row in rows:
            yield from _row(row)
    for row in unasked:
        yield from _row(row)


def tally(report: Report) -> str:
    """`1 likely eligible, 2 possibly, 2 not eligible`, the kinds that there are."""
    named: dict[State, str] = {
        "likely": "likely eligible", "possibly": "possibly", "cannot": "cannot be assessed", "closed": "closed",
        "not": "not eligible",
    }  # fmt: skip
    counts = Counter(trial.state for trial in report.trials)
    return ", ".join(f"{counts[state]} {words}" for state, words in named.items() if counts[state]) or "no trial"


def question_words(datum: str, settles: tuple[str, ...], helps: tuple[str, ...]) -> str:
    """`HBV DNA settles E7; helps with E8`."""
    says = [f"settles {', '.join(settles)}"] if settles else []
    says += [f"helps with {', '.join(helps)}"] if helps else []
    return f"{datum} {'; '.join(says)}"


def _brief(row: Row) -> Iterator[Line]:
    yield Line(f"{row.id:<4} “{as_read(row.text)}”", "text", 2, 5)


def _row(row: Row) -> Iterator[Line]:
    yield Line(f"{row.id:<4} {row.question} {row.answer.upper()}{marks(row)}", "item", 2, 5)
    yield from quote(row.text, 7)
    if row.reading != "none":
        yield Line(f"Read as: {row.understood}", "text", 7, 9)
    parts, blind = telling(row), blind_words(row)
    if len(row.parts) < 2 or not (parts or blind):
        yield Line(f"Why: {row.why}", "text", 7, 5)
        yield from (_evidence(line, 7) for line in row.evidence)
        yield from (Line(f"Window: {part.rule}", "quiet", 7, 8) for part in row.parts if part.rule)
        return
    for part in parts:
        yield Line(f"· {part_words(part)}", "text", 7, 2)
        yield from (_evidence(line, 9) for line in part.evidence)
        if part.rule:
            yield Line(f"Window: {part.rule}", "quiet", 9, 8)
    if blind:
        yield Line(f"· {blind}", "text", 7, 2)


def quote(text: str, indent: int) -> Iterator[Line]:
    """Words as published, in the lines they were printed in."""
    yield from (Line(part, "quote", indent, 2) for part in f"“{as_printed(text)}”".splitlines() if part.strip())


def telling(row: Row) -> tuple[PartLine, ...]:
    """The parts that say why the row stands where it does, but those that were not understood."""
    if row.verdict == "unknown":
        return tuple(part for part in row.deciding if part.answer != "not understood")
    return row.deciding if row.verdict == "fail" else ()


def part_words(part: PartLine) -> str:
    return f"{part.understood}: {part.answer}. {part.why}"


def blind_words(row: Row) -> str:
    """How much of an unknown row was not understood; the words themselves stand in what it was read as."""
    count = sum(part.answer == "not understood" for part in row.parts) if row.verdict == "unknown" else 0
    return f"{counted(count, 'phrase')} not understood, quoted above" if count else ""


def marks(row: Row) -> str:
    says_so = "presumed" in row.why
    kinds = (
        ("near the limit", row.near),
        ("presumed", row.presumed and not says_so),
        ("a reviewer's decision", row.judged is not None),
    )
    said = [word for word, holds in kinds if holds]
    return f" ({', '.join(said)})" if said else ""


def _evidence(line: EvidenceLine, indent: int) -> Line:
    return Line(f"Evidence: {evidence_words(line)}", "quiet", indent, 10)


def _changes(trial: TrialReport) -> Iterator[Line]:
    if not trial.changes:
        return
    yield Line("")
    yield Line("What would change it", "title")
    for change in trial.changes:
        yield Line(f"{change.criterion:<4} {change.says}", "text", 2, 5)


def _passes(trial: TrialReport) -> Iterator[Line]:
    passing = trial.rows("pass")
    if not passing:
        return
    yield Line("")
    yield Line(f"What passes ({counted(len(passing), 'criterion', 'criteria')})", "title")
    for row in passing:
        yield Line(f"{row.id:<4} {row.why}{marks(row)}", "text", 2, 5)
