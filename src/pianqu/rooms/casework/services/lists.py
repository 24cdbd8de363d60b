"""A list of matters from elsewhere: sent and looked at, taken in as far as it is right, the rest handed back to be mended.

What a row says is checked anew whenever somebody looks and when it is taken in, so that a page in another language, a place
that was added meanwhile or the same row in another list are told as they are. Nothing is taken in twice: the source's own
number makes a row, or what it says where it has none.
"""

import json
import secrets
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar

from django.db import IntegrityError
from django.utils import timezone
from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.crypto import encrypt, fingerprint, fingerprints
from pianqu.foundation.errors import Invalid, Problem, Refused
from pianqu.foundation.ids import new_id
from pianqu.foundation.reached import reached
from pianqu.foundation.verbs import TryAgain, verb
from pianqu.kernels import words as kernel
from pianqu.kernels.leaf import SALT_BYTES, file_commitment
from pianqu.rooms.casework import queries, rules
from pianqu.rooms.casework.facts import ListForgotten, ListSent, ListTakenIn
from pianqu.rooms.casework.models import CaseList, CaseListItem
from pianqu.rooms.casework.queries import LIST_COLUMN, LIST_TABLE, AlikeList, Before, ListCard
from pianqu.rooms.casework.queries.lists import own_list
from pianqu.rooms.casework.services.opening import Opening, open_cases
from pianqu.rooms.casework.services.parts import PlaceChoice, checked_place, taken
from pianqu.rooms.ledger import services as ledger
from pianqu.rooms.territory import queries as territory

LIST_COLUMNS = (
    "number",
    "words",
    "category",
    "community",
    "landmark",
    "longitude",
    "latitude",
    "contact",
    "channel",
    "day",
)
MOST_ROWS = 2_000
LONGEST_SOURCE, LONGEST_NUMBER, LONGEST_CELL = 40, 64, 10_000
LIST_KEPT = timedelta(days=1)
"""How long rows that are not taken in are kept."""
OLDEST = timedelta(days=3_653)
LIST_CHANNELS = ("list", "phone", "window")
SCOPE = "casework.list"
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class SentRow:
    """A row as it was written: its line in the file, texts by column, and the columns that hold a formula instead."""

    line: int
    cells: Mapping[str, str]
    formulas: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFault:
    """Why a row cannot be taken in: its line, the column, a sentence."""

    line: int
    column: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodRow:
    """A row that can be taken in, with what knows it again."""

    line: int
    number: str
    happened_date: date | None
    key: str
    mark: str
    opening: Opening


@dataclass(frozen=True, slots=True, kw_only=True)
class ListLook:
    """A list as it stands now: what can be taken in, what is wrong, what is a matter already (line, code).

    `alike`: lists under another name of the same organisation of which rows that can be taken in say the same.
    """

    card: ListCard
    rows: tuple[SentRow, ...]
    good: tuple[GoodRow, ...]
    faults: tuple[RowFault, ...]
    before: tuple[tuple[int, str], ...]
    alike: tuple[AlikeList, ...]

    @property
    def wrong_lines(self) -> frozenset[int]:
        return frozenset(fault.line for fault in self.faults)


# the verbs -----------------------------------------------------------------------------------------------------------


@verb
def send_list(*, actor: Actor, source: str, rows: Sequence[SentRow], content: bytes, now: datetime) -> uuid.UUID:
    """Keep the rows of a list, sealed and for a day, so that they can be looked at and taken in. Raises Forbidden, Invalid.

    `content` is the file as it came: the ledger binds it, and it is not kept.
    """
    rules.check_may_take_in_list(actor)
    named = kernel.clean(source).replace("\n", " ").strip()
    if not named:
        raise Invalid("list-source", _("Please say from whom the list comes: by that its rows are known again."))
    if len(named) > LONGEST_SOURCE:
        raise Invalid("list-source", _("The name of the source may have 40 characters. Please shorten it."))
    if not rows:
        raise Invalid("list-empty", _("The list holds no row. Nothing was taken in."))
    if len(rows) > MOST_ROWS:
        raise Invalid("list-long", _("At most 2 000 rows at once. Please split the list; nothing was taken in."))
    list_id, salt = new_id(), secrets.token_bytes(SALT_BYTES)
    row = CaseList.objects.create(
        id=list_id,
        post_id=actor.acting_post_id or "",
        organisation_code=actor.organisation_code,
        source=named,
        sealed=_sealed(list_id, rows),
        salt=salt,
        rows=len(rows),
        sent_at=now,
        expires_at=now + LIST_KEPT,
    )
    told = ListSent(**_about(row), rows=len(rows), file_commitment=file_commitment(content, salt))
    ledger.record([told], actor=actor, now=now)
    return list_id


