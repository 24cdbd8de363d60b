"""The open face: its first page, the ledger for everybody, the check page that works without a network."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from pianqu.foundation.facts import REGISTRY
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.ledger import queries as ledger

LATEST = 20


@require_safe
def first(request: HttpRequest) -> HttpResponse:
    """What is open to everybody."""
    return render(request, "composition/open.html", {"status": ledger.status()})


@require_safe
def log(request: HttpRequest) -> HttpResponse:
    """What the ledger is, whether all is well, its latest entries, how to check it."""
    latest = ledger.latest(LATEST)
    organisations = directory.organisations({item.organisation_code for item in latest})
    english = (get_language() or "").startswith("en")
    entries = []
    for item in latest:
        card = organisations.get(item.organisation_code)
        in_english = bool(card and english and card.name_en)
        name = (card.name_en if in_english else card.name) if card else item.organisation_code
        kind = REGISTRY.get(item.kind)
        entries.append(
            {
                "position": item.position,
                "at": item.at,
                "title": kind.label if kind else item.kind,
                "organisation": name,
                "lang": "en" if in_english or not card else "zh-CN",
            }
        )
    context = {"status": ledger.status(), "log": ledger.log(), "latest": entries, "shown": ledger.published()}
    return render(request, "composition/ledger.html", context)
