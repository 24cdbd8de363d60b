"""Finds hot issues: matters of one problem at one place and time, anew each time from what matters say now.

Streets are looked at one after the other: what lies in two is never one issue. Nothing is known of a person but the mark by
which they count once, and it is kept in memory for as long as the counting takes.
"""

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from importlib import import_module
from importlib.util import find_spec
from itertools import groupby
from typing import Any

from django.db import transaction
from django.utils import timezone

from pianqu.rooms.casework import queries
from pianqu.rooms.casework.models import HotIssue, HotMatter, HotRun
from pianqu.rooms.casework.queries import LONG, SHORT, Spoken

MOST = 6_000
"""So many matters of a street are compared, the latest; more would take longer than they tell."""
SMALLEST = 3
"""Fewer matters, or fewer people, are no hot issue."""
ANEW = {SHORT: timedelta(minutes=55), LONG: timedelta(hours=20)}
"""How old a finding may become."""
_NAMES = uuid.UUID("6f1d5c0e-51c4-5a0f-9d3c-0d3a1b7c9e42")
EPOCH = datetime(2000, 1, 1, tzinfo=timezone.get_default_timezone())


def find_hot_issues(*, now: datetime) -> int:
    """Look anew over both spans where the last look is too old; answers how many issues there are in what was looked at."""
    if find_spec("scipy") is None:  # the extra “insight” is not installed: the page says so
        return 0
    last = queries.hot_runs()
    due = [span for span, old in ANEW.items() if span not in last or last[span].found_at <= now - old]
    return sum(find_hot_issues_in(span, now=now) for span in due)


def find_hot_issues_in(span_days: int, *, now: datetime) -> int:
    """The issues of so many days until now take the place of those that were found before."""
    spoken = queries.spoken(since=now - timedelta(days=span_days), until=now)
    found, compared = list[tuple[HotIssue, Sequence[Spoken]]](), 0
    for _street, group in groupby(sorted(spoken, key=lambda one: one.street_code), key=lambda one: one.street_code):
        matters = sorted(group, key=lambda one: (one.opened_at, one.case_id))[-MOST:]
        compared += len(matters)
        found += _issues(matters, span_days, now)
    with transaction.atomic():
        HotIssue.objects.filter(span_days=span_days).delete()
        HotIssue.objects.bulk_create([issue for issue, _members in found])
        HotMatter.objects.bulk_create(
            [HotMatter(issue_id=issue.id, case_id=one.case_id) for issue, members in found for one in members]
        )
        run = {"found_at": now, "matters": compared, "left_out": len(spoken) - compared}
        HotRun.objects.update_or_create(span_days=span_days, defaults=run)
    return len(found)


def _issues(matters: Sequence[Spoken], span_days: int, now: datetime) -> Iterator[tuple[HotIssue, Sequence[Spoken]]]:
    kernel = import_module("pianqu.kernels.hotspots")  # numpy and scipy: only where something is compared
    messages = [
        kernel.Message(
            key=str(one.case_id),
            text=one.words,
            day=_day(one.opened_at),
            place=one.place_code,
            area=one.street_code,
            category=one.category,
        )
        for one in matters
    ]
    for group in kernel.groups(messages, smallest=SMALLEST):
        members = [matters[number] for number in group.members]
        heat = kernel.heat(
            [(one.voice, _day(one.opened_at)) for one in members], now_day=_day(now), half_life=span_days / 4
        )
        if heat.voices >= SMALLEST:
            yield _issue(members, group.phrases, heat, span_days, now), members


def _day(at: datetime) -> float:
    return (at - EPOCH).total_seconds() / 86_400


def _issue(members: Sequence[Spoken], phrases: Sequence[str], heat: Any, span_days: int, now: datetime) -> HotIssue:
    first = members[0]
    places = {one.place_code for one in members}
    points = [(one.lon, one.lat) for one in members if one.lon is not None and one.lat is not None]
    return HotIssue(
        id=uuid.uuid5(_NAMES, f"{span_days}:{first.case_id}"),
        span_days=span_days,
        category=_most(one.category for one in members),
        place_code=first.place_code if len(places) == 1 else "",
        street_code=first.street_code,
        lon=round(sum(lon for lon, _lat in points) / len(points), 3) if points else None,
        lat=round(sum(lat for _lon, lat in points) / len(points), 3) if points else None,
        first_at=first.opened_at,
        last_at=members[-1].opened_at,
        matters=len(members),
        voices=heat.voices,
        heat=round(heat.value, 3),
        daily=_daily(members, span_days, now),
        phrases=list(phrases),
        found_at=now,
    )


def _most(names: Iterable[str]) -> str:
    counts = Counter(names)
    return min(counts, key=lambda name: (-counts[name], name))


def _daily(members: Sequence[Spoken], span_days: int, now: datetime) -> list[int]:
    """How many came in on each day; the last is today."""
    today = timezone.localdate(now)
    counts = Counter((today - timezone.localdate(one.opened_at)).days for one in members)
    return [counts[ago] for ago in range(span_days, -1, -1)]
