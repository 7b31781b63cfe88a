"""Ids in, trials with their criteria out: from the local library, or from the built-in samples where it does not hold them."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import msgspec
from starlette.requests import Request

from trialwright import samples
from trialwright.criteria.nodes import Criteria
from trialwright.library import Library, View
from trialwright.library.store import Version
from trialwright.trial import Trial


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A trial as a page shows it.

    version  the version that the library holds; None for a sample and for a record that was only read
    is_kept  it has an address of its own: the library or the samples hold it
    """

    trial: Trial
    criteria: Criteria
    version: Version | None = None
    is_kept: bool = True

    @property
    def id(self) -> str:
        return self.trial.nct_id or ""

    @property
    def address(self) -> str:
        return f"/trial/{self.id}" if self.is_kept else ""


def library_of(request: Request) -> Library | None:
    """The library that is open; None where there is none yet."""
    found: Library | None = getattr(request.app.state, "library", None)
    return found


@contextmanager
def view_of(request: Request) -> Iterator[View | None]:
    """One moment of the library; None where there is none yet."""
    library = library_of(request)
    if library is None:
        yield None
        return
    with library.view() as view:
        yield view


def held(view: View | None, identity: str) -> Held | None:
    """The trial of that id, in any case; None when neither the library nor the samples hold it."""
    name = identity.strip().upper()
    if view is not None and view.holds(name):
        return Held(trial=view.trial(name), criteria=view.criteria(name), version=view.version(name))
    return _sample(name)


def sample_trials() -> tuple[Held, ...]:
    """The built-in samples."""
    found = (_sample(path.stem.upper()) for path in samples.trial_paths())
    return tuple(one for one in found if one is not None)


def compiled(trial: Trial) -> Held:
    """A record that was only read: its criteria are compiled now, and nothing is kept."""
    from trialwright.codes.vocabulary import default_vocabulary
    from trialwright.criteria.compiler import compile_criteria

    return Held(trial=trial, criteria=compile_criteria(trial, default_vocabulary()), is_kept=False)


@cache
def _sample(name: str) -> Held | None:
    from trialwright.registries import read_trial

    path = samples.trial_path(name)
    if path is None:
        return None
    return msgspec.structs.replace(compiled(read_trial(path)), is_kept=True)
