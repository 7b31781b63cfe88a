"""ClinicalTrials.gov API v2 JSON in, trials out, and trials back to the same JSON.

Nothing is lost: what the types have no place for becomes an `Extra`, and `write` puts it back where it stood.

Most studies are decoded straight into the types, which refuse unknown keys and values of other types. What they refuse
is read a second time, slowly, and parted into what fits and what does not.
"""

import functools
import re
from operator import attrgetter
from typing import Any

import msgspec

from trialwright.codes.dates import DateError, PartialDate
from trialwright.codes.places import Diagnostic
from trialwright.registries.unreadable import BadRecordError, one_line
from trialwright.trial import DatedStruct, Extra, Protocol, Record, Source, Status, Trial, is_list, part_fields

_DECODER = msgspec.json.Decoder(Record)
_SECTIONS = msgspec.json.Decoder(dict[str, msgspec.Raw])
# A null reads as an absent key; it is not the same, so a study that may hold one goes the slow way.
_MAYBE_NULL = re.compile(rb"[:\[,]\s*null\s*[,}\]]")
_BYTE = re.compile(r"\(byte (\d+)\)")
_AGE = re.compile(r"\d+(?:\.\d+)? (?:Year|Month|Week|Day|Hour|Minute)s?|N/A", re.IGNORECASE)
_INT64 = range(-(2**63), 2**63)

_PLAIN_DATES = (
    "status_verified_date",
    "study_first_submit_date",
    "study_first_submit_qc_date",
    "results_first_submit_date",
    "results_first_submit_qc_date",
    "disp_first_submit_date",
    "disp_first_submit_qc_date",
    "last_update_submit_date",
)
_DATE_STRUCTS = (
    "start_date_struct",
    "primary_completion_date_struct",
    "completion_date_struct",
    "study_first_post_date_struct",
    "results_first_post_date_struct",
    "disp_first_post_date_struct",
    "last_update_post_date_struct",
)
_plain_dates = attrgetter(*_PLAIN_DATES)
_date_structs = attrgetter(*_DATE_STRUCTS)


def read(data: bytes, name: str = "", position: int = 1) -> Trial:
    """One study.

    data      UTF-8 JSON
    name      the file's name, for `Source`
    position  the record's number in the file, from 1
    raises    BadRecordError when it is no JSON, or no object with a key of a study
    """
    trial = read_strictly(data, name, position)
    return _read_slowly(data, name, position) if trial is None else trial


def read_strictly(data: bytes, name: str = "", position: int = 1) -> Trial | None:
    """One study whose every key and value has its place in the types; None when it is not so."""
    if b"null" in data and _MAYBE_NULL.search(data):
        return None
    try:
        record = _DECODER.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if record == _NO_RECORD:
        return None
    source = Source(name=name, position=position)
    return Trial(record=record, source=source, diagnostics=remark_values(record))


_NO_RECORD = Record()


def write(trial: Trial) -> bytes:
    """The trial as one API v2 study on one line, UTF-8; for a trial read from API v2, key for key what was read.

    Extras of other forms stay with the form: their addresses mean nothing in API v2.
    """
    data = msgspec.json.encode(trial.record)
    if trial.extras and trial.source.form == "api-v2":
        study = msgspec.json.decode(data)
        for extra in trial.extras:
            _put_back(study, extra)
        return msgspec.json.encode(study)
    # Sections kept unparsed come back as they were printed, line breaks and all.
    return msgspec.json.format(data, indent=-1) if b"\n" in data else data


def _put_back(study: Any, extra: Extra) -> None:
    holder = study
    for key in extra.path[:-1]:
        holder = holder[key]
    last = extra.path[-1]
    if isinstance(holder, list) and isinstance(last, int):
        holder.insert(last, extra.value)
    else:
        holder[last] = extra.value


def remark_values(record: Record) -> tuple[Diagnostic, ...]:
    """The dates that cannot be and the ages that are none; their text stays in the record."""
    protocol = record.protocol
    if protocol is None:
        return ()
    found = _remark_ages(protocol)
    status = protocol.status
    if status is not None and not _dates_are_sound(status):
        found += _remark_dates(status)
    return tuple(found)


def _dates_are_sound(status: Status) -> bool:
    dates = (*_plain_dates(status), *(struct.date for struct in _date_structs(status) if struct is not None))
    return all(_is_date(date) for date in dates if date)


def _remark_dates(status: Status) -> list[Diagnostic]:
    fields = part_fields(Status)
    paths = {attribute: f"protocolSection.statusModule.{key}" for key, (attribute, _) in fields.items()}
    stated = {paths[name]: date for name, date in zip(_PLAIN_DATES, _plain_dates(status), strict=True)}
    for name, struct in zip(_DATE_STRUCTS, _date_structs(status), strict=True):
        stated[f"{paths[name]}.date"] = struct.date if isinstance(struct, DatedStruct) else None
    return [bad_date(path, date) for path, date in stated.items() if date and not _is_date(date)]


def bad_date(path: str, text: str) -> Diagnostic:
    return Diagnostic(
        "bad-date", f"{one_line(text, 40)!r} is no date that can be; expected a form such as 2026-02-03", path
    )


def _remark_ages(protocol: Protocol) -> list[Diagnostic]:
    module = protocol.eligibility
    if module is None:
        return []
    ages = (("minimumAge", module.minimum_age), ("maximumAge", module.maximum_age))
    return [
        Diagnostic(
            "bad-age",
            f"{one_line(age, 40)!r} is no age; expected a form such as 18 Years",
            f"protocolSection.eligibilityModule.{key}",
        )
        for key, age in ages
        if age and not _is_age(age)
    ]


