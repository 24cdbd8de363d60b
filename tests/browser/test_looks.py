"""The switches that every page carries: dark, larger text, language; and the parts that need scripts."""

from playwright.sync_api import Browser, expect

from pianqu.composition.screens.house import House
from pianqu.composition.screens.taking import settle, tab

SHEET = "/open/components/"


def test_dark_and_larger_text_stay_after_a_reload(chrome: Browser, full_house: House) -> None:
    with tab(chrome, full_house, width=1280, language="en") as page:
        page.goto(SHEET)
        settle(page)
        page.click("button[data-theme=dark]")
        page.click(".pq-foot [data-larger-text]")
        page.reload()
        settle(page)
        expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
        expect(page.locator("button[data-theme=dark]")).to_have_attribute("aria-pressed", "true")
        assert page.locator("html").evaluate("root => root.hasAttribute('data-larger')")


def test_the_language_switch_comes_back_to_the_same_page(chrome: Browser, full_house: House) -> None:
    with tab(chrome, full_house, width=390, language="zh") as page:
        page.goto(SHEET)
        expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
        page.click("button[name=language]")
        page.wait_for_load_state()
        assert page.url.endswith(SHEET)
        expect(page.locator("html")).to_have_attribute("lang", "en")


def test_scripts_work_under_the_strict_policy(chrome: Browser, full_house: House) -> None:
    with tab(chrome, full_house, width=1280, language="en") as page:
        page.goto(SHEET)
        settle(page)
        page.click("[data-bs-toggle=dropdown]")
        expect(page.locator(".dropdown-menu")).to_be_visible()
        page.keyboard.press("Escape")
        page.click("[x-data] button")
        expect(page.locator("[x-text=count]")).to_have_text("1")
        page.click("[hx-get]")
        expect(page.locator("#swap")).to_contain_text("37")
        assert page.locator("[data-maplibre]").get_attribute("data-drawn") == "1"


def test_a_point_is_chosen_on_the_map_with_keys_alone(chrome: Browser, full_house: House) -> None:
    with tab(chrome, full_house, width=1280, language="en") as page:
        page.goto(SHEET)
        settle(page)
        page.focus("[data-map]")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        assert page.locator("[name=lon]").input_value().startswith("121.")


def test_pages_work_without_scripts(chrome: Browser, full_house: House) -> None:
    context = chrome.new_context(base_url=full_house.url, java_script_enabled=False, locale="zh-CN")
    page = context.new_page()
    page.goto(SHEET)
    expect(page.locator("h1")).to_have_text("界面组件")
    assert not page.locator("[data-look]").is_visible()
    context.close()
