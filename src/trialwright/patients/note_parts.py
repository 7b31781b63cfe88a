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
from .note_sections import heading, in_section, is_closed, is_narrow, is_relative
from .note_standing import Standing, standing
from .remarks import Remarks

_HEADER = re.compile(r"\s*\)?\s*(?:\([^()]*\)\s*)?:")
_LEADS_TO_SITE = re.compile(
    r"[^.;:,()]{0,14}?\b(?:in|of|to|at|on|involving|covering|over|within|into|both sides of|side of|affecting)\s+"
    r"(?:the\s+|his\s+|her\s+|left\s+|right\s+|both\s+|upper\s+|lower\s+|sides?\s+of\s+|,\s*)*"
)
_AMOUNTS = re.compile(r"\b(?:x\s?)?\d[\d.,]*\s*(?:[a-zA-Z%]+(?:/[\w.]+)*)?(?:\s+(?:weekly|daily|od|bd|tds|iv|po))?")
_SHOWN = re.compile(
    r"\w(?<!\bnot)(?<!\bnever)(?<!\blonger)(?<!\bcurrently)\s+(?:on|by|per|via)\s+(?:\w+\s+)?$", re.IGNORECASE
)
_IS_TOPIC = re.compile(
    r"[\s-]*(?:surveillance|screening|screen|prophylaxis|risk|prevention|exposure|contacts?|precautions|work-?up|awareness|education"
    r"|clinic|department|dept|unit|team|service|consult\w*|nurse|coordinator|cent(?:er|re)|ward)\b",
    re.IGNORECASE,
)
"""What a thing is named for when nobody has it: "HCC surveillance", "transplant clinic"."""
_ALL_NEGATIVE = re.compile(
    r"(?:[\s,/&+·-]|\b(?:and|or|[A-E]|virus|serolog\w*|antibod\w*|antigen|tests?|testing|screen\w*|results?|status|were|was|are|is|all|both|came|back"
    r"|viral|load|pcr|rna|dna|infections?)\b)*(?:neg\b|negative|non-?reactive|not detected|undetectable)",
    re.IGNORECASE,
)
_SHARES = re.compile(r"\b(?:and|or|all|both)\b|[/&]", re.IGNORECASE)
_AGAINST = re.compile(r"\b(?:vs\.?|versus)\s+$", re.IGNORECASE)
_AGAINST_NEXT = re.compile(r"\s*(?:vs\.?|versus)\s", re.IGNORECASE)
_REPAIRED = re.compile(r"\s*(?:repair|excision|resection|removal)\b", re.IGNORECASE)
_LEADS_TO_DAY = frozenset(
    [
        "diagnosed",
        "dx",
        "diagnosis",
        "found",
        "detected",
        "confirmed",
        "first",
        "in",
        "on",
        "of",
        "since",
        "from",
        "until",
        "till",
        "to",
        "by",
        "at",
        "last",
        "dose",
        "use",
        "given",
        "completed",
        "finished",
        "started",
        "stopped",
        "ended",
        "quit",
        "treated",
        "resolved",
        "cured",
        "removed",
        "excised",
        "the",
        "early",
        "late",
        "mid",
        "recorded",
        "noted",
        "onset",
        "about",
        "around",
        "approx",
        "approximately",
        "approx.",
        "then",
        "biopsy-proven",
        "day",
        "date",
    ]
)
_JOINS = re.compile(r"[\s,/&+()-]*(?:and|or|plus|with)?[\s,/&+()-]*")


