"""YAML or JSON text in, nodes that know their line and their place in the form out. Aliases are refused: a form needs none."""

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import yaml

from .remarks import FormError

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_LARGEST = 16_000_000
_DEEPEST = 20
_NULL = "tag:yaml.org,2002:null"


@dataclass(frozen=True, slots=True)
class FormNode:
    """One place of a form. path: the keys that lead to it, for messages."""

    node: yaml.Node
    file: str
    path: tuple[str, ...] = ()

    @property
    def line(self) -> int:
        mark = self.node.start_mark
        return int(mark.line) + 1 if mark else 1

    @property
    def source(self) -> str:
        return f"{self.file}:{self.line}"

    @property
    def is_empty(self) -> bool:
        return self.node.tag == _NULL or (isinstance(self.node, yaml.ScalarNode) and not self.node.value.strip())

    @property
    def is_text(self) -> bool:
        return isinstance(self.node, yaml.ScalarNode)

    @property
    def is_list(self) -> bool:
        return isinstance(self.node, yaml.SequenceNode)

    def wrong(self, message: str) -> FormError:
        place = ", ".join(self.path)
        return FormError(f"{self.source}: {place}: {message}" if place else f"{self.source}: {message}")

    def unknown_key(self, key: str, known: Iterable[str]) -> FormError:
        """The error for a key that there is not, with the nearest one that there is."""
        known = tuple(known)
        near = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
        hint = f"did you mean {near[0]!r}?" if near else f"expected one of {', '.join(known)}"
        return self.wrong(f"there is no key {key!r}; {hint}")

    def text(self, expected: str = "words") -> str:
        if not isinstance(self.node, yaml.ScalarNode):
            raise self.wrong(f"found a {self._kind()}; expected {expected}")
        return str(self.node.value).strip()

    def items(self) -> Iterator["FormNode"]:
        """The items of a list; a single value is a list of one, an empty place has none."""
        if isinstance(self.node, yaml.SequenceNode):
            for number, item in enumerate(self.node.value, 1):
                yield FormNode(item, self.file, (*self.path, f"item {number}"))
        elif not self.is_empty:
            yield self

    def fields(self, expected: str = "keys with values") -> dict[str, "FormNode"]:
        """The values by key.

        raises  FormError when it is no mapping, or when a key stands twice
        """
        if self.is_empty:
            return {}
        if not isinstance(self.node, yaml.MappingNode):
            raise self.wrong(f"found a {self._kind()}; expected {expected}")
        found: dict[str, FormNode] = {}
        for key, value in self.node.value:
            name = FormNode(key, self.file, self.path).text("a key")
            if name in found:
                raise FormNode(key, self.file, self.path).wrong(f"the key {name!r} stands twice")
            found[name] = FormNode(value, self.file, (*self.path, name))
        return found

    def _kind(self) -> str:
        return {yaml.ScalarNode: "single value", yaml.SequenceNode: "list", yaml.MappingNode: "mapping"}.get(
            type(self.node), "value"
        )


def documents(data: bytes, file: str) -> Iterator[FormNode]:
    """The documents of a YAML or JSON text.

    raises  FormError when it is no UTF-8 text, no YAML, or holds an alias
    """
    if len(data) > _LARGEST:
        raise FormError(f"{file}: no patient form: it is larger than {_LARGEST // 1_000_000} MB")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FormError(f"{file}: no text in UTF-8 (byte {error.start})") from None
    if text.lstrip()[:1] in ("{", "["):
        text = text.replace("\t", " ")
    try:
        _refuse_excess(text, file)
        nodes = list(yaml.compose_all(text, Loader=_LOADER))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise FormError(f"{file}:{mark.line + 1 if mark else 1}: no YAML: {error.problem or error.context}") from None
    except yaml.YAMLError:
        raise FormError(f"{file}: no YAML: it holds characters that a text file does not") from None
    for node in nodes:
        yield FormNode(node, file)


def _refuse_excess(text: str, file: str) -> None:
    """An alias, or nesting that no form has, is refused before anything is built from it."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        line = event.start_mark.line + 1 if event.start_mark else 1
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise FormError(f"{file}:{line}: no patient form: it is nested too deeply")
        if isinstance(event, yaml.AliasEvent):
            raise FormError(f"{file}:{line}: an alias (*name) is not read in a form")
