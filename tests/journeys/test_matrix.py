"""Role x object x verb: who may see and do what, as tables that are said here and not taken from what the house answers.

What is expected follows from the directory's rules (areas 块, organisations 条, kinds of post) and from lifecycle.MOVES. A new
desk route, demo role or act without a line here fails. The last tests break one rule each and see that the matrix notices.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django.http import HttpResponse, QueryDict
from django.test import Client, TestCase
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from pianqu.composition.demo.people import SIGN_INS
from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Forbidden, Problem
from pianqu.foundation.reached import reached
from pianqu.kernels import checkcode
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.casework import rules as case_rules
from pianqu.rooms.casework import services as cases
from pianqu.rooms.casework.lifecycle import ENDED, HANDLED, MOVES, OPEN, Move, State
from pianqu.rooms.casework.services import PlaceChoice
from pianqu.rooms.casework.views.acts import ACTS
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.directory import rules as directory_rules
from pianqu.rooms.directory import services
from pianqu.rooms.directory.queries import scopes
from pianqu.rooms.directory.services import NewColleague, Reorganisation
from pianqu.rooms.directory.tests.builders import (
    CENTRE,
    CICHENG,
    CICHENG_1,
    CICHENG_2,
    CLUSTER,
    DISTRICT,
    LAW,
    MARKET,
    STATION,
    SYSTEM,
    WAITAN,
    WAITAN_1,
    account,
    body,
    power,
    small_district,
)
from pianqu.rooms.ledger import services as ledger
from pianqu.rooms.planning import queries as planning
from pianqu.rooms.territory import services as territory
from pianqu.rooms.territory.services import NewPlace

HEALTH, OWNERS = "330205-health", "330205-owners"

# roles ---------------------------------------------------------------------------------------------------------------

ROLES: dict[str, tuple[str, str]] = {
    "window": (CENTRE, "window"),
    "checker": (CENTRE, "window"),
    "leader": (CENTRE, "leader"),
    "centre-admin": (CENTRE, "administrator"),
    "district-admin": (DISTRICT, "administrator"),
    "law": (LAW, "handler"),
    "law-leader": (LAW, "leader"),
    "market": (MARKET, "handler"),
    "health": (HEALTH, "handler"),
    "street": (WAITAN, "window"),
    "community": (WAITAN_1, "grid_worker"),
    "town": (CICHENG, "leader"),
    "cluster": (CLUSTER, "handler"),
    "cluster-leader": (CLUSTER, "leader"),
    "station": (STATION, "handler"),
    "owners": (OWNERS, "leader"),
    "auditor": (MARKET, "auditor"),
    "centre-auditor": (CENTRE, "auditor"),
}
"""Login → organisation and kind of post."""
NOBODY = ("anonymous", "resident")
"""No sign-in, and a sign-in without a post."""
LIKE = {
    "property-wantou": OWNERS,
    "centre": CENTRE,
    "enforcement": LAW,
    "beijiao": CLUSTER,
    "330205005000": WAITAN,
    "330205005005": WAITAN_1,
}
"""Organisations of the demo's sign-ins → those that stand for them here. A demo role of another kind needs a line."""

AT_WINDOWS = {"begin_enrolment", "finish_enrolment", "drop_enrolment", "drop_old_enrolments"}
"""Two officers of one organisation: who begins is asked here, the rest in the room's own tests."""


def enrol(actor: Actor, _target: str) -> object:
    return services.begin_enrolment(
        actor=actor, name="张小满", number="11010519491231002X", area_code=WAITAN_1, now=timezone.now()
    )


# objects -------------------------------------------------------------------------------------------------------------


@dataclass(slots=True, kw_only=True)
class Object:
    """A matter as it was brought about."""

    place: str
    state: State
    lead: str = ""
    helper: str = ""
    objects: bool = False
    extends: bool = False
    case_id: UUID = UUID(int=0)
    code: str = ""
    words: str = ""

    def holds(self, code: str) -> bool:
        """Whether the organisation has a part in it."""
        return bool(code) and code in (self.lead, self.helper)


def objects() -> dict[str, Object]:
    return {
        "new": Object(place=WAITAN_1, state=State.OPENED),
        "placeless": Object(place="", state=State.ACCEPTED),
        "joint": Object(place=WAITAN_1, state=State.IN_PROGRESS, lead=LAW, helper=MARKET),
        "disputed": Object(place=CICHENG_1, state=State.IN_PROGRESS, lead=LAW, objects=True, extends=True),
        "given": Object(place=CICHENG_2, state=State.DISPATCHED, lead=MARKET),
        "paused": Object(place=CICHENG_1, state=State.PAUSED, lead=MARKET),
        "answered": Object(place=WAITAN_1, state=State.RESOLVED, lead=LAW),
        "closed": Object(place=CICHENG_2, state=State.CLOSED, lead=LAW),
    }


WITHIN = {WAITAN: {WAITAN_1}, WAITAN_1: {WAITAN_1}, CICHENG: {CICHENG_1, CICHENG_2}, CLUSTER: {CICHENG_1}}
"""块: on which communities' ground an area organisation stands."""


def sees(role: str, one: Object) -> bool:
    """The district and its centre everything; an area what lies in it; a department its parts; its station both together."""
    if role in NOBODY:
        return False
    code = ROLES[role][0]
    if code in (DISTRICT, CENTRE):
        return True
    if code == STATION:
        return one.holds(LAW) and one.place in WITHIN[CICHENG]
    return one.place in WITHIN.get(code, set()) or one.holds(code)


# verbs ---------------------------------------------------------------------------------------------------------------

Rule = Callable[[str, Object], bool]


