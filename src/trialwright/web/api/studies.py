"""`/api/v2/studies`, `/studies/{nctId}`, `/stats/size` and `/version`: the library in the shape of the registry's public API."""

import gc
import re
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import anyio.from_thread
import anyio.to_thread
import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from trialwright.library import LibraryError, View
from trialwright.web.api import shaping
from trialwright.web.api.asking import Asking
from trialwright.web.api.columns import FEW, Columns, columns_at, read_columns
from trialwright.web.api.listing import DEFAULT_SIZE, LARGEST_SIZE, orders, page, question_of, start_of, token
from trialwright.web.api.parameters import choice, number, parameters
from trialwright.web.api.pieces import area_of_parameter
from trialwright.web.problems import ProblemError, json_response

API_VERSION = "2.0.5"
"""The version of the public API whose shape is kept."""

QUERIES = tuple(sorted(area_of_parameter()))
FILTERS = tuple(
    f"{group}.{name}" for group in ("filter", "postFilter") for name in ("advanced", "geo", "ids", "overallStatus")
)
LISTS = ("fields", "sort", *(name for name in FILTERS if name.endswith((".ids", ".overallStatus"))))
KNOWN = (
    *QUERIES,
    *FILTERS,
    "aggFilters",
    "countTotal",
    "fields",
    "format",
    "markupFormat",
    "pageSize",
    "pageToken",
    "sort",
)
MARKUPS = ("markdown", "legacy")
_ID_LIKE = re.compile(r"[A-Za-z0-9-]{3,40}")
_ID = re.compile(r"NCT0*([1-9]\d{0,7})", re.IGNORECASE)


async def prepare(app: Starlette) -> None:
    """Makes the columns before anybody asks; others are answered meanwhile."""
    # Whoever needs what could not be made asks for it again, and is told.
    with suppress(LibraryError, ProblemError):
        number = await anyio.to_thread.run_sync(_size, app)
        workers = app.state.workers
        made = await workers.run(columns_at, workers.home) if number > FEW else None
        await anyio.to_thread.run_sync(_prepare, app, made, abandon_on_cancel=True)


def _size(app: Starlette) -> int:
    with app.state.library.view() as view:
        return len(view)


def _prepare(app: Starlette, made: Columns | None) -> None:
    with suppress(LibraryError, ProblemError), app.state.library.view() as view:
        if not len(view):
            return
        app.state.columns.of(view, lambda: made or read_columns(view))
    # What is held now is held for good: looking through it for what may be forgotten costs some milliseconds each time.
    gc.collect()
    gc.freeze()


def columns_of(app: Starlette, view: View) -> Callable[[], Columns]:
    workers = app.state.workers
    make = partial(anyio.from_thread.run, workers.run, columns_at, workers.home)
    return lambda: app.state.columns.of(view, make)


def studies(request: Request) -> Response:
    given = parameters(request, KNOWN, LISTS)
    form = choice(given, "format", ("json", "csv"))
    markup = choice(given, "markupFormat", MARKUPS)
    count = choice(given, "countTotal", ("false", "true")) == "true"
    size = number(given, "pageSize", DEFAULT_SIZE, LARGEST_SIZE) or DEFAULT_SIZE
    order = orders(given.get("sort", ""))
    fields = given.get("fields")
    headings = shaping.csv_columns(fields) if form == "csv" else ()
    shape = shaping.shape(None if form == "csv" else fields, markup, given)
    with request.app.state.library.view() as view:
        question = question_of(given, view.store.state("index") or "")
        start = start_of(given["pageToken"], question, request.app.state.page_key) if "pageToken" in given else 0
        columns = columns_of(request.app, view)
        asked = Asking(view, columns).asked(given) if len(view) else None
        found = page(view, asked, order, (start, size), columns=columns)
        trials = [view.store.record(version) for version in found.versions]
    after = None if found.after is None else token(found.after, question, request.app.state.page_key)
    if form == "csv":
        headers = {"x-next-page-token": after} if after else {}
        headers |= {"x-total-count": str(found.total)} if count and not start else {}
        return Response(shaping.csv(trials, headings, header=not start), 200, headers, "text/csv")
    return json_response(
        _body([shaping.study(trial, shape) for trial in trials], after, found.total if count and not start else None)
    )


