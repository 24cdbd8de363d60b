"""The grids that the overlay is measured on: one seed draws the same ones, and what must hold holds of a small size too."""

from pianqu.composition.bench.planning import overlay


def test_the_same_seed_draws_the_same_grids() -> None:
    one, again, other = (overlay.instance(30, layers=2, seed=seed) for seed in (3, 3, 4))
    assert one.layers == again.layers and one.people == again.people
    assert one.layers != other.layers


def test_a_small_size_holds_what_is_promised() -> None:
    rows = overlay.size(40, target=60.0)
    assert [row.name for row in rows if not row.holds] == []
    assert {row.unit for row in rows} == {"s", "", "%", "ppm"}
