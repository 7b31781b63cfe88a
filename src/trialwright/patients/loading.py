"""Patients from a file, a folder or bytes; what it holds is told from its content, never from its name.

A FHIR R4 Bundle or resource (JSON), FHIR bulk-export lines (NDJSON; all such files of a folder belong together), an OMOP CDM 5.4 database
(a folder of CSV or Parquet tables, a DuckDB file, or the address of a PostgreSQL database), a table with a mapping (CSV, XLSX), the
built-in form (YAML or JSON), or a clinic note in plain English. Several patients may stand in one input.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from trialwright.codes.vocabulary import Vocabulary, default_vocabulary

from .consistency import review
from .facts import Patient
from .omop_duckdb import is_database, is_folder
from .omop_postgres import is_address
from .remarks import ChartError

if TYPE_CHECKING:
    from . import fhir

Form = Literal["fhir", "fhir-lines", "omop", "table", "form", "note"]
_CHARTS = (".json", ".ndjson", ".jsonl", ".yaml", ".yml")
_TABLES = (".csv", ".tsv", ".xlsx")
_NOTES = (".txt", ".md")
_HEAD = 1 << 20
_LONGEST_ADDRESS = 2_000
_FORM_KEYS = re.compile(
    r"(?:- )?(?:id|sex|birth|death|note|patients|conditions|events|drugs|procedures|findings|behaviours|allergies|vaccines|family|plans"
    r"|labs|measurements|scores|stage|statements)\s*:(?:\s|$)"
)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a reading goes by.

    mapping  of tables; None: the one that lies beside the table
    """

    known: Vocabulary
    as_of: date | None = None
    mapping: Path | None = None
    on_error: Callable[[ChartError], None] | None = None


def read_patients(
    source: Path | str | bytes,
    *,
    vocabulary: Vocabulary | None = None,
    as_of: date | None = None,
    mapping: Path | None = None,
    on_error: Callable[[ChartError], None] | None = None,
) -> Iterator[Patient]:
    """The patients of a file, a folder or a file's bytes, each with the remarks on its chart.

    vocabulary  the one that ships with the package when None
    as_of       the day the charts are looked at, to tell future dates and to read notes without a day; without it none is called future
    mapping     what the columns of a table are; None: `<table>.mapping.tsv` or `.yaml` beside it
    on_error    called for each file of a folder that cannot be read; the others are still read. Without it the first error is raised
    raises      ChartError for a file that is missing, empty, of no known form or broken; FormError for a mistake in the built-in form
    """
    asked = _Asked(vocabulary or default_vocabulary(), as_of, mapping, on_error)
    for found in _charts(source, asked):
        yield review(found, as_of)


def _charts(source: Path | str | bytes, asked: _Asked) -> Iterator[Patient]:
    if isinstance(source, bytes):
        yield from _read(source, "input", asked)
        return
    if isinstance(source, str) and is_address(source):
        from .omop import read_omop

        yield from read_omop(source, asked.known)
        return
    path = Path(source)
    if path.is_file() and (address := _address_in(path)):
        yield from _charts(address, asked)
        return
    if not path.exists():
        raise ChartError(f"{path}: there is no such file or folder")
    yield from _read_folder(path, asked) if path.is_dir() else _read_file(path, asked)


def _address_in(path: Path) -> str:
    """The address of a PostgreSQL database, of a file that holds this alone; "" for any other file.

    Only of a file that is named itself: what lies in a folder of charts, or is sent as bytes, leads nowhere.
    """
    with path.open("rb") as file:
        words = file.read(_LONGEST_ADDRESS).decode("utf-8", "replace").strip()
    return words if is_address(words) and not any(map(str.isspace, words)) else ""


def _read_file(path: Path, asked: _Asked) -> Iterator[Patient]:
    with path.open("rb") as file:
        head = file.read(16)
    if is_database(head):
        from .omop import read_omop

        yield from read_omop(path, asked.known)
        return
    yield from _read(path.read_bytes(), str(path), asked)


def _read_folder(folder: Path, asked: _Asked) -> Iterator[Patient]:
    """OMOP tables or bulk-export files together, since one patient's rows stand in several of them; any other file by itself.

    Text files are notes where the folder holds nothing else: beside charts they may be anything.
    """
    if is_folder(folder):
        from .omop import read_omop

        yield from read_omop(folder, asked.known)
        return
    files = _readable(folder)
    if not files:
        raise ChartError(
            f"{folder}: no chart in this folder; expected files ending in {', '.join((*_CHARTS, *_TABLES, *_NOTES))}"
        )
    scattered = [path for path in files if path.suffix.lower() in _CHARTS and _holds_scattered_rows(path)]
    if scattered:
        from . import fhir

        yield from fhir.patients((row for path in scattered for row in _rows(path)), asked.known)
    for path in files:
        if path in scattered:
            continue
        try:
            yield from _read_file(path, asked)
        except ChartError as error:
            if asked.on_error is None:
                raise
            asked.on_error(error)


