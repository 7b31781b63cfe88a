"""What a trial's page shows and takes long to make, made before anybody asks and kept in the library: the drawn plan, the trials like it.

What is kept holds as long as the program that made it is the same, and the trials like it as long as the library is; what is not
there is made when it is asked for.
"""

import hashlib
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType

import msgspec

from trialwright import __version__, regimen
from trialwright.export import plans as drawn_plans
from trialwright.library import Library, LibraryError, View, comparing, describing, similarity
from trialwright.library.similarity import Similar, similar

from . import plans
from .plans import PlanView, plan_of, stated_start

FEW_SIMILAR = 3
_PLAN, _SIMILAR = "plan", "similar"
_OF_THE_DAY = b"-"
"""Kept of a plan that counts from the day it is asked for, which is another tomorrow."""

_AT_ONCE = 25
_LOOK_S = 20.0
_NICENESS = 19
_PLAN_VIEW = msgspec.json.Decoder(PlanView | None)
_SIMILAR_VIEW = msgspec.json.Decoder(tuple[Similar, ...])


class Known(msgspec.Struct, frozen=True):
    """What was kept; is_known: false when it has to be made now."""

    plan: PlanView | None = None
    is_known: bool = False


def kept_plan(view: View, version: int) -> Known:
    data = view.store.made(version, _PLAN, _plan_mark())
    return Known() if data is None or data == _OF_THE_DAY else Known(_PLAN_VIEW.decode(data), is_known=True)


def kept_similar(view: View, version: int) -> tuple[Similar, ...] | None:
    """The three trials most like it; None when they have to be found now."""
    data = view.store.made(version, _SIMILAR, _similar_mark(view))
    return None if data is None else _SIMILAR_VIEW.decode(data)


@contextmanager
def kept_ready(home: Path) -> Iterator[None]:
    """Meanwhile what the library lacks is made, and made again when it changes, in a process of its own that gives way to all others."""
    ends = threading.Event()
    thread = threading.Thread(target=_watch, args=(home, ends), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ends.set()
        thread.join(timeout=5)


def _watch(home: Path, ends: threading.Event) -> None:
    done: str | None = None
    while not ends.wait(1.0 if done is None else _LOOK_S):
        try:
            with Library(home).view() as view:
                state = view.store.state("index") or ""
        except LibraryError:
            continue  # whoever asks for a page is told
        if state == done:
            continue
        process = multiprocessing.get_context("spawn").Process(
            target=_make_gently, args=(home, os.getpid()), daemon=True
        )
        process.start()
        while process.is_alive() and not ends.is_set():
            process.join(timeout=0.5)
        process.terminate()
        done = state


def _make_gently(home: Path, parent: int) -> None:
    os.nice(_NICENESS)
    try:
        make_ready(home, lambda: os.getppid() != parent)
    except (LibraryError, KeyboardInterrupt):
        return  # a library that is being written to is looked at again when it has changed


def make_ready(home: Path, is_over: Callable[[], bool] = lambda: False) -> int:
    """Makes and keeps what is lacking, a few trials at a time; how many parts were made.

    raises  LibraryError; BusyError when another process goes on writing
    """
    library, number = Library(home), 0
    while not is_over():
        with library.view() as view:
            rows = list(_lacking(view)) if len(view) else []
        if not rows:
            break
        library.keep_made(rows)
        number += len(rows)
    return number


def _lacking(view: View) -> Iterator[tuple[int, str, str, bytes]]:
    for version in view.store.unmade(_PLAN, _plan_mark())[:_AT_ONCE]:
        trial = view.store.record(version)
        start = stated_start(trial)
        data = _OF_THE_DAY if start is None else msgspec.json.encode(plan_of(trial, start))
        yield version, _PLAN, _plan_mark(), data
    lacking = view.store.unmade(_SIMILAR, _similar_mark(view))[:_AT_ONCE]
    for version, identity in view.store.named(lacking).items():
        found = similar(view, identity, limit=FEW_SIMILAR)
        yield version, _SIMILAR, _similar_mark(view), msgspec.json.encode(found)


def _similar_mark(view: View) -> str:
    return f"{view.store.state('index')} {_mark_of(similarity, comparing, describing)}"


def _plan_mark() -> str:
    return _mark_of(regimen, drawn_plans, plans)


@cache
def _mark_of(*makers: ModuleType) -> str:
    """Changes with this version of the program, and whenever one of the modules does, or one within the packages, or their tables."""
    mark = hashlib.blake2b(__version__.encode(), digest_size=12)
    for maker in makers:
        place = Path(str(maker.__file__))
        is_package = place.name == "__init__.py"
        files = [*place.parent.glob("*.py"), *place.parent.glob("data/*.tsv")] if is_package else [place]
        for path in sorted(files):
            mark.update(path.name.encode() + path.read_bytes())
    return mark.hexdigest()
