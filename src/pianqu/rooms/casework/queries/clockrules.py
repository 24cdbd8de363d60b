"""The district's own terms: which holds when, and what another set of them would move before it is applied."""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256

from django.db.models import Q
from django.utils import timezone

from pianqu.foundation.actor import Actor
from pianqu.foundation.rulepacks import Rule, term_rule
from pianqu.kernels import checkcode, deadline
from pianqu.kernels.deadline import Calendar, Term, Unit
from pianqu.rooms.casework import rules
from pianqu.rooms.casework.lifecycle import OPEN
from pianqu.rooms.casework.models import Clock, ClockVersion, Pause
from pianqu.rooms.casework.queries.cases import working_days
from pianqu.rooms.casework.queries.naming import NATURES
from pianqu.rooms.casework.queries.seen import scope_of, seen_by
from pianqu.rooms.directory import queries as directory

DRAFT, IN_FORCE, DROPPED = "draft", "in_force", "dropped"
MOST_VERSIONS = 50
SHOWN = 100
"""Rows of a preview that a page shows; the workbook holds all."""
MOST_COMPUTED = 50_000
"""Clocks that one preview computes: more are said to be more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalTerm:
    """A term of this district's own: for one nature, and for one category or (empty) for every other."""

    nature: str
    category: str
    amount: int
    unit: str
    rolls: bool = False

    @property
    def code(self) -> str:
        """As a fact tells it."""
        what = f"{self.nature}/{self.category}" if self.category else self.nature
        return f"{what}={self.amount}{self.unit}{'+' if self.rolls else ''}"

    @property
    def term(self) -> Term:
        return Term(self.amount, Unit(self.unit), self.rolls)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRules:
    """A set of terms. Version 0 is none of its own: what the pack says."""

    version: int = 0
    terms: tuple[LocalTerm, ...] = ()

    def term(self, nature: str, category: str) -> Term:
        """What holds for such a matter: its category's own, else the nature's, else the pack's."""
        found = {one.category: one for one in self.terms if one.nature == nature and one.category in ("", category)}
        own = found.get(category) or found.get("")
        return own.term if own else term_rule(f"case.{nature}").term


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionCard:
    """One version as a page shows it."""

    version_id: uuid.UUID
    number: int
    state: str
    terms: tuple[LocalTerm, ...]
    back_to: int
    from_date: date | None
    also_open: bool
    words: str
    drafted_at: datetime
    enforced_at: datetime | None
    looked: int
    moved: int
    held: int
    finished_at: datetime | None
    to_look_at: int = 0
    """Running clocks in all, while it is being applied."""

    @property
    def rules(self) -> ClockRules:
        return ClockRules(version=self.number, terms=self.terms)

    @property
    def digest(self) -> str:
        """Changes with every term: what somebody saw is what they put in force."""
        return sha256("\n".join([str(self.number), *(one.code for one in self.terms)]).encode()).hexdigest()[:16]


def clock_rules(*, on: date, today: date | None = None) -> ClockRules:
    """The set that holds for what came in on this day: the newest whose day had come, or that is for open matters too and has
    come by `today`. One statement."""
    holds = Q(from_date__lte=on) | Q(also_open=True, from_date__lte=today or on)
    known = ClockVersion.objects.filter(holds, state=IN_FORCE).order_by("-number")
    row = known.values_list("number", "terms").first()
    return ClockRules(version=row[0], terms=_terms(row[1])) if row else ClockRules()


def clock_versions(*, now: datetime) -> tuple[VersionCard, ...]:
    """Drafted, in force and past, the newest first."""
    rows = list(ClockVersion.objects.exclude(state=DROPPED).order_by("-number")[:MOST_VERSIONS])
    today = timezone.localdate(now)
    runs = [row for row in rows if row.also_open and row.finished_at is None and (row.from_date or today) <= today]
    running = Clock.objects.filter(stopped_at=None).count() if runs else 0
    return tuple(_card(row, running if row in runs else 0) for row in rows)


def clock_draft() -> VersionCard | None:
    """What is being written, if something is."""
    row = ClockVersion.objects.filter(state=DRAFT).first()
    return _card(row, 0) if row else None


def clock_basis() -> str:
    """What a writer begins from, as a digest: the draft, else the newest version; empty where there is none."""
    row = ClockVersion.objects.exclude(state=DROPPED).order_by("-number").first()
    return _card(row, 0).digest if row else ""


def clock_drafter() -> str:
    """Whose draft it is: organisation and title of a current post; empty for the system's own and for a post that ended."""
    post = ClockVersion.objects.filter(state=DRAFT).values_list("drafted_by", flat=True).first()
    held = directory.holders([uuid.UUID(post)]) if post else {}
    return "".join(f"{one.organisation_name} · {one.title}" for one in held.values())


