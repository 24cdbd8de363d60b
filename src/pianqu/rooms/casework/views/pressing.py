"""How a supervision is put into words, on its list and on the page of a matter."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from pianqu.foundation.actor import Actor
from pianqu.rooms.casework import queries
from pianqu.rooms.casework.queries import CallBackCard, SupervisionCard
from pianqu.rooms.casework.views import shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """One sort of a list."""

    code: str
    name: str
    count: int | None
    is_shown: bool


def call_reasons() -> Mapping[str, str]:
    """Why a reporter is called back."""
    return {
        "sample": _("Drawn in a sample"),
        "bad-rating": _("Rated badly"),
        "reopened": _("Reopened: check of the new answer"),
    }


def call_outcomes() -> Mapping[str, tuple[str, str]]:
    """What came of it, and the tone of its badge."""
    return {
        "satisfied": (_("Satisfied"), "green"),
        "dissatisfied": (_("Not satisfied"), "orange"),
        "unreachable": (_("Not reached"), "secondary"),
        "holds": (_("Looked at: the answer holds"), "green"),
        "fails": (_("Looked at: the answer does not hold"), "orange"),
        "no-contact": (_("No contact was left"), "secondary"),
        "rated": (_("Rated by its reporter"), "green"),
    }


def outcomes_of(card: CallBackCard) -> Sequence[str]:
    """How this one can end now: who can be called is called first, and where that is not possible somebody looks."""
    said = ["satisfied", "dissatisfied"]
    calls = ["unreachable"] if card.has_contact and card.calls_left else []
    looks = ["holds", "fails"] if not card.has_contact or card.attempts else []
    return [*said, *calls, *looks]


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


def on_page(
    actor: Actor, case: queries.CaseCard, handling: queries.Handling, now: datetime, there: queries.Around
) -> dict[str, Any]:
    """What the page of a matter shows of its supervision, and what it offers."""
    card = queries.supervision_of(case.case_id) if there.supervision else None
    holder = handling.lead_code or case.organisation_code
    call = queries.call_back_for(actor, case.case_id) if there.call_back else None
    return {
        "call": call,
        "call_reason": call_reasons()[call.reason] if call else "",
        "call_outcomes": [shown.Choice(code=code, name=call_outcomes()[code][0]) for code in outcomes_of(call)]
        if call
        else (),
        "supervised": said_of(card, now) if card else None,
        "pressing": queries.supervision_may(actor, card, holder_code=holder)
        if card
        else queries.SupervisionMay(supervise=handling.may.supervise),
        "levels": [shown.Choice(code=code, name=name) for code, (name, _tone) in levels().items()],
    }
