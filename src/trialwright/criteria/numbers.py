"""Phrases with a number or a stage: scores, comparisons, stages, and the time between two events."""

import itertools
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Literal, NamedTuple

import msgspec

from trialwright.codes.concepts import Concept
from trialwright.codes.places import Span
from trialwright.codes.quantities import Op, Quantity
from trialwright.codes.vocabulary import Entry
from trialwright.criteria.chunks import Bound, Chunk, StageRead
from trialwright.criteria.nodes import (
    All,
    Compare,
    Event,
    Has,
    Interval,
    Node,
    Not,
    Relative,
    Score,
    Severity,
    Stage,
    Window,
)
from trialwright.criteria.nodes import Any as AnyOf
from trialwright.criteria.phrase import Phrase, all_of, any_of, concept_of, distinct, pairs_of, single_window
from trialwright.criteria.phrases import measures_of_conditions, word_set


def read_score(phrase: Phrase) -> Node | None:
    match = re.fullmatch(
        r"[qSb:\-]*(K)[Kqp()\-:U,]*?[=:]?(?P<values>[Q#k|&,/\-U:q]+?)(?P<on>pKU?)?(?P<end>[WEgq]*)", phrase.cats
    )
    if match is None:
        return None
    entry: Entry = phrase.chunks[match.start(1)].value
    end = match.start("end")
    if match.group("on"):
        # "A performance status of 0 or 1 on the ECOG scale".
        scale: Entry = phrase.chunks[match.start("on") + 1].value
        if scale.id != entry.id and entry.id not in ("performance-status", "ecog"):
            return None
        entry, end = scale, match.start("on")
    first = next((place for place in range(match.end(1), end) if _is_value(phrase.chunks[place])), None)
    if first is None or any(
        chunk.cat == "U" and not _is_filler_of_score(chunk) for chunk in phrase.chunks[match.end(1) : first]
    ):
        return None
    when = single_window(phrase.chunks[end:])
    return _score_of(phrase, entry, phrase.chunks[first:end], when)


_SCORE_WORDS = word_set("score")


def _is_filler_of_score(chunk: Chunk) -> bool:
    return chunk.value in _SCORE_WORDS


_LETTERS = {"a": 1, "b": 2, "c": 3, "d": 4, "e": 5}


_ROMANS = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5}


def _is_value(chunk: Chunk) -> bool:
    return chunk.cat in "Q#k" or (chunk.cat in "UF" and str(chunk.value) in _LETTERS | _ROMANS)


def _score_of(phrase: Phrase, entry: Entry, chunks: Sequence[Chunk], when: Window | None) -> Node | None:
    values: list[Decimal] = []
    limits: list[Node] = []
    scale = _KARNOFSKY if entry.id == "performance-status" and _in_tens(chunks) else entry.id
    for place, chunk in enumerate(chunks):
        if chunk.cat in "Qk#":
            bound: Bound = chunk.value
            if bound.relative is not None or bound.unit not in (None, "1", "%"):
                return None
            if not bound.stated or (bound.low_op == "=" and bound.high is None):
                values.append(bound.low or Decimal(0))
            else:
                limits += [
                    Score(scale=scale, op=op, value=value, when=when, span=chunk.span) for op, value in pairs_of(bound)
                ]
        elif chunk.cat == "U" and str(chunk.value) in _LETTERS | _ROMANS:
            values.append(
                Decimal(
                    (_LETTERS | _ROMANS)[str(chunk.value)]
                    if str(chunk.value) not in _ROMANS
                    else _ROMANS[str(chunk.value)]
                )
            )
        elif chunk.cat == "-" and values and place + 1 < len(chunks):
            following = chunks[place + 1]
            top = _ROMANS.get(str(following.value), _LETTERS.get(str(following.value), 0))
            values += [Decimal(rank) for rank in range(int(values[-1]) + 1, top)]
        elif chunk.cat not in "|&,/:q" and not (chunk.cat == "U" and _is_filler_of_score(chunk)):
            return None
    if (values and limits) or (len(limits) > 1 and any(chunk.cat == "|" for chunk in chunks)):
        return None
    if values:
        limits = _of_values(scale, sorted(set(values)), when, Span(chunks[0].start, chunks[-1].end))
    return all_of(limits, phrase.span) if limits else None


