"""A clerk's minute: a call is taken down with the keyboard, the slip is there, and the list is walked with keys."""

from playwright.sync_api import Browser, expect

from pianqu.composition.screens.house import House
from tests.browser.test_handling import desk


def test_a_call_is_taken_in_with_the_keyboard_alone(chrome: Browser, full_house: House) -> None:
    with desk(chrome, full_house, "screens") as page:
        page.goto("/desk/")
        page.locator("body").click(position={"x": 5, "y": 5})
        page.keyboard.press("n")
        page.wait_for_url("**/desk/intake/")
        expect(page.locator("#words")).to_be_focused()
        page.keyboard.type("楼下下水道堵了，味道很大。")
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        page.keyboard.press("ArrowRight")
        page.select_option("#community", "330205005003")
        expect(page.locator("#earlier")).to_contain_text("30 days")
        page.locator("#contact").press("Enter")
        code = page.locator(".pq-code").inner_text()
        expect(page.get_by_text("Read the code to the caller")).to_be_visible()
        expect(page.locator("svg.pq-qr")).to_be_visible()
        page.get_by_role("link", name="Accept and dispatch it").click()
        expect(page.get_by_text("楼下下水道堵了")).to_be_visible()
        page.goto(f"/desk/?q={code}")
        expect(page.get_by_role("link", name=code)).to_be_visible()


def test_the_list_is_walked_with_keys_that_can_be_switched_off(chrome: Browser, full_house: House) -> None:
    with desk(chrome, full_house, "screens") as page:
        page.goto("/desk/")
        codes = page.locator("tbody a.mono")
        page.keyboard.press("j")
        expect(codes.nth(0)).to_be_focused()
        page.keyboard.press("j")
        expect(codes.nth(1)).to_be_focused()
        page.keyboard.press("k")
        expect(codes.nth(0)).to_be_focused()
        page.keyboard.press("/")
        expect(page.locator("[name=q]")).to_be_focused()
        page.keyboard.type("j")
        expect(page.locator("[name=q]")).to_have_value("j")
        page.keyboard.press("Escape")
        page.locator("[data-keys-hint] [data-keys-open]").click()
        page.locator("[data-keys-switch]").click()
        page.keyboard.press("Escape")
        page.reload()
        page.keyboard.press("j")
        expect(codes.nth(0)).not_to_be_focused()


def test_a_kept_list_is_one_click_away(chrome: Browser, full_house: House) -> None:
    with desk(chrome, full_house, "screens") as page:
        page.goto("/desk/?category=roads&order=due")
        page.fill("#keep-name", "Roads first")
        page.get_by_role("button", name="Keep", exact=True).click()
        page.goto("/desk/")
        page.get_by_role("link", name="Roads first").click()
        assert "category=roads" in page.url and "order=due" in page.url
        page.get_by_role("button", name="Keep it no longer").click()
        expect(page.get_by_role("link", name="Roads first")).to_have_count(0)
