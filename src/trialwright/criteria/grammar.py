"""Chunks to a tree: sentences first, then each clause by the first rule that reads it whole; what no rule reads becomes `Unread`."""

import re
from collections.abc import Callable, Sequence

import msgspec

from trialwright.codes.places import Span
from trialwright.codes.vocabulary import Vocabulary
from trialwright.criteria.accompanied import read_accompanied
from trialwright.criteria.atoms import ATOMS
from trialwright.criteria.attachment import attached
from trialwright.criteria.attested import read_judged, read_judged_pair, read_not_able, read_promised, read_unnamed
from trialwright.criteria.chunks import Chunk
from trialwright.criteria.cuts import (
    MOST_DEPTH,
    cut_sentences,
    has_words,
    inside_measures,
    is_trial_word,
    nest,
    trim,
    with_tiers,
    without_note,
)
from trialwright.criteria.doubts import LETS_IN
from trialwright.criteria.elapsed import read_elapsed, read_finished, read_stopped
from trialwright.criteria.gleaning import glean
from trialwright.criteria.joining import excepting, is_limit, kind_of, push_window
from trialwright.criteria.labels import read_labelled
from trialwright.criteria.nodes import (
    All,
    Compare,
    CriterionKind,
    Has,
    If,
    Node,
    Not,
    Score,
    Unread,
    walk,
)
from trialwright.criteria.nodes import Any as AnyOf
from trialwright.criteria.parentheses import read_atom, read_grouped
from trialwright.criteria.permitted import permission, permitting, read_permitted
from trialwright.criteria.phrase import Phrase, Source
from trialwright.criteria.rules import (
    read_any_condition,
    read_attested,
    read_by_sex,
    read_conditional,
    read_coordinated,
    read_demonstrated,
    read_described,
    read_either_way,
    read_examples,
    read_exception,
    read_hindering,
    read_negated,
    read_obliged,
    read_open_list,
    read_relative,
    read_runs,
    read_stated,
    read_states,
)
from trialwright.criteria.salvage import read_in_part, sure

_MOST_PIECES = 600


_Read = dict[tuple[CriterionKind, tuple[tuple[str, int], ...]], Node | None]
"""What has been read of one text so far: polarity and chunks to their tree, None where no rule reads them whole."""


_REQUIREMENT = re.compile(r"\b(?:must|should|need to|needs to|has to|have to|required|requires?)\b", re.IGNORECASE)


_WAIVED = re.compile(
    r"\b(?:is|are) (?:currently |as yet )?(?:unknown|not known)\b|"
    r"\bha(?:s|ve) not (?:yet )?been (?:established|studied|determined)\b|"
    r"\b(?:must|should|will|to) be (?:excluded by|confirmed by|performed|done|repeated|obtained)\b|"
    r"\b(?:is|are)\s+(?:not\s+(?:mandatory|required|necessary|needed)|optional)\b|"
    r"\bexceptions? (?:may|can|will|might) be (?:considered|made|granted|discussed|allowed)\b",
    re.IGNORECASE,
)
"""Sentences that ask for nothing: what is optional, what is at somebody's discretion."""
_DEFINES = re.compile(
    r"\b(?:women|females?|woman|wocbp)\b.{0,60}\b(?:considered|defined as)\b.{0,60}\b(?:post-?menopausal|child-?bearing|sterile|fertile)\b|"
    r"\b(?:post-?menopausal|child-?bearing potential|post-?menopause) (?:is|are|status is) defined\b|"
    r"\b(?:is|are) not considered\b|^\W*such\s|\bwash-?\s?out (?:period|time)s?\b.*\b(?:is|are|of)\b",
    re.IGNORECASE,
)
"""Sentences that say what a word above means; kept unread, for they ask nothing and may change what is asked."""


_WIDENS = re.compile(r"(?:unless|except\w*|excluding|other than|if|when|provided|while|or)\b", re.IGNORECASE)
"""The beginning of a sentence that lets in those whom the sentence before it keeps out."""


def _denied_of_a_sex(group: list[Chunk]) -> bool:
    """`Male, or female not lactating or pregnant`: what is denied goes on to the end."""
    cats = "".join(chunk.cat for chunk in group if chunk.cat not in "FHp")
    return cats[:2] in ("fN", "mN")


def _left_open(last: Node, exempt: Node, reader: "Reader") -> Node:
    """What a sentence before it asks, where a permission that was not understood may change it."""
    words = " ".join(exempt.span.of(reader.text).split()) if exempt.span else ""
    unread = Unread(text=words, span=exempt.span)
    span = last.span.cover(exempt.span) if last.span and exempt.span else last.span
    return (
        AnyOf(parts=(last, unread), span=span) if reader.kind == "inclusion" else All(parts=(last, unread), span=span)
    )


