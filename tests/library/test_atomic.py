"""A kill at any moment leaves the old library or the new one; readers see one moment of it; a full disk changes nothing."""

import multiprocessing
import os
import random
import resource
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from trialwright.library import Library, folders
from trialwright.library.errors import BusyError
from trialwright.library.loading import Counts
from trialwright.library.searching import Search, search
from trialwright.library.store import open_store

from .shelves import ALL, BARE, library_of, load, records

HERE = Path(__file__).resolve().parent
LOADING = """
    import sys
    from datetime import date
    from pathlib import Path
    from trialwright.library import Library
    from trialwright.library.loading import Terms
    from trialwright.registries import read_trials
    library = Library(Path(sys.argv[1]), create=True)
    library.concepts
    print("ready", flush=True)
    library.load(read_trials(Path(sys.argv[2])), Terms(today=date(2026, 3, 2), concepts=library.concepts))
    print("done", flush=True)
"""
OLD, NEW = 150, 300


def rows(number: int, updated: str, words: str) -> bytes:
    return records(
        *(
            BARE
            | {
                "id": f"NCT2{place:07d}",
                "title": f"{words} of number {place}",
                "updated": updated,
                "summary": words * 20,
            }
            for place in range(number)
        )
    )


def started(home: Path, source: Path) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(LOADING), home, source], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def state_of(home: Path) -> tuple[int, str]:
    """How many trials there are and what their titles begin with; records and index must agree."""
    with Library(home).view() as view:
        titles = {trial.title.split()[0] for trial in view.trials() if trial.title}
        assert len(titles) == 1
        (word,) = titles
        assert search(view, Search(text=f"title:{word}", limit=1)).total == len(view) == view.index.searcher.num_docs
        return len(view), word


@pytest.mark.slow
def test_a_kill_at_any_moment_leaves_the_old_state_or_the_new(tmp_path: Path) -> None:
    old, new = tmp_path / "old.jsonl", tmp_path / "new.jsonl"
    old.write_bytes(rows(OLD, "2025-01-01", "Alpha "))
    new.write_bytes(rows(NEW, "2026-01-01", "Omega "))
    whole = tmp_path / "timed"
    for source in (old, new):
        begun = started(whole, source)
        start = time.monotonic()
        begun.communicate(timeout=120)
    longest = time.monotonic() - start
    seen = set()
    rng = random.Random(7)
    home = tmp_path / "library"
    started(home, old).communicate(timeout=120)
    for number in range(12):
        process = started(home, new)
        # Most kills early and in the middle; some at the very end, where the commit is.
        time.sleep(longest * (rng.random() if number % 3 else 0.8 + 0.3 * rng.random()))
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)
        state = state_of(home)
        assert state in ((OLD, "Alpha"), (NEW, "Omega"))
        seen.add(state)
        if state[1] == "Omega":
            old.write_bytes(rows(OLD, "2025-01-01", "Alpha "))
            home = tmp_path / f"library{number}"
            started(home, old).communicate(timeout=120)
    assert (OLD, "Alpha") in seen
    # What the killed writers left behind is swept away by the next one.
    started(home, new).communicate(timeout=120)
    assert state_of(home) == (NEW, "Omega")
    assert len(list((home / "index").iterdir())) <= 2


def test_a_load_that_fails_half_way_changes_nothing(tmp_path: Path) -> None:
    library = library_of(tmp_path)

    def broken() -> object:
        yield from ()
        raise RuntimeError("the source broke")

    from .shelves import terms, trials

    def source() -> object:
        yield from trials(BARE | {"id": "NCT10000099"})
        yield from broken()  # type: ignore[misc]

    with pytest.raises(RuntimeError, match="the source broke"):
        library.load(source(), terms(library))  # type: ignore[arg-type]
    with library.view() as view:
        assert len(view) == view.index.searcher.num_docs == len(ALL)
    assert len(list((tmp_path / "index").iterdir())) == 1
    assert load(library, BARE | {"id": "NCT10000099"}) == Counts(new=1)


def test_a_second_writer_waits_and_then_says_who_is_in_its_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = library_of(tmp_path)
    monkeypatch.setattr("trialwright.library.store._PATIENCE_S", 0.2)
    store = open_store(tmp_path)
    with store.writing(), pytest.raises(BusyError, match="another process is writing"):
        load(library, BARE | {"id": "NCT10000099"})
    store.close()
    assert load(library, BARE | {"id": "NCT10000099"}) == Counts(new=1)


