"""Every option and format of every command stands in docs/cli.md, under its command or among the shared ones."""

import re
from pathlib import Path

import click
import pytest

from trialwright.cli import COMMANDS, root

PAGE = (Path(__file__).resolve().parents[2] / "docs/cli.md").read_text(encoding="utf-8")


def section(name: str) -> str:
    found = re.search(rf"^## `trialwright {name}`\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, f"docs/cli.md has no section on {name}"
    return found[1]


def options(name: str) -> list[click.Option]:
    command = root.get_command(click.Context(root), name)
    assert command is not None
    return [option for option in command.params if isinstance(option, click.Option)]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_documented(name: str) -> None:
    words = section(name)
    assert [option.opts for option in options(name) if not any(opt in words for opt in option.opts)] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_format_is_documented(name: str) -> None:
    for form in [option for option in options(name) if "--format" in option.opts]:
        assert isinstance(form.type, click.Choice)
        assert f"`--format {'|'.join(form.type.choices)}`" in section(name)


def test_only_the_server_prints_nothing_that_has_a_format() -> None:
    assert [name for name in COMMANDS if not any("--format" in option.opts for option in options(name))] == ["serve"]


@pytest.mark.parametrize("name", COMMANDS)
def test_no_option_is_documented_that_does_not_exist(name: str) -> None:
    known = {opt for option in options(name) for opt in (*option.opts, *option.secondary_opts)}
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", section(name))) - known == set()


def test_options_of_the_whole_command_are_documented() -> None:
    head = PAGE[: PAGE.index("## What is read")]
    assert [param.opts for param in root.params if not any(opt in head for opt in param.opts)] == []
