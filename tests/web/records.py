"""Invented trials for the tests of the API and of what guards it, and libraries of them."""

import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from trialwright import samples
from trialwright.library import Library
from trialwright.library.loading import Terms
from trialwright.registries import read_trials

DAY = date(2026, 3, 2)
SCRIPT = "<script>alert('title')</script>"
MARKUP = '"><img src=x onerror=alert(1)> & <b>bold</b> {{ 7*7 }}'


def study(identity: str, title: str, **parts: Any) -> dict[str, Any]:
    """One API v2 study. parts: the modules by their short names, such as `status`; other sections as they are"""
    modules = {name: value for name, value in parts.items() if name[0].islower() and not name.endswith("Section")}
    protocol = {"identificationModule": {"nctId": identity, "briefTitle": title} | modules.pop("identification", {})}
    protocol |= {f"{name}Module": value for name, value in modules.items()}
    sections = {name: value for name, value in parts.items() if name.endswith("Section")}
    return {"protocolSection": protocol, **sections, "hasResults": "resultsSection" in sections}


def status(name: str, started: str, updated: str) -> dict[str, Any]:
    return {
        "overallStatus": name,
        "startDateStruct": {"date": started, "type": "ACTUAL"},
        "lastUpdatePostDateStruct": {"date": updated, "type": "ACTUAL"},
    }


def sites(*places: tuple[str, str, float, float]) -> dict[str, Any]:
    return {
        "locations": [
            {"facility": "A hospital", "city": city, "country": country, "geoPoint": {"lat": lat, "lon": lon}}
            for city, country, lat, lon in places
        ]
    }


CRITERIA = "Inclusion Criteria:\n\n* Age \\>= 18 years\n* ECOG 0 or 1\n\nExclusion Criteria:\n\n* Active hepatitis B\n* Pregnancy"

STUDIES = (
    study(
        "NCT10000001",
        "Toripalimab After Surgery for Recurrent Nasopharyngeal Carcinoma",
        identification={
            "acronym": "TORI-NPC",
            "orgStudyIdInfo": {"id": "B2021-077"},
            "nctIdAliases": ["NCT10000099"],
            "officialTitle": "A Phase II Trial of Toripalimab",
        },
        status=status("RECRUITING", "2022-03", "2024-06-01"),
        conditions={"conditions": ["Nasopharyngeal Carcinoma"], "keywords": ["recurrence"]},
        design={
            "studyType": "INTERVENTIONAL",
            "phases": ["PHASE2"],
            "enrollmentInfo": {"count": 60, "type": "ESTIMATED"},
        },
        armsInterventions={"interventions": [{"type": "DRUG", "name": "Toripalimab"}]},
        sponsorCollaborators={"leadSponsor": {"name": "Sun Yat-sen University", "class": "OTHER"}},
        eligibility={"eligibilityCriteria": CRITERIA, "sex": "ALL", "minimumAge": "18 Years", "maximumAge": "70 Years"},
        contactsLocations=sites(("Guangzhou", "China", 23.13, 113.26)),
        outcomes={"primaryOutcomes": [{"measure": "Overall survival", "timeFrame": "2 years"}]},
        description={"briefSummary": "Surgery \\> radiotherapy, then an antibody."},
    ),
    study(
        "NCT10000002",
        "Gemcitabine in Metastatic Nasopharyngeal Carcinoma",
        status=status("COMPLETED", "2015-01-20", "2021-02-03"),
        conditions={"conditions": ["Nasopharyngeal Carcinoma", "Metastatic Cancer"]},
        design={
            "studyType": "INTERVENTIONAL",
            "phases": ["PHASE3"],
            "enrollmentInfo": {"count": 362, "type": "ACTUAL"},
        },
        armsInterventions={"interventions": [{"type": "DRUG", "name": "Gemcitabine"}]},
        sponsorCollaborators={"leadSponsor": {"name": "Hospital of Lyon", "class": "OTHER"}},
        eligibility={"eligibilityCriteria": CRITERIA, "sex": "ALL", "minimumAge": "16 Years"},
        contactsLocations=sites(("Lyon", "France", 45.76, 4.84), ("Paris", "France", 48.86, 2.35)),
        resultsSection={"moreInfoModule": {"limitationsAndCaveats": {"description": "Few \\[sic\\]"}}},
    ),
    study(
        "NCT10000003",
        "Mometasone for Children With Asthma",
        status=status("RECRUITING", "2024", "2024-11-30"),
        conditions={"conditions": ["Asthma"]},
        design={"studyType": "OBSERVATIONAL"},
        eligibility={
            "eligibilityCriteria": CRITERIA,
            "sex": "FEMALE",
            "minimumAge": "6 Years",
            "maximumAge": "12 Years",
        },
        undocumented={"anything": [1, None, "kept"]},
    ),
    study("NCT10000004", "A Trial Without Much on Record"),
    study(
        "NCT10000005",
        f"{SCRIPT} in Lung Cancer",
        conditions={"conditions": [MARKUP]},
        description={"briefSummary": MARKUP},
        eligibility={"eligibilityCriteria": f"Inclusion Criteria:\n\n* {SCRIPT}\n* {MARKUP}"},
        contactsLocations={"centralContacts": [{"name": SCRIPT, "email": 'a"onmouseover="alert(1)@example.org'}]},
        references={"seeAlsoLinks": [{"label": "here", "url": "javascript:alert(document.domain)"}]},
    ),
)


def library_of(home: Path, studies: Iterable[dict[str, Any]] = STUDIES, *, with_samples: bool = True) -> Library:
    library = Library(home, create=True)
    lines = "\n".join(json.dumps(one) for one in studies).encode()
    library.load(read_trials(lines, "records"), Terms(today=DAY, concepts=library.concepts))
    for path in samples.trial_paths() if with_samples else ():
        library.load(read_trials(path), Terms(today=DAY, concepts=library.concepts))
    return library
