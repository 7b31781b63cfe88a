"""The spec pages, run: what each quoted sentence compiles to, and each patient's verdict on each engine.

Where the program gives a wrong answer the page stands and `known_wrong.tsv` names the place with the reason; the list is exact, both ways.
"""

import csv
from collections import Counter
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from spec_engines import BESIDE, ENGINES, written
from spec_pages import PageError, Sentence, compiled, pages, read_page, screened, sentences, tree_of

from trialwright.criteria.nodes import Criterion

KNOWN = Path(__file__).with_name("known_wrong.tsv")
SENTENCES = sentences()


class Place(NamedTuple):
    """What may be wrong. who: `compiler` for a tree, the engine's name for a row."""

    page: str
    sentence: str
    who: str
    row: str


class Answer(NamedTuple):
    expected: str
    given: str

    @property
    def is_wrong(self) -> bool:
        return self.given != self.expected


@cache
def read_as(sentence: Sentence) -> tuple[Criterion, ...]:
    return compiled(sentence)


def tree(sentence: Sentence) -> Answer:
    given = [line for one in read_as(sentence) for line in (f"{one.kind} {tree_of(one)[0]}", *tree_of(one)[1:])]
    return Answer("\n".join((f"{sentence.kind} {sentence.tree[0]}", *sentence.tree[1:])), "\n".join(given))


@cache
def verdicts(engine: str, some: tuple[Sentence, ...] = tuple(SENTENCES)) -> dict[Place, Answer]:
    """Every row of the sentences that the engine judges.

    Under a wrong tree a patient's `unknown` is left out: it is the price of what was not understood, and no false verdict.
    """
    asked = [(one, row) for one in some if len(read_as(one)) == 1 for row in one.rows]
    given = ENGINES[engine]([(read_as(one)[0], screened(row.chart)) for one, row in asked])
    return {
        Place(one.page, first_line(one), engine, row.chart): Answer(row.verdict, verdict)
        for (one, row), verdict in zip(asked, given, strict=True)
        if verdict is not None and (verdict != "unknown" or not tree(one).is_wrong)
    }


def first_line(sentence: Sentence) -> str:
    return sentence.text.splitlines()[0]


def answers(engine: str) -> dict[Place, Answer]:
    trees = {Place(one.page, first_line(one), "compiler", "tree"): tree(one) for one in SENTENCES}
    return trees | verdicts(engine)


def listed() -> list[dict[str, str]]:
    with KNOWN.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def known(engine: str) -> dict[Place, str]:
    """who in the file: `compiler`, one engine, or `engines` for all of them."""
    places = {}
    for row in listed():
        who = engine if row["who"] == "engines" else row["who"]
        if who in (engine, "compiler"):
            places[Place(row["page"], row["sentence"], who, row["row"])] = row["why"]
    return places


def news(found: dict[Place, Answer], engine: str) -> str:
    return "\n".join(
        f"{place.who}, {place.row}\n  the page: {answer.expected}\n  given:    {answer.given}"
        for place, answer in found.items()
        if answer.is_wrong and place not in known(engine)
    )


@pytest.mark.parametrize("sentence", SENTENCES, ids=lambda sentence: sentence.place)
def test_sentence(sentence: Sentence) -> None:
    """The tree, and the verdicts of the reference engine."""
    own = (sentence.page, first_line(sentence))
    wrong = news({place: answer for place, answer in answers("memory").items() if place[:2] == own}, "memory")
    assert not wrong, f"{sentence.filed}: {sentence.text}\n{wrong}"


@pytest.mark.slow
@pytest.mark.parametrize("engine", BESIDE)
def test_the_pages_on_another_engine(engine: str) -> None:
    assert len(verdicts(engine)) > len(SENTENCES)
    wrong = {place: answer for place, answer in verdicts(engine).items() if answer.is_wrong}
    assert not news(wrong, engine), news(wrong, engine)


@pytest.mark.slow
@pytest.mark.skipif("spark" in BESIDE, reason="all pages run on Spark")
def test_a_sentence_of_each_page_on_spark() -> None:
    """The one with the most patients; all of them with SPEC_ENGINES=duckdb,spark."""
    fullest: dict[str, Sentence] = {}
    for one in SENTENCES:
        if len(read_as(one)) == 1 and len(one.rows) > len(fullest[one.page].rows if one.page in fullest else ()):
            fullest[one.page] = one
    assert len(fullest) == len(pages())
    found = verdicts("spark", tuple(fullest.values()))
    assert len(found) > 2 * len(fullest)
    wrong = {place: answer for place, answer in found.items() if answer.is_wrong}
    assert not news(wrong, "spark"), news(wrong, "spark")


