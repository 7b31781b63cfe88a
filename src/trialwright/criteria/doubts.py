"""Signs, in a finished tree, that it does not say what its words say; such a reading is refused, or set right where that is sure.

Every sign here was met in readings that were judged by hand against their words. A sign looks at the tree, not at how it came about,
so it also catches what a new rule gets wrong.
"""

import itertools
import re

import msgspec

from trialwright.codes.concepts import Concept
from trialwright.criteria.nodes import (
    All,
    Attest,
    Compare,
    Has,
    If,
    Node,
    Not,
    Person,
    Score,
    Severity,
    Status,
    Unread,
    children,
    rebuild,
    walk,
)
from trialwright.criteria.nodes import Any as AnyOf
from trialwright.criteria.phrase import CONDITION_WORDS

_NO_NAME = re.compile(
    r"(?:(?:longer|identif(?:y|ies)|retain|absorb|swallow|tolerate|receive|undergo|take|elects?|may|must|will|can|should|able|unable|be|being|been|part|not|and|or|to|in|of|any|from|when|where|who|that|which|than|"
    r"asked|applying|completed?|taking|entered|entering|participat\w+|enrol\w+|failed|fitted|physician|clinical observations)\b|"
    r"(?:i{1,3}|iv|v)\s|(?:\w+\s)?(?:best interest|characteristics|candidates?|criteria|discontinuation|recommended|infants|children)\b|"
    r"(?:control group|control subjects?|compounds? of similar)\b|"
    r"(?:(?:similar|related|other|prior|previous|concurrent|concomitant|additional|any|such|further|current|active)\s)*"
    r"(?:conditions?|therap(?:y|ies)|treatments?|symptoms?|situations?|disease|diseases|disorders?|illness|medications?|"
    r"procedures?|problems?|abnormalit(?:y|ies)|complications?|drugs?|agents?|factors?|diagnosis|history|reasons?|"
    r"abuse|abuse disorders?|misuse|use|dependence|addiction|origin|etiology|aetiology|causes?|type|types|donors?|"
    r"reports?|reporting|status|users?|problems|confirmation|documentation|verification)$)",
    re.IGNORECASE,
)
"""The beginning of what names nothing: a verb, a preposition, a general noun alone."""

_CUT_HEAD = re.compile(
    r"(?:\b(?:of|or|and|the|with|to|due|tract|impairment of .+|deterioration of .+|adequate .+)|(?:^|\s)disease characteristics)$",
    re.IGNORECASE,
)
"""The end of a phrase whose head noun stands elsewhere."""

_NOT_A_CONDITION = re.compile(
    r"\b(?:therap(?:y|ies)|treatments?|trials?|stud(?:y|ies)|drugs?|regimens?|enrol\w*|participat\w*|surger(?:y|ies)|inhibitors?|"
    r"[a-z]{2,4}-?\d{3,})\b",
    re.IGNORECASE,
)
_NOT_ON_RECORD = frozenset(
    {
        "lung-function",
        "kidney-function",
        "liver-function",
        "organ-function",
        "bone-marrow-function",
        "cardiac-function",
        "coagulation-function",
        "thyroid-function",
        "screening",
        "language",
        "excipient",
        "diagnosis",
        "study-visit",
    }
)
"""An event, an ability or a part of a product: that it is on record says nothing about a person."""

_RESULT = re.compile(
    r"\b(?:positive|negative|normal|abnormal\w*|impair\w*|function|deteriorat\w*|adequate|inadequate|elevat\w*|reduced|result)\b",
    re.IGNORECASE,
)
_TESTS = frozenset({"blood-test", "pcr", "liver-function-test", "urinalysis", "hiv-test"})

