"""Words found inside of other words: pairs of neighbouring characters, for scripts that put no spaces between words.

Problem: a search for 路灯, for one character, for part of a number or of a Latin word is to find every text that holds it,
without reading every text, and the same on every database whatever its locale.
Method: each character is folded by itself (NFKD, then case folding, until nothing changes: Unicode UAX #15, chapter 3.13),
so that Ａ, ａ, A and a are one. A text's grams are its distinct pairs of neighbours, the last character with END behind it;
END also stands between the parts of one document. What holds a word holds all of the word's grams (Manning, Raghavan,
Schütze, Introduction to Information Retrieval, 3.2.2: k-gram indexes); the few that hold the grams are then read.
Cost: O(length) for a text; a query asks for at most MOST_GRAMS grams of each word.
Guarantee: folding goes character by character, so what is inside of a text is inside of the folded text; a document that
holds a word holds each gram asked for. Nothing is missed; what is too much is removed by reading (`holds`).
"""

import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

END = "\n"
"""Behind every part of a document. No word that is searched for has a line end in it."""
LAST = "\U0010ffff"
MOST_WORDS = 8
MOST_GRAMS = 12


@lru_cache(maxsize=16_384)
def _folded(char: str) -> str:
    while (once := unicodedata.normalize("NFKD", char).casefold()) != char:
        char = once
    return char


def fold(text: str) -> str:
    """The text as it is compared: widths, cases and joined signs are one. fold(a + b) = fold(a) + fold(b)."""
    return text.lower() if text.isascii() else "".join(map(_folded, text))


def document(*parts: str) -> str:
    """What is read of several texts that belong to one thing; empty where all of them are."""
    return "".join(fold(part) + END for part in parts) if any(parts) else ""


def grams(folded: str) -> list[str]:
    """The distinct pairs of a document, sorted."""
    return sorted({folded[at : at + 2] for at in range(len(folded) - 1) if folded[at] != END})


def terms(typed: str) -> tuple[str, ...]:
    """The words of a search, folded: all of them have to be found. At most MOST_WORDS; none that lies in another one."""
    words = list(dict.fromkeys(fold(word) for word in typed.split()[:MOST_WORDS]))
    return tuple(word for word in words if not any(word in other for other in words if other != word))


def asked(term: str) -> tuple[str, ...]:
    """The grams to ask an index for: distinct, spread over the whole word. None for a word of one character (see `span`)."""
    pairs = list(dict.fromkeys(term[at : at + 2] for at in range(len(term) - 1)))
    step = max(1, -(-len(pairs) // MOST_GRAMS))
    return tuple(pairs[::step])


def span(term: str) -> tuple[str, str]:
    """First and last of all grams that begin with a word of one character, in the order of code points."""
    return term, term + LAST


def holds(folded: str, words: Iterable[str]) -> bool:
    """Whether a document has every one of these words in it."""
    return all(word in folded for word in words)


def may_hold(found: Sequence[str], words: Iterable[str]) -> bool:
    """What an index says from a document's grams: yes wherever the document holds the words, and sometimes elsewhere."""
    have = set(found)
    return all(_may_hold(have, word) for word in words)


def _may_hold(have: set[str], word: str) -> bool:
    if len(word) > 1:
        return have.issuperset(asked(word))
    first, last = span(word)
    return any(first <= gram <= last for gram in have)


def as_token(gram: str) -> str:
    """A gram in letters and digits, six for each character: the beginnings of grams are beginnings of tokens (SQLite, FTS5)."""
    return "".join(f"{ord(char):06x}" for char in gram)


def as_lexeme(gram: str) -> str:
    """A gram quoted for a tsvector (PostgreSQL documentation, 8.11)."""
    return "'" + gram.replace("\\", "\\\\").replace("'", "''") + "'"
