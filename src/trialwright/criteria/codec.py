"""The criteria tree as JSON, `trialwright.criteria/1`: a contract that other programs read.

What goes out comes back equal. Standard codes are not part of a tree's meaning; they are added from the vocabulary on the way
out and dropped on the way in. The form is raised with every change of meaning.
"""

from typing import Any, Literal

import msgspec

from trialwright.codes.vocabulary import Vocabulary, default_vocabulary
from trialwright.criteria.nodes import Criteria, Criterion, Node

SCHEMA: Literal["trialwright.criteria/1"] = "trialwright.criteria/1"


class CriteriaDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The document as written: the schema's name, then the trial and its criteria."""

    schema: Literal["trialwright.criteria/1"] = SCHEMA
    trial: str
    criteria: tuple[Criterion, ...]
    diagnostics: tuple[Any, ...] = ()


class FormatError(ValueError):
    """A document that is not of this form, or of a newer one."""


_ENCODER = msgspec.json.Encoder(decimal_format="number")
_CRITERIA = msgspec.json.Decoder(Criteria)
_NODE = msgspec.json.Decoder(Node)


def to_json(criteria: Criteria, vocabulary: Vocabulary | None = None, *, indent: int = 0) -> bytes:
    """One JSON document; on one line unless `indent` is given."""
    document = {"schema": SCHEMA, **msgspec.json.decode(_ENCODER.encode(criteria))}
    _add_codes(document, vocabulary or default_vocabulary())
    written = msgspec.json.encode(document)
    return msgspec.json.format(written, indent=indent) if indent else written


def from_json(document: bytes | str) -> Criteria:
    """The criteria of a document that `to_json` wrote.

    raises  FormatError for anything else, naming what was found
    """
    try:
        head = msgspec.json.decode(document, type=dict[str, Any])
        if head.get("schema") != SCHEMA:
            raise FormatError(f"schema {head.get('schema')!r}; this version reads {SCHEMA!r}")
        return _CRITERIA.decode(document)
    except msgspec.DecodeError as error:
        raise FormatError(str(error)) from error


def node_to_json(node: Node) -> bytes:
    return _ENCODER.encode(node)


def node_from_json(document: bytes) -> Node:
    """raises  FormatError for a document that is no node"""
    try:
        node: Node = _NODE.decode(document)
        return node
    except msgspec.DecodeError as error:
        raise FormatError(str(error)) from error


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of the document, generated from the types."""
    schema = msgspec.json.schema(CriteriaDocument, schema_hook=_no_hook)
    _numbers_for_decimals(schema)
    _codes_by_system(schema["$defs"]["Concept"])
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": SCHEMA, **schema}


def _no_hook(kind: type) -> dict[str, Any]:
    raise NotImplementedError(kind)


def _numbers_for_decimals(part: Any) -> None:
    match part:
        case {"type": "string", "format": "decimal"}:
            part.clear()
            part["type"] = "number"
        case dict():
            for value in part.values():
                _numbers_for_decimals(value)
        case list():
            for value in part:
                _numbers_for_decimals(value)
        case _:
            pass


def _codes_by_system(concept: dict[str, Any]) -> None:
    concept["properties"]["codes"] = {
        "type": "object",
        "description": "identifiers by code system, such as loinc, rxnorm, icd10cm",
        "additionalProperties": {"type": "array", "items": {"type": "string"}},
    }


def _add_codes(part: Any, vocabulary: Vocabulary) -> None:
    """Every concept with an id gets its codes; a tree of plain JSON is changed in place."""
    match part:
        case {"text": str(), "kind": str(), "id": str(known)} if "node" not in part:
            try:
                entry = vocabulary.get(known)
            except KeyError:
                return
            codes: dict[str, list[str]] = {}
            for code in entry.codes:
                codes.setdefault(code.system, []).append(code.code)
            if codes:
                part["codes"] = codes
        case dict():
            for value in part.values():
                _add_codes(value, vocabulary)
        case list():
            for value in part:
                _add_codes(value, vocabulary)
        case _:
            pass
