"""The forms of the directory's pages as data: which fields, what they offer, what was typed, what was wrong with it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from pianqu.foundation.actor import Actor
from pianqu.rooms.directory import forms, queries
from pianqu.rooms.directory.forms import Typed
from pianqu.rooms.directory.queries import HeldPost, OrganisationCard
from pianqu.rooms.directory.views import shown
from pianqu.rooms.directory.views.shown import Choice

SENDABLE = ("service", "person", "resource", "responsibility")
PRESENCES = ("resident", "rotating", "on_call")
POST_KINDS = ("window", "handler", "checker", "approver", "leader", "administrator", "grid_worker", "auditor")
GROUND = ("centre", "street", "town", "community", "village")
MOMENT = "%Y-%m-%dT%H:%M"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Choices under one heading; without one they stand alone."""

    name: str = ""
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One question. `kind`: text, date, datetime-local, select, checks, check."""

    name: str
    label: str
    kind: str = "text"
    hint: str = ""
    value: str = ""
    chosen: tuple[str, ...] = ()
    groups: tuple[Group, ...] = ()
    empty: str = ""
    """What a select says before anything is chosen."""
    optional: bool = False
    longest: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A form that was refused: what was typed and why, so that nothing has to be typed twice."""

    name: str
    field: str
    message: str
    typed: Typed


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One form. `name` is the act that it asks for."""

    name: str
    title: str
    button: str
    icon: str
    fields: tuple[Field, ...]
    key: str
    hidden: tuple[tuple[str, str], ...] = ()
    error: str = ""
    is_open: bool = False

    @property
    def errors(self) -> tuple[tuple[str, str], ...]:
        """Anchor and sentence of everything that is wrong."""
        return tuple((f"{self.name}-{field.name}", field.error) for field in self.fields if field.error)


def form(
    name: str,
    title: str,
    button: str,
    icon: str,
    fields: Sequence[Field],
    failed: Failed | None,
    hidden: Mapping[str, str] | None = None,
) -> Form:
    """The form with what was typed before, if it was this one that was refused."""
    mine = failed if failed is not None and failed.name == name else None
    shown_fields = tuple(_again(field, mine) for field in fields) if mine else tuple(fields)
    beside = {field.name for field in fields}
    return Form(
        name=name,
        title=title,
        button=button,
        icon=icon,
        fields=shown_fields,
        key=forms.key_of(mine.typed) if mine else forms.new_key(),
        hidden=tuple((hidden or {}).items()),
        error=mine.message if mine and mine.field not in beside else "",
        is_open=mine is not None,
    )


def _again(field: Field, failed: Failed) -> Field:
    return Field(
        name=field.name,
        label=field.label,
        kind=field.kind,
        hint=field.hint,
        value=str(failed.typed.get(field.name, "")),
        chosen=tuple(failed.typed.getlist(field.name)),
        groups=field.groups,
        empty=field.empty,
        optional=field.optional,
        longest=field.longest,
        error=failed.message if field.name == failed.field else "",
    )


# what the fields offer -----------------------------------------------------------------------------------------------


def managed(actor: Actor, cards: Mapping[str, OrganisationCard]) -> tuple[str, ...]:
    """The organisations whose duty, substitutes and lent things this actor arranges."""
    if queries.may_change_directory(actor):
        return tuple(cards)
    own = actor.organisation_code
    return (own,) if own in cards and queries.may_manage(actor, own) else ()


def select(name: str, label: str, groups: Iterable[Group], *, value: str = "", optional: bool = False) -> Field:
    """A question with one answer from a list; a list of one is answered already."""
    groups = tuple(groups)
    only = [choice.code for group in groups for choice in group.choices]
    chosen = value or (only[0] if len(only) == 1 and not optional else "")
    empty = pgettext("choice", "Nobody") if name in ("post", "serves") and optional else _("Choose …")
    return Field(
        name=name,
        label=label,
        kind="select",
        value=chosen,
        chosen=(chosen,) if chosen else (),
        groups=groups,
        empty="" if len(only) == 1 and not optional else empty,
        optional=optional,
    )


def plain(choices: Iterable[Choice]) -> tuple[Group, ...]:
    return (Group(choices=tuple(choices)),)


def bodies(cards: Iterable[OrganisationCard]) -> tuple[Group, ...]:
    """Organisations under their kinds, in the order of a tree."""
    ordered = sorted(cards, key=lambda card: (_ORDER.get(card.kind, len(_ORDER)), card.code))
    return tuple(
        Group(
            name=shown.kind_word(kind),
            choices=tuple(Choice(code=card.code, name=shown.organisation_name(card).text) for card in group),
        )
        for kind, group in groupby(ordered, key=lambda card: card.kind)
    )


_ORDER = {
    kind: at
    for at, kind in enumerate(
        ("district", "centre", "department", "station", "street", "town", "community", "village", "party", "social")
    )
}


def people(posts: Iterable[HeldPost]) -> tuple[Group, ...]:
    """Posts with who holds them, under their organisations."""
    return tuple(
        Group(
            name=name, choices=tuple(Choice(code=str(post.post_id), name=f"{post.name} · {post.title}") for post in own)
        )
        for name, own in groupby(posts, key=lambda post: post.organisation_name)
    )


def post_kind_word(kind: str) -> str:
    """What a kind of post is called."""
    return {
        "window": pgettext("post", "Window"),
        "handler": pgettext("post", "Handler"),
        "checker": pgettext("post", "Checker"),
        "approver": pgettext("post", "Approver"),
        "leader": pgettext("post", "Leader"),
        "administrator": pgettext("post", "Administrator"),
        "grid_worker": pgettext("post", "Grid worker"),
        "auditor": pgettext("post", "Auditor"),
    }.get(kind, kind)


# the forms -----------------------------------------------------------------------------------------------------------


def send_down(
    cards: Mapping[str, OrganisationCard], codes: Sequence[str], choices: Iterable[Choice], failed: Failed | None
) -> Form:
    """四个下沉: what, from whom, to which cluster, when, and what may be decided there."""
    today = timezone.localdate()
    senders = [cards[code] for code in codes]
    ground = [card for card in cards.values() if card.kind in GROUND]
    days = shown.weekdays()
    fields = (
        select("what", _("What is sent"), plain(Choice(code=code, name=shown.what_word(code)) for code in SENDABLE)),
        Field(name="title", label=_("In a few words"), longest=80),
        select("from", _("From"), bodies(senders)),
        select("to", _("To"), bodies(ground)),
        select("post", _("Who comes"), people(queries.held_posts(codes)), optional=True),
        select("presence", _("How"), plain(Choice(code=code, name=shown.presence_word(code)) for code in PRESENCES)),
        Field(
            name="weekdays",
            label=_("On which days"),
            kind="checks",
            hint=_("Only for rotating presence."),
            groups=plain(Choice(code=str(number), name=name) for number, name in enumerate(days, start=1)),
            optional=True,
        ),
        Field(
            name="may_decide",
            label=_("What may be decided there"),
            kind="checks",
            hint=_("Only what the sender's own duty list gives it, and nothing that was taken back."),
            groups=plain(choices),
            optional=True,
        ),
        Field(name="starts", label=_("From the day"), kind="date", value=today.isoformat()),
        Field(name="ends", label=_("Until before"), kind="date", optional=True),
    )
    return form("send-down", _("Send something down"), _("Send down"), "send", fields, failed)


def put_on_duty(cards: Mapping[str, OrganisationCard], codes: Sequence[str], failed: Failed | None) -> Form:
    """Hours of duty: whose, for whom, from when to when."""
    begins = timezone.localtime().replace(hour=8, minute=0) + timedelta(days=1)
    fields = (
        select("organisation", _("Duty for"), bodies(cards[code] for code in codes)),
        select("post", _("Who has duty"), people(queries.held_posts(codes))),
        Field(name="starts", label=_("From"), kind="datetime-local", value=begins.strftime(MOMENT)),
        Field(
            name="ends",
            label=_("Until"),
            kind="datetime-local",
            hint=_("A night may end on the next day."),
            value=(begins + timedelta(hours=8)).strftime(MOMENT),
        ),
    )
    return form("put-on-duty", _("Put somebody on duty"), _("Put on duty"), "clock", fields, failed)


def substitute(codes: Sequence[str], failed: Failed | None) -> Form:
    """Who is away, who stands in, for how long."""
    own = queries.held_posts(codes)
    begins = timezone.localtime().replace(hour=0, minute=0) + timedelta(days=1)
    fields = (
        select("post", _("Who is away"), people(own)),
        select("by_post", _("Who stands in"), people(own)),
        Field(name="starts", label=_("From"), kind="datetime-local", value=begins.strftime(MOMENT)),
        Field(
            name="ends", label=_("Until"), kind="datetime-local", value=(begins + timedelta(days=7)).strftime(MOMENT)
        ),
        Field(
            name="across",
            label=_("Of another organisation, and meant so"),
            kind="check",
            hint=_("Who stands in sees the matters of the organisation for which they do."),
            optional=True,
        ),
    )
    return form("substitute", _("Name a substitute"), _("Name the substitute"), "users", fields, failed)


def add_organisation(cards: Mapping[str, OrganisationCard], failed: Failed | None) -> Form:
    """A new organisation with its superior."""
    kinds = [Choice(code=kind, name=shown.kind_word(kind)) for kind in (*_ORDER, "property", "owners_committee")]
    served = [card for card in cards.values() if card.kind in ("street", "town", "centre")]
    fields = (
        Field(name="code", label=_("Code"), hint=_("Like 330205-housing. A code is never used again."), longest=32),
        select("kind", _("Kind"), plain(kinds)),
        Field(name="name", label=_("Full name"), longest=80),
        Field(name="short_name", label=_("Short name"), longest=40, optional=True),
        Field(name="name_en", label=_("English name"), longest=120, optional=True),
        select("parent", _("Reports to"), bodies(cards.values())),
        select("serves", _("A station serves"), bodies(served), optional=True),
    )
    return form("add-organisation", _("Enter an organisation"), _("Enter it"), "building-community", fields, failed)


def set_superior(card: OrganisationCard, cards: Mapping[str, OrganisationCard], failed: Failed | None) -> Form:
    """To whom the organisation reports."""
    others = [other for other in cards.values() if other.code != card.code]
    fields = (select("parent", _("Reports to"), bodies(others), value=card.parent_code),)
    hidden = {"organisation": card.code, "was": card.parent_code}
    return form("set-superior", _("Change the reporting line"), _("Change it"), "trending-up", fields, failed, hidden)


def appoint(card: OrganisationCard, failed: Failed | None) -> Form:
    """Somebody gets a post here."""
    fields = (
        Field(name="login", label=_("Sign-in name"), hint=_("Of somebody who has an account already."), longest=64),
        select("kind", _("Kind of post"), plain(Choice(code=kind, name=post_kind_word(kind)) for kind in POST_KINDS)),
        Field(name="title", label=_("Title"), longest=40),
        Field(
            name="instead",
            label=_("Instead of the posts held now: they end"),
            kind="check",
            hint=_("Without a tick they stay, in this and other organisations."),
            optional=True,
        ),
    )
    return form("appoint", _("Fill a post"), _("Fill the post"), "user", fields, failed, {"organisation": card.code})
