"""A small library of invented trials, shared by the tests that only read it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from trialwright.library import Library, View

from .shelves import library_of


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """Five invented trials."""
    return library_of(tmp_path_factory.mktemp("shelf"))


@pytest.fixture
def view(shelf: Library) -> Iterator[View]:
    with shelf.view() as one:
        yield one


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "library"
