"""Numeric comparisons of the compiler against a set judged by hand: measure, operator, value, unit, multiple.

The set is `bench/gold/numeric.tsv`: 200 passages with a number, drawn at random from the eligibility texts (stratum `any`), and
100 more whose number is neither a length of time, an age nor part of a name (stratum `measured`). A passage is a line of the file
of texts and a range of characters in it; its words stay there. Passages are what bullets, item numbers and blank lines part, 12 to
500 characters long, each wording once, drawn with seeds 20250101 and 20250102. Each was judged from its words alone, before any
reading of ours was looked at.

    kind       measure, scale, age, grade, dose, count, life-expectancy; `none`: the passage compares nothing
    measure    the vocabulary's id, where the judge knew one; words: a name for it, any word of which must be in ours otherwise
    op, value  as printed; a range is two lines; a list of ranks (NYHA III or IV) is its two ends
    unit       UCUM; `a|b`: either will do
    weight     optional: a reading is right when it says so, and none is missed when it does not (a trivial end of a scale, "at
               least one", a restatement in other units)
    implied    what the words leave to the reader: a unit, an operator

Windows, washouts and other lengths of time but ages and life expectancy are no comparisons here, and what we say of them is not
judged. A comparison of ours counts when all five parts are right; with a Not above it, its operator is turned.
"""

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from criteria_corpora import ROOT, Figure, Score, criteria_of, eligibility_texts
from trialwright.codes.quantities import Op, Quantity, UnitError
from trialwright.codes.units import convert
from trialwright.criteria.nodes import Attest, Compare, Criterion, Has, Node, Not, Person, children
from trialwright.criteria.nodes import Score as ScaleScore

GOLD = ROOT / "bench/gold/numeric.tsv"
_TURNED: dict[Op, Op] = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "=": "!=", "!=": "="}
_TIMES = {"minute": "min", "hour": "h", "day": "d", "week": "wk", "month": "mo", "year": "a"}
_RANKED = frozenset({"scale", "grade", "count"})


class Judged(NamedTuple):
    """A comparison as the judge read it."""

    kind: str
    measure: str
    words: frozenset[str]
    op: str
    value: Decimal
    units: tuple[str, ...]
    relative: str
    required: bool
    implied: frozenset[str]

    def __str__(self) -> str:
        name = self.measure or " ".join(sorted(self.words))
        return f"{name} {self.op} {self.value} {'|'.join(self.units)} {self.relative}".strip()


class Passage(NamedTuple):
    number: int
    stratum: str
    row: int
    trial: str
    start: int
    end: int
    judged: tuple[Judged, ...]


class Said(NamedTuple):
    """A comparison as the tree has it; `turned` with a Not above it."""

    kind: str
    measure: str
    words: frozenset[str]
    op: Op
    turned: Op | None
    quantity: Quantity
    relative: str
    start: int
    end: int

    def __str__(self) -> str:
        return f"{self.measure or ' '.join(sorted(self.words))} {self.op} {self.quantity} {self.relative}".strip()


def passages(path: Path = GOLD) -> list[Passage]:
    grouped: dict[tuple[str, ...], list[Judged]] = defaultdict(list)
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            place = tuple(row[name] for name in ("passage", "stratum", "row", "trial", "start", "end"))
            grouped[place] += [_judged(row)] if row["kind"] != "none" else []
    return [
        Passage(int(number), stratum, int(row), trial, int(start), int(end), tuple(judged))
        for (number, stratum, row, trial, start, end), judged in grouped.items()
    ]


def _judged(row: dict[str, str]) -> Judged:
    return Judged(
        kind=row["kind"],
        measure=row["measure"],
        words=_words(row["words"]),
        op=row["op"],
        value=Decimal(row["value"]),
        units=tuple(row["unit"].split("|")),
        relative=row["relative"],
        required=row["weight"] == "required",
        implied=frozenset(row["implied"].split(",")) - {""},
    )


