"""A plan from the first slider to the grid in force, in a real browser with the real worker: by map, by table, by two people."""

import json
import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from playwright.sync_api import Page as Tab

from pianqu.composition.screens.house import House, house
from pianqu.composition.screens.taking import sign_in, tab
from tests.browser.test_pages import Watched, axe_faults

COMPUTED_MS = 180_000


@pytest.fixture(scope="module")
def district() -> Iterator[House]:
    """A house of its own: a plan that is put into force changes what others look at."""
    with house(empty=False) as place:
        yield place


def opened(page: Tab, draft: str, rest: str = "") -> None:
    page.goto(f"/desk/planning/{draft}/{rest}")
    page.wait_for_selector("[data-plan][data-started]")
    expect(page.locator("[data-canvas]")).to_have_attribute("data-drawn", re.compile("1|none"), timeout=30_000)


def state(page: Tab, draft: str) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(
        "at => fetch(at).then(answer => answer.json())", f"/desk/planning/{draft}/state.json"
    )
    return found


def settled(page: Tab, draft: str, revision: int) -> dict[str, Any]:
    """Once the page has taken over the revision."""
    expect(page.locator("[data-part=head]")).to_contain_text(f"修订 {revision}")
    return state(page, draft)


def begun(page: Tab, title: str, clusters: int = 8) -> str:
    page.goto("/desk/planning/")
    page.fill("#title", title)
    page.fill("#clusters", str(clusters))
    page.fill("#tolerance", "20")
    page.click("main form[data-once] button.btn-primary")
    page.wait_for_url("**/desk/planning/*/?done=begun")
    return page.url.split("/")[5]


def quick(page: Tab) -> None:
    """Few proposals: what is tested is the way, not the plan."""
    page.click("#set-more summary")
    page.fill("#set-sweeps", "60")
    page.fill("#set-tries", "1")
    page.click("form[data-settings] button")
    expect(page.locator("[data-said]")).to_contain_text("设置已保存")


def spot(page: Tab, unit: int) -> tuple[float, float]:
    """Where a unit's middle lies in the window."""
    script = """unit => {
        const canvas = document.querySelector("[data-plan]").planCanvas, box = canvas.place.getBoundingClientRect();
        const at = canvas.map.project(canvas.middles[unit].at);
        return [box.left + at.x, box.top + at.y]; }"""
    x, y = page.evaluate(script, unit)
    return x, y


def neighbour(page: Tab, draft: str, cluster: int) -> tuple[int, int]:
    """A unit of the cluster that can leave it without breaking it, and the cluster beside it."""
    script = """async ([draft, cluster]) => {
        const { Live } = await import("/static/planning/live.mjs");
        const now = await (await fetch(`/desk/planning/${draft}/state.json`)).json();
        const { units } = await (await fetch(`/desk/planning/${draft}/units.json`)).json();
        for (const [one, other] of units.borders.flatMap(([a, b]) => [[a, b], [b, a]])) {
            if (now.part[one] !== cluster || now.part[other] === cluster || now.part[other] < 0) continue;
            const live = new Live(units, now.settings, now.part, now.names.length);
            live.move(one, now.part[other]);
            if (!live.loose().length) return [one, now.part[other]];
        }
        return [-1, -1]; }"""
    unit, to = page.evaluate(script, [draft, cluster])
    assert unit >= 0, "no unit of this cluster can move"
    return unit, to


