"""The desk's own verbs: lists that a post keeps, and one shift handing over to the next."""

import uuid
from datetime import datetime

from django.db import IntegrityError
from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Invalid, Refused
from pianqu.foundation.ids import new_id
from pianqu.foundation.verbs import TryAgain, verb
from pianqu.kernels import words as kernel
from pianqu.rooms.casework import queries, rules
from pianqu.rooms.casework.facts import FilterDropped, FilterSaved, ShiftHandedOver, ShiftTakenOver
from pianqu.rooms.casework.models import Handover, SavedFilter
from pianqu.rooms.casework.services.steps import said
from pianqu.rooms.ledger import services as ledger

MOST_FILTERS = 12
LONGEST_NAME = 24
LONGEST_QUERY = 300


@verb
def save_filter(*, actor: Actor, name: str, query: str, now: datetime) -> uuid.UUID:
    """Keep a list under a name; the same name again keeps the new one. Raises Invalid without name or filter, or for too many."""
    rules.check_in_post(actor)
    called = kernel.clean(name)[:LONGEST_NAME]
    if not called:
        raise Invalid("filter-name", _("Please give the list a name. Nothing was kept yet."))
    if not query or len(query) > LONGEST_QUERY:
        raise Invalid("filter-empty", _("Please filter the list first: everything needs no name."))
    own = SavedFilter.objects.filter(post_id=actor.post_id)
    kept = own.filter(name=called).first()
    if kept is None and own.count() >= MOST_FILTERS:
        raise Invalid("filter-many", _("Twelve lists are kept already. Please drop one first."))
    row = kept or SavedFilter(id=new_id(), post_id=actor.post_id or "", name=called)
    row.query = query
    row.save()
    _tell(actor, FilterSaved, row, now)
    return row.id


@verb
def drop_filter(*, actor: Actor, filter_id: uuid.UUID, now: datetime) -> None:
    """Keep it no longer. Raises Absent for a list that this post does not have."""
    rules.check_in_post(actor)
    row = SavedFilter.objects.filter(id=filter_id, post_id=actor.post_id).first()
    if row is None:
        raise Absent("filter-absent", _("There is no such list."))
    _tell(actor, FilterDropped, row, now)
    row.delete()


def _tell(actor: Actor, fact: type[FilterSaved] | type[FilterDropped], row: SavedFilter, now: datetime) -> None:
    told = fact(subject=f"post:{actor.post_id}", organisation_code=actor.organisation_code, filter_id=str(row.id))
    ledger.record([told], actor=actor, now=now)


@verb
def hand_over_shift(*, actor: Actor, words: str = "", now: datetime) -> uuid.UUID:
    """Leave the shift to the next one, with the counts as they are. Raises Refused while the last one was not taken over."""
    rules.check_may_shift(actor)
    if Handover.objects.filter(organisation_code=actor.organisation_code, taken_at=None).exists():
        raise Refused("handover-open", _("The last hand-over was not taken over yet. Nothing was changed."))
    standing, why = queries.standing_for(actor, now=now), said(words, needed=False)
    counts = {name: getattr(standing, name) for name in ("waiting", "handled", "overdue", "soon", "answered")}
    row = Handover(
        id=new_id(),
        organisation_code=actor.organisation_code,
        words=why.text,
        salt=why.salt,
        by_post=actor.post_id or "",
        by_account=uuid.UUID(actor.account_id or ""),
        handed_at=now,
        **counts,
    )
    try:
        row.save(force_insert=True)
    except IntegrityError as error:
        raise TryAgain("a colleague handed over in this moment") from error
    fact = ShiftHandedOver(
        subject=f"shift:{row.id}",
        organisation_code=actor.organisation_code,
        handover_id=str(row.id),
        words_commitment=why.commitment,
        **counts,
    )
    ledger.record([fact], actor=actor, now=now)
    return row.id


@verb
def take_over_shift(*, actor: Actor, handover_id: uuid.UUID, now: datetime) -> None:
    """Say that one has read it. Raises Refused for one's own words or what a colleague took over already."""
    rules.check_may_shift(actor)
    own = Handover.objects.select_for_update().filter(organisation_code=actor.organisation_code)
    row = own.filter(id=handover_id).first()
    if row is None:
        raise Absent("handover-absent", _("There is no such hand-over."))
    if row.taken_at is not None:
        raise Refused("handover-taken", _("A colleague took it over already. Nothing was changed."))
    if str(row.by_account) == actor.account_id:
        raise Refused("handover-own", _("Who comes next takes it over, not who handed it over."))
    row.taken_by_post, row.taken_by_account = actor.post_id or "", uuid.UUID(actor.account_id or "")
    row.taken_at = max(now, row.handed_at)
    row.save()
    fact = ShiftTakenOver(subject=f"shift:{row.id}", organisation_code=actor.organisation_code, handover_id=str(row.id))
    ledger.record([fact], actor=actor, now=now)
