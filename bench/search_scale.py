"""How fast and how large the library is with many trials: real ones perturbed, each with a new id, its sentences in another order
and some of its words made up, so that the word list grows as a registry's does. Criteria are compiled once for each real trial and
reused: compiling is measured elsewhere.

Times are of one process on a machine that may be busy; every kind of query is asked with different words each time.
"""

import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import msgspec
import tantivy

import search_corpora as corpora
from search_quality import AS_OF, Figure
from trialwright.criteria.nodes import Criteria
from trialwright.library import Library, View, folders
from trialwright.library.describing import texts_of
from trialwright.library.loading import Step
from trialwright.library.problems import case_of_note
from trialwright.library.ranking import RankTerms, problem_lists, rank
from trialwright.library.searching import Search, search
from trialwright.library.similarity import similar
from trialwright.library.store import open_store
from trialwright.trial import Trial

_SEED = 20_250_101
_ALONE = 20_000
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_CRITERIA_FILTERS = (
    "accepts:prior-pd1", "allows:ecog=2", "excludes:hbv", "requires:asthma", "excludes:pregnancy", "accepts:diabetes",
    "excludes:hiv allows:ecog=1", "requires:measurable-disease accepts:brain-metastases", "excludes:chemotherapy",
)  # fmt: skip
_OPENING = """
import time, sys
start = time.perf_counter()
from pathlib import Path
from trialwright.library import Library
with Library(Path(sys.argv[1])).view() as view:
    view.index.searcher.num_docs
print(time.perf_counter() - start)
"""


def base(view: View) -> list[tuple[Trial, Criteria]]:
    """Real trials whose whole record is there, API v2 and classic XML, with their criteria; the flat sets lack most of the text."""
    ids = corpora.whole_records()
    return [(view.trial(nct_id), view.criteria(nct_id)) for nct_id in ids if view.holds(nct_id)]


def perturbed(real: Sequence[tuple[Trial, Criteria]], number: int) -> Iterator[tuple[Trial, Criteria]]:
    rng = random.Random(_SEED)
    for place in range(number):
        trial, criteria = real[place % len(real)]
        yield (trial, criteria) if place < len(real) else (_changed(trial, place, rng), criteria)


def _changed(trial: Trial, place: int, rng: random.Random) -> Trial:
    protocol = trial.protocol
    identification = protocol.identification
    words = protocol.description
    replace = msgspec.structs.replace
    changed = replace(
        protocol,
        identification=replace(
            identification, nct_id=f"NCT9{place:07d}", brief_title=_reworded(identification.brief_title, rng)
        )
        if identification
        else None,
        description=replace(
            words,
            brief_summary=_shuffled(words.brief_summary, rng),
            detailed_description=_shuffled(words.detailed_description, rng),
        )
        if words
        else None,
    )
    return replace(trial, record=replace(trial.record, protocol=changed))


def _shuffled(text: str | None, rng: random.Random) -> str | None:
    if not text:
        return text
    sentences = _SENTENCE.split(text)
    rng.shuffle(sentences)
    return _reworded(" ".join(sentences), rng)


