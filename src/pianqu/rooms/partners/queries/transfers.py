"""Matters that went elsewhere or came from there, with their letters."""

import json
import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent
from pianqu.foundation.photos import SafePhoto
from pianqu.kernels import checkcode
from pianqu.kernels import letter as kernel
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.ledger import queries as ledger
from pianqu.rooms.partners import rules
from pianqu.rooms.partners.lifecycle import LIVE, State
from pianqu.rooms.partners.models import Carried, Letter, Partner, Posting, Transfer
from pianqu.rooms.partners.queries.bodies import moment_of, photos_of, text_of

PAGE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What another district says of a matter that it offers."""

    reference: str = ""
    words: str = ""
    note: str = ""
    landmark: str = ""
    lon: float | None = None
    lat: float | None = None
    opened_at: datetime | None = None
    photos: tuple[SafePhoto, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterCard:
    """One letter with its two proofs: our ledger's and the other's."""

    letter_id: uuid.UUID
    direction: str
    number: int
    kind: str
    at: datetime
    words: str
    trouble: str
    entry_id: uuid.UUID
    sealed: bool
    state: str
    """How its delivery stands: waiting, sent, proven …; for one that came in, `proven` where its receipt is kept."""
    outcome: str
    tries: int
    next_at: datetime | None
    has_proof: bool
    """Whether the other ledger's receipt is kept."""
    emptied: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferCard:
    """One matter between us and a partner."""

    transfer_id: uuid.UUID
    partner_id: uuid.UUID
    partner_kind: str
    partner_name: str
    direction: str
    state: str
    case_id: uuid.UUID | None
    case_code: str
    category: str
    their_reference: str
    their_state: str
    their_lead: str
    their_due_at: datetime | None
    offered_at: datetime
    changed_at: datetime
    may_decide: bool = False
    may_withdraw: bool = False
    offer: Offer | None = None
    letters: tuple[LetterCard, ...] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerRow:
    """A system that a matter can be given to."""

    partner_id: uuid.UUID
    name: str
    kind: str


def transfers_for(actor: Actor, *, direction: str = "", most: int = PAGE) -> tuple[TransferCard, ...]:
    """The latest transfers: all for the centre, for others those of matters that they see."""
    rows = Transfer.objects.select_related("partner").order_by("-offered_at", "-id")
    rows = rows.filter(direction=direction) if direction else rows
    if rules.may_see_all(actor):
        return _cards(rows[:most])
    latest = rows.exclude(case_id=None).values_list("case_id", flat=True)[: most * 10]
    seen = casework.rows_for(actor, {case_id for case_id in latest if case_id is not None})
    return _cards(rows.filter(case_id__in=seen)[:most])


def transfers_of(actor: Actor, case_id: uuid.UUID) -> tuple[TransferCard, ...]:
    """The transfers of a matter that this actor may see. Raises Absent."""
    casework.check_sees(actor, case_id)
    return _cards(Transfer.objects.filter(case_id=case_id).select_related("partner").order_by("-offered_at", "-id"))


def offering_for(actor: Actor, case_id: uuid.UUID) -> tuple[PartnerRow, ...]:
    """To whom this actor may give the matter now; nobody where it is elsewhere already or has ended. Raises Absent."""
    casework.check_sees(actor, case_id)
    head = casework.case_head(case_id)
    away = Transfer.objects.filter(case_id=case_id, direction="out", state__in=[str(one) for one in LIVE]).exists()
    if away or head.state not in casework.OPEN or not rules.may_offer(actor, head.organisation_code):
        return ()
    category = casework.category_of(case_id)
    rows = Partner.objects.filter(dropped_at=None).order_by("kind", "name", "id")
    return tuple(
        PartnerRow(partner_id=row.id, name=row.name, kind=row.kind)
        for row in rows
        if row.kind == "district" or category in row.services
    )


def transfer_for(actor: Actor, transfer_id: uuid.UUID) -> TransferCard:
    """One transfer with its letters. Raises Absent where this actor may not see it."""
    row = Transfer.objects.select_related("partner").filter(id=transfer_id).first()
    absent = Absent("transfer-absent", _("There is no such transfer."))
    if row is None:
        raise absent
    if row.case_id is not None and not rules.may_see_all(actor):
        casework.check_sees(actor, row.case_id)
    elif not rules.may_see_all(actor):
        raise absent
    head = casework.case_head(row.case_id) if row.case_id else None
    may_withdraw = (
        row.direction == "out"
        and row.state in (State.OFFERED, State.TAKEN)
        and head is not None
        and rules.may_offer(actor, head.organisation_code)
    )
    return _card(
        row,
        {head.case_id: head.code} if head else {},
        may_decide=row.direction == "in" and row.state == State.OFFERED and rules.may_decide(actor),
        may_withdraw=may_withdraw,
        offer=offer_of(row.id) if row.direction == "in" else None,
        letters=_letters(row),
    )


def _letters(transfer: Transfer) -> tuple[LetterCard, ...]:
    rows = list(Letter.objects.filter(transfer=transfer).order_by("at", "number"))
    posted = Posting.objects.in_bulk([row.id for row in rows])
    stuck = Carried.objects.filter(letter__transfer=transfer).exclude(trouble="")
    troubles = dict(stuck.values_list("letter_id", "trouble"))
    return tuple(_letter(row, posted.get(row.id), troubles.get(row.id, "")) for row in rows)


