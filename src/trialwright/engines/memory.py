"""The reference engine: one patient against compiled criteria, with a reason for every verdict.

A tree and a `Chart` go in, a `Finding` tree that mirrors it comes out. Nothing raises for what a chart holds or lacks; an empty chart
is never eligible and never ineligible on silence alone.
"""

from collections.abc import Callable, Hashable, Sequence
from datetime import date
from typing import assert_never

import msgspec

from trialwright.codes.vocabulary import Vocabulary
from trialwright.criteria.logic import Truth, all_of, any_of, at_least, negate, verdict
from trialwright.criteria.nodes import (
    All,
    Any,
    AtLeast,
    Atom,
    Attest,
    Compare,
    Criteria,
    Criterion,
    Has,
    If,
    Interval,
    Node,
    Not,
    Person,
    Score,
    Stage,
    Unread,
)
from trialwright.patients.facts import Complete, Patient

from . import events, measurements, presence
from .chart import Chart
from .findings import CriterionFinding, Finding, TrialFinding
from .persons import judge_attest, judge_person
from .ratings import judge_score, judge_stage
from .sharing import Asked, AskedCriterion, AskedNode, Sharing, asked_once, plainly

__all__ = ["Asked", "Chart", "Sharing", "evaluate", "evaluate_criterion", "evaluate_node", "evaluate_on"]

_SHOWN = 3


def evaluate(
    criteria: Criteria, patient: Patient, *, index_date: date, complete: Complete, vocabulary: Vocabulary
) -> TrialFinding:
    """Every criterion of a trial on one patient.

    index_date  the day eligibility is judged; facts dated later have not happened
    complete    the lists in which what is not recorded did not happen; silence elsewhere is unknown
    """
    return evaluate_on(criteria, Chart(patient, index_date=index_date, complete=complete, vocabulary=vocabulary))


def evaluate_on(criteria: Criteria | Asked, chart: Chart) -> TrialFinding:
    """As `evaluate`, on a chart that is kept: an atom that stands in many trials is judged once.

    criteria  made ready with `Sharing` where many charts are asked
    """
    asked = criteria if isinstance(criteria, Asked) else asked_once(criteria)
    found = tuple([_of_criterion(one, chart) for one in asked.criteria])
    return TrialFinding(trial=asked.trial, patient=chart.patient.id, index_date=chart.index_date, criteria=found)


def evaluate_criterion(criterion: Criterion, chart: Chart) -> CriterionFinding:
    return _of_criterion(AskedCriterion(criterion, plainly(criterion.node)), chart)


def evaluate_node(node: Node, chart: Chart) -> Finding:
    """The finding of one node; its `parts` are those of the node's parts, in their order."""
    return _answer(plainly(node), chart)


def _of_criterion(asked: AskedCriterion, chart: Chart) -> CriterionFinding:
    if asked.node.keys is None or not asked.node.keys.isdisjoint(chart.keys):
        return _with_verdict(asked.criterion, _judged(asked.node, chart))
    if asked.silent is None:
        asked.silent = {}
    known = asked.silent.get(chart.profile)
    if known is None:
        known = asked.silent[chart.profile] = _with_verdict(asked.criterion, _answer(asked.node, chart))
    return known


def _with_verdict(criterion: Criterion, finding: Finding) -> CriterionFinding:
    return CriterionFinding(criterion=criterion, verdict=verdict(criterion.kind, finding.truth), finding=finding)


def _answer(asked: AskedNode, chart: Chart) -> Finding:
    """A chart that holds nothing of what is asked answers as an empty one does."""
    if asked.keys is None or not asked.keys.isdisjoint(chart.keys):
        return _judged(asked, chart)
    if asked.silent is None:
        asked.silent = {}
    known = asked.silent.get(chart.profile)
    if known is None:
        known = asked.silent[chart.profile] = _judged(asked, chart.emptied)
    return known


def _judged(asked: AskedNode, chart: Chart) -> Finding:
    node = asked.node
    match node:
        case Has() | Compare() | Score() | Stage() | Interval() | Person() | Attest():
            return _atom(node, asked.meaning, chart)
        case All():
            return _joined(asked, all_of, chart)
        case Any():
            return _joined(asked, _any_of_open if node.open else any_of, chart)
        case AtLeast(count=count):
            return _joined(asked, lambda truths: at_least(count, truths), chart)
        case Not():
            finding = _answer(asked.parts[0], chart)
            return msgspec.structs.replace(
                finding, node=node, truth=negate(finding.truth), evidence=(), parts=(finding,)
            )
        case If():
            return _conditional(asked, chart)
        case Unread():
            return Finding(
                node=node, truth=Truth.UNKNOWN, why=f'not understood: "{node.text}"', missing="a reading of the text"
            )
        case _:
            assert_never(node)


