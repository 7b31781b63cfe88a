"""The text of a query in the API's expression syntax in, a tree out: words, phrases, AND, OR, NOT, brackets, AREA and RANGE.

Words beside each other must all be there. What the syntax has beyond this is refused by name and never passed over.

source  ClinicalTrials.gov, "Constructing complex search queries"
"""

import re
from typing import Literal

import msgspec

from trialwright.web.problems import ProblemError

LONGEST = 8000
_MOST_TOKENS = 400
_DEEPEST = 40
_UNSUPPORTED = ("SEARCH", "TILT", "DISTANCE", "BOOST", "DIST")

_TOKEN = re.compile(
    r"""\s+
    |(?P<operator>[A-Z]+)\[(?P<inner>[^\]]*)\]
    |"(?P<phrase>[^"]*)"
    |(?P<open>\()|(?P<close>\))
    |(?P<word>[^\s()"\[\]]+)
    |(?P<odd>.)""",
    re.VERBOSE,
)


Cover = Literal["", "whole", "start", "end"]
_COVERS: dict[str, Cover] = {"contains": "", "fullmatch": "whole", "startswith": "start", "endswith": "end"}


class Words(msgspec.Struct, frozen=True):
    """Words that must all be there, in any order; `phrase`: together and in this order; `cover`: that phrase is all of a value, or how it
    begins or ends."""

    words: tuple[str, ...]
    phrase: bool = False
    cover: Cover = ""


class Range(msgspec.Struct, frozen=True):
    """Both ends belong to it; None where there is no limit."""

    low: str | None
    high: str | None


class Missing(msgspec.Struct, frozen=True):
    """Trials that do not state the field."""


class Everything(msgspec.Struct, frozen=True):
    """Every trial."""


class Within(msgspec.Struct, frozen=True):
    """What stands in one search area. name: as written"""

    name: str
    part: "Node"


class And(msgspec.Struct, frozen=True):
    parts: tuple["Node", ...]


class Or(msgspec.Struct, frozen=True):
    parts: tuple["Node", ...]


class Not(msgspec.Struct, frozen=True):
    part: "Node"


Node = Words | Range | Missing | Everything | Within | And | Or | Not


class _Token(msgspec.Struct, frozen=True):
    kind: str
    text: str = ""
    inner: str = ""


def parse(text: str, parameter: str) -> Node | None:
    """The tree of a query; None for one without a word.

    parameter  the query parameter that it came in, for messages
    raises     ProblemError (400)
    """
    if len(text) > LONGEST:
        raise ProblemError(400, f"a query of more than {LONGEST} characters", parameter=parameter, kind="too-long")
    tokens = [
        _Token(match.lastgroup if match.lastgroup != "inner" else "operator", _text(match), match["inner"] or "")
        for match in _TOKEN.finditer(text)
        if match.lastgroup is not None
    ]
    if len(tokens) > _MOST_TOKENS:
        raise ProblemError(400, f"a query of more than {_MOST_TOKENS} words", parameter=parameter, kind="too-long")
    return _Parser(tokens, parameter).whole() if tokens else None


def _text(match: "re.Match[str]") -> str:
    name = match.lastgroup
    return str(match["operator"] if name == "inner" else match[name or 0])


