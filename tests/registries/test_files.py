"""Files, archives and folders of any form: what is read, what is not, and in how much memory."""

import gzip
import io
import json
import os
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from trialwright.registries import ReadError, Unreadable, ctgov, read_trial, read_trials, recognise, write_record
from trialwright.registries.feed import HEAD, Feed, lines
from trialwright.registries.json_stream import is_line_by_line
from trialwright.trial import Trial

XML = "<clinical_study><id_info><nct_id>{}</nct_id></id_info></clinical_study>"
CSV = "NCT Number,Study Title\n{},T\n"


def study(number: int) -> dict[str, Any]:
    title = 'brackets ] } in a "text" \\ and [ {'
    return {"protocolSection": {"identificationModule": {"nctId": f"NCT9000000{number}", "briefTitle": title}}}


def v1(*numbers: int) -> dict[str, Any]:
    inner = [{"ProtocolSection": {"IdentificationModule": {"NCTId": f"NCT9000000{number}"}}} for number in numbers]
    listed = [{"Rank": rank, "Study": one} for rank, one in enumerate(inner, 1)]
    return {"FullStudiesResponse": {"APIVrs": "1.01.05", "FullStudies": listed}}


def text(value: object, indent: int | None = None) -> bytes:
    return json.dumps(value, indent=indent).encode()


def numbers(source: Path | bytes) -> list[str | None]:
    """The trials' numbers, None in place of what was unreadable."""
    return [found.nct_id if isinstance(found, Trial) else None for found in read_trials(source, "in")]


def nct(*digits: int) -> list[str]:
    return [f"NCT9000000{digit}" for digit in digits]


ALL = [study(1), study(2), study(3)]
PACKED: dict[str, bytes] = {
    "one-study": text(study(1)),
    "one-study-on-many-lines": text(study(1), 2),
    "json-lines": b"\n".join(map(text, ALL)),
    "json-lines-of-windows": b"\xef\xbb\xbf" + b"\r\n".join(map(text, ALL)) + b"\r\n\r\n",
    "list": text(ALL),
    "list-on-many-lines": text(ALL, 1),
    "page": text({"totalCount": 3, "studies": ALL, "nextPageToken": "x"}),
    "page-on-many-lines": text({"studies": ALL, "nextPageToken": "x"}, 4),
    "pages-one-a-line": text({"studies": ALL[:2]}) + b"\n" + text({"studies": ALL[2:]}),
    "studies-one-after-another": b"\n".join(text(one, 1) for one in ALL),
    "api-v1": text(v1(1, 2, 3), 1),
    "api-v1-one-line": text(v1(1, 2, 3)),
    "api-v1-bare": text(v1(1)["FullStudiesResponse"]["FullStudies"][0]),
    "api-v1-full-study": text({"FullStudy": v1(1)["FullStudiesResponse"]["FullStudies"][0]}),
    "csv": CSV.format("NCT90000001").encode(),
    "xml": XML.format("NCT90000001").encode(),
    "mixed-lines": b"\n".join([text(study(1)), text(v1(2)), text({"studies": [study(3)]})]),
}


@pytest.mark.parametrize("name", PACKED)
def test_every_packing_is_recognised_by_content(name: str) -> None:
    found = numbers(PACKED[name])
    expected = (
        nct(1, 2, 3) if name.startswith(("json", "list", "page", "studies", "api-v1-one-line", "mixed")) else nct(1)
    )
    assert found == (nct(1, 2, 3) if name == "api-v1" else expected)


@pytest.mark.parametrize("name", PACKED)
def test_names_of_files_do_not_matter_and_positions_count(name: str, tmp_path: Path) -> None:
    path = tmp_path / "holiday.jpg"
    path.write_bytes(PACKED[name])
    trials = list(read_trials(path))
    assert [trial.source.position for trial in trials if isinstance(trial, Trial)] == list(range(1, len(trials) + 1))
    assert {trial.source.name for trial in trials if isinstance(trial, Trial)} == {str(path)}


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def tarred(files: dict[str, bytes], mode: Any = "w") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


