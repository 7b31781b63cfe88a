"""Errors as RFC 9457 problem documents: what went wrong, where, and what was expected, in one JSON object.

A problem never repeats what a body held: bodies are charts.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"
_TITLES = {
    400: "The request cannot be understood",
    401: "A token is needed",
    403: "Not from another site",
    404: "Not found",
    405: "Method not allowed",
    406: "Not in this form",
    408: "The request came too slowly",
    409: "Not possible as things are",
    411: "The length is not stated",
    413: "The request is too large",
    415: "The body is in a form that is not read",
    421: "Not for this host",
    422: "The chart cannot be read",
    500: "The server failed",
    503: "The server is busy",
    504: "It took too long",
}


class ProblemError(Exception):
    """What a request cannot have; becomes the answer.

    status     HTTP status
    detail     one or two sentences: what was found, what was expected
    parameter  the query parameter, path part or key of the body that it is about
    kind       the last part of the problem's type, a stable word; by status when ""
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        parameter: str = "",
        kind: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.parameter = parameter
        self.kind = kind
        self.headers = dict(headers or {})

    def __reduce__(self) -> tuple[Any, ...]:
        # It comes back from processes of their own.
        return _again, (self.status, self.detail, self.parameter, self.kind, self.headers)


def _again(status: int, detail: str, *rest: Any) -> ProblemError:
    parameter, kind, headers = rest
    return ProblemError(status, detail, parameter=parameter, kind=kind, headers=headers)


class Problem(msgspec.Struct, frozen=True, omit_defaults=True, rename={"kind": "type"}):
    """The document. instance: the path that was asked for, without its query."""

    title: str
    status: int
    detail: str
    kind: str = "about:blank"
    instance: str = ""
    parameter: str = ""


def title_of(status: int) -> str:
    return _TITLES.get(status, "The request failed")


def problem_response(error: ProblemError, instance: str = "") -> Response:
    document = Problem(
        title=title_of(error.status),
        status=error.status,
        detail=error.detail,
        kind=f"urn:trialwright:problem:{error.kind}" if error.kind else "about:blank",
        instance=instance,
        parameter=error.parameter,
    )
    return json_response(document, status=error.status, media_type=MEDIA_TYPE, headers=error.headers)


def json_response(
    content: Any, *, status: int = 200, media_type: str = "application/json", headers: Mapping[str, str] | None = None
) -> Response:
    """content: what msgspec can encode; bytes are taken for JSON already."""
    body = content if isinstance(content, bytes) else msgspec.json.encode(content)
    return Response(body, status, dict(headers or {}), media_type)
