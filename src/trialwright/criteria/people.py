"""Phrases about the person: age, sex, childbearing, and what only a person can say."""

import re
from decimal import Decimal
from typing import Any

import msgspec

from trialwright.codes.dates import Duration
from trialwright.codes.vocabulary import normalise
from trialwright.criteria.chunks import Bound, Chunk
from trialwright.criteria.nodes import All, Attest, AttestKind, Has, Node, Not, Person, walk
from trialwright.criteria.nodes import Any as AnyOf
from trialwright.criteria.phrase import CONDITION_WORDS, VERBISH, Phrase, all_of, pairs_of
from trialwright.criteria.phrases import word_set

_NEGATED = re.compile(
    r"\b(?:unable|inability|unwilling\w*|refus\w+|not|no|non\w*|incapable|incapacit\w+|incompetent|lack\w*|cannot|can't|fail\w*|"
    r"unlikely|poor|without|deprived|illiterate|language barriers?|doubt\w*|under guardianship|insufficient|inadequate|uncooperative)\b"
)

_COORDINATED = re.compile(
    rf"{_NEGATED.pattern}(?: (?:able|willing|capable))?(?:(?:,| or| and/or| and|\s?/)\s*{_NEGATED.pattern}(?: (?:able|willing|capable))?)+"
)
"""`unable or unwilling to comply` denies once."""


def read_age(phrase: Phrase) -> Node | None:
    if not re.fullmatch(r"[gAmfxQ#o&|,/:\-SJqWp.]*", phrase.cats) or not re.search(r"[Q#A]", phrase.cats):
        return None
    bounds = [chunk for chunk in phrase.chunks if chunk.cat in "Q#"]
    if "J" in phrase.cats and any(chunk.value != "fitness" for chunk in phrase.chunks if chunk.cat == "J"):
        return None
    if any(chunk.value not in ("", None) for chunk in phrase.chunks if chunk.cat == "S") or "S" in phrase.cats:
        return None
    named = "g" in phrase.cats or "A" in phrase.cats or any(chunk.value.age for chunk in bounds)
    if not bounds:
        return _adult(phrase) if re.fullmatch(r"[Amfx&|,/q]*", phrase.cats) and "q" not in phrase.cats else None
    if any(not _is_age(chunk.value, named) or not chunk.value.stated for chunk in bounds) or not (
        named or _aged(phrase) or _is_age_alone(phrase)
    ):
        return None
    if "m" in phrase.cats and "f" in phrase.cats and len(bounds) > 1:
        return None
    parts: list[Node] = []
    unit = next((chunk.value.time for chunk in reversed(bounds) if chunk.value.time), "year")
    for chunk in bounds:
        parts += _age_limits(chunk, unit)
    if _outside(bounds):
        parts = [AnyOf(parts=tuple(parts), span=phrase.span)]
    if "W" in phrase.cats and any(
        chunk.value.at_most or chunk.value.at_least for chunk in phrase.chunks if chunk.cat == "W"
    ):
        return None
    if re.search(r"[qJ]", phrase.cats) and not re.fullmatch(r"[^qJ]*[gQ#][qJ]?[^qJ]*|A?[qJ]?[^qJ]*", phrase.cats):
        return None
    parts += _sexes(phrase)
    if "J" in phrase.cats:
        fitness = [chunk for chunk in phrase.chunks if chunk.cat == "J"]
        parts.append(Attest(kind="fitness", text=phrase.words(fitness), span=fitness[0].span))
    return all_of(parts, phrase.span) if parts else None


def _outside(bounds: list[Chunk]) -> bool:
    """`< 18 and > 45`: outside a range; nobody is both."""
    highs = [chunk.value.high for chunk in bounds if chunk.value.high is not None]
    lows = [chunk.value.low for chunk in bounds if chunk.value.low is not None]
    times = {chunk.value.time for chunk in bounds if chunk.value.time}
    return len(bounds) == 2 and len(highs) == len(lows) == 1 and highs[0] < lows[0] and len(times) < 2


def _is_age(bound: Bound, named: bool) -> bool:
    if bound.relative is not None:
        return False
    top = bound.high if bound.high is not None else bound.low
    return bound.time in ("year", "month", "week", "day") or (
        bound.unit is None and named and top is not None and top <= 120
    )


def _aged(phrase: Phrase) -> bool:
    """Without the word "age", years with a comparator behind them ("18 years or older") or a sex beside them are an age."""
    if re.search(r"[mfx]", phrase.cats):
        return all(chunk.value.time == "year" for chunk in phrase.chunks if chunk.cat == "Q")
    words = phrase.words().lower()
    return (
        re.search(r"\b(?:older|younger|inclusive|years and (?:over|above|up)|years? to \d+ years|old)\b", words)
        is not None
    )


