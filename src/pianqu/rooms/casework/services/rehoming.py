"""rehome_cases: another grid is in force, and open matters are located in it. They keep the cell and version of their day.

Where a community came to another cluster, the new cluster's centre has from then on what the former one had; clocks run on.
"""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Q
from django.utils import timezone

from pianqu.foundation.actor import Actor
from pianqu.foundation.verbs import verb
from pianqu.rooms.casework import rules
from pianqu.rooms.casework.facts import CaseRehomed, CasesRehomed
from pianqu.rooms.casework.models import Case, Rehoming
from pianqu.rooms.casework.services.handing import Passing, alive, loaded, moved, store
from pianqu.rooms.casework.services.passing import Way, pass_waits
from pianqu.rooms.casework.services.steps import tell
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.directory.services import Reorganisation
from pianqu.rooms.ledger import services as ledger
from pianqu.rooms.territory import queries as territory
from pianqu.rooms.territory.queries import CellPlace, ClusterCard, VersionCard

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where a matter lies in one grid."""

    cell_code: str
    cluster_code: str
    centre_code: str


@dataclass(frozen=True, slots=True)
class _Row:
    case_id: uuid.UUID
    lon: float | None
    lat: float | None
    place_code: str


@dataclass(frozen=True, slots=True)
class _Homing:
    """A matter with where it lay and where it lies."""

    case_id: uuid.UUID
    old: _Spot
    new: _Spot


@verb
def rehome_cases(*, actor: Actor, version_id: uuid.UUID, now: datetime) -> bool:
    """Locate the next open matters in a version that is in force, and hand over what goes to another centre; answers whether
    more are left.

    Matters with a point are located by it, others follow their community. The number of statements does not grow with the
    number of matters. Each call is one transaction and goes on behind the last: a worker that was stopped does nothing twice.
    Raises Forbidden, Absent for an unknown version.
    """
    rules.check_may_rehome(actor)
    Rehoming.objects.get_or_create(version_id=version_id)
    run = Rehoming.objects.select_for_update().get(version_id=version_id)
    if run.done_at is not None:
        return False
    version = territory.version(version_id)
    rows = _next(run, version, now)
    homes = _homes(rows, version.valid_from)
    passed = _hand_over(homes, version.valid_from, now)
    run.after = rows[-1].case_id if rows else run.after
    run.cases += len(rows)
    run.done_at = now if len(rows) < AT_ONCE else None
    run.save(update_fields=["after", "cases", "done_at"])
    facts = [
        tell(actor, one.case, CaseRehomed, version_id=str(version_id), moves=tuple(one.moves))
        for one in passed.values()
    ]
    told = CasesRehomed(
        subject=f"grid:{version_id}",
        organisation_code=actor.organisation_code,
        version_id=str(version_id),
        homes=tuple(_told(home, handed=home.case_id in passed) for home in homes),
        done=run.done_at is not None,
    )
    ledger.record([*facts, told], actor=actor, now=now)
    return run.done_at is None


def _next(run: Rehoming, version: VersionCard, now: datetime) -> list[_Row]:
    """Matters from before this grid that somebody works on or that may come back, by id."""
    midnight = datetime.combine(version.valid_from, time.min, timezone.get_default_timezone())
    where = alive(now) & Q(opened_at__lt=max(midnight, version.adopted_at))
    where &= Q(id__gt=run.after) if run.after else Q()
    found = Case.objects.filter(where).exclude(grid_version=version.version_id).order_by("id")
    rows = found.values_list("id", "lon", "lat", "place_code")[:AT_ONCE]
    return [_Row(id_, lon, lat, place or "") for id_, lon, lat, place in rows]


def _homes(rows: Sequence[_Row], day: date) -> list[_Homing]:
    old, new = _spots(rows, day - timedelta(days=1)), _spots(rows, day)
    return [_Homing(row.case_id, old[row.case_id], new[row.case_id]) for row in rows]


def _spots(rows: Sequence[_Row], on: date) -> dict[uuid.UUID, _Spot]:
    pointed = [(row.case_id, row.lon, row.lat) for row in rows if row.lon is not None and row.lat is not None]
    places = territory.locate_cells([(lon, lat) for _id, lon, lat in pointed], on=on)
    found = dict(zip((id_ for id_, _lon, _lat in pointed), places, strict=True))
    home = {code: card for card in territory.clusters(on=on) for code in card.community_codes}
    return {row.case_id: _spot(row, found.get(row.case_id, territory.NOWHERE), home) for row in rows}


def _spot(row: _Row, place: CellPlace, home: Mapping[str, ClusterCard]) -> _Spot:
    cluster = home.get(place.community_code or row.place_code)
    cell = place.micro_code or place.cell_code
    return _Spot(cell, cluster.code, cluster.centre_code) if cluster else _Spot(cell, "", "")


def _hand_over(homes: Sequence[_Homing], day: date, now: datetime) -> dict[uuid.UUID, Passing]:
    """What lies with the centre of a former cluster goes to that of the new one."""
    ways: dict[uuid.UUID, tuple[str, str]] = {}
    living = {
        code for code, card in directory.organisations({h.new.centre_code for h in homes}).items() if not card.ended
    }
    for home in homes:
        old, new = home.old.centre_code, home.new.centre_code
        if old and new in living and old not in (new, rules.centre_code()):
            ways[home.case_id] = (old, new)
    passed = [one for one in loaded(sorted(ways)) if moved(one, _way(ways[one.case.id]))] if ways else []
    store(passed, lambda case: _way(ways[case.id]), now)
    groups: dict[tuple[str, str], list[uuid.UUID]] = defaultdict(list)
    for one in passed:
        groups[ways[one.case.id]].append(one.case.id)
    for (old, new), ids in sorted(groups.items()):
        pass_waits(ids, Reorganisation(of=(old,), rest_to=new, on=day))
    return {one.case.id: one for one in passed}


def _way(pair: tuple[str, str]) -> Way:
    return lambda code: pair[1] if code == pair[0] else code


def _told(home: _Homing, *, handed: bool) -> tuple[str, str, str, str, str, str, str]:
    centres = (home.old.centre_code, home.new.centre_code) if handed else ("", "")
    old, new = home.old, home.new
    return (str(home.case_id), old.cell_code, new.cell_code, old.cluster_code, new.cluster_code, *centres)
