"""The texts of a record in, remarks on what publishing did to them out: escapes, lost signs and numbers, gaps, repeats.

One place for every published form, so that the same damage has the same code. Nothing here changes a text.
"""

import re
from collections import Counter
from collections.abc import Iterator

from trialwright.codes.places import Diagnostic, Span
from trialwright.trial import Protocol, Record

ELIGIBILITY = "protocolSection.eligibilityModule.eligibilityCriteria"
SUMMARY = "protocolSection.descriptionModule.briefSummary"
DESCRIPTION = "protocolSection.descriptionModule.detailedDescription"

# `x 109/L`: a count's power of ten whose superscript became plain digits. `10^9`, `10*9`, `10E9` and `10⁹` are intact.
_SUPERSCRIPT = re.compile(
    r"(?<![\w.,^*/-])(?:[x×X*]\s?)?10\s?(?:9|12)\s?/\s?[lL]\b"
    r"|(?:(?<=[\d\s])|(?<=\d[x×X]))[x×X*]?\s?(?<=[x×X*\s])10\s?(?:3|6|9|12)\s?(?:cells\s?)?/\s?(?:[lL]\b|[uµμ][lL]|mm|mL)"
)
_TEN = re.compile(r"10\s?(?:3|6|9|12)\s?(?:cells\s?)?/\s?(?:[lL]|[uµμ][lL]|mm|mL)")
_BEFORE_TEN = 2
_ESCAPE = re.compile(r"\\([<>~\[\]*_^#+`|=&.!()-])")
_EMPTY_ANGLES = re.compile(r"<\s*\\?>")
# `Women <50 years ... last menses >1 year ago` printed as HTML loses all between the signs; what remains has no verb.
# It is looked for in two steps, and so are others here: a pattern that begins with its rarest words is many times as fast.
_AGO = re.compile(r" ago\b")
_EATEN_BEFORE = re.compile(
    r"\b(?:[Ww]omen|[Mm]en|[Ff]emales|[Mm]ales|[Pp]atients|[Ss]ubjects|[Pp]articipants)"
    r" \d{1,4} (?:year|month|week|day)s?\Z"
)
_RUN_ON = re.compile(r"[.:;,](?=[A-Z])")
_RUN_ON_BEFORE = re.compile(r"[a-z]{2}[a-z)]\Z|/L\Z")
_RUN_ON_AFTER = re.compile(r"[.:;](?:[A-Z][a-z]+|[A-Z]\b(?![.]))|,(?:[A-Z]{3,}\b|[A-Z][a-z]{2})")
_NUMBER = re.compile(r"\n[ \t]*(\d{1,2})\\?[.)][ \t]+\S")
_HEADING = re.compile(r"clusion|CLUSION|ligible|LIGIBLE")
_SHORT_HEADING = 70
_LONGEST_EATEN = 40
_DEEPEST_LIST = 5
_LONGEST_ITEM = 5_000
_NCT = re.compile(r"\bNCT\d{8}\b")
_LONG_ENOUGH_TO_REPEAT = 60


def remark_text(text: str, where: str) -> tuple[Diagnostic, ...]:
    """What publishing did to one text of a record.

    text     as the form holds it; the spans of the remarks are in it
    where    the text's API v2 path
    returns  one remark for each lost superscript, lost words between angle brackets and gap in the numbers; one for all
             backslash escapes together, and one for all missing spaces, at the first of them
    """
    return tuple(remark for find in _FINDERS for remark in find(text, where))


def remark_record(record: Record) -> tuple[Diagnostic, ...]:
    """The remarks on eligibility text, summary and description, on repeated texts and on other trials' ids."""
    protocol = record.protocol
    if protocol is None:
        return ()
    texts = list(_main_texts(protocol))
    found = [remark for where, text in texts for remark in remark_text(text, where)]
    own = (protocol.identification and protocol.identification.nct_id) or ""
    found += [remark for where, text in texts for remark in remark_foreign_ids(text, own, where)]
    return (*found, *_repeats(protocol))


