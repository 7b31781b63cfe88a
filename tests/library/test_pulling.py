"""Pulling from a real server process on 127.0.0.1 that misbehaves: what comes in, what is asked for, what is kept."""

import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from trialwright.library import Library
from trialwright.library.loading import Counts
from trialwright.library.pulling import Progress, Pulled, pull
from trialwright.registries.client import Asked, Client, ClientError, Manners

from .registry_server import Registry
from .shelves import terms

RECORDS = "data/records/ctgov_v2.jsonl.gz"
HELD, PAGE = 24, 4
"""Studies of the registry, and on a page: six pages."""


@pytest.fixture
def registry(shared: Path) -> Iterator[Registry]:
    with Registry(shared / RECORDS, HELD) as one:
        yield one


@pytest.fixture
def library(home: Path) -> Library:
    return Library(home, create=True)


class Patience:
    """Waits that are written down and not waited for."""

    def __init__(self) -> None:
        self.waited: list[float] = []
        self.told: list[str] = []
        self.manners = Manners(pause_s=0, timeout_s=0.5, tries=4, sleep=self.waited.append)


def pulled(
    library: Library, registry: Registry, patience: Patience | None = None, asked: Asked | None = None, **given: Any
) -> Pulled:
    patience = patience or Patience()
    with Client(registry.base_url, patience.manners, patience.told.append) as client:
        return pull(library, client, asked or Asked(page_size=PAGE), terms(library), **given)


def ids_in(library: Library) -> list[str]:
    with library.view() as view:
        return list(view.store.ids())


def pages_asked(registry: Registry) -> list[str]:
    """Where each page asked for begins, refused ones included."""
    return [asked.get("pageToken", "0-0").split("-")[1] for asked in registry.asked()]


EVERY_PAGE = ["0", "4", "8", "12", "16", "20"]


def test_every_page_comes_in(library: Library, registry: Registry) -> None:
    seen: list[Progress] = []
    done = pulled(library, registry, progress=seen.append)
    assert done == Pulled(counts=Counts(new=HELD), since=None, upto="2026-03-02")
    assert len(ids_in(library)) == HELD
    assert pages_asked(registry) == EVERY_PAGE
    assert [(one.done, one.total) for one in seen] == [(PAGE * page, HELD) for page in range(1, 7)]
    assert all("gzip" in asked["_packed"] for asked in registry.asked())
    assert not list((library.home / "pull").iterdir()), "pages that are loaded are not kept"


def test_a_trial_is_as_it_would_be_from_a_file(library: Library, registry: Registry, records: Any) -> None:
    pulled(library, registry)
    from trialwright.registries import read_trials
    from trialwright.trial import Trial

    (read,) = read_trials(next(iter(records)))
    assert isinstance(read, Trial)
    with library.view() as view:
        assert view.trial(read.nct_id or "").record == read.record


def test_only_what_changed_is_asked_for(library: Library, registry: Registry) -> None:
    pulled(library, registry)
    registry.tell(day="2026-03-09", updated={ids_in(library)[3]: "2026-03-05", ids_in(library)[7]: "2026-03-02"})
    second = pulled(library, registry)
    assert second == Pulled(counts=Counts(changed=2), since="2026-03-02", upto="2026-03-09")
    assert registry.asked()[-1]["filter.advanced"] == "AREA[LastUpdatePostDate]RANGE[2026-03-02,MAX]"
    with library.view() as view:
        assert (view.trial(ids_in(library)[3]).title or "").endswith(", updated")
        assert len(view.store.versions(ids_in(library)[3])) == 2
    third = pulled(library, registry)
    assert (third.counts, third.since) == (Counts(), "2026-03-09")


def test_another_question_begins_anew(library: Library, registry: Registry) -> None:
    first = pulled(library, registry, asked=Asked(condition="cancer", page_size=PAGE))
    second = pulled(library, registry, asked=Asked(page_size=PAGE))
    assert 0 < first.counts.new < HELD
    assert second.since is None
    assert second.counts == Counts(new=HELD - first.counts.new, unchanged=first.counts.new)


def test_a_day_that_is_given_is_taken(library: Library, registry: Registry) -> None:
    done = pulled(library, registry, asked=Asked(since="2025-01-01", page_size=PAGE))
    assert done.since == "2025-01-01"
    assert all("RANGE[2025-01-01,MAX]" in asked["filter.advanced"] for asked in registry.asked())