def _letter(row: Letter, posting: Posting | None, trouble: str = "") -> LetterCard:
    proof = row.receipt or (posting.receipt if posting else "")
    state = posting.state if posting else ("proven" if row.receipt else "")
    return LetterCard(
        letter_id=row.id,
        direction=row.direction,
        number=row.number,
        kind=row.kind,
        at=row.at,
        words=text_of(_body(row)) or text_of(_body(row), "note"),
        trouble=trouble,
        entry_id=row.entry_id,
        sealed=ledger.receipt_for(row.entry_id).position is not None,
        state=state if row.direction == "in" else (state or "waiting"),
        outcome=posting.outcome if posting else "",
        tries=posting.tries if posting else 0,
        next_at=posting.next_at if posting else None,
        has_proof=bool(proof),
        emptied=not row.text,
    )


def _body(row: Letter) -> dict[str, Any]:
    return dict(json.loads(row.text)["body"]) if row.text else {}


def offer_of(transfer_id: uuid.UUID) -> Offer:
    """What was offered, with what was added before the decision; empty where its words were destroyed."""
    rows = list(Letter.objects.filter(transfer_id=transfer_id, direction="in", kind__in=("offered", "added")))
    bodies = [_body(row) for row in sorted(rows, key=lambda row: row.number)]
    if not bodies:
        return Offer()
    first, later = bodies[0], bodies[1:]
    additions = first.get("additions")
    said = [text_of(first), *(one for one in additions if isinstance(one, str))] if isinstance(additions, list) else []
    said = said or [text_of(first)]
    photos = [photo for body in bodies for photo in photos_of(body.get("photos"))]
    return Offer(
        reference=text_of(first, "reference", 120),
        words="\n\n".join(filter(None, [*said, *map(text_of, later)]))[:5_000],
        note=text_of(first, "note"),
        landmark=text_of(first, "landmark", 200),
        lon=kernel.degrees(first.get("lon_e7")),
        lat=kernel.degrees(first.get("lat_e7")),
        opened_at=moment_of(first, "opened_at"),
        photos=tuple(photos[:5]),
    )


def offer_photo(actor: Actor, transfer_id: uuid.UUID, number: int) -> SafePhoto:
    """One of the photos of an offer, counted from 0. Raises Absent."""
    offer = transfer_for(actor, transfer_id).offer
    if offer is None or not 0 <= number < len(offer.photos):
        raise Absent("photo-absent", _("There is no such photo."))
    return offer.photos[number]


def letter_proof(actor: Actor, letter_id: uuid.UUID, *, theirs: bool) -> str:
    """The receipt of a letter, from our ledger or from the other's. Raises Absent where there is none (yet)."""
    row = Letter.objects.filter(id=letter_id).first()
    if row is None:
        raise Absent("letter-absent", _("There is no such letter here."))
    transfer_for(actor, row.transfer_id)
    posting = Posting.objects.filter(letter_id=letter_id).first()
    text = (row.receipt or (posting.receipt if posting else "")) if theirs else ledger.receipt_for(row.entry_id).text
    if not text:
        raise Absent("receipt-absent", _("This receipt is not there yet. Please look again in a minute."))
    return text


def doubtful_for(actor: Actor) -> tuple[LetterCard, ...]:
    """Letters of which nobody knows whether an Open311 server took them, for who may settle it."""
    if not rules.may_connect(actor):
        return ()
    rows = Posting.objects.filter(state="doubtful").select_related("letter").order_by("next_at")[:PAGE]
    return tuple(_letter(row.letter, row) for row in rows)


def at_servers(transfer_ids: Collection[uuid.UUID]) -> tuple[uuid.UUID, ...]:
    """Those of these transfers that lie with an Open311 server. One statement."""
    rows = Transfer.objects.filter(id__in=transfer_ids, partner__kind="open311")
    return tuple(rows.values_list("id", flat=True))


def followed(case_ids: Collection[uuid.UUID]) -> frozenset[uuid.UUID]:
    """Those of these matters that a partner gave us or has from us. One statement, none where there is none to ask for."""
    if not case_ids:
        return frozenset()
    rows = Transfer.objects.filter(case_id__in=case_ids)
    return frozenset(id_ for id_ in rows.values_list("case_id", flat=True) if id_ is not None)


def _cards(rows: QuerySet[Transfer]) -> tuple[TransferCard, ...]:
    found = list(rows)
    codes = casework.codes_of([row.case_id for row in found if row.case_id])
    return tuple(_card(row, codes) for row in found)


def _card(row: Transfer, codes: dict[uuid.UUID, str], **more: Any) -> TransferCard:
    return TransferCard(
        transfer_id=row.id,
        partner_id=row.partner_id,
        partner_kind=row.partner.kind,
        partner_name=row.partner.name,
        direction=row.direction,
        state=row.state,
        case_id=row.case_id,
        case_code=checkcode.show(codes[row.case_id]) if row.case_id in codes else "",
        category=row.category,
        their_reference=row.their_reference,
        their_state=row.their_state,
        their_lead=row.their_lead,
        their_due_at=row.their_due_at,
        offered_at=row.offered_at,
        changed_at=row.changed_at,
        **more,
    )
