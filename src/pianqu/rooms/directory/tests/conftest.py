"""Questions are counted here: nothing a question costs may grow with the lists."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test.utils import CaptureQueriesContext


@pytest.fixture
def statements() -> Callable[[Callable[[], Any]], int]:
    """How many SQL statements an act needs."""
    from django.db import connection

    def count(act: Callable[[], Any]) -> int:
        with CaptureQueriesContext(connection) as caught:
            act()
        return len(caught)

    return count
