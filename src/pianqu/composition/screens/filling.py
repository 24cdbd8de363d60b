"""What the pictures show: a few matters through the real verbs, and a colleague who may see them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from io import BytesIO
from uuid import UUID

from django.utils import timezone
from PIL import Image

from pianqu.composition import learning
from pianqu.composition.chores import EXECUTORS
from pianqu.composition.demo.buildings import make_buildings
from pianqu.composition.demo.departments import make_departments
from pianqu.composition.demo.dispatch import make_dispatch
from pianqu.composition.demo.grid import make_grid, make_next_grid
from pianqu.composition.demo.joined import make_joined
from pianqu.composition.demo.lists import make_list
from pianqu.composition.demo.neighbour import make_neighbour
from pianqu.composition.demo.parties import make_parties
from pianqu.composition.demo.plans import make_plans
from pianqu.composition.demo.platforms import make_platforms
from pianqu.composition.demo.points import make_points
from pianqu.composition.demo.presence import make_presence
from pianqu.composition.demo.replies import make_notes, make_replies
from pianqu.composition.demo.sites import make_sites
from pianqu.composition.demo.watching import make_watching
from pianqu.composition.district import load_district
from pianqu.composition.wiring import seal_and_drain
from pianqu.foundation import onetime, residentpass
from pianqu.foundation.actor import Actor
from pianqu.foundation.installation import installation
from pianqu.foundation.models import Account
from pianqu.foundation.photos import SafePhoto, sanitise
from pianqu.foundation.reached import reached
from pianqu.kernels.identity_number import check_character
from pianqu.rooms.casework import jobs
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.casework import services as verbs
from pianqu.rooms.casework.queries import CaseFilter
from pianqu.rooms.casework.services import Claim, History, Opening, PlaceChoice, Reporter
from pianqu.rooms.directory import queries as directory_questions
from pianqu.rooms.directory import services as directory
from pianqu.rooms.planning import queries as planning
from pianqu.rooms.planning import services as plans
from pianqu.rooms.planning.jobs import run_waiting
from pianqu.rooms.territory import queries as territory

LOGIN, PASSWORD = "screens", "only-for-pictures-7f3a"
CONTACT = "13800138000"
MATTERS = (
    ("roads", "学校门口的井盖碎了一半，放学时孩子多，怕有人踩空。"),
    ("water", "六楼早晚没有水，已经一个星期了。"),
    ("noise", "地下车库夜里装修到十一点，楼上睡不着。\n找过物业两次，说管不了。"),
    ("environment", "垃圾房门口堆了三天没有清，味道很大。" * 12),
    ("traffic", "𠮷祥路口的信号灯只亮一边，👍 右转的车看不见。"),
    (
        "unknown",
        "The lift in building 12 stops between floors; mixed words 和中文 and a_very_long_word_without_any_break_"
        + "x" * 60,
    ),
)


def fill(*, empty: bool) -> dict[str, str]:
    """The names of what was made: {login, password} and, unless empty, {code, secret, case_id, …}."""
    now = timezone.now()
    load_district(code=installation().district_code, now=now)
    told = {"login": LOGIN, "password": PASSWORD, "centre": casework.centre_code()}
    staff = _colleague(now)
    others = {}
    for login, organisation, kind in ROLES:
        code = organisation if organisation.isdigit() else f"{installation().district_code}-{organisation}"
        others[login] = _post(login, code, kind, now)
    if empty:
        return told
    make_presence(now=now)
    make_grid(now=now, valid_from=timezone.localdate(now))
    make_buildings(now=now)
    make_points([staff], now=now)
    planned = _merged(now)
    cluster = territory.clusters(on=timezone.localdate(now))[0]
    make_parties(company=others["property"], community=others["other-community"], cluster=others["cluster"], now=now)
    cell = next(c for c in territory.cells(on=timezone.localdate(now)) if c.community_code in cluster.community_codes)
    promised = territory.all_promises(only_open=True, most=1)
    told["neighbour"] = promised[0].cell_code
    known = _known(others["checker"], now)
    told |= planned | {"cluster": cluster.code, "cell": cell.code, "me": residentpass.made(known.resident_id, now)}
    told |= _matters(staff, known, now)
    told |= {name: str(study_id) for name, study_id in make_sites(leader=others["boss"], now=now).items()}
    make_platforms(window=staff, now=now)
    told |= make_dispatch(
        asks=staff, leader=others["boss"], cluster=others["cluster"], enforcement=others["enforcement"], now=now
    )
    told |= _papers(staff, now) | make_joined(window=staff, now=now)
    offered, given = make_neighbour(window=staff, away=UUID(told.pop("away")), now=now)
    told |= {"offered": str(offered), "given": str(given)} | _open_data(now)
    told |= _watched({"staff": staff, **others}, now)
    make_replies(handler=staff, now=now)
    make_notes(handler=others["enforcement"], window=staff, now=now)
    _terms(now)
    _learned(staff, now)
    told |= {"list_id": str(make_list(window=staff, now=now))}
    told |= _planned(others, now)
    make_next_grid(now=now, valid_from=timezone.localdate(now) + timedelta(days=20))
    told |= {"grid": str(territory.versions()[0].version_id)}
    told |= {"plan_decidable": str(_decidable(others["boss"], UUID(told["plan_published"]), now))}
    seal_and_drain()
    return told | _tables(staff) | _calendar(staff, now) | _hot(staff, now) | _many(staff, now)


def _merged(now: datetime) -> dict[str, str]:
    """Departments' grids and their merge, joined to the cells of now."""
    make_departments(now=now, valid_from=timezone.localdate(now))
    system = Actor(kind="system", organisation_code=installation().district_code)
    wish = plans.MergeWish(mode=planning.PRESENT)
    merge_id = plans.ask_merge(actor=system, on=timezone.localdate(now), wish=wish, now=now)
    run_waiting(EXECUTORS, actor=system)
    grid = next(card for card in planning.department_grids() if card.system == "urban")
    return {"department_grid": str(grid.grid_id), "merge": str(merge_id)}


