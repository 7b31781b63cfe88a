"""The package's tables: phrases, and expressions put together from named parts. Everything that texts say is in `data/*.tsv`."""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path

from trialwright.codes.tables import parts, rows

from .words import NUMBER

DATA = Path(__file__).parent / "data"


def table_rows(table: str) -> Iterator[Mapping[str, str]]:
    return rows(table, DATA)


# phrases ------------------------------------------------------------------------------------------------------------------------


@cache
def phrases(table: str, key: str) -> Mapping[str, str]:
    """Every phrase of a table's `words`, in lower case, with the row's value of column `key`."""
    return {phrase.lower(): row[key] for row in table_rows(table) for phrase in parts(row["words"])}


@cache
def phrase_pattern(table: str, key: str) -> re.Pattern[str]:
    """Any phrase of the table as whole words, the longest first."""
    return re.compile(rf"(?<![\w/-])(?:{either(phrases(table, key))})(?![\w])", re.IGNORECASE)


def phrase_value(table: str, key: str) -> Callable[[re.Match[str]], str]:
    """A reader that looks a matched phrase up."""
    known = phrases(table, key)
    return lambda found: known[" ".join(found[0].lower().split())]


def either(words: Mapping[str, object] | Iterator[str] | list[str]) -> str:
    """Any of the words, the longest first; a space matches any white space."""
    return "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in sorted(words, key=len, reverse=True))


@cache
def word_list(name: str) -> frozenset[str]:
    """The words of one row of `word_lists.tsv`, in lower case."""
    return frozenset(word for row in table_rows("word_lists") if row["list"] == name for word in row["words"].split())


# expressions --------------------------------------------------------------------------------------------------------------------


@cache
def _parts() -> dict[str, str]:
    """The parts that expressions share, each with those before it filled in."""
    found = {"NUMBER": NUMBER}
    for row in table_rows("pattern_parts"):
        found[row["name"]] = _filled(row["expression"], found)
    return found | {"EVENT": event_expression(), "EVENT2": event_expression("z")}


def _filled(expression: str, known: Mapping[str, str]) -> str:
    """The expression with `{NAME}` replaced; other braces are the expression's own."""
    for name, part in known.items():
        expression = expression.replace(f"{{{name}}}", part)
    return expression


def compiled(expression: str, *, exact: bool = False) -> re.Pattern[str]:
    """A table's expression with its parts filled in; letters of any case unless `exact`."""
    return re.compile(_filled(expression, _parts()), 0 if exact else re.IGNORECASE)


@cache
def expression(name: str) -> re.Pattern[str]:
    """The expression of this name in `expressions.tsv`.

    raises  KeyError for a name that it does not hold
    """
    return _expressions()[name]


@cache
def _expressions() -> Mapping[str, re.Pattern[str]]:
    return {row["name"]: compiled(row["expression"], exact=row["case"] == "exact") for row in table_rows("expressions")}


@cache
def event_rows() -> tuple[tuple[str, str], ...]:
    """Kinds of events and how they are named, those first that others could be taken for."""
    return tuple((row["event"], row["expression"]) for row in table_rows("events"))


@cache
def event_expression(prefix: str = "e") -> str:
    """Any event, each in a group `e0`, `e1` … of its own; another prefix where one expression holds two."""
    named = (words.replace("(?P<n", f"(?P<{prefix}n") for _, words in event_rows())
    return "|".join(f"(?P<{prefix}{place}>{words})" for place, words in enumerate(named))
