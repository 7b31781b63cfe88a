"""The same report on every outlet: what must be there is there, and no record text breaks out of it."""

import csv
import io
import re
from collections.abc import Callable
from html.parser import HTMLParser

import msgspec
import pytest

from trialwright.engines.findings import CriterionFinding
from trialwright.export.report import DISCLAIMER, Report
from trialwright.export.to_csv import COLUMNS, lines, to_csv
from trialwright.export.to_html import brief, to_html
from trialwright.export.to_json import indented, to_jsonl
from trialwright.export.to_markdown import escaped, to_markdown
from trialwright.export.to_terminal import layout, plain, short_layout

Findings = dict[str, CriterionFinding]
Screened = Callable[..., Report]
VOID = {"meta", "br", "link", "img", "input", "hr"}


class Page(HTMLParser):
    """Tags with their attributes, ids, and the text outside script and style; a tag that is not closed is an error."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("script", "style"):
            self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture
def page(report: Report) -> Page:
    found = Page(to_html([report]))
    assert found.open == []
    return found


def said(text: str) -> str:
    return " ".join(text.split())


def test_the_page_says_all_five_points(page: Page) -> None:
    text = said(page.text)
    for words in (
        "not eligible, 2 failed", "As of 2026-03-02", "record of 2026-02-04, recruiting", "trialwright 0",
        "What stands in the way (2)", "HBV DNA settles E7, E8; helps with E9", "What passes (1)",
        "Does this exclusion apply? yes", "8.4 g/dL (range 12–16) = 84 g/L, 2026-02-23 [labs.csv:3]",
        "Window: 2026-02-16 to 2026-03-02", "What would change it", "from 2026-03-17 the answer changes by itself",
        "Coverage: 6 of 8 criteria computed", DISCLAIMER,
    ):  # fmt: skip
        assert words in text, words


def test_the_page_keeps_its_order(page: Page) -> None:
    heads = [
        "What stands in the way",
        "To find out",
        "For a person to say",
        "Not understood",
        "What would change it",
        "What passes",
    ]
    places = [page.text.index(head) for head in heads]
    assert places == sorted(places)


def test_the_page_fetches_nothing(page: Page) -> None:
    assert not [tag for tag, _ in page.tags if tag in ("link", "img", "iframe", "object", "embed", "base", "form")]
    assert not [attributes for tag, attributes in page.tags if tag == "script" and "src" in attributes]
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on") or name == "style"]
    (policy,) = [entry["content"] for entry in page.all("meta") if entry.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy


def test_hostile_words_are_text_on_the_page(page: Page) -> None:
    assert "<script>alert('x')</script>" in page.text
    assert len(page.all("script")) == 1
    assert "\x1b" not in page.text
    assert "\u202e" not in page.text


def test_every_link_within_the_page_has_its_target(page: Page) -> None:
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    within = [link["href"] for link in page.all("a") if (link["href"] or "").startswith("#")]
    assert within
    assert {link for link in within if link and link[1:] not in ids} == set()


def test_no_address_holds_the_patient(page: Page) -> None:
    assert not [link for link in page.all("a") if "P<1>" in str(link["href"]) or "P%3C" in str(link["href"])]


def test_each_criterion_stands_with_its_published_words(page: Page, report: Report) -> None:
    rows = page.all("article")
    assert sorted(row["data-id"] or "" for row in rows) == sorted(row.id for row in report.trials[0].criteria)
    assert len(page.all("blockquote")) == len(rows)


def test_a_page_of_several_patients_has_no_id_twice(report: Report) -> None:
    found = Page(to_html([report, report]))
    ids = [attributes["id"] for _, attributes in found.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert len(found.all("nav")) == 1


def test_the_notebook_table_is_small_and_whole(report: Report) -> None:
    html = brief(report)
    assert Page(html).open == []
    assert len(html) < 1500
    assert report._repr_html_() == html
    assert DISCLAIMER in html.replace("&#39;", "'")


@pytest.mark.parametrize("width", [40, 80, 120])
def test_no_line_on_a_terminal_is_too_long(report: Report, width: int) -> None:
    lines = plain(layout(report), width).splitlines()
    assert len(lines) > 20
    assert max(map(len, lines)) <= width


def test_the_terminal_says_what_the_page_says(report: Report) -> None:
    text = said(plain(layout(report), 100))
    for words in (
        "NOT ELIGIBLE, 2 FAILED",
        "HBV DNA settles E7, E8; helps with E9",
        "Is this met? NO (near the limit)",
        DISCLAIMER,
    ):
        assert words in text
    assert "\x1b" not in text


def test_the_short_form_names_what_the_verdict_hangs_on(screened: Screened, findings: Findings, report: Report) -> None:
    assert "I8 Is this met? NO" in said(plain(short_layout(report)))
    open_one = screened(findings["E7"], findings["I4"])
    text = said(plain(short_layout(open_one)))
    assert "To find out: HBV DNA settles E7" in text
    assert "Also open: 1 for a person" in text


def test_switched_off_criteria_are_named_on_every_outlet(screened: Screened, findings: Findings) -> None:
    off = screened(findings["I1"], findings["I8"], without=frozenset({"I8"}))
    for text in (plain(layout(off)), to_markdown([off]), Page(to_html([off])).text):
        assert "Switched off, not counted: I8." in text


def test_json_has_the_keys_that_others_read(report: Report) -> None:
    line = to_jsonl(report)
    assert b"\n" not in line
    held = msgspec.json.decode(line)
    assert msgspec.json.decode(indented(report)) == held
    assert (held["schema"], held["patient"], held["as_of"]) == ("trialwright.screen/1", "P<1>", "2026-03-02")
    (trial,) = held["trials"]
    assert (trial["trial"], trial["verdict"], trial["coverage"]["total"]) == ("NCT00000001", "ineligible", 8)
    verdicts = {row["id"]: row["verdict"] for row in trial["criteria"]}
    assert verdicts == {
        "I1": "pass", "I4": "person", "I8": "fail", "E7": "unknown", "E8": "unknown", "E9": "unknown", "E10": "fail",
        "E5": "unknown",
    }  # fmt: skip
    assert {"id", "kind", "verdict", "why", "evidence"} <= trial["criteria"][0].keys()


def test_json_reads_back_into_the_same_report(report: Report) -> None:
    assert msgspec.json.decode(to_jsonl(report), type=Report) == report


def test_csv_has_a_row_for_each_criterion(report: Report) -> None:
    header, *rows = csv.reader(io.StringIO("".join(to_csv([report]))))
    assert tuple(header) == COLUMNS
    assert [row[5] for row in rows] == [row.id for row in report.trials[0].criteria]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1"])
def test_no_csv_cell_is_a_formula(text: str) -> None:
    header, row = csv.reader(io.StringIO("".join(lines(["a"], [[text]]))))
    assert header == ["a"]
    assert row == [f"'{text}"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<b>x</b>", r"\<b\>x\</b\>"),
        ("a|b", r"a\|b"),
        ("# head", r"\# head"),
        ("1. item", r"1\. item"),
        ("- item", r"\- item"),
        ("[a](http://b)", r"\[a\](http://b)"),
        ("two\nlines", "two lines"),
        ("![x](y) &lt; `code`", r"\!\[x\](y) \&lt; \`code\`"),
    ],
)
def test_markdown_shows_words_as_words(text: str, shown: str) -> None:
    assert escaped(text) == shown


def test_markdown_tables_are_whole(report: Report) -> None:
    rows = [line for line in to_markdown([report]).splitlines() if line.startswith("|")]
    widths = {len(re.findall(r"(?<!\\)\|", line)) - 1 for line in rows}
    assert widths == {3, 6}
