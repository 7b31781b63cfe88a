"""What people come for, done in a real browser: each journey with and without script."""

import json
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from trialwright import samples

from .conftest import Open

SCRIPT = pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
PAGES = (
    "/",
    "/search?q=carcinoma",
    "/search?q=asthma&status=COMPLETED",
    "/trial/NCT10000001",
    "/trial/SAMPLE-002",
    "/trial/SAMPLE-004",
    "/trial/NCT10000001/similar",
    "/trial/NCT10000001/record",
    "/compare?left=NCT10000001&right=NCT10000002",
    "/screen",
    "/funnel",
    "/check",
    "/about",
    "/nowhere",
)
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
}


@SCRIPT
def test_a_new_user_finds_a_fitting_trial_for_the_sample_patient(opened: Open, script: bool) -> None:
    page = opened("/", java_script_enabled=script)
    page.get_by_role("link", name="Screen a patient").first.click()
    page.get_by_role("button", name="Patient A").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Screening report")
    first = page.locator(".summary li").first
    expect(first).to_contain_text("likely eligible")
    first.get_by_role("link").click()
    page.get_by_role("link", name="SAMPLE-003", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Sintilimab")
    expect(page.locator("#sentence")).to_contain_text("This trial tests")


@SCRIPT
def test_a_search_is_narrowed_and_leads_to_a_rule(opened: Open, script: bool) -> None:
    page = opened("/", java_script_enabled=script)
    page.get_by_label("What are you looking for?").fill("nasopharyngeal carcinoma")
    page.get_by_role("button", name="Search").click()
    page.get_by_label("phase 3").check()
    if not script:
        page.get_by_role("button", name="Apply").click()
    page.wait_for_url("**phase=PHASE3**")
    page.get_by_role("link", name="Gemcitabine in Metastatic").click()
    page.locator(".fit").get_by_role("link", name="criterion E1").click()
    assert page.url.endswith("#E1")
    expect(page.locator("#E1")).to_contain_text("hepatitis B")
    expect(page.locator("#E1")).to_be_in_viewport()


@SCRIPT
def test_without_results_a_filter_is_taken_away(opened: Open, script: bool) -> None:
    page = opened("/search?q=asthma&status=COMPLETED", java_script_enabled=script)
    expect(page.get_by_role("heading", name="No trial fits all of this")).to_be_visible()
    page.get_by_role("link", name="without status completed").click()
    expect(page.get_by_role("link", name="Mometasone for Children")).to_be_visible()


@SCRIPT
def test_a_form_with_a_slip_is_mended_and_becomes_a_report(opened: Open, script: bool) -> None:
    page = opened("/trial/NCT10000001", java_script_enabled=script)
    page.get_by_role("link", name="Screen a patient for this trial").click()
    form = page.locator("#form")
    form.get_by_label("Sex").select_option("female")
    form.get_by_label("Born").fill("1974")
    form.get_by_label("ECOG score").select_option("1")
    form.get_by_label("Illnesses").fill("nasopharyngeal carcinoma since 2026-02-31")
    form.get_by_role("button", name="Make the report").click()
    expect(page.get_by_role("alert")).to_contain_text("Illnesses, line 1: no such date")
    expect(form.get_by_label("Illnesses")).to_have_value("nasopharyngeal carcinoma since 2026-02-31")
    form.get_by_label("Illnesses").fill("nasopharyngeal carcinoma since 2026-02-03")
    form.get_by_role("button", name="Make the report").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Screening report")
    expect(page.locator(".summary li")).to_have_count(1)
    expect(page.locator(".summary li")).to_contain_text("NCT10000001")
    assert "?" not in page.url


@SCRIPT
def test_a_file_is_screened_and_the_report_is_saved(opened: Open, script: bool, tmp_path: Path) -> None:
    page = opened("/screen", java_script_enabled=script)
    form = page.locator("#file")
    form.get_by_label("The file").set_input_files(samples.patient_paths()[1])
    form.get_by_label("Trial numbers").fill("SAMPLE-001 SAMPLE-003")
    form.get_by_role("button", name="Make the report").click()
    expect(page.locator(".summary li")).to_have_count(2)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as a file").click()
    download.value.save_as(tmp_path / "report.html")
    assert "Patient SAMPLE-B" in (tmp_path / "report.html").read_text(encoding="utf-8")


@SCRIPT
def test_a_note_is_pasted(opened: Open, script: bool) -> None:
    page = opened("/screen", java_script_enabled=script)
    form = page.locator("#note")
    form.get_by_label("The note").fill("A 50-year-old man with recurrent nasopharyngeal carcinoma. ECOG 1.")
    form.get_by_role("button", name="Make the report").click()
    expect(page.locator(".summary")).to_contain_text("NCT10000001")


@SCRIPT
def test_a_similar_trial_is_compared(opened: Open, script: bool) -> None:
    page = opened("/trial/NCT10000001", java_script_enabled=script)
    page.get_by_role("link", name="compare with NCT10000002").click()
    expect(page.get_by_role("heading", name="In both (4)")).to_be_visible()
    page.get_by_role("link", name="I1").first.click()
    assert page.url.endswith("/trial/NCT10000001#I1")


@SCRIPT
def test_a_record_is_checked(opened: Open, script: bool) -> None:
    page = opened("/check", java_script_enabled=script)
    record = json.loads(samples.trial_paths()[2].read_text(encoding="utf-8"))
    page.get_by_label("Paste the record").fill(json.dumps(record))
    page.get_by_role("button", name="Check it").click()
    expect(page.get_by_role("heading", name="What is odd in this record")).to_be_visible()
    expect(page.locator(".odd").first).to_contain_text("Doubtful")


@SCRIPT
def test_a_group_is_counted(opened: Open, script: bool, tmp_path: Path) -> None:
    page = opened("/funnel?trial=SAMPLE-001", java_script_enabled=script)
    page.get_by_label("Charts").set_input_files(list(samples.patient_paths()))
    page.get_by_role("button", name="Count").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Who is left, criterion by criterion")
    expect(page.locator("svg.funnel")).to_be_visible()
    expect(page.locator(".steps-table")).to_contain_text("<10")


def test_everything_can_be_done_by_keyboard(opened: Open) -> None:
    page = opened("/")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to the content")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_attribute("name", "q")
    page.keyboard.type("nasopharyngeal carcinoma")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=nasopharyngeal**")
    link = tab_to(page, "Toripalimab After Surgery for Recurrent Nasopharyngeal Carcinoma")
    assert link["outline"] != "0px"
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Toripalimab After Surgery")
    tab_to(page, "Screen a patient for this trial")
    page.keyboard.press("Enter")
    page.wait_for_url("**/screen?trial=NCT10000001")
    tab_to(page, "Patient D")
    page.keyboard.press("Space")
    expect(page.get_by_role("heading", level=1)).to_have_text("Screening report")


def tab_to(page: Page, name: str) -> dict[str, Any]:
    """Presses Tab until what has the focus is called so; how its focus is drawn."""
    for _ in range(120):
        page.keyboard.press("Tab")
        told: dict[str, Any] = page.evaluate(
            "() => ({text: document.activeElement.textContent.trim(), outline: getComputedStyle(document.activeElement).outlineWidth})"
        )
        if told["text"] == name:
            return told
    raise AssertionError(f"Tab never comes to {name!r}")


def test_nothing_is_wider_than_a_small_phone(opened: Open) -> None:
    page = opened("/", viewport={"width": 320, "height": 640})
    for address in PAGES:
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, address
        small = page.evaluate(
            "() => [...document.querySelectorAll('button, select, input:not([type=hidden]), summary')]"
            ".filter((one) => one.offsetParent && one.getBoundingClientRect().height < 20).map((one) => one.outerHTML)"
        )
        assert small == [], address


def test_a_link_to_a_rule_or_a_remark_opens_what_is_folded(opened: Open) -> None:
    page = opened("/trial/SAMPLE-002#criteria")
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = false; })")
    page.evaluate("location.hash = '#I9'")
    expect(page.locator("#I9")).to_be_in_viewport()
    page.locator(".odd summary").first.click()
    page.locator(".odd").first.get_by_role("link").first.click()
    expect(page.locator(".criterion:target")).to_be_visible()


