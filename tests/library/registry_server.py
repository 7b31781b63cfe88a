"""A registry of its own process on 127.0.0.1 that speaks ClinicalTrials.gov API v2 over real records, and misbehaves when told to.

Run as a script: RECORDS.jsonl.gz NUMBER. It prints its port and serves until it is killed. `Registry` starts one and talks to it.

What it does wrong is a list of faults, one for each coming question for studies, in order; `ok` for none:

429, 500 …   that status, with `Retry-After` where it is written as 429:2 or 429:DATE
cut          half of the answer, then the connection is closed
half         an answer of the right length that is no whole JSON
slow         the answer drips, a few bytes at a time
silent       no answer for a while
html         a page for people, with status 200
moved        a redirect
circle       the page's own token as the token of the next
forget       every token given so far expires
"""

import gzip
import json
import subprocess
import sys
import time
import urllib.parse
from contextlib import closing
from email.utils import formatdate
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from pathlib import Path
from typing import Any, Self

Study = dict[str, Any]


class State:
    """What the registry holds, and what it was asked."""

    def __init__(self, path: Path, number: int) -> None:
        with gzip.open(path, "rb") as lines:
            self.studies: list[Study] = [json.loads(line) for line in islice(lines, number)]
        self.day = "2026-03-02"
        self.faults: list[str] = []
        self.asked: list[dict[str, str]] = []
        self.pause_s = 0.0
        self.age = 0

    def change(self, told: dict[str, Any]) -> None:
        self.faults = told.get("faults", self.faults)
        self.day = told.get("day", self.day)
        self.pause_s = told.get("pause_s", self.pause_s)
        for nct_id, day in told.get("updated", {}).items():
            (study,) = [one for one in self.studies if nct_id_of(one) == nct_id]
            status = study["protocolSection"]["statusModule"]
            status["lastUpdatePostDateStruct"] = {"date": day, "type": "ACTUAL"}
            study["protocolSection"]["identificationModule"]["briefTitle"] += ", updated"

    def selected(self, asked: dict[str, str]) -> list[Study]:
        condition = asked.get("query.cond", "").lower()
        since = asked.get("filter.advanced", "").removeprefix("AREA[LastUpdatePostDate]RANGE[").removesuffix(",MAX]")
        return [
            study
            for study in self.studies
            if updated(study) >= since
            and condition in " ".join(study["protocolSection"]["conditionsModule"]["conditions"]).lower()
        ]

    def page(self, asked: dict[str, str], *, is_circle: bool) -> dict[str, Any] | None:
        """None for a token that it does not know."""
        found, size = self.selected(asked), int(asked["pageSize"])
        token = asked.get("pageToken", f"{self.age}-0")
        age, start = map(int, token.split("-"))
        if age != self.age:
            return None
        page: dict[str, Any] = {"studies": found[start : start + size]}
        if "pageToken" not in asked:
            page["totalCount"] = len(found)
        if is_circle or start + size < len(found):
            page["nextPageToken"] = token if is_circle else f"{self.age}-{start + size}"
        return page


def nct_id_of(study: Study) -> str:
    return str(study["protocolSection"]["identificationModule"]["nctId"])


def updated(study: Study) -> str:
    return str(study["protocolSection"]["statusModule"].get("lastUpdatePostDateStruct", {}).get("date", ""))


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: State

    def do_POST(self) -> None:
        self.state.change(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.answer(200, b"{}")

    def do_GET(self) -> None:
        parts = urllib.parse.urlsplit(self.path)
        asked = dict(urllib.parse.parse_qsl(parts.query))
        match parts.path:
            case "/asked":
                self.answer(200, json.dumps(self.state.asked).encode())
            case "/api/v2/version":
                self.answer(
                    200, json.dumps({"apiVersion": "2.0.5", "dataTimestamp": f"{self.state.day}T09:00:05"}).encode()
                )
            case "/api/v2/studies":
                fault = self.state.faults.pop(0) if self.state.faults else "ok"
                self.state.asked.append({**asked, "_answer": fault, "_packed": self.headers.get("Accept-Encoding", "")})
                self.studies(asked, fault)
            case _:
                self.answer(404, b"no such thing")

    def studies(self, asked: dict[str, str], fault: str) -> None:
        time.sleep(self.state.pause_s)
        number, _, after = fault.partition(":")
        if number.isdigit():
            wait = formatdate(time.time() + 2, usegmt=True) if after == "DATE" else after
            return self.answer(int(number), b"not now", {"Retry-After": wait} if wait else {})
        if fault == "moved":
            return self.answer(302, b"", {"Location": "https://elsewhere.invalid/"})
        if fault == "html":
            return self.answer(200, b"<html><body>Down for maintenance</body></html>")
        if fault == "forget":
            self.state.age += 1
        page = self.state.page(asked, is_circle=fault == "circle")
        if page is None:
            return self.answer(400, b"Invalid page token")
        body = json.dumps(page).encode()
        if fault == "half":
            return self.answer(200, body[: len(body) // 2])
        if fault in ("cut", "slow", "silent"):
            return self.badly(body, fault)
        return self.answer(200, body)

    def badly(self, body: bytes, fault: str) -> None:
        if fault == "silent":
            time.sleep(1.5)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if fault == "cut":
            self.wfile.write(body[: len(body) // 2])
        else:
            # Long enough for any patience that a test has, and never longer: the other side hangs up.
            for start in range(0, min(len(body), 4000), 40):
                self.wfile.write(body[start : start + 40])
                self.wfile.flush()
                time.sleep(0.05)
        self.close_connection = True

    def answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        if "gzip" in self.headers.get("Accept-Encoding", ""):
            body, headers = gzip.compress(body, 1), {**(headers or {}), "Content-Encoding": "gzip"}
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:
            self.close_connection = True  # the other side hung up

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the base class
        pass


class Registry:
    """A running registry. Use it in a `with`."""

    def __init__(self, records: Path, number: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__, records, str(number)], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())
        self.base_url = f"http://127.0.0.1:{self.port}/api/v2"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def tell(self, **told: Any) -> None:
        self._call("POST", "/", json.dumps(told))

    def asked(self) -> list[dict[str, str]]:
        """Every question for studies so far: its parameters, `_answer` and `_packed`."""
        return list(json.loads(self._call("GET", "/asked")))

    def _call(self, method: str, path: str, body: str | None = None) -> bytes:
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=20)) as connection:
            connection.request(method, path, body)
            return connection.getresponse().read()


def main() -> None:
    Handler.state = State(Path(sys.argv[1]), int(sys.argv[2]))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
