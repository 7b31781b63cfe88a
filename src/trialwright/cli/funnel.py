"""`trialwright funnel`: one trial and a population in, what each criterion costs out."""

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from trialwright.cli import inputs, options
from trialwright.cli.output import Messages, Sink, sink

if TYPE_CHECKING:
    from trialwright.criteria.nodes import Criteria
    from trialwright.engines.thresholds import WhatIf
    from trialwright.export.funnels.counting import Counted, FunnelTerms
    from trialwright.export.funnels.report import FunnelReport
    from trialwright.export.funnels.running import Batch, Done
    from trialwright.trial import Trial

FORMATS = ("table", "json", "csv", "html", "svg")
FOUND = ("nobody",)


def what_if(value: str) -> "WhatIf":
    """`I3=80`, or `I3:hemoglobin=80` where the criterion has several limits."""
    from trialwright.engines.thresholds import WhatIf

    name, equals, number = value.rpartition("=")
    criterion, _, measure = name.partition(":")
    try:
        if equals and criterion.strip():
            limit = Decimal(number.strip())
            if limit.is_finite() and limit >= 0:
                return WhatIf(criterion.strip(), measure.strip(), limit)
    except InvalidOperation:
        pass
    raise click.BadParameter(f"{value!r}: expected a form such as I3=80 or I3:hemoglobin=80")


@click.command("funnel")
@click.argument("source", metavar="PATH|ID")
@click.option(
    "--patients",
    required=True,
    metavar="DIR|FILE",
    help="Charts in any form that `screen` takes, or a folder of fact tables.",
)
@options.as_of_option
@click.option(
    "--complete",
    type=options.some_of(options.domains),
    default="",
    metavar="NAMES",
    help="Lists of the charts that leave nothing out, so that what they do not name did not happen.",
)
@click.option("--without", type=options.names, default="", metavar="IDS", help="Criteria to switch off, such as I3,E2.")
@click.option("--order", type=options.names, default="", metavar="IDS", help="Criteria that come first, in this order.")
@click.option(
    "--what-if",
    "what_ifs",
    type=what_if,
    multiple=True,
    metavar="ID=NUMBER",
    help="Try a limit at another value: I3=80, or I3:hemoglobin=80; may be given again.",
)
@click.option(
    "--resume",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Keep what is finished in FILE, and go on after it.",
)
@options.format_option(*FORMATS)
@options.output_option
@options.fail_on_option(*FOUND)
@options.quiet_option
@click.pass_obj
def funnel_command(library: Path | None, /, *, source: str, patients: str, quiet: bool, **given: Any) -> int:
    """Count a population through a trial's criteria: who remains, who is possible, and what each criterion costs.

    Fewer than 10 people are shown as <10 in every format. It counts charts; it decides nothing about anybody.
    """
    output: Path | None = given["output"]
    form = given["form"] or ("svg" if output and output.suffix.lower() == ".svg" else None)
    form = options.chosen_format(form, output, FORMATS)
    messages = Messages(quiet=quiet)
    reader = inputs.Inputs(messages=messages, library=library)
    trial = _only(reader, source)
    if trial is None:
        return inputs.UNREADABLE
    if not Path(patients).exists():
        messages.error(f"{patients}: no such file or folder")
        return inputs.UNREADABLE
    report = _funnel(trial, Path(patients), given, messages)
    if report is None:
        return inputs.UNREADABLE
    with sink(output) as place:
        _WRITERS[form](place, report)
    last = report.steps[-1].possible if report.steps else report.people
    if report.unread:
        messages.note(f"not everything could be read: {report.unread} of {report.given} could not")
        return inputs.PARTLY
    return inputs.FOUND if "nobody" in given["fail_on"] and last.most == 0 else 0


def _only(reader: inputs.Inputs, source: str) -> "Trial | None":
    found = list(reader.trials((source,)))
    if len(found) > 1:
        raise click.UsageError(f"{source}: holds several trials; a funnel is made for one")
    return found[0] if found else None


def _funnel(trial: "Trial", place: Path, given: dict[str, Any], messages: Messages) -> "FunnelReport | None":
    """The report; None when nobody could be read, which has been said."""
    from trialwright.codes.vocabulary import default_vocabulary
    from trialwright.criteria.compiler import compile_criteria
    from trialwright.engines.counts import criteria_names
    from trialwright.engines.thresholds import ThresholdError
    from trialwright.export.funnels.counting import FunnelTerms, report_funnel, with_variants

    criteria = compile_criteria(trial, default_vocabulary())
    terms = FunnelTerms(
        as_of=given["as_of"] or options.today(),
        complete=frozenset(given["complete"]),
        order=given["order"],
        without=frozenset(given["without"]),
        what_if=given["what_ifs"],
    )
    asked = (
        ("--order", terms.order), ("--without", given["without"]),
        ("--what-if", tuple(one.criterion for one in terms.what_if)),
    )  # fmt: skip
    for option, ids in asked:
        _check_ids(option, ids, criteria_names(criteria))
    if not criteria.criteria:
        messages.note("the record has no criteria; everybody is possible")
    try:
        judged = with_variants(criteria, terms)
    except ThresholdError as error:
        raise click.UsageError(f"--what-if {error}") from error
    messages.note(f"as of {terms.as_of}; it counts charts and decides nothing")
    counted = _counted(judged, terms, (place, given["resume"]), messages)
    return report_funnel(trial, criteria, counted, terms) if counted else None