@pytest.mark.parametrize("bytes_allowed", [20_000, 60_000, 300_000])
def test_a_full_disk_leaves_the_library_as_it_was(tmp_path: Path, bytes_allowed: int) -> None:
    """No file may grow beyond a limit in the process that loads: what a write meets on a full disk."""
    home, source = tmp_path / "library", tmp_path / "big.jsonl"
    library_of(home)
    source.write_bytes(rows(600, "2026-01-01", "Omega "))

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_allowed, bytes_allowed))

    command = [Path(sys.executable).with_name("trialwright"), "--library", home, "load", source]
    done = subprocess.run(command, capture_output=True, text=True, preexec_fn=limit, timeout=120, check=False)
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1].startswith("error: the disk is full")
    with Library(home).view() as view:
        assert len(view) == view.index.searcher.num_docs == len(ALL)
    assert load(Library(home), BARE | {"id": "NCT10000099"}) == Counts(new=1)


def read_on(home: Path, until: float, failures: "multiprocessing.Queue[str]") -> None:
    """Reads moments of the library until a time; each moment must be of one version of everything."""
    library = Library(home)
    number = 0
    try:
        while time.time() < until:
            with library.view() as view:
                titles = {trial.title for trial in view.trials()}
                found = search(view, Search(text="title:version", limit=60, snippets=False))
                shown = {hit.title for hit in found.hits}
                if not (len(titles) == 1 and shown == titles and found.total == len(view) == 40):
                    failures.put(f"a mix: {titles} {shown} {found.total}")
            number += 1
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the failure that is looked for
        failures.put(f"{type(error).__name__}: {error}")
    if not number:
        failures.put("no moment was read")


@pytest.mark.slow
def test_readers_see_no_error_and_no_mix_while_a_writer_works(tmp_path: Path) -> None:
    """32 readers: 4 processes of 8 threads."""
    library = library_of(tmp_path, *versions(0))
    context = multiprocessing.get_context("spawn")
    failures: multiprocessing.Queue[str] = context.Queue()
    until = time.time() + 12
    processes = [context.Process(target=read_in_threads, args=(tmp_path, until, failures)) for _ in range(4)]
    for process in processes:
        process.start()
    number = 0
    while time.time() < until - 1:
        number += 1
        assert load(library, *versions(number)).changed == 40
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * 4
    assert failures.empty(), failures.get()
    assert number >= 3


def read_in_threads(home: Path, until: float, failures: "multiprocessing.Queue[str]") -> None:
    threads = [threading.Thread(target=read_on, args=(home, until, failures)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def versions(number: int) -> list[dict[str, object]]:
    day = f"2025-{1 + number // 28 % 12:02d}-{1 + number % 28:02d}"
    return [
        BARE | {"id": f"NCT3{place:07d}", "title": f"Version number{number}", "updated": day} for place in range(40)
    ]


def test_a_killed_writer_of_many_leaves_no_process_behind(tmp_path: Path, shared: Path) -> None:
    source = shared / "data/records/ctgov_v2.jsonl.gz"
    command = [Path(sys.executable).with_name("trialwright"), "--library", tmp_path / "library", "load", source]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    children: list[int] = []
    for _ in range(200):
        time.sleep(0.05)
        children = children_of(process.pid)
        if len(children) >= 2:
            break
    assert children
    process.kill()
    process.wait(timeout=30)
    for _ in range(200):
        if not any(is_running(child) for child in children):
            return
        time.sleep(0.05)
    pytest.fail(f"still running: {[child for child in children if is_running(child)]}")


def children_of(parent: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{parent}/task").glob("*/children"):
        try:
            found += [int(child) for child in task.read_text().split()]
        except OSError:
            continue
    return found


def is_running(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


if os.name != "posix":  # pragma: no cover
    pytest.skip("kills and limits are tested on POSIX systems", allow_module_level=True)


def test_what_a_later_writer_is_making_is_not_swept(tmp_path: Path) -> None:
    for name in ("00000001", "00000002", "00000003", "00000004"):
        (tmp_path / "index" / name).mkdir(parents=True)
    folders.sweep(tmp_path, ("00000002", "00000003"))
    assert sorted(path.name for path in (tmp_path / "index").iterdir()) == ["00000002", "00000003", "00000004"]
