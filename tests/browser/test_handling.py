"""One matter through the district in a real browser: told by telephone, given to the street, given back, handled by two
departments, objected to, carried over a merger, answered, badly rated, reopened, closed; and who sees it when."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from pianqu.composition.screens.filling import ROLES
from pianqu.composition.screens.house import House
from pianqu.composition.screens.taking import sign_in

TELEPHONE = "10005551234"
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


def take_call(page: Page) -> str:
    """A clerk writes down what a resident tells by telephone; answers the code that is read out."""
    page.goto("/desk/intake/?channel=phone")
    page.fill("#words", WORDS)
    page.get_by_label("Cleanliness and environment").check()
    page.select_option("#community", "330205005003")
    page.fill("#contact", TELEPHONE)
    page.locator("#contact").press("Enter")
    expect(page.get_by_text("Read the code to the caller")).to_be_visible()
    return page.locator(".pq-code").inner_text()


def follow(page: Page, code: str) -> None:
    """The resident finds the matter with the code and the last digits of the number."""
    page.goto("/follow/")
    page.fill("[name=code]", code)
    page.fill("[name=proof]", TELEPHONE[-4:])
    page.locator("main form button").first.click()
    expect(page.get_by_text(WORDS)).to_be_visible()


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
        page.locator(f"#helpers [value='{helper}']").check()
    page.locator("#dispatch").get_by_role("button", name="Dispatch").click()
    expect(page.locator(".pq-title .badge").first).to_contain_text("Dispatched")


def say(page: Page, name: str, words: str, *, cites: bool = False) -> None:
    """Open one of the folded acts, fill it in, send it; with the first item that the page offers to cite."""
    form = page.locator(f"form[action$='/act/{name}/']")
    if not form.is_visible():
        page.locator(f"details:has(form[action$='/act/{name}/']) > summary").click()
    if cites:
        form.locator("[name=article]").fill(form.locator("datalist option").first.get_attribute("value") or "")
    form.locator("[name=words]").fill(words)
    form.locator("button:visible:not([data-put-in])").first.click()
    page.wait_for_load_state()


def answer(page: Page, words: str) -> None:
    page.locator("#reply").fill(words)
    page.locator("#answer").get_by_role("button", name="Resolve").click()
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


STREET = "330205005000"
CENTRE = {"screens", "checker", "boss", "admin", "auditor"}
GROUND = {"street", "community", "cluster", "squad"}
"""Whose ground it lies on, and the station that takes part in the street's platform: they see it whoever handles it."""

MEMBERS = {"squad": "enforcement"}
"""Who takes part in a platform with an organisation that has no ground of its own."""


def seen(chrome: Browser, place: House, address: str) -> set[str]:
    """Which of all colleagues see it, on the list and by its address."""
    return {login for login in ("screens", *(role[0] for role in ROLES)) if sees(chrome, place, login, address) == 200}


def sees(chrome: Browser, place: House, login: str, address: str) -> int:
    with desk(chrome, place, login) as page:
        found = page.goto(address)
        assert found is not None
        listed = WORDS[:8] in ((page.goto("/desk/?q=" + WORDS[:4]) and page.content()) or "")
        if (
            login in MEMBERS and not listed
        ):  # what one sees as a member stands in the platform's queue, and on no other list
            page.goto(f"/desk/platforms/{MEMBERS[login]}/")
            listed = page.locator("#queue").get_by_text(WORDS[:8]).count() > 0
        assert listed == (found.status == 200), f"{login}: list and page disagree"
        return found.status


def test_a_matter_across_departments(chrome: Browser, full_house: House, resident: Page) -> None:
    with desk(chrome, full_house, "screens") as window:
        code = take_call(window)
        window.get_by_role("link", name="Accept and dispatch it").click()
        address = re.sub(r"^https?://[^/]+", "", window.url)
        expect(window.get_by_text("合成清单第 6 项")).to_be_visible()  # by the list it is the street's
        dispatch(window, STREET)
    follow(resident, code)

    with desk(chrome, full_house, "street") as street:
        open_case(street, code)
        say(street, "return", "夜市不归街道。", cites=True)
    assert seen(chrome, full_house, address) == GROUND | CENTRE

    with desk(chrome, full_house, "screens") as window:
        open_case(window, code)
        assert state(window) == "Returned"
        dispatch(window, "330205-housing", "330205-police")
    assert seen(chrome, full_house, address) == GROUND | CENTRE | {"housing", "police"}

    with desk(chrome, full_house, "housing") as housing:
        open_case(housing, code)
        say(housing, "object", "清单上夜市由综合执法负责。", cites=True)
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
    joint = GROUND | CENTRE | {"enforcement", "police"}
    assert seen(chrome, full_house, address) == joint, "who has no part any more does not see it"

    with desk(chrome, full_house, "enforcement") as bureau:
        open_case(bureau, code)
        bureau.get_by_role("button", name="Begin").click()
        expect(bureau.locator(".pq-title .badge").first).to_contain_text("In progress")

    with desk(chrome, full_house, "admin") as admin:
        merge(admin, "330205-enforcement", "330205-order", "城市秩序局")
    assert seen(chrome, full_house, address) == joint, "posts and stations went along"
    with desk(chrome, full_house, "enforcement") as bureau:  # the same person, whose post went along
        open_case(bureau, code)
        expect(bureau.get_by_text("Handed over: organisations were merged or split")).to_be_visible()
        expect(bureau.get_by_text("→ 城市秩序局")).to_be_visible()
        bureau.locator("#reply").fill("已清理。")
        bureau.locator("#answer").get_by_role("button", name="Resolve").click()
        expect(bureau.get_by_text("have not done their part yet").first).to_be_visible()
        expect(bureau.locator("#reply")).to_have_value("已清理。")
        with desk(chrome, full_house, "police") as police:
            open_case(police, code)
            say(police, "finish", "消防通道已清空。")
        answer(bureau, "夜市已规范，通道已清空。")

    resident.reload()
    expect(resident.get_by_text("夜市已规范，通道已清空。").first).to_be_visible()
    resident.get_by_label("1", exact=True).check()
    resident.get_by_role("button", name="评价答复").click()
    expect(resident.get_by_text("重开：答复没有解决问题").first).to_be_visible()  # a bad rating reopens it

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
        checker.get_by_label("Satisfied", exact=True).check()
        checker.get_by_role("button", name="Write it down").click()
        expect(checker.get_by_role("heading", name="Call-backs")).to_be_visible()
        open_case(checker, code)
        checker.get_by_role("button", name="Close and archive").click()
        expect(checker.locator(".pq-title .badge").first).to_contain_text("Closed")
    resident.reload()
    expect(resident.get_by_text("已安排每晚值守。").first).to_be_visible()
    expect(resident.get_by_text("清单写得清楚。")).to_have_count(0)  # inner words stay inside
