"""Tables of matters: what stands in their columns, how they are read page by page, and those that a post asked for.

What a table holds is what its post may see on the list and on the page of a matter: never a contact.
"""

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.db import fetch
from pianqu.foundation.errors import Absent
from pianqu.foundation.tables import Cell, Column
from pianqu.foundation.templatetags.ui import state_word
from pianqu.kernels import checkcode
from pianqu.rooms.casework import sql
from pianqu.rooms.casework.lifecycle import State
from pianqu.rooms.casework.models import Case, CaseListItem, Export, ExportRun
from pianqu.rooms.casework.queries.cases import (
    NEWEST,
    CaseFilter,
    cases_walked,
    categories,
    street_of,
)
from pianqu.rooms.casework.queries.naming import CHANNELS, NATURES, channel_name, nature_name, platform_name
from pianqu.rooms.casework.queries.seen import scope_of
from pianqu.rooms.casework.queries.shipped import PLATFORMS, platform_of
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.territory import queries as territory

ASKED, READY, STOPPED = "asked", "ready", "stopped"
"""States of an export. One that is being written waits still: until its file is whole there is none."""
CANCELLED, POST_ENDED, ERASED, STUMBLED = "cancelled", "post-ended", "erased", "stumbled"
"""Reasons for which one stopped, beside those of the store (`disk-full`, `files-unwritable`) and `parquet-missing`."""


# columns -------------------------------------------------------------------------------------------------------------


class Names:
    """What codes are called in the language of the moment: asked once for a whole table."""

    def __init__(self, on: date) -> None:
        english = (get_language() or "").startswith("en")
        ground = territory.ground(on=on)
        cards = categories()
        self.categories = {card.code: card.name_en if english else card.name_zh for card in cards}
        self.platforms = {code: platform_name(code) for code in PLATFORMS}
        self.places = {code: _called(card, english) for code, card in ground.places.items()}
        self.clusters = {code: card.name for card in ground.clusters for code in card.community_codes}
        self.states = {str(state): state_word(str(state)) for state in State}
        self.natures = {code: nature_name(code) for code in NATURES}
        self.channels = {code: channel_name(code) for code in CHANNELS}
        self.organisations = {card.code: _called(card, english) for card in directory.every_organisation()}


def _called(card: territory.PlaceCard | directory.OrganisationCard, english: bool) -> str:
    return card.name_en if english and card.name_en else card.short_name or card.name


Row = Mapping[str, Any]
"""A matter's values by the name of their column in the table of matters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """A column of every table, in whatever form it is written."""

    name: str
    heading: Callable[[], str]
    of: Callable[[Row, Names], Cell]
    kind: str = "text"
    in_words: bool = False
    """Somebody's own words: only where they were asked for."""


def _plain(name: str) -> Callable[[Row, Names], Cell]:
    return lambda row, _names: row[name]


def _named(name: str, which: str) -> Callable[[Row, Names], Cell]:
    """What a code is called; the code where nobody knows it."""
    return lambda row, names: getattr(names, which).get(row[name], row[name]) if row[name] else ""


