"""A receipt holds as a whole, in every form, and falls at every altered link."""

import json
import zlib
from dataclasses import replace
from pathlib import Path

import base45
import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from hypothesis import given
from hypothesis import strategies as st

from pianqu.kernels import canonical, policy
from pianqu.kernels import receipt as kernel
from pianqu.kernels.cosignature import ML_DSA_44, Cosigner
from pianqu.kernels.receipt import Receipt, ReceiptError
from pianqu.kernels.tests.receipts import (
    ALONE,
    LONG,
    LONG_NEEDED,
    NESTED,
    OLD_CODE,
    OLD_FILE,
    PAIRED,
    SIGNER,
    TIME,
    TWO_OF_THREE,
    Case,
    cases,
    make,
    replaced,
    signed,
)


def check(receipt: Receipt) -> str:
    return kernel.verify(receipt, (SIGNER.vkey,)).code


def test_receipts_of_the_first_form_hold_for_ever() -> None:
    for given_text in (OLD_FILE, OLD_CODE):
        old = kernel.parse(given_text)
        assert kernel.verify(old, (SIGNER.vkey,)).genuine
        assert kernel.verify(old, policy.parse(TWO_OF_THREE.encode())).code == "not-witnessed"
        assert json.loads(old.payload)["fact"]["case_code"] == "8K3F27QH"
    assert kernel.parse(OLD_FILE) == kernel.parse(OLD_CODE)
    assert kernel.parse(OLD_FILE).text() == OLD_FILE


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


CASES = cases()


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_every_fault_has_its_verdict_in_every_form(case: Case) -> None:
    rule = policy.parse(case.rule.encode())
    assert kernel.verify(case.receipt, rule).code == case.code
    assert kernel.verify(kernel.parse(case.receipt.text()), rule).code == case.code
    if case.code in {"genuine", "not-witnessed"}:
        for code in (case.receipt.compact(), case.receipt.compact(rule)):
            assert kernel.verify(kernel.parse(code), rule).code == (case.in_code or case.code)


@pytest.mark.parametrize("rule", [PAIRED, LONG_NEEDED])
def test_a_code_says_whose_signatures_it_has_no_room_for(rule: str) -> None:
    found, whole = policy.parse(rule.encode()), signed(make(), LONG, "justice")
    assert found.left_out_of_code() == (LONG,) and found.holds_in_code() == (rule == PAIRED)
    assert kernel.verify(whole, found).genuine
    verdict = kernel.verify(kernel.parse(whole.compact(found)), found)
    assert verdict.recorded and "too long for a QR code" in verdict.message and LONG in verdict.message
    assert kernel.verify(make(), found).message == kernel.NOT_WITNESSED or rule == LONG_NEEDED


def test_both_keys_of_a_witness_count_as_one_that_signed() -> None:
    found = policy.parse(PAIRED.encode())
    verdict = kernel.verify(signed(make(), "people", LONG, "justice"), found)
    lines = kernel.told(verdict, found)
    assert "Signed by 2 of 3 witnesses:" in lines and any(line.startswith(f"  {LONG}: 2026-") for line in lines)
    assert "A second history would need 1 or more of these witnesses to deceive together with the ledger." in lines


def test_what_this_machine_cannot_check_is_said_and_is_not_called_false() -> None:
    def cannot(*_given: object) -> None:
        raise UnsupportedAlgorithm("not here")

    rule = policy.parse(PAIRED.encode())
    old = replace(ML_DSA_44, check=cannot)
    there = tuple(replace(one, witness=replace(one.witness, kind=old)) for one in rule.witnesses if one.name == LONG)
    rule = replace(rule, witnesses=(*rule.witnesses[:3], *there))
    verdict = kernel.verify(signed(make(), "justice", "院", LONG), rule)
    assert verdict.code == "not-checkable" and "ML-DSA-44" in verdict.message and not verdict.recorded
    assert kernel.verify(signed(make(), "justice", "院"), rule).genuine


def test_a_verdict_tells_who_signed_and_when() -> None:
    rule = policy.parse(TWO_OF_THREE.encode())
    verdict = kernel.verify(signed(make(), "people", "院"), rule)
    assert dict(verdict.times) == {"people": TIME, "院": TIME + 1}
    assert (verdict.index, verdict.size) == (77, 300)
    lines = kernel.told(verdict, rule)
    assert "Signed by 2 of 3 witnesses:" in lines
    assert "  justice: has not signed" in lines
    assert "  people: 2026-11-29 00:00:00 UTC" in lines


def test_whose_line_is_false_is_named() -> None:
    for which in ("a false line of a witness", "a line of another time", "a false line though nobody is asked"):
        verdict = kernel.verify(CASES[which].receipt, policy.parse(CASES[which].rule.encode()))
        assert verdict.party == "people"
        assert "people" in verdict.message


