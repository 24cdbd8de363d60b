"""Organisations merge and split while matters are open: directory and casework move together, or not at all."""

from collections import Counter
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from pianqu.composition import reorganising
from pianqu.composition.reorganising import Report, preview, reorganise
from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Forbidden, Invalid, Problem, Refused
from pianqu.foundation.ids import new_id
from pianqu.foundation.models import Account
from pianqu.rooms.casework import queries, services
from pianqu.rooms.casework.queries import CaseFilter
from pianqu.rooms.casework.services import PlaceChoice
from pianqu.rooms.casework.tests.builders import (
    COMMUNITY,
    HELPER,
    LEAD,
    NOW,
    OTHER_COMMUNITY,
    checker,
    clerk,
    dispatched,
    handler,
    importer,
    opened,
    resident,
    small_district,
    started,
)
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.directory.services import NewOrganisation, Reorganisation, Share, add_organisations, appoint
from pianqu.rooms.ledger import queries as ledger

pytestmark = pytest.mark.django_db
JOINED, THIRD = "330205-joined", "330205-third"
SYSTEM = importer("330205")


@pytest.fixture(autouse=True)
def district(request: pytest.FixtureRequest) -> None:
    if request.cls is None:
        furnish()


def furnish() -> None:
    small_district()
    queries.forget_working_days()
    add_organisations(actor=SYSTEM, items=[body(THIRD)], valid_from=NOW.date(), now=NOW)


def body(code: str, parent: str = "330205") -> NewOrganisation:
    return NewOrganisation(code=code, kind="department", name=f"{code}局", short_name=f"{code}局", parent_code=parent)


def plan(*of: str, **more: Any) -> Reorganisation:
    return Reorganisation(**{"of": of, "begins": (body(JOINED),), "rest_to": JOINED, "on": NOW.date(), **more})


def carry_out(*of: str, **more: Any) -> Report:
    return reorganise(actor=SYSTEM, plan=plan(*of, **more), now=NOW)


def sees(code: str, case_id: UUID) -> bool:
    try:
        return queries.case_for(handler(code), case_id) is not None
    except Problem:
        return False


def handling(case_id: UUID, code: str = JOINED) -> Any:
    return queries.handling_for(handler(code), case_id, now=NOW)


def test_a_matter_goes_on_with_the_successor() -> None:
    case = started()
    report = carry_out(LEAD)
    assert report.matters.cases == 1
    assert [(one.old_code, one.new_code, one.led) for one in report.matters.handed] == [(LEAD, JOINED, 1)]
    assert handling(case.case_id).lead_code == JOINED
    told = ledger.history(f"case:{case.case_id}")[-1]
    assert (told.kind, told.fact["moves"]) == ("casework.case-handed-over", [["lead", LEAD, JOINED]])
    services.resolve_case(actor=handler(JOINED), case_id=case.case_id, reply="灯已换好。", now=NOW)
    assert not sees(LEAD, case.case_id)


def test_parts_that_meet_become_one_that_leads() -> None:
    case = dispatched(helpers=(HELPER, THIRD))
    services.start_task(actor=handler(LEAD), case_id=case.case_id, now=NOW)
    carry_out(LEAD, HELPER)
    parts = handling(case.case_id).parts
    assert {(part.organisation_code, part.role, part.state) for part in parts} == {
        (JOINED, "lead", "working"),
        (THIRD, "helper", "given"),
    }
    carry_out(THIRD, rest_to=JOINED, begins=())
    assert [part.organisation_code for part in handling(case.case_id).parts] == [JOINED]


def test_what_moves_on_at_once_meets_nothing_in_between() -> None:
    """LEAD goes into HELPER, whose own roads matters go to THIRD: both parts move, none is in the other's way."""
    case = dispatched(helpers=(HELPER,))
    share = Share(to_code=THIRD, categories=("roads",))
    carry_out(LEAD, HELPER, rest_to=HELPER, begins=(), shares=(share,))
    assert [(part.organisation_code, part.role) for part in handling(case.case_id).parts] == [(THIRD, "lead")]