def measure(examples: int) -> list[Figure]:
    texts = eligibility_texts()
    scores: dict[str, Score] = defaultdict(lambda: Score(0, 0, 0, 0))
    wrong: dict[str, list[str]] = defaultdict(list)
    for passage in passages():
        text = texts[passage.row - 1].text
        criteria = criteria_of(text, passage.trial)
        found = [said for said in _said(criteria) if _inside(said, passage)]
        before = sum(len(cases) for why, cases in wrong.items() if why.startswith("missed"))
        passage_scores = _scored(passage, found, wrong)
        missed = sum(len(cases) for why, cases in wrong.items() if why.startswith("missed")) - before
        if missed and all(criterion.reading == "whole" for criterion in criteria if _covers(criterion, passage)):
            wrong["lost: missed in what was read whole"].append(f"{passage.trial} [{passage.start},{passage.end}]")
        for kind, score in passage_scores.items():
            scores[kind] += score
            scores[f"[{passage.stratum}]"] += score
            scores["all"] += score
    print(f"\n# numbers: {len(passages())} passages judged by hand")
    for kind, score in sorted(scores.items(), key=lambda entry: -entry[1].sought):
        print(score.row(kind))
    for why, cases in sorted(wrong.items(), key=lambda entry: -len(entry[1])):
        print(f"   {len(cases):>4} {why}")
        for case in cases[:examples]:
            print(f"          {case}")
    kinds = Counter({why: len(cases) for why, cases in wrong.items()})
    errors = [Figure("numbers", f"errors: {why}", count) for why, count in kinds.most_common()]
    strata = [figure for name in ("[any]", "[measured]") for figure in scores[name].figures("numbers", name)]
    return [*scores["all"].figures("numbers", "comparisons"), *strata, *errors]


def _said(criteria: Sequence[Criterion]) -> Iterator[Said]:
    for criterion in criteria:
        for node, turned in _below(criterion.node, False):
            for said in _of_node(node, turned, criterion.text):
                yield said._replace(start=said.start + criterion.span.start, end=said.end + criterion.span.start)


def _below(node: Node, turned: bool) -> Iterator[tuple[Node, bool]]:
    yield node, turned
    if isinstance(node, Has):
        for exception in node.unless:
            yield exception, turned
    for child in children(node):
        yield from _below(child, turned != isinstance(node, Not))


def _of_node(node: Node, turned: bool, text: str) -> Iterator[Said]:
    if node.span is None:
        return
    place = node.span.start, node.span.end

    def said(name: tuple[str, str, str], op: Op, quantity: Quantity, relative: str = "") -> Said:
        kind, measure_id, words = name
        return Said(kind, measure_id, _words(words), op, _TURNED[op] if turned else None, quantity, relative, *place)

    match node:
        case Compare(measure=concept, op=op, quantity=quantity, relative_to=relative):
            words = f"{concept.text} {' '.join(node.qualifiers)} {concept.id or ''}"
            yield said(("measure", concept.id or "", words), op, quantity, relative or "")
        case ScaleScore(scale=scale, op=op, value=value):
            yield said(("scale", scale, f"{scale} {node.span.of(text)}"), op, Quantity(value))
        case Person(age=(op, age)):
            yield said(("age", "age", "age"), op, Quantity(age.value, _TIMES[age.unit]))
        case Attest(kind="life_expectancy", at_least=age) if age is not None:
            yield said(
                ("life-expectancy", "life-expectancy", "life expectancy"), ">=", Quantity(age.value, _TIMES[age.unit])
            )
        case Has(concept=concept):
            words = f"{concept.text} {node.span.of(text)}"
            if node.severity:
                yield said(("grade", "", words), node.severity.op, Quantity(node.severity.grade))
            if node.times:
                yield said(("count", "", words), node.times.op, Quantity(Decimal(node.times.count)))
            if node.dose:
                yield said(("dose", concept.id or "", words), node.dose.op, node.dose.quantity)
        case _:
            return


