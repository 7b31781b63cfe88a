"""A record of which only the values are left, one field a line and no labels, in; a trial out.

The line of interventions (`DRUG: name|PROCEDURE: name`) is the anchor: title, summary and conditions stand before it,
outcomes and description behind it. An outcome is `measure, description, time frame`, and commas stand inside all three:
it is split only where one reading is left.
"""

import re
from collections.abc import Iterator

import msgspec

from trialwright.codes.places import Span
from trialwright.registries.csv_cells import part_outcome
from trialwright.registries.fields import word
from trialwright.registries.reading import Line, Reading, lines_of
from trialwright.registries.unreadable import one_line
from trialwright.trial import Intervention, Outcome, Trial

_LOOKED_AT = 200_000
_FEWEST_LINES, _MOST_LINES = 3, 12
_LONGEST_TITLE = 600
_TITLE = "protocolSection.identificationModule.briefTitle"
_SUMMARY = "protocolSection.descriptionModule.briefSummary"
_DESCRIPTION = "protocolSection.descriptionModule.detailedDescription"
_CONDITIONS = "protocolSection.conditionsModule.conditions"
_INTERVENTIONS = "protocolSection.armsInterventionsModule.interventions"
_PRIMARY = "protocolSection.outcomesModule.primaryOutcomes"
_SECONDARY = "protocolSection.outcomesModule.secondaryOutcomes"
_INTERVENTION = re.compile(r"(?P<type>[A-Z]+(?:_[A-Z]+)?): (?P<name>\S.*)")
_LABELLED_FRAME = re.compile(r"^(?P<before>.+?),\s*Time ?[Ff]rame\s*:\s*(?P<frame>\S.*)$", re.DOTALL)
_FRAME_BEGINS = re.compile(
    r"(?:from|up to|at|within|through|until|during|over|after|before|every|base ?line|(?:day|week|month|year)s?|time"
    r"|\d[\d.–-]*\s*-?(?:hour|day|week|month|year|cycle)s?)\b",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?](?:\s|[A-Z]|$)")


def looks_like(text: str) -> bool:
    """Whether the text is such a record: few lines, typed interventions among them, a title before, values behind."""
    start = text[:_LOOKED_AT].lstrip("\ufeff \t\r\n")
    if start[:1] in ("", "{", "[", "<") or "\t" in start:
        return False
    lines = lines_of(start)
    if not _FEWEST_LINES <= len(lines) <= _MOST_LINES or len(lines[0].text) > _LONGEST_TITLE:
        return False
    anchor = _anchor(lines)
    return anchor is not None and 1 <= anchor <= len(lines) - 2


def read(text: str, name: str = "", position: int = 1) -> Trial:
    """One record.

    text      its lines, blank ones meaning nothing
    name      the file's name, for `Source`
    position  the record's number in the file, or the line where it begins
    absence   a line that is not there is an absent field: the form has no place that could be empty
    """
    reading = Reading(text)
    lines = lines_of(text)
    anchor = _anchor(lines)
    if anchor is None:
        for line in lines:
            reading.unread(f"line {_number(lines, line)}", line)
        return reading.trial("flattened-row", name, position)
    _read_before(reading, lines[:anchor])
    _read_interventions(reading, lines[anchor], f"line {anchor + 1}")
    _read_behind(reading, lines, anchor)
    message = f"{len(lines)} lines without labels, told apart by their order around the interventions"
    reading.remark("label-lost", message, lines[anchor].span)
    return reading.trial("flattened-row", name, position)


def split_outcome(text: str) -> Outcome | None:
    """Measure, description and time frame of `measure, description, time frame`.

    returns  None when the commas leave more than one reading
    """
    labelled = _LABELLED_FRAME.match(text)
    if labelled is None:
        return _said_twice(text) or _parted(text)
    outcome = _said_twice(labelled["before"]) or _parted(labelled["before"])
    if outcome is None or outcome.time_frame is not None:
        return None
    return msgspec.structs.replace(outcome, time_frame=labelled["frame"].strip())


