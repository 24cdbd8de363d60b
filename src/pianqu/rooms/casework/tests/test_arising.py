"""Where matters arise, for planning: counted on a raster, never which ones."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pianqu.rooms.casework import queries, services
from pianqu.rooms.casework.tests.builders import COMMUNITY, NOW, OTHER_COMMUNITY, opened, resident
from pianqu.rooms.territory import queries as territory

pytestmark = pytest.mark.django_db


def place(lon: float | None, lat: float | None, code: str = COMMUNITY) -> services.PlaceChoice:
    source = "map" if lon is not None else "community"
    return services.PlaceChoice(community_code=code, lon=lon, lat=lat, source=source)


def test_matters_within_a_hundred_metres_are_one_spot_and_no_house_is_named() -> None:
    known = territory.place(COMMUNITY)
    lon, lat = known.lon or 0.0, known.lat or 0.0
    opened(place=place(lon, lat))
    opened(place=place(lon + 0.00001, lat))
    opened(place=place(None, None))
    opened(place=place(None, None, OTHER_COMMUNITY))
    with CaptureQueriesContext(connection) as taken:
        found = queries.arisen(since=NOW - timedelta(days=1), until=NOW + timedelta(days=1))
    assert len(taken) == 1
    assert {(one.place_code, one.lon is None, one.matters) for one in found} == {
        (COMMUNITY, False, 2),
        (COMMUNITY, True, 1),
        (OTHER_COMMUNITY, True, 1),
    }
    assert all(one.lon is None or round(one.lon, 3) == one.lon for one in found)


def test_other_times_and_what_was_withdrawn_do_not_count() -> None:
    opened(now=NOW - timedelta(days=2))
    gone = opened()
    services.withdraw_case(actor=resident(), case_id=gone.case_id, now=NOW)
    assert queries.arisen(since=NOW - timedelta(days=1), until=NOW + timedelta(days=1)) == ()
