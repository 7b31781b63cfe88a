"""Compiled criteria as text: each criterion as published, how much of it was read, in plain words and as a tree."""

from collections.abc import Iterator, Mapping

from trialwright.codes.places import Diagnostic, draw
from trialwright.criteria.nodes import All, Any, AtLeast, Criteria, Criterion, If, Node, Not, Reading, children
from trialwright.criteria.render import plain
from trialwright.trial import Trial

from .record_text import as_read, shown
from .to_markdown import escaped
from .to_terminal import Line, quote

_READ = {"whole": "read whole", "part": "read in part", "none": "not understood"}


def coverage_words(counts: Mapping[Reading, int]) -> str:
    """`20 of 25 criteria read whole, …` of the counts that `Criteria.coverage` gives."""
    total = sum(counts.values())
    return (
        f"{counts['whole']} of {total} criteria read whole, {counts['part']} in part, {counts['none']} not understood"
    )


def layout(trial: Trial, criteria: Criteria) -> Iterator[Line]:
    yield Line(f"{trial.nct_id or 'no id'} · {as_read(trial.title or 'no title')}", "heading", 0, 2)
    yield Line(f"Coverage: {coverage_words(criteria.coverage())}.", "quiet", 0, 2)
    text = trial.eligibility.eligibility_criteria or ""
    for remark in criteria.diagnostics:
        yield from _remark(remark, text)
    heading = None
    for criterion in criteria.criteria:
        if criterion.heading != heading:
            heading = criterion.heading
            yield Line("")
            yield Line(as_read(heading) or "(no heading)", "title")
        yield from _criterion(criterion)


def _criterion(criterion: Criterion) -> Iterator[Line]:
    yield Line("")
    says = f"{criterion.id}  {criterion.kind}, {_READ[criterion.reading]}"
    yield Line(says, "item" if criterion.reading == "whole" else "possibly")
    yield from quote(criterion.text, 4)
    yield Line(f"Read as: {plain(criterion.node)}", "text", 4, 9)
    if children(criterion.node):
        yield from _tree(criterion.node, 6)
    for remark in criterion.diagnostics:
        if remark.code != "unread":  # the plain words quote it already
            yield from _remark(remark, criterion.text)


def _tree(node: Node, indent: int) -> Iterator[Line]:
    below = children(node)
    yield Line(joint_words(node) if below else plain(node), "quiet", indent, 2)
    for child in below:
        yield from _tree(child, indent + 2)


def joint_words(node: Node) -> str:
    """How the parts of a node belong together; "" for a node without parts."""
    match node:
        case All():
            return "all of"
        case Any(open=is_open):
            return "any of (the list goes on)" if is_open else "any of"
        case Not():
            return "not"
        case AtLeast(count=count):
            return f"at least {count} of"
        case If():
            return "if the first, then the second"
        case _:
            return ""


def _remark(remark: Diagnostic, text: str) -> Iterator[Line]:
    said, *drawing = draw(remark, text).splitlines()
    yield Line(f"! {shown(said)}", "possibly", 4, 2)
    yield from (Line(shown(line), "drawing", 4) for line in drawing)


def to_markdown(trial: Trial, criteria: Criteria) -> str:
    return "\n".join(_markdown(trial, criteria)) + "\n"


def _markdown(trial: Trial, criteria: Criteria) -> Iterator[str]:
    yield f"# {escaped(trial.nct_id or 'no id')}: {escaped(trial.title or 'no title')}"
    yield ""
    yield f"Coverage: {coverage_words(criteria.coverage())}."
    yield ""
    yield "| Criterion | Kind | Reading | As published | Read as |"
    yield "| --- | --- | --- | --- | --- |"
    for one in criteria.criteria:
        cells = (one.id, one.kind, _READ[one.reading], escaped(one.text), escaped(plain(one.node)))
        yield f"| {' | '.join(cells)} |"
    yield ""
