"""What nobody needs any more is put away once an hour: old answers and counts, drafts, sessions, files without a row."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.contrib.sessions.models import Session
from django.utils import timezone

from pianqu.foundation import drafts, files, idempotency, onetime, throttle
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.ledger import queries as ledger
from pianqu.rooms.planning import queries as planning

UNNAMED = timedelta(days=7)
"""A file that no row names is kept so long: time to notice that the database came from an older backup."""
OWNERS: tuple[Callable[[Sequence[str]], frozenset[str]], ...] = (
    casework.files_in_use,
    casework.models_in_use,
    planning.department_files_in_use,
)
"""Every room that keeps files says which names it knows."""
log = logging.getLogger("pianqu.worker")


def tidy(now: datetime | None = None) -> int:
    """Put everything away that is over; answers how many things went. Harmless to repeat and to interrupt."""
    now = now or timezone.now()
    drafts.sweep(now)
    gone = idempotency.forget_old(now=now) + throttle.forget_old(now=now) + onetime.forget_old(now=now)
    gone += Session.objects.filter(expire_date__lt=now).delete()[0]
    return gone + sweep_files(now=now)


def sweep_files(*, now: datetime) -> int:
    """Remove files that a crash left before their row was committed, or after an erasure.

    Raises Unavailable, and removes nothing, while the database is behind what was published: its rows do not count then.
    """
    ledger.check_not_behind()
    gone = 0
    for names in files.kept_before(now - UNNAMED):
        known = frozenset[str]().union(*(in_use(names) for in_use in OWNERS))
        for name in set(names) - known:
            files.remove(name)
            gone += 1
    if gone:
        log.warning("%d files that no record names were removed.", gone)
    return gone
