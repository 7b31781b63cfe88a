"""Bytes of a file, handed out in bounded pieces whatever the file's size, with the first of them to look at beforehand."""

import io
import zlib
from collections.abc import Iterator
from typing import Protocol

from trialwright.registries.unreadable import ReadError

HEAD = 2**16
PIECE = 2**18
# The largest studies on ClinicalTrials.gov are some 25 MB; what is longer is no record.
MAX_RECORD = 64 * 2**20
# Registry text packs to a sixth; a hundredfold is made to do harm.
_MAX_RATIO = 150
_FREE_BYTES = 64 * 2**20
_GZIP_WINDOW = 16 + zlib.MAX_WBITS


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class Feed:
    """A stream whose beginning can be looked at before it is read."""

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        self._held = b""

    def head(self) -> bytes:
        """The first 64 KiB, or all when there is less; they will still be read."""
        while len(self._held) < HEAD:
            more = self._stream.read(HEAD)
            if not more:
                break
            self._held += more
        return self._held[:HEAD]

    def read(self, size: int = PIECE, /) -> bytes:
        """At most `size` bytes; empty at the end."""
        if self._held:
            piece, self._held = self._held[:size], self._held[size:]
            return piece
        return self._stream.read(size)

    def pieces(self) -> Iterator[bytes]:
        while piece := self.read(PIECE):
            yield piece

    def whole(self, limit: int = MAX_RECORD) -> bytes:
        """All that is left.

        raises  ReadError when it is more than `limit`
        """
        buffer = io.BytesIO()
        for piece in self.pieces():
            buffer.write(piece)
            if buffer.tell() > limit:
                raise ReadError(f"longer than {limit // 2**20} MB; expected one clinical trial record")
        return buffer.getvalue()


class Unpacked:
    """What a gzip stream holds, several members one after another; growth beyond reason is refused."""

    def __init__(self, packed: Readable) -> None:
        self._packed = packed
        self._unpacker = zlib.decompressobj(_GZIP_WINDOW)
        self._waiting = b""
        self._taken = 0
        self._given = 0

    def read(self, size: int = PIECE, /) -> bytes:
        """At most `size` bytes; empty at the end.

        raises  ReadError when it grows beyond reason; EOFError when it breaks off; zlib.error when it is damaged
        """
        while True:
            if not self._waiting:
                self._waiting = self._packed.read(PIECE)
                self._taken += len(self._waiting)
            if self._unpacker.eof:
                self._waiting = (self._unpacker.unused_data + self._waiting).lstrip(b"\0")
                if not self._waiting:
                    return b""
                self._unpacker = zlib.decompressobj(_GZIP_WINDOW)
            elif not self._waiting:
                raise EOFError("the packed data break off")
            piece = self._unpacker.decompress(self._waiting, size)
            self._waiting = self._unpacker.unconsumed_tail
            if piece:
                return self._counted(piece)

    def _counted(self, piece: bytes) -> bytes:
        self._given += len(piece)
        if self._given > _FREE_BYTES and self._given > _MAX_RATIO * self._taken:
            raise ReadError(f"packed data that grow more than {_MAX_RATIO}-fold; no registry file does")
        return piece


def grows_beyond_reason(packed: int, unpacked: int) -> bool:
    """Whether an archive's member claims a size that no registry file has."""
    return unpacked > _FREE_BYTES and unpacked > _MAX_RATIO * packed


def lines(pieces: Iterator[bytes], limit: int = MAX_RECORD) -> Iterator[bytes | None]:
    """Lines without their ends; None for one longer than `limit`, whose bytes are let go."""
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        first, *others = piece.split(b"\n")
        size += len(first)
        if size <= limit:
            held.append(first)
        else:
            held = []
        if others:
            yield b"".join(held) if size <= limit else None
            yield from others[:-1]
            held, size = [others[-1]], len(others[-1])
    if size:
        yield b"".join(held) if size <= limit else None