# Registries print the same few thousand dates again and again.
@functools.lru_cache(maxsize=16384)
def _is_date(text: str) -> bool:
    try:
        PartialDate.parse(text)
    except DateError:
        return False
    return True


@functools.lru_cache(maxsize=1024)
def _is_age(text: str) -> bool:
    return _AGE.fullmatch(text) is not None


def _read_slowly(data: bytes, name: str, position: int) -> Trial:
    text, remarks = decodable(data)
    sections = decode_object(text)
    if not sections.keys() & part_fields(Record).keys():
        keys = ", ".join(sorted(sections)[:5]) or "none"
        raise BadRecordError(f"no clinical trial record: none of its keys is a study's (found {one_line(keys)})")
    sieve = _Sieve()
    study: dict[str, Any] = {}
    for key, raw in sections.items():
        _, part = part_fields(Record).get(key, ("", object))
        if part is msgspec.Raw:
            study[key] = raw
            continue
        kept = sieve.member(Record, key, decode_value(bytes(raw)), ())
        if kept is not None:
            study[key] = kept
    record = _DECODER.decode(msgspec.json.encode(study))
    return Trial(
        record=record,
        source=Source(name=name, position=position),
        extras=tuple(sieve.extras),
        diagnostics=(*remarks, *sieve.remarks, *remark_values(record)),
    )


def decodable(data: bytes) -> tuple[bytes, tuple[Diagnostic, ...]]:
    """The bytes as UTF-8; where they are not, the odd ones become U+FFFD and a remark says so."""
    try:
        data.decode()
    except UnicodeDecodeError as error:
        remark = Diagnostic("bad-bytes", f"byte {error.start} is not UTF-8; what cannot be read is shown as U+FFFD")
        return data.decode(errors="replace").encode(), (remark,)
    return data, ()


def decode_object(data: bytes) -> dict[str, msgspec.Raw]:
    """The members of a JSON object, unparsed.

    raises  BadRecordError
    """
    try:
        return _SECTIONS.decode(data)
    except msgspec.ValidationError:
        raise BadRecordError("a JSON value that is no object; expected a clinical trial record") from None
    except (msgspec.DecodeError, RecursionError) as error:
        raise broken_json(error, data) from None


def decode_value(data: bytes) -> Any:
    """Plain JSON.

    raises  BadRecordError
    """
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise broken_json(error, data) from None


def broken_json(error: Exception, data: bytes) -> BadRecordError:
    """The decoder's complaint in the reader's words."""
    if isinstance(error, RecursionError):
        return BadRecordError("JSON nested too deeply to be a clinical trial record")
    message = str(error)
    if "truncated" in message:
        return BadRecordError("the JSON breaks off", f"byte {len(data)}")
    place = _BYTE.search(message)
    problem = _BYTE.sub("", message.removeprefix("JSON is malformed: ")).strip()
    return BadRecordError(f"broken JSON: {problem}", f"byte {place[1]}" if place else "")


class _Sieve:
    """Parts plain JSON into what the types have a place for and what they do not."""

    def __init__(self) -> None:
        self.extras: list[Extra] = []
        self.remarks: list[Diagnostic] = []

    def member(self, part: type[msgspec.Struct], key: str, value: Any, path: tuple[str | int, ...]) -> Any:
        """What of the value fits; None when nothing does."""
        here = (*path, key)
        if key not in part_fields(part):
            self._set_aside(
                here, value, Diagnostic("unknown-key", f"{key!r} is no documented key; kept aside", dotted(here))
            )
            return None
        _, expected = part_fields(part)[key]
        if not is_list(part, key):
            return self._single(expected, value, here)
        if not isinstance(value, list):
            return self._refuse(here, value, "a list")
        members = [self._single(expected, member, (*here, number)) for number, member in enumerate(value)]
        return [member for member in members if member is not None]

    def _single(self, expected: type, value: Any, path: tuple[str | int, ...]) -> Any:
        if issubclass(expected, msgspec.Struct):
            if not isinstance(value, dict):
                return self._refuse(path, value, "an object")
            kept = {key: self.member(expected, key, member, path) for key, member in value.items()}
            return {key: member for key, member in kept.items() if member is not None}
        return value if _fits(value, expected) else self._refuse(path, value, _EXPECTED[expected])

    def _refuse(self, path: tuple[str | int, ...], value: Any, expected: str) -> None:
        message = f"found {_described(value)}, expected {expected}; kept aside"
        self._set_aside(path, value, Diagnostic("wrong-type", message, dotted(path)))

    def _set_aside(self, path: tuple[str | int, ...], value: Any, remark: Diagnostic) -> None:
        self.extras.append(Extra(path, value))
        self.remarks.append(remark)


_EXPECTED = {str: "text", bool: "true or false", int: "a whole number", float: "a number"}


def _fits(value: Any, expected: type) -> bool:
    if expected is float:
        return type(value) in (int, float)
    if expected is int:
        return type(value) is int and value in _INT64
    return type(value) is expected


def _described(value: Any) -> str:
    match value:
        case None:
            return "null"
        case dict():
            return "an object"
        case list():
            return "a list"
        case str():
            return f"the text {one_line(value, 40)!r}"
        case _:
            return one_line(msgspec.json.encode(value).decode(), 40)


def unknown_key(key: str, where: str) -> Diagnostic:
    return Diagnostic("unknown-key", f"{one_line(key, 40)!r} is no documented key; kept aside", where)


def dotted(path: tuple[str | int, ...]) -> str:
    """Keys and list positions as one address: `protocolSection.contactsLocationsModule.locations[2].city`."""
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path).removeprefix(".")
