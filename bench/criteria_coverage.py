"""How many real criteria are read whole, in part, not at all; how fast, and whether time and memory grow with the text alone.

Speed is processor time of one core, so that neighbours on the machine do not count. Every run starts a fresh process: the
compiler keeps read wordings, and a second pass over the same text would measure that memory.
"""

import multiprocessing
import resource
import time
from collections import Counter
from typing import NamedTuple

from criteria_corpora import Figure, Record, drawn, eligibility_texts, registry_records, share
from trialwright.criteria.compiler import compile_text
from trialwright.criteria.nodes import Unread, walk

_SETS = {"records": registry_records, "texts": eligibility_texts}


class Pass(NamedTuple):
    """One pass over a set of trials. unread: characters in Unread nodes, of all characters of the criteria."""

    readings: Counter[str]
    seconds: float
    megabytes: float
    raised: tuple[str, ...]
    without: int
    unread: tuple[int, int]


def measure(sample: int | None) -> list[Figure]:
    figures = []
    for name in _SETS:
        one = _apart(name, sample, 1)
        print(f"\n# coverage: {name}")
        own = _figures(name, one)
        figures += own
        for figure in own:
            print("  " + str(figure))
        for failure in one.raised[:5]:
            print("   raised:", failure)
    return figures + _growth(sample)


def _figures(name: str, one: Pass) -> list[Figure]:
    total = one.readings.total()
    measure_name = f"coverage-{name}"
    found = [share(measure_name, f"read {word}", one.readings[word], total) for word in ("whole", "part", "none")]
    return [
        *found,
        share(measure_name, "characters unread", *one.unread),
        Figure(measure_name, "criteria per second per core", total / one.seconds),
        Figure(measure_name, "peak MB", one.megabytes),
        Figure(measure_name, "trials that raised", len(one.raised)),
        Figure(measure_name, "trials without any criterion", one.without),
    ]


def _growth(sample: int | None) -> list[Figure]:
    """Seconds and memory for a part, twice and four times it: 2 and 4 are linear growth."""
    print("\n# growth over 1x, 2x, 4x of the texts")
    whole = sample or len(eligibility_texts())
    passes = [_apart("texts", whole // part, 1) for part in (4, 2, 1)]
    figures = []
    for factor, one in zip((1, 2, 4), passes, strict=True):
        per = 1e6 * one.seconds / max(1, one.readings.total())
        figures.append(Figure("growth", f"{factor}x: microseconds per criterion", per))
        figures.append(Figure("growth", f"{factor}x: peak MB", one.megabytes))
    for figure in figures:
        print("  " + str(figure))
    return figures


def _apart(name: str, sample: int | None, times: int) -> Pass:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_run, (name, sample, times))


def _run(name: str, sample: int | None, times: int) -> Pass:
    records: list[Record] = drawn(_SETS[name](), sample)
    readings: Counter[str] = Counter()
    raised: list[str] = []
    without = unread = characters = 0
    compile_text("* Age 18 years or older")  # the vocabulary is loaded once, and not part of the speed
    before = time.process_time()
    spent = 0.0
    for record in records * times:
        before = time.process_time()
        try:
            criteria = compile_text(record.text, trial=record.trial).criteria
        except Exception as error:  # noqa: BLE001 - registry text must never raise; when it does the benchmark counts it
            raised.append(f"{record.trial}: {type(error).__name__} {error}")
            continue
        finally:
            spent += time.process_time() - before
        without += not criteria
        for criterion in criteria:
            readings[criterion.reading] += 1
            characters += len(criterion.text)
            unread += sum(len(part.text) for part in walk(criterion.node) if isinstance(part, Unread))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Pass(readings, spent, peak, tuple(raised), without, (unread, characters))
