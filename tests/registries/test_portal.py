"""Invented pages of the three kinds: any sections, in any order, with any values, indented, spaced out, with any line ends.

Nothing here is taken from a real page but the headings and labels, which are facts of the form.
"""

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialwright.registries import portal
from trialwright.trial import Trial

STATUS = "protocolSection.statusModule"
DESIGN = "protocolSection.designModule"
ARMS = "protocolSection.armsInterventionsModule"
SPONSORS = "protocolSection.sponsorCollaboratorsModule"
CONTACTS = "protocolSection.contactsLocationsModule"
ELIGIBILITY = "protocolSection.eligibilityModule"

EXPLAINED = {
    "Study Results": "Find out whether anything has been reported for this trial.",
    "Basic Information": "See the few facts that most visitors want to know first.",
    "Brief Summary": "Review what the people behind the trial say about it.",
    "Detailed Description": "Explore the longer account of how the trial will run.",
    "Conditions": "Check which illnesses the trial is meant for.",
    "Study Design": "Learn how people are assigned and who knows about it.",
    "Study Groups": "Understand which groups there are and what each receives.",
    "Interventions": "Discover what is given or done to the people who join.",
    "Other Intervention Names": "Get further names for what is given or done.",
    "Eligibility Criteria": "Identify who may join this trial and who may not.",
    "Sponsors": "Meet those who pay for this trial or help with it.",
    "Responsible Party": "See who answers for what this record says.",
    "Principal Investigators": "Get to know who leads the work in this trial.",
    "Locations": "Find the places that take part and their state.",
    "Countries": "Review the countries where those places are found.",
    "Central Contacts": "Reach the people who answer questions about this trial.",
    "Facility Contacts": "Reach the people at the single places directly.",
    "References": "Explore what was written about this work before.",
    "Other Identifiers": "Check under which other numbers this trial is known.",
    "More Related Trials": "Discover other trials that resemble this one in some way.",
}

TITLE = "Mistletoe Against Hiccups in Lighthouse Keepers"
CRITERIA = """Inclusion Criteria

1. Hiccups on three days of the last week.
2. Keeps a lighthouse, or kept one until last year.

   A lightship counts as well.

Exclusion Criteria

1. Allergic to mistletoe.
2. Swallows swords."""
LONG = (
    "Mistletoe tea 250 mL by mouth three times a day for 14 days, brewed by the keeper and drunk while it is still hot."
)
LONGER = "Plain hot water in the same cups, three times a day for 14 days, so that nobody can tell from the cup what is in it."


@dataclass
class Page:
    """A page in the making: heading -> its paragraphs; the labels of the labelled kind can be left out."""

    sections: dict[str, list[str]] = field(default_factory=dict)
    top: list[str] = field(default_factory=lambda: [TITLE, "NCT ID: NCT00990099", "Last Updated: 2031-07-04"])
    explained: Mapping[str, str] = field(default_factory=lambda: EXPLAINED)

    def text(self, gap: str = "\n\n") -> str:
        parts = list(self.top)
        for heading, body in self.sections.items():
            parts += [heading, *([self.explained[heading]] if heading in self.explained else []), *body]
        return gap.join(parts)


def labelled() -> dict[str, list[str]]:
    """A page with every heading: heading -> paragraphs."""
    return {heading: [*body.split("\n")] for heading, body in SHORT.items()} | {
        "Study Groups": [
            *(
                "Tea",
                LONG,
                "Group Type EXPERIMENTAL",
                *TEA,
                LONG,
                "Water first",
                LONGER,
                "Group Type PLACEBO_COMPARATOR",
            ),
            *("Hot water", "Intervention Type OTHER", LONGER, *TEA, LONG, "Watched only", "Group Type NO_INTERVENTION"),
        ],
        "Interventions": ["Mistletoe tea", LONG, TEA[1], "Hot water", LONGER, "Intervention Type OTHER"],
        "Eligibility Criteria": [CRITERIA, *BEHIND_THE_CRITERIA.split("\n")],
    }


