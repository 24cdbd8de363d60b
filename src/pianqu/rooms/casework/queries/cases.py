"""Questions to casework. Answers are frozen cards of plain values; no question of a template can follow from them."""

import hmac
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.utils import timezone
from django.utils.translation import gettext as _

from pianqu.foundation import files, rulepacks, throttle
from pianqu.foundation.actor import Actor
from pianqu.foundation.crypto import has_fingerprint
from pianqu.foundation.db import Statement, fetch
from pianqu.foundation.errors import Absent, Invalid, Refused
from pianqu.foundation.fresh import Fresh
from pianqu.foundation.reached import Reached
from pianqu.kernels import checkcode, deadline, words
from pianqu.kernels.deadline import Calendar
from pianqu.rooms.casework import rules, sql
from pianqu.rooms.casework.lifecycle import ENDED, OPEN, WAITING, Move, State, may_move
from pianqu.rooms.casework.models import (
    Addition,
    Case,
    Category,
    Contact,
    DayCount,
    Forecast,
    Home,
    Note,
    Photo,
    Request,
    Task,
    Year,
)
from pianqu.rooms.casework.queries.checks import awaits_check
from pianqu.rooms.casework.queries.rehoming import HomeCard, home_in, with_home
from pianqu.rooms.casework.queries.search import Sought, sought
from pianqu.rooms.casework.queries.seen import (
    Turn,
    all_walks,
    few_seen_by,
    is_dangerous,
    is_narrow,
    one_seen_by,
    own_work,
    scope_of,
    walk_of,
    walk_said,
    walks,
)
from pianqu.rooms.casework.queries.shipped import NONE, CategoryCard, counts_for, shipped_categories
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.ledger import queries as ledger
from pianqu.rooms.territory import queries as territory

