"""A handler begins an answer with a template and reads it through, and mentions a colleague, who hears of it."""

import re

from playwright.sync_api import Browser, Page, expect

from pianqu.composition.screens.house import House
from tests.browser.test_handling import desk
from tests.browser.test_platforms import give, take_in

BUREAU = "330205-housing"


def make_template(page: Page, name: str, words: str) -> None:
    """An administrator keeps a template for all."""
    page.goto("/desk/replies/")
    page.fill("#name", name)
    page.locator("#use").select_option("answer")
    whose = page.locator("[name=whose][value=all]")
    if whose.count():
        whose.check()
    page.fill("#words", "您好！{{手机号}}")
    page.get_by_role("button", name="Keep the template").click()
    expect(page.locator("#template-error")).to_contain_text("手机号")  # no such variable; what was typed is kept
    expect(page.locator("#name")).to_have_value(name)
    page.fill("#words", words)
    page.get_by_role("button", name="Keep the template").click()
    page.wait_for_load_state()


def test_a_template_begins_an_answer_and_a_colleague_is_mentioned(chrome: Browser, full_house: House) -> None:
    with desk(chrome, full_house, "admin") as admin:
        make_template(admin, "已修好", "您好！您反映的{{地点}}{{事项类别}}问题已办结。")
        expect(admin.get_by_text("已修好").first).to_be_visible()

    with desk(chrome, full_house, "screens") as window:
        matter = take_in(window, "roads", "楼下路灯不亮，晚上看不见路。")
        give(window, matter, BUREAU)

    with desk(chrome, full_house, "housing") as bureau:
        bureau.goto(matter)
        bureau.fill("#reply", "师傅昨晚到场。")
        made = bureau.locator("#resolve-template option", has_text="已修好").first.get_attribute("value")
        bureau.locator("#resolve-template").select_option(made)
        bureau.locator("#answer [data-put-in]").click()
        expect(bureau.locator("#reply")).to_have_value(
            re.compile(r"^师傅昨晚到场。\s+您好！您反映的[^{}]+问题已办结。$")
        )
        expect(bureau.locator("#reply")).to_be_focused()

        note = bureau.locator("form[action*='/note']").first
        note.locator("textarea").fill("@nobody-here 请看一下。")
        note.locator("button:visible").first.click()
        bureau.wait_for_load_state()
        expect(bureau.locator(".pq-error").first).to_be_visible()
        expect(bureau.locator("main textarea").filter(has_text="请看一下").first).to_be_visible()  # the words are kept
        bureau.goto(matter)
        note = bureau.locator("form[action*='/note']").first
        note.locator("textarea").fill("@screens 灯杆编号已补录，请核对。")
        note.locator("button:visible").first.click()
        bureau.wait_for_load_state()

    with desk(chrome, full_house, "screens") as window:
        window.goto("/desk/mentions/")
        expect(window.get_by_text("灯杆编号已补录").first).to_be_visible()
        window.goto(matter)
        expect(window.get_by_text("灯杆编号已补录").first).to_be_visible()

    with desk(chrome, full_house, "housing") as bureau:
        bureau.goto(matter)
        bureau.fill("#reply", "您好！{{地点}}的灯已修好。")
        bureau.locator("#answer").get_by_role("button", name="Resolve").click()
        expect(bureau.locator("#reply")).to_have_value("您好！{{地点}}的灯已修好。")  # no blank is sent
        bureau.fill("#reply", "您好！灯已修好。")
        bureau.locator("#answer").get_by_role("button", name="Resolve").click()
        expect(bureau.locator(".pq-title .badge").first).to_contain_text("Resolved")