def clock_version(number: int) -> VersionCard | None:
    """One version by its number; not one that was dropped."""
    row = ClockVersion.objects.filter(number=number).exclude(state=DROPPED).first()
    return _card(row, 0) if row else None


def versions_to_apply(*, now: datetime) -> tuple[uuid.UUID, ...]:
    """Versions whose day has come and that are for open matters too, and not through with them."""
    waiting = ClockVersion.objects.filter(
        state=IN_FORCE, also_open=True, finished_at=None, from_date__lte=timezone.localdate(now)
    )
    return tuple(waiting.order_by("number").values_list("id", flat=True))


def _card(row: ClockVersion, running: int) -> VersionCard:
    same = ("number", "state", "back_to", "from_date", "also_open", "words", "drafted_at", "enforced_at")
    more = ("looked", "moved", "held", "finished_at")
    told = {name: getattr(row, name) for name in (*same, *more)}
    return VersionCard(version_id=row.id, terms=_terms(row.terms), to_look_at=running, **told)


def _terms(rows: Iterable[Sequence[object]]) -> tuple[LocalTerm, ...]:
    return tuple(
        LocalTerm(
            nature=str(nature), category=str(category), amount=int(str(amount)), unit=str(unit), rolls=bool(rolls)
        )
        for nature, category, amount, unit, rolls in rows
    )


def pack_rules() -> Mapping[str, Rule]:
    """What holds where the district says nothing of its own, by nature."""
    return {nature: term_rule(f"case.{nature}") for nature in NATURES}


# how a clock stands, by a term ---------------------------------------------------------------------------------------


class Reckoner:
    """When clocks end: the calendar is asked for once, and a day's sum is done once for all clocks that it is the sum of."""

    def __init__(self, calendar: Calendar) -> None:
        self._calendar, self._zone = calendar, timezone.get_default_timezone()
        self._known: dict[tuple[date, tuple[Term, ...]], deadline.Due | None] = {}

    def due(self, start: datetime, terms: Sequence[Term], pauses: Sequence[deadline.Pause] = ()) -> deadline.Due | None:
        """As the kernel says. Terms in days depend on the day alone where nothing stood still."""
        if pauses or any(term.unit is Unit.HOURS for term in terms):
            return deadline.due_at(start, terms, self._calendar, zone=self._zone, pauses=pauses)
        key = (start.astimezone(self._zone).date(), tuple(terms))
        if key not in self._known:
            self._known[key] = deadline.due_at(start, terms, self._calendar, zone=self._zone)
        return self._known[key]


def terms_of(clock: Clock, first: Term | None = None) -> tuple[Term, ...]:
    """The clock's term, or another one in its place, and its extension in the unit in which it was granted."""
    own = first or Term(clock.amount, Unit(clock.unit), clock.rolls)
    more = (Term(clock.extra, Unit(clock.extra_unit or clock.unit), clock.rolls),) if clock.extra else ()
    return (own, *more)


def nature_of(clock: Clock) -> str:
    """By which nature's rule it runs; empty for a rule that the district cannot change."""
    nature = clock.rule_id.removeprefix("case.")
    return nature if nature in NATURES else ""


def pauses_by_clock(clocks: Sequence[Clock]) -> dict[uuid.UUID, list[deadline.Pause]]:
    """The pauses of many clocks, in one statement."""
    found: dict[uuid.UUID, list[deadline.Pause]] = {}
    rows = Pause.objects.filter(clock__in=[clock.id for clock in clocks]).order_by("started_at")
    for clock_id, start, end in rows.values_list("clock_id", "started_at", "ended_at"):
        found.setdefault(clock_id, []).append(deadline.Pause(start, end))
    return found


