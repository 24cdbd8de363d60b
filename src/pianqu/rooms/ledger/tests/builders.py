"""Makes entries by recording facts in a verb, so that test data is lawful."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

from pianqu.foundation.actor import Actor
from pianqu.foundation.facts import Fact
from pianqu.foundation.verbs import verb
from pianqu.rooms.ledger import services
from pianqu.rooms.ledger.services import Recorded

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
SYSTEM = Actor(kind="system", organisation_code="330205")


@dataclass(frozen=True, kw_only=True)
class Noted(Fact):
    """A fact for tests."""

    kind: ClassVar[str] = "tests.noted"
    number: int = 0


@dataclass(frozen=True, kw_only=True)
class SeenPerson(Fact):
    """A fact about a person, for tests of erasure."""

    kind: ClassVar[str] = "tests.person-seen"
    about_person: ClassVar[bool] = True
    who: str = "somebody"


def noted(number: int = 0, *, organisation: str = "330205", subject: str = "thing:1") -> Noted:
    return Noted(subject=subject, organisation_code=organisation, number=number)


@verb
def note_down(*facts: Fact, now: datetime = NOW) -> tuple[Recorded, ...]:
    """Record these facts and nothing else."""
    return services.record(facts, actor=SYSTEM, now=now)


def sealed(*facts: Fact) -> tuple[Recorded, ...]:
    """Record and seal."""
    services.create_log(now=NOW)
    recorded = note_down(*facts)
    services.seal(now=NOW)
    return recorded
