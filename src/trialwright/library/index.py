"""The search index: tantivy's, in a folder of its own. Descriptions of trials go in, numbers of versions come out.

Nothing but numbers is stored in it; words are shown from the records. Every text field but `names` is stemmed.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from trialwright.library import folders
from trialwright.library.describing import OLDEST_MONTHS, Texts, Values
from trialwright.library.errors import DamagedIndexError, LibraryError

if TYPE_CHECKING:
    import tantivy

FORM = "3"
"""Raised when the fields or the list of its files change: an index of another form is made anew from the records."""

TEXT_FIELDS = (
    "title",
    "conditions",
    "interventions",
    "summary",
    "description",
    "inclusion",
    "exclusion",
    "outcomes",
    "people",
)
CHOICE_FIELDS = ("status", "phase", "type", "sex", "country")
SORT_FIELDS = ("started", "updated", "enrollment")
_WRITER_BYTES = 160_000_000
_LONGEST_WORD = 40


class Description(msgspec.Struct, frozen=True, kw_only=True):
    """All that the index holds of one version.

    named     its conditions and keywords, each as one stemmed key
    concepts  ids of the vocabulary that the trial is about, with what they are a kind of
    terms     what its criteria demand
    """

    version: int
    trial: str
    texts: Texts
    values: Values
    named: tuple[str, ...]
    concepts: tuple[str, ...]
    terms: tuple[str, ...]


@cache
def schema() -> "tantivy.Schema":
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("version", indexed=True, fast=True)
    builder.add_text_field("id", tokenizer_name="raw", index_option="basic")
    for name in TEXT_FIELDS:
        builder.add_text_field(name, tokenizer_name="stems")
    builder.add_text_field("names", tokenizer_name="words", index_option="basic")
    for name in ("named", "concepts", "criteria", "unstated"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in CHOICE_FIELDS:
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic", fast=True)
    for name in SORT_FIELDS:
        builder.add_unsigned_field(name, indexed=True, fast=True)
    for name in ("youngest", "oldest"):
        builder.add_float_field(name, indexed=True, fast=True)
    return builder.build()


@cache
def analyzer(name: str) -> "tantivy.TextAnalyzer":
    """name: `stems`, or `words` for the same without stemming."""
    import tantivy

    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    for step in (tantivy.Filter.remove_long(_LONGEST_WORD), tantivy.Filter.lowercase(), tantivy.Filter.ascii_fold()):
        builder = builder.filter(step)
    if name == "stems":
        builder = builder.filter(tantivy.Filter.stemmer("english"))
    return builder.build()


def count_of(found: "tantivy.SearchResult") -> int:
    """How many trials match, beyond those that were fetched."""
    return int(found.count or 0)  # type: ignore[attr-defined]  # missing in tantivy's own annotations


@lru_cache(maxsize=200_000)
def key_of(name: str) -> str:
    """A name as one key: its stems in their order. What is in brackets or after a comma stays."""
    return " ".join(analyzer("stems").analyze(name))


class Index:
    """One finished index folder. It never changes, so that a searcher made from it is good for as long as it is kept."""

    def __init__(self, path: Path, listed: str) -> None:
        """raises  DamagedIndexError when the folder is not as it was when it was finished"""
        folders.check(path, listed)
        self.path = path
        self.features: dict[int, Any] = {}
        """What comparing trials has worked out of each version; as good as the index for as long as the index is."""
        with damage_said(path):
            self.index = _opened(path)
            self.searcher = self.index.searcher()

    @property
    def schema(self) -> "tantivy.Schema":
        return schema()

    def versions(self, addresses: "list[tantivy.DocAddress]") -> list[int]:
        return [int(value or 0) for value in self.searcher.fast_field_values("version", addresses)]


class Writing:
    """Changes to an index folder that nobody reads yet."""

    def __init__(self, path: Path) -> None:
        import tantivy

        self._path = path
        with damage_said(path):
            if tantivy.Index.exists(str(path)):
                index = _opened(path)
            else:
                index = tantivy.Index(schema(), path=str(path), reuse=False)
                _register(index)
            # One thread: its segments are whole, and a second core is free to prepare what goes in.
            self._writer = index.writer(_WRITER_BYTES, 1)

    def put(self, description: Description) -> None:
        with damage_said(self._path):
            self._writer.add_document(_document(description))

    def take_out(self, version: int) -> None:
        import tantivy

        # By query: tantivy 0.27 takes the number of a deletion by term for a signed one and deletes nothing.
        self._writer.delete_documents_by_query(tantivy.Query.term_query(schema(), "version", version))

    def finish(self) -> str:
        """Writes everything; the manifest of the folder."""
        with damage_said(self._path):
            self._writer.commit()
            self._writer.wait_merging_threads()
        return folders.manifest(self._path)


def _opened(path: Path) -> "tantivy.Index":
    import tantivy

    index = tantivy.Index.open(str(path))
    index.config_reader("manual")
    _register(index)
    return index


def _register(index: "tantivy.Index") -> None:
    for name in ("stems", "words"):
        index.register_tokenizer(name, analyzer(name))


def _document(described: Description) -> "tantivy.Document":
    import tantivy

    texts, values = described.texts, described.values
    document = tantivy.Document()
    add = document.add_text
    document.add_unsigned("version", described.version)
    add("id", described.trial)
    for name in TEXT_FIELDS:
        text = getattr(texts, name)
        if text:
            add(name, text)
    for text in (texts.title, texts.conditions, texts.interventions):
        add("names", text)
    _add_all(document, "named", described.named)
    _add_all(document, "concepts", described.concepts)
    _add_all(document, "criteria", described.terms)
    _add_all(document, "unstated", values.unstated)
    for name in CHOICE_FIELDS:
        _add_all(document, name, getattr(values, name))
    for name in SORT_FIELDS:
        document.add_unsigned(name, getattr(values, name))
    document.add_float("youngest", min(values.youngest, OLDEST_MONTHS))
    document.add_float("oldest", min(values.oldest, OLDEST_MONTHS))
    return document


def _add_all(document: "tantivy.Document", field: str, words: Iterable[str]) -> None:
    for word in words:
        document.add_text(field, word)


@contextmanager
def damage_said(path: Path) -> Iterator[None]:
    """The search engine's complaints in the user's words.

    raises  LibraryError when the disk is full, DamagedIndexError otherwise
    """
    try:
        yield
    except (ValueError, OSError) as error:
        words = str(error)
        if "No space left" in words or "File too large" in words or "os error 28" in words:
            raise LibraryError(f"the disk is full: {path} could not be written") from None
        raise DamagedIndexError(f"{path}: the search index is damaged ({words[:200]})") from None
    except BaseException as error:
        # A panic of the engine is no Exception; its class has no public name.
        if type(error).__name__ != "PanicException":
            raise
        raise DamagedIndexError(f"{path}: the search index is damaged ({str(error)[:200]})") from None
