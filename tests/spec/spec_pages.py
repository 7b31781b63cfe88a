"""The pages under `docs/spec` in; sentences, the trees they must compile to and the patients they are tried on out.

`docs/spec/README.md` describes the form of a page. A page that breaks it raises `PageError` with its place: nothing is skipped.
"""

import json
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from spec_trees import unsaid

from trialwright.codes.vocabulary import default_vocabulary
from trialwright.criteria.compiler import compile_text
from trialwright.criteria.logic import Verdict
from trialwright.criteria.nodes import Criterion, CriterionKind
from trialwright.patients.facts import Complete, Domain, Patient
from trialwright.patients.loading import read_patients

PAGES = Path(__file__).resolve().parents[2] / "docs/spec"
SCREENED_ON = date(2026, 3, 2)
"""The day the patients of the pages are judged on, unless a row says `as of`."""

HEADINGS: dict[str, str] = {"Inclusion": "Inclusion Criteria", "Exclusion": "Exclusion Criteria"}
VERDICTS: tuple[Verdict, ...] = ("pass", "fail", "unknown", "person")
_FILED = re.compile(r"(Inclusion|Exclusion)(?:, read as (inclusion|exclusion))?(?:, in a trial of \*([^*]+)\*)?:")
_BESIDE = ("complete", "as of")


class PageError(ValueError):
    """A page that is not of the form that its README describes."""


@dataclass(frozen=True, slots=True)
class Row:
    """One patient: the chart's items as printed, and the verdict asked for."""

    chart: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Sentence:
    """A quoted sentence. tree: the one-line notation, then a line for each atom's fields that it has no place for."""

    page: str
    heading: str
    filed: str
    kind: CriterionKind
    condition: str
    text: str
    tree: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def place(self) -> str:
        return f"{self.page}: {self.text.splitlines()[0]}"


@dataclass(frozen=True, slots=True)
class Screened:
    """A row's patient, ready for an engine."""

    patient: Patient
    index_date: date
    complete: Complete


def pages() -> list[Path]:
    return [path for path in sorted(PAGES.glob("*.md")) if path.name != "README.md"]


def sentences() -> list[Sentence]:
    return [sentence for path in pages() for sentence in read_page(path.stem, path.read_text(encoding="utf-8"))]


def read_page(page: str, text: str) -> list[Sentence]:
    """The sentences of one page, in order.

    raises  PageError when a sentence lacks its tree or its patients, or a line is not of the form
    """
    found: list[Sentence] = []
    for number, part in enumerate(re.split(r"^## ", text, flags=re.MULTILINE)):
        heading, _, body = part.partition("\n")
        if number:
            found += _read_section(page, heading.strip(), body)
    if not found:
        raise PageError(f"{page}: no sentence")
    return found


def _read_section(page: str, heading: str, body: str) -> list[Sentence]:
    """Sentences that stand together share the tree and the patients that follow them."""
    blocks = [block for block in re.split(r"\n{2,}", body.strip("\n")) if block.strip()]
    waiting: list[tuple[re.Match[str], str]] = []
    found: list[Sentence] = []
    filed: re.Match[str] | None = None
    tree: tuple[str, ...] = ()
    where = f"{page}, {heading}"
    for block in blocks:
        if match := _FILED.fullmatch(block.strip()):
            filed = match
        elif block.startswith("> "):
            if filed is None or tree:
                raise PageError(f"{where}: a sentence needs a line 'Inclusion:' or 'Exclusion:' before it")
            waiting.append((filed, "\n".join(line.removeprefix(">").removeprefix(" ") for line in block.splitlines())))
        elif block.startswith("    "):
            tree = _tree(block)
        elif block.startswith("| "):
            if not waiting or not tree:
                raise PageError(f"{where}: a table of patients without a sentence and its tree before it")
            found += [_sentence((page, heading), one, tree, _rows(block, where)) for one in waiting]
            waiting, filed, tree = [], None, ()
        elif waiting or tree or filed:
            raise PageError(f"{where}: {block.splitlines()[0]!r} stands between a sentence and its patients")
    if waiting or tree or filed:
        raise PageError(f"{where}: a sentence without its tree or its patients")
    return found


