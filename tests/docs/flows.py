"""`docs/how-it-flows.md`: one record, one sentence and one patient through every stage, with the values that the program has there today.

Everything between the sentences of this file is printed by the program itself. `make docs` rewrites the page; a test compares it.
"""

import json
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

import trialwright
from trialwright import samples
from trialwright.checks import check_trial
from trialwright.codes.places import draw
from trialwright.codes.vocabulary import default_vocabulary
from trialwright.criteria.codec import node_to_json
from trialwright.criteria.compiler import compile_criteria
from trialwright.criteria.lexer import Lexer
from trialwright.criteria.logic import verdict
from trialwright.criteria.nodes import Criteria, Criterion
from trialwright.criteria.outline import Item, outline
from trialwright.criteria.render import plain
from trialwright.engines.findings import Finding
from trialwright.engines.memory import Chart, evaluate_criterion, evaluate_on
from trialwright.export.screening import Terms, compile_trials, screen_patient
from trialwright.patients.facts import Complete, Domain, Patient
from trialwright.registries.files import recognise
from trialwright.trial import Trial

RECORD = "SAMPLE-001"
WORDS = "Live vaccine"
CHART = "patient-b"
LINE = "zoster"
LISTS: frozenset[Domain] = frozenset({"conditions", "procedures", "drugs", "allergies", "vaccines"})

HEAD = """\
# How it flows

One record, one sentence and one patient, through every stage. The values are the program's own: `make docs` writes this page, and a
test fails when it is no longer what the program does. The record and the patient are built-in samples; `trialwright demo` screens them
all. Words are explained in the [glossary](GLOSSARY.md), verdicts in [what a criterion means on a chart](meaning.md), the tree's JSON
in [criteria-json](criteria-json.md)."""

_TRIAL = """\
The reader tells the form of a file from its bytes, reads every field into a typed, frozen `Trial`, and keeps what no field has a place
for. The eligibility text is still one string."""

_ITEMS = """\
Headings make sections, bullets and numbers make items, nested ones stay nested. Spans are characters of the very text that was
published."""

_CHUNKS = """\
Numbers with their units, windows with their anchors, closed words and the vocabulary's terms become chunks, each with one letter that
says what sort it is. Every other word becomes a `U`: none is lost between the text and the tree."""

_TREE = """\
The grammar reads the chunks as one tree; spans in it are characters of the criterion. This is the form in which trees leave the
program:"""

_CHECKS = """\
Twenty small functions look at the record and its trees for what is odd. Each remark has a stable [code](diagnostics.md) and a place."""

_FINDING = """\
The finding mirrors the tree: every node says whether it holds and why. All five lists of the chart are complete here."""

_VERDICT = (
    "One criterion that fails is enough for `ineligible`; without one, anything unsettled leaves the trial `open`."
)

_REPORT = """\
The report puts the published words beside how they were understood, with the evidence. The same `Report` is drawn in a terminal, as
HTML, Markdown, CSV or JSON. By hand:

```sh
trialwright screen patient-b.yaml --trial SAMPLE-001 --as-of 2026-03-02 \\
    --complete conditions,procedures,drugs,allergies,vaccines
```"""


def page() -> str:
    trial = trialwright.read(_record())
    criteria = compile_criteria(trial, default_vocabulary())
    criterion = next(one for one in criteria.criteria if one.text.startswith(WORDS))
    patient = trialwright.read_patient(_chart(), as_of=samples.SCREENED_ON)
    sections = (
        _of_record(trial),
        _of_text(trial, criterion),
        _of_words(criterion),
        _of_tree(criteria, criterion),
        _of_checks(trial, criteria),
        _of_patient(patient),
        _of_verdict(criterion, patient),
        _of_trial(criteria, patient),
        _of_report(trial, patient),
    )
    return "\n\n".join((HEAD, *("\n\n".join(parts) for parts in sections))) + "\n"


def _record() -> Path:
    path = samples.trial_path(RECORD)
    if path is None:
        raise LookupError(f"there is no sample {RECORD}")
    return path


def _chart() -> Path:
    return next(path for path in samples.patient_paths() if path.stem == CHART)


