"""Checks on how criteria are worded: references, open lists, unclear units, scales without a version, conduct after entry."""

import re
from collections.abc import Iterator, Mapping

from trialwright.checks.record import ELIGIBILITY, is_oncological, mentioning, on, outcomes, pattern, table
from trialwright.codes.measures import measure_of
from trialwright.codes.places import Diagnostic, Span
from trialwright.criteria.nodes import Compare, Criteria, Criterion, Has, walk
from trialwright.trial import Trial

_REFERENCE = re.compile(
    r"\b(?:Tables?|Appendix|Appendices|Annex|Sections?|Attachment|Addendum)\s+(?:\d+(?:\.\d+)*|[IVX]+\b|[A-Z]\b)"
    r"|\b(?:[Dd]efined|[Dd]escribed|[Ll]isted|[Ss]pecified|[Oo]utlined|[Dd]etailed|[Gg]iven|[Ss]ee|[Rr]efer to)"
    r" (?:in |by |within )?(?:the |this )?"
    r"(?:study |trial |clinical )?(?:protocol|appendix(?: \w\b| \d+)?|investigator'?s'? brochure|study manual)\b",
    re.IGNORECASE,
)
_REFERRING = ("table", "appendi", "annex", "section", "attachment", "addendum", "protocol", "brochure", "manual")
_OPENING = (
    "etc",
    "so on",
    "e.g",
    "e. g",
    "(eg",
    "such as",
    "for example",
    "not limited to",
    "not be limited to",
    "among others",
)
_FUTURE = (
    "during", "throughout", "duration", "course of", "period of", "after the last", "after the final", "after their last", "after last",
    "plan", "inten", "wish",
    "expect", "desir", "want", "hop",
)  # fmt: skip
_OPEN = re.compile(
    r"\betc\b\.?|\band so on\b|\be\.\s?g\b\.?|\(eg\b|\bsuch as\b|\bfor example\b"
    r"|\bincluding,? but (?:is |are )?not (?:be )?limited to\b|\bamong others\b",
    re.IGNORECASE,
)
_PREGNANCY_PLANNED = (
    r"\b(?:plan(?:s|ning|ned)?|inten(?:d|ds|ding|t|tion)|wish(?:es|ing)?|expect(?:s|ing|ed)?|desir\w+|want\w*|hop(?:e|es|ing))"
    r" (?:to |on |of |for )?(?:a |be |become |becoming |get |getting )*(?:pregnan\w+|conceiv\w+|conception|fathe?r\w*|breast-?feed\w*)"
)
_LATER = re.compile(
    rf"{_PREGNANCY_PLANNED}"
    r"|\b(?:during|throughout|for the duration of|in the course of|in the period of) (?:the |this |their )?"
    r"(?:(?:entire|whole|active|projected) )?(?:duration of the |course of the )?(?:study|trial|treatment|participation)\b(?! visit)"
    r"|\bafter (?:the |their )?(?:last|final) (?:\w+ )?(?:dose|treatment|administration|infusion|injection)",
    re.IGNORECASE,
)
_NOW = re.compile(
    r"\bpregnant\b|\bbreast-?\s?feeding\b|\blactating\b|\bnursing\b|\bpregnancy test\b"
    r"|\bwithin (?:the )?(?:past |last )?\w+ (?:day|week|month|year)s?\b"
    r"|\b(?:received?|used?|inoculated|vaccinated|treated|undergone)\b.{0,60}\b(?:before|prior to)\b|\bhistory of\b|\bcurrently\b",
    re.IGNORECASE,
)
_GRADED = re.compile(
    r"\b[Gg]rades?\s?(?:[≥≤<>=\\]+\s?)?(?:[0-5]|I{1,3}\b|IV\b|V\b)|[≥≤<>=]\s?(?:[Gg]rade|G)\s?[1-5]\b"
    r"|[Gg]rade [1-5] or (?:higher|greater|above)"
)
_HARM = re.compile(
    r"toxicit|adverse|neuropath|hypersensitiv|allerg|infusion reaction|diarrh|mucositis|alopecia|irAE|dermatitis|pneumonitis",
    re.IGNORECASE,
)
_SCALE = re.compile(
    r"CTC ?AE|\bCTC\b|Common (?:Terminology|Toxicity) Criteria|RTOG|LENT[\s-]SOMA|Clavi[ae]n", re.IGNORECASE
)
_SCALE_KEYS = ("ctc", "common t", "rtog", "lent", "clavi")
_OTHER_SCALE = re.compile(
    r"EORTC|\bWHO\b|World Health|NYHA|EAACI|\bscale\b|\bscore\b|classification|\bMRC\b|House|Mueller|Muller",
    re.IGNORECASE,
)
_ADVERSE = re.compile(
    r"\badverse (?:\w+ )?(?:event|reaction|effect)s?\b|(?<!limiting )\btoxicit(?:y|ies)\b|\bAEs\b", re.IGNORECASE
)
_COPIES = re.compile(
    r"\b(?:HBV|HCV|hepatitis [BC](?: virus)?)[\s-]*(?:DNA|RNA)\b[^.;]{0,40}?\d[^.;]{0,20}?\bcop(?:y|ies)\b",
    re.IGNORECASE,
)
_INTERNATIONAL = re.compile(r"\bIU\b|international units?", re.IGNORECASE)
_CLEARANCE_OR_RATE = re.compile(
    r"\b(?:CrCl|CCr|creatinine clearance)\b[^.;,]{0,20}?(?:/|\bor\b)\s?(?:\w+ )?(?:eGFR|GFR|(?:estimated )?glomerular)"
    r"[^.;]{0,50}?\d\s?mL?\s?/\s?min(?!\s?/\s?1\.73)",
    re.IGNORECASE,
)
_NUMBER_GOES_ON = re.compile(r"\s\d{3}\b|\s*(?:and|to|or|-)\s*\\?[<>≤≥=]*\s*\d|\s\w+\s\\?[<>≤≥=]")
_MERCURY = re.compile(r"mm\s?\[?Hg|mercury", re.IGNORECASE)
_CLOTTING = re.compile(
    r"\b(?:INR|PT|prothrombin time)\)?(?:\s?\(\w+\))?,? or (?:the )?(?:INR|PT|a?PTT|prothrombin time|international normali[sz]ed ratio)\b"
    r"[^;\n]{0,100}?(?:ULN|upper limit)",
    re.IGNORECASE,
)


