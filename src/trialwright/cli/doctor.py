"""`trialwright doctor`: what is installed, where things are, and what is missing."""

import platform
import re
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Literal, NamedTuple

import click

from trialwright import __version__
from trialwright.cli import inputs, options
from trialwright.cli.output import Messages, sink

FORMATS = ("table", "json")
FOUND = ("missing",)
_NEED = re.compile(r"(?P<name>[A-Za-z0-9._-]+)[^;]*(?:;.*extra == ['\"](?P<extra>[\w-]+)['\"])?")


class Item(NamedTuple):
    """state: `optional` is missing too, and only what `what` names needs it."""

    what: str
    state: Literal["ok", "missing", "optional"]
    detail: str


@click.command("doctor")
@options.format_option(*FORMATS)
@options.output_option
@options.fail_on_option(*FOUND)
@options.quiet_option
@click.pass_obj
def doctor_command(
    library: Path | None, /, *, form: str | None, output: Path | None, fail_on: tuple[str, ...], quiet: bool
) -> int:
    """Say what is installed, where the library is, and what is missing. Nothing is changed."""
    import msgspec

    form = options.chosen_format(form, output, FORMATS)
    items = [*_program(), *_packages(), *_data(library)]
    with sink(output) as place:
        if form == "json":
            place.line(msgspec.json.format(msgspec.json.encode([item._asdict() for item in items]), indent=2))
        else:
            place.table(Item._fields, iter(items))
    missing = [item.what for item in items if item.state == "missing"]
    if missing:
        Messages(quiet=quiet).note(f"missing: {', '.join(missing)}")
    return 1 if fail_on and missing else 0


def _program() -> Iterator[Item]:
    yield Item("trialwright", "ok", __version__)
    yield Item("python", "ok", platform.python_version())


def _packages() -> Iterator[Item]:
    """What the project's own metadata says it needs; `name (extra)` for what only some commands need."""
    try:
        needs = metadata.requires("trialwright") or []
    except metadata.PackageNotFoundError:
        yield Item("package metadata", "missing", "trialwright is not installed; run make setup")
        return
    for need in needs:
        match = _NEED.match(need)
        if match is None:
            continue
        name, extra = match["name"], match["extra"]
        what = f"{name} ({extra})" if extra else name
        try:
            yield Item(what, "ok", metadata.version(name))
        except metadata.PackageNotFoundError:
            yield Item(what, "optional" if extra else "missing", f"install trialwright[{extra}]" if extra else need)


def _data(library: Path | None) -> Iterator[Item]:
    from trialwright import samples
    from trialwright.codes.vocabulary import default_vocabulary

    entries = len(default_vocabulary())
    yield Item("vocabulary", "ok" if entries else "missing", f"{entries} entries")
    trials, patients = samples.trial_paths(), samples.patient_paths()
    yield Item("samples", "ok" if trials and patients else "missing", f"{len(trials)} trials, {len(patients)} patients")
    home = inputs.library_home(library)
    yield Item("library", "ok" if home.is_dir() else "optional", f"{home}{'' if home.is_dir() else ' (none yet)'}")
