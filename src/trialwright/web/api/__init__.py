"""The two surfaces for programs: `/api/v2`, which existing clients speak, and `/api/trialwright`, our own."""

from starlette.routing import BaseRoute, Route

from trialwright.web.api import fields, own, studies


def routes() -> list[BaseRoute]:
    return [
        Route("/api/v2/studies", studies.studies),
        Route("/api/v2/studies/metadata", fields.metadata),
        *(Route(f"/api/v2{address}", fields.not_here) for address in fields.NOT_HERE),
        Route("/api/v2/studies/{nctId}", studies.study),
        Route("/api/v2/stats/field/values", fields.values),
        Route("/api/v2/stats/size", studies.sizes),
        Route("/api/v2/version", studies.version),
        *own.routes(),
    ]
