"""One sentence of a note as the readers of facts see it: what it names, its days, and what the sentences before it have settled."""

import dataclasses
import re
from dataclasses import dataclass, field

import msgspec

from trialwright.codes.concepts import Concept
from trialwright.codes.dates import PartialDate

from .facts import Occurrence
from .naming import Namer
from .note_dates import Dated
from .note_mentions import Mention
from .note_standing import Standing, cue, standing
from .remarks import Remarks

_HEADER = re.compile(r"\s*\)?\s*(?:\([^()]*\)\s*)?:")
_HEADING = re.compile(r"(?:^|\n|(?<=[.;] )|(?<=\s))(?P<name>(?:[A-Z][A-Za-z/&]*)(?: [A-Za-z/&]+){0,3}):(?=\s|$)")
_LEADS_TO_SITE = re.compile(
    r"[^.;:,()]{0,14}?\b(?:in|of|to|at|on|involving|covering|over|within|into|both sides of|side of|affecting)\s+"
    r"(?:the\s+|his\s+|her\s+|left\s+|right\s+|both\s+|upper\s+|lower\s+|sides?\s+of\s+|,\s*)*"
)
_AMOUNTS = re.compile(r"\b(?:x\s?)?\d[\d.,]*\s*(?:[a-zA-Z%]+(?:/[\w.]+)*)?(?:\s+(?:weekly|daily|od|bd|tds|iv|po))?")
_SHOWN = re.compile(r"\w\s+(?:on|by|per|via)\s+(?:\w+\s+)?$")
_JOINS = re.compile(r"[\s,/&+()]*(?:and|or|plus|with)?[\s,/&+()]*")


@dataclass(slots=True)
class Note:
    """What is known of a note while it is read from top to bottom.

    day      the day it was written, or looked at; None when neither is known
    seen     the last day named in the line; what has no day of its own is of that day
    disease  the cancer that the note last named
    """

    name: str
    text: str
    namer: Namer
    remarks: Remarks
    day: PartialDate | None = None
    seen: PartialDate | None = None
    line: int = 0
    disease: Concept | None = None
    recurrence: Occurrence | None = None
    recurrence_line: int = 0
    shown: tuple[Concept, ...] = ()
    section: str = ""

    def source(self, start: int, end: int) -> str:
        return f"{self.name}:{start}-{end}"


