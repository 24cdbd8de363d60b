"""Passkeys (WebAuthn): a key on somebody's own device signs in without a password. The device asks for finger, face or PIN, so
it stands for both steps. They work on localhost and over https only; browsers see to that."""

import json
import struct
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth
from cryptography.exceptions import InvalidSignature
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from pianqu.foundation.errors import Absent, Invalid, Refused
from pianqu.foundation.models import Account
from pianqu.kernels import words

KEY = Authenticator.Type.WEBAUTHN
MOST, LONGEST = 10, 40
"""Passkeys of one account, signs of a name."""
LARGEST = 20_000
"""Signs of an answer of a browser."""
_WRONG = (
    ValidationError,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    InvalidSignature,
    struct.error,
    RecursionError,
)
"""What parsing and checking raise for answers that no honest browser gives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey:
    """A key as its holder knows it."""

    id: int
    name: str
    added_at: datetime
    used_at: datetime | None


def passkeys(account: Account) -> tuple[Passkey, ...]:
    """The oldest first. One statement."""
    rows = Authenticator.objects.filter(user=account, type=KEY).order_by("created_at", "id")
    return tuple(
        Passkey(id=row.id, name=row.data.get("name", ""), added_at=row.created_at, used_at=row.last_used_at)
        for row in rows
    )


def options_for_new(account: Account) -> dict[str, Any]:
    """What the browser is asked for a new key; the session keeps the challenge. Raises Refused beyond the most."""
    if Authenticator.objects.filter(user=account, type=KEY).count() >= MOST:
        raise Refused("passkeys-many", _("Ten passkeys are enough. Please remove one first."))
    options: dict[str, Any] = auth.begin_registration(account, passwordless=True)
    return options


def add(*, account: Account, name: str, answer: str, now: datetime) -> None:
    """Keep the new key, once, after the browser's answer to the challenge. Raises Invalid."""
    try:
        credential = _read(answer)
        verified = auth.complete_registration(credential).is_user_verified()
    except _WRONG as error:
        raise Invalid("passkey-wrong", _("The device's answer does not fit. Please try again.")) from error
    finally:
        auth.clear_state()
    if not verified:
        raise Invalid(
            "passkey-unverified", _("The device did not ask who you are. Please use one with finger, face or PIN.")
        )
    kept = {"name": words.clean(name)[:LONGEST], "credential": credential}
    Authenticator.objects.create(user=account, type=KEY, data=kept, created_at=now)


def remove(*, account: Account, key_id: str) -> None:
    """The key opens nothing any more. Raises Absent for one that is not the account's."""
    wanted = int(key_id) if key_id.isascii() and key_id.isdigit() and len(key_id) < 16 else 0
    if not Authenticator.objects.filter(user=account, type=KEY, id=wanted).delete()[0]:
        raise Absent("passkey-absent", _("There is no such passkey any more."))


def options_for_sign_in() -> dict[str, Any]:
    """What the browser is asked; the session keeps the challenge."""
    options: dict[str, Any] = auth.begin_authentication()
    return options


@transaction.atomic
def whose(*, answer: str, now: datetime) -> Account:
    """The account whose key answered the challenge; the challenge is used up either way. Raises Invalid."""
    try:
        response = _read(answer)
        account = _claimed(response)
        row = auth.complete_authentication(account, response)
    except _WRONG as error:
        sentence = _("This passkey does not fit, or was removed. Please try again, or use name and password.")
        raise Invalid("passkey-wrong", sentence) from error
    finally:
        auth.clear_state()
    Authenticator.objects.filter(id=row.id).update(last_used_at=now)
    return account


def _claimed(response: dict[str, Any]) -> Account:
    account = auth.extract_user_from_response(response)
    if not isinstance(account, Account) or not account.is_active or not isinstance(account.id, uuid.UUID):
        raise ValueError("nobody who may sign in")
    return account


def _read(answer: str) -> dict[str, Any]:
    found = json.loads(answer) if len(answer) <= LARGEST else None
    if not isinstance(found, dict):
        raise ValueError("no answer of a browser")
    return found
