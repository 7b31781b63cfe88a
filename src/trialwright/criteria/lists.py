"""Lists of things: what is a member, what joins them, and which words of one member belong to all."""

import itertools
import re
from collections.abc import Sequence

from trialwright.codes.concepts import Concept, Kind
from trialwright.codes.vocabulary import normalise
from trialwright.criteria.chunks import Chunk
from trialwright.criteria.nodes import CriterionKind, Has, Node
from trialwright.criteria.phrase import CONDITION_WORDS, DRUG_WORDS, PROCEDURE_WORDS, Phrase, only

_SEPARATORS = frozenset(",&|/;")


def is_weak(node: Node) -> bool:
    """A name of words alone that nothing around it supports: taken where it stands alone, not as a member of a list."""
    if not isinstance(node, Has) or node.concept.id is not None or node.concept.kind == "allergy":
        return False
    last = node.concept.text.split()[-1] if node.concept.text else ""
    named = any(pattern.search(last) for pattern in (CONDITION_WORDS, DRUG_WORDS, PROCEDURE_WORDS))
    return not named or last == node.concept.text == "disease"


def prefix_first(group: list[Chunk]) -> list[Chunk]:
    """`history of severe allergic reaction to X`: the words between and before the prefixes narrow X, not the prefixes."""
    end = next((place for place, chunk in enumerate(group) if chunk.cat not in "SbTLq"), len(group))
    while end and group[end - 1].cat == "q":
        end -= 1
    run = group[:end]
    return [*(chunk for chunk in run if chunk.cat != "q"), *(chunk for chunk in run if chunk.cat == "q"), *group[end:]]


def share_tails(groups: list[list[Chunk]], joins: list[str]) -> list[list[Chunk]]:
    """`current A/B that needed steroids`: what stands before and behind a slashed pair belongs to both."""
    shared = [list(group) for group in groups]
    for place, join in enumerate(joins):
        if join == "/" and place + 1 < len(shared):
            own = [chunk for chunk in shared[place] if chunk.cat in "SbTL"]
            if place and own and not any(chunk.cat in "SbTL" for chunk in shared[place + 1]):
                shared[place + 1] = [*own, *shared[place + 1]]
    said = [chunk for chunk in shared[-1] if chunk.cat == "S" and chunk.end - chunk.start > _LONG_STATUS][-1:]
    if said and shared[-1][-1] is said[0] and all(only(group, "SbqC") for group in shared):
        # "… that have undergone curative therapy" behind a list is said of all its members.
        shared[:-1] = [[*group, *said] for group in shared[:-1]]
    purpose = _purpose(shared[-1])
    if purpose and all(only(group, "SbTLRqO") for group in shared[:-1]):
        shared[:-1] = [[*group, *purpose] for group in shared[:-1]]
    for place in range(len(joins) - 1, -1, -1):
        following = shared[place + 1]
        tail = next((at for at, chunk in enumerate(following) if chunk.cat == "u"), None)
        if joins[place] == "/" and tail is not None and not any(chunk.cat in "uW" for chunk in shared[place]):
            shared[place] = [*shared[place], *following[tail:]]
    return shared


_LONG_STATUS = 24
"""Characters: a status longer than this is a clause ("that have been adequately treated") and not an adjective."""


def share_alternatives(groups: list[list[Chunk]]) -> list[list[Chunk]]:
    """`history of or active A, B or C`: either state of each; `chronic or recent A or B`: each in one of these ways.

    Two states of one sort are alternatives on one thing; a plan is a thing of its own.
    """
    lead = 0
    while (
        lead < len(groups)
        and groups[lead]
        and (groups[lead][0].cat in "Sq" or (lead and groups[lead][0].value == "planned"))
    ):
        lead += 1
    states = [group[0] for group in groups[:lead]]
    if lead < 2 or lead == len(groups) or any(chunk.cat in "SbTLq" for group in groups[lead:] for chunk in group):
        return groups
    if all(state.cat == "q" for state in states):
        ways = Chunk("q", "", states[0].start, states[-1].end)
        return [*groups[:lead], *([ways, *group] for group in groups[lead:])]
    if any(state.cat == "q" for state in states):
        # "Current or recent treatment with A, B or C": how recent is not said, so that the words stay.
        ways = Chunk("q", "", states[0].start, states[-1].end)
        return [*groups[:lead], *([ways, *group] for group in groups[lead:])]
    treated = [chunk for chunk in groups[lead - 1] if chunk.cat == "T" and not chunk.value]
    if all(state.value in _COURSES for state in states):
        both = states[0]._replace(value=",".join(dict.fromkeys(str(state.value) for state in states)))
        return [*groups[:lead], *([both, *group] for group in groups[lead:])]
    if any(state.value == "planned" for state in states):
        each = [[state, *treated, *group] for group in groups[lead:] for state in states]
        return [*groups[:lead], *each]
    return groups


