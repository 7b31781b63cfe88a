"""Nothing exists undocumented: addresses, sections and tables of the pages are compared with `docs/pages.md`, both ways."""

import re
from pathlib import Path

from starlette.routing import Route

from trialwright.library.asking import CRITERIA_FILTERS, FILTERS
from trialwright.library.filters import WORDED
from trialwright.web.pages import routes
from trialwright.web.pages.words import DATA

PAGE = (Path(__file__).parents[2] / "docs/pages.md").read_text(encoding="utf-8")


def first_cells(heading: str) -> list[str]:
    part = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| `([^`]+)` \|", part, re.MULTILINE)


def test_every_address_is_documented_and_every_documented_one_exists() -> None:
    known = {route.path for route in routes() if isinstance(route, Route)}
    assert len(known) > 8
    assert set(first_cells("Addresses")) == known


def test_every_filter_of_the_search_page_is_named() -> None:
    row = next(line for line in PAGE.splitlines() if line.startswith("| `/search`"))
    assert {name for name in (*FILTERS, *CRITERIA_FILTERS, *WORDED) if f"`{name}`" not in row} == set()


def test_every_section_of_a_trial_has_its_line_in_the_order_of_the_page() -> None:
    lines = (DATA / "fields.tsv").read_text(encoding="utf-8").splitlines()[1:]
    sections = [line.split("\t")[0] for line in lines if not line.split("\t")[1]]
    documented = first_cells("The trial's page")
    assert set(documented) == set(sections) - {"status"}
    template = (DATA.parents[1] / "templates/trial.html").read_text(encoding="utf-8")
    assert re.findall(r'lead\("(\w+)"\)', template) == documented


def test_every_column_of_the_tables_is_named() -> None:
    for table in sorted(DATA.glob("*.tsv")):
        row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{table.name}` |"))
        header = table.read_text(encoding="utf-8").splitlines()[0].split("\t")
        assert {column for column in header if f"`{column}`" not in row} == set()
