"""The lines of a page that glues its labels to their values in, the record's fields out.

Such a page is half an editor's work. Its title for patients, its summary, and who should consider the trial are the
editor's; the facts, the eligibility text and the sites are the record's. Its list of drugs is taken from the
eligibility text and is no list of interventions.
"""

import re
from collections.abc import Callable, Mapping

import msgspec

from trialwright.registries.countries import is_country, site_of
from trialwright.registries.fields import word
from trialwright.registries.portal_page import Heading, Section, headings, sections_of_glued
from trialwright.registries.portal_values import MAXIMUM_AGE, MINIMUM_AGE, age_of, enrollment_of, take
from trialwright.registries.reading import Line, Member, Reading, cover, prose
from trialwright.trial import Contact, Enrollment, Official, Site, Sponsor

_ELIGIBILITY = "protocolSection.eligibilityModule.eligibilityCriteria"
_SITES = "protocolSection.contactsLocationsModule.locations"
_CENTRAL = "protocolSection.contactsLocationsModule.centralContacts"
_OFFICIALS = "protocolSection.contactsLocationsModule.overallOfficials"
_OFFICIAL_TITLE = "protocolSection.identificationModule.officialTitle"
_BRIEF_TITLE = "protocolSection.identificationModule.briefTitle"
_NCT = re.compile(r"\bNCT\d{8}\b")
_AGES = re.compile(
    r"(?P<low>\d+ \w+?)(?: (?:and (?:up|older|over)|or older)|\s*(?:to|-|–|—)\s*(?P<high>\d+ \w+))"
    r"|(?:up to|under)\s*(?P<only>\d+ \w+)",
    re.IGNORECASE,
)
_CLASS = re.compile(r"(?P<name>.+?)\s*\((?P<kind>[\w /-]+)\)")
_SITE_COUNT = re.compile(r"(?P<count>\d+) (?:sites?|locations?)\s*(?:\((?P<named>.*)\))?", re.IGNORECASE)
_AND_OTHERS = re.compile(r"(?P<named>.*?)\s*(?:,\s*)?\band (?P<others>\d+) other (?:locations?|sites?)", re.IGNORECASE)
_SITE_STATUS = re.compile(r"(?P<site>.*?)\s*\((?P<status>[\w ,]+)\)")
_PERSON = re.compile(
    r"(?P<role>principal investigator|study (?:coordinator|contact|director|chair)|contact)s?:\s*(?P<name>.+)",
    re.IGNORECASE,
)
_REACH = re.compile(r"(?P<how>phone|email|e-mail|tel)\w*:\s*(?P<what>\S.*)", re.IGNORECASE)
_ENOUGH = 3
# The facts are compared with the eligibility text and with the sites.
_FIRST = ("eligibility", "sites")


def looks_glued(lines: tuple[Line, ...]) -> bool:
    """At least three different labels glued to values, or two and three of the page's headings."""
    facts = {fact.name for line in lines[:400] if (fact := fact_of(line)) is not None}
    named = {line.text for line in lines if line.text in headings("glued", "section")}
    has_id = any(_NCT.search(line.text) for line in lines[:40])
    return (has_id and (len(facts) >= _ENOUGH and bool(named))) or (len(facts) >= 1 and len(named) >= _ENOUGH)


def fact_of(line: Line) -> Heading | None:
    """The label that a line such as `SexAll` begins with: glued, or parted by a colon; never a word of a sentence."""
    fitting = [fact for fact in headings("glued", "fact").values() if _value(fact, line)]
    return max(fitting, key=lambda fact: len(fact.name), default=None)


def _value(fact: Heading, line: Line) -> str:
    rest = line.text.removeprefix(fact.name)
    is_glued = (
        rest != line.text
        and rest[:1].strip(" ,.;")
        and not (rest[:1].isalpha() and rest[:1].islower() and fact.read != "scraped")
    )
    return rest.lstrip(": ") if is_glued else ""


def read_glued(reading: Reading, lines: tuple[Line, ...]) -> None:
    sections = sections_of_glued(lines)
    _read_top(reading, sections[0])
    for section in sorted(sections[1:], key=lambda section: section.read not in _FIRST):
        if section.body:
            _SECTIONS[section.read](reading, section)
        elif section.heading:
            reading.lose_under(section.name, section.heading.paths)