def _of_record(trial: Trial) -> Iterator[str]:
    data = _record().read_bytes()
    conditions = trial.protocol.conditions
    remarks = ", ".join(f"`{remark.code}`" for remark in trial.diagnostics)
    rows = [
        ("file", f"`{_record().name}`, {len(data):,} bytes"),
        ("form, told from the content", str(recognise(data))),
        ("`trial.nct_id`", trial.nct_id or ""),
        ("`trial.title`", trial.title or ""),
        ("`trial.protocol.conditions.conditions`", ", ".join(conditions.conditions or ()) if conditions else ""),
        ("`trial.eligibility.eligibility_criteria`", f"{len(_text(trial)):,} characters"),
        ("remarks of the reader", remarks or "none"),
    ]
    yield "## 1. Bytes to a trial (`registries`)"
    yield _TRIAL
    yield _table(("what", "value"), rows)


def _text(trial: Trial) -> str:
    return trial.eligibility.eligibility_criteria or ""


def _of_text(trial: Trial, criterion: Criterion) -> Iterator[str]:
    rows = [
        (section.heading, section.kind, str(len(section.items)), str(sum(map(_items, section.items))))
        for section in outline(_text(trial))
    ]
    place = f"characters {criterion.span.start}–{criterion.span.end}"
    yield "## 2. Text to items (`criteria.outline`)"
    yield _ITEMS
    yield _table(("heading", "kind", "items", "with nested ones"), rows)
    yield f"The sentence that the rest of this page follows is item `{criterion.id}`, {place}:"
    yield f"> {_on_one_line(criterion.text)}"


def _items(item: Item) -> int:
    return 1 + sum(map(_items, item.children))


def _of_words(criterion: Criterion) -> Iterator[str]:
    chunks = Lexer(criterion.text, default_vocabulary()).chunks()
    rows = [
        (
            f"{chunk.start}–{chunk.end}",
            f"`{chunk.cat}`",
            _on_one_line(chunk.span.of(criterion.text)),
            _shown(chunk.value),
        )
        for chunk in chunks
    ]
    yield "## 3. Words to chunks (`criteria.lexer`)"
    yield _CHUNKS
    yield _table(("characters", "letter", "words", "carries"), rows)


_KEPT = ("id", "side", "at_most", "at_least", "anchor")


def _shown(value: object) -> str:
    if not isinstance(value, msgspec.Struct):
        return "" if value in (None, "") else f"`{value}`"
    fields = {name: part for name, part in msgspec.to_builtins(value).items() if part not in (None, "", (), [], False)}
    kept = {name: fields[name] for name in _KEPT if name in fields} or fields
    return f"{type(value).__name__} `{json.dumps(kept, ensure_ascii=False, default=str)}`"


def _of_tree(criteria: Criteria, criterion: Criterion) -> Iterator[str]:
    coverage = criteria.coverage()
    how = {"whole": "whole", "part": "in part", "none": "not at all"}
    counted = ", ".join(f"{coverage[reading]} {how[reading]}" for reading in coverage)
    yield "## 4. Chunks to a tree (`criteria.grammar`)"
    yield _TREE
    yield _fenced("json", _pretty(json.loads(node_to_json(criterion.node))))
    yield "In plain words, made from the tree alone (`criteria.render`):"
    yield f"> {plain(criterion.node)}"
    yield f"The criterion is an {criterion.kind}, read {how[criterion.reading]}. Of all {len(criteria.criteria)} are read: {counted}."
    if criterion.diagnostics:
        drawn = "\n".join(draw(remark, criterion.text) for remark in criterion.diagnostics)
        yield f"What the compiler remarks on it:\n\n{_fenced('', drawn)}"
    else:
        yield "The compiler has no remark on this sentence."


def _of_checks(trial: Trial, criteria: Criteria) -> Iterator[str]:
    found = Counter(remark.code for remark in check_trial(trial, criteria))
    yield "## 5. Trial and trees to remarks (`checks`)"
    yield _CHECKS
    yield _table(("code", "how often"), [(f"`{code}`", str(count)) for code, count in sorted(found.items())])


