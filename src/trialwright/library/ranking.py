"""A patient's problems in, the library's trials in order out, each with its reasons.

One query for each problem; the lists are fused by reciprocal rank. Then age and sex as a visible penalty, then what the compiled
criteria say of the patient: eligible and open before ineligible. It orders; it decides nothing.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Literal

import msgspec

from trialwright.engines.findings import TrialFinding
from trialwright.engines.memory import Chart, evaluate_on
from trialwright.library.asking import FilterText
from trialwright.library.describing import months
from trialwright.library.filters import lower_filters
from trialwright.library.index import analyzer, damage_said
from trialwright.library.problems import Case, Problem, stems_of
from trialwright.library.store import held_id
from trialwright.patients.facts import Complete
from trialwright.trial import Trial

if TYPE_CHECKING:
    import tantivy

    from trialwright.library.opened import View

SMOOTHING = 10
"""The constant of reciprocal rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009, who took 60); lower trusts the first places more."""

DEPTH = 200
JUDGED = 50
"""How many of the first trials are judged by their criteria; more when more are asked for. Only these are given out."""

MOST_PROBLEMS = 10
OUTSIDE = 0.3
"""What the score of a trial keeps when the patient is outside its stated ages, or not of its sex."""

_FIELDS = {"title": 3.0, "conditions": 4.0, "summary": 1.5, "inclusion": 1.5, "description": 0.8, "interventions": 1.0}
_TIE = 0.3
_NOTE_WEIGHT = 1.0
_CONCEPT_WEIGHT = 5.0
_PARENT_WEIGHT = 1.0
_PART_WEIGHT = 0.3
_MOST_STEMS = 200
_SHOWN = 3

Standing = Literal["eligible", "open", "ineligible"]


class RankTerms(msgspec.Struct, frozen=True, kw_only=True):
    """How to rank.

    as_of     the day eligibility is judged
    complete  lists of the chart that leave nothing out
    filters   as for a search
    """

    as_of: date
    complete: Complete = Complete()
    filters: tuple[FilterText, ...] = ()
    limit: int = 20


class Ranked(msgspec.Struct, frozen=True, kw_only=True):
    """One trial for one patient.

    score     after the penalties; comparable within one ranking
    verdict   of the criteria
    failed    ids of the criteria that fail, each with why
    problems  which problems it was found for, with its place in each one's list, the weightiest first
    outside   why age or sex do not fit, when they do not
    """

    trial: str
    title: str
    status: str | None
    score: float
    verdict: Standing
    passed: int
    failed: tuple[tuple[str, str], ...]
    unknown: int
    problems: tuple[tuple[str, int], ...]
    outside: tuple[str, ...]

    @property
    def why(self) -> tuple[str, ...]:
        found = [f"{name} (place {place})" for name, place in self.problems[:_SHOWN]]
        failing = [f"{criterion} fails: {why}" for criterion, why in self.failed[:_SHOWN]]
        return (*found, *self.outside, *failing)


class Listed(msgspec.Struct, frozen=True):
    """One problem's list: versions, best first. name: the problem's, or "" for the note as a whole."""

    name: str
    weight: float
    versions: tuple[int, ...]


def rank(view: "View", case: Case, terms: RankTerms) -> tuple[Ranked, ...]:
    """The library's trials for a patient, best first.

    raises  QueryError for a filter that does not exist
    """
    if not len(view):
        return ()
    with damage_said(view.index.path):
        lists = problem_lists(view, case, terms.filters)
    scores = fused((listed.weight, listed.versions) for listed in lists)
    first = sorted(scores, key=lambda version: (-scores[version], version))[: max(2 * JUDGED, terms.limit)]
    trials = {version: view.store.record(version) for version in first}
    outside = {version: tuple(reasons_outside(trials[version], case)) for version in first}
    for version in first:
        scores[version] *= OUTSIDE ** len(outside[version])
    first.sort(key=lambda version: (-scores[version], version))
    chart = Chart(case.patient, index_date=terms.as_of, complete=terms.complete, vocabulary=view.vocabulary)
    first = first[: max(JUDGED, terms.limit)]
    judged = {version: evaluate_on(view.store.criteria(version), chart) for version in first}
    first.sort(key=lambda version: judged[version].overall == "ineligible")
    return tuple(
        _ranked(trials[version], judged[version], scores[version], (outside[version], _places(version, lists)))
        for version in first[: terms.limit]
    )


def problem_lists(view: "View", case: Case, filters: Sequence[FilterText] = ()) -> tuple[Listed, ...]:
    """For each problem, and for a note as a whole, the versions it finds, best first.

    raises  QueryError for a filter that does not exist
    """
    import tantivy

    asking = _Asking(view)
    within = [one.query for one in lower_filters(filters, view.index, view.store, view.concepts)]
    queries = [(problem.name, problem.weight, asking.query(problem)) for problem in case.problems[:MOST_PROBLEMS]]
    if case.text and (whole := asking.note_query(case.text)) is not None:
        queries.append(("", _NOTE_WEIGHT, whole))
    lists = []
    for name, weight, query in queries:
        if within:
            kept = [(tantivy.Occur.Must, tantivy.Query.const_score_query(one, 0.0)) for one in within]
            query = tantivy.Query.boolean_query([(tantivy.Occur.Must, query), *kept])
        found = view.index.searcher.search(query, DEPTH, count=False)
        lists.append(Listed(name, weight, tuple(view.index.versions([address for _, address in found.hits]))))
    return tuple(lists)


def fused(lists: Iterable[tuple[float, Sequence[int]]]) -> dict[int, float]:
    """Reciprocal rank fusion: versions with their score, unsorted. lists: each with its weight, best first."""
    scores: dict[int, float] = {}
    for weight, ranked in lists:
        for place, version in enumerate(ranked, 1):
            scores[version] = scores.get(version, 0.0) + weight / (SMOOTHING + place)
    return scores


def reasons_outside(trial: Trial, case: Case) -> tuple[str, ...]:
    """Why the patient does not fit the trial's own fields of age and sex; a limit that is not stated keeps nobody out."""
    eligibility = trial.eligibility
    found = []
    if case.age is not None:
        youngest, oldest = months(eligibility.minimum_age), months(eligibility.maximum_age)
        if youngest is not None and case.age * 12 + 11.99 < youngest:
            found.append(f"age {case.age} is under the limit of {eligibility.minimum_age}")
        if oldest is not None and case.age * 12 > oldest:
            found.append(f"age {case.age} is over the limit of {eligibility.maximum_age}")
    wanted = (eligibility.sex or "").lower()
    if case.sex and wanted in ("female", "male") and wanted != case.sex:
        found.append(f"for {wanted} patients only")
    return tuple(found)


