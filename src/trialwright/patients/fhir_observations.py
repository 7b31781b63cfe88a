"""Observation and DiagnosticReport resources in; measurements, ratings, stages, findings, statements and plans out.

An answer is read as what it says of the thing asked for: a positive serology is a finding that is there, a negative one a finding that is
not, a pending one no fact at all.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Literal

from . import fhir_mcode
from .facts import Fact, Measurement, Occurrence, Rating
from .fhir_answers import Asked, answer_of, answered, fact_of, rule_for, worded
from .fhir_parts import Chart, bounds, dates, quantity
from .fhir_types import Amount as FhirAmount
from .fhir_types import Component, DiagnosticReport, Observation
from .readings import Rank, dated, life_expectancy, rank, statement

Comparator = Literal["<", "<=", ">", ">="]
COMPARATORS: dict[str | None, Comparator] = {"<": "<", "<=": "<=", ">": ">", ">=": ">="}


def observation(row: Observation, where: str, chart: Chart) -> Iterator[Fact]:
    if row.status in ("cancelled", "registered"):
        chart.remarks.count("withdrawn-row", "Observation", f"{row.status}, without a result; not used")
        return
    if fhir_mcode.is_staging(row):
        yield from fhir_mcode.staging(row, where, chart)
        return
    seen = dates(chart, where, row.effective_date_time or row.effective_instant, row.effective_period)
    category = row.category[0].words.lower() if row.category else ""
    asked = [Asked(row, seen, where, category, row.notes)] if _has_value(row) else []
    parts = () if _is_variant(row) else row.component
    asked += [Asked(part, seen, where, category, row.notes) for part in parts if _has_value(part)]
    if not asked and not row.has_member:
        chart.remarks.count("no-result", "Observation", "no value; not used")
    for one in asked:
        yield from _read(one, chart)


def _has_value(row: Observation | Component) -> bool:
    values = (row.value_quantity, row.value_codeable_concept, row.value_string, row.value_boolean, row.value_integer)
    return any(
        value is not None
        for value in (*values, row.value_range, row.value_ratio, row.value_date_time, row.value_period)
    )


def _read(asked: Asked, chart: Chart) -> Iterator[Fact]:
    if not asked.words and not asked.codes:
        chart.remarks.add("unused-resource", asked.where, "a value without a name")
        return
    rule, row = rule_for(asked.words), asked.row
    if isinstance(row, Observation) and "69548-6" in {code.code for code in asked.codes}:
        yield from _variant(asked, row, chart)
    elif _is_histology(asked) and row.value_codeable_concept:
        yield from fhir_mcode.histology(row.value_codeable_concept, asked.seen.start, asked.where, chart)
    elif rule and rule.makes == "statement":
        yield from _stated(asked, rule.names[0], chart)
    elif rule is None and (scale := _scale(asked, chart)):
        yield from _rated(asked, scale, chart)
    elif row.value_quantity or row.value_integer is not None:
        yield from _measured(asked, chart)
    elif row.value_boolean is not None:
        yield from answered(asked, "present" if row.value_boolean else "absent", rule, chart)
    elif row.value_codeable_concept or row.value_string is not None:
        yield from worded(asked, rule, chart)
    else:
        chart.remarks.count("unused-resource", "Observation", "a range, ratio or time as a value is not read")


def _is_variant(row: Observation) -> bool:
    return row.code is not None and row.code.has("69548-6")


def _variant(asked: Asked, row: Observation, chart: Chart) -> Iterator[Fact]:
    """A genetic variant looked for: the gene stands in a component (LOINC 48018-6), whether it is there is the row's own answer."""
    genes = [part.value_codeable_concept for part in row.component if part.code and part.code.has("48018-6")]
    said = answer_of(asked)
    for gene in genes:
        if gene and gene.words and said in ("present", "absent"):
            concept = chart.namer.concept(f"{gene.words} mutation", "finding")
            yield fact_of(asked, concept, "confirmed" if said == "present" else "refuted", concept.text)
    if not genes or said not in ("present", "absent"):
        chart.remarks.add("unused-resource", asked.where, "a genetic variant without a gene or without a result")


