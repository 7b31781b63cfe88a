"""`X or other Y` is a list of two, unless a dose stands beside it ("prednisone > 10 mg or other steroid equivalent")."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trialwright.criteria.chunks import Chunk

_OTHER = re.compile(r"(?P<link>and/or|and|or)\s+(?P<rest>(?:any\s+)?(?:other|another))$", re.IGNORECASE)


def with_others(chunks: list[Chunk], text: str) -> list[Chunk]:
    """The chunks with "or other" as a connective and a word, where no dose is spoken of."""
    if not any(chunk.cat == "z" for chunk in chunks) or any(chunk.cat in "Qd" for chunk in chunks):
        return chunks
    parted: list[Chunk] = []
    for chunk in chunks:
        match = _OTHER.fullmatch(text[chunk.start : chunk.end]) if chunk.cat == "z" else None
        if match is None:
            parted.append(chunk)
            continue
        sign = "&" if match["link"].lower() == "and" else "|"
        parted.append(chunk._replace(cat=sign, value=match["link"].lower(), end=chunk.start + match.end("link")))
        parted.append(chunk._replace(cat="q", value="", start=chunk.start + match.start("rest")))
    return parted