# before it is applied ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """What would happen to one matter. A paused one is reckoned as if its clock ran again now."""

    case_id: uuid.UUID
    shown_code: str
    organisation_code: str
    category: str
    nature: str
    before: datetime | None
    after: datetime | None
    paused: bool
    late_now: bool
    """It is in time as things stand, and would be overdue at once."""
    relieved: bool
    """It is overdue as things stand, and would not be any more."""

    @property
    def by(self) -> timedelta:
        """How much later; less than nothing for earlier."""
        return self.after - self.before if self.before and self.after else timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many of one organisation's matters, or of all, would move which way."""

    organisation_code: str = ""
    earlier: int = 0
    later: int = 0
    late_now: int = 0
    relieved: int = 0
    paused: int = 0
    most_earlier: timedelta = timedelta()
    most_later: timedelta = timedelta()

    @property
    def moved(self) -> int:
        return self.earlier + self.later


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a draft would move if it held for open matters from now on."""

    running: int
    """Clocks that run or stand."""
    computed: int
    """How many of them could be touched and were computed."""
    is_whole: bool
    total: Tally
    by_organisation: tuple[Tally, ...]
    shifts: tuple[Shift, ...]
    """What becomes overdue at once first, then what comes earliest."""

    @property
    def unmoved(self) -> int:
        return self.running - self.total.moved


def preview_clocks(actor: Actor, draft: ClockRules, *, now: datetime) -> Preview:
    """What these terms would move. Raises Forbidden for who may not set them. As many statements for many as for one.

    The numbers are of all matters; single ones are named only where the actor may see them.
    """
    rules.check_may_set_clocks(actor)
    clocks = list(
        Clock.objects.filter(stopped_at=None, case__state__in=OPEN)
        .select_related("case")
        .only(*_NEEDED)
        .order_by("id")[: MOST_COMPUTED + 1]
    )
    touched = [clock for clock in clocks[:MOST_COMPUTED] if _is_touched(clock, draft)]
    shifts = sorted(_shifts(touched, draft, now), key=lambda one: (not one.late_now, one.by, one.case_id))
    return Preview(
        running=len(clocks),
        computed=len(touched),
        is_whole=len(clocks) <= MOST_COMPUTED,
        total=_tally("", shifts),
        by_organisation=_by_organisation(shifts),
        shifts=tuple(_visible(actor, shifts)),
    )


def _visible(actor: Actor, shifts: Sequence[Shift]) -> Sequence[Shift]:
    if scope_of(actor).everything or not shifts:
        return shifts
    seen = frozenset(seen_by(actor).values_list("id", flat=True).filter(id__in=[one.case_id for one in shifts]))
    return [one for one in shifts if one.case_id in seen]


_NEEDED = (
    "rule_id",
    "amount",
    "unit",
    "rolls",
    "extra",
    "extra_unit",
    "started_at",
    "due_at",
    "case__code",
    "case__category",
    "case__lead_code",
    "case__organisation_code",
)


def is_other(clock: Clock, term: Term) -> bool:
    """Whether the clock runs by another term than this one."""
    return (clock.amount, clock.unit, clock.rolls) != (term.amount, str(term.unit), term.rolls)


def _is_touched(clock: Clock, draft: ClockRules) -> bool:
    nature = nature_of(clock)
    return bool(nature) and is_other(clock, draft.term(nature, clock.case.category))


def _shifts(clocks: Sequence[Clock], draft: ClockRules, now: datetime) -> Iterator[Shift]:
    reckoner, pauses = Reckoner(working_days()), pauses_by_clock(clocks)
    for clock in clocks:
        nature, stood = nature_of(clock), pauses.get(clock.id, [])
        is_paused = any(pause.end is None for pause in stood)
        ended = [deadline.Pause(pause.start, pause.end or max(now, pause.start)) for pause in stood]
        new = terms_of(clock, draft.term(nature, clock.case.category))
        before, after = (
            reckoner.due(clock.started_at, terms_of(clock), ended),
            reckoner.due(clock.started_at, new, ended),
        )
        if before is None or after is None or before.at == after.at:
            continue
        yield Shift(
            case_id=clock.case_id,
            shown_code=checkcode.show(clock.case.code),
            organisation_code=clock.case.lead_code or clock.case.organisation_code,
            category=clock.case.category,
            nature=nature,
            before=before.at,
            after=after.at,
            paused=is_paused,
            late_now=not is_paused and after.at <= now < before.at,
            relieved=not is_paused and before.at <= now < after.at,
        )


def _by_organisation(shifts: Sequence[Shift]) -> tuple[Tally, ...]:
    """In the order of codes: nobody is ranked."""
    groups: dict[str, list[Shift]] = {}
    for shift in shifts:
        groups.setdefault(shift.organisation_code, []).append(shift)
    return tuple(_tally(code, groups[code]) for code in sorted(groups))


def _tally(code: str, shifts: Sequence[Shift]) -> Tally:
    sizes = [shift.by for shift in shifts]
    return Tally(
        organisation_code=code,
        earlier=sum(size < timedelta() for size in sizes),
        later=sum(size > timedelta() for size in sizes),
        late_now=sum(shift.late_now for shift in shifts),
        relieved=sum(shift.relieved for shift in shifts),
        paused=sum(shift.paused for shift in shifts),
        most_earlier=-min([timedelta(), *sizes]),
        most_later=max([timedelta(), *sizes]),
    )
