"""Grams: an index of them misses nothing that reading every text would find, and reading removes what is too much."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pianqu.kernels import bigrams, words

SIGNS = "路灯坏了水管漏Aaａ１12.%_\\'\" \n\té\u0301ßİ㎡😀𠮷가각Σς"
TEXT = st.text(st.one_of(st.sampled_from(SIGNS), st.sampled_from(SIGNS), st.characters(exclude_categories=["Cs"])))


def plainly(text: str, typed: str) -> bool:
    """The oracle: every word typed lies in the text, upper and lower case of a-z being the same."""
    lower = text.translate({n: n + 32 for n in range(65, 91)})
    return all(word.translate({n: n + 32 for n in range(65, 91)}) in lower for word in typed.split()[:8])


@st.composite
def texts_and_parts(draw: st.DrawFn) -> tuple[str, str]:
    """A text and words cut out of it."""
    text = draw(TEXT)
    cuts = draw(st.lists(st.tuples(st.integers(0, len(text)), st.integers(1, 6)), max_size=3))
    return text, " ".join(text[start : start + length] for start, length in cuts)


@given(st.one_of(texts_and_parts(), st.tuples(TEXT, TEXT)), TEXT)
def test_what_a_plain_reading_finds_is_found(case: tuple[str, str], landmark: str) -> None:
    text, typed = case
    asked = bigrams.terms(words.clean(typed))
    if plainly(text, words.clean(typed)):
        assert bigrams.holds(bigrams.document(text, landmark), asked)
        assert bigrams.holds(bigrams.document(landmark, text), asked)


@given(st.one_of(texts_and_parts(), st.tuples(TEXT, TEXT)))
def test_the_index_misses_nothing_that_the_document_holds(case: tuple[str, str]) -> None:
    folded, asked = bigrams.document(case[0], "角"), bigrams.terms(case[1])
    if bigrams.holds(folded, asked):
        assert bigrams.may_hold(bigrams.grams(folded), asked)


@given(TEXT, st.sampled_from(SIGNS.strip()))
def test_one_character_is_found_exactly(text: str, char: str) -> None:
    folded, asked = bigrams.document(text), bigrams.terms(char)
    if all(len(term) == 1 for term in asked):
        assert bigrams.may_hold(bigrams.grams(folded), asked) == bigrams.holds(folded, asked)


@given(TEXT, TEXT)
def test_folding_goes_character_by_character_and_ends(one: str, other: str) -> None:
    assert bigrams.fold(one + other) == bigrams.fold(one) + bigrams.fold(other)
    assert bigrams.fold(bigrams.fold(one)) == bigrams.fold(one)


@given(TEXT)
def test_no_word_reaches_over_the_end_of_a_part(typed: str) -> None:
    assert all(term and bigrams.END not in term for term in bigrams.terms(typed))


@given(TEXT)
def test_few_grams_are_asked_whatever_is_typed(typed: str) -> None:
    asked = bigrams.terms(typed)
    assert len(asked) <= bigrams.MOST_WORDS
    for term in asked:
        assert len(bigrams.asked(term * 50)) <= bigrams.MOST_GRAMS
        assert set(bigrams.asked(term)) <= set(bigrams.grams(term + bigrams.END))


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("ktv", "ＫＴＶ夜里还在放"),
        ("KTV", "ktv"),
        ("12幢", "在１２幢门口"),
        ("STRASSE", "Straße"),
        ("m2", "两百㎡"),
        ("cafe", "CAFÉ"),
        ("ﬁ", "office fire"),
    ],
)
def test_widths_cases_and_joined_signs_are_one(typed: str, text: str) -> None:
    assert bigrams.holds(bigrams.document(text), bigrams.terms(typed))


def test_examples() -> None:
    assert bigrams.grams(bigrams.document("路灯", "桥头")) == ["头\n", "桥头", "灯\n", "路灯"]
    assert bigrams.document("", "") == "" and bigrams.grams("") == []
    assert bigrams.terms("路灯 路灯坏 %") == ("路灯坏", "%")
    assert not bigrams.holds(bigrams.document("路", "灯"), ["路灯"])
    assert not bigrams.holds(bigrams.document("a%b_c"), ["a_b"])
