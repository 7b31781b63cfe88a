"""Every column of the lexicons is documented, and every category of phrases is known, used and explained."""

import re
from pathlib import Path

import pytest
from generated import DOCS

from trialwright.criteria.lexer import CATEGORIES

SOURCE = DOCS.parent / "src/trialwright"
FOLDERS = ("codes", "criteria", "engines")
PAGE = (DOCS / "tables.md").read_text(encoding="utf-8")
TABLES = [path for folder in FOLDERS for path in sorted((SOURCE / folder / "data").glob("*.tsv"))]

UNUSED = {
    "willed": "no reader asks for it; the words must, required, mandatory and necessary stand in other categories or in patterns"
}
"""Categories that no code asks for, each with what is known of it; the list is exact."""


def header(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return next(line for line in lines if line.strip() and not line.startswith("#")).split("\t")


def documented(page: str) -> dict[str, set[str]]:
    """Folder and file -> the columns that the page explains."""
    found: dict[str, set[str]] = {}
    for part in re.split(r"^## ", page, flags=re.MULTILINE)[1:]:
        folder = re.findall(r"`(\w+)/data`", part.partition("\n")[0])[0]
        for section in re.split(r"^### ", part, flags=re.MULTILINE)[1:]:
            head, _, body = section.partition("\n")
            table = re.split(r"^\| category ", body, flags=re.MULTILINE)[0]
            cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
            for name in re.findall(r"`([\w.]+\.tsv)`", head):
                found[f"{folder}/{name}"] = {column for cell in cells for column in re.findall(r"`(\w+)`", cell)}
    return found


def test_every_table_has_its_place_on_the_page_and_every_place_its_table() -> None:
    assert len(TABLES) > 15
    assert sorted(documented(PAGE)) == sorted(f"{path.parents[1].name}/{path.name}" for path in TABLES)


@pytest.mark.parametrize("path", TABLES, ids=lambda path: f"{path.parents[1].name}/{path.name}")
def test_every_column_is_documented(path: Path) -> None:
    assert documented(PAGE)[f"{path.parents[1].name}/{path.name}"] == set(header(path))


def categories() -> set[str]:
    lines = (SOURCE / "criteria/data/phrases.tsv").read_text(encoding="utf-8").splitlines()[1:]
    return {line.split("\t")[1] for line in lines}


def code() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted((SOURCE / "criteria").glob("*.py")))


def test_every_category_of_phrases_is_used() -> None:
    text = code()
    assert len(categories()) > 40
    assert {name for name in categories() if f'"{name}"' not in text} == set(UNUSED)


def test_no_category_is_asked_for_that_has_no_phrase() -> None:
    asked = set(re.findall(r'(?:phrases\.at|first_words|_at|_phrase)\(\s*"(\w+)"', code())) | set(CATEGORIES)
    assert asked - categories() == set()


def test_every_category_is_explained() -> None:
    table = PAGE.partition("| category |")[2].partition("\n### ")[0]
    explained = [
        name
        for line in table.splitlines()
        if line.startswith("| `")
        for name in re.findall(r"`(\w+)`", line.split("|")[1])
    ]
    assert sorted(explained) == sorted(categories())


def test_every_set_of_words_is_used_and_named() -> None:
    lines = (SOURCE / "criteria/data/words.tsv").read_text(encoding="utf-8").splitlines()[1:]
    sets = {line.split("\t")[1] for line in lines}
    row = next(line for line in PAGE.splitlines() if line.startswith("| `set` |"))
    assert set(re.findall(r"`(\w+)`", row)) - {"set"} == sets
    assert {name for name in sets if f'word_set("{name}")' not in code()} == set()


def test_a_page_without_a_column_is_found_out() -> None:
    page = "## A: `codes/data`\n\n### `x.tsv`, `y.tsv`\n\n| column | holds |\n| --- | --- |\n| `id`, `name` | it |\n"
    assert documented(page) == {"codes/x.tsv": {"id", "name"}, "codes/y.tsv": {"id", "name"}}
