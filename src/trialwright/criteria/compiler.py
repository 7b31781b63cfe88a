"""Eligibility text to criteria: the whole front end in one pipeline.

Text comes in, `Criteria` goes out, with every word either in a node or in an Unread. Registry text never raises.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

import msgspec

from trialwright.codes.concepts import Concept
from trialwright.codes.places import Diagnostic, Span
from trialwright.codes.vocabulary import Vocabulary, default_vocabulary
from trialwright.criteria.accounting import loses_a_number
from trialwright.criteria.arranged import are_alternatives, arranged
from trialwright.criteria.chunks import Chunk
from trialwright.criteria.doubts import is_doubtful, settled
from trialwright.criteria.grammar import Reader
from trialwright.criteria.joining import excepting, join_listed, push_window
from trialwright.criteria.labels import whom
from trialwright.criteria.lexer import Lexer
from trialwright.criteria.nodes import (
    All,
    Attest,
    Compare,
    Criteria,
    Criterion,
    CriterionKind,
    Has,
    If,
    Node,
    Not,
    Person,
    Score,
    Unread,
    Window,
    reading,
    rebuild,
    walk,
)
from trialwright.criteria.nodes import (
    Any as AnyOf,
)
from trialwright.criteria.outline import Item, Section, heading_condition, outline
from trialwright.criteria.overreach import kept_open
from trialwright.criteria.phrases import word_set
from trialwright.criteria.rewording import reworded
from trialwright.trial import Trial

_LONGEST = 20_000


def compile_criteria(trial: Trial, vocabulary: Vocabulary | None = None) -> Criteria:
    """The criteria of a trial, read from its eligibility text; empty with a diagnostic when the record has none.

    What the trial is about is said by its conditions, by its title where the record has none.
    """
    text = trial.eligibility.eligibility_criteria
    if not text or not text.strip():
        note = Diagnostic(code="no-criteria", message="the record has no eligibility text", where="eligibilityModule")
        return Criteria(trial=trial.nct_id or "", criteria=(), diagnostics=(note,))
    about = trial.conditions or ((trial.title,) if trial.title else ())
    return compile_text(text, trial=trial.nct_id or "", conditions=about, vocabulary=vocabulary)


def compile_text(
    text: str, *, trial: str = "", conditions: Sequence[str] = (), vocabulary: Vocabulary | None = None
) -> Criteria:
    """The criteria in one eligibility text, in printed order.

    conditions  what the trial is about: "another malignancy" is any but these
    """
    words = vocabulary or default_vocabulary()
    drafts = [draft for section in outline(text) for draft in _drafts(text, section)]
    criteria = tuple(_compile(text, draft, words) for draft in _moved(text, _numbered(drafts)))
    return Criteria(trial=trial, criteria=_beside(criteria, conditions, words))


_TUMOUR = re.compile(
    r"cancer|carcinoma|tumou?r|neoplas|lymphoma|leuk|myeloma|sarcoma|blastoma|glioma|melanoma|malignan", re.IGNORECASE
)


def _is_broad(entry_id: str, vocabulary: Vocabulary) -> bool:
    """ "Cancer" or "solid tumours" name no disease that could be told from another malignancy."""
    return len(vocabulary.descendants(entry_id)) > 30


def _beside(
    criteria: tuple[Criterion, ...], conditions: Sequence[str], vocabulary: Vocabulary
) -> tuple[Criterion, ...]:
    """`Another malignancy` as any malignancy unless it is the trial's own.

    Where the record names a tumour that the vocabulary does not know, "another" stays as it is: which one is meant is then open.
    """
    chunks = [chunk for condition in conditions for chunk in Lexer(condition, vocabulary).chunks() if chunk.cat == "C"]
    own = [
        chunk.value
        for chunk in chunks
        if vocabulary.is_a(chunk.value.id, "malignancy") and not _is_broad(chunk.value.id, vocabulary)
    ]
    if not conditions or (not own and any(map(_TUMOUR.search, conditions))):
        return criteria
    spread = vocabulary.find("metastatic cancer") if own else None
    named = {entry.id: entry for entry in (*own, *([spread] if spread else []))}
    excepted = tuple(Has(concept=Concept(text=entry.name, kind=entry.kind, id=entry.id)) for entry in named.values())

    def resolve(node: Node) -> Node:
        if not isinstance(node, Has) or node.concept.id != "second-malignancy":
            return node
        concept = Concept(text=node.concept.text, kind="condition", id="malignancy")
        return msgspec.structs.replace(node, concept=concept, unless=(*excepted, *node.unless))

    return tuple(msgspec.structs.replace(one, node=rebuild(one.node, resolve)) for one in criteria)


class _Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A criterion to be: its item, the section it stands in, the sub-heading above it and its id.

    kind  of the section, unless the item was moved there from the other one
    """

    kind: CriterionKind
    item: Item
    section: Section
    context: str = ""
    id: str = ""


