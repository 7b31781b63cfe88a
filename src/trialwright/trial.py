"""A trial as its registry record states it: frozen types in the shape of the ClinicalTrials.gov API v2, no I/O.

Absent, empty and stripped are three different things. `None` is absent: the record does not hold the key. `""` and `()`
are empty: it holds the key and nothing in it. A stripped value had its place in the published form (a printed heading)
and lost it there: it is None as well, and `Source.stripped` names its path. No field has a default that a record
could have meant.

Paths such as `protocolSection.statusModule.overallStatus` name fields everywhere: in diagnostics, origins and extras.

source  ClinicalTrials.gov API v2 (OpenAPI 2.0.5) and the keys its records hold beyond it
"""

import functools
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, get_args

import msgspec

from trialwright.codes.dates import DateError, PartialDate
from trialwright.codes.places import Diagnostic, Span

# msgspec cannot read a union with Raw; the default says "absent" and the decoder never sees it.
if TYPE_CHECKING:
    Unparsed = msgspec.Raw | None
else:
    Unparsed = msgspec.Raw

_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


class _Part(
    msgspec.Struct, frozen=True, omit_defaults=True, rename="camel", kw_only=True, forbid_unknown_fields=True, gc=False
):
    """One object of the record; its field names are the record's keys in snake case.

    An unknown key is refused, so that no reader drops one in silence: registries keep it as an `Extra`.
    """


class DatedStruct(_Part, frozen=True):
    """A date and whether it happened (ACTUAL) or is planned (ESTIMATED); the word is absent in old records."""

    date: str | None = None
    type: str | None = None

    @property
    def day(self) -> PartialDate | None:
        """None when absent or no date that can be (the reader has then left a diagnostic)."""
        try:
            return None if self.date is None else PartialDate.parse(self.date)
        except DateError:
            return None


class OrgStudyId(_Part, frozen=True):
    id: str | None = None
    type: str | None = None
    link: str | None = None
    domain: str | None = None


class Organization(_Part, frozen=True):
    full_name: str | None = None
    class_: str | None = msgspec.field(default=None, name="class")


class Identification(_Part, frozen=True):
    nct_id: str | None = None
    nct_id_aliases: tuple[str, ...] | None = None
    org_study_id_info: OrgStudyId | None = None
    secondary_id_infos: tuple[OrgStudyId, ...] | None = None
    organization: Organization | None = None
    brief_title: str | None = None
    official_title: str | None = None
    acronym: str | None = None


class ExpandedAccessInfo(_Part, frozen=True):
    has_expanded_access: bool | None = None
    nct_id: str | None = None
    status_for_nct_id: str | None = None


class Status(_Part, frozen=True):
    status_verified_date: str | None = None
    overall_status: str | None = None
    last_known_status: str | None = None
    delayed_posting: bool | None = None
    why_stopped: str | None = None
    expanded_access_info: ExpandedAccessInfo | None = None
    start_date_struct: DatedStruct | None = None
    primary_completion_date_struct: DatedStruct | None = None
    completion_date_struct: DatedStruct | None = None
    study_first_submit_date: str | None = None
    study_first_submit_qc_date: str | None = None
    study_first_post_date_struct: DatedStruct | None = None
    results_waived: bool | None = None
    results_first_submit_date: str | None = None
    results_first_submit_qc_date: str | None = None
    results_first_post_date_struct: DatedStruct | None = None
    disp_first_submit_date: str | None = None
    disp_first_submit_qc_date: str | None = None
    disp_first_post_date_struct: DatedStruct | None = None
    last_update_submit_date: str | None = None
    last_update_post_date_struct: DatedStruct | None = None


class ResponsibleParty(_Part, frozen=True):
    type: str | None = None
    investigator_full_name: str | None = None
    investigator_title: str | None = None
    investigator_affiliation: str | None = None
    old_name_title: str | None = None
    old_organization: str | None = None


class Sponsor(_Part, frozen=True):
    name: str | None = None
    class_: str | None = msgspec.field(default=None, name="class")


