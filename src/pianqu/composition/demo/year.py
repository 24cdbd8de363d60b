"""A year of everyday matters: seasons, hours of the day and a planted surge, put together from year.toml by seed.

Everything is planned first and then done in the order of time through the verbs, so that the ledger reads like a year.
"""

import random
import tomllib
import uuid
from collections import defaultdict
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pianqu.composition.demo.people import CHECKER, HANDLER, WINDOW
from pianqu.foundation.actor import Actor
from pianqu.foundation.installation import installation
from pianqu.foundation.verbs import verb
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.casework import services
from pianqu.rooms.casework.services import Closing, PlaceChoice
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.territory import queries as territory
from pianqu.rooms.territory.queries import PlaceCard

HERE = ZoneInfo("Asia/Shanghai")
DAYS = 365
SAYS_SYNTHETIC = "（演示数据）"
"""At the end of every matter's words: nobody may take it for a real one."""
WEEK = (1.15, 1.1, 1.05, 1.0, 1.05, 0.85, 0.8)
"""How much comes in from Monday to Sunday."""
HOURS = {7: 3, 8: 6, 9: 9, 10: 10, 11: 8, 12: 4, 13: 5, 14: 8, 15: 9, 16: 8, 17: 6, 18: 5, 19: 6, 20: 7, 21: 5, 22: 3}
"""How much comes in at each hour of the day."""
CHANNELS = {"portal": 50, "phone": 30, "window": 20}
AT_ONCE = 200
"""So many acts are one transaction."""
NEAR = 0.002
USUALLY_SLOW: Mapping[str, float] = {"share": 0.04, "times": 4}
"""Which share of a kind's matters takes so many times as long."""
RETURNED, OBJECTED = 0.03, 0.012
"""Which share of what is handed out comes back first, and of how many the lead objects to it."""
MADE_UP = "演示清单 12"
"""What is cited where no list was in force that year."""
UNRATED_STAYS = timedelta(days=15)
Table = Mapping[str, Any]
Step = tuple[datetime, Callable[[], None]]


@dataclass(frozen=True, slots=True)
class Act:
    """Something that somebody does at a time; `order` decides between acts of one moment."""

    at: datetime
    order: int
    run: Callable[[], None]


@dataclass(slots=True, kw_only=True)
class Matter:
    """One matter as it was drawn; `case_id` is known once it is opened."""

    number: int
    kind: Table
    words: str
    place: PlaceChoice
    channel: str
    contact: str | None
    opened_at: datetime
    case_id: uuid.UUID | None = None
    closes_on: date | None = None

    @property
    def id(self) -> uuid.UUID:
        if self.case_id is None:
            raise LookupError("the matter is opened first")
        return self.case_id


@verb
def together(acts: Sequence[Act]) -> None:
    """Do many acts in one transaction, each at its own time and by its own actor."""
    for act in acts:
        act.run()


def matters(count: int, *, now: datetime) -> list[Matter]:
    """About so many matters of the year before `now`, the surge among them; the same for the same moment."""
    table = tomllib.loads(Path(__file__).with_name("year.toml").read_text(encoding="utf-8"))
    draw = _Draw(now, random.Random(f"{installation().district_code} matters"))
    shares = sum(kind["share"] for kind in table["kind"])
    for kind in table["kind"]:
        draw.usual(kind, round(count * kind["share"] / shares))
    draw.surge(table["surge"])
    return draw.made


