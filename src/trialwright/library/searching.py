"""A query in, trials out: in order, each with why it is there, and with what was understood, counted and left out."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal

import msgspec

from trialwright.criteria.nodes import Criteria
from trialwright.library.asking import FilterText, understand
from trialwright.library.describing import texts_of
from trialwright.library.filters import Filter, lower_filters
from trialwright.library.index import CHOICE_FIELDS, count_of, damage_said
from trialwright.library.lowering import Lowering, Understood
from trialwright.library.snippets import Snippet, snippet
from trialwright.library.store import held_id

if TYPE_CHECKING:
    import tantivy

    from trialwright.library.opened import View

Order = Literal["relevance", "updated", "started", "enrollment"]
_MOST = 10_000
_MOST_COUNTED, _MOST_SHOWN = 1000, 30
NOT_STATED = "not stated"


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """What to search for.

    text     a query as people write it; filters may stand in it
    filters  further ones, each a name and a value
    facets   whether to count the values of status, phase, type, sex and country
    start    how many results to leave out at the beginning
    """

    text: str = ""
    filters: tuple[FilterText, ...] = ()
    order: Order = "relevance"
    limit: int = 20
    start: int = 0
    facets: bool = False
    snippets: bool = True


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """One trial found.

    score     comparable within one search; 0 when the order is not by relevance
    unstated  filters that it passes only because it does not state their value
    """

    trial: str
    title: str
    status: str | None
    phases: tuple[str, ...]
    conditions: tuple[str, ...]
    score: float
    why: tuple[str, ...]
    unstated: tuple[str, ...]
    snippet: Snippet | None


class Removed(msgspec.Struct, frozen=True):
    """How many more trials there would be without one filter."""

    filter: str
    trials: int


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """understood: the query as it was read, with its filters; removed: asked when nothing is left; facets: by field, most first"""

    understood: str
    notes: tuple[str, ...]
    total: int
    hits: tuple[Hit, ...]
    removed: tuple[Removed, ...] = ()
    facets: dict[str, tuple[tuple[str, int], ...]] = {}


def search(view: "View", asked: Search) -> Found:
    """Trials of one moment of the library.

    raises  QueryError for a filter that does not exist or a value it cannot have
    """
    question = understand(asked.text)
    if not len(view):
        return Found(understood="everything", notes=("the library is empty",), total=0, hits=())
    index = view.index
    with damage_said(index.path):
        lowered = Lowering(index, view.concepts).understood(question.asked)
        filters = lower_filters((*question.filters, *asked.filters), index, view.store, view.concepts)
    notes = (*question.notes, *lowered.notes)
    words = " · ".join((lowered.words or "nothing", *(f"[{one.words}]" for one in filters)))
    if lowered.query is None and (question.asked is not None or (asked.text.strip() and not filters)):
        return Found(understood=words, notes=notes, total=0, hits=())
    with damage_said(index.path):
        query = _filtered(lowered.query, filters)
        page, total = _page(view, lowered.query, filters, asked)
        hits = _hits(view, page, _Asked(lowered, filters, asked))
        return Found(
            understood=words,
            notes=notes,
            total=total,
            hits=hits,
            removed=_removed(view, lowered.query, filters) if not total else (),
            facets=_facets(view, query) if asked.facets else {},
        )


class _Asked(msgspec.Struct, frozen=True):
    understood: Understood
    filters: tuple[Filter, ...]
    search: Search


def _page(
    view: "View", query: "tantivy.Query | None", filters: tuple[Filter, ...], asked: Search
) -> "tuple[list[tuple[object, tantivy.DocAddress]], int]":
    """The results asked for, and how many there are in all. Without words to go by, those that state what is
    filtered by come first, and each lot by its last update."""
    import tantivy

    searcher, wanted = view.index.searcher, min(asked.start + asked.limit, _MOST)
    whole = _filtered(query, filters)
    if query is not None or asked.order != "relevance":
        order = None if asked.order == "relevance" else asked.order
        found = searcher.search(whole, max(1, wanted), order_by_field=order)
        return found.hits[asked.start : wanted], count_of(found)
    stated = [(tantivy.Occur.Must, one.stated) for one in filters if one.stated is not None]
    rest = whole
    first: list[tuple[object, tantivy.DocAddress]] = []
    number = 0
    if stated:
        found = searcher.search(
            tantivy.Query.boolean_query([(tantivy.Occur.Must, whole), *stated]),
            max(1, wanted),
            order_by_field="updated",
        )
        first, number = found.hits[:wanted], count_of(found)
        all_stated = tantivy.Query.boolean_query(stated)
        rest = tantivy.Query.boolean_query([(tantivy.Occur.Must, whole), (tantivy.Occur.MustNot, all_stated)])
    found = searcher.search(rest, max(1, wanted - len(first)), order_by_field="updated")
    return [*first, *found.hits][asked.start : wanted], number + count_of(found)


def _filtered(query: "tantivy.Query | None", filters: Sequence[Filter]) -> "tantivy.Query":
    import tantivy

    musts = [tantivy.Query.const_score_query(one.query, 0.0) for one in filters]
    whole = [query or tantivy.Query.all_query(), *musts]
    return whole[0] if len(whole) == 1 else tantivy.Query.boolean_query([(tantivy.Occur.Must, one) for one in whole])


def _hits(view: "View", page: "Sequence[tuple[object, tantivy.DocAddress]]", asked: _Asked) -> tuple[Hit, ...]:
    versions = view.index.versions([address for _, address in page])
    unstated = _unstated(view, versions, asked.filters)
    marks = asked.understood.marks
    found = []
    for (score, _), version in zip(page, versions, strict=True):
        trial = view.store.record(version)
        criteria = view.store.criteria(version)
        texts = texts_of(trial, criteria) if asked.search.snippets else None
        shown = snippet(texts, marks, in_exclusion=asked.understood.in_exclusion) if texts else None
        lacking = unstated.get(version, ())
        found.append(
            Hit(
                trial=held_id(trial),
                title=trial.title or "",
                status=trial.overall_status,
                phases=trial.phases,
                conditions=trial.conditions,
                score=round(score, 4) if isinstance(score, float) and asked.search.order == "relevance" else 0.0,
                why=(
                    *_why_by_id(held_id(trial), marks),
                    *_why(shown, asked.filters, lacking),
                    *_unread(criteria, asked.filters),
                ),
                unstated=lacking,
                snippet=shown,
            )
        )
    return tuple(found)


def _why_by_id(nct_id: str, marks: Sequence[str]) -> tuple[str, ...]:
    is_asked = any(fnmatchcase(nct_id.lower(), mark) for mark in marks if mark[:3] == nct_id.lower()[:3])
    return ("its id",) if is_asked else ()


def _unread(criteria: Criteria, filters: Sequence[Filter]) -> tuple[str, ...]:
    """What a trial does not rule out as far as its criteria were understood, it may rule out in the rest."""
    number = sum(criterion.reading != "whole" for criterion in criteria.criteria)
    if not number or not any(one.name.startswith(("accepts:", "allows:")) for one in filters):
        return ()
    return (f"{number} of its {len(criteria.criteria)} criteria were not understood, or not whole",)


def _why(shown: Snippet | None, filters: Sequence[Filter], lacking: tuple[str, ...]) -> tuple[str, ...]:
    reasons = []
    if shown is not None:
        named = dict.fromkeys(hit.of(shown.text).lower() for hit in shown.hits)
        reasons.append(f"{', '.join(list(named)[:4])} in its {shown.field}")
    reasons += [one.words for one in filters if one.name not in lacking]
    reasons += [f"{_LACKING.get(name, name)} is not stated" for name in lacking]
    return tuple(reasons)


_LACKING = {"age": "a limit of age", "near": "the place of its sites"}


def _unstated(view: "View", versions: list[int], filters: Sequence[Filter]) -> dict[int, tuple[str, ...]]:
    """Which of the versions pass which filters without stating the value."""
    import tantivy

    found: dict[int, tuple[str, ...]] = {}
    for one in filters:
        if one.stated is None or not versions:
            continue
        page = tantivy.Query.term_set_query(view.index.schema, "version", sorted(set(versions)))
        query = tantivy.Query.boolean_query([(tantivy.Occur.Must, page), (tantivy.Occur.Must, one.stated)])
        result = view.index.searcher.search(query, len(versions), count=False)
        stating = set(view.index.versions([address for _, address in result.hits]))
        for version in versions:
            if version not in stating:
                found[version] = (*found.get(version, ()), one.name)
    return found


def _removed(view: "View", query: "tantivy.Query | None", filters: tuple[Filter, ...]) -> tuple[Removed, ...]:
    """For each filter, what there would be without it; with several, also without any."""
    removed = [
        Removed(one.words, _count(view, _filtered(query, [other for other in filters if other is not one])))
        for one in filters
    ]
    if len(filters) > 1:
        removed.append(Removed("all filters", _count(view, _filtered(query, ()))))
    return tuple(removed)


def _count(view: "View", query: "tantivy.Query") -> int:
    return count_of(view.index.searcher.search(query, 1))


def _facets(view: "View", query: "tantivy.Query") -> dict[str, tuple[tuple[str, int], ...]]:
    """What is counted most first; last, how many state nothing."""
    asked = {name: {"terms": {"field": name, "size": _MOST_COUNTED, "missing": NOT_STATED}} for name in CHOICE_FIELDS}
    answered = view.index.searcher.aggregate(query, asked)
    found = {}
    for name in CHOICE_FIELDS:
        counted = [(str(bucket["key"]), int(bucket["doc_count"])) for bucket in answered[name]["buckets"]]
        stated = [one for one in counted if one[0] != NOT_STATED]
        lacking = [one for one in counted if one[0] == NOT_STATED and one[1]]
        found[name] = (*stated[:_MOST_SHOWN], *lacking)
    return found