def test_a_plan_is_computed_edited_published_commented_and_put_into_force(chrome: Browser, district: House) -> None:
    with tab(chrome, district, width=1280, language="zh") as page:
        watched = Watched(page)
        sign_in(page, district.told, "admin")
        draft = begun(page, "浏览器里的片区方案")
        opened(page, draft)
        quick(page)
        page.click("[data-part=compute] button[value=plan]")
        expect(page.locator("[data-part=compute]")).to_contain_text("正在计算")
        expect(page.locator("[data-part=front] .pq-pl-plot")).to_be_visible(timeout=COMPUTED_MS)
        expect(page.locator("[data-part=compute]")).not_to_contain_text("正在计算", timeout=COMPUTED_MS)
        page.locator(".pq-pl-plot a").first.focus()
        page.keyboard.press("Enter")
        expect(page.locator("[data-trial]")).to_contain_text("算出的方案")
        page.keyboard.press("Enter")
        now = settled(page, draft, 2)
        assert not now["figures"]["loose"]

        unit, to = neighbour(page, draft, 0)
        page.click("#pick-0")
        expect(page.locator("tr[data-cluster='0']")).to_have_attribute("aria-selected", "true")
        page.wait_for_timeout(500)
        page.mouse.move(*spot(page, unit))
        page.mouse.down()
        beside = next(n for n, cluster in enumerate(now["part"]) if cluster == to)
        page.mouse.move(*spot(page, beside), steps=6)
        page.mouse.up()
        expect(page.locator("[data-trial]")).to_contain_text("试移")
        expect(page.locator("[data-told]")).to_contain_text("试移")
        assert state(page, draft)["revision"] == 2, "a trial is nothing until it is confirmed"
        page.click("[data-trial] [data-confirm]")
        assert settled(page, draft, 3)["part"][unit] == to

        page.click("[data-repair]")
        expect(page.locator("[data-said]")).to_contain_text(re.compile("修补好|没有办成"))
        now = state(page, draft)
        assert not now["figures"]["loose"]
        assert axe_faults(page) == []

        page.goto(f"/desk/planning/{draft}/publish/")
        page.fill("#day", page.evaluate("new Date(Date.now() + 8 * 3600e3).toISOString().slice(0, 10)"))
        page.click("main form[data-once] button.btn-primary")
        expect(page.locator("[data-said]")).to_contain_text("正在征求意见")
        assert watched.complaints == []

    with tab(chrome, district, width=390, language="zh") as page:
        watched = Watched(page)
        page.goto("/plans/")
        page.click("text=浏览器里的片区方案")
        page.fill("#words", "请把我们小区留在原来的片区")
        page.click("#say button")
        expect(page.locator("#comments")).to_contain_text("请把我们小区留在原来的片区")
        expect(page.locator("#comments li").first).to_contain_text("针对修订")
        expect(page.locator("[data-swipe]")).to_have_attribute("data-drawn", re.compile("1|none"), timeout=30_000)
        assert axe_faults(page) == [] and watched.complaints == []

    with tab(chrome, district, width=1280, language="zh") as page:
        sign_in(page, district.told, "admin")
        page.goto(f"/desk/planning/{draft}/adopt/")
        expect(page.locator("main")).to_contain_text("次日起")
        assert page.locator("#day").count() == 0, "what people may still say is waited for"
        draft = district.told["plan_decidable"]
        plan = state_of(page, draft)
        page.goto(f"/desk/planning/{draft}/adopt/")
        if page.locator("#reason").count():
            page.fill("#reason", "居民代表会议同意")
        page.click("main form[data-once] button.btn-primary")
        expect(page.locator("main")).to_contain_text("方案已决定生效")
        day = state_of(page, draft)["valid_from"]
        page.goto(f"/desk/territory/?on={day}")
        for one in plan["names"]:
            expect(page.locator("main")).to_contain_text(one["name"])


def state_of(page: Tab, draft: str) -> dict[str, Any]:
    page.goto(f"/desk/planning/{draft}/")
    return state(page, draft)


def test_everything_can_be_done_with_the_keyboard(chrome: Browser, district: House) -> None:
    with tab(chrome, district, width=1280, language="zh") as page:
        sign_in(page, district.told, "admin")
        draft = district.told["plan"]
        opened(page, draft)
        page.focus("#pick-1")
        page.keyboard.press("Enter")
        boxes = page.locator("[data-units] input[name=unit]")
        expect(boxes.first).to_be_visible()
        before = state(page, draft)
        unit = int(boxes.first.get_attribute("value") or "")
        boxes.first.focus()
        page.keyboard.press("m")
        assert page.evaluate("document.activeElement.id") == "move-to"
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.locator("[data-trial]")).to_be_visible()
        assert page.evaluate("document.activeElement.closest('[data-trial]') !== null")
        page.keyboard.press("Escape")
        expect(page.locator("[data-trial]")).to_be_hidden()
        page.focus("[data-units] button[value=try]")
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")
        after = settled(page, draft, before["revision"] + 1)
        assert after["part"][unit] != before["part"][unit]
        page.focus("[data-part=decide] button[value=undo]")
        page.keyboard.press("Enter")
        assert settled(page, draft, before["revision"] + 2)["part"] == before["part"]