def remark_foreign_ids(text: str, own: str, where: str) -> tuple[Diagnostic, ...]:
    """One remark when `text` names trials other than `own`, at the first of them."""
    if "NCT" not in text:
        return ()
    others = {match[0]: Span(*match.span()) for match in reversed(list(_NCT.finditer(text))) if match[0] != own}
    if not others:
        return ()
    ordered = sorted(others, key=lambda nct_id: others[nct_id])
    return (Diagnostic("foreign-trial-id", f"names other trials: {', '.join(ordered)}", where, others[ordered[0]]),)


def _superscripts(text: str, where: str) -> Iterator[Diagnostic]:
    for ten in _TEN.finditer(text):
        starts = range(max(0, ten.start() - _BEFORE_TEN), ten.start() + 1)
        match = next(filter(None, (_SUPERSCRIPT.match(text, start) for start in starts)), None)
        if match:
            message = f"{match[0].strip()!r} has lost its superscript; read literally it is another number"
            yield Diagnostic("lost-superscript", message, where, Span(*match.span()))


def _escapes(text: str, where: str) -> Iterator[Diagnostic]:
    if "\\" not in text:
        return
    found = list(_ESCAPE.finditer(text))
    if found:
        signs = " ".join(sorted({match[0] for match in found}))
        count = "1 backslash escape" if len(found) == 1 else f"{len(found)} backslash escapes"
        yield Diagnostic("markdown-escape", f"{count}: {signs}", where, Span(*found[0].span()))


def _angles(text: str, where: str) -> Iterator[Diagnostic]:
    if "<" in text:
        for match in _EMPTY_ANGLES.finditer(text):
            words = Span(match.start() - text.endswith("\\", 0, match.start()), match.end())
            message = f"{words.of(text)!r}: what stood between the angle brackets is gone"
            yield Diagnostic("lost-angle-text", message, where, words)
    if " ago" in text:
        for match in _AGO.finditer(text):
            nearby = max(0, match.start() - _LONGEST_EATEN)
            before = _EATEN_BEFORE.search(text[nearby : match.start()])
            if before:
                words = Span(nearby + before.start(), match.end())
                message = f"{words.of(text)!r} has no verb: words between '<' and '>' were probably taken for HTML"
                yield Diagnostic("lost-angle-text", message, where, words)


def _missing_spaces(text: str, where: str) -> Iterator[Diagnostic]:
    found = [match.start() for match in _RUN_ON.finditer(text) if _runs_on(text, match.start())]
    if found:
        span = Span(max(0, found[0] - 3), min(len(text), found[0] + 4))
        often = "once" if len(found) == 1 else f"{len(found)} times"
        message = f"{often} no space after a sentence or a list item; first {span.of(text)!r}"
        yield Diagnostic("missing-space", message, where, span)


def _runs_on(text: str, at: int) -> bool:
    return bool(_RUN_ON_BEFORE.search(text[max(0, at - 3) : at]) and _RUN_ON_AFTER.match(text, at))


def _gaps(text: str, where: str) -> Iterator[Diagnostic]:
    """Numbers left out of a list, section by section; a list within an item may start over at 1 and come back."""
    numbers = list(_NUMBER.finditer("\n" + text))
    headings = _heading_ends(text) if len(numbers) > 1 else ()
    awaited, last, seen_to, section = [1], 0, 0, 0
    for match in numbers:
        number, here = int(match[1]), Span(*match.span(1)).shift(-1)
        while section < len(headings) and headings[section] < here.start:
            awaited, seen_to, section = [1], headings[section], section + 1
        if awaited == [1] and number == last + 1:
            awaited = [number]
        if number == 1 and awaited[-1] != 1:
            awaited = [*awaited[-_DEEPEST_LIST:], 1]
        while number != awaited[-1] and number in awaited:
            awaited.pop()
        if number > awaited[-1] and _is_gap(text, Span(seen_to, here.start), awaited[-1], number):
            yield Diagnostic("numbering-gap", f"{_run(awaited[-1], number - 1)} missing before {number}", where, here)
        if number >= awaited[-1]:
            awaited[-1] = number + 1
        last, seen_to = number, here.end


def _heading_ends(text: str) -> tuple[int, ...]:
    ends = []
    for match in _HEADING.finditer(text):
        start, end = text.rfind("\n", 0, match.start()) + 1, text.find("\n", match.end())
        end = len(text) if end < 0 else end
        line = text[start:end].strip()
        if len(line) <= _SHORT_HEADING and not line[:1].isdigit() and len(line[: match.start() - start].split()) <= 3:
            ends.append(end)
    return tuple(ends)


