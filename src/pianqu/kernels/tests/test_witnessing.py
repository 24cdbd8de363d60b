"""A witness's answers: every line of the specification, and random histories with a liar among the logs."""

import random
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pianqu.kernels import merkle, witnessing
from pianqu.kernels.merkle import consistency_proof, leaf_hash
from pianqu.kernels.note import CheckpointBody, Signer, Verifier, split
from pianqu.kernels.tiles import TileTree
from pianqu.kernels.witnessing import Answer, BadRequest, Request, Seen, parse, size_of

LOG = Signer.from_seed("example.com/log", bytes(32))
KNOWN = {LOG.name: [Verifier.from_vkey(LOG.vkey)]}


def grown(size: int, salt: str = "") -> TileTree:
    tree = TileTree(0, lambda _level, _index: b"")
    for number in range(size):
        tree.append(leaf_hash(f"{salt if number >= 3 else ''}{number}".encode()))
    return tree


def signed(size: int, salt: str = "", root: bytes | None = None, by: Signer = LOG) -> str:
    return by.sign(CheckpointBody(origin=by.name, size=size, root=root or grown(size, salt).root()).encode())


def asked(old: int, new: int, salt: str = "") -> Request:
    proof = consistency_proof(old, new, grown(new, salt).node) if 0 < old <= new else []
    return Request(old=old, proof=tuple(proof), note=signed(new, salt))


def seen(size: int) -> Seen:
    return Seen(size, grown(size).root())


# The example of https://c2sp.org/tlog-witness; the specification prints neither the log's key nor the root before.
EXAMPLE = """old 20852014
PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=

example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=
"""


def test_the_published_request_is_read_whole_and_written_the_same() -> None:
    request = parse(EXAMPLE.encode())
    text, signatures = split(request.note)
    body = CheckpointBody.decode(text)
    assert (request.old, len(request.proof), body.origin, body.size, len(signatures)) == (
        20852014,
        4,
        "example.com/behind-the-sofa",
        20852163,
        2,
    )
    assert witnessing.encode(request.old, request.proof, request.note) == EXAMPLE.encode()


def given_to(request: Request, before: Seen) -> Answer:
    return witnessing.answer(parse(request.encode()), KNOWN, before)


@pytest.mark.parametrize(("old", "new"), [(0, 0), (0, 5), (3, 5), (4, 8), (7, 300), (6, 6)])
def test_what_grew_is_cosigned(old: int, new: int) -> None:
    found = given_to(asked(old, new), seen(old))
    assert found.status == 200 and found.grown is not None and found.grown.size == new


@pytest.mark.parametrize(
    ("request_", "before", "status", "forked"),
    [
        (asked(3, 5), seen(4), 409, False),
        (asked(0, 5), seen(5), 409, False),
        (asked(0, 5, "x"), seen(5), 409, True),
        (Request(old=6, proof=(), note=signed(5)), seen(6), 400, False),
        (asked(4, 5, "x"), seen(4), 422, False),
        (asked(5, 5, "x"), seen(5), 422, True),
        (Request(old=0, proof=(bytes(32),), note=signed(5)), seen(0), 422, False),
        (Request(old=3, proof=(), note=signed(5)), seen(3), 422, False),
        (Request(old=5, proof=(bytes(32),), note=signed(5)), seen(5), 422, False),
        (Request(old=0, proof=(), note=signed(0, root=bytes(32))), seen(0), 422, True),
        (Request(old=0, proof=(), note=signed(5).replace("5\n", "6\n", 1)), seen(0), 403, False),
        (Request(old=0, proof=(), note=signed(5, by=Signer.from_seed(LOG.name, bytes([1] * 32)))), seen(0), 403, False),
        (Request(old=0, proof=(), note=signed(5, by=Signer.from_seed("other", bytes(32)))), seen(0), 404, False),
        (Request(old=0, proof=(), note="no note\n"), seen(0), 400, False),
        (Request(old=0, proof=(), note=LOG.sign("no\ncheckpoint\n")), seen(0), 400, False),
    ],
)
def test_what_the_specification_refuses(request_: Request, before: Seen, status: int, *, forked: bool) -> None:
    found = given_to(request_, before)
    assert (found.status, found.grown, found.is_evidence) == (status, None, forked)
    assert found.why
    assert found.size == (before.size if status == 409 else 0)


def test_a_fork_of_an_older_size_is_known_from_memory() -> None:
    found = witnessing.answer(asked(0, 5, "x"), KNOWN, seen(9), root_at=lambda size: grown(size).root())
    assert (found.status, found.size, found.is_evidence) == (409, 9, True)
    assert not witnessing.answer(asked(0, 5), KNOWN, seen(9), root_at=lambda size: grown(size).root()).is_evidence


def test_signatures_of_strangers_are_passed_over() -> None:
    both = signed(5) + Signer.from_seed("stranger", bytes([7] * 32)).sign("x\n").rpartition("\n\n")[2]
    assert given_to(Request(old=0, proof=(), note=both), seen(0)).status == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old 1",
        b"old 01\n\nx",
        b"old -1\n\nx",
        b"old +1\n\nx",
        b"old 1 \n\nx",
        b"new 1\n\nx",
        b"old 1\nxx\n\nx",
        b"old 1\n" + b64encode(bytes(31)) + b"\n\nx",
        b"old 1\n" + (b64encode(bytes(32)) + b"\n") * 64 + b"\nx",
        b"old 1\n\xff\n\nx",
        b"old 1\n\n" + b"x" * 70_000,
        "old ١\n\nx".encode(),
    ],
)
def test_what_is_no_request(body: bytes) -> None:
    with pytest.raises(BadRequest):
        parse(body)


@given(st.binary(max_size=400))
def test_no_bytes_break_it(body: bytes) -> None:
    try:
        request = parse(body)
    except BadRequest:
        return
    assert witnessing.answer(request, KNOWN, Seen()).status in {400, 404}


@pytest.mark.parametrize("content", [b"", b"1", b"01\n", b"x\n", b"1\n\n", b"-1\n", b"9" * 30 + b"\n"])
def test_what_is_no_size(content: bytes) -> None:
    assert size_of(b"0\n") == 0 and size_of(b"4096\n") == 4096
    with pytest.raises(BadRequest):
        size_of(content)


@given(st.integers(0, 2**32))
def test_whatever_is_asked_no_two_trees_of_one_size_are_cosigned(seed: int) -> None:
    """A log that grows, repeats itself, lies and forks at random: what was cosigned is one history."""
    dice, now = random.Random(seed), Seen()
    cosigned: dict[int, bytes] = {}
    for _turn in range(12):
        old, salt = dice.choice([now.size, now.size, dice.randrange(12)]), dice.choice(["", "", "x"])
        found = given_to(asked(old, old + dice.randrange(5), salt), now)
        if found.grown is not None:
            assert cosigned.setdefault(found.grown.size, found.grown.root) == found.grown.root
            if now.size:
                merkle.verify_consistency(
                    old=now.size,
                    new=found.grown.size,
                    proof=consistency_proof(now.size, found.grown.size, grown(found.grown.size, salt).node),
                    old_root=now.root,
                    new_root=found.grown.root,
                )
            now = Seen(found.grown.size, found.grown.root)
