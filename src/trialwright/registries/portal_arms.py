"""The lines under a portal's Study Groups and Interventions in, arms and interventions out.

Both headings print the same interventions, one after the other without a border. The list under Interventions is read
first; it then tells where, under Study Groups, an intervention's description ends and the next arm begins.
"""

from collections.abc import Iterator
from typing import Literal

import msgspec

from trialwright.codes.places import Span
from trialwright.registries.fields import word
from trialwright.registries.portal_page import Section, labels, marked
from trialwright.registries.reading import Line, Member, Reading, cover, prose
from trialwright.trial import Arm, Intervention

ARMS = "protocolSection.armsInterventionsModule.armGroups"
INTERVENTIONS = "protocolSection.armsInterventionsModule.interventions"
_LONGEST_NAME = 140

What = Literal["words", "arm", "intervention"]


class _Piece(msgspec.Struct, frozen=True):
    """A line, or the type that a marked line such as `Group Type OTHER` gives to the block around it."""

    line: Line
    what: What
    type: str = ""


class _Block(msgspec.Struct, frozen=True):
    """One arm or one intervention as printed."""

    name: Line
    description: tuple[Line, ...]
    type: str | None = None
    type_line: Line | None = None

    @property
    def whole(self) -> Span:
        span = cover((self.name, *self.description))
        return span.cover(self.type_line.span) if self.type_line else span


class _Group(msgspec.Struct, frozen=True):
    arm: _Block
    interventions: tuple[_Block, ...]


def read_arms_and_interventions(reading: Reading, groups: Section | None, listed: Section | None) -> None:
    """Either section may be missing; interventions that only the groups name are taken from there."""
    blocks = tuple(_listed(_pieces(listed))) if listed else ()
    arms = tuple(_Groups(reading, _pieces(groups), blocks).split()) if groups and groups.body else ()
    named = blocks or _once(block for group in arms for block in group.interventions)
    place = listed.name if listed and blocks else groups.name if groups else ""
    reading.put_members(INTERVENTIONS, (_intervention(reading, block, arms) for block in named), place)
    types = {block.name.text: block.type for block in named}
    reading.put_members(ARMS, (_arm(reading, group, types) for group in arms), groups.name if groups else "")
    _keep_other_descriptions(reading, arms, named)
    _remark_lost_types(reading, arms, named)


def _pieces(section: Section) -> tuple[_Piece, ...]:
    return tuple(_piece(line, section.name) for line in section.body)


def _piece(line: Line, section: str) -> _Piece:
    found = marked(line, labels("labelled", "mark", section))
    if found is None:
        return _Piece(line, "words")
    mark, value = found
    kind, what = ("ArmGroupType", "arm") if mark.name.startswith("Group") else ("InterventionType", "intervention")
    known = word(kind, value)
    return _Piece(line, "arm" if what == "arm" else "intervention", known) if known else _Piece(line, "words")


def _listed(pieces: tuple[_Piece, ...]) -> Iterator[_Block]:
    """The blocks under Interventions: a name, its description, and its type where the page kept it."""
    if not any(piece.what == "intervention" for piece in pieces):
        yield from _listed_without_types([piece.line for piece in pieces])
        return
    start = 0
    for at, piece in enumerate(pieces):
        if piece.what == "intervention" and at > start:
            lines = tuple(piece.line for piece in pieces[start:at])
            yield _Block(lines[0], lines[1:], piece.type, piece.line)
            start = at + 1
    if start < len(pieces):
        rest = tuple(piece.line for piece in pieces[start:])
        yield _Block(rest[0], rest[1:])


def _listed_without_types(lines: list[Line]) -> Iterator[_Block]:
    at = 0
    while at < len(lines):
        end = at + 1
        if end < len(lines) and not (_is_name(lines[end]) and end + 1 < len(lines) and not _is_name(lines[end + 1])):
            end += 1
            while end < len(lines) and not _is_name(lines[end]):
                end += 1
        yield _Block(lines[at], tuple(lines[at + 1 : end]))
        at = end


