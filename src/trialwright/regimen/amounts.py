"""Text to amounts: `1000-1250 mg/m2`, `5 mg/10 mg/20 mg`, `1.0x10^8 cells`, `AUC 5`; and what only looks like a dose.

A concentration, the content of a vial, a bound on a laboratory value, blood that is drawn and water that is drunk are no
doses. They are marked `strength`, so that nothing takes them for one.
"""

import re
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from trialwright.codes.tables import parts

from .marks import Board, table_rows
from .nodes import Amount, Shape
from .words import NUMBER_WORDS, number

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_POWER = r"10\s?(?:\^\s?\d{1,2}|[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,2}|\*\*\d{1,2})"
_PLAIN = r"(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:[.·]\d+)?|\.\d+)"
_VALUE = rf"(?:{_PLAIN}\s?[x*×]\s?{_POWER}|{_PLAIN}\s?e\+?\d{{1,2}}\b|{_POWER}|{_PLAIN}(?:\s(?:million|billion)\b)?)"
_WORD = rf"(?:{'|'.join(word for word in NUMBER_WORDS if word not in ('a', 'an', 'single'))})"
_RANGE = r"(?:-|~|\bto\b|\bthrough\b|\bup\sto\b)"
_LIST = r"(?:,?\s?\bor\b|,?\s?\band\b|,?\s?&|,(?!\d{3}(?!\d))|(?<!\x00)/)"
_DIVISORS = {
    "m2": "m2", "m²": "m2", "m^2": "m2", "m ^2": "m2", "m^ 2": "m2", "m 2": "m2", "sqm": "m2", "square meter": "m2", "square metre": "m2", "body surface": "m2",
    "kg": "kg", "kilogram": "kg", "kilo": "kg", "kg bw": "kg", "kg body weight": "kg", "kg of body weight": "kg", "kg b.w.": "kg", "lb": "[lb_av]",
    "d": "d", "day": "d", "24 h": "d", "24h": "d", "24 hours": "d", "24 hr": "d", "diem": "d", "week": "wk", "wk": "wk", "month": "mo",
    "h": "h", "hr": "h", "hour": "h", "min": "min", "minute": "min", "fraction": "{fraction}", "fx": "{fraction}", "fr": "{fraction}", "f": "{fraction}",
}  # fmt: skip
"""What an amount is given for, and its UCUM divisor."""
_ONE_TIME = ("dose", "time", "injection", "infusion", "administration", "application", "session", "visit", "subject", "patient", "person", "eye", "body", "treatment", "cycle")
_CONTENT = (
    "ml", "dl", "l", "cc", "µl", "ul", "vial", "tablet", "tab", "capsule", "cap", "pill", "puff", "actuation", "spray", "sachet", "drop", "ampoule", "ampule", "100ml",
    "100 ml", "100 g", "100g", "syringe", "pen", "bottle", "mg", "g", "inhalation", "100 kcal", "cm2", "patch", "site", "milliliter", "mmol", "blister", "teaspoon", "serving",
)  # fmt: skip
_MAX_AUC = 10
_LARGE_VOLUME = 50
"""From so many millilitres on, `1.2 mg/100 mL` is a concentration; `0.5 mg/2 mL` is a dose and what it is dissolved in."""
_BEFORE_NO_DOSE = re.compile(
    r"(?:[<>≤≥=]|\b(?:less|more|greater|lower|higher|fewer) than|\bat least|\bat most|\babove|\bbelow|\bexceed(?:s|ing)?|\bunder|\blimited? (?:to|injections to)"
    r"|\bmaximum(?: daily)?(?: dose)?(?: of)?|\bmax\.?|\bminimum(?: of)?|\b(?:increments?|steps|adjustments?) of|\btaper(?:ed)? by|\b(?:increas|decreas|reduc|titrat|adjust)\w*(?: \w+)? by"
    r"|\bdeliver(?:s|ing)?|\bcontain(?:s|ing|ed)?|\bsupplied (?:as|in)(?: \w+){0,4}|\bformulated (?:as|in)|\bstrength(?: of)?|\bconcentrations? of|\blevels? (?:of|was|is|between|from)"
    r"|\bweigh(?:t|ing|s)?(?: of)?|\bbetween|\bwithin|\bintake of|\bsample of|\bsampling of|\bchange (?:in|of)|\bnot (?:more|to exceed)|\bthan|\bdivided (?:into|in)|\bdiluted in"
    r"|\bdissolved in|\bmixed with|\bsuspended in|\bin a total volume of|\btotal (?:weight|volume) of|\bvolume of|\brequire)\s?\(?$",
    re.IGNORECASE,
)
_BEFORE_VOLUME = re.compile(r"(?:\bin|\binto|\bwith|\bwith approximately) (?:a )?$", re.IGNORECASE)
_BEFORE_SUPPLY = re.compile(r"\b(?:dosages?|supply|packs?|bottles?|box(?:es)?|prescription|number|total) of $", re.IGNORECASE)
_AFTER_NO_DOSE = re.compile(
    r"^\s?(?:of )?(?:[\w-]+ ){0,2}?(?:water|blood|urine|saliva|plasma|serum|marrow|vials?|tubes?|syringes?|ampoules?|bottles?|autoinjectors?|needles?|gauge|load|strengths?)\b"
    r"|^\s(?:induction|therapy|treatment|setting|soc|standard|maintenance|line|chemotherapy)\b|^\s?\(?nominal\)?|^\s?(?:pill|tablet|capsule)s? (?:placebo)?bottle",
    re.IGNORECASE,
)
_DRAWN = re.compile(r"\b(?:blood|urine|saliva|marrow|sampl\w+|draw\w*|collect\w*|biops\w+|aspirat\w+|punctur\w+)\b[^.;]{0,60}$", re.IGNORECASE)


