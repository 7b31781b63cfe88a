"""The sections of the patient form in, facts out. Each section takes one-line entries, or the same spelled out as keys."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import get_args

import msgspec

from trialwright.codes.concepts import Code, Concept, Kind
from trialwright.codes.measures import measure_of
from trialwright.codes.quantities import Quantity
from trialwright.codes.units import fits

from .course import recurrence, says_recurrent
from .dosage import read_dose
from .facts import Certainty, Fact, Measurement, Occurrence, Rating, Staging
from .fhir_answers import rule_for
from .fhir_mcode import edition, metastasis, read_stage
from .fhir_observations import COMPARATORS
from .fhir_treatments import is_live
from .form_lines import Line, LineError, Value, date_of, read_line, read_value
from .form_nodes import FormNode
from .naming import Namer, answer, details
from .readings import Severity, dated, denied_allergy, grade_in, life_expectancy, rank, statement, unitless
from .remarks import Remarks

STATEMENTS = (
    "consent",
    "compliance",
    "capacity",
    "judgement",
    "conduct",
    "contraception",
    "life expectancy",
    "fitness",
    "availability",
)


@dataclass(frozen=True, slots=True)
class Form:
    """What the sections of one patient's form share."""

    namer: Namer
    remarks: Remarks


Section = Callable[[FormNode, Form], Iterator[Fact]]


def listed(kind: Kind, *, family: bool = False, planned: bool = False) -> Section:
    """A section that lists things of one kind."""

    def section(node: FormNode, form: Form) -> Iterator[Fact]:
        for item in node.items():
            line, codes = _line(item)
            line = replace(line, family=line.family or family, planned=line.planned or planned)
            if kind == "condition" and says_recurrent(line.name) and line.status is None:
                line = replace(line, status="recurrence")
            for fact in _occurrences(line, form.namer.concept(line.name, kind, codes), item, form):
                yield from form.namer.with_opposite(fact) if kind == "finding" else (fact,)
                if kind == "condition" and says_recurrent(line.name) and not (line.family or line.planned):
                    yield from recurrence(fact, form.namer)

    return section


def _occurrences(line: Line, concept: Concept, at: FormNode, form: Form) -> Iterator[Occurrence]:
    """One fact for each site named; one where none is."""
    namer = form.namer
    fact = Occurrence(
        concept=concept,
        start=line.start,
        end=line.end,
        source=at.source,
        words=line.name,
        certainty=line.certainty,
        status=line.status,
        ongoing=line.ongoing,
        grade=line.grade.value if line.grade else None,
        grade_scale=line.grade.scale if line.grade else None,
        grade_version=line.grade.version if line.grade else None,
        severity=line.severity,
        dose=line.dose,
        purpose=line.purpose,
        line=line.line,
        cycles=line.cycles,
        reason=namer.concept(line.reason, "condition") if line.reason else None,
        for_recurrence=(says_recurrent(line.reason) or None) if line.reason else None,
        cause=(namer.known(line.cause) or namer.concept(line.cause, "condition")) if line.cause else None,
        evidence=tuple(namer.concept(words, "procedure") for words in line.evidence),
        family=line.family,
        planned=line.planned,
        details=(*details(line.name), *line.details),
    )
    for site in [namer.concept(words, "site") for words in line.sites] or (None,):
        yield msgspec.structs.replace(fact, site=site)


def plans(node: FormNode, form: Form) -> Iterator[Fact]:
    """What is yet to come, and the findings that hold the plan in their name ("major surgery planned")."""
    for fact in listed("finding", planned=True)(node, form):
        yield fact
        rule = rule_for(f"{fact.words} planned")
        for name in rule.names if rule and rule.makes == "plan" else ():
            known = form.namer.known(name, "finding") if "planned" in name else None
            if known and isinstance(fact, Occurrence):
                yield msgspec.structs.replace(fact, concept=known, planned=False)


