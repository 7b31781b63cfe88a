"""`known_wrong.tsv` without the lines that are right by now; what is newly wrong is printed, for a person to judge and to add."""

from test_spec import KNOWN, Place, answers, known, listed


def drop_fixed() -> tuple[list[Place], list[Place]]:
    """Rewrite the list. Returns the places that were taken out, and those that are wrong and not in it."""
    found, named = answers("memory"), known("memory")
    fixed = [place for place in named if place not in found or not found[place].is_wrong]
    gone = {(*place[:2], place.row) for place in fixed}
    rows = [row for row in listed() if (row["page"], row["sentence"], row["row"]) not in gone]
    lines = ["\t".join(row.values()) for row in rows]
    KNOWN.write_text("\n".join(["page\tsentence\twho\trow\twhy", *lines]) + "\n", encoding="utf-8")
    return fixed, [place for place, answer in found.items() if answer.is_wrong and place not in named]


if __name__ == "__main__":
    fixed, news = drop_fixed()
    print("\n".join(f"right by now, taken out: {' | '.join(place)}" for place in fixed) or "nothing to take out")
    print("\n".join(f"wrong, and not in the list: {' | '.join(place)}" for place in news))
