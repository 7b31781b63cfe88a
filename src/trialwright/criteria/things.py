"""Phrases that name things on record: conditions, drugs, procedures, findings, with all that narrows them."""

import itertools
import re
from collections.abc import Iterable

import msgspec

from trialwright.codes.concepts import Concept, Kind
from trialwright.codes.places import Span
from trialwright.codes.quantities import Quantity
from trialwright.codes.vocabulary import Entry, normalise
from trialwright.criteria.chunks import Chunk
from trialwright.criteria.lists import (
    OWN_STATUS,
    bind_objects,
    connective,
    cut_groups,
    is_entangled,
    is_weak,
    prefix_first,
    share_alternatives,
    share_heads,
    share_letters,
    share_tails,
    share_things,
    shared_window,
    stack,
)
from trialwright.criteria.nodes import Attest, Dose, Has, Node, Not, Severity, Status, Times, Window
from trialwright.criteria.phrase import (
    CONDITION_WORDS,
    DRUG_WORDS,
    PROCEDURE_WORDS,
    VERBISH,
    Phrase,
    all_of,
    any_of,
    concept_of,
    limits_of,
    merge_windows,
    pairs_of,
)
from trialwright.criteria.phrases import word_set

MOST_QUALIFIER_WORDS = 8


def read_has(phrase: Phrase) -> Node | None:
    """A list of things under one prefix: "history of A, B or C within 6 months"."""
    if not _MAY_STAND.issuperset(phrase.cats):
        return None
    groups, joins = cut_groups(phrase.chunks)
    if not groups or any(not group for group in groups):
        return None
    if len(groups) > 1 and all(chunk.cat == "W" for chunk in groups[-1]) and "W" not in phrase.cats[: -len(groups[-1])]:
        # "Taking A or B, and continues to within 2 weeks": the time of all.
        groups, joins = [*groups[:-2], [*groups[-2], *groups[-1]]], joins[:-1]
    groups, joins = stack(*bind_objects(groups, joins))
    if is_entangled(groups, joins):
        return None
    alternatives = len(groups) > 1 and all(chunk.cat == "S" for chunk in groups[0])
    described = len(groups) > 2 and all(chunk.cat == "q" for chunk in groups[0])
    either = connective(joins, phrase.kind)
    if either is None:
        return None
    if any(chunk.cat == "u" for group in groups[:-1] for chunk in group):
        return None
    if _bare_allergy(groups) or _shared_abuse(phrase, groups):
        return None
    groups = share_heads(phrase, share_letters(phrase, share_tails(groups, joins)))
    if alternatives or described:
        groups = share_alternatives(groups)
    prefix: list[Chunk] = []
    groups = [prefix_first(group) for group in groups]
    while not alternatives and groups[0] and groups[0][0].cat in "SbTL":
        prefix.append(groups[0].pop(0))
    if not groups[0]:
        return None
    own = [chunk for chunk in prefix if chunk.cat == "S" and _is_its_own(phrase, chunk)] if len(groups) > 1 else []
    prefix = [chunk for chunk in prefix if chunk not in own]
    groups[0] = [*own, *groups[0]]
    groups = share_things(groups)
    shared = shared_window(groups)
    # "Immunodeficiency, or receiving A or B within 7 days": the time is that of what was received.
    since = max((place for place, group in enumerate(groups) if group and group[0].cat == "T"), default=0)
    readings = []
    for place, group in enumerate(groups):
        lead = _lead(group)
        if place and any(chunk.cat in "bL" for chunk in lead):
            # "Active epilepsy, or evidence of A or B": a new head, and its own words go on.
            prefix = lead
        # "Untreated metastases, or metastases that need steroids": the thing named again stands without the first words.
        again = place > 0 and not alternatives and _first(group) is not None and _first(groups[0]) == _first(group)
        said = [chunk for chunk in prefix if chunk.cat != "S" or chunk.value == "history"] if again else prefix
        readings.append(_Item(phrase, said, group, shared if place >= since else None).node())
    parts = [reading for reading in readings if reading is not None]
    if len(parts) < len(readings) or (len(parts) > 1 and any(is_weak(part) for part in parts)):
        return None
    return (any_of if either else all_of)(parts, phrase.span)


