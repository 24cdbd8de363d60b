"""What all tests share: the reset that passes the ledger's triggers, and a clean published folder."""

from collections.abc import Iterator
from shutil import rmtree

import pytest
from django.test import TransactionTestCase

from pianqu.foundation.installation import installation
from pianqu.foundation.testing import reset_database


def _reset(case: TransactionTestCase) -> None:
    reset_database()


TransactionTestCase._fixture_teardown = _reset  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def _nothing_published() -> Iterator[None]:
    yield
    rmtree(installation().published, ignore_errors=True)
