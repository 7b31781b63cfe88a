"""Trials in, studies as the API gives them out: whole or some fields of them, as JSON or as lines of the CSV export."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import msgspec

from trialwright.export.to_csv import lines
from trialwright.registries import write_record
from trialwright.trial import Trial
from trialwright.web.api.asking import listed
from trialwright.web.api.pieces import Piece, area_of_parameter, areas, piece_of, pieces, unknown
from trialwright.web.problems import ProblemError

_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+\-.!<>~|&^])")

Wanted = Mapping[str, "Wanted"]
"""Keys to keep, each with what to keep below it; nothing below = all."""


class Shape(msgspec.Struct, frozen=True):
    """wanted: None = the whole study; is_legacy: marked-up text without Markdown's escapes"""

    wanted: Wanted | None = None
    is_legacy: bool = False


def shape(fields: str | None, markup: str, asked: Iterable[str] = ()) -> Shape:
    """fields: as the parameter has them, None when it is absent; asked: the `query.…` parameters that `@query` stands for

    raises  ProblemError (400) for a field that there is not
    """
    return Shape(None if fields is None else _wanted(fields, asked), is_legacy=markup == "legacy")


def _wanted(fields: str, asked: Iterable[str]) -> Wanted:
    names = listed(fields)
    if not names:
        raise ProblemError(400, "expected at least one field, such as NCTId", parameter="fields", kind="bad-value")
    tree: dict[str, Any] = {}
    for piece in (piece for name in names for piece in _meant(name, asked)):
        _add(tree, piece.path)
    return tree


def _meant(name: str, asked: Iterable[str]) -> Iterator[Piece]:
    if name == "@query":
        for parameter in asked:
            if parameter in area_of_parameter():
                yield from _of_area(area_of_parameter()[parameter].name)
    elif name in areas() and name not in pieces():
        yield from _of_area(name)
    else:
        yield piece_of(name, "fields")


_SHOWN_OF_FIELD = {
    "default": ("BriefTitle", "OfficialTitle", "Condition", "Keyword", "InterventionName", "BriefSummary"),
    "condition": ("Condition", "Keyword", "ConditionMeshTerm"),
    "intervention": ("InterventionName", "InterventionOtherName", "InterventionMeshTerm"),
    "title": ("BriefTitle", "OfficialTitle"),
    "outcome": ("PrimaryOutcomeMeasure", "SecondaryOutcomeMeasure", "OtherOutcomeMeasure"),
    "summary": ("BriefSummary",),
    "description": ("DetailedDescription",),
    "inclusion": ("EligibilityCriteria",),
    "exclusion": ("EligibilityCriteria",),
}


def _of_area(name: str) -> Iterator[Piece]:
    area = areas()[name]
    for field in area.fields:
        yield from (pieces()[one] for one in _SHOWN_OF_FIELD[field])
    yield from (pieces()[one] for one in area.pieces)


def _add(tree: dict[str, Any], path: tuple[str, ...]) -> None:
    for key in path[:-1]:
        if key in tree and not tree[key]:
            return  # all of it is wanted already
        tree = tree.setdefault(key, {})
    tree[path[-1]] = {}


def study(trial: Trial, how: Shape) -> bytes:
    """One study on one line of JSON."""
    written = write_record(trial)
    if how.wanted is None and not how.is_legacy:
        return written
    value = msgspec.json.decode(written)
    if how.wanted is not None:
        value = _kept(value, how.wanted)
    if how.is_legacy:
        _unescape(value, _marked_up())
    return msgspec.json.encode(value)


def _kept(value: Any, wanted: Wanted) -> Any:
    if not wanted:
        return value
    if isinstance(value, list):
        return [_kept(member, wanted) for member in value]
    if not isinstance(value, dict):
        return value
    parts = ((key, _kept(value[key], below)) for key, below in wanted.items() if key in value)
    return {key: part for key, part in parts if part not in ({}, []) or value[key] in ({}, [])}


@cache
def _marked_up() -> Wanted:
    tree: dict[str, Any] = {}
    for piece in pieces().values():
        if piece.kind == "markup":
            _add(tree, piece.path)
    return tree


def _unescape(value: Any, wanted: Wanted) -> None:
    """In place: the value was decoded for this."""
    if isinstance(value, list):
        for member in value:
            _unescape(member, wanted)
    elif isinstance(value, dict):
        for key, below in wanted.items():
            if below:
                _unescape(value.get(key), below)
            elif isinstance(value.get(key), str):
                value[key] = _ESCAPED.sub(r"\1", value[key])


CSV_COLUMNS = (
    "NCT Number", "Study Title", "Study URL", "Acronym", "Study Status", "Brief Summary", "Study Results", "Conditions", "Interventions",
    "Primary Outcome Measures", "Secondary Outcome Measures", "Other Outcome Measures", "Sponsor", "Collaborators", "Sex", "Age", "Phases",
    "Enrollment", "Funder Type", "Study Type", "Study Design", "Other IDs", "Start Date", "Primary Completion Date", "Completion Date",
    "First Posted", "Results First Posted", "Last Update Posted", "Locations", "Study Documents",
)  # fmt: skip


