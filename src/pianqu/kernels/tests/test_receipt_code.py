"""The second form of a code: what is left out comes back, the largest records fit, and hostile ones get a sentence."""

import json
import secrets
import zlib
from itertools import combinations

import base45
import cbor2
import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st

from pianqu.kernels import canonical, merkle, note, policy, shortening
from pianqu.kernels import receipt as kernel
from pianqu.kernels.cosignature import cosigned
from pianqu.kernels.leaf import Leaf, b64, commitment
from pianqu.kernels.receipt import Receipt, ReceiptError
from pianqu.kernels.tests.receipts import (
    KNOWN,
    NESTED,
    RECORD,
    SIGNER,
    TWO_OF_THREE,
    WITNESSES,
    make,
    plus,
    replaced,
    signed,
)

ID = "01a22534-774d-7317-9cca-e47036d715"


def record(kind: str, **fact: object) -> dict[str, object]:
    """What the house records of a matter, by a post with a long name."""
    return {**RECORD, "kind": kind, "fact": fact}


def place() -> dict[str, object]:
    return {"case_id": f"{ID}a6", "category": "environment", "place_code": "330205004007"}


def words() -> str:
    return b64(secrets.token_bytes(32))


LARGEST = {
    "opened": RECORD,
    "opened with a photo": record("casework.case-opened", **{**RECORD["fact"], "photo_commitments": [words()]}),
    "dispatched": record(
        "casework.case-dispatched",
        **place(),
        article="合成清单第 15 项",
        cell_code="",
        due_at="2026-12-05T00:00:00+08:00",
        entry_article="",
        helper_codes=["330205-property-wantou", "330205-owners-wantou"],
        lead_code="330205-beijiao",
        list_kind="",
        words_commitment="",
    ),
    "resolved": record("casework.case-resolved", **place(), happened_at="", imported_from="", reply_commitment=words()),
    "returned": record(
        "casework.task-returned", **place(), article="第 8 项", reason="not-ours", returns=1, task_code="330205-police"
    ),
    "platform changed": record(
        "casework.platform-changed",
        **place(),
        from_platform="enforcement",
        holder_code="330205005000",
        member_codes=["330205-market-yongjiang", "330205005000"],
        platform="market",
        words_commitment=words(),
    ),
    "whistle": record(
        "casework.whistle-blown",
        answer_by="2026-11-29T18:38:00+08:00",
        be_there_by="2026-11-29T18:39:00+08:00",
        called_codes=["330205-enforcement", "330205-justice", "330205-police"],
        caller_code="330205-beijiao",
        case_id="",
        place_code="330205005005",
        whistle_id=f"{ID}a7",
        words_commitment=words(),
    ),
}


def grown(told: object, *names: str, index: int = 2**20 - 1, size: int = 2**20) -> Receipt:
    """A receipt in a tree of a million entries, whose other leaves nobody has to know."""
    payload, salt = canonical.encode(told), secrets.token_bytes(32)
    said = json.loads(payload)
    leaf = Leaf(
        kind=said["kind"],
        organisation_code=said["organisation"],
        counter=412_345,
        previous=secrets.token_bytes(32),
        day=kernel.day_of(said["at"]),
        commitment=commitment(payload, salt),
    ).encode()
    proof = tuple(secrets.token_bytes(32) for _ in range(20))
    root = merkle.root_from_inclusion(merkle.leaf_hash(leaf), index, size, proof)
    body = note.CheckpointBody(origin=SIGNER.name, size=size, root=root).encode()
    made = Receipt(leaf=leaf, payload=payload, salt=salt, index=index, proof=proof, checkpoint=SIGNER.sign(body))
    return signed(made, *names)


def cbor_of(code: str) -> bytes:
    return base45.b45decode(code.removeprefix(kernel.SHORTER))


@pytest.mark.parametrize("told", LARGEST.values(), ids=list(LARGEST))
def test_the_largest_records_with_two_cosignatures_fit_a_code_of_version_29(told: object) -> None:
    receipt = grown(told, "justice", "people")
    code = receipt.compact()
    assert kernel.parse(code) == receipt
    assert len(cbor_of(code)) <= 1_250
    picture = segno.make(code, error="m", micro=False, boost_error=False)
    assert picture.version <= 29
    assert picture.mode == "alphanumeric"