FILES = {
    "a/one": text(study(1)),
    "b.txt": b"shopping list",
    "c.csv": CSV.format("NCT90000002").encode(),
    "d": XML.format("NCT90000003").encode(),
}


@pytest.mark.parametrize(
    "pack",
    [zipped, tarred, lambda files: tarred(files, "w:gz"), lambda files: gzip.compress(tarred(files))],
    ids=["zip", "tar", "tar-gz", "gz-of-tar"],
)
def test_archives_are_read_member_by_member(pack: Callable[[dict[str, bytes]], bytes]) -> None:
    found = list(read_trials(pack(FILES), "in"))
    assert [item.nct_id if isinstance(item, Trial) else None for item in found] == [*nct(1), None, *nct(2, 3)]
    first, unread = found[0], found[1]
    assert isinstance(first, Trial)
    assert first.source.name == "in:a/one"
    assert isinstance(unread, Unreadable)
    assert unread.message == "in:b.txt: no published form of a trial that is known here"


def test_several_packed_parts_in_one_gzip_file() -> None:
    data = gzip.compress(text(study(1)) + b"\n") + gzip.compress(text(study(2))) + b"\0\0"
    assert numbers(data) == nct(1, 2)


def test_a_stream_that_cannot_be_wound_back() -> None:
    read_end, write_end = os.pipe()
    with os.fdopen(write_end, "wb") as out:
        out.write(zipped({"a": text(study(1))}))
    with os.fdopen(read_end, "rb") as stream:
        (trial,) = read_trials(stream, "-")
    assert isinstance(trial, Trial)
    assert trial.source.name == "-:a"


def test_a_folder_is_read_by_name_and_its_faulty_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "two.json").write_bytes(text(study(2)))
    (tmp_path / "a.json").write_bytes(text(study(1)))
    (tmp_path / "c.bin").write_bytes(bytes(range(256)))
    (tmp_path / "d.json").write_bytes(b"")
    (tmp_path / ".hidden").write_bytes(text(study(3)))
    (tmp_path / "b" / "again").symlink_to(tmp_path)
    found = list(read_trials(tmp_path))
    assert [item.nct_id if isinstance(item, Trial) else None for item in found] == [*nct(1, 2), None, None]
    messages = [item.message for item in found if isinstance(item, Unreadable)]
    assert messages == [
        f"{tmp_path}/c.bin: no published form of a trial that is known here",
        f"{tmp_path}/d.json: empty",
    ]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        pytest.param(b"", "in: empty", id="empty"),
        pytest.param(b"\n  \n", "in: empty", id="blank"),
        pytest.param(bytes(range(256)) * 50, "in: no published form", id="binary-noise"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + b"\x00\xff" * 99, "in: no published form", id="picture"),
        pytest.param(b"Dear all,\nno trial here.\n", "in: no published form", id="prose"),
        pytest.param(b"<html><body>trial</body></html>", "in: no published form", id="web-page"),
        pytest.param(b"<?xml version='1.0'?><feed/>", "in: XML whose root is <feed>", id="other-xml"),
        pytest.param(b"PK\x03\x04 no archive", "in: cannot be read", id="broken-zip"),
        pytest.param(b"\x1f\x8b" + b"x" * 50, "in: cannot be read", id="broken-gzip"),
        pytest.param(gzip.compress(b""), "in: empty", id="gzip-of-nothing"),
        pytest.param(gzip.compress(text(ALL))[:30], "in: cannot be read: the packed data break off", id="gzip-cut"),
        pytest.param(gzip.compress(gzip.compress(text(ALL))), "in: an archive within an archive", id="gzip-of-gzip"),
        pytest.param(tarred({"a": text(study(1))})[:300], "in: cannot be read", id="tar-cut"),
        pytest.param(
            b'<!DOCTYPE a [<!ENTITY b "c">]><clinical_study>&b;</clinical_study>',
            "in: XML that declares",
            id="entities",
        ),
    ],
)
def test_what_cannot_be_read_at_all_is_one_line_with_the_files_name(data: bytes, problem: str) -> None:
    with pytest.raises(ReadError) as caught:
        list(read_trials(data, "in"))
    assert str(caught.value).startswith(problem)
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_one_that_may_not_be_read(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"^.*/nowhere\.json: No such file or directory$"):
        list(read_trials(tmp_path / "nowhere.json"))


