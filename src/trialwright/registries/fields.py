"""What the fields of a study are called and what kind of value each holds: the tables under `data`, read once.

Older forms say the same things in other names and other words; these tables are the only place that knows which.
"""

import functools
import re
from collections.abc import Mapping
from pathlib import Path

import msgspec

from trialwright.codes import tables

DATA = Path(__file__).parent / "data"
_NOT_A_WORD = re.compile(r"[^A-Z0-9]+")


class Field(msgspec.Struct, frozen=True):
    """One field of an API v2 study.

    path    dotted, without list positions
    pieces  the names the same field had in API v1
    kind    part, text, flag, count, date, age, or the name of a word list
    """

    path: str
    pieces: tuple[str, ...]
    kind: str
    is_list: bool


@functools.cache
def by_path() -> Mapping[str, Field]:
    """Every documented field: dotted path without list positions -> the field."""
    return {field.path: field for field in map(_field, tables.rows("api_fields", DATA))}


@functools.cache
def by_piece(path: str) -> Mapping[str, Field]:
    """The fields right under one part, by the names they had in API v1; "" is the whole study."""
    under = {field for field in by_path().values() if field.path.rpartition(".")[0] == path}
    return {piece: field for field in under for piece in field.pieces}


def word(kind: str, wording: str) -> str | None:
    """The API v2 word of a closed list for a wording of any form; None when the list has no such word.

    raises  KeyError for a list that no field uses
    """
    return _word_lists()[kind].get(_fold(wording))


def is_word_list(kind: str) -> bool:
    return kind in _word_lists()


def _field(row: Mapping[str, str]) -> Field:
    kind = row["kind"]
    return Field(row["path"], tables.parts(row["piece"]), kind.removesuffix("[]"), kind.endswith("[]"))


@functools.cache
def _word_lists() -> Mapping[str, Mapping[str, str]]:
    lists: dict[str, dict[str, str]] = {}
    for row in tables.rows("words", DATA):
        for wording in (row["word"], *tables.parts(row["wordings"])):
            lists.setdefault(row["list"], {})[_fold(wording)] = row["word"]
    return lists


def _fold(wording: str) -> str:
    return _NOT_A_WORD.sub("_", wording.upper()).strip("_")
