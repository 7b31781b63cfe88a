"""The ClinicalTrials.gov CSV export in, trials out: all its columns or any of them, in any order.

A row with a quote that is never closed is read up to the broken cell; it does not swallow the rows below it. Cells
that hold several fields in one text are parted only where there is one reading (`csv_cells`); the others stay whole.

The export carries no eligibility text, no arms, no contacts and no references: those paths are absent from every trial
that was read from it, and the remark `not-in-form` names them.
"""

import csv
import functools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec

from trialwright.codes import tables
from trialwright.registries import fields
from trialwright.registries.csv_cells import part_outcome, part_site, site_country
from trialwright.registries.drafts import Draft
from trialwright.registries.unreadable import Unreadable, one_line
from trialwright.trial import Trial

MAX_ROW = 16 * 2**20
_NCT = re.compile(r"NCT\d{8}")
_NCT_COLUMN = "NCT Number"
_URL_COLUMNS = frozenset({"Study URL", "URL"})
_OLD_AGE = re.compile(r"(?P<limits>[^()]*)\((?P<groups>[^()]*)\)\s*")
_AGE = r"(\d+ (?:Year|Month|Week|Day|Hour|Minute)s?)"
_LIMITS = re.compile(rf"{_AGE} to {_AGE}|{_AGE} and older|up to {_AGE}", re.IGNORECASE)
_DESIGN_PATHS: Mapping[str, str] = {
    "Allocation": "allocation",
    "Intervention Model": "interventionModel",
    "Primary Purpose": "primaryPurpose",
    "Observational Model": "observationalModel",
    "Time Perspective": "timePerspective",
}
_NOT_IN_FORM = (
    "oversightModule, armsInterventionsModule.armGroups, eligibilityModule.eligibilityCriteria, minimumAge, maximumAge, "
    "officials and contacts, referencesModule, ipdSharingStatementModule"
)


class Column(msgspec.Struct, frozen=True):
    """One column of the export: its heading, the path it fills and the reader its cells need."""

    heading: str
    path: str
    how: str


def columns(header: str) -> tuple[Column | None, ...] | None:
    """The columns that a file's first line names, None for one that no export has; None when it is no header of an export.

    A line is a header when the trial's number or title is among its cells, or when most of them are known.
    """
    cells = _cells(header, _delimiter(header))
    found = tuple(_known_columns().get(cell.strip()) for cell in cells)
    known = [column.heading for column in found if column is not None]
    enough = len(known) >= 2 and 2 * len(known) >= len(cells)
    return found if enough or cells == [_NCT_COLUMN] else None


def read(lines: Iterable[str], name: str = "") -> Iterator[Trial | Unreadable]:
    """The trials of a file, in order.

    lines    the file's lines with their ends, the header first, without a byte order mark
    returns  an `Unreadable` for a row without anything that could be read
    """
    lines = iter(lines)
    header = next(lines, "")
    table = _Table(header, columns(header) or ())
    number = 0
    for row in _rows(lines, table):
        if row.cells == [] or not any(cell.strip() for cell in row.cells):
            continue
        number += 1
        yield _read_row(row, table, name, number)


class _Table:
    """What the header says."""

    def __init__(self, header: str, found: tuple[Column | None, ...]) -> None:
        self.delimiter = _delimiter(header)
        self.headings = [cell.strip() for cell in _cells(header, self.delimiter)]
        self.columns = found
        self.first_is_number = self.headings[:1] == [_NCT_COLUMN]
        self.has_url = bool(_URL_COLUMNS & set(self.headings))

    def begins_row(self, line: str) -> bool:
        """Whether a line within an open quote is a row of its own: it begins with a number and holds the trial's address."""
        if not self.first_is_number or not _NCT.match(line.lstrip('"')):
            return False
        return "/study/NCT" in line or "/show/NCT" in line if self.has_url else line.count(self.delimiter) > 4


class _Row(msgspec.Struct, frozen=True):
    """A row's cells, the line it begins at, and whether its last cell has a quote that is never closed."""

    cells: list[str]
    line: int
    is_broken: bool


def _rows(lines: Iterator[str], table: _Table) -> Iterator[_Row]:
    """Rows, each held only as long as its quotes are open."""
    csv.field_size_limit(MAX_ROW)
    held: list[str] = []
    size, quotes, start = 0, 0, 2
    for number, line in enumerate(lines, 2):
        if held and (size > MAX_ROW or table.begins_row(line)):
            yield from _parse(held, start, table.delimiter)
            held, size, quotes = [], 0, 0
        if not held:
            start = number
        held.append(line)
        size += len(line)
        quotes += line.count('"')
        if quotes % 2 == 0:
            yield from _parse(held, start, table.delimiter)
            held, size, quotes = [], 0, 0
    if held:
        yield from _parse(held, start, table.delimiter)


