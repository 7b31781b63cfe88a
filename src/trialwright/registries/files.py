"""Files of any published form in, trials out: one file, an archive of files or a folder, in bounded memory.

The form is recognised by content, never by a file's name. A record that cannot be read comes out as an `Unreadable`
among the trials; a file that cannot be read at all raises `ReadError`, or is an `Unreadable` where others lie beside it.
"""

import io
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Literal, TypeVar

import msgspec

from trialwright.codes.places import Diagnostic
from trialwright.registries.feed import HEAD, Feed, Readable, Unpacked, lines
from trialwright.registries.remarks import remark_record
from trialwright.registries.unreadable import BadRecordError, ReadError, Unreadable
from trialwright.trial import Trial

Input = Path | str | bytes | BinaryIO
Shape = Literal["json", "csv", "xml", "portal", "flattened", "zip", "gzip", "tar"]
Found = Iterator[Trial | Unreadable]
_Bytes = TypeVar("_Bytes")

_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_TAR_MARK = slice(257, 262)
_DAMAGE = (OSError, EOFError, zlib.error)
_NCT = "protocolSection.identificationModule.nctId"


def read_trials(source: Input, name: str = "") -> Found:
    """Every trial of a source, in order.

    source   a path to a file, an archive (zip, tar, gz) or a folder; or a file's bytes; or a stream of them
    name     what to call bytes and streams in messages; paths name themselves, members of an archive `archive:member`
    returns  an iterator that reads as it goes; a record that cannot be read is an `Unreadable`. A trial whose number came
             before has the remark `duplicate-id`; every one has remarks on what publishing did to its texts
    raises   ReadError, at the first step, when nothing of the source can be read
    """
    first_at: dict[str, str] = {}
    for found in _read_source(source, name):
        yield _remark_duplicate(_remark_texts(found), first_at) if isinstance(found, Trial) else found


def read_trial(source: Input, name: str = "") -> Trial:
    """The one trial of a source.

    raises  ReadError when the source holds none, more than one, or one that cannot be read
    """
    trials = read_trials(source, name)
    trial = next(trials, None)
    called = name or _called(source)
    if trial is None:
        raise ReadError(f"{called}: holds no trial")
    if isinstance(trial, Unreadable):
        raise ReadError(trial.message)
    if next(trials, None) is not None:
        raise ReadError(f"{called}: holds more than one trial; expected one")
    return trial


