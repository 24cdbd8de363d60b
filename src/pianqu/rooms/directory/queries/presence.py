"""Who is where: what was sent down to a centre, and who has duty at what hour."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q

from pianqu.foundation.actor import Actor
from pianqu.rooms.directory import rules
from pianqu.rooms.directory.models import Duty, SendDown, Substitution
from pianqu.rooms.directory.queries.organisations import valid_on


@dataclass(frozen=True, slots=True, kw_only=True)
class SendDownCard:
    """Something that an upper organisation lends to the ground."""

    send_down_id: uuid.UUID
    what: str
    title: str
    from_code: str
    from_name: str
    to_code: str
    to_name: str
    post_title: str
    account_id: uuid.UUID | None
    """Whose post was sent; the name stays with the account."""
    presence: str
    weekdays: tuple[int, ...]
    """1 is Monday; only for rotating presence, empty: by arrangement."""
    may_decide: tuple[str, ...]
    starts: date
    ends: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyCard:
    """Somebody's hours of duty. Names of persons stay with the accounts."""

    duty_id: uuid.UUID
    post_id: uuid.UUID
    account_id: uuid.UUID
    title: str
    organisation_code: str
    organisation_name: str
    home_name: str
    """The organisation to which the post belongs."""
    starts: datetime
    ends: datetime
    instead_of: uuid.UUID | None = None
    """The account of the absent colleague for whom this one stands."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Hours in which nobody has duty."""

    starts: datetime
    ends: datetime


def who_is_here(centre_code: str, on: date) -> tuple[SendDownCard, ...]:
    """What and who is at a centre on a day: resident, rotating on its weekday, or on call. One statement."""
    return here_by_centre(on, [centre_code]).get(centre_code, ())


def here_by_centre(on: date, centre_codes: Iterable[str] | None = None) -> dict[str, tuple[SendDownCard, ...]]:
    """The same for several centres or for all: centre → cards, resident ones first. One statement."""
    rows = SendDown.objects.filter(valid_on(on, "starts", "ends")).filter(Q(post=None) | Q(post__valid_to=None))
    if centre_codes is not None:
        rows = rows.filter(centre__code__in=set(centre_codes))
    found: dict[str, list[SendDownCard]] = {}
    for row in rows.select_related("sender", "centre", "post"):
        if _comes(row, on):
            found.setdefault(row.centre.code, []).append(_card(row))
    return {code: tuple(sorted(cards, key=_order)) for code, cards in sorted(found.items())}


def sent_to(centre_codes: Iterable[str], *, on: date) -> tuple[SendDownCard, ...]:
    """Everything that is sent down to these centres on a day or later, whatever its weekdays. One statement."""
    rows = SendDown.objects.filter(centre__code__in=set(centre_codes)).filter(Q(ends=None) | Q(ends__gt=on))
    rows = rows.filter(Q(post=None) | Q(post__valid_to=None)).select_related("sender", "centre", "post")
    return tuple(_card(row) for row in rows.order_by("centre__code", "starts", "id"))


def _comes(row: SendDown, on: date) -> bool:
    return row.presence != rules.ROTATING or not row.weekdays or str(on.isoweekday()) in row.weekdays


def _order(card: SendDownCard) -> tuple[int, str, str]:
    return rules.PRESENCES.index(card.presence), card.from_code, card.title


def _card(row: SendDown) -> SendDownCard:
    return SendDownCard(
        send_down_id=row.id,
        what=row.what,
        title=row.title,
        from_code=row.sender.code,
        from_name=row.sender.short_name,
        to_code=row.centre.code,
        to_name=row.centre.short_name,
        post_title=row.post.title if row.post else "",
        account_id=row.post.account_id if row.post else None,
        presence=row.presence,
        weekdays=tuple(int(day) for day in row.weekdays),
        may_decide=tuple(row.may_decide),
        starts=row.starts,
        ends=row.ends,
    )


def on_duty(organisation_code: str, at: datetime) -> tuple[DutyCard, ...]:
    """Who has duty for an organisation at a moment; an absent one's substitute stands in. Two statements."""
    return tuple(card for card in roster([organisation_code], at, at) if card.starts <= at < card.ends)


