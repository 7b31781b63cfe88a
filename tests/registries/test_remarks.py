"""What publishing did to a text: each remark with its words, and silence where nothing is wrong."""

import pytest

from trialwright.registries.remarks import remark_foreign_ids, remark_record, remark_text
from trialwright.trial import (
    Arm,
    ArmsInterventions,
    Description,
    EligibilityText,
    Identification,
    Intervention,
    Outcome,
    Outcomes,
    Protocol,
    Record,
)


def words(text: str, code: str) -> list[str]:
    """The words that the remarks of one code point at."""
    return [remark.span.of(text) for remark in remark_text(text, "here") if remark.code == code and remark.span]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ANC ≥ 1.5 x 109/L", ["x 109/L"]),
        ("ANC ≥1.5×109/L, platelets ≥100×109/L", ["×109/L", "×109/L"]),
        ("platelets > 75 x 103/uL", ["x 103/uL"]),
        ("red cells 4 x 1012/L", ["x 1012/L"]),
        ("lymphocytes of 0.8 109/L", ["109/L"]),
        ("eosinophils > 0.6x106/mL", ["x106/mL"]),
        ("ANC ≥ 1.5 × 10⁹/L", []),
        ("ANC ≥ 1.5 x 10^9/L", []),
        ("ANC ≥ 1.5 x 10E9/L", []),
        ("ANC ≥ 1.5 x 10*9/L", []),
        ("protein of 109 g/L", []),
        ("blood pressure 140/90, 1090 patients", []),
    ],
)
def test_superscripts(text: str, found: list[str]) -> None:
    assert [word.strip() for word in words(text, "lost-superscript")] == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("weight \\>30 kg and age \\<70", ["\\>"]),
        ("a \\[note\\] on 5\\~8 weeks", ["\\["]),
        ("a path such as C:\\temp", []),
        ("weight > 30 kg", []),
    ],
)
def test_escapes(text: str, found: list[str]) -> None:
    assert words(text, "markdown-escape") == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("at most \\<\\> mg of it", ["\\<\\>"]),
        ("at most < > mg of it", ["< >"]),
        ("Men 6 months ago, had surgery", ["Men 6 months ago"]),
        ("women with surgery 6 months ago", []),
        ("at most <> mg", ["<>"]),
        ("snowmen 6 months ago and patients 6 months agog", []),
        ("5 < 7 > 3", []),
    ],
)
def test_lost_angles(text: str, found: list[str]) -> None:
    assert words(text, "lost-angle-text") == found


@pytest.mark.parametrize(
    ("text", "is_odd"),
    [
        ("cancer of the neck.All of them", True),
        ("Kidneys:Creatinine normal", True),
        ("within range,APTT too", True),
        ("hemoglobin 90 g/L,ANC 2", True),
        ("the lesion);Serum values", True),
        ("St.John's wort, i.e. herbs, e.g.Tea", False),
        ("One sentence. Another one: Here", False),
        ("ratios 1:2, U.S.A. and vs.Placebo", False),
    ],
)
def test_missing_spaces(text: str, is_odd: bool) -> None:
    assert bool(words(text, "missing-space")) is is_odd


def numbered(*numbers: int, heading: str = "Inclusion Criteria:") -> str:
    return "\n".join([heading, *(f"{number}. something to check" for number in numbers)])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (numbered(1, 2, 3), []),
        (numbered(1, 2, 5, 6), ["items 3-4 are missing before 5"]),
        (numbered(2, 3, 4), ["item 1 is missing before 2"]),
        (numbered(1, 2) + "\n" + numbered(3, 4, heading="Exclusion Criteria:"), []),
        (numbered(1, 2) + "\n" + numbered(2, 3, heading="Exclusion Criteria:"), ["item 1 is missing before 2"]),
        (numbered(1, 2, 1, 2, 3, 3, 4), []),
        (numbered(1, 2, 1, 2, 5, 6), ["items 3-4 are missing before 5"]),
        ("1. first 2. second 3. third\n4. fourth\n5. fifth", []),
        ("* a score of at most\n22) points\n* another", []),
        ("no list at all", []),
    ],
    ids=[
        "whole",
        "hole",
        "begins at 2",
        "runs on",
        "second list",
        "inner list",
        "hole behind it",
        "inline",
        "wrapped",
        "none",
    ],
)
def test_numbering(text: str, found: list[str]) -> None:
    assert [remark.message for remark in remark_text(text, "") if remark.code == "numbering-gap"] == found


def test_the_gap_points_at_the_number_behind_it() -> None:
    assert words(numbered(1, 2, 5, 6), "numbering-gap") == ["5"]


def test_foreign_ids_are_named_once_and_the_own_one_not() -> None:
    text = "see NCT00000002, NCT00000001 and NCT00000002 again"
    (remark,) = remark_foreign_ids(text, "NCT00000001", "here")
    assert remark.message == "names other trials: NCT00000002"
    assert remark.span
    assert (remark.span.start, remark.where) == (4, "here")
    assert remark_foreign_ids(text, "", "")[0].message.endswith("NCT00000002, NCT00000001")
    assert remark_foreign_ids("only NCT00000001", "NCT00000001", "") == ()


def test_a_clean_record_has_no_remarks() -> None:
    assert remark_record(Record()) == ()
    text = EligibilityText(eligibility_criteria=numbered(1, 2))
    assert remark_record(Record(protocol=Protocol(eligibility=text))) == ()


def test_repeats_and_ids_of_a_record() -> None:
    long = "Everyone takes one tablet a day, in the morning and with water, for as long as it helps."
    protocol = Protocol(
        identification=Identification(nct_id="NCT00000001"),
        description=Description(brief_summary="Short.", detailed_description="Short. Then NCT00000009."),
        arms_interventions=ArmsInterventions(
            arm_groups=(Arm(label="A", description=long.upper()),),
            interventions=(Intervention(name="X", description=long), Intervention(name="Y", description="With water.")),
        ),
        outcomes=Outcomes(primary_outcomes=(Outcome(measure="Survival", description="Survival"),)),
    )
    found = [
        (remark.code, remark.where.rpartition("Module.")[2]) for remark in remark_record(Record(protocol=protocol))
    ]
    assert found == [
        ("foreign-trial-id", "detailedDescription"),
        ("repeated-text", "detailedDescription"),
        ("repeated-text", "interventions[0].description"),
        ("repeated-text", "primaryOutcomes[0].description"),
    ]


def test_a_long_text_takes_no_long_time() -> None:
    """Each pattern is tried on its own worst case; a quadratic one would not come back."""
    for text in (
        "\n1. a" * 60_000,
        "\n1. a\n3. b" * 30_000,
        "<" * 200_000,
        "\\<" * 100_000,
        "a.B" * 80_000,
        "x 10 " * 50_000,
    ):
        assert isinstance(remark_text(text, ""), tuple)
