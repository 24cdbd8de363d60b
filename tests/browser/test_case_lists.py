"""A list of matters as a clerk sends it in a real browser: 300 rows with 7 wrong, taken in, and the wrong ones fetched."""

from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook
from playwright.sync_api import Browser, expect

from pianqu.composition.importing.case_lists import COLUMNS
from pianqu.composition.screens.house import House
from pianqu.composition.screens.taking import sign_in, tab
from tests.browser.test_pages import Watched
from tests.browser.test_sign_in import sound

BAD = {10, 50, 99, 120, 180, 240, 300}


def filled(path: Path) -> Path:
    made: Any = Workbook()
    made.active.append(list(COLUMNS.values()))
    for at in range(2, 302):
        made.active.append([f"BR-{at}", f"第 {at} 件：路灯坏了", "月球" if at in BAD else "roads"])
    made.save(path)
    return path


def test_a_list_is_taken_in_and_its_wrong_rows_are_fetched(chrome: Browser, full_house: House, tmp_path: Path) -> None:
    with tab(chrome, full_house, width=390, language="zh") as page:
        watched = Watched(page)
        sign_in(page, full_house.told)
        page.goto("/desk/lists/")
        sound(page, "case-lists", "zh")
        page.fill("#source", "浏览器热线")
        page.set_input_files("#list", filled(tmp_path / "list.xlsx"))
        page.click("main form[enctype] button")
        page.wait_for_url("**/desk/lists/*-*/")
        first, wrong = page.locator("main tbody").all()
        expect(first.locator("tr")).to_have_count(5)
        expect(wrong.locator("tr")).to_have_count(7)
        sound(page, "case-list", "zh")
        page.click("main form[data-once] button")
        expect(page.locator("main .alert-success")).to_contain_text("293")
        with page.expect_download() as got:
            page.click("main a[href$='rows-to-mend.xlsx']")
        got.value.save_as(tmp_path / "mend.xlsx")
        assert load_workbook(tmp_path / "mend.xlsx").active.max_row == 8
        assert watched.complaints == []
