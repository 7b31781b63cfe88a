"""The pages on which a patient is screened: forms in, a report out. What is posted is kept nowhere and stands in no address."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import cast

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from trialwright import samples
from trialwright.patients.facts import Domain
from trialwright.patients.remarks import ChartError
from trialwright.web.uploads import field, file, read_form

from .charts import BOXES, DOMAINS, HOWS, LONGEST_NOTE, MOST_TRIALS, Asked, How, chart_of, said
from .drawing import page
from .held import library_of
from .judging import Judged, judged, sample_chart

_LIMITS = (5, 10, 25)
_LARGEST_KEPT = 400_000


class AskedError(ValueError):
    """Something in the form that cannot be; the message says where and what was expected."""


def screen_page(request: Request) -> Response:
    """The forms, empty. `trial` in the address names the trials to screen for; nothing about a patient stands there."""
    return _forms({"trial": request.query_params.get("trial", "")})


async def report_page(request: Request) -> Response:
    form = await read_form(request)
    given = {name: value for name, value in form.items() if isinstance(value, str)}
    try:
        asked = await _asked(form)
    except (AskedError, ChartError) as error:
        return _forms(given, status=422, problem=said(error) if isinstance(error, ChartError) else str(error))
    library = library_of(request)
    assert library is not None, "the application opens one"  # noqa: S101
    found: Judged = await request.app.state.workers.run(judged, library.home, asked)
    if found.problem:
        return _forms(given, status=422, problem=found.problem, looked=found.looked)
    if asked.is_saved:
        headers = {"content-disposition": 'attachment; filename="report.html"', "cache-control": "no-store"}
        return Response(found.whole, media_type="text/html", headers=headers)
    return page("report.html", is_private=True, found=found, asked=asked, again=_again(asked, form), limits=_LIMITS)


def _forms(given: Mapping[str, str], *, status: int = 200, problem: str = "", looked: tuple[str, ...] = ()) -> Response:
    how = given.get("how", "") if problem else ""
    return page(
        "screen.html",
        status=status,
        is_private=bool(problem),
        given=given,
        how=how if how in HOWS else "",
        problem=problem,
        looked=looked,
        boxes=BOXES,
        domains=DOMAINS,
        chosen=frozenset(given.get("complete", "").split(",")),
        patients=tuple(path.stem.upper().replace("PATIENT-", "SAMPLE-") for path in samples.patient_paths()),
        today=today(),
        longest_note=LONGEST_NOTE,
        limits=_LIMITS,
    )


async def _asked(form: FormData) -> Asked:
    """raises  AskedError, ChartError"""
    how = cast("How", field(form, "how")) if field(form, "how") in HOWS else "form"
    data = await _chart(form, how)
    is_sample = how == "sample"
    complete = frozenset(cast("list[Domain]", [name for name in form.getlist("complete") if name in DOMAINS]))
    if is_sample:
        without_lists = field(form, "sample").upper() in samples.WITHOUT_COMPLETE_LISTS
        complete = frozenset() if without_lists else frozenset(DOMAINS)
    limit = field(form, "limit")
    return Asked(
        how=how,
        data=data,
        as_of=samples.SCREENED_ON if is_sample else day_of(field(form, "as_of")),
        trials=_ids(field(form, "trial")),
        complete=complete,
        without=frozenset(field(form, "without").replace(",", " ").split()),
        limit=int(limit) if limit.isdecimal() and int(limit) in _LIMITS else 10,
        is_open=bool(field(form, "open")),
        is_saved=bool(field(form, "save")),
    )


async def _chart(form: FormData, how: How) -> bytes:
    match how:
        case "form":
            return field(form, "chart").encode() or chart_of(
                {name: value for name, value in form.items() if isinstance(value, str)}
            )
        case "sample":
            chart = sample_chart(field(form, "sample"))
            if chart is None:
                raise AskedError("there is no such sample patient")
            return chart
        case "note":
            note = field(form, "note")
            if not note or len(note) > LONGEST_NOTE:
                raise AskedError(
                    f"a note of at most {LONGEST_NOTE:,} characters is read"
                    if note
                    else "the note is empty; paste it first"
                )
            return note.encode()
        case "file":
            name, data = await file(form, "file")
            if not name and field(form, "chart"):
                return field(form, "chart").encode()
            if not data:
                raise AskedError("choose a file first" if not name else "the file is empty")
            return data


def day_of(text: str) -> date:
    """The day to judge by; today when none is given.

    raises  AskedError
    """
    if not text:
        return today()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise AskedError("the day to judge by: expected a day such as 2026-03-02") from None


def _ids(text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(text.upper().replace(",", " ").split()))
    if len(names) > MOST_TRIALS:
        raise AskedError(f"name at most {MOST_TRIALS} trials at a time")
    return names


def today() -> date:
    return datetime.now().astimezone().date()


def _again(asked: Asked, form: FormData) -> tuple[tuple[str, str], ...]:
    """The fields that ask for the same report again; empty when the chart is too large to be carried in the page."""
    if len(asked.data) > _LARGEST_KEPT:
        return ()
    pairs = [("how", asked.how), ("as_of", str(asked.as_of)), ("trial", " ".join(asked.trials))]
    pairs += [("complete", name) for name in sorted(asked.complete)]
    pairs += [("open", "1")] if asked.is_open else []
    match asked.how:
        case "sample":
            pairs.append(("sample", field(form, "sample")))
        case "note":
            pairs.append(("note", asked.data.decode(errors="replace")))
        case "form" | "file":
            pairs.append(("chart", asked.data.decode(errors="replace")))
    return tuple(pairs)