def moves(one: Object, move: Move) -> bool:
    return (one.state, move) in MOVES


def centre(role: str) -> bool:
    return ROLES[role][0] == CENTRE


def leads(role: str, one: Object) -> bool:
    return bool(one.lead) and ROLES[role][0] == one.lead and one.state in OPEN


def helps(role: str, one: Object) -> bool:
    return bool(one.helper) and ROLES[role][0] == one.helper


def is_leader(role: str) -> bool:
    return ROLES[role][1] == "leader"


SOON = (timezone.localdate() + timedelta(days=3)).isoformat()
VERBS: dict[str, tuple[dict[str, Any], Rule]] = {
    "accept": ({"nature": "complaint"}, lambda r, o: centre(r) and moves(o, Move.ACCEPT)),
    "dispatch": ({"lead": HEALTH, "nature": "complaint"}, lambda r, o: centre(r) and moves(o, Move.DISPATCH)),
    "join": ({"helper": HEALTH}, lambda r, o: (centre(r) or leads(r, o)) and o.state in HANDLED),
    "recategorise": (
        {"category": "water"},
        lambda r, o: (centre(r) or leads(r, o)) and o.state in OPEN,
    ),
    "start": ({}, lambda r, o: (leads(r, o) and moves(o, Move.START)) or helps(r, o)),
    "return": (
        {"article": "3", "words": "不归我局"},
        lambda r, o: (leads(r, o) and moves(o, Move.RETURN)) or helps(r, o),
    ),
    "object": (
        {"article": "3", "words": "不归我局"},
        lambda r, o: leads(r, o) and o.state in HANDLED and not o.objects,
    ),
    "review": ({"yes": "1", "words": "清单写明"}, lambda r, o: o.objects and centre(r) and r != "window"),
    "pause": ({"reason": "inspection", "words": "等检测"}, lambda r, o: leads(r, o) and moves(o, Move.PAUSE)),
    "resume": ({}, lambda r, o: leads(r, o) and moves(o, Move.RESUME)),
    "ask-for-time": ({"words": "等配件"}, lambda r, o: leads(r, o) and o.state in HANDLED and not o.extends),
    "decide-on-time": (
        {"yes": "1", "words": "同意"},
        lambda r, o: o.extends and is_leader(r) and (centre(r) or leads(r, o)),
    ),
    "finish": ({"words": "做完了"}, lambda r, o: helps(r, o)),
    "call-back": ({"score": "4"}, lambda r, o: centre(r) and o.state == State.RESOLVED and r != "leader"),
    "reopen": ({"words": "没修好"}, lambda r, o: centre(r) and moves(o, Move.REOPEN)),
    "supervise": ({"words": "请今天办"}, lambda r, o: centre(r) and is_leader(r) and o.state in OPEN),
    "answer-supervision": ({"words": "今天派人去"}, lambda _r, _o: False),
    "accept-supervision": ({}, lambda _r, _o: False),
    "repeat-supervision": ({"words": "还没办"}, lambda _r, _o: False),
    "lift-supervision": ({"words": "已办"}, lambda _r, _o: False),
    "title": ({"title": "桥头路灯不亮"}, lambda r, o: (centre(r) or leads(r, o)) and o.state in OPEN),
    "take": ({"nature": "complaint"}, lambda _r, _o: False),
    "order": ({"part": "nobody"}, lambda _r, _o: False),
    "tick": ({"item": "none"}, lambda _r, _o: False),
    "move-platform": (
        {"platform": "services", "words": "属便民事项"},
        lambda r, o: (centre(r) or leads(r, o)) and o.state in OPEN and o.state != State.PAUSED,
    ),
    "call-joint": ({"members": HEALTH, "last_day": "2030-01-01", "words": "请到场"}, lambda _r, _o: False),
    "inspect": ({"outcome": "in-order", "words": "没有问题"}, lambda _r, _o: False),
    "order-rectification": (
        {"words": "请清理", "last_day": SOON, "recheck_on": SOON},
        lambda r, o: (centre(r) or leads(r, o)) and o.state in OPEN,
    ),
    "check-rectification": ({"yes": "1", "words": "已改"}, lambda _r, _o: False),
    "guide": ({"outcome": "service", "words": "请到三号窗口"}, lambda _r, _o: False),
    "extend": ({"words": "又来电说还没修"}, lambda r, o: centre(r) and moves(o, Move.EXTEND)),
    "link": ({"code": "of another one"}, lambda r, o: centre(r) and o.state not in ENDED),
    "unlink": ({}, lambda _r, _o: False),
    "resolve": (
        {"reply": "已经修好"},
        lambda r, o: (centre(r) or leads(r, o)) and moves(o, Move.RESOLVE) and not o.helper,
    ),
    "close": ({}, lambda r, o: centre(r) and moves(o, Move.CLOSE)),
    "reveal": ({"purpose": "回电核实"}, lambda r, o: centre(r) or ROLES[r][0] == o.lead),
    "erase": ({"basis": "period-over", "sure": "1"}, lambda r, o: centre(r) and o.state in ENDED),
}
"""What is posted, and who may (no list names anybody here, so nobody takes anything on, nothing is joined yet or supervised,
and no matter here has two helpers or a checklist): `window` dispatched, `leader` answered, so neither decides on or checks
its own."""


def may(role: str, verb: str, one: Object) -> bool:
    """Whoever sees it and whom the verb's own line allows; an auditor looks and never acts."""
    return ROLES[role][1] != "auditor" and VERBS[verb][1](role, one)


OWN_ROUTE = ("resolve", "close", "reveal", "erase")
DOORS = (*OWN_ROUTE, "accept")
"""One act for each door: whether a matter is hidden is asked once a door, before the act is looked up."""


