"""Checks of the criteria against the population that title, conditions and fields describe."""

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

from trialwright.checks.record import is_oncological, on, pattern, table, titles
from trialwright.codes.places import Diagnostic, Span
from trialwright.criteria.nodes import Criteria
from trialwright.trial import Trial

TITLE = "protocolSection.identificationModule.briefTitle"
OFFICIAL_TITLE = "protocolSection.identificationModule.officialTitle"
_LOCAL = re.compile(
    r"\blocal(?:ly)?\b(?! anesth)(?! anaesth)|\blocoregional|\bregional\b|\blocali[sz]ed\b|\bearly[\s-]stage\b|\bresectable\b"
    r"|\badjuvant\b|\bneo-?adjuvant\b|\bperioperative\b|\bstages? (?:i|ii|1|2)\b",
    re.IGNORECASE,
)
_SPREAD = re.compile(
    r"\bmetasta|\bstages? (?:iv|4)|\bunresectable\b|\bsolid tumou?r|\bdisseminated\b|\bM1\b|\boligo",
    re.IGNORECASE,
)
# A metastasis in a limit, in the words that rule it out or among other cancers allows nobody with one to enter.
_SPREAD_ALLOWED = re.compile(
    r"\bstages? (?:iv|4)\b|\b(?:or|and|with|of|/)\s?metastatic\b|\bmetastatic (?:disease|cancer|carcinoma|adenocarcinoma)"
    r"|\boligometasta|\bM1\b",
    re.IGNORECASE,
)
_LIMIT = re.compile(r"([\d.]+)\s*(year|month|week|day)", re.IGNORECASE)
_YEARS = {"year": Decimal(1), "month": Decimal(1) / 12, "week": Decimal(7) / 365, "day": Decimal(1) / 365}


def population_conditions(trial: Trial, criteria: Criteria) -> Iterator[Diagnostic]:
    """V8: a limit for patients whom the stated population does not hold, as left over from a template."""
    text = (trial.eligibility.eligibility_criteria or "").lower()
    for row in table("population_conditions"):
        if not any(key in text for key in row["keys"].split("|")) or not _POPULATIONS[row["population"]](trial):
            continue
        for criterion in criteria.criteria:
            found = pattern(row["words"]).search(criterion.text)
            if found and not (row["beside"] and pattern(row["beside"]).search(criterion.text)):
                message = f"{found[0]!r}: {row['says']}; left over from another protocol?"
                yield on(criterion, "condition-outside-population", message, Span(*found.span()))


def _is_local_disease(trial: Trial) -> bool:
    """A tumour trial whose title or conditions call the disease local, and neither they nor an inclusion allow spread."""
    named = titles(trial) + "\n" + "\n".join(trial.conditions)
    if not is_oncological(trial) or not _LOCAL.search(named):
        return False
    return not _SPREAD.search(named) and not _SPREAD_ALLOWED.search(trial.eligibility.eligibility_criteria or "")


def _is_men_only(trial: Trial) -> bool:
    return trial.eligibility.sex == "MALE"


def _is_women_only(trial: Trial) -> bool:
    return trial.eligibility.sex == "FEMALE"


def _is_adults_only(trial: Trial) -> bool:
    least = _years(trial.eligibility.minimum_age)
    return least is not None and least >= 18


def _is_small_children_only(trial: Trial) -> bool:
    most = _years(trial.eligibility.maximum_age)
    return most is not None and most < 9


_POPULATIONS: Mapping[str, Callable[[Trial], bool]] = {
    "local_disease": _is_local_disease,
    "men_only": _is_men_only,
    "women_only": _is_women_only,
    "adults_only": _is_adults_only,
    "small_children_only": _is_small_children_only,
}


def title_claims(trial: Trial, criteria: Criteria) -> Iterator[Diagnostic]:
    """V14: the title names a population that no criterion enforces. Silent where criteria are missing from the text."""
    text = trial.eligibility.eligibility_criteria or ""
    if not criteria.criteria or any(remark.code == "numbering-gap" for remark in trial.diagnostics):
        return
    said = titles(trial)
    for row in table("title_claims"):
        found = _claimed(trial, row) if pattern(row["title"]).search(said) else None
        if found and not pattern(row["enforced"]).search(text) and not _FIELDS[row["field"]](trial):
            where, span, words = found
            message = f"the title says {words!r} and no criterion asks for it; expected {row['expected']}"
            yield Diagnostic("title-not-enforced", message, where, span)


def _claimed(trial: Trial, row: Mapping[str, str]) -> tuple[str, Span, str] | None:
    module = trial.protocol.identification
    for where, title in ((TITLE, module and module.brief_title), (OFFICIAL_TITLE, module and module.official_title)):
        found = pattern(row["title"]).search(title or "")
        if found:
            return where, Span(*found.span()), found[0]
    return None


def _has_old_minimum(trial: Trial) -> bool:
    least = _years(trial.eligibility.minimum_age)
    return least is not None and least >= 50


def _is_of_the_young_or_all(trial: Trial) -> bool:
    most = _years(trial.eligibility.maximum_age)
    return (most is not None and most <= 25) or "adult" in titles(trial)


def _takes_healthy(trial: Trial) -> bool:
    return trial.eligibility.healthy_volunteers is True


def _no_field(_: Trial) -> bool:
    return False


_FIELDS: Mapping[str, Callable[[Trial], bool]] = {
    "": _no_field,
    "min_age>=50": _has_old_minimum,
    "max_age<=25 or adults": _is_of_the_young_or_all,
    "healthy": _takes_healthy,
}


def _years(age: str | None) -> Decimal | None:
    found = _LIMIT.match(age or "")
    return Decimal(found[1]) * _YEARS[found[2].lower()] if found else None
