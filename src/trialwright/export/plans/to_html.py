"""A plan report as one self-contained page: drawn, listed, with its source; its own CSS, no script, nothing fetched."""

import base64
import hashlib
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from trialwright.codes.places import Span
from trialwright.export.record_text import as_printed, as_read
from trialwright.regimen.nodes import Text

from . import wording
from .drawing import strips
from .planning import ArmPlan, PlanReport, remarks
from .to_rows import quoted

if TYPE_CHECKING:
    from jinja2 import Environment

_TEMPLATES = Path(__file__).parent / "templates"


class Piece(NamedTuple):
    """A stretch of a published text; is_read: something of the plan was read from it."""

    words: str
    is_read: bool


def to_html(report: PlanReport) -> str:
    """The page. It follows the reader's dark scheme, reads at 360 pixels and prints on A4."""
    style = "".join((_TEMPLATES / name).read_text(encoding="utf-8") for name in ("timeline.css", "plan.css"))
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'sha256-{digest}'"
    page = _environment().get_template("plan.html")
    return page.render(report=report, style=style, policy=policy, completion=_day(report.completion))


def _day(words: str) -> date | None:
    try:
        return date.fromisoformat(words)
    except ValueError:
        return None


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"as_read": as_read, "as_printed": as_printed}
    environment.globals |= {
        "words": wording,
        "strips": strips,
        "remarks": remarks,
        "quoted": quoted,
        "pieces": pieces,
    }
    return environment


def pieces(arm: ArmPlan, text: Text) -> list[Piece]:
    """A published text with the stretches marked that doses and visits were read from."""
    found: list[Piece] = []
    at = 0
    for span in _read_spans(arm, text.where):
        if span.start > at:
            found.append(Piece(text.text[at : span.start], is_read=False))
        if span.end > at:
            found.append(Piece(text.text[max(at, span.start) : span.end], is_read=True))
            at = span.end
    found.append(Piece(text.text[at:], is_read=False))
    return [piece for piece in found if piece.words]


def _read_spans(arm: ArmPlan, where: str) -> list[Span]:
    from trialwright.regimen.compiler import quotes

    of_regimen = (quote for phase in arm.plan.regimen.phases for quote in quotes(phase))
    of_visits = (
        quote
        for calendar in arm.plan.calendars
        for visit in calendar.visits
        for activity in visit.activities
        for quote in activity.quotes
    )
    return sorted({quote.span for quote in (*of_regimen, *of_visits) if quote.where == where})
