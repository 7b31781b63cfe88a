"""How the server holds under load: `trialwright serve` in a process of its own over 20,000 trials, asked from another.

1. 50 requests a second for trial pages and searches, each timed from the moment it was due; beside them slow clients, then a
   chart judged for 1,850 trials.
2. 200 clients at once for a minute, each asking again a second after its answer; errors and the server's memory.

Trials are real ones, most of them reworded under new ids, and their criteria are compiled once for each real one. What the server makes
beforehand of each trial is made first. Bounded: about three minutes after that. `--library DIR` takes a library that exists, `--keep DIR`
makes one there, `--workers N` serves with so many processes. Appends to bench/results/web_load.csv; exits with 1 over a limit.
"""

import argparse
import asyncio
import csv
import json
import os
import platform
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path

from trialwright import __version__, samples
from trialwright.library import Library
from trialwright.library.loading import Step, Terms
from trialwright.library.store import open_store
from trialwright.registries import read_trials
from trialwright.web.pages.beforehand import make_ready

ROOT = Path(__file__).resolve().parents[1]
RECORDS = ROOT.parent / "shared/data/records/ctgov_v2.jsonl.gz"
TABLE = ROOT / "bench/results/web_load.csv"
COLUMNS = ("date", "version", "python", "trials", "workers", "load_average", "what", "figure", "asked", "n")
DAY = date(2026, 3, 2)
TRIALS, JUDGED = 20_000, 1_850
PER_S, STEADY_S = 50, 15.0
CLIENTS, CROWD_S, THINK_S = 200, 60.0, 1.0
SLOW_CLIENTS = 20
ALONE = 400
P95_S, GROWTH_MB = 0.050, 20
WORDS = (
    "breast cancer", "asthma", "diabetes type 2", "nasopharyngeal carcinoma", "hypertension", "depression", "lung cancer", "stroke",
    "pembrolizumab", "metformin", "hiv", "heart failure", "psoriasis", "leukemia", "migraine", "obesity", "covid-19", "melanoma",
)  # fmt: skip


