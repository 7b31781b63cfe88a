"""The pages that the program writes are what it would write today."""

import difflib

import pytest
from generated import DOCS, GENERATED


@pytest.mark.parametrize("name", GENERATED)
def test_a_generated_page_is_current(name: str) -> None:
    kept = (DOCS / name).read_text(encoding="utf-8")
    fresh = GENERATED[name]()
    changed = "\n".join(list(difflib.unified_diff(kept.splitlines(), fresh.splitlines(), lineterm="", n=1))[:80])
    assert kept == fresh, (
        f"docs/{name} is not what the program says today; run 'make docs' and read the diff:\n{changed}"
    )


def test_the_flow_shows_every_stage() -> None:
    page = (DOCS / "how-it-flows.md").read_text(encoding="utf-8")
    stages = [line for line in page.splitlines() if line.startswith("## ")]
    assert len(stages) == 9
    for package in ("registries", "criteria", "checks", "patients", "engines", "export"):
        assert any(f"`{package}" in stage for stage in stages), package


def test_the_patient_of_the_flow_is_kept_out_by_the_sentence() -> None:
    page = (DOCS / "how-it-flows.md").read_text(encoding="utf-8")
    assert "| Any | true |" in page
    assert "that is `fail`" in page
    assert "The trial: `ineligible`" in page
