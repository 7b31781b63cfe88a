"""Units as registries and charts print them, and exact conversion."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialwright.codes.measures import measure_of
from trialwright.codes.quantities import Quantity, UnitError
from trialwright.codes.tables import parts, rows
from trialwright.codes.ucum import worth
from trialwright.codes.units import convert, convert_range, find_unit, fits, parse_unit

SPELLINGS = {
    "10*9/L": "x 10^9/L|×10⁹/L|x 109/L|10E9/L|10*9/L|x 10 9/L|x10(9)/L|X 10^9 cells/L|× 10 ^ 9 / L|x10e9/l|x10^9/litre|x 10⁹·L-1|109/L",
    "10*3/uL": "K/uL|k/mm3|x 103/μl|x 10^3/mm^3|thousand/mm3|x 1,000/uL|K/cumm",
    "10*6/L": "x 106/L|×10⁶/L",
    "/uL": "/mm3|/mm^3|/mm³|cells/µL|cells per cubic millimeter|per microliter|/mcL|/cu mm|cells/mm 3|platelets/mm3|µL-1|/ μL",
    "g/dL": "g/dl|gm/dL|grams per deciliter|g%|g / dl|gms/dl",
    "mg/dL": "mg/dl|mg / dL|mg/100 mL|mg%|milligrams/deciliter",
    "umol/L": "μmol/l|µmol/L|micromol/L|umol/liter|micromoles per liter|mcmol/L",
    "mL/min/{1.73_m2}": "mL/min/1.73m2|ml/min/1.73 m^2|mL/min per 1.73 m2|milliliters/minute/1.73 m2|mL/min/1.73 m²|ml/min/1.73",
    "mL/min": "ml/min|mL/minute|cc/min|ml per minute",
    "[IU]/mL": "IU/mL|iu/ml|international units/mL",
    "m[IU]/mL": "mIU/mL|MIU/mL|mlU/mL",
    "U/L": "U/L|units/L|u/l",
    "{copies}/mL": "copies/ml|copies per mL|cps/mL|copies / ml",
    "ng/mL": "ng/ml|ng / mL|nanograms per milliliter",
    "pg/mL": "pg/mL",
    "%": "%|percent|per cent",
    "mm[Hg]": "mmHg|mm Hg|mm/Hg|millimeters of mercury",
    "kg/m2": "kg/m2|kg/m²|kg/m^2|kg / m2|kg/m(2)",
    "ms": "ms|msec|milliseconds",
    "s": "s|sec|seconds",
    "/min": "bpm|beats/min|beats per minute|/min|breaths/minute",
    "meq/L": "mEq/L|meq / l",
    "mm/h": "mm/h|mm/hr|mm/hour|mm/1h",
    "Cel": "°C|ºC|degrees Celsius|° C",
    "[degF]": "°F|degrees Fahrenheit",
    "cm": "cm|centimeters",
    "mm": "mm|millimetres",
    "kg": "kg|kilograms|kgs",
    "mg/d": "mg/day|mg per day|mg daily|mg/d|mg a day|mg/24 h|mg once daily",
    "mg/m2": "mg/m2|mg/m²|mg / m^2",
    "mg/kg/d": "mg/kg/day|mg/kg per day",
    "mg/wk": "mg/week|mg per week",
    "g/d": "g/24 hours|g/24h|grams/day",
    "Gy": "Gy|gray",
    "[pack-years]": "pack-years|pack years|pack year",
    "mosm/kg": "mOsm/kg",
    "{drinks}/wk": "drinks/week|drinks per week",
    "[wood'U]": "Wood units|WU",
    "mg/mmol": "mg/mmol",
    "mg/g": "mg/g",
    "kPa": "kPa",
    "a": "years|yrs",
}
CASES = [(words, unit) for unit, spellings in SPELLINGS.items() for words in spellings.split("|")]


@pytest.mark.parametrize(("words", "unit"), CASES, ids=[words for words, _ in CASES])
def test_a_spelling_is_read_whole(words: str, unit: str) -> None:
    assert parse_unit(words) == unit


@pytest.mark.parametrize(("words", "unit"), CASES, ids=[words for words, _ in CASES])
def test_a_spelling_is_found_after_a_number(words: str, unit: str) -> None:
    for text in (f"> 3 {words} within 14 days", f"(> 3 {words})", f"> 3 {words}."):
        start = text.index("3") + 1
        assert find_unit(text, start) == (unit, start + 1 + len(words))


@pytest.mark.parametrize(
    "words",
    [
        "",
        "of",
        "patients",
        "in",
        "and/or",
        "times the ULN",
        "x ULN",
        "× ULN",
        "pts",
        "per protocol",
        "m",
        "L",
        "grade",
        "to",
        "or",
    ],
)
def test_what_is_no_unit_is_not_found(words: str) -> None:
    assert find_unit(f"18 {words} of age", 2) is None


def test_a_unit_ends_at_a_word_boundary() -> None:
    assert find_unit("5 mgx", 1) is None
    assert find_unit("5 mgs daily dose", 1) == ("mg/d", 11)
    assert find_unit("470 msec, in two", 3) == ("ms", 8)
    assert find_unit("11.5 in males", 4) is None


def test_giga_is_told_from_gram_by_the_measure() -> None:
    assert find_unit("100 G/L", 3, "platelets") == ("10*9/L", 7)
    assert find_unit("90 G/L", 2, "hemoglobin") == ("g/L", 6)
    assert find_unit("100 g/L", 3, "platelets") == ("g/L", 7)


def test_every_spelling_of_the_table_is_a_unit() -> None:
    table = list(rows("units"))
    assert len(table) > 80
    for row in table:
        if row["unit"]:
            assert worth(row["unit"]).factor > 0, row["unit"]
        for spelling in parts(row["spellings"]):
            read = parse_unit(spelling) if row["role"] in ("atom", "whole") else None
            assert row["role"] in ("bound", "noun") or read is not None, spelling


def test_every_unit_of_a_measure_reads_as_itself() -> None:
    usual = {unit for row in rows("labs") for unit in (row["unit"], *parts(row["also"])) if unit}
    assert len(usual) > 40
    assert {unit: parse_unit(unit) for unit in usual} == {unit: unit for unit in usual}


CONVERSIONS = [
    (("1.09", "mg/dL"), "umol/L", "creatinine", "96.36"),
    (("150", "umol/L"), "mg/dL", "creatinine", "1.697"),
    (("8.4", "g/dL"), "g/L", "hemoglobin", "84"),
    (("5.0", "mmol/L"), "g/dL", "hemoglobin", "8.057"),
    (("1450", "/uL"), "10*9/L", "anc", "1.45"),
    (("3.0", "10*9/L"), "10*3/uL", "wbc", "3"),
    (("100000", "/uL"), "10*9/L", "platelets", "100"),
    (("126", "mg/dL"), "mmol/L", "glucose", "6.994"),
    (("30.0", "umol/L"), "mg/dL", "bilirubin-total", "1.754"),
    (("2.5", "mmol/L"), "mg/dL", "calcium", "10.02"),
    (("4.0", "meq/L"), "mg/dL", "calcium", "8.016"),
    (("4.0", "meq/L"), "mmol/L", "potassium", "4"),
    (("28", "mg/dL"), "mmol/L", "bun", "10.00"),
    (("50", "ng/dL"), "nmol/L", "testosterone", "1.734"),
    (("200", "mg/dL"), "mmol/L", "total-cholesterol", "5.173"),
    (("150", "mg/dL"), "mmol/L", "triglycerides", "1.694"),
    (("300", "mg/g"), "mg/mmol", "uacr", "33.94"),
    (("48", "mmol/mol"), "%", "hba1c", "6.543"),
    (("7.0", "%"), "mmol/mol", "hba1c", "53.00"),
    (("98.6", "[degF]"), "Cel", "temperature", "37"),
    (("37", "Cel"), "[degF]", "temperature", "98.6"),
    (("60", "[IU]/L"), "U/L", "alt", "60"),
    (("40", "U/L"), "ukat/L", "alt", "0.6667"),
    (("1.8", "{INR}"), "1", "inr", "1.8"),
    (("7000", "cGy"), "Gy", "radiation-dose", "70"),
    (("240", "dyn.s/cm5"), "[wood'U]", "pvr", "3.000"),
    (("154", "[lb_av]"), "kg", "weight", "69.85"),
    (("10", "mmol/L"), "mg/dL", "urea", "60.06"),
    (("0.5", "1"), "%", "lvef", "50"),
]


@pytest.mark.parametrize(("found", "wanted", "measure", "expected"), CONVERSIONS)
def test_converts_as_published(found: tuple[str, str], wanted: str, measure: str, expected: str) -> None:
    """Published factors: creatinine 88.4, glucose 18.0, bilirubin 17.1, cholesterol 38.7, calcium 4.0 and the like."""
    got = convert(Quantity(Decimal(found[0]), found[1]), wanted, measure)
    assert got.unit == wanted
    assert abs(got.value / Decimal(expected) - 1) < Decimal("0.0005")


def test_exact_stays_exact() -> None:
    assert convert(Quantity(Decimal("1.45"), "10*9/L"), "/uL", "anc") == Quantity(Decimal(1450), "/uL")
    assert convert(Quantity(Decimal("8.4"), "g/dL"), "g/L", "hemoglobin") == Quantity(Decimal(84), "g/L")
    assert convert(Quantity(Decimal("98.6"), "[degF]"), "Cel") == Quantity(Decimal(37), "Cel")


COUNTS = st.sampled_from(["10*9/L", "/uL", "10*3/uL", "10*6/L", "/L"])


@given(st.decimals(0, 10**6, places=3), COUNTS, COUNTS)
def test_counts_go_there_and_back(value: Decimal, one: str, other: str) -> None:
    there = convert(Quantity(value, one), other)
    assert convert(there, one).value == value
    assert Fraction(there.value) * worth(other).factor == Fraction(value) * worth(one).factor


@given(
    st.decimals(0, 10**4, places=2), st.sampled_from(["creatinine", "glucose", "bilirubin-total", "calcium", "urea"])
)
def test_mass_and_substance_agree_with_the_molar_mass(value: Decimal, measure: str) -> None:
    fact = measure_of(measure)
    assert fact is not None
    assert fact.molar_mass is not None
    expected = Fraction(value) * 10_000 / Fraction(fact.molar_mass)
    got = Fraction(convert(Quantity(value, "mg/dL"), "umol/L", measure).value)
    assert abs(got - expected) <= expected * Fraction(1, 10**33)


REFUSED = [
    (("60", "mL/min"), "mL/min/{1.73_m2}", "egfr", "scaled to a body surface"),
    (("60", "mL/min/{1.73_m2}"), "mL/min", "creatinine-clearance", "scaled to a body surface"),
    (("100", "mg"), "10*9/L", "platelets", "'mg' is no unit of platelets; expected one such as 10*9/L"),
    (("1", "mg/dL"), "umol/L", None, "'mg/dL' cannot be converted"),
    (("1", "furlong"), "m", None, "'furlong' is no unit known here"),
    (("500", "[IU]/mL"), "{copies}/mL", "hcv-rna", "cannot be converted"),
]


@pytest.mark.parametrize(("found", "wanted", "measure", "message"), REFUSED)
def test_refuses_with_what_was_found(found: tuple[str, str], wanted: str, measure: str | None, message: str) -> None:
    with pytest.raises(UnitError) as error:
        convert(Quantity(Decimal(found[0]), found[1]), wanted, measure)
    assert message in str(error.value)


def test_copies_of_hbv_dna_are_a_range() -> None:
    found = Quantity(Decimal(500), "[IU]/mL")
    low, high = convert_range(found, "{copies}/mL", "hbv-dna")
    assert (low.value, high.value) == (Decimal(2500), Decimal(3000))
    with pytest.raises(UnitError, match="between 2500 and 3000"):
        convert(found, "{copies}/mL", "hbv-dna")
    low, high = convert_range(Quantity(Decimal(1000), "{copies}/mL"), "[IU]/mL", "hbv-dna")
    assert (round(low.value, 1), high.value) == (Decimal("166.7"), Decimal(200))
    same = Quantity(Decimal(1000), "{copies}/mL")
    assert convert(same, "{copies}/mL", "hbv-dna") == same


@pytest.mark.parametrize(
    ("unit", "measure", "expected"),
    [
        ("/uL", "platelets", True),
        ("mg", "platelets", False),
        ("g/L", "hemoglobin", True),
        ("mmol/L", "hemoglobin", True),
        ("mL/min", "egfr", True),
        ("mL/min/{1.73_m2}", "creatinine-clearance", True),
        ("mmol/mol", "hba1c", True),
        ("{copies}/mL", "hbv-dna", True),
        ("{copies}/mL", "platelets", False),
        ("1", "inr", True),
        ("1", "hemoglobin", False),
        ("no unit", "platelets", False),
        ("mg", "not a measure", True),
    ],
)
def test_fits(unit: str, measure: str, expected: bool) -> None:
    assert fits(unit, measure) is expected


def test_every_measure_fits_its_own_units() -> None:
    table = list(rows("labs"))
    assert len(table) > 150
    assert [
        row["id"] for row in table if not all(fits(unit, row["id"]) for unit in (row["unit"], *parts(row["also"])))
    ] == []


@given(st.text(max_size=40))
def test_no_text_raises(text: str) -> None:
    found = find_unit(text, 0)
    assert found is None or 0 < found[1] <= len(text)
    parse_unit(text)
