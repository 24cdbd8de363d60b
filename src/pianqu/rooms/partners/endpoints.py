"""JSON doors of partners: what its pages do, for programs."""

import uuid
from typing import Literal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_noop

from pianqu.foundation.api import Doors, actor_of
from pianqu.rooms.partners import queries, schemas, services
from pianqu.rooms.partners.queries import PartnerCard, PartnerRow, TransferCard

partners = Doors("partners")
routers = {"": partners.router}


@partners.asks(
    "/partners/card", name="showOurCard", says=gettext_noop("How this district introduces itself"), gives=schemas.Ours
)
def card(request: HttpRequest) -> schemas.Ours:
    ours = queries.our_card()
    return schemas.Ours(**{**ours.as_dict(), "fingerprint": ours.fingerprint})  # type: ignore[arg-type]


@partners.asks(
    "/partners",
    name="listPartners",
    says=gettext_noop("Systems with which matters are exchanged"),
    gives=list[PartnerCard],
)
def list_partners(request: HttpRequest) -> list[PartnerCard]:
    return list(queries.partners_for(actor_of(request)))


@partners.does(
    "/partners/districts",
    name="connectDistrict",
    says=gettext_noop("Connect a district, its key compared by telephone"),
    right="connect",
    status=201,
)
def connect_district(request: HttpRequest, typed: schemas.District) -> uuid.UUID:
    actor = actor_of(request)
    queries.check_may_connect(actor)
    queries.checked_url(typed.url)
    return services.add_district(
        actor=actor,
        url=typed.url,
        card=queries.read_card(typed.url),
        fingerprint=typed.fingerprint,
        now=timezone.now(),
    )


@partners.does(
    "/partners/servers",
    name="connectServer",
    says=gettext_noop("Connect an Open311 server"),
    right="connect",
    status=201,
)
def connect_server(request: HttpRequest, typed: schemas.Server) -> uuid.UUID:
    server = services.NewServer(**dict(typed))
    return services.add_server(actor=actor_of(request), server=server, now=timezone.now())


@partners.does(
    "/partners/{uuid:partner_id}",
    name="disconnectPartner",
    says=gettext_noop("Exchange nothing with it any more"),
    right="connect",
    method="DELETE",
)
def disconnect(request: HttpRequest, partner_id: uuid.UUID) -> None:
    services.drop_partner(actor=actor_of(request), partner_id=partner_id, now=timezone.now())


@partners.asks(
    "/transfers",
    name="listTransfers",
    says=gettext_noop("Matters between us and other systems, the latest"),
    gives=list[schemas.TransferTold],
)
def list_transfers(request: HttpRequest, direction: Literal["in", "out"] | None = None) -> list[TransferCard]:
    return list(queries.transfers_for(actor_of(request), direction=direction or ""))


@partners.asks(
    "/transfers/{uuid:transfer_id}",
    name="getTransfer",
    says=gettext_noop("One transfer with its letters"),
    gives=schemas.TransferWhole,
)
def get_transfer(request: HttpRequest, transfer_id: uuid.UUID) -> dict[str, object]:
    found = queries.transfer_for(actor_of(request), transfer_id)
    told = {name: getattr(found, name) for name in schemas.TransferWhole.model_fields if name != "offer"}
    offer = found.offer
    names = ("reference", "words", "note", "landmark", "lon", "lat", "opened_at")
    return told | {
        "offer": {**{name: getattr(offer, name) for name in names}, "photos": len(offer.photos)} if offer else None
    }


@partners.asks(
    "/cases/{uuid:case_id}/partners",
    name="listTakers",
    says=gettext_noop("To which systems this matter can be given now"),
    gives=list[PartnerRow],
)
def list_takers(request: HttpRequest, case_id: uuid.UUID) -> list[PartnerRow]:
    return list(queries.offering_for(actor_of(request), case_id))


@partners.asks(
    "/cases/{uuid:case_id}/transfers",
    name="listTransfersOfCase",
    says=gettext_noop("Where a matter is and was besides here"),
    gives=list[schemas.TransferTold],
)
def list_transfers_of_case(request: HttpRequest, case_id: uuid.UUID) -> list[TransferCard]:
    return list(queries.transfers_of(actor_of(request), case_id))


@partners.does(
    "/cases/{uuid:case_id}/offer",
    name="offerCase",
    says=gettext_noop("Give a matter to another district or system"),
    right="handle",
    status=201,
)
def offer_case(request: HttpRequest, case_id: uuid.UUID, typed: schemas.Offering) -> uuid.UUID:
    return services.offer_case(actor=actor_of(request), case_id=case_id, now=timezone.now(), **dict(typed))


@partners.does(
    "/transfers/{uuid:transfer_id}/take",
    name="takeOffer",
    says=gettext_noop("Take in what another district offers; answers the matter's id"),
    right="handle",
)
def take_offer(request: HttpRequest, transfer_id: uuid.UUID, typed: schemas.Taking) -> uuid.UUID:
    opened = services.take_offer(
        actor=actor_of(request), transfer_id=transfer_id, category=typed.category, now=timezone.now()
    )
    return opened.case_id


@partners.does(
    "/transfers/{uuid:transfer_id}/decline",
    name="declineOffer",
    says=gettext_noop("Say why a matter is not this district's"),
    right="handle",
)
def decline_offer(request: HttpRequest, transfer_id: uuid.UUID, typed: schemas.Reason) -> None:
    services.decline_offer(actor=actor_of(request), transfer_id=transfer_id, words=typed.words, now=timezone.now())


@partners.does(
    "/transfers/{uuid:transfer_id}/withdraw",
    name="withdrawOffer",
    says=gettext_noop("Take a matter back that another system has"),
    right="handle",
)
def withdraw_offer(request: HttpRequest, transfer_id: uuid.UUID, typed: schemas.Reason) -> None:
    services.withdraw_offer(actor=actor_of(request), transfer_id=transfer_id, words=typed.words, now=timezone.now())


@partners.does(
    "/letters/{uuid:letter_id}/settle",
    name="settleLetter",
    says=gettext_noop("Say what became of a letter in doubt"),
    right="connect",
)
def settle(request: HttpRequest, letter_id: uuid.UUID, typed: schemas.Settling) -> None:
    services.settle_posting(
        actor=actor_of(request),
        letter_id=letter_id,
        outcome=typed.outcome,
        reference=typed.reference,
        now=timezone.now(),
    )


@partners.asks(
    "/letters/{uuid:letter_id}/receipts/{side}",
    name="getLetterReceipt",
    says=gettext_noop("The receipt of a letter, of our ledger or of theirs"),
    gives={"text/plain": bytes},
)
def receipt(request: HttpRequest, letter_id: uuid.UUID, side: Literal["ours", "theirs"]) -> HttpResponse:
    text = queries.letter_proof(actor_of(request), letter_id, theirs=side == "theirs")
    return HttpResponse(text, content_type="text/plain; charset=utf-8")
