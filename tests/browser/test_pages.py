"""Every page in both languages, at phone, reflow and desk width: policy, accessibility, layout, words."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import URLPattern, URLResolver, get_resolver
from playwright.sync_api import Browser
from playwright.sync_api import Page as Tab

from pianqu.composition.screens.checks import findings
from pianqu.composition.screens.house import House
from pianqu.composition.screens.pages import LANGUAGES, PAGES, Page
from pianqu.composition.screens.taking import FORMS, enter, has_form, open_form, tab
from tests.browser.urls import OTHERS, examples

STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = (390, 1280)
REFLOW = 320
BY_NAME = {page.name: page for page in PAGES}


def routes(patterns: list[URLPattern | URLResolver], space: str = "") -> list[str]:
    """Every route by its full name; one without a name by its pattern."""
    found: list[str] = []
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            found += routes(pattern.url_patterns, f"{space}{pattern.namespace}:" if pattern.namespace else space)
        else:
            found.append(f"{space}{pattern.name or pattern.pattern}")
    return found


def test_every_route_has_an_example_and_every_example_a_route() -> None:
    """The programs' doors are walked in tests/api, each with every right."""
    named = {name for name in routes(get_resolver().url_patterns) if not name.startswith(("api:", "^api/"))}
    assert sorted(named) == sorted(examples())


class Watched:
    """A tab that remembers what the browser complained about."""

    def __init__(self, page: Tab) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("console", lambda message: self._hear(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(f"script error: {error}"))
        page.on("request", lambda asked: self._saw(asked.url))

    def _hear(self, kind: str, text: str) -> None:
        if "Content Security Policy" in text or (kind == "error" and "Failed to load resource" not in text):
            self.complaints.append(text)

    def _saw(self, url: str) -> None:
        if url.endswith("/csp-report/"):
            self.complaints.append("a policy violation was reported")
        if not url.startswith(("http://localhost:", "blob:")):
            self.complaints.append(f"asked another server: {url}")


def axe_faults(page: Tab) -> list[str]:
    """What axe has against the page, with the first place of each rule. The window is as tall as the page, so that the bar
    at its foot covers nothing: where it covers something, one scrolls."""
    width, height = page.evaluate("[innerWidth, document.documentElement.scrollHeight]")
    page.set_viewport_size({"width": width, "height": height})
    answer = Axe().run(page, options={"runOnly": {"type": "tag", "values": STANDARDS}, "resultTypes": ["violations"]})
    return [f"axe {rule['id']}: {rule['nodes'][0]['html'][:160]}" for rule in answer.response["violations"]]


def look_at(page: Tab, place: House, which: Page, form: str, where: str, language: str) -> list[str]:
    """Everything that is wrong with one form of a page."""
    watched = Watched(page)
    open_form(page, which, form, place.told)
    faults = [str(found) for found in findings(page, where, chinese=language == "zh")]
    return faults + [f"{where}: {said}" for said in [*axe_faults(page), *watched.complaints]]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("name", "form"), [(page.name, form) for page in PAGES for form in FORMS if has_form(page, form)]
)
def test_a_page_is_sound(name: str, form: str, language: str, chrome: Browser, request: pytest.FixtureRequest) -> None:
    place: House = request.getfixturevalue("empty_house" if form == "empty" else "full_house")
    which, faults = BY_NAME[name], []
    for width in WIDTHS:
        with tab(chrome, place, width=width, language=language) as page:
            enter(page, which, place.told)
            faults += look_at(page, place, which, form, f"{name} {width} {language} {form}", language)
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("name", list(BY_NAME))
def test_a_page_reflows_and_is_sound_in_the_dark(name: str, chrome: Browser, full_house: House) -> None:
    which = BY_NAME[name]
    with tab(chrome, full_house, width=REFLOW, language="zh", dark=True) as page:
        enter(page, which, full_house.told)
        faults = look_at(page, full_house, which, "full", f"{name} {REFLOW} dark", "zh")
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("route", [route for route, at in OTHERS.items() if at])
def test_what_is_fetched_answers(route: str, chrome: Browser, full_house: House) -> None:
    with tab(chrome, full_house, width=1280, language="en") as page:
        told = {**full_house.told, "tile": tile(page)}
        status = page.evaluate("at => fetch(at).then(answer => answer.status)", OTHERS[route].format(**told))
    assert status == 200


def tile(page: Tab) -> str:
    """The name of the log's first tile, as far as it is filled."""
    page.goto("/open/components/")
    size = int(page.evaluate("fetch('/open/ledger/checkpoint').then(answer => answer.text())").splitlines()[1])
    return "000" if size >= 256 else f"000.p/{size}"
