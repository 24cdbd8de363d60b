"""The bundle for a court, downloaded from a running house: its own page checks its own receipt with the network off."""

import io
import zipfile
from pathlib import Path

from playwright.sync_api import Browser, expect

from pianqu.composition.screens.house import House


def test_a_bundle_checks_itself_offline(chrome: Browser, full_house: House, tmp_path: Path) -> None:
    context = chrome.new_context(base_url=full_house.url, locale="zh-CN")
    answer = context.request.get(f"/open/ledger/receipt/{full_house.told['entry_id']}.zip")
    assert answer.ok
    with zipfile.ZipFile(io.BytesIO(answer.body())) as packed:
        packed.extractall(tmp_path)
    context.close()
    folder = tmp_path / "pianqu-receipt"
    assert (folder / "sheet.pdf").read_bytes().startswith(b"%PDF-")
    offline = chrome.new_context(offline=True, locale="zh-CN")
    page = offline.new_page()
    page.goto((folder / "check.html").as_uri())
    for name in ("receipt.tlog-proof", "receipt-code.txt"):
        page.locator("#file").set_input_files(folder / name)
        expect(page.get_by_role("heading", name="这张回执是真的", exact=True)).to_be_visible()
        page.locator(".actions .primary").click()
    offline.close()


def test_the_receipt_s_page_leads_to_it(chrome: Browser, full_house: House) -> None:
    context = chrome.new_context(base_url=full_house.url, locale="zh-CN", viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto("/report/")
    page.fill("#words", "楼道灯坏了三天。")
    page.get_by_label("道路与公共设施").check()
    page.select_option("#community", "330205005003")
    page.locator("main form button.btn-primary").last.click()
    page.wait_for_url("**/case/**")
    link = page.get_by_role("link", name="证据包", exact=True)
    expect(link).to_be_visible(timeout=15_000)
    assert context.request.get(str(link.get_attribute("href"))).ok
    expect(page.get_by_role("link", name="证据说明表")).to_be_visible()
    context.close()
