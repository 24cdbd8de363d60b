"""Drives the browser: opens each page in each form, takes its picture, asks the checks."""

import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, ViewportSize, sync_playwright
from playwright.sync_api import Page as Tab

from pianqu.composition.screens.checks import Finding, findings
from pianqu.composition.screens.house import House, house
from pianqu.composition.screens.pages import LANGUAGES, PAGES, WIDTHS, Page
from pianqu.foundation import residentpass

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--use-angle=swiftshader")
"""No sandbox: containers run as uid 0. SwiftShader: MapLibre needs WebGL where there is no graphics card."""
LOCALES = {"zh": "zh-CN", "en": "en-GB"}
DRAWN_MS = 15_000
FORMS = ("full", "empty", "error")
PAPER = 718
"""Width of the text of an A4 page in CSS pixels."""


def chromium() -> str | None:
    """The browser's program."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def browser() -> Iterator[Browser]:
    """A Chromium without a window."""
    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        try:
            yield opened
        finally:
            opened.close()


def window(width: int) -> ViewportSize:
    """A phone's or a desk's, by its width."""
    return {"width": width, "height": 844 if width < 700 else 900}


def new_tab(opened: Browser, place: House, *, width: int, language: str, dark: bool = False) -> Tab:
    """In a fresh profile of one width and language; its pages stay quiet. Who asked for it closes its context."""
    context = opened.new_context(
        base_url=place.url,
        viewport=window(width),
        locale=LOCALES[language],
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
    )
    context.set_default_timeout(DRAWN_MS)
    return context.new_page()


@contextmanager
def tab(opened: Browser, place: House, *, width: int, language: str, dark: bool = False) -> Iterator[Tab]:
    """One that is closed afterwards."""
    page = new_tab(opened, place, width=width, language=language, dark=dark)
    try:
        yield page
    finally:
        page.context.close()


_SIGNED_IN: dict[tuple[str, str], Any] = {}
"""A house's address and who signed in there → the cookies: a password takes its time on purpose."""


def sign_in(page: Tab, told: Mapping[str, str], by: str = "") -> None:
    """As the colleague whom the seed made, or as another one; once for each of them."""
    login, house_at = by or told["login"], told["url"]
    if cookies := _SIGNED_IN.get((house_at, login)):
        page.context.add_cookies(cookies)
        return
    page.goto("/sign-in/")
    page.fill("[name=login]", login)
    page.fill("[name=password]", told["password"])
    page.click("main button[type=submit], main form button")
    page.wait_for_load_state()
    _SIGNED_IN[house_at, login] = page.context.cookies()


def enter(page: Tab, which: Page, told: Mapping[str, str]) -> None:
    """As whoever opens this page: a colleague, a resident whom the roll knows, or anybody."""
    if which.staff:
        sign_in(page, told, which.by)
    if which.known and "me" in told:
        page.context.add_cookies([{"name": residentpass.NAME, "value": told["me"], "url": told["url"]}])


def settle(page: Tab) -> None:
    """Until scripts, maps and charts are done. Selectors only: the policy forbids predicates given as text."""
    page.wait_for_selector("html[data-ready]", state="attached")
    for box in page.query_selector_all("[data-map], [data-maplibre], [data-map-gl], [data-chart]"):
        for _ in range(DRAWN_MS // 100):
            if box.get_attribute("data-drawn") in {"1", "none"}:
                break
            page.wait_for_timeout(100)


def has_form(which: Page, form: str) -> bool:
    """Whether the page has this one of FORMS."""
    if form == "empty":
        return not which.needs_data
    return form != "error" or bool(which.wrong_at or which.wrong_press)


def open_form(page: Tab, which: Page, form: str, told: Mapping[str, str]) -> bool:
    """Bring `which` up in one of FORMS; False where it has no such form."""
    if not has_form(which, form):
        return False
    if which.opened_by:
        page.goto(next(one.at for one in PAGES if one.name == which.opened_by).format(**told))
    page.goto((which.wrong_at if form == "error" and which.wrong_at else which.at).format(**told))
    settle(page)
    if form == "error" and which.wrong_press:
        page.eval_on_selector_all("form", "forms => forms.forEach(form => { form.noValidate = true; })")
        with page.expect_navigation():
            page.click(which.wrong_press)
        settle(page)
    return True


def take(folder: Path, only: str) -> int:
    """All pictures into `folder`; prints each finding. 1 when there was one."""
    if chromium() is None:
        sys.stderr.write("No Chromium was found. Debian: apt install chromium-headless-shell fonts-noto-cjk\n")
        return 1
    folder.mkdir(parents=True, exist_ok=True)
    found: list[Finding] = []
    pages = [page for page in PAGES if page.name.startswith(only)]
    with browser() as opened:
        for forms, empty in ((("full", "error"), False), (("empty",), True)):
            with house(empty=empty) as place:
                for form in forms:
                    found += _form(opened, place, folder, pages, form)
                if not empty:
                    found += _form(opened, place, folder, pages, "dark")
                    _print(opened, place, folder, pages)
    for finding in found:
        sys.stdout.write(f"{finding}\n")
    count = len(list(folder.glob("*.png")))
    sys.stdout.write(f"{count} pictures in {folder}, {len(found)} findings\n")
    return 1 if found else 0


def _form(opened: Browser, place: House, folder: Path, pages: list[Page], form: str) -> list[Finding]:
    found: list[Finding] = []
    dark = form == "dark"
    for width in WIDTHS:
        for language in LANGUAGES[:1] if dark else LANGUAGES:
            for as_whom in sorted({(page.staff, page.by, page.known) for page in pages}):
                alike = [one for one in pages if (one.staff, one.by, one.known) == as_whom]
                with tab(opened, place, width=width, language=language, dark=dark) as page:
                    enter(page, alike[0], place.told)
                    for which in alike:
                        found += _picture(page, place, folder, which, f"{width}-{language}-{form}")
    return found


def _picture(page: Tab, place: House, folder: Path, which: Page, look: str) -> list[Finding]:
    _width, language, form = look.split("-")
    if not open_form(page, which, "full" if form == "dark" else form, place.told):
        return []
    where = f"{which.name}-{look}"
    page.screenshot(path=folder / f"{where}.png", full_page=True)
    return findings(page, where, chinese=language == "zh")


def _print(opened: Browser, place: House, folder: Path, pages: list[Page]) -> None:
    """The receipt as it comes out of a printer: A4 at 96 dots an inch, less the margins."""
    for language in LANGUAGES:
        with tab(opened, place, width=PAPER, language=language) as page:
            for which in (one for one in pages if one.name == "case"):
                open_form(page, which, "full", place.told)
                page.emulate_media(media="print")
                page.screenshot(path=folder / f"{which.name}-{PAPER}-{language}-print.png", full_page=True)
