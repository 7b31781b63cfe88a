"""Libraries behind the application: asked in this process, or through a real server on a free port of this machine."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.testclient import TestClient

from trialwright import samples
from trialwright.web.app import application

from .records import library_of

BASE = "http://127.0.0.1"
Get = Callable[..., Any]


@pytest.fixture(scope="session")
def web_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a library with five invented trials and the built-in samples."""
    return library_of(tmp_path_factory.mktemp("web") / "library").home


@pytest.fixture(scope="session")
def app(web_home: Path) -> Starlette:
    return application(web_home)


@pytest.fixture(scope="session")
def client(app: Starlette) -> Iterator[TestClient]:
    with TestClient(app, base_url=BASE, follow_redirects=False) as one:
        yield one


@pytest.fixture
def get(client: TestClient) -> Get:
    """The JSON of an address that answers 200, parameters as keywords with `__` for a dot."""

    def got(path: str, **parameters: Any) -> Any:
        answer = client.get(path, params={name.replace("__", "."): value for name, value in parameters.items()})
        assert answer.status_code == 200, answer.text
        return answer.json()

    return got


@pytest.fixture
def refused(client: TestClient) -> Get:
    """The problem document of an address that refuses, with its status."""

    def got(path: str, **parameters: Any) -> Any:
        answer = client.get(path, params={name.replace("__", "."): value for name, value in parameters.items()})
        assert answer.headers["content-type"] == "application/problem+json", answer.text
        assert answer.json()["status"] == answer.status_code
        return answer.json()

    return got


@pytest.fixture(scope="session")
def chart() -> str:
    """A built-in patient, as YAML."""
    return samples.patient_paths()[0].read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def server(app: Starlette) -> Iterator[str]:
    """The address of a real server over the same library."""
    with listening(app) as address:
        yield address


class listening:  # noqa: N801 - used as a function is
    """A server in a thread of its own, for the time of a `with`."""

    def __init__(self, app: Starlette) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._server = uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False))
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]})

    def __enter__(self) -> str:
        self._thread.start()
        until = time.monotonic() + 60
        while not self._server.started:
            assert time.monotonic() < until, "the server did not start"
            time.sleep(0.02)
        return f"{BASE}:{self._socket.getsockname()[1]}"

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(60)
        self._socket.close()
