"""Questions to notices. Answers are frozen cards of plain values."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Count, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from pianqu.foundation.actor import Actor
from pianqu.foundation.db import count_to
from pianqu.foundation.facts import REGISTRY
from pianqu.kernels import checkcode
from pianqu.rooms.notices import rules
from pianqu.rooms.notices.models import Call, Inbox, Notice, Outage, Outgoing, Webhook

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

PAGE = 100
NEW_FOR = timedelta(days=14)
"""After that a notice is no longer new, whether anybody was done with it or not: its matter stands in the queues."""
MANY = 99
"""More unread notices than this are shown as 99+."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeCard:
    """One line of an inbox."""

    position: int
    kind: str
    case_id: uuid.UUID
    urgent: bool
    at: datetime
    unread: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingCard:
    """One message, without its receiver."""

    outgoing_id: uuid.UUID
    shown_code: str
    case_id: uuid.UUID
    kind: str
    channel: str
    state: str
    tries: int
    planned_at: datetime
    next_at: datetime
    tried_at: datetime | None
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """How messages stand: counts by state, what is in doubt, and the latest."""

    counts: dict[str, int]
    doubtful: tuple[OutgoingCard, ...]
    latest: tuple[OutgoingCard, ...]


def inbox_for(actor: Actor, *, now: datetime, most: int = PAGE) -> tuple[NoticeCard, ...]:
    """The latest notices of the actor's organisation, the newest first. Two statements."""
    cleared = _cleared(actor.organisation_code)
    rows = Notice.objects.filter(organisation_code=actor.organisation_code).order_by("-position", "id")[:most]
    return tuple(
        NoticeCard(
            position=row.position,
            kind=row.kind,
            case_id=row.case_id,
            urgent=row.urgent,
            at=row.at,
            unread=row.position > cleared and row.at > now - NEW_FOR,
        )
        for row in rows
    )


def unread(actor: Actor, *, now: datetime) -> int:
    """How many notices the actor's organisation is not done with, counted to just above MANY. One statement."""
    cleared = Inbox.objects.filter(organisation_code=OuterRef("organisation_code")).values("cleared_to")
    own = Notice.objects.filter(organisation_code=actor.organisation_code, at__gt=now - NEW_FOR)
    return count_to(own.filter(position__gt=Coalesce(Subquery(cleared), Value(-1))), MANY + 1)


def sending_for(actor: Actor, *, state: str = "", most: int = PAGE) -> Sending:
    """What was and will be sent. Raises Forbidden for who does not answer for the installation."""
    rules.check_may_see_sending(actor)
    counts = dict(Outgoing.objects.order_by().values_list("state").annotate(Count("id")))
    rows = Outgoing.objects.order_by("-planned_at", "id")
    latest = rows.filter(state=state) if state else rows.exclude(state="doubtful")
    doubtful = tuple(map(_card, rows.filter(state="doubtful")[:most])) if not state else ()
    return Sending(counts=counts, doubtful=doubtful, latest=tuple(map(_card, latest[:most])))


def doubtful(outgoing_id: uuid.UUID) -> OutgoingCard | None:
    """The message of this id, while it is in doubt."""
    row = Outgoing.objects.filter(id=outgoing_id, state="doubtful").first()
    return _card(row) if row else None


def _card(row: Outgoing) -> OutgoingCard:
    return OutgoingCard(
        outgoing_id=row.id,
        shown_code=checkcode.show(row.case_code),
        case_id=row.case_id,
        kind=row.kind,
        channel=row.channel,
        state=row.state,
        tries=row.tries,
        planned_at=row.planned_at,
        next_at=row.next_at,
        tried_at=row.tried_at,
        outcome=row.outcome,
    )


