"""Drafts of several texts to one order of treatment: what is said of one drug in several places comes together.

The text that says most is the frame; the others fill what it lacks. Where two texts state different values for the same
thing, the frame's stands and a remark names both.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from trialwright.codes.places import Diagnostic

from .drafts import Draft
from .nodes import Stated

_EARLY = frozenset({"induction", "before-surgery"})
_LATE = frozenset({"after-surgery", "maintenance", "consolidation"})
_FILLED = (
    "drug",
    "amount",
    "route",
    "days",
    "at",
    "times",
    "every",
    "cycles",
    "doses",
    "total",
    "duration",
    "as_needed",
    "gap",
    "role",
    "fraction",
    "words",
)
_COMPARED = ("cycles", "doses", "duration", "every", "total")
_IN_WORDS = {"cycles": "number of cycles", "doses": "number of doses", "every": "interval"}
_SEPARATING = ("days", "at", "times", "every", "cycles", "duration")


@dataclass(slots=True)
class Stage:
    """What begins together. key: early, late, operate, condition, or "" for its place in the text alone."""

    key: str
    segment: int
    drafts: list[Draft] = field(default_factory=list)


def assemble(frame: list[Draft], others: Iterable[list[Draft]]) -> tuple[list[Stage], list[Diagnostic]]:
    """The stages of treatment in order, and where texts disagree."""
    stages: list[Stage] = []
    for draft in frame:
        if not _is_named_for_later(draft, frame):
            _place(stages, draft)
    remarks: list[Diagnostic] = []
    for drafts in others:
        for draft in drafts:
            if _is_named_for_later(draft, drafts):
                continue
            remarks += [
                remark
                for remark in _fill(stages, draft, drafts)
                if remark.message not in {known.message for known in remarks}
            ]
    return [stage for stage in stages if stage.drafts], list(dict.fromkeys(remarks))


def _is_named_for_later(draft: Draft, drafts: list[Draft]) -> bool:
    """Whether radiation that has no dose and no date is only the title of what an event may bring about further on."""
    if draft.kind != "radiate" or draft.words is None or not draft.lacks("amount", "fraction", "gap", "condition"):
        return False
    name = draft.words.value.lower()
    later = (other.words.value.lower() for other in drafts if other.condition is not None and other.words)
    return any(words in name for words in later)


def score(drafts: Iterable[Draft]) -> int:
    """How much a text says of doses: its amounts, and what is said of each."""
    total = 0
    for draft in drafts:
        if draft.amount is not None or draft.fraction is not None:
            total += 2 + sum(
                getattr(draft, name) is not None
                for name in ("days", "every", "times", "cycles", "duration", "doses", "gap")
            )
    return total


def _place(stages: list[Stage], draft: Draft) -> None:
    key = _key(draft)
    if key in ("operate", "condition"):
        _place_event(stages, draft, key)
        return
    stage = _stage_of(stages, draft, key)
    if not _merged(stage, draft):
        if _follows(stage, draft):
            stage = _new(stages, stage.key, draft.segment)
        stage.drafts.append(draft)


def _place_event(stages: list[Stage], draft: Draft, key: str) -> None:
    known = next((stage for stage in stages if stage.key == key), None)
    if known is None:
        stages.append(Stage(key, draft.segment, [draft]))
    else:
        _take_missing(known.drafts[0], draft)


def _key(draft: Draft) -> str:
    if draft.condition is not None:
        return "condition"
    if draft.kind == "operate":
        return "operate"
    role = draft.role.value if draft.role else ""
    gap = draft.gap.value if draft.gap else None
    if role in _LATE or (gap and gap.event.kind == "surgery" and gap.side == "after"):
        return "late"
    if role in _EARLY or (gap and gap.event.kind == "surgery"):
        return "early"
    return ""


def _stage_of(stages: list[Stage], draft: Draft, key: str) -> Stage:
    given = [stage for stage in stages if stage.key not in ("operate", "condition")]
    if key == "late":
        known = next((stage for stage in reversed(given) if stage.key == "late"), None)
        return known or _beside_radiation(given, draft) or _new(stages, "late", draft.segment)
    if key == "early":
        first = next((stage for stage in given if stage.key in ("early", "")), None)
        if first is None:
            stages.insert(0, Stage("early", draft.segment))
            return stages[0]
        first.key = "early"
        return first
    for stage in given:
        if any(_is_about(other, draft) and (other.amount is None or draft.amount is None) for other in stage.drafts):
            return stage
    last = given[-1] if given else None
    if last is None or draft.segment > last.segment:
        return _new(stages, "", draft.segment)
    return last


def _beside_radiation(given: list[Stage], draft: Draft) -> Stage | None:
    """The stage of radiation alone that a drug is named together with, no "then" between them: "re-irradiation + maintenance"."""
    last = given[-1] if given else None
    if last is None or last.segment != draft.segment or any(other.kind != "radiate" for other in last.drafts):
        return None
    last.key = "late"
    return last


def _new(stages: list[Stage], key: str, segment: int) -> Stage:
    stage = Stage(key, segment)
    at = next((place for place, other in enumerate(stages) if other.key == "condition"), len(stages))
    stages.insert(at, stage)
    return stage


def _is_about(one: Draft, other: Draft) -> bool:
    """Whether two drafts speak of the same drug, or both of radiation."""
    if one.kind != other.kind:
        return False
    if one.kind == "radiate":
        return one.amount is None or other.amount is None or one.amount.value == other.amount.value
    if one.drug is None or other.drug is None:
        return False
    first, second = one.drug.value, other.drug.value
    if first.id is not None and first.id == second.id and not {"placebo"} & {one.name, other.name}:
        return first.id != "pde5-inhibitor" or one.name == other.name
    names, parts = one.name.split("/"), other.name.split("/")
    return one.name == other.name or one.name in parts or other.name in names


def _merged(stage: Stage, draft: Draft) -> bool:
    """Puts a draft into those of its stage that speak of the same drug and leave room for it."""
    done = False
    for other in stage.drafts:
        if not _is_about(other, draft) or _is_apart(other, draft):
            continue
        _take_missing(other, draft)
        done = True
        if "/" not in draft.name:
            break
    return done


def _is_apart(one: Draft, other: Draft) -> bool:
    """Whether two drafts of one drug are two doses: other amounts, or the same amount at another time."""
    if one.amount is None or other.amount is None:
        return _disagree(one, other, ("days", "every")) and one.amount is None and other.amount is None
    if one.amount.value != other.amount.value or one.sentence == other.sentence:
        return True
    return _disagree(one, other, _SEPARATING)


def _disagree(one: Draft, other: Draft, names: Iterable[str]) -> bool:
    for name in names:
        first, second = getattr(one, name), getattr(other, name)
        if first is not None and second is not None and first.value != second.value:
            return True
    return False


def _take_missing(draft: Draft, other: Draft) -> None:
    if _is_finer(other, draft):
        draft.every, draft.cycles, draft.in_cycles = other.every, None, False
    for name in _FILLED:
        if getattr(draft, name) is None:
            setattr(draft, name, getattr(other, name))
    if not draft.stops:
        draft.stops = other.stops


def _is_finer(one: Draft, other: Draft) -> bool:
    """Whether a draft says how often within the cycles of the other: "6-week cycles of A … A is given every 2 weeks"."""
    if one.every is None or other.every is None or one.in_cycles or not other.in_cycles or other.days is not None:
        return False
    return one.every.value.only is not None and one.every.value != other.every.value


def _follows(stage: Stage, draft: Draft) -> bool:
    """Whether a further amount of a drug begins when the one before it has run its time: a taper, a titration."""
    before = [other for other in stage.drafts if _is_about(other, draft)]
    if not before or draft.join in ("or", "slash"):
        return False
    return before[-1].duration is not None and before[-1].days is None and draft.days is None and draft.at is None


def _fill(stages: list[Stage], draft: Draft, source: list[Draft]) -> Iterator[Diagnostic]:
    """Puts what another text says of a drug where the frame speaks of it, or adds it where the frame does not."""
    if draft.kind != "give":
        _fill_event(stages, draft)
        return
    key = _key(draft)
    known = [other for stage in stages for other in stage.drafts if _is_about(other, draft) and _may_be(stage.key, key)]
    if not known:
        if not any(_is_about(other, draft) for stage in stages for other in stage.drafts):
            _place(stages, draft)
        return
    alone = sum(_is_about(other, draft) for other in source) == 1
    fitting = [
        other
        for other in known
        if other.amount is None or draft.amount is None or other.amount.value == draft.amount.value
    ]
    for other in fitting if len(fitting) == 1 or draft.amount is not None else []:
        yield from _compare(other, draft)
        _take_missing(other, draft)
    if not fitting and alone and len(known) == 1:
        yield from _compare(known[0], draft, ("amount",))


def _may_be(stage: str, key: str) -> bool:
    return stage == key or not key or (stage == "" and key == "early") or (stage == "early" and key == "")


def _fill_event(stages: list[Stage], draft: Draft) -> None:
    key = _key(draft)
    if key in ("operate", "condition"):
        _place_event(stages, draft, key)
        return
    known = [other for stage in stages for other in stage.drafts if other.kind == "radiate"]
    if not known:
        _place(stages, draft)
        return
    fitting = [other for other in known if _is_about(other, draft)]
    for other in fitting[:1]:
        _take_missing(other, draft)


def _compare(draft: Draft, other: Draft, names: Iterable[str] = _COMPARED) -> Iterator[Diagnostic]:
    for name in names:
        first, second = getattr(draft, name), getattr(other, name)
        if isinstance(first, Stated) and isinstance(second, Stated) and first.value != second.value:
            of = draft.name or other.name or "a step"
            values = f"{first.value} in one text and {second.value} here"
            message = f"the {_IN_WORDS.get(name, name)} of {of} is {values}; expected the same"
            yield Diagnostic("regimen-contradiction", message, second.quote.where, second.quote.span)
