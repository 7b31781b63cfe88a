"""What stands between the network and the library: hosts, tokens, origins, sizes, times, headers, and what is never told."""

import asyncio
import base64
import gzip
import io
import json
import logging
import tempfile
import zipfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from trialwright.web import uploads
from trialwright.web.app import application
from trialwright.web.guards import Limits
from trialwright.web.problems import ProblemError
from trialwright.web.workers import Workers

BASE = "http://127.0.0.1"
TOKEN = "a-token-of-some-length"  # noqa: S105 - of these tests
SCREEN = "/api/trialwright/screen"
SECRET = "Zebrafinch-7719"  # noqa: S105 - a word that only the patient's chart holds


def answers(app: Starlette, **given: Any) -> TestClient:
    return TestClient(app, base_url=BASE, follow_redirects=False, **given)


@pytest.fixture(scope="session")
def guarded(web_home: Path) -> TestClient:
    """A server that asks for a token."""
    return answers(application(web_home, token=TOKEN))


@pytest.fixture(scope="session")
def strict(web_home: Path) -> TestClient:
    """A server that takes little."""
    return answers(application(web_home, limits=Limits(body_bytes=10_000, body_s=0.3, url_characters=500)))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8765", "localhost:1", "LOCALHOST", "[::1]:8765"])
def test_own_names_are_answered(client: TestClient, host: str) -> None:
    assert client.get("/api/v2/version", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "evil.example:127", "", "127.0.0.1@evil.example"]
)
def test_names_that_were_made_to_lead_here_are_not(client: TestClient, host: str) -> None:
    for path in ("/api/v2/version", "/"):
        assert client.get(path, headers={"host": host}).status_code == 421


def basic(password: str, user: str = "anybody") -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize("given", [f"Bearer {TOKEN}", f"bearer  {TOKEN}", basic(TOKEN), basic(TOKEN, "")])
@pytest.mark.parametrize("path", ["/api/v2/version", "/about", "/static/style.css"])
def test_the_token_opens(guarded: TestClient, given: str, path: str) -> None:
    assert guarded.get(path, headers={"authorization": given}).status_code in (200, 404)


@pytest.mark.parametrize(
    "given",
    [
        "",
        "Bearer",
        "Bearer wrong",
        f"Bearer {TOKEN[:-1]}",
        f"Bearer {TOKEN}x",
        f"Token {TOKEN}",
        TOKEN,
        basic("wrong"),
        basic("x", TOKEN),
        "Basic !!!",
        "Basic " + base64.b64encode(b"\xff\xfe").decode(),
    ],
)
@pytest.mark.parametrize("path", ["/api/v2/version", "/", "/static/none", "/no/such"])
def test_nothing_else_does(guarded: TestClient, given: str, path: str) -> None:
    answer = guarded.get(path, headers={"authorization": given} if given else {})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Basic ")
    assert TOKEN not in answer.text


def test_a_token_in_the_address_is_no_token(guarded: TestClient) -> None:
    assert guarded.get(f"/api/v2/version?token={TOKEN}").status_code == 401


