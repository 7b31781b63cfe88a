"""Invented records without labels: which line is which, and where an outcome's commas part it."""

import json
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialwright.registries import flattened
from trialwright.trial import Outcome, Trial

TITLE = "Peppermint Against Seasickness in Ferry Cooks"
SUMMARY = (
    "Ferry cooks stir soup on moving floors. Many of them feel ill before the first harbour is out of sight, and few remedies "
    "are allowed in a galley. Peppermint is one of them, and nobody has counted what it does."
)
CONDITIONS = "Seasickness|Nausea, Postprandial"
TYPED = "DRUG: Peppermint oil|DIETARY_SUPPLEMENT: Ginger: fresh|BEHAVIORAL: Looking at the horizon"
PRIMARY = "Soup spilled, Soup spilled, from leaving the first harbour until the last, whichever comes later"
SECONDARY = "Nausea score, up to 6 weeks|Weight, Time Frame: day 14"
DESCRIPTION = (
    "Every cook sails twice. On one voyage the galley smells of peppermint, on the other it does not. A scale under the pot "
    "weighs the soup before and after. The order of the voyages is drawn by lot in the harbour office."
)
LINES = (TITLE, SUMMARY, CONDITIONS, TYPED, PRIMARY, SECONDARY, DESCRIPTION)


def read(lines: Iterable[str], gap: str = "\n") -> Trial:
    text = gap.join(lines)
    assert flattened.looks_like(text)
    trial = flattened.read(text, "row.txt", 5)
    for path, origin in trial.source.origins.items():
        assert origin.span, path
        assert origin.span.of(text).strip(), path
    return trial


def texts(trial: Trial) -> tuple[str | None, str | None]:
    module = trial.protocol.description
    return (module.brief_summary, module.detailed_description) if module else (None, None)


def test_all_seven_lines() -> None:
    trial = read(LINES)
    assert (trial.source.form, trial.source.name, trial.source.position) == ("flattened-row", "row.txt", 5)
    assert trial.title == TITLE
    assert texts(trial) == (SUMMARY, DESCRIPTION)
    assert trial.conditions == ("Seasickness", "Nausea, Postprandial")
    assert [(item.type, item.name) for item in trial.interventions] == [
        ("DRUG", "Peppermint oil"),
        ("DIETARY_SUPPLEMENT", "Ginger: fresh"),
        ("BEHAVIORAL", "Looking at the horizon"),
    ]
    frame = "from leaving the first harbour until the last, whichever comes later"
    assert [(kind, item.measure, item.description, item.time_frame) for kind, item in trial.outcomes()] == [
        ("primary", "Soup spilled", "Soup spilled", frame),
        ("secondary", "Nausea score", None, "up to 6 weeks"),
        ("secondary", "Weight", None, "day 14"),
    ]


def test_the_place_of_each_value() -> None:
    trial = read(LINES)
    text = "\n".join(LINES)
    for path, place, words in (
        ("protocolSection.armsInterventionsModule.interventions[1].name", "line 4", "Ginger: fresh"),
        ("protocolSection.outcomesModule.secondaryOutcomes[1]", "line 6", "Weight, Time Frame: day 14"),
        ("protocolSection.conditionsModule.conditions", "line 3", CONDITIONS),
    ):
        origin = trial.origin(path)
        assert origin.place == place
        assert origin.span
        assert origin.span.of(text) == words


@pytest.mark.parametrize(
    ("left_out", "wanted"),
    [
        ((), (SUMMARY, DESCRIPTION)),
        ((1,), (None, DESCRIPTION)),
        ((2,), (SUMMARY, DESCRIPTION)),
        ((5,), (SUMMARY, DESCRIPTION)),
        ((6,), (SUMMARY, None)),
        ((4, 5), (SUMMARY, DESCRIPTION)),
        ((1, 2, 5, 6), (None, None)),
    ],
    ids=["none", "summary", "conditions", "secondary", "description", "outcomes", "most"],
)
def test_a_line_that_is_not_there_is_absent(left_out: tuple[int, ...], wanted: tuple[str | None, str | None]) -> None:
    trial = read(line for at, line in enumerate(LINES) if at not in left_out)
    assert texts(trial) == wanted
    assert trial.conditions == (() if 2 in left_out else ("Seasickness", "Nausea, Postprandial"))
    kinds = [kind for kind, _ in trial.outcomes()]
    assert kinds.count("primary") == (0 if 4 in left_out else 1)
    assert kinds.count("secondary") == (0 if 5 in left_out else 2)
    assert len(trial.interventions) == 3
    assert trial.source.stripped == frozenset()


