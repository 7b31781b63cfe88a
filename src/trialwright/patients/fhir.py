"""FHIR R4 resources in (a Bundle of any type, or bulk-export lines), patients out: one for each Patient resource or reference to one.

Nothing is dropped in silence: a row that was entered in error, withdrawn, of a kind that is not read, broken or without a patient is
counted or named in the patient's diagnostics. Sex, birth date, units and dates are never filled in.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import msgspec

from trialwright.codes.vocabulary import Vocabulary

from . import fhir_conditions, fhir_observations, fhir_treatments
from .course import course
from .facts import Fact, Patient, Sex
from .fhir_parts import Chart, code_of
from .fhir_types import (
    READ,
    AllergyIntolerance,
    BodyStructure,
    Condition,
    DiagnosticReport,
    FamilyMemberHistory,
    Immunization,
    Medication,
    MedicationAdministration,
    MedicationRequest,
    MedicationStatement,
    Observation,
    Procedure,
    Reference,
    Resource,
)
from .fhir_types import Patient as Person
from .naming import Namer
from .remarks import ChartError, Remarks

_SEXES: dict[str | None, Sex] = {"female": "female", "male": "male"}
_BESIDE = frozenset({"Medication", "BodyStructure", "Patient"})


class _Head(msgspec.Struct, frozen=True, rename="camel"):
    """What every resource says of itself, and whose it is."""

    resource_type: str = ""
    id: str = ""
    subject: Reference | None = None
    patient: Reference | None = None
    contained: tuple[msgspec.Raw, ...] = ()


class _Entry(msgspec.Struct, frozen=True, rename="camel"):
    resource: msgspec.Raw = msgspec.Raw()
    full_url: str = ""


class _Bundle(msgspec.Struct, frozen=True, rename="camel"):
    resource_type: str = ""
    entry: tuple[_Entry, ...] = ()


class Row(msgspec.Struct, frozen=True):
    """One resource as it came.

    where  its address for people, `Type/id`, or `Type[n]` where it has no id
    """

    kind: str
    where: str
    raw: bytes
    url: str = ""
    owner: str = ""


@dataclass(slots=True)
class _Gathered:
    """The rows of one patient, the rows that others refer to, and what was odd about them."""

    rows: dict[str, Row] = field(default_factory=dict)
    remarks: Remarks = field(default_factory=Remarks)


def bundle_rows(data: bytes) -> Iterator[Row]:
    """The resources of a Bundle, in order; a lone resource is a bundle of one.

    raises  ChartError when the bytes are no JSON object, or no FHIR resource
    """
    try:
        bundle = msgspec.json.decode(data, type=_Bundle)
    except msgspec.DecodeError as error:
        raise ChartError(f"not readable as FHIR JSON: {error}") from None
    except RecursionError:
        raise ChartError("not readable as FHIR JSON: nested too deeply") from None
    if bundle.resource_type != "Bundle":
        yield _row(data, "", 1)
        return
    for number, entry in enumerate(bundle.entry, 1):
        if bytes(entry.resource):
            yield _row(bytes(entry.resource), entry.full_url, number)


def line_rows(lines: Iterable[bytes]) -> Iterator[Row]:
    """The resources of a bulk export, one JSON object a line; a line that is none becomes a row of the kind ""."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield _row(line, "", number)


def _row(raw: bytes, url: str, number: int) -> Row:
    try:
        head = msgspec.json.decode(raw, type=_Head)
    except (msgspec.DecodeError, RecursionError):
        return Row("", f"row {number}", raw)
    where = f"{head.resource_type}/{head.id}" if head.id else f"{head.resource_type}[{number}]"
    owner = next((ref.reference for ref in (head.subject, head.patient) if ref and ref.reference), "")
    return Row(head.resource_type, where, raw, url, owner)


def patients(rows: Iterable[Row], vocabulary: Vocabulary) -> Iterator[Patient]:
    """The patients of these rows, in the order in which they first appear. All rows are held in memory: a row may stand anywhere."""
    gathered, shared = _gather(list(rows))
    namer = Namer(vocabulary)
    for key, of_one in gathered.items():
        yield _patient(key, of_one, shared, namer)


def _gather(rows: list[Row]) -> tuple[dict[str, _Gathered], _Gathered]:
    """Rows by patient, and those that belong to no patient of the input."""
    names = {row.url: row.where for row in rows if row.url} | {row.where: row.where for row in rows}
    gathered: dict[str, _Gathered] = {}
    shared = _Gathered()
    for row in rows:
        owner = row.where if row.kind == "Patient" else names.get(row.owner, "/".join(row.owner.split("/")[-2:]))
        is_owned = bool(row.kind) and (row.kind == "Patient" or owner.startswith("Patient/"))
        _put(gathered.setdefault(owner, _Gathered()) if is_owned else shared, row)
    return gathered, shared


def _put(into: _Gathered, row: Row) -> None:
    """Two rows with one address: the same content counts once, and of two contents the later in the file stands."""
    before = into.rows.get(row.where)
    if before is not None:
        same = before.raw.strip() == row.raw.strip()
        into.remarks.add(
            "duplicate-resource",
            row.where,
            "given twice, alike; read once" if same else "given twice with different content; the later one is read",
        )
        del into.rows[row.where]
    into.rows[row.where] = row


