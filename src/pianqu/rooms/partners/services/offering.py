"""offer_case, withdraw_offer: a matter that lies elsewhere is given to who has it."""

import uuid
from datetime import datetime
from typing import Any

from django.db import IntegrityError
from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Invalid, Refused
from pianqu.foundation.ids import new_id
from pianqu.foundation.verbs import verb
from pianqu.kernels import letter as kernel
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.casework import services as cases
from pianqu.rooms.partners import rules
from pianqu.rooms.partners.lifecycle import LIVE, State
from pianqu.rooms.partners.models import Partner, Transfer
from pianqu.rooms.partners.queries import encoded
from pianqu.rooms.partners.services.writing import locked_partner, write

LONGEST = 2_000
MOST_ADDITIONS = 20
"""Later words that go with an offer; each has 5 000 characters at most."""


@verb
def offer_case(
    *, actor: Actor, case_id: uuid.UUID, partner_id: uuid.UUID, words: str = "", with_photos: bool = True, now: datetime
) -> uuid.UUID:
    """Offer an open matter to a partner: its words, place and photos leave, never the contact; answers the transfer's id.

    `words` is what their people should know. Who reported it goes on being answered here.
    Raises Absent, Forbidden, Invalid, Refused.
    """
    casework.check_sees(actor, case_id)
    holder = casework.holders([case_id])[case_id]
    rules.check_may_offer(actor, holder)
    card = casework.case_for(actor, case_id)
    if card.state not in casework.OPEN:
        raise Refused("offer-ended", _("This matter has been answered or has ended. Nothing was sent."))
    if len(words) > LONGEST:
        raise Invalid("offer-words", _("Please say it in at most 2,000 characters."))
    partner = _living(partner_id)
    _check_fits(partner, card.category)
    _check_not_given(case_id, partner)
    transfer = _made(partner, card, now)
    write(actor, partner, transfer, "offered", _content(actor, card, words.strip(), with_photos), now)
    told = _("This matter was offered to %(name)s, where it belongs. The answer comes here all the same.")
    cases.note_case(actor=actor, case_id=case_id, words=told % {"name": partner.name}, for_reporter=True, now=now)
    return transfer.id


def _made(partner: Partner, card: casework.CaseCard, now: datetime) -> Transfer:
    """The new transfer. Raises Refused where a colleague was quicker: then it lies with another system in this moment."""
    try:
        return Transfer.objects.create(
            id=new_id(),
            partner=partner,
            direction="out",
            state=str(State.OFFERED),
            case_id=card.case_id,
            category=card.category,
            offered_at=now,
            changed_at=now,
        )
    except IntegrityError as error:
        raise _twice() from error


def _twice() -> Refused:
    return Refused("offer-twice", _("This matter lies with another system already. Nothing was sent."))


def _living(partner_id: uuid.UUID) -> Partner:
    if not Partner.objects.filter(id=partner_id, dropped_at=None).exists():
        raise Absent("partner-absent", _("There is no such system, or nothing is exchanged with it any more."))
    return locked_partner(partner_id)


def _check_fits(partner: Partner, category: str) -> None:
    if partner.kind == "open311" and category not in partner.services:
        sentence = _("%(name)s has no service for matters of this kind. An administrator can say which one it is.")
        raise Refused("offer-no-service", sentence % {"name": partner.name})


def _check_not_given(case_id: uuid.UUID, partner: Partner) -> None:
    """Raise Refused where it is elsewhere already, or came from just this partner: it would go round in a circle."""
    live = Transfer.objects.filter(case_id=case_id, state__in=[str(one) for one in LIVE])
    if live.filter(direction="out").exists():
        raise _twice()
    if live.filter(direction="in", partner__origin=partner.origin).exclude(partner__origin="").exists():
        raise Refused(
            "offer-back", _("This matter came from there. Decline it or answer it instead of sending it back.")
        )


def _content(actor: Actor, card: casework.CaseCard, words: str, with_photos: bool) -> dict[str, Any]:
    photos = card.photos if with_photos else ()
    return {
        "reference": card.shown_code,
        "category": card.category,
        "words": card.words,
        "note": words,
        "landmark": card.landmark,
        "lon_e7": kernel.scaled(card.lon),
        "lat_e7": kernel.scaled(card.lat),
        "opened_at": card.opened_at.isoformat(),
        "additions": [one.words for one in card.additions if one.words][:MOST_ADDITIONS],
        "photos": encoded(casework.photo_for(actor, one.photo_id).content for one in photos),
    }


@verb
def withdraw_offer(*, actor: Actor, transfer_id: uuid.UUID, words: str = "", now: datetime) -> None:
    """Take a matter back that another system has. Raises Absent, Forbidden, Refused where it is there no longer."""
    transfer = Transfer.objects.filter(id=transfer_id, direction="out").first()
    if transfer is None or transfer.case_id is None:
        raise Absent("transfer-absent", _("There is no such transfer."))
    casework.check_sees(actor, transfer.case_id)
    rules.check_may_offer(actor, casework.holders([transfer.case_id])[transfer.case_id])
    partner = locked_partner(transfer.partner_id)
    transfer.refresh_from_db()
    if transfer.state not in (State.OFFERED, State.TAKEN):
        raise Refused("transfer-over", _("The other system does not have this matter any more. Nothing was changed."))
    write(actor, partner, transfer, "withdrawn", {"words": words.strip()[:LONGEST]}, now)
