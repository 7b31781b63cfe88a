"""One JSON value in, the trials in it out: an API v2 study, an API v1 study in any of its wrappings, or a page of either."""

from collections.abc import Iterator

import msgspec

from trialwright.registries import api_v1, ctgov
from trialwright.registries.feed import Feed
from trialwright.registries.json_stream import Value, values
from trialwright.registries.unreadable import BadRecordError, Unreadable, one_line
from trialwright.trial import Record, Trial, part_fields

_LISTS = ("studies", "FullStudies")
_V1_SECTIONS = frozenset(
    {"ProtocolSection", "ResultsSection", "DerivedSection", "DocumentSection", "AnnotationSection"}
)


def read_stream(feed: Feed, name: str) -> Iterator[Trial | Unreadable]:
    """The trials of a JSON file, in order, numbered from 1; an `Unreadable` for each value that is no trial."""
    number = 0
    for value in values(feed):
        for found in _read(value, name, number + 1):
            number += 1
            yield found


def _read(value: Value, name: str, position: int) -> Iterator[Trial | Unreadable]:
    if value.problem:
        yield Unreadable(name, position, value.place, value.problem)
        return
    trial = ctgov.read_strictly(value.data, name, position)
    if trial is not None:
        yield trial
        return
    try:
        studies = _studies(value.data)
    except BadRecordError as error:
        yield _refused(error, value.place, name, position)
        return
    for number, study in enumerate(studies):
        try:
            yield _read_study(study, name, position + number)
        except BadRecordError as error:
            yield _refused(error, value.place, name, position + number)


def _refused(error: BadRecordError, place: str, name: str, position: int) -> Unreadable:
    return Unreadable(name, position, ", ".join(part for part in (place, error.place) if part), error.problem)


def _studies(data: bytes) -> list[bytes]:
    """The studies of a page that stands where a study might; any other value alone."""
    sections = ctgov.decode_object(ctgov.decodable(data)[0])
    if "FullStudiesResponse" in sections:
        sections = ctgov.decode_object(bytes(sections["FullStudiesResponse"]))
    if sections.keys() & part_fields(Record).keys():
        return [data]
    for key in _LISTS:
        if key in sections:
            return [bytes(study) for study in _decode_list(sections[key])]
    return [data]


def _decode_list(data: msgspec.Raw) -> list[msgspec.Raw]:
    try:
        return msgspec.json.decode(data, type=list[msgspec.Raw])
    except msgspec.DecodeError:
        raise BadRecordError("a page whose studies are no list") from None


def _read_study(data: bytes, name: str, position: int) -> Trial:
    text, remarks = ctgov.decodable(data)
    sections = ctgov.decode_object(text)
    if sections.keys() & part_fields(Record).keys():
        return ctgov.read(data, name, position)
    trial = api_v1.read(_unwrapped(text, sections), name, position)
    return msgspec.structs.replace(trial, diagnostics=(*remarks, *trial.diagnostics)) if remarks else trial


def _unwrapped(data: bytes, sections: dict[str, msgspec.Raw]) -> bytes:
    """The API v1 study within `{"Rank": 1, "Study": {...}}` or `{"FullStudy": {"Study": {...}}}`, or as it is."""
    for wrapping in ("FullStudy", "Study"):
        if wrapping in sections:
            data = bytes(sections[wrapping])
            sections = ctgov.decode_object(data)
    if not sections.keys() & _V1_SECTIONS:
        keys = ", ".join(sorted(sections)[:5]) or "none"
        raise BadRecordError(f"no clinical trial record: none of its keys is a study's (found {one_line(keys)})")
    return data
