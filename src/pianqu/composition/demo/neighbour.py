"""A neighbouring district on paper: a key of its own, and letters as its platform would write them.

Nobody answers at its address, so letters to it stay on their way: the page says so.
"""

import secrets
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pianqu.foundation.actor import Actor
from pianqu.kernels import letter as kernel
from pianqu.kernels import note
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.ledger import queries as ledger
from pianqu.rooms.ledger import services as ledger_verbs
from pianqu.rooms.partners import queries, services

URL = "https://yinzhou.invalid"
CODE, NAME_ZH, NAME_EN = "330212", "鄞州区（演示）", "Yinzhou (demo)"
OFFERED = "永达路与江北大道交叉口往北二十米，绿化带护栏倒了一段，夜里容易碰到。护栏在江北一侧。"


@dataclass
class Neighbour:
    """What it has written so far."""

    signer: note.Signer = field(
        default_factory=lambda: note.Signer.from_seed(f"{CODE}.pianqu.invalid", secrets.token_bytes(32))
    )
    written: int = 0
    partner_id: uuid.UUID = uuid.UUID(int=0)

    def connect(self, *, actor: Actor, now: datetime) -> None:
        """Connected here, its digits read by telephone."""
        card = kernel.Card(
            origin=self.signer.name,
            vkey=self.signer.vkey,
            name_zh=NAME_ZH,
            name_en=NAME_EN,
            district_code=CODE,
        )
        self.partner_id = services.add_district(actor=actor, url=URL, card=card, fingerprint=card.fingerprint, now=now)

    def write(self, kind: str, transfer: uuid.UUID, body: dict[str, Any], *, now: datetime) -> None:
        """A letter of its comes in, as the door takes it."""
        self.written += 1
        letter = kernel.Letter(
            sender=self.signer.name,
            receiver=ledger.log().origin,
            number=self.written,
            transfer=transfer,
            kind=kind,
            at=now,
            salt=kernel.new_salt(),
            body=body,
        )
        raw = letter.encode()
        proof = kernel.alone(raw, self.signer, organisation_code=f"{CODE}-centre")
        came = queries.incoming(raw, proof)
        centre = Actor(kind="system", organisation_code=casework.centre_code())
        services.take_letter(
            actor=centre, partner_id=came.partner_id, letter=came.letter, raw=raw, proof=proof, now=now
        )


def make_neighbour(*, window: Actor, away: uuid.UUID | None, now: datetime) -> tuple[uuid.UUID, uuid.UUID | None]:
    """Connect it; it offers a matter that waits, and has one of ours (`away`). Answers both transfers."""
    centre = Actor(kind="system", organisation_code=casework.centre_code())
    if queries.partners_for(centre):
        return uuid.UUID(int=0), None
    ledger_verbs.create_log(now=now)  # letters name it; nothing where it is there, as after every start
    neighbour, offered = Neighbour(), uuid.uuid4()
    neighbour.connect(actor=centre, now=now)
    body = {"category": "roads", "words": OFFERED, "reference": "YZ26-4471", "landmark": "永达路口", "photos": []}
    neighbour.write("offered", offered, body, now=now)
    if away is None:
        return offered, None
    given = services.offer_case(
        actor=window, case_id=away, partner_id=neighbour.partner_id, words="地点在你区一侧，请接手。", now=now
    )
    neighbour.write("taken", given, {"reference": "YZ26-4502"}, now=now)
    neighbour.write("progress", given, {"state": "in_progress", "lead": "鄞州区综合执法局"}, now=now)
    return offered, given