def test_a_split_goes_by_category_and_place() -> None:
    here, there = dispatched(), dispatched(place=PlaceChoice(community_code=OTHER_COMMUNITY, source="community"))
    noise = dispatched(category="noise")
    share = Share(to_code=JOINED, area_codes=("330205103000",), categories=("roads",))
    report = carry_out(LEAD, rest_to=LEAD, shares=(share,))
    assert report.matters.cases == 1
    assert [handling(one.case_id).lead_code for one in (here, there, noise)] == [LEAD, JOINED, LEAD]
    assert not sees(LEAD, there.case_id), "who gave it away does not see it any more"


def test_what_was_asked_for_waits_for_the_successors_leader() -> None:
    case = started()
    services.ask_for_time(actor=handler(LEAD), case_id=case.case_id, words="等配件", now=NOW)
    services.object_to_dispatch(actor=handler(LEAD), case_id=case.case_id, article="3", words="不归我局", now=NOW)
    report = carry_out(LEAD)
    assert {asked.organisation_code for asked in handling(case.case_id).asked} == {JOINED}
    assert report.matters.handed[0].asked == 2
    services.review_objection(actor=checker(), case_id=case.case_id, upheld=False, words="清单写明", now=NOW)
    assert not handling(case.case_id).may.give_back, "the decision binds the successor too"
    with pytest.raises(Refused):
        services.object_to_dispatch(actor=handler(JOINED), case_id=case.case_id, article="3", words="还是不归", now=NOW)


def test_past_matters_keep_their_names() -> None:
    closed, withdrawn = started(), dispatched()
    services.resolve_case(actor=handler(LEAD), case_id=closed.case_id, reply="好了", now=NOW)
    services.close_case(actor=clerk(), case_id=closed.case_id, now=NOW)
    services.withdraw_case(actor=resident(), case_id=withdrawn.case_id, now=NOW)
    assert carry_out(LEAD).matters.cases == 0
    assert {handling(one.case_id).lead_code for one in (closed, withdrawn)} == {LEAD}
    services.reopen_case(actor=resident(), case_id=closed.case_id, words="又坏了", now=NOW)
    with pytest.raises(Invalid, match=r"ended|撤销"):
        services.dispatch_case(actor=clerk(), case_id=closed.case_id, lead_code=LEAD, now=NOW)
    services.dispatch_case(actor=clerk(), case_id=closed.case_id, lead_code=JOINED, now=NOW)


def test_who_received_it_hands_over_too() -> None:
    actor = Actor(kind="post", post_id=clerk().post_id, organisation_code=THIRD)
    case = opened(actor=actor)
    answered = opened(actor=actor)
    services.resolve_case(actor=actor, case_id=answered.case_id, reply="好了", now=NOW)
    services.close_case(actor=actor, case_id=answered.case_id, now=NOW)
    report = carry_out(THIRD)
    assert report.matters.handed[0].received == 2, "what was closed lately may come back"
    assert sees(JOINED, case.case_id)


def test_the_centre_cannot_end() -> None:
    with pytest.raises(Refused):
        carry_out("330205-centre")
    assert not directory.organisation("330205-centre").ended


def test_one_fails_and_nothing_is_changed() -> None:
    case = started()

    def breaks(**_given: Any) -> None:
        raise Refused("no", "no")

    before = ledger.history(f"organisation:{LEAD}")
    with patch.object(reorganising.casework, "hand_over", breaks), pytest.raises(Refused):
        carry_out(LEAD)
    assert not directory.organisation(LEAD).ended
    assert handling(case.case_id, LEAD).lead_code == LEAD
    assert ledger.history(f"organisation:{LEAD}") == before


