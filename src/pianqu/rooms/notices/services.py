"""The verbs of notices."""

import re
import secrets
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.crypto import encrypt
from pianqu.foundation.errors import Invalid, Refused
from pianqu.foundation.ids import new_id
from pianqu.foundation.installation import installation
from pianqu.foundation.verbs import verb
from pianqu.kernels import webhook
from pianqu.rooms.ledger import queries as ledger_questions
from pianqu.rooms.ledger import services as ledger
from pianqu.rooms.notices import queries, rules
from pianqu.rooms.notices.facts import (
    InboxCleared,
    SendSettled,
    WebhookAdded,
    WebhookBack,
    WebhookDropped,
    WebhookRetried,
    WebhookSilent,
)
from pianqu.rooms.notices.models import Call, Inbox, Outage, Webhook

_SIGNS = re.compile(r"[!-~]*")
"""What an address is written with; anything else would have to be escaped first."""
SILENT_AFTER = timedelta(hours=4)
"""A system that has taken nothing for so long is told of to the administrators."""
OUTCOMES = ("arrived", "again", "given-up")


@verb
def clear_inbox(*, actor: Actor, up_to: int, now: datetime) -> None:
    """The actor's organisation is done with its notices up to this position of the ledger; what came later stays.

    Going back is not possible, and nothing is told where it is cleared as far already. Raises Forbidden, and Invalid for a
    position that the ledger has not come to: what nobody has seen yet is not done with.
    """
    rules.check_may_clear(actor)
    if up_to >= max(ledger_questions.sealed_size(), 1):
        raise Invalid(
            "inbox-ahead", _("The ledger has not come so far yet: no notice is as late as that. Nothing was changed.")
        )
    inbox, _made = Inbox.objects.select_for_update().get_or_create(
        organisation_code=actor.organisation_code, defaults={"cleared_to": -1}
    )
    if up_to <= inbox.cleared_to:
        return
    inbox.cleared_to = up_to
    inbox.save(update_fields=["cleared_to"])
    code = actor.organisation_code
    fact = InboxCleared(subject=f"inbox:{code}", organisation_code=code, up_to=up_to)
    ledger.record([fact], actor=actor, now=now)


@verb
def settle_send(*, actor: Actor, outgoing_id: uuid.UUID, outcome: str, now: datetime) -> None:
    """Say what became of a message that nobody knows to have left: it arrived, is sent again, or is given up.

    The messages' reader carries it out when it hears the fact. Raises Forbidden, Invalid, Refused.
    """
    rules.check_may_see_sending(actor)
    if outcome not in OUTCOMES:
        raise Invalid("outcome-unknown", _("Please choose what became of the message."))
    card = queries.doubtful(outgoing_id)
    if card is None:
        raise Refused("send-settled", _("This message is in doubt no longer. Nothing was changed."))
    fact = SendSettled(
        subject=f"case:{card.case_id}",
        organisation_code=actor.organisation_code,
        outgoing_id=str(outgoing_id),
        case_id=str(card.case_id),
        outcome=outcome,
    )
    ledger.record([fact], actor=actor, now=now)


@verb
def add_webhook(*, actor: Actor, name: str, url: str, kinds: Sequence[str], now: datetime) -> str:
    """Tell another system of facts of these kinds from now on; answers the secret, which is shown this once.

    Whether the address may be reached is asked again at each message. Raises Forbidden, Invalid.
    """
    rules.check_may_see_sending(actor)
    parts = _checked_url(url)
    if not name.strip():
        raise Invalid("webhook-name", _("Please give the other system a name."))
    if not kinds or set(kinds) - set(queries.webhook_kinds()):
        raise Invalid("webhook-kinds", _("Please choose what it is told of."))
    webhook_id, secret = new_id(), webhook.secret_of(secrets.token_bytes(32))
    Webhook.objects.create(
        id=webhook_id,
        name=name.strip()[:40],
        url=url.strip(),
        sealed=encrypt(secret, table="notices_webhook", column="sealed", row=str(webhook_id)),
        kinds=sorted(set(kinds)),
        since=ledger_questions.sealed_size(),
        added_at=now,
    )
    fact = WebhookAdded(
        subject=f"webhook:{webhook_id}",
        organisation_code=actor.organisation_code,
        webhook_id=str(webhook_id),
        host=parts.hostname or "",
        kinds=tuple(sorted(set(kinds))),
    )
    ledger.record([fact], actor=actor, now=now)
    return secret


