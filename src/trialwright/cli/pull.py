"""`trialwright pull`: what a live registry has on a condition into the local library, and later only what changed."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from trialwright.cli import options
from trialwright.cli.inputs import FOUND, PARTLY, UNREADABLE
from trialwright.cli.library import opened
from trialwright.cli.load import write_counts
from trialwright.cli.output import Messages, sink

if TYPE_CHECKING:
    from trialwright.library.pulling import Progress

FORMATS = ("table", "json")


@click.command("pull")
@click.option("--condition", default="", metavar="WORDS", help="The condition to ask for.")
@click.option("--term", default="", metavar="WORDS", help="Other words to ask for.")
@click.option("--all", "everything", is_flag=True, help="Ask for every trial of the registry.")
@click.option(
    "--since",
    type=options.day,
    metavar="DATE",
    help="Only records updated on that day or later.  [default: the day up to which this was pulled before]",
)
@click.option(
    "--base-url", metavar="URL", help="A server that speaks ClinicalTrials.gov API v2.  [default: ClinicalTrials.gov]"
)
@click.option("--pause", type=click.FloatRange(min=0), default=1.0, metavar="SECONDS", help="Between two requests.")
@click.option("--page-size", type=click.IntRange(1, 1000), default=200, metavar="N", help="Studies a page.")
@options.format_option(*FORMATS)
@options.output_option
@options.fail_on_option("new", "changed", "unreadable")
@options.quiet_option
@click.pass_obj
def pull_command(
    library: Path | None,
    /,
    *,
    condition: str,
    term: str,
    everything: bool,
    since: date | None,
    base_url: str | None,
    pause: float,
    page_size: int,
    form: str | None,
    output: Path | None,
    fail_on: tuple[str, ...],
    quiet: bool,
) -> int:
    """Bring records from a server into the library. What was begun and stopped goes on where it stopped.

    This is the one command that uses the network, and it sends nothing but what is asked for here.
    """
    form = options.chosen_format(form, output, FORMATS)
    if not (condition or term or everything):
        raise click.UsageError("nothing to ask for; expected --condition, --term or --all")
    messages = Messages(quiet=quiet)
    with opened(library, messages, create=True) as held, sink(output) as place:
        from trialwright.library.loading import Terms
        from trialwright.library.pulling import pull
        from trialwright.registries.client import CLINICALTRIALS, Asked, Client, ClientError, Manners

        asked = Asked(condition=condition, term=term, since=since.isoformat() if since else None, page_size=page_size)
        terms = Terms(today=options.today(), concepts=held.concepts, workers=None, told=_telling(messages))
        try:
            with (
                Client(base_url or CLINICALTRIALS, Manners(pause_s=pause), messages.note) as client,
                _bar(quiet) as shown,
            ):
                done = pull(held, client, asked, terms, progress=shown)
        except ClientError as error:
            messages.error(str(error))
            return UNREADABLE
        messages.note(
            f"asked for {f'what changed since {done.since}' if done.since else 'everything'}, data of {done.upto}"
        )
        write_counts(place, form, done.counts, 0)
    if done.counts.unreadable:
        messages.note(f"{done.counts.unreadable} records could not be read")
        return PARTLY if done.counts.read else UNREADABLE
    return FOUND if any(getattr(done.counts, name) for name in fail_on) else 0


def _telling(messages: Messages) -> Callable[[str, str], None]:
    def told(outcome: str, said: str) -> None:
        if outcome == "unreadable":
            messages.error(said)

    return told


@contextmanager
def _bar(quiet: bool) -> "Iterator[Callable[[Progress], None] | None]":
    """A progress bar on stderr, on a terminal only."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(length=1, label="pulling", file=sys.stderr, show_pos=True) as bar:

        def shown(progress: "Progress") -> None:
            bar.length = max(progress.total or 0, progress.done, 1)
            bar.update(progress.done - bar.pos)

        yield shown
