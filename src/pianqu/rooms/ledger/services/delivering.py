"""deliver: readers hear every fact once and in order, in the same transaction as what they make of it."""

import json
import logging
import uuid
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from pianqu.foundation import facts as foundation_facts
from pianqu.foundation.db import fetch, moment_of, uuid_of
from pianqu.foundation.facts import Fact
from pianqu.rooms.ledger import sql
from pianqu.rooms.ledger.models import Cursor

PAGE = 500
KEPT = 8
_said = logging.getLogger("pianqu.ledger")


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


class Pages:
    """Pages that several readers hear one after the other are read once. To be forgotten soon: an erasure may have come since."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[int, int], list[Heard]] = OrderedDict()

    def forget(self) -> None:
        """Read everything anew."""
        self._kept.clear()

    def page(self, after: int, size: int) -> list[Heard]:
        """At most `size` facts from position `after` on. What has a position never changes it, so the range says what is kept."""
        end = min(after + size, fetch(sql.end_of_positions())[0][0])
        if after >= end:
            return []
        heard = self._kept.get((after, end))
        if heard is None:
            heard = self._kept[after, end] = [_heard(*row) for row in fetch(sql.page(after, end))]
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return heard


def deliver(*, reader: str, to: Callable[[Sequence[Heard]], None], page: int = PAGE, pages: Pages | None = None) -> int:
    """Give `reader` its next page of facts; answers how many. The cursor moves in the reader's own transaction,
    so a crash repeats the page and nothing is heard twice or never. `pages` are shared with other readers."""
    with transaction.atomic():
        Cursor.objects.get_or_create(reader=reader)
        cursor = Cursor.objects.select_for_update().get(reader=reader)
        heard = (pages or Pages()).page(cursor.heard, page)
        if heard:
            to(heard)
            cursor.heard = heard[-1].position + 1
            cursor.save(update_fields=["heard"])
    return len(heard)


def pass_over(*, reader: str, facts: Sequence[Heard]) -> None:
    """Note facts of which `reader` can make nothing, for instance because what they are about is not here: it goes on with the
    next, and `pianqu status` tells how many there were. To be called while it hears them, so that a crash counts none twice."""
    if not facts:
        return
    Cursor.objects.filter(reader=reader).update(passed_over=F("passed_over") + len(facts))
    _said.warning(
        "%s passed over what is about nothing that is here: %s in number, the first %s (entry %s).",
        reader,
        len(facts),
        facts[0].kind,
        facts[0].entry_id,
    )


def replay(*, reader: str, forget: Callable[[], None]) -> None:
    """Let `reader` hear everything again: `forget` removes the derived rows that it made; sent things stay sent."""
    with transaction.atomic():
        Cursor.objects.filter(reader=reader).update(heard=0, passed_over=0)
        forget()


def _heard(
    position: int, entry_id: Any, kind: str, subject: str, code: str, recorded_at: Any, payload: bytes | None
) -> Heard:
    """One row of sql.page."""
    fact = None
    if payload is not None:
        own = json.loads(bytes(payload))["fact"]
        fact = foundation_facts.revive(kind, subject=subject, organisation_code=code, own=own)
    return Heard(
        position=position,
        entry_id=uuid_of(entry_id),
        kind=kind,
        subject=subject,
        organisation_code=code,
        recorded_at=moment_of(recorded_at),
        fact=fact,
        erased=payload is None,
    )
