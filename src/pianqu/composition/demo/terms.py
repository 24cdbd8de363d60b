"""The demo district's own terms: a version in force, and a draft whose preview moves some dates."""

from datetime import datetime

from django.utils import timezone

from pianqu.foundation.actor import Actor
from pianqu.rooms.casework import queries, services
from pianqu.rooms.casework.queries import LocalTerm

NOISE = LocalTerm(nature="complaint", category="noise", amount=4, unit="wd")
DRAFTED = (
    NOISE,
    LocalTerm(nature="complaint", category="environment", amount=3, unit="wd"),
    LocalTerm(nature="help", category="", amount=7, unit="wd"),
)


def set_terms(now: datetime) -> None:
    """Once: a later load finds versions there."""
    if queries.clock_versions(now=now):
        return
    system = Actor(kind="system", organisation_code=queries.centre_code())
    services.draft_clock_rules(actor=system, terms=[NOISE], now=now)
    draft = queries.clock_draft()
    if draft is not None:
        services.enforce_clock_rules(
            actor=system,
            seen=draft.digest,
            from_date=timezone.localdate(now),
            also_open=False,
            words="夜间噪声反映集中，先把这一类的时限缩短一个工作日，试行一季度。",
            now=now,
        )
    services.draft_clock_rules(actor=system, terms=DRAFTED, now=now)
