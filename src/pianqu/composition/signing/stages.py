"""Somebody who has given the right password but is not signed in yet: kept in the session for ten minutes, nothing else opens."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from pianqu.composition.signing import factors
from pianqu.foundation.models import Account

KEY = "sign-in"
LASTS = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """Who it is so far, where to go afterwards, and whether the second step was taken."""

    account: Account
    wanted: str
    second: bool = False


def begin(request: HttpRequest, account: Account, *, wanted: str, second: bool = False, now: datetime) -> Pending:
    """The password was right, or a passkey stood for both steps. The session gets a new key: no old cookie goes along."""
    request.session.cycle_key()
    request.session[KEY] = {
        "account": str(account.pk),
        "password": account.get_session_auth_hash(),
        "at": now.isoformat(),
        "wanted": wanted,
        "second": second,
    }
    return Pending(account=account, wanted=wanted, second=second)


def pending(request: HttpRequest, now: datetime) -> Pending | None:
    """None where nobody is on the way, it took too long, or the account or its password changed meanwhile."""
    kept: dict[str, Any] = request.session.get(KEY) or {}
    if not kept or not timedelta(0) <= now - datetime.fromisoformat(kept["at"]) < LASTS:
        return None
    account = Account.objects.filter(id=kept["account"], is_active=True).first()
    if account is None or not constant_time_compare(account.get_session_auth_hash(), kept["password"]):
        return None
    return Pending(account=account, wanted=kept["wanted"], second=kept["second"])


def passed_second(request: HttpRequest, one: Pending) -> Pending:
    """Note that the second step was taken."""
    request.session[KEY] = {**request.session[KEY], "second": True}
    return replace(one, second=True)


def end(request: HttpRequest) -> None:
    """Signed in, or given up."""
    request.session.pop(KEY, None)


def next_page(one: Pending) -> str:
    """The name of the page that is still to be passed; empty when everything is."""
    if not one.second and factors.second_step(one.account):
        return "sign_in_second"
    return "sign_in_password" if one.account.once_until else ""
