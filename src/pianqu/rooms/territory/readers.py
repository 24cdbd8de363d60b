"""What territory makes of its own facts: how each grid differs from the one before, and who was carried over. A replay makes
the same again: versions and rolls of buildings never change."""

import uuid
from collections.abc import Sequence
from datetime import date

from pianqu.rooms.ledger import services as ledger
from pianqu.rooms.ledger.services import Heard
from pianqu.rooms.territory import queries
from pianqu.rooms.territory.facts import GridAdopted, PeopleCarried
from pianqu.rooms.territory.models import CellPart, CommunityMove, GridChange, PeopleMove
from pianqu.rooms.territory.queries import Change

NAME = queries.CHANGES
WHOLE = 1 - 1e-9
AT_ONCE = 500


def hear(heard: Sequence[Heard]) -> None:
    """Keep what changed, adoption by adoption; what is about a grid that is not here is passed over."""
    known = {card.version_id for card in queries.versions()} if any(map(_concerns, heard)) else set()
    beside = []
    for item in heard:
        fact = item.fact
        if not isinstance(fact, GridAdopted | PeopleCarried):
            continue
        if uuid.UUID(fact.version_id) not in known:
            beside.append(item)
        elif isinstance(fact, GridAdopted):
            _keep(queries.change_of(uuid.UUID(fact.version_id)))
        else:
            _carried(fact)
    ledger.pass_over(reader=NAME, facts=beside)


def forget() -> None:
    """Remove all that was kept, before a replay."""
    for model in (PeopleMove, CellPart, CommunityMove, GridChange):
        model.objects.all().delete()


def _concerns(item: Heard) -> bool:
    return isinstance(item.fact, GridAdopted | PeopleCarried)


def _keep(change: Change | None) -> None:
    if change is None:
        return
    row = GridChange.objects.create(
        version_id=change.version_id,
        former_id=change.former_id,
        roll_id=change.roll_id,
        kept=len(change.kept),
        gone=len(change.gone),
        new=len(change.new),
        households=change.households,
        moved=change.moved,
    )
    CommunityMove.objects.bulk_create(
        CommunityMove(
            change=row,
            community_code=one.community_code,
            old_code=one.old_code,
            new_code=one.new_code,
            households=one.households,
        )
        for one in change.communities
    )
    told = [part for part in change.parts if part.old != part.new or part.share < WHOLE]
    CellPart.objects.bulk_create(
        (
            CellPart(
                change=row,
                old_code=part.old,
                new_code=part.new,
                households=part.households,
                share=part.share,
                by_area=part.by_area,
            )
            for part in told
        ),
        batch_size=AT_ONCE,
    )


def _carried(fact: PeopleCarried) -> None:
    row = GridChange.objects.get(version_id=uuid.UUID(fact.version_id))
    row.carried_on = date.fromisoformat(fact.valid_from)
    row.save(update_fields=["carried_on"])
    moves = [*fact.carried, *((old, "", posts) for old, posts in fact.waiting)]
    PeopleMove.objects.bulk_create(
        (PeopleMove(change=row, old_code=old, new_code=new, posts=posts) for old, new, posts in moves),
        batch_size=AT_ONCE,
    )
