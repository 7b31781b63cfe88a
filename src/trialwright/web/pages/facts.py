"""A trial's record in, its facts in words out: one function for each field that `fields.tsv` names, in that order.

What the record does not say is not said here either; what the published form lost is called lost.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec

from trialwright.export.words import counted
from trialwright.library.describing import RECRUITING
from trialwright.trial import (
    ContactsLocations,
    DatedStruct,
    Design,
    DesignInfo,
    Identification,
    IpdSharing,
    MaskingInfo,
    Official,
    Oversight,
    Site,
    Sponsor,
    SponsorCollaborators,
    Status,
    Trial,
)

from .words import Label, Said, day_words, fields, listed, value, yes_no

Found = Iterable[Said]
_MOST_NAMED = 4


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """A field with what the record says in it.

    values   empty when it says nothing
    is_lost  the form that was read had a place for it and lost the value
    """

    label: Label
    values: tuple[Said, ...]
    is_lost: bool = False


ALWAYS = frozenset(
    ("status", "type", "phase", "enrollment", "ages", "sex", "conditions", "interventions", "start", "completion",
     "sponsor", "places", "id")
)  # fmt: skip
"""Quick facts that are shown even where the record says nothing: that it says nothing is a fact."""

_MODULE = "protocolSection."
_PATHS = {
    "conditions": _MODULE + "conditionsModule.conditions",
    "interventions": _MODULE + "armsInterventionsModule.interventions",
    "sponsor": _MODULE + "sponsorCollaboratorsModule.leadSponsor",
    "lead": _MODULE + "sponsorCollaboratorsModule.leadSponsor",
    "partners": _MODULE + "sponsorCollaboratorsModule.collaborators",
    "party": _MODULE + "sponsorCollaboratorsModule.responsibleParty",
}
"""Where a form that lost a value has its place."""


def facts(trial: Trial, section: str) -> tuple[Fact, ...]:
    """The fields of a section that the record fills, with those that it should have filled."""
    found = []
    for label in fields(section):
        values = tuple(said for said in _READERS[section, label.name](trial) if said.words)
        is_lost = not values and label.name in _PATHS and trial.presence(_PATHS[label.name]) == "stripped"
        if values or is_lost or (section == "facts" and label.name in ALWAYS):
            found.append(Fact(label=label, values=values, is_lost=is_lost))
    return tuple(found)


def _said(*words: str | None) -> Found:
    return [Said(word) for word in words if word]


def _status(trial: Trial) -> Status:
    return trial.protocol.status or Status()


def _design(trial: Trial) -> Design:
    return trial.protocol.design or Design()


def _info(trial: Trial) -> DesignInfo:
    return _design(trial).design_info or DesignInfo()


def _masking(trial: Trial) -> MaskingInfo:
    return _info(trial).masking_info or MaskingInfo()


def _identification(trial: Trial) -> Identification:
    return trial.protocol.identification or Identification()


def _sponsors(trial: Trial) -> SponsorCollaborators:
    return trial.protocol.sponsor_collaborators or SponsorCollaborators()


def _sharing(trial: Trial) -> IpdSharing:
    return trial.protocol.ipd_sharing or IpdSharing()


def _oversight(trial: Trial) -> Oversight:
    return trial.protocol.oversight or Oversight()


def _dated(date: DatedStruct | None) -> Found:
    if date is None or not date.date:
        return []
    kind = value("dated", date.type).words if date.type else ""
    return [Said(f"{day_words(date.date)}{f' ({kind})' if kind else ''}")]


def _coded(field: str, *codes: str | None) -> Found:
    return [value(field, code) for code in codes if code]


def _statuses(trial: Trial) -> Iterator[Said]:
    status = _status(trial)
    yield from _coded("status", status.overall_status)
    if status.last_known_status:
        yield Said(f"it was {value('status', status.last_known_status).words} when last heard of")


def _enrollment(trial: Trial) -> Found:
    info = _design(trial).enrollment_info
    if info is None or info.count is None:
        return []
    kind = value("dated", info.type).words if info.type else ""
    kind = {"it happened": "took part", "planned": "planned"}.get(kind, kind)
    return [Said(f"{info.count:,}{f' ({kind})' if kind else ''}")]


def ages_words(trial: Trial) -> str:
    """`18 to 70 years`; "" when the record states no limit."""
    youngest, oldest = trial.eligibility.minimum_age, trial.eligibility.maximum_age
    if youngest and oldest:
        low, high = youngest.lower(), oldest.lower()
        number, _, unit = low.partition(" ")
        return f"{number} to {high}" if high.endswith(unit) else f"{low} to {high}"
    if youngest or oldest:
        return f"{youngest.lower()} and older" if youngest else f"up to {(oldest or '').lower()}"
    return ""


def _ages(trial: Trial) -> Iterator[Said]:
    groups = [value("ages", code).words for code in trial.eligibility.std_ages or ()]
    words = ages_words(trial)
    yield Said(words, f"That is: {listed(groups)}." if groups and words else "")
    if not words and groups:
        yield Said(listed(groups))


def _genders(trial: Trial) -> Found:
    words = _said(trial.eligibility.gender_description)
    return [Said("by how people see themselves"), *words] if trial.eligibility.gender_based else words


def _interventions(trial: Trial) -> Iterator[Said]:
    for one in trial.interventions:
        kind = f" ({value('intervention', one.type).words})" if one.type and one.type != "OTHER" else ""
        yield Said(f"{one.name}{kind}" if one.name else "")


def _sponsor(sponsor: Sponsor | None) -> Found:
    if sponsor is None or not sponsor.name:
        return []
    kind = value("sponsor", sponsor.class_).words if sponsor.class_ else ""
    return [Said(f"{sponsor.name}{f' ({kind})' if kind else ''}")]


def _partners(trial: Trial) -> Iterator[Said]:
    for sponsor in _sponsors(trial).collaborators or ():
        yield from _sponsor(sponsor)


def _places(trial: Trial) -> Iterator[Said]:
    sites = trial.sites
    if not sites:
        return
    countries = list(dict.fromkeys(site.country for site in sites if site.country))
    where = countries or [_town(site) for site in sites]
    words = f"{counted(len(sites), 'site')}{f' in {listed(where)}' if any(where) else ''}"
    taking = sum(site.status in RECRUITING for site in sites if site.status)
    meaning = f"{taking} of them {'is' if taking == 1 else 'are'} open or about to open." if taking else ""
    yield Said(words, " ".join(filter(None, (meaning, unnamed_words(trial)))))


def unnamed_words(trial: Trial) -> str:
    """How many places the page of a portal counts and does not name; "" when it names them all."""
    return next((f"{remark.message}." for remark in trial.diagnostics if remark.code == "sites-unnamed"), "")


def _town(site: Site) -> str:
    return ", ".join(filter(None, (site.city, site.state)))


def _results(trial: Trial) -> Found:
    if trial.record.has_results is None and trial.record.results is None:
        return []
    is_posted = trial.record.has_results or trial.record.results is not None
    return [Said("posted in the registry" if is_posted else "none posted yet")]


def _updated(trial: Trial) -> Found:
    status = _status(trial)
    posted = status.last_update_post_date_struct
    return _said(day_words((posted.date if posted else None) or status.last_update_submit_date))


def registry_url(trial: Trial) -> str:
    """The trial's page in the registry; "" for a record without a number of the registry."""
    name = trial.nct_id or ""
    return f"https://clinicaltrials.gov/study/{name}" if name.startswith("NCT") and name[3:].isdigit() else ""