def references(_: Trial, criteria: Criteria) -> Iterator[Diagnostic]:
    """V6: a criterion that sends the reader to a table, an appendix or a protocol that the record does not hold."""
    for criterion in mentioning(criteria, *_REFERRING):
        found = _REFERENCE.search(criterion.text)
        if found:
            message = f"{found[0]!r} is not in the record; what stands there has to come from the protocol"
            yield on(criterion, "unresolved-reference", message, Span(*found.span()))


def open_lists(_: Trial, criteria: Criteria) -> Iterator[Diagnostic]:
    """V10: a list of examples; what it does not name may be meant too."""
    for criterion in mentioning(criteria, *_OPENING):
        found = _OPEN.search(criterion.text)
        if found:
            message = f"{found[0]!r}: the list goes on, so none of its members on record settles nothing; expected a closed list"
            yield on(criterion, "open-list", message, Span(*found.span()))


def future_conduct(_: Trial, criteria: Criteria) -> Iterator[Diagnostic]:
    """V18: a state that can be checked at screening and conduct that cannot, in one item."""
    for criterion in mentioning(criteria, *_FUTURE):
        later = _LATER.search(criterion.text)
        if later and _NOW.search(criterion.text[: later.start()] + " … " + criterion.text[later.end() :]):
            message = (
                f"{later[0]!r} cannot be checked at screening and stands in one item with what can; expected two items"
            )
            yield on(criterion, "future-conduct", message, Span(*later.span()))


def ambiguous_units(_: Trial, criteria: Criteria) -> Iterator[Diagnostic]:
    """V15: a number whose unit or test is not settled by the text."""
    for criterion in mentioning(criteria, "cop", "clearance", "crcl", "ccr", "inr", "prothrombin", "pt "):
        yield from _ambiguous_words(criterion)
    for criterion in criteria.criteria:
        measured = [node for node in walk(criterion.node) if isinstance(node, Compare)]
        given = {node.measure.id for node in measured if node.quantity.unit != "1"}
        for node in measured:
            if node.measure.id not in given and _lacks_unit(node, criterion.text):
                unit = _usual_unit(node)
                message = (
                    f"{node.measure.text!r} against {node.quantity.value:f} without a unit; expected one such as {unit}"
                )
                yield on(criterion, "ambiguous-unit", message, node.span)


