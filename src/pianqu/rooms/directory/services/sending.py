"""send_down, recall: what an upper organisation lends to the ground 下沉."""

import uuid
from collections.abc import Collection
from datetime import date, datetime

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Invalid, Refused
from pianqu.foundation.ids import new_id
from pianqu.foundation.verbs import verb
from pianqu.rooms.directory import rules
from pianqu.rooms.directory.facts import Recalled, SentDown
from pianqu.rooms.directory.models import Organisation, Post, Power, SendDown
from pianqu.rooms.directory.queries.organisations import line_above, parents, valid_on
from pianqu.rooms.directory.services.parts import held, living
from pianqu.rooms.ledger import services as ledger


@verb
def send_down(
    *,
    actor: Actor,
    what: str,
    title: str,
    from_code: str,
    to_code: str,
    starts: date,
    ends: date | None,
    presence: str,
    weekdays: Collection[int] = (),
    may_decide: Collection[str] = (),
    post_id: uuid.UUID | None = None,
    now: datetime,
) -> uuid.UUID:
    """Lend a resource, service, person or responsibility to a centre, street or community; answers its id.

    `may_decide` names the categories that may be decided there: the sender must hold them, and what departments took back
    stays with them (Refused). `weekdays` (1 is Monday) belong to rotating presence, `post_id` to a person of the sender.
    """
    rules.check_may_manage(actor, from_code)
    sender, centre = living(from_code), living(to_code)
    _check_words(what, title, presence, weekdays, starts, ends)
    if centre.kind not in {"centre"} | rules.STREETS | rules.COMMUNITIES:
        raise Invalid("send-down-to", _("Something is sent down to a centre, street, town, community or village only."))
    _check_downwards(sender, centre)
    post = _person(post_id, sender) if post_id else None
    _check_powers(sender, may_decide, starts)
    row = SendDown.objects.create(
        id=new_id(),
        what=what,
        title=title.strip(),
        sender=sender,
        centre=centre,
        post=post,
        presence=presence,
        weekdays="".join(str(day) for day in sorted(set(weekdays))),
        may_decide=sorted(set(may_decide)),
        starts=starts,
        ends=ends,
    )
    told = SentDown(
        subject=f"send-down:{row.id}",
        organisation_code=from_code,
        send_down_id=str(row.id),
        what=what,
        to_code=to_code,
        presence=presence,
        may_decide=tuple(row.may_decide),
        starts=starts.isoformat(),
        ends=ends.isoformat() if ends else "",
    )
    ledger.record([told], actor=actor, now=now)
    return row.id


def _check_downwards(sender: Organisation, receiver: Organisation) -> None:
    """Raise Refused where the receiver stands above the sender, or is the sender itself: that would be sent up."""
    parent_of = parents()
    above = line_above(sender.code, parent_of)
    on_ground = sender.kind in rules.STREETS | rules.COMMUNITIES
    is_top = rules.is_whole_district(receiver.kind, _kind_of(parent_of.get(receiver.code, "")))
    if receiver.code in (sender.code, *above) or (on_ground and is_top):
        sentence = _("%(receiver)s does not stand beneath %(sender)s: something is sent down, not up.")
        raise Refused("send-down-up", sentence % {"receiver": receiver.short_name, "sender": sender.short_name})


def _kind_of(code: str) -> str:
    return Organisation.objects.filter(code=code).values_list("kind", flat=True).first() or ""


def _check_words(
    what: str, title: str, presence: str, weekdays: Collection[int], starts: date, ends: date | None
) -> None:
    if what not in rules.SENDABLE or presence not in rules.PRESENCES:
        raise Invalid("send-down-kind", _("That is nothing that can be sent down, or no way of being there."))
    if not 1 <= len(title.strip()) <= 80:
        raise Invalid("send-down-title", _("Please say in at most 80 characters what is sent down."))
    if ends is not None and ends <= starts:
        raise Invalid("span-wrong", _("The end must be after the beginning."))
    if presence == rules.ROTATING and not weekdays:
        raise Invalid("send-down-days", _("Please tick the weekdays on which it comes: it is there in turns."))
    if not set(weekdays) <= set(range(1, 8)) or (weekdays and presence != rules.ROTATING):
        raise Invalid("send-down-days", _("Weekdays run from 1 (Monday) to 7, and belong to rotating presence."))


def _person(post_id: uuid.UUID, sender: Organisation) -> Post:
    post = held(post_id)
    if post.organisation_id != sender.id:
        raise Invalid("send-down-person", _("This person holds no post in the organisation that sends."))
    return post


def _check_powers(sender: Organisation, may_decide: Collection[str], on: date) -> None:
    rows = Power.objects.filter(valid_on(on), organisation=sender, category__in=set(may_decide))
    lines = rows.filter(verb__in=(rules.HANDLE, rules.DECIDE)).values_list("category", "list_kind", "article")
    own = {category for category, _list_kind, _article in lines}
    back = {category: article for category, list_kind, article in lines if list_kind == rules.TAKEN_BACK}
    for category in sorted(set(may_decide)):
        if category in back:
            sentence = _(
                "What the departments took back may not be pushed down (%(article)s). Please take its tick away."
            )
            raise Refused("taken-back", sentence % {"article": back[category]})
        if category not in own:
            sentence = _(
                "%(name)s has no power over one of the categories ticked, so it cannot pass it on. Nothing was changed."
            )
            raise Refused("not-yours", sentence % {"name": sender.short_name})


@verb
def recall(*, actor: Actor, send_down_id: uuid.UUID, now: datetime) -> None:
    """What was sent down is there until the end of yesterday; what has not begun never comes. Raises Absent."""
    today = timezone.localdate(now)
    row = (
        SendDown.objects.select_related("sender", "centre")
        .filter(id=send_down_id)
        .exclude(ends__lte=today)
        .exclude(ends=F("starts"))
        .first()
    )
    if row is None:
        raise Absent("send-down-absent", _("There is nothing of the kind there any more."))
    rules.check_may_manage(actor, row.sender.code)
    row.ends = max(today, row.starts)
    row.save(update_fields=["ends"])
    told = Recalled(
        subject=f"send-down:{row.id}",
        organisation_code=row.sender.code,
        send_down_id=str(row.id),
        to_code=row.centre.code,
        ends=row.ends.isoformat(),
    )
    ledger.record([told], actor=actor, now=now)