def roster(organisation_codes: Iterable[str] | None, starts: datetime, ends: datetime) -> tuple[DutyCard, ...]:
    """Duties that touch the time from `starts` to `ends`, of these organisations or all, by start. Two statements."""
    whose = Q() if organisation_codes is None else Q(organisation__code__in=set(organisation_codes))
    return _duties(whose, starts, ends)


def turns_of(actor: Actor, starts: datetime, ends: datetime) -> tuple[DutyCard, ...]:
    """Duties of the actor's organisation, and of its own post anywhere, an absent colleague's included. Three statements."""
    own = rules.post_uuid(actor.post_id)
    absent = Substitution.objects.filter(by_post_id=own).values_list("post_id", flat=True)
    found = _duties(
        Q(organisation__code=actor.organisation_code) | Q(post_id=own) | Q(post_id__in=list(absent)), starts, ends
    )
    return tuple(card for card in found if card.organisation_code == actor.organisation_code or card.post_id == own)


def rotations_of(actor: Actor, *, on: date) -> tuple[SendDownCard, ...]:
    """What comes to the actor's organisation on some weekdays, and where its own post goes, from a day on. One statement."""
    own = rules.post_uuid(actor.post_id)
    rows = (
        SendDown.objects.filter(presence=rules.ROTATING)
        .exclude(weekdays="")
        .filter(Q(ends=None) | Q(ends__gt=on))
        .filter(Q(post=None) | Q(post__valid_to=None))
        .filter(Q(centre__code=actor.organisation_code) | Q(post_id=own))
    )
    return tuple(_card(row) for row in rows.select_related("sender", "centre", "post").order_by("starts", "id"))


def _duties(whose: Q, starts: datetime, ends: datetime) -> tuple[DutyCard, ...]:
    rows = Duty.objects.filter(whose, starts__lte=ends, ends__gt=starts, post__valid_to=None)
    rows = rows.select_related("organisation", "post", "post__organisation").order_by("starts", "id")
    duties = [row for row in rows if row.starts < row.ends]
    standing_in = _standing_in({row.post_id for row in duties}, starts, ends)
    return tuple(_duty(row, standing_in) for row in duties)


def _standing_in(posts: set[uuid.UUID], starts: datetime, ends: datetime) -> list[Substitution]:
    rows = Substitution.objects.filter(post_id__in=posts, by_post__valid_to=None, starts__lte=ends, ends__gt=starts)
    return list(rows.select_related("by_post"))


def _duty(row: Duty, standing_in: list[Substitution]) -> DutyCard:
    """A substitute takes the duties that begin in its time."""
    there = next(
        (one for one in standing_in if one.post_id == row.post_id and one.starts <= row.starts < one.ends), None
    )
    held = there.by_post if there else row.post
    return DutyCard(
        duty_id=row.id,
        post_id=held.id,
        account_id=held.account_id,
        title=held.title,
        organisation_code=row.organisation.code,
        organisation_name=row.organisation.short_name,
        home_name=row.post.organisation.short_name,
        starts=row.starts,
        ends=row.ends,
        instead_of=row.post.account_id if there else None,
    )


def duty_gaps(organisation_code: str, starts: datetime, ends: datetime) -> tuple[Gap, ...]:
    """The hours between two moments in which nobody has duty for an organisation; nights and days alike."""
    return uncovered(roster([organisation_code], starts, ends), starts, ends)


def uncovered(duties: Iterable[DutyCard], starts: datetime, ends: datetime) -> tuple[Gap, ...]:
    """What the duties of one organisation leave open."""
    gaps: list[Gap] = []
    reached = starts
    for card in sorted(duties, key=lambda card: card.starts):
        if card.starts >= ends:
            break
        if card.starts > reached:
            gaps.append(Gap(reached, card.starts))
        reached = max(reached, card.ends)
    if reached < ends:
        gaps.append(Gap(reached, ends))
    return tuple(gaps)
