"""Who may import whom. Reads every import in the source, lazy ones too, and holds it against the table."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "src/trialwright"

KNOWLEDGE = "codes trial registries criteria regimen checks engines library patients"
MAY_IMPORT = {  # the longest name that fits a module rules it; a name stands for itself and all below it
    "codes": "codes",
    "trial": "codes",
    "registries": "registries codes trial",
    "criteria": "criteria codes trial",
    "criteria.nodes": "codes",
    "criteria.logic": "codes criteria.nodes",
    "regimen": "regimen codes trial",
    "checks": "checks codes trial criteria regimen",
    "patients": "patients codes",
    "patients.facts": "codes",
    "patients.note*": "patients codes criteria",
    "engines": "engines codes patients.facts criteria.nodes criteria.logic",
    "library": "library codes trial registries criteria regimen checks engines patients.facts",
    "samples": f"samples {KNOWLEDGE}",  # the outlets, each may use those before it; only they may
    "export": f"samples export {KNOWLEDGE} trialwright",
    "web": f"samples export web {KNOWLEDGE} trialwright",
    "cli": f"samples export web cli {KNOWLEDGE} trialwright",
    "__main__": "cli",
    "": "*",  # trialwright/__init__.py, the public API: it imports lazily
}
BANNED_NAMES = {"utils", "util", "helpers", "helper", "common", "core", "base", "manager", "managers"}


def fits(module: str, name: str) -> bool:
    return module.startswith(name[:-1]) if name.endswith("*") else module == name or module.startswith(f"{name}.")


def rule_of(module: str) -> str | None:
    return max((name for name in MAY_IMPORT if fits(module, name)), key=len, default=None)


def module_of(path: Path, package: Path) -> str:
    """`criteria.nodes` for criteria/nodes.py, `criteria` for criteria/__init__.py, "" for the package's own."""
    parts = path.relative_to(package).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(node: ast.AST, here: str, is_package: bool) -> Iterator[str]:
    """Full dotted names that a statement may bind, `from a import b` as a.b, or that a call imports by its name."""
    match node:
        case ast.Import():
            yield from (alias.name for alias in node.names)
        case ast.ImportFrom():
            home = f"trialwright.{here}".rstrip(".").split(".")
            up = node.level - is_package if node.level else len(home)
            start = home[: len(home) - up] if node.level else []
            stem = ".".join([*start, *([node.module] if node.module else [])])
            yield from (f"{stem}.{alias.name}" for alias in node.names)
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[ast.Constant(value=str(target)), *_]):
            if name in ("import_module", "__import__"):
                yield target if not target.startswith(".") else f"trialwright{target}"
        case _:
            pass


def violations(package: Path) -> list[str]:
    modules = {module_of(path, package): path for path in sorted(package.rglob("*.py"))}
    known = {
        ".".join(parts[:end]) for parts in (name.split(".") for name in modules) for end in range(1, len(parts) + 1)
    }
    found = []
    for here, path in modules.items():
        if BANNED_NAMES & set(here.split(".")):
            found.append(f"{here} has a name that says nothing")
        rule = rule_of(here) if here else ""
        if rule is None:
            found.append(f"{here} stands in no layer")
            continue
        for node in ast.walk(ast.parse(path.read_bytes())):
            for name in imported(node, here, path.name == "__init__.py"):
                if name.split(".")[0] != "trialwright" or MAY_IMPORT[rule] == "*":
                    continue
                target = name.removeprefix("trialwright").lstrip(".")
                while target and target not in known:
                    target = target.rpartition(".")[0]
                if not any(fits(target or "trialwright", may) for may in MAY_IMPORT[rule].split()):
                    found.append(f"{here} imports {target or 'trialwright'}, line {getattr(node, 'lineno', 0)}")
    return found


def test_the_source_keeps_its_layers() -> None:
    assert len(list(PACKAGE.rglob("*.py"))) > 5, "the source was not found"
    found = violations(PACKAGE)
    assert not found, "\n".join(found)


PLANTED = """
engines/memory.py   | import trialwright.criteria.grammar                | engines.memory imports criteria.grammar
engines/memory.py   | from trialwright.criteria import grammar           | engines.memory imports criteria.grammar
engines/memory.py   | from trialwright.criteria import compile           | engines.memory imports criteria
engines/memory.py   | from ..patients.fhir import load                   | engines.memory imports patients.fhir
engines/__init__.py | from ..registries import read                      | engines imports registries
patients/facts.py   | from . import fhir                                 | patients.facts imports patients.fhir
criteria/grammar.py | def f(): from trialwright.patients import facts    | criteria.grammar imports patients.facts
library/store.py    | import importlib as i; i.import_module("trialwright.cli") | library.store imports cli
checks/table.py     | import trialwright.web.app                         | checks.table imports web.app
codes/units.py      | from trialwright.trial import Trial                | codes.units imports trial
library/store.py    | import trialwright                                 | library.store imports trialwright
patients/fhir.py    | from trialwright.criteria import grammar           | patients.fhir imports criteria.grammar
web/app.py          | from trialwright import cli                        | web.app imports cli
oddments/__init__.py |                                                   | oddments stands in no layer
codes/utils.py      |                                                    | codes.utils has a name that says nothing
"""
SOUND = {
    "cli/__init__.py": "from trialwright import read\nfrom ..web import app",
    "criteria/grammar.py": "from .nodes import Node\nfrom trialwright.trial import Trial",
    "criteria/nodes.py": "from ..codes import units",
    "engines/memory.py": "from trialwright.criteria import logic, nodes\nfrom ..patients.facts import Fact\nimport re",
    "patients/note_text.py": "from trialwright.criteria.grammar import parse",
    "__init__.py": "def read():\n    from trialwright.registries import read_record",
}
FILES = """
trial.py codes/units.py criteria/__init__.py criteria/logic.py engines/__init__.py patients/facts.py patients/fhir.py
registries/__init__.py library/store.py checks/table.py web/__init__.py web/app.py
"""


def plant(package: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(text, encoding="utf-8")
    return package


def test_a_sound_tree_passes(tmp_path: Path) -> None:
    assert violations(plant(tmp_path, dict.fromkeys(FILES.split(), "") | SOUND)) == []


@pytest.mark.parametrize("planted", PLANTED.strip().splitlines())
def test_a_planted_violation_is_found(tmp_path: Path, planted: str) -> None:
    name, text, expected = (part.strip() for part in planted.split("|"))
    found = violations(plant(tmp_path, dict.fromkeys(FILES.split(), "") | SOUND | {name: text}))
    assert [line.partition(", line")[0] for line in found] == [expected]