_KARNOFSKY = "kps"


def _in_tens(chunks: Sequence[Chunk]) -> bool:
    """A performance status in tens, or in percent, is one on Karnofsky's scale."""
    bounds = [chunk.value for chunk in chunks if chunk.cat in "Q#"]
    values = [value for bound in bounds for value in (bound.low, bound.high) if value is not None]
    return any(value >= 10 for value in values) and all(value % 10 == 0 for value in values)


_NORMAL = re.compile(
    r"^(?:normal|(?:is |are )?(?:within |in )?(?:the )?(?:institutional )?normal(?: (?:limits?|ranges?|values?|levels?))?|"
    r"(?:is |are )?within (?:the )?(?:institutional )?normal (?:limits?|ranges?))$",
    re.IGNORECASE,
)
_OFF_NORMAL = {
    "elevated": ">", "raised": ">", "increased": ">", "high": ">", "above normal": ">", "low": "<", "decreased": "<", "reduced": "<",
    "abnormal": "", "below normal": "<",
}  # fmt: skip


_ONE_SIDED = frozenset(
    {"creatinine", "bilirubin-total", "bilirubin-direct", "ast", "alt", "alp", "ggt", "bun", "urea", "ldh", "crp", "lipase", "amylase",
     "inr", "pt", "aptt"}
)  # fmt: skip
"""Of these only a high value is out of order."""


def read_normal(phrase: Phrase) -> Node | None:
    """`Normal serum calcium`, `creatinine within normal limits`, `elevated ALT`: against the limits of the laboratory."""
    match = re.fullmatch(r"q?M(?:p?q?U?)W?", phrase.cats)
    if match is None:
        return None
    at = phrase.cats.index("M")
    named = phrase.chunks[at]
    around = [phrase.text[phrase.chunks[0].start : named.start]] if at else []
    behind = [chunk for chunk in phrase.chunks[at + 1 :] if chunk.cat != "W"]
    around += [phrase.text[named.end : behind[-1].end]] if behind else []
    words = " ".join(" ".join(around).split()).lower()
    kept = bool(_NORMAL.match(words))
    if not kept and words not in _OFF_NORMAL:
        return None
    concept = concept_of(phrase, named, "measurement")
    when = single_window(phrase.chunks)

    def limit(op: Op, relative: Relative) -> Node:
        one = Quantity(Decimal(1), "1")
        return Compare(measure=concept, op=op, quantity=one, relative_to=relative, when=when, span=phrase.span)

    if kept:
        limits: list[Node] = [] if concept.id in _ONE_SIDED else [limit(">=", "LLN")]
        return all_of([*limits, limit("<=", "ULN")], phrase.span)
    limits = [limit(">", "ULN")] if _OFF_NORMAL[words] in (">", "") else []
    limits += [limit("<", "LLN")] if _OFF_NORMAL[words] in ("<", "") else []
    return any_of(limits, phrase.span)


def _of_values(scale: str, values: list[Decimal], when: Window | None, span: Span) -> list[Node]:
    """A set of values as limits: without gaps a range, with gaps any of them."""

    def score(op: Op, value: Decimal) -> Node:
        return Score(scale=scale, op=op, value=value, when=when, span=span)

    if len(values) == 1:
        return [score("=", values[0])]
    if values[-1] - values[0] == len(values) - 1:
        upper = score("<=", values[-1])
        return [upper] if values[0] == 0 else [score(">=", values[0]), upper]
    return [AnyOf(parts=tuple(score("=", value) for value in values), span=span)]


