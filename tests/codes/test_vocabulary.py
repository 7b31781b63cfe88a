"""The vocabulary's behaviour: words, tokens, is-a, codes, misspellings."""

import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialwright.codes.concepts import Code
from trialwright.codes.vocabulary import Entry, Vocabulary, default_vocabulary, normalise

TOKEN = re.compile(r"[^\W\d_]+(?:[-'’/][^\W_]+)*|\d+(?:\.\d+)?|\S")


@pytest.fixture(scope="module")
def words() -> Vocabulary:
    return default_vocabulary()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Haemoglobin", "hemoglobin"),
        ("white blood cells", "wbc"),
        ("tumour size", "tumor-size"),
        ("Non Small-Cell Lung Cancer", "nsclc"),
        ("anti-PD1", "anti-pd-1"),
        ("anti PD-1", "anti-pd-1"),
        ("PD-1 inhibitors", "anti-pd-1"),
        ("anti-CTLA-4", "anti-ctla-4"),
        ("CA 125", "ca-125"),
        ("CA125", "ca-125"),
        ("Crohn's disease", "crohn-disease"),
        ("Crohn’s disease", "crohn-disease"),
        ("Crohn disease", "crohn-disease"),
        ("Sjögren’s syndrome", "sjogren-syndrome"),
        ("Guillain-Barré syndrome", "guillain-barre"),
        ("brain metastases", "brain-metastases"),
        ("brain metastasis", "brain-metastases"),
        ("oesophageal varices", "esophageal-varices"),
        ("anaemia", "anemia"),
        ("leucocytes", "wbc"),
        ("β-hCG", "pregnancy-test"),
        ("TNF-α inhibitor", "anti-tnf"),
        ("JS001", "toripalimab"),
        ("SHR-1210", "camrelizumab"),
        ("BGB-A317", "tislelizumab"),
        ("IBI308", "sintilimab"),
        ("MK-3475", "pembrolizumab"),
        ("QTcF", "qtcf"),
        ("eGFR", "egfr"),
        ("radioactive seed implantation", "seed-implantation"),
        ("re-irradiation", "re-irradiation"),
        ("reirradiation", "re-irradiation"),
        ("breast-feeding", "breastfeeding"),
        ("HBsAg", "hbsag"),
        ("hepatitis B surface antigen", "hbsag"),
        ("anti-HCV", "hcv-antibody"),
        ("HIV", "hiv"),
        ("ECOG performance status", "ecog"),
        ("Karnofsky Performance Score", "kps"),
        ("superficial parapharyngeal space", "site-parapharyngeal-space"),
        ("non-keratinizing", "npc-nonkeratinizing"),
        ("nasopharangeal carcinoma", "nasopharyngeal-carcinoma"),
        ("AIDS", "aids"),
    ],
)
def test_finds(words: Vocabulary, text: str, wanted: str) -> None:
    found = words.find(text)
    assert found is not None
    assert found.id == wanted


@pytest.mark.parametrize("text", ["", "-", "ALL", "as", "aid", "a", "the patient", "zzz", "hepatitis b or not"])
def test_does_not_guess(words: Vocabulary, text: str) -> None:
    assert words.find(text) is None


def test_a_kind_tells_homonyms_apart(words: Vocabulary) -> None:
    both = [entry.id for entry in words.meanings("testosterone")]
    assert both == ["testosterone", "testosterone-therapy"]
    assert getattr(words.find("testosterone", "drug"), "id", None) == "testosterone-therapy"
    assert words.find("testosterone", "site") is None


@pytest.mark.parametrize(
    ("text", "wanted", "length"),
    [
        ("prior | anti - pd - 1 therapy", "anti-pd-1", 6),
        ("prior | anti-pd-1 therapy", "anti-pd-1", 2),
        ("squamous cell carcinoma of the skin or cervix", "skin-squamous-cell-carcinoma", 6),
        ("squamous cell carcinoma of the lung", "squamous-nsclc", 6),
        ("squamous cell carcinoma , treated", "squamous-cell-carcinoma", 3),
        ("brain metastases .", "brain-metastases", 2),
        ("serum creatinine ≤ 1.5", "creatinine", 2),
        ("crohn 's disease", "crohn-disease", 3),
        ("hepatitis b surface antigen positive", "hbsag", 4),
        ("hepatitis b surface antigen negative", "hbsag", 4),
        ("hepatitis b , c", "hepatitis-b", 2),
    ],
)
def test_longest(words: Vocabulary, text: str, wanted: str, length: int) -> None:
    """The mark | stands before the token at which the search begins."""
    before, _, rest = text.rpartition("| ")
    found = words.longest([*before.split(), *rest.split()], len(before.split()))
    assert found is not None
    assert (found[0].id, found[1]) == (wanted, length)


def test_longest_begins_where_it_is_asked(words: Vocabulary) -> None:
    tokens = ["known", "-", "hypertension"]
    assert [words.longest(tokens, place) is not None for place in range(3)] == [False, False, True]
    assert words.longest([], 0) is None