def allergies(node: FormNode, form: Form) -> Iterator[Fact]:
    """Allergies; a reaction that the vocabulary knows as a condition is on record as one, caused by the substance."""
    for item in node.items():
        line, codes = _line(item)
        if line.name.lower() in (
            "none known",
            "none",
            "no known allergies",
            "nkda",
            "no known drug allergies",
            "known allergies",
        ):
            yield Occurrence(
                concept=form.namer.concept(denied_allergy(line.name), "allergy"),
                certainty="refuted",
                source=item.source,
                words=line.name,
            )
            continue
        fact, *_ = _occurrences(line, form.namer.concept(line.name, "allergy", codes), item, form)
        yield fact
        for words in line.details:
            reaction = form.namer.known(words, "condition")
            if reaction and reaction.kind == "condition":
                yield Occurrence(
                    concept=reaction,
                    start=fact.start,
                    source=fact.source,
                    words=words,
                    severity=fact.severity,
                    cause=fact.concept,
                )


def vaccines(node: FormNode, form: Form) -> Iterator[Fact]:
    """Vaccines; one called live is also on record as a live vaccine where the vocabulary does not know it as one."""
    live = form.namer.known("live vaccine", "vaccine")
    for fact in listed("vaccine")(node, form):
        yield fact
        if not isinstance(fact, Occurrence) or live is None or form.namer.is_a(fact.concept, live.id or ""):
            continue
        if is_live(fact.words, fact.details):
            yield msgspec.structs.replace(fact, concept=live)


# Entries: one line, or keys


def _line(item: FormNode) -> tuple[Line, tuple[Code, ...]]:
    try:
        if item.is_text:
            return read_line(item.text()), ()
        return _spelled_out(item)
    except LineError as error:
        raise item.wrong(str(error)) from None


def _spelled_out(item: FormNode) -> tuple[Line, tuple[Code, ...]]:
    fields = item.fields("one line of words, or keys such as name, since, site")
    if len(fields) == 1 and next(iter(fields)) not in _KEYS:
        name, value = next(iter(fields.items()))
        return read_line(f"{name}, {value.text('words')}" if not value.is_empty else name), ()
    line, codes = Line(), tuple[Code, ...]()
    for key, value in fields.items():
        if key == "code":
            codes = tuple(_code(part) for part in value.items())
        elif key in _KEYS:
            try:
                line = _KEYS[key](line, value)
            except LineError as error:
                raise value.wrong(str(error)) from None
        else:
            raise value.unknown_key(key, (*_KEYS, "code"))
    if not line.name:
        raise item.wrong("the entry names nothing; expected a key 'name'")
    return line, codes


def _code(node: FormNode) -> Code:
    system, colon, code = node.text("a code such as snomed:449248000").partition(":")
    if not (system and colon and code):
        raise node.wrong("expected a code with its system, such as snomed:449248000 or icd10cm:C11.9")
    return Code(system.strip().lower(), code.strip())


def _flag(node: FormNode) -> bool:
    said = answer(node.text("yes or no"))
    if said not in ("present", "absent"):
        raise node.wrong("expected yes or no")
    return said == "present"


def _choice(node: FormNode, choices: tuple[str, ...]) -> str:
    found = node.text().lower()
    if found not in choices:
        raise node.wrong(f"expected one of {', '.join(choices)}")
    return found


def _certainty(node: FormNode) -> Certainty:
    found: dict[str, Certainty] = {"confirmed": "confirmed", "suspected": "suspected", "refuted": "refuted"}
    return found[_choice(node, get_args(Certainty))]


def _severity(node: FormNode) -> Severity:
    found: dict[str, Severity] = {"mild": "mild", "moderate": "moderate", "severe": "severe"}
    return found[_choice(node, get_args(Severity))]


