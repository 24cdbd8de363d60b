"""The four platforms: members and what they see, moves and their alarm, the main act of each, figures, bad input."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Forbidden, Invalid, Problem, Refused
from pianqu.foundation.ids import new_id
from pianqu.foundation.models import Account
from pianqu.rooms.casework import queries, services
from pianqu.rooms.casework.models import Case, Note, PlatformAct, PlatformMember, Task
from pianqu.rooms.casework.tests.builders import (
    COMMUNITY,
    HELPER,
    LEAD,
    NOW,
    OTHER_COMMUNITY,
    brought_to,
    clerk,
    dispatched,
    handler,
    importer,
    opened,
    photo,
    resident,
    started,
)
from pianqu.rooms.casework.tests.test_handling import kinds, told
from pianqu.rooms.directory import queries as directory_questions
from pianqu.rooms.directory import services as directory
from pianqu.rooms.directory.services import NewOrganisation
from pianqu.rooms.directory.tests.builders import listed, power

pytestmark = pytest.mark.django_db
STREET, OTHER_STREET = "330205001000", "330205103000"
STATION = "330205-urban-waitan"
TODAY = timezone.localdate(NOW)


@pytest.fixture(autouse=True)
def streets(district: None) -> None:
    """Organisations of both streets, and a station of the law enforcement bureau in one."""
    items = [
        NewOrganisation(code=STREET, kind="street", name="外滩街道", short_name="外滩街道", parent_code="330205"),
        NewOrganisation(code=OTHER_STREET, kind="town", name="慈城镇", short_name="慈城镇", parent_code="330205"),
        NewOrganisation(
            code=STATION, kind="station", name="外滩中队", short_name="外滩中队", parent_code=LEAD, serves_code=STREET
        ),
    ]
    directory.add_organisations(actor=importer("330205"), items=items, valid_from=NOW.date(), now=NOW)


def official(code: str, kind: str = "window") -> Client:
    """A browser in which somebody in a post there is signed in."""
    account = Account.objects.create(id=new_id(), login=f"{kind}-{code}", name="某人", password="!")
    directory.appoint(
        actor=importer("330205"), account_id=account.id, organisation_code=code, kind=kind, title="岗", now=NOW
    )
    client = Client(headers={"accept-language": "zh-hans"})
    client.force_login(account)
    return client


def joined(platform: str, code: str, street: str = STREET, **more: Any) -> uuid.UUID:
    return services.add_platform_member(
        actor=importer("330205"), platform=platform, street_code=street, organisation_code=code, now=NOW, **more
    )


def move(case_id: uuid.UUID, platform: str, actor: Actor | None = None, **more: Any) -> uuid.UUID:
    given = {"words": "占道的是店铺", "now": NOW, **more}
    return services.move_platform(actor=actor or clerk(), case_id=case_id, platform=platform, **given)


def shown(actor: Actor, platform: str, **more: Any) -> list[uuid.UUID]:
    return [row.case_id for row in queries.platform_queue(actor, platform, now=NOW, **more).rows]


# members -------------------------------------------------------------------------------------------------------------


def test_a_member_sees_the_platforms_matters_of_its_street_and_nothing_else() -> None:
    station = handler(STATION)
    here = opened(category="noise").case_id
    opened(category="market"), opened(category="noise", place=services.PlaceChoice(community_code=OTHER_COMMUNITY))
    with pytest.raises(Absent):
        queries.case_for(station, here)
    joined("enforcement", STATION)
    assert shown(station, "enforcement") == [here] == shown(station, "enforcement", street_code=STREET)
    assert queries.case_for(station, here).case_id == here
    assert shown(station, "market") == [] == shown(station, "enforcement", street_code=OTHER_STREET)
    assert queries.cases_for(station, now=NOW).rows == (), "the general list keeps to the scope"
    assert not queries.case_for(station, here).may_reveal_contact


def test_who_left_sees_nothing_more_and_may_come_back() -> None:
    station, member = handler(STATION), joined("enforcement", STATION)
    case = opened(category="noise").case_id
    services.remove_platform_member(actor=importer("330205"), member_id=member, now=NOW)
    assert shown(station, "enforcement") == []
    with pytest.raises(Absent):
        queries.case_for(station, case)
    with pytest.raises(Absent):
        services.remove_platform_member(actor=importer("330205"), member_id=member, now=NOW)
    joined("enforcement", STATION)
    assert PlatformMember.objects.filter(ended_at=None).count() == 1


def test_a_post_alone_may_take_part() -> None:
    official(STREET, kind="handler")
    held = directory_questions.held_posts([STREET])[0].post_id
    joined("order", STREET, post_id=str(held))
    colleague = Actor(kind="post", post_id=str(uuid.uuid4()), organisation_code=STREET)
    single = Actor(kind="post", post_id=str(held), organisation_code=STREET)
    assert queries.streets_of_member(single, "order") == (STREET,) and not queries.streets_of_member(colleague, "order")
    assert [card.post_id for card in queries.live_members("order", STREET)] == [str(held)]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"platform": "culture"}, Invalid),
        ({"street": COMMUNITY}, Invalid),
        ({"street": "nowhere"}, Invalid),
        ({"code": "nobody"}, Invalid),
        ({"post_id": str(uuid.uuid4())}, Invalid),
        ({}, Refused),
    ],
)
def test_wrong_members_are_refused(changes: dict[str, str], error: type[Problem]) -> None:
    joined("market", HELPER)
    given = {"platform": "market", "code": HELPER, **changes}
    with pytest.raises(error):
        joined(**given)
    assert PlatformMember.objects.count() == 1


@pytest.mark.parametrize("actor", [clerk(), handler(LEAD), handler(STREET), resident()], ids=repr)
def test_only_leaders_of_the_street_and_administrators_say_who_takes_part(actor: Actor) -> None:
    with pytest.raises(Forbidden):
        services.add_platform_member(actor=actor, platform="order", street_code=STREET, organisation_code=LEAD, now=NOW)


# moves ---------------------------------------------------------------------------------------------------------------


def test_a_moved_matter_counts_for_its_new_platform_everywhere() -> None:
    case = opened(category="noise").case_id
    move(case, "market")
    assert shown(clerk(), "market") == [case] and shown(clerk(), "enforcement") == []
    listed = queries.cases_for(clerk(), filters=queries.CaseFilter(platform="market"), now=NOW)
    assert [row.case_id for row in listed.rows] == [case]
    lines = {line.code: line.open for line in queries.overview_for(clerk(), now=NOW).platforms}
    assert lines == {"market": 1}
    assert told(case, "platform-changed")["from_platform"] == "enforcement"
    assert Note.objects.get(case_id=case).words == "占道的是店铺"


def test_who_led_it_leads_it_no_longer_and_it_waits_to_be_given_anew() -> None:
    case = started(category="noise", helpers=()).case_id
    move(case, "market")
    row = Case.objects.get(id=case)
    assert (row.state, row.lead_code) == ("returned", "") and row.due_at is not None, "the clock goes on"
    assert not Task.objects.filter(case_id=case, ended_at=None).exists()
    assert told(case, "platform-changed")["holder_code"] == LEAD


def test_a_matter_that_comes_back_raises_an_alarm_each_time() -> None:
    case = opened(category="noise").case_id
    move(case, "market")
    assert "platform-ping-pong" not in kinds(case)
    move(case, "services")
    assert "platform-ping-pong" not in kinds(case)
    move(case, "enforcement")
    assert told(case, "platform-ping-pong")["times"] == 1
    move(case, "market")
    assert kinds(case).count("platform-ping-pong") == 2


def test_the_centre_may_choose_another_clock_with_it_and_nobody_else() -> None:
    case = dispatched(category="noise").case_id
    before = Case.objects.get(id=case).due_at
    with pytest.raises(Forbidden):
        move(case, "market", handler(LEAD), nature="urgent")
    move(case, "market", nature="urgent")
    row = Case.objects.get(id=case)
    assert row.nature == "urgent" and row.due_at and before and row.due_at < before
    assert told(case, "due-date-set")["cause"] == "platform-changed"


@pytest.mark.parametrize(
    ("state", "given", "error"),
    [
        ("opened", {"platform": "enforcement"}, Refused),
        ("opened", {"platform": "culture"}, Invalid),
        ("opened", {"platform": "market", "words": "  "}, Invalid),
        ("opened", {"platform": "market", "words": "字" * 5001}, Invalid),
        ("opened", {"platform": "market", "nature": "urgent"}, Refused),
        ("accepted", {"platform": "market", "nature": "nonsense"}, Invalid),
        ("paused", {"platform": "market"}, Refused),
        ("resolved", {"platform": "market"}, Refused),
        ("closed", {"platform": "market"}, Refused),
        ("withdrawn", {"platform": "market"}, Refused),
    ],
)
def test_wrong_moves_are_refused(state: str, given: dict[str, str], error: type[Problem]) -> None:
    case = brought_to(state)
    with pytest.raises(error):
        move(case, **given)
    assert Case.objects.get(id=case).platform == ""


def test_a_stranger_moves_nothing() -> None:
    case = opened(category="noise").case_id
    for actor in (handler(HELPER), resident()):
        with pytest.raises(Forbidden):
            move(case, "market", actor)


# main acts -----------------------------------------------------------------------------------------------------------

WORDS = {"words": "现场已说明", "now": NOW}
ACTS: dict[str, tuple[str, Callable[..., uuid.UUID], dict[str, Any], str]] = {
    "joint": ("order", services.call_joint, {"helper_codes": [STREET], "last_day": TODAY}, "joint-called"),
    "inspection": ("market", services.record_inspection, {"outcome": "ordered"}, "place-inspected"),
    "notice": (
        "enforcement",
        services.order_rectification,
        {"last_day": TODAY, "recheck_on": TODAY + timedelta(days=1)},
        "rectification-ordered",
    ),
    "guidance": ("services", services.guide_at_window, {"outcome": "service"}, "guided-at-window"),
}


def on(platform: str) -> uuid.UUID:
    """A matter that LEAD works on, on this platform; the street takes part there."""
    case = dispatched(category="noise").case_id
    Case.objects.filter(id=case).update(platform=platform)
    joined(platform, STREET)
    return case


@pytest.mark.parametrize("kind", ACTS)
@pytest.mark.parametrize(
    ("actor", "may"),
    [
        (clerk(), True),
        (handler(LEAD), True),
        (handler(STREET), True),
        (handler(HELPER), False),
        (handler(OTHER_STREET), False),
        (resident(), False),
        (Actor(kind="post", post_id="a", organisation_code="330205-centre", reads_only=True), False),
    ],
    ids=["centre", "lead", "member", "department", "other street", "resident", "auditor"],
)
def test_every_role_and_every_act(kind: str, actor: Actor, may: bool) -> None:
    platform, verb, given, fact = ACTS[kind]
    case = on(platform)
    if not may:
        with pytest.raises(Forbidden):
            verb(actor=actor, case_id=case, **given, **WORDS)
        return
    entry = verb(actor=actor, case_id=case, **given, **WORDS)
    row = PlatformAct.objects.get(case_id=case)
    assert (row.kind, row.entry_id, row.organisation_code) == (kind, entry, actor.organisation_code)
    assert told(case, fact)["act_id"] == str(row.id)
    assert Note.objects.get(entry_id=entry).for_reporter is (kind == "guidance")
    card = queries.platform_act(clerk(), row.id)
    assert card.words == "现场已说明"


COMPANY, COMMITTEE = "330205-p-waitan", COMMUNITY


@pytest.fixture
def ground(streets: None) -> None:
    """A property company, and the community on whose ground it works."""
    items = [
        NewOrganisation(code=COMMITTEE, kind="community", name="外滩社区", short_name="外滩社区", parent_code=STREET),
        NewOrganisation(code=COMPANY, kind="property", name="外滩物业", short_name="外滩物业", parent_code=COMMITTEE),
    ]
    directory.add_organisations(actor=importer("330205"), items=items, valid_from=NOW.date(), now=NOW)


def page(client: Client, case: uuid.UUID) -> str:
    return client.get(f"/desk/case/{case}/").text


def offers(text: str, case: uuid.UUID, *acts: str) -> list[bool]:
    return [f"/desk/case/{case}/act/{act}/" in text for act in acts]


@pytest.mark.parametrize("helper", [COMPANY, COMMITTEE, HELPER])
@pytest.mark.parametrize(
    ("kind", "act"), [("joint", "call-joint"), ("inspection", "inspect"), ("notice", "order-rectification")]
)
def test_who_only_helps_has_no_authority(ground: None, helper: str, kind: str, act: str) -> None:
    platform, verb, given, _fact = ACTS[kind]
    case = on(platform)
    services.join_case(actor=clerk(), case_id=case, helper_code=helper, now=NOW)
    with pytest.raises(Forbidden):
        verb(actor=handler(helper), case_id=case, **given, **WORDS)
    with pytest.raises(Forbidden):
        move(case, "services", handler(helper))
    row = Case.objects.get(id=case)
    assert (row.lead_code, row.platform, PlatformAct.objects.count()) == (LEAD, platform, 0)
    assert offers(page(official(helper), case), case, act, "move-platform") == [False, False]
    assert offers(page(official(LEAD), case), case, act, "move-platform") == [True, True]


@pytest.mark.parametrize("way", ["member", "lead"])
@pytest.mark.parametrize(
    ("code", "may"),
    [
        (COMPANY, {"joint": False, "inspection": False, "notice": False, "guidance": False}),
        (COMMITTEE, {"joint": True, "inspection": False, "notice": False, "guidance": True}),
        (STATION, {"joint": True, "inspection": True, "notice": True, "guidance": True}),
    ],
    ids=["company", "community", "station"],
)
@pytest.mark.parametrize("kind", ACTS)
def test_only_public_bodies_act_as_members_or_leads(
    ground: None, way: str, code: str, may: dict[str, bool], kind: str
) -> None:
    platform, verb, given, _fact = ACTS[kind]
    case = on(platform)
    if way == "member":
        joined(platform, code)
    else:
        Case.objects.filter(id=case).update(lead_code=code)
    seen = queries.on_platform(handler(code), queries.case_for(clerk(), case))
    assert (seen.may_act, seen.may_move) == (may[kind], True)
    if may[kind]:
        verb(actor=handler(code), case_id=case, **given, **WORDS)
        return
    with pytest.raises(Forbidden):
        verb(actor=handler(code), case_id=case, **given, **WORDS)
    assert not PlatformAct.objects.exists()


def test_who_served_a_notice_looks_again_after_a_move_and_a_helper_never(ground: None) -> None:
    case = on("enforcement")
    services.join_case(actor=clerk(), case_id=case, helper_code=COMMITTEE, now=NOW)
    ACTS["notice"][1](actor=handler(STREET), case_id=case, **ACTS["notice"][2], **WORDS)
    with pytest.raises(Forbidden):
        services.check_rectification(actor=handler(COMMITTEE), case_id=case, put_right=True, **WORDS)
    assert offers(page(official(COMMITTEE), case), case, "check-rectification") == [False]
    move(case, "market")
    services.check_rectification(actor=handler(STREET), case_id=case, put_right=True, **WORDS)


@pytest.mark.parametrize("kind", ACTS)
def test_an_act_belongs_to_its_platform_and_to_open_matters(kind: str) -> None:
    platform, verb, given, _fact = ACTS[kind]
    case = on(platform)
    other = next(code for code in queries.PLATFORMS if code != platform)
    Case.objects.filter(id=case).update(platform=other)
    with pytest.raises(Refused):
        verb(actor=clerk(), case_id=case, **given, **WORDS)
    Case.objects.filter(id=case).update(platform=platform)
    services.resolve_case(actor=clerk(), case_id=case, reply="好了", now=NOW)
    with pytest.raises(Refused):
        verb(actor=clerk(), case_id=case, **given, **WORDS)
    assert not PlatformAct.objects.exists()


@pytest.mark.parametrize(
    ("kind", "changes", "error"),
    [
        ("joint", {"helper_codes": []}, Invalid),
        ("joint", {"helper_codes": [HELPER]}, Invalid),
        ("joint", {"last_day": TODAY - timedelta(days=1)}, Invalid),
        ("joint", {"last_day": TODAY + timedelta(days=170)}, Invalid),
        ("inspection", {"outcome": "nice"}, Invalid),
        ("inspection", {"words": ""}, Invalid),
        ("notice", {"last_day": TODAY - timedelta(days=1)}, Invalid),
        ("notice", {"recheck_on": TODAY - timedelta(days=1)}, Invalid),
        ("notice", {"recheck_on": TODAY + timedelta(days=200)}, Invalid),
        ("guidance", {"outcome": "in-order"}, Invalid),
    ],
)
def test_bad_input_to_an_act(kind: str, changes: dict[str, Any], error: type[Problem]) -> None:
    platform, verb, given, _fact = ACTS[kind]
    case = on(platform)
    with pytest.raises(error):
        verb(**{"actor": clerk(), "case_id": case, **given, **WORDS, **changes})
    assert not PlatformAct.objects.exists() and Task.objects.filter(case_id=case).count() == 1


def test_members_may_be_called_to_a_matter_that_is_overdue() -> None:
    case = on("order")
    late = NOW + timedelta(days=60)
    services.call_joint(
        actor=clerk(),
        case_id=case,
        helper_codes=[STREET],
        last_day=timezone.localdate(late),
        words="请到场",
        now=late,
    )
    assert Task.objects.get(case_id=case, role="helper").due_at


def test_called_members_have_parts_of_which_the_answer_waits() -> None:
    case = on("order")
    services.call_joint(actor=handler(LEAD), case_id=case, helper_codes=[STREET], last_day=TODAY, **WORDS)
    with pytest.raises(Refused):
        services.resolve_case(actor=handler(LEAD), case_id=case, reply="好了", now=NOW)
    with pytest.raises(Refused):
        services.call_joint(actor=handler(LEAD), case_id=case, helper_codes=[STREET], last_day=TODAY, **WORDS)
    services.finish_task(actor=handler(STREET), case_id=case, words="到场了", now=NOW)
    services.resolve_case(actor=handler(LEAD), case_id=case, reply="好了", now=NOW)


def test_a_notice_is_looked_at_again_before_the_next_one_also_after_a_move() -> None:
    case = on("enforcement")
    serve = ACTS["notice"]
    serve[1](actor=handler(STREET), case_id=case, **serve[2], **WORDS)
    with pytest.raises(Refused):
        serve[1](actor=handler(STREET), case_id=case, **serve[2], **WORDS)
    assert shown(clerk(), "enforcement", queue="notices") == [case]
    move(case, "market")
    services.check_rectification(actor=clerk(), case_id=case, put_right=False, **WORDS)
    assert told(case, "rectification-checked")["put_right"] is False
    with pytest.raises(Refused):
        services.check_rectification(actor=clerk(), case_id=case, put_right=True, **WORDS)
    move(case, "enforcement")
    serve[1](actor=clerk(), case_id=case, **serve[2], **WORDS)


def test_papers_are_shown_to_who_sees_the_matter_only() -> None:
    case = on("market")
    services.record_inspection(actor=clerk(), case_id=case, outcome="filed", **WORDS)
    act = PlatformAct.objects.get(case_id=case).id
    with pytest.raises(Absent):
        queries.platform_act(handler(HELPER), act)
    with pytest.raises(Absent):
        queries.platform_act(clerk(), uuid.uuid4())


def test_erased_words_are_gone_from_the_paper() -> None:
    case = on("market")
    services.record_inspection(actor=clerk(), case_id=case, outcome="filed", **WORDS)
    services.resolve_case(actor=clerk(), case_id=case, reply="好了", now=NOW)
    services.close_case(actor=clerk(), case_id=case, now=NOW)
    services.erase_case(actor=clerk(), case_id=case, basis="period-over", now=NOW)
    assert queries.platform_act(clerk(), PlatformAct.objects.get(case_id=case).id).words == ""


# figures and counts --------------------------------------------------------------------------------------------------


def test_figures_agree_with_the_queue_and_say_what_was_in_time() -> None:
    early, late = dispatched(category="noise").case_id, dispatched(category="noise").case_id
    opened(category="noise"), opened(category="market")
    reopened = brought_to("reopened")  # roads: of the same platform
    services.resolve_case(actor=clerk(), case_id=early, reply="好了", now=NOW + timedelta(hours=1))
    services.resolve_case(actor=clerk(), case_id=late, reply="好了", now=NOW + timedelta(days=60))
    found = queries.platform_figures(clerk(), "enforcement", now=NOW + timedelta(days=61))
    assert (found.open, found.received, found.answered, found.in_time, found.timed) == (2, 4, 2, 1, 2)
    assert found.reopened == 1 and found.overdue == len(
        queries.platform_queue(clerk(), "enforcement", queue="overdue", now=NOW + timedelta(days=61)).rows
    )
    assert found.waiting == 2 and reopened in shown(clerk(), "enforcement", queue="waiting")
    assert found.in_time_share is None, "too few for a share"
    assert sum(week.received for week in found.weeks) == 4


def test_an_unknown_platform_is_absent() -> None:
    for ask in (queries.platform_queue, queries.platform_figures):
        with pytest.raises(Absent):
            ask(clerk(), "culture", now=NOW)


@pytest.mark.parametrize("page", ["/desk/platforms/", f"/desk/platforms/enforcement/?street={STREET}"])
def test_the_pages_take_the_same_statements_whatever_there_is(page: str) -> None:
    staff = official("330205-centre")
    joined("enforcement", STATION)
    opened(category="noise")
    counts = []
    for more in range(2):
        staff.get(page)
        with CaptureQueriesContext(connection) as seen:
            assert staff.get(page).status_code == 200
        counts.append(len(seen))
        if not more:
            for category in ("noise", "environment", "roads"):
                opened(category=category, photos=[photo()])
            joined("enforcement", STREET), joined("enforcement", LEAD)
    assert counts[0] == counts[1] <= 30, counts


def test_pages_of_a_queue_leave_no_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    made = {opened(category="noise", now=NOW + timedelta(minutes=n)).case_id for n in range(5)}
    monkeypatch.setattr("pianqu.rooms.casework.queries.platforms.PAGE", 2)
    found = [shown(clerk(), "enforcement", page=page) for page in (1, 2, 3)]
    assert [len(page) for page in found] == [2, 2, 1] and {one for page in found for one in page} == made


# doors ---------------------------------------------------------------------------------------------------------------


def test_the_page_of_a_street_says_who_takes_part_and_lets_its_leader_arrange_it() -> None:
    leader, window = official(STREET, kind="leader"), official(STREET, kind="window")
    page = "/desk/platforms/market/"
    assert "Add somebody" in leader.get(page, headers={"accept-language": "en"}).text
    assert "Add somebody" not in window.get(page, headers={"accept-language": "en"}).text
    leader.post(f"{page}add/", {"street": STREET, "member": HELPER})
    assert [card.organisation_code for card in queries.live_members("market", STREET)] == [HELPER]
    again = leader.post(f"{page}add/", {"street": STREET, "member": HELPER})
    assert again.status_code == 409 and "已是成员" in again.text
    assert window.post(f"{page}add/", {"street": STREET, "member": LEAD}).status_code == 403
    member = queries.live_members("market", STREET)[0].member_id
    leader.post(f"{page}remove/{member}/", {"street": STREET})
    assert not queries.live_members("market", STREET)


@pytest.mark.parametrize(
    "address",
    [
        "culture/",
        "market/?street=nowhere&queue=x&page=-1",
        "market/?page=99999999999",
        f"market/?page=000001{5_000 * '0'}",
    ],
)
def test_odd_addresses_are_a_page_or_absent_never_a_crash(address: str) -> None:
    answer = official("330205-centre").get(f"/desk/platforms/{address}")
    assert answer.status_code == (404 if address.startswith("culture") else 200)


def test_the_page_says_who_has_a_power_through_its_station_and_that_nobody_is_on_duty() -> None:
    listed([power(LEAD, valid_from=NOW.date())])
    joined("enforcement", STATION)
    text = official(STREET).get("/desk/platforms/enforcement/").text
    assert "由成员外滩中队行使" in text and "今日无人值班" in text


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"last_day": "2026-02-30"}, "act-day"),
        ({"last_day": "2020-01-01"}, "act-day"),
        ({"recheck_on": "soon"}, "act-recheck"),
        ({"recheck_on": "2020-01-01"}, "act-recheck"),
        ({"words": ""}, "act-words"),
    ],
)
def test_a_refused_act_marks_the_field_that_is_wrong_and_no_other(typed: dict[str, str], field: str) -> None:
    case, staff = on("enforcement"), official("330205-centre")
    today = timezone.localdate()
    given = {"words": "请清走", "last_day": f"{today}", "recheck_on": f"{today}", **typed}
    form = staff.post(f"/desk/case/{case}/act/order-rectification/", given).text.split('id="platform-act"')[1]
    form = form.split("</form>")[0]
    marked = [one for one in ("act-day", "act-recheck", "act-words") if _is_marked(form, one)]
    assert marked == [field] and form.count('id="act-error"') == 1


def _is_marked(form: str, field: str) -> bool:
    tag = form.split(f'id="{field}"')[1].split(">")[0]
    return 'aria-invalid="true"' in tag and 'aria-describedby="act-error"' in tag


def test_a_move_is_told_as_one_and_not_as_an_escalation() -> None:
    case = started(category="noise", helpers=()).case_id
    move(case, "market")
    text = official("330205-centre").get(f"/desk/case/{case}/").text
    assert "原主办：执法局" in text and "转入：市场监管" in text


def test_a_paper_says_days_as_people_do_and_has_room_for_whom_it_is_served_and_the_seal() -> None:
    case, staff = on("enforcement"), official("330205-centre")
    services.order_rectification(
        actor=clerk(), case_id=case, last_day=TODAY, recheck_on=TODAY + timedelta(days=1), **WORDS
    )
    text = staff.get(f"/desk/platforms/paper/{PlatformAct.objects.get(case_id=case).id}/").text
    assert "2026 年 3 月 2 日" in text and "2026-03-02" not in text
    assert all(word in text for word in ("被通知人", "文号", "盖章"))
    shown_there = staff.get(f"/desk/case/{case}/").text
    assert "到 2026 年 3 月 2 日 24:00 为止" in shown_there and "2026-03-03 " not in shown_there


def test_a_refused_act_keeps_what_was_typed() -> None:
    case, staff = on("enforcement"), official("330205-centre")
    typed = {"words": "店外经营的物品请清走", "last_day": "2026-02-30", "recheck_on": "soon"}
    answer = staff.post(f"/desk/case/{case}/act/order-rectification/", typed)
    assert answer.status_code == 422 and "店外经营的物品请清走" in answer.text and "日期不对" in answer.text


def test_the_slip_can_be_printed_from_the_matters_page() -> None:
    case, staff = on("services"), official("330205-centre")
    kept = staff.post(f"/desk/case/{case}/act/guide/", {"outcome": "service", "words": "带身份证到三号窗口"})
    act = PlatformAct.objects.get(case_id=case).id
    assert kept["Location"] == f"/desk/platforms/paper/{act}/", "what was kept is there to be printed"
    assert f"/desk/platforms/paper/{act}/" in staff.get(f"/desk/case/{case}/").text
    assert "带身份证到三号窗口" in staff.get(f"/desk/platforms/paper/{act}/").text
    assert official(HELPER, kind="handler").get(f"/desk/platforms/paper/{act}/").status_code == 404