@verb
def take_in_list(*, actor: Actor, list_id: uuid.UUID, now: datetime) -> ListCard:
    """Take in what is right of a list; the wrong rows stay for a day, to be fetched and mended. One transaction.

    Pressed again it changes nothing. Raises Absent, Forbidden, Refused where no row can be taken in or none is kept.
    """
    rules.check_may_take_in_list(actor)
    row = _locked(actor, list_id)
    if row.taken_at is not None:
        return queries.list_of(actor, list_id)
    look = look_at_list(actor=actor, list_id=list_id, now=now)
    if not look.rows:
        raise Refused("list-put-away", _("The rows of this list are not kept any more. Please send it again."))
    if not look.good:
        raise Refused("list-nothing", _("There is no new row that can be taken in. Nothing was changed."))
    opened = open_cases(actor=actor, items=[good.opening for good in look.good], now=now)
    _keep_items(row, look.good, [one.case_id for one in opened])
    wrong = [sent for sent in look.rows if sent.line in look.wrong_lines]
    row.taken, row.before, row.wrong, row.taken_at = len(look.good), len(look.before), len(wrong), now
    row.sealed, row.expires_at = (_sealed(row.id, wrong), now + LIST_KEPT) if wrong else ("", None)
    row.save()
    told = ListTakenIn(**_about(row), taken=row.taken, before=row.before, wrong=row.wrong)
    ledger.record([told], actor=actor, now=now)
    return queries.list_of(actor, list_id)


@verb
def forget_list(*, actor: Actor, list_id: uuid.UUID, now: datetime) -> None:
    """Destroy what is kept of a list's rows. What was taken in stays. Raises Absent, Forbidden."""
    rules.check_may_take_in_list(actor)
    _forget([_locked(actor, list_id)], actor, now)


@verb
def forget_lists(*, actor: Actor, now: datetime) -> int:
    """Destroy the rows of lists whose day is over; answers how many lists that were."""
    rules.check_is_own_program(actor)
    return _forget(CaseList.objects.select_for_update().filter(expires_at__lte=now)[:200], actor, now)


def forget_listed(case_id: uuid.UUID, actor: Actor, now: datetime) -> None:
    """Inside the erasing of a matter: its number there, its day and what knows its words go, and every row that is still kept of
    its source. What knows the row stays, so that the same file does not bring it back."""
    item = CaseListItem.objects.filter(case_id=case_id).select_related("list").first()
    if item is None:
        return
    CaseListItem.objects.filter(id=item.id).update(number="", happened_date=None, mark="")
    kept = CaseList.objects.filter(
        organisation_code=item.list.organisation_code, source=item.list.source, expires_at__isnull=False
    )
    _forget(kept, actor, now)


def _forget(rows: Iterable[CaseList], actor: Actor, now: datetime) -> int:
    facts = []
    for row in rows:
        if row.expires_at is not None:
            row.sealed, row.expires_at = "", None
            row.save(update_fields=["sealed", "expires_at"])
            facts.append(ListForgotten(**_about(row)))
    if facts:
        ledger.record(facts, actor=actor, now=now)
    return len(facts)


def _locked(actor: Actor, list_id: uuid.UUID) -> CaseList:
    return own_list(actor, list_id, CaseList.objects.select_for_update())


def _keep_items(row: CaseList, good: Sequence[GoodRow], case_ids: Sequence[uuid.UUID]) -> None:
    items = [
        CaseListItem(
            list=row,
            case_id=case_id,
            line=one.line,
            number=one.number,
            happened_date=one.happened_date,
            key=one.key,
            mark=one.mark,
        )
        for one, case_id in zip(good, case_ids, strict=True)
    ]
    try:
        CaseListItem.objects.bulk_create(items)
    except IntegrityError as error:
        raise TryAgain("a row was taken in by somebody else at the same moment") from error


def _about(row: CaseList) -> dict[str, str]:
    return {"subject": f"list:{row.id}", "organisation_code": row.organisation_code, "list_id": str(row.id)}


def _sealed(list_id: uuid.UUID, rows: Sequence[SentRow]) -> str:
    told = [[row.line, dict(row.cells), list(row.formulas)] for row in rows]
    return encrypt(json.dumps(told, ensure_ascii=False), table=LIST_TABLE, column=LIST_COLUMN, row=str(list_id))


# what a row says -----------------------------------------------------------------------------------------------------


def look_at_list(*, actor: Actor, list_id: uuid.UUID, now: datetime) -> ListLook:
    """What is right, wrong and known of the rows that are kept of a list; nothing is changed. Raises Absent."""
    card = queries.list_of(actor, list_id)
    rows = tuple(
        SentRow(line=line, cells=cells, formulas=tuple(formulas))
        for line, cells, formulas in json.loads(queries.list_rows(actor, list_id) or "[]")
    )
    return _looked(card, rows, actor, timezone.localdate(now)) if rows else _nothing(card)


