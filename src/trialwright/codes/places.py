"""Places in text, and remarks about them.

A `Span` says where words stand; a `Diagnostic` says what is odd there. Registry text never raises: whatever a reader,
the compiler or a check cannot take as it stands becomes a `Diagnostic` with a stable code.
"""

from typing import Literal

import msgspec

Severity = Literal["note", "warning", "error"]


class Span(msgspec.Struct, frozen=True, array_like=True, order=True):
    """Characters `start` to `end` (exclusive) of a text, counted from 0. Written to JSON as `[start, end]`."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(f"a span runs forward from 0, got {self.start}-{self.end}")

    def of(self, text: str) -> str:
        return text[self.start : self.end]

    def shift(self, offset: int) -> "Span":
        return Span(self.start + offset, self.end + offset)

    def cover(self, other: "Span") -> "Span":
        return Span(min(self.start, other.start), max(self.end, other.end))


class Diagnostic(msgspec.Struct, frozen=True, omit_defaults=True):
    """A remark about a record or a criterion.

    code     stable, listed in `codes/diagnostics.tsv` and explained in `docs/diagnostics.md`
    message  where, what was found, what was expected, in the user's words
    where    the record's part: an API v2 path such as `protocolSection.eligibilityModule`, a criterion id, a file row; "" for the whole
    span     the characters meant, in the text that `where` names; None when no words are to blame
    """

    code: str
    message: str
    where: str = ""
    span: Span | None = None


def draw(diagnostic: Diagnostic, text: str, width: int = 100) -> str:
    """The remark with its words and carets under them, as compilers print it; without a span, the message alone."""
    head = f"{diagnostic.where}: {diagnostic.message} [{diagnostic.code}]".removeprefix(": ")
    if diagnostic.span is None:
        return head
    start, end = diagnostic.span.start, min(diagnostic.span.end, len(text))
    line_start = text.rfind("\n", 0, start) + 1
    line_end = text.find("\n", start)
    line_end = len(text) if line_end < 0 else line_end
    left = max(line_start, min(start - width // 3, line_end - width))
    shown = text[left : min(line_end, left + width)]
    carets = max(1, min(end, left + len(shown)) - start)
    return f"{head}\n    {shown}\n    {' ' * (start - left)}{'^' * carets}"
