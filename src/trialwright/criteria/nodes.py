"""The criteria tree: what a criterion means, as a closed union of frozen types.

Every node keeps the span of the words it was read from, in the criterion's own text. A node that makes no sense cannot be
built. Meaning is three-valued (`criteria.logic`); how each node is judged on a patient is the engines' business.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Literal

import msgspec

from trialwright.codes.concepts import Concept
from trialwright.codes.dates import Duration
from trialwright.codes.places import Diagnostic, Span
from trialwright.codes.quantities import Op, Quantity

Anchor = Literal[
    "consent",
    "screening",
    "enrolment",
    "registration",
    "randomisation",
    "baseline",
    "first_dose",
    "last_dose",
    "surgery",
    "radiotherapy",
    "chemotherapy",
    "diagnosis",
    "recurrence",
    "progression",
    "trial",
]
"""The moment a window is counted from. `trial` is the time the trial runs: a window during it is not checkable at screening."""

Step = Literal["entry", "randomisation", "treatment", "follow_up"]
"""The step of the trial at which an atom must hold; two steps cannot contradict each other."""

Status = Literal[
    "current",
    "history",
    "active",
    "uncontrolled",
    "controlled",
    "symptomatic",
    "asymptomatic",
    "untreated",
    "treated",
    "known",
    "suspected",
    "confirmed",
    "stable",
    "resolved",
    "progressive",
    "recurrent",
    "newly_diagnosed",
    "planned",
    "family_history",
    "requires_treatment",
]
"""How a thing is on record. Without any, it is on record and not known to be resolved or refuted. `history` is ever, `current` now."""

Relative = Literal["ULN", "LLN", "baseline"]
Sex = Literal["female", "male"]
AttestKind = Literal[
    "consent",
    "compliance",
    "capacity",
    "judgement",
    "conduct",
    "contraception",
    "life_expectancy",
    "fitness",
    "availability",
]
"""consent: informed consent or assent · compliance: will follow the protocol · capacity: legal or mental · judgement: the investigator's ·
conduct: what a participant will do or avoid later · contraception: agrees to use it · fitness: can stand a treatment ·
availability: of samples, scans, data."""


class _Node(msgspec.Struct, frozen=True, tag_field="is", omit_defaults=True, kw_only=True):
    """span  the words the node was read from, in the criterion's text; None for a node that was not read but built"""

    span: Span | None = None


class _Atom(_Node, frozen=True, kw_only=True):
    step: Step | None = None


