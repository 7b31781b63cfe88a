"""Two trials, or two versions of one, in; what differs out, in fields and in the meaning of criteria.

Criteria are compared as trees: what is only worded anew is told apart from what means something else.
"""

from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from trialwright.criteria.nodes import Criteria, Criterion
from trialwright.criteria.render import plain
from trialwright.library.describing import sponsors_of
from trialwright.library.meanings import meaning_of
from trialwright.library.store import Version, held_id
from trialwright.trial import Trial

if TYPE_CHECKING:
    from trialwright.library.opened import View

CriterionKind = Literal["added", "removed", "changed", "reworded"]
_LONGEST_SHOWN = 300
_NEAR = 0.55
_MOST_COMPARED = 2500
_LABELS = ("name", "label", "measure", "facility", "title", "label", "pmid", "term", "id", "citation")
_APART = ("protocolSection.eligibilityModule.eligibilityCriteria",)


class FieldChange(msgspec.Struct, frozen=True):
    """One field of the record. path: as API v2 has it; before, after: "" where the field is absent"""

    path: str
    before: str
    after: str


class CriterionChange(msgspec.Struct, frozen=True, kw_only=True):
    """One criterion. before, after: its words; meant: what is understood, before and after; "" where there is none.

    kind  `reworded` when the words differ and the tree does not
    """

    kind: CriterionKind
    id: str
    before: str
    after: str
    meant: tuple[str, str]


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """From one version of a trial to the next."""

    earlier: Version
    later: Version
    fields: tuple[FieldChange, ...]
    criteria: tuple[CriterionChange, ...]


