"""The pages that people look at: one local library in, HTML out. Each works without script, and none keeps what is posted."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from trialwright.web.problems import ProblemError, title_of

from .about import about
from .checking import check_page, checked_page
from .comparing import compare_page
from .counting import counted_page, funnel_page
from .drawing import asset, error_page
from .finding import home, results
from .screening import report_page, screen_page
from .trials import TrialPages


def routes() -> list[BaseRoute]:
    """Every address that a page has."""
    trials = TrialPages()
    return [
        Route("/", home),
        Route("/search", results),
        Route("/trial/{id}", trials.trial),
        Route("/trial/{id}/similar", trials.similar),
        Route("/trial/{id}/record", trials.record),
        Route("/trial/{id}/record.json", trials.record_json),
        Route("/compare", compare_page),
        Route("/screen", screen_page, methods=["GET"]),
        Route("/screen", report_page, methods=["POST"]),
        Route("/funnel", funnel_page, methods=["GET"]),
        Route("/funnel", counted_page, methods=["POST"]),
        Route("/check", check_page, methods=["GET"]),
        Route("/check", checked_page, methods=["POST"]),
        Route("/about", about),
        Route("/static/{name}", asset),
    ]


def error_response(request: Request, error: ProblemError) -> Response:
    """The page that stands for a problem of a request that was not for the API."""
    del request
    hint = {404: "Search for what you need, or begin at the first page.", 401: "Ask whoever runs this server."}
    says = f"{error.detail[:1].upper()}{error.detail[1:]}."
    shown = error_page(error.status, title_of(error.status), says, hint.get(error.status, ""))
    shown.headers.update(error.headers)
    return shown
