"""Counts wrong tries: five within an hour lock for an hour. Parties are kept as keyed fingerprints, never as they are.

An account or a code is allowed TRIES. A network address is allowed ADDRESS_TRIES, since many people may stand behind one: the
account or the code that they try stays bounded by its own count.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from pianqu.foundation.crypto import fingerprint
from pianqu.foundation.errors import TooMany
from pianqu.foundation.models import Attempt

TRIES = 5
ADDRESS_TRIES = 50
LOCK = timedelta(hours=1)


def check_open(*, scope: str, party: str, now: datetime) -> None:
    """Raise TooMany while the party is locked in this scope. A lock that a clock set back made endless has ended."""
    until = _rows(scope, party).values_list("locked_until", flat=True).first()
    if until is not None and now < until <= now + LOCK:
        raise TooMany(
            "too-many-tries",
            _("There were too many wrong tries. Nothing is lost: please try again in an hour, or ask at the window."),
        )


def count_wrong(*, scope: str, party: str, now: datetime, tries: int = TRIES) -> None:
    """Count one wrong try; the last of `tries` within an hour locks. Commits at once when called outside of a transaction."""
    with transaction.atomic():
        Attempt.objects.bulk_create(
            [Attempt(scope=scope, party=fingerprint(party, scope=scope), first_at=now)], ignore_conflicts=True
        )
        row = _rows(scope, party).select_for_update().get()
        if not row.first_at <= now < row.first_at + LOCK:
            row.first_at, row.tries, row.locked_until = now, 0, None
        row.tries += 1
        if row.tries >= tries:
            row.first_at, row.tries, row.locked_until = now, 0, now + LOCK
        row.save()


def forgive(*, scope: str, party: str) -> None:
    """Forget the wrong tries after a right one."""
    _rows(scope, party).delete()


def forget_old(*, now: datetime) -> int:
    """Forget counts whose hour and lock are over; answers how many."""
    return Attempt.objects.filter(Q(locked_until=None) | Q(locked_until__lt=now), first_at__lt=now - LOCK).delete()[0]


def _rows(scope: str, party: str) -> QuerySet[Attempt]:
    return Attempt.objects.filter(scope=scope, party=fingerprint(party, scope=scope))
