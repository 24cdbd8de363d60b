"""Leaves: the quick ways to write and to read them against the definition, byte for byte."""

from datetime import date
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pianqu.kernels import leaf
from pianqu.kernels.leaf import Chain, Leaf, Plain, b64, commitment

words = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
days = st.dates()
hashes = st.binary(min_size=32, max_size=32).map(b64)


def one(**changes: object) -> Leaf:
    parts = {"kind": "a.b", "organisation_code": "o", "counter": 1, "previous": b"", "day": date(2026, 11, 29)}
    return Leaf(**{**parts, "commitment": b64(bytes(32)), **changes})  # type: ignore[arg-type]


@given(words, st.lists(st.tuples(words, days, hashes), max_size=5), st.integers(0, 2**53 - 10))
def test_a_chain_s_leaves_are_those_of_the_definition(
    code: str, added: list[tuple[str, date, str]], count: int
) -> None:
    link = sha256(b"before").digest() if count else b""
    chain = Chain(code, count, link)
    for number, (kind, day, commit) in enumerate(added, count + 1):
        plain = Leaf(
            kind=kind, organisation_code=code, counter=number, previous=link, day=day, commitment=commit
        ).encode()
        assert chain.add(kind, day, commit) == plain
        link = Leaf.link(plain)
    assert (chain.counter, chain.link) == (count + len(added), link)


def test_a_chain_refuses_a_leaf_that_is_too_long_or_beyond_the_last_counter() -> None:
    with pytest.raises(ValueError, match="260"):
        Chain("o").add("k" * 200, date(2026, 11, 29), b64(bytes(32)))
    with pytest.raises(ValueError, match="2\\^53"):
        Chain("o", 2**53 - 1, bytes(32)).add("a.b", date(2026, 11, 29), b64(bytes(32)))


@given(words, words, st.integers(1, 2**53 - 1), days, hashes)
def test_what_is_read_at_a_glance_is_what_the_definition_reads(
    kind: str, code: str, counter: int, day: date, commit: str
) -> None:
    made = one(
        kind=kind,
        organisation_code=code,
        counter=counter,
        previous=b"" if counter == 1 else sha256(code.encode()).digest(),
        day=day,
        commitment=commit,
    )
    raw = made.encode()
    plain = leaf.read(raw)
    assert Leaf.decode(raw) == Leaf._decode(raw) == made
    assert plain is None or (plain == Plain.of(made) and plain.leaf() == made)


@given(st.data())
def test_broken_leaves_are_refused_alike(data: st.DataObject) -> None:
    raw = bytearray(one(counter=7, previous=sha256(b"x").digest()).encode())
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] = data.draw(st.integers(0, 255))
    answers = []
    for way in (Leaf.decode, Leaf._decode):
        try:
            answers.append(way(bytes(raw)))
        except ValueError:
            answers.append(None)
    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    "change",
    [
        (b'"n":1', b'"n":2'),
        (b'"n":1', b'"n":01'),
        (b'"d":"2026-11-29"', b'"d":"2026-02-30"'),
        (b'"d":"2026-11-29"', b'"d":"0000-01-01"'),
        (b'"v":1', b'"v":1.0'),
        (b'"k":"a.b"', b'"k":"a\\u002eb"'),
        (b'"k":"a.b"', b'"k":"\xff"'),
        (b'AAAA","d"', b'AAAB","d"'),
        (b"}", b"} "),
    ],
)
def test_what_no_encode_makes_is_refused(change: tuple[bytes, bytes]) -> None:
    raw = one().encode()
    assert change[0] in raw
    with pytest.raises(ValueError):
        Leaf.decode(raw.replace(*change))


@given(st.binary(max_size=70))
def test_base64_is_the_library_s(raw: bytes) -> None:
    assert leaf.unb64(b64(raw)) == raw
    assert "=" not in b64(raw)


def test_commitments_name_what_they_are_of() -> None:
    salt = bytes(range(32))
    expected = b64(sha256(b"pianqu/commit/v1\x00" + salt + b"{}").digest())
    assert commitment(b"{}", salt) == expected
    assert len({commitment(b"x", salt), leaf.text_commitment("x", salt), leaf.file_commitment(b"x", salt)}) == 3
    with pytest.raises(ValueError, match="32 bytes"):
        commitment(b"{}", salt[1:])