def _words(name: str) -> frozenset[str]:
    return frozenset(re.sub(r"s$", "", word) for word in re.findall(r"[a-z0-9]+", name.lower()) if len(word) > 1)


def _inside(said: Said, passage: Passage) -> bool:
    """More than half of its words, or of the passage's, are in both."""
    shared = min(said.end, passage.end) - max(said.start, passage.start)
    return shared > 0 and 2 * shared >= min(said.end - said.start, passage.end - passage.start)


def _covers(criterion: Criterion, passage: Passage) -> bool:
    return criterion.span.start < passage.end and passage.start < criterion.span.end


def _scored(passage: Passage, found: list[Said], wrong: dict[str, list[str]]) -> dict[str, Score]:
    scores: dict[str, Score] = defaultdict(lambda: Score(0, 0, 0, 0))
    taken: set[int] = set()
    spare: list[Judged] = []
    for judged in sorted(passage.judged, key=lambda one: not one.required):
        place = next((at for at, said in enumerate(found) if at not in taken and not _faults(judged, said)), None)
        if place is not None:
            taken.add(place)
            scores[judged.kind] += Score(1, 1, int(judged.required), int(judged.required))
        elif judged.required:
            scores[judged.kind] += Score(0, 0, 0, 1)
            spare.append(judged)
    left = [said for at, said in enumerate(found) if at not in taken and not _ignored(said, passage)]
    for said in left:
        scores[said.kind] += Score(0, 1, 0, 0)
        near = min(passage.judged, key=lambda judged: len(_faults(judged, said)), default=None)
        faults = _faults(near, said) if near else ["not a comparison of the passage"]
        why = f"wrong: {', '.join(faults)}" if len(faults) < 3 else "wrong: not in the passage"
        wrong[why].append(f"{passage.trial} [{passage.start},{passage.end}] read {said}; judged {near or 'nothing'}")
    for judged in spare:
        wrong[f"missed: {judged.kind}"].append(f"{passage.trial} [{passage.start},{passage.end}] {judged}")
    return scores


def _ignored(said: Said, passage: Passage) -> bool:
    """Lengths of time that were not judged; what repeats a comparison that the passage has once."""
    timed = said.kind not in ("age", "life-expectancy") and said.quantity.unit in _TIMES.values()
    return timed or any(not _faults(judged, said) for judged in passage.judged)


def _faults(judged: Judged, said: Said) -> list[str]:
    faults = []
    if judged.measure != said.measure and not judged.words & said.words:
        faults.append("measure")
    ops = {said.op, said.turned}
    ranked = judged.kind in _RANKED and said.op == "="
    if judged.op not in ops and not ranked and not ("op" in judged.implied and said.op == "="):
        faults.append("operator")
    if judged.relative != said.relative:
        faults.append("multiple")
    if not any(_same_amount(judged, unit, said) for unit in judged.units):
        faults.append("value" if _unit_fits(judged, said) else "value or unit")
    return faults


def _same_amount(judged: Judged, unit: str, said: Said) -> bool:
    if judged.value == said.quantity.value and (unit == said.quantity.unit or _unit_fits(judged, said)):
        return True
    try:
        return (
            abs(convert(said.quantity, unit, said.measure or None).value - judged.value) <= abs(judged.value) / 10_000
        )
    except UnitError:
        return False


def _unit_fits(judged: Judged, said: Said) -> bool:
    """The same unit, or none where the words give none; the units of counted things are pure numbers to UCUM."""
    unit = re.sub(r"\{[^}]*\}", "1", said.quantity.unit)
    free = said.quantity.unit == "1" and "unit" in judged.implied
    return free or unit in judged.units or any(re.sub(r"\{[^}]*\}", "1", wanted) == unit for wanted in judged.units)
