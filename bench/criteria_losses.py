"""What readings called whole leave out: numbers, known concepts and unknown words of the text that stand nowhere in the tree.

A reading called whole promises that every word is in a node. Here each criterion read whole is lexed again, and what the lexer
saw is looked for in the tree: a number by its value, a known concept by its id or its words, an unknown word by itself. Words
that an Attest quotes count as kept, but a number does not when the Attest is about consent and the like: an age in the same
sentence is then lost. The figures are upper bounds of the harm (some words say nothing) and a list of places to look.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal

import msgspec

from criteria_corpora import Figure, criteria_of, drawn, registry_records, share
from trialwright.codes.vocabulary import default_vocabulary
from trialwright.criteria.chunks import Chunk
from trialwright.criteria.lexer import Lexer
from trialwright.criteria.nodes import Attest, Criterion, Node, rebuild, without_spans

_QUOTES_ALL = frozenset({"consent", "compliance", "capacity", "fitness", "availability"})
_NUMBER = re.compile(r"(?<![\w.,/-])\d+(?:,\d{3})*(?:\.\d+)?(?![\w/-]|[.,]\d)")
# Numbers that name something: they need not stand in a tree.
_NAMING = re.compile(
    r"(?:visits?|days?|recist|version|v\.?|cycles?|phases?|exon|types?|part|cohort|appendix|section|step|guidelines? \(|c\d+)\s*$",
    re.IGNORECASE,
)
_ITEM_NUMBER = re.compile(r"^\s*[(\[]?\d{1,2}(?:\.\d{1,2})*\\?[.):]?\s+")
_WORDS_OF_NO_WEIGHT = frozenset(
    re.findall(
        r"\w+",
        "as at be been being by during for from has have having if in into is it its may of on or such that the their them there "
        "these they this those to was were which who will with study subject subjects patient patients participant participants trial "
        "must should would can could criteria following least defined a an and are not",
    )
)


def measure(sample: int | None, examples: int) -> list[Figure]:
    lost: dict[str, Counter[str]] = defaultdict(Counter)
    places: dict[str, list[str]] = defaultdict(list)
    whole = 0
    for record in drawn(registry_records(), sample):
        for criterion in criteria_of(record.text, record.trial):
            if criterion.reading != "whole":
                continue
            whole += 1
            for kind, word in set(_losses(criterion)):
                lost[kind][word] += 1
                if not places[kind] or not places[kind][-1].startswith(f"{record.trial} {criterion.id}:"):
                    places[kind].append(f"{record.trial} {criterion.id}: {word!r} of {_short(criterion.text)!r}")
    figures = [share("losses", f"whole readings that lose {kind}", len(found), whole) for kind, found in places.items()]
    print("\n# losses")
    for figure in figures:
        print("  " + str(figure))
    for kind, found in places.items():
        print(f"   {kind}: " + "; ".join(f"{word} {count}" for word, count in lost[kind].most_common(30)))
        for place in drawn(found, 4 * examples):
            print("          " + place)
    return figures


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= 170 else words[:169] + "…"


def _losses(criterion: Criterion) -> Iterator[tuple[str, str]]:
    kept = _kept(criterion.node)
    numbers = {
        Decimal(found.replace(",", ""))
        for found in re.findall(r"\d+(?:,\d{3})*(?:\.\d+)?", _kept(_unquoted(criterion.node)))
    }
    text = _ITEM_NUMBER.sub("", criterion.text)
    for match in _NUMBER.finditer(text):
        value = Decimal(match.group(0).replace(",", ""))
        if value and value not in numbers and not _NAMING.search(text[: match.start()]):
            yield "a number", match.group(0)
    words = set(re.findall(r"\w+", kept))
    for chunk in Lexer(criterion.text, default_vocabulary()).chunks():
        said = criterion.text[chunk.start : chunk.end].lower()
        if chunk.cat in "CROMK" and not _has(chunk, said, kept):
            yield "a known concept", chunk.value.id
        elif chunk.cat == "U" and said not in words and said not in _WORDS_OF_NO_WEIGHT and said.isalpha():
            yield "an unknown word", said


def _has(chunk: Chunk, said: str, kept: str) -> bool:
    return f'"{chunk.value.id}"' in kept or all(word in kept for word in re.findall(r"\w+", said))


def _kept(node: Node) -> str:
    return msgspec.json.encode(without_spans(node)).decode().lower()


def _unquoted(node: Node) -> Node:
    def bare(part: Node) -> Node:
        quotes = isinstance(part, Attest) and part.kind in _QUOTES_ALL
        return msgspec.structs.replace(part, text="") if quotes else part

    return rebuild(node, bare)
