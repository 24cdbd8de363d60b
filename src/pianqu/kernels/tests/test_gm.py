"""SM3 and SM2 by the national standards' examples and against the openssl command; the twin's checkpoint and its proofs."""

import hashlib
import secrets
from base64 import b64decode, b64encode
from dataclasses import replace
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

import gmssl_pyx
import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from hypothesis import given, settings
from hypothesis import strategies as st

from pianqu.kernels import merkle, note, receipt, sm2, sm3, twin
from pianqu.kernels.merkle import ProofError
from pianqu.kernels.note import CheckpointBody, NoteError
from pianqu.kernels.tests import receipts
from pianqu.kernels.tiles import HASH, TileTree, TreeHash
from pianqu.kernels.twin import TwinBody
from tests.authority import openssl

SM3 = sm3.tree_hash()
NAME = "pianqu.invalid/330205/test/gm"
# GB/T 32905-2016, annex A.
EXAMPLES = [
    (b"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
    (b"abcd" * 16, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
]
# GB/T 32918.5-2017, annex A.2 (the same stands in ISO/IEC 14888-3): message, key and signature over the recommended curve.
MESSAGE = "message digest"
PRIVATE = bytes.fromhex("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8")
PUBLIC = bytes.fromhex(
    "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
)
R = 0xF5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3
S = 0xB1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA
ORDER = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d034200")
"""What stands before the point in a public key as openssl reads it: id-ecPublicKey on the curve SM2."""
KEY = sm2.Verifier(NAME, PUBLIC)
SIGNER = sm2.Signer.from_pair(NAME, PRIVATE + PUBLIC)


def raw(r: int, s: int) -> bytes:
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


# SM3 --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("message", "digest"), EXAMPLES)
def test_the_standard_s_examples_of_sm3(message: bytes, digest: str) -> None:
    assert sm3.begun(message).digest().hex() == sm3.carried(message).digest().hex() == digest


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_both_sources_of_sm3_and_the_signing_library_agree(first: bytes, more: bytes) -> None:
    one, other = sm3.begun(first).copy(), sm3.carried(first).copy()
    one.update(more)
    other.update(more)
    assert one.digest() == other.digest() == other.digest() == bytes(gmssl_pyx.sm3_hash(first + more))


def test_the_openssl_command_hashes_the_same(tmp_path: Path) -> None:
    for size in (0, 1, 55, 56, 63, 64, 65, 300):
        message = secrets.token_bytes(size)
        (tmp_path / "message").write_bytes(message)
        assert openssl(tmp_path, "dgst", "-sm3", "-binary", "message") == sm3.begun(message).digest()


# The tree ---------------------------------------------------------------------------------------------------------------


def by_definition(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1 word for word, with SM3: shares no line with what it checks."""

    def h(data: bytes) -> bytes:
        return hashlib.new("sm3", data).digest()

    if not leaves:
        return h(b"")
    if len(leaves) == 1:
        return h(b"\0" + leaves[0])
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return h(b"\1" + by_definition(leaves[:k]) + by_definition(leaves[k:]))


def texts(size: int) -> list[bytes]:
    return [f"leaf {n}".encode() for n in range(size)]


def hashes(size: int) -> list[bytes]:
    return [merkle.leaf_hash(text, SM3.leaf) for text in texts(size)]


def grown(size: int) -> TileTree:
    tree = TileTree(0, lambda _level, _index: b"", SM3)
    tree.extend(b"".join(hashes(size)))
    return tree


@pytest.mark.parametrize("size", [0, 1, 2, 3, 7, 8, 255, 256, 257, 700])
def test_the_tree_by_sm3_is_that_of_the_definition(size: int) -> None:
    assert grown(size).root() == by_definition(texts(size)) == merkle.root(hashes(size), SM3)


@given(st.lists(st.integers(0, 400), min_size=1, max_size=4))
@settings(deadline=None)
def test_a_tree_by_sm3_grows_from_its_tiles(batches: list[int]) -> None:
    stored: dict[tuple[int, int], bytes] = {}
    size = 0
    for batch in batches:
        tree = TileTree(size, lambda level, index: stored.get((level, index), b""), SM3)
        tree.extend(b"".join(hashes(size + batch)[size:]))
        stored.update({key: bytes(tree.tile(*key)) for key in tree.changed})
        size += batch
    reopened = TileTree(size, lambda level, index: stored.get((level, index), b""), SM3)
    assert reopened.root() == by_definition(texts(size))


@given(st.integers(1, 600), st.data())
@settings(deadline=None)
def test_proofs_by_sm3_hold_under_sm3_only(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size))
    index = data.draw(st.integers(0, old - 1))
    tree, leaves = grown(size), hashes(size)
    old_root, new_root = by_definition(texts(old)), by_definition(texts(size))
    path = merkle.inclusion_proof(index, old, tree.node, SM3)
    shown = {"leaf": leaves[index], "index": index, "size": old, "proof": path, "root_hash": old_root}
    merkle.verify_inclusion(**shown, by=SM3)
    grew = merkle.consistency_proof(old, size, tree.node, SM3)
    both = {"old": old, "new": size, "proof": grew, "old_root": old_root, "new_root": new_root}
    merkle.verify_consistency(**both, by=SM3)
    if path:
        with pytest.raises(ProofError):
            merkle.verify_inclusion(**shown)
    if len(grew) > 1:
        with pytest.raises(ProofError):
            merkle.verify_consistency(**both)


def test_who_names_no_hash_gets_sha_256() -> None:
    assert merkle.leaf_hash(b"x") == sha256(b"\0x").digest()
    assert merkle.EMPTY_ROOT == sha256(b"").digest() != SM3.empty


# SM2 --------------------------------------------------------------------------------------------------------------------


def test_the_standard_s_example_of_sm2_and_what_is_near_it() -> None:
    assert KEY.verify(MESSAGE, raw(R, S))
    assert not KEY.verify(f"{MESSAGE}.", raw(R, S))
    for r, s in [
        (0, S),
        (R, 0),
        (ORDER, S),
        (R, ORDER),
        (R, ORDER - R),
        (R, ORDER - S),
        (S, R),
        (2**256 - 1, 2**256 - 1),
    ]:
        assert not KEY.verify(MESSAGE, raw(r, s))
    for cut in (b"", raw(R, S)[:-1], raw(R, S) + b"\0", encode_dss_signature(R, S)):
        assert not KEY.verify(MESSAGE, cut)


@given(st.integers(0, 511))
@settings(max_examples=40, deadline=None)
def test_no_bit_of_a_signature_can_be_changed(bit: int) -> None:
    bent = int.from_bytes(raw(R, S), "big") ^ 1 << bit
    assert not KEY.verify(MESSAGE, bent.to_bytes(64, "big"))


@pytest.mark.parametrize("point", [bytes(64), b"\xff" * 64, PUBLIC[1:-1] + b"\0"])
def test_a_point_off_the_curve_has_signed_nothing(point: bytes) -> None:
    assert not sm2.Verifier(NAME, b"\4" + point).verify(MESSAGE, raw(R, S))


def test_the_openssl_command_checks_what_is_signed_here(tmp_path: Path) -> None:
    (tmp_path / "key.der").write_bytes(SPKI + PUBLIC)
    for text in ("a note\n", MESSAGE, "条目\n" * 50):
        (tmp_path / "text").write_text(text)
        blob = b64decode(SIGNER.line(text).split(" ")[2])
        r, s = int.from_bytes(blob[4:36], "big"), int.from_bytes(blob[36:], "big")
        (tmp_path / "signature").write_bytes(encode_dss_signature(r, s))
        asked = ["pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", "key.der", "-rawin", "-digest", "sm3"]
        distid = ["-pkeyopt", f"distid:{sm2.SIGNER_ID.decode()}"]
        assert b"Success" in openssl(tmp_path, *asked, *distid, "-in", "text", "-sigfile", "signature")


def test_what_the_openssl_command_signs_is_checked_here(tmp_path: Path) -> None:
    openssl(tmp_path, "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:SM2", "-out", "key.pem")
    spki = openssl(tmp_path, "pkey", "-in", "key.pem", "-pubout", "-outform", "DER")
    assert spki.startswith(SPKI)
    theirs = sm2.Verifier(NAME, spki[len(SPKI) :])
    for text in ("a note\n", "条目\n" * 50):
        (tmp_path / "text").write_text(text)
        asked = ["pkeyutl", "-sign", "-inkey", "key.pem", "-rawin", "-digest", "sm3", "-in", "text"]
        der = openssl(tmp_path, *asked, "-pkeyopt", f"distid:{sm2.SIGNER_ID.decode()}")
        assert theirs.verify(text, raw(*decode_dss_signature(der)))
        other = openssl(tmp_path, *asked, "-pkeyopt", "distid:somebody else")
        assert not theirs.verify(text, raw(*decode_dss_signature(other)))


@given(st.text(max_size=80))
@settings(max_examples=25, deadline=None)
def test_what_is_signed_opens(text: str) -> None:
    lines = "".join(char for char in text if char >= " " and not 0xD800 <= ord(char) < 0xE000) + "\n"
    signed = note.sign(f"x{lines}", [SIGNER])
    assert note.open_note(signed, [KEY]) == (f"x{lines}", (KEY,))
    with pytest.raises(NoteError, match="false"):
        note.open_note(f"y{signed}", [KEY])


def test_keys_of_two_kinds_sign_one_note() -> None:
    both = note.sign("hello\n", [receipts.SIGNER, SIGNER])
    ed25519 = note.Verifier.from_vkey(receipts.SIGNER.vkey)
    assert note.open_note(both, [ed25519])[1] == (ed25519,)
    assert note.open_note(both, [KEY])[1] == (KEY,)


def test_a_verifier_key_comes_back_and_says_what_it_is() -> None:
    assert sm2.Verifier.from_vkey(KEY.vkey) == KEY == SIGNER.verifier
    name, short, body = KEY.vkey.split("+", 2)
    assert (name, b64decode(body)) == (NAME, b"\xffpianqu/sm2-sm3/v1" + PUBLIC)
    assert bytes.fromhex(short) == sha256(NAME.encode() + b"\n" + b64decode(body)).digest()[:4]
    with pytest.raises(NoteError, match="Ed25519"):
        note.Verifier.from_vkey(KEY.vkey)


@pytest.mark.parametrize(
    "bad",
    [
        "",
        NAME,
        KEY.vkey[:-4],
        KEY.vkey.replace("+", "-", 1),
        KEY.vkey.replace(NAME, "other"),
        f"{NAME}+00000000+{KEY.vkey.split('+', 2)[2]}",
        note.write_vkey(NAME, b"\x05" + PUBLIC[1:], sm2.KIND),
        note.write_vkey(NAME, PUBLIC[:-1], sm2.KIND),
        receipts.SIGNER.vkey,
        f"{NAME}+00000000+!!!!",
    ],
)
def test_what_is_no_key_is_refused(bad: str) -> None:
    with pytest.raises(NoteError):
        sm2.Verifier.from_vkey(bad)


def test_a_pair_that_does_not_belong_together_is_refused() -> None:
    one, other = sm2.make_pair(), sm2.make_pair()
    assert len(one) == sm2.PRIVATE + sm2.PUBLIC
    assert sm2.Signer.from_pair(NAME, one).verifier != sm2.Signer.from_pair(NAME, other).verifier
    for bad in (b"", one[:-1], one[:32] + other[32:], bytes(32) + one[32:], ORDER.to_bytes(32, "big") + one[32:]):
        with pytest.raises(NoteError):
            sm2.Signer.from_pair(NAME, bad)


# The twin ---------------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def held() -> receipt.Receipt:
    """A true proof of the last record of a small twin."""
    made = receipts.make(5, 2)
    leaves = [merkle.leaf_hash(text, SM3.leaf) for text in texts(5)]
    leaves[2] = merkle.leaf_hash(made.leaf, SM3.leaf)
    tree = TileTree(0, lambda _level, _index: b"", SM3)
    tree.extend(b"".join(leaves))
    body = TwinBody(origin=NAME.removesuffix("/gm"), size=5, root=tree.root(), ledger_root=bytes(range(32)))
    proof = tuple(merkle.inclusion_proof(2, 5, tree.node, SM3))
    return replace(made, index=2, proof=proof, checkpoint=note.sign(body.encode(), [SIGNER]))


def signed(text: str) -> str:
    return note.sign(text, [SIGNER])


def test_a_twin_s_checkpoint_comes_back_and_is_a_checkpoint_for_everybody() -> None:
    body = TwinBody(origin="example.org/log", size=7, root=bytes(32), ledger_root=bytes(range(32)))
    assert TwinBody.decode(body.encode()) == body
    plain = CheckpointBody.decode(body.encode())
    assert (plain.origin, plain.size, plain.root) == ("example.org/log/gm", 7, bytes(32))
    assert plain.extensions == (f"twin-of example.org/log {b64encode(bytes(range(32))).decode()}",)


@pytest.mark.parametrize(
    "change",
    [
        ("twin-of", "twin"),
        ("twin-of example.org/log ", "twin-of example.org/other "),
        ("example.org/log/gm", "example.org/log"),
        ("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "AAECAw=="),
        ("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "!"),
        ("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\nmore\n"),
        ("twin-of example.org/log AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n", ""),
    ],
)
def test_what_is_no_twin_s_checkpoint_is_refused(change: tuple[str, str]) -> None:
    body = TwinBody(origin="example.org/log", size=7, root=bytes(32), ledger_root=bytes(range(32)))
    assert change[0] in body.encode()
    with pytest.raises(NoteError):
        TwinBody.decode(body.encode().replace(*change))


def test_a_true_proof_holds_and_its_file_is_a_receipt_s() -> None:
    verdict = twin.verify(receipt.parse(held().text()), [KEY])
    assert (verdict.code, verdict.origin, verdict.index, verdict.size) == ("genuine", NAME, 2, 5)
    assert any("Entry 3 of 5" in line for line in twin.told(verdict))
    assert receipt.verify(held(), [receipts.SIGNER.vkey]).code == "log-unknown"


def test_every_broken_link_is_named() -> None:
    true = held()
    text, other = note.text_of(true.checkpoint), replace(true, index=3)
    bent = text.replace("\n5\n", "\n4\n")
    for shown, code in [
        (replace(true, checkpoint="no note"), "checkpoint-broken"),
        (replace(true, checkpoint=receipts.make(5, 2).checkpoint), "checkpoint-broken"),
        (replace(true, checkpoint=true.checkpoint.replace(text, bent)), "signature-false"),
        (replace(true, checkpoint=signed(bent)), "not-included"),
        (other, "not-included"),
        (replace(true, proof=true.proof[:-1]), "not-included"),
        (replace(true, leaf=true.leaf + b" "), "not-included"),
        (replace(true, salt=bytes(32)), "content-altered"),
    ]:
        verdict = twin.verify(shown, [KEY])
        assert (verdict.code, twin.told(verdict)) == (code, [])
    assert twin.verify(true, []).code == "log-unknown"
    assert twin.verify(true, [sm2.Verifier(NAME, sm2.make_pair()[32:])]).code == "signature-false"


def test_a_tree_by_another_hash_is_not_the_twin() -> None:
    """The signed root is SHA-256's: no path by SM3 leads there."""
    true = receipts.make(5, 2)
    body = CheckpointBody.decode(note.text_of(true.checkpoint))
    false = TwinBody(origin=NAME.removesuffix("/gm"), size=body.size, root=body.root, ledger_root=body.root)
    assert twin.verify(replace(true, checkpoint=signed(false.encode())), [KEY]).code == "not-included"


def test_a_hash_of_another_length_is_never_a_root() -> None:
    assert {len(part) for part in (SM3.empty, SM3.leaf.digest(), SM3.node.digest())} == {HASH}
    assert isinstance(SM3, TreeHash)