class SponsorCollaborators(_Part, frozen=True):
    responsible_party: ResponsibleParty | None = None
    lead_sponsor: Sponsor | None = None
    collaborators: tuple[Sponsor, ...] | None = None


class Oversight(_Part, frozen=True):
    oversight_has_dmc: bool | None = None
    is_fda_regulated_drug: bool | None = None
    is_fda_regulated_device: bool | None = None
    is_unapproved_device: bool | None = None
    is_ppsd: bool | None = None
    is_us_export: bool | None = None
    fdaaa801_violation: bool | None = msgspec.field(default=None, name="fdaaa801Violation")


class Description(_Part, frozen=True):
    brief_summary: str | None = None
    detailed_description: str | None = None


class Conditions(_Part, frozen=True):
    conditions: tuple[str, ...] | None = None
    keywords: tuple[str, ...] | None = None


class MaskingInfo(_Part, frozen=True):
    masking: str | None = None
    masking_description: str | None = None
    who_masked: tuple[str, ...] | None = None


class DesignInfo(_Part, frozen=True):
    allocation: str | None = None
    intervention_model: str | None = None
    intervention_model_description: str | None = None
    primary_purpose: str | None = None
    observational_model: str | None = None
    time_perspective: str | None = None
    masking_info: MaskingInfo | None = None


class BioSpec(_Part, frozen=True):
    retention: str | None = None
    description: str | None = None


class Enrollment(_Part, frozen=True):
    count: int | None = None
    type: str | None = None


class ExpandedAccessTypes(_Part, frozen=True):
    individual: bool | None = None
    intermediate: bool | None = None
    treatment: bool | None = None


class Design(_Part, frozen=True):
    study_type: str | None = None
    n_ptrs_to_this_exp_acc_nct_id: int | None = None
    expanded_access_types: ExpandedAccessTypes | None = None
    patient_registry: bool | None = None
    target_duration: str | None = None
    phases: tuple[str, ...] | None = None
    design_info: DesignInfo | None = None
    bio_spec: BioSpec | None = None
    enrollment_info: Enrollment | None = None


class Arm(_Part, frozen=True):
    label: str | None = None
    type: str | None = None
    description: str | None = None
    intervention_names: tuple[str, ...] | None = None


class Intervention(_Part, frozen=True):
    type: str | None = None
    name: str | None = None
    intervention_mapped_name: tuple[str, ...] | None = None
    description: str | None = None
    arm_group_labels: tuple[str, ...] | None = None
    other_names: tuple[str, ...] | None = None


class ArmsInterventions(_Part, frozen=True):
    arm_groups: tuple[Arm, ...] | None = None
    interventions: tuple[Intervention, ...] | None = None


class Outcome(_Part, frozen=True):
    measure: str | None = None
    description: str | None = None
    time_frame: str | None = None


class Outcomes(_Part, frozen=True):
    primary_outcomes: tuple[Outcome, ...] | None = None
    secondary_outcomes: tuple[Outcome, ...] | None = None
    other_outcomes: tuple[Outcome, ...] | None = None


class EligibilityText(_Part, frozen=True):
    """The eligibility module. `eligibility_criteria` is as the form holds it: Markdown with escapes in API v2."""

    eligibility_criteria: str | None = None
    healthy_volunteers: bool | None = None
    sex: str | None = None
    gender_based: bool | None = None
    gender_description: str | None = None
    minimum_age: str | None = None
    maximum_age: str | None = None
    std_ages: tuple[str, ...] | None = None
    study_population: str | None = None
    sampling_method: str | None = None


class Contact(_Part, frozen=True):
    name: str | None = None
    role: str | None = None
    phone: str | None = None
    phone_ext: str | None = None
    email: str | None = None


class Official(_Part, frozen=True):
    name: str | None = None
    affiliation: str | None = None
    role: str | None = None


class GeoPoint(_Part, frozen=True):
    lat: float | None = None
    lon: float | None = None


