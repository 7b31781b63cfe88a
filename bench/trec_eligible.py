"""Whether verdicts tell the trials that a patient may join from those that exclude the patient: TREC 2021 clinical trials, AUC.

The judges graded trials as eligible (the patient may join), excluded (right disease, but a criterion keeps them out) or not relevant.
Taken are the pairs graded eligible or excluded whose trial has text here, each note read by the note loader and judged on the trial's
criteria, with nothing declared complete. AUC is the share of pairs of one eligible and one excluded trial that a score puts in the right
order, ties counted half: over all pairs, and within the same patient. Appends to bench/results/trec_eligible.csv.

    python bench/trec_eligible.py [--errors N] [--dry]
"""

import argparse
import datetime as dt
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import search_corpora as corpora
from criteria_corpora import Figure, append, share
from trialwright.codes.vocabulary import default_vocabulary
from trialwright.engines.findings import TrialFinding
from trialwright.engines.memory import Chart, evaluate_on
from trialwright.library import Library
from trialwright.library.loading import Terms
from trialwright.library.opened import View
from trialwright.library.problems import case_of_note
from trialwright.library.ranking import RankTerms, rank, reasons_outside
from trialwright.patients.facts import Complete
from trialwright.patients.note import read_note
from trialwright.registries.files import read_trials

RESULTS = Path(__file__).parent / "results/trec_eligible.csv"
AS_OF = dt.date(2021, 6, 1)
"""The topics give no day: any will do, since what they date they date from the visit."""
ELIGIBLE, EXCLUDED = 2, 1
SEED = 20_251_121
_STANDING = {"ineligible": 0.0, "open": 1.0, "eligible": 2.0}


class Pair(NamedTuple):
    """rank: the ranking's score, 0 where it does not give the trial out. outside: age or sex do not fit the record's fields."""

    topic: str
    trial: str
    is_eligible: bool
    finding: TrialFinding
    rank: float
    outside: tuple[str, ...]


Scored = Callable[[Pair], float]


def verdict_score(pair: Pair) -> float:
    return 0.0 if pair.outside else _STANDING[pair.finding.overall]


def criteria_score(pair: Pair) -> float:
    """Fewer failing criteria first, then the larger share that passes."""
    verdicts = Counter(one.verdict for one in pair.finding.criteria)
    passing = verdicts["pass"] / max(1, len(pair.finding.criteria))
    return passing - verdicts["fail"] - len(pair.outside)


def auc(pairs: Sequence[tuple[float, bool]]) -> tuple[float, int]:
    """The share in the right order, and over how many pairs of one eligible and one excluded."""
    good, bad = ([score for score, is_good in pairs if is_good is wanted] for wanted in (True, False))
    right = sum((one > other) + 0.5 * (one == other) for one in good for other in bad)
    total = len(good) * len(bad)
    return (right / total if total else 0.0), total


def auc_within(pairs: Sequence[Pair], score: Scored) -> tuple[float, int]:
    """As `auc`, of trials judged for one patient only."""
    right, total = 0.0, 0
    for topic in {pair.topic for pair in pairs}:
        value, number = auc([(score(pair), pair.is_eligible) for pair in pairs if pair.topic == topic])
        right, total = right + value * number, total + number
    return (right / total if total else 0.0), total


def judged_pairs() -> Iterator[Pair]:
    records = corpora.records()
    judged = corpora.topics("trec_2021", frozenset(records))
    wanted = {
        topic: {trial: grade for trial, grade in graded.items() if grade in (ELIGIBLE, EXCLUDED)}
        for topic, graded in judged.judgments.items()
    }
    names = sorted({trial for graded in wanted.values() for trial in graded})
    with tempfile.TemporaryDirectory() as folder:
        library = Library(Path(folder), create=True)
        trials = (trial for name in names for trial in read_trials(records[name], name))
        library.load(trials, Terms(today=AS_OF, concepts=library.concepts, workers=None))
        with library.view() as view:
            for topic, graded in wanted.items():
                yield from _of_topic(view, topic, judged.queries[topic], graded)


def _of_topic(view: View, topic: str, note: str, graded: dict[str, int]) -> Iterator[Pair]:
    if not graded:
        return
    case = case_of_note(note, view.index, view.concepts, AS_OF)
    ranked = {one.trial: one.score for one in rank(view, case, RankTerms(as_of=AS_OF, limit=len(view)))}
    patient = read_note(note.encode(), topic, default_vocabulary(), AS_OF)
    chart = Chart(patient, index_date=AS_OF, complete=Complete(), vocabulary=default_vocabulary())
    for trial, grade in graded.items():
        outside = reasons_outside(view.trial(trial), case)
        finding = evaluate_on(view.criteria(trial), chart)
        yield Pair(topic, trial, grade == ELIGIBLE, finding, ranked.get(trial, 0.0), outside)


def figures(pairs: Sequence[Pair]) -> Iterator[Figure]:
    scores: tuple[tuple[str, Scored], ...] = (
        ("verdict of the trial", verdict_score),
        ("criteria that fail, then pass", criteria_score),
        ("age and sex alone", lambda pair: -float(len(pair.outside))),
        ("score of the ranking", lambda pair: pair.rank),
    )
    for name, score in scores:
        value, number = auc([(score(pair), pair.is_eligible) for pair in pairs])
        yield Figure("AUC", f"{name}, all patients", value, round(value * number), number)
        value, number = auc_within(pairs, score)
        yield Figure("AUC", f"{name}, within a patient", value, round(value * number), number)
    for wanted, name in ((True, "eligible"), (False, "excluded")):
        some = [pair for pair in pairs if pair.is_eligible is wanted]
        for overall in ("eligible", "open", "ineligible"):
            count = sum(pair.finding.overall == overall for pair in some)
            yield share("verdicts", f"labelled {name}, found {overall}", count, len(some))


def show(pairs: Sequence[Pair], number: int) -> None:
    """Errors to read: the eligible that a criterion keeps out, with the criteria, and the excluded that none does."""
    drawn = random.Random(SEED)
    kept_out = [pair for pair in pairs if pair.is_eligible and pair.finding.overall == "ineligible"]
    for pair in drawn.sample(kept_out, min(number, len(kept_out))):
        for one in pair.finding.criteria:
            if one.verdict == "fail":
                text = " ".join(one.criterion.text.split())
                print(f"{pair.topic} {pair.trial} {one.criterion.id} | {text[:300]}\n    {one.finding.why[:300]}")
    let_in = [pair for pair in pairs if not pair.is_eligible and pair.finding.overall != "ineligible"]
    print(f"excluded that no criterion keeps out: {len(let_in)}")
    for pair in drawn.sample(let_in, min(number, len(let_in))):
        print(pair.topic, pair.trial, dict(Counter(one.verdict for one in pair.finding.criteria)))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--errors", type=int, default=0, metavar="N", help="show N errors of each kind")
    parser.add_argument("--date", default=dt.datetime.now(dt.UTC).date().isoformat())
    parser.add_argument("--dry", action="store_true", help="measure, write nothing")
    given = parser.parse_args()
    pairs = list(judged_pairs())
    found = list(figures(pairs))
    for one in found:
        print(one)
    show(pairs, given.errors)
    if not given.dry:
        append(found, given.date, None, RESULTS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
