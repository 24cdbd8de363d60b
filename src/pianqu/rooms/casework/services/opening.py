"""open_case: a matter is taken in. One case is a batch of one, so that both paths do the same."""

import secrets
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import IntegrityError
from django.utils import timezone
from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.crypto import decrypt, encrypt, fingerprint
from pianqu.foundation.db import insert_new
from pianqu.foundation.errors import Invalid, Problem, Refused
from pianqu.foundation.idempotency import answer_once, came_before
from pianqu.foundation.ids import new_id
from pianqu.foundation.photos import SafePhoto
from pianqu.foundation.verbs import TryAgain, verb
from pianqu.kernels import checkcode
from pianqu.rooms.casework import queries, rules
from pianqu.rooms.casework.facts import CaseOpened
from pianqu.rooms.casework.lifecycle import FIRST
from pianqu.rooms.casework.models import Case, Contact, Photo
from pianqu.rooms.casework.services.clocks import ACCEPTANCE, acceptance_due, set_due
from pianqu.rooms.casework.services.contacts import Reporter, sealed_contact
from pianqu.rooms.casework.services.parts import Claim, PlaceChoice, Words, checked_place, kept_photos, taken
from pianqu.rooms.casework.services.searching import write_texts
from pianqu.rooms.casework.services.steps import iso
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.ledger import services as ledger

CHANNELS = frozenset(queries.CHANNELS)
RECEIPT_LIFE = timedelta(days=180)
SCOPE = "casework.open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What is needed to open one case."""

    words: str
    category: str
    place: PlaceChoice
    contact: str | None = None
    photos: Sequence[SafePhoto] = ()
    channel: str = "portal"
    claim: Claim | None = None
    tell: bool = False
    """Whether the reporter wants to be told of what happens."""
    reporter: Reporter | None = None
    """Who reports it, where the door knows it and the contact is theirs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What the reporter takes home. `receipt_secret` is told once and kept only as a hash; imported cases have none."""

    case_id: uuid.UUID
    case_code: str
    receipt_secret: str
    entry_id: uuid.UUID


@dataclass(slots=True)
class _Ready:
    case: Case
    fact: CaseOpened
    secret: str
    contact: Contact | None
    photos: list[Photo]


@verb
def open_case(
    *,
    actor: Actor,
    words: str,
    category: str,
    place: PlaceChoice,
    contact: str | None = None,
    photos: Sequence[SafePhoto] = (),
    channel: str = "portal",
    claim: Claim | None = None,
    tell: bool = False,
    reporter: Reporter | None = None,
    idempotency_key: str | None = None,
    now: datetime,
) -> Opened:
    """Take in one matter. With an idempotency key a repeated request gets the first answer again.

    Raises Invalid with a sentence for the reporter; nothing is kept then.
    """
    item = Opening(
        words=words,
        category=category,
        place=place,
        contact=contact,
        photos=tuple(photos),
        channel=channel,
        claim=claim,
        tell=tell,
        reporter=reporter,
    )
    ready = _readied(actor, [item], now)
    if idempotency_key is None:
        return _take_in(actor, ready(), now)[0]
    answer = answer_once(
        scope=SCOPE,
        key=idempotency_key,
        fingerprint=_fingerprint(actor, item),
        now=now,
        act=lambda: _as_answer(_take_in(actor, ready(), now)[0], str(idempotency_key)),
    )
    return _from_answer(answer, idempotency_key)


def was_opened(idempotency_key: str) -> bool:
    """Whether a form or request with this key made a matter already: it gets the first receipt again, and no question."""
    return came_before(scope=SCOPE, key=idempotency_key)


@verb
def open_cases(*, actor: Actor, items: Sequence[Opening], now: datetime) -> tuple[Opened, ...]:
    """Take in many matters of one receiving organisation, in a handful of statements whatever their number."""
    return _take_in(actor, _readied(actor, items, now)(), now)


def _readied(actor: Actor, items: Sequence[Opening], now: datetime) -> Callable[[], list[_Ready]]:
    """What can be done before the first statement keeps others waiting. What is wrong is said when it is asked for: a repeated
    request gets its first answer, whatever has changed since."""
    try:
        ready = _checked_and_made(actor, items, now)
    except Problem as problem:
        found = problem

        def refuse() -> list[_Ready]:
            raise found

        return refuse
    return lambda: ready


def _checked_and_made(actor: Actor, items: Sequence[Opening], now: datetime) -> list[_Ready]:
    for item in items:
        _check(actor, item)
    _check_categories({item.category for item in items})
    _check_stands(actor)
    return [_prepare(actor, item, now) for item in items]


def _take_in(actor: Actor, ready: list[_Ready], now: datetime) -> tuple[Opened, ...]:
    recorded = ledger.record([one.fact for one in ready], actor=actor, now=now)
    for one, entry in zip(ready, recorded, strict=True):
        one.case.entry_id = entry.entry_id
    _save(ready)
    return tuple(
        Opened(case_id=one.case.id, case_code=one.case.code, receipt_secret=one.secret, entry_id=one.case.entry_id)
        for one in ready
    )