_POSITIVE = re.compile(
    r"\b(?:agree\w*|willing\w*|able to|ability to|must use|use of|using|consents?|commit\w*|accept\w*|capable|refrain\w*|abstain\w*)\b",
    re.IGNORECASE,
)
_NEGATIVE = re.compile(
    r"\b(?:unable|unwilling\w*|inabil\w*|refus\w*|cannot|can't|incapable|incapacit\w*|not|no|never|non-?complian\w*|unlikely|"
    r"compromis\w*|interfer\w*|prevent\w*|preclud\w*|impair\w*|limit\w*|prejudic\w*|hinder\w*|jeopard\w*|poor|lack\w*|fail\w*|"
    r"doubt\w*|insufficient|inadequate|without|disagree\w*|uncooperative|incompetent)\b",
    re.IGNORECASE,
)
_HARM = re.compile(
    r"\b(?:compromis\w*|interfer\w*|prevent\w*|preclud\w*|impair\w*|prejudic\w*|hinder\w*|jeopard\w*)\b", re.IGNORECASE
)
_ANOTHER = re.compile(
    r"\b(?:other|second\w*|concurrent|additional|concomitant|another|different|synchronous|separate|previous|prior)\b",
    re.IGNORECASE,
)
_WHOSE = re.compile(
    r"(?:in\s+)?(?:the\s+)?(?:opinion|judge?ment|discretion|.{0,30}\b(?:opinion|judge?ment))\b", re.IGNORECASE
)
_LEAVES_OUT = re.compile(
    r"\b(?:without|except\w*|other than|excluding|unless|but (?:not|no)|apart from|besides)\b", re.IGNORECASE
)
_ONLY_IF = re.compile(r"\b(?:only if|unless|except|provided)\b", re.IGNORECASE)
_AND_MORE = re.compile(r"\b(?:or other|and other|including)\b", re.IGNORECASE)
_BEING_TREATED = re.compile(r"\b(?:being|been|are|is) treated for\b", re.IGNORECASE)
_NOT_ALLOWED = re.compile(
    r"\b(?:are|is) not (?:an? |considered (?:an? )?)?(?:acceptable|adequate|permitted|allowed)\b", re.IGNORECASE
)
_BOTH = re.compile(r"\W*(?:(?:has|have|having|with|patients? with|presence of) )?both\b", re.IGNORECASE)
_OBLIGED = re.compile(
    r"^\W*(?:all |any )?(?:patients?|subjects?|participants?|those|individuals?)\s+"
    r"(?:with|who have|having|receiving|on|taking|who are|requiring)\b"
    r"[^.;:]*?\b(?:must|should|need to|needs to|are required to|have to|has to|shall)\b",
    re.IGNORECASE,
)
_EITHER_SEX = re.compile(
    r"\b(?:males?|men|man|women|females?)\s*/\s*(?:males?|men|man|women|females?)\b", re.IGNORECASE
)
LETS_IN = re.compile(
    r"\b(?:will|may|can|are|is) (?:also|still) (?:be )?(?:eligible|included|enrolled|considered|allowed)\b|\balso (?:be )?eligible\b",
    re.IGNORECASE,
)
"""`Adolescents over 40 kg will also be eligible`: more people than the sentence before lets in."""
_EVEN_IF = re.compile(r"\beven (?:if|when|though)\b", re.IGNORECASE)
_BY = re.compile(r"\b(?:by|on|via|per|with|using)\b", re.IGNORECASE)
_SEEN_BY = frozenset(
    {"chest-x-ray", "x-ray", "ct", "chest-ct", "mri", "pet", "pet-ct", "bone-scan", "ultrasound", "imaging", "ecg", "echocardiography",
     "colonoscopy", "endoscopy", "physical-exam", "biopsy", "brain-mri", "brain-ct", "muga-scan", "medical-history", "clinical-examination"}
)  # fmt: skip
_AND_NEEDS = re.compile(
    r"^[^,;]*\band (?:who )?(?:(?:are |is )?(?:currently )?(?:requir\w+|receiving|taking|on)|receives?|takes?|needs?)\b[^,;]*$",
    re.IGNORECASE,
)
_DASH = re.compile(r"\w\)? - \w")
_RECEPTORS = frozenset(
    {
        "hormone-receptor-positive",
        "estrogen-receptor-positive",
        "progesterone-receptor-positive",
        "her2-positive",
        "her2-negative",
    }
)
_PROVED_BY = frozenset({"histology", "cytology"})
_EXCESS = re.compile(r"\b(?:abuse|excess\w*|dependence|dependency|misuse)\b", re.IGNORECASE)
_USED = frozenset({"alcohol-use", "smoking", "psychotropic", "opioid", "cannabis"})
_SHARED = frozenset(
    {"active", "uncontrolled", "symptomatic", "unstable", "untreated", "newly_diagnosed", "recurrent", "progressive"}
)
_ALLERGIC_TO = re.compile(
    r"\b(?:reactions?|allergi\w+|hypersensitivit\w+)\s+(?:to|attribut\w+|associated|with)\b|\battributed to\b",
    re.IGNORECASE,
)
_REACTION = re.compile(r"allerg|reaction|hypersensitiv|intoleran", re.IGNORECASE)
_NO_NARROWING = re.compile(
    r"^day of\b|^(?:on )?(?:protocol|study|trial)$|"
    r"\b(?:unlikely|likely to|feasible|infusion|anamnesis|lead-in|(?:scheduled|planned) \w+|listed below|(?<!in the )opinion|account)\b|"
    r"\b(?:that|which|who|may|can|will|to|of|the|or|and|at|least|than|an?|not|no|is|are|by|with|in|for)$|"
    r"\bfor (?:\w+ ){0,2}(?:unresectable|metastatic|recurrent|advanced|locally|relapsed|refractory)$",
    re.IGNORECASE,
)
_JUDGED = re.compile(
    r"(?:that|which|who|as)\b.*\b(?:opinion|judge?ments?|judged|deemed|discretion|investigators?|physicians?|interfer\w*|compromis\w*)",
    re.IGNORECASE,
)
"""A judgement that narrows a thing, in its own words."""
_NARROWS = re.compile(
    r"(?:within|before|prior to|preceding|during|after|since|until|unless|except\w*|excluding|other than|whichever|"
    r"for (?:at least|more|less|the)|"
    r"in the (?:last|past|previous)|at (?:least|the time|screening|baseline)|if|when|provided|while|who|which|that|whose|due to|caused by|"
    r"the (?:start|end|beginning|onset|completion) of|"
    r"requiring|resulting|from|with(?:out|in)?|as (?:defined|determined|assessed|measured|evidenced))\b",
    re.IGNORECASE,
)
_NEW_HEAD = re.compile(r"\bor (?:the )?(?:evidence|presence|history|diagnosis|signs?|symptoms?) of\b", re.IGNORECASE)
_PERMITS = re.compile(r"\b(?:are|is|be) (?:still )?(?:eligible|allowed|permitted|acceptable)\b", re.IGNORECASE)
_GROUNDS = re.compile(
    r"\b(?:on the basis of|based (?:up)?on|as (?:determined|assessed|evidenced|judged) by|determined by|evidenced by)\b",
    re.IGNORECASE,
)
_BODILY = re.compile(
    r"\b(?:functional|exercise|vital|physical|aerobic|pulmonary|lung|breathing) capacity\b", re.IGNORECASE
)
_STABLE_DOSE = re.compile(r"\b(?:stable|constant) (?:dose|regimen)\b", re.IGNORECASE)
_THING_THAT = re.compile(
    r"\b(?:disorders?|abuse|illness(?:es)?|diseases?|conditions?|problems?|symptoms?|attacks?|dependence|impairments?)\s+"
    r"(?:that|which)\b",
    re.IGNORECASE,
)
_ABILITIES = frozenset({"compliance", "capacity", "consent"})
_EXTENT = re.compile(r"(?:inoperable|unresectable|resectable|locally[- ]advanced|advanced|metastatic)\b", re.IGNORECASE)
_SOCIAL = re.compile(r"\bsocial situations?\b", re.IGNORECASE)
_RATIO = re.compile(r"\bratio\b", re.IGNORECASE)