_COURSES = frozenset({"history", "current", "active", "resolved"})


def share_things(groups: list[list[Chunk]]) -> list[list[Chunk]]:
    """`X within 4 weeks before or during the trial`: a member that is a time alone is the thing before it at that time."""
    shared = list(groups)
    for place in range(1, len(groups)):
        if groups[place] and all(chunk.cat == "W" for chunk in groups[place]):
            shared[place] = [*(chunk for chunk in shared[place - 1] if chunk.cat != "W"), *groups[place]]
    return shared


def _purpose(group: list[Chunk]) -> list[Chunk]:
    """`… therapy for recurrent disease`: what the last of a list of treatments was for, all were."""
    at = next(
        (place for place, chunk in enumerate(group) if chunk.cat == "p" and place and group[place - 1].cat in "RO"),
        None,
    )
    tail = group[at:] if at is not None else []
    return tail if tail and any(chunk.cat == "C" for chunk in tail) and only(tail, "pSqC") else []


_HEPATITIS_TAILS = frozenset({"infection", "infections", "virus", "viral", "virus infection", "hepatitis"})


def share_letters(phrase: Phrase, groups: list[list[Chunk]]) -> list[list[Chunk]]:
    """`hepatitis B or C`: a member that is one letter stands for the name before it with that letter."""
    shared = list(groups)
    for place in range(1, len(groups)):
        body = [chunk for chunk in groups[place] if chunk.cat != "W"]
        if len(body) > 1 and all(phrase.words([chunk]).lower() in _HEPATITIS_TAILS for chunk in body[1:]):
            body = body[:1]
        before = next((chunk for chunk in reversed(shared[place - 1]) if chunk.cat != "W"), None)
        if len(body) != 1 or body[0].cat != "U" or len(str(body[0].value)) != 1 or before is None:
            continue
        words = phrase.words([before]).split()
        if len(words) < 2 or len(words[-1]) != 1:
            continue
        text = normalise(" ".join([*words[:-1], str(body[0].value)]))
        entry = phrase.vocabulary.find(text)
        concept = Concept(text=text, kind=entry.kind if entry else "condition", id=entry.id if entry else None)
        shared[place] = [
            Chunk("C", concept, body[0].start, body[0].end),
            *(chunk for chunk in groups[place] if chunk.cat == "W"),
        ]
    return shared


_SHARED_HEADS = re.compile(
    r"^(?:diseases?|disorders?|illness(?:es)?|conditions?|cancers?|carcinomas?|tumou?rs?|infections?|therap(?:y|ies)|treatments?|surger(?:y|ies)|"
    r"metastas[ei]s|failure|impairments?|dysfunction|insufficiency|abnormalit(?:y|ies)|inhibitors?|drugs?|medications?|agents?|history|"
    r"function|involvement|toxicit(?:y|ies)|procedures?|abuse|dependence|injur(?:y|ies)|bleeding|vaccines?|trials?|symptoms?|problems?)$"
)


_ADJECTIVE = re.compile(r"(?:al|ic|ous|ar|ive|ary|ory|ed|ing|ine|able|ible|ant|ent|oid|ile|an|eal|ular|genic|[a-z]-)$")
_PLURAL = re.compile(r"(?<!ou)(?<!u)(?<!i)s$")
"""A noun, and no adjective that waits for one: "ulcers, varices or tumours"."""


_DEGREE = re.compile(
    r"(?:clinically |medically |radiographic(?:ally)? )?(?:latent|severe|unstable|uncontrolled|uncompensated|progressive|symptomatic|"
    r"active|inactive|significant|serious|acute|chronic|new|recent|primary|secondary|unresectable|refractory|relapsed|recurrent|"
    r"acquired|inherited|congenital|newly diagnosed|untreated|previous|prior|current|concurrent|decompensated|advanced|"
    r"locally advanced|metastatic|locally advanced or metastatic|unresectable or metastatic|persistent|residual|clinical|"
    r"topical|oral|intravenous|inhaled|injectable)$",
    re.IGNORECASE,
)


