"""What the API offers, in words: made from its description, so that it cannot say anything else."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from pianqu.composition.api import PREFIX, api
from pianqu.foundation.api import RIGHTS
from pianqu.foundation.installation import installation


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One operation."""

    method: str
    path: str
    name: str
    says: str
    right: str


def headings() -> dict[str, str]:
    """Headings of the API in words, in the order of the page."""
    return {
        "reports": pgettext("api", "For everybody"),
        "resident": pgettext("api", "A resident's own"),
        "cases": pgettext("api", "Matters"),
        "desk": pgettext("api", "The desk"),
        "dispatch": pgettext("api", "Rules and templates of dispatch"),
        "whistles": pgettext("api", "Calls to the spot"),
        "forces": pgettext("api", "Joint task forces"),
        "causes": pgettext("api", "Hot issues and root causes"),
        "clocks": pgettext("api", "Terms and forecasts"),
        "platforms": pgettext("api", "The four platforms"),
        "replies": pgettext("api", "Reply templates"),
        "partners": pgettext("api", "Other districts and systems"),
        "calendar": pgettext("api", "Calendars"),
        "notices": pgettext("api", "Notices and messages"),
        "territory": pgettext("api", "Cells, clusters and service points"),
        "planning": pgettext("api", "Plans of clusters, cells and sites"),
        "directory": pgettext("api", "Organisations, posts, duty, residents"),
        "ledger": pgettext("api", "The ledger"),
        "token": pgettext("api", "The token"),
    }


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Every operation under its heading, with the right that it needs."""
    groups: dict[str, list[Line]] = {code: [] for code in headings()}
    described: dict[str, Any] = api.get_openapi_schema()
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            says, heading = operation["summary"], operation["tags"][0]
            line = Line(
                method=method.upper(),
                path=path,
                name=operation["operationId"],
                says=_(says),
                right=operation["x-right"],
            )
            groups[heading].append(line)
    context = {
        "groups": [(word, groups[code]) for code, word in headings().items()],
        "rights": [(code, _(says)) for code, says in RIGHTS.items()],
        "root": f"{installation().public_url}{PREFIX}",
        "rate": installation().api_rate,
    }
    return render(request, "composition/api_guide.html", context)
