"""Sends what waits. A message is marked before it leaves, so that a crash in between shows as doubt and never sends twice."""

import json
import os
import smtplib
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.crypto import decrypt
from pianqu.foundation.ids import new_id
from pianqu.foundation.installation import installation
from pianqu.foundation.posting import NotSent, Unclear, address_of, post_bytes, post_json
from pianqu.foundation.reached import Reached
from pianqu.kernels import checkcode, webhook
from pianqu.rooms.casework import services as casework
from pianqu.rooms.notices import services
from pianqu.rooms.notices.models import Call, Outage, Outgoing, Webhook

AT_ONCE = 20
LONGEST = timedelta(minutes=2)
"""No attempt takes as long: who is still sending after it died in between."""
DELAYS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360))
"""Before the second, third … try of what certainly did not leave."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one attempt. `after` is how long the other side asks to wait."""

    state: str
    why: str = ""
    after: float | None = None


SENT = Outcome("sent")


def send_waiting(*, actor: Actor, now: datetime, most: int = AT_ONCE) -> int:
    """Send what is due, one after the other; answers how many were tried. Not in a transaction: each mark lasts."""
    crashed = Outgoing.objects.filter(state="sending", tried_at__lt=now - LONGEST)
    if crashed.exists():
        crashed.update(state="doubtful", outcome="interrupted")
    due = list(Outgoing.objects.filter(state="waiting", next_at__lte=now).order_by("next_at", "id")[:most])
    for row in due:
        mine = Outgoing.objects.filter(id=row.id, state="waiting")
        if mine.update(state="sending", tried_at=now, tries=F("tries") + 1):
            _note(row, _send(row, actor, now), now)
    return len(due)


def _send(row: Outgoing, actor: Actor, now: datetime) -> Outcome:
    to = casework.use_contact(actor=actor, case_id=row.case_id, channel=row.channel, now=now)
    return _WAYS[row.channel](row, to) if to else Outcome("dropped", "no longer wanted")


def _note(row: Outgoing, outcome: Outcome, now: datetime) -> None:
    state, next_at = outcome.state, row.next_at
    if state == "waiting":
        tries = row.tries  # before this one
        if tries >= len(DELAYS):
            state = "failed"
        else:
            next_at = now + max(DELAYS[tries], timedelta(seconds=outcome.after or 0))
    Outgoing.objects.filter(id=row.id, state="sending").update(state=state, next_at=next_at, outcome=outcome.why[:60])


# ways ----------------------------------------------------------------------------------------------------------------


def link_to(code: str) -> str:
    """Where the matter is looked up; nothing in it proves to be the reporter."""
    return f"{installation().public_url}/case/{checkcode.show(code)}/"


def by_sms(row: Outgoing, to: str) -> Outcome:
    """One POST to the gateway: receiver, name of the template, code and link, and a key by which it knows a repetition."""
    params = {"code": checkcode.show(row.case_code), "link": link_to(row.case_code)}
    return _text_message(to, {"template": f"case-{row.kind}", "params": params, "key": str(row.id)})


def _text_message(to: str, message: Mapping[str, object]) -> Outcome:
    here, key = installation(), str(message["key"])
    if not here.sms_url:
        return _to_outbox("sms", message)
    headers = {"Idempotency-Key": key}
    if here.sms_token:
        headers["Authorization"] = f"Bearer {here.sms_token}"
    try:
        reply = post_json(here.sms_url, {"to": to, **message}, headers)
    except NotSent as error:
        return Outcome("waiting", f"not reached: {error}")
    except Unclear as error:
        return Outcome("doubtful", f"no answer: {error}")
    return _judged(reply.status, reply.retry_after)


def _judged(status: int, retry_after: float | None) -> Outcome:
    """Taken; asked to come again; refused for good; or an error of which nobody knows what it did before."""
    if 200 <= status < 300:
        return SENT
    if status in {429, 503}:
        return Outcome("waiting", f"answer {status}", retry_after)
    if 300 <= status < 500:
        return Outcome("failed", f"answer {status}")
    return Outcome("doubtful", f"answer {status}")