def _is_gap(text: str, before: Span, awaited: int, number: int) -> bool:
    """False when the awaited number stands within a line, or a wrapped line only happens to begin with a number."""
    within = before.of(text)
    if re.search(rf"(?<![\d.]){awaited}\s?[.):、．）-]", within) or re.search(
        rf"(?<![\d.]){number - 1}\s?[.):、．）]", within
    ):
        return False
    line_before = within.rstrip()
    if awaited > 1 and (not line_before or line_before[-1] in ".;:；。)" or number == awaited + 1):
        return True
    following = text[before.end : before.end + _LONGEST_ITEM]
    return re.search(rf"^[ \t]*{number + 1}\\?[.)][ \t]", following, re.MULTILINE) is not None


def _run(first: int, final: int) -> str:
    return f"item {first} is" if first == final else f"items {first}-{final} are"


_FINDERS = (_superscripts, _escapes, _angles, _missing_spaces, _gaps)


def _main_texts(protocol: Protocol) -> Iterator[tuple[str, str]]:
    if protocol.eligibility and protocol.eligibility.eligibility_criteria:
        yield ELIGIBILITY, protocol.eligibility.eligibility_criteria
    if protocol.description and protocol.description.brief_summary:
        yield SUMMARY, protocol.description.brief_summary
    if protocol.description and protocol.description.detailed_description:
        yield DESCRIPTION, protocol.description.detailed_description


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text)).lower()


def _alike(texts: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Those that may hold the same letters as another: counting a few letters is cheaper than taking all of them out."""
    counts = [(lower.count("e"), lower.count("t"), lower.count("a")) for lower in (text.lower() for _, text in texts)]
    often = Counter(counts)
    yield from (text for text, count in zip(texts, counts, strict=True) if often[count] > 1)


def _repeats(protocol: Protocol) -> Iterator[Diagnostic]:
    yield from _summary_again(protocol)
    first_at: dict[str, str] = {}
    for where, text in _alike(list(_arm_texts(protocol))):
        first = first_at.setdefault(_letters(text), where)
        if first != where:
            span = Span(0, len(text))
            yield Diagnostic("repeated-text", f"the same words as in {first.rpartition('Module.')[2]}", where, span)
    yield from _measures_again(protocol)


def _summary_again(protocol: Protocol) -> Iterator[Diagnostic]:
    texts = protocol.description
    if not texts or not texts.brief_summary or not texts.detailed_description:
        return
    start = texts.detailed_description.find(texts.brief_summary)
    if start >= 0:
        span = Span(start, start + len(texts.brief_summary))
        how = "is" if len(texts.brief_summary) == len(texts.detailed_description.strip()) else "repeats"
        yield Diagnostic(
            "repeated-text", f"the detailed description {how} the brief summary, word for word", DESCRIPTION, span
        )


def _arm_texts(protocol: Protocol) -> Iterator[tuple[str, str]]:
    module = protocol.arms_interventions
    if module is None:
        return
    top = "protocolSection.armsInterventionsModule"
    arms = ((f"{top}.armGroups[{at}].description", arm.description) for at, arm in enumerate(module.arm_groups or ()))
    interventions = (
        (f"{top}.interventions[{at}].description", intervention.description)
        for at, intervention in enumerate(module.interventions or ())
    )
    for where, text in (*arms, *interventions):
        if text and len(text) >= _LONG_ENOUGH_TO_REPEAT:
            yield where, text


def _measures_again(protocol: Protocol) -> Iterator[Diagnostic]:
    module = protocol.outcomes
    if module is None:
        return
    top = "protocolSection.outcomesModule"
    kinds = (("primaryOutcomes", module.primary_outcomes), ("secondaryOutcomes", module.secondary_outcomes))
    for kind, outcomes in kinds:
        for position, outcome in enumerate(outcomes or ()):
            if outcome.measure and outcome.measure == outcome.description:
                where = f"{top}.{kind}[{position}].description"
                yield Diagnostic(
                    "repeated-text", "the description is the measure's name", where, Span(0, len(outcome.measure))
                )