def _decidable(boss: Actor, like: UUID, now: datetime) -> UUID:
    """The same plan as a draft on which nobody can comment any more, and which is not decided yet."""
    part = planning.draft_state(boss, like, now=now).part
    began, last = now - timedelta(days=5), timezone.localdate(now - timedelta(days=1))
    draft = plans.start_draft(actor=boss, title="片区微调（意见已收齐）", settings={"tolerance": 2_000}, now=began)
    change = plans.Change(kind="paint", moves=list(enumerate(part)))
    plans.change_draft(actor=boss, draft_id=draft, revision=0, change=change, now=began)
    plans.publish_draft(actor=boss, draft_id=draft, comments_until=last, now=began)
    return draft


def _planned(others: Mapping[str, Actor], now: datetime) -> dict[str, str]:
    """A draft with a choice of plans, and one that is published and commented."""
    make_plans({"leader": others["boss"], "cluster": others["cluster"]}, now=now)
    published = planning.drafts(states=[planning.PUBLISHED])[0]
    draft = planning.drafts(states=[planning.EDITING])[0]
    option = planning.options(draft.draft_id)[0]
    plans.choose_plan(actor=others["boss"], draft_id=draft.draft_id, revision=0, option_id=option.id, now=now)
    return {
        "plan": str(draft.draft_id),
        "plan_published": str(published.draft_id),
        "plan_option": str(option.id),
    }


def _many(staff: Actor, now: datetime) -> dict[str, str]:
    """An act on many matters that was done for some and refused for others."""
    rows = casework.cases_for(staff, filters=casework.CaseFilter(category="water"), size=8).rows
    bulk_id = verbs.plan_bulk(
        actor=staff,
        case_ids=[row.case_id for row in rows],
        wanted=verbs.Wanted(act="accept", values={"nature": "help"}),
        language="zh-hans",
        now=now - verbs.UNDO_WINDOW,
    )
    jobs.run_bulks(actor=Actor(kind="system", organisation_code=casework.centre_code()), clock=lambda: now)
    return {"bulk_id": str(bulk_id)}


