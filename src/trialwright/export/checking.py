"""What is odd in a trial, as text and as data: remarks by severity, each with its place, its words and what its code means."""

from collections import Counter
from collections.abc import Iterator
from itertools import groupby

import msgspec

from trialwright.checks.explanations import explain
from trialwright.checks.gathered import all_remarks, criterion_at
from trialwright.codes.places import Diagnostic, Severity, Span, draw
from trialwright.criteria.nodes import Criteria, Reading
from trialwright.trial import Trial

from .criteria_text import coverage_words
from .record_text import as_read, shown
from .to_markdown import escaped
from .to_terminal import Line, Style
from .words import counted

SCHEMA = "trialwright.check/1"
COLUMNS = ("trial", "severity", "code", "meaning", "where", "criterion", "start", "end", "words", "message")
_HEADINGS: dict[Severity, tuple[str, Style]] = {
    "error": ("Errors", "not"),
    "warning": ("Warnings", "possibly"),
    "note": ("Notes", "quiet"),
}
_DRAWN = 94
_PERSONAL = frozenset(("personal-contact",))


class Remark(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is odd.

    meaning    what the code says of every remark that carries it
    where      the address of a text of the record; "" for the page or the row that was read
    criterion  the id of the criterion it is about, else ""
    span       characters of the text at `where`; None when no words are to blame
    words      what stands there; "" without a span, where the record holds no such text, and for telephone numbers and addresses
    """

    trial: str
    severity: Severity
    code: str
    meaning: str
    where: str
    criterion: str
    span: Span | None
    words: str
    message: str


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """A trial with all that is odd in it, the worst first.

    coverage  how many criteria were read whole, in part and not at all: a check sees no more than was read
    """

    schema: str
    trial: str
    title: str
    coverage: dict[Reading, int]
    counts: dict[Severity, int]
    remarks: tuple[Remark, ...]


def check(trial: Trial, criteria: Criteria) -> Checked:
    remarks = tuple(_remark(trial, criteria, diagnostic) for diagnostic in all_remarks(trial, criteria))
    found = Counter(remark.severity for remark in remarks)
    return Checked(
        schema=SCHEMA,
        trial=trial.nct_id or "",
        title=trial.title or "",
        coverage=criteria.coverage(),
        counts={severity: found[severity] for severity in _HEADINGS},
        remarks=remarks,
    )


def _remark(trial: Trial, criteria: Criteria, diagnostic: Diagnostic) -> Remark:
    explanation = explain(diagnostic.code)
    criterion = criterion_at(criteria, diagnostic)
    return Remark(
        trial=trial.nct_id or "",
        severity=explanation.severity,
        code=diagnostic.code,
        meaning=explanation.title,
        where=diagnostic.where,
        criterion=criterion,
        span=diagnostic.span,
        words=_words(trial, diagnostic),
        message=diagnostic.message.removeprefix(f"{criterion}: "),
    )


def _words(trial: Trial, diagnostic: Diagnostic) -> str:
    text = trial.text_at(diagnostic.where)
    if text is None or diagnostic.span is None or diagnostic.code in _PERSONAL:
        return ""
    return diagnostic.span.of(text)


def row(remark: Remark) -> tuple[str, ...]:
    """The cells of a table, as `COLUMNS` names them."""
    span = remark.span
    place = (str(span.start), str(span.end)) if span else ("", "")
    words = as_read(remark.words)
    return (
        remark.trial, remark.severity, remark.code, remark.meaning, remark.where, remark.criterion, *place, words,
        as_read(remark.message),
    )  # fmt: skip


def layout(trial: Trial, checked: Checked) -> Iterator[Line]:
    yield Line(f"{checked.trial or 'no id'} · {as_read(checked.title) or 'no title'}", "heading", 0, 2)
    yield Line(f"{_counts(checked)}. Coverage: {coverage_words(checked.coverage)}.", "quiet", 0, 2)
    for severity, remarks in groupby(checked.remarks, lambda remark: remark.severity):
        heading, style = _HEADINGS[severity]
        yield Line("")
        yield Line(f"{heading} ({checked.counts[severity]})", "title")
        for meaning, alike in groupby(remarks, lambda remark: remark.meaning):
            yield Line(meaning, style, 2, 2)
            for remark in alike:
                yield from _drawn(remark, trial)


def _counts(checked: Checked) -> str:
    said = [counted(number, severity) for severity, number in checked.counts.items() if number]
    return ", ".join(said) or "Nothing odd was found"


def _drawn(remark: Remark, trial: Trial) -> Iterator[Line]:
    """The remark with its place, and its words with carets below them."""
    text = trial.text_at(remark.where) if remark.words else None
    span = remark.span if text else None
    said = Diagnostic(remark.code, remark.message, place_words(remark), span)
    head, *drawing = draw(said, (text or "").replace("\t", " "), _DRAWN).splitlines()
    yield Line(shown(head), "text", 4, 2)
    yield from (Line(shown(line).rstrip(), "drawing", 2) for line in drawing)


def place_words(remark: Remark) -> str:
    """`eligibilityCriteria, I8, characters 812-830`, the end left out; of an address the part behind its module is enough."""
    named = remark.where.rpartition("Module.")[2].removeprefix("protocolSection.")
    span = f"characters {remark.span.start}-{remark.span.end}" if remark.span else ""
    return ", ".join(filter(None, (named or ("as printed" if span else ""), remark.criterion, span)))


def to_markdown(checked: Checked) -> str:
    return "\n".join(_markdown(checked)) + "\n"


def _markdown(checked: Checked) -> Iterator[str]:
    yield f"# {escaped(checked.trial or 'no id')}: {escaped(checked.title or 'no title')}"
    yield ""
    yield f"{_counts(checked)}. Coverage: {coverage_words(checked.coverage)}."
    yield ""
    if checked.remarks:
        yield "| Severity | Means | Place | Words | Remark |"
        yield "| --- | --- | --- | --- | --- |"
    for one in checked.remarks:
        means = f"{escaped(one.meaning)} (`{one.code}`)"
        cells = (one.severity, means, escaped(place_words(one)), escaped(one.words), escaped(one.message))
        yield f"| {' | '.join(cells)} |"
    yield ""