def _drafts(text: str, section: Section) -> list[_Draft]:
    """One draft for each top-level item; an item that only heads others gives way to them."""
    items = arranged(text, section.items)
    if section.lead.end > section.lead.start and _lists_some(section.lead.of(text)):
        items = (Item(number="", marker="none", span=section.lead, children=items),)
    drafts: list[_Draft] = []
    letter = "I" if section.kind == "inclusion" else "E"
    position = 0
    above = ""
    for item in items:
        if _is_bare_heading(item, text):
            above = " ".join(item.span.of(text).split()).strip(" -:*.")
            above = above if above.lower() in _NEEDED_HEADINGS else ""
            continue
        position += 1
        number = item.number or str(position)
        if item.children and item.span.end == item.span.start and are_alternatives(text, _spans(item)):
            # Each of the alternatives is an item as printed.
            position += len(item.children) - 1
        if item.children and _is_label(item.span.of(text)):
            label = " ".join(item.span.of(text).split()).rstrip(":")
            for place, child in enumerate(item.children, 1):
                drafts.append(
                    _Draft(
                        kind=section.kind,
                        item=child,
                        section=section,
                        context=label,
                        id=f"{letter}{number}.{child.number or place}",
                    )
                )
            continue
        if item.marker == "none":
            above = ""
        drafts.append(_Draft(kind=section.kind, item=item, section=section, context=above, id=f"{letter}{number}"))
    return drafts


def _spans(item: Item) -> list[Span]:
    return [child.span for child in item.children]


_BARE_HEADINGS = word_set("heading")
_NEEDED_HEADINGS = frozenset({"age", "performance status", "life expectancy"})
"""Bare headings without whose words the items below them say nothing: "18 and over", "0-2", "At least 3 months"."""


def _is_bare_heading(item: Item, text: str) -> bool:
    """A line of an old layout that only names what follows it, without a colon or with dashes around it."""
    words = item.span.of(text).strip(" -:*.").lower()
    return item.marker == "none" and not item.children and words in _BARE_HEADINGS


def _lists_some(lead: str) -> bool:
    words = lead.lower()
    return (
        any(
            phrase in words
            for phrase in (
                "one of the following",
                "one or more of",
                "either of",
                "two of the following",
                "any of the following",
            )
        )
        and "each" not in words
    )


_SAYS_MORE = re.compile(r"following|either| of|no |\b(?:if|for|not)\b|history|function|defined", re.IGNORECASE)


def _is_label(words: str) -> bool:
    """A short line that ends in a colon and says nothing of its own ("Hepatic:", "Prior therapy:")."""
    bare = words.strip()
    return bare.endswith(":") and len(bare.split()) <= 4 and _SAYS_MORE.search(bare) is None