def test_the_list_of_what_is_known_wrong_is_exact() -> None:
    """A line that names no place of the pages, or a place that is right by now, has to go."""
    found = answers("memory")
    gone = [place for place in known("memory") if place not in found]
    right = [place for place in known("memory") if place in found and not found[place].is_wrong]
    assert not right, "right by now, take it out of known_wrong.tsv:\n" + "\n".join(map(str, right))
    assert not gone, "known_wrong.tsv names what no page holds, or what is unknown by now:\n" + "\n".join(
        map(str, gone)
    )


def test_every_known_wrong_answer_has_its_reason() -> None:
    rows = listed()
    assert len({(row["page"], row["sentence"], row["who"], row["row"]) for row in rows}) == len(rows), (
        "one place stands twice"
    )
    assert [
        row
        for row in rows
        if len((row["why"] or "").split()) < 4 or row["who"] not in ("compiler", "engines", *ENGINES)
    ] == []


def test_the_pages_are_not_empty() -> None:
    rows = sum(len(sentence.rows) for sentence in SENTENCES)
    assert len(pages()) >= 10
    assert len(SENTENCES) >= 60
    assert rows >= 180
    assert not [place for place, count in Counter(one.place for one in SENTENCES).items() if count > 1]


def test_no_page_is_one_sided() -> None:
    """A page whose patients all get one answer would hold whatever the program said."""
    for path in pages():
        verdicts = {row.verdict for one in SENTENCES if one.page == path.stem for row in one.rows}
        assert len(verdicts) > 1, path.name


def test_every_engine_runs_the_pages() -> None:
    assert written() - set(ENGINES) == set(), "an engine that spec_engines.py does not know"
    assert set(BESIDE) < set(ENGINES)


BROKEN = {
    "no polarity": "# P\n\n## H\n\n> Asthma\n\n    asthma\n\n| on record | verdict |\n| --- | --- |\n| nothing | fail |\n",
    "no tree": "# P\n\n## H\n\nInclusion:\n\n> Asthma\n\n| on record | verdict |\n| --- | --- |\n| nothing | fail |\n",
    "no patients": "# P\n\n## H\n\nInclusion:\n\n> Asthma\n\n    asthma\n",
    "no verdict": "# P\n\n## H\n\nInclusion:\n\n> A\n\n    a\n\n| on record | verdict |\n| --- | --- |\n| nothing | maybe |\n",
    "words between": "# P\n\n## H\n\nInclusion:\n\n> A\n\n    a\n\nWords.\n\n| on record | verdict |\n| --- | --- |\n| x | pass |\n",
    "nothing": "# P\n\nWords.\n",
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_page_is_refused(text: str) -> None:
    with pytest.raises(PageError):
        read_page("page", text)


def test_a_page_is_read_as_it_stands() -> None:
    text = (
        "# P\n\n## H\n\nWords.\n\nExclusion, read as inclusion, in a trial of *gout*:\n\n> One\n> * two\n\n"
        "    any(a,\n    b)\n    where a: c\n\n| on record | verdict | why |\n| --- | --- | --- |\n| `sex: male` | fail | men |\n"
    )
    (one,) = read_page("page", text)
    assert (one.heading, one.filed, one.kind, one.condition) == ("H", "Exclusion", "inclusion", "gout")
    assert (one.text, one.tree) == ("One\n* two", ("any(a, b)", "a: c"))
    assert [(row.chart, row.verdict) for row in one.rows] == [("`sex: male`", "fail")]


def test_a_chart_of_a_row_is_the_patient_form() -> None:
    row = screened("`sex: male` · `labs: AST: 30 U/L on 2026-02-16` · `complete: drugs` · `as of: 2026-02-20`")
    assert row.patient.sex == "male"
    assert len(row.patient.facts) == 1
    assert (str(row.index_date), row.complete.domains) == ("2026-02-20", {"drugs"})
    assert screened("nothing").patient.facts == ()
