"""Fact tables on disk: charts as Parquet, one folder a table, that `engines.duckdb` and `engines.spark` read.

`write_tables` takes patients and writes; every table has its columns even when it has no rows. The tables know one vocabulary (what implies
and what denies what is worked out when they are written), and say which: a query made with another one is refused.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from hashlib import blake2b
from itertools import chain, islice
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Any, NamedTuple, get_args, get_type_hints

from trialwright.codes.vocabulary import Vocabulary
from trialwright.patients.facts import Patient

from . import flat_facts
from .amounts import PLACES
from .flat_facts import Flattener, Key, Row

if TYPE_CHECKING:
    import pyarrow  # noqa: ICN001

TABLES: Mapping[str, type[Row]] = {
    "persons": flat_facts.PersonRow,
    "periods": flat_facts.PeriodRow,
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
FORM = "trialwright.facts/2"
_ABOUT = "about.json"
_BATCH, _RUN = 20_000, 5
"""How many charts are made into columns at a time, and how many times until their rows are sorted and written."""
_ROW_GROUP = 120_000
_SORTED = frozenset({"occurrences", "measurements"})
_SMALL = frozenset({
    "whose", "certainty", "tail", "upper_sign", "lower_sign", "malignancies",
})  # fmt: skip
_MEDIUM = frozenset({"line", "chart_row", "word_count"})


class TableError(ValueError):
    """A folder that holds no fact tables, or tables of another form or vocabulary."""


def write_tables(patients: Iterable[Patient], folder: Path, *, vocabulary: Vocabulary, part: int = 0) -> int:
    """The patients' facts as fact tables in `folder`; returns how many patients were written.

    part  several processes may write into one folder, each a part of its own; a part that is there already is replaced. It appears
          whole or not at all, so that a run that was broken off can go on with the parts that are missing
    """
    import pyarrow.parquet as pq

    schemas = {name: schema(row) for name, row in TABLES.items()}
    for name in TABLES:
        (folder / name).mkdir(parents=True, exist_ok=True)
    _describe(folder, vocabulary)
    flattener = Flattener(vocabulary, first_person=part << 32)
    places = {name: folder / name / f"part-{part:05d}.parquet" for name in TABLES}
    unfinished = {name: place.with_suffix(".unfinished") for name, place in places.items()}
    writers = {name: pq.ParquetWriter(unfinished[name], schemas[name]) for name in TABLES}
    written = 0
    try:
        for run in _runs(patients, flattener, schemas):
            written += run.people
            for name, tables in run.tables.items():
                writers[name].write_table(_joined(name, tables), row_group_size=_ROW_GROUP)
    finally:
        for writer in writers.values():
            writer.close()
    for name in (*(name for name in TABLES if name != "persons"), "persons"):
        unfinished[name].replace(places[name])
    return written


class _Run(NamedTuple):
    """Some of the people of a part, with their rows by table, those tables left out that have none."""

    people: int
    tables: dict[str, list["pyarrow.Table"]]


def _runs(patients: Iterable[Patient], flattener: Flattener, schemas: Mapping[str, "pyarrow.Schema"]) -> Iterator[_Run]:
    source, number = iter(patients), 0
    run = _Run(0, {})
    while batch := list(islice(source, _BATCH)):
        run = run._replace(people=run.people + len(batch))
        for name, table in _tables(chain.from_iterable(map(flattener.rows, batch)), schemas):
            run.tables.setdefault(name, []).append(table)
        number += 1
        if number % _RUN == 0:
            yield run
            run = _Run(0, {})
    yield run


def _tables(rows: Iterable[Row], schemas: Mapping[str, "pyarrow.Schema"]) -> Iterator[tuple[str, "pyarrow.Table"]]:
    """The rows as a table each, those without a row left out."""
    import pyarrow as pa

    kinds = {row: name for name, row in TABLES.items()}
    found: dict[str, list[Row]] = {name: [] for name in TABLES}
    for row in rows:
        found[kinds[type(row)]].append(row)
    for name, kept in found.items():
        if kept:
            columns = zip(*kept, strict=True)
            arrays = [pa.array(column, field.type) for column, field in zip(columns, schemas[name], strict=True)]
            yield name, pa.Table.from_arrays(arrays, schema=schemas[name])


def _joined(name: str, tables: list["pyarrow.Table"]) -> "pyarrow.Table":
    import pyarrow as pa

    joined = pa.concat_tables(tables)
    # Rows of one name stand together: a database then skips most conditions of a query a thousand rows at a time. Those of one name
    # stand by person, so that it goes through its people in their order.
    return joined.sort_by([("name", "ascending"), ("person", "ascending")]) if name in _SORTED else joined


def part_names(folder: Path) -> tuple[str, ...]:
    """The names of the parts that are complete, in order; a part holds all facts of its people."""
    return tuple(sorted(path.name for path in (folder / "persons").glob("*.parquet")))


def has_periods(folder: Path, parts: Sequence[str] = ()) -> bool:
    """Whether anybody in the tables, or in some parts of them, has a period of observation."""
    import pyarrow.parquet as pq

    places = [folder / "periods" / part for part in parts] or sorted((folder / "periods").glob("*.parquet"))
    return any(pq.read_metadata(place).num_rows for place in places)


def is_table_folder(folder: Path) -> bool:
    return (folder / _ABOUT).is_file() and (folder / "persons").is_dir()


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