def _numbered(drafts: list[_Draft]) -> list[_Draft]:
    """Ids made unique: the second item printed with the same number gets `_2`."""
    seen: dict[str, int] = {}
    unique = []
    for draft in drafts:
        count = seen[draft.id] = seen.get(draft.id, 0) + 1
        unique.append(draft if count == 1 else msgspec.structs.replace(draft, id=f"{draft.id}_{count}"))
    return unique


_EXCLUDING = re.compile(
    r"^(?:(?:any|a|an|known|prior|previous|current|past|active|recent|uncontrolled|has|have|had|severe|serious|documented|or|and|mean)\s+)*"
    r"(?:history of|use of|major surg|evidence of|presence of|diagnosis of|treatment with|receipt of|pregnan|lactat|breast.?feed|allerg|"
    r"hypersensitiv|contraindication|infection|qt|concurrent|participation in|inability|unable|transplant|malignan|"
    r"immunosuppress|\w+ in the history)",
    re.IGNORECASE,
)
_REQUIRING = re.compile(
    r"\b(?:must|should|willing|able to|agrees?|consent|adequate|sufficient|measurable)\b", re.IGNORECASE
)


def _moved(text: str, drafts: list[_Draft]) -> list[_Draft]:
    """Exclusions that a form filed under inclusion, as a portal does that loses the heading and the first items of a list.

    The printed numbers of the inclusions jump, those of the exclusions do not begin at 1, and behind the jump most items are worded
    as what keeps people out and none as what is asked for.
    """
    numbers = [int(draft.item.number) if draft.item.number.isdecimal() else 0 for draft in drafts]
    first = next((place for place, draft in enumerate(drafts) if draft.kind == "exclusion"), len(drafts))
    jump = next(
        (place for place in range(1, first) if numbers[place - 1] and numbers[place] > numbers[place - 1] + 1), first
    )
    for other in range(jump + 1, first):
        if numbers[other] > numbers[other - 1] + 1:
            jump = other
    behind = [draft.item.span.of(text).strip() for draft in drafts[jump:first]]
    excluding = sum(_EXCLUDING.match(words) is not None for words in behind)
    if (
        first == len(drafts)
        or numbers[first] <= 1
        or 2 * excluding <= len(behind)
        or any(map(_REQUIRING.search, behind))
    ):
        return drafts
    moved = [msgspec.structs.replace(draft, kind="exclusion") for draft in drafts[jump:first]]
    return [*drafts[:jump], *moved, *drafts[first:]]


def _compile(text: str, draft: _Draft, vocabulary: Vocabulary) -> Criterion:
    item, section = draft.item, draft.section
    whole = item.whole
    words = whole.of(text)
    condition = heading_condition(section.heading) or whom(draft.context)
    kind, node = read_item(words[:_LONGEST], _shape(item, whole.start), (draft.kind, draft.context), vocabulary)
    window = _heading_window(section.heading, vocabulary) or _heading_window(draft.context, vocabulary)
    if draft.kind == "inclusion" and _ALLOWED.search(draft.context):
        # What a sub-heading allows is asked of nobody; on what terms it is allowed may be asked.
        bound = _TERMS.search(words) is not None
        node = Unread(text=" ".join(words.split()), span=node.span) if bound else All(span=node.span)
    node = push_window(node, window) if window is not None and _is_given(node) else node
    node = rebuild(node, _taken_now) if _CONCURRENT.match(section.heading) else node
    diagnostics = list(_remarks(draft, kind, node))
    if len(words) > _LONGEST:
        rest = Span(_LONGEST, len(words))
        node = All(parts=(node, Unread(text=rest.of(words), span=rest)))
        diagnostics.append(
            Diagnostic(
                code="too-long", message=f"only the first {_LONGEST} characters were read", where=draft.id, span=rest
            )
        )
    if condition:
        whose = Unread(text=condition)
        node = (
            If(condition=whose, then=node, span=node.span)
            if kind == "inclusion"
            else All(parts=(whose, node), span=node.span)
        )
        diagnostics.append(
            Diagnostic(
                code="heading-condition",
                message=f"the heading limits this item to {condition!r}, which is not read",
                where=draft.id,
            )
        )
    return Criterion(
        id=draft.id,
        kind=kind,
        heading=section.heading,
        number=item.number,
        span=whole,
        text=words,
        reading=reading(node),
        node=node,
        diagnostics=tuple(diagnostics),
    )


