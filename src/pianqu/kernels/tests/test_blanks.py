"""Blanks: what is known is put in once, what is not stays to be seen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pianqu.kernels import blanks

NAMES = st.text(st.sampled_from("受理编号number_"), min_size=1, max_size=8)
PLAIN = st.text(st.characters(exclude_characters="{}｛｝", exclude_categories=("Cs",)), max_size=12)
PIECES = st.lists(st.tuples(PLAIN, NAMES), max_size=6)


def written(pieces: list[tuple[str, str]], tail: str = "") -> str:
    return "".join(f"{text}{{{{{name}}}}}" for text, name in pieces) + tail


@given(PIECES, PLAIN, st.dictionaries(NAMES, st.text(max_size=12), max_size=4))
def test_filling_is_the_same_as_putting_the_pieces_together(
    pieces: list[tuple[str, str]], tail: str, values: dict[str, str]
) -> None:
    by_hand = "".join(text + values.get(name, f"{{{{{name}}}}}") for text, name in pieces) + tail
    assert blanks.fill(written(pieces, tail), values) == by_hand


@given(PIECES, PLAIN)
def test_names_are_found_each_once_in_their_order(pieces: list[tuple[str, str]], tail: str) -> None:
    text = written(pieces, tail)
    assert list(blanks.names_in(text)) == list(dict.fromkeys(name for _text, name in pieces))
    assert blanks.is_whole(text)
    assert all(text[first:last].startswith("{{") for first, last in blanks.spans(text))


@given(PIECES, st.dictionaries(NAMES, PLAIN, max_size=4))
def test_what_has_no_value_stays_open(pieces: list[tuple[str, str]], values: dict[str, str]) -> None:
    left = blanks.open_in(blanks.fill(written(pieces), values))
    assert set(left) == {f"{{{{{name}}}}}" for _text, name in pieces if name not in values}


def test_a_value_that_looks_like_a_blank_is_not_filled_again() -> None:
    filled = blanks.fill("{{a}} {{b}}", {"a": "{{b}}", "b": "x"})
    assert filled == "{{b}} x" and blanks.open_in(filled) == ("{{b}}",)


@pytest.mark.parametrize("text", ["{{ 受理编号 }}", "｛｛受理编号｝｝", "{{\u3000受理编号}}", "{{受理编号｝｝"])
def test_blanks_are_read_as_a_chinese_keyboard_writes_them(text: str) -> None:
    assert blanks.fill(text, {"受理编号": "8K3F"}) == "8K3F"


@pytest.mark.parametrize("text", ["{{number", "number}}", "{{num\nber}}", "{{a}} {{", "{{{{a}}"])
def test_braces_that_do_not_close_are_seen(text: str) -> None:
    assert not blanks.is_whole(text)


@pytest.mark.parametrize("text", ["", "{a}", "f(x) = {1, 2}", "{{}}", "{{a}}{{b}}"])
def test_single_braces_are_nothing_special(text: str) -> None:
    assert blanks.is_whole(text)
    assert blanks.fill(text, {}) == text
