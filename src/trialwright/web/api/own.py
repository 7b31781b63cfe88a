"""`/api/trialwright/…`: a trial's criteria, what is odd in it, trials like it, its plan; and charts judged."""

from datetime import date, datetime
from typing import Annotated, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from trialwright.engines.thresholds import WhatIf
from trialwright.patients.facts import Domain
from trialwright.trial import Trial
from trialwright.web.api.parameters import number, parameters
from trialwright.web.api.studies import identity_of
from trialwright.web.problems import ProblemError, json_response
from trialwright.web.screening import ScreenTerms, screen_chart, without_words

_SIMILAR, _MOST_SIMILAR = 10, 50
_MOST_REPORTS = 200
Body = TypeVar("Body")


def routes() -> list[BaseRoute]:
    trial = "/api/trialwright/trials/{nctId}"
    return [
        Route(f"{trial}/criteria", criteria),
        Route(f"{trial}/check", check),
        Route(f"{trial}/similar", similar),
        Route(f"{trial}/plan", plan),
        Route("/api/trialwright/screen", screen, methods=["POST"]),
        Route("/api/trialwright/funnel", funnel, methods=["POST"]),
        Route("/api/openapi.json", document),
    ]


def document(request: Request) -> Response:
    from trialwright.web.openapi import encoded

    parameters(request, ())
    return json_response(encoded(), media_type="application/vnd.oai.openapi+json")


def criteria(request: Request) -> Response:
    """The criteria JSON, `trialwright.criteria/1`."""
    from trialwright.criteria.codec import to_json

    parameters(request, ())
    with request.app.state.library.view() as view:
        found = view.criteria(identity_of(request.path_params["nctId"]))
        return json_response(to_json(found, view.vocabulary))


def check(request: Request) -> Response:
    """What is odd in the record, `trialwright.check/1`."""
    from trialwright.export.checking import check as checked

    parameters(request, ())
    with request.app.state.library.view() as view:
        identity = identity_of(request.path_params["nctId"])
        return json_response(checked(view.trial(identity), view.criteria(identity)))


class SimilarReason(msgspec.Struct, frozen=True):
    """counts: its part of the score, from 0 to 1"""

    kind: str
    words: str
    counts: float


class SimilarTrial(msgspec.Struct, frozen=True, rename="camel"):
    """One trial like the one asked for, the nearest first. score: from 0 to 1; why: what counts most first; differs: in words"""

    nct_id: str
    score: float
    why: tuple[SimilarReason, ...]
    differs: tuple[str, ...]
    title: str
    status: str | None


def similar(request: Request) -> Response:
    from trialwright.library.similarity import similar as most_like

    given = parameters(request, ("limit",))
    limit = number(given, "limit", _SIMILAR, _MOST_SIMILAR) or _SIMILAR
    with request.app.state.library.view() as view:
        found = most_like(view, identity_of(request.path_params["nctId"]), limit=limit)
    trials = [
        SimilarTrial(
            nct_id=one.trial,
            score=one.score,
            why=tuple(SimilarReason(reason.kind, reason.words, reason.counts) for reason in one.reasons),
            differs=one.differs,
            title=one.title,
            status=one.status,
        )
        for one in found
    ]
    return json_response({"trials": trials})


def plan(request: Request) -> Response:
    """The dated calendar of a trial's arms, `trialwright.plan/1`; of nobody: no doses, no name."""
    given = parameters(request, ("start", "arm", "choose", "until"), ("choose",))
    if "start" not in given:
        raise ProblemError(
            400, "start is needed: the day of the first dose, such as 2026-03-02", parameter="start", kind="bad-value"
        )
    start = _day(given["start"], "start")
    until = _day(given["until"], "until") if "until" in given else None
    with request.app.state.library.view() as view:
        trial = view.trial(identity_of(request.path_params["nctId"]))
    choices = tuple(part for part in given.get("choose", "").split("|") if part)
    return json_response(_planned(trial, (start, until), given.get("arm"), choices))