def _is_age_alone(phrase: Phrase) -> bool:
    """`Patients ≥ 18 years`, `≥ 18 years`, when that is all that the text says: behind a label they may be years of anything."""
    if phrase.cats != "Q" or phrase.chunks[0].value.time != "year":
        return False
    around = phrase.text[: phrase.span.start] + phrase.text[phrase.span.end :]
    if re.search(r"\w", around):
        return False
    bound = phrase.chunks[0].value
    top = bound.high if bound.high is not None else bound.low
    return any(chunk.cat == "H" for chunk in phrase.all) or (top is not None and 16 <= top <= 100)


def _age_limits(chunk: Chunk, unit: Any) -> list[Node]:
    bound: Bound = chunk.value
    unit = bound.time or unit
    limits: list[Node] = []
    if bound.low is not None and bound.low_op != "=":
        limits.append(Person(age=(bound.low_op, Duration(bound.low, unit)), span=chunk.span))
    if bound.high is not None:
        limits.append(Person(age=(bound.high_op, Duration(bound.high, unit)), span=chunk.span))
    return limits


_YOUNG = re.compile(r"\b(?:child\w*|adolescents?|p(?:a?e)diatrics?|teenagers?|infants?|minors)\b", re.IGNORECASE)


def _adult(phrase: Phrase) -> Node | None:
    if "A" not in phrase.cats or _YOUNG.search(phrase.words()):
        return None
    adult = Person(age=(">=", Duration(Decimal(18), "year")), span=phrase.span)
    return all_of([adult, *_sexes(phrase)], phrase.span)


def _sexes(phrase: Phrase) -> list[Node]:
    male = next((chunk for chunk in phrase.chunks if chunk.cat == "m"), None)
    female = next((chunk for chunk in phrase.chunks if chunk.cat == "f"), None)
    if (male is None) == (female is None) or "x" in phrase.cats:
        return []
    if male is not None:
        return [Person(sex="male", span=male.span)]
    return [Person(sex="female", span=female.span)] if female is not None else []


def read_nothing(phrase: Phrase) -> Node | None:
    """`Not specified`, `see above`: nothing is asked here."""
    return All(span=phrase.span) if phrase.cats == "0" else None


_FUNCTION = re.compile(
    r"^(?:(?P<good>adequate|sufficient|normal|acceptable|good|satisfactory|preserved)|impaired|inadequate|abnormal|insufficient|poor|compromised)\b"
    r"[a-z,/ ]*\b(?:functions?|reserves?|status)$",
    re.IGNORECASE,
)


def read_function(phrase: Phrase) -> Node | None:
    """`Adequate hepatic and renal function`, without a limit: for a person to judge."""
    words = phrase.words(phrase.chunks)
    match = _FUNCTION.match(words) if phrase.cats[:1] in "qJUCM" and len(words) < 120 else None
    if match is None:
        return None
    attest: Node = Attest(kind="fitness", text=words, span=phrase.span)
    return attest if match.group("good") else Not(part=attest, span=phrase.span)


def read_sex(phrase: Phrase) -> Node | None:
    if not re.fullmatch(r"[mfx&|,/:\-.g]+", phrase.cats) or not re.search(r"[mfx]", phrase.cats):
        return None
    sexes = _sexes(phrase)
    return msgspec.structs.replace(sexes[0], span=phrase.span) if sexes else All(span=phrase.span)


def read_childbearing(phrase: Phrase) -> Node | None:
    if not re.fullmatch(r"[fN]*w", phrase.cats) or phrase.cats.count("N") > 1:
        return None
    able = (phrase.chunks[-1].value == "true") != ("N" in phrase.cats)
    person = Person(childbearing=able, span=phrase.span)
    if able or phrase.cats[0] != "f":
        return person
    # "Women who are postmenopausal": no man is meant, though none can bear a child.
    return All(parts=(Person(sex="female", span=phrase.chunks[0].span), person), span=phrase.span)


_ATTEST_RANK: tuple[AttestKind, ...] = (
    "consent", "contraception", "conduct", "capacity", "compliance", "availability", "fitness", "judgement",
)  # fmt: skip


def read_life_expectancy(phrase: Phrase) -> Node | None:
    if not any(chunk.cat == "J" and chunk.value == "life_expectancy" for chunk in phrase.chunks):
        return None
    bounds = [chunk for chunk in phrase.chunks if chunk.cat in "Qs" and chunk.value.time]
    windows = [chunk for chunk in phrase.chunks if chunk.cat == "W"]
    if len(bounds) == 1:
        pairs = pairs_of(bounds[0].value)
        if len(pairs) != 1:
            return None
        op, value = pairs[0]
        attest: Node = Attest(
            kind="life_expectancy", text=phrase.words(), at_least=bounds[0].value.duration(value), span=phrase.span
        )
        return Not(part=attest, span=phrase.span) if op in ("<", "<=") else attest
    if len(windows) == 1 and not bounds:
        duration = windows[0].value.at_least or windows[0].value.lasting or windows[0].value.at_most
        return Attest(kind="life_expectancy", text=phrase.words(), at_least=duration, span=phrase.span)
    return None


