"""`trialwright serve`: this machine alone, or a token; a real process, started, asked and ended."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from trialwright.cli import root

TOKEN = "a-token-of-some-length"  # noqa: S105 - of these tests
COMMAND = (str(Path(sys.executable).with_name("trialwright")),)


def refused(*arguments: str, token: str | None = None) -> str:
    result = CliRunner().invoke(root, ["serve", *arguments], env={"TRIALWRIGHT_TOKEN": token})
    assert result.exit_code == 2, result.output
    return result.output


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "example.org", "[::]", "127.0.0.1.example.org"])  # noqa: S104
def test_another_address_demands_a_token_and_says_so(host: str) -> None:
    assert "a token is needed" in refused("--host", host, "--port", "0")


def test_a_token_that_is_none_is_refused(tmp_path: Path) -> None:
    assert "at least 16" in refused("--host", "127.0.0.1", token="short")  # noqa: S106
    empty = tmp_path / "token"
    empty.write_text("\n", encoding="utf-8")
    assert "holds no token" in refused("--token-file", str(empty))


def test_a_port_in_use_is_said(web_home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        result = CliRunner().invoke(root, ["--library", str(web_home), "serve", "--port", str(busy.getsockname()[1])])
    assert result.exit_code == 2
    assert "cannot listen there" in result.output


class Served:
    """The command in a process of its own, for the time of a `with`."""

    def __init__(self, home: Path, *arguments: str, token: str = "") -> None:
        env = os.environ | {"TRIALWRIGHT_TOKEN": token}
        call = [*COMMAND, "--library", str(home), "serve", "--port", "0", *arguments]
        self.process = subprocess.Popen(call, stderr=subprocess.PIPE, stdout=subprocess.PIPE, env=env, text=True)

    def __enter__(self) -> str:
        assert self.process.stderr is not None
        line = self.process.stderr.readline()
        found = re.search(r"http://\S+:(\d+)", line)
        assert found, line
        return f"http://127.0.0.1:{found[1]}"

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate(timeout=60)


@pytest.mark.e2e
def test_it_serves_pages_and_api_and_ends_in_order(web_home: Path) -> None:
    served = Served(web_home)
    with served as address:
        answer = httpx.get(f"{address}/api/v2/studies/SAMPLE-001", timeout=60)
        assert answer.status_code == 200
        assert "server" not in answer.headers
        assert httpx.get(f"{address}/", timeout=60).status_code == 200
        assert httpx.get(f"{address}/", timeout=60, headers={"host": "evil.example"}).status_code == 421
        screened = httpx.post(
            f"{address}/api/trialwright/screen",
            json={"patient": {"sex": "female"}, "trials": ["SAMPLE-001"]},
            timeout=60,
        )
        assert screened.json()["judged"] == 1
        served.process.send_signal(signal.SIGINT)
        out, err = served.process.communicate(timeout=60)
    assert (served.process.returncode, out, err) == (0, "", "")


@pytest.mark.e2e
def test_several_processes_serve_as_one(web_home: Path) -> None:
    served = Served(web_home, "--workers", "2")
    with served as address:
        with httpx.Client(timeout=60, headers={"connection": "close"}) as client:
            first = client.get(f"{address}/api/v2/studies", params={"pageSize": "1"}).json()
            # Whichever process answers, it knows the token that another one gave.
            for _ in range(12):
                asked = {"pageSize": "1", "pageToken": first["nextPageToken"]}
                assert client.get(f"{address}/api/v2/studies", params=asked).status_code == 200
        served.process.send_signal(signal.SIGINT)
        out, err = served.process.communicate(timeout=60)
    assert (served.process.returncode, out, err) == (0, "", "")


@pytest.mark.e2e
def test_on_another_address_every_request_must_show_the_token(web_home: Path) -> None:
    with Served(web_home, "--host", "0.0.0.0", token=TOKEN) as address:  # noqa: S104 - that is what is tested
        assert httpx.get(f"{address}/", timeout=60).status_code == 401
        assert httpx.get(f"{address}/api/v2/version", timeout=60).status_code == 401
        bearer = {"authorization": f"Bearer {TOKEN}"}
        assert httpx.get(f"{address}/api/v2/version", timeout=60, headers=bearer).status_code == 200
        assert (
            httpx.get(f"{address}/", timeout=60, auth=("", TOKEN), headers={"host": "a.name.example"}).status_code
            == 200
        )
