"""The mapping of a table: which column is what. A TSV with one line a column, or the same as YAML.

A value of `name`, `unit`, `date`, `low` or `high` that begins with `@` is the name of the column that holds it.
"""

import csv
import difflib
import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from .form_nodes import documents
from .remarks import ChartError, FormError

What = Literal[
    "id", "sex", "birth", "death", "condition", "drug", "procedure", "finding", "behaviour", "event", "allergy", "vaccine", "family",
    "plan", "lab", "measurement", "score", "stage", "statement",
]  # fmt: skip
KINDS: tuple[str, ...] = get_args(What)
KEYS = ("column", "as", "name", "unit", "date", "end", "low", "high", "dates")
ORDERS = ("ymd", "dmy", "mdy")


@dataclass(frozen=True, slots=True)
class Column:
    """What one column is.

    what   a section of the patient form, or who the patient is
    name   what the column speaks of; "" when the cell's own words name it
    dates  the order of day, month and year in the column's dates, where they are written with slashes; "" when none is named
    """

    column: str
    what: str
    name: str = ""
    unit: str = ""
    date: str = ""
    end: str = ""
    low: str = ""
    high: str = ""
    dates: str = ""

    def references(self) -> tuple[str, ...]:
        """The columns that this one takes something from."""
        return tuple(
            value[1:]
            for value in (self.name, self.unit, self.date, self.end, self.low, self.high)
            if value.startswith("@")
        )


@dataclass(frozen=True, slots=True)
class Mapping:
    """The columns of a table that are read, by name."""

    name: str
    columns: dict[str, Column] = field(default_factory=dict)

    def first(self, what: str) -> str:
        return next((one.column for one in self.columns.values() if one.what == what), "")

    @property
    def patient(self) -> str:
        return self.first("id")

    @property
    def birth(self) -> str:
        return self.first("birth")

    @property
    def death(self) -> str:
        return self.first("death")

    @property
    def beside(self) -> frozenset[str]:
        """Columns that others take a date, a unit, a name or a limit from."""
        return frozenset(name for one in self.columns.values() for name in one.references())

    def order(self, column: str) -> str:
        """How dates are written: the column's own order, else the one that the id's line gives for the whole table."""
        own = self.columns.get(column)
        return (own.dates if own else "") or self.columns[self.patient].dates

    def check(self, columns: list[str], table: str) -> None:
        """raises  ChartError when the mapping names a column that the table does not have"""
        for wanted in (*self.columns, *sorted(self.beside)):
            if wanted not in columns:
                near = difflib.get_close_matches(wanted, columns, n=1)
                hint = f"; did you mean {near[0]!r}?" if near else ""
                raise ChartError(f"{self.name}: {table} has no column {wanted!r}{hint}")


def read_mapping(path: Path) -> Mapping:
    """raises  ChartError for a file that is missing or no mapping, naming the line and what was expected"""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ChartError(f"{path}: {error.strerror or 'cannot be read'}") from None
    entries = _yaml(data, path) if path.suffix.lower() in (".yaml", ".yml", ".json") else _tsv(data, path)
    columns: dict[str, Column] = {}
    for place, entry in entries:
        one = _column(place, entry)
        if one.column in columns:
            raise ChartError(f"{place}: the column {one.column!r} stands twice")
        columns[one.column] = one
    found = Mapping(path.name, columns)
    if not found.patient:
        raise ChartError(f"{path}: no column is the patient's id; expected a line with `id` under `as`")
    return found


def _tsv(data: bytes, path: Path) -> list[tuple[str, dict[str, str]]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ChartError(f"{path}: no text in UTF-8 (byte {error.start})") from None
    sign = "\t" if "\t" in text.split("\n", 1)[0] else ","
    lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=sign))
    if not lines or "column" not in lines[0] or "as" not in lines[0]:
        raise ChartError(f"{path}:1: expected a heading with the columns {', '.join(KEYS)}; the first two are needed")
    heading = [cell.strip() for cell in lines[0]]
    found = []
    for number, cells in enumerate(lines[1:], 2):
        if any(cell.strip() for cell in cells) and not cells[0].startswith("#"):
            found.append(
                (
                    f"{path}:{number}",
                    {key: cell.strip() for key, cell in zip(heading, cells, strict=False) if cell.strip()},
                )
            )
    return found


def _yaml(data: bytes, path: Path) -> list[tuple[str, dict[str, str]]]:
    found = []
    try:
        for node in documents(data, str(path)):
            for column, entry in node.fields("columns by name").items():
                if entry.is_text:
                    fields = {"as": entry.text()}
                else:
                    fields = {
                        key: value.text() for key, value in entry.fields("keys such as as, name, unit, date").items()
                    }
                found.append((entry.source, {"column": column} | fields))
    except FormError as error:
        raise ChartError(str(error)) from None
    return found


def _column(place: str, entry: dict[str, str]) -> Column:
    for key in entry:
        if key not in KEYS:
            near = difflib.get_close_matches(key, KEYS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"expected one of {', '.join(KEYS)}"
            raise ChartError(f"{place}: there is no key {key!r}; {hint}")
    what = entry.get("as", "")
    if what not in KINDS:
        near = difflib.get_close_matches(what, KINDS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"expected one of {', '.join(KINDS)}"
        raise ChartError(f"{place}: {what!r} is nothing that a column can be; {hint}")
    if entry.get("dates", "ymd") not in ORDERS:
        raise ChartError(f"{place}: dates: expected one of {', '.join(ORDERS)}")
    if not entry.get("column"):
        raise ChartError(f"{place}: the line names no column")
    return Column(what=what, **{key: value for key, value in entry.items() if key != "as"})
