"""The live client: a question to a server that speaks the ClinicalTrials.gov API v2 in, pages of studies as they came out.

It asks one thing at a time and not too often, waits when told to, and asks again when a connection breaks or a server fails. A
page is given out whole or not at all.

source  ClinicalTrials.gov API v2 (OpenAPI 2.0.5): /studies, /version; paging by `pageToken`
"""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Self

import msgspec

from trialwright.codes.dates import DateError, PartialDate
from trialwright.registries.unreadable import one_line

if TYPE_CHECKING:
    import httpx

CLINICALTRIALS = "https://clinicaltrials.gov/api/v2"
_TRIES = 7
_FIRST_WAIT_S = 1.0
_LONGEST_WAIT_S = 120.0
_TIMEOUT_S = 30.0
_LONGEST_PAGE_S = 300.0
_MOST_BYTES = 256 * 2**20
_BUSY = frozenset((408, 425, 429, 500, 502, 503, 504))


class ClientError(Exception):
    """What a server would not give; one line."""


class TokenExpiredError(ClientError):
    """The server no longer knows the page that was asked for: the list must be begun anew."""


class _TryAgainError(Exception):
    def __init__(self, problem: str, after_s: float | None = None) -> None:
        super().__init__(problem)
        self.after_s = after_s


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What to ask for.

    condition, term  as `query.cond` and `query.term`; "" = not asked
    since            only records updated on that day or later, as YYYY-MM-DD; None = all
    page_size        studies a page
    """

    condition: str = ""
    term: str = ""
    since: str | None = None
    page_size: int = 200

    def parameters(self) -> dict[str, str]:
        found = {"format": "json", "pageSize": str(self.page_size), "countTotal": "true"}
        if self.condition:
            found["query.cond"] = self.condition
        if self.term:
            found["query.term"] = self.term
        if self.since:
            found["filter.advanced"] = f"AREA[LastUpdatePostDate]RANGE[{self.since},MAX]"
        return found


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """One page as it came.

    body   its JSON, unpacked
    count  how many studies it holds
    total  how many there are in all; None when the server does not say
    token  of the next page; None on the last
    """

    body: bytes
    count: int
    total: int | None
    token: str | None


class _Body(msgspec.Struct, rename="camel"):
    studies: list[msgspec.Raw]
    next_page_token: str | None = None
    total_count: int | None = None


class Manners(msgspec.Struct, frozen=True, kw_only=True):
    """How to behave. pause_s: between two questions; tries: for one page; sleep, clock: seconds, replaced in tests"""

    pause_s: float = 1.0
    tries: int = _TRIES
    first_wait_s: float = _FIRST_WAIT_S
    timeout_s: float = _TIMEOUT_S
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic


class Client:
    """A connection to one server. Use it in a `with`."""

    def __init__(
        self, base_url: str = CLINICALTRIALS, manners: Manners | None = None, told: Callable[[str], None] | None = None
    ) -> None:
        """told    is told of each wait and why
        raises  ClientError for an address that is none, or when httpx is not installed
        """
        try:
            import httpx
        except ImportError:
            raise ClientError("this needs httpx, which is not installed; install trialwright[library]") from None
        self.base_url = base_url.rstrip("/")
        if not self.base_url.startswith(("http://", "https://")):
            raise ClientError(f"{one_line(base_url)!r} is no address; expected one such as {CLINICALTRIALS}")
        self._manners = manners or Manners()
        self._told = told
        self._last = float("-inf")
        try:
            self._http = httpx.Client(
                timeout=self._manners.timeout_s, headers={"Accept": "application/json", "User-Agent": "trialwright"}
            )
        except (httpx.InvalidURL, ValueError) as error:
            raise ClientError(f"{one_line(base_url)!r} is no address: {error}") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def data_day(self) -> str | None:
        """The day of the server's data, as YYYY-MM-DD; None when it does not say."""
        try:
            answer = msgspec.json.decode(self._get("/version", {}))
        except (ClientError, msgspec.DecodeError):
            return None
        stamp = answer.get("dataTimestamp") if isinstance(answer, dict) else None
        try:
            return None if not isinstance(stamp, str) else str(PartialDate.parse(stamp))
        except DateError:
            return None

    def pages(self, asked: Asked, token: str | None = None) -> Iterator[Page]:
        """The pages from `token` on, or from the first.

        raises  TokenExpiredError when the server does not know the token (any more); ClientError when it will not answer
        """
        seen = {token}
        while True:
            page = self._page(asked, token)
            yield page
            token = page.token
            if token is None:
                return
            if token in seen:
                raise ClientError(f"{self.base_url}: its list of pages goes in a circle")
            seen.add(token)

    def _page(self, asked: Asked, token: str | None) -> Page:
        parameters = asked.parameters() | ({"pageToken": token} if token else {})
        body = self._get("/studies", parameters, check=_body)
        read = _body(body)
        return Page(body=body, count=len(read.studies), total=read.total_count, token=read.next_page_token or None)

    def _get(self, path: str, parameters: dict[str, str], check: Callable[[bytes], Any] | None = None) -> bytes:
        """One answer, asked for until it comes whole. check: raises _TryAgainError for one that is not."""
        wait = self._manners.first_wait_s
        for number in range(1, self._manners.tries + 1):
            self._keep_pace()
            try:
                body = self._once(path, parameters)
                if check is not None:
                    check(body)
            except _TryAgainError as error:
                if number == self._manners.tries:
                    raise ClientError(f"{self.base_url}{path}: {error}; given up after {number} tries") from None
                after = min(error.after_s if error.after_s is not None else wait, _LONGEST_WAIT_S)
                if self._told:
                    self._told(f"{error}; asking again in {after:g} s")
                self._manners.sleep(after)
                wait = min(wait * 2, _LONGEST_WAIT_S)
            else:
                return body
        raise AssertionError("the last try returns or raises")

    def _keep_pace(self) -> None:
        left = self._last + self._manners.pause_s - self._manners.clock()
        if left > 0:
            self._manners.sleep(left)
        self._last = self._manners.clock()

    def _once(self, path: str, parameters: dict[str, str]) -> bytes:
        import httpx

        try:
            with self._stream(path, parameters) as answer:
                if answer.status_code == 200:
                    return self._whole(answer)
                answer.read()
                raise self._refusal(answer, parameters)
        except httpx.TimeoutException:
            raise _TryAgainError("the server took too long") from None
        except httpx.TransportError as error:
            raise _TryAgainError(f"the connection failed ({one_line(str(error)) or type(error).__name__})") from None
        except httpx.DecodingError:
            raise _TryAgainError("the answer is packed in a way that cannot be unpacked") from None
        except httpx.InvalidURL as error:
            raise ClientError(f"{one_line(self.base_url)!r} is no address: {error}") from None

    def _stream(self, path: str, parameters: dict[str, str]) -> "AbstractContextManager[httpx.Response]":
        return self._http.stream("GET", f"{self.base_url}{path}", params=parameters)

    def _whole(self, answer: "httpx.Response") -> bytes:
        begun, size, parts = self._manners.clock(), 0, list[bytes]()
        for part in answer.iter_bytes():
            parts.append(part)
            size += len(part)
            if size > _MOST_BYTES:
                raise ClientError(f"{self.base_url}: a page of more than {_MOST_BYTES // 2**20} MiB")
            if self._manners.clock() - begun > _LONGEST_PAGE_S:
                raise _TryAgainError("the server sends too slowly")
        return b"".join(parts)

    def _refusal(self, answer: "httpx.Response", parameters: dict[str, str]) -> Exception:
        said = one_line(answer.text, 160)
        if answer.status_code in _BUSY:
            return _TryAgainError(
                f"the server answered {answer.status_code}", _after(answer.headers.get("Retry-After"))
            )
        if answer.status_code in (400, 404, 410) and "pageToken" in parameters:
            return TokenExpiredError(f"{self.base_url}: the server no longer knows the page ({said})")
        if answer.is_redirect:
            said = f"moved to {one_line(answer.headers.get('Location', ''))}"
        return ClientError(f"{self.base_url}: the server answered {answer.status_code}: {said}".rstrip(": "))


def _body(data: bytes) -> _Body:
    try:
        return msgspec.json.decode(data, type=_Body)
    except msgspec.ValidationError as error:
        raise ClientError(f"the answer is no page of studies: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise _TryAgainError("the answer breaks off, or is no JSON") from None


def _after(header: str | None) -> float | None:
    """Seconds to wait, from a number or a date; None when the server names neither."""
    if not header:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None