def _is_its_own(phrase: Phrase, chunk: Chunk) -> bool:
    """`uncontrolled A or B` may leave B as it is; "newly diagnosed with A or B" is said of both."""
    return chunk.value in OWN_STATUS and not phrase.words([chunk]).lower().endswith((" with", " of", " for"))


def _first(group: list[Chunk]) -> str | None:
    """What the vocabulary calls the first thing of a member."""
    return next((chunk.value.id for chunk in group if chunk.cat in "CRO" and isinstance(chunk.value, Entry)), None)


def _lead(group: list[Chunk]) -> list[Chunk]:
    return list(itertools.takewhile(lambda chunk: chunk.cat in "SbTL", group))


_THING = frozenset("SbTLqUCROMBWkjzDlpudA'\"-+%")


_MAY_STAND = _THING | frozenset("Q#()'\",&|/;")
"""All that may stand in a list of things: with anything else, one of its members is none."""


_TEMPORAL = frozenset({"history", "current", "active", "known,history", "family_history", "planned"})


def _is_disease(phrase: Phrase, words: str) -> bool:
    entry = phrase.vocabulary.find(words)
    return entry is not None and entry.kind == "condition"


_SUBSTANCE_NOUN = re.compile(r"\b(?:abuse|dependence|misuse|addiction|dependency)$")


def _shared_abuse(phrase: Phrase, groups: list[list[Chunk]]) -> bool:
    """`alcohol, opioid or drug abuse`: the drugs before it are abused too, and are not excluded by themselves."""
    if len(groups) < 2 or not _SUBSTANCE_NOUN.search(
        phrase.words([chunk for chunk in groups[-1] if chunk.cat != "W"]).lower()
    ):
        return False
    return any(
        not _SUBSTANCE_NOUN.search(phrase.words([chunk for chunk in group if chunk.cat != "W"]).lower())
        and not any(isinstance(chunk.value, Concept) and _SUBSTANCE_NOUN.search(chunk.value.text) for chunk in group)
        for group in groups[:-1]
    )


def _bare_allergy(groups: list[list[Chunk]]) -> bool:
    """`allergy, or intolerance to X`: what the allergy is to stands behind a later word."""

    def is_allergy(group: list[Chunk]) -> bool:
        return any(
            isinstance(chunk.value, Entry) and chunk.value.id in ("allergy", "hypersensitivity", "adverse-event")
            for chunk in group
        )

    return any(is_allergy(group) for group in groups[:-1]) and any(chunk.cat in "pL" for chunk in groups[-1])


