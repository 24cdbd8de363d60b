"""take_offer, decline_offer: the centre decides on what another district offers."""

import uuid
from datetime import datetime

from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Invalid, Refused
from pianqu.foundation.verbs import verb
from pianqu.kernels import checkcode
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.casework import services as cases
from pianqu.rooms.partners import queries, rules
from pianqu.rooms.partners.lifecycle import State
from pianqu.rooms.partners.models import Letter, Partner, Transfer
from pianqu.rooms.partners.services.writing import locked_partner, write
from pianqu.rooms.territory import queries as territory

UNSORTED = "unknown"
"""The category of what nobody has sorted yet."""


@verb
def take_offer(*, actor: Actor, transfer_id: uuid.UUID, category: str = "", now: datetime) -> cases.Opened:
    """Take the matter in: it becomes one of ours, with a code and clocks of its own, and the other district is told.

    A place that is none of this district's is kept as words. Raises Absent, Forbidden, Refused where it is decided already.
    """
    rules.check_may_decide(actor)
    transfer, partner = _offered(transfer_id)
    content = queries.offer_of(transfer_id)
    opened = cases.open_case(
        actor=actor,
        words=content.words or _("(no words)"),
        category=_category(category or transfer.category),
        place=_place(content),
        photos=content.photos,
        channel="district",
        now=now,
    )
    transfer.case_id = opened.case_id
    transfer.save(update_fields=["case_id"])
    head = casework.case_head(opened.case_id)
    body = {"reference": checkcode.show(opened.case_code), "due_at": head.due_at.isoformat() if head.due_at else ""}
    write(actor, partner, transfer, "taken", body, now)
    return opened


def _offered(transfer_id: uuid.UUID) -> tuple[Transfer, Partner]:
    """The transfer and its partner, locked in the order in which letters lock them, while it waits for a decision."""
    transfer = Transfer.objects.filter(id=transfer_id, direction="in").first()
    if transfer is None:
        raise Absent("transfer-absent", _("There is no such transfer."))
    partner = locked_partner(transfer.partner_id)
    transfer.refresh_from_db()
    if transfer.state != State.OFFERED:
        raise Refused("offer-decided", _("This offer was decided on or withdrawn already. Nothing was changed."))
    return transfer, partner


def _category(code: str) -> str:
    return code if code in casework.shipped_codes() else UNSORTED


def _place(content: queries.Offer) -> cases.PlaceChoice:
    if content.lon is not None and content.lat is not None:
        placing = territory.placing(code=None, lon=content.lon, lat=content.lat)
        if not placing.trouble:
            return cases.PlaceChoice(lon=content.lon, lat=content.lat, landmark=content.landmark, source="position")
    return cases.PlaceChoice(landmark=content.landmark or None)


@verb
def decline_offer(*, actor: Actor, transfer_id: uuid.UUID, words: str, now: datetime) -> None:
    """Say why the matter is not this district's; its words are destroyed here. Raises Absent, Forbidden, Invalid, Refused."""
    rules.check_may_decide(actor)
    if not words.strip():
        raise Invalid("decline-words", _("Please say why, so that the other district can help who reported it."))
    transfer, partner = _offered(transfer_id)
    write(actor, partner, transfer, "declined", {"words": words.strip()[:2_000]}, now)
    Letter.objects.filter(transfer=transfer, direction="in").update(text="")
