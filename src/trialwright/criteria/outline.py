"""Eligibility text to its outline: sections, and in each the items as printed, nested as printed.

Comes in: the text of any published form, Markdown with escapes, indented classic text, one flowed line. Goes out: `Section`s
with `Item`s whose spans are places in that very text. No word is dropped: what stands before the first item, between
sections or under no heading becomes an item too.
"""

import itertools
import re
from collections.abc import Iterator
from typing import Literal

import msgspec

from trialwright.codes.places import Span
from trialwright.criteria.flowed import Line, flowed_lines
from trialwright.criteria.nodes import CriterionKind

MarkerKind = Literal["bullet", "number", "letter", "roman", "none"]


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One printed item. span: its own words, without marker and children. number: as printed, "" for a bullet."""

    number: str
    marker: MarkerKind
    span: Span
    children: tuple["Item", ...] = ()

    @property
    def whole(self) -> Span:
        return self.span if not self.children else self.span.cover(self.children[-1].whole)


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """kind: from the heading; "inclusion" for text without one. lead: a printed line that introduces the items, or an empty span."""

    kind: CriterionKind
    heading: str
    lead: Span
    items: tuple[Item, ...]
    stated: bool = True


_ADJECTIVES = (
    r"(?:(?:key|main|major|general|specific|study|patients?|subjects?|participants?|additional|overall|other|primary|core|"
    r"basic|clinical|important|selected|common|summary|brief|abbreviated|principal|trial|protocol)\s+)*"
)
_INCLUSION_WORDS = r"(?:inclusion|eligibility|selection|entry|enrol?lment|included)(?:\s+(?:criteri(?:a|on)|requirements?))|inclusions?"
_EXCLUSION_WORDS = (
    r"(?:exclusion|non-?\s?inclusion|exclusionary|excluded|ineligibility)(?:\s+(?:criteri(?:a|on)))|exclusions?"
)
_HEADING = re.compile(
    rf"(?i)^[\s*#_>-]*{_ADJECTIVES}(?:(?P<exclusion>{_EXCLUSION_WORDS})|(?P<inclusion>{_INCLUSION_WORDS}))\b"
    r"(?P<rest>[^:\n]{0,90}?)(?:\s*[:：]+[\s*_]*|[\s*_]*$)(?P<same>.*)$"
)
_SENTENCE_HEADING = re.compile(
    r"(?i)^[\s*#_]*(?:(?P<exclusion>(?:(?:patients?|subjects?|participants?|volunteers?|individuals|persons?|children|women|men|"
    r"you|your child|those|candidates)\b.{0,90}\b(?:excluded|ineligible|not (?:be )?eligible|may not|must not|cannot participate)\b.{0,50}|"
    r"excluded\b.{0,60}|not eligible\b.{0,30}))|"
    r"(?P<inclusion>(?:patients?|subjects?|participants?|volunteers?|individuals|children|you|your child)\s+"
    r"(?:must|should|may be eligible|are eligible|will be eligible|eligible)\b.{0,60}|required|"
    r"(?:disease|patient) characteristics))\s*:\s*$"
)
_PLAIN_REST = re.compile(
    r"(?i)^[\s\-–(]*(?:(?:are|is|will be|include[sd]?|the|as|follow(?:s|ing)|for|this|study|participation|trial|:|patients?|"
    r"subjects?|participants?|all|of|to|be|in|enrol?lment|and|met|must|criteria|if|any|apply|eligibility|inclusion|entry|"
    r"ineligible|excluded|eligible|not|meet(?:s|ing)?|these|each|one|more|or|who|have|has|with|from|entering|entry|not)\b[\s:)]*)*$"
)
_INLINE_HEADING = re.compile(rf"(?i)(?<=[.;:)\s]){_ADJECTIVES}(?:exclusion|inclusion) criteria\s*[:：]")
_MARKER = re.compile(
    r"^(?P<indent>[ \t]*)(?P<marker>\\?[*•·▪◦●○■□➢➤✓‣∙]+|[-–—−]+(?=\s|[A-Z≥≤<>])|o(?=\s{1,3}[A-Z])|"
    r"#?\(?(?P<number>\d{1,2}(?:\.\d{1,2}){0,3})\s?(?:\\?[.)、:]|(?<=\d\.\d)(?=\s))(?!\d)|"
    r"\(?(?P<roman>[ivx]{1,5})(?:\\?[.)])(?=\s)|\(?(?P<letter>[a-zA-Z])(?:\\?[.)])(?=\s))[ \t]*"
)
_INLINE_MARKERS = (
    re.compile(r"(?<![\w.])\(?(?P<mark>\d{1,2})\)(?=\s?\S)"),
    re.compile(r"(?:(?<=\s)|^)(?P<mark>\d{1,2})\\?\.(?=\s|[A-Z])(?!\d)"),
    re.compile(r"(?<!\w)\(?(?P<mark>[a-z])\)(?=\s?\S)"),
    re.compile(r"(?:(?<=[\s:;.])|^)(?P<mark>[a-z])\.(?=\s+[A-Z])"),
    re.compile(r"(?<!\w)\(?(?P<mark>i{1,3}|iv|vi{0,3}|ix|x)\)(?=\s?\S)"),
    re.compile(r"(?P<mark>[①②③④⑤⑥⑦⑧⑨⑩])"),
)
_DASHED = re.compile(r"(?:(?<=\s)|^)[-*•]\s+(?=\S)")
_ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x")
_SENTENCE_END = re.compile(r"(?<=[a-z0-9)%\]][.;])\s+(?=[A-Z≥≤<>])")
_CONTINUES = re.compile(r"^\s*(?:[a-z(,;&]|Note\b|NOTE\b|Or\b|OR\b|And\b|AND\b|[≥≤<>=])")
_EMPTY = re.compile(r"[\s\-_=*.:;•·]*\d{0,2}[\s.):]*")
_NUMBERED = frozenset({"number", "letter", "roman"})


class _Line(msgspec.Struct, frozen=True, kw_only=True):
    indent: int
    marker: MarkerKind
    number: str
    span: Span
    after_blank: bool


def outline(text: str) -> tuple[Section, ...]:
    """The sections of an eligibility text, in order; empty for a text without a word."""
    sections = []
    for kind, stated, heading, body in _split(text):
        lead, lines = _lead(text, _lines(text, body))
        items = tuple(_split_inline(text, item) for item in _nest(text, lines))
        if len(items) == 1 and not items[0].children and items[0].marker == "none":
            items = _loose(text, items[0])
        items = _unwrap(text, _run_on(text, tuple(_reflowed(text, items))))
        if items or lead.end > lead.start or heading:
            sections.append(Section(kind=kind, heading=heading, lead=lead, items=items, stated=stated))
    return tuple(section for section in sections if section.items or section.heading)


_LABEL_ABOVE = re.compile(r"(?i)\s*(?P<label>(?:concurrent|concomitant|prior|previous)\s+[a-z/ -]{3,40}?)\s*:\s*$")


def _label_above(before: str) -> str:
    """`Concurrent Medication:` on the line above `Excluded:` says of what the list is."""
    lines = before.rstrip().splitlines()
    match = _LABEL_ABOVE.match(lines[-1]) if lines else None
    return match.group("label") if match else ""


def _split(text: str) -> Iterator[tuple[CriterionKind, bool, str, Span]]:
    """Each section's kind, whether a heading said so, its heading and the span of its body."""
    kind: CriterionKind = "inclusion"
    stated, heading, start = False, "", 0
    for line in _physical_lines(text):
        words = line.of(text)
        found = _heading(words)
        if found is None:
            continue
        if text[start : line.start].strip() or heading:
            yield kind, stated, heading, Span(start, line.start)
        label = _label_above(text[start : line.start])
        kind, heading, offset = found
        heading = f"{label}: {heading}" if label else heading
        stated, start = True, line.start + offset
    if text[start:].strip() or heading:
        yield kind, stated, heading, Span(start, len(text))