def _officials(trial: Trial) -> Iterator[Said]:
    module = trial.protocol.contacts_locations or ContactsLocations()
    for one in module.overall_officials or ():
        yield Said(official_words(one))


def official_words(one: Official) -> str:
    role = value("role", one.role).words if one.role else ""
    return ", ".join(filter(None, (one.name, role, one.affiliation)))


def _party(trial: Trial) -> Iterator[Said]:
    party = _sponsors(trial).responsible_party
    if party is None:
        return
    if party.type:
        yield value("party", party.type)
    who = (party.investigator_full_name, party.investigator_title, party.investigator_affiliation)
    yield Said(", ".join(filter(None, who)))
    yield Said(", ".join(filter(None, (party.old_name_title, party.old_organization))))


def _leads(trial: Trial) -> Iterator[Said]:
    yield from _sponsor(_sponsors(trial).lead_sponsor)
    for extra in trial.extras:
        if extra.path[-1] == "Sponsors" and isinstance(extra.value, list):
            names = [str(one.get("name", "")) for one in extra.value if isinstance(one, dict)]
            yield Said("; ".join(names), "The page lists them and does not say which of them leads.")


def _other_ids(trial: Trial) -> Iterator[Said]:
    for one in _identification(trial).secondary_id_infos or ():
        kind = ", ".join(filter(None, ((one.type or "").replace("_", " ").lower(), one.domain)))
        yield Said(f"{one.id}{f' ({kind})' if kind else ''}" if one.id else "", url=one.link or "")


def _org_id(trial: Trial) -> Iterator[Said]:
    one = _identification(trial).org_study_id_info
    if one is not None and one.id:
        kind = ", ".join(filter(None, ((one.type or "").replace("_", " ").lower(), one.domain)))
        yield Said(f"{one.id}{f' ({kind})' if kind else ''}", url=one.link or "")


def _access(trial: Trial) -> Iterator[Said]:
    types, info = _design(trial).expanded_access_types, _status(trial).expanded_access_info
    kinds = (("individual", "single people"), ("intermediate", "middle-sized groups"), ("treatment", "many people"))
    named = [words for name, words in kinds if types is not None and getattr(types, name)]
    yield Said(f"for {listed(named)}" if named else "")
    if info is not None:
        yield from yes_no("yes", info.has_expanded_access)
        state = f" ({value('status', info.status_for_nct_id).words})" if info.status_for_nct_id else ""
        yield Said(f"{info.nct_id}{state}" if info.nct_id else "")


def _organization(trial: Trial) -> Found:
    one = _identification(trial).organization
    return [] if one is None else _sponsor(Sponsor(name=one.full_name, class_=one.class_))


