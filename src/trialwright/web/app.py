"""A library's folder in, the whole web application out: the API, the pages, and what guards both.

`request.app.state.library` is the open `Library`; a handler asks `with request.app.state.library.view() as view:`, so that
each request sees one moment of it. Handlers that read the library are plain functions and run in threads; what takes long
goes through `request.app.state.workers`.
"""

import logging
import secrets
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trialwright.library import Library, LibraryError
from trialwright.library.errors import BusyError, NotHeldError, QueryError
from trialwright.web import api, pages
from trialwright.web.api import studies
from trialwright.web.api.columns import Held
from trialwright.web.guards import LOOPBACK_HOSTS, Bodies, Guard, Limits, Tags
from trialwright.web.problems import ProblemError, problem_response
from trialwright.web.workers import Workers

_LOG = logging.getLogger("trialwright.web")
_API = "/api/"


class Serving(msgspec.Struct, frozen=True):
    """What one of several processes that serve together is given; called, it makes the application."""

    library: Path
    token: str | None
    hosts: tuple[str, ...]
    page_key: bytes

    def __call__(self) -> Starlette:
        return application(self.library, token=self.token, hosts=self.hosts, page_key=self.page_key)


def application(
    library: Path | None,
    *,
    token: str | None = None,
    hosts: tuple[str, ...] = LOOPBACK_HOSTS,
    limits: Limits | None = None,
    page_key: bytes | None = None,
) -> Starlette:
    """The application over one library; an empty library is made where there is none.

    library   its folder; None = the user's data folder
    token     what every request must show; None = none is asked for
    hosts     the names that a request may call this server by; `*` = any
    page_key  signs page tokens; processes that serve together have the same; None = one of its own
    raises    LibraryError when the folder cannot be used
    """
    home = library if library is not None else _default_home()
    limits = limits or Limits()
    app = Starlette(
        routes=[*api.routes(), *pages.routes()],
        lifespan=_lifespan,
        middleware=[
            Middleware(Guard, hosts=hosts, token=token, limits=limits, refuse=_refused),
            Middleware(GZipMiddleware, minimum_size=1000, compresslevel=4),
            Middleware(Tags),
            Middleware(_Caught),
            Middleware(Bodies, limits=limits, refuse=_refused),
        ],
        exception_handlers={
            HTTPException: _http_error,
            ProblemError: _problem,
            LibraryError: _library_error,
        },
    )
    app.state.library = Library(home, create=True)
    app.state.workers = Workers(home)
    app.state.columns = Held()
    app.state.limits = limits
    app.state.page_key = page_key or secrets.token_bytes(32)
    return app


def _default_home() -> Path:
    from platformdirs import user_data_path

    return user_data_path("trialwright") / "library"


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    app.state.workers.open()
    async with anyio.create_task_group() as beside:
        beside.start_soon(studies.prepare, app)
        yield
        beside.cancel_scope.cancel()


def _answer(scope: Scope, error: ProblemError) -> Response:
    """A problem document for programs, a page for people."""
    if scope["path"].startswith(_API) or scope["path"] == _API.rstrip("/"):
        return problem_response(error, scope["path"])
    return pages.error_response(Request(scope), error)


def _refused(scope: Scope, error: ProblemError) -> ASGIApp:
    return _answer(scope, error)


def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)  # noqa: S101 - the table above pairs them
    return _answer(request.scope, error)


def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    words = {404: "there is nothing at this address", 405: "this address is not asked in this way"}
    detail = words.get(error.status_code, error.detail)
    return _answer(request.scope, ProblemError(error.status_code, detail, headers=error.headers))


def _library_error(request: Request, error: Exception) -> Response:
    match error:
        case NotHeldError():
            # The folder's name says where somebody's files are; the page need not.
            told = ProblemError(404, str(error).replace(f" at {request.app.state.library.home}", ""), kind="not-held")
        case QueryError():
            told = ProblemError(400, str(error), kind="query")
        case BusyError():
            told = ProblemError(
                503, "the library is being written to; try again", kind="busy", headers={"Retry-After": "5"}
            )
        case _:
            _LOG.error("the library cannot be used: %s", error)
            told = ProblemError(503, "the library cannot be used; the server's own messages say why", kind="library")
    return _answer(request.scope, told)


class _Caught:
    """Turns what nobody expected into an answer. Of the error its kind and place are logged, never its words: they may quote a chart."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def sent(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, sent)
        except Exception as error:  # noqa: BLE001 - the last stop: whatever it is must not reach the log as it is
            _log_place(error, scope)
            if not begun:
                told = ProblemError(
                    500, "the fault is the server's, not the request's; nothing was changed", kind="failed"
                )
                await _answer(scope, told)(scope, receive, send)


def _log_place(error: Exception, scope: Scope) -> None:
    frames = traceback.extract_tb(error.__traceback__)
    place = " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames[-4:]))
    _LOG.error(
        "%s %s: %s at %s", scope.get("method", "?"), scope["path"].split("?")[0][:200], type(error).__name__, place
    )
