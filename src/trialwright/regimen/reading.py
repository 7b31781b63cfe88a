"""One text to its marks, sentence by sentence: amounts, drugs, times, events, and the small words that join them."""

import re
from typing import NamedTuple

from trialwright.codes.places import Span

from .agents import Agents
from .amounts import mark_amounts
from .marks import Board, Mark, Pattern, phrase_pattern, phrase_value
from .nodes import Stop, StopKind
from .timing import COUNTS, DAYS, DURATIONS, EVERY, GAPS, INFUSION_TIME, MOMENTS, Q, ROUTES, times_patterns
from .words import clean, sentences


class Sentence(NamedTuple):
    """A stretch of a text with its marks in order."""

    span: Span
    marks: list[Mark]


def _compiled(expression: str) -> re.Pattern[str]:
    return re.compile(expression, re.IGNORECASE)


def _word(expression: str, kind: str, value: object = True) -> Pattern:
    return Pattern(kind, _compiled(expression), lambda _: value)


RADIATION = re.compile(
    r"(?<![\w])(?:(?:selective|immediate|concurrent|salvage|stereotactic|hypofractionated|intensity[- ]modulated|external[- ]beam|whole[- ]brain|proton|local|multimodal\w*|definitive|image-guided)\s){0,3}"
    r"(?:re-?irradiation|irradiation|radiotherapy|radiation(?:\stherapy)?|chemoradiotherapy|chemoradiation|brachytherapy|radiosurgery|IMRT|SBRT|SABR|SAbR|PTV\d*|CCRT)(?![\w])",
    re.IGNORECASE,
)
SURGERY = re.compile(
    r"(?<![\w-])(?:(?:radical|radically|salvage|minimally|invasive|open|definitive|curative|endoscopic|laparoscopic|robotic\S*|transoral|transnasal|standard of care|primary|elective|total|partial|surgical)\s){0,4}"
    r"(?:surgery|surgical resection|resection|\w{4,}ectomy|transplantation|operation)(?![\w-])",
    re.IGNORECASE,
)
_UNDERGO = r"(?:undergo(?:es|ing)?|followed by|then|receiv\w+|proceed to|and|have|has)\s(?:a\s|an\s|the\s)?"
_WORDS = (
    _word(r"\b(?:,?\s?(?:and\s)?(?:then\s(?:be\s)?)?followed by|(?:,\s?|and\s)?then(?:\s(?:followed by|to))?|(?:and\s)?subsequently|thereafter|after which|afterwards?|at treatment discontinuation|will then|washout(?:\speriod)?|wash-out|crossed over to|cross over to|switch(?:ed)? to)\b", "then"),
    _word(r"\b(?:remaining|another|additional|further)\b", "further"),
    _word(r"\bor\b", "or"),
    _word(r"\b(?:replacing|instead of|alternatively)\b", "or"),
    _word(r"\b(?:and|plus|as well as)\b|[+&]", "and"),
    _word(r"\b(?:along with|together with|(?:in\s)?combin(?:ed|ation) with|accompanied by|in addition to|with|on top of)\b", "with"),
    _word(r";", "semicolon"),
    _word(r",", "comma"),
    _word(r":", "colon"),
    _word(r"\(", "open"),
    _word(r"\)", "close"),
    _word(r"/", "slash"),
    _word(r"\b(?:loading|starting|initial)(?=\s(?:dose|dosage))", "loading"),
)  # fmt: skip
JOINS = frozenset("then or and with semicolon comma colon slash".split())
_CRITERIA = re.compile(r"\bper\s(?P<name>i?RECIST|RANO|Lugano)(?:\scriteria)?(?:\s?(?:version|v\.?)?\s?(?P<version>\d(?:\.\d)?))?", re.IGNORECASE)
_STOPPING = re.compile(
    r"\b(?:until|till|unless|or until|in the absence of|up to|discontinu\w+ (?:for|due to|because of|at)|stop\w* (?:for|at|due to))\b(?:[^.;]|(?<=\d)\.(?=\d)){0,400}", re.IGNORECASE
)


def read_text(text: str, agents: Agents) -> list[Sentence]:
    """The sentences of a text with their marks. Spans are in the text as printed."""
    board = Board(clean(text))
    board.try_all(INFUSION_TIME)
    agents.mark(board)
    board.try_all(GAPS)
    board.try_all((*Q, *DAYS))
    mark_amounts(board)
    board.try_all((*times_patterns(), *EVERY, *COUNTS, *DURATIONS, *MOMENTS, *ROUTES))
    board.try_all((_conditional(),))
    _mark_stops(board)
    board.try_all((Pattern("radiation", RADIATION, lambda found: " ".join(found[0].split())), Pattern("surgery", SURGERY, lambda found: " ".join(found[0].split()))))
    board.try_all((Pattern("role", phrase_pattern("roles", "role"), phrase_value("roles", "role")), *_WORDS))
    return _by_sentence(board)


def _by_sentence(board: Board) -> list[Sentence]:
    found, marks = [], board.in_order()
    place = 0
    for span in sentences(board.text):
        while place < len(marks) and marks[place].start < span.start:
            place += 1
        end = place
        while end < len(marks) and marks[end].start < span.end:
            end += 1
        found.append(Sentence(span, marks[place:end]))
        place = end
    return found


def _mark_stops(board: Board) -> None:
    """Marks reasons to stop, where the words before them say that they are: until, in the absence of."""
    read = phrase_value("stops", "kind")
    pattern = phrase_pattern("stops", "kind")
    for clause in _STOPPING.finditer(board.text):
        for found in pattern.finditer(board.text, clause.start(), clause.end()):
            criteria = _CRITERIA.search(board.text, found.end(), min(len(board.text), found.end() + 40))
            board.put("stop", Stop(_stop_kind(read(found)), _criteria_words(criteria)), found.start(), found.end())


def _criteria_words(found: re.Match[str] | None) -> str:
    if found is None:
        return ""
    name = {"recist": "RECIST", "irecist": "iRECIST", "rano": "RANO", "lugano": "Lugano"}[found["name"].lower()]
    return f"{name} {found['version']}" if found["version"] else name


_STOP_KINDS: dict[str, StopKind] = {
    "progression": "progression", "toxicity": "toxicity", "withdrawal": "withdrawal", "death": "death", "response": "response",
    "recurrence": "recurrence", "lost": "lost", "investigator": "investigator",
}  # fmt: skip


def _stop_kind(word: str) -> StopKind:
    return _STOP_KINDS[word]


def _conditional() -> Pattern:
    """`if progression occurs in the nasopharynx or neck, re-irradiation will be administered and … until subsequent progression`."""
    expression = (
        r"\b(?:if|in case of|at|upon|at the time of)\s(?P<event>(?:local\s|regional\s|locoregional\s|disease\s)*(?:progression|recurrence|relapse)(?:\soccurs?)?(?:\sin\s[^,;.()]{3,60}?)?)\s?,?\s"
        r"(?P<step>(?:\w+\s){0,3}?(?:re-?irradiation|radiotherapy|surgery|irradiation))\s(?:will|may|can|should)\sbe\s\w+(?:\sand\s(?P<continues>[^;.()]{5,120}))?"
    )
    return Pattern("condition", _compiled(expression), lambda found: (found["event"], found["step"].strip(), found["continues"] or "", found.span("step")))
