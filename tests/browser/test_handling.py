"""One matter through the district in a real browser: dispatched, joined, objected to, answered, reopened; and who sees it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from pianqu.composition.screens.house import House
from pianqu.composition.screens.taking import sign_in

WORDS = "夜市占道，油烟很大，消防通道也堵了。"


@contextmanager
def desk(chrome: Browser, place: House, login: str) -> Iterator[Page]:
    """A colleague's own browser."""
    context = chrome.new_context(base_url=place.url, locale="en-GB", viewport={"width": 1280, "height": 900})
    context.set_default_timeout(15_000)
    page = context.new_page()
    sign_in(page, {**place.told, "login": login})
    yield page
    context.close()


@pytest.fixture
def resident(chrome: Browser, full_house: House) -> Iterator[Page]:
    context: BrowserContext = chrome.new_context(base_url=full_house.url, locale="zh-CN")
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()


def report(page: Page) -> str:
    """A resident reports; answers the code."""
    page.goto("/report/")
    page.fill("#words", WORDS)
    page.get_by_label("环境卫生").check()
    page.select_option("#community", "330205005003")
    page.locator("main form button.btn-primary").last.click()
    page.wait_for_url("**/case/**")
    return page.locator(".pq-code").inner_text()


def open_case(page: Page, code: str) -> None:
    """By its code from the list."""
    page.goto(f"/desk/?q={code}")
    page.get_by_role("link", name=code).click()
    expect(page.get_by_text(WORDS)).to_be_visible()


def state(page: Page) -> str:
    return page.locator(".pq-title .badge").first.inner_text().strip()


def dispatch(page: Page, lead: str, helper: str = "") -> None:
    page.locator("#lead").select_option(lead)
    if helper:
        page.get_by_text("Others help, or a word to them").click()
        page.locator("#helpers").select_option(helper)
    page.locator("#dispatch").get_by_role("button", name="Dispatch").click()
    expect(page.locator(".pq-title .badge").first).to_contain_text("Dispatched")


def say(page: Page, name: str, words: str, article: str = "") -> None:
    """Open one of the folded acts, fill it in, send it."""
    form = page.locator(f"form[action$='/act/{name}/']")
    if not form.is_visible():
        page.locator(f"details:has(form[action$='/act/{name}/']) > summary").click()
    if article:
        form.locator("[name=article]").fill(article)
    form.locator("[name=words]").fill(words)
    form.locator("button").first.click()
    page.wait_for_load_state()


def answer(page: Page, words: str) -> None:
    page.locator("#reply").fill(words)
    page.locator("#answer button").click()
    expect(page.locator(".pq-title .badge").first).to_contain_text("Resolved")


def merge(page: Page, old: str, new: str, name: str) -> None:
    """An administrator lets a new organisation take over: preview first, then carried out, with a report."""
    page.goto("/desk/reorganise/")
    page.locator("#of").select_option(old)
    page.locator("#target").select_option("new")
    page.fill("#code", new)
    page.fill("#name", name)
    page.get_by_role("button", name="Show a preview").click()
    expect(page.get_by_text("Nothing was changed yet")).to_be_visible()
    page.get_by_role("button", name="Carry it out").click()
    expect(page.get_by_role("heading", name="Report of a reorganisation")).to_be_visible()
    expect(page.get_by_role("row", name=name)).to_be_visible()


def sees(chrome: Browser, place: House, login: str, address: str) -> int:
    with desk(chrome, place, login) as page:
        found = page.goto(address)
        assert found is not None
        listed = WORDS[:8] in ((page.goto("/desk/?q=" + WORDS[:4]) and page.content()) or "")
        assert listed == (found.status == 200), f"{login}: list and page disagree"
        return found.status


def test_a_matter_across_departments(chrome: Browser, full_house: House, resident: Page) -> None:
    code = report(resident)

    with desk(chrome, full_house, "screens") as window:
        open_case(window, code)
        address = re.sub(r"^https?://[^/]+", "", window.url)
        dispatch(window, "330205-housing")

    who = {"screens": 200, "checker": 200, "boss": 200, "housing": 200, "enforcement": 404, "health": 404}
    assert {login: sees(chrome, full_house, login, address) for login in who} == who

    with desk(chrome, full_house, "housing") as housing:
        open_case(housing, code)
        say(housing, "object", "清单上夜市由综合执法负责。", article="清单 27")
        expect(housing.get_by_text("Objects", exact=True)).to_be_visible()

    with desk(chrome, full_house, "screens") as window:
        open_case(window, code)
        expect(window.get_by_text("Decide on the objection")).to_have_count(0)  # who dispatched does not decide
    with desk(chrome, full_house, "checker") as checker:
        open_case(checker, code)
        checker.locator("#review-words").fill("清单写得清楚。")
        checker.get_by_role("button", name="Uphold: back to the centre").click()
        expect(checker.locator(".pq-title .badge").first).to_contain_text("Returned")
        dispatch(checker, "330205-enforcement", "330205-police")
    assert sees(chrome, full_house, "housing", address) == 404, "who has no part any more does not see it"

    with desk(chrome, full_house, "enforcement") as bureau:
        open_case(bureau, code)
        bureau.get_by_role("button", name="Begin").click()
        expect(bureau.locator(".pq-title .badge").first).to_contain_text("In progress")

    with desk(chrome, full_house, "admin") as admin:
        merge(admin, "330205-enforcement", "330205-order", "城市秩序局")
    with desk(chrome, full_house, "enforcement") as bureau:  # the same person, whose post went along
        open_case(bureau, code)
        expect(bureau.get_by_text("Handed over: organisations were merged or split")).to_be_visible()
        expect(bureau.get_by_text("→ 城市秩序局")).to_be_visible()
        bureau.locator("#reply").fill("已清理。")
        bureau.locator("#answer button").click()
        expect(bureau.get_by_text("have not done their part yet")).to_be_visible()
        expect(bureau.locator("#reply")).to_have_value("已清理。")
        with desk(chrome, full_house, "police") as police:
            open_case(police, code)
            say(police, "finish", "消防通道已清空。")
        answer(bureau, "夜市已规范，通道已清空。")

    resident.reload()
    expect(resident.get_by_text("夜市已规范，通道已清空。").first).to_be_visible()
    resident.get_by_label("1", exact=True).check()
    resident.get_by_role("button", name="评价答复").click()
    resident.get_by_text("没有解决，要求再办").click()
    resident.fill("#reopen-words", "当天晚上又摆出来了。")
    resident.get_by_role("button", name="要求重开").click()
    expect(resident.get_by_text("当天晚上又摆出来了。")).to_be_visible()

    with desk(chrome, full_house, "screens") as window:
        open_case(window, code)
        assert state(window) == "Reopened"
        expect(window.locator("#lead option[value='330205-enforcement']")).to_have_count(0)
        dispatch(window, "330205-order")
    with desk(chrome, full_house, "enforcement") as bureau:
        open_case(bureau, code)
        answer(bureau, "已安排每晚值守。")
    with desk(chrome, full_house, "checker") as checker:
        open_case(checker, code)
        checker.locator("#score").select_option("5")
        checker.get_by_role("button", name="Write down the call").click()
        expect(checker.locator(".pq-title .badge").first).to_contain_text("Rated")
        checker.get_by_role("button", name="Close and archive").click()
        expect(checker.locator(".pq-title .badge").first).to_contain_text("Closed")
    resident.reload()
    expect(resident.get_by_text("已安排每晚值守。").first).to_be_visible()
    expect(resident.get_by_text("清单写得清楚。")).to_have_count(0)  # inner words stay inside
