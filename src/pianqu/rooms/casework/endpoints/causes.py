"""JSON doors of hot issues and root causes: what their pages do, for programs."""

import uuid
from typing import Literal

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_noop
from ninja import Query, Schema
from pydantic import Field

from pianqu.foundation.api import Body, Code, Doors, Short, Text, actor_of
from pianqu.rooms.casework import queries, services
from pianqu.rooms.casework.queries import CausePage, CauseRow, HotCard, HotPage
from pianqu.rooms.casework.schemas import Day, Words
from pianqu.rooms.casework.services import NewCause

hot = Doors("causes")
routers = {"/hot-issues": hot.router}


class HotAsked(Schema):
    """Over how many days."""

    days: Literal[14, 90] = 14


@hot.asks(
    "",
    name="listHotIssues",
    says=gettext_noop("Hot issues in the scope of the post, hottest first"),
    gives=list[HotCard],
)
def list_hot(request: HttpRequest, asked: Query[HotAsked]) -> list[HotCard]:
    return list(queries.hot_issues(actor_of(request), span_days=asked.days))


@hot.asks("/{uuid:issue_id}", name="getHotIssue", says=gettext_noop("A hot issue with its matters"), gives=HotPage)
def get_hot(request: HttpRequest, issue_id: uuid.UUID) -> HotPage:
    return queries.hot_issue(actor_of(request), issue_id)


causes = Doors("causes")
routers["/root-causes"] = causes.router


class CauseWanted(Body):
    """A root cause that is to be opened, with the matters that are known to come from it."""

    title: Short = Field(examples=["洪塘自来水发黄"])
    hypothesis: Text = Field(examples=["老管线换向后带出积垢。"])
    category: Code = Field(examples=["water"])
    place: Code | Literal[""] = Field("", description="A community or street; empty for the whole district.")
    lead_code: Code = Field(examples=["330205-housing"])
    due_on: Day = Field(examples=["2026-12-31"])
    case_ids: list[uuid.UUID] = Field(default_factory=list, max_length=500)


class MattersNamed(Body):
    case_ids: list[uuid.UUID] = Field(min_length=1, max_length=500, examples=[["0198f3a2-7c1e-7d3a-9d52-1f6f0c9b7a11"]])


class MeasureWanted(Words):
    organisation_code: Code = Field(examples=["330205-housing"])
    due_on: Day = Field(examples=["2026-12-20"])


class Ended(Body):
    done: bool = Field(examples=[True], description="False: it is given up.")


class Effective(Body):
    effective_on: Day = Field(examples=["2026-11-01"])


@causes.asks("", name="listRootCauses", says=gettext_noop("Root causes in the scope of the post"), gives=list[CauseRow])
def list_causes(request: HttpRequest, closed: bool = False) -> list[CauseRow]:
    return list(queries.root_causes(actor_of(request), closed=closed))


@causes.asks(
    "/{uuid:cause_id}",
    name="getRootCause",
    says=gettext_noop("A root cause with measures, matters and their effect as far as it can be told"),
    gives=CausePage,
)
def get_cause(request: HttpRequest, cause_id: uuid.UUID) -> CausePage:
    return queries.root_cause(actor_of(request), cause_id, now=timezone.now())


@causes.does("", name="openRootCause", says=gettext_noop("Open a root cause, with matters"), right="handle", status=201)
def open_cause(request: HttpRequest, typed: CauseWanted) -> uuid.UUID:
    item = NewCause(
        title=typed.title,
        hypothesis=typed.hypothesis,
        category=typed.category,
        place_code=typed.place,
        lead_code=typed.lead_code,
        due_on=typed.due_on,
    )
    return services.open_root_cause(actor=actor_of(request), item=item, case_ids=typed.case_ids, now=timezone.now())


@causes.does(
    "/{uuid:cause_id}/matters",
    name="linkToRootCause",
    says=gettext_noop("Say which matters come from it"),
    right="handle",
)
def link(request: HttpRequest, cause_id: uuid.UUID, typed: MattersNamed) -> None:
    services.link_to_cause(actor=actor_of(request), cause_id=cause_id, case_ids=typed.case_ids, now=timezone.now())


@causes.does(
    "/{uuid:cause_id}/matters/{uuid:case_id}",
    name="unlinkFromRootCause",
    says=gettext_noop("Say that a matter does not come from it"),
    right="handle",
    method="DELETE",
)
def unlink(request: HttpRequest, cause_id: uuid.UUID, case_id: uuid.UUID) -> None:
    services.unlink_from_cause(actor=actor_of(request), cause_id=cause_id, case_id=case_id, now=timezone.now())


@causes.does(
    "/{uuid:cause_id}/measures",
    name="planMeasure",
    says=gettext_noop("Plan a measure against it"),
    right="handle",
    status=201,
)
def plan(request: HttpRequest, cause_id: uuid.UUID, typed: MeasureWanted) -> uuid.UUID:
    return services.plan_measure(
        actor=actor_of(request),
        cause_id=cause_id,
        words=typed.words,
        organisation_code=typed.organisation_code,
        due_on=typed.due_on,
        now=timezone.now(),
    )


@causes.does(
    "/{uuid:cause_id}/measures/{uuid:measure_id}/end",
    name="endMeasure",
    says=gettext_noop("Say that a measure is done, or given up"),
    right="handle",
)
def end(request: HttpRequest, cause_id: uuid.UUID, measure_id: uuid.UUID, typed: Ended) -> None:
    services.end_measure(
        actor=actor_of(request), cause_id=cause_id, measure_id=measure_id, done=typed.done, now=timezone.now()
    )


@causes.does(
    "/{uuid:cause_id}/effect",
    name="takeEffect",
    says=gettext_noop("Say from which day on its measures work"),
    right="handle",
)
def effect(request: HttpRequest, cause_id: uuid.UUID, typed: Effective) -> None:
    services.take_effect(
        actor=actor_of(request), cause_id=cause_id, effective_on=typed.effective_on, now=timezone.now()
    )


@causes.does(
    "/{uuid:cause_id}/close", name="closeRootCause", says=gettext_noop("Close it with what came of it"), right="handle"
)
def close(request: HttpRequest, cause_id: uuid.UUID, typed: Words) -> None:
    services.close_root_cause(actor=actor_of(request), cause_id=cause_id, words=typed.words, now=timezone.now())


@causes.does("/{uuid:cause_id}/reopen", name="reopenRootCause", says=gettext_noop("Look at it again"), right="handle")
def reopen(request: HttpRequest, cause_id: uuid.UUID, typed: Words) -> None:
    services.reopen_root_cause(actor=actor_of(request), cause_id=cause_id, words=typed.words, now=timezone.now())