def by_mail(row: Outgoing, to: str) -> Outcome:
    """One mail by the operator's server."""
    code = checkcode.show(row.case_code)
    subject = _("Your matter %(code)s") % {"code": code}
    text = f"{sentence(row.kind)}\n\n{_('Code')}: {code}\n{link_to(row.case_code)}\n"
    return _mail(to, subject, text, str(row.id))


def _mail(to: str, subject: str, text: str, key: str) -> Outcome:
    here = installation()
    if not here.mail_from:
        return _to_outbox("mail", {"subject": subject, "text": text, "key": key})
    mail = EmailMessage(subject, text, here.mail_from, [to], headers={"Message-ID": f"<{key}@pianqu>"})
    try:
        mail.send()
    except smtplib.SMTPResponseException as error:
        state = "waiting" if 400 <= error.smtp_code < 500 else "failed"
        return Outcome(state, f"answer {error.smtp_code}")
    except smtplib.SMTPRecipientsRefused:
        return Outcome("failed", "receiver refused")
    except (smtplib.SMTPServerDisconnected, TimeoutError) as error:
        return Outcome("doubtful", f"no answer: {type(error).__name__}")
    except OSError as error:
        return Outcome("waiting", f"not reached: {type(error).__name__}")
    return SENT


_WAYS: dict[str, Callable[[Outgoing, str], Outcome]] = {"sms": by_sms, "mail": by_mail}


def sentence(kind: str) -> str:
    """What a message says, in the installation's language."""
    return {
        "accepted": _("Your matter was accepted."),
        "resolved": _("Your matter was answered. You can read the answer, rate it, or have it looked at again."),
        "reopened": _("Your matter is looked at again."),
        "later": _("Your matter takes longer. You can read why, and until when."),
        "closed": _("Your matter was closed."),
    }[kind]


OUTBOX = "outbox"
"""What became of a message where no way is connected."""


def _to_outbox(channel: str, message: Mapping[str, object]) -> Outcome:
    """Where no way is connected, one file a message, readable by the operator alone; it does not say to whom."""
    folder = installation().outbox
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"{message['key']}.json"
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump({"channel": channel, **message}, file, ensure_ascii=False, indent=1)
    return Outcome("sent", OUTBOX)


def send_code(*, to: Reached, code: str) -> Outcome:
    """A one-time code leaves at once, while its owner waits; once only, since who does not get it asks for another.

    It is no notice: no row keeps it, and no fact names it.
    """
    key = str(new_id())
    if to.channel == "sms":
        return _text_message(to.value, {"template": "one-time-code", "params": {"code": code}, "key": key})
    subject = _("Your code: %(code)s") % {"code": code}
    text = _("%(code)s is your code, good for ten minutes. We never ask for it by telephone; give it to nobody.")
    return _mail(to.value, subject, text % {"code": code} + "\n", key)


# other systems -------------------------------------------------------------------------------------------------------

CALL_DELAYS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360, 720, 1440, 1440))
"""Before a call's second, third … try: a system that is out of order for a day or a weekend is told afterwards."""
UNDER_WAY = timedelta(minutes=2)
"""So long nobody else takes up a call: an attempt is over sooner, and one that a crash broke off is repeated."""


def call_systems(*, actor: Actor, clock: Callable[[], datetime], most: int = AT_ONCE) -> int:
    """Tell other systems what waits for them, each fact once by its id; answers how many were tried.

    Unlike a message to a person it is repeated where nobody knows whether it arrived: the receiver tells by `webhook-id`. Each
    system hears in the ledger's order: only the first that waits for it is ever tried, and one out of order is left alone for
    the pause of its outage, whatever happens meanwhile. Systems take turns.
    """
    turns, tried = deque(Webhook.objects.filter(dropped_at=None).order_by("added_at", "id")), 0
    while turns and tried < most:
        hook = turns.popleft()
        call = _taken_up(hook, clock())
        if call is None:
            continue
        tried += 1
        outcome = _call(call, clock())
        if outcome.state == "sent":
            _note_taken(call, actor, clock())
            turns.append(hook)
        else:
            _note_refused(call, outcome, clock())
    if Outage.objects.filter(told_at=None, webhook__dropped_at=None).exists():
        services.warn_of_outages(actor=actor, now=clock())
    return tried


