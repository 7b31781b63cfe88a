"""Ages and sex derived from the compiled trees, against the registry's own fields for the same trial.

Only claims that bind everyone count: in an inclusion what stands alone or in an All, in an exclusion what stands alone or in an
Any, and what a Not turns into the other. Claims under an If, and alternatives, bind only some and are left out. A trial's lower
limit is the highest of its lower bounds, its upper limit the lowest of its upper ones.

The registry's fields know no "more than": text that says `> 18` agrees with 18 and with 19, text that says `< 65` with 65 and 64;
and "0 years" is no limit.

Some records contradict themselves: the text plainly says another age than the field. `bench/gold/ages.tsv` lists those found by
reading the text of each disagreement, with the age that the text says; they count as such only where the tree says that age too.
"""

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Literal, NamedTuple

from criteria_corpora import ROOT, Figure, Record, criteria_of, drawn, registry_records, share
from trialwright.codes.dates import Duration
from trialwright.codes.quantities import Op
from trialwright.criteria.nodes import All, Any, Criterion, Node, Not, Person, Sex

_OWN = "the record contradicts itself"
Side = Literal["minimum age", "maximum age"]
_FLIPPED: dict[Op, Op] = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "=": "!=", "!=": "="}
_ENDS: dict[Side, tuple[Op, ...]] = {"minimum age": (">", ">=", "="), "maximum age": ("<", "<=", "=")}
_MONTHS = {"year": Decimal(12), "month": Decimal(1)}
_DAYS = {"week": Decimal(7), "day": Decimal(1), "hour": Decimal(1) / 24, "minute": Decimal(1) / 1440}
_BOTH = re.compile(
    r"\b(?:male|men|man|boys?)\b.*\b(?:female|wom[ae]n|girls?)\b|\bfemale.*\bmale|\bwom[ae]n\b.*\bm[ae]n\b|"
    r"\b(?:any|either|both|all) (?:sex|gender)",
    re.IGNORECASE | re.DOTALL,
)


class Limit(NamedTuple):
    op: Op
    age: Duration
    words: str

    def __str__(self) -> str:
        return f"{self.op} {self.age.value} {self.age.unit}"


class Claims(NamedTuple):
    """What a trial's tree says of everyone."""

    limits: tuple[Limit, ...]
    sexes: dict[Sex, str]
    either: bool


class Difference(NamedTuple):
    kind: str
    trial: str
    said: str
    registry: str
    words: str


def binding(node: Node, holds: bool) -> Iterator[tuple[Node, bool]]:
    """Atoms that must hold for everyone (True) or must not (False)."""
    match node:
        case All(parts=parts) if parts and (holds or len(parts) == 1):
            for part in parts:
                yield from binding(part, holds)
        case Any(parts=parts) if not holds or len(parts) == 1:
            for part in parts:
                yield from binding(part, holds)
        case Not(part=part):
            yield from binding(part, not holds)
        case _:
            yield node, holds


def claims(criteria: Iterable[Criterion]) -> Claims:
    limits: list[Limit] = []
    sexes: dict[Sex, str] = {}
    either = False
    for criterion in criteria:
        for atom, holds in binding(criterion.node, criterion.kind == "inclusion"):
            words = atom.span.of(criterion.text) if atom.span else criterion.text
            match atom:
                case Person(age=(op, age)):
                    limits.append(Limit(op if holds else _FLIPPED[op], age, words))
                case Person(sex="female" | "male" as sex):
                    sexes.setdefault(sex if holds else "male" if sex == "female" else "female", criterion.text)
                case All(parts=()) | Any():
                    either |= holds and _BOTH.search(words) is not None
                case _:
                    pass
    return Claims(tuple(limits), sexes, either)


def measure(sample: int | None, examples: int) -> list[Figure]:
    records = drawn(registry_records(), sample)
    read = [(record, claims(criteria_of(record.text, record.trial))) for record in records]
    figures: list[Figure] = []
    for side in ("minimum age", "maximum age"):
        figures += _ages(side, read, examples)
    return figures + _sexes(read, examples)


Read = list[tuple[Record, Claims]]