_CONCURRENT = re.compile(r"\s*(?:concurrent|concomitant)\b", re.IGNORECASE)


def _taken_now(part: Node) -> Node:
    """Under "Concurrent medication" a treatment is one that goes on."""
    bare = (
        isinstance(part, Has) and part.concept.kind in ("drug", "procedure") and not part.status and part.when is None
    )
    return msgspec.structs.replace(part, status=("current",)) if bare else part


_ALLOWED = re.compile(r"^(?!.*\bnot\b).*\b(?:allowed|permitted)(?: with caution)?\W*$", re.IGNORECASE)
_TERMS = re.compile(
    r"\b(?:must|only|if|as long as|at least|provided|unless|except|excluding|other than|should|not|no|may not|required|more than|"
    r"less than|until|up to|or less|or more)\b|[<>=≤≥]",
    re.IGNORECASE,
)
_GIVEN: frozenset[str] = frozenset({"drug", "procedure", "vaccine", "device"})


def _is_given(node: Node) -> bool:
    """Whether all that a criterion names is given or done to somebody: the time of a heading is the time of these alone."""
    return all(not isinstance(part, Has) or part.concept.kind in _GIVEN for part in walk(node))


@lru_cache(maxsize=1_000)
def _heading_window(heading: str, vocabulary: Vocabulary) -> Window | None:
    """`Excluded within 2 weeks of entry:`: the time of all that the heading stands over. Its place is not in the criterion's text."""
    found = [chunk.value for chunk in Lexer(heading, vocabulary).chunks() if chunk.cat == "W"] if heading else []
    timed = len(found) == 1 and found[0].at_most is not None and found[0].side == "before"
    return msgspec.structs.replace(found[0], span=None) if timed else None


def _remarks(draft: _Draft, kind: CriterionKind, node: Node) -> Iterator[Diagnostic]:
    """What the reader of the tree should know about how it came to be."""
    if kind != draft.section.kind:
        message = f"filed under {draft.section.kind}, worded as {kind}; read as worded"
        yield Diagnostic(code="polarity", message=message, where=draft.id)
    for part in walk(node):
        if isinstance(part, Unread):
            yield Diagnostic(
                code="unread", message=f"not understood: {_short(part.text)!r}", where=draft.id, span=part.span
            )
        elif isinstance(part, Has | Compare | Score) and part.when is not None and part.when.anchor is None:
            message = "the time is counted from no named event; the index date is used"
            yield Diagnostic(code="anchor-missing", message=message, where=draft.id, span=part.when.span)
        elif isinstance(part, AnyOf) and part.open:
            yield Diagnostic(
                code="open-list",
                message="the list goes on; what is not listed is unknown",
                where=draft.id,
                span=part.span,
            )


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:79] + "…"


Shape = tuple[int, int, tuple["Shape", ...]]
"""An item's own words as start and end in the criterion's text, and its children."""


def _shape(item: Item, offset: int) -> Shape:
    return item.span.start - offset, item.span.end - offset, tuple(_shape(child, offset) for child in item.children)


@lru_cache(maxsize=50_000)
def read_item(
    words: str, shape: Shape, context: tuple[CriterionKind, str], vocabulary: Vocabulary
) -> tuple[CriterionKind, Node]:
    """The polarity and tree of one item's text; the same text gives the same tree, so bulk runs read each wording once."""
    kind = _stated_kind(context[0], words[shape[0] : shape[1]])
    node = _node(words, shape, Reader(words, kind, vocabulary), [])
    if kind == "exclusion" and _is_doubly_negative(words, node):
        node = Unread(text=" ".join(words.split()), span=Span(0, len(words)))
    if context[1] and reading(node) != "whole":
        node = _in_context(words, shape, context, vocabulary) or node
    return kind, kept_open(node, words)


