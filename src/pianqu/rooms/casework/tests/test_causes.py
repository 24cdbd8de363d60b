"""Hot issues and root causes: found, counted once a person, seen within the scope, worked on, and measured."""

import re
import uuid
from collections.abc import Callable
from datetime import date, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.translation import override

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Forbidden, Invalid, Refused
from pianqu.foundation.facts import REGISTRY
from pianqu.foundation.models import Account
from pianqu.rooms.casework import jobs, lifecycle, queries, readers, services
from pianqu.rooms.casework.facts import AboutCause
from pianqu.rooms.casework.lifecycle import CAUSE_MOVES, CauseMove, CauseState
from pianqu.rooms.casework.models import CauseMatter, Contact, HotIssue, HotMatter, Measure, RootCause, VoiceSalt
from pianqu.rooms.casework.queries import SHORT
from pianqu.rooms.casework.services import NewCause, PlaceChoice
from pianqu.rooms.casework.tests.builders import (
    COMMUNITY,
    HELPER,
    LEAD,
    NOW,
    OTHER_COMMUNITY,
    clerk,
    handler,
    importer,
    opened,
    resident,
)
from pianqu.rooms.casework.views import causes as cause_pages
from pianqu.rooms.directory import services as directory
from pianqu.rooms.directory.services import NewOrganisation
from pianqu.rooms.ledger import queries as ledger
from pianqu.rooms.ledger import services as log

pytestmark = pytest.mark.django_db

STREET, TOWN = "330205001000", "330205103000"
LATER = NOW + timedelta(days=2)
PLACE = PlaceChoice(community_code=COMMUNITY, source="community")
TAILS = ("请来看看。", "老人不敢喝。", "从昨天晚上开始的。", "放了半小时还是这样。", "希望送水。", "孩子要喝奶粉。")


def reported(count: int = 6, *, place: PlaceChoice = PLACE, contacts: bool = True, **changes: Any) -> list[uuid.UUID]:
    """A surge: brown water, said by as many people."""
    return [
        opened(
            words=f"外滩社区自来水发黄有铁锈味，{TAILS[n % len(TAILS)]}",
            category="water",
            place=place,
            contact=f"1380000{n:04d}" if contacts else None,
            now=NOW + timedelta(hours=n),
            **changes,
        ).case_id
        for n in range(count)
    ]


def noise() -> None:
    """Matters of other kinds."""
    for n, words in enumerate(("电梯异响停在三楼", "广场舞音响太大", "小摊占道没法走", "树枝断了挂着", "井盖翘起来了")):
        opened(words=words, category="noise", place=PLACE, now=NOW + timedelta(hours=n))


def find(now: Any = LATER) -> int:
    return jobs.find_hot_issues_in(SHORT, now=now)


def hottest(actor: Actor | None = None) -> queries.HotCard:
    return queries.hot_issues(actor or clerk(), span_days=SHORT)[0]


def new_cause(**changes: Any) -> NewCause:
    given: dict[str, Any] = {
        "title": "外滩自来水发黄",
        "hypothesis": "老管线换向带出积垢。",
        "category": "water",
        "place_code": STREET,
        "lead_code": LEAD,
        "due_on": NOW.date() + timedelta(days=20),
    }
    return NewCause(**{**given, **changes})


def cause(*, actor: Actor | None = None, case_ids: list[uuid.UUID] | None = None, **changes: Any) -> uuid.UUID:
    return services.open_root_cause(actor=actor or clerk(), item=new_cause(**changes), case_ids=case_ids or [], now=NOW)


def official(organisation_code: str, kind: str = "leader") -> Actor:
    account = Account.objects.create_account(login=f"at-{uuid.uuid4()}", password="p", name="某人")
    post = directory.appoint(
        actor=importer("330205"),
        account_id=account.id,
        organisation_code=organisation_code,
        kind=kind,
        title="岗位",
        now=NOW,
    )
    return Actor(
        kind="post",
        account_id=str(account.id),
        post_id=str(post),
        organisation_code=organisation_code,
        reads_only=kind == "auditor",
    )


@pytest.fixture
def areas(district: None) -> None:
    items = [
        NewOrganisation(code=STREET, kind="street", name="外滩街道", short_name="外滩", parent_code="330205"),
        NewOrganisation(code=TOWN, kind="town", name="慈城镇", short_name="慈城", parent_code="330205"),
    ]
    directory.add_organisations(actor=importer("330205"), items=items, valid_from=NOW.date(), now=NOW)


