"""Hand-written SQL of directory."""

from collections.abc import Iterable

from pianqu.foundation.db import Statement


def hold(codes: Iterable[str]) -> Statement:
    """Locks organisations against an end, not against each other (PostgreSQL)."""
    wanted = sorted(codes)
    marks = ", ".join(["%s"] * len(wanted))
    return f"SELECT code FROM directory_organisation WHERE code IN ({marks}) ORDER BY code FOR KEY SHARE", wanted
