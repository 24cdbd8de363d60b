"""Blanks in a text: words written once for many occasions, with places that are filled in for each.

Problem: a standard answer holds {{number}} or {{受理编号}}; what is known is put in, what is not known must be seen before the
text is sent, and a value that itself looks like a blank must not be filled a second time.
Method: one pass of a regular expression for a name in two braces, with or without spaces, narrow or full width (as a Chinese
keyboard types them). Source: the "logic-less" tags of Mustache(5), without sections, partials and escapes.
Cost: O(length). Guarantee: text outside of blanks stays as it is; values stand in the result as they were given; blanks without a
value stay, so that open_in(fill(t, v)) finds exactly the blanks of t that v has no value for, and those within values.
"""

import re
from collections.abc import Mapping

_BLANK = re.compile(r"(?:\{\{|｛｛)[ \t\u3000]*([^{}｛｝\n]{0,60}?)[ \t\u3000]*(?:\}\}|｝｝)")
_LOOSE = re.compile(r"\{\{|｛｛|\}\}|｝｝")


def names_in(text: str) -> tuple[str, ...]:
    """The names of all blanks, each once, in the order in which they first stand."""
    return tuple(dict.fromkeys(found[1] for found in _BLANK.finditer(text)))


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with every blank that has a value filled; the others stay as they were written."""
    return _BLANK.sub(lambda found: values.get(found[1], found[0]), text)


def open_in(text: str) -> tuple[str, ...]:
    """The blanks as they stand in the text, each once."""
    return tuple(dict.fromkeys(found[0] for found in _BLANK.finditer(text)))


def is_whole(text: str) -> bool:
    """Whether every pair of braces belongs to a blank: what is opened is closed, with a name of one line between."""
    return _LOOSE.search(_BLANK.sub("", text)) is None


def spans(text: str) -> tuple[tuple[int, int], ...]:
    """Where blanks stand: first place and the one behind the last, in order."""
    return tuple(found.span() for found in _BLANK.finditer(text))