@dataclass(slots=True)
class Note:
    """What is known of a note while it is read from top to bottom.

    day      the day it was written, or looked at; None when neither is known
    seen     the last day named in the line; what has no day of its own is of that day
    disease  the cancer that the note last named
    unused, unknown  sentences that gave no fact: of things that are known, of none that is
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
    section_end: int = 0
    unused: list[tuple[int, int]] = field(default_factory=list)
    unknown: list[tuple[int, int]] = field(default_factory=list)

    def source(self, start: int, end: int) -> str:
        return f"{self.name}:{start}-{end}"


@dataclass(slots=True)
class Part:
    """A sentence. standings: of each mention, in order; headed: the section that it begins in."""

    note: Note
    start: int
    end: int
    mentions: tuple[Mention, ...]
    unknown: tuple[tuple[int, int], ...]
    dates: tuple[Dated, ...]
    standings: tuple[Standing, ...] = ()
    used: list[tuple[int, int]] = field(default_factory=list)
    headed: str = ""

    def __post_init__(self) -> None:
        if is_narrow(self.note.section) and is_closed(self.note.text, (self.note.section_end, self.start), self.text):
            self.note.section = ""
        self.headed = self.note.section
        self.standings = tuple(self._stands(one) for one in self.mentions)
        head = heading(self.text, len(self.text))
        if head and not (self._is_drug(self.start + head.start("name")) or is_relative(head["name"])):
            self.note.section, self.note.section_end = head["name"].lower(), self.start + head.end()

    def _stands(self, one: Mention) -> Standing:
        found = standing(self.words(self.start, one.start), self.words(one.end, self.end))
        if one.kind == "procedure" and _SHOWN.search(self.words(self.start, one.start)):
            # "No metastases on MRI": the MRI was done.
            found = dataclasses.replace(found, not_done=False)
        if found.over_at is not None and self._names_another(one, one.end + found.over_at):
            found = dataclasses.replace(found, over=None, over_at=None)
        if one.kind in ("condition", "finding") and (self._has_minus(one.start) or self._is_negative_with(one)):
            found = dataclasses.replace(found, certainty="refuted")
        behind = self.words(one.end, self.end)
        if one.kind in ("drug", "procedure") and self._is_choice(one):
            found = dataclasses.replace(found, supposed=True)
        if one.kind in ("condition", "procedure", "behaviour") and _IS_TOPIC.match(behind):
            found = dataclasses.replace(found, supposed=True)
        if one.kind == "condition" and (_REPAIRED.match(behind) or self._is_why(one)):
            found = dataclasses.replace(found, past=True)
        return in_section(self.section(one.start), self.words(self.start, one.start), one.kind, found)

    def _is_negative_with(self, one: Mention) -> bool:
        """Whether an infection shares its answer with others: "HIV, hepatitis B and C serology are negative"."""
        if not self.note.namer.is_a(one.concept, "infection"):
            return False
        after = self.words(one.end, self.end)
        for other in self.mentions:
            if other.start >= one.end and other.kind != "drug":
                first, last = other.start - one.end, other.end - one.end
                after = f"{after[:first]}{'·' * (last - first)}{after[last:]}"
        found = _ALL_NEGATIVE.match(after)
        return found is not None and bool(_SHARES.search(found[0]))

    def _is_choice(self, one: Mention) -> bool:
        """Whether a treatment is weighed against another: "radiotherapy vs surgery"."""
        return bool(
            _AGAINST.search(self.words(self.start, one.start)) or _AGAINST_NEXT.match(self.words(one.end, self.end))
        )

    def _is_why(self, one: Mention) -> bool:
        """Whether an illness stands in brackets behind a drug, as what it was given or stopped for."""
        at = self.mentions.index(one)
        before = self.mentions[at - 1] if at else None
        return before is not None and before.kind == "drug" and self.words(before.end, one.start).strip() == "("

    def _has_minus(self, place: int) -> bool:
        """Whether a minus stands for "no" before a name ("cough, -fever"): in a line, not at its head, where it is a bullet."""
        if not re.fullmatch(r"[\s,(]-", self.words(place - 2, place)):
            return False
        return bool(self.words(self.note.text.rfind("\n", 0, place) + 1, place - 2).strip())

    def _names_another(self, one: Mention, end: int) -> bool:
        """Whether another illness stands between a thing and the words that it is over."""
        return any(other.kind == "condition" and one.end <= other.start < end for other in self.mentions)

    def section(self, place: int) -> str:
        """The last heading before a place, in small letters; a section goes on until the next heading."""
        head = heading(self.text, place - self.start)
        return head["name"].lower() if head else self.headed

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
        before = next(
            (one for one in reversed(self.dates) if one.end <= start and not self._is_aside(one, start)), None
        )
        if before and before.role == "for" and re.fullmatch(r"\s*of\s+(?:\w+\s+){0,2}", self.words(before.end, start)):
            return before
        is_near = behind and (self._is_next(end, behind.start) or self._is_list(end, behind.start))
        is_own = behind and (is_result or self._is_test(start) or not self._is_of_another(end, behind))
        if (
            behind
            and ((is_near and is_own) or self._is_diagnosis(start, behind))
            and not self._is_of_what_follows(behind)
        ):
            return behind
        header = next(
            (one for one in reversed(self.dates) if one.end <= start and _HEADER.match(self.words(one.end, self.end))),
            None,
        )
        if header:
            return header
        # "Since 2010" is said of one thing, a day of all that was seen on it.
        is_rough = before is not None and not before.first.is_exact
        is_next_item = (is_illness or is_rough) and before is not None and "," in self.words(before.end, start)
        if before and (self._is_lead(before) or (before.role in ("on", "period") and not is_next_item)):
            return before
        is_after_results = is_result and before is None and behind and behind.role in ("on", "period")
        return behind if behind and is_after_results and self._are_results(end, behind.start) else None

    def _are_results(self, end: int, start: int) -> bool:
        """Whether nothing but results and tests stands between two places, so that one day is that of all."""
        between = [one for one in self.mentions if end <= one.start < start]
        return all(one.kind in ("lab", "measurement", "scale", "procedure", "site", "finding") for one in between)

    def _is_of_another(self, end: int, date: Dated) -> bool:
        """Whether the words before a date name something else that it is of: an aside in brackets, the next item of a list."""
        between = self.words(end, date.start)
        if between.count("(") > between.count(")"):
            lead = between.rpartition("(")[2]
        else:
            lead = re.sub(r"\([^()]*\)", "", between).rpartition(",")[2] if "," in between else ""
        other = [word for word in re.findall(r"[a-z-]+", lead.lower()) if word not in _LEADS_TO_DAY]
        return len(other) >= 2 or (bool(other) and "," in lead)

    def _is_drug(self, start: int) -> bool:
        """Whether what a colon follows is a drug and no heading ("penicillin: hives")."""
        return any(one.kind in ("drug", "vaccine") for one in self.mentions if one.start == start)

    def _is_test(self, start: int) -> bool:
        """Whether a procedure stands there: the tests of one list are of one day, whatever stands between."""
        return any(one.kind == "procedure" for one in self.mentions if one.start == start)

    def _is_diagnosis(self, start: int, date: Dated) -> bool:
        """Whether a date is that of the diagnosis of the first illness of its sentence ("lymphoma, stage IV, diagnosed June 2024")."""
        first = next((one for one in self.mentions if one.kind == "condition"), None)
        words = self.words(max(self.start, date.start - 24), date.start)
        return (
            first is not None
            and first.start == start
            and bool(re.search(r"\b(?:diagnosed|dx)\s+(?:in\s+|on\s+)?$", words, re.IGNORECASE))
            and not any(one.kind == "condition" and first.end <= one.start < date.start for one in self.mentions)
        )

    def _is_aside(self, date: Dated, place: int) -> bool:
        """Whether a date stands in brackets that tell of another thing ("smoked (quit 2010), asthma"). What a test found is of its day."""
        between = self.words(date.end, place)
        if between.count(")") <= between.count("("):
            return False
        of = next((one for one in reversed(self.mentions) if one.end <= date.start), None)
        return of is not None and of.kind in ("condition", "drug", "behaviour", "device")

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