TEA = ("Mistletoe tea", "Intervention Type DIETARY_SUPPLEMENT")
BEHIND_THE_CRITERIA = """Minimum Eligible Age
6 Months
Maximum Eligible Age
1 year
Eligible Sex
FEMALE
Accepts Healthy Volunteers
Yes"""
SHORT = {
    "Study Results": "Results pending\nThe team has not published any figures so far, come back another day.",
    "Basic Information": """Recruitment Status
ACTIVE_NOT_RECRUITING
Clinical Phase
PHASE1, PHASE2
Total Enrollment
1,204 participants
Study Classification
INTERVENTIONAL
Study Start Date
2030-02
Study Completion Date
2033-11-30""",
    "Brief Summary": "Hiccups cost sleep. Tea may help.\nA second paragraph with x 109/L in it.",
    "Conditions": "Hiccups\nInsomnia",
    "Study Design": """Allocation Method
NON_RANDOMIZED
Intervention Model
CROSSOVER
Primary Study Purpose
SUPPORTIVE_CARE
Blinding Strategy
TRIPLE""",
    "Sponsors": "Institute of Towers\nOTHER_GOV\nSponsor Role lead\nTea Works Ltd\nINDUSTRY\nSponsor Role collaborator",
    "Responsible Party": """Ada Beam
Keeper in Chief
Institute of Towers
Responsibility Role SPONSOR_INVESTIGATOR""",
    "Principal Investigators": "Ada Beam, MD\nRole: STUDY_CHAIR\nInstitute of Towers, Harbour Office",
    "Locations": """North Light, Department of Stairs
Oban, Scotland, United Kingdom
Site Status RECRUITING
South Light
Seoul, Korea, Republic of
Site Status WITHDRAWN""",
    "Countries": "United Kingdom\nSouth Korea",
    "Central Contacts": "Bo Lamp\nRole: CONTACT\n+44 20 555 0101\nbo@example.org\nCy Wick\nRole: CONTACT",
    "References": "Beam A. On stairs. J Tow. 2029;1:1-9.",
    "Other Identifiers": """TOWER-7
Identifier Type: -
Identifier Source: org_study_id
2030-001
Identifier Type: EUDRACT_NUMBER
Identifier Source: secondary_id""",
    "More Related Trials": "Tea for Sailors\nNCT00990011 COMPLETED PHASE4",
}


def read(page: Page, gap: str = "\n\n") -> Trial:
    text = page.text(gap)
    assert portal.looks_like(text)
    trial = portal.read(text, "page.txt", 3)
    for path, origin in trial.source.origins.items():
        assert origin.span, path
        assert origin.span.end <= len(text)
    return trial


def codes(trial: Trial) -> set[str]:
    return {remark.code for remark in trial.diagnostics}