_REQUIRED = re.compile(
    r"^(?:(?:all|the)\s+)?(?:[\w-]+\s+){0,2}(?:patients?|subjects?|participants?|volunteers?|"
    r"individuals?|candidates?|women|men|females?|males?)"
    r"\b(?:\s+of (?:child\W?bearing|reproductive) (?:potential|age))?\s+(?:must|should|shall|need to|have to|has to)\b"
    r"(?!\s+(?:be|not be) (?:excluded|withdrawn|ineligible))",
    re.IGNORECASE,
)
_MUST_NOT = re.compile(r"\bmust not (?:be|have)\b(?!\s+(?:excluded|enrolled|included))", re.IGNORECASE)
_BARE_NO = re.compile(r"^(?:no|not|without|absence of|never)\b", re.IGNORECASE)


def _stated_kind(kind: CriterionKind, words: str) -> CriterionKind:
    """An exclusion that says what patients must do or be ("Patients must have …") is a requirement, whatever it is filed under."""
    first = re.split(r"(?<=[.;])\s", words.strip(), maxsplit=1)[0]
    required = _REQUIRED.match(first) or _MUST_NOT.search(first)
    return "inclusion" if kind == "exclusion" and required else kind


def _is_doubly_negative(words: str, node: Node) -> bool:
    """`No prior chemotherapy` filed under exclusion: whether its absence or its presence excludes cannot be told from the words."""
    first = node.parts[0] if isinstance(node, AnyOf) and node.parts else node
    named = isinstance(first, Not) and any(
        isinstance(part, Has) and (part.concept.kind != "finding" or part.concept.id in _STATES) for part in walk(first)
    )
    return named and _BARE_NO.match(words.strip()) is not None


_STATES = frozenset({"pregnancy", "breastfeeding", "pregnancy-test"})


def _in_context(words: str, shape: Shape, context: tuple[CriterionKind, str], vocabulary: Vocabulary) -> Node | None:
    """Under a sub-heading ("Performance status:") the item may need its words: "ECOG 0-1", "0-2"."""
    if _dangles(words, context[0]):
        return None
    lead = Lexer(context[1] + ":", vocabulary).chunks()
    own = _chunks(words, shape, vocabulary)
    width = len(context[1]) + 2
    text = context[1] + ": " + words
    moved = [chunk._replace(start=chunk.start + width, end=chunk.end + width) for chunk in own]
    chunks = [*lead, *moved]
    node = Reader(text, context[0], vocabulary).whole(chunks) if not shape[2] else None
    if node is None or loses_a_number(chunks, node):
        return None
    node = settled(node, text, words)
    return None if is_doubtful(node, text) or not _is_about(node, width) else _moved_back(node, width)


def _is_about(node: Node, width: int) -> bool:
    """Whether the item's own words are read: a heading's words alone are no reading of it."""
    return all(part.span is None or part.span.end > width for part in walk(node))


def _moved_back(node: Node, width: int) -> Node:
    def back(part: Node) -> Node:
        if part.span is None:
            return part
        return msgspec.structs.replace(part, span=Span(max(0, part.span.start - width), max(0, part.span.end - width)))

    return rebuild(node, back)


def _chunks(words: str, shape: Shape, vocabulary: Vocabulary) -> list[Chunk]:
    start, end, _children = shape
    lexer = Lexer(words[start:end], vocabulary)
    chunks = reworded(lexer.chunks(), lexer.text, vocabulary)
    return [chunk._replace(start=chunk.start + start, end=chunk.end + start) for chunk in chunks] if start else chunks


