"""What a sentence of a note measures, rates and stages: numbers with their units and ranges, ranks on scales, stages, answers of tests.

A number without a unit is used only where the measure has none or `data/note_units.tsv` says that no other unit gives such a number.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache

from trialwright.codes.concepts import Concept
from trialwright.codes.dates import PartialDate
from trialwright.codes.quantities import Quantity
from trialwright.codes.tables import rows
from trialwright.codes.units import fits

from .facts import Fact, Measurement, Occurrence, Rating, Staging
from .fhir_mcode import edition, metastasis, read_stage
from .fhir_observations import COMPARATORS
from .form_lines import LineError, Value, read_value
from .naming import DATA, answer
from .note_mentions import Mention
from .note_parts import Part
from .readings import Rank, rank, unitless

_LEAD = re.compile(
    r"(?:\s*\((?!\s*\d)[^()\d]*\))?(?:[\s:=~-]|\b(?:level|levels|count|value|score|of|was|is|were|at|measured|measures|showed|shows|about|approximately|remains|up|to|now|today|regular|irregular|then|same|day|with|a|an|by)\b)*",
    re.IGNORECASE,
)
_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_SEVERAL = re.compile(rf"(?P<first>{_NUMBER})(?P<more>(?:\s*[/,]\s*(?:{_NUMBER})(?!\d))+)(?P<tail>.*)", re.DOTALL)
_FLAG = r"\(?(?:[HL]{1,2}|\*+)\)?"
_CELLS = re.compile(
    rf"(?P<value>[<>≤≥]?\s?(?:{_NUMBER}))(?:\s*{_FLAG}(?=[\s|]))?[ \t|]+(?:{_FLAG}[ \t|]+)?(?P<unit>[^\s|]*[A-Za-z%][^\s|]*)"
    rf"[ \t|]+[\[(]?(?P<range>(?:{_NUMBER})\s*[-–]\s*(?:{_NUMBER})|[<>≤≥]\s*(?:{_NUMBER}))[\])]?"
    rf"(?:\s*{_FLAG})?\s*(?=$|\n|\|)"
)
"""One line of a printed table: value, unit and range stand side by side, with room or a stroke between them."""
_FROM_TO = re.compile(rf"(?P<low>{_NUMBER})\s?[-–]\s?(?P<high>{_NUMBER})(?P<unit>\s?[%a-zA-Zµ][^;,()]*)?(?=$|[;,.()])")
_ARROW = re.compile(r"\s*(?:-+>|→)\s*")
_PRESSURE = re.compile(r"\s*(?P<high>\d{2,3})\s*(?:/|over)\s*(?P<low>\d{2,3})\b")
_CUT = re.compile(r"[;,](?![^()]*\))(?!\d{3}\b)|\s(?:on|and|but|with|which|in|at|for|from|today|then)\s|\.\s|\.$|\)$")
_RANK = re.compile(
    r"[\s:=-]*(?:\b(?:score|status|grade|class|performance|scale|ps|of|was|is|remains|at|a|functional|index)\b[\s:=-]*)*"
    r"(?P<rank>\d{1,3}|I{1,3}V?|IV|V|[A-E](?![a-z]))(?P<outof>\s*/\s*\d+)?(?P<to>\s*(?:-|–|to)\s*\d)?(?![\w.]\d)",
    re.IGNORECASE,
)
_SUM = re.compile(r"\s*(?:\+|plus)\s*(?P<more>\d)\s*(?:(?:=|equals)\s*(?P<sum>\d{1,2}))?")
_NO_RANK = frozenset({"ajcc", "recist", "ctcae", "rtog", "uicc"})
_TNM = re.compile(
    r"(?<![\w+-])(?:y[cp]?|[cpar])?[TNM](?:[0-4xX][a-d]?\d?|is)(?:\s?,?\s?(?:y[cp]?|[cpar])?[NM][0-3xX][a-d]?)*(?![\w+])(?!\s*[-+]?\s*(?:weighted|signal|flair|level|segment))"
)
_GROUP = re.compile(
    r"\bstage\s*(?::\s*)?(?P<group>(?:y[cp]?|[cpr])?(?:IV|I{1,3}|[1-4])[A-D]?\d?)(?![\w])", re.IGNORECASE
)
_WHO = re.compile(r"\bWHO\s*(?:type|grade|class)?\s*(?P<kind>III|II|I|[1-3])(?:[ab])?\b(?!\s*(?:performance|ps))")
_STAGES = re.compile(r"\b(?:stage|staged|restaged|tnm|ajcc|uicc)\b", re.IGNORECASE)
_ROMAN = {"1": "I", "2": "II", "3": "III"}
_HEAT = re.compile(
    r"(?<![\d.])(?P<value>(?:3[4-9]|4[0-3])(?:\.\d)?)\s?°?\s?C\b|(?<![\d.])(?P<warm>(?:9[4-9]|10\d)(?:\.\d)?)\s?°?\s?F\b"
)


def results(part: Part) -> Iterator[Fact]:
    """Measurements, ratings, stages and the answers of tests in one sentence."""
    told = set[int]()
    for at, mention in enumerate(part.mentions):
        if part.standings[at].supposed or at in told:
            continue
        if mention.kind in ("lab", "measurement"):
            if pair := _pair(part, at):
                told.add(at + 1)
                for one, words in zip(part.mentions[at : at + 2], pair, strict=True):
                    yield from _value(words, one, part, part.mentions[at + 1].end + len(pair[0]))
                continue
            yield from _measured(mention, part)
        elif mention.kind == "scale" and mention.concept.id not in _NO_RANK:
            yield from _rated(mention, part)
    yield from _heat(part)
    yield from _staged(part)


def _day(part: Part, start: int, end: int) -> PartialDate | None:
    """The day of a result: its own, that of its line, that of the note."""
    found = part.when(start, end, is_result=True)
    return found.last or found.first if found and found.role != "for" else part.note.seen or part.note.day


def _pair(part: Part, at: int) -> list[str] | None:
    """The two values of "AST/ALT 45/52 U/L", each with the unit; None where no such pair stands."""
    following = part.mentions[at + 1] if at + 1 < len(part.mentions) else None
    if (
        following is None
        or following.kind not in ("lab", "measurement")
        or part.words(part.mentions[at].end, following.start) != "/"
    ):
        return None
    after = part.after(following.end)
    lead = _LEAD.match(after)
    match = re.match(rf"({_NUMBER})\s*/\s*({_NUMBER})([^,;()]*)", after[lead.end() :] if lead else after)
    return [f"{match[1]}{match[3].rstrip(' .')}", f"{match[2]}{match[3].rstrip(' .')}"] if match else None


def _measured(mention: Mention, part: Part) -> Iterator[Fact]:
    after = part.after(mention.end)
    lead = _LEAD.match(after)
    words = after[lead.end() :] if lead else after
    if mention.concept.id == "blood-pressure" and (both := _PRESSURE.match(words)):
        yield from _pressure((mention.start, mention.end + len(after) - len(words) + both.end()), both, part)
        return
    place = mention.end + len(after) - len(words)
    stop = min([one.start - place for one in part.dates if one.start >= place], default=len(words))
    words = words[: max(stop, 0)]
    if cells := _CELLS.match(words):
        yield from _value(f"{cells['value']} {cells['unit']} ({cells['range']})", mention, part, place + cells.end())
        return
    if arrow := list(_ARROW.finditer(words)):
        place, words = place + arrow[-1].end(), words[arrow[-1].end() :]
    if (ends := _FROM_TO.match(words)) and Decimal(ends["low"].replace(",", "")) < Decimal(
        ends["high"].replace(",", "")
    ):
        # "EF 30-35 %" is one or the other: both are kept, so that only what holds for both is said.
        for end in (ends["low"], ends["high"]):
            yield from _value(f"{end}{ends['unit'] or ''}", mention, part, place + ends.end())
        return
    if several := _several(words):
        values, tail = several
        for one in values:
            yield from _value(f"{one}{tail}", mention, part, place + len(words))
        return
    cut = _CUT.search(words)
    piece = words[: cut.start()] if cut else words
    piece = re.sub(r"\((?:[^()]*)$", "", piece).strip(" -")
    yield from _value(piece, mention, part, place + len(piece))


def _several(words: str) -> tuple[list[str], str] | None:
    """Several numbers with one unit behind the last ("467, 469, 471 ms"), all of one size."""
    match = _SEVERAL.match(words)
    if match is None:
        return None
    numbers = [match["first"], *re.findall(_NUMBER, match["more"])]
    known = [Decimal(number.replace(",", "")) for number in numbers]
    if len(numbers) < 2 or max(known) > min(known) * Decimal("1.25"):
        return None
    cut = re.search(r"[;,(]|\.\s|\.$", match["tail"])
    return numbers, match["tail"][: cut.start()] if cut else match["tail"]


def _value(words: str, mention: Mention, part: Part, end: int) -> Iterator[Fact]:
    try:
        value = read_value(words, mention.concept.id)
    except LineError:
        return
    if value.amount is None:
        yield from _answered(words, mention, part)
        return
    if found := _measurement(value, mention.concept, part, (mention.start, min(end, part.end))):
        yield found


def _measurement(value: Value, concept: Concept, part: Part, span: tuple[int, int]) -> Measurement | None:
    amount, where = value.amount, part.source(*span)
    if amount is None:
        return None
    unit = amount.unit or _usual(concept.id, amount.value) or unitless(concept.id)
    if unit is None:
        part.note.remarks.add("unknown-unit", where, "a number without a unit that is known; not used")
        return None
    if concept.id and not fits(unit, concept.id):
        part.note.remarks.add("unit-mismatch", where, f"the unit does not measure {concept.id}; not used")
        return None
    return Measurement(
        concept=concept, quantity=Quantity(amount.value, unit), comparator=COMPARATORS.get(amount.comparator), low=value.low,
        high=value.high, start=_day(part, *span), source=where, words=part.words(*span),
    )  # fmt: skip


def _pressure(span: tuple[int, int], both: re.Match[str], part: Part) -> Iterator[Fact]:
    for name, group in (("systolic blood pressure", "high"), ("diastolic blood pressure", "low")):
        concept = part.note.namer.known(name, "measurement")
        if concept:
            yield Measurement(
                concept=concept, quantity=Quantity(Decimal(both[group]), "mm[Hg]"), start=_day(part, *span), source=part.source(*span),
                words=part.words(*span),
            )  # fmt: skip


def _heat(part: Part) -> Iterator[Measurement]:
    """A temperature that stands without its name ("fever up to 39 C")."""
    concept = part.note.namer.known("body temperature", "measurement")
    for match in _HEAT.finditer(part.text):
        span = (part.start + match.start(), part.start + match.end())
        if concept and not any(first <= span[0] < last for first, last in part.used):
            unit = "Cel" if match["value"] else "[degF]"
            yield Measurement(
                concept=concept, quantity=Quantity(Decimal(match["value"] or match["warm"]), unit), start=_day(part, *span),
                source=part.source(*span), words=match[0],
            )  # fmt: skip


def _answered(words: str, mention: Mention, part: Part) -> Iterator[Fact]:
    """A test that was answered in words; what is pending or unclear is no fact."""
    said = next((found for size in (3, 2, 1) if (found := answer(" ".join(words.split()[:size]).strip(" .,")))), None)
    if said not in ("present", "absent") or mention.kind != "lab":
        return
    span = (mention.start, mention.end)
    yield Occurrence(
        concept=part.note.namer.finding(part.words(*span), is_test=True), certainty="confirmed" if said == "present" else "refuted",
        start=_day(part, *span), source=part.source(*span), words=part.words(*span),
    )  # fmt: skip


def _rated(mention: Mention, part: Part) -> Iterator[Rating]:
    match = _RANK.match(part.words(mention.end, min(part.end, mention.end + 50)))
    if match is None or match["to"]:
        return
    rest = part.words(mention.end + match.end("rank"), part.end)
    found, end = rank(match["rank"]), match.end("rank")
    if found and (more := _SUM.match(rest)):
        found, end = (
            Rank(Decimal(more["sum"]) if more["sum"] else found.value + Decimal(more["more"])),
            end + more.end(),
        )
    span = (mention.start, mention.end + end)
    if found:
        is_modified = bool(re.search(r"\bmodified\s*$", part.words(part.start, mention.start), re.IGNORECASE))
        yield Rating(
            scale=mention.concept.id or mention.concept.text, value=found.value, version="modified" if is_modified else None,
            start=_day(part, *span), source=part.source(*span), words=part.words(*span),
        )  # fmt: skip


def _staged(part: Part) -> Iterator[Fact]:
    namer, note = part.note.namer, part.note
    words = part.text
    named = edition(words)
    about_cancer = bool(_STAGES.search(words)) or any(namer.is_a(one.concept, "malignancy") for one in part.mentions)
    for match in (*_TNM.finditer(words), *_GROUP.finditer(words), *_WHO.finditer(words)):
        span = (part.start + match.start(), part.start + match.end())
        disease = _disease(part, span[0])
        bare = match.re is _TNM and len(re.findall(r"[TNM]", match[0])) == 1 and not re.match(r"[ycpar]", match[0])
        if disease is None or (bare and (not about_cancer or _is_sequence(part, span[0]))):
            continue
        if match.re is _WHO:
            kind = _ROMAN.get(match["kind"], match["kind"])
            yield Staging(
                system="who",
                value=kind,
                concept=disease,
                start=_day(part, *span),
                source=part.source(*span),
                words=match[0],
            )
            if histology := _histology(disease, kind, part):
                shown = namer.known("histology", "procedure")
                yield Occurrence(
                    concept=histology, start=_day(part, *span), source=part.source(*span), words=match[0], ongoing=True,
                    evidence=(shown,) if shown else (),
                )  # fmt: skip
            continue
        for stage in read_stage(re.sub(r"^stage\s*:?\s*", "stage ", match[0], flags=re.IGNORECASE)):
            prefix = stage.prefix or _prefix_of(part, span[0], disease, stage.value)
            start = _day(part, *span)
            yield Staging(
                system=stage.system, value=stage.value, prefix=prefix, edition=named, concept=disease, start=start,
                source=part.source(*span), words=match[0],
            )  # fmt: skip
            if namer.is_a(disease, note.disease.id if note.disease and note.disease.id else ""):
                yield from metastasis(stage, start, part.source(*span), namer)


def _histology(disease: Concept, kind: str, part: Part) -> Concept | None:
    """What a WHO type says that a tumour is under the microscope."""
    named = next(
        (row["means"] for row in rows("note_histology", DATA) if row["disease"] == disease.id and row["type"] == kind),
        None,
    )
    return part.note.namer.known(named, "condition") if named else None


def _prefix_of(part: Part, start: int, disease: Concept, value: str) -> str | None:
    """A group that follows its letters has their prefix ("rT2N0M0, stage II"). Of the prostate, T1 is clinical by definition (AJCC)."""
    if disease.id == "prostate-cancer" and value.startswith("T1"):
        return "c"
    before = list(_TNM.finditer(part.words(part.start, start)))
    stages = read_stage(before[-1][0]) if before else ()
    return stages[0].prefix if stages else None


def _disease(part: Part, start: int) -> Concept | None:
    """The cancer that a stage is of: the last one named before it in the sentence, else the note's; None behind another disease."""
    before = [one for one in part.mentions if one.start <= start and one.kind == "condition"]
    cancers = [one.concept for one in before if part.note.namer.is_a(one.concept, "malignancy")]
    cancers = cancers[:1] if len(cancers) == 2 and _is_histology(part, before) else cancers
    if cancers:
        return cancers[-1]
    return None if before else part.note.disease


def _is_histology(part: Part, cancers: list[Mention]) -> bool:
    """Whether the last of them stands in brackets directly behind the one before it: "lung cancer (adenocarcinoma)"."""
    return bool(re.fullmatch(r"\s*\(\s*", part.words(cancers[-2].end, cancers[-1].start)))


def _is_sequence(part: Part, start: int) -> bool:
    """Whether T1 or T2 names the sequence of an MRI that the sentence speaks of."""
    return any(part.note.namer.is_a(one.concept, "mri") for one in part.mentions if one.end <= start)


def _usual(measure: str | None, value: Decimal) -> str | None:
    return next((unit for name, least, most, unit in _units() if name == measure and least <= value <= most), None)


@cache
def _units() -> tuple[tuple[str, Decimal, Decimal, str], ...]:
    return tuple(
        (row["measure"], Decimal(row["least"]), Decimal(row["most"]), row["unit"]) for row in rows("note_units", DATA)
    )