def _hot(staff: Actor, now: datetime) -> dict[str, str]:
    """A surge that is found, and the root cause that was made of it, with a measure."""
    place = next(choice for choice in territory.community_choices() if choice.communities).communities[0]
    for number, words in enumerate(("请来看看。", "老人不敢喝。", "从昨天晚上开始的。", "放了半小时还是这样。")):
        verbs.open_case(
            actor=Actor(kind="resident", organisation_code=casework.centre_code()),
            words=f"自来水发黄有铁锈味，{words}",
            category="water",
            place=PlaceChoice(community_code=place.code, source="community"),
            now=now - timedelta(hours=number + 1),
        )
    jobs.find_hot_issues(now=now)
    issue = max(casework.hot_issues(staff, span_days=casework.SHORT), key=lambda card: card.matters)
    item = verbs.NewCause(
        title="自来水发黄",
        hypothesis="老支管里的积垢被冲起。",
        category="water",
        place_code=issue.place_code,
        lead_code=f"{installation().district_code}-housing",
        due_on=timezone.localdate(now) + timedelta(days=30),
    )
    ids = casework.hot_issue(staff, issue.issue_id).unlinked
    cause_id = verbs.open_root_cause(actor=staff, item=item, case_ids=ids[:2], now=now)
    who, due = item.lead_code, timezone.localdate(now) + timedelta(days=9)
    verbs.plan_measure(actor=staff, cause_id=cause_id, words="冲洗管网", organisation_code=who, due_on=due, now=now)
    return {"issue": str(issue.issue_id), "cause": str(cause_id)}


def _watched(actors: Mapping[str, Actor], now: datetime) -> dict[str, str]:
    """Pressed for, called back, and a report of last month that waits as a draft."""
    leader = actors["boss"]
    make_watching(actors, leader=leader, checker=actors["checker"], now=now)
    draft = next(card for card in casework.reports_for(leader) if card.state == casework.DRAFT_REPORT)
    return {"report": str(draft.report_id)}


def _learned(staff: Actor, now: datetime) -> None:
    """A model from a small history, and what people made of the shipped list before."""
    for category, words in (("roads", "桥头路灯不亮"), ("noise", "楼上装修太吵"), ("market", "小区门口路灯坏了")):
        verbs.take_in(
            actor=staff,
            channel="phone",
            words=words,
            category=category,
            place=PlaceChoice(landmark="桥头"),
            suggested_by=0,
            idempotency_key=f"triage-{category}-0123456789",
            now=now,
        )
    system = Actor(kind="system", organisation_code=casework.centre_code())
    then, items = now - timedelta(days=20), list[History]()
    for number in range(150):
        category, said = _SAID[number % len(_SAID)]
        claim = Claim(happened_at=then, imported_from="before", imported_id=str(number))
        words = f"{_WHERE[number % len(_WHERE)]}{said}，请处理"
        opening = Opening(
            words=words, category=category, place=PlaceChoice(landmark="桥头"), channel="import", claim=claim
        )
        items.append(History(organisation_code=casework.centre_code(), opening=opening, reply="已处理", resolved=claim))
    verbs.take_history(actor=system, items=items, now=now)
    learning.learn(verbs.ask_for_training(actor=system, now=now), actor=system)


_SAID = (
    ("roads", "路灯不亮"),
    ("roads", "井盖碎了"),
    ("water", "没有自来水"),
    ("water", "下水道堵了"),
    ("noise", "半夜装修太吵"),
    ("noise", "广场舞声音大"),
    ("environment", "垃圾没有清"),
    ("traffic", "信号灯坏了"),
    ("market", "超市卖过期食品"),
)
_WHERE = ("学校门口", "桥边", "菜场旁", "六楼", "车库里", "公园里", "路口")


