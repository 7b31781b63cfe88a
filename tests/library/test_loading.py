"""Loading: what is new, changed, unchanged, older and unreadable; what is kept; what a second load costs."""

import gzip
from pathlib import Path
from typing import Any

import pytest

from trialwright.criteria.compiler import compile_criteria
from trialwright.library import Library
from trialwright.library.errors import NotHeldError
from trialwright.library.loading import Counts
from trialwright.library.searching import Search, search
from trialwright.registries import read_trials

from .shelves import ALL, ASTHMA, BARE, NPC, library_of, load, records, study, terms

LATER = NPC | {"updated": "2026-01-01", "status": "COMPLETED"}


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        pytest.param(NPC, Counts(unchanged=1), id="the same"),
        pytest.param(LATER, Counts(changed=1), id="later"),
        pytest.param(NPC | {"status": "COMPLETED"}, Counts(changed=1), id="of the same day"),
        pytest.param(NPC | {"updated": "2024-06"}, Counts(older=1), id="older"),
        pytest.param({**NPC, "updated": None}, Counts(older=1), id="without a date beside one with a date"),
        pytest.param(ASTHMA, Counts(new=1), id="another trial"),
        pytest.param(NPC | {"id": "nct10000001 "}, Counts(changed=1), id="its number in other letters"),
        pytest.param({**NPC, "id": None}, Counts(new=1), id="without an id"),
        pytest.param({**NPC, "id": None, "title": None}, Counts(unreadable=1), id="without id and title"),
    ],
)
def test_outcomes(home: Path, second: dict[str, Any], expected: Counts) -> None:
    assert load(library_of(home, NPC), second) == expected


def test_the_days_stamp_of_the_registry_is_no_change(home: Path) -> None:
    first, second = study(**NPC), study(**NPC)
    first["derivedSection"] = {"miscInfoModule": {"versionHolder": "2026-01-01"}}
    second["derivedSection"] = {"miscInfoModule": {"versionHolder": "2026-01-02"}}
    library = Library(home, create=True)
    for record, expected in ((first, Counts(new=1)), (second, Counts(unchanged=1))):
        import json

        assert library.load(read_trials(json.dumps(record).encode()), terms(library)) == expected


def test_a_form_that_says_less_does_not_replace_one_of_the_same_day(home: Path) -> None:
    library = library_of(home, NPC)
    csv = "NCT Number,Study Title,Study Status,Last Update Posted\nNCT10000001,Shorter,COMPLETED,2025-06-01\n"
    assert library.load(read_trials(csv.encode(), "x.csv"), terms(library)) == Counts(older=1)
    with library.view() as view:
        assert view.trial("NCT10000001").title == NPC["title"]
        assert len(view.store.versions("NCT10000001")) == 1


def test_one_load_may_hold_a_trial_twice(home: Path) -> None:
    library = Library(home, create=True)
    assert load(library, LATER, NPC, LATER) == Counts(new=1, older=1, unchanged=1)
    with library.view() as view:
        assert view.trial("NCT10000001").overall_status == "COMPLETED"
        assert [version.dated for version in view.store.versions("NCT10000001")] == ["2025-06-01", "2026-01-01"]


def test_the_index_holds_the_current_version_alone(home: Path) -> None:
    library = library_of(home, *ALL)
    load(library, NPC | {"updated": "2026-01-01", "title": "Tislelizumab Instead"})
    with library.view() as view:
        assert len(view) == view.index.searcher.num_docs == len(ALL)
        assert [hit.trial for hit in search(view, Search(text="tislelizumab")).hits] == ["NCT10000001"]
        assert search(view, Search(text="title:surgery")).total == 0


def test_an_older_version_is_not_searched(home: Path) -> None:
    library = library_of(home, NPC)
    load(library, NPC | {"updated": "2020-01-01", "title": "Zanzibar"})
    with library.view() as view:
        assert search(view, Search(text="title:zanzibar")).total == 0


def test_what_cannot_be_read_is_told_and_the_rest_is_loaded(home: Path) -> None:
    library = Library(home, create=True)
    told: list[tuple[str, str]] = []
    data = records(NPC) + b'\n{"colour": 1}\n{"broken": \n' + records(ASTHMA)
    counts = library.load(
        read_trials(data, "mixed.jsonl"), terms(library, told=lambda outcome, said: told.append((outcome, said)))
    )
    assert (counts.new, counts.unreadable) == (2, 2)
    assert next(said for outcome, said in told if outcome == "unreadable").startswith("mixed.jsonl, record 2")