# routes --------------------------------------------------------------------------------------------------------------

STAFF, SEERS, ADMINS, POSTED, OPEN_TO_ALL = "staff", "who sees it", "administrators", "only posted to", "everybody"
CENTRE_AND_ADMINS = "whoever works at the centre, and administrators"
HANDERS_IN = "who leads or administers the district, a centre, a street, a town or a department"
BY_TOKEN = "a program with a token, signed in or not"
SIGNED_IN = "whoever is signed in, with a post or without"
EMPTY = (
    "reorganised",
    "casework:rules_trial",
    "casework:rules_version",
    "casework:force",
    "rules_book",
    "casework:export_file",
    "casework:bulk_act",
    "casework:bulk_progress",
    "case_list",
    "case_list_wrong",
    "case_list_results",
    "casework:hot_one",
    "casework:cause",
    "casework:monthly",
    "casework:report_file",
    "casework:platform_paper",
    "casework:reply_words",
    "planning:department",
    "planning:merge",
    "planning:merge_progress",
    "planning:merge_map",
    "planning:crosswalk",
    "planning:merge_table",
    "territory:download",
    "grid_change",
    "grid_change_book",
    "planning:draft",
    "planning:state",
    "planning:units",
    "planning:option",
    "planning:print",
    "planning:compare",
    "planning:history",
    "planning:remarks",
    "planning:publish",
    "planning:adopt",
    "planning:withdraw",
    "points:desk_one",
    "territory:neighbour",
    "territory:neighbour_cluster",
    "planning:site_study",
    "planning:site_map",
    "partners:one",
    "partners:photo",
    "partners:receipt",
)
"""Pages about something that this small district has none of."""
ROUTES: dict[str, str] = {
    "casework:desk": STAFF,
    "casework:desk_case": SEERS,
    "casework:clock": SEERS,
    "casework:desk_photo": SEERS,
    "casework:resolve": POSTED,
    "casework:close": POSTED,
    "casework:reveal": POSTED,
    "casework:erase": POSTED,
    "casework:act": POSTED,
    "casework:joined": SEERS,
    "casework:news": STAFF,
    "casework:case_news": SEERS,
    "casework:fill": POSTED,
    "casework:notes": SEERS,
    "casework:mark_note": POSTED,
    "casework:mentions": STAFF,
    "casework:reply_words": STAFF,
    "casework:replies": STAFF,
    "casework:retire_reply": POSTED,
    "casework:keep": POSTED,
    "casework:intake": STAFF,
    "casework:earlier": STAFF,
    "casework:shift": STAFF,
    "casework:overview": STAFF,
    "casework:suggest": POSTED,
    "casework:triage": CENTRE_AND_ADMINS,
    "casework:train": POSTED,
    "casework:choose_model": POSTED,
    "casework:overview_tables": STAFF,
    "casework:platforms": STAFF,
    "casework:platform": STAFF,
    "casework:platform_paper": STAFF,
    "casework:add_platform_member": POSTED,
    "casework:remove_platform_member": POSTED,
    "casework:take_over": POSTED,
    "casework:supervision": STAFF,
    "casework:reports": STAFF,
    "casework:monthly": STAFF,
    "casework:issue_report": POSTED,
    "casework:report_file": STAFF,
    "casework:evaluation": STAFF,
    "casework:evaluation_tables": STAFF,
    "casework:callbacks": STAFF,
    "casework:draw": POSTED,
    "casework:record_call_back": POSTED,
    "casework:breach": STAFF,
    "casework:clock_rules": STAFF,
    "casework:clock_progress": STAFF,
    "casework:clock_preview": ADMINS,
    "casework:clock_book": ADMINS,
    "casework:clock_enforce": POSTED,
    "casework:clock_back": POSTED,
    "casework:rules": CENTRE_AND_ADMINS,
    "casework:rules_begin": POSTED,
    "casework:rules_templates": CENTRE_AND_ADMINS,
    "casework:rules_trial": CENTRE_AND_ADMINS,
    "casework:rules_version": CENTRE_AND_ADMINS,
    "casework:rules_act": POSTED,
    "casework:whistles": STAFF,
    "casework:whistle_act": POSTED,
    "casework:forces": STAFF,
    "casework:force": STAFF,
    "casework:force_act": POSTED,
    "rules_take_in": CENTRE_AND_ADMINS,
    "rules_book": CENTRE_AND_ADMINS,
    "casework:bulk": STAFF,
    "casework:bulk_act": STAFF,
    "casework:bulk_progress": STAFF,
    "casework:undo_bulk": POSTED,
    "casework:exports": STAFF,
    "casework:exports_progress": STAFF,
    "casework:cancel_export": POSTED,
    "casework:export_file": STAFF,
    "casework:hot": STAFF,
    "casework:hot_one": STAFF,
    "casework:causes": STAFF,
    "casework:open_cause": STAFF,
    "casework:cause": STAFF,
    "casework:act_on_cause": POSTED,
    "casework:link_cause": POSTED,
    "planning:departments": STAFF,
    "planning:department_take_in": HANDERS_IN,
    "planning:department": STAFF,
    "planning:department_map": STAFF,
    "planning:merges": STAFF,
    "planning:ask_merge": POSTED,
    "planning:merge": STAFF,
    "planning:merge_progress": STAFF,
    "planning:close_places": POSTED,
    "planning:draft_merge": POSTED,
    "planning:merge_map": STAFF,
    "planning:crosswalk": STAFF,
    "planning:merge_table": STAFF,
    "planning:editions": STAFF,
    "planning:drafts": STAFF,
    "planning:draft": STAFF,
    "planning:state": STAFF,
    "planning:units": STAFF,
    "planning:option": STAFF,
    "planning:print": STAFF,
    "planning:compare": STAFF,
    "planning:history": STAFF,
    "planning:remarks": STAFF,
    "planning:publish": STAFF,
    "planning:adopt": STAFF,
    "planning:withdraw": STAFF,
    "planning:change": POSTED,
    "planning:repair": POSTED,
    "planning:compute": POSTED,
    "planning:stop": POSTED,
    "planning:choose": POSTED,
    "territory:grid": STAFF,
    "territory:layers": STAFF,
    "territory:download": STAFF,
    "territory:take_in": STAFF,
    "territory:people": POSTED,
    "territory:neighbours": STAFF,
    "territory:neighbour": STAFF,
    "territory:neighbour_cluster": STAFF,
    "points:desk": STAFF,
    "points:desk_one": STAFF,
    "partners:all": STAFF,
    "partners:systems": ADMINS,
    "partners:drop": POSTED,
    "partners:case": SEERS,
    "partners:one": STAFF,
    "partners:photo": STAFF,
    "partners:receipt": STAFF,
    "partners:take": POSTED,
    "partners:decline": POSTED,
    "partners:withdraw": POSTED,
    "partners:settle": POSTED,
    "planning:sites": STAFF,
    "planning:site_study": STAFF,
    "planning:site_map": STAFF,
    "notices:inbox": STAFF,
    "notices:clear": POSTED,
    "notices:sending": ADMINS,
    "notices:settle": POSTED,
    "notices:webhooks": ADMINS,
    "notices:drop": POSTED,
    "notices:retry": POSTED,
    "account": SIGNED_IN,
    "choose_post": POSTED,
    "end_sessions": POSTED,
    "change_password": POSTED,
    "tokens": STAFF,
    "calendar": STAFF,
    "witnesses": ADMINS,
    "calendar_feed": BY_TOKEN,
    "calendar_by_password": BY_TOKEN,
    "end_token": POSTED,
    "second_step": SIGNED_IN,
    "passkeys": SIGNED_IN,
    "outside": POSTED,
    "passkey_options": POSTED,
    "case_lists": STAFF,
    "case_list": STAFF,
    "case_list_template": STAFF,
    "case_list_wrong": STAFF,
    "case_list_results": STAFF,
    "forget_case_list": POSTED,
    "accounts": ADMINS,
    "take_accounts": ADMINS,
    "accounts_template": ADMINS,
    "accounts_slips": POSTED,
    "renew_access": POSTED,
    "directory:desk_who_answers": OPEN_TO_ALL,
    "directory:here_today": STAFF,
    "directory:duty": STAFF,
    "directory:residents": STAFF,
    "directory:organisations": STAFF,
    "directory:organisation": STAFF,
    "directory:act": POSTED,
    "reorganise": ADMINS,
    "reorganised": STAFF,
    "duty_lists": ADMINS,
    "entry_list": ADMINS,
    "entry_list_book": ADMINS,
    "building_roll": ADMINS,
    "building_roll_book": ADMINS,
    "cell_people": ADMINS,
    "cell_people_book": ADMINS,
    "grid_changes": STAFF,
    "grid_change": STAFF,
    "grid_change_book": STAFF,
    "revert_grid": POSTED,
}
"""Every route of the desk → who gets a page there. One that is missing fails: please say here who may open it."""
OTHERS_PAGES: dict[str, list[Any]] = {
    "casework:monthly": [UUID(int=1)],
    "casework:report_file": [UUID(int=1), "pdf"],
    "points:desk_one": ["C01"],
    "territory:neighbour": ["A1"],
    "territory:neighbour_cluster": ["BJ"],
    "directory:organisation": [MARKET],
    "reorganised": [HEALTH],
    "casework:export_file": [UUID(int=0)],
    "casework:hot_one": [UUID(int=0)],
    "planning:department": [UUID(int=0)],
    "planning:department_map": [UUID(int=0)],
    "planning:merge": [UUID(int=0)],
    "planning:merge_progress": [UUID(int=0)],
    "planning:merge_map": [UUID(int=0)],
    "planning:crosswalk": [UUID(int=0)],
    "planning:merge_table": [UUID(int=0), "places"],
    "casework:cause": [UUID(int=0)],
    "casework:rules_trial": [UUID(int=0)],
    "casework:rules_version": [9],
    "casework:force": [UUID(int=0)],
    "rules_book": [9],
    "casework:bulk_act": [UUID(int=0)],
    "casework:bulk_progress": [UUID(int=0)],
    "case_list": [UUID(int=0)],
    "case_list_wrong": [UUID(int=0)],
    "case_list_results": [UUID(int=0)],
    "casework:platform": ["enforcement"],
    "casework:platform_paper": [UUID(int=0)],
    "casework:reply_words": [UUID(int=0), UUID(int=0)],
    "grid_change": [UUID(int=0)],
    "grid_change_book": [UUID(int=0)],
    "planning:site_study": [UUID(int=0)],
    "planning:site_map": [UUID(int=0)],
    "planning:draft": [UUID(int=0)],
    "planning:state": [UUID(int=0)],
    "planning:units": [UUID(int=0)],
    "planning:option": [UUID(int=0), UUID(int=0)],
    "planning:print": [UUID(int=0)],
    "planning:compare": [UUID(int=0)],
    "planning:history": [UUID(int=0)],
    "planning:remarks": [UUID(int=0)],
    "planning:publish": [UUID(int=0)],
    "planning:adopt": [UUID(int=0)],
    "planning:withdraw": [UUID(int=0)],
    "partners:one": [UUID(int=0)],
    "partners:photo": [UUID(int=0), 0],
    "partners:receipt": [UUID(int=0), "ours"],
}
"""Arguments of routes that are about no matter."""