def _readable(folder: Path) -> list[Path]:
    from .table import mapping_beside

    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith(".")]
    mappings = {found for path in files if path.suffix.lower() in _TABLES and (found := mapping_beside(path))}
    charts = [path for path in files if path.suffix.lower() in (*_CHARTS, *_TABLES) and path not in mappings]
    return charts or [path for path in files if path.suffix.lower() in _NOTES]


def _holds_scattered_rows(path: Path) -> bool:
    """Whether a file holds resources and no bundle: one patient's may then stand in other files too."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    try:
        form = recognise(head)
    except ChartError:
        return False
    return form == "fhir-lines" or (form == "fhir" and not re.search(rb'"resourceType"\s*:\s*"Bundle"', head))


def _rows(path: Path) -> "Iterator[fhir.Row]":
    from . import fhir

    if recognise(path.read_bytes()[:_HEAD]) == "fhir":
        yield from fhir.bundle_rows(path.read_bytes())
        return
    with path.open("rb") as lines:
        yield from fhir.line_rows(lines)


def _read(data: bytes, name: str, asked: _Asked) -> Iterator[Patient]:
    try:
        found = list(_read_form(recognise(data), data, name, asked))
    except ChartError as error:
        words = str(error)
        raise type(error)(words if words.startswith((name, str(asked.mapping))) else f"{name}: {words}") from None
    if not found:
        raise ChartError(
            f"{name}: holds no patient; expected a FHIR Patient resource, a patient form, a table's rows or a clinic note"
        )
    yield from found


def _read_form(form: Form, data: bytes, name: str, asked: _Asked) -> Iterable[Patient]:
    data = data.removeprefix(b"\xef\xbb\xbf")
    match form:
        case "fhir":
            from . import fhir

            return fhir.patients(fhir.bundle_rows(data), asked.known)
        case "fhir-lines":
            from . import fhir

            return fhir.patients(fhir.line_rows(data.splitlines()), asked.known)
        case "table":
            from .table import mapping_beside, read_table

            return read_table(data, name, asked.mapping or mapping_beside(Path(name)), asked.known)
        case "note":
            return [_read_note(data, name, asked)]
        case "omop":
            raise ChartError("a DuckDB database is read from its file alone; name the file")
        case "form":
            from .form import read_form

            return read_form(data, name, asked.known)


def _read_note(data: bytes, name: str, asked: _Asked) -> Patient:
    """raises  ChartError for a text that says nothing of any patient"""
    from .note import read_note

    found = read_note(data, name, asked.known, asked.as_of)
    is_foreign = any(remark.code == "other-language" for remark in found.diagnostics)
    if not (found.facts or found.birth or found.sex or is_foreign):
        raise ChartError(
            "nothing of a patient is read in it; expected FHIR JSON, a patient form in YAML, a table or a clinic note"
        )
    return found


class _Type(msgspec.Struct, rename="camel"):
    resource_type: str = ""


def recognise(data: bytes) -> Form:
    """What the bytes are; they may be the beginning of a file alone.

    raises  ChartError for an empty file, for what is no text, and for FHIR as XML
    """
    text = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text:
        raise ChartError("the file is empty")
    if is_database(data):
        return "omop"
    if data.startswith(b"PK\x03\x04"):
        return "table"
    if b"\0" in data[:4096]:
        raise ChartError("no text in UTF-8; expected FHIR JSON, a patient form in YAML, a table or a clinic note")
    if text.startswith(b"<"):
        raise ChartError("XML is not read; expected FHIR as JSON, or a patient form in YAML")
    first, _, rest = text.partition(b"\n")
    if text.startswith(b"{") and rest.strip() and _resource_type(first):
        return "fhir-lines"
    if text.startswith(b"{") and b'"resourceType"' in text[:1_000_000]:
        return "fhir"
    return _kind_of_text(text)


def _kind_of_text(text: bytes) -> Form:
    """A form has one of its own keys at the beginning of a line; a table has cells; any other text is a note."""
    lines = text[:_HEAD].decode("utf-8", "replace").splitlines()
    if text.startswith((b"{", b"[", b"---", b"%YAML")) or any(_FORM_KEYS.match(line) for line in lines[:200]):
        return "form"
    if _is_keyed(lines):
        return "form"
    from .table import looks_like_table

    return "table" if looks_like_table(text) else "note"


def _is_keyed(lines: list[str]) -> bool:
    """Whether nearly every line is a key with a value or an item of a list: a form whose keys are misspelt is no note."""
    filled = [line for line in lines[:200] if line.strip() and not line.lstrip().startswith("#")]
    keyed = [line for line in filled if re.match(r"\s*(?:- )?[a-z][a-z_ ]{0,30}:(?:\s|$)|\s+- ", line)]
    return len(filled) > 0 and len(keyed) == len(filled)


def _resource_type(line: bytes) -> str:
    try:
        return msgspec.json.decode(line, type=_Type).resource_type
    except msgspec.DecodeError:
        return ""
