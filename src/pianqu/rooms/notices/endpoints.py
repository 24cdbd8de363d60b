"""JSON doors of notices: the own organisation's inbox, what was sent, which systems are told of facts."""

import uuid
from typing import Annotated, Literal

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_noop
from ninja import Schema
from pydantic import Field

from pianqu.foundation.api import Body, Doors, Short, actor_of
from pianqu.rooms.notices import queries, services
from pianqu.rooms.notices.queries import NoticeCard, Sending, WebhookCard

notices = Doors("notices")
routers = {"": notices.router}
_Kind = Annotated[str, Field(pattern=r"^[a-z]+\.[a-z-]+$", max_length=60)]


@notices.asks(
    "/inbox", name="listNotices", says=gettext_noop("The latest notices of the organisation"), gives=list[NoticeCard]
)
def inbox(request: HttpRequest) -> list[NoticeCard]:
    return list(queries.inbox_for(actor_of(request), now=timezone.now()))


class Read(Body):
    """Up to which notice everything is done with."""

    up_to: int = Field(ge=0, le=2**53 - 1, examples=[1204])


@notices.does(
    "/inbox/clear",
    name="clearInbox",
    says=gettext_noop("The organisation is done with what came until then"),
    right="handle",
)
def clear(request: HttpRequest, typed: Read) -> None:
    services.clear_inbox(actor=actor_of(request), up_to=typed.up_to, now=timezone.now())


@notices.asks(
    "/messages",
    name="listMessages",
    says=gettext_noop("Messages to residents: how they stand, without their receivers"),
    gives=Sending,
    right="connect",
)
def messages(
    request: HttpRequest,
    state: Literal["waiting", "sending", "sent", "failed", "doubtful", "dropped"] | None = None,
) -> Sending:
    return queries.sending_for(actor_of(request), state=state or "")


class Outcome(Body):
    """What became of a message in doubt."""

    outcome: Literal["arrived", "again", "given-up"] = Field(examples=["arrived"])


@notices.does(
    "/messages/{uuid:message_id}/settle",
    name="settleMessage",
    says=gettext_noop("Say what became of a message in doubt"),
    right="connect",
)
def settle(request: HttpRequest, message_id: uuid.UUID, typed: Outcome) -> None:
    services.settle_send(actor=actor_of(request), outgoing_id=message_id, outcome=typed.outcome, now=timezone.now())


class Hook(Body):
    """A system that wants to be told."""

    name: Annotated[Short, Field(min_length=1, max_length=40, examples=["市级平台"])]
    url: Short = Field(examples=["https://events.example/pianqu"])
    kinds: list[_Kind] = Field(max_length=100, examples=[["casework.case-opened"]])


class Told(Schema):
    """The secret by which the receiver checks signatures; it is told this once."""

    secret: str


@notices.asks(
    "/webhooks",
    name="listWebhooks",
    says=gettext_noop("Systems that are told of facts"),
    gives=list[WebhookCard],
    right="connect",
)
def webhooks(request: HttpRequest) -> list[WebhookCard]:
    return list(queries.webhooks_for(actor_of(request)))


@notices.does(
    "/webhooks",
    name="addWebhook",
    says=gettext_noop("Tell another system of facts"),
    right="connect",
    gives=Told,
    status=201,
)
def add_webhook(request: HttpRequest, typed: Hook) -> Told:
    return Told(secret=services.add_webhook(actor=actor_of(request), now=timezone.now(), **dict(typed)))


@notices.does(
    "/webhooks/{uuid:webhook_id}",
    name="dropWebhook",
    says=gettext_noop("Tell it nothing any more"),
    right="connect",
    method="DELETE",
)
def drop_webhook(request: HttpRequest, webhook_id: uuid.UUID) -> None:
    services.drop_webhook(actor=actor_of(request), webhook_id=webhook_id, now=timezone.now())


class Again(Schema):
    """How many messages leave again."""

    calls: int


@notices.does(
    "/webhooks/{uuid:webhook_id}/retry",
    name="retryWebhook",
    says=gettext_noop("Tell it again what it never took"),
    right="connect",
    gives=Again,
)
def retry_webhook(request: HttpRequest, webhook_id: uuid.UUID) -> Again:
    return Again(calls=services.retry_webhook(actor=actor_of(request), webhook_id=webhook_id, now=timezone.now()))