def _is_histology(asked: Asked) -> bool:
    profiles = asked.row.profiles() if isinstance(asked.row, Observation) else frozenset()
    return "mcode-histologic-behavior-and-type" in profiles or "31206-6" in {code.code for code in asked.codes}


# Numbers


def _measured(asked: Asked, chart: Chart) -> Iterator[Fact]:
    row, where = asked.row, asked.where
    concept = chart.namer.concept(asked.words or asked.codes[0].code, asked.measure_kind, asked.codes)
    given = row.value_quantity or FhirAmount(value=Decimal(row.value_integer or 0))
    found = quantity(chart, where, given, concept.id)
    if found is None:
        return
    low, high = bounds(chart, where, row.reference_range, found)
    yield Measurement(
        concept=concept, quantity=found, comparator=COMPARATORS.get(given.comparator), low=low, high=high, start=asked.seen.start,
        end=asked.seen.end, source=where, words=asked.words or concept.text,
    )  # fmt: skip


# Scales and statements


def _scale(asked: Asked, chart: Chart) -> str | None:
    """The id of the ordinal scale asked for; None when it is no scale."""
    entry = chart.namer.entry(asked.words, "scale", asked.codes)
    return entry.id if entry and entry.kind == "scale" else None


def _rated(asked: Asked, scale: str, chart: Chart) -> Iterator[Fact]:
    row = asked.row
    found: Rank | None
    if row.value_integer is not None:
        found = Rank(Decimal(row.value_integer))
    elif row.value_quantity and row.value_quantity.value is not None:
        found = Rank(row.value_quantity.value)
    else:
        coded = row.value_codeable_concept
        given = [coded.text, *(c.display for c in coded.coding)] if coded else [row.value_string]
        found = next((r for words in given if words and (r := rank(words))), None)
    if found is None:
        chart.remarks.add("unused-resource", asked.where, f"a value on the scale {scale} that is not read")
        return
    version = (
        "modified" if re.search(r"\bmodified\b", asked.words.lower()) and not scale.startswith("modified") else None
    )
    yield Rating(
        scale=scale,
        value=found.value,
        version=version,
        start=asked.seen.start,
        end=asked.seen.end,
        source=asked.where,
        words=asked.words,
    )


def _stated(asked: Asked, kind: str, chart: Chart) -> Iterator[Fact]:
    row, where, words = asked.row, asked.where, asked.words
    if kind == "life_expectancy":
        given = row.value_quantity
        text = f"{given.value} {given.unit or given.code}" if given else row.value_string or _value_words(row)
        found = life_expectancy(text, words)
    else:
        found = statement(kind, answer_of(asked))
    if found is None:
        chart.remarks.add("unused-resource", where, f"an answer about {kind.replace('_', ' ')} that is not read")
        return
    yield dated(found, asked.seen.start, where, words)
    if kind == "life_expectancy" and row.value_quantity and found.holds:
        yield from _measured(asked, chart)


def _value_words(row: Observation | Component) -> str:
    if row.value_codeable_concept:
        return row.value_codeable_concept.words
    return {True: "yes", False: "no", None: ""}[row.value_boolean]


def report(row: DiagnosticReport, where: str, chart: Chart) -> Iterator[Fact]:
    """The coded conclusions of a report; its results are read from the observations that it refers to, a worded conclusion is not read."""
    if row.status in ("registered", "cancelled"):
        chart.remarks.count("withdrawn-row", "DiagnosticReport", f"{row.status}, without a result; not used")
        return
    seen = dates(chart, where, row.effective_date_time, row.effective_period)
    for coded in row.conclusion_code:
        if concept := chart.concept(coded, "finding"):
            yield Occurrence(concept=concept, start=seen.start, source=where, words=coded.words or concept.text)
    if row.conclusion and not row.conclusion_code:
        chart.remarks.count("unused-resource", "DiagnosticReport", "a conclusion in words is not read")
    for reference in row.result:
        chart.find(reference, where)
