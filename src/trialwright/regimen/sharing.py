"""What is said once for several doses: a list's last member hands its interval, days, count or end to those that lack it."""

from typing import Any

from .drafts import Draft, is_short
from .nodes import Times

_LINKING = frozenset({"and", "or", "comma", "slash", "with", "colon", ""})
"""Joins across which a trailing modifier is shared; "" for names that stand side by side."""
_SHARED = ("every", "cycles", "duration", "days", "as_needed", "times")


def share(drafts: list[Draft]) -> None:
    """Hands on within one sentence, from its last dose backwards."""
    given = [draft for draft in drafts if draft.kind == "give"]
    for place in range(len(given) - 1, 0, -1):
        last, before = given[place], given[place - 1]
        if last.segment != before.segment or last.join not in _LINKING:
            continue
        if last.amount is None:
            _share_with_bare(last, before)
        elif before.amount is not None and (not last.inherited or last.join in ("or", "slash")):
            _share_with_dose(last, before)


def _share_with_bare(last: Draft, before: Draft) -> None:
    """A list of names alone: "Gemcitabine, cisplatin and pembrolizumab for up to 6 cycles"."""
    if not before.says_something() and last.join in ("and", "comma", "slash"):
        for name in (*_SHARED, "route"):
            before.say(name, getattr(last, name))
        before.stops = before.stops or list(last.stops)


def _share_with_dose(last: Draft, before: Draft) -> None:
    has_own_rhythm = before.every is not None or before.times is not None
    if last.route and before.route is None and not before.trailing and not before.leading:
        before.route = last.route
    for name in _SHARED:
        value = getattr(last, name)
        if value is None or name not in last.trailing or not _reaches(last, name):
            continue
        # "A 80 mg daily + B 75 mg/m2 q3w for 4 cycles": the count is B's, unless A is B's alternative.
        if name == "cycles" and has_own_rhythm and last.join not in ("or", "slash"):
            continue
        if may_share(before, name, getattr(value, "value", None)):
            setattr(before, name, value)
            before.trailing.add(name)
    before.stops = before.stops or list(last.stops)


def _reaches(last: Draft, name: str) -> bool:
    """Whether what the last dose says can mean the one before it too; a run of days is its own."""
    if last.join == "with" and name in ("duration", "times", "as_needed", "days"):
        return False
    return not (name == "days" and last.days is not None and len(last.days.value) > 1)


def may_share(draft: Draft, name: str, value: Any) -> bool:
    """Whether a draft lacks what is shared, and nothing that it says speaks against it."""
    if not draft.lacks(name):
        return False
    match name:
        case "every":
            return draft.lacks("doses", "as_needed") and (draft.times is None or draft.days is not None)
        case "duration" | "cycles":
            return draft.lacks("doses", "cycles", "duration")
        case "days":
            is_daily = draft.every is not None and is_short(draft.every.value)
            return draft.lacks("at", "times", "doses", "as_needed") and not is_daily
        case "times":
            is_per_day = draft.amount is not None and draft.amount.value.unit.endswith("/d")
            unsaid = draft.lacks("every", "days", "doses", "as_needed", "at")
            return unsaid and not is_per_day and isinstance(value, Times)
        case "as_needed":
            return draft.lacks("every", "days", "times", "doses")
        case _:
            return True