def _check_ids(option: str, ids: tuple[str, ...], known: tuple[str, ...]) -> None:
    for identity in ids:
        if identity not in known:
            hint = inputs.did_you_mean(identity, known)
            raise click.UsageError(f"{option}: no criterion {identity!r} in this trial{hint}")


def _counted(
    criteria: "Criteria", terms: "FunnelTerms", places: tuple[Path, Path | None], messages: Messages
) -> "Counted | None":
    from trialwright.codes.vocabulary import default_vocabulary
    from trialwright.engines.tables import TableError, is_table_folder
    from trialwright.export.funnels.counting import Counted
    from trialwright.export.funnels.running import JournalError, batches, run, terms_of, together

    place, journal = places
    is_tables = is_table_folder(place)
    found = batches(place, split=journal is not None)
    judge = _judge_tables(place, criteria, terms) if is_tables else _judge_charts(place, criteria, terms, messages)
    try:
        finished = run(found, judge, journal, terms_of(criteria, terms, default_vocabulary()))
        done = list(messages.counting(finished, "batches"))
    except (JournalError, TableError) as error:
        messages.error(str(error))
        return None
    except OSError as error:
        messages.error(f"{error.filename or place}: {error.strerror or 'cannot be read'}")
        return None
    counts, held, unread = together(done)
    if not counts.people:
        messages.error(f"{place}: no chart could be read")
        return None
    engine = "duckdb" if is_tables else "memory"
    return Counted(counts=counts, engine=engine, given=held, unread=unread, gaps=_gaps(criteria) if is_tables else {})


def _gaps(criteria: "Criteria") -> dict[str, str]:
    from trialwright.engines.sql import gaps

    return {gap.criterion: gap.reason for gap in gaps(criteria)}


def _judge_tables(place: Path, criteria: "Criteria", terms: "FunnelTerms") -> "Callable[[Batch], Done]":
    from trialwright.codes.vocabulary import default_vocabulary
    from trialwright.engines import duckdb
    from trialwright.export.funnels.running import Done
    from trialwright.patients.facts import Complete

    def judge(batch: "Batch") -> "Done":
        counts = duckdb.count(
            place,
            criteria,
            index_date=terms.as_of,
            complete=Complete(terms.complete),
            vocabulary=default_vocabulary(),
            parts=batch.sources,
        )
        return Done(batch=batch.name, counts=counts, given=counts.people, unread=0)

    return judge


def _judge_charts(
    place: Path, criteria: "Criteria", terms: "FunnelTerms", messages: Messages
) -> "Callable[[Batch], Done]":
    from trialwright.codes.vocabulary import default_vocabulary
    from trialwright.engines.counts import count_patients
    from trialwright.export.funnels.running import Done
    from trialwright.patients.facts import Complete

    def judge(batch: "Batch") -> "Done":
        charts = inputs.Inputs(messages=messages)
        counts = count_patients(
            charts.patients((str(place / name) for name in batch.sources), terms.as_of),
            criteria,
            index_date=terms.as_of,
            complete=Complete(terms.complete),
            vocabulary=default_vocabulary(),
        )
        return Done(batch=batch.name, counts=counts, given=charts.read + charts.unread, unread=charts.unread)

    return judge


def _table(place: Sink, report: "FunnelReport") -> None:
    from trialwright.export.funnels import to_rows, to_text

    place.paragraphs(to_text.head(report))
    place.table(to_rows.COLUMNS, to_rows.step_rows(report))
    place.paragraphs(to_text.foot(report))


def _json(place: Sink, report: "FunnelReport") -> None:
    import msgspec

    place.line(msgspec.json.format(msgspec.json.encode(report), indent=2))


def _csv(place: Sink, report: "FunnelReport") -> None:
    from trialwright.export.funnels.to_rows import to_csv

    for line in to_csv(report):
        place.write(line)


def _html(place: Sink, report: "FunnelReport") -> None:
    from trialwright.export.funnels.to_html import to_html

    place.write(to_html(report))


def _svg(place: Sink, report: "FunnelReport") -> None:
    from trialwright.export.funnels.drawing import to_svg

    place.write(to_svg(report))


_WRITERS = {"table": _table, "json": _json, "csv": _csv, "html": _html, "svg": _svg}