@pytest.mark.parametrize("path", ["/api/v2/version", "/", "/no/such", "/api/no/such", "/trial/SAMPLE-001"])
def test_every_answer_has_the_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    policy = {part.split()[0]: part.split()[1:] for part in headers["content-security-policy"].split(";")}
    assert policy["default-src"] == ["'none'"]
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == ["'self'"]
    assert policy["frame-ancestors"] == policy["base-uri"] == ["'none'"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert "server" not in headers
    assert "set-cookie" not in headers
    assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize(
    ("headers", "passes"),
    [
        ({}, True),
        ({"origin": BASE}, True),
        ({"origin": "null", "sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"origin": "https://evil.example"}, False),
        ({"origin": "null"}, False),
        ({"origin": f"{BASE}:9999"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site"}, False),
        ({"origin": "https://evil.example", "sec-fetch-site": "cross-site"}, False),
    ],
)
def test_forms_of_other_sites_are_not_taken(client: TestClient, headers: dict[str, str], passes: bool) -> None:
    for path in (SCREEN, "/screen"):
        assert (client.post(path, json={}, headers=headers).status_code != 403) is passes


def test_what_is_posted_is_not_to_be_stored(client: TestClient, chart: str) -> None:
    answer = client.post(SCREEN, json={"patient": chart, "trials": ["SAMPLE-001"]})
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert "etag" not in answer.headers


def test_what_is_read_again_is_not_sent_again(client: TestClient) -> None:
    first = client.get("/api/v2/studies/SAMPLE-001")
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "no-cache, private"
    for known in (tag, f'"x", {tag}', tag.removeprefix("W/"), "*"):
        again = client.get("/api/v2/studies/SAMPLE-001", headers={"if-none-match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert client.get("/api/v2/studies/SAMPLE-001", headers={"if-none-match": '"other"'}).status_code == 200
    assert client.get("/api/v2/studies/SAMPLE-002").headers["etag"] != tag


def test_large_answers_travel_packed(client: TestClient) -> None:
    packed = client.get("/api/v2/studies?pageSize=100", headers={"accept-encoding": "gzip"})
    plain = client.get("/api/v2/studies?pageSize=100", headers={"accept-encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.json() == plain.json()
    assert int(packed.headers["content-length"]) < len(plain.content) / 2


def test_a_body_that_is_too_large_is_refused(strict: TestClient) -> None:
    for path in (SCREEN, "/screen", "/no/such"):
        stated = strict.post(path, content=b"x" * 10_001)
        assert (stated.status_code, stated.headers["connection"]) == (413, "close")

        def pieces() -> Iterator[bytes]:
            for _ in range(200):
                yield b"x" * 100

        assert strict.post(path, content=pieces()).status_code == 413
    lying = strict.post(SCREEN, content=b"{}", headers={"content-length": "-5"})
    assert lying.status_code == 413


def test_a_body_that_comes_too_slowly_is_given_up(web_home: Path) -> None:
    app = application(web_home, limits=Limits(body_s=0.2))

    async def never() -> AsyncIterator[bytes]:
        yield b"{"
        await anyio.sleep(5)
        yield b"}"

    async def asked() -> int:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url=BASE) as http:
            return (await http.post(SCREEN, content=never())).status_code

    assert asyncio.run(asked()) == 408


def test_packed_bodies_are_refused_before_they_are_unpacked(client: TestClient) -> None:
    bomb = gzip.compress(b"0" * 20_000_000)
    for path in (SCREEN, "/screen", "/check"):
        answer = client.post(
            path, content=bomb, headers={"content-encoding": "gzip", "content-type": "application/json"}
        )
        assert answer.status_code == 415


def test_an_address_that_is_too_long_is_refused(strict: TestClient) -> None:
    assert strict.get("/api/v2/studies?query.term=" + "a" * 600).status_code == 414


def zip_bomb() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("chart.json", b"0" * 50_000_000)
    return held.getvalue()


ENTITIES = """<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY x SYSTEM "file:///etc/passwd">]><clinical_study>&c;&x;</clinical_study>"""
ALIASES = "a: &a [x, x, x]\nb: &b [*a, *a, *a]\nc: &c [*b, *b, *b]\nconditions: [*c, *c]\n"
BOMBS: dict[str, bytes] = {
    "json depth": b"[" * 200_000 + b"]" * 200_000,
    "json depth in a resource": b'{"resourceType":"Bundle","entry":[{"resource":'
    + b'{"a":' * 100_000
    + b"1"
    + b"}" * 100_001
    + b"]}",
    "json depth, never closed": b'{"resourceType":' * 100_000,
    "json number": b'{"resourceType":"Patient","id":' + b"9" * 100_000 + b"}",
    "yaml aliases": ALIASES.encode(),
    "yaml depth": b"[" * 100_000,
    "yaml tags": b"!!python/object/apply:os.system ['true']",
    "xml entities": ENTITIES.encode(),
    "zip": zip_bomb(),
    "nought": b"\0" * 1000,
    "not utf-8": b"sex: \xff\xfe\xfd",
    "utf-16": "sex: male".encode("utf-16"),
    "lone surrogate": b'{"sex": "\\ud800"}',
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_charts_made_to_do_harm_are_refused_quickly(client: TestClient, bomb: bytes) -> None:
    with anyio_timer(10):
        as_text = client.post(SCREEN, json={"patient": bomb.decode("latin-1"), "trials": ["SAMPLE-001"]})
        posted = client.post(SCREEN, content=b'{"patient":' + bomb + b"}", headers={"content-type": "application/json"})
        uploaded = client.post("/screen", data={"how": "file"}, files={"file": ("chart.json", bomb)})
    for answer in (as_text, posted, uploaded):
        assert answer.status_code in (400, 422), answer.text[:300]


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_records_made_to_do_harm_are_refused_quickly(client: TestClient, bomb: bytes) -> None:
    with anyio_timer(20):
        answer = client.post("/check", data={"how": "file"}, files={"file": ("record.json", bomb)})
    assert answer.status_code in (400, 422), answer.text[:300]
    assert "root:" not in answer.text


class anyio_timer:  # noqa: N801 - used as a function is
    """Fails when its block takes longer."""

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s

    def __enter__(self) -> None:
        import time

        self._start = time.monotonic()

    def __exit__(self, *_: object) -> None:
        import time

        assert time.monotonic() - self._start < self._limit_s


def test_an_upload_is_never_laid_on_a_disk(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_file(*_: object, **__: object) -> Any:
        raise AssertionError("a temporary file was made")

    monkeypatch.setattr(tempfile, "_TemporaryFileWrapper", no_file)
    monkeypatch.setattr(tempfile, "TemporaryFile", no_file)
    monkeypatch.setattr(tempfile, "NamedTemporaryFile", no_file)
    large = b"sex: male\n# " + b"x" * 3_000_000
    answer = client.post("/screen", data={"how": "file"}, files={"file": ("chart.yaml", large)})
    assert answer.status_code in (200, 422)


def test_too_many_fields_and_files_are_refused(client: TestClient) -> None:
    many = {f"f{number}": "x" for number in range(uploads.MOST_FIELDS + 5)}
    assert client.post("/screen", data=many, files={"file": ("a", b"b")}).status_code == 400
    assert client.post("/screen", data=many).status_code == 400
    files = [("file", (f"{number}", b"x")) for number in range(uploads.MOST_FILES + 1)]
    assert client.post("/screen", files=files).status_code == 400
    no_boundary = client.post("/screen", content=b"x", headers={"content-type": "multipart/form-data"})
    assert no_boundary.status_code == 400


CHARTS: dict[str, str] = {
    "value": f"sex: {SECRET}\n",
    "key": f"sex: male\n{SECRET}: yes\n",
    "date": f"birth: {SECRET}\n",
    "lab": f"labs:\n  - platelets {SECRET} 2026-01-01\n",
    "broken yaml": f"sex: male\n  - {SECRET}: [\n",
    "fhir": json.dumps(
        {"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Patient", "birthDate": SECRET}}]}
    ),
    "broken fhir": '{"resourceType": "Patient", "id": "' + SECRET,
    "wrong type": json.dumps({"resourceType": "Bundle", "entry": SECRET}),
}


@pytest.mark.parametrize("chart", CHARTS.values(), ids=CHARTS)
def test_a_charts_words_stand_in_no_error_and_in_no_log(
    client: TestClient, chart: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        answers = [
            client.post(SCREEN, json={"patient": chart, "trials": ["SAMPLE-001"]}),
            client.post(SCREEN, json={"patient": chart, "complete": [SECRET]}),
            client.post(SCREEN, json={"patient": chart, "asOf": SECRET}),
            client.post(
                SCREEN, content=json.dumps({"patient": chart})[:-3], headers={"content-type": "application/json"}
            ),
        ]
    for answer in answers:
        if answer.status_code != 200:
            assert SECRET not in answer.text
    assert any(answer.status_code != 200 for answer in answers)
    printed = capfd.readouterr()
    assert SECRET not in caplog.text + printed.out + printed.err


def test_what_nobody_expected_is_answered_and_logged_without_its_words(
    web_home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: object) -> None:
        raise KeyError(SECRET)

    app = application(web_home)
    app.state.workers = type("Broken", (), {"run": fails, "home": None})
    with caplog.at_level(logging.DEBUG):
        answer = answers(app, raise_server_exceptions=False).post(SCREEN, json={"patient": {"sex": SECRET}})
    assert (answer.status_code, answer.json()["type"]) == (500, "urn:trialwright:problem:failed")
    assert SECRET not in answer.text + caplog.text
    assert "KeyError at test_safety.py" in caplog.text


def long_work() -> None:
    import time

    time.sleep(30)


def dying_work() -> None:
    import os

    os._exit(3)


def failing_work() -> None:
    raise ProblemError(422, "words", parameter="p", kind="k", headers={"a": "b"})


def test_work_that_takes_too_long_is_ended_and_the_next_is_done(tmp_path: Path) -> None:
    async def tried() -> tuple[int, int]:
        workers = Workers(tmp_path, limit_s=2.0)
        with pytest.raises(ProblemError) as first:
            await workers.run(long_work)
        return first.value.status, await workers.run(len, "abc")

    assert anyio.run(tried) == (504, 3)


def test_work_that_dies_or_fails_is_told(tmp_path: Path) -> None:
    async def tried() -> tuple[ProblemError, ProblemError]:
        workers = Workers(tmp_path)
        with pytest.raises(ProblemError) as died:
            await workers.run(dying_work)
        with pytest.raises(ProblemError) as failed:
            await workers.run(failing_work)
        return died.value, failed.value

    died, failed = anyio.run(tried)
    assert died.status == 500
    assert (failed.status, failed.detail, failed.parameter, failed.kind, failed.headers) == (
        422,
        "words",
        "p",
        "k",
        {"a": "b"},
    )


def test_more_work_than_can_wait_is_refused_at_once(tmp_path: Path) -> None:
    async def tried() -> list[int]:
        workers = Workers(tmp_path, number=1, waiting=1, limit_s=1.0)
        statuses: list[int] = []

        async def one() -> None:
            try:
                await workers.run(long_work)
            except ProblemError as error:
                statuses.append(error.status)

        async with anyio.create_task_group() as several:
            for _ in range(4):
                several.start_soon(one)
        return statuses

    assert sorted(anyio.run(tried)) == [503, 503, 504, 504]
