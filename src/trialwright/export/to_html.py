"""Reports as one self-contained page: its own CSS and a few lines of script, nothing fetched; complete without the script.

Every text is escaped by the template engine; the page's policy forbids all that it does not carry itself.
"""

import base64
import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from .record_text import as_printed, as_read, shown
from .report import DISCLAIMER, Report
from .to_terminal import (
    blind_words,
    complete_words,
    marks,
    most_useful,
    off_words,
    part_words,
    question_words,
    review_words,
    tally,
    telling,
    unknown_words,
    version_words,
)  # fmt: skip
from .words import counted

if TYPE_CHECKING:
    from jinja2 import Environment

_TEMPLATES = Path(__file__).parent / "templates"


def to_html(reports: Iterable[Report], *, title: str = "Screening report") -> str:
    """A whole page with one part for each patient, in the order given."""
    style, script = _asset("report.css"), _asset("report.js")
    policy = (
        "default-src 'none'; base-uri 'none'; form-action 'none'; "
        f"style-src '{_digest(style)}'; script-src '{_digest(script)}'"
    )
    page = _environment().get_template("report.html")
    held = list(reports)
    return page.render(
        reports=held, title=title, style=style, script=script, policy=policy, disclaimer=DISCLAIMER, pages=""
    )  # fmt: skip


def body(reports: Iterable[Report], *, pages: str = "") -> str:
    """The same parts without a page around them, for a page that brings style and script itself.

    pages  what an id is put behind to be a trial's address; "" = the registry's own page
    """
    return _environment().get_template("report_body.html").render(reports=list(reports), pages=pages)


def brief(report: Report) -> str:
    """A small table of the verdicts, for notebooks."""
    return _environment().get_template("brief.html").render(report=report, disclaimer=DISCLAIMER)


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
    environment.filters |= {"as_printed": as_printed, "as_read": as_read, "shown": shown, "counted": counted}
    environment.globals |= {
        "blind_words": blind_words,
        "complete_words": complete_words,
        "marks": marks,
        "most_useful": most_useful,
        "off_words": off_words,
        "part_words": part_words,
        "question_words": question_words,
        "review_words": review_words,
        "tally": tally,
        "telling": telling,
        "unknown_words": unknown_words,
        "version_words": version_words,
    }
    return environment


def _asset(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
