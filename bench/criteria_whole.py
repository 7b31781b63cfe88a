"""Accuracy of what is read whole: criteria drawn at random, each reading judged by hand against the criterion's words alone.

The judgements are `bench/gold/whole.tsv`: criteria that were read whole, drawn from all whole readings of both sets of eligibility
texts (a trial in both counts once). The column `source` names the sample, and each sample has its own figures: `hand` are 300 drawn
with seed 2026, by which the compiler has been mended since; `fresh-2026-11` are 100 drawn later with seed 4242; `fresh-2026-11-21`,
`fresh-2026-11-21b` to `fresh-2026-11-21e` 100 each with seeds 5151, 6262, 7373, 8484 and 10101, the compiler mended after each. A row is a
reading and its verdict, a criterion is the trial, a range of characters in its text, and the SHA-1 of these words, which stay where
they are. A criterion may have several rows: when the compiler comes to read it otherwise, the new reading is judged too and its row added.

    verdict    right: what the tree says of a patient is what the words say; wrong; arguable: two careful readers may differ, or a
               word that narrows nothing is kept as a qualifier
    kind       what is wrong: words cut loose and read as a thing of their own (fragment), a modifier or an object that did not go to
               all members of a list, a status or window at the wrong noun, a concept wider than the words, or for and, …

The tree stands as a line with concept ids; more than three words of a criterion in a row stand as a hash. A reading that has changed
is neither right nor wrong before it is judged again. What the compiler was mended by is no longer a fair sample: for a new figure
draw new criteria (`--draw N --seed S`) and judge these.

Usage: python bench/criteria_whole.py [--show] | --draw N --seed S
"""

import argparse
import csv
import hashlib
import math
import random
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from criteria_corpora import ROOT, Figure, Record, criteria_of, eligibility_texts, registry_records, share
from trialwright.codes.concepts import Concept
from trialwright.codes.places import Span
from trialwright.criteria.nodes import Criterion

GOLD = ROOT / "bench/gold/whole.tsv"
COLUMNS = ("trial", "criterion", "start", "end", "sha1", "tree", "verdict", "kind", "source")
_MOST_WORDS = 3
_FIRST = "hand"
_Z = 1.96


class Judgement(NamedTuple):
    tree: str
    verdict: str
    kind: str
    sample: str


class Sample(NamedTuple):
    name: str
    total: int


class Place(NamedTuple):
    """Where a criterion's words stand, and their SHA-1."""

    trial: str
    criterion: str
    start: int
    end: int
    sha1: str

    def __str__(self) -> str:
        return f"{self.trial} {self.criterion} [{self.start},{self.end}]"


def judgements(path: Path = GOLD) -> dict[Place, list[Judgement]]:
    found: dict[Place, list[Judgement]] = defaultdict(list)
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            place = Place(row["trial"], row["criterion"], int(row["start"]), int(row["end"]), row["sha1"])
            found[place].append(Judgement(row["tree"], row["verdict"], row["kind"], row["source"]))
    return found


def line(value: object, *, hidden: bool = True) -> str:
    """A tree, or a part of one, with all that it says but its spans and standard codes.

    hidden  more than three words of the criterion in a row stand as a hash
    """
    match value:
        case Concept(id=None):
            return f"{value.kind}:{_words(value.text, hidden)}"
        case Concept():
            return f"allergy:{value.id}" if value.kind == "allergy" else str(value.id)
        case msgspec.Struct() if type(value).__str__ is object.__str__:
            parts = [f"{name}={line(part, hidden=hidden)}" for name, part in _said(value)]
            return f"{type(value).__name__.lower()}({', '.join(parts)})"
        case tuple():
            return f"[{', '.join(line(part, hidden=hidden) for part in value)}]"
        case str():
            return _words(value, hidden)
        case _:
            return str(value)


def _said(value: msgspec.Struct) -> Iterator[tuple[str, object]]:
    """The fields that say more than their defaults."""
    for field in msgspec.structs.fields(value):
        part = getattr(value, field.name)
        if part != field.default and part != () and not isinstance(part, Span):
            yield field.name, part


def _words(text: str, hidden: bool) -> str:
    plain = " ".join(text.split())
    if not hidden or len(re.findall(r"\w+", plain)) <= _MOST_WORDS:
        return plain
    return f"#{hashlib.sha1(plain.encode(), usedforsecurity=False).hexdigest()[:10]}"


def _texts() -> list[Record]:
    return [*eligibility_texts(), *registry_records()]


def measure(examples: int) -> list[Figure]:
    """Recompiles the judged criteria and counts, sample by sample, the verdicts of the readings that are still as they were judged."""
    samples: dict[str, dict[Place, list[Judgement]]] = defaultdict(dict)
    for place, known in judgements().items():
        samples[known[0].sample][place] = known
    return [figure for name, found in samples.items() for figure in _measured(name, found, examples)]


def _measured(name: str, found: dict[Place, list[Judgement]], examples: int) -> list[Figure]:
    verdicts: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    again: list[str] = []
    refused: Counter[str] = Counter()
    for place, known, criterion in _recompiled(found):
        tree = f"{criterion.kind}: {line(criterion.node)}" if criterion is not None else ""
        judged = next((one for one in known if one.tree == tree), None)
        if judged is not None:
            verdicts[judged.verdict] += 1
            kinds[judged.kind] += judged.verdict == "wrong"
        elif criterion is None or criterion.reading != "whole":
            refused[known[-1].verdict] += 1
        else:
            again.append(f"{place} was {known[-1].verdict} {known[-1].kind}".rstrip() + f"\n          now {tree}")
    sample = Sample(name, len(found))
    _report(sample, verdicts, +kinds, (refused, again, examples))
    return _figures(sample, verdicts, refused, len(again))


