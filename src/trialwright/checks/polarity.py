"""Which items stand under the wrong heading: exclusions filed under inclusion, and the compiler's own finds."""

import re
from collections.abc import Iterator
from functools import cache

from trialwright.checks.record import on, table, titles
from trialwright.codes.places import Diagnostic, Span
from trialwright.criteria.nodes import Criteria
from trialwright.trial import Trial

# Words that may stand before what an exclusion is about; anything else before it ("adequate", "stable") makes it another sentence.
_LEAD = (
    r"^(?:\W|\b(?:the|patients?|subjects?|participants?|those|individuals?|persons?|women|woman|females?|men|males?|adults?|known|any|with|who|that|has|have"
    r"|had|having|are|is|a|an|or|and|current(?:ly)?|active|ongoing|presence|of|evidence|history|prior|previous|concurrent|concomitant|documented|suspected"
    r"|severe|serious|diagnosis|diagnosed|received?|receiving|simultaneous|past|recent)\b)*"
)
_ASKS = re.compile(
    r"\b(?:no|not|non|none|without|must|negative|negativity|allowed|permitted|eligible|included?|absence|absent|free|never|neither|denies"
    r"|agree\w*|willing|controlled|at least|but|gestation\w*|trimester|weeks?'? pregnan\w+|postpartum|delivering|may|should|can|tests?"
    r"|testing|if|stable|scheduled|planned|undergoing|require[sd]?|requiring|candidates?|unless)\b(?! (?:be )?(?:excluded|ineligible))",
    re.IGNORECASE,
)
_HEADING_INSIDE = re.compile(r"(?:^|(?<=[\s.;]))(?:key |main )?exclusion criteria\s*:?\s*(?=\n|$)", re.IGNORECASE)
_LABEL_END = re.compile(r"[-:–]\s*$")
_SENTENCE = re.compile(r"[^.;]{0,300}")


def polarity(trial: Trial, criteria: Criteria) -> Iterator[Diagnostic]:
    """V2: an item whose words rule out and whose heading asks for, or the other way round."""
    about = "\n".join((titles(trial), *trial.conditions)).lower()
    for criterion in criteria.criteria:
        filed = "inclusion" if criterion.id.startswith("I") else "exclusion"
        if criterion.kind != filed:
            message = f"filed under {filed} and read as an {criterion.kind}"
            yield on(criterion, "polarity", message)
        elif filed == "inclusion":
            heading = _HEADING_INSIDE.search(criterion.text)
            if heading:
                message = (
                    f"the heading {heading[0].strip()!r} stands inside an inclusion; what follows it is an exclusion"
                )
                yield on(criterion, "polarity", message, Span(*heading.span()))
            found = excluding_words(criterion.text, about)
            if found is not None:
                message = (
                    f"filed under inclusion, and {found.of(criterion.text)!r} reads as an exclusion; which is meant?"
                )
                yield on(criterion, "polarity", message, found)


def excluding_words(text: str, about: str) -> Span | None:
    """The words that make an item an exclusion wherever it is filed; None when it may as well ask for something.

    text   one item
    about  titles and conditions of the trial, in lower case: what a trial is about, it may well ask for
    """
    if _LABEL_END.search(text):
        return None
    lower = text.lower()
    for keys, words, subject in _wordings():
        if not any(key in lower for key in keys):
            continue
        found = words.match(text)
        sentence = _SENTENCE.match(text)
        if found and sentence and not subject.search(about) and not _ASKS.search(sentence[0]):
            return Span(*found.span())
    return None


@cache
def _wordings() -> tuple[tuple[tuple[str, ...], re.Pattern[str], re.Pattern[str]], ...]:
    return tuple(
        (
            tuple(row["keys"].split("|")),
            re.compile(f"{_LEAD}(?:{row['words']})", re.IGNORECASE),
            re.compile(row["about"]),
        )
        for row in table("exclusion_wordings")
    )
