"""Trialwright turns clinical-trial records, as registries and portals publish them, into trials a computer can work with.

What is named here is imported when it is first used, so that a command starts at once.
"""

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from trialwright.codes.dates import PartialDate
    from trialwright.criteria.nodes import Criteria
    from trialwright.export.api import compile, funnel, read, read_all, read_patient, screen  # noqa: A004
    from trialwright.export.report import Report
    from trialwright.patients.facts import Patient
    from trialwright.patients.remarks import ChartError
    from trialwright.registries.unreadable import ReadError
    from trialwright.trial import Trial

__all__ = [
    "ChartError",
    "Criteria",
    "PartialDate",
    "Patient",
    "ReadError",
    "Report",
    "Trial",
    "__version__",
    "compile",
    "funnel",
    "read",
    "read_all",
    "read_patient",
    "screen",
]

_HOMES = {
    "ChartError": "trialwright.patients.remarks",
    "Criteria": "trialwright.criteria.nodes",
    "PartialDate": "trialwright.codes.dates",
    "Patient": "trialwright.patients.facts",
    "ReadError": "trialwright.registries.unreadable",
    "Report": "trialwright.export.report",
    "Trial": "trialwright.trial",
} | dict.fromkeys(("compile", "funnel", "read", "read_all", "read_patient", "screen"), "trialwright.export.api")


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'trialwright' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
