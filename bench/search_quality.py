"""How well the library finds: against plain BM25 on the same trials, with the judgments of the shared sets.

Each judged set gets a library of its own judged trials, so that both sides see the same pool and the same word counts. BM25 has one
field with all of a trial's text, once with lower-cased words and once stemmed; the stronger of the two is the one to beat.
"""

import math
import random
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path

import msgspec
import tantivy

import search_corpora as corpora
from search_corpora import Judged
from trialwright.library import Library, View
from trialwright.library.describing import named_conditions, named_interventions, texts_of
from trialwright.library.index import key_of
from trialwright.library.loading import Step, Terms
from trialwright.library.problems import case_of_note
from trialwright.library.ranking import RankTerms, fused, problem_lists, rank
from trialwright.library.searching import Search, search
from trialwright.library.similarity import similar
from trialwright.library.store import open_store
from trialwright.registries import read_trials

AS_OF = date(2026, 3, 2)
_TOP = 10
_SEED = 20_250_101
_TARGETS = 200
_LEAST_POSITIVES = 3
_ASKED = {"keyword": ">= 1.1", "trec_2021": ">= 1.5", "sigir": ">= 1.5"}
Ranking = Callable[[str], Sequence[str]]


class Figure(msgspec.Struct, frozen=True):
    """of: how many queries, pairs or trials it is over; asked: what it is to reach, "" where nothing is asked"""

    name: str
    value: float
    of: int
    asked: str = ""

    def __str__(self) -> str:
        asked = f"   asked: {self.asked}" if self.asked else ""
        return f"{self.name:<72} {self.value:10.4f}   over {self.of}{asked}"


def measure(view: View) -> Iterator[Figure]:
    """view: of every trial with text"""
    held = frozenset(view.store.ids())
    judged = [corpora.keyword_queries(held), corpora.topics("trec_2021", held), corpora.topics("sigir", held)]
    for one in judged:
        with pool(view, one.pool) as some:
            yield from figures_of(some, one, "judged trials")
    for one in judged:
        yield from figures_of(view, one, f"all {len(held):,} trials")
    yield from similar_figures(view, corpora.similar_pairs(held))


def figures_of(view: View, judged: Judged, where: str) -> Iterator[Figure]:
    return keyword_figures(view, judged, where) if judged.name == "keyword" else topic_figures(view, judged, where)


@contextmanager
def whole_library(kept: Path | None = None) -> Iterator[Library]:
    """A library of every trial with text: in a folder that is kept, or gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        library = Library(kept or Path(folder), create=True)
        records = corpora.records()
        trials = (trial for name in sorted(records) for trial in read_trials(records[name], name))
        library.load(trials, Terms(today=AS_OF, concepts=library.concepts, workers=None))
        yield library


@contextmanager
def pool(whole: View, wanted: frozenset[str]) -> Iterator[View]:
    """A library of some of its trials, gone afterwards; their criteria are compiled already."""
    with tempfile.TemporaryDirectory() as folder:
        library = Library(Path(folder), create=True)
        with closing(open_store(library.home)) as store, store.writing():
            step = Step(store, library.concepts)
            for name in sorted(wanted):
                step.take_in(whole.trial(name), whole.criteria(name), AS_OF.isoformat())
            step.finish()
        with library.view() as view:
            yield view


def ndcg(ranked: Sequence[str], grades: Mapping[str, int]) -> float | None:
    """At ten, gains as graded; None for a query without any relevant trial."""
    ideal = sum(
        grade / math.log2(place + 1) for place, grade in enumerate(sorted(grades.values(), reverse=True)[:_TOP], 1)
    )
    found = sum(grades.get(trial, 0) / math.log2(place + 1) for place, trial in enumerate(ranked[:_TOP], 1))
    return found / ideal if ideal else None


def mean_ndcg(judged: Judged, ranking: Ranking) -> tuple[float, int]:
    values = [ndcg(ranking(text), judged.judgments[query]) for query, text in judged.queries.items()]
    counted = [value for value in values if value is not None]
    return sum(counted) / len(counted), len(counted)


def compared(judged: Judged, where: str, baselines: dict[str, Ranking], ours: dict[str, Ranking]) -> Iterator[Figure]:
    """asked: the issue's figure is over plain BM25 with words as they are; over stemmed ones it is harder to reach."""
    plain: dict[str, float] = {}
    for name, ranking in baselines.items():
        plain[name], number = mean_ndcg(judged, ranking)
        yield Figure(f"{judged.name}, {where}: {name}, nDCG@10", plain[name], number)
    asked = _ASKED[judged.name] if where == "judged trials" else ""
    for name, ranking in ours.items():
        value, number = mean_ndcg(judged, ranking)
        yield Figure(f"{judged.name}, {where}: {name}, nDCG@10", value, number)
        for other, least in plain.items():
            yield Figure(f"{judged.name}, {where}: {name}, times {other}", value / least, number, asked)


def keyword_figures(view: View, judged: Judged, where: str) -> Iterator[Figure]:
    def ours(text: str) -> list[str]:
        return [hit.trial for hit in search(view, Search(text=text, limit=_TOP, snippets=False)).hits]

    yield from compared(judged, where, baselines(view), {"search": ours})


