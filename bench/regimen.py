"""Doses read from arm descriptions, against judgements by hand; and how fast and how safely whole records are read and planned.

`gold/regimens*.tsv` hold one row for each dose that an arm's description states, with its place, and a row of `-` for an arm
that states none. In a cell `-` is "not stated" (a value read there is invented), `*` is not judged, and `~` before a value means
that reading it or leaving it out is both right. How the arms were drawn is in docs/regimen.md.

    python bench/regimen.py [--show] [--gold FILE]
"""

import argparse
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import msgspec

from trialwright.codes.dates import Duration
from trialwright.codes.tables import rows
from trialwright.codes.vocabulary import default_vocabulary
from trialwright.export.plans.planning import Request, plan_trial
from trialwright.export.plans.to_html import to_html
from trialwright.regimen.assessments import compile_assessments
from trialwright.regimen.calendar import Terms
from trialwright.regimen.compiler import compile_regimens
from trialwright.regimen.endpoints import compile_endpoints
from trialwright.regimen.nodes import Amount, Count, Give, Interval, Radiate, Regimen, Stated, Times
from trialwright.registries import read_trials
from trialwright.trial import Trial

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
RECORDS = (SHARED / "data/records/ctgov_v2.jsonl.gz", SHARED / "data/records/classic_xml.tar.gz")
GOLD = Path(__file__).parent / "gold"
FIELDS = ("dose", "drug", "route", "days", "times", "every", "cycles", "duration")
GOAL_RIGHT, GOAL_PER_MINUTE = 0.90, 2000
START = date(2026, 1, 5)
_UNITS = {"minute": "min", "hour": "h", "day": "d", "week": "wk", "month": "mo", "year": "a"}


class Dose(NamedTuple):
    """One stated dose as the gold table writes it; a field that is not stated is "-"."""

    start: int
    end: int
    cells: dict[str, str]


class Tally(NamedTuple):
    """Per field: stated, right, wrong or missed, and invented where nothing is stated."""

    stated: Counter[str]
    right: Counter[str]
    invented: Counter[str]
    notes: list[str]


def number(value: Decimal) -> str:
    return f"{value.normalize():f}"


def amount_cell(amount: Amount) -> str:
    joined = {"one": "", "range": "-", "levels": ";"}[amount.shape].join(number(value) for value in amount.values)
    return f"{joined} {amount.unit}"


def interval_cell(interval: Interval) -> str:
    values: tuple[Duration, ...] = interval.values
    join = {"one": "", "range": "-", "levels": ";"}[interval.shape]
    return f"{join.join(number(value.value) for value in values)} {_UNITS[values[-1].unit]}"


def times_cell(times: Times) -> str:
    span = str(times.low) if times.low == times.high else f"{times.low}-{times.high}"
    return f"{span}/{_UNITS[times.per]}"


def days_cell(days: tuple[int, ...]) -> str:
    if len(days) > 2 and days == tuple(range(days[0], days[-1] + 1)):
        return f"{days[0]}-{days[-1]}"
    return ",".join(str(day) for day in days)


def count_cell(count: Count) -> str:
    return str(count.low) if count.low == count.high else f"{count.low}-{count.high}"


def give_cells(step: Give, where: str) -> dict[str, str]:
    """What the step says, quoted from this one text; what another text adds is not judged here."""
    here = [
        stated
        for name in step.__struct_fields__
        if isinstance(stated := getattr(step, name), Stated) and stated.quote.where == where
    ]
    step = msgspec.structs.replace(
        step,
        **{
            name: None
            for name in ("route", "days", "times", "every", "cycles", "doses", "duration")
            if getattr(step, name) not in here
        },
    )
    cells = dict.fromkeys(FIELDS, "-")
    cells["drug"] = step.name.lower() if step.drug else "-"
    assert step.amount is not None
    cells["dose"] = amount_cell(step.amount.value)
    cells["route"] = step.route.value if step.route else "-"
    cells["days"] = days_cell(step.days.value) if step.days else "-"
    cells["times"] = "prn" if step.as_needed else times_cell(step.times.value) if step.times else "-"
    cells["every"] = interval_cell(step.every.value) if step.every else "-"
    counted = step.cycles or step.doses
    cells["cycles"] = count_cell(counted.value) if counted else "-"
    cells["duration"] = interval_cell(step.duration.value) if step.duration else "-"
    return cells