class _Item:
    """One thing of a list, with the prefix that the list shares."""

    def __init__(self, phrase: Phrase, prefix: list[Chunk], chunks: list[Chunk], window: Chunk | None) -> None:
        self.phrase, self.chunks = phrase, chunks
        self.window = window
        own = []
        rest = list(chunks)
        while rest and rest[0].cat in "SbTL":
            own.append(rest.pop(0))
        temporal = any(chunk.cat == "S" and chunk.value in _TEMPORAL for chunk in own)
        self.prefix = (
            own or prefix if temporal or not (own and all(chunk.cat == "S" for chunk in own)) else [*prefix, *own]
        )
        self.rest = rest

    def node(self) -> Node | None:
        rest = [chunk for chunk in self.rest if chunk.cat not in "()'\""]
        if (
            not rest
            or rest[0].cat == "u"
            or not all(chunk.cat in _THING or (chunk.cat in "Q#" and self._fits(chunk)) for chunk in rest)
        ):
            return None
        if _is_contraindication(self.prefix, self.phrase):
            # What stands against a treatment is judged; the treatment itself may well be absent.
            return Attest(kind="judgement", text=self.phrase.words(), span=self._span())
        return self._part_of_a_product(rest) or self._thing(rest)

    def _thing(self, rest: list[Chunk]) -> Node | None:
        times, rest = _times(rest)
        if any(chunk.cat in "Q#" and not self._is_dose(chunk) for chunk in rest):
            return None
        dose = self._dose(rest)
        rest = self._without_dose(rest)
        if dose is not None and sum(chunk.cat == "R" for chunk in rest) > 1:
            return None
        head = self._head(rest) if rest else None
        if head is None:
            return None
        concept, used, before, after = head
        concept = self._any_steroid(concept, dose)
        if not self._agrees(concept, used, rest):
            return None
        windows = [chunk for chunk in rest if chunk.cat == "W"] or ([self.window] if self.window else [])
        severity = next((chunk for chunk in rest if chunk.cat == "k"), None)
        status = _with_history(concept, self._status(rest))
        qualifiers = self._qualifiers(before, after)
        qualifiers = None if qualifiers is None else (*qualifiers, *self._manner(rest))
        if qualifiers is None or len(windows) > 2:
            return None
        when = merge_windows([chunk.value for chunk in windows])
        if when is None and windows:
            return None
        if when is not None and _DIAGNOSED.intersection(qualifiers):
            when = msgspec.structs.replace(when, edge="start")
            qualifiers = tuple(words for words in qualifiers if words not in _DIAGNOSED)
        if when is not None and when.lasting is None and self._is_ended(qualifiers):
            when = msgspec.structs.replace(when, edge="end")
            qualifiers = tuple(words for words in qualifiers if words not in _ENDED)
        alone = not re.search(r"[,&|;/]", self.phrase.cats)
        if concept.kind == "drug" and not status and when is None and alone and _AT_ENTRY.search(self.phrase.words()):
            status = ("current",)
        dose, qualifiers = _a_day(dose, qualifiers)
        reason, cause, qualifiers = self._relation(concept, after, qualifiers)
        recurrence = self._for_recurrence(concept, after)
        if recurrence is not None and when is None:
            when, qualifiers = (
                recurrence,
                tuple(words for words in qualifiers if "recurren" not in words and not _is_disease(self.phrase, words)),
            )
            rest = [chunk for chunk in rest if chunk.cat != "S" or chunk.value != "recurrent"]
            status = tuple(one for one in status if one != "recurrent")
        node: Node = Has(
            concept=concept,
            status=status,
            severity=_severity(severity),
            site=self._site(rest, used),
            when=when,
            times=times,
            dose=dose,
            qualifiers=qualifiers,
            evidence=self._evidence(rest),
            reason=reason,
            cause=cause,
            unless=_IN_SITU if concept.id == "second-malignancy" and used.value.id == "invasive-cancer" else (),
            span=self._span(),
        )
        return Not(part=node, span=node.span) if _is_negative(rest) else node

    def _manner(self, rest: list[Chunk]) -> tuple[str, ...]:
        """How it must be treated ("requiring systemic antibiotics"): the status alone says only that it must."""
        said = [chunk for chunk in (*self.prefix, *rest) if chunk.cat == "S" and chunk.value == "requires_treatment"]
        words = [normalise(self.phrase.words([chunk])) for chunk in said]
        return tuple(one for one in words if _NARROW_MANNER.search(one) or not _ANYHOW.search(one))

    def _is_ended(self, qualifiers: tuple[str, ...]) -> bool:
        """`Completed radiotherapy 4 to 12 weeks ago` speaks of its end."""
        told = (*self.prefix, *self.rest)
        said = any(chunk.cat == "T" and _COMPLETED.search(self.phrase.words([chunk])) for chunk in told)
        return said or bool(_ENDED.intersection(qualifiers))

    def _relation(
        self, concept: Concept, after: list[Chunk], qualifiers: tuple[str, ...]
    ) -> tuple[Concept | None, Concept | None, tuple[str, ...]]:
        """What a treatment was given for, or what brought a condition about, and the qualifiers without its words."""
        tail = [chunk for chunk in after if chunk.cat not in "Wk"]
        named = tail[1:] if len(tail) < 3 or tail[1].cat != "S" or tail[1].value != "history" else tail[2:]
        if (
            len(named) != 1
            or tail[0].cat not in "pT"
            or named[0].cat not in "CRO"
            or not isinstance(named[0].value, Entry)
        ):
            return None, None, qualifiers
        link, other = self.phrase.words([tail[0]]).lower(), concept_of(self.phrase, named[0], "condition")
        said = normalise(self.phrase.words([tail[1], named[0]]))
        rest = tuple(words for words in qualifiers if words != said)
        if concept.kind == "condition" and (_CAUSED.match(link) or self._is_effect(concept, link, other)):
            return None, other, rest
        if len(tail) > 2:
            return None, None, qualifiers
        treated = concept.kind in ("drug", "procedure") and other.kind == "condition"
        if treated and link in ("for", "to treat", "for the treatment of") and "recurren" not in other.text:
            return other, None, rest
        return None, None, qualifiers

    def _is_effect(self, concept: Concept, link: str, other: Concept) -> bool:
        """`Toxicity from prior chemotherapy`, `grade 4 toxicity on treatment with radiation`."""
        if other.kind not in ("drug", "procedure") or not concept.id:
            return False
        is_toxicity = self.phrase.vocabulary.is_a(concept.id, "adverse-event")
        return link == "from" or (is_toxicity and _EFFECT_OF.match(link) is not None)

    def _span(self) -> Span:
        """All the words that say something of the thing; those that a list shares may stand behind it."""
        said = [*self.prefix, *self.chunks]
        return Span(min(chunk.start for chunk in said), max(chunk.end for chunk in said))

    def _agrees(self, concept: Concept, used: Chunk, rest: list[Chunk]) -> bool:
        """Whether what stands around the thing can be said of it: one is treated *for* a disease, and "must be stable" asks nothing of
        those who do not have it."""
        treated = any(chunk.cat == "T" and _TREATED.search(self.phrase.words([chunk]).lower()) for chunk in self.prefix)
        if treated and concept.kind in ("condition", "finding"):
            return False
        taking_part = any(chunk.cat == "T" and _TAKING_PART.search(self.phrase.words([chunk])) for chunk in self.prefix)
        if taking_part and concept.kind != "procedure":
            return False
        behind = any(chunk.cat == "S" and chunk.start > used.end for chunk in rest)
        return not (behind and _OBLIGED.search(self.phrase.words()))

    def _fits(self, chunk: Chunk) -> bool:
        """A dose, or a count before the thing."""
        return self._is_dose(chunk) or (
            chunk.value.unit is None and chunk.value.relative is None and chunk is self.rest[0]
        )

    def _is_dose(self, chunk: Chunk) -> bool:
        unit = chunk.value.unit or ""
        return (
            chunk.cat == "Q"
            and ("mg" in unit or unit.startswith(("g/d", "ug", "[IU]", "Gy", "cGy")))
            and any(other.cat in "RO" for other in self.chunks)
        )

    def _head(self, rest: list[Chunk]) -> tuple[Concept, Chunk, list[Chunk], list[Chunk]] | None:
        """The concept, its chunk, and the chunks before and behind it that narrow it."""
        core = next((place for place, chunk in enumerate(rest) if chunk.cat in "pWuT" and place > 0), len(rest))
        known = [place for place in range(core) if rest[place].cat in "CRO"]
        if not known and any(chunk.cat == "j" for chunk in rest):
            # A measure is on record as a thing only by its result: "HCV RNA positive".
            known = [place for place in range(core) if rest[place].cat == "M"]
        if any(isinstance(rest[place].value, Entry) and rest[place].value.kind == "event" for place in known):
            return None
        if known:
            place = known[-1]
            before = [chunk for chunk in rest[:place] if chunk.cat not in "SWkj"]
            if any(chunk.cat == "U" and str(chunk.value) in VERBISH for chunk in before):
                return None
            return self._known(rest[place]), rest[place], before, rest[place + 1 :]
        return self._unknown(rest, core)

    def _known(self, chunk: Chunk) -> Concept:
        concept = concept_of(self.phrase, chunk, "finding")
        if concept.id in ("malignancy", "invasive-cancer") and self._is_another():
            return Concept(text=concept.text, kind="condition", id="second-malignancy")
        allergic = any(prefix.cat == "L" for prefix in self.prefix)
        listed = concept.kind == "condition" and any(other.cat in "|,&/" for other in self.phrase.chunks)
        # "Allergy to eggs, or asthma": a disease is no allergen.
        return Concept(text=concept.text, kind="allergy", id=concept.id) if allergic and not listed else concept

    def _is_another(self) -> bool:
        """`another malignancy`, `prior malignancy`: one beside the trial's own."""
        said = " ".join(
            self.phrase.words([chunk]).lower() for chunk in (*self.prefix, *self.chunks) if chunk.cat in "SbqU"
        )
        return _ANOTHER.search(said) is not None

    def _unknown(self, rest: list[Chunk], core: int) -> tuple[Concept, Chunk, list[Chunk], list[Chunk]] | None:
        """A concept by its words alone: a short noun phrase that nothing in it contradicts."""
        words = [chunk for chunk in rest[:core] if chunk.cat not in "SWk"]
        if (
            not words
            or words[0].cat == "u"
            or any(chunk.cat not in "UqABMCROmfgDlj" for chunk in words)
            or not any(chunk.cat == "U" for chunk in words)
        ):
            return None
        # "use of X": the words after a preposition belong to the name when nothing else names the thing.
        tail = rest[core:]
        while tail and tail[0].cat == "p" and len(tail) > 1 and all(chunk.cat in "UqBCRO" for chunk in tail[1:2]):
            taken = 2
            while taken < len(tail) and tail[taken].cat in "UqBCRO":
                taken += 1
            words, tail = [*words, *tail[:taken]], tail[taken:]
        text = normalise(self.phrase.words([words[0], words[-1]]))
        tokens = text.split()
        if (
            len(tokens) > 7
            or _PARTICIPLE.match(text)
            or any(token in VERBISH for token in tokens)
            or not re.search(r"[a-z]{3}", text)
        ):
            return None
        if any(
            token.endswith("ing") and place > 0 and place == 1 and len(tokens) > 3 for place, token in enumerate(tokens)
        ):
            return None
        kind = self._kind(normalise(self.phrase.words([chunk for chunk in rest[:core] if chunk.cat not in "SWk"])))
        if kind is None:
            return None
        meant = self.phrase.vocabulary.typo(text) if len(tokens) <= 4 and len(text) >= 7 else None
        if meant is not None and meant.kind in ("condition", "drug", "procedure"):
            return (
                Concept(text=text, kind="allergy" if kind == "allergy" else meant.kind, id=meant.id),
                words[0],
                [],
                tail,
            )
        return Concept(text=text, kind=kind), words[0], [], tail

    def _kind(self, text: str) -> Kind | None:
        """What an unknown name names: by its own last word, then by what stands before it."""
        if any(chunk.cat == "L" for chunk in self.prefix):
            return "allergy"
        last = text.split()[-1] if text else ""
        if PROCEDURE_WORDS.search(last):
            return "procedure"
        if CONDITION_WORDS.search(last):
            return "condition"
        if DRUG_WORDS.search(last):
            return "drug"
        if any(chunk.cat == "T" for chunk in self.prefix):
            return "drug"
        if any(chunk.cat in "Sb" for chunk in self.prefix):
            return (
                "condition"
                if any(chunk.cat == "b" or chunk.value in ("history", "family_history") for chunk in self.prefix)
                else "finding"
            )
        return "finding" if len(text.split()) <= 4 else None

    def _status(self, rest: list[Chunk]) -> tuple[Status, ...]:
        statuses: list[Status] = []
        rest = (
            rest[: next((place for place, chunk in enumerate(rest) if chunk.cat in "puT" and place), len(rest))]
            + rest[-1:]
        )
        last = [chunk for chunk in rest if chunk.cat not in "Wp"][-1:]
        for chunk in (
            *self.prefix,
            *(chunk for chunk in rest if chunk.cat == "S"),
            *(chunk for chunk in last if chunk.cat == "T"),
        ):
            if chunk.cat in "ST" and chunk.value:
                statuses += [status for status in chunk.value.split(",") if status not in statuses]
        return tuple(statuses)

    def _for_recurrence(self, concept: Concept, after: list[Chunk]) -> Window | None:
        """`therapy for recurrent disease` is therapy since the recurrence."""
        treats = concept.kind in ("drug", "procedure") and any(chunk.cat == "p" for chunk in after)
        recurrent = any(chunk.cat == "S" and chunk.value == "recurrent" for chunk in after) or any(
            chunk.cat == "C" and "recurren" in self.phrase.words([chunk]).lower() for chunk in after
        )
        if not treats or not recurrent:
            return None
        return Window(side="after", anchor="recurrence", edge="start", span=Span(after[0].start, after[-1].end))

    def _evidence(self, rest: list[Chunk]) -> tuple[Concept, ...]:
        """The methods of `histologically or radiologically confirmed`."""
        words = " ".join(
            self.phrase.words([chunk]).lower()
            for chunk in (*self.prefix, *rest)
            if chunk.cat == "S" and "confirmed" in chunk.value
        )
        found = [(match.start(), concept) for stem, concept in _METHODS for match in [re.search(stem, words)] if match]
        return tuple(concept for _place, concept in sorted(found, key=lambda pair: pair[0]))

    def _qualifiers(self, before: list[Chunk], after: list[Chunk]) -> tuple[str, ...] | None:
        words = [
            normalise(self.phrase.words([chunk]))
            for chunk in _runs(before)
            if chunk.cat in "qUCROMB" and not _is_plain(self.phrase, chunk)
        ]
        if any(chunk.cat == "U" and _TURNING.search(self.phrase.words([chunk]).lower()) for chunk in _runs(before)):
            return None
        tail: list[Chunk] = []
        for chunk in after:
            if chunk.cat in "Wkzj" or (chunk.cat == "S" and not tail) or (chunk.cat in "Q#" and self._is_dose(chunk)):
                continue
            if chunk.cat == "B" and all(other.cat in "pB" for other in tail):
                tail = []
                continue
            tail.append(chunk)
        while tail and (
            tail[0].cat in "p,DT" or (self.phrase.words([tail[0]]).lower() in _TAIL_NOUNS and len(tail) == 1)
        ):
            tail.pop(0)
        if all(chunk.cat in "up" for chunk in tail):
            tail = []
        if tail:
            text = normalise(self.phrase.words([tail[0], tail[-1]]))
            if len(text.split()) > MOST_QUALIFIER_WORDS or any(chunk.cat in "KQ#NXIst" for chunk in tail):
                return None
            if not all(word in _PLAIN for word in text.split()):
                words.append(text)
        return tuple(word for word in words if word)

    def _site(self, rest: list[Chunk], head: Chunk) -> Concept | None:
        places = [chunk for chunk in rest if chunk.cat == "B" and chunk is not head and chunk.start > head.start]
        return concept_of(self.phrase, places[0], "site") if len(places) == 1 else None

    def _dose(self, rest: list[Chunk]) -> Dose | None:
        amount = next((chunk for chunk in rest if chunk.cat == "Q" and self._is_dose(chunk)), None)
        if amount is None:
            return None
        pairs = pairs_of(amount.value)
        if len(pairs) != 1:
            return None
        drug = next((chunk for chunk in rest if chunk.cat == "R" and chunk.start > amount.start), None)
        named = drug or next((chunk for chunk in rest if chunk.cat == "R"), None)
        equivalent = named.value.id if any(chunk.cat == "z" for chunk in rest) and named is not None else None
        return Dose(op=pairs[0][0], quantity=Quantity(pairs[0][1], amount.value.unit), equivalent=equivalent)

    def _part_of_a_product(self, rest: list[Chunk]) -> Node | None:
        """`Allergy to any component of paclitaxel`: to paclitaxel, or to what it is made up with."""
        if not any(chunk.cat == "L" for chunk in self.prefix) or any(chunk.cat not in "qUbpRS" for chunk in rest):
            return None
        words = [chunk for chunk in rest if chunk.cat in "UR"]
        part = next((chunk for chunk in words if _COMPONENT.match(self.phrase.words([chunk]))), None)
        drugs = [chunk for chunk in words if chunk is not part and chunk.cat == "R"]
        others = [chunk for chunk in words if chunk is not part and chunk not in drugs]
        if part is None or len(drugs) > 1 or any(not _PRODUCT.match(self.phrase.words([chunk])) for chunk in others):
            return None
        behind = [*others, *drugs]
        text = normalise(self.phrase.words([part, *(chunk for chunk in behind if chunk.start > part.start)]))
        qualifiers = tuple(normalise(self.phrase.words([chunk])) for chunk in rest if chunk.cat == "q")
        made = Has(
            concept=Concept(text=text, kind="allergy"),
            status=self._status([]),
            when=self.window.value if self.window else None,
            qualifiers=tuple(one for one in qualifiers if one not in _ANY_OTHER),
            span=self._span(),
        )
        if not drugs:
            return made
        itself = concept_of(self.phrase, drugs[0], "drug")
        itself = Concept(text=itself.text, kind="allergy", id=itself.id)
        return any_of([msgspec.structs.replace(made, concept=itself), made], made.span or self.phrase.span)

    def _without_dose(self, rest: list[Chunk]) -> list[Chunk]:
        """The drug first and its dose behind it: `> 10 mg/day of prednisone` is prednisone at a dose.

        In `steroids (> 10 mg/day of prednisone or equivalent)` the second drug only says what the dose counts in.
        """
        at = next((place for place, chunk in enumerate(rest) if chunk.cat == "Q" and self._is_dose(chunk)), None)
        if at is None:
            return rest
        before, behind = [chunk for chunk in rest[:at] if chunk.cat != "D"], rest[at + 1 :]
        named = any(chunk.cat == "R" for chunk in before)
        if not any(chunk.cat in "RO" for chunk in before) or (named and any(chunk.cat == "z" for chunk in rest)):
            start = 1 if behind and behind[0].cat == "p" else 0
            if behind[start : start + 1] and behind[start].cat in "RO":
                behind = behind[start + 1 :] if named else behind[start:]
        return [*before, *behind]

    def _any_steroid(self, concept: Concept, dose: Dose | None) -> Concept:
        """`Dexamethasone > 4 mg/day or equivalent` is about every steroid."""
        if dose is None or dose.equivalent is None or not concept.id:
            return concept
        if concept.id != _STEROID and self.phrase.vocabulary.is_a(concept.id, _STEROID):
            return Concept(text=concept.text, kind="drug", id=_STEROID)
        return concept


