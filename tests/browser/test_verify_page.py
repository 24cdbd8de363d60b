"""The offline check in a browser, opened from a file with the network cut: every answer in plain words, in two languages."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import segno
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

import pianqu
from pianqu.composition.screens.taking import chromium
from pianqu.foundation import qr
from pianqu.kernels import canonical, merkle, note, policy, verify_page
from pianqu.kernels import receipt as kernel
from pianqu.kernels import twin as twin_kernel
from pianqu.kernels.receipt import Receipt
from pianqu.kernels.tests import test_gm
from pianqu.kernels.tests.receipts import (
    ALONE,
    ASKS_NOBODY,
    KNOWN,
    LONG,
    NESTED,
    OLD_CODE,
    OLD_FILE,
    PAIRED,
    RECORD,
    SIGNER,
    TWO_OF_THREE,
    WITNESSES,
    Case,
    cases,
    make,
    replaced,
    signed,
)
from pianqu.kernels.tiles import TileTree
from pianqu.kernels.twin import TwinBody

CHROMIUM = chromium()
TEMPLATE = Path(pianqu.__file__).parent / "rooms/ledger/static/ledger/verify.html"
NAMES = {
    "organisation:330205-enforcement": ("江北区综合行政执法局", "Jiangbei Enforcement Bureau"),
    "category:roads": ("道路与公共设施", "Roads and public facilities"),
    "witness:justice": ("江北区司法局", "Jiangbei Justice Bureau"),
    "witness:people": ("居民议事会", "Residents' council"),
}
CASES = cases()
GENUINE = "这张回执是真的"

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium found; Debian: apt install chromium-headless-shell"
)


TWO = (
    f"log {SIGNER.vkey}\n"
    + "".join(f"witness {name} {WITNESSES[name].witness.vkey}\n" for name in ("justice", "people"))
    + "group both any justice people\nquorum both\n"
)
ONE = f"log {SIGNER.vkey}\nwitness justice {WITNESSES['justice'].witness.vkey}\nquorum justice\n"


def genuine(size: int = 300, index: int = 77) -> Receipt:
    photo = {**RECORD["fact"], "photo_commitments": [RECORD["fact"]["words_commitment"]]}
    return make(size, index, canonical.encode({**RECORD, "fact": photo}))


@pytest.fixture(scope="module")
def browser(chrome: Browser) -> Browser:
    return chrome


@pytest.fixture
def complaints() -> list[str]:
    return []


@pytest.fixture
def rule() -> str:
    return ALONE


@pytest.fixture
def twin_keys() -> list[str]:
    return [test_gm.KEY.vkey]


@pytest.fixture
def page(browser: Browser, tmp_path: Path, complaints: list[str], rule: str, twin_keys: list[str]) -> Iterator[Page]:
    made = verify_page.render(
        TEMPLATE.read_text(encoding="utf-8"),
        policy=rule,
        district=("江北片区", "Jiangbei Clusters"),
        names=NAMES,
        twin=twin_keys,
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
    expect(page.get_by_role("heading", name="这张回执是真的", exact=True)).to_be_focused()
    for words in (
        "收到一件居民反映",
        "道路与公共设施",
        "8K3F-27QH",
        "江北区综合行政执法局",
        "还没有外部见证",
        "8:41:06",
        "第 78 笔",
    ):
        expect(page.locator("#result")).to_contain_text(words)
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="This receipt is genuine", exact=True)).to_be_visible()
    expect(page.locator("#result")).to_contain_text("Roads and public facilities")
    assert page.locator("html").get_attribute("lang") == "en"


def test_a_photo_of_the_code_is_read(page: Page) -> None:
    give(page, "IMG_1.png", "image/png", picture(genuine().compact()))
    expect(page.locator("#verdict")).to_have_text(GENUINE)


@pytest.mark.parametrize("version", range(22, 30))
def test_a_code_of_every_size_that_receipts_have_is_read(page: Page, version: int) -> None:
    give(page, "screenshot.png", "image/png", picture(genuine().compact(), version=version))
    expect(page.locator("#verdict")).to_have_text(GENUINE)


@pytest.mark.parametrize(("size", "index"), [(1, 0), (2, 1), (256, 255), (1000, 999)])
def test_both_texts_pasted_are_genuine(page: Page, size: int, index: int) -> None:
    receipt = genuine(size, index)
    paste(page, receipt.compact())
    expect(page.locator("#verdict")).to_have_text(GENUINE)
    page.get_by_role("button", name="再验一张").click()
    page.locator("#text").fill("\n" + receipt.text().replace("\n", "\r\n"))
    page.get_by_role("button", name="核验", exact=True).click()
    expect(page.locator("#verdict")).to_have_text(GENUINE)


HEADLINES = {
    "genuine": GENUINE,
    "not-witnessed": "账上有这一笔，见证还不够",
    "content-altered": "对不上：内容被改过",
    "not-included": "对不上：账上没有这一笔",
    "signature-false": "对不上：章不是区里盖的",
    "log-unknown": "验不了：这是另一本账的回执",
    "checkpoint-broken": "读不全：盖章的部分坏了",
    "witness-false": "对不上：见证单位的章不符",
}


def headline(case: Case) -> str:
    verdict = kernel.verify(case.receipt, policy.parse(case.rule.encode()))
    assert verdict.code == case.code
    return HEADLINES["witness-false" if verdict.party else verdict.code]


@pytest.mark.parametrize("rule", sorted({case.rule for case in CASES.values()}), ids=lambda rule: f"{len(rule)}")
def test_every_case_has_the_verdict_that_the_kernel_has(page: Page, rule: str) -> None:
    for name, case in CASES.items():
        if case.rule != rule:
            continue
        told = {case.receipt.text(): headline(case)}
        if case.code in {"genuine", "not-witnessed"}:
            codes = (case.receipt.compact(), case.receipt.compact(policy.parse(rule.encode())))
            told |= dict.fromkeys(codes, HEADLINES[case.in_code] if case.in_code else headline(case))
        for text, wanted in told.items():
            give(page, "receipt.tlog-proof", "text/plain", text.encode())
            assert page.locator("#verdict").inner_text() == wanted, name
            page.locator(".actions .primary").click()


def test_receipts_of_the_first_form_hold_for_ever(page: Page) -> None:
    for text in (OLD_FILE, OLD_CODE):
        give(page, "old.txt", "text/plain", text.encode())
        expect(page.locator("#verdict")).to_have_text(GENUINE)
        page.locator(".actions .primary").click()


@pytest.mark.parametrize("rule", [NESTED])
def test_who_signed_and_when_is_told(page: Page) -> None:
    expect(page.locator("#known")).to_contain_text("江北区司法局、居民议事会、院")
    give(page, "receipt.png", "image/png", picture(signed(genuine(), "people", "院").compact()))
    expect(page.get_by_role("heading", name=GENUINE, exact=True)).to_be_focused()
    for words in ("三家见证单位中，两家也盖了章", "两方里至少一方盖章", "盖章于 2026 年 11 月 29 日"):
        expect(page.locator("#result")).to_contain_text(words)
    missing = page.locator(".witnesses li li li", has_text="江北区司法局")
    expect(missing).to_contain_text("开出这张回执时还没有盖章")
    expect(page.locator("#result")).not_to_contain_text("还没有外部见证")
    expect(page.locator(".limits")).to_contain_text("至少要有一家见证单位跟着一起作假")
    page.get_by_role("button", name="English").click()
    expect(page.locator("#result")).to_contain_text("2 of the 3 witnesses have stamped it too.")
    expect(page.locator("#result")).to_contain_text("Residents' council")


@pytest.mark.parametrize("rule", [TWO_OF_THREE])
def test_too_few_witnesses_are_yellow_and_the_record_is_shown(page: Page) -> None:
    paste(page, signed(genuine(), "院").compact())
    expect(page.locator(".paper.unclear h1")).to_have_text("账上有这一笔，见证还不够")
    for words in ("过一分钟重新下载回执", "收到一件居民反映", "三家见证单位中，一家也盖了章", "还不能排除"):
        expect(page.locator("#result")).to_contain_text(words)


@pytest.mark.parametrize("rule", [PAIRED])
def test_a_long_signature_is_checked_from_the_file_and_missed_in_the_code(page: Page) -> None:
    whole = signed(genuine(), LONG, "justice", "people")
    give(page, "receipt.tlog-proof", "", whole.text().encode())
    expect(page.locator("#verdict")).to_have_text(GENUINE)
    for words in ("三家见证单位中，两家也盖了章", "至少要有一家见证单位跟着一起作假", "它的两把钥匙里至少一把盖章"):
        expect(page.locator("#result")).to_contain_text(words)
    page.locator(".actions .primary").click()
    paste(page, signed(genuine(), LONG, "justice").compact(policy.parse(PAIRED.encode())))
    expect(page.locator(".paper.unclear h1")).to_have_text("账上有这一笔，见证还不够")
    for words in (f"二维码装不下这些单位的签名：{LONG}。", "下载回执文件再验一遍"):
        expect(page.locator(".todo")).to_contain_text(words)
    page.get_by_role("button", name="English").click()
    expect(page.locator(".todo")).to_contain_text("download the receipt's file")


@pytest.mark.parametrize(
    ("rule", "names", "told", "english"),
    [
        (TWO_OF_THREE, ("justice", "people", "院"), "三家见证单位都盖了章。", "All 3 witnesses have stamped it too."),
        (TWO_OF_THREE, ("院",), "三家见证单位中，一家也盖了章。", "1 of the 3 witnesses has stamped it too."),
        (TWO_OF_THREE, (), "三家见证单位都还没有盖章。", "None of the 3 witnesses has stamped it yet."),
        (TWO, ("justice", "people"), "两家见证单位都盖了章。", "Both witnesses have stamped it too."),
        (ONE, ("justice",), "唯一的见证单位也盖了章。", "Its one witness has stamped it too."),
        (ONE, (), "唯一的见证单位还没有盖章。", "Its one witness has not stamped it yet."),
    ],
)
def test_how_many_have_stamped_is_said_as_people_say_it(
    page: Page, names: tuple[str, ...], told: str, english: str
) -> None:
    paste(page, signed(genuine(), *names).compact())
    expect(page.locator(".seal")).to_contain_text(told)
    page.get_by_role("button", name="English").click()
    expect(page.locator(".seal")).to_contain_text(english)


@pytest.mark.parametrize("rule", [f"{TWO_OF_THREE}# en 院 The university’s lab\n"])
def test_a_witness_is_called_in_english_as_the_rule_says(page: Page) -> None:
    expect(page.locator("#known")).to_contain_text("居民议事会、院")
    page.get_by_role("button", name="English").click()
    expect(page.locator("#known")).to_contain_text("Residents' council, The university’s lab.")


@pytest.mark.parametrize("rule", [ASKS_NOBODY])
def test_where_nobody_is_asked_the_page_says_so(page: Page) -> None:
    paste(page, signed(genuine(), "院").compact())
    expect(page.locator("#verdict")).to_have_text(GENUINE)
    expect(page.locator("#result")).to_contain_text("这一页的规则不要求别的单位见证")


@pytest.mark.parametrize("rule", [f"{KNOWN}group one all justice\nquorum one\n"])
def test_whom_the_rule_does_not_count_stands_apart(page: Page) -> None:
    paste(page, signed(genuine(), *("justice", "院")).compact())
    expect(page.locator("#verdict")).to_have_text(GENUINE)
    expect(page.locator(".witnesses").nth(1)).to_contain_text("居民议事会")
    expect(page.locator("#result")).to_contain_text("规则里不算数")


@pytest.mark.parametrize("rule", [f"{KNOWN}group one any justice people\nquorum one\n"])
def test_a_rule_that_two_strangers_fulfil_is_called_what_it_is(page: Page) -> None:
    assert policy.parse(f"{KNOWN}group one any justice people\nquorum one\n".encode()).overlap() == 0
    paste(page, signed(genuine(), "justice").compact())
    expect(page.locator(".limits")).to_contain_text("两批互不相同的见证单位都够数")


@pytest.mark.parametrize("rule", ["", "log nonsense\nquorum none\n", "quorum none\n"])
def test_without_a_policy_the_page_knows_nobody(page: Page) -> None:
    paste(page, genuine().compact())
    expect(page.locator(".paper.unclear h1")).to_have_text("这一页还没装好")


@pytest.mark.parametrize("rule", [NESTED])
def test_the_first_screen_needs_no_learned_word(page: Page) -> None:
    for _ in range(2):
        shown = page.locator("body").inner_text().lower()
        assert not [
            w for w in ("哈希", "默克尔", "节点", "检查点", "hash", "merkle", "node", "checkpoint") if w in shown
        ]
        page.locator("#language").click()


@pytest.mark.parametrize(
    "text", ["", "hello", "PIANQU1:", "PIANQU1:ABC", "c2sp.org/tlog-proof@v1\nextra e30=\nindex 0\n\nx"]
)
def test_what_is_no_receipt(page: Page, text: str) -> None:
    paste(page, text)
    expect(page.locator(".paper.unclear h1")).to_be_visible()


def test_a_code_of_a_later_kind_asks_for_a_newer_page(page: Page) -> None:
    paste(page, "PIANQU3:ABC")
    expect(page.locator(".paper.unclear h1")).to_have_text("这一页太旧，读不了这张回执")


def test_a_cut_off_receipt_is_incomplete(page: Page) -> None:
    text = genuine().text()
    paste(page, text[: text.index("\n\n— ")])
    expect(page.get_by_role("heading", name="读不全：盖章的部分坏了")).to_be_visible()


def test_a_photo_without_a_code(page: Page) -> None:
    from_nothing = picture("1", scale=1)[:60]
    give(page, "IMG_2.png", "image/png", from_nothing)
    expect(page.get_by_role("heading", name="照片里没看到二维码")).to_be_visible()


def test_what_a_receipt_holds_never_becomes_markup(page: Page) -> None:
    receipt = CASES["other log"].receipt
    evil = replaced(receipt, checkpoint=receipt.checkpoint.replace("example.org/other", "<img/src=x/onerror=alert(1)>"))
    paste(page, evil.text())
    page.locator(".technical summary").click()
    assert page.locator("#result img").count() == 0
    expect(page.locator("#result")).to_contain_text("<img/src=x")


@pytest.mark.parametrize("rule", [NESTED])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_nobody_is_shut_out(page: Page, scheme: str, width: int) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": 900})
    seen = [signed(genuine(), *names).text() for names in (("people", "院"), ("people",))]
    for text in ("", *seen, CASES["payload"].receipt.text(), "nothing"):
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
    expect(page.get_by_role("heading", name="这张回执是真的", exact=True)).to_be_focused()


# the twin by the national standards --------------------------------------------------------------------------------------

BY_GM = "这份国密证明是真的"


def by_gm(held: Receipt, size: int = 4) -> Receipt:
    """The same record in a small tree by SM3, the second of its leaves."""
    leaves = [merkle.leaf_hash(held.leaf if n == 1 else f"leaf {n}".encode(), test_gm.SM3.leaf) for n in range(size)]
    tree = TileTree(0, lambda _level, _index: b"", test_gm.SM3)
    tree.extend(b"".join(leaves))
    body = TwinBody(origin=SIGNER.name, size=size, root=tree.root(), ledger_root=bytes(32))
    proof = tuple(merkle.inclusion_proof(1, size, tree.node, test_gm.SM3))
    return replaced(held, index=1, proof=proof, checkpoint=note.sign(body.encode(), [test_gm.SIGNER]))


def twisted(held: Receipt, **changes: str) -> Receipt:
    """Another text under the twin's own signature."""
    text = note.text_of(held.checkpoint)
    for old, new in changes.values():
        text = text.replace(old, new)
    return replaced(held, checkpoint=note.sign(text, [test_gm.SIGNER]))


