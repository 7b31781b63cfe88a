"""Our trees against the logical forms of the Leaf Clinical Trials corpus, atom by atom.

Their forms join entities loosely (`or`, `union` and bare sequence are used for the same text), so atoms are compared, not the
logic above them: each has a kind, its words and, for measurements, its numbers. An atom is right when one of ours has the same
kind and shares a word of weight with it; a number is right when operator and value stand with an atom so matched.

The map, theirs -> ours:

    cond, risk, org                                   Has of a condition, finding, event
    observ, social_habit                              Has of anything that is no drug or procedure; Attest
    drug, immune                                      Has of a drug or vaccine
    proc, enc, inpatient …                            Has of a procedure or device
    allergy                                           Has of an allergy (its drug is not asked again)
    lab, vital, measurement, clinical_score, survey   Compare, Score, Stage; Has of a lab or a test's finding
    age                                               Person, age
    female, male                                      Person, sex
    lang, prov, ethnic, insur, hypothetical, study …  not compared
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from criteria_corpora import DATA, Figure, Score, criteria_of, drawn, rows
from trialwright.codes.quantities import Op
from trialwright.criteria.nodes import Attest, Compare, Has, Node, Person, Stage, Unread, walk
from trialwright.criteria.nodes import Score as ScaleScore

_HEADS = {
    "cond": "condition", "risk": "condition", "org": "condition", "observ": "observation", "social_habit": "observation",
    "observation": "observation", "drug": "drug", "immune": "drug", "proc": "procedure", "enc": "procedure", "inpatient": "procedure",
    "allergy": "allergy", "lab": "measure", "vital": "measure", "measurement": "measure", "clinical_score": "measure",
    "survey_or_questionnaire": "measure", "age": "age", "female": "sex", "male": "sex",
}  # fmt: skip
_OPS: dict[str, Op] = {"GT": ">", "GTEQ": ">=", "LT": "<", "LTEQ": "<="}
_TOKEN = re.compile(r"(?P<call>[a-z_]+)\(|(?P<text>'[^']*'(?:'[^']*')*)|(?P<close>\))|(?P<word>[A-Z][A-Z-]*)")
_SPELLED = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "i": 1,
    "ii": 2,
    "iii": 3,
    "iv": 4,
    "v": 5,
    "eighteen": 18,
}
_LIGHT = frozenset(
    re.findall(
        r"\w+",
        "a an and any as at by for from in of on or other the to with disease diagnosis history patient patients study use",
    )
)
_MARKER = re.compile(r"^(?:-|\d+[.)]|\*|[a-z][.)])\s+")


class Form(NamedTuple):
    """An atom of either side. words: normalised words · numbers: (operator, value)."""

    kind: str
    words: frozenset[str]
    numbers: frozenset[tuple[str, Decimal]] = frozenset()


def measure(sample: int | None, examples: int) -> list[Figure]:
    items = drawn(list(rows(DATA / "criteria/lct_logical_forms_train.jsonl")), sample)
    scores: dict[str, Score] = defaultdict(lambda: Score(0, 0, 0, 0))
    numbers = Score(0, 0, 0, 0)
    unread = 0
    lost: dict[str, Counter[str]] = defaultdict(Counter)
    for item in items:
        text = _MARKER.sub("", item["intent"].strip())
        wanted = theirs(item["snippet"])
        nodes = _nodes(text)
        found = [form for node in nodes for form in ours(node)]
        unread += any(isinstance(node, Unread) for node in nodes)
        for kind, score in _scored(wanted, found).items():
            scores[kind] += score
        numbers += _numbered(wanted, found)
        _note(lost, wanted, found, text)
    total = sum(scores.values(), start=Score(0, 0, 0, 0))
    print(f"\n# logical forms: atoms of {len(items)} criteria, {unread} of them with words unread")
    print(total.row("all atoms"))
    for kind, score in sorted(scores.items(), key=lambda entry: -entry[1].sought):
        print(score.row(kind))
    print(numbers.row("numbers"))
    for why, texts in sorted(lost.items(), key=lambda entry: -entry[1].total())[: 3 * bool(examples) + 5]:
        print(f"   {texts.total():>4} {why}")
        for text in list(texts)[:examples]:
            print(f"          {text[:150]}")
    return [*total.figures("lct", "atoms"), *numbers.figures("lct", "numbers")]


def theirs(snippet: str) -> list[Form]:
    """The atoms of one of their forms; an abbreviation counts once, with what it abbreviates."""
    built: list[dict[str, set[object]]] = []
    stack: list[tuple[str, int | None]] = []
    current: int | None = None
    last_op: Op | None = None
    for match in _TOKEN.finditer(snippet):
        if call := match.group("call"):
            stack.append((call, current))
            if call in _HEADS and not any(name == "abbrev" for name, _ in stack):
                built.append({"kind": {_HEADS[call]}, "words": set(), "numbers": set()})
                current = len(built) - 1
        elif match.group("close"):
            if stack:
                call, before = stack.pop()
                # what a filter or a nested form named ends with it; a head's own bracket closes at once and the head goes on
                current = before if call not in _HEADS else current
        elif stack and current is not None:
            last_op = _take(built[current], stack, match.group(0).strip("'"), last_op)
    return _formed(built)


def _take(
    built: dict[str, set[object]], stack: list[tuple[str, int | None]], words: str, last_op: Op | None
) -> Op | None:
    calls = [name for name, _ in stack]
    if calls[-1] == "op":
        return _OPS.get(words)
    if calls[-1] in ("name", "mod") or calls[-1] in _HEADS:
        built["words"] |= _weighty(words)
    elif calls[-1] == "val" and "temporal_filter" not in calls:
        value = _number(words)
        if value is not None:
            built["numbers"].add((last_op or "=", value))
    return last_op


def _formed(built: Iterable[dict[str, set[object]]]) -> list[Form]:
    forms: list[Form] = []
    allergic = False
    for draft in built:
        (kind,) = draft["kind"]
        form = Form(str(kind), frozenset(map(str, draft["words"])), frozenset(draft["numbers"]))  # type: ignore[arg-type]
        if kind == "drug" and allergic:
            forms[-1] = forms[-1]._replace(words=forms[-1].words | form.words)
        elif form not in forms and (form.words or kind in ("age", "sex", "allergy")):
            forms.append(form)
        allergic = kind == "allergy"
    return forms


def ours(node: Node) -> Iterator[Form]:
    match node:
        case Has(concept=concept, severity=severity, times=times):
            kind = {
                "drug": "drug",
                "vaccine": "drug",
                "procedure": "procedure",
                "device": "procedure",
                "allergy": "allergy",
            }
            found = kind.get(
                concept.kind, "measure" if concept.kind in ("lab", "measurement", "scale") else "condition"
            )
            numbers = (
                [(severity.op, severity.grade)] if severity else [(times.op, Decimal(times.count))] if times else []
            )
            words = (
                f"{concept.text} {concept.id or ''} {' '.join(node.qualifiers)} {node.site.text if node.site else ''}"
            )
            yield Form(found, _weighty(words), frozenset(numbers))
        case Compare(measure=concept, op=op, quantity=quantity):
            yield Form("measure", _weighty(f"{concept.text} {concept.id or ''}"), frozenset({(op, quantity.value)}))
        case ScaleScore(scale=scale, op=op, value=value):
            yield Form("measure", _weighty(scale), frozenset({(op, value)}))
        case Stage(system=system, allowed=allowed):
            yield Form("measure", _weighty(f"{system} stage {' '.join(allowed)}"))
        case Person(age=(op, age)):
            yield Form("age", frozenset(), frozenset({(op, age.value)}))
        case Person(sex="female" | "male" as sex):
            yield Form("sex", frozenset({sex}))
        case Attest(text=words):
            yield Form("observation", _weighty(words))
        case _:
            return


def _nodes(text: str) -> list[Node]:
    return [_with_words(node, criterion.text) for criterion in criteria_of(text) for node in walk(criterion.node)]


def _with_words(node: Node, text: str) -> Node:
    """The concept's words as printed: the vocabulary's own name shares none with a synonym."""
    if isinstance(node, Has | Compare) and node.span is not None:
        concept = node.concept if isinstance(node, Has) else node.measure
        printed = type(concept)(text=f"{concept.text} {node.span.of(text)}", kind=concept.kind, id=concept.id)
        field = "concept" if isinstance(node, Has) else "measure"
        return type(node)(**{name: getattr(node, name) for name in node.__struct_fields__} | {field: printed})
    if isinstance(node, ScaleScore) and node.span is not None:
        return type(node)(scale=f"{node.scale} {node.span.of(text)}", op=node.op, value=node.value, span=node.span)
    return node


def _weighty(words: str) -> frozenset[str]:
    return frozenset(_stem(word) for word in re.findall(r"[a-z0-9]+", words.lower()) if word not in _LIGHT)


def _stem(word: str) -> str:
    return re.sub(r"(?:ies|es|s|y|ed|ing)$", "", word) if len(word) > 4 else word


def _number(words: str) -> Decimal | None:
    try:
        return Decimal(_SPELLED.get(words.lower(), words.replace(",", "").replace(" ", "")))
    except (InvalidOperation, ValueError):
        return None


def _same(wanted: Form, found: Form) -> bool:
    kinds = {
        "observation": {"observation", "condition", "measure", "procedure"},
        "condition": {"condition", "observation"},
    }
    if found.kind != wanted.kind and found.kind not in kinds.get(wanted.kind, ()):
        return False
    return not wanted.words or wanted.kind in ("age", "sex") or bool(wanted.words & found.words)


def _scored(wanted: list[Form], found: list[Form]) -> dict[str, Score]:
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for form in found:
        counts[form.kind][0] += any(_same(other, form) for other in wanted)
        counts[form.kind][1] += 1
    for form in wanted:
        counts[form.kind][2] += any(_same(form, other) for other in found)
        counts[form.kind][3] += 1
    return {kind: Score(*four) for kind, four in counts.items()}


def _numbered(wanted: list[Form], found: list[Form]) -> Score:
    sought = {(place, number) for place, form in enumerate(wanted) for number in form.numbers}
    said = {(place, number) for place, form in enumerate(found) for number in form.numbers}
    hit = sum(any(_same(wanted[at], other) and _stands(number, other) for other in found) for at, number in sought)
    right = sum(any(_same(other, found[at]) and _stands(number, other) for other in wanted) for at, number in said)
    return Score(right, len(said), hit, len(sought))


def _stands(number: tuple[str, Decimal], form: Form) -> bool:
    """Their ranges carry no operator, so `=` stands for any."""
    op, value = number
    return any(value == other and ("=" in (op, their) or op == their) for their, other in form.numbers)


def _note(lost: dict[str, Counter[str]], wanted: list[Form], found: list[Form], text: str) -> None:
    for form in wanted:
        if any(_same(form, other) for other in found):
            continue
        others = sorted({other.kind for other in found if form.words & other.words})
        why = f"{form.kind} read as {', '.join(others)}" if others else f"{form.kind} not read"
        lost[why][text] += 1
    for form in found:
        if not any(_same(other, form) for other in wanted):
            lost[f"{form.kind} that they do not have"][text] += 1
