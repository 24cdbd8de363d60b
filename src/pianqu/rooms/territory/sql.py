"""Hand-written SQL of territory."""

from pianqu.foundation.db import Statement


def how_many() -> Statement:
    """Numbers of places, landmarks and versions of the grid, in one statement."""
    return (
        "SELECT (SELECT COUNT(*) FROM territory_place), (SELECT COUNT(*) FROM territory_landmark), "
        "(SELECT COUNT(*) FROM territory_gridversion)",
        (),
    )
