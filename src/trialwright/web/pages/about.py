"""What this is, what it keeps, and what it must not be taken for."""

from starlette.requests import Request
from starlette.responses import Response

from .drawing import page
from .held import view_of


def about(request: Request) -> Response:
    with view_of(request) as view:
        number = len(view) if view is not None else 0
    return page("about.html", number=number)
