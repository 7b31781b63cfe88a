"""Text to amounts: `1000-1250 mg/m2`, `5 mg/10 mg/20 mg`, `1.0x10^8 cells`, `AUC 5`; and what only looks like a dose.

A concentration, the content of a vial, a bound on a laboratory value, blood that is drawn and water that is drunk are no
doses. They are marked `strength`, so that nothing takes them for one.
"""

import re
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from trialwright.codes.tables import parts

from .lexicon import either, expression, table_rows
from .marks import Board
from .nodes import Amount, Shape
from .words import NUMBER_WORDS, number

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_POWER = r"10\s?(?:\^\s?\d{1,2}|[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,2}|\*\*\d{1,2})"
_PLAIN = r"(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:[.·]\d+)?|\.\d+)"
_VALUE = (
    rf"(?:{_PLAIN}\s?[x*×]\s?(?:{_POWER}|10\s?e\+?\d{{1,2}}\b)|(?!10\s?e){_PLAIN}\s?e\+?\d{{1,2}}\b|{_POWER}"
    rf"|{_PLAIN}(?:\s(?:million|billion)\b)?)"
)
_WORD = rf"(?:{'|'.join(word for word in NUMBER_WORDS if word not in ('a', 'an', 'single'))})"
_ONE = rf"(?:{_VALUE}|{_WORD}(?=\s))"
_RANGE = r"(?:-|~|\bto\b|\bthrough\b|\bup\sto\b)"
_LIST = r"(?:,?\s?\bor\b|,?\s?\band\b|,?\s?&|,(?!\d{3}(?!\d))|(?<!\x00)/)"
_START = r"(?:(?<=\dx)|(?<![\w.^/])(?<!\d,)(?<![A-Za-z]-))"
_CELLS = r"(?:(?P<cells>(?:\s(?!mg|and|or)[A-Za-z][\w+-]*){0,3}?\s?cells?(?:\s(?:injection|infusion))?)(?=\s?/|\W|$))?"
_NO_SPLIT = "\0/"  # a divisor's slash, which parts no list: 5 mg/kg, 10 mg/kg
_SPLIT = re.compile(rf"\s?(?P<range>{_RANGE})\s?|\s?{_LIST}\s?", re.IGNORECASE)
_MEMBER = re.compile(rf"(?P<value>{_VALUE}|{_WORD}\b)[\s-]*(?P<unit>[^/]*)(?:/.*)?", re.IGNORECASE | re.DOTALL)
_LAST_DIVISORS = re.compile(r"(?:\s?/\s?[A-Za-z][\w²^ ]*)+$")
_MAX_AUC = 10
_FEWEST_FRACTIONS = 3
_LARGE_VOLUME = 50
"""From so many millilitres on, `1.2 mg/100 mL` is a concentration; `0.5 mg/2 mL` is a dose and what it is dissolved in."""


class _Unit(NamedTuple):
    ucum: str
    sort: str


@cache
def _units() -> dict[str, _Unit]:
    return {
        word.lower(): _Unit(row["ucum"], row["sort"])
        for row in table_rows("dose_units")
        for word in parts(row["words"])
    }


class _Divisor(NamedTuple):
    kind: str
    ucum: str


@cache
def _known_divisors() -> dict[str, _Divisor]:
    return {
        word.lower(): _Divisor(row["kind"], row["ucum"])
        for row in table_rows("dose_divisors")
        for word in parts(row["words"])
    }


@cache
def _divisor() -> re.Pattern[str]:
    return re.compile(
        r"\s?(?:/|\bper\b)\s?(?:each\s|the\s)?(?P<amount>\d+(?:\.\d+)?\s?(?=m[lL]\b|cc\b))?"
        rf"(?P<unit>{either(list(_known_divisors()))})s?(?![A-Za-z0-9²])",
        re.IGNORECASE,
    )