def _nothing(card: ListCard) -> ListLook:
    return ListLook(card=card, rows=(), good=(), faults=(), before=(), alike=())


def _looked(card: ListCard, rows: tuple[SentRow, ...], actor: Actor, today: date) -> ListLook:
    known = _Known(today)
    first: dict[str, int] = {}
    good: list[GoodRow] = []
    faults: list[RowFault] = []
    keyed = [(row, _identity(actor, card.source, row)) for row in rows]
    earlier = queries.listed_before({key for _row, texts in keyed for key in fingerprints(texts[0], scope=SCOPE)})
    before: list[tuple[int, str]] = []
    for row, (identity, says) in keyed:
        once = first.setdefault(identity, row.line)
        match = _earlier(identity, earlier)
        if match is not None and match.mark in {"", *fingerprints(says, scope=SCOPE)} and once == row.line:
            before.append((row.line, match.code))
            continue
        found, wrong = _row(row, known, once, match)
        faults += wrong
        if found is not None:
            key, mark = fingerprint(identity, scope=SCOPE), fingerprint(says, scope=SCOPE)
            opening, happened = found
            number = kernel.clean(row.cells.get("number", ""))
            good.append(
                GoodRow(line=row.line, number=number, happened_date=happened, key=key, mark=mark, opening=opening)
            )
    lines = {one.line for one in good}
    marks = {mark for row, (_key, says) in keyed if row.line in lines for mark in fingerprints(says, scope=SCOPE)}
    alike = queries.lists_alike(actor, marks, source=card.source)
    return ListLook(card=card, rows=rows, good=tuple(good), faults=tuple(faults), before=tuple(before), alike=alike)


def _identity(actor: Actor, source: str, row: SentRow) -> tuple[str, str]:
    """What makes the row this row, and all that it says."""
    says = repr([kernel.clean(row.cells.get(name, "")) for name in LIST_COLUMNS if name != "number"])
    number = kernel.clean(row.cells.get("number", ""))
    return repr((actor.organisation_code, source.casefold(), number or says)), says


def _earlier(identity: str, earlier: Mapping[str, Before]) -> Before | None:
    return next((earlier[key] for key in fingerprints(identity, scope=SCOPE) if key in earlier), None)


class _Known:
    """What cells may name: names and codes, each with the codes that it can mean."""

    def __init__(self, today: date) -> None:
        self.today = today
        self.categories: dict[str, set[str]] = {}
        for category in queries.categories():
            _add(self.categories, category.code, category.code, category.name_zh, category.name_en)
        self.places: dict[str, set[str]] = {}
        for street in territory.community_choices():
            for place in street.communities:
                above = street.street.short_name or street.street.name
                short = place.short_name or place.name
                _add(self.places, place.code, place.code, place.name, place.short_name, place.name_en, above + short)
        self.cells: dict[str, set[str]] = {}
        self.community_of: dict[str, tuple[str, str]] = {}
        for cell in territory.cells(on=today):
            self.community_of[cell.code] = (cell.community_code, cell.name)
            _add(self.cells, cell.code, cell.code, cell.name)
        self.channels: dict[str, set[str]] = {}
        for code in LIST_CHANNELS:
            _add(self.channels, code, code, *CHANNEL_WORDS[code])


CHANNEL_WORDS = {"list": ("名单", "from a list"), "phone": ("电话", "telephone"), "window": ("窗口", "window")}
"""Either language is understood, whichever the page shows."""


def _add(known: dict[str, set[str]], code: str, *names: str) -> None:
    for name in names:
        if name:
            known.setdefault(name.casefold(), set()).add(code)


class _Cells:
    """Reads the cells of a row one after the other, and gathers what is wrong with them."""

    def __init__(self, row: SentRow) -> None:
        self.row = row
        self.wrong: list[RowFault] = []

    def tried(self, column: str, read: Callable[[str], T], otherwise: T) -> T:
        text = self.row.cells.get(column, "").strip()
        try:
            if column in self.row.formulas:
                raise Invalid("cell-formula", _("It holds a formula. Please write what it comes to."))
            if len(text) > LONGEST_CELL:
                raise Invalid("cell-long", _("This cell holds too much text."))
            return read(text)
        except Problem as problem:
            self.wrong.append(RowFault(line=self.row.line, column=column, sentence=problem.message))
            return otherwise


