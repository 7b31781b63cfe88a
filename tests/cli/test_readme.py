"""What README and the pages under docs show as output is what the commands print; README's figures and its Python are true."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from trialwright import samples

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
NUMBERS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
PRINTED = "Heading\none\ntwo\n\nMiddle\n  \nLast: words\nmore\n"

pytestmark = pytest.mark.e2e


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("transcripts", ROOT / "docs/transcripts.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


transcripts = _load()


@pytest.mark.parametrize("path", transcripts.pages(), ids=lambda path: path.name)
def test_a_page_shows_what_the_commands_print(path: Path) -> None:
    page = path.read_text(encoding="utf-8")
    anew = transcripts.renewed(page)
    changed = [line for line in anew.splitlines() if line not in page.splitlines()]
    assert page == anew, "printed otherwise today, `make readme` renews the page:\n" + "\n".join(changed)


def test_readme_and_the_page_on_commands_hold_transcripts() -> None:
    assert {"README.md", "cli.md"} <= {path.name for path in transcripts.pages()}
    assert README.count("<!-- transcript\n") == README.count("<!-- end of transcript -->") == 2
    outside = re.sub(r"<!-- transcript\n.*?<!-- end of transcript -->", "", README, flags=re.DOTALL)
    assert "Coverage:" not in outside, "output that nothing renews"


@pytest.mark.parametrize(
    ("wanted", "lines"),
    [
        ([], ["Heading", "one", "two", "", "Middle", "", "Last: words", "more"]),
        (["show Middle"], ["[…]", "", "Middle", "", "[…]"]),
        (["show Heading", "show Last"], ["Heading", "one", "two", "", "[…]", "", "Last: words", "more"]),
        (["show 2 lines of Heading"], ["Heading", "one", "", "[…]"]),
        (["show 9 lines of Last"], ["[…]", "", "Last: words", "more"]),
    ],
)
def test_an_excerpt_says_where_something_is_left_out(wanted: list[str], lines: list[str]) -> None:
    assert transcripts.excerpt(PRINTED, wanted) == lines


@pytest.mark.parametrize("wanted", ["show Nothing of it", "Middle", "show one"])
def test_an_excerpt_of_what_is_not_printed_is_an_error(wanted: str) -> None:
    with pytest.raises(transcripts.TranscriptError):
        transcripts.excerpt(PRINTED, [wanted])


@pytest.mark.parametrize("command", ["$ trialwright read nowhere.json", "trialwright --version"])
def test_a_transcript_that_cannot_be_made_is_an_error(command: str) -> None:
    with pytest.raises(transcripts.TranscriptError):
        transcripts.renewed(f"<!-- transcript\n{command}\n-->\n<!-- end of transcript -->\n")


def test_a_transcript_is_put_between_its_remarks() -> None:
    page = "Words.\n<!-- transcript\n$ trialwright \\\n   --version\n-->\nold\n<!-- end of transcript -->\nMore.\n"
    anew = transcripts.renewed(page)
    shown = "\n    $ trialwright \\\n       --version\n    trialwright "
    assert anew.startswith("Words.\n<!-- transcript\n$ trialwright \\\n   --version\n-->\n" + shown)
    assert anew.endswith("\n\n<!-- end of transcript -->\nMore.\n")
    assert "old" not in anew


def test_the_figures_in_readme_are_those_of_the_samples() -> None:
    found = re.search(r"screens (\w+) invented patients for (\w+) sample trials", README)
    assert found
    assert found.groups() == (NUMBERS[len(samples.patient_paths())], NUMBERS[len(samples.trial_paths())])
    (oldest,) = re.findall(r'requires-python = ">=([\d.]+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert f"Python {oldest} or newer" in README


def test_the_python_in_readme_runs(tmp_path: Path) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    (tmp_path / "record.json").write_bytes(samples.trial_paths()[1].read_bytes())
    (tmp_path / "chart.yaml").write_bytes(samples.patient_paths()[1].read_bytes())
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert re.fullmatch(
        r"(likely eligible|possibly, .+|not eligible, \d+ failed|cannot assess|trial closed)\n", done.stdout
    )


def test_the_targets_of_make_that_readme_names_exist() -> None:
    rules = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    named = re.findall(r"^    make ([a-z-]+)", README, re.MULTILINE)
    assert named
    assert set(named) <= set(rules)