@pytest.mark.parametrize(
    ("data", "found", "messages"),
    [
        pytest.param(
            text(study(1))[:40], [None], ["in, record 1, line 1, byte 40: the JSON breaks off"], id="cut-study"
        ),
        pytest.param(
            text(study(1), 1)[:60], [None], ["in, record 1, byte 0: the JSON breaks off"], id="cut-long-study"
        ),
        pytest.param(
            text({"studies": ALL})[:-60],
            [*nct(1, 2), None],
            ["in, record 3, byte 269: the JSON breaks off"],
            id="cut-page",
        ),
        pytest.param(
            b'{"protocolSection": {\n' + text(study(2)) + b"\n{}\n3\n" + text(study(3)),
            [None, *nct(2), None, None, *nct(3)],
            [
                "in, record 1, line 1, byte 21: the JSON breaks off",
                "in, record 3, line 3: no clinical trial record: none of its keys is a study's (found none)",
                "in, record 4, line 4: a JSON value that is no object; expected a clinical trial record",
            ],
            id="broken-lines",
        ),
        pytest.param(
            text(ALL).replace(b"}}}, {", b"}}, {", 1),
            [None, *nct(2, 3)],
            ["in, record 1, byte 1: a study begins before the one above it ends"],
            id="lost-bracket",
        ),
        pytest.param(
            text(ALL).replace(b"}}}, {", b"}}}}, {", 1),
            [*nct(1), None, *nct(2, 3)],
            ["in, record 2, byte 127: broken JSON: a '}' closes nothing"],
            id="bracket-too-many",
        ),
        pytest.param(
            b'[1, {"protocolSection": {"identificationModule": {"nctId": "NCT90000001"}}}, "x"]',
            [None, *nct(1), None],
            [
                "in, record 1, byte 1: no object; expected a clinical trial record",
                "in, record 3, byte 75: no object; expected a clinical trial record",
            ],
            id="other-values",
        ),
        pytest.param(
            XML.format("NCT90000001").encode()[:-5],
            [None],
            ["in, record 1, line 1, column 64: broken XML: unclosed token"],
            id="cut-xml",
        ),
    ],
)
def test_the_good_records_of_a_broken_file_are_read(data: bytes, found: list[str | None], messages: list[str]) -> None:
    assert numbers(data) == found
    assert [item.message for item in read_trials(data, "in") if isinstance(item, Unreadable)] == messages


def test_a_lost_quote_costs_one_study() -> None:
    for indent in (None, 1):
        data = text(ALL, indent).replace(b'"NCT90000002"', b'"NCT90000002', 1)
        assert numbers(data) == [*nct(1), None, *nct(3)], indent


