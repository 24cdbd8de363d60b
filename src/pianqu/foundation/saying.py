"""What kernels say, in the reader's language: words looked up in the catalogues, names in a row as that language parts them."""

from typing import Any

from django.utils.translation import get_language, gettext

from pianqu.kernels.saying import Sentence, kept

ROWS = frozenset({"units", "keys", "columns", "names", "clusters"})
"""Values that kernels write as names with commas between."""


def told(sentence: Sentence) -> str:
    """A sentence as a kernel gives it."""
    return told_again(kept(sentence))


def told_again(detail: Any) -> str:
    """The same as JSON keeps it: words and values."""
    words, values = detail
    said = gettext(words)
    return said % {name: _value(name, value) for name, value in values.items()} if values else said


def _value(name: str, value: Any) -> Any:
    if isinstance(value, list):
        return told_again(value)
    if name in ROWS and isinstance(value, str) and (get_language() or "").startswith("zh"):
        return value.replace(", ", "、")
    return value