def _grade(line: Line, node: FormNode) -> Line:
    found = grade_in(f"grade {node.text('a grade such as 3 or 3 (CTCAE v5)')}")
    if found is None:
        raise node.wrong("expected a grade from 0 to 5, such as 3 or 3 (CTCAE v5)")
    return replace(line, grade=found)


def _count(node: FormNode) -> int:
    if not node.text().isdigit():
        raise node.wrong("expected a whole number")
    return int(node.text())


def _dose(node: FormNode) -> Quantity:
    found = read_dose(node.text("a dose such as 12 mg daily")).amount
    if found is None:
        raise node.wrong("expected one amount with its unit, such as 12 mg daily")
    return found


def _words(node: FormNode) -> tuple[str, ...]:
    return tuple(part.text() for part in node.items())


_KEYS: dict[str, Callable[[Line, FormNode], Line]] = {
    "name": lambda line, node: replace(line, name=node.text()),
    "on": lambda line, node: replace(line, start=date_of(node.text())),
    "since": lambda line, node: replace(
        line, start=date_of(node.text()), ongoing=True if line.ongoing is None else line.ongoing
    ),
    "start": lambda line, node: replace(line, start=date_of(node.text())),
    "end": lambda line, node: replace(line, end=date_of(node.text()), ongoing=False),
    "ongoing": lambda line, node: replace(line, ongoing=_flag(node)),
    "status": lambda line, node: replace(line, status=node.text().lower()),
    "certainty": lambda line, node: replace(line, certainty=_certainty(node)),
    "grade": _grade,
    "severity": lambda line, node: replace(line, severity=_severity(node)),
    "site": lambda line, node: replace(line, sites=_words(node)),
    "dose": lambda line, node: replace(line, dose=_dose(node)),
    "purpose": lambda line, node: replace(line, purpose=node.text().lower()),
    "line": lambda line, node: replace(line, line=_count(node)),
    "cycles": lambda line, node: replace(line, cycles=_count(node)),
    "for": lambda line, node: replace(line, reason=node.text()),
    "cause": lambda line, node: replace(line, cause=node.text()),
    "confirmed by": lambda line, node: replace(line, evidence=_words(node)),
    "reaction": lambda line, node: replace(line, details=(*line.details, *_words(node))),
    "planned": lambda line, node: replace(line, planned=_flag(node)),
    "family": lambda line, node: replace(line, family=_flag(node)),
    "note": lambda line, node: replace(line, details=(*line.details, node.text().lower())),
}
"""The keys of an entry that is spelled out."""


# Results


def results(kind: Kind) -> Section:
    """A section of results by name, each one value or a list of values."""

    def section(node: FormNode, form: Form) -> Iterator[Fact]:
        for name, values in node.fields("results by name, such as hemoglobin: 90 g/L on 2026-02-16").items():
            for value in values.items():
                yield from _result(name, value, kind, form)

    return section


def _result(name: str, node: FormNode, kind: Kind, form: Form) -> Iterator[Fact]:
    concept = form.namer.concept(name, kind)
    try:
        value = read_value(_value_words(node), concept.id)
    except LineError as error:
        raise node.wrong(str(error)) from None
    said = answer(value.words)
    if said == "unknown":
        form.remarks.count("no-result", name, "a result that is pending, unclear or not recorded; not used")
    elif said:
        yield Occurrence(
            concept=form.namer.finding(name, is_test=kind == "lab"), certainty="confirmed" if said == "present" else "refuted",
            start=value.start, source=node.source, words=f"{name}: {value.words}",
        )  # fmt: skip
    else:
        yield _measurement(concept, value, node, form)


def _value_words(node: FormNode) -> str:
    """A result that is spelled out as keys, as the one line that says the same."""
    if node.is_text:
        return node.text()
    fields = node.fields("a result such as 90 g/L on 2026-02-16 (115-150)")
    for key, place in fields.items():
        if key not in ("value", "unit", "on", "low", "high"):
            raise place.unknown_key(key, ("value", "unit", "on", "low", "high"))
    if "value" not in fields:
        raise node.wrong("expected a key 'value'")
    given = {key: place.text() for key, place in fields.items()}
    low, high = given.get("low"), given.get("high")
    limits = f" ({low}-{high})" if low and high else f" (> {low})" if low else f" (< {high})" if high else ""
    return (
        f"{given['value']} {given.get('unit', '')}".strip() + (f" on {given['on']}" if "on" in given else "") + limits
    )


