"""deliver: readers hear every fact once and in order, in the same transaction as what they make of it."""

import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from pianqu.foundation import facts as foundation_facts
from pianqu.foundation.facts import Fact
from pianqu.rooms.ledger.models import Cursor, Position, Secret

PAGE = 500


@dataclass(frozen=True, slots=True)
class Heard:
    """One entry as a reader gets it. `fact` is None where the payload was erased or the kind is no longer known."""

    position: int
    entry_id: uuid.UUID
    kind: str
    subject: str
    organisation_code: str
    recorded_at: datetime
    fact: Fact | None
    erased: bool


def deliver(*, reader: str, to: Callable[[Sequence[Heard]], None], page: int = PAGE) -> int:
    """Give `reader` its next page of facts; answers how many. The cursor moves in the reader's own transaction,
    so a crash repeats the page and nothing is heard twice or never."""
    with transaction.atomic():
        Cursor.objects.get_or_create(reader=reader)
        cursor = Cursor.objects.select_for_update().get(reader=reader)
        heard = _page(cursor.heard, page)
        if heard:
            to(heard)
            cursor.heard = heard[-1].position + 1
            cursor.save(update_fields=["heard"])
    return len(heard)


def replay(*, reader: str, forget: Callable[[], None]) -> None:
    """Let `reader` hear everything again: `forget` removes the derived rows that it made; sent things stay sent."""
    with transaction.atomic():
        Cursor.objects.filter(reader=reader).update(heard=0)
        forget()


def _page(after: int, size: int) -> list[Heard]:
    rows = list(
        Position.objects.filter(position__gte=after, position__lt=after + size)
        .select_related("entry")
        .order_by("position")
    )
    secrets = Secret.objects.in_bulk([row.entry_id for row in rows])
    return [_heard(row, secrets.get(row.entry_id)) for row in rows]


def _heard(row: Position, secret: Secret | None) -> Heard:
    entry = row.entry
    fact = None
    if secret is not None:
        own = json.loads(bytes(secret.payload))["fact"]
        fact = foundation_facts.revive(
            entry.kind, subject=entry.subject, organisation_code=entry.organisation_code, own=own
        )
    return Heard(
        position=row.position,
        entry_id=entry.id,
        kind=entry.kind,
        subject=entry.subject,
        organisation_code=entry.organisation_code,
        recorded_at=entry.recorded_at,
        fact=fact,
        erased=secret is None,
    )
