"""What the worker does for territory: on the day on which a grid comes into force its cells get their people."""

from datetime import datetime

from django.utils import timezone

from pianqu.foundation.actor import Actor
from pianqu.rooms.territory import queries, services


def carry_people(*, actor: Actor, now: datetime) -> int:
    """Every grid that came into force since the last time, the earliest first; answers how many cells people left."""
    due = queries.to_carry(on=timezone.localdate(now))
    return sum(services.carry_people(actor=actor, version_id=version_id, now=now) for version_id in due)
