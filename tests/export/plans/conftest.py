"""Plans of an invented trial, with words that try to break out of what they are written into."""

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from trialwright.codes.quantities import Quantity
from trialwright.export.plans.planning import PlanReport, Request, plan_trial
from trialwright.regimen.calendar import Terms
from trialwright.regimen.doses import Body, DoseRules, Reading
from trialwright.registries import read_trial

Planned = Callable[..., PlanReport]
ARM = (
    "Cisplatin 75 mg/m2 IV or carboplatin AUC 5 IV on day 1 every 3 weeks for 3 cycles, then "
    "radical surgery 4-6 weeks after the 3rd cycle. "
    "Capecitabine 1000 mg/m2 orally twice daily on days 1-14 every 3 weeks for 3 cycles. <script>alert(1)</script> & more"
)
RECORD = {
    "protocolSection": {
        "identificationModule": {"nctId": "NCT00000001", "briefTitle": "=HYPERLINK(1) <b>A trial</b> & its, title; with \"signs\""},
        "statusModule": {"completionDateStruct": {"date": "2026-05"}},
        "descriptionModule": {"detailedDescription": "CT of the thorax is performed every 3 months after surgery for 1 year."},
        "armsInterventionsModule": {
            "armGroups": [
                {"label": "=1+1 <i>arm</i>", "description": ARM},
                {"label": "Control", "description": "Cisplatin 75 mg/m2 weekly"},
            ],
            "interventions": [{"type": "DRUG", "name": name} for name in ("Cisplatin", "Carboplatin", "Capecitabine")],
        },
        "outcomesModule": {"primaryOutcomes": [{"measure": "Objective response rate", "timeFrame": "at 12 and 24 weeks"}]},
    }
}  # fmt: skip
NAME = "Maria Muster"


@pytest.fixture(scope="session")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Planned:
    """The plan of the invented trial from 2 March 2026; keywords go to the request, `choices` to its terms."""
    path = tmp_path_factory.mktemp("plans") / "record.json"
    path.write_text(json.dumps(RECORD), encoding="utf-8")
    trial = read_trial(path)

    def make(*choices: str, **request: object) -> PlanReport:
        return plan_trial(trial, Request(terms=Terms(start=date(2026, 3, 2), choices=choices), **request))  # type: ignore[arg-type]

    return make


@pytest.fixture(scope="session")
def chosen(planned: Planned) -> PlanReport:
    """One arm, everything chosen, doses for a patient."""
    body = Body(
        weight=Reading(Quantity(Decimal(75), "kg"), "2026-02-24"),
        height=Reading(Quantity(Decimal(170), "cm"), "2026-02-24"),
        age_years=55,
        sex="male",
    )
    return planned("cisplatin", "cycle-start", arm="1", body=body, rules=DoseRules(bsa_formula="mosteller"))