def _cleared(organisation_code: str) -> int:
    row = Inbox.objects.filter(organisation_code=organisation_code).values_list("cleared_to", flat=True).first()
    return -1 if row is None else row


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookCard:
    """A system that is told of facts, with how its messages stand."""

    webhook_id: uuid.UUID
    name: str
    url: str
    kinds: tuple[str, ...]
    added_at: datetime
    waiting: int
    sent: int
    failed: int
    trouble: str
    """What became of the latest message that did not arrive; empty where all did."""
    silent_since: datetime | None = None
    """Since when it takes nothing, while it does not."""
    next_try_at: datetime | None = None
    """When it is asked again."""


OF_PERSONS = frozenset(
    f"casework.{name}"
    for name in (
        "channel-chosen",
        "colleagues-mentioned",
        "filter-dropped",
        "filter-saved",
        "mentions-settled",
        "reporter-forgotten",
        "reporter-known",
        "shift-handed-over",
        "shift-taken-over",
    )
)
"""Facts whose subject or sense is a resident, a colleague's post or shift: these stay in the house."""


def webhook_kinds() -> dict[str, "StrOrPromise"]:
    """Kinds of facts that another system may be told of, with what they are called: those of matters, none of a person."""
    found = {kind: fact.label for kind, fact in REGISTRY.items() if kind.startswith("casework.")}
    return {kind: found[kind] for kind in sorted(set(found) - OF_PERSONS)}


_GROUPS: Mapping[str, tuple[str, ...]] = {
    "matters": ("case", "due-", "extension-", "matter-", "title-", "joint-answer-", "note-"),
    "dispatch": (
        "check-",
        "dispatch-",
        "force-",
        "guided-",
        "joint-",
        "objection-",
        "parts-",
        "ping-pong-",
        "place-",
        "platform-",
        "rectification-",
        "task-",
        "whistle-",
    ),
    "supervision": ("supervision-", "call-back", "report-"),
    "causes": ("cause-", "measure-"),
    "rules": ("category-", "clock-", "reply-template-", "rules-", "template-", "year-"),
    "house": ("",),
}
"""Subject → how kinds of it begin; what begins like none is the house's own work: lists, tables, models."""


def webhook_groups() -> dict[str, dict[str, "StrOrPromise"]]:
    """The same by subject, each kind once."""
    groups: dict[str, dict[str, StrOrPromise]] = {group: {} for group in _GROUPS}
    for kind, label in webhook_kinds().items():
        name = kind.partition(".")[2]
        groups[next(group for group, begins in _GROUPS.items() if name.startswith(begins))][kind] = label
    return groups


def webhooks_for(actor: Actor) -> tuple[WebhookCard, ...]:
    """The systems that are told of facts. Raises Forbidden for who does not answer for the installation. Three statements."""
    rules.check_may_see_sending(actor)
    return webhooks()


def webhooks() -> tuple[WebhookCard, ...]:
    """The same for whoever owns the machine."""
    failed = Call.objects.filter(webhook_id=OuterRef("id"), state="failed").order_by("-position").values("outcome")
    rows = list(
        Webhook.objects.filter(dropped_at=None).annotate(failed_with=Subquery(failed[:1])).order_by("added_at", "id")
    )
    counted = Call.objects.order_by().values_list("webhook_id", "state").annotate(Count("id"))
    counts = {(webhook_id, state): count for webhook_id, state, count in counted}
    outages = Outage.objects.in_bulk([row.id for row in rows])
    return tuple(_webhook_card(row, outages.get(row.id), counts) for row in rows)


def _webhook_card(row: Webhook, outage: Outage | None, counts: Mapping[tuple[uuid.UUID, str], int]) -> WebhookCard:
    return WebhookCard(
        webhook_id=row.id,
        name=row.name,
        url=row.url,
        kinds=tuple(row.kinds),
        added_at=row.added_at,
        waiting=counts.get((row.id, "waiting"), 0),
        sent=counts.get((row.id, "sent"), 0),
        failed=counts.get((row.id, "failed"), 0),
        trouble=outage.outcome if outage else getattr(row, "failed_with", "") or "",
        silent_since=outage.since if outage else None,
        next_try_at=outage.next_at if outage else None,
    )
