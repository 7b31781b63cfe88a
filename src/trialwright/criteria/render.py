"""The tree in plain English, for the one who reads a report.

Generated from the tree alone and from nothing else, so that it says what was understood and not what was printed.
"""

from decimal import Decimal
from typing import assert_never

from trialwright.codes.concepts import Concept
from trialwright.codes.dates import Duration
from trialwright.codes.quantities import Op
from trialwright.criteria.nodes import (
    All,
    AtLeast,
    Attest,
    Compare,
    Criterion,
    Has,
    If,
    Interval,
    Node,
    Not,
    Person,
    Score,
    Stage,
    Unread,
    Window,
)
from trialwright.criteria.nodes import (
    Any as AnyOf,
)

_OPS: dict[Op, str] = {
    "<": "below",
    "<=": "at most",
    ">": "above",
    ">=": "at least",
    "=": "exactly",
    "!=": "other than",
}
_STATUS = {
    "current": "now",
    "history": "ever",
    "active": "active",
    "uncontrolled": "not under control",
    "controlled": "under control",
    "symptomatic": "with symptoms",
    "asymptomatic": "without symptoms",
    "untreated": "not treated",
    "treated": "treated",
    "known": "known",
    "suspected": "suspected",
    "confirmed": "confirmed",
    "stable": "stable",
    "resolved": "over",
    "progressive": "getting worse",
    "recurrent": "come back",
    "newly_diagnosed": "newly found",
    "planned": "planned",
    "family_history": "in the family",
    "requires_treatment": "in need of treatment",
}
_ANCHORS = {
    "consent": "consent",
    "screening": "screening",
    "enrolment": "joining the trial",
    "registration": "registration",
    "randomisation": "randomisation",
    "baseline": "baseline",
    "first_dose": "the first dose",
    "last_dose": "the last dose",
    "surgery": "surgery",
    "radiotherapy": "radiotherapy",
    "chemotherapy": "chemotherapy",
    "diagnosis": "diagnosis",
    "recurrence": "recurrence",
    "progression": "progression",
    "trial": "the trial",
}
_ATTEST = {
    "consent": "gives consent",
    "compliance": "can follow the trial's plan",
    "capacity": "can understand and decide",
    "judgement": "the trial doctor's judgement",
    "conduct": "what the person will do later",
    "contraception": "uses birth control",
    "life_expectancy": "is expected to live",
    "fitness": "is fit enough",
    "availability": "is available",
}


def _scale(name: str) -> str:
    """An abbreviation in capitals ("ecog" is ECOG), other names in words."""
    return name.upper() if len(name) <= _ABBREVIATION and name.isalpha() else name.replace("-", " ")


_ABBREVIATION = 5


def plain(node: Node) -> str:
    """One phrase that says what the node asks, in short words."""
    match node:
        case All(parts=parts):
            return _list(parts, "and") if parts else "nothing is asked here"
        case AnyOf(parts=parts, open=is_open):
            words = _list(parts, "or")
            return f"{words}, or the like" if is_open else words
        case Not(part=part):
            return f"no {plain(part)}" if isinstance(part, Has | Unread) else f"not ({plain(part)})"
        case AtLeast(count=count, parts=parts):
            return f"at least {count} of these: {_list(parts, 'and')}"
        case If(condition=condition, then=then):
            return f"if {plain(condition)}: {plain(then)}"
        case Has():
            return _has(node)
        case Compare():
            return _compare(node)
        case Score(scale=scale, op=op, value=value):
            return f"{_scale(scale)} score {_OPS[op]} {value:f}{_window(node.when)}"
        case Stage():
            prefix = node.prefix or ""
            edition = f" ({node.edition})" if node.edition else ""
            return f"stage {' or '.join(prefix + value for value in node.allowed)}{edition}"
        case Interval():
            end = node.end.concept.text if node.end else "today"
            return f"{_OPS[node.op]} {node.duration} from the {node.start.edge} of {node.start.concept.text} to {end}"
        case Person():
            return _person(node)
        case Attest(kind=kind):
            least = f" at least {node.at_least}" if node.at_least else ""
            return f"{_ATTEST[kind]}{least} (“{_short(node.text)}”)"
        case Unread(text=text):
            return f"not understood: “{_short(text)}”"
        case _:
            assert_never(node)


