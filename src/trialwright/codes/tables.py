"""The tables of this package: tab-separated files under `data`, one header line, `#` lines and blank lines left out.

Every table has a `source` column that says where each row's facts were taken from.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

DATA = Path(__file__).parent / "data"


def rows(name: str, folder: Path = DATA) -> Iterator[Mapping[str, str]]:
    """The rows of `<name>.tsv` in `folder`, each by column name; a cell that is missing at the end of a line is empty.

    raises  ValueError when a row has more cells than the header
    """
    header: list[str] = []
    with (folder / f"{name}.tsv").open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if line.startswith("#") or not line.strip():
                continue
            cells = [cell.strip() for cell in line.rstrip("\n").split("\t")]
            if not header:
                header = cells
                continue
            if len(cells) > len(header):
                raise ValueError(f"{name}.tsv line {number}: {len(cells)} cells under {len(header)} columns")
            yield dict(zip(header, cells + [""] * (len(header) - len(cells)), strict=True))


def names() -> list[str]:
    """The names of all tables, sorted."""
    return sorted(path.stem for path in DATA.glob("*.tsv"))


def parts(cell: str) -> tuple[str, ...]:
    """The items of a cell that lists several, joined by `|`."""
    return tuple(part.strip() for part in cell.split("|") if part.strip()) if cell else ()
