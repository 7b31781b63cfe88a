"""A population judged batch by batch, with a journal: what is finished is written down at once, and a broken-off run goes on after it.

The journal is a plain file of JSON lines: the terms first, then a line a batch with its counts. A last line that is torn is left out, and
its batch is judged again. It holds exact counts and no chart; it is for this machine.
"""

import os
from collections.abc import Callable, Iterator
from hashlib import blake2b
from pathlib import Path

import msgspec

from trialwright.codes.vocabulary import Vocabulary
from trialwright.criteria.nodes import Criteria
from trialwright.engines.counts import Counts, merged
from trialwright.engines.tables import fingerprint, is_table_folder, part_names

from .counting import FunnelTerms

_FILES, _PARTS = 100, 8
_ALONE = (".json", ".yaml", ".yml")


class JournalError(ValueError):
    """A journal that belongs to another trial, other terms or other charts, or no journal at all."""


class Batch(msgspec.Struct, frozen=True):
    """Files of charts, or parts of fact tables, that are judged together.

    name  made of the files' names, sizes and times: another one when a file has changed
    """

    name: str
    sources: tuple[str, ...]


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """A batch that was judged. given: inputs that it held; unread: those that could not be read."""

    batch: str
    counts: Counts
    given: int
    unread: int


class _Head(msgspec.Struct, frozen=True, kw_only=True):
    journal: str
    terms: str


_FORM = "trialwright.funnel-journal/1"


def batches(place: Path, *, split: bool) -> tuple[Batch, ...]:
    """The batches of a file or folder. split: into small ones, where its files can be judged apart; else one."""
    if is_table_folder(place):
        parts = part_names(place)
        return _batches(place / "persons", parts, _PARTS if split else max(1, len(parts)))
    files = sorted(path for path in place.rglob("*") if path.is_file()) if place.is_dir() else []
    if not (split and files and all(_stands_alone(path) for path in files)):
        return (Batch(_name(files or [place]), (str(place),)),)
    return _batches(place, tuple(str(path.relative_to(place)) for path in files), _FILES)


def _stands_alone(path: Path) -> bool:
    """Whether all of its patients' rows stand in this file: single FHIR resources may be scattered over several."""
    if path.suffix.lower() not in _ALONE:
        return False
    head = path.read_bytes()[: 1 << 20]
    return b'"resourceType"' not in head or b'"Bundle"' in head


def _batches(folder: Path, names: tuple[str, ...], size: int) -> tuple[Batch, ...]:
    groups = [names[first : first + size] for first in range(0, len(names), size)]
    return tuple(Batch(_name([folder / name for name in group]), group) for group in groups)


def _name(files: list[Path]) -> str:
    known = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    return blake2b(msgspec.json.encode(known), digest_size=12).hexdigest()


def run(found: tuple[Batch, ...], judge: Callable[[Batch], Done], journal: Path | None, terms: str) -> Iterator[Done]:
    """Each batch as it is finished; those that the journal has come first and are not judged again.

    terms   what the counts depend on, as `terms_of` gives it
    raises  JournalError
    """
    known = _read(journal, terms) if journal else {}
    yield from (known[batch.name] for batch in found if batch.name in known)
    for batch in found:
        if batch.name in known:
            continue
        done = judge(batch)
        if journal:
            _append(journal, done)
        yield done


def together(done: list[Done]) -> tuple[Counts, int, int]:
    """The counts of all batches, how many inputs they were given and how many of them could not be read."""
    counts = merged([one.counts for one in done])
    return counts, sum(one.given for one in done), sum(one.unread for one in done)


def terms_of(criteria: Criteria, terms: FunnelTerms, vocabulary: Vocabulary) -> str:
    """Changes with whatever may change a verdict."""
    parts = (criteria, terms.as_of, sorted(terms.complete), fingerprint(vocabulary))
    return blake2b(msgspec.json.encode(parts), digest_size=16).hexdigest()


def _read(journal: Path, terms: str) -> dict[str, Done]:
    """What is finished; the journal is begun where there is none."""
    if not journal.exists():
        with journal.open("xb") as new:
            _write(new.fileno(), msgspec.json.encode(_Head(journal=_FORM, terms=terms)))
        return {}
    data = journal.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    lines = whole.splitlines()
    try:
        head = msgspec.json.decode(lines[0], type=_Head) if lines else None
        done = [msgspec.json.decode(line, type=Done) for line in lines[1:]]
    except msgspec.DecodeError:
        raise JournalError(f"{journal}: no journal of a funnel; name a new file") from None
    if head is None or head.journal != _FORM:
        raise JournalError(f"{journal}: no journal of a funnel; name a new file")
    if head.terms != terms:
        raise JournalError(f"{journal}: of another trial, day or other terms; name a new file")
    if len(whole) < len(data):
        os.truncate(journal, len(whole))
    return {one.batch: one for one in done}


def _append(journal: Path, done: Done) -> None:
    with journal.open("ab") as file:
        _write(file.fileno(), msgspec.json.encode(done))


def _write(file: int, line: bytes) -> None:
    os.write(file, line + b"\n")
    os.fsync(file)