_ANY_ILLNESS = re.compile(
    r"(?:(?:an?|any|other|uncontrolled|unstable|serious|severe|significant|major|active|acute|chronic|concurrent|concomitant|"
    r"intercurrent|underlying|medical|systemic|clinically|known|and|or)[\s,-]+)*"
    r"(?:co-?morbid\w*|illness(?:es)?|diseases?|syndromes?|(?:medical )?(?:conditions?|problems?|disorders?))$",
    re.IGNORECASE,
)
"""No disease in particular: which one counts, and whether it is severe or active enough, somebody has to judge."""


def settled(node: Node, text: str, words: str) -> Node:
    """The tree with what is surely wrong set right: who an attestation speaks for, what a window says already, idle signs.

    text   what the spans of the node count in
    words  the node's own words, a part of the text
    """
    another = _ANOTHER.search(words) is not None
    slash = (
        re.search(r"\b(?:AST|SGOT|ALT|SGPT)\b[^/]{0,12}/\s*\(?(?:AST|SGOT|ALT|SGPT)", words, re.IGNORECASE) is not None
    )

    def settle(part: Node) -> Node:
        match part:
            case Not(part=Attest() as attest) if _is_positive(attest):
                return attest
            case Not(part=Has() as has) if _is_none_within(has):
                return msgspec.structs.replace(part, part=_free_of(has).part)
            case Not(part=Not(part=Attest(text=claim) as attest)):
                return attest if _HARM.search(claim) and not _DENIES.search(claim) else part.part
            case Attest(kind="consent" | "compliance" | "capacity" | "conduct", text=claim) if _lacks(claim):
                # What would hinder compliance is the lack of it, and so is what is missing or refused.
                return Not(part=part, span=part.span)
            case Not(part=Has(concept=Concept(kind="drug" | "procedure"))) if _CANNOT.search(words):
                # "Cannot take aspirin" is no requirement to take it.
                return Attest(kind="judgement", text=part.span.of(text) if part.span else words, span=part.span)
            case Has(concept=Concept(text="syndrome"), qualifiers=asked) if _IMMUNE.search(" ".join(asked)):
                # "Autoimmune disease or a syndrome requiring systemic steroids".
                return msgspec.structs.replace(part, concept=_IMMUNE_SYNDROME, status=_needing_treatment(part))
            case Has() if _is_for_a_person(part):
                return Attest(kind="judgement", text=part.span.of(text) if part.span else words, span=part.span)
            case Has(qualifiers=qualifiers) if "free" in qualifiers:
                return _free_of(part)
            case Has(concept=Concept(id=name)) if name in _ALONE:
                return _alone(part)
            case Has():
                return _settled_thing(part, another)
            case AnyOf(parts=parts) | All(parts=parts) if len(parts) > 1 and _says_one_thing(parts):
                return parts[0]
            case AnyOf(parts=parts, open=False) if len(once := _once(parts)) < len(parts):
                return once[0] if len(once) == 1 else settle(msgspec.structs.replace(part, parts=once))
            case AnyOf(parts=parts) if all(isinstance(one, Attest) and one.kind == "judgement" for one in parts):
                # "Unstable diseases or conditions": one judgement.
                said = part.span.of(text) if part.span else words
                return Attest(kind="judgement", text=" ".join(said.split()), span=part.span)
            case AnyOf(parts=parts) if len(parts) == 2 and _BOTH.match(words) and " or " not in words:
                return All(parts=parts, span=part.span)
            case Compare(qualifiers=qualifiers) if qualifiers:
                return msgspec.structs.replace(part, qualifiers=_worded(qualifiers))
            case AnyOf(parts=parts) if any(isinstance(one, Has) and one.concept.kind == "allergy" for one in parts):
                return msgspec.structs.replace(part, parts=tuple(map(_allergy_too, parts)))
            case AnyOf(parts=parts) if _excepted_alike(parts) != parts:
                return msgspec.structs.replace(part, parts=_excepted_alike(parts))
            case AnyOf(parts=parts) if len(parts) > 1 and (leaves := _leaves(parts)) and not _apart(parts, text):
                return _sharing(part, leaves, _shared(leaves, text, words))
            case AnyOf(parts=parts) if all(isinstance(one, Compare) and one.op in ("<", "<=") for one in parts):
                both = {one.measure.id for one in parts if isinstance(one, Compare)} == {"ast", "alt"}
                slashed = slash or (both and "/" in words and re.search(r"\bor\b", words) is None)
                return All(parts=parts, span=part.span) if slashed else part
            case _:
                return part

    return rebuild(node, settle)


_LOCAL, _REGIONAL = (
    Concept(text=f"{place} recurrence", kind="finding", id=f"{place}-recurrence") for place in ("local", "regional")
)
_DISTANT = Concept(text="distant metastasis", kind="condition", id="distant-metastasis")
_ALONE = {
    "isolated-local-recurrence": (_LOCAL, _REGIONAL, _DISTANT),
    "isolated-regional-recurrence": (_REGIONAL, _LOCAL, _DISTANT),
}


def _alone(has: Has) -> Node:
    """`Only a regional recurrence`: one there, and none elsewhere."""
    there, *elsewhere = _ALONE[has.concept.id or ""]
    others = (Not(part=Has(concept=one, span=has.span), span=has.span) for one in elsewhere)
    return All(parts=(msgspec.structs.replace(has, concept=there), *others), span=has.span)