def _physical_lines(text: str) -> Iterator[Span]:
    """Lines, cut before a heading that stands inside one."""
    position = 0
    for line in text.splitlines(keepends=True):
        cuts = [match.start() for match in _INLINE_HEADING.finditer(line) if match.start() > 0]
        edges = [0, *cuts, len(line)]
        for left, right in itertools.pairwise(edges):
            yield Span(position + left, position + right)
        position += len(line)


def _heading(line: str) -> tuple[CriterionKind, str, int] | None:
    """Kind, heading words and where the rest of the line begins; None for a line that is no heading."""
    match = _HEADING.match(line.rstrip("\r\n")) if len(line) < 4000 else _HEADING.match(line[:300])
    if match is not None:
        same = match.group("same")
        is_title = ":" in match.group(0)[: match.start("same")] or "：" in match.group(0)[: match.start("same")]
        if (is_title or not same.strip()) and _is_title(match.group("rest")):
            again = _heading(same) if same.strip() else None
            kind: CriterionKind = "exclusion" if match.group("exclusion") else "inclusion"
            heading = " ".join(line[: match.start("same")].split()).strip(" *#_>-:：").strip()
            if again is not None and again[0] == kind:
                return kind, again[1], match.start("same") + again[2]
            return kind, heading, match.start("same")
    sentence = _SENTENCE_HEADING.match(line.rstrip()) if len(line) < 200 else None
    if sentence is not None and not _MARKER.match(line):
        kind = "exclusion" if sentence.group("exclusion") else "inclusion"
        return kind, " ".join(line.split()).strip(" *#_:"), len(line)
    return None