class Site(_Part, frozen=True):
    facility: str | None = None
    status: str | None = None
    city: str | None = None
    state: str | None = None
    zip: str | None = None
    country: str | None = None
    contacts: tuple[Contact, ...] | None = None
    country_code: str | None = None
    geo_point: GeoPoint | None = None


class ContactsLocations(_Part, frozen=True):
    central_contacts: tuple[Contact, ...] | None = None
    overall_officials: tuple[Official, ...] | None = None
    locations: tuple[Site, ...] | None = None
    locations_nested: tuple[Site, ...] | None = msgspec.field(default=None, name="locations_nested")


class Retraction(_Part, frozen=True):
    pmid: str | None = None
    status: str | None = None
    source: str | None = None


class Reference(_Part, frozen=True):
    pmid: str | None = None
    type: str | None = None
    citation: str | None = None
    retractions: tuple[Retraction, ...] | None = None


class SeeAlsoLink(_Part, frozen=True):
    label: str | None = None
    url: str | None = None


class AvailableIpd(_Part, frozen=True):
    id: str | None = None
    type: str | None = None
    url: str | None = None
    comment: str | None = None


class References(_Part, frozen=True):
    references: tuple[Reference, ...] | None = None
    see_also_links: tuple[SeeAlsoLink, ...] | None = None
    avail_ipds: tuple[AvailableIpd, ...] | None = None


class IpdSharing(_Part, frozen=True):
    ipd_sharing: str | None = None
    description: str | None = None
    info_types: tuple[str, ...] | None = None
    time_frame: str | None = None
    access_criteria: str | None = None
    url: str | None = None


class Protocol(_Part, frozen=True):
    """The record's protocolSection; a module that the record lacks is None."""

    identification: Identification | None = msgspec.field(default=None, name="identificationModule")
    status: Status | None = msgspec.field(default=None, name="statusModule")
    sponsor_collaborators: SponsorCollaborators | None = msgspec.field(default=None, name="sponsorCollaboratorsModule")
    oversight: Oversight | None = msgspec.field(default=None, name="oversightModule")
    description: Description | None = msgspec.field(default=None, name="descriptionModule")
    conditions: Conditions | None = msgspec.field(default=None, name="conditionsModule")
    design: Design | None = msgspec.field(default=None, name="designModule")
    arms_interventions: ArmsInterventions | None = msgspec.field(default=None, name="armsInterventionsModule")
    outcomes: Outcomes | None = msgspec.field(default=None, name="outcomesModule")
    eligibility: EligibilityText | None = msgspec.field(default=None, name="eligibilityModule")
    contacts_locations: ContactsLocations | None = msgspec.field(default=None, name="contactsLocationsModule")
    references: References | None = msgspec.field(default=None, name="referencesModule")
    ipd_sharing: IpdSharing | None = msgspec.field(default=None, name="ipdSharingStatementModule")


class MeshTerm(_Part, frozen=True):
    id: str | None = None
    term: str | None = None


class BrowseLeaf(_Part, frozen=True):
    id: str | None = None
    name: str | None = None
    as_found: str | None = None
    relevance: str | None = None


class BrowseBranch(_Part, frozen=True):
    abbrev: str | None = None
    name: str | None = None


class Browse(_Part, frozen=True):
    """MeSH terms the registry derived from conditions or interventions."""

    meshes: tuple[MeshTerm, ...] | None = None
    ancestors: tuple[MeshTerm, ...] | None = None
    browse_leaves: tuple[BrowseLeaf, ...] | None = None
    browse_branches: tuple[BrowseBranch, ...] | None = None


class FirstMcpInfo(_Part, frozen=True):
    post_date_struct: DatedStruct | None = None


class SubmissionInfo(_Part, frozen=True):
    release_date: str | None = None
    unrelease_date: str | None = None
    unrelease_date_unknown: bool | None = None
    reset_date: str | None = None
    mcp_release_n: int | None = None


class SubmissionTracking(_Part, frozen=True):
    first_mcp_info: FirstMcpInfo | None = None
    estimated_results_first_submit_date: str | None = None
    submission_infos: tuple[SubmissionInfo, ...] | None = None


