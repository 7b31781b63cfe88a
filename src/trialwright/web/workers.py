"""Long work in, its result out, done by processes of their own so that no other request waits for it.

A worker ends when its work takes too long or its asker goes away; the next work gets a new one.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import anyio
import anyio.to_process

from trialwright.web.problems import ProblemError

Result = TypeVar("Result")


class Workers:
    """At most `number` processes; more work than `waiting` beside that is refused at once."""

    def __init__(self, home: Path, *, number: int = 1, waiting: int = 8, limit_s: float = 120.0) -> None:
        self.home = home
        self._number = number
        self._most = number + waiting
        self._limit_s = limit_s
        self._limiter: anyio.CapacityLimiter | None = None
        self._asked = 0

    def open(self) -> None:
        self._limiter = anyio.CapacityLimiter(self._number)

    async def run(self, work: Callable[..., Result], *given: object) -> Result:
        """The result of `work(*given)`, which both travel to the process and so must be picklable.

        raises  ProblemError (503) when too much is waiting, (504) when it takes longer than the limit; what the work raises
        """
        if self._limiter is None:
            self.open()
        if self._asked >= self._most:
            raise ProblemError(
                503, "too many charts are being judged; try again soon", kind="busy", headers={"Retry-After": "10"}
            )
        self._asked += 1
        try:
            with anyio.fail_after(self._limit_s):
                return await anyio.to_process.run_sync(work, *given, cancellable=True, limiter=self._limiter)
        except TimeoutError:
            raise ProblemError(
                504, f"judging took longer than {self._limit_s:g} s; ask for fewer trials", kind="too-long"
            ) from None
        except anyio.BrokenWorkerProcess:
            raise ProblemError(500, "the process that did the work ended; nothing was changed", kind="failed") from None
        finally:
            self._asked -= 1