def _body(written: list[bytes], after: str | None, total: int | None) -> bytes:
    """Every study on a line of its own."""
    head = b"" if total is None else b'"totalCount":%d,' % total
    tail = b"" if after is None else b',"nextPageToken":' + msgspec.json.encode(after)
    return b"{" + head + b'"studies":[' + b",\n".join(written) + b"]" + tail + b"}"


def study(request: Request) -> Response:
    given = parameters(request, ("fields", "format", "markupFormat"), ("fields",))
    form = choice(given, "format", ("json", "csv"), ("json.zip", "fhir.json", "ris"))
    shape = shaping.shape(None if form == "csv" else given.get("fields"), choice(given, "markupFormat", MARKUPS))
    columns = shaping.csv_columns(given.get("fields")) if form == "csv" else ()
    asked = request.path_params["nctId"]
    with request.app.state.library.view() as view:
        identity = identity_of(asked)
        if not view.holds(identity) and (alias := _alias(request.app, view, identity)):
            query = f"?{request.url.query}" if request.url.query else ""
            return RedirectResponse(f"/api/v2/studies/{alias}{query}", 301)
        trial = view.trial(identity)
    if form == "csv":
        return Response(shaping.csv([trial], columns, header=True), 200, None, "text/csv")
    return json_response(shaping.study(trial, shape))


def identity_of(asked: str) -> str:
    """The id as the library has it; the nought in `NCT00000123` may be left out.

    raises  ProblemError (400) for what cannot be an id
    """
    match = _ID.fullmatch(asked)
    if match is None and _ID_LIKE.fullmatch(asked):
        return asked.upper()
    if match is None:
        detail = f"{asked[:80]!r} is no id of a trial; expected one such as NCT05350891"
        raise ProblemError(400, detail, parameter="nctId", kind="bad-value")
    return f"NCT{int(match[1]):08d}"


def _alias(app: Starlette, view: View, identity: str) -> str | None:
    """The trial that goes by another id now."""
    if not len(view):
        return None
    columns = columns_of(app, view)()
    wanted = f" {identity.lower()} "
    for at in sorted(columns.where("NCTIdAlias", lambda value: wanted in value)):
        return str(view.store.named([columns.versions[at]])[columns.versions[at]])
    return None


def version(request: Request) -> Response:
    """dataTimestamp: the day on which a record was last loaded, in the form of the public API; absent for an empty library"""
    parameters(request, ())
    with request.app.state.library.view() as view:
        loaded = columns_of(request.app, view)().loaded if len(view) else None
    stamp = {"dataTimestamp": f"{loaded}T00:00:00"} if loaded else {}
    return json_response({"apiVersion": API_VERSION, **stamp})


def sizes(request: Request) -> Response:
    """How large the studies are as JSON, in bytes."""
    parameters(request, ())
    with request.app.state.library.view() as view:
        columns = columns_of(request.app, view)() if len(view) else None
        measured = sorted(zip(columns.sizes, columns.versions, strict=True)) if columns else []
        largest = measured[:-11:-1]
        named = view.store.named([at for _, at in largest]) if largest else {}
    plain = [size for size, _ in measured]
    return json_response(
        {
            "averageSizeBytes": sum(plain) // len(plain) if plain else 0,
            "largestStudies": [{"id": named[at], "sizeBytes": size} for size, at in largest],
            "percentiles": {str(part): plain[(len(plain) - 1) * part // 100] for part in (1, 5, 25, 50, 75, 95, 99)}
            if plain
            else {},
            "ranges": [
                {"sizeRange": f"{low}-{high} KB", "studiesCount": sum(low <= size // 1024 < high for size in plain)}
                for low, high in ((0, 4), (4, 8), (8, 16), (16, 32), (32, 64), (64, 256), (256, 1024), (1024, 1 << 20))
            ],
            "totalStudies": len(plain),
        }
    )
