"""Codes: every single slip and every swap is caught; look-alikes are read kindly."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pianqu.kernels import checkcode

CODES = st.integers(0, checkcode.BODIES - 1).map(checkcode.make)


@given(CODES)
def test_a_code_is_valid_however_it_is_typed(code: str) -> None:
    shown = checkcode.show(code)
    kindly = shown.lower().replace("0", "o").replace("1", "l")
    assert len(code) == checkcode.LENGTH and set(code) <= set(checkcode.ALPHABET)
    assert checkcode.is_valid(shown) and checkcode.is_valid(f" {kindly} ")
    full_width = "".join(chr(ord(char) + 0xFEE0) for char in code)
    assert checkcode.normalise(kindly) == checkcode.normalise(full_width) == code


@given(CODES)
def test_every_wrong_character_is_caught(code: str) -> None:
    for place, char in itertools.product(range(checkcode.LENGTH), checkcode.ALPHABET):
        if code[place] != char:
            assert not checkcode.is_valid(code[:place] + char + code[place + 1 :])


@given(CODES)
def test_every_swap_is_caught(code: str) -> None:
    for one, other in itertools.combinations(range(checkcode.LENGTH), 2):
        swapped = list(code)
        swapped[one], swapped[other] = swapped[other], swapped[one]
        assert checkcode.is_valid("".join(swapped)) is (code[one] == code[other])


def test_different_numbers_make_different_codes() -> None:
    assert len({checkcode.make(number) for number in range(5_000)}) == 5_000
    for number in (-1, checkcode.BODIES):
        with pytest.raises(ValueError):
            checkcode.make(number)


@pytest.mark.parametrize("typed", ["", "8K3F", "8K3F-27Q", "8K3F-27QH-1", "中文中文中文中文", "UUUUUUUU"])
def test_what_is_no_code(typed: str) -> None:
    assert not checkcode.is_valid(typed)
