"""publish_month: the counts of a month become open data, once and for good."""

import uuid
from datetime import date, datetime
from hashlib import sha256

from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Refused
from pianqu.foundation.verbs import verb
from pianqu.rooms.casework import rules
from pianqu.rooms.casework.facts import MonthPublished
from pianqu.rooms.casework.models import PublishedMonth
from pianqu.rooms.casework.queries import opendata
from pianqu.rooms.ledger import services as ledger


@verb
def publish_month(*, actor: Actor, month: date, now: datetime) -> uuid.UUID:
    """Publish what may be told of a month (its first day); answers the entry in the ledger, which holds the file's digest.

    Raises Forbidden, and Refused for a month that is not over long enough, has nothing to tell, or is published.
    """
    rules.check_may_publish(actor)
    if month not in opendata.months_to_publish(now):
        raise Refused("month-not-due", _("This month is published already, or it is too early. Nothing was changed."))
    figures = opendata.figures_of(month)
    content = opendata.written(month, figures)
    digest = sha256(content.encode()).hexdigest()
    PublishedMonth.objects.create(month=month, content=content, digest=digest, published_at=now)
    fact = MonthPublished(
        subject=f"month:{month:%Y-%m}",
        organisation_code=actor.organisation_code,
        month=f"{month:%Y-%m}",
        digest=digest,
        counts=len(figures),
        withheld=sum(figure.count is None for figure in figures),
    )
    return ledger.record([fact], actor=actor, now=now)[0].entry_id


@verb
def publish_due(*, actor: Actor, now: datetime, most: int = 36) -> int:
    """Publish what is due, the earliest month first; answers how many months. Nothing while facts are not counted yet."""
    if opendata.is_counting():
        return 0
    due = opendata.months_to_publish(now)[:most]
    for month in due:
        publish_month(actor=actor, month=month, now=now)
    return len(due)
