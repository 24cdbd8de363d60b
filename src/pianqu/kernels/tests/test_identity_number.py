"""Identity numbers: the standard's examples, every slip, birthdays."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pianqu.kernels.identity_number import CHECKS, LENGTH, NoIdentityNumber, check_character, read

STANDARD = "11010519491231002X"
"""GB 11643-1999, annex: a woman of Chaoyang district, Beijing; with the next one."""
SECOND = "440524188001010014"


def made(place: int, born: date, sequence: int) -> str:
    body = f"{place:06d}{born:%Y%m%d}{sequence:03d}"
    return body + check_character(body)


numbers = st.builds(
    made, st.integers(110000, 659999), st.dates(date(1900, 1, 1), date(2099, 12, 31)), st.integers(0, 999)
)


def oracle(text: str) -> bool:
    """The standard's table of weights and characters, written out."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(weight * int(digit) for weight, digit in zip(weights, text, strict=False))
    return "10X98765432"[total % 11] == text[-1]


@pytest.mark.parametrize(("text", "born"), [(STANDARD, date(1949, 12, 31)), (SECOND, date(1880, 1, 1))])
def test_the_examples_of_the_standard(text: str, born: date) -> None:
    found = read(text)
    assert (found.text, found.born) == (text, born)


@given(numbers)
def test_the_check_character_is_that_of_the_table(text: str) -> None:
    assert oracle(text) and read(text).text == text


@given(numbers, st.integers(0, LENGTH - 1), st.sampled_from(CHECKS))
def test_every_wrong_character_is_caught(text: str, place: int, other: str) -> None:
    wrong = text[:place] + other + text[place + 1 :]
    if wrong != text:
        with pytest.raises(NoIdentityNumber):
            read(wrong)


@given(numbers, st.integers(0, LENGTH - 1), st.integers(0, LENGTH - 1))
def test_every_swap_is_caught_but_ten_places_apart(text: str, one: int, other: int) -> None:
    chars = list(text)
    chars[one], chars[other] = chars[other], chars[one]
    if (wrong := "".join(chars)) != text and abs(one - other) != 10:
        with pytest.raises(NoIdentityNumber):
            read(wrong)


def test_kindly_read() -> None:
    assert read(" １１０１０５ 19491231-002x ").text == STANDARD


@pytest.mark.parametrize(
    "typed", ["", "X", STANDARD[:-1], STANDARD + "1", "0" + STANDARD[1:], "110105491231002", "张三", "1" * 18]
)
def test_what_is_none(typed: str) -> None:
    with pytest.raises(NoIdentityNumber):
        read(typed)


def test_a_birthday_that_no_calendar_has() -> None:
    body = "11010519490230002"
    with pytest.raises(NoIdentityNumber, match="calendar"):
        read(body + check_character(body))


@given(numbers, st.dates(date(1900, 1, 1), date(2199, 12, 31)))
def test_age_counts_birthdays(text: str, on: date) -> None:
    person = read(text)
    turned = sum(
        1
        for year in range(person.born.year + 1, on.year + 1)
        if (year, person.born.month, person.born.day) <= (on.year, on.month, on.day)
    )
    if on >= person.born:
        assert person.age(on) == turned