_COMPARISON = re.compile(
    r"(?P<pre>[qSbUWB]*?)(?P<list>(?:M|[CR](?=[:=]?Q))(?:[qU]*[,&|/+]+[qS]*M|\(?M\)?)*)"
    r"(?P<mid>[:=\-qpU]{0,3})(?P<bounds>Q(?:[,&|]+Q|\(Q\)|/Q|=?Q)*)"
    r"(?P<end>(?:,?W|,?q|z)*)(?P<series>3[3,pWsQ#UFq]*)?(?P<method>,?[ip][OCUMRBK&|/,pqGz]*)?"
)
_REVERSED = re.compile(r"(?P<pre>[qS]*)(?P<bounds>Q)[pq]*(?P<list>M)(?P<end>W*)")
_METHOD = re.compile(
    r"^,?\s*(?:as )?(?:by|using|per|via|on|from|measured|calculated|estimated|determined|assessed|according|based|defined|with the)\b",
    re.IGNORECASE,
)
_PRESSURES = {"blood-pressure": ("sbp", "dbp"), "hypertension": ("sbp", "dbp"), "hypotension": ("sbp", "dbp")}


def read_comparison(phrase: Phrase) -> Node | None:
    """Measures against limits: `AST and ALT ≤ 2.5 × ULN`, `≥ 100 × 10⁹/L platelets`, `blood pressure < 160/90 mmHg`."""
    pressure = _pressure(phrase)
    match = _COMPARISON.fullmatch(phrase.cats) or _REVERSED.fullmatch(phrase.cats)
    if pressure is not None or match is None:
        return pressure
    chunks = phrase.chunks
    method = match.groupdict().get("method")
    if method and not is_method(phrase.words(chunks[match.start("method") :])):
        return None
    loose = [phrase.words([chunk]).lower() for chunk in chunks if chunk.cat in "qU"]
    if "ratio" in loose and phrase.cats.count("M") > 1:
        return None
    inside = chunks[match.start("list") : match.end("list")]
    if any(chunk.cat == "q" and re.search(r"normal|elevated", phrase.words([chunk]).lower()) for chunk in inside):
        # "Creatinine normal or clearance ≥ 70": the limit is the second's alone.
        return None
    measures = distinct([chunk for chunk in chunks[match.start("list") : match.end("list")] if chunk.cat in "MCR"])
    bounds = _unrestated([chunk for chunk in chunks[match.start("bounds") : match.end("bounds")] if chunk.cat == "Q"])
    past = any(chunk.cat == "S" and "history" in str(chunk.value) for chunk in chunks[: match.start("list")])
    if past or _is_above(bounds):
        # "History of platelets < 50": the latest value does not answer it.
        return None
    if any((chunk.value.time and chunk.value.relative is None) or not _comparable(chunk.value) for chunk in bounds):
        return None
    if any(chunk.cat == "R" for chunk in measures) and any("mg" in (chunk.value.unit or "") for chunk in bounds):
        # A drug against milligrams is given at that dose; only its level in the blood is measured.
        return None
    context = _context(phrase, match)
    if measures[0].cat == "C" and len(bounds) == 1 and bounds[0].value.unit is None and context.statistic is None:
        alone = len(measures) == 1 and context.when is None
        return _as_grade(phrase, measures[0], bounds[0].value) if alone else None
    parts = [_limits(phrase, measure, bounds, context) for measure in measures]
    whole = [part for part in parts if part is not None]
    if len(whole) < len(parts):
        return None
    return (any_of if _either(match, phrase) else all_of)(whole, phrase.span)


def _is_above(bounds: Sequence[Chunk]) -> bool:
    """`≤ 5 seconds above the ULN`: a distance from a limit and no two limits."""
    return any(
        second.value.relative is not None and first.value.relative is None and first.value.unit not in (None, "1")
        for first, second in itertools.pairwise(bounds)
        if second.start - first.end < _LONGEST_GAP
    )


_LONGEST_GAP = 3
"""Characters between two limits with no word between them."""


def is_method(words: str) -> bool:
    """`calculated by the Cockcroft-Gault formula`: how a number is come by, which changes nothing that is asked."""
    return _METHOD.match(words) is not None


class _Context(NamedTuple):
    """What stands around a comparison and narrows it."""

    when: Window | None
    qualifiers: tuple[str, ...]
    statistic: Literal["mean"] | None