def _sentence(
    section: tuple[str, str], one: tuple[re.Match[str], str], tree: tuple[str, ...], rows: tuple[Row, ...]
) -> Sentence:  # fmt: skip
    page, heading = section
    filed, text = one
    name, stated, condition = filed.groups()
    kind: CriterionKind = "inclusion" if (stated or name).lower() == "inclusion" else "exclusion"
    return Sentence(page, heading, name, kind, condition or "", text, tree, rows)


def _tree(block: str) -> tuple[str, ...]:
    """The tree may be broken over lines; each `where` begins a line of its own."""
    words = " ".join(block.split())
    first, *rest = re.split(r" ?(?<!\S)where ", words)
    return (re.sub(r"\( ", "(", first), *rest)


def _rows(block: str, where: str) -> tuple[Row, ...]:
    head, line, *body = block.splitlines()
    if [cell.strip() for cell in head.strip("| ").split("|")][:2] != ["on record", "verdict"] or set(line) - set("|- "):
        raise PageError(f"{where}: a table of patients begins with the columns 'on record' and 'verdict'")
    rows = []
    for text in body:
        chart, verdict, *because = [
            cell.strip() for cell in text.strip().removeprefix("|").removesuffix("|").split("|")
        ]
        if verdict not in VERDICTS or len(because) > 1:
            raise PageError(f"{where}: {text!r} is no row of a chart, a verdict and perhaps a reason")
        rows.append(Row(chart, verdict))
    if not rows:
        raise PageError(f"{where}: a table without patients")
    return tuple(rows)


def screened(chart: str) -> Screened:
    """`conditions: asthma since 2019` · `complete: conditions drugs`: items of the patient form, one line each, divided by ` · `."""
    form: dict[str, object] = {}
    beside: dict[str, str] = {}
    for item in chart.split(" · ") if chart != "nothing" else ():
        key, colon, words = item.strip("` ").partition(":")
        if not colon:
            raise PageError(
                f"{item!r} is no item of a chart; expected a section and a line, as in `conditions: asthma`"
            )
        if key in _BESIDE:
            beside[key] = words.strip()
        else:
            _put(form, key, words.strip())
    (patient,) = read_patients(json.dumps(form or {"id": "-"}, indent=1).encode())
    domains: list[Domain] = beside.get("complete", "").split()  # type: ignore[assignment]
    return Screened(
        patient=patient,
        index_date=date.fromisoformat(beside["as of"]) if "as of" in beside else SCREENED_ON,
        complete=Complete(frozenset(domains)),
    )


def _put(form: dict[str, object], key: str, words: str) -> None:
    if key in ("sex", "birth", "death"):
        form[key] = words
    elif key in ("labs", "measurements", "scores", "statements"):
        name, _, value = (part.strip() for part in words.partition(":"))
        values: dict[str, list[str] | str] = form.setdefault(key, {})  # type: ignore[assignment]
        earlier = values.get(name)
        values[name] = [*earlier, value] if isinstance(earlier, list) else [earlier, value] if earlier else value
    else:
        lines: list[str] = form.setdefault(key, [])  # type: ignore[assignment]
        lines.append(words)


def compiled(sentence: Sentence) -> tuple[Criterion, ...]:
    lead, *rest = sentence.text.splitlines()
    item = "\n".join([f"* {lead}", *(f"  {line}" for line in rest)])
    conditions = (sentence.condition,) if sentence.condition else ()
    text = f"{HEADINGS[sentence.filed]}:\n{item}"
    return compile_text(text, conditions=conditions, vocabulary=default_vocabulary()).criteria


def tree_of(criterion: Criterion) -> tuple[str, ...]:
    from notation import line

    return (line(criterion.node), *unsaid(criterion.node))