@pytest.mark.parametrize(
    ("fault", "waits", "said"),
    [
        pytest.param("429:7", [7.0], "the server answered 429; asking again in 7 s", id="told how long to wait"),
        pytest.param("429:999999", [120.0], "asking again in 120 s", id="told to wait for days"),
        pytest.param("429", [1.0], "the server answered 429; asking again in 1 s", id="too many, without a time"),
        pytest.param("500", [1.0], "the server answered 500", id="a server that fails"),
        pytest.param("503:3", [3.0], "the server answered 503; asking again in 3 s", id="a server that is down"),
        pytest.param("cut", [1.0], "the connection failed", id="a connection that is cut"),
        pytest.param("half", [1.0], "the answer breaks off", id="half a page"),
        pytest.param("html", [1.0], "the answer breaks off, or is no JSON", id="a page for people"),
        pytest.param("silent", [1.0], "the server took too long", id="a server that does not answer"),
    ],
)
def test_it_asks_again(library: Library, registry: Registry, *, fault: str, waits: list[float], said: str) -> None:
    registry.tell(faults=["ok", fault])
    patience = Patience()
    assert pulled(library, registry, patience).counts == Counts(new=HELD)
    assert patience.waited == waits
    assert len(patience.told) == 1
    assert said in patience.told[0]
    assert pages_asked(registry) == ["0", "4", "4", "8", "12", "16", "20"]


def test_a_time_to_come_back_may_be_a_date(library: Library, registry: Registry) -> None:
    registry.tell(faults=["429:DATE"])
    patience = Patience()
    pulled(library, registry, patience)
    assert len(patience.waited) == 1
    assert 0 <= patience.waited[0] <= 2


def test_it_waits_longer_each_time_and_gives_up_in_the_end(library: Library, registry: Registry) -> None:
    registry.tell(faults=["ok", "ok", "500", "500", "500", "500"])
    patience = Patience()
    with pytest.raises(ClientError, match=r"/studies: the server answered 500; given up after 4 tries"):
        pulled(library, registry, patience)
    assert patience.waited == [1.0, 2.0, 4.0]
    assert ids_in(library) == [], "nothing is loaded of a list that is not whole"
    # What came is kept: the next time goes on where this one stopped.
    assert pulled(library, registry).counts == Counts(new=HELD)
    assert pages_asked(registry) == ["0", "4", *["8"] * 4, "8", "12", "16", "20"]