def test_a_payload_of_another_kind_than_its_leaf_is_refused() -> None:
    other = canonical.encode({"kind": "x.y", "organisation": "330205-enforcement"})
    assert check(make(payload=other)) == "content-altered"


@pytest.mark.parametrize("payload", [b"[" * 25_000 + b"]" * 25_000, b"[]", b"7", b"NaN", b'"\\ud800"', b"\xff", b""])
def test_whatever_stands_for_the_payload_is_only_refused(payload: bytes) -> None:
    assert check(kernel.parse(replaced(make(9, 3), payload=payload).compact())) == "content-altered"


@given(st.integers(0, 2**16), st.integers(1, 255))
def test_a_flipped_byte_of_the_first_form_never_passes(place: int, flip: int) -> None:
    receipt = kernel.parse(OLD_CODE)
    raw = bytearray(zlib.decompress(base45.b45decode(OLD_CODE.removeprefix(kernel.FIRST))))
    raw[place % len(raw)] ^= flip
    try:
        changed = kernel.parse(kernel.FIRST + base45.b45encode(zlib.compress(bytes(raw))).decode())
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


@pytest.mark.parametrize("index", ["9" * 5_000, "9" * 17, "07", "-1", "\u0667", ""])
def test_what_is_no_index_is_said(index: str) -> None:
    with pytest.raises(ReceiptError, match="plain number"):
        kernel.parse(make(9, 7).text().replace("index 7", f"index {index}"))


CODES = st.binary(max_size=300).map(lambda raw: base45.b45encode(raw).decode())


@given(st.text(max_size=300) | st.builds(str.__add__, st.sampled_from(["PIANQU1:", "PIANQU2:", "PIANQU3:"]), CODES))
def test_any_text_gets_a_sentence(given_text: str) -> None:
    with pytest.raises(ReceiptError):
        kernel.parse(given_text)


def test_a_decompression_bomb_stops() -> None:
    bomb = "PIANQU1:" + base45.b45encode(zlib.compress(bytes(50_000_000), 9)).decode()
    with pytest.raises(ReceiptError):
        kernel.parse(bomb)


def test_a_time_that_no_calendar_knows_is_told_all_the_same() -> None:
    assert kernel.moment(TIME) == "2026-11-29 00:00:00 UTC"
    assert "after 1970" in kernel.moment(2**63 - 1)


def test_a_code_of_a_later_kind_says_so() -> None:
    with pytest.raises(ReceiptError, match="newer"):
        kernel.parse("PIANQU17:ABC")


def run(tmp_path: Path, receipt: str, *words: str) -> int:
    file = tmp_path / "mine.tlog-proof"
    file.write_text(receipt, encoding="utf-8")
    return kernel.main([str(file), *words])


def test_what_cannot_be_read_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture, rule = tmp_path / "photo.png", tmp_path / "policy"
    picture.write_bytes(b"\x89PNG\xff")
    rule.write_text("quorum none\n")
    own = Cosigner.from_seed("w.example", bytes([1] * 32)).witness.vkey
    (tmp_path / "mine").write_text(make(9, 3).text())
    for words, said in [
        ([str(tmp_path / "gone"), "--policy", str(rule)], "gone could not be read: No such file or directory."),
        ([str(tmp_path), "--policy", str(rule)], "could not be read: Is a directory."),
        ([str(picture), "--policy", str(rule)], "This file is no text."),
        ([str(tmp_path / "mine"), "--policy", str(tmp_path / "none")], "none could not be read"),
        ([str(tmp_path / "mine"), "--vkey", own], "the key of a witness or a mirror"),
    ]:
        assert kernel.main(words) == 2
        told = capsys.readouterr().err
        assert said in told and "Errno" not in told and "codec" not in told


def test_the_check_without_django(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rule = tmp_path / "policy"
    rule.write_text(NESTED, encoding="utf-8")
    good = make()
    assert run(tmp_path, good.text(), "--vkey", SIGNER.vkey) == 0
    assert "No outside witness is named" in capsys.readouterr().out
    assert run(tmp_path, signed(good, "justice", "院").compact(), "--policy", str(rule)) == 0
    assert "Signed by 2 of 3 witnesses" in capsys.readouterr().out
    assert run(tmp_path, good.text(), "--policy", str(rule)) == 1
    assert "Get the receipt anew" in capsys.readouterr().out
    assert run(tmp_path, "hello", "--policy", str(rule)) == 2
    rule.write_text("quorum nobody\n", encoding="utf-8")
    assert run(tmp_path, good.text(), "--policy", str(rule)) == 2
    assert "line 1" in capsys.readouterr().err
    assert run(tmp_path, good.text(), "--policy", str(tmp_path / "absent")) == 2
    rule.write_text(ALONE, encoding="utf-8")
    assert run(tmp_path, good.text(), "--policy", str(rule)) == 0
