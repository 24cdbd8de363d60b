"""One-time passwords: drawn here, handed out on paper, good for one sign-in within thirty days, which asks for another one."""

import secrets
from datetime import datetime, timedelta

from django.contrib.auth.hashers import Argon2PasswordHasher, make_password

LASTS = timedelta(days=30)
SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"
"""None that is taken for another one on paper."""


class Quick(Argon2PasswordHasher):
    """Argon2 with little memory: for drawn passwords of 59 bits, hundreds at once. The first right use hashes anew."""

    time_cost = 1
    memory_cost = 8 * 1024
    parallelism = 1


def draw() -> str:
    """Three groups of four signs."""
    return "-".join("".join(secrets.choice(SIGNS) for _sign in range(4)) for _group in range(3))


def hashed(password: str) -> str:
    return make_password(password, hasher=Quick())


def until(now: datetime) -> datetime:
    """When a password drawn now is over."""
    return now + LASTS
