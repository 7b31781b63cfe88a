"""Small trials made of one arm's text, and the two seeds that are planned in full."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from trialwright.regimen.compiler import compile_regimens
from trialwright.regimen.nodes import Give, Regimen
from trialwright.registries import read_trial
from trialwright.trial import Trial

Made = Callable[..., Trial]
Given = Callable[..., list[Give]]


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A trial of one arm: its text, its interventions ("DRUG: x" or a whole object), the trial's description, its last day."""
    home = tmp_path_factory.mktemp("trials")
    count = iter(range(10_000))

    def make(
        text: str = "",
        *interventions: str | dict[str, object],
        description: str = "",
        completion: str = "",
        outcomes: list[dict[str, str]] | None = None,
    ) -> Trial:
        given = [_intervention(one) for one in interventions]
        protocol: dict[str, object] = {
            "identificationModule": {"nctId": "NCT00000001", "briefTitle": "A trial"},
            "descriptionModule": {"detailedDescription": description} if description else {},
            "statusModule": {"completionDateStruct": {"date": completion}} if completion else {},
            "armsInterventionsModule": {
                "armGroups": [{"label": "The arm", "description": text}],
                "interventions": given,
            },
            "outcomesModule": {"primaryOutcomes": outcomes or []},
        }
        path = home / f"{next(count)}.json"
        path.write_text(json.dumps({"protocolSection": protocol}), encoding="utf-8")
        return read_trial(path)

    return make


def _intervention(one: str | dict[str, object]) -> dict[str, object]:
    if isinstance(one, dict):
        return {"armGroupLabels": ["The arm"], **one}
    kind, _, name = one.partition(": ")
    return {"type": kind, "name": name, "armGroupLabels": ["The arm"]}


@pytest.fixture(scope="session")
def regimen(made: Made) -> Callable[..., Regimen]:
    """The regimen of an arm with this text."""
    return lambda *args, **said: compile_regimens(made(*args, **said))[0]


@pytest.fixture(scope="session")
def given(regimen: Callable[..., Regimen]) -> Given:
    """The drugs of an arm with this text, those that state a dose."""
    return lambda *args, **said: [
        step for step in regimen(*args, **said).steps() if isinstance(step, Give) and step.amount is not None
    ]


@pytest.fixture(scope="session")
def seed_trials(shared: Path) -> dict[str, Trial]:
    """Seed number -> its trial."""
    found = {path.name[:3]: read_trial(path) for path in sorted((shared / "seeds").glob("*.txt"))}
    assert len(found) == 5
    return found
