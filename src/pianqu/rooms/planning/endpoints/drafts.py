"""Drafts for other programs: begun, changed, computed, chosen, published, commented, adopted."""

import json
import uuid
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_noop

from pianqu.foundation.api import Doors, actor_of
from pianqu.rooms.planning import queries, services
from pianqu.rooms.planning.queries import CommentCard, DraftCard
from pianqu.rooms.planning.schemas import drafts as schemas

drafts = Doors("planning")


@drafts.asks(
    "", name="listDrafts", says=gettext_noop("Drafts of clusters and cells, the latest first"), gives=list[DraftCard]
)
def all_drafts(request: HttpRequest) -> list[DraftCard]:
    return list(queries.drafts())


@drafts.does(
    "",
    name="startDraft",
    says=gettext_noop("Begin a draft from what is in force"),
    right="arrange",
    status=201,
)
def start(request: HttpRequest, typed: schemas.NewDraft) -> uuid.UUID:
    return services.start_draft(
        actor=actor_of(request),
        title=typed.title,
        level=typed.level,
        settings=typed.settings.given() if typed.settings else None,
        bridged=typed.bridged,
        now=timezone.now(),
    )


@drafts.asks(
    "/{draft_id}",
    name="getDraft",
    says=gettext_noop("One draft: its plan, what it is worth, what was computed"),
    gives=schemas.DraftWhole,
)
def one(request: HttpRequest, draft_id: uuid.UUID) -> dict[str, Any]:
    return queries.draft_state(actor_of(request), draft_id, now=timezone.now()).as_json()


@drafts.asks(
    "/{draft_id}/units", name="getDraftUnits", says=gettext_noop("What a draft joins"), gives=schemas.UnitsWhole
)
def units(request: HttpRequest, draft_id: uuid.UUID) -> dict[str, Any]:
    actor_of(request)
    found = queries.draft_units(draft_id)
    return {"units": json.loads(found.content), "shapes": json.loads(found.shapes)}


@drafts.asks(
    "/{draft_id}/record",
    name="getDraftRecord",
    says=gettext_noop("Questions, computed plans and changes: what it takes to compute a draft again"),
    gives=dict[str, Any],
)
def record(request: HttpRequest, draft_id: uuid.UUID) -> dict[str, Any]:
    return queries.plan_record(draft_id, for_all=False)


@drafts.does(
    "/{draft_id}/change",
    name="changeDraft",
    says=gettext_noop("Change a draft: paint, lock, split, merge, name, ask otherwise, take back"),
    right="arrange",
    gives=schemas.DraftRevision,
)
def change(request: HttpRequest, draft_id: uuid.UUID, typed: schemas.DraftEdit) -> schemas.DraftRevision:
    revision = services.change_draft(
        actor=actor_of(request),
        draft_id=draft_id,
        revision=typed.revision,
        change=typed.change(),
        now=timezone.now(),
    )
    return schemas.DraftRevision(revision=revision)


@drafts.does(
    "/{draft_id}/repair",
    name="repairDraft",
    says=gettext_noop("Set right what was changed, only near by"),
    right="arrange",
    gives=schemas.DraftRevision,
)
def repair(request: HttpRequest, draft_id: uuid.UUID, typed: schemas.DraftRepair) -> schemas.DraftRevision:
    moved = services.repair_draft(
        actor=actor_of(request),
        draft_id=draft_id,
        revision=typed.revision,
        near=typed.near,
        reach=typed.reach,
        now=timezone.now(),
    )
    return schemas.DraftRevision(revision=typed.revision + bool(moved), moved=list(moved))


@drafts.does(
    "/{draft_id}/compute",
    name="computeDraft",
    says=gettext_noop("Let a plan, or a choice of plans, be computed; answers the computation's id"),
    right="arrange",
    status=201,
)
def compute(request: HttpRequest, draft_id: uuid.UUID, typed: schemas.DraftCompute) -> uuid.UUID:
    return services.ask_plan(
        actor=actor_of(request), draft_id=draft_id, kind=typed.kind, count=typed.count, now=timezone.now()
    )


@drafts.does(
    "/{draft_id}/stop",
    name="stopDraftComputation",
    says=gettext_noop("Stop what is being computed, with the best so far"),
    right="arrange",
)
def stop(request: HttpRequest, draft_id: uuid.UUID) -> None:
    services.stop_plan(actor=actor_of(request), draft_id=draft_id, now=timezone.now())


@drafts.does(
    "/{draft_id}/choose",
    name="choosePlan",
    says=gettext_noop("Go on from a plan that was computed"),
    right="arrange",
    gives=schemas.DraftRevision,
)
def choose(request: HttpRequest, draft_id: uuid.UUID, typed: schemas.DraftChoice) -> schemas.DraftRevision:
    revision = services.choose_plan(
        actor=actor_of(request),
        draft_id=draft_id,
        revision=typed.revision,
        option_id=typed.option,
        now=timezone.now(),
    )
    return schemas.DraftRevision(revision=revision)


@drafts.does(
    "/{draft_id}/publish", name="publishDraft", says=gettext_noop("Publish a draft for comments"), right="arrange"
)
def publish(request: HttpRequest, draft_id: uuid.UUID, typed: schemas.DraftPublication) -> None:
    services.publish_draft(
        actor=actor_of(request),
        draft_id=draft_id,
        comments_until=typed.comments_until,
        because=typed.because,
        revision=typed.revision,
        now=timezone.now(),
    )


@drafts.does("/{draft_id}/withdraw", name="withdrawDraft", says=gettext_noop("Give a draft up"), right="arrange")
def withdraw(request: HttpRequest, draft_id: uuid.UUID) -> None:
    services.withdraw_draft(actor=actor_of(request), draft_id=draft_id, now=timezone.now())


@drafts.does(
    "/{draft_id}/adopt",
    name="adoptDraft",
    says=gettext_noop("Make a draft the grid from a day on; answers the grid version's id"),
    right="arrange",
)
def adopt(request: HttpRequest, draft_id: uuid.UUID, typed: schemas.DraftAdoption) -> uuid.UUID:
    return services.adopt_draft(
        actor=actor_of(request),
        draft_id=draft_id,
        valid_from=typed.valid_from,
        names=typed.names,
        reason=typed.reason,
        revision=typed.revision,
        now=timezone.now(),
    )


@drafts.asks(
    "/{draft_id}/comments",
    name="listDraftComments",
    says=gettext_noop("What was said of a draft"),
    gives=list[CommentCard],
)
def comments(request: HttpRequest, draft_id: uuid.UUID) -> list[CommentCard]:
    return list(queries.comments(queries.draft_card(draft_id).draft_id))


@drafts.does(
    "/{draft_id}/comments",
    name="commentDraft",
    says=gettext_noop("Say something of a published draft"),
    right="handle",
    status=201,
)
def comment(request: HttpRequest, draft_id: uuid.UUID, typed: schemas.DraftComment) -> uuid.UUID:
    return services.comment(
        actor=actor_of(request),
        draft_id=draft_id,
        words=typed.words,
        unit=typed.unit,
        revision=typed.revision,
        now=timezone.now(),
    )