def test_five_photos_still_fit_a_code_of_that_size_at_level_l() -> None:
    photos = {**RECORD["fact"], "photo_commitments": [words() for _ in range(5)]}
    code = grown(record("casework.case-opened", **photos), "justice", "people").compact()
    assert segno.make(code, error="l", micro=False, boost_error=False).version <= 29


def names_in(code: str) -> set[str]:
    times = cosigned(kernel.parse(code).checkpoint, [one.witness for one in WITNESSES.values()])
    return {name for name, one in WITNESSES.items() if one.witness in times}


def test_what_does_not_fit_is_left_out_but_never_below_the_policy() -> None:
    everybody = grown(RECORD, *WITNESSES)
    assert names_in(everybody.compact()) == set(WITNESSES)
    for text in (TWO_OF_THREE, NESTED):
        rule = policy.parse(text.encode())
        code = everybody.compact(rule)
        assert len(code) <= kernel.FITTING < len(everybody.compact())
        assert kernel.verify(kernel.parse(code), rule).genuine
    all_three = policy.parse(f"{KNOWN}group all all justice people 院\nquorum all\n".encode())
    assert kernel.verify(kernel.parse(everybody.compact(all_three)), all_three).genuine
    nobody = policy.parse(f"{KNOWN}quorum none\n".encode())
    assert names_in(everybody.compact(nobody)) == {"justice", "people"}


def test_of_two_keys_of_the_log_the_older_is_kept_where_both_do_not_fit() -> None:
    younger = note.Signer.from_seed(SIGNER.name, bytes(32))
    rule = policy.parse(f"log {younger.vkey}\n{TWO_OF_THREE}".encode())
    one = grown(RECORD)
    text = note.text_of(one.checkpoint)
    both = signed(plus(one, younger.sign(text).partition("\n\n")[2]), "justice", "people")
    code = both.compact(rule)
    assert len(code) <= kernel.FITTING
    assert names_in(code) == {"justice", "people"}
    for known in (SIGNER, younger):
        alone = kernel.verify(kernel.parse(code), (known.vkey,))
        assert alone.genuine == (known == SIGNER)
    assert kernel.verify(kernel.parse(code), rule).genuine
    small = make(9, 3)
    small = plus(small, younger.sign(note.text_of(small.checkpoint)).partition("\n\n")[2])
    assert kernel.parse(small.compact(rule)) == small


def test_where_all_fit_all_are_kept() -> None:
    rule = policy.parse(TWO_OF_THREE.encode())
    assert names_in(signed(make(), *WITNESSES).compact(rule)) == set(WITNESSES)


def test_too_few_are_kept_too() -> None:
    rule = policy.parse(TWO_OF_THREE.encode())
    code = grown(RECORD, "院").compact(rule)
    assert names_in(code) == {"院"}
    assert kernel.verify(kernel.parse(code), rule).code == "not-witnessed"


@pytest.mark.parametrize("several", [some for n in range(4) for some in combinations(WITNESSES, n)])
def test_lines_keep_their_order(several: tuple[str, ...]) -> None:
    receipt = signed(make(), *several)
    assert kernel.parse(receipt.compact()) == receipt


def test_what_cannot_be_computed_again_is_carried() -> None:
    plain = make(payload=canonical.encode({"kind": RECORD["kind"], "organisation": RECORD["organisation"]}))
    other_day = make(payload=canonical.encode({**RECORD, "at": "2026-11-24T00:41:06.120+00:00"}))
    for receipt in (plain, other_day, make(1, 0, counter=1), signed(plain, "people")):
        assert receipt.compact().startswith(kernel.SHORTER)
        assert kernel.parse(receipt.compact()) == receipt
    torn = replaced(make(), index=78)
    assert torn.compact().startswith(kernel.FIRST)
    assert kernel.parse(torn.compact()) == torn


TEXTS = st.text(max_size=40) | st.uuids().map(str) | st.binary(min_size=32, max_size=32).map(b64)
TEXTS |= st.binary(min_size=32, max_size=32).map(bytes.hex)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=40,
)


@given(st.dictionaries(TEXTS, VALUES, max_size=6), st.integers(0, 2))
def test_whatever_a_record_says_comes_back(said: dict[str, object], many: int) -> None:
    payload = canonical.encode({**RECORD, "fact": said})
    receipt = signed(make(9, 3, payload), *list(WITNESSES)[:many])
    assert kernel.parse(receipt.compact()) == receipt
    assert kernel.verify(kernel.parse(receipt.compact()), (SIGNER.vkey,)).genuine