def csv_columns(fields: str | None) -> tuple[str, ...]:
    """raises  ProblemError (400) for a column that there is not"""
    if fields is None:
        return CSV_COLUMNS
    names = listed(fields)
    for name in names:
        if name not in CSV_COLUMNS:
            raise unknown("CSV column", name, CSV_COLUMNS, "fields")
    if not names:
        raise ProblemError(
            400, "expected at least one column, such as NCT Number", parameter="fields", kind="bad-value"
        )
    return tuple(dict.fromkeys(names))


def csv(trials: Iterable[Trial], columns: Sequence[str], *, header: bool) -> bytes:
    made = lines(columns, ([_CELLS[name](_Csv(trial)) for name in columns] for trial in trials))
    if not header:
        next(made)
    return "".join(made).encode("utf-8", "replace")


class _Csv:
    """The plain JSON of one trial, asked for by path."""

    def __init__(self, trial: Trial) -> None:
        self._study = msgspec.json.decode(write_record(trial))

    def at(self, path: str) -> Any:
        value = self._study
        for key in path.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        return value

    def text(self, module: str, path: str) -> str:
        value = self.at(f"protocolSection.{module}Module.{path}")
        return "" if value is None else str(value)

    def members(self, module: str, path: str) -> list[Any]:
        value = self.at(f"protocolSection.{module}Module.{path}")
        return value if isinstance(value, list) else []


def _outcomes(kind: str) -> Any:
    def cell(one: _Csv) -> str:
        return "|".join(
            ", ".join(str(outcome[key]) for key in ("measure", "description", "timeFrame") if outcome.get(key))
            for outcome in one.members("outcomes", f"{kind}Outcomes")
        )

    return cell


def _design(one: _Csv) -> str:
    design = one.at("protocolSection.designModule.designInfo") or {}
    masking = design.get("maskingInfo") or {}
    who = f" ({', '.join(masking['whoMasked'])})" if masking.get("whoMasked") else ""
    named = {
        "Allocation": design.get("allocation"),
        "Intervention Model": design.get("interventionModel"),
        "Masking": f"{masking['masking']}{who}" if masking.get("masking") else None,
        "Primary Purpose": design.get("primaryPurpose"),
        "Observational Model": design.get("observationalModel"),
        "Time Perspective": design.get("timePerspective"),
    }
    return "|".join(f"{name}: {value}" for name, value in named.items() if value)


def _ids(one: _Csv) -> str:
    own = one.text("identification", "orgStudyIdInfo.id")
    others = [other.get("id", "") for other in one.members("identification", "secondaryIdInfos")]
    return "|".join(filter(None, (own, *others)))


def _sites(one: _Csv) -> str:
    keys = ("facility", "city", "state", "zip", "country")
    return "|".join(
        ", ".join(str(site[key]) for key in keys if site.get(key))
        for site in one.members("contactsLocations", "locations")
    )


def _documents(one: _Csv) -> str:
    documents = one.at("documentSection.largeDocumentModule.largeDocs") or []
    return "|".join(f"{document.get('label', '')}, {document.get('filename', '')}" for document in documents)


def _date(path: str) -> Any:
    return lambda one: one.text("status", f"{path}DateStruct.date")


def _joined(module: str, path: str, mark: str = "|") -> Any:
    return lambda one: mark.join(map(str, one.members(module, path)))


_CELLS: dict[str, Any] = {
    "NCT Number": lambda one: one.text("identification", "nctId"),
    "Study Title": lambda one: one.text("identification", "briefTitle"),
    "Study URL": lambda one: f"https://clinicaltrials.gov/study/{one.text('identification', 'nctId')}",
    "Acronym": lambda one: one.text("identification", "acronym"),
    "Study Status": lambda one: one.text("status", "overallStatus"),
    "Brief Summary": lambda one: one.text("description", "briefSummary"),
    "Study Results": lambda one: {True: "YES", False: "NO"}.get(one.at("hasResults"), ""),
    "Conditions": _joined("conditions", "conditions"),
    "Interventions": lambda one: "|".join(
        f"{part.get('type', '')}: {part.get('name', '')}" for part in one.members("armsInterventions", "interventions")
    ),
    "Primary Outcome Measures": _outcomes("primary"),
    "Secondary Outcome Measures": _outcomes("secondary"),
    "Other Outcome Measures": _outcomes("other"),
    "Sponsor": lambda one: one.text("sponsorCollaborators", "leadSponsor.name"),
    "Collaborators": lambda one: "|".join(
        str(part.get("name", "")) for part in one.members("sponsorCollaborators", "collaborators")
    ),
    "Sex": lambda one: one.text("eligibility", "sex"),
    "Age": _joined("eligibility", "stdAges", ", "),
    "Phases": _joined("design", "phases"),
    "Enrollment": lambda one: one.text("design", "enrollmentInfo.count"),
    "Funder Type": lambda one: one.text("sponsorCollaborators", "leadSponsor.class"),
    "Study Type": lambda one: one.text("design", "studyType"),
    "Study Design": _design,
    "Other IDs": _ids,
    "Start Date": _date("start"),
    "Primary Completion Date": _date("primaryCompletion"),
    "Completion Date": _date("completion"),
    "First Posted": _date("studyFirstPost"),
    "Results First Posted": _date("resultsFirstPost"),
    "Last Update Posted": _date("lastUpdatePost"),
    "Locations": _sites,
    "Study Documents": _documents,
}
