"""The pass of somebody on the resident roll: a signed cookie that says who and since when. The roll says whether it holds."""

import uuid
from datetime import datetime, timedelta

from django.core import signing
from django.http import HttpRequest, HttpResponse

NAME = "pianqu-me"
SALT = "resident.pass"
LIFE = timedelta(days=30)


def made(resident_id: uuid.UUID, now: datetime) -> str:
    """What the cookie holds."""
    return signing.dumps([str(resident_id), now.isoformat()], salt=SALT)


def give(request: HttpRequest, response: HttpResponse, *, resident_id: uuid.UUID, now: datetime) -> None:
    """This device knows the person from now on."""
    response.set_cookie(
        NAME,
        made(resident_id, now),
        max_age=int(LIFE.total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=request.is_secure(),
    )


def take(response: HttpResponse) -> None:
    """This device forgets the person."""
    response.delete_cookie(NAME, samesite="Lax")


def held(request: HttpRequest) -> tuple[uuid.UUID, datetime] | None:
    """Whom the browser's pass names and since when; None without a true one."""
    return named(request.COOKIES.get(NAME, ""))


def named(text: str) -> tuple[uuid.UUID, datetime] | None:
    """Whom a pass names and since when; None for none, a made-up one and one that is over."""
    if not text:
        return None
    try:
        resident_id, since = signing.loads(text, salt=SALT, max_age=LIFE)
        return uuid.UUID(resident_id), datetime.fromisoformat(since)
    except (signing.BadSignature, ValueError, TypeError, AttributeError):
        return None
