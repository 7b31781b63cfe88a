"""Outcomes as endpoints: kind, origin, horizon and landmark, criteria with their version, and the remarks that belong to them."""

from collections.abc import Callable

import pytest

from trialwright.regimen.endpoints import Endpoint, compile_endpoints, read_endpoint
from trialwright.trial import Outcome, Trial

Made = Callable[..., Trial]


def endpoint(measure: str, frame: str = "", description: str = "") -> Endpoint:
    return read_endpoint(
        Outcome(measure=measure, time_frame=frame, description=description),
        "primary",
        "outcomesModule.primaryOutcomes[0]",
    )


@pytest.mark.parametrize(
    ("measure", "kind", "events"),
    [
        ("Overall survival (OS)", "overall-survival", ("death",)),
        ("Progression-free survival", "progression-free-survival", ("progression", "death")),
        ("PFS", "progression-free-survival", ("progression", "death")),
        ("Objective response rate", "objective-response", ("response",)),
        ("Number of participants with adverse events", "toxicity", ("toxicity",)),
        ("Favourite colour", "other", ()),
    ],
)
def test_kinds(measure: str, kind: str, events: tuple[str, ...]) -> None:
    found = endpoint(measure)
    assert (found.kind, found.events) == (kind, events)


@pytest.mark.parametrize(
    ("frame", "horizon", "landmarks"),
    [
        ("up to 2 years", "2 years", []),
        ("at 12 and 24 weeks", None, ["12 weeks", "24 weeks"]),
        ("Week 4", None, ["4 weeks"]),
        ("Baseline through week 52", "52 weeks", []),
        ("through study completion, an average of 1 year", None, ["1 year"]),
        ("", None, []),
    ],
)
def test_a_horizon_is_no_landmark(frame: str, horizon: str | None, landmarks: list[str]) -> None:
    found = endpoint("Overall survival", frame)
    assert (str(found.horizon.value) if found.horizon else None) == horizon
    assert [str(one.value) for one in found.landmarks] == landmarks


@pytest.mark.parametrize(
    ("frame", "origin"),
    [
        ("from randomization to death, up to 3 years", "randomisation"),
        ("2 years after surgery", "surgery"),
        ("From the first dose until 30 days after the last dose", "start"),
        ("1 year after treatment finished", "end-of-treatment"),
        ("2 years", None),
    ],
)
def test_origins(frame: str, origin: str | None) -> None:
    found = endpoint("Overall survival", frame)
    assert (found.origin.value.kind if found.origin else None) == origin


@pytest.mark.parametrize(
    ("description", "name", "version"),
    [("by RECIST 1.1", "RECIST", "1.1"), ("per RECIST version 1.1", "RECIST", "1.1"), ("per RECIST", "RECIST", ""),
     ("graded by CTCAE v5.0", "CTCAE", "5.0")],
)  # fmt: skip
def test_criteria_keep_their_version(description: str, name: str, version: str) -> None:
    found = endpoint("Objective response rate", description=description)
    assert found.criteria is not None
    assert (found.criteria.value.name, found.criteria.value.version) == (name, version)


def remarks(trial: Trial) -> set[tuple[str, str]]:
    return {(remark.code, remark.message) for found in compile_endpoints(trial) for remark in found.diagnostics}


def test_the_seeds_show_each_remark(seed_trials: dict[str, Trial]) -> None:
    single_arm = remarks(seed_trials["000"])
    assert "time-zero-design" in {code for code, _ in single_arm}
    after_failure = remarks(seed_trials["003"])
    assert {"time-zero-after-treatment", "endpoint-underspecified"} <= {code for code, _ in after_failure}
    words = " ".join(message for _, message in after_failure)
    assert "measurable disease" in words
    assert "confirms it" in words
    assert not remarks(seed_trials["002"])  # no outcome at all


def test_a_place_in_the_record_comes_with_every_remark(made: Made) -> None:
    trial = made("", outcomes=[{"measure": "Objective response rate", "timeFrame": "up to 2 years"}])
    found = [remark for one in compile_endpoints(trial) for remark in one.diagnostics]
    assert found
    assert all(remark.where.startswith("protocolSection.outcomesModule.primaryOutcomes[0]") for remark in found)
    assert all(remark.span is not None for remark in found)
