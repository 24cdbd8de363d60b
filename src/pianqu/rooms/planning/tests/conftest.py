"""The district in which drafts are tested."""

import pytest

from pianqu.rooms.planning.tests.twelve import district_of_twelve
from pianqu.rooms.territory import queries as territory


@pytest.fixture
def twelve(db: None) -> None:
    territory.forget_places()
    territory.forget_grids()
    territory.forget_buildings()
    district_of_twelve()
