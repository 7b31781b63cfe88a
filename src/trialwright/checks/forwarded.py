"""Checks that reading the record has already made: gaps, lost signs, what a portal mixed in; and personal contacts."""

import re
from collections.abc import Iterator

from trialwright.checks.record import ELIGIBILITY, described
from trialwright.codes.places import Diagnostic, Span
from trialwright.criteria.nodes import Criteria
from trialwright.trial import Contact, Trial

CONTACTS = "protocolSection.contactsLocationsModule"
_MAIL = re.compile(r"\b[\w.+-]+@[\w-]+\.[\w.-]+\w")
_PHONE = re.compile(
    r"(?<![\w/.+-])\+\d[\d\s().-]{7,}\d(?![\w/])|\b(?:tel|phone|call)\b\.?:?\s*(?:at )?\+?\(?\d[\d\s().-]{6,}\d",
    re.IGNORECASE,
)


def numbering(trial: Trial, _: Criteria) -> Iterator[Diagnostic]:
    """V4: numbers left out of a list of criteria."""
    return _remarks(trial, "numbering-gap")


def lost_signs(trial: Trial, _: Criteria) -> Iterator[Diagnostic]:
    """V5: superscripts and words between angle brackets that publishing lost."""
    return _remarks(trial, "lost-superscript", "lost-angle-text")


def contamination(trial: Trial, _: Criteria) -> Iterator[Diagnostic]:
    """V17: a page's own words, an editor's text or other trials' ids in or around the record."""
    return _remarks(trial, "boilerplate", "editorial-text", "foreign-trial-id")


def scraped_interventions(trial: Trial, _: Criteria) -> Iterator[Diagnostic]:
    """V19: a portal's list of drugs that was scraped from the eligibility text."""
    return _remarks(trial, "scraped-interventions")


def _remarks(trial: Trial, *codes: str) -> Iterator[Diagnostic]:
    return (remark for remark in trial.diagnostics if remark.code in codes)


def contacts(trial: Trial, _: Criteria) -> Iterator[Diagnostic]:
    """V20: persons' telephone numbers and addresses. The remark counts them and never repeats them."""
    module = trial.protocol.contacts_locations
    if module is not None:
        yield from _listed(module.central_contacts or (), f"{CONTACTS}.centralContacts")
        at_sites = [contact for site in module.locations or () for contact in site.contacts or ()]
        yield from _listed(at_sites, f"{CONTACTS}.locations")
    texts = [*described(trial), (ELIGIBILITY, trial.eligibility.eligibility_criteria or "")]
    for where, text in texts:
        found = (_MAIL.search(text) if "@" in text else None) or (
            _PHONE.search(text) if _may_hold_a_number(text) else None
        )
        if found:
            message = "a telephone number or an e-mail address in running text; expected none outside the contacts"
            yield Diagnostic("personal-contact", message, where, Span(*found.span()))


def _may_hold_a_number(text: str) -> bool:
    return any(sign in text for sign in ("+", "el.", "el:", "el ", "hone", "all "))


def _listed(found: tuple[Contact, ...] | list[Contact], where: str) -> Iterator[Diagnostic]:
    count = sum(1 for contact in found if contact.phone or contact.email)
    if count:
        people = "1 person" if count == 1 else f"{count} persons"
        yield Diagnostic("personal-contact", f"telephone or e-mail of {people}: leave out of what is passed on", where)
