"""Numbers, limits, windows and stages, in the spellings that registries use. Each row is invented; each spelling is real."""

from decimal import Decimal

import pytest

from trialwright.codes.dates import Duration
from trialwright.codes.vocabulary import default_vocabulary
from trialwright.criteria.chunks import Bound, Chunk
from trialwright.criteria.lexer import Lexer
from trialwright.criteria.nodes import Window


def lex(text: str, cat: str) -> Chunk:
    """The only chunk of that category."""
    found = [chunk for chunk in Lexer(text, default_vocabulary()).chunks() if chunk.cat == cat]
    assert len(found) == 1, found
    return found[0]


def limit(bound: Bound) -> str:
    low = f"{bound.low_op}{bound.low}" if bound.low is not None else ""
    high = f"{bound.high_op}{bound.high}" if bound.high is not None else ""
    return " ".join(part for part in (low, high, bound.relative or bound.unit) if part)


BOUNDS = [
    ("≥ 1.5 x 10^9/L", ">=1.5 10*9/L"),
    ("≥1.5×10⁹/L", ">=1.5 10*9/L"),
    ("≥ 1.5 x 109/L", ">=1.5 10*9/L"),
    (">/= 1,500/mm3", ">=1500 /uL"),
    (r"\>= 1500 /mm^3", ">=1500 /uL"),
    ("&gt;= 9 g/dL", ">=9 g/dL"),
    ("at least 9.0 g/dl", ">=9.0 g/dL"),
    ("no more than 2.5 x ULN", "<=2.5 ULN"),
    ("≤ 2.5 times the upper limit of normal (ULN)", "<=2.5 ULN"),
    ("greater than or equal to 60 mL/min", ">=60 mL/min"),
    ("< 3 x the upper limit of normal", "<3 ULN"),
    ("≤ ULN", "<=1 ULN"),
    ("＜ 30 mL/min/1.73m2", "<30 mL/min/{1.73_m2}"),
    ("100,000/µL or more", ">=100000 /uL"),
    ("between 90 and 140 mmHg", ">=90 <=140 mm[Hg]"),
    ("90-140 mmHg", ">=90 <=140 mm[Hg]"),
    ("1,5 mg/dL or less", "<=1.5 mg/dL"),
    ("exceeding 470 msec", ">470 ms"),
    ("≥ 50%", ">=50 %"),
    ("less than or equal to 5 x ULN", "<=5 ULN"),
]


@pytest.mark.parametrize(("text", "expected"), BOUNDS, ids=[text for text, _ in BOUNDS])
def test_bounds(text: str, expected: str) -> None:
    assert limit(lex(f"value {text}", "Q").value) == expected


def weeks(count: int) -> Duration:
    return Duration(Decimal(count), "week")


WINDOWS = [
    ("within 4 weeks before enrolment", Window(at_most=weeks(4), anchor="enrolment")),
    ("within 4 weeks of randomization", Window(at_most=weeks(4), anchor="randomisation")),
    ("within the last 4 weeks", Window(at_most=weeks(4))),
    ("in the past 4 weeks", Window(at_most=weeks(4))),
    ("4 weeks prior to the first dose of study drug", Window(at_most=weeks(4), anchor="first_dose")),
    ("at least 4 weeks before randomisation", Window(at_least=weeks(4), anchor="randomisation")),
    ("> 4 weeks prior to enrollment", Window(at_least=weeks(4), strict=True, anchor="enrolment")),
    ("less than 4 weeks before screening", Window(at_most=weeks(4), strict=True, anchor="screening")),
    ("within four (4) weeks prior to the screening visit", Window(at_most=weeks(4), anchor="screening")),
    ("for at least 4 weeks", Window(lasting=weeks(4))),
    ("prior to randomization", Window(anchor="randomisation")),
    ("during the study", Window(side="during", anchor="trial")),
    ("4 to 6 weeks before surgery", Window(at_least=weeks(4), at_most=weeks(6), anchor="surgery")),
]


@pytest.mark.parametrize(("text", "expected"), WINDOWS, ids=[text for text, _ in WINDOWS])
def test_windows(text: str, expected: Window) -> None:
    window = lex(f"stroke {text}", "W").value
    assert (
        Window(**{field: getattr(window, field) for field in window.__struct_fields__ if field != "span"}) == expected
    )


STAGES = [
    ("stage III", [("group", ("III",))]),
    ("stage IIIB-IV", [("group", ("IIIB", "IV"))]),
    ("stages I, II or III", [("group", ("I", "II", "III"))]),
    ("T1-T3", [("T", ("T1", "T2", "T3"))]),
    ("T2-4N0M0", [("T", ("T2", "T3", "T4")), ("N", ("N0",)), ("M", ("M0",))]),
]


@pytest.mark.parametrize(("text", "expected"), STAGES, ids=[text for text, _ in STAGES])
def test_stages(text: str, expected: list[tuple[str, tuple[str, ...]]]) -> None:
    assert [(read.system, read.allowed) for read in lex(text, "t").value] == expected


def test_a_stage_keeps_its_prefix() -> None:
    (read,) = lex("rT1-T2", "t").value
    assert (read.prefix, read.allowed) == ("r", ("T1", "T2"))


GRADES = [
    ("grade 2 or higher", ">=2"),
    ("≥ grade 2", ">=2"),
    ("grade 3-4", ">=3 <=4"),
    ("Grade III", "=3 =None"),
    ("grade ≥ 2", ">=2"),
]


@pytest.mark.parametrize(("text", "expected"), GRADES, ids=[text for text, _ in GRADES])
def test_grades(text: str, expected: str) -> None:
    bound = lex(f"toxicity {text}", "k").value
    assert limit(bound) == expected.replace(" =None", "")


def test_every_character_that_is_not_blank_lies_in_a_chunk() -> None:
    text = "Known (active) HBV, i.e. HBsAg-positive; eGFR \\< 30 mL/min/1.73m² — see Table 5.1.1 §2 ™"
    covered = [False] * len(text)
    for chunk in Lexer(text, default_vocabulary()).chunks():
        covered[chunk.start : chunk.end] = [True] * (chunk.end - chunk.start)
    lost = {sign for sign, seen in zip(text, covered, strict=True) if not seen and not sign.isspace()}
    assert lost <= set("\\™§²-")
