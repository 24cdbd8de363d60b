"""Who reads which facts: everything that can follow from a verb stands in this one table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from django.utils import timezone

from pianqu.rooms.casework import readers as casework
from pianqu.rooms.ledger import jobs as witnesses
from pianqu.rooms.ledger import services as ledger
from pianqu.rooms.ledger.services import Heard, Pages
from pianqu.rooms.notices import readers as notices
from pianqu.rooms.partners import readers as partners
from pianqu.rooms.territory import readers as territory


@dataclass(frozen=True, slots=True)
class Reader:
    """One reader of the ledger, with its own cursor."""

    name: str
    hear: Callable[[Sequence[Heard]], None]
    forget: Callable[[], None]
    """Remove the derived rows that it made, before a replay."""


READERS: tuple[Reader, ...] = (
    Reader(name=territory.NAME, hear=territory.hear, forget=territory.forget),
    Reader(name=casework.NAME, hear=casework.hear, forget=casework.forget),
    Reader(name=casework.CHANGES, hear=casework.hear_changes, forget=casework.forget_changes),
    Reader(name=casework.HOT, hear=casework.hear_erasures, forget=casework.forget_hot_issues),
    Reader(name=casework.REHOMING, hear=casework.hear_grids, forget=casework.forget_grids),
    Reader(name=partners.ACT, hear=partners.act, forget=partners.keep),
    Reader(name=partners.FOLLOW, hear=partners.follow, forget=partners.keep),
    Reader(name=partners.POST, hear=partners.post, forget=partners.keep),
    Reader(name=notices.INBOX, hear=notices.hear, forget=notices.forget),
    Reader(name=notices.MESSAGES, hear=notices.plan, forget=notices.keep),
    Reader(name=notices.WEBHOOKS, hear=notices.tell_systems, forget=notices.keep),
)


def learn_what_was_seen() -> None:
    """What witnesses hold of this ledger, before this process signs anything: a ledger that was put back finds out."""
    witnesses.learn_what_was_seen()


def seal_some(most: int) -> int:
    """Seal what waits now, at most so many; what is recorded meanwhile comes next. Answers how many got their position."""
    return ledger.seal(now=timezone.now(), batch=most)


def seal() -> int:
    """Seal everything that waits, as long as anything does; answers how many entries got their position."""
    total = 0
    while sealed := ledger.seal(now=timezone.now()):
        total += sealed
    return total


def seal_and_drain() -> None:
    """Bring everything up to date at once, for a command that runs without a worker: what readers record is heard too."""
    while seal() + drain():
        pass


def catching_up(*, at_once: int, pages: Pages | None = None) -> list[tuple[str, Callable[[], int]]]:
    """Every reader's name with the act that lets it hear the next facts: `at_once` of them, or a page more."""
    return [(reader.name, partial(_catch_up, reader, at_once, pages)) for reader in READERS]


def drain() -> int:
    """Let every reader catch up with what is sealed; answers how many facts were heard in all."""
    pages = Pages()
    return sum(_catch_up(reader, pages=pages) for reader in READERS)


def _catch_up(reader: Reader, at_once: int | None = None, pages: Pages | None = None) -> int:
    total = 0
    while at_once is None or total < at_once:
        heard = ledger.deliver(reader=reader.name, to=reader.hear, pages=pages)
        if not heard:
            break
        total += heard
    return total


def replay(name: str) -> int:
    """Let one reader hear everything again from the first entry. Raises KeyError for an unknown reader."""
    reader = {reader.name: reader for reader in READERS}[name]
    ledger.replay(reader=reader.name, forget=reader.forget)
    return _catch_up(reader)