def _of_patient(patient: Patient) -> Iterator[str]:
    line = next(text for text in _chart().read_text(encoding="utf-8").splitlines() if LINE in text)
    facts = [
        json.loads(msgspec.json.encode(fact, order="deterministic"))
        for fact in patient.facts
        if LINE in fact.words.lower()
    ]
    for fact in facts:
        fact["concept"] = {key: fact["concept"][key] for key in ("text", "kind", "id") if key in fact["concept"]}
        fact["source"] = Path(fact["source"]).name
    yield "## 6. A chart to facts (`patients`)"
    yield f"`{_chart().name}`, in [the patient form](patient-form.md), becomes {len(patient.facts)} dated facts. The line"
    yield _fenced("yaml", line.strip())
    yield "becomes (standard codes left out here):"
    yield _fenced("json", "\n".join(map(_pretty, facts)))


def _judged(patient: Patient) -> Chart:
    return Chart(patient, index_date=samples.SCREENED_ON, complete=Complete(LISTS), vocabulary=default_vocabulary())


def _of_verdict(criterion: Criterion, patient: Patient) -> Iterator[str]:
    found = evaluate_criterion(criterion, _judged(patient))
    truth = found.finding.truth
    yield "## 7. Tree and facts to a finding (`engines.memory`)"
    yield f"Judged as of {samples.SCREENED_ON}. {_FINDING}"
    yield _table(("node", "holds", "why", "changes on"), _findings(found.finding))
    yield f"The tree is {truth.value}; for an {criterion.kind} that is `{verdict(criterion.kind, truth)}`."


def _findings(finding: Finding, depth: int = 0) -> list[tuple[str, ...]]:
    name = f"{'· ' * depth}{type(finding.node).__name__}"
    row = (name, finding.truth.value, finding.why, str(finding.until or ""))
    return [row, *(line for part in finding.parts for line in _findings(part, depth + 1))]


def _of_trial(criteria: Criteria, patient: Patient) -> Iterator[str]:
    found = evaluate_on(criteria, _judged(patient))
    named: dict[str, list[str]] = {"fail": [], "unknown": [], "person": [], "pass": []}
    for one in found.criteria:
        named[one.verdict].append(one.criterion.id)
    rows = [(name, str(len(ids)), ", ".join(ids)) for name, ids in named.items()]
    yield "## 8. Findings to a verdict"
    yield _VERDICT
    yield _table(("verdict", "criteria", "which"), rows)
    yield f"The trial: `{found.overall}`."


def _of_report(trial: Trial, patient: Patient) -> Iterator[str]:
    terms = Terms(as_of=samples.SCREENED_ON, complete=LISTS)
    (report,) = screen_patient(patient, compile_trials([trial]), terms).trials
    row = next(row for row in report.criteria if row.text.startswith(WORDS))
    changes = [change.says for change in report.changes if change.criterion == row.id]
    rows = [
        ("headline", report.headline),
        ("as published", _on_one_line(row.text)),
        ("how it was understood", row.understood),
        (row.question, row.answer),
        ("why", row.why),
        ("what would change it", "; ".join(changes) or "nothing that a date brings"),
        ("coverage", str(report.coverage)),
    ]
    yield "## 9. Verdicts to a report (`export`)"
    yield _REPORT
    yield _table(("in the report", "value"), rows)


def _on_one_line(text: str) -> str:
    return " ".join(text.replace("\\", "").split())


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    return "\n".join([*lines, *(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows)])


def _fenced(language: str, text: str) -> str:
    return f"```{language}\n{text}\n```"


def _pretty(value: object) -> str:
    """JSON that a reader can take in: what fits stands on one line."""
    short = json.dumps(value, ensure_ascii=False)
    if len(short) <= 110 or not isinstance(value, dict | list):
        return short
    if isinstance(value, list):
        inner = ",\n".join(_pretty(part) for part in value)
        return f"[\n{textwrap.indent(inner, '  ')}\n]"
    inner = ",\n".join(f"{json.dumps(key)}: {_pretty(part)}" for key, part in value.items())
    return f"{{\n{textwrap.indent(inner, '  ')}\n}}"