def _patient(key: str, gathered: _Gathered, shared: _Gathered, namer: Namer) -> Patient:
    remarks = gathered.remarks
    decoded = _decode(gathered, remarks) | _decode(shared, Remarks())
    chart = Chart(namer, remarks, decoded)
    facts = tuple(_facts(gathered, chart))
    _leave_out(shared, remarks)
    person = decoded.get(key)
    if not isinstance(person, Person):
        remarks.add(
            "dangling-reference",
            key.split("/")[0],
            "the Patient resource is not in the input; sex and birth date are not known",
        )
        person = Person()
    return Patient(
        id=key.split("/", 1)[-1],
        birth=remarks.date(person.birth_date, "Patient", "birth date"),
        death=remarks.date(person.deceased_date_time, "Patient", "date of death"),
        sex=_sex(person, remarks),
        facts=(*facts, *course(facts, namer)),
        diagnostics=remarks.all(),
    )


def _sex(person: Person, remarks: Remarks) -> Sex | None:
    if person.gender not in _SEXES and person.gender is not None:
        remarks.add("unused-resource", "Patient", "the gender is neither female nor male; sex is read as not recorded")
    return _SEXES.get(person.gender)


def _decode(gathered: _Gathered, remarks: Remarks) -> dict[str, Resource]:
    """The rows of the kinds that are read, by every reference that may name them."""
    found: dict[str, Resource] = {}
    for row in gathered.rows.values():
        kind = READ.get(row.kind)
        if kind is None:
            continue
        try:
            resource = msgspec.json.decode(row.raw, type=kind)
        except msgspec.DecodeError as error:
            remarks.add("broken-row", row.where, f"not as FHIR R4 has it, not used: {_shape(error)}")
            continue
        found[row.where] = resource
        if row.url:
            found[row.url] = resource
        found |= _contained(resource, row.where)
    return found


def _shape(error: msgspec.DecodeError) -> str:
    """The decoder's words without any value of the chart's: it names types and the path alone, but may quote an invalid date or number."""
    words = str(error)
    return words if "`" in words and "'" not in words else "malformed"


def _contained(resource: Resource, where: str) -> dict[str, Resource]:
    found: dict[str, Resource] = {}
    for raw in resource.contained:
        row = _row(bytes(raw), "", 0)
        if row.kind in READ and row.where.count("/") == 1:
            try:
                found[f"{where}#{row.where.split('/')[1]}"] = msgspec.json.decode(raw, type=READ[row.kind])
            except msgspec.DecodeError:
                continue
    return found


def _facts(gathered: _Gathered, chart: Chart) -> Iterator[Fact]:
    for row in gathered.rows.values():
        if row.kind not in READ:
            chart.remarks.count("unused-resource", row.kind, "this kind of resource is not read")
            continue
        resource = chart.rows.get(row.where)
        if resource is None or row.kind in _BESIDE:
            continue
        if _is_in_error(resource):
            chart.remarks.count("withdrawn-row", row.kind, "entered in error; not used")
            continue
        yield from read(resource, row.where, chart)


def _leave_out(shared: _Gathered, remarks: Remarks) -> None:
    """Rows of no patient: those that others refer to are read through them, clinical ones without a patient are reported to all."""
    kinds = Counter(row.kind for row in shared.rows.values() if row.kind not in _BESIDE)
    for kind, number in kinds.items():
        for _ in range(number):
            if not kind:
                remarks.count("broken-row", "row", "no JSON object with a resourceType; not used")
            elif kind in READ:
                remarks.count("dangling-reference", kind, "names no patient; not used")
            else:
                remarks.count("unused-resource", kind, "this kind of resource is not read")


def _is_in_error(resource: Resource) -> bool:
    match resource:
        case Condition() | AllergyIntolerance():
            return code_of(resource.verification_status) == "entered-in-error"
        case Person() | Medication() | BodyStructure():
            return False
        case _:
            return resource.status == "entered-in-error"


def read(resource: Resource, where: str, chart: Chart) -> Iterator[Fact]:
    """The facts of one resource. where: its address, as the facts name it."""
    match resource:
        case Condition():
            yield from fhir_conditions.condition(resource, where, chart)
        case AllergyIntolerance():
            yield from fhir_conditions.allergy(resource, where, chart)
        case FamilyMemberHistory():
            yield from fhir_conditions.family(resource, where, chart)
        case Observation():
            yield from fhir_observations.observation(resource, where, chart)
        case DiagnosticReport():
            yield from fhir_observations.report(resource, where, chart)
        case Procedure():
            yield from fhir_treatments.procedure(resource, where, chart)
        case MedicationStatement() | MedicationAdministration() | MedicationRequest():
            yield from fhir_treatments.medication(resource, where, chart)
        case Immunization():
            yield from fhir_treatments.immunization(resource, where, chart)
        case Person() | Medication() | BodyStructure():
            return