@cache
def _single() -> re.Pattern[str]:
    """One amount with its unit."""
    return re.compile(rf"(?<![\d.,]){_ONE}[\s-]{{0,2}}(?:{either(list(_units()))})(?![A-Za-z0-9])", re.IGNORECASE)


@cache
def _chain() -> re.Pattern[str]:
    """Amounts joined by dashes, slashes, commas and conjunctions; the last has a unit, the others may."""
    divisor = r"(?:\s?/\s?(?:kg|m2|m²|m\s?\^2|day|d|dose|h|min)\b)*"
    with_unit = rf"(?:[\s-]{{0,2}}(?:{either(list(_units()))})(?![A-Za-z0-9]){divisor})"
    more = rf"\s?(?:{_RANGE}|{_LIST})\s?{_VALUE}{with_unit}?"
    return re.compile(rf"{_START}(?P<numbers>{_ONE}{with_unit}?(?:{more}){{0,7}})(?<![\s-]){_CELLS}", re.IGNORECASE)


def mark_amounts(board: Board) -> None:
    """Marks every amount of a text: `amount` for doses, `form` for counted tablets and puffs, `strength` for what is none."""
    for found in expression("target-auc").finditer(board.text):
        values = [Decimal(part) for part in (found["low"], found["high"]) if part]
        if all(0 < value <= _MAX_AUC for value in values) and values == sorted(set(values)):
            shape: Shape = "one" if len(values) == 1 else "levels" if found["to"].lower() in ("or", "/") else "range"
            board.put("amount", Amount(tuple(values), "{AUC}", shape), *found.span())
    at, limit = 0, len(board.text)
    while (chain := _chain().search(board.text, at, limit)) is not None:
        taken = board.first_taken(*chain.span())
        if taken is None:
            _mark(board, chain)
            at, limit = max(chain.end(), chain.start() + 1), len(board.text)
        elif taken > chain.start():
            at, limit = chain.start(), taken  # "3.2 mg/kg -7 to -5": what was read as days is no end of a range
        else:
            at, limit = chain.start() + 1, len(board.text)


def _mark(board: Board, found: re.Match[str]) -> None:
    """Marks one chain; `cells` may stand behind the name of what they are: `3x10^7 CAR-T cells`."""
    read, end = _numbers(found["numbers"]), found.end("numbers")
    if read is None and found["cells"] and re.search(rf"{_POWER}|\de\d|illion", found["numbers"]):
        read, end = _numbers(f"{found['numbers']} cells"), found.end()
    if read is None and (shorter := re.sub(rf"\s?(?:{_LIST})\s?{_PLAIN}$", "", found["numbers"])) != found["numbers"]:
        read, end = _numbers(shorter), found.start("numbers") + len(shorter)
    if read is None:
        _mark_singly(board, found.start("numbers"), found.end("numbers"))
    else:
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
    divisors, is_content, end = _divisors(board.text, behind.start() if behind else end)
    by_ige = expression("by-ige").match(board.text[end : end + 40])
    end += by_ige.end() if by_ige else 0
    if is_content or (by_ige is None and _is_no_dose(board, start, end, unit.sort)):
        board.put("strength", None, start, end)
        return
    if any(value <= 0 for value in values) or unit.ucum == "kg":
        return
    if unit.ucum == "Gy" and shape == "levels" and _put_fraction(board, values, start, end):
        return
    try:
        amount = Amount(values, unit.ucum + divisors, shape)
    except ValueError:
        return
    board.put("form" if unit.sort == "form" and not divisors.startswith("/kg") else "amount", amount, start, end)


