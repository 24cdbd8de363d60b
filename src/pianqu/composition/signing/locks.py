"""Wrong passwords and codes count by sign-in name and by address: five of the one, fifty of the other lock for an hour."""

from datetime import datetime

from django.http import HttpRequest

from pianqu.foundation import throttle

BY_LOGIN, BY_ADDRESS = "sign-in.login", "sign-in.address"


def check_open(request: HttpRequest, login: str, now: datetime) -> None:
    """Raise TooMany while the name or the address is locked."""
    for scope, party in _parties(request, login):
        throttle.check_open(scope=scope, party=party, now=now)


def count_wrong(request: HttpRequest, login: str, now: datetime) -> None:
    throttle.count_wrong(scope=BY_LOGIN, party=login.casefold(), now=now)
    count_address(request, now)


def check_address(request: HttpRequest, now: datetime) -> None:
    """Raise TooMany while the address is locked: who signs in with a key has named nobody yet."""
    throttle.check_open(scope=BY_ADDRESS, party=_address(request), now=now)


def count_address(request: HttpRequest, now: datetime) -> None:
    throttle.count_wrong(scope=BY_ADDRESS, party=_address(request), now=now, tries=throttle.ADDRESS_TRIES)


def forgive(login: str) -> None:
    """After the whole way in, or a new way in from an administrator. An address is never forgiven."""
    throttle.forgive(scope=BY_LOGIN, party=login.casefold())


def _parties(request: HttpRequest, login: str) -> tuple[tuple[str, str], ...]:
    return (BY_LOGIN, login.casefold()), (BY_ADDRESS, _address(request))


def _address(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))
