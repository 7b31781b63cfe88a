"""A criterion's tree in, a key of what it means out: equal for two trees that say the same of every patient in other words.

Words that the vocabulary knows count by what they name, so that `HBV infection` and `hepatitis B` are one; the order of the
parts of a list does not count; spans do not either. What is only worded alike keeps a key of its own.
"""

from typing import Any

import msgspec

from trialwright.criteria.nodes import Node

_IN_ANY_ORDER = ("all", "any", "at_least")


def meaning_of(node: Node) -> str:
    return msgspec.json.encode(_bare(msgspec.to_builtins(node, str_keys=True))).decode()


def _bare(value: Any) -> Any:
    match value:
        case dict() if value.get("id") and "text" in value:
            return value["id"]
        case dict():
            bare = {name: _bare(member) for name, member in value.items() if name not in ("span", "codes", "coded")}
            if value.get("is") in _IN_ANY_ORDER and "parts" in bare:  # one without parts asks nothing
                bare["parts"] = sorted(bare["parts"], key=msgspec.json.encode)
            return bare
        case list() | tuple():
            return [_bare(member) for member in value]
        case str():
            return value.lower()
        case _:
            return value