def _context(phrase: Phrase, match: re.Match[str]) -> _Context:
    chunks, names = phrase.chunks, match.groupdict()
    before, ends = chunks[: match.start("list")], chunks[match.start("end") : match.end("end")]
    between = chunks[match.end("list") : match.start("bounds")] if "mid" in names else []
    extra = [chunk for chunk in (*before, *between, *ends) if chunk.cat in "qUB"]
    words = tuple(phrase.words([chunk]).lower() for chunk in extra if _narrows(phrase.words([chunk])))
    return _Context(single_window([*before, *ends]), words, "mean" if names.get("series") else None)


def _either(match: re.Match[str], phrase: Phrase) -> bool:
    listed = phrase.cats[match.start("list") : match.end("list")]
    if "&" in listed and "|" not in listed:
        return phrase.kind == "exclusion"
    return "|" in listed or "/" in listed


def _unrestated(bounds: list[Chunk]) -> list[Chunk]:
    """Without the same limit in another unit."""
    return [
        chunk
        for place, chunk in enumerate(bounds)
        if not place or not _same_limit(bounds[place - 1].value, chunk.value)
    ]


def _pressure(phrase: Phrase) -> Node | None:
    """`blood pressure > 160/90 mmHg`: above either, or at most both."""
    match = re.fullmatch(r"[qSbU]*(?P<measure>[MC])[qpU:=]*(?P<first>Q)/(?P<second>[Q#])(?P<end>[Wq]*)", phrase.cats)
    if match is None:
        return None
    chunks = phrase.chunks
    measure, first, second = (chunks[match.start(name)] for name in ("measure", "first", "second"))
    pair = _PRESSURES.get(measure.value.id) if isinstance(measure.value, Entry) else None
    pairs, lower = pairs_of(first.value), second.value.low if second.value.low is not None else second.value.high
    if pair is None or len(pairs) != 1 or lower is None or "q" in match.group("end"):
        return None
    op, upper = pairs[0]
    when = single_window(chunks[match.start("end") :])
    parts: list[Node] = []
    for entry_id, value in zip(pair, (upper, lower), strict=True):
        concept = Concept(text=phrase.vocabulary.get(entry_id).name, kind="measurement", id=entry_id)
        quantity = Quantity(value, "mm[Hg]")
        parts.append(Compare(measure=concept, op=op, quantity=quantity, when=when, span=phrase.span))
    return (any_of if op in (">", ">=") else all_of)(parts, phrase.span)


_UNNARROWING = word_set("unnarrowing")


def _narrows(words: str) -> bool:
    return any(word not in _UNNARROWING for word in words.lower().split())


def _comparable(bound: Bound) -> bool:
    return (bound.low is not None and bound.low_op != "=") or (
        bound.high is not None and bound.high_op != "=" and bound.stated
    )


_INVERSE: dict[Op, Op] = {"<=": ">", "<": ">=", ">": ">", ">=": ">=", "=": "=", "!=": "="}


def _as_grade(phrase: Phrase, named: Chunk, bound: Bound) -> Node | None:
    """`neuropathy ≤ 1`: a bare number behind a condition is its grade, and having none of it is within any upper limit."""
    pairs = pairs_of(bound)
    if len(pairs) != 1 or pairs[0][1] > 5:
        return None
    op, grade = pairs[0]
    severity = Severity(op=_INVERSE[op], grade=grade)
    has = Has(concept=concept_of(phrase, named, "condition"), severity=severity, span=phrase.span)
    return Not(part=has, span=phrase.span) if op in ("<", "<=") else has


def _limits(
    phrase: Phrase,
    measure: Chunk,
    bounds: list[Chunk],
    context: _Context,
) -> Node | None:
    concept = concept_of(phrase, measure, "measurement")
    if measure.cat == "C":
        measured = measures_of_conditions().get(concept.id or "")
        if measured is not None:
            concept = Concept(text=concept.text, kind="lab", id=measured)
        elif any(chunk.value.unit == "mm[Hg]" for chunk in bounds):
            return None
    parts: list[Node] = []
    unit = next((chunk.value.unit for chunk in reversed(bounds) if chunk.value.unit), None)
    for chunk in bounds:
        bound: Bound = chunk.value
        for op, value in pairs_of(bound) if bound.high is None or bound.low != 0 else [(bound.high_op, bound.high)]:
            quantity = Quantity(value, (bound.unit or unit or "1") if bound.relative is None else "1")
            parts.append(
                Compare(
                    measure=concept,
                    op=op,
                    quantity=quantity,
                    relative_to=bound.relative,
                    when=context.when,
                    qualifiers=context.qualifiers,
                    statistic=context.statistic,
                    span=chunk.span.cover(measure.span),
                )
            )
    if len(bounds) > 1 and _conflicting(bounds):
        return None
    joined = _outside(bounds)
    return (any_of if joined else all_of)(parts, phrase.span)