def _atom(node: Atom, meaning: Hashable, chart: Chart) -> Finding:
    known = chart.memo.get(meaning)
    if known is None:
        known = chart.memo[meaning] = _at_its_step(node, _judge(node, chart))
    return known if known.node is node else msgspec.structs.replace(known, node=node)


def _judge(node: Atom, chart: Chart) -> Finding:
    match node:
        case Has():
            found = presence.judge(node, chart)
            if found.truth is Truth.UNKNOWN and presence.is_judged(node):
                return msgspec.structs.replace(found, truth=Truth.PERSON)
            return found
        case Compare():
            return measurements.judge(node, chart)
        case Score():
            return judge_score(node, chart)
        case Stage():
            return judge_stage(node, chart)
        case Interval():
            return events.judge(node, chart)
        case Person():
            return judge_person(node, chart)
        case Attest():
            return judge_attest(node, chart)
        case _:
            assert_never(node)


def _at_its_step(node: Atom, finding: Finding) -> Finding:
    """What must hold only later in the trial, and does not hold yet, is open: it may come to hold."""
    if node.step is None or node.step == "entry" or finding.truth is not Truth.FALSE:
        return finding
    step = node.step.replace("_", " ")
    return msgspec.structs.replace(
        finding,
        truth=Truth.UNKNOWN,
        why=f"not yet, to be judged at {step}: {finding.why}",
        missing=finding.missing or step,
        until=None,
    )


def _joined(asked: AskedNode, join: Callable[[list[Truth]], Truth], chart: Chart) -> Finding:
    if not asked.parts:
        return Finding(node=asked.node, truth=join([]), why="nothing is asked")
    found = tuple([_answer(part, chart) for part in asked.parts])
    truth = join([finding.truth for finding in found])
    return _summed(asked.node, truth, found, [finding for finding in found if finding.truth is truth] or list(found))


def _any_of_open(truths: Sequence[Truth]) -> Truth:
    """The list goes on: that none of the listed holds does not say that none holds."""
    truth = any_of(truths)
    return Truth.UNKNOWN if truth is Truth.FALSE else truth


def _conditional(asked: AskedNode, chart: Chart) -> Finding:
    node = asked.node
    condition, then = [_answer(part, chart) for part in asked.parts]
    truth = any_of((negate(condition.truth), then.truth))
    if truth is negate(condition.truth) and truth is Truth.TRUE:
        finding = _summed(node, truth, (condition, then), [condition])
        return msgspec.structs.replace(finding, why=f"does not apply: {condition.why}")
    decisive = [part for part, own in ((condition, negate(condition.truth)), (then, then.truth)) if own is truth]
    return _summed(node, truth, (condition, then), decisive)


def _summed(node: Node, truth: Truth, parts: tuple[Finding, ...], decisive: list[Finding]) -> Finding:
    """A finding of several: it says what the parts say that decide."""
    why, missing, presumed, near = decisive[0].why, decisive[0].missing, decisive[0].presumed, decisive[0].near
    if len(decisive) > 1:
        reasons = list(dict.fromkeys([part.why for part in decisive]))
        rest = len(reasons) - _SHOWN
        why = "; ".join(reasons[:_SHOWN]) + (f"; and {rest} more" if rest > 0 else "")
        for part in decisive:
            missing = missing or part.missing
            presumed = presumed or part.presumed
            near = near or part.near
    return Finding(
        node=node,
        truth=truth,
        why=why,
        missing=missing,
        presumed=presumed,
        near=near,
        until=_turn(node, truth, decisive),
        parts=parts,
    )


def _turn(node: Node, truth: Truth, decisive: list[Finding]) -> date | None:
    """The first day on which the whole changes, when that follows from its parts' days.

    What all parts carry changes with the first of them, what one part is enough for with the last of those that carry it.
    """
    days = [part.until for part in decisive if part.until]
    if not days:
        return None
    match node, truth:
        case (All(), Truth.TRUE) | (Any(), Truth.FALSE):
            return min(days)
        case (All(), Truth.FALSE) | (Any(), Truth.TRUE) | (If(), Truth.TRUE):
            return max(days) if len(days) == len(decisive) else None
        case _:
            return None
