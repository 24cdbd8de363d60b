"""A district's way from three departments' grids to cells and clusters of its own, by its pages alone, with the real worker.

A matter that was filed before keeps its cell; one that is filed at the same place afterwards gets the new one.
"""

import json
import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import shapely
from playwright.sync_api import Browser, expect
from playwright.sync_api import Page as Tab
from shapely.geometry import mapping, shape

from pianqu.composition import district
from pianqu.composition.screens.house import House, house
from pianqu.composition.screens.taking import sign_in, tab
from tests.browser.test_pages import Watched

COMPUTED_MS = 240_000
OLD = "老网格"
HOMES, HOUSES = 150, 6
"""Households of a building, buildings of a community: two or three cells of 300 to 500 households each."""
UNLIKE = ("路灯不亮", "井盖松动有响声", "护栏被撞歪", "站牌看不清", "人行道地砖翘起", "长椅少了木条")
"""Matters of which none is asked whether it is another one; as many as a community has buildings."""
Points = dict[str, list[tuple[float, float]]]


@pytest.fixture(scope="module")
def bare() -> Iterator[House]:
    """A house with places and people, and neither buildings nor a grid."""
    with house(empty=True) as place:
        yield place


def today(ahead: int = 0) -> str:
    return (datetime.now(UTC).astimezone(ZoneInfo("Asia/Shanghai")) + timedelta(days=ahead)).date().isoformat()


def outlines() -> dict[str, Any]:
    """Community → its shape, as the district pack ships it."""
    pack = Path(district.__file__).with_name("330205")
    features = json.loads((pack / "outlines_synthetic.geojson").read_text(encoding="utf-8"))["features"]
    found = {one["properties"]["code"]: shape(one["geometry"]) for one in features}
    return {code: ground for code, ground in found.items() if not code.endswith("000")}


def standing(shapes: dict[str, Any]) -> Points:
    """Where buildings stand: so many points well inside of each community."""
    chance, found = random.Random(7), Points()
    for code, ground in sorted(shapes.items()):
        inside, (west, south, east, north) = ground.buffer(-0.0003), ground.bounds
        points: list[tuple[float, float]] = []
        while len(points) < HOUSES:
            at = round(chance.uniform(west, east), 6), round(chance.uniform(south, north), 6)
            if shapely.contains_xy(inside, *at):
                points.append(at)
        found[code] = points
    return found


def collection(features: list[dict[str, Any]]) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def feature(code: str, name: str, ground: Any, **told: Any) -> dict[str, Any]:
    drawn = mapping(ground) if ground is not None else None
    return {"type": "Feature", "properties": {"code": code, "name": name, **told}, "geometry": drawn}


def first_grid(shapes: dict[str, Any]) -> bytes:
    """One cell for each community, one cluster for each street."""
    cells = [
        feature(f"{code}001", f"{code[6:]}{OLD}", ground, kind="ordinary", community_code=code)
        for code, ground in shapes.items()
    ]
    streets = sorted({code[:9] for code in shapes})
    clusters = [
        feature(f"s{number}", f"旧片区{number}", None, cluster=True, communities=[c for c in shapes if c[:9] == street])
        for number, street in enumerate(streets, 1)
    ]
    return collection([*cells, *clusters])


def raster(shapes: dict[str, Any], wide: int, high: int, *, leave_out: int = -1) -> bytes:
    """A department's grid: rectangles over the district, perhaps one less."""
    west, south, east, north = shapely.union_all(list(shapes.values())).bounds
    step, rise = (east - west) / wide, (north - south) / high
    boxes = [(column, row) for row in range(high) for column in range(wide)]
    return collection(
        [
            feature(
                f"{column}-{row}",
                f"{column}{row}片",
                shapely.box(
                    west + column * step, south + row * rise, west + (column + 1) * step, south + (row + 1) * rise
                ),
                duties="治安巡查;占道经营" if number % 2 else "占道经营",
            )
            for number, (column, row) in enumerate(boxes)
            if number != leave_out
        ]
    )


def upload(name: str, content: bytes) -> Any:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def hand_in(page: Tab, number: int, system: str, content: bytes) -> None:
    """A department's grid is looked at and taken."""
    page.goto("/desk/planning/departments/take-in/")
    page.select_option("#organisation", index=1)
    page.select_option("#system", system)
    page.fill("#name", f"部门网格{number}")
    page.set_input_files("#grid", upload(f"grid{number}.geojson", content))
    page.locator("main form button.btn-primary").last.click()
    page.wait_for_url(re.compile(r"/departments/[0-9a-f-]{36}/"))
    page.fill("#starts", today())
    page.click("button[value=take]")
    page.wait_for_load_state()


def filed(page: Tab, words: str, at: tuple[float, float], category: str = "道路与公共设施") -> str:
    """A resident's report with a place on the map; answers its code."""
    page.goto("/report/")
    page.fill("#words", words)
    page.get_by_label(category).check()
    script = """([lon, lat]) => { const put = (name, value) => { document.querySelector(`[name=${name}]`).value = value; };
        put("lon", lon); put("lat", lat); put("place_source", "map"); }"""
    page.evaluate(script, list(at))
    page.locator("main form button.btn-primary").last.click()
    page.wait_for_url("**/case/**")
    return page.locator(".pq-code").first.inner_text().strip()


