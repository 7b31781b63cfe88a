"""The folders of the search index: each a whole index that never changes once the library's state names it.

A writer makes the next folder out of hard links to the current one's files, changes that, and the library's one commit
names it. A kill before the commit leaves a folder that nobody names; a kill after it leaves an old one. Both are swept away
by the next writer, who leaves the folder before the current one to readers that began with it.
"""

import os
import shutil
import zlib
from collections.abc import Iterable
from pathlib import Path

import msgspec

from trialwright.library.errors import DamagedIndexError

_PARENT = "index"
_PART_BYTES = 1 << 20
_REWRITTEN = ("meta.json", ".managed.json")
"""What the index writes anew in place; linked, a writer's change would show in the folder it came from."""


def folder(home: Path, name: str) -> Path:
    return home / _PARENT / name


def next_name(current: str | None) -> str:
    return f"{int(current) + 1 if current else 1:08d}"


def make_next(home: Path, current: str | None, *, is_empty: bool = False) -> str:
    """A new folder with what the current one holds, or with nothing; its name."""
    name = next_name(current)
    new = folder(home, name)
    if new.exists():
        shutil.rmtree(new)  # a killed writer's
    new.mkdir(parents=True)
    for path in folder(home, current).iterdir() if current and not is_empty else ():
        if path.name.endswith(".lock"):
            continue
        if path.name in _REWRITTEN:
            shutil.copy2(path, new / path.name)
        else:
            _link(path, new / path.name)
    return name


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # a file system without hard links
        shutil.copy2(source, target)


def drop(home: Path, name: str) -> None:
    shutil.rmtree(folder(home, name), ignore_errors=True)


def sweep(home: Path, keep: Iterable[str]) -> None:
    """Removes every folder older than the newest of those and none of them; what cannot be removed now is left for the next time.

    A newer one is another writer's, at work since our own transaction ended; what a killed writer left gives way to the next one.
    """
    kept = set(keep)
    newest = max(kept, default="")
    parent = home / _PARENT
    for path in parent.iterdir() if parent.is_dir() else ():
        if path.name not in kept and path.name < newest:
            shutil.rmtree(path, ignore_errors=True)


class _File(msgspec.Struct, frozen=True, array_like=True):
    """changed: when it was written, in nanoseconds; checksum: CRC-32 of what it holds"""

    size: int
    changed: int
    checksum: int


def manifest(path: Path) -> str:
    """The files of a finished folder, each with its size, its time and its checksum, as JSON."""
    files = {}
    for file in sorted(path.iterdir()):
        if not file.name.endswith(".lock"):
            stat = file.stat()
            files[file.name] = _File(stat.st_size, stat.st_mtime_ns, _checksum(file))
    return msgspec.json.encode(files).decode()


def check(path: Path, listed: str) -> None:
    """Whether a folder is as it was when it was finished. Only what was written to since is read for it.

    raises  DamagedIndexError when a listed file is missing or is not what it was
    """
    for name, file in msgspec.json.decode(listed, type=dict[str, _File]).items():
        try:
            stat = (path / name).stat()
        except OSError:
            raise DamagedIndexError(f"{path}: {name} is missing") from None
        if stat.st_size != file.size:
            raise DamagedIndexError(f"{path}: {name} has {stat.st_size} bytes, expected {file.size}")
        if stat.st_mtime_ns != file.changed and _checksum(path / name) != file.checksum:
            raise DamagedIndexError(f"{path}: {name} does not hold what it held")


def _checksum(path: Path) -> int:
    found = 0
    with path.open("rb") as file:
        while part := file.read(_PART_BYTES):
            found = zlib.crc32(part, found)
    return found


def size_bytes(path: Path) -> int:
    return sum(file.stat().st_size for file in path.iterdir() if file.is_file())
