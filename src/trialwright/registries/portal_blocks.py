"""The lines under one heading of a labelled or stripped page in, the record's fields out: one small reader each.

What the page left out (a role, a type, a site) is never filled in: the value stands beside the record, with a remark.
"""

import re
from collections.abc import Callable, Iterator, Mapping

import msgspec

from trialwright.codes.places import Span
from trialwright.registries.countries import is_country, site_of
from trialwright.registries.fields import word
from trialwright.registries.portal_arms import INTERVENTIONS
from trialwright.registries.portal_page import Heading, Section, labels, marked
from trialwright.registries.portal_values import read_fields, value_of
from trialwright.registries.reading import Line, Member, Reading, cover, prose
from trialwright.trial import Contact, Official, OrgStudyId, Origin, Reference, ResponsibleParty, Site, Sponsor

SPONSORS = "protocolSection.sponsorCollaboratorsModule"
CONTACTS = "protocolSection.contactsLocationsModule"
SITES = f"{CONTACTS}.locations"
NCT_ID = "protocolSection.identificationModule.nctId"
CONDITIONS = "protocolSection.conditionsModule.conditions"
_NCT = re.compile(r"\bNCT\d{8}\b")
_PHONE = re.compile(r"\+?[\d() .\-/]{6,}(?:(?:ext\.?|x)\s*\d+)?", re.IGNORECASE)
_IS_PENDING = re.compile(r"results (?:are )?pending", re.IGNORECASE)
_SAYS_NONE = re.compile(r"\bnot (?:yet )?(?:published|posted)\b")
_WORDS_OF_ONE_TERM = 3


class Block(msgspec.Struct, frozen=True):
    """The lines of one person, site or sponsor, and what its marks say (`Role`, `Site Status` …)."""

    lines: tuple[Line, ...]
    marks: Mapping[str, tuple[str, Line]]

    @property
    def whole(self) -> Span:
        spans = [line.span for line in (*self.lines, *(line for _, line in self.marks.values()))]
        return Span(min(span.start for span in spans), max(span.end for span in spans))

    def mark(self, name: str) -> str | None:
        return self.marks[name][0] if name in self.marks else None


def read_results(reading: Reading, section: Section) -> None:
    """`Results pending`, or a sentence that says so; what else stands here is kept beside the record."""
    pending = next((at for at, line in enumerate(section.body) if _IS_PENDING.fullmatch(line.text)), None)
    says_none = next((at for at, line in enumerate(section.body) if _SAYS_NONE.search(line.text)), None)
    if pending is not None or says_none is not None:
        line = section.body[pending if pending is not None else says_none or 0]
        reading.put("hasResults", value=False, place=section.name, span=line.span)
    for at, line in enumerate(section.body):
        if at == says_none:
            reading.skip(line)
        elif at != pending:
            reading.keep(section.name, line.text)


def read_section_fields(reading: Reading, section: Section) -> bool:
    return read_fields(reading, section.name, labels("labelled", "field", section.name), section.body)


def read_prose(reading: Reading, section: Section) -> None:
    if section.heading:
        reading.put(section.heading.path, prose(reading.text, section.body), section.name, cover(section.body))


def read_terms(reading: Reading, section: Section) -> None:
    """One term a line. Several on one line cannot be told apart: the line is kept whole."""
    if section.heading is None:
        return
    path = section.heading.path
    lines = [msgspec.structs.replace(line, text=line.text.lstrip("*•- ")) for line in section.body]
    reading.put(path, tuple(line.text for line in lines), section.name, cover(section.body))
    for line in lines:
        if len(lines) == 1 and ("," in line.text or len(line.text.split()) > _WORDS_OF_ONE_TERM):
            message = (
                f"{section.name}: the page prints its list on one line; where one ends and the next begins is lost"
            )
            reading.remark("joined-list", message, line.span)


def read_other_names(reading: Reading, section: Section) -> None:
    interventions = reading.value(INTERVENTIONS) or ()
    names = [line.text for line in section.body]
    reading.keep(section.name, names)
    message = f"which of the {len(interventions)} interventions these names belong to is not printed"
    reading.remark("label-lost", message, cover(section.body))


def read_eligibility(reading: Reading, section: Section) -> bool:
    """The text whole, as printed; ages, sex and the rest, with or without their labels, stand behind it."""
    fields = labels("labelled", "field", section.name)
    end = len(section.body)
    while end and _is_behind_the_text(section.body, end - 1, fields):
        end -= 1
    if section.heading and end:
        body = section.body[:end]
        reading.put(section.heading.path, prose(reading.text, body), section.name, cover(body))
    elif section.heading:
        reading.lose(section.heading.path)
    return read_fields(reading, section.name, fields, section.body[end:])


def _is_behind_the_text(lines: tuple[Line, ...], at: int, fields: tuple[Heading, ...]) -> bool:
    names = {field.name for field in fields}
    is_labelled = {lines[at].text.rstrip(":"), lines[max(0, at - 1)].text.rstrip(":")} & names
    return bool(is_labelled) or any(value_of(field.path, lines[at].text) is not None for field in fields)