class _Draw:
    """Draws when, where and what."""

    def __init__(self, now: datetime, chance: random.Random) -> None:
        self.now, self.chance, self.made = now, chance, list[Matter]()
        self.today = now.astimezone(HERE).date()
        self.communities = [card for choice in territory.community_choices() for card in choice.communities]
        self.marks = _marks()

    def usual(self, kind: Table, count: int) -> None:
        """Matters of one kind, more in its season and on some days of the week."""
        days = [self.today - timedelta(days=ago) for ago in range(DAYS)]
        weights = [kind["months"][day.month - 1] * WEEK[day.weekday()] for day in days]
        for day in self.chance.choices(days, weights, k=count):
            self._add(kind, self.chance.choice(self.communities), day)

    def surge(self, kind: Table) -> None:
        """Many matters of one cause within a few days on one street, most of them on the first."""
        near = [card for card in self.communities if card.code.startswith(kind["street"])]
        for _number in range(kind["count"]):
            after = min(int(self.chance.expovariate(0.6)), kind["lasts"] - 1)
            self._add(kind, self.chance.choice(near), self.today - timedelta(days=kind["days_ago"] - after))

    def _add(self, kind: Table, community: PlaceCard, day: date) -> None:
        hour = self.chance.choices(list(HOURS), list(HOURS.values()))[0]
        at = datetime.combine(day, time(hour, self.chance.randrange(60), self.chance.randrange(60)), HERE)
        if at >= self.now:
            return
        place = self._place(kind, community)
        self.made.append(
            Matter(
                number=len(self.made),
                kind=kind,
                words=self._words(kind, community, place.landmark or community.short_name),
                place=place,
                channel=self.chance.choices(list(CHANNELS), list(CHANNELS.values()))[0],
                contact=f"1000{self.chance.randrange(10**7):07d}" if self.chance.random() < 0.4 else None,
                opened_at=at.astimezone(UTC),
            )
        )

    def _words(self, kind: Table, community: PlaceCard, landmark: str) -> str:
        said = "".join(self.chance.choice(kind[part]) for part in ("places", "what", "since", "wish"))
        number = self.chance.randint(1, 48)
        return said.format(community=community.short_name, landmark=landmark, number=number) + SAYS_SYNTHETIC

    def _place(self, kind: Table, community: PlaceCard) -> PlaceChoice:
        """A name that people there use and a point beside it, or the community alone; enquiries often say none."""
        if kind.get("answered") and self.chance.random() < 0.4:
            return PlaceChoice(source="none")
        marks = self.marks.get(community.code)
        if marks and self.chance.random() < 0.7:
            name, lon, lat = self.chance.choice(marks)
            return PlaceChoice(community_code=community.code, lon=lon, lat=lat, landmark=name, source="gazetteer")
        if community.lon is None or community.lat is None or self.chance.random() < 0.4:
            return PlaceChoice(community_code=community.code, source="community")
        lon, lat = (round(middle + self.chance.uniform(-NEAR, NEAR), 5) for middle in (community.lon, community.lat))
        return PlaceChoice(community_code=community.code, lon=lon, lat=lat, source="map")


def _marks() -> dict[str, list[tuple[str, float, float]]]:
    """Names with their points, by community."""
    found: dict[str, list[tuple[str, float, float]]] = defaultdict(list)
    for shape in territory.map_layers()["features"]:
        if shape["properties"]["level"] == "landmark":
            lon, lat = shape["geometry"]["coordinates"]
            there = territory.locate(lon, lat)
            in_chinese = any("一" <= character <= "鿿" for character in shape["properties"]["name"])
            if there and there.method != "outside" and in_chinese:
                found[there.community.code].append((shape["properties"]["name"], lon, lat))
    return dict(found)