# hot issues ----------------------------------------------------------------------------------------------------------


def test_a_surge_is_the_hottest_issue_and_says_why() -> None:
    ids = reported()
    noise()
    assert find() == 1
    card = hottest()
    assert (card.matters, card.voices, card.place_code, card.street_code) == (6, 6, COMMUNITY, STREET)
    assert card.category == "water" and card.seen == card.open == 6
    assert any("自来水" in phrase for phrase in card.phrases)
    assert sum(card.daily) == 6 and len(card.daily) == SHORT + 1
    page = queries.hot_issue(clerk(), card.issue_id)
    assert {row.case_id for row in page.rows} == set(ids) == set(page.unlinked)
    assert queries.hot_issue_of(clerk(), ids[0]) == card
    run = queries.hot_runs()[SHORT]
    assert run.matters == 11 and run.found_at == LATER


def test_finding_anew_takes_the_place_of_what_was_found_and_keeps_its_address() -> None:
    reported()
    find()
    before = hottest()
    reported(1, contacts=False, channel="phone")
    assert find() == 1 and HotIssue.objects.count() == 1
    assert hottest().issue_id == before.issue_id and hottest().matters == 7


def test_it_fades_and_leaves() -> None:
    reported()
    find()
    hot = hottest().heat
    find(LATER + timedelta(days=5))
    assert 0 < hottest().heat < hot
    assert find(LATER + timedelta(days=30)) == 0
    assert queries.hot_issues(clerk(), span_days=SHORT) == ()


def joined(parent: uuid.UUID, words: str, *, place: PlaceChoice = PLACE, contact: str) -> uuid.UUID:
    """Somebody says in their own words that theirs is the same."""
    case = opened(words=words, category="roads", place=place, contact=contact, now=NOW + timedelta(hours=9))
    code = queries.case_head(parent).code
    services.link_case(actor=clerk(), case_id=case.case_id, parent_code=code, now=NOW + timedelta(hours=10))
    return case.case_id


OWN_WORDS = ("桶装水都快断货了", "Brown stuff comes out of the tap.", "老伴的药没法煎")


def test_what_people_joined_by_hand_belongs_to_the_issue_whatever_its_words() -> None:
    noise()
    ids = reported(3)
    elsewhere = PlaceChoice(community_code=OTHER_COMMUNITY, source="community")
    places = (PLACE, elsewhere, PLACE)
    contacts = ("13900000001", "13900000002", "13800000000")  # the last one reported before
    children = [
        joined(ids[0], words, place=place, contact=contact)
        for words, place, contact in zip(OWN_WORDS, places, contacts, strict=True)
    ]
    find()
    card = hottest()
    there = set(HotMatter.objects.filter(issue_id=card.issue_id).values_list("case_id", flat=True))
    assert there == {*ids, *children}, "one of them lies in another town, and was joined all the same"
    assert card.matters == 6 and card.street_code == STREET and card.place_code == ""
    services.unlink_case(actor=clerk(), case_id=children[0], now=LATER)
    find()
    assert hottest().matters == 5


@pytest.mark.parametrize("placed", [0, 1])
def test_people_who_joined_one_are_an_issue_without_a_word_in_common(placed: int) -> None:
    """Where one of them said where it is, it is known for all."""
    (first,) = reported(1, place=(PlaceChoice(), PLACE)[placed])
    for n, words in enumerate(OWN_WORDS[:2]):
        joined(first, words, place=(PLACE, PlaceChoice())[placed], contact=f"1390000000{n}")
    assert find() == 1 and (hottest().matters, hottest().voices) == (3, 3)
    assert (hottest().place_code, hottest().street_code) == (COMMUNITY, STREET)


def test_a_person_counts_once_and_who_left_nothing_once_a_matter() -> None:
    opened(contact="13800002222", now=NOW)  # a salt is drawn once somebody left a contact
    assert services.renew_voice_salt(actor=importer(), now=NOW)
    for n in range(5):
        opened(
            words=f"外滩社区自来水发黄有铁锈味，{TAILS[n]}",
            category="water",
            place=PLACE,
            contact="13800001111",
            now=NOW,
        )
    assert find() == 0  # one person is no issue, however often
    reported(2)
    find()
    assert (hottest().matters, hottest().voices) == (7, 3)
    reported(2, contacts=False)
    find()
    assert (hottest().matters, hottest().voices) == (9, 5)


