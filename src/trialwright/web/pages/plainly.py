"""A trial in, a few short sentences about it out: made by rule from its fields, never from a portal's own words.

Names of diseases and treatments are the record's. All other words are short: the reading grade is measured in the tests.
"""

from collections.abc import Iterator

from trialwright.export.record_text import as_read
from trialwright.trial import Trial

from .facts import ages_words
from .words import listed, value

_AIMS = {
    "TREATMENT": "as a way to treat {}",
    "PREVENTION": "as a way to prevent {}",
    "DIAGNOSTIC": "as a way to find {}",
    "SCREENING": "as a way to find {} early",
    "SUPPORTIVE_CARE": "as a way to help people with {} feel better",
}
_HEALTHY = ("healthy", "health volunteer", "normal volunteer")
_MOST = 3
_LONGEST_NAME = 80


def opening(trial: Trial) -> str:
    """What the trial does, in one sentence."""
    things = [_short(one.name) for one in trial.interventions if one.name]
    illnesses = [_short(name) for name in trial.conditions if not _is_healthy(name)]
    design = trial.protocol.design
    info = design.design_info if design else None
    if not things and not illnesses:
        return "The record does not say in a field of its own what this trial tests, or in whom."
    if not things:
        return f"This trial is about {listed(illnesses, _MOST)}."
    tested, any_of = listed(things, _MOST), listed(illnesses, _MOST, "or")
    if design and design.study_type == "OBSERVATIONAL":
        people = f"people with {any_of}" if illnesses else "people"
        return f"This trial watches {people}. It looks at {tested}."
    if not illnesses:
        return f"This trial tests {tested}{' in healthy people' if trial.conditions else ''}."
    aim = _AIMS.get((info.primary_purpose if info else None) or "", "in people with {}")
    return f"This trial tests {tested} {aim.format(any_of)}."


def more(trial: Trial) -> Iterator[str]:
    """How groups are formed, how many take part, who by age and sex: a sentence for each that the record states."""
    design = trial.protocol.design
    info = design.design_info if design else None
    count = design.enrollment_info.count if design and design.enrollment_info else None
    groups = len(trial.arms)
    if info and info.allocation == "RANDOMIZED":
        yield (
            f"Chance decides which of {groups} groups a person joins."
            if groups > 1
            else "Chance decides who gets what."
        )
    elif info and info.intervention_model == "SINGLE_GROUP":
        yield "All who join get the same plan."
    if count:
        is_over = design is not None and design.enrollment_info is not None and design.enrollment_info.type == "ACTUAL"
        people = f"{count:,} {'person' if count == 1 else 'people'}"
        yield f"{people} took part." if is_over else f"It is meant for {people}."
    ages, sex = ages_words(trial), trial.eligibility.sex
    who = {"FEMALE": "women and girls", "MALE": "men and boys"}.get(sex or "", "people")
    if ages:
        yield f"It is open to {who} of {ages}." if " to " in ages else f"It is open to {who}: {ages}."
    elif who != "people":
        yield f"It is open to {who} only."


def standing(trial: Trial) -> str:
    """Whether people can join, as the record has it."""
    status = trial.overall_status
    return value("status", status).meaning if status else "The record does not say whether people can join."


def _is_healthy(name: str) -> bool:
    return name.lower().startswith(_HEALTHY)


def _short(name: str | None) -> str:
    words = as_read(name or "").rstrip(".")
    return words if len(words) <= _LONGEST_NAME else f"{words[: _LONGEST_NAME - 1].rstrip()}…"
