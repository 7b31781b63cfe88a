"""A trial in, the parts of its page out that are lists: groups, places, outcomes, contacts, papers, what a portal added."""

import re
from collections.abc import Iterator
from itertools import groupby
from typing import Any

import msgspec

from trialwright.export.record_text import as_read
from trialwright.library.describing import RECRUITING
from trialwright.registries import write_record
from trialwright.trial import Arm, Contact, ContactsLocations, Intervention, Outcome, References, Site, Trial

from .facts import registry_url
from .words import value

_OPEN_FIRST = (*RECRUITING, None)
_NCT = re.compile(r"\bNCT\d{8}\b")
_RELATED = re.compile(r"related", re.IGNORECASE)
_FEW_SITES = 12
_PEOPLE = "Sponsors"


class ArmView(msgspec.Struct, frozen=True, kw_only=True):
    """An arm with the interventions it names."""

    arm: Arm
    kind: str
    meaning: str
    names: tuple[str, ...]


class InterventionView(msgspec.Struct, frozen=True, kw_only=True):
    """repeats: its description is that of an arm or of one before it, word for word"""

    intervention: Intervention
    kind: str
    repeats: str


class Country(msgspec.Struct, frozen=True, kw_only=True):
    """The sites of one country, those that take people first. name: "" where the record names none"""

    name: str
    sites: tuple[Site, ...]
    taking: int


class OutcomeView(msgspec.Struct, frozen=True, kw_only=True):
    rank: str
    outcomes: tuple[Outcome, ...]


class Aside(msgspec.Struct, frozen=True, kw_only=True):
    """What the page around a record said under one of its headings."""

    heading: str
    lines: tuple[str, ...]


class Related(msgspec.Struct, frozen=True, kw_only=True):
    """A trial that the page around a record names."""

    id: str
    words: str


def arms(trial: Trial) -> tuple[ArmView, ...]:
    found = []
    for arm in trial.arms:
        kind = value("arm", arm.type)
        names = tuple(as_read(name) for name in arm.intervention_names or ())
        found.append(
            ArmView(arm=arm, kind=kind.words if arm.type else "", meaning=kind.meaning if arm.type else "", names=names)
        )
    return tuple(found)


def interventions(trial: Trial) -> tuple[InterventionView, ...]:
    seen: dict[str, str] = {}
    for arm in trial.arms:
        if arm.description:
            seen.setdefault(as_read(arm.description), f"the arm “{as_read(arm.label or 'without a name')}”")
    found = []
    for one in trial.interventions:
        words = as_read(one.description or "")
        found.append(
            InterventionView(
                intervention=one,
                kind=value("intervention", one.type).words if one.type else "",
                repeats=seen.get(words, "") if words else "",
            )
        )
        if words:
            seen.setdefault(words, f"“{as_read(one.name or 'without a name')}”")
    return tuple(found)


def countries(trial: Trial) -> tuple[Country, ...]:
    """Countries with most open sites first; sites that are open or about to open first within each."""
    by_name = sorted(trial.sites, key=lambda site: site.country or "")
    found = []
    for name, members in groupby(by_name, lambda site: site.country or ""):
        sites = tuple(sorted(members, key=_nearness))
        found.append(Country(name=name, sites=sites, taking=sum(site.status in RECRUITING for site in sites)))
    return tuple(sorted(found, key=lambda country: (-country.taking, country.name == "", country.name)))


def _nearness(site: Site) -> tuple[int, str, str]:
    is_open = _OPEN_FIRST.index(site.status) if site.status in _OPEN_FIRST else len(_OPEN_FIRST)
    return (is_open, site.city or "", site.facility or "")


def has_many_sites(trial: Trial) -> bool:
    return len(trial.sites) > _FEW_SITES


def outcomes(trial: Trial) -> tuple[OutcomeView, ...]:
    return tuple(
        OutcomeView(rank=rank, outcomes=tuple(outcome for _, outcome in members))
        for rank, members in groupby(trial.outcomes(), lambda one: one[0])
    )


def contacts(trial: Trial) -> tuple[Contact, ...]:
    """Those who answer for the whole trial."""
    module = trial.protocol.contacts_locations or ContactsLocations()
    return module.central_contacts or ()


def has_site_contacts(trial: Trial) -> bool:
    return any(site.contacts for site in trial.sites)


def references(trial: Trial) -> References:
    return trial.protocol.references or References()


def asides(trial: Trial) -> tuple[Aside, ...]:
    """What a portal's page said beside the record; trials that it names stand apart, and so do sponsors."""
    found = []
    for extra in trial.extras:
        heading = str(extra.path[-1])
        if extra.path[0] == "portal" and not _RELATED.search(heading) and heading != _PEOPLE:
            found.append(Aside(heading=heading, lines=tuple(_lines(extra.value))))
    return tuple(found)


def related(trial: Trial) -> tuple[Related, ...]:
    """The trials that a portal's page names, each with the words beside its id."""
    found = []
    for extra in trial.extras:
        if extra.path[0] == "portal" and _RELATED.search(str(extra.path[-1])):
            title = ""
            for line in _lines(extra.value):
                number = _NCT.search(line)
                if number is None:
                    title = line
                    continue
                rest = " ".join(line.replace(number[0], "").replace("_", " ").lower().split())
                found.append(Related(id=number[0], words=" · ".join(filter(None, (title, rest)))))
                title = ""
    return tuple(found)


def _lines(kept: Any) -> Iterator[str]:
    match kept:
        case dict():
            yield "; ".join(f"{name}: {' '.join(_lines(part))}" for name, part in kept.items())
        case list() | tuple():
            for part in kept:
                yield from _lines(part)
        case None:
            return
        case _:
            yield as_read(str(kept))


def how_to_join(trial: Trial) -> tuple[str, ...]:
    """Steps for whoever wants to take part, in our own words."""
    asked = "Call or write to the people named here. Say that you want to be checked for this trial."
    if not contacts(trial) and not has_site_contacts(trial):
        asked = "The record names nobody to call. Ask the site or the sponsor, or look at the registry's own page."
        asked = asked if registry_url(trial) else "The record names nobody to call. Ask the site or the sponsor."
    return (
        "Go through the criteria on this page with your doctor.",
        asked,
        "They will check whether you fit. You can say no at any time.",
    )


def raw(trial: Trial) -> str:
    """The record as indented JSON in the shape of the registry's API."""
    return msgspec.json.format(write_record(trial), indent=2).decode()


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One value of a record with its address, and where it stood in what was read."""

    path: str
    words: str
    origin: str


def record_fields(trial: Trial) -> Iterator[Field]:
    """Every value of the record, in its order."""
    for path, found in _flat("", msgspec.json.decode(write_record(trial))):
        origin = trial.origin(path)
        words = {True: "yes", False: "no"}.get(found, str(found)) if isinstance(found, bool) else str(found)
        yield Field(path=path, words=words, origin=origin.place if origin.place != path else "")


def _flat(path: str, found: Any) -> Iterator[tuple[str, Any]]:
    match found:
        case dict():
            for name, part in found.items():
                yield from _flat(f"{path}.{name}" if path else name, part)
        case list():
            for number, part in enumerate(found):
                yield from _flat(f"{path}[{number}]", part)
        case _:
            yield path, found