# What is invasive is not in situ.
_IN_SITU = (Has(concept=Concept(text="carcinoma in situ", kind="condition", id="carcinoma-in-situ")),)
_DAILY = frozenset({"daily", "per day", "a day", "every day", "each day"})


def _a_day(dose: Dose | None, qualifiers: tuple[str, ...]) -> tuple[Dose | None, tuple[str, ...]]:
    """`≥ 20 IU of insulin daily` is a dose a day."""
    if dose is None or "/" in dose.quantity.unit or not _DAILY.intersection(qualifiers):
        return dose, qualifiers
    quantity = Quantity(dose.quantity.value, f"{dose.quantity.unit}/d")
    return msgspec.structs.replace(dose, quantity=quantity), tuple(one for one in qualifiers if one not in _DAILY)


_STEROID = "corticosteroid"
_COMPONENT = re.compile(r"(?:active |inactive )?(?:components?|ingredients?|excipients?|constituents?)$", re.IGNORECASE)
_PRODUCT = re.compile(
    r"(?:(?:the|this|these|its|any|all|drug|study|trial|test|investigational|medicinal|active|formulations?|products?|preparations?|"
    r"compounds?|drugs?|medications?|agents?|treatments?|vaccines?|used)\s?)+$",
    re.IGNORECASE,
)
_ANY_OTHER = frozenset({"other", "any", "any other"})