_TOLD = (
    _Told(name="code", heading=lambda: _("Code"), of=lambda row, _names: checkcode.show(row["code"])),
    _Told(name="state", heading=lambda: _("State (code)"), of=_plain("state")),
    _Told(name="state_name", heading=lambda: _("State"), of=_named("state", "states")),
    _Told(name="category", heading=lambda: _("Category (code)"), of=_plain("category")),
    _Told(name="category_name", heading=lambda: _("Category"), of=_named("category", "categories")),
    _Told(
        name="platform",
        heading=lambda: _("Platform"),
        of=lambda row, names: names.platforms.get(platform_of(row["category"], row["platform"]), ""),
    ),
    _Told(name="nature", heading=lambda: _("Kind of request"), of=_named("nature", "natures")),
    _Told(name="channel", heading=lambda: _("Channel"), of=_named("channel", "channels")),
    _Told(name="street", heading=lambda: _("Street (code)"), of=lambda row, _names: street_of(row["place_code"])),
    _Told(
        name="street_name",
        heading=lambda: _("Street"),
        of=lambda row, names: names.places.get(street_of(row["place_code"]), ""),
    ),
    _Told(name="community", heading=lambda: _("Community (code)"), of=_plain("place_code")),
    _Told(name="community_name", heading=lambda: _("Community"), of=_named("place_code", "places")),
    _Told(
        name="cluster_name",
        heading=lambda: _("Cluster"),
        of=lambda row, names: names.clusters.get(row["place_code"], ""),
    ),
    _Told(name="cell", heading=lambda: _("Cell"), of=_plain("cell_code")),
    _Told(name="lon", heading=lambda: _("Longitude"), of=_plain("lon"), kind="real"),
    _Told(name="lat", heading=lambda: _("Latitude"), of=_plain("lat"), kind="real"),
    _Told(name="organisation", heading=lambda: _("Received by (code)"), of=_plain("organisation_code")),
    _Told(name="organisation_name", heading=lambda: _("Received by"), of=_named("organisation_code", "organisations")),
    _Told(name="lead", heading=lambda: _("Lead (code)"), of=_plain("lead_code")),
    _Told(name="lead_name", heading=lambda: _("Lead"), of=_named("lead_code", "organisations")),
    _Told(name="opened_at", heading=lambda: _("Came in at"), of=_plain("opened_at"), kind="moment"),
    _Told(name="due_at", heading=lambda: _("Due at"), of=_plain("due_at"), kind="moment"),
    _Told(name="resolved_at", heading=lambda: _("Resolved at"), of=_plain("resolved_at"), kind="moment"),
    _Told(name="reopened_at", heading=lambda: _("Last reopened at"), of=_plain("reopened_at"), kind="moment"),
    _Told(name="closed_at", heading=lambda: _("Closed or withdrawn at"), of=_plain("closed_at"), kind="moment"),
    _Told(name="score", heading=lambda: _("Score"), of=_plain("score"), kind="whole"),
    _Told(name="returns", heading=lambda: _("Returns"), of=_plain("returns"), kind="whole"),
    _Told(name="reopenings", heading=lambda: _("Reopenings"), of=_plain("reopenings"), kind="whole"),
    _Told(name="escalation", heading=lambda: _("Level of escalation"), of=_plain("escalation"), kind="whole"),
    _Told(
        name="part_of",
        heading=lambda: _("Part of"),
        of=lambda row, _names: checkcode.show(row["parent__code"]) if row["parent__code"] else "",
    ),
    _Told(name="imported_from", heading=lambda: _("Taken over from"), of=_plain("imported_from")),
    _Told(name="imported_id", heading=lambda: _("Number there"), of=_plain("imported_id")),
    _Told(name="happened_on", heading=lambda: _("Happened on"), of=_plain("happened_on")),
    _Told(name="landmark", heading=lambda: _("Address or landmark"), of=_plain("landmark"), in_words=True),
    _Told(name="words", heading=lambda: _("Words"), of=_plain("words"), in_words=True),
    _Told(name="reply", heading=lambda: _("Reply"), of=_plain("reply"), in_words=True),
)
"""All columns. To add one is to add a line here: every form has it then."""
_READ = (
    *("id", "code", "state", "category", "platform", "nature", "channel", "place_code", "cell_code", "lon", "lat"),
    *("organisation_code", "lead_code", "opened_at", "due_at", "resolved_at", "reopened_at", "closed_at", "score"),
    *("returns", "reopenings", "escalation", "parent__code", "imported_from", "imported_id"),
)
IN_WORDS = tuple(told.name for told in _TOLD if told.in_words)
"""Columns in which people speak: fetching a table that has them is an access to personal data."""


