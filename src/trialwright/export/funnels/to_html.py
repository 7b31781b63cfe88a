"""A funnel as one self-contained page: drawing, tables, what was set aside; its own CSS, no script, nothing fetched."""

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from trialwright.export.record_text import as_printed, as_read

from . import drawing
from .report import FunnelReport, share
from .to_text import what_if_words

if TYPE_CHECKING:
    from jinja2 import Environment

_TEMPLATES = Path(__file__).parent / "templates"


def to_html(report: FunnelReport) -> str:
    """The page. It follows the reader's dark scheme, reads at 320 pixels and prints."""
    css = drawing.style() + (_TEMPLATES / "funnel.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    policy = f"default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'sha256-{digest}'"
    page = _environment().get_template("funnel.html")
    svg = drawing.to_svg(report, with_style=False)
    return page.render(report=report, style=css, policy=policy, svg=svg)


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
    environment.globals |= {"share": share, "what_if_words": what_if_words}
    return environment
