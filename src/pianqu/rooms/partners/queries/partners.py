"""With whom matters are exchanged, and how that goes."""

import uuid
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Count, Q

from pianqu.foundation.actor import Actor
from pianqu.kernels import letter as kernel
from pianqu.rooms.partners import rules
from pianqu.rooms.partners.models import Partner, Posting, Transfer, Watch


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerCard:
    """Another system, with how many letters wait to leave and what keeps the first of them."""

    partner_id: uuid.UUID
    kind: str
    name: str
    url: str
    origin: str
    fingerprint: str
    services: dict[str, str]
    takes_updates: bool
    has_key: bool
    jurisdiction: str
    added_at: datetime
    given: int
    """Matters that went there."""
    taken: int
    """Matters that came from there."""
    waiting: int
    trouble: str
    tries: int
    next_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What keeps letters to one partner, or the look after one matter."""

    outcome: str
    tries: int
    next_at: datetime


def check_may_connect(actor: Actor) -> None:
    """Raise Forbidden for who does not answer for the installation: such a one asks nobody outside either."""
    rules.check_may_connect(actor)


def partners_for(actor: Actor) -> tuple[PartnerCard, ...]:
    """The connected systems; where they are and how that goes for the centre and the administrators. Four statements."""
    rows = Partner.objects.filter(dropped_at=None).order_by("kind", "name", "id")
    if not (rules.may_see_all(actor) or rules.may_connect(actor)):
        return tuple(_named(row) for row in rows)
    counts = {
        partner_id: (given, taken)
        for partner_id, given, taken in Transfer.objects.order_by()
        .values_list("partner_id")
        .annotate(given=Count("id", filter=Q(direction="out")), taken=Count("id", filter=Q(direction="in")))
    }
    waiting = dict(
        Posting.objects.filter(state="waiting").order_by().values_list("partner_id").annotate(Count("letter_id"))
    )
    return tuple(_card(row, counts, waiting, troubles_for()) for row in rows)


def _named(row: Partner) -> PartnerCard:
    """What everybody at a desk may know of it."""
    whole = _card(row, {}, {}, {})
    return replace(whole, url="", origin="", fingerprint="", services={}, jurisdiction="", has_key=False)


def _card(
    row: Partner,
    counts: dict[uuid.UUID, tuple[int, int]],
    waiting: dict[uuid.UUID, int],
    troubles: dict[uuid.UUID, Trouble],
) -> PartnerCard:
    given, taken = counts.get(row.id, (0, 0))
    trouble = troubles.get(row.id)
    return PartnerCard(
        partner_id=row.id,
        kind=row.kind,
        name=row.name,
        url=row.url,
        origin=row.origin,
        fingerprint=kernel.fingerprint(row.vkey) if row.vkey else "",
        services=dict(row.services),
        takes_updates=row.takes_updates,
        has_key=bool(row.sealed_key),
        jurisdiction=row.jurisdiction,
        added_at=row.added_at,
        given=given,
        taken=taken,
        waiting=waiting.get(row.id, 0),
        trouble=trouble.outcome if trouble else "",
        tries=trouble.tries if trouble else 0,
        next_at=trouble.next_at if trouble else None,
    )


def troubles_for() -> dict[uuid.UUID, Trouble]:
    """Partner → what keeps its first letter, or the look after one of its matters. Two statements."""
    found: dict[uuid.UUID, Trouble] = {}
    watched = Watch.objects.filter(tries__gt=0).values_list("transfer__partner_id", "outcome", "tries", "next_at")
    stuck = Posting.objects.filter(state="waiting", tries__gt=0).order_by("-number")
    for partner_id, outcome, tries, next_at in (
        *watched,
        *stuck.values_list("partner_id", "outcome", "tries", "next_at"),
    ):
        found[partner_id] = Trouble(outcome=outcome, tries=tries, next_at=next_at)
    return found
