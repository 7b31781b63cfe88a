"""The built-in patient form, YAML or JSON, in; patients out. `docs/patient-form.md` is its description.

A mistake in the form (an unknown key, a date that cannot be, a number without a unit) raises `FormError` with file, line and what was
expected. Words that the vocabulary does not know are no mistake: they stay concepts by their words.
"""

from collections.abc import Iterable, Iterator
from pathlib import PurePath

from trialwright.codes.dates import PartialDate
from trialwright.codes.vocabulary import Vocabulary

from . import form_facts
from .course import course
from .facts import Patient, Sex
from .form_facts import Form
from .form_lines import LineError, date_of
from .form_nodes import FormNode, documents
from .naming import Namer
from .remarks import Remarks

_ABOUT = ("id", "sex", "birth", "death", "note")
SEXES: dict[str, Sex] = {
    "female": "female",
    "f": "female",
    "woman": "female",
    "male": "male",
    "m": "male",
    "man": "male",
}
_UNSAID = ("", "unknown", "not recorded")


SECTIONS: dict[str, form_facts.Section] = {
    "conditions": form_facts.listed("condition"),
    "events": form_facts.listed("event"),
    "drugs": form_facts.listed("drug"),
    "procedures": form_facts.listed("procedure"),
    "findings": form_facts.listed("finding"),
    "behaviours": form_facts.listed("behaviour"),
    "allergies": form_facts.allergies,
    "vaccines": form_facts.vaccines,
    "family": form_facts.listed("condition", family=True),
    "plans": form_facts.plans,
    "labs": form_facts.results("lab"),
    "measurements": form_facts.results("measurement"),
    "scores": form_facts.scores,
    "stage": form_facts.stages,
    "statements": form_facts.statements,
}
"""The sections of a form, in the order in which the page about the form names them."""


def read_form(data: bytes, name: str, vocabulary: Vocabulary) -> list[Patient]:
    """The patients of a form: one, a list, several YAML documents, or a list under `patients`.

    name    the file's name, for messages and for the facts' sources
    raises  FormError, one line, for a mistake in the form
    """
    namer, found = Namer(vocabulary), list[Patient]()
    for node in _patients(documents(data, name)):
        found.append(_patient(node, namer, f"{PurePath(name).stem}-{len(found) + 1}"))
    return found


def _patients(nodes: Iterable[FormNode]) -> Iterator[FormNode]:
    for node in nodes:
        if node.is_list:
            yield from node.items()
        elif not node.is_empty:
            fields = node.fields("a patient: keys such as id, sex, birth, conditions")
            yield from fields["patients"].items() if "patients" in fields else [node]


def _patient(node: FormNode, namer: Namer, number: str) -> Patient:
    fields = node.fields("a patient: keys such as id, sex, birth, conditions")
    for key, place in fields.items():
        if key not in SECTIONS and key not in _ABOUT:
            raise place.unknown_key(key, (*_ABOUT, *SECTIONS))
    form = Form(namer, Remarks())
    facts = tuple(fact for key, section in SECTIONS.items() if key in fields for fact in section(fields[key], form))
    return Patient(
        id=fields["id"].text("an id") if "id" in fields else number,
        birth=_date(fields.get("birth")),
        death=_date(fields.get("death")),
        sex=_sex(fields.get("sex")),
        facts=(*facts, *course(facts, namer)),
        diagnostics=form.remarks.all(),
    )


def _date(node: FormNode | None) -> PartialDate | None:
    if node is None or node.is_empty or node.text().lower() in _UNSAID:
        return None
    try:
        return date_of(node.text())
    except LineError as error:
        raise node.wrong(str(error)) from None


def _sex(node: FormNode | None) -> Sex | None:
    if node is None or node.is_empty or node.text().lower() in _UNSAID:
        return None
    try:
        return SEXES[node.text().lower()]
    except KeyError:
        raise node.wrong("expected female or male; leave it out when it is not recorded") from None