def share_heads(phrase: Phrase, groups: list[list[Chunk]]) -> list[list[Chunk]]:
    """`neurological or psychiatric disease`: a member that is adjectives alone takes the noun of the member behind it."""
    shared = list(groups)
    for place in range(len(groups) - 2, -1, -1):
        group, following = shared[place], [chunk for chunk in shared[place + 1] if chunk.cat != "W"]
        if group and all(chunk.cat == "S" for chunk in group):
            # "Ongoing or planned treatment with X": each has its own state.
            bare = [chunk for chunk in shared[place + 1] if chunk.cat != "S" and not (chunk.cat == "T" and chunk.value)]
            contrast = _CONTRASTS if all(chunk.value == "active" for chunk in group) else _UNDONE
            denied = [_plainer(phrase, chunk) if contrast.match(phrase.words([chunk])) else chunk for chunk in bare]
            shared[place] = [*group, *denied]
            continue
        thing = next((chunk for chunk in reversed(following) if chunk.cat in "CRO"), None)
        named = (
            group
            and thing is not None
            and phrase.vocabulary.find(f"{normalise(phrase.words(group))} {phrase.words([thing]).split()[-1].lower()}")
        )
        if (
            group
            and thing is not None
            and not named
            and all(chunk.cat in "qS" and _DEGREE.match(phrase.words([chunk])) for chunk in group)
        ):
            # "Severe, progressive or uncontrolled renal disease": each word is of the disease.
            shared[place] = [*group, _plainer(phrase, thing)]
            continue
        if not group or len(group) > 3 or any(chunk.cat not in "qUA" for chunk in group) or not following:
            continue
        noun_chunk = next((chunk for chunk in reversed(following) if chunk.cat not in "SpF"), following[-1])
        noun = phrase.words([noun_chunk]).split()[-1].lower()
        if isinstance(noun_chunk.value, Concept):
            noun = noun_chunk.value.text.split()[-1].lower()
        own = phrase.words([group[-1]]).split()[-1].lower()
        if (
            not _SHARED_HEADS.match(noun)
            or _SHARED_HEADS.match(own)
            or CONDITION_WORDS.search(own)
            or DRUG_WORDS.search(own)
            or _PLURAL.search(own)
            or (group[-1].cat == "U" and not _ADJECTIVE.search(own))
        ):
            continue
        last = group[-1]
        text = f"{normalise(phrase.words([last]))} {noun}"
        entry = phrase.vocabulary.find(text)
        kind: Kind = (
            "procedure" if PROCEDURE_WORDS.search(noun) else "condition" if CONDITION_WORDS.search(noun) else "drug"
        )
        concept = Concept(text=text, kind=entry.kind, id=entry.id) if entry else Concept(text=text, kind=kind)
        shared[place] = [*group[:-1], Chunk("C", concept, last.start, last.end)]
    return shared


_UNDONE = re.compile(r"(?:un|in|non)[a-z-]+\s", re.IGNORECASE)


_CONTRASTS = re.compile(r"(?:chronic|latent|inactive|uncontrolled)\s", re.IGNORECASE)


def _plainer(phrase: Phrase, thing: Chunk) -> Chunk:
    """`primary or secondary hypertension`: what the first word narrows is hypertension, and not the secondary one."""
    words = phrase.words([thing]).split()
    entry = phrase.vocabulary.find(normalise(" ".join(words[1:]))) if len(words) > 1 else None
    if entry is None or thing.cat != "C" or not _DEGREE.match(words[0]):
        return thing
    return thing._replace(value=Concept(text=normalise(" ".join(words[1:])), kind=entry.kind, id=entry.id))


def bind_objects(groups: list[list[Chunk]], joins: list[str]) -> tuple[list[list[Chunk]], list[str]]:
    """`toxicity with radiation or chemotherapy`: members behind the object of a preposition that are of its sort, and not of the
    head's, are objects too; they narrow the head and are no members of the list."""
    bound = [list(groups[0])]
    kept: list[str] = []
    for join, group in zip(joins, groups[1:], strict=True):
        if _is_object(bound[-1], group):
            bound[-1] += group
        else:
            bound.append(list(group))
            kept.append(join)
    return bound, kept


def _is_object(head: list[Chunk], group: list[Chunk]) -> bool:
    """Whether a member goes on with the object of the member before it."""
    body = [chunk for chunk in head if chunk.cat not in "SbLq"]
    bound = next((place for place, chunk in enumerate(body) if chunk.cat in "pTu" and place), None)
    if bound is None or not group or group[0].cat in "bTLN":
        return False
    named = _named(body[:bound])
    objects = [
        chunk
        for chunk in body[bound:]
        if chunk.cat in "CRO" or (chunk.cat == "U" and CONDITION_WORDS.search(str(chunk.value)))
    ]
    things = [chunk for chunk in group if chunk.cat in "CRO"]
    if not named or not objects or not things:
        return False
    return _sort(named[-1]) != _sort(objects[-1]) == _sort(things[-1])