def _with_history(concept: Concept, status: tuple[Status, ...]) -> tuple[Status, ...]:
    """`Prior malignancy` is one name, and its "prior" a status all the same."""
    past = concept.id == "second-malignancy" and _PAST.search(concept.text.lower()) and "history" not in status
    return ("history", *status) if past else status


def _is_contraindication(prefix: Iterable[Chunk], phrase: Phrase) -> bool:
    return any("contraindicat" in phrase.words([chunk]).lower() for chunk in prefix if chunk.cat == "L")


def _runs(chunks: list[Chunk]) -> list[Chunk]:
    """Neighbouring words as one chunk: qualifiers of several words stay together."""
    runs: list[Chunk] = []
    for chunk in chunks:
        if chunk.cat == "p":
            continue
        if runs and runs[-1].cat in "Uq" and chunk.cat == "U" and runs[-1].end + 1 >= chunk.start:
            runs[-1] = Chunk("U", None, runs[-1].start, chunk.end)
        else:
            runs.append(chunk)
    return runs


_METHODS = (
    (r"histo|patho(?!gen)|biops|microscop", Concept(text="histology", kind="procedure", id="histology")),
    (r"cyto", Concept(text="cytology", kind="procedure", id="cytology")),
    (r"radio|imaging", Concept(text="imaging", kind="procedure", id="imaging")),
)
_ANOTHER = re.compile(r"\b(?:other|another|additional|second|secondary|prior|previous|history|concurrent|past)\b")
_PAST = re.compile(r"\b(?:prior|previous|past|history)\b")
_AT_ENTRY = re.compile(
    r"\bat (?:the )?(?:time of )?(?:inclusion|enrol?lment|screening|study entry|registration|randomi[sz]ation|entry)\b",
    re.IGNORECASE,
)
_ANYHOW = re.compile(r"(?:treatment|therapy|intervention|medications?)(?: for)?$")
_NARROW_MANNER = re.compile(r"\b(?:systemic|intravenous|iv|parenteral|oral|antibiotic|antimicrobial|surgical)\b")
_ENDED = frozenset({"finished", "completed", "ended", "terminated", "stopped", "discontinued"})
_COMPLETED = re.compile(r"\b(?:complet\w+|finish\w+|discontinu\w+|stopp\w+)\b", re.IGNORECASE)
_CAUSED = re.compile(
    r"(?:caused by|due to|secondary to|induced by|attributed to|attributable to|resulting from|as a result of|because of)$"
)
_EFFECT_OF = re.compile(r"(?:on|during|under|with|related to|associated with)?\s?(?:treatment with|therapy with)?$")
_DIAGNOSED = frozenset({"diagnosed", "diagnosis", "initially diagnosed", "first diagnosed"})
_TREATED = re.compile(r"\b(?:receiv|treat|tak(?:e|ing)|us(?:e|ing)|therapy|medicat|administ)")
_TAKING_PART = re.compile(r"\b(?:participat|enrol|took part|take part|taken part|taking part)", re.IGNORECASE)
_OBLIGED = re.compile(r"\b(?:must|should|shall|has to|have to)\b", re.IGNORECASE)
_PARTICIPLE = re.compile(r"^(?!(?:bleeding|breastfeeding|smoking|vomiting|bed)\b)[a-z]+(?:ed|ing)\s+\S")
_TAIL_NOUNS = word_set("tail")
# Before a name these turn it into another thing or its opposite; the whole is then not understood.
_TURNING = re.compile(r"\b(?:non|anti|no|not|without|never|free|pseudo|negative|absent|rule[ds]? out|unlike)\b")