@dataclass(slots=True)
class Times:
    """Seconds by kind of request, and what went wrong."""

    by_kind: dict[str, list[float]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    def all(self) -> list[float]:
        return [one for times in self.by_kind.values() for one in times]


@dataclass(frozen=True, slots=True)
class Figure:
    what: str
    figure: float
    asked: str
    n: int
    is_over: bool = False


def build(home: Path, number: int) -> None:
    """Real trials loaded, then copies of them under new ids up to the number."""
    from search_scale import perturbed

    library = Library(home, create=True)
    terms = Terms(today=DAY, concepts=library.concepts)
    library.load(read_trials(RECORDS), terms)
    for path in samples.trial_paths():
        library.load(read_trials(path), terms)
    with library.view() as view:
        ids = [one for one in view.store.ids() if one.startswith("NCT")]
        real = [(view.trial(one), view.criteria(one)) for one in ids]
    store = open_store(home)
    with store.writing():
        step = Step(store, library.concepts)
        for trial, criteria in islice(perturbed(real, number), len(real), None):
            step.take_in(trial, criteria, DAY.isoformat())
        step.finish()
    store.close()


@contextmanager
def served(home: Path, workers: int) -> Iterator[tuple[int, int]]:
    """The port and the process of the server."""
    program = str(Path(sys.executable).with_name("trialwright"))
    command = [program, "--library", str(home), "serve", "--port", "0", "--workers", str(workers)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        found = re.search(r":(\d+) ", process.stderr.readline())
        assert found, "the server did not start"
        yield int(found[1]), process.pid
    finally:
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
        if said.strip():
            print(f"the server said: {said[:2000]}", file=sys.stderr)


class Connection:
    """One kept connection; as little of HTTP as is needed, so that the asker takes little of the machine."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, path: str, body: bytes = b"") -> int:
        """The status; an answer is read to its end."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port, limit=2**24)
        reader, writer = self._streams
        method = "POST" if body else "GET"
        kind = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body else ""
        writer.write(
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip\r\n{kind}\r\n".encode() + body
        )
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
        assert length, "the server does not say how long its answer is"
        await reader.readexactly(int(length[1]))
        if "connection: close" in head.lower():
            self.close()
        return int(head.split(" ", 2)[1])

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
        self._streams = None


def paths(ids: list[str], rng: random.Random) -> Iterator[tuple[str, str]]:
    """Kinds and addresses: half trial pages, half searches, on pages and by the API."""
    while True:
        words = rng.choice(WORDS).replace(" ", "+")
        yield "trial page", f"/trial/{rng.choice(ids)}"
        yield "search page", f"/search?q={words}"
        yield "trial page", f"/trial/{rng.choice(ids)}"
        yield "API search", f"/api/v2/studies?query.cond={words}&pageSize=20&countTotal=true&fields=NCTId|BriefTitle"


async def steady(port: int, asked: Iterator[tuple[str, str]], seconds: float) -> Times:
    """So many requests a second, come what may: one that is late is timed from when it was due."""
    times, free = Times(), [Connection(port) for _ in range(64)]
    start = time.perf_counter() + 0.2
    tasks = []

    async def one(kind: str, path: str, due: float) -> None:
        connection = free.pop() if free else Connection(port)
        try:
            status = await connection.ask(path)
            if status != 200:
                times.errors.append(f"{status} {path}")
        except (OSError, asyncio.IncompleteReadError) as error:
            times.errors.append(f"{type(error).__name__} {path}")
            connection = Connection(port)
        times.by_kind.setdefault(kind, []).append(time.perf_counter() - due)
        free.append(connection)

    for number in range(int(seconds * PER_S)):
        due = start + number / PER_S
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        tasks.append(asyncio.create_task(one(*next(asked), due)))
    await asyncio.gather(*tasks)
    return times


async def slow(port: int, seconds: float) -> None:
    """Sends its request a byte at a time, and never to its end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    until = time.perf_counter() + seconds
    text = b"POST /api/trialwright/screen HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n"
    try:
        for byte in text + b" " * 5000:
            if time.perf_counter() > until:
                break
            writer.write(bytes((byte,)))
            await writer.drain()
            await asyncio.sleep(0.05)
    except OSError:
        pass
    writer.close()
    del reader


async def crowd(port: int, ids: list[str], pids: tuple[int, ...]) -> tuple[Times, list[float]]:
    """Many clients at once, and the server's memory in MB meanwhile."""
    times, memory = Times(), []
    until = time.perf_counter() + CROWD_S

    async def client(number: int) -> None:
        connection, asked = Connection(port), paths(ids, random.Random(number))
        await asyncio.sleep(number / CLIENTS * THINK_S)
        while time.perf_counter() < until:
            kind, path = next(asked)
            start = time.perf_counter()
            try:
                if (status := await connection.ask(path)) != 200:
                    times.errors.append(f"{status} {path}")
            except (OSError, asyncio.IncompleteReadError) as error:
                times.errors.append(f"{type(error).__name__} {path}")
                connection.close()
            times.by_kind.setdefault(kind, []).append(time.perf_counter() - start)
            await asyncio.sleep(THINK_S)
        connection.close()

    async def watch() -> None:
        while time.perf_counter() < until:
            memory.append(memory_mb(pids))
            await asyncio.sleep(3)

    await asyncio.gather(watch(), *(client(number) for number in range(CLIENTS)))
    return times, memory


async def alone(port: int, pids: tuple[int, ...], asked: Iterator[tuple[str, str]]) -> list[Figure]:
    """One request after another: the processor time that the server takes for each kind, which a busy machine changes little."""
    connection, by_kind = Connection(port), dict[str, list[str]]()
    for kind, path in islice(asked, ALONE):
        by_kind.setdefault(kind, []).append(path)
    found, whole = [], 0.0
    for kind, paths_of in sorted(by_kind.items()):
        before = cpu_s(pids)
        for path in paths_of:
            await connection.ask(path)
        spent = cpu_s(pids) - before
        whole += spent
        each = round(spent / len(paths_of) * 1000, 1)
        found.append(Figure(f"processor time of one: {kind}, mean ms", each, "", len(paths_of)))
    connection.close()
    cores = whole / ALONE * PER_S
    return [*found, Figure(f"cores for {PER_S} a second of this mix", round(cores, 2), "< 1", ALONE, cores > 1)]


def family(pid: int) -> tuple[int, ...]:
    """The process and its children, without the one that gives way to all others."""
    children = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = path.read_text().rpartition(")")[2].split()
            if int(fields[1]) == pid and int(fields[16]) < 19:
                children.append(int(path.parent.name))
    return (pid, *children)


def cpu_s(pids: tuple[int, ...]) -> float:
    """Of the processes with all their threads, in steps of a hundredth of a second."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def memory_mb(pids: tuple[int, ...]) -> float:
    pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids)
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def p(times: list[float], part: float) -> float:
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def figures(name: str, times: Times, *, limit_s: float = P95_S) -> Iterator[Figure]:
    for kind, taken in sorted(times.by_kind.items()):
        asked = f"< {limit_s * 1000:g}"
        yield Figure(f"{name}: {kind}, p50 ms", round(p(taken, 0.5) * 1000, 1), "", len(taken))
        yield Figure(
            f"{name}: {kind}, p95 ms", round(p(taken, 0.95) * 1000, 1), asked, len(taken), p(taken, 0.95) > limit_s
        )
        yield Figure(f"{name}: {kind}, p99 ms", round(p(taken, 0.99) * 1000, 1), "", len(taken))
    yield Figure(f"{name}: errors", len(times.errors), "0", len(times.all()), bool(times.errors))
    for error in times.errors[:5]:
        print(f"  {error}", file=sys.stderr)


async def measured(port: int, pids: tuple[int, ...], ids: list[str]) -> list[Figure]:
    rng = random.Random(1)
    asked = paths(ids, rng)
    await steady(port, asked, 3.0)  # warm
    found = await alone(port, pids, asked)
    found += figures(f"{PER_S} a second", await steady(port, asked, STEADY_S))
    slow_ones = [asyncio.create_task(slow(port, STEADY_S)) for _ in range(SLOW_CLIENTS)]
    found += figures(f"{PER_S} a second beside {SLOW_CLIENTS} slow clients", await steady(port, asked, STEADY_S))
    await asyncio.gather(*slow_ones)
    chart = samples.patient_paths()[0].read_text(encoding="utf-8")
    body = json.dumps({"patient": chart, "asOf": DAY.isoformat(), "trials": ids[:JUDGED]}).encode()
    start = time.perf_counter()
    judging = asyncio.create_task(Connection(port).ask("/api/trialwright/screen", body))
    times = await steady(port, asked, 10.0)
    status = await judging
    took = time.perf_counter() - start
    found += figures(f"{PER_S} a second while a chart is judged for {JUDGED:,} trials", times)
    found.append(Figure("the chart: done within, s", round(took, 1), "", JUDGED, status != 200))
    times, memory = await crowd(port, ids, pids)
    found += figures(f"{CLIENTS} clients", times, limit_s=2.0)
    half = len(memory) // 2
    growth = statistics.mean(memory[half:][-5:]) - statistics.mean(memory[half : half + 3])
    found.append(
        Figure(f"{CLIENTS} clients: requests a second", round(len(times.all()) / CROWD_S, 1), "", len(times.all()))
    )
    found.append(Figure("the server's memory at the end, MB", round(memory[-1]), "", len(memory)))
    found.append(
        Figure("its growth over the last half minute, MB", round(growth, 1), f"< {GROWTH_MB}", half, growth > GROWTH_MB)
    )
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--library", type=Path, help="one that exists")
    parser.add_argument("--keep", type=Path, help="make it there and keep it")
    parser.add_argument("--workers", type=int, default=1, help="processes of the server; default 1")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = given.library or given.keep or Path(folder)
        if given.library is None:
            build(home, TRIALS)
        with Library(home).view() as view:
            ids = list(view.store.ids())
        random.Random(0).shuffle(ids)
        print(f"made beforehand: {make_ready(home)} parts", file=sys.stderr)
        with served(home, given.workers) as (port, pid):
            time.sleep(30)  # what each process holds is made meanwhile
            found = asyncio.run(measured(port, family(pid), ids))
    TABLE.parent.mkdir(exist_ok=True)
    is_new = not TABLE.exists()
    load = f"{os.getloadavg()[0]:.1f}"
    with TABLE.open("a", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        if is_new:
            writer.writerow(COLUMNS)
        for one in found:
            today = datetime.now(UTC).date()
            writer.writerow(
                (
                    today,
                    __version__,
                    platform.python_version(),
                    len(ids),
                    given.workers,
                    load,
                    one.what,
                    one.figure,
                    one.asked,
                    one.n,
                )
            )
            print(
                f"{'OVER  ' if one.is_over else '      '}{one.what}: {one.figure} {f'(asked {one.asked})' if one.asked else ''}"
            )
    return int(any(one.is_over for one in found))


if __name__ == "__main__":
    sys.exit(main())
