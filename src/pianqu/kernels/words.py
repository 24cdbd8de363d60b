"""Words that people type: what is kept of them, and how they are shown without disturbing what stands around.

Problem: free text holds anything: NUL and other controls that databases and terminals choke on, half surrogate pairs,
embeddings and overrides that turn the rest of a line around, or nothing but invisible signs.
Method: line ends become LF; control signs other than LF and TAB, half surrogates, and the bidirectional embeddings and
overrides U+202A-U+202E go; everything else stays, right-to-left scripts, emoji and rare 汉字 included. When shown in a line,
the text stands in an isolate (Unicode UAX #9), with isolates that it left open closed.
Cost: O(length). Guarantee: clean(clean(x)) = clean(x); lengths are counted in code points of what is kept.
"""

import re
import unicodedata

_LINE_END = re.compile(r"\r\n?|[\u2028\u2029\x85]")
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\ufffe\uffff]")
_OPENS, _CLOSES = "\u2066\u2067\u2068", "\u2069"
_SIGNS = frozenset(_OPENS + _CLOSES)


class Unfit(ValueError):
    """The text cannot be taken. `reason` is `empty` or `long`; `length` counts the code points that were left."""

    def __init__(self, reason: str, length: int) -> None:
        super().__init__(f"{reason}: {length}")
        self.reason = reason
        self.length = length


def clean(text: str) -> str:
    """What is kept of a text: see the module. May be empty."""
    kept = _UNWANTED.sub("", _LINE_END.sub("\n", text)).strip()
    return kept if _visible(kept) else ""


def fit(text: str, *, longest: int, shortest: int = 1) -> str:
    """The cleaned text. Raises Unfit when it has fewer or more code points than allowed."""
    kept = clean(text)
    if len(kept) < shortest:
        raise Unfit("empty", len(kept))
    if len(kept) > longest:
        raise Unfit("long", len(kept))
    return kept


def _visible(text: str) -> bool:
    """Whether anything can be seen: not only spaces, joiners and other format signs."""
    return any(not char.isspace() and unicodedata.category(char) != "Cf" for char in text)


def isolated(text: str) -> str:
    """The text for the middle of a line of other text: its direction cannot reach beyond its ends."""
    if _SIGNS.isdisjoint(text):
        return f"\u2068{text}{_CLOSES}"
    depth = 0
    made = []
    for char in text:
        if char in _CLOSES:
            if depth == 0:
                continue
            depth -= 1
        depth += char in _OPENS
        made.append(char)
    return "\u2068" + "".join(made) + _CLOSES * (depth + 1)


def excerpt(text: str, length: int) -> str:
    """The beginning as one line of at most `length` code points, with … where something is left out."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"
