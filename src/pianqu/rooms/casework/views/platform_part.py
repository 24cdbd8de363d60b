"""A matter's platform on its page: the words of the choices, and the papers that were handed over."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.templatetags.ui import full_day
from pianqu.rooms.casework import queries
from pianqu.rooms.casework.views import shown

ICONS = {"order": "shield-half", "market": "building-store", "enforcement": "scale", "services": "heart-handshake"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """An act of a platform as a line that leads to its paper."""

    act: queries.ActCard
    title: str
    by: str
    says: str


def title_of(kind: str) -> str:
    """What the paper of such an act is called."""
    names = {
        "joint": _("Call to joint handling"),
        "inspection": _("Record of an inspection on the spot"),
        "notice": _("Notice to put it right"),
        "guidance": _("Guidance slip"),
    }
    return names[kind]


def of_case(
    actor: Actor, card: queries.CaseCard, organisations: shown.Organisations, there: queries.Around
) -> Mapping[str, Any]:
    """What the case page shows of it."""
    on, today = queries.on_platform(actor, card, has_acts=there.platform_acts), timezone.localdate()
    last = today + timedelta(days=7)
    others = [code for code in queries.PLATFORMS if code != on.platform]
    return {
        "on_platform": on,
        "platform_name": queries.platform_name(on.platform),
        "platform_icon": ICONS.get(on.platform, "stack-2"),
        "other_platforms": [shown.Choice(code=code, name=queries.platform_name(code)) for code in others],
        "papers": [_paper(act, organisations) for act in on.acts],
        "callable": [shown.Choice(code=code, name=organisations.short(code)) for code in on.callable_codes],
        "outcomes": outcomes(on.platform),
        "soon": min(last, ends) if (ends := _last_day(card)) and ends >= today else last,
        "after": last + timedelta(days=1),
    }


def _last_day(card: queries.CaseCard) -> date | None:
    """The last whole day of the matter's own clock: what members are asked for ends by then."""
    return timezone.localdate(card.due_at - timedelta(seconds=1)) if card.due_at else None


def outcomes(platform: str) -> tuple[shown.Choice, ...]:
    codes = {queries.MARKET: queries.INSPECTED, queries.SERVICES: queries.GUIDED}.get(platform, ())
    return tuple(shown.Choice(code=code, name=queries.outcome_name(code)) for code in codes)


def _paper(act: queries.ActCard, organisations: shown.Organisations) -> Paper:
    return Paper(act=act, title=title_of(act.kind), by=organisations.short(act.organisation_code), says=says(act))


def says(act: queries.ActCard) -> str:
    """How it stands, in a word."""
    if act.kind != "notice":
        return queries.outcome_name(act.outcome) if act.outcome else ""
    if act.put_right is None:
        return _("Second look on %(day)s") % {"day": full_day(act.recheck_on)}
    return _("Put right") if act.put_right else _("Not put right")
