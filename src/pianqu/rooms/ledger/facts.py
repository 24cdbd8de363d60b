"""Facts about the ledger itself: a personal datum was read, an entry's secret was destroyed."""

from dataclasses import dataclass
from typing import ClassVar

from pianqu.foundation.facts import Fact


@dataclass(frozen=True, kw_only=True)
class PersonalDataRead(Fact):
    """Somebody looked at protected data of a person. The subject says whose; erasable with the person's other data."""

    kind: ClassVar[str] = "ledger.personal-data-read"
    about_person: ClassVar[bool] = True

    purpose: str
    fields: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class EntryErased(Fact):
    """Payload and salt of an entry were destroyed (个人信息保护法 第四十七条); its leaf stays in the log."""

    kind: ClassVar[str] = "ledger.entry-erased"

    entry_id: str
    reason: str
