"""Spellings of units in running text: letters in, a UCUM code and where it ends out. The table is `data/units.tsv`.

A unit is read as a power of ten, what is counted or weighed, and what it is taken per, each by its own spelling, so that
`x 109 cells / mm ^3` needs no row of its own; spellings that do not come apart (`g%`, `K/uL`) have a row each.
"""

import re
from functools import cache
from typing import NamedTuple

from .tables import parts, rows

WINDOW = 96
"""No spelling of a unit is longer than this."""
FOLD = {ord(upper): upper.lower() for upper in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"} | {
    ord(found): meant
    for founds, meants in (
        ("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789"),
        ("₀₁₂₃₄₅₆₇₈₉", "0123456789"),
        ("µμ", "uu"),
        ("×✕✖⨯хХ·•∙⋅", "xxxxxx...."),
        ("−–⁻‐‑", "-----"),
        ("／∕⁄", "///"),
        ("\u00a0\u2009\u202f\n\t\r", "      "),
        ("ˆ∧", "^^"),
    )
    for found, meant in zip(founds, meants, strict=True)
}
# 10 with an exponent: marked (10^9, 10E9, 10*9, 10(9)), set apart after a multiplication sign (x 10 9), or glued on because the
# superscript was lost (109/L); a glued one is read only with the exponents that counts of cells have.
_POWER = re.compile(
    r"(?:[x*.] ?|by )?10 ?(?:(?:\^|\*{1,2}|e\+?|exp|<sup>|to the(?: power(?: of)?)?) ?\(?(\d{1,2})(?:th|rd)?\)?(?: power)?(?:</sup>)?"
    r"|\((\d{1,2})\)|(?<=x10 )(\d{1,2})|(?<=x 10 )(\d{1,2})|(?<=10)([345679]|1[0-3]))(?!\d) ?"
)
_PER_DAY = re.compile(
    r" ?(?:(?:(?:once|each|every|a|one time) ?(?:a |per )?)?(?:day|daily)|q\.?d\.?|once a day|/24 ?h)(?![a-z])"
)
_SLASH = re.compile(r" ?(?:/|per(?= )|(?:for )?every(?= )) ?(?:each )?")


class _Spellings(NamedTuple):
    head: re.Pattern[str]
    below: re.Pattern[str]
    inverse: re.Pattern[str]
    whole: re.Pattern[str]
    numerators: dict[str, str]
    denominators: dict[str, str]
    alone: frozenset[str]
    wholes: dict[str, str]


@cache
def _spellings() -> _Spellings:
    """The table of spellings, compiled once."""
    found: dict[str, dict[str, str]] = {"atom": {}, "bound": {}, "noun": {}, "whole": {}}
    for row in rows("units"):
        for spelling in parts(row["spellings"]):
            found[row["role"]].setdefault(spelling.translate(FOLD), row["unit"])
    numerators = found["bound"] | found["noun"] | found["atom"]
    denominators = found["atom"] | found["bound"]
    counted = {spelling for spelling, unit in found["noun"].items() if unit and len(spelling) > 2}
    return _Spellings(
        head=re.compile(_one_of(numerators)),
        below=re.compile(_one_of(denominators)),
        inverse=re.compile(rf"[ .*]?{_one_of(denominators, bounded=False)}(?:\^?-1|\^?\(-1\))(?!\d)"),
        whole=re.compile(_one_of(found["whole"])),
        numerators=numerators,
        denominators=denominators,
        alone=frozenset(found["atom"]) | counted,
        wholes=found["whole"],
    )


def _one_of(spellings: dict[str, str], *, bounded: bool = True) -> str:
    ordered = sorted(spellings, key=len, reverse=True)
    choices = "|".join(re.escape(s) + (r"(?![a-z0-9\[])" if bounded and s[-1].isalnum() else "") for s in ordered)
    return f"({choices})"


def read_unit(window: str, place: int) -> tuple[str, int] | None:
    """The longest unit at `place` of a window folded with `FOLD`: its UCUM code and where it ends; None without one."""
    table = _spellings()
    whole = table.whole.match(window, place)
    composed = _compose(window, place)
    if whole and (composed is None or whole.end() >= composed[1]):
        return table.wholes[whole.group(1)], whole.end()
    return composed


def _compose(window: str, place: int) -> tuple[str, int] | None:
    """A power of ten, what is counted or weighed, and what it is taken per; any of the three may be missing, not all."""
    table = _spellings()
    power = _POWER.match(window, place)
    exponent = next((group for group in power.groups() if group), None) if power else None
    end = power.end() if power else place
    head = None if table.inverse.match(window, end) else table.head.match(window, end)
    top = table.numerators[head.group(1)] if head else ""
    end = head.end() if head else end
    below, end = _denominators(window, end, has_top=power is not None or head is not None)
    if not below:
        if head and not power and head.group(1) not in table.alone:
            return None
        if power and not head:
            end = len(window[:end].rstrip())
    ten = f"10*{int(exponent)}" if exponent else ""
    unit = ".".join(part for part in (ten, top) if part) + "".join(f"/{part}" for part in below)
    return (unit, end) if unit else None


def _denominators(window: str, place: int, has_top: bool) -> tuple[list[str], int]:
    table, found = _spellings(), list[str]()
    while len(found) < 3:
        slash = _SLASH.match(window, place)
        below = table.below.match(window, slash.end()) if slash else table.inverse.match(window, place)
        if below is None:
            daily = _PER_DAY.match(window, place) if has_top and "d" not in found else None
            if daily is None:
                break
            found.append("d")
            place = daily.end()
            continue
        found.append(table.denominators[below.group(1)])
        place = below.end()
    return found, place
