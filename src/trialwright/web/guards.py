"""What stands between the network and the routes: requests in, those that may pass on, answers with their headers out.

Every limit is a number of `Limits`. Nothing here reads what a body says, and nothing is logged.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable

import anyio
import msgspec
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trialwright.web.problems import ProblemError

LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "[::1]")
SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_MAY_CARRY = ("POST", "PUT", "PATCH", "DELETE")
_LARGEST_TAGGED = 16 * 2**20


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """body_bytes and body_s: size of a body and the time it may take to come; url_characters: path and query together."""

    body_bytes: int = 24 * 2**20
    body_s: float = 30.0
    url_characters: int = 16_000


Refuse = Callable[[Scope, ProblemError], ASGIApp]
"""Makes the answer to a request that may not pass, in the form its asker reads."""


class Guard:
    """The outermost layer: host, token, origin, length of the address; and the headers of every answer."""

    def __init__(
        self, app: ASGIApp, *, hosts: tuple[str, ...], token: str | None, limits: Limits, refuse: Refuse
    ) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)
        self._token = hashlib.sha256(token.encode()).digest() if token else None
        self._limits = limits
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sent = _with_headers(scope, send)
        try:
            self._check(scope, Headers(scope=scope))
        except ProblemError as error:
            await self._refuse(scope, error)(scope, receive, sent)
            return
        await self._app(scope, receive, sent)

    def _check(self, scope: Scope, headers: Headers) -> None:
        if len(scope["path"]) + len(scope["query_string"]) > self._limits.url_characters:
            raise ProblemError(
                414, f"an address of more than {self._limits.url_characters} characters", kind="too-long"
            )
        # A name that somebody else's page was made to resolve to this machine is not one of ours.
        if "*" not in self._hosts and _host(headers.get("host", "")) not in self._hosts:
            raise ProblemError(421, "this server does not answer under that host name", kind="unknown-host")
        if self._token is not None and not self._holds_token(headers.get("authorization", "")):
            asked = {"WWW-Authenticate": 'Basic realm="trialwright", charset="UTF-8"'}
            detail = "send the token as `Authorization: Bearer …`, or as the password when a browser asks"
            raise ProblemError(401, detail, kind="token", headers=asked)
        if scope["method"] in _MAY_CARRY and _is_foreign(headers):
            raise ProblemError(403, "forms of other sites are not taken", kind="foreign-origin")

    def _holds_token(self, given: str) -> bool:
        kind, _, value = given.partition(" ")
        value = value.strip()
        if kind.lower() == "basic":
            try:
                value = base64.b64decode(value, validate=True).decode("utf-8", "replace").partition(":")[2]
            except (binascii.Error, ValueError):
                value = ""
        elif kind.lower() != "bearer":
            value = ""
        held = hashlib.sha256(value.encode("utf-8", "replace")).digest()
        return hmac.compare_digest(held, self._token or b"")


def _host(given: str) -> str:
    """The name without its port, in lower case."""
    given = given.strip().lower()
    name, colon, port = given.rpartition(":")
    return name if colon and port.isdigit() else given


def _is_foreign(headers: Headers) -> bool:
    site = headers.get("sec-fetch-site")
    if site is not None:
        # Where pages send no referrer, browsers send `Origin: null` even with their own forms.
        return site not in ("same-origin", "none")
    origin = headers.get("origin")
    if origin is None:
        return False
    return origin.partition("://")[2].lower() != headers.get("host", "").strip().lower()


def _with_headers(scope: Scope, send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY_HEADERS.items():
                headers.setdefault(name, value)
            if scope["method"] in _MAY_CARRY:
                headers["Cache-Control"] = "no-store"
            else:
                headers.setdefault("Cache-Control", "no-cache, private")
        await send(message)

    return sent


class Bodies:
    """Takes a body in whole before anything looks at it, within its size and its time; a packed one is refused."""

    def __init__(self, app: ASGIApp, *, limits: Limits, refuse: Refuse) -> None:
        self._app = app
        self._limits = limits
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in _MAY_CARRY:
            await self._app(scope, receive, send)
            return
        try:
            body = await self._taken(Headers(scope=scope), receive)
        except ProblemError as error:
            await self._refuse(scope, error)(scope, receive, send)
            return
        if body is not None:
            await self._app(scope, _replayed(body, receive), send)

    async def _taken(self, headers: Headers, receive: Receive) -> bytes | None:
        """None when the asker went away."""
        # Closing tells a client that still sends that nobody listens.
        closing = {"Connection": "close"}
        if headers.get("content-encoding", "identity").lower() != "identity":
            raise ProblemError(415, "packed bodies are not read; send it as it is", kind="packed", headers=closing)
        stated = headers.get("content-length", "0")
        largest = self._limits.body_bytes
        too_large = ProblemError(
            413, f"a body of more than {largest // 2**20} MiB; send less at a time", kind="too-large", headers=closing
        )
        if not stated.isdigit() or int(stated) > largest:
            raise too_large
        taken = bytearray()
        with anyio.move_on_after(self._limits.body_s):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return None
                taken += message.get("body", b"")
                if len(taken) > largest:
                    raise too_large
                if not message.get("more_body", False):
                    return bytes(taken)
        raise ProblemError(
            408, f"the body took longer than {self._limits.body_s:g} s", kind="too-slow", headers=closing
        )


def _replayed(body: bytes, receive: Receive) -> Receive:
    waiting = [body]

    async def replay() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return replay


class Tags:
    """Gives what is read an ETag made from its bytes, and answers 304 to who has them already."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        known = Headers(scope=scope).get("if-none-match", "")
        held: list[Message] = []

        async def tagged(message: Message) -> None:
            if message["type"] == "http.response.start" and _may_be_tagged(message):
                held.append(message)
                return
            if not held:
                await send(message)
                return
            start = held.pop()
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                headers = MutableHeaders(scope=start)
                headers["ETag"] = tag = f'W/"{hashlib.blake2b(message.get("body", b""), digest_size=12).hexdigest()}"'
                if _is_known(tag, known):
                    del headers["content-length"]
                    start["status"], message = 304, {"type": "http.response.body", "body": b""}
            await send(start)
            await send(message)

        await self._app(scope, receive, tagged)


def _is_known(tag: str, known: str) -> bool:
    """By weak comparison, as RFC 9110 has it for `If-None-Match`."""
    return known.strip() == "*" or tag[2:] in {one.strip().removeprefix("W/") for one in known.split(",")}


def _may_be_tagged(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    length = headers.get("content-length", "")
    is_whole = length.isdigit() and int(length) <= _LARGEST_TAGGED
    return start["status"] == 200 and is_whole and "etag" not in headers
