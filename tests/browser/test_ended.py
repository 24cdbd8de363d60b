"""A ledger has ended: what everybody sees of it, and what a receipt of it still proves, from a phone to a desk."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from playwright.sync_api import Page as Tab

from pianqu.composition.screens.checks import findings
from pianqu.composition.screens.house import House, house
from pianqu.composition.screens.taking import tab
from pianqu.kernels.receipt import parse
from tests.browser.test_pages import WIDTHS, Watched, axe_faults
from tests.platform.houses import environment, run, wait_until

REASON = "磁盘烧毁，备份是前一天的，没有人存有副本"
SEEN_FURTHER = """
import django; django.setup()
from pianqu.foundation.keys import keys
from pianqu.kernels.note import CheckpointBody, Signer
from pianqu.rooms.ledger import queries, services
card = queries.log()
signer = Signer.from_seed(card.origin, keys().log_seed)
size = queries.sealed_size() + 4
services.admit(size, signer.sign(CheckpointBody(origin=card.origin, size=size, root=bytes(32)).encode()))
"""
HEADINGS = {"zh": "此前的账本已终止", "en": "An earlier ledger has ended"}
GENUINE = {"zh": "这张回执是真的", "en": "This receipt is genuine"}
SAME = {"zh": "您的回执就是这一笔", "en": "Your receipt is about this entry"}


def asked(place: House, path: str, body: object = None) -> dict[str, str]:
    given = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{place.url}/api/v1{path}", given, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return dict(json.load(answer))


@pytest.fixture(scope="module")
def ended(chrome: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, str]]:
    """A house whose ledger was behind what it had shown and was declared dead, and a receipt of before."""
    data = tmp_path_factory.mktemp("ended") / "data"
    with house(empty=True, PIANQU_DATA=str(data)) as place:
        entry = asked(place, "/reports", {"words": "路灯坏了", "category": "roads"})["entry_id"]
        at = f"/ledger/receipts/{entry}"
        assert wait_until(lambda: asked(place, at)["text"], 20)
        held, origin = asked(place, at)["text"], asked(place, "/ledger")["origin"]
        settings = environment(data, DJANGO_SETTINGS_MODULE="pianqu.composition.settings")
        subprocess.run([sys.executable, "-c", SEEN_FURTHER], env=settings, check=True, timeout=60)
        words = ["declare-dead", "--reason", REASON, "--yes", origin]
        assert wait_until(lambda: run(data, *words).returncode == 0, 30)  # its worker seals now and then
        yield place, held


@contextmanager
def opened(chrome: Browser, place: House, width: int, language: str, *, dark: bool = False) -> Iterator[Tab]:
    """A tab; what is wrong with the page that stands in it at the end is told."""
    with tab(chrome, place, width=width, language=language, dark=dark) as page:
        watched = Watched(page)
        yield page
        said = [str(one) for one in findings(page, page.url, chinese=language == "zh")]
        assert not [*said, *axe_faults(page), *watched.complaints]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(("width", "dark"), [(320, True), *((width, False) for width in WIDTHS)])
def test_the_open_ledger_says_that_one_has_ended_and_why(
    width: int, dark: bool, language: str, chrome: Browser, ended: tuple[House, str]
) -> None:
    with opened(chrome, ended[0], width, language, dark=dark) as page:
        page.goto("/open/ledger/#ended")
        card = page.locator("#ended")
        expect(card.get_by_role("heading", name=HEADINGS[language])).to_be_in_viewport()
        expect(card).to_contain_text(REASON)
        card.locator("summary").click()
        expect(card.locator("pre")).to_be_visible()
        expect(card).to_contain_text(f"{asked(ended[0], '/ledger')['origin']}")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("width", WIDTHS)
def test_a_receipt_of_before_is_still_genuine_and_finds_its_entry(
    width: int, language: str, chrome: Browser, ended: tuple[House, str], tmp_path: Path
) -> None:
    file = tmp_path / "receipt.tlog-proof"
    file.write_text(ended[1], encoding="utf-8")
    with opened(chrome, ended[0], width, language) as page:
        page.goto("/open/ledger/")
        page.fill("#what", parse(ended[1]).compact())
        page.locator("form.pq-find button").click()
        expect(page.get_by_text(SAME[language])).to_be_visible()
    with tab(chrome, ended[0], width=width, language=language) as page:
        page.goto("/open/verify/")
        page.locator("#file").set_input_files(file)
        expect(page.get_by_role("heading", name=GENUINE[language], exact=True)).to_be_visible()
        page.locator("details.technical summary").click()
        expect(page.locator("details.technical")).to_contain_text("ended on")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("width", WIDTHS)
def test_a_receipt_whose_entry_was_lost_is_told_what_it_is_worth(
    width: int, language: str, chrome: Browser, ended: tuple[House, str]
) -> None:
    lost = replace(parse(ended[1]), index=9).compact()
    with opened(chrome, ended[0], width, language) as page:
        page.goto("/open/ledger/")
        page.fill("#what", lost)
        page.locator("form.pq-find button").click()
        expect(page.locator("main [role=alert]")).to_contain_text("仅存的一份" if language == "zh" else "only copy")
