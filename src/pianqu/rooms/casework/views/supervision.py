"""What leaders press for: the list with its clocks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from pianqu.rooms.casework import queries
from pianqu.rooms.casework.queries import SupervisionCard
from pianqu.rooms.casework.views import shown
from pianqu.rooms.casework.views.desk import Line, actor_of, lines_of
from pianqu.rooms.casework.views.pressing import Tab, said_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed:
    """One line: the matter, who owes the answer, and how its own clock stands."""

    card: SupervisionCard
    matter: Line | None
    holder: str
    level: str
    tone: str
    state: str
    clock: SafeString


@never_cache
@login_required
@require_safe
def supervision(request: HttpRequest) -> HttpResponse:
    """The list: all that goes on, or what waits, is late, is answered, is over."""
    actor, now, which = actor_of(request), timezone.now(), request.GET.get("show", "")
    found = queries.supervisions_for(actor, which=which, page=shown.page_number(request.GET.get("page", "")), now=now)
    context = {
        "lines": _lines(found, now),
        "tabs": _tabs(found, which),
        "which": which,
        "found": found,
        "late": found.late,
        "here": "supervision",
    }
    return render(request, "casework/supervision.html", context)


def _lines(found: queries.SupervisionPage, now: datetime) -> Sequence[Pressed]:
    matters = dict(zip(found.cases, lines_of(list(found.cases.values()), now), strict=True))
    organisations = shown.Organisations()
    return [
        Pressed(matter=matters.get(card.case_id), holder=organisations.short(card.holder_code), **said_of(card, now))
        for card in found.cards
    ]


def _tabs(found: queries.SupervisionPage, which: str) -> Sequence[Tab]:
    names = (
        ("", _("All that goes on"), found.asked + found.answered),
        ("asked", _("Answer owed"), found.asked),
        ("late", _("Answer overdue"), found.late),
        ("answered", _("Answered: to be decided"), found.answered),
        ("over", pgettext("supervision", "Over"), found.over),
    )
    return [Tab(code=code, name=name, count=count, is_shown=code == which) for code, name, count in names]
