"""Cosignatures: the specification's own line, and what is no cosignature."""

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pianqu.kernels.cosignature import LATEST, Cosigner, Witness, cosigned, key_id, lines_of, message
from pianqu.kernels.note import NoteError, Signer, split

BODY = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
# The example of https://c2sp.org/tlog-cosignature; the specification does not print the witness's key.
LINE = (
    "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe"
    "+mbIUBkBIfZ+qnA==\n"
)
LOG = Signer.from_seed("example.com/behind-the-sofa", bytes(32))
ONE, TWO = (Cosigner.from_seed(f"witness.example/w{number}", bytes([number] * 32)) for number in (1, 2))


def test_the_published_line_has_the_shape_and_time_of_the_text() -> None:
    (signature,) = split(f"{BODY}\n{LINE}")[1]
    assert signature.name == "witness.example.com/w1" and len(signature.blob) == 4 + 8 + 64
    assert int.from_bytes(signature.blob[4:12], "big") == 1679315147
    assert message(BODY, 1679315147).decode() == f"cosignature/v1\ntime 1679315147\n{BODY}"


def test_what_was_cosigned_is_found_beside_the_log_and_strangers() -> None:
    note = LOG.sign(BODY) + ONE.cosign(BODY, 1_700_000_000) + TWO.cosign(BODY, 1_700_000_005)
    assert cosigned(note, [ONE.witness]) == {ONE.witness: 1_700_000_000}
    assert cosigned(note, [ONE.witness, TWO.witness])[TWO.witness] == 1_700_000_005
    assert cosigned(note, []) == {}
    again = note + ONE.cosign(BODY, 1_800_000_000)
    assert cosigned(again, [ONE.witness]) == {ONE.witness: 1_800_000_000}


def test_a_key_is_written_and_read_and_is_no_logs_key() -> None:
    assert Witness.from_vkey(ONE.witness.vkey) == ONE.witness
    assert key_id("a", bytes(32)) != key_id("b", bytes(32))
    for wrong in (
        LOG.vkey,
        ONE.witness.vkey.replace("w1", "w3"),
        "x+00000000+!!!",
        "",
        "a b+00000000+AAAA",
        ONE.witness.vkey[:-4],
    ):
        with pytest.raises(NoteError):
            Witness.from_vkey(wrong)


@pytest.mark.parametrize("place", [0, 40, 75])
def test_a_false_line_of_a_known_witness_makes_the_note_malformed(place: int) -> None:
    line = ONE.cosign(BODY, 5)
    (signature,) = split(f"{BODY}\n{line}")[1]
    blob = bytearray(signature.blob)
    blob[place] ^= 1
    changed = line.replace(line.split(" ")[2].strip(), b64encode(bytes(blob)).decode())
    note = LOG.sign(BODY) + changed
    if place < 4:  # another id: the line of a stranger
        assert cosigned(note, [ONE.witness]) == {}
    else:
        with pytest.raises(NoteError, match="false"):
            cosigned(note, [ONE.witness])
    assert lines_of(BODY, changed, [ONE.witness]) == {}


def test_times_that_cannot_be_stated() -> None:
    for time in (0, -1, LATEST + 1):
        with pytest.raises(NoteError):
            ONE.cosign(BODY, time)
    assert cosigned(LOG.sign(BODY) + ONE.cosign(BODY, LATEST), [ONE.witness]) == {ONE.witness: LATEST}
    with pytest.raises(NoteError):
        ONE.cosign("no end", 1)


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