class _Parser:
    """OR binds loosest, then AND and words beside each other, then NOT."""

    def __init__(self, tokens: list[_Token], parameter: str) -> None:
        self._tokens = tokens
        self._at = 0
        self._parameter = parameter

    def whole(self) -> Node:
        found = self._either(0)
        if self._at < len(self._tokens):
            raise self._wrong("a closing bracket without an opening one")
        return found

    def _wrong(self, problem: str, kind: str = "syntax") -> ProblemError:
        return ProblemError(400, f"the query cannot be read: {problem}", parameter=self._parameter, kind=kind)

    def _peek(self) -> _Token:
        return self._tokens[self._at] if self._at < len(self._tokens) else _Token("end")

    def _is_word(self, text: str) -> bool:
        token = self._peek()
        return token.kind == "word" and token.text == text

    def _either(self, depth: int) -> Node:
        if depth > _DEEPEST:
            raise self._wrong(f"brackets more than {_DEEPEST} deep")
        parts = [self._both(depth)]
        while self._is_word("OR"):
            self._at += 1
            parts.append(self._both(depth))
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _both(self, depth: int) -> Node:
        parts = [self._one(depth)]
        while True:
            if self._is_word("AND"):
                self._at += 1
            elif self._peek().kind in ("end", "close") or self._is_word("OR"):
                break
            part = self._one(depth)
            last = parts[-1]
            if isinstance(part, Words) and isinstance(last, Words) and not part.phrase and not last.phrase:
                parts[-1] = Words((*last.words, *part.words))
            else:
                parts.append(part)
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _one(self, depth: int) -> Node:
        token = self._peek()
        self._at += 1
        match token.kind:
            case "open":
                found = self._either(depth + 1)
                if self._peek().kind != "close":
                    raise self._wrong("a bracket is never closed")
                self._at += 1
                return found
            case "phrase":
                return Words((token.text,), phrase=True)
            case "operator":
                return self._operator(token, depth)
            case "word":
                return self._word(token.text, depth)
            case "odd":
                raise self._wrong(f"{token.text!r} was not expected")
            case _:
                raise self._wrong("it ends, or a bracket closes, where a word was expected")

    def _word(self, text: str, depth: int) -> Node:
        match text:
            case "NOT":
                if depth > _DEEPEST:
                    raise self._wrong(f"more than {_DEEPEST} levels deep")
                return Not(self._one(depth + 1))
            case "AND" | "OR":
                raise self._wrong(f"{text} has nothing before it")
            case "MISSING":
                return Missing()
            case "ALL":
                return Everything()
            case _:
                return Words((text,))

    def _operator(self, token: _Token, depth: int) -> Node:
        match token.text:
            case "AREA":
                if depth > _DEEPEST:
                    raise self._wrong(f"more than {_DEEPEST} levels deep")
                return Within(token.inner.strip(), self._area_part(depth + 1))
            case "RANGE":
                ends = [end.strip() for end in token.inner.split(",")]
                if len(ends) != 2 or not all(ends):
                    raise self._wrong(f"RANGE[{token.inner[:60]}] needs two ends, such as RANGE[2020-01-01,MAX]")
                low, high = ends
                return Range(None if low.upper() == "MIN" else low, None if high.upper() == "MAX" else high)
            case "COVERAGE" | "COVER":
                return self._covered(token.inner.strip(), depth)
            case "EXPANSION":
                if token.inner.strip().lower() != "concept":
                    raise self._wrong(
                        f"EXPANSION[{token.inner[:40]}] is not supported here; EXPANSION[Concept] is", "not-supported"
                    )
                return self._area_part(depth + 1)
            case name if name in _UNSUPPORTED:
                raise self._wrong(f"{name}[…] is not supported here", "not-supported")
            case name:
                raise self._wrong(f"there is no operator {name[:40]}[…]; AREA[…] and RANGE[…] are read")

    def _covered(self, inner: str, depth: int) -> Node:
        cover = _COVERS.get(inner.lower())
        if cover is None:
            raise self._wrong(f"COVERAGE[{inner[:40]}]: expected Contains, FullMatch, StartsWith or EndsWith")
        part = self._area_part(depth + 1)
        if not cover:
            return part
        if not isinstance(part, Words):
            raise self._wrong(
                f"COVERAGE[{inner}] stands before words or a phrase here, and before nothing else", "not-supported"
            )
        return Words((" ".join(part.words),), phrase=True, cover=cover)

    def _area_part(self, depth: int) -> Node:
        """What follows AREA[…]: one bracket, phrase or operator, or the words beside it up to the next operator."""
        first = self._one(depth)
        if not isinstance(first, Words) or first.phrase:
            return first
        words = list(first.words)
        while self._peek().kind == "word" and self._peek().text not in ("AND", "OR", "NOT"):
            words.append(self._tokens[self._at].text)
            self._at += 1
        return Words(tuple(words))
