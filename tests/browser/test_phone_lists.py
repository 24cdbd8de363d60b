"""Lists of the desk on a phone: what somebody looks for lies on the screen, and nothing has to be pushed sideways."""

from collections.abc import Iterable

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page

from pianqu.composition.screens.house import House
from pianqu.composition.screens.taking import settle, sign_in, tab
from tests.browser.test_handling import desk
from tests.browser.test_platforms import give, take_in

BUREAU = "330205-housing"
PHONE = 390
CLEAR = "rgba(0, 0, 0, 0)"


def fits(page: Page, at: str, wanted: Iterable[str]) -> None:
    """Everything wanted is there and within the phone's width; no list is wider than its frame."""
    page.set_viewport_size({"width": PHONE, "height": 844})
    page.goto(at)
    settle(page)
    for table in page.locator(".pq-lines").all():
        wide, own = table.evaluate("table => [table.scrollWidth, table.parentElement.clientWidth]")
        assert wide <= own, f"{at}: {wide} wide in {own}"
    for selector in wanted:
        found = page.locator(selector).all()
        assert found, f"{at}: no {selector}"
        for one in found:
            box = one.bounding_box()
            assert box is not None and box["width"] > 0, f"{at}: {selector} is not shown"
            assert box["x"] >= 0 and box["x"] + box["width"] <= PHONE, f"{at}: {selector} lies at {box}"


def figures() -> str:
    """The evaluation of the month that runs: what the house answered was answered just now."""
    return f"/desk/evaluation/?period={timezone.localdate():%Y-%m}"


def test_who_owes_an_answer_and_the_way_to_call_back_stand_first(chrome: Browser, full_house: House) -> None:
    with desk(chrome, full_house, "screens") as window:
        matter = take_in(window, "noise", "健身房深夜砸器械，楼下睡不着。")
        give(window, matter, BUREAU)
    with desk(chrome, full_house, "boss") as boss:
        boss.goto(matter)
        boss.locator("#supervision summary").first.click()
        boss.fill("#supervise-words", "明天以前答复。")
        boss.locator("form[action$='/act/supervise/'] button").click()
        boss.wait_for_load_state()
        fits(boss, "/desk/supervision/", [".pq-supervised .pq-clock", ".pq-supervised td:nth-child(3)"])
        row = boss.locator(".pq-supervised tbody tr").first
        clock, said = row.locator(".pq-clock").bounding_box(), row.locator("td").first.bounding_box()
        assert clock and said and clock["y"] < said["y"], "the clock stands above the matter"
        assert "Owes the answer" in row.locator("td[data-label]").first.evaluate(
            "cell => getComputedStyle(cell, '::before').content"
        )
    with desk(chrome, full_house, "housing") as bureau:
        bureau.goto(matter)
        bureau.fill("#reply", "已劝导，晚十点后不再砸。")
        bureau.locator("#answer").get_by_role("button", name="Resolve").click()
        bureau.wait_for_load_state()
    with desk(chrome, full_house, "checker") as other:
        other.goto(matter)
        call = other.locator("#call-back")
        call.locator("#score").select_option("1")
        call.locator("[name=words]").fill("昨晚还在砸。")
        call.get_by_role("button", name="Write down the call").click()
        other.wait_for_load_state()
        fits(other, "/desk/callbacks/?show=early", [".pq-called td:nth-child(5)", ".pq-called td:nth-child(3)"])


@pytest.mark.parametrize("language", ["zh", "en"])
def test_figures_and_dates_are_not_pushed_sideways(chrome: Browser, full_house: House, language: str) -> None:
    with tab(chrome, full_house, width=PHONE, language=language) as page:
        sign_in(page, full_house.told, "admin")
        fits(page, "/desk/clocks/preview/", [".pq-shifts td:nth-child(5)", ".pq-shifts td:nth-child(6)"])
        fits(page, figures(), [".pq-blocks tbody th", ".pq-blocks td"])


def test_the_name_of_a_row_has_the_ground_of_its_row(chrome: Browser, full_house: House) -> None:
    with tab(chrome, full_house, width=1280, language="zh", dark=True) as page:
        sign_in(page, full_house.told, "admin")
        page.goto(figures())
        names = page.locator("tbody th[scope=row]").all()
        assert names
        assert {one.evaluate("cell => getComputedStyle(cell).backgroundColor") for one in names} == {CLEAR}