def sentence(criterion: Criterion) -> str:
    """A criterion as one sentence: what must be so, or what keeps a person out."""
    words = plain(criterion.node)
    opening = "Must be true: " if criterion.kind == "inclusion" else "Must not be true: "
    return opening + words[:1] + words[1:] + "."


def _list(parts: tuple[Node, ...], word: str) -> str:
    shown = [f"({plain(part)})" if _is_joint(part) else plain(part) for part in parts]
    return ", ".join(shown[:-1]) + f" {word} " + shown[-1] if len(shown) > 1 else shown[0]


def _is_joint(node: Node) -> bool:
    return isinstance(node, AtLeast | If) or (isinstance(node, All | AnyOf) and bool(node.parts))


def _name(concept: Concept) -> str:
    return f"allergy to {concept.text}" if concept.kind == "allergy" else concept.text


def _has(node: Has) -> str:
    words = [_name(node.concept)]
    if node.times is not None:
        words.insert(0, f"{_OPS[node.times.op]} {node.times.count} ×")
    if node.severity is not None:
        scale = f"{node.severity.scale.replace('-', ' ')} " if node.severity.scale else ""
        words.append(f"of {scale}grade {_OPS[node.severity.op]} {node.severity.grade:f}")
    if node.site is not None:
        words.append(f"in {node.site.text}")
    if node.dose is not None:
        same = f" (as {node.dose.equivalent})" if node.dose.equivalent else ""
        words.append(f"at {_OPS[node.dose.op]} {node.dose.quantity}{same}")
    narrowed = [*(_STATUS[status] for status in node.status), *(f"“{_short(words_)}”" for words_ in node.qualifiers)]
    if narrowed:
        words.append(f"[{', '.join(narrowed)}]")
    return " ".join(words) + _window(node.when)


def _compare(node: Compare) -> str:
    limit = f"{node.quantity.value:f} × {node.relative_to}" if node.relative_to else str(node.quantity)
    statistic = f"{node.statistic} " if node.statistic else ""
    narrowed = f" [{', '.join(node.qualifiers)}]" if node.qualifiers else ""
    return f"{statistic}{node.measure.text} {_OPS[node.op]} {limit}{narrowed}{_window(node.when)}"


def _person(node: Person) -> str:
    if node.age is not None:
        op, limit = node.age
        return f"age {_OPS[op]} {limit}"
    if node.sex is not None:
        return node.sex
    return "able to become pregnant" if node.childbearing else "not able to become pregnant"


def _window(window: Window | None) -> str:
    if window is None:
        return ""
    anchor = _ANCHORS[window.anchor] if window.anchor else ""
    if window.side == "during":
        return f", during {anchor or 'the trial'}"
    words = []
    if window.lasting is not None:
        words.append(f"for at least {window.lasting}")
    if window.at_most is not None and window.at_least is not None:
        words.append(f"{_number(window.at_least)} to {window.at_most} {window.side} {anchor or 'today'}")
    elif window.at_most is not None:
        words.append(f"within {window.at_most} {window.side} {anchor or 'today'}")
    elif window.at_least is not None:
        words.append(
            f"{'more than' if window.strict else 'at least'} {window.at_least} {window.side} {anchor or 'today'}"
        )
    elif anchor:
        words.append(f"{window.side} {anchor}")
    return f", {' '.join(words)}" if words else ""


def _number(duration: Duration) -> str:
    return f"{Decimal(duration.value).normalize():f}"


def _short(text: str, width: int = 120) -> str:
    return text if len(text) <= width else text[: width - 1].rstrip() + "…"