def desk_routes(patterns: list[Any], space: str = "", front: str = "") -> Iterator[str]:
    """Every route below /desk/ by its full name."""
    for pattern in patterns:
        here = f"{front}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from desk_routes(pattern.url_patterns, inner, here)
        elif isinstance(pattern, URLPattern) and here.startswith("desk/"):
            yield f"{space}{pattern.name}"


def hire(actor: Actor, code: str) -> object:
    """A new colleague there."""
    now = timezone.now()
    one = NewColleague(
        login="hired", name="新人", password="!", organisation_code=code, kind="handler", title="岗", valid_from=now
    )
    return services.take_on(actor=actor, items=[one], once_until=now, now=now)


class Matrix(TestCase):
    """One small district, one sign-in a role, one matter a state."""

    people: dict[str, Client]
    actors: dict[str, Actor]
    made: dict[str, Object]

    @classmethod
    def setUpTestData(cls) -> None:
        cls.now = timezone.now()
        casework.forget_working_days()
        small_district()
        ledger.create_log(now=cls.now)
        more = [body(HEALTH), body(OWNERS, "owners_committee", WAITAN_1)]
        services.add_organisations(actor=SYSTEM, items=more, valid_from=cls.now.date(), now=cls.now)
        _places(cls.now)
        ids = {login: _post(login, *ROLES[login]) for login in ROLES}
        cls.account_ids = {login: one for login, one in ids.items()}
        cls.account_ids["resident"] = account("resident").id
        cls.actors = {login: _actor(one) for login, one in ids.items()}
        cls.made = objects()
        for name, one in cls.made.items():
            _make(name, one, cls.actors, cls.now)
        terms = [casework.LocalTerm(nature="complaint", category="", amount=1, unit="wd")]
        cases.draft_clock_rules(actor=SYSTEM, terms=terms, now=cls.now)

    def setUp(self) -> None:
        self.people = {login: self._browser(login) for login in (*ROLES, *NOBODY)}

    def _browser(self, login: str) -> Client:
        browser = Client(headers={"accept-language": "en"})
        if login != "anonymous":
            browser.force_login(directory_account(self.account_ids[login]))
        return browser

    # what is compared

    def pages(self) -> dict[tuple[str, str], bool]:
        """Role and matter → whether its page opens; anything but a page or a 404 is an answer of its own."""
        found = {}
        for login, browser in self.people.items():
            for name, one in self.made.items():
                answer = browser.get(f"/desk/case/{one.case_id}/")
                expected = (404,) if login in ROLES else (302, 403)
                assert answer.status_code in (200, *expected), f"{login} {name}: {answer.status_code}"
                found[login, name] = answer.status_code == 200
        return found

    def acts(self, verb: str) -> dict[tuple[str, str], str]:
        """Role and matter → allowed, refused, or hidden (404), with everything taken back at once."""
        found = {}
        for login in (*ROLES, *NOBODY):
            for name, one in self.made.items():
                if verb not in DOORS and not sees(login, one):
                    continue
                with taken_back():
                    found[login, name] = self.done(verb, login, one)
        return found

    def done(self, verb: str, login: str, one: Object) -> str:
        """Through HTTP where the door is asked too, else by the verb that the door would call."""
        if verb in DOORS:
            return _outcome(verb, self.people[login].post(_address(verb, one), VERBS[verb][0]))
        typed = QueryDict(mutable=True)
        other = next(made for name, made in self.made.items() if name in ("placeless", "new") and made is not one)
        typed.update({name: other.code if name == "code" else value for name, value in VERBS[verb][0].items()})
        act = ACTS[verb]
        try:
            act.verb(actor=self.actors[login], case_id=one.case_id, now=self.now, **act.takes(typed))
        except Problem:
            return "refused"
        return "allowed"

    def expected_acts(self, verb: str) -> dict[tuple[str, str], str]:
        def one_cell(login: str, one: Object) -> str:
            if login in NOBODY:
                return "refused"
            if not sees(login, one):
                return "hidden"
            return "allowed" if may(login, verb, one) else "refused"

        cells = {(login, name): one_cell(login, one) for login in (*ROLES, *NOBODY) for name, one in self.made.items()}
        return {cell: said for cell, said in cells.items() if verb in DOORS or sees(cell[0], self.made[cell[1]])}

    # the tests

    def test_every_demo_role_every_act_and_every_desk_route_has_its_line(self) -> None:
        assert {(LIKE.get(person.organisation, person.organisation), person.kind) for person in SIGN_INS} <= set(
            ROLES.values()
        )
        assert set(ACTS) | set(OWN_ROUTE) == set(VERBS)
        assert set(desk_routes(get_resolver().url_patterns)) == set(ROUTES)

    def test_who_sees_which_matter(self) -> None:
        wanted = {(login, name): sees(login, one) for login in self.people for name, one in self.made.items()}
        self.assertEqual(differences(self.pages(), wanted), {})

    def test_who_may_do_what(self) -> None:
        for verb in VERBS:
            with self.subTest(verb):
                self.assertEqual(differences(self.acts(verb), self.expected_acts(verb)), {})

    def test_what_the_page_offers_is_what_the_verb_allows(self) -> None:
        """No button that is refused when it is pressed, no lawful act without its button."""
        for login, browser in self.people.items():
            for name, one in self.made.items():
                if login in NOBODY or not sees(login, one):
                    continue
                text = browser.get(f"/desk/case/{one.case_id}/").content.decode()
                for verb in VERBS:
                    offered = f'action="{_address(verb, one)}"' in text
                    helping = verb == "resolve" and bool(one.helper)  # offered all the same: the answer can be prepared
                    could = ROLES[login][1] != "auditor" and (centre(login) or leads(login, one))
                    expected = may(login, verb, one) or (helping and could)
                    assert offered == expected, f"{login}, {name}: {verb} offered: {offered}"

    def test_search_lists_and_counts_leak_nothing(self) -> None:
        for login in ROLES:
            visible = {name for name, one in self.made.items() if sees(login, one)}
            browser, actor = self.people[login], self.actors[login]
            assert casework.cases_for(actor, now=self.now).total == len(visible), login
            for name, one in self.made.items():
                for asked in (one.code, checkcode.show(one.code), one.words, one.words[:6]):
                    text = browser.get("/desk/", {"q": asked}).content.decode()
                    found = str(one.case_id) in text
                    assert found == (name in visible), f"{login} finds {name} by {asked}: {found}"

    def test_no_page_and_no_export_of_the_desk_holds_what_is_hidden(self) -> None:
        for login in (*ROLES, *NOBODY):
            hidden = [one for one in self.made.values() if not sees(login, one)]
            for route, audience in ROUTES.items():
                if audience in (SEERS, POSTED, BY_TOKEN):
                    continue
                answer = self.people[login].get(reverse(route, args=OTHERS_PAGES.get(route, [])))
                text = answer.content.decode("utf-8", "replace")
                for one in hidden:
                    leaks = [word for word in (one.words, one.code, checkcode.show(one.code), str(one.case_id))]
                    assert not any(word in text for word in leaks), f"{route} shows {login} what is not theirs"

    def test_who_opens_which_page(self) -> None:
        for login in (*ROLES, *NOBODY):
            for route, audience in ROUTES.items():
                if audience in (SEERS, POSTED, BY_TOKEN):
                    continue
                answer = self.people[login].get(reverse(route, args=OTHERS_PAGES.get(route, [])))
                status = answer.status_code
                if audience == OPEN_TO_ALL:
                    assert status == 200, f"{login} {route}: {status}"
                elif login == "anonymous":
                    assert status == 302 and answer["Location"].startswith("/sign-in/"), f"{route}: {status}"
                elif audience == SIGNED_IN:
                    assert status == 200, f"{login} {route}: {status}"
                elif login == "resident" or not admitted(login, audience):
                    assert status == 403, f"{login} {route}: {status}"
                else:
                    assert status == (404 if route in EMPTY else 200), f"{login} {route}: {status}"

    def test_a_guessed_address_tells_nothing(self) -> None:
        """What does not exist and what is somebody else's look the same, on every route about a matter."""
        theirs, nobodys = self.made["new"].case_id, uuid4()
        for route, audience in ROUTES.items():
            if audience != SEERS:
                continue
            seen = [self.people["health"].get(reverse(route, args=[one])) for one in (theirs, nobodys)]
            assert [answer.status_code for answer in seen] == [404, 404], route
            assert words_of(seen[0]) == words_of(seen[1]), route

    def test_whose_draft_plans_are_changed_by_whom(self) -> None:
        """Who plans there, or in the district or its centre, which stand above all; everybody else reads."""
        planners = {"leader", "centre-admin", "district-admin", "town"}
        above = (DISTRICT, CENTRE)
        for owner in (DISTRICT, CENTRE, CICHENG, WAITAN):
            for login, actor in self.actors.items():
                own = ROLES[login][0] in (owner, *above)
                assert planning.may_change(actor, owner) == (login in planners and own), f"{login}: draft of {owner}"

    def test_who_may_change_the_directory(self) -> None:
        for name, (verb, may) in self.directory_verbs().items():
            for login, actor in self.actors.items():
                for target in (LAW, MARKET, CENTRE):
                    with taken_back():
                        assert allowed(verb, actor, target) == may(login, target), f"{login}: {name} of {target}"

    def directory_verbs(self) -> dict[str, tuple[Callable[..., object], Callable[[str, str], bool]]]:
        """Verbs with what they need, and who may: the district's administrators, or whoever manages the organisation."""
        posts = {code: next(one for one in directory.held_posts([code])) for code in (LAW, MARKET, CENTRE)}
        spare = account("spare").id
        now, today = self.now, timezone.localdate(self.now)
        hours = {"starts": now, "ends": now + timezone.timedelta(hours=8)}
        lent = {"what": "service", "title": "义诊", "to_code": CLUSTER, "starts": today, "ends": None}

        def ended(verb: Callable[..., object], begin: Callable[[str], UUID], name: str) -> Callable[..., object]:
            return lambda actor, code: verb(actor=actor, now=now, **{name: begin(code)})

        def send(actor: Actor, code: str) -> UUID:
            return services.send_down(actor=actor, from_code=code, presence="resident", now=now, **lent)

        def duty(actor: Actor, code: str) -> UUID:
            post = posts[code].post_id
            return services.put_on_duty(actor=actor, post_id=post, organisation_code=code, now=now, **hours)

        def away(actor: Actor, code: str) -> UUID:
            other = posts[LAW if code != LAW else MARKET].post_id
            return services.substitute(
                actor=actor, post_id=posts[code].post_id, by_post_id=other, across=True, now=now, **hours
            )

        def fill(actor: Actor, code: str) -> object:
            return services.appoint(
                actor=actor, account_id=spare, organisation_code=code, kind="handler", title="岗", now=now
            )

        def merge(actor: Actor, code: str) -> object:
            plan = Reorganisation(of=(HEALTH,), rest_to=code, on=today)
            return services.reorganise(actor=actor, plan=plan, now=now)

        def pass_on(actor: Actor, code: str) -> object:
            return cases.hand_over(actor=actor, plan=Reorganisation(of=(HEALTH,), rest_to=code, on=today), now=now)

        return {
            "send_down": (send, manages),
            "recall": (ended(services.recall, lambda code: send(SYSTEM, code), "send_down_id"), manages),
            "put_on_duty": (duty, manages),
            "take_off_duty": (ended(services.take_off_duty, lambda code: duty(SYSTEM, code), "duty_id"), manages),
            "substitute": (away, manages),
            "end_substitution": (
                ended(services.end_substitution, lambda code: away(SYSTEM, code), "substitution_id"),
                manages,
            ),
            "appoint": (fill, changes),
            "take_on": (hire, changes),
            "renew_access": (
                lambda actor, code: services.renew_access(
                    actor=actor, account_id=spare, password="!", once_until=now, now=now
                ),
                changes,
            ),
            "end_post": (ended(services.end_post, lambda code: posts[code].post_id, "post_id"), changes),
            "add_organisations": (
                lambda actor, code: services.add_organisations(
                    actor=actor, items=[body("330205-x", parent=code)], valid_from=today, now=now
                ),
                changes,
            ),
            "set_superior": (
                lambda actor, code: services.set_superior(actor=actor, code=HEALTH, parent_code=code, now=now),
                changes,
            ),
            "serve_areas": (
                lambda actor, code: services.serve_areas(
                    actor=actor, organisation_code=code, area_codes=[WAITAN], valid_from=today, now=now
                ),
                changes,
            ),
            "import_powers": (
                lambda actor, code: services.import_powers(actor=actor, rows=[power(code)], source="x", now=now),
                changes,
            ),
            "reorganise": (merge, changes),
            "hand_over": (pass_on, changes),
        }

    def own_verbs(self) -> dict[str, Callable[[Actor], object]]:
        """What a person of the resident roll does for themselves."""
        now, one, to = self.now, uuid4(), reached("13800001234")
        return {
            "confirm_contact": lambda actor: services.confirm_contact(actor=actor, to=to, code="0", now=now),
            "not_me": lambda actor: services.not_me(actor=actor, resident_id=one, now=now),
            "restore_proof": lambda actor: services.restore_proof(actor=actor, resident_id=one, number="", now=now),
            "end_passes": lambda actor: services.end_passes(actor=actor, resident_id=one, now=now),
            "leave_roll": lambda actor: services.leave_roll(actor=actor, resident_id=one, now=now),
            "prove_by_service": lambda actor: services.prove_by_service(
                actor=actor, resident_id=one, name="", number="", now=now
            ),
        }

    def test_no_colleague_acts_for_a_resident(self) -> None:
        for name, verb in self.own_verbs().items():
            for login, actor in {**self.actors, "system": SYSTEM}.items():
                with pytest.raises(Forbidden):
                    verb(actor)
                assert login, name

    def test_who_reads_a_residents_card(self) -> None:
        kinds = {"window", "checker", "approver", "leader", "grid_worker"}
        for login, actor in self.actors.items():
            code, kind = ROLES[login]
            may = kind in kinds and code in {CENTRE, WAITAN, WAITAN_1, CICHENG, CLUSTER}
            with taken_back():
                assert allowed(enrol, actor, "") == may, login

    def test_a_program_is_let_into_ones_own_post_only(self) -> None:
        for login, actor in self.actors.items():
            issued = partial(
                services.issue_token,
                actor=actor,
                name="x",
                rights=["read"],
                expires_at=self.now + timedelta(days=1),
                now=self.now,
            )
            with taken_back():
                assert issued().startswith("pq_"), login
                (mine, *_others) = directory.tokens_for(self.actors[login], at=self.now)
                for other, colleague in self.actors.items():
                    may_end = other == login or other in ("centre-admin", "district-admin")
                    with taken_back():
                        try:
                            services.end_token(actor=colleague, token_id=mine.token_id, now=self.now)
                        except Absent:
                            assert not may_end, (login, other)
                        else:
                            assert may_end, (login, other)

    def test_no_directory_verb_is_left_out(self) -> None:
        helpers = {"do_once", "faults_of", "issue_token", "end_token"}
        verbs = {name for name in services.__all__ if name[0].islower()} - helpers - set(self.own_verbs()) - AT_WINDOWS
        assert verbs == set(self.directory_verbs()) - {"hand_over"}

    # the matrix can fail

    def test_a_scope_that_lets_everybody_in_is_noticed(self) -> None:
        with patch.object(casework.cases.directory, "scope_of", lambda _actor: scopes.EVERYTHING):
            wanted = {(login, name): sees(login, one) for login in self.people for name, one in self.made.items()}
            assert differences(self.pages(), wanted)

    def test_a_scope_that_forgets_the_ground_is_noticed(self) -> None:
        bare = replace(scopes.tree(), ground={})
        with patch.object(scopes, "tree", lambda _knowing="": bare):
            wanted = {(login, name): sees(login, one) for login in self.people for name, one in self.made.items()}
            lost = differences(self.pages(), wanted)
        assert {login for login, _name in lost} == {"cluster", "cluster-leader", "station"}

    def test_a_rule_that_says_yes_to_everybody_is_noticed(self) -> None:
        for rule, verb in (("may_triage", "dispatch"), ("may_handle", "pause"), ("may_supervise", "supervise")):
            with patch.object(case_rules, rule, lambda *_given, **_more: True):
                assert differences(self.acts(verb), self.expected_acts(verb)), rule

    def test_a_move_too_many_is_noticed(self) -> None:
        with patch.dict(MOVES, {(State.PAUSED, Move.RETURN): State.RETURNED}):
            actual = self.acts("return")
        assert differences(actual, self.expected_acts("return")) == {("market", "paused"): ("allowed", "refused")}

    def test_a_directory_rule_that_says_yes_is_noticed(self) -> None:
        with patch.object(directory_rules, "may_manage", lambda _actor, _code: True):
            assert allowed(self.directory_verbs()["put_on_duty"][0], self.actors["health"], LAW)