def _planned(trial: Trial, days: tuple[date, date | None], arm: str | None, choices: tuple[str, ...]) -> object:
    from trialwright.export.plans.planning import ArmError, plan_trial
    from trialwright.export.plans.planning import Request as Wanted
    from trialwright.regimen.calendar import PlanError, Terms
    from trialwright.regimen.choices import ChoiceError

    start, until = days
    try:
        return plan_trial(trial, Wanted(terms=Terms(start=start, choices=choices, until=until), arm=arm))
    except ArmError as error:
        raise ProblemError(400, str(error), parameter="arm", kind="bad-value") from None
    except ChoiceError as error:
        raise ProblemError(400, str(error), parameter="choose", kind="bad-value") from None
    except PlanError as error:
        raise ProblemError(400, str(error), kind="bad-value") from None


def _day(text: str, name: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or len(text) != 10 or not 1900 <= found.year <= 2200:
        raise ProblemError(
            400,
            f"{text[:40]!r} is no day between 1900 and 2200; expected a form such as 2026-03-02",
            parameter=name,
            kind="bad-value",
        )
    return found


class ScreenBody(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What is posted.

    patient   the chart: a FHIR R4 Bundle or the built-in form as an object, or either as text
    as_of     the day eligibility is judged; absent = today
    complete  lists of the chart that leave nothing out
    without   criteria not to count
    trials    ids of the library; absent = those that `query` finds, or all
    query     a search of the library
    limit     how many trials to report on, those nearest to eligible
    """

    patient: msgspec.Raw
    as_of: date | None = None
    complete: tuple[Domain, ...] = ()
    without: tuple[str, ...] = ()
    trials: tuple[str, ...] = ()
    query: str = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=_MOST_REPORTS)] = 20


class FunnelBody(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What is posted.

    trial     the id of a trial of the library
    patients  the charts, each an object or text as for a screening; a text may hold several
    as_of     the day eligibility is judged; absent = today
    complete  lists of the charts that leave nothing out
    without   criteria that are switched off
    order     criteria that come first, in this order
    what_if   limits to try at another value; measure: needed where a criterion has several limits
    """

    trial: str
    patients: tuple[msgspec.Raw, ...]
    as_of: date | None = None
    complete: tuple[Domain, ...] = ()
    without: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    what_if: tuple[WhatIf, ...] = ()


async def screen(request: Request) -> Response:
    """Judged in a process of its own; the body is forgotten with the answer."""
    asked = await _posted(request, ScreenBody)
    terms = ScreenTerms(
        as_of=asked.as_of or _today(),
        complete=frozenset(asked.complete),
        without=frozenset(asked.without),
        trials=tuple(trial[:40] for trial in asked.trials),
        query=asked.query,
        limit=asked.limit,
    )
    workers = request.app.state.workers
    return json_response(await workers.run(screen_chart, workers.home, _chart(asked.patient), terms))


async def funnel(request: Request) -> Response:
    """Counted in a process of its own; no number of fewer than ten people stands in the answer."""
    from trialwright.export.funnels.counting import FunnelTerms
    from trialwright.web.counting import count_charts

    asked = await _posted(request, FunnelBody)
    terms = FunnelTerms(
        as_of=asked.as_of or _today(),
        complete=frozenset(asked.complete),
        without=frozenset(asked.without),
        order=asked.order,
        what_if=asked.what_if,
    )
    charts = tuple(map(_chart, asked.patients))
    workers = request.app.state.workers
    return json_response(await workers.run(count_charts, workers.home, asked.trial[:40], charts, terms))


def _today() -> date:
    return datetime.now().astimezone().date()


async def _posted(request: Request, kind: type[Body]) -> Body:
    """raises  ProblemError (400) for a body that is not of this kind, (415) for one that is no JSON"""
    parameters(request, ())
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise ProblemError(415, "expected application/json", kind="form")
    body = await request.body()
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise ProblemError(400, without_words(str(error).replace("`", "'"), body), kind="body") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ProblemError(400, "the body is no JSON", kind="body") from None
    except RecursionError:
        raise ProblemError(400, "the body is nested too deeply", kind="body") from None


def _chart(patient: msgspec.Raw) -> bytes:
    raw = bytes(patient)
    if raw[:1] == b'"':
        return msgspec.json.decode(raw, type=str).encode("utf-8", "replace")
    if raw[:1] != b"{":
        raise ProblemError(400, "expected the chart as an object or as text", parameter="patient", kind="body")
    return raw
