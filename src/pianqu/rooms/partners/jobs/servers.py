"""Matters to Open311 servers: filed once, then looked after until they are closed there.

GeoReport has no key by which a server would know a repetition. So a request that certainly did not leave is sent again; one that
may have arrived waits, in doubt, for a person to find out. Source: Open311 GeoReport API v2; FixMyStreet's updates.
"""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from pianqu.foundation.crypto import decrypt, encrypt
from pianqu.foundation.posting import NotSent, Reply, Unclear, address_of, get, post_bytes
from pianqu.kernels import georeport
from pianqu.kernels import letter as kernel
from pianqu.kernels.georeport import GeoReportError
from pianqu.rooms.partners import rules, services
from pianqu.rooms.partners.lifecycle import State
from pianqu.rooms.partners.models import Letter, Partner, Posting, Transfer, Watch
from pianqu.rooms.partners.queries import text_of
from pianqu.rooms.partners.services import Update

AT_ONCE = 20
LONGEST = timedelta(minutes=2)
"""No attempt takes as long: who is still sending after it died in between."""
DELAYS = (10, 60, 300, 1800, 3600)
"""Seconds before the next try of what certainly did not leave; the last holds for all further ones."""
ROUND = timedelta(minutes=10)
"""How often a matter is asked for."""
OVERLAP = timedelta(days=2)
SLOWEST = timedelta(hours=6)
FORM = "application/x-www-form-urlencoded"
SAYS: dict[str, str] = {"added": "OPEN", "reopened": "OPEN", "withdrawn": "CLOSED", "rated": ""}
"""What a server that takes updates hears, and with which status; nothing of the others."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one attempt."""

    state: str
    why: str = ""
    reference: str = ""
    token: str = ""
    secret: str = ""
    """The key to just this matter, where the other side is a pianqu too."""


# filing --------------------------------------------------------------------------------------------------------------


def file_letters(*, now: datetime, most: int = AT_ONCE) -> int:
    """Send what is due to servers; answers how many were tried. Each is marked before it leaves."""
    ours = Posting.objects.filter(letter__partner__kind="open311", letter__partner__dropped_at=None)
    ours.filter(state="sending", tried_at__lt=now - LONGEST).update(state="doubtful", outcome="interrupted")
    blocked = set(ours.filter(state__in=("sending", "doubtful")).values_list("letter__transfer_id", flat=True))
    due = ours.filter(state="waiting", next_at__lte=now).select_related("letter__partner", "letter__transfer__partner")
    tried = 0
    for posting in due.order_by("number")[:most]:
        if posting.letter.transfer_id in blocked:
            continue  # first somebody finds out whether they have the matter at all
        mine = Posting.objects.filter(letter_id=posting.letter_id, state="waiting")
        if mine.update(state="sending", tried_at=now, tries=F("tries") + 1):
            outcome = _filed(posting.letter, now)
            _note(posting, outcome, now)
            tried += 1
            if outcome.state != "sent":
                blocked.add(posting.letter.transfer_id)
    return tried


def _filed(letter: Letter, now: datetime) -> Outcome:
    if not letter.text:
        return Outcome("given-up", "emptied")
    try:
        address, fields = _request(letter, now)
    except GeoReportError as error:
        return Outcome("given-up", f"unsent {error}"[:120])
    if not fields:
        return Outcome("sent", "not-told")
    host = address_of(address)
    if not host:
        return Outcome("waiting", "no-address")
    try:
        reply = post_bytes(address, georeport.form_body(fields), {"Content-Type": FORM}, address=host)
    except NotSent as error:
        return Outcome("waiting", f"no-answer {error}")
    except Unclear as error:
        return Outcome("doubtful", f"no-answer {error}")
    return _judged(letter, reply)