class Window(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A time relative to an anchor.

    side      before or after the anchor; `during` spans it (the trial, a treatment)
    at_most   no farther from the anchor than this; None = any distance
    at_least  no nearer to the anchor than this
    strict    the bounds themselves do not count ("more than 6 months")
    edge      which end of a fact with a duration counts; `any` = some part of it lies in the window
    anchor    None when the text names none: judged at the index date, and a check says so
    lasting   without a break for at least this long
    """

    side: Literal["before", "after", "during"] = "before"
    at_most: Duration | None = None
    at_least: Duration | None = None
    strict: bool = False
    edge: Literal["any", "start", "end"] = "any"
    anchor: Anchor | None = None
    lasting: Duration | None = None
    span: Span | None = None


class Severity(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A grade on a scale. `scale` and `version` are None when the text names none (a check says so)."""

    op: Op
    grade: Decimal
    scale: str | None = None
    version: str | None = None


class Dose(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A limit on a drug's dose; `equivalent` names the drug whose equivalent dose is meant ("prednisone or equivalent")."""

    op: Op
    quantity: Quantity
    equivalent: str | None = None


class Times(msgspec.Struct, frozen=True, kw_only=True):
    """How many of it: lines, regimens, episodes."""

    op: Op
    count: int


class Event(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A moment in the patient's course: the start or end of something on record, its first or last occurrence."""

    concept: Concept
    edge: Literal["start", "end"] = "start"
    which: Literal["first", "last"] = "last"


class All(_Node, frozen=True, tag="all", kw_only=True):
    """Every part holds; without any part nothing is asked ("any gender", "prior surgery is allowed")."""

    parts: tuple["Node", ...] = ()

    def __post_init__(self) -> None:
        if self.parts:
            _several(self.parts)


class Any(_Node, frozen=True, tag="any", kw_only=True):
    """open  the text's list goes on ("e.g.", "etc."): a listed part that holds counts, none holding gives unknown"""

    parts: tuple["Node", ...]
    open: bool = False

    def __post_init__(self) -> None:
        _several(self.parts, least=1 if self.open else 2)


class Not(_Node, frozen=True, tag="not", kw_only=True):
    part: "Node"


class AtLeast(_Node, frozen=True, tag="at_least", kw_only=True):
    count: int
    parts: tuple["Node", ...]

    def __post_init__(self) -> None:
        _several(self.parts)
        if not 1 <= self.count <= len(self.parts):
            raise ValueError(f"at least {self.count} of {len(self.parts)} parts makes no sense")


class If(_Node, frozen=True, tag="if", kw_only=True):
    """Applies only to those for whom the condition holds; for the others the node holds."""

    condition: "Node"
    then: "Node"


class Has(_Atom, frozen=True, tag="has", kw_only=True):
    """A condition, procedure, drug, allergy or finding is on record.

    qualifiers  words that narrow the concept and that no chart field settles ("clinically significant"): an absent concept is
                still absent, a present one becomes unknown
    evidence    what must have confirmed it, any of them: histology, imaging
    reason      what a drug or procedure was given or done for
    cause       what brought it about
    unless      exceptions that look at the same thing on record ("other malignancy, except treated basal cell carcinoma"): what one of
                these fits does not count; a second malignancy beside the excepted one still does, which All(x, Not(y)) would lose
    """

    concept: Concept
    status: tuple[Status, ...] = ()
    severity: Severity | None = None
    site: Concept | None = None
    when: Window | None = None
    times: Times | None = None
    dose: Dose | None = None
    qualifiers: tuple[str, ...] = ()
    evidence: tuple[Concept, ...] = ()
    reason: Concept | None = None
    cause: Concept | None = None
    unless: tuple["Has", ...] = ()


class Compare(_Atom, frozen=True, tag="compare", kw_only=True):
    """A measurement against a number, or against a multiple of ULN, LLN or baseline (then the quantity is a pure number)."""

    measure: Concept
    op: Op
    quantity: Quantity
    relative_to: Relative | None = None
    when: Window | None = None
    statistic: Literal["mean", "every"] | None = None
    qualifiers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.relative_to is not None and self.quantity.unit != "1":
            raise ValueError(f"a multiple of {self.relative_to} has no unit, got {self.quantity.unit}")


class Score(_Atom, frozen=True, tag="score", kw_only=True):
    """An ordinal scale against a value; letters and Roman numerals are their rank from 1 (Child-Pugh B = 2, NYHA III = 3)."""

    scale: str
    op: Op
    value: Decimal
    version: str | None = None
    when: Window | None = None


class Stage(_Atom, frozen=True, tag="stage", kw_only=True):
    """A stage within a set of allowed ones.

    system   T, N, M (each allowed value with its letter), `group`, or a named system: ann-arbor, rai, binet, figo, iss …
    prefix   r, c, p, y, … as printed; None when none is
    edition  of the staging manual; None when the text names none
    """

    system: str
    allowed: tuple[str, ...]
    prefix: str | None = None
    edition: str | None = None
    concept: Concept | None = None

    def __post_init__(self) -> None:
        if not self.allowed:
            raise ValueError("a stage needs at least one allowed value")


class Interval(_Atom, frozen=True, tag="interval", kw_only=True):
    """The time from one event of the patient's course to another; `end` None = to the index date."""

    start: Event
    end: Event | None
    op: Op
    duration: Duration


class Person(_Atom, frozen=True, tag="person", kw_only=True):
    """Demographics: exactly one of the claims.

    age          completed age against a limit in its own unit (years in years, months in months)
    sex          as recorded
    childbearing can become pregnant (True), or cannot (False): postmenopausal, sterilised, male
    """

    age: tuple[Op, Duration] | None = None
    sex: Sex | None = None
    childbearing: bool | None = None

    def __post_init__(self) -> None:
        if sum(claim is not None for claim in (self.age, self.sex, self.childbearing)) != 1:
            raise ValueError("a Person node claims exactly one of age, sex, childbearing")


class Attest(_Atom, frozen=True, tag="attest", kw_only=True):
    """Only a person can say it. A chart may hold what a person has said: that is then a fact.

    text      what is to be said, in the criterion's words
    at_least  for life expectancy: the least time
    """

    kind: AttestKind
    text: str
    at_least: Duration | None = None


class Unread(_Node, frozen=True, tag="unread", kw_only=True):
    """Words that were not understood: kept, shown, never guessed."""

    text: str


Atom = Has | Compare | Score | Stage | Interval | Person | Attest
Node = All | Any | Not | AtLeast | If | Has | Compare | Score | Stage | Interval | Person | Attest | Unread
Reading = Literal["whole", "part", "none"]
CriterionKind = Literal["inclusion", "exclusion"]


class Criterion(msgspec.Struct, frozen=True, kw_only=True):
    """One item of the eligibility text, as printed and as understood.

    id       I or E for the section it is printed in, then its printed number, or its position from 1 where none is printed
    kind     the real polarity, read from the words and not assumed from the heading
    heading  the printed section heading; "" when the text has none
    number   the printed number or letter; "" for a bullet
    span     in the eligibility text
    text     the criterion's own words
    """

    id: str
    kind: CriterionKind
    heading: str
    number: str
    span: Span
    text: str
    reading: Reading
    node: Node
    diagnostics: tuple[Diagnostic, ...] = ()


class Criteria(msgspec.Struct, frozen=True, kw_only=True):
    """All criteria of a trial. trial: the NCT id, or "" for text without one."""

    trial: str
    criteria: tuple[Criterion, ...]
    diagnostics: tuple[Diagnostic, ...] = ()

    def coverage(self) -> dict[Reading, int]:
        counts: dict[Reading, int] = {"whole": 0, "part": 0, "none": 0}
        for criterion in self.criteria:
            counts[criterion.reading] += 1
        return counts


def children(node: Node) -> tuple[Node, ...]:
    match node:
        case All(parts=parts) | Any(parts=parts) | AtLeast(parts=parts):
            return parts
        case Not(part=part):
            return (part,)
        case If(condition=condition, then=then):
            return (condition, then)
        case _:
            return ()


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it, parents first."""
    yield node
    for child in children(node):
        yield from walk(child)


def rebuild(node: Node, change: Callable[[Node], Node]) -> Node:
    """The tree with `change` applied to every node, children first."""
    match node:
        case All() | Any() | AtLeast():
            node = msgspec.structs.replace(node, parts=tuple(rebuild(part, change) for part in node.parts))
        case Not():
            node = msgspec.structs.replace(node, part=rebuild(node.part, change))
        case If():
            node = msgspec.structs.replace(
                node, condition=rebuild(node.condition, change), then=rebuild(node.then, change)
            )
        case _:
            pass
    return change(node)


def without_spans(node: Node) -> Node:
    """The meaning alone: two trees read from different words are equal when these are."""

    def bare(part: Node) -> Node:
        part = msgspec.structs.replace(part, span=None)
        if isinstance(part, Has | Compare | Score) and part.when is not None:
            part = msgspec.structs.replace(part, when=msgspec.structs.replace(part.when, span=None))
        if isinstance(part, Has) and part.unless:
            part = msgspec.structs.replace(part, unless=tuple(bare(exception) for exception in part.unless))
        return part

    return rebuild(node, bare)


def reading(node: Node) -> Reading:
    """How much of a criterion was read: `whole` without any Unread, `none` when nothing but Unread."""
    atoms = [part for part in walk(node) if not children(part)]
    unread = sum(isinstance(part, Unread) for part in atoms)
    if unread == 0:
        return "whole"
    return "none" if unread == len(atoms) else "part"


def _several(parts: tuple["Node", ...], least: int = 2) -> None:
    if len(parts) < least:
        raise ValueError(f"a list node needs at least {least} parts, got {len(parts)}")
