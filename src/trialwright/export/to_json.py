"""Reports as JSON: one object, on one line or indented."""

import msgspec

from .report import Report


def to_jsonl(report: Report) -> bytes:
    """One line, without its line end."""
    return msgspec.json.encode(report)


def indented(report: Report) -> bytes:
    return msgspec.json.format(to_jsonl(report), indent=2)
