"""The demo's drafts: one with a choice of plans, one that is published and commented. All numbers are synthetic."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.utils import timezone

from pianqu.composition.demo.people import CLUSTER, LEADER
from pianqu.foundation.actor import Actor
from pianqu.foundation.installation import installation
from pianqu.rooms.planning import jobs, queries, services

QUICK = {"sweeps": 80, "tries": 1}
CHOICE, SMALL = "江北区片区优化（演示）", "片区边界微调（演示）"
PLANS = 8
OPEN_FOR = timedelta(days=12)
BEGAN, PUBLISHED = timedelta(days=6), timedelta(days=3)
"""So long ago."""
SAID = (
    (
        "我们社区的老人都去隔壁片区的便民中心办事，调整以后是不是要走更远？",
        "办事不受片区限制，原来的中心照常可办，各中心收件标准一致。",
    ),
    ("两个社区共用一所小学和一个菜场，请划在同一个片区里。", ""),
    ("希望公布每个片区的户数和工作人员数，方便大家比较。", ""),
)


def make_plans(actors: Mapping[str, Actor], *, now: datetime) -> None:
    """Where there are drafts already, nothing is done."""
    if queries.drafts():
        return
    leader, began = actors[LEADER.login], now - BEGAN
    choice = services.start_draft(actor=leader, title=CHOICE, settings=QUICK, now=began)
    wished = {**QUICK, "moved": 8, "tolerance": 1_500}
    small = services.start_draft(actor=leader, title=SMALL, settings=wished, now=began)
    services.ask_plan(actor=leader, draft_id=choice, kind=queries.FRONT, count=PLANS, now=began)
    services.ask_plan(actor=leader, draft_id=small, now=began)
    executors = {queries.PLAN: jobs.compute_plans, queries.FRONT: jobs.compute_plans}
    system = Actor(kind="system", organisation_code=leader.organisation_code)
    jobs.run_waiting(executors, actor=system, clock=lambda: began)
    for option in queries.options(small):
        services.choose_plan(actor=leader, draft_id=small, revision=0, option_id=option.id, now=began)
        _publish(actors, queries.draft_card(small), now)


def _publish(actors: Mapping[str, Actor], draft: queries.DraftCard, now: datetime) -> None:
    leader, at = actors[LEADER.login], now - PUBLISHED
    last = timezone.localdate(now + OPEN_FOR)
    services.publish_draft(actor=leader, draft_id=draft.draft_id, comments_until=last, now=at)
    resident = Actor(kind="resident", organisation_code=installation().district_code)
    for number, (words, answer) in enumerate(SAID, 1):
        then = at + timedelta(hours=7 * number)
        said = services.comment(actor=resident, draft_id=draft.draft_id, words=words, now=then)
        if answer:
            services.answer_comment(
                actor=leader, draft_id=draft.draft_id, comment_id=said, words=answer, now=then + timedelta(hours=3)
            )
    words = "中心这边可以接：新划入的社区由我们的窗口一并受理，人手够用。"
    services.comment(actor=actors[CLUSTER.login], draft_id=draft.draft_id, words=words, now=now - timedelta(hours=20))
