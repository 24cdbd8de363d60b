"""Load the demo: every act goes through its verb, in the order of the time at which it is said to have happened."""

import random
import tomllib
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pianqu.composition.demo.people import HANDLER, WINDOW, make_people
from pianqu.composition.demo.pictures import drawn
from pianqu.composition.district import load_district
from pianqu.foundation.actor import Actor
from pianqu.foundation.installation import installation
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.casework import services
from pianqu.rooms.casework.services import PlaceChoice
from pianqu.rooms.territory import queries as territory
from pianqu.rooms.territory.queries import PlaceCard

SEED = 330205
SAYS_SYNTHETIC = "（演示数据）"
"""At the end of every matter's words: nobody may take it for a real one."""
FIRST_DAY = timedelta(days=160)
_JITTER = 0.0015
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Act:
    at: datetime
    order: int
    run: Callable[[], None]


def load(now: datetime) -> None:
    """District, people and matters. A load that was cut off is finished by the next one: nothing is made twice."""
    began = now - FIRST_DAY
    load_district(code=installation().district_code, now=began)
    actors = make_people(now=began)
    rows = tomllib.loads(Path(__file__).with_name("cases.toml").read_text(encoding="utf-8"))["case"]
    chance = random.Random(SEED)
    acts: list[_Act] = []
    for number, row in enumerate(rows):
        acts += _Matter(number, row, actors, _place(row, chance), now).acts()
    for act in sorted(acts, key=lambda act: (act.at, act.order)):
        act.run()


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

    def __init__(self, number: int, row: Row, actors: dict[str, Actor], place: PlaceChoice, now: datetime) -> None:
        self.number, self.row, self.actors, self.place, self.now = number, row, actors, place, now
        self.channel: str = row.get("by", "portal")
        self.opened_at = now - timedelta(days=row["days"], hours=row["hours"] % 24)
        self.case_id: uuid.UUID | None = None

    def acts(self) -> Iterator[_Act]:
        """In the order of time; those that would lie ahead of now are left out."""
        row = self.row
        planned: list[tuple[float, Callable[[], None]]] = [(0, self._open)]
        if "add" in row:
            planned.append((row["add"]["after"], self._extend))
        if row.get("state") == "withdrawn":
            planned.append((row["after"], self._withdraw))
        if "reply" in row:
            planned.append((row["after"], self._resolve))
        if "closed" in row:
            planned.append((row["after"] + row["closed"], self._close))
        for step, (hours, run) in enumerate(planned):
            at = self.opened_at + timedelta(hours=hours)
            if at <= self.now:
                yield _Act(at, step, run)

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
            contact=row.get("contact"),
            photos=[drawn(row["photo"])] if "photo" in row else [],
            channel=self.channel,
            idempotency_key=f"demo-{self.number}",
            now=self.opened_at,
        )
        self.case_id = made.case_id

    def _state(self) -> str:
        return casework.case_head(self._id).state

    @property
    def _id(self) -> uuid.UUID:
        if self.case_id is None:
            raise LookupError("the matter is opened first")
        return self.case_id

    def _after(self, hours: float) -> datetime:
        return self.opened_at + timedelta(hours=hours)

    def _extend(self) -> None:
        added = self.row["add"]
        if casework.resident_case(self._id).additions:
            return
        services.extend_case(
            actor=self._reporter, case_id=self._id, words=added["words"], now=self._after(added["after"])
        )

    def _withdraw(self) -> None:
        if self._state() == "opened":
            services.withdraw_case(actor=self._reporter, case_id=self._id, now=self._after(self.row["after"]))

    def _resolve(self) -> None:
        if self._state() == "opened":
            services.resolve_case(
                actor=self._official, case_id=self._id, reply=self.row["reply"], now=self._after(self.row["after"])
            )

    def _close(self) -> None:
        if self._state() == "resolved":
            services.close_case(
                actor=self._official, case_id=self._id, now=self._after(self.row["after"] + self.row["closed"])
            )