def test_a_criterion_is_switched_off_in_the_report(opened: Open) -> None:
    page = opened("/screen?trial=SAMPLE-001")
    page.get_by_role("button", name="Patient A").click()
    verdict = page.locator(".trial .verdict").first
    expect(verdict).to_have_text("not eligible, 1 failed")
    page.get_by_role("button", name="Switch E9 off").click()
    expect(verdict).not_to_have_text("not eligible, 1 failed")
    expect(page.locator(".switched").first).to_contain_text("Switched off on this page: E9")


def test_paper_shows_what_is_folded_and_no_ways_about(opened: Open) -> None:
    page = opened("/trial/SAMPLE-004", java_script_enabled=False)
    page.emulate_media(media="print")
    expect(page.locator("nav.contents")).to_be_hidden()
    expect(page.locator(".top nav")).to_be_hidden()
    tree = page.locator(".criterion details .tree").first
    assert tree.evaluate("(one) => one.getBoundingClientRect().height") > 10
    paper = page.pdf(format="A4")
    assert paper.startswith(b"%PDF")
    assert paper.count(b"/Type /Page\n") + paper.count(b"/Type /Page ") + paper.count(b"/Type/Page") >= 4


@pytest.mark.slow
def test_axe_finds_nothing_on_any_page(opened: Open) -> None:
    page = opened("/")
    found = {}
    for address in PAGES:
        if address == "/trial/SAMPLE-002":
            continue  # as the other sample; it is looked at in the dark
        page.goto(address)
        if address == "/trial/SAMPLE-004":
            page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        found[address] = complaints(page)
    show_report(page)
    found["report"] = complaints(page)
    page.goto("/screen")
    page.locator("#form").get_by_role("button", name="Make the report").click()
    expect(page.get_by_role("alert")).to_be_visible()
    found["problem"] = complaints(page)
    page.goto("/funnel?trial=SAMPLE-001")
    page.get_by_label("Charts").set_input_files(list(samples.patient_paths()))
    page.get_by_role("button", name="Count").click()
    expect(page.locator("svg.funnel")).to_be_visible()
    found["funnel"] = complaints(page)
    assert {address: told for address, told in found.items() if told} == {}


def test_colours_can_be_told_apart_in_the_dark(opened: Open) -> None:
    page = opened("/", color_scheme="dark")
    only = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
    for address in (
        "/",
        "/search?q=carcinoma",
        "/trial/SAMPLE-002",
        "/compare?left=NCT10000001&right=NCT10000002",
        "/screen",
    ):
        page.goto(address)
        assert complaints(page, only) == [], address
    show_report(page)
    assert complaints(page, only) == []


def show_report(page: Page) -> None:
    page.goto("/screen?trial=SAMPLE-001")
    page.get_by_role("button", name="Patient C").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Screening report")


def complaints(page: Page, rules: dict[str, Any] | None = None) -> list[str]:
    answer = Axe().run(page, options=rules or RULES).response
    assert len(answer["passes"]) > (0 if rules else 10)
    return [f"{one['id']}: {node['html'][:150]}" for one in answer["violations"] for node in one["nodes"][:3]]
