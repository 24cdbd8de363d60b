"""What all tests share: the reset that passes the ledger's triggers, a clean published folder, skips that may not be."""

import os
from collections.abc import Generator, Iterator
from pathlib import Path
from shutil import rmtree

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.test import TransactionTestCase
from hypothesis import HealthCheck, settings

from pianqu.foundation.fresh import forget_all
from pianqu.foundation.installation import installation
from pianqu.foundation.testing import reset_database

settings.register_profile(
    "pianqu", deadline=None, max_examples=60, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("pianqu")

Argon2PasswordHasher.time_cost = Argon2PasswordHasher.parallelism = 1
Argon2PasswordHasher.memory_cost = 64
"""Argon2 as the product has it, at a thousandth of its cost; the houses that the tests start as programs pay in full."""

NO_SKIPS = os.environ.get("PIANQU_TEST_REQUIRE") == "all"
MARKED_FOLDERS = {"browser": pytest.mark.browser, "postgres": pytest.mark.postgres}
"""Folders of tests/ whose tests carry the mark of the same name."""
TESTS = Path(__file__).parent / "tests"


def _reset(case: TransactionTestCase) -> None:
    reset_database()


TransactionTestCase._fixture_teardown = _reset  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    """Each test has its own district: what a process keeps of the last one's is forgotten."""
    forget_all()


@pytest.fixture(autouse=True)
def _nothing_published() -> Iterator[None]:
    yield
    rmtree(installation().published, ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by the folder they lie in; the slow ones come first, so that no processor waits for one at the end."""
    for item in items:
        folder = item.path.relative_to(TESTS).parts[0] if item.path.is_relative_to(TESTS) else ""
        if mark := MARKED_FOLDERS.get(folder):
            item.add_marker(mark)
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """PIANQU_TEST_REQUIRE=all: a skipped test is a failed one (an expected failure is neither)."""
    report = yield
    if NO_SKIPS and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, but PIANQU_TEST_REQUIRE=all: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for a whole file that skips itself."""
    report = yield
    if NO_SKIPS and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"{collector.nodeid} was skipped, but PIANQU_TEST_REQUIRE=all: {report.longrepr}"
    return report