def test_longest_agrees_with_find_on_every_name(words: Vocabulary) -> None:
    for entry in words:
        tokens = entry.name.lower().split()
        found = words.longest(tokens, 0, entry.kind)
        assert found is not None, entry.name
        assert found[1] == len(tokens), entry.name
        assert entry in words.meanings(entry.name)


@given(st.lists(st.text(max_size=12), max_size=8))
def test_no_tokens_raise(tokens: list[str]) -> None:
    words = default_vocabulary()
    for place in range(len(tokens)):
        found = words.longest([token.lower() for token in tokens], place)
        assert found is None or 1 <= found[1] <= len(tokens) - place


PATHS = {
    "pembrolizumab": "anti-pd-1 checkpoint-inhibitor immunotherapy monoclonal-antibody biological-therapy anticancer-therapy",
    "nasopharyngeal-carcinoma": "head-neck-cancer solid-tumor malignancy",
    "basal-cell-carcinoma": "nonmelanoma-skin-cancer malignancy",
    "myocardial-infarction": "coronary-artery-disease cardiovascular-disease",
    "brain-metastases": "cns-metastases distant-metastasis metastatic-cancer malignancy",
    "zoster-live-vaccine": "live-vaccine vaccine",
    "hashimoto-thyroiditis": "hypothyroidism thyroid-disease autoimmune-disease endocrine-disease",
    "dexamethasone": "corticosteroid immunosuppressant",
    "cisplatin": "platinum chemotherapy anticancer-therapy",
    "radiation-pneumonitis": "pneumonitis ild lung-disease radiation-toxicity",
    "seed-implantation": "brachytherapy radiotherapy",
    "qtcf": "qtc",
    "chronic-hepatitis-b": "hepatitis-b viral-hepatitis viral-infection infection hbsag",
    "hiv": "viral-infection immunodeficiency hiv-test",
    "amoxicillin": "penicillin antibiotic antimicrobial",
}


@pytest.mark.parametrize(("wanted", "ancestors"), PATHS.items(), ids=list(PATHS))
def test_is_a(words: Vocabulary, wanted: str, ancestors: str) -> None:
    for ancestor in ancestors.split():
        assert words.is_a(wanted, ancestor)
        assert wanted in words.descendants(ancestor)
        assert not words.is_a(ancestor, wanted)


NOT_A_KIND = [
    ("inhaled-corticosteroid", "corticosteroid"),
    ("steroid-replacement", "corticosteroid"),
    ("pembrolizumab", "chemotherapy"),
    ("inactivated-vaccine", "live-vaccine"),
    ("gilbert-syndrome", "hepatitis"),
    ("hypothyroidism", "autoimmune-disease"),
    ("latent-tuberculosis", "pulmonary-tuberculosis"),
    ("cervical-carcinoma-in-situ", "cervical-cancer"),
    ("egfr", "creatinine-clearance"),
    ("type-2-diabetes", "autoimmune-disease"),
    ("hbv-dna", "hepatitis-b"),
]


@pytest.mark.parametrize(("wanted", "other"), NOT_A_KIND)
def test_is_not_a(words: Vocabulary, wanted: str, other: str) -> None:
    assert {words.get(one).id for one in (wanted, other)} == {wanted, other}
    assert not words.is_a(wanted, other)


def test_get_names_the_nearest(words: Vocabulary) -> None:
    assert words.get("wbc").kind == "lab"
    with pytest.raises(KeyError, match="hemoglobin"):
        words.get("haemoglobin")


CODES = [
    ("icd10cm", "C11.9", "nasopharyngeal-carcinoma"),
    ("icd10cm", "C11.3", "nasopharyngeal-carcinoma"),
    ("icd10cm", "C78.7", "liver-metastases"),
    ("icd10cm", "B18.1", "chronic-hepatitis-b"),
    ("icd10cm", "B18.2", "chronic-hepatitis-c"),
    ("icd10cm", "B20", "hiv"),
    ("icd10cm", "C18.9", "colon-cancer"),
    ("icd10cm", "C61", "prostate-cancer"),
    ("icd10cm", "D50.9", "iron-deficiency-anemia"),
    ("icd10cm", "E06.3", "hashimoto-thyroiditis"),
    ("icd10cm", "G40.909", "epilepsy"),
    ("icd10cm", "G62.9", "peripheral-neuropathy"),
    ("icd10cm", "H91.90", "hearing-loss"),
    ("icd10cm", "K12.33", "radiation-mucositis"),
    ("icd10cm", "L80", "vitiligo"),
    ("icd10cm", "M06.9", "rheumatoid-arthritis"),
    ("icd10cm", "R50.9", "fever"),
    ("icd10cm", "A15.0", "pulmonary-tuberculosis"),
    ("loinc", "6690-2", "wbc"),
    ("loinc", "751-8", "anc"),
    ("loinc", "76634-5", "qtcf"),
    ("loinc", "35591-7", "creatinine-clearance"),
    ("loinc", "42595-9", "hbv-dna"),
    ("loinc", "5196-1", "hbsag"),
    ("loinc", "56888-1", "hiv-test"),
    ("loinc", "89247-1", "ecog"),
    ("rxnorm", "318341", "cetuximab"),
    ("rxnorm", "24947", "ferrous-sulfate"),
    ("cvx", "121", "zoster-live-vaccine"),
    ("cvx", "37", "yellow-fever-vaccine"),
    ("snomed", "441799006", "imrt"),
    ("snomed", "71836000", "site-nasopharynx"),
]