def _is_title(rest: str) -> bool:
    return len(rest) < 60 or rest.lstrip().startswith("(") or _PLAIN_REST.match(rest) is not None


def heading_condition(heading: str) -> str:
    """The words of a heading that narrow whom its items apply to ("for healthy volunteers"); "" when there are none."""
    match = _HEADING.match(heading)
    if match is None:
        return ""
    rest = match.group("rest")
    return "" if _PLAIN_REST.match(rest) else " ".join(rest.split()).strip(" -–:()")


def _lines(text: str, body: Span) -> list[_Line]:
    lines: list[_Line] = []
    position, blank = body.start, True
    for raw in text[body.start : body.end].splitlines(keepends=True):
        stripped = raw.strip()
        if stripped and not _EMPTY.fullmatch(raw):
            lines.append(_line(raw, position, blank))
            blank = False
        elif not stripped:
            blank = True
        position += len(raw)
    return lines


def _line(raw: str, position: int, blank: bool) -> _Line:
    match = _MARKER.match(raw)
    end = position + len(raw.rstrip())
    if match is None or position + match.end() >= end:
        lead = len(raw) - len(raw.lstrip())
        return _Line(indent=lead, marker="none", number="", span=Span(position + lead, end), after_blank=blank)
    again = _MARKER.match(raw[match.end() :]) if not match.group("number") else None
    if again is not None and len(again.group("roman") or "") > 1 and match.end() + again.end() < len(raw.rstrip()):
        # "- viii. X": the dash is the form's, the number is the author's.
        start = position + match.end() + again.end()
        indent = len(raw[: match.end()].expandtabs(4))
        number = again.group("roman")
        return _Line(indent=indent, marker="roman", number=number, span=Span(start, end), after_blank=blank)
    if again is not None and again.group("number") and match.end() + again.end() < len(raw.rstrip()):
        number, start = again.group("number"), position + match.end() + again.end()
        return _Line(
            indent=len(raw[: match.end()].expandtabs(4)),
            marker="number",
            number=number,
            span=Span(start, end),
            after_blank=blank,
        )
    kind: MarkerKind = "bullet"
    number = ""
    for name in ("number", "letter", "roman"):
        if match.group(name):
            kind, number = name, match.group(name)
    if kind == "roman" and number in ("i", "v", "x") and len(number) == 1:
        kind = "roman" if number == "i" else "letter"
    indent = len(match.group("indent").expandtabs(4))
    return _Line(indent=indent, marker=kind, number=number, span=Span(position + match.end(), end), after_blank=blank)


def _lead(text: str, lines: list[_Line]) -> tuple[Span, list[_Line]]:
    """A first unmarked line that only introduces the marked ones ("Patients must meet all of the following:")."""
    first = lines[0].span.of(text) if lines else ""
    introduces = first.endswith(":") and (
        len(first.split()) > 4 or "following" in first.lower() or "must" in first.lower()
    )
    if len(lines) > 1 and lines[0].marker == "none" and lines[1].marker != "none" and introduces:
        return lines[0].span, lines[1:]
    start = lines[0].span.start if lines else 0
    return Span(start, start), lines


def _nest(text: str, lines: list[_Line]) -> tuple[Item, ...]:
    marked = any(line.marker != "none" for line in lines)
    roots: list[_Draft] = []
    stack: list[_Draft] = []
    for line in lines:
        if stack and line.marker == "none" and _continues(text, line, stack[-1], marked):
            stack[-1].extend(line)
            continue
        draft = _Draft(line)
        _climb(stack, line, text)
        (stack[-1].children if stack else roots).append(draft)
        stack.append(draft)
    return tuple(draft.item() for draft in roots)