def test_a_proof_by_the_national_standards_is_checked_to_its_last_link(page: Page) -> None:
    good = by_gm(genuine(2, 1))
    line = good.checkpoint.splitlines()[-1]
    other = note.Signer.from_seed(f"{SIGNER.name}2/gm", bytes(32))
    text = note.text_of(good.checkpoint)
    told = {
        good: BY_GM,
        replaced(good, payload=good.payload.replace(b"8K3F27QH", b"8K3F27QK")): HEADLINES["content-altered"],
        replaced(good, index=0): HEADLINES["not-included"],
        replaced(good, checkpoint=good.checkpoint.replace(line[-12:], "A" + line[-11:])): HEADLINES["signature-false"],
        replaced(good, checkpoint=good.checkpoint.replace("\n4\n", "\n5\n")): HEADLINES["signature-false"],
        twisted(good, size=("\n4\n", "\n5\n")): HEADLINES["not-included"],
        twisted(good, mark=("twin-of", "twin")): HEADLINES["checkpoint-broken"],
        twisted(good, whose=(f"twin-of {SIGNER.name} ", "twin-of other ")): HEADLINES["checkpoint-broken"],
        replaced(good, checkpoint=other.sign(text.replace(f"{SIGNER.name}", f"{SIGNER.name}2"))): HEADLINES[
            "log-unknown"
        ],
    }
    for held, wanted in told.items():
        verdict = twin_kernel.verify(held, [test_gm.KEY])
        assert {BY_GM: "genuine"}.get(wanted) or HEADLINES[verdict.code] == wanted
        give(page, "receipt-gm.tlog-proof", "text/plain", held.text().encode())
        assert page.locator("#verdict").inner_text() == wanted
        page.locator(".actions .primary").click()
    give(page, "receipt-gm.tlog-proof", "text/plain", good.text().encode())
    expect(page.locator(".limits")).to_contain_text("国密账没有外部见证的章")
    expect(page.locator("#result")).to_contain_text("第 2 笔")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="This proof by the national standards is genuine")).to_be_visible()


