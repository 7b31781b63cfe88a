"""What the lexer makes of a text: chunks, and the limits and stages that some of them carry."""

from decimal import Decimal
from typing import Any, NamedTuple, get_args

import msgspec

from trialwright.codes.dates import Duration, TimeUnit
from trialwright.codes.places import Span
from trialwright.codes.quantities import Op
from trialwright.criteria.nodes import Relative

TIME_UNITS: dict[str, TimeUnit] = {f"time:{unit}": unit for unit in get_args(TimeUnit)}


class Bound(msgspec.Struct, frozen=True):
    """A number as a limit. low and high with their operators; `same` when one number stands without a comparator."""

    low: Decimal | None
    low_op: Op
    high: Decimal | None
    high_op: Op
    unit: str | None
    relative: Relative | None = None
    stated: bool = True
    age: bool = False

    @property
    def time(self) -> TimeUnit | None:
        return TIME_UNITS.get(self.unit or "")

    def duration(self, value: Decimal | None) -> Duration | None:
        return None if value is None or self.time is None else Duration(value, self.time)


class StageRead(msgspec.Struct, frozen=True):
    system: str
    allowed: tuple[str, ...]
    prefix: str | None = None
    edition: str | None = None


class Chunk(NamedTuple):
    """cat: one letter. value: what the category carries. start, end: characters in the text."""

    cat: str
    value: Any
    start: int
    end: int

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)