def _reworded(text: str | None, rng: random.Random) -> str | None:
    """One word in a hundred is made up."""
    if not text:
        return text
    words = text.split(" ")
    for _ in range(max(1, len(words) // 100)):
        words[rng.randrange(len(words))] = "".join(rng.choices("abcdefghilmnoprstu", k=rng.randint(5, 9)))
    return " ".join(words)


def measure(number: int, real: list[tuple[Trial, Criteria]]) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        library = Library(home, create=True)
        yield from _filling(library, perturbed(real, number), number)
        yield from _tantivy_alone(library, number)
        yield from _sizes(home, number)
        opened = [_opening(home) for _ in range(6)]
        yield Figure(f"{number:,} trials: first use in a new process, s", min(opened), len(opened), "< 0.2")
        with library.view() as view:
            yield from _queries(view, number)
        yield Figure(f"{number:,} trials: memory of a process that answers, MB", _memory_mb(home), 1, "< 500")


def _filling(library: Library, trials: Iterator[tuple[Trial, Criteria]], number: int) -> Iterator[Figure]:
    """The whole of loading but compiling; then the text index alone, from records that are in the library."""
    made = 0.0
    start = time.perf_counter()
    store = open_store(library.home)
    with store.writing():
        step = Step(store, library.concepts)
        while True:
            before = time.perf_counter()
            one = next(trials, None)
            made += time.perf_counter() - before
            if one is None:
                break
            step.take_in(*one, AS_OF.isoformat())
        step.finish()
    store.close()
    yield Figure(f"{number:,} trials: records and index, s for 100,000", _for_100k(start, made, number), number)
    spent, cpu = 0.0, 0.0
    store = open_store(library.home)
    with store.writing():
        step = Step(store, library.concepts, is_anew=True)
        for version in store.current_versions():
            trial, criteria, terms = store.record(version), store.criteria(version), store.terms(version)
            before, before_cpu = time.perf_counter(), time.process_time()
            step.put(version, trial, criteria, terms)
            spent, cpu = spent + time.perf_counter() - before, cpu + time.process_time() - before_cpu
        before, before_cpu = time.perf_counter(), time.process_time()
        step.finish()
        spent, cpu = spent + time.perf_counter() - before, cpu + time.process_time() - before_cpu
    step.sweep()
    store.close()
    yield Figure(f"{number:,} trials: text index alone, s for 100,000", spent / number * 100_000, number, "< 20")
    yield Figure(
        f"{number:,} trials: text index alone, s of processor time for 100,000", cpu / number * 100_000, number
    )


def _tantivy_alone(library: Library, number: int) -> Iterator[Figure]:
    """The same texts as one field of plain words, which is what the engine itself needs: the rest is ours."""
    with library.view() as view, tempfile.TemporaryDirectory() as folder:
        texts = [
            "\n".join(msgspec.structs.astuple(texts_of(view.store.record(version), view.store.criteria(version))))
            for version in islice(view.store.current_versions(), _ALONE)
        ]
        index = tantivy.Index(tantivy.SchemaBuilder().add_text_field("all").build(), path=folder)
        writer = index.writer(160_000_000, 1)
        before, before_cpu = time.perf_counter(), time.process_time()
        for text in texts:
            writer.add_document(tantivy.Document(all=text))
        writer.commit()
        writer.wait_merging_threads()
        wall, cpu = time.perf_counter() - before, time.process_time() - before_cpu
    scale = 100_000 / len(texts)
    yield Figure(f"{number:,} trials: tantivy alone, one field, s for 100,000", wall * scale, len(texts))
    yield Figure(
        f"{number:,} trials: tantivy alone, one field, s of processor time for 100,000", cpu * scale, len(texts)
    )


def _for_100k(start: float, made: float, number: int) -> float:
    return (time.perf_counter() - start - made) / number * 100_000


def _sizes(home: Path, number: int) -> Iterator[Figure]:
    store = open_store(home)
    with store.reading():
        index = folders.size_bytes(folders.folder(home, store.state("index") or ""))
    store.close()
    yield Figure(f"{number:,} trials: text index, kB a trial", index / number / 1000, number, "< 2")
    yield Figure(
        f"{number:,} trials: records and criteria, kB a trial",
        (home / "library.sqlite").stat().st_size / number / 1000,
        number,
    )


def _opening(home: Path) -> float:
    command = [sys.executable, "-c", _OPENING, str(home)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _queries(view: View, number: int) -> Iterator[Figure]:
    rng = random.Random(_SEED)
    held = frozenset(view.store.ids())
    keywords = list(corpora.keyword_queries(held).queries.values())
    names = [
        name
        for version in rng.sample(list(view.store.current_versions()), 150)
        for name in view.store.record(version).conditions
    ]
    notes = [text for name in ("trec_2021", "sigir") for text in corpora.topics(name, held).queries.values()]
    ids = rng.sample(sorted(held), 100)

    def keyword(text: str) -> object:
        return search(view, Search(text=text, limit=10))

    def patient(text: str) -> object:
        return problem_lists(view, case_of_note(text, view.index, view.concepts, AS_OF))

    def ranked(text: str) -> object:
        return rank(view, case_of_note(text, view.index, view.concepts, AS_OF), RankTerms(as_of=AS_OF, limit=20))

    for name, asked, ask, texts in (
        ("keyword query", "< 15", keyword, [*keywords, *names[:200]]),
        ("filters over criteria", "< 50", keyword, [*_CRITERIA_FILTERS * 8]),
        ("patient query", "< 100", patient, notes),
        ("patient query with verdicts on 50", "", ranked, notes[:60]),
        ("similar", "< 80", lambda nct_id: similar(view, nct_id, limit=10), ids),
    ):
        wall, cpu = _p95(ask, texts)
        yield Figure(f"{number:,} trials: {name}, p95 ms", wall, len(texts), asked)
        yield Figure(f"{number:,} trials: {name}, p95 ms of processor time", cpu, len(texts))


def _p95(ask: Callable[[str], object], texts: Sequence[str]) -> tuple[float, float]:
    """By the clock, and of processor time, which a busy machine does not stretch; after ten questions that warm the caches."""
    for text in texts[:10]:
        ask(text)
    taken, spent = [], []
    for text in texts:
        start, start_cpu = time.perf_counter(), time.process_time()
        ask(text)
        taken.append(1000 * (time.perf_counter() - start))
        spent.append(1000 * (time.process_time() - start_cpu))
    return _at_95(taken), _at_95(spent)


def _at_95(values: list[float]) -> float:
    return sorted(values)[int(0.95 * (len(values) - 1))]


_ANSWERING = """
import sys
from datetime import date
from pathlib import Path
from trialwright.library import Library
from trialwright.library.problems import case_of_note
from trialwright.library.ranking import RankTerms, rank
from trialwright.library.searching import Search, search
from trialwright.library.similarity import similar
with Library(Path(sys.argv[1])).view() as view:
    for text in ("asthma", "pd-1 inhibitor recruiting", "excludes:hbv", "low back pain exercise"):
        found = search(view, Search(text=text, facets=True))
    for hit in found.hits[:5]:
        similar(view, hit.trial)
    note = "A 58-year-old woman with type 2 diabetes, hypertension and chest pain. No fever."
    rank(view, case_of_note(note, view.index, view.concepts, date(2026, 3, 2)), RankTerms(as_of=date(2026, 3, 2)))
(peak,) = [line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")]
print(int(peak) / 1000)
"""


def _memory_mb(home: Path) -> float:
    """The high-water mark of a process of its own, pages of the index that it maps included."""
    command = [sys.executable, "-c", _ANSWERING, str(home)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
