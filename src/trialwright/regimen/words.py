"""Printed text to text that patterns can read, character for character in the same place; and where its sentences end."""

import re
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from trialwright.codes.places import Span

_SIGNS = str.maketrans(
    "–—−‐‑﹣－～∼’‘´“”，；：（）。、％／＋．［］【】≦≧⩽⩾＜＞＝＊×∙•⁄∕μ\xa0\u2009\u202f\u200b\ufeff\t®™†‡\\⁺₊",
    "-------~~'''\"\",;:().,%/+.()()≤≥≤≥<>=*x··//µ           ++",
)
_DIGITS = str.maketrans("０１２３４５６７８９", "0123456789")  # superscripts stay: 10⁶ is not 106
_ENTITY = re.compile(r"&(?:gt|lt|ge|le|amp|nbsp);", re.IGNORECASE)
_ENTITY_SIGNS = {"gt": ">", "lt": "<", "ge": "≥", "le": "≤", "amp": "&", "nbsp": " "}
_DECIMAL_COMMA = re.compile(r"(?<![\d,.])(\d{1,3}),(\d{1,2})(?=\s?(?:m[gl]|g|µg|ug|mcg|cc|IU|Gy)\b)", re.IGNORECASE)
_ZERO_COMMA = re.compile(
    r"(?<![\d,.])(?<!day )(?<!days )(?<!week )(?<!weeks )(?<!months )(?<!D)0,(\d{1,2})(?![\d,]|\sand\s\d+\s(?:days|weeks|months))",
    re.IGNORECASE,
)
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|vs|approx|inj|tab|tabs|cap|caps|no|max|min|incl|resp|etc|dr|st|fig|ca|Ph|Eur|co|ltd|inc)"
    r"|\b[A-Za-z](?:\.[A-Za-z])*)$",
    re.IGNORECASE,
)
_BREAK = re.compile(r"\n\s*|(?<=[.!?])(?=\s|[A-Z(])")

NUMBER_WORDS: dict[str, int | str] = {
    "a": 1, "an": 1, "one": 1, "single": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "fifteen": 15, "sixteen": 16, "eighteen": 18, "twenty": 20, "thirty": 30, "half": "0.5",
}  # fmt: skip
NUMBER = (
    r"(?:\d+\s1/2|\d+½|½|\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:[.·]\d+)?|(?<!\d)\.\d+"
    r"|(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|sixteen|eighteen|twenty|thirty)\b)"
    r"(?:\s?\(\d+\))?"
)


def clean(text: str) -> str:
    """The same text with signs in one spelling, without escapes; no character moves."""
    text = text.translate(_SIGNS).translate(_DIGITS)
    if "&" in text:
        text = _ENTITY.sub(lambda found: _ENTITY_SIGNS[found[0][1:-1].lower()].ljust(len(found[0])), text)
    if "," not in text:
        return text
    return _ZERO_COMMA.sub(r"0.\1", _DECIMAL_COMMA.sub(r"\1.\2", text))


def number(words: str) -> Decimal:
    """The value of words that `NUMBER` matched: digits, "1 1/2", "twelve", "three (3)"."""
    words = re.sub(r"\s?\(\d+\)$", "", words.strip()) or words
    if words.lower() in NUMBER_WORDS:
        return Decimal(NUMBER_WORDS[words.lower()])
    if "½" in words or "1/2" in words:
        whole = re.match(r"\d+(?=\s1/2|½)", words)
        half = Fraction(int(whole[0]) if whole else 0) + Fraction(1, 2)
        return Decimal(half.numerator) / Decimal(half.denominator)
    return Decimal(words.replace(",", "").replace("·", "."))


def sentences(text: str) -> Iterator[Span]:
    """Where each sentence of a cleaned text stands: parted at line breaks and full stops, not after abbreviations."""
    start = 0
    for found in _BREAK.finditer(text):
        at = found.start()
        if text[at : at + 1] != "\n" and (_is_abbreviation(text, at) or _goes_on(text, at)):
            continue
        if text[start:at].strip():
            yield Span(start, at)
        start = found.end()
    if text[start:].strip():
        yield Span(start, len(text))


def _is_abbreviation(text: str, at: int) -> bool:
    return text[at - 1] == "." and bool(_ABBREVIATION.search(text[max(0, at - 12) : at - 1]))


def _goes_on(text: str, at: int) -> bool:
    """A small letter after the stop: "40 mg. orally"; or a number's point: "1. 5 mg" never ends one."""
    following = text[at:].lstrip(" ")[:1]
    return following.islower()
