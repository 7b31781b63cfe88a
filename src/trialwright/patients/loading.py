"""Patients from a file, a folder or bytes; what it holds is told from its content, never from its name.

A FHIR R4 Bundle or resource (JSON), FHIR bulk-export lines (NDJSON; all such files of a folder belong together), or the built-in form
(YAML or JSON). Several patients may stand in one input.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from trialwright.codes.vocabulary import Vocabulary, default_vocabulary

from .consistency import review
from .facts import Patient
from .remarks import ChartError

if TYPE_CHECKING:
    from . import fhir

Form = Literal["fhir", "fhir-lines", "form"]
_READABLE = (".json", ".ndjson", ".jsonl", ".yaml", ".yml")


def read_patients(
    source: Path | str | bytes,
    *,
    vocabulary: Vocabulary | None = None,
    as_of: date | None = None,
    on_error: Callable[[ChartError], None] | None = None,
) -> Iterator[Patient]:
    """The patients of a file, a folder or a file's bytes, each with the remarks on its chart.

    vocabulary  the one that ships with the package when None
    as_of       the day the charts are looked at, to tell future dates; without it none is called future
    on_error    called for each file of a folder that cannot be read; the others are still read. Without it the first error is raised
    raises      ChartError for a file that is missing, empty, of no known form or broken; FormError for a mistake in the built-in form
    """
    known = vocabulary or default_vocabulary()
    for found in _charts(source, known, on_error):
        yield review(found, as_of)


def _charts(
    source: Path | str | bytes, known: Vocabulary, on_error: Callable[[ChartError], None] | None
) -> Iterator[Patient]:
    if isinstance(source, bytes):
        yield from _read(source, "input", known)
        return
    path = Path(source)
    if not path.exists():
        raise ChartError(f"{path}: there is no such file or folder")
    if not path.is_dir():
        yield from _read(path.read_bytes(), str(path), known)
        return
    yield from _read_folder(path, known, on_error)


def _read_folder(folder: Path, known: Vocabulary, on_error: Callable[[ChartError], None] | None) -> Iterator[Patient]:
    """Bulk-export files together, since one patient's rows stand in several of them; any other file by itself."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix.lower() in _READABLE]
    if not files:
        raise ChartError(f"{folder}: no chart in this folder; expected files ending in {', '.join(_READABLE)}")
    scattered = [path for path in files if _holds_scattered_rows(path)]
    if scattered:
        from . import fhir

        yield from fhir.patients((row for path in scattered for row in _rows(path)), known)
    for path in files:
        if path in scattered:
            continue
        try:
            yield from _read(path.read_bytes(), str(path), known)
        except ChartError as error:
            if on_error is None:
                raise
            on_error(error)


def _holds_scattered_rows(path: Path) -> bool:
    """Whether a file holds resources and no bundle: one patient's may then stand in other files too."""
    with path.open("rb") as file:
        head = file.read(1 << 20)
    try:
        form = recognise(head)
    except ChartError:
        return False
    return form == "fhir-lines" or (form == "fhir" and not re.search(rb'"resourceType"\s*:\s*"Bundle"', head))


def _rows(path: Path) -> "Iterator[fhir.Row]":
    from . import fhir

    if recognise(path.read_bytes()[: 1 << 20]) == "fhir":
        yield from fhir.bundle_rows(path.read_bytes())
        return
    with path.open("rb") as lines:
        yield from fhir.line_rows(lines)


def _read(data: bytes, name: str, known: Vocabulary) -> Iterator[Patient]:
    try:
        found = list(_read_form(recognise(data), data, name, known))
    except ChartError as error:
        words = str(error)
        raise type(error)(words if words.startswith(name) else f"{name}: {words}") from None
    if not found:
        raise ChartError(f"{name}: holds no patient; expected a FHIR Patient resource or a patient form")
    yield from found


def _read_form(form: Form, data: bytes, name: str, known: Vocabulary) -> Iterable[Patient]:
    data = data.removeprefix(b"\xef\xbb\xbf")
    match form:
        case "fhir":
            from . import fhir

            return fhir.patients(fhir.bundle_rows(data), known)
        case "fhir-lines":
            from . import fhir

            return fhir.patients(fhir.line_rows(data.splitlines()), known)
        case "form":
            from .form import read_form

            return read_form(data, name, known)


class _Type(msgspec.Struct, rename="camel"):
    resource_type: str = ""


def recognise(data: bytes) -> Form:
    """What the bytes are; they may be the beginning of a file alone.

    raises  ChartError for an empty file, for what is no text, and for FHIR as XML
    """
    text = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text:
        raise ChartError("the file is empty")
    if b"\0" in data[:4096]:
        raise ChartError("no text in UTF-8; expected FHIR JSON or a patient form in YAML")
    if text.startswith(b"<"):
        raise ChartError("XML is not read; expected FHIR as JSON, or a patient form in YAML")
    first, _, rest = text.partition(b"\n")
    if text.startswith(b"{") and rest.strip() and _resource_type(first):
        return "fhir-lines"
    return "fhir" if text.startswith(b"{") and b'"resourceType"' in text[:1_000_000] else "form"


def _resource_type(line: bytes) -> str:
    try:
        return msgspec.json.decode(line, type=_Type).resource_type
    except msgspec.DecodeError:
        return ""
