"""Anchors the ledger on a chain with an Ethereum interface: a transaction says what it was, and counts under enough blocks.

Order matters, and each step may be the last before a crash:
1. the transaction is signed and kept, whole; nothing was sent;
2. it is sent, and sent again where the node does not know it: a chain takes the same bytes once, and one of those of one number;
3. it is looked for by its hash until enough blocks stand on it, or another transaction of the account took its place.
So none is sent twice for nothing, and none is forgotten. A node that is away, behind or false costs time and no more than the
operator allowed for a unit of gas; nothing else of the ledger waits for it.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

from pianqu.foundation.errors import Unavailable
from pianqu.foundation.evm import Block, Included, Node, NodeError, standing
from pianqu.foundation.installation import EvmChain, installation
from pianqu.foundation.keys import evm_key
from pianqu.kernels import evm_anchor
from pianqu.kernels.evm_anchor import EvmAnchorError
from pianqu.rooms.ledger import queries, services
from pianqu.rooms.ledger.queries import CheckpointCard, EvmAnchorCard

FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
AGAIN = timedelta(hours=1)
"""From a transaction that was in vain to the next: so seldom can a node that lies make the account pay."""
STUCK = timedelta(minutes=10)
"""After so long outside of a block a transaction may be too cheap."""
MOST_GAS = 200_000
MOST_BACK = 20
"""So many anchors are taken back in one look."""

Clock = Callable[[], datetime]
said = logging.getLogger("pianqu.ledger")


class EvmAnchorer:
    """The one in a process that writes on the chain."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._pause = FIRST_PAUSE
        self._due: datetime | None = None
        self._seen = _Seen()

    def anchor(self) -> int:
        """One look: follow what is on its way, or begin. Answers how many anchors came to count."""
        chain, now = installation().evm, self._clock()
        if chain is None or (self._due is not None and now < self._due):
            return 0
        wanted = _wanted(chain, now)
        if wanted is None and not queries.evm_waits():
            return 0
        place = queries.place_of(chain.url)
        try:
            done = _Look(chain, self._clock, self._seen).whole(wanted)
        except NodeError as error:
            self._trouble(place, error)
            return 0
        except Unavailable as error:
            self._trouble(place, NodeError("key", str(error.message)))
            return 0
        self._pause, self._due = FIRST_PAUSE, None
        if services.note_node_well(place=place):
            said.warning("The chain's node %s answers well again.", place)
        return done

    def _trouble(self, place: str, error: NodeError) -> None:
        now = self._clock()
        self._due, self._pause = now + self._pause, min(self._pause * 2, LONGEST_PAUSE)
        if services.note_node_trouble(place=place, trouble=error.code, detail=str(error), now=now):
            said.error(
                "The ledger is not anchored on the chain (node %s: %s: %s). It is tried again.",
                place,
                error.code,
                error,
            )


def _wanted(chain: EvmChain, now: datetime) -> CheckpointCard | None:
    """The checkpoint to be anchored next; None where the last one is new enough, or nothing has grown since."""
    shown = queries.witnessed() if queries.policy().asks_for_witnesses else queries.offered()
    last, signed = queries.evm_last(), queries.evm_signed_last()
    if shown is None or (last is not None and last.size >= shown.size and last.chain_id == chain.chain_id):
        return None
    if signed is not None and signed.chain_id == chain.chain_id:
        pause = AGAIN if signed.void_at else chain.every
        if signed.signed_at <= now < signed.signed_at + pause:
            return None
    return shown


@dataclass(slots=True)
class _Seen:
    """What one process remembers of transactions from look to look."""

    displaced: dict[str, int] = field(default_factory=dict)
    """Whose place another one took, and the newest block when that was seen first."""
    sent: dict[str, datetime] = field(default_factory=dict)
    """Which was handed in again, and when first: from then on it counts how long no block takes it."""