def _same_limit(first: Bound, second: Bound) -> bool:
    """A restatement in another unit or as a plain number: "≥ 1.5 x 10^9/L (1500/mm3)"."""
    return not second.stated or (second.low_op == "=" and second.high is None) or (
        first.unit != second.unit
        and first.low_op == second.low_op
        and (first.low is None) == (second.low is None)
        and second.relative is None
        and first.relative is None
    )  # fmt: skip


def _conflicting(kept: list[Chunk]) -> bool:
    """Two limits on one side ("≤ 2.5 ULN, ≤ 5 ULN") belong to different patients and are no range."""
    lows = sum(chunk.value.low is not None for chunk in kept)
    highs = sum(chunk.value.high is not None for chunk in kept)
    return lows > 1 or highs > 1


def _outside(kept: list[Chunk]) -> bool:
    """`< 50 or > 100`: outside a range, not within it."""
    lows = [chunk.value.low for chunk in kept if chunk.value.low is not None]
    highs = [chunk.value.high for chunk in kept if chunk.value.high is not None]
    return len(kept) == 2 and len(lows) == 1 and len(highs) == 1 and highs[0] < lows[0]


_GRADED = (
    re.compile(r"(?P<has>[SbqU]*C)[,(]?(?P<op>c?)q*(?P<scale>K)[U:qp]*?(?P<values>[Q#kU][Q#kU|&,/\-]*)\)?(?P<end>W?)"),
    re.compile(
        r"(?P<lead>[Sb]*)(?P<scale>K)[U:qp]*(?P<values>[Q#k](?:[|&,/\-][U#Qk])*|U(?:[|&,/\-]U)*)(?P<has>[Sbq]*C)(?P<end>W?)"
    ),
)


def read_graded(phrase: Phrase) -> Node | None:
    """A scale's class beside a condition ("NYHA class III or IV heart failure") belongs to it as its severity."""
    match = next((found for pattern in _GRADED if (found := pattern.fullmatch(phrase.cats))), None)
    if match is None:
        return None
    entry: Entry = phrase.chunks[match.start("scale")].value
    score = _score_of(phrase, entry, phrase.chunks[match.start("values") : match.end("values")], None)
    severity = _severity_of(score, entry)
    if severity is not None and severity.op == "=" and match.groupdict().get("op"):
        severity = msgspec.structs.replace(severity, op=phrase.chunks[match.start("op")].value)
    lead = phrase.chunks[: match.end("lead")] if "lead" in match.groupdict() else []
    named = [*lead, *phrase.chunks[match.start("has") : match.end("has")], *phrase.chunks[match.start("end") :]]
    base = phrase.part(named).atom()
    if severity is None or not isinstance(base, Has):
        return None
    return msgspec.structs.replace(base, severity=severity, span=phrase.span)


def _severity_of(score: Node | None, entry: Entry) -> Severity | None:
    """One limit, or a range that ends where the scale does."""
    if isinstance(score, Score):
        return Severity(op=score.op, grade=score.value, scale=entry.id)
    low = score.parts[0] if isinstance(score, All) and score.parts else None
    if isinstance(score, All) and isinstance(low, Score) and low.op == ">=" and _tops(score):
        return Severity(op=">=", grade=low.value, scale=entry.id)
    return None


def _tops(score: All) -> bool:
    last = score.parts[-1]
    return isinstance(last, Score) and last.op == "<="