@pytest.mark.parametrize("twin_keys", [[]])
def test_without_the_twins_key_the_page_says_how_to_check(page: Page) -> None:
    give(page, "receipt-gm.tlog-proof", "text/plain", by_gm(genuine(2, 1)).text().encode())
    expect(page.locator(".paper.unclear h1")).to_have_text("验不了：这一页没有国密账的公钥")
    expect(page.locator(".todo")).to_contain_text("./pianqu verify receipt 文件 --vkey gm.vkey")


# a whole bundle ----------------------------------------------------------------------------------------------------------


def packed(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as folder:
        for name, content in files.items():
            folder.writestr(f"pianqu-receipt/{name}.tlog-proof", content)
        folder.writestr("pianqu-receipt/sheet.pdf", bytes(5_000_000))
    return out.getvalue()


def test_a_bundle_is_checked_with_its_twin(page: Page) -> None:
    ours = genuine(2, 1)
    receipt, other = ours.text().encode(), by_gm(genuine(2, 1)).text().encode()
    for beside, told in (
        ({"receipt-gm": by_gm(ours).text().encode()}, "国密证明（SM3、SM2）也核对过"),
        ({"receipt-gm": other}, "国密证明（SM3、SM2）对不上"),
        ({"receipt-gm": receipt}, "国密证明（SM3、SM2）对不上"),
        ({"receipt-gm": b"nothing"}, "国密证明（SM3、SM2）对不上"),
        ({}, "这一页不核对"),
    ):
        give(page, "pianqu-1.zip", "application/zip", packed(receipt=receipt, **beside))
        expect(page.locator("#verdict")).to_have_text(GENUINE)
        expect(page.locator(".todo")).to_contain_text(told)
        expect(page.locator(".todo")).to_contain_text("README.txt")
        page.locator(".actions .primary").click()
    for broken in (b"PK\x03\x04 cut off", b"", packed(other=receipt)):
        give(page, "pianqu-1.zip", "application/zip", broken)
        expect(page.locator(".paper.unclear h1")).to_have_text("读不出来：这不像一张回执")
        page.locator(".actions .primary").click()


# a picture of a whole page -----------------------------------------------------------------------------------------------


LINE = (
    "<p>The street lamp by the bridge has been out for three days, and it is dark. 桥头的路灯坏了三天，晚上很黑。</p>"
)
PAGE = """<body style="margin:0;font:16px/1.7 sans-serif">{above}<div style="position:absolute;left:{x}px;top:{y}px;
width:{side}px;height:{side}px;background:#fff;border:1px solid #ccc;padding:4px">{code}</div>{below}"""


def screenshot(
    browser: Browser, text: str, *, width: int, side: int, at: tuple[float, float], scale: float = 1
) -> bytes:
    """A long page with a receipt's code on it, as a browser keeps it."""
    out = io.BytesIO()
    qr.code(text).save(out, kind="svg", border=4, light="#fff", xmldecl=False, omitsize=True, svgclass=None)
    context = browser.new_context(viewport={"width": width, "height": 900}, device_scale_factor=scale)
    shown = context.new_page()
    code = out.getvalue().decode()
    shown.set_content(PAGE.format(above=LINE * 60, below=LINE * 60, code=code, side=side, x=at[0], y=at[1]))
    taken = shown.screenshot(full_page=True)
    context.close()
    return taken


@pytest.mark.parametrize("rule", [NESTED])
@pytest.mark.parametrize(
    ("width", "side", "at", "scale"),
    [
        (1280, 242, (512.5, 333.3), 1),
        (390, 302, (39.25, 521.53), 1),
        (390, 302, (39.25, 1521.53), 3),
    ],
)
def test_a_code_that_is_small_in_a_picture_of_a_whole_page_is_found(
    page: Page,
    browser: Browser,
    monkeypatch: pytest.MonkeyPatch,
    width: int,
    side: int,
    at: tuple[float, float],
    scale: float,
) -> None:
    monkeypatch.setattr("secrets.token_bytes", bytes)  # the same squares in each run: not all are read as quickly
    code = signed(genuine(3000, 77), "justice", "people", "院").compact()
    taken = screenshot(browser, code, width=width, side=side, at=at, scale=scale)
    give(page, "page.png", "image/png", taken)
    expect(page.locator("#verdict")).to_have_text(GENUINE, timeout=25_000)
