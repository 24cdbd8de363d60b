"""A new way in for somebody who lost password or phone: a one-time password, told to whoever gives it and kept nowhere."""

import uuid
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from pianqu.composition.signing import factors, locks, once, sessions
from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent
from pianqu.foundation.models import Account
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.directory import services
from pianqu.rooms.directory.queries import AccountCard


def renew(*, actor: Actor, account_id: uuid.UUID, now: datetime) -> tuple[AccountCard, str]:
    """Old password, second step, passkeys and every session are void, and the name is not locked any more.

    Raises Forbidden, Absent, Refused for one's own account.
    """
    card = directory.account(account_id)
    if card is None:
        raise Absent("account-absent", _("There is no such account."))
    password = once.draw()
    sealed = once.hashed(password)
    with transaction.atomic():
        services.renew_access(
            actor=actor, account_id=card.account_id, password=sealed, once_until=once.until(now), now=now
        )
        account = Account.objects.get(id=card.account_id)
        factors.forget_all(account)
        sessions.end_all(account)
    locks.forgive(card.login)
    return card, password
