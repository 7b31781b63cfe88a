"""Checks on time and treatment: windows without an anchor, doses that are not complete, visits after the trial's end."""

import re
from collections.abc import Iterator, Sequence
from datetime import date

import msgspec

from trialwright.checks.endpoints import TO_EVENT, from_randomisation, texts_of
from trialwright.checks.record import (
    DESCRIPTION,
    INTERVENTIONS,
    described,
    is_interventional,
    is_randomised,
    on,
    outcomes,
    pattern,
    table,
)
from trialwright.codes.places import Diagnostic, Span
from trialwright.criteria.nodes import Compare, Criteria, Criterion, Has, Score, Window, walk
from trialwright.trial import DatedStruct, Intervention, Outcome, Trial

_ORIGIN = re.compile(
    r"\bfrom\b|\bsince\b|\bafter\b|\bfollowing\b|\bpost\b|post-|randomi|\bbaseline\b|\benrol|\bregistration\b|\bstart\b|\bfirst dose\b"
    r"|\binitiation\b|\binclusion\b|\bday [01]\b|\bcycle 1\b|\bdiagnosis\b|\bentry\b|\bthrough\b|\bstud(?:y|ies) completion\b|\bbetween\b",
    re.IGNORECASE,
)
_NAME = re.compile(r"[A-Za-z]{5,}")
_SENTENCE_END = re.compile(r"(?<=[.;])\s")
_DRUGS = {"DRUG", "BIOLOGICAL", "COMBINATION_PRODUCT", "GENETIC", "DIETARY_SUPPLEMENT"}
_IN_YEAR = re.compile(
    r"\b(?:(\d{1,2})(?:st|nd|rd|th)[\s-]years?|(?:in|at|during|from|until|to|after) years? (\d{1,2}))\b(?! old)(?! of (?:age|life))",
    re.IGNORECASE,
)
_FOLLOWED = re.compile(r"follow|visit|imaging|scan|MRI|\bCT\b|assess|survei|every", re.IGNORECASE)
_UP_TO = re.compile(
    r"(?<![\d.,-])(\d{1,3}(?:\.\d)?)\s?[\s-](years?|months?)\b(?! old)(?! of age)(?! (?:prior|before|ago))",
    re.IGNORECASE,
)
_LATELY = re.compile(
    r"\b(?:within|in|over|during|for) the (?:past|last|previous) (?:\w+ )?(?:days?|weeks?|months?|years?)\b(?! (?:before|prior|of|from))",
    re.IGNORECASE,
)
_TIME = re.compile(r"day|week|month|year|hour|past|last|previous|prior", re.IGNORECASE)
_EVENT = re.compile(
    r"\b(?:before|prior to|preceding|elapsed|of confirmation|of (?:the )?(?:first|start|study|screening|randomi|enrol|entry))",
    re.IGNORECASE,
)
_MONTHS = {"year": 12.0, "month": 1.0}


def anchors(trial: Trial, criteria: Criteria) -> Iterator[Diagnostic]:
    """V9: a window that no event anchors, or one anchored at an event that the design does not have."""
    for criterion in criteria.criteria:
        yield from _windows_without_anchor(criterion)
        if is_interventional(trial) and is_randomised(trial) is False:
            yield from _anchored_at_randomisation(criterion)
    yield from from_randomisation(trial)
    open_ended = [
        (where, outcome)
        for where, outcome in outcomes(trial)
        if outcome.time_frame and TO_EVENT.search(outcome.measure or "") and not _has_origin(outcome)
    ]
    if open_ended:
        where, outcome = open_ended[0]
        more = f" (and {len(open_ended) - 1} more)" if len(open_ended) > 1 else ""
        message = f"{outcome.measure!r}{more} is a time to an event, and nothing says from when it is counted"
        yield Diagnostic("anchor-missing", message, f"{where}.timeFrame", Span(0, len(outcome.time_frame or "")))


def _has_origin(outcome: Outcome) -> bool:
    return any(_ORIGIN.search(text) for _, text in texts_of(outcome))


def _windows_without_anchor(criterion: Criterion) -> Iterator[Diagnostic]:
    windows = list(_windows(criterion))
    for window in windows:
        if window.anchor is None and (window.at_most is not None or window.at_least is not None):
            words = window.span.of(criterion.text) if window.span else "a time window"
            if window.span and not _is_unanchored(words, criterion.text[window.span.end : window.span.end + 60]):
                continue
            message = f"{words!r} does not say before what; judged at the index date, expected an event such as the first dose"
            yield on(criterion, "anchor-missing", message, window.span)
            return
    found = _LATELY.search(criterion.text) if criterion.reading != "whole" or not windows else None
    if found:
        message = f"{found[0]!r} does not say before what; expected an event such as the first dose"
        yield on(criterion, "anchor-missing", message, Span(*found.span()))


def _is_unanchored(words: str, after: str) -> bool:
    """Whether the window's own words speak of time and no event that the tree has missed follows them."""
    return bool(_TIME.search(words)) and not _EVENT.search(f"{words}{after}")


def _anchored_at_randomisation(criterion: Criterion) -> Iterator[Diagnostic]:
    for window in _windows(criterion):
        if window.anchor == "randomisation":
            message = (
                "a window counted from randomisation, and the trial is not randomised; expected enrolment or first dose"
            )
            yield on(criterion, "anchor-not-in-design", message, window.span)
            return