PAGE = 50
COUNT_TO = 1_000
REOPENING = "case.reopening"
EXCERPT = 80
MOMENTS = {"resolved": "resolved_at", "reopened": "reopened_at"}
"""Other moments by which a list can be bounded, and their columns."""
BY_CODE, BY_ADDRESS = "casework.follow-code", "casework.follow-address"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFilter:
    """What a list shows. Empty means everything."""

    state: str = ""
    category: str = ""
    place_code: str = ""
    """A community, a street (then its communities too), or NONE: where no place is known."""
    organisation_code: str = ""
    text: str = ""
    """A code, or words of the matter or its landmark."""
    queue: str = ""
    """One of QUEUES or MORE_QUEUES."""
    platform: str = ""
    """One of PLATFORMS, or NONE: the categories that count for none."""
    cell_code: str = ""
    """A cell of the grid of its day, or NONE: where no cell is known."""
    cell_now: str = ""
    """A cell of today's grid, or NONE. Matters that had ended when it came into force lie in none of its cells."""
    cluster_code: str = ""
    """A cluster as today's grid draws it, or NONE: places in no cluster, and no place."""
    party: str = ""
    """An organisation that has a part in it now."""
    since: date | None = None
    until: date | None = None
    """First and last day on which it came in, or that to which `moment` points."""
    moment: str = ""
    """One of MOMENTS; empty for when it came in."""
    order: str = ""
    """Empty for the newest first, DUE for what is due first: then only what a clock runs on; RISK for what is likeliest to be
    late first: then only what a forecast speaks of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """One line of a staff list."""

    case_id: uuid.UUID
    code: str
    shown_code: str
    state: str
    category: str
    channel: str
    place_code: str
    landmark: str
    excerpt: str
    organisation_code: str
    opened_at: datetime
    resolved_at: datetime | None
    due_at: datetime | None
    warn_at: datetime | None
    """From when on the clock is yellow."""
    has_photos: bool
    has_contact: bool
    imported_from: str
    danger: bool = False
    """Its words hold a phrase of danger, and nobody said since that it is no emergency."""
    risk: int | None = None
    """How likely it is to miss its date, in thousandths, as the worker last said; None where nothing is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePage:
    """One page of a list, newest first. `next_page` is the token of the page after it."""

    rows: tuple[CaseRow, ...]
    total: int | None
    """How many there are; None where they are too many to be counted."""
    more_than: int
    """So many there are at least, where `total` is None."""
    has_next: bool
    next_page: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoCard:
    """A photo by the id under which a door may hand it out."""

    photo_id: uuid.UUID
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AdditionCard:
    words: str
    added_at: datetime
    photos: tuple[PhotoCard, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineItem:
    """One fact about the case. `kind` is the fact's, as casework.case-opened."""

    entry_id: uuid.UUID
    kind: str
    at: datetime
    organisation_code: str
    actor_kind: str
    position: int | None
    erased: bool
    imported_from: str
    happened_at: datetime | None
    """What an importer claims; `at` is when it was recorded here."""
    purpose: str
    """Why somebody looked at the contact; empty for every other kind."""
    words: str
    """What was said with it, where the reader may see that."""
    fact: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentCase:
    """A case as its reporter sees it."""

    case_id: uuid.UUID
    code: str
    shown_code: str
    state: str
    category: str
    channel: str
    place_code: str
    lon: float | None
    lat: float | None
    landmark: str
    words: str
    reply: str
    organisation_code: str
    opened_at: datetime
    resolved_at: datetime | None
    closed_at: datetime | None
    entry_id: uuid.UUID
    """The ledger's entry of the opening: what the receipt proves."""
    photos: tuple[PhotoCard, ...]
    additions: tuple[AdditionCard, ...]
    timeline: tuple[TimelineItem, ...]
    due_at: datetime | None
    due_provisional: bool
    score: int | None
    erased_at: datetime | None
    masked_contact: str
    contact_kind: str
    """phone or mail; empty without a contact."""
    lead_code: str
    """Who works on it; empty while the centre has it."""
    identity: str
    """How sure the house was who reported it: empty, `confirmed`, `proven`."""
    tell_by: str
    """How the reporter wants to be told: sms, mail, or empty for not at all."""
    may_extend: bool
    may_withdraw: bool
    may_rate: bool
    may_reopen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseCard(ResidentCase):
    """A case as the officials who answer for it see it."""

    imported_from: str
    imported_id: str
    cell_code: str
    """In which cell of the grid of its day the point lies; empty without a point."""
    home: HomeCard | None
    """Where it lies in a grid that came into force while it was open; None where none did."""
    platform: str
    """To which platform a person moved it; empty while its category says so."""
    danger: bool
    """Its words sound dangerous, it is not answered yet, and nobody said that it is no emergency."""
    waits_for_centre: bool
    """Nobody answers for it yet: the centre gives it to somebody."""
    may_resolve: bool
    may_close: bool
    may_reveal_contact: bool
    may_erase: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicRow:
    """A matter as everybody may see it: what kind, which street, how it stands, which day. No words."""

    category: str
    street_code: str
    state: str
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many matters came in and how they stand, counted from facts; those that joined another one count as every other."""

    opened: int
    resolved: int
    closed: int
    withdrawn: int
    reopened: int

    @property
    def answered(self) -> int:
        """Answered now."""
        return self.resolved - self.reopened

    @property
    def waiting(self) -> int:
        """Not answered now; one that was reopened waits again."""
        return self.opened - self.answered - self.withdrawn


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseHead:
    """The few columns that rules and verbs need."""

    case_id: uuid.UUID
    code: str
    state: str
    organisation_code: str
    """Who answers for it now: the lead, or who received it."""
    lead_code: str = ""
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoFile:
    content: bytes
    media_type: str


# categories ----------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def shipped_codes() -> frozenset[str]:
    return frozenset(card.code for card in shipped_categories())


def categories() -> tuple[CategoryCard, ...]:
    """All categories for pages: the shipped ones, then those that an import took over some seconds ago or earlier."""
    return shipped_categories() + _added()


def _read_added() -> tuple[CategoryCard, ...]:
    added = Category.objects.order_by("code").values_list("code", "name_zh", "name_en")
    return tuple(CategoryCard(code=code, name_zh=zh, name_en=en) for code, zh, en in added)


_added = Fresh(_read_added)


def forget_categories() -> None:
    """Read them anew at the next question: a verb added some."""
    _added.forget()


def known_codes() -> frozenset[str]:
    """Codes of all categories, as they stand in the tables. One statement."""
    return shipped_codes() | set(Category.objects.values_list("code", flat=True))


# working days --------------------------------------------------------------------------------------------------------


def working_days() -> Calendar:
    """The calendar by which clocks run: the shipped years, with those whose notice was taken in here, in one statement."""
    announced = tuple(Year.objects.order_by("year").values_list("year", "off", "worked"))
    return _calendar(tuple((year, tuple(off), tuple(worked)) for year, off, worked in announced))


def days_between(first: date, last: date) -> Iterator[date]:
    """Every day after `first`, up to and with `last`."""
    day = first
    while day < last:
        day += timedelta(days=1)
        yield day


class _Known:
    """The calendar as it was a moment ago, so that taking in a matter asks for it once a minute and not each time."""

    at: datetime | None = None
    calendar: Calendar | None = None


def recent_working_days(now: datetime) -> Calendar:
    """The same, at most a minute old: for the first clock of what comes in, which a new notice computes anew anyway."""
    if _Known.calendar is None or _Known.at is None or not _Known.at <= now < _Known.at + timedelta(minutes=1):
        _Known.at, _Known.calendar = now, working_days()
    return _Known.calendar


def forget_working_days() -> None:
    """Ask anew next time: a notice came in."""
    _Known.calendar = None


@lru_cache(maxsize=4)
def _calendar(announced: tuple[tuple[int, tuple[str, ...], tuple[str, ...]], ...]) -> Calendar:
    return rulepacks.calendar(
        {
            year: rulepacks.year_table({"year": year, "off": list(off), "worked": list(worked)})
            for year, off, worked in announced
        }
    )


# lists ---------------------------------------------------------------------------------------------------------------


RISK_SAID = Subquery(Forecast.objects.filter(case=OuterRef("pk")).values("risk")[:1])
"""What the worker last said of a case: read, never computed, where a list is shown."""
_ROW = (
    "id",
    "code",
    "state",
    "category",
    "channel",
    "place_code",
    "landmark",
    "words",
    "organisation_code",
    "opened_at",
    "resolved_at",
    "imported_from",
    "due_at",
    "warn_at",
    "risk",
    "danger",
)


def cases_for(
    actor: Actor, *, filters: CaseFilter | None = None, page: str = "", size: int = PAGE, now: datetime | None = None
) -> CasePage:
    """One page of the actor's cases, in the order that the filter says, in as many statements whatever their number.

    `page` is the token of the page before (`next_page`), empty for the first. Raises Invalid for a token of its own making.
    `now` is needed to know what is overdue.
    """
    filters = filters or CaseFilter()
    if (filters.queue in ("overdue", "week", "likely") or filters.order == RISK) and now is None:
        raise ValueError("what is due depends on the moment")
    order = _order_of(filters)
    found = sought(filters.text)
    walk = _walks(actor, filters, found, now or _NEVER)
    further = walk(order.turn(page), size + 1)
    rows = list(_whole_rows(order, further, size + 1)) if further else []
    has_next = len(rows) > size
    if found.is_frequent:
        total, most = (None, size) if page or has_next else (len(rows), size)
    else:
        total, most = _counted(walk(order.turn(""), COUNT_TO + 1))
    return CasePage(
        rows=tuple(_row(row) for row in rows[:size]),
        total=total,
        more_than=most if total is None else 0,
        has_next=has_next,
        next_page=order.token(rows[size - 1]) if has_next else "",
    )


def _counted(walked: Sequence[Statement]) -> tuple[int | None, int]:
    """How many there are, None for more than COUNT_TO; and COUNT_TO."""
    total = int(fetch(sql.count_to(walked))[0][0]) if walked else 0
    return total if total <= COUNT_TO else None, COUNT_TO


_NEVER = datetime.min.replace(tzinfo=UTC)


def _walks(
    actor: Actor, filters: CaseFilter, found: Sought, now: datetime
) -> Callable[[Turn, int], Sequence[Statement]]:
    """How the actor's list is walked: by each way into the scope, or, where few cases can be meant, these and then the scope."""
    scope = scope_of(actor)
    if filters == CaseFilter():
        return lambda turn, size: walks(scope, Q(), turn, size) if turn.after else all_walks(scope, turn, size)
    where = where_of(filters, actor, now) & found.where
    if filters.order == RISK:
        said = few_seen_by(actor).filter(where)
        return lambda turn, size: walk_said(said, turn, size)
    if found.is_few or (_means_open(filters) and not (is_narrow(scope) and _order_of(filters) is NEWEST)):
        few = few_seen_by(actor).filter(where)
        return lambda turn, size: walk_of(few, turn, size)
    stem = directory.stem(filters.place_code) if filters.place_code not in ("", NONE) else ""
    return lambda turn, size: walks(scope, where, turn, size, stem=stem)


def _order_of(filters: CaseFilter) -> "_Order":
    return {DUE: DUE_ORDER, RISK: RISK_ORDER}.get(filters.order, NEWEST)


def cases_walked(actor: Actor, filters: CaseFilter, *, page: str, size: int, now: datetime) -> Sequence[Statement]:
    """The same list by when matters came in, whatever its order, for who reads all of it: the walks to its next rows."""
    return _walks(actor, filters, sought(filters.text), now)(NEWEST.turn(page), size)


def _means_open(filters: CaseFilter) -> bool:
    """Whether what is asked for can only be open: few of all that there are."""
    return bool(filters.queue or filters.order or filters.state in OPEN)


def _whole_rows(order: "_Order", further: Sequence[Statement], size: int) -> QuerySet[Case, tuple[Any, ...]]:
    """The first rows of a list in its order: whole rows are read of these only, whatever the scope holds."""
    first = sql.first_of(further, falling=order.falling, size=size)
    return (
        Case.objects.filter(id__in=first)
        .annotate(risk=RISK_SAID)
        .order_by(*order.turn("").by(order.column, "id"))
        .values_list(
            *_ROW,
            Exists(Photo.objects.filter(case=OuterRef("pk"))),
            Exists(Contact.objects.filter(case=OuterRef("pk"))),
        )
    )


def rows_for(actor: Actor, case_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, CaseRow]:
    """Those of these matters that the actor may see, by id. One statement beside the scope's."""
    rows = (
        one_seen_by(actor)
        .filter(id__in=case_ids)
        .annotate(risk=RISK_SAID)
        .values_list(*_ROW, Value(False), Value(False))
    )
    return {row[0]: _row(row) for row in rows}


@dataclass(frozen=True, slots=True)
class _Order:
    """An order of a list, and how the page after a row is found again without counting rows."""

    column: str
    place: int
    """Where in _ROW the column stands."""
    falling: bool

    is_number: bool = False
    """Whether the column holds a number, and no moment."""

    def token(self, row: Sequence[Any]) -> str:
        return self.token_of(row[self.place], row[0])

    def token_of(self, at: datetime | int, case_id: uuid.UUID) -> str:
        """What `turn` finds the row after this one by."""
        return f"{at.isoformat() if isinstance(at, datetime) else at},{case_id}"

    def turn(self, page: str) -> Turn:
        """The order, from a page's token on. Raises Invalid for a token of the caller's own making."""
        if not page:
            return Turn(column=self.column, falling=self.falling)
        try:
            at, _comma, last = page.partition(",")
            after = self._read(at), uuid.UUID(last)
        except ValueError as error:
            raise Invalid("page-unknown", _("There is no such page. Please start from the first one.")) from error
        return Turn(column=self.column, falling=self.falling, after=after)

    def _read(self, at: str) -> datetime | int:
        """Raises ValueError."""
        if self.is_number:
            return min(int(at), THOUSAND)
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None:
            raise ValueError("a moment needs its zone")
        return moment


THOUSAND = 1000
DUE, RISK = "due", "risk"
NEWEST = _Order("opened_at", _ROW.index("opened_at"), falling=True)
DUE_ORDER = _Order("due_at", _ROW.index("due_at"), falling=False)
RISK_ORDER = _Order("risk", _ROW.index("risk"), falling=True, is_number=True)

QUEUES = ("danger", "mine", "unassigned", "overdue", "asked", "answered")
"""What sounds dangerous, my organisation's part, nobody's yet, overdue, waiting for a decision, answered and to be called back.
What is joined to another matter and follows it is in none of these but the second."""
MORE_QUEUES = ("open", "week", "likely")
"""Lists that the overview points to: everything open, what falls due until the week is over, and what is likely to be late."""
LIKELY = 500
"""Thousandths from which on a matter is marked: more likely late than not."""


def week_ends(now: datetime) -> datetime:
    """The midnight after this week's Sunday."""
    today = timezone.localdate(now)
    return _midnight(today + timedelta(days=7 - today.weekday()))


def _queued(actor: Actor, queue: str, now: datetime) -> Q:
    if queue == "mine":
        live = Task.objects.filter(organisation_code=actor.organisation_code, ended_at=None)
        return Q(id__in=live.values("case_id"))
    return own_work() & _worked_on(queue, now)


def _worked_on(queue: str, now: datetime) -> Q:
    if queue == "danger":
        return is_dangerous()
    if queue == "unassigned":
        return Q(state__in=WAITING)
    if queue == "overdue":
        return Q(state__in=OPEN, due_at__lte=now)
    if queue == "week":
        return Q(state__in=OPEN, due_at__gt=now, due_at__lt=week_ends(now))
    if queue == "likely":
        return Q(state__in=OPEN, due_at__gt=now, id__in=Forecast.objects.filter(risk__gte=LIKELY).values("case_id"))
    if queue == "asked":
        return Q(state__in=OPEN, id__in=Request.objects.filter(decided_at=None).values("case_id"))
    return Q(state=State.RESOLVED) if queue == "answered" else Q(state__in=OPEN)


def where_of(filters: CaseFilter, actor: Actor, now: datetime) -> Q:
    """What a filter asks for, without its words and whatever the actor may see."""
    exact = {
        "state": filters.state,
        "category": filters.category,
        "organisation_code": filters.organisation_code,
    }
    where = Q(**{name: value for name, value in exact.items() if value})
    if filters.queue:
        where &= _queued(actor, filters.queue, now)
    where &= _lies_in(filters.place_code) & counts_for(filters.platform)
    if filters.cell_code:
        where &= Q(cell_code="" if filters.cell_code == NONE else filters.cell_code)
    if filters.cell_now:
        where &= _lies_now(filters.cell_now, timezone.localdate(now))
    if filters.cluster_code:
        where &= _in_cluster(filters.cluster_code, timezone.localdate(now))
    if filters.party:
        live = Task.objects.filter(organisation_code=filters.party, ended_at=None)
        where &= Q(organisation_code=filters.party) | Q(id__in=live.values("case_id"))
    where &= _within(MOMENTS.get(filters.moment, "opened_at"), filters.since, filters.until)
    if filters.order == DUE:
        where &= own_work() & Q(state__in=OPEN, due_at__isnull=False)
    if filters.order == RISK:
        where &= own_work() & Q(state__in=OPEN, due_at__gt=now)
    return where


def _lies_in(place_code: str) -> Q:
    if place_code == NONE:
        return Q(place_code=None)
    return Q(place_code__startswith=directory.stem(place_code)) if place_code else Q()


def _lies_now(cell_code: str, today: date) -> Q:
    """Matters that came in under today's grid keep their cell; those that were open when it came have their home in it."""
    version = territory.version_on(today)
    if version is None:
        return Q(cell_code="") if cell_code == NONE else Q(id=None)
    homes = Home.objects.filter(version_id=version.version_id)
    if cell_code != NONE:
        # the index holds no matters without a cell: both databases take it only where that is said
        came = Case.objects.filter(cell_code=cell_code, grid_version=version.version_id).exclude(cell_code="")
        return Q(id__in=came.values("id").union(homes.filter(cell_code=cell_code).values("case_id")))
    nowhere = Q(cell_code="") | Q(id__in=homes.filter(cell_code="").values("case_id"))
    return nowhere & ~Q(id__in=homes.exclude(cell_code="").values("case_id"))


def _in_cluster(code: str, today: date) -> Q:
    drawn = {card.code: card.community_codes for card in territory.clusters(on=today)}
    if code != NONE:
        return Q(place_code__in=drawn.get(code, ()))
    return Q(place_code=None) | ~Q(place_code__in=[place for places in drawn.values() for place in places])


def _within(column: str, since: date | None, until: date | None) -> Q:
    first = Q(**{f"{column}__gte": _midnight(since)}) if since else Q()
    return first & Q(**{f"{column}__lt": _midnight(until + timedelta(days=1))}) if until else first


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, timezone.get_default_timezone())