def _request(letter: Letter, now: datetime) -> tuple[str, georeport.Pairs]:
    """Where to, and the form; an empty one for what this server is not told. Raises GeoReportError."""
    partner, transfer, body = letter.partner, letter.transfer, json.loads(letter.text)["body"]
    server, key = server_of(partner), key_to(transfer)
    if letter.kind == "offered":
        lon, lat = kernel.degrees(body.get("lon_e7")), kernel.degrees(body.get("lat_e7"))
        place = text_of(body, "landmark", 200)
        return georeport.requests_url(server), georeport.report_fields(
            server,
            service_code=partner.services.get(transfer.category, ""),
            description="\n\n".join(filter(None, [text_of(body), *_additions(body), text_of(body, "note")])),
            lat=lat,
            long=lon,
            address_string=place or ("" if lat is not None else _("Place not given; see the description.")),
            api_key=key,
        )
    if letter.kind not in SAYS or not partner.takes_updates or not transfer.their_reference:
        return "", ()
    words = text_of(body) or _told(letter.kind, body)
    return georeport.updates_url(server), georeport.update_fields(
        server,
        service_request_id=transfer.their_reference,
        update_id=str(letter.id),
        status=SAYS[letter.kind] or ("CLOSED" if transfer.state in (State.ANSWERED, State.CLOSED) else "OPEN"),
        updated_datetime=letter.at,
        description=words,
        api_key=key,
    )


def _additions(body: dict[str, Any]) -> list[str]:
    found = body.get("additions")
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def _told(kind: str, body: dict[str, Any]) -> str:
    """Words for what has none of its own."""
    if kind == "rated":
        return _("Who reported it rates the answer %(score)s of 5.") % {"score": body.get("score")}
    return {
        "added": _("Who reported it added photos."),
        "reopened": _("The answer did not settle it."),
        "withdrawn": _("It is not needed any more."),
    }[kind]


def _judged(letter: Letter, reply: Reply) -> Outcome:
    """Taken; asked to come again; refused for good; or an error of which nobody knows what it did before."""
    if 200 <= reply.status < 300:
        return _taken(letter, reply.body)
    why = f"answer {reply.status} {_reasons(reply.body)}".strip()[:120]
    if reply.status in (429, 503):
        return Outcome("waiting", why)
    return Outcome("given-up" if 300 <= reply.status < 500 else "doubtful", why)


def _taken(letter: Letter, body: bytes) -> Outcome:
    if letter.kind != "offered":
        return Outcome("sent")
    try:
        posted = georeport.posted(body)
    except GeoReportError as error:
        return Outcome("doubtful", f"answer {error.reason}"[:120])
    if not posted.service_request_id and not posted.token:
        return Outcome("doubtful", "no-number")
    return Outcome("sent", reference=posted.service_request_id, token=posted.token, secret=posted.receipt_secret)


def _reasons(body: bytes) -> str:
    try:
        return "; ".join(fault.description for fault in georeport.errors(body))
    except GeoReportError:
        return ""


def _note(posting: Posting, outcome: Outcome, now: datetime) -> None:
    delay = timedelta(seconds=DELAYS[min(posting.tries, len(DELAYS) - 1)])
    Posting.objects.filter(letter_id=posting.letter_id, state="sending").update(
        state=outcome.state, next_at=now + delay, outcome=outcome.why
    )
    letter, actor = posting.letter, rules.programs()
    if outcome.token or outcome.secret:
        sealed = encrypt(outcome.secret, **_place(letter.transfer_id)) if outcome.secret else ""
        Watch.objects.get_or_create(
            transfer_id=letter.transfer_id,
            defaults={"token": outcome.token, "sealed_secret": sealed, "next_at": now},
        )
    if outcome.reference:
        services.note_posted(actor=actor, letter_id=letter.id, reference=outcome.reference, now=now)
    elif letter.kind == "offered" and outcome.state == "given-up":
        services.note_declined(actor=actor, letter_id=letter.id, words=outcome.why, now=now)


# looking after -------------------------------------------------------------------------------------------------------


def look_after(*, now: datetime, most: int = AT_ONCE) -> int:
    """Ask servers how matters stand; answers how many were asked for."""
    live = Watch.objects.filter(transfer__partner__dropped_at=None, next_at__lte=now)
    rows = live.filter(transfer__state__in=[State.OFFERED, State.TAKEN, State.ANSWERED])
    asked = 0
    for watch in rows.select_related("transfer__partner").order_by("next_at")[:most]:
        why = _looked_after(watch, now)
        tries = watch.tries + 1 if why else 0
        pause = min(ROUND * 2 ** min(tries, 8), SLOWEST) if why else ROUND
        Watch.objects.filter(transfer_id=watch.transfer_id).update(next_at=now + pause, tries=tries, outcome=why[:120])
        asked += 1
    return asked


