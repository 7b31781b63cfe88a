"""The pages under `docs` that the program writes itself; `make docs` rewrites them all."""

from collections.abc import Callable
from pathlib import Path

import flows
import msgspec

from trialwright.criteria.codec import json_schema
from trialwright.web.openapi import described

DOCS = Path(__file__).resolve().parents[2] / "docs"


def schema() -> str:
    return msgspec.json.format(msgspec.json.encode(json_schema()), indent=2).decode() + "\n"


def api() -> str:
    return msgspec.json.format(msgspec.json.encode(described()), indent=2).decode() + "\n"


GENERATED: dict[str, Callable[[], str]] = {
    "criteria.schema.json": schema,
    "how-it-flows.md": flows.page,
    "openapi.json": api,
}


def write() -> list[str]:
    """Rewrite the pages; the names of those that changed."""
    changed = []
    for name, make in GENERATED.items():
        text, path = make(), DOCS / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            changed.append(name)
    return changed


if __name__ == "__main__":
    print("\n".join(f"rewritten: docs/{name}" for name in write()) or "nothing has changed")