def _row(row: Sequence[Any]) -> CaseRow:
    return CaseRow(
        case_id=row[0],
        code=row[1],
        shown_code=checkcode.show(row[1]),
        state=row[2],
        category=row[3],
        channel=row[4],
        place_code=row[5] or "",
        landmark=row[6],
        excerpt=words.isolated(words.excerpt(row[7], EXCERPT)),
        organisation_code=row[8],
        opened_at=row[9],
        resolved_at=row[10],
        imported_from=row[11] or "",
        due_at=row[12],
        warn_at=row[13],
        risk=row[14],
        danger=row[15],
        has_photos=row[16],
        has_contact=row[17],
    )


# one case ------------------------------------------------------------------------------------------------------------


def case_head(case_id: uuid.UUID) -> CaseHead:
    """Raises Absent for an unknown id."""
    columns = ("id", "code", "state", "organisation_code", "lead_code", "due_at")
    row = Case.objects.filter(id=case_id).values_list(*columns).first()
    if row is None:
        raise Absent("case-absent", _("There is no such matter."))
    id_, code, state, receiver, lead, due_at = row
    return CaseHead(
        case_id=id_, code=code, state=state, organisation_code=lead or receiver, lead_code=lead, due_at=due_at
    )


def category_of(case_id: uuid.UUID) -> str:
    """The category of a matter; empty for an unknown id."""
    return Case.objects.filter(id=case_id).values_list("category", flat=True).first() or ""


