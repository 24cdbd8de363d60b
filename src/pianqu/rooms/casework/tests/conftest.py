"""Every test of the room stands in a small district."""

import pytest

from pianqu.rooms.casework import queries
from pianqu.rooms.casework.tests.builders import small_district


@pytest.fixture(autouse=True)
def district(db: None) -> None:
    small_district()
    queries.forget_working_days()