def _terms(now: datetime) -> None:
    """Terms of the district's own, in force, and a draft that would move something."""
    system = Actor(kind="system", organisation_code=casework.centre_code())
    first = (casework.LocalTerm(nature="complaint", category="noise", amount=3, unit="wd"),)
    verbs.draft_clock_rules(actor=system, terms=first, now=now)
    draft = casework.clock_draft()
    if draft is not None:
        verbs.enforce_clock_rules(
            actor=system,
            seen=draft.digest,
            from_date=timezone.localdate(now),
            also_open=True,
            words="噪声事项办得快，先缩短这一类的时限。",
            now=now,
        )
    jobs.apply_clock_rules(actor=system, now=now)
    more = tuple(
        casework.LocalTerm(nature=nature, category="", amount=2, unit="wd") for nature in ("help", "complaint")
    )
    verbs.draft_clock_rules(actor=system, terms=(*first, *more), now=now)


def _calendar(staff: Actor, now: datetime) -> dict[str, str]:
    """A calendar program looks here."""
    ends = now + timedelta(days=30)
    secret = directory.issue_token(actor=staff, name="日历", rights=["calendar"], expires_at=ends, now=now)
    return {"calendar": secret}


def _tables(staff: Actor) -> dict[str, str]:
    """One that can be fetched, one that was cancelled, and one that waits."""
    asked = partial(verbs.ask_for_export, actor=staff, language="zh-hans")
    ready = asked(form="xlsx", filters=CaseFilter(state="opened"), with_words=True, purpose="月报", now=timezone.now())
    jobs.write_exports(actor=Actor(kind="system", organisation_code=casework.centre_code()))
    cancelled = asked(form="geojson", filters=CaseFilter(category="noise"), now=timezone.now())
    verbs.cancel_export(actor=staff, export_id=cancelled, now=timezone.now())
    asked(form="csv", filters=CaseFilter(), now=timezone.now())
    return {"export_id": str(ready)}


def _papers(staff: Actor, now: datetime) -> dict[str, str]:
    """A notice that somebody has to look at again: its matter and its paper."""
    case_id = casework.platform_queue(staff, "enforcement", queue="notices", now=now).rows[0].case_id
    act = casework.on_platform(staff, casework.case_for(staff, case_id)).acts[0]
    return {"noticed": str(case_id), "paper": str(act.act_id), "platform_street": "330205005000"}


def _known(officer: Actor, now: datetime) -> Reporter:
    """A resident who confirmed a contact; another one's card waits at the window."""
    directory.begin_enrolment(
        actor=officer, name="陈小满", number=_BODY + check_character(_BODY), area_code="330205005003", now=now
    )
    person, to = Actor(kind="resident", organisation_code=casework.centre_code()), reached(CONTACT)
    code = onetime.new_code(to=to.value, address="", now=now)
    resident_id = directory.confirm_contact(actor=person, to=to, code=code, now=now)
    return Reporter(resident_id=resident_id, level="confirmed", contact=to)


_BODY = "99000019880308002"
"""A number of a place that there is not: nobody has it."""


ROLES = (
    ("checker", "centre", "window"),
    ("boss", "centre", "leader"),
    ("admin", "centre", "administrator"),
    ("housing", "housing", "handler"),
    ("enforcement", "enforcement", "handler"),
    ("police", "police", "handler"),
    ("health", "health", "handler"),
    ("auditor", "centre", "auditor"),
    ("cluster", "beijiao", "leader"),
    ("other-cluster", "huanyunhu", "leader"),
    ("squad", "enforcement-yongjiang", "handler"),
    ("other-squad", "enforcement-waitan", "handler"),
    ("street", "330205005000", "window"),
    ("other-street", "330205001000", "window"),
    ("community", "330205005003", "grid_worker"),
    ("other-community", "330205005005", "grid_worker"),
    ("property", "property-wantou", "leader"),
)
"""Other colleagues, with the same password: login, organisation or the rest of its code, kind of post."""


def _colleague(now: datetime) -> Actor:
    return _post(LOGIN, casework.centre_code(), "window", now)


