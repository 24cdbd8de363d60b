"""The demo's rules of dispatch, templates, a call to the spot and a joint task force, through the verbs."""

from datetime import datetime, timedelta

from django.utils import timezone

from pianqu.foundation.actor import Actor
from pianqu.foundation.installation import installation
from pianqu.rooms.casework import jobs, services
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.casework.queries import RuleRow, TemplatePart
from pianqu.rooms.casework.services import NewTemplate

NIGHT, CANOPY = "night-works", "fire-lane"


RULES_SINCE = timedelta(days=40)
"""So long ago the rules were put in force: dispatches since then say what became of each rule's suggestions."""


def put_rules_in_force(*, now: datetime) -> None:
    """Templates and the first version, before the dispatches that they suggest. Once: a second call does nothing."""
    today, code, system = timezone.localdate(now), installation().district_code, _system()
    if casework.rules_in_force(today) is not None:
        return
    for template in _templates(code):
        services.set_template(actor=system, template=template, now=now)
    number = services.draft_rules(actor=system, now=now)
    services.write_rules(actor=system, number=number, rows=_rules(code), now=now)
    services.adopt_rules(actor=system, number=number, starts_on=today, now=now)


def _system() -> Actor:
    return Actor(kind="system", organisation_code=casework.centre_code())


def make_dispatch(*, asks: Actor, leader: Actor, cluster: Actor, enforcement: Actor, now: datetime) -> dict[str, str]:
    """A draft, what it would change, a call and a task force. Once: a second call does nothing.

    `asks` and `leader` are the centre's, `cluster` and `enforcement` theirs.
    """
    today, code, system = timezone.localdate(now), installation().district_code, _system()
    put_rules_in_force(now=now)
    current = casework.rules_in_force(today)
    if current is None or casework.forces_for(leader, now=now, on=today):
        return {}
    number, rows = current.number, _rules(code)
    draft = services.draft_rules(actor=system, based_on=number, now=now)
    changed = RuleRow(
        code="weekend", name="周末噪声先找公安", categories=("noise",), weekdays=(6, 7), lead=f"{code}-police"
    )
    services.write_rules(actor=system, number=draft, rows=[rows[0], changed, *rows[1:]], now=now)
    last = today.replace(day=1) - timedelta(days=1)
    trial, _same = (
        services.try_rules(actor=actor, number=draft, since=last.replace(day=1), until=today, now=now)
        for actor in (asks, leader)
    )
    jobs.try_rules(actor=system)
    told = {"rules": str(number), "draft": str(draft), "trial": str(trial)}
    return told | _together(code, leader, cluster, enforcement, now)


def _templates(code: str) -> tuple[NewTemplate, ...]:
    night = NewTemplate(
        code=NIGHT,
        name="夜间施工联办",
        categories=("noise",),
        lead_code=f"{code}-enforcement",
        parts=(
            TemplatePart(organisation_code=f"{code}-ecology", days=2),
            TemplatePart(organisation_code=f"{code}-housing", days=3, after=(f"{code}-ecology",)),
        ),
        checklist=("现场测噪声并留记录", "核对夜间施工证明", "约谈施工单位"),
    )
    lane = NewTemplate(
        code=CANOPY,
        name="消防通道联办",
        categories=("property", "traffic"),
        lead_code=f"{code}-housing",
        parts=(TemplatePart(organisation_code=f"{code}-police", days=2),),
        checklist=("现场拍照前先遮挡人脸车牌", "通道划线或立柱"),
    )
    return night, lane


def _rules(code: str) -> list[RuleRow]:
    return [
        RuleRow(
            code="night",
            name="夜间施工噪声",
            categories=("noise",),
            words=("施工", "工地", "装修"),
            since="22:00",
            until="06:00",
            template=NIGHT,
            nature="complaint",
        ),
        RuleRow(code="noise", name="其他噪声", categories=("noise",), lead=f"{code}-enforcement", nature="complaint"),
        RuleRow(
            code="lane",
            name="消防通道被占",
            categories=("property", "traffic"),
            words=("消防通道", "应急车道", "逃生"),
            template=CANOPY,
            nature="urgent",
        ),
        RuleRow(code="parking", name="乱停车", categories=("traffic",), lead=f"{code}-police", nature="complaint"),
        RuleRow(
            code="roads-back",
            name="执法局退回的道路事项",
            categories=("roads",),
            returned_by=(f"{code}-enforcement",),
            lead=f"{code}-housing",
        ),
        RuleRow(code="roads", name="道路设施", categories=("roads",), lead=f"{code}-housing", nature="help"),
        RuleRow(code="market", name="食品与消费", categories=("market",), lead=f"{code}-market", nature="complaint"),
        RuleRow(code="water", name="水电气与管网", categories=("water",), lead=f"{code}-housing"),
        RuleRow(
            code="fumes",
            name="餐饮油烟",
            categories=("environment",),
            words=("油烟", "烧烤", "餐饮"),
            lead=f"{code}-enforcement",
        ),
    ]


def _together(code: str, centre: Actor, cluster: Actor, enforcement: Actor, now: datetime) -> dict[str, str]:
    """A call that one department answered, and a task force with matters."""
    ground = next((card for card in casework.cases_for(cluster, size=1).rows if card.place_code), None)
    if ground is not None:
        whistle = services.blow_whistle(
            actor=cluster,
            called_codes=[f"{code}-enforcement", f"{code}-police"],
            words="菜场门口流动摊与乱停车混在一起，两家一起来定一条线。",
            answer_by=now + timedelta(hours=2),
            be_there_by=now + timedelta(hours=6),
            place_code=ground.place_code,
            landmark="菜场南门",
            now=now,
        )
        services.answer_whistle(
            actor=enforcement,
            whistle_id=whistle,
            office="综合执法一中队值班组",
            comes_at=now + timedelta(hours=3),
            now=now,
        )
    force = services.form_force(
        actor=centre,
        name="夜间噪声联合工作组",
        words="三个月内把夜间施工和装修噪声降下来，每两周碰一次。",
        lead_code=f"{code}-enforcement",
        member_codes=[f"{code}-ecology", f"{code}-housing", f"{code}-police"],
        starts_on=timezone.localdate(now),
        ends_on=timezone.localdate(now) + timedelta(days=90),
        now=now,
    )
    rows = [
        row
        for row in casework.cases_for(centre, filters=casework.CaseFilter(category="noise"), size=20).rows
        if row.state in ("dispatched", "in_progress")
    ][:3]
    first = ""
    for row in rows:
        services.give_to_force(actor=centre, force_id=force, code=row.code, after=first, now=now)
        first = first or row.code
    return {"force": str(force)}
