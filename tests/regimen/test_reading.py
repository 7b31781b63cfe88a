"""What is read of an arm's words: a table of ways of saying it, each with the steps in plain words; and what must not be read."""

from collections.abc import Callable

import pytest

from trialwright.export.plans.wording import part_words
from trialwright.regimen.nodes import Regimen

Read = Callable[..., Regimen]

# text · interventions · each step as `wording` says it, alternatives joined by OR
WAYS = [
    (
        "Cisplatin 75 mg/m2 IV on day 1 of each 21-day cycle for 4 cycles",
        ["Cisplatin 75 mg/m2, iv; on day 1 every 21 days; 4 cycles"],
    ),
    ("Cisplatin 75mg/m² D1 q3w ×6", ["Cisplatin 75 mg/m2; on day 1 every 3 weeks; 6 doses"]),
    (
        "Paclitaxel 80 mg/m2 on days 1, 8 and 15 every 28 days",
        ["Paclitaxel 80 mg/m2; on days 1, 8 and 15 every 28 days"],
    ),
    (
        "Vinorelbine 25mg/m2 D1,8, Cisplatin 75mg/m2 D1 q3wks",
        ["Vinorelbine 25 mg/m2; on days 1 and 8 every 3 weeks", "Cisplatin 75 mg/m2; on day 1 every 3 weeks"],
    ),
    (
        "Duration: 3wks x 4 cycles = 12 wks. Cisplatin 75mg/m2 D1",
        ["Cisplatin 75 mg/m2; on day 1 every 3 weeks; 4 cycles"],
    ),
    (
        "6 cycles of 3 weeks: cisplatin 80 mg/m2 on day 1; gemcitabine 1000 mg/m2 on days 1 and 8",
        [
            "cisplatin 80 mg/m2; on day 1 every 3 weeks; 6 cycles",
            "gemcitabine 1000 mg/m2; on days 1 and 8 every 3 weeks; 6 cycles",
        ],
    ),
    (
        "4 cycles of cisplatin 75 mg/m2 + pemetrexed 500 mg/m2 q3w",
        ["cisplatin 75 mg/m2; every 3 weeks; 4 cycles", "pemetrexed 500 mg/m2; every 3 weeks; 4 cycles"],
    ),
    (
        "Cisplatin 75 mg/m2 on the first day of each cycle, 21 days as a treatment cycle",
        ["Cisplatin 75 mg/m2; on day 1 every 21 days"],
    ),
    (
        "Anlotinib 12 mg once daily, 2 weeks on and 1 week off",
        ["Anlotinib 12 mg, 1 × a day; on days 1–14 every 3 weeks"],
    ),
    ("Anlotinib 10mg qd 2W/3W", ["Anlotinib 10 mg, 1 × a day; on days 1–14 every 3 weeks"]),
    (
        "Sunitinib 50 mg orally daily, 4 weeks on/2 weeks off",
        ["Sunitinib 50 mg, oral, 1 × a day; on days 1–28 every 6 weeks"],
    ),
    ("Dupilumab 300 mg SC qw from week 1 on", ["Dupilumab 300 mg, sc; every 1 week"]),
    (
        "Omalizumab 300 mg subcutaneously every 2 weeks (q2w) or every 4 weeks (q4w)",
        ["Omalizumab 300 mg, sc; every 2 | 4 weeks"],
    ),
    ("One injection of omalizumab 300 mg every 4 weeks", ["omalizumab 300 mg; every 4 weeks"]),
    ("Three intramuscular injections of pembrolizumab 100 mg", ["pembrolizumab 100 mg, im; 3 doses"]),
    ("A single oral dose of tadalafil 10 mg", ["tadalafil 10 mg, oral; 1 dose"]),
    (
        "Tadalafil 5 mg and sildenafil 50 mg, taken orally once only.",
        ["Tadalafil 5 mg, oral; 1 dose", "sildenafil 50 mg, oral; 1 dose"],
    ),
    (
        "Capecitabine 1000 mg/m2 twice daily on days 1-14 plus oxaliplatin 130 mg/m2 on day 1 every 3 weeks for up to 8 cycles",
        [
            "Capecitabine 1000 mg/m2, 2 × a day; on days 1–14 every 3 weeks; up to 8 cycles",
            "oxaliplatin 130 mg/m2; on day 1 every 3 weeks; up to 8 cycles",
        ],
    ),
    (
        "Cetuximab 400 mg/m2 IV, followed by 250 mg/m2 weekly",
        ["Cetuximab 400 mg/m2, iv", "Cetuximab 250 mg/m2, iv; every 1 week"],
    ),
    (
        "Tislelizumab 200 mg IV followed by placebo IV once every 3 weeks",
        ["Tislelizumab 200 mg, iv; every 3 weeks", "placebo dose not stated, iv; every 3 weeks"],
    ),
    (
        "Tislelizumab (T) 200 mg IV every 3 weeks for 4 cycles. Thereafter T 400 mg every 6 weeks",
        ["Tislelizumab 200 mg, iv; every 3 weeks; 4 cycles", "Tislelizumab 400 mg; every 6 weeks"],
    ),
    (
        "Prednisone 30 mg daily for 2 weeks; 20 mg daily for 2 weeks",
        ["Prednisone 30 mg, 1 × a day; for at most 2 weeks", "Prednisone 20 mg, 1 × a day; for at most 2 weeks"],
    ),
    (
        "Nivolumab 240 mg IV for no longer than 2 years, every 2 weeks",
        ["Nivolumab 240 mg, iv; every 2 weeks; for at most 2 years"],
    ),
    (
        "Nivolumab 240 mg every 2 weeks until progression (RECIST 1.1) or unacceptable toxicity",
        ["Nivolumab 240 mg; every 2 weeks; until progression, toxicity"],
    ),
    ("Carboplatin AUC 5 or 6 on day 1 every 3 weeks", ["Carboplatin AUC 5 | 6; on day 1 every 3 weeks"]),
    ("Carboplatin (area under the curve [AUC] of 5 on day 1)", ["Carboplatin AUC 5; on day 1"]),
    ("Gemcitabine 1000-1250 mg/m2 on days 1 and 8", ["Gemcitabine 1000–1250 mg/m2; on days 1 and 8"]),
    ("SUBA-itraconazole 65 mg twice daily for 4 months", ["SUBA-itraconazole 65 mg, 2 × a day; for at most 4 months"]),
    (
        "Baclofen (10 mg) and naproxen (500 mg) twice a day for three weeks",
        ["Baclofen 10 mg, 2 × a day; for at most 3 weeks", "naproxen 500 mg, 2 × a day; for at most 3 weeks"],
    ),
    (
        "Budesonide 2 puffs bid; montelukast 10 mg daily",
        ["Budesonide 2 puff, 2 × a day", "montelukast 10 mg, 1 × a day"],
    ),
    (
        "Fludarabine 30 mg/m2/day for 5 days (day -6 to day -2)",
        ["Fludarabine 30 mg/m2/d; on days -6–-2; for at most 5 days"],
    ),
    (
        "Pembrolizumab 200 mg every 3 weeks for cycles 7-17",
        ["Pembrolizumab 200 mg; every 3 weeks; 11 cycles; 17 cycles in all"],
    ),
    (
        "Toripalimab 240 mg, tislelizumab 200 mg or camrelizumab 200 mg, each intravenously on day 1 every 3 weeks",
        [
            " OR ".join(
                f"{name} mg, iv; on day 1 every 3 weeks"
                for name in ("Toripalimab 240", "tislelizumab 200", "camrelizumab 200")
            )
        ],
    ),
    (
        "Pembrolizumab 200 mg, cisplatin 75 mg/m2 or carboplatin AUC 5 on day 1 every 3 weeks",
        [
            "Pembrolizumab 200 mg; on day 1 every 3 weeks",
            "cisplatin 75 mg/m2; on day 1 every 3 weeks OR carboplatin AUC 5; on day 1 every 3 weeks",
        ],
    ),
    (
        "Cisplatin 75 mg/m2 on day 1 every 3 weeks, which may be replaced by carboplatin AUC 5",
        ["Cisplatin 75 mg/m2; on day 1 every 3 weeks OR carboplatin AUC 5"],
    ),
    ("CAR-T cells 1-5 x 10^8 cells on day 0", ["CAR-T cells 100000000–500000000 cells; on day 0"]),
    ("Vitamin D3 0,5 mg daily", ["Vitamin D3 0.5 mg, 1 × a day"]),
    ("Radiotherapy 70 Gy/2 Gy, 35 fractions", ["Radiotherapy: 70 Gy, 35 fractions, 2 Gy/fraction"]),
    (
        "Radiotherapy 60 Gy in 30 fractions combined with cisplatin 40 mg/m2 weekly",
        ["Radiotherapy: 60 Gy, 30 fractions", "cisplatin 40 mg/m2; every 1 week"],
    ),
]


