"""A real house and a real Chromium for the browser tests; skipped with the name of what to install."""

from collections.abc import Iterator
from importlib.util import find_spec

import pytest

if find_spec("playwright") is None:
    pytest.skip("Playwright is missing: pip install playwright axe-playwright-python", allow_module_level=True)

from playwright.sync_api import Browser

from pianqu.composition.screens.house import House, house
from pianqu.composition.screens.taking import browser, chromium


@pytest.fixture(scope="session")
def chrome() -> Iterator[Browser]:
    if chromium() is None:
        pytest.skip("no Chromium found; Debian: apt install chromium-headless-shell fonts-noto-cjk libatomic1")
    with browser() as opened:
        yield opened


@pytest.fixture(scope="session")
def full_house(chrome: Browser) -> Iterator[House]:
    with house(empty=False) as place:
        yield place


@pytest.fixture(scope="session")
def empty_house(chrome: Browser) -> Iterator[House]:
    with house(empty=True) as place:
        yield place
