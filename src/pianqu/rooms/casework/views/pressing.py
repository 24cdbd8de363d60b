"""How a supervision is put into words, on its list and on the page of a matter."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from pianqu.foundation.actor import Actor
from pianqu.rooms.casework import queries
from pianqu.rooms.casework.queries import SupervisionCard
from pianqu.rooms.casework.views import shown


def said_of(card: SupervisionCard, now: datetime) -> dict[str, Any]:
    name, tone = levels()[card.level]
    return {"card": card, "level": name, "tone": tone, "state": state_of(card), "clock": clock_of(card, now)}


def levels() -> Mapping[str, tuple[str, str]]:
    """How urgent it is, in words, and the tone of its badge."""
    return {
        "reminder": (pgettext("supervision", "Reminder"), "azure"),
        "formal": (_("Formal supervision"), "orange"),
        "priority": (_("Priority supervision"), "red"),
    }


def state_of(card: SupervisionCard) -> str:
    names = {
        "asked": _("Answer owed"),
        "answered": _("Answered: to be decided"),
        "accepted": _("Answer accepted"),
        "lifted": pgettext("supervision", "Lifted"),
    }
    return names[card.state]


def clock_of(card: SupervisionCard, now: datetime) -> SafeString:
    """The supervision's own clock, in words."""
    if card.state != "asked":
        kept = card.answered_at is not None and card.answered_at < card.due_at
        words = _("answered in time") if kept else _("answered late") if card.answered_at else _("without an answer")
        return shown.clock_words("done", words)
    standing = "late" if now >= card.due_at else "soon" if now > card.warn_at else "ok"
    return shown.clock_words(standing, shown.left(card.due_at, now))


def on_page(actor: Actor, case: queries.CaseCard, handling: queries.Handling, now: datetime) -> dict[str, Any]:
    """What the page of a matter shows of its supervision, and what it offers."""
    card = queries.supervision_of(case.case_id)
    holder = handling.lead_code or case.organisation_code
    return {
        "supervised": said_of(card, now) if card else None,
        "pressing": queries.supervision_may(actor, card, holder_code=holder, is_open=case.state in queries.OPEN),
        "levels": [shown.Choice(code=code, name=name) for code, (name, _tone) in levels().items()],
    }
