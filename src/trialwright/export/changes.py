"""What changed between two saved screenings, and why: of the same patient on another day or chart, or of a trial in another version.

Two files of `trialwright.screen/1` reports come in, `Changes` go out. Reports are paired by patient, trials by id, criteria by their
words, those that were rewritten by how alike they are. Nothing is judged again: a cause is named only where the reports show it.
"""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Literal

import msgspec

from trialwright.criteria.logic import Verdict

from .record_text import as_read
from .report import SCHEMA, EvidenceLine, Report, Row, TrialReport
from .words import evidence_words

Kind = Literal["verdict", "words", "reading", "added", "removed", "review"]
Cause = Literal["words", "reading", "chart", "review", "day", "lists", "version"]


_ALIKE, _SAME_NUMBER = 0.5, 0.1


class ChangesError(ValueError):
    """A file that holds no saved screening. One line, with the file."""


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is not as it was.

    cause  words: of the criterion as published · reading: how they are understood · chart: what is on record · review: a
           reviewer's decision · day: on which it was judged · lists: declared complete · version: of this software
    """

    cause: Cause
    says: str


class CriterionChange(msgspec.Struct, frozen=True, kw_only=True):
    """One criterion. before, after: its verdict, None where it was not there. why: of each verdict, as its report has it"""

    criterion: str
    kind: Kind
    before: Verdict | None
    after: Verdict | None
    reasons: tuple[Reason, ...]
    why: tuple[str, str]


class TrialChange(msgspec.Struct, frozen=True, kw_only=True):
    """One trial of one patient. before, after: its headline, "" where it was not screened for"""

    patient: str
    trial: str
    title: str
    before: str
    after: str
    criteria: tuple[CriterionChange, ...]


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """terms: how the terms of the two differ · alike: trials in which nothing changed"""

    terms: tuple[str, ...]
    trials: tuple[TrialChange, ...]
    alike: int


def read_saved(data: bytes, name: str) -> tuple[Report, ...]:
    """The reports of a file that `screen` wrote as JSON or JSON lines.

    raises  ChangesError for anything else
    """
    try:
        reports = _reports(data)
    except (msgspec.DecodeError, RecursionError):
        raise ChangesError(
            f"{name}: no saved screening; expected what `trialwright screen --format json` writes"
        ) from None
    if any(report.schema != SCHEMA for report in reports):
        raise ChangesError(f"{name}: a screening of another form; expected {SCHEMA}")
    return reports


def _reports(data: bytes) -> tuple[Report, ...]:
    """One report, several as an array, or one a line. An empty file holds none."""
    start = data.lstrip()[:1]
    if start == b"[":
        return msgspec.json.decode(data, type=tuple[Report, ...])
    try:
        return (msgspec.json.decode(data, type=Report),)
    except msgspec.DecodeError:
        return tuple(msgspec.json.Decoder(Report).decode_lines(data))


def changes(before: Sequence[Report], after: Sequence[Report]) -> Changes:
    old, new = ({report.patient: report for report in reports} for reports in (before, after))
    terms: dict[str, None] = {}
    found: list[TrialChange] = []
    alike = 0
    for patient in dict.fromkeys((*old, *new)):
        one, other = old.get(patient), new.get(patient)
        if one and other:
            terms |= dict.fromkeys(_terms(one, other))
        for trial in _trials(patient, one, other):
            if trial.criteria or trial.before != trial.after:
                found.append(trial)
            else:
                alike += 1
    return Changes(terms=tuple(terms), trials=tuple(found), alike=alike)


def _terms(one: Report, other: Report) -> Iterator[str]:
    if one.as_of != other.as_of:
        yield f"judged as of {other.as_of}, was {one.as_of}"
    if one.complete != other.complete:
        yield f"lists declared complete: {_listed(other.complete)}, was {_listed(one.complete)}"
    if one.software != other.software:
        yield f"by {other.software}, was {one.software}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"


def _trials(patient: str, one: Report | None, other: Report | None) -> Iterator[TrialChange]:
    old, new = ({trial.trial: trial for trial in report.trials} if report else {} for report in (one, other))
    common = _common(one, other) if one and other else ()
    for name in dict.fromkeys((*old, *new)):
        was, now = old.get(name), new.get(name)
        known = now or was
        yield TrialChange(
            patient=patient,
            trial=name,
            title=known.title if known else "",
            before=was.headline if was else "",
            after=now.headline if now else "",
            criteria=tuple(_criteria(was, now, common)) if was and now else (),
        )


def _common(one: Report, other: Report) -> tuple[Reason, ...]:
    """What may change any verdict: named as a cause only of what nothing else explains."""
    found: list[Reason] = []
    if one.as_of != other.as_of:
        found.append(Reason(cause="day", says=f"judged as of {other.as_of}, was {one.as_of}"))
    if one.complete != other.complete:
        found.append(Reason(cause="lists", says=f"lists declared complete: {_listed(other.complete)}"))
    if one.software != other.software:
        found.append(Reason(cause="version", says=f"by {other.software}, was {one.software}"))
    return tuple(found)


def _criteria(was: TrialReport, now: TrialReport, common: tuple[Reason, ...]) -> Iterator[CriterionChange]:
    old, new = (*was.criteria, *was.without), (*now.criteria, *now.without)
    off = ({row.id for row in was.without}, {row.id for row in now.without})
    partners = _partners(old, new)
    for row in new:
        partner = partners.get(row.id)
        if partner is None:
            yield _alone(row, "added")
            continue
        change = _change(partner, row, (partner.id in off[0], row.id in off[1]), common)
        if change is not None:
            yield change
    kept = {partner.id for partner in partners.values()}
    yield from (_alone(row, "removed") for row in old if row.id not in kept)


def _partners(old: Sequence[Row], new: Sequence[Row]) -> dict[str, Row]:
    """By the new id: the same words, whatever their number; of what is left, the most alike."""
    waiting = list(old)
    found: dict[str, Row] = {}
    for row in new:
        same = next((one for one in waiting if _words(one) == _words(row)), None)
        if same is not None:
            found[row.id] = same
            waiting.remove(same)
    left = [row for row in new if row.id not in found]
    pairs = [(_likeness(one, row), one.id, row.id) for row in left for one in waiting]
    by_id = {one.id: one for one in waiting}
    for likeness, was, now in sorted(pairs, reverse=True):
        if likeness >= _ALIKE and was in by_id and now not in found:
            found[now] = by_id.pop(was)
    return found


def _words(row: Row) -> tuple[str, str]:
    return row.kind, as_read(row.text).lower()


def _likeness(one: Row, other: Row) -> float:
    """From 0 to 1; the printed number is worth a little."""
    if one.kind != other.kind:
        return 0.0
    ratio = SequenceMatcher(None, _words(one)[1].split(), _words(other)[1].split(), autojunk=False).ratio()
    return ratio + (_SAME_NUMBER if one.id == other.id else 0.0)


def _alone(row: Row, kind: Literal["added", "removed"]) -> CriterionChange:
    is_new = kind == "added"
    return CriterionChange(
        criterion=row.id,
        kind=kind,
        before=None if is_new else row.verdict,
        after=row.verdict if is_new else None,
        reasons=(Reason(cause="words", says=f"“{as_read(row.text)}”"),),
        why=("", row.why) if is_new else (row.why, ""),
    )


def _change(was: Row, now: Row, off: tuple[bool, bool], common: tuple[Reason, ...]) -> CriterionChange | None:
    reasons = [*_of_words(was, now), *_of_review(was, now, off)]
    is_other = was.verdict != now.verdict
    if is_other:
        reasons += _of_chart(was, now)
        reasons += common if not reasons or not any(one.cause != "reading" for one in reasons) else ()
    if not reasons and not is_other:
        return None
    return CriterionChange(
        criterion=now.id if was.id == now.id else f"{now.id} (was {was.id})",
        kind="verdict" if is_other else "review" if reasons[0].cause == "review" else _kind(reasons[0].cause),
        before=was.verdict,
        after=now.verdict,
        reasons=tuple(reasons),
        why=(was.why, now.why),
    )


def _kind(cause: Cause) -> Kind:
    return "words" if cause == "words" else "reading"


def _of_words(was: Row, now: Row) -> Iterator[Reason]:
    if as_read(was.text) != as_read(now.text):
        yield Reason(cause="words", says=f"now published as “{as_read(now.text)}”, was “{as_read(was.text)}”")
    elif was.understood != now.understood:
        yield Reason(cause="reading", says=f"now read as: {now.understood}; was: {was.understood}")


def _of_review(was: Row, now: Row, off: tuple[bool, bool]) -> Iterator[Reason]:
    if off[0] != off[1]:
        decision = now.decision if off[1] else was.decision
        by = f" by {decision.words}" if decision else ""
        yield Reason(cause="review", says=f"switched {'off' if off[1] else 'on again, it was off'}{by}")
    elif was.decision != now.decision:
        said = f"{now.decision.decision}, by {now.decision.words}" if now.decision else "no decision any more"
        before = f"; was {was.decision.decision}, by {was.decision.words}" if was.decision else ""
        yield Reason(cause="review", says=f"{said}{before}")


def _of_chart(was: Row, now: Row) -> Iterator[Reason]:
    old, new = set(map(_fact, was.evidence)), set(map(_fact, now.evidence))
    for line in now.evidence:
        if _fact(line) not in old:
            yield Reason(cause="chart", says=f"now on record: {evidence_words(line)}")
    for line in was.evidence:
        if _fact(line) not in new:
            yield Reason(cause="chart", says=f"no longer counted: {evidence_words(line)}")


def _fact(line: EvidenceLine) -> EvidenceLine:
    """A fact as recorded: what was made of it for a criterion is left aside."""
    return msgspec.structs.replace(line, note="", converted="")
