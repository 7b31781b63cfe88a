"""The library's records and state: one SQLite file, many readers and one writer.

Trials come in and go out with their criteria; every version that was loaded is kept. What a reader sees is one moment of
the library: records, state and the name of the index folder that belongs to them change together, in one commit.
"""

import hashlib
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from trialwright.criteria.nodes import Criteria
from trialwright.library.errors import BusyError, LibraryError, NewerLibraryError, NoLibraryError, NotHeldError
from trialwright.trial import Trial

FORM = 2
"""Raised when the tables change; an older program refuses a newer library."""

FILE = "library.sqlite"
LOCAL = "LOCAL-"
"""How the library's own ids begin."""

_APPLICATION = 0x54725774
_PATIENCE_S = 20.0
_TABLES = """
CREATE TABLE state (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE version (
    id INTEGER PRIMARY KEY, trial TEXT NOT NULL, dated TEXT, form TEXT NOT NULL, loaded TEXT NOT NULL,
    digest BLOB NOT NULL, record BLOB NOT NULL, criteria BLOB NOT NULL, terms TEXT NOT NULL);
CREATE INDEX version_trial ON version (trial);
CREATE TABLE trial (id TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX trial_version ON trial (version);
CREATE TABLE place (lat REAL NOT NULL, lon REAL NOT NULL, version INTEGER NOT NULL);
CREATE INDEX place_lat ON place (lat, lon, version);
CREATE INDEX place_version ON place (version);
CREATE TABLE pull (query TEXT PRIMARY KEY, upto TEXT NOT NULL) WITHOUT ROWID;
"""
_SINCE_2 = """
CREATE TABLE made (
    version INTEGER, part TEXT, mark TEXT NOT NULL, data BLOB NOT NULL, PRIMARY KEY (version, part)) WITHOUT ROWID;
"""
_MOST_AT_HAND = 64
_TRIAL = msgspec.json.Decoder(Trial)
_CRITERIA = msgspec.json.Decoder(Criteria)
_ENCODER = msgspec.json.Encoder(decimal_format="number")


class Version(msgspec.Struct, frozen=True):
    """One loaded version of a trial, without its record.

    dated   the record's own date of its last update, as printed; None when it states none
    loaded  the day it came into the library, ISO 8601
    """

    id: int
    trial: str
    dated: str | None
    form: str
    loaded: str


class NewVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A version to be written. terms: what the criteria demand, as the index has it, joined by blanks."""

    trial: Trial
    criteria: Criteria
    dated: str | None
    loaded: str
    digest: bytes
    terms: str
    places: tuple[tuple[float, float], ...] = ()


class Store:
    """A connection to the library's file. Within `reading` or `writing` everything it answers is of one moment."""

    def __init__(self, home: Path, connection: sqlite3.Connection) -> None:
        self.home = home
        self._db = connection
        self._at_hand: dict[int, Trial] = {}

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def reading(self) -> Iterator[None]:
        with _said(self.home):
            self._db.execute("BEGIN")
            try:
                self._db.execute("SELECT count(*) FROM state").fetchone()  # the moment is fixed by the first read
                yield
            finally:
                self._db.execute("ROLLBACK")

    @contextmanager
    def writing(self) -> Iterator[None]:
        """All or nothing; one writer at a time.

        raises  BusyError when another process goes on writing; LibraryError when the disk is full
        """
        with _said(self.home):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def state(self, name: str) -> str | None:
        row = self._db.execute("SELECT value FROM state WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def set_state(self, name: str, value: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO state VALUES (?, ?)", (name, value))

    def pulled_up_to(self, query: str) -> str | None:
        row = self._db.execute("SELECT upto FROM pull WHERE query = ?", (query,)).fetchone()
        return None if row is None else str(row[0])

    def set_pulled_up_to(self, query: str, day: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO pull VALUES (?, ?)", (query, day))

    def count(self) -> int:
        return int(self._db.execute("SELECT count(*) FROM trial").fetchone()[0])

    def ids(self) -> Iterator[str]:
        for row in self._db.execute("SELECT id FROM trial ORDER BY id"):
            yield row[0]

    def current(self, trial: str) -> Version | None:
        """The version that stands for the trial; None when the library does not hold it."""
        row = self._db.execute(
            "SELECT v.id, v.trial, v.dated, v.form, v.loaded FROM trial t JOIN version v ON v.id = t.version WHERE t.id = ?",
            (trial,),
        ).fetchone()
        return None if row is None else Version(*row)

    def versions(self, trial: str) -> tuple[Version, ...]:
        """Every version held, in the order of their own dates; those without one by when they came."""
        rows = self._db.execute("SELECT id, trial, dated, form, loaded FROM version WHERE trial = ?", (trial,))
        found = [Version(*row) for row in rows]
        current = self.current(trial)
        found.sort(key=lambda held: (current is not None and held.id == current.id, held.dated or "", held.id))
        return tuple(found)

    def digests(self, trial: str) -> dict[bytes, int]:
        rows = self._db.execute("SELECT digest, id FROM version WHERE trial = ?", (trial,))
        return {bytes(digest): int(id_) for digest, id_ in rows}

    def record(self, version: int) -> Trial:
        """A version never changes; those asked for first are at hand when they are asked for again."""
        found = self._at_hand.get(version)
        if found is None:
            found = _TRIAL.decode(self._unpacked("record", version))
            if len(self._at_hand) < _MOST_AT_HAND:
                self._at_hand[version] = found
        return found

    def criteria(self, version: int) -> Criteria:
        return _CRITERIA.decode(self._unpacked("criteria", version))

    def terms(self, version: int) -> tuple[str, ...]:
        row = self._db.execute("SELECT terms FROM version WHERE id = ?", (version,)).fetchone()
        return tuple(str(row[0]).split()) if row else ()

    def named(self, versions: Iterable[int]) -> dict[int, str]:
        """The trials that these versions are of."""
        rows = (
            (version, self._db.execute("SELECT trial FROM version WHERE id = ?", (version,)).fetchone())
            for version in versions
        )
        return {version: str(row[0]) for version, row in rows if row}

    def current_versions(self) -> Iterator[int]:
        for row in self._db.execute("SELECT version FROM trial ORDER BY version").fetchall():
            yield int(row[0])

    def near(self, box: tuple[float, float, float, float]) -> Iterator[tuple[int, float, float]]:
        """Versions with a recruiting site in the box, and where.

        box  south, west, north, east in degrees
        """
        south, west, north, east = box
        yield from self._db.execute(
            "SELECT version, lat, lon FROM place WHERE lat BETWEEN ? AND ? AND lon BETWEEN ? AND ?",
            (south, north, west, east),
        )

    def add(self, new: NewVersion, *, is_current: bool) -> int:
        """A version into the library; the number it has there."""
        nct_id = held_id(new.trial)
        cursor = self._db.execute(
            "INSERT INTO version (trial, dated, form, loaded, digest, record, criteria, terms) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                nct_id,
                new.dated,
                new.trial.source.form,
                new.loaded,
                new.digest,
                _packed(new.trial),
                _packed(new.criteria),
                new.terms,
            ),
        )
        version = int(cursor.lastrowid or 0)
        if is_current:
            self.make_current(nct_id, version, new.places)
        return version

    def make_current(self, trial: str, version: int, places: Iterable[tuple[float, float]]) -> None:
        self._db.execute("DELETE FROM place WHERE version = (SELECT version FROM trial WHERE id = ?)", (trial,))
        self._db.execute("INSERT OR REPLACE INTO trial VALUES (?, ?)", (trial, version))
        self._db.executemany("INSERT INTO place VALUES (?, ?, ?)", ((lat, lon, version) for lat, lon in places))

    def recompile(self, version: int, criteria: Criteria, terms: str) -> None:
        self._db.execute("UPDATE version SET criteria = ?, terms = ? WHERE id = ?", (_packed(criteria), terms, version))

    def made(self, version: int, part: str, mark: str) -> bytes | None:
        """What was made of a version and kept, such as its drawn plan; None when it was not, or under another mark."""
        row = self._db.execute(
            "SELECT data FROM made WHERE version = ? AND part = ? AND mark = ?", (version, part, mark)
        ).fetchone()
        return None if row is None else zlib.decompress(row[0])

    def unmade(self, part: str, mark: str) -> tuple[int, ...]:
        """Versions that stand for a trial and have not that part under that mark, the newest first."""
        rows = self._db.execute(
            "SELECT version FROM trial t WHERE NOT EXISTS "
            "(SELECT 1 FROM made m WHERE m.version = t.version AND m.part = ? AND m.mark = ?) ORDER BY version DESC",
            (part, mark),
        )
        return tuple(int(row[0]) for row in rows)

    def keep_made(self, rows: Iterable[tuple[int, str, str, bytes]]) -> None:
        """rows: version, part, mark, data. What was made of versions that stand for no trial any more is dropped."""
        packed = [(version, part, mark, zlib.compress(data)) for version, part, mark, data in rows]
        self._db.executemany("INSERT OR REPLACE INTO made VALUES (?, ?, ?, ?)", packed)
        self._db.execute("DELETE FROM made WHERE version NOT IN (SELECT version FROM trial)")

    def require(self, trial: str) -> Version:
        """raises  NotHeldError that names the nearest id"""
        found = self.current(trial)
        if found is not None:
            return found
        near = self._db.execute("SELECT id FROM trial WHERE id >= ? ORDER BY id LIMIT 1", (trial[:-1],)).fetchone()
        hint = f"; the nearest id it holds is {near[0]}" if near else ""
        raise NotHeldError(f"{trial}: not in the library at {self.home}{hint}")

    def _unpacked(self, column: str, version: int) -> bytes:
        query = {
            "record": "SELECT record FROM version WHERE id = ?",
            "criteria": "SELECT criteria FROM version WHERE id = ?",
        }
        row = self._db.execute(query[column], (version,)).fetchone()
        if row is None:
            raise NotHeldError(f"version {version}: not in the library at {self.home}")
        return zlib.decompress(row[0])