def _check_stands(actor: Actor) -> None:
    """Raise Refused for a post whose organisation has ended since its page was opened: nobody would find the matter there."""
    card = directory.hold([actor.organisation_code]).get(actor.organisation_code) if actor.kind == "post" else None
    if card is not None and card.ended:
        sentence = _("%(name)s has ended. What you wrote is still here: send it again in your new post.")
        raise Refused("own-ended", sentence % {"name": card.short_name})


def _check(actor: Actor, item: Opening) -> None:
    if item.channel not in CHANNELS:
        raise Invalid("channel-unknown", _("This channel is not known."))
    if item.claim is not None:
        rules.check_may_claim(actor)


def _check_categories(codes: set[str]) -> None:
    if not codes <= queries.shipped_codes() and not codes <= queries.known_codes():
        raise Invalid("category-unknown", _("Please choose one of the listed categories."))


def _prepare(actor: Actor, item: Opening, now: datetime) -> _Ready:
    case_id, code, words = new_id(), checkcode.make(secrets.randbelow(checkcode.BODIES)), taken(item.words)
    place = checked_place(item.place, ours=item.claim is None, on=timezone.localdate(now))
    contact = sealed_contact(item.contact, case_id=case_id, tell=item.tell, by=item.reporter) if item.contact else None
    photos = kept_photos(item.photos, case_id=case_id)
    secret = "" if item.claim else secrets.token_urlsafe(16)
    case = _row(actor, item, case_id, code, words, place, now)
    case.danger = item.claim is None and bool(queries.dangers_in(words.text))
    last_day = _set_due(case, item, now)
    if secret:
        case.receipt_secret_hash = sha256(secret.encode()).digest()
        case.receipt_expires_at = now + RECEIPT_LIFE
    fact = CaseOpened(
        subject=f"case:{case_id}",
        organisation_code=actor.organisation_code,
        case_id=str(case_id),
        case_code=code,
        category=item.category,
        channel=item.channel,
        place_code=place.community_code,
        place_source=place.source,
        words_commitment=words.commitment,
        photo_commitments=tuple(photo.commitment for photo in photos),
        has_contact=contact is not None,
        tell_by=contact.channel if contact else "",
        identity=contact.identity if contact else "",
        due_at=iso(case.due_at),
        due_rule=ACCEPTANCE if case.due_at else "",
        due_last_day=last_day,
        due_provisional=case.due_provisional,
        cell_code=case.cell_code,
        grid_version=str(case.grid_version or ""),
        danger=case.danger,
        **(item.claim.told() if item.claim else {}),
    )
    return _Ready(case, fact, secret, contact, photos)


def _set_due(case: Case, item: Opening, now: datetime) -> str:
    """Until when it has to be accepted; what an importer claims has no clock here. Answers the last day."""
    due = None if item.claim else acceptance_due(now, now)
    if due is None:
        return ""
    set_due(case, now, due)
    return due.last_day.isoformat()


def _row(
    actor: Actor, item: Opening, case_id: uuid.UUID, code: str, words: Words, place: PlaceChoice, now: datetime
) -> Case:
    claim = item.claim
    return Case(
        id=case_id,
        code=code,
        category=item.category,
        channel=item.channel,
        state=str(FIRST),
        organisation_code=actor.organisation_code,
        place_code=place.community_code,
        place_source=place.source,
        lon=place.lon,
        lat=place.lat,
        landmark=place.landmark or "",
        cell_code=place.cell.micro_code or place.cell.cell_code,
        grid_version=place.cell.version_id,
        words=words.text,
        words_salt=words.salt,
        opened_at=claim.happened_at if claim else now,
        imported_from=claim.imported_from if claim else None,
        imported_id=claim.imported_id if claim else None,
    )


def _save(ready: Sequence[_Ready]) -> None:
    try:
        insert_new([one.case for one in ready])
    except IntegrityError as error:
        raise TryAgain("a case has this code already, or this imported id") from error
    write_texts([one.case for one in ready])
    insert_new([one.contact for one in ready if one.contact is not None])
    insert_new([photo for one in ready for photo in one.photos])


def _fingerprint(actor: Actor, item: Opening) -> str:
    """Keyed: a plain hash beside the words would tell the telephone number to whoever tries the few that the mask leaves."""
    place = item.place
    content = [
        actor.kind,
        actor.organisation_code,
        item.words,
        item.category,
        item.contact,
        item.tell,
        item.channel,
        str(item.reporter.resident_id) if item.reporter else "",
        [place.community_code, repr(place.lon), repr(place.lat), place.landmark, place.source],
        [sha256(photo.content).hexdigest() for photo in item.photos],
    ]
    return fingerprint(repr(content), scope=SCOPE)


def _as_answer(opened: Opened, key: str) -> str:
    sealed = encrypt(opened.receipt_secret, table="idempotencykey", column="answer", row=key)
    return f"{opened.case_id} {opened.case_code} {opened.entry_id} {sealed}"


def _from_answer(answer: str, key: str) -> Opened:
    case_id, code, entry_id, sealed = answer.split(" ")
    secret = decrypt(sealed, table="idempotencykey", column="answer", row=key)
    return Opened(case_id=uuid.UUID(case_id), case_code=code, receipt_secret=secret, entry_id=uuid.UUID(entry_id))
