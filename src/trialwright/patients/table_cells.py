"""The cells of one row in, facts out, by what the mapping says of each column; the same readers as the patient form's do the reading.

A cell that cannot be read is named in the remarks by its row and column, and is no fact.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import yaml

from trialwright.codes.dates import DateError, PartialDate

from . import form_facts
from .facts import Fact, Sex
from .form import SECTIONS, SEXES
from .form_nodes import FormNode
from .naming import Namer, answer
from .remarks import FormError, Remarks
from .table_mapping import Column, Mapping

_SECTION = {
    "condition": "conditions", "drug": "drugs", "procedure": "procedures", "finding": "findings", "behaviour": "behaviours",
    "event": "events", "allergy": "allergies", "vaccine": "vaccines", "family": "family", "plan": "plans", "lab": "labs",
    "measurement": "measurements", "score": "scores", "stage": "stage", "statement": "statements",
}  # fmt: skip
_RESULTS = frozenset({"lab", "measurement", "score", "statement"})
_UNSAID = frozenset(
    {
        "",
        "unknown",
        "not recorded",
        "na",
        "n/a",
        "nan",
        "null",
        "none recorded",
        "missing",
        ".",
        "-",
        "?",
        "not known",
        "nk",
        "nd",
    }
)
_NUMBER = re.compile(r"[-+]?\d+(?:[.,]\d+)?")
_SLASHED = re.compile(r"(\d{1,4})[/.-](\d{1,2})[/.-](\d{1,4})(?:[ T].*)?")


class _Row(Protocol):
    @property
    def number(self) -> int: ...
    @property
    def cells(self) -> dict[str, str]: ...


class _Said(NamedTuple):
    """What one cell says, of what, on which day; number: its row."""

    name: str
    words: str
    day: str
    number: int


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the rows of one patient."""

    namer: Namer
    remarks: Remarks
    file: str
    mapping: Mapping

    def facts(self, number: int, cells: dict[str, str]) -> Iterator[Fact]:
        for column in self.mapping.columns.values():
            words = cells.get(column.column, "")
            if column.what not in _SECTION or words.lower() in _UNSAID:
                continue
            try:
                yield from self._fact(column, words, number, cells)
            except FormError as error:
                reason = str(error).rsplit(": ", 1)[-1]
                self.remarks.add("bad-cell", self._place(number, column.column), f"not used; {reason}")

    def _place(self, number: int, column: str) -> str:
        return f"{self.file}, row {number}, column {column!r}"

    def _fact(self, column: Column, words: str, number: int, cells: dict[str, str]) -> Iterator[Fact]:
        section = SECTIONS[_SECTION[column.what]]
        name = self._value(column.name, cells)
        day = self._day(column.date, number, cells)
        if day == "bad":
            return
        if column.what in _RESULTS:
            if column.name.startswith("@") and not name:
                self.remarks.add(
                    "bad-cell", self._place(number, column.column), "not used; the row does not say what was measured"
                )
                return
            yield from self._results(section, column, _Said(name or column.column, words, day, number), cells)
        else:
            yield from self._listed(section, column, _Said(name, words, day, number), cells)

    def _results(
        self, section: form_facts.Section, column: Column, said: "_Said", cells: dict[str, str]
    ) -> Iterator[Fact]:
        """A result: `{name: {value, unit, on, low, high}}`."""
        name, words, day, number = said
        fields = {"value": words, "unit": self._value(column.unit, cells), "on": day}
        fields |= {"low": self._value(column.low, cells), "high": self._value(column.high, cells)}
        value = {key: text for key, text in fields.items() if text}
        if column.what in ("statement", "score"):
            one: object = f"{words}{f' on {day}' if day else ''}"
        else:
            one = value
        yield from section(self._node({name: one}, number), self._form())

    def _listed(
        self, section: form_facts.Section, column: Column, said: "_Said", cells: dict[str, str]
    ) -> Iterator[Fact]:
        """Something on a list: the column names it and the cell says yes or no, or the cell names one or several."""
        name, words, day, number = said
        end = self._day(column.end, number, cells)
        dates = {
            key: text
            for key, text in (("on" if column.what != "drug" else "start", day), ("end", end))
            if text and text != "bad"
        }
        if column.what == "stage":
            yield from section(self._node([f"{words}{f' on {day}' if day else ''}"], number), self._form())
            return
        if not name:
            things = [part.strip() for part in re.split(r"[|;]", words) if part.strip()]
            entries = [dates | {"name": thing} for thing in things] if dates else things
            yield from section(self._node(list(entries), number), self._form())
            return
        said_of_it = {"1": "present", "0": "absent"}.get(words) or answer(words)
        if said_of_it == "unknown":
            return
        if said_of_it is None and _NUMBER.fullmatch(words):
            self.remarks.add("bad-cell", self._place(number, column.column), "not used; expected yes or no, or words")
            return
        if said_of_it is None:
            # A cell that is neither yes nor no tells more about the thing: a grade, a site, a date.
            yield from section(self._node([f"{name}, {words}{f', on {day}' if day else ''}"], number), self._form())
            return
        entry = {"name": name, "certainty": "confirmed" if said_of_it == "present" else "refuted"}
        yield from section(self._node([entry | dates], number), self._form())

    def _form(self) -> form_facts.Form:
        return form_facts.Form(self.namer, self.remarks)

    def _value(self, setting: str, cells: dict[str, str]) -> str:
        """A setting of the mapping: the words themselves, or the cell of the column that it names."""
        return cells.get(setting[1:], "") if setting.startswith("@") else setting

    def _day(self, setting: str, number: int, cells: dict[str, str]) -> str:
        """The date as the form reads it; "" without one, "bad" for one that cannot be."""
        words = self._value(setting, cells)
        if not words or words.lower() in _UNSAID:
            return ""
        found = day_of(words, self.mapping.order(setting.removeprefix("@")))
        if found is None:
            self.remarks.add(
                "bad-date",
                self._place(number, setting.removeprefix("@")),
                "no date that can be, or one that can be two; not used",
            )
            return "bad"
        return str(found)

    def _node(self, value: object, number: int) -> FormNode:
        return FormNode(_yaml(value, number - 1), self.file)


