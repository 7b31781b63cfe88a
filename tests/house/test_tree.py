"""What the tree holds: no place of one machine only, no package server, locks with hashes, tables with sources."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Written so that no pattern matches its own line here.
UNWANTED = {
    "a path of one machine": r"(?<![\w.:-])/(?:wor[k]|roo[t]|hom[e]|User[s])/\w|[A-Z]:\\User[s]\\|/tm[p]/brief",
    "a package server": r"pyp[i]\.org|python[h]osted|npm[j]s\.(?:org|com)|repo1?\.mave[n]|cond[a]\.anaconda"
    r"|(?<!no-emit-)(?:extra-)?ind[e]x-url|ubuntu\.co[m]/ubuntu|deb\.debia[n]|/op[t]/(?:pypi|wheels)",
}
TABLES_OF_OUR_OWN = {"diagnostics.tsv"}  # no outside fact in them, so no source


def tree() -> list[Path]:
    """Every file git tracks, or would if it were added."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def unwanted(text: str) -> list[str]:
    return [f"{what}: {found[0]}" for what, pattern in UNWANTED.items() for found in re.finditer(pattern, text)]


def test_the_tree_names_no_machine_and_no_package_server() -> None:
    files = tree()
    assert len(files) > 10, "the tree was not found"
    texts = ((path, path.read_text(encoding="utf-8", errors="replace")) for path in files)
    found = [f"{path.relative_to(ROOT)} holds {odd}" for path, text in texts for odd in unwanted(text)]
    assert not found, "\n".join(found)


PLACES = ["cd /wo" + "rk/main", "'/ro" + "ot/x'", "https://py" + "pi.org/simple", "--ind" + "ex-url x", "/ho" + "me/me"]
INNOCENT = ["../shared/x", "https://example.org/work/x", "a/home/b", "/rooted", "--no-emit-index-url"]


@pytest.mark.parametrize("text", PLACES)
def test_a_planted_place_is_found(text: str) -> None:
    assert unwanted(text)


@pytest.mark.parametrize("text", INNOCENT)
def test_an_innocent_text_passes(text: str) -> None:
    assert unwanted(text) == []


@pytest.mark.parametrize("name", ["build", "all"])
def test_every_locked_package_has_a_version_and_hashes(name: str) -> None:
    whole = re.compile(r"[\w.-]+==\S+ .*\\\n    --hash=sha256:[0-9a-f]{64}")
    packages = re.split(r"\n(?=\w)", (ROOT / f"requirements/{name}.lock").read_text(encoding="utf-8").strip())
    assert len(packages) > 5
    assert [package for package in packages if not whole.match(package)] == []


def unsourced(path: Path) -> list[str]:
    """Rows with too many cells or no source, in a table as codes/tables.py reads it."""
    lines = path.read_text(encoding="utf-8").splitlines()
    head, *rows = [line.split("\t") for line in lines if line.strip() and not line.startswith("#")]
    if path.name in TABLES_OF_OUR_OWN:
        return [f"{path.name}: {row}" for row in rows if len(row) != len(head)]
    if "source" not in head:
        return [f"{path.name} has no column 'source'"]
    place = head.index("source")
    return [
        f"{path.name}: {row}" for row in rows if len(row) > len(head) or not "".join(row[place : place + 1]).strip()
    ]


def test_every_table_names_its_sources() -> None:
    tables = sorted((ROOT / "src").rglob("*.tsv"))
    assert tables, "no table was found"
    found = [odd for path in tables for odd in unsourced(path)]
    assert not found, "\n".join(found)


UNSOURCED = ["unit\nmg\n", "unit\tsource\n# a remark\nmg\n", "unit\tsource\nmg\t \n", "unit\tsource\nmg\tx\ty\n"]


@pytest.mark.parametrize("text", UNSOURCED)
def test_a_planted_row_without_a_source_is_found(tmp_path: Path, text: str) -> None:
    (tmp_path / "units.tsv").write_text(text, encoding="utf-8")
    assert len(unsourced(tmp_path / "units.tsv")) == 1
