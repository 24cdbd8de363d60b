"""The demo's root cause: the planted surge of brown water, with measures that were done and one that was not."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.utils import timezone

from pianqu.composition.demo.people import LEADER, WINDOW
from pianqu.foundation.actor import Actor
from pianqu.foundation.installation import installation
from pianqu.rooms.casework import jobs, queries, services
from pianqu.rooms.casework.services import NewCause

STREET = "330205008000"
MEASURES = (
    ("排放冲洗换向管段，逐楼取样化验，结果贴到单元门口", "housing", 2, True),
    ("占道开挖前先核对供水管线图，没有交底不开工", "330205008000", 5, True),
    ("1998 年以前的支管列入今年换管计划", "housing", 120, False),
)
"""What, who, done or due after so many days, whether it is done."""
OPENED, WORKED = timedelta(days=43), timedelta(days=41)
"""So long ago."""


def make_causes(actors: Mapping[str, Actor], *, now: datetime) -> None:
    """What the worker would find in the first minutes, and what the centre made of it. Harmless to repeat."""
    window = actors[WINDOW.login]
    services.renew_voice_salt(actor=Actor(kind="system", organisation_code=window.organisation_code), now=now)
    jobs.find_hot_issues(now=now)
    issues = [card for card in queries.hot_issues(window, span_days=queries.LONG) if card.street_code == STREET]
    surge = max(issues, key=lambda card: card.matters, default=None)
    if surge is None or queries.root_causes(window) or surge.first_at > now - OPENED:
        return
    _worked_on(actors, surge, now)


def _worked_on(actors: Mapping[str, Actor], surge: queries.HotCard, now: datetime) -> None:
    leader, opened = actors[LEADER.login], now - OPENED
    item = NewCause(
        title="前江街道自来水发黄（演示数据）",
        hypothesis="占道施工挖断主管，抢修后水流换向，冲起老支管里的积垢；根子在开挖前没有核对管线图，老支管到了年限。",
        category=surge.category,
        place_code=STREET,
        lead_code=f"{installation().district_code}-housing",
        due_on=timezone.localdate(now) + timedelta(days=80),
    )
    page = queries.hot_issue(leader, surge.issue_id)
    cause_id = services.open_root_cause(actor=leader, item=item, now=opened)
    services.link_to_cause(actor=leader, cause_id=cause_id, case_ids=page.unlinked, now=now - WORKED)
    for words, slug, days, is_done in MEASURES:
        ends = opened + timedelta(days=days)
        measure = services.plan_measure(
            actor=leader,
            cause_id=cause_id,
            words=words,
            organisation_code=slug if slug.isdigit() else f"{installation().district_code}-{slug}",
            due_on=timezone.localdate(ends),
            now=opened,
        )
        if is_done:
            services.end_measure(actor=leader, cause_id=cause_id, measure_id=measure, done=True, now=ends)
    day = timezone.localdate(now - WORKED)
    services.take_effect(actor=leader, cause_id=cause_id, effective_on=day, now=now - WORKED)
