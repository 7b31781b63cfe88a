"""Invented trials for the tests of the library, as API v2 records, and small libraries of them."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from trialwright.library import Library
from trialwright.library.loading import Counts, Terms
from trialwright.registries import Unreadable, read_trials
from trialwright.trial import Trial

DAY = date(2026, 3, 2)

NPC = {
    "id": "NCT10000001",
    "title": "Toripalimab After Surgery for Recurrent Nasopharyngeal Carcinoma",
    "conditions": ["Nasopharyngeal Carcinoma"],
    "drugs": ["Toripalimab"],
    "summary": "Re-irradiation harms. This trial removes the recurrence and gives an antibody afterwards.",
    "criteria": "Inclusion Criteria:\n\n* Age 18 to 70 years\n* ECOG performance status 0 or 1\n"
    "* Recurrent nasopharyngeal carcinoma\n\nExclusion Criteria:\n\n* Prior anti-PD-1 treatment\n* Hepatitis B\n* Pregnancy",
    "status": "RECRUITING",
    "phases": ["PHASE2"],
    "updated": "2025-06-01",
    "sites": [("Guangzhou", "China", 23.13, 113.26, "RECRUITING")],
    "ages": ("18 Years", "70 Years"),
}
OLDER_NPC = NPC | {
    "id": "NCT10000002",
    "title": "Camrelizumab Versus Chemotherapy in Metastatic NPC",
    "drugs": ["Camrelizumab", "Gemcitabine"],
    "summary": "An antibody is compared with gemcitabine.",
    "criteria": "Inclusion Criteria:\n\n* Age ≥ 18 years\n* ECOG performance status 0 to 2\n\n"
    "Exclusion Criteria:\n\n* Active hepatitis B",
    "status": "COMPLETED",
    "phases": ["PHASE3"],
    "updated": "2021-02",
    "sites": [("Lyon", "France", 45.76, 4.84, None)],
    "ages": ("18 Years", None),
}
ASTHMA = {
    "id": "NCT10000003",
    "title": "Inhaled Budesonide in Children With Asthma",
    "conditions": ["Asthma"],
    "drugs": ["Budesonide"],
    "summary": "Children breathe a steroid each morning.",
    "criteria": "Inclusion Criteria:\n\n* Asthma\n* Age 6 to 12 years\n\nExclusion Criteria:\n\n* Nasal polyps\n* Cystic fibrosis",
    "status": "RECRUITING",
    "phases": ["PHASE4"],
    "sex": "ALL",
    "updated": "2024-11-30",
    "sites": [("Lyon", "France", 45.76, 4.84, "RECRUITING")],
    "ages": ("6 Years", "12 Years"),
}
ENDOMETRIOSIS = {
    "id": "NCT10000004",
    "title": "Yoga for Women With Endometriosis",
    "conditions": ["Endometriosis"],
    "drugs": [],
    "summary": "Exercise twice a week.",
    "criteria": "Inclusion Criteria:\n\n* Endometriosis",
    "sex": "FEMALE",
    "updated": "2023-01-15",
}
BARE = {"id": "NCT10000005", "title": "A Registry Without Much on Record"}
ALL = (NPC, OLDER_NPC, ASTHMA, ENDOMETRIOSIS, BARE)


def study(**values: Any) -> dict[str, Any]:
    """One API v2 study; what is not given is absent."""
    part = values.get
    sites = [
        _stated(facility="A hospital", city=city, country=country, status=status, geoPoint={"lat": lat, "lon": lon})
        for city, country, lat, lon, status in part("sites", [])
    ]
    ages = part("ages", (None, None))
    protocol = {
        "identificationModule": _stated(nctId=part("id"), briefTitle=part("title")),
        "statusModule": _stated(
            overallStatus=part("status"), lastUpdatePostDateStruct=_stated(date=part("updated"), type="ACTUAL")
        ),
        "descriptionModule": _stated(briefSummary=part("summary")),
        "conditionsModule": _stated(conditions=part("conditions")),
        "designModule": _stated(phases=part("phases"), studyType=part("type")),
        "armsInterventionsModule": _stated(
            interventions=[{"type": "DRUG", "name": name} for name in part("drugs", [])]
        ),
        "eligibilityModule": _stated(
            eligibilityCriteria=part("criteria"), sex=part("sex"), minimumAge=ages[0], maximumAge=ages[1]
        ),
        "contactsLocationsModule": _stated(locations=sites),
    }
    return {"protocolSection": {name: module for name, module in protocol.items() if module}}


def _stated(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}


def records(*rows: dict[str, Any]) -> bytes:
    return "\n".join(json.dumps(study(**row)) for row in rows).encode()


def trials(*rows: dict[str, Any]) -> Iterator[Trial | Unreadable]:
    yield from read_trials(records(*rows), "rows")


def terms(library: Library, **given: Any) -> Terms:
    return Terms(today=DAY, concepts=library.concepts, **given)


def load(library: Library, *rows: dict[str, Any], **given: Any) -> Counts:
    return library.load(trials(*rows), terms(library, **given))


def library_of(home: Path, *rows: dict[str, Any]) -> Library:
    library = Library(home, create=True)
    load(library, *(rows or ALL))
    return library
