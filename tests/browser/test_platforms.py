"""The main act of each of the four platforms in a real browser, by members of a street's platforms; and a matter that moves."""

import re

from playwright.sync_api import Browser, Page, expect

from pianqu.composition.screens.house import House
from tests.browser.test_handling import desk

STREET, COMMUNITY = "330205005000", "330205005003"


def take_in(page: Page, category: str, words: str) -> str:
    """Taken down at the telephone; answers the address of the matter."""
    page.goto("/desk/intake/?channel=phone")
    page.fill("#words", words)
    page.locator(f"input[name=category][value={category}]").check()
    page.select_option("#community", COMMUNITY)
    page.fill("#contact", "10005559876")
    page.locator("#contact").press("Enter")
    page.get_by_role("link", name="Accept and dispatch it").click()
    return re.sub(r"^https?://[^/]+", "", page.url)


def give(page: Page, address: str, lead: str) -> None:
    page.goto(address)
    page.locator("#lead").select_option(lead)
    page.locator("#dispatch").get_by_role("button", name="Dispatch").click()
    expect(page.locator(".pq-title .badge").first).to_contain_text("Dispatched")


def act(page: Page, words: str, button: str, **fields: str) -> None:
    """The platform's main act, from the folded form on the matter's page."""
    page.locator("#platform-act > summary").click()
    for name, value in fields.items():
        page.locator(f"#platform-act [name={name}]").select_option(value)
    page.fill("#act-words", words)
    page.get_by_role("button", name=button).click()
    page.wait_for_load_state()


def paper(page: Page, title: str, words: str) -> None:
    """What was done stands in the timeline, and on a paper that can be printed."""
    expect(page.locator(".pq-tl").get_by_text(words)).to_be_visible()
    page.get_by_role("link", name=title).click()
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    expect(page.get_by_text(words)).to_be_visible()
    expect(page.get_by_role("button", name="Print")).to_be_visible()


def test_the_main_act_of_each_platform(chrome: Browser, full_house: House) -> None:
    with desk(chrome, full_house, "screens") as window:
        market = take_in(window, "market", "小吃店的生肉和熟食放在一起卖。")
        noise = take_in(window, "noise", "店门口装修到半夜，纸箱堆满人行道。")
        service = take_in(window, "services", "老人行动不便，怎么办优待证？")
        dispute = take_in(window, "environment", "两家为门口堆垃圾吵了一个月，昨天动了手。")

    with desk(chrome, full_house, "street") as street:  # a member of all four
        street.goto("/desk/platforms/")
        expect(street.get_by_text("you take part")).to_have_count(4)
        street.get_by_role("link", name="Market regulation").click()
        street.get_by_text("小吃店的生肉").wait_for()
        street.goto(market)
        act(street, "生熟已分柜，现场改正。", "Keep the record", outcome="put-right")
        paper(street, "Record of an inspection on the spot", "生熟已分柜，现场改正。")

        street.goto(service)
        act(street, "带身份证到三号窗口，也可以上门。", "Keep, and print the slip", outcome="service")
        expect(street.get_by_role("heading", name="Guidance slip")).to_be_visible()
        street.goto(service)
        paper(street, "Guidance slip", "带身份证到三号窗口，也可以上门。")

    with desk(chrome, full_house, "squad") as squad:  # the station takes part in law enforcement, and in nothing else
        squad.goto("/desk/platforms/enforcement/")
        expect(squad.get_by_text("纸箱堆满人行道")).to_be_visible()
        squad.goto(noise)
        act(squad, "请清走人行道上的纸箱。", "Serve the notice")
        paper(squad, "Notice to put it right", "请清走人行道上的纸箱。")
        squad.goto(noise)
        squad.fill("#check-words", "已全部清走。")
        squad.get_by_role("button", name="Put right", exact=True).click()
        expect(squad.locator(".pq-tl").get_by_text("已全部清走。")).to_be_visible()
        found = squad.goto(market)
        assert found is not None and found.status == 404

    with desk(chrome, full_house, "screens") as window:
        give(window, dispute, STREET)
        window.locator("#platform details:has(#to-platform) > summary").click()
        window.locator("#to-platform").select_option("order")
        window.fill("#move-words", "动了手，先稳住双方。")
        window.get_by_role("button", name="Move", exact=True).click()
        expect(window.locator(".pq-tl").get_by_text("动了手，先稳住双方。")).to_be_visible()
        expect(window.locator(".pq-title .badge").first).to_contain_text("Returned")
        give(window, dispute, STREET)
    with desk(chrome, full_house, "street") as street:
        street.goto("/desk/notices/")
        expect(street.get_by_text("Moved to another platform").first).to_be_visible()
        street.goto(dispute)
        street.locator("#platform-act > summary").click()
        street.locator("#platform-act [name=members]").first.check()
        street.fill("#act-words", "请明天下午到社区一起谈。")
        street.get_by_role("button", name="Call them").click()
        paper(street, "Call to joint handling", "请明天下午到社区一起谈。")


def test_the_groups_of_the_bar_by_keyboard(chrome: Browser, full_house: House) -> None:
    with desk(chrome, full_house, "screens") as page:
        page.goto("/desk/")
        group = page.locator(".pq-nav summary", has_text="Together")
        group.focus()
        page.keyboard.press("Enter")
        expect(page.locator(".pq-nav").get_by_role("link", name="Four platforms")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator(".pq-nav").get_by_role("link", name="Four platforms")).to_be_hidden()
        expect(group).to_be_focused()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Four platforms")).to_be_visible()
        page.set_viewport_size({"width": 390, "height": 844})
        page.locator(".pq-menu > summary").click()
        expect(page.locator(".pq-menu").get_by_text("Together")).to_be_visible()
        page.locator(".pq-menu").get_by_role("link", name="Overview").click()
        expect(page.get_by_role("heading", name="Overview")).to_be_visible()
