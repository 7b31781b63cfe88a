"""The page on which a population is counted: a trial and uploaded charts in, what each criterion costs out; nothing is kept."""

from datetime import date
from pathlib import Path

import msgspec
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response

from trialwright.patients.facts import Domain
from trialwright.web.problems import ProblemError
from trialwright.web.uploads import field, read_form

from .charts import DOMAINS
from .drawing import page
from .held import held, library_of
from .judging import library_at
from .screening import AskedError, day_of, today


class AskedFunnel(msgspec.Struct, frozen=True, kw_only=True):
    """charts: the name and the bytes of each file; without, order: ids of criteria"""

    trial: str
    charts: tuple[tuple[str, bytes], ...]
    as_of: date
    complete: frozenset[Domain] = frozenset()
    without: tuple[str, ...] = ()
    order: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<Funnel of {len(self.charts)} files>"


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it: the page, or why there is none."""

    problem: str = ""
    html: str = ""


def funnel_page(request: Request) -> Response:
    """The form. `trial` in the address names the trial; nothing about a patient stands there."""
    return _form(request.query_params.get("trial", ""))


async def counted_page(request: Request) -> Response:
    form = await read_form(request)
    trial = field(form, "trial").upper()
    try:
        asked = AskedFunnel(
            trial=trial,
            charts=await _files(form),
            as_of=day_of(field(form, "as_of")),
            complete=frozenset(name for name in DOMAINS if name in form.getlist("complete")),
            without=tuple(field(form, "without").replace(",", " ").split()),
            order=tuple(field(form, "order").replace(",", " ").split()),
        )
    except AskedError as error:
        return _form(trial, str(error), 422)
    if not asked.charts:
        return _form(trial, "choose at least one file", 422)
    library = library_of(request)
    assert library is not None, "the application opens one"  # noqa: S101
    found: Counted = await request.app.state.workers.run(counted, library.home, asked)
    if found.problem:
        return _form(trial, found.problem, 422)
    return Response(found.html, media_type="text/html", headers={"cache-control": "no-store"})


async def _files(form: FormData) -> tuple[tuple[str, bytes], ...]:
    held_ = [one for one in form.getlist("charts") if isinstance(one, UploadFile) and one.filename]
    return tuple([(one.filename or "", await one.read()) for one in held_])


def _form(trial: str, problem: str = "", status: int = 200) -> Response:
    return page("funnel.html", status=status, report=None, trial=trial, problem=problem, domains=DOMAINS, today=today())


def counted(home: Path, asked: AskedFunnel) -> Counted:
    """The page with the counts. This runs in a process of its own. home: the folder of the library"""
    from trialwright.export.funnels import drawing, report
    from trialwright.export.funnels.counting import FunnelTerms
    from trialwright.web.counting import funnelled

    with library_at(home).view() as view:
        found = held(view, asked.trial)
    if found is None:
        return Counted(problem=f"no trial {asked.trial[:40]!r} is on this computer")
    terms = FunnelTerms(as_of=asked.as_of, complete=asked.complete, order=asked.order, without=frozenset(asked.without))
    try:
        made = funnelled(found.trial, found.criteria, tuple(data for _, data in asked.charts), terms)
    except ProblemError as error:
        return Counted(problem=error.detail)
    if made.report is None:
        return Counted(problem=f"no chart could be read. {made.unread[0] if made.unread else ''}")
    svg = drawing.to_svg(made.report, with_style=False)
    shown = page("funnel.html", report=made.report, svg=svg, share=report.share, held=found, trial=asked.trial)
    return Counted(html=bytes(shown.body).decode())
