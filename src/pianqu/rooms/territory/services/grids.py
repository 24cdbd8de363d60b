"""The grid: a whole version is adopted at once; cells get their people; a list says what may be handed to them."""

import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Invalid, Refused
from pianqu.foundation.ids import new_id
from pianqu.foundation.verbs import verb
from pianqu.kernels import canonical
from pianqu.kernels.leaf import text_commitment
from pianqu.rooms.directory import queries as directory_questions
from pianqu.rooms.directory import services as directory
from pianqu.rooms.ledger import services as ledger
from pianqu.rooms.territory import queries, rules
from pianqu.rooms.territory.facts import CellStaffed, EntryListSet, GridAdopted
from pianqu.rooms.territory.models import CellPerson, Cluster, ClusterCommunity, EntryItem, GridCell, GridVersion, Place
from pianqu.rooms.territory.queries import CELL_KINDS, CELL_ROLES, MICRO, SPECIAL, SPECIAL_KINDS

CENTIMETRES = 10_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCell:
    """A cell to be adopted. `geometry` is valid GeoJSON in WGS 84 (kernels.rings.drawn makes it so), with a point inside."""

    code: str
    name: str
    kind: str
    community_code: str
    geometry: Mapping[str, Any]
    lon: float
    lat: float
    special_kind: str = ""
    parent_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCluster:
    """Communities that are to be governed together, with the organisation that is their centre (or none yet)."""

    code: str
    name: str
    community_codes: Sequence[str]
    centre_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPerson:
    """A post for a cell; roles are leader, full_time, part_time, adviser, other."""

    role: str
    post_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEntry:
    """A line of the entry list."""

    cell_kind: str
    category: str
    article: str


@dataclass(slots=True)
class _Known:
    communities: set[str]
    cells: dict[str, NewCell] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """What is to be in force, from which day on, and where it comes from."""

    cells: Sequence[NewCell]
    clusters: Sequence[NewCluster]
    valid_from: date
    source: str
    synthetic: bool = False
    plan_id: str = ""
    reverts: uuid.UUID | None = None
    restores: uuid.UUID | None = None
    reason: str = ""
    reason_salt: bytes = b""


@verb
def adopt_grid(
    *,
    actor: Actor,
    cells: Sequence[NewCell],
    clusters: Sequence[NewCluster],
    valid_from: date,
    source: str,
    synthetic: bool = False,
    plan_id: str = "",
    now: datetime,
) -> uuid.UUID:
    """Put a whole grid into force from a day on; the one before ends that day. Answers the version's id.

    The centres of clusters work on their communities from then on. `plan_id` names the draft from which it comes. Raises Invalid
    for cells and clusters that do not fit, Refused for a day that is not after the last grid's.
    """
    rules.check_may_adopt_grid(actor)
    former = latest()
    if former is not None and valid_from <= former.valid_from:
        raise Refused(
            "grid-day",
            _("A grid is in force since %(day)s; the new one has to begin after it. Nothing was changed.")
            % {"day": former.valid_from.isoformat()},
        )
    adoption = Adoption(
        cells=cells, clusters=clusters, valid_from=valid_from, source=source, synthetic=synthetic, plan_id=plan_id
    )
    return put_in_force(actor, adoption, former, now)


def latest() -> GridVersion | None:
    """The version without an end; held, so that two adoptions wait for each other.

    Asked twice: a statement that waited does not see the version that it waited for.
    """
    open_ended = GridVersion.objects.select_for_update().filter(valid_to=None)
    open_ended.first()
    return open_ended.first()


def put_in_force(actor: Actor, adoption: Adoption, former: GridVersion | None, now: datetime) -> uuid.UUID:
    """Save the version, end the one before, tell it, and send the centres to their communities. Raises Invalid."""
    _check_cells(adoption.cells)
    _check_clusters(adoption.clusters)
    version = GridVersion(
        id=new_id(),
        valid_from=adoption.valid_from,
        source=adoption.source[:80],
        synthetic=adoption.synthetic,
        digest=_digest(adoption.cells, adoption.clusters),
        adopted_at=now,
        reverts=adoption.reverts,
        reason=adoption.reason,
        reason_salt=adoption.reason_salt,
    )
    before = GridVersion.objects.filter(valid_from__lt=adoption.valid_from).order_by("-valid_from", "-adopted_at")
    former_id = next((row.id for row in before if row.valid_to is None or row.valid_to > row.valid_from), None)
    if former is not None:
        former.valid_to = adoption.valid_from
        former.save(update_fields=["valid_to"])
    _save(version, adoption.cells, adoption.clusters)
    ledger.record([_told(actor, adoption, version, former_id)], actor=actor, now=now)
    _send_centres(actor, former, adoption.clusters, adoption.valid_from, now)
    queries.forget_grids()
    return version.id