@given(st.lists(TEXTS, max_size=60))
def test_shortening_gives_back_what_it_was_given(texts: list[str]) -> None:
    text = "".join(character for character in " ".join(texts) if character >= " ")
    assert shortening.lengthen(*shortening.shorten(text)) == text
    assert shortening.inflate(shortening.deflate(text), 100_000) == text


@given(st.text(max_size=50), st.binary(max_size=100))
def test_lengthening_never_invents(text: str, raw: bytes) -> None:
    try:
        long = shortening.lengthen(text, raw)
    except ValueError:
        return
    assert shortening.lengthen(*shortening.shorten(long)) == long


@given(st.integers(0, 2**16), st.integers(1, 255))
def test_a_flipped_byte_of_the_second_form_never_passes(place: int, flip: int) -> None:
    receipt = signed(make(9, 3), "justice", "people")
    raw = bytearray(base45.b45decode(receipt.compact().removeprefix(kernel.SHORTER)))
    raw[place % len(raw)] ^= flip
    try:
        changed = kernel.parse(kernel.SHORTER + base45.b45encode(bytes(raw)).decode())
    except ReceiptError:
        return
    assert changed == receipt or kernel.verify(changed, policy.parse(TWO_OF_THREE.encode())).code != "genuine"


def test_a_decompression_bomb_stops() -> None:
    packing = zlib.compressobj(9, zlib.DEFLATED, -15)
    told = packing.compress(bytes(50_000_000)) + packing.flush()
    with pytest.raises(ReceiptError):
        kernel.parse(second_form([2, told, bytes(64), 1, 0, 1, 0, [bytes(68)]]))


def second_form(items: object) -> str:
    return kernel.SHORTER + base45.b45encode(cbor2.dumps(items)).decode()


TOLD = shortening.deflate('x\n\n{"at":"2026-11-23T16:41:06.120+00:00","kind":"a.b","organisation":"o"}')
NO_DAY = shortening.deflate('x\n\n{"at":"2026-99-23T16:41:06.120+00:00","kind":"a.b","organisation":"o"}')


@pytest.mark.parametrize(
    "items",
    [
        [],
        7,
        {"a": 1},
        [2] * 8,
        [3, TOLD, bytes(32), 1, 0, 1, 0, [bytes(68)]],
        [2, TOLD, bytes(32), 1, 0, 1, 10**9, [bytes(68)]],
        [2, TOLD, bytes(32), 1, 0, 1, -1, [bytes(68)]],
        [2, TOLD, bytes(32), 2, 0, 1, 0, [bytes(68)]],
        [2, TOLD, bytes(32), 1, 5, 1, 0, [bytes(68)]],
        [2, TOLD, bytes(32), 1, 0, 1, 0, []],
        [2, TOLD, bytes(32), 1, 0, 1, 0, [5]],
        [2, TOLD, bytes(32), 1, 0, 1, 0, 2**62],
        [2, TOLD, 2**62, 1, 0, 1, 0, [bytes(68)]],
        [2, TOLD, bytes(32), True, 0, 1, 0, [bytes(68)]],
        [2, TOLD, bytes(32), 1, 0.0, 1, 0, [bytes(68)]],
        [2, TOLD[:-3], bytes(32), 1, 0, 1, 0, [bytes(68)]],
        [2, TOLD, bytes(33), 1, 0, 1, 0, [bytes(68)]],
        [2, shortening.deflate("x\n\n\x06"), bytes(32), b"{}", 0, 1, 0, [bytes(68)]],
        [2, shortening.deflate("x\n\n\x02"), bytes(32), b"{}", 0, 1, 0, [bytes(68)]],
        [2, shortening.deflate("x"), bytes(32), b"{}", 0, 1, 0, [bytes(68)]],
        [2, shortening.deflate("x\n\n[" * 9), bytes(32), 1, 0, 1, 0, [bytes(68)]],
        [2, shortening.deflate("x\n\n[]"), bytes(32), 1, 0, 1, 0, [bytes(68)]],
        [2, NO_DAY, bytes(32), 1, 0, 1, 0, [bytes(68)]],
    ],
)
def test_a_hostile_second_form_gets_a_sentence(items: object) -> None:
    with pytest.raises(ReceiptError):
        kernel.parse(second_form(items))
    if isinstance(items, list) and len(items) == 8:
        assert (
            kernel.parse(second_form([2, TOLD, bytes(32), 1, 0, 1, 0, [bytes(68)]])).index == 0
        )  # the table's pattern
