"""Tokens to chunks: bounds with their units, windows with their anchors, stages, closed words and vocabulary terms.

A chunk has a one-letter category, so that a phrase reads as a short string that the patterns of `criteria.atoms` match whole.
Words that nothing knows become `U` chunks: no word is lost between the text and the tree.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from typing import Any

import msgspec

from trialwright.codes.concepts import Kind
from trialwright.codes.places import Span
from trialwright.codes.quantities import Op
from trialwright.codes.units import find_unit
from trialwright.codes.vocabulary import Vocabulary
from trialwright.criteria.chunks import TIME_UNITS, Bound, Chunk, StageRead
from trialwright.criteria.manuals import with_tiers, without_manuals
from trialwright.criteria.nodes import Anchor, Relative, Window
from trialwright.criteria.or_other import with_others
from trialwright.criteria.phrases import Phrases, load_phrases, longest
from trialwright.criteria.tokens import Token, clean, tokenize

CATEGORIES = {
    "neg": "N", "status": "S", "bare": "b", "treated": "T", "allergic": "L", "except": "X", "if": "I", "open": "E", "eg": "e",
    "ie": "i", "attest": "J", "listall": "V", "listany": "v", "atleast": "a", "age": "g", "older": "o", "adult": "A", "male": "m",
    "female": "f", "anysex": "x", "wocbp": "w", "subject": "H", "filler": "F", "allowed": "P", "excluded": "Z", "grade": "q",
    "dose": "D", "equivalent": "z", "lines": "l", "quality": "q", "either_way": "y", "lead_colon": "n", "dayrate": "d", "halflife": "h",
    "inclusive": "F", "relative": "r", "prep": "p", "and": "&", "relclause": "u", "result": "j", "nothing": "0", "series": "3",
}  # fmt: skip
"""Phrase category -> chunk letter. Others: Q bound, W window, s "since" bound, t stage, C condition or finding, R drug or vaccine,
O procedure or device, M measure, K scale, B body site, & | , ; : . ( ) / - + signs, U unknown word, # bare number."""

_KIND_LETTERS: dict[Kind, str] = {
    "condition": "C", "finding": "C", "behaviour": "C", "event": "C", "allergy": "C", "drug": "R", "vaccine": "R", "procedure": "O",
    "device": "O", "lab": "M", "measurement": "M", "scale": "K", "site": "B",
}  # fmt: skip
_CONNECTIVES = {"and": "&", "or": "|", "&": "&", "plus": "&", "nor": "|"}
_SIGNS = frozenset(",;:.()/-+±~%\"'*=^|?!_°µ$@")
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5}
_STAGE = re.compile(
    r"(?P<prefix>(?:yp|yc|[cpry])(?=[TNM]))?(?P<first>(?:T(?:is|[0-4x])|N[0-3x]|M[01x])[a-d]?)(?![a-zA-Z]{2})",
    re.IGNORECASE,
)
_STAGE_MORE = re.compile(
    r"\s*(?:(?P<to>-|to|through)\s*(?:[crpy]{0,2})?(?P<letter>[TNM])?(?P<last>[0-4](?:[a-d])?)(?!\d)|"
    r"(?P<sep>[,/]|or|and)?\s*(?:[crpy]{0,2})?(?P<next>(?:T(?:is|[0-4x])|N[0-3x]|M[01x])[a-d]?)(?![a-zA-Z]{2}))",
    re.IGNORECASE,
)
_GROUP = re.compile(r"(?P<value>(?:IV|I{1,3}|0|[1-4])(?:\s?[A-E](?![a-z])\d?)?)(?![A-Za-z0-9])", re.IGNORECASE)
_GROUP_MORE = re.compile(
    r"\s*(?P<sep>-|to|through|,\s*or|,\s*and|,|/|or|and|&)\s*(?:stage\s*)?"
    r"(?P<value>(?:IV|I{1,3}|[1-4])(?:\s?[A-E](?![a-z])\d?)?)(?![A-Za-z0-9])",
    re.IGNORECASE,
)


_LISTING = re.compile(
    r"(?:(?:at least|a minimum of|minimum of|minimum|any|either|≥|>=)\s+)?(?P<count>one|two|three|four|five|six|[1-9])\b"
    r"(?:\s*\(\s*[1-9]\s*\))?(?:\s+or more|\s+or both)?\s+(?:of|from|out of)"
    r"(?:\s*(?=:)|\s+(?:the\s+|these\s+|those\s+)?"
    r"(?:below|above|(?:next\s+)?(?:following|listed)(?:\s+(?:listed\s+)?(?:criteria|criterion|"
    r"conditions?|symptoms?|signs?|features|characteristics|risk factors?|factors|items?|findings|groups|categories|"
    r"parameters|tests|diagnoses|reasons|situations|events|options))?|"
    r"these(?:\s+(?:criteria|conditions))?|criteria below|following)\b)",
    re.IGNORECASE,
)