def test_marks_of_two_salts_cannot_be_held_together() -> None:
    def mark(now: Any) -> str:
        case = opened(contact="13800001111", now=now)
        return Contact.objects.get(case_id=case.case_id).voice

    assert mark(NOW) == ""  # before there is a salt
    assert services.renew_voice_salt(actor=importer(), now=NOW)
    first, salt = mark(NOW), bytes(VoiceSalt.objects.get().salt)
    assert first == mark(NOW) and "1380000" not in first
    assert not services.renew_voice_salt(actor=importer(), now=NOW + timedelta(days=29))
    assert services.renew_voice_salt(actor=importer(), now=NOW + timedelta(days=30))
    assert VoiceSalt.objects.count() == 1 and bytes(VoiceSalt.objects.get().salt) != salt
    second = mark(NOW + timedelta(days=30))
    assert first.partition(".")[2] != second.partition(".")[2]
    assert services.renew_voice_salt(actor=importer(), now=NOW + timedelta(days=60))
    assert not Contact.objects.filter(voice=first).exists(), "two salts later the marks are wiped"
    assert Contact.objects.filter(voice=second).exists()
    with pytest.raises(Forbidden):
        services.renew_voice_salt(actor=clerk(), now=NOW + timedelta(days=90))


def test_nothing_that_is_kept_of_an_issue_speaks_of_a_person() -> None:
    """Columns: counts, codes, places, times, and phrases that at least three matters share."""
    columns = {field.name for model in (HotIssue, HotMatter) for field in model._meta.get_fields()}
    assert columns == {
        "id",
        "span_days",
        "category",
        "place_code",
        "street_code",
        "lon",
        "lat",
        "first_at",
        "last_at",
        "matters",
        "voices",
        "heat",
        "daily",
        "phrases",
        "found_at",
        "issue",
        "case",
    }


def test_erased_words_leave() -> None:
    ids = reported()
    find()
    services.withdraw_case(actor=clerk(), case_id=ids[0], now=LATER)
    services.erase_case(actor=clerk(), case_id=ids[0], basis="consent-withdrawn", now=LATER)
    log.create_log(now=LATER)
    while log.seal(now=LATER):
        pass
    log.deliver(reader=readers.HOT, to=readers.hear_erasures)
    assert not HotIssue.objects.exists()
    find()
    assert hottest().matters == 5 and not HotMatter.objects.filter(case_id=ids[0]).exists()


def test_what_lies_in_two_streets_is_no_issue() -> None:
    reported(2)
    reported(2, place=PlaceChoice(community_code=OTHER_COMMUNITY, source="community"))
    assert find() == 0


def test_who_sees_an_issue(areas: None) -> None:
    """The centre and its auditor everything, a street its ground, a department what it has a part in."""
    ids = reported()
    find()
    card = hottest()
    services.dispatch_case(actor=clerk(), case_id=ids[0], lead_code=LEAD, nature="help", now=LATER)
    seen = {
        "330205-centre": 6,
        STREET: 6,
        TOWN: 0,
        LEAD: 0,  # one matter is too little to be told of the others
        HELPER: 0,
    }
    for code, count in seen.items():
        for kind in ("leader", "window", "handler", "grid_worker", "auditor"):
            if kind == "auditor" and code != "330205-centre":
                continue
            actor = official(code, kind)
            found = queries.hot_issues(actor, span_days=SHORT)
            assert [one.seen for one in found] == ([count] if count else []), (code, kind)
            if not count:
                with pytest.raises(Absent):
                    queries.hot_issue(actor, card.issue_id)
    for case_id in ids[1:3]:
        services.dispatch_case(actor=clerk(), case_id=case_id, lead_code=LEAD, nature="help", now=LATER)
    theirs = hottest(handler(LEAD))
    assert (theirs.seen, theirs.matters) == (3, 6)
    assert len(queries.hot_issue(handler(LEAD), theirs.issue_id).rows) == 3
    assert queries.hot_issues(resident(), span_days=SHORT) == ()


def test_statements_do_not_grow_with_what_is_found() -> None:
    def count(ask: Callable[[], object]) -> int:
        with CaptureQueriesContext(connection) as made:
            ask()
        return len(made)

    reported(3)
    find()
    few = count(lambda: queries.hot_issues(clerk(), span_days=SHORT))
    one = count(lambda: queries.hot_issue(clerk(), hottest().issue_id))
    reported(12)
    for n in range(5):
        opened(words=f"文教路口红绿灯坏了三天{TAILS[n]}", category="traffic", place=PLACE, now=NOW)
    assert find() == 2
    assert count(lambda: queries.hot_issues(clerk(), span_days=SHORT)) == few
    assert count(lambda: queries.hot_issue(clerk(), hottest().issue_id)) == one


