"""What many trials ask, made ready once for many charts: a shared index of the atoms at the leaves of their trees.

Criteria come in, `Asked` goes out: the same tree, in which every node knows its meaning apart from its words, so that an atom that stands
in a thousand trials is judged once a chart, and the keys of what it asks for (see `matching`). A chart that has none of these keys holds
nothing that the node could see: it is answered as an empty chart is, of the same sex and with the same complete lists. Keys promise too
much rather than too little, so that sharing never changes a finding.
"""

from collections.abc import Hashable, Iterator

import msgspec

from trialwright.codes.concepts import Concept
from trialwright.codes.vocabulary import Vocabulary
from trialwright.criteria.nodes import (
    Attest,
    Compare,
    Criteria,
    Criterion,
    Has,
    Interval,
    Node,
    Person,
    Score,
    Stage,
    Window,
    children,
    without_spans,
)

from .chart import PERSON, Profile, anchors, event_concept, scale_key, stage_key, statement_key
from .findings import CriterionFinding, Finding
from .matching import names_of
from .presence import MALIGNANCY, ruled_out_by
from .ratings import mapped_scales

Keys = frozenset[str]


class Meaning:
    """Stands for all atoms that mean the same, whatever their words and their trial."""

    __slots__ = ()


class AskedNode:
    """A node made ready.

    meaning  what findings of atoms are kept by: the same for all that mean the same
    keys     what a chart must hold any of to be looked at; None when it is always looked at
    silent   the findings on charts that hold none of the keys
    """

    __slots__ = ("keys", "meaning", "node", "parts", "silent")

    def __init__(
        self, node: Node, *, meaning: Hashable, parts: "tuple[AskedNode, ...]" = (), keys: Keys | None = None
    ) -> None:
        self.node, self.meaning, self.parts, self.keys = node, meaning, parts, keys
        self.silent: dict[Profile, Finding] | None = None


class AskedCriterion:
    """silent: as of an `AskedNode`, with the verdict."""

    __slots__ = ("criterion", "node", "silent")

    def __init__(self, criterion: Criterion, node: AskedNode) -> None:
        self.criterion, self.node = criterion, node
        self.silent: dict[Profile, CriterionFinding] | None = None


class Asked:
    """One trial's criteria, made ready."""

    __slots__ = ("criteria", "trial")

    def __init__(self, trial: str, criteria: tuple[AskedCriterion, ...]) -> None:
        self.trial, self.criteria = trial, criteria


def plainly(node: Node) -> AskedNode:
    """A node asked once, of one chart: nothing is shared."""
    return AskedNode(node, meaning=node, parts=tuple([plainly(part) for part in children(node)]))


def asked_once(criteria: Criteria) -> Asked:
    return Asked(criteria.trial, tuple([AskedCriterion(one, plainly(one.node)) for one in criteria.criteria]))


class Sharing:
    """Makes trials ready that are to share their atoms. It grows with the number of different atoms; keep it with the trials."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._names = names_of(vocabulary)
        self._meanings: dict[bytes, Meaning] = {}
        self._concepts: dict[Concept, Keys] = {}

    def of(self, criteria: Criteria) -> Asked:
        return Asked(criteria.trial, tuple(AskedCriterion(one, self._ready(one.node)) for one in criteria.criteria))

    def _ready(self, node: Node) -> AskedNode:
        parts = children(node)
        if parts:
            ready = tuple([self._ready(part) for part in parts])
            keys = frozenset[str]().union(*[part.keys or () for part in ready])
            return AskedNode(node, meaning=None, parts=ready, keys=keys)
        # As it is written, and not as it compares: a limit of 2.0 is the same as one of 2, and is quoted as 2.0.
        written = msgspec.json.encode(without_spans(node))
        meaning = self._meanings.setdefault(written, Meaning())
        return AskedNode(node, meaning=meaning, keys=frozenset(self._keys(node)))

    def _keys(self, node: Node) -> Iterator[str]:
        match node:
            case Has():
                yield from self._of_thing(node)
            case Compare():
                yield from self._of_concept(node.measure)
            case Score():
                yield from map(scale_key, (node.scale, *mapped_scales(node.scale)))
            case Stage():
                yield stage_key(node.system)
            case Interval():
                for event in (node.start, node.end):
                    yield from self._of_concept(event.concept) if event else ()
            case Person():
                yield PERSON
            case Attest():
                yield statement_key(node.kind)
            case _:
                return

    def _of_thing(self, node: Has) -> Iterator[str]:
        """The thing itself, and what its place in time or its absence is judged by."""
        yield from self._of_concept(node.concept)
        if node.concept.id == "second-malignancy":
            yield from self._of_concept(MALIGNANCY)
        for _, recorded in ruled_out_by(node.concept, self._names):
            if recorded:
                yield from self._of_concept(event_concept(recorded))
        yield from self._of_anchor(node.when)

    def _of_anchor(self, window: Window | None) -> Iterator[str]:
        if window is not None and window.anchor is not None and (event := anchors()[window.anchor].event):
            yield from self._of_concept(event_concept(event))

    def _of_concept(self, concept: Concept) -> Keys:
        known = self._concepts.get(concept)
        if known is None:
            # Which lists it stands on takes a walk down the vocabulary: asked here, that waits for no patient.
            self._names.domains(concept)
            known = self._concepts[concept] = frozenset(self._names.keys_asked(concept))
        return known
