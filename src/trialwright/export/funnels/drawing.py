"""A funnel as a picture: one bar a criterion, what remains within what is possible, as an SVG that stands alone.

Bars are drawn from the numbers that may be shown; a hidden one is as long as the most that it may be, and hatched.
"""

from collections.abc import Iterator
from xml.sax import saxutils

from trialwright.export.record_text import as_read, shown

from .report import FunnelReport, StepRow
from .shown import Shown

WIDTH, BAR, ROW, HEAD, LEFT, RIGHT = 760, 16, 34, 46, 250, 130
_LETTERS = 40
_STYLE = """
:root { color-scheme: light dark; --ink: #1b1b1b; --soft: #5c5c5c; --card: #fff; --remain: #0b57a4; --possible: #a9c8ea; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #ececec; --soft: #a8a8a8; --card: #16181c; --remain: #8ab8f5; --possible: #2f4a6b; }
}
.funnel { background: var(--card); }
.funnel text { fill: var(--ink); font: 12px system-ui, sans-serif; }
.funnel .soft { fill: var(--soft); font-size: 11px; }
.funnel .remain { fill: var(--remain); } .funnel .possible { fill: var(--possible); }
.funnel .hidden { stroke: var(--ink); stroke-dasharray: 2 2; fill-opacity: .6; }
"""


def style() -> str:
    """The drawing's own style, for pages that carry it once."""
    return _STYLE


def to_svg(report: FunnelReport, *, with_style: bool = True) -> str:
    """One drawing. It says its title and what it shows in words, for those who do not see it."""
    height = HEAD + ROW * (len(report.steps) + 1) + 10
    title = f"Funnel of {report.trial or 'a trial'} over {report.people} people on {report.as_of}"
    names = 'role="img" aria-labelledby="funnel-title funnel-words"'
    parts = [
        f'<svg class="funnel" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" {names}>',
        f'<title id="funnel-title">{_escaped(title)}</title>',
        f'<desc id="funnel-words">{_escaped(_words(report))}</desc>',
        f"<style>{_STYLE}</style>" if with_style else "",
        *_legend(),
        *_bar(0, ("people", "charts that could be read"), (report.people, report.people), report.people),
    ]
    for step in report.steps:
        parts += _bar(step.number, _label(step), (step.possible, step.remain), report.people)
    return "\n".join(part for part in [*parts, "</svg>"] if part) + "\n"


def _escaped(text: str) -> str:
    return saxutils.escape(shown(text))


def _words(report: FunnelReport) -> str:
    steps = [f"{step.id}: {step.remain} remain, {step.possible} possible" for step in report.steps]
    return f"From {report.people} people. " + "; ".join(steps)


def _label(step: StepRow) -> tuple[str, str]:
    text = as_read(step.text).replace("\n", " ")
    short = text if len(text) <= _LETTERS else text[: _LETTERS - 1].rsplit(" ", 1)[0] + "…"
    return f"{step.number}. {step.id}", short


def _legend() -> Iterator[str]:
    for x, name, words in ((LEFT, "remain", "remain: all met"), (LEFT + 150, "possible", "possible: met or unknown")):
        yield f'<rect class="{name}" x="{x}" y="12" width="12" height="12"/>'
        yield f'<text class="soft" x="{x + 17}" y="22">{words}</text>'
    yield f'<text class="soft" x="{LEFT + 330}" y="22">dashed: at most so many</text>'


def _bar(row: int, label: tuple[str, str], shown: tuple[Shown, Shown], whole: Shown) -> Iterator[str]:
    y = HEAD + ROW * row
    yield f'<text x="8" y="{y + 8}">{_escaped(label[0])}</text>'
    yield f'<text class="soft" x="8" y="{y + 22}">{_escaped(label[1])}</text>'
    for name, number in zip(("possible", "remain"), shown, strict=True):
        width = round(min(1.0, number.most / whole.most) * (WIDTH - LEFT - RIGHT), 1) if whole.most else 0
        if number.most and width:
            hidden = "" if number.is_exact else " hidden"
            yield f'<rect class="{name}{hidden}" x="{LEFT}" y="{y}" width="{max(width, 1)}" height="{BAR}"/>'
    numbers = str(shown[1]) if row == 0 else f"{shown[1]} / {shown[0]}"
    yield f'<text x="{WIDTH - RIGHT + 8}" y="{y + 13}">{_escaped(numbers)}</text>'