def held_id(trial: Trial) -> str:
    """The id that the library knows a trial by: its own in capitals; for one without, LOCAL- and eight digits made from its title,
    so that the same document loaded again is the same trial. The record itself stays without an id.

    raises  LibraryError for a record with neither, which a library cannot hold
    """
    nct_id = (trial.nct_id or "").strip().upper()
    title = " ".join((trial.title or "").casefold().split())
    if not nct_id and not title:
        raise LibraryError("a record with neither id nor title cannot be held")
    return nct_id or f"{LOCAL}{hashlib.blake2b(title.encode(), digest_size=4).hexdigest().upper()}"


def open_store(home: Path, *, create: bool = False) -> Store:
    """The library in a folder.

    raises  NoLibraryError, NewerLibraryError, or LibraryError when the file is no library
    """
    path = home / FILE
    if not path.exists():
        if not create:
            raise NoLibraryError(f"there is no library at {home} yet; `trialwright load PATH` makes one")
        _make_folder(home)
    mode = "rwc" if create else "rw"
    with _said(home):
        db = sqlite3.connect(
            f"file:{_quoted(path)}?mode={mode}",
            uri=True,
            timeout=_PATIENCE_S,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            _prepare(db, home, create=create)
        except BaseException:
            db.close()
            raise
    return Store(home, db)


def _make_folder(home: Path) -> None:
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LibraryError(f"{home}: no library can be made there: {error.strerror or error}") from None


def _prepare(db: sqlite3.Connection, home: Path, *, create: bool) -> None:
    db.execute("PRAGMA synchronous = FULL")
    form = int(db.execute("PRAGMA user_version").fetchone()[0])
    owner = int(db.execute("PRAGMA application_id").fetchone()[0])
    if owner not in (0, _APPLICATION) or (owner == 0 and form != 0):
        raise LibraryError(f"{home / FILE}: a database of another program")
    if form > FORM:
        raise NewerLibraryError(
            f"the library at {home} was written by a newer version of trialwright (its form is {form}; this version reads up to {FORM})"
        )
    if form == FORM:
        return
    if form == 0 and not create:
        raise NoLibraryError(f"there is no library at {home} yet; `trialwright load PATH` makes one")
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("BEGIN IMMEDIATE")
    form = int(db.execute("PRAGMA user_version").fetchone()[0])  # another process may have been first
    tables = (_TABLES if form < 1 else "") + (_SINCE_2 if form < 2 else "")
    for statement in filter(str.strip, tables.split(";")):
        db.execute(statement)
    db.execute(f"PRAGMA application_id = {_APPLICATION}")
    db.execute(f"PRAGMA user_version = {FORM}")
    db.execute("COMMIT")


def _quoted(path: Path) -> str:
    return str(path.resolve()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")


@contextmanager
def _said(home: Path) -> Iterator[None]:
    """SQLite's complaints in the user's words."""
    try:
        yield
    except sqlite3.OperationalError as error:
        words = str(error)
        if "locked" in words or "busy" in words:
            raise BusyError(f"another process is writing to the library at {home}; try again when it is done") from None
        if "full" in words or "disk I/O" in words:
            raise LibraryError(
                f"the disk is full or cannot be written: the library at {home} is as it was before"
            ) from None
        raise LibraryError(f"the library at {home} cannot be used: {words}") from None
    except sqlite3.DatabaseError as error:
        raise LibraryError(f"{home / FILE}: damaged, or no library ({error})") from None


def _packed(value: object) -> bytes:
    return zlib.compress(_ENCODER.encode(value), 1)
