"""A resident whose matter was reported already: asked whether it is the same, joins it, and has an answer of their own."""

import re

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from pianqu.composition.demo.joined import AGAIN, TITLE
from pianqu.composition.screens.house import House
from tests.browser.test_handling import desk

ANSWER, OWN = "步道路灯全部修复，共更换六盏。", "您说的台阶处另加了一盏。"


def told(page: Page, words: str) -> None:
    page.goto("/report/")
    page.fill("#words", words)
    page.get_by_label("道路与公共设施").check()
    page.fill("#landmark", "姚江边步道")


def test_a_resident_joins_and_has_an_answer_and_a_rating_of_their_own(chrome: Browser, full_house: House) -> None:
    led = full_house.told["led"]
    context = chrome.new_context(base_url=full_house.url, locale="zh-CN", viewport={"width": 390, "height": 844})
    context.set_default_timeout(15_000)
    page = context.new_page()
    told(page, AGAIN)
    page.select_option("#community", index=1)  # where the demo's matter lies
    expect(page.get_by_role("heading", name="是不是其中一个？")).to_be_visible()
    expect(page.get_by_text(TITLE).first).to_be_visible()
    expect(page.get_by_text("连着坏了六盏")).to_have_count(0)  # nobody reads what another wrote
    page.locator("li", has_text=TITLE).get_by_role("button", name="是，加入这件").click()
    page.wait_for_url("**/case/**")
    code = page.locator(".pq-code").inner_text()
    assert re.fullmatch(r"\w{4}-\w{4}", code)
    receipt = page.url

    with desk(chrome, full_house, "screens") as window:
        window.goto(f"/desk/?q={code}")
        window.get_by_role("link", name=code).click()
        window.wait_for_url("**/desk/case/**")
        own = window.url.rstrip("/").split("/")[-1]
        window.goto(f"/desk/case/{led}/joined/")
        window.fill("#joint-reply", ANSWER)
        window.click(f"#own-label-{own}")
        window.fill(f"#own-{own}", OWN)
        window.get_by_role("button", name="Send the answers").click()
        window.wait_for_load_state()

    for _turn in range(20):
        page.goto(receipt)
        if page.get_by_text(OWN).count():
            break
        page.wait_for_timeout(1_000)
    expect(page.get_by_text(OWN).first).to_be_visible()
    expect(page.get_by_text(ANSWER).first).to_be_visible()
    page.get_by_label("5", exact=True).check()
    page.get_by_role("button", name="评价答复").click()
    expect(page.locator("#rate button.btn-primary")).to_have_count(0)
    context.close()


def test_a_second_tap_sends_nothing_twice(chrome: Browser, full_house: House) -> None:
    words = "儿童滑梯的扶手松了，一晃就响。"
    context = chrome.new_context(base_url=full_house.url, locale="zh-CN", viewport={"width": 390, "height": 844})
    page = context.new_page()
    sent = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.goto("/report/")
    page.fill("#words", words)
    page.get_by_label("道路与公共设施").check()
    page.select_option("#community", "330205005003")
    page.wait_for_timeout(1_000)  # the form's own questions are over
    sent.clear()
    page.locator("main form button.btn-primary").last.evaluate("button => { button.click(); button.click(); }")
    page.wait_for_url("**/case/**")
    assert [url for url in sent if url.endswith("/report/")] == [f"{full_house.url}/report/"]
    with desk(chrome, full_house, "screens") as window:
        window.goto(f"/desk/?q={words[:8]}")
        expect(window.locator("tbody a.mono")).to_have_count(1)
    context.close()


ASKED = "<p>是不是这件？</p>" * 12


@pytest.mark.parametrize("is_sent", [True, False], ids=["let go on the button", "let go beside it"])
def test_what_comes_in_while_the_button_is_pressed_does_not_move_it(
    chrome: Browser, full_house: House, is_sent: bool
) -> None:
    context = chrome.new_context(base_url=full_house.url, locale="zh-CN", viewport={"width": 1280, "height": 720})
    page = context.new_page()
    held: list[Route] = []
    page.route("**/report/alike/", lambda route: held.append(route))
    told(page, "树枝压在人行道的栏杆上。")
    page.select_option("#community", index=2)
    page.wait_for_timeout(800)
    button = page.locator("main form button.btn-primary").last
    button.scroll_into_view_if_needed()
    box = button.bounding_box()
    assert box and held
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    for route in held:
        with page.expect_event("requestfinished"):
            route.fulfill(content_type="text/html", body=ASKED)
    assert button.bounding_box() == box and page.get_by_text("是不是这件？").count() == 0
    if is_sent:
        with page.expect_request(lambda asked: asked.method == "POST" and asked.url.endswith("/report/")):
            page.mouse.up()
    else:
        page.mouse.move(2, 2)
        page.mouse.up()
        expect(page.get_by_text("是不是这件？")).to_have_count(12)
        assert button.bounding_box() != box
    context.close()
