"""Matters as everybody may list them one by one: kind, street, state and day, under a name that tells nothing else.

A code is never published: with four digits of a telephone number it opens a matter. Exact moments are not published either.
"""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.crypto import unveiled, veiled
from pianqu.foundation.errors import Absent
from pianqu.kernels import checkcode
from pianqu.rooms.casework.lifecycle import OPEN, State
from pianqu.rooms.casework.models import Case
from pianqu.rooms.casework.queries.cases import street_of
from pianqu.rooms.casework.queries.seen import one_seen_by

SCOPE = "casework.published"
UPDATES = "casework.published-update"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedCase:
    """A matter in a public list. The words and what follows are filled for its reporter and officials who may see it."""

    published_id: str
    category: str
    is_open: bool
    state: str
    street_code: str
    organisation_code: str
    """Who answers for it."""
    opened_at: datetime
    """Midnight of the day for everybody; the moment for an official."""
    updated_at: datetime
    words: str = ""
    reply: str = ""
    landmark: str = ""
    lon: float | None = None
    lat: float | None = None


_COLUMNS = (
    "id",
    "category",
    "state",
    "place_code",
    "organisation_code",
    "lead_code",
    "opened_at",
    "resolved_at",
    "reopened_at",
    "closed_at",
)
_INNER = ("words", "reply", "landmark", "lon", "lat")


def published_id(case_id: uuid.UUID) -> str:
    """The public name of a matter."""
    return veiled(case_id, scope=SCOPE)


def update_name(entry_id: uuid.UUID) -> str:
    """The public name of a change: the same for who caused it and for who reads it in a list."""
    return veiled(entry_id, scope=UPDATES)


def published_cases(
    *,
    since: datetime,
    until: datetime,
    categories: Collection[str] = (),
    is_open: bool | None = None,
    names: Collection[str] | None = None,
    actor: Actor | None = None,
    first: int = 0,
    most: int = 1_000,
) -> tuple[PublishedCase, ...]:
    """Matters that came in from `since` on and before `until`, the latest first; or those with these public `names`.

    With an actor those that this official may see, with their words; else without. One statement (with an actor the scope's).
    """
    rows = _rows(actor)
    if names is not None:
        rows = rows.filter(id__in=[one for name in names if (one := unveiled(name, scope=SCOPE))])
    else:
        rows = rows.filter(opened_at__gte=since, opened_at__lt=until)
    if categories:
        rows = rows.filter(category__in=categories)
    if is_open is not None:
        rows = rows.filter(state__in=OPEN) if is_open else rows.exclude(state__in=OPEN)
    return _cards(rows.order_by("-opened_at", "-id")[first : first + most], exact=actor is not None)


def changed_cases(
    *, since: datetime, until: datetime, actor: Actor | None = None, first: int = 0, most: int = 1_000
) -> tuple[PublishedCase, ...]:
    """Matters that were answered, or last reopened, from `since` on and before `until`, the latest first. One statement."""
    answered = Q(resolved_at__gte=since, resolved_at__lt=until)
    reopened = Q(reopened_at__gte=since, reopened_at__lt=until, state__in=OPEN)
    rows = _rows(actor).filter(answered | reopened).order_by("-resolved_at", "-reopened_at", "-id")
    return _cards(rows[first : first + most], exact=actor is not None)


def published_case(name: str, *, actor: Actor | None = None, own: bool = False) -> PublishedCase:
    """One matter by its public name, or by its code for who has that. Raises Absent.

    `own` says that its reporter asks, who sees it withdrawn as well: the door has proved that (`is_receipt`).
    """
    rows = Case.objects.all() if own else _rows(actor)
    found = _cards(rows.filter(id=case_named(name))[:1], exact=own or actor is not None)
    if not found:
        raise Absent("case-absent", _("There is no such matter."))
    return found[0]


def case_named(name: str) -> uuid.UUID:
    """The matter behind a public name or a code, whoever asks; there may be none with this id. Raises Absent."""
    wanted, case_id = checkcode.normalise(name), unveiled(name, scope=SCOPE)
    if checkcode.is_valid(wanted):
        case_id = Case.objects.filter(code=wanted[:16]).values_list("id", flat=True).first()
    if case_id is None:
        raise Absent("case-absent", _("There is no such matter."))
    return case_id


def _rows(actor: Actor | None) -> QuerySet[Case]:
    rows = one_seen_by(actor) if actor else Case.objects.all()
    return rows.exclude(state=State.WITHDRAWN)


def _cards(rows: QuerySet[Case], *, exact: bool) -> tuple[PublishedCase, ...]:
    columns = (*_COLUMNS, *_INNER) if exact else _COLUMNS
    return tuple(_card(dict(zip(columns, row, strict=True)), exact=exact) for row in rows.values_list(*columns))


def _card(row: dict[str, Any], *, exact: bool) -> PublishedCase:
    moments: Sequence[datetime] = [
        row[name] for name in ("opened_at", "resolved_at", "reopened_at", "closed_at") if row[name]
    ]
    opened_at, updated_at = moments[0], max(moments)
    inner = {name: row[name] for name in _INNER} if exact else {}
    return PublishedCase(
        published_id=published_id(row["id"]),
        category=row["category"],
        is_open=row["state"] in OPEN,
        state=row["state"],
        street_code=street_of(row["place_code"]),
        organisation_code=row["lead_code"] or row["organisation_code"],
        opened_at=opened_at if exact else _midnight(timezone.localdate(opened_at)),
        updated_at=updated_at if exact else _midnight(timezone.localdate(updated_at)),
        **inner,
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), timezone.get_default_timezone())
