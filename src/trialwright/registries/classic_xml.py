"""Classic ClinicalTrials.gov XML in, trials out.

The table `classic_xml` says which API v2 path each element fills. An element that it does not know is kept aside with a
remark; entities and outside files are refused, so that a record cannot grow while it is read.
"""

import functools
import textwrap
from collections.abc import Callable, Mapping
from typing import Any
from xml.etree.ElementTree import Element, ParseError

import msgspec
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from trialwright.codes import tables
from trialwright.registries import fields
from trialwright.registries.drafts import Draft
from trialwright.registries.unreadable import BadRecordError, ReadError
from trialwright.trial import Trial

ROOT = "clinical_study"
_REGISTRY = " [Patient Registry]"


class _Rule(msgspec.Struct, frozen=True):
    """What the table says about one element."""

    path: str
    how: str
    states: str


def studies(data: bytes) -> list[Element]:
    """The records of an XML file: its root, or the records right under its root.

    raises  BadRecordError for broken XML; ReadError for entities, or when there is no record
    """
    try:
        root = fromstring(data)
    except ParseError as error:
        line, column = error.position
        problem = str(error).partition(": line")[0]
        raise BadRecordError(f"broken XML: {problem}", f"line {line}, column {column + 1}") from None
    except DefusedXmlException as error:
        kind = type(error).__name__.removesuffix("Forbidden").lower()
        raise ReadError(
            f"XML that declares its own {kind}; a record needs none and they may grow without end"
        ) from None
    except (ValueError, LookupError, RecursionError) as error:
        raise BadRecordError(f"broken XML: {error}") from None
    found = [root] if root.tag == ROOT else root.findall(ROOT)
    if not found:
        raise ReadError(f"XML whose root is <{root.tag}>; expected <{ROOT}>")
    return found


def read(study: Element, name: str = "", position: int = 1) -> Trial:
    """One record, from its `<clinical_study>` element.

    raises  BadRecordError when it is nested too deeply to be a record
    """
    reading = _Reading(Draft("classic-xml", name, position))
    try:
        reading.children(_At(study, study, "", f"/{ROOT}", ("", "")))
        return reading.draft.finish()
    except RecursionError:
        raise BadRecordError("XML nested too deeply to be a clinical trial record") from None


class _At(msgspec.Struct, frozen=True):
    """One element on the way through a record.

    name    its tags from below the root, without positions: the table's key
    place   the same with positions, from 1, as XPath counts
    member  the list member it belongs to: the table's path and the same with its position
    """

    element: Any
    parent: Any
    name: str
    place: str
    member: tuple[str, str]


