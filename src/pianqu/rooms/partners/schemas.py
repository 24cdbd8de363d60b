"""What programs send to and read from partners."""

import uuid
from datetime import datetime
from typing import Annotated, Literal

from ninja import Schema
from pydantic import Field

from pianqu.foundation.api import Body, Code, Short, Text

Words = Annotated[Text, Field(max_length=2_000)]


class District(Body):
    """A district to be connected: its address, and the digits that its people read by telephone."""

    url: Short = Field(examples=["https://yinzhou.example"])
    fingerprint: Short = Field(examples=["1234 5678 9012 3456 7890 1234 5678 9012"])


class Server(Body):
    """An Open311 server to be connected. `services`: our category → its service_code."""

    name: Annotated[Short, Field(min_length=1, max_length=60, examples=["城市热线"])]
    url: Short = Field(examples=["https://city.example/open311/v2"])
    api_key: Short = ""
    jurisdiction: Short = ""
    services: dict[Code, Short] = Field(max_length=200, examples=[{"roads": "POTHOLE"}])
    takes_updates: bool = False


class Offering(Body):
    """A matter to be given to a partner."""

    partner_id: uuid.UUID = Field(examples=["0198f3a2-7c1e-7d3a-9d52-1f6f0c9b7a11"])
    words: Words = Field("", examples=["井盖在你区一侧，请接手。"])
    with_photos: bool = True


class Taking(Body):
    """As what the matter is taken in; as the other district says where this is empty."""

    category: Annotated[Short, Field(max_length=40)] = Field("", examples=["roads"])


class Reason(Body):
    """Why."""

    words: Words = Field(examples=["这条路属于鄞州区，请联系该区。"])


class Settling(Body):
    """What became of a letter in doubt; where it arrived, under which number the server has it."""

    outcome: Literal["arrived", "again", "given-up"] = Field(examples=["again"])
    reference: Annotated[Short, Field(max_length=120)] = ""


class Ours(Schema):
    """How this district introduces itself to others."""

    origin: str
    vkey: str
    name_zh: str
    district_code: str
    fingerprint: str


class OfferTold(Schema):
    """What another district says of a matter that it offers."""

    reference: str
    words: str
    note: str
    landmark: str
    lon: float | None
    lat: float | None
    opened_at: datetime | None
    photos: int = Field(description="How many photos came with it.")


class LetterTold(Schema):
    """One letter of a transfer."""

    letter_id: uuid.UUID
    direction: Literal["in", "out"]
    number: int
    kind: str
    at: datetime
    words: str
    trouble: str
    state: str
    outcome: str
    tries: int
    sealed: bool
    has_proof: bool


class TransferTold(Schema):
    """One matter between us and a partner."""

    transfer_id: uuid.UUID
    partner_id: uuid.UUID
    partner_name: str
    direction: Literal["in", "out"]
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


class TransferWhole(TransferTold):
    """The same with its letters, and for one that came in what was offered."""

    may_decide: bool
    may_withdraw: bool
    offer: OfferTold | None
    letters: list[LetterTold]
