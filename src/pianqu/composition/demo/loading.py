"""Load the demo: every act goes through its verb, in the order of the time at which it is said to have happened."""

import random
import tomllib
import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

from django.utils import timezone

from pianqu.composition.demo.buildings import make_buildings
from pianqu.composition.demo.causes import make_causes
from pianqu.composition.demo.departments import ask_for_merge, make_departments
from pianqu.composition.demo.dispatch import RULES_SINCE, make_dispatch, put_rules_in_force
from pianqu.composition.demo.grid import make_grid, make_next_grid
from pianqu.composition.demo.ground import ground
from pianqu.composition.demo.joined import make_joined
from pianqu.composition.demo.lists import make_list
from pianqu.composition.demo.neighbour import make_neighbour
from pianqu.composition.demo.parties import make_parties
from pianqu.composition.demo.people import (
    CHECKER,
    CLUSTER,
    GRID,
    HANDLER,
    LEADER,
    PROPERTY,
    STREET,
    WINDOW,
    make_people,
)
from pianqu.composition.demo.pictures import drawn
from pianqu.composition.demo.plans import make_plans
from pianqu.composition.demo.platforms import make_platforms
from pianqu.composition.demo.points import make_points
from pianqu.composition.demo.presence import make_presence
from pianqu.composition.demo.replies import make_notes, make_replies
from pianqu.composition.demo.residents import CONTACT, make_resident
from pianqu.composition.demo.sites import make_sites
from pianqu.composition.demo.terms import set_terms
from pianqu.composition.demo.watching import make_watching
from pianqu.composition.demo.year import AT_ONCE, DAYS, SAYS_SYNTHETIC, Act, Course, matters, together
from pianqu.composition.district import load_district
from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Forbidden, Refused
from pianqu.foundation.installation import installation
from pianqu.rooms.casework import jobs, services
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.casework.services import PlaceChoice
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.territory import queries as territory
from pianqu.rooms.territory.queries import PlaceCard

SEED = 330205
FIRST_DAY = timedelta(days=DAYS + 5)
REDRAWN_SINCE = timedelta(days=12)
"""So long the grid that was drawn anew is in force: what is older was filed in the one before."""
REOPENED_WITHIN = 40
"""Days: what was reopened longer ago has been answered again."""
_JITTER = 0.0015
FIVE = timedelta(minutes=5)
Row = dict[str, Any]


def load(now: datetime, *, year: int = 0) -> None:
    """District, people and matters. A load that was cut off is finished by the next one: nothing is made twice.

    `year` is about how many everyday matters stand behind those that were written by hand (none where there are any).
    """
    began = now - FIRST_DAY
    load_district(code=installation().district_code, now=began)
    actors = make_people(now=began)
    make_buildings(now=began)
    make_grid(now=began, valid_from=timezone.localdate(began))
    make_departments(now=began, valid_from=timezone.localdate(began))
    rows = tomllib.loads(Path(__file__).with_name("cases.toml").read_text(encoding="utf-8"))["case"]
    chance = random.Random(SEED)
    drawn = [] if _has_matters(actors) else matters(year, now=now)
    acts = list(Course(actors, LEADS, now=now).acts(drawn)) if year else []
    quick = {id(act) for act in acts}
    unanswered, written = 0, list[_Matter]()
    for number, row in enumerate(rows):
        written.append(_Matter(number, unanswered, row, actors, _place(row, chance), now))
        acts += written[-1].acts()
        unanswered += "reply" not in row and row.get("state") != "withdrawn"
    acts += ground(actors, now=now)
    acts.append(Act(now - RULES_SINCE, -1, partial(put_rules_in_force, now=now - RULES_SINCE)))
    redrawn = now - REDRAWN_SINCE
    acts.append(Act(redrawn, -1, partial(make_next_grid, now=redrawn, valid_from=timezone.localdate(redrawn))))
    acts.sort(key=lambda act: (act.at, act.order))
    for alone, group in groupby(acts, key=lambda act: id(act) not in quick):
        _do(list(group), alone=alone)
    own = [matter.case_id for matter in written if matter.is_own and matter.case_id]
    make_resident(own=own, window=actors[WINDOW.login], area_code=GRID.organisation, now=now)
    make_presence(now=now)
    make_platforms(window=actors[WINDOW.login], now=now)
    make_dispatch(
        asks=actors[CHECKER.login],
        leader=actors[LEADER.login],
        cluster=actors[CLUSTER.login],
        enforcement=actors[HANDLER.login],
        now=now,
    )
    make_joined(window=actors[WINDOW.login], now=now)
    make_points([actors[person.login] for person in (STREET, CLUSTER, HANDLER)], now=now)
    make_parties(company=actors[PROPERTY.login], community=actors[GRID.login], cluster=actors[CLUSTER.login], now=now)
    make_sites(leader=actors[LEADER.login], now=now)
    make_neighbour(window=actors[WINDOW.login], away=_newest_waiting(actors), now=now)
    make_watching(actors, leader=actors[LEADER.login], checker=actors[CHECKER.login], now=now)
    make_replies(handler=actors[HANDLER.login], now=now)
    make_notes(handler=actors[HANDLER.login], window=actors[WINDOW.login], now=now)
    _leave_notes(actors, now)
    _act_on_many(actors[WINDOW.login], "opened", "周三上午与社区一起去现场看，请先电话约好来访时间。", now)
    _act_on_many(actors[LEADER.login], "in_progress", "周五例会逐件说明进展，请主办单位带上现场照片。", now)
    make_causes(actors, now=now)
    make_list(window=actors[WINDOW.login], now=now)
    set_terms(now)
    if year:
        make_plans(actors, now=now)
    ask_for_merge(now=now, on=timezone.localdate(now))
    jobs.forecast(actor=Actor(kind="system", organisation_code=casework.centre_code()), now=now)
    _have_learned(now)


