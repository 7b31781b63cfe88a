"""Options that several commands share, and the types their values are read into."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import click

if TYPE_CHECKING:
    from trialwright.patients.facts import Domain

_Command = TypeVar("_Command", bound=Callable[..., Any])
_SUFFIXES = {".html": "html", ".htm": "html", ".md": "md", ".json": "json", ".jsonl": "jsonl", ".csv": "csv"}


def day(value: str) -> date:
    """A day as YYYY-MM-DD that is on the calendar."""
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is no day of the calendar; expected a form such as 2026-03-02") from None


def names(value: str) -> tuple[str, ...]:
    """Names joined by commas."""
    return tuple(name.strip() for name in value.split(",") if name.strip())


def some_of(allowed: Callable[[], tuple[str, ...]]) -> Callable[[str], tuple[str, ...]]:
    """Names joined by commas, each an allowed one."""

    def read(value: str) -> tuple[str, ...]:
        for name in names(value):
            if name not in allowed():
                from trialwright.cli.inputs import did_you_mean

                hint = did_you_mean(name, allowed()) or f"; expected {', '.join(allowed())}"
                raise click.BadParameter(f"there is no {name!r}{hint}")
        return names(value)

    return read


def domains() -> "tuple[Domain, ...]":
    from trialwright.patients.facts import Domain

    return get_args(Domain)


def today() -> date:
    return datetime.now().astimezone().date()


def format_option(*formats: str) -> Callable[[_Command], _Command]:
    return click.option(
        "--format",
        "form",
        type=click.Choice(formats),
        help="How to print it; without it, the suffix of -o decides, then `table`.",
    )


def fail_on_option(*found: str) -> Callable[[_Command], _Command]:
    return click.option(
        "--fail-on",
        type=some_of(lambda: found),
        default="",
        metavar="NAMES",
        help=f"Exit with 1 when there is any of these: {', '.join(found)}.",
    )


output_option = click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write there and not to stdout.",
)
limit_option = click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most N of the list.")
quiet_option = click.option("-q", "--quiet", is_flag=True, help="No notes on stderr, errors only.")
as_of_option = click.option(
    "--as-of", type=day, metavar="DATE", help="The day eligibility is judged.  [default: today]"
)


def chosen_format(form: str | None, output: Path | None, allowed: tuple[str, ...]) -> str:
    """The format asked for, or the one that the file's suffix names."""
    if form:
        return form
    by_suffix = _SUFFIXES.get(output.suffix.lower(), "table") if output else "table"
    if by_suffix not in allowed:
        raise click.UsageError(f"{output}: no {by_suffix} here; expected --format {'|'.join(allowed)}")
    return by_suffix