def read_sponsors(reading: Reading, section: Section) -> None:
    """A name, a class and a role each. Without roles, no name is taken for the lead unless it is the only one."""
    blocks = list(_sponsors(section))
    leads = [block for block in blocks if (block.mark("Sponsor Role") or "").lower() == "lead"]
    if not leads and len(blocks) == 1:
        leads = blocks
        reading.remark("label-lost", "the only sponsor has no role; a record has one lead sponsor", blocks[0].whole)
    if len(leads) != 1:
        _leave_sponsors_open(reading, section, blocks)
        return
    lead = _sponsor(leads[0])
    reading.put(f"{SPONSORS}.leadSponsor", lead[0], section.name, lead[2])
    others = [_sponsor(block) for block in blocks if block is not leads[0]]
    reading.put_members(f"{SPONSORS}.collaborators", others, section.name)


def _sponsors(section: Section) -> Iterator[Block]:
    """A class word closes a name; a role belongs to the block before it."""
    name: list[Line] = []
    done: Block | None = None
    for line in section.body:
        found = marked(line, labels("labelled", "mark", section.name))
        if found is not None and done is not None:
            done = msgspec.structs.replace(done, marks={**done.marks, found[0].name: (found[1], line)})
        elif word("AgencyClass", line.text) == line.text and name:
            if done is not None:
                yield done
            done, name = Block(tuple(name), {"class": (line.text, line)}), []
        else:
            if name and done is not None:
                yield done
                done = None
            if name:
                yield Block(tuple(name), {})
            name = [line]
    if done is not None:
        yield done
    if name:
        yield Block(tuple(name), {})


def _sponsor(block: Block) -> Member:
    spans = {"name": block.lines[0].span}
    if "class" in block.marks:
        spans["class"] = block.marks["class"][1].span
    return Sponsor(name=block.lines[0].text, class_=block.mark("class")), spans, block.whole


def _leave_sponsors_open(reading: Reading, section: Section, blocks: list[Block]) -> None:
    reading.keep(section.name, [msgspec.to_builtins(_sponsor(block)[0]) for block in blocks])
    reading.lose(f"{SPONSORS}.leadSponsor", f"{SPONSORS}.collaborators")
    names = ", ".join(block.lines[0].text for block in blocks)
    reading.remark(
        "lead-sponsor-unmarked", f"which of these leads the trial is not printed: {names}", cover(section.body)
    )


def read_responsible(reading: Reading, section: Section) -> None:
    """A name, a title, an affiliation, in this order, and a role."""
    role: str | None = None
    lines: list[Line] = []
    for line in section.body:
        found = marked(line, labels("labelled", "mark", section.name))
        role = (word("ResponsiblePartyType", found[1]) or found[1]) if found else role
        lines += [] if found else [line]
    name, title, affiliation, *_ = [*(line.text for line in lines[:3]), None, None, None]
    party = ResponsibleParty(
        type=role, investigator_full_name=name, investigator_title=title, investigator_affiliation=affiliation
    )
    reading.put(f"{SPONSORS}.responsibleParty", party, section.name, cover(section.body))
    for line in lines[3:]:
        reading.unread(section.name, line)


def _people(reading: Reading, section: Section) -> Iterator[Block]:
    """One after the other: a name, a marked line such as `Role: …` under it, then what else belongs to that name."""
    marks = labels("labelled", "mark", section.name)
    found = [marked(line, marks) for line in section.body]
    starts = [at for at in range(len(found)) if found[at] is None and (at == 0 or any(found[at + 1 : at + 2]))]
    for line in section.body[: starts[0] if starts else len(found)]:
        reading.unread(section.name, line)
    for start, end in zip(starts, [*starts, len(found)][1:], strict=True):
        met = [(line, mark) for line, mark in zip(section.body[start:end], found[start:end], strict=True)]
        named = {mark[0].name: (mark[1], line) for line, mark in met if mark is not None}
        yield Block(tuple(line for line, mark in met if mark is None), named)


def read_officials(reading: Reading, section: Section) -> None:
    reading.put_members(
        f"{CONTACTS}.overallOfficials", (_official(block) for block in _people(reading, section)), section.name
    )


def _official(block: Block) -> Member:
    name, *rest = block.lines
    role = block.mark("Role")
    affiliation = ", ".join(line.text for line in rest) or None
    value = Official(name=name.text, affiliation=affiliation, role=role and (word("OfficialRole", role) or role))
    return value, {"name": name.span, **({"affiliation": cover(tuple(rest))} if rest else {})}, block.whole


def read_contacts(reading: Reading, section: Section) -> None:
    reading.put_members(f"{CONTACTS}.centralContacts", _contacts(reading, section), section.name)


def _contacts(reading: Reading, section: Section) -> Iterator[Member]:
    for block in _people(reading, section):
        name, *rest = block.lines
        phone = next((line for line in rest if _PHONE.fullmatch(line.text)), None)
        email = next((line for line in rest if "@" in line.text and " " not in line.text), None)
        reached = {"phone": phone, "email": email}
        spans = {"name": name.span, **{key: line.span for key, line in reached.items() if line}}
        texts = {key: line.text for key, line in reached.items() if line}
        yield Contact(name=name.text, role=_contact_role(block.mark("Role")), **texts), spans, block.whole
        for line in rest:
            if line not in (phone, email):
                reading.unread(section.name, line)


