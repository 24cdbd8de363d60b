"""实名登记, residents proven at a window: two officers read the same card. No list of residents exists."""

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from pianqu.rooms.directory import queries
from pianqu.rooms.directory.queries import OrganisationCard
from pianqu.rooms.directory.views import asking, shown
from pianqu.rooms.directory.views.asking import Failed, Field, Form, Group
from pianqu.rooms.directory.views.shown import Categories, Choice, Name

GROUND = ("community", "village")


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A card that waits for its second reading, in words."""

    id: UUID
    name: str
    community: Name
    first: str
    begun_at: datetime
    may_finish: bool
    error: str
    typed: str


@never_cache
@login_required
@require_safe
def residents(request: HttpRequest, *, categories: Categories) -> HttpResponse:
    """What waits here for a second officer, and the form for the first one."""
    return residents_page(request, categories)


def residents_page(
    request: HttpRequest, _categories: Categories, *, failed: Failed | None = None, status: int = 200
) -> HttpResponse:
    """The page; a form that was refused shows what was typed and why."""
    actor = shown.actor_of(request)
    may = queries.may_enrol(actor)
    cards = {card.code: card for card in queries.every_organisation()}
    rows = queries.enrolments_for(actor) if may else ()
    posts = {post.post_id: post for post in queries.held_posts([actor.organisation_code])} if rows else {}
    waiting = []
    for row in rows:
        mine = failed if failed and str(failed.typed.get("id", "")) == str(row.enrolment_id) else None
        holder = posts.get(row.first_post_id)
        waiting.append(
            Waiting(
                id=row.enrolment_id,
                name=row.name,
                community=shown.organisation_name(cards.get(row.area_code), row.area_code),
                first=holder.name if holder else "",
                begun_at=row.begun_at,
                may_finish=row.may_finish,
                error=mine.message if mine else "",
                typed=str(mine.typed.get("number", "")) if mine else "",
            )
        )
    context = {
        "may_enrol": may,
        "waiting": waiting,
        "form": _form(cards, actor.organisation_code, failed) if may else None,
        "done": request.GET.get("done", ""),
        "failed": failed if failed and failed.name != "finish-enrolment" else None,
    }
    return render(request, "directory/residents.html", context, status=status)


def _form(cards: dict[str, OrganisationCard], own: str, failed: Failed | None) -> Form:
    """The one reading of a card. A community's own officers find it chosen."""
    here = own if own in cards and cards[own].kind in GROUND else ""
    fields = (
        Field(name="name", label=_("Name on the card"), longest=60),
        Field(
            name="number",
            label=_("Identity number"),
            hint=_("18 characters; it is compared and not kept."),
            longest=40,
        ),
        asking.select("area", _("Community where the person lives"), _communities(cards), value=here),
        Field(
            name="contact",
            label=_("Telephone number or mail address"),
            hint=_("By it the person is known on the portal, after a code."),
            optional=True,
            longest=120,
        ),
    )
    return asking.form("enrol", _("Read a card"), _("Hand it to a colleague"), "id", fields, failed)


def _communities(cards: dict[str, OrganisationCard]) -> list[Group]:
    """By street or town."""
    ground = sorted(
        (card for card in cards.values() if card.kind in GROUND and not card.ended),
        key=lambda card: (card.parent_code, card.code),
    )
    return [
        Group(
            name=shown.organisation_name(cards.get(parent), parent).text,
            choices=tuple(Choice(code=card.code, name=shown.organisation_name(card).text) for card in group),
        )
        for parent, group in groupby(ground, key=lambda card: card.parent_code)
    ]
