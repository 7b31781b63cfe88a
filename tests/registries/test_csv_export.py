"""The CSV export: any columns, cells that hold several fields, and rows that are broken."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from trialwright.registries import csv_export, ctgov, read_trials
from trialwright.registries.csv_cells import OutcomeParts, SiteParts, part_outcome, part_site
from trialwright.registries.unreadable import Unreadable
from trialwright.trial import Extra, Trial

ROW = {
    "NCT Number": "NCT90000001",
    "Study Title": 'A "sample", with commas',
    "Study URL": "https://clinicaltrials.gov/study/NCT90000001",
    "Acronym": "",
    "Study Status": "RECRUITING",
    "Brief Summary": "Line one.\n\nLine two.",
    "Study Results": "NO",
    "Conditions": "X, mild|Y",
    "Interventions": "DRUG: A: 5 mg, oral|OTHER: B|C",
    "Primary Outcome Measures": "Pain, 12 weeks|Pain, mild, at rest, severe",
    "Sponsor": "Home",
    "Collaborators": "C1|C2, Ltd",
    "Sex": "FEMALE",
    "Age": "ADULT, OLDER_ADULT",
    "Phases": "PHASE2|PHASE3",
    "Enrollment": "94",
    "Funder Type": "OTHER_GOV",
    "Study Type": "INTERVENTIONAL",
    "Study Design": "Allocation: RANDOMIZED|Intervention Model: PARALLEL|Masking: DOUBLE (PARTICIPANT, INVESTIGATOR)|"
    "Primary Purpose: TREATMENT",
    "Other IDs": "AB-1|EU-2|EU-3",
    "Start Date": "2026-02",
    "Completion Date": "2026-02-31",
    "Locations": "Clinic of Lyon, Lyon, France|A, B, C, D|Boston, Massachusetts, 02115, United States",
    "Study Documents": "Study Protocol, https://example.org/docs/Prot_000.pdf",
}


def table(*rows: dict[str, str], delimiter: str = ",") -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def read(text: str) -> list[Trial | Unreadable]:
    return list(read_trials(text.encode(), "t.csv"))


def only(text: str) -> Trial:
    (trial,) = read(text)
    assert isinstance(trial, Trial)
    return trial


def codes(trial: Trial) -> list[str]:
    return [remark.code for remark in trial.diagnostics if remark.code != "not-in-form"]


def test_every_cell_comes_under_its_path() -> None:
    trial = only(table(ROW))
    assert trial.source.form == "csv"
    assert json.loads(ctgov.write(trial)) == {
        "protocolSection": {
            "identificationModule": {
                "nctId": "NCT90000001",
                "orgStudyIdInfo": {"id": "AB-1"},
                "secondaryIdInfos": [{"id": "EU-2"}, {"id": "EU-3"}],
                "briefTitle": 'A "sample", with commas',
            },
            "statusModule": {
                "overallStatus": "RECRUITING",
                "startDateStruct": {"date": "2026-02"},
                "completionDateStruct": {"date": "2026-02-31"},
            },
            "sponsorCollaboratorsModule": {
                "leadSponsor": {"name": "Home", "class": "OTHER_GOV"},
                "collaborators": [{"name": "C1"}, {"name": "C2, Ltd"}],
            },
            "descriptionModule": {"briefSummary": "Line one.\n\nLine two."},
            "conditionsModule": {"conditions": ["X, mild", "Y"]},
            "designModule": {
                "studyType": "INTERVENTIONAL",
                "phases": ["PHASE2", "PHASE3"],
                "designInfo": {
                    "allocation": "RANDOMIZED",
                    "interventionModel": "PARALLEL",
                    "primaryPurpose": "TREATMENT",
                    "maskingInfo": {"masking": "DOUBLE", "whoMasked": ["PARTICIPANT", "INVESTIGATOR"]},
                },
                "enrollmentInfo": {"count": 94},
            },
            "armsInterventionsModule": {
                "interventions": [{"type": "DRUG", "name": "A: 5 mg, oral"}, {"type": "OTHER", "name": "B|C"}]
            },
            "outcomesModule": {
                "primaryOutcomes": [
                    {"measure": "Pain", "timeFrame": "12 weeks"},
                    {"measure": "Pain, mild, at rest, severe"},
                ]
            },
            "eligibilityModule": {"sex": "FEMALE", "stdAges": ["ADULT", "OLDER_ADULT"]},
            "contactsLocationsModule": {
                "locations": [
                    {"facility": "Clinic of Lyon", "city": "Lyon", "country": "France"},
                    {"facility": "A, B, C", "country": "D"},
                    {"city": "Boston", "state": "Massachusetts", "zip": "02115", "country": "United States"},
                ]
            },
        },
        "documentSection": {
            "largeDocumentModule": {"largeDocs": [{"label": "Study Protocol", "filename": "Prot_000.pdf"}]}
        },
        "hasResults": False,
    }
    assert codes(trial) == ["ambiguous-list", "ambiguous-outcome", "ambiguous-site", "bad-date"]


def test_an_empty_cell_is_absent_and_the_form_says_what_it_never_carries() -> None:
    trial = only(table(ROW))
    assert trial.presence("protocolSection.identificationModule.acronym") == "absent"
    (remark,) = [remark for remark in trial.diagnostics if remark.code == "not-in-form"]
    assert "eligibilityCriteria" in remark.message
    assert trial.presence("protocolSection.eligibilityModule.eligibilityCriteria") == "absent"


def test_each_value_keeps_its_column() -> None:
    trial = only(table(ROW))
    assert trial.origin("protocolSection.contactsLocationsModule.locations[2].city").place == "Locations"
    assert trial.origin("protocolSection.eligibilityModule.stdAges[0]").place == "Age"


@pytest.mark.parametrize(
    "columns", [["NCT Number"], ["NCT Number", "Phases"], ["Sex", "Study Title"], ["Phases", "Age", "Sponsor"]]
)
def test_any_columns_in_any_order(columns: list[str]) -> None:
    trial = only(table({column: ROW[column] for column in columns}))
    assert trial.nct_id == ("NCT90000001" if "NCT Number" in columns else None)
    assert trial.phases == (("PHASE2", "PHASE3") if "Phases" in columns else ())


def test_the_address_gives_the_number_when_no_column_does() -> None:
    trial = only(table({"Study Title": "T", "Study URL": ROW["Study URL"]}))
    assert trial.nct_id == "NCT90000001"


def test_a_byte_order_mark_tabs_and_utf16() -> None:
    text = table(ROW, delimiter="\t")
    for data in (b"\xef\xbb\xbf" + text.encode(), text.encode("utf-16")):
        (trial,) = read_trials(data)
        assert isinstance(trial, Trial)
        assert trial.nct_id == "NCT90000001"


def test_a_huge_cell() -> None:
    summary = "word " * 500_000
    trial = only(table({**ROW, "Brief Summary": summary}))
    assert trial.protocol.description is not None
    assert trial.protocol.description.brief_summary == summary.strip()


def test_an_unknown_column_is_kept_aside() -> None:
    trial = only(table({**ROW, "Mood": "good"}))
    assert Extra(("Mood",), "good") in trial.extras
    assert "unknown-key" in codes(trial)


def test_older_words() -> None:
    trial = only(
        table(
            {
                "NCT Number": "NCT90000001",
                "Title": "T",
                "Status": "Active, not recruiting",
                "Study Results": "No Results Available",
                "Gender": "All",
                "Age": "18 Years to 75 Years   (Adult, Older Adult)",
                "Phases": "Phase 1|Phase 2",
                "Interventions": "Drug: A|Biological: B",
            }
        )
    )
    assert trial.overall_status == "ACTIVE_NOT_RECRUITING"
    assert (trial.eligibility.minimum_age, trial.eligibility.maximum_age) == ("18 Years", "75 Years")
    assert trial.eligibility.std_ages == ("ADULT", "OLDER_ADULT")
    assert trial.phases == ("PHASE1", "PHASE2")
    assert [item.type for item in trial.interventions] == ["DRUG", "BIOLOGICAL"]
    assert trial.record.has_results is False


def numbered(number: int) -> dict[str, str]:
    nct = f"NCT9000000{number}"
    return {**ROW, "NCT Number": nct, "Study URL": f"https://clinicaltrials.gov/study/{nct}"}


def test_a_quote_that_is_never_closed_costs_its_own_row_only() -> None:
    text = table(numbered(1), numbered(2), numbered(3))
    first, second, third = read(text.replace('Line two."', "Line two.", 1))
    assert isinstance(first, Trial)
    assert isinstance(second, Trial)
    assert isinstance(third, Trial)
    assert (first.nct_id, first.overall_status) == ("NCT90000001", "RECRUITING")
    assert first.protocol.description is None, "the broken cell is not read"
    assert "broken-quotes" in codes(first)
    (kept,) = [extra.value for extra in first.extras if extra.path == ("line 2",)]
    assert "Line one." in kept
    assert "PHASE2|PHASE3" in kept
    assert json.loads(ctgov.write(second)) == json.loads(ctgov.write(only(table(numbered(2)))))
    assert third.nct_id == "NCT90000003"


def test_a_quote_within_a_cell_is_a_sign_of_inches() -> None:
    one, two = read('NCT Number,Study Title\nNCT90000001,A 5" nail\nNCT90000002,T\n')
    assert isinstance(one, Trial)
    assert isinstance(two, Trial)
    assert (one.title, two.title) == ('A 5" nail', "T")
    assert codes(one) == codes(two) == []


def test_two_missing_quotes_do_not_shift_the_cells() -> None:
    (one,) = read('NCT Number,Study Title,Sex,Acronym\nNCT90000001,"A,ALL,"B"\n')
    assert isinstance(one, Trial)
    assert one.title is None
    assert one.eligibility.sex is None
    assert "broken-quotes" in codes(one)


def test_a_trial_number_at_the_start_of_a_line_within_a_cell_is_no_row() -> None:
    row = {**ROW, "Brief Summary": "See\nNCT90000007, NCT90000008, a, b, c, d, e\nand more"}
    trial = only(table(row))
    assert trial.protocol.description is not None
    assert trial.protocol.description.brief_summary == row["Brief Summary"]


def test_rows_with_too_many_and_too_few_cells() -> None:
    head = "NCT Number,Study Title,Sex\n"
    many, few = read(f"{head}NCT90000001,T,ALL,x\nNCT90000002,T\n")
    assert isinstance(many, Trial)
    assert isinstance(few, Trial)
    assert codes(many) == ["unknown-key", "cell-count"]
    assert Extra(("column 4",), "x") in many.extras
    assert codes(few) == ["cell-count"]


def test_a_row_without_a_number_is_unreadable_and_says_where() -> None:
    bad, good = read("NCT Number,Study Title\nhello,T\n\nNCT90000002,T\n")
    assert isinstance(bad, Unreadable)
    assert bad.message == "t.csv, record 1, line 2: 'hello' is no trial number; expected NCT and 8 digits"
    assert isinstance(good, Trial)


def test_bytes_that_are_no_utf8() -> None:
    (trial,) = read_trials("NCT Number,Study Title\nNCT90000001,Größe\n".encode("latin-1"))
    assert isinstance(trial, Trial)
    assert trial.title == "Gr��e"
    assert codes(trial) == ["bad-bytes"]


@pytest.mark.parametrize(
    "header", ["a,b,c", "Sex,Height,Weight,Age of dog", "", "NCT Number of something", "Conditions are hard"]
)
def test_what_is_no_header_of_an_export(header: str) -> None:
    assert csv_export.columns(header) is None


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Overall survival", OutcomeParts("Overall survival")),
        ("Overall survival, 5 years", OutcomeParts("Overall survival", None, "5 years")),
        (
            "Pain, Rated by each participant on a visual scale., Baseline, week 12",
            OutcomeParts("Pain", "Rated by each participant on a visual scale.", "Baseline, week 12"),
        ),
        ("Safety, tolerability, 12 weeks", None),
        ("Change in A, Baseline, 12 weeks", None),
        ("Levels of A, IL-6 and other proteins that the laboratory measures, week 4", None),
        ("Arm, Shoulder and Hand", None),
    ],
)
def test_an_outcome_is_parted_only_where_there_is_one_reading(text: str, parts: OutcomeParts | None) -> None:
    assert part_outcome(text) == parts


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Lyon, France", SiteParts(city="Lyon", country="France")),
        ("Unit 3, City Hospital, Boston, Massachusetts, 02115, United States", SiteParts(
            "Unit 3, City Hospital", "Boston", "Massachusetts", "02115", "United States")),
        ("University Hospital, Seoul, Korea, Republic of", SiteParts("University Hospital", "Seoul", None, None, "Korea, Republic of")),
        ("Hospital A, Guangzhou, Guangdong, 510060, China", None),
        ("Some House, Quebec, Canada", None),  # the city or the province
        ("Nowhere", None),
    ],
)  # fmt: skip
def test_a_site_is_parted_only_where_there_is_one_reading(text: str, parts: SiteParts | None) -> None:
    assert part_site(text) == parts


def joined(parts: Iterable[str | None]) -> str:
    return ", ".join(part for part in parts if part)


def modules(records: Iterable[bytes], name: str) -> Iterator[dict[str, Any]]:
    for line in records:
        yield json.loads(line).get("protocolSection", {}).get(name, {})


def test_parting_what_was_joined_is_next_to_never_wrong(records: Iterable[bytes]) -> None:
    """Fields of 1,850 records are joined as the export joins them; a parted text must be what was joined."""
    outcomes = [
        (item.get("measure"), item.get("description") or None, item.get("timeFrame") or None)
        for module in modules(records, "outcomesModule")
        for items in module.values()
        for item in items
    ]
    assert len(outcomes) == 14_102
    parted = [(truth, part_outcome(joined(truth))) for truth in outcomes]
    made = [(truth, parts) for truth, parts in parted if parts is not None]
    wrong = [truth for truth, parts in made if (parts.measure, parts.description, parts.time_frame) != truth]
    assert len(made) / len(outcomes) > 0.41
    assert len(wrong) <= 7


def test_sites_parted_are_never_wrong(records: Iterable[bytes]) -> None:
    keys = ("facility", "city", "state", "zip", "country")
    sites = [
        tuple(item.get(key) or None for key in keys)
        for module in modules(records, "contactsLocationsModule")
        for item in module.get("locations", [])
    ]
    assert len(sites) == 14_474
    parted = [(truth, part_site(joined(truth))) for truth in sites]
    made = [(truth, parts) for truth, parts in parted if parts is not None]
    assert len(made) / len(sites) > 0.72
    wrong = [truth for truth, parts in made if tuple(getattr(parts, key) for key in keys) != truth]
    assert wrong == []


PLAIN = {
    "Study Status": lambda trial: trial.overall_status,
    "Study Title": lambda trial: trial.title,
    "Conditions": lambda trial: "|".join(trial.conditions),
    "Phases": lambda trial: "|".join(trial.phases),
    "Sex": lambda trial: trial.eligibility.sex,
    "Interventions": lambda trial: "|".join(f"{item.type}: {item.name}" for item in trial.interventions),
    "Enrollment": lambda trial: str(trial.protocol.design.enrollment_info.count),
    "Start Date": lambda trial: trial.protocol.status.start_date_struct.date,
    "Sponsor": lambda trial: trial.protocol.sponsor_collaborators.lead_sponsor.name,
    "Age": lambda trial: ", ".join(trial.eligibility.std_ages),
}


def test_the_shared_export_against_its_own_cells(shared: Path) -> None:
    path = shared / "data/records/csv/ctg-studies_172.csv"
    with path.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    trials = [trial for trial in read_trials(path) if isinstance(trial, Trial)]
    assert len(trials) == len(rows) == 172
    for row, trial in zip(rows, trials, strict=True):
        assert trial.nct_id == row["NCT Number"]
        for column, value in PLAIN.items():
            if row[column]:
                assert value(trial) == row[column].strip(), (trial.nct_id, column)
        assert len(trial.sites) == len([item for item in row["Locations"].split("|") if item])
        assert not set(codes(trial)) & {
            "unknown-key",
            "unknown-word",
            "wrong-type",
            "bad-date",
            "cell-count",
            "ambiguous-list",
        }


def test_every_text_of_the_shared_export_is_in_the_trial(shared: Path) -> None:
    path = shared / "data/records/csv/ctg-studies_172.csv"
    with path.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    for row, trial in zip(rows, read_trials(path), strict=True):
        assert isinstance(trial, Trial)
        kept = json.dumps([json.loads(ctgov.write(trial)), [extra.value for extra in trial.extras]])
        for column, cell in row.items():
            for token in () if column == "Study Design" else cell.replace("|", " ").split():
                if token.isascii() and token.isalnum() and len(token) > 9:
                    assert token in kept, (trial.nct_id, column, token)