# root causes ---------------------------------------------------------------------------------------------------------


def measured(cause_id: uuid.UUID) -> uuid.UUID:
    return services.plan_measure(
        actor=clerk(),
        cause_id=cause_id,
        words="冲洗管网",
        organisation_code=LEAD,
        due_on=NOW.date() + timedelta(days=5),
        now=NOW,
    )


def _worked() -> uuid.UUID:
    found = cause()
    services.end_measure(actor=clerk(), cause_id=found, measure_id=measured(found), done=True, now=NOW)
    return found


def _watched() -> uuid.UUID:
    found = _worked()
    services.take_effect(actor=clerk(), cause_id=found, effective_on=NOW.date(), now=NOW)
    return found


def _closed() -> uuid.UUID:
    found = _watched()
    services.close_root_cause(actor=clerk(), cause_id=found, words="水质合格。", now=NOW)
    return found


WAYS: dict[CauseState, Callable[[], uuid.UUID]] = {
    CauseState.OPENED: cause,
    CauseState.WORKING: _worked,
    CauseState.WATCHED: _watched,
    CauseState.CLOSED: _closed,
}
VERBS: dict[CauseMove, Callable[[uuid.UUID], object]] = {
    CauseMove.LINK: lambda id: services.link_to_cause(actor=clerk(), cause_id=id, case_ids=reported(1), now=NOW),
    CauseMove.PLAN: measured,
    CauseMove.FINISH: lambda id: services.end_measure(
        actor=clerk(), cause_id=id, measure_id=_open_measure(id), done=False, now=NOW
    ),
    CauseMove.TAKE_EFFECT: lambda id: services.take_effect(
        actor=clerk(), cause_id=id, effective_on=NOW.date(), now=NOW
    ),
    CauseMove.CLOSE: lambda id: services.close_root_cause(actor=clerk(), cause_id=id, words="好了", now=NOW),
    CauseMove.REOPEN: lambda id: services.reopen_root_cause(actor=clerk(), cause_id=id, words="又来了", now=NOW),
}


def _open_measure(cause_id: uuid.UUID) -> uuid.UUID:
    """One that is still open, whatever the state: only the move itself is asked for."""
    return Measure.objects.create(
        id=uuid.uuid4(),
        cause_id=cause_id,
        words="查管线",
        salt=b"",
        organisation_code=LEAD,
        due_on=NOW.date(),
        planned_at=NOW,
    ).id


@pytest.mark.parametrize("state", CauseState)
@pytest.mark.parametrize("move", CauseMove)
def test_every_move_from_every_state(state: CauseState, move: CauseMove) -> None:
    cause_id = WAYS[state]()
    assert RootCause.objects.get(id=cause_id).state == state
    if (state, move) in CAUSE_MOVES:
        VERBS[move](cause_id)
        assert RootCause.objects.get(id=cause_id).state == CAUSE_MOVES[state, move]
    else:
        with pytest.raises(Refused) as refusal:
            VERBS[move](cause_id)
        assert refusal.value.code == f"cause-is-{state}"
        assert RootCause.objects.get(id=cause_id).state == state
    diagram = lifecycle.cause_diagram()
    assert diagram in (Path(__file__).parents[5] / "docs/lifecycle.md").read_text(encoding="utf-8")


