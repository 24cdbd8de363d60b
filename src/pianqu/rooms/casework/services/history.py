"""take_history: matters of another system, each as the chain of acts that it claims, many in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

from pianqu.foundation.actor import Actor
from pianqu.foundation.verbs import verb
from pianqu.rooms.casework.services.moving import Closing, Resolution, close_cases, resolve_cases
from pianqu.rooms.casework.services.opening import Opened, Opening, open_cases
from pianqu.rooms.casework.services.parts import Claim


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """One matter of another system: what came in, and how it ended if it did."""

    organisation_code: str
    opening: Opening
    reply: str = ""
    resolved: Claim | None = None
    closed: Claim | None = None
    close_reason: str = "imported"


@verb
def take_history(*, actor: Actor, items: Sequence[History], now: datetime) -> int:
    """Open, resolve and close what the items claim, each under its own organisation; answers how many there were."""
    ordered = sorted(items, key=lambda item: item.organisation_code)
    for code, group in groupby(ordered, key=lambda item: item.organisation_code):
        _take(replace(actor, organisation_code=code), list(group), now)
    return len(items)


def _take(actor: Actor, items: Sequence[History], now: datetime) -> None:
    opened = open_cases(actor=actor, items=[item.opening for item in items], now=now)
    pairs = list(zip(items, opened, strict=True))
    if ends := [_resolution(item, case) for item, case in pairs if item.resolved]:
        resolve_cases(actor=actor, items=ends, now=now)
    if closings := [_closing(item, case) for item, case in pairs if item.closed]:
        close_cases(actor=actor, items=closings, now=now)


def _resolution(item: History, case: Opened) -> Resolution:
    return Resolution(case_id=case.case_id, reply=item.reply, claim=item.resolved)


def _closing(item: History, case: Opened) -> Closing:
    return Closing(case_id=case.case_id, reason=item.close_reason, claim=item.closed)
