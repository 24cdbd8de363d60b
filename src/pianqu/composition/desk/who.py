"""Who asks, and how organisations are called, for the desk's pages of composition."""

import uuid

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from pianqu.foundation.actor import CHOSEN_POST, Actor
from pianqu.foundation.errors import Forbidden
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.directory.queries import OrganisationCard


def administrator(request: HttpRequest) -> Actor:
    """The post in which somebody may change the directory. Raises Forbidden."""
    actor = colleague(request)
    if not directory.may_change_directory(actor):
        sentence = _("Only the district's administrators may change the directory. Nothing was changed.")
        raise Forbidden("directory-forbidden", sentence)
    return actor


def colleague(request: HttpRequest) -> Actor:
    """The post in which the signed-in person acts. Raises Forbidden where there is none."""
    account_id = uuid.UUID(str(request.user.pk))
    actor = directory.acting(account_id, request.session.get(CHOSEN_POST, ""), timezone.now())
    if actor is None:
        raise Forbidden("no-post", _("You are signed in, but you hold no post here."))
    return actor


def in_english() -> bool:
    return (get_language() or "").startswith("en")


def called(card: OrganisationCard | None, code: str) -> str:
    """How an organisation is called in the reader's language; its code where nobody knows it."""
    if card is None:
        return code
    return card.name_en if in_english() and card.name_en else card.short_name