class _Reading:
    """One walk through a record."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self._taken: dict[str, int] = {}

    def children(self, at: _At) -> None:
        seen: dict[str, int] = {}
        if _text(at.element):
            self.draft.refuse_key("text between elements", at.place, _text(at.element))
        for child in at.element:
            seen[child.tag] = seen.get(child.tag, 0) + 1
            name = f"{at.name}/{child.tag}".removeprefix("/")
            place = f"{at.place}/{child.tag}[{seen[child.tag]}]"
            self._element(_At(child, at.element, name, place, at.member))

    def _element(self, at: _At) -> None:
        rule = _rules().get(at.name)
        if rule is None and at.name in _containers():
            self._attributes(at)
            self.children(at)
        elif rule is None or (len(at.element) and rule.how not in ("", "results")):
            self.draft.refuse_key(at.element.tag, at.place, plain(at.element))
        elif rule.how in _READERS:
            self._attributes(at)
            _READERS[rule.how](self, at, self._open(at, rule.path))
        elif not rule.path:
            self.draft.set_aside(at.place, plain(at.element))
        else:
            self._mapped(at, rule)

    def _mapped(self, at: _At, rule: _Rule) -> None:
        self._attributes(at)
        if at.name in _containers():
            path = self._open(at, rule.path)
            self.draft.open_part(path)
            key, _, value = rule.states.partition("=")
            if key:
                self.draft.put(f"{path}.{key}", value, at.place)
            self.children(_At(at.element, at.parent, at.name, at.place, (rule.path, path)))
        elif len(at.element):
            self.draft.refuse_key(at.element.tag, at.place, plain(at.element))
        else:
            self.draft.put(self._open(at, rule.path), _text(at.element), at.place)

    def _attributes(self, at: _At) -> None:
        for key, value in at.element.attrib.items():
            rule = _rules().get(f"{at.name}/@{key}")
            if rule is None:
                self.draft.refuse_key(key, f"{at.place}/@{key}", value)
            else:
                self.draft.put(self._open(at, rule.path), value, f"{at.place}/@{key}")

    def _open(self, at: _At, template: str) -> str:
        """The table's path with positions: the current member's own, and the next free one for every further list."""
        above, path = at.member
        rest = template[len(above) :] if above and template.startswith(above) else template
        path = path if rest != template else ""
        for piece in rest.split("[]")[:-1]:
            path += piece
            self._taken[path] = self._taken.get(path, -1) + 1
            path += f"[{self._taken[path]}]"
        return path + rest.rpartition("[]")[2]


def _read_block(reading: _Reading, at: _At, path: str) -> None:
    """A text whose lines were wrapped and indented for the page; the line breaks stay, because lists need them."""
    lines = (at.element.text or "").replace("\r\n", "\n").replace("\r", "\n")
    reading.draft.put(path, textwrap.dedent(lines).strip(), at.place)


def _read_phases(reading: _Reading, at: _At, path: str) -> None:
    reading.draft.put_phases(path, _text(at.element), at.place)


def _read_masking(reading: _Reading, at: _At, path: str) -> None:
    reading.draft.put_masking(path, _text(at.element), at.place)


def _read_study_type(reading: _Reading, at: _At, path: str) -> None:
    text = _text(at.element)
    reading.draft.put(path, text.removesuffix(_REGISTRY), at.place)
    if text.endswith(_REGISTRY):
        reading.draft.put_value("protocolSection.designModule.patientRegistry", True, at.place)


def _read_name(reading: _Reading, at: _At, path: str) -> None:
    """A person's name: whole in `last_name`, or in four elements."""
    parts = [_text(part) for tag in ("first_name", "middle_name", "last_name") for part in at.parent.findall(tag)]
    degrees = [_text(part) for part in at.parent.findall("degrees")]
    name = " ".join(part for part in parts if part)
    reading.draft.put(path, ", ".join(part for part in (name, *degrees) if part), at.place)


def _read_rest_of_name(_reading: _Reading, _at: _At, _path: str) -> None:
    """`_read_name` has taken it."""


def _read_results(reading: _Reading, at: _At, path: str) -> None:
    reading.draft.put_value(path, True, at.place)
    reading.draft.set_aside(at.place, plain(at.element))
    reading.draft.remark("results-kept-apart", "the results are kept as they came, not in API v2's shape", at.place)


_READERS: Mapping[str, Callable[[_Reading, _At, str], None]] = {
    "block": _read_block,
    "phases": _read_phases,
    "masking": _read_masking,
    "study type": _read_study_type,
    "name": _read_name,
    "in name": _read_rest_of_name,
    "results": _read_results,
}


def plain(element: Element) -> Any:
    """An element as plain JSON: its text, or an object of its attributes (`@name`), children (lists) and text (`#`)."""
    if not len(element) and not element.attrib:
        return _text(element)
    value: dict[str, Any] = {f"@{key}": text for key, text in element.attrib.items()}
    for child in element:
        value.setdefault(child.tag, []).append(plain(child))
    if _text(element):
        value["#"] = _text(element)
    return value


def _text(element: Element) -> str:
    """The element's own text, around its children too."""
    return "".join((element.text or "", *(child.tail or "" for child in element))).strip()


@functools.cache
def _rules() -> Mapping[str, _Rule]:
    rows = tables.rows("classic_xml", fields.DATA)
    return {row["element"]: _Rule(row["path"], row["how"], row["states"]) for row in rows}


@functools.cache
def _containers() -> frozenset[str]:
    """The elements that hold elements of the table."""
    names = (name.rpartition("/")[0] for name in _rules() if "/@" not in name)
    return frozenset(name for name in names if name) | {"location/facility", "sponsors", "eligibility"}
