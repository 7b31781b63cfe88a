"""Findings built by hand: one of every kind a report must show, with words that try to break out of it."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import msgspec
import pytest

from trialwright.codes.concepts import Concept
from trialwright.codes.dates import Duration, PartialDate
from trialwright.codes.places import Span
from trialwright.codes.quantities import Quantity
from trialwright.criteria.logic import Truth, verdict
from trialwright.criteria.nodes import (
    All,
    Attest,
    Compare,
    Criterion,
    CriterionKind,
    Has,
    Node,
    Person,
    Unread,
    Window,
    reading,
)
from trialwright.engines.findings import CriterionFinding, Evidence, Finding, TrialFinding
from trialwright.export.report import Report
from trialwright.export.screening import Terms, report_trial
from trialwright.patients.facts import Measurement, Occurrence
from trialwright.trial import Record, Trial

DAY = date(2026, 3, 2)
HOSTILE = "<script>alert('x')</script> | **bold** \x1b[31mred\x1b[0m \u202egnorw"


def criterion(identity: str, text: str, node: Node) -> Criterion:
    kind: CriterionKind = "exclusion" if identity.startswith("E") else "inclusion"
    return Criterion(
        id=identity,
        kind=kind,
        heading="",
        number="",
        span=Span(0, len(text)),
        text=text,
        reading=reading(node),
        node=node,
    )


def found(one: Criterion, finding: Finding) -> CriterionFinding:
    return CriterionFinding(criterion=one, verdict=verdict(one.kind, finding.truth), finding=finding)


def lab(identity: str, text: str) -> Concept:
    return Concept(text=text, kind="lab", id=identity)


def simple(identity: str, text: str, node: Node, finding: dict[str, object]) -> CriterionFinding:
    return found(criterion(identity, text, node), Finding(node=node, **finding))  # type: ignore[arg-type]


def adult() -> CriterionFinding:
    node = Person(age=(">=", Duration(Decimal(18), "year")))
    return simple(
        "I1", "At least 18 years of age", node, {"truth": Truth.TRUE, "why": "47 years old, 18 or more asked"}
    )


def anaemic() -> CriterionFinding:
    """84 against 90 g/L, as 8.4 g/dL in the chart; the platelets of the same criterion hold."""
    text = "Hb ≥ 90 g/L and PLT ≥ 100 x 10^9/L within 14 days before the first dose"
    window = Window(at_most=Duration(Decimal(14), "day"), anchor="first_dose")
    hb = Compare(
        measure=lab("hb", "hemoglobin"), op=">=", quantity=Quantity(Decimal(90), "g/L"), when=window, span=Span(0, 11)
    )
    plt = Compare(
        measure=lab("plt", "platelets"),
        op=">=",
        quantity=Quantity(Decimal(100), "10*9/L"),
        when=window,
        span=Span(16, 34),
    )
    node = All(parts=(hb, plt))
    low = Measurement(
        concept=lab("hb", "hemoglobin"), quantity=Quantity(Decimal("8.4"), "g/dL"), low=Decimal(12), high=Decimal(16),
        start=PartialDate(2026, 2, 23), source="labs.csv:3",
    )  # fmt: skip
    enough = Measurement(
        concept=lab("plt", "platelets"), quantity=Quantity(Decimal(210), "10*9/L"), start=PartialDate(2026, 2, 23)
    )
    parts = (
        Finding(
            node=hb, truth=Truth.FALSE, why="84 g/L, at least 90 asked", near=True,
            evidence=(Evidence(fact=low, converted=Quantity(Decimal(84), "g/L")),),
        ),
        Finding(node=plt, truth=Truth.TRUE, why="210 10*9/L, at least 100 asked", evidence=(Evidence(fact=enough),)),
    )  # fmt: skip
    whole = Finding(node=node, truth=Truth.FALSE, why="hemoglobin: 84 g/L, at least 90 asked", near=True, parts=parts)
    return found(criterion("I8", text, node), whole)


def vaccinated() -> CriterionFinding:
    node = Has(concept=Concept(text="live vaccine", kind="vaccine"), when=Window(at_most=Duration(Decimal(28), "day")))
    shot = Occurrence(
        concept=Concept(text="zoster vaccine", kind="vaccine"), start=PartialDate(2026, 2, 16), source="vaccines:2"
    )
    finding = {
        "truth": Truth.TRUE, "why": "zoster vaccine 14 days before", "evidence": (Evidence(fact=shot),), "until": date(2026, 3, 17),
    }  # fmt: skip
    return simple("E10", "Live vaccine in the last 28 days", node, finding)


def untested(identity: str, missing: tuple[str, ...]) -> CriterionFinding:
    atoms = tuple(Compare(measure=lab("", datum), op=">=", quantity=Quantity(Decimal(1000), "1")) for datum in missing)
    parts = tuple(
        Finding(node=atom, truth=Truth.UNKNOWN, why=f"no {datum} on record", missing=datum)
        for atom, datum in zip(atoms, missing, strict=True)
    )
    text = f"{' and '.join(missing)} must be high"
    if len(parts) == 1:
        return found(criterion(identity, text, atoms[0]), parts[0])
    node = All(parts=atoms)
    return found(
        criterion(identity, text, node), Finding(node=node, truth=Truth.UNKNOWN, why="not on record", parts=parts)
    )


def consenting() -> CriterionFinding:
    node = Attest(kind="consent", text="signed consent")
    return simple("I4", "Signed consent", node, {"truth": Truth.PERSON, "why": "only a person can say"})


def unread() -> CriterionFinding:
    return simple("E5", HOSTILE, Unread(text=HOSTILE), {"truth": Truth.UNKNOWN, "why": "not understood"})


def trial_record(status: str = "RECRUITING", title: str = HOSTILE) -> Trial:
    return Trial(
        record=msgspec.convert(
            {
                "protocolSection": {
                    "identificationModule": {"nctId": "NCT00000001", "briefTitle": title},
                    "statusModule": {"overallStatus": status, "lastUpdatePostDateStruct": {"date": "2026-02-04"}},
                }
            },
            Record,
        )
    )


Screened = Callable[..., Report]


def report_on(
    *criteria: CriterionFinding, without: frozenset[str] = frozenset(), status: str = "RECRUITING", title: str = HOSTILE
) -> Report:
    """A report on one trial with these criteria."""
    finding = TrialFinding(trial="NCT00000001", patient="P<1>", index_date=DAY, criteria=criteria)
    trial = report_trial(trial_record(status, title), finding, Terms(as_of=DAY, without=without))
    return Report(
        patient=finding.patient, as_of=DAY, software="trialwright 0", age=47,
        birth="1978-05-01", sex="female", entries=9, complete=("drugs",),
        remarks=("row 3: no such unit",), trials=(trial,),
    )  # fmt: skip


@pytest.fixture
def screened() -> Screened:
    """Builds a report on one trial from findings on its criteria."""
    return report_on


@pytest.fixture
def findings() -> dict[str, CriterionFinding]:
    """One finding of every kind, by the criterion's id."""
    every = (
        adult(), consenting(), anaemic(), untested("E7", ("HBV DNA",)), untested("E8", ("HBV DNA",)),
        untested("E9", ("HCV RNA", "HBV DNA")), vaccinated(), unread(),
    )  # fmt: skip
    return {one.criterion.id: one for one in every}


@pytest.fixture
def report(findings: dict[str, CriterionFinding]) -> Report:
    """One criterion of every kind."""
    return report_on(*findings.values())