_LACK = re.compile(
    r"^\W*(?:(?:patients?|subjects?|participants?|those|who|with|considered|deemed|are|is|have|has|had|any|the|an?|or|and|/)\s+)*"
    r"(?:missing|lack\w*|absen(?:ce|t)|withdr[ae]w\w*|refus\w*|unreliab\w*|unwilling\w*|inabilit\w*|unable|unlikely|declin\w*|failure|"
    r"fail(?:s|ed)?|non-?complian\w*|disagree\w*)\b",
    re.IGNORECASE,
)
_DENIES = re.compile(
    r"\b(?:non-?complian\w*|unable|unwilling\w*|inabilit\w*|unreliab\w*|refus\w*|not|cannot)\b", re.IGNORECASE
)
_CANNOT = re.compile(r"\b(?:can ?not|can't|could not|unable to|not able to)\b", re.IGNORECASE)


def _lacks(claim: str) -> bool:
    return _HARM.search(claim) is not None or _LACK.match(claim) is not None


def _sharing(listed: AnyOf, leaves: tuple[Has, ...], shared: tuple[Has, ...]) -> Node:
    """The list with what its members share, each thing once."""
    if len(leaves) != len(listed.parts) and shared == leaves:
        return listed
    once = _once(shared)
    return once[0] if len(once) == 1 else msgspec.structs.replace(listed, parts=once)


def _is_for_a_person(has: Has) -> bool:
    """No illness in particular, or what stands against a treatment: somebody has to judge it."""
    named = has.concept.kind in ("condition", "finding") and (
        _ANY_ILLNESS.match(has.concept.text) or "contraindicat" in has.concept.text.lower()
    )
    return bool(named) or any("contraindicat" in one for one in has.qualifiers)


_OF_THE_TRIAL = re.compile(r"\b(?:duration|course|period|time) of (?:the )?(?:trial|study)\b", re.IGNORECASE)
_PLANS = frozenset({"planned-pregnancy", "planned-conception-or-fathering"})


def _settled_thing(has: Has, another: bool) -> Has:
    status, concept = has.status, has.concept
    if "current" in status and has.when is not None and has.when.at_most is not None and has.when.side == "before":
        # "Taking antibiotics within the past 4 weeks": a course that ended last week counts.
        status = tuple(one for one in status if one != "current")
    when = has.when
    if concept.id in _PLANS and when is not None and when.side != "before":
        # "Planning pregnancy during the trial": the plan is there now.
        when = None
    qualifiers = _worded(has.qualifiers)
    if concept.id in _PLANS or "planned" in status:
        qualifiers = tuple(one for one in qualifiers if not _OF_THE_TRIAL.search(one))
    if concept.kind in ("drug", "procedure") and "treated" in status:
        status = tuple(one for one in status if one != "treated")
    if concept.id == "second-malignancy" and not another:
        concept = msgspec.structs.replace(concept, id="malignancy")
    return msgspec.structs.replace(has, status=status, concept=concept, when=when, qualifiers=qualifiers)


def _allergy_too(part: Node) -> Node:
    """`allergic to gemcitabine or any of its excipients`: the allergy is to both."""
    if isinstance(part, Has) and part.concept.id == "excipient":
        return msgspec.structs.replace(part, concept=Concept(text=part.concept.text, kind="allergy"))
    return part


def _says_one_thing(parts: tuple[Node, ...]) -> bool:
    """`Contraindications to A, B or C`: one judgement, whose words name all three."""
    return (
        all(isinstance(one, Attest) for one in parts)
        and len({(one.kind, one.text) for one in parts if isinstance(one, Attest)}) == 1
    )


def _once(parts: tuple[Node, ...]) -> tuple[Node, ...]:
    """Each member once, however often it is printed."""
    seen: dict[Node, Node] = {}
    for part in parts:
        seen.setdefault(msgspec.structs.replace(part, span=None), part)
    return tuple(seen.values())


def _is_none_within(has: Has) -> bool:
    """`No alcohol for at least 30 days before screening`: none in these days, and not only none that lasted so long."""
    when = has.when
    timed = when is not None and when.lasting is not None and when.at_most is None and when.anchor is not None
    return timed and has.concept.kind in ("drug", "procedure", "behaviour", "vaccine", "device")


_IMMUNE = re.compile(r"\b(?:steroid|corticosteroid|immunosuppress|immunomodulat)", re.IGNORECASE)


_IMMUNE_SYNDROME = Concept(text="autoimmune syndrome", kind="condition", id="autoimmune-disease")


def _excepted_alike(parts: tuple[Node, ...]) -> tuple[Node, ...]:
    """What is excepted from autoimmune disease is excepted from an autoimmune syndrome too."""
    named = [
        one.unless for one in parts if isinstance(one, Has) and one.concept.id == _IMMUNE_SYNDROME.id and one.unless
    ]
    return tuple(
        msgspec.structs.replace(one, unless=named[0])
        if named and isinstance(one, Has) and one.concept == _IMMUNE_SYNDROME and not one.unless
        else one
        for one in parts
    )


def _needing_treatment(has: Has) -> tuple[Status, ...]:
    return has.status if "requires_treatment" in has.status else (*has.status, "requires_treatment")


def _free_of(has: Has) -> Not:
    """`Seizure-free for 12 months`: none in that time."""
    qualifiers = tuple(one for one in has.qualifiers if one != "free")
    when = has.when
    if when is not None and when.lasting is not None and when.at_most is None:
        when = msgspec.structs.replace(when, at_most=when.lasting, lasting=None)
    return Not(part=msgspec.structs.replace(has, qualifiers=qualifiers, when=when), span=has.span)


def _leaves(parts: tuple[Node, ...]) -> tuple[Has, ...]:
    """The things of a list and of the lists in it; none when there is anything else, or a list that goes on."""
    found: list[Has] = []
    for part in parts:
        match part:
            case Has():
                found.append(part)
            case AnyOf(parts=inner, open=False) if leaves := _leaves(inner):
                found += leaves
            case _:
                return ()
    return tuple(found)