def _recompiled(
    found: dict[Place, list[Judgement]],
) -> Iterator[tuple[Place, list[Judgement], Criterion | None]]:
    """Each judged criterion as it is read now; None when its words are no longer one criterion."""
    by_trial: dict[str, list[Record]] = defaultdict(list)
    wanted = {place.trial for place in found}
    for record in _texts():
        if record.trial in wanted:
            by_trial[record.trial].append(record)
    for place, known in found.items():
        text = next((record.text for record in by_trial[place.trial] if _is_there(place, record.text)), None)
        if text is None:
            raise LookupError(f"{place}: the words that were judged are no longer in the data")
        criteria = criteria_of(text, place.trial)
        yield place, known, next((one for one in criteria if _stands_at(place, one.span)), None)


def _stands_at(place: Place, span: Span) -> bool:
    return (span.start, span.end) == (place.start, place.end)


def _is_there(place: Place, text: str) -> bool:
    return _sha1(text[place.start : place.end]) == place.sha1


def _sha1(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def _report(
    sample: Sample, verdicts: Counter[str], kinds: Counter[str], changed: tuple[Counter[str], list[str], int]
) -> None:
    refused, again, examples = changed
    right, wrong = verdicts["right"], verdicts["wrong"]
    low, high = interval(right, right + wrong)
    print(
        f"\n# whole, sample {sample.name}: {sample.total} criteria judged; {verdicts.total()} are still read as judged"
    )
    print(
        f"  right {right}, wrong {wrong}, arguable {verdicts['arguable']}; "
        f"accuracy {right / ((right + wrong) or 1):.1%}, {low:.1%} to {high:.1%} (95 % interval)"
    )
    print(f"  wrong by kind: {', '.join(f'{kind} {count}' for kind, count in kinds.most_common()) or 'none'}")
    was = ", ".join(f"{count} were {verdict}" for verdict, count in refused.most_common())
    print(f"  no longer read whole, or cut otherwise: {refused.total()} ({was or 'none'})")
    print(f"  TO BE JUDGED AGAIN: {len(again)} readings have changed")
    for case in again[:examples]:
        print(f"       {case}")


def _figures(sample: Sample, verdicts: Counter[str], refused: Counter[str], again: int) -> list[Figure]:
    judged = verdicts["right"] + verdicts["wrong"]
    of = "" if sample.name == _FIRST else f", sample {sample.name}"
    return [
        share("whole", f"judged readings right{of}", verdicts["right"], judged),
        share("whole", f"judged readings arguable{of}", verdicts["arguable"], verdicts.total()),
        share("whole", f"to be judged again{of}", again, sample.total),
        share("whole", f"no longer read whole, were right{of}", refused["right"], sample.total),
        share("whole", f"no longer read whole, were wrong{of}", refused["wrong"], sample.total),
    ]


def interval(right: int, of: int) -> tuple[float, float]:
    """The 95 % score interval of a share. source: Wilson, J Am Stat Assoc 1927;22:209-212"""
    if not of:
        return 0.0, 1.0
    part, spread = right / of, _Z * _Z / of
    middle = (part + spread / 2) / (1 + spread)
    half = _Z * math.sqrt(part * (1 - part) / of + spread / of / 4) / (1 + spread)
    return middle - half, middle + half


def draw(count: int, seed: int) -> Iterator[tuple[Place, Criterion]]:
    """Criteria read whole, uniformly over all of them; a trial in both sets counts once."""
    firsts: dict[str, Record] = {}
    for number, record in enumerate(_texts()):
        firsts.setdefault(record.trial or str(number), record)
    whole = [
        (record.trial, criterion)
        for record in firsts.values()
        for criterion in criteria_of(record.text, record.trial)
        if criterion.reading == "whole"
    ]
    for trial, one in random.Random(seed).sample(whole, count):
        yield Place(trial, one.id, one.span.start, one.span.end, _sha1(one.text)), one


def _show(place: Place, criterion: Criterion) -> None:
    """What a judge reads, and the row to complete with a verdict, a kind and a source."""
    row = [*map(str, place), f"{criterion.kind}: {line(criterion.node)}", "", "", ""]
    print(f"\n{criterion.kind.upper()} under {criterion.heading or 'no heading'!r}: {' '.join(criterion.text.split())}")
    print(f"  {line(criterion.node, hidden=False)}")
    print("\t".join(row))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draw", type=int, metavar="N", help="draw N criteria read whole, to be judged")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--show", action="store_true", help="the words and the row of each reading to be judged again")
    given = parser.parse_args()
    if given.draw:
        for place, criterion in draw(given.draw, given.seed):
            _show(place, criterion)
    elif given.show:
        for place, known, now in _recompiled(judgements()):
            if now is not None and now.reading == "whole" and not _is_judged(known, now):
                _show(place, now)
    else:
        measure(sys.maxsize)
    return 0


def _is_judged(known: list[Judgement], criterion: Criterion) -> bool:
    return any(one.tree == f"{criterion.kind}: {line(criterion.node)}" for one in known)


if __name__ == "__main__":
    sys.exit(main())
