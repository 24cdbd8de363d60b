"""One-time codes: six digits sent to a telephone or mail address, good for ten minutes, five tries and one use."""

import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from pianqu.foundation import throttle
from pianqu.foundation.crypto import fingerprint, has_fingerprint
from pianqu.foundation.errors import Refused, TooMany
from pianqu.foundation.models import OneTimeCode

LIFE = timedelta(minutes=10)
TRIES = 5
SCOPE = "one-time-code"
_LIMITS = {"code-to": 5, "code-from": 30, "code-all": 600}
"""Codes in an hour: to one receiver, asked for from one address, and in all. Each message costs money and patience."""


def new_code(*, to: str, address: str, now: datetime) -> str:
    """A fresh code for this receiver; the former one is void. Raises TooMany where too many were asked for."""
    parties = {"code-to": to, "code-from": address, "code-all": ""}
    for scope, party in parties.items():
        _check_few(scope, party, now)
    for scope, party in parties.items():
        throttle.count_wrong(scope=scope, party=party, now=now, tries=_LIMITS[scope])
    party, code = fingerprint(to, scope=SCOPE), f"{secrets.randbelow(1_000_000):06d}"
    values = {"code": _print(party, code), "made_at": now, "tries": 0}
    OneTimeCode.objects.update_or_create(party=party, defaults=values)
    return code


def _check_few(scope: str, party: str, now: datetime) -> None:
    try:
        throttle.check_open(scope=scope, party=party, now=now)
    except TooMany as many:
        sentence = _("Too many codes were asked for. No other one was sent; please try again in an hour.")
        raise TooMany("too-many-codes", sentence) from many


def _print(party: str, code: str) -> str:
    return fingerprint(code, scope=f"{SCOPE}|{party}")


def check(*, to: str, code: str, now: datetime) -> None:
    """Raise Refused for a code that is not this receiver's. Counts the wrong try for good, so call it outside of a verb."""
    if _is_right(to, code, now):
        return
    OneTimeCode.objects.filter(party=fingerprint(to, scope=SCOPE)).update(tries=F("tries") + 1)
    sentence = _(
        "This is not the code that was sent there last, or it is older than ten minutes. "
        "Please check it; after five wrong ones ask for a new code."
    )
    raise Refused("code-wrong", sentence)


def use(*, to: str, code: str, now: datetime) -> None:
    """The same within a verb: a right code is used up with what the verb does. Raises Refused for one that was used."""
    right = _is_right(to, code, now)
    if not right or not OneTimeCode.objects.filter(party=fingerprint(to, scope=SCOPE)).delete()[0]:
        raise Refused("code-used", _("This code was used already, or is wrong. Please ask for a new one."))


def forget_old(*, now: datetime) -> int:
    """Forget codes whose time is over; answers how many."""
    return OneTimeCode.objects.filter(made_at__lt=now - LIFE).delete()[0]


def _is_right(to: str, code: str, now: datetime) -> bool:
    with transaction.atomic():
        row = OneTimeCode.objects.select_for_update().filter(party=fingerprint(to, scope=SCOPE)).first()
    if row is None or not row.made_at <= now < row.made_at + LIFE or row.tries >= TRIES:
        return False
    return has_fingerprint(code.strip(), row.code, scope=f"{SCOPE}|{row.party}")
