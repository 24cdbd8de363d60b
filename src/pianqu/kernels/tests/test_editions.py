"""What became of each place: sure where name and kind stand once, asked where they do not; tried on 江北区, 2019 and 2023."""

import csv
import random
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pianqu.kernels.editions import Compared, Place, compared, kind_of
from pianqu.kernels.saying import Said

SHARED = Path(__file__).parents[5] / "shared/data/jiangbei"


def place(code: str, name: str, parent: str = "S1") -> Place:
    return Place(code=code, name=name, parent=parent)


def only(found: Compared) -> tuple[str, str, str, bool]:
    [change] = found.changes
    return change.how, change.old, change.new, change.sure


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (place("1", "白沙社区"), place("1", "白沙社区居委会"), None),
        (place("1", "白沙社区"), place("1", "白沙湾社区"), ("renamed", "1", "1", True)),
        (place("1", "白沙社区"), place("1", "日湖社区"), ("renamed", "1", "1", False)),
        (place("1", "白沙社区"), place("2", "白沙社区", "S2"), ("moved", "1", "2", True)),
        (place("1", "白沙社区"), place("2", "白沙居委会"), ("recoded", "1", "2", True)),
        (place("1", "上邵村委会"), place("2", "上邵社区"), ("alike", "1", "2", False)),
        (place("1", "压赛村委会"), place("2", "压赛堰社区"), ("alike", "1", "2", False)),
    ],
)
def test_one_place(before: Place, after: Place, expected: tuple[str, str, str, bool] | None) -> None:
    found = compared([before], [after])
    if expected is None:
        assert found.kept == ("1",) and not found.changes
    else:
        assert only(found) == expected


def test_a_place_with_no_counterpart_is_gone_and_asked_about() -> None:
    found = compared([place("1", "槐树社区")], [place("2", "云谷社区")])
    assert [(change.how, change.sure) for change in found.changes] == [("gone", False), ("new", True)]
    assert [change.old for change in found.asked()] == ["1"]


def test_two_places_of_one_name_are_told_apart_by_kind_and_parent() -> None:
    old = [place("1", "裘市居委会"), place("2", "裘市村委会"), place("3", "红星村", "S1"), place("4", "红星村", "S2")]
    new = [
        place("5", "裘市居委会", "S3"),
        place("6", "裘市村", "S3"),
        place("7", "红星村", "S1"),
        place("8", "红星村", "S2"),
    ]
    assert compared(old, new).codes() == {"1": "5", "2": "6", "3": "7", "4": "8"}


def test_two_places_of_one_name_that_both_moved_are_asked_about() -> None:
    old = [place("3", "红星村", "S1"), place("4", "红星村", "S2")]
    new = [place("7", "红星村", "S3"), place("8", "红星村", "S4")]
    found = compared(old, new)
    assert not found.codes()
    assert [(change.how, change.others) for change in found.asked()] == [("alike", ("8",)), ("alike", ("7",))]


def test_a_code_that_stands_twice_is_refused() -> None:
    with pytest.raises(Said, match="1"):
        compared([place("1", "a"), place("1", "b")], [])


def test_kinds_of_names() -> None:
    assert [
        kind_of(name) for name in ("西江村委会", "西江村", "白沙社区", "裘市居委会", "孔浦一村社区", "慈城镇", "Ningbo")
    ] == [
        *"村村居居居街",
        "",
    ]


NAMES = st.sampled_from(["白沙社区", "白沙村", "日湖社区", "红星村", "红星一村社区", "云谷社区", "云谷居委会"])
PLACES = st.lists(st.tuples(st.integers(0, 12), NAMES, st.sampled_from("AB")), unique_by=lambda one: one[0], max_size=9)


@given(PLACES, PLACES, st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_every_code_is_told_once_whatever_the_order(
    old: list[tuple[int, str, str]], new: list[tuple[int, str, str]], dice: random.Random
) -> None:
    before = [place(str(code), name, parent) for code, name, parent in old]
    after = [place(str(code), name, parent) for code, name, parent in new]
    found = compared(before, after)
    olds = Counter([*found.kept, *(change.old for change in found.changes if change.old)])
    news = Counter([*found.kept, *(change.new for change in found.changes if change.new)])
    assert olds == Counter(one.code for one in before)
    assert news == Counter(one.code for one in after)
    mixed = dice.sample(before, len(before)), dice.sample(after, len(after))
    assert compared(*mixed) == found


def edition(year: int) -> list[Place]:
    with (SHARED / f"jiangbei_communities_{year}.csv").open(encoding="utf-8-sig", newline="") as file:
        return [place(row["code"], row["name"], row["street_code"]) for row in csv.DictReader(file)]


@pytest.mark.skipif(not SHARED.exists(), reason="the editions of 江北区's codes are not here")
def test_the_reorganisation_of_jiangbei() -> None:
    old, new = edition(2019), edition(2023)
    found = compared(old, new)
    gone = {one.code for one in old} - {one.code for one in new}
    came = {one.code for one in new} - {one.code for one in old}
    assert (len(gone), len(came), len(found.kept)) == (44, 36, 116)
    assert Counter(change.how for change in found.changes) == {"gone": 23, "moved": 16, "new": 15, "alike": 5}
    streets = {one.code: one.parent for one in [*old, *new]}
    names = {one.code: one.name for one in [*old, *new]}
    for change in found.changes:
        if change.how == "moved":
            assert names[change.old] == names[change.new]
            assert streets[change.old] != streets[change.new]
    proposed = {names[change.old]: names[change.new] for change in found.changes if change.how == "alike"}
    assert proposed == {
        "压赛村委会": "压赛堰社区",
        "上邵村委会": "上邵社区",
        "洪家村委会": "洪家社区",
        "荪湖村委会": "荪湖社区",
        "西洪村委会": "西洪社区",
    }
    assert len(found.asked()) == 28
    assert len(found.codes()) == 116 + 16


def test_editions_that_have_nothing_in_common_are_not_held_against_one_another_for_minutes() -> None:
    old, new = ([place(f"{side}{n}", f"{name}{n}") for n in range(6)] for side, name in (("A", "东村"), ("B", "西村")))
    assert len(compared(old, new, most_pairs=36).changes) >= 6
    with pytest.raises(Said, match="6 old and 6 new"):
        compared(old, new, most_pairs=35)
