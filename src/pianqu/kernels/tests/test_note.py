"""Signed notes: the specifications' own examples, and what is refused."""

from base64 import b64encode

import pytest

from pianqu.kernels import note
from pianqu.kernels.note import CheckpointBody, NoteError, Signer, Verifier

# The example of Go's sumdb/note package.
VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
SIGNED = (
    TEXT
    + "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)

# The example of https://c2sp.org/signed-note.
SPECIFIED_VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
SPECIFIED = (
    "This is an example message.\n\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
# Its first example, of which it prints no key: a text with an empty line of its own.
POEM = "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n"
POEM_LINE = (
    "— quasimodo.example/salvatore "
    "NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n"
)
# The tree head of Go's checksum database. https://c2sp.org/tlog-checkpoint and tlog-cosignature print its size, root and
# signature under the name example.com/behind-the-sofa, so that only here the signature holds.
GO_VKEY = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
GO_ROOT = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
GO_BLOB = "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8="


def test_the_specified_example_opens() -> None:
    key = Verifier.from_vkey(SPECIFIED_VKEY)
    assert note.open_note(SPECIFIED, [key]) == ("This is an example message.\n", (key,))
    assert key.vkey == SPECIFIED_VKEY
    with pytest.raises(NoteError, match="false"):
        note.open_note(SPECIFIED.replace("an example", "another example"), [key])


def test_an_empty_line_in_the_text_belongs_to_it() -> None:
    text, (signature,) = note.split(f"{POEM}\n{POEM_LINE}")
    assert (text, signature.name, len(signature.blob)) == (POEM, "quasimodo.example/salvatore", 4 + 64)


def test_a_tree_head_of_a_large_foreign_log_opens_under_its_own_name_only() -> None:
    body, key = f"go.sum database tree\n20852163\n{GO_ROOT}\n", Verifier.from_vkey(GO_VKEY)
    text, _signed = note.open_note(f"{body}\n— sum.golang.org {GO_BLOB}\n", [key])
    head = CheckpointBody.decode(text)
    assert (head.origin, head.size, b64encode(head.root).decode()) == ("go.sum database tree", 20852163, GO_ROOT)
    example = f"example.com/behind-the-sofa\n20852163\n{GO_ROOT}\n"
    specified = f"{example}\n— example.com/behind-the-sofa {GO_BLOB}\n"
    assert CheckpointBody.decode(note.text_of(specified)).encode() == example
    with pytest.raises(NoteError, match="no known key"):
        note.open_note(specified, [key])
    with pytest.raises(NoteError, match="false"):
        note.open_note(specified.replace("— example.com/behind-the-sofa", "— sum.golang.org"), [key])


def test_sixteen_signatures_are_read_and_more_than_a_hundred_are_not() -> None:
    signers = [Signer.from_seed(f"w{number}.example", bytes([number] * 32)) for number in range(101)]
    lines = [signer.sign("hello\n").rpartition("\n\n")[2] for signer in signers]
    _text, signed = note.open_note("hello\n\n" + "".join(lines[:16]), [Verifier.from_vkey(signers[15].vkey)])
    assert [one.name for one in signed] == ["w15.example"]
    with pytest.raises(NoteError, match="too many"):
        note.split("hello\n\n" + "".join(lines))


@pytest.mark.parametrize("sign", ["\0", "\t", "\r", "\x1f"])
def test_control_characters_are_refused(sign: str) -> None:
    with pytest.raises(NoteError, match="control"):
        note.split(SPECIFIED.replace(" is", f"{sign}is"))


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
    "bad",
    [
        "",
        "text\n",
        "text\n\n",
        "text\n\n- a AAAA\n",
        "t\n\n— a !!!!\n",
        "t\n\n— a AAAA\n",
        "t\n\n— aAAAAAAAA\n",
        "t\n\n— a+b AAAAAAAA\n",
        "t\n\n— a\u3000b AAAAAAAA\n",
    ],
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
        "o\n" + "9" * 17 + "\n%s\n",
        "o\n" + "9" * 5_000 + "\n%s\n",
    ],
)
def test_malformed_checkpoints_are_refused(bad: str) -> None:
    root = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    with pytest.raises(NoteError):
        CheckpointBody.decode(bad.replace("%s", root))


def test_a_checkpoint_comes_back() -> None:
    body = CheckpointBody(origin="example.org/log", size=7, root=bytes(32), extensions=("more",))
    assert CheckpointBody.decode(body.encode()) == body


def test_a_new_name_has_a_bound_and_can_be_seen() -> None:
    note.check_new_name("片" * 66 + "ab")
    note.check_new_name("a" * 110, 110)
    for name, said in [("片" * 67, "at most 200 bytes in UTF-8, and this one has 201"), ("a\u202eb", "seen"), ("", "not empty")]:
        with pytest.raises(NoteError, match=said):
            note.check_new_name(name)
    with pytest.raises(NoteError, match="at most 110"):
        note.check_new_name("a" * 111, 110)