def _places(version: int, lists: Sequence[Listed]) -> tuple[tuple[str, int], ...]:
    found = [
        (listed.weight / (SMOOTHING + place), listed.name or "the note as a whole", place)
        for listed in lists
        if version in listed.versions
        for place in (listed.versions.index(version) + 1,)
    ]
    return tuple((name, place) for _, name, place in sorted(found, key=lambda one: -one[0]))


def _ranked(
    trial: Trial, finding: TrialFinding, score: float, found: tuple[tuple[str, ...], tuple[tuple[str, int], ...]]
) -> Ranked:
    verdicts = [one.verdict for one in finding.criteria]
    return Ranked(
        trial=held_id(trial),
        title=trial.title or "",
        status=trial.overall_status,
        score=round(score, 5),
        verdict=finding.overall,
        passed=verdicts.count("pass"),
        failed=tuple((one.criterion.id, one.finding.why) for one in finding.criteria if one.verdict == "fail"),
        unknown=len(verdicts) - verdicts.count("pass") - verdicts.count("fail"),
        outside=found[0],
        problems=found[1],
    )


class _Asking:
    """The queries of a case on one index."""

    def __init__(self, view: "View") -> None:
        self._index = view.index
        self._vocabulary = view.vocabulary

    def query(self, problem: Problem) -> "tantivy.Query":
        """One problem: by its name and its concept, less by what it is a kind of, by its words and by what narrows it."""
        import tantivy

        stems = analyzer("stems").analyze(problem.name)
        parts = self._in_fields(stems)
        weaker: list[tuple[float, tantivy.Query]] = []
        if problem.concept:
            parts.append(tantivy.Query.boost_query(self._concept(problem.concept), _CONCEPT_WEIGHT))
            entry = self._vocabulary.get(problem.concept)
            weaker += [(_PARENT_WEIGHT, self._concept(parent)) for parent in entry.parents]
        if len(stems) > 1:
            weaker += [(_PART_WEIGHT, self._anywhere([stem])) for stem in stems_of(problem.name)]
        narrowed = (analyzer("stems").analyze(words) for words in problem.narrowed)
        weaker += [(_PART_WEIGHT, self._anywhere(words)) for words in narrowed if words]
        whole = tantivy.Query.disjunction_max_query(parts, _TIE)
        shoulds = [whole, *(tantivy.Query.boost_query(query, weight) for weight, query in weaker)]
        return tantivy.Query.boolean_query([(tantivy.Occur.Should, should) for should in shoulds])

    def note_query(self, text: str) -> "tantivy.Query | None":
        """Every word of a note but its numbers, which name no topic; None when it holds none."""
        import tantivy

        stems = [stem for stem in dict.fromkeys(stems_of(text)) if not any(map(str.isdigit, stem))][:_MOST_STEMS]
        shoulds = [(tantivy.Occur.Should, self._anywhere([stem])) for stem in stems]
        return tantivy.Query.boolean_query(shoulds) if shoulds else None

    def _anywhere(self, stems: list[str]) -> "tantivy.Query":
        import tantivy

        return tantivy.Query.disjunction_max_query(self._in_fields(stems), _TIE)

    def _in_fields(self, stems: list[str]) -> "list[tantivy.Query]":
        import tantivy

        return [tantivy.Query.boost_query(self._phrase(field, stems), weight) for field, weight in _FIELDS.items()]

    def _phrase(self, field: str, stems: list[str]) -> "tantivy.Query":
        import tantivy

        if len(stems) == 1:
            return tantivy.Query.term_query(self._index.schema, field, stems[0])
        return tantivy.Query.phrase_query(self._index.schema, field, list(stems))

    def _concept(self, id_: str) -> "tantivy.Query":
        import tantivy

        return tantivy.Query.term_query(self._index.schema, "concepts", id_, "basic")
