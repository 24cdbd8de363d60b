"""Joint rounds of the four parties, and what was promised on them: who, what, by when, kept or not."""

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, F, Q, QuerySet
from django.utils.translation import gettext as _

from pianqu.foundation.errors import Absent
from pianqu.rooms.territory.models import JointRound, Promise, RoundParty
from pianqu.rooms.territory.queries.parties import Neighbourhood

KEPT, BROKEN = "kept", "broken"
VERDICTS = (KEPT, BROKEN)
MOST_ROUNDS, MOST_PROMISES = 20, 200


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseCard:
    """A promise of an organisation, and what became of it."""

    promise_id: uuid.UUID
    round_id: uuid.UUID
    day: date
    """On which round it was made."""
    cell_code: str
    cluster_code: str
    role: str
    organisation_code: str
    words: str
    due_on: date
    verdict: str
    """Empty while nobody told."""
    settled_on: date | None
    told_by: str
    told_words: str

    def standing(self, today: date) -> str:
        """`open`, `overdue`, `kept`, `late` (kept after its day) or `broken`."""
        if not self.verdict:
            return "overdue" if self.due_on < today else "open"
        is_late = self.verdict == KEPT and self.settled_on is not None and self.settled_on > self.due_on
        return "late" if is_late else self.verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundCard:
    """A round with who took part, as (role, organisation), and its promises."""

    round_id: uuid.UUID
    day: date
    cell_code: str
    cluster_code: str
    organisation_code: str
    parties: tuple[tuple[str, str], ...]
    promises: tuple[PromiseCard, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseCount:
    """How many promises of a place nobody told of yet, and how many of them are past their day."""

    open: int
    overdue: int


def _here(where: Neighbourhood, path: str = "") -> Q:
    """Rounds of a cell and of its whole cluster; or of a cluster and of its cells."""
    cells = Q(**{f"{path}cell_code__in": where.cell_codes})
    return cells | Q(**{f"{path}cluster_code": where.cluster_code}) if where.cluster_code else cells


def rounds_of(where: Neighbourhood, *, most: int = MOST_ROUNDS) -> tuple[RoundCard, ...]:
    """The latest rounds of a place, the newest first. Three statements."""
    rows = list(JointRound.objects.filter(_here(where)).order_by("-day", "-held_at", "-id")[:most])
    ids = [row.id for row in rows]
    parties: dict[uuid.UUID, list[tuple[str, str]]] = {}
    told = RoundParty.objects.filter(round_id__in=ids).order_by("role", "organisation_code")
    for round_id, role, code in told.values_list("round_id", "role", "organisation_code"):
        parties.setdefault(round_id, []).append((role, code))
    promises: dict[uuid.UUID, list[PromiseCard]] = {}
    for card in _cards(Promise.objects.filter(round_id__in=ids).order_by("due_on", "made_at", "id")):
        promises.setdefault(card.round_id, []).append(card)
    return tuple(
        RoundCard(
            round_id=row.id,
            day=row.day,
            cell_code=row.cell_code,
            cluster_code=row.cluster_code,
            organisation_code=row.organisation_code,
            parties=tuple(parties.get(row.id, ())),
            promises=tuple(promises.get(row.id, ())),
        )
        for row in rows
    )


def promises_of(where: Neighbourhood, *, most: int = MOST_PROMISES) -> tuple[PromiseCard, ...]:
    """The promises of a place, those that nobody told of first, by their day; then the latest. One statement."""
    rows = Promise.objects.filter(_here(where, "round__"))
    return _cards(_open_first(rows)[:most])


def all_promises(
    *,
    cell_codes: Collection[str] | None = None,
    cluster_code: str = "",
    only_open: bool = False,
    overdue_on: date | None = None,
    most: int = MOST_PROMISES,
) -> tuple[PromiseCard, ...]:
    """Promises of the district, or of some cells and a cluster; open ones, or those past their day, alone. One statement."""
    rows = Promise.objects.all()
    if cell_codes is not None:
        cluster = Q(round__cluster_code=cluster_code) if cluster_code else Q()
        rows = rows.filter(Q(round__cell_code__in=cell_codes) | cluster)
    if only_open or overdue_on:
        rows = rows.filter(verdict="")
    if overdue_on:
        rows = rows.filter(due_on__lt=overdue_on)
    return _cards(_open_first(rows)[:most])


def _open_first(rows: QuerySet[Promise]) -> QuerySet[Promise]:
    return rows.order_by(F("settled_on").desc(nulls_first=True), "due_on", "id")


def promise(promise_id: uuid.UUID) -> PromiseCard:
    """Raises Absent."""
    found = _cards(Promise.objects.filter(id=promise_id))
    if not found:
        raise Absent("promise-absent", _("There is no such promise."))
    return found[0]


def promise_counts(*, on: date) -> tuple[dict[str, PromiseCount], dict[str, PromiseCount]]:
    """Open promises by cell and by cluster, where there are any. One statement."""
    rows = Promise.objects.filter(verdict="").values_list("round__cell_code", "round__cluster_code")
    cells: dict[str, PromiseCount] = {}
    clusters: dict[str, PromiseCount] = {}
    for cell, cluster, many, late in rows.annotate(
        many=Count("id"), late=Count("id", filter=Q(due_on__lt=on))
    ).order_by("round__cell_code", "round__cluster_code"):
        (cells if cell else clusters)[cell or cluster] = PromiseCount(open=many, overdue=late)
    return cells, clusters


def _cards(rows: Iterable[Promise] | QuerySet[Promise]) -> tuple[PromiseCard, ...]:
    told = rows.select_related("round") if isinstance(rows, QuerySet) else rows
    return tuple(
        PromiseCard(
            promise_id=row.id,
            round_id=row.round_id,
            day=row.round.day,
            cell_code=row.round.cell_code,
            cluster_code=row.round.cluster_code,
            role=row.role,
            organisation_code=row.organisation_code,
            words=row.words,
            due_on=row.due_on,
            verdict=row.verdict,
            settled_on=row.settled_on,
            told_by=row.told_by,
            told_words=row.told_words,
        )
        for row in told
    )
