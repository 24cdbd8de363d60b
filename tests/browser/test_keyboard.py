"""A working day without a mouse: sign in, find, accept, dispatch, answer, sign out; and the list of keys."""

from playwright.sync_api import Browser, Page, expect

from pianqu.composition.screens.house import House
from tests.browser.test_handling import desk
from tests.browser.test_platforms import take_in

SHOWN = """() => {
  const style = getComputedStyle(document.activeElement);
  return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0 || style.boxShadow !== 'none';
}"""


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def visible(page: Page) -> None:
    """Where the focus is can be seen, and stands in the window (WCAG 2.4.7, 2.4.11)."""
    expect(page.locator(":focus")).to_be_in_viewport()
    assert page.evaluate(SHOWN), page.evaluate("() => document.activeElement.outerHTML.slice(0, 200)")


def tab_to(page: Page, what: str, most: int = 40) -> None:
    """Tab until the focus is there, seeing it at each stop."""
    for _step in range(most):
        if page.locator(what).evaluate("one => one === document.activeElement"):
            return
        page.keyboard.press("Tab")
        visible(page)
    raise AssertionError(f"{what} is not reached within {most} stops")


def arrive(page: Page, path: str) -> None:
    page.wait_for_url(path)
    page.wait_for_selector("html[data-ready]", state="attached")


def stands(page: Page, state: str) -> None:
    """After an act: the matter's page anew, as far as its keys."""
    expect(page.locator(".pq-title .badge").first).to_contain_text(state)
    page.wait_for_selector("html[data-ready]", state="attached")


def sign_in(page: Page, login: str, password: str) -> None:
    page.goto("/sign-in/")
    tab_to(page, "[name=login]")
    page.keyboard.type(login)
    press(page, "Tab")
    tab_to(page, "[name=password]")
    page.keyboard.type(password)
    press(page, "Enter")
    arrive(page, "**/desk/**")


def find(page: Page, words: str) -> None:
    """From anywhere on the desk: to the list, search, the first row, open."""
    press(page, "g", "c")
    arrive(page, "**/desk/")
    press(page, "/")
    expect(page.locator("[name=q]")).to_be_focused()
    page.keyboard.type(words)
    press(page, "Enter")
    arrive(page, "**/desk/?*q=*")
    press(page, "j")
    expect(page.locator("tbody a.mono").first).to_be_focused()
    visible(page)
    press(page, "Enter")
    arrive(page, "**/desk/case/**")
    expect(page.locator("#said")).to_contain_text(words)


def sign_out(page: Page) -> None:
    """From the top of a page that was just opened, as far as the button."""
    press(page, "g", "s")
    arrive(page, "**/desk/shift/")
    tab_to(page, ".pq-out")
    press(page, "Enter")
    expect(page.locator(".pq-out")).to_have_count(0)


def test_the_whole_path_without_a_mouse(chrome: Browser, full_house: House) -> None:
    words = "小区门口的路灯杆倾斜了。"
    with desk(chrome, full_house, "checker") as window:
        take_in(window, "roads", words)
    context = chrome.new_context(base_url=full_house.url, locale="en-GB", viewport={"width": 1280, "height": 900})
    context.set_default_timeout(15_000)
    page = context.new_page()
    sign_in(page, "screens", full_house.told["password"])
    press(page, "Tab")
    expect(page.locator("a.skip")).to_be_focused()
    visible(page)
    press(page, "Enter")
    expect(page.locator("#main")).to_be_focused()

    find(page, words)
    press(page, "a")  # leads to the button, and sends nothing
    accept = page.get_by_role("button", name="Accept only")
    expect(accept).to_be_focused()
    visible(page)
    expect(page.locator(".pq-title .badge").first).to_contain_text("Waiting")
    press(page, "Enter")
    stands(page, "Accepted")

    press(page, "d")
    expect(page.locator("#lead")).to_be_focused()
    visible(page)
    page.keyboard.type(page.locator("#lead option[value='330205-housing']").inner_text())
    expect(page.locator("#lead")).to_have_value("330205-housing")
    tab_to(page, "#dispatch form[action$='/act/dispatch/'] .btn-primary")
    press(page, "Enter")
    stands(page, "Dispatched")
    press(page, "u")
    arrive(page, "**/desk/?q=*")
    sign_out(page)

    sign_in(page, "housing", full_house.told["password"])
    find(page, words)
    press(page, "r")
    expect(page.locator("#reply")).to_be_focused()
    page.keyboard.type("gdr? 已扶正。")  # keys are letters while one types
    expect(page.locator("#reply")).to_have_value("gdr? 已扶正。")
    expect(page.locator("[data-keys-dialog]")).to_be_hidden()
    press(page, "Tab")
    visible(page)
    press(page, "Enter")
    stands(page, "Resolved")
    sign_out(page)
    context.close()


def test_the_list_of_keys(chrome: Browser, full_house: House) -> None:
    with desk(chrome, full_house, "screens") as page:
        page.goto("/desk/")
        press(page, "j", "?")
        dialog = page.locator("[data-keys-dialog]")
        expect(dialog).to_be_visible()
        expect(dialog).to_contain_text("Down, up")
        expect(dialog.get_by_text("Close and archive")).to_be_hidden()
        press(page, "j")
        expect(dialog).to_be_visible()
        press(page, "Escape")
        expect(dialog).to_be_hidden()
        first = page.locator("tbody a.mono").first
        expect(first).to_be_focused()

        first.evaluate(
            "one => one.dispatchEvent(new KeyboardEvent('keydown', {key: 'j', bubbles: true, isComposing: true}))"
        )
        press(page, "Control+j", "Alt+j")
        expect(first).to_be_focused()
        press(page, "ArrowDown")
        expect(page.locator("tbody a.mono").nth(1)).to_be_focused()

        press(page, "?")
        tab_to(page, "[data-keys-switch]")
        press(page, "Space")
        expect(page.locator("[data-keys-switch]")).to_have_attribute("aria-pressed", "false")
        press(page, "Escape", "j", "?")
        expect(dialog).to_be_hidden()
        page.reload()
        press(page, "g", "p")
        expect(page).to_have_url(f"{full_house.url}/desk/")
        page.locator(".pq-foot [data-keys-open]").focus()  # still there for who wants them back
        press(page, "Enter")
        expect(dialog).to_be_visible()
        tab_to(page, "[data-keys-switch]")
        press(page, "Space", "Escape", "g", "p")
        page.wait_for_url("**/desk/platforms/")


def test_the_way_back_leads_to_the_list_as_it_was_left(chrome: Browser, full_house: House) -> None:
    with desk(chrome, full_house, "screens") as clerk:
        take_in(clerk, "noise", "夜里唱歌吵得睡不着。")
        clerk.goto("/desk/")
        press(clerk, "/")
        clerk.keyboard.type("唱歌")
        clerk.locator("form.pq-filters select[name=category]").select_option("noise")
        press(clerk, "Enter")
        clerk.locator("form.pq-filters button").click()
        arrive(clerk, "**/desk/?*category=noise*")
        there = clerk.url
        assert "=&" not in there and not there.endswith("="), there
        clerk.locator("tbody a.mono").first.click()
        arrive(clerk, "**/desk/case/**")
        press(clerk, "u")
        clerk.wait_for_url(there)