def read_attest(phrase: Phrase) -> Node | None:
    """As `attest`, for a phrase that is no list; a list is split first, unless all of it is about consent and the like."""
    kinds = {chunk.value for chunk in phrase.chunks if chunk.cat == "J"}
    if "judgement" in kinds and not re.search(r"[CROMKQtsX]", phrase.cats) and not _names_unknown(phrase):
        return attest(phrase)
    if "judgement" in kinds and _opens_generic(phrase):
        return attest(phrase)
    if _governs_list(phrase):
        return attest(phrase)
    if re.search(r"[,|&/]", phrase.cats) and (
        not kinds & {"consent", "capacity", "compliance"} or re.search(r"[CROMK]", phrase.cats)
    ):
        return None
    return attest(phrase)


def attest(phrase: Phrase) -> Node | None:
    if _is_for_some(phrase) or _swallows(phrase):
        return None
    kinds = [chunk.value for chunk in phrase.chunks if chunk.cat == "J"]
    kind = next((kind for kind in _ATTEST_RANK if kind in kinds), None)
    timed = kind in ("contraception", "compliance", "conduct") and all(
        chunk.value.time for chunk in phrase.chunks if chunk.cat == "Q"
    )
    if kind is None or "g" in phrase.cats or ("Q" in phrase.cats and not timed):
        return None
    if any(cat in phrase.cats for cat in ("K", "t", "s")) or _names_things(phrase):
        return _judged(phrase) if "judgement" in kinds and not re.search(r"[Kts]", phrase.cats) else None
    if kind in ("fitness", "availability", "judgement") and re.search(r"[MCRO]", phrase.cats):
        # A named thing that "may interfere" is a thing on record first; a list of things is split first.
        qualified = _judged(phrase) if kind == "judgement" else None
        if qualified is not None or kind == "judgement":
            return qualified
    words = phrase.words()
    node: Node = Attest(kind=kind, text=words, span=phrase.span)
    negations = len(_NEGATED.findall(_COORDINATED.sub("unable", words.lower()))) if kind != "judgement" else 0
    denied = negations % 2 or (negations and _OR_DENIED.search(words) is not None)
    return Not(part=node, span=phrase.span) if denied else node


_ABLE = re.compile(
    r"\b(?:willing\w*|able|ready|prepared|agree\w*|likely|reliable|cooperative|co-operative|motivated|interested|understand\w*|"
    r"read\w*|sign\w*|provid\w*|giv\w*|speak\w*|writ\w*|unable|unwilling|committed|competent|comprehend\w*|follow\w*|communicat\w*|capable|compliant|attend\w*)\b",
    re.IGNORECASE,
)


_OR_DENIED = re.compile(
    r"\b(?:or|and|and/or|/)\s+(?:\w+\s+){0,4}?(?:not|un\w+|in(?:ability|capable)|non-?complian\w*|refus\w*|cannot|poor\w*|lack\w*)\b",
    re.IGNORECASE,
)
"""A second denial joined to the first: "unable or not willing" denies once."""


def _swallows(phrase: Phrase) -> bool:
    """`Is independent, ambulatory, and can comply`: members that no claim of compliance answers."""
    kinds = {chunk.value for chunk in phrase.chunks if chunk.cat == "J"}
    if not kinds or not kinds <= {"compliance", "capacity", "fitness"} or not kinds - {"fitness"}:
        return False
    if "fitness" in kinds and re.search(r"[,&]", phrase.cats):
        return True
    first = next(place for place, chunk in enumerate(phrase.chunks) if chunk.cat == "J")
    cut = next((place for place in reversed(range(first)) if phrase.chunks[place].cat in ",&"), None)
    ahead = phrase.chunks[:cut] if cut else []
    if any(chunk.cat == "J" for chunk in ahead):
        return False
    named = [chunk for chunk in ahead if chunk.cat in "Uq" and not _ABLE.search(phrase.words([chunk]))]
    return bool(named) and not any(chunk.cat in "uX" for chunk in ahead) and not _ABLE.search(phrase.words(ahead))


