"""What a diagnostic's code means, from the table of codes."""

import csv
from functools import cache
from pathlib import Path
from typing import get_args

import msgspec

import trialwright.codes.places
from trialwright.codes.places import Severity


class Explanation(msgspec.Struct, frozen=True):
    """A code with its severity and its title; the paragraph about it is in `docs/diagnostics.md` under the code."""

    code: str
    severity: Severity
    title: str


def explain(code: str) -> Explanation:
    """What a code means.

    raises  KeyError that names the nearest codes
    """
    known = _known()
    if code not in known:
        import difflib

        near = difflib.get_close_matches(code, known, n=3)
        raise KeyError(f"no diagnostic {code!r}" + (f"; near it: {', '.join(near)}" if near else ""))
    return known[code]


@cache
def _known() -> dict[str, Explanation]:
    table = Path(trialwright.codes.places.__file__).parent / "diagnostics.tsv"
    severities = {word: word for word in get_args(Severity)}
    with table.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader((line for line in lines if not line.startswith("#")), delimiter="\t")
        return {row["code"]: Explanation(row["code"], severities[row["severity"]], row["title"]) for row in rows}
