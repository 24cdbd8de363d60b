"""JSON doors of the ledger: how it stands, and how far the proof of an entry has come. Tiles lie under /open/ledger/."""

import uuid
from dataclasses import asdict
from datetime import datetime

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_noop
from ninja import Schema
from pydantic import Field

from pianqu.foundation.actor import Actor
from pianqu.foundation.api import Body, Doors
from pianqu.foundation.installation import installation
from pianqu.rooms.ledger import queries, services
from pianqu.rooms.ledger.queries import ReceiptState

ledger = Doors("ledger")
routers = {"/ledger": ledger.router}


class LogKey(Schema):
    """One public key of the log and the time in which it signs."""

    number: int
    vkey: str = Field(description="Verifier key (signed-note format).")
    since: datetime
    until: datetime | None = Field(description="From then on it signs no more; null for the newest.")
    signs: bool = Field(description="Whether it signs now. Two do while one takes over from the other.")


class Log(Schema):
    """The log's name and public keys, and how far it has come."""

    origin: str
    vkey: str = Field(description="The newest verifier key (signed-note format).")
    keys: list[LogKey] = Field(description="All keys that it ever had, the oldest first: old receipts need old keys.")
    size: int = Field(description="Entries with a position.")
    waiting: int = Field(description="Entries that are recorded and wait for theirs.")
    sealed_at: datetime | None
    trouble: str = Field(description="Why it signs nothing; empty where all is well.")
    checkpoint: str = Field(description="What outsiders have seen, byte for byte; empty before the first.")


@ledger.asks(
    "", name="getLedger", says=gettext_noop("The ledger: name, key, size, published checkpoint"), gives=Log, right=""
)
def log(request: HttpRequest) -> Log:
    standing, seen, card, now = queries.status(), queries.offered(), queries.log(), timezone.now()
    return Log(
        origin=standing.origin,
        vkey=card.vkey,
        keys=[
            LogKey(number=key.number, vkey=key.vkey, since=key.from_at, until=key.until_at, signs=key.signs_at(now))
            for key in card.keys
        ],
        size=standing.size,
        waiting=standing.waiting,
        sealed_at=standing.sealed_at,
        trouble=queries.told(standing.why) if standing.why else "",
        checkpoint=seen.text if seen else "",
    )


class Witness(Schema):
    """One witness of the policy in force."""

    name: str
    key_name: str = Field(
        description="The name of its key, as it stands in its signatures. Two keys of one name are one witness."
    )
    kind: str = Field(description="How it signs: Ed25519 or ML-DSA-44.")
    vkey: str = Field(description="Its verifier key (C2SP signed-note format).")
    group: str = Field(description="The policy's group that it belongs to; empty for none.")
    url: str
    size: int = Field(description="Entries of the newest tree that it signed.")
    behind: int = Field(description="Published entries that it has not signed yet.")
    stated_at: datetime | None = Field(description="The time that it stated last, by its own clock.")
    heard_at: datetime | None
    trouble: str = Field(description="Why it has not signed when it was asked last; empty where it has.")
    detail: str
    trouble_at: datetime | None


class Witnesses(Schema):
    """The policy in force and how its witnesses stand."""

    number: int = Field(description="0 where no policy was adopted: then nobody outside is asked.")
    adopted_at: datetime | None
    policy: str = Field(description="The policy as a file (C2SP tlog-policy).")
    witnessed_size: int = Field(description="Entries that enough witnesses have signed for.")
    witnessed_at: datetime | None
    witnesses: list[Witness]


@ledger.asks(
    "/witnesses",
    name="getWitnesses",
    says=gettext_noop("Who watches over the ledger: the policy in force, and how far each witness has signed"),
    gives=Witnesses,
    right="",
)
def witnesses(request: HttpRequest) -> Witnesses:
    rule, seen = queries.policy(), queries.witnessed()
    return Witnesses(
        number=rule.number,
        adopted_at=rule.adopted_at,
        policy=queries.policy_text(),
        witnessed_size=seen.size if seen else 0,
        witnessed_at=seen.witnessed_at if seen else None,
        witnesses=[Witness(**asdict(one)) for one in queries.witnesses()],
    )


class Fork(Schema):
    """Two texts with the ledger's signature that cannot both be true."""

    size: int
    ours: str
    theirs: str
    shown_by: str = Field(
        description="The witness or mirror that holds it; empty for a reader who said nothing of themselves."
    )
    found_at: datetime


class Shown(Body):
    """Two checkpoints of this ledger, as you were shown them."""

    one: str = Field(
        max_length=20_000, examples=["pianqu.invalid/330205/1a2b3c4d\n9\n…\n\n— pianqu.invalid/330205/1a2b3c4d …\n"]
    )
    other: str = Field(
        max_length=20_000, examples=["pianqu.invalid/330205/1a2b3c4d\n9\n…\n\n— pianqu.invalid/330205/1a2b3c4d …\n"]
    )


class ForkKept(Schema):
    """What became of it."""

    is_new: bool


@ledger.asks(
    "/forks",
    name="getForks",
    says=gettext_noop("Second histories of the ledger that were shown, with the evidence"),
    gives=list[Fork],
    right="",
)
def forks(request: HttpRequest) -> list[Fork]:
    return [Fork(**asdict(one)) for one in queries.forks()]


class EndedLog(Schema):
    """A log that was declared dead, and where it went on."""

    origin: str
    vkeys: list[str]
    size: int
    held: int
    text: str
    reason: str
    went_on_as: str
    ended_at: datetime


@ledger.asks(
    "/ended",
    name="getEndedLogs",
    says=gettext_noop("Earlier ledgers that were declared dead, with what they signed last"),
    gives=list[EndedLog],
    right="",
)
def ended(request: HttpRequest) -> list[EndedLog]:
    return [EndedLog(**asdict(one)) for one in queries.ended_logs()]