def _said_twice(text: str) -> Outcome | None:
    """A measure whose description is the same words again: the one case in which inner commas do no harm."""
    parts = text.split(", ")
    for size in range(len(parts) // 2, 0, -1):
        measure, rest = ", ".join(parts[:size]), ", ".join(parts[2 * size :])
        if parts[:size] == parts[size : 2 * size] and (not rest or _FRAME_BEGINS.match(rest)):
            return Outcome(measure=measure, description=measure, time_frame=rest or None)
    return None


def _parted(text: str) -> Outcome | None:
    parts = part_outcome(text)
    if parts is None:
        return None
    return Outcome(measure=parts.measure, description=parts.description, time_frame=parts.time_frame)


def _anchor(lines: tuple[Line, ...]) -> int | None:
    return next((at for at, line in enumerate(lines) if all(map(_typed, line.text.split("|")))), None)


def _typed(piece: str) -> tuple[str, str] | None:
    match = _INTERVENTION.fullmatch(piece.strip())
    kind = word("InterventionType", match["type"]) if match else None
    return (kind, match["name"]) if match and kind else None


def _number(lines: tuple[Line, ...], line: Line) -> int:
    return lines.index(line) + 1


def _read_before(reading: Reading, lines: tuple[Line, ...]) -> None:
    if not lines:
        return
    reading.put(_TITLE, lines[0].text, "line 1", lines[0].span)
    conditions = lines[-1] if len(lines) > 1 and not _is_prose(lines[-1]) else None
    summary = lines[1:-1] if conditions else lines[1:]
    if summary:
        whole = summary[0].span.cover(summary[-1].span)
        reading.put(_SUMMARY, "\n".join(line.text for line in summary), "line 2", whole)
    if conditions:
        place = f"line {len(lines)}"
        reading.put(_CONDITIONS, tuple(text for text, _ in _pieces(conditions)), place, conditions.span)


def _read_interventions(reading: Reading, line: Line, place: str) -> None:
    members = []
    for text, span in _pieces(line):
        if typed := _typed(text):
            kind, name = typed
            members.append((Intervention(type=kind, name=name), {"name": Span(span.end - len(name), span.end)}, span))
    reading.put_members(_INTERVENTIONS, members, place)


def _read_behind(reading: Reading, lines: tuple[Line, ...], anchor: int) -> None:
    """Primary outcomes, then secondary ones where the next line is a list of outcomes too, then the description."""
    rest = list(lines[anchor + 1 :])
    for path, what in ((_PRIMARY, "primaryOutcomes"), (_SECONDARY, "secondaryOutcomes")):
        if rest and not _is_prose(rest[0]) and (what == "primaryOutcomes" or _lists_outcomes(rest[0])):
            line = rest.pop(0)
            place = f"line {_number(lines, line)}"
            members = [_outcome(reading, text, span) for text, span in _pieces(line)]
            reading.put_members(path, [(outcome, {}, span) for outcome, span in members], place)
    if rest:
        whole = rest[0].span.cover(rest[-1].span)
        place = f"line {_number(lines, rest[0])}"
        reading.put(_DESCRIPTION, "\n".join(line.text for line in rest), place, whole)


def _outcome(reading: Reading, text: str, span: Span) -> tuple[Outcome, Span]:
    outcome = split_outcome(text)
    if outcome is not None:
        if _LABELLED_FRAME.match(text):
            reading.remark(
                "label-in-value", "the words 'Time Frame:' stand in the outcome itself and were left out", span
            )
        return outcome, span
    message = (
        f"{one_line(text)!r}: which commas part measure, description and time frame is open; kept whole as the measure"
    )
    reading.remark("ambiguous-outcome", message, span)
    return Outcome(measure=text), span


def _pieces(line: Line) -> Iterator[tuple[str, Span]]:
    start = line.span.start
    for piece in line.text.split("|"):
        text = piece.strip()
        if text:
            first = start + piece.index(text)
            yield text, Span(first, first + len(text))
        start += len(piece) + 1


def _is_prose(line: Line) -> bool:
    """Several sentences, or one long one that lists nothing."""
    ends = len(_SENTENCE_END.findall(line.text))
    return (ends > 1 and "|" not in line.text and len(line.text) > 200) or (
        ends == 1 and line.text.endswith(".") and ", " not in line.text
    )


def _lists_outcomes(line: Line) -> bool:
    pieces = [piece.strip() for piece in line.text.split("|")]
    framed = [piece for piece in pieces if (outcome := split_outcome(piece)) and outcome.time_frame]
    return len(pieces) > 1 or bool(framed)
