"""A receipt holds as a whole, in both forms, and falls at every altered link."""

import secrets
import zlib
from datetime import date

import base45
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pianqu.kernels import canonical, merkle, note
from pianqu.kernels import receipt as kernel
from pianqu.kernels.leaf import Leaf, commitment
from pianqu.kernels.receipt import Receipt, ReceiptError
from pianqu.kernels.tiles import TileTree

SEED = bytes(range(32))
SIGNER = note.Signer.from_seed("pianqu.invalid/330205/test", SEED)
PAYLOAD = canonical.encode({"kind": "casework.case-opened", "organisation": "330205", "fact": {"n": 1}})


def make(size: int = 300, index: int = 77, payload: bytes = PAYLOAD) -> Receipt:
    salt = secrets.token_bytes(32)
    leaf = Leaf(
        kind="casework.case-opened",
        organisation_code="330205",
        counter=5,
        previous=bytes(32),
        day=date(2026, 11, 23),
        commitment=commitment(payload, salt),
    ).encode()
    tree = TileTree(0, lambda *_: b"")
    for n in range(size):
        tree.append(merkle.leaf_hash(leaf if n == index else str(n).encode()))
    body = note.CheckpointBody(origin=SIGNER.name, size=size, root=tree.root()).encode()
    proof = tuple(merkle.inclusion_proof(index, size, tree.node))
    return Receipt(leaf=leaf, payload=payload, salt=salt, index=index, proof=proof, checkpoint=SIGNER.sign(body))


def check(receipt: Receipt) -> str:
    return kernel.verify(receipt, (SIGNER.vkey,)).code


@pytest.mark.parametrize(("size", "index"), [(1, 0), (2, 1), (256, 255), (300, 77), (1000, 999)])
def test_both_forms_come_back_and_hold(size: int, index: int) -> None:
    receipt = make(size, index)
    assert kernel.parse(receipt.text()) == receipt
    assert kernel.parse(receipt.compact()) == receipt
    assert check(receipt) == "genuine"


def test_windows_line_ends_and_spaces_around_do_no_harm() -> None:
    receipt = make()
    assert kernel.parse("\ufeff\n" + receipt.text().replace("\n", "\r\n")) == receipt
    assert kernel.parse(f"  {receipt.compact()}\n") == receipt


def replaced(receipt: Receipt, **parts: object) -> Receipt:
    fields = {name: getattr(receipt, name) for name in ("leaf", "payload", "salt", "index", "proof", "checkpoint")}
    return Receipt(**{**fields, **parts})  # type: ignore[arg-type]


def test_each_altered_link_is_named() -> None:
    receipt = make()
    other = canonical.encode({"kind": "casework.case-opened", "organisation": "330205", "fact": {"n": 2}})
    assert check(replaced(receipt, payload=other)) == "content-altered"
    assert check(replaced(receipt, salt=bytes(32))) == "content-altered"
    assert check(replaced(receipt, index=78)) == "not-included"
    assert check(replaced(receipt, proof=receipt.proof[1:])) == "not-included"
    assert check(replaced(receipt, leaf=make().leaf)) == "not-included"
    assert check(replaced(receipt, checkpoint=make(301).checkpoint)) == "not-included"
    forged = note.Signer.from_seed(SIGNER.name, bytes(32)).sign(note.text_of(receipt.checkpoint))
    assert check(replaced(receipt, checkpoint=forged)) == "signature-false"
    foreign = note.Signer.from_seed("example.org/other", SEED)
    body = note.CheckpointBody(origin=foreign.name, size=300, root=bytes(32)).encode()
    assert check(replaced(receipt, checkpoint=foreign.sign(body))) == "log-unknown"
    assert check(replaced(receipt, checkpoint="nonsense\n")) == "checkpoint-broken"


def test_a_payload_of_another_kind_than_its_leaf_is_refused() -> None:
    assert check(make(payload=canonical.encode({"kind": "x.y", "organisation": "330205"}))) == "content-altered"


@pytest.mark.parametrize("payload", [b"[" * 25_000 + b"]" * 25_000, b"[]", b"7", b"NaN", b'"\\ud800"', b"\xff", b""])
def test_whatever_stands_for_the_payload_is_only_refused(payload: bytes) -> None:
    assert check(kernel.parse(replaced(make(9, 3), payload=payload).compact())) == "content-altered"


@given(st.integers(0, 2**16), st.integers(1, 255))
def test_a_flipped_byte_of_the_code_never_passes(place: int, flip: int) -> None:
    receipt = make(9, 3)
    raw = bytearray(zlib.decompress(base45.b45decode(receipt.compact().removeprefix(kernel.PREFIX))))
    raw[place % len(raw)] ^= flip
    try:
        changed = kernel.parse(kernel.PREFIX + base45.b45encode(zlib.compress(bytes(raw))).decode())
    except ReceiptError:
        return
    assert changed == receipt or check(changed) != "genuine"


@given(st.data())
def test_a_flipped_character_never_passes(data: st.DataObject) -> None:
    text = make(9, 3).text()
    place = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.sampled_from("Aaz09+/=\n "))
    broken = text[:place] + letter + text[place + 1 :]
    try:
        receipt = kernel.parse(broken)
    except ReceiptError:
        return
    assert receipt == kernel.parse(text) or check(receipt) != "genuine" or receipt.text() == kernel.parse(text).text()


@given(st.text(max_size=300) | st.binary(max_size=300).map(lambda b: "PIANQU1:" + b.hex().upper()))
def test_any_text_gets_a_sentence(given_text: str) -> None:
    with pytest.raises(ReceiptError):
        kernel.parse(given_text)


def test_a_decompression_bomb_stops() -> None:
    bomb = "PIANQU1:" + base45.b45encode(zlib.compress(bytes(50_000_000), 9)).decode()
    with pytest.raises(ReceiptError):
        kernel.parse(bomb)
