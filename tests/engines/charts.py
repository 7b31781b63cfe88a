"""A small vocabulary and short builders, so that a table row is a chart and a question."""

from datetime import date
from decimal import Decimal
from typing import Any

from trialwright.codes.concepts import Concept, Kind
from trialwright.codes.dates import Duration, PartialDate
from trialwright.codes.quantities import Quantity
from trialwright.codes.vocabulary import Entry, Vocabulary
from trialwright.criteria.logic import Truth
from trialwright.criteria.nodes import Compare, Has, Node, Window
from trialwright.engines.chart import Chart
from trialwright.engines.findings import Finding
from trialwright.engines.memory import evaluate_node
from trialwright.patients.facts import Complete, Fact, Measurement, Occurrence, Patient, Rating, Staging

INDEX = date(2026, 3, 2)
ALL_LISTS = ("conditions", "procedures", "drugs", "allergies", "vaccines")
T, F, U, P = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN, Truth.PERSON

_ENTRIES: tuple[tuple[str, Kind, tuple[str, ...], bool], ...] = (
    ("malignancy", "condition", (), False),
    ("second-malignancy", "condition", ("malignancy",), False),
    ("metastatic-cancer", "condition", ("malignancy",), True),
    ("cancer", "condition", ("malignancy",), False),
    ("nasopharyngeal-carcinoma", "condition", ("cancer",), False),
    ("skin-cancer", "condition", ("cancer",), False),
    ("basal-cell-carcinoma", "condition", ("skin-cancer",), False),
    ("colon-cancer", "condition", ("cancer",), False),
    ("autoimmune-disease", "condition", (), False),
    ("vitiligo", "condition", ("autoimmune-disease",), False),
    ("hypertension", "condition", (), False),
    ("neuropathy", "condition", (), False),
    ("heart-failure", "condition", (), False),
    ("hiv-infection", "condition", (), True),
    ("distant-metastasis", "condition", ("metastatic-cancer",), True),
    ("liver-metastasis", "condition", ("distant-metastasis",), True),
    ("checkpoint-inhibitor", "drug", ("antitumour-therapy",), False),
    ("pembrolizumab", "drug", ("checkpoint-inhibitor",), False),
    ("cisplatin", "drug", ("chemotherapy",), False),
    ("gemcitabine", "drug", ("chemotherapy",), False),
    ("chemotherapy", "drug", ("antitumour-therapy",), False),
    ("antitumour-therapy", "procedure", (), False),
    ("radiotherapy", "procedure", ("antitumour-therapy",), False),
    ("brachytherapy", "procedure", ("radiotherapy",), False),
    ("surgery", "procedure", (), False),
    ("hysterectomy", "procedure", ("surgery",), False),
    ("mri", "procedure", (), False),
    ("histology", "procedure", (), False),
    ("steroid", "drug", (), False),
    ("prednisone", "drug", ("steroid",), False),
    ("dexamethasone", "drug", ("steroid",), False),
    ("live-vaccine", "vaccine", (), False),
    ("yellow-fever-vaccine", "vaccine", ("live-vaccine",), False),
    ("pregnancy", "finding", (), True),
    ("breastfeeding", "finding", (), True),
    ("postmenopausal", "finding", (), True),
    ("premenopausal", "finding", (), True),
    ("hbsag-positive", "finding", (), True),
    ("recurrence", "event", (), True),
    ("disease-progression", "finding", (), True),
    ("head-and-neck", "site", (), False),
    ("nasopharynx", "site", ("head-and-neck",), False),
    ("liver", "site", (), False),
    ("hemoglobin", "lab", (), True),
    ("ast", "lab", (), True),
    ("bilirubin", "lab", (), True),
    ("bilirubin-total", "lab", ("bilirubin",), True),
    ("bilirubin-direct", "lab", ("bilirubin",), True),
    ("qtcf", "measurement", (), True),
    ("weight", "measurement", (), True),
    ("smoking", "behaviour", (), True),
    ("pacemaker", "device", (), True),
)
VOCABULARY = Vocabulary(
    [
        Entry(id=name, kind=kind, name=name.replace("-", " "), parents=parents, open_domain=is_open)
        for name, kind, parents, is_open in _ENTRIES
    ]
)


def thing(name: str, kind: Kind | None = None) -> Concept:
    """The vocabulary's concept; words that it does not know become a condition without an id; `allergy:x` is an allergy to x."""
    if name.startswith("allergy:"):
        return thing(name.removeprefix("allergy:"), "allergy")
    entry = next((entry for entry in VOCABULARY if entry.id == name), None)
    if entry is None:
        return Concept(name, kind or "condition")
    return Concept(entry.name, kind or entry.kind, id=entry.id)


def day(text: str | None) -> PartialDate | None:
    return PartialDate.parse(text) if text else None


def on(name: str, start: str | None = None, end: str | None = None, **rest: Any) -> Occurrence:
    for part in ("site", "reason", "cause"):
        if isinstance(rest.get(part), str):
            rest[part] = thing(rest[part])
    return Occurrence(concept=thing(name), start=day(start), end=day(end), **rest)


def no(name: str, start: str | None = None, **rest: Any) -> Occurrence:
    return on(name, start, certainty="refuted", **rest)


def lab(name: str, value: str, unit: str = "1", start: str | None = "2026-02-16", **rest: Any) -> Measurement:
    for part in ("low", "high"):
        if part in rest:
            rest[part] = Decimal(rest[part])
    return Measurement(concept=thing(name), quantity=Quantity(Decimal(value), unit), start=day(start), **rest)


def rated(scale: str, value: str, start: str | None = "2026-02-23", **rest: Any) -> Rating:
    return Rating(scale=scale, value=Decimal(value), start=day(start), **rest)


def staged(system: str, value: str, start: str | None = "2026-01-20", **rest: Any) -> Staging:
    return Staging(system=system, value=value, start=day(start), **rest)


def has(name: str, *status: Any, **rest: Any) -> Has:
    if isinstance(rest.get("site"), str):
        rest["site"] = thing(rest["site"])
    return Has(concept=thing(name), status=status, **rest)


def limit(name: str, op: Any, value: str, unit: str = "1", **rest: Any) -> Compare:
    return Compare(measure=thing(name), op=op, quantity=Quantity(Decimal(value), unit), **rest)


def length(text: str) -> Duration:
    """`28 day` -> the duration."""
    value, unit = text.split()
    return Duration(Decimal(value), unit.rstrip("s"))  # type: ignore[arg-type]


def within(text: str, **rest: Any) -> Window:
    return Window(at_most=length(text), **rest)


def not_within(text: str, **rest: Any) -> Window:
    return Window(at_least=length(text), **rest)


def chart(
    *facts: Fact,
    complete: Any = (),
    index: date = INDEX,
    sex: Any = None,
    birth: str | None = None,
) -> Chart:
    patient = Patient(id="T", birth=day(birth), sex=sex, facts=facts)
    return Chart(patient, index_date=index, complete=Complete(frozenset(complete)), vocabulary=VOCABULARY)


def judge(node: Node, *facts: Fact, **rest: Any) -> Finding:
    return evaluate_node(node, chart(*facts, **rest))


def check(node: Node, facts: tuple[Fact, ...], lists: Any, expected: Truth, **rest: Any) -> None:
    """The answer, with a reason, and with the datum that is missing exactly when something is."""
    finding = judge(node, *facts, complete=lists, **rest)
    assert finding.truth is expected, finding.why
    assert finding.why
    assert bool(finding.missing) == (expected in (U, P)), finding
