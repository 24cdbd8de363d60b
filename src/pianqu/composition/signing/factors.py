"""The second step: a code from an app that changes every half minute (RFC 6238), or one of ten recovery codes, each good once."""

import hmac
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import format_hotp_value, generate_totp_secret, hotp_value
from django.db import transaction
from django.utils.translation import gettext as _

from pianqu.composition.signing import outside
from pianqu.composition.signing.adapter import Adapter
from pianqu.foundation.errors import Invalid, Refused
from pianqu.foundation.models import Account

APP, RECOVERY = Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES
NEAR = (0, -1, 1)
"""Steps of half a minute by which a phone's clock may be wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondStep:
    """That an account has a second step, since when, and how many recovery codes are left."""

    since: datetime
    codes_left: int


def second_step(account: Account) -> SecondStep | None:
    """None where it is off. One statement."""
    rows = {row.type: row for row in Authenticator.objects.filter(user=account, type__in=(APP, RECOVERY))}
    if APP not in rows:
        return None
    left = len(RecoveryCodes(rows[RECOVERY]).get_unused_codes()) if RECOVERY in rows else 0
    return SecondStep(since=rows[APP].created_at, codes_left=left)


def draw_secret() -> str:
    """A new secret for an app, in Base32."""
    return str(generate_totp_secret())


def link(account: Account, secret: str) -> str:
    """What the QR code says: apps open it."""
    return str(Adapter().build_totp_url(account, secret))


@transaction.atomic
def turn_on(*, account: Account, secret: str, code: str, now: datetime) -> tuple[str, ...]:
    """From now on a sign-in asks for the app's code; answers the recovery codes. Raises Invalid, Refused."""
    Account.objects.select_for_update().get(id=account.id)
    if Authenticator.objects.filter(user=account, type=APP).exists():
        raise Refused("second-step-on", _("The second step is on already. Nothing was changed."))
    step = _step(secret, _plain(code), now)
    if step is None:
        sentence = _("This is not the code that the app shows now. Please check the phone's clock and try again.")
        raise Invalid("second-step-code", sentence)
    data = {"secret": Adapter().encrypt(secret), "step": step}
    Authenticator.objects.create(user=account, type=APP, data=data, created_at=now, last_used_at=now)
    return _fresh(account)


@transaction.atomic
def turn_off(account: Account) -> None:
    """Password alone again; recovery codes are gone with it."""
    Authenticator.objects.filter(user=account, type__in=(APP, RECOVERY)).delete()


def forget_all(account: Account) -> None:
    """Second step, recovery codes, passkeys and the connection with the identity service are gone."""
    Authenticator.objects.filter(user=account).delete()
    outside.disconnect(account)


@transaction.atomic
def fresh_codes(account: Account) -> tuple[str, ...]:
    """Ten new recovery codes; the old ones are void. Raises Refused where the second step is off."""
    Account.objects.select_for_update().get(id=account.id)
    if not Authenticator.objects.filter(user=account, type=APP).exists():
        raise Refused("second-step-off", _("The second step is off: there is nothing to recover."))
    return _fresh(account)


def _fresh(account: Account) -> tuple[str, ...]:
    Authenticator.objects.filter(user=account, type=RECOVERY).delete()
    return tuple(RecoveryCodes.activate(account).get_unused_codes())


@transaction.atomic
def accept(*, account: Account, code: str, now: datetime) -> bool:
    """Whether the code is right; then it is used up, whichever process asks."""
    rows = Authenticator.objects.select_for_update().filter(user=account, type__in=(APP, RECOVERY))
    held, plain = {row.type: row for row in rows}, _plain(code)
    if APP not in held or not plain:
        return False
    if len(plain) == app_settings.TOTP_DIGITS:
        return _accept_app(held[APP], plain, now)
    return RECOVERY in held and bool(RecoveryCodes(held[RECOVERY]).validate_code(plain))


def _accept_app(row: Authenticator, code: str, now: datetime) -> bool:
    step = _step(Adapter().decrypt(row.data["secret"]), code, now)
    if step is None or step <= row.data.get("step", -1):
        return False
    row.data["step"], row.last_used_at = step, now
    row.save(update_fields=["data", "last_used_at"])
    return True


def _step(secret: str, code: str, now: datetime) -> int | None:
    """The half minute to which the code belongs; None where it is wrong or too far away."""
    present = int(now.timestamp()) // app_settings.TOTP_PERIOD
    right = {near: format_hotp_value(hotp_value(secret, present + near)) for near in NEAR}
    return next((present + near for near, one in right.items() if hmac.compare_digest(one, code)), None)


def _plain(code: str) -> str:
    """Digits as people type them: with spaces or hyphens, or as wide as Chinese signs."""
    text = "".join(sign for sign in unicodedata.normalize("NFKC", code[:64]) if sign not in " -–—")
    return text if text.isascii() and text.isdigit() else ""