def test_damage_in_the_middle_of_a_packed_file_comes_after_what_was_read() -> None:
    many = b"\n".join(text({**study(1), "x": str(number) * 3000}) for number in range(3000))
    packed = gzip.compress(many)
    found = list(read_trials(packed[: len(packed) // 2], "in"))
    assert isinstance(found[-1], Unreadable)
    assert "the packed data break off" in found[-1].message
    assert len(found) > 500
    assert all(isinstance(item, Trial) for item in found[:-2])


def test_two_trials_with_one_id_are_both_read_and_the_later_one_is_remarked() -> None:
    first, second = read_trials(b"\n".join([text(study(1)), text(study(1))]), "in")
    assert isinstance(first, Trial)
    assert isinstance(second, Trial)
    assert first.diagnostics == ()
    (remark,) = second.diagnostics
    assert (remark.code, remark.message) == ("duplicate-id", "NCT90000001 was read before: record 1 of in")


def test_every_form_has_the_same_remarks_on_its_texts() -> None:
    """API v2 too, whose own reader passes texts on as they are."""
    words = "Inclusion Criteria:\n\n1. ANC ≥ 1.5 x 109/L\n2. adults\n4. weight \\> 30 kg, as in NCT90000009"
    identification = {"nctId": "NCT90000001"}
    v2 = {
        "protocolSection": {"identificationModule": identification, "eligibilityModule": {"eligibilityCriteria": words}}
    }
    old = {
        "ProtocolSection": {
            "IdentificationModule": {"NCTId": "NCT90000001"},
            "EligibilityModule": {"EligibilityCriteria": words},
        }
    }
    expected = ["lost-superscript", "markdown-escape", "numbering-gap", "foreign-trial-id"]
    for study_of_a_form in (v2, {"news": 1, **v2}, old):
        (trial,) = read_trials(text(study_of_a_form))
        assert isinstance(trial, Trial)
        assert [remark.code for remark in trial.diagnostics if remark.code != "unknown-key"] == expected
        places = [remark.span.of(words) for remark in trial.diagnostics if remark.span]
        assert places == ["x 109/L", "\\>", "4", "NCT90000009"]
    assert ctgov.read(text(v2)).diagnostics == ()


def test_remarks_change_nothing_of_what_is_written_back(records: Iterable[bytes]) -> None:
    remarked = 0
    for line in records:
        trial = read_trial(line)
        assert json.loads(write_record(trial)) == json.loads(line)
        remarked += bool(trial.diagnostics)
    assert remarked > 1000


def test_packed_data_that_grow_without_reason_are_refused() -> None:
    bomb = gzip.compress(b'{"protocolSection": {}}\n' + b" " * 100_000_000, 9)
    found = list(read_trials(bomb, "in"))
    assert isinstance(found[-1], Unreadable)
    assert "grow more than 150-fold" in found[-1].message
    zip_bomb = zipped({"a": b" " * 100_000_000, "b": text(study(1))})
    first, second = read_trials(zip_bomb, "in")
    assert isinstance(first, Unreadable)
    assert "grow beyond reason" in first.message
    assert isinstance(second, Trial)


def test_a_page_whose_studies_are_no_list_is_named() -> None:
    assert numbers(b'{"a": 1}\n{"studies": {"b": {}}}\n' + text(study(1))) == [None, None, *nct(1)]
    page = {"studies": [study(1)]}
    assert numbers(text({"studies": [page]})) == nct(1)
    assert numbers(text({"studies": [{"studies": [page]}]})) == [None], "pages lie no deeper than that"


def test_members_with_odd_names_stay_on_one_line() -> None:
    (unread,) = read_trials(zipped({"a\nb": b"x y"}), "in")
    assert isinstance(unread, Unreadable)
    assert unread.message == "in:a b: no published form of a trial that is known here"


def test_an_encrypted_member_is_named() -> None:
    data = bytearray(zipped({"a": text(study(1)), "b": text(study(2))}))
    data[6] |= 1  # the first member's flags, in its own header …
    data[data.index(b"PK\x01\x02") + 8] |= 1  # … and in the directory
    first, second = read_trials(bytes(data), "in")
    assert isinstance(first, Unreadable)
    assert "encrypted" in first.message
    assert isinstance(second, Trial)


def test_read_trial_wants_exactly_one(tmp_path: Path) -> None:
    assert read_trial(text(study(1))).nct_id == "NCT90000001"
    with pytest.raises(ReadError, match=r"^two: holds more than one trial; expected one$"):
        read_trial(text(ALL), "two")
    with pytest.raises(ReadError, match=r"^none: holds no trial$"):
        read_trial(b"[]", "none")
    with pytest.raises(ReadError, match=r"^in, record 1, line 1, byte 22: the JSON breaks off$"):
        read_trial(b'{"protocolSection": {}', "in")


def test_write_record_ends_the_circle() -> None:
    data = write_record(read_trial(PACKED["one-study-on-many-lines"]))
    assert json.loads(data) == study(1)
    assert b"\n" not in data


@pytest.mark.parametrize(
    ("head", "shape"),
    [
        (b"  [", "json"),
        (b"\xef\xbb\xbf{", "json"),
        (b"NCT Number,Sex\n", "csv"),
        (b"NCT Number\tSex\n", "csv"),
        (b"<clinical_study>", "xml"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"PK\x03\x04", "zip"),
        (b"PK\x05\x06", "zip"),
        (b"hello", None),
        (b"", None),
    ],
)
def test_recognise(head: bytes, shape: str | None) -> None:
    assert recognise(head) == shape


def test_recognise_the_shared_files(shared: Path, seeds: dict[str, bytes]) -> None:
    records = shared / "data/records"
    assert recognise((records / "classic_xml.tar.gz").read_bytes()[:HEAD]) == "gzip"
    assert recognise((records / "csv/ctg-studies_172.csv").read_bytes()[:HEAD]) == "csv"
    assert [recognise(seeds[number][:HEAD]) for number in sorted(seeds)] == [
        "flattened", "portal", "portal", "flattened", "portal"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("head", "answer"),
    [
        (b'{"a": 1}\n{"b', True),
        (b'{"a": 1}', True),
        (b'{"a": ', True),
        (b'{"a":\n{"b"', True),
        (b'{\n"a": {}}', False),
        (b"{\n{", False),
        (b'{"a": [\n  1]}', False),
        (b'{"studies": [{"a": 1}]}', False),
        (b"[\n{", False),
    ],
)
def test_is_line_by_line(head: bytes, answer: bool) -> None:
    assert is_line_by_line(head) is answer


def test_lines_let_go_of_what_is_too_long() -> None:
    pieces = [b"a\nbb", b"bb\n", b"c" * 50, b"c" * 50, b"\nd", b"", b"\n\ne"]
    assert list(lines(iter(pieces), limit=60)) == [b"a", b"bbbb", None, b"d", b"", b"e"]


class Endless:
    """A page of studies as long as asked for, made as it is read."""

    def __init__(self, one: bytes, size: int) -> None:
        self.one = one
        self.left = size
        self.begun = False

    def read(self, _size: int, /) -> bytes:
        if not self.begun:
            self.begun = True
            return b'{"studies": [' + self.one
        if self.left <= 0:
            return b""
        self.left -= len(self.one)
        return b"," + self.one if self.left > 0 else b"]}"


def test_a_page_is_read_study_by_study() -> None:
    from trialwright.registries.json_stream import values

    one = text(study(1))
    found = sum(not value.problem for value in values(Feed(Endless(one, 1_000_000))))
    assert found == 1_000_000 // len(one) + 1


# The high-water mark of the process itself; what getrusage gives is inherited from the process that started it.
COUNT = """
import sys
from trialwright.registries import read_trials
count = sum(1 for _ in read_trials(sys.argv[1]))
(peak,) = [line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")]
print(count, int(peak) // 1024)
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is read from /proc")
@pytest.mark.parametrize("opening", [b'{"studies": [\n', b""], ids=["page", "json-lines"])
def test_a_200_mb_file_is_read_in_bounded_memory(opening: bytes, tmp_path: Path) -> None:
    one = text({**study(1), "resultsSection": {"x": ["word " * 20] * 200}})
    path = tmp_path / "long.json"
    between = b",\n" if opening else b"\n"
    count = 200 * 2**20 // len(one)
    with path.open("wb") as out:
        out.write(opening)
        for number in range(count):
            out.write((between if number else b"") + one)
        out.write(b"]}" if opening else b"")
    result = subprocess.run([sys.executable, "-c", COUNT, str(path)], check=True, capture_output=True, text=True)
    read, megabytes = map(int, result.stdout.split())
    assert read == count
    assert megabytes < 100
