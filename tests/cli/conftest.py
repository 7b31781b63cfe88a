"""The command line, called in this process; and a folder of small inputs, good and bad."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from trialwright.cli import root

Run = Callable[..., Result]

CHART = """
id: someone
sex: female
birth: 1970-01-01
drugs:
  - toripalimab from 2025-01-01 to 2025-06-01
labs:
  hemoglobin: 84 g/L on 2026-02-20 (115-150)
"""
RECORD = """{"protocolSection": {"identificationModule": {"nctId": "%s", "briefTitle": "A trial"},
 "eligibilityModule": {"eligibilityCriteria": "Inclusion Criteria:\\n\\n* Age ≥ 18 years\\n* Hemoglobin ≥ 90 g/L\\n* Signed consent"}}}"""


@pytest.fixture
def run() -> Run:
    """Runs `trialwright` with arguments; `input` is what stands on stdin."""

    def call(*args: object, input: str | bytes | None = None) -> Result:  # noqa: A002 - Click's word
        result = CliRunner().invoke(
            root, [str(arg) for arg in args], input=input, catch_exceptions=False, standalone_mode=False
        )
        if isinstance(result.return_value, int):
            result.exit_code = result.return_value
        return result

    return call


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """one.json, two.json: a record each · mixed.jsonl: a good one between two bad · chart.yaml · the rest: bad input."""
    files = {
        "one.json": RECORD % "NCT00000001",
        "two.json": RECORD % "NCT00000002",
        "mixed.jsonl": '{"colour": 1}\n'
        + (RECORD % "NCT00000003").replace("\n", "")
        + '\n{"protocolSection": {"ident\n',
        "chart.yaml": CHART,
        "empty.json": "",
        "truncated.json": (RECORD % "NCT00000004")[:80],
        "bad.yaml": "id: someone\nlbas:\n  hemoglobin: 84 g/L\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "noise.bin").write_bytes(bytes(range(256)) * 40)
    (tmp_path / "hollow").mkdir()
    return tmp_path
