"""The command `trialwright`: arguments in, exit code out. What a command needs is imported when it runs, never before.

stdout is data, stderr is messages. Exit codes: 0 done, 1 something found (only behind --fail-on), 2 usage, 3 input
unreadable, 4 partly read; 130 interrupted, 141 nobody reads the output any more.
"""

import errno
import os
import sys
from importlib import import_module
from pathlib import Path

import click

from trialwright import __version__

COMMANDS = {
    "read": "Read trial records in any published form.",
    "check": "Say what is odd in records and in their criteria.",
    "criteria": "Show eligibility criteria as they were read.",
    "load": "Take records into the local library.",
    "pull": "Bring records from a live registry into the local library.",
    "search": "Search the local library, each result with why it is there.",
    "similar": "Find the trials most like one, with reasons.",
    "compare": "Set two trials side by side.",
    "history": "Say what changed between the versions of a trial.",
    "rank": "Order the trials of the library for a patient, with reasons.",
    "screen": "Screen patients for trials, with reasons.",
    "changes": "Say what changed between two saved screenings, and why.",
    "funnel": "Count a population through a trial's criteria.",
    "plan": "Plan a trial from the day of the first dose.",
    "serve": "Serve the pages and the API on this machine.",
    "demo": "Screen the built-in patients for the built-in trials.",
    "doctor": "Say what is installed, where things are, and what is missing.",
}


class _Commands(click.Group):
    """Commands by name; a command's module is imported only when it is called for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        command = getattr(import_module(f"trialwright.cli.{cmd_name}"), f"{cmd_name}_command")
        if not isinstance(command, click.Command):
            raise TypeError(f"trialwright.cli.{cmd_name} holds no command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            from trialwright.cli.inputs import did_you_mean

            ctx.fail(f"there is no command {args[0]!r}{did_you_mean(args[0], COMMANDS)}")
        return super().resolve_command(ctx, args)


@click.group(cls=_Commands, no_args_is_help=False, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="trialwright", message="%(prog)s %(version)s")
@click.option(
    "--library",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="TRIALWRIGHT_LIBRARY",
    metavar="DIR",
    help="Where the local library of trials is.  [default: the user's data folder]",
)
@click.pass_context
def root(ctx: click.Context, library: Path | None) -> None:
    """Published clinical-trial records in; typed trials, readable criteria and reasoned verdicts on patients out.

    Everything runs on this machine; nothing about a patient leaves it.
    """
    ctx.obj = library


def main() -> None:
    """Runs the command of `sys.argv` and exits."""
    try:
        code = _run()
        sys.stdout.flush()
    except OSError as error:
        if error.errno != errno.EPIPE:
            raise
        # Python flushes stdout once more at exit; pointed at nothing, it stays silent.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 141
    sys.exit(code)


def _run() -> int:
    # Not root.main(): it makes 1 of a pipe that nobody reads any more, and 1 means that something was found.
    try:
        with root.make_context("trialwright", sys.argv[1:]) as context:
            code = root.invoke(context)
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.ClickException as error:
        context_of = getattr(error, "ctx", None)
        hint = f" (see {context_of.command_path} --help)" if context_of else ""
        click.echo(f"error: {' '.join(error.format_message().split())}{hint}", err=True)
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return 130
    return code if isinstance(code, int) else 0
