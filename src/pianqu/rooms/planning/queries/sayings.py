"""What the kernel says of a plan, kept as words with values and told in the reader's language."""

from collections.abc import Iterable
from typing import Any

from pianqu.foundation.saying import told_again


def sentences(details: Iterable[Any]) -> tuple[str, ...]:
    """In the reader's language."""
    return tuple(told_again(detail) for detail in details)
