"""What an engine found: a verdict with its reason, mirroring the criteria tree.

A `Finding` never says more than its facts do. `evidence` are the facts used, as recorded and as converted; `missing` names the
one datum that would settle an unknown; `until` is the day a window stops mattering.
"""

from datetime import date
from typing import Literal

import msgspec

from trialwright.codes.quantities import Quantity
from trialwright.criteria.logic import Truth, Verdict
from trialwright.criteria.nodes import All, Criterion, Node
from trialwright.patients.facts import Fact

Overall = Literal["eligible", "ineligible", "open"]


class Evidence(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A fact used, with its value in the criterion's unit where it was converted, and the limit it was held against."""

    fact: Fact
    converted: Quantity | None = None
    note: str = ""


class Finding(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Holds no cycles, so the collector of garbage need not look at the many of them.

    truth     of the node
    why       one plain sentence: what was found against what was asked
    missing   the datum that would settle it ("HBV DNA"); "" when nothing is missing
    presumed  holds only because a domain was declared complete and nothing is recorded
    near      the value misses or meets its limit by no more than a tenth
    until     the day from which the answer changes without any new fact: a washout ends, a birthday
    """

    node: Node
    truth: Truth
    why: str
    evidence: tuple[Evidence, ...] = ()
    missing: str = ""
    presumed: bool = False
    near: bool = False
    until: date | None = None
    parts: tuple["Finding", ...] = ()


class CriterionFinding(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    criterion: Criterion
    verdict: Verdict
    finding: Finding


class TrialFinding(msgspec.Struct, frozen=True, kw_only=True):
    """All criteria of one trial on one patient, on one day.

    overall  ineligible when one fails; eligible when all pass, and one of them asks something; else open
    """

    trial: str
    patient: str
    index_date: date
    criteria: tuple[CriterionFinding, ...]

    @property
    def overall(self) -> Overall:
        verdicts = {finding.verdict for finding in self.criteria if not _asks_nothing(finding.criterion.node)}
        if "fail" in verdicts:
            return "ineligible"
        return "eligible" if verdicts == {"pass"} else "open"


def _asks_nothing(node: Node) -> bool:
    return isinstance(node, All) and not node.parts
