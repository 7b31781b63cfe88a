"""The trials and judgments that the search benchmark reads from `../shared/data`; nothing of them is copied.

The judged trials come in several published shapes, many without more than conditions and eligibility text; each becomes one API v2
study, the fullest text of a trial that is there.
"""

import ast
import gzip
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared/data"


class Judged(NamedTuple):
    """Queries with judgments. judgments: query -> trial -> grade, for trials that have text here; pool: those trials."""

    name: str
    queries: dict[str, str]
    judgments: dict[str, dict[str, int]]

    @property
    def pool(self) -> frozenset[str]:
        return frozenset(trial for graded in self.judgments.values() for trial in graded)


def lines(path: Path) -> Iterator[dict[str, Any]]:
    opened = gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8")  # noqa: SIM115
    with opened as stream:
        for line in stream:
            if line.strip():
                yield json.loads(line)


def records() -> dict[str, bytes]:
    """Every trial that has text, as one API v2 study each or its classic XML, by id."""
    found: dict[str, bytes] = {}
    for row in lines(DATA / "records/eligibility.jsonl.gz"):
        if row.get("nct_id"):
            found[row["nct_id"]] = study(row)
    for row in lines(DATA / "ranking/keyword_trials.jsonl.gz"):
        found[row["nct_id"]] = study(row)
    return found | whole_records()


def whole_records() -> dict[str, bytes]:
    """Those of them that are whole records: API v2, and classic XML."""
    found: dict[str, bytes] = {}
    with tarfile.open(DATA / "records/classic_xml.tar.gz") as archive:
        for member in archive:
            content = archive.extractfile(member) if member.isfile() else None
            if content is not None:
                found[Path(member.name).stem] = content.read()
    with gzip.open(DATA / "records/ctgov_v2.jsonl.gz", "rb") as stream:
        for line in stream:
            found[json.loads(line)["protocolSection"]["identificationModule"]["nctId"]] = line
    return found


def study(row: dict[str, Any]) -> bytes:
    """One row of a flat set as an API v2 study; what the row lacks is absent."""
    eligibility = {
        "eligibilityCriteria": _text(row.get("eligibility")),
        "minimumAge": _text(row.get("minage")),
        "maximumAge": _text(row.get("maxage")),
        "sex": {"both": "ALL"}.get(_text(row.get("sex")).lower(), _text(row.get("sex")).upper()),
    }
    protocol = {
        "identificationModule": _stated(
            nctId=row["nct_id"], briefTitle=_text(row.get("title")), officialTitle=_text(row.get("official_title"))
        ),
        "descriptionModule": _stated(briefSummary=_text(row.get("description"))),
        "conditionsModule": _stated(conditions=listed(row.get("conditions")), keywords=listed(row.get("keywords"))),
        "eligibilityModule": _stated(**eligibility),
    }
    drugs = listed(row.get("drugs"))
    if drugs:
        protocol["armsInterventionsModule"] = {"interventions": [{"type": "DRUG", "name": name} for name in drugs]}
    return json.dumps({"protocolSection": {name: part for name, part in protocol.items() if part}}).encode()


def _stated(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}


def _text(value: object) -> str:
    return str(value or "").strip()


def listed(value: object) -> list[str]:
    """Names from a list, a printed list, or text joined by semicolons."""
    text = _text(value)
    if isinstance(value, list):
        names = [str(part) for part in value]
    elif text.startswith("["):
        try:
            names = [str(part) for part in ast.literal_eval(text)]
        except (SyntaxError, ValueError):
            names = [text.strip("[]")]
    else:
        names = text.split(";")
    return [name.strip() for name in names if name.strip()]


def keyword_queries(held: frozenset[str]) -> Judged:
    judgments: dict[str, dict[str, int]] = {}
    for row in lines(DATA / "ranking/keyword_queries.jsonl"):
        if row["nct_id"] in held:
            judgments.setdefault(row["query"], {})[row["nct_id"]] = int(row["relevance"])
    return Judged("keyword", {query: query for query in judgments}, judgments)


def topics(name: str, held: frozenset[str]) -> Judged:
    """name: `trec_2021` or `sigir`"""
    folder = DATA / "ranking" / name
    judgments: dict[str, dict[str, int]] = {}
    with (folder / "qrels.tsv").open(encoding="utf-8") as rows:
        next(rows)
        for row in rows:
            topic, trial, grade = row.split("\t")
            if trial in held:
                judgments.setdefault(topic, {})[trial] = int(grade)
    queries = {row["_id"]: row["text"] for row in lines(folder / "queries.jsonl")}
    return Judged(name, {topic: queries[topic] for topic in judgments if topic in queries}, judgments)


def similar_pairs(held: frozenset[str]) -> list[tuple[str, dict[str, int]]]:
    """Targets with their labelled candidates, where both have text."""
    found = []
    for row in lines(DATA / "similar/trialsim.jsonl"):
        target, names, labels = row["row"][1], row["row"][2:12], row["row"][12:22]
        labelled = {name: int(label) for name, label in zip(names, labels, strict=False) if name in held}
        if target in held and labelled:
            found.append((target, labelled))
    return found