def _ages(side: Side, read: Read, examples: int) -> list[Figure]:
    lower = side == "minimum age"
    found = equal = stated = stated_found = 0
    differences: list[Difference] = []
    contradictions = _contradictions()
    for record, claim in read:
        registry = record.minimum_age if lower else record.maximum_age
        limits = [limit for limit in claim.limits if limit.op in _ENDS[side]]
        stated += registry is not None
        if not limits:
            continue
        found += 1
        stated_found += registry is not None
        ends = (max if lower else min)(limits, key=_rank)
        if _agrees(ends, registry):
            equal += 1
        else:
            plain = contradictions.get((record.trial, side))
            kind = _OWN if plain and _agrees(ends, plain) else _kind(limits, registry, record.text)
            differences.append(Difference(kind, record.trial, str(ends), registry or "none", ends.words))
    figures = [
        share("people", f"{side}: equal where found", equal, found),
        share("people", f"{side}: found, of all trials", found, len(read)),
        share("people", f"{side}: found, of trials whose registry has it", stated_found, stated),
    ]
    own = sum(difference.kind == _OWN for difference in differences)
    figures.append(share("people", f"{side}: equal, but for records at odds with themselves", equal, found - own))
    _print(figures, differences, examples)
    return figures


def _rank(limit: Limit) -> Decimal:
    """Days, near enough to order limits of a trial."""
    return limit.age.value * {"year": Decimal("365.25"), "month": Decimal("30.44"), **_DAYS}[limit.age.unit]


def _duration(words: str) -> Duration:
    number, unit = words.split()
    return Duration(Decimal(number), unit.lower().rstrip("s"))  # type: ignore[arg-type]


def _exact(age: Duration) -> tuple[str, Decimal]:
    months = _MONTHS.get(age.unit)
    return ("month", age.value * months) if months else ("day", age.value * _DAYS[age.unit])


def _agrees(limit: Limit, registry: str | None) -> bool:
    if registry is None:
        return limit.op == ">=" and limit.age.value == 0
    step = {">": 1, "<": -1}.get(limit.op, 0)
    beside = Duration(limit.age.value + step, limit.age.unit)
    return _exact(_duration(registry)) in (_exact(limit.age), _exact(beside))


def _contradictions() -> dict[tuple[str, str], str]:
    with (ROOT / "bench/gold/ages.tsv").open(encoding="utf-8", newline="") as lines:
        return {
            (row["trial"], row["side"]): f"{row['age']} {row['unit']}" for row in csv.DictReader(lines, delimiter="\t")
        }


def _kind(limits: list[Limit], registry: str | None, text: str) -> str:
    if registry is None:
        return "registry has none"
    wanted = _duration(registry)
    if any(_agrees(limit, registry) for limit in limits):
        return "another of the text's limits is the registry's"
    if not re.search(rf"(?<!\d){wanted.value}(?!\d)", text):
        return "registry's number is nowhere in its text"
    if any(limit.age.value == wanted.value for limit in limits):
        return "same number, other unit"
    return "registry's number is in the text, not read"


def _sexes(read: Read, examples: int) -> list[Figure]:
    found = equal = limited = limited_found = 0
    differences = []
    for record, claim in read:
        registry = record.sex or "ALL"
        limited += registry != "ALL"
        if not claim.sexes and not claim.either:
            continue
        found += 1
        limited_found += registry != "ALL" and len(claim.sexes) == 1
        said = next(iter(claim.sexes)).upper() if len(claim.sexes) == 1 else "ALL"
        if said == registry:
            equal += 1
        else:
            kind = f"text {said}, registry {registry}"
            differences.append(Difference(kind, record.trial, said, registry, "; ".join(claim.sexes.values())))
    figures = [
        share("people", "sex: equal where found", equal, found),
        share("people", "sex: found, of all trials", found, len(read)),
        share("people", "sex: one sex found, of trials for one sex", limited_found, limited),
    ]
    _print(figures, differences, examples)
    return figures


def _print(figures: list[Figure], differences: list[Difference], examples: int) -> None:
    print("\n# people")
    for figure in figures:
        print("  " + str(figure))
    by_kind: dict[str, list[Difference]] = defaultdict(list)
    for difference in differences:
        by_kind[difference.kind].append(difference)
    for kind, count in Counter(difference.kind for difference in differences).most_common():
        print(f"   {count:>4} {kind}")
        for difference in by_kind[kind][:examples]:
            words = " ".join(difference.words.split())[:70]
            print(f"          {difference.trial}: read {difference.said}, registry {difference.registry}; {words!r}")
