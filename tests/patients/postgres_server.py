"""A PostgreSQL server of its own for one test run: on 127.0.0.1, in a temporary folder, gone with the process that started it."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from pwd import getpwall
from typing import NamedTuple

import pytest

ON_CI = os.environ.get("CI", "").lower() == "true"
OWNER, PASSWORD = "keeper", "not-to-be-shown"
_SECONDS = 60


class Server(NamedTuple):
    port: int

    def address(self, database: str = "postgres", user: str = OWNER) -> str:
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"


def _programs() -> Path:
    """Where `initdb` and `postgres` are. Debian keeps them off the path. Without them the test is skipped, and fails where CI=true."""
    found = shutil.which("initdb")
    folders = [Path(found).parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    whole = [folder for folder in folders if (folder / "initdb").is_file() and (folder / "postgres").is_file()]
    if not whole:
        reason = "no PostgreSQL server on this machine (Debian: postgresql)"
        pytest.fail(reason) if ON_CI else pytest.skip(reason)
    return whole[-1]


def _as_nobody(folder: Path) -> list[str]:
    """What a command starts with to run as somebody who is not root, since the server refuses root, and to end with this process."""
    ends = ["setpriv", "--pdeathsig", "INT"]
    if os.geteuid() != 0:
        return ends
    user = next(one for name in ("postgres", "nobody") for one in getpwall() if one.pw_name == name)
    os.chown(folder, user.pw_uid, user.pw_gid)
    return [*ends, "--reuid", str(user.pw_uid), "--regid", str(user.pw_gid), "--clear-groups"]


@contextmanager
def server() -> Iterator[Server]:
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    try:
        prefix = _as_nobody(folder)
        secret = folder / "password"
        secret.write_text(PASSWORD, encoding="utf-8")
        secret.chmod(0o644)
        made = [*prefix, str(programs / "initdb"), "-D", str(folder / "data"), "-U", OWNER, "--pwfile", str(secret)]
        made += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"]
        subprocess.run(made, cwd=folder, check=True, capture_output=True, timeout=_SECONDS)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        settings = ("listen_addresses=127.0.0.1", f"port={port}", f"unix_socket_directories={folder}", "fsync=off")
        started = [*prefix, str(programs / "postgres"), "-D", str(folder / "data")]
        with (folder / "log").open("wb") as log:
            running = subprocess.Popen(
                [*started, *(word for one in settings for word in ("-c", one))],
                cwd=folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            )  # fmt: skip
        try:
            _wait_for(running, port, folder / "log")
            yield Server(port)
        finally:
            running.terminate()
            try:
                running.wait(_SECONDS)
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait()
    finally:
        shutil.rmtree(folder)


def _wait_for(running: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    import psycopg

    end = time.monotonic() + _SECONDS
    while time.monotonic() < end and running.poll() is None:
        try:
            psycopg.connect(
                host="127.0.0.1", port=port, user=OWNER, password=PASSWORD, dbname="postgres", connect_timeout=5
            ).close()
        except psycopg.OperationalError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"the PostgreSQL server does not start: {log.read_text(encoding='utf-8', errors='replace')[-2000:]}")