@pytest.mark.parametrize("gap", ["\r\n", "\n\n", "\n   \n", "\n\t"], ids=["crlf", "blank", "spaces", "tab"])
def test_line_ends_and_blank_lines_change_nothing(gap: str) -> None:
    assert flattened.read(gap.join(LINES)).record == read(LINES).record


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Weight", Outcome(measure="Weight")),
        ("Weight, 6 weeks", Outcome(measure="Weight", time_frame="6 weeks")),
        ("Weight, up to approximately 2 years", Outcome(measure="Weight", time_frame="up to approximately 2 years")),
        ("1 year weight, 1 year after landing", Outcome(measure="1 year weight", time_frame="1 year after landing")),
        ("Weight, Time Frame: day 3", Outcome(measure="Weight", time_frame="day 3")),
        ("Weight, Weight, Time Frame: day 3", Outcome(measure="Weight", description="Weight", time_frame="day 3")),
        (
            "Fat, lean, Fat, lean, at 1, 2 and 3 days",
            Outcome(measure="Fat, lean", description="Fat, lean", time_frame="at 1, 2 and 3 days"),
        ),
        ("Weight, Weight", Outcome(measure="Weight", description="Weight")),
        ("Weight, height", None),
        ("Weight, height, 6 weeks", None),
        ("Weight, Weight, as read from the scale, 6 weeks", None),
        ("Weight, height, Time Frame: 6 weeks", None),
    ],
)
def test_outcomes(text: str, wanted: Outcome | None) -> None:
    assert flattened.split_outcome(text) == wanted


def test_an_open_outcome_is_kept_whole_with_a_remark() -> None:
    trial = read([*LINES[:4], "Weight, height, 6 weeks", *LINES[5:]])
    assert next(iter(trial.outcomes())) == ("primary", Outcome(measure="Weight, height, 6 weeks"))
    (remark,) = [item for item in trial.diagnostics if item.code == "ambiguous-outcome"]
    assert remark.span
    assert remark.span.of("\n".join([*LINES[:4], "Weight, height, 6 weeks", *LINES[5:]])) == "Weight, height, 6 weeks"


def test_registry_outcomes_are_parted_rightly_or_not_at_all(records: Iterable[bytes]) -> None:
    """Joined as the form joins them and parted again: of the parted ones fewer than 1 in 200 may be wrong."""
    right = wrong = 0
    for line in records:
        module = json.loads(line)["protocolSection"].get("outcomesModule", {})
        for outcome in (*module.get("primaryOutcomes", ()), *module.get("secondaryOutcomes", ())):
            wanted = [" ".join(outcome.get(key, "").split()) for key in ("measure", "description", "timeFrame")]
            parted = flattened.split_outcome(", ".join(text for text in wanted if text))
            if parted is not None and "|" not in "".join(wanted):
                found = [parted.measure or "", parted.description or "", parted.time_frame or ""]
                right, wrong = right + (found == wanted), wrong + (found != wanted)
    assert right > 5_000
    assert wrong * 200 < right


WORDS = st.lists(
    st.sampled_from(["soup", "ladle", "harbour", "swell", "Peppermint", "deck"]), min_size=1, max_size=6
).map(" ".join)
TYPES = st.sampled_from(["DRUG", "DEVICE", "PROCEDURE", "RADIATION", "COMBINATION_PRODUCT", "OTHER"])


@given(WORDS, st.lists(WORDS, min_size=1, max_size=5), st.lists(st.tuples(TYPES, WORDS), min_size=1, max_size=6), WORDS)
def test_any_names(title: str, conditions: list[str], typed: list[tuple[str, str]], measure: str) -> None:
    line = "|".join(f"{kind}: {name}" for kind, name in typed)
    trial = read([title, "|".join(conditions), line, f"{measure}, 3 weeks"])
    assert trial.title == title
    assert trial.conditions == tuple(conditions)
    assert [(item.type, item.name) for item in trial.interventions] == typed
    assert list(trial.outcomes()) == [("primary", Outcome(measure=measure, time_frame="3 weeks"))]


@given(st.text(max_size=300), st.integers(0, 600))
def test_a_damaged_record_never_raises(noise: str, at: int) -> None:
    text = "\n".join(LINES)
    broken = text[:at] + noise + text[at + len(noise) // 2 :]
    flattened.looks_like(broken)
    trial = flattened.read(broken)
    assert all(origin.span and origin.span.end <= len(broken) for origin in trial.source.origins.values())


def test_without_interventions_every_line_is_kept_beside_the_record() -> None:
    trial = flattened.read("One\nTwo")
    assert [extra.value for extra in trial.extras] == ["One", "Two"]
    assert {remark.code for remark in trial.diagnostics} == {"unread-value"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "DRUG: Peppermint oil",
        f"{TITLE}\n{TYPED}",
        f"{TYPED}\nWeight, 6 weeks\n{DESCRIPTION}",
        f"{TITLE}\n{SUMMARY}\n{DESCRIPTION}",
        f"{TITLE}\nHARBOUR: Oban|FERRY: Blue\nWeight, 6 weeks",
        f"{TITLE}\nDRUG: Peppermint|and more\nWeight, 6 weeks",
        f"{TITLE}\tDRUG: x\tWeight",
        json.dumps({"title": f"\n{TYPED}\n"}, indent=1),
        f"<x>\n{TYPED}\nWeight, 6 weeks\n</x>",
        "\n".join([TITLE, *["Some line of a long letter."] * 20, TYPED, "Weight, 6 weeks"]),
    ],
    ids=["empty", "lone", "ends", "no title", "prose", "other types", "half typed", "tabs", "json", "xml", "letter"],
)
def test_other_texts_are_not_claimed(text: str) -> None:
    assert not flattened.looks_like(text)
