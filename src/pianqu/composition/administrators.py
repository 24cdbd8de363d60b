"""`pianqu admin add`: an administrator by the hand of whoever owns the machine, for an installation that lost its last one."""

import sys
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from pianqu.composition.importing.accounts import POSTS, well_formed
from pianqu.composition.signing import once
from pianqu.composition.signing.renewing import renew
from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Invalid
from pianqu.foundation.installation import installation
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.directory import services
from pianqu.rooms.directory.services import NewColleague

KIND = "administrator"


def add(*, login: str, name: str, now: datetime) -> str:
    """Make the account an administrator of the district, anew if there is none of this name; answers a one-time password.

    Raises Invalid for a name that cannot be, Absent where there is no district yet or the account may not sign in.
    """
    if not well_formed(login):
        raise Invalid("login-wrong", f"{login!r} is no sign-in name: 2 to 64 letters, digits or . _ - @, no spaces.")
    code = _where()
    actor = Actor(kind="system", organisation_code=code)
    if login.casefold() in directory.taken_logins():
        return _existing(actor, login, now)
    password = once.draw()
    new = NewColleague(
        login=login,
        name=name or login,
        password=once.hashed(password),
        organisation_code=code,
        kind=KIND,
        title=POSTS[KIND],
        valid_from=now,
    )
    services.take_on(actor=actor, items=[new], once_until=once.until(now), now=now)
    return password


def _where() -> str:
    """The district's centre, or the district itself."""
    for code in (casework.centre_code(), installation().district_code):
        card = directory.organisation(code) if code else None
        if card is not None and not card.ended:
            return code
    raise Absent(
        "district-absent", "There is no district yet: start `pianqu up` and open /setup/ with the code it shows."
    )


def _existing(actor: Actor, login: str, now: datetime) -> str:
    account_id = directory.account_of_login(login)
    if account_id is None:
        raise Absent("account-absent", f"{login} may not sign in, or is written with other capitals.")
    with transaction.atomic():
        _card, password = renew(actor=actor, account_id=account_id, now=now)
        held = {(post.organisation_code, post.kind) for post in directory.posts_of(account_id)}
        if (actor.organisation_code, KIND) not in held:
            services.appoint(
                actor=actor,
                account_id=account_id,
                organisation_code=actor.organisation_code,
                kind=KIND,
                title=POSTS[KIND],
                beside=True,
                now=now,
            )
    return password


def run(login: str, name: str) -> int:
    """Add, and say the password once."""
    now = timezone.now()
    password = add(login=login, name=name, now=now)
    until = timezone.localtime(once.until(now))
    sys.stdout.write(
        f"Sign-in name 登录名: {login}\nOne-time password 一次性密码: {password}\n"
        f"Good for one sign-in until {until:%Y-%m-%d %H:%M}; it is shown only now. 登录一次有效，只显示这一次。\n"
    )
    return 0
