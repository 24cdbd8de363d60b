"""The demo's rules of dispatch, templates, a call to the spot and a joint task force, through the verbs."""

from datetime import datetime, timedelta

from django.utils import timezone

from pianqu.composition.demo.people import GRID
from pianqu.composition.demo.year import SAYS_SYNTHETIC
from pianqu.foundation.actor import Actor
from pianqu.foundation.installation import installation
from pianqu.rooms.casework import jobs, services
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.casework.queries import RuleRow, TemplatePart
from pianqu.rooms.casework.services import NewTemplate
from pianqu.rooms.directory import queries as directory

NIGHT, CANOPY = "night-works", "fire-lane"


def make_dispatch(*, asks: Actor, leader: Actor, cluster: Actor, enforcement: Actor, now: datetime) -> dict[str, str]:
    """`asks` and `leader` are the centre's, `cluster` and `enforcement` theirs. Once: a second call does nothing."""
    today = timezone.localdate(now)
    make_rules(now=now)
    versions = casework.rule_versions(asks, on=today)
    if any(card.state == casework.DRAFT for card in versions):
        return {}
    code = installation().district_code
    system = Actor(kind="system", organisation_code=casework.centre_code())
    _came_back(asks, enforcement, now)
    number, rows = versions[0].number, _rules(code)
    draft = services.draft_rules(actor=system, based_on=number, now=now)
    changed = RuleRow(
        code="weekend", name="周末噪声先找公安", categories=("noise",), weekdays=(6, 7), lead=f"{code}-police"
    )
    services.write_rules(actor=system, number=draft, rows=[rows[0], changed, *rows[1:]], now=now)
    last = today.replace(day=1) - timedelta(days=1)
    trial = services.try_rules(actor=asks, number=draft, since=last.replace(day=1), until=today, now=now)
    jobs.try_rules(actor=system)
    told = {"rules": str(number), "draft": str(draft), "trial": str(trial)}
    return told | _together(code, leader, cluster, enforcement, now)


def make_rules(*, now: datetime) -> None:
    """Templates, and the first version of the rules, in force from this day on. Once."""
    today = timezone.localdate(now)
    code = installation().district_code
    system = Actor(kind="system", organisation_code=casework.centre_code())
    if casework.rule_versions(system, on=today):
        return
    for template in _templates(code):
        services.set_template(actor=system, template=template, now=now)
    number = services.draft_rules(actor=system, now=now)
    services.write_rules(actor=system, number=number, rows=_rules(code), now=now)
    services.adopt_rules(actor=system, number=number, starts_on=today, now=now)


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
    ]


def _came_back(centre: Actor, enforcement: Actor, now: datetime) -> None:
    """One that the rule gave to a department which gave it back: by such a figure rules improve."""
    came, given = now - timedelta(hours=9), now - timedelta(hours=7)
    case = services.open_case(
        actor=centre,
        words="楼上人家每天弹琴到十点，隔着门都听得清。" + SAYS_SYNTHETIC,
        category="noise",
        place=services.PlaceChoice(community_code=GRID.organisation, source="community"),
        channel="phone",
        idempotency_key="demo-rule-came-back",
        now=came,
    )
    if casework.case_head(case.case_id).state != "opened":
        return
    lead = enforcement.organisation_code
    services.dispatch_case(actor=centre, case_id=case.case_id, lead_code=lead, nature="complaint", now=given)
    on = timezone.localdate(now)
    listed = directory.items_at(category="noise", place_code=GRID.organisation, on=on)
    article = next((item.article for item in listed if item.article), "")
    words = "邻里生活噪声不在我局清单内，请转公安或社区调解。"
    services.return_task(actor=enforcement, case_id=case.case_id, article=article, words=words, now=now)


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