def is_entangled(groups: list[list[Chunk]], joins: list[str]) -> bool:
    """`stroke with aphasia or epilepsy`: a member behind the object of the one before it, when all three are of one sort.

    Whether it is a second object or a second thing the words do not say. A word that begins anew ("history of", "no"), a time that
    closes the first member, or a comma between two members alone says that it is a thing.
    """
    return _shares_a_dose(groups) or bool(entangled_places(groups, joins))


def entangled_places(groups: list[list[Chunk]], joins: list[str]) -> list[int]:
    """The places of members that may belong to the one behind them, as `is_entangled` says."""
    places: list[int] = []
    for place, group in enumerate(groups[1:]):
        head = groups[place]
        if "," in joins[place] and (place or len(groups) == 2):
            continue
        if not group or not head or group[0].cat in "SbTLN" or head[-1].cat in "Wk":
            continue
        body = [chunk for chunk in head if chunk.cat not in "SbLq"]
        bound = next((at for at, chunk in enumerate(body) if chunk.cat in "pTu" and at), None)
        if bound is None:
            continue
        if any(chunk.cat == "J" for chunk in body[:bound]) and any(chunk.cat == "J" for chunk in group):
            continue
        named = _named(body[:bound])
        objects = [chunk for chunk in body[bound:] if chunk.cat in "CROU"]
        things = [chunk for chunk in group if chunk.cat in "CRO"]
        if named and objects and _sort(objects[-1]) == (_sort(things[-1]) if things else "state") == _sort(named[-1]):
            places.append(place)
    return places


def _named(chunks: list[Chunk]) -> list[Chunk]:
    """What a run of words names; words that nothing knows count where there is nothing else ("antibiotic agents")."""
    return [chunk for chunk in chunks if chunk.cat in "CROM"] or [chunk for chunk in chunks if chunk.cat == "U"]


def _shares_a_dose(groups: list[list[Chunk]]) -> bool:
    """`More than 300 mg/m² of A or B`: a dose before the first drug may be the next one's too."""

    def dosed(group: list[Chunk]) -> int | None:
        return next((place for place, chunk in enumerate(group) if chunk.cat == "Q"), None)

    for group, following in itertools.pairwise(groups):
        place = dosed(group)
        ahead = place is not None and any(chunk.cat == "R" for chunk in group[place:])
        if ahead and dosed(following) is None and any(chunk.cat == "R" for chunk in following):
            return not any(chunk.cat in "STL" for chunk in following)
    return False


def _sort(chunk: Chunk) -> str:
    return "treatment" if chunk.cat in "RO" else "state"


def stack(groups: list[list[Chunk]], joins: list[str]) -> tuple[list[list[Chunk]], list[str]]:
    """`serious, uncontrolled infection`: adjectives with commas alone between them narrow one thing together."""
    if set(joins) != {","} or not all(chunk.cat in "Sq" for group in groups[:-1] for chunk in group):
        return groups, joins
    return [[chunk for group in groups for chunk in group]], []


def cut_groups(chunks: Sequence[Chunk]) -> tuple[list[list[Chunk]], list[str]]:
    """Chunks cut at separators: the runs between, and the separators as strings."""
    groups: list[list[Chunk]] = [[]]
    joins: list[str] = []
    for chunk in chunks:
        if chunk.cat in _SEPARATORS:
            if groups[-1]:
                groups.append([])
                joins.append(chunk.cat)
            elif joins:
                joins[-1] += chunk.cat
            else:
                return [], []
        else:
            groups[-1].append(chunk)
    return groups, joins


def connective(joins: list[str], kind: CriterionKind) -> bool | None:
    """True for any, False for all, None where the words do not say which."""
    text = "".join(joins)
    if "|" in text and "&" in text:
        return None
    if "&" in text:
        # "pregnant and breastfeeding women", "infections and malignancies": each excludes.
        return kind == "exclusion"
    if "|" in text or "/" in text:
        return True
    return True if kind == "exclusion" else not joins or None


def shared_window(groups: list[list[Chunk]]) -> Chunk | None:
    """A window behind the last of a list belongs to all of it, unless one before has its own."""
    if len(groups) < 2 or any(chunk.cat == "W" for group in groups[:-1] for chunk in group):
        return None
    last = groups[-1]
    if any(chunk.cat in "SbTLpu" for chunk in last):
        return None
    return last[-1] if len(last) > 1 and last[-1].cat == "W" and last[-1].value.side != "during" else None


# "uncontrolled hypertension, angina": such a word belongs to its neighbour alone, where "history of" heads the whole list.
OWN_STATUS = frozenset(
    {
        "uncontrolled",
        "controlled",
        "symptomatic",
        "asymptomatic",
        "stable",
        "progressive",
        "recurrent",
        "newly_diagnosed",
    }
)
