"""Zip and tar archives in, the bytes of their members out, one member at a time; nothing is written to a disk.

Whatever is wrong with a member is an `OSError` when its bytes are read, so that the next one can still be tried.
"""

import io
import struct
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from trialwright.registries.feed import Feed, Readable, grows_beyond_reason

# What the two modules raise for archives that were damaged, or made to do damage.
_DAMAGE = (
    zipfile.BadZipFile,
    tarfile.TarError,
    RuntimeError,
    ValueError,
    LookupError,
    OverflowError,
    EOFError,
    struct.error,
    zlib.error,
)
_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def zip_members(stream: BinaryIO, feed: Feed) -> Iterator[tuple[str, Readable]]:
    """The files of a zip archive: the name and the bytes of each, in the archive's order.

    stream  the archive; one that cannot be moved about in is copied to a temporary file first
    feed    what has been read of the stream, and the rest
    raises  OSError when it is no zip archive or its list of members is damaged
    """
    with tempfile.TemporaryFile() as copy:
        if not stream.seekable():
            for piece in feed.pieces():
                copy.write(piece)
            stream = copy
        try:
            archive = zipfile.ZipFile(stream)
        except _DAMAGE as error:
            raise OSError(str(error)) from None
        with archive:
            for member in archive.infolist():
                if not member.filename.endswith("/"):
                    yield member.filename, _ZipMember(archive, member)


def tar_members(feed: Feed) -> Iterator[tuple[str, Readable]]:
    """The files of a tar archive: the name and the bytes of each, in the archive's order.

    raises  OSError when the archive is damaged
    """
    try:
        with tarfile.open(fileobj=io.BufferedReader(_Raw(feed)), mode="r|") as archive:
            for member in archive:
                # tarfile would remember every member it has passed.
                archive.members = []  # type: ignore[attr-defined]
                stream = archive.extractfile(member) if member.isfile() else None
                if stream is not None:
                    yield member.name, _Checked(stream)
    except _DAMAGE as error:
        raise OSError(str(error)) from None


class _Checked:
    """A member's bytes, with every kind of damage told as an `OSError`."""

    def __init__(self, stream: Readable) -> None:
        self._stream = stream

    def read(self, size: int, /) -> bytes:
        try:
            return self._stream.read(size)
        except _DAMAGE as error:
            raise OSError(str(error)) from None


class _ZipMember:
    """A member of a zip archive, opened when it is first read."""

    def __init__(self, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
        self._archive = archive
        self._member = member
        self._stream: _Checked | None = None

    def read(self, size: int, /) -> bytes:
        if self._stream is None:
            if grows_beyond_reason(self._member.compress_size, self._member.file_size):
                raise OSError("packed data that grow beyond reason; no registry file does")
            if self._member.compress_type not in _PACKINGS:
                raise OSError(f"packed in a way that is not read here (method {self._member.compress_type})")
            try:
                self._stream = _Checked(self._archive.open(self._member))
            except _DAMAGE as error:
                raise OSError(str(error)) from None
        return self._stream.read(size)


class _Raw(io.RawIOBase):
    """A feed as the stream that tarfile asks for."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        piece = self._feed.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)
