"""Nothing that a tree can say is without an example on a spec page: nodes, their fields, and the words of each closed list."""

from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from typing import Any, get_args

import msgspec
import pytest
from spec_trees import unsaid
from test_spec import SENTENCES, read_as, tree

from trialwright.codes.concepts import Concept
from trialwright.codes.dates import Duration
from trialwright.criteria import nodes
from trialwright.criteria.nodes import (
    Compare,
    Dose,
    Event,
    Has,
    Interval,
    Node,
    Score,
    Severity,
    Stage,
    Times,
    Window,
    walk,
)

WITHOUT: dict[str, str] = {
    "Event.which": "no words are read as the first of several events",
    "Score.version": "the sentence of scales that asks for it is known wrong",
    "Severity.version": "the sentences of scales that ask for it are known wrong",
    "Stage.concept": "the disease stands beside the stage in an All; nothing sets it",
    "Stage.edition": "the sentence of stages that asks for it is known wrong",
} | {f"{kind.__name__}.step": "no words are read as a step yet" for kind in get_args(nodes.Atom)}
"""What has no example that the program gets right, each with the reason; the list is exact."""


@cache
def examples() -> tuple[Any, ...]:
    """Every struct of every tree that the pages ask for and get."""
    found: list[Any] = []
    for sentence in SENTENCES:
        if tree(sentence).is_wrong:
            continue
        for part in walk(read_as(sentence)[0].node):
            found += [part, *_inside(part)]
    return tuple(found)


def _inside(part: msgspec.Struct) -> Iterator[msgspec.Struct]:
    for field in msgspec.structs.fields(part):
        value = getattr(part, field.name)
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, Window | Severity | Dose | Times | Event | Concept | Duration):
                yield one
            elif isinstance(one, Has) and field.name == "unless":
                yield from (one, *_inside(one))


def used(kind: type, field: str) -> set[Any]:
    """The values of a field in the examples that are not its default."""
    (declared,) = [one for one in msgspec.structs.fields(kind) if one.name == field]
    values = {getattr(part, field) for part in examples() if isinstance(part, kind)}
    return values - {declared.default}


KINDS = (*get_args(Node), Window, Severity, Dose, Times, Event)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_node_has_an_example(kind: type) -> None:
    assert any(type(part) is kind for part in examples())


def test_every_field_has_an_example() -> None:
    fields = {f"{kind.__name__}.{field.name}" for kind in KINDS for field in msgspec.structs.fields(kind)}
    empty = {name for kind in KINDS for name in _unused(kind)}
    assert empty == set(WITHOUT)
    assert set(WITHOUT) <= fields


def _unused(kind: type) -> Iterator[str]:
    for field in msgspec.structs.fields(kind):
        if field.name != "span" and not used(kind, field.name):
            yield f"{kind.__name__}.{field.name}"


def literals() -> dict[str, tuple[tuple[str, ...], set[str]]]:
    """Each closed list of words: all of them, and those that the examples use."""
    statuses = {status for part in examples() if isinstance(part, Has) for status in part.status}
    return {
        "status": (get_args(nodes.Status), statuses),
        "anchor": (get_args(nodes.Anchor), used(Window, "anchor")),
        "attest": (get_args(nodes.AttestKind), used(nodes.Attest, "kind")),
        "side": (("after", "during"), used(Window, "side")),
        "relative": (get_args(nodes.Relative), used(Compare, "relative_to")),
    }


@pytest.mark.parametrize("name", ["status", "anchor", "attest", "side", "relative"])
def test_every_word_has_an_example(name: str) -> None:
    words, found = literals()[name]
    assert set(words) - found == set()


def test_the_notation_hides_nothing() -> None:
    """Two trees that differ, apart from their spans, are written differently."""
    concept = Concept("x", "drug", id="x")
    plain = Has(concept=concept)
    changes: dict[str, Any] = {
        "status": ("active",),
        "severity": Severity(op=">=", grade=Decimal(2)),
        "site": concept,
        "when": Window(at_most=Duration(Decimal(2), "day")),
        "times": Times(op=">=", count=2),
        "qualifiers": ("q",),
        "evidence": (concept,),
        "reason": concept,
        "cause": concept,
        "unless": (plain,),
        "step": "entry",
    }
    written = {
        _written(plain),
        *(_written(msgspec.structs.replace(plain, **{key: value})) for key, value in changes.items()),
    }
    assert len(written) == len(changes) + 1


def _written(node: Node) -> tuple[str, ...]:
    from notation import line

    return (line(node), *unsaid(node))


def test_no_field_is_without_a_place_in_the_notation() -> None:
    """A field that is new has to find its place in `notation.py` or `spec_trees.py`, and then here."""
    known = {
        "Has": {
            "concept",
            "status",
            "severity",
            "site",
            "when",
            "times",
            "dose",
            "qualifiers",
            "evidence",
            "reason",
            "cause",
            "unless",
        },
        "Compare": {"measure", "op", "quantity", "relative_to", "when", "statistic", "qualifiers"},
        "Score": {"scale", "op", "value", "version", "when"},
        "Stage": {"system", "allowed", "prefix", "edition", "concept"},
        "Interval": {"start", "end", "op", "duration"},
    }
    for kind in (Has, Compare, Score, Stage, Interval):
        fields = {field.name for field in msgspec.structs.fields(kind)} - {"span", "step"}
        assert fields == known[kind.__name__]