def topic_figures(view: View, judged: Judged, where: str) -> Iterator[Figure]:
    def by_problems(text: str) -> list[str]:
        lists = problem_lists(view, case_of_note(text, view.index, view.concepts, AS_OF))
        scores = fused((listed.weight, listed.versions) for listed in lists)
        first = sorted(scores, key=lambda version: -scores[version])[:_TOP]
        named = view.store.named(first)
        return [named[version] for version in first]

    def whole(text: str) -> list[str]:
        case = case_of_note(text, view.index, view.concepts, AS_OF)
        return [one.trial for one in rank(view, case, RankTerms(as_of=AS_OF, limit=_TOP))]

    yield from compared(judged, where, baselines(view), {"problems fused": by_problems, "rank, with verdicts": whole})


def baselines(view: View) -> dict[str, Ranking]:
    return {f"BM25, {words}": _bm25(view, words) for words in ("plain words", "stemmed words")}


def _bm25(view: View, words: str) -> Ranking:
    """All text of a trial in one field, the query as a bag of its words."""
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple()).filter(tantivy.Filter.lowercase())
    analyzer = (builder.filter(tantivy.Filter.stemmer("english")) if words == "stemmed words" else builder).build()
    schema = (
        tantivy.SchemaBuilder()
        .add_text_field("id", stored=True, tokenizer_name="raw")
        .add_text_field("all", tokenizer_name="bag")
        .build()
    )
    index = tantivy.Index(schema)
    index.register_tokenizer("bag", analyzer)
    writer = index.writer(100_000_000, 1)
    for version in view.store.current_versions():
        trial = view.store.record(version)
        text = "\n".join(msgspec.structs.astuple(texts_of(trial, view.store.criteria(version))))
        writer.add_document(tantivy.Document(id=trial.nct_id or "", all=text))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()

    def ranking(text: str) -> list[str]:
        terms = [tantivy.Query.term_query(schema, "all", word, "freq") for word in analyzer.analyze(text)]
        query = tantivy.Query.boolean_query([(tantivy.Occur.Should, term) for term in terms])
        return [str(searcher.doc(address)["id"][0]) for _, address in searcher.search(query, _TOP + 1).hits]

    return ranking


def similar_figures(view: View, pairs: list[tuple[str, dict[str, int]]]) -> Iterator[Figure]:
    """Precision at five on labelled pairs, of which few have text here, and on trials that share a condition and an
    intervention by name. The second is a proxy: the same names are part of what is compared."""
    plain = _bm25(view, "stemmed words")

    def by_text(target: str) -> list[str]:
        trial = view.trial(target)
        words = " ".join((trial.title or "", *named_conditions(trial), *named_interventions(trial)))
        return [name for name in plain(words) if name != target][:_TOP]

    def ours(target: str) -> list[str]:
        return [one.trial for one in similar(view, target, limit=_TOP)]

    labelled = [(target, labels) for target, labels in pairs if any(labels.values())]
    yield Figure("TrialSim pairs with text here", float(sum(len(labels) for _, labels in pairs)), len(pairs))
    for name, ranking in (("BM25, stemmed words", by_text), ("similar", ours)):
        found = [_precision(_ranked_among(ranking(target), labels), labels) for target, labels in labelled]
        if found:
            yield Figure(f"TrialSim: {name}, precision@5 of what is there", sum(found) / len(found), len(found))
    sharing = _sharing(view)
    for name, ranking in (("BM25, stemmed words", by_text), ("similar", ours)):
        found = [len(positives.intersection(ranking(target)[:5])) / 5 for target, positives in sharing]
        yield Figure(f"shared condition and intervention: {name}, precision@5", sum(found) / len(found), len(found))


def _ranked_among(ranked: Sequence[str], labels: Mapping[str, int]) -> list[str]:
    return sorted(labels, key=lambda name: ranked.index(name) if name in ranked else len(ranked))


def _precision(ranked: Sequence[str], labels: Mapping[str, int]) -> float:
    return sum(labels[name] for name in ranked[:5]) / min(5, len(ranked))


def _sharing(view: View) -> list[tuple[str, set[str]]]:
    """A drawn sample of trials with at least three others of the same condition and intervention by name."""
    by_pair: dict[tuple[str, str], set[str]] = {}
    pairs_of: dict[str, set[tuple[str, str]]] = {}
    for trial in view.trials():
        conditions = {key_of(name) for name in trial.conditions}
        given = {key_of(part.name or "") for part in trial.interventions} - {"", "placebo", "control", "salin", "sham"}
        pairs = {(condition, one) for condition in conditions for one in given}
        for pair in pairs:
            by_pair.setdefault(pair, set()).add(trial.nct_id or "")
        if pairs:
            pairs_of[trial.nct_id or ""] = pairs
    found = [
        (name, positives)
        for name, pairs in sorted(pairs_of.items())
        if len(positives := set[str]().union(*(by_pair[pair] for pair in pairs)) - {name}) >= _LEAST_POSITIVES
    ]
    return random.Random(_SEED).sample(found, min(_TARGETS, len(found)))