def _parse(held: list[str], start: int, delimiter: str) -> Iterator[_Row]:
    reader = csv.reader(held, delimiter=delimiter, strict=True)
    done = 0
    try:
        for row in reader:
            yield _Row(row, start + done, is_broken=False)
            done = reader.line_num
    except csv.Error:
        yield _Row(_sound_cells("".join(held[done:]), delimiter), start + done, is_broken=True)


def _sound_cells(text: str, delimiter: str) -> list[str]:
    """The cells up to the first whose quotes are not in order, and the rest as it stands."""
    cells, at = [], 0
    pattern = re.compile(rf'(?:"((?:[^"]|"")*+)"|([^"{delimiter}\r\n]*+)){delimiter}')
    while match := pattern.match(text, at):
        cells.append((match[1] or "").replace('""', '"') or match[2] or "")
        at = match.end()
    return [*cells, text[at:]]


def _read_row(row: _Row, table: _Table, name: str, number: int) -> Trial | Unreadable:
    sound = row.cells[:-1] if row.is_broken else row.cells
    numbers = [cell for cell, heading in zip(sound, table.headings, strict=False) if heading == _NCT_COLUMN]
    if _NCT_COLUMN in table.headings and not any(map(_NCT.fullmatch, numbers)):
        found = one_line(row.cells[0], 40)
        return Unreadable(name, number, f"line {row.line}", f"{found!r} is no trial number; expected NCT and 8 digits")
    draft = Draft("csv", name, number)
    for place, cell in enumerate(sound):
        heading = table.headings[place] if place < len(table.headings) else f"column {place + 1}"
        column = table.columns[place] if place < len(table.columns) else None
        _read_cell(draft, column, heading, cell)
    _remark_row(draft, row, table)
    return draft.finish()


def _remark_row(draft: Draft, row: _Row, table: _Table) -> None:
    line = f"line {row.line}"
    if row.is_broken:
        draft.set_aside(line, row.cells[-1])
        lost = table.headings[len(row.cells) - 1] if len(row.cells) <= len(table.headings) else "the last cell"
        draft.remark("broken-quotes", f"a quote is never closed: {lost} and the columns after it are kept aside", line)
    elif len(row.cells) != len(table.headings):
        draft.remark("cell-count", f"{len(row.cells)} cells under {len(table.headings)} headings", line)
    if any("\ufffd" in cell for cell in row.cells):
        draft.remark("bad-bytes", "some bytes are not UTF-8; what cannot be read is shown as U+FFFD", line)
    draft.remark("not-in-form", f"the CSV export does not carry: {_NOT_IN_FORM}", "protocolSection")


def _read_cell(draft: Draft, column: Column | None, heading: str, cell: str) -> None:
    if column is None:
        if cell.strip():
            draft.refuse_key(heading, heading, cell)
        return
    text = cell.strip()
    # An empty cell says only that the export has the column: the field is absent, not empty.
    if text:
        _READERS[column.how](draft, column.path, text, heading)


def _read_list(draft: Draft, path: str, text: str, place: str) -> None:
    for number, item in enumerate(_items(text)):
        draft.put(f"{path}[{number}]", item, place)


def _read_names(draft: Draft, path: str, text: str, place: str) -> None:
    for number, item in enumerate(_items(text)):
        draft.put(f"{path}[{number}].name", item, place)


def _read_url(draft: Draft, path: str, text: str, place: str) -> None:
    """The address holds the trial's number; it counts only where no column of its own does."""
    number = _NCT.search(text)
    draft.set_aside(place, text)
    if number and not draft.has(path):
        draft.put(path, number[0], place)


def _read_results(draft: Draft, path: str, text: str, place: str) -> None:
    """`YES`, `NO`; before 2024 `Has Results`, `No Results Available`."""
    older = {"has results": "YES", "no results available": "NO"}
    draft.put(path, older.get(text.lower(), text), place)


def _read_interventions(draft: Draft, path: str, text: str, place: str) -> None:
    """`TYPE: name`, the name with any colons and commas of its own."""
    names: list[tuple[str, str]] = []
    for item in text.split("|"):
        kind, separator, name = item.strip().partition(": ")
        if separator and fields.word("InterventionType", kind):
            names.append((kind, name))
        elif names:
            names[-1] = (names[-1][0], f"{names[-1][1]}|{item}")
            draft.remark(
                "ambiguous-list", f"{one_line(item, 40)!r} has no type; taken as part of the name before it", place
            )
        else:
            names.append(("", item.strip()))
    for number, (kind, name) in enumerate(names):
        if kind:
            draft.put(f"{path}[{number}].type", kind, place)
        draft.put(f"{path}[{number}].name", name, place)