class _Draft:
    __slots__ = ("children", "end", "line")

    def __init__(self, line: _Line) -> None:
        self.line, self.end = line, line.span.end
        self.children: list[_Draft] = []

    def extend(self, line: _Line) -> None:
        self.end = line.span.end

    def item(self) -> Item:
        children = tuple(child.item() for child in self.children)
        return Item(
            number=self.line.number,
            marker=self.line.marker,
            span=Span(self.line.span.start, self.end),
            children=children,
        )


def _continues(text: str, line: _Line, last: _Draft, marked: bool) -> bool:
    words = text[line.span.start : min(line.span.end, line.span.start + 40)]
    before = text[last.line.span.start : last.end].rstrip()
    if last.line.marker == "none":
        return not line.after_blank and (
            _CONTINUES.match(words) is not None or (before.endswith((",", ";")) is False and line.indent > 8)
        )
    if words.rstrip().endswith(":") and line.after_blank and line.span.end - line.span.start < 40:
        return False
    if not line.after_blank:
        return True
    if _CONTINUES.match(words) or before.endswith((":", ",")):
        return True
    return marked and last.line.marker == "number" and line.indent > last.line.indent


def _climb(stack: list["_Draft"], line: _Line, text: str) -> None:
    """Leave on the stack only the drafts that the line stands under."""
    while stack:
        top = stack[-1].line
        if line.marker == "none" or (top.marker == "none" and not _is_subheading(top.span.of(text))):
            stack.pop()
            continue
        if top.marker == "none":
            return
        if line.indent > top.indent + 1:
            return
        if line.indent < top.indent - 1:
            stack.pop()
            continue
        if line.marker == top.marker and "." not in line.number:
            stack.pop()
            return
        if _is_child(line, stack, text):
            return
        stack.pop()


def _is_subheading(words: str) -> bool:
    return words.rstrip().endswith(":") and len(words) < 200


def _is_child(line: _Line, stack: list["_Draft"], text: str) -> bool:
    """At the same indent, another kind of marker that begins its sequence opens a nested list."""
    top = stack[-1].line
    if "." in line.number and line.number.startswith(top.number + ".") and top.number:
        return True
    if line.marker == top.marker or any(draft.line.marker == line.marker for draft in stack[:-1]):
        return False
    if line.marker in ("letter", "roman", "number"):
        return line.number.lower() in ("a", "i", "1") and (top.marker != "bullet" or _ends_open(text, stack[-1]))
    return top.marker in _NUMBERED and _ends_open(text, stack[-1])


def _ends_open(text: str, draft: "_Draft") -> bool:
    return text[draft.line.span.start : draft.end].rstrip().endswith(":")


def _split_inline(text: str, item: Item) -> Item:
    """An item whose own words hold a list "a) … b) … c) …" gets that list as children, printed children after them."""
    if item.children:
        children = tuple(_split_inline(text, child) for child in item.children)
        return msgspec.structs.replace(item, children=children)
    words = item.span.of(text)
    if len(words) > 12:
        for pattern in _INLINE_MARKERS:
            marks = _sequence(list(pattern.finditer(words)))
            if len(marks) >= 2:
                return _with_marks(text, item, marks)
    return item


def _sequence(matches: list[re.Match[str]]) -> list[re.Match[str]]:
    """The marks that run a, b, c … or 1, 2, 3 … from the first."""
    marks: list[re.Match[str]] = []
    for match in matches:
        if _rank(match.group("mark")) == len(marks) + 1:
            marks.append(match)
    return marks


def _rank(mark: str) -> int:
    if mark.isdecimal():
        return int(mark)
    if mark in "①②③④⑤⑥⑦⑧⑨⑩":
        return "①②③④⑤⑥⑦⑧⑨⑩".index(mark) + 1
    return ord(mark) - 96 if len(mark) == 1 and mark != "i" else _ROMAN.index(mark) + 1


def _with_marks(text: str, item: Item, marks: list[re.Match[str]]) -> Item:
    base = item.span.start
    edges = [base + mark.start() for mark in marks[1:]] + [item.span.end]
    children = []
    for mark, edge in zip(marks, edges, strict=True):
        start = base + mark.end()
        raw = text[start:edge]
        span = Span(
            start + len(raw) - len(raw.lstrip()), max(start + len(raw.rstrip()), start + len(raw) - len(raw.lstrip()))
        )
        name = mark.group("mark")
        marker: MarkerKind = "number" if not name.isalpha() else "letter"
        children.append(Item(number=name, marker=marker, span=span))
    lead = text[base : base + marks[0].start()].rstrip()
    return msgspec.structs.replace(item, span=Span(base, base + len(lead)), children=tuple(children))


