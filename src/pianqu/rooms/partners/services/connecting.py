"""add_district, add_server, drop_partner: with which other systems matters are exchanged."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import SplitResult

from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.crypto import encrypt
from pianqu.foundation.errors import Invalid, Refused
from pianqu.foundation.ids import new_id
from pianqu.foundation.verbs import verb
from pianqu.kernels import letter as kernel
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.ledger import queries as ledger_questions
from pianqu.rooms.ledger import services as ledger
from pianqu.rooms.partners import queries, rules
from pianqu.rooms.partners.facts import PartnerAdded, PartnerDropped
from pianqu.rooms.partners.models import Partner

MOST_ORIGIN = 120
"""Letters of the name of another district's ledger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewServer:
    """An Open311 server: where it is, and which of its services stands for which of our categories."""

    name: str
    url: str
    api_key: str = ""
    jurisdiction: str = ""
    services: Mapping[str, str] = field(default_factory=dict)
    takes_updates: bool = False


@verb
def add_district(*, actor: Actor, url: str, card: kernel.Card, fingerprint: str, now: datetime) -> uuid.UUID:
    """Connect a district by the card that it showed at its address, once its key was compared by another way.

    `fingerprint` is what the other district's people said. Raises Forbidden, Invalid, Refused where it is connected already.
    """
    rules.check_may_connect(actor)
    parts = queries.checked_url(url)
    if _digits(fingerprint) != _digits(card.fingerprint):
        sentence = _("These are not the digits of this district's key. Ask its people to read them to you once more.")
        raise Invalid("fingerprint-differs", sentence)
    if len(card.origin) > MOST_ORIGIN:
        sentence = _("The name of this district's ledger is longer than %(most)s letters. Nothing was changed.")
        raise Invalid("partner-origin", sentence % {"most": MOST_ORIGIN})
    if card.origin == ledger_questions.log().origin:
        raise Invalid("partner-is-here", _("This is the address of this installation itself."))
    if Partner.objects.filter(origin=card.origin, dropped_at=None).exists():
        raise Refused("partner-known", _("This district is connected already. Nothing was changed."))
    # who comes back is the same partner: its numbers go on, and what waited for it leaves
    partner = Partner.objects.filter(origin=card.origin).first() or Partner(
        id=new_id(), kind="district", origin=card.origin, added_at=now
    )
    partner.name, partner.url, partner.vkey = card.name_zh[:60], url.strip().rstrip("/"), card.vkey
    partner.dropped_at = None
    return _add(actor, partner, parts, now)


@verb
def add_server(*, actor: Actor, server: NewServer, now: datetime) -> uuid.UUID:
    """Connect an Open311 server. Raises Forbidden, Invalid."""
    rules.check_may_connect(actor)
    parts = queries.checked_url(server.url)
    if not server.name.strip():
        raise Invalid("partner-name", _("Please give the other system a name."))
    if not server.services or set(server.services) - casework.known_codes():
        raise Invalid("partner-services", _("Please say for at least one category which service of theirs it is."))
    if any(not code.strip() or len(code) > 120 for code in server.services.values()):
        raise Invalid("partner-services", _("A service's code has 1 to 120 characters."))
    partner_id = new_id()
    key = server.api_key.strip()
    return _add(
        actor,
        Partner(
            id=partner_id,
            kind="open311",
            name=server.name.strip()[:60],
            url=server.url.strip().rstrip("/"),
            sealed_key=encrypt(key, table="partners_partner", column="sealed_key", row=str(partner_id)) if key else "",
            jurisdiction=server.jurisdiction.strip()[:120],
            services={code: service.strip() for code, service in server.services.items()},
            takes_updates=server.takes_updates,
            added_at=now,
        ),
        parts,
        now,
    )


def _add(actor: Actor, partner: Partner, parts: SplitResult, now: datetime) -> uuid.UUID:
    partner.save()
    fact = PartnerAdded(
        subject=f"partner:{partner.id}",
        organisation_code=actor.organisation_code,
        partner_id=str(partner.id),
        partner_kind=partner.kind,
        host=parts.hostname or "",
        origin=partner.origin,
        vkey=partner.vkey,
    )
    ledger.record([fact], actor=actor, now=now)
    return partner.id


def _digits(text: str) -> str:
    return "".join(sign for sign in text if sign.isdigit())


@verb
def drop_partner(*, actor: Actor, partner_id: uuid.UUID, now: datetime) -> None:
    """Exchange nothing with it any more; what waits leaves only if it is connected again.

    Raises Forbidden, Refused where that is so already.
    """
    rules.check_may_connect(actor)
    row = Partner.objects.select_for_update().filter(id=partner_id, dropped_at=None).first()
    if row is None:
        raise Refused("partner-gone", _("Nothing is exchanged with this system already. Nothing was changed."))
    row.dropped_at = now
    row.save(update_fields=["dropped_at"])
    fact = PartnerDropped(
        subject=f"partner:{partner_id}", organisation_code=actor.organisation_code, partner_id=str(partner_id)
    )
    ledger.record([fact], actor=actor, now=now)
