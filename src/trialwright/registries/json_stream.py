"""JSON bytes in, the studies of the stream out, one after another, in memory for one study at a time.

A stream may hold one study, one study a line, a list of studies, a page of API v2 (`{"studies": [...]}`) or of API v1
(`{"FullStudiesResponse": {"FullStudies": [...]}}`), or studies one after another. Only brackets and quotes are looked at
here; what a study holds is the readers' business.

A broken study does not take the next ones with it: a study never stands within a study, and quotes within a text are
escaped, so that the bytes `{"protocolSection":` always begin one.
"""

import re
from collections.abc import Iterator

import msgspec

from trialwright.registries.feed import MAX_RECORD, PIECE, Feed, lines

# All that can be skipped without a look: whole texts, and what is neither a quote nor a bracket.
_NEXT_BRACKET = re.compile(rb'(?:[^"{}\[\]]++|"[^"\\]*+(?:\\.[^"\\]*+)*+")*+([{}\[\]])', re.DOTALL)
_KEY = re.compile(rb'"([^"\\]{1,40})"\s*:\s*\Z')
_STUDY = re.compile(rb'\{\s*"(?:protocolSection|Rank|Study|ProtocolSection)"\s*:')
_PAGE = re.compile(rb'\{\s*"(?:studies|nextPageToken|totalCount|FullStudiesResponse)"')
_BLANK = b" \t\r\n"
_BOM = b"\xef\xbb\xbf"
_CLOSES = {b"}": b"{", b"]": b"["}
# Where studies lie in a page: the keys that lead to their list.
_LISTS = frozenset({(b"studies",), (b"FullStudiesResponse", b"FullStudies")})
_LONGEST_KEY = 60
# Broken studies are scanned again from the next one on; a file that is nothing else must come to an end.
_MOST_BROKEN = 1000
_TOO_LONG = f"longer than {MAX_RECORD // 2**20} MB; no clinical trial record is"


class Value(msgspec.Struct, frozen=True):
    """One JSON value of a stream.

    data     its bytes; cut where it is broken
    place    `line 7`, or the byte of the stream where it begins
    problem  why it is no value; "" when it is one as far as brackets tell
    """

    data: bytes
    place: str
    problem: str = ""


def values(feed: Feed) -> Iterator[Value]:
    """The studies of a JSON stream, in order; a broken one has its problem named, and the others are still read."""
    if is_line_by_line(feed.head().removeprefix(_BOM)):
        yield from _values_by_line(feed)
    else:
        yield from _Scan(feed).values()


def is_line_by_line(head: bytes) -> bool:
    """Whether every line of a file is a study of its own, to judge by its beginning.

    It is when the first line is whole, or when the second one begins a study although the first is broken. A first line
    that is longer than the head is a study on one line, unless it begins as a page.
    """
    first, line_end, rest = head.lstrip(_BLANK).partition(b"\n")
    first = first.rstrip(_BLANK)
    if not first.startswith(b"{") or _PAGE.match(first):
        return False
    return not line_end or _is_whole(first) or (first != b"{" and rest.lstrip(_BLANK).startswith(b"{"))


