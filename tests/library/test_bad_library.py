"""A library that is newer, damaged, another program's or not there: said in one line, mended where it can be, never made worse."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from trialwright.library import Library, LibraryError
from trialwright.library.errors import DamagedIndexError, NewerLibraryError, NoLibraryError
from trialwright.library.searching import Search, search
from trialwright.library.store import FILE, FORM

from .shelves import ALL, ASTHMA, library_of, load


def files(home: Path) -> list[Path]:
    """Of the index folder in use, the largest first."""
    found = [path for path in (home / "index").rglob("*") if path.is_file()]
    return sorted(found, key=lambda path: -path.stat().st_size)


def found(library: Library, text: str = "npc") -> list[str]:
    with library.view() as view:
        return [hit.trial for hit in search(view, Search(text=text)).hits]


def missing(home: Path) -> None:
    for path in files(home):
        path.unlink()


def cut(home: Path) -> None:
    for path in files(home):
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def one_missing(home: Path) -> None:
    next(path for path in files(home) if path.suffix == ".term").unlink()


def no_meta(home: Path) -> None:
    next(path for path in files(home) if path.name == "meta.json").unlink()


def noise(home: Path) -> None:
    for path in files(home):
        path.write_bytes(bytes(path.stat().st_size))


def bits_in_the_middle(home: Path) -> None:
    for path in files(home):
        data = bytearray(path.read_bytes())
        data[len(data) // 4 : len(data) // 2] = bytes(byte ^ 0x5A for byte in data[len(data) // 4 : len(data) // 2])
        path.write_bytes(data)


def older_form(home: Path) -> None:
    with sqlite3.connect(home / FILE) as db:
        db.execute("UPDATE state SET value = '0' WHERE name = 'index_form'")
    db.close()


@pytest.mark.parametrize("damage", [missing, cut, one_missing, no_meta, noise, bits_in_the_middle, older_form])
def test_a_damaged_index_is_made_anew_and_that_is_said(home: Path, damage: object) -> None:
    expected = found(library_of(home))
    assert callable(damage)
    damage(home)
    told: list[str] = []
    library = Library(home, told=told.append)
    assert found(library) == expected
    assert len(told) == 1
    assert told[0].endswith(f"it was made anew from the records of {len(ALL)} trials")
    assert load(library, ASTHMA | {"title": "Later", "updated": "2026-01-01"}).changed == 1


def test_damage_that_shows_only_in_an_answer_is_mended_for_the_next(home: Path) -> None:
    library = library_of(home)
    expected = found(library)
    with (
        pytest.raises(LibraryError, match=f"made anew from the records of {len(ALL)} trials: ask again"),
        library.view(),
    ):
        raise DamagedIndexError("the search index is damaged")
    assert found(library) == expected
    assert len(list((home / "index").iterdir())) == 2


def test_a_library_that_was_copied_needs_no_mending(home: Path, tmp_path: Path) -> None:
    expected = found(library_of(home))
    shutil.copytree(home, tmp_path / "copy", copy_function=shutil.copyfile)
    told: list[str] = []
    assert found(Library(tmp_path / "copy", told=told.append)) == expected
    assert told == []


def test_a_newer_library_is_left_alone(home: Path) -> None:
    library_of(home)
    with sqlite3.connect(home / FILE) as db:
        db.execute(f"PRAGMA user_version = {FORM + 1}")
    db.close()
    before = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    for create in (True, False):
        with pytest.raises(NewerLibraryError, match=rf"newer version .*its form is {FORM + 1}"):
            Library(home, create=create)
    assert {path: path.read_bytes() for path in home.rglob("*") if path.is_file()} == before


def test_a_library_of_the_form_before_is_brought_to_this_one(home: Path) -> None:
    expected = found(library_of(home))
    with sqlite3.connect(home / FILE) as db:
        db.execute("DROP TABLE made")
        db.execute("PRAGMA user_version = 1")
    db.close()
    library = Library(home)
    assert found(library) == expected
    library.keep_made([(1, "plan", "mark", b"drawn")])
    with library.view() as view:
        assert view.store.made(1, "plan", "mark") == b"drawn"
        assert view.store.made(1, "plan", "another") is None
    with sqlite3.connect(home / FILE) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (FORM,)
    db.close()


def test_nothing_there(home: Path) -> None:
    with pytest.raises(NoLibraryError, match=r"there is no library at .* yet; `trialwright load PATH` makes one"):
        Library(home)
    assert not home.exists()


def test_the_database_of_another_program_is_left_alone(home: Path) -> None:
    home.mkdir()
    with sqlite3.connect(home / FILE) as db:
        db.execute("PRAGMA user_version = 7")
    db.close()
    with pytest.raises(LibraryError, match="a database of another program"):
        Library(home, create=True)


def test_what_is_no_database_is_left_alone(home: Path) -> None:
    home.mkdir()
    (home / FILE).write_bytes(b"no database at all\n" * 100)
    with pytest.raises(LibraryError, match="damaged, or no library"):
        Library(home, create=True)
    assert (home / FILE).read_bytes() == b"no database at all\n" * 100


def test_records_that_are_damaged_are_said(home: Path) -> None:
    library_of(home)
    with sqlite3.connect(home / FILE) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    size = (home / FILE).stat().st_size
    with (home / FILE).open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (size - 4096))
    with pytest.raises(LibraryError, match="damaged"):
        found(Library(home))


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LibraryError, match="no library can be made there"):
        Library(tmp_path / "file/library", create=True)