def _contact_role(printed: str | None) -> str | None:
    """A site's contact is printed as primary or backup; the registry calls both CONTACT."""
    if printed is None:
        return None
    return "CONTACT" if printed.lower() in ("primary", "backup") else word("ContactRole", printed) or printed


def read_site_contacts(reading: Reading, section: Section) -> None:
    """Whose contacts they are is printed nowhere: they are the site's when there is one site."""
    contacts = tuple(contact for contact, _, _ in _contacts(reading, section))
    sites: tuple[Site, ...] = reading.value(SITES) or ()
    if len(sites) == 1 and sites[0].contacts is None:
        site = msgspec.structs.replace(sites[0], contacts=contacts)
        reading.amend(f"{SITES}", (site,), f"{SITES}[0].contacts", Origin(section.name, cover(section.body)))
        return
    reading.keep(section.name, [msgspec.to_builtins(contact) for contact in contacts])
    message = f"which of the {len(sites)} sites these contacts belong to is not printed"
    reading.remark("label-lost", message, cover(section.body))


def read_sites(reading: Reading, section: Section) -> None:
    reading.put_members(SITES, _sites(section), section.name)
    sites: tuple[Site, ...] = reading.value(SITES) or ()
    if sites and not any(site.status for site in sites):
        reading.lose(f"{SITES}.status")


def _sites(section: Section) -> Iterator[Member]:
    held: list[Line] = []
    for line in section.body:
        found = marked(line, labels("labelled", "mark", section.name))
        if found is not None and held:
            status = word("RecruitmentStatus", found[1]) or found[1]
            yield _site(held, status, line)
            held = []
        elif len(held) == 2:
            yield _site(held, None, None)
            held = [line]
        else:
            held.append(line)
    if held:
        yield _site(held, None, None)


def _site(lines: list[Line], status: str | None, status_line: Line | None) -> Member:
    place = lines[-1] if len(lines) > 1 or is_country(lines[-1].text.rpartition(",")[2].strip()) else None
    facility = lines[0] if place is not lines[0] else None
    site = site_of(place.text if place else "")
    site = msgspec.structs.replace(site, facility=facility.text if facility else None, status=status)
    spans = {"facility": facility.span} if facility else {}
    spans |= dict.fromkeys(("city", "state", "country"), place.span) if place else {}
    spans |= {"status": status_line.span} if status_line else {}
    whole = cover((*lines, status_line)) if status_line else cover(tuple(lines))
    return site, spans, whole


def read_countries(reading: Reading, section: Section) -> None:
    """API v2 holds countries with the sites alone; the page's own list is kept beside the record."""
    reading.keep(section.name, [line.text for line in section.body])


def read_references(reading: Reading, section: Section) -> None:
    members: list[Member] = [
        (Reference(citation=line.text), {"citation": line.span}, line.span) for line in section.body
    ]
    reading.put_members("protocolSection.referencesModule.references", members, section.name)


def read_identifiers(reading: Reading, section: Section) -> None:
    others: list[Member] = []
    for block in _people(reading, section):
        value = block.lines[0].text
        kind = block.mark("Identifier Type")
        kind = None if kind in (None, "-") else kind
        if (block.mark("Identifier Source") or "").lower() == "org_study_id":
            top = "protocolSection.identificationModule.orgStudyIdInfo"
            reading.put(f"{top}.id", value, section.name, block.lines[0].span)
            if kind:
                reading.put(f"{top}.type", word("OrgStudyIdType", kind) or kind, section.name, block.whole)
        else:
            info = OrgStudyId(id=value, type=kind and (word("SecondaryIdType", kind) or kind))
            others.append((info, {"id": block.lines[0].span}, block.whole))
        for line in block.lines[1:]:
            reading.unread(section.name, line)
    reading.put_members("protocolSection.identificationModule.secondaryIdInfos", others, section.name)


def read_related(reading: Reading, section: Section) -> None:
    """Other trials: never the record's own words."""
    reading.keep(section.name, [line.text for line in section.body])
    own = reading.value(NCT_ID)
    ids = [match for line in section.body for match in _NCT.findall(line.text) if match != own]
    if ids:
        message = f"{section.name} names other trials, left out of the record: {', '.join(dict.fromkeys(ids))}"
        reading.remark("foreign-trial-id", message, cover(section.body))


READERS: Mapping[str, Callable[[Reading, Section], object]] = {
    "results": read_results,
    "fields": read_section_fields,
    "prose": read_prose,
    "terms": read_terms,
    "other_names": read_other_names,
    "eligibility": read_eligibility,
    "sponsors": read_sponsors,
    "responsible": read_responsible,
    "officials": read_officials,
    "contacts": read_contacts,
    "site_contacts": read_site_contacts,
    "sites": read_sites,
    "countries": read_countries,
    "references": read_references,
    "identifiers": read_identifiers,
    "related": read_related,
}
