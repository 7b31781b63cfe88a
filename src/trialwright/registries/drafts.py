"""A trial in the making: readers of older forms put texts under API v2 paths, and a typed `Trial` comes out.

The tables of `fields` say what kind of value a path holds. A text that is no such value is kept aside with a remark;
nothing is guessed and nothing is dropped.
"""

import functools
import itertools
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from trialwright.codes.dates import DateError, PartialDate
from trialwright.codes.places import Diagnostic
from trialwright.registries import fields
from trialwright.registries.ctgov import remark_values, unknown_key
from trialwright.registries.remarks import remark_record
from trialwright.registries.unreadable import one_line
from trialwright.trial import Extra, Form, Origin, Record, Source, Trial

_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
_POSITION = re.compile(r"\[\d+\]")
_BETWEEN_PHASES = re.compile(r"[/|]")
_MASKING = re.compile(r"(?P<masking>[^()]*?)\s*\((?P<who>[^()]*)\)")
_UNTYPED = ("resultsSection", "documentSection", "annotationSection")
_NO_LIMIT = re.compile(r"n/?a|none|no limit", re.IGNORECASE)
_FLAGS: Mapping[str, bool] = {
    "yes": True,
    "y": True,
    "true": True,
    "accepts healthy volunteers": True,
    "no": False,
    "n": False,
    "false": False,
}


class Draft:
    """What has been read of one trial so far.

    A path is dotted, with list positions in brackets from 0; positions of one list are put in order.
    """

    def __init__(self, form: Form, name: str, position: int) -> None:
        self.form = form
        self.name = name
        self.position = position
        self.remarks: list[Diagnostic] = []
        self._study: dict[str, Any] = {}
        self._origins: dict[str, Origin] = {}
        self._extras: list[Extra] = []

    def put(self, path: str, text: str, place: str) -> None:
        """A printed text under its path, as the value its kind asks for.

        place    the form's own address of the text
        raises   KeyError for a path that API v2 does not document
        """
        field = _field(path)
        if path in self._origins:
            self.set_aside(place, text)
            self.remark("second-value", f"a second value, first in {self._origins[path].place}; kept aside", path)
            return
        value = self._value(field, text, path)
        if value is None and field.kind != "age":
            self.set_aside(place, text)
            return
        self._origins[path] = Origin(place)
        if value is not None:
            self._place(path, value)

    def has(self, path: str) -> bool:
        """Whether something was put under the path."""
        return path in self._origins

    def put_value(self, path: str, value: bool, place: str) -> None:
        """A value that the form states in another way than by a text of its own."""
        self._origins[path] = Origin(place)
        self._place(path, value)

    def put_phases(self, path: str, text: str, place: str) -> None:
        """`Phase 1/Phase 2` or `PHASE1|PHASE2` is two phases; `N/A` is one word."""
        phases = [text] if fields.word("Phase", text) else _BETWEEN_PHASES.split(text)
        for number, phase in enumerate(phases):
            self.put(f"{path}[{number}]", phase.strip(), place)

    def put_masking(self, path: str, text: str, place: str) -> None:
        """`Double (Participant, Investigator)`: the masking, and who is masked."""
        detailed = _MASKING.fullmatch(text) if fields.word("DesignMasking", text) is None else None
        self.put(f"{path}.masking", detailed["masking"] if detailed else text, place)
        for number, who in enumerate(detailed["who"].split(",") if detailed else ()):
            self.put(f"{path}.whoMasked[{number}]", who.strip(), place)

    def open_part(self, path: str) -> None:
        """A part that the form states even when it holds nothing."""
        self._place(path, {})

    def open_list(self, path: str) -> None:
        """A list that the form states even when it holds nothing."""
        self._place(path, [])

    def set_aside(self, place: str, value: Any) -> None:
        """Keep a value that has no place in API v2, without a remark."""
        self._extras.append(Extra((place,), value))

    def refuse_key(self, key: str, place: str, value: Any) -> None:
        """Keep the value of a key, column or element that no table knows, with a remark."""
        self.set_aside(place, value)
        self.remarks.append(unknown_key(key, place))

    def remark(self, code: str, message: str, where: str) -> None:
        self.remarks.append(Diagnostic(code, message, where))

    def finish(self) -> Trial:
        """The typed trial, with remarks on dates, ages and texts."""
        untyped = {key: msgspec.Raw(msgspec.json.encode(self._study[key])) for key in _UNTYPED if key in self._study}
        record = msgspec.convert({**self._study, **untyped}, Record)
        return Trial(
            record=record,
            source=Source(name=self.name, form=self.form, position=self.position, origins=self._origins),
            extras=tuple(self._extras),
            diagnostics=(*self.remarks, *remark_values(record), *remark_record(record)),
        )

    def _value(self, field: fields.Field, text: str, path: str) -> Any:
        match field.kind:
            case "text":
                return text
            case "date":
                return iso_date(text)
            case "age":
                return None if _NO_LIMIT.fullmatch(text) else text
            case "flag":
                return self._unless_none(_FLAGS.get(text.lower()), text, path, "Yes or No")
            case "count":
                return self._unless_none(_whole_number(text), text, path, "a whole number")
            case "part":
                return self._unless_none(None, text, path, "several values")
            case kind:
                return self._word(kind, text, path)

    def _word(self, kind: str, text: str, path: str) -> str:
        word = fields.word(kind, text)
        if word is None and text:
            self.remark("unknown-word", f"{one_line(text, 60)!r} is no word of the list {kind}; kept as printed", path)
        return word or text

    def _unless_none(self, value: Any, text: str, path: str, expected: str) -> Any:
        if value is None:
            message = f"found the text {one_line(text, 40)!r}, expected {expected}; kept aside"
            self.remark("wrong-type", message, path)
        return value

    def _place(self, path: str, value: Any) -> None:
        holder: Any = self._study
        steps = _steps(path)
        for step, after in itertools.pairwise(steps):
            holder = _member(holder, step, [] if isinstance(after, int) else {})
        _member(holder, steps[-1], value)


def _member(holder: Any, step: str | int, new: Any) -> Any:
    if isinstance(step, str):
        return holder.setdefault(step, new)
    if step >= len(holder):
        holder.append(new)
    return holder[step]


@functools.lru_cache(maxsize=4096)
def _steps(path: str) -> tuple[str | int, ...]:
    return tuple(int(number) if number else key for key, number in _STEP.findall(path))


@functools.lru_cache(maxsize=4096)
def _field(path: str) -> fields.Field:
    return fields.by_path()[_POSITION.sub("", path)]


def iso_date(text: str) -> str:
    """`October 17, 2023` as `2023-10-17`, `July 2001` as `2001-07`; a text that is no date that can be, as it stands."""
    try:
        return str(PartialDate.parse(text))
    except DateError:
        return text


def _whole_number(text: str) -> int | None:
    digits = text.strip().replace(",", "")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 18 else None