def codes_of(case_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """The codes of these matters. One statement, none where none is asked for."""
    return dict(Case.objects.filter(id__in=case_ids).values_list("id", "code")) if case_ids else {}


def check_sees(actor: Actor, case_id: uuid.UUID) -> None:
    """Raise Absent where this actor may not see the case."""
    if not one_seen_by(actor).filter(id=case_id).exists():
        raise Absent("case-absent", _("There is no such matter."))


def id_of(actor: Actor, code: str) -> uuid.UUID:
    """The matter with this code. Raises Absent where there is none that this actor may see."""
    found = one_seen_by(actor).filter(code=checkcode.normalise(code)[:16]).values_list("id", flat=True).first()
    if found is None:
        raise Absent("case-absent", _("There is no matter with this code, or you may not see it. Nothing was changed."))
    return found


def case_for(actor: Actor, case_id: uuid.UUID) -> CaseCard:
    """The whole case for an official. Raises Absent where there is none that this actor may see."""
    case = with_home(one_seen_by(actor).filter(id=case_id)).first()
    if case is None:
        raise Absent("case-absent", _("There is no such matter."))
    org, receiver = case.lead_code or case.organisation_code, case.organisation_code
    contact = _contact(case_id)
    return CaseCard(
        **_common(case, contact),
        imported_from=case.imported_from or "",
        imported_id=case.imported_id or "",
        cell_code=case.cell_code,
        home=home_in(case),
        platform=case.platform,
        danger=case.danger and case.state in OPEN,
        waits_for_centre=case.state in WAITING,
        may_extend=may_move(case.state, Move.EXTEND) and rules.may_extend(actor, receiver),
        may_withdraw=may_move(case.state, Move.WITHDRAW) and rules.may_withdraw(actor, receiver),
        may_rate=False,
        may_reopen=may_move(case.state, Move.REOPEN) and rules.may_reopen(actor),
        may_resolve=may_move(case.state, Move.RESOLVE) and rules.may_resolve(actor, org),
        may_close=may_move(case.state, Move.CLOSE) and rules.may_close(actor, receiver) and not awaits_check(case),
        may_erase=case.erased_at is None and case.state in ENDED and rules.may_erase(actor),
        may_reveal_contact=bool(contact[0]) and rules.may_reveal_contact(actor, org),
    )


def resident_case(case_id: uuid.UUID, *, now: datetime | None = None) -> ResidentCase:
    """The case for its reporter: the door has proved before that this is the reporter (`follow`, a signed cookie).

    Whether one that is archived can still be rated depends on the time.
    """
    case = Case.objects.filter(id=case_id).first()
    if case is None:
        raise Absent("case-absent", _("There is no such matter."))
    return ResidentCase(
        **_common(case, _contact(case_id), for_reporter=True),
        may_extend=may_move(case.state, Move.EXTEND),
        may_withdraw=may_move(case.state, Move.WITHDRAW),
        may_rate=may_move(case.state, Move.RATE) and not case.imported_from and can_be_rated(case, now),
        may_reopen=may_move(case.state, Move.REOPEN) and not case.imported_from,
    )


def can_be_rated(case: Case, now: datetime | None) -> bool:
    """Until it is archived, and then for as long as it could be reopened: who archives it takes no rating away."""
    if case.state != State.CLOSED:
        return True
    return now is not None and case.score is None and case.erased_at is None and can_reopen(case, now)


def can_reopen(case: Case, now: datetime) -> bool:
    """Whether the time in which an answered matter can be reopened is not over."""
    if case.resolved_at is None:
        return True
    term = rulepacks.term_rule(REOPENING).term
    due = deadline.due_at(case.resolved_at, [term], working_days(), zone=timezone.get_default_timezone())
    return due is None or now < due.at


def _common(case: Case, contact: tuple[str, str, str, str], *, for_reporter: bool = False) -> dict[str, Any]:
    photos = list(Photo.objects.filter(case_id=case.id).order_by("addition_id", "order"))
    by_addition: dict[uuid.UUID | None, list[PhotoCard]] = {}
    for photo in photos:
        card = PhotoCard(photo_id=photo.id, width=photo.width, height=photo.height)
        by_addition.setdefault(photo.addition_id, []).append(card)
    return {
        "case_id": case.id,
        "code": case.code,
        "shown_code": checkcode.show(case.code),
        "state": case.state,
        "category": case.category,
        "channel": case.channel,
        "place_code": case.place_code or "",
        "lon": case.lon,
        "lat": case.lat,
        "landmark": case.landmark,
        "words": case.words,
        "reply": case.reply,
        "organisation_code": case.organisation_code,
        "opened_at": case.opened_at,
        "resolved_at": case.resolved_at,
        "closed_at": case.closed_at,
        "entry_id": case.entry_id,
        "photos": tuple(by_addition.get(None, ())),
        "additions": _additions(case.id, by_addition),
        "timeline": timeline(case.id, for_reporter=for_reporter),
        "due_at": case.due_at,
        "due_provisional": case.due_provisional,
        "score": case.score,
        "erased_at": case.erased_at,
        "masked_contact": contact[0],
        "contact_kind": contact[1],
        "tell_by": contact[2],
        "identity": contact[3],
        "lead_code": case.lead_code or "",
    }


def _additions(case_id: uuid.UUID, photos: Mapping[uuid.UUID | None, Sequence[PhotoCard]]) -> tuple[AdditionCard, ...]:
    rows = Addition.objects.filter(case_id=case_id).order_by("added_at", "id")
    return tuple(
        AdditionCard(words=row.words, added_at=row.added_at, photos=tuple(photos.get(row.id, ()))) for row in rows
    )


def addition_of(entry_id: uuid.UUID) -> AdditionCard | None:
    """What was added by this entry of the ledger; None where it added nothing. Two statements."""
    row = Addition.objects.filter(entry_id=entry_id).first()
    if row is None:
        return None
    photos = Photo.objects.filter(addition_id=row.id).order_by("order").values_list("id", "width", "height")
    cards = tuple(PhotoCard(photo_id=id_, width=width, height=height) for id_, width, height in photos)
    return AdditionCard(words=row.words, added_at=row.added_at, photos=cards)


def _contact(case_id: uuid.UUID) -> tuple[str, str, str, str]:
    """Mask, kind, channel and identity level; all empty without a contact."""
    found = Contact.objects.filter(case_id=case_id).values_list("mask", "kind", "channel", "identity").first()
    return found or ("", "", "", "")


def timeline(case_id: uuid.UUID, *, for_reporter: bool = False) -> tuple[TimelineItem, ...]:
    """What the ledger knows of the case, oldest first, each with the words that belong to it."""
    notes = Note.objects.filter(case_id=case_id)
    if for_reporter:
        notes = notes.filter(for_reporter=True)
    words_of = dict(notes.values_list("entry_id", "words"))
    history = ledger.history(f"case:{case_id}")
    if for_reporter:
        history = tuple(_for_reporter(item) for item in history if _is_for_reporter(item))
    return tuple(_told(item, words_of.get(item.entry_id, "")) for item in history)


_ABOUT_OTHERS = frozenset(
    {
        "casework.matter-taken-in",
        "casework.matter-split-off",
        "casework.joint-answer-given",
        "casework.joint-answer-carried",
    }
)
"""What happened to a matter because of others who reported the same: their existence is nobody else's business."""
_INSIDE = frozenset({"casework.dispatch-suggested", "casework.suggestion-answered", "casework.bulk-item-refused"})
"""What a program proposed, or tried in vain: nothing became of it."""
_AMONG_COLLEAGUES = frozenset({"casework.colleagues-mentioned", "casework.note-retracted", "casework.note-struck"})
_OTHERS = frozenset({"parent_id", "child_id", "earlier_id"})


def _is_for_reporter(item: ledger.HistoryItem) -> bool:
    """Not what concerns others, went on inside, or was written among colleagues: not even that it was."""
    if item.kind == "casework.case-noted":
        return bool(item.fact.get("for_reporter"))
    return item.kind not in _ABOUT_OTHERS | _INSIDE | _AMONG_COLLEAGUES


def _for_reporter(item: ledger.HistoryItem) -> ledger.HistoryItem:
    """The same without another matter's id."""
    if _OTHERS.isdisjoint(item.fact):
        return item
    return replace(item, fact={name: value for name, value in item.fact.items() if name not in _OTHERS})


def _told(item: ledger.HistoryItem, said: str) -> TimelineItem:
    happened = item.fact.get("happened_at") or ""
    return TimelineItem(
        entry_id=item.entry_id,
        kind=item.kind,
        at=item.at,
        organisation_code=item.organisation_code,
        actor_kind=str(item.actor.get("kind", "")),
        position=item.position,
        erased=item.erased,
        imported_from=item.fact.get("imported_from") or "",
        happened_at=datetime.fromisoformat(happened) if happened else None,
        purpose=str(item.fact.get("purpose") or ""),
        words=said,
        fact=item.fact,
    )


def photo_for(actor: Actor, photo_id: uuid.UUID) -> PhotoFile:
    """A photo for an official. Raises Absent where this actor may not see the case."""
    return _photo(Photo.objects.filter(id=photo_id, case__in=one_seen_by(actor)))


def resident_photo(case_id: uuid.UUID, photo_id: uuid.UUID) -> PhotoFile:
    """A photo for the reporter of this case."""
    return _photo(Photo.objects.filter(id=photo_id, case_id=case_id))


def _photo(found: QuerySet[Photo]) -> PhotoFile:
    row = found.values_list("file_name", "media_type").first()
    if row is None:
        raise Absent("photo-absent", _("There is no such photo."))
    return PhotoFile(content=files.read(row[0]), media_type=row[1])


def files_in_use(names: Sequence[str]) -> frozenset[str]:
    """Those of these file names that a photo has."""
    return frozenset(Photo.objects.filter(file_name__in=names).values_list("file_name", flat=True))


# following -----------------------------------------------------------------------------------------------------------


def tail_scope(case_id: uuid.UUID) -> str:
    """The scope of the fingerprint of a contact's last digits: one case's says nothing of another's."""
    return f"contact-tail|{case_id}"


def told_by(case_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, tuple[str, str]]:
    """Code and channel of those of these matters whose reporter wants to be told. One statement."""
    rows = Contact.objects.filter(case_id__in=case_ids).exclude(channel="")
    return {case_id: (code, channel) for case_id, code, channel in rows.values_list("case_id", "case__code", "channel")}


def holders(case_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Who answers for these matters now: the lead, or who received it. One statement."""
    rows = Case.objects.filter(id__in=case_ids).values_list("id", "lead_code", "organisation_code")
    return {case_id: lead or receiver for case_id, lead, receiver in rows}


def follow(
    code: str, *, receipt_secret: str | None = None, contact_tail: str | None = None, address: str, now: datetime
) -> ResidentCase:
    """The case for who knows its code and either the receipt's secret or the contact's last four digits.

    An unknown code and a wrong proof get the same answer (Absent), and count as wrong tries: five within an hour lock the
    code, fifty the address, for an hour (TooMany). Only the right last digits make wrong ones forgotten: else each look of
    the reporter by the receipt would give somebody who guesses five more. An expired receipt says so (Refused).
    """
    wanted = checkcode.normalise(code)[:16]
    parties = ((BY_CODE, wanted, throttle.TRIES), (BY_ADDRESS, address, throttle.ADDRESS_TRIES))
    for scope, party, _tries in parties:
        throttle.check_open(scope=scope, party=party, now=now)
    case = Case.objects.filter(code=wanted).first() if checkcode.is_valid(wanted) else None
    if case is None or not (_has_secret(case, receipt_secret) or _has_tail(case, contact_tail)):
        for scope, party, tries in parties:
            throttle.count_wrong(scope=scope, party=party, now=now, tries=tries)
        raise Absent(
            "follow-no-match",
            _(
                "Code and proof do not belong together. Please check both; after five wrong tries you must wait an hour."
            ),
        )
    _check_not_expired(case, contact_tail, now)
    if not _has_secret(case, receipt_secret):
        throttle.forgive(scope=BY_CODE, party=wanted)
    return resident_case(case.id)


def is_receipt(case_id: uuid.UUID, secret: str, *, now: datetime) -> bool:
    """Whether this is the secret of the matter's receipt, and not of another one's. Raises Refused where it has expired.

    Wrong tries are not counted: nobody guesses 128 bits, and whoever knows a public id could lock the reporter out.
    """
    case = Case.objects.filter(id=case_id).first()
    if case is None or not secret or not _has_secret(case, secret):
        return False
    _check_not_expired(case, None, now)
    return True


def _has_secret(case: Case, secret: str | None) -> bool:
    known = bytes(case.receipt_secret_hash or b"")
    offered = sha256((secret or "").strip().encode("utf-8", "backslashreplace")).digest()
    return hmac.compare_digest(known, offered)


def _has_tail(case: Case, tail: str | None) -> bool:
    known = Contact.objects.filter(case_id=case.id).values_list("tail_hash", flat=True).first()
    digits = (tail or "").strip()
    return known is not None and has_fingerprint(digits, known, scope=tail_scope(case.id))


def _check_not_expired(case: Case, tail: str | None, now: datetime) -> None:
    expired = case.receipt_expires_at is None or case.receipt_expires_at < now
    if expired and not _has_tail(case, tail):
        raise Refused(
            "receipt-expired",
            _(
                "This receipt's link has expired; the matter itself is kept. "
                "Use your contact's last digits, or ask at the window."
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCase:
    """One of somebody's own matters, for their list."""

    case_id: uuid.UUID
    code: str
    shown_code: str
    category: str
    place_code: str
    state: str
    opened_at: datetime
    due_at: datetime | None


def own_cases(resident_ids: Collection[uuid.UUID], *, most: int = 100) -> tuple[OwnCase, ...]:
    """What this person reported under their ids, the latest first. One statement."""
    return _own(Contact.objects.filter(resident_id__in=resident_ids), most)


def own_case(code: str, resident_ids: Collection[uuid.UUID]) -> OwnCase | None:
    """The matter with this code, if this person reported it. One statement."""
    found = Contact.objects.filter(resident_id__in=resident_ids, case__code=checkcode.normalise(code)[:16])
    return next(iter(_own(found, 1)), None)


def _own(found: QuerySet[Contact], most: int) -> tuple[OwnCase, ...]:
    names = ("code", "category", "place_code", "state", "opened_at", "due_at")
    rows = found.order_by("-case__opened_at", "-case_id").values_list("case_id", *(f"case__{name}" for name in names))
    return tuple(
        OwnCase(
            case_id=case_id,
            code=code,
            shown_code=checkcode.show(code),
            category=category,
            place_code=place_code or "",
            state=state,
            opened_at=opened_at,
            due_at=due_at,
        )
        for case_id, code, category, place_code, state, opened_at, due_at in rows[:most]
    )


def follow_as(code: str, contact: Reached, *, address: str, now: datetime) -> ResidentCase:
    """The case for who knows its code and confirmed the contact that was left; wrong tries count as in `follow`."""
    return follow(code, contact_tail=contact.proof, address=address, now=now)


# for everybody -------------------------------------------------------------------------------------------------------


def street_of(place_code: str | None) -> str:
    """The street or town in whose numbers a community's code lies; empty where no place is known."""
    return f"{place_code[:9]}000" if place_code else ""


def imported_ids(label: str) -> Iterator[str]:
    """Ids of another system's matters that are here already."""
    found = Case.objects.filter(imported_from=label).values_list("imported_id", flat=True)
    return (imported_id for imported_id in found.iterator(10_000) if imported_id)


def centre_code() -> str:
    """The organisation that takes in what residents report: the actor's organisation of the portal."""
    return rules.centre_code()


def public_recent(count: int) -> tuple[PublicRow, ...]:
    """The latest matters without words, withdrawn ones left out; no finer place than the street."""
    rows = (
        Case.objects.exclude(state=State.WITHDRAWN)
        .order_by("-opened_at", "-id")
        .values_list("category", "place_code", "state", "opened_at")[:count]
    )
    return tuple(
        PublicRow(category=category, street_code=street_of(place), state=state, day=timezone.localdate(at))
        for category, place, state, at in rows
    )


def counts(*, since: date | None = None, street_code: str = "") -> Counts:
    """Totals of the day counts, from a day on, of one street or all."""
    days = DayCount.objects.all()
    if since:
        days = days.filter(day__gte=since)
    if street_code:
        days = days.filter(street_code=street_code)
    sums = days.aggregate(**{name: Sum(name) for name in ("opened", "resolved", "closed", "withdrawn", "reopened")})
    return Counts(**{name: value or 0 for name, value in sums.items()})