def on_desk(page: Tab, code: str) -> str:
    """What the desk says of a matter."""
    page.goto(f"/desk/?q={code}")
    page.locator("main a[href*='/desk/case/']").first.click()
    page.wait_for_load_state()
    return page.locator("main").inner_text()


def cell_at(page: Tab, at: tuple[float, float]) -> str:
    answer = page.request.get(f"/api/v1/locate?lon={at[0]}&lat={at[1]}")
    return str(answer.json()["cell_code"])


def publish_and_adopt(page: Tab, draft: str, day: str) -> None:
    page.goto(f"/desk/planning/{draft}/publish/")
    page.click("text=公布但不征求意见")
    page.check("[name=unasked]")
    page.fill("#reason", "试点街道先行，意见已在居民代表会议上收过")
    page.click("main form[data-once] button.btn-primary")
    page.wait_for_load_state()
    page.goto(f"/desk/planning/{draft}/adopt/")
    page.fill("#day", day)
    if page.locator("#reason").count():
        page.fill("#reason", "社区网格户数不足，经联席会议同意")
    page.click("main form[data-once] button.btn-primary")
    expect(page.locator("main")).to_contain_text("方案已决定生效")


def test_three_grids_become_one_and_matters_keep_the_cell_of_their_day(chrome: Browser, bare: House) -> None:
    shapes = outlines()
    points = standing(shapes)
    somewhere = sorted(points)[20]
    with tab(chrome, bare, width=1280, language="zh") as page:
        watched = Watched(page)
        sign_in(page, bare.told, "admin")

        page.goto("/desk/territory/take-in/")
        page.set_input_files("#grid", upload("first.geojson", first_grid(shapes)))
        page.fill("#starts", today(-30))
        page.check("[name=adopt]")
        page.click("main form button.btn-primary")
        expect(page.locator("main")).to_contain_text("网格已通过")

        rows = ["楼栋编码,名称,社区,经度,纬度,户数"]
        rows += [
            f"{code}-{number},楼{number},{code},{lon},{lat},{HOMES}"
            for code, its in points.items()
            for number, (lon, lat) in enumerate(its)
        ]
        page.goto("/desk/buildings/")
        page.set_input_files("#list", upload("户数.csv", "\n".join(rows).encode()))
        page.click("main form button[value=take]")
        expect(page.locator("main")).to_contain_text("0 个社区没有楼栋")

        before = [filed(page, words, at) for words, at in zip(UNLIKE, points[somewhere], strict=True)]
        assert OLD in on_desk(page, before[0])

        for number, (system, content) in enumerate(
            [
                ("police", raster(shapes, 5, 4)),
                ("urban", raster(shapes, 4, 3, leave_out=5)),
                ("market", raster(shapes, 3, 3, leave_out=4)),
            ]
        ):
            hand_in(page, number, system, content)
        page.goto("/desk/planning/merge/")
        page.click("main form button.btn-primary")
        expect(page.locator("#cells")).to_be_visible(timeout=COMPUTED_MS)
        if page.locator("#bare form.ms-auto button").count():
            page.locator("#bare form.ms-auto button").click()
            expect(page.locator("#bare")).to_contain_text("没有无人负责的地方")
        page.click(".pq-grid-next button")
        page.wait_for_url(re.compile(r"/desk/planning/[0-9a-f-]{36}/"))
        cells = page.url.split("/")[5]
        publish_and_adopt(page, cells, today())

        moved = [n for n, at in enumerate(points[somewhere]) if cell_at(page, at) != f"{somewhere}001"]
        assert moved, "a community of 900 households has more cells than one"
        place = points[somewhere][moved[0]]
        after = filed(page, "垃圾堆了三天没人清运", place, "环境卫生")
        assert OLD in on_desk(page, before[moved[0]]), "what was filed before keeps its cell"
        assert OLD not in on_desk(page, after)

        page.goto("/desk/planning/")
        page.fill("#title", "一天里的片区方案")
        page.fill("#clusters", "9")
        page.fill("#tolerance", "30")
        page.click("main form[data-once] button.btn-primary")
        page.wait_for_url("**/desk/planning/*/?done=begun")
        draft = page.url.split("/")[5]
        page.wait_for_selector("[data-plan][data-started]")
        page.click("[data-part=compute] button[value=plan]")
        expect(page.locator("[data-part=front] .pq-pl-plot")).to_be_visible(timeout=COMPUTED_MS)
        expect(page.locator("[data-part=compute]")).not_to_contain_text("正在计算", timeout=COMPUTED_MS)
        page.locator(".pq-pl-plot a").first.focus()
        page.keyboard.press("Enter")
        expect(page.locator("[data-trial]")).to_contain_text("算出的方案")
        page.keyboard.press("Enter")
        expect(page.locator("[data-part=head]")).to_contain_text("修订 1")
        page.focus("#pick-1")
        page.keyboard.press("Enter")
        page.locator("[data-units] input[name=unit]").first.check()
        page.click("[data-units] button[value=lock]")
        expect(page.locator("[data-part=head]")).to_contain_text("修订 2")
        publish_and_adopt(page, draft, today(1))
        state = page.evaluate("at => fetch(at).then(answer => answer.json())", f"/desk/planning/{draft}/state.json")
        page.goto(f"/desk/territory/?on={today(1)}")
        for one in state["names"]:
            expect(page.locator("main")).to_contain_text(one["name"])
        page.goto("/desk/territory/changes/")
        expect(page.locator("main")).to_contain_text(today(1))
        assert watched.complaints == []
