"""Two ids in, the two trials side by side out: fields, and criteria by what they mean."""

import re

from starlette.requests import Request
from starlette.responses import Response

from trialwright.library.comparing import compare

from .drawing import page
from .held import view_of
from .words import day_words, value

_FIELDS = {"status": "status", "type": "type", "sex": "sex", "phase": "phase"}
_DESIGN = ("allocation", "model", "purpose")
_DATES = ("start", "completion", "last update")
_YES = {"True": "yes", "False": "no"}
_ID = re.compile(r"^([IE]\S*) ")


def compare_page(request: Request) -> Response:
    left, right = (request.query_params.get(name, "").strip().upper() for name in ("left", "right"))
    with view_of(request) as view:
        missing = [name for name in (left, right) if name and (view is None or not view.holds(name))]
        if view is None or missing or not (left and right):
            status = 404 if missing else 200
            return page("compare.html", status=status, found=None, left=left, right=right, missing=missing)
        found = compare(view, left, right)
    return page(
        "compare.html", found=found, left=left, right=right, missing=(), split=split_criterion, cell=cell
    )  # fmt: skip


def cell(what: str, text: str) -> str:
    """A field of the comparison in the words of the other pages."""
    if what in _FIELDS:
        return " and ".join(value(_FIELDS[what], code).words for code in text.split("/")) if text else ""
    if what == "design":
        return ", ".join(_design_words(code) for code in text.split(", ") if code)
    return day_words(text) if what in _DATES else _YES.get(text, text)


def _design_words(code: str) -> str:
    return next((said.words for field in _DESIGN if (said := value(field, code)).meaning), value("", code).words)


def split_criterion(words: str) -> tuple[str, str]:
    """The id that a compared criterion begins with, and the rest; "" where there is none."""
    matched = _ID.match(words)
    return (matched[1], words[matched.end() :]) if matched else ("", words)