def radiation(step: Radiate) -> Iterator[tuple[Stated[Amount], dict[str, str]]]:
    for amount in (step.total, step.fraction):
        if amount is not None:
            cells = dict.fromkeys(FIELDS, "-") | {"drug": "radiation", "dose": amount_cell(amount.value)}
            cells["cycles"] = count_cell(step.fractions.value) if step.fractions else "-"
            cells["every"] = interval_cell(step.every.value) if step.every else "-"
            cells["duration"] = interval_cell(step.duration.value) if step.duration else "-"
            yield amount, cells


def read_doses(regimen: Regimen, where: str) -> list[Dose]:
    """The doses that the regimen quotes from one text."""
    found = []
    for step in regimen.steps():
        if isinstance(step, Give) and step.amount is not None and step.amount.quote.where == where:
            found.append(Dose(*_ends(step.amount), give_cells(step, where)))
        elif isinstance(step, Radiate):
            found += [Dose(*_ends(amount), cells) for amount, cells in radiation(step) if amount.quote.where == where]
    return found


def _ends(amount: Stated[Amount]) -> tuple[int, int]:
    return amount.quote.span.start, amount.quote.span.end


def agrees(field: str, gold: str, read: str) -> bool:
    gold = gold.removeprefix("~")
    if field == "drug":
        return read != "-" and (gold in read or read in gold or _same_drug(gold, read))
    read = read if " " in gold or field != "dose" else read.partition(" ")[0]
    return gold == read or (";" in gold and _levels(gold) == _levels(read))


def _levels(cell: str) -> tuple[list[str], str]:
    """Alternatives and their unit; their order is the text's and says nothing."""
    values, _, unit = cell.partition(" ")
    return sorted(values.split(";")), unit


def _same_drug(gold: str, read: str) -> bool:
    """Two names of one drug: Xolair is omalizumab."""
    one, other = (default_vocabulary().find(name, "drug") for name in (gold, read))
    return one is not None and one == other


def same_length(gold: str, read: str) -> bool:
    """21 d and 3 wk are one interval."""
    days = {"d": 1, "wk": 7}
    try:
        (one, first), (other, second) = gold.removeprefix("~").split(), read.split()
        return Decimal(one) * days[first] == Decimal(other) * days[second]
    except (ValueError, KeyError, ArithmeticError):
        return False


def compare(arm: str, gold: list[Dose], read: list[Dose], tally: Tally) -> None:
    unmatched = list(read)
    for dose in gold:
        match = next((other for other in unmatched if other.start < dose.end and dose.start < other.end), None)
        if match is not None:
            unmatched.remove(match)
        for field in FIELDS:
            _compare_cell((arm, field), dose.cells[field], match.cells[field] if match else "-", tally)
    for extra in unmatched:
        tally.invented["dose"] += 1
        tally.notes.append(
            f"{arm}: invented {extra.cells['dose']} of {extra.cells['drug']} at {extra.start}-{extra.end}"
        )


def _compare_cell(cell: tuple[str, str], gold: str, read: str, tally: Tally) -> None:
    arm, field = cell
    if gold == "*":
        return
    right = agrees(field, gold, read) or (field in ("every", "duration") and same_length(gold, read))
    if gold == "-":
        if read != "-":
            tally.invented[field] += 1
            tally.notes.append(f"{arm}: invented {field} {read}")
    elif gold.startswith("~"):
        if read != "-" and not right:
            tally.invented[field] += 1
            tally.notes.append(f"{arm}: {field} is {gold}, read {read}")
    else:
        tally.stated[field] += 1
        tally.right[field] += right
        if not right:
            tally.notes.append(f"{arm}: {field} is {gold}, read {read}")


