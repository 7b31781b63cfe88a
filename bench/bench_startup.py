"""CPU seconds that a command takes from nothing to its last line, beside Python itself doing nothing, in one run.

Appends to bench/results/startup.csv, with the median of the runs. Exits with 1 over a limit.
"""

import csv
import platform
import resource
import statistics
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from trialwright import __version__, samples

RUNS = 15
TABLE = Path(__file__).parent / "results/startup.csv"
COLUMNS = ("date", "version", "python", "command", "cpu_s", "limit_s", "python_s", "ratio")
COMMAND = str(Path(sys.executable).with_name("trialwright"))
LIMITS = (
    ("--help", ["--help"], 0.15),
    ("read FILE", ["read", str(samples.trial_path("SAMPLE-001"))], 0.30),
)


def cpu_seconds(command: list[str]) -> float:
    """User and system time of the process, the median of some runs after one that warms the disk's cache."""
    taken = []
    for _ in range(RUNS + 1):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        taken.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
    return statistics.median(taken[1:])


def main() -> int:
    python = cpu_seconds([sys.executable, "-c", "pass"])
    TABLE.parent.mkdir(exist_ok=True)
    is_new, over = not TABLE.exists(), False
    with TABLE.open("a", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        if is_new:
            writer.writerow(COLUMNS)
        for name, arguments, limit in LIMITS:
            taken = cpu_seconds([COMMAND, *arguments])
            over = over or taken > limit
            today = datetime.now(UTC).date()
            row = (
                today,
                __version__,
                platform.python_version(),
                name,
                f"{taken:.3f}",
                limit,
                f"{python:.3f}",
                f"{taken / python:.1f}",
            )
            writer.writerow(row)
            print(f"trialwright {name}: {taken:.3f} s CPU, limit {limit} s, {taken / python:.1f} x python -c pass")
    return int(over)


if __name__ == "__main__":
    sys.exit(main())