def _checked_url(url: str) -> SplitResult:
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    written = len(url) <= 300 and _SIGNS.fullmatch(url.strip())
    if not written or parts.scheme not in {"https", "http"} or not parts.hostname or parts.username or port == 0:
        raise Invalid("webhook-url", _("Please give an address like https://system.example/hook."))
    if parts.scheme == "http" and not installation().webhook_networks:
        raise Invalid("webhook-url", _("Messages leave over https only. Please give an https address."))
    if _lies_inside(parts.hostname):
        sentence = _("This address lies inside a network where nothing may be sent. The operator can allow networks.")
        raise Invalid("webhook-url", sentence)
    return parts


def _lies_inside(host: str) -> bool:
    """Whether an address written in numbers can never be reached; what a name stands for is asked at each message."""
    number = "127.0.0.1" if host == "localhost" else host
    try:
        ip_address(number)
    except ValueError:
        return False
    return not webhook.may_reach(number, [ip_network(text) for text in installation().webhook_networks])


@verb
def drop_webhook(*, actor: Actor, webhook_id: uuid.UUID, now: datetime) -> None:
    """Tell it of nothing any more; what waits is not sent. Raises Forbidden, Refused where it is dropped already."""
    rules.check_may_see_sending(actor)
    row = Webhook.objects.select_for_update().filter(id=webhook_id, dropped_at=None).first()
    if row is None:
        raise Refused("webhook-gone", _("This system is told of nothing already. Nothing was changed."))
    row.dropped_at = now
    row.save(update_fields=["dropped_at"])
    fact = WebhookDropped(
        subject=f"webhook:{webhook_id}", organisation_code=actor.organisation_code, webhook_id=str(webhook_id)
    )
    ledger.record([fact], actor=actor, now=now)


@verb
def retry_webhook(*, actor: Actor, webhook_id: uuid.UUID, now: datetime) -> int:
    """Tell a system now what it has not taken, from the first try on; answers how many messages these are.

    These are the ones that failed and, while it is out of order, those that wait for its next try. What it did take is not
    repeated. Raises Forbidden, Refused where there is nothing to tell.
    """
    rules.check_may_see_sending(actor)
    own = Call.objects.filter(webhook_id=webhook_id, webhook__dropped_at=None)
    failed, waiting = own.filter(state="failed"), own.filter(state="waiting")
    outage = Outage.objects.filter(webhook_id=webhook_id, webhook__dropped_at=None)
    count = waiting.update(tries=0) if outage.update(next_at=now) else 0
    count += failed.update(state="waiting", tries=0, next_at=now)
    if not count:
        raise Refused("webhook-complete", _("Nothing has failed for this system. Nothing was changed."))
    fact = WebhookRetried(
        subject=f"webhook:{webhook_id}",
        organisation_code=actor.organisation_code,
        webhook_id=str(webhook_id),
        calls=count,
    )
    ledger.record([fact], actor=actor, now=now)
    return count


@verb
def warn_of_outages(*, actor: Actor, now: datetime) -> int:
    """Record, once for each outage, that a system has taken nothing for hours: administrators hear of it; answers how many."""
    due = Outage.objects.select_for_update().filter(
        since__lte=now - SILENT_AFTER, told_at=None, webhook__dropped_at=None
    )
    rows = list(due.order_by("since", "webhook_id"))
    for row in rows:
        row.told_at = now
        row.save(update_fields=["told_at"])
    facts = [
        WebhookSilent(
            subject=f"webhook:{row.webhook_id}",
            organisation_code=actor.organisation_code,
            webhook_id=str(row.webhook_id),
            since=row.since.isoformat(),
            outcome=row.outcome,
        )
        for row in rows
    ]
    if facts:
        ledger.record(facts, actor=actor, now=now)
    return len(rows)


@verb
def end_outage(*, actor: Actor, webhook_id: uuid.UUID, now: datetime) -> None:
    """A system takes its messages: it is out of order no longer, and who heard that it was hears that too."""
    row = Outage.objects.select_for_update().filter(webhook_id=webhook_id).first()
    if row is None:
        return
    was_told = row.told_at is not None
    row.delete()
    if was_told:
        fact = WebhookBack(
            subject=f"webhook:{webhook_id}", organisation_code=actor.organisation_code, webhook_id=str(webhook_id)
        )
        ledger.record([fact], actor=actor, now=now)
