"""What is made of a trial before anybody asks: it is what would be made then, and it is made anew when it no longer holds."""

import json
from datetime import date
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from trialwright.library import Library
from trialwright.library.loading import Terms
from trialwright.library.similarity import similar
from trialwright.registries import read_trials
from trialwright.web.app import application
from trialwright.web.pages.beforehand import FEW_SIMILAR, kept_plan, kept_similar, make_ready
from trialwright.web.pages.plans import plan_of, stated_start

from .records import DAY, STUDIES, library_of

NPC = "NCT10000001"


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return library_of(tmp_path / "library")


def test_what_is_kept_is_what_would_be_made(library: Library) -> None:
    with library.view() as view:
        number = len(view)
        assert not kept_plan(view, view.version(NPC).id).is_known
        assert kept_similar(view, view.version(NPC).id) is None
    assert make_ready(library.home) == 2 * number
    assert make_ready(library.home) == 0
    drawn = 0
    with library.view() as view:
        for identity in view.store.ids():
            version, trial = view.version(identity).id, view.trial(identity)
            assert kept_similar(view, version) == similar(view, identity, limit=FEW_SIMILAR)
            start, plan = stated_start(trial), kept_plan(view, version)
            # Without a start a plan counts from the day it is asked for, so that none can be kept.
            assert plan.is_known == (start is not None)
            assert start is None or plan.plan == plan_of(trial, date(2026, 3, 2))
            drawn += plan.plan is not None
    assert drawn


def test_a_page_is_the_same_with_and_without(library: Library) -> None:
    with TestClient(application(library.home), base_url="http://127.0.0.1") as client:
        before = client.get(f"/trial/{NPC}").text
    make_ready(library.home)
    with TestClient(application(library.home), base_url="http://127.0.0.1") as client:
        assert client.get(f"/trial/{NPC}").text == before


def test_when_the_library_changes_trials_like_it_are_found_anew_and_plans_stay(library: Library) -> None:
    make_ready(library.home)
    changed = json.loads(json.dumps(STUDIES[0]))
    changed["protocolSection"]["identificationModule"]["nctId"] = "NCT10000088"
    library.load(read_trials(json.dumps(changed).encode(), "one"), Terms(today=DAY, concepts=library.concepts))
    with library.view() as view:
        number = len(view)
        assert kept_similar(view, view.version(NPC).id) is None
        assert kept_plan(view, view.version(NPC).id).is_known
    assert make_ready(library.home) == number + 1
    with library.view() as view:
        assert "NCT10000088" in {one.trial for one in kept_similar(view, view.version(NPC).id) or ()}


def test_it_ends_when_it_is_told(library: Library) -> None:
    assert make_ready(library.home, lambda: True) == 0
