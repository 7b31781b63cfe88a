"""Fact tables on disk: charts as Parquet, one folder a table, that `engines.duckdb` and `engines.spark` read.

`write_tables` takes patients and writes; every table has its columns even when it has no rows. The tables know one vocabulary (what implies
and what denies what is worked out when they are written), and say which: a query made with another one is refused.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from hashlib import blake2b
from itertools import chain
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

from trialwright.codes.vocabulary import Vocabulary
from trialwright.patients.facts import Patient

from . import flat_facts
from .amounts import PLACES
from .flat_facts import Flattener, Key, Row

if TYPE_CHECKING:
    import pyarrow  # noqa: ICN001

TABLES: Mapping[str, type[Row]] = {
    "persons": flat_facts.PersonRow,
    "occurrences": flat_facts.OccurrenceRow,
    "measurements": flat_facts.MeasurementRow,
    "ratings": flat_facts.RatingRow,
    "stagings": flat_facts.StagingRow,
    "statements": flat_facts.StatementRow,
    "denials": flat_facts.DenialRow,
    "names": flat_facts.NameRow,
    "name_words": flat_facts.NameWordRow,
    "name_codes": flat_facts.NameCodeRow,
    "names_beside": flat_facts.NameBesideRow,
    "evidence": flat_facts.EvidenceRow,
    "details": flat_facts.DetailRow,
}
FORM = "trialwright.facts/1"
_ABOUT = "about.json"
_BATCH = 20_000
_SMALL = frozenset({
    "whose", "certainty", "tail", "upper_sign", "lower_sign", "malignancies",
})  # fmt: skip
_MEDIUM = frozenset({"line", "chart_row", "word_count"})


class TableError(ValueError):
    """A folder that holds no fact tables, or tables of another form or vocabulary."""


def write_tables(patients: Iterable[Patient], folder: Path, *, vocabulary: Vocabulary, part: int = 0) -> int:
    """The patients' facts as fact tables in `folder`; returns how many patients were written.

    part  several processes may write into one folder, each a part of its own; a part that is there already is replaced
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    schemas = {name: schema(row) for name, row in TABLES.items()}
    kinds = {row: name for name, row in TABLES.items()}
    for name in TABLES:
        (folder / name).mkdir(parents=True, exist_ok=True)
    _describe(folder, vocabulary)
    flattener = Flattener(vocabulary, first_person=part << 32)
    writers = {name: pq.ParquetWriter(folder / name / f"part-{part:05d}.parquet", schemas[name]) for name in TABLES}
    written = 0
    try:
        for batch in _batched(patients):
            written += len(batch)
            found: dict[str, list[Row]] = {name: [] for name in TABLES}
            for row in chain.from_iterable(map(flattener.rows, batch)):
                found[kinds[type(row)]].append(row)
            for name, rows in found.items():
                if rows:
                    columns = [
                        pa.array(column, field.type)
                        for column, field in zip(zip(*rows, strict=True), schemas[name], strict=True)
                    ]
                    writers[name].write_table(pa.Table.from_arrays(columns, schema=schemas[name]))
    finally:
        for writer in writers.values():
            writer.close()
    return written


def check_tables(folder: Path, vocabulary: Vocabulary) -> None:
    """Raises TableError when the folder's tables are not such as a query made with this vocabulary can read."""
    try:
        about = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise TableError(f"{folder}: no fact tables here; expected a folder that write_tables has written") from None
    if about.get("form") != FORM:
        raise TableError(f"{folder}: tables of the form {about.get('form')}, expected {FORM}; write them anew")
    if about.get("vocabulary") != fingerprint(vocabulary):
        raise TableError(f"{folder}: tables written with another vocabulary; write them anew")


def fingerprint(vocabulary: Vocabulary) -> str:
    """Changes when an entry, its kind, its parents or its being open does."""
    digest = blake2b(digest_size=16)
    for entry in sorted(vocabulary, key=lambda entry: entry.id):
        digest.update(f"{entry.id}\t{entry.kind}\t{'|'.join(entry.parents)}\t{entry.open_domain}\n".encode())
    return digest.hexdigest()


def schema(row: type[Row]) -> "pyarrow.Schema":
    """The Arrow schema of a table, from the types of its rows."""
    import pyarrow as pa

    return pa.schema([pa.field(name, _arrow(name, kind)) for name, kind in get_type_hints(row).items()])


def _arrow(name: str, kind: Any) -> "pyarrow.DataType":
    import pyarrow as pa

    plain = next((one for one in get_args(kind) if one is not NoneType), kind)
    if plain is Key:
        return pa.int8() if name in _SMALL else pa.int32() if name in _MEDIUM else pa.int64()
    return {bool: pa.bool_(), str: pa.string(), date: pa.date32(), Decimal: pa.decimal128(38, PLACES)}[plain]


def _describe(folder: Path, vocabulary: Vocabulary) -> None:
    about = {"form": FORM, "vocabulary": fingerprint(vocabulary)}
    (folder / _ABOUT).write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


def _batched(patients: Iterable[Patient]) -> Iterable[list[Patient]]:
    batch: list[Patient] = []
    for patient in patients:
        batch.append(patient)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
