"""JSON doors of lists of matters: send one to see what is in it, take it in, destroy what is kept of it."""

import json
import uuid
from datetime import date, datetime

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_noop
from ninja import Schema
from pydantic import ConfigDict, Field

from pianqu.foundation.api import Body, Doors, Short, actor_of
from pianqu.rooms.casework import queries, services
from pianqu.rooms.casework.queries import ListCard
from pianqu.rooms.casework.services import ListLook, SentRow

lists = Doors("desk")
LONGEST = 10_000


class RowBody(Body):
    """A row as people would write it: names or codes, days as 2026-01-31. What a cell may not say is told of it, not refused."""

    number: str = Field("", max_length=LONGEST, description="The source's own number: by it a row is known again.")
    words: str = Field("", max_length=LONGEST)
    category: str = Field("", max_length=LONGEST)
    community: str = Field("", max_length=LONGEST, description="A community or a grid cell.")
    landmark: str = Field("", max_length=LONGEST)
    longitude: str = Field("", max_length=LONGEST)
    latitude: str = Field("", max_length=LONGEST)
    contact: str = Field("", max_length=LONGEST)
    channel: str = Field("", max_length=LONGEST)
    day: str = Field("", max_length=LONGEST, description="When it happened.")


class ListBody(Body):
    """A list, and from whom it comes."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "source": "12345热线",
                    "rows": [
                        {"number": "GD-0117", "words": "路灯坏了三天", "category": "roads", "contact": "13800000000"}
                    ],
                }
            ]
        },
    )

    source: Short
    rows: list[RowBody] = Field(min_length=1, max_length=services.MOST_ROWS)


class WrongCell(Schema):
    """Why a row cannot be taken in. The first row is 1."""

    row: int
    column: str
    sentence: str


class KnownRow(Schema):
    """A row that is a matter already."""

    row: int
    code: str


class ListState(Schema):
    """A list, and what came of it."""

    list_id: uuid.UUID
    source: str
    rows: int
    taken: int
    before: int
    wrong: int
    sent_at: datetime
    taken_at: datetime | None
    expires_at: datetime | None
    is_own: bool


class SameRows(Schema):
    """A list of the organisation under another name of which rows that can be taken in say the same."""

    source: str
    sent_at: datetime
    rows: int


class ListContent(Schema):
    """A list with what is right and wrong in the rows that are kept of it."""

    state: ListState
    good: int
    wrong: list[WrongCell]
    before: list[KnownRow]
    alike: list[SameRows]


class RowResult(Schema):
    """What became of a row that was taken in."""

    row: int
    number: str
    happened_date: date | None
    code: str
    state: str
    lead_code: str
    opened_at: datetime
    due_at: datetime | None
    resolved_at: datetime | None
    score: int | None


def _state(card: ListCard) -> ListState:
    return ListState(**{name: getattr(card, name) for name in ListState.model_fields})


def _content(look: ListLook) -> ListContent:
    return ListContent(
        state=_state(look.card),
        good=len(look.good),
        wrong=[WrongCell(row=fault.line, column=fault.column, sentence=fault.sentence) for fault in look.faults],
        before=[KnownRow(row=line, code=code) for line, code in look.before],
        alike=[SameRows(source=one.source, sent_at=one.sent_at, rows=one.rows) for one in look.alike],
    )


@lists.does(
    "",
    name="sendList",
    says=gettext_noop("Send a list of matters to see what is in it; nothing is taken in by that"),
    right="handle",
    gives=ListContent,
    status=201,
)
def send(request: HttpRequest, typed: ListBody) -> ListContent:
    actor, now = actor_of(request), timezone.now()
    rows = [SentRow(line=line, cells=row.model_dump()) for line, row in enumerate(typed.rows, start=1)]
    content = json.dumps(typed.model_dump(), ensure_ascii=False, sort_keys=True).encode()
    list_id = services.send_list(actor=actor, source=typed.source, rows=rows, content=content, now=now)
    return _content(services.look_at_list(actor=actor, list_id=list_id, now=now))


@lists.asks(
    "", name="listLists", says=gettext_noop("The organisation's latest lists of matters"), gives=list[ListState]
)
def all_lists(request: HttpRequest) -> list[ListState]:
    return [_state(card) for card in queries.lists_of(actor_of(request))]


@lists.asks(
    "/{uuid:list_id}",
    name="getList",
    says=gettext_noop("What is right and wrong in a list of matters"),
    gives=ListContent,
)
def one_list(request: HttpRequest, list_id: uuid.UUID) -> ListContent:
    return _content(services.look_at_list(actor=actor_of(request), list_id=list_id, now=timezone.now()))


@lists.asks(
    "/{uuid:list_id}/results",
    name="getListResults",
    says=gettext_noop("What became of the rows of a list, by the source's own numbers"),
    gives=list[RowResult],
)
def results(request: HttpRequest, list_id: uuid.UUID) -> list[RowResult]:
    found = queries.list_results(actor_of(request), list_id)
    same = [name for name in RowResult.model_fields if name != "row"]
    return [RowResult(row=one.line, **{name: getattr(one, name) for name in same}) for one in found]


@lists.does(
    "/{uuid:list_id}/intake",
    name="takeInList",
    says=gettext_noop("Take in the right rows of a list; repeated, nothing is taken in twice"),
    right="handle",
    gives=ListState,
)
def take_in(request: HttpRequest, list_id: uuid.UUID) -> ListState:
    return _state(services.take_in_list(actor=actor_of(request), list_id=list_id, now=timezone.now()))


@lists.does(
    "/{uuid:list_id}",
    name="forgetList",
    says=gettext_noop("Destroy what is kept of a list's rows; what was taken in stays"),
    right="handle",
    method="DELETE",
)
def forget(request: HttpRequest, list_id: uuid.UUID) -> None:
    services.forget_list(actor=actor_of(request), list_id=list_id, now=timezone.now())
