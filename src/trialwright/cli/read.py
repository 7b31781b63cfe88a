"""`trialwright read`: records in any published form in, typed trials out: as a table, as API v2 JSON or as CSV."""

from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from trialwright.cli import inputs, options
from trialwright.cli.output import Messages, Sink, sink

if TYPE_CHECKING:
    from trialwright.trial import Trial

FORMATS = ("table", "json", "jsonl", "csv")
COLUMNS = ("id", "status", "phase", "enrollment", "sites", "form", "remarks", "title")
FOUND = ("remarks",)


@click.command("read")
@click.argument("sources", nargs=-1, required=True, metavar="PATH|ID…")
@options.format_option(*FORMATS)
@options.output_option
@options.limit_option
@options.fail_on_option(*FOUND)
@options.quiet_option
@click.pass_obj
def read_command(
    library: Path | None,
    /,
    *,
    sources: tuple[str, ...],
    form: str | None,
    output: Path | None,
    limit: int | None,
    fail_on: tuple[str, ...],
    quiet: bool,
) -> int:
    """Read trial records in any published form: API v2 JSON, CSV export, classic XML, portal text, flattened rows.

    PATH is a file or folder, `-` is stdin, ID is a trial of the library or a built-in sample.
    """
    form = options.chosen_format(form, output, FORMATS)
    given = inputs.Inputs(messages=Messages(quiet=quiet), library=library)
    found = 0

    def counting() -> Iterator["Trial"]:
        nonlocal found
        for trial in given.messages.counting(islice(given.trials(sources), limit), "records"):
            found += bool(trial.diagnostics)
            yield trial

    with sink(output) as place:
        _WRITERS[form](place, counting())
    return given.exit_code(found=bool(fail_on and found))


def _table(place: Sink, trials: Iterator["Trial"]) -> None:
    first = list(islice(trials, 2))
    if len(first) == 1:
        place.lines(_card(first[0]))
    else:
        place.table(COLUMNS, (_row(trial) for trial in chain(first, trials)))


def _csv(place: Sink, trials: Iterator["Trial"]) -> None:
    from trialwright.export.to_csv import lines

    for line in lines(COLUMNS, (_row(trial) for trial in trials)):
        place.write(line)


def _json(place: Sink, trials: Iterator["Trial"]) -> None:
    """One study as it is; several as the registry's API answers with them."""
    from trialwright.registries.ctgov import write

    first = list(islice(trials, 2))
    if len(first) == 1:
        place.line(_indented(write(first[0])))
        return
    place.write('{"studies": [')
    for number, trial in enumerate(chain(first, trials)):
        place.write(("," if number else "") + "\n")
        place.write(write(trial))
    place.line("\n]}")


def _indented(data: bytes) -> bytes:
    import msgspec

    return msgspec.json.format(data, indent=2)


def _jsonl(place: Sink, trials: Iterator["Trial"]) -> None:
    from trialwright.registries.ctgov import write

    for trial in trials:
        place.line(write(trial))


_WRITERS = {"table": _table, "json": _json, "jsonl": _jsonl, "csv": _csv}


def _row(trial: "Trial") -> tuple[str, ...]:
    from trialwright.export.record_text import as_read

    return (
        as_read(trial.nct_id or ""),
        trial.overall_status or "",
        "/".join(trial.phases),
        _enrollment(trial),
        str(len(trial.sites)) if trial.sites else "",
        trial.source.form,
        str(len(trial.diagnostics)) if trial.diagnostics else "",
        as_read(trial.title or ""),
    )


def _enrollment(trial: "Trial") -> str:
    design = trial.protocol.design
    counted = design.enrollment_info if design else None
    return "" if counted is None or counted.count is None else str(counted.count)


def _card(trial: "Trial") -> Iterator[str]:
    """One trial in words; a line for a field that the record lacks says so."""
    from trialwright.codes.places import draw
    from trialwright.export.record_text import as_read, shown

    yield f"{as_read(trial.nct_id or 'no id')} · {as_read(trial.title or 'no title')}"
    for name, value in _fields(trial):
        yield f"  {name:<14}{as_read(value) or '(not stated)'}"
    stripped = ", ".join(sorted(path.rpartition(".")[2] for path in trial.source.stripped))
    if stripped:
        yield f"  {'lost':<14}{stripped} (the form has their place, not their value)"
    text = trial.eligibility.eligibility_criteria or ""
    if trial.diagnostics:
        yield f"  {'remarks':<14}{len(trial.diagnostics)}"
    for remark in trial.diagnostics:
        shown_text = text if remark.where.endswith("eligibilityCriteria") else ""
        drawn = draw(remark, shown_text) if shown_text else f"{remark.where}: {remark.message} [{remark.code}]"
        yield from (f"    {shown(line)}" for line in drawn.removeprefix(": ").splitlines())


def _fields(trial: "Trial") -> Iterator[tuple[str, str]]:
    status, design = trial.protocol.status, trial.protocol.design
    eligibility = trial.eligibility
    start = status.start_date_struct.date if status and status.start_date_struct else None
    end = status.completion_date_struct.date if status and status.completion_date_struct else None
    ages = (eligibility.minimum_age, eligibility.maximum_age)
    yield "status", trial.overall_status or ""
    yield "phase", "/".join(trial.phases)
    yield "type", (design.study_type if design else None) or ""
    yield "enrollment", _enrollment(trial)
    yield "dates", f"{start or 'not stated'} to {end or 'not stated'}" if start or end else ""
    yield "conditions", ", ".join(trial.conditions)
    yield "interventions", ", ".join(filter(None, (part.name for part in trial.interventions)))
    yield "arms", ", ".join(part.label or "unnamed" for part in trial.arms)
    yield "outcomes", ", ".join(f"{kind}: {outcome.measure or 'unnamed'}" for kind, outcome in trial.outcomes())
    yield "ages", f"{ages[0] or 'no lower limit'} to {ages[1] or 'no upper limit'}" if any(ages) else ""
    yield "sex", eligibility.sex or ""
    yield "eligibility", f"{len(eligibility.eligibility_criteria or '')} characters"
    yield "sites", ", ".join(filter(None, (site.facility or site.city for site in trial.sites)))
    yield "read from", f"{trial.source.name}, {trial.source.form}, record {trial.source.position}"
