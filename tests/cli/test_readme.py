"""What README shows as output is what the commands print: every line of it, in its order."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMMAND = Path(sys.executable).with_name("trialwright")
README = (ROOT / "README.md").read_text(encoding="utf-8")
SCREEN = (
    "screen", "src/trialwright/samples/patients/patient-b.yaml", "--trial", "SAMPLE-001", "--as-of", "2026-03-02",
    "--complete", "conditions,procedures,drugs,allergies,vaccines",
)  # fmt: skip

pytestmark = pytest.mark.e2e


def blocks() -> list[list[str]]:
    """The indented blocks of README, each as its lines without the indentation and without blank ones."""
    found = re.findall(r"(?:^    .*\n|^\n(?=    ))+", README, re.MULTILINE)
    return [[line[4:] for line in block.splitlines() if line.strip()] for block in found]


def printed(*arguments: str) -> list[str]:
    done = subprocess.run([COMMAND, *arguments], capture_output=True, text=True, check=True, cwd=ROOT)
    return [line for line in done.stdout.splitlines() if line.strip()]


def assert_in_order(shown: list[str], real: list[str]) -> None:
    place = 0
    for line in shown:
        if line == "[…]":
            continue
        assert line in real[place:], f"not printed any more: {line}"
        place = real.index(line, place) + 1


def test_the_demo_prints_what_readme_shows() -> None:
    (shown,) = [block for block in blocks() if block[0].startswith("Patient SAMPLE-A")]
    assert len(shown) > 3
    assert_in_order(shown, printed("demo", "--quiet"))


def test_the_screening_prints_what_readme_shows() -> None:
    (shown,) = [block for block in blocks() if block[0].startswith("$ trialwright screen")]
    called = " ".join(shown[0].split()[2:-1] + shown[1].split())
    assert called == " ".join(SCREEN)
    assert len(shown) > 20
    assert_in_order(shown[2:], printed(*SCREEN, "--quiet"))
