"""Identifiers: UUIDv7, ordered by time of making and unguessable in the rest (RFC 9562)."""

import uuid
from datetime import UTC, datetime

from uuid_utils.compat import uuid7


def new_id() -> uuid.UUID:
    """A fresh UUIDv7. Order by it only for convenience: the ledger's order is its positions."""
    return uuid7()


def read_id(text: str) -> uuid.UUID | None:
    """The identifier that a text is; None for any other text."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


MILLISECOND = 80
"""Bits of a UUIDv7 that stand behind its millisecond."""


def some_before(identifier: uuid.UUID, milliseconds: int) -> uuid.UUID:
    """The lowest UUIDv7 that can have been made that long before this one."""
    return uuid.UUID(int=max((identifier.int >> MILLISECOND) - milliseconds, 0) << MILLISECOND)


def made_at(identifier: uuid.UUID) -> datetime:
    """When a UUIDv7 was made, by the clock of the machine that made it."""
    return datetime.fromtimestamp((identifier.int >> MILLISECOND) / 1000, UTC)