def _is_for_some(phrase: Phrase) -> bool:
    """`Women of childbearing potential must use contraception`: what is asked is asked of them alone."""
    first = next((place for place, chunk in enumerate(phrase.chunks) if chunk.cat not in "HAp"), None)
    if first is None or phrase.chunks[first].cat not in "wfm" or first + 1 >= len(phrase.chunks):
        return False
    named = {chunk.cat for chunk in phrase.chunks if chunk.cat in "wfmx"}
    return len(named - {"f"} or named) == 1 and any(chunk.cat == "J" for chunk in phrase.chunks[first + 1 :])


_ABILITY = re.compile(
    r"\b(?:tolerat\w*|recover\w*|undergo|able to|ability to|unable|inability|can|swallow|take|amenable|suitable|candidates?|fit)\b",
    re.IGNORECASE,
)


def _governs_list(phrase: Phrase) -> bool:
    """`can tolerate surgery, chemotherapy and immunotherapy`: one ability, and not things on record."""
    first = next((place for place, chunk in enumerate(phrase.chunks) if chunk.cat == "J"), None)
    if (
        first is None
        or phrase.chunks[first].value not in ("fitness", "judgement")
        or not _ABILITY.search(phrase.words(phrase.chunks[first : first + 1]))
    ):
        return False
    behind = phrase.cats[first + 1 :]
    if behind[:1] in "|,/&":
        # "Inability to swallow or malabsorption" are two.
        return False
    if "recover" in phrase.words(phrase.chunks[first : first + 1]).lower():
        led = re.fullmatch(r"[HNFpbAu]*", phrase.cats[:first]) is not None
        return led and re.fullmatch(r"[CROUqBpljST,&|/FuAgWk]+", behind) is not None
    return re.fullmatch(r"[CROUqBplj,&|/FuAg]+", behind) is not None and not re.search(r"[STLNWQ]", phrase.cats)


def _opens_generic(phrase: Phrase) -> bool:
    """`Any condition, therapy or abnormality, including A, that might confound …`: what is judged is anything at all."""
    end = next((place for place, chunk in enumerate(phrase.chunks) if chunk.cat in "eJ"), 0)
    names = [
        word for chunk in phrase.chunks[:end] if chunk.cat in "UqCRO" for word in phrase.words([chunk]).lower().split()
    ]
    return bool(names) and all(word in _GENERIC for word in names) and not re.search(r"[QKMtsX]", phrase.cats)


def _names_unknown(phrase: Phrase) -> bool:
    return any(
        chunk.cat == "U" and CONDITION_WORDS.search(str(chunk.value)) and str(chunk.value) not in _GENERIC
        for chunk in phrase.chunks
    )


def _names_things(phrase: Phrase) -> bool:
    """A list that names diseases or treatments beside what only a person can say is a list first."""
    if not re.search(r"[,|&e/]", phrase.cats):
        return False
    first = next(place for place, chunk in enumerate(phrase.chunks) if chunk.cat == "J")
    ahead = phrase.chunks[:first]
    words = [
        chunk
        for chunk in ahead
        if chunk.cat == "U" and CONDITION_WORDS.search(str(chunk.value)) and chunk.value not in _GENERIC
    ]
    return bool(words) or any(chunk.cat in "CM" for chunk in ahead)


def _judged(phrase: Phrase) -> Node | None:
    """`X that in the investigator's opinion would interfere`: the judgement narrows X."""
    first = next(place for place, chunk in enumerate(phrase.chunks) if chunk.cat == "J")
    head = phrase.chunks[:first]
    while head and (head[-1].cat in "Up,(&i" or head[-1].cat == "|"):
        if head[-1].cat == "U" and str(head[-1].value) not in VERBISH:
            break
        head = head[:-1]
    windows = [chunk for chunk in phrase.chunks[len(head) :] if chunk.cat == "W"]
    if not head or len(windows) > 1:
        return None
    tail = phrase.words([chunk for chunk in phrase.chunks[len(head) :] if not windows or chunk.end <= windows[0].start])
    base = phrase.part([*head, *windows]).atom()
    if base is None or any(isinstance(part, Has) and _is_generic(part) for part in walk(base)):
        return None
    return _qualified(base, normalise(tail))


_GENERIC = word_set("generic")


def _is_generic(node: Has) -> bool:
    """Names no thing in particular: whatever it is, a person judges it."""
    return node.concept.id is None and all(word in _GENERIC for word in node.concept.text.split())


def _qualified(node: Node, words: str) -> Node | None:
    match node:
        case Has():
            return msgspec.structs.replace(node, qualifiers=(*node.qualifiers, words))
        case AnyOf(parts=parts) | All(parts=parts) if parts:
            narrowed = [_qualified(part, words) for part in parts]
            if any(part is None for part in narrowed):
                return None
            return msgspec.structs.replace(node, parts=tuple(part for part in narrowed if part is not None))
        case _:
            return None
