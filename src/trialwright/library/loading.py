"""Records into a library: new and changed ones are written with their criteria and indexed, all in one step or not at all.

What stands for a trial is the version with the latest date of its own; of two with one date, the later loaded one, unless
it is in a form that says less. Earlier versions are kept.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from trialwright import criteria as criteria_package
from trialwright.codes.dates import DateError, PartialDate
from trialwright.codes.tables import DATA
from trialwright.criteria.compiler import compile_criteria
from trialwright.criteria.nodes import Criteria
from trialwright.library import folders
from trialwright.library.compiling import Text, compiled
from trialwright.library.demands import terms_of
from trialwright.library.describing import Concepts, dated, named_conditions, recruiting_places, texts_of, values_of
from trialwright.library.index import FORM, Description, Writing, key_of
from trialwright.library.store import NewVersion, Store, Version, held_id
from trialwright.registries import Unreadable, write_record
from trialwright.trial import Trial

Outcome = Literal["new", "changed", "unchanged", "older", "unreadable"]
"""older: older than the version held, and kept beside it; or of the same date in a form that says less, and not kept."""

_RICHNESS: dict[str, int] = {
    "api-v2": 7,
    "api-v1": 6,
    "classic-xml": 5,
    "portal-labelled": 4,
    "portal-glued": 3,
    "portal-stripped": 2,
    "flattened-row": 1,
    "csv": 0,
}
Told = Callable[[Outcome, str], None]


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How many records had which outcome."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    older: int = 0
    unreadable: int = 0

    @property
    def read(self) -> int:
        return self.new + self.changed + self.unchanged + self.older


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """How to load.

    concepts finds what trials are about
    today    the day that is written beside each version
    workers  processes that compile criteria; 0 = none beside this one, None = as many as there are processors
    told     is told the outcome of each record, with its id, or with what could not be read
    after    runs within the same step, before it is committed
    """

    today: date
    concepts: Concepts
    workers: int | None = 0
    told: Told | None = None
    after: Callable[[Store], None] | None = None


def load(store: Store, found: Iterable[Trial | Unreadable], terms: Terms) -> Counts:
    """Takes records in.

    raises  BusyError when another process writes; LibraryError when the disk is full; the library is then as it was
    """
    counts = dict.fromkeys(Counts.__struct_fields__, 0)
    with store.writing():
        step = Step(store, terms.concepts)
        try:
            for outcome, said in _taken_in(step, found, terms):
                counts[outcome] += 1
                if terms.told:
                    terms.told(outcome, said)
            if terms.after:
                terms.after(store)
            step.finish()
        except BaseException:
            step.undo()
            raise
    step.sweep()
    return Counts(**counts)


def rebuild(store: Store, concepts: Concepts, *, recompile: bool = False, workers: int | None = 0) -> int:
    """Makes the search index anew from the records; with `recompile` their criteria as well. The number of trials."""
    with store.writing():
        step = Step(store, concepts, is_anew=True)
        try:
            if recompile:
                store.set_state("compiler", compiler_mark())
            number = 0
            versions = ((version, store.record(version)) for version in store.current_versions())
            for (version, trial), made in compiled(
                versions, lambda held: _text(held[1]) if recompile else None, workers=workers
            ):
                criteria = (
                    made if made is not None else compile_criteria(trial) if recompile else store.criteria(version)
                )
                terms = terms_of(criteria) if recompile else store.terms(version)
                if recompile:
                    store.recompile(version, criteria, " ".join(terms))
                step.put(version, trial, criteria, terms)
                number += 1
            step.finish()
        except BaseException:
            step.undo()
            raise
    step.sweep()
    return number


def _taken_in(step: "Step", found: Iterable[Trial | Unreadable], terms: Terms) -> Iterator[tuple[Outcome, str]]:
    def text_of(one: Trial | Unreadable) -> Text | None:
        if isinstance(one, Unreadable) or not _is_named(one) or not step.needs_compiling(one):
            return None
        return _text(one)

    for one, criteria in compiled(found, text_of, workers=terms.workers):
        if isinstance(one, Unreadable):
            yield "unreadable", one.message
        elif not _is_named(one):
            yield "unreadable", f"{one.source.name or 'input'}, record {one.source.position}: has neither id nor title"
        else:
            yield step.take_in(one, criteria, terms.today.isoformat()), held_id(one)


class Step:
    """One writing step: the changes to the records, and a new index folder once something changes."""

    def __init__(self, store: Store, concepts: Concepts, *, is_anew: bool = False) -> None:
        self._store = store
        self._concepts = concepts
        self._previous = store.state("index")
        self._is_anew = is_anew
        self._name: str | None = None
        self._writing: Writing | None = None
        self._is_own_compiler = store.state("compiler") == compiler_mark()
        folders.sweep(store.home, filter(None, (self._previous,)))
        if is_anew or self._previous is None:
            self._start()

    def needs_compiling(self, trial: Trial) -> bool:
        nct_id = held_id(trial)
        if digest_of(trial) in self._store.digests(nct_id):
            return False
        return self._criteria_held(trial) is None

    def take_in(self, trial: Trial, criteria: Criteria | None, today: str) -> Outcome:
        """criteria: None when they need no compiling, or stand in the library already."""
        nct_id, digest = held_id(trial), digest_of(trial)
        current = self._store.current(nct_id)
        held = self._store.digests(nct_id)
        if digest in held:
            return "unchanged"
        if current is not None and _says_less(trial, current):
            return "older"
        is_current = current is None or _date(dated(trial)) >= _date(current.dated)
        known = criteria or self._criteria_held(trial) or compile_criteria(trial)
        terms = terms_of(known)
        version = self._store.add(
            NewVersion(
                trial=trial,
                criteria=known,
                dated=dated(trial),
                loaded=today,
                digest=digest,
                terms=" ".join(terms),
                places=recruiting_places(trial),
            ),
            is_current=is_current,
        )
        if not is_current:
            return "older"
        if current is not None:
            self._start().take_out(current.id)
        self.put(version, trial, known, terms)
        return "new" if current is None else "changed"

    def put(self, version: int, trial: Trial, criteria: Criteria, terms: tuple[str, ...]) -> None:
        self._start().put(
            Description(
                version=version,
                trial=held_id(trial),
                texts=texts_of(trial, criteria),
                values=values_of(trial),
                named=tuple(dict.fromkeys(filter(None, map(key_of, named_conditions(trial))))),
                concepts=self._concepts.ids(trial),
                terms=terms,
            )
        )

    def finish(self) -> None:
        if self._store.state("compiler") is None:
            self._store.set_state("compiler", compiler_mark())
        if self._writing is None or self._name is None:
            return
        self._store.set_state("manifest", self._writing.finish())
        self._store.set_state("index", self._name)
        self._store.set_state("index_form", FORM)

    def undo(self) -> None:
        self._writing = None
        if self._name is not None:
            folders.drop(self._store.home, self._name)

    def sweep(self) -> None:
        if self._name is not None:
            folders.sweep(self._store.home, filter(None, (self._name, self._previous)))

    def _start(self) -> Writing:
        if self._writing is None:
            self._name = folders.make_next(self._store.home, self._previous, is_empty=self._is_anew)
            self._writing = Writing(folders.folder(self._store.home, self._name))
        return self._writing

    def _criteria_held(self, trial: Trial) -> Criteria | None:
        """The criteria of the version held, when its text is the same and the same compiler made them."""
        current = self._store.current(held_id(trial)) if self._is_own_compiler else None
        if current is None:
            return None
        return self._store.criteria(current.id) if _text(self._store.record(current.id)) == _text(trial) else None


def digest_of(trial: Trial) -> bytes:
    """Equal for two records that say the same; the registry's own day stamp does not count, for it changes daily."""
    record = trial.record
    derived = record.derived
    if derived is not None and derived.misc_info is not None:
        misc = msgspec.structs.replace(derived.misc_info, version_holder=None)
        trial = msgspec.structs.replace(
            trial, record=msgspec.structs.replace(record, derived=msgspec.structs.replace(derived, misc_info=misc))
        )
    return hashlib.blake2b(write_record(trial), digest_size=16).digest()


@cache
def compiler_mark() -> str:
    """Changes whenever the criteria compiler or the vocabulary does."""
    mark = hashlib.blake2b(digest_size=12)
    sources = [*Path(str(criteria_package.__file__)).parent.glob("*.py"), *DATA.glob("*.tsv")]
    for path in sorted(sources):
        mark.update(path.name.encode() + path.read_bytes())
    return mark.hexdigest()


def _text(trial: Trial) -> Text | None:
    text = trial.eligibility.eligibility_criteria
    return Text(trial.nct_id or "", text, trial.conditions) if text and text.strip() else None


def _is_named(trial: Trial) -> bool:
    return bool((trial.nct_id or "").strip() or (trial.title or "").strip())


def _says_less(trial: Trial, current: Version) -> bool:
    is_of_one_day = _date(dated(trial)) == _date(current.dated)
    return is_of_one_day and _RICHNESS[trial.source.form] < _RICHNESS.get(current.form, 0)


def _date(text: str | None) -> str:
    """For comparing; what is no date counts as none, and none is older than any."""
    try:
        return str(PartialDate.parse(text)) if text else ""
    except DateError:
        return ""