def _node(words: str, shape: Shape, reader: Reader, prefix: Sequence[Chunk]) -> Node:
    own = _chunks(words, shape, reader.vocabulary)
    if not shape[2]:
        chunks = [*prefix, *own] if _takes(own) else own
        unread = Unread(text=" ".join(words[shape[0] : shape[1]].split()), span=Span(shape[0], shape[1]))
        node = (None if _dangles(words[shape[0] : shape[1]], reader.kind) else reader.read(chunks)) or unread
        checked = unread if loses_a_number(chunks, node) else _checked(node, words, unread)
        if checked is not unread or node is unread:
            return checked
        node = reader.read_surely(chunks) or unread
        checked = unread if loses_a_number(chunks, node) else _checked(node, words, unread)
        return checked if not isinstance(checked, Unread) else _gleaned(reader, chunks, words, unread)
    return _with_children(words, shape, reader, [*prefix, *own] if prefix and _takes(own) else own)


def _checked(node: Node, text: str, unread: Unread) -> Node:
    node = settled(node, text, unread.text)
    return unread if is_doubtful(node, unread.text) else node


def _gleaned(reader: Reader, chunks: Sequence[Chunk], text: str, unread: Unread) -> Node:
    """What can be relied on in a reading that was refused."""
    node = reader.gleaned(chunks)
    return unread if node is None or loses_a_number(chunks, node) else _checked(node, text, unread)


_OR_ELSE = re.compile(r"(?:^|\W)or\s*[;,.:]?$", re.IGNORECASE)


def _dangles(words: str, kind: CriterionKind) -> bool:
    """A line that ends in a colon heads what a form has lost; one that ends in "or" asks nothing alone when it is to be met."""
    said = words.rstrip()
    return said.endswith((":", "：")) or (kind == "inclusion" and _OR_ELSE.search(said) is not None)


def _takes(own: Sequence[Chunk]) -> bool:
    body = [chunk for chunk in own if chunk.cat not in "FHp"]
    return bool(body) and body[0].cat not in "STLbNKMQJgmfwxtIs#"


_LETS_LIST = re.compile(
    r"^\W*(?:allowed|permitted)\b|\b(?:are|is) (?:included|allowed|permitted)(?: for [\w ]{3,30})?\W*$", re.IGNORECASE
)


def _with_children(words: str, shape: Shape, reader: Reader, lead: Sequence[Chunk]) -> Node:
    """A lead with its nested list: how the list is joined, and what the lead adds to each of its members."""
    span = _reach(shape)
    if _LETS_LIST.search(words[shape[0] : shape[1]]):
        # "Allowed for infants: - …": what is allowed is asked of nobody.
        return Unread(text=" ".join(words[span.start : span.end].split()), span=span)
    listing = next((chunk for chunk in lead if chunk.cat in "vVa"), None)
    body = [chunk for chunk in lead if chunk is not listing and chunk.cat not in ".,:;()FHp-ieE"]
    negated = bool(body) and body[0].cat == "N"
    body = body[1:] if negated else body
    inner = reader.under("exclusion") if negated or (listing is not None and listing.cat == "v") else reader
    prefix = body if body and all(chunk.cat in "STLb" for chunk in body) else []
    if reader.kind == "exclusion" and _LETS_IN.search(words[shape[0] : shape[1]]):
        # "Patients with X may be included if they: …" under exclusion lets in, and excludes the others in silence.
        return Unread(text=" ".join(words[span.start : span.end].split()), span=span)
    children = [_node(words, child, inner, prefix) for child in shape[2]]
    if negated and any(isinstance(child, Not) for child in children):
        # "No atypical disease: - no …": what is denied twice is not told.
        return Unread(text=" ".join(words[span.start : span.end].split()), span=span)
    if listing is None and are_alternatives(words, [Span(child[0], child[1]) for child in shape[2]]):
        node: Node = AnyOf(parts=tuple(children), span=span)
    else:
        node = join_listed(listing, children, inner.kind, span)
    if not prefix:
        node = (
            _led(inner, [chunk for chunk in lead if chunk.cat != "N"], body, node)
            if negated
            else _led(reader, lead, body, node)
        )
    return Not(part=node, span=span) if negated else node


