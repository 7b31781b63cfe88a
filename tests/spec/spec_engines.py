"""The engines that the spec pages run on, and the gaps of each by name.

An engine takes criteria with patients, each pair on its own day and with its own complete lists, and answers in the same order; None where
it names a gap.
"""

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import msgspec
from spark_sessions import small_session
from spec_pages import Screened

import trialwright.engines
from trialwright.codes.vocabulary import default_vocabulary
from trialwright.criteria.logic import Verdict
from trialwright.criteria.nodes import Criteria, Criterion
from trialwright.engines.memory import Chart, evaluate_criterion

Case = tuple[Criterion, Screened]
Engine = Callable[[Sequence[Case]], "list[Verdict | None]"]

CRITERIA = 25
"""How many one query judges."""
BACKENDS = ("memory", "duckdb", "postgres", "spark")
"""The modules of `engines` that judge by themselves."""


def memory(cases: Sequence[Case]) -> "list[Verdict | None]":
    found: list[Verdict | None] = []
    for criterion, row in cases:
        chart = Chart(row.patient, index_date=row.index_date, complete=row.complete, vocabulary=default_vocabulary())
        found.append(evaluate_criterion(criterion, chart).verdict)
    return found


def duckdb(cases: Sequence[Case]) -> "list[Verdict | None]":
    from trialwright.engines import duckdb as engine

    def asked(folder: Path, criteria: Criteria, terms: Screened) -> Iterable[dict[str, Verdict]]:
        return engine.evaluate(
            folder,
            criteria,
            index_date=terms.index_date,
            complete=terms.complete,
            vocabulary=default_vocabulary(),
        ).to_pylist()

    return _by_query(cases, asked)


def spark(cases: Sequence[Case]) -> "list[Verdict | None]":
    """Needs Java."""
    from trialwright.engines import spark as engine

    with small_session() as session:

        def asked(folder: Path, criteria: Criteria, terms: Screened) -> Iterable[dict[str, Verdict]]:
            with engine.judged(
                session,
                folder,
                criteria,
                index_date=terms.index_date,
                complete=terms.complete,
                vocabulary=default_vocabulary(),
            ) as frame:
                return [row.asDict() for row in frame.collect()]

        return _by_query(cases, asked)


Asked = Callable[[Path, Criteria, Screened], "Iterable[dict[str, Verdict]]"]


def _by_query(cases: Sequence[Case], asked: Asked) -> "list[Verdict | None]":
    """A query for the cases of some criteria, one day and one set of complete lists: planning grows faster than a query does."""
    from trialwright.engines.sql import gaps
    from trialwright.engines.tables import write_tables

    found: list[Verdict | None] = [None] * len(cases)
    for places in _together(cases):
        names = {one: f"C{place}" for place, one in zip(places, (cases[place][0] for place in places), strict=True)}
        criteria = Criteria(
            trial="", criteria=tuple(msgspec.structs.replace(one, id=name) for one, name in names.items())
        )
        left_out = {gap.criterion for gap in gaps(criteria)}
        patients = [msgspec.structs.replace(cases[place][1].patient, id=f"P{place}") for place in places]
        with tempfile.TemporaryDirectory() as folder:
            write_tables(patients, Path(folder), vocabulary=default_vocabulary())
            rows = {row["patient"]: row for row in asked(Path(folder), criteria, cases[places[0]][1])}
        for place in places:
            name = names[cases[place][0]]
            found[place] = None if name in left_out else rows[f"P{place}"][name]
    return found


def _together(cases: Sequence[Case]) -> Iterator[list[int]]:
    """The places of the cases of one query."""
    groups: dict[tuple[object, object], dict[Criterion, list[int]]] = {}
    for place, (criterion, row) in enumerate(cases):
        groups.setdefault((row.index_date, row.complete), {}).setdefault(criterion, []).append(place)
    for group in groups.values():
        rest = iter(group.values())
        while some := list(islice(rest, CRITERIA)):
            yield [place for places in some for place in places]


ENGINES: dict[str, Engine] = {"memory": memory, "duckdb": duckdb, "spark": spark}
"""By the name of the engine's module; an engine that has a module and does not stand here fails the tests."""

BESIDE = tuple(os.environ.get("SPEC_ENGINES", "duckdb").split(","))
"""The engines beside the reference that run all pages. Spark takes minutes: unless it is asked for, it runs a sentence of each page."""


def written() -> set[str]:
    """The engines that have a module."""
    home = Path(trialwright.engines.__file__ or "").parent
    return {path.stem for path in home.glob("*.py")} & set(BACKENDS)
