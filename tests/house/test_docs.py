"""Nothing exists undocumented: diagnostics and commands are compared with the pages that explain them, both ways."""

import ast
import csv
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src/trialwright"
TABLE = next((SOURCE / "codes").rglob("diagnostics.tsv"), SOURCE / "codes/diagnostics.tsv")
PARAGRAPH = re.compile(r"^### `([^`\n]+)`\n+(?!#)(\S.*)", re.MULTILINE)
CODE_TEXT = re.compile(r"^(?: {4}|\$ )([^\n]+)$|`([^`\n]+)`|^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)


def listed(table: Path) -> list[dict[str, str]]:
    if not table.exists():
        pytest.skip("there is no table of diagnostics yet")
    with table.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader((line for line in lines if not line.startswith("#")), delimiter="\t"))


def explained(page: str) -> list[str]:
    """The codes that have a heading and words under it."""
    return [code for code, _ in PARAGRAPH.findall(page)]


def raised(tree: ast.AST) -> Iterator[str]:
    """Codes given to `Diagnostic(…)` as they stand, first or as `code=`."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="Diagnostic") | ast.Attribute(attr="Diagnostic"), args=args, keywords=named):
                given = [*args[:1], *(keyword.value for keyword in named if keyword.arg == "code")]
                values = [code.value for code in given if isinstance(code, ast.Constant)]
                yield from (value for value in values if isinstance(value, str))
            case _:
                pass


def test_every_diagnostic_has_its_paragraph_and_every_paragraph_its_diagnostic() -> None:
    codes = [row["code"] for row in listed(TABLE)]
    assert codes
    assert len(codes) == len(set(codes))
    assert sorted(explained((ROOT / "docs/diagnostics.md").read_text(encoding="utf-8"))) == sorted(codes)


def test_every_diagnostic_in_the_table_is_well_formed() -> None:
    for row in listed(TABLE):
        assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", row["code"]), row
        assert row["severity"] in ("note", "warning", "error"), row
        assert row["title"].strip(), row


def test_every_diagnostic_in_the_source_is_in_the_table() -> None:
    codes = {row["code"] for row in listed(TABLE)}
    used = {(path.name, code) for path in SOURCE.rglob("*.py") for code in raised(ast.parse(path.read_bytes()))}
    assert {place for place in used if place[1] not in codes} == set()


def test_every_diagnostic_in_the_table_is_used() -> None:
    codes = {row["code"] for row in listed(TABLE)}
    words = "\n".join(path.read_text(encoding="utf-8") for path in source_texts())
    assert {code for code in codes if not re.search(rf"(?<![\w-]){code}(?![\w-])", words)} == set()


def source_texts() -> list[Path]:
    return [path for path in SOURCE.rglob("*") if path.suffix in (".py", ".tsv") and path != TABLE]


def commands(group: click.Group, path: str) -> Iterator[str]:
    """Asked through Click, since a group may import its commands when they are called for."""
    context = click.Context(group)
    for name in sorted(group.list_commands(context)):
        command = group.get_command(context, name)
        assert command is not None, name
        if not command.hidden:
            yield f"{path} {name}"
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")


def shown(page: str) -> str:
    """What a page sets as code: indented, fenced or in backticks."""
    return "\n".join("".join(found) for found in CODE_TEXT.findall(page))


@pytest.fixture(scope="module")
def known() -> list[str]:
    if not (SOURCE / "cli/__init__.py").exists():
        pytest.skip("there is no command line yet")
    from trialwright import cli

    (root,) = [value for value in vars(cli).values() if isinstance(value, click.Group)]
    return list(commands(root, "trialwright"))


@pytest.fixture(scope="module")
def pages() -> str:
    """The code in README and in every page under docs, but the decisions: they speak of what was."""
    paths = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    now = [path for path in paths if path.exists() and path.name != "decisions.md"]
    return shown("\n\n".join(path.read_text(encoding="utf-8") for path in now))


def test_every_command_is_documented(known: list[str], pages: str) -> None:
    assert known
    assert [name for name in known if not re.search(rf"{name}\b", pages)] == []


def test_every_documented_command_exists(known: list[str], pages: str) -> None:
    named = set(re.findall(r"\btrialwright [a-z][a-z-]+(?![\w./])", pages))
    assert sorted(named - set(known)) == []


PAGE = """# Codes

### `one-thing`

Words.

### `no-words`

### `two`
Words. Run `trialwright read X`:

    $ trialwright check
"""


def test_a_heading_without_words_explains_nothing() -> None:
    assert explained(PAGE) == ["one-thing", "two"]


def test_only_code_counts_as_documentation_of_a_command() -> None:
    text = shown(PAGE + "trialwright plan\n```sh\ntrialwright screen\n```\n")
    assert re.findall(r"trialwright (\w+)", text) == ["read", "check", "screen"]


def test_codes_in_calls_are_found() -> None:
    tree = ast.parse("Diagnostic('a', 'words'); places.Diagnostic(message='x', code='b'); Diagnostic(code); Other('c')")
    assert sorted(raised(tree)) == ["a", "b"]


def test_commands_within_commands_are_found_and_hidden_ones_are_not() -> None:
    inner = click.Group("inner", commands=[click.Command("leaf"), click.Command("secret", hidden=True)])
    assert list(commands(click.Group("x", commands=[inner]), "x")) == ["x inner", "x inner leaf"]
