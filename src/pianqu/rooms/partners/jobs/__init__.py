"""What the worker does for partners: letters leave in order until they are taken, and answers are asked for."""

from datetime import datetime

from pianqu.foundation.actor import Actor
from pianqu.rooms.partners.jobs.districts import post_letters, prove_letters
from pianqu.rooms.partners.services import empty_letters


def exchange(*, actor: Actor, now: datetime) -> int:
    """One round with all partners; answers how much was done. Not in a transaction: each mark lasts."""
    return post_letters(now=now) + prove_letters(now=now) + empty_letters(actor=actor, now=now)