def steps(regimen: Regimen) -> list[str]:
    return [" OR ".join(part_words(part)) for phase in regimen.phases for part in phase.parts]


@pytest.mark.parametrize(("text", "expected"), WAYS, ids=[text[:60] for text, _ in WAYS])
def test_ways_of_saying_it(regimen: Read, text: str, expected: list[str]) -> None:
    assert steps(regimen(text)) == expected


# A concentration, a bound, a supply, a diameter, a rest: none of them a dose, a day or a length of treatment.
NOTHING = [
    "The solution contains 40 mg/mL of the drug.",
    "Patients with hemoglobin below 90 g/L or proteinuria of more than 300 mg are not treated.",
    "A blood sample of 5 mL is drawn every 3 weeks.",
    "The balloon is coated with sirolimus (concentration: 1.00 μg/mm2).",
    "Tablets are taken with 240 mL of water.",
    "Particles have a small size (d90 = 10 microns).",
    "If 200 mg is toxic, the dose returns to 150 mg.",
    "The dose is tapered by 5 mg every 2 weeks.",
    "Study drug is supplied in vials of 100 mg.",
]


@pytest.mark.parametrize("text", NOTHING)
def test_what_is_no_dose_is_not_read_as_one(regimen: Read, text: str) -> None:
    found = regimen(text)
    assert not [step for step in steps(found) if any(sign.isdigit() for sign in step)]


