"""Browsers in which somebody is signed in: noted when they begin, shown to their holder, ended one by one or together."""

import re
from datetime import datetime

from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest

from pianqu.foundation.ids import new_id
from pianqu.foundation.models import Account, SignIn

SYSTEMS = ("Windows", "Android", "iPhone", "iPad", "Mac OS", "Linux")
BROWSERS = (
    ("Edg/", "Edge"),
    ("MicroMessenger", "微信"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)


def remember(request: HttpRequest, account: Account, now: datetime) -> None:
    """Note that this browser's session is the account's, after it signed in."""
    key = request.session.session_key
    if key is None:
        request.session.create()
        key = request.session.session_key
    known = {"account": account, "started_at": now, "browser": browser_of(request)}
    SignIn.objects.update_or_create(session_key=key, defaults=known, create_defaults={"id": new_id(), **known})


def forget(request: HttpRequest) -> None:
    """This browser's session ends."""
    SignIn.objects.filter(session_key=request.session.session_key).delete()


def browser_of(request: HttpRequest) -> str:
    """What a person recognises their own browser by; no version, no address."""
    agent = request.headers.get("User-Agent", "")
    name = next((word for mark, word in BROWSERS if mark in agent), "")
    system = next((word for word in SYSTEMS if re.search(re.escape(word), agent)), "")
    return " · ".join(filter(None, (name, system)))


def usable(account: Account, now: datetime) -> list[SignIn]:
    """Those that can still be used, the latest first."""
    rows = list(SignIn.objects.filter(account=account).order_by("-started_at"))
    living = Session.objects.filter(session_key__in=[row.session_key for row in rows], expire_date__gt=now)
    keys = set(living.values_list("session_key", flat=True))
    return [row for row in rows if row.session_key in keys]


def end(rows: list[SignIn]) -> None:
    """These browsers are signed out."""
    with transaction.atomic():
        Session.objects.filter(session_key__in=[row.session_key for row in rows]).delete()
        SignIn.objects.filter(id__in=[row.id for row in rows]).delete()


def end_all(account: Account) -> None:
    """Every browser is signed out."""
    end(list(SignIn.objects.filter(account=account)))


def end_others(request: HttpRequest, account: Account) -> None:
    """Every other browser is signed out."""
    end(list(SignIn.objects.filter(account=account).exclude(session_key=request.session.session_key)))