def test_a_preview_says_the_same_and_changes_nothing() -> None:
    case = started()
    told = preview(actor=SYSTEM, plan=plan(LEAD), now=NOW)
    assert not directory.organisation(LEAD).ended and handling(case.case_id, LEAD).lead_code == LEAD
    assert not [item for item in ledger.history(f"case:{case.case_id}") if "handed" in item.kind]
    assert told == carry_out(LEAD)


def test_only_administrators_may() -> None:
    with pytest.raises(Forbidden):
        services.hand_over(actor=handler(LEAD), plan=plan(LEAD), now=NOW)
    with pytest.raises(Forbidden):
        preview(actor=clerk(), plan=plan(LEAD), now=NOW)


def test_statements_do_not_grow_with_the_matters() -> None:
    def cost(number: int) -> int:
        for _turn in range(number):
            started()
        with CaptureQueriesContext(connection) as caught:
            preview(actor=SYSTEM, plan=plan(LEAD), now=NOW)
        return len(caught)

    assert cost(2) == cost(10)


def held_by_the_ended(ids: list[UUID]) -> list[str]:
    """Open matters whose names lead to nobody."""
    ended = {card.code for card in directory.every_organisation() if card.ended}
    bad = []
    for case_id in ids:
        card, now_with = queries.case_for(clerk(), case_id), queries.handling_for(clerk(), case_id, now=NOW)
        if card.state in ("closed", "withdrawn"):
            continue
        names = {card.organisation_code, *(part.organisation_code for part in now_with.parts)}
        names |= {asked.organisation_code for asked in now_with.asked}
        leads = [part.organisation_code for part in now_with.parts if part.role == "lead"]
        if card.state in ("dispatched", "in_progress", "paused"):
            names.add(now_with.lead_code)
            if leads != [now_with.lead_code]:
                bad.append(f"{case_id}: leads {leads}, named {now_with.lead_code}")
        bad += [f"{case_id}: {name}" for name in names & ended]
    return bad


def states() -> Counter[str]:
    return Counter(row.state for row in queries.cases_for(clerk(), size=100).rows)


def matters() -> Iterator[UUID]:
    """Of every kind that can be handed over."""
    for category, community in (("roads", COMMUNITY), ("noise", OTHER_COMMUNITY)):
        place = PlaceChoice(community_code=community, source="community")
        for helpers in ((), (HELPER,), (HELPER, THIRD)):
            yield dispatched(category=category, place=place, helpers=helpers).case_id
            yield started(category=category, place=place, helpers=helpers).case_id
        asked = started(category=category, place=place)
        services.ask_for_time(actor=handler(LEAD), case_id=asked.case_id, words="等", now=NOW)
        yield asked.case_id
        paused = started(category=category, place=place)
        services.pause_case(actor=handler(LEAD), case_id=paused.case_id, reason="inspection", words="等", now=NOW)
        yield paused.case_id


class AnySequence(TestCase):
    """Whatever is merged and split, in whatever order: no open matter is held by nobody, and none is lost."""

    @settings(max_examples=20)
    @given(steps=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 3)), min_size=1, max_size=5))
    def test_no_open_matter_is_held_by_an_ended_organisation(self, steps: list[tuple[int, int, int]]) -> None:
        furnish()
        ids, before = list(matters()), states()
        for number, (first, second, how) in enumerate(steps):
            codes = [card.code for card in directory.all_organisations("department")]
            one, other = codes[first % len(codes)], codes[second % len(codes)]
            self._step(number, one, other, how)
            assert held_by_the_ended(ids) == []
            assert states() == before, "nothing is lost and no state changes"
            led = Counter(queries.handling_for(clerk(), case_id, now=NOW).lead_code for case_id in ids)
            queues = {code: self._mine(code) for code in led}
            assert all(queues[code] >= count for code, count in led.items())

    def _mine(self, code: str) -> int:
        page = queries.cases_for(handler(code), filters=CaseFilter(queue="mine"), size=100, now=NOW)
        return len(page.rows)

    def _step(self, number: int, one: str, other: str, how: int) -> None:
        new = f"330205-new-{number}"
        share = Share(to_code=new, categories=("noise",))
        if how == 0 and one != other:
            carry_out(one, rest_to=other, begins=())
        elif how == 1:
            carry_out(*{one, other}, rest_to=new, begins=(body(new),))
        elif how == 2 or one != other:
            carry_out(one, rest_to=one if how == 2 else other, begins=(body(new),), shares=(share,))