class _Unit(NamedTuple):
    ucum: str
    sort: str


@cache
def _units() -> dict[str, _Unit]:
    return {word.lower(): _Unit(row["ucum"], row["sort"]) for row in table_rows("dose_units") for word in parts(row["words"])}


@cache
def _single() -> re.Pattern[str]:
    return re.compile(rf"(?:{_VALUE}|{_WORD}(?=\s))[\s-]{{0,2}}(?:{_unit_words()})(?![A-Za-z0-9])", re.IGNORECASE)


def _unit_words() -> str:
    return "|".join(re.escape(word).replace(r"\ ", r"\s") for word in sorted(_units(), key=len, reverse=True))


@cache
def _chain() -> re.Pattern[str]:
    one = rf"(?:{_VALUE}|{_WORD}(?=\s))"
    named = r"(?:\s(?!mg|and|or)[A-Za-z][\w+-]*){0,3}?"
    with_unit = rf"(?:[\s-]{{0,2}}(?:{_unit_words()})(?![A-Za-z0-9])(?:\s?/\s?(?:kg|m2|m²|m\s?\^2|day|d|dose|h|min)\b)*)"
    more = rf"\s?(?:{_RANGE}|{_LIST})\s?{_VALUE}{with_unit}?"
    return re.compile(
        rf"(?:(?<=\dx)|(?<![\w.^/])(?<!\d,)(?<![A-Za-z]-))(?P<numbers>{one}{with_unit}?(?:{more}){{0,7}})(?<![\s-])(?:(?P<cells>{named}\s?cells?(?:\s(?:injection|infusion))?)(?=\s?/|\W|$))?",
        re.IGNORECASE,
    )


_AUC = re.compile(
    r"\bAUC\s?(?:=|of|:|-)?\s?\(?(?P<low>\d(?:\.\d+)?)(?:\s?(?:-|to|or)\s?(?P<high>\d(?:\.\d+)?))?\)?(?![\d-]|\s?h\b|\s?-)(?:\s?mg\s?[/x*·]\s?(?:mL|min)[\Wx]{0,2}(?:per )?(?:min(?:utes?)?)?)?",
    re.IGNORECASE,
)
_DIVISOR = re.compile(
    rf"\s?(?:/|\bper\b)\s?(?:each\s|the\s)?(?P<amount>\d+(?:\.\d+)?\s?(?=m[lL]\b|cc\b))?(?P<unit>{'|'.join(re.escape(word).replace(chr(92) + ' ', chr(92) + 's?') for word in sorted((*_DIVISORS, *_ONE_TIME, *_CONTENT), key=len, reverse=True))})s?(?![A-Za-z0-9²])",
    re.IGNORECASE,
)
_NO_SPLIT = "\0/"  # a divisor's slash, which parts no list: 5 mg/kg, 10 mg/kg
_SPLIT = re.compile(rf"\s?(?P<range>{_RANGE})\s?|\s?{_LIST}\s?", re.IGNORECASE)
_MEMBER = re.compile(rf"(?P<value>{_VALUE}|{_WORD}\b)[\s-]*(?P<unit>[^/]*)(?:/.*)?", re.IGNORECASE | re.DOTALL)
_LAST_DIVISORS = re.compile(r"(?:\s?/\s?[A-Za-z][\w²^ ]*)+$")


def mark_amounts(board: Board) -> None:
    """Marks every amount of a text: `amount` for doses, `form` for counted tablets and puffs, `strength` for what is none."""
    for found in _AUC.finditer(board.text):
        values = [Decimal(part) for part in (found["low"], found["high"]) if part]
        if all(0 < value <= _MAX_AUC for value in values) and values == sorted(set(values)):
            board.put("amount", Amount(tuple(values), "{AUC}", "range" if len(values) == 2 else "one"), *found.span())
    found = _chain().search(board.text)
    while found is not None:
        _mark(board, found)
        # A day's number may stand before an amount: "day -20, 400 mg". What is taken already is left out of the chain.
        taken = 0 if board.is_free(*found.span()) or any(mark.start == found.start() for mark in board.marks[-4:]) else 1
        found = _chain().search(board.text, found.start() + 1 if taken else max(found.end(), found.start() + 1))


