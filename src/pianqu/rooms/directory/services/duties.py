"""put_on_duty, take_off_duty: rosters round the clock."""

import uuid
from datetime import datetime

from django.db.models import F
from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Refused
from pianqu.foundation.ids import new_id
from pianqu.foundation.verbs import verb
from pianqu.rooms.directory import rules
from pianqu.rooms.directory.facts import PutOnDuty, TakenOffDuty
from pianqu.rooms.directory.models import Duty
from pianqu.rooms.directory.services.parts import check_span, held, living
from pianqu.rooms.ledger import services as ledger


@verb
def put_on_duty(
    *,
    actor: Actor,
    post_id: uuid.UUID,
    organisation_code: str,
    starts: datetime,
    ends: datetime,
    now: datetime,
) -> uuid.UUID:
    """Give a post hours of duty for an organisation, also across midnight; answers the duty's id.

    Raises Refused where the same person has duty then already, anywhere.
    """
    rules.check_may_manage(actor, organisation_code)
    post, organisation = held(post_id), living(organisation_code)
    check_span(starts, ends)
    then = Duty.objects.filter(post__account_id=post.account_id, starts__lt=ends, ends__gt=starts)
    if then.exists():
        raise Refused("duty-double", _("This person has duty at that time already. Nothing was changed."))
    row = Duty.objects.create(id=new_id(), post=post, organisation=organisation, starts=starts, ends=ends)
    told = PutOnDuty(
        subject=f"duty:{row.id}",
        organisation_code=organisation_code,
        duty_id=str(row.id),
        post_id=str(post_id),
        starts=starts.isoformat(),
        ends=ends.isoformat(),
    )
    ledger.record([told], actor=actor, now=now)
    return row.id


@verb
def take_off_duty(*, actor: Actor, duty_id: uuid.UUID, now: datetime) -> None:
    """End hours of duty now; those that have not begun never do. Raises Absent where they are over."""
    row = Duty.objects.select_related("organisation").filter(id=duty_id, ends__gt=now).exclude(ends=F("starts")).first()
    if row is None:
        raise Absent("duty-absent", _("There is no such duty any more."))
    rules.check_may_manage(actor, row.organisation.code)
    row.ends = max(now, row.starts)
    row.save(update_fields=["ends"])
    told = TakenOffDuty(
        subject=f"duty:{row.id}",
        organisation_code=row.organisation.code,
        duty_id=str(row.id),
        post_id=str(row.post_id),
        ends=row.ends.isoformat(),
    )
    ledger.record([told], actor=actor, now=now)
