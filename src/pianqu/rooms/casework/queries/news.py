"""What others changed since a page was drawn: asked every few seconds by every open desk, so it is few statements, never more.

The ledger is the source: no table of its own, nothing to write. A page carries a mark of what it already shows.
"""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from pianqu.foundation import ids
from pianqu.foundation.actor import Actor
from pianqu.rooms.casework.models import Case
from pianqu.rooms.casework.queries.cases import CaseFilter, TimelineItem, check_sees, where_of
from pianqu.rooms.casework.queries.search import sought
from pianqu.rooms.casework.queries.seen import few_seen_by, one_seen_by
from pianqu.rooms.ledger import queries as ledger
from pianqu.rooms.ledger.queries import Recorded

MOST_NEWS = 500
"""Entries that are looked at; a desk left open over a flood hears of the newest."""
LATE = 2_000
"""Milliseconds within which an entry whose id was made earlier may become visible later."""
MOST_KNOWN = 24
_TAIL = 12
_SUBJECT = "case:"
_NOTHING = uuid.UUID(int=0)
_QUIET = frozenset({"casework.dispatch-suggested", "casework.bulk-item-refused"})
"""What a program proposed or tried in vain: nothing on the page became different."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What a page shows already: entries up to an id, and the few after it that are known."""

    after: uuid.UUID = _NOTHING
    known: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return ".".join([self.after.hex, *sorted(self.known)])

    @classmethod
    def of(cls, text: str) -> "Mark | None":
        """Empty: nothing is known. None for what no page can have carried."""
        if not text:
            return cls()
        first, *known = text[: 33 + (_TAIL + 1) * MOST_KNOWN].split(".")
        try:
            return cls(uuid.UUID(hex=first), frozenset(known))
        except ValueError:
            return None

    def unknown(self, entries: Collection[Recorded]) -> tuple[Recorded, ...]:
        return tuple(one for one in entries if _tail(one) not in self.known)


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """Matters that the actor may see and that changed: those that belong to the list now, and others."""

    here: frozenset[uuid.UUID] = frozenset()
    elsewhere: frozenset[uuid.UUID] = frozenset()
    """On the list only if they stood there before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseNews:
    """The newest change of one matter, and how many there are."""

    times: int
    organisation_code: str
    at: datetime


def mark_now() -> Mark:
    """To be taken before what the page shows is read: then nothing slips between the two. One statement."""
    newest = ledger.recorded_after(_NOTHING, MOST_KNOWN)
    if not newest:
        return Mark()
    after = ids.some_before(newest[0].entry_id, LATE)
    if len(newest) == MOST_KNOWN:  # more than a page can carry: it looks less far back
        after = max(after, newest[-1].entry_id)
    return Mark(after, frozenset(_tail(one) for one in newest if one.entry_id > after))


def recorded_since(mark: Mark) -> tuple[Recorded, ...]:
    """Everything new in the books, whoever may see it: for `news_for` alone. One statement."""
    return mark.unknown(ledger.recorded_after(mark.after, MOST_NEWS))


def news_for(actor: Actor, recorded: Collection[Recorded], filters: CaseFilter, now: datetime) -> News:
    """Which of the actor's matters these entries changed. Two statements beside the scope's, none where nothing is new."""
    changed = {_case_of(one) for one in recorded if _tells(one)}
    if not changed:
        return News()
    # a platform's queue alone shows its members what they see as members
    mine = one_seen_by(actor) if filters.platform else few_seen_by(actor)
    seen = frozenset(mine.filter(id__in=changed).values_list("id", flat=True))
    if not seen or filters == CaseFilter():
        return News(here=seen)
    where = where_of(filters, actor, now) & sought(filters.text).where
    here = frozenset(Case.objects.filter(id__in=seen).filter(where).values_list("id", flat=True))
    return News(here=here, elsewhere=seen - here)


def mark_of(timeline: Collection[TimelineItem]) -> str:
    """How many changes a matter's page tells already: what it carries. No statement."""
    return str(sum(map(_is_change, (item.kind for item in timeline))))


def news_of(actor: Actor, case_id: uuid.UUID, mark: str) -> CaseNews | None:
    """What became of a matter since its page was drawn. Two statements. Raises Absent where the actor may not see it."""
    check_sees(actor, case_id)
    told = _told(case_id)
    known = int(mark) if mark.isdecimal() and len(mark) < _TAIL else len(told)
    if len(told) <= known:
        return None
    return CaseNews(times=len(told) - known, organisation_code=told[-1].organisation_code, at=told[-1].at)


def _told(case_id: uuid.UUID) -> tuple[Recorded, ...]:
    return tuple(one for one in ledger.recorded_of(f"{_SUBJECT}{case_id}") if _tells(one))


def _tells(one: Recorded) -> bool:
    return one.subject.startswith(_SUBJECT) and _is_change(one.kind)


def _is_change(kind: str) -> bool:
    return kind.startswith("casework.") and kind not in _QUIET


def _case_of(one: Recorded) -> uuid.UUID:
    return uuid.UUID(one.subject.removeprefix(_SUBJECT))


def _tail(one: Recorded) -> str:
    return one.entry_id.hex[-_TAIL:]