class TestLabelled:
    def test_facts(self) -> None:
        trial = read(Page(labelled()))
        protocol = trial.protocol
        assert (trial.source.form, trial.source.position, trial.source.stripped) == ("portal-labelled", 3, frozenset())
        assert (trial.title, trial.nct_id, trial.overall_status) == (TITLE, "NCT00990099", "ACTIVE_NOT_RECRUITING")
        assert trial.phases == ("PHASE1", "PHASE2")
        assert protocol.design
        assert protocol.design.enrollment_info
        assert protocol.design.enrollment_info.count == 1204
        assert protocol.status
        assert protocol.status.start_date_struct
        assert protocol.status.start_date_struct.date == "2030-02"
        info = protocol.design.design_info
        assert info
        assert (info.allocation, info.intervention_model, info.primary_purpose) == (
            "NON_RANDOMIZED",
            "CROSSOVER",
            "SUPPORTIVE_CARE",
        )
        assert trial.conditions == ("Hiccups", "Insomnia")
        assert trial.record.has_results is False

    def test_texts_are_verbatim(self) -> None:
        trial = read(Page(labelled()))
        assert trial.eligibility.eligibility_criteria == CRITERIA
        assert trial.protocol.description
        assert trial.protocol.description.brief_summary == "\n\n".join(labelled()["Brief Summary"])
        assert "lost-superscript" in codes(trial)

    def test_ages_and_flags_in_the_registrys_words(self) -> None:
        module = read(Page(labelled())).eligibility
        assert (module.minimum_age, module.maximum_age) == ("6 Months", "1 Year")
        assert (module.sex, module.healthy_volunteers) == ("FEMALE", True)

    def test_arms_and_interventions(self) -> None:
        trial = read(Page(labelled()))
        assert [(arm.label, arm.type, arm.description, arm.intervention_names) for arm in trial.arms] == [
            ("Tea", "EXPERIMENTAL", LONG, ("Dietary Supplement: Mistletoe tea",)),
            ("Water first", "PLACEBO_COMPARATOR", LONGER, ("Other: Hot water", "Dietary Supplement: Mistletoe tea")),
            ("Watched only", "NO_INTERVENTION", None, None),
        ]
        assert [(item.name, item.type, item.description, item.arm_group_labels) for item in trial.interventions] == [
            ("Mistletoe tea", "DIETARY_SUPPLEMENT", LONG, ("Tea", "Water first")),
            ("Hot water", "OTHER", LONGER, ("Water first",)),
        ]

    def test_interventions_that_only_the_groups_name(self) -> None:
        sections = labelled()
        del sections["Interventions"]
        trial = read(Page(sections))
        assert [(item.name, item.type) for item in trial.interventions] == [
            ("Mistletoe tea", "DIETARY_SUPPLEMENT"),
            ("Hot water", "OTHER"),
        ]
        assert [arm.label for arm in trial.arms] == ["Tea", "Water first", "Watched only"]

    def test_people_and_places(self) -> None:
        trial = read(Page(labelled()))
        sponsors, contacts = trial.protocol.sponsor_collaborators, trial.protocol.contacts_locations
        assert sponsors
        assert sponsors.lead_sponsor
        assert sponsors.collaborators
        assert sponsors.responsible_party
        assert (sponsors.lead_sponsor.name, sponsors.lead_sponsor.class_) == ("Institute of Towers", "OTHER_GOV")
        assert [(item.name, item.class_) for item in sponsors.collaborators] == [("Tea Works Ltd", "INDUSTRY")]
        assert sponsors.responsible_party.investigator_affiliation == "Institute of Towers"
        assert contacts
        assert contacts.overall_officials
        assert contacts.central_contacts
        assert contacts.overall_officials[0].role == "STUDY_CHAIR"
        people = [(person.name, person.phone, person.email) for person in contacts.central_contacts]
        assert people == [("Bo Lamp", "+44 20 555 0101", "bo@example.org"), ("Cy Wick", None, None)]
        assert [(site.facility, site.city, site.state, site.country, site.status) for site in trial.sites] == [
            ("North Light, Department of Stairs", "Oban", "Scotland", "United Kingdom", "RECRUITING"),
            ("South Light", "Seoul", None, "Korea, Republic of", "WITHDRAWN"),
        ]

    def test_identifiers(self) -> None:
        module = read(Page(labelled())).protocol.identification
        assert module
        assert module.org_study_id_info
        assert module.secondary_id_infos
        assert module.org_study_id_info.id == "TOWER-7"
        assert [(item.id, item.type) for item in module.secondary_id_infos] == [("2030-001", "EUDRACT_NUMBER")]

    def test_related_trials_stay_outside(self) -> None:
        trial = read(Page(labelled()))
        (remark,) = [item for item in trial.diagnostics if item.code == "foreign-trial-id"]
        assert remark.message.endswith(": NCT00990011")
        assert ("portal", "More Related Trials") in {extra.path for extra in trial.extras}

    @pytest.mark.parametrize("heading", sorted(set(labelled()) - {"Countries", "Interventions", "More Related Trials"}))
    def test_a_heading_without_its_lines_is_stripped_and_nothing_else_changes(self, heading: str) -> None:
        whole = read(Page(labelled()))
        sections = labelled()
        sections[heading] = []
        bare = read(Page(sections))
        assert bare.source.stripped or heading in ("Basic Information", "Study Design")
        gone = {path for path in whole.source.origins if path not in bare.source.origins}
        assert gone
        assert {whole.source.origins[path].place for path in gone} <= {heading, *labelled()[heading]}

    def test_a_label_without_its_value_is_stripped(self) -> None:
        sections = labelled()
        sections["Basic Information"].remove("PHASE1, PHASE2")
        trial = read(Page(sections))
        assert trial.presence(f"{DESIGN}.phases") == "stripped"
        assert trial.overall_status == "ACTIVE_NOT_RECRUITING"

    def test_a_word_outside_the_list_is_kept_aside(self) -> None:
        sections = labelled()
        sections["Basic Information"][1] = "SLEEPING"
        trial = read(Page(sections))
        assert trial.overall_status is None
        assert "unread-value" in codes(trial)
        assert ("portal", "Recruitment Status") in {extra.path for extra in trial.extras}

    def test_two_leads_are_no_lead(self) -> None:
        sections = labelled()
        sections["Sponsors"][5] = "Sponsor Role lead"
        trial = read(Page(sections))
        assert trial.presence(f"{SPONSORS}.leadSponsor") == "stripped"
        assert "lead-sponsor-unmarked" in codes(trial)

    def test_an_unknown_heading_does_not_leak_into_the_section_above(self) -> None:
        sections = {
            "Brief Summary": ["Short."],
            "Weather Reports": ["Learn what the sky looked like on each day.", "Rain."],
            **labelled(),
        }
        trial = read(Page(sections))
        assert trial.protocol.description
        assert "Rain" not in (trial.protocol.description.brief_summary or "")
        assert "unknown-heading" in codes(trial)
        assert [extra.value for extra in trial.extras if extra.path[-1] == "Weather Reports"] == [
            sections["Weather Reports"][1:]
        ]

    def test_a_word_of_a_text_that_is_a_heading_elsewhere_ends_no_section(self) -> None:
        sections = labelled()
        sections["Brief Summary"] = ["First.", "References", "1. A book about stairs."]
        trial = read(Page(sections))
        assert trial.protocol.description
        assert trial.protocol.description.brief_summary == "First.\n\nReferences\n\n1. A book about stairs."

    def test_a_page_without_explaining_lines(self) -> None:
        trial = read(Page(labelled(), explained={}))
        assert trial.protocol.description
        assert trial.protocol.description.brief_summary == "\n\n".join(labelled()["Brief Summary"])
        assert trial.eligibility.eligibility_criteria == CRITERIA
        assert len(trial.arms) == 3

    def test_a_single_site_takes_the_local_contact_and_several_leave_it_outside(self) -> None:
        local = ["Di Wax", "Role: primary", "555-0102-03"]
        several = read(Page({**labelled(), "Facility Contacts": local}))
        assert all(site.contacts is None for site in several.sites)
        assert [extra.value for extra in several.extras if extra.path[-1] == "Facility Contacts"] == [
            [{"name": "Di Wax", "role": "CONTACT", "phone": "555-0102-03"}]
        ]
        sections = {**labelled(), "Facility Contacts": local}
        sections["Locations"] = sections["Locations"][:3]
        (site,) = read(Page(sections)).sites
        assert site.contacts
        assert (site.contacts[0].name, site.contacts[0].role) == ("Di Wax", "CONTACT")


