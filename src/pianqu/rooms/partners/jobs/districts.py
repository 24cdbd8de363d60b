"""Letters to districts: one after the other, repeated until their ledger has them, then proven by its receipt.

A letter may be repeated as often as the network wants: its number and digest tell the receiver that it is the same one.
"""

import json
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F

from pianqu.foundation.posting import NotSent, Reply, Unclear, address_of, get, post_bytes
from pianqu.kernels import letter as kernel
from pianqu.kernels import words
from pianqu.rooms.ledger import queries as ledger
from pianqu.rooms.partners.models import Letter, Posting
from pianqu.rooms.partners.queries.outside import LETTERS

AT_ONCE = 50
DELAYS = (1, 2, 5, 15, 60, 300, 900)
"""Seconds before the second, third … try; the last holds for all further ones: a letter is never given up."""
WHOLE = 60.0
"""Seconds for a letter with its photos."""
MOST = 262_144
"""Bytes of an answer with a receipt."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one attempt."""

    state: str = "waiting"
    why: str = ""
    """A code, and what belongs to it: pages put it into words."""
    receipt: str = ""
    back_to: int = 0
    """The number that the other side expects, where letters before this one have to go first."""


def post_letters(*, now: datetime, most: int = AT_ONCE) -> int:
    """Send what is due, partner by partner, each in the order of its numbers up to the first that is not taken."""
    tried = 0
    partners = Posting.objects.filter(state="waiting", letter__partner__kind="district").order_by()
    for partner_id in partners.values_list("partner_id", flat=True).distinct():
        tried += _post_to(partner_id, now, most)
    return tried


def _post_to(partner_id: uuid.UUID, now: datetime, most: int) -> int:
    rows = Posting.objects.filter(partner_id=partner_id, state="waiting", letter__partner__dropped_at=None)
    tried = 0
    for letter_id in list(rows.order_by("number").values_list("letter_id", flat=True)[:most]):
        posting = Posting.objects.select_related("letter__partner").get(
            letter_id=letter_id
        )  # one at a time: it has photos
        if posting.next_at > now:
            break
        outcome = _sent(posting.letter)
        tried += 1
        _note(posting, outcome, now)
        if outcome.state == "waiting":
            break
    return tried


def _sent(letter: Letter) -> Outcome:
    own = ledger.receipt_for(letter.entry_id).text
    if not own:
        return Outcome(why="not-published")
    if not letter.text:
        return Outcome(why="emptied")
    body = json.dumps({"letter": letter.text, "receipt": own}, ensure_ascii=False).encode()
    url = f"{letter.partner.url}{LETTERS}"
    address = address_of(url)
    if not address:
        return Outcome(why="no-address")
    try:
        reply = post_bytes(url, body, {"Content-Type": "application/json"}, address=address, whole=WHOLE, most=MOST)
    except (NotSent, Unclear) as error:
        return Outcome(why=f"no-answer {error}")
    return _judged(letter, reply)


def _judged(letter: Letter, reply: Reply) -> Outcome:
    told = _record(reply.body)
    if reply.status in (200, 201, 202) and told.get("number") == letter.number:
        receipt = told.get("receipt")
        return proven(letter, receipt) if isinstance(receipt, str) and receipt else Outcome("sent")
    expected = told.get("next")
    if reply.status == 409 and type(expected) is int and 0 < expected < letter.number:
        return Outcome(why=f"expects {expected}", back_to=expected)
    why = told.get("code") or told.get("title") or ""
    return Outcome(why=words.excerpt(words.clean(f"answer {reply.status} {why}"), 120))


def _record(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def proven(letter: Letter, receipt: str) -> Outcome:
    """The letter is in their ledger, if this receipt holds; one that does not is not kept."""
    try:
        kernel.check_taken(letter.text.encode(), receipt, vkey=letter.partner.vkey)
    except kernel.LetterError as error:
        return Outcome("sent", why=f"false-receipt {error.code}"[:120])
    return Outcome("proven", receipt=receipt)


def _note(posting: Posting, outcome: Outcome, now: datetime) -> None:
    tries = posting.tries + 1
    delay = timedelta(seconds=DELAYS[min(posting.tries, len(DELAYS) - 1)])
    if outcome.back_to:
        earlier = Posting.objects.filter(partner_id=posting.partner_id, number__gte=outcome.back_to)
        earlier.exclude(state="waiting").update(state="waiting", next_at=now, tries=0)
        delay = delay if posting.tries else timedelta(0)  # who asks for them again and again has to wait
    Posting.objects.filter(letter_id=posting.letter_id).update(
        state=outcome.state,
        tries=tries if outcome.state == "waiting" else 0,
        tried_at=now,
        next_at=now + (delay if outcome.state == "waiting" else timedelta(seconds=1)),
        outcome=outcome.why,
        receipt=outcome.receipt or posting.receipt,
    )


def prove_letters(*, now: datetime, most: int = AT_ONCE) -> int:
    """Ask for the receipts of letters that were taken."""
    rows = Posting.objects.filter(state="sent", next_at__lte=now, letter__partner__kind="district")
    rows = rows.filter(letter__partner__dropped_at=None).exclude(letter__text="")
    asked = 0
    for letter_id in list(rows.order_by("next_at", "number").values_list("letter_id", flat=True)[:most]):
        posting = Posting.objects.select_related("letter__partner").get(letter_id=letter_id)
        outcome = _asked(posting.letter)
        asked += 1
        delay = timedelta(seconds=DELAYS[min(posting.tries, len(DELAYS) - 1)])
        Posting.objects.filter(letter_id=posting.letter_id, state="sent").update(
            state=outcome.state,
            tries=0 if outcome.state == "proven" else F("tries") + 1,
            next_at=now + delay,
            outcome=outcome.why,
            receipt=outcome.receipt,
        )
        if outcome.why.startswith("no-answer"):
            break
    return asked


def _asked(letter: Letter) -> Outcome:
    url = f"{letter.partner.url}{LETTERS}/{letter.digest}"
    address = address_of(url)
    if not address:
        return Outcome("sent", why="no-address")
    try:
        reply = get(url, {}, address=address, most=MOST)
    except (NotSent, Unclear) as error:
        return Outcome("sent", why=f"no-answer {error}")
    if reply.status == 404:
        return Outcome("waiting", why="not-there")
    receipt = _record(reply.body).get("receipt")
    if reply.status != 200 or not isinstance(receipt, str) or not receipt:
        return Outcome("sent", why=f"answer {reply.status}" if reply.status != 200 else "")
    return proven(letter, receipt)
