"""The page on which a record is checked: any published form of a trial in, its page with all that is odd in it out."""

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from trialwright.registries import ReadError, Unreadable, read_trials
from trialwright.web.uploads import field, file, read_form

from .drawing import page
from .held import Held, compiled, held, view_of
from .trials import bare_values, not_held

MOST_RECORDS = 50


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """What came of reading.

    problem  why nothing could be shown; "" when something could
    html     the page of the one trial
    listed   of several: title, id, errors, warnings and notes of each
    unread   what could not be read, a line each
    """

    problem: str = ""
    html: str = ""
    listed: tuple[tuple[str, str, int, int, int], ...] = ()
    unread: tuple[str, ...] = ()


def check_page(request: Request) -> Response:
    identity = request.query_params.get("trial", "").strip()
    if not identity:
        return page("check.html", problem="", found=None)
    with view_of(request) as view:
        found = held(view, identity)
    return RedirectResponse(f"{found.address}#odd", 303) if found else not_held(identity)


async def checked_page(request: Request) -> Response:
    form = await read_form(request)
    name, data = await file(form, "file")
    text = field(form, "record")
    if not data and not text:
        return page("check.html", status=422, problem="Paste a record or choose a file first.", found=None)
    found: Read = await request.app.state.workers.run(read_record, data or text.encode(), name or "the record")
    if found.html:
        return Response(found.html, media_type="text/html", headers={"cache-control": "no-store"})
    return page("check.html", status=422 if found.problem else 200, problem=found.problem, found=found, is_private=True)


def read_record(data: bytes, name: str) -> Read:
    """One record as its whole page, several as a list. This runs in a process of its own."""
    trials: list[Held] = []
    unread: list[str] = []
    try:
        for one in read_trials(data, name):
            if isinstance(one, Unreadable):
                unread.append(one.message)
            elif len(trials) < MOST_RECORDS:
                trials.append(compiled(one))
    except ReadError as error:
        unread.append(str(error))
    if not trials:
        return Read(problem=f"This could not be read. {'; '.join(unread[:3])}", unread=tuple(unread))
    if len(trials) == 1:
        shown = page("trial.html", **bare_values(trials[0]))
        return Read(html=bytes(shown.body).decode())
    return Read(listed=tuple(map(_line, trials)), unread=tuple(unread))


def _line(found: Held) -> tuple[str, str, int, int, int]:
    from trialwright.export.checking import check

    counts = check(found.trial, found.criteria).counts
    return (found.trial.title or "no title", found.id, counts["error"], counts["warning"], counts["note"])
