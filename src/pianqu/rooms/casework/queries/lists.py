"""Lists of matters that an organisation took in, and which rows of them are matters already."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.crypto import decrypt
from pianqu.foundation.errors import Absent
from pianqu.kernels import checkcode
from pianqu.rooms.casework.models import CaseList, CaseListItem
from pianqu.rooms.casework.queries.seen import seen_by

LIST_TABLE, LIST_COLUMN = "casework_caselist", "sealed"
LATEST_LISTS, AT_ONCE = 20, 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ListCard:
    """A list, and what came of it. While it is not taken in, its figures but `rows` are still to be found."""

    list_id: uuid.UUID
    source: str
    rows: int
    taken: int
    before: int
    wrong: int
    sent_at: datetime
    taken_at: datetime | None
    expires_at: datetime | None
    """Until when rows of it are kept; nothing where there are none any more."""
    is_own: bool
    """Whether the actor's post sent it: nobody else reads its rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FromList:
    """Where a matter came from when it came with a list."""

    source: str
    number: str
    happened_date: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListResult:
    """What became of a row that was taken in, for whoever sent the list: told by their own number."""

    line: int
    number: str
    happened_date: date | None
    code: str
    state: str
    lead_code: str
    opened_at: datetime
    due_at: datetime | None
    resolved_at: datetime | None
    score: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """A row that is a matter already."""

    code: str
    mark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlikeList:
    """A list under another name of which some rows say the same."""

    source: str
    sent_at: datetime
    rows: int


def lists_of(actor: Actor) -> tuple[ListCard, ...]:
    """The latest lists of the actor's organisation. One statement."""
    rows = CaseList.objects.filter(organisation_code=actor.organisation_code).order_by("-sent_at", "-id")
    return tuple(_card(row, actor) for row in rows.defer("sealed")[:LATEST_LISTS])


def list_of(actor: Actor, list_id: uuid.UUID) -> ListCard:
    """One list of the actor's post. Raises Absent."""
    return _card(own_list(actor, list_id, CaseList.objects.all()), actor)


def list_rows(actor: Actor, list_id: uuid.UUID) -> str:
    """What is kept of its rows, opened; empty where nothing is. Raises Absent."""
    row = own_list(actor, list_id, CaseList.objects.all())
    return decrypt(row.sealed, table=LIST_TABLE, column=LIST_COLUMN, row=str(row.id)) if row.sealed else ""


def list_results(actor: Actor, list_id: uuid.UUID) -> tuple[ListResult, ...]:
    """What became of the rows of a list of the actor's post, as far as the actor sees it. Raises Absent. Two statements."""
    row = own_list(actor, list_id, CaseList.objects.defer("sealed"))
    items = CaseListItem.objects.filter(list=row, case__in=seen_by(actor)).order_by("line")
    columns = ("line", "number", "happened_date", *(f"case__{name}" for name in _OF_CASE))
    return tuple(
        ListResult(
            line=line,
            number=number,
            happened_date=day,
            code=checkcode.show(code),
            **dict(zip(_OF_CASE[1:], told, strict=True)),
        )
        for line, number, day, code, *told in items.values_list(*columns)
    )


_OF_CASE = ("code", "state", "lead_code", "opened_at", "due_at", "resolved_at", "score")


def listed_before(keys: Collection[str]) -> dict[str, Before]:
    """Those of these keys under which a row became a matter."""
    wanted, found = list(keys), {}
    for at in range(0, len(wanted), AT_ONCE):
        rows = CaseListItem.objects.filter(key__in=wanted[at : at + AT_ONCE]).values_list("key", "case__code", "mark")
        found.update({key: Before(code=checkcode.show(code), mark=mark) for key, code, mark in rows})
    return found


def lists_alike(actor: Actor, marks: Collection[str], *, source: str) -> tuple[AlikeList, ...]:
    """The latest lists of the actor's organisation under another name with rows of these marks, most of them first."""
    rows = CaseList.objects.filter(organisation_code=actor.organisation_code, taken__gt=0).order_by("-sent_at", "-id")
    others = {
        list_id: (name, sent_at)
        for list_id, name, sent_at in rows.values_list("id", "source", "sent_at")[:LATEST_LISTS]
        if name.casefold() != source.casefold()
    }
    wanted, counts = list(marks), dict.fromkeys(others, 0)
    for at in range(0, len(wanted) if others else 0, AT_ONCE):
        items = CaseListItem.objects.filter(list__in=others, mark__in=wanted[at : at + AT_ONCE]).order_by()
        for list_id, count in items.values_list("list_id").annotate(Count("id")):
            counts[list_id] += count
    found = [
        AlikeList(source=name, sent_at=sent_at, rows=counts[list_id])
        for list_id, (name, sent_at) in others.items()
        if counts[list_id]
    ]
    return tuple(sorted(found, key=lambda one: (-one.rows, one.source)))


def from_list(case_id: uuid.UUID) -> FromList | None:
    """The list with which a matter came; the caller has made sure that the actor sees the matter."""
    rows = CaseListItem.objects.filter(case_id=case_id).values_list("list__source", "number", "happened_date")
    found = rows.first()
    return FromList(source=found[0], number=found[1], happened_date=found[2]) if found else None


def own_list(actor: Actor, list_id: uuid.UUID, rows: QuerySet[CaseList]) -> CaseList:
    """One of these rows, if the actor's post sent it. Raises Absent."""
    row = rows.filter(id=list_id, post_id=actor.acting_post_id or "-").first()
    if row is None:
        raise Absent("list-absent", _("There is no such list of your post."))
    return row


def _card(row: CaseList, actor: Actor) -> ListCard:
    return ListCard(
        list_id=row.id,
        source=row.source,
        rows=row.rows,
        taken=row.taken,
        before=row.before,
        wrong=row.wrong,
        sent_at=row.sent_at,
        taken_at=row.taken_at,
        expires_at=row.expires_at,
        is_own=row.post_id == (actor.acting_post_id or "-"),
    )
