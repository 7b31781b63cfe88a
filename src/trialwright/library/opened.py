"""An opened library: a folder in; views of one moment of it, and the steps that change it, out."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from trialwright.codes.vocabulary import Vocabulary, default_vocabulary
from trialwright.criteria.nodes import Criteria
from trialwright.library import folders
from trialwright.library.describing import Concepts
from trialwright.library.errors import DamagedIndexError, LibraryError
from trialwright.library.index import FORM, Index
from trialwright.library.store import Store, Version, open_store
from trialwright.trial import Trial

if TYPE_CHECKING:
    from trialwright.library.loading import Counts, Terms
    from trialwright.registries import Unreadable

_TRIES = 5


class View:
    """One moment of the library: what it answers does not change while others write.

    nct_id arguments are read in upper case; NotHeldError for one that is not there
    """

    def __init__(self, store: Store, index: Index | None, concepts: Concepts) -> None:
        self.store = store
        self._index = index
        self.concepts = concepts

    @property
    def vocabulary(self) -> Vocabulary:
        return self.concepts.vocabulary

    @property
    def index(self) -> Index:
        """raises  LibraryError for a library that holds no trial"""
        if self._index is None:
            raise LibraryError(f"the library at {self.store.home} is empty")
        return self._index

    def __len__(self) -> int:
        return self.store.count()

    def holds(self, nct_id: str) -> bool:
        return self.store.current(nct_id.upper()) is not None

    def trial(self, nct_id: str) -> Trial:
        return self.store.record(self.store.require(nct_id.upper()).id)

    def criteria(self, nct_id: str) -> Criteria:
        return self.store.criteria(self.store.require(nct_id.upper()).id)

    def version(self, nct_id: str) -> Version:
        return self.store.require(nct_id.upper())

    def trials(self) -> Iterator[Trial]:
        for version in self.store.current_versions():
            yield self.store.record(version)


class Library:
    """A local library of trials in one folder. Any number of processes and threads may read while one writes.

    >>> from tempfile import mkdtemp
    >>> library = Library(Path(mkdtemp()), create=True)
    >>> with library.view() as view:
    ...     len(view)
    0
    """

    def __init__(
        self,
        home: Path,
        *,
        create: bool = False,
        vocabulary: Vocabulary | None = None,
        told: Callable[[str], None] | None = None,
    ) -> None:
        """home     the folder
        create  make a library there when there is none
        told    is told when a damaged index was made anew
        raises  NoLibraryError, NewerLibraryError, or LibraryError when the folder holds something else
        """
        self.home = home
        self._vocabulary = vocabulary
        self._told = told
        self._indexes: dict[str, Index] = {}
        self._lock = threading.Lock()
        open_store(home, create=create).close()

    @cached_property
    def concepts(self) -> Concepts:
        return Concepts(self._vocabulary or default_vocabulary())

    @contextmanager
    def view(self) -> Iterator[View]:
        """One moment of the library. A damaged index is first made anew from the records.

        raises  LibraryError; DamagedIndexError when the damage shows only while it answers: the index is made anew for
                the next view
        """
        store = open_store(self.home)
        try:
            with ExitStack() as stack:
                index = self._moment(store, stack)
                try:
                    yield View(store, index, self.concepts)
                except DamagedIndexError as error:
                    number = self.rebuild()
                    raise DamagedIndexError(
                        f"{error}; it was made anew from the records of {number} trials: ask again"
                    ) from None
        finally:
            store.close()

    def load(self, found: "Iterable[Trial | Unreadable]", terms: "Terms") -> "Counts":
        """Takes records in, all or none of them.

        raises  BusyError when another process writes; LibraryError when the disk is full
        """
        from trialwright.library.loading import load  # with the compiler, which only writers need

        with self.view():
            pass  # a damaged index is mended first
        with self._writer() as store:
            return load(store, found, terms)

    def is_of_this_compiler(self) -> bool:
        """Whether the criteria held were read by the compiler and vocabulary of this version; `rebuild` reads them anew."""
        from trialwright.library.loading import compiler_mark

        with self._writer() as store:
            return store.state("compiler") in (None, compiler_mark())

    def rebuild(self, *, recompile: bool = False, workers: int | None = 0) -> int:
        """Makes the search index anew, with `recompile` the criteria too. The number of trials."""
        from trialwright.library.loading import rebuild

        with self._writer() as store:
            return rebuild(store, self.concepts, recompile=recompile, workers=workers)

    def keep_made(self, rows: Iterable[tuple[int, str, str, bytes]]) -> None:
        """Keeps what was made of versions, as `Store.keep_made` has it.

        raises  BusyError when another process goes on writing
        """
        with self._writer() as store, store.writing():
            store.keep_made(rows)

    @contextmanager
    def _writer(self) -> Iterator[Store]:
        store = open_store(self.home)
        try:
            yield store
        finally:
            store.close()

    def _moment(self, store: Store, stack: ExitStack) -> Index | None:
        """The index of the moment that the store now reads, until the stack is closed."""
        damage: DamagedIndexError | None = None
        for attempt in range(_TRIES):
            reading = ExitStack()
            reading.enter_context(store.reading())
            try:
                index = self._index_of(store)
            except DamagedIndexError as error:
                # Between its name and its files a writer may have swept it away: then the next try finds a newer one.
                reading.close()
                damage = error
                if attempt == 1:
                    self._mend(error)
                continue
            except BaseException:
                reading.close()
                raise
            stack.push(reading)
            return index
        raise damage or LibraryError(f"the library at {self.home} cannot be read")

    def _mend(self, damage: DamagedIndexError) -> None:
        number = self.rebuild()
        if self._told:
            self._told(f"{damage}; it was made anew from the records of {number} trials")

    def _index_of(self, store: Store) -> Index | None:
        name, listed = store.state("index"), store.state("manifest")
        if name is None or listed is None:
            return None
        if store.state("index_form") != FORM:
            raise DamagedIndexError(f"the search index at {self.home} is of another version")
        with self._lock:
            known = self._indexes.get(name)
            if known is None:
                known = Index(folders.folder(self.home, name), listed)
                self._indexes = {name: known}
            return known
