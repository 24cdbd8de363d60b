"""Routing by counts: against shares computed from their definition, and properties of any history."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pianqu.kernels import routing
from pianqu.kernels.routing import Matter, fit, learn

KINDS, OWNERS = ("light", "noise", "tree"), ("urban", "park", "police")
MATTERS = st.lists(
    st.tuples(
        st.builds(
            Matter,
            kind=st.sampled_from(KINDS),
            lon=st.sampled_from([121.5, 121.51, 121.6]),
            lat=st.sampled_from([29.9, 29.95]),
        ),
        st.sampled_from(OWNERS),
    ),
    min_size=1,
    max_size=40,
)


def plain(rows: list[tuple[Matter, str]], asked: Matter, scales: tuple[int, ...], strength: float) -> dict[str, float]:
    """The definition, over all rows each time."""
    shares: dict[str, float] = {}
    for number, key in enumerate(list(routing._keys(asked, scales))):
        same = [owner for matter, owner in rows if list(routing._keys(matter, scales))[number : number + 1] == [key]]
        if not same:
            continue
        before = strength if number > 1 else 0
        shares = {
            owner: (same.count(owner) + before * shares.get(owner, 0)) / (len(same) + before)
            for owner in {*shares, *same}
        }
    return shares


@given(MATTERS, st.sampled_from(KINDS), st.sampled_from([(), (15,), (20, 100)]), st.sampled_from([1.0, 8.0]))
def test_shares_are_those_of_the_definition(
    rows: list[tuple[Matter, str]], kind: str, scales: tuple[int, ...], strength: float
) -> None:
    router = fit([m for m, _o in rows], [o for _m, o in rows], scales, strength)
    asked = Matter(kind=kind, lon=121.51, lat=29.9)
    shares = {owner: share for owner, share in router.shares(asked).items() if share}
    assert shares == pytest.approx({o: s for o, s in plain(rows, asked, scales, strength).items() if s})
    assert sum(shares.values()) == pytest.approx(1)
    assert router.first(asked) in OWNERS


def test_a_kind_divided_by_area_is_routed_by_area() -> None:
    south, north = {"lon": 121.5, "lat": 29.8}, {"lon": 121.5, "lat": 30.2}
    matters = [Matter(kind="tree", **(south if n % 2 else north)) for n in range(60)]
    router = learn(matters, ["park" if n % 2 else "urban" for n in range(60)])
    assert router.scales
    assert router.first(Matter(kind="tree", **south)) == "park"
    assert router.first(Matter(kind="tree", **north)) == "urban"


def test_without_a_place_the_kind_decides_and_without_a_history_nobody() -> None:
    router = learn([Matter(kind="light")] * 3 + [Matter(kind="noise")], ["urban"] * 3 + ["police"])
    assert router.first(Matter(kind="noise")) == "police"
    assert router.first(Matter(kind="never seen")) == "urban"
    assert learn([], []).first(Matter(kind="light")) == ""


def test_nothing_about_a_person_is_looked_at() -> None:
    assert routing.FIELDS == ("kind", "lon", "lat") == tuple(Matter.__dataclass_fields__)