# the pages -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def admin() -> Client:
    account = Account.objects.create(id=new_id(), login="admin", name="管理员", password="!")
    appoint(
        actor=SYSTEM,
        account_id=account.id,
        organisation_code="330205",
        kind="administrator",
        title="管理员",
        now=NOW,
    )
    client = Client(headers={"accept-language": "en"})
    client.force_login(account)
    return client


def asked(**changes: Any) -> dict[str, Any]:
    return {
        "of": [LEAD],
        "how": "merge",
        "target": "new",
        "code": JOINED,
        "name": "联合局",
        "step": "preview",
        **changes,
    }


def carried_out(admin: Client, typed: dict[str, Any]) -> Any:
    shown = admin.post("/desk/reorganise/", typed)
    hidden = {name: shown.context[name] for name in ("seen", "key")}
    return admin.post("/desk/reorganise/", {**typed, **hidden, "step": "carry-out"})


def test_a_merger_is_previewed_carried_out_and_reported(admin: Client) -> None:
    started(), dispatched(helpers=(HELPER,))
    shown = admin.post("/desk/reorganise/", asked(of=[LEAD, HELPER]))
    text = shown.content.decode()
    assert shown.status_code == 200 and "Nothing was changed yet" in text and 'value="联合局"' in text
    assert not directory.organisation(LEAD).ended
    done = carried_out(admin, asked(of=[LEAD, HELPER]))
    assert done["Location"] == f"/desk/reorganised/{LEAD}/?with={HELPER}"
    report = admin.get(done["Location"])
    assert [(row.old, row.matters, row.parts) for row in report.context["rows"]] == [("市监局", 0, 1), ("执法局", 2, 0)]
    assert directory.successors(LEAD) == (JOINED,)


def test_a_split_takes_people_and_categories(admin: Client) -> None:
    here, noise = dispatched(), dispatched(category="noise")
    account = Account.objects.create(id=new_id(), login="goes", name="同去", password="!")
    post = appoint(actor=SYSTEM, account_id=account.id, organisation_code=LEAD, kind="handler", title="经办", now=NOW)
    typed = asked(how="split", categories=["noise"])
    assert "同去" in admin.post("/desk/reorganise/", typed).content.decode()
    assert carried_out(admin, {**typed, "posts": [str(post)]}).status_code == 302
    assert directory.organisation_of_post(post) == JOINED
    assert [handling(one.case_id).lead_code for one in (here, noise)] == [LEAD, JOINED]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"of": []}, "choose which organisations"),
        ({"target": ""}, "choose who takes everything over"),
        ({"target": LEAD}, "Nothing would change"),
        ({"code": "新 局"}, "needs a code"),
        ({"name": ""}, "needs a name"),
        ({"code": THIRD}, "is taken"),
        ({"how": "split"}, "say what the new one takes"),
        ({"how": "split", "of": [LEAD, HELPER], "categories": ["noise"]}, "one organisation at a time"),
        ({"how": "split", "posts": ["x"]}, "people from the list"),
        ({"of": ["330205-centre"], "target": LEAD}, "cannot end"),
        ({"of": ["nobody"], "target": LEAD}, "no organisation nobody"),
    ],
)
def test_a_plan_that_cannot_be_keeps_what_was_typed(admin: Client, changes: dict[str, Any], sentence: str) -> None:
    answer = admin.post("/desk/reorganise/", asked(**changes))
    text = answer.content.decode()
    assert answer.status_code in (404, 409, 422) and sentence in text
    assert f'value="{changes.get("name", "联合局")}"' in text
    assert not directory.organisation(LEAD).ended


