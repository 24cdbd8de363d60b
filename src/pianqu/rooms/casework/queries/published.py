"""Matters as everybody may list them one by one: kind, street, state and day, under a name that tells nothing else.

A code is never published: with four digits of a telephone number it opens a matter. Exact moments are not published either.
"""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.crypto import unveiled, veiled
from pianqu.foundation.errors import Absent
from pianqu.kernels import checkcode
from pianqu.rooms.casework.lifecycle import OPEN, State
from pianqu.rooms.casework.models import Case, Change, Note
from pianqu.rooms.casework.queries.cases import street_of
from pianqu.rooms.casework.queries.seen import few_seen_by

SCOPE = "casework.published"
UPDATES = "casework.published-update"
DAY = timedelta(days=1)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedChange:
    """An answer or a reopening. The words are filled for the matter's reporter and officials who may see it."""

    update_id: str
    published_id: str
    is_open: bool
    at: datetime
    """The midnight that ended the day for everybody; the moment for who may see the matter."""
    words: str = ""


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

    With an actor those that this official may see, with their words; else without, and of whole days: who asks for ever shorter
    times would find the moment. One statement (with an actor the scope's).
    """
    rows = _rows(actor)
    if names is not None:
        rows = rows.filter(id__in=_ids(names))
    else:
        begin, end = (since, until) if actor else _whole_days(since, until)
        rows = rows.filter(opened_at__gte=begin, opened_at__lt=end)
    if categories:
        rows = rows.filter(category__in=categories)
    if is_open is not None:
        rows = rows.filter(state__in=OPEN) if is_open else rows.exclude(state__in=OPEN)
    return _cards(rows.order_by("-opened_at", "-id")[first : first + most], exact=actor is not None)


def published_changes(
    *,
    since: datetime,
    until: datetime,
    names: Collection[str] | None = None,
    actor: Actor | None = None,
    own: uuid.UUID | None = None,
    first: int = 0,
    most: int = 1_000,
    now: datetime,
) -> tuple[PublishedChange, ...]:
    """Answers and reopenings from `since` on and before `until`, each once, the oldest first; of these public `names`.

    Everybody is told of a day's changes when it is over. With an actor those that this official may see, of `own` those of one's
    own matter: at once, with their words. Two statements.
    """
    exact = own is not None or actor is not None
    rows = Change.objects.exclude(case__state=State.WITHDRAWN)
    if own is not None:
        rows = Change.objects.filter(case_id=own)
    elif actor is not None:
        rows = rows.filter(Exists(few_seen_by(actor).filter(pk=OuterRef("case_id"))))
    if names is not None:
        rows = rows.filter(case_id__in=_ids(names))
    begin, end = (since, until) if exact else (_day_before(since), _day_before(min(until, now)))
    found = rows.filter(at__gte=begin, at__lt=end).order_by("at", "entry_id")[first : first + most]
    told = found.values_list("entry_id", "case_id", "at", "is_open", "case__reply")
    return _changes(list(told), exact=exact)


def _changes(
    rows: Sequence[tuple[uuid.UUID, uuid.UUID, datetime, bool, str]], *, exact: bool
) -> tuple[PublishedChange, ...]:
    """An imported answer has no note; the case holds it."""
    notes = (
        Note.objects.filter(entry_id__in=[row[0] for row in rows], for_reporter=True) if exact else Note.objects.none()
    )
    words = dict(notes.values_list("entry_id", "words"))
    return tuple(
        PublishedChange(
            update_id=update_name(entry_id),
            published_id=published_id(case_id),
            is_open=is_open,
            at=at if exact else _midnight(timezone.localdate(at) + DAY),
            words=words.get(entry_id, "" if is_open else reply) if exact else "",
        )
        for entry_id, case_id, at, is_open, reply in rows
    )


def _ids(names: Collection[str]) -> list[uuid.UUID]:
    return [one for name in names if (one := unveiled(name, scope=SCOPE))]


def _day_before(moment: datetime) -> datetime:
    """From which moment on what happened is told from `moment` on, where each day is told at the midnight that ends it."""
    day = timezone.localdate(moment)
    return _midnight(day - DAY if moment == _midnight(day) else day)


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
    rows = few_seen_by(actor) if actor else Case.objects.all()
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


def _whole_days(since: datetime, until: datetime) -> tuple[datetime, datetime]:
    """The same time, widened to the midnights around it."""
    last = timezone.localdate(until)
    end = _midnight(last)
    return _midnight(timezone.localdate(since)), end if end >= until else _midnight(last + DAY)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), timezone.get_default_timezone())