def test_a_root_cause_from_first_to_last_is_recorded_without_words() -> None:
    ids = reported(3)
    cause_id = cause(case_ids=ids[:2])
    services.link_case_to_cause(actor=clerk(), case_id=ids[2], cause_id=cause_id, now=NOW + timedelta(minutes=1))
    assert (
        services.link_to_cause(actor=clerk(), cause_id=cause_id, case_ids=ids, now=NOW + timedelta(minutes=2)) == 0
    )  # again is harmless
    services.unlink_from_cause(actor=clerk(), cause_id=cause_id, case_id=ids[0], now=NOW + timedelta(minutes=3))
    services.end_measure(
        actor=handler(LEAD), cause_id=cause_id, measure_id=measured(cause_id), done=True, now=NOW + timedelta(minutes=4)
    )
    services.take_effect(
        actor=handler(LEAD), cause_id=cause_id, effective_on=NOW.date(), now=NOW + timedelta(minutes=5)
    )
    services.close_root_cause(actor=clerk(), cause_id=cause_id, words="水质合格。", now=NOW + timedelta(minutes=6))
    services.reopen_root_cause(actor=clerk(), cause_id=cause_id, words="又黄了。", now=NOW + timedelta(minutes=7))
    kinds = [item.kind.removeprefix("casework.") for item in ledger.history(f"cause:{cause_id}")]
    assert sorted(kinds) == sorted(
        [
            "cause-opened",
            "cause-linked",
            "cause-linked",
            "cause-unlinked",
            "measure-planned",
            "measure-ended",
            "cause-took-effect",
            "cause-closed",
            "cause-reopened",
        ]
    )
    told = str([item.fact for item in ledger.history(f"cause:{cause_id}")])
    assert not re.search("[\u4e00-\u9fff]", told)
    assert all(issubclass(REGISTRY[f"casework.{kind}"], AboutCause) for kind in kinds)
    page = queries.root_cause(clerk(), cause_id, now=NOW)
    assert {row.case_id for row in page.matters} == set(ids[1:])
    assert (page.row.state, page.reopenings, page.row.measures, page.row.done) == ("working", 1, 1, 1)
    assert queries.cause_of(clerk(), ids[1]) == page.row and queries.cause_of(clerk(), ids[0]) is None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"title": "  "}, "cause-title"),
        ({"title": "长" * 61}, "cause-title"),
        ({"hypothesis": ""}, "words-empty"),
        ({"category": "nothing"}, "category-unknown"),
        ({"place_code": "330205999999"}, "place-unknown"),
        ({"lead_code": ""}, "cause-lead"),
        ({"lead_code": "330205-nobody"}, "cause-lead"),
        ({"due_on": None}, "cause-due"),
        ({"due_on": date(2026, 3, 1)}, "cause-due"),
    ],
)
def test_what_is_typed_wrong_opens_nothing(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(Invalid) as problem:
        cause(**changes)
    assert problem.value.code == code and not RootCause.objects.exists()


def test_a_matter_comes_from_one_root_cause() -> None:
    ids = reported(2)
    cause(case_ids=ids)
    other = cause(title="另一个")
    with pytest.raises(Refused) as refused:
        services.link_to_cause(actor=clerk(), cause_id=other, case_ids=ids, now=NOW)
    assert refused.value.code == "cause-other" and CauseMatter.objects.count() == 2
    for bad in ([], [uuid.uuid4()] * 1, [uuid.uuid4() for _n in range(501)]):
        with pytest.raises((Invalid, Absent)):
            services.link_to_cause(actor=clerk(), cause_id=other, case_ids=bad, now=NOW)
    with pytest.raises(Absent):
        services.unlink_from_cause(actor=clerk(), cause_id=other, case_id=ids[0], now=NOW)


def test_measures_that_cannot_be() -> None:
    cause_id = cause()
    with pytest.raises(Refused):
        services.take_effect(actor=clerk(), cause_id=cause_id, effective_on=NOW.date(), now=NOW)
    measure = measured(cause_id)
    with pytest.raises(Refused) as refused:
        services.take_effect(actor=clerk(), cause_id=cause_id, effective_on=NOW.date(), now=NOW)
    assert refused.value.code == "effect-no-measure"
    services.end_measure(actor=clerk(), cause_id=cause_id, measure_id=measure, done=True, now=NOW)
    with pytest.raises(Refused):
        services.end_measure(actor=clerk(), cause_id=cause_id, measure_id=measure, done=False, now=NOW)
    for day in (None, NOW.date() + timedelta(days=1)):
        with pytest.raises(Invalid):
            services.take_effect(actor=clerk(), cause_id=cause_id, effective_on=day, now=NOW)
    with pytest.raises(Absent):
        services.end_measure(actor=clerk(), cause_id=cause_id, measure_id=uuid.uuid4(), done=True, now=NOW)
    with pytest.raises(Invalid):
        services.close_root_cause(actor=clerk(), cause_id=cause_id, words=" ", now=NOW)


SEES: dict[str, bool] = {"330205-centre": True, STREET: True, TOWN: False, LEAD: True, HELPER: False}
"""A root cause on the street's ground that the urban management bureau leads."""


def test_who_may_do_what_with_a_root_cause(areas: None) -> None:
    """Every organisation with every kind of post: seeing goes by scope, acting by part; an auditor only looks."""
    cause_id = cause(case_ids=reported(2))
    works = {"330205-centre", LEAD}
    for code, sees in SEES.items():
        for kind in ("leader", "window", "handler", "grid_worker", "auditor"):
            actor = official(code, kind)
            assert bool(queries.root_causes(actor)) == sees, (code, kind)
            if not sees:
                for ask in (
                    lambda actor=actor: queries.root_cause(actor, cause_id, now=NOW),
                    lambda actor=actor: services.link_to_cause(
                        actor=actor, cause_id=cause_id, case_ids=[uuid.uuid4()], now=NOW
                    ),
                ):
                    with pytest.raises(Absent):
                        ask()
                continue
            page = queries.root_cause(actor, cause_id, now=NOW)
            acts = kind != "auditor"
            assert page.may.link == (acts and code in works), (code, kind)
            assert page.may.plan == page.may.link
            assert page.may.close == (acts and code == "330205-centre")
            assert (len(page.matters), page.unseen) == ((2, 0) if code != LEAD else (0, 2))
            if not page.may.plan:
                with pytest.raises(Forbidden):
                    services.plan_measure(
                        actor=actor,
                        cause_id=cause_id,
                        words="x",
                        organisation_code=LEAD,
                        due_on=NOW.date(),
                        now=NOW,
                    )
            if not page.may.close:
                with pytest.raises(Forbidden):
                    services.close_root_cause(actor=actor, cause_id=cause_id, words="x", now=NOW)
    assert queries.root_causes(resident()) == ()


def test_who_may_open_one(areas: None) -> None:
    """The centre anywhere, a leader on the own ground, nobody else."""
    for code, kind, place, allowed in (
        ("330205-centre", "window", "", True),
        ("330205-centre", "auditor", "", False),
        (STREET, "leader", STREET, True),
        (STREET, "leader", COMMUNITY, True),
        (STREET, "leader", OTHER_COMMUNITY, False),
        (STREET, "leader", "", False),
        (STREET, "window", STREET, False),
        (LEAD, "leader", STREET, False),
        (HELPER, "handler", STREET, False),
    ):
        actor = official(code, kind)
        assert queries.may_open_cause(actor, place) == allowed, (code, kind, place)
        if allowed:
            cause_id = cause(actor=actor, place_code=place)
            assert queries.root_cause(actor, cause_id, now=NOW).may.close
        else:
            with pytest.raises(Forbidden):
                cause(actor=actor, place_code=place)


def test_whose_measure_it_is_may_say_that_it_is_done(areas: None) -> None:
    cause_id = cause()
    measure = services.plan_measure(
        actor=clerk(), cause_id=cause_id, words="查市场", organisation_code=HELPER, due_on=NOW.date(), now=NOW
    )
    helper = official(HELPER, "handler")
    assert [one.may_end for one in queries.root_cause(helper, cause_id, now=NOW).measures] == [True]
    services.end_measure(actor=helper, cause_id=cause_id, measure_id=measure, done=True, now=NOW)


def test_what_somebody_joined_in_other_words_belongs_to_the_hot_issue() -> None:
    first = opened(words="姚江边步道路灯不亮，晚上看不清", category="roads", place=PLACE, now=NOW)
    alike = [
        opened(words=f"姚江边步道路灯不亮{TAILS[n]}", category="roads", place=PLACE, now=NOW).case_id for n in range(3)
    ]
    other = services.join_report(
        actor=resident(),
        parent_id=first.case_id,
        words="老人散步摔了一跤，黑漆漆的",
        category="services",
        place=PLACE,
        now=NOW,
    )
    assert other.joined
    jobs.find_hot_issues(now=NOW + timedelta(hours=1))
    issue = (
        HotMatter.objects.filter(case_id=first.case_id, issue__span_days=SHORT).values_list("issue_id", flat=True).get()
    )
    members = set(HotMatter.objects.filter(issue_id=issue).values_list("case_id", flat=True))
    assert members == {first.case_id, other.opened.case_id, *alike}


def test_the_effect_counts_the_same_weeks_here_and_elsewhere() -> None:
    """Against counting by hand: three weeks before and two after, here and in the other street."""
    far = PlaceChoice(community_code=OTHER_COMMUNITY, source="community")
    day = NOW.date()
    plan = {(PLACE, -1): 8, (PLACE, -3): 6, (PLACE, 1): 2, (far, -1): 9, (far, -2): 4, (far, 0): 11, (far, 1): 5}
    for (place, week), count in plan.items():
        for n in range(count):
            at = datetime(2026, 3, 2, 12, tzinfo=timezone.get_default_timezone()) + timedelta(weeks=week, days=n % 7)
            opened(words=f"自来水发黄{week}{n}", category="water", place=place, now=at)
    opened(words="路灯", category="roads", place=PLACE, now=NOW - timedelta(days=3))
    cause_id = cause()
    services.end_measure(actor=clerk(), cause_id=cause_id, measure_id=measured(cause_id), done=True, now=NOW)
    services.take_effect(actor=clerk(), cause_id=cause_id, effective_on=day, now=NOW)
    early = queries.root_cause(clerk(), cause_id, now=NOW + timedelta(days=6)).measured
    assert early is not None and early.effect is None and len(early.here) == early.weeks_before == 8
    found = queries.root_cause(clerk(), cause_id, now=NOW + timedelta(days=15)).measured
    assert found is not None and found.effect is not None
    assert found.here == (0, 0, 0, 0, 0, 6, 0, 8, 0, 2)
    assert found.elsewhere == (0, 0, 0, 0, 0, 0, 4, 9, 11, 5)
    assert found.effect.expected == pytest.approx(14 * 16 / 13)
    assert queries.root_cause(clerk(), cause_id, now=NOW + timedelta(days=400)).measured is not None
    assert len(queries.root_cause(clerk(), cause_id, now=NOW + timedelta(days=400)).measured.here) == 16  # type: ignore[union-attr]
    wide = cause(place_code="", title="全区")
    assert queries.effect_of(wide, now=NOW) is None
    with override("zh-hans"):
        told = cause_pages._in_words(found)
    assert told is not None and "比值" in told.detail, "the sentence can be filled in"


def test_a_matter_is_offered_root_causes_of_its_kind_or_ground_and_none_is_chosen_for_it(staff: Client) -> None:
    cause(title="外滩的水"), cause(title="别处的水", place_code=OTHER_COMMUNITY)
    cause(title="别处的路", place_code=OTHER_COMMUNITY, category="roads")
    case = opened(words="树倒了", category="roads", place=PLACE)
    page = words(staff.get(f"/desk/case/{case.case_id}/"))
    offered = page.split('id="cause-choice"')[1].split("</select>")[0]
    assert "外滩的水" in offered and "别处的路" in offered and "别处的水" not in offered
    assert '<option value="">' in offered.split("</option>")[0]
    refused = staff.post(f"/desk/case/{case.case_id}/cause/", {"cause": ""})
    assert refused.status_code == 422 and "树倒了" in words(refused) and not CauseMatter.objects.exists()


def test_a_root_cause_is_asked_for_in_as_many_statements_whatever_it_holds() -> None:
    def count(ask: Callable[[], object]) -> int:
        with CaptureQueriesContext(connection) as made:
            ask()
        return len(made)

    cause_id = cause(case_ids=reported(2))
    measured(cause_id)
    few = count(lambda: queries.root_cause(clerk(), cause_id, now=NOW))
    listed = count(lambda: queries.root_causes(clerk()))
    services.link_to_cause(actor=clerk(), cause_id=cause_id, case_ids=reported(9, channel="phone"), now=NOW)
    for n in range(4):
        measured(cause_id)
        cause(title=f"另一个{n}")
    assert count(lambda: queries.root_cause(clerk(), cause_id, now=NOW)) == few
    assert count(lambda: queries.root_causes(clerk())) == listed


# pages ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def staff(client: Client) -> Client:
    account = Account.objects.create_account(login="window", password="p", name="窗口")
    directory.appoint(
        actor=importer("330205"),
        account_id=account.id,
        organisation_code="330205-centre",
        kind="window",
        title="受理窗口",
        now=NOW,
    )
    client.force_login(account)
    return client


def words(answer: Any) -> str:
    return unescape(answer.content.decode())


def test_what_nobody_placed_stands_below_and_a_wish_explains_nothing(staff: Client) -> None:
    now = timezone.now()
    for n, wish in enumerate(("麻烦告诉我处理结果", "麻烦告诉我处理结果", "麻烦告诉我处理结果", "希望有人管")):
        at = now - timedelta(hours=n + 1)
        for place, said in ((PLACE, "自来水发黄"), (PlaceChoice(), "居住证续签不了")):
            opened(words=f"{said}，{wish}。", category="water", place=place, contact=f"1380000{n:04d}", now=at)
    assert jobs.find_hot_issues(now=now) >= 2
    page = words(staff.get("/desk/hot/"))
    assert "麻烦" not in page and "处理结果" not in page and "希望" not in page
    above, below = page.split('id="unplaced"')
    assert ("自来水" in above, "居住证" in above) == (True, False)
    assert ("居住证" in below, "自来水" in below) == (True, False), below


def test_from_the_hot_issue_to_a_closed_root_cause_by_pages(staff: Client) -> None:
    now = timezone.now()
    for n in range(5):
        opened(
            words=f"外滩社区自来水发黄有铁锈味，{TAILS[n]}",
            category="water",
            place=PLACE,
            now=now - timedelta(hours=n + 1),
        )
    jobs.find_hot_issues(now=now)
    page = words(staff.get("/desk/hot/"))
    assert "自来水" in page and "pq-spark" in page
    card = hottest()
    one = words(staff.get(f"/desk/hot/{card.issue_id}/"))
    opening = f"/desk/causes/open/?issue={card.issue_id}"
    assert opening in one
    typed = {"title": "", "hypothesis": "老管线积垢", "category": "water", "place": COMMUNITY, "lead": LEAD}
    wrong = staff.post(opening, {**typed, "due": "2031-02-30"})
    assert wrong.status_code == 422 and "老管线积垢" in words(wrong) and 'id="title-error"' in words(wrong)
    sent = staff.post(opening, {**typed, "title": "自来水发黄", "due": (now + timedelta(days=9)).date().isoformat()})
    cause_id = RootCause.objects.get().id
    assert sent["Location"] == f"/desk/causes/{cause_id}/" and CauseMatter.objects.count() == 5
    act = f"/desk/causes/{cause_id}/act"
    assert staff.get(f"{act}/plan/").status_code == 302
    assert staff.post(f"{act}/nothing/").status_code == 404
    bad = staff.post(f"{act}/plan/", {"words": "冲洗管网", "organisation": LEAD, "due": ""})
    assert bad.status_code == 422 and "冲洗管网" in words(bad)
    staff.post(f"{act}/plan/", {"words": "冲洗管网", "organisation": LEAD, "due": "2099-01-01"})
    measure = Measure.objects.get()
    staff.post(f"{act}/end/", {"measure": str(measure.id), "done": "1"})
    staff.post(f"{act}/take-effect/", {"day": timezone.localdate().isoformat()})
    matter = HotMatter.objects.first()
    assert matter is not None
    assert "自来水发黄" in words(staff.get(f"/desk/case/{matter.case_id}/"))
    staff.post(f"{act}/unlink/", {"case": str(matter.case_id)})
    assert CauseMatter.objects.count() == 4
    assert staff.post(f"{act}/link/", {"codes": "什么, 0000"}).status_code == 404
    staff.post(f"/desk/case/{matter.case_id}/cause/", {"cause": str(cause_id)})
    assert CauseMatter.objects.count() == 5
    closed = staff.post(f"{act}/close/", {"words": "冲洗后合格"})
    assert closed.status_code == 302 and RootCause.objects.get().state == "closed"
    assert "冲洗后合格" in words(staff.get(f"/desk/causes/{cause_id}/"))
    assert "自来水发黄" in words(staff.get("/desk/causes/?closed=1"))
    assert "自来水发黄" not in words(staff.get("/desk/causes/"))
    staff.post(f"{act}/reopen/", {"words": "又黄了"})
    assert RootCause.objects.get().state == "working"


def test_residents_see_nothing_of_it(client: Client) -> None:
    reported()
    find()
    card = hottest()
    for address in ("/desk/hot/", f"/desk/hot/{card.issue_id}/", "/desk/causes/", f"/desk/causes/{cause()}/"):
        assert client.get(address).status_code == 302, address
    for path in ("hot-issues", f"hot-issues/{card.issue_id}", "root-causes"):
        assert client.get(f"/api/v1/{path}").status_code == 401, path


def test_pages_with_nothing_in_them(staff: Client) -> None:
    assert staff.get("/desk/hot/").status_code == 200
    assert staff.get("/desk/hot/?days=90").status_code == 200
    assert staff.get("/desk/hot/?days=nothing").status_code == 200
    assert staff.get("/desk/causes/").status_code == 200
    assert staff.get("/desk/causes/?closed=1").status_code == 200
    assert staff.get("/desk/causes/open/?case=nothing&issue=x").status_code == 200
    assert staff.get(f"/desk/hot/{uuid.uuid4()}/").status_code == 404
    assert staff.get(f"/desk/causes/{uuid.uuid4()}/").status_code == 404
    jobs.find_hot_issues(now=timezone.now())
    assert staff.get("/desk/hot/").status_code == 200
