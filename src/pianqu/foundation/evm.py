"""Ask a node of a chain with an Ethereum interface (JSON-RPC over HTTP), and believe no shape that was not looked at.

By `posting` and not by a library for chains: on which side of the first byte something went wrong decides what may be done
next, and an answer that drips or never ends holds nobody up. What a node says may be false all the same: who asks compares.
"""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any

from pianqu.foundation.posting import NotSent, Reply, Unclear, post_bytes

TIMEOUT, WHOLE = 10.0, 20.0
"""Seconds for each step of a question, and for everything together."""
MOST = 4_194_304
"""Bytes of an answer: a block names its transactions."""
MOST_WORDS = 160
_QUANTITY = re.compile(r"0x(0|[1-9a-f][0-9a-f]{0,63})")
_HASH = re.compile(r"0x[0-9a-f]{64}")
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_DATA = re.compile(r"0x([0-9a-f]{2})*")


class NodeError(Exception):
    """The node gave no answer that is of use. `code` is a word for tables."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A block as the node tells it."""

    number: int
    hash: str
    at: datetime
    """By the clock of who made it."""
    holds: frozenset[str]
    """Its transactions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Included:
    """Where a transaction stands."""

    block: int
    block_hash: str
    went_well: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A transaction as the node tells it, in a block or waiting."""

    sender: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A transaction that a node says stands on the chain."""

    block: Block
    under: int
    """Blocks from its own to the newest, both counted."""


class Node:
    """One node. Every question raises NodeError: unreachable, unclear, refused."""

    def __init__(self, url: str, token: str = "") -> None:
        self._url, self._numbers = url, count(1)
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def chain_id(self) -> int:
        return _quantity(self._ask("eth_chainId"))

    def block(self, which: int | str) -> Block | None:
        """That of a number, or the `latest`; None where there is none."""
        said = self._ask("eth_getBlockByNumber", which if isinstance(which, str) else hex(which), False)
        return None if said is None else _block(_table(said))

    def included(self, transaction: str) -> Included | None:
        """The block that holds it; None where none does, as far as this node knows."""
        said = self._ask("eth_getTransactionReceipt", transaction)
        if said is None:
            return None
        row = _table(said)
        if _hash(row.get("transactionHash")) != transaction:
            raise _unclear("it told of another transaction")
        return Included(
            block=_quantity(row.get("blockNumber")),
            block_hash=_hash(row.get("blockHash")),
            went_well=_quantity(row.get("status", "0x1")) == 1,
        )

    def told(self, transaction: str) -> Told | None:
        """What the node has of it; None where it does not know it."""
        said = self._ask("eth_getTransactionByHash", transaction)
        if said is None:
            return None
        row = _table(said)
        if _hash(row.get("hash")) != transaction:
            raise _unclear("it told of another transaction")
        return Told(sender=_address(row.get("from")), data=_bytes(row.get("input")))

    def sent_by(self, address: str, which: str) -> int:
        """How many transactions of the account are in blocks (`latest`), or in blocks and waiting (`pending`)."""
        return _quantity(self._ask("eth_getTransactionCount", address, which))

    def balance(self, address: str) -> int:
        return _quantity(self._ask("eth_getBalance", address, "latest"))

    def gas_price(self) -> int:
        return _quantity(self._ask("eth_gasPrice"))

    def gas_for(self, sender: str, to: str, data: bytes) -> int:
        """What a transaction would use."""
        said = self._ask("eth_estimateGas", {"from": sender, "to": to, "value": "0x0", "data": f"0x{data.hex()}"})
        return _quantity(said)

    def send(self, raw: bytes) -> str:
        """Hand in a signed transaction; answers its hash as the node calls it."""
        return _hash(self._ask("eth_sendRawTransaction", f"0x{raw.hex()}"))

    def _ask(self, method: str, *given: Any) -> Any:
        number = next(self._numbers)
        question = {"jsonrpc": "2.0", "id": number, "method": method, "params": list(given)}
        said = _table(_read(self._posted(question)))
        if said.get("error") is not None:
            raise NodeError("refused", _words(said["error"]))
        if said.get("id") != number or "result" not in said:
            raise _unclear("its answer is to no question, or to another one")
        return said["result"]

    def _posted(self, question: dict[str, Any]) -> Reply:
        content, headers = json.dumps(question).encode(), {"Content-Type": "application/json", **self._headers}
        try:
            return post_bytes(self._url, content, headers, timeout=TIMEOUT, whole=WHOLE, most=MOST + 1)
        except NotSent as error:
            raise NodeError("unreachable", str(error)) from error
        except Unclear as error:
            raise NodeError("unclear", f"no answer ({error})") from error


def standing(node: Node, transaction: str, *, sender: str, data: bytes) -> Standing:
    """Where it stands, where the node tells the same each way. Raises NodeError; `absent` where no block holds it."""
    found, head = node.included(transaction), node.block("latest")
    if found is None or head is None:
        raise NodeError("absent", "no block of this chain holds the transaction")
    block, told = node.block(found.block), node.told(transaction)
    if block is None or block.hash != found.block_hash or transaction not in block.holds:
        raise _unclear(f"it names block {found.block} for the transaction, but that does not hold it")
    if told is None or told.data != data or told.sender.lower() != sender.lower():
        raise _unclear("it tells another transaction under the same hash")
    if not found.went_well:
        raise NodeError("reverted", "the transaction's receiver refused it")
    return Standing(block=block, under=head.number - block.number + 1)


def _read(reply: Reply) -> Any:
    """What the body says. Some nodes answer a refusal with an HTTP error and the reason in the body."""
    if len(reply.body) > MOST:
        raise _unclear("its answer is too long")
    try:
        return json.loads(reply.body)
    except (ValueError, RecursionError) as error:
        if reply.status != 200:
            raise NodeError("refused", f"HTTP {reply.status}") from error
        raise _unclear("its answer is no JSON") from error


def _block(row: dict[str, Any]) -> Block:
    try:
        at = datetime.fromtimestamp(_quantity(row.get("timestamp")), UTC)
    except (OverflowError, ValueError, OSError) as error:
        raise _unclear("a block has a time that no calendar knows") from error
    holds = row.get("transactions")
    if not isinstance(holds, list):
        raise _unclear("a block names no transactions")
    return Block(
        number=_quantity(row.get("number")), hash=_hash(row.get("hash")), at=at, holds=frozenset(map(_hash, holds))
    )


def _table(said: Any) -> dict[str, Any]:
    if not isinstance(said, dict):
        raise _unclear("its answer has another shape")
    return said


def _quantity(said: Any) -> int:
    if not isinstance(said, str) or not _QUANTITY.fullmatch(said):
        raise _unclear("a number is written in another way")
    return int(said, 16)


def _hash(said: Any) -> str:
    if not isinstance(said, str) or not _HASH.fullmatch(said):
        raise _unclear("a hash is written in another way")
    return said


def _address(said: Any) -> str:
    if not isinstance(said, str) or not _ADDRESS.fullmatch(said):
        raise _unclear("an address is written in another way")
    return said


def _bytes(said: Any) -> bytes:
    if not isinstance(said, str) or not _DATA.fullmatch(said):
        raise _unclear("data are written in another way")
    return bytes.fromhex(said[2:])


def _words(error: Any) -> str:
    """What the node says of its refusal, fit for a table and a log line."""
    text = str(error.get("message", "")) if isinstance(error, dict) else str(error)
    return "".join(sign if sign.isprintable() else " " for sign in text)[:MOST_WORDS] or "without a reason"


def _unclear(why: str) -> NodeError:
    return NodeError("unclear", why)
