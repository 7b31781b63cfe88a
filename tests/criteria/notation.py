"""A tree on one line, so that a table of sentences and their trees can be read."""

from trialwright.criteria.nodes import (
    All,
    Any,
    AtLeast,
    Attest,
    Compare,
    Has,
    If,
    Interval,
    Node,
    Not,
    Person,
    Score,
    Stage,
    Unread,
    Window,
)


def line(node: Node) -> str:
    match node:
        case All(parts=parts):
            return f"all({', '.join(map(line, parts))})"
        case Any(parts=parts, open=is_open):
            return f"any{'…' if is_open else ''}({', '.join(map(line, parts))})"
        case Not(part=part):
            return f"not({line(part)})"
        case AtLeast(count=count, parts=parts):
            return f"at_least_{count}({', '.join(map(line, parts))})"
        case If(condition=condition, then=then):
            return f"if({line(condition)} then {line(then)})"
        case Has():
            return _has(node)
        case Compare():
            limit = f"{node.quantity.value}×{node.relative_to}" if node.relative_to else str(node.quantity)
            return f"{node.measure.id or node.measure.text} {node.op} {limit}{_window(node.when)}"
        case Score():
            return f"{node.scale} {node.op} {node.value}{_window(node.when)}"
        case Stage():
            return f"stage {node.prefix or ''}{'/'.join(node.allowed)}"
        case Interval():
            end = node.end.concept.id or node.end.concept.text if node.end else "index"
            start = node.start.concept.id or node.start.concept.text
            return f"{start}.{node.start.edge}→{end} {node.op} {node.duration}"
        case Person():
            if node.age:
                return f"age {node.age[0]} {node.age[1]}"
            return node.sex or f"childbearing={node.childbearing}"
        case Attest():
            return f"<{node.kind}{f' {node.at_least}' if node.at_least else ''}>"
        case Unread(text=text):
            return f"unread[{text}]"


def _has(node: Has) -> str:
    words = node.concept.id or repr(node.concept.text)
    if node.concept.kind == "allergy":
        words = f"allergy:{words}"
    if node.times:
        words = f"{node.times.op}{node.times.count}×{words}"
    if node.status:
        words += f"[{' '.join(node.status)}]"
    if node.qualifiers:
        words += f"{{{'; '.join(node.qualifiers)}}}"
    if node.severity:
        scale = f"{node.severity.scale} " if node.severity.scale else ""
        words += f" {scale}grade {node.severity.op} {node.severity.grade}"
    if node.evidence:
        words += f" by {'/'.join(method.id or method.text for method in node.evidence)}"
    if node.unless:
        words += f" unless({', '.join(map(_has, node.unless))})"
    if node.dose:
        words += f" dose {node.dose.op} {node.dose.quantity}"
    return words + _window(node.when)


def _window(window: Window | None) -> str:
    if window is None:
        return ""
    words = [] if window.side == "before" else [window.side]
    words += [f"≤{'!' if window.strict else ''}{window.at_most}"] if window.at_most else []
    words += [f"≥{'!' if window.strict else ''}{window.at_least}"] if window.at_least else []
    words += [f"lasting {window.lasting}"] if window.lasting else []
    words += [window.anchor] if window.anchor else []
    return f" @{' '.join(words)}"
