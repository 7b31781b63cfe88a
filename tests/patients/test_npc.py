"""The shared recurrent-NPC charts: what a clinician reads in each must be there as a fact, written down by hand from the charts.

A line is the id of a concept that the fact is or is a kind of (or the type of another fact), then what must hold of that same fact.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from trialwright.codes.concepts import Concept
from trialwright.codes.quantities import Quantity
from trialwright.codes.vocabulary import default_vocabulary
from trialwright.patients.derive import derive
from trialwright.patients.facts import Fact, Measurement, Occurrence, Patient, Rating, Staging, Statement
from trialwright.patients.loading import read_patients

from .charts import codes, of, ucum

INDEX = date(2026, 3, 2)

PRESENT = {
    "P01": """
        nasopharyngeal-carcinoma | start=2020-12-15 status=recurrence site=site-nasopharynx evidence=histology
        npc-nonkeratinizing | start=2020-12-15
        npc-nonkeratinizing | start=2026-01-20 evidence=histology
        staging | system=T value=T2 prefix=c start=2020-12-15 edition=None
        staging | system=T value=T2 prefix=r start=2026-01-20 edition=8
        staging | system=N value=N0 prefix=r start=2026-01-20 edition=8
        staging | system=M value=M0 prefix=r start=2026-01-20
        staging | system=group value=II prefix=r start=2026-01-20
        distant-metastasis | certainty=refuted start=2026-01-20
        lymph-node-metastases | certainty=refuted start=2026-01-20
        recurrence | start=2026-01-20 site=site-nasopharynx evidence=histology+mri+pet-ct reason=nasopharyngeal-carcinoma
        local-recurrence | start=2026-01-20
        diagnosis | start=2020-12-15 reason=nasopharyngeal-carcinoma
        imrt | start=2021-01-11 end=2021-03-01 dose=7000_cGy purpose=curative site=site-nasopharynx for_recurrence=False
        curative-radiotherapy | end=2021-03-01
        cisplatin | start=2021-01-11 end=2021-02-22 dose=100_mg/m2 cycles=2 purpose=concurrent ongoing=False for_recurrence=False
        mri | start=2021-06-02
        mri | start=2026-02-03 details=t1+t2+t1_with_contrast
        pet-ct | start=2026-01-31
        biopsy | start=2026-01-20 site=site-nasopharynx
        wbc | quantity=3.0_10*9/L low=4.0 high=10.0 start=2026-02-16
        anc | quantity=1.5_10*9/L
        hemoglobin | quantity=90_g/L
        platelets | quantity=100_10*9/L
        bilirubin-total | quantity=30.0_umol/L high=20.0
        ast | quantity=100_U/L high=40
        alt | quantity=125_U/L high=50
        inr | quantity=1.8_{INR} high=1.2
        pt | quantity=20.25_s high=13.5
        aptt | quantity=54_s high=36
        creatinine | quantity=150_umol/L high=100
        creatinine-clearance | quantity=56_mL/min
        bun | quantity=7.0_mmol/L high=8.0
        hbsag | certainty=refuted start=2026-02-16
        hcv-antibody | certainty=refuted
        hiv-test | certainty=refuted
        rating | scale=ecog value=0 start=2026-02-23
        rating | scale=charlson version=modified value=0
        rating | scale=ace-27 value=0
        weight | quantity=78_kg
        height | quantity=171_cm
        temperature | quantity=36.6_Cel
        sbp | quantity=122_mm[Hg]
        dbp | quantity=76_mm[Hg]
        resectable | certainty=confirmed start=2026-02-12
        unresectable | certainty=refuted
        nasopharyngeal-necrosis | certainty=refuted start=2026-01-20
        measurable-disease | certainty=confirmed start=2026-02-03 details=contrast_mr_scan
        measurable-disease | certainty=confirmed start=2026-02-03 details=recist_1.1
        live-vaccine | planned=True certainty=refuted
        planned-fathering | certainty=refuted
        statement | kind=contraception holds=True start=2026-03-02
        major-surgery | planned=True certainty=confirmed
        yellow-fever-vaccine | start=2026-01-26
    """,
    "P03": """
        recurrence | start=2026-01-30 site=site-cervical-node evidence=mri+pet-ct
        recurrence | start=2026-01-30 site=site-nasopharynx
        staging | system=T value=T1 prefix=r edition=8
        staging | system=N value=N1 prefix=r
        iron-deficiency-anemia | start=2025-12-11 ongoing=True
        imrt | end=2025-07-30
        gemcitabine | start=2025-03-20 end=2025-05-08 dose=1000_mg/m2 purpose=induction cycles=3
        cisplatin | end=2025-07-23 dose=None cycles=5
        hemoglobin | quantity=8.4_g/dL low=11.5
        wbc | quantity=5.4_10*3/uL
        rating | scale=ecog value=1 start=2026-02-12
        qtcf | quantity=431_ms
        pregnancy-test | certainty=refuted start=2026-02-26
        pregnancy | certainty=refuted start=2026-02-26
        breastfeeding | certainty=refuted start=2026-02-20
        premenopausal | certainty=confirmed
        postmenopausal | certainty=refuted
        planned-pregnancy | certainty=refuted
        mri | start=2026-02-18 details=sequences_not_listed_in_the_report
    """,
    "P05": """
        recurrence | start=2026-01-05 site=site-cervical-node
        staging | system=T value=T3 prefix=r
        staging | system=group value=III prefix=r
        hepatitis-b | start=1998-01-01 ongoing=True
        hashimoto-thyroiditis | start=2018-02-01 details=stable_on_hormone_replacement
        prostate-cancer | start=2024-01-15 ongoing=True details=active_surveillance
        entecavir | start=2016-08-10 dose=0.5_mg/d ongoing=True
        levothyroxine | dose=75_ug/d
        azithromycin | start=2026-02-10 end=2026-02-12 dose=500_mg/d ongoing=False
        bilirubin-total | quantity=36.9_umol/L high=20.5
        hbsag | certainty=confirmed start=2026-02-25
        hbv-dna | quantity=500_[IU]/mL
        psa | quantity=6.1_ng/mL high=4.0 low=None
        tsh | quantity=2.1_m[IU]/L
        zoster-live-vaccine | start=2026-02-09
    """,
    "P07": """
        colon-cancer | start=2015-05-12 end=2015-12-20 status=resolved ongoing=False
        colectomy | start=2015-06-01 reason=colon-cancer
        hepatitis-c | start=2017-03-01 end=2019-06-01 ongoing=False details=cured_by_antivirals
        liver-metastases | start=2025-08-20
        distant-metastasis | certainty=confirmed start=2025-08-20
        staging | system=M value=M1 prefix=r edition=8
        staging | system=group value=IVB prefix=r
        recurrence | start=2025-08-20 site=site-liver
        peripheral-neuropathy | start=2025-11-15 grade=1 grade_scale=None cause=cisplatin
        toxicity | grade=1 cause=cisplatin
        toripalimab | start=2025-09-10 end=2025-12-10 dose=240_mg line=1 cycles=5 for_recurrence=True
        gemcitabine | start=2025-09-10 dose=1000_mg/m2 line=1 for_recurrence=True
        cisplatin | start=2021-08-16 end=2021-09-27 for_recurrence=False
        cisplatin | start=2025-09-10 for_recurrence=True
        partial-response | start=2025-12-29 certainty=confirmed
        unresectable | certainty=confirmed start=2025-09-01
        resectable | certainty=refuted start=2025-09-01
        amenable-to-curative-treatment | certainty=refuted start=2025-09-01
        hcv-antibody | certainty=confirmed
        hcv-rna | certainty=refuted
        qtcf | quantity=470_ms start=2026-02-26
        ast | quantity=160_U/L high=40
        major-surgery | planned=True certainty=refuted
    """,
    "P09": """
        rheumatoid-arthritis | start=2009-09-01 severity=moderate ongoing=True
        three-d-crt | start=2014-04-07 end=2014-05-26 dose=7000_cGy
        methotrexate | start=2015-01-10 dose=15_mg/wk ongoing=True reason=rheumatoid-arthritis
        prednisone | start=2025-10-01 dose=12_mg/d ongoing=True
        chinese-herbal-medicine | start=2026-01-05 ongoing=True for_recurrence=True
        cetuximab | start=2014-04-07 end=2014-04-07 dose=400_mg/m2 cycles=1
        cetuximab | severity=severe start=2014-04-07 certainty=confirmed details=anaphylaxis
        anaphylaxis | start=2014-04-07 severity=severe cause=cetuximab
        fever | start=2026-02-18 ongoing=True
        peripheral-neuropathy | start=2025-10-01 grade=None details=grade_not_documented
        temperature | quantity=38.8_Cel start=2026-02-24
        bilirubin-total | quantity=0.7_mg/dL high=1.2
        creatinine | quantity=0.8_mg/dL high=1.1
        bun | quantity=14_mg/dL high=20
        ast | quantity=120_U/L high=40
        pregnancy-test | certainty=refuted start=2026-02-10
        premenopausal | certainty=confirmed
    """,
    "P11": """
        vitiligo | start=2005-06-01 ongoing=True details=stable+no_treatment
        radiation-necrosis | start=2024-03-05 grade=3 grade_scale=None cause=radiotherapy ongoing=True site=site-brain
        radiation-toxicity | start=2024-03-05 grade=3
        toxicity | start=2021-12-20 end=2022-02-10 grade=4 ongoing=False
        toxicity | start=2024-03-05 grade=3
        epilepsy | start=2024-04-02 ongoing=True
        dexamethasone | start=2026-02-10 dose=4_mg/d ongoing=True
        levetiracetam | dose=1000_mg/d
        imrt | end=2021-12-27 dose=7200_cGy site=site-intracranial
        anc | quantity=1450_/uL
        hcv-antibody | certainty=confirmed
        staging | system=T value=T4 prefix=r
        staging | system=group value=IVA prefix=r
        planned-fathering | certainty=confirmed
        statement | kind=contraception holds=False
    """,
    "P13": """
        hiv | start=2010-04-01 ongoing=True
        hepatitis-c | start=2016-09-01 ongoing=True
        tuberculosis | start=2026-01-12 ongoing=True
        hearing-loss | start=2025-12-20 cause=radiotherapy grade=None
        radiation-toxicity | start=2025-12-20 grade=None site=site-ear
        lymph-node-metastases | certainty=confirmed start=2026-01-26
        hiv-test | certainty=confirmed
        hcv-rna | certainty=confirmed
        isoniazid | start=2026-01-14 dose=300_mg/d
        rifampin | dose=600_mg/d
        pyrazinamide | dose=1500_mg/d
        ethambutol | dose=1000_mg/d
        dolutegravir | dose=50_mg/d
        staging | system=T value=T0 prefix=r edition=8
        staging | system=N value=N2 prefix=r
        recurrence | start=2026-01-26 site=site-cervical-node
        biopsy | start=2026-01-26 site=site-cervical-node
        imrt | end=2025-09-02
        platelets | quantity=99_10*9/L
        measurable-disease | certainty=confirmed details=node_24_mm_short_axis
    """,
    "P15": """
        nasopharyngeal-carcinoma | start=None status=recurrence
        nasopharyngeal-carcinoma | start=2025-12-10
        recurrence | start=2025-12-10 site=None
        head-neck-radiotherapy | start=None end=2019 dose=None purpose=None
        hemoglobin | quantity=128_g/L low=130
        platelets | quantity=180_10*9/L
    """,
}  # fmt: skip
ABSENT = {
    "P01": ("hbv-dna", "hcv-rna", "pregnancy-test", "partial-response"),
    "P03": ("hiv-test", "resectable", "unresectable", "nasopharyngeal-necrosis"),
    "P05": ("planned-fathering", "partial-response", "resectable"),
    "P09": ("qtcf", "breastfeeding", "pet-ct", "measurable-disease", "live-vaccine"),
    "P11": ("hcv-rna", "yellow-fever-vaccine"),
    "P13": ("hbv-dna",),
    "P15": ("hbsag", "hcv-antibody", "hiv-test", "imrt", "wbc", "distant-metastasis", "local-recurrence", "weight"),
}


@pytest.fixture(scope="module")
def patients(shared: Path) -> dict[str, Patient]:
    return {patient.id: patient for patient in read_patients(shared / "data/npc/fhir", as_of=INDEX)}


def lines() -> Iterator[tuple[str, str]]:
    for patient, text in PRESENT.items():
        yield from ((patient, line.strip()) for line in text.strip().splitlines())


TYPES = {"staging": Staging, "rating": Rating, "statement": Statement}


def is_of(fact: Fact, name: str) -> bool:
    if name in TYPES:
        return isinstance(fact, TYPES[name])
    concept = getattr(fact, "concept", None)
    if concept is None or isinstance(fact, Staging):
        return False
    return bool(concept.id and default_vocabulary().is_a(concept.id, name))


def says(fact: Fact, key: str, expected: str) -> bool:
    value = getattr(fact, key, "no such field")
    if key == "evidence":
        return set(expected.split("+")) <= {one.id for one in value}
    if key == "details":
        return {one.replace("_", " ") for one in expected.split("+")} <= set(value)
    found = (
        (value.id or value.text)
        if isinstance(value, Concept)
        else ucum(value)
        if isinstance(value, Quantity)
        else str(value)
    )
    return found == expected.replace("_", " ")


@pytest.mark.parametrize(("patient", "line"), list(lines()))
def test_the_fact_is_there(patients: dict[str, Patient], patient: str, line: str) -> None:
    name, _, rest = (part.strip() for part in line.partition("|"))
    wanted = dict(pair.split("=", 1) for pair in rest.split())
    candidates = [fact for fact in patients[patient].facts if is_of(fact, name)]
    assert candidates, f"{patient} has no {name}"
    assert any(all(says(fact, key, value) for key, value in wanted.items()) for fact in candidates), candidates


@pytest.mark.parametrize(("patient", "name"), [(patient, name) for patient, names in ABSENT.items() for name in names])
def test_what_the_chart_does_not_say_is_no_fact(patients: dict[str, Patient], patient: str, name: str) -> None:
    assert [fact for fact in patients[patient].facts if is_of(fact, name)] == []


def test_all_eight_are_read_and_nothing_of_them_is_left_over(patients: dict[str, Patient]) -> None:
    assert sorted(patients) == sorted(PRESENT)
    assert {code for patient in patients.values() for code in codes(patient)} == {"lab-without-range"}


@pytest.mark.parametrize("name", sorted(PRESENT))
def test_every_named_thing_of_the_charts_is_in_the_vocabulary(patients: dict[str, Patient], name: str) -> None:
    unknown = {
        fact.concept.text
        for fact in patients[name].facts
        if isinstance(fact, Occurrence | Measurement) and fact.concept.id is None
    }
    assert unknown <= {"distance from tumour to internal carotid artery on imaging"}


def test_triplicate_ecgs_stay_three(patients: dict[str, Patient]) -> None:
    found = {
        name: [int(fact.quantity.value) for fact in of(patient, Measurement, "qtcf")]
        for name, patient in patients.items()
    }
    assert found == {
        "P01": [467, 469, 471],
        "P03": [431, 433, 435],
        "P05": [440, 441, 442],
        "P07": [468, 470, 472],
        "P09": [],
        "P11": [436, 438, 440],
        "P13": [455, 457, 459],
        "P15": [],
    }


def test_sex_and_birth(patients: dict[str, Patient]) -> None:
    assert {name: (patient.sex, str(patient.birth)) for name, patient in patients.items()} == {
        "P01": ("male", "1973-08-14"),
        "P03": ("female", "1991-11-02"),
        "P05": ("male", "1955-03-02"),
        "P07": ("male", "1960-04-18"),
        "P09": ("female", "1980-07-21"),
        "P11": ("male", "1988-01-25"),
        "P13": ("male", "1977-06-11"),
        "P15": ("male", "1970-11-30"),
    }


def test_the_recorded_clearance_agrees_with_the_computed_one(patients: dict[str, Patient]) -> None:
    """The charts give Cockcroft-Gault clearances, computed by whoever wrote them."""
    for name in ("P01", "P03", "P05", "P07", "P09", "P11", "P13"):
        patient = patients[name]
        (recorded,) = of(patient, Measurement, "creatinine-clearance")
        kept = tuple(fact for fact in patient.facts if fact is not recorded)
        computed = derive(Patient(id="x", birth=patient.birth, sex=patient.sex, facts=kept), INDEX)
        (found,) = of(computed, Measurement, "creatinine-clearance")
        assert abs(found.quantity.value - recorded.quantity.value) <= 1, name
