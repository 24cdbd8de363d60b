"""The whole way in a real browser: report, receipt, sealed, saved, and verified from disk with the network off."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from pianqu.composition.screens.house import House
from pianqu.composition.screens.taking import LOCALES

WORDS = {
    "zh": {
        "what": "幼儿园东墙的落水管裂了，雨天一直往人行道上浇。",
        "category": "道路与公共设施",
        "receipt": "受理回执",
        "sealed": "已封存",
        "genuine": "这张回执是真的",
    },
    "en": {
        "what": "The rainwater pipe on the east wall of the kindergarten is broken and pours onto the pavement.",
        "category": "Roads and public facilities",
        "receipt": "Receipt",
        "sealed": "Sealed",
        "genuine": "This receipt is genuine",
    },
}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_matter_goes_from_words_to_a_proof_that_needs_nobody(
    language: str, chrome: Browser, full_house: House, tmp_path: Path
) -> None:
    say = WORDS[language]
    context = chrome.new_context(
        base_url=full_house.url, locale=LOCALES[language], viewport={"width": 390, "height": 844}, accept_downloads=True
    )
    page = context.new_page()
    page.goto("/report/")
    page.fill("#words", say["what"])
    page.get_by_label(say["category"]).check()
    page.select_option("#community", "330205005003")
    page.locator("main form button.btn-primary").last.click()
    page.wait_for_url("**/case/**")
    expect(page.locator(".pq-paper h1")).to_contain_text(say["receipt"])
    expect(page.locator(".pq-code")).to_be_visible()
    expect(page.get_by_text(say["sealed"]).first).to_be_visible(timeout=15_000)
    with page.expect_download() as saving:
        page.locator("a[href$='.tlog-proof']").first.click()
    receipt = tmp_path / "mine.tlog-proof"
    saving.value.save_as(receipt)
    checker = tmp_path / "pianqu-verify.html"
    answer = context.request.get("/open/verify/pianqu-verify.html")
    checker.write_bytes(answer.body())
    context.close()

    offline = chrome.new_context(offline=True, locale=LOCALES[language])
    at_home = offline.new_page()
    at_home.goto(checker.as_uri())
    if language == "en" and at_home.get_by_role("button", name="English").is_visible():
        at_home.get_by_role("button", name="English").click()
    at_home.locator("#file").set_input_files(receipt)
    expect(at_home.get_by_role("heading", name=say["genuine"], exact=True)).to_be_visible()
    receipt.write_text(receipt.read_text().replace("index ", "index 1"), encoding="utf-8")
    at_home.reload()
    at_home.locator("#file").set_input_files(receipt)
    expect(at_home.get_by_role("heading", name=say["genuine"], exact=True)).to_have_count(0)
    offline.close()


def test_sent_again_after_the_back_button_it_is_the_same_matter(chrome: Browser, full_house: House) -> None:
    context = chrome.new_context(base_url=full_house.url, locale="zh-CN")
    page = context.new_page()
    receipts = []
    words_sent = [
        "门前的旧邮筒歪了",
        "门前的旧邮筒歪了",
        "河埠头的石阶缺了一角",
    ]  # like nothing else, so that nothing is asked
    for words in words_sent:
        page.goto("/report/")
        page.fill("#words", words)
        page.get_by_label("道路与公共设施").check()
        page.locator("main form button.btn-primary").last.click()
        page.wait_for_url("**/case/**")
        receipts.append(page.locator(".pq-code").inner_text())
    assert receipts[0] == receipts[1] != receipts[2]
    context.close()


def test_a_point_is_taken_away_again_and_a_phone_shows_a_code_large_enough(chrome: Browser, full_house: House) -> None:
    context = chrome.new_context(base_url=full_house.url, locale="zh-CN", viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto("/report/")
    page.wait_for_selector("[data-map][data-drawn='1']")
    page.locator("[data-map]").click(position={"x": 180, "y": 110})
    page.locator(".pq-where [data-unset]").click()
    assert page.locator("[name=lon]").input_value() == ""
    page.goto(f"/case/{full_house.told['code']}/?s={full_house.told['secret']}")
    code = page.locator(".pq-qr")
    modules = float((code.get_attribute("viewBox") or "").split()[2])
    assert code.evaluate("drawn => drawn.getBoundingClientRect().width") / modules > 2
    page.locator(".pq-zoom summary").click()
    assert code.evaluate("drawn => drawn.getBoundingClientRect().width") == 390
    context.close()