def _read_outcomes(draft: Draft, path: str, text: str, place: str) -> None:
    items = _items(text)
    whole = 0
    for number, item in enumerate(items):
        parts = part_outcome(item)
        whole += parts is None
        draft.put(f"{path}[{number}].measure", parts.measure if parts else item, place)
        if parts and parts.description:
            draft.put(f"{path}[{number}].description", parts.description, place)
        if parts and parts.time_frame:
            draft.put(f"{path}[{number}].timeFrame", parts.time_frame, place)
    if whole:
        problem = "measure, description and time frame are joined by commas in more than one possible way; kept whole"
        draft.remark("ambiguous-outcome", f"{whole} of {len(items)}: {problem}", path)


def _read_sites(draft: Draft, path: str, text: str, place: str) -> None:
    items = _items(text)
    whole = 0
    for number, item in enumerate(items):
        parts = part_site(item)
        here = f"{path}[{number}]"
        if parts is None:
            whole += 1
            country = site_country(item)
            draft.put(f"{here}.facility", item.removesuffix(country).rstrip(", ") or item, place)
            draft.put(f"{here}.country", country, place)
            continue
        for key, value in msgspec.structs.asdict(parts).items():
            if value is not None:
                draft.put(f"{here}.{key}", value, place)
    if whole:
        problem = (
            "facility, city and state are joined by commas in more than one possible way; kept whole as the facility"
        )
        draft.remark("ambiguous-site", f"{whole} of {len(items)}: {problem}", path)


def _read_ids(draft: Draft, path: str, text: str, place: str) -> None:
    """The sponsor's own number comes first, then the secondary ones."""
    first, *others = _items(text) or [""]
    if first:
        draft.put(f"{path}.id", first, place)
    for number, item in enumerate(others):
        draft.put(f"{path.replace('orgStudyIdInfo', 'secondaryIdInfos')}[{number}].id", item, place)


def _read_ages(draft: Draft, path: str, text: str, place: str) -> None:
    """`ADULT, OLDER_ADULT`; before 2024 `18 Years to 75 Years (Adult, Older Adult)`."""
    older = _OLD_AGE.fullmatch(text)
    for number, item in enumerate((older["groups"] if older else text).replace("|", ",").split(",")):
        draft.put(f"{path}[{number}]", item.strip(), place)
    limits = _LIMITS.fullmatch(older["limits"].strip()) if older else None
    if limits:
        low, high = limits[1] or limits[3], limits[2] or limits[4]
        for key, age in (("minimumAge", low), ("maximumAge", high)):
            if age:
                draft.put(path.replace("stdAges", key), age, place)
    elif older and older["limits"].strip():
        draft.set_aside(place, text)


def _read_design(draft: Draft, path: str, text: str, place: str) -> None:
    """`Allocation: RANDOMIZED | Masking: DOUBLE (PARTICIPANT, INVESTIGATOR)`, each label once."""
    for item in text.split("|"):
        label, _, value = (piece.strip() for piece in item.partition(":"))
        if label == "Masking" and value:
            draft.put_masking(f"{path}.maskingInfo", value, place)
        elif label not in {*_DESIGN_PATHS, "Masking"}:
            draft.refuse_key(label, place, item.strip())
        elif value:
            draft.put(f"{path}.{_DESIGN_PATHS[label]}", value, place)


def _read_documents(draft: Draft, path: str, text: str, place: str) -> None:
    """`label, address`; the file's name is the address's last step."""
    draft.set_aside(place, text)
    for number, item in enumerate(_items(text)):
        label, _, address = item.rpartition(", ")
        draft.put(f"{path}[{number}].label", label or address, place)
        if label and "/" in address:
            draft.put(f"{path}[{number}].filename", address.rpartition("/")[2], place)


_READERS: Mapping[str, Callable[[Draft, str, str, str], None]] = {
    "": Draft.put,
    "list": _read_list,
    "names": _read_names,
    "url": _read_url,
    "results": _read_results,
    "interventions": _read_interventions,
    "outcomes": _read_outcomes,
    "sites": _read_sites,
    "ids": _read_ids,
    "phases": Draft.put_phases,
    "ages": _read_ages,
    "design": _read_design,
    "documents": _read_documents,
}


def _items(text: str) -> list[str]:
    return [item.strip() for item in text.split("|") if item.strip()]


def _delimiter(header: str) -> str:
    return "\t" if header.count("\t") > header.count(",") else ","


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


@functools.cache
def _known_columns() -> Mapping[str, Column]:
    rows = tables.rows("csv_columns", fields.DATA)
    return {row["column"]: Column(row["column"], row["path"], row["how"]) for row in rows}
