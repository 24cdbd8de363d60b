"""Identifiers: UUIDv7, ordered by time of making and unguessable in the rest (RFC 9562)."""

import uuid

import uuid_utils


def new_id() -> uuid.UUID:
    """A fresh UUIDv7. Order by it only for convenience: the ledger's order is its positions."""
    return uuid.UUID(bytes=uuid_utils.uuid7().bytes)
