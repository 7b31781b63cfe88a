"""The marks of a text to drafts: each dose with what was said about it, and the procedures and radiation between them.

Within a sentence a modifier belongs to the dose before it, unless it stands right before the next one. What is said once at
the end of a list holds for the whole list ("A 75 mg/m2 d1, B 500 mg/m2 d1, q21d"), but only where a member lacks it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from trialwright.codes.concepts import Concept
from trialwright.codes.places import Span

from .agents import guessed_name, named_before, named_behind
from .marks import Mark
from .nodes import Amount, Condition, Count, Gap, Interval, Quote, Role, Stated, Stop, Times
from .reading import JOINS, Sentence
from .words import clean

Draft_ = Any
_FIELDS = {
    "route": "route", "days": "days", "moments": "at", "times": "times", "every": "every", "cycle": "every", "cycles": "cycles",
    "doses": "doses", "repeats": "doses", "total": "total", "duration": "duration", "last-point": "duration", "as-needed": "as_needed",
}  # fmt: skip
MODIFIERS = frozenset(_FIELDS)
_LINKING = frozenset({"and", "or", "comma", "slash", "with", "colon"})
"""Joins across which a trailing modifier is shared."""


@dataclass(slots=True)
class Draft:
    """A dose being put together. join: how it hangs on the draft before it; segment: its place in the order of treatment."""

    kind: str = "give"
    drug: Stated[Concept] | None = None
    amount: Stated[Amount] | None = None
    route: Stated[str] | None = None
    days: Stated[tuple[int, ...]] | None = None
    at: Any = None
    times: Stated[Times] | None = None
    every: Stated[Interval] | None = None
    cycles: Stated[Count] | None = None
    doses: Stated[Count] | None = None
    total: Stated[Count] | None = None
    duration: Stated[Interval] | None = None
    as_needed: Quote | None = None
    stops: list[Stated[Stop]] = field(default_factory=list)
    join: str = ""
    segment: int = 0
    role: Stated[Role] | None = None
    gap: Stated[Gap] | None = None
    words: Stated[str] | None = None
    condition: Stated[Condition] | None = None
    fraction: Stated[Amount] | None = None
    form: Stated[Amount] | None = None
    start: int = 0
    sentence: int = 0
    inherited: bool = False
    trailing: set[str] = field(default_factory=set)
    leading: set[str] = field(default_factory=set)

    def lacks(self, *names: str) -> bool:
        return all(getattr(self, name) is None for name in names)

    @property
    def name(self) -> str:
        return self.drug.value.text.lower() if self.drug else ""

    def says_something(self) -> bool:
        return not self.lacks("amount", "every", "cycles", "total", "duration", "times", "days", "doses", "at")


class Reader:
    """Builds the drafts of one text."""

    def __init__(self, where: str, text: str) -> None:
        self.where = where
        self.text = clean(text)
        self.drafts: list[Draft] = []
        self._current: Draft | None = None
        self._pending: list[Mark] = []
        self._pending_gap: Stated[Gap] | None = None
        self._role: Stated[Role] | None = None
        self._join = ""
        self._segment = 0
        self._header: list[Mark] = []
        self._sentence = 0

    def quote(self, mark: Mark) -> Quote:
        return Quote(self.where, Span(mark.start, mark.end))

    def stated(self, mark: Mark, value: Any = None) -> Any:
        return Stated(mark.value if value is None else value, self.quote(mark))

    def read(self, found: Iterable[Sentence]) -> list[Draft]:
        for sentence in found:
            self._read_sentence(sentence)
        self._apply_header()
        return [draft for draft in self.drafts if draft.kind != "give" or (draft.says_something() and not _is_idle_form(draft))]

    def _read_sentence(self, sentence: Sentence) -> None:
        self._current, self._pending, self._join, self._role = None, [], "", None
        self._sentence += 1
        first = len(self.drafts)
        if _ASSESSING.search(sentence.span.of(self.text)) and not any(
            mark.kind == "amount" or (mark.kind in ("surgery", "radiation") and _is_step(self.text, mark)) for mark in sentence.marks
        ):
            return
        for place, mark in enumerate(sentence.marks):
            self._take(mark, sentence.marks, place)
        added = self.drafts[first:]
        _share(added)
        if not any(draft.says_something() for draft in added if draft.kind == "give"):
            self._take_orphans(sentence, first)
        self._trail_roles(sentence, added)

    # marks ------------------------------------------------------------------------------------------------------------------

    def _take(self, mark: Mark, marks: list[Mark], place: int) -> None:
        if take := _TAKERS.get(mark.kind):
            take(self, mark, marks, place)
        elif mark.kind in MODIFIERS:
            self._modifier(mark, marks, place)
        elif mark.kind in JOINS:
            self._join = mark.kind

    def _then(self, mark: Mark, marks: list[Mark], place: int) -> None:
        del mark, marks, place
        self._segment += 1
        self._join, self._current, self._role, self._pending = "then", None, None, []

    def _take_role(self, mark: Mark, marks: list[Mark], place: int) -> None:
        del marks, place
        self._role = self.stated(mark)
        if self._current is not None and self._current.kind == "give" and self._current.lacks("role", "amount"):
            self._current.role = self._role

    def _take_gap(self, mark: Mark, marks: list[Mark], place: int) -> None:
        following = next((other.kind for other in marks[place + 1 :] if other.kind in ("drug", "amount", "surgery")), None)
        is_of_step = self._current is not None and (self._current.kind == "operate" or not (following and self._join in ("then", "comma", "and")))
        if self._current is not None and self._current.gap is None and is_of_step:
            self._current.gap = self.stated(mark)
        else:
            self._pending_gap = self.stated(mark)

    def _drug(self, mark: Mark, marks: list[Mark], place: int) -> None:
        current = self._current
        before = marks[place - 1] if place else None
        if current and current.drug is None and current.amount and self._is_of(current, mark, before):
            current.drug = self.stated(mark)
            return
        if current and current.drug and _same(current.drug.value, mark.value) and current.amount is None:
            return
        if self._is_said_again(mark, marks, place):
            return
        if current and current.drug and current.amount is None and before and before.kind in ("open", "slash"):
            if before.kind == "slash":
                joined = f"{current.drug.value.text}/{mark.value.text}"
                span = current.drug.quote.span.cover(Span(mark.start, mark.end))
                current.drug = Stated(Concept(joined, "drug"), Quote(self.where, span))
            return
        self._open(mark).drug = self.stated(mark)

    def _is_said_again(self, mark: Mark, marks: list[Mark], place: int) -> bool:
        """Whether the sentence has dosed this drug already and does not dose it again: "… replacing cisplatin"."""
        dosed = any(draft.sentence == self._sentence and draft.segment == self._segment and draft.amount and draft.drug and _same(draft.drug.value, mark.value) for draft in self.drafts)
        behind = next((other.kind for other in marks[place + 1 :] if other.kind not in ("open", "colon") and other.kind not in MODIFIERS), "")
        return dosed and behind not in ("amount", "form")

    def _is_of(self, current: Draft, mark: Mark, before: Mark | None) -> bool:
        assert current.amount is not None  # noqa: S101 - asked by the caller
        distance = mark.start - current.amount.quote.span.end
        joined = before is not None and before.kind in JOINS and before.start >= current.amount.quote.span.end
        return distance <= 45 and not joined

    def _amount(self, mark: Mark, marks: list[Mark], place: int) -> None:
        current = self._current
        if "Gy" in mark.value.unit:
            self._gray(mark)
            return
        if current and current.drug and current.amount is None and not self._leads(mark, marks, place):
            current.amount = self.stated(mark)
        elif self._leads(mark, marks, place) or named_behind(self.text, mark.end):
            self._open(mark).amount = self.stated(mark)
        else:
            self._inherit(mark, marks, place)

    def _gray(self, mark: Mark) -> None:
        """An amount of radiation: for one fraction or in all; each goes to the course it stands with."""
        current = self._current
        name = "fraction" if mark.value.unit.endswith(("/{fraction}", "/d")) else "amount"
        if current is None or current.kind != "radiate" or getattr(current, name) is not None:
            words = current.words if current is not None and current.kind == "radiate" else None
            current = Draft("radiate", words=words, join=self._join, segment=self._segment, role=self._role, start=mark.start, sentence=self._sentence)
            self.drafts.append(current)
            self._current, self._join = current, ""
            for waiting in self._pending:
                self._set(current, waiting)
            self._pending = []
        setattr(current, name, self.stated(mark))

    def _inherit(self, mark: Mark, marks: list[Mark], place: int) -> None:
        """A further amount of the drug before it in the sentence: "0.5 mg/kg for 4 weeks; 0.25 mg/kg for 4 weeks"."""
        before = self.drafts[-1] if self.drafts and self.drafts[-1].sentence == self._sentence else None
        draft = self._open(mark)
        draft.amount = self.stated(mark)
        last = marks[place - 1] if place else None
        own = named_before(self.text, mark.start) if last is None or last.end < mark.start - 1 else None
        if own is not None:
            draft.drug = Stated(Concept(own[0], "drug"), Quote(self.where, Span(own[1], own[2])))
        elif before is not None and before.kind == "give" and before.drug is not None:
            draft.drug, draft.inherited = before.drug, True
            draft.route = draft.route or before.route
            for name in before.leading:
                if getattr(draft, name) is None:
                    setattr(draft, name, getattr(before, name))
            draft.leading = set(before.leading)

    def _leads(self, mark: Mark, marks: list[Mark], place: int) -> bool:
        """Whether the amount belongs to the drug behind it: "50 mg avanafil", unless a drug stands right before it."""
        following = marks[place + 1] if place + 1 < len(marks) else None
        if following is None or following.kind != "drug" or following.start - mark.end > 25:
            return False
        before = marks[place - 1] if place else None
        if before is not None and before.kind == "drug" and mark.start - before.end <= 12:
            return " of" in self.text[mark.end : following.start]
        return True

    def _form(self, mark: Mark, marks: list[Mark], place: int) -> None:
        if self._current is not None and self._current.amount is not None:
            self._current.form = self._current.form or self.stated(mark)
            return
        upcoming = [other.kind for other in marks[place + 1 : place + 6]]
        if "amount" in upcoming and "then" not in upcoming[: upcoming.index("amount")]:
            return
        self._amount(mark, marks, place)

    def _open(self, mark: Mark) -> Draft:
        draft = Draft(join=self._join, segment=self._segment, role=self._role, start=mark.start, sentence=self._sentence)
        self.drafts.append(draft)
        self._current = draft
        for waiting in self._pending:
            self._set(draft, waiting)
        draft.trailing.clear()
        draft.leading.clear()
        self._pending, self._join = [], ""
        draft.gap, self._pending_gap = self._pending_gap, None
        return draft

    def _modifier(self, mark: Mark, marks: list[Mark], place: int) -> None:
        if self._current is None or self._precedes_next(mark, marks, place):
            self._pending.append(mark)
        else:
            self._set(self._current, mark)

    def _precedes_next(self, mark: Mark, marks: list[Mark], place: int) -> bool:
        """Whether a modifier stands right before the next dose: after a join, with only modifiers up to the next drug."""
        at = place - 1
        while at >= 0 and marks[at].kind in MODIFIERS:
            at -= 1
        before = marks[at] if at >= 0 else None
        if before is None or not (before.kind in JOINS - {"colon", "slash"} or self._stands_apart(marks, at + 1)):
            return False
        at = place + 1
        while at < len(marks) and (marks[at].kind in MODIFIERS or marks[at].kind in ("role", "further", "loading", "form")):
            at += 1
        if at >= len(marks) or marks[at].kind not in ("drug", "amount"):
            return False
        return marks[at].start - mark.end <= 45 and not (before.kind == "comma" and marks[at].kind == "amount" and mark.kind not in ("doses", "route"))

    def _stands_apart(self, marks: list[Mark], at: int) -> bool:
        """Whether words part a modifier from the dose before it and none from the drug behind it: "… accompanied by oral X"."""
        first, last = marks[at], at
        while last + 1 < len(marks) and marks[last + 1].kind in MODIFIERS:
            last += 1
        following = marks[last + 1] if last + 1 < len(marks) else None
        return following is not None and following.kind == "drug" and following.start - marks[last].end <= 1 and first.start - marks[at - 1].end > 4

    def _set(self, draft: Draft, mark: Mark) -> None:
        name = _FIELDS[mark.kind]
        if getattr(draft, name) is not None:
            if mark.kind == "cycle" and draft.every is not None and draft.days is not None and draft.times is None:
                return
            return
        if name == "every" and draft.times is not None and draft.days is None and mark.kind == "every" and _is_short(mark.value):
            return
        setattr(draft, name, self.quote(mark) if name == "as_needed" else self.stated(mark))
        (draft.trailing if draft.amount else draft.leading).add(name)

    def _stop(self, mark: Mark, marks: list[Mark], place: int) -> None:
        del marks, place
        if self._current is not None:
            if all(stop.value.kind != mark.value.kind for stop in self._current.stops):
                self._current.stops.append(self.stated(mark))
        else:
            self._pending_stops(mark)

    def _pending_stops(self, mark: Mark) -> None:
        """A sentence of its own about when treatment ends: "Treatment continues until progression."."""
        for draft in self.drafts:
            if draft.kind == "give" and all(stop.value.kind != mark.value.kind for stop in draft.stops):
                draft.stops.append(self.stated(mark))

    # other steps ------------------------------------------------------------------------------------------------------------

    def _surgery(self, mark: Mark, marks: list[Mark], place: int) -> None:
        del marks, place
        if not _is_step(self.text, mark):
            return
        self._segment += 1
        self.drafts.append(
            Draft("operate", words=self.stated(mark), join=self._join, segment=self._segment, start=mark.start, sentence=self._sentence, gap=self._pending_gap)
        )
        self._current = self.drafts[-1]
        self._pending_gap = None
        self._segment += 1

    def _radiation(self, mark: Mark, marks: list[Mark], place: int) -> None:
        is_dosed = any(other.kind == "amount" and "Gy" in other.value.unit for other in marks[place + 1 :])
        if is_dosed or _is_step(self.text, mark):
            draft = Draft("radiate", words=self.stated(mark), join=self._join, segment=self._segment, start=mark.start, sentence=self._sentence)
            draft.gap, self._pending_gap = self._pending_gap, None
            self.drafts.append(draft)
            self._current = draft

    def _condition(self, mark: Mark, marks: list[Mark], place: int) -> None:
        del marks, place
        event, step, continues, (start, end) = mark.value
        kind = "progression" if "progress" in event.lower() else "relapse"
        condition = Condition("progression" if kind == "progression" else "relapse", event, continues)
        words = Stated(step, Quote(self.where, Span(start, end)))
        self.drafts.append(Draft("radiate" if "irradiat" in step or "radio" in step else "operate", words=words, condition=self.stated(mark, condition), segment=self._segment + 1, start=mark.start, sentence=self._sentence))

    # sentences without a dose -----------------------------------------------------------------------------------------------

    def _take_orphans(self, sentence: Sentence, first: int) -> None:
        """What a sentence says about treatment as a whole: "Each cycle lasts 28 days", "Treatment for up to 24 months"."""
        marks = [mark for mark in sentence.marks if mark.kind in MODIFIERS]
        if not marks or not _TREATMENT.search(sentence.span.of(self.text)):
            return
        given = [draft for draft in self.drafts[:first] if draft.kind == "give" and draft.says_something()]
        if not given:
            self._header += [mark for mark in marks if mark.kind in ("cycle", "route")]
            return
        for mark in marks:
            for draft in given:
                if _may_share(draft, _FIELDS[mark.kind], mark.value) and mark.kind not in ("days", "moments", "times", "as-needed"):
                    self._set(draft, mark)

    def _apply_header(self) -> None:
        given = [draft for draft in self.drafts if draft.kind == "give" and draft.amount]
        names = {draft.name for draft in given if draft.drug}
        for mark in self._header:
            for draft in given:
                if (mark.kind == "cycle" and draft.days is not None) or (mark.kind == "route" and len(names) <= 1):
                    self._set(draft, mark)
        bare = {draft.route for draft in self.drafts if draft.kind == "give" and draft.route and not draft.amount}
        if len({route.value for route in bare}) == 1 and len(names) <= 1:
            for draft in given:
                draft.route = draft.route or next(iter(bare))
        self._apply_routes(given)

    def _apply_routes(self, given: list[Draft]) -> None:
        """A drug named with its route in one sentence and dosed in another."""
        for bare in self.drafts:
            if bare.kind == "give" and bare.route and bare.drug and not bare.says_something():
                for draft in given:
                    if draft.drug and _same(draft.drug.value, bare.drug.value):
                        draft.route = draft.route or bare.route

    def _trail_roles(self, sentence: Sentence, added: list[Draft]) -> None:
        """A role behind the dose: "840 mg prior to definitive surgery"."""
        late = [mark for mark in sentence.marks if mark.kind == "role" and mark.value in ("before-surgery", "after-surgery")]
        for draft in added:
            if draft.role is None and draft.kind == "give":
                behind = next((mark for mark in late if mark.start > draft.start), None)
                following = next((other.start for other in added if other.segment > draft.segment), len(self.text))
                if behind is not None and behind.start < following:
                    draft.role = self.stated(behind)


import re  # noqa: E402

_TREATMENT = re.compile(
    r"\b(?:treatment|therapy|cycles?|dosing|administ\w+|given|continue\w*|regimen|medication|study drug|injections?|route|repeat\w*|maintenance|infusions?|dose|received|receive)\b", re.IGNORECASE
)
_ASSESSING = re.compile(
    r"\b(?:imaging|MRI|CT|PET|scans?|visits?|follow(?:ed)?[\s-]?up|assess\w*|evaluat\w+|questionnaires?|blood (?:samples?|tests?|draws?)|endpoints?|surviv\w+|measured|examin\w+|monitor\w*|analy[sz]\w+|hypothes\w+)\b"
)
_STEP_BEFORE = re.compile(
    r"(?:followed by|\bthen|undergo(?:es|ing)?|subsequently|\breceive|proceed to|\+|\bplus|\band)\s(?:(?:will|be|a|an|the|radical|radically|standard|curative|treated|with|either|definitive|salvage|immediate|selective)\s)*$|^\W*$|:\s?$",
    re.IGNORECASE,
)
_STEP_BEHIND = re.compile(r"^\s?(?:\([^)]*\)\s)?(?:will|is|was|may|should)\s(?:be\s)?(?:administered|performed|given|delivered|carried|done|conducted|started)", re.IGNORECASE)


def _is_step(text: str, mark: Mark) -> bool:
    before = text[max(0, mark.start - 80) : mark.start]
    if re.search(r"\b(?:after|before|prior to|following|of|since|from|until|post|for)\s(?:the\s|any\s|definitive\s)?$", before, re.IGNORECASE):
        return False
    return bool(re.search(_STEP_BEFORE.pattern.split("|^")[0], before, re.IGNORECASE) or _STEP_BEHIND.match(text[mark.end : mark.end + 60]))


def _is_idle_form(draft: Draft) -> bool:
    """Counted tablets of which nothing else is said: "a month's supply of four pills"."""
    counted = draft.amount is not None and draft.amount.value.unit in ("{tablet}", "{pill}", "{capsule}")
    return counted and draft.drug is None and draft.lacks("times", "every", "days", "doses", "duration")


def _same(one: Concept, other: Concept) -> bool:
    return one.text.lower() == other.text.lower() or (one.id is not None and one.id == other.id)


def _is_short(interval: Interval) -> bool:
    return interval.values[0].unit in ("day", "hour", "minute") and interval.values[0].value <= 1


# sharing ----------------------------------------------------------------------------------------------------------------------


def _share(drafts: list[Draft]) -> None:
    """Hands what the last of a list says to the members before it that lack it."""
    given = [draft for draft in drafts if draft.kind == "give"]
    _share_bare(given)
    for place in range(len(given) - 1, 0, -1):
        last, before = given[place], given[place - 1]
        if last.segment != before.segment or last.join not in (*_LINKING, "") or before.amount is None or last.amount is None:
            continue
        own_interval = before.every is not None
        if last.inherited and last.join not in ("or", "slash"):
            continue
        if last.route and before.route is None and not before.trailing and not before.leading:
            before.route = last.route
        for name in ("every", "cycles", "duration", "days", "as_needed", "times"):
            value = getattr(last, name)
            if name == "cycles" and (own_interval or before.times) and last.join not in ("or", "slash"):
                continue
            if name in last.trailing and value is not None and _may_share(before, name, getattr(value, "value", None)) and _links(last, name):
                setattr(before, name, value)
                before.trailing.add(name)
        if last.stops and not before.stops:
            before.stops = list(last.stops)


def _share_bare(given: list[Draft]) -> None:
    """A list of bare names takes all that is said of its last: "Gemcitabine, cisplatin and pembrolizumab for up to 6 cycles"."""
    for place in range(len(given) - 1, 0, -1):
        last, before = given[place], given[place - 1]
        if last.amount is None and not before.says_something() and last.join in ("and", "comma", "slash") and last.segment == before.segment:
            for name in ("every", "cycles", "duration", "days", "times", "route"):
                setattr(before, name, getattr(before, name) or getattr(last, name))
            before.stops = before.stops or list(last.stops)


def _links(last: Draft, name: str) -> bool:
    if last.join == "with" and name in ("duration", "times", "as_needed", "days"):
        return False
    return not (name == "days" and last.days is not None and len(last.days.value) > 1)


def _may_share(draft: Draft, name: str, value: Any) -> bool:
    """Whether a draft lacks what is shared, and nothing that it says speaks against it."""
    if not draft.lacks(name):
        return False
    if name == "every":
        return draft.lacks("doses", "as_needed") and (draft.times is None or draft.days is not None)
    if name in ("duration", "cycles"):
        return draft.lacks("doses", "cycles", "duration")
    if name == "days":
        return draft.lacks("at", "times", "doses", "as_needed") and (draft.every is None or not _is_short(draft.every.value))
    if name == "times":
        return draft.lacks("every", "days", "doses", "as_needed", "at") and isinstance(value, Times)
    if name == "as_needed":
        return draft.lacks("every", "days", "times", "doses")
    return True


def name_missing(draft: Draft, where: str, text: str) -> None:
    """Gives a dose without a drug the words that stand for one beside it, if any do."""
    if draft.drug is None and draft.amount is not None:
        found = guessed_name(text, draft.amount.quote.span.start, draft.amount.quote.span.end)
        if found is not None:
            draft.drug = Stated(Concept(found[0], "drug"), Quote(where, Span(found[1], found[2])))


Taker = Callable[[Reader, Mark, list[Mark], int], None]
_TAKERS: dict[str, Taker] = {
    "drug": Reader._drug,
    "amount": Reader._amount,
    "form": Reader._form,
    "then": Reader._then,
    "role": Reader._take_role,
    "gap": Reader._take_gap,
    "stop": Reader._stop,
    "surgery": Reader._surgery,
    "radiation": Reader._radiation,
    "condition": Reader._condition,
}
