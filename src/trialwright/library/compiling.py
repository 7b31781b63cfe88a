"""Trials in, trials with their compiled criteria out, in the same order: in this process when few, in several when many.

A worker process ends when the process that started it does, however that ended.
"""

import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import chain, islice
from typing import TypeVar

import msgspec

from trialwright.codes.vocabulary import default_vocabulary
from trialwright.criteria.compiler import compile_text
from trialwright.criteria.nodes import Criteria

_FEW = 300
_BATCH = 40
_AHEAD = 3
Item = TypeVar("Item")


class Text(msgspec.Struct, frozen=True):
    """An eligibility text, and what the compiler has to know of the trial that it is of."""

    trial: str
    text: str
    conditions: tuple[str, ...]


def compiled(
    items: Iterable[Item], text_of: Callable[[Item], Text | None], *, workers: int | None = None
) -> Iterator[tuple[Item, Criteria | None]]:
    """Every item with its criteria; None for those that need none.

    text_of  None when nothing is to be compiled
    workers  processes beside this one; None = as many as there are processors, and none for a few items
    """
    items = iter(items)
    first = list(islice(items, _FEW))
    number = (os.cpu_count() or 1) if workers is None else workers
    if number < 1 or (workers is None and (len(first) < _FEW or number < 2)):
        for item in chain(first, items):
            text = text_of(item)
            yield item, None if text is None else compile_all((text,))[0]
        return
    yield from _in_processes(chain(first, items), text_of, number)


def _in_processes(
    items: Iterator[Item], text_of: Callable[[Item], Text | None], number: int
) -> Iterator[tuple[Item, Criteria | None]]:
    # Not fork: the search engine's threads run in this process.
    context = multiprocessing.get_context("spawn")
    waiting: deque[tuple[list[tuple[Item, bool]], Future[tuple[Criteria, ...]]]] = deque()
    pool = ProcessPoolExecutor(number, mp_context=context, initializer=_end_with_parent)
    try:
        while True:
            batch = [(item, text_of(item)) for item in islice(items, _BATCH)]
            if batch:
                texts = tuple(text for _, text in batch if text is not None)
                waiting.append(([(item, text is not None) for item, text in batch], pool.submit(compile_all, texts)))
            if not waiting:
                return
            if len(waiting) > number * _AHEAD or not batch:
                yield from _paired(*waiting.popleft())
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _paired(
    batch: list[tuple[Item, bool]], made: "Future[tuple[Criteria, ...]]"
) -> Iterator[tuple[Item, Criteria | None]]:
    results = iter(made.result())
    for item, has_text in batch:
        yield item, next(results) if has_text else None


def compile_all(texts: tuple[Text, ...]) -> tuple[Criteria, ...]:
    vocabulary = default_vocabulary()
    return tuple(
        compile_text(one.text, trial=one.trial, conditions=one.conditions, vocabulary=vocabulary) for one in texts
    )


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_exit_after, args=(parent,), daemon=True).start()


def _exit_after(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)