class Row(msgspec.Struct, frozen=True):
    """One line of two trials side by side; same: whether both say the same."""

    what: str
    left: str
    right: str

    @property
    def same(self) -> bool:
        return self.left == self.right


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Two trials side by side. shared, only_left, only_right: criteria in plain words, by what they mean"""

    left: str
    right: str
    rows: tuple[Row, ...]
    shared: tuple[str, ...]
    only_left: tuple[str, ...]
    only_right: tuple[str, ...]


def history(view: "View", nct_id: str) -> tuple[Step, ...]:
    """What changed from each held version of a trial to the next, the oldest first; empty with one version.

    Both versions' criteria are read anew, so that what a newer compiler understands better is no change of the trial.

    raises  NotHeldError for an id that is not there
    """
    from trialwright.criteria.compiler import compile_criteria

    view.version(nct_id)
    versions = view.store.versions(nct_id.upper())
    if len(versions) < 2:
        return ()
    records = {version.id: view.store.record(version.id) for version in versions}
    criteria = {number: compile_criteria(record, view.vocabulary) for number, record in records.items()}
    return tuple(
        Step(
            earlier=earlier,
            later=later,
            fields=tuple(field_changes(records[earlier.id], records[later.id])),
            criteria=tuple(criteria_changes(criteria[earlier.id], criteria[later.id])),
        )
        for earlier, later in pairwise(versions)
    )


def field_changes(earlier: Trial, later: Trial) -> Iterator[FieldChange]:
    """Every field that differs, lists by their members; the eligibility text is left to its criteria."""
    before = dict(_flat("protocolSection", msgspec.to_builtins(earlier.protocol)))
    after = dict(_flat("protocolSection", msgspec.to_builtins(later.protocol)))
    for path in dict.fromkeys((*before, *after)):
        if path in _APART or before.get(path) == after.get(path):
            continue
        old, new = before.get(path, ""), after.get(path, "")
        if isinstance(old, list | tuple) or isinstance(new, list | tuple):
            yield from _list_changes(path, old or [], new or [])
        else:
            yield FieldChange(path, _short(old), _short(new))


def _flat(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, member in value.items():
            yield from _flat(f"{path}.{key}", member)
    else:
        yield path, value


def _list_changes(path: str, old: Any, new: Any) -> Iterator[FieldChange]:
    """Members that came, went or changed; those with one label are the same member."""
    before, after = _labelled(old), _labelled(new)
    for label in dict.fromkeys((*before, *after)):
        left, right = before.get(label), after.get(label)
        if left == right:
            continue
        if left is None or right is None or not isinstance(left, dict) or not isinstance(right, dict):
            yield FieldChange(f"{path}[{_short(label, 80)}]", _words(left), _words(right))
            continue
        for key in dict.fromkeys((*left, *right)):
            if left.get(key) != right.get(key):
                yield FieldChange(f"{path}[{_short(label, 80)}].{key}", _words(left.get(key)), _words(right.get(key)))
    if before == after and old != new:
        yield FieldChange(path, "in another order", "in this order")


def _labelled(members: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for member in members:
        label = (
            next((str(member[key]) for key in _LABELS if member.get(key)), "")
            if isinstance(member, dict)
            else str(member)
        )
        number = 2
        unique = label
        while unique in found:
            unique, number = f"{label} ({number})", number + 1
        found[unique] = member
    return found


def _words(value: Any) -> str:
    match value:
        case None:
            return ""
        case dict():
            return _short("; ".join(f"{key}: {_words(member)}" for key, member in value.items()))
        case list() | tuple():
            return _short(", ".join(map(_words, value)))
        case _:
            return _short(value)


def _short(value: object, longest: int = _LONGEST_SHOWN) -> str:
    words = " ".join(str(value).split())
    return words if len(words) <= longest else words[: longest - 1] + "…"


def criteria_changes(earlier: Criteria, later: Criteria) -> Iterator[CriterionChange]:
    """Criteria that came, went, mean something else, or only say it in other words; those that stay the same are left out."""
    old, new = list(earlier.criteria), list(later.criteria)
    for matches in (_is_same, _means_same, _is_near):
        pairs = _paired(old, new, matches)
        for left, right in pairs:
            old.remove(left)
            new.remove(right)
            if matches is not _is_same:
                kind: CriterionKind = "reworded" if matches is _means_same else "changed"
                yield _change(kind, left, right)
    yield from (_change("removed", left, None) for left in old)
    yield from (_change("added", None, right) for right in new)


def _paired(old: list[Criterion], new: list[Criterion], matches: "Any") -> list[tuple[Criterion, Criterion]]:
    free = list(new)
    found = []
    for left in old:
        scored = [(matches(left, right), -place, right) for place, right in enumerate(free)]
        best = max(scored, key=lambda one: one[:2], default=None)
        if best is not None and best[0]:
            found.append((left, best[2]))
            free.remove(best[2])
    return found


def _is_same(left: Criterion, right: Criterion) -> float:
    return float(left.kind == right.kind and left.text.split() == right.text.split())


def _means_same(left: Criterion, right: Criterion) -> float:
    """Only what was read whole can be known to mean the same."""
    is_read = left.reading == "whole" and right.reading == "whole"
    return float(is_read and left.kind == right.kind and meaning_of(left.node) == meaning_of(right.node))


def _is_near(left: Criterion, right: Criterion) -> float:
    matcher = SequenceMatcher(None, left.text[:_MOST_COMPARED], right.text[:_MOST_COMPARED], autojunk=False)
    if matcher.real_quick_ratio() < _NEAR or matcher.quick_ratio() < _NEAR:
        return 0.0
    ratio = matcher.ratio()
    return ratio if ratio >= _NEAR else 0.0


def _change(kind: CriterionKind, left: Criterion | None, right: Criterion | None) -> CriterionChange:
    shown = right or left
    return CriterionChange(
        kind=kind,
        id=shown.id if shown else "",
        before=left.text if left else "",
        after=right.text if right else "",
        meant=(_meaning(left), _meaning(right)),
    )


def _meaning(criterion: Criterion | None) -> str:
    return "" if criterion is None else f"{criterion.kind}: {plain(criterion.node)}"


def compare(view: "View", left: str, right: str) -> Comparison:
    """Two trials side by side.

    raises  NotHeldError for an id that is not there
    """
    one, other = view.trial(left), view.trial(right)
    own, others = view.criteria(left), view.criteria(right)
    rows = tuple(Row(what, _of(one, what), _of(other, what)) for what in ROWS)
    first, second = _meanings(own), _meanings(others)
    return Comparison(
        left=held_id(one),
        right=held_id(other),
        rows=tuple(row for row in rows if row.left or row.right),
        shared=tuple(words for key, words in first.items() if key in second),
        only_left=tuple(words for key, words in first.items() if key not in second),
        only_right=tuple(words for key, words in second.items() if key not in first),
    )


def _meanings(criteria: Criteria) -> dict[object, str]:
    """Criteria by what they mean; those not read at all by their words."""
    found: dict[object, str] = {}
    for criterion in criteria.criteria:
        is_read = criterion.reading != "none"
        key = (
            (criterion.kind, meaning_of(criterion.node))
            if is_read
            else (criterion.kind, " ".join(criterion.text.lower().split()))
        )
        found.setdefault(key, f"{criterion.id} {_meaning(criterion) if is_read else _short(criterion.text)}")
    return found


ROWS = (
    "title",
    "status",
    "type",
    "phase",
    "design",
    "enrollment",
    "start",
    "completion",
    "sponsor",
    "conditions",
    "interventions",
    "arms",
    "primary outcomes",
    "ages",
    "sex",
    "healthy volunteers",
    "countries",
    "sites",
    "last update",
)


def _of(trial: Trial, what: str) -> str:
    design, status, eligibility = trial.protocol.design, trial.protocol.status, trial.eligibility
    info = design.design_info if design else None
    count = design.enrollment_info.count if design and design.enrollment_info else None
    start = status.start_date_struct if status else None
    end = status.completion_date_struct if status else None
    posted = status.last_update_post_date_struct if status else None
    values: dict[str, object] = {
        "title": trial.title,
        "status": trial.overall_status,
        "type": design.study_type if design else None,
        "phase": "/".join(trial.phases),
        "design": ", ".join(filter(None, (info.allocation, info.intervention_model, info.primary_purpose)))
        if info
        else None,
        "enrollment": count,
        "start": start.date if start else None,
        "completion": end.date if end else None,
        "sponsor": ", ".join(sponsors_of(trial)[:1]),
        "conditions": ", ".join(trial.conditions),
        "interventions": ", ".join(filter(None, (part.name for part in trial.interventions))),
        "arms": ", ".join(arm.label or "unnamed" for arm in trial.arms),
        "primary outcomes": "; ".join(
            outcome.measure or "unnamed" for kind, outcome in trial.outcomes() if kind == "primary"
        ),
        "ages": _ages(eligibility.minimum_age, eligibility.maximum_age),
        "sex": eligibility.sex,
        "healthy volunteers": eligibility.healthy_volunteers,
        "countries": ", ".join(sorted({site.country for site in trial.sites if site.country})),
        "sites": len(trial.sites) or None,
        "last update": posted.date if posted else None,
    }
    value = values[what]
    return "" if value is None else str(value)


def _ages(youngest: str | None, oldest: str | None) -> str:
    return f"{youngest or 'no lower limit'} to {oldest or 'no upper limit'}" if youngest or oldest else ""


_TELLING = ("status", "phase", "type", "enrollment", "interventions", "ages", "sex", "primary outcomes")


def differences(one: Trial, other: Trial, names: Iterable[str] = _TELLING) -> Iterator[str]:
    """What two trials do not have in common, in words; fields that one of them does not state are left out."""
    for name in names:
        left, right = _of(one, name), _of(other, name)
        if left and right and left != right:
            yield f"{name}: {_short(right, 90)} (here {_short(left, 90)})"
