"""Templates of replies on a matter's page: what each act offers, and which one was taken."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from pianqu.foundation.actor import Actor
from pianqu.rooms.casework import queries
from pianqu.rooms.casework.lifecycle import ENDED
from pianqu.rooms.casework.views.shown import Choice

Chosen = tuple[uuid.UUID | None, str]
"""A template and the language of its words."""


def offered(actor: Actor, card: queries.CaseCard) -> Mapping[str, Sequence[Choice]]:
    """What each act offers, by the act's name; nothing where nothing can be written."""
    if not actor.acts or card.state in ENDED:
        return {}
    found = queries.replies_offered(actor, card.category)
    return {
        act: [_choice(one) for one in found if one.use == use]
        for act, use in queries.REPLY_ACTS.items()
        if any(one.use == use for one in found)
    }


def _choice(offer: queries.ReplyOffer) -> Choice:
    name = _("%(name)s (English)") % {"name": offer.name} if offer.language == "en" else offer.name
    whose = pgettext("template", "district") if offer.for_all else pgettext("template", "own organisation")
    return Choice(code=f"{offer.template_id}.{offer.language}", name=f"{name} · {whose}")


def chosen_in(typed: Mapping[str, Any]) -> Chosen:
    """The template that a form names; None for none, and for what is none."""
    text, _dot, language = str(typed.get("reply_template", "")).partition(".")
    try:
        return uuid.UUID(text), "en" if language == "en" else "zh"
    except ValueError:
        return None, "zh"


def put_in(typed: str, words: str) -> str:
    """A template's words behind what was typed already; words that stand there are not put in twice."""
    kept = typed.rstrip()
    if words in kept:
        return typed
    return f"{kept}\n\n{words}" if kept else words
