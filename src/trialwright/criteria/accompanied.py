"""`Hepatitis B with HBV DNA ≥ 1000 copies/mL`: a thing, and a number that must hold of it too.

The rule here is called like those of `criteria.rules`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from trialwright.criteria.chunks import Chunk
from trialwright.criteria.cuts import extent
from trialwright.criteria.joining import is_measured
from trialwright.criteria.nodes import All, Has, Node

if TYPE_CHECKING:
    from trialwright.criteria.grammar import Reader


def read_accompanied(reader: Reader, chunks: Sequence[Chunk], depth: int) -> Node | None:
    at = next((place for place, chunk in enumerate(chunks) if chunk.cat == "p" and place), None)
    if at is None or at + 2 >= len(chunks) or chunks[at + 1].cat not in "MK" or chunks[-1].cat not in "QWG":
        return None
    if reader.phrase([chunks[at]]).words().lower() != "with" or any(chunk.cat in "IXNP:;" for chunk in chunks):
        return None
    thing = reader.whole(chunks[:at], depth)
    if not isinstance(thing, Has) or thing.concept.kind not in ("condition", "finding"):
        return None
    number = reader.whole(chunks[at + 1 :], depth)
    return All(parts=(thing, number), span=extent(chunks)) if number is not None and is_measured(number) else None
