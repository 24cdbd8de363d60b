"""What leaders and checkers did in the demo: matters pressed for, reporters called back, reports of months drafted and issued."""

import uuid
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta

from django.utils import timezone

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Problem
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.casework import services

DEMANDS = (
    ("priority", "群众反复来电，请今天派人到现场，明天前报结果。"),
    ("formal", "已接近期限，请查明原因，写明何时办结。"),
    ("reminder", "请加快办理，办理进展及时告知反映人。"),
    ("formal", "涉及多家单位，请主办单位牵头会商，报办理方案。"),
    ("priority", "存在安全隐患，请立即设置警示，同步报整改措施。"),
    ("reminder", "请核实反映人补充的情况。"),
)
ANSWER = "已派人到现场核实，配件今日到货，两个工作日内办结，其间已设置警示。"
AGAIN = "答复没有写明办结日期，请补充。"
NEXT = (
    "请各单位对照通报查找不足：按期办结率偏低的，逐件分析超期原因；"
    "重开件由另一名人员核查后答复；对区间重叠的指标不作排名宣传。"
)


def make_watching(actors: Mapping[str, Actor], *, leader: Actor, checker: Actor, now: datetime) -> None:
    """Idempotent: nothing is done twice."""
    if casework.reports_for(leader):
        return
    _press(actors, leader, now)
    _call(leader, checker, now)
    _report(leader, checker, now)


def _press(actors: Mapping[str, Actor], leader: Actor, now: datetime) -> None:
    """Some of what is open, at different times: owed, late, answered, asked again, lifted."""
    holders = {actor.organisation_code: actor for actor in actors.values() if actor.acts}
    rows = casework.cases_for(
        leader, filters=casework.CaseFilter(queue="open", order=casework.DUE), size=60, now=now
    ).rows
    chosen = [row for row in rows if row.state in ("dispatched", "in_progress")][: len(DEMANDS)]
    for number, (row, (level, words)) in enumerate(zip(chosen, DEMANDS, strict=False)):
        at = max(now - timedelta(days=(6, 1, 2, 4, 3, 9)[number], hours=3), row.opened_at + timedelta(minutes=90))
        with suppress(Problem):
            services.supervise_case(actor=leader, case_id=row.case_id, words=words, level=level, now=min(at, now))
            _go_on(holders, leader, row.case_id, number, min(at + timedelta(hours=5), now))
    system = Actor(kind="system", organisation_code=casework.centre_code())
    services.warn_supervised(actor=system, now=now)
    services.escalate_supervised(actor=system, now=now)


def _go_on(holders: Mapping[str, Actor], leader: Actor, case_id: uuid.UUID, number: int, at: datetime) -> None:
    holder = holders.get(casework.handling_for(leader, case_id, now=at).lead_code)
    if number in (3, 4) and holder:
        services.answer_supervision(actor=holder, case_id=case_id, words=ANSWER, now=at)
    if number == 4:
        services.repeat_supervision(actor=leader, case_id=case_id, words=AGAIN, now=at)
    if number == 5:
        services.lift_supervision(actor=leader, case_id=case_id, words="已在例会上说明，不再督办。", now=at)


def _call(leader: Actor, checker: Actor, now: datetime) -> None:
    """The last two weeks' samples; half of what could be called was called."""
    system = Actor(kind="system", organisation_code=casework.centre_code())
    for at in (now - timedelta(days=7), now):
        services.draw_last_week(actor=system, now=at)
    said = ("说问题已经解决。", "说来得很快，态度也好。", "", "说又出现了老问题，要求再来看。")
    outcomes = ("satisfied", "satisfied", "unreachable", "dissatisfied")
    cards = casework.call_backs_for(checker).cards
    for number, card in enumerate(cards[: min(len(cards) // 2 + 1, 16)]):
        with suppress(Problem):
            services.record_call_back(
                actor=checker,
                call_back_id=card.call_back_id,
                outcome=outcomes[number % 4],
                words=said[number % 4],
                now=now,
            )


def _report(leader: Actor, checker: Actor, now: datetime) -> None:
    """The month before last is issued; the last one waits as a draft."""
    system, last = Actor(kind="system", organisation_code=casework.centre_code()), casework.last_month(now)
    earlier = casework.month_before(last)
    drafted = services.draft_report(actor=system, period=earlier, now=now)
    whole = casework.report_for(checker, drafted)
    services.edit_report(
        actor=checker,
        report_id=drafted,
        title=whole.card.title,
        number=f"江治〔{timezone.localdate(now).year}〕{earlier.first.month}号",
        addressee=whole.addressee,
        text=whole.text.replace(services.OPEN_END, NEXT),
        now=now,
    )
    files = services.printed(leader, drafted, now=now, issued=True)
    services.issue_report(actor=leader, report_id=drafted, files=files, now=now)
    services.draft_report(actor=system, period=last, now=now)
