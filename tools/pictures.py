"""Take the pictures of the README from a running demo: `tools/pictures.py http://localhost:8000 DATA`. For developers."""

import json
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from pianqu.composition.screens.taking import FLAGS, LOCALES, chromium

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "pictures"
SAID = {
    "zh": "翠柏路公交站旁边的路灯三天不亮了，晚上走路看不清。",
    "en": "The street light at the Cuibai Road bus stop has been out for three days.",
}
PLACE = 12
"""Which community of the list the report names."""


def receipt(page: Page, language: str) -> None:
    """A report on a phone, up to its sealed receipt."""
    page.goto("/report/")
    page.wait_for_selector("html[data-ready]")
    page.fill("#words", SAID[language])
    page.locator(".pq-choice label").first.click()
    page.select_option("#community", index=PLACE)
    page.locator("main form button.btn-primary").last.click()
    page.wait_for_selector("a[href$='.tlog-proof']")
    page.screenshot(path=FOLDER / f"receipt-{language}-390.png")


def desk(page: Page, language: str, password: str) -> None:
    """The first page, then what the window sees: its list, the overview, one matter in the middle of its way."""
    shoot(page, "/", f"home-{language}")
    page.goto("/sign-in/")
    page.fill("[name=login]", "window")
    page.fill("[name=password]", password)
    page.locator("main form button.btn-primary").click()
    page.wait_for_url("**/desk/")
    shoot(page, "/desk/", f"desk-{language}")
    shoot(page, "/desk/overview/", f"overview-{language}")
    page.goto("/desk/?state=in_progress")
    shoot(page, page.locator(".pq-cases a.mono").first.get_attribute("href") or "", f"case-{language}")
    shoot(page, "/desk/planning/merge/", f"merge-{language}")
    page.goto("/desk/planning/")
    shoot(page, page.locator("main table a").first.get_attribute("href") or "", f"plan-{language}")


def shoot(page: Page, path: str, name: str) -> None:
    """One picture of what stands above the fold."""
    page.goto(path)
    page.wait_for_selector("html[data-ready]")
    page.wait_for_load_state("networkidle")
    page.screenshot(path=FOLDER / f"{name}-1280.png")


def take(browser: Browser, url: str, data: Path) -> None:
    """All of them, in both languages."""
    password = {row["login"]: row["password"] for row in json.loads((data / "demo-logins.json").read_text())}["window"]
    for language, locale in LOCALES.items():
        shared = {"base_url": url, "locale": locale, "reduced_motion": "reduce"}
        phone = browser.new_context(**shared, viewport={"width": 390, "height": 844}, device_scale_factor=2)
        receipt(phone.new_page(), language)
        wide = browser.new_context(**shared, viewport={"width": 1280, "height": 860})
        desk(wide.new_page(), language, password)


if __name__ == "__main__":
    with sync_playwright() as play:
        take(play.chromium.launch(executable_path=chromium(), args=list(FLAGS)), sys.argv[1], Path(sys.argv[2]))