def read_stage(phrase: Phrase) -> Node | None:
    match = re.fullmatch(
        r"(?P<pre>[SbqU]*)(?P<stages>t(?:[&|,/]*t)*)(?P<post>[SbqupU,(]*C?[)]*)(?P<end>W?)", phrase.cats
    )
    if match is None or "W" in match.group("end"):
        return None
    stages = [chunk for chunk in phrase.chunks[match.start("stages") : match.end("stages")] if chunk.cat == "t"]
    reads: list[StageRead] = [read for chunk in stages for read in chunk.value]
    span = Span(phrase.chunks[match.start("stages")].start, phrase.chunks[match.end("stages") - 1].end)
    rest = [
        *phrase.chunks[: match.start("stages")],
        *[chunk for chunk in phrase.chunks[match.start("post") :] if chunk.cat not in ",()pu"],
    ]
    rest = [chunk for chunk in rest if str(chunk.value) not in _STAGING_WORDS]
    edition = next((read.edition for read in reads if read.edition), None)
    base: Node | None = None
    if rest:
        base = phrase.part(rest).atom()
        if base is None:
            return None
    by_system: dict[str, list[str]] = {}
    prefix = reads[0].prefix
    for read in reads:
        by_system.setdefault(read.system, []).extend(read.allowed)
    parts: list[Node] = [
        Stage(system=system, allowed=tuple(dict.fromkeys(allowed)), prefix=prefix, edition=edition, span=span)
        for system, allowed in by_system.items()
    ]
    return all_of([*parts, *([base] if base else [])], phrase.span)


_STAGING_WORDS = frozenset(
    {
        "ajcc",
        "uicc",
        "figo",
        "tnm",
        "clinical",
        "pathologic",
        "pathological",
        "staging",
        "disease",
        "tumor",
        "tumors",
        "tumour",
        "lesions",
    }
)


def read_since(phrase: Phrase) -> Node | None:
    """`At least 4 weeks since prior chemotherapy`: no chemotherapy within 4 weeks. `from X to Y`: the time between two events."""
    match = re.fullmatch(r"s(?P<first>[STlqbU]*[CROU])(?P<to>p[qU]*(?P<second>[CROU]))?", phrase.cats)
    if match is None:
        match = re.fullmatch(r"(?P<second>[SqU]*C)s(?P<first>[STlqbU]*[CRO])", phrase.cats)
        return None if match is None else _between_events(phrase, match)
    if match.group("to"):
        return _between_events(phrase, match)
    bound: Bound = phrase.chunks[0].value
    base = phrase.part(phrase.chunks[1:]).atom()
    if not isinstance(base, Has) or base.when is not None:
        return None
    if bound.low is not None and bound.low_op in (">=", ">") and bound.high is None:
        window = Window(at_most=bound.duration(bound.low), strict=bound.low_op == ">=", span=phrase.chunks[0].span)
        return Not(part=msgspec.structs.replace(base, when=window, span=phrase.span), span=phrase.span)
    if bound.high is not None and bound.low is None:
        window = Window(at_most=bound.duration(bound.high), strict=bound.high_op == "<", span=phrase.chunks[0].span)
        return msgspec.structs.replace(base, when=window, span=phrase.span)
    return None


def _as_event(phrase: Phrase, concept: Concept) -> Concept:
    """The moment that goes by the same name as a state: recurrence, progression."""
    moments = (
        [entry for entry in phrase.vocabulary if entry.kind == "event" and concept.id in entry.parents]
        if concept.id
        else []
    )
    return Concept(text=concept.text, kind="event", id=moments[0].id) if len(moments) == 1 else concept


def _between_events(phrase: Phrase, match: re.Match[str]) -> Node | None:
    since = phrase.cats.index("s")
    bound: Bound = phrase.chunks[since].value
    pairs = pairs_of(bound)
    if len(pairs) != 1:
        return None
    events = []
    for name in ("first", "second"):
        chunk = phrase.chunks[match.end(name) - 1]
        if chunk.cat == "U":
            return None
        events.append(_as_event(phrase, concept_of(phrase, chunk, "event")))
    edge: Literal["start", "end"] = "end" if events[0].kind in ("procedure", "drug") else "start"
    duration = bound.duration(pairs[0][1])
    if duration is None:
        return None
    return Interval(
        start=Event(concept=events[0], edge=edge),
        end=Event(concept=events[1]),
        op=pairs[0][0],
        duration=duration,
        span=phrase.span,
    )