def _stand_alone(sentences: list[list[Chunk]]) -> bool:
    """`Prior A or B within 3 weeks; participation in a trial within 30 days`: clauses that share nothing over the semicolon."""
    return any(any(chunk.cat in ",|&W" for chunk in sentence) for sentence in sentences[:-1]) and all(
        any(chunk.cat in "STbLWKMJNgQ" for chunk in sentence) for sentence in sentences
    )


def _is_given(node: Node) -> bool:
    """Whether drugs, procedures and the like are all that a tree names."""
    things = [part for part in walk(node) if isinstance(part, Has)]
    return bool(things) and all(part.concept.kind in ("drug", "procedure", "vaccine", "device") for part in things)


class Reader:
    """Reads the chunks of one criterion under one polarity."""

    def __init__(self, text: str, kind: CriterionKind, vocabulary: Vocabulary, read: "_Read | None" = None) -> None:
        self.text, self.kind, self.vocabulary = text, kind, vocabulary
        self._read: _Read = {} if read is None else read

    def under(self, kind: CriterionKind) -> "Reader":
        return self if kind == self.kind else Reader(self.text, kind, self.vocabulary, self._read)

    def read(self, chunks: Sequence[Chunk]) -> Node | None:
        """The tree of the chunks with every unreadable piece as Unread; None when there are no words."""
        return self._sentences(nest(attached(chunks, self.text, self.vocabulary)))

    def read_surely(self, chunks: Sequence[Chunk]) -> Node | None:
        """As `read`, for words whose tree bears signs of error: each sentence by itself, and only what bears none.

        None where a sentence allows or excepts what stands in another one.
        """
        run = nest(attached(chunks, self.text, self.vocabulary))
        sentences = [sentence for sentence in cut_sentences(run, self.text) if has_words(sentence)]
        if not sentences or any(chunk.cat in "PZ" for sentence in sentences[1:] for chunk in sentence):
            return None
        nodes = [sure(self, sentence) or read_in_part(self, sentence) for sentence in sentences]
        return self._join(nodes, Span(sentences[0][0].start, sentences[-1][-1].end))

    def whole(self, chunks: Sequence[Chunk], depth: int = 0) -> Node | None:
        """The tree of one clause when all of it can be read; None otherwise."""
        chunks = trim(chunks)
        if not chunks or depth > MOST_DEPTH:
            return None
        # Rules ask for the same pieces over and over; each is read once, and a text that asks for too many stays unread.
        key = (self.kind, tuple((chunk.cat, chunk.start) for chunk in chunks))
        if key not in self._read:
            self._read[key] = None
            if len(self._read) < _MOST_PIECES:
                self._read[key] = self._first(chunks, depth)
        return self._read[key]

    def _first(self, chunks: Sequence[Chunk], depth: int) -> Node | None:
        cats = {chunk.cat for chunk in chunks}
        for rule, needs in _GATED:
            for needed in needs:
                if cats.isdisjoint(needed):
                    break
            else:
                node = rule(self, chunks, depth + 1)
                if node is not None:
                    return node
        return None

    def unread(self, chunks: Sequence[Chunk]) -> Unread:
        span = Span(chunks[0].start, chunks[-1].end)
        return Unread(text=" ".join(span.of(self.text).split()), span=span)

    def gleaned(self, chunks: Sequence[Chunk]) -> Node | None:
        """The limits in the chunks that can be relied on, sentence by sentence, with all else Unread; None without any."""
        sentences = [one for one in cut_sentences(nest(list(chunks)), self.text) if has_words(one)]
        if len(sentences) > 1 and any(chunk.cat in "XPZI" for chunk in chunks):
            return None
        found = [glean(self, sentence) for sentence in sentences]
        if not any(found):
            return None
        nodes = [node or self.unread(trim(sentence)) for node, sentence in zip(found, sentences, strict=True)]
        return self._join(nodes, Span(sentences[0][0].start, sentences[-1][-1].end))

    def phrase(self, chunks: Sequence[Chunk]) -> Phrase:
        return Phrase(chunks, Source(self.text, self.kind, self.vocabulary, ATOMS))

    # sentences ------------------------------------------------------------------------------------------------------------------

    def _sentences(self, chunks: list[Chunk]) -> Node | None:
        led = self._led(chunks)
        if led is not None:
            return led
        sentences = [sentence for sentence in cut_sentences(chunks, self.text) if has_words(sentence)]
        if not sentences:
            return None
        if len(sentences) == 1:
            return self.whole(sentences[0]) or read_in_part(self, sentences[0])
        stops = [place for place, chunk in enumerate(chunks) if chunk.cat == "."]
        listed = stops == [len(chunks) - 1] and any(chunk.cat in "vVa" for chunk in chunks)
        entire = self.whole(chunks) if (not stops or listed) and not _stand_alone(sentences) else None
        return entire or self._several(sentences)

    def _led(self, chunks: list[Chunk]) -> Node | None:
        """`Adequate organ function within 14 days, defined as: …`: a lead that asks nothing but what follows it."""
        colon = next((place for place, chunk in enumerate(chunks) if chunk.cat == ":"), len(chunks))
        lead = [chunk for chunk in chunks[:colon] if chunk.cat not in "FHp,;"]
        if colon >= len(chunks) - 1 or not any(chunk.cat == "J" and chunk.value == "fitness" for chunk in lead):
            return None
        if any(chunk.cat not in "JWieVqbU" for chunk in lead) or sum(chunk.cat == "U" for chunk in lead) > 3:
            return None
        node = self._sentences(chunks[colon + 1 :])
        windows = [chunk.value for chunk in lead if chunk.cat == "W"]
        return push_window(node, windows[0]) if node is not None and windows else node

    def _several(self, sentences: list[list[Chunk]]) -> Node:
        nodes: list[Node] = []
        for place, sentence in enumerate(sentences):
            sentence = without_note(sentence)
            if not sentence:
                continue
            allowed = permission(self, trim(sentence), 0) if nodes else None
            freed = permitting(nodes, allowed, self.vocabulary, self.kind) if allowed else None
            if freed is not None:
                nodes = freed
                continue
            exempt = self._exemption(sentence) if nodes else None
            if exempt is not None:
                nodes = self._exempted(nodes, exempt, sentence)
                continue
            timed = self._timed(nodes, sentence)
            if timed is not None:
                nodes = timed
                continue
            if nodes and _WAIVED.search(self.phrase(sentence).words()):
                continue
            defines = bool(nodes) and _DEFINES.search(self.phrase(sentence).words()) is not None
            node = self.unread(trim(sentence)) if defines else self.whole(sentence)
            if (node is None or defines) and nodes and isinstance(nodes[-1], If):
                # What follows a statement about some of the patients is about them too.
                last = nodes[-1]
                then = All(parts=(last.then, node or read_in_part(self, sentence)), span=last.span)
                nodes[-1] = msgspec.structs.replace(last, then=then)
                continue
            if (
                place
                and self.kind == "exclusion"
                and node is not None
                and _REQUIREMENT.search(self.phrase(sentence).words())
            ):
                node = None
            nodes.append(node or read_in_part(self, sentence))
        return self._join(nodes, Span(sentences[0][0].start, sentences[-1][-1].end))

    def _timed(self, nodes: list[Node], sentence: list[Chunk]) -> list[Node] | None:
        """`ECOG 0-1. ECOG is to be assessed within 7 days before …`: when what was asked for before must have been measured."""
        named = {chunk.value.id for chunk in sentence if chunk.cat in "KM"}
        windows = [chunk.value for chunk in sentence if chunk.cat == "W"]
        if not nodes or not named or len(windows) != 1 or any(chunk.cat in "QCRO#N|t" for chunk in sentence):
            return None
        asked = {
            part.scale if isinstance(part, Score) else part.measure.id
            for node in nodes
            for part in walk(node)
            if isinstance(part, Score | Compare)
        }
        return [push_window(node, windows[0]) for node in nodes] if asked and asked <= named else None

    def _exempted(self, nodes: list[Node], exempt: Node, sentence: list[Chunk]) -> list[Node]:
        """An exception in a sentence of its own is taken from all that it is a kind of, else from the whole sentence before it."""
        if any(kind_of(exempt, node, self.vocabulary) for node in nodes):
            return [
                excepting(node, exempt, self.vocabulary) if kind_of(exempt, node, self.vocabulary) else node
                for node in nodes
            ]
        last = nodes[-1]
        if not any(chunk.cat == "H" for chunk in sentence) and _is_given(exempt) and not _is_given(last):
            # "Bleeding disorder; prophylactic anticoagulation is permitted": what is permitted is no kind of it.
            return nodes
        if isinstance(last, All) and not last.parts:
            # Where nothing was asked, nothing is excepted.
            return nodes
        if isinstance(last, Has) and isinstance(exempt, Has) and last.concept.kind == exempt.concept.kind:
            return [*nodes[:-1], excepting(last, exempt, self.vocabulary)]
        if isinstance(last, Not):
            return [*nodes[:-1], excepting(last, exempt, self.vocabulary)]
        if self.kind == "inclusion" or (_is_given(exempt) and not is_limit(last)):
            # Whom it lets in besides, or what it allows beside a disease, is not understood.
            return [*nodes[:-1], _left_open(last, exempt, self)]
        span = last.span.cover(exempt.span) if last.span and exempt.span else last.span
        return [*nodes[:-1], All(parts=(last, Not(part=exempt, span=exempt.span)), span=span)]

    def _exemption(self, sentence: list[Chunk]) -> Node | None:
        """`Patients with X are not excluded`, `X is allowed`, `Exceptions: X`: what an earlier sentence does not mean."""
        cats = "".join(chunk.cat for chunk in sentence)
        body = sentence
        if "P" in cats and "Z" not in cats:
            at = cats.index("P")
            if any(chunk.cat not in ".FHp" and not is_trial_word(chunk) for chunk in sentence[at + 1 :]):
                return self.unread(trim(sentence))
            body = sentence[:at]
        elif cats.lstrip("FH:.").startswith("X"):
            at = cats.index("X")
            body = sentence[at + 1 :]
        else:
            return None
        reader = self.under("exclusion")
        return reader.whole(body) or (reader.unread(trim(body)) if trim(body) else None)

    def _join(self, nodes: list[Node], span: Span) -> Node:
        flat = [node for node in nodes if not (isinstance(node, All) and not node.parts)] or [All(span=span)]
        if len(flat) == 1:
            return flat[0]
        if self.kind == "inclusion" and any(
            isinstance(node, Unread) and (_WIDENS.match(node.text) or LETS_IN.search(node.text)) for node in flat[1:]
        ):
            return Unread(text=" ".join(span.of(self.text).split()), span=span)
        return All(parts=tuple(flat), span=span) if self.kind == "inclusion" else AnyOf(parts=tuple(flat), span=span)

    def members(self, chunks: Sequence[Chunk]) -> tuple[list[list[Chunk]], bool | None]:
        """The members of a list, and whether any one of them is enough; None where the words leave that open."""
        groups: list[list[Chunk]] = [[]]
        joins: list[str] = []
        for place, chunk in enumerate(chunks):
            if (
                chunk.cat == "/"
                and place
                and place + 1 < len(chunks)
                and chunks[place - 1].cat in "FH"
                and chunks[place + 1].cat in "FH"
            ):
                continue
            if chunk.cat == "|" and _denied_of_a_sex(groups[-1]):
                groups[-1].append(chunk)
            elif chunk.cat in ",;&|/" and not inside_measures(chunks, place):
                if groups[-1]:
                    groups.append([])
                    joins.append("")
                if joins:
                    joins[-1] += chunk.cat
            else:
                groups[-1].append(chunk)
        groups, signs = with_tiers(groups, joins)
        if "|" in signs and "&" in signs:
            return groups, None
        if "&" in signs:
            # "infections and malignancies" excludes for each; "HBsAg positive and HBV DNA ≥ 1000" for both together.
            return groups, self.kind == "exclusion" and not any(
                chunk.cat in "QK" for group in groups for chunk in group
            )
        if "|" in signs:
            return groups, True
        return groups, self.kind == "exclusion"