def test_two_people_edit_one_draft_and_nothing_is_lost(chrome: Browser, district: House) -> None:
    draft = district.told["plan"]
    with (
        tab(chrome, district, width=1280, language="zh") as one,
        tab(chrome, district, width=1280, language="zh") as other,
    ):
        sign_in(one, district.told, "admin")
        sign_in(other, district.told, "boss")
        opened(one, draft, "?cluster=0")
        opened(other, draft, "?cluster=2")
        begun_at = state(one, draft)["revision"]
        mine = int(one.locator("[data-units] input[name=unit]").first.get_attribute("value") or "")
        one.locator("[data-units] input[name=unit]").first.check()
        one.click("[data-units] button[value=try]")
        expect(one.locator("[data-trial]")).to_be_visible()
        theirs = int(other.locator("[data-units] input[name=unit]").first.get_attribute("value") or "")
        other.locator("[data-units] input[name=unit]").first.check()
        other.click("[data-units] button[value=lock]")
        settled(other, draft, begun_at + 1)
        one.click("[data-trial] [data-confirm]")
        expect(one.locator("[data-said]")).to_contain_text("试移保留在上面")
        expect(one.locator("[data-trial]")).to_be_visible()
        one.click("[data-trial] [data-confirm]")
        now = settled(one, draft, begun_at + 2)
        assert theirs in now["locks"]
        assert mine not in now["locks"]


def test_a_draft_is_worked_on_without_a_script(chrome: Browser, district: House) -> None:
    context = chrome.new_context(base_url=district.url, locale="zh-CN", java_script_enabled=False)
    try:
        page = context.new_page()
        sign_in(page, district.told, "admin")
        page.goto(f"/desk/planning/{district.told['plan']}/?cluster=1")
        page.locator("#units input[name=unit]").first.check()
        page.click("#units button[value=try]")
        expect(page.locator("#trial")).to_contain_text("变动户数")
        page.click("#trial button")
        expect(page.locator("main")).to_contain_text("方案已改动")
        page.click("[data-part=decide] button[value=undo]")
        expect(page.locator("main")).to_contain_text("方案已改动")
        page.locator("#front-table summary").click()
        page.locator("#front-table a").first.click()
        expect(page.locator("#trial")).to_contain_text("用这个方案")
    finally:
        context.close()


def test_the_record_of_a_published_plan_is_complete(chrome: Browser, district: House) -> None:
    with tab(chrome, district, width=1280, language="zh") as page:
        page.goto(f"/plans/{district.told['plan_published']}/")
        with page.expect_download() as got:
            page.click("a[href$='record.json']")
        record = json.loads(got.value.path().read_text())
        assert uuid.UUID(record["draft"]) == uuid.UUID(district.told["plan_published"])
        assert record["units_digest"] in page.locator("main").inner_text()


def test_a_draft_of_thousands_of_plots_is_painted_and_its_tables_stay_short(chrome: Browser, district: House) -> None:
    with tab(chrome, district, width=1280, language="zh") as page:
        watched = Watched(page)
        sign_in(page, district.told, "admin")
        page.goto("/desk/planning/")
        page.fill("#title", "浏览器里的网格方案")
        page.check("[name=level][value=cells]")
        page.click("main form[data-once] button.btn-primary")
        page.wait_for_url("**/desk/planning/*/?done=begun")
        draft = page.url.split("/")[5]
        now = state(page, draft)
        assert len(now["part"]) > 1_000 and len(now["names"]) > 60
        unit, to, abroad = page.evaluate(
            """async ([part, draft]) => {
                const { units } = await (await fetch(`/desk/planning/${draft}/units.json`)).json();
                const apart = ([one, other]) => part[one] !== part[other];
                const [one, other] = units.borders.filter(apart).find(([a, b]) => units.groups[a] === units.groups[b]);
                return [one, part[other], units.groups.findIndex((group) => group !== units.groups[one])]; }""",
            [now["part"], draft],
        )
        opened(page, draft, f"?cluster={to}")
        assert page.locator("tr[data-cluster]").count() <= 20
        assert len(page.content()) < 250_000
        expect(page.locator(f"tr[data-cluster='{to}']")).to_have_attribute("aria-selected", "true")
        page.click("[data-tool=paint]")
        for where, seen in ((abroad, "[data-hint][data-refused]"), (unit, "[data-trial]")):
            look = """unit => { const canvas = document.querySelector("[data-plan]").planCanvas;
                canvas.map.jumpTo({ center: canvas.middles[unit].at, zoom: 15 }); }"""
            page.evaluate(look, where)
            page.wait_for_timeout(1_000)
            page.mouse.move(*spot(page, where))
            page.mouse.down()
            page.mouse.up()
            expect(page.locator(seen)).to_be_visible()
        expect(page.locator("[data-trial]")).to_contain_text("试移")
        page.click("[data-trial] [data-confirm]")
        assert settled(page, draft, 1)["part"][unit] == to
        assert watched.complaints == []
