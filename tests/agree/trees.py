"""Random trees over every node, with small numbers of constants so that charts can be drawn at their bounds."""

from datetime import date
from decimal import Decimal
from typing import Any as Whatever
from typing import get_args

from hypothesis import strategies as st

from trialwright.codes.concepts import Concept
from trialwright.codes.dates import Duration
from trialwright.codes.places import Span
from trialwright.codes.quantities import Op, Quantity
from trialwright.criteria.nodes import (
    All,
    Anchor,
    Any,
    AtLeast,
    Attest,
    AttestKind,
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
    Step,
    Times,
    Unread,
    Window,
)

from .words import LABS, SITES, THINGS, concept

INDEXES = (date(2026, 3, 2), date(2024, 2, 29), date(2025, 8, 31))
DURATIONS = (
    "14 day",
    "4 week",
    "1 month",
    "6 month",
    "1 year",
    "5 year",
    "1.5 month",
    "0.5 year",
    "36 hour",
    "0 day",
    "9000 year",
)
QUALIFIERS = ("severe", "mild", "clinically significant", "concurrent")
TEXTS = ("informed consent", "the investigator's judgement", "Judgement of the investigator's the")
STAGES = ("T2", "T2a", "T3", "TX", "N0", "N1mi", "M0", "M1", "M1a", "II", "IIA", "IV", "III", "limited", "Stage IVa")
UNITS = {
    "hemoglobin": (("g/L", "90"), ("g/dL", "9")),
    "creatinine": (("mg/dL", "1.5"), ("umol/L", "132.6")),
    "hba1c": (("%", "6.5"), ("mmol/mol", "48")),
    "hbv-dna": (("[IU]/mL", "2000"), ("{copies}/mL", "10000")),
    "weight": (("kg", "50"), ("[lb_av]", "110")),
}
ops = st.sampled_from(get_args(Op))
durations = st.sampled_from([Duration(Decimal(text.split()[0]), text.split()[1]) for text in DURATIONS])  # type: ignore[arg-type]


def maybe(strategy: st.SearchStrategy[Whatever], often: int = 3) -> st.SearchStrategy[Whatever]:
    """None `often` times in `often` + 1."""
    return st.integers(0, often).flatmap(lambda roll: strategy if roll == 0 else st.none())


windows = st.builds(
    Window,
    side=st.sampled_from(("before",) * 4 + ("after", "after", "during")),
    at_most=maybe(durations, 1),
    at_least=maybe(durations, 4),
    strict=st.booleans(),
    edge=st.sampled_from(("any", "start", "end")),
    anchor=maybe(st.sampled_from(get_args(Anchor)), 1),
    lasting=maybe(durations, 5),
)
steps = maybe(st.sampled_from(get_args(Step)), 6)
severities = st.builds(
    Severity,
    op=ops,
    grade=st.sampled_from((Decimal(2), Decimal(3))),
    scale=st.sampled_from((None, "CTCAE", "nyha")),
    version=maybe(st.just("5")),
)
doses = st.builds(
    Dose,
    op=ops,
    quantity=st.sampled_from(
        (Quantity(Decimal(10), "mg/d"), Quantity(Decimal("0.02"), "g"), Quantity(Decimal(5), "zz"))
    ),
    equivalent=st.sampled_from((None, "prednisone", "dexamethasone", "cisplatin")),
)
statuses = st.lists(st.sampled_from(get_args(Status)), max_size=2, unique=True).map(tuple)
_things = st.sampled_from(THINGS)
_sites = st.sampled_from(SITES)


def _has(unless: st.SearchStrategy[Whatever]) -> st.SearchStrategy[Has]:
    return st.builds(
        Has,
        concept=_things,
        status=statuses,
        severity=maybe(severities, 5),
        site=maybe(_sites, 5),
        when=maybe(windows, 2),
        times=maybe(st.builds(Times, op=ops, count=st.integers(0, 3)), 8),
        dose=maybe(doses, 8),
        qualifiers=maybe(st.sampled_from(QUALIFIERS).map(lambda words: (words,)), 5).map(lambda found: found or ()),
        evidence=maybe(st.just((concept("histology"), concept("mri"))), 8).map(lambda found: found or ()),
        reason=maybe(_things, 8),
        cause=maybe(_things, 8),
        unless=unless,
        step=steps,
    )


