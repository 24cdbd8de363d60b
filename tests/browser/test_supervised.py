"""A leader presses for a matter (督办) until its answer settles it, and calls its reporter back; the handler may do neither."""

import re

from playwright.sync_api import Browser, expect

from pianqu.composition.screens.house import House
from tests.browser.test_handling import desk, say
from tests.browser.test_platforms import give, take_in

BUREAU = "330205-housing"


def test_a_leader_presses_until_it_is_settled_and_calls_back(chrome: Browser, full_house: House) -> None:
    with desk(chrome, full_house, "screens") as window:
        matter = take_in(window, "noise", "烧烤店排风机整夜轰鸣，投诉三次没人来。")
        give(window, matter, BUREAU)
        window.goto(matter)
        expect(window.locator("#supervision")).to_have_count(0)  # a clerk of the window does not press

    with desk(chrome, full_house, "boss") as boss:
        boss.goto(matter)
        boss.locator("#supervision summary").first.click()
        press = boss.locator("form[action$='/act/supervise/']")
        press.locator("[name=level]").select_option("priority")
        press.locator("button").click()
        expect(boss.locator("#supervision .pq-error")).to_be_visible()  # a demand needs words
        expect(boss.locator("#supervision [name=level]")).to_have_value("priority")
        boss.fill("#supervise-words", "今晚必须有人到场，明天答复。")
        press.locator("button").click()
        expect(boss.locator("#supervision")).to_contain_text("今晚必须有人到场")
        expect(boss.locator("#supervision")).to_contain_text(
            re.compile(r"left|day|hour", re.IGNORECASE)
        )  # its clock runs
        expect(boss.get_by_role("button", name="Accept the answer")).to_have_count(0)
        boss.goto("/desk/supervision/")
        expect(boss.get_by_text("烧烤店排风机").first).to_be_visible()

    with desk(chrome, full_house, "housing") as bureau:
        bureau.goto("/desk/notices/")
        expect(bureau.locator(f"a[href*='{matter}']").first).to_be_visible()
        bureau.goto(matter)
        expect(bureau.locator("#supervision")).to_contain_text("今晚必须有人到场")
        say(bureau, "answer-supervision", "今晚八点到场，责令停机。")
        expect(bureau.get_by_role("button", name="Accept the answer")).to_have_count(0)  # not by who owed it

    with desk(chrome, full_house, "boss") as boss:
        boss.goto(matter)
        expect(boss.locator("#supervision")).to_contain_text("今晚八点到场")
        boss.get_by_role("button", name="Accept the answer").click()
        boss.wait_for_load_state()
        expect(boss.get_by_role("button", name="Accept the answer")).to_have_count(0)
        expect(boss.locator(".pq-tl")).to_contain_text("今晚必须有人到场")

    with desk(chrome, full_house, "housing") as bureau:
        bureau.goto(matter)
        bureau.fill("#reply", "排风机已停，限期改造。")
        bureau.locator("#answer").get_by_role("button", name="Resolve").click()
        expect(bureau.locator(".pq-title .badge").first).to_contain_text("Resolved")
        expect(bureau.locator("#call-back")).to_have_count(0)  # who answered does not ask whether it was good

    with desk(chrome, full_house, "checker") as other:
        other.goto(matter)
        call = other.locator("#call-back")
        call.locator("#score").select_option("5")
        call.locator("[name=words]").fill("说这两晚安静了。")
        call.get_by_role("button", name="Write down the call").click()
        other.wait_for_load_state()
        other.goto(matter)
        expect(other.locator("#call-back")).to_have_count(0)
        expect(other.locator(".pq-tl")).to_contain_text("说这两晚安静了。")
        other.get_by_role("button", name="Close and archive").click()
        expect(other.locator(".pq-title .badge").first).to_contain_text("Closed")
