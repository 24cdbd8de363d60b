"""Makes what planning needs by calling the verbs."""

import uuid
from datetime import UTC, datetime

from pianqu.foundation.actor import Actor
from pianqu.foundation.ids import new_id
from pianqu.foundation.models import Account
from pianqu.rooms.directory import services as directory
from pianqu.rooms.planning import services
from pianqu.rooms.territory.tests.builders import CENTRE, SYSTEM, small_district

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
DISTRICT = "330205"

__all__ = ["CENTRE", "DISTRICT", "NOW", "SYSTEM", "asked_run", "post", "small_district"]


def post(organisation_code: str = CENTRE, kind: str = "leader") -> Actor:
    """Somebody in a post there."""
    person = Account(id=new_id(), login=f"{organisation_code}-{kind}-{new_id().hex[-6:]}", name="某人", password="!")
    person.save()
    held = directory.appoint(
        actor=SYSTEM, account_id=person.id, organisation_code=organisation_code, kind=kind, title=kind, now=NOW
    )
    return Actor(
        kind="post",
        account_id=str(person.id),
        post_id=str(held),
        organisation_code=organisation_code,
        reads_only=kind == "auditor",
    )


def asked_run(subject_id: uuid.UUID | None = None, *, kind: str = "plan", now: datetime = NOW) -> uuid.UUID:
    """A computation that waits."""
    return services.ask_run(actor=SYSTEM, kind=kind, subject_id=subject_id or new_id(), asked={}, now=now)