class _Groups:
    """The walk over Study Groups: an arm, its interventions, the next arm."""

    def __init__(self, reading: Reading, pieces: tuple[_Piece, ...], known: tuple[_Block, ...]) -> None:
        self.reading = reading
        self.pieces = pieces
        self.known = {block.name.text: _letters(block.description) for block in known}
        self.has_types = any(piece.what != "words" for piece in pieces)

    def split(self) -> Iterator[_Group]:
        at = 0
        while at < len(self.pieces):
            arm, at = self._arm(at)
            interventions: list[_Block] = []
            while self._starts_intervention(at):
                block, at = self._intervention(at)
                interventions.append(block)
            yield _Group(arm, tuple(interventions))

    def _arm(self, at: int) -> tuple[_Block, int]:
        end = at + 1
        while end < len(self.pieces) and self.pieces[end].what == "words" and not self._starts_intervention(end):
            end += 1
        lines = tuple(piece.line for piece in self.pieces[at:end])
        if end < len(self.pieces) and self.pieces[end].what == "arm":
            return _Block(lines[0], lines[1:], self.pieces[end].type, self.pieces[end].line), end + 1
        return _Block(lines[0], lines[1:]), end

    def _starts_intervention(self, at: int) -> bool:
        if at >= len(self.pieces) or self.pieces[at].what != "words":
            return False
        if self.has_types:
            return at + 1 < len(self.pieces) and self.pieces[at + 1].what == "intervention"
        described = self.known.get(self.pieces[at].line.text)
        return described is not None and self._end_of(at + 1, described) is not None

    def _intervention(self, at: int) -> tuple[_Block, int]:
        name, first = self.pieces[at], at + 1
        kind = self.pieces[first] if first < len(self.pieces) and self.pieces[first].what == "intervention" else None
        first += kind is not None
        described = self.known.get(name.line.text)
        end = None if described is None else self._end_of(first, described)
        end = self._guess_end(first) if end is None else end
        description = tuple(piece.line for piece in self.pieces[first:end])
        return _Block(name.line, description, kind.type if kind else None, kind.line if kind else None), end

    def _end_of(self, first: int, described: str) -> int | None:
        """Where the known description ends, when it stands here."""
        met, at = "", first
        while (
            at < len(self.pieces) and self.pieces[at].what == "words" and met != described and described.startswith(met)
        ):
            met += _letters((self.pieces[at].line,))
            at += 1
        return at if met == described else None

    def _guess_end(self, first: int) -> int:
        """Where a description of unknown length ends: at the next intervention, or at a line fit to name an arm."""
        stop = first
        while stop < len(self.pieces) and self.pieces[stop].what == "words" and not self._starts_intervention(stop):
            stop += 1
        if stop == len(self.pieces) or self.pieces[stop].what == "words":
            return stop
        names = [at for at in range(first + 1, stop) if _is_name(self.pieces[at].line)]
        if len(names) != 1:
            message = (
                "where this description ends and the next group begins is not marked; the first fitting line was taken"
            )
            span = self.pieces[first].line.span.cover(self.pieces[stop - 1].line.span)
            self.reading.remark("label-ambiguous", message, span)
        return names[0] if names else max(first, stop - 1)


def _is_name(line: Line) -> bool:
    return len(line.text) <= _LONGEST_NAME and line.text[-1] not in ".;:"


def _letters(lines: tuple[Line, ...]) -> str:
    return "".join(char for line in lines for char in line.text.lower() if char.isalnum())


def _once(blocks: Iterator[_Block]) -> tuple[_Block, ...]:
    return tuple({block.name.text: block for block in blocks}.values())


def _described(reading: Reading, block: _Block) -> str | None:
    return prose(reading.text, block.description) if block.description else None


def _spans(block: _Block, name: str) -> dict[str, Span]:
    spans = {name: block.name.span}
    if block.description:
        spans["description"] = cover(block.description)
    if block.type_line:
        spans["type"] = block.type_line.span
    return spans


def _intervention(reading: Reading, block: _Block, groups: tuple[_Group, ...]) -> Member:
    name = block.name.text
    arms = tuple(
        group.arm.name.text for group in groups if any(member.name.text == name for member in group.interventions)
    )
    kind = block.type or next(
        (member.type for group in groups for member in group.interventions if member.name.text == name), None
    )
    value = Intervention(type=kind, name=name, description=_described(reading, block), arm_group_labels=arms or None)
    return value, _spans(block, "name"), block.whole


def _arm(reading: Reading, group: _Group, types: dict[str, str | None]) -> Member:
    names = tuple(_named(block.name.text, types) for block in group.interventions)
    value = Arm(
        label=group.arm.name.text,
        type=group.arm.type,
        description=_described(reading, group.arm),
        intervention_names=names or None,
    )
    return value, _spans(group.arm, "label"), group.arm.whole


def _named(name: str, types: dict[str, str | None]) -> str:
    """As the registry names an arm's interventions: `Radiation: …`; the bare name where the type is gone."""
    kind = types.get(name)
    return f"{kind.replace('_', ' ').title()}: {name}" if kind else name


def _keep_other_descriptions(reading: Reading, groups: tuple[_Group, ...], named: tuple[_Block, ...]) -> None:
    """What a group says of an intervention, where it is not what the list says."""
    listed = {block.name.text: _letters(block.description) for block in named}
    for group in groups:
        for block in group.interventions:
            if block.description and _letters(block.description) != listed.get(block.name.text):
                reading.keep(f"{group.arm.name.text}: {block.name.text}", _described(reading, block))
                message = f"{block.name.text!r} is described in another way under {group.arm.name.text!r}; kept aside"
                reading.remark("second-value", message, cover(block.description))


def _remark_lost_types(reading: Reading, groups: tuple[_Group, ...], named: tuple[_Block, ...]) -> None:
    lost = []
    if groups and not any(group.arm.type for group in groups):
        lost.append((f"{ARMS}.type", "the groups' types"))
    if named and not any(block.type for block in named):
        lost.append((f"{INTERVENTIONS}.type", "the interventions' types"))
    if lost:
        reading.lose(*(path for path, _ in lost))
        words = " and ".join(what for _, what in lost)
        reading.remark("label-lost", f"{words} are gone from the page", (named[0] if named else groups[0].arm).whole)
