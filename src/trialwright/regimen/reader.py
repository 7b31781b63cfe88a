"""The marks of a text to drafts: each dose with what was said about it, and the procedures and radiation between them.

Within a sentence a modifier belongs to the dose before it, unless it stands right before the next one. What is said once at
the end of a list holds for the whole list ("A 75 mg/m2 d1, B 500 mg/m2 d1, q21d"), but only where a member lacks it.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from trialwright.codes.concepts import Concept
from trialwright.codes.places import Span

from .drafts import FIELDS, Draft, is_idle_form, is_same_drug, is_short
from .drug_names import named_before, named_behind
from .lexicon import expression, phrases
from .marks import Mark
from .nodes import Condition, Count, Gap, Interval, Quote, Role, Stated
from .reading import JOINS, Sentence
from .sharing import may_share, share
from .timing import route_within
from .words import clean

_PARTING = JOINS - {"colon", "slash"}
_BETWEEN = frozenset({"role", "further", "loading", "form"})


class _At(NamedTuple):
    """A mark among those of its sentence."""

    marks: list[Mark]
    place: int

    @property
    def mark(self) -> Mark:
        return self.marks[self.place]

    @property
    def before(self) -> Mark | None:
        return self.marks[self.place - 1] if self.place else None

    @property
    def behind(self) -> Mark | None:
        return self.marks[self.place + 1] if self.place + 1 < len(self.marks) else None

    def later(self) -> list[Mark]:
        return self.marks[self.place + 1 :]

    def past_modifiers(self, step: int) -> int:
        """The place of the next mark in a direction that modifies nothing; outside the list where there is none."""
        at = self.place + step
        while 0 <= at < len(self.marks) and (
            self.marks[at].kind in FIELDS or (step > 0 and self.marks[at].kind in _BETWEEN)
        ):
            at += step
        return at


class Reader:
    """Builds the drafts of one text."""

    def __init__(self, where: str, text: str) -> None:
        self.where = where
        self.text = clean(text)
        self.drafts: list[Draft] = []
        self._current: Draft | None = None
        self._pending: list[Mark] = []
        self._gap: Stated[Gap] | None = None
        self._role: Stated[Role] | None = None
        self._join = ""
        self._segment = 0
        self._sentence = 0
        self._begun = 0
        self._header: list[Mark] = []

    def read(self, found: Iterable[Sentence]) -> list[Draft]:
        for sentence in found:
            self._read_sentence(sentence)
        self._apply_header()
        for draft in self.drafts:
            if draft.every is not None and draft.doses is not None and draft.doses.value.high == 1:
                draft.doses = None  # "one injection every 4 weeks"
        return [
            draft
            for draft in self.drafts
            if draft.kind != "give" or (draft.says_something() and not is_idle_form(draft))
        ]

    def _read_sentence(self, sentence: Sentence) -> None:
        self._current, self._pending, self._join, self._role = None, [], "", None
        self._sentence += 1
        self._begun = sentence.span.start
        first = len(self.drafts)
        if self._is_about_visits(sentence) or self._is_supposed(sentence):
            return
        for place, mark in enumerate(sentence.marks):
            at = _At(sentence.marks, place)
            if take := _TAKERS.get(mark.kind):
                take(self, at)
            elif mark.kind in FIELDS:
                self._modifier(at)
            elif mark.kind in JOINS:
                self._join = mark.kind
        added = self.drafts[first:]
        share(added)
        if not any(draft.says_something() for draft in added if draft.kind == "give"):
            self._take_orphans(sentence, first)
        self._take_late_roles(sentence, added)

    def _is_about_visits(self, sentence: Sentence) -> bool:
        """Whether a sentence schedules what is looked at, and gives, cuts and irradiates nothing."""
        if not expression("about-assessment").search(sentence.span.of(self.text)):
            return False
        return not any(
            mark.kind == "amount" or (mark.kind in ("surgery", "radiation") and self._is_step(mark))
            for mark in sentence.marks
        )

    def _is_supposed(self, sentence: Sentence) -> bool:
        """Whether a sentence says what would be given if something happened, and names no drug: "If 200 mg is toxic, …"."""
        is_if = sentence.span.of(self.text).lstrip(" *-").lower().startswith("if ")
        return is_if and all(mark.kind not in ("drug", "condition") for mark in sentence.marks)

    def _stated(self, mark: Mark, value: Any = None) -> Any:
        return Stated(mark.value if value is None else value, self._quote(mark))

    def _quote(self, mark: Mark) -> Quote:
        return Quote(self.where, Span(mark.start, mark.end))

    def _open(self, kind: str, start: int, **said: Any) -> Draft:
        draft = Draft(
            kind, join=self._join, segment=self._segment, role=self._role, start=start, sentence=self._sentence, **said
        )
        self.drafts.append(draft)
        for waiting in self._pending:
            self._set(draft, waiting)
        draft.leading.clear()
        self._current, self._pending, self._join = draft, [], ""
        draft.gap, self._gap = self._gap, None
        return draft

    # drugs and amounts ------------------------------------------------------------------------------------------------------

    def _drug(self, at: _At) -> None:
        current, mark = self._current, at.mark
        if current and current.drug is None and current.amount and self._belongs_to_amount(current, at):
            current.drug = self._stated(mark)
        elif (
            (current and current.amount is None and current.is_of(mark.value))
            or self._is_said_again(at)
            or self._is_mask(at)
            or self._is_moment(at)
        ):
            return
        elif current and current.drug and current.amount is None and at.before and at.before.kind in ("open", "slash"):
            if at.before.kind == "slash":
                self._join_names(current, mark)
        else:
            self._open("give", mark.start).drug = self._stated(mark)

    def _join_names(self, current: Draft, mark: Mark) -> None:
        """`formoterol/fluticasone 6/125 mcg`: one product of two drugs."""
        assert current.drug is not None  # noqa: S101 - asked by the caller
        span = current.drug.quote.span.cover(Span(mark.start, mark.end))
        current.drug = Stated(Concept(f"{current.drug.value.text}/{mark.value.text}", "drug"), Quote(self.where, span))

    def _is_said_again(self, at: _At) -> bool:
        """Whether the sentence has dosed this drug already and does not dose it again: "… replacing cisplatin"."""
        dosed = any(
            draft.sentence == self._sentence
            and draft.segment == self._segment
            and draft.amount
            and draft.drug
            and is_same_drug(draft.drug.value, at.mark.value)
            for draft in self.drafts
        )
        own = (mark for mark in at.later() if mark.kind != "drug" or not is_same_drug(mark.value, at.mark.value))
        kinds = (mark.kind for mark in own if mark.kind not in ("open", "close", "colon") and mark.kind not in FIELDS)
        return dosed and next(kinds, "") not in ("amount", "form")

    def _is_mask(self, at: _At) -> bool:
        """`or matching placebo` behind a dose: what is said next is still about the dose."""
        is_alternative = at.mark.value.text == "placebo" and self._join == "or"
        behind = at.past_modifiers(1)
        is_dosed = behind < len(at.marks) and at.marks[behind].kind == "amount"
        return bool(is_alternative and self._current is not None and self._current.amount and not is_dosed)

    def _is_moment(self, at: _At) -> bool:
        """Whether a drug only says when another is given: "30 minutes before docetaxel", "after the 5th dose of etoposide"."""
        is_dosed = at.behind is not None and at.behind.kind in ("amount", "form", "open", "route")
        return not is_dosed and bool(
            expression("drug-as-moment").search(self.text[max(0, at.mark.start - 60) : at.mark.start])
        )

    def _belongs_to_amount(self, current: Draft, at: _At) -> bool:
        assert current.amount is not None  # noqa: S101 - asked by the caller
        end = current.amount.quote.span.end
        is_parted = at.before is not None and at.before.kind in JOINS and at.before.start >= end
        return at.mark.start - end <= 45 and not is_parted

    def _amount(self, at: _At) -> None:
        current, mark = self._current, at.mark
        if "Gy" in mark.value.unit:
            self._gray(mark)
        elif self._is_volume_of_dose(mark):
            return
        elif self._leads(at):
            self._open("give", mark.start).amount = self._stated(mark)
        elif own := named_behind(self.text, mark.end):
            draft = self._open("give", mark.start)
            draft.amount = self._stated(mark)
            if not any(mark.kind == "drug" and mark.start < own.end for mark in at.later()):
                draft.drug = Stated(Concept(own.name, "drug"), Quote(self.where, Span(own.start, own.end)))
        elif current and current.drug and current.amount is None:
            current.amount = self._stated(mark)
        else:
            self._inherit(at)

    def _is_volume_of_dose(self, mark: Mark) -> bool:
        """Millilitres behind the mass of the one drug of a sentence: how the dose is given, not another one."""
        given = [draft for draft in self.drafts if draft.sentence == self._sentence and draft.amount]
        masses = [
            draft for draft in given if draft.amount and draft.amount.value.unit in ("mg", "ug", "g", "[IU]", "U")
        ]
        return mark.value.unit == "mL" and len({draft.name for draft in given}) == 1 and len(masses) == 1

    def _leads(self, at: _At) -> bool:
        """Whether the amount belongs to the drug behind it: "50 mg avanafil", unless a drug stands right before it."""
        if at.behind is None or at.behind.kind != "drug" or at.behind.start - at.mark.end > 25:
            return False
        if at.before is not None and at.before.kind == "drug" and at.mark.start - at.before.end <= 12:
            return " of" in self.text[at.mark.end : at.behind.start]
        return True

    def _inherit(self, at: _At) -> None:
        """A further amount of the drug before it in the sentence: "0.5 mg/kg for 4 weeks; 0.25 mg/kg for 4 weeks"."""
        before = self.drafts[-1] if self.drafts and self.drafts[-1].sentence == self._sentence else None
        draft = self._open("give", at.mark.start)
        draft.amount = self._stated(at.mark)
        is_bare = at.before is None or at.before.end < at.mark.start - 1 or at.before.kind == "open"
        if is_bare and (own := named_before(self.text, at.mark.start)):
            draft.drug = Stated(Concept(own.name, "drug"), Quote(self.where, Span(own.start, own.end)))
        elif before is None and expression("dose-of-before").search(self.text[self._begun : at.mark.start]):
            draft.drug = next((other.drug for other in reversed(self.drafts[:-1]) if other.drug), None)
        elif before is not None and before.kind == "give" and before.drug is not None:
            draft.drug, draft.inherited = before.drug, True
            draft.route = draft.route or before.route
            for name in before.leading:
                if getattr(draft, name) is None:
                    setattr(draft, name, getattr(before, name))
            draft.leading = set(before.leading)

    def _form(self, at: _At) -> None:
        """Counted tablets or puffs: a dose where no mass is given with them."""
        if self._current is not None and self._current.amount is not None:
            return
        upcoming = [mark.kind for mark in at.marks[at.place + 1 : at.place + 6]]
        if "amount" not in upcoming or {"then", "semicolon", "or"} & set(upcoming[: upcoming.index("amount")]):
            self._amount(at)

    # modifiers --------------------------------------------------------------------------------------------------------------

    def _modifier(self, at: _At) -> None:
        if self._current is None or self._precedes_next(at):
            self._pending.append(at.mark)
        else:
            self._set(self._of_cycles(self._current) if at.mark.kind == "cycles" else self._current, at.mark)

    def _of_cycles(self, current: Draft) -> Draft:
        """What a number of cycles is of: radiation has none, so it means the drug before it in the sentence."""
        if current.kind != "radiate":
            return current
        given = [draft for draft in self.drafts if draft.sentence == self._sentence and draft.kind == "give"]
        return given[-1] if given else current

    def _set(self, draft: Draft, mark: Mark) -> None:
        name = FIELDS[mark.kind]
        if mark.kind == "every" and draft.times is not None and draft.days is None and is_short(mark.value):
            return
        if name == "doses" and not self._take_count(draft, mark):
            return
        if mark.kind == "every" and self._join == "or" and draft.every is not None:
            draft.every = Stated(_either(draft.every.value, mark.value), draft.every.quote)
        draft.in_cycles = draft.in_cycles or (mark.kind == "cycle" and draft.every is None)
        draft.say(name, self._quote(mark) if name == "as_needed" else self._stated(mark))

    def _take_count(self, draft: Draft, mark: Mark) -> bool:
        """Whether a count is of doses, and not of the parts of one ("which consisted of two injections"); its route is said with it."""
        if found := route_within(self.text[mark.start : mark.end]):
            place = Mark(
                "route", phrases("routes", "route")[found[0].lower()], *(mark.start + at for at in found.span())
            )
            draft.say("route", self._stated(place))
        return not expression("count-of-parts").search(self.text[max(0, mark.start - 20) : mark.start])

    def _on_off(self, at: _At) -> None:
        """`2 weeks on, 1 week off`: days and length of the cycle in one."""
        days, every = at.mark.value
        self._modifier(_At([at.mark._replace(kind="days", value=days)], 0))
        self._modifier(_At([at.mark._replace(kind="cycle", value=every)], 0))

    def _precedes_next(self, at: _At) -> bool:
        """Whether a modifier stands right before the next dose: after a join, with only modifiers up to the next drug."""
        back, ahead = at.past_modifiers(-1), at.past_modifiers(1)
        if back < 0 or ahead >= len(at.marks) or at.marks[ahead].kind not in ("drug", "amount"):
            return False
        before, following = at.marks[back], at.marks[ahead]
        if before.kind not in _PARTING and not self._stands_apart(at, back):
            return False
        is_own = at.mark.kind in ("doses", "route") or (at.mark.kind == "days" and self._has_run_its_time())
        if before.kind == "comma" and following.kind == "amount" and not is_own:
            return False
        return following.start - at.mark.end <= 45

    def _has_run_its_time(self) -> bool:
        return self._current is not None and self._current.duration is not None

    def _stands_apart(self, at: _At, back: int) -> bool:
        """Whether words part a modifier from the dose before it and none from the drug behind it: "… alongside oral X"."""
        last = back + 1
        while last + 1 < len(at.marks) and at.marks[last + 1].kind in FIELDS:
            last += 1
        following = at.marks[last + 1] if last + 1 < len(at.marks) else None
        if following is None or following.kind != "drug" or following.start - at.marks[last].end > 1:
            return False
        return at.marks[back + 1].start - at.marks[back].end > 4

    # order, events, other steps ---------------------------------------------------------------------------------------------

    def _then(self, at: _At) -> None:
        del at
        self._segment += 1
        self._join, self._current, self._role, self._pending = "then", None, None, []

    def _take_role(self, at: _At) -> None:
        self._role = self._stated(at.mark)
        if self._current is not None and self._current.kind == "give" and self._current.lacks("role", "amount"):
            self._current.role = self._role

    def _take_gap(self, at: _At) -> None:
        """A window goes to the step before it, or waits for the one it introduces."""
        introduces = any(mark.kind in ("drug", "amount", "surgery") for mark in at.later())
        is_lead = introduces and self._join in ("then", "comma", "and")
        if self._current is not None and self._current.gap is None and (self._current.kind == "operate" or not is_lead):
            self._current.gap = self._stated(at.mark)
        else:
            self._gap = self._stated(at.mark)

    def _combination(self, at: _At) -> None:
        """`AC for 4 cycles with tamoxifen`: what is said of a combination is not said of the drug behind it, unless its parts follow."""
        is_title = at.behind is not None and at.behind.kind in ("open", "colon")
        is_name_of_list = at.before is not None and at.before.kind == "open" and self._current is not None
        if not is_title and not is_name_of_list:
            self._current, self._pending = Draft(start=at.mark.start, sentence=self._sentence), []

    def _take_later(self, at: _At) -> None:
        """`4 weeks later`: after the operation that the text has just named; after anything else it says too little."""
        if self.drafts and self.drafts[-1].kind == "operate":
            self._take_gap(at)

    def _take_numbers(self, at: _At) -> None:
        """`for cycles 7-17`: how many there are, and which is the last of all."""
        first, last = at.mark.value
        marks = [at.mark._replace(kind="cycles", value=Count(last - first + 1, last - first + 1))]
        marks += [at.mark._replace(kind="total", value=Count(last, last))] if first > 1 else []
        for mark in marks:
            self._modifier(_At([mark], 0))

    def _stop(self, at: _At) -> None:
        """A reason to stop: of the dose before it; in a sentence without a dose, of all that were given so far."""
        given = [draft for draft in self.drafts if draft.kind == "give"]
        for draft in [self._current] if self._current is not None else given:
            if all(stop.value.kind != at.mark.value.kind for stop in draft.stops):
                draft.stops.append(self._stated(at.mark))

    def _surgery(self, at: _At) -> None:
        if self._is_step(at.mark):
            self._segment += 1
            self._pending = []
            self._open("operate", at.mark.start, words=self._stated(at.mark))
            self._segment += 1

    def _radiation(self, at: _At) -> None:
        is_dosed = any(mark.kind == "amount" and "Gy" in mark.value.unit for mark in at.later())
        if is_dosed or self._is_step(at.mark):
            self._open("radiate", at.mark.start, words=self._stated(at.mark))

    def _gray(self, mark: Mark) -> None:
        """An amount of radiation: for one fraction or in all; each goes to the course it stands with."""
        current = self._current
        name = "fraction" if mark.value.unit.endswith(("/{fraction}", "/d")) else "amount"
        if current is None or current.kind != "radiate" or getattr(current, name) is not None:
            words = current.words if current is not None and current.kind == "radiate" else None
            current = self._open("radiate", mark.start, words=words)
        setattr(current, name, self._stated(mark))

    def _condition(self, at: _At) -> None:
        found = at.mark.value
        event = "progression" if "progress" in found.event.lower() else "relapse"
        words = Stated(found.step, Quote(self.where, Span(*found.place)))
        condition = self._stated(at.mark, Condition(event, found.event, found.continues))  # type: ignore[arg-type]
        kind = "operate" if "surgery" in found.step.lower() else "radiate"
        self.drafts.append(
            Draft(kind, words=words, condition=condition, segment=self._segment + 1, sentence=self._sentence)
        )

    def _is_step(self, mark: Mark) -> bool:
        """Whether a procedure is done here, and not only named as the moment of something else: "after surgery"."""
        before = self.text[max(0, mark.start - 80) : mark.start]
        if expression("around-event").search(before):
            return False
        behind = self.text[mark.end : mark.end + 60]
        return bool(expression("before-step").search(before) or expression("behind-step").match(behind))

    # what is said apart from the doses --------------------------------------------------------------------------------------

    def _take_orphans(self, sentence: Sentence, first: int) -> None:
        """What a sentence says about treatment as a whole: "Each cycle lasts 28 days", "Treatment for up to 24 months"."""
        marks = [mark for mark in sentence.marks if mark.kind in FIELDS]
        if not marks or not expression("about-treatment").search(sentence.span.of(self.text)):
            return
        given = [draft for draft in self.drafts[:first] if draft.kind == "give" and draft.says_something()]
        if not given:
            is_title = expression("title").match(self.text[sentence.span.start : marks[0].start])
            heads = ("cycle", "route", "cycles") if is_title else ("cycle", "route")
            self._header += [mark for mark in marks if mark.kind in heads]
        if not expression("about-route").search(sentence.span.of(self.text)):
            marks = [mark for mark in marks if mark.kind != "route"]
        for mark in marks:
            if mark.kind not in ("days", "moments", "times", "as-needed"):
                for draft in given:
                    if may_share(draft, FIELDS[mark.kind], mark.value):
                        self._set(draft, mark)

    def _apply_header(self) -> None:
        """Cycle length and route that a text states before its doses, or of a drug that it doses elsewhere."""
        given = [draft for draft in self.drafts if draft.kind == "give" and draft.amount]
        names = {draft.name for draft in given if draft.drug}
        for mark in self._header:
            for draft in given:
                is_counted = mark.kind == "cycles" and may_share(draft, "cycles", mark.value)
                if (
                    (mark.kind == "cycle" and draft.days is not None)
                    or (mark.kind == "route" and len(names) <= 1)
                    or is_counted
                ):
                    self._set(draft, mark)
        bare = [draft for draft in self.drafts if draft.kind == "give" and draft.route and not draft.amount]
        routes = {draft.route.value for draft in bare if draft.route}
        for draft in given:
            for other in bare:
                of_same = other.drug is not None and draft.is_of(other.drug.value) and not other.says_something()
                of_none = other.drug is None and len(routes) == 1 and len(names) <= 1
                if draft.route is None and (of_same or of_none):
                    draft.route = other.route

    def _take_late_roles(self, sentence: Sentence, added: list[Draft]) -> None:
        """A role behind the dose: "840 mg prior to definitive surgery"."""
        late = [mark for mark in sentence.marks if mark.kind == "role" and mark.value.endswith("-surgery")]
        for draft in added:
            if draft.role is None and draft.kind == "give":
                limit = next((other.start for other in added if other.segment > draft.segment), len(self.text))
                behind = next((mark for mark in late if draft.start < mark.start < limit), None)
                draft.role = self._stated(behind) if behind else None


def _either(one: Interval, other: Interval) -> Interval:
    """`every 2 weeks or every 4 weeks`."""
    values = tuple(dict.fromkeys((*one.values, *other.values)))
    return Interval(values, "levels") if len(values) > 1 else one


_TAKERS: dict[str, Callable[[Reader, _At], None]] = {
    "drug": Reader._drug,
    "amount": Reader._amount,
    "form": Reader._form,
    "then": Reader._then,
    "role": Reader._take_role,
    "gap": Reader._take_gap,
    "gap-later": Reader._take_later,
    "cycle-numbers": Reader._take_numbers,
    "combination": Reader._combination,
    "stop": Reader._stop,
    "surgery": Reader._surgery,
    "radiation": Reader._radiation,
    "condition": Reader._condition,
    "on-off": Reader._on_off,
}