def admitted(login: str, audience: str) -> bool:
    """Whether somebody in this role gets such a page."""
    if audience == CENTRE_AND_ADMINS:
        return centre(login) or changes_directory(login)
    if audience == HANDERS_IN:
        return ROLES[login][1] in ("leader", "administrator") and ROLES[login][0] != OWNERS
    return audience != ADMINS or changes_directory(login)


def changes_directory(login: str) -> bool:
    """The administrators of the district and of its centre."""
    code, kind = ROLES[login]
    return code in (DISTRICT, CENTRE) and kind == "administrator"


def changes(login: str, _target: str) -> bool:
    return changes_directory(login)


def manages(login: str, target: str) -> bool:
    code, kind = ROLES[login]
    return changes_directory(login) or (code == target and kind in ("leader", "administrator"))


def words_of(answer: HttpResponse) -> str:
    """What the page says, without its markup: addresses and keys differ."""
    return re.sub(r"<[^>]*>", " ", answer.content.decode())


def allowed(verb: Callable[..., object], actor: Actor, target: str) -> bool:
    """Whether the verb lets this actor; what else is wrong with it is not asked here."""
    try:
        verb(actor, target)
    except Forbidden:
        return False
    except Problem:
        return True
    return True


def differences(actual: dict[Any, Any], wanted: dict[Any, Any]) -> dict[Any, Any]:
    """Cells with what is and what should be."""
    return {cell: (actual[cell], wanted[cell]) for cell in wanted if actual[cell] != wanted[cell]}


