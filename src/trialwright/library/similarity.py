"""A trial in, the trials most like it out: by condition, setting, intervention and its class, design, criteria and text.

Each result says which of these count most, and what differs. The weights are ours and the same for every trial.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from typing import TYPE_CHECKING

import msgspec

from trialwright.library.comparing import differences
from trialwright.library.describing import (
    Texts,
    months,
    named_conditions,
    named_interventions,
    texts_of,
)
from trialwright.library.filters import readable
from trialwright.library.index import damage_said, key_of
from trialwright.library.problems import cue, stems_of
from trialwright.library.store import held_id
from trialwright.trial import Trial

if TYPE_CHECKING:
    import tantivy

    from trialwright.library.opened import View

WEIGHTS = {
    "condition": 0.30,
    "intervention": 0.20,
    "class": 0.08,
    "setting": 0.07,
    "design": 0.05,
    "criteria": 0.08,
    "text": 0.22,
}
CANDIDATES = 100
_MOST_KEPT = 50_000
_FIELD_OF = {
    "condition": "conditions",
    "intervention": "interventions",
    "class": "classes",
    "setting": "setting",
    "design": "design",
    "criteria": "criteria",
}
_WEIGHED = ("condition", "intervention", "class", "criteria")
_WORDS = {
    "condition": "both about {}",
    "intervention": "both with {}",
    "class": "both with a kind of {}",
    "setting": "both {}",
    "design": "both {}",
    "criteria": "both {}",
}
_MOST_STEMS = 60
_TEXT_FIELDS = {"title": 3.0, "conditions": 3.0, "interventions": 2.0, "summary": 1.0, "inclusion": 0.6}
_TIE = 0.3
_SHOWN = 4
_LEAST = 0.02


class Reason(msgspec.Struct, frozen=True):
    """counts: its part of the score, from 0 to 1"""

    kind: str
    words: str
    counts: float


class Similar(msgspec.Struct, frozen=True, kw_only=True):
    """score: from 0 to 1; reasons: those that count most first; differs: what is not the same, in words"""

    trial: str
    title: str
    status: str | None
    score: float
    reasons: tuple[Reason, ...]
    differs: tuple[str, ...]


class _Features(msgspec.Struct, frozen=True, kw_only=True):
    conditions: frozenset[str]
    interventions: frozenset[str]
    classes: frozenset[str]
    setting: frozenset[str]
    design: frozenset[str]
    criteria: frozenset[str]


Weigh = Callable[[str], float]


def similar(view: "View", nct_id: str, *, limit: int = 10) -> tuple[Similar, ...]:
    """The trials most like one of the library.

    raises  NotHeldError for an id that is not there
    """
    version = view.version(nct_id)
    trial = view.store.record(version.id)
    texts = texts_of(trial, view.store.criteria(version.id))
    own = _features(view, version.id, trial)
    with damage_said(view.index.path):
        found = view.index.searcher.search(_query(view, trial, texts), CANDIDATES + 1, count=False)
        candidates = view.index.versions([address for _, address in found.hits])
        scores = {number: float(score) for number, (score, _) in zip(candidates, found.hits, strict=True)}
        highest = max(scores.values(), default=1.0) or 1.0
        weigh = _weigher(view)
        results: list[tuple[float, float, int, tuple[_Overlap, ...]]] = []
        ids = view.store.named(candidates)
        for other in candidates:
            if other != version.id:
                overlaps = tuple(_overlaps(own, _features_of(view, other), weigh))
                text = WEIGHTS["text"] * min(scores[other] / highest, 1.0)
                results.append((text + sum(part.counts for part in overlaps), text, other, overlaps))
    results.sort(key=lambda one: (-one[0], ids[one[2]]))
    names = _names_of(trial)
    shown = partial(_shown, view=view, names=names)
    nearest = ((score, text, view.store.record(other), overlaps) for score, text, other, overlaps in results[:limit])
    return tuple(
        Similar(
            trial=held_id(other),
            title=other.title or "",
            status=other.overall_status,
            score=round(score, 4),
            reasons=_reasons(overlaps, text, shown, weigh),
            differs=tuple(differences(trial, other)),
        )
        for score, text, other, overlaps in nearest
    )


def _features_of(view: "View", version: int) -> _Features:
    """Kept with the index: a page of one trial asks for those of a hundred, and the next page for many of them again."""
    kept = view.index.features
    found: _Features | None = kept.get(version)
    if found is None:
        found = _features(view, version, view.store.record(version))
        if len(kept) < _MOST_KEPT:
            kept[version] = found
    return found


def _query(view: "View", trial: Trial, texts: Texts) -> "tantivy.Query":
    """By every concept and name the trial is about, and by the words of its title, conditions and first lines."""
    import tantivy

    schema = view.index.schema
    shoulds = [
        tantivy.Query.boost_query(tantivy.Query.term_query(schema, "concepts", id_, "basic"), 2.0)
        for id_ in view.concepts.plain_ids(trial)
    ]
    shoulds += [
        tantivy.Query.boost_query(tantivy.Query.term_query(schema, "named", key, "basic"), 2.0)
        for key in filter(None, map(key_of, named_conditions(trial)))
    ]
    words = " ".join((texts.title, texts.conditions, texts.interventions, texts.summary[:600]))
    for stem in list(dict.fromkeys(stems_of(words)))[:_MOST_STEMS]:
        parts = [
            tantivy.Query.boost_query(tantivy.Query.term_query(schema, field, stem), weight)
            for field, weight in _TEXT_FIELDS.items()
        ]
        shoulds.append(tantivy.Query.disjunction_max_query(parts, _TIE))
    return tantivy.Query.boolean_query([(tantivy.Occur.Should, should) for should in shoulds])


def _features(view: "View", version: int, trial: Trial) -> _Features:
    vocabulary = view.vocabulary
    conditions, interventions = set[str](), set[str]()
    for name in (*named_conditions(trial), trial.title or ""):
        for id_ in view.concepts.in_name(name):
            (conditions if vocabulary.get(id_).kind == "condition" else interventions).add(id_)
        if name is not trial.title:
            conditions.add(f"={key_of(name)}")
    for name in named_interventions(trial):
        ids = [id_ for id_ in view.concepts.in_name(name) if vocabulary.get(id_).kind != "condition"]
        interventions.update(ids or [f"={key_of(name)}"])
    known = [id_ for id_ in interventions if not id_.startswith("=")]
    return _Features(
        conditions=frozenset(conditions),
        interventions=frozenset(interventions),
        classes=frozenset(parent for id_ in known for parent in vocabulary.ancestors(id_)),
        setting=frozenset(_setting(trial)),
        design=frozenset(_design(trial)),
        criteria=frozenset(view.store.terms(version)),
    )


def _setting(trial: Trial) -> Iterator[str]:
    """Line, stage and course, by the words that narrow a disease in the title and the conditions; and who is taken by age."""
    words = " ".join((trial.title or "", *trial.conditions)).lower()
    yield from (match[0] for match in cue("narrows").finditer(words))
    oldest = months(trial.eligibility.maximum_age)
    youngest = months(trial.eligibility.minimum_age)
    if oldest is not None and oldest <= 18 * 12:
        yield "children only"
    if youngest is not None and youngest >= 60 * 12:
        yield "older people only"


def _design(trial: Trial) -> Iterator[str]:
    design = trial.protocol.design
    yield from (phase for phase in trial.phases if phase != "NA")
    if design is None:
        return
    info = design.design_info
    masking = info.masking_info.masking if info and info.masking_info else None
    masked = f"masking: {readable(masking)}" if masking else None
    parts = (
        (design.study_type, info.allocation, info.intervention_model, info.primary_purpose, masked)
        if info
        else (design.study_type,)
    )
    yield from (part for part in parts if part and part != "NA")


class _Overlap(msgspec.Struct, frozen=True):
    kind: str
    shared: frozenset[str]
    counts: float


def _overlaps(own: _Features, other: _Features, weigh: Weigh) -> Iterator[_Overlap]:
    for kind, field in _FIELD_OF.items():
        left: frozenset[str] = getattr(own, field)
        right: frozenset[str] = getattr(other, field)
        shared = left & right
        if shared:
            heavy = weigh if kind in _WEIGHED else _alike
            overlap = sum(map(heavy, shared)) / (sum(map(heavy, left | right)) or 1.0)
            yield _Overlap(kind, shared, WEIGHTS[kind] * overlap)


def _reasons(
    overlaps: tuple[_Overlap, ...], text: float, shown: Callable[[str], str], weigh: Weigh
) -> tuple[Reason, ...]:
    """In words, those that count most first; what counts next to nothing is left out."""
    found = [Reason("text", "alike in title and summary", round(text, 4))]
    for part in overlaps:
        heavy = weigh if part.kind in _WEIGHED else _alike
        words = [shown(one) for one in sorted(part.shared, key=lambda one: (-heavy(one), one))]
        named = list({word.lower(): word for word in reversed(words)}.values())[::-1]
        found.append(Reason(part.kind, _WORDS[part.kind].format(", ".join(named[:_SHOWN])), round(part.counts, 4)))
    telling = [reason for reason in found if reason.counts >= _LEAST]
    return tuple(sorted(telling, key=lambda reason: -reason.counts))


def _names_of(trial: Trial) -> dict[str, str]:
    """The trial's own names by their keys, for showing."""
    return {key_of(name): name for name in reversed((*named_conditions(trial), *named_interventions(trial)))}


def _alike(_: str) -> float:
    return 1.0


def _weigher(view: "View") -> Weigh:
    """Rare things count more: the logarithm of one over the share of trials that have it."""
    number = max(view.index.searcher.num_docs, 2)

    @cache
    def weigh(name: str) -> float:
        field, value = ("named", name[1:]) if name.startswith("=") else ("concepts", name)
        if ":" in name and not name.startswith("="):
            field = "criteria"
        known = view.index.searcher.doc_freq(field, value)
        return math.log((number + 1) / (known + 1)) + 0.1

    return weigh


_SAID = {
    "excludes": "rule out",
    "limits": "restrict",
    "requires": "ask for",
    "one-of": "take, among others,",
    "forbids": "rule out",
    "stage": "name stage",
}


def _shown(name: str, view: "View", names: Mapping[str, str]) -> str:
    if name.startswith("="):
        return names.get(name[1:], name[1:])
    kind, colon, rest = name.partition(":")
    if colon and kind in _SAID:
        return f"{_SAID[kind]} {view.concepts.name_of(rest)}"
    return readable(name) if name.isupper() or colon else view.concepts.name_of(name)
