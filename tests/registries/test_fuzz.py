"""Any bytes end in trials, `Unreadable`s or a `ReadError`, in bounded time; never in another error."""

import gzip
import io
import json
import random
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from trialwright.registries import ReadError, Unreadable, read_trials, write_record
from trialwright.trial import Trial

STUDY = {
    "protocolSection": {
        "identificationModule": {"nctId": "NCT90000001", "briefTitle": 'A "b" \\ c'},
        "designModule": {"phases": ["PHASE1"], "enrollmentInfo": {"count": 3}},
        "contactsLocationsModule": {"locations": [{"city": "A", "geoPoint": {"lat": 1.5, "lon": -2}}]},
    },
    "resultsSection": {"a": [None, True]},
}
V1 = {"FullStudiesResponse": {"FullStudies": [{"Rank": 1, "Study": {"ProtocolSection": {"StatusModule": {}}}}]}}
CSV = (
    "NCT Number,Study Title,Study URL,Conditions,Interventions,Locations,Primary Outcome Measures,Study Design,Age\n"
    'NCT90000001,"A ""b"", c",https://clinicaltrials.gov/study/NCT90000001,X|Y,DRUG: Z,"A, B, C","P, q, 3 weeks",'
    '"Masking: DOUBLE (A, B)|x",ADULT\nNCT90000002,B,u,,,,,,\n'
)
XML = (
    '<?xml version="1.0"?><clinical_study rank="1"><id_info><nct_id>NCT90000001</nct_id></id_info><phase>Phase 1/2</phase>'
    "<study_design_info><masking>Double (X)</masking></study_design_info><location><facility><name>a</name></facility>"
    "</location><eligibility><criteria><textblock>a&#xD;\n b</textblock></criteria></eligibility></clinical_study>"
)


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.json", json.dumps(STUDY))
        archive.writestr("b.xml", XML)
    return buffer.getvalue()


LINES = b"\n".join([json.dumps(STUDY).encode()] * 3)
SAMPLES = (
    LINES,
    json.dumps({"studies": [STUDY, STUDY]}).encode(),
    json.dumps([STUDY, STUDY], indent=1).encode(),
    json.dumps(V1).encode(),
    CSV.encode(),
    XML.encode(),
    gzip.compress(LINES),
    zipped(),
)
TOKENS = (
    b"{",
    b"}",
    b"[",
    b"]",
    b'"',
    b"\\",
    b",",
    b"\n",
    b"null",
    b"\x00",
    b"\xff",
    b"<",
    b">",
    b"&e;",
    b"'",
    b"|",
    b"1e9",
)

Change = tuple[str, float, float, bytes]
CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["cut", "put", "copy", "flip"]),
        st.floats(0, 1),
        st.floats(0, 1),
        st.sampled_from(TOKENS) | st.binary(min_size=1, max_size=4),
    ),
    min_size=1,
    max_size=6,
)


def apply(data: bytes, change: Change) -> bytes:
    how, first, second, token = change
    start, end = sorted((int(first * len(data)), int(second * len(data))))
    match how:
        case "cut":
            return data[:start] + data[min(end, start + 200) :]
        case "put":
            return data[:start] + token + data[start:]
        case "copy":
            return data[:end] + data[start:]
        case _:
            return data[:start] + token + data[start + len(token) :]


def read(data: bytes) -> list[Trial | Unreadable]:
    try:
        return list(read_trials(data, "in"))
    except ReadError as error:
        message = str(error)
    assert "\n" not in message
    assert message.startswith("in: ")
    return []


@settings(max_examples=600, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(SAMPLES), CHANGES)
@example(SAMPLES[0], [("put", 0.5, 0.5, b'"')])
def test_changed_files_raise_nothing_else(data: bytes, changes: list[Change]) -> None:
    for change in changes:
        data = apply(data, change)
    for found in read(data):
        if isinstance(found, Unreadable):
            assert "\n" not in found.message
        else:
            json.loads(write_record(found).decode(errors="replace"))
            assert repr(found)


@settings(max_examples=200)
@given(
    st.binary(max_size=400),
    st.sampled_from([b"", b"{", b"[", b"<clinical_study>", b"NCT Number,Sex\n", b"PK\x03\x04", b"\x1f\x8b\x08"]),
)
def test_any_bytes_raise_nothing_else(data: bytes, opening: bytes) -> None:
    read(opening + data)


def noise(seed: int, size: int, alphabet: bytes) -> bytes:
    return bytes(random.Random(seed).choices(alphabet, k=size))


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: b"[" * 3_000_000, id="brackets-that-open"),
        pytest.param(lambda: b"[" + b"{}," * 1_000_000, id="empty-objects"),
        pytest.param(lambda: b'{"studies": [' + b'{"protocolSection": {"a": "' * 100_000, id="studies-that-never-end"),
        pytest.param(lambda: b'[{"a": "' + b"x" * 5_000_000, id="a-text-that-never-ends"),
        pytest.param(lambda: b"[" + b"1," * 2_500_000, id="numbers"),
        pytest.param(lambda: b"[" + noise(1, 3_000_000, b'{}[]",\\ \n:a'), id="noise-of-signs"),
        pytest.param(lambda: CSV.encode() + noise(2, 2_000_000, b'",\n|NCT9 a'), id="noise-of-cells"),
        pytest.param(lambda: b"NCT Number,Study Title\n" + b'NCT90000001,"a\n' * 100_000, id="rows-of-open-quotes"),
        pytest.param(lambda: b"Study Title,Sex\n" + b'"a\n' * 300_000, id="open-quotes-without-numbers"),
        pytest.param(lambda: b"<clinical_study>" + b"<a>" * 500_000, id="elements-that-open"),
        pytest.param(lambda: b"<clinical_study>" + b"<a/>" * 200_000 + b"</clinical_study>", id="elements-unknown"),
    ],
)
def test_input_made_to_be_slow_ends_soon(make: Callable[[], bytes]) -> None:
    """A bound of CPU time wide enough for a busy machine, and far below what a quadratic reader would take."""
    data = make()
    start = time.process_time()
    read(data)
    assert time.process_time() - start < 20


@pytest.mark.slow
def test_changed_real_records_raise_nothing_else(shared: Path) -> None:
    path = shared / "data/records/csv/ctg-studies_172.csv"
    samples = [path.read_bytes()[:60_000], *(shared / "data/records/samples").glob("NCT0[34]*.json")]
    chance = random.Random(7)
    for sample in samples:
        data = sample.read_bytes() if isinstance(sample, Path) else sample
        for _ in range(150):
            changed = data
            for _ in range(chance.randint(1, 8)):
                how = chance.choice(["cut", "put", "copy", "flip"])
                changed = apply(changed, (how, chance.random(), chance.random(), chance.choice(TOKENS)))
            read(changed)