@contextmanager
def taken_back() -> Iterator[None]:
    """Whatever happens inside never happened."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _address(verb: str, one: Object) -> str:
    return f"/desk/case/{one.case_id}/{verb}/" if verb in OWN_ROUTE else f"/desk/case/{one.case_id}/act/{verb}/"


def _outcome(verb: str, answer: Any) -> str:
    if answer.status_code == 404:
        return "hidden"
    to_sign_in = answer.status_code == 302 and answer["Location"].startswith("/sign-in/")
    done = answer.status_code == 302 or (verb == "reveal" and answer.status_code == 200)
    return "allowed" if done and not to_sign_in else "refused"


# how it is made ------------------------------------------------------------------------------------------------------


def directory_account(account_id: UUID) -> Any:
    return account.__globals__["Account"].objects.get(id=account_id)


def _post(login: str, organisation_code: str, kind: str) -> UUID:
    person = account(login)
    services.appoint(
        actor=SYSTEM,
        account_id=person.id,
        organisation_code=organisation_code,
        kind=kind,
        title="岗",
        now=timezone.now(),
    )
    return person.id


def _actor(account_id: UUID) -> Actor:
    actor = directory.actor_for(account_id)
    assert actor is not None
    return actor


def _places(now: Any) -> None:
    lines = [(WAITAN, "street", ""), (CICHENG, "street", "")]
    lines += [(code, "community", f"{code[:9]}000") for code in (WAITAN_1, CICHENG_1, CICHENG_2)]
    items = [
        NewPlace(code=code, level=level, kind=level, name=code, short_name=code, parent_code=above, lon=121.5, lat=29.9)
        for code, level, above in lines
    ]
    territory.add_places(actor=SYSTEM, items=items, valid_from=now.date(), now=now)


def _make(name: str, one: Object, actors: dict[str, Actor], now: Any) -> None:
    """Through the verbs: `window` dispatches, `leader` answers at the centre."""
    place = PlaceChoice(community_code=one.place, source="community") if one.place else PlaceChoice()
    one.words = f"{name}一事，{'甲乙丙丁戊己庚辛'[list(objects()).index(name)] * 6}。"
    opened = cases.open_case(
        actor=Actor(kind="resident", organisation_code=CENTRE),
        words=one.words,
        category="noise",
        place=place,
        contact="13800138000",
        now=now,
    )
    one.case_id, one.code = opened.case_id, checkcode.normalise(opened.case_code)
    _bring(one, actors, {"case_id": one.case_id, "now": now})


def _bring(one: Object, actors: dict[str, Actor], about: dict[str, Any]) -> None:
    """To its state, in the order of a matter's life."""
    window = actors["window"]
    if one.state == State.ACCEPTED:
        cases.accept_case(actor=window, nature="complaint", **about)
    if one.lead:
        helpers = (one.helper,) if one.helper else ()
        cases.dispatch_case(actor=window, lead_code=one.lead, helper_codes=helpers, nature="complaint", **about)
    if one.state in (State.IN_PROGRESS, State.PAUSED):
        cases.start_task(actor=actors["law" if one.lead == LAW else "market"], **about)
    if one.state == State.PAUSED:
        cases.pause_case(actor=actors["market"], reason="inspection", words="等检测", **about)
    _ask(one, actors, about)
    if one.state in (State.RESOLVED, State.CLOSED):
        cases.resolve_case(actor=actors["leader"], reply="已经修好", **about)
    if one.state == State.CLOSED:
        cases.close_case(actor=window, **about)


def _ask(one: Object, actors: dict[str, Actor], about: dict[str, Any]) -> None:
    """What waits for a decision."""
    if one.objects:
        cases.object_to_dispatch(actor=actors["law"], article="3", words="不归我局", **about)
    if one.extends:
        cases.ask_for_time(actor=actors["law"], words="等配件", **about)
