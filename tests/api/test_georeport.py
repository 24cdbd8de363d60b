"""A foreign client, PyPI's georeport, reads our Open311 server over HTTP in both formats."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from pianqu.foundation.limits import LIMITS
from pianqu.foundation.testing import reset_database
from pianqu.rooms.casework.tests.builders import opened, small_district

georeport = pytest.importorskip("georeport", reason="install the extra `dev`: georeport reads Open311 servers")


@pytest.fixture
def server(live_server: Any, transactional_db: None) -> Iterator[str]:
    LIMITS.forget()
    small_district()
    for _number in range(2):
        opened(now=timezone.now())
    yield f"{live_server.url}/open311/v2"
    reset_database()


@pytest.mark.parametrize("form", ["json", "xml"])
def test_georeport_reads_us(server: str, form: str) -> None:
    client = georeport.GeoReport(server, output_format=form)
    services = client.get_service_list()
    assert {"roads", "noise"} <= {one["service_code"] for one in services}
    assert client.get_service_definition("roads")["service_code"] == "roads"
    rows = client.get_service_requests(status="open")
    assert len(rows) == 2
    one = client.get_service_request(rows[0]["service_request_id"])
    assert one["status"] == "open" and one["service_code"] == "roads"
