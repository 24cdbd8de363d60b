"""Groups of messages against a brute-force average linkage, and what must hold for any messages."""

import math
import random
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pianqu.kernels import hotspots
from pianqu.kernels.hotspots import Message, Settings, groups, heat

PARTS = ("路灯不亮", "自来水发黄", "垃圾没人清运", "占道经营油烟", "噪音扰民夜里")
PLACES = ("梅溪社区", "竹桥社区", "松园社区")


def messages(count: int, seed: int) -> list[Message]:
    dice = random.Random(seed)
    return [
        Message(
            key=f"{n:03d}",
            text=dice.choice(PLACES) + dice.choice(PARTS) + "请来看一看"[: dice.randrange(6)] + str(dice.randrange(40)),
            day=dice.uniform(0, 40),
            place=dice.choice(("", *PLACES)),
            area=dice.choice(("", "north", "south")),
            category=dice.choice(("", "water", "roads")),
            same=dice.choice(("", "", "", "one", "other")),
        )
        for n in range(count)
    ]


def by_hand(given_messages: Sequence[Message], alike: float) -> set[frozenset[str]]:
    """Join the two groups of the greatest mean likeness until none is alike enough."""
    ordered = sorted(given_messages, key=lambda m: (m.day, m.key, m.text))
    table = hotspots._Likeness(ordered, [hotspots.plain(m.text) for m in ordered], Settings(alike=alike)).within(
        np.arange(len(ordered))
    )
    parts = [[n] for n in range(len(ordered))]
    while len(parts) > 1:
        means = {
            (i, j): float(np.mean([[table[a, b] for a in parts[i]] for b in parts[j]]))
            for i in range(len(parts))
            for j in range(i)
        }
        (i, j), best = max(means.items(), key=lambda item: item[1])
        if best < alike:
            break
        parts[j] += parts.pop(i)
    return {frozenset(ordered[n].key for n in part) for part in parts if len(part) > 1}


def found(given_messages: Sequence[Message], alike: float) -> set[frozenset[str]]:
    return {
        frozenset(given_messages[n].key for n in group.members)
        for group in groups(given_messages, settings=Settings(alike=alike))
    }


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("alike", [0.15, 0.3, 0.5])
def test_the_groups_are_those_of_average_linkage(seed: int, alike: float) -> None:
    """The connected parts lose nothing."""
    made = messages(30, seed)
    assert found(made, alike) == by_hand(made, alike)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_what_a_person_joined_is_in_one_group(seed: int) -> None:
    made = [replace(message, area="north") for message in messages(25, seed)]
    for name in ("one", "other"):
        joined = {message.key for message in made if message.same == name}
        assert len(joined) < 2 or any(joined <= group for group in found(made, 0.5))


def test_politeness_explains_no_group() -> None:
    said = [
        "您好，桥头路灯不亮，麻烦告诉我处理结果。",
        "领导好，桥头路灯不亮了，希望有人管。",
        "桥头路灯不亮，麻烦告诉我处理结果，希望有人管，谢谢",
    ]
    made = [Message(key=f"{n}", text=text, day=0.0, area="north") for n, text in enumerate(said)]
    (group,) = groups(made)
    assert group.phrases == ("桥头路灯不亮",)
    assert hotspots.segments("希望小学门口很挤") == ("希望小学门口很挤",)


def test_what_was_joined_in_other_words_does_not_part_what_is_alike() -> None:
    said = [f"姚江边步道路灯不亮，晚上看不清，第{n}个人说" for n in range(3)]
    made = [Message(key=f"{n}", text=text, day=0.0, area="north", same=f"{n}") for n, text in enumerate(said)]
    other = Message(key="other", text="老人散步摔了一跤", day=0.0, area="north", same="0")
    far = Message(key="far", text="老人散步摔了一跤", day=0.0, area="south", same="0")
    assert found([*made, other, far], 0.3) == {frozenset({"0", "1", "2", "other"})}


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.randoms(use_true_random=False))
def test_no_order_changes_them(seed: int, dice: random.Random) -> None:
    made = messages(25, seed)
    shuffled = dice.sample(made, len(made))
    assert found(made, 0.2) == found(shuffled, 0.2)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_a_message_is_in_one_group_of_one_area(seed: int) -> None:
    made = messages(40, seed)
    seen = [n for group in groups(made) for n in group.members]
    assert len(seen) == len(set(seen))
    everywhere = [Message(key=m.key, text=m.text, day=m.day, area=m.area or "north") for m in made]
    for group in groups(everywhere):
        assert len({everywhere[n].area for n in group.members}) == 1


def test_what_is_months_apart_is_no_group() -> None:
    near = [Message(key=str(n), text="梅溪社区自来水发黄", day=float(n)) for n in range(4)]
    far = [Message(key=str(n), text="梅溪社区自来水发黄", day=200.0 * n) for n in range(4)]
    assert [len(group.members) for group in groups(near)] == [4]
    assert groups(far) == ()


def test_the_phrases_are_what_many_say() -> None:
    said = [f"{place}自来水发黄，{tail}" for place in PLACES for tail in ("请来看看", "老人不敢喝", "从昨天开始")]
    others = [Message(key=f"o{n}", text=f"{PLACES[n % 3]}第{n}号楼电梯异响", day=0.5) for n in range(9)]
    made = [Message(key=f"s{n}", text=text, day=n / 10) for n, text in enumerate(said)]
    (surge,) = [group for group in groups([*made, *others]) if group.members[0] < len(made)]
    assert len(surge.members) == len(said)
    assert any("自来水" in phrase for phrase in surge.phrases)
    assert all(sum(phrase in hotspots.plain(text) for text in said) >= 3 for phrase in surge.phrases)


@pytest.mark.parametrize(
    "made", [[], [Message(key="1", text="", day=0.0)], [Message(key=str(n), text="", day=0.0) for n in range(3)]]
)
def test_nothing_said_is_no_group(made: list[Message]) -> None:
    assert groups(made) == ()


Said = st.lists(st.tuples(st.sampled_from(["", "a", "b", "c"]), st.floats(-30, 0)), max_size=20)


@given(Said, st.floats(0.5, 30))
def test_everybody_counts_once(said: list[tuple[str, float]], half_life: float) -> None:
    found_heat = heat(said, now_day=0.0, half_life=half_life)
    named = {voice for voice, _day in said if voice}
    assert found_heat.voices == len(named) + sum(not voice for voice, _day in said)
    latest = [max(day for other, day in said if other == voice) for voice in named]
    latest += [day for voice, day in said if not voice]
    assert math.isclose(found_heat.value, sum(0.5 ** (-day / half_life) for day in latest), abs_tol=1e-9)
    again = heat([*said, *said[:1]] if said and said[0][0] else said, now_day=0.0, half_life=half_life)
    assert math.isclose(again.value, found_heat.value, abs_tol=1e-9)


def test_heat_fades() -> None:
    said = [("a", 0.0), ("", -3.0)]
    assert heat(said, now_day=10.0, half_life=5.0).value < heat(said, now_day=1.0, half_life=5.0).value
    assert heat([("a", 4.0)], now_day=1.0, half_life=5.0).value == 1.0