def _apart(parts: tuple[Node, ...], text: str) -> bool:
    """Whether a sentence ends between two members: nothing is shared over its end."""
    spans = [part.span for part in parts if part.span is not None]
    if spans and ";" in text[min(one.start for one in spans) : max(one.end for one in spans)]:
        return True
    return any(
        one.end < other.start and re.search(r"[.;]", text[one.end : other.start])
        for one, other in itertools.pairwise(spans)
    )


def _shared(things: tuple[Has, ...], text: str, words: str) -> tuple[Has, ...]:
    """What stands at one end of a list and may belong to all of it, given to the others too.

    An exception belongs to all. A window belongs to all drugs and procedures. Elsewhere ("active asthma or eczema", "asthma or stroke
    within 6 months") nobody can tell; the words become a qualifier of the others, so that their presence settles nothing and their
    absence still answers.
    """
    planned = next((place for place in range(1, len(things)) if "planned" in things[place].status), len(things))
    if planned < len(things):
        # "Surgery or injury within 28 days, or the need for surgery during the trial": the plan is a thing of its own.
        head = _shared(things[:planned], text, words) if planned > 1 else things[:planned]
        return (*head, *things[planned:])
    *firsts, last = things
    if (
        last.qualifiers
        and not any(one.qualifiers for one in firsts)
        and all(one.concept.kind in _GIVEN for one in things)
    ):
        # "Antiplatelets or anticoagulants due to other reasons".
        firsts = [
            _also(one, *(word for word in last.qualifiers if _stands_behind(word, last, words))) for one in firsts
        ]
    firsts = _with_tail(firsts, last, words)
    if last.unless and not any(one.unless for one in firsts):
        firsts = [msgspec.structs.replace(one, unless=last.unless) for one in firsts]
    window = last.when if last.when is not None and last.when.side == "before" else None
    same = all(one.concept.id == last.concept.id is not None for one in firsts)
    timeless = [one.when for one in firsts if one.when != window]
    if window is not None and window.at_most is not None and timeless and not any(timeless) and not same:
        alike = all(one.concept.kind in _GIVEN for one in things)
        timed = window.span.of(text) if window.span else ""
        firsts = [
            one
            if one.when is not None or _SHARED.intersection(one.status)
            else msgspec.structs.replace(one, when=window)
            if alike or (last.concept.kind in _GIVEN and one.concept.kind in _GIVEN)
            else _also(one, timed)
            for one in firsts
        ]
    first, *others = [*firsts, last]
    told = any(one.severity or one.qualifiers or one.concept.id == first.concept.id for one in others)
    if first.severity is not None and not told and not _EXAMPLES.search(words):
        others = [_also(one, _graded(first.severity)) for one in others]
    shared = [one for one in first.qualifiers if _stands_before(one, first, words)]
    states = frozenset() if _NEW_HEAD.search(words) else _SHARED.intersection(first.status)
    if not any(one.qualifiers or set(one.status) - set(first.status) for one in others) and not _EXAMPLES.search(words):
        others = [
            _also(one, *shared, *(() if one.concept.id == first.concept.id else sorted(states.difference(one.status))))
            for one in others
        ]
    return (first, *others)


def _with_tail(firsts: list[Has], last: Has, words: str) -> list[Has]:
    """A clause or a grade behind the last of a list ("asthma or eczema requiring treatment", "… greater than grade 1")."""
    said: list[str] = []
    if any(one.concept.id == last.concept.id is not None for one in firsts):
        return firsts
    behind = words.lower().rfind("grade") > words.lower().rfind(last.concept.text.lower())
    if last.severity is not None and behind and not any(one.severity for one in firsts):
        said.append(_graded(last.severity))
    if "requires_treatment" in last.status and not any("requires_treatment" in one.status for one in firsts):
        said.append("requiring treatment")
    if not any(one.qualifiers for one in firsts) and last.concept.kind not in _GIVEN:
        said += [one for one in last.qualifiers if _is_clause(one, last, words)]
    said += [one for one in last.qualifiers if _OPINION.match(one) and one not in said]
    return [_also(one, *said) for one in firsts] if said and not _EXAMPLES.search(words) else firsts


def _graded(severity: Severity) -> str:
    return f"grade {severity.op} {severity.grade}"


def _is_clause(qualifier: str, has: Has, words: str) -> bool:
    """Whether the qualifier is a relative clause behind the thing."""
    low, name = words.lower(), has.concept.text.lower()
    at, end = low.find(qualifier.lower()), low.find(name) + len(name)
    if end < len(name) or at < end:
        return False
    return _CLAUSE.search(f"{low[end:at]} {qualifier}") is not None


_OPINION = re.compile(
    r"(?:as|in|at|according to|per)\b.*\b(?:investigator|physician|opinion|judge?ment|discretion|clinician)",
    re.IGNORECASE,
)
_CLAUSE = re.compile(
    r"^\W*(?:that|which|who|whose|requiring|required|necessitating|causing|resulting|leading|preventing|interfering|limiting)\b"
)
_GIVEN = frozenset({"drug", "procedure", "vaccine", "device"})
_EXAMPLES = re.compile(r"\b(?:such as|e\.?\s?g\b|for example|including|i\.?\s?e\b|like)", re.IGNORECASE)


def _also(has: Has, *more: str) -> Has:
    added = tuple(" ".join(one.lower().replace("_", " ").split()) for one in more if one and one not in has.qualifiers)
    return msgspec.structs.replace(has, qualifiers=(*has.qualifiers, *added))


def _stands_behind(qualifier: str, has: Has, words: str) -> bool:
    at, name = words.lower().find(qualifier.lower()), words.lower().find(has.concept.text.lower())
    return at > name >= 0


