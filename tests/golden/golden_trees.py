"""What real eligibility texts compile to, without their words: one file per record, rewritten by `make golden`.

The texts stay in `../shared`. A file keeps ids, spans, numbers and names of up to four words; longer words, the criteria themselves
and what was not understood are kept as a short hash, which changes when they do.
"""

import hashlib
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from trialwright.criteria.codec import node_to_json
from trialwright.criteria.compiler import compile_criteria, compile_text
from trialwright.criteria.nodes import Criteria, Criterion
from trialwright.registries import read_trial

HOME = Path(__file__).parent
SHARED = HOME.parents[2] / "shared"
WORDS = 4
"""The longest name that a file may hold, in words."""

_WIDTH = 120


def compiled(shared: Path) -> Iterator[tuple[str, Criteria]]:
    """The five seeds and the four records on nasopharyngeal carcinoma, each by the name of its file."""
    for path in sorted((shared / "seeds").glob("*.txt")):
        yield f"seed-{path.name[:3]}", compile_criteria(read_trial(path))
    for line in (shared / "data/records/npc_full.jsonl").read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        text = record["eligibility"]
        yield record["nct_id"], compile_text(text, trial=record["nct_id"], conditions=record["conditions"])


def fresh(shared: Path) -> dict[str, str]:
    """File name -> what it must hold."""
    return {f"{name}.json": _written(criteria) for name, criteria in compiled(shared)}


def write(shared: Path = SHARED) -> list[str]:
    """Rewrite the files; those that hold no record any more go. Returns the names of the files that changed."""
    files, changed = fresh(shared), []
    for path in HOME.glob("*.json"):
        if path.name not in files:
            path.unlink()
            changed.append(path.name)
    for name, text in files.items():
        path = HOME / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            changed.append(name)
    return changed


def _written(criteria: Criteria) -> str:
    document = {
        "trial": criteria.trial,
        "coverage": criteria.coverage(),
        "remarks": sorted(remark.code for remark in criteria.diagnostics),
        "criteria": [_criterion(one) for one in criteria.criteria],
    }
    return "\n".join(_lines(document)) + "\n"


def _criterion(one: Criterion) -> dict[str, Any]:
    remarks = [
        [remark.code, *((remark.span and (remark.span.start, remark.span.end)) or ())] for remark in one.diagnostics
    ]
    return {
        "id": one.id,
        "kind": one.kind,
        "span": [one.span.start, one.span.end],
        "text": hashed(one.text),
        "reading": one.reading,
        "remarks": remarks,
        "node": _without_words(json.loads(node_to_json(one.node))),
    }


def hashed(words: str) -> str:
    return "#" + hashlib.sha256(" ".join(words.split()).encode()).hexdigest()[:10]


def _without_words(part: Any) -> Any:
    match part:
        case {"is": "attest" | "unread"}:
            return {key: hashed(value) if key == "text" else value for key, value in part.items()}
        case dict():
            return {key: _without_words(value) for key, value in part.items()}
        case list():
            return [_without_words(value) for value in part]
        case str():
            return part if len(part.split()) <= WORDS else hashed(part)
        case _:
            return part


def _lines(value: Any, indent: str = "", head: str = "", tail: str = "") -> Iterator[str]:
    """JSON with a line for each part that fits on one, so that a change of one atom is a change of one line."""
    short = f"{indent}{head}{json.dumps(value, ensure_ascii=False)}{tail}"
    items: list[tuple[str, Any]] = []
    match value:
        case Mapping():
            items = [(f"{json.dumps(key)}: ", part) for key, part in value.items()]
        case list():
            items = [("", part) for part in value]
    is_record = isinstance(value, Mapping) and "criteria" in value
    if not items or (len(short) <= _WIDTH and not is_record):
        yield short
        return
    opening, closing = ("{", "}") if isinstance(value, Mapping) else ("[", "]")
    yield f"{indent}{head}{opening}"
    for number, (name, part) in enumerate(items, 1):
        yield from _lines(part, indent + "  ", name, "," if number < len(items) else "")
    yield f"{indent}{closing}{tail}"


if __name__ == "__main__":
    if not SHARED.is_dir():
        sys.exit(f"the records are not at {SHARED}")
    print("\n".join(f"rewritten: tests/golden/{name}" for name in write()) or "nothing has changed")