class _Look:
    """What is done between two pauses: all questions go to one node, about one chain."""

    def __init__(self, chain: EvmChain, clock: Clock, seen: _Seen) -> None:
        self._chain, self._clock, self._seen = chain, clock, seen
        self._node = Node(chain.url, chain.token)

    def whole(self, wanted: CheckpointCard | None) -> int:
        genesis, head = self._checked()
        waiting = queries.evm_open(self._chain.chain_id, genesis)
        if not waiting:
            self._take_back(genesis, head)
            waiting = queries.evm_open(self._chain.chain_id, genesis)
        if waiting:
            return self._follow(waiting, head)
        return self._begin(wanted, genesis) if wanted is not None else 0

    def _checked(self) -> tuple[str, Block]:
        """Which chain this is, and its newest block. Raises NodeError for another chain than the operator's."""
        told = self._node.chain_id()
        if told != self._chain.chain_id:
            raise NodeError("chain", f"it is a node of chain {told}, not of {self._chain.chain_id}")
        first, head = self._node.block(0), self._node.block("latest")
        if first is None or head is None:
            raise NodeError("behind", "it has no blocks")
        last = queries.evm_last(self._chain.chain_id, first.hash)
        if last is not None and last.block is not None and head.number < last.block:
            raise NodeError("behind", f"it has come to block {head.number}; the last anchor is in {last.block}")
        return first.hash, head

    # what is on its way ----------------------------------------------------------------------------------------------

    def _take_back(self, genesis: str, head: Block) -> None:
        """Anchors that the chain holds no more, the newest first: their blocks were replaced by others."""
        for _time in range(MOST_BACK):
            last = queries.evm_last(self._chain.chain_id, genesis)
            if last is None or last.block is None or head.number < last.block + self._chain.confirmations:
                return
            found = self._node.included(last.hash)
            block = self._node.block(last.block) if found is None or found.block_hash != last.block_hash else None
            if block is None or block.hash == last.block_hash:
                return
            said.error("The chain has replaced the block of anchor %s (%s). It counts no more.", last.hash, last.block)
            services.take_back_evm_anchor(last)

    def _follow(self, waiting: tuple[EvmAnchorCard, ...], head: Block) -> int:
        """Where those on their way stand; the last attempt of each place is sent again where nobody knows it."""
        done = 0
        places: dict[tuple[str, int], list[EvmAnchorCard]] = {}
        for one in waiting:
            places.setdefault((one.sender, one.nonce), []).append(one)
        for attempts in places.values():
            found = [(one, place) for one in attempts if (place := self._node.included(one.hash)) is not None]
            if found:
                done += self._included(*found[0], head)
            else:
                self._outside(attempts[-1], head)
        return done

    def _included(self, one: EvmAnchorCard, found: Included, head: Block) -> int:
        """It stands in a block: it counts once enough others stand on that, and the node tells the same three times."""
        self._seen.displaced.pop(one.hash, None)
        if head.number - found.block + 1 < self._chain.confirmations:
            return 0
        try:
            stands = standing(self._node, one.hash, sender=one.sender, data=_data(one.text))
        except NodeError as error:
            if error.code == "reverted":
                services.give_up_evm_anchor(one, now=self._clock())
            raise
        block, now = stands.block, self._clock()
        services.confirm_evm_anchor(one, block=block.number, block_hash=block.hash, block_at=block.at, now=now)
        return 1

    def _outside(self, one: EvmAnchorCard, head: Block) -> None:
        """No block holds it: its place was taken, or the node lost it, or it is too cheap."""
        taken = self._node.sent_by(one.sender, "latest")
        if taken > one.nonce:
            since = self._seen.displaced.setdefault(one.hash, head.number)
            if head.number - since + 1 < self._chain.confirmations:
                raise NodeError("displaced", f"another transaction of {one.sender} has number {one.nonce}")
            del self._seen.displaced[one.hash]
            services.give_up_evm_anchor(one, now=self._clock())
            return
        self._seen.displaced.pop(one.hash, None)
        refusal = self._sent_again(one)
        if self._clock() - max(one.signed_at, self._seen.sent.get(one.hash, one.signed_at)) < STUCK:
            if refusal is not None:
                raise refusal
            return
        if self._node.sent_by(one.sender, "pending") < one.nonce:
            services.give_up_evm_anchor(one, now=self._clock())
            raise NodeError("stuck", f"the node has not all transactions of {one.sender} before number {one.nonce}")
        self._raise_price(one, refusal)

    def _sent_again(self, one: EvmAnchorCard) -> NodeError | None:
        """Where the node does not know it; answers why it was not taken."""
        try:
            if self._node.told(one.hash) is None:
                self._send(one.hash, one.raw)
                self._seen.sent.setdefault(one.hash, self._clock())
        except NodeError as error:
            if error.code != "refused":
                raise
            return error
        return None

    def _raise_price(self, one: EvmAnchorCard, refusal: NodeError | None) -> None:
        """Another transaction for the same place, where gas has become dearer since: a chain takes one of the two."""
        before = _transactions().read(one.raw).said
        price, least = self._price(), before.gas_price + before.gas_price // 4
        if price <= before.gas_price + before.gas_price // 10 or self._account()[0] != one.sender:
            since = f"{one.signed_at:%Y-%m-%d %H:%M %Z}"
            raise refusal or NodeError("stuck", f"no block has taken transaction {one.hash} since {since}")
        self._sign_and_send(
            one.text, one.size, one.genesis, nonce=one.nonce, attempt=one.attempt + 1, price=max(price, least)
        )

    # a new one -------------------------------------------------------------------------------------------------------

    def _begin(self, wanted: CheckpointCard, genesis: str) -> int:
        sender, _key = self._account()
        nonce = self._node.sent_by(sender, "pending")
        last = queries.evm_last(self._chain.chain_id, genesis)
        if last is not None and last.sender == sender and nonce <= last.nonce:
            raise NodeError(
                "behind", f"it counts {nonce} transactions of {sender}; the last anchor has number {last.nonce}"
            )
        attempt = queries.evm_attempts(genesis, sender, nonce)
        self._sign_and_send(wanted.text, wanted.size, genesis, nonce=nonce, attempt=attempt, price=self._price())
        return 0

    def _sign_and_send(self, text: str, size: int, genesis: str, *, nonce: int, attempt: int, price: int) -> None:
        """Kept first: what was sent is known whatever happens then."""
        sender, key = self._account()
        to, data = self._chain.to or sender, _data(text)
        gas = self._node.gas_for(sender, to, data)
        if gas > MOST_GAS:
            raise NodeError("gas", f"the transaction would use {gas} units of gas; {MOST_GAS} are allowed")
        if price > self._chain.most_gas_price:
            raise _dear(price, self._chain.most_gas_price)
        has = self._node.balance(sender)
        if has < gas * price:
            raise NodeError("funds", f"the account {sender} has {has} wei; a transaction costs {gas * price}")
        transactions = _transactions()
        unsigned = transactions.Transaction(
            chain_id=self._chain.chain_id,
            nonce=nonce,
            gas_price=price,
            gas=gas,
            to=to,
            data=data,
        )
        signed = transactions.sign(key, unsigned)
        new = services.NewEvmAnchor(
            hash=signed.hash,
            raw=signed.raw,
            chain_id=self._chain.chain_id,
            genesis=genesis,
            sender=sender,
            nonce=nonce,
            attempt=attempt,
            size=size,
            text=text,
        )
        if services.keep_evm_anchor(new, place=queries.place_of(self._chain.url), now=self._clock()):
            self._send(signed.hash, signed.raw)

    def _send(self, transaction: str, raw: bytes) -> None:
        """Hand it in. A node that refuses what it knows already has done no harm."""
        try:
            called = self._node.send(raw)
        except NodeError as error:
            if error.code == "refused" and self._node.told(transaction) is not None:
                return
            raise
        if called != transaction:
            raise NodeError("unclear", "it calls the transaction by another hash")

    def _price(self) -> int:
        """What a unit of gas costs now; nothing where the operator allows nothing."""
        price = self._node.gas_price() if self._chain.most_gas_price else 0
        if price > self._chain.most_gas_price:
            raise _dear(price, self._chain.most_gas_price)
        return price

    def _account(self) -> tuple[str, bytes]:
        """Address and key of who signs."""
        key = evm_key(installation().keys)
        if key is None:
            raise NodeError("key", "there is no key; ./pianqu chain-key makes or takes in one")
        transactions = _transactions()
        try:
            return transactions.address_of(key), key
        except transactions.TransactionError as error:
            raise NodeError("key", str(error)) from error


def _data(text: str) -> bytes:
    try:
        return evm_anchor.mark_of(text).encode()
    except EvmAnchorError as error:
        raise NodeError("unclear", str(error)) from error


def _dear(price: int, most: int) -> NodeError:
    return NodeError("price", f"a unit of gas costs {price / 10**9:g} gwei; PIANQU_EVM_GWEI allows {most / 10**9:g}")


def _transactions() -> Any:
    """Loaded only where something is signed or read: its packages are an extra, and large."""
    try:
        return import_module("pianqu.kernels.evm_transaction")
    except ImportError as error:
        raise NodeError("missing", queries.EVM_MISSING) from error
