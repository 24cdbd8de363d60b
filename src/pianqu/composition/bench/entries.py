"""Facts as matters leave them behind, in several organisations' chains, and the verb that takes them down."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import cycle
from typing import Any
from uuid import UUID

from pianqu.foundation.actor import Actor
from pianqu.foundation.facts import Fact
from pianqu.foundation.ids import new_id
from pianqu.foundation.verbs import verb
from pianqu.kernels.leaf import b64
from pianqu.rooms.casework import facts as told
from pianqu.rooms.ledger import services
from pianqu.rooms.ledger.facts import PersonalDataRead

CENTRE = "330205-centre"
DEPARTMENTS = ("enforcement", "market", "housing", "ecology", "water", "transport", "health", "education")
CATEGORIES = ("roads", "environment", "traffic", "noise", "water")
PLACES = ("330205005003", "330205004003", "330205103001")


@dataclass
class Life:
    """One matter after another, four facts each: opened, dispatched, its contact looked at, archived. The matters themselves are
    not there, so no fact is among them whose readers would miss its matter."""

    seed: int = 7
    _dice: random.Random = field(init=False)
    _made: int = 0

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)
        self._departments = cycle(f"330205-{name}" for name in DEPARTMENTS)

    def facts(self, count: int) -> list[Fact]:
        """The next facts, in the order in which they would happen."""
        made: list[Fact] = []
        while len(made) < count:
            made += self._matter()
        return made[:count]

    def _matter(self) -> list[Fact]:
        case_id, category, place = str(new_id()), self._dice.choice(CATEGORIES), self._dice.choice(PLACES)
        department, self._made = next(self._departments), self._made + 1
        at: dict[str, Any] = {
            "subject": f"case:{case_id}",
            "case_id": case_id,
            "category": category,
            "place_code": place,
        }
        return [
            told.CaseOpened(
                organisation_code=CENTRE,
                case_code=f"B{self._made:07d}",
                channel="portal",
                place_source="community",
                words_commitment=self._commitment(),
                due_at="2026-12-01T00:00:00+08:00",
                due_rule="case.acceptance",
                due_last_day="2026-11-30",
                **at,
            ),
            told.CaseDispatched(
                organisation_code=CENTRE,
                lead_code=department,
                list_kind="basic",
                article="12",
                due_at="2026-12-08T00:00:00+08:00",
                words_commitment=self._commitment(),
                **at,
            ),
            PersonalDataRead(
                subject=at["subject"], organisation_code=department, purpose="call back", fields=("name", "contact")
            ),
            told.CaseClosed(organisation_code=CENTRE, reason="rated", **at),
        ]

    def _commitment(self) -> str:
        return b64(self._dice.randbytes(32))


@verb
def take_down(*, actor: Actor, facts: Sequence[Fact], now: datetime) -> list[UUID]:
    """Record facts and nothing else, in one transaction: what every verb pays for its place in the ledger."""
    return [one.entry_id for one in services.record(facts, actor=actor, now=now)]
