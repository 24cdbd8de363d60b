"""Bulk acts as their post sees them, and which of them have to be gone on with."""

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count
from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent
from pianqu.kernels import checkcode
from pianqu.rooms.casework.models import BulkAct, BulkItem
from pianqu.rooms.casework.queries.cases import CaseRow, rows_for
from pianqu.rooms.casework.queries.seen import one_seen_by

BULK_WAITS, BULK_DONE, BULK_REFUSED, BULK_CANCELLED = "waiting", "done", "refused", "cancelled"
LATEST = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkCard:
    """A bulk act, and how far it is."""

    bulk_id: uuid.UUID
    act: str
    planned_at: datetime
    begins_at: datetime
    ended_at: datetime | None
    undone: bool
    total: int
    done: int
    refused: int
    cancelled: int

    @property
    def waiting(self) -> int:
        return self.total - self.done - self.refused - self.cancelled


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkRefusal:
    """Why some matters could not be done: one sentence for all that share it."""

    sentence: str
    codes: tuple[str, ...]


def bulk_acts_of(actor: Actor) -> tuple[BulkCard, ...]:
    """The latest ones of the actor's post."""
    rows = BulkAct.objects.filter(post_id=actor.acting_post_id or "-").order_by("-planned_at", "-id")[:LATEST]
    return _cards(list(rows))


def bulk_act_of(actor: Actor, bulk_id: uuid.UUID) -> tuple[BulkCard, tuple[BulkRefusal, ...]]:
    """One of them, with its refusals by reason. Raises Absent for another post's."""
    row = BulkAct.objects.filter(post_id=actor.acting_post_id or "-", id=bulk_id).first()
    if row is None:
        raise Absent("bulk-absent", _("There is no such act on many matters."))
    refused = BulkItem.objects.filter(bulk_id=bulk_id, state=BULK_REFUSED).order_by("order")
    return _cards([row])[0], grouped(list(refused.values_list("sentence", "case__code")))


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkWhole:
    """What a bulk act is: its codes, its words while they are kept, and its matters in their order as far as they are seen."""

    values: Mapping[str, str]
    words: str
    matters: tuple[CaseRow, ...]


def bulk_whole(actor: Actor, bulk_id: uuid.UUID) -> BulkWhole:
    """What is to be done, or was, and with which matters. Raises Absent for another post's."""
    row = BulkAct.objects.filter(post_id=actor.acting_post_id or "-", id=bulk_id).first()
    if row is None:
        raise Absent("bulk-absent", _("There is no such act on many matters."))
    ids = list(BulkItem.objects.filter(bulk=row).order_by("order").values_list("case_id", flat=True))
    seen = rows_for(actor, ids)
    return BulkWhole(values=row.values, words=row.words, matters=tuple(seen[one] for one in ids if one in seen))


def grouped(refused: Sequence[tuple[str, str]]) -> tuple[BulkRefusal, ...]:
    """Refusals by sentence, what is most frequent first."""
    codes: dict[str, list[str]] = {}
    for sentence, code in refused:
        codes.setdefault(sentence, []).append(checkcode.show(code) if code else "-")
    most = Counter({sentence: len(found) for sentence, found in codes.items()}).most_common()
    return tuple(BulkRefusal(sentence=sentence, codes=tuple(codes[sentence])) for sentence, _n in most)


def bulk_acts_due(*, now: datetime) -> tuple[uuid.UUID, ...]:
    """Those whose undo window is over and that have not ended, the oldest first."""
    due = BulkAct.objects.filter(ended_at=None, begins_at__lte=now).order_by("begins_at", "id")
    return tuple(due.values_list("id", flat=True))


def bulk_items_waiting(bulk_id: uuid.UUID) -> tuple[int, ...]:
    """Items that had no turn yet, in their order."""
    waiting = BulkItem.objects.filter(bulk_id=bulk_id, state=BULK_WAITS).order_by("order")
    return tuple(waiting.values_list("id", flat=True))


def codes_seen(actor: Actor, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Those of the matters that the actor may see, with their codes."""
    return dict(one_seen_by(actor).filter(id__in=ids).values_list("id", "code"))


def _cards(rows: Sequence[BulkAct]) -> tuple[BulkCard, ...]:
    """The cards, their items counted in one statement."""
    counts: dict[uuid.UUID, dict[str, int]] = {row.id: {} for row in rows}
    found = BulkItem.objects.filter(bulk__in=list(counts)).order_by().values_list("bulk_id", "state")
    for bulk_id, state, n in found.annotate(n=Count("id")):
        counts[bulk_id][state] = n
    return tuple(_card(row, counts[row.id]) for row in rows)


def _card(row: BulkAct, counts: Mapping[str, int]) -> BulkCard:
    return BulkCard(
        bulk_id=row.id,
        act=row.act,
        planned_at=row.planned_at,
        begins_at=row.begins_at,
        ended_at=row.ended_at,
        undone=row.undone,
        total=sum(counts.values()),
        done=counts.get(BULK_DONE, 0),
        refused=counts.get(BULK_REFUSED, 0),
        cancelled=counts.get(BULK_CANCELLED, 0),
    )
