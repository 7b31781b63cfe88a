"""`trialwright serve`: the pages and the API over the local library, on this machine unless told otherwise."""

import ipaddress
import os
import secrets
import socket
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from trialwright.cli import options
from trialwright.cli.inputs import UNREADABLE, library_home
from trialwright.cli.library import opened
from trialwright.cli.output import Messages

if TYPE_CHECKING:
    from trialwright.web.app import Serving

PORT = 8765
TOKEN = "TRIALWRIGHT_TOKEN"  # noqa: S105 - the name of a variable
_SHORTEST_TOKEN = 16
_MOST_CONNECTIONS = 1000
_IDLE_S = 10
_MOST_WORKERS = 64
_LAST_ANSWERS_S = 5


@click.command("serve")
@click.option("--host", default="127.0.0.1", metavar="ADDRESS", help="Where to listen.  [default: 127.0.0.1]")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=PORT, metavar="N", help=f"0 takes a free one.  [default: {PORT}]"
)
@click.option(
    "--token-file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help=f"Its first line is the token that every request must show.  [default: {TOKEN} in the environment]",
)
@click.option(
    "--workers",
    type=click.IntRange(1, _MOST_WORKERS),
    default=1,
    metavar="N",
    help="Processes that answer; each holds its own memory.  [default: 1]",
)
@options.quiet_option
@click.pass_obj
def serve_command(library: Path | None, /, *, host: str, port: int, quiet: bool, **given: Any) -> int:
    """Serve the pages and the API over the library until Ctrl-C.

    It listens on this machine alone. On any other address it asks every request for a token, and does not start without one.
    """
    messages = Messages(quiet=quiet)
    token = _token(given["token_file"])
    is_own = _is_loopback(host)
    if token is None and not is_own:
        raise click.UsageError(
            f"{host} can be reached from other machines, so a token is needed: put one of at least {_SHORTEST_TOKEN} "
            f"characters into {TOKEN}, or name its file with --token-file"
        )
    serving = _serving(library, token, messages, is_own=is_own)
    if serving is None:
        return UNREADABLE
    from trialwright.web.pages.beforehand import kept_ready

    with _listening(host, port) as listening, kept_ready(serving.library):
        _tell(messages, listening, has_token=token is not None)
        _run(serving, listening, given["workers"])
    return 0


def _token(path: Path | None) -> str | None:
    text = path.read_text(encoding="utf-8") if path else os.environ.get(TOKEN, "")
    token = text.strip().split("\n")[0].strip()
    if not token:
        if path:
            raise click.UsageError(f"{path}: holds no token")
        return None
    if len(token) < _SHORTEST_TOKEN or not token.isascii() or not token.isprintable():
        raise click.UsageError(f"a token has at least {_SHORTEST_TOKEN} characters, all of them printable ASCII")
    return token


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _serving(library: Path | None, token: str | None, messages: Messages, *, is_own: bool) -> "Serving | None":
    try:
        from trialwright.web.app import Serving
        from trialwright.web.guards import LOOPBACK_HOSTS
    except ImportError as error:
        messages.error(f"serve needs {error.name}, which is not installed; install trialwright[library,web]")
        return None
    with opened(library, messages, create=True):
        # Who shows the token may call the server by any name; without one, only names that are this machine's.
        hosts = LOOPBACK_HOSTS if is_own else ("*",)
        return Serving(library_home(library), token, hosts, secrets.token_bytes(32))


def _listening(host: str, port: int) -> socket.socket:
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family, backlog=256)
    except OSError as error:
        raise click.UsageError(f"{host}:{port}: cannot listen there: {error.strerror or error}") from None
    # Connections inherit it. Without it an answer's second packet waits some 40 ms for the first one's receipt.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def _tell(messages: Messages, listening: socket.socket, *, has_token: bool) -> None:
    host, port = listening.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    messages.note(f"listening on http://{shown}:{port} · Ctrl-C ends it")
    if has_token:
        messages.note(
            "every request must show the token: as `Authorization: Bearer …`, or as the password in a browser"
        )


def _run(serving: "Serving", listening: socket.socket, workers: int) -> None:
    import uvicorn
    from uvicorn.supervisors import Multiprocess

    config = uvicorn.Config(
        serving,
        factory=True,
        workers=workers,
        access_log=False,
        log_level="warning",
        server_header=False,
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_keep_alive=_IDLE_S,
        timeout_graceful_shutdown=_LAST_ANSWERS_S,
    )
    with suppress(KeyboardInterrupt):  # it has ended in order
        if workers == 1:
            uvicorn.Server(config).run(sockets=[listening])
        else:
            Multiprocess(config, [listening]).run()