def test_nothing_is_written_when_nothing_changes(home: Path) -> None:
    library = library_of(home)
    before = sorted(path.name for path in (home / "index").iterdir())
    load(library, *ALL)
    assert sorted(path.name for path in (home / "index").iterdir()) == before


def test_two_index_folders_at_most_are_kept(home: Path) -> None:
    library = library_of(home)
    for number in range(4):
        load(library, BARE | {"title": f"Version {number}", "updated": f"2026-01-0{number + 1}"})
    assert len(list((home / "index").iterdir())) == 2


def test_a_trial_comes_back_as_it_went_in(home: Path, records: Any) -> None:
    library = Library(home, create=True)
    lines = [line for _, line in zip(range(60), records, strict=False)]
    read = [trial for line in lines for trial in read_trials(line)]
    library.load(iter(read), terms(library))
    with library.view() as view:
        for trial in read:
            held = view.trial(trial.nct_id or "")
            assert held.record.protocol == trial.record.protocol
            assert (held.source.form, held.diagnostics) == (trial.source.form, trial.diagnostics)
            assert view.criteria(trial.nct_id or "").trial == trial.nct_id


def test_other_forms_keep_what_they_lost(home: Path, seeds: dict[str, bytes]) -> None:
    """Absent, empty and stripped stay three different things."""
    library = Library(home, create=True)
    read = [trial for data in seeds.values() for trial in read_trials(data)]
    library.load(iter(read), terms(library))
    with library.view() as view:
        for trial in read:
            if trial.nct_id and len(view.store.versions(trial.nct_id)) == 1:
                held = view.trial(trial.nct_id)
                assert (held.source.stripped, held.source.origins) == (trial.source.stripped, trial.source.origins)
                assert held.extras == trial.extras


def test_many_trials_are_compiled_in_other_processes_with_the_same_result(home: Path, shared: Path) -> None:
    path = shared / "data/records/ctgov_v2.jsonl.gz"
    with gzip.open(path) as stream:
        data = b"".join(line for _, line in zip(range(330), stream, strict=False))
    one, two = Library(home / "one", create=True), Library(home / "two", create=True)
    assert one.load(read_trials(data), terms(one)) == two.load(read_trials(data), terms(two, workers=2))
    with one.view() as left, two.view() as right:
        for nct_id in left.store.ids():
            assert left.criteria(nct_id) == right.criteria(nct_id)
        for nct_id in list(left.store.ids())[::20]:
            assert left.criteria(nct_id) == compile_criteria(left.trial(nct_id))


def test_an_id_that_is_not_there_names_the_nearest(shelf: Library) -> None:
    with shelf.view() as view, pytest.raises(NotHeldError, match=r"NCT10000009: .*nearest id it holds is"):
        view.trial("NCT10000009")


def test_a_record_without_an_id_is_known_by_its_title(home: Path) -> None:
    nameless = {**NPC, "id": None}
    library = library_of(home, nameless, ASTHMA)
    with library.view() as view:
        (hit,) = search(view, Search(text="npc")).hits
        assert hit.trial.startswith("LOCAL-")
        assert view.trial(hit.trial).nct_id is None, "the record says no more than it did"
        assert [one.trial for one in search(view, Search(text=f"id:{hit.trial.lower()}")).hits] == [hit.trial]
    again = nameless | {"title": f"  {str(NPC['title']).upper()} ", "updated": "2026-01-01"}
    assert load(library, nameless) == Counts(unchanged=1)
    assert load(library, again) == Counts(changed=1)


def test_an_id_is_read_in_any_case(shelf: Library) -> None:
    with shelf.view() as view:
        assert view.trial("nct10000001").nct_id == "NCT10000001"


def test_rebuilding_changes_no_answer(home: Path) -> None:
    library = library_of(home)
    with library.view() as view:
        before = search(view, Search(text="npc asthma", facets=True))
    assert library.rebuild(recompile=True) == len(ALL)
    with library.view() as view:
        assert search(view, Search(text="npc asthma", facets=True)) == before


def test_criteria_of_another_compiler_are_told_and_read_anew(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = library_of(home)
    assert library.is_of_this_compiler()
    monkeypatch.setattr("trialwright.library.loading.compiler_mark", lambda: "another")
    assert not library.is_of_this_compiler()
    assert library.rebuild(recompile=True) == len(ALL)
    assert library.is_of_this_compiler()
