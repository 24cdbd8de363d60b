"""Two colleagues at the same time: what one does, the other hears of without a reload, and nothing typed is lost."""

import re

from playwright.sync_api import Browser, Page, expect

from pianqu.composition.screens.house import House
from tests.browser.test_handling import desk
from tests.browser.test_platforms import give, take_in

HEARD_MS = 30_000
"""A page asks every twelve seconds."""


def bar(page: Page) -> str:
    says = page.locator("[data-live-says]")
    expect(page.locator("[data-live-show]")).to_be_visible(timeout=HEARD_MS)
    return says.inner_text()


def test_a_list_hears_of_a_new_matter_and_shows_it_when_told_to(chrome: Browser, full_house: House) -> None:
    with desk(chrome, full_house, "screens") as clerk, desk(chrome, full_house, "checker") as other:
        other.goto("/desk/?category=traffic")
        other.keyboard.press("j")
        other.keyboard.press("x")
        chosen = other.locator("input[name=case]:checked").get_attribute("value")
        top = other.locator("tbody a.mono").first
        before, where = top.inner_text(), top.bounding_box()
        take_in(clerk, "traffic", "路口的护栏被撞歪了，倒在车道上。")
        assert bar(other) == "1 matter changed"
        expect(top).to_have_text(before)
        expect(top).to_be_focused()
        assert top.bounding_box() == where, "nothing moves by itself"
        other.keyboard.press(".")
        expect(other.get_by_text("路口的护栏被撞歪了")).to_be_visible()
        expect(other.locator("tbody tr.pq-fresh")).to_have_count(1)
        expect(other.get_by_role("link", name=before)).to_be_focused()
        assert other.locator("input[name=case]:checked").get_attribute("value") == chosen
        expect(other.locator("[data-chosen]")).to_have_text(re.compile("1$"))


def test_a_matter_says_who_changed_it_and_typed_words_are_kept(chrome: Browser, full_house: House) -> None:
    with desk(chrome, full_house, "screens") as clerk, desk(chrome, full_house, "housing") as bureau:
        matter = take_in(clerk, "noise", "楼下棋牌室夜里两点还在打牌。")
        give(clerk, matter, "330205-housing")
        bureau.goto(matter)
        bureau.locator("#reply").click()
        bureau.keyboard.type("已约谈工地，")
        bureau.locator("details:has(form[action$='/act/return/']) > summary").click()
        bureau.fill("#return-words", "白天的归住建。")
        clerk.goto(matter)
        clerk.locator("details:has(form[action$='/act/extend/']) > summary").click()
        clerk.fill("#extend-words", "又打来电话：今晚也在打。")
        clerk.locator("form[action$='/act/extend/'] button").click()
        assert "was changed by" in bar(bureau)
        expect(bureau.locator("#reply")).to_have_value("已约谈工地，")
        expect(bureau.locator("#return-words")).to_be_focused()
        bureau.locator("[data-live-show]").click()
        expect(bureau.locator(".pq-tl").get_by_text("今晚也在打")).to_be_visible()
        expect(bureau.locator("#reply")).to_have_value("已约谈工地，")
        expect(bureau.locator("#return-words")).to_have_value("白天的归住建。")
        expect(bureau.locator("#return-words")).to_be_visible()
        expect(bureau.locator("[data-live-show]")).to_be_hidden()


def test_words_without_a_place_are_shown_to_be_copied(chrome: Browser, full_house: House) -> None:
    """The matter was answered by a colleague meanwhile: there is no form for an answer any more."""
    with desk(chrome, full_house, "screens") as clerk, desk(chrome, full_house, "checker") as other:
        matter = take_in(clerk, "services", "社区活动室周末开门吗？")
        other.goto(matter)
        other.fill("#reply", "周末九点到五点开门。")
        clerk.goto(matter)
        clerk.fill("#reply", "周末开门。")
        clerk.locator("#answer").get_by_role("button", name="Resolve").click()
        assert "was changed" in bar(other)
        other.locator("[data-live-show]").click()
        expect(other.locator("#reply")).to_have_count(0)
        expect(other.locator("[data-live-kept]")).to_contain_text("周末九点到五点开门。")


def test_signed_out_and_unreachable_are_said(chrome: Browser, full_house: House) -> None:
    with desk(chrome, full_house, "health") as page:
        page.goto("/desk/")
        page.context.set_offline(True)
        says = page.locator("[data-live-says]")
        expect(says).to_contain_text("cannot be reached", timeout=2 * HEARD_MS)
        page.context.set_offline(False)
        expect(says).to_be_empty(timeout=HEARD_MS)
        page.context.clear_cookies()
        page.evaluate("() => window.dispatchEvent(new Event('online'))")
        expect(says).to_contain_text("You are signed out", timeout=HEARD_MS)
        expect(page.locator("[data-live-show]")).to_be_hidden()


COVERS = """() => {
  const bar = document.querySelector('[data-live]').getBoundingClientRect();
  const field = document.activeElement.getBoundingClientRect();
  return bar.bottom > field.top && bar.top < field.bottom && bar.right > field.left && bar.left < field.right;
}"""
LOW = "() => window.scrollBy(0, document.querySelector('#reply').getBoundingClientRect().bottom - innerHeight + 12)"


def test_the_bar_never_lies_over_the_field_that_is_typed_in(chrome: Browser, full_house: House) -> None:
    with desk(chrome, full_house, "screens") as clerk, desk(chrome, full_house, "housing") as bureau:
        matter = take_in(clerk, "noise", "空调外机整夜嗡嗡响。")
        give(clerk, matter, "330205-housing")
        bureau.goto(matter)
        bureau.locator("#reply").click()
        bureau.evaluate(LOW)
        where = bureau.locator("#reply").bounding_box()
        clerk.goto(matter)
        clerk.locator("details:has(form[action$='/act/extend/']) > summary").click()
        clerk.fill("#extend-words", "又打来电话。")
        clerk.locator("form[action$='/act/extend/'] button").click()
        bar(bureau)
        expect(bureau.locator("#reply")).to_be_focused()
        assert bureau.locator("#reply").bounding_box() == where, "nothing moves by itself"
        assert not bureau.evaluate(COVERS)
        expect(bureau.locator("[data-live-show]")).to_be_in_viewport()