def _have_learned(now: datetime) -> None:
    """The worker learns from the year's matters as soon as it runs."""
    system = Actor(kind="system", organisation_code=casework.centre_code())
    if not casework.triage_for(system, now=now).models:
        services.ask_for_training(actor=system, now=now)


def _newest_waiting(actors: dict[str, Actor]) -> uuid.UUID | None:
    """A matter about roads that nobody has yet: it lies across the border."""
    filters = casework.CaseFilter(state="opened", category="roads")
    rows = casework.cases_for(actors[WINDOW.login], filters=filters, size=1).rows
    return rows[0].case_id if rows else None


def _leave_notes(actors: dict[str, Actor], now: datetime) -> None:
    """What colleagues left on the desk: a shift handed over, and a list that the window comes back to."""
    if casework.handovers(actors[WINDOW.login]):
        return
    words = "前江的自来水件已答复完，有人再来电请告知水质结果；两件应急灯的事今晚会有人去看。"
    services.hand_over_shift(actor=actors[CHECKER.login], words=words, now=now)
    services.save_filter(actor=actors[WINDOW.login], name="先到期的水电件", query="category=water&order=due", now=now)


def _act_on_many(actor: Actor, state: str, words: str, now: datetime) -> None:
    """A note that somebody left at several matters in one act, done and over."""
    if casework.bulk_acts_of(actor):
        return
    rows = casework.cases_for(actor, filters=casework.CaseFilter(state=state), size=4).rows
    wanted = services.Wanted(act="note", values={}, words=words)
    if rows:
        services.plan_bulk(
            actor=actor, case_ids=[row.case_id for row in rows], wanted=wanted, language="zh-hans", now=now - FIVE
        )
        system = Actor(kind="system", organisation_code=casework.centre_code())
        jobs.run_bulks(actor=system, clock=lambda: now)


def _has_matters(actors: dict[str, Actor]) -> bool:
    return bool(casework.cases_for(actors[WINDOW.login], size=1).rows)


def _do(acts: Sequence[Act], *, alone: bool) -> None:
    """Everyday matters many at a time; what may be refused the second time has its own transaction."""
    if alone:
        for act in acts:
            act.run()
        return
    for first in range(0, len(acts), AT_ONCE):
        together(acts[first : first + AT_ONCE])


def _place(row: Row, chance: random.Random) -> PlaceChoice:
    """A community of the street, and for places from a map a point near its middle."""
    communities = next(c.communities for c in territory.community_choices() if c.street.code.startswith(row["street"]))
    community: PlaceCard = chance.choice(communities)
    east, north = chance.uniform(-_JITTER, _JITTER), chance.uniform(-_JITTER, _JITTER)
    if row["place"] == "none":
        return PlaceChoice(source="none")
    on_map = (
        row["place"] in {"map", "position", "gazetteer"} and community.lon is not None and community.lat is not None
    )
    return PlaceChoice(
        community_code=community.code,
        lon=round(community.lon + east, 5) if on_map and community.lon is not None else None,
        lat=round(community.lat + north, 5) if on_map and community.lat is not None else None,
        landmark=row["landmark"],
        source=row["place"],
    )


