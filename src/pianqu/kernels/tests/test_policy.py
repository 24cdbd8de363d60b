"""Policies: the specification's example, an oracle that asks every set of witnesses, and every line that is refused."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import chain, combinations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pianqu.kernels import policy
from pianqu.kernels.cosignature import ML_DSA_44, Cosigner
from pianqu.kernels.note import CheckpointBody, NoteError, Signer
from pianqu.kernels.policy import Group, Policy, PolicyError, parse

LOG = Signer.from_seed("example.com/log", bytes(32))
KEYS = {f"X{n}": Cosigner.from_seed(f"x.example/{n}", bytes([n] * 32)) for n in (1, 2, 3)} | {
    f"Y{n}": Cosigner.from_seed(f"y.example/{n}", bytes([10 + n] * 32)) for n in (1, 2, 3)
}


def key(name: str) -> str:
    return KEYS[name].witness.vkey


EXAMPLE = f"""log {LOG.vkey} https://log.example/

witness X1 {key("X1")}
witness X2 {key("X2")}
 witness\tX3  {key("X3")}\thttps://x3.example/
group X-witnesses 2 X1 X2 X3

# the others
witness Y1 {key("Y1")}
witness Y2 {key("Y2")}
witness Y3 {key("Y3")}
group Y-witnesses any Y1 Y2 Y3

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
"""


def subsets() -> list[set[str]]:
    return [set(some) for some in chain.from_iterable(combinations(KEYS, size) for size in range(7))]


def test_the_published_example_needs_two_of_one_and_one_of_the_other() -> None:
    found = parse(EXAMPLE.encode())
    for some in subsets():
        enough = len([one for one in some if one[0] == "X"]) >= 2 and any(one[0] == "Y" for one in some)
        assert found.holds(some) == enough, some
    assert (found.witnesses[2].url, found.logs[0].url, found.logs[0].name) == (
        "https://x3.example/",
        "https://log.example/",
        "example.com/log",
    )


def test_what_is_written_is_read_back() -> None:
    found = parse(EXAMPLE.encode())
    assert parse(policy.write(found).encode()) == found
    assert parse(b"quorum none\n").holds(())
    assert parse(f"witness w {key('X1')}\nquorum w".encode()).holds({"w"})


def test_remarks_say_what_names_are_called_in_english_and_decide_nothing() -> None:
    remarks = "# en w  The  first witness\n#en w not this\n# en w\n# en 院 University\x00\n# any other words\n"
    plain = f"witness w {key('X1')}\nquorum w\n"
    found = parse((plain + remarks.replace("\x00", "") + "# en w The  witness\n").encode())
    assert found.english == (("w", "The witness"), ("院", "University")) and found.called("nobody") == ""
    assert replace(found, english=()) == parse(plain.encode()) and parse(policy.write(found).encode()) == found
    for line in (f"# en w {'x' * 81}\n", "# en w \u202egnorw\n"):
        assert parse((plain + line).encode()).english == ()
    many = "".join(f"# en n{n} Name {n}\n" for n in range(policy.MOST + 9))
    assert len(parse((plain + many).encode()).english) == policy.MOST
    assert parse(plain.encode() + b"# en w \xff\n").called("w") == "\ufffd"


def test_keys_of_one_witness_are_told_once() -> None:
    short = Cosigner.from_seed("council.example", bytes(32))
    long = Cosigner.from_seed("council.example", bytes(32), ML_DSA_44)
    lines = f"witness a {short.witness.vkey}\nwitness b {long.witness.vkey}\nwitness c {key('Y1')}\n"
    found = parse(f"{lines}group x any a b\ngroup y all x c\nquorum y\n".encode())
    assert found.parties_named(("c", "b", "a")) == ("x", "c") and found.parties_named(("c",)) == ("c",)
    assert found.parties_named(("b",)) == ("x",) and found.parties_named(()) == ()
    apart = parse(f"{lines}group y all a c\nquorum y\n".encode())
    assert apart.parties_named(("a", "b")) == ("a", "b")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no quorum"),
        ("quorum none\nquorum none\n", "one quorum"),
        ("quorum X\n", "stands above"),
        ("quorum\n", "stands above"),
        ("group g any X1\nquorum none\n", "not defined above"),
        ("group none any none\nquorum none\n", "not defined above"),
        (f"witness none {key('X1')}\nquorum none\n", "taken"),
        (f"witness a {key('X1')}\nwitness a {key('X2')}\nquorum none\n", "taken"),
        (f"witness a {key('X1')}\nwitness b {key('X1')}\nquorum none\n", "there already"),
        (f"log {LOG.vkey}\nlog {LOG.vkey}\nquorum none\n", "there already"),
        (f"log {key('X1')}\nquorum none\n", "the key of a witness"),
        (f"witness a {LOG.vkey}\nquorum none\n", "cosignatures"),
        (f"witness a {key('X1')} http://a b\nquorum none\n", "expected here"),
        (f"witness a {key('X1')}\ngroup g 0 a\nquorum g\n", "from 1 to 1"),
        (f"witness a {key('X1')}\ngroup g 2 a\nquorum g\n", "from 1 to 1"),
        (f"witness a {key('X1')}\ngroup g -1 a\nquorum g\n", "from 1 to 1"),
        (f"witness a {key('X1')}\ngroup g ² a\nquorum g\n", "from 1 to 1"),
        (f"witness a {key('X1')}\ngroup g some a\nquorum g\n", "from 1 to 1"),
        (f"witness a {key('X1')}\ngroup g all\nquorum g\n", "members"),
        (f"witness a {key('X1')}\ngroup g any a a\nquorum g\n", "member already"),
        (f"witness a {key('X1')}\ngroup g any a\ngroup h any a\nquorum g\n", "member already"),
        (f"witness a {key('X1')}\ngroup a any a\nquorum a\n", "taken"),
        ("quorum none\r\n", "control character"),
        ("quorum none\x0b\n", "control character"),
        ("vote all\nquorum none\n", "not a word"),
    ],
)
def test_what_the_text_forbids_is_refused_with_its_line(text: str, said: str) -> None:
    with pytest.raises(PolicyError, match=said):
        parse(text.encode())


def test_names_are_octets() -> None:
    kelvin, latin = "\u212a", "K"
    text = f"witness {kelvin} {key('X1')}\nwitness {latin} {key('X2')}\ngroup g all {kelvin} {latin}\nquorum g\n"
    found = parse(text.encode() + b"# \xff\xfe\n")
    assert found.holds({kelvin, latin}) and not found.holds({latin})
    odd = parse(f"witness \udcff {key('X1')}\nquorum \udcff\n".encode("utf-8", "surrogateescape"))
    assert odd.quorum == "\udcff"


def test_a_file_without_bounds_is_refused() -> None:
    with pytest.raises(PolicyError, match="too long"):
        parse(b"#" * 600_000)


# judging -------------------------------------------------------------------------------------------------------------

BODY = CheckpointBody(origin="example.com/log", size=7, root=bytes(32)).encode()


@given(st.sets(st.sampled_from(sorted(KEYS))))
def test_a_checkpoint_is_worth_what_its_cosignatures_are(some: set[str]) -> None:
    found = parse(EXAMPLE.encode())
    note = LOG.sign(BODY) + "".join(KEYS[name].cosign(BODY, 100 + len(name)) for name in sorted(some))
    judged = found.judge(note)
    assert (set(judged.times), judged.holds, judged.log, judged.body.size) == (
        some,
        found.holds(some),
        "example.com/log",
        7,
    )


def test_a_checkpoint_of_another_log_or_with_a_false_line_is_worth_nothing() -> None:
    found = parse(EXAMPLE.encode())
    other = Signer.from_seed("example.com/other", bytes([9] * 32))
    with pytest.raises(NoteError):
        found.judge(other.sign(BODY))
    with pytest.raises(NoteError, match="has signed"):
        found.judge(LOG.sign(BODY.replace("example.com/log", "example.com/other")))
    with pytest.raises(NoteError, match="false"):
        found.judge(LOG.sign(BODY) + KEYS["X1"].cosign(BODY.replace("7", "8"), 5))


def _value(one: Policy, name: str, some: set[str]) -> bool:
    """The recursive reading of the text: the oracle."""
    group = next((group for group in one.groups if group.name == name), None)
    if group is None:
        return name in some
    return sum(_value(one, member, some) for member in group.members) >= group.needed


@given(st.data())
def test_nested_groups_are_as_the_recursive_reading(data: st.DataObject) -> None:
    free, groups = sorted(KEYS), []
    for number in range(data.draw(st.integers(1, 3))):
        members = data.draw(st.lists(st.sampled_from(free), min_size=1, max_size=len(free), unique=True))
        groups.append(Group(name=f"g{number}", needed=data.draw(st.integers(1, len(members))), members=tuple(members)))
        free = [name for name in free if name not in members] + [f"g{number}"]
    lines = [f"witness {name} {key(name)}" for name in KEYS]
    lines += [f"group {g.name} {g.needed} {' '.join(g.members)}" for g in groups]
    found = parse("\n".join([*lines, f"quorum {groups[-1].name}"]).encode())
    for some in subsets():
        assert found.holds(some) == _value(found, found.quorum, some)
        if found.holds(some):
            assert all(found.holds({*some, name}) for name in KEYS)


PARTS = st.lists(st.tuples(st.sampled_from(["all", "any", "1", "2", "3"]), st.integers(1, 4)), min_size=1, max_size=4)


def grouped(parts: list[tuple[str, int]]) -> policy.Policy:
    """Witnesses gathered into groups one after the other; the last group is the quorum."""
    free, lines = list(KEYS), [f"witness {name} {key(name)}" for name in KEYS]
    for number, (needed, width) in enumerate(parts):
        members, free = free[:width], [*free[width:], f"g{number}"]
        rule = "all" if needed.isdigit() and int(needed) > len(members) else needed
        lines.append(f"group g{number} {rule} {' '.join(members)}")
    return parse("\n".join([*lines, f"quorum g{len(parts) - 1}"]).encode())


@given(PARTS, st.sets(st.sampled_from(list(KEYS))))
def test_the_fewest_are_enough_and_nobody_finds_fewer(parts: list[tuple[str, int]], some: set[str]) -> None:
    found = grouped(parts)
    fewest = found.fewest(some)
    enough = [len(one) for one in subsets() if one <= some and found.holds(one)]
    assert (fewest is None) == (not enough)
    if fewest is not None:
        assert len(fewest) == min(enough)
        assert set(fewest) <= some
        assert found.holds(fewest)


@given(PARTS)
def test_the_overlap_is_what_no_two_sets_that_are_enough_fall_below(parts: list[tuple[str, int]]) -> None:
    found = grouped(parts)
    enough = [one for one in subsets() if found.holds(one)]
    assert found.overlap() == min(len(one & other) for one in enough for other in enough)


def test_nobody_is_the_fewest_where_nobody_is_asked() -> None:
    assert parse(EXAMPLE.replace("quorum X-and-Y", "quorum none").encode()).fewest({"X1"}) == ()


def test_where_nobody_is_asked_nobody_has_to_lie() -> None:
    assert parse(EXAMPLE.replace("quorum X-and-Y", "quorum none").encode()).overlap() == 0
    assert parse(EXAMPLE.encode()).overlap() == 1


# two keys of one witness ---------------------------------------------------------------------------------------------

PAIRS = {
    f"{name}-44": Cosigner.from_seed(KEYS[name].name, bytes([40 + n] * 32), ML_DSA_44) for n, name in enumerate(KEYS)
}
BOTH = KEYS | PAIRS


def paired(*lines: str) -> Policy:
    """Everybody with two keys, and these lines."""
    return parse("\n".join([*(f"witness {name} {one.witness.vkey}" for name, one in BOTH.items()), *lines]).encode())


def test_keys_of_both_kinds_are_read_written_and_judged() -> None:
    found = paired("group X1-any any X1 X1-44", "group X2-all all X2 X2-44", "group q all X1-any X2-all", "quorum q")
    assert parse(policy.write(found).encode()) == found
    known = parse(f"log {LOG.vkey}\n{policy.write(found)}".encode())
    note = LOG.sign(BODY) + PAIRS["X1-44"].cosign(BODY, 3) + KEYS["X2"].cosign(BODY, 4)
    assert not known.judge(note).holds
    judged = known.judge(note + PAIRS["X2-44"].cosign(BODY, 5))
    assert judged.holds and judged.times == {"X1-44": 3, "X2": 4, "X2-44": 5}
    assert known.parties(judged.times) == 2 and known.parties() == 6
    assert known.left_out_of_code() == tuple(PAIRS) and not known.holds_in_code()
    assert paired("group q any X1 X1-44", "quorum q").holds_in_code()
    assert [found.is_one_party(group) for group in found.groups] == [True, True, False]


def test_a_file_may_name_as_many_long_keys_as_there_may_be_witnesses() -> None:
    keys = (
        Cosigner.from_seed(f"a-witness-with-a-long-name.example/{n}", n.to_bytes(32), ML_DSA_44) for n in range(250)
    )
    lines = [f"witness w{n} {key.witness.vkey} https://witness.example.org/{n}/" for n, key in enumerate(keys)]
    assert (
        len(
            parse(
                "\n".join([*lines, f"group q 126 {' '.join(f'w{n}' for n in range(250))}", "quorum q"]).encode()
            ).witnesses
        )
        == 250
    )


def _liars(enough: Iterable[set[str]]) -> int:
    """The oracle: the fewest witnesses, by the names of their keys, behind a signature in both of two sets that are enough.

    An honest witness signs one history with both its keys, so whoever stands in both sets lies.
    """
    names = [{BOTH[one].name for one in some} for some in enough]
    return min(len(one & other) for one in names for other in names)


@pytest.mark.parametrize(
    ("lines", "liars"),
    [
        (["group a any X1 X1-44", "quorum a"], 1),
        (["group a all X1 X1-44", "quorum a"], 1),
        (["group a any X1 X1-44", "group b any X2 X2-44", "group c any X3 X3-44", "group q 2 a b c", "quorum q"], 1),
        (["group a all X1 X1-44", "group b any X2 X2-44", "group c any X3 X3-44", "group q all a b c", "quorum q"], 3),
        (["group old 2 X1 X2 X3", "group new 2 X1-44 X2-44 X3-44", "group q all old new", "quorum q"], 1),
        (["group old all X1 X2", "group new all X1-44 X2-44", "group q all old new", "quorum q"], 2),
        (["group q any X1 X2-44", "quorum q"], 0),
    ],
)
def test_two_keys_of_one_witness_are_one_liar(lines: list[str], liars: int) -> None:
    found, names = paired(*lines), [name for name in BOTH if name[:2] in {"X1", "X2", "X3"}]
    some = [set(one) for one in chain.from_iterable(combinations(names, size) for size in range(7))]
    assert found.overlap() == liars == _liars([one for one in some if found.holds(one)])


@given(
    st.lists(st.tuples(st.sampled_from(["all", "any", "1", "2"]), st.integers(1, 3)), min_size=1, max_size=4),
    st.randoms(),
)
def test_a_policy_never_promises_more_liars_than_it_takes(parts: list[tuple[str, int]], chance: Random) -> None:
    names = [name for name in BOTH if name[:2] in {"X1", "X2", "X3"}]
    chance.shuffle(names)
    free, lines = list(names), []
    for number, (needed, width) in enumerate(parts):
        members, free = free[:width], [*free[width:], f"g{number}"]
        rule = "all" if needed.isdigit() and int(needed) > len(members) else needed
        lines.append(f"group g{number} {rule} {' '.join(members)}")
    found = paired(*lines, f"quorum g{len(parts) - 1}")
    some = [set(one) for one in chain.from_iterable(combinations(names, size) for size in range(7))]
    assert found.overlap() <= _liars([one for one in some if found.holds(one)])