def export_columns(*, with_words: bool) -> tuple[Column, ...]:
    """The columns of a table, their headings in the language of the moment."""
    return tuple(Column(name=told.name, heading=told.heading(), kind=told.kind) for told in _chosen(with_words))


def _chosen(with_words: bool) -> tuple[_Told, ...]:
    return tuple(told for told in _TOLD if with_words or not told.in_words)


# reading -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportPage:
    """Some rows of a table, and the token of what comes after them; empty after the last."""

    rows: tuple[tuple[Cell, ...], ...]
    next_page: str


def export_page(
    actor: Actor, filters: CaseFilter, names: Names, *, with_words: bool, page: str, size: int, now: datetime
) -> ExportPage:
    """The next rows of what the actor's list shows with this filter: each matter once, the newest first whatever its order.

    The order is by when a matter came in, which never changes, so that what happens meanwhile lets none be missed or told twice.
    """
    columns = (*_READ, *(IN_WORDS if with_words else ()))
    walked = cases_walked(actor, filters, page=page, size=size + 1, now=now)
    if not walked:
        return ExportPage(rows=(), next_page="")
    first = sql.first_of(walked, falling=NEWEST.falling, size=size + 1)
    found = list(Case.objects.filter(id__in=first).order_by("-opened_at", "-id").values_list(*columns))
    further, found = len(found) > size, found[:size]
    told, lists = [each.of for each in _chosen(with_words)], _from_lists([row[0] for row in found])
    rows = (_whole(dict(zip(columns, row, strict=True)), lists) for row in found)
    return ExportPage(
        rows=tuple(tuple(of(row, names) for of in told) for row in rows),
        next_page=NEWEST.token_of(found[-1][_READ.index("opened_at")], found[-1][0]) if further else "",
    )


def _from_lists(case_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, tuple[str, str, date | None]]:
    """Source, number there and the day it happened, of matters that came with a list. One statement."""
    rows = CaseListItem.objects.filter(case_id__in=case_ids)
    named = rows.values_list("case_id", "list__source", "number", "happened_date")
    return {case_id: (source, number, day) for case_id, source, number, day in named}


def _whole(row: dict[str, Any], lists: Mapping[uuid.UUID, tuple[str, str, date | None]]) -> Row:
    """A matter with where it came from: another system, or a list that somebody sent."""
    source, number, day = lists.get(row["id"], ("", "", None))
    return {
        **row,
        "imported_from": row["imported_from"] or source,
        "imported_id": row["imported_id"] or number,
        "happened_on": day.isoformat() if day else "",
    }


def export_total(actor: Actor, filters: CaseFilter, *, now: datetime) -> int | None:
    """How many rows the table will have if nothing changes; None where counting would take as long as writing."""
    if filters.text:
        return None
    walked = cases_walked(actor, filters, page="", size=_EVERY, now=now)
    return int(fetch(sql.count_to(walked))[0][0]) if walked else 0


_EVERY = 10_000_000


def scope_mark(actor: Actor) -> str:
    """A digest of what the actor may see: a table that was made under another one is not handed out."""
    scope = scope_of(actor)
    parts = (
        sorted(scope.organisation_codes),
        sorted(scope.area_codes),
        sorted(scope.crossed),
        scope.everything,
    )
    return sha256(repr(parts).encode()).hexdigest()[:32]


# filters -------------------------------------------------------------------------------------------------------------


def kept_filter(filters: CaseFilter) -> dict[str, str]:
    """A filter as a row keeps it: what is empty is left out."""
    told = {name: value.isoformat() if isinstance(value, date) else value for name, value in asdict(filters).items()}
    return {name: value for name, value in told.items() if value}


def filter_kept(kept: Mapping[str, str]) -> CaseFilter:
    """The filter again."""
    known = {field.name for field in fields(CaseFilter)}
    told: dict[str, Any] = {name: value for name, value in kept.items() if name in known}
    for name in {"since", "until"} & set(told):
        told[name] = date.fromisoformat(told[name])
    return CaseFilter(**told)