def _told(actor: Actor, adoption: Adoption, version: GridVersion, former_id: uuid.UUID | None) -> GridAdopted:
    kinds = Counter(cell.kind for cell in adoption.cells)
    return GridAdopted(
        subject=f"grid:{version.id}",
        organisation_code=actor.organisation_code,
        version_id=str(version.id),
        valid_from=adoption.valid_from.isoformat(),
        source="",
        ordinary=kinds["ordinary"],
        special=kinds["special"],
        micro=kinds["micro"],
        clusters=len(adoption.clusters),
        digest=version.digest,
        former_id=str(former_id or ""),
        plan_id=adoption.plan_id,
        reverts=str(adoption.reverts or ""),
        restores=str(adoption.restores or ""),
        reason_commitment=text_commitment(adoption.reason, adoption.reason_salt) if adoption.reason else "",
    )


def _send_centres(
    actor: Actor, former: GridVersion | None, clusters: Sequence[NewCluster], valid_from: date, now: datetime
) -> None:
    """Centres work on the communities of their clusters; one that has no cluster any more works on none."""
    areas: dict[str, Sequence[str]] = {cluster.centre_code: cluster.community_codes for cluster in clusters}
    if former is not None:
        gone = Cluster.objects.filter(version=former).exclude(centre_code__in=areas)
        areas |= dict.fromkeys(gone.values_list("centre_code", flat=True), ())
    for code, communities in sorted(areas.items()):
        if code:
            directory.serve_areas(
                actor=actor, organisation_code=code, area_codes=communities, valid_from=valid_from, now=now
            )


def _check_cells(cells: Sequence[NewCell]) -> None:
    if not cells:
        raise Invalid("grid-empty", _("This grid has no cell. Nothing was changed."))
    for code, reason, is_twice in cell_faults(cells):
        raise Invalid("cell-twice" if is_twice else "cell-wrong", reason if is_twice else f"{code}: {reason}")


def cell_faults(cells: Sequence[NewCell]) -> Iterator[tuple[str, str, bool]]:
    """Every cell that an adoption would refuse: its code, why, and whether it stands there twice. One statement."""
    known = _Known(set(Place.objects.filter(level="community", valid_to=None).values_list("code", flat=True)))
    for cell in cells:
        if cell.code in known.cells:
            yield cell.code, _("The cell %(code)s is there twice.") % {"code": cell.code}, True
        known.cells[cell.code] = cell
    for cell in cells:
        if reason := _fault(cell, known):
            yield cell.code, reason, False


def _fault(cell: NewCell, known: _Known) -> str:
    if not cell.code or len(cell.code) > 24 or not cell.name:
        return _("A cell needs a code of at most 24 characters and a name.")
    if cell.kind not in CELL_KINDS:
        return _("A cell is ordinary, special or micro.")
    if cell.community_code not in known.communities:
        return _("The community %(code)s is not known.") % {"code": cell.community_code}
    if (cell.kind == SPECIAL) != (cell.special_kind in SPECIAL_KINDS) or (cell.kind != SPECIAL and cell.special_kind):
        return _("A special cell is a market, campus, hospital, park or office block, and no other cell is.")
    parent = known.cells.get(cell.parent_code)
    if (cell.kind == MICRO) != (parent is not None and parent.kind != MICRO) or (
        cell.kind != MICRO and cell.parent_code
    ):
        return _("A micro-cell lies in one ordinary or special cell, and no other cell lies in one.")
    return ""


def _check_clusters(clusters: Sequence[NewCluster]) -> None:
    communities = set(Place.objects.filter(level="community", valid_to=None).values_list("code", flat=True))
    seen: dict[str, str] = {}
    codes = Counter(cluster.code for cluster in clusters)
    for cluster in clusters:
        if codes[cluster.code] > 1 or not cluster.code or not cluster.community_codes:
            raise Invalid("cluster-wrong", _("The cluster %(code)s is there twice, or empty.") % {"code": cluster.code})
        for code in cluster.community_codes:
            if code not in communities:
                raise Invalid("cluster-community", _("The community %(code)s is not known.") % {"code": code})
            if code in seen:
                sentence = _("The community %(code)s belongs to two clusters: %(one)s and %(other)s.")
                raise Invalid("cluster-overlap", sentence % {"code": code, "one": seen[code], "other": cluster.code})
            seen[code] = cluster.code


def _digest(cells: Sequence[NewCell], clusters: Sequence[NewCluster]) -> str:
    """SHA-256 over codes and coordinates in ten-millionths of a degree, so that anybody can compute it from the GeoJSON."""
    told = {
        "cells": [
            [
                c.code,
                c.kind,
                c.special_kind,
                c.parent_code,
                c.community_code,
                c.geometry["type"],
                _whole(c.geometry["coordinates"]),
            ]
            for c in sorted(cells, key=lambda c: c.code)
        ],
        "clusters": [
            [c.code, c.centre_code, sorted(c.community_codes)] for c in sorted(clusters, key=lambda c: c.code)
        ],
    }
    return sha256(canonical.encode(told)).hexdigest()


