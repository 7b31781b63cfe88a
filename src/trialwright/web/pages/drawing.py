"""Templates and values in, pages out: one environment, every text escaped, nothing inline, nothing fetched from elsewhere."""

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from trialwright import __version__
from trialwright.export.funnels.drawing import style as funnel_style
from trialwright.export.record_text import as_printed, as_read
from trialwright.export.words import counted

from . import words

if TYPE_CHECKING:
    from jinja2 import Environment

_WEB = Path(__file__).parents[1]
_REPORTS = _WEB.parent / "export/templates"
_PLANS = _WEB.parent / "export/plans/templates"
ASSETS = {
    "site.css": (_WEB / "static", "text/css; charset=utf-8"),
    "site.js": (_WEB / "static", "text/javascript; charset=utf-8"),
    "mark.svg": (_WEB / "static", "image/svg+xml"),
    "report.css": (_REPORTS, "text/css; charset=utf-8"),
    "report.js": (_REPORTS, "text/javascript; charset=utf-8"),
    "timeline.css": (_PLANS, "text/css; charset=utf-8"),
}
"""What pages are drawn with: name -> its folder and media type. Those of reports and calendars are the ones that their files carry."""

_FUNNEL = "funnel.css"
_YEAR_S = 31_536_000


def page(template: str, *, status: int = 200, is_private: bool = False, **values: object) -> HTMLResponse:
    """A whole page.

    is_private  it shows a patient's data: no cache may keep it
    """
    text = _environment().get_template(template).render(**values)
    return HTMLResponse(text, status, {"cache-control": "no-store"} if is_private else None)


def error_page(status: int, title: str, says: str, hint: str = "") -> HTMLResponse:
    """A page that says what went wrong and what to do; `says` never repeats what a chart holds."""
    return page("error.html", status=status, title=title, says=says, hint=hint, is_private=True)


def asset(request: Request) -> Response:
    """A style sheet, a script or a picture of ours; its address changes with its content, so it may be kept for good."""
    name = request.path_params["name"]
    if name not in {*ASSETS, _FUNNEL}:
        return error_page(404, "There is no such page", "This address leads nowhere.")
    data, digest = _asset(name)
    kept = f"public, max-age={_YEAR_S}, immutable" if request.query_params.get("v") == digest else "no-cache"
    headers = {"cache-control": kept, "etag": f'"{digest}"', "x-content-type-options": "nosniff"}
    if request.headers.get("if-none-match") == f'"{digest}"':
        return Response(status_code=304, headers=headers)
    return Response(data, media_type="text/css; charset=utf-8" if name == _FUNNEL else ASSETS[name][1], headers=headers)


def asset_url(name: str) -> str:
    return f"/static/{name}?v={_asset(name)[1]}"


def web_url(url: str | None) -> str:
    """The address when it leads to a page of the web; "" for any other, which no link may carry out."""
    try:
        parts = urlsplit((url or "").strip())
    except ValueError:
        return ""
    return (url or "").strip() if parts.scheme in ("http", "https") and parts.netloc else ""


def query_url(path: str, pairs: list[tuple[str, str]]) -> str:
    """An address with a query; without one when there are no pairs."""
    return f"{path}?{urlencode(pairs)}" if pairs else path


def kept(text: str) -> str:
    """A piece of record text as it may be shown, with the blanks around it."""
    bare = text.strip()
    if not bare:
        return text
    start = len(text) - len(text.lstrip())
    return f"{text[:start]}{as_printed(bare)}{text[start + len(bare) :]}"


def paragraphs(text: str) -> list[tuple[str, list[str]]]:
    """A text in blocks: ("p", [words]) or ("ul", items), told by blank lines and by marks before items."""
    blocks: list[tuple[str, list[str]]] = []
    for block in as_printed(text).replace("\r\n", "\n").split("\n\n"):
        for line in filter(None, (line.strip() for line in block.splitlines())):
            is_item = line[:2] in ("* ", "- ", "• ")
            words_ = line[2:].strip() if is_item else line
            if is_item and blocks and blocks[-1][0] == "ul":
                blocks[-1][1].append(words_)
            else:
                blocks.append(("ul" if is_item else "p", [words_]))
    return blocks


def _of_text(change: Callable[[str], str]) -> Callable[[object], str]:
    """The change for a value that a record may lack."""
    return lambda found: "" if found is None else change(str(found))


@cache
def _asset(name: str) -> tuple[bytes, str]:
    data = funnel_style().encode() if name == _FUNNEL else (ASSETS[name][0] / name).read_bytes()
    return data, hashlib.sha256(data).hexdigest()[:16]


@cache
def _environment() -> "Environment":
    from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined

    own, plans = FileSystemLoader(_WEB / "templates"), FileSystemLoader(_PLANS)
    environment = Environment(
        loader=ChoiceLoader([PrefixLoader({"plans": plans}), own]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "as_printed": _of_text(as_printed),
        "as_read": _of_text(as_read),
        "kept": kept,
        "counted": counted,
        "day": words.day_words,
        "paragraphs": paragraphs,
        "web_url": web_url,
    }
    environment.globals |= {
        "asset_url": asset_url,
        "section": words.section,
        "value": words.value,
        "version": __version__,
    }
    return environment
