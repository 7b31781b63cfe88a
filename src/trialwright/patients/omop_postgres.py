"""An OMOP CDM 5.4 database on a PostgreSQL server, as the tables of `omop_tables`; read only, in one transaction, a few rows at a time.

An address comes in (`postgresql://reader@host/database`), without a password: that is for libpq to find, in PGPASSWORD, in its password
file or in a service. What the server and libpq say is never passed on, since it may hold a name, a password or a patient's value.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .omop_tables import BESIDE, READ, Cells, Opened, Table, row_order, streamed
from .remarks import ChartError

if TYPE_CHECKING:
    from psycopg import Connection
    from psycopg.sql import Composed

_BEGINNINGS = ("postgresql://", "postgres://")
_WAIT_SECONDS = 10
_ROWS = 2_000


def is_address(words: str) -> bool:
    return words.startswith(_BEGINNINGS)


def open_postgres(address: str) -> Opened:
    """The OMOP tables of a database, as it was when it was opened.

    address  libpq's: user, host, port and database, and `options=-csearch_path%3Dname` to say in which schema the tables are; what it
             does not say comes from libpq's settings
    raises   ChartError when the address holds a password, nobody answers, or no schema or several hold a table `person`
    """
    name, connection = _connected(address)
    try:
        with _unsaid(f"{name}: the server does not let its tables be listed"):
            schema, tables = _schema(name, connection)
        found = {table.lower(): _columns(connection, schema, table) for table in tables}
        return Opened(name, {key: _Rows(name, connection, place) for key, place in found.items()}, connection.close)
    except BaseException:
        connection.close()
        raise


def _connected(address: str) -> "tuple[str, Connection[tuple[str | None, ...]]]":
    try:
        import psycopg
        from psycopg.conninfo import conninfo_to_dict
    except ImportError:
        raise ChartError("reading a PostgreSQL database needs psycopg (the extra `postgres`)") from None
    try:
        said = conninfo_to_dict(address)
    except psycopg.Error:
        raise ChartError(
            "the address of the database cannot be read; expected postgresql://user@host/database"
        ) from None
    if said.get("password"):
        raise ChartError(
            "an address is no place for a password: it is shown and kept; use PGPASSWORD or libpq's password file"
        )
    name = f"postgresql://{said.get('host') or ''}/{said.get('dbname') or ''}"
    with _unsaid(f"{name}: no connection; the server is not there, or refuses the user"):
        waiting = {} if "connect_timeout" in said else {"connect_timeout": _WAIT_SECONDS}
        connection = psycopg.connect(address, client_encoding="utf8", **waiting)  # type: ignore[arg-type]
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.execute("SET LOCAL datestyle = 'ISO, YMD'")
    return name, connection


@contextmanager
def _unsaid(message: str) -> Iterator[None]:
    """Errors of the server under these words instead of its own."""
    import psycopg

    try:
        yield
    except psycopg.Error:
        raise ChartError(message) from None


def _schema(name: str, connection: "Connection[tuple[str | None, ...]]") -> tuple[str, list[str]]:
    """The schema that holds a table `person`, the first of the search path or else the only one, and its tables."""
    rows = connection.execute(
        "SELECT n.nspname, c.relname, pg_table_is_visible(c.oid)::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND lower(c.relname) = ANY(%s)"
        " AND has_table_privilege(c.oid, 'SELECT') AND n.nspname NOT IN ('pg_catalog', 'information_schema')",
        [[*READ, *BESIDE, "concept"]],
    ).fetchall()
    holding = {str(schema): visible == "true" for schema, table, visible in rows if str(table).lower() == "person"}
    chosen = [schema for schema, visible in holding.items() if visible] or list(holding)
    if not chosen:
        raise ChartError(f"{name}: no OMOP CDM: there is no table `person` that this user may read")
    if len(chosen) > 1:
        raise ChartError(
            f"{name}: {len(chosen)} schemas hold a table `person`; say which with ?options=-csearch_path%3Dschema in the address"
        )
    return chosen[0], [str(table) for schema, table, _ in rows if schema == chosen[0]]


@dataclass(frozen=True, slots=True)
class _Place:
    """A table on the server. columns: as it calls them, by their names in small letters."""

    schema: str
    table: str
    columns: Mapping[str, str]


def _columns(connection: "Connection[tuple[str | None, ...]]", schema: str, table: str) -> _Place:
    from psycopg import sql

    found = connection.execute(sql.SQL("SELECT * FROM {} LIMIT 0").format(sql.Identifier(schema, table)))
    return _Place(schema, table, {one.name.lower(): one.name for one in found.description or ()})


@dataclass(frozen=True, slots=True)
class _Rows(Table):
    """A table's rows, each cell as text. Several tables are read side by side, each with a cursor of its own on the server."""

    source: str
    connection: "Connection[tuple[str | None, ...]]"
    place: _Place

    @property
    def columns(self) -> Collection[str]:
        return self.place.columns

    def by_person(self, columns: Sequence[str]) -> Iterator[Cells]:
        from psycopg import sql

        ids = (self.place.columns[column] for column in row_order(self.place.table.lower(), columns))
        # By code point, as `OmopSource` compares the ids of its tables, whatever the database's own order of letters is.
        sorted_by = sql.SQL(", ").join(sql.SQL('{}::text COLLATE "C"').format(sql.Identifier(one)) for one in ids)
        return self._streamed(columns, self._select(columns) + sql.SQL(" ORDER BY ") + sorted_by)

    def different(self, column: str) -> Iterator[Cells]:
        from psycopg import sql

        return self._streamed([column], self._select([column]) + sql.SQL(" GROUP BY 1"))

    def among(self, column: str, values: Collection[str], columns: Sequence[str]) -> Iterator[Cells]:
        from psycopg import sql

        wanted = sql.SQL(" WHERE {}::text = ANY({})").format(
            sql.Identifier(self.place.columns[column]), sql.Literal(sorted(values))
        )
        return self._streamed(columns, self._select(columns) + wanted)

    def _select(self, columns: Sequence[str]) -> "Composed":
        from psycopg import sql

        listed = sql.SQL(", ").join(
            sql.SQL("{}::text").format(sql.Identifier(self.place.columns[one])) for one in columns
        )
        return sql.SQL("SELECT {} FROM {}").format(listed, sql.Identifier(self.place.schema, self.place.table))

    def _streamed(self, columns: Sequence[str], query: "Composed") -> Iterator[Cells]:
        with (
            _unsaid(f"{self.source}: the table `{self.place.table}` cannot be read to its end"),
            self.connection.cursor(f"rows of {self.place.table} {id(query)}") as cursor,
        ):
            cursor.itersize = _ROWS
            yield from streamed(columns, cursor.execute(query))