def _whole(coordinates: Any) -> Any:
    if isinstance(coordinates, (int, float)):
        return round(coordinates * CENTIMETRES)
    return [_whole(part) for part in coordinates]


def _save(version: GridVersion, cells: Sequence[NewCell], clusters: Sequence[NewCluster]) -> None:
    version.save(force_insert=True)
    GridCell.objects.bulk_create(
        (
            GridCell(
                id=new_id(),
                version=version,
                code=cell.code,
                name=cell.name[:60],
                kind=cell.kind,
                special_kind=cell.special_kind,
                parent_code=cell.parent_code,
                community_code=cell.community_code,
                geometry=dict(cell.geometry),
                lon=cell.lon,
                lat=cell.lat,
            )
            for cell in cells
        ),
        batch_size=500,
    )
    rows = {
        cluster.code: Cluster(
            id=new_id(), version=version, code=cluster.code, name=cluster.name[:60], centre_code=cluster.centre_code
        )
        for cluster in clusters
    }
    Cluster.objects.bulk_create(rows.values())
    ClusterCommunity.objects.bulk_create(
        ClusterCommunity(id=new_id(), version=version, cluster=rows[cluster.code], community_code=code)
        for cluster in clusters
        for code in cluster.community_codes
    )


@verb
def staff_cell(*, actor: Actor, cell_code: str, people: Sequence[NewPerson], valid_from: date, now: datetime) -> None:
    """Name everybody who works in a cell from a day on (1+3+N): one leader, the three usual roles, any number of others.

    Raises Invalid for roles that do not fit, posts that nobody holds, and a day before that of the people named last.
    """
    rules.check_may_adopt_grid(actor)
    queries.cell(cell_code, on=valid_from)
    roles = Counter(person.role for person in people)
    if set(roles) - set(CELL_ROLES) or roles["leader"] != 1:
        raise Invalid(
            "cell-people", _("A cell has exactly one leader; the other roles are full-time, part-time, adviser, other.")
        )
    if len({person.post_id for person in people}) < len(people):
        raise Invalid("cell-person-twice", _("Nobody has two roles in one cell."))
    if len(directory_questions.holders(person.post_id for person in people)) < len(people):
        raise Invalid("cell-person-gone", _("A post that was chosen has ended. Please choose again."))
    named = CellPerson.objects.filter(cell_code=cell_code, valid_to=None)
    _check_later(named.order_by("-valid_from").values_list("valid_from", flat=True).first(), valid_from)
    named.update(valid_to=valid_from)
    CellPerson.objects.bulk_create(
        CellPerson(id=new_id(), cell_code=cell_code, role=person.role, post_id=person.post_id, valid_from=valid_from)
        for person in people
    )
    told = CellStaffed(
        subject=f"cell:{cell_code}",
        organisation_code=actor.organisation_code,
        cell_code=cell_code,
        roles=tuple(person.role for person in people),
        post_ids=tuple(str(person.post_id) for person in people),
        valid_from=valid_from.isoformat(),
    )
    ledger.record([told], actor=actor, now=now)


def _check_later(standing: date | None, valid_from: date) -> None:
    """Raise Invalid for a day before the one from which what stands holds: the past is not written anew."""
    if standing is not None and valid_from < standing:
        sentence = _("What stands holds from %(day)s. Please choose that day or a later one.")
        raise Invalid("day-too-early", sentence % {"day": standing.isoformat()})


@verb
def set_entry_list(*, actor: Actor, list_name: str, items: Sequence[NewEntry], valid_from: date, now: datetime) -> None:
    """Say what may be handed to cells from a day on; every former list ends that day."""
    rules.check_may_adopt_grid(actor)
    pairs = Counter((item.cell_kind, item.category) for item in items)
    if not list_name or any(item.cell_kind not in CELL_KINDS or not item.article for item in items):
        raise Invalid("entry-wrong", _("An entry needs a kind of cell, a category and the article of the list."))
    if twice := [pair for pair, count in pairs.items() if count > 1]:
        raise Invalid("entry-twice", _("The list names %(pair)s twice.") % {"pair": " / ".join(twice[0])})
    standing = EntryItem.objects.filter(valid_to=None)
    _check_later(standing.order_by("-valid_from").values_list("valid_from", flat=True).first(), valid_from)
    standing.update(valid_to=valid_from)
    EntryItem.objects.bulk_create(
        EntryItem(
            id=new_id(),
            list_name=list_name[:60],
            cell_kind=item.cell_kind,
            category=item.category,
            article=item.article[:80],
            valid_from=valid_from,
        )
        for item in items
    )
    told = EntryListSet(
        subject=f"entry-list:{valid_from.isoformat()}",
        organisation_code=actor.organisation_code,
        list_name=list_name[:60],
        cell_kinds=tuple(item.cell_kind for item in items),
        categories=tuple(item.category for item in items),
        articles=tuple(item.article for item in items),
        valid_from=valid_from.isoformat(),
    )
    ledger.record([told], actor=actor, now=now)
