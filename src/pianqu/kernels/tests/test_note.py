"""Signed notes: the specification's own example, and what is refused."""

import pytest

from pianqu.kernels import note
from pianqu.kernels.note import CheckpointBody, NoteError, Signer, Verifier

# The example of https://c2sp.org/signed-note (also that of Go's sumdb/note package).
VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
SIGNED = (
    TEXT
    + "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def test_the_published_example_opens() -> None:
    text, signed = note.open_note(SIGNED, [Verifier.from_vkey(VKEY)])
    assert text == TEXT
    assert [v.name for v in signed] == ["PeterNeumann"]
    assert signed[0].vkey == VKEY


def test_what_is_signed_opens_and_unknown_signatures_are_passed_over() -> None:
    ours = Signer.from_seed("example.org/log", bytes(32))
    other = Signer.from_seed("example.org/witness", bytes([1] * 32))
    both = ours.sign("hello\n") + other.sign("hello\n").rpartition("\n\n")[2]
    text, signed = note.open_note(both, [Verifier.from_vkey(ours.vkey)])
    assert (text, len(signed)) == ("hello\n", 1)


def test_an_altered_text_is_refused() -> None:
    with pytest.raises(NoteError, match="false"):
        note.open_note(SIGNED.replace("answer", "Answer"), [Verifier.from_vkey(VKEY)])


def test_a_note_of_strangers_is_refused() -> None:
    with pytest.raises(NoteError, match="no known key"):
        note.open_note(SIGNED, [])


@pytest.mark.parametrize(
    "bad", ["", "text\n", "text\n\n", "text\n\n- a AAAA\n", "t\n\n— a !!!!\n", "t\n\n— a AAAA\n", "t\n\n— aAAAAAAAA\n"]
)
def test_malformed_notes_are_refused(bad: str) -> None:
    with pytest.raises(NoteError):
        note.split(bad)


@pytest.mark.parametrize(
    "bad", ["", "a+b", "a+00000000+AAAA", VKEY.replace("c74f20a3", "c74f20a4"), VKEY[:-4], "a b" + VKEY]
)
def test_malformed_keys_are_refused(bad: str) -> None:
    with pytest.raises(NoteError):
        Verifier.from_vkey(bad)


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "o\n1\n",
        "o\n01\nAAAA\n",
        "o\n-1\nAAAA\n",
        "o\n1\nAAAA\n",
        "o\n1\n%s",
        "\n1\n%s\n",
        "o\n1\n%s\n\n",
        "o\n\u0661\n%s\n",
    ],
)
def test_malformed_checkpoints_are_refused(bad: str) -> None:
    root = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    with pytest.raises(NoteError):
        CheckpointBody.decode(bad.replace("%s", root))


def test_a_checkpoint_comes_back() -> None:
    body = CheckpointBody(origin="example.org/log", size=7, root=bytes(32), extensions=("more",))
    assert CheckpointBody.decode(body.encode()) == body
