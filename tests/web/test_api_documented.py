"""docs/api.md names every address, parameter and kind of problem that there is, and none that there is not."""

import re
from pathlib import Path
from typing import Any

from trialwright.web.api import shaping, studies
from trialwright.web.api.pieces import area_of_parameter
from trialwright.web.openapi import described

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/api.md").read_text(encoding="utf-8")
SOURCE = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "src/trialwright/web").rglob("*.py")))


def test_every_address_is_documented_and_every_documented_one_exists() -> None:
    told = {tuple(found) for found in re.findall(r"^\| `(GET|POST) (/api/[^`?]*)", PAGE, re.MULTILINE)}
    assert told == {(method.upper(), path) for path, item in described()["paths"].items() for method in item}


def test_every_parameter_is_documented() -> None:
    rows = PAGE[PAGE.index("| parameter |") : PAGE.index("A query of NCT numbers alone")]
    named = set(re.findall(r"`([a-zA-Z.]+)`", rows))
    assert {name for name in studies.KNOWN if not name.startswith("postFilter")} <= named
    assert set(area_of_parameter()) <= named


def parameters(path: str) -> set[str]:
    document = described()
    named = document["paths"][path]["get"]["parameters"]
    shared: dict[str, Any] = document["components"]["parameters"]
    found = [shared[one["$ref"].rpartition("/")[2]] if "$ref" in one else one for one in named]
    return {one["name"] for one in found if one["in"] == "query"}


def test_the_document_has_the_parameters_that_are_read() -> None:
    assert parameters("/api/v2/studies") == set(studies.KNOWN)
    assert parameters("/api/v2/studies/{nctId}") == {"fields", "format", "markupFormat"}


def test_every_kind_of_problem_is_documented_and_every_documented_one_is_used() -> None:
    used = set(re.findall(r'kind="([a-z-]+)"', SOURCE)) | set(re.findall(r'_wrong\([^)]*, "([a-z-]+)"\)', SOURCE))
    used |= set(re.findall(r'kind: str = "([a-z-]+)"', SOURCE))
    rows = PAGE[PAGE.index("| `type`, after") : PAGE.index("## What every answer has")]
    told = {
        name
        for row in rows.splitlines()[2:]
        for name in re.findall(r"`([a-z-]+)`", row.split("|")[1] if "|" in row else "")
    }
    assert used == told


def test_the_columns_of_the_csv_are_those_of_the_registrys_export() -> None:
    table = (ROOT / "src/trialwright/registries").rglob("csv*.tsv")
    known = {line.split("\t")[0] for path in table for line in path.read_text(encoding="utf-8").splitlines()}
    assert set(shaping.CSV_COLUMNS) <= known
    assert len(shaping.CSV_COLUMNS) == 30
