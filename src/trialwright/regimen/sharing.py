"""What is said once for several doses: a list's last member hands its interval, days, count or end to those that lack it."""

from itertools import pairwise
from typing import Any

from .drafts import Draft, is_short
from .nodes import Count, Times

_LINKING = frozenset({"and", "or", "comma", "slash", "with", "colon", ""})
"""Joins across which a trailing modifier is shared; "" for names that stand side by side."""
_FAR = 12
_SHARED = ("every", "cycles", "duration", "days", "as_needed", "times", "doses")


def share(drafts: list[Draft]) -> None:
    """Hands on within one sentence, from its last dose backwards."""
    given = [draft for draft in drafts if draft.kind == "give"]
    _share_forward(given)
    for place in range(len(given) - 1, 0, -1):
        last, before = given[place], given[place - 1]
        if _is_infused_after(before, last):
            last.segment = before.segment
        elif last.segment != before.segment or last.join not in _LINKING:
            _share_route(before, last)
            continue
        if last.amount is None:
            _share_with_bare(last, before)
        elif before.amount is not None and (not last.inherited or last.join in ("or", "slash")):
            _share_with_dose(last, before)


def _share_forward(given: list[Draft]) -> None:
    """What stands before a list: "4 cycles of A 8 mg/kg + B 1200 mg", "6 cycles of 3 weeks: A …; B …"."""
    for before, following in pairwise(given):
        if following.segment != before.segment or following.join not in ("and", "with", "comma", "semicolon", "or"):
            continue
        for name in ("cycles", "every"):
            said = getattr(before, name)
            is_before = said is not None and said.quote.span.start < before.start
            if is_before and following.amount is not None and may_share(following, name, said.value):
                following.say(name, said)


def _is_infused_after(before: Draft, last: Draft) -> bool:
    """`A 200 mg IV followed by B IV every 3 weeks`: one after the other on the same day, and the rhythm is of both."""
    is_infused = all(draft.route is not None and draft.route.value == "iv" for draft in (before, last))
    unsaid = before.lacks("every", "times", "days", "at", "doses", "cycles", "duration")
    return (
        last.join == "then"
        and before.name != last.name
        and is_infused
        and unsaid
        and last.every is not None
        and before.amount is not None
    )


def _share_route(before: Draft, last: Draft) -> None:
    """A route behind a loading and a further dose of one drug: "600 mg, then 300 mg every 2 weeks, SC"."""
    if (last.inherited or last.drug is None) and before.name == last.name and last.route and "route" in last.trailing:
        before.say("route", last.route)


def _share_with_bare(last: Draft, before: Draft) -> None:
    """A list of names alone: "Gemcitabine, cisplatin and pembrolizumab for up to 6 cycles"."""
    if before.amount is not None and last.route is not None and last.route.quote.span.start > last.start + _FAR:
        before.say("route", last.route)  # "A 10 mg on day 1 and B on day 22 by subcutaneous injection"
    if before.amount is not None and last.every is not None and not is_short(last.every.value):
        if "every" in last.leading | last.trailing and may_share(before, "every", None):
            before.say("every", last.every)
        return
    if not before.says_something() and last.join in ("and", "comma", "slash"):
        for name in (*_SHARED, "route"):
            before.say(name, getattr(last, name))
        before.stops = before.stops or list(last.stops)


def _share_with_dose(last: Draft, before: Draft) -> None:
    has_own_rhythm = before.every is not None or (before.times is not None and before.days is None)
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
    if name != "days" or last.days is None or len(last.days.value) == 1:
        return True
    length = last.duration.value.only if last.duration else None
    return (
        length is not None and length.unit == "day" and length.value == len(last.days.value)
    )  # "for 5 days (day 1 to 5)"


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
        case "doses":
            is_single = isinstance(value, Count) and value.high == 1
            return is_single and draft.lacks("every", "days", "times", "cycles", "duration", "at", "as_needed")
        case "as_needed":
            return draft.lacks("every", "days", "times", "doses")
        case _:
            return True