_LETS_IN = re.compile(
    r"\b(?:may|can|will|are|is)\s+(?:still\s+)?(?:be\s+)?(?:included|eligible|enrolled|considered eligible)\b"
    r"(?=.*\b(?:if|provided|when)\b)",
    re.IGNORECASE | re.DOTALL,
)


def _reach(shape: Shape) -> Span:
    return Span(shape[0], max(shape[1], _reach(shape[2][-1]).end)) if shape[2] else Span(shape[0], shape[1])


def _exceptions(reader: Reader, lead: Sequence[Chunk], node: Node) -> Node:
    """A list under "Exceptions:" is taken from what stands before that word."""
    at = max(place for place, chunk in enumerate(lead) if chunk.cat in "XP")
    stop = max((place for place in range(at) if lead[place].cat == "."), default=at)
    said = reader.read(lead[:stop])
    rest = [chunk for chunk in lead[at + 1 :] if chunk.cat not in "FHp.:,VvU()d"]
    if said is None or rest:
        return All(parts=(said or reader.unread(lead), node), span=node.span)
    listed = node.parts if isinstance(node, All) and node.parts else (node,)
    aside = AnyOf(parts=listed, span=node.span) if len(listed) > 1 else listed[0]
    return excepting(said, aside, reader.vocabulary)


def _is_listed(lead: Sequence[Chunk]) -> bool:
    """`Any of the following cardiac conditions:`: the name behind the listing words is what the members are kinds of."""
    listing = next((place for place, chunk in enumerate(lead) if chunk.cat in "vVa"), len(lead))
    return any(chunk.cat in "CROU" for chunk in lead[listing + 1 :]) and not any(
        chunk.cat in "CRO" for chunk in lead[:listing]
    )


def _under(said: Has, node: Node) -> Node:
    """The members with the status and time of what they are kinds of."""

    def inherit(part: Node) -> Node:
        if not isinstance(part, Has):
            return part
        return msgspec.structs.replace(part, status=part.status or said.status, when=part.when or said.when)

    return rebuild(node, inherit)


def _led(reader: Reader, lead: Sequence[Chunk], body: Sequence[Chunk], node: Node) -> Node:
    """The list's node with what its lead says beside introducing it."""
    if not body:
        return node
    if any(chunk.cat in "XP" for chunk in body):
        return _exceptions(reader, lead, node)
    windows = [chunk for chunk in body if chunk.cat == "W"]
    if len(windows) == 1 and all(chunk.cat in "WZTb" for chunk in body):
        return push_window(node, windows[0].value)
    if body[0].cat in "fm" and reader.kind == "inclusion" and any(chunk.cat in "IX" for chunk in body):
        # "A female participant is eligible if she is not pregnant and one of the following applies": asked of women alone.
        about = Person(sex="female" if body[0].cat == "f" else "male", span=body[0].span)
        then = All(parts=(reader.unread(body[1:]), node), span=node.span)
        return If(condition=about, then=then, span=node.span)
    if body[0].cat in "wfm" and len(body) == 1:
        condition = reader.whole(body)
        if condition is not None:
            return (
                If(condition=condition, then=node, span=node.span)
                if reader.kind == "inclusion"
                else All(parts=(condition, node), span=node.span)
            )
    said = reader.read([chunk for chunk in lead if chunk.cat not in "vVaie:X"])
    if isinstance(said, Has) and _is_listed(lead):
        return _under(said, node)
    if said is None or (isinstance(said, Attest) and said.kind == "fitness"):
        return node
    if isinstance(said, Has) and any(chunk.cat == "e" for chunk in lead):
        parts = node.parts if isinstance(node, AnyOf) else (node,)
        return AnyOf(parts=(said, *parts), span=node.span)
    return All(parts=(said, node), span=node.span)