def _read_top(reading: Reading, top: Section) -> None:
    """Title for patients, the registry's title, `phase · sponsor · id`, and a sentence for patients."""
    byline = next((at for at, line in enumerate(top.body) if "·" in line.text and _NCT.search(line.text)), None)
    facts = [line for line in top.body[0 if byline is None else byline + 1 :] if fact_of(line) is not None]
    titles = top.body[:byline] if byline is not None else top.body[:2]
    titles = tuple(line for line in titles if line not in facts)
    if len(titles) > 1:
        _editorial(reading, "title", titles[:1])
        reading.put(_OFFICIAL_TITLE, titles[1].text, "title", titles[1].span)
        message = "the page prints one title of the record and does not say which; taken for the official one"
        reading.remark("label-ambiguous", message, titles[1].span)
    elif titles:
        reading.put(_BRIEF_TITLE, titles[0].text, "title", titles[0].span)
    if byline is not None:
        _read_byline(reading, top.body[byline])
    rest = tuple(line for line in top.body if line not in titles[:2] and line not in facts)
    _editorial(
        reading, "under the title", tuple(line for line in rest if byline is None or line is not top.body[byline])
    )
    for line in facts:
        _read_fact(reading, line)


def _read_byline(reading: Reading, line: Line) -> None:
    nct_id = _NCT.search(line.text)
    if nct_id:
        reading.put("protocolSection.identificationModule.nctId", nct_id[0], "line under the title", line.span)


def _editorial(reading: Reading, name: str, lines: tuple[Line, ...]) -> None:
    if lines:
        reading.keep(name, [line.text for line in lines])
        reading.remark("editorial-text", f"{name}: the portal's own words, kept out of the record", cover(lines))


def _read_facts(reading: Reading, section: Section) -> None:
    for line in section.body:
        _read_fact(reading, line)


def _read_fact(reading: Reading, line: Line) -> None:
    fact = fact_of(line)
    if fact is None:
        bare = headings("glued", "fact").get(line.text.rstrip(": "))
        if bare is not None:
            reading.lose(*bare.paths)
        else:
            reading.unread("Quick facts", line)
        return
    _FACTS[fact.read](reading, fact, line, _value(fact, line))


def _take(reading: Reading, fact: Heading, line: Line, words: str) -> None:
    take(reading, fact, line, words)


def _enrollment(reading: Reading, fact: Heading, line: Line, words: str) -> None:
    found = enrollment_of(words)
    if found is None:
        reading.unread(fact.name, line)
        return
    reading.put(fact.path, Enrollment(count=found[0], type=found[1]), fact.name, line.span)


def _ages(reading: Reading, fact: Heading, line: Line, words: str) -> None:
    match = _AGES.fullmatch(words)
    bounds = ((MINIMUM_AGE, match and match["low"]), (MAXIMUM_AGE, match and (match["high"] or match["only"])))
    ages = [(path, age_of(found)) for path, found in bounds if found]
    if not ages or not all(age for _, age in ages):
        reading.unread(fact.name, line)
        return
    for path, age in ages:
        reading.put(path, age, fact.name, line.span)


def _sponsor(reading: Reading, fact: Heading, line: Line, words: str) -> None:
    match = _CLASS.fullmatch(words)
    kind = word("AgencyClass", match["kind"]) if match else None
    name = match["name"] if match and kind else words
    reading.put(fact.path, Sponsor(name=name, class_=kind), fact.name, line.span)


def _id(reading: Reading, fact: Heading, line: Line, words: str) -> None:
    match = _NCT.search(words)
    if match:
        reading.put(fact.path, match[0], fact.name, line.span)
    else:
        reading.unread(fact.name, line)


def _scraped(reading: Reading, fact: Heading, line: Line, words: str) -> None:
    """A list of words found somewhere in the record; which of them are given to whom it does not say."""
    reading.keep(fact.name, words)
    reading.lose(*fact.paths)
    text = (reading.value(_ELIGIBILITY) or "").lower()
    listed = [word.strip() for word in words.split(",") if word.strip()]
    inside = [word for word in listed if re.search(rf"\b{re.escape(word.lower())}\b", text)]
    where = f"; in the eligibility text stand {', '.join(inside)}" if inside else ""
    reading.remark(
        "scraped-interventions", f"{words!r} is the portal's list of words, not the interventions{where}", line.span
    )


def _site_count(reading: Reading, fact: Heading, line: Line, words: str) -> None:
    """`8 sites (City, State and 7 other locations)`; the sites themselves may stand under a heading of their own."""
    match = _SITE_COUNT.fullmatch(words)
    reading.keep(fact.name, words)
    if match is None:
        return
    if match["named"]:
        others = _AND_OTHERS.fullmatch(match["named"])
        _put_sites(reading, fact.name, (line,), (others["named"] if others else match["named"],))
    missing = int(match["count"]) - len(reading.value(_SITES) or ())
    if missing > 0:
        reading.remark("sites-unnamed", f"{missing} of {match['count']} sites are not named on the page", line.span)


