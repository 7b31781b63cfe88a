"""The text of a query in, what it asks for out: words, phrases, prefixes, how they are joined, and filters written among them.

Nothing raises for text that is odd: an open quote, an operator alone or a stray bracket is read as far as it goes and
said in a note. Only a filter that does not exist is an error, when a name is near enough to be meant.

    npc "concurrent chemoradiotherapy" -induction title:toripal* status:recruiting accepts:prior-pd1
"""

import re
from difflib import get_close_matches
from typing import Literal

import msgspec

from trialwright.library.errors import QueryError

FIELDS = (
    "title",
    "condition",
    "intervention",
    "summary",
    "description",
    "inclusion",
    "exclusion",
    "outcome",
    "sponsor",
    "id",
)
"""Names before a colon that say where words must stand."""

FILTERS = ("status", "phase", "type", "sex", "age", "country", "near")
CRITERIA_FILTERS = ("accepts", "allows", "excludes", "requires")
LONGEST = 2000
"""Characters of a query that are read."""
MOST_WORDS = 64
_DEEPEST = 8

_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<filter>(?P<name>[A-Za-z][A-Za-z_]*):(?=\S)(?:(?P<quoted>"[^"]*"?)|(?P<value>[^\s()"]+)|(?=\()))
    |(?P<phrase>"[^"]*"?)
    |(?P<open>\()|(?P<close>\))
    |(?P<regex>(?<![^\s(])/(?:[^/\s\\]|\\.)+/(?=[\s)]|$))
    |(?P<minus>(?<![^\s(])-(?=[\w"(]))
    |(?P<plus>(?<![^\s(])\+(?=[\w"(]))
    |(?P<word>[^\s()"]+)""",
    re.VERBOSE,
)
_WORDS = re.compile(r"[^\W_]+(?:[-'’./+][^\W_]+)*")

Where = str
"""A name of FIELDS, or "" for every default field."""


class Word(msgspec.Struct, frozen=True):
    """One word. is_start: any word that begins so."""

    text: str
    where: Where = ""
    is_start: bool = False


class Phrase(msgspec.Struct, frozen=True):
    """Words that stand together in this order."""

    text: str
    where: Where = ""


class Every(msgspec.Struct, frozen=True):
    parts: tuple["Asked", ...]


class AnyOf(msgspec.Struct, frozen=True):
    """One of the parts, the more the better."""

    parts: tuple["Asked", ...]


class Required(msgspec.Struct, frozen=True):
    part: "Asked"


class Without(msgspec.Struct, frozen=True):
    part: "Asked"


Asked = Word | Phrase | Every | AnyOf | Required | Without


class FilterText(msgspec.Struct, frozen=True):
    """A filter as written: `status:recruiting` has the name `status` and the value `recruiting`."""

    name: str
    value: str


class Question(msgspec.Struct, frozen=True):
    """asked: None when the text holds no word; notes: what could not be taken as written."""

    asked: Asked | None
    filters: tuple[FilterText, ...] = ()
    notes: tuple[str, ...] = ()


class _Token(msgspec.Struct, frozen=True):
    kind: Literal["word", "phrase", "open", "close", "minus", "plus", "and", "or", "not", "field"]
    text: str = ""
    where: Where = ""


def understand(text: str) -> Question:
    """raises  QueryError for a filter that does not exist, with the nearest name"""
    notes: list[str] = []
    if len(text) > LONGEST:
        notes.append(f"the query has {len(text)} characters; the first {LONGEST} were read")
        text = text[:LONGEST]
    filters: list[FilterText] = []
    tokens = _tokens(text, filters, notes)
    reader = _Reader(tokens, notes)
    asked = reader.read()
    if asked is None and text.strip() and not filters:
        notes.append("the query holds no word to search for")
    return Question(asked, tuple(filters), tuple(dict.fromkeys(notes)))


def _tokens(text: str, filters: list[FilterText], notes: list[str]) -> list[_Token]:
    tokens: list[_Token] = []
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup if match.lastgroup not in ("name", "quoted", "value") else "filter"
        match kind:
            case "filter":
                tokens += _named(match, filters, notes)
            case "phrase":
                tokens += _phrase(match[0], "", notes)
            case "open" | "close" | "minus" | "plus":
                tokens.append(_Token(kind))
            case "regex":
                notes.append(f"{match[0]} was searched as words: regular expressions are not read; * ends a beginning")
                tokens += [_Token("word", word) for word in _WORDS.findall(match[0])]
            case "word":
                tokens += _word(match[0], "")
            case _:
                pass
    if len(words := [at for at, token in enumerate(tokens) if token.kind == "word"]) > MOST_WORDS:
        notes.append(f"the query has {len(words)} words; the first {MOST_WORDS} were searched for")
        tokens = tokens[: words[MOST_WORDS]]
    return tokens


def _word(text: str, where: Where) -> list[_Token]:
    match text:
        case "AND" | "&&":
            return [_Token("and")]
        case "OR" | "||" | "|":
            return [_Token("or")]
        case "NOT" | "!":
            return [_Token("not")]
        case _:
            words = _WORDS.findall(text)
            is_start = text.endswith("*") and bool(words)
            return [
                _Token("word", f"{word}*" if is_start and at == len(words) - 1 else word, where)
                for at, word in enumerate(words)
            ]


def _phrase(quoted: str, where: Where, notes: list[str]) -> list[_Token]:
    inner = quoted.strip('"')
    if not quoted.endswith('"') or len(quoted) < 2:
        notes.append("a quotation mark was never closed; what follows it was read as a phrase")
    words = _WORDS.findall(inner)
    if len(words) > 1:
        return [_Token("phrase", inner.strip(), where)]
    return [_Token("word", word, where) for word in words]


def _named(match: "re.Match[str]", filters: list[FilterText], notes: list[str]) -> list[_Token]:
    name, quoted = match["name"].lower(), match["quoted"]
    value = quoted.strip('"') if quoted else match["value"] or ""
    if name in FILTERS or name in CRITERIA_FILTERS:
        if not value:
            raise QueryError(f"{name}: needs a value, such as {name}:{_EXAMPLES[name]}")
        filters.append(FilterText(name, value))
        return []
    if name in FIELDS:
        if quoted:
            return _phrase(quoted, name, notes)
        return _word(value, name) if value else [_Token("field", name)]
    near = get_close_matches(name, (*FILTERS, *CRITERIA_FILTERS, *FIELDS), n=1, cutoff=0.7)
    if near:
        raise QueryError(f"there is no filter {name!r}; did you mean {near[0]!r}?")
    notes.append(f"{match['name']}: is no filter and was searched as a word")
    return [*_word(match["name"], ""), *(_phrase(quoted, "", notes) if quoted else _word(value, ""))]


_EXAMPLES = {
    "status": "recruiting",
    "phase": "3",
    "type": "interventional",
    "sex": "female",
    "age": "45",
    "country": "China",
    "near": "23.13,113.26,100",
    "accepts": "prior-pd1",
    "allows": "ecog=2",
    "excludes": "hbv",
    "requires": "histology=squamous",
}


class _Reader:
    """Tokens to a tree: OR binds loosest, then AND, then words beside each other, of which any may be there."""

    def __init__(self, tokens: list[_Token], notes: list[str]) -> None:
        self._tokens = tokens
        self._notes = notes
        self._at = 0

    def read(self) -> Asked | None:
        parts: list[Asked] = []
        while self._at < len(self._tokens):
            part = self._either("", 0)
            if part is not None:
                parts.append(part)
            elif self._at < len(self._tokens):
                self._notes.append(f"{_SHOWN.get(self._tokens[self._at].kind, '?')} stands alone and was left out")
                self._at += 1
        return _joined(parts, AnyOf)

    def _peek(self) -> str:
        return self._tokens[self._at].kind if self._at < len(self._tokens) else ""

    def _either(self, where: Where, depth: int) -> Asked | None:
        parts = [self._both(where, depth)]
        while self._peek() == "or":
            self._at += 1
            parts.append(self._both(where, depth))
        self._complain("OR", parts)
        return _joined([part for part in parts if part is not None], AnyOf)

    def _both(self, where: Where, depth: int) -> Asked | None:
        parts = [self._beside(where, depth)]
        while self._peek() == "and":
            self._at += 1
            parts.append(self._beside(where, depth))
        self._complain("AND", parts)
        return _joined([part for part in parts if part is not None], Every)

    def _complain(self, operator: str, parts: list[Asked | None]) -> None:
        if len(parts) > 1 and None in parts:
            self._notes.append(f"{operator} has nothing on one side and was left out")

    def _beside(self, where: Where, depth: int) -> Asked | None:
        parts: list[Asked] = []
        while (part := self._one(where, depth)) is not None:
            parts.append(part)
        return _joined(parts, AnyOf)

    def _one(self, where: Where, depth: int) -> Asked | None:
        match self._peek():
            case "word":
                token = self._take()
                return Word(token.text.removesuffix("*"), token.where or where, token.text.endswith("*"))
            case "phrase":
                token = self._take()
                return Phrase(token.text, token.where or where)
            case "minus" | "not" | "plus" as sign:
                self._at += 1
                part = self._one(where, depth)
                if part is None:
                    self._notes.append(f"{_SHOWN[sign]} stands alone and was left out")
                    return None
                return Required(part) if sign == "plus" else Without(part)
            case "field":
                name = self._take().text
                return self._one(name, depth)
            case "open" if depth < _DEEPEST:
                self._at += 1
                part = self._either(where, depth + 1)
                if self._peek() == "close":
                    self._at += 1
                else:
                    self._notes.append("a bracket was never closed")
                return part
            case _:
                return None

    def _take(self) -> _Token:
        self._at += 1
        return self._tokens[self._at - 1]


_SHOWN = {
    "and": "AND",
    "or": "OR",
    "not": "NOT",
    "minus": "-",
    "plus": "+",
    "open": "(",
    "close": ")",
    "field": "a field",
}


def _joined(parts: list[Asked], joint: type[AnyOf] | type[Every]) -> Asked | None:
    if not parts:
        return None
    if len(parts) > 1:
        return joint(tuple(parts))
    # A refusal alone refuses within something: it stays a list of one.
    return AnyOf((parts[0],)) if isinstance(parts[0], Without) else parts[0]
