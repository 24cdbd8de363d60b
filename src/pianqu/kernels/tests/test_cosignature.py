"""Cosignatures: the specification's own line, and what is no cosignature."""

import json
from base64 import b64decode, b64encode
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey
from hypothesis import given
from hypothesis import strategies as st

from pianqu.kernels.cosignature import (
    ED25519,
    KINDS,
    LATEST,
    ML_DSA_44,
    Cosigner,
    Kind,
    Unsupported,
    Witness,
    cosigned,
    lines_of,
)
from pianqu.kernels.note import CheckpointBody, NoteError, Signer, key_id, signature_line, split

BODY = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
# The example of https://c2sp.org/tlog-cosignature; the specification does not print the witness's key.
LINE = (
    "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe"
    "+mbIUBkBIfZ+qnA==\n"
)
LOG = Signer.from_seed("example.com/behind-the-sofa", bytes(32))
ONE, TWO = (Cosigner.from_seed(f"witness.example/w{number}", bytes([number] * 32)) for number in (1, 2))
LONG = Cosigner.from_seed("witness.example/w1", bytes([3] * 32), ML_DSA_44)
"""The second key of the first witness."""
EACH = pytest.mark.parametrize("key", [ONE, LONG], ids=["Ed25519", "ML-DSA-44"])
VECTORS: list[dict[str, str]] = json.loads((Path(__file__).parent / "vectors" / "ml_dsa_44.json").read_text())["cases"]


def test_the_published_line_has_the_shape_and_time_of_the_text() -> None:
    (signature,) = split(f"{BODY}\n{LINE}")[1]
    assert signature.name == "witness.example.com/w1" and len(signature.blob) == 4 + 8 + 64
    assert int.from_bytes(signature.blob[4:12], "big") == 1679315147
    assert ED25519.message("", BODY, 1679315147).decode() == f"cosignature/v1\ntime 1679315147\n{BODY}"


def test_what_was_cosigned_is_found_beside_the_log_and_strangers() -> None:
    note = LOG.sign(BODY) + ONE.cosign(BODY, 1_700_000_000) + TWO.cosign(BODY, 1_700_000_005)
    assert cosigned(note, [ONE.witness]) == {ONE.witness: 1_700_000_000}
    assert cosigned(note, [ONE.witness, TWO.witness])[TWO.witness] == 1_700_000_005
    assert cosigned(note, []) == {}
    again = note + ONE.cosign(BODY, 1_800_000_000)
    assert cosigned(again, [ONE.witness]) == {ONE.witness: 1_800_000_000}


@EACH
def test_a_key_is_written_and_read_and_is_no_logs_key(key: Cosigner) -> None:
    own = key.witness
    assert Witness.from_vkey(own.vkey) == own and Witness.from_vkey(own.vkey).kind is key.kind
    assert own.key_id == key_id(own.name, own.public, key.kind.byte) and own.vkey.split("+")[1] == own.key_id.hex()
    for wrong in (
        LOG.vkey,
        own.vkey.replace("w1", "w3"),
        "x+00000000+!!!",
        "",
        "a b+00000000+AAAA",
        own.vkey[:-4],
        own.vkey + "AAAA",
    ):
        with pytest.raises(NoteError):
            Witness.from_vkey(wrong)


def test_a_key_of_another_kind_is_another_key() -> None:
    with pytest.raises(NoteError, match=r"0x04.*0x06"):
        Witness.from_vkey("a+00000000+" + b64encode(b"\x05" + bytes(32)).decode())
    with pytest.raises(NoteError):  # 32 bytes that say they are of the long kind
        Witness.from_vkey(
            f"a+{key_id('a', bytes(32), ML_DSA_44.byte).hex()}+" + b64encode(b"\x06" + bytes(32)).decode()
        )
    assert ONE.witness.told == ONE.witness.vkey and len(LONG.witness.told) < 120 and ":" in LONG.witness.told
    with pytest.raises(NoteError):
        Witness.from_vkey(LONG.witness.told)
    assert len(LONG.witness.public) == 1312 and LONG.witness.name == ONE.witness.name
    assert LONG.witness.key_id != ONE.witness.key_id


@EACH
@pytest.mark.parametrize("place", [0, 7, 40, 75, -1])
def test_a_false_line_of_a_known_witness_makes_the_note_malformed(key: Cosigner, place: int) -> None:
    line = key.cosign(BODY, 5)
    (signature,) = split(f"{BODY}\n{line}")[1]
    blob = bytearray(signature.blob)
    blob[place] ^= 1
    changed = signature_line(key.name, bytes(blob))
    note = LOG.sign(BODY) + changed
    if 0 <= place < 4:  # another id: the line of a stranger
        assert cosigned(note, [key.witness]) == {}
    else:
        with pytest.raises(NoteError, match="false"):
            cosigned(note, [key.witness])
    assert lines_of(BODY, changed, [key.witness]) == {}


@EACH
@pytest.mark.parametrize("cut", [4, 12, 75, -1])
def test_a_line_of_another_length_is_false(key: Cosigner, cut: int) -> None:
    (signature,) = split(f"{BODY}\n{key.cosign(BODY, 5)}")[1]
    for blob in (signature.blob[:cut] + b"\x00" * (cut == 4), signature.blob + b"\x00"):
        with pytest.raises(NoteError, match="false"):
            cosigned(LOG.sign(BODY) + signature_line(key.name, blob), [key.witness])


def test_times_that_cannot_be_stated() -> None:
    for key in (ONE, LONG):
        for time in (0, -1, LATEST + 1):
            with pytest.raises(NoteError):
                key.cosign(BODY, time)
        assert cosigned(LOG.sign(BODY) + key.cosign(BODY, LATEST), [key.witness]) == {key.witness: LATEST}
        with pytest.raises(NoteError):
            key.cosign("no end", 1)


