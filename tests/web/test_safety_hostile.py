"""Records written to do harm: their words are shown as words, on every page, in every answer, in every header."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from trialwright.web.app import application

from .records import MARKUP, SCRIPT, library_of, study

HOSTILE = "NCT10000005"
BREAK = "Line\r\nSet-Cookie: a=b\r\n\r\n<script>alert(2)</script>"
PAGES = (
    f"/trial/{HOSTILE}",
    f"/trial/{HOSTILE}/similar",
    f"/trial/{HOSTILE}/record",
    "/search?q=lung+cancer",
    f"/compare?a={HOSTILE}&b=NCT10000001",
    f"/screen?trial={HOSTILE}",
    "/",
)
SPOKEN = (
    "<script>alert(3)</script>",
    '"><svg onload=alert(3)>',
    "' onmouseover='alert(3)",
    "{{7*7}}{% for a in b %}",
    "javascript:alert(3)",
    "\r\nSet-Cookie: a=b",
    "%0d%0aSet-Cookie:%20a=b",
    "‮<b>",
)


class Live(HTMLParser):
    """What of a page would run: scripts with words of their own, handlers, and addresses that are code."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._in_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._in_script = tag == "script"
        if tag == "script" and not given.get("src", "").startswith("/static/"):
            self.found.append(f"script {given}")
        if tag in ("iframe", "object", "embed", "base", "img", "meta") and tag != "meta":
            self.found.append(tag)
        for name, value in given.items():
            if name.startswith("on") or name == "style" or name == "srcdoc":
                self.found.append(f"{tag} {name}")
            if name in ("href", "src", "action", "formaction", "xlink:href") and re.match(
                r"\s*(javascript|data|vbscript):", value, re.IGNORECASE
            ):
                self.found.append(f"{tag} {name}={value}")

    def handle_data(self, data: str) -> None:
        if self._in_script and data.strip():
            self.found.append(f"script text {data[:40]}")


def live(page: str) -> list[str]:
    parser = Live()
    parser.feed(page)
    return parser.found


def test_what_would_run_is_found() -> None:
    assert live("<b onclick=x>") == ["b onclick"]
    assert live("<a href=' JavaScript:x'>") == ["a href= JavaScript:x"]
    assert live("<script>x</script>") == ["script {}", "script text x"]
    assert live('<script src="/static/a.js"></script><p>onclick=x</p>') == []


@pytest.mark.parametrize("path", PAGES)
def test_a_hostile_record_does_nothing_on_a_page(client: TestClient, path: str) -> None:
    answer = client.get(path, follow_redirects=True)
    assert answer.status_code == 200, path
    assert live(answer.text) == []
    assert SCRIPT not in answer.text
    assert "<img" not in answer.text
    assert "49" not in re.findall(r"\{\{ 7\*7 \}\}|>49<", answer.text), "a template was run"


def test_the_hostile_record_is_shown_as_it_is(client: TestClient) -> None:
    page = client.get(f"/trial/{HOSTILE}").text
    assert "&lt;script&gt;alert(&#39;title&#39;)&lt;/script&gt;" in page
    assert "{{ 7*7 }}" in page


def test_answers_for_programs_are_never_taken_for_pages(client: TestClient) -> None:
    paths = [
        f"/api/v2/studies/{HOSTILE}",
        "/api/v2/studies?query.cond=lung",
        f"/api/trialwright/trials/{HOSTILE}/criteria",
    ]
    paths += [
        f"/api/trialwright/trials/{HOSTILE}/check",
        f"/api/trialwright/trials/{HOSTILE}/similar",
        "/api/x<script>",
    ]
    for path in paths:
        headers = client.get(path).headers
        assert headers["content-type"] in ("application/json", "application/problem+json")
        assert headers["x-content-type-options"] == "nosniff"
    table = client.get(f"/api/v2/studies?format=csv&filter.ids={HOSTILE}")
    assert table.headers["content-type"] == "text/csv; charset=utf-8"


def test_a_report_on_a_hostile_trial_does_nothing(client: TestClient) -> None:
    chart = f"sex: male\nconditions:\n  - {json.dumps(SCRIPT)}\nnote: {json.dumps(MARKUP)}\n"
    form = {"how": "form", "chart": chart, "trial": HOSTILE}
    answer = client.post("/screen", data=form)
    assert answer.status_code in (200, 422)
    assert live(answer.text) == []
    assert SCRIPT not in answer.text


@pytest.mark.parametrize("words", SPOKEN)
def test_what_is_asked_is_shown_back_as_words(client: TestClient, words: str) -> None:
    asked: list[tuple[str, dict[str, str]]] = [
        ("/search", {"q": words}),
        ("/search", {"q": "cancer", "status": words}),
        ("/compare", {"a": words, "b": words}),
        ("/screen", {"trial": words}),
        ("/api/v2/studies", {"query.term": words}),
        ("/api/v2/studies", {words: "x"}),
        ("/api/v2/studies", {"fields": words}),
    ]
    for path, parameters in asked:
        answer = client.get(path, params=parameters)
        assert answer.status_code < 500, path
        assert_harmless(answer)
    spelled = quote(words)
    for path in (f"/trial/{spelled}", f"/api/v2/studies/{spelled}", f"/{spelled}", f"/static/{spelled}"):
        answer = client.get(path)
        assert answer.status_code in (301, 307, 400, 404), path
        assert_harmless(answer)


