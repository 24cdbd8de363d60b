"""Codes that people dictate over the phone: eight characters, the last of which catches a slip.

Problem: a code is read out, typed and written by hand; a wrong one must be told from an unknown one.
Method: seven characters of Crockford's base 32 (no I, L, O, U) and a check character, the sum of α^position · value in the
field GF(32) with α = x, x^5 + x^2 + 1 = 0. What people mistype is read kindly: O as 0, I and L as 1, any case and width.
Source: D. Crockford's Base32; a Reed-Solomon parity symbol of length 8 < 31.
Cost: O(1). Guarantee: every single wrong character and every swap of two characters is caught.
"""

from unicodedata import normalize

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 8
BODIES = 32 ** (LENGTH - 1)
"""How many codes there are: `make` takes a number below it."""

_VALUE = {char: value for value, char in enumerate(ALPHABET)}
_KINDLY = str.maketrans("OIL", "011", " -‐‑–—－　")


def make(number: int) -> str:
    """The code of a number. Draw the number at random: codes must not be guessable from each other."""
    if not 0 <= number < BODIES:
        raise ValueError("no code has this number")
    body = "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(LENGTH - 1)))
    return body + ALPHABET[_check(body)]


def _check(body: str) -> int:
    """Horner's rule: multiply by α, add the next value; a last multiplication keeps the check place apart."""
    total = 0
    for char in body:
        total = _times_alpha(total ^ _VALUE[char])
    return total


def _times_alpha(value: int) -> int:
    value <<= 1
    return value ^ 0b100101 if value & 32 else value


def normalise(typed: str) -> str:
    """What was typed, as it would be stored: capital letters, no separators, look-alikes replaced."""
    return normalize("NFKC", typed).upper().translate(_KINDLY)


def is_valid(typed: str) -> bool:
    """Whether what was typed is a code with its right check character."""
    code = normalise(typed)
    return len(code) == LENGTH and all(char in _VALUE for char in code) and _VALUE[code[-1]] == _check(code[:-1])


def show(code: str) -> str:
    """The code as people read it: 8K3F-27QH."""
    return f"{code[:4]}-{code[4:]}"