class TestStripped:
    """The same page with all labels and marked lines gone."""

    def test_values_alone(self) -> None:
        trial = read(Page(stripped()))
        design = trial.protocol.design
        assert design
        assert design.design_info
        assert design.enrollment_info
        assert trial.source.form == "portal-stripped"
        assert (trial.overall_status, trial.phases) == ("ACTIVE_NOT_RECRUITING", ("PHASE1", "PHASE2"))
        assert (design.study_type, design.enrollment_info.count) == ("INTERVENTIONAL", 1204)
        assert design.design_info.primary_purpose == "SUPPORTIVE_CARE"
        assert (trial.eligibility.minimum_age, trial.eligibility.maximum_age) == ("6 Months", "1 Year")
        assert trial.eligibility.eligibility_criteria == CRITERIA
        assert "label-lost" in codes(trial)

    def test_arms_are_found_by_the_list_of_interventions(self) -> None:
        trial = read(Page(stripped()))
        assert [(arm.label, arm.type, arm.description, arm.intervention_names) for arm in trial.arms] == [
            ("Tea", None, LONG, ("Mistletoe tea",)),
            ("Water first", None, LONGER, ("Hot water", "Mistletoe tea")),
            ("Watched only", None, None, None),
        ]
        assert {f"{ARMS}.armGroups.type", f"{ARMS}.interventions.type"} <= trial.source.stripped

    def test_sponsors_without_roles(self) -> None:
        trial = read(Page(stripped()))
        assert trial.presence(f"{SPONSORS}.leadSponsor") == "stripped"
        assert trial.presence(f"{SPONSORS}.collaborators") == "stripped"
        assert "lead-sponsor-unmarked" in codes(trial)
        alone = read(Page({**stripped(), "Sponsors": ["Institute of Towers", "OTHER_GOV"]}))
        assert alone.protocol.sponsor_collaborators
        assert alone.protocol.sponsor_collaborators.lead_sponsor
        assert alone.protocol.sponsor_collaborators.lead_sponsor.name == "Institute of Towers"

    def test_one_date_of_two_is_left_open(self) -> None:
        sections = stripped()
        sections["Basic Information"].remove("2030-02")
        trial = read(Page(sections))
        for part in ("startDateStruct", "completionDateStruct"):
            assert trial.presence(f"{STATUS}.{part}.date") == "stripped"
        assert "label-ambiguous" in codes(trial)
        assert "2033-11-30" in [extra.value for extra in trial.extras]

    @pytest.mark.parametrize(
        ("criterion", "bounds"),
        [
            ("Aged 60 years or older", ("60 Years", None)),
            ("Age ≤ 60 years", (None, "60 Years")),
            ("adults aged 18 to 60", (None, "60 Years")),
            ("age 60-75", ("60 Years", None)),
            ("at least 60 stairs a day", (None, None)),
            ("age over 60 at the north light, age under 60 at the south light", (None, None)),
        ],
    )
    def test_a_lone_age_is_a_bound_only_where_the_text_says_which(
        self, criterion: str, bounds: tuple[str | None, str | None]
    ) -> None:
        sections = {
            **stripped(),
            "Eligibility Criteria": [f"Inclusion Criteria\n\n* {criterion}", "60 Years", "ALL", "No"],
        }
        trial = read(Page(sections))
        assert (trial.eligibility.minimum_age, trial.eligibility.maximum_age) == bounds
        if bounds == (None, None):
            assert trial.presence(f"{ELIGIBILITY}.minimumAge") == "stripped"
            assert "60 Years" in [extra.value for extra in trial.extras]

    def test_an_observational_design(self) -> None:
        sections = stripped()
        sections["Basic Information"][3] = "OBSERVATIONAL"
        sections["Study Design"] = ["COHORT", "PROSPECTIVE"]
        design = read(Page(sections)).protocol.design
        assert design
        assert design.design_info
        info = design.design_info
        assert (info.observational_model, info.time_perspective, info.primary_purpose) == (
            "COHORT",
            "PROSPECTIVE",
            None,
        )

    def test_groups_without_a_list_of_interventions_keep_every_line(self) -> None:
        sections = stripped()
        del sections["Interventions"]
        trial = read(Page(sections))
        kept = "\n".join(f"{arm.label}\n{arm.description}" for arm in trial.arms)
        assert all(line in kept for line in sections["Study Groups"])


