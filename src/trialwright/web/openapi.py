"""The API described, OpenAPI 3.1: addresses from `api/data/openapi.yaml`, the shapes of what goes in and out from the types."""

from functools import cache
from pathlib import Path
from typing import Any, get_args

import msgspec
import yaml

from trialwright import __version__
from trialwright.criteria.codec import json_schema
from trialwright.export.checking import Checked
from trialwright.export.funnels.report import FunnelReport
from trialwright.export.plans.planning import PlanReport
from trialwright.library.filters import STATUSES
from trialwright.trial import Record
from trialwright.web.api.fields import counted_names
from trialwright.web.api.own import FunnelBody, ScreenBody, SimilarTrial
from trialwright.web.problems import Problem
from trialwright.web.screening import Screened

_WRITTEN = Path(__file__).parent / "api/data/openapi.yaml"
_REFERENCE = "#/components/schemas/{name}"
_SHOWN = (Record, Checked, PlanReport, Screened, ScreenBody, FunnelBody, FunnelReport, SimilarTrial, Problem)


@cache
def encoded() -> bytes:
    return msgspec.json.encode(described())


def described() -> dict[str, Any]:
    """The document as plain JSON."""
    document: dict[str, Any] = yaml.safe_load(_WRITTEN.read_text(encoding="utf-8"))
    document["info"]["version"] = __version__
    _, made = msgspec.json.schema_components(_SHOWN, ref_template=_REFERENCE, schema_hook=_unsaid)
    criteria = _criteria()
    choices = {"RecruitmentStatus": {"enum": list(STATUSES)}, "CountedField": {"enum": list(counted_names())}}
    schemas = {**made, **criteria, **document["components"]["schemas"], **choices}
    chart = {"oneOf": [{"type": "object"}, {"type": "string"}]}
    schemas["ScreenBody"]["properties"]["patient"] = chart
    schemas["FunnelBody"]["properties"]["patients"]["items"] = chart
    # A record keeps keys that are not documented, and so do its answers.
    for name in _parts_of_records():
        schemas[name].pop("additionalProperties", None)
    document["components"]["schemas"] = {name: schemas[name] for name in sorted(schemas)}
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(document))
    return plain


def _unsaid(kind: type) -> dict[str, Any]:
    """Kinds of values that JSON Schema has no word for: parts of a record that are kept as they came, exact numbers."""
    del kind
    return {}


def _criteria() -> dict[str, Any]:
    """The schema of the criteria JSON, its parts under names of their own."""
    schema = msgspec.json.encode(json_schema()).replace(b'"#/$defs/', b'"#/components/schemas/Criteria.')
    whole: dict[str, Any] = msgspec.json.decode(schema)
    whole.pop("$schema", None)
    whole.pop("$id", None)
    parts = {f"Criteria.{name}": part for name, part in whole.pop("$defs", {}).items()}
    return parts | {"CriteriaDocument": whole}


def _parts_of_records() -> set[str]:
    found, waiting = set[str](), [Record]
    while waiting:
        part = waiting.pop()
        if part.__name__ not in found:
            found.add(part.__name__)
            for member in msgspec.structs.fields(part):
                waiting += [kind for kind in _kinds(member.type) if issubclass(kind, msgspec.Struct)]
    return found


def _kinds(annotation: Any) -> list[Any]:
    inner = [kind for option in get_args(annotation) for kind in _kinds(option)]
    return inner or ([annotation] if isinstance(annotation, type) else [])
