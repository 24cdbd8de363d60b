"""Every test of the room stands in a district of twelve communities."""

import pytest

from pianqu.rooms.planning.tests.builders import district_of_twelve
from pianqu.rooms.territory import queries as territory


@pytest.fixture(autouse=True)
def district(db: None) -> None:
    territory.forget_places()
    territory.forget_grids()
    territory.forget_buildings()
    district_of_twelve()