def assert_harmless(answer: Any) -> None:
    assert "set-cookie" not in answer.headers
    assert not any("\n" in value or "\r" in value for value in answer.headers.values())
    if answer.headers.get("content-type", "").startswith("text/html"):
        assert live(answer.text) == []


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A library whose ids, titles and links try to break out of where they stand."""
    studies = (
        study(
            "NCT20000001",
            BREAK,
            identification={"acronym": BREAK},
            status={"overallStatus": '"><script>alert(4)</script>'},
            conditions={"conditions": [BREAK, "=cmd|'/c calc'!A1"]},
            references={"seeAlsoLinks": [{"label": BREAK, "url": f"https://example.org/{MARKUP}"}]},
            contactsLocations={"locations": [{"facility": MARKUP, "city": SCRIPT, "country": BREAK}]},
            armsInterventions={"armGroups": [{"label": SCRIPT, "description": MARKUP}]},
            outcomes={"primaryOutcomes": [{"measure": SCRIPT, "timeFrame": MARKUP}]},
            eligibility={"eligibilityCriteria": f"Inclusion Criteria:\n\n1. {BREAK}\n2. Age > 18\n", "sex": MARKUP},
        ),
        study("../../../etc/passwd", "An id that is a path"),
        study("<b>ID</b>", "An id that is markup"),
        study("NCT20000002\r\nX: y", "An id that is a header"),
    )
    home = library_of(tmp_path_factory.mktemp("odd") / "library", studies, with_samples=False).home
    with TestClient(application(home), base_url="http://127.0.0.1", follow_redirects=False) as one:
        yield one


@pytest.mark.parametrize("path", ["/search", "/search?q=id", "/trial/NCT20000001", "/trial/NCT20000001/similar", "/"])
def test_odd_ids_and_titles_do_nothing(odd: TestClient, path: str) -> None:
    answer = odd.get(path)
    assert answer.status_code == 200
    assert_harmless(answer)


def test_the_api_gives_odd_records_out_as_they_are(odd: TestClient) -> None:
    page = odd.get("/api/v2/studies?countTotal=true").json()
    assert page["totalCount"] == 4
    titles = {one["protocolSection"]["identificationModule"]["briefTitle"] for one in page["studies"]}
    assert BREAK in titles
    rows = odd.get("/api/v2/studies?format=csv&fields=NCT Number|Conditions&filter.ids=NCT20000001").text
    assert "'=cmd" in rows or "|=cmd" in rows
    for answer in (odd.get("/api/v2/stats/size"), odd.get("/api/v2/studies?sort=StartDate")):
        assert answer.status_code == 200
        assert_harmless(answer)


OUTSIDE = (
    "/static/../app.py",
    "/static/..%2fapp.py",
    "/static/%2e%2e/%2e%2e/pyproject.toml",
    "/static/....//app.py",
    "/static//etc/passwd",
    "/static/%2fetc%2fpasswd",
    "/static/..\\app.py",
    "/static/style.css%00.html",
    "/trial/..%2f..%2f..%2fetc%2fpasswd",
    "/trial/%2e%2e%2f%2e%2e%2flibrary.sqlite/record.json",
    "/api/v2/studies/..%2f..%2flibrary.sqlite",
    "/api/trialwright/trials/..%2f..%2fx/criteria",
)


@pytest.mark.parametrize("path", OUTSIDE)
def test_no_address_leads_out_of_its_folder(server: str, path: str) -> None:
    """Asked byte for byte, since clients tidy addresses up."""
    import http.client

    connection = http.client.HTTPConnection(server.removeprefix("http://"), timeout=60)
    connection.putrequest("GET", path, skip_accept_encoding=True)
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    assert answer.status in (400, 404), (path, answer.status)
    for secret in (b"root:", b"SQLite format", b"def application", b"[project]"):
        assert secret not in body


def test_a_request_that_is_broken_does_not_stop_the_server(server: str) -> None:
    import socket

    host, port = server.removeprefix("http://").split(":")
    pieces = (
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: a\r\n b\r\n\r\n",
        b"POST /screen HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /",
        b"\x00\x01\x02\r\n\r\n",
        b"GET /" + b"a" * 100_000,
        b"POST /screen HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\nshort",
    )
    for piece in pieces:
        with socket.create_connection((host, int(port)), timeout=30) as connection:
            connection.sendall(piece)
            connection.shutdown(socket.SHUT_WR)
            connection.recv(4096)
    import httpx

    assert httpx.get(f"{server}/api/v2/version", timeout=60).status_code == 200


# What other templates and drawings have escaped; their own tests are in tests/export.
ESCAPED_ALREADY = ("found.body|safe", "svg|safe")
FETCHED = re.compile(
    r"""<(?:script|img|iframe|source|link|form)\b[^>]*\b(?:src|href|action)\s*=\s*["']?(?:https?:)?//"""
    r"""|url\(\s*["']?(?:https?:)?//|@import|fetch\(\s*["'`](?:http|//)"""
)


def test_every_asset_is_within_the_policy() -> None:
    """No page loads from elsewhere: no template and no asset names another host for anything that is fetched."""
    web = Path(__file__).resolve().parents[2] / "src/trialwright/web"
    files = [
        *web.glob("templates/*.html"),
        *web.glob("static/*.css"),
        *web.glob("static/*.js"),
        *web.glob("static/*.svg"),
    ]
    assert files
    for file in files:
        text = file.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        for made in ESCAPED_ALREADY:
            text = text.replace(made, "")
        fetched = FETCHED.findall(text)
        assert fetched == [], file.name
        if file.suffix == ".html":
            assert not re.search(r"""<script(?![^>]*\bsrc=)|\sstyle\s*=|\son\w+=["']|\|\s*safe\b""", text), file.name