def _loose(text: str, item: Item) -> tuple[Item, ...]:
    """One unmarked paragraph: its dashed items, or its sentences."""
    words = item.span.of(text)
    for pattern in _INLINE_MARKERS[:2]:
        marks = _sequence(list(pattern.finditer(words)))
        if len(marks) >= 2 and not words[: marks[0].start()].strip(" :-"):
            return _with_marks(text, item, marks).children
    dashes = list(_DASHED.finditer(words))
    cuts = (
        [match.end() for match in dashes]
        if len(dashes) > 1
        else [match.end() for match in _SENTENCE_END.finditer(words)]
    )
    if not cuts:
        return (item,)
    edges = ([0] if len(dashes) <= 1 or dashes[0].start() > 0 else []) + cuts
    ends = (
        [match.start() for match in (dashes[1:] if edges and edges[0] == cuts[0] else dashes)]
        if len(dashes) > 1
        else cuts
    )
    spans = []
    for left, right in zip(edges, [*ends, len(words)], strict=False):
        piece = words[left:right]
        if piece.strip():
            start = item.span.start + left + len(piece) - len(piece.lstrip())
            spans.append(Span(start, start + len(piece.strip())))
    return tuple(_split_inline(text, Item(number="", marker="none", span=span)) for span in spans)


def _reflowed(text: str, items: tuple[Item, ...]) -> Iterator[Item]:
    """Paragraphs of an old layout, flowed into one line or wrapped anywhere, as the lines they were."""
    for run in _paragraphs(text, items):
        lines = flowed_lines(text, run[0].span.cover(run[-1].span)) if not run[0].children else ()
        yield from itertools.chain.from_iterable(map(_of_line, lines)) if lines else run


def _of_line(line: Line) -> Iterator[Item]:
    items = tuple(Item(number="", marker="none", span=span) for span in line.statements)
    yield from (items if line.label is None else (Item(number="", marker="none", span=line.label, children=items),))


def _paragraphs(text: str, items: tuple[Item, ...]) -> list[list[Item]]:
    """Unmarked items with nothing but a line break between them, together; every other item by itself."""
    runs: list[list[Item]] = []
    for item in items:
        loose = item.marker == "none" and not item.children
        before = runs[-1][-1] if runs else None
        gap = text[before.span.end : item.span.start] if before else ""
        if loose and before and before.marker == "none" and not before.children and gap.count("\n") < 2:
            runs[-1].append(item)
        else:
            runs.append([item])
    return runs


def _run_on(text: str, items: tuple[Item, ...]) -> tuple[Item, ...]:
    """`1. X 2. Y 3. Z` in one line: numbers behind the first are items too, unless the next line is printed as the next."""
    split: list[Item] = []
    for place, item in enumerate(items):
        following = items[place + 1].number if place + 1 < len(items) else ""
        base = int(item.number) if item.number.isdecimal() else 0
        marks = (
            _following_marks(item.span.of(text), base)
            if base and not item.children and following != str(base + 1)
            else []
        )
        if not marks:
            split.append(item)
            continue
        start = item.span.start
        ends = [start + mark.start() for mark in marks] + [item.span.end]
        split.append(msgspec.structs.replace(item, span=_stripped(text, Span(start, ends[0]))))
        for mark, end in zip(marks, ends[1:], strict=True):
            span = _stripped(text, Span(start + mark.end(), end))
            split.append(Item(number=mark.group("mark"), marker="number", span=span))
    return tuple(split)


def _following_marks(words: str, base: int) -> list[re.Match[str]]:
    marks: list[re.Match[str]] = []
    for match in _INLINE_MARKERS[1].finditer(words):
        if int(match.group("mark")) == base + len(marks) + 1:
            marks.append(match)
    return marks


def _stripped(text: str, span: Span) -> Span:
    words = span.of(text)
    start = span.start + len(words) - len(words.lstrip())
    return Span(start, max(start, span.start + len(words.rstrip())))


def _unwrap(text: str, items: tuple[Item, ...]) -> tuple[Item, ...]:
    """A lone item without words of its own gives way to its children."""
    while len(items) == 1 and items[0].children and not items[0].span.of(text).strip():
        items = items[0].children
    return items
