"""What the commands on the library share: opening it, saying its errors, and the filters that several of them take."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from trialwright.cli.inputs import UNREADABLE, library_home
from trialwright.cli.output import Messages

if TYPE_CHECKING:
    from trialwright.library import Library
    from trialwright.library.asking import FilterText

_Command = TypeVar("_Command", bound=Callable[..., Any])

_FILTERS = {
    "status": ("NAMES", "Recruitment status, such as recruiting; several joined by commas."),
    "phase": ("NAMES", "Phase, such as 3; several joined by commas."),
    "type": ("NAME", "interventional, observational or expanded-access."),
    "sex": ("SEX", "Open to female or to male patients."),
    "age": ("YEARS", "Open to this age."),
    "country": ("NAMES", "With a site in this country; several joined by commas."),
    "near": ("LAT,LON,KM", "With a recruiting site within so many kilometres of a place."),
    "condition": ("WORDS", "About this condition, by any of its names."),
    "intervention": ("WORDS", "With this drug, class or procedure, by any of its names."),
    "sponsor": ("WORDS", "Of this sponsor or at this site."),
    "accepts": ("NAME", "Criteria do not rule it out: prior-pd1."),
    "allows": ("SCALE=VALUE", "Criteria do not rule it out: ecog=2."),
    "excludes": ("NAME", "Criteria rule it out, always or in some cases: hbv."),
    "requires": ("NAME", "Criteria ask for it: histology=squamous, stage=IVA."),
}


def filter_options(command: _Command) -> _Command:
    """Adds an option for each filter; each may be given several times, and all must hold."""
    for name, (metavar, words) in reversed(_FILTERS.items()):
        command = click.option(f"--{name}", f"filter_{name}", multiple=True, metavar=metavar, help=words)(command)
    return command


def filters_of(given: dict[str, Any]) -> "tuple[FilterText, ...]":
    """The filters among a command's options, taken out of them."""
    from trialwright.library.asking import FilterText

    return tuple(FilterText(name, value) for name in _FILTERS for value in given.pop(f"filter_{name}"))


@contextmanager
def opened(library: Path | None, messages: Messages, *, create: bool = False) -> "Iterator[Library]":
    """The library, with its errors said in one line: exit code 2 for a query that cannot be understood, 3 for the rest."""
    try:
        from trialwright.library import Library
    except ImportError:
        messages.error("the library needs tantivy, which is not installed; install trialwright[library]")
        raise click.exceptions.Exit(UNREADABLE) from None
    from trialwright.library.errors import LibraryError, QueryError

    try:
        yield Library(library_home(library), create=create, told=messages.note)
    except QueryError as error:
        raise click.UsageError(str(error)) from None
    except LibraryError as error:
        messages.error(str(error))
        raise click.exceptions.Exit(UNREADABLE) from None
    except ImportError as error:
        messages.error(f"the library needs {error.name}, which is not installed; install trialwright[library]")
        raise click.exceptions.Exit(UNREADABLE) from None