def _put_fraction(board: Board, values: tuple[Decimal, ...], start: int, end: int) -> bool:
    """`70 Gy/2 Gy`: what is given in all, and in one fraction. Returns whether it was that."""
    slash = board.text.find("/", start, end)
    if len(values) != 2 or slash < 0 or values[1] * _FEWEST_FRACTIONS > values[0]:
        return False
    board.put("amount", Amount(values[:1], "Gy"), start, slash)
    board.put("amount", Amount(values[1:], "Gy/{fraction}"), slash + 1, end)
    return True


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
    values = _values([member["value"] for member in members if member])
    if len(values) == 1:
        return values, named.pop(), "one"
    is_range = len(values) == 2 and bool(pieces[1])
    if is_range and values[0] >= values[1]:
        return None
    return values, named.pop(), "range" if is_range else "levels"


def _values(words: list[str]) -> tuple[Decimal, ...]:
    """The values of a chain; a power that only the last one has is of all: `1-5 x 10^8 cells`."""
    shared = re.search(rf"[x*×]\s?(?:{_POWER}|10\s?e\+?\d{{1,2}})$", words[-1], re.IGNORECASE)
    if shared is None or not all(re.fullmatch(r"\d{1,3}(?:\.\d+)?", word) for word in words[:-1]):
        return tuple(map(_value, words))
    return tuple(_value(word if word is words[-1] else word + shared[0]) for word in words)


def _value(words: str) -> Decimal:
    words = words.translate(_SUPERSCRIPTS) if "^" in words or not re.search("10[⁰¹²³⁴⁵⁶⁷⁸⁹]", words) else _caret(words)
    words = re.sub(r"(?<=[x*×])\s?10\s?e\+?(?=\d)", "10^", words, flags=re.IGNORECASE)  # 1.5 x 10e6 cells
    if power := re.fullmatch(
        r"(?:(?P<times>[\d.,]+)\s?[x*×]\s?)?10\s?(?:\^\s?|\*\*)(?P<power>\d+)", words, re.IGNORECASE
    ):
        return _whole(number(power["times"] or "1") * Decimal(10) ** int(power["power"]))
    if short := re.fullmatch(r"([\d.,]+)\s?e\+?(\d+)", words, re.IGNORECASE):
        return _whole(number(short[1]) * Decimal(10) ** int(short[2]))
    bare, _, scale = words.partition(" ")
    return number(bare) * {"million": Decimal(10) ** 6, "billion": Decimal(10) ** 9}.get(scale.lower(), Decimal(1))


def _whole(value: Decimal) -> Decimal:
    """The value without a fraction that is all zeros."""
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value


def _caret(words: str) -> str:
    return re.sub("10([⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda found: "10^" + found[1].translate(_SUPERSCRIPTS), words)


def _divisors(text: str, end: int) -> tuple[str, bool, int]:
    """What follows an amount after slashes: UCUM divisors, whether it is a content and so no dose, and where it ends."""
    divisors = ""
    for _ in range(3):
        found = _divisor().match(text, end)
        if found is None:
            break
        divisor = _known_divisors()[" ".join(found["unit"].lower().split())]
        end = found.end()
        volume = Decimal(found["amount"]) if found["amount"] else Decimal(1)
        if divisor.kind == "content" and not 1 < volume < _LARGE_VOLUME:
            return divisors, True, end
        divisors += f"/{divisor.ucum}" if divisor.ucum else ""
    return divisors, False, end


def _is_no_dose(board: Board, start: int, end: int, sort: str) -> bool:
    text = board.text
    before, after = text[max(0, start - 90) : start], text[end : end + 60]
    if expression("before-no-dose").search(before) or expression("behind-no-dose").search(after):
        return True
    if re.fullmatch(r"[1-4]L", text[start:end]):
        return True  # 1L I-DXd: a line of treatment
    if sort == "form":
        return bool(expression("before-supply").search(before))
    if sort == "volume":
        is_of_drug = (
            board.first_taken(end, end + len(" of X")) is not None
        )  # "660 ml of Shan Shang Water", a drug of the record
        is_carrier = expression("before-volume").search(before) or (
            not is_of_drug and expression("behind-volume").search(after)
        )
        return bool(is_carrier or expression("drawn").search(before))
    return False
