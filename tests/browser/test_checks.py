"""The eye that looks at every page: what it takes for English in Chinese text, and what it does not."""

import pytest
from playwright.sync_api import Browser

from pianqu.composition.screens.checks import findings

PAGE = '<html lang="zh-CN"><body><main><p>{}</p></main></body></html>'


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("受理回执 WSRF-XJNF · 江北片区", 0),
        ("受理回执 4SRF-XJN9", 0),
        ("受理回执 Receipt · 江北片区", 1),
        ("WSRF-XJNF Case", 1),
    ],
)
def test_a_code_of_letters_alone_is_no_english_word(chrome: Browser, words: str, found: int) -> None:
    page = chrome.new_page()
    page.set_content(PAGE.format(words))
    english = [str(said) for said in findings(page, "here", chinese=True) if said.what.startswith("English")]
    page.close()
    assert len(english) == found, english


BOX = (
    '<div style="height:60px;overflow-y:auto">{}</div><button style="height:40px">Send</button>'
    "<style>label{{display:block;height:30px}}</style>"
)


@pytest.mark.parametrize(
    ("inside", "found"),
    [
        ("<label><input type='checkbox'>one</label>" * 9, 0),
        ("<button style='height:30px'>one</button><button style='height:30px;margin-left:-40px'>two</button>", 1),
    ],
)
def test_what_a_scrolling_box_hides_lies_over_nothing(chrome: Browser, inside: str, found: int) -> None:
    page = chrome.new_page()
    page.set_content(PAGE.format("").replace("<p></p>", BOX.format(inside)))
    over = [str(said) for said in findings(page, "here", chinese=False) if said.what.startswith("overlap")]
    page.close()
    assert len(over) == found, over


@pytest.mark.parametrize(
    ("face", "words", "top", "found"),
    [
        ("portal", "默克尔树", 0, 1),
        ("open", "The latest checkpoint", 0, 1),
        ("open", "The latest checkpoint", 2_000, 0),
        ("desk", "The latest checkpoint", 0, 0),
        ("portal", "A rehash of nodeless things", 0, 0),
    ],
)
def test_a_term_stands_on_no_first_screen(chrome: Browser, face: str, words: str, top: int, found: int) -> None:
    page = chrome.new_page(viewport={"width": 1280, "height": 800})
    page.set_content(PAGE.format(words).replace("<html", f'<html data-face="{face}"').replace("<p>", "<p id='it'>"))
    page.evaluate("top => document.getElementById('it').style.marginTop = `${top}px`", top)
    terms = [str(said) for said in findings(page, "here", chinese=False) if said.what.startswith("a term")]
    page.close()
    assert len(terms) == found, terms
