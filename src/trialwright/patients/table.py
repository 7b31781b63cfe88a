"""A table of patients (CSV, TSV or XLSX) and a small mapping file in; patients out, each with what of its rows was not used.

One row may be one patient, or one of many results of a patient: rows with one id belong together. The mapping says what each column is;
a column that it does not name is counted and left aside. A message names file, row and column, and never repeats a cell.
"""

import csv
import io
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

from trialwright.codes.vocabulary import Vocabulary

from .course import course
from .facts import Patient
from .naming import Namer
from .remarks import ChartError, Remarks
from .table_cells import Reader, birth_of, sex_of
from .table_mapping import read_mapping

_SEPARATORS = ",;\t|"
_XLSX = b"PK\x03\x04"
_LARGEST = 200_000_000


class Row(NamedTuple):
    """number: as people count, the heading is row 1. cells: by column, without the empty ones."""

    number: int
    cells: dict[str, str]


def looks_like_table(data: bytes) -> bool:
    """Whether the beginning of a file is an Excel workbook, or lines with one number of cells each."""
    if data.startswith(_XLSX):
        return True
    head = [line for line in data[:65_536].decode("utf-8", "replace").splitlines() if line.strip()][:6]
    if len(head) < 2:
        return False
    counts = {sign: [line.count(sign) for line in head[:-1] or head] for sign in _SEPARATORS}
    return any(min(found) == max(found) >= 1 and not _is_prose(head[0], sign) for sign, found in counts.items())


def _is_prose(line: str, sign: str) -> bool:
    """A heading of a table is short names; a sentence with commas is not."""
    cells = line.split(sign)
    return any(len(cell.split()) > 5 for cell in cells) or line.rstrip().endswith(".")


def mapping_beside(table: Path) -> Path | None:
    """The mapping that lies beside a table under its name: `patients.mapping.tsv` or `.yaml` for `patients.csv`."""
    for ending in (".mapping.tsv", ".mapping.yaml", ".mapping.yml"):
        if (found := table.with_name(table.stem + ending)).is_file():
            return found
    return None


def read_table(data: bytes, name: str, mapping: Path | None, vocabulary: Vocabulary) -> Iterator[Patient]:
    """The patients of a table, in the order in which they first appear.

    mapping  the file that says what the columns are
    raises   ChartError without a mapping, for a mapping that does not fit the table, and for a table that cannot be read
    """
    if mapping is None:
        raise ChartError(
            f"{name}: a table needs a mapping file; name one with --mapping, or lay {Path(name).stem}.mapping.tsv beside it"
        )
    if len(data) > _LARGEST:
        raise ChartError(f"{name}: the table is larger than {_LARGEST // 1_000_000} MB")
    known = read_mapping(mapping)
    columns, rows = _rows(data, name)
    known.check(columns, name)
    namer, by_patient = Namer(vocabulary), dict[str, list[Row]]()
    nameless = 0
    for row in rows:
        identity = row.cells.get(known.patient, "")
        if identity:
            by_patient.setdefault(identity, []).append(row)
        else:
            nameless += 1
    for identity, of_one in by_patient.items():
        remarks = Remarks()
        if unread := [
            column for column in columns if column and column not in known.columns and column not in known.beside
        ]:
            number = "1 column is" if len(unread) == 1 else f"{len(unread)} columns are"
            remarks.add("unused-column", f"heading of {Path(name).name}", f"{number} not in the mapping; not read")
        for _ in range(nameless):
            remarks.count("broken-row", "row", "no patient's id; not used")
        yield _patient(identity, of_one, Reader(namer, remarks, Path(name).name, known))


def _patient(identity: str, rows: list[Row], reader: Reader) -> Patient:
    known, remarks = reader.mapping, reader.remarks
    rows = _without_copies(rows, remarks)
    facts = tuple(dict.fromkeys(fact for row in rows for fact in reader.facts(row.number, row.cells)))
    return Patient(
        id=identity,
        sex=sex_of(rows, known, remarks),
        birth=birth_of(rows, known.birth, known, remarks),
        death=birth_of(rows, known.death, known, remarks),
        facts=(*facts, *course(facts, reader.namer)),
        diagnostics=remarks.all(),
    )


def _without_copies(rows: list[Row], remarks: Remarks) -> list[Row]:
    kept: dict[tuple[tuple[str, str], ...], Row] = {}
    for row in rows:
        key = tuple(row.cells.items())
        if key in kept:
            remarks.add("duplicate-resource", f"row {row.number}", f"the same as row {kept[key].number}; read once")
        else:
            kept[key] = row
    return list(kept.values())


def _rows(data: bytes, name: str) -> tuple[list[str], Iterator[Row]]:
    lines = _workbook(data, name) if data.startswith(_XLSX) else _separated(data, name)
    heading = next(lines, None)
    if heading is None or not any(heading):
        raise ChartError(f"{name}: the table has no heading")
    columns = [" ".join(cell.split()) for cell in heading]
    twice = next((column for column in columns if column and columns.count(column) > 1), None)
    if twice is not None:
        raise ChartError(
            f"{name}: two columns have one name; a mapping cannot tell them apart (column {columns.index(twice) + 1})"
        )
    return columns, (
        Row(number, {column: cell for column, cell in zip(columns, cells, strict=False) if column and cell})
        for number, cells in enumerate(lines, 2)
    )


def _separated(data: bytes, name: str) -> Iterator[list[str]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ChartError(f"{name}: no text in UTF-8 (byte {error.start})") from None
    first = text.split("\n", 1)[0]
    sign = max(_SEPARATORS, key=first.count)
    try:
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=sign, strict=True):
            yield [cell.strip() for cell in cells]
    except csv.Error:
        raise ChartError(f"{name}: broken quotes: no table as CSV has it") from None


def _workbook(data: bytes, name: str) -> Iterator[list[str]]:
    """The first sheet of an Excel workbook; its real dates as days, its numbers as they are kept."""
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise ChartError(f"{name}: reading Excel files needs openpyxl (the extra `plan`)") from None
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    except Exception:  # noqa: BLE001 - openpyxl raises whatever a damaged archive makes it raise
        raise ChartError(f"{name}: no Excel workbook that can be read") from None
    for cells in book.worksheets[0].iter_rows(values_only=True):
        yield [_cell(cell) for cell in cells]


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        return value.date().isoformat() if not (value.hour or value.minute) else value.isoformat(timespec="minutes")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value).strip()
