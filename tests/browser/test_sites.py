"""A study of sites in a real browser: asked with the keyboard, watched, read, a site moved; and all of it without scripts."""

import re

from playwright.sync_api import Browser, expect

from pianqu.composition.screens.house import House
from pianqu.composition.screens.taking import sign_in
from tests.browser.test_handling import desk

LIST = "/desk/planning/sites/"


def test_a_study_is_asked_answered_and_a_site_moved(chrome: Browser, full_house: House) -> None:
    with desk(chrome, full_house, "boss") as page:
        page.goto(LIST)
        page.fill("#title", "Windows by matters")
        page.get_by_label("Matters of the last twelve months").check()
        page.fill("#sites", "21")
        page.locator("#sites").press("Enter")
        expect(page.get_by_role("heading", name="Windows by matters")).to_be_visible()
        move = page.get_by_role("heading", name="Move a site and see what it does")
        expect(move).to_be_visible(timeout=60_000)  # the page asks again by itself
        expect(page.locator("[data-map][data-drawn='1']")).to_be_visible()
        page.get_by_label("goes to").select_option(index=1)
        page.get_by_role("button", name="Try it").press("Enter")
        expect(page.get_by_text("A trial: nothing is kept yet.")).to_be_visible()
        page.get_by_role("button", name="Keep these sites").press("Enter")
        expect(page.get_by_text("The sites are kept as you moved them.")).to_be_visible()
        expect(page.get_by_text("moved by hand").first).to_be_visible()


def test_a_press_on_the_map_puts_the_candidate_into_the_form(chrome: Browser, full_house: House) -> None:
    with desk(chrome, full_house, "boss") as page:
        page.goto(f"{LIST}{full_house.told['study']}/")
        expect(page.locator("[data-map][data-drawn='1']")).to_be_visible()
        shapes = page.request.get(f"{LIST}{full_house.told['study']}/map.json").json()["features"]
        option = next(one for one in shapes if one["properties"]["level"] == "option")
        page.goto(f"{LIST}{full_house.told['study']}/{option['properties']['href']}")
        number = re.search(r"to=(\d+)", option["properties"]["href"])
        assert number is not None
        expect(page.get_by_label("goes to")).to_have_value(number[1])


def test_without_scripts_the_tables_tell_and_the_forms_work(chrome: Browser, full_house: House) -> None:
    context = chrome.new_context(base_url=full_house.url, locale="zh-CN", java_script_enabled=False)
    page = context.new_page()
    sign_in(page, {**full_house.told, "login": "boss"})
    page.goto(f"{LIST}{full_house.told['study']}/")
    expect(page.get_by_role("region", name="有人在步行范围以外的社区")).to_be_visible()
    expect(page.get_by_role("region", name="不同点位数目在步行范围内最多能有多少")).to_be_visible()
    page.get_by_role("link", name="试一试").click()
    expect(page.get_by_text("这是试移，还没有保存。")).to_be_visible()
    page.get_by_role("link", name="放弃试移").click()
    expect(page.get_by_text("这是试移，还没有保存。")).to_have_count(0)
    context.close()


def test_a_study_that_is_stopped_shows_the_best_until_then(chrome: Browser, full_house: House) -> None:
    with desk(chrome, full_house, "boss") as page:
        page.goto(LIST)
        page.fill("#title", "Stopped on the way")
        page.get_by_label("Shortest ways together").check()
        page.fill("#sites", "30")
        page.fill("#capacity", "9000")  # limited room: it takes longer than anybody waits here
        page.get_by_role("button", name="Look for sites").press("Enter")
        expect(page.get_by_text("It is being computed.")).to_be_visible(timeout=30_000)
        page.wait_for_timeout(8_000)
        page.get_by_role("button", name="Stop it").press("Enter")
        expect(page.get_by_text("It was stopped before the end.")).to_be_visible(timeout=60_000)
        expect(page.get_by_role("button", name="Compute it to the end")).to_be_visible()
        expect(page.get_by_role("heading", name="Move a site and see what it does")).to_be_visible()


def test_everybody_comes_from_the_plans_to_a_study_and_back(chrome: Browser, full_house: House) -> None:
    context = chrome.new_context(base_url=full_house.url, locale="zh-CN", viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto("/plans/sites/")
    page.locator(f'a[href="/plans/sites/{full_house.told["study"]}/"]').click()
    expect(page.get_by_text("路程按直线距离乘 1.3 估算，没有按街道路网走。")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("link", name="规划方案").first.click()
    expect(page.get_by_role("heading", name="服务点选址")).to_be_visible()
    context.close()
