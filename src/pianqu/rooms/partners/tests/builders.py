"""The other side: a district that writes letters into a ledger of its own, as kernels make them."""

import secrets
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pianqu.kernels import letter as kernel
from pianqu.kernels import note
from pianqu.kernels.letter import Card, Letter
from pianqu.rooms.casework import facts as told
from pianqu.rooms.casework.tests.builders import NOW, importer
from pianqu.rooms.ledger import queries as ledger_questions
from pianqu.rooms.ledger import services as ledger
from pianqu.rooms.partners import queries, readers, services
from pianqu.rooms.partners.models import Letter as Row
from pianqu.rooms.partners.models import Partner

__all__ = ["NOW", "Neighbour", "hear", "rows", "told"]
NAME = "pianqu.invalid/330212/yinzhou"


@dataclass
class Neighbour:
    """鄞州区, as far as letters show it."""

    signer: note.Signer = field(default_factory=lambda: note.Signer.from_seed(NAME, secrets.token_bytes(32)))
    partner_id: uuid.UUID = uuid.UUID(int=0)
    written: int = 0

    @staticmethod
    def connected(url: str = "https://yinzhou.example") -> "Neighbour":
        made = Neighbour()
        card = made.card()
        made.partner_id = services.add_district(
            actor=importer(), url=url, card=card, fingerprint=card.fingerprint, now=NOW
        )
        return made

    def card(self) -> Card:
        name = self.signer.name
        return Card(origin=name, vkey=self.signer.vkey, name_zh="鄞州区", name_en="Yinzhou", district_code="330212")

    def letter(self, kind: str, transfer: uuid.UUID, body: dict[str, Any], *, number: int = 0) -> bytes:
        """The next letter's bytes, or those of one with another number."""
        if not number:
            self.written += 1
        return Letter(
            sender=self.signer.name,
            receiver=ledger_questions.log().origin,
            number=number or self.written,
            transfer=transfer,
            kind=kind,
            at=NOW,
            salt=kernel.new_salt(),
            body=body,
        ).encode()

    def proof(self, raw: bytes, *, kind: str = kernel.WRITTEN) -> str:
        """The receipt of a letter that it wrote, or of one that it got."""
        return kernel.alone(raw, self.signer, organisation_code="330212-centre", kind=kind)

    def sends(self, kind: str, transfer: uuid.UUID, body: dict[str, Any], **more: Any) -> services.Taken:
        """A letter comes in as the door takes it."""
        raw = self.letter(kind, transfer, body, **more)
        return self.hands_in(raw, self.proof(raw))

    def hands_in(self, raw: bytes, proof: str, now: datetime = NOW) -> services.Taken:
        came = queries.incoming(raw, proof)
        return services.take_letter(
            actor=importer(), partner_id=came.partner_id, letter=came.letter, raw=raw, proof=proof, now=now
        )

    def offers(self, **body: Any) -> uuid.UUID:
        """A matter that it offers; answers the transfer."""
        transfer = uuid.uuid4()
        given = {"category": "roads", "words": "桥面塌了一角", "reference": "YZ-1", "landmark": "界桥", "photos": []}
        self.sends("offered", transfer, given | body)
        return transfer


def hear(*, now: datetime = NOW) -> None:
    """What the worker does: seal, and let the room's readers hear everything that is new, until nothing is."""
    heard = 1
    while heard:
        ledger.seal(now=now)
        heard = sum(
            ledger.deliver(reader=name, to=to)
            for name, to in ((readers.ACT, readers.act), (readers.FOLLOW, readers.follow), (readers.POST, readers.post))
        )


def rows(transfer: uuid.UUID, direction: str = "out") -> list[str]:
    """Kinds of the letters of a transfer in the order of their numbers."""
    found = Row.objects.filter(transfer_id=transfer, direction=direction).order_by("number")
    return list(found.values_list("kind", flat=True))


def partner(neighbour: Neighbour) -> Partner:
    return Partner.objects.get(id=neighbour.partner_id)
