"""What a chain is given, and what is read from it: in one way only; signatures are checked by eth-account, of others."""

import sys
from base64 import b64encode
from hashlib import sha256

import pytest
from eth_account import Account
from hypothesis import given
from hypothesis import strategies as st

from pianqu.kernels import evm_transaction
from pianqu.kernels.evm_anchor import EvmAnchorError, EvmMark, decode, mark_of
from pianqu.kernels.evm_transaction import Transaction, TransactionError, address_of, read, sign
from pianqu.kernels.note import CheckpointBody, Signer

sys.setrecursionlimit(1_000)  # what eth-account needs has raised it so far that a deep text ends the process
ROOT, DIGEST = bytes(range(32)), sha256(b"note").digest()
NAMES = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]), min_size=1, max_size=80)
NUMBERS = st.integers(0, 2**64 - 1)
KEYS = st.binary(min_size=32, max_size=32).filter(lambda key: 0 < int.from_bytes(key, "big") < evm_transaction._ORDER)
SAID = st.builds(
    Transaction,
    chain_id=st.integers(1, 2**53),
    nonce=NUMBERS,
    gas_price=NUMBERS,
    gas=st.integers(21_000, 10**9),
    to=st.binary(min_size=20, max_size=20).map(lambda raw: f"0x{raw.hex()}"),
    data=st.binary(max_size=600),
)
PUBLISHED = (
    "f86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76400008025a028ef61340bd939bc"
    "2195fe537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83"
)
"""The signed transaction of EIP-155: chain 1, key 0x46…46, and a value, which is never moved here."""


@given(NAMES, st.integers(0, 10**16 - 1), st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_what_is_written_is_read(origin: str, size: int, root: bytes, digest: bytes) -> None:
    mark = EvmMark(origin=origin, size=size, root=root, digest=digest)
    raw = mark.encode()
    assert decode(raw) == mark
    assert raw.decode() == f"pianqu/anchor/v1\n{origin}\n{size}\n{b64encode(root).decode()}\n{digest.hex()}\n"


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_whatever_is_read_is_what_would_be_written(raw: bytes) -> None:
    try:
        mark = decode(b"pianqu/anchor/v1\n" + raw)
    except EvmAnchorError:
        return
    assert mark.encode() == b"pianqu/anchor/v1\n" + raw


def test_each_other_byte_says_something_else_or_nothing() -> None:
    mark = EvmMark(origin="example.org/log", size=77, root=ROOT, digest=DIGEST)
    raw = mark.encode()
    for place in range(len(raw)):
        for bit in range(8):
            changed = bytearray(raw)
            changed[place] ^= 1 << bit
            try:
                other = decode(bytes(changed))
            except EvmAnchorError:
                continue
            assert other != mark and other.encode() == bytes(changed)
    for cut in range(len(raw)):
        with pytest.raises(EvmAnchorError):
            decode(raw[:cut])
    for more in (b"\n", b"x", raw, b"\0"):
        with pytest.raises(EvmAnchorError):
            decode(raw + more)


BROKEN = [
    EvmMark(origin="", size=1, root=ROOT, digest=DIGEST),
    EvmMark(origin="two\nlines", size=1, root=ROOT, digest=DIGEST),
    EvmMark(origin="a", size=-1, root=ROOT, digest=DIGEST),
    EvmMark(origin="a", size=10**20, root=ROOT, digest=DIGEST),
    EvmMark(origin="a", size=1, root=ROOT[1:], digest=DIGEST),
    EvmMark(origin="a", size=1, root=ROOT, digest=DIGEST[1:]),
    EvmMark(origin="a" * 2_000, size=1, root=ROOT, digest=DIGEST),
]


@pytest.mark.parametrize("mark", BROKEN, ids=range(len(BROKEN)))
def test_what_cannot_be_written_is_refused(mark: EvmMark) -> None:
    with pytest.raises(EvmAnchorError):
        mark.encode()


def test_a_mark_is_of_one_note_to_the_byte() -> None:
    body = CheckpointBody(origin="example.org/log", size=7, root=ROOT).encode()
    note = Signer.from_seed("example.org/log", bytes(32)).sign(body)
    mark = mark_of(note)
    assert (mark.origin, mark.size, mark.root, mark.digest) == (
        "example.org/log",
        7,
        ROOT,
        sha256(note.encode()).digest(),
    )
    assert mark_of(note + Signer.from_seed("other", bytes(32)).line(body)).digest != mark.digest
    for odd in ("", "hello", body, note.replace("\n7\n", "\n07\n")):
        with pytest.raises(EvmAnchorError):
            mark_of(odd)


# transactions --------------------------------------------------------------------------------------------------------


@given(KEYS, SAID)
def test_a_foreign_library_finds_who_signed(key: bytes, said: Transaction) -> None:
    signed = sign(key, said)
    assert Account.recover_transaction(signed.raw) == signed.sender == address_of(key) == Account.from_key(key).address
    again = read(signed.raw)
    assert (again.hash, again.sender, again.raw) == (signed.hash, signed.sender, signed.raw)
    assert again.said.to.lower() == said.to and again.said.data == said.data
    assert sign(key, again.said) == again
    fields = {"chainId": said.chain_id, "nonce": said.nonce, "gasPrice": said.gas_price, "gas": said.gas, "value": 0}
    theirs = Account.sign_transaction({**fields, "to": again.said.to, "data": said.data}, key)
    assert bytes(theirs.raw_transaction) == signed.raw and theirs.hash.to_0x_hex() == signed.hash


def test_the_published_example_is_of_another_kind_here() -> None:
    assert Account.recover_transaction(f"0x{PUBLISHED}") == address_of(b"\x46" * 32)
    with pytest.raises(TransactionError, match="moves money"):
        read(bytes.fromhex(PUBLISHED))


def test_other_kinds_are_refused() -> None:
    key, to = b"\x07" * 32, "0x" + "ab" * 20
    common = {"nonce": 0, "gas": 21_000, "value": 0, "data": b"", "to": Account.from_key(key).address}
    newer = {**common, "chainId": 1, "maxFeePerGas": 1, "maxPriorityFeePerGas": 1}
    for fields in (newer, {**common, "gasPrice": 1}, {**common, "gasPrice": 1, "chainId": 1, "to": ""}):
        with pytest.raises(TransactionError):
            read(bytes(Account.sign_transaction(fields, key).raw_transaction))
    whole = sign(key, Transaction(chain_id=1, nonce=0, gas_price=0, gas=21_000, to=to, data=b"x")).raw
    for odd in (b"", b"\xc0", whole + b"\0", whole[:-1], b"\0" * 5_000, bytes(range(256))):
        with pytest.raises(TransactionError):
            read(odd)


@given(KEYS, SAID, st.data())
def test_a_flipped_bit_is_another_transaction_or_none(key: bytes, said: Transaction, data: st.DataObject) -> None:
    signed = sign(key, said)
    place, bit = data.draw(st.integers(0, len(signed.raw) - 1)), data.draw(st.integers(0, 7))
    raw = bytearray(signed.raw)
    raw[place] ^= 1 << bit
    try:
        other = read(bytes(raw))
    except TransactionError:
        return
    assert other.hash != signed.hash and (other.sender, other.said) != (signed.sender, signed.said)


@pytest.mark.parametrize("key", [b"", bytes(32), b"\xff" * 32, b"\x01" * 31])
def test_what_is_no_key(key: bytes) -> None:
    with pytest.raises(TransactionError):
        address_of(key)
