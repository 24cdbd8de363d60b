"""The dispatcher's path through a suggestion made by a rule, in a real browser: followed, given back, counted beside the rule."""

import re

from playwright.sync_api import Browser, expect
from playwright.sync_api import Page as Tab

from pianqu.composition.screens.house import House
from tests.browser.test_handling import desk
from tests.browser.test_platforms import take_in


def test_a_dispatcher_follows_what_a_rule_suggests(chrome: Browser, full_house: House) -> None:
    with desk(chrome, full_house, "screens") as window:
        followed, uses = counted(window)  # other tests dispatch by this rule too, and against it
        address = take_in(window, "roads", "路口的隔离栏倒了两截，晚上看不见。")
        suggested = window.locator("#suggested")
        expect(suggested).to_contain_text("Housing")
        expect(suggested).to_contain_text("Because of the category")
        expect(window.locator("#lead")).to_have_value("330205-housing")
        window.locator("#dispatch").get_by_role("button", name="Dispatch").click()
        expect(window.locator(".pq-title .badge").first).to_contain_text("Dispatched")
        expect(window.locator(".pq-tl")).to_contain_text("What a dispatch rule had suggested")

        assert counted(window) == (followed + 1, uses + 1)
        expect(window.locator("#rule-roads")).to_contain_text("0 came back")

    with desk(chrome, full_house, "housing") as housing:
        housing.goto(address)
        expect(housing.locator(".pq-title .badge").first).to_contain_text("Dispatched")


def counted(window: Tab) -> tuple[int, int]:
    """How often the rule for roads was followed, of how many times that it suggested something."""
    window.goto("/desk/rules/")
    rule = window.locator("#rule-roads")
    expect(rule).to_contain_text(re.compile(r"\d of \d+ followed|not used yet"))
    found = re.search(r"(\d+) of (\d+) followed", rule.inner_text())
    return (int(found[1]), int(found[2])) if found else (0, 0)


def test_a_long_list_of_boxes_is_narrowed_by_typing_and_keeps_what_is_ticked(
    chrome: Browser, full_house: House
) -> None:
    with desk(chrome, full_house, "screens") as window:
        window.goto("/desk/whistles/")
        listed = window.locator("#called")
        listed.get_by_label("Housing", exact=False).check()
        find = listed.get_by_role("searchbox")
        find.fill("security")
        expect(listed.get_by_label("Public Security", exact=False).first).to_be_visible()
        expect(listed.get_by_label("Housing", exact=False)).to_be_checked()
        expect(listed.get_by_label("Market", exact=False).first).to_be_hidden()
        find.press("Enter")
        expect(window).to_have_url(re.compile(r"/desk/whistles/$"))
        expect(window.locator(".alert-danger")).to_have_count(0)


def test_the_tick_of_a_helper_goes_where_it_is_chosen_to_lead_and_comes_back(
    chrome: Browser, full_house: House
) -> None:
    with desk(chrome, full_house, "screens") as window:
        take_in(window, "roads", "人行道的地砖翘起来了，老人容易绊倒。")
        form, lead = window.locator("#dispatch"), window.locator("#lead")
        if not form.locator("#helpers").is_visible():
            form.locator("details:has(#helpers) > summary").click()
        lead.select_option("330205-housing")
        box = form.locator("input[name=helpers][value='330205-enforcement']")
        box.check()
        lead.select_option("330205-enforcement")
        expect(box).not_to_be_checked()
        lead.select_option("330205-housing")
        expect(box).to_be_checked()
        lead.select_option("330205-enforcement")
        form.get_by_role("button", name="Dispatch").click()
        expect(window.locator(".pq-title .badge").first).to_contain_text("Dispatched")