@EACH
def test_a_signature_without_a_time_is_neither_false_nor_a_statement(key: Cosigner) -> None:
    """A witness signs a tree so when it does not say that it was the newest (sign-subtree)."""
    signature = key.kind.sign(key.seed, key.kind.message(key.name, BODY, 0))
    line = signature_line(key.name, key.witness.key_id + bytes(8) + signature)
    assert cosigned(LOG.sign(BODY) + line, [key.witness]) == {} == lines_of(BODY, line, [key.witness])
    assert cosigned(LOG.sign(BODY) + line + key.cosign(BODY, 9), [key.witness]) == {key.witness: 9}


@given(st.text(st.characters(codec="utf-8"), max_size=40), st.integers(1, LATEST), st.integers(0, 70))
def test_of_an_answer_only_true_lines_are_taken(noise: str, time: int, cut: int) -> None:
    line = TWO.cosign(BODY, time)
    assert lines_of(BODY, line + ONE.cosign(BODY, 7), [TWO.witness]) == {TWO.witness: (time, line)}
    for answer in (noise, line[:cut], line + noise):
        try:
            found = lines_of(BODY, answer, [TWO.witness])
        except NoteError:
            continue
        assert set(found) <= {TWO.witness} and all(value == (time, line) for value in found.values())


# ML-DSA-44 -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", VECTORS)
def test_published_seeds_have_their_keys_and_published_signatures_hold(case: dict[str, str]) -> None:
    raw = {name: bytes.fromhex(text) for name, text in case.items()}
    assert ML_DSA_44.public(raw["seed"]) == raw["public"] and len(raw["signature"]) == ML_DSA_44.length
    MLDSA44PublicKey.from_public_bytes(raw["public"]).verify(raw["signature"], raw["message"], raw["context"])


def test_what_the_long_kind_signs_is_laid_out_as_the_specification_says() -> None:
    root = b64decode("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=")
    wanted = (
        b"subtree/v1\n\x00"
        + b"\x16witness.example.com/w1"
        + bytes.fromhex("000000006418 50cb")
        + b"\x1bexample.com/behind-the-sofa"
        + bytes(8)
        + bytes.fromhex("00000000013e2dc3")
        + root
    )
    assert ML_DSA_44.message("witness.example.com/w1", BODY, 1679315147) == wanted


def test_two_keys_of_one_witness_stand_beside_each_other() -> None:
    note = LOG.sign(BODY) + ONE.cosign(BODY, 7) + LONG.cosign(BODY, 8)
    assert cosigned(note, [ONE.witness, LONG.witness]) == {ONE.witness: 7, LONG.witness: 8}
    assert cosigned(note, [ONE.witness]) == {ONE.witness: 7}
    answer = ONE.cosign(BODY, 7) + LONG.cosign(BODY, 8)
    assert {one.kind for one in lines_of(BODY, answer, [ONE.witness, LONG.witness])} == set(KINDS.values())


def test_the_long_kind_speaks_of_the_tree_and_of_its_own_name() -> None:
    line = LONG.cosign(BODY, 5)
    more = f"{BODY}an extension of the log\n"
    assert cosigned(LOG.sign(more) + line, [LONG.witness]) == {LONG.witness: 5}, "lines below the root are not signed"
    blob = split(f"{BODY}\n{line}")[1][0].blob
    other = Witness("witness.example/w9", LONG.witness.public, ML_DSA_44)
    assert other.time_of(BODY, blob[4:]) is None, "another name, the same key"
    for text in ("no checkpoint\n", f"{'a' * 256}\n1\n{b64encode(bytes(32)).decode()}\n"):
        assert LONG.witness.time_of(text, blob[4:]) is None
        with pytest.raises(NoteError):
            LONG.cosign(text, 5)


@given(
    st.text(st.characters(codec="utf-8", categories=("L", "N")), min_size=1, max_size=60),
    st.integers(0, 2**53),
    st.binary(min_size=32, max_size=32),
    st.integers(1, LATEST),
)
def test_a_tree_that_was_signed_is_no_other_tree(origin: str, size: int, root: bytes, time: int) -> None:
    body = CheckpointBody(origin=origin, size=size % 10**15, root=root)
    blob = split(f"{body.encode()}\n{LONG.cosign(body.encode(), time)}")[1][0].blob[4:]
    assert LONG.witness.time_of(body.encode(), blob) == time
    for other in (
        replace(body, size=body.size + 1),
        replace(body, root=bytes(32 * [root[0] ^ 1])),
        replace(body, origin=f"{origin}x"),
    ):
        assert LONG.witness.time_of(other.encode(), blob) is None
    later = (time % LATEST + 1).to_bytes(8, "big")
    assert LONG.witness.time_of(body.encode(), later + blob[8:]) is None


def test_what_a_machine_cannot_check_is_not_called_false() -> None:
    def cannot(*_given: Any) -> Any:
        raise UnsupportedAlgorithm("not here")

    old: Kind = replace(ML_DSA_44, check=cannot, public=cannot, sign=cannot)
    assert not old.is_known_here() and all(kind.is_known_here() for kind in KINDS.values())
    note = LOG.sign(BODY) + LONG.cosign(BODY, 8)
    with pytest.raises(Unsupported, match=r"ML-DSA-44.*OpenSSL"):
        cosigned(note, [Witness(LONG.name, LONG.witness.public, old)])
    with pytest.raises(Unsupported):
        Cosigner.from_seed(LONG.name, LONG.seed, old).cosign(BODY, 8)
    assert cosigned(LOG.sign(BODY), [Witness(LONG.name, LONG.witness.public, old)]) == {}