def _yaml(value: object, line: int) -> yaml.Node:
    """Plain data as the nodes that the form's readers take, each at its row of the table."""
    mark = yaml.Mark("", 0, line, 0, None, 0)
    if isinstance(value, dict):
        pairs = [(_yaml(key, line), _yaml(inner, line)) for key, inner in value.items()]
        return yaml.MappingNode("tag:yaml.org,2002:map", pairs, mark, mark)
    if isinstance(value, list):
        return yaml.SequenceNode("tag:yaml.org,2002:seq", [_yaml(inner, line) for inner in value], mark, mark)
    return yaml.ScalarNode("tag:yaml.org,2002:str", str(value), mark, mark)


def day_of(words: str, order: str) -> PartialDate | None:
    """A date as tables write it. With slashes and no order given, only where one order alone can be; None otherwise."""
    match = _SLASHED.fullmatch(words.strip())
    try:
        if match is None or len(match[1]) == 4:
            return PartialDate.parse(words.strip().replace("/", "-").split(" ")[0] if match else words)
        one, two, year = (int(part) for part in match.groups())
        if len(match[3]) != 4:
            return None
        days = {"dmy": (two, one), "mdy": (one, two)}
        if order in days:
            return PartialDate(year, *days[order])
        able = {pair for pair in days.values() if pair[0] <= 12}
        return PartialDate(year, *able.pop()) if len(able) == 1 else None
    except (DateError, ValueError):
        return None


def sex_of(rows: Iterable[_Row], mapping: Mapping, remarks: Remarks) -> Sex | None:
    """The sex that all rows give; None when they give none, or two."""
    found = {row.number: row.cells.get(mapping.first("sex"), "").lower() for row in rows}
    known = {SEXES[words] for words in found.values() if words in SEXES}
    odd = [number for number, words in found.items() if words not in SEXES and words not in _UNSAID]
    if odd:
        remarks.add(
            "bad-cell",
            f"row {odd[0]}, column {mapping.first('sex')!r}",
            "neither female nor male; read as not recorded",
        )
    if len(known) > 1:
        remarks.add(
            "contradicting-values", f"column {mapping.first('sex')!r}", "the rows give two; read as not recorded"
        )
    return known.pop() if len(known) == 1 and not odd else None


def birth_of(rows: Iterable[_Row], column: str, mapping: Mapping, remarks: Remarks) -> PartialDate | None:
    """The one date that all rows give in a column; None when they give none, or two."""
    if not column:
        return None
    found = set[PartialDate]()
    for row in rows:
        words = row.cells.get(column, "")
        if words.lower() in _UNSAID:
            continue
        day = day_of(words, mapping.order(column))
        if day is None:
            remarks.add(
                "bad-date",
                f"row {row.number}, column {column!r}",
                "no date that can be, or one that can be two; not used",
            )
        else:
            found.add(day)
    if len(found) > 1:
        remarks.add("contradicting-values", f"column {column!r}", "the rows give two dates; read as not recorded")
    return found.pop() if len(found) == 1 else None
