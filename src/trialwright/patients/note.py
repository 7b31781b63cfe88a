"""A clinic note in plain English in, one patient out: what the note says of the patient, each fact with the words it was read from.

A denial is a fact, a relative's illness is a relative's, and what a note only supposes is no fact. A note in another language gives no
facts at all. What no fact was taken from is listed by its place, so that nothing is dropped in silence.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import PurePath

import msgspec

from trialwright.codes.dates import PartialDate
from trialwright.codes.vocabulary import Vocabulary

from .course import DIAGNOSIS, RECURRENCE, course
from .facts import Fact, Occurrence, Patient
from .naming import Namer
from .note_dates import Dated, dates_in, impossible, spans_of
from .note_facts import occurrences
from .note_mentions import read_mentions
from .note_parts import Note, Part
from .note_people import person, statements
from .note_recurrences import shown_in, sites_of_recurrence
from .note_results import results
from .note_text import Sentence, other_language, sentences, written_on
from .remarks import ChartError, Remarks

LARGEST = 1_000_000
_LONGEST_TITLE = 4


def read_note(data: bytes, name: str, vocabulary: Vocabulary, as_of: date | None = None) -> Patient:
    """The patient that a note speaks of.

    as_of   the day the note is looked at: a note that gives no day of its own is read as written then, and says so
    raises  ChartError for what is no text in UTF-8, and for more than 1 MB
    """
    if len(data) > LARGEST:
        raise ChartError(f"{name}: no clinic note: it is larger than {LARGEST // 1_000_000} MB")
    try:
        text = data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise ChartError(f"{name}: no text in UTF-8 (byte {error.start})") from None
    stem = PurePath(name).stem or "note"
    remarks = Remarks()
    if language := other_language(text):
        remarks.add(
            "other-language",
            PurePath(name).name,
            f"the note is in {language} and not in English; nothing of it is read",
        )
        return Patient(id=stem, diagnostics=remarks.all(), unread=True)
    day = written_on(text)
    if day is None:
        at = (
            "as written on the day it is looked at"
            if as_of
            else "without a day: ages and times before now stay unknown"
        )
        remarks.add("note-undated", PurePath(name).name, f"the note gives no day of its own; read {at}")
        day = PartialDate.of(as_of) if as_of else None
    note = Note(PurePath(name).name, text, Namer(vocabulary), remarks, day)
    about = person(text, day)
    facts = tuple(_settled(_facts(note, vocabulary), note))
    _list_unread(note)
    return Patient(
        id=stem,
        birth=about.birth,
        sex=about.sex,
        facts=(*facts, *course(facts, note.namer)),
        diagnostics=remarks.all(),
    )


def _facts(note: Note, vocabulary: Vocabulary) -> Iterator[Fact]:
    dates = dates_in(note.text, note.day)
    for sentence in sentences(note.text):
        part = _part(note, sentence, dates, vocabulary)
        if sentence.line != note.line:
            note.line, note.seen = sentence.line, None
        _turn_to_disease(part)
        found: list[Fact] = [*occurrences(part), *sites_of_recurrence(part), *results(part), *statements(part)]
        if bad := impossible(part.text, note.day):
            note.remarks.add(
                "bad-date",
                note.source(part.start + bad[0][0], part.start + bad[0][1]),
                "no date that can be; results beside it are not used",
            )
            found = [_undated(fact) for fact in found if isinstance(fact, Occurrence)]
        if not found:
            (note.unused if part.mentions else note.unknown).append((part.start, part.end))
        yield from found
        if note.recurrence and note.recurrence_line == note.line:
            note.shown += shown_in(part, note.recurrence)
        days = [one for one in part.dates if one.role in ("on", "period") and one.first.is_exact]
        days = [one for one in days if note.day is None or one.first.earliest <= note.day.latest]
        if days:
            note.seen = max((one.last or one.first for one in days), key=lambda day: day.earliest)


def _list_unread(note: Note) -> None:
    """The sentences that gave nothing, by their characters. A heading or a greeting has nothing to give."""
    told = [span for span in note.unknown if len(note.text[span[0] : span[1]].split()) > _LONGEST_TITLE]
    for spans, why in (
        (note.unused, "name things that no fact was taken from"),
        (told, "name nothing that is known here"),
    ):
        if spans:
            number = "1 sentence" if len(spans) == 1 else f"{len(spans)} sentences"
            places = ", ".join(f"{start}-{end}" for start, end in spans)
            note.remarks.add("note-unread", note.name, f"{number} that {why}: characters {places}")


def _undated(fact: Occurrence) -> Occurrence:
    nothing: PartialDate | None = None
    return msgspec.structs.replace(fact, start=nothing, end=nothing)


def _part(note: Note, sentence: Sentence, dates: Iterable[Dated], vocabulary: Vocabulary) -> Part:
    inside = tuple(one for one in dates if sentence.start <= one.start < sentence.end)
    read = read_mentions(note.text, (sentence.start, sentence.end), vocabulary, spans_of(inside))
    return Part(note, sentence.start, sentence.end, read.mentions, read.unknown, inside)


def _turn_to_disease(part: Part) -> None:
    """The cancer that the next sentences speak of: the last one that this one names as the patient's own."""
    for mention, stands in zip(part.mentions, part.standings, strict=True):
        own = not (stands.family or stands.supposed or stands.certainty == "refuted")
        namer, before = part.note.namer, part.note.disease
        is_cancer = mention.kind == "condition" and namer.is_a(mention.concept, "malignancy")
        # "Undifferentiated carcinoma" of a nasopharyngeal carcinoma is no other disease.
        is_wider = before is not None and namer.is_a(before, mention.concept.id or "")
        if own and is_cancer and not is_wider and not namer.is_a(mention.concept, "metastatic-cancer"):
            part.note.disease = mention.concept
            return


def _settled(facts: Iterable[Fact], note: Note) -> Iterator[Fact]:
    """Without what is only named again: an undated mention adds nothing beside a dated one of the same thing or of a kind of it."""
    found = [_with_evidence(fact, note) for fact in dict.fromkeys(facts)]
    own = [one for one in found if isinstance(one, Occurrence) and _is_own(one)]
    dated = [one for one in own if (one.start or one.end) and one.concept.id]
    again = any(isinstance(fact, Occurrence) and fact.concept == RECURRENCE and fact.start for fact in found)
    for fact in found:
        if again and isinstance(fact, Occurrence) and fact.status == "recurrence" and fact.start is None:
            continue
        if not (isinstance(fact, Occurrence) and _is_own(fact) and _is_bare(fact)) or not any(
            note.namer.is_a(one.concept, fact.concept.id or "") and one.certainty == fact.certainty for one in dated
        ):
            yield fact


def _with_evidence(fact: Fact, note: Note) -> Fact:
    """A recurrence is shown by all that its line names, in whatever sentence."""
    again = note.recurrence
    if again is None or not isinstance(fact, Occurrence) or fact.status != "recurrence" or fact.start != again.start:
        return fact
    return msgspec.structs.replace(fact, evidence=tuple(dict.fromkeys((*fact.evidence, *note.shown))))


def _is_own(fact: Occurrence) -> bool:
    return not (fact.family or fact.planned) and fact.concept not in (RECURRENCE, DIAGNOSIS)


def _is_bare(fact: Occurrence) -> bool:
    """Whether it has no day and says nothing but its name."""
    more = (fact.start, fact.end, fact.grade, fact.dose, fact.cause, fact.reason, fact.site)
    return all(one is None for one in more)