class Course:
    """What happens to the matters: who does what when."""

    def __init__(self, actors: Mapping[str, Actor], leads: Mapping[str, str], *, now: datetime) -> None:
        self.actors, self.leads, self.now = actors, leads, now
        self.chance = random.Random(f"{installation().district_code} courses")
        self.detours = random.Random(f"{installation().district_code} detours")
        self.reporter = Actor(kind="resident", organisation_code=casework.centre_code())
        self.system = Actor(kind="system", organisation_code=casework.centre_code())
        self.holders = {actor.organisation_code: actor for actor in reversed(list(actors.values())) if actor.acts}
        self.lists: dict[tuple[str, str, int], str] = {}

    def acts(self, drawn: Sequence[Matter]) -> Iterator[Act]:
        """All acts that lie before now, in no order."""
        ends: dict[date, list[Matter]] = defaultdict(list)
        for matter in drawn:
            for step, (at, act) in enumerate(self._plan(matter)):
                if at < self.now:
                    yield Act(at, step, act)
            if matter.closes_on is not None:
                ends[matter.closes_on].append(matter)
        for ago in range(DAYS):
            day = self.now.astimezone(HERE).date() - timedelta(days=ago)
            yield Act(datetime.combine(day, time(8, 20), HERE).astimezone(UTC), -1, partial(self._watch, day))
        for day, ended in ends.items():
            at = datetime.combine(day, time(18, 30), HERE).astimezone(UTC)
            if at < self.now:
                yield Act(at, 0, partial(self._close, ended, at))

    def _plan(self, matter: Matter) -> Iterator[Step]:
        yield matter.opened_at, partial(self._open, matter)
        at = matter.opened_at
        if self.chance.random() < 0.02:
            at = self._office(at, 5)
            yield at, partial(self._withdraw, matter, at)
            return
        if matter.kind.get("answered"):
            resolved = self._office(at, self.chance.lognormvariate(0.5, 0.9))
            yield resolved, partial(self._resolve, matter, self.actors[WINDOW.login], resolved)
        else:
            resolved = yield from self._handled(matter, at)
        yield from self._afterwards(matter, resolved)

    def _handled(self, matter: Matter, at: datetime) -> Generator[Step, None, datetime]:
        """Dispatched, begun and answered by the department; about one in fifteen is late, of a kind that is `slow` many more."""
        slow = matter.kind.get("slow", USUALLY_SLOW)
        hours = self.chance.lognormvariate(3.3, 0.6) * (slow["times"] if self.chance.random() < slow["share"] else 1)
        dispatched = self._office(at, 0.3 + self.chance.random() * 2)
        began = self._office(dispatched, 0.5 + self.chance.random() * 6)
        resolved = self._office(began, hours)
        by = self._lead(matter, dispatched)
        yield from self._handed_out(matter, by, dispatched, began - dispatched)
        yield began, partial(self._start, matter, by, began)
        yield resolved, partial(self._resolve, matter, by, resolved)
        return resolved

    def _handed_out(self, matter: Matter, by: Actor, at: datetime, until: timedelta) -> Iterator[Step]:
        """At once to whom it belongs; or to another first, who returns it; or by an objection, on which a colleague decides."""
        lot, wrong, checker = self.detours.random(), self._another(matter, by), self.actors[CHECKER.login]
        asked, decided = at + until * 0.3, at + until * 0.7
        first = wrong if wrong and lot < RETURNED else by
        yield at, partial(self._dispatch, matter, first, at)
        if first is not by:
            yield asked, partial(self._return, matter, first, asked)
            yield decided, partial(self._dispatch, matter, by, decided)
        elif RETURNED <= lot < RETURNED + OBJECTED:
            yield asked, partial(self._object, matter, by, asked)
            yield decided, partial(self._review, matter, checker, decided)

    def _another(self, matter: Matter, by: Actor) -> Actor | None:
        """A department that the matter does not belong to."""
        slug = self.detours.choice(sorted(set(self.leads.values())))
        actor = self.actors[HANDLER.login if slug == HANDLER.organisation else f"at-{slug}"]
        belongs = {by.organisation_code, self._department(matter).organisation_code}
        return None if actor.organisation_code in belongs else actor

    def _afterwards(self, matter: Matter, resolved: datetime) -> Iterator[Step]:
        lot = self.chance.random()
        if lot < 0.03 and not matter.kind.get("answered"):
            reopened = resolved + timedelta(hours=self.chance.uniform(2, 60))
            yield reopened, partial(self._reopen, matter, reopened)
            resolved = yield from self._handled(matter, reopened)
            yield from self._checked(matter, resolved)
        elif lot < 0.33:
            rated = resolved + timedelta(hours=self.chance.uniform(0.5, 70))
            score = self.chance.choices((5, 4, 3, 2, 1), (50, 28, 12, 6, 4))[0]
            yield rated, partial(self._rate, matter, score, rated)
            if score <= services.BAD:  # the rating reopens it
                resolved = yield from self._handled(matter, rated)
                yield from self._checked(matter, resolved)
        elif lot < 0.5 and matter.contact:
            called = self._office(resolved, self.chance.uniform(4, 40))
            yield called, partial(self._call_back, matter, called)
        else:
            matter.closes_on = (resolved + UNRATED_STAYS).astimezone(HERE).date()
            return
        matter.closes_on = (resolved + timedelta(days=5)).astimezone(HERE).date()

    def _checked(self, matter: Matter, resolved: datetime) -> Iterator[Step]:
        """What came back is looked at by somebody who had no hand in it, before it is archived."""
        at = self._office(resolved, self.chance.uniform(4, 40))
        yield at, partial(self._check, matter, at)

    def _office(self, at: datetime, hours: float) -> datetime:
        """So much later, at a time when an office works."""
        then = (at + timedelta(hours=hours)).astimezone(HERE)
        if then.hour >= 18:
            then = (then + timedelta(days=1)).replace(hour=8, minute=self.chance.randint(30, 59))
        elif then.hour < 8:
            then = then.replace(hour=8, minute=self.chance.randint(30, 59))
        return then.astimezone(UTC)

    def _watch(self, day: date) -> None:
        """What the worker does all day long, once a day: warn and escalate."""
        at = datetime.combine(day, time(8, 20), HERE).astimezone(UTC)
        if at < self.now:
            services.warn_due_soon(actor=self.system, now=at)
            services.escalate_overdue(actor=self.system, now=at)

    def _lead(self, matter: Matter, at: datetime) -> Actor:
        """Whom the duty list of that year names there, if somebody in the demo works there; else the department."""
        category, place, day = matter.kind["category"], matter.place.community_code or "", at.astimezone(HERE).date()
        if not place:
            return self._department(matter)
        if (category, place, day.year) not in self.lists:
            named = directory.who_answers(category=category, place_code=place, on=day)
            self.lists[category, place, day.year] = named.lead
        lead = self.lists[category, place, day.year]
        return (
            self.holders[lead] if lead in self.holders and lead != casework.centre_code() else self._department(matter)
        )

    def _department(self, matter: Matter) -> Actor:
        slug = self.leads[matter.kind["category"]]
        return self.actors[HANDLER.login if slug == HANDLER.organisation else f"at-{slug}"]

    def _open(self, matter: Matter) -> None:
        made = services.open_case(
            actor=self.reporter if matter.channel == "portal" else self.actors[WINDOW.login],
            words=matter.words,
            category=matter.kind["category"],
            place=matter.place,
            contact=matter.contact,
            tell=matter.number % 2 == 0,
            channel=matter.channel,
            now=matter.opened_at,
        )
        matter.case_id = made.case_id

    def _withdraw(self, matter: Matter, at: datetime) -> None:
        services.withdraw_case(actor=self.reporter, case_id=matter.id, now=at)

    def _dispatch(self, matter: Matter, by: Actor, at: datetime) -> None:
        services.dispatch_case(
            actor=self.actors[WINDOW.login],
            case_id=matter.id,
            lead_code=by.organisation_code,
            nature=matter.kind["nature"],
            now=at,
        )

    def _return(self, matter: Matter, by: Actor, at: datetime) -> None:
        cited, words = self._cited(matter, at), "不属于我单位职责，请按清单转主管单位。"
        services.return_task(actor=by, case_id=matter.id, article=cited, words=words, now=at)

    def _object(self, matter: Matter, by: Actor, at: datetime) -> None:
        cited, words = self._cited(matter, at), "清单上这一项由属地负责，我们只配合。"
        services.object_to_dispatch(actor=by, case_id=matter.id, article=cited, words=words, now=at)

    def _review(self, matter: Matter, by: Actor, at: datetime) -> None:
        words = "已核对清单，由你单位主办，属地配合。"
        services.review_objection(actor=by, case_id=matter.id, upheld=False, words=words, now=at)

    def _cited(self, matter: Matter, at: datetime) -> str:
        """An item of the lists of that day, for such a matter if there is one."""
        on, place = at.astimezone(HERE).date(), matter.place.community_code or ""
        items = directory.items_at(category=matter.kind["category"], place_code=place, on=on)
        known = [item.article for item in items] or sorted(directory.articles_at(place_code=place, on=on))
        return next(iter(known), MADE_UP)

    def _start(self, matter: Matter, by: Actor, at: datetime) -> None:
        services.start_task(actor=by, case_id=matter.id, now=at)

    def _resolve(self, matter: Matter, by: Actor, at: datetime) -> None:
        reply = self.chance.choice(matter.kind["replies"])
        services.resolve_case(actor=by, case_id=matter.id, reply=reply, now=at)

    def _rate(self, matter: Matter, score: int, at: datetime) -> None:
        services.rate_case(actor=self.reporter, case_id=matter.id, score=score, now=at)

    def _call_back(self, matter: Matter, at: datetime) -> None:
        services.call_back(actor=self.actors[CHECKER.login], case_id=matter.id, score=5, now=at)

    def _check(self, matter: Matter, at: datetime) -> None:
        checker = self.actors[CHECKER.login]
        card = casework.call_back_for(checker, matter.id)
        if card is None:
            raise LookupError("the new answer of what came back is on the list")
        outcome, words = ("satisfied", "说这次办好了。") if card.has_contact else ("holds", "到现场看过，与答复一致。")
        services.record_call_back(actor=checker, call_back_id=card.call_back_id, outcome=outcome, words=words, now=at)

    def _reopen(self, matter: Matter, at: datetime) -> None:
        services.reopen_case(actor=self.reporter, case_id=matter.id, words="看着好了，过了两天又是老样子。", now=at)

    def _close(self, ended: Sequence[Matter], at: datetime) -> None:
        done = [Closing(case_id=matter.id) for matter in ended]
        services.close_cases(actor=self.actors[CHECKER.login], items=done, now=at)