def _looked_after(watch: Watch, now: datetime) -> str:
    """Why it could not be asked for; empty where it was."""
    try:
        if not watch.transfer.their_reference:
            return _number_behind(watch, now)
        found = _said(watch, now)
    except (NotSent, Unclear) as error:
        return f"no-answer {error}"
    except GeoReportError as error:
        return f"answer {error}"
    if found:
        services.take_updates(actor=rules.programs(), transfer_id=watch.transfer_id, updates=found, now=now)
    return ""


def _number_behind(watch: Watch, now: datetime) -> str:
    server = server_of(watch.transfer.partner)
    number = georeport.token(_read(georeport.token_url(server, watch.token))).service_request_id
    if number:
        offered = Letter.objects.get(transfer_id=watch.transfer_id, direction="out", kind="offered")
        services.note_posted(actor=rules.programs(), letter_id=offered.id, reference=number, now=now)
    return ""


def _said(watch: Watch, now: datetime) -> list[Update]:
    """What the server says of the matter: its updates where it has them, and how it stands."""
    transfer, partner = watch.transfer, watch.transfer.partner
    server, key, own = server_of(partner), key_to(transfer), transfer.their_reference
    found: list[Update] = []
    if partner.takes_updates:
        url = georeport.update_list_url(server, since=now - OVERLAP, until=now, service_request_id=own, api_key=key)
        ours = [one for one in georeport.updates(_read(url), zone=_zone()) if one.service_request_id == own]
        found += [
            Update(reference=f"{own} {one.update_id}", is_open=one.is_open is not False, words=one.description)
            for one in sorted(ours, key=lambda one: (one.updated_datetime or now, one.update_id))
        ]
    requests = georeport.requests(_read(georeport.request_url(server, own, api_key=key)), zone=_zone())
    mine = next((one for one in requests if one.service_request_id == own), None)
    return (
        found if mine is None or any(not one.is_open for one in found) else [*found, *_standing(mine, transfer.state)]
    )


def _standing(request: georeport.Request, state: str) -> Sequence[Update]:
    """How it stands, where that is news: closed there and not answered here."""
    if request.is_open is not False or state not in (State.OFFERED, State.TAKEN):
        return ()
    at = request.updated_datetime.isoformat() if request.updated_datetime else ""
    reference = f"{request.service_request_id} closed {at}"
    return (Update(reference=reference, is_open=False, words=request.status_notes),)


def _zone() -> ZoneInfo:
    return ZoneInfo(timezone.get_default_timezone_name())


def _read(url: str) -> bytes:
    host = address_of(url)
    if not host:
        raise NotSent("no-address")
    reply = get(url, {"Accept": "text/xml, application/json"}, address=host, most=georeport.LONGEST)
    if reply.status != 200:
        raise GeoReportError("refused", f"{reply.status} {_reasons(reply.body)}".strip())
    return reply.body


def server_of(partner: Partner) -> georeport.Server:
    """The server behind a partner."""
    return georeport.Server(base=partner.url, jurisdiction_id=partner.jurisdiction)


def key_to(transfer: Transfer) -> str:
    """The key with which this matter is read and added to: its own, the server's, or none."""
    own = Watch.objects.filter(transfer=transfer).exclude(sealed_secret="").values_list("sealed_secret", flat=True)
    if sealed := own.first():
        return decrypt(sealed, **_place(transfer.id))
    partner = transfer.partner
    if not partner.sealed_key:
        return ""
    return decrypt(partner.sealed_key, table="partners_partner", column="sealed_key", row=str(partner.id))


def _place(transfer_id: uuid.UUID) -> dict[str, str]:
    """Where the key to a matter is sealed for."""
    return {"table": "partners_watch", "column": "sealed_secret", "row": str(transfer_id)}
