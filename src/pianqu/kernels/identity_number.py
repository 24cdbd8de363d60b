"""Citizen identity numbers 公民身份号码: is it one, and who was born when.

Problem: a number is read from a card and typed; a slip must be told before a person is entered twice or under another's number.
Method: 17 digits (six of the place, eight of the birthday, three of the sequence) and a check character, ISO 7064 MOD 11-2:
the sum of weight · digit is 1 modulo 11, with weights 2^(17-i) modulo 11 and X for ten.
Source: GB 11643-1999, sections 4 and 5; its examples are the tests' vectors.
Cost: O(1). Guarantee: every single wrong character is caught, and every swap of two that do not stand ten places apart (2^10 is
1 modulo 11, so those have the same weight).
"""

import re
from dataclasses import dataclass
from datetime import date
from unicodedata import normalize

LENGTH = 18
CHECKS = "0123456789X"
WEIGHTS = tuple(pow(2, LENGTH - 1 - place, 11) for place in range(LENGTH))
_SHAPE = re.compile(r"[1-9][0-9]{16}[0-9X]")
_BETWEEN = re.compile(r"[\s\-‐‑–—]+")


class NoIdentityNumber(ValueError):
    """Not 18 characters, a slip, or a day that no calendar has."""


@dataclass(frozen=True, slots=True)
class IdentityNumber:
    """A number that holds together. That it was issued nobody can tell from it."""

    text: str
    born: date

    def age(self, on: date) -> int:
        """Full years on a day; one is a year older on the birthday itself, born on 29 February on 1 March."""
        return on.year - self.born.year - ((on.month, on.day) < (self.born.month, self.born.day))


def check_character(body: str) -> str:
    """The eighteenth character of these 17 digits."""
    total = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, body, strict=False))
    return CHECKS[(1 - total) % 11]


def read(typed: str) -> IdentityNumber:
    """The number that was typed: wide digits, blanks, hyphens and a small x are read kindly. Raises NoIdentityNumber."""
    text = _BETWEEN.sub("", normalize("NFKC", typed)).upper()
    if not _SHAPE.fullmatch(text) or check_character(text[:-1]) != text[-1]:
        raise NoIdentityNumber("not 18 characters, or the last one does not fit the others")
    try:
        born = date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError as error:
        raise NoIdentityNumber("its birthday is no day of the calendar") from error
    return IdentityNumber(text, born)
