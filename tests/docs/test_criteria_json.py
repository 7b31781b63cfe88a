"""The criteria JSON: real documents keep to the published schema and come back equal, and the page names all there is."""

import json
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from generated import DOCS
from jsonschema import Draft202012Validator

from trialwright.criteria import nodes
from trialwright.criteria.codec import FormatError, from_json, to_json
from trialwright.criteria.compiler import compile_criteria, compile_text
from trialwright.criteria.nodes import Criteria, walk
from trialwright.registries import read_trial

PAGE = DOCS / "criteria-json.md"
EVERY = 6
"""Of the 1,850 shared records every sixth is taken: 300 and a few."""


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    schema = json.loads((DOCS / "criteria.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def faults(validator: Draft202012Validator, criteria: Criteria) -> list[str]:
    document = to_json(criteria)
    found = [
        f"{criteria.trial} {error.json_path}: {error.message[:200]}"
        for error in validator.iter_errors(json.loads(document))
    ]
    if from_json(document) != criteria:
        found.append(f"{criteria.trial}: does not come back equal")
    return found


def test_the_seeds_keep_to_the_schema(shared: Path, validator: Draft202012Validator) -> None:
    compiled = [compile_criteria(read_trial(path)) for path in sorted((shared / "seeds").glob("*.txt"))]
    assert len(compiled) == 5
    assert sum(len(criteria.criteria) for criteria in compiled) > 60
    assert [fault for criteria in compiled for fault in faults(validator, criteria)] == []


@pytest.mark.slow
def test_three_hundred_records_keep_to_the_schema(records: Any, validator: Draft202012Validator) -> None:
    compiled = [compile_criteria(read_trial(line)) for line in islice(records, 0, None, EVERY)]
    assert len(compiled) > 300
    used = {type(node).__name__ for criteria in compiled for one in criteria.criteria for node in walk(one.node)}
    assert used >= {"All", "Any", "Not", "If", "Has", "Compare", "Score", "Stage", "Person", "Attest", "Unread"}
    assert [fault for criteria in compiled for fault in faults(validator, criteria)] == []


def example() -> str:
    return re.findall(r"```json\n(.*?)\n```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[0]


def test_the_example_of_the_page_is_a_document(validator: Draft202012Validator) -> None:
    assert list(validator.iter_errors(json.loads(example()))) == []
    criteria = from_json(example())
    (one,) = criteria.criteria
    for node in walk(one.node):
        assert node.span is not None
        assert node.span.end <= len(one.text)


TEXT = "Inclusion Criteria:\n\n1. Any gender\n2. ALT at most 2.5 times the ULN and no chemotherapy in the last 3 weeks"


def test_the_example_of_the_page_is_what_the_program_writes() -> None:
    written = json.loads(to_json(compile_text(TEXT, trial="NCT00000000")))
    shown = json.loads(example())
    assert without_codes(written["criteria"][1]) == without_codes(shown["criteria"][0])


def test_the_codes_are_written() -> None:
    written = json.loads(to_json(compile_text(TEXT)))
    assert written["criteria"][1]["node"]["parts"][0]["measure"]["codes"]["loinc"] == ["1742-6", "1743-4", "1744-2"]


def without_codes(part: Any) -> Any:
    match part:
        case dict():
            return {key: without_codes(value) for key, value in part.items() if key != "codes"}
        case list():
            return [without_codes(value) for value in part]
        case _:
            return part


SPOILT: dict[str, tuple[tuple[str | int, ...], Any]] = {
    "another schema": (("schema",), "trialwright.criteria/2"),
    "no such node": (("criteria", 0, "node", "is"), "maybe"),
    "no such comparator": (("criteria", 0, "node", "parts", 0, "op"), "≥"),
    "no such kind": (("criteria", 0, "kind"), "both"),
    "a number in words": (("criteria", 0, "node", "parts", 0, "quantity", "value"), "two"),
    "a span of one": (("criteria", 0, "span"), [4]),
    "no list": (("criteria", 0, "node", "parts"), "ALT"),
}


@pytest.mark.parametrize(("path", "value"), SPOILT.values(), ids=SPOILT.keys())
def test_a_spoilt_document_is_refused(validator: Draft202012Validator, path: tuple[str | int, ...], value: Any) -> None:
    document = json.loads(example())
    part = document
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = value
    assert list(validator.iter_errors(document)), "the schema lets it pass"
    with pytest.raises(FormatError):
        from_json(json.dumps(document))


def structs() -> Iterator[type[msgspec.Struct]]:
    yield from get_args(nodes.Node)
    yield from (nodes.Criterion, nodes.Window, nodes.Severity, nodes.Dose, nodes.Times, nodes.Event)


def test_the_page_names_every_node_and_every_key() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for kind in structs():
        tag = kind.__struct_config__.tag
        assert tag is None or f"| `{tag}` |" in page, tag
        row = next((line for line in page.splitlines() if tag and line.startswith(f"| `{tag}` |")), page)
        keys = {field.encode_name for field in msgspec.structs.fields(kind)} - {"span"}
        assert {key for key in keys if f"`{key}`" not in row} == set(), kind.__name__


def test_the_page_names_no_key_that_is_not_there() -> None:
    rows = [
        line for line in PAGE.read_text(encoding="utf-8").splitlines() if re.match(r"\| `(?!is`)\w+` \|.*\|.*\|$", line)
    ]
    tags = {str(kind.__struct_config__.tag): kind for kind in get_args(nodes.Node)}
    assert {row.split("`")[1] for row in rows} == set(tags)
    for row in rows:
        keys = set(re.findall(r"`(\w+)`", row.rpartition(" | ")[2]))
        assert keys == {field.encode_name for field in msgspec.structs.fields(tags[row.split("`")[1]])} - {"span"}
