"""What a command is given: files, folders, `-` for stdin, ids; trials and patients come out, and a count of the unread.

A message names file, record and place, and never repeats what a chart says.
"""

import sys
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from trialwright.cli.output import Messages

if TYPE_CHECKING:
    from trialwright.patients.facts import Patient
    from trialwright.trial import Trial

FOUND, UNREADABLE, PARTLY = 1, 3, 4
_STDIN = "standard input"


class Inputs:
    """Reads what is asked for and counts what could be read and what not.

    library  the folder of the local library; None = the user's data folder
    """

    def __init__(self, *, messages: Messages, library: Path | None = None) -> None:
        self.messages = messages
        self.library = library
        self.read = 0
        self.unread = 0

    def exit_code(self, *, found: bool, others_unread: int = 0) -> int:
        """Unread input weighs more than what was found in the rest; others_unread: of another kind of input."""
        if unread := self.unread + others_unread:
            self.messages.note(f"not everything could be read: {self.read} could, {unread} could not")
            return PARTLY if self.read else UNREADABLE
        return FOUND if found else 0

    def trials(self, sources: Iterable[str]) -> Iterator["Trial"]:
        """The trials of all sources in order; what cannot be read is said and counted."""
        from trialwright.registries.files import read_trials
        from trialwright.registries.unreadable import ReadError, Unreadable

        for source in sources:
            held = None if source == "-" or Path(source).exists() else _held(library_home(self.library), source)
            if held is not None:
                self.read += 1
                yield held
                continue
            place = self._trial_source(source)
            if place is None:
                continue
            before = self.read + self.unread
            try:
                for trial in read_trials(place, _STDIN if source == "-" else ""):
                    if isinstance(trial, Unreadable):
                        self._fail(trial.message)
                    else:
                        self.read += 1
                        yield trial
            except ReadError as error:
                self._fail(str(error))
            if self.read + self.unread == before:
                self._fail(f"{source}: holds no trial")

    def patients(self, sources: Iterable[str], as_of: date, mapping: Path | None = None) -> Iterator["Patient"]:
        """The patients of all sources in order; as_of: the day the charts are looked at; mapping: what the columns of tables are."""
        from trialwright.patients.loading import read_patients
        from trialwright.patients.remarks import ChartError

        for source in sources:
            if source != "-" and not Path(source).exists():
                self._fail(f"{source}: {_absent(Path(source), (), 'no such file or folder')}")
                continue
            place = sys.stdin.buffer.read() if source == "-" else Path(source)
            try:
                found = read_patients(
                    place, as_of=as_of, mapping=mapping, on_error=lambda error: self._fail(str(error))
                )
                for patient in found:
                    self.read += 1
                    yield patient
            except ChartError as error:
                self._fail(str(error))
            except OSError as error:
                self._fail(f"{source}: {error.strerror or 'cannot be read'}")

    def _fail(self, message: str) -> None:
        self.unread += 1
        self.messages.error(message)

    def _trial_source(self, source: str) -> "Path | BinaryIO | None":
        from trialwright import samples

        if source == "-":
            return sys.stdin.buffer
        path = Path(source)
        if path.exists():
            return path
        sample = samples.trial_path(source)
        if sample is not None:
            return sample
        known = [held.stem.upper() for held in samples.trial_paths()]
        problem = "no such file, and no trial of the library or the built-in samples"
        self._fail(f"{source}: {_absent(path, known, problem)}")
        return None


def _held(home: Path, source: str) -> "Trial | None":
    """The library's trial of that id."""
    if not home.is_dir():
        return None
    from contextlib import closing

    from trialwright.library.errors import LibraryError
    from trialwright.library.store import open_store

    try:
        with closing(open_store(home)) as store:
            version = store.current(source.upper())
            return None if version is None else store.record(version.id)
    except LibraryError:
        return None


def _absent(path: Path, known: Iterable[str], problem: str) -> str:
    """Why there is nothing under that name, with the nearest name there is."""
    if not path.parent.is_dir():
        return f"no such file; the folder {path.parent} does not exist"
    beside = (held.name for held in path.parent.iterdir())
    return f"{problem}{did_you_mean(path.name, [*beside, *known])}"


def library_home(library: Path | None) -> Path:
    if library is not None:
        return library
    from platformdirs import user_data_path

    return user_data_path("trialwright") / "library"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`; did you mean 'screen'?` or "" when nothing is near."""
    from difflib import get_close_matches

    near = get_close_matches(name, list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def library_words(library: Path | None) -> str:
    home = library_home(library)
    return f"the library at {home} is empty" if home.is_dir() else f"there is no library at {home} yet"
