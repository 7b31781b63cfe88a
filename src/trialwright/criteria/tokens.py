"""Characters to tokens: numbers, words, signs; every token keeps its place in the text as printed.

Escapes, entities and odd signs are blanked or replaced one character for one, so that spans never move.
"""

import re
from decimal import Decimal
from typing import NamedTuple


class Token(NamedTuple):
    """kind: `n` number, `w` word, otherwise the sign itself. word: lower case; a number's digits as read."""

    kind: str
    word: str
    start: int
    end: int
    value: Decimal | None = None


_SIGNS = str.maketrans(
    {
        "＜": "<", "＞": ">", "≦": "≤", "≧": "≥", "⩽": "≤", "⩾": "≥", "﹤": "<", "﹥": ">", "〉": ">", "〈": "<", "＝": "=",
        "–": "-", "—": "-", "−": "-", "‐": "-", "‑": "-", "﹣": "-", "－": "-", "～": "~", "∼": "~",
        "’": "'", "‘": "'", "`": "'", "´": "'", "“": '"', "”": '"', "，": ",", "；": ";", "：": ":", "（": "(", "）": ")",
        "。": ".", "、": ",", "％": "%", "／": "/", "＋": "+", "．": ".", "∙": "·", "•": "·", "⁄": "/", "∕": "/",
        "\xa0": " ", "\u2009": " ", "\u202f": " ", "\u200b": " ", "\u200e": " ", "\u200f": " ", "\ufeff": " ", "\u2028": "\n", "\t": " ",
        "\u202a": " ", "\u202b": " ", "\u202c": " ", "\u202d": " ", "\u202e": " ",
        "\u2066": " ", "\u2067": " ", "\u2068": " ", "\u2069": " ",
        "μ": "µ", "[": "(", "]": ")", "{": "(", "}": ")", "®": " ", "™": " ", "†": " ", "‡": " ",
        "０": "0", "１": "1", "２": "2", "３": "3", "４": "4", "５": "5", "６": "6", "７": "7", "８": "8", "９": "9",
        "Ⅰ": "I", "Ⅴ": "V", "Ⅹ": "X",
    }
)  # fmt: skip
_ENTITY = re.compile(r"&(?:gt|lt|ge|le|amp|nbsp|#8805|#8804|#62|#60|#x2265|#x2264|quot|#39);", re.IGNORECASE)
_ENTITY_SIGNS = {"gt": ">", "lt": "<", "ge": "≥", "le": "≤", "amp": "&", "nbsp": " ", "#8805": "≥", "#8804": "≤", "#62": ">",
                 "#60": "<", "#x2265": "≥", "#x2264": "≤", "quot": '"', "#39": "'"}  # fmt: skip
_ESCAPE = re.compile(r"\\(?=[^\w\s])")
_TAG = re.compile(r"</?(?:br|p|li|ul|ol|b|i|sup|sub|strong|em|div|span)\s*/?>", re.IGNORECASE)
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉", "01234567890123456789")
_TOKEN = re.compile(
    r"(?P<a>(?<![^\W\d_])(?:e\.\s?g|i\.\s?e|etc|vs|approx|incl|excl)\.|(?<![^\W\d_])[vV]\d+(?:\.\d+)+)|"
    r"(?P<n>(?<![A-Za-z0-9.,])\d{1,3}(?: \d{3})+(?=\s*(?:/|cells|copies|platelets|per\b|IU|U/))|"
    r"(?<![A-Za-z0-9])\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d,]*\d{4})|\d+(?:[.·]\d+)?|(?<![\w.])\.\d+)"
    r"|(?P<w>[^\W\d_]+(?:'[^\W\d_]+)?\d*(?:[^\W_]*)?)"
    r"|(?P<op>[<>]\s{0,2}/?\s{0,2}=|=\s{0,1}[<>]|[≥≤<>=≠]|(?<!\w)\+/-|±)"
    r"|(?P<s>[^\w\s]|_)"
)
_OPS = {"≥": ">=", "≤": "<=", "<": "<", ">": ">", "=": "=", "≠": "!="}
_DECIMAL_COMMA = re.compile(
    r"(?<![\d,.])(\d{1,3}),(\d{1,2})(?![\d,])(?=\s*(?:[x×*%]|[a-zµ°]{1,5}/|mg|g|ng|µ|k|times|U))"
)


_POWER = re.compile(r"\b(c?mm?|m)\\\^([23])\b")


def clean(text: str) -> str:
    """The same text, character for character in the same place, with signs in one spelling and without escapes and tags."""
    text = text.translate(_SIGNS)
    if "&" in text:
        text = _ENTITY.sub(lambda match: _ENTITY_SIGNS[match.group(0)[1:-1].lower()].ljust(len(match.group(0))), text)
    if "\\" in text:
        text = _POWER.sub(r"\1\2  ", text)
        text = _ESCAPE.sub(" ", text)
    if "<" in text:
        text = _TAG.sub(lambda match: " " * len(match.group(0)), text)
    if "," in text:
        text = _DECIMAL_COMMA.sub(r"\1.\2", text)
    return text


def tokenize(text: str) -> list[Token]:
    """Tokens of a cleaned text."""
    tokens = []
    for match in _TOKEN.finditer(text):
        kind, words = match.lastgroup or "s", match.group(0)
        if kind == "a":
            bare = (
                words.lower()
                if words[0] in "vV" and words[1].isdigit()
                else words.lower().replace(".", "").replace(" ", "")
            )
            tokens.append(Token("w", bare, match.start(), match.end()))
        elif kind == "w":
            tokens.append(Token("w", words.lower(), match.start(), match.end()))
        elif kind == "n":
            number = words.replace(",", "").replace(" ", "").replace("·", ".")
            tokens.append(Token("n", number, match.start(), match.end(), Decimal(number)))
        elif kind == "op":
            sign = _operator(words)
            tokens.append(Token("o" if sign else "±", sign or "±", match.start(), match.end()))
        else:
            tokens.append(Token(words, words, match.start(), match.end()))
    return tokens


def _operator(words: str) -> str:
    bare = words.replace(" ", "").replace("/", "")
    if bare in (">=", "=>"):
        return ">="
    if bare in ("<=", "=<"):
        return "<="
    return _OPS.get(bare, "")
