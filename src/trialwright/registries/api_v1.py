"""ClinicalTrials.gov API v1 JSON in, trials out: the older names of the same fields, and their longer words.

API v1 wrote every list as `{"XList": {"X": [...]}}`, every name in full and every value as text. It was switched off in
2024, but its files are still handed around.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from trialwright.registries import fields
from trialwright.registries.ctgov import decode_value
from trialwright.registries.drafts import Draft
from trialwright.registries.unreadable import BadRecordError, one_line
from trialwright.trial import Trial


def read(data: bytes, name: str = "", position: int = 1) -> Trial:
    """One study: the object under `Study`, whose keys are `ProtocolSection`, `DerivedSection` and so on.

    raises  BadRecordError when it is no JSON or none of its keys is a section's
    """
    study = decode_value(data)
    if not isinstance(study, dict) or not study.keys() & fields.by_piece("").keys():
        raise BadRecordError("no clinical trial record: no section of an API v1 study in it")
    draft = Draft("api-v1", name, position)
    _read_part(draft, study, "", "")
    if "ResultsSection" in study:
        draft.put_value("hasResults", True, "ResultsSection")
    return draft.finish()


def _read_part(draft: Draft, part: dict[str, Any], path: str, place: str) -> None:
    known = fields.by_piece(_without_positions(path))
    for key, value in part.items():
        here = f"{place}.{key}".removeprefix(".")
        listed = _listed(known, key, value)
        if listed is not None:
            inner = next(iter(value))
            _read_list(draft, _At(listed, _under(path, listed), f"{here}.{inner}"), value[inner])
        elif key in known and not known[key].is_list:
            _read_single(draft, _At(known[key], _under(path, known[key]), here), value)
        elif key in known or key.removesuffix("List") in known:
            _refuse(draft, value, here, "a list of another shape")
        else:
            draft.refuse_key(key, here, value)


class _At(msgspec.Struct, frozen=True):
    """One field on the way through a study: its API v2 path, and where it stands in API v1."""

    field: fields.Field
    path: str
    place: str

    def member(self, to: int, of: int) -> "_At":
        return _At(self.field, f"{self.path}[{to}]", f"{self.place}[{of}]")


def _read_list(draft: Draft, at: _At, members: list[Any]) -> None:
    draft.open_list(at.path)
    kept = 0
    for number, member in enumerate(members):
        expected = dict if at.field.kind == "part" else str
        if isinstance(member, expected):
            _read_single(draft, at.member(kept, number), member)
            kept += 1
        else:
            _refuse(draft, member, f"{at.place}[{number}]", "an object" if expected is dict else "text")


def _read_single(draft: Draft, at: _At, value: Any) -> None:
    is_part = at.field.kind == "part"
    if is_part and isinstance(value, dict):
        draft.open_part(at.path)
        _read_part(draft, value, at.path, at.place)
    elif not is_part and isinstance(value, str):
        draft.put(at.path, value, at.place)
    elif not is_part and isinstance(value, int):
        draft.put(at.path, "yes" if value is True else "no" if value is False else str(value), at.place)
    else:
        _refuse(draft, value, at.place, "an object" if is_part else "text")


def _refuse(draft: Draft, value: Any, place: str, expected: str) -> None:
    draft.set_aside(place, value)
    draft.remark("wrong-type", f"found {one_line(repr(value), 40)}, expected {expected}; kept aside", place)


def _listed(known: Mapping[str, fields.Field], key: str, value: Any) -> fields.Field | None:
    """The field of `{"XList": {"X": [...]}}`; the inner name is the field's, the outer one is sometimes shorter."""
    if not key.endswith("List") or not isinstance(value, dict) or len(value) != 1:
        return None
    ((piece, members),) = value.items()
    field = known.get(piece)
    return field if field is not None and field.is_list and isinstance(members, list) else None


def _under(path: str, field: fields.Field) -> str:
    return f"{path}.{field.path.rpartition('.')[2]}".removeprefix(".")


def _without_positions(path: str) -> str:
    return "".join(piece.partition("]")[2] if "]" in piece else piece for piece in path.split("["))
