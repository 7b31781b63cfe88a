"""What an observation's answer says of the thing asked for: present, absent, not known, or a finding of its own ("partial response")."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec

from trialwright.codes.concepts import Code, Concept, Kind
from trialwright.codes.tables import parts, rows
from trialwright.codes.vocabulary import normalise

from .facts import Certainty, Fact, Measurement, Occurrence
from .fhir_parts import Chart, Dates, codes, pieces
from .fhir_types import Component, Observation
from .naming import DATA, Answer, answer
from .readings import grade_in, read_quantity, severity_in


@dataclass(frozen=True, slots=True)
class Asked:
    """One question with its answer: an observation without components, or one component of it."""

    row: Observation | Component
    seen: Dates
    where: str
    category: str
    notes: str

    @property
    def words(self) -> str:
        return self.row.code.words if self.row.code else ""

    @property
    def codes(self) -> tuple[Code, ...]:
        return codes(self.row.code) if self.row.code else ()

    @property
    def measure_kind(self) -> Kind:
        return "lab" if self.category.startswith("lab") else "measurement"


@dataclass(frozen=True, slots=True)
class Rule:
    """How an observation that is named in free words is read: the row of `observation_rules.tsv` whose stems all stand in the name.

    names  the concepts that a yes or no is about
    """

    needs: tuple[str, ...]
    makes: str
    names: tuple[str, ...]
    kind: Kind


@cache
def _rules() -> tuple[Rule, ...]:
    kinds: dict[str, Kind] = {"vaccine": "vaccine", "procedure": "procedure", "condition": "condition"}
    return tuple(
        Rule(tuple(row["needs"].split()), row["makes"], parts(row["names"]), kinds.get(row["kind"], "finding"))
        for row in rows("observation_rules", DATA)
    )


def rule_for(words: str) -> Rule | None:
    found = re.findall(r"[a-z0-9-]+", words.lower())
    return next(
        (rule for rule in _rules() if all(any(word.startswith(stem) for word in found) for stem in rule.needs)), None
    )


def answer_of(asked: Asked) -> Answer | None:
    """The answer as yes, no or not known; None when it is none of them."""
    row = asked.row
    if row.value_boolean is not None:
        return "present" if row.value_boolean else "absent"
    if row.value_codeable_concept:
        value = row.value_codeable_concept
        given = [words for words in (value.text, *(c.display for c in value.coding)) if words]
        found = answer(given[0] if given else "", codes(value))
    else:
        given = [row.value_string or ""]
        found = answer(given[0])
    if found is None and re.match(r"(?:not|no|without|never)\b", given[0].lower() if given else ""):
        return "absent"
    return found or next((a for words in given if (a := answer(words))), None)


def worded(asked: Asked, rule: Rule | None, chart: Chart) -> Iterator[Fact]:
    """A coded or worded value: an answer, a number in words, or a finding named by the value itself."""
    value, text = asked.row.value_codeable_concept, asked.row.value_string or ""
    words, known = (value.words if value else text), (codes(value) if value else ())
    said = answer_of(asked)
    if said is None and rule and any(re.search(rf"\b{re.escape(name)}\b", words.lower()) for name in rule.names):
        said = "present"
    if said and not (rule and rule.makes == "value"):
        yield from answered(asked, said, rule, chart)
        return
    if rule and rule.makes == "finding" and (graded := _degree(words)):
        for fact in answered(asked, "present", rule, chart):
            yield msgspec.structs.replace(fact, **graded) if isinstance(fact, Occurrence) else fact
        return
    measure = chart.namer.concept(asked.words, asked.measure_kind, asked.codes)
    if value is None and (found := read_quantity(text, measure.id)):
        yield Measurement(
            concept=measure, quantity=found, start=asked.seen.start, source=asked.where, words=asked.words
        )
        return
    yield from chart.namer.with_opposite(_result(asked, words, known, chart))


def _degree(words: str) -> dict[str, Any]:
    """How bad a finding is, where the answer says that and so that it is there; empty where it does not."""
    if grade := grade_in(words):
        return {"grade": grade.value, "grade_scale": grade.scale, "grade_version": grade.version}
    severity = severity_in(words)
    return {"severity": severity} if severity else {}


def _result(asked: Asked, words: str, known: tuple[Code, ...], chart: Chart) -> Occurrence:
    """A result that is a finding of its own; one that the vocabulary does not know keeps its question."""
    entry = chart.namer.entry(words, "finding", known) if words or known else None
    concept = (
        chart.namer.concept(words, "finding", known) if entry else Concept(f"{asked.words}: {words}".lower(), "finding")
    )
    return fact_of(asked, concept, "confirmed", f"{asked.words}: {words}")


def answered(asked: Asked, said: Answer, rule: Rule | None, chart: Chart) -> Iterator[Fact]:
    """What a yes or a no says; "not known" says nothing and is counted."""
    if said == "unknown":
        chart.remarks.count("no-result", "Observation", "a result that is pending, unclear or not recorded; not used")
        return
    certainty: Certainty = "confirmed" if said == "present" else "refuted"
    words = f"{asked.words}: {'yes' if said == 'present' else 'no'}"
    # One of several markers being negative does not refute what any of them makes positive.
    if rule is None or not rule.names or (rule.makes == "positive" and said == "absent"):
        is_test = asked.category.startswith("lab")
        concept = chart.namer.finding(asked.words, asked.codes, is_test=is_test)
        yield from chart.namer.with_opposite(fact_of(asked, concept, certainty, words))
        return
    for name in rule.names:
        concept = chart.namer.known(name) or Concept(name, rule.kind)
        fact = fact_of(asked, concept, certainty, words)
        # A plan is the thing itself, planned; findings such as "major surgery planned" hold the plan in their name.
        is_plan = rule.makes == "plan" and "planned" not in name
        yield from chart.namer.with_opposite(msgspec.structs.replace(fact, planned=True) if is_plan else fact)


def _manner(words: str) -> tuple[str, ...]:
    """How it was seen or judged: `recist 1.1` of "measurable lesion by RECIST 1.1 (radiologist)"."""
    found = re.search(r"\b(?:by|on|per|according to)\s+([^(),;:]+)", words, re.IGNORECASE)
    return (normalise(found.group(1)),) if found else ()


def fact_of(asked: Asked, concept: Concept, certainty: Certainty, words: str) -> Occurrence:
    return Occurrence(
        concept=concept,
        start=asked.seen.start,
        end=asked.seen.end,
        source=asked.where,
        words=words,
        certainty=certainty,
        details=(*pieces(asked.words, asked.notes), *_manner(asked.words)),
    )
