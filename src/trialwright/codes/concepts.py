"""What trials and charts speak about: a concept by its words, its kind, and, where the vocabulary knows it, an id and standard codes."""

from typing import Literal

import msgspec

Kind = Literal[
    "condition",
    "drug",
    "procedure",
    "lab",
    "measurement",
    "finding",
    "allergy",
    "vaccine",
    "device",
    "behaviour",
    "event",
    "scale",
    "site",
]
"""condition: diseases, histologies, infections · drug: agents and classes · procedure: surgery, radiotherapy, imaging, transplants ·
lab: anything measured in a specimen · measurement: vital signs, body size, ECG, lesion size · finding: states and results that are neither
(pregnancy, breastfeeding, a positive serology, measurable disease) · event: a moment of the course (recurrence, end of radiotherapy)."""


class Code(msgspec.Struct, frozen=True, order=True):
    """One identifier in a public code system.

    system  short name: icd10cm, loinc, rxnorm, ncit, mesh, snomed, ucum, cvx, omop
    """

    system: str
    code: str


class Concept(msgspec.Struct, frozen=True, omit_defaults=True):
    """A thing by the words it was named with.

    text  the words, normalised (lower case, single spaces) where the vocabulary does not know them
    id    the vocabulary's own id; None when the vocabulary does not know the words, which are then matched as words alone
    """

    text: str
    kind: Kind
    id: str | None = None
    # Written as `coded`: the criteria JSON puts the codes in by system, under `codes`, and reads past them.
    codes: tuple[Code, ...] = msgspec.field(default=(), name="coded")