def _measurement(concept: Concept, value: Value, node: FormNode, form: Form) -> Measurement:
    read, fact = value.amount, measure_of(concept.id) if concept.id else None
    if read is None:
        raise node.wrong(
            "expected a number with its unit, such as 90 g/L on 2026-02-16 (115-150), or an answer such as positive"
        )
    unit = read.unit or read.rest or unitless(concept.id)
    if not unit:
        usual = f"such as {fact.unit}" if fact and fact.unit else "a unit"
        raise node.wrong(
            f"the number has no unit; expected one {usual}" if fact and fact.unit else "the number has no unit"
        )
    if read.unit is None and read.rest:
        form.remarks.add("unknown-unit", node.source, "the unit is not known; kept as written, and never compared")
    elif concept.id and not fits(unit, concept.id):
        form.remarks.add("unit-mismatch", node.source, f"the unit does not measure {concept.id}; kept as written")
    return Measurement(
        concept=concept, quantity=Quantity(read.value, unit), comparator=COMPARATORS.get(read.comparator), low=value.low, high=value.high,
        start=value.start, source=node.source, words=concept.text,
    )  # fmt: skip


def scores(node: FormNode, form: Form) -> Iterator[Fact]:
    """Values on ordinal scales by the scale's name; a version stands in parentheses, `charlson (modified)`."""
    for name, values in node.fields("scores by name, such as ECOG: 1 on 2026-02-23").items():
        scale = form.namer.concept(name.split("(")[0], "scale")
        for place in values.items():
            value = _read(place)
            found = rank(value.words)
            if found is None:
                raise place.wrong("expected one value of the scale, such as 1 on 2026-02-23")
            version = next(iter(details(name)), None)
            yield Rating(
                scale=scale.id or scale.text,
                value=found.value,
                version=version,
                start=value.start,
                source=place.source,
                words=name,
            )


def _read(node: FormNode) -> Value:
    try:
        return read_value(_value_words(node))
    except LineError as error:
        raise node.wrong(str(error)) from None


def stages(node: FormNode, form: Form) -> Iterator[Fact]:
    """Stages such as `rT2 rN0 M0, stage II, AJCC 8, on 2026-01-20`; M also says whether there is a distant metastasis."""
    for item in node.items():
        value = _read(item)
        found = read_stage(value.words)
        if not found:
            raise item.wrong("expected a stage such as rT2 N0 M0 or stage IVA, then its edition and date")
        for stage in found:
            yield Staging(
                system=stage.system, value=stage.value, prefix=stage.prefix, edition=edition(value.words), start=value.start,
                source=item.source, words=value.words,
            )  # fmt: skip
            yield from metastasis(stage, value.start, item.source, form.namer)


def statements(node: FormNode, _: Form) -> Iterator[Fact]:
    """What a person has said: `contraception: yes on 2026-03-02`, `life expectancy: 12 months`."""
    for name, place in node.fields("statements by name, such as consent: yes on 2026-03-02").items():
        kind = name.lower().replace(" ", "_")
        if kind.replace("_", " ") not in STATEMENTS:
            raise place.unknown_key(name, STATEMENTS)
        value = _read(place)
        found = life_expectancy(value.words) if kind == "life_expectancy" else statement(kind, answer(value.words))
        if found is None:
            expected = "a length such as 12 months" if kind == "life_expectancy" else "yes or no"
            raise place.wrong(f"expected {expected}, and a date: {expected} on 2026-03-02")
        yield dated(found, value.start, place.source, name)