# exports -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportCard:
    """A table that a post asked for, as its post sees it."""

    export_id: uuid.UUID
    form: str
    filters: CaseFilter
    with_words: bool
    state: str
    """`asked` (it is being written, or will be), `ready`, `stopped`."""
    reason: str
    """Why it stopped; empty else."""
    asked_at: datetime
    ready_at: datetime | None
    expires_at: datetime
    """When it is destroyed."""
    matters: int | None
    """How many rows it has, once it is ready."""
    size: int | None
    written: int
    """How many rows are written so far."""
    total: int | None
    """How many there will be; None where nobody knows, or before it was begun."""
    is_begun: bool
    begun_anew: bool
    """Its writer died half-way and another one began from the first row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportWork:
    """What its writer needs to know of an export."""

    export_id: uuid.UUID
    account_id: uuid.UUID
    post_id: uuid.UUID
    form: str
    filters: CaseFilter
    with_words: bool
    language: str
    asked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFile:
    """A file to be handed out."""

    name: str
    form: str
    called: str
    """How it is called where it is saved."""


def exports_of(actor: Actor, *, now: datetime) -> tuple[ExportCard, ...]:
    """What this post asked for, the latest first; what is over is gone. Two statements."""
    rows = list(_own(actor, now).order_by("-asked_at", "-id")[:50])
    runs = ExportRun.objects.in_bulk([row.id for row in rows])
    return tuple(_card(row, runs.get(row.id)) for row in rows)


def export_of(actor: Actor, export_id: uuid.UUID, *, now: datetime) -> ExportCard:
    """One of them. Raises Absent for another post's, and for what is over."""
    row = _own(actor, now).filter(id=export_id).first()
    if row is None:
        raise Absent("export-absent", _("There is no such table, or it is over."))
    return _card(row, ExportRun.objects.filter(export_id=export_id).first())


def _own(actor: Actor, now: datetime) -> Any:
    return Export.objects.filter(post_id=actor.acting_post_id or "-", expires_at__gt=now)


def _card(row: Export, run: ExportRun | None) -> ExportCard:
    return ExportCard(
        export_id=row.id,
        form=row.form,
        filters=filter_kept(row.filters),
        with_words=row.with_words,
        state=row.state,
        reason=row.reason,
        asked_at=row.asked_at,
        ready_at=row.ready_at,
        expires_at=row.expires_at,
        matters=row.matters,
        size=row.size,
        written=run.written if run else 0,
        total=run.total if run else None,
        is_begun=run is not None and run.tries > 0,
        begun_anew=row.state == ASKED and run is not None and run.tries > 1,
    )


def exports_to_write(*, now: datetime, most: int) -> tuple[ExportWork, ...]:
    """Those that wait and that nobody writes just now, the oldest first. One statement."""
    held = ExportRun.objects.filter(held_until__gt=now)
    rows = Export.objects.filter(state=ASKED).exclude(id__in=held.values("export_id"))
    return tuple(
        ExportWork(
            export_id=row.id,
            account_id=row.account_id,
            post_id=uuid.UUID(row.post_id),
            form=row.form,
            filters=filter_kept(row.filters),
            with_words=row.with_words,
            language=row.language,
            asked_at=row.asked_at,
        )
        for row in rows.order_by("asked_at", "id")[:most]
    )


def export_waits(export_id: uuid.UUID) -> bool:
    """Whether its post wants it still."""
    return Export.objects.filter(id=export_id, state=ASKED).exists()


def export_files(names: Iterable[str]) -> frozenset[str]:
    """Those of these files that an export names."""
    return frozenset(Export.objects.filter(file_name__in=list(names)).values_list("file_name", flat=True))


def exports_over(*, now: datetime) -> Sequence[uuid.UUID]:
    """Those whose time is over."""
    return tuple(Export.objects.filter(expires_at__lte=now).values_list("id", flat=True)[:500])
