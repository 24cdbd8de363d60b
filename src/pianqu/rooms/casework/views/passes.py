"""Passes: who proved once to be a matter's reporter holds a signed cookie that is sent to that matter's pages only."""

import uuid
from dataclasses import dataclass

from django.core import signing
from django.http import HttpRequest, HttpResponse

from pianqu.kernels import checkcode
from pianqu.rooms.casework.services.opening import RECEIPT_LIFE

NAME = "pianqu-case"
SALT = "casework.pass"
LIFE = int(RECEIPT_LIFE.total_seconds())


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """Access to one matter. `secret` is empty where the contact's digits were the proof."""

    case_id: uuid.UUID
    secret: str


def give(request: HttpRequest, response: HttpResponse, *, case_id: uuid.UUID, code: str, secret: str) -> None:
    """Let this browser see the matter; only until it is closed where the proof was a few digits."""
    value = signing.dumps([str(case_id), code, secret], salt=SALT)
    response.set_cookie(
        NAME,
        value,
        max_age=LIFE if secret else None,
        path=_path(code),
        httponly=True,
        samesite="Lax",
        secure=request.is_secure(),
    )


def take(response: HttpResponse, *, code: str) -> None:
    """This device forgets the matter."""
    response.delete_cookie(NAME, path=_path(code), samesite="Lax")


def held(request: HttpRequest, code: str) -> Pass | None:
    """The pass to this matter that the browser sent, if it is a true one."""
    try:
        case_id, for_code, secret = signing.loads(request.COOKIES.get(NAME, ""), salt=SALT, max_age=LIFE)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return Pass(case_id=uuid.UUID(case_id), secret=secret) if for_code == code else None


def _path(code: str) -> str:
    return f"/case/{checkcode.show(code)}/"