@dataclass(slots=True)
class Part:
    """A sentence. standings: of each mention, in order."""

    note: Note
    start: int
    end: int
    mentions: tuple[Mention, ...]
    unknown: tuple[tuple[int, int], ...]
    dates: tuple[Dated, ...]
    standings: tuple[Standing, ...] = ()
    used: list[tuple[int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.standings = tuple(self._stands(one) for one in self.mentions)
        self.note.section = self._section(self.end)

    def _stands(self, one: Mention) -> Standing:
        found = standing(self.words(self.start, one.start), self.words(one.end, self.end))
        if one.kind == "procedure" and _SHOWN.search(self.words(self.start, one.start)):
            # "No metastases on MRI": the MRI was done.
            found = dataclasses.replace(found, not_done=False)
        if found.over_at is not None and self._names_another(one, one.end + found.over_at):
            found = dataclasses.replace(found, over=None, over_at=None)
        section = self._section(one.start)
        if one.kind == "drug" and cue("drug_section").fullmatch(section):
            return dataclasses.replace(found, present=True)
        return dataclasses.replace(found, past=True) if cue("past_section").search(section) else found

    def _names_another(self, one: Mention, end: int) -> bool:
        """Whether another illness stands between a thing and the words that it is over."""
        return any(other.kind == "condition" and one.end <= other.start < end for other in self.mentions)

    def _section(self, place: int) -> str:
        """The last heading before a place, in small letters; a section goes on until the next heading."""
        heads = list(_HEADING.finditer(self.words(self.start, place)))
        return heads[-1]["name"].lower() if heads else self.note.section

    def words(self, start: int, end: int) -> str:
        return self.note.text[start:end]

    @property
    def text(self) -> str:
        return self.note.text[self.start : self.end]

    def source(self, start: int, end: int) -> str:
        self.used.append((start, end))
        return self.note.source(start, end)

    def after(self, end: int, *, upto: int = 0) -> str:
        """The words behind a mention, up to the next mention or the end of the sentence."""
        stop = min([one.start for one in self.mentions if one.start >= end], default=self.end)
        return self.words(end, stop if not upto else min(stop, end + upto))

    def when(self, start: int, end: int, *, is_result: bool = False, is_illness: bool = False) -> Dated | None:
        """The date that belongs to what stands there: one directly behind it, else the one that heads its sentence, else the nearest.

        is_result   one day behind several results is the day of all
        is_illness  the day of one illness is not that of the next in the list
        """
        behind = next((one for one in self.dates if one.start >= end), None)
        before = next((one for one in reversed(self.dates) if one.end <= start), None)
        if before and before.role == "for" and re.fullmatch(r"\s*of\s+(?:\w+\s+){0,2}", self.words(before.end, start)):
            return before
        is_near = behind and (self._is_next(end, behind.start) or self._is_list(end, behind.start))
        if behind and is_near and not self._is_of_what_follows(behind):
            return behind
        header = next(
            (one for one in reversed(self.dates) if one.end <= start and _HEADER.match(self.words(one.end, self.end))),
            None,
        )
        if header:
            return header
        # "Since 2010" is said of one thing, a day of all that was seen on it.
        is_next_item = is_illness and before is not None and "," in self.words(before.end, start)
        if before and (self._is_lead(before) or (before.role in ("on", "period") and not is_next_item)):
            return before
        if is_result and before is None and behind and behind.role in ("on", "period"):
            return behind
        return None

    def _is_next(self, end: int, start: int) -> bool:
        """Whether nothing else is named between a thing and a date, the rest of its own list aside ("wt 62 kg, BP 124/76 (26 Feb)")."""
        return not [one for one in self.mentions if one.start >= end and one.end <= start and self._counts(one, end)]

    def _counts(self, one: Mention, end: int) -> bool:
        """Whether what is named between a thing and a date may claim the date: no site, no aside in brackets, no test that shows it."""
        if one.kind == "site":
            return False
        between = self.words(end, one.start)
        in_brackets = between.count("(") > between.count(")") and not between.partition("(")[0].strip()
        shows = one.kind == "procedure" and re.search(r"\b(?:on|by|per|via)\s+(?:\w+\s+)?$", between)
        return not (in_brackets or shows)

    def _is_list(self, end: int, start: int) -> bool:
        """Whether only more of the same stands between a thing and a date: "PET-CT and MRI 19 Feb 2026"."""
        place = end
        for one in self.mentions:
            if end <= one.start and one.end <= start and self._counts(one, place):
                between = self.words(place, one.start)
                if "," in between or not is_joined(between):
                    return False
                place = one.end
        return True

    def _is_of_what_follows(self, date: Dated) -> bool:
        """ "5 days of fever": the time is that of the fever, not of what stands before it."""
        return date.role == "for" and bool(re.match(r"\s*of\b", self.words(date.end, self.end)))

    def _is_lead(self, date: Dated) -> bool:
        return date.start - self.start <= 2

    def standing_of(self, mention: Mention) -> Standing:
        return self.standings[self.mentions.index(mention)]

    def sites_of(self, mention: Mention) -> tuple[Concept, ...]:
        """Body sites named with it: directly before it ("neck node biopsy"), or behind it after "in", "of", "to" and the like."""
        at, found = self.mentions.index(mention), list[Concept]()
        if (
            at
            and self.mentions[at - 1].kind == "site"
            and not self.words(self.mentions[at - 1].end, mention.start).strip(" -")
        ):
            found.append(self.mentions[at - 1].concept)
        place = mention.end
        for one in self.mentions[at + 1 :]:
            if one.kind != "site":
                break
            joined = self.words(place, one.start).lower()
            if not _LEADS_TO_SITE.fullmatch(joined) and not (found and _JOINS.fullmatch(joined)):
                break
            found.append(one.concept)
            place = one.end
        return tuple(dict.fromkeys(found))


def is_joined(between: str) -> bool:
    """Whether two names are of one list: nothing between them but "and", signs and amounts."""
    return bool(_JOINS.fullmatch(_AMOUNTS.sub(" ", between)))


def one_site(fact: Occurrence, sites: tuple[Concept, ...]) -> list[Occurrence]:
    """One fact for each site named; one where none is."""
    return [msgspec.structs.replace(fact, site=site) for site in sites] or [fact]
