"""Likeness against a plain count, and what it promises."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from pianqu.kernels import likeness
from pianqu.kernels.likeness import Beside

TEXTS = st.text(alphabet="路灯坏了三天，。 abcA7\x00é", max_size=40)


def plain(one: str, other: str) -> float:
    """Dice by taking letters away one by one."""
    left, right = (
        list(likeness.letters(likeness.clauses(one)).elements()),
        list(likeness.letters(likeness.clauses(other)).elements()),
    )
    size, both = len(left) + len(right), 0
    for sign in left:
        if sign in right:
            right.remove(sign)
            both += 2
    return both / size if size else 0.0


@given(TEXTS, TEXTS)
def test_it_is_symmetrical_and_bounded(one: str, other: str) -> None:
    a, b = likeness.clauses(one), likeness.clauses(other)
    figure = likeness.alike(a, b)
    assert 0 <= figure <= 1 and figure == likeness.alike(b, a)
    assert likeness._dice(likeness.letters(a), likeness.letters(b)) == plain(one, other)


@given(TEXTS)
def test_a_text_is_like_itself(text: str) -> None:
    pieces = likeness.clauses(text)
    if any(len(piece) > 1 for piece in pieces):
        assert abs(likeness.alike(pieces, pieces) - 1) < 1e-9
    assert likeness.keys(text) == tuple(sorted(set(likeness.keys(text))))
    assert all(-(2**31) <= key < 2**31 for key in likeness.keys(text))


@given(st.dictionaries(st.integers(), st.integers(1, 50), max_size=30), st.integers(1, 200))
def test_the_rarest_fit(held: dict[int, int], read: int) -> None:
    chosen = likeness.rarest(held, read=read)
    assert [held[one] for one in chosen] == sorted(held.values())[: len(chosen)]
    assert len(chosen) <= 1 or sum(held[one] for one in chosen) <= read


def test_greetings_and_common_clauses_say_nothing() -> None:
    assert likeness.clauses("尊敬的领导：路灯坏了") == likeness.clauses("路灯坏了")
    held = Counter({key: 90 for key in likeness.keys("示例数据")})
    assert likeness.telling("路灯坏了。示例数据", held, 100) == ["路灯坏了"]
    assert likeness.telling("示例数据", held, 100) == ["示例数据"]


def test_place_category_and_time_move_the_figure() -> None:
    plainly = likeness.weighed(0.5, Beside())
    assert plainly == 0.5
    assert likeness.weighed(0.5, Beside(metres=20)) > plainly > likeness.weighed(0.5, Beside(metres=5_000))
    assert likeness.weighed(0.5, Beside(same_category=True)) > likeness.weighed(0.5, Beside(same_category=False))
    assert likeness.weighed(0.5, Beside(days=1)) > likeness.weighed(0.5, Beside(days=90))


def test_what_both_say() -> None:
    assert likeness.shared("桥头路灯坏了三天", "三天了，桥头路灯不亮") == ("桥头路灯", "三天")
    assert likeness.shared("", "路灯") == ()
