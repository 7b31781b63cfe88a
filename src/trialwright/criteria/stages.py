"""Stages as printed to their values: groups in Roman numerals, and what lies between the two ends of a range."""

import re


def group(value: str) -> str:
    value = value.replace(" ", "").upper()
    return (
        {"1": "I", "2": "II", "3": "III", "4": "IV"}.get(value[:1], value[:1]) + value[1:]
        if value[:1].isdigit()
        else value
    )


_GROUPS = ("0", "I", "II", "III", "IV")


def span_of_groups(first: str, last: str) -> list[str]:
    def base(value: str) -> int:
        return _GROUPS.index(re.match(r"IV|I{1,3}|0", value).group(0))  # type: ignore[union-attr]

    middle = [_GROUPS[rank] for rank in range(base(first) + 1, base(last))]
    return [*middle, last]


def span_of_stages(first: str, last: str) -> list[str]:
    letter = last[0]
    low = int(first[1]) if first[1:2].isdigit() else 0
    return [f"{letter}{rank}" for rank in range(low + 1, int(last[1]))] + [last]