has = _has(maybe(_has(st.just(())).map(lambda one: (one,)), 5).map(lambda found: found or ()))
_counts = {"when": maybe(windows, 2), "step": steps}


@st.composite
def compare(draw: st.DrawFn) -> Compare:
    measure: Concept = draw(st.sampled_from(LABS))
    relative = draw(st.sampled_from((None,) * 8 + ("ULN",) * 4 + ("LLN", "baseline")))
    unit, value = draw(
        st.sampled_from(UNITS.get(measure.id or measure.text, (("U/L", "40"), ("zz", "5"), ("1", "0.4"))))
    )
    quantity = Quantity(Decimal("1.5"), "1") if relative else Quantity(Decimal(value), unit)
    return Compare(
        measure=measure, op=draw(ops), quantity=quantity, relative_to=relative, when=draw(maybe(windows, 2)),
        statistic=draw(maybe(st.sampled_from(("mean", "every")))), step=draw(steps),
        qualifiers=draw(st.sampled_from(((),) * 9 + (("fasting",),))),
    )  # fmt: skip


scores = st.builds(
    Score,
    scale=st.sampled_from(("ECOG", "kps", "nyha")),
    op=ops,
    value=st.sampled_from((Decimal(1), Decimal(70), Decimal(2))),
    version=maybe(st.just("5"), 6),
    **_counts,
)
stages = st.builds(
    Stage,
    system=st.sampled_from(("T", "N", "M", "group", "m")),
    allowed=st.lists(st.sampled_from(STAGES), min_size=1, max_size=2).map(tuple),
    prefix=st.sampled_from((None, None, None, "r", "p", "yp", "c")),
    edition=maybe(st.just("8"), 6),
    concept=maybe(st.just(concept("nasopharyngeal-carcinoma"))),
    step=steps,
)
events = st.builds(
    Event, concept=_things, edge=st.sampled_from(("start", "end")), which=st.sampled_from(("first", "last"))
)
intervals = st.builds(Interval, start=events, end=maybe(events, 1), op=ops, duration=durations, step=steps)
_ages = st.tuples(
    ops,
    st.sampled_from(
        [
            Duration(Decimal(value), unit)
            for value, unit in (("18", "year"), ("17.5", "year"), ("6", "month"), ("10", "week"), ("3", "day"))
        ]
    ),
)  # type: ignore[arg-type]
persons = st.one_of(
    st.builds(Person, age=_ages, step=steps),
    st.builds(Person, sex=st.sampled_from(("female", "male")), step=steps),
    st.builds(Person, childbearing=st.booleans(), step=steps),
)
attests = st.builds(
    Attest,
    kind=st.sampled_from(get_args(AttestKind)),
    text=st.sampled_from(TEXTS),
    at_least=maybe(durations, 1),
    step=steps,
)
atoms: st.SearchStrategy[Node] = st.one_of(has, has, has, compare(), scores, stages, intervals, persons, attests)


def _joined(parts: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(parts, min_size=2, max_size=3).map(tuple)
    return st.one_of(
        st.builds(All, parts=several),
        st.builds(Any, parts=several, open=st.booleans()),
        st.builds(AtLeast, count=st.integers(1, 2), parts=several),
        st.builds(Not, part=parts),
        st.builds(If, condition=parts, then=parts),
    )


leaves = st.integers(0, 19).flatmap(lambda roll: st.just((Unread(text="words"), All())[roll]) if roll < 2 else atoms)
nodes: st.SearchStrategy[Node] = st.one_of(atoms, st.recursive(leaves, _joined, max_leaves=5))


def criterion(number: int, node: Node, kind: Whatever) -> Criterion:
    return Criterion(
        id=f"I{number}", kind=kind, heading="", number="", span=Span(0, 0), text="", reading="whole", node=node
    )


@st.composite
def trials(draw: st.DrawFn, least: int = 1, most: int = 6) -> Criteria:
    kinds = st.sampled_from(("inclusion", "exclusion"))
    found = draw(st.lists(st.tuples(nodes, kinds), min_size=least, max_size=most))
    return Criteria(trial="T", criteria=tuple(criterion(number, *pair) for number, pair in enumerate(found)))
