"""The vocabulary of the agreement tests: small, and with every relation that the engines ask about."""

from typing import Any

import msgspec
from hypothesis import strategies as st

from trialwright.codes.concepts import Code, Concept, Kind
from trialwright.codes.vocabulary import Entry, Vocabulary

from ..engines.charts import VOCABULARY as SMALL

_MORE: tuple[tuple[str, Kind, tuple[str, ...], bool], ...] = (
    ("diagnosis", "event", (), True),
    ("locoregional-recurrence", "event", (), True),
    ("pregnancy-test", "finding", (), True),
    ("planned-pregnancy", "finding", (), True),
    ("surgery-planned", "finding", (), True),
    ("vaccination-planned", "finding", (), True),
    ("childbearing-potential", "finding", (), True),
    ("surgically-sterile", "finding", (), True),
    ("oophorectomy", "procedure", ("surgery",), False),
    ("creatinine", "lab", (), True),
    ("hba1c", "lab", (), True),
    ("hbv-dna", "lab", (), True),
    ("bone-metastasis", "condition", ("distant-metastasis",), True),
    ("methylprednisolone", "drug", ("steroid",), False),
)
_ENTRIES = [*SMALL] + [
    Entry(id=name, kind=kind, name=name.replace("-", " "), parents=parents, open_domain=is_open)
    for name, kind, parents, is_open in _MORE
]
VOCABULARY = Vocabulary(_ENTRIES)


def concept(name: str, **rest: Any) -> Concept:
    entry = VOCABULARY.get(name)
    return msgspec.structs.replace(Concept(entry.name, entry.kind, id=entry.id), **rest)


def _named(*kinds: Kind) -> list[Concept]:
    return [concept(entry.id) for entry in VOCABULARY if entry.kind in kinds]


_CODE = (Code("icd10cm", "C11"), Code("icd10cm", "C78"))
LOOSE = [
    Concept("cancer", "condition"),
    Concept("cancer of the colon", "condition"),
    Concept("colon cancer", "condition"),
    Concept("rare disease", "condition", codes=_CODE[:1]),
    Concept("another name", "condition", codes=_CODE),
    Concept("pembrolizumab", "drug"),
    Concept("recurrence", "event"),
    Concept("surgery", "procedure"),
    Concept("prednisone", "allergy", id="prednisone"),
    Concept("?", "condition"),
    Concept("!", "finding"),
    Concept("unlisted", "condition", id="no-such-id"),
]
"""Words that the vocabulary does not know, some with codes; an allergy; words without a letter; an id that it does not know."""

THINGS = [*_named("condition", "drug", "procedure", "vaccine", "finding", "event", "behaviour", "device"), *LOOSE]
SITES = [*_named("site"), Concept("liver", "site"), Concept("left lobe of liver", "site")]
LABS = [
    concept(name)
    for name in (
        "hemoglobin",
        "ast",
        "bilirubin",
        "bilirubin-total",
        "bilirubin-direct",
        "creatinine",
        "hba1c",
        "hbv-dna",
    )
]
LABS += [Concept("lipase", "lab"), Concept("creatinine", "lab"), concept("weight")]


def near(asked: Concept) -> st.SearchStrategy[Concept]:
    """The concept itself, mostly; what it is a kind of, its kinds, its words without an id, and anything else."""
    relatives = []
    if asked.id is not None:
        names = sorted(VOCABULARY.ancestors(asked.id) | VOCABULARY.descendants(asked.id))
        relatives = [concept(name) for name in names if name in {entry.id for entry in VOCABULARY}]
    same = [asked] * 6
    loose = [msgspec.structs.replace(asked, id=None), msgspec.structs.replace(asked, text=f"{asked.text} x", id=None)]
    return st.sampled_from([*same, *relatives, *loose, *st_others(asked)])


def st_others(asked: Concept) -> list[Concept]:
    pool = SITES if asked.kind == "site" else LABS if asked.kind == "lab" else THINGS
    return pool[:: max(1, len(pool) // 4)]
