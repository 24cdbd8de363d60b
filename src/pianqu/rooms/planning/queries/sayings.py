"""What the kernel says of a plan, kept as words with values and told in the reader's language."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext

from pianqu.kernels.saying import Sentence, kept


def sentences(details: Iterable[Any]) -> tuple[str, ...]:
    """In the reader's language."""
    return tuple(told(detail) for detail in details)


def told(detail: Any) -> str:
    words, values = detail
    filled = {name: told(value) if isinstance(value, list) else value for name, value in values.items()}
    return gettext(words) % filled if filled else gettext(words)


def say_in(sentence: Sentence) -> str:
    """The same for a sentence as the kernel gives it."""
    return told(kept(sentence))