_POINTED = re.compile(r"\d{1,3}\.\d{3}")
_MANUAL_WORDS = (
    r"(?:\b(?:the|as|defined|by|according|to|per|using|based|on|with|of|and|or|AJCC|UICC|TNM|American\s+Joint\s+Commit?t?ee\s+(?:on|for)\s+Cancer|"
    r"International\s+Union\s+(?:Against|for)\s+Cancer|Union\s+for\s+International\s+Cancer\s+Control|staging|stage|system|manual|classification|"
    r"criteria|guidelines?|cancer|for [A-Z]{2,6}|edition|ed|version|v|sixth|seventh|eighth|ninth|"
    r"\d{1,2}(?:\.\d)?(?:th|st|nd|rd)?)\b[\s,./]*)+"
)
_MANUAL = re.compile(rf"[\s,]*(?:\((?P<inside>{_MANUAL_WORDS})\)|(?P<behind>{_MANUAL_WORDS}))", re.IGNORECASE)
_MANUAL_BEFORE = re.compile(
    r"(?:AJCC|UICC|TNM)[\s/,]+(?:(?:AJCC|UICC|TNM)[\s/,]+)*(?:\(?(?P<edition>\d)(?:th)?\s+ed(?:ition|\.)?\)?[\s,]+)?(?=stages?\b)",
    re.IGNORECASE,
)
_NAMES_MANUAL = re.compile(r"\b(?:AJCC|UICC|TNM|Joint Commit?t?ee|Union|edition|ed)\b", re.IGNORECASE)
_EDITION = re.compile(
    r"\b(?:(?P<digit>\d{1,2})(?:\.\d)?(?:th|st|nd|rd)?[\s,]*(?:ed\b|edition)|(?P<word>sixth|seventh|eighth|ninth) edition|"
    r"(?:edition|ed\.?|version|v\.?)\s*(?P<behind>\d{1,2})\b|(?:AJCC|UICC)[\s,]+(?P<bare>\d)(?:th)?\b)",
    re.IGNORECASE,
)
_SPELLED = {"sixth": "6", "seventh": "7", "eighth": "8", "ninth": "9"}
_PER_MICROLITRE = frozenset({"/uL", "/mm3", "{cells}/uL", "/mm³"})


