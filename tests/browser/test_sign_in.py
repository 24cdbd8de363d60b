"""A new colleague from the Excel list to the passkey in a real browser, on pages that nobody reaches otherwise."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from openpyxl import Workbook
from playwright.sync_api import Browser, Page, expect

from pianqu.composition.importing.accounts import COLUMNS
from pianqu.composition.screens.checks import findings
from pianqu.composition.screens.house import House, house
from pianqu.composition.screens.taking import LOCALES, settle, sign_in, tab
from tests.browser.test_pages import Watched, axe_faults

OWN = "春水碧于天画船听雨眠"
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(scope="module")
def own_house(chrome: Browser) -> Iterator[House]:
    """Wrong tries count by address, and in the others' house the pages' error forms make many."""
    with house(empty=False) as place:
        yield place


def sound(page: Page, where: str, language: str) -> None:
    settle(page)
    faults = [str(found) for found in findings(page, where, chinese=language == "zh")] + axe_faults(page)
    assert not faults, "\n".join(f"{where}: {fault}" for fault in faults)


@contextmanager
def with_device(chrome: Browser, place: House, language: str, width: int) -> Iterator[tuple[Page, Watched]]:
    """A browser on a computer that can ask for a finger: Chromium's virtual authenticator."""
    context = chrome.new_context(
        base_url=place.url, locale=LOCALES[language], viewport={"width": width, "height": 900}, reduced_motion="reduce"
    )
    context.set_default_timeout(15_000)
    page = context.new_page()
    tools = context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    tools.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    try:
        yield page, Watched(page)
    finally:
        context.close()


def slip(chrome: Browser, place: House, folder: Path, login: str, language: str, width: int) -> str:
    """The administrator takes the colleague in; answers the one-time password."""
    book = Workbook()
    for row in (list(COLUMNS.values()), ["新同事", login, "综合执法局", "经办人", "中队队员", "2026-01-05"]):
        book.active.append(row)
    book.save(folder / "list.xlsx")
    with tab(chrome, place, width=width, language=language) as page:
        watched = Watched(page)
        sign_in(page, place.told, "admin")
        page.goto("/desk/accounts/take-in/")
        page.set_input_files("#list", folder / "list.xlsx")
        page.click("button[value=take]")
        expect(page.locator(".pq-slips li")).to_have_count(1)
        sound(page, "slips", language)
        assert watched.complaints == []
        with page.expect_download() as got:
            page.click("main form[action$='passwords.xlsx'] button")
        assert got.value.suggested_filename == "one-time-passwords.xlsx"
        return page.locator(".pq-slips dd").nth(1).inner_text()


def enter(page: Page, login: str, password: str) -> None:
    page.goto("/sign-in/")
    page.fill("#login", login)
    page.fill("#password", password)
    page.keyboard.press("Enter")


def leave(page: Page) -> None:
    page.locator("form[action='/sign-out/'] button").first.click()
    page.wait_for_url("**/")


def code(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, int(datetime.now(tz=UTC).timestamp()) // 30))


@pytest.mark.parametrize(("language", "width"), [("zh", 390), ("en", 1280)])
def test_from_the_list_to_the_passkey(
    chrome: Browser, own_house: House, tmp_path: Path, language: str, width: int
) -> None:
    login = f"new-{language}"
    password = slip(chrome, own_house, tmp_path, login, language, width)
    with with_device(chrome, own_house, language, width) as (page, watched):
        enter(page, login, password)
        page.wait_for_url("**/sign-in/password/")
        sound(page, "own password", language)
        page.fill("#new", OWN)
        page.fill("#again", OWN)
        page.keyboard.press("Enter")
        page.wait_for_url("**/desk/")
        add_passkey(page, language)
        leave(page)
        use_passkey(page)
        secret = second_step(page, language)
        leave(page)
        use_passkey(page)
        leave(page)
        enter(page, login, OWN)
        page.wait_for_url("**/sign-in/second/")
        sound(page, "second", language)
        page.fill("#code", "000000")
        page.keyboard.press("Enter")
        expect(page.locator("#code-error")).to_be_visible()
        sound(page, "second, wrong", language)
        page.fill("#code", secret)
        page.keyboard.press("Enter")
        page.wait_for_url("**/desk/")
        remove_passkey(page)
        leave(page)
        page.goto("/sign-in/")
        page.click("[data-passkey] button")
        page.wait_for_url("**/sign-in/passkey/")
        expect(page.locator("#sign-in-error")).to_be_visible()
        assert watched.complaints == []


def add_passkey(page: Page, language: str) -> None:
    page.goto("/desk/account/passkeys/")
    page.fill("#key-name", "我的电脑")
    page.fill("#add-password", "wrong")
    page.click("[data-passkey] button")
    expect(page.locator("[data-passkey-error]")).to_be_visible()
    sound(page, "passkeys, wrong", language)
    page.fill("#add-password", OWN)
    page.click("[data-passkey] button")
    expect(page.get_by_text("我的电脑").first).to_be_visible()
    sound(page, "passkeys", language)
    page.fill("#add-password", OWN)
    page.click("[data-passkey] button")
    expect(page.locator("[data-passkey-error]")).to_be_visible()


def use_passkey(page: Page) -> None:
    page.goto("/sign-in/?next=%2Fdesk%2Faccount%2F")
    page.click("[data-passkey] button")
    page.wait_for_url("**/desk/account/")


def second_step(page: Page, language: str) -> str:
    """Turned on by the secret in text; answers a recovery code."""
    page.goto("/desk/account/second-step/")
    page.fill("#code", code(page.locator(".pq-secret").inner_text().replace(" ", "")))
    page.fill("#password", OWN)
    page.click("main button.btn-primary")
    expect(page.locator(".pq-codes li")).to_have_count(10)
    sound(page, "recovery codes", language)
    one = page.locator(".pq-codes li").first.inner_text()
    page.goto("/desk/account/second-step/")
    sound(page, "second step, on", language)
    return one


def remove_passkey(page: Page) -> None:
    page.goto("/desk/account/passkeys/")
    page.fill("#remove-password", OWN)
    page.click("button[name=remove]")
    expect(page.locator("button[name=remove]")).to_have_count(0)
