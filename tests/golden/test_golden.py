"""The golden files are what the compiler makes of the real texts today, and hold none of their words."""

import difflib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from golden_trees import HOME, WORDS, fresh, hashed

FILES = sorted(path.name for path in HOME.glob("*.json"))
SHOWN = 120


@pytest.fixture(scope="module")
def current(shared: Path) -> dict[str, str]:
    return fresh(shared)


def test_every_record_has_its_file(current: dict[str, str]) -> None:
    assert len(current) == 9
    assert sorted(current) == FILES, "run 'make golden'"


@pytest.mark.parametrize("name", FILES)
def test_the_trees_are_as_they_were(name: str, current: dict[str, str]) -> None:
    kept = (HOME / name).read_text(encoding="utf-8")
    if kept != current[name]:
        pytest.fail(
            f"{name} compiles to other trees now; if that is meant, run 'make golden' and read the diff:\n{difference(kept, current[name])}"
        )


def difference(kept: str, now: str) -> str:
    """The changed lines, each group under the criterion that it belongs to."""
    before, after = kept.splitlines(), now.splitlines()
    lines, above = [], ""
    for line in difflib.ndiff(before, after):
        if '"id": "' in line and line.startswith("      ") and line.count('"') <= 4:
            above = line.strip()
        if line[:2] in ("- ", "+ "):
            lines += [f"  {above}"] * (f"  {above}" not in lines[-40:]) + [line]
    rest = len(lines) - SHOWN
    return "\n".join(lines[:SHOWN]) + (f"\n… and {rest} more lines" if rest > 0 else "")


def strings(part: Any) -> Iterator[str]:
    match part:
        case dict():
            for value in part.values():
                yield from strings(value)
        case list():
            for value in part:
                yield from strings(value)
        case str():
            yield part


@pytest.mark.parametrize("name", FILES)
def test_no_file_holds_registry_words(name: str) -> None:
    found = list(strings(json.loads((HOME / name).read_text(encoding="utf-8"))))
    assert found
    assert [words for words in found if len(words.split()) > WORDS] == []


def test_a_changed_atom_is_a_changed_line() -> None:
    kept = '{\n  "criteria": [\n    {\n      "id": "I1",\n      "node": {"is": "a"}\n    }\n  ]\n}'
    assert difference(kept, kept.replace('"a"', '"b"')).splitlines()[-2:] == [
        '-       "node": {"is": "a"}',
        '+       "node": {"is": "b"}',
    ]
    assert difference(kept, kept) == ""


def test_a_hash_looks_past_line_breaks() -> None:
    assert hashed("one  two\n three") == hashed("one two three")
    assert hashed("one two") != hashed("one three")
