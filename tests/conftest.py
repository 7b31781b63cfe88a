"""Fixtures for every test: the shared data beside the checkout, a home of its own, and no network."""

import gzip
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
ON_CI = os.environ.get("CI", "").lower() == "true"

# Two busy cores make deadlines lie. On CI the same examples every time: a red build must be repeatable.
settings.register_profile("trialwright", deadline=None, derandomize=ON_CI)
settings.load_profile("trialwright")


@dataclass(frozen=True, slots=True)
class RecordLines:
    """The registry records of the shared set, one API v2 JSON object a line, as bytes; every loop starts anew."""

    path: Path

    def __iter__(self) -> Iterator[bytes]:
        with gzip.open(self.path, "rb") as lines:
            for line in lines:
                if line.strip():
                    yield line


def pytest_configure() -> None:
    if ON_CI and not SHARED.is_dir():
        raise pytest.UsageError(f"CI=true, and the shared data is not at {SHARED}")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder ../shared; a test that needs it is skipped where it is absent, and fails there when CI=true."""
    if not SHARED.is_dir():
        pytest.skip("needs the shared data in ../shared, which is not on this machine")
    return SHARED


@pytest.fixture(scope="session")
def records(shared: Path) -> RecordLines:
    """1,850 API v2 records."""
    return RecordLines(shared / "data/records/ctgov_v2.jsonl.gz")


@pytest.fixture(scope="session")
def seeds(shared: Path) -> dict[str, bytes]:
    """The five documents the project is asked to serve, as they came, by number: "000" to "004"."""
    return {path.name[:3]: path.read_bytes() for path in sorted((shared / "seeds").glob("*.txt"))}


@pytest.fixture(scope="session", autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Tests, and the commands they start, neither read nor write the library and settings of whoever runs them."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("DATA", "CACHE", "CONFIG", "STATE"):
            patch.setenv(f"XDG_{name}_HOME", str(home / name.lower()))
        for name in [name for name in os.environ if name.startswith("TRIALWRIGHT_")]:
            patch.delenv(name)
        yield


@pytest.fixture(scope="session", autouse=True)
def this_machine_only() -> Iterator[None]:
    """A connection to anything but this machine fails the test that tries it."""
    connect = socket.socket.connect

    def connect_here(self: socket.socket, address: object) -> None:
        host = address[0] if isinstance(address, tuple) else "127.0.0.1"  # else: the path of a local socket
        if host not in ("127.0.0.1", "::1", "localhost"):
            self.close()  # or its ResourceWarning would hide the reason
            raise AssertionError(f"a test tried to reach {host!r}; tests talk to this machine only")
        connect(self, address)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect_here)
        yield
