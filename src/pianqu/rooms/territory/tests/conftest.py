"""Every test of the room stands in a small district whose grid nobody knows yet."""

import pytest

from pianqu.rooms.territory import queries
from pianqu.rooms.territory.tests.builders import small_district


@pytest.fixture(autouse=True)
def district(db: None) -> None:
    queries.forget_places()
    queries.forget_grids()
    small_district()