def _stands_before(qualifier: str, has: Has, words: str) -> bool:
    low, name = words.lower(), has.concept.text.lower()
    at, name_at = low.find(qualifier.lower()), low.find(name)
    if name_at < 0 and name:
        # Half a name that took its noun from its neighbour is printed by its first word alone.
        name_at = low.find(name.split()[0])
    return 0 <= at < name_at and _DEGREE.search(qualifier) is not None


_DEGREE = re.compile(
    r"\b(?:pre-?existing|severe\w*|serious|significant\w*|major|moderate\w*|mild|acute|chronic|recent|new|uncorrected|persistent|ongoing|relevant|"
    r"symptomatic|uncontrolled|advanced|decompensated|end-?stage|recurrent|documented|poorly controlled|life-?threatening|refractory)\b",
    re.IGNORECASE,
)


_IDLE = frozenset(
    {
        "criteria",
        "region",
        "time of study enrollment",
        "at the time of study enrollment",
        "time of study entry",
        "study enrollment",
    }
)


def _worded(qualifiers: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(one for one in qualifiers if re.search(r"[A-Za-z]", one) and one.lower() not in _IDLE)


def _is_positive(attest: Attest) -> bool:
    """`agrees not to donate blood`: what is agreed to may hold a "not"; that they agree is still the claim."""
    claim = _POSITIVE.search(attest.text)
    return (
        claim is not None and _NEGATIVE.search(attest.text[: claim.start()]) is None and not _HARM.search(attest.text)
    )


_RUN_ON = re.compile(r"[a-z0-9)%] (?:- )?(?:(?:No|Not|Without) |[A-Z][a-z]+(?: therapy)?: )")
_CONTAINS = re.compile(
    r"\b(?:that|which) (?:includes?|contains?|consists? of)\b|\bconsisting of\b|\bcontaining\b", re.IGNORECASE
)
_OTHER_THING = re.compile(
    r"(?:disorders?|diseases?|deficienc(?:y|ies)|toxicit(?:y|ies)|resistan\w*|intoleran\w*|dependen\w*|failure|refractory|abuse|syndromes?)\b",
    re.IGNORECASE,
)


def is_doubtful(node: Node, words: str) -> bool:
    """True when the tree bears a sign of having misread its words."""
    if _nested_negations(node) > 1 and _RUN_ON.search(words):
        return True
    return _nested_negations(node) > 2 or _leaves_out(node, words) or _doubtful_below(node, None, words)


def _nested_negations(node: Node) -> int:
    """How deep Not stands in Not: lines run together ("No … No …") give deep ones, sentences do not."""
    deepest = max(map(_nested_negations, children(node)), default=0)
    return deepest + isinstance(node, Not)


def _leaves_out(node: Node, words: str) -> bool:
    """Words that a tree of one thing, or without a Not, cannot have said."""
    parts = list(walk(node))
    if LETS_IN.search(words) and not any(isinstance(part, Unread | Not | If) for part in parts):
        return not any(isinstance(part, Has) and part.unless for part in parts)
    if _EVEN_IF.search(words) and any(isinstance(part, If) for part in parts):
        # "Men, even if sterilised, must …": no condition.
        return True
    if any(isinstance(part, Attest) and _doubtful_claim(part) for part in parts):
        return True
    if _misreads_an_allergy(parts, words) or _misreads_a_gap(node, words):
        return True
    if _OBLIGED.match(words) and not any(isinstance(part, If) for part in parts):
        # "Patients with metastases must have …" asks nothing of those without.
        return True
    if any(isinstance(part, Unread | Attest) for part in parts):
        return False
    things = [part for part in parts if isinstance(part, Has)]
    if len(parts) == 1 and things and _AND_MORE.search(words):
        return bool(things[0].qualifiers) or "including" in words.lower()
    if things and _BEING_TREATED.search(words):
        return all(thing.concept.kind == "condition" and "treated" not in thing.status for thing in things)
    return _NOT_ALLOWED.search(words) is not None and not any(isinstance(part, Not) for part in parts)


_TWO_PROMISES = re.compile(
    r"\b(?:comply|complian\w+|co-?operat\w*|complet\w+|return|adhere\w*|follow)\b.*\bor\b.*\bconsent", re.IGNORECASE
)
_TO_BE_DONE = re.compile(r"^(?:discontinue|stop|cease|withhold|suspend)\b|\breceive$", re.IGNORECASE)
_ON_FOR = re.compile(r"\bon\s+(?:an?\s+|stable\s+)?[\w-]+(?:\s[\w-]+){0,3}\sfor\b", re.IGNORECASE)


def _doubtful_claim(attest: Attest) -> bool:
    """A judgement that swallowed a permission, or a bodily capacity taken for a legal one."""
    return (
        _PERMITS.search(attest.text) is not None
        or _STABLE_DOSE.search(attest.text) is not None
        or (attest.kind == "capacity" and _BODILY.search(attest.text) is not None)
        or (attest.kind == "capacity" and re.search(r",\s*(?:and\s+)?willing\b", attest.text) is not None)
        or (attest.kind == "consent" and _TWO_PROMISES.search(attest.text) is not None)
    )


_ALLERGY_TO = re.compile(
    r"\b(?:allerg\w+|hypersensitiv\w+|anaphyla\w+)(?: reactions?)? (?:to|against)\b", re.IGNORECASE
)


def _misreads_an_allergy(parts: list[Node], words: str) -> bool:
    """An allergy to a drug that became the drug."""
    things = [part for part in parts if isinstance(part, Has)]
    given = any(one.concept.kind in ("drug", "vaccine") for one in things)
    told = any(one.concept.kind == "allergy" or "allerg" in (one.concept.id or "") for one in things)
    judged = any(isinstance(part, Attest) for part in parts)
    return given and not told and not judged and _ALLERGY_TO.search(words) is not None


_SINCE = re.compile(
    r"^\W*(?:at least|more than|greater than|≥|>=?)\s*\w+\s+\w+\s+(?:since|after|from)\b", re.IGNORECASE
)


def _misreads_a_gap(node: Node, words: str) -> bool:
    """`At least 3 weeks since A and B`: nothing of it is asked for."""
    parts = node.parts if isinstance(node, All) else ()
    gap = any(isinstance(one, Not) for one in parts)
    return gap and any(isinstance(one, Has) for one in parts) and _SINCE.search(words) is not None


def _doubtful_below(part: Node, above: Node | None, words: str) -> bool:
    return _doubt(part, above, words) or any(_doubtful_below(child, part, words) for child in children(part))


def _doubt(part: Node, above: Node | None, words: str) -> bool:
    match part:
        case If(condition=If()):
            return True
        case All(parts=(Attest(kind="judgement"), Not(part=AnyOf(parts=parts)))) if any(
            isinstance(one, Attest) for one in parts
        ):
            # "Diseases other than X or conditions that would interfere": the exception ends before the judgement.
            return True
        case Not(part=Not(part=inner)):
            return bool(children(inner)) or _ONLY_IF.search(words) is None
        case Has():
            return _doubtful_thing(part, isinstance(above, All | AnyOf), words)
        case AnyOf(parts=parts) if any(isinstance(one, All) and not one.parts for one in parts):
            # One way of meeting it asks nothing: then nothing is asked at all.
            return True
        case Not(part=Attest() as attest) if _asks_contraception(attest):
            return True
        case Not(part=AnyOf(parts=parts)) if any(map(_asks_contraception, parts)):
            return True
        case Not(part=All(parts=parts)) if any(isinstance(one, Not) for one in parts):
            return _LEAVES_OUT.search(words) is None
        case All(parts=parts) if any(isinstance(one, Has) and one.concept.id == "study-drug" for one in parts):
            # "… that may put the subject at risk when treated with the study drug".
            return True
        case All(parts=parts) if any(isinstance(one, Attest) and _GROUNDS.search(one.text) for one in parts):
            return any(isinstance(one, Has) for one in parts)
        case AnyOf(parts=parts) if any(map(_is_cut_off, parts)):
            return True
        case AnyOf(parts=parts):
            return _doubtful_list(parts, words)
        case Score(scale="ctcae-grade"):
            # Grades rate events; without the event they say nothing of a person.
            return True
        case Compare(qualifiers=qualifiers):
            return any(_RATIO.search(one) for one in qualifiers)
        case _:
            return False


def _asks_contraception(part: Node) -> bool:
    """Under a Not, what asks for contraception says the opposite: two statements ran together ("Not pregnant Effective …")."""
    if not isinstance(part, Attest) or part.kind != "contraception":
        return False
    return _ASKED.search(part.text) is not None and _NEGATIVE.search(part.text) is None


_ASKED = re.compile(r"\b(?:required|must|should|effective contraception)\b", re.IGNORECASE)


def _doubtful_list(parts: tuple[Node, ...], words: str) -> bool:
    """Alternatives that are none: whose opinion it is, an agreement beside its object, "and not" beside positive things."""
    attested = [one.kind for one in parts if isinstance(one, Attest)]
    if any(isinstance(one, Compare) for one in parts) and any(
        isinstance(one, Has) and one.concept.text.lower() == "fasting" for one in parts
    ):
        # "Fasting or postprandial C-peptide > 100": how it was measured.
        return True
    if sum(isinstance(one, Not) for one in parts) > 1 and any(isinstance(one, Person) for one in parts):
        # "Male, or a non-pregnant, non-lactating female": both denials are asked of her.
        return True
    if _mixes(parts, words):
        return True
    things = [one for one in parts if isinstance(one, Has)]
    if (things or _EITHER_SEX.search(words)) and any(isinstance(one, Person) and one.sex for one in parts):
        # "Pregnant women, or women/men planning a pregnancy": no sex is ruled out by itself.
        return True
    if _claims_too_much(parts, words) or (len(things) > 1 and _is_one_thing(things, words)):
        return True
    if "conduct" in attested and things:
        return True
    if (
        things
        and things[0].concept.kind != "procedure"
        and _BY.search(words)
        and _SEEN_BY.intersection(one.concept.id for one in things[1:])
    ):
        # "No metastases by CT or bone scan": how it was looked for.
        return True
    if (
        any(isinstance(one, Compare) for one in parts)
        and _BY.search(words)
        and _SEEN_BY.intersection(one.concept.id for one in things)
    ):
        # "Heart rate < 50, by ECG or pulse".
        return True
    if len(things) > 1 and _CONTAINS.search(words) and all(one.concept.kind in _GIVEN for one in things):
        # "Antiepileptics that include a benzodiazepine": both.
        return True
    if len(things) > 1 and things[0].cause is not None and not things[1].status:
        # "Heart failure due to congenital or valvular disease": two causes, not two conditions.
        return True
    if things and "requires_treatment" in things[0].status and any(one.concept.kind in _GIVEN for one in things[1:]):
        # "Asthma that requires inhaled steroids or cromolyn": what it requires is no member of the list.
        return True
    denied = any(isinstance(one, Not) and isinstance(one.part, Has) for one in parts)
    if denied and things and not _ONLY_IF.search(words):
        # "No arterial or venous thrombosis": the "no" covers both.
        return True
    return len(things) == len(parts) > 1 and _says_of_one(things, words)


def _mixes(parts: tuple[Node, ...], words: str) -> bool:
    """Alternatives of different sorts that no sentence has: lines run together, or a clause cut at the wrong "or"."""
    sexes = [one for one in parts if isinstance(one, Person) and one.sex]
    if (
        sexes
        and not all(isinstance(one, Person) for one in parts)
        and re.search(r"\b(?:must|unless)\b", words, re.IGNORECASE)
    ):
        # "Female subjects, unless sterile, must use contraception".
        return True
    if any(isinstance(one, Not) and isinstance(one.part, Has) for one in parts) and any(
        isinstance(one, Attest) and not _HARM.search(one.text) for one in parts
    ):
        return True
    if any(isinstance(one, Has) and one.concept.id in _SEEN_BY and not one.when for one in parts) and any(
        isinstance(inner, Compare) for one in parts for inner in walk(one)
    ):
        # "LVEF measured by echocardiography or MUGA": how it was measured.
        return True
    permitted = re.search(r"\b(?:allowed|permitted|eligible)\b", words, re.IGNORECASE)
    return permitted is not None and any(isinstance(one, If) for one in parts)


def _claims_too_much(parts: tuple[Node, ...], words: str) -> bool:
    """A claim in a list whose words are said of the things beside it too."""
    things = [one for one in parts if isinstance(one, Has)]
    attested = [one for one in parts if isinstance(one, Attest)]
    if any(one.kind == "judgement" and _WHOSE.match(one.text) for one in attested):
        return True
    if things and any(one.kind in _ABILITIES or _GROUNDS.search(one.text) for one in attested):
        # "Abuse that affects the ability or willingness to comply", "healthy on the basis of ECG and history".
        return True
    claims = [one for part in parts for one in walk(part) if isinstance(one, Attest) and one.kind in _ABILITIES]
    if things and any(_THING_THAT.search(one.text) for one in claims):
        # "Psychiatric or substance abuse disorder that would interfere": the clause is said of both.
        return True
    named = [one for part in parts for one in walk(part) if isinstance(one, Has)]
    return (
        bool(attested or claims)
        and _SOCIAL.search(words) is not None
        and any("psych" in (one.concept.id or "") for one in named)
    )


def _is_one_thing(things: list[Has], words: str) -> bool:
    """Members that are one thing, or say how it was found: nobody has one of them alone."""
    ids = {one.concept.id for one in things}
    if any(one.concept.id == "adverse-event" and not one.qualifiers for one in things) and any(
        one.concept.kind == "allergy" for one in things
    ):
        # "History of adverse reaction or allergy to X": the reaction is to X too.
        return True
    if any(one.concept.kind == "finding" and _EXTENT.match(one.concept.text) for one in things) and any(
        one.concept.kind == "condition" for one in things
    ):
        # "Locally advanced inoperable/metastatic cancer" is one cancer.
        return True
    if len(things) == 2 and things[0].concept.kind == "condition" and _AND_NEEDS.search(words):
        # "Diabetes and require insulin": those with both.
        return True
    if _DASH.search(words) or (_RECEPTORS & ids and "/" in words):
        # "Melanoma - resistance or intolerance to X", "HR+/HER2- breast cancer".
        return True
    # "Histological or cytological confirmed disease".
    return bool(_PROVED_BY & ids) and any("confirmed" in one.status for one in things)


def _is_cut_off(part: Node) -> bool:
    """Words left over that narrow what stands beside them; without them the neighbour says too much."""
    return isinstance(part, Unread) and _NARROWS.match(part.text) is not None


def _says_of_one(things: list[Has], words: str) -> bool:
    """An excess that stands at one end of a list and belongs to all of it."""
    return _EXCESS.search(words) is not None and any(thing.concept.id in _USED for thing in things)


def _doubtful_thing(has: Has, listed: bool, words: str) -> bool:
    concept = has.concept
    lasting = has.when is not None and has.when.lasting is not None
    if lasting and concept.kind == "condition" and has.qualifiers and _ON_FOR.search(words):
        # "Prostate cancer on hormone therapy for 2 months": it is the treatment that lasts.
        return True
    if concept.kind in ("drug", "procedure") and any(_TO_BE_DONE.search(one) for one in has.qualifiers):
        # "Should receive X", "must discontinue X": X is not on record yet, or must no longer be.
        return True
    if concept.kind == "drug" and "suspected" in has.status:
        # "Strong suspicion of infection with antibiotic treatment": it is not the drug that is suspected.
        return True
    if any("remission" in (one.concept.id or one.concept.text) for one in has.unless) and concept.id != "malignancy":
        # A remission is a state of the thing, and no kind of it.
        return True
    if any(
        one.count(",") > 1 or ":" in one or (_NO_NARROWING.search(one) and not _JUDGED.match(one))
        for one in has.qualifiers
    ):
        return True
    if concept.id is None:
        return (
            (concept.kind == "finding" and "requires_treatment" in has.status)
            or (concept.kind == "drug" and concept.text.startswith(("positive ", "negative ")))
            or _NO_NAME.match(concept.text) is not None
            or _CUT_HEAD.search(concept.text) is not None
            or (concept.kind == "condition" and _NOT_A_CONDITION.search(concept.text) is not None)
        )
    if ":" in concept.text or (concept.kind in _GIVEN and any(_OTHER_THING.match(one) for one in has.qualifiers)):
        return True
    if concept.id in _SEEN_BY | _PROVED_BY and any(CONDITION_WORDS.search(one) for one in has.qualifiers):
        return True
    if concept.kind == "allergy" and "planned" in has.status:
        return True
    if concept.text.lower() == "allergic" and has.qualifiers:
        return True
    if concept.id == "study-drug" and concept.kind == "drug" and not has.status:
        return True
    if concept.kind in ("drug", "vaccine") and any(_REACTION.search(one) for one in has.qualifiers):
        return True
    if concept.id in _TESTS:
        return _RESULT.search(words) is not None
    if concept.id == "allergy":
        return (listed and not has.qualifiers) or _ALLERGIC_TO.search(words) is not None
    return concept.id in _NOT_ON_RECORD
