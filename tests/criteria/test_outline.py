"""The outline: what is a section, what is an item, what stands under what. All texts here are invented."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialwright.criteria.outline import Item, heading_condition, outline


def shown(text: str) -> list[tuple[str, list[object]]]:
    """Sections as (kind letter, items); an item as its words, or (words, children)."""

    def item(one: Item) -> object:
        words = " ".join(one.span.of(text).split())
        return (words, [item(child) for child in one.children]) if one.children else words

    return [(section.kind[0], [item(one) for one in section.items]) for section in outline(text)]


CASES = {
    "bullets under two headings": (
        "Inclusion Criteria:\n\n* Adults\n* Signed form\n\nExclusion Criteria:\n\n* Pregnancy\n",
        [("i", ["Adults", "Signed form"]), ("e", ["Pregnancy"])],
    ),
    "printed numbers and a wrapped line": (
        "Inclusion Criteria:\n\n 1. Adults who live\n    nearby\n 2. Signed form",
        [("i", ["Adults who live nearby", "Signed form"])],
    ),
    "classic indented bullets nest by indent": (
        "   Inclusion Criteria:\n\n      -  Any of these:\n\n           -  Asthma\n\n           -  Eczema\n\n      -  Adults",
        [("i", [("Any of these:", ["Asthma", "Eczema"]), "Adults"])],
    ),
    "letters at the same indent open a list": (
        "Exclusion Criteria:\n1. One of the following:\na. Asthma\nb. Eczema\n2. Smoking",
        [("e", [("One of the following:", ["Asthma", "Eczema"]), "Smoking"])],
    ),
    "a list inside one line": (
        "Inclusion Criteria:\n* Good blood count a) platelets high enough b) leukocytes high enough",
        [("i", [("Good blood count", ["platelets high enough", "leukocytes high enough"])])],
    ),
    "both headings inside one line": (
        "Inclusion: adults of any age.\nExclusion: smoking.",
        [("i", ["adults of any age."]), ("e", ["smoking."])],
    ),
    "no heading at all": ("Adults with asthma. No smoking.", [("i", ["Adults with asthma.", "No smoking."])]),
    "disease characteristics": (
        "DISEASE CHARACTERISTICS:\n\n  -  Proven glioma\n\nPATIENT CHARACTERISTICS:\n\n  -  Adults",
        [("i", ["Proven glioma"]), ("i", ["Adults"])],
    ),
    "a sentence that excludes is a heading": (
        "Patients must have:\n\n  -  Asthma.\n\nPatients with the following are excluded:\n\n  -  Smoking.",
        [("i", ["Asthma."]), ("e", ["Smoking."])],
    ),
    "a paragraph behind an open number belongs to it": (
        "Inclusion Criteria\n1. Blood counts as follows:\n\nPlatelets fine\n2. Adults",
        [("i", ["Blood counts as follows: Platelets fine", "Adults"])],
    ),
    "a note belongs to the item above": (
        "Exclusion Criteria:\n* Smoking\n\nNote: chewing is fine\n* Drinking",
        [("e", ["Smoking Note: chewing is fine", "Drinking"])],
    ),
}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_outline(case: str) -> None:
    text, expected = CASES[case]
    assert shown(text) == expected


def test_printed_numbers_are_kept() -> None:
    text = "Inclusion Criteria:\n2. Adults\n4. Signed form"
    assert [item.number for item in outline(text)[0].items] == ["2", "4"]


def test_a_heading_that_limits_its_items_says_so() -> None:
    (section,) = outline("Inclusion Criteria for healthy controls:\n* Adults")
    assert heading_condition(section.heading) == "for healthy controls"
    (plain,) = outline("Key Inclusion Criteria are as follows:\n* Adults")
    assert heading_condition(plain.heading) == ""


@pytest.mark.parametrize("text", ["", "   \n\n", "Inclusion Criteria:", "* \n* \n", ":", "1."])
def test_texts_without_words_have_no_items(text: str) -> None:
    assert all(not section.items for section in outline(text))


def _spans(items: tuple[Item, ...]) -> list[Item]:
    return [one for item in items for one in (item, *_spans(item.children))]


@given(st.text(alphabet="ab 1.)*-:\n\tIncusoEx riat≥(", max_size=200))
def test_no_word_is_lost_and_no_two_items_overlap(text: str) -> None:
    sections = outline(text)
    items = [item for section in sections for item in _spans(section.items)]
    covered = set()
    for item in items:
        own = set(range(item.span.start, item.span.end))
        assert not own & covered
        covered |= own
        assert item.span.end <= len(text)


def test_long_and_deep_texts_are_read_in_linear_time() -> None:
    deep = "Inclusion Criteria:\n" + "".join(f"{' ' * (2 * level)}- level {level}:\n" for level in range(300))
    assert len(outline(deep)) == 1
    assert len(outline("Inclusion Criteria:\n* " + "word " * 40_000)) == 1