def _put_sites(reading: Reading, place: str, lines: tuple[Line, ...], texts: tuple[str, ...]) -> None:
    if reading.value(_SITES) is None:
        sites: list[Member] = [(_site(text), {}, line.span) for text, line in zip(texts, lines, strict=True)]
        reading.put_members(_SITES, sites, place)


def _site(text: str) -> Site:
    status = _SITE_STATUS.fullmatch(text)
    known = word("RecruitmentStatus", status["status"]) if status else None
    parts = (status["site"] if status and known else text).split(",")
    size = 3 if is_country(parts[-1]) else 2
    site = site_of(",".join(parts[-size:]))
    facility = ",".join(parts[:-size]).strip(" -–—") or None
    return msgspec.structs.replace(site, facility=facility, status=known)


def _read_sites(reading: Reading, section: Section) -> None:
    texts = []
    for line in section.body:
        others = _AND_OTHERS.fullmatch(line.text)
        texts.append((others["named"] if others else line.text).lstrip("*•- "))
    _put_sites(reading, section.name, section.body, tuple(texts))


def _read_contacts(reading: Reading, section: Section) -> None:
    """`Study contact: name`, then lines of phone and email; investigators are the record's officials."""
    contacts: list[Contact] = []
    officials: list[Official] = []
    for line in section.body:
        person, reach = _PERSON.fullmatch(line.text.lstrip("*•- ")), _REACH.fullmatch(line.text.lstrip("*•- "))
        if person and (role := word("OfficialRole", person["role"])):
            officials.append(Official(name=person["name"], role=role))
        elif person:
            contacts.append(Contact(name=person["name"], role="CONTACT"))
        elif reach and contacts:
            key = "email" if reach["how"].lower().startswith("e") else "phone"
            contacts[-1] = msgspec.structs.replace(contacts[-1], **{key: reach["what"]})
        else:
            reading.unread(section.name, line)
    span = cover(section.body)
    for path, members in ((_CENTRAL, contacts), (_OFFICIALS, officials)):
        if members:
            reading.put(path, tuple(members), section.name, span)


def _read_eligibility(reading: Reading, section: Section) -> None:
    notices = tuple(headings("glued", "notice"))
    body = tuple(line for line in section.body if not line.text.startswith(notices))
    reading.skip(*(line for line in section.body[:1] if line.text.startswith(notices)))
    if body:
        reading.put(_ELIGIBILITY, prose(reading.text, body), section.name, cover(body))
    else:
        reading.lose(_ELIGIBILITY)


def _read_terms(reading: Reading, section: Section) -> None:
    """`Conditions: …` on one line; a comma may part conditions or stand inside one, so such a line is kept whole."""
    if section.heading is None:
        return
    line = section.body[0]
    words = line.text.removeprefix(section.name).lstrip(": ")
    if not words:
        reading.lose(section.heading.path)
        return
    reading.put(section.heading.path, tuple(re.split(r"\s*[;|]\s*", words)), section.name, line.span)
    if "," in words:
        message = f"{section.name}: the page joins its list with commas, which also stand inside a name; kept whole"
        reading.remark("joined-list", message, line.span)
    reading.skip(*section.body[1:])


def _read_reviewed(reading: Reading, section: Section) -> None:
    line = section.body[0]
    day = re.search(r"\d{4}-\d{2}-\d{2}", line.text)
    if day:
        reading.keep(section.name, day[0])
        reading.remark(
            "editorial-text", f"{day[0]} is the day the portal reviewed its page, not a date of the record", line.span
        )
    reading.skip(*section.body)


def _read_editorial(reading: Reading, section: Section) -> None:
    _editorial(reading, section.name, section.body)


def _skip(reading: Reading, section: Section) -> None:
    reading.skip(*section.body)


_FACTS: Mapping[str, Callable[[Reading, Heading, Line, str], None]] = {
    "field": _take,
    "enrollment": _enrollment,
    "ages": _ages,
    "sponsor": _sponsor,
    "scraped": _scraped,
    "sites": _site_count,
    "id": _id,
}
_SECTIONS: Mapping[str, Callable[[Reading, Section], None]] = {
    "facts": _read_facts,
    "editorial": _read_editorial,
    "eligibility": _read_eligibility,
    "sites": _read_sites,
    "contacts": _read_contacts,
    "boilerplate": _skip,
    "terms": _read_terms,
    "reviewed": _read_reviewed,
}
