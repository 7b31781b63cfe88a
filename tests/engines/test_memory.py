"""The engine as a whole: logic nodes, steps, verdicts, reasons of a whole, and what random trees on random charts must keep to."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any as Whatever
from typing import get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialwright.codes.dates import Duration
from trialwright.codes.places import Span
from trialwright.codes.quantities import Quantity
from trialwright.criteria.logic import Truth, negate
from trialwright.criteria.nodes import (
    All,
    Any,
    AtLeast,
    Attest,
    Compare,
    Criteria,
    Criterion,
    Dose,
    Event,
    Has,
    If,
    Interval,
    Node,
    Not,
    Person,
    Score,
    Severity,
    Stage,
    Status,
    Times,
    Unread,
    Window,
    children,
    walk,
)
from trialwright.engines.findings import Finding
from trialwright.engines.memory import evaluate, evaluate_node
from trialwright.patients.facts import Complete, Fact, Patient, Statement

from .charts import (
    ALL_LISTS,
    INDEX,
    VOCABULARY,
    F,
    P,
    T,
    U,
    chart,
    day,
    has,
    judge,
    lab,
    no,
    on,
    rated,
    staged,
    thing,
    within,
)

_HELD, _NOT, _OPEN, _ASK = (
    has("vitiligo"),
    has("hypertension"),
    has("hbsag-positive"),
    Attest(kind="consent", text="consent"),
)
_FACTS = (on("vitiligo"), no("hypertension"))


def _of(truth: Truth) -> Node:
    return {T: _HELD, F: _NOT, U: _OPEN, P: _ASK}[truth]


LOGIC: dict[str, tuple[Node, Truth]] = {
    "all-of-nothing": (All(), T),
    "all-true": (All(parts=(_HELD, _HELD)), T),
    "all-fail-wins": (All(parts=(_HELD, _ASK, _OPEN, _NOT)), F),
    "all-unknown-before-person": (All(parts=(_HELD, _ASK, _OPEN)), U),
    "all-person": (All(parts=(_HELD, _ASK)), P),
    "any-pass-wins": (Any(parts=(_NOT, _ASK, _OPEN, _HELD)), T),
    "any-unknown-before-person": (Any(parts=(_NOT, _ASK, _OPEN)), U),
    "any-person": (Any(parts=(_NOT, _ASK)), P),
    "any-false": (Any(parts=(_NOT, _NOT)), F),
    "open-list-none-holds": (Any(parts=(_NOT, _NOT), open=True), U),
    "open-list-one-holds": (Any(parts=(_NOT, _HELD), open=True), T),
    "open-list-of-one": (Any(parts=(_NOT,), open=True), U),
    "not": (Not(part=_NOT), T),
    "not-unknown": (Not(part=_OPEN), U),
    "not-person": (Not(part=_ASK), P),
    "two-of": (AtLeast(count=2, parts=(_HELD, _HELD, _OPEN)), T),
    "two-of-cannot": (AtLeast(count=2, parts=(_HELD, _NOT, _NOT)), F),
    "two-of-may": (AtLeast(count=2, parts=(_HELD, _NOT, _OPEN)), U),
    "if-does-not-apply": (If(condition=_NOT, then=_NOT), T),
    "if-applies": (If(condition=_HELD, then=_NOT), F),
    "if-applies-and-holds": (If(condition=_HELD, then=_HELD), T),
    "if-may-apply-and-holds": (If(condition=_OPEN, then=_HELD), T),
    "if-may-apply": (If(condition=_OPEN, then=_NOT), U),
    "unread": (Unread(text="adequate whatever"), U),
}


@pytest.mark.parametrize(("node", "expected"), [pytest.param(*row, id=name) for name, row in LOGIC.items()])
def test_logic(node: Node, expected: Truth) -> None:
    finding = judge(node, *_FACTS)
    assert finding.truth is expected, finding.why
    assert len(finding.parts) == len(children(node))
    assert finding.why


def test_a_whole_says_what_its_deciding_parts_say() -> None:
    finding = judge(All(parts=(_HELD, _NOT, _OPEN)), *_FACTS)
    assert finding.why == "recorded as not present: hypertension"
    assert judge(All(parts=(_HELD, _OPEN)), *_FACTS).missing == "hbsag positive"
    assert judge(If(condition=_NOT, then=_NOT), *_FACTS).why == "does not apply: recorded as not present: hypertension"
    assert judge(Unread(text="x y")).why == 'not understood: "x y"'


def test_a_whole_changes_on_the_day_its_parts_do() -> None:
    recent = has("surgery", when=within("28 days"))
    given_ = (on("surgery", "2026-02-10"),)
    assert judge(Not(part=recent), *given_).until == date(2026, 3, 11)
    assert judge(All(parts=(Not(part=recent), _HELD)), *given_, *_FACTS).until == date(2026, 3, 11)
    assert judge(All(parts=(Not(part=recent), _NOT)), *given_, *_FACTS).until is None


@pytest.mark.parametrize(
    ("step", "facts", "expected"),
    [
        pytest.param(None, _FACTS, F, id="entry-by-default"),
        pytest.param("entry", _FACTS, F, id="entry"),
        pytest.param("randomisation", _FACTS, U, id="not-yet"),
        pytest.param("randomisation", (on("hypertension"),), T, id="already"),
    ],
)
def test_what_must_hold_later_may_come_to_hold(step: Whatever, facts: tuple[Fact, ...], expected: Truth) -> None:
    finding = judge(has("hypertension", step=step), *facts)
    assert finding.truth is expected
    assert ("not yet, to be judged at randomisation" in finding.why) == (step == "randomisation" and expected is U)


def _criteria(*items: tuple[str, Whatever, Node]) -> Criteria:
    return Criteria(
        trial="NCT00000000",
        criteria=tuple(
            Criterion(id=name, kind=kind, heading="", number="", span=Span(0, 1), text="x", reading="whole", node=node)
            for name, kind, node in items
        ),
    )


@pytest.mark.parametrize(
    ("items", "verdicts", "overall"),
    [
        pytest.param(
            (("I1", "inclusion", _HELD), ("E1", "exclusion", _NOT)), ["pass", "pass"], "eligible", id="eligible"
        ),
        pytest.param(
            (("I1", "inclusion", _NOT), ("E1", "exclusion", _OPEN)),
            ["fail", "unknown"],
            "ineligible",
            id="fails-inclusion",
        ),
        pytest.param(
            (("I1", "inclusion", _HELD), ("E1", "exclusion", _HELD)),
            ["pass", "fail"],
            "ineligible",
            id="fails-exclusion",
        ),
        pytest.param((("I1", "inclusion", _ASK), ("E1", "exclusion", _OPEN)), ["person", "unknown"], "open", id="open"),
        pytest.param((), [], "open", id="no-criteria-is-not-eligible"),
        pytest.param((("I1", "inclusion", All()),), ["pass"], "open", id="criteria-that-ask-nothing-are-not-eligible"),
        pytest.param(
            (("I1", "inclusion", All()), ("I2", "inclusion", _HELD)),
            ["pass", "pass"],
            "eligible",
            id="beside-one-that-asks",
        ),
    ],
)
def test_a_trial(items: Whatever, verdicts: list[str], overall: str) -> None:
    patient = Patient(id="T", facts=_FACTS)
    found = evaluate(_criteria(*items), patient, index_date=INDEX, complete=Complete(), vocabulary=VOCABULARY)
    assert [one.verdict for one in found.criteria] == verdicts
    assert found.overall == overall
    assert (found.trial, found.patient, found.index_date) == ("NCT00000000", "T", INDEX)


def test_an_atom_asked_twice_is_judged_once() -> None:
    made = chart(*_FACTS)
    again = msgspec.structs.replace(_HELD)
    assert evaluate_node(_HELD, made).evidence is evaluate_node(again, made).evidence


# Random trees and charts ------------------------------------------------------------------------------------------------

_NAMES = [
    "cancer",
    "colon-cancer",
    "vitiligo",
    "neuropathy",
    "cisplatin",
    "chemotherapy",
    "antitumour-therapy",
    "surgery",
    "radiotherapy",
]
_NAMES += [
    "live-vaccine",
    "allergy:cisplatin",
    "pregnancy",
    "hbsag-positive",
    "recurrence",
    "distant-metastasis",
    "liver-metastasis",
    "unheard of",
]
_LABS = ["hemoglobin", "ast", "bilirubin", "qtcf"]
_OPS = st.sampled_from(["<", "<=", ">", ">=", "=", "!="])
_DAYS = st.sampled_from(
    [
        "2026-03-02",
        "2026-03-01",
        "2026-02-02",
        "2026-02",
        "2025-09-02",
        "2025",
        "2019",
        "2024-02-29",
        "2026-03-09",
        None,
    ]
)
_NUMBERS = st.sampled_from([Decimal(x) for x in ("0", "1", "2", "3", "40", "89.9", "90", "100")])
_LENGTHS = st.builds(
    Duration,
    st.sampled_from([Decimal(x) for x in ("0", "1", "28", "6")]),
    st.sampled_from(["day", "week", "month", "year"]),
)


def _maybe(strategy: Whatever) -> Whatever:
    return st.none() | strategy


_ANCHORS = ["screening", "first_dose", "recurrence", "surgery", "trial", "last_dose"]
_WINDOWS = st.builds(
    Window,
    side=st.sampled_from(["before", "after", "during"]),
    at_most=_maybe(_LENGTHS),
    at_least=_maybe(_LENGTHS),
    strict=st.booleans(),
    edge=st.sampled_from(["any", "start", "end"]),
    anchor=_maybe(st.sampled_from(_ANCHORS)),
    lasting=_maybe(_LENGTHS),
)
_CONCEPTS = st.sampled_from(_NAMES).map(thing)
_VACUOUS = {("<", 0), (">=", 0)}
_HAS = st.builds(
    Has,
    concept=_CONCEPTS,
    status=st.lists(st.sampled_from(get_args(Status)), max_size=2).map(tuple),
    severity=_maybe(
        st.builds(Severity, op=_OPS, grade=st.sampled_from([Decimal(2), Decimal(3)]), scale=_maybe(st.just("ctcae")))
    ),
    site=_maybe(st.sampled_from(["liver", "head-and-neck"]).map(thing)),
    when=_maybe(_WINDOWS),
    times=_maybe(
        st.builds(Times, op=_OPS, count=st.integers(0, 3)).filter(lambda times: (times.op, times.count) not in _VACUOUS)
    ),
    dose=_maybe(st.builds(Dose, op=_OPS, quantity=st.just(Quantity(Decimal(10), "mg/d")))),
    qualifiers=st.sampled_from([(), ("serious",), ("severe",)]),
    unless=st.sampled_from([(), (has("colon-cancer"),), (has("cisplatin", when=within("28 days")),)]),
)
_COMPARE = st.builds(
    lambda relative, quantity, **rest: Compare(
        relative_to=relative, quantity=Quantity(quantity, "1" if relative else "g/L"), **rest
    ),
    relative=st.sampled_from([None, None, "ULN", "LLN", "baseline"]),
    quantity=_NUMBERS,
    measure=st.sampled_from(_LABS).map(thing),
    op=_OPS,
    when=_maybe(_WINDOWS),
    statistic=st.sampled_from([None, "mean", "every"]),
    qualifiers=st.sampled_from([(), ("fasting",)]),
)
_EVENTS = st.builds(
    Event, concept=_CONCEPTS, edge=st.sampled_from(["start", "end"]), which=st.sampled_from(["first", "last"])
)
_ATOMS: Whatever = st.one_of(
    _HAS,
    _COMPARE,
    st.builds(Score, scale=st.sampled_from(["ecog", "kps"]), op=_OPS, value=_NUMBERS, when=_maybe(_WINDOWS)),
    st.builds(
        Stage, system=st.just("T"), allowed=st.sampled_from([("T1",), ("T2a", "T3")]), prefix=_maybe(st.just("r"))
    ),
    st.builds(Stage, system=st.just("M"), allowed=st.just(("M0",))),
    st.builds(Interval, start=_EVENTS, end=_maybe(_EVENTS), op=_OPS, duration=_LENGTHS),
    st.builds(lambda op, length: Person(age=(op, length)), _OPS, _LENGTHS),
    st.sampled_from([Person(sex="male"), Person(childbearing=True), Person(childbearing=False)]),
    st.builds(
        Attest,
        kind=st.sampled_from(["consent", "life_expectancy", "judgement"]),
        text=st.just("fit"),
        at_least=_maybe(_LENGTHS),
    ),
    st.just(Unread(text="not read")),
    st.just(All()),
)
_PARTS = st.lists(_ATOMS, min_size=2, max_size=3).map(tuple)
TREES: Whatever = st.recursive(
    _ATOMS,
    lambda nodes: st.one_of(
        st.builds(All, parts=st.lists(nodes, min_size=2, max_size=3).map(tuple)),
        st.builds(Any, parts=st.lists(nodes, min_size=2, max_size=3).map(tuple), open=st.booleans()),
        st.builds(Not, part=nodes),
        st.builds(
            lambda parts: AtLeast(count=len(parts) - 1, parts=tuple(parts)), st.lists(nodes, min_size=2, max_size=3)
        ),
        st.builds(If, condition=nodes, then=nodes),
    ),
    max_leaves=6,
)
_OCCURRENCES = st.builds(
    lambda name, **rest: on(name, **rest),
    st.sampled_from([*_NAMES, "autoimmune-disease", "postmenopausal", "hysterectomy", "disease-progression"]),
    start=_DAYS,
    end=_DAYS,
    certainty=st.sampled_from(["confirmed", "confirmed", "suspected", "refuted"]),
    status=st.sampled_from([None, None, "active", "resolved", "stable", "untreated"]),
    ongoing=st.sampled_from([None, True, False]),
    grade=st.sampled_from([None, Decimal(1), Decimal(3)]),
    severity=st.sampled_from([None, "mild", "severe"]),
    site=st.sampled_from([None, "liver", "nasopharynx"]),
    dose=st.sampled_from([None, Quantity(Decimal(10), "mg/d"), Quantity(Decimal(5), "mg")]),
    line=st.sampled_from([None, 1, 2]),
    planned=st.sampled_from([False, False, False, True]),
    family=st.sampled_from([False, False, False, True]),
    for_recurrence=st.sampled_from([None, True, False]),
)
_FACTS_DRAWN: Whatever = st.lists(
    st.one_of(
        _OCCURRENCES,
        st.builds(
            lambda name, value, unit, start, **rest: lab(name, str(value), unit, start, **rest),
            st.sampled_from([*_LABS, "bilirubin-total"]),
            _NUMBERS,
            st.sampled_from(["g/L", "g/dL", "nonsense"]),
            _DAYS,
            high=st.just("40"),
            comparator=st.sampled_from([None, None, "<", ">="]),
            derived=st.sampled_from(["", "by formula"]),
        ),
        st.builds(
            lambda scale, value, start: rated(scale, value, start),
            st.sampled_from(["ecog", "kps"]),
            st.sampled_from(["0", "1", "2", "70", "80"]),
            _DAYS,
        ),
        st.builds(
            lambda system, value, start, prefix: staged(system, system + value, start, prefix=prefix),
            st.sampled_from(["T", "M"]),
            st.sampled_from(["0", "1", "2", "2a", "X", "?"]),
            _DAYS,
            st.sampled_from([None, "r", "c", "yp"]),
        ),
        st.builds(
            lambda kind, holds, start, months: Statement(
                kind=kind, holds=holds, start=day(start), words="fit", at_least_months=months
            ),
            st.sampled_from(["consent", "life_expectancy", "judgement"]),
            st.booleans(),
            _DAYS,
            st.sampled_from([None, Decimal(6)]),
        ),
    ),
    max_size=6,
)
_LISTS = st.sampled_from([(), ALL_LISTS, ("conditions",), ("drugs", "procedures")])
_TERMS = st.fixed_dictionaries(
    {
        "complete": _LISTS,
        "sex": st.sampled_from([None, "female", "male"]),
        "birth": st.sampled_from([None, "1955-03-02", "2008", "2025-09-02", "2027"]),
    }
)
_TREE_SETTINGS = settings(max_examples=300)


def _findings(finding: Finding) -> Iterator[Finding]:
    yield finding
    for part in finding.parts:
        yield from _findings(part)


@_TREE_SETTINGS
@given(TREES, _FACTS_DRAWN, _TERMS)
def test_nothing_raises_and_every_finding_mirrors_its_node(node: Node, facts: list[Fact], terms: Whatever) -> None:
    finding = judge(node, *facts, **terms)
    assert [one.node for one in _findings(finding)] == list(walk(node))
    for one in _findings(finding):
        assert one.why
        if not one.parts:
            assert bool(one.missing) == (one.truth in (U, P)), one
        assert one.until is None or one.until > INDEX
    assert msgspec.json.decode(msgspec.json.encode(finding), type=Finding) == finding


@_TREE_SETTINGS
@given(_PARTS, _FACTS_DRAWN, _TERMS)
def test_de_morgan(parts: tuple[Node, ...], facts: list[Fact], terms: Whatever) -> None:
    denied = tuple(Not(part=part) for part in parts)
    one = judge(Not(part=All(parts=parts)), *facts, **terms)
    other = judge(Any(parts=denied), *facts, **terms)
    assert one.truth is other.truth
    one = judge(Not(part=Any(parts=parts)), *facts, **terms)
    other = judge(All(parts=denied), *facts, **terms)
    assert one.truth is other.truth
    implied = judge(If(condition=parts[0], then=parts[1]), *facts, **terms)
    assert implied.truth is judge(Any(parts=(Not(part=parts[0]), parts[1])), *facts, **terms).truth


@_TREE_SETTINGS
@given(TREES)
def test_an_empty_chart_settles_nothing(node: Node) -> None:
    """Silence is unknown: no atom holds or fails, so that no tree does."""
    if All() in walk(node):
        return
    finding = judge(node)
    assert all(one.truth in (U, P) for one in _findings(finding)), finding


@_TREE_SETTINGS
@given(TREES, _FACTS_DRAWN, _LISTS)
def test_facts_in_any_order_give_the_same_answer(node: Node, facts: list[Fact], lists: Whatever) -> None:
    assert judge(node, *facts, complete=lists).truth is judge(node, *reversed(facts), complete=lists).truth


@_TREE_SETTINGS
@given(_HAS, _FACTS_DRAWN, _FACTS_DRAWN)
def test_more_facts_never_turn_a_thing_on_record_into_one_that_is_not(
    node: Has, facts: list[Fact], more: list[Fact]
) -> None:
    """Of what is asked without a count and ever, what holds stays: new facts may only contradict it, which is unknown."""
    asked = msgspec.structs.replace(node, times=None, status=("history",), when=None)
    before = judge(asked, *facts)
    after = judge(asked, *facts, *more)
    if before.truth is T:
        assert after.truth is not F, (before.why, after.why)


@_TREE_SETTINGS
@given(_HAS, _FACTS_DRAWN)
def test_a_list_declared_complete_never_makes_a_thing_be_on_record(node: Has, facts: list[Fact]) -> None:
    asked = msgspec.structs.replace(node, times=None)
    silent, complete = judge(asked, *facts), judge(asked, *facts, complete=ALL_LISTS)
    if silent.truth is U:
        assert complete.truth in (U, F)
        assert complete.truth is U or complete.presumed
    else:
        assert complete.truth is silent.truth
    assert negate(silent.truth) is judge(Not(part=asked), *facts).truth


@_TREE_SETTINGS
@given(_ATOMS, _FACTS_DRAWN, _TERMS)
def test_the_day_named_is_the_day_of_the_change(node: Node, facts: list[Fact], terms: Whatever) -> None:
    past = [fact for fact in facts if "2026-03-09" not in (str(fact.start), str(fact.end))]
    finding = judge(node, *past, **terms)
    if finding.until is not None:
        assert judge(node, *past, **terms, index=finding.until).truth is not finding.truth
        assert judge(node, *past, **terms, index=finding.until - timedelta(days=1)).truth is finding.truth


def test_the_generator_draws_every_node() -> None:
    drawn: set[type] = set()

    @settings(max_examples=300, database=None)
    @given(TREES)
    def collect(node: Node) -> None:
        drawn.update(type(part) for part in walk(node))

    collect()
    assert drawn == set(get_args(Node))