_PLAIN = word_set("plain")


def _is_plain(phrase: Phrase, chunk: Chunk) -> bool:
    return all(word in _PLAIN for word in phrase.words([chunk]).lower().split())


def _times(rest: list[Chunk]) -> tuple[Times | None, list[Chunk]]:
    """`two or more prior lines of …`, `at least 1 measurable lesion`: a count before the thing; a bare number counts lines alone."""
    first = rest[0]
    if len(rest) > 1 and first.cat in "Q#" and first.value.unit is None and first.value.relative is None:
        pairs = limits_of(first.value)
        counted = first.value.stated or any(chunk.cat == "l" for chunk in rest)
        if counted and len(pairs) == 1 and pairs[0][1] == int(pairs[0][1]):
            after = [chunk for chunk in rest[1:] if chunk.cat != "l"]
            return Times(op=pairs[0][0], count=int(pairs[0][1])), after[1:] if after and after[0].cat == "p" else after
    kept = [chunk for chunk in rest if chunk.cat != "l"]
    return None, kept or rest


def _is_negative(rest: list[Chunk]) -> bool:
    return any(chunk.cat == "j" and chunk.value == "negative" for chunk in rest)


def _severity(chunk: Chunk | None) -> Severity | None:
    if chunk is None:
        return None
    op, grade = limits_of(chunk.value)[0]
    return Severity(op=op, grade=grade)
