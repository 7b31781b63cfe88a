"""What a tree says beside its one-line notation: the fields for which that line has no place, one line for each atom that uses any."""

from collections.abc import Iterator

from notation import line

from trialwright.criteria.nodes import Compare, Has, Interval, Node, Score, Stage, Window, walk

_KINDS = (Has, Compare, Score, Stage, Interval)


def unsaid(node: Node) -> list[str]:
    """`cisplatin: reason recurrence, cause …` for each atom, in the order of the tree; an exception's own fields stand with its owner."""
    return [f"{_name(part)}: {', '.join(said)}" for part in walk(node) if (said := list(_fields(part)))]


def _name(node: Node) -> str:
    match node:
        case Has(concept=concept) | Compare(measure=concept):
            return concept.id or repr(concept.text)
        case Score(scale=scale):
            return scale
        case _:
            return line(node).partition(" ")[0]


def _fields(node: Node) -> Iterator[str]:
    match node:
        case Has():
            yield from _of_has(node)
            yield from _of_window(node.when)
        case Compare():
            yield from (f"qualifier {words}" for words in node.qualifiers)
            if node.statistic:
                yield f"statistic {node.statistic}"
            yield from _of_window(node.when)
        case Score(version=version):
            if version:
                yield f"version {version}"
            yield from _of_window(node.when)
        case Stage():
            yield f"system {node.system}"
            if node.edition:
                yield f"edition {node.edition}"
            if node.concept:
                yield f"of {node.concept.id or node.concept.text}"
        case Interval():
            if node.end is not None and node.end.edge != "start":
                yield f"to its {node.end.edge}"
            yield from (f"{name} one" for name in _which(node))
        case _:
            pass
    if isinstance(node, _KINDS) and node.step:
        yield f"step {node.step}"


def _of_has(node: Has) -> Iterator[str]:
    for name in ("site", "reason", "cause"):
        concept = getattr(node, name)
        if concept is not None:
            yield f"{name} {concept.id or repr(concept.text)}"
    if node.severity and node.severity.version:
        yield f"version {node.severity.version}"
    if node.dose and node.dose.equivalent:
        yield f"or as much as {node.dose.equivalent}"
    for exception in node.unless:
        yield from (f"{_name(exception)} with {said}" for said in _fields(exception))


def _of_window(window: Window | None) -> Iterator[str]:
    if window is not None and window.edge != "any":
        yield f"its {window.edge} counts"


def _which(node: Interval) -> Iterator[str]:
    yield f"from the {node.start.which}"
    if node.end is not None:
        yield f"to the {node.end.which}"