_READERS: Mapping[tuple[str, str], Callable[[Trial], Found]] = {
    ("facts", "status"): _statuses,
    ("facts", "stopped"): lambda t: _said(_status(t).why_stopped),
    ("facts", "type"): lambda t: _coded("type", _design(t).study_type),
    ("facts", "phase"): lambda t: _coded("phase", *t.phases),
    ("facts", "enrollment"): _enrollment,
    ("facts", "ages"): _ages,
    ("facts", "sex"): lambda t: _coded("sex", t.eligibility.sex),
    ("facts", "gender"): _genders,
    ("facts", "healthy"): lambda t: yes_no("healthy", t.eligibility.healthy_volunteers),
    ("facts", "conditions"): lambda t: _said(*t.conditions),
    ("facts", "keywords"): lambda t: _said(*((t.protocol.conditions.keywords or ()) if t.protocol.conditions else ())),
    ("facts", "interventions"): _interventions,
    ("facts", "start"): lambda t: _dated(_status(t).start_date_struct),
    ("facts", "primary_completion"): lambda t: _dated(_status(t).primary_completion_date_struct),
    ("facts", "completion"): lambda t: _dated(_status(t).completion_date_struct),
    ("facts", "sponsor"): lambda t: _sponsor(_sponsors(t).lead_sponsor),
    ("facts", "partners"): _partners,
    ("facts", "places"): _places,
    ("facts", "results"): _results,
    ("facts", "updated"): _updated,
    ("facts", "id"): lambda t: [Said(t.nct_id or "", url=registry_url(t))],
    ("design", "purpose"): lambda t: _coded("purpose", _info(t).primary_purpose),
    ("design", "allocation"): lambda t: _coded("allocation", _info(t).allocation),
    ("design", "model"): lambda t: _coded("model", _info(t).intervention_model),
    ("design", "model_words"): lambda t: _said(_info(t).intervention_model_description),
    ("design", "masking"): lambda t: _coded("masking", _masking(t).masking),
    ("design", "masked"): lambda t: _coded("masked", *(_masking(t).who_masked or ())),
    ("design", "masking_words"): lambda t: _said(_masking(t).masking_description),
    ("design", "observational"): lambda t: _coded("model", _info(t).observational_model),
    ("design", "perspective"): lambda t: _coded("perspective", _info(t).time_perspective),
    ("design", "duration"): lambda t: _said((_design(t).target_duration or "").lower()),
    ("design", "registry"): lambda t: yes_no("yes", _design(t).patient_registry),
    ("design", "population"): lambda t: _said(t.eligibility.study_population),
    ("design", "sampling"): lambda t: _coded("sampling", t.eligibility.sampling_method),
    ("design", "samples"): lambda t: _coded("samples", bio.retention if (bio := _design(t).bio_spec) else None),
    ("design", "samples_words"): lambda t: _said(bio.description if (bio := _design(t).bio_spec) else None),
    ("design", "access"): _access,
    ("design", "board"): lambda t: yes_no("yes", _oversight(t).oversight_has_dmc),
    ("design", "fda_drug"): lambda t: yes_no("yes", _oversight(t).is_fda_regulated_drug),
    ("design", "fda_device"): lambda t: yes_no("yes", _oversight(t).is_fda_regulated_device),
    ("people", "lead"): _leads,
    ("people", "partners"): _partners,
    ("people", "party"): _party,
    ("people", "officials"): _officials,
    ("ids", "id"): lambda t: [Said(t.nct_id or "", url=registry_url(t))],
    ("ids", "aliases"): lambda t: _said(*(_identification(t).nct_id_aliases or ())),
    ("ids", "org"): _org_id,
    ("ids", "other"): _other_ids,
    ("ids", "acronym"): lambda t: _said(_identification(t).acronym),
    ("ids", "official"): lambda t: _said(_identification(t).official_title),
    ("ids", "organization"): _organization,
    ("ids", "verified"): lambda t: _said(day_words(_status(t).status_verified_date)),
    ("ids", "first_sent"): lambda t: _said(day_words(_status(t).study_first_submit_date)),
    ("ids", "first_posted"): lambda t: _dated(_status(t).study_first_post_date_struct),
    ("ids", "results_posted"): lambda t: _dated(_status(t).results_first_post_date_struct),
    ("ids", "last_sent"): lambda t: _said(day_words(_status(t).last_update_submit_date)),
    ("ids", "last_posted"): lambda t: _dated(_status(t).last_update_post_date_struct),
    ("sharing", "sharing"): lambda t: _coded("sharing", _sharing(t).ipd_sharing),
    ("sharing", "words"): lambda t: _said(_sharing(t).description),
    ("sharing", "types"): lambda t: _coded("shared", *(_sharing(t).info_types or ())),
    ("sharing", "time"): lambda t: _said(_sharing(t).time_frame),
    ("sharing", "access"): lambda t: _said(_sharing(t).access_criteria),
    ("sharing", "url"): lambda t: [Said(_sharing(t).url or "", url=_sharing(t).url or "")],
}
