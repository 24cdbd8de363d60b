"""Transactions of chains with an Ethereum interface: signed with an account's key, and read again without asking anybody.

Problem: what was sent to a chain should be told by its bytes alone: who signed it, for which chain, and what it says.
Method: the oldest kind of transaction, which every such chain takes, also where nothing costs anything, with the chain's number
under the signature; eth-keys signs (secp256k1, deterministic by RFC 6979). Its hash, Keccak-256 of the bytes, is its name.
Source: EIP-155, Ethereum yellow paper appendix B (RLP) and F. Cost: one signature, or one recovery.
Guarantee: `read` answers only for bytes that `sign` could have made: this kind, a chain's number, a receiver, no value, no more.
It needs the packages of the extra `evm`: whoever imports this module says so where they are missing.
"""

from dataclasses import dataclass

import rlp
from eth_keys.datatypes import PrivateKey, Signature
from eth_utils.address import to_canonical_address, to_checksum_address
from eth_utils.crypto import keccak

from pianqu.kernels import evm_proof
from pianqu.kernels.evm_anchor import EvmMark
from pianqu.kernels.evm_proof import EvmProof, EvmProofError
from pianqu.kernels.saying import Said

MAX_BYTES = 4_096
_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_FIELDS, _ADDRESS = 9, 20
_CHAIN_OFFSET = 35
"""EIP-155: v = 35 + 2 · chain + parity."""


class TransactionError(Said):
    """Key or bytes that are none of these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """What is signed. No value is ever moved."""

    chain_id: int
    nonce: int
    gas_price: int
    """In wei, the smallest unit."""
    gas: int
    to: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A transaction as it is sent."""

    raw: bytes
    hash: str
    """0x and 64 digits."""
    sender: str
    said: Transaction


def address_of(key: bytes) -> str:
    """The account of a key. Raises TransactionError for bytes that are no key."""
    return str(_private(key).public_key.to_checksum_address())


def sign(key: bytes, said: Transaction) -> Signed:
    """The transaction with the account's signature; the same each time."""
    private = _private(key)
    signature = private.sign_msg_hash(_what_is_signed(said))
    v = _CHAIN_OFFSET + 2 * said.chain_id + signature.v
    raw = rlp.encode([*_body(said), _number(v), _number(signature.r), _number(signature.s)])
    return Signed(raw=raw, hash=_hash(raw), sender=address_of(key), said=said)


def read(raw: bytes) -> Signed:
    """Who signed these bytes, and what they say. Raises TransactionError."""
    if len(raw) > MAX_BYTES:
        raise TransactionError("it is too long")
    said, v, r, s = _parts(raw)
    try:
        signature = Signature(vrs=(v, r, s))
        sender = signature.recover_public_key_from_msg_hash(_what_is_signed(said)).to_checksum_address()
    except Exception as error:
        raise TransactionError("its signature is none") from error
    return Signed(raw=raw, hash=_hash(raw), sender=str(sender), said=said)


def check(proof: EvmProof) -> EvmMark:
    """What the transaction of a file says, once everything in the file fits. Raises EvmProofError."""
    try:
        signed = read(proof.raw)
    except TransactionError as error:
        raise EvmProofError.after(error) from error
    said = signed.said
    return evm_proof.check(proof, hash=signed.hash, sender=signed.sender, chain_id=said.chain_id, data=said.data)


def _parts(raw: bytes) -> tuple[Transaction, int, int, int]:
    """What is said, and the signature: parity and two numbers."""
    try:
        fields = rlp.decode(raw)
    except Exception as error:
        raise TransactionError("this is no signed transaction (%(why)s)", why=type(error).__name__) from error
    if not isinstance(fields, list) or len(fields) != _FIELDS or not all(isinstance(part, bytes) for part in fields):
        raise TransactionError("this is a transaction of another kind")
    nonce, price, gas, to, value, data, v, r, s = fields
    if len(to) != _ADDRESS or value or int.from_bytes(v, "big") < _CHAIN_OFFSET:
        raise TransactionError("it moves money, has no receiver, or is for no particular chain")
    if any(part[:1] == b"\0" for part in (nonce, price, gas, v, r, s)) or int.from_bytes(s, "big") > _ORDER // 2:
        raise TransactionError("its numbers are not written in the one way")
    chain_id, parity = divmod(int.from_bytes(v, "big") - _CHAIN_OFFSET, 2)
    said = Transaction(
        chain_id=chain_id,
        nonce=int.from_bytes(nonce, "big"),
        gas_price=int.from_bytes(price, "big"),
        gas=int.from_bytes(gas, "big"),
        to=to_checksum_address(to),
        data=data,
    )
    return said, parity, int.from_bytes(r, "big"), int.from_bytes(s, "big")


def _body(said: Transaction) -> list[bytes]:
    numbers = [_number(one) for one in (said.nonce, said.gas_price, said.gas)]
    return [*numbers, to_canonical_address(said.to), b"", said.data]


def _what_is_signed(said: Transaction) -> bytes:
    """EIP-155: in place of the signature stand the chain's number and two empty fields."""
    return keccak(rlp.encode([*_body(said), _number(said.chain_id), b"", b""]))


def _number(value: int) -> bytes:
    """Without zeros before it; nothing for zero."""
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def _hash(raw: bytes) -> str:
    return f"0x{keccak(raw).hex()}"


def _private(key: bytes) -> PrivateKey:
    if len(key) != 32 or not 0 < int.from_bytes(key, "big") < _ORDER:
        raise TransactionError("a key has 32 bytes, and not every number is one")
    return PrivateKey(key)