_Rule = Callable[[Reader, Sequence[Chunk], int], Node | None]
_RULES: tuple[_Rule, ...] = (
    read_any_condition,
    read_stopped,
    read_finished,
    read_obliged,
    read_by_sex,
    read_hindering,
    read_atom,
    read_elapsed,
    read_stated,
    read_labelled,
    read_demonstrated,
    read_runs,
    read_described,
    read_states,
    read_either_way,
    read_accompanied,
    read_relative,
    read_permitted,
    read_exception,
    read_conditional,
    read_grouped,
    read_examples,
    read_open_list,
    read_not_able,
    read_negated,
    read_judged_pair,
    read_promised,
    read_coordinated,
    read_attested,
    read_judged,
    read_unnamed,
)

_NEEDS: dict[_Rule, tuple[str, ...]] = {
    read_any_condition: ("J",),
    read_obliged: ("F", "H"),
    read_by_sex: ("Q", "mfG"),
    read_hindering: ("J",),
    read_stated: ("ZP",),
    read_labelled: (":",),
    read_demonstrated: ("i",),
    read_runs: ("M", "Q"),
    read_described: ("gAmfxQHo",),
    read_states: ("iu",),
    read_either_way: ("y",),
    read_accompanied: ("p", "MK", "QWG"),
    read_relative: ("u",),
    read_exception: ("X",),
    read_conditional: ("Iwfm",),
    read_grouped: ("G",),
    read_examples: ("e",),
    read_open_list: ("E",),
    read_negated: ("N",),
    read_coordinated: (",;&|/",),
}
"""Categories without one of which, from each of the strings, a rule reads nothing; a rule that is not named is always tried."""


_GATED = tuple((rule, _NEEDS.get(rule, ())) for rule in _RULES)
