"""Every page in both languages, at phone, reflow and desk width: policy, accessibility, layout, words."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.urls import URLPattern, URLResolver, get_resolver
from playwright.sync_api import Browser, ConsoleMessage, Error, Request
from playwright.sync_api import Page as Tab

from pianqu.composition.screens.checks import findings
from pianqu.composition.screens.house import House
from pianqu.composition.screens.pages import LANGUAGES, PAGES, Page
from pianqu.composition.screens.taking import FORMS, enter, has_form, new_tab, open_form, settle, tab, window
from tests.browser.urls import OTHERS, examples

STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
AXE = {"runOnly": {"type": "tag", "values": STANDARDS}, "resultTypes": ["violations"]}
BARE = "/health/"
"""An address of the house with nothing that runs."""
WIDTHS = (390, 1280)
REFLOW = 320
WALL = 1920
"""The screen on the wall, on which a street office plans."""
WALL_ROOMS = ("/desk/planning/", "/plans/", "/desk/neighbours/", "/desk/buildings/", "/desk/territory/changes/")
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
        page.on("console", self._hear)
        page.on("pageerror", self._broke)
        page.on("request", self._saw)

    def leave(self) -> None:
        """Another one watches the tab from now on."""
        self.page.remove_listener("console", self._hear)
        self.page.remove_listener("pageerror", self._broke)
        self.page.remove_listener("request", self._saw)

    def _hear(self, message: ConsoleMessage) -> None:
        kind, text = message.type, message.text
        if "Content Security Policy" in text or (kind == "error" and "Failed to load resource" not in text):
            self.complaints.append(text)

    def _broke(self, error: Error) -> None:
        self.complaints.append(f"script error: {error}")

    def _saw(self, asked: Request) -> None:
        if asked.url.endswith("/csp-report/"):
            self.complaints.append("a policy violation was reported")
        if not asked.url.startswith(("http://localhost:", "blob:")):
            self.complaints.append(f"asked another server: {asked.url}")


class Tabs:
    """One tab for each house, language and light, used again and again: a new profile costs a third of a visit.

    Each visit begins as in a new one, without cookies and with nothing kept; the tab of one that failed is closed.
    """

    def __init__(self, chrome: Browser) -> None:
        self._chrome = chrome
        self._idle: dict[tuple[str, str, bool], Tab] = {}

    @contextmanager
    def visit(self, place: House, *, width: int, language: str, dark: bool = False) -> Iterator[Tab]:
        key = (place.url, language, dark)
        page = self._idle.pop(key, None) or new_tab(self._chrome, place, width=width, language=language, dark=dark)
        try:
            page.set_viewport_size(window(width))
            yield page
            page.goto(BARE)
            page.evaluate("sessionStorage.clear(); localStorage.clear()")
            page.context.clear_cookies()
        except BaseException:
            page.context.close()
            raise
        self._idle[key] = page


@pytest.fixture(scope="module")
def tabs(chrome: Browser) -> Tabs:
    return Tabs(chrome)


def axe_faults(page: Tab) -> list[str]:
    """What axe has against the page, with the first place of each rule. The window is as tall as the page, so that the bar
    at its foot covers nothing: where it covers something, one scrolls."""
    width, height, has_axe = page.evaluate("[innerWidth, document.documentElement.scrollHeight, 'axe' in window]")
    page.set_viewport_size({"width": width, "height": height})
    if not has_axe:
        page.evaluate(AXE_SCRIPT)
    rules = page.evaluate("how => axe.run(how).then(answer => answer.violations)", AXE)
    return [f"axe {rule['id']}: {rule['nodes'][0]['html'][:160]}" for rule in rules]


def resize(page: Tab, width: int) -> None:
    """As one turns a phone or pulls at a window; until everything has found its place."""
    page.set_viewport_size(window(width))
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    settle(page)


def look_at(
    page: Tab, place: House, which: Page, form: str, language: str, widths: Sequence[int], look: str
) -> list[str]:
    """Everything that is wrong with one form of a page, which opens at the first of `widths` and then gets the others."""
    watched, faults = Watched(page), []
    open_form(page, which, form, place.told)
    for width in widths:
        if width != widths[0]:
            resize(page, width)
        where = f"{which.name} {width} {look}"
        faults += [str(found) for found in findings(page, where, chinese=language == "zh")]
        faults += [f"{where}: {said}" for said in [*axe_faults(page), *watched.complaints]]
        watched.complaints.clear()
    watched.leave()
    return faults


def test_a_visit_finds_nothing_of_the_one_before(tabs: Tabs, full_house: House) -> None:
    kept = "[document.cookie, ...Object.keys(localStorage), ...Object.keys(sessionStorage)].join(' ')"
    seen = []
    for _ in range(2):
        with tabs.visit(full_house, width=390, language="en") as page:
            page.goto(BARE)
            seen.append((page, page.evaluate(kept)))
            page.evaluate("document.cookie = 'a=1'; localStorage.b = sessionStorage.c = 1")
            assert page.evaluate(kept) == "a=1 b c"
    assert seen[0] == seen[1] and not seen[0][1]
    with pytest.raises(ZeroDivisionError), tabs.visit(full_house, width=390, language="en") as page:
        raise ZeroDivisionError
    assert page.is_closed()
    with tabs.visit(full_house, width=390, language="en") as other:
        assert other is not page


WRONG = """<html lang="en" data-ready><title>Wrong</title><main><h1>Wrong</h1><style>
div { width: 400px } @media (min-width: 1000px) { img { width: 9px } }</style><div>wide</div><img src="/x.png"></main>"""


@pytest.mark.parametrize("widths", [WIDTHS, WIDTHS[::-1]])
def test_each_width_has_its_own_faults(widths: tuple[int, int], tabs: Tabs, full_house: House) -> None:
    """Whichever comes first: what is too wide for a phone is said of the phone, what lacks a name of both."""
    with tabs.visit(full_house, width=widths[0], language="en") as page:
        page.route("**/wrong/", lambda route: route.fulfill(body=WRONG, content_type="text/html"))
        wrong = Page(name="wrong", route="", at="/wrong/")
        faults = look_at(page, full_house, wrong, "full", "en", widths, "en")
        page.unroute("**/wrong/")
    for width in WIDTHS:
        assert any(said.startswith(f"wrong {width} en: axe image-alt") for said in faults)
    assert [said.split(":")[0] for said in faults if "horizontal scroll" in said] == ["wrong 390 en"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("name", "form"), [(page.name, form) for page in PAGES for form in FORMS if has_form(page, form)]
)
def test_a_page_is_sound(name: str, form: str, language: str, tabs: Tabs, request: pytest.FixtureRequest) -> None:
    """In Chinese it opens on a phone and then stands in the desk's window, in English the other way round."""
    place: House = request.getfixturevalue("empty_house" if form == "empty" else "full_house")
    which, widths = BY_NAME[name], WIDTHS if language == "zh" else WIDTHS[::-1]
    with tabs.visit(place, width=widths[0], language=language) as page:
        enter(page, which, place.told)
        faults = look_at(page, place, which, form, language, widths, f"{language} {form}")
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("name", list(BY_NAME))
def test_a_page_reflows_and_is_sound_in_the_dark(name: str, tabs: Tabs, full_house: House) -> None:
    which = BY_NAME[name]
    with tabs.visit(full_house, width=REFLOW, language="zh", dark=True) as page:
        enter(page, which, full_house.told)
        faults = look_at(page, full_house, which, "full", "zh", [REFLOW], "dark")
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", [page.name for page in PAGES if page.at.startswith(WALL_ROOMS)])
def test_a_page_on_which_one_plans_is_sound_on_the_wall(
    name: str, language: str, tabs: Tabs, full_house: House
) -> None:
    which = BY_NAME[name]
    with tabs.visit(full_house, width=WALL, language=language) as page:
        enter(page, which, full_house.told)
        faults = look_at(page, full_house, which, "full", language, [WALL], f"{language} wall")
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