class Lexer:
    """Reads one text; `chunks()` gives its chunks in order."""

    def __init__(self, text: str, vocabulary: Vocabulary) -> None:
        self.text = clean(text)
        self.tokens = _joined(tokenize(self.text))
        self.words = [token.word for token in self.tokens]
        self.vocabulary = vocabulary
        self.phrases: Phrases = load_phrases()
        starting = self.phrases.starting
        self._starts = [starting(word) for word in self.words]
        self._bounds: dict[int, tuple[str, Bound, int] | None] = {}

    def chunks(self) -> list[Chunk]:
        chunks: list[Chunk] = []
        place = 0
        while place < len(self.tokens):
            chunk, place = self._next(place)
            if (
                chunks
                and chunks[-1].value == "non"
                and chunks[-1].cat == "U"
                and chunk.cat == "C"
                and chunk.value.kind in _STATES
            ):
                # "non-pregnant" denies a state; "non-small cell" names a disease, and the vocabulary knows it whole.
                chunks[-1] = chunks[-1]._replace(cat="N")
            if chunk.cat == "F" and self.text[chunk.start : chunk.end] == "A" and chunks and chunks[-1].cat == "K":
                # "Child-Pugh A": a class, not an article.
                chunk = chunk._replace(cat="U", value="a")
            chunks.append(chunk)
        return with_tiers(without_manuals(with_others(chunks, self.text), self.text))

    def _next(self, at: int) -> tuple[Chunk, int]:
        token = self.tokens[at]
        readers = _READERS.get(token.kind, ())
        if token.kind == "w" and self._starts[at] is None and token.word not in _OPENING:
            # No closed word begins here: only a stage or a name can.
            readers = _NAMES
        for read in readers:
            found = read(self, at)
            if found is not None:
                cat, value, after = found
                after = min(after, len(self.tokens))
                return self._chunk(cat, value, at, after), after
        if token.kind == "&":
            return self._chunk("&", "and", at, at + 1), at + 1
        if token.kind == "o":
            return self._chunk("c", token.word, at, at + 1), at + 1
        if token.kind in _SIGNS and token.kind != "|":
            return self._chunk(token.kind, None, at, at + 1), at + 1
        return self._chunk("U", token.word, at, at + 1), at + 1

    def _chunk(self, cat: str, value: Any, at: int, after: int) -> Chunk:
        return Chunk(cat, value, self.tokens[at].start, self.tokens[after - 1].end)

    def phrase(self, category: str, at: int) -> tuple[str, int] | None:
        starts = self._starts[at] if at < len(self._starts) else None
        found = starts.get(category) if starts else None
        return None if found is None else longest(found, self.words, at)

    # numbers ------------------------------------------------------------------------------------------------------------------

    def number(self, at: int) -> tuple[Decimal, int] | None:
        """A number in digits or words; "four (4)" is one number."""
        if at >= len(self.tokens):
            return None
        token = self.tokens[at]
        if token.kind == "n" and token.value is not None:
            return token.value, at + 1
        if token.kind != "w":
            return None
        spelled = self.phrase("number", at)
        if spelled is None:
            return None
        value, after = Decimal(spelled[0]), spelled[1]
        if self.words[after : after + 1] == ["("] and self.words[after + 2 : after + 3] == [")"]:
            again = self.tokens[after + 1].value
            if again == value:
                return value, after + 3
        return value, after

    def unit(self, at: int) -> tuple[str | None, int]:
        """The unit behind the token before `at`: a time unit as `time:week`, another as UCUM, or None."""
        time = self.phrase("timeunit", at) or (
            self.phrase("timeunit", at + 1) if self.words[at : at + 1] == ["-"] else None
        )
        char = self.tokens[at - 1].end
        found = find_unit(self.text, char) if char < len(self.text) else None
        if found is not None and found[1] > char:
            after = at
            while after < len(self.tokens) and self.tokens[after].start < found[1]:
                after += 1
            if (time is None or after > time[1]) and (
                time is None or found[0] not in ("d", "wk", "mo", "a", "h", "min")
            ):
                return found[0], after
        if time is not None:
            return f"time:{time[0]}", time[1]
        return None, at

    def relative(self, at: int) -> tuple[Relative, int] | None:
        place = at
        while self.words[place : place + 1] in (["*"], ["×"], ["x"], ["("], ["fold"], ["-"]):
            place += 1
            if place > at + 2:
                break
        found = self.phrase("relative", at) or self.phrase("relative", place)
        if found is None:
            return None
        value, after = found
        if self.words[after : after + 3] in (["(", "uln", ")"], ["(", "lln", ")"], ["(", "unl", ")"]):
            after += 3
        elif place > at and self.words[place - 1] == "(" and self.words[after : after + 1] == [")"]:
            after += 1
        return value, after  # type: ignore[return-value]

    def amount(self, at: int) -> tuple[Decimal, Decimal | None, str | None, Relative | None, int] | None:
        """number [to number] [unit] [of a limit]: value, upper value, unit, limit, token after."""
        first = self.number(at)
        if first is None:
            return None
        low, after = first
        unit, after_unit = self.unit(after)
        relative = self.relative(after) if unit is None else None
        high: Decimal | None = None
        middle = after_unit
        if (
            self.words[middle : middle + 1] in (["-"], ["to"], ["~"], ["through"], ["±"], ["until"])
            and relative is None
        ):
            second = self.number(middle + 1)
            if second is not None and self.words[middle] != "±" and (second[0] > low or unit == "time:month"):
                high, after = second
                unit_high, after_unit = self.unit(after)
                if unit == "time:month" and unit_high == "time:year":
                    # Ages from months to years: a year of age is twelve months of age.
                    high = high * 12
                elif unit_high is not None or unit is None:
                    unit = unit_high
                relative = self.relative(after_unit) if unit is None else None
        if relative is not None:
            return low, high, "1", relative[0], relative[1]
        if unit in _PER_MICROLITRE and _POINTED.fullmatch(self.tokens[at].word):
            # "90.000/mm³": nobody counts cells to a thousandth; the point divides thousands.
            low, high = Decimal(int(low * 1000)), None if high is None else Decimal(int(high * 1000))
        return low, high, unit, None, after_unit

    def comparator(self, at: int) -> tuple[Op, int] | None:
        if at >= len(self.tokens):
            return None
        if self.tokens[at].kind == "o":
            op, after = self.words[at], at + 1
            if op in ("<", ">") and self.words[after : after + 3] == ["or", "equal", "to"]:
                return op + "=", after + 3  # type: ignore[return-value]
            if op in ("<", ">") and self.words[after : after + 2] == ["or", "="]:
                after += 2 + (self.words[after + 2 : after + 3] in (["to"], ["than"]))
                return op + "=", after  # type: ignore[return-value]
            return op, after  # type: ignore[return-value]
        found = self.phrase("op", at)
        if found is None:
            return None
        after = found[1]
        if (
            after < len(self.tokens)
            and self.tokens[after].kind == "o"
            and self.words[after] in (found[0], found[0] + "=")
        ):
            return self.words[after], after + 1  # type: ignore[return-value]
        if self.words[after : after + 1] == ["("] and self.words[after + 1 : after + 3] in (
            [">", ")"],
            [">=", ")"],
            ["<", ")"],
            ["<=", ")"],
        ):
            after += 3
        while self.words[after : after + 1] in (["a"], ["the"], ["of"]):
            after += 1
        return found[0], after  # type: ignore[return-value]

    def bound(self, at: int) -> tuple[str, Bound, int] | None:
        """A number as a limit, with comparator before or after it, or a range."""
        if at not in self._bounds:
            self._bounds[at] = self._bound(at) if self._may_be_bound(at) else None
        return self._bounds[at]

    def _may_be_bound(self, at: int) -> bool:
        """Whether a limit can begin with this token at all."""
        if at >= len(self.tokens):
            return False
        starts = self._starts[at]
        return self.tokens[at].kind in "no" or (starts is not None and not _BOUND_STARTS.isdisjoint(starts))

    def _bound(self, at: int) -> tuple[str, Bound, int] | None:
        between = self.phrase("between", at)
        if between is not None:
            found = self._between(between[1])
            if found is None or "age" not in " ".join(self.words[at : between[1]]):
                return found
            bound = msgspec.structs.replace(found[1], age=True, unit=found[1].unit or "time:year")
            return found[0], bound, found[2]
        op = self.comparator(at)
        place = op[1] if op else at
        named = self.phrase("age", place) if op and self.words[place : place + 1] in (["the"], ["age"]) else None
        if named is not None:
            place = named[1]
        amount = self.amount(place)
        if amount is None:
            relative = self.relative(place) if op else None
            if op and relative is not None:
                return "Q", _bound(op[0], (Decimal(1), None, "1", relative[0])), relative[1]
            return None
        low, high, unit, limit, after = amount
        aged = self.phrase("age", after) if unit in TIME_UNITS or unit is None else None
        post = self.phrase("postop", after) or (self.phrase("postop", aged[1]) if aged else None)
        if post is None and unit is None and self.words[after : after + 1] == ["+"]:
            post = (">=", after + 1)
        if op is None and post is not None and high is None:
            after, op = post[1], (post[0], post[1])  # type: ignore[assignment]
            if unit is None:
                unit, after = self.unit(after)
        elif op is None and high is None and self.words[after : after + 1] == ["+"]:
            op, after = (">=", after + 1), after + 1
            if unit is None:
                unit, after = self.unit(after)
        if named is not None:
            bound = _bound(op[0] if op else "=", (low, high, unit or "time:year", limit))
            return "Q", msgspec.structs.replace(bound, age=True), after
        if op is None and high is None and unit is None and limit is None:
            return "#", _bound("=", (low, None, None, None), stated=False), after
        inclusive = self.phrase("inclusive", after) or self.phrase("inclusive", after + 1)
        if (inclusive and self.words[after : after + 1] in (["("], [","])) or (
            inclusive and self.phrase("inclusive", after)
        ):
            after = inclusive[1] + (
                1 if self.words[inclusive[1] : inclusive[1] + 1] == [")"] and self.words[after] == "(" else 0
            )
        return (
            "Q",
            _bound(op[0] if op else "=", (low, high, unit, limit), stated=op is not None or high is not None),
            after,
        )

    def _between(self, at: int) -> tuple[str, Bound, int] | None:
        first = self.amount(at)
        if first is None:
            return None
        low, high, unit, limit, after = first
        if high is None:
            if self.words[after : after + 1] not in (["and"], ["-"], ["to"], ["&"]):
                return None
            second = self.amount(after + 1)
            if second is None or second[0] <= low:
                return None
            high, unit, limit, after = second[0], second[2] or unit, second[3], second[4]
        inclusive = self.phrase("inclusive", after)
        if inclusive:
            after = inclusive[1]
        elif self.words[after : after + 1] in (["("], [","]) and (inclusive := self.phrase("inclusive", after + 1)):
            after = inclusive[1] + (self.words[after] == "(")
        return "Q", _bound("=", (low, high, unit, limit)), after

    # time -----------------------------------------------------------------------------------------------------------------------

    def window(self, at: int) -> tuple[str, Any, int] | None:
        """A window relative to an anchor, or a "since" bound that an event must follow."""
        within = self.phrase("within", at)
        if within is not None:
            found = self._within(at, within[1])
            if found is not None:
                return found
        found = self._lasting(at) or self._plain_anchor(at)
        if found is not None:
            return found
        amount = self.bound(at)
        if amount is None or amount[0] != "Q" or amount[1].time is None or amount[1].relative is not None:
            return None
        return self._before(at, amount[1], amount[2])

    def _anchor(self, at: int) -> tuple[Anchor | None, int]:
        place = at
        while self.words[place : place + 1] in (
            ["the"],
            ["their"],
            ["of"],
            ["any"],
            ["a"],
            ["planned"],
            ["anticipated"],
            ["time"],
            ["date"],
        ):
            place += 1
        found = self.phrase("anchor", at) or self.phrase("anchor", place)
        if found is None:
            return None, at
        after = found[1]
        while self.words[after : after + 1] and self.words[after] in _ANCHOR_TAILS:
            after += 1
        if self.words[after : after + 1] == ["of"] and found[0] in ("first_dose", "last_dose"):
            agent = self.vocabulary.longest(self.words, after + 1)
            after = after + 1 + agent[1] if agent is not None and agent[0].kind in ("drug", "vaccine") else after
        return found[0], after  # type: ignore[return-value]

    def _within(self, at: int, place: int) -> tuple[str, Any, int] | None:
        word = self.words[at]
        last = None
        while self.words[place : place + 1] in (["the"], ["a"]):
            place += 1
        last = self.phrase("last", place)
        if last:
            place = last[1]
        amount = self.bound(place)
        if amount is None or amount[0] not in "Q#" or amount[1].time is None:
            unit = self.phrase("timeunit", place) if last else None
            if unit is None:
                return self._during(at, place) if word in ("during", "throughout", "for", "over") else None
            bound, place = _bound("<=", (Decimal(1), None, f"time:{unit[0]}", None)), unit[1]
        else:
            bound, place = amount[1], amount[2]
        side, anchor, place, anchored = self._side(place)
        if word not in ("within", "during") and last is None and not anchored:
            return None
        if word == "for" and last is None:
            return "W", self._window(at, place, anchor=anchor, side="before", lasting=bound.duration(bound.low)), place
        least = bound.duration(bound.low) if bound.high is not None else None
        most = bound.duration(bound.high if bound.high is not None else bound.low)
        return "W", self._window(at, place, side=side, at_most=most, at_least=least, anchor=anchor), place

    def _side(self, place: int) -> tuple[str, Anchor | None, int, bool]:
        """`before first dose`, `of enrolment`, `after surgery` behind a duration: side, anchor, token after, whether any stood there."""
        for category, side in (("before", "before"), ("after", "after"), ("since", "before")):
            word = self.phrase(category, place)
            if word is not None:
                anchor, after = self._anchor(word[1])
                if anchor is not None:
                    return side, anchor, after, True
                if category == "before" and self.words[place] in ("before", "prior", "previously", "preceding"):
                    return side, None, word[1], True
        if self.words[place : place + 1] in (["ago"], ["previously"], ["earlier"]):
            return "before", None, place + 1, True
        return "before", None, place, False

    def _before(self, at: int, bound: Bound, place: int) -> tuple[str, Any, int] | None:
        """A duration with its side behind it: "4 weeks before first dose", "at least 4 weeks since"."""
        side, anchor, after, anchored = self._side(place)
        if anchored and not (anchor in _COURSE and self.phrase("since", place)):
            strict = bound.stated and (bound.low_op == ">" or bound.high_op == "<")
            if bound.low is not None and bound.high is None and bound.stated:
                return (
                    "W",
                    self._window(
                        at, after, side=side, at_least=bound.duration(bound.low), strict=strict, anchor=anchor
                    ),
                    after,
                )
            most = bound.high if bound.high is not None else bound.low
            least = bound.low if bound.high is not None else None
            limits = {"at_most": bound.duration(most), "at_least": bound.duration(least)}
            return "W", self._window(at, after, side=side, strict=strict, anchor=anchor, **limits), after
        since = self.phrase("since", place)
        if since is not None and self.words[place] in (
            "since",
            "from",
            "beyond",
            "elapsed",
            "have",
            "must",
            "has",
            "should",
            "after",
            "post",
        ):
            return "s", bound, since[1]
        after_word = self.phrase("after", place)
        if after_word is not None:
            return "s", bound, after_word[1]
        return None

    def _lasting(self, at: int) -> tuple[str, Any, int] | None:
        if self.words[at] not in ("for", "lasting", "of") or at + 1 >= len(self.words):
            return None
        amount = self.bound(at + 1)
        if amount is None or amount[0] != "Q" or amount[1].time is None or self.words[at] == "of":
            return None
        bound, place = amount[1], amount[2]
        side, anchor, after, anchored = self._side(place)
        low = bound.low if bound.low is not None else None
        if low is None:
            return None
        return (
            "W",
            self._window(at, after if anchored else place, side=side, lasting=bound.duration(low), anchor=anchor),
            after if anchored else place,
        )

    def _during(self, at: int, place: int) -> tuple[str, Any, int] | None:
        anchor, after = self._anchor(place)
        if anchor is None or (self.words[at] not in ("during", "throughout", "over") and anchor != "trial"):
            return None
        if anchor in _OWN_COURSE:
            # "During radiotherapy" is not during the trial.
            return None
        return "W", self._window(at, after, side="during", anchor="trial"), after

    def _plain_anchor(self, at: int) -> tuple[str, Any, int] | None:
        """ "before enrolment", "prior to randomization", without a duration."""
        word = self.phrase("before", at)
        if self.words[at] == "at":
            anchor, after = self._anchor(at + 1)
            return (
                ("W", self._window(at, after, anchor=anchor), after) if anchor in ("first_dose", "last_dose") else None
            )
        if word is None or self.words[at] not in ("before", "prior", "preceding"):
            return None
        if self.words[at] == "prior" and self.words[at + 1 : at + 2] != ["to"]:
            return None
        anchor, after = self._anchor(word[1])
        return None if anchor is None else ("W", self._window(at, after, anchor=anchor), after)

    def _window(self, at: int, after: int, **fields: Any) -> Window:
        return Window(span=Span(self.tokens[at].start, self.tokens[after - 1].end), **fields)

    def graded(self, at: int) -> tuple[str, Any, int] | None:
        """`grade 2 or higher`, `grade III-IV`, `>= grade 2`: the grade as a bound."""
        op = self.comparator(at)
        named = self.phrase("grade", op[1] if op else at)
        if named is None:
            return None
        place = named[1]
        op_behind = self.comparator(place)
        if op is None and op_behind is not None:
            op, place = op_behind, op_behind[1]
        low = self._rank(place)
        if low is None:
            return None
        value, after = low
        high: Decimal | None = None
        while self.words[after : after + 1] in (["-"], ["to"], ["or"], ["and"], ["/"], [","]):
            more = self._rank(after + 1)
            if more is None or more[0] <= (high or value):
                break
            high, after = more
        post = self.phrase("postop", after)
        if post is not None and high is None and op is None:
            op, after = (post[0], post[1]), post[1]  # type: ignore[assignment]
        elif self.words[after : after + 1] == ["+"]:
            op, after = (">=", after + 1), after + 1
        return "k", _bound(op[0] if op else "=", (value, high, None, None)), after

    def _rank(self, at: int) -> tuple[Decimal, int] | None:
        """A number or a Roman numeral."""
        if self.words[at : at + 1] and self.words[at] in _ROMAN:
            return Decimal(_ROMAN[self.words[at]]), at + 1
        number = self.number(at)
        if number is None and self.words[at : at + 1] == ["grade"]:
            return self._rank(at + 1)
        return number

    # stages ---------------------------------------------------------------------------------------------------------------------

    def stage(self, at: int) -> tuple[str, list[StageRead], int] | None:
        token = self.tokens[at]
        if token.word in ("stage", "stages"):
            return self._stage_group(at)
        named = _MANUAL_BEFORE.match(self.text, token.start)
        if named is not None:
            place = next(place for place in range(at, len(self.tokens)) if self.tokens[place].start >= named.end())
            return self._stage_group(place, named.group("edition"))
        match = _STAGE.match(self.text, token.start)
        if match is None or (len(token.word) < 2):
            return None
        if match.group("first")[0].islower() and not match.group("prefix"):
            return None
        values: dict[str, list[str]] = {}
        letter, value = match.group("first")[0].upper(), match.group("first")[1:]
        values.setdefault(letter, []).append(letter + value)
        end = match.end()
        while more := _STAGE_MORE.match(self.text, end):
            if more.group("to"):
                last = more.group("last")
                letter = (more.group("letter") or letter).upper()
                values.setdefault(letter, []).extend(_span_of_stages(values.get(letter, ["T0"])[-1], letter + last))
            elif more.group("next"):
                letter = more.group("next")[0].upper()
                values.setdefault(letter, []).append(letter + more.group("next")[1:])
            end = more.end()
        edition, end = self._manual(end)
        after = self._token_at(at, end)
        prefix = (match.group("prefix") or "").lower() or None
        reads = [
            StageRead(system, tuple(dict.fromkeys(allowed)), prefix, edition) for system, allowed in values.items()
        ]
        return "t", reads, after

    def _manual(self, end: int) -> tuple[str | None, int]:
        """`(AJCC 8th edition)`, `by the TNM classification`: the manual behind a stage, its edition where one is named."""
        match = _MANUAL.match(self.text, end)
        words = (match.group("inside") or match.group("behind")) if match else ""
        if match is None or not _NAMES_MANUAL.search(words):
            return None, end
        edition = _EDITION.search(words)
        if edition is None:
            return None, match.end()
        number = edition.group("digit") or edition.group("behind") or edition.group("bare")
        return number or _SPELLED[edition.group("word").lower()], match.end()

    def _token_at(self, at: int, end: int) -> int:
        while at < len(self.tokens) and self.tokens[at].start < end:
            at += 1
        return at

    def _stage_group(self, at: int, edition: str | None = None) -> tuple[str, list[StageRead], int] | None:
        start = self.tokens[at].end
        gap = re.compile(r"[\s:(]*").match(self.text, start)
        match = _GROUP.match(self.text, gap.end() if gap else start)
        if match is None:
            return None
        allowed = [_group(match.group("value"))]
        end = match.end()
        while more := _GROUP_MORE.match(self.text, end):
            value = _group(more.group("value"))
            if more.group("sep") in ("-", "to", "through"):
                allowed.extend(_span_of_groups(allowed[-1], value))
            else:
                allowed.append(value)
            end = more.end()
        named, end = self._manual(end)
        return "t", [StageRead("group", tuple(dict.fromkeys(allowed)), None, edition or named)], self._token_at(at, end)

    def listing(self, at: int) -> tuple[str, Any, int] | None:
        """`at least two of the following criteria`, `any one of these`, `two of:`: how many members of a list are asked."""
        match = _LISTING.match(self.text, self.tokens[at].start)
        if match is None:
            return None
        count = self.phrases.at("number", [match.group("count").lower()], 0)
        number = int(match.group("count")) if match.group("count").isdigit() else int(count[0]) if count else 0
        if number < 1:
            return None
        after = at
        while after < len(self.tokens) and self.tokens[after].start < match.end():
            after += 1
        return ("v", None, after) if number == 1 else ("a", str(number), after)

    # words ----------------------------------------------------------------------------------------------------------------------

    def term(self, at: int) -> tuple[str, Any, int] | None:
        """The longest phrase or vocabulary term; at equal length the phrase."""
        best: tuple[str, Any, int] | None = None
        for letter, phrases in _terms(self.words[at]):
            found = longest(phrases, self.words, at)
            if found is not None and (best is None or found[1] > best[2]):
                best = letter, found[0], found[1]
        known = self._known(at)
        if known is not None and (
            best is None
            or at + known[1] > best[2]
            or (at + known[1] == best[2] and (best[0] in _YIELDING or best[1] == "conduct"))
        ):
            entry, size = known
            if (
                entry.kind == "event"
                and self.phrases.at("anchor", self.words, at) is not None
                and entry.id not in _COURSE
            ):
                return best or ("U", self.words[at], at + 1)
            return _KIND_LETTERS[entry.kind], entry, at + size
        return best

    def _known(self, at: int) -> tuple[Any, int] | None:
        """The longest vocabulary term; an abbreviation in parentheses inside it is passed over ("nervous system (CNS) metastases")."""
        known = self.vocabulary.longest(self.words, at)
        try:
            opening = self.words.index("(", at + 1, at + 7)
            closing = self.words.index(")", opening + 1, opening + 4)
        except ValueError:
            return known
        ahead = opening - at
        if known is not None and known[1] > ahead:
            return known
        around = self.vocabulary.longest([*self.words[at:opening], *self.words[closing + 1 : closing + 6]], 0)
        if around is not None and around[1] > ahead and (known is None or around[1] > known[1]):
            return around[0], around[1] + closing + 1 - opening
        return known

    def connective(self, at: int) -> tuple[str, Any, int] | None:
        word = self.words[at]
        goes_on = self.phrase("open", at)
        if goes_on is not None:
            return "E", None, goes_on[1]
        same = self.phrase("equivalent", at)
        if same is not None:
            return "z", None, same[1]
        if word in ("and", "or") and self.words[at + 1 : at + 3] in (["/", "or"], ["/", "and"]):
            return "|", "and/or", at + 3
        if word in _CONNECTIVES:
            return _CONNECTIVES[word], word, at + 1
        return None