def _ambiguous_words(criterion: Criterion) -> Iterator[Diagnostic]:
    copies = _COPIES.search(criterion.text)
    if copies and not _INTERNATIONAL.search(criterion.text):
        message = (
            "viral load in copies: an international unit is 5 to 6 copies, by the assay; expected IU/mL or the assay"
        )
        yield on(criterion, "ambiguous-unit", message, Span(*copies.span()))
    renal = _CLEARANCE_OR_RATE.search(criterion.text)
    if renal:
        message = (
            "one bound in mL/min for clearance and filtration rate, the latter scaled to 1.73 m2; expected one for each"
        )
        yield on(criterion, "ambiguous-unit", message, Span(*renal.span()))
    clotting = _CLOTTING.search(criterion.text)
    # Above the bound, "or" is plain: any of the tests.
    if clotting and ">" not in clotting[0] and "＞" not in clotting[0]:
        message = f"{clotting[0]!r}: must one of the tests be within the bound, or each that was done?"
        yield on(criterion, "ambiguous-unit", message, Span(*clotting.span()))


def _lacks_unit(node: Compare, text: str) -> bool:
    """BMI and INR are printed without; a ratio of volumes has none; one "mm Hg" serves both pressures."""
    if node.relative_to is not None or node.quantity.unit != "1" or node.measure.id == "bmi":
        return False
    if node.span is not None and _NUMBER_GOES_ON.match(text, node.span.end):
        return False
    unit = _usual_unit(node)
    if unit in ("", "1", "%", "/h", "Cel") or unit.startswith("{") or (unit == "L" and node.quantity.value <= 1):
        return False
    return not (unit == "mm[Hg]" and _MERCURY.search(text))


def _usual_unit(node: Compare) -> str:
    measure = measure_of(node.measure.id) if node.measure.id else None
    return measure.unit if measure else ""


def scale_versions(trial: Trial, criteria: Criteria) -> Iterator[Diagnostic]:
    """V16: a grade without its scale, a scale without the version that decides what a grade means."""
    text = trial.eligibility.eligibility_criteria or ""
    lower = text.lower()
    for row in table("scale_versions"):
        found = _unversioned(text, row) if any(key in lower for key in row["keys"].split("|")) else None
        if found:
            message = f"{found.of(text)!r} without {row['version_name']}; expected one such as {row['example']}"
            yield Diagnostic("scale-without-version", message, ELIGIBILITY, found)
    if not any(key in lower for key in _SCALE_KEYS) or not _SCALE.search(text):
        yield from _grades_without_scale(criteria)
    yield from _adverse_events_without_scale(trial)


def _unversioned(text: str, row: Mapping[str, str]) -> Span | None:
    """The scale's first mention, when no mention stands near a version."""
    version = pattern(row["version"])
    places = [Span(*match.span()) for match in pattern(row["scale"]).finditer(text)]
    if any(version.search(text[max(0, place.start - 30) : place.end + 60]) for place in places):
        return None
    return places[0] if places else None


def _grades_without_scale(criteria: Criteria) -> Iterator[Diagnostic]:
    for criterion in mentioning(criteria, "grade", "neuropath"):
        if not _HARM.search(criterion.text) or _OTHER_SCALE.search(criterion.text):
            continue
        printed = _GRADED.search(criterion.text)
        span = Span(*printed.span()) if printed else _graded_condition(criterion)
        if span is not None:
            message = f"{span.of(criterion.text)!r} names no scale; expected one such as CTCAE v5.0"
            yield on(criterion, "scale-missing", message, span)


def _graded_condition(criterion: Criterion) -> Span | None:
    """A condition held against a bare small number ("neuropathy <= 1") can only be its grade."""
    for node in walk(criterion.node):
        graded = isinstance(node, Has) and node.severity is not None and node.severity.scale is None
        bare = (
            isinstance(node, Compare)
            and node.measure.kind == "condition"
            and node.quantity.unit == "1"
            and not node.relative_to
        )
        if graded or bare:
            return node.span
    return None


def _adverse_events_without_scale(trial: Trial) -> Iterator[Diagnostic]:
    if not is_oncological(trial):
        return
    found = [(where, outcome) for where, outcome in outcomes(trial) if _ADVERSE.search(outcome.measure or "")]
    said = " ".join(text for _, outcome in outcomes(trial) for text in (outcome.measure, outcome.description) if text)
    if found and not _SCALE.search(said):
        where, outcome = found[0]
        message = f"{outcome.measure!r} names no scale; expected one such as CTCAE v5.0"
        yield Diagnostic("scale-missing", message, f"{where}.measure", Span(0, len(outcome.measure or "")))