@ledger.does(
    "/forks",
    name="showFork",
    says=gettext_noop(
        "Show a second history: two checkpoints that the ledger signed and that cannot both be true; nobody has to believe you"
    ),
    right="",
    gives=ForkKept,
    keyed=False,
)
def show_fork(request: HttpRequest, typed: Shown) -> ForkKept:
    stranger = Actor(kind="resident", organisation_code=installation().district_code)
    new = services.note_fork(actor=stranger, ours=typed.one, theirs=typed.other, shown_by="", now=timezone.now())
    return ForkKept(is_new=new)


class Mirror(Schema):
    """Somebody who keeps a full copy of the log."""

    id: int
    name: str
    vkey: str
    url: str
    since: datetime
    size: int = Field(description="Entries that it holds.")
    behind: int
    heard_at: datetime | None
    trouble: str
    trouble_at: datetime | None


@ledger.asks(
    "/mirrors",
    name="getMirrors",
    says=gettext_noop("Who keeps a full copy of the ledger"),
    gives=list[Mirror],
    right="",
)
def mirrors(request: HttpRequest) -> list[Mirror]:
    return [Mirror(**asdict(one)) for one in queries.mirrors()]


class Watch(Schema):
    """What the monitor has read again, and what it found."""

    replayed: int
    looked_at: datetime | None
    whole_at: datetime | None = Field(description="When every entry was read again last.")
    wrong: list[str]
    organisations: dict[str, int] = Field(description="Entries of each organisation, without a gap.")


@ledger.asks("/watch", name="getWatch", says=gettext_noop("What the ledger's own monitor found"), gives=Watch, right="")
def watch(request: HttpRequest) -> Watch:
    found = queries.watch()
    counted = {card.code: card.entries for card in queries.organisations()}
    return Watch(
        replayed=found.replayed,
        looked_at=found.looked_at,
        whole_at=found.whole_at,
        wrong=[queries.told(one) for one in found.wrong],
        organisations=counted,
    )


class Anchor(Schema):
    """A timestamp of the ledger by an authority (RFC 3161)."""

    size: int
    stamped_at: datetime = Field(description="By the authority's clock.")
    authority: str = Field(description="Who signed, by its certificate.")
    kept_at: datetime
    token: str = Field(description="Where the authority's answer lies.")
    note: str = Field(description="Where the text lies that it is about, to the byte.")


class Anchors(Schema):
    """The newest timestamps, and what keeps the authority."""

    asked: bool = Field(description="Whether an authority is asked at all.")
    trouble: str = Field(description="Why it gave none when it was asked last; empty where it did.")
    detail: str
    trouble_at: datetime | None
    anchors: list[Anchor]


@ledger.asks(
    "/anchors",
    name="getAnchors",
    says=gettext_noop("Timestamps of the ledger by an outside authority: newest first, 200 at most"),
    gives=Anchors,
    right="",
)
def anchors(request: HttpRequest) -> Anchors:
    keeper = queries.authority()
    return Anchors(
        asked=bool(keeper.url),
        trouble=keeper.trouble,
        detail=keeper.detail,
        trouble_at=keeper.trouble_at,
        anchors=[
            Anchor(
                size=one.size,
                stamped_at=one.stamped_at,
                authority=one.authority,
                kept_at=one.kept_at,
                token=f"{queries.PUBLIC_PATH}/anchor/{one.size}.tsr",
                note=f"{queries.PUBLIC_PATH}/anchor/{one.size}.note",
            )
            for one in queries.anchors()
        ],
    )


class ChainAnchor(Schema):
    """A transaction by which a chain with an Ethereum interface holds what the ledger was."""

    size: int
    chain_id: int
    genesis: str = Field(description="Hash of the chain's first block: chains may share a number.")
    transaction: str
    account: str = Field(description="Who signed it.")
    block: int
    block_hash: str
    block_at: datetime = Field(description="By the clock of who made the block.")
    confirmed_at: datetime = Field(description="When enough blocks stood on it, by this machine's clock.")
    file: str = Field(description="Where everything lies that a check needs.")


class ChainAnchors(Schema):
    """The newest anchors that count, and what keeps the next."""

    asked: bool = Field(description="Whether the ledger is anchored on a chain at all.")
    chain_id: int = Field(description="Number of the chain; 0 where there is none.")
    waiting: bool = Field(description="Whether a transaction is on its way, or in a block with too few on it.")
    trouble: str = Field(description="Why it did not come on; empty where all is well.")
    detail: str
    trouble_at: datetime | None
    anchors: list[ChainAnchor]


@ledger.asks(
    "/chain-anchors",
    name="getChainAnchors",
    says=gettext_noop("What a consortium chain holds of the ledger: newest first, 200 at most"),
    gives=ChainAnchors,
    right="",
)
def chain_anchors(request: HttpRequest) -> ChainAnchors:
    node = queries.evm_node()
    return ChainAnchors(
        asked=bool(node.place),
        chain_id=node.chain_id,
        waiting=queries.evm_waits(),
        trouble=node.trouble,
        detail=node.detail,
        trouble_at=node.trouble_at,
        anchors=[
            ChainAnchor(
                size=one.size,
                chain_id=one.chain_id,
                genesis=one.genesis,
                transaction=one.hash,
                account=one.sender,
                block=one.block or 0,
                block_hash=one.block_hash,
                block_at=one.block_at or one.signed_at,
                confirmed_at=one.confirmed_at or one.signed_at,
                file=f"{queries.PUBLIC_PATH}/chain/{one.hash}.json",
            )
            for one in queries.evm_anchors()
        ],
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
