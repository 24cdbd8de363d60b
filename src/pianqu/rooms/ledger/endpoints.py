"""JSON doors of the ledger: how it stands, and how far the proof of an entry has come. Tiles lie under /open/ledger/."""

import uuid
from datetime import datetime

from django.http import HttpRequest
from django.utils.translation import gettext_noop
from ninja import Schema
from pydantic import Field

from pianqu.foundation.api import Doors
from pianqu.rooms.ledger import queries
from pianqu.rooms.ledger.queries import ReceiptState

ledger = Doors("ledger")
routers = {"/ledger": ledger.router}


class Log(Schema):
    """The log's name and public key, and how far it has come."""

    origin: str
    vkey: str = Field(description="Verifier key (signed-note format).")
    size: int = Field(description="Entries with a position.")
    waiting: int = Field(description="Entries that are recorded and wait for theirs.")
    sealed_at: datetime | None
    trouble: str = Field(description="Why it signs nothing; empty where all is well.")
    checkpoint: str = Field(description="What outsiders have seen, byte for byte; empty before the first.")


@ledger.asks(
    "", name="getLedger", says=gettext_noop("The ledger: name, key, size, published checkpoint"), gives=Log, right=""
)
def log(request: HttpRequest) -> Log:
    standing, seen = queries.status(), queries.published()
    return Log(
        origin=standing.origin,
        vkey=queries.log().vkey,
        size=standing.size,
        waiting=standing.waiting,
        sealed_at=standing.sealed_at,
        trouble=standing.trouble,
        checkpoint=seen.text if seen else "",
    )


@ledger.asks(
    "/receipts/{uuid:entry_id}",
    name="getReceipt",
    says=gettext_noop("How far the proof of an entry has come; `text` is the receipt that anyone can check"),
    gives=ReceiptState,
    right="",
)
def receipt(request: HttpRequest, entry_id: uuid.UUID) -> ReceiptState:
    return queries.receipt_for(entry_id)
