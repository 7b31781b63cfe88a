"""Reading API v2 JSON into `Trial`, against `json.loads` plus a pydantic model generated from the registry's own OpenAPI file.

Both read the same lines from memory in one run, in turns; the best of several rounds counts. The peer's model is made anew
each time in a temporary folder. It types the posted results too, which a `Trial` keeps unparsed; so the ratio is also
given for the records without results. Then a JSON-lines file of 1 GB is read in a process of its own and its peak memory taken.
Results are appended to `results/read_records.csv`.

    python bench/bench_read_records.py [--rounds 5] [--gigabytes 1]
"""

import argparse
import csv
import gzip
import importlib.util
import json
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from trialwright.registries import ctgov

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
RECORDS = SHARED / "data/records/ctgov_v2.jsonl.gz"
OPENAPI = SHARED / "data/standards/ctg-oas-v2.yaml"
RESULTS = Path(__file__).parent / "results/read_records.csv"
GOAL_RATIO, GOAL_MEGABYTES = 3.0, 300

# The high-water mark of the process itself; what getrusage gives is inherited from the process that started it.
COUNT = """
import sys, time
from trialwright.registries import read_trials
start = time.perf_counter()
count = sum(1 for _ in read_trials(sys.argv[1]))
seconds = time.perf_counter() - start
(peak,) = [line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")]
print(count, int(peak) // 1024, round(seconds, 2))
"""


def peer_model(folder: Path) -> Any:
    """The pydantic class of one study, generated from the OpenAPI file."""
    target = folder / "peer_model.py"
    command = [Path(sys.executable).parent / "datamodel-codegen", "--input", OPENAPI, "--input-file-type", "openapi"]
    options = ["--output", target, "--output-model-type", "pydantic_v2.BaseModel", "--target-python-version", "3.11"]
    subprocess.run([*map(str, command), *map(str, options), "--disable-timestamp"], check=True, capture_output=True)
    spec = importlib.util.spec_from_file_location("peer_model", target)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["peer_model"] = module
    spec.loader.exec_module(module)
    return module.Study


def seconds(read: Callable[[bytes], object], lines: list[bytes]) -> float:
    start = time.perf_counter()
    for line in lines:
        read(line)
    return time.perf_counter() - start


def peer_reads(study: Any, lines: list[bytes]) -> list[bytes]:
    """The lines that the peer takes; it has no place for what the registry does not document or mistypes."""
    taken = []
    for line in lines:
        try:
            study.model_validate(json.loads(line))
        except ValueError:
            continue
        taken.append(line)
    return taken


def compare(rounds: int) -> dict[str, object]:
    with gzip.open(RECORDS) as stream:
        lines = stream.read().splitlines()
    with tempfile.TemporaryDirectory() as folder:
        study = peer_model(Path(folder))
    taken = peer_reads(study, lines)
    readers: dict[str, Callable[[bytes], object]] = {
        "trial": ctgov.read,
        "peer": lambda line: study.model_validate(json.loads(line)),
        "json": json.loads,
    }
    best = times(readers, taken, rounds)
    plain = times(readers, [line for line in taken if b'"resultsSection"' not in line], rounds)
    return {
        "records": len(lines),
        "records_the_peer_takes": len(taken),
        "megabytes": round(sum(map(len, taken)) / 2**20, 1),
        "fast_path_share": round(sum(ctgov.read_strictly(line) is not None for line in lines) / len(lines), 4),
        **{f"{name}_ms": round(1000 * value, 1) for name, value in best.items()},
        "times_faster_than_peer": round(best["peer"] / best["trial"], 2),
        "times_faster_without_results": round(plain["peer"] / plain["trial"], 2),
    }


def times(readers: dict[str, Callable[[bytes], object]], lines: list[bytes], rounds: int) -> dict[str, float]:
    """Seconds of each reader's best round, the readers taking turns."""
    best = dict.fromkeys(readers, float("inf"))
    for _ in range(rounds):
        for name, read in readers.items():
            best[name] = min(best[name], seconds(read, lines))
    return best


def long_file(gigabytes: float) -> dict[str, object]:
    with gzip.open(RECORDS) as stream:
        once = stream.read()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long.jsonl"
        with path.open("wb") as out:
            while out.tell() < gigabytes * 2**30:
                out.write(once)
        size = path.stat().st_size
        command = [sys.executable, "-c", COUNT, str(path)]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    count, peak, taken = output.split()
    return {
        "long_file_gb": round(size / 2**30, 2),
        "long_file_records": int(count),
        "long_file_peak_mb": int(peak),
        "long_file_s": float(taken),
    }


def append(row: dict[str, object]) -> None:
    RESULTS.parent.mkdir(exist_ok=True)
    is_new = not RESULTS.exists()
    with RESULTS.open("a", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(row))
        if is_new:
            writer.writeheader()
        writer.writerow(row)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--gigabytes", type=float, default=1.0)
    chosen = options.parse_args()
    if not RECORDS.exists():
        print(f"needs {RECORDS.relative_to(ROOT.parent)} beside the checkout")
        return 0
    day = datetime.now(UTC).strftime("%Y-%m-%d")
    row = {"date": day, "python": platform.python_version(), **compare(chosen.rounds), **long_file(chosen.gigabytes)}
    append(row)
    for name, value in row.items():
        print(f"{name:24} {value}")
    met = (
        float(str(row["times_faster_than_peer"])) >= GOAL_RATIO and int(str(row["long_file_peak_mb"])) < GOAL_MEGABYTES
    )
    print(f"goals: {GOAL_RATIO} times as fast, under {GOAL_MEGABYTES} MB: {'met' if met else 'missed'}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
