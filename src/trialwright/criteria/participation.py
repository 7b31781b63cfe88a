"""Taking part in other trials, and the languages somebody must speak, in whatever words: two frequent kinds that name no thing."""

import re

from trialwright.codes.concepts import Concept
from trialwright.criteria.nodes import Attest, Has, Node, Not, Status
from trialwright.criteria.phrase import Phrase, single_window

_TRIAL = re.compile(
    r"(?:(?:has|have|had|is|are|be|been|being|who|any|all|a|an|or|and|and/or|patients?|subjects?|participants?|volunteers?|previously|recently|"
    r"currently|concurrently|simultaneously|simultaneous|current|concurrent|concomitant|prior|previous|recent|active|ongoing|"
    r"planned|known|already|actively|also)\s+)*"
    r"(?:participat\w+|enroll?\w*|involve\w*|included?|inclusion|took part|taken? part|taking part|registered)\s+(?:in|on|into|to|with)\s+"
    r"(?P<which>(?:[a-z/-]+\s+){1,7})"
    r"(?:trials?|stud(?:y|ies)|research|protocols?|experiments?)(?:\s+projects?|\s+programs?)?"
    r"(?:\s+(?:of|with|involving|using|for|testing)\s+(?:an?y?\s+|other\s+|another\s+)*(?:investigational|experimental|study|unapproved)\s+"
    r"(?:drugs?|agents?|products?|devices?|medications?|treatments?|therap(?:y|ies)|interventions?|vaccines?)"
    r"(?:\s+or\s+devices?)?)?",
    re.IGNORECASE,
)
_ANOTHER = re.compile(
    r"\b(?:another|other|any|different|an?|investigational|experimental|interventional|clinical|concurrent|separate|additional)\b",
    re.IGNORECASE,
)
_KINDS = re.compile(
    r"(?:an?|any|all|other|another|different|the|of|or|and|and/or|clinical|investigational|experimental|interventional|intervention|"
    r"interventionist|therapeutic|treatment|drug|drugs|medication|medical|biomedical|device|pharmaceutical|pharmacological|research|"
    r"concurrent|concomitant|ongoing|current|separate|additional|randomi[sz]ed|controlled|vaccine|scientific|similar|such|trial|study|"
    r"therapy|prospective|previous|prior|agent|product|active|phase|i|ii|iii|iv)$",
    re.IGNORECASE,
)
_STATES: tuple[tuple[str, Status], ...] = (
    (
        r"\b(?:prior|previous(?:ly)?|recent(?:ly)?|has been|have been|had|took|has participated|have participated)\b",
        "history",
    ),
    (
        r"\b(?:current(?:ly)?|concurrent(?:ly)?|simultaneous(?:ly)?|concomitant|ongoing|active(?:ly)?|is|are)\b",
        "current",
    ),
)


def read_participation(phrase: Phrase) -> Node | None:
    """`Enrolled in another interventional drug trial within 30 days`."""
    windows = [chunk for chunk in phrase.chunks if chunk.cat == "W"]
    body = [chunk for chunk in phrase.chunks if chunk.cat != "W"]
    if not body or len(windows) > 1 or (windows and windows[0].start < body[-1].start) or "N" in phrase.cats:
        return None
    words = " ".join(phrase.text[phrase.all[0].start : body[-1].end].split()).strip(" .;,")
    match = _TRIAL.fullmatch(words)
    if match is None or _ANOTHER.search(match["which"]) is None:
        return None
    if not all(_KINDS.match(word) for word in match["which"].split()):
        return None
    lead = words[: match.start("which")]
    states = tuple(status for pattern, status in _STATES if re.search(pattern, lead, re.IGNORECASE))
    when = single_window(windows)
    if when is not None and "current" in states:
        states = tuple(one for one in states if one != "current")
    concept = Concept(text="participation in another trial", kind="procedure", id="trial-participation")
    status = states if len(states) < 2 else ()
    return Has(concept=concept, status=status, when=when, span=phrase.span)


_LANGUAGE = (
    r"(?:English|Spanish|French|German|Italian|Dutch|Danish|Swedish|Norwegian|Finnish|Portuguese|Polish|Turkish|Arabic|Hebrew|Hindi|"
    r"Chinese|Mandarin|Cantonese|Japanese|Korean|Thai|Vietnamese|Russian|Greek|Swahili|Urdu|Bengali|Malay|Scandinavian|Kannada|Tamil|"
    r"(?:the )?(?:local|national|study|native|trial|target) languages?)"
)
_SPEAKING = re.compile(
    r"\b(?:speak\w*|spoken|read\w*|writ\w+|understand\w*|fluen\w+|proficien\w+|litera\w+|language|comprehen\w+|convers\w+|communicat\w+|"
    r"command|knowledge|native)\b",
    re.IGNORECASE,
)
_ABOUT_SPEAKING = re.compile(
    rf"(?:(?:{_LANGUAGE}|speak\w*|spoken|reads?|reading|write|writing|written|understand\w*|fluent|fluently|fluency|proficien\w+|"
    r"litera\w+|languages?|comprehend\w*|comprehension|converse|communicate|communication|command|knowledge|native|ability|inability|able|unable|"
    r"to|in|of|the|a|an|is|are|be|must|should|has|have|with|who|do|does|can|cannot|not|non|no|limited|insufficient|lack|poor|good|adequate|"
    r"sufficient|patients?|subjects?|participants?|individuals?|or|and|and/or|either|speakers?|skills?|at least|well|enough|"
    r"basic|fluent|primary|first|another|other|than)[\s,/-]*)+",
    re.IGNORECASE,
)
_WITHOUT = re.compile(
    r"\b(?:inability|unable|cannot|not|non|no|limited|insufficient|lack|poor|illitera\w+|other than)\b", re.IGNORECASE
)


def read_language(phrase: Phrase) -> Node | None:
    """`Speaks and reads Danish`, `limited English proficiency`: for a person to say."""
    words = phrase.words().strip(" .;,")
    if len(words) > 120 or not re.search(_LANGUAGE, words) or not _SPEAKING.search(words):
        return None
    if not _ABOUT_SPEAKING.fullmatch(words):
        return None
    claim: Node = Attest(kind="capacity", text=words, span=phrase.span)
    return Not(part=claim, span=phrase.span) if _WITHOUT.search(words) else claim