def _is_whole(line: bytes) -> bool:
    try:
        msgspec.json.decode(line, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _values_by_line(feed: Feed) -> Iterator[Value]:
    for number, line in enumerate(lines(feed.pieces()), 1):
        if line is None:
            yield Value(b"", f"line {number}", _TOO_LONG)
            continue
        data = line.removeprefix(_BOM).strip(_BLANK) if number == 1 else line.strip(_BLANK)
        if data:
            yield Value(data, f"line {number}")


class _Scan:
    """One walk over the brackets of a stream, holding no more than the value it is in.

    _held   the bytes in memory; `_passed` came before them
    _at     how far they are scanned
    _open   the brackets that are open
    _base   how many of them lie around a value: 0, or those up to and including the list of studies
    _start  where the value being read begins; None between values
    _gap    where the last value or bracket ended
    """

    def __init__(self, feed: Feed) -> None:
        self._pieces = feed.pieces()
        self._held = b""
        self._passed = self._at = self._gap = self._base = self._broken = 0
        self._start: int | None = None
        self._open: list[bytes] = []
        self._keys: list[bytes] = []

    def values(self) -> Iterator[Value]:
        while self._broken < _MOST_BROKEN:
            match = _NEXT_BRACKET.match(self._held, self._at)
            if match is None:
                if self._is_too_long():
                    yield from self._break_off(_TOO_LONG)
                elif not self._read_on():
                    yield from self._end()
                    if self._at >= len(self._held):
                        return
                continue
            self._at = match.end()
            yield from self._opened(match[1]) if match[1] in b"{[" else self._closed(match[1])
        yield Value(b"", self._place(self._at), f"{_MOST_BROKEN} broken studies; the rest is not read")

    def _is_too_long(self) -> bool:
        return len(self._held) - (self._gap if self._start is None else self._start) > MAX_RECORD

    def _read_on(self) -> bool:
        """Take more bytes in and let go of those that no value needs; as many again as wait, so that none waits often."""
        keep = self._gap if self._start is None else self._start
        pieces, size = [self._held[keep:]], 0
        for piece in self._pieces:
            pieces.append(piece)
            size += len(piece)
            if size >= max(PIECE, len(self._held) - self._at):
                break
        self._held = b"".join(pieces)
        self._passed += keep
        self._at -= keep
        self._gap = max(self._gap - keep, 0)
        self._start = None if self._start is None else 0
        return size > 0

    def _opened(self, bracket: bytes) -> Iterator[Value]:
        here = self._at - 1
        if self._start is not None and self._is_inside_out(here):
            yield from self._restart(here, "a study begins before the one above it ends")
        elif self._start is None and len(self._open) == self._base:
            yield from self._between(here)
            if self._open or bracket == b"{":
                self._start = here
            else:
                self._base = 1
        elif self._start is not None and self._base == 0:
            self._enter_page(bracket, here)
        self._open.append(bracket)
        self._gap = self._at if self._start is None else self._gap

    def _is_inside_out(self, here: int) -> bool:
        """Whether a study begins within a study."""
        outer = _STUDY.match(self._held, self._start or 0)
        return outer is not None and len(self._open) > self._base and self._begins_like(outer[0], here)

    def _begins_like(self, outer: bytes, here: int) -> bool:
        inner = _STUDY.match(self._held, here)
        return inner is not None and inner[0].split() == outer.split()

    def _enter_page(self, bracket: bytes, here: int) -> None:
        """Note the key that the bracket stands under; when it leads to a list of studies, they are the values."""
        depth = len(self._open)
        if depth > 2:
            return
        key = _KEY.search(self._held[max(0, here - _LONGEST_KEY) : here])
        self._keys[depth - 1 :] = [key[1] if key else b""]
        if bracket == b"[" and tuple(self._keys) in _LISTS:
            self._base, self._start = depth + 1, None

    def _closed(self, bracket: bytes) -> Iterator[Value]:
        if not self._open or self._open[-1] != _CLOSES[bracket]:
            yield from self._break_off(f"broken JSON: a {bracket.decode()!r} closes nothing")
            return
        if self._start is None and len(self._open) == self._base:
            yield from self._between(self._at - 1)
            self._base = -1
        self._open.pop()
        if self._start is not None and len(self._open) == self._base:
            yield Value(self._held[self._start : self._at], self._place(self._start))
            self._start = None
        if not self._open:
            self._base = 0
        self._gap = self._at if self._start is None else self._gap

    def _between(self, here: int) -> Iterator[Value]:
        """What stands between values and is none."""
        text = self._held[self._gap : here].removeprefix(_BOM).strip(_BLANK + b",")
        if text:
            yield self._broken_value(text, self._gap, "no object; expected a clinical trial record")

    def _break_off(self, problem: str) -> Iterator[Value]:
        """Give up the value being read, and go on at the next study."""
        start = self._gap if self._start is None else self._start
        following = _STUDY.search(self._held, start + 1)
        if following is not None:
            self._at = following.start()
            yield from self._restart(self._at, problem)
            self._start = None
            return
        yield self._broken_value(self._held[start : self._at], start, problem)
        self._start, self._at, self._gap = None, len(self._held), len(self._held)
        del self._open[max(self._base, 0) :]

    def _restart(self, here: int, problem: str) -> Iterator[Value]:
        start = self._gap if self._start is None else self._start
        yield self._broken_value(self._held[start:here], start, problem)
        del self._open[max(self._base, 0) :]
        self._start, self._gap = here, here

    def _end(self) -> Iterator[Value]:
        if self._start is not None:
            yield from self._break_off("the JSON breaks off")
            return
        yield from self._between(len(self._held))
        if self._open:
            yield self._broken_value(b"", len(self._held), "the JSON breaks off")
        self._at = len(self._held)

    def _broken_value(self, data: bytes, start: int, problem: str) -> Value:
        self._broken += 1
        return Value(data[:PIECE], self._place(start), problem)

    def _place(self, at: int) -> str:
        return f"byte {self._passed + at}"