def _row(
    row: SentRow, known: _Known, once: int, match: Before | None
) -> tuple[tuple[Opening, date | None] | None, list[RowFault]]:
    """The matter of a row with its day, or everything that is wrong with it."""
    cells = _Cells(row)
    tried, wrong = cells.tried, cells.wrong
    tried("number", lambda text: _number(text, row.line, once, match), None)
    words = tried("words", lambda text: taken(text).text, "")
    category = tried("category", lambda text: _category(text, known), "")
    community, cell = tried("community", lambda text: _place(text, known), ("", ""))
    landmark = tried("landmark", kernel.clean, "")
    lon = tried("longitude", _degrees, None)
    lat = tried("latitude", _degrees, None)
    contact = tried("contact", _contact, "")
    channel = tried("channel", lambda text: _channel(text, known), "list")
    happened = tried("day", lambda text: _day(text, known.today), None)
    place = PlaceChoice(
        community_code=community or None,
        lon=lon,
        lat=lat,
        landmark=" · ".join(part for part in (cell, landmark) if part),
        source="map" if lon is not None else "community" if community else "none",
    )
    if not wrong:
        try:  # a community by itself is known to be one: only a point is to be asked about
            checked_place(place, ours=lon is not None or lat is not None, on=known.today)
        except Invalid as problem:
            column = "landmark" if problem.code == "landmark-too-long" else "latitude" if lat is None else "longitude"
            wrong.append(RowFault(line=row.line, column=column, sentence=problem.message))
    if wrong:
        return None, wrong
    opening = Opening(words=words, category=category, place=place, contact=contact or None, channel=channel)
    return (opening, happened), []


def _number(text: str, line: int, once: int, match: Before | None) -> None:
    if len(text) > LONGEST_NUMBER:
        raise Invalid("number-long", _("A number may have 64 characters."))
    if once != line and text:
        raise Invalid("number-twice", _("Line %(line)d has the same number.") % {"line": once})
    if once != line:
        raise Invalid("row-twice", _("Line %(line)d says the same. Please delete one of them.") % {"line": once})
    if match is not None:
        sentence = _(
            "This number of the same source was taken in before with other words: %(code)s. "
            "Please delete the row, or give it another number if it is another matter."
        )
        raise Invalid("number-known", sentence % {"code": match.code})


def _category(text: str, known: _Known) -> str:
    if not text:
        raise Invalid("category-missing", _("The category is missing."))
    return _one(text, known.categories, _("“%(text)s” is no category. The second sheet of the empty list names them."))


def _place(text: str, known: _Known) -> tuple[str, str]:
    """The community, and the cell by which it was named."""
    if not text:
        return "", ""
    if text.casefold() in known.places or text.casefold() not in known.cells:
        outside = _("“%(text)s” is no community or grid cell of this district.")
        return _one(text, known.places, outside), ""
    community, name = known.community_of[_one(text, known.cells, "%(text)s")]
    return community, name


def _contact(text: str) -> str:
    if text:
        reached(text)
    return text


def _channel(text: str, known: _Known) -> str:
    return (
        _one(text, known.channels, _("“%(text)s” is no channel. Leave it empty if you do not know."))
        if text
        else "list"
    )


def _one(text: str, known: Mapping[str, set[str]], missing: str) -> str:
    found = known.get(text.casefold(), set())
    if len(found) == 1:
        return next(iter(found))
    if found:
        sentence = _("“%(text)s” is the name of several: %(codes)s. Please write the code.")
        raise Invalid("cell-ambiguous", sentence % {"text": text[:40], "codes": ", ".join(sorted(found)[:5])})
    raise Invalid("cell-unknown", missing % {"text": text[:40]})


def _degrees(text: str) -> float | None:
    if not text:
        return None
    try:
        return float(text.replace("°", ""))
    except ValueError as error:
        sentence = _("“%(text)s” is no number of degrees. Please write 121.5512.")
        raise Invalid("degrees", sentence % {"text": text[:40]}) from error


def _day(text: str, today: date) -> date | None:
    """A day as people and spreadsheets write it: 2026-01-31, 2026/1/31, 2026年1月31日, also with a time behind it."""
    if not text:
        return None
    parts = text.replace("年", "-").replace("月", "-").replace("日", " ").replace("/", "-").replace(".", "-").split()
    try:
        year, month, day = (int(part) for part in parts[0].partition("T")[0].strip("-").split("-"))
        found = date(year, month, day)
    except (ValueError, IndexError) as error:
        sentence = _("“%(text)s” is no day. Please write 2026-01-31.")
        raise Invalid("day", sentence % {"text": text[:40]}) from error
    if found > today:
        raise Invalid("day-to-come", _("%(day)s is to come. Please write when it happened.") % {"day": found})
    if found < today - OLDEST:
        raise Invalid("day-long-ago", _("%(day)s is too long ago.") % {"day": found})
    return found
