"""`trialwright rank`: the trials of the library ordered for a patient: by problem, then by verdict, each with its reasons."""

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from trialwright.cli import inputs, options
from trialwright.cli.library import filter_options, filters_of, opened
from trialwright.cli.output import Messages, Sink, sink
from trialwright.cli.results import Block, write_blocks

if TYPE_CHECKING:
    from trialwright.library import View
    from trialwright.library.problems import Case
    from trialwright.library.ranking import Ranked

FORMATS = ("table", "json", "jsonl", "csv")
COLUMNS = ("id", "verdict", "status", "score", "title", "why")
_CHART = re.compile(r"\ufeff?\s*(?:[{\[]|(?:#.*\n\s*)*(?:- )?(?:id|sex|birth|patients|conditions)\s*:)")
_SHOWN = 8


@click.command("rank")
@click.argument("patient", metavar="PATIENT|NOTE")
@click.option(
    "--complete",
    type=options.some_of(options.domains),
    default="",
    metavar="NAMES",
    help="Lists of the chart that leave nothing out.",
)
@options.as_of_option
@filter_options
@options.format_option(*FORMATS)
@options.output_option
@options.limit_option
@options.quiet_option
@click.pass_obj
def rank_command(library: Path | None, /, *, patient: str, quiet: bool, **given: Any) -> int:
    """Order the trials of the library for a patient: what they are about, then whether the criteria let the patient in.

    PATIENT is a chart as `screen` takes it, NOTE a text file; `-` is stdin. What the patient does not have, what runs in the
    family and what is only planned is not searched for. It supports people who decide; it decides nothing.
    """
    form, output = options.chosen_format(given["form"], given["output"], FORMATS), given["output"]
    filters, as_of = filters_of(given), given["as_of"] or options.today()
    messages = Messages(quiet=quiet)
    with opened(library, messages) as held, held.view() as view:
        from trialwright.library.ranking import RankTerms, rank
        from trialwright.patients.facts import Complete

        case = _case(patient, view, (messages, as_of))
        if case is None:
            return inputs.UNREADABLE
        complete = Complete(frozenset(given["complete"]))
        found = rank(view, case, RankTerms(as_of=as_of, complete=complete, filters=filters, limit=given["limit"] or 20))
    messages.note(f"as of {as_of}; {len(found)} trials; it decides nothing")
    with sink(output) as place:
        _WRITERS[form](place, case, found)
    return 0


def _case(source: str, view: "View", told: "tuple[Messages, Any]") -> "Case | None":
    from trialwright.library.charts import case_of_patient
    from trialwright.library.problems import case_of_note

    messages, as_of = told
    if source != "-" and not Path(source).is_file():
        messages.error(f"{source}: no such file; expected a chart or a note")
        return None
    try:
        data = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
    except OSError as error:
        messages.error(f"{source}: {error.strerror or 'cannot be read'}")
        return None
    text = data.decode(errors="replace")
    if not text.strip() or "\0" in text:
        messages.error(f"{source}: {'no text' if text.strip() else 'empty'}; expected a chart or a note")
        return None
    if not _CHART.match(text):
        return case_of_note(text, view.index, view.concepts, as_of)
    from trialwright.patients.loading import read_patients
    from trialwright.patients.remarks import ChartError

    try:
        patients = list(read_patients(data if source == "-" else Path(source), as_of=as_of))
    except ChartError as error:
        messages.error(str(error))
        return None
    if len(patients) != 1:
        messages.error(f"{source}: holds {len(patients)} patients; expected one")
        return None
    return case_of_patient(patients[0], view.index, view.concepts, as_of)


def _table(place: Sink, case: "Case", found: "tuple[Ranked, ...]") -> None:
    from trialwright.export.record_text import as_read

    names = [as_read(problem.name) for problem in case.problems[:_SHOWN]]
    left = [f"{as_read(one.name)} ({one.why})" for one in case.left_out[:_SHOWN]]
    place.line(f"searched for: {', '.join(names) or 'nothing that the library knows'}")
    if left:
        place.line(f"left out: {', '.join(left)}")
    place.line()
    write_blocks(place, map(_block, found), COLUMNS, map(_row, found))


def _block(one: "Ranked") -> Block:
    verdict = f"{one.verdict}, {one.passed} pass, {len(one.failed)} fail, {one.unknown} open"
    return Block(
        trial=one.trial,
        facts=(verdict, one.status, f"{one.score:.3f}"),
        title=one.title,
        lines=(("why", "; ".join(one.why)),),
    )


def _csv(place: Sink, case: "Case", found: "tuple[Ranked, ...]") -> None:
    from trialwright.export.to_csv import lines

    del case
    for line in lines(COLUMNS, map(_row, found)):
        place.write(line)


def _json(place: Sink, case: "Case", found: "tuple[Ranked, ...]") -> None:
    import msgspec

    document = {
        "problems": [
            {"name": one.name, "concept": one.concept, "weight": round(one.weight, 3)} for one in case.problems
        ],
        "left_out": [{"name": one.name, "why": one.why} for one in case.left_out],
        "trials": [_object(one) for one in found],
    }
    place.line(msgspec.json.format(msgspec.json.encode(document), indent=2))


def _jsonl(place: Sink, case: "Case", found: "tuple[Ranked, ...]") -> None:
    import msgspec

    del case
    for one in found:
        place.line(msgspec.json.encode(_object(one)))


def _object(one: "Ranked") -> dict[str, object]:
    return {
        "nctId": one.trial,
        "score": one.score,
        "verdict": one.verdict,
        "why": one.why,
        "title": one.title,
        "status": one.status,
        "passed": one.passed,
        "unknown": one.unknown,
        "failed": [{"id": id_, "why": why} for id_, why in one.failed],
        "outside": one.outside,
    }


def _row(one: "Ranked") -> tuple[str, ...]:
    from trialwright.export.record_text import as_read

    return (
        as_read(one.trial),
        one.verdict,
        one.status or "",
        f"{one.score:.3f}",
        as_read(one.title),
        as_read("; ".join(one.why)),
    )


_WRITERS = {"table": _table, "json": _json, "jsonl": _jsonl, "csv": _csv}