def test_a_body_that_drips_is_given_up(library: Library, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each piece comes in time, the whole does not."""
    monkeypatch.setattr("trialwright.registries.client._LONGEST_PAGE_S", 1.0)
    registry.tell(faults=["slow"])
    patience = Patience()
    assert pulled(library, registry, patience).counts == Counts(new=HELD)
    assert patience.told[0] == "the server sends too slowly; asking again in 1 s"


def test_a_token_that_expires_begins_the_list_anew(library: Library, registry: Registry) -> None:
    registry.tell(faults=["ok", "ok", "forget"])
    assert pulled(library, registry).counts == Counts(new=HELD)
    assert pages_asked(registry) == ["0", "4", "8", *EVERY_PAGE]


def test_tokens_that_always_expire_are_an_error(library: Library, registry: Registry) -> None:
    registry.tell(faults=["ok", "forget"] * 6)
    with pytest.raises(ClientError, match="forgets its pages before they can be asked for"):
        pulled(library, registry)
    assert ids_in(library) == []


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("403", "the server answered 403: not now"),
        ("404", "the server answered 404: not now"),
        ("moved", "the server answered 302: moved to https://elsewhere.invalid/"),
    ],
)
def test_a_refusal_is_said_at_once(library: Library, registry: Registry, fault: str, said: str) -> None:
    registry.tell(faults=[fault])
    patience = Patience()
    with pytest.raises(ClientError, match=said):
        pulled(library, registry, patience)
    assert patience.waited == []


def test_pages_in_a_circle_end(library: Library, registry: Registry) -> None:
    registry.tell(faults=["ok", "circle"])
    with pytest.raises(ClientError, match="goes in a circle"):
        pulled(library, registry)


def test_nobody_there(library: Library, registry: Registry) -> None:
    patience = Patience()
    with Client("http://127.0.0.1:9/api/v2", patience.manners) as client, pytest.raises(ClientError) as error:
        pull(library, client, Asked(), terms(library))
    assert "the connection failed" in str(error.value)


def test_it_asks_no_faster_than_it_may(library: Library, registry: Registry) -> None:
    now = [100.0]
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    manners = Manners(pause_s=1.5, sleep=sleep, clock=lambda: now[0])
    with Client(registry.base_url, manners) as client:
        pull(library, client, Asked(page_size=PAGE), terms(library))
    # One question for the day of the data, six for pages.
    assert slept == [1.5] * 6


def started(home: Path, registry: Registry, *more: str) -> "subprocess.Popen[str]":
    command = [
        Path(sys.executable).with_name("trialwright"), "--library", home, "pull", "--all", "--page-size", str(PAGE), "--pause", "0",
        "--base-url", registry.base_url, *more,
    ]  # fmt: skip
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.e2e
def test_a_kill_while_pages_come_costs_one_page_at_most(home: Path, registry: Registry) -> None:
    registry.tell(pause_s=0.3)
    process = started(home, registry)
    for _ in range(400):
        if len(list((home / "pull").glob("*/0*.json"))) >= 3:
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    kept = len(list((home / "pull").glob("*/0*.json")))
    assert kept >= 3
    assert ids_in(Library(home)) == []
    asked_before = len(registry.asked())
    registry.tell(pause_s=0)
    out, err = started(home, registry, "--format", "json").communicate(timeout=60)
    assert json.loads(out)["new"] == HELD, err
    assert pages_asked(registry)[asked_before:] == EVERY_PAGE[kept:]


@pytest.mark.e2e
def test_what_the_command_says(home: Path, registry: Registry) -> None:
    registry.tell(faults=["500"])
    out, err = started(home, registry).communicate(timeout=60)
    assert out.splitlines()[:2] == ["outcome\trecords", f"new\t{HELD}"]
    assert err.splitlines() == [
        "the server answered 500; asking again in 1 s",
        "asked for everything, data of 2026-03-02",
    ]
    out, err = started(home, registry, "--format", "json").communicate(timeout=60)
    assert json.loads(out) == {"new": 0, "changed": 0, "unchanged": 0, "older": 0, "unreadable": 0}
    assert err.splitlines() == ["asked for what changed since 2026-03-02, data of 2026-03-02"]


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        (("--base-url", "ftp://127.0.0.1"), 3, "error: 'ftp://127.0.0.1' is no address"),
        (("--since", "2026-02-30"), 2, "'2026-02-30' is no day of the calendar"),
    ],
)
def test_bad_calls_of_the_command(
    home: Path, registry: Registry, *, given: tuple[str, ...], code: int, said: str
) -> None:
    process = started(home, registry, *given)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, said in err, "Traceback" in err) == (code, True, False), err


def test_a_library_that_is_full_says_so(library: Library, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    from trialwright.library import pulling
    from trialwright.library.errors import LibraryError

    written = pulling._write

    def write(path: Path, data: bytes) -> None:
        if path.name == "000003.json":
            raise OSError(28, "No space left on device")
        written(path, data)

    monkeypatch.setattr(pulling, "_write", write)
    with pytest.raises(LibraryError, match="No space left on device; what came before is kept"):
        pulled(library, registry)
    monkeypatch.undo()
    assert pulled(library, registry).counts == Counts(new=HELD)
    assert pages_asked(registry) == ["0", "4", "8", "8", "12", "16", "20"]


@pytest.mark.parametrize("is_missing", [True, False])
def test_a_kept_page_that_is_damaged_is_asked_for_again(
    library: Library, registry: Registry, *, is_missing: bool
) -> None:
    registry.tell(faults=["ok", "ok", "ok", "403"])
    with pytest.raises(ClientError):
        pulled(library, registry)
    (page,) = (library.home / "pull").glob("*/000002.json")
    if is_missing:
        page.unlink()
    else:
        page.write_bytes(page.read_bytes()[:100])
    assert pulled(library, registry).counts == Counts(new=HELD)
    assert pages_asked(registry) == ["0", "4", "8", "12", *EVERY_PAGE[1:]]


@pytest.mark.e2e
def test_a_terminal_sees_how_far_it_is(home: Path, registry: Registry) -> None:
    command = [
        Path(sys.executable).with_name("trialwright"), "--library", home, "pull", "--all", "--page-size", str(PAGE), "--pause", "0",
        "--base-url", registry.base_url,
    ]  # fmt: skip
    main, side = pty.openpty()
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=side, check=False, timeout=60)
    os.close(side)
    shown = os.read(main, 100_000).decode()
    os.close(main)
    assert done.returncode == 0
    assert "pulling" in shown
    assert f"{HELD}/{HELD}" in shown