def test_a_stale_preview_is_shown_again(admin: Client) -> None:
    shown = admin.post("/desk/reorganise/", asked())
    account = Account.objects.create(id=new_id(), login="late", name="新来", password="!")
    appoint(actor=SYSTEM, account_id=account.id, organisation_code=LEAD, kind="handler", title="经办", now=NOW)
    old = {name: shown.context[name] for name in ("seen", "key")}
    answer = admin.post("/desk/reorganise/", {**asked(), **old, "step": "carry-out"})
    assert answer.status_code == 409 and "changed since this preview" in answer.content.decode()
    assert not directory.organisation(LEAD).ended
    done = carried_out(admin, asked())
    assert done.status_code == 302
    again = admin.post("/desk/reorganise/", {**asked(), "step": "carry-out", "seen": "x", "key": "y"})
    assert again.status_code in (404, 409, 422), "it was done by somebody else meanwhile"


def test_only_administrators_come_to_the_pages(admin: Client) -> None:
    account = Account.objects.create(id=new_id(), login="boss", name="领导", password="!")
    appoint(actor=SYSTEM, account_id=account.id, organisation_code=LEAD, kind="administrator", title="主任", now=NOW)
    boss = Client()
    boss.force_login(account)
    for address in ("/desk/reorganise/", "/desk/duty-lists/"):
        assert boss.get(address).status_code == boss.post(address, asked()).status_code == 403
        assert Client().get(address)["Location"].startswith("/sign-in/")
        assert admin.get(address).status_code == 200
    assert boss.get(f"/desk/reorganised/{LEAD}/").status_code == 404


LIST = """source = "清单 2026"
valid_from = 2026-01-01
[[duty]]
verb = "handle"
category = "noise"
areas = ["330205"]
level = "district"
organisation = "{organisation}"
list = "basic"
article = "12"
[[duty]]
verb = "handle"
category = "noise"
areas = ["330205"]
level = "district"
organisation = "{other}"
list = "basic"
article = "13"
"""


def sent(admin: Client, step: str, **more: Any) -> Any:
    text = LIST.format(organisation=LEAD, other=more.pop("other", HELPER))
    file = SimpleUploadedFile("清单.toml", text.encode())
    return admin.post("/desk/duty-lists/", {"list": file, "step": step, **more})


def test_a_duty_list_is_checked_then_taken_with_what_it_leaves_open(admin: Client) -> None:
    place = NewOrganisation(code=COMMUNITY, kind="community", name="外滩社区", short_name="外滩", parent_code="330205")
    add_organisations(actor=SYSTEM, items=[place], valid_from=NOW.date(), now=NOW)
    checked = sent(admin, "check")
    text = checked.content.decode()
    assert checked.status_code == 200 and "2 lines can be taken, 0 cannot." in text
    assert "If it is taken in: 2 added, 0 kept, 0 ended." in text and "Overlap" in text and "would be new" in text
    assert not directory.powers_of(LEAD, timezone.localdate())
    taken = sent(admin, "take").content.decode()
    assert "2 added, 0 kept, 0 ended." in taken and "Overlap" in taken and "Gap" in taken
    assert "0 added, 2 kept, 0 ended." in sent(admin, "take").content.decode()


def test_a_bad_list_changes_nothing_and_says_why(admin: Client) -> None:
    bad = sent(admin, "take", other="Nobody's bureau", source="二〇二六")
    text = bad.content.decode()
    assert bad.status_code == 422 and "There is no organisation" in text and 'value="二〇二六"' in text
    assert not directory.powers_of(LEAD, timezone.localdate())
    assert "1 added" in sent(admin, "take", other="Nobody's bureau", skip="1").content.decode()
    for wrong in ({}, {"list": SimpleUploadedFile("x.pdf", b"%PDF")}, {"list": SimpleUploadedFile("x.xlsx", b"no")}):
        assert admin.post("/desk/duty-lists/", wrong).status_code == 422
