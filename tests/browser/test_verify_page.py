"""The offline check in a browser, opened from a file with the network cut: every answer in plain words, in two languages."""

import io
import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import segno
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

import pianqu
from pianqu.composition.screens.taking import chromium
from pianqu.kernels import canonical, merkle, note, verify_page
from pianqu.kernels import receipt as kernel
from pianqu.kernels.leaf import Leaf, b64, commitment
from pianqu.kernels.receipt import Receipt
from pianqu.kernels.tiles import TileTree

CHROMIUM = chromium()
ORIGIN = "pianqu.invalid/330205/test"
SIGNER = note.Signer.from_seed(ORIGIN, bytes(range(32)))
TEMPLATE = Path(pianqu.__file__).parent / "rooms/ledger/static/ledger/verify.html"
NAMES = {
    "organisation:330205": ("江北区", "Jiangbei District"),
    "category:roads": ("道路与公共设施", "Roads and public facilities"),
}
PAYLOAD = {
    "actor": {"kind": "resident", "organisation": "330205", "post": None},
    "at": "2026-11-23T00:41:06.120+00:00",
    "fact": {
        "case_code": "8K3F27QH",
        "case_id": "0198c0de-0000-7000-8000-000000000001",
        "category": "roads",
        "channel": "portal",
        "has_contact": True,
        "photo_commitments": [b64(bytes(32))],
        "place_code": None,
        "place_source": "none",
        "words_commitment": b64(bytes(32)),
    },
    "id": "0198c0de-0000-7000-8000-000000000002",
    "kind": "casework.case-opened",
    "organisation": "330205",
    "subject": "case:0198c0de-0000-7000-8000-000000000001",
}

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium found; Debian: apt install chromium-headless-shell"
)


def genuine(size: int = 300, index: int = 77) -> Receipt:
    payload, salt = canonical.encode(PAYLOAD), secrets.token_bytes(32)
    leaf = Leaf(
        kind="casework.case-opened",
        organisation_code="330205",
        counter=5,
        previous=bytes(32),
        day=date(2026, 11, 23),
        commitment=commitment(payload, salt),
    ).encode()
    tree = TileTree(0, lambda *_: b"")
    for n in range(size):
        tree.append(merkle.leaf_hash(leaf if n == index else str(n).encode()))
    body = note.CheckpointBody(origin=ORIGIN, size=size, root=tree.root()).encode()
    proof = tuple(merkle.inclusion_proof(index, size, tree.node))
    return Receipt(leaf=leaf, payload=payload, salt=salt, index=index, proof=proof, checkpoint=SIGNER.sign(body))


@pytest.fixture(scope="module")
def browser(chrome: Browser) -> Browser:
    return chrome


@pytest.fixture
def complaints() -> list[str]:
    return []


@pytest.fixture
def page(browser: Browser, tmp_path: Path, complaints: list[str]) -> Iterator[Page]:
    made = verify_page.render(
        TEMPLATE.read_text(encoding="utf-8"),
        vkeys=[SIGNER.vkey],
        district=("江北片区", "Jiangbei Clusters"),
        names=NAMES,
    )
    file = tmp_path / "verify.html"
    file.write_text(made.html, encoding="utf-8")
    context = browser.new_context(offline=True, viewport={"width": 390, "height": 844}, locale="zh-CN")
    opened = context.new_page()
    opened.on("console", lambda message: complaints.append(message.text))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on(
        "request",
        lambda request: None if request.url.startswith(("file:", "blob:")) else complaints.append(request.url),
    )
    opened.goto(file.as_uri())
    yield opened
    context.close()
    assert complaints == []


def give(page: Page, name: str, kind: str, content: bytes) -> None:
    page.locator("#file").set_input_files({"name": name, "mimeType": kind, "buffer": content})


def paste(page: Page, text: str) -> None:
    page.locator("#paste summary").click()
    page.locator("#text").fill(text)
    page.get_by_role("button", name="核验", exact=True).click()


def picture(text: str, scale: int = 4, version: int | None = None) -> bytes:
    out = io.BytesIO()
    segno.make(text, version=version, error="l", micro=False, boost_error=False).save(
        out, kind="png", scale=scale, border=4
    )
    return out.getvalue()


def test_a_file_is_genuine_and_told_in_plain_words(page: Page) -> None:
    give(page, "receipt.tlog-proof", "", genuine().text().encode())
    expect(page.get_by_role("heading", name="这张回执是真的")).to_be_focused()
    for words in ("收到一件居民反映", "道路与公共设施", "8K3F-27QH", "江北区", "还没有外部见证", "8:41:06", "第 78 笔"):
        expect(page.locator("#result")).to_contain_text(words)
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="This receipt is genuine")).to_be_visible()
    expect(page.locator("#result")).to_contain_text("Roads and public facilities")
    assert page.locator("html").get_attribute("lang") == "en"


def test_a_photo_of_the_code_is_read(page: Page) -> None:
    give(page, "IMG_1.png", "image/png", picture(genuine().compact()))
    expect(page.get_by_role("heading", name="这张回执是真的")).to_be_visible()


