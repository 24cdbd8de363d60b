"""融入式办公, who is here today: what and who came down to each centre, what may be decided there, who has duty now."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from pianqu.rooms.directory import queries
from pianqu.rooms.directory.queries import DutyCard, Gap, OrganisationCard, SendDownCard
from pianqu.rooms.directory.views import asking, shown
from pianqu.rooms.directory.views.asking import Failed
from pianqu.rooms.directory.views.shown import Categories, Choice, Name

ICONS = {"resource": "building", "service": "heart-handshake", "person": "user", "responsibility": "signature"}
TONES = {"resident": "green", "rotating": "azure", "on_call": "purple"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """Something or somebody at a centre, in words."""

    id: UUID
    may_recall: bool
    icon: str
    title: str
    what: str
    sender: Name
    post_title: str
    person: str
    tone: str
    presence: str
    days: str
    decides: tuple[str, ...]
    starts: date
    ends: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Centre:
    """One centre's day."""

    code: str
    name: Name
    above: Name | None
    here: tuple[Here, ...]
    duty: tuple[DutyCard, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A stretch of the day: somebody's duty, or a gap."""

    starts: datetime
    ends: datetime
    hours: str
    who: str = ""
    title: str = ""
    home: str = ""
    instead_of: str = ""
    is_now: bool = False
    id: UUID | None = None
    may_end: bool = False

    @property
    def is_gap(self) -> bool:
        return not self.title


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """One organisation's day of duty, gaps in their places."""

    code: str
    name: Name
    shifts: tuple[Shift, ...]
    open_hours: str


@never_cache
@login_required
@require_safe
def here_today(request: HttpRequest, *, categories: Categories) -> HttpResponse:
    """Every centre with who is there on the day."""
    return here_page(request, categories)


def here_page(
    request: HttpRequest, categories: Categories, *, failed: Failed | None = None, status: int = 200
) -> HttpResponse:
    """The page, with the forms of who may send something down; one that was refused stands open."""
    actor = shown.actor_of(request)
    (on, error), choices = shown.asked_day(request), shown.category_choices(categories)
    cards = {card.code: card for card in queries.all_organisations()}
    codes = asking.managed(actor, cards)
    here = queries.here_by_centre(on)
    now = timezone.now()
    duty = queries.roster(None, now, now) if on == timezone.localdate() else ()
    centres = _district_first([card for card in cards.values() if card.kind == "centre" or card.code in here], cards)
    sent = {row.account_id for rows in here.values() for row in rows if row.account_id}
    people = queries.names_of({card.account_id for card in duty} | sent)
    context = {
        "day": shown.shown_day(on),
        "error": error,
        "centres": [_centre(card, cards, here.get(card.code, ()), duty, choices, codes, people) for card in centres],
        "people": people,
        "count": sum(len(rows) for rows in here.values()),
        "forms": [asking.send_down(cards, codes, choices.values(), failed)] if codes else [],
        "failed": failed,
    }
    return render(request, "directory/here_today.html", context, status=status)


def _district_first(bodies: list[OrganisationCard], cards: Mapping[str, OrganisationCard]) -> list[OrganisationCard]:
    """The district's own centre before the clusters', else by code."""

    def order(card: OrganisationCard) -> tuple[bool, str]:
        above = cards.get(card.parent_code)
        return above is None or above.kind != "district", card.code

    return sorted(bodies, key=order)


def _centre(
    card: OrganisationCard,
    cards: Mapping[str, OrganisationCard],
    here: Sequence[SendDownCard],
    duty: Sequence[DutyCard],
    choices: Mapping[str, Choice],
    managed: Collection[str],
    people: Mapping[UUID, str],
) -> Centre:
    above = cards.get(card.parent_code)
    return Centre(
        code=card.code,
        name=shown.organisation_name(card),
        above=shown.organisation_name(above) if above else None,
        here=tuple(_here(row, cards, choices, managed, people) for row in here),
        duty=tuple(one for one in duty if one.organisation_code == card.code),
    )


def _here(
    row: SendDownCard,
    cards: Mapping[str, OrganisationCard],
    choices: Mapping[str, Choice],
    managed: Collection[str],
    people: Mapping[UUID, str],
) -> Here:
    words = shown.weekdays()
    return Here(
        id=row.send_down_id,
        may_recall=row.from_code in managed,
        icon=ICONS[row.what],
        title=row.title,
        what=shown.what_word(row.what),
        sender=shown.organisation_name(cards.get(row.from_code), row.from_code),
        post_title=row.post_title,
        person=people.get(row.account_id, "") if row.account_id else "",
        tone=TONES[row.presence],
        presence=shown.presence_word(row.presence),
        days=" ".join(words[number - 1] for number in row.weekdays),
        decides=tuple(choices[code].name if code in choices else code for code in row.may_decide),
        starts=row.starts,
        ends=row.ends,
    )


@never_cache
@login_required
@require_safe
def duty(request: HttpRequest, *, categories: Categories) -> HttpResponse:
    """Every roster of the day, round the clock, with the hours that nobody covers."""
    return duty_page(request, categories)


def duty_page(
    request: HttpRequest, categories: Categories, *, failed: Failed | None = None, status: int = 200
) -> HttpResponse:
    """The page, with the forms of who arranges duty and substitutes; one that was refused stands open."""
    actor = shown.actor_of(request)
    on, error = shown.asked_day(request)
    begins = datetime.combine(on, time.min, timezone.get_current_timezone())
    ends = begins + timedelta(days=1)
    duties = [card for card in queries.roster(None, begins, ends) if card.starts < ends]
    people = queries.names_of(
        {card.account_id for card in duties} | {card.instead_of for card in duties if card.instead_of}
    )
    cards = {card.code: card for card in queries.all_organisations()}
    on_roster = {card.organisation_code for card in duties}
    keeping = [card for card in cards.values() if card.kind == "centre" or card.code in on_roster]
    codes = asking.managed(actor, cards)
    rosters = [_roster(card, duties, people, begins, ends, codes) for card in _district_first(keeping, cards)]
    context = {
        "day": shown.shown_day(on),
        "error": error,
        "rosters": rosters,
        "uncovered": sum(1 for roster in rosters if roster.open_hours),
        "forms": [asking.put_on_duty(cards, codes, failed), asking.substitute(codes, failed)] if codes else [],
        "away": queries.substitutions(codes, timezone.now()) if codes else (),
        "failed": failed,
    }
    return render(request, "directory/duty.html", context, status=status)


def _roster(
    card: OrganisationCard,
    duties: Sequence[DutyCard],
    people: Mapping[UUID, str],
    begins: datetime,
    ends: datetime,
    managed: Collection[str],
) -> Roster:
    own = [one for one in duties if one.organisation_code == card.code]
    gaps = queries.uncovered(own, begins, ends)
    shifts = [_shift(one, people, begins, ends, managed) for one in own]
    shifts += [Shift(starts=gap.starts, ends=gap.ends, hours=_span(gap, begins, ends)) for gap in gaps]
    return Roster(
        code=card.code,
        name=shown.organisation_name(card),
        shifts=tuple(sorted(shifts, key=lambda shift: shift.starts)),
        open_hours=_hours(gaps),
    )


def _span(one: DutyCard | Gap, begins: datetime, ends: datetime) -> str:
    """Hours as a roster says them: 16:00–24:00, the evening before named, the next morning too."""
    first, last = timezone.localtime(one.starts), timezone.localtime(one.ends)
    start, end = f"{first:%H:%M}", "24:00" if one.ends == ends else f"{last:%H:%M}"
    if one.starts < begins:
        start = _("%(time)s the day before") % {"time": start}
    if one.ends > ends:
        end = _("%(time)s the next day") % {"time": end}
    return f"{start}–{end}"


def _shift(
    one: DutyCard, people: Mapping[UUID, str], begins: datetime, ends: datetime, managed: Collection[str]
) -> Shift:
    return Shift(
        id=one.duty_id,
        may_end=one.organisation_code in managed and one.ends > timezone.now(),
        starts=one.starts,
        ends=one.ends,
        hours=_span(one, begins, ends),
        who=people.get(one.account_id, ""),
        title=one.title,
        home=one.home_name if one.home_name != one.organisation_name else "",
        instead_of=people.get(one.instead_of, "") if one.instead_of else "",
        is_now=one.starts <= timezone.now() < one.ends,
    )


def _hours(gaps: Sequence[Gap]) -> str:
    """Hours without duty, to the half: 8, 12.5; empty without a gap."""
    seconds = sum((gap.ends - gap.starts).total_seconds() for gap in gaps)
    return f"{round(seconds / 1800) / 2:g}" if seconds else ""
