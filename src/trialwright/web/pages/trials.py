"""The page of one trial, its raw record, and the trials like it: an id of the library or of a sample in, pages out."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Generic, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from trialwright.export.checking import check, place_words
from trialwright.export.words import status_words
from trialwright.library import View
from trialwright.library.comparing import Step, history
from trialwright.library.similarity import Similar, similar
from trialwright.library.store import Version
from trialwright.registries import write_record

from . import criteria, plainly, sections
from .beforehand import FEW_SIMILAR, kept_plan, kept_similar
from .drawing import error_page, page
from .facts import facts, registry_url
from .held import Held, held, view_of
from .plans import PlanView, plan_of
from .words import Label, section, value

_MANY_SIMILAR = 20
Made = TypeVar("Made")
_TAKES_PEOPLE = frozenset(("RECRUITING", "ENROLLING_BY_INVITATION", "AVAILABLE"))
_SOON = frozenset(("NOT_YET_RECRUITING",))


class Around(msgspec.Struct, frozen=True, kw_only=True):
    """What the library knows about a trial beside its record; empty for a record that it does not hold."""

    similar: tuple[Similar, ...] = ()
    steps: tuple[Step, ...] = ()
    versions: tuple[Version, ...] = ()
    linked: frozenset[str] = frozenset()


class Kept(Generic[Made]):
    """What was made for the pages asked for last; threads may share it, and two may make the same thing once each."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[tuple[str | int, ...], Made] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, key: tuple[str | int, ...], make: Callable[[], Made]) -> Made:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = make()
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return made


class TrialPages:
    """The pages under `/trial`. The dearest parts are kept as long as the library stays as it is."""

    def __init__(self) -> None:
        self._similar: Kept[tuple[Similar, ...]] = Kept(4096)
        self._plans: Kept[PlanView | None] = Kept(512)

    def trial(self, request: Request) -> Response:
        with view_of(request) as view:
            found = held(view, request.path_params["id"])
            if found is None:
                return not_held(request.path_params["id"])
            return page("trial.html", **values(found, self.around(view, found), self._plan(view, found)))

    def similar(self, request: Request) -> Response:
        with view_of(request) as view:
            found = held(view, request.path_params["id"])
            if found is None:
                return not_held(request.path_params["id"])
            others = self._like(view, found, _MANY_SIMILAR)
            return page("similar.html", held=found, others=others, title=title_of(found))

    def record(self, request: Request) -> Response:
        with view_of(request) as view:
            found = held(view, request.path_params["id"])
        if found is None:
            return not_held(request.path_params["id"])
        fields = tuple(sections.record_fields(found.trial))
        return page("record.html", held=found, fields=fields, title=title_of(found))

    def record_json(self, request: Request) -> Response:
        with view_of(request) as view:
            found = held(view, request.path_params["id"])
        if found is None:
            return not_held(request.path_params["id"])
        return Response(write_record(found.trial), media_type="application/json")

    def around(self, view: View | None, found: Held) -> Around:
        if view is None:
            return Around()
        named = frozenset(one.id for one in sections.related(found.trial) if view.holds(one.id))
        if found.version is None:
            return Around(linked=named)
        return Around(
            similar=self._few_like(view, found, found.version.id),
            steps=history(view, found.id)[::-1],
            versions=view.store.versions(found.id),
            linked=named,
        )

    def _few_like(self, view: View, found: Held, version: int) -> tuple[Similar, ...]:
        kept = kept_similar(view, version)
        return self._like(view, found, FEW_SIMILAR) if kept is None else kept

    def _like(self, view: View | None, found: Held, limit: int) -> tuple[Similar, ...]:
        """Nothing for a trial that the library does not hold."""
        if view is None or found.version is None:
            return ()
        moment = (str(view.store.home), view.store.state("index") or "")
        return self._similar.of((*moment, found.id, limit), lambda: similar(view, found.id, limit=limit))

    def _plan(self, view: View | None, found: Held) -> PlanView | None:
        if view is not None and found.version is not None and (kept := kept_plan(view, found.version.id)).is_known:
            return kept.plan
        today = _today()
        version = (str(view.store.home), found.version.id) if view and found.version else (found.id,)
        return self._plans.of((*version, str(today)), lambda: plan_of(found.trial, today))


def not_held(identity: str) -> Response:
    says = f"No trial {identity[:40]!r} is on this computer."
    return error_page(404, "This trial is not here", says, "Search for it by its name, or load its record first.")


def values(found: Held, known: Around, plan: PlanView | None) -> dict[str, Any]:
    """What the template of a trial's page is given."""
    trial = found.trial
    checked = check(trial, found.criteria)
    status = trial.overall_status
    return {
        "held": found,
        "trial": trial,
        "title": title_of(found),
        "state": _state(status),
        "status_label": value("status", status).words if status else "status not stated",
        "standing": plainly.standing(trial),
        "sentence": plainly.opening(trial),
        "sentences": tuple(plainly.more(trial)),
        "facts": {name: facts(trial, name) for name in ("facts", "design", "people", "ids", "sharing")},
        "fit": criteria.fit(found.criteria),
        "groups": criteria.groups(found.criteria),
        "coverage": found.criteria.coverage(),
        "plan": plan,
        "sections": sections,
        "registry_url": registry_url(trial),
        "checked": checked,
        "place_words": place_words,
        "status_words": status_words,
        "around": known,
        "contents": _contents(found, known, plan),
    }


def bare_values(found: Held) -> dict[str, Any]:
    """The same for a record that was only read."""
    return values(found, Around(), plan_of(found.trial, _today()))


def _today() -> date:
    return datetime.now().astimezone().date()


def title_of(found: Held) -> str:
    from trialwright.export.record_text import as_read

    return as_read(found.trial.title or "") or found.id or "A trial without a title"


def _state(status: str | None) -> str:
    if status is None:
        return "unsaid"
    return "open" if status in _TAKES_PEOPLE else "soon" if status in _SOON else "closed"


def _contents(found: Held, known: Around, plan: PlanView | None) -> tuple[Label, ...]:
    """The sections that the page has, in its order."""
    trial = found.trial
    shown = {
        "plan": plan is not None,
        "design": bool(facts(trial, "design")),
        "arms": bool(trial.arms or trial.interventions),
        "similar": bool(known.similar or sections.related(trial)),
        "history": bool(known.versions),
        "references": _has_references(found),
        "sharing": bool(facts(trial, "sharing")),
        "portal": bool(sections.asides(trial)),
    }
    names = (
        "summary", "facts", "fit", "plan", "criteria", "design", "arms", "sites", "outcomes", "contacts", "people", "similar",
        "odd", "history", "ids", "references", "sharing", "portal", "record",
    )  # fmt: skip
    return tuple(section(name) for name in names if shown.get(name, True))


def _has_references(found: Held) -> bool:
    named = sections.references(found.trial)
    return bool(named.references or named.see_also_links or named.avail_ipds)