@pytest.mark.parametrize("version", range(22, 30))
def test_a_code_of_every_size_that_receipts_have_is_read(page: Page, version: int) -> None:
    give(page, "screenshot.png", "image/png", picture(genuine().compact(), version=version))
    expect(page.get_by_role("heading", name="这张回执是真的")).to_be_visible()


@pytest.mark.parametrize(("size", "index"), [(1, 0), (2, 1), (256, 255), (1000, 999)])
def test_both_texts_pasted_are_genuine(page: Page, size: int, index: int) -> None:
    receipt = genuine(size, index)
    paste(page, receipt.compact())
    expect(page.get_by_role("heading", name="这张回执是真的")).to_be_visible()
    page.get_by_role("button", name="再验一张").click()
    page.locator("#text").fill("\n" + receipt.text().replace("\n", "\r\n"))
    page.get_by_role("button", name="核验", exact=True).click()
    expect(page.get_by_role("heading", name="这张回执是真的")).to_be_visible()


def altered() -> dict[str, tuple[Receipt, str]]:
    good = genuine()
    other = canonical.encode({**PAYLOAD, "at": "2026-11-22T00:41:06.120+00:00"})
    forged = note.Signer.from_seed(ORIGIN, bytes(32)).sign(note.text_of(good.checkpoint))
    twisted = good.checkpoint[:-8] + ("A" if good.checkpoint[-8] != "A" else "B") + good.checkpoint[-7:]
    foreign = note.Signer.from_seed("example.org/other", bytes(32))
    elsewhere = note.text_of(good.checkpoint).replace(ORIGIN, "example.org/other")
    return {
        "payload": (replace(good, payload=other), "content-altered"),
        "salt": (replace(good, salt=bytes(32)), "content-altered"),
        "leaf": (replace(good, leaf=genuine().leaf), "not-included"),
        "proof": (replace(good, proof=(bytes(32), *good.proof[1:])), "not-included"),
        "short proof": (replace(good, proof=good.proof[1:]), "not-included"),
        "long proof": (replace(good, proof=(*good.proof, bytes(32))), "not-included"),
        "index": (replace(good, index=78), "not-included"),
        "key": (replace(good, checkpoint=forged), "signature-false"),
        "signature": (replace(good, checkpoint=twisted), "signature-false"),
        "other log": (replace(good, checkpoint=foreign.sign(elsewhere)), "log-unknown"),
    }


HEADLINES = {
    "content-altered": "对不上：内容被改过",
    "not-included": "对不上：账上没有这一笔",
    "signature-false": "对不上：章不是区里盖的",
    "log-unknown": "验不了：这是另一本账的回执",
}


@pytest.mark.parametrize("which", sorted(altered()))
def test_each_altered_link_gets_its_own_sentence_and_python_agrees(page: Page, which: str) -> None:
    receipt, code = altered()[which]
    assert kernel.verify(receipt, (SIGNER.vkey,)).code == code
    give(page, "receipt.tlog-proof", "text/plain", receipt.text().encode())
    expect(page.get_by_role("heading", name=HEADLINES[code])).to_be_visible()
    expect(page.get_by_role("heading", name="这张回执是真的")).to_have_count(0)


@pytest.mark.parametrize(
    "text", ["", "hello", "PIANQU1:", "PIANQU1:ABC", "c2sp.org/tlog-proof@v1\nextra e30=\nindex 0\n\nx"]
)
def test_what_is_no_receipt(page: Page, text: str) -> None:
    paste(page, text)
    expect(page.locator(".paper.unclear h1")).to_be_visible()


def test_a_cut_off_receipt_is_incomplete(page: Page) -> None:
    text = genuine().text()
    paste(page, text[: text.index("\n\n— ")])
    expect(page.get_by_role("heading", name="读不全：盖章的部分坏了")).to_be_visible()


def test_a_photo_without_a_code(page: Page) -> None:
    from_nothing = picture("1", scale=1)[:60]
    give(page, "IMG_2.png", "image/png", from_nothing)
    expect(page.get_by_role("heading", name="照片里没看到二维码")).to_be_visible()


def test_what_a_receipt_holds_never_becomes_markup(page: Page) -> None:
    receipt, _ = altered()["other log"]
    evil = replace(receipt, checkpoint=receipt.checkpoint.replace("example.org/other", "<img/src=x/onerror=alert(1)>"))
    paste(page, evil.text())
    page.locator(".technical summary").click()
    assert page.locator("#result img").count() == 0
    expect(page.locator("#result")).to_contain_text("<img/src=x")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_nobody_is_shut_out(page: Page, scheme: str, width: int) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": 900})
    for text in ("", genuine().text(), altered()["payload"][0].text(), "nothing"):
        if text:
            page.evaluate("document.getElementById('paste').open = true")
            page.locator("#text").fill(text)
            page.locator("#form button").click()
            page.locator(".technical summary").click()
        report = Axe().run(page)
        assert report.violations_count == 0, report.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        if text:
            page.locator(".actions .primary").click()


def test_by_keyboard_alone(page: Page) -> None:
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    order = []
    for _ in range(3):
        page.keyboard.press("Tab")
        order.append(page.evaluate("document.activeElement.id || document.activeElement.tagName"))
    assert order == ["language", "file", "SUMMARY"]
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.insert_text(genuine().compact())
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="这张回执是真的")).to_be_focused()