@pytest.mark.parametrize(
    ("text", "absent"),
    [
        ("Dupilumab 300 mg on day 1, followed by a 4-week observation period", "weeks"),
        ("Fluorouracil 300 mg/m2/day for 42 days followed by 2 week interruption", "2 weeks"),
        ("Milk powder 300 mg daily until an oral food challenge", "oral"),
        ("Budesonide 1 mg daily instead of inhaled corticosteroids", "inhaled"),
        ("Sildenafil 50 mg as needed, not more than once daily", "a day"),
        ("Pembrolizumab 200 mg over 30 minutes every 3 weeks", "minutes"),
        ("Paclitaxel 175 mg/m2 every 3 weeks, 30 minutes after dexamethasone", "dexamethasone"),
        ("Omalizumab 300 mg which consisted of two injections every 4 weeks", "doses"),
        ("AC for 4 cycles with tamoxifen 20 mg daily for 5 years", "cycles"),
        ("FOLFOX q2w plus bevacizumab 5 mg/kg", "every"),
    ],
)
def test_what_stands_beside_a_dose_is_not_made_a_part_of_it(regimen: Read, text: str, absent: str) -> None:
    (words,) = steps(regimen(text))
    assert absent not in words


def test_a_power_of_ten_that_can_mean_two_things_is_not_read(regimen: Read) -> None:
    assert not any("cells" in step and "0" in step for step in steps(regimen("A dose of 10e6 cells on day 0")))
    assert steps(regimen("TG-C 1.5 x 10e6 cells", "BIOLOGICAL: TG-C")) == ["TG-C 1500000 cells"]


# order --------------------------------------------------------------------------------------------------------------------------


def test_surgery_parts_the_phases_and_windows_stand_with_what_they_date(regimen: Read) -> None:
    found = regimen(
        "Neoadjuvant pembrolizumab 200 mg every 3 weeks for 3 cycles, followed by radical surgery within 4 to 6 weeks of the last cycle. "
        "4-6 weeks later, pembrolizumab 200 mg is resumed every 3 weeks for 14 cycles.",
        "DRUG: Pembrolizumab",
    )
    before, operation, after = found.phases
    assert before.role is not None
    assert before.role.value == "before-surgery"
    assert operation.start is not None
    assert (operation.start.value.side, str(operation.start.value.event)) == ("after", "cycle")
    assert after.start is not None
    assert (str(after.start.value.low), str(after.start.value.high), after.start.value.event.kind) == (
        "4 weeks",
        "6 weeks",
        "surgery",
    )


def test_induction_and_maintenance_of_one_drug_stay_apart(regimen: Read) -> None:
    found = regimen(
        "Induction: pembrolizumab 200 mg every 3 weeks for 4 cycles. Maintenance: pembrolizumab 400 mg every 6 weeks for up to 2 years."
    )
    assert [phase.role.value for phase in found.phases if phase.role] == ["induction", "maintenance"]
    assert [len(phase.steps()) for phase in found.phases] == [1, 1]


def test_a_conditional_step_waits_for_its_event(regimen: Read) -> None:
    found = regimen(
        "Pembrolizumab 200 mg every 3 weeks; if local progression occurs, re-irradiation will be administered and pembrolizumab continues."
    )
    (waiting,) = [phase for phase in found.phases if phase.condition]
    assert waiting.condition is not None
    assert waiting.condition.value.event == "progression"
    assert [step.name for step in waiting.steps()] == ["re-irradiation"]


def test_the_arm_of_another_drug_is_not_mixed_in(regimen: Read) -> None:
    found = regimen("Cisplatin 75 mg/m2 every 3 weeks", "DRUG: Cisplatin")
    assert {step.name for step in found.steps()} == {"Cisplatin"}


def test_what_is_not_stated_is_a_remark_and_no_default(regimen: Read) -> None:
    found = regimen("Pembrolizumab", "DRUG: Pembrolizumab")
    (step,) = found.steps()
    assert (step.amount, step.route, step.every, step.cycles) == (None, None, None, None)  # type: ignore[union-attr]
    (remark,) = [remark for remark in found.diagnostics if remark.code == "regimen-gap"]
    assert "dose, route, day or interval, end not stated" in remark.message


@pytest.mark.parametrize(
    "text", ["", " ", "\n", "!!!", "5", "mg", "every every every", "10" * 500, "mg/m2 " * 200, "😀 200 mg 😀", "²³¹½¼"]
)
def test_no_text_raises(regimen: Read, text: str) -> None:
    assert regimen(text).label == "The arm"
