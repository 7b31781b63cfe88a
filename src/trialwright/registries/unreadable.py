"""What could not be read, in one line that names file, record and place."""

import msgspec

_LONGEST = 400


class ReadError(Exception):
    """A file that cannot be read at all; the message is one line."""


class BadRecordError(Exception):
    """One record that cannot be read; the reader of the file turns it into an `Unreadable`.

    place    where in the record, such as `byte 1024` or `line 3`; "" when no place is to blame
    problem  what was found and what was expected
    """

    def __init__(self, problem: str, place: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.place = place


class Unreadable(msgspec.Struct, frozen=True):
    """A record that could not be read, or a file among others.

    file    the file's name, or the archive's and the member's; "" when bytes were handed over
    record  its number in the file, from 1; 0 when it is the whole file
    place   where in the record; "" when no place is to blame
    """

    file: str
    record: int
    place: str
    problem: str

    @property
    def message(self) -> str:
        """One line: file, record, place, what was found."""
        record = f"record {self.record}" if self.record else ""
        where = ", ".join(part for part in (one_line(self.file, _LONGEST) or "input", record, self.place) if part)
        return f"{where}: {one_line(self.problem, _LONGEST)}"


def one_line(text: str, limit: int = 80) -> str:
    """Words of a record for a message: on one line, cut to `limit` characters."""
    words = " ".join("".join(char if char.isprintable() else " " for char in text[: limit * 4]).split())
    return words if len(words) <= limit and len(text) <= limit * 4 else words[: limit - 1] + "…"