@pytest.mark.parametrize(("system", "code", "wanted"), CODES)
def test_by_code(words: Vocabulary, system: str, code: str, wanted: str) -> None:
    found = words.by_code(system, code)
    assert found is not None
    assert found.id == wanted


@pytest.mark.parametrize(
    ("system", "code"), [("loinc", "0-0"), ("icd10cm", "Z99.9"), ("icd10cm", "C"), ("none", "C11.9")]
)
def test_an_unknown_code_is_absent(words: Vocabulary, system: str, code: str) -> None:
    assert words.by_code(system, code) is None


def test_a_concept_carries_id_and_codes(words: Vocabulary) -> None:
    wbc = words.get("wbc")
    concept = words.concept(wbc, "leukocytes")
    assert (concept.text, concept.kind, concept.id) == ("leukocytes", "lab", "wbc")
    assert Code("loinc", "6690-2") in concept.codes
    assert words.concept(wbc).text == wbc.name


def test_a_measure_has_its_unit(words: Vocabulary) -> None:
    creatinine = words.measure("creatinine")
    assert creatinine is not None
    assert (creatinine.unit, str(creatinine.molar_mass)) == ("mg/dL", "113.12")
    assert words.measure("pembrolizumab") is None


OPEN = [
    "pregnancy",
    "breastfeeding",
    "hbsag",
    "hcv-antibody",
    "hiv-test",
    "distant-metastasis",
    "brain-metastases",
    "measurable-disease",
]
OPEN += ["resectable", "wbc", "ecog", "postmenopausal", "nasopharyngeal-necrosis"]


@pytest.mark.parametrize("wanted", OPEN)
def test_silence_never_answers(words: Vocabulary, wanted: str) -> None:
    assert words.get(wanted).open_domain


@pytest.mark.parametrize(
    "wanted",
    [
        "hiv",
        "hepatitis-b",
        "rheumatoid-arthritis",
        "pembrolizumab",
        "major-surgery",
        "live-vaccine",
        "ild",
        "malignancy",
    ],
)
def test_complete_lists_answer(words: Vocabulary, wanted: str) -> None:
    assert not words.get(wanted).open_domain


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("leptomeningel disease", "leptomeningeal-disease"),
        ("nasopharyngael carcinoma", "nasopharyngeal-carcinoma"),
        ("hypertention", "hypertension"),
        ("hepatits b", "hepatitis-b"),
        ("trastuzumb", "trastuzumab"),
        ("ketaconazole", "ketoconazole"),
        ("parvastatin", "pravastatin"),
        ("leukemai", "leukemia"),
        ("asthmma", "asthma"),
        ("astma", None),
        ("tuberculossis", "tuberculosis"),
        ("injection", None),
        ("addition", None),
        ("participate", None),
        ("hypotension", None),
        ("cancr", None),
        ("zzzzzzzzzz", None),
        ("", None),
    ],
)
def test_typo(words: Vocabulary, text: str, wanted: str | None) -> None:
    found = words.typo(text)
    assert (found.id if found else None) == wanted


def test_opposites_are_no_typos() -> None:
    words = Vocabulary([Entry("low", "condition", "hypophosphatemia"), Entry("one", "drug", "cefotaxime")])
    assert words.typo("hyperphosphatemia") is None
    assert words.typo("cefoxatime") is words.get("one") or words.typo("cefoxatime") is None
    assert words.typo("hypophosphatemai") is words.get("low")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  Known  Hyper–tension. ", "known hyper-tension"),
        ("Keytruda®", "keytruda"),
        ("Crohn’s", "crohn's"),
        ("“x”", "“x”"),
    ],
)
def test_normalise(text: str, expected: str) -> None:
    assert normalise(text) == expected


def mentioned(words: Vocabulary, text: str) -> Iterator[str]:
    tokens = TOKEN.findall(text.lower())
    place = 0
    while place < len(tokens):
        found = words.longest(tokens, place)
        if found:
            yield found[0].id
        place += found[1] if found else 1


def test_a_seed_sentence_is_known(words: Vocabulary) -> None:
    text = "basal-cell carcinoma or squamous cell carcinoma of the skin, cervical carcinoma in situ; prior anti-PD-L1 antibody"
    assert list(mentioned(words, text)) == [
        "basal-cell-carcinoma",
        "skin-squamous-cell-carcinoma",
        "cervical-carcinoma-in-situ",
        "anti-pd-l1",
    ]
