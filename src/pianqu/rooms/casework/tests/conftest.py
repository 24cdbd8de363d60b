"""Every test of the room stands in a small district."""

import pytest

from pianqu.foundation.limits import LIMITS
from pianqu.rooms.casework import queries
from pianqu.rooms.casework.tests.builders import small_district


@pytest.fixture(autouse=True)
def district(db: None) -> None:
    small_district()
    LIMITS.forget()
    queries.forget_working_days()
