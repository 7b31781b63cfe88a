"""A real browser against a real server: Debian's Chromium, driven by Playwright, with and without script."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

HERE = Path(__file__).parent
PATIENCE_MS = 15_000
Open = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        told = "needs chromium, which is not on this machine"
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(told)
        pytest.skip(told)
    with sync_playwright() as playwright:
        # A container's root has no sandbox, and its /dev/shm may be small.
        one = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield one
        one.close()


@pytest.fixture
def opened(browser: Browser, server: str) -> Iterator[Open]:
    """Opens an address in a window of its own. What the page reports as an error, and what it asks of others, fails the test."""
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def open_(address: str, **given: Any) -> Page:
        context = browser.new_context(base_url=server, **{"viewport": {"width": 1280, "height": 900}} | given)
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.on(
            "console",
            lambda said: wrong.append(said.text) if said.type == "error" and "status of 4" not in said.text else None,
        )
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda asked: None if asked.url.startswith((server, "data:")) else wrong.append(asked.url))
        page.goto(address)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert wrong == []