def _taken_up(hook: Webhook, now: datetime) -> Call | None:
    """The first message that waits for a system, if its turn has come and nobody else has taken it up."""
    if Outage.objects.filter(webhook=hook, next_at__gt=now).exists():
        return None
    first = Call.objects.select_related("webhook").filter(webhook=hook, state="waiting").order_by("position").first()
    if first is None or first.next_at > now:
        return None
    mine = Call.objects.filter(id=first.id, state="waiting", next_at=first.next_at)
    return first if mine.update(next_at=now + UNDER_WAY) else None


def _note_taken(call: Call, actor: Actor, now: datetime) -> None:
    if Outage.objects.filter(webhook_id=call.webhook_id).exists():
        services.end_outage(actor=actor, webhook_id=call.webhook_id, now=now)
    Call.objects.filter(id=call.id).update(state="sent", tries=F("tries") + 1, outcome="")


def _note_refused(call: Call, outcome: Outcome, now: datetime) -> None:
    """The system's pause grows with each try that it did not take, whichever message that was."""
    enough = outcome.state == "failed" or call.tries >= len(CALL_DELAYS)
    with transaction.atomic():
        outage, _made = Outage.objects.select_for_update().get_or_create(
            webhook_id=call.webhook_id, defaults={"since": now, "next_at": now}
        )
        pause = max(CALL_DELAYS[min(outage.tries, len(CALL_DELAYS) - 1)], timedelta(seconds=outcome.after or 0))
        outage.tries, outage.next_at, outage.outcome = outage.tries + 1, now + pause, outcome.why[:60]
        outage.save()
        Call.objects.filter(id=call.id).update(
            state="failed" if enough else "waiting", tries=F("tries") + 1, next_at=now, outcome=outcome.why[:60]
        )


def _call(call: Call, now: datetime) -> Outcome:
    hook = call.webhook
    address = address_of(hook.url)
    if not address:
        return Outcome("waiting", "address not found or not allowed")
    body, at = event_of(call), int(now.timestamp())
    secret = decrypt(hook.sealed, table="notices_webhook", column="sealed", row=str(hook.id))
    headers = {
        "Content-Type": "application/cloudevents+json; charset=utf-8",
        "webhook-id": str(call.id),
        "webhook-timestamp": str(at),
        "webhook-signature": webhook.sign(secret, message_id=str(call.id), timestamp=at, body=body),
    }
    try:
        reply = post_bytes(hook.url, body, headers, address=address, most=0)
    except (NotSent, Unclear) as error:
        return Outcome("waiting", f"no answer: {error}")
    if 200 <= reply.status < 300:
        return SENT
    return Outcome("failed" if reply.status == 410 else "waiting", f"answer {reply.status}", reply.retry_after)


def event_of(call: Call) -> bytes:
    """A fact as a CloudEvent in structured JSON: what kind of thing happened, about which number, when and by whom; no words.

    `source` and `id` name it for ever: the ledger and the position in it. Source: CloudEvents 1.0.2, JSON format.
    """
    event = {
        "specversion": "1.0",
        "id": str(call.position),
        "source": f"{installation().public_url}/open/ledger/",
        "type": call.kind,
        "subject": call.subject,
        "time": call.recorded_at.isoformat(),
        "datacontenttype": "application/json",
        "data": {"position": call.position, "organisation": call.organisation_code},
    }
    return json.dumps(event, ensure_ascii=False).encode()
