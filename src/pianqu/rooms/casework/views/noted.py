"""Notes among colleagues on a matter's page: out of the timeline, into a card of their own."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from pianqu.foundation.actor import Actor
from pianqu.rooms.casework import queries, rules, services


def notes_on(actor: Actor, card: queries.CaseCard, now: datetime) -> dict[str, Any]:
    """The notes of a matter, and whether the reader may write one."""
    return {
        "notes": queries.notes_among(actor, card.timeline, retract_after=now - services.RETRACT_WITHIN),
        "may_note": rules.may_write_note(actor) and card.erased_at is None,
    }


def without_notes(card: queries.CaseCard) -> queries.CaseCard:
    """The matter with a timeline that does not repeat what stands in the card of notes."""
    return replace(card, timeline=tuple(item for item in card.timeline if not queries.is_internal(item)))