MARKS = (
    "Group Type",
    "Intervention Type",
    "Sponsor Role",
    "Responsibility Role",
    "Site Status",
    "Role",
    "Identifier",
    "NCT ID",
)


def stripped() -> dict[str, list[str]]:
    """Without a line that is a label or begins with one."""
    labels = {
        line
        for page in labelled().values()
        for line in page
        if line.endswith(("Status", "Phase", "Date", "Age", "Sex"))
    }
    labels |= {"Total Enrollment", "Study Classification", "Accepts Healthy Volunteers"}
    labels |= {"Allocation Method", "Intervention Model", "Primary Study Purpose", "Blinding Strategy"}
    found = {
        name: [line for line in body if line not in labels and not line.startswith(MARKS[:5])]
        for name, body in labelled().items()
    }
    return {**found, "Responsible Party": []}


FACTS = {
    "Phase": "PHASE3",
    "Study type": "Interventional",
    "Enrollment": "1,204 (actual)",
    "Ages": "12 Years to 17 Years",
    "Sex": "Male",
    "Sponsor": "Tea Works (Harbour) Ltd (industry)",
    "Drugs / interventions": "mistletoe, swords",
    "Locations": "3 sites (Oban, United Kingdom and 2 other locations)",
    "Trial ID": "NCT00990099 on ClinicalTrials.gov",
}
GLUED = {
    "Quick facts": [f"{label}{value}" for label, value in FACTS.items()],
    "What this trial studies": ["We think that tea is nice. Ages 12 and up are welcome."],
    "Who should consider this trial": ["Good fit: keepers who hiccup.", "Not a fit: everyone else."],
    "Why it matters": ["It may stop the hiccups."],
    "Eligibility criteria": ["Show full list of rules", CRITERIA],
    "Where this trial is running": ["Oban, United Kingdom and 2 other locations"],
    "Study contacts": ["Study coordinator: Bo Lamp", "Email: bo@example.org", "Principal investigator: Ada Beam, MD"],
    "How to participate": ["  1. Ask.", "  2. Wait."],
}
GLUED_TOP = ["Tea for Hiccups", TITLE, "PHASE3 · Tea Works · NCT00990099", "This asks whether tea is a help."]
GLUED_END = ["Conditions: Hiccups", "Last reviewed 2031-08-09 by the editors, who are no physicians."]