def _mark(board: Board, found: re.Match[str]) -> None:
    cells = found["cells"]
    end = found.end() if cells else found.end("numbers")
    read = _numbers(found["numbers"])
    if read is None and cells and _is_power(found["numbers"]):
        read = _numbers(f"{found['numbers']} cells")
    elif read is not None and cells:
        end = found.end("numbers")
    if read is None:
        _mark_singly(board, found.start("numbers"), found.end("numbers"))
        return
    _put(board, read, found.start(), end)


def _mark_singly(board: Board, start: int, end: int) -> None:
    """A chain of unlike units, such as `1000 mg/4 ml`: each member by itself, what stands behind a slash left out."""
    for piece in _single().finditer(board.text, start, end):
        read = _numbers(piece[0])
        if read is not None and board.text[piece.start() - 1 : piece.start()] != "/":
            _put(board, read, *piece.span())


def _put(board: Board, read: tuple[tuple[Decimal, ...], _Unit, Shape], start: int, end: int) -> None:
    values, unit, shape = read
    behind = _LAST_DIVISORS.search(board.text, start, end)
    divisors, kind, end = _divisors(board.text, behind.start() if behind else end)
    if kind == "strength" or _is_no_dose(board.text, start, end, unit.sort):
        board.put("strength", None, start, end)
        return
    if any(value <= 0 for value in values) or unit.ucum == "kg":
        return
    try:
        amount = Amount(values, unit.ucum + divisors, shape)
    except ValueError:
        return
    board.put("form" if unit.sort == "form" and not divisors.startswith("/kg") else "amount", amount, start, end)


def _is_power(words: str) -> bool:
    return bool(re.search(_POWER, words))


def _numbers(words: str) -> tuple[tuple[Decimal, ...], _Unit, Shape] | None:
    """The values of a chain, the unit they share, and how they hang together; None without a unit or with several."""
    pieces = _SPLIT.split(re.sub(r"\s?/\s?(?=[A-Za-z])", _NO_SPLIT, words))
    members = [_MEMBER.fullmatch(piece.strip()) for piece in pieces[::2]]
    if not all(members):
        return None
    units = [_units().get(" ".join(member["unit"].lower().replace("\0", "").split())) for member in members if member]
    named = {unit for unit in units if unit}
    if len(named) != 1 or units[-1] is None:
        return None
    values = tuple(_value(member["value"]) for member in members if member)
    if len(values) == 1:
        return values, named.pop(), "one"
    is_range = len(values) == 2 and bool(pieces[1])
    if is_range and values[0] >= values[1]:
        return None
    return values, named.pop(), "range" if is_range else "levels"


def _value(words: str) -> Decimal:
    words = words.translate(_SUPERSCRIPTS) if "^" in words or not re.search("10[⁰¹²³⁴⁵⁶⁷⁸⁹]", words) else _caret(words)
    if power := re.fullmatch(r"(?:(?P<times>[\d.,]+)\s?[x*×]\s?)?10\s?(?:\^\s?|\*\*)(?P<power>\d+)", words, re.IGNORECASE):
        return number(power["times"] or "1") * Decimal(10) ** int(power["power"])
    if short := re.fullmatch(r"([\d.,]+)\s?e\+?(\d+)", words, re.IGNORECASE):
        return number(short[1]) * Decimal(10) ** int(short[2])
    bare, _, scale = words.partition(" ")
    return number(bare) * {"million": Decimal(10) ** 6, "billion": Decimal(10) ** 9}.get(scale.lower(), Decimal(1))


def _caret(words: str) -> str:
    return re.sub("10([⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda found: "10^" + found[1].translate(_SUPERSCRIPTS), words)


def _divisors(text: str, end: int) -> tuple[str, str, int]:
    """What follows an amount after slashes: UCUM divisors, `strength` when it is a content, and where it ends."""
    divisors = ""
    for _ in range(3):
        found = _DIVISOR.match(text, end)
        if found is None:
            break
        word = " ".join(found["unit"].lower().split())
        if word in _CONTENT and not (found["amount"] and Decimal(found["amount"]) < _LARGE_VOLUME):
            return divisors, "strength", found.end()
        if word in _DIVISORS:
            divisors += f"/{_DIVISORS[word]}"
        end = found.end()
    return divisors, "dose", end


def _is_no_dose(text: str, start: int, end: int, sort: str) -> bool:
    before, after = text[max(0, start - 90) : start], text[end : end + 60]
    if _BEFORE_NO_DOSE.search(before) or _AFTER_NO_DOSE.search(after):
        return True
    if sort == "form" and _BEFORE_SUPPLY.search(before):
        return True
    if sort == "volume":
        return bool(_BEFORE_VOLUME.search(before) or _DRAWN.search(before))
    return False
