"""Numbers of people as they may be shown: none between 1 and 9, and none that a subtraction of shown ones would give.

Exact counts come in, `Shown` goes out, which every outlet prints. 0 is shown as 0; 1 to 9 as `<10`; a number that lies within 9 of one
that was shown before, and is nested with it, as a range.
"""

from collections.abc import Sequence

import msgspec

SMALLEST = 10
"""The smallest number of people that is shown as it is."""


class Shown(msgspec.Struct, frozen=True):
    """A number of people that lies from `least` to `most`; both are the number itself where it may be shown."""

    least: int
    most: int
    text: str

    @property
    def is_exact(self) -> bool:
        return self.least == self.most

    def __str__(self) -> str:
        return self.text


def exactly(people: int) -> Shown:
    return Shown(people, people, f"{people:,}")


def between(least: int, most: int) -> Shown:
    """A range. One that may hold a small number says only what it is below."""
    if least == most and (least == 0 or least >= SMALLEST):
        return exactly(least)
    if least < SMALLEST:
        most = max(most, SMALLEST - 1)
        return Shown(0, most, f"<{most + 1:,}")
    return Shown(least, most, f"{least:,}–{most:,}")


_SMALL = Shown(1, SMALLEST - 1, f"<{SMALLEST}")


def by_itself(people: int) -> Shown:
    """A number that no other shown one is nested with."""
    return _SMALL if 0 < people < SMALLEST else exactly(people)


class Nested:
    """Numbers of people who are all among each other: each is held against those shown exactly before it."""

    def __init__(self) -> None:
        self._exact: list[int] = []

    def show(self, people: int) -> Shown:
        if 0 < people < SMALLEST:
            return _SMALL
        near = [known for known in self._exact if 0 < abs(known - people) < SMALLEST]
        if not near:
            self._exact.append(people)
            return exactly(people)
        known = min(near, key=lambda one: abs(one - people))
        if people < known:
            least = max(known - SMALLEST + 1, SMALLEST)
            # A range of one number would be the number.
            return between(least if least < known - 1 else 0, known - 1)
        return between(known + 1, known + SMALLEST - 1)


def among(whole: Shown | None, people: Sequence[int]) -> list[Shown]:
    """Numbers of people who are all among those of `whole`, and among each other."""
    nested = Nested()
    if whole is not None and whole.is_exact:
        nested.show(whole.least)
    return [nested.show(one) for one in people]


def difference(more: Shown, less: Shown, people: int) -> Shown:
    """How many went from one to the other: exact where both are, else no closer than they give away."""
    if more.is_exact and less.is_exact:
        return by_itself(people)
    return between(max(0, more.least - less.most), more.most - less.least)


def column(total: Shown, parts: Sequence[Shown]) -> list[Shown]:
    """Parts that add up to a total. Where one alone is hidden, or the total is and no part, the least of the others is hidden too."""
    hidden = sum(not part.is_exact for part in parts)
    enough = hidden > 1 or (hidden == 1 and not total.is_exact) or (hidden == 0 and total.is_exact)
    open_parts = [place for place, part in enumerate(parts) if part.is_exact and part.least]
    if enough or not open_parts:
        return list(parts)
    place = min(open_parts, key=lambda one: parts[one].least)
    found = list(parts)
    found[place] = Shown(SMALLEST, total.most, f"{SMALLEST} or more")
    return found