def glued(sections: Mapping[str, list[str]] = GLUED, top: list[str] | None = None) -> str:
    blocks = [*(GLUED_TOP if top is None else top)]
    for heading, body in sections.items():
        blocks += [heading, "\n".join(body)]
    return "\n\n".join([*blocks, *GLUED_END])


class TestGlued:
    @pytest.fixture(scope="class")
    @classmethod
    def trial(cls) -> Trial:
        assert portal.looks_like(glued())
        return portal.read(glued(), "glued.txt")

    def test_facts(self, trial: Trial) -> None:
        design, sponsors = trial.protocol.design, trial.protocol.sponsor_collaborators
        assert design
        assert design.enrollment_info
        assert sponsors
        assert sponsors.lead_sponsor
        assert trial.source.form == "portal-glued"
        assert (trial.nct_id, trial.title, trial.phases) == ("NCT00990099", TITLE, ("PHASE3",))
        assert (design.enrollment_info.count, design.enrollment_info.type) == (1204, "ACTUAL")
        assert (trial.eligibility.minimum_age, trial.eligibility.maximum_age) == ("12 Years", "17 Years")
        assert (sponsors.lead_sponsor.name, sponsors.lead_sponsor.class_) == ("Tea Works (Harbour) Ltd", "INDUSTRY")
        assert trial.eligibility.sex == "MALE"
        assert trial.conditions == ("Hiccups",)

    def test_site_contacts_and_officials(self, trial: Trial) -> None:
        (site,) = trial.sites
        assert (site.city, site.state, site.country) == ("Oban", None, "United Kingdom")
        module = trial.protocol.contacts_locations
        assert module
        assert module.central_contacts
        assert module.overall_officials
        assert (module.central_contacts[0].name, module.central_contacts[0].email) == ("Bo Lamp", "bo@example.org")
        assert (module.overall_officials[0].name, module.overall_officials[0].role) == (
            "Ada Beam, MD",
            "PRINCIPAL_INVESTIGATOR",
        )

    def test_the_eligibility_text_without_button_and_editors(self, trial: Trial) -> None:
        assert trial.eligibility.eligibility_criteria == CRITERIA
        assert trial.protocol.description is None

    def test_the_scraped_list_is_told_by_the_words_of_the_criteria(self, trial: Trial) -> None:
        assert trial.interventions == ()
        (remark,) = [item for item in trial.diagnostics if item.code == "scraped-interventions"]
        assert remark.message.endswith("stand mistletoe, swords")
        other = portal.read(glued({**GLUED, "Quick facts": ["SexAll", "Drugs / interventionscamphor", "Phase4"]}))
        (remark,) = [item for item in other.diagnostics if item.code == "scraped-interventions"]
        assert "eligibility text" not in remark.message

    @pytest.mark.parametrize(
        ("printed", "bounds"),
        [
            ("18 Years and up", ("18 Years", None)),
            ("18 Years and older", ("18 Years", None)),
            ("6 Months to 2 Years", ("6 Months", "2 Years")),
            ("18 Years – 75 Years", ("18 Years", "75 Years")),
            ("Up to 17 Years", (None, "17 Years")),
            ("1 Day and up", ("1 Day", None)),
            ("young ones", (None, None)),
        ],
    )
    def test_ages(self, printed: str, bounds: tuple[str | None, str | None]) -> None:
        facts = [f"Ages{printed}" if line.startswith("Ages") else line for line in GLUED["Quick facts"]]
        trial = portal.read(glued({**GLUED, "Quick facts": facts}))
        assert (trial.eligibility.minimum_age, trial.eligibility.maximum_age) == bounds
        assert ("unread-value" in codes(trial)) is (bounds == (None, None))

    def test_one_title_is_the_records(self) -> None:
        trial = portal.read(glued(top=[TITLE, *GLUED_TOP[2:]]))
        assert trial.protocol.identification
        assert trial.protocol.identification.brief_title == TITLE
        assert trial.protocol.identification.official_title is None

    def test_facts_without_their_heading(self) -> None:
        sections = dict(GLUED)
        top = [*GLUED_TOP, "\n".join(sections.pop("Quick facts"))]
        text = glued(sections, top)
        assert portal.looks_like(text)
        assert portal.read(text).phases == ("PHASE3",)


