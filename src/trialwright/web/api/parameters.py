"""The query part of an address in, the parameters of a route out: each known, each once, each a value that it can have."""

from collections.abc import Iterable, Mapping

from starlette.requests import Request

from trialwright.web.api.pieces import unknown
from trialwright.web.problems import ProblemError

NOT_SUPPORTED = ("filter.synonyms", "postFilter.synonyms", "geoDecay")


def parameters(request: Request, known: Iterable[str], lists: Iterable[str] = ()) -> dict[str, str]:
    """By name. lists: those that may be given several times, for several items.

    raises  ProblemError (400) that names the parameter
    """
    known, lists = tuple(known), frozenset(lists)
    found: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name in NOT_SUPPORTED:
            raise ProblemError(400, f"{name} is not supported here", parameter=name, kind="not-supported")
        if name not in known:
            raise unknown("parameter", name, known, name[:80])
        if "\0" in value:
            raise ProblemError(400, "a text without the character U+0000 is expected", parameter=name, kind="bad-value")
        if name in found and name not in lists:
            raise ProblemError(400, f"{name} is given twice", parameter=name, kind="bad-value")
        found[name] = f"{found[name]}|{value}" if name in found else value
    return found


def choice(given: Mapping[str, str], name: str, allowed: tuple[str, ...], not_here: tuple[str, ...] = ()) -> str:
    """The first one allowed is the default. not_here: what the public API has and this one has not."""
    value = given.get(name, allowed[0])
    if value in not_here:
        detail = f"{name}={value} is not supported here; expected {' or '.join(allowed)}"
        raise ProblemError(400, detail, parameter=name, kind="not-supported")
    if value not in allowed:
        raise ProblemError(
            400, f"{value[:80]!r} is no {name}; expected {' or '.join(allowed)}", parameter=name, kind="bad-value"
        )
    return value


def number(given: Mapping[str, str], name: str, default: int, most: int) -> int:
    value = given.get(name, str(default))
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        raise ProblemError(400, f"{value[:80]!r} is no whole number from 0 on", parameter=name, kind="bad-value")
    return min(int(value), most)