class BmiLimits(_Part, frozen=True):
    min_bmi: float | None = None
    max_bmi: float | None = None


class ModelPredictions(_Part, frozen=True):
    bmi_limits: BmiLimits | None = None


class MiscInfo(_Part, frozen=True):
    version_holder: str | None = None
    removed_countries: tuple[str, ...] | None = None
    submission_tracking: SubmissionTracking | None = None
    model_predictions: ModelPredictions | None = None


class Derived(_Part, frozen=True):
    """The record's derivedSection: what the registry computed, not what the sponsor wrote."""

    misc_info: MiscInfo | None = msgspec.field(default=None, name="miscInfoModule")
    condition_browse: Browse | None = msgspec.field(default=None, name="conditionBrowseModule")
    intervention_browse: Browse | None = msgspec.field(default=None, name="interventionBrowseModule")


class Record(_Part, frozen=True):
    """One API v2 study, whole. Results, documents and annotations are kept as they came, unparsed."""

    protocol: Protocol | None = msgspec.field(default=None, name="protocolSection")
    results: Unparsed = msgspec.field(default=None, name="resultsSection")
    documents: Unparsed = msgspec.field(default=None, name="documentSection")
    annotations: Unparsed = msgspec.field(default=None, name="annotationSection")
    derived: Derived | None = msgspec.field(default=None, name="derivedSection")
    has_results: bool | None = None


Presence = Literal["stated", "empty", "stripped", "absent"]
Form = Literal[
    "api-v2", "api-v1", "csv", "classic-xml", "portal-glued", "portal-labelled", "portal-stripped", "flattened-row"
]


class Origin(msgspec.Struct, frozen=True):
    """Where a value stood in what was read.

    place  the form's own address: a JSON path, a CSV column, an XML element path, a printed heading
    span   its characters in the record's text, where the form is text; None elsewhere
    """

    place: str
    span: Span | None = None


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """What a trial was read from.

    name      the file's name or the address it came from; "" when it was handed over as bytes
    form      the published form, recognised by content
    position  the record's number in the file from 1, or the line where it begins
    origins   path -> where the value stood, for forms that are not API v2 (there the path is the place)
    stripped  paths whose place the form printed and whose value it lost
    """

    name: str = ""
    form: Form = "api-v2"
    position: int = 1
    origins: Mapping[str, Origin] = {}
    stripped: frozenset[str] = frozenset()