LINE_ENDS = ("\n", "\r\n")
INDENTS = ("", "    ", "\t")


def dressed(text: str, line_end: str, indent: str) -> str:
    return textwrap.indent(text, indent).replace("\n", line_end)


def texts_of(trial: Trial) -> Iterator[object]:
    yield trial.record
    yield trial.source.form
    yield sorted(trial.source.stripped)
    yield sorted(remark.code for remark in trial.diagnostics)
    yield [(extra.path, extra.value) for extra in trial.extras]


@pytest.mark.parametrize("line_end", LINE_ENDS, ids=["lf", "crlf"])
@pytest.mark.parametrize("indent", INDENTS, ids=["flush", "spaces", "tab"])
@pytest.mark.parametrize("kind", ["labelled", "stripped", "glued"])
def test_line_ends_and_indentation_change_nothing(kind: str, indent: str, line_end: str) -> None:
    plain = {"labelled": Page(labelled()).text(), "stripped": Page(stripped()).text(), "glued": glued()}[kind]
    text = dressed(plain, line_end, indent)
    assert portal.looks_like(text)
    assert list(texts_of(portal.read(text))) == list(texts_of(portal.read(plain)))


def test_more_blank_lines_change_nothing_but_the_gaps_inside_texts() -> None:
    sections = labelled()
    sections["Brief Summary"] = sections["Brief Summary"][:1]
    for gap in ("\n", "\n\n\n\n", "\n  \n\n"):
        assert read(Page(sections), gap).record == read(Page(sections)).record


@st.composite
def pages(draw: st.DrawFn) -> dict[str, list[str]]:
    """Some sections of the page, in any order, with other values in their places."""
    sections = labelled()
    names = draw(st.permutations(sorted(sections)))
    kept = names[: draw(st.integers(min_value=5, max_value=len(names)))]
    count, day = draw(st.integers(0, 99_999)), draw(st.dates()).isoformat()
    status = draw(st.sampled_from(["RECRUITING", "COMPLETED", "UNKNOWN", "WITHDRAWN"]))
    age = draw(st.integers(2, 99))
    basic = sections["Basic Information"]
    basic[1], basic[5], basic[9] = status, f"{count} participants", day
    sections["Eligibility Criteria"][2] = f"{age} Years"
    return {name: sections[name] for name in kept}


@settings(max_examples=60)
@given(pages())
def test_any_sections_in_any_order(sections: dict[str, list[str]]) -> None:
    trial = read(Page(sections))
    whole = read(Page({**labelled(), **sections}))
    for path, origin in trial.source.origins.items():
        assert path in whole.source.origins, path
        assert origin.place == whole.source.origins[path].place or "Interventions" not in sections
    if "Basic Information" in sections:
        assert trial.protocol.status == whole.protocol.status
        assert trial.protocol.design
        assert trial.protocol.design.enrollment_info
        assert f"{trial.protocol.design.enrollment_info.count} participants" == sections["Basic Information"][5]
    else:
        assert trial.presence(f"{STATUS}.overallStatus") == "absent"
    if "Eligibility Criteria" in sections:
        assert trial.eligibility == whole.eligibility
    assert trial.sites == (whole.sites if "Locations" in sections else ())
    if {"Study Groups", "Interventions"} <= sections.keys():
        assert trial.protocol.arms_interventions == whole.protocol.arms_interventions


@given(st.permutations(sorted(GLUED)), st.integers(0, 5))
def test_a_glued_page_in_any_order_with_sections_left_out(names: list[str], left_out: int) -> None:
    kept = {name: GLUED[name] for name in names[left_out:]}
    text = glued(kept)
    if not portal.looks_like(text):
        assert "Quick facts" not in kept
        return
    trial = portal.read(text)
    assert trial.nct_id == "NCT00990099"
    assert trial.eligibility.eligibility_criteria == (CRITERIA if "Eligibility criteria" in kept else None)
    assert trial.phases == (("PHASE3",) if "Quick facts" in kept else ())
    assert trial.conditions == ("Hiccups",)


