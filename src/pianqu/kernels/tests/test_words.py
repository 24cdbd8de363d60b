"""Words: what is kept, what goes, and that showing them cannot disturb the line around."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pianqu.kernels import words

NASTY = st.text(
    st.one_of(st.characters(), st.sampled_from("\x00\r\n\t\u202a\u202e\u2066\u2069\u200b\u3000\ud800\ufeff\u2028𠮷😀א"))
)


@given(NASTY)
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    once = words.clean(text)
    assert words.clean(once) == once


@given(NASTY)
def test_what_is_kept_can_be_stored_anywhere(text: str) -> None:
    kept = words.clean(text)
    kept.encode("utf-8")
    assert all(char in "\n\t" or unicodedata.category(char) != "Cc" for char in kept)
    assert not set(kept) & set("\u202a\u202b\u202c\u202d\u202e")
    assert kept == kept.strip()


@given(
    st.text(st.characters(exclude_categories=("Cc", "Cs", "Cf", "Zs", "Zl", "Zp", "Cn"), min_codepoint=33), min_size=1)
)
def test_ordinary_text_is_kept_as_it_is(text: str) -> None:
    assert words.clean(text) == text.strip()


@given(NASTY, st.integers(1, 40))
def test_fit_keeps_its_promise(text: str, longest: int) -> None:
    try:
        kept = words.fit(text, longest=longest)
    except words.Unfit as unfit:
        assert (unfit.reason, unfit.length == 0) in {("empty", True), ("long", False)}
    else:
        assert 1 <= len(kept) <= longest


@given(NASTY)
def test_an_isolate_is_closed_and_nothing_inside_closes_it(text: str) -> None:
    depth = 0
    shown = words.isolated(words.clean(text))
    for place, char in enumerate(shown):
        depth += (char in "\u2066\u2067\u2068") - (char == "\u2069")
        assert depth > 0 or place == len(shown) - 1
    assert depth == 0


@given(NASTY, st.integers(1, 40))
def test_an_excerpt_is_one_short_line(text: str, length: int) -> None:
    made = words.excerpt(words.clean(text), length)
    assert len(made) <= length and "\n" not in made


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("\x00灯\x07坏了\x7f", "灯坏了"),
        ("א\u202eב\u202c", "אב"),
        ("\u200b\u2060 \ufeff", ""),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        ("\u3000  灯 \n", "灯"),
    ],
)
def test_examples(typed: str, kept: str) -> None:
    assert words.clean(typed) == kept


def test_length_is_counted_in_code_points() -> None:
    assert len(words.fit("𠮷" * 5, longest=5)) == 5
    with pytest.raises(words.Unfit):
        words.fit("𠮷" * 6, longest=5)
