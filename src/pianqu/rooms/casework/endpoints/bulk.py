"""JSON doors of acts on many matters: rehearse, plan, watch, undo."""

import uuid
from datetime import datetime
from typing import Literal

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language, gettext_noop
from ninja import Schema
from pydantic import ConfigDict, Field

from pianqu.foundation.api import Body, Code, Doors, Text, actor_of
from pianqu.rooms.casework import queries, services
from pianqu.rooms.casework.queries import BulkCard, BulkRefusal
from pianqu.rooms.casework.schemas import Nature
from pianqu.rooms.casework.services import MOST_AT_ONCE, Wanted

many = Doors("desk")


class BulkBody(Body):
    """One act, and the matters for which it is meant."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"act": "note", "case_ids": ["0198f3a2-7c1e-7d3a-9d52-1f6f0c9b7a11"], "words": "周三上午统一巡查"}
            ]
        },
    )

    act: Literal["accept", "dispatch", "note", "answer", "close", "link"]
    case_ids: list[uuid.UUID] = Field(min_length=1, max_length=MOST_AT_ONCE)
    nature: Nature | Literal[""] = ""
    lead_code: Code | Literal[""] = ""
    parent_code: Code | Literal[""] = Field("", description="The code of the matter to which they are joined.")
    words: Text = ""

    def wanted(self) -> Wanted:
        values = {"nature": self.nature, "lead_code": self.lead_code, "parent_code": self.parent_code}
        return Wanted(act=self.act, values=values, words=self.words)


class Rehearsed(Schema):
    """For which matters it can be done now, and why not for the others."""

    can: list[uuid.UUID]
    cannot: list[BulkRefusal]


class BulkState(Schema):
    """How far an act on many matters is. Nothing of it begins before `begins_at`."""

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
    refusals: list[BulkRefusal] = Field(default_factory=list)


def _state(card: BulkCard, refusals: tuple[BulkRefusal, ...] = ()) -> BulkState:
    told = {name: getattr(card, name) for name in BulkState.model_fields if name != "refusals"}
    return BulkState(**told, refusals=list(refusals))


@many.does(
    "/preview",
    name="previewBulkAct",
    says=gettext_noop("For which of many matters an act can be done, and why not for the others; nothing is changed"),
    right="handle",
    gives=Rehearsed,
)
def preview(request: HttpRequest, typed: BulkBody) -> Rehearsed:
    found = services.rehearse_bulk(
        actor=actor_of(request), case_ids=typed.case_ids, wanted=typed.wanted(), now=timezone.now()
    )
    return Rehearsed(can=list(found.can), cannot=list(found.cannot))


@many.does(
    "",
    name="planBulkAct",
    says=gettext_noop("Plan an act on many matters; it begins when its undo window is over"),
    right="handle",
    status=201,
)
def plan(request: HttpRequest, typed: BulkBody) -> uuid.UUID:
    return services.plan_bulk(
        actor=actor_of(request),
        case_ids=typed.case_ids,
        wanted=typed.wanted(),
        language=get_language() or "",
        now=timezone.now(),
    )


@many.asks("", name="listBulkActs", says=gettext_noop("The post's latest acts on many matters"), gives=list[BulkState])
def list_acts(request: HttpRequest) -> list[BulkState]:
    return [_state(card) for card in queries.bulk_acts_of(actor_of(request))]


@many.asks(
    "/{uuid:bulk_id}", name="getBulkAct", says=gettext_noop("How far an act on many matters is"), gives=BulkState
)
def get_act(request: HttpRequest, bulk_id: uuid.UUID) -> BulkState:
    return _state(*queries.bulk_act_of(actor_of(request), bulk_id))


@many.does(
    "/{uuid:bulk_id}",
    name="undoBulkAct",
    says=gettext_noop("Cancel what has not begun of an act on many matters"),
    right="handle",
    method="DELETE",
)
def undo(request: HttpRequest, bulk_id: uuid.UUID) -> None:
    services.undo_bulk(actor=actor_of(request), bulk_id=bulk_id, now=timezone.now())
