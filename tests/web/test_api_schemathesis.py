"""Schemathesis asks every address of the OpenAPI document, with what it allows and with what it does not, and finds nothing.

Where an argument is a language of its own (a query, a chart, the arm of one trial), a schema allows more than the language:
there, and only there, an answer of 400 or 422 to what the schema allows is no finding.
"""

import os

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.config import SchemathesisConfig

from trialwright.web.openapi import described

EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "12"))
LANGUAGES = ("listStudies", "fetchStudy", "plan", "screen", "funnel")
ANSWERS = [200, 301, 304, 400, 404, 422]
CONFIG = SchemathesisConfig.from_dict(
    {
        "operations": [
            {"include-operation-id": name, "checks": {"positive_data_acceptance": {"expected-statuses": ANSWERS}}}
            for name in LANGUAGES
        ]
    }
)
schema = schemathesis.openapi.from_dict(described(), config=CONFIG)


@schema.parametrize()
@settings(max_examples=EXAMPLES, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_address_answers_as_described(case: schemathesis.Case, server: str) -> None:
    case.call_and_validate(base_url=server)
