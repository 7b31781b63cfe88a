"""A form that is plain text in, its lines and a trial with the place of every value out.

What the text held is put down as it is met, path by path, and becomes a `Trial` in one step at the end. Nothing that
was met is dropped: a value without a field becomes an `Extra`.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from trialwright.codes.places import Diagnostic, Span
from trialwright.registries.remarks import remark_record
from trialwright.registries.unreadable import one_line
from trialwright.trial import Extra, Form, Origin, Record, Source, Trial

Member = tuple[msgspec.Struct, Mapping[str, Span], Span]
_LINE = re.compile(r"[^\r\n]+")


class Line(msgspec.Struct, frozen=True):
    """One line that is not blank.

    text    without the white space around it
    span    of `text`, in the whole document
    indent  characters of white space before it
    apart   whether a blank line, or the document's beginning, stands before it
    """

    text: str
    span: Span
    indent: int
    apart: bool


def lines_of(text: str) -> tuple[Line, ...]:
    lines: list[Line] = []
    end = 0
    for match in _LINE.finditer(text):
        words = match[0].strip(" \t\ufeff\xa0")
        if not words:
            continue
        start = match.start() + match[0].index(words)
        apart = not lines or text.count("\n", end, start) > 1
        lines.append(Line(words, Span(start, start + len(words)), start - match.start(), apart))
        end = start + len(words)
    return tuple(lines)


def prose(text: str, lines: tuple[Line, ...]) -> str:
    """The words of some lines as printed, with the lines between them, without the indentation that all share."""
    shared = min(line.indent for line in lines)
    whole = Span(lines[0].span.start - lines[0].indent, lines[-1].span.end).of(text)
    printed = whole.replace("\r\n", "\n").split("\n")
    return "\n".join(line[shared:] if not line[:shared].strip() else line for line in printed)


def cover(lines: tuple[Line, ...]) -> Span:
    return lines[0].span.cover(lines[-1].span)


class Reading:
    """What has been read of one document so far."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._values: dict[str, object] = {}
        self._origins: dict[str, Origin] = {}
        self._lost: set[str] = set()
        self._extras: list[Extra] = []
        self._remarks: list[Diagnostic] = []
        self._boilerplate: list[Span] = []
        self._bare_headings: list[str] = []

    def put(self, path: str, value: object, place: str, span: Span | None = None) -> None:
        """A value of the record. A second value for the same path is kept beside the record, with a remark."""
        if path not in self._values:
            self._values[path] = value
            self._origins[path] = Origin(place, span)
        elif self._values[path] != value:
            self.keep(place, msgspec.to_builtins(value))
            self.remark(
                "second-value", f"{place!r} gives a second value; the first is taken, this one kept aside", span
            )

    def put_members(self, path: str, members: Iterable[Member], place: str) -> None:
        """A list of the record: each member with the spans of its values by key, and its own span."""
        placed = list(members)
        if not placed:
            return
        is_second = path in self._values
        self.put(path, tuple(member for member, _, _ in placed), place, placed[0][2].cover(placed[-1][2]))
        if is_second:
            return
        for position, (_, spans, whole) in enumerate(placed):
            self._origins[f"{path}[{position}]"] = Origin(place, whole)
            for key, span in spans.items():
                self._origins[f"{path}[{position}].{key}"] = Origin(place, span)

    def amend(self, path: str, value: object, part: str, origin: Origin) -> None:
        """A part that stood elsewhere on the page joins a value that was put."""
        self._values[path] = value
        self._origins[part] = origin

    def value(self, path: str) -> Any:
        return self._values.get(path)

    def lose(self, *paths: str) -> None:
        """The form has these paths' place, and their values are gone."""
        self._lost.update(paths)

    def lose_under(self, heading: str, paths: tuple[str, ...]) -> None:
        """A heading of the record with nothing under it."""
        self.lose(*paths)
        if paths:
            self._bare_headings.append(heading)

    def keep(self, heading: str, value: object) -> None:
        """A value that no field of the record can hold, under the heading where it stood."""
        self._extras.append(Extra(("portal", heading), value))

    def skip(self, *lines: Line) -> None:
        """The page's own words, the same on every page."""
        self._boilerplate.extend(line.span for line in lines)

    def remark(self, code: str, message: str, span: Span | None = None, where: str = "") -> None:
        self._remarks.append(Diagnostic(code, message, where, span))

    def unread(self, heading: str, line: Line) -> None:
        self.keep(heading, line.text)
        self.remark(
            "unread-value", f"{heading}: {one_line(line.text)!r} is no value that can stand here; kept aside", line.span
        )

    def trial(self, form: Form, name: str, position: int) -> Trial:
        if self._boilerplate:
            message = f"{len(self._boilerplate)} lines are the page's own words and were left out"
            self.remark("boilerplate", message, self._boilerplate[0])
        if self._bare_headings:
            self.remark("value-lost", f"printed without what belongs under them: {', '.join(self._bare_headings)}")
        record = msgspec.convert(_nest(self._values), Record)
        lost = frozenset(path for path in self._lost if path not in self._values)
        source = Source(name=name, form=form, position=position, origins=self._origins, stripped=lost)
        remarks = (*self._remarks, *remark_record(record))
        return Trial(record=record, source=source, extras=tuple(self._extras), diagnostics=remarks)


def _nest(values: Mapping[str, object]) -> dict[str, Any]:
    record: dict[str, Any] = {}
    for path, value in values.items():
        *parts, key = path.split(".")
        part = record
        for name in parts:
            part = part.setdefault(name, {})
        part[key] = value
    return record