def load_gold(path: Path) -> dict[tuple[str, int], list[Dose]]:
    found: dict[tuple[str, int], list[Dose]] = defaultdict(list)
    for row in rows(path.stem, path.parent):
        doses = found[row["trial"], int(row["arm"])]
        if row["start"] != "-":
            cells = {field: row[field] for field in FIELDS}
            cells["dose"] = row["dose"] if row["unit"] == "*" else f"{row['dose']} {row['unit']}"
            doses.append(Dose(int(row["start"]), int(row["end"]), cells))
    return found


def judge(gold: dict[tuple[str, int], list[Dose]], trials: dict[str, Trial]) -> Tally:
    tally = Tally(Counter(), Counter(), Counter(), [])
    for (identity, arm), doses in gold.items():
        regimen = compile_regimens(trials[identity])[arm]
        where = f"protocolSection.armsInterventionsModule.armGroups[{arm}].description"
        compare(f"{identity}/{arm}", doses, read_doses(regimen, where), tally)
    return tally


def report(tally: Tally, *, show: bool) -> bool:
    print(f"{'field':10} stated  right  share  invented")
    for field in FIELDS:
        stated, right = tally.stated[field], tally.right[field]
        print(f"{field:10} {stated:6} {right:6}  {right / max(1, stated):5.1%} {tally.invented[field]:8}")
    if show:
        print("\n".join(tally.notes))
    return all(tally.right[field] >= GOAL_RIGHT * tally.stated[field] for field in FIELDS) and not sum(
        tally.invented.values()
    )


def measure_speed(trials: list[Trial]) -> float:
    """Records a minute: regimens, assessments and endpoints of each, in time of this process and not of the busy machine."""
    start = time.process_time()
    for trial in trials:
        compile_regimens(trial)
        compile_assessments(trial)
        compile_endpoints(trial)
    return len(trials) / (time.process_time() - start) * 60


class Planned(NamedTuple):
    """failed: trial and exception, for each that raised."""

    records: int
    visits: int
    failed: list[str]


def plan_all(trials: Iterable[Trial]) -> Planned:
    """Every record planned from one day, and drawn as a page."""
    request = Request(terms=Terms(start=START))
    visits, failed = 0, []
    for trial in (listed := list(trials)):
        try:
            made = plan_trial(trial, request)
            to_html(made)
        except Exception as error:  # noqa: BLE001 - what is counted here
            failed.append(f"{trial.nct_id}: {error!r}")
        else:
            visits += sum(len(calendar.visits) for arm in made.arms for calendar in arm.plan.calendars)
    return Planned(len(listed), visits, failed)


def load_trials() -> dict[str, Trial]:
    """Every record of both files; the API's where both hold one."""
    found: dict[str, Trial] = {}
    for path in RECORDS:
        for trial in read_trials(path):
            if isinstance(trial, Trial):
                found.setdefault(trial.nct_id or str(len(found)), trial)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--show", action="store_true", help="name every difference")
    parser.add_argument("--gold", type=Path, action="append", help="only this table")
    parser.add_argument("--quick", action="store_true", help="the tables only, neither speed nor plans")
    given = parser.parse_args()
    trials = load_trials()
    good = True
    for path in given.gold or sorted(GOLD.glob("regimens*.tsv")):
        gold = load_gold(path)
        doses = sum(map(len, gold.values()))
        print(f"\n{path.name}: {len(gold)} arms, {sum(bool(one) for one in gold.values())} with a dose, {doses} doses")
        good &= report(judge(gold, trials), show=given.show)
    if given.quick:
        return 0 if good else 1
    per_minute = measure_speed(list(trials.values()))
    print(
        f"\n{len(trials)} records read without an exception, {per_minute:.0f} a minute on one core (goal {GOAL_PER_MINUTE})"
    )
    planned = plan_all(trials.values())
    print(
        f"{planned.records} records planned, {planned.visits} visits; {len(planned.failed)} exceptions {planned.failed[:5]}"
    )
    return 0 if good and per_minute >= GOAL_PER_MINUTE and not planned.failed else 1


if __name__ == "__main__":
    sys.exit(main())