_STATES = frozenset({"finding", "behaviour"})
_ANCHOR_TAILS = frozenset({"visit", "date", "day", "period", "form", "process", "phase", "procedure", "procedures"})
_OWN_COURSE = frozenset({"surgery", "radiotherapy", "recurrence", "diagnosis", "progression"})
_COURSE = frozenset({"surgery", "radiotherapy", "chemotherapy", "diagnosis", "recurrence", "progression"})
_YIELDING = frozenset("qFpgU")
_READERS: dict[str, tuple[Callable[[Lexer, int], tuple[str, Any, int] | None], ...]] = {
    "w": (Lexer.connective, Lexer.listing, Lexer.window, Lexer.stage, Lexer.graded, Lexer.bound, Lexer.term),
    "n": (Lexer.listing, Lexer.window, Lexer.bound),
    "o": (Lexer.window, Lexer.graded, Lexer.bound),
}


@cache
def _terms(word: str) -> tuple[tuple[str, tuple[int, dict[tuple[str, ...], str]]], ...]:
    """The chunk letters and phrases that begin with a word, in the order of the categories."""
    starts = load_phrases().starting(word) or {}
    return tuple((letter, starts[category]) for category, letter in CATEGORIES.items() if category in starts)


_NAMES: tuple[Callable[[Lexer, int], tuple[str, Any, int] | None], ...] = (Lexer.stage, Lexer.term)
_OPENING = frozenset(_CONNECTIVES) | {
    "for", "lasting", "of", "at", "a", "minimum", "any", "either", "one", "two", "three", "four", "five", "six",
}  # fmt: skip
"""Words that a limit, a window or a list may begin with, whatever the table of phrases holds."""
_BOUND_STARTS = frozenset({"between", "op", "number"})