def _post(login: str, organisation_code: str, kind: str, now: datetime) -> Actor:
    account = Account.objects.filter(login=login).first() or Account.objects.create_account(
        login=login, password=PASSWORD, name="林小满"
    )
    system = Actor(kind="system", organisation_code=installation().district_code)
    post = directory.appoint(
        actor=system,
        account_id=account.id,
        organisation_code=organisation_code,
        kind=kind,
        title="窗口" if kind == "window" else "经办",
        now=now,
    )
    return Actor(kind="post", account_id=str(account.id), post_id=str(post), organisation_code=organisation_code)


def _matters(staff: Actor, known: Reporter, now: datetime) -> dict[str, str]:
    resident = Actor(kind="resident", organisation_code=casework.centre_code())
    communities = [choice.code for street in territory.community_choices() for choice in street.communities]
    told: dict[str, str] = {}
    for number, (category, words) in enumerate(MATTERS):
        opened = verbs.open_case(
            actor=resident,
            words=words,
            category=category,
            place=PlaceChoice(community_code=communities[number * 7 % len(communities)], source="community"),
            contact=CONTACT if number % 2 == 0 else None,
            tell=number % 4 == 2,
            reporter=known,
            photos=(_photo(),) if number == 0 else (),
            now=now,
        )
        if number == 0:
            told |= {"code": _shown(opened.case_code), "secret": opened.receipt_secret}
            told |= {"case_id": str(opened.case_id), "entry_id": str(opened.entry_id)}
        if number == 4:
            told["away"] = str(opened.case_id)
        _move_on(staff, opened.case_id, number, now)
    return told


def _open_data(now: datetime) -> dict[str, str]:
    """A month that was taken over from another system, and is published."""
    communities = [choice.code for street in territory.community_choices() for choice in street.communities]
    month = ((now.replace(day=1) - timedelta(days=1)).replace(day=1) - timedelta(days=1)).replace(day=1)
    system = Actor(kind="system", organisation_code=casework.centre_code())
    items = [
        History(
            organisation_code=casework.centre_code(),
            opening=Opening(
                words="以前的一件事",
                category=MATTERS[number % 5][0],
                place=PlaceChoice(community_code=communities[number * 3 % len(communities)], source="imported"),
                channel="import",
                claim=Claim(
                    happened_at=month + timedelta(hours=number), imported_from="screens", imported_id=str(number)
                ),
            ),
        )
        for number in range(400)
    ]
    verbs.take_history(actor=system, items=items, now=now)
    seal_and_drain()
    verbs.publish_due(actor=system, now=now)
    return {"month": f"{month:%Y-%m}"}


def _move_on(staff: Actor, case_id: UUID, number: int, now: datetime) -> None:
    if number in {1, 2}:
        verbs.resolve_case(actor=staff, case_id=case_id, reply="已经修好，当面看过。", now=now)
    if number == 2:
        verbs.close_case(actor=staff, case_id=case_id, now=now)
    if number == 3:
        lead = f"{installation().district_code}-enforcement"
        verbs.dispatch_case(actor=staff, case_id=case_id, lead_code=lead, nature="complaint", now=now)
        bureau = replace(staff, organisation_code=lead)
        place = casework.case_for(staff, case_id).place_code
        cited = min(directory_questions.articles_at(place_code=place, on=timezone.localdate(now)))
        verbs.object_to_dispatch(actor=bureau, case_id=case_id, article=cited, words="不归本局。", now=now)
        verbs.extend_case(
            actor=Actor(kind="resident", organisation_code=casework.centre_code()),
            case_id=case_id,
            words="昨晚又吵到十二点。",
            idempotency_key="screens-addition",
            now=now,
        )


def _shown(code: str) -> str:
    return code if "-" in code else f"{code[:4]}-{code[4:]}"


def _photo() -> SafePhoto:
    picture = BytesIO()
    Image.linear_gradient("L").resize((640, 480)).convert("RGB").save(picture, "JPEG")
    return sanitise(picture.getvalue())