@st.composite
def shuffled_lines(draw: st.DrawFn) -> list[str]:
    """A page some of whose lines were dropped, doubled or moved."""
    sections = draw(st.sampled_from([labelled(), stripped()]))
    lines = [line for line in Page(sections).text().split("\n") if line.strip()]
    for _ in range(draw(st.integers(1, 8))):
        here, there = draw(st.integers(0, len(lines) - 1)), draw(st.integers(0, len(lines) - 1))
        match draw(st.sampled_from(["drop", "double", "move"])):
            case "drop" if len(lines) > 1:
                del lines[here]
            case "double":
                lines.insert(there, lines[here])
            case _:
                lines.insert(there, lines.pop(here))
    return lines


def strings(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for member in value.values():
                yield from strings(member)
        case list() | tuple():
            for member in value:
                yield from strings(member)
        case _:
            return


@settings(max_examples=150)
@given(shuffled_lines())
def test_no_line_of_a_damaged_page_is_lost(lines: list[str]) -> None:
    """Each stands in the record, beside it, or is a label, a heading, a marked line or the portal's own."""
    text = "\n\n".join(lines)
    trial = portal.read(text)
    kept = [
        *strings(msgspec.to_builtins(trial.record)),
        *(word for extra in trial.extras for word in strings(extra.value)),
    ]
    whole = "\n".join([*kept, *(str(extra.path[-1]) for extra in trial.extras)])
    spans = [origin.span for origin in trial.source.origins.values() if origin.span]
    own = {*EXPLAINED, *EXPLAINED.values(), *labelled(), *(line for line in lines if line.startswith(MARKS))}
    own |= {
        line
        for body in labelled().values()
        for line in body
        if line not in {one for page in stripped().values() for one in page}
    }
    own |= {labelled()["Study Results"][1]}
    for line in lines:
        start = text.index(line)
        is_placed = any(span.start <= start and start + len(line) <= span.end for span in spans)
        assert is_placed or line in own or all(part.strip() in whole for part in line.split(",")), line


@settings(max_examples=60)
@given(st.text(max_size=400), st.integers(0, 2000))
def test_a_damaged_page_never_raises(noise: str, at: int) -> None:
    for text in (Page(labelled()).text(), Page(stripped()).text("\n"), glued()):
        broken = text[:at] + noise + text[at + len(noise) :]
        portal.looks_like(broken)
        trial = portal.read(broken)
        assert all(origin.span and origin.span.end <= len(broken) for origin in trial.source.origins.values())
        assert portal.read(text[at:]).source.form.startswith("portal-")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        '{"protocolSection": {"x": "Brief Summary\\nConditions\\nLocations"}}',
        "NCT Number,Study Title\nNCT00990099,Tea",
        "<clinical_study>\nBrief Summary\nConditions\nLocations\nNCT ID: NCT00990099\n</clinical_study>",
        "Conditions\n\nRain.\n\nLocations\n\nThe harbour.\n\nReferences\n\n1. A book.",
        "A letter to NCT00990099.\n\nPhase of the moon: full. Sexton at the door. Agesilaus was a king. Sponsors wanted.",
        "Inclusion Criteria:\n\n* Phase 2\n* Sex: all",
        "Quick facts\n\nTea is hot.",
    ],
    ids=["empty", "blank", "json", "csv", "xml", "article", "letter", "criteria", "one heading"],
)
def test_other_texts_are_not_claimed(text: str) -> None:
    assert not portal.looks_like(text)


def test_no_real_record_is_claimed(records: Iterator[bytes]) -> None:
    seen = 0
    for line in records:
        seen += 1
        assert not portal.looks_like(line.decode())
        if seen == 200:
            break
    assert seen == 200


def test_a_large_page_reads_in_linear_steps() -> None:
    """Twenty thousand criteria, sites and outcomes of one page; a quadratic reader would not come back."""
    sections = labelled()
    sections["Eligibility Criteria"][0] = CRITERIA + "".join(f"\n{number}. Sings." for number in range(3, 20_000))
    sections["Locations"] = ["North Light", "Oban, Scotland, United Kingdom", "Site Status RECRUITING"] * 7_000
    trial = read(Page(sections))
    assert len(trial.sites) == 7_000
    assert (trial.eligibility.eligibility_criteria or "").endswith("19999. Sings.")
    text = glued({**GLUED, "Eligibility criteria": [sections["Eligibility Criteria"][0]]})
    assert (portal.read(text).eligibility.eligibility_criteria or "").endswith("19999. Sings.")