def _bound(op: Op, amount: tuple[Decimal, Decimal | None, str | None, Relative | None], stated: bool = True) -> Bound:
    low, high, unit, relative = amount
    if high is not None:
        if op in ("<", "<="):
            return Bound(None, ">=", high, op, unit, relative)
        return Bound(low, ">" if op == ">" else ">=", high, "<=", unit, relative)
    if op in ("<", "<="):
        return Bound(None, ">=", low, op, unit, relative)
    if op in (">", ">="):
        return Bound(low, op, None, "<=", unit, relative)
    return Bound(low, "=", None, "=", unit, relative, stated)


def _joined(tokens: list[Token]) -> list[Token]:
    """Without the hyphens inside words: `PD-1` and `PD 1` are the same words. Ranges and dashes keep theirs."""
    kept = []
    for index, token in enumerate(tokens):
        if token.kind == "-" and 0 < index < len(tokens) - 1:
            left, right = tokens[index - 1], tokens[index + 1]
            touching = left.end == token.start and right.start == token.end
            if touching and "w" in (left.kind, right.kind) and not _is_range(left.word, right.word):
                continue
        kept.append(token)
    return kept


def _is_range(left: str, right: str) -> bool:
    def rank(word: str) -> bool:
        return word in _ROMAN or (len(word) <= 3 and word[:1] in "tnm" and word[1:2].isdigit())

    return rank(left) and rank(right)


def _group(value: str) -> str:
    value = value.replace(" ", "").upper()
    return (
        {"1": "I", "2": "II", "3": "III", "4": "IV"}.get(value[:1], value[:1]) + value[1:]
        if value[:1].isdigit()
        else value
    )


_GROUPS = ("0", "I", "II", "III", "IV")


def _span_of_groups(first: str, last: str) -> list[str]:
    def base(value: str) -> int:
        return _GROUPS.index(re.match(r"IV|I{1,3}|0", value).group(0))  # type: ignore[union-attr]

    middle = [_GROUPS[rank] for rank in range(base(first) + 1, base(last))]
    return [*middle, last]


def _span_of_stages(first: str, last: str) -> list[str]:
    letter = last[0]
    low = int(first[1]) if first[1:2].isdigit() else 0
    return [f"{letter}{rank}" for rank in range(low + 1, int(last[1]))] + [last]
