"""A trial and its criteria in, what the search index holds of them out: words by field, concepts, and values to filter by.

A value that the record does not state is named in `unstated`, so that a filter on it can keep the trial.
"""

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import lru_cache

import msgspec

from trialwright.codes.vocabulary import Entry, Vocabulary
from trialwright.criteria.nodes import Criteria
from trialwright.trial import DatedStruct, Site, Trial

_WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")
_AGE = re.compile(r"(\d+(?:\.\d+)?)\s*(year|month|week|day|hour|minute)s?", re.IGNORECASE)
_MONTHS = {
    "year": Decimal(12),
    "month": Decimal(1),
    "week": Decimal(7) / Decimal("30.4375"),
    "day": Decimal(1) / Decimal("30.4375"),
    "hour": Decimal(0),
    "minute": Decimal(0),
}
OLDEST_MONTHS = 2400
RECRUITING = ("RECRUITING", "NOT_YET_RECRUITING", "ENROLLING_BY_INVITATION", "AVAILABLE")
_NO_TOPIC = frozenset(("trial-participation",))
"""What "a clinical trial" in a title names: every trial is one."""

_NAMED_KINDS = frozenset(("condition", "drug", "procedure", "vaccine", "device", "finding", "behaviour"))


class Texts(msgspec.Struct, frozen=True, kw_only=True):
    """The words of a trial by field. exclusion: what rules people out, apart from everything else."""

    title: str
    conditions: str
    interventions: str
    summary: str
    description: str
    inclusion: str
    exclusion: str
    outcomes: str
    people: str


class Values(msgspec.Struct, frozen=True, kw_only=True):
    """What a trial can be filtered, counted and sorted by; an empty tuple where it states nothing.

    youngest, oldest  limits of age in months; 0 and OLDEST_MONTHS where there is none
    started, updated  days as YYYYMMDD, 0 where not stated; months without a day count as their first
    unstated          names of the filters whose value the record does not state
    """

    status: tuple[str, ...]
    phase: tuple[str, ...]
    type: tuple[str, ...]
    sex: tuple[str, ...]
    country: tuple[str, ...]
    youngest: float
    oldest: float
    started: int
    updated: int
    enrollment: int
    unstated: tuple[str, ...]


def texts_of(trial: Trial, criteria: Criteria) -> Texts:
    protocol = trial.protocol
    identification, words = protocol.identification, protocol.description
    design = protocol.design
    return Texts(
        title=_joined(
            (identification.brief_title, identification.official_title, identification.acronym)
            if identification
            else ()
        ),
        conditions=_joined(named_conditions(trial)),
        interventions=_joined(named_interventions(trial)),
        summary=(words.brief_summary or "") if words else "",
        description=_joined(
            (
                words.detailed_description if words else None,
                *(arm.description for arm in trial.arms),
                *(intervention.description for intervention in trial.interventions),
                *(_readable(value) for value in (design.phases or () if design else ())),
                design.design_info.primary_purpose if design and design.design_info else None,
            )
        ),
        inclusion=_joined(c.text for c in criteria.criteria if c.kind == "inclusion"),
        exclusion=_joined(c.text for c in criteria.criteria if c.kind == "exclusion"),
        outcomes=_joined(outcome.measure for _, outcome in trial.outcomes()),
        people=_joined(_people(trial)),
    )


def named_conditions(trial: Trial) -> tuple[str, ...]:
    """Conditions, keywords, and the MeSH terms that the registry derived from them; each once."""
    module, derived = trial.protocol.conditions, trial.record.derived
    browse = derived.condition_browse if derived else None
    names = [
        *trial.conditions,
        *((module.keywords or ()) if module else ()),
        *(mesh.term or "" for mesh in ((browse.meshes or ()) if browse else ())),
    ]
    return tuple(dict.fromkeys(name for name in names if name))


def named_interventions(trial: Trial) -> tuple[str, ...]:
    derived = trial.record.derived
    browse = derived.intervention_browse if derived else None
    names = [
        *(name for part in trial.interventions for name in (part.name or "", *(part.other_names or ()))),
        *(mesh.term or "" for mesh in ((browse.meshes or ()) if browse else ())),
    ]
    return tuple(dict.fromkeys(name for name in names if name))


def _people(trial: Trial) -> Iterator[str | None]:
    sponsors = trial.protocol.sponsor_collaborators
    if sponsors:
        yield sponsors.lead_sponsor.name if sponsors.lead_sponsor else None
        yield from (partner.name for partner in sponsors.collaborators or ())
    seen = {(site.facility, site.city) for site in trial.sites[:40]}
    yield from (name for pair in sorted(seen, key=str) for name in pair)


def sponsors_of(trial: Trial) -> tuple[str, ...]:
    sponsors = trial.protocol.sponsor_collaborators
    if sponsors is None:
        return ()
    named = (sponsors.lead_sponsor, *(sponsors.collaborators or ()))
    return tuple(sponsor.name for sponsor in named if sponsor and sponsor.name)


