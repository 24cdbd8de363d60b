"""The open face's first page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from pianqu.rooms.ledger import queries as ledger


@require_safe
def first(request: HttpRequest) -> HttpResponse:
    """What is open to everybody."""
    return render(request, "composition/open.html", {"status": ledger.status()})