def _windows(criterion: Criterion) -> Iterator[Window]:
    for node in walk(criterion.node):
        if isinstance(node, Has | Compare | Score) and node.when is not None:
            yield node.when


def doses(trial: Trial, _: Criteria) -> Iterator[Diagnostic]:
    """V12: a drug or radiation without amount, route, day or end; or no intervention at all."""
    if not is_interventional(trial):
        return
    if not trial.interventions:
        yield Diagnostic(
            "no-interventions", "the record names no intervention; expected what is given, and how", INTERVENTIONS
        )
    sentences = [sentence for _, text in described(trial) for sentence in _SENTENCE_END.split(text)]
    for position, intervention in enumerate(trial.interventions):
        name = intervention.name or ""
        kind = "RADIATION" if _is("radiation by name", name) else intervention.type or "DRUG"
        if (kind in _DRUGS or kind == "RADIATION") and not _is("not dosed", name):
            lacking = _lacking(kind, _dosing_text(trial, intervention))
            if lacking:
                told = _sentences_about(name, sentences)
                lacking = [part for part in lacking if part in _lacking(kind, told)]
            if lacking:
                message = f"{name!r} is given without {', '.join(lacking)}; the protocol has to say"
                yield Diagnostic("dose-incomplete", message, f"{INTERVENTIONS}[{position}]")


def _lacking(kind: str, text: str) -> list[str]:
    """The parts of a dose that no word of the text gives."""
    wanted = "radiation" if kind == "RADIATION" else "drug"
    return [
        row["part"] for row in table("dose_words") if row["kind"] == wanted and not pattern(row["words"]).search(text)
    ]


def _is(kind: str, name: str) -> bool:
    return any(row["kind"] == kind and pattern(row["words"]).search(name) for row in table("dose_words"))


def _dosing_text(trial: Trial, intervention: Intervention) -> str:
    """What an intervention's own words and its arms' say of it."""
    name = intervention.name or ""
    arms = [
        arm.description
        for arm in trial.arms
        if arm.description
        and (
            arm.label in (intervention.arm_group_labels or ())
            or any(listed.partition(": ")[2] == name for listed in arm.intervention_names or ())
            or name.lower() in arm.description.lower()
        )
    ]
    return "\n".join([name, intervention.description or "", *arms])


def _sentences_about(name: str, sentences: Sequence[str]) -> str:
    """Those that name an intervention, by the first long word of its name."""
    key = re.compile(re.escape(next(iter(_NAME.findall(name)), name) or "."), re.IGNORECASE)
    return "\n".join(filter(key.search, sentences))


def dates(trial: Trial, _: Criteria) -> Iterator[Diagnostic]:
    """V13: a visit or an outcome later than the trial's own last day lets even its first participant reach."""
    running = _months_running(trial, "completion_date_struct")
    if running is None or not is_interventional(trial):
        return
    for where, text in described(trial):
        if where == DESCRIPTION:
            yield from _visits_past_end(where, text, running)
    late = [
        remark
        for where, outcome in outcomes(trial)
        for remark in _frame_past_end(where, outcome.time_frame or "", trial)
    ]
    if late:
        more = f"; {len(late) - 1} more outcomes as well" if len(late) > 1 else ""
        yield msgspec.structs.replace(late[0], message=late[0].message + more)


def _visits_past_end(where: str, text: str, running: float) -> Iterator[Diagnostic]:
    late = [
        (int(match[1] or match[2]), match)
        for match in _IN_YEAR.finditer(text)
        if _FOLLOWED.search(text[max(0, match.start() - 160) : match.end() + 40])
    ]
    year, match = max(late, key=lambda found: found[0], default=(0, None))
    if match is not None and (year - 1) * 12 > running and year <= 15:
        message = (
            f"{match[0]!r}: the trial ends {running:.0f} months after it starts, so nobody reaches that year in it"
        )
        yield Diagnostic("schedule-past-end", message, where, Span(*match.span()))


def _frame_past_end(where: str, frame: str, trial: Trial) -> Iterator[Diagnostic]:
    end = "primary_completion_date_struct" if ".primaryOutcomes" in where else "completion_date_struct"
    running = _months_running(trial, end)
    lengths = [(float(match[1]) * _MONTHS[match[2].lower().rstrip("s")], match) for match in _UP_TO.finditer(frame)]
    months, match = max(lengths, key=lambda found: found[0], default=(0.0, None))
    # A month of grace: "12 months" and two dates given by month differ by less.
    if match is not None and running is not None and running + 1 < months <= 240:
        message = f"{match[0]!r}: the dates leave {running:.0f} months from the trial's start to the end of data for this outcome"
        yield Diagnostic("schedule-past-end", message, f"{where}.timeFrame", Span(*match.span()))


def _months_running(trial: Trial, end: str) -> float | None:
    """From the earliest start to the latest end; None where a date is missing."""
    status = trial.protocol.status
    if status is None:
        return None
    first, last = _day(status.start_date_struct), _day(getattr(status, end))
    if first is None or last is None or last[1] <= first[0]:
        return None
    return (last[1] - first[0]).days / 30.4375


def _day(struct: DatedStruct | None) -> tuple[date, date] | None:
    day = struct.day if struct else None
    return (day.earliest, day.latest) if day else None