class Extra(msgspec.Struct, frozen=True):
    """A value that the types above have no place for: an undocumented key, or a known key with a value of another type.

    path   keys and list positions from the record's top; in a form that is not API v2, the form's own address alone
    value  plain JSON
    """

    path: tuple[str | int, ...]
    value: Any


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """One trial with its source. `record` holds the fields; the properties below are the ones most often asked for.

    diagnostics  what reading the form lost, mixed in or could not take
    """

    record: Record
    source: Source = Source()
    extras: tuple[Extra, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def protocol(self) -> Protocol:
        return self.record.protocol or Protocol()

    @property
    def nct_id(self) -> str | None:
        module = self.protocol.identification
        return module.nct_id if module else None

    @property
    def title(self) -> str | None:
        """The brief title, or the official one where a record has no other."""
        module = self.protocol.identification
        return (module.brief_title or module.official_title) if module else None

    @property
    def overall_status(self) -> str | None:
        module = self.protocol.status
        return module.overall_status if module else None

    @property
    def phases(self) -> tuple[str, ...]:
        module = self.protocol.design
        return (module.phases or ()) if module else ()

    @property
    def conditions(self) -> tuple[str, ...]:
        module = self.protocol.conditions
        return (module.conditions or ()) if module else ()

    @property
    def arms(self) -> tuple[Arm, ...]:
        module = self.protocol.arms_interventions
        return (module.arm_groups or ()) if module else ()

    @property
    def interventions(self) -> tuple[Intervention, ...]:
        module = self.protocol.arms_interventions
        return (module.interventions or ()) if module else ()

    @property
    def sites(self) -> tuple[Site, ...]:
        module = self.protocol.contacts_locations
        return (module.locations or ()) if module else ()

    @property
    def eligibility(self) -> EligibilityText:
        return self.protocol.eligibility or EligibilityText()

    def outcomes(self) -> Iterator[tuple[Literal["primary", "secondary", "other"], Outcome]]:
        module = self.protocol.outcomes
        if module is None:
            return
        for outcome in module.primary_outcomes or ():
            yield "primary", outcome
        for outcome in module.secondary_outcomes or ():
            yield "secondary", outcome
        for outcome in module.other_outcomes or ():
            yield "other", outcome

    def presence(self, path: str) -> Presence:
        """What the record says about one field.

        path    dotted API v2 path without list positions, such as `protocolSection.eligibilityModule.minimumAge`;
                below a list it is the strongest word of the list's members
        raises  KeyError for a path that no field has
        """
        keys = tuple(path.split("."))
        _require_field(Record, keys)
        found = _presence(self.record, keys)
        return "stripped" if found == "absent" and path in self.source.stripped else found

    def text_at(self, path: str) -> str | None:
        """The text at an address of the record, list positions in brackets: `…primaryOutcomes[0].timeFrame`.

        returns  None where no text stands: another kind of value, an absent one, an address of another form
        """
        value: object = self.record
        for key, position in _STEP.findall(path):
            if position:
                value = value[int(position)] if isinstance(value, tuple) and int(position) < len(value) else None
            else:
                fields = part_fields(type(value)) if isinstance(value, msgspec.Struct) else {}
                value = getattr(value, fields[key][0]) if key in fields else None
        return value if isinstance(value, str) else None

    def origin(self, path: str) -> Origin:
        """Where the value of `path` (list positions in brackets: `…locations[2].city`) stood in what was read."""
        while path not in self.source.origins and ("." in path or "[" in path) and self.source.origins:
            path = path[: max(path.rfind("."), path.rfind("["))]
        return self.source.origins.get(path, Origin(place=path))

    def __repr__(self) -> str:
        return f"<Trial {self.nct_id or 'without id'}: {self.title or 'untitled'}>"


def _presence(value: object, keys: tuple[str, ...]) -> Presence:
    if value is None:
        return "absent"
    if not keys:
        return "empty" if value in ("", ()) else "stated"
    if isinstance(value, tuple):
        words = {_presence(member, keys) for member in value}
        return "stated" if "stated" in words else "empty" if "empty" in words else "absent"
    assert isinstance(value, msgspec.Struct), "the path was checked against the types"  # noqa: S101
    attribute, _ = part_fields(type(value))[keys[0]]
    return _presence(getattr(value, attribute), keys[1:])


def _require_field(part: type, keys: tuple[str, ...]) -> None:
    for key in keys:
        fields = part_fields(part) if issubclass(part, msgspec.Struct) else {}
        if key not in fields:
            raise KeyError(f"no field {'.'.join(keys)}: {part.__name__} has no {key}")
        part = fields[key][1]


@functools.cache
def part_fields(part: type[msgspec.Struct]) -> Mapping[str, tuple[str, type]]:
    """The keys of one part of the record: key -> its attribute's name and the type of its value (of a list's members)."""
    return {field.encode_name: (field.name, _member_type(field.type)) for field in msgspec.structs.fields(part)}


def is_list(part: type[msgspec.Struct], key: str) -> bool:
    """Whether the record holds a list under this key of this part."""
    return key in _list_keys(part)


@functools.cache
def _list_keys(part: type[msgspec.Struct]) -> frozenset[str]:
    return frozenset(field.encode_name for field in msgspec.structs.fields(part) if _is_tuple(field.type))


def _is_tuple(annotation: Any) -> bool:
    return any(getattr(option, "__origin__", None) is tuple for option in (annotation, *get_args(annotation)))


def _member_type(annotation: Any) -> type:
    inner = [option for option in get_args(annotation) if option not in (type(None), Ellipsis)]
    return _member_type(inner[0]) if inner else annotation