def recognise(head: bytes) -> Shape | None:
    """What a file is, from its first bytes (64 KiB are enough); None when it is no form that is known."""
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    if head.startswith(b"\x1f\x8b"):
        return "gzip"
    if head[_TAR_MARK] == b"ustar":
        return "tar"
    if head.startswith(_UTF16):
        text = head[: len(head) // 2 * 2].decode("utf-16", errors="replace")
    else:
        text = head.removeprefix(_BOM).decode(errors="replace")
    return None if _is_noise(text) else _recognise_text(text.lstrip())


def _is_noise(text: str) -> bool:
    """Text holds no NUL, and next to nothing that cannot be decoded."""
    sample = text[: HEAD // 4]
    return "\0" in text or sample.count("\ufffd") > max(3, len(sample) // 50)


def _recognise_text(text: str) -> Shape | None:
    from trialwright.registries import csv_export, flattened, portal

    if text.startswith(("{", "[")):
        return "json"
    if "<clinical_study" in text or text.startswith("<?xml"):
        return "xml"
    if csv_export.columns(text.partition("\n")[0]) is not None:
        return "csv"
    if portal.looks_like(text):
        return "portal"
    return "flattened" if flattened.looks_like(text) else None


def _read_source(source: Input, name: str) -> Found:
    if isinstance(source, str | Path):
        path = Path(source)
        yield from _read_folder(path) if path.is_dir() else _read_path(path)
    elif isinstance(source, bytes):
        yield from _guarded(io.BytesIO(source), name, _read_file)
    else:
        yield from _guarded(source, name, _read_file)


def _read_path(path: Path) -> Found:
    try:
        stream = path.open("rb")
    except OSError as error:
        raise ReadError(f"{path}: {_reason(error)}") from None
    with stream:
        yield from _guarded(stream, str(path), _read_file)


def _read_folder(folder: Path) -> Found:
    """Its files and those of its folders, by name; hidden ones and links to folders are left alone."""
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_dir():
            yield from () if path.is_symlink() else _read_folder(path)
            continue
        try:
            yield from _read_path(path)
        except ReadError as error:
            yield Unreadable(str(path), 0, "", _problem(error, str(path)))


def _guarded(source: _Bytes, name: str, read: Callable[[_Bytes, str], Found]) -> Found:
    """The trials of one file; damage that shows only after some were read is an `Unreadable` in their place."""
    number = 0
    try:
        for found in read(source, name):
            number += 1
            yield found
    except (ReadError, *_DAMAGE) as error:
        problem = str(error) if isinstance(error, ReadError) else f"cannot be read: {_reason(error)}"
        if number == 0:
            raise ReadError(Unreadable(name, 0, "", problem).message) from None
        yield Unreadable(name, number + 1, "", problem)


def _problem(error: ReadError, name: str) -> str:
    """A file's error without its name, for where the name is said already."""
    return str(error).removeprefix(Unreadable(name, 0, "", "").message)


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) and error.strerror else str(error)) or "unknown"


def _read_file(stream: BinaryIO, name: str) -> Found:
    feed = Feed(stream)
    match recognise(feed.head()):
        case "zip":
            from trialwright.registries import archives

            yield from _read_members(archives.zip_members(stream, feed), name)
        case "gzip":
            yield from _read_unpacked(Feed(Unpacked(feed)), name)
        case _:
            yield from _read_unpacked(feed, name)


def _read_unpacked(feed: Feed, name: str) -> Found:
    shape = recognise(feed.head())
    if shape != "tar":
        yield from _read_plain(feed, shape, name)
        return
    from trialwright.registries import archives

    yield from _read_members(archives.tar_members(feed), name)


def _read_plain(feed: Feed, shape: Shape | None, name: str) -> Found:
    head = feed.head()
    if not head.strip():
        raise ReadError("empty")
    if head.startswith(_UTF16) and shape is not None:
        feed = Feed(io.BytesIO(feed.whole().decode("utf-16", errors="replace").encode()))
    match shape:
        case "json":
            from trialwright.registries import json_records

            yield from json_records.read_stream(feed, name)
        case "csv":
            from trialwright.registries import csv_export

            yield from csv_export.read(_text_lines(feed), name)
        case "xml":
            yield from _read_xml(feed.whole(), name)
        case "portal" | "flattened":
            yield _read_text(feed, shape, name)
        case "zip" | "gzip" | "tar":
            raise ReadError("an archive within an archive; unpack it first")
        case None:
            raise ReadError("no published form of a trial that is known here")


def _read_xml(data: bytes, name: str) -> Found:
    from trialwright.registries import classic_xml

    try:
        studies = classic_xml.studies(data)
    except BadRecordError as error:
        yield Unreadable(name, 1, error.place, error.problem)
        return
    for number, study in enumerate(studies, 1):
        try:
            yield classic_xml.read(study, name, number)
        except BadRecordError as error:
            yield Unreadable(name, number, error.place, error.problem)


def _read_text(feed: Feed, shape: Literal["portal", "flattened"], name: str) -> Trial:
    from trialwright.registries import flattened, portal

    text = feed.whole().removeprefix(_BOM).decode(errors="replace")
    trial = portal.read(text, name, 1) if shape == "portal" else flattened.read(text, name, 1)
    if "\ufffd" not in text:
        return trial
    remark = Diagnostic("bad-bytes", "some bytes are not UTF-8; what cannot be read is shown as U+FFFD")
    return msgspec.structs.replace(trial, diagnostics=(remark, *trial.diagnostics))


def _text_lines(feed: Feed) -> Iterator[str]:
    for number, line in enumerate(lines(feed.pieces())):
        if line is None:
            raise ReadError("a line too long for a row of the CSV export")
        yield (line.removeprefix(_BOM) if number == 0 else line).decode(errors="replace") + "\n"


def _read_members(members: Iterator[tuple[str, Readable]], name: str) -> Found:
    for member, stream in members:
        called = f"{name}:{member}".removeprefix(":")
        try:
            yield from _guarded(Feed(stream), called, _read_unpacked)
        except ReadError as error:
            yield Unreadable(called, 0, "", _problem(error, called))


def _remark_texts(trial: Trial) -> Trial:
    """API v2 is read straight into the types, often only to be passed on; the readers of the other forms look at the texts."""
    remarks = remark_record(trial.record) if trial.source.form == "api-v2" else ()
    return msgspec.structs.replace(trial, diagnostics=(*trial.diagnostics, *remarks)) if remarks else trial


def _remark_duplicate(trial: Trial, first_at: dict[str, str]) -> Trial:
    number = trial.nct_id
    if number is None:
        return trial
    here = f"record {trial.source.position} of {trial.source.name or 'the input'}"
    first = first_at.setdefault(number, here)
    if first is here:
        return trial
    remark = Diagnostic("duplicate-id", f"{number} was read before: {first}", _NCT)
    return msgspec.structs.replace(trial, diagnostics=(*trial.diagnostics, remark))


def _called(source: Input) -> str:
    return str(source) if isinstance(source, str | Path) else "input"