class _Matter:
    """One row of cases.toml as the acts that make it."""

    def __init__(
        self, number: int, turn: int, row: Row, actors: dict[str, Actor], place: PlaceChoice, now: datetime
    ) -> None:
        self.turn = turn
        self.number, self.row, self.actors, self.place, self.now = number, row, actors, place, now
        self.channel: str = row.get("by", "portal")
        self.opened_at = now - timedelta(days=row["days"], hours=row["hours"] % 24)
        self.case_id: uuid.UUID | None = None
        self.at = self.opened_at

    @property
    def is_own(self) -> bool:
        """Whether the demo's resident reported it."""
        return self.channel == "portal" and self.number % 7 == 3

    def acts(self) -> Iterator[Act]:
        """In the order of time; those that would lie ahead of now are left out."""
        row = self.row
        planned: list[tuple[float, Callable[[], None]]] = [(0, self._open)]
        if "add" in row:
            planned.append((row["add"]["after"], self._extend))
        if row.get("state") == "withdrawn":
            planned.append((row["after"], self._withdraw))
        elif "reply" in row:
            planned += self._answered()
        else:
            planned += self._in_work()
        for step, (hours, run) in enumerate(planned):
            at = self.opened_at + timedelta(hours=hours)
            if at <= self.now:
                yield Act(at, step, partial(self._run, run, at))

    def _answered(self) -> list[tuple[float, Callable[[], None]]]:
        """Dispatched within hours, answered by who leads, called back or rated, closed or reopened."""
        after = float(self.row["after"])
        way: list[tuple[float, Callable[[], None]]] = [(after * 0.1, self._dispatch), (after * 0.3, self._start)]
        if self.number % 9 == 4:
            way += [(after * 0.4, self._join), (after * 0.9, self._finish)]
        way.append((after, self._resolve))
        if self.number % 4 == 1:
            way.append((after + 20, self._rate))
        if self._comes_back:
            way.append((after + 30, self._reopen))
        elif "closed" in self.row:
            way += [(after + 26, self._call_back), (after + self.row["closed"], self._close)]
        return way

    @property
    def _comes_back(self) -> bool:
        return self.number % 17 == 3 and self.row["days"] < REOPENED_WITHIN

    def _in_work(self) -> list[tuple[float, Callable[[], None]]]:
        """One after the other of everything that can be seen on a desk on any day."""
        ways: tuple[list[tuple[float, Callable[[], None]]], ...] = (
            [],
            [(1, self._accept)],
            [(1, self._dispatch)],
            [(1, self._dispatch), (3, self._start)],
            [(1, self._dispatch), (3, self._start), (5, self._pause)],
            [(1, self._dispatch), (4, self._return)],
            [(1, self._dispatch), (2, self._object)],
            [(1, self._dispatch), (3, self._start), (6, self._ask_for_time)],
            [(1, self._dispatch), (3, self._start), (4, self._join)],
        )
        return ways[self.turn % len(ways)]

    def _run(self, act: Callable[[], None], at: datetime) -> None:
        """A load that was cut off is finished by the next: what happened before is refused, and passed over."""
        self.at = at
        try:
            act()
        except (Refused, Forbidden):
            return

    @property
    def _reporter(self) -> Actor:
        return Actor(kind="resident", organisation_code=casework.centre_code())

    @property
    def _official(self) -> Actor:
        return self.actors[HANDLER.login if self.channel == "department" else WINDOW.login]

    def _open(self) -> None:
        row = self.row
        made = services.open_case(
            actor=self._reporter if self.channel == "portal" else self._official,
            words=row["words"] + SAYS_SYNTHETIC,
            category=row["category"],
            place=self.place,
            contact=CONTACT if self.is_own else row.get("contact"),
            photos=[drawn(row["photo"])] if "photo" in row else [],
            channel=self.channel,
            idempotency_key=f"demo-{self.number}",
            now=self.opened_at,
        )
        self.case_id = made.case_id

    @property
    def _id(self) -> uuid.UUID:
        if self.case_id is None:
            raise LookupError("the matter is opened first")
        return self.case_id

    def _extend(self) -> None:
        if not casework.resident_case(self._id).additions:
            words = self.row["add"]["words"]
            services.extend_case(actor=self._reporter, case_id=self._id, words=words, now=self.at)

    def _withdraw(self) -> None:
        services.withdraw_case(actor=self._reporter, case_id=self._id, now=self.at)

    @property
    def _lead(self) -> str:
        return LEADS[self.row["category"]]

    @property
    def _lead_actor(self) -> Actor:
        return self._at(self._lead)

    def _at(self, slug: str) -> Actor:
        return self.actors[HANDLER.login if slug == HANDLER.organisation else f"at-{slug}"]

    @property
    def _helper(self) -> str:
        return "police" if self._lead != "police" else "enforcement"

    def _accept(self) -> None:
        services.accept_case(
            actor=self.actors[WINDOW.login], case_id=self._id, nature=self._nature, suggested_by=0, now=self.at
        )

    @property
    def _nature(self) -> str:
        return "enquiry" if self.row["category"] == "services" else "complaint"

    def _dispatch(self) -> None:
        if casework.case_head(self._id).state != "opened":
            return
        services.dispatch_case(
            actor=self.actors[WINDOW.login],
            case_id=self._id,
            lead_code=_organisation(self._lead),
            nature=self._nature,
            suggested_by=0,
            now=self.at,
        )

    def _start(self) -> None:
        services.start_task(actor=self._lead_actor, case_id=self._id, now=self.at)

    def _join(self) -> None:
        code = _organisation(self._helper)
        words = "请到现场一起看。"
        services.join_case(actor=self._lead_actor, case_id=self._id, helper_code=code, words=words, now=self.at)

    def _finish(self) -> None:
        words = "已到现场，秩序正常，材料已转主办单位。"
        services.finish_task(actor=self._at(self._helper), case_id=self._id, words=words, now=self.at)

    def _return(self) -> None:
        words = "管养单位不是我们，请转产权单位所属部门。"
        services.return_task(actor=self._lead_actor, case_id=self._id, article=self._cited, words=words, now=self.at)

    def _object(self) -> None:
        words, cited = "清单上这一项由属地负责，我们只配合。", self._cited
        services.object_to_dispatch(actor=self._lead_actor, case_id=self._id, article=cited, words=words, now=self.at)

    @property
    def _cited(self) -> str:
        """An item of the lists of that day for such a matter, or any; a made-up one before the first list."""
        on, place = timezone.localdate(self.at), self.place.community_code or ""
        items = directory.items_at(category=self.row["category"], place_code=place, on=on)
        known = [item.article for item in items] or sorted(directory.articles_at(place_code=place, on=on))
        return next(iter(known), "演示清单 12")

    def _pause(self) -> None:
        words = "已送检，等检测报告出来再施工。"
        services.pause_case(actor=self._lead_actor, case_id=self._id, reason="inspection", words=words, now=self.at)

    def _ask_for_time(self) -> None:
        words = "配件要从厂家调货，预计多用三天。"
        services.ask_for_time(actor=self._lead_actor, case_id=self._id, words=words, now=self.at)

    def _resolve(self) -> None:
        services.resolve_case(actor=self._lead_actor, case_id=self._id, reply=self.row["reply"], now=self.at)

    def _rate(self) -> None:
        score = 2 if self._comes_back else 5 - self.number % 3
        services.rate_case(actor=self._reporter, case_id=self._id, score=score, now=self.at)

    def _call_back(self) -> None:
        if casework.case_head(self._id).state == "resolved" and "contact" in self.row:
            services.call_back(actor=self.actors[CHECKER.login], case_id=self._id, score=5, now=self.at)

    def _reopen(self) -> None:
        if casework.resident_case(self._id).state in ("resolved", "rated"):
            words = "看着好了，过了两天又是老样子。"
            services.reopen_case(actor=self._reporter, case_id=self._id, words=words, now=self.at)

    def _close(self) -> None:
        services.close_case(actor=self.actors[CHECKER.login], case_id=self._id, now=self.at)


LEADS = {
    "roads": "housing",
    "water": "housing",
    "environment": "enforcement",
    "noise": "enforcement",
    "traffic": "police",
    "property": "housing",
    "market": "market",
    "services": "civil",
    "unknown": "enforcement",
}
"""Category → the department that leads in the demo, until a duty list says it."""


def _organisation(slug: str) -> str:
    return f"{installation().district_code}-{slug}"