def values_of(trial: Trial) -> Values:
    protocol, eligibility = trial.protocol, trial.eligibility
    design, status = protocol.design, protocol.status
    youngest, oldest = months(eligibility.minimum_age), months(eligibility.maximum_age)
    countries = tuple(sorted({site.country for site in trial.sites if site.country}))
    stated = {
        "status": trial.overall_status,
        "phase": trial.phases,
        "type": design.study_type if design else None,
        "sex": eligibility.sex,
        "country": countries,
        "age": youngest is not None and oldest is not None,
        "near": any(site.geo_point for site in trial.sites),
        "sponsor": sponsors_of(trial),
        "condition": trial.conditions,
        "intervention": trial.interventions,
        "criteria": eligibility.eligibility_criteria,
    }
    enrollment = design.enrollment_info.count if design and design.enrollment_info else None
    return Values(
        status=_some(trial.overall_status),
        phase=tuple(trial.phases),
        type=_some(design.study_type if design else None),
        sex=_some(eligibility.sex.upper() if eligibility.sex else None),
        country=countries,
        youngest=youngest or 0.0,
        oldest=OLDEST_MONTHS if oldest is None else oldest,
        started=day_number(status.start_date_struct if status else None),
        updated=_number(dated(trial)),
        enrollment=min(max(enrollment or 0, 0), 2**31),
        unstated=tuple(name for name, value in stated.items() if not value),
    )


@lru_cache(maxsize=4096)
def months(age: str | None) -> float | None:
    """An age limit in months, years as 12; None when the record states none."""
    found = _AGE.fullmatch(age.strip()) if age else None
    if found is None:
        return None
    return min(float(Decimal(found[1]) * _MONTHS[found[2].lower()]), float(OLDEST_MONTHS))


def dated(trial: Trial) -> str | None:
    """The date of the record's last update, as printed; None when it states none."""
    status = trial.protocol.status
    if status is None:
        return None
    posted = status.last_update_post_date_struct
    return (posted.date if posted else None) or status.last_update_submit_date or status.status_verified_date


def day_number(date: DatedStruct | None) -> int:
    return _number(date.date if date else None)


def _number(text: str | None) -> int:
    parts = re.fullmatch(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?", text or "")
    return 0 if parts is None else int(parts[1]) * 10000 + int(parts[2] or 1) * 100 + int(parts[3] or 1)


def recruiting_places(trial: Trial) -> tuple[tuple[float, float], ...]:
    """Where people are taken on: latitude and longitude in degrees, each once."""
    if trial.overall_status not in (*RECRUITING, None):
        return ()
    found = (_place(site) for site in trial.sites if site.status in (*RECRUITING, None))
    return tuple(dict.fromkeys(place for place in found if place is not None))


def _place(site: Site) -> tuple[float, float] | None:
    point = site.geo_point
    return None if point is None or point.lat is None or point.lon is None else (point.lat, point.lon)


class Concepts:
    """Finds the vocabulary's concepts in running words; what was found in a name is kept, for names come again."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self._names = {entry.id: entry.name for entry in vocabulary}
        self.in_name = lru_cache(maxsize=200_000)(self._ids)

    def ids(self, trial: Trial) -> tuple[str, ...]:
        """What the trial is about, by its title, conditions and interventions, with all that these are a kind of."""
        return self._with_ancestors(self.plain_ids(trial))

    def plain_ids(self, trial: Trial) -> tuple[str, ...]:
        """As `ids`, without what they are a kind of."""
        names = (*named_conditions(trial), *named_interventions(trial))
        identification = trial.protocol.identification
        titles = (identification.brief_title, identification.official_title) if identification else ()
        found = [id_ for name in names for id_ in self.in_name(name)]
        found += [id_ for title in titles if title for id_ in self._ids(title)]
        return tuple(dict.fromkeys(found))

    def _with_ancestors(self, ids: Iterable[str]) -> tuple[str, ...]:
        found = dict.fromkeys(ids)
        for id_ in tuple(found):
            found.update(dict.fromkeys(self.vocabulary.ancestors(id_)))
        return tuple(found)

    def _ids(self, text: str) -> tuple[str, ...]:
        """As `spans`, without the places: this runs over every name and title of a registry."""
        tokens = _WORD.findall(text.lower().replace("’", "'"))
        found: dict[str, None] = {}
        at, end = 0, len(tokens)
        while at < end:
            named = self.vocabulary.longest(tokens, at)
            if named is None:
                at += 1
                continue
            if named[0].kind in _NAMED_KINDS and named[0].id not in _NO_TOPIC:
                found[named[0].id] = None
            at += named[1]
        return tuple(found)

    def name_of(self, id_: str) -> str:
        """The concept's name; the words themselves for one that the vocabulary does not know."""
        return self._names.get(id_) or id_.replace("_", " ")

    def is_symptom(self, id_: str) -> bool:
        """Whether ICD-10-CM files it among symptoms and signs (chapter R), not among diseases."""
        codes = [code.code for code in self.vocabulary.get(id_).codes if code.system == "icd10cm"]
        return bool(codes) and codes[0].startswith("R")

    def spans(self, text: str) -> Iterator[tuple[Entry, int, int]]:
        """Every concept named in the text, the longest name where several begin, with its characters."""
        words = [(match[0].lower().replace("’", "'"), match.start(), match.end()) for match in _WORD.finditer(text)]
        tokens = [word for word, _, _ in words]
        longest = self.vocabulary.longest
        at = 0
        while at < len(tokens):
            found = longest(tokens, at)
            if found is None:
                at += 1
                continue
            entry, taken = found
            yield entry, words[at][1], words[at + taken - 1][2]
            at += taken


def _some(value: str | None) -> tuple[str, ...]:
    return (value,) if value else ()


def _joined(parts: Iterable[str | None]) -> str:
    return "\n".join(part for part in parts if part)


def _readable(word: str) -> str:
    return word.replace("_", " ").lower().replace("phase", "phase ")
